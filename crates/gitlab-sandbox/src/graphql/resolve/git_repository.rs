//! Files and folders of a repository (`Resolvers::BlobsResolver`, `Resolvers::TreeResolver`).

use std::collections::BTreeSet;

use super::{node_or_null, scalar};
use crate::graphql::node::{ExecutionContext, Node, Resolved};
use crate::graphql::schema::SelectedField;
use crate::rest::{is_ref, sha256_hex};

/// The most that the texts of several files may come to (`TOTAL_BLOB_DATA_SIZE_LIMIT`).
const MAX_BLOBS_BYTES: usize = 20 * 1024 * 1024;

/// The error's text for a ref that no branch, tag or commit could have (`Resolvers::BlobsResolver`).
const INVALID_REF_MESSAGE: &str = "Ref is not valid";

/// Whether something could have this name, which must not be one that git writes out
/// (`lib/gitlab/git_ref_validator.rb`).
fn is_short_ref(name: &str) -> bool {
    is_ref(name) && !["refs/heads/", "refs/remotes/"].iter().any(|start| name.starts_with(start))
}

pub(in super::super) fn exists<'a>(_: &ExecutionContext<'a>, _: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    scalar(true)
}

pub(in super::super) fn empty<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::Project(project) = node else { return Resolved::Null };
    scalar(project.files.is_empty())
}

pub(in super::super) fn root_ref<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::Project(project) = node else { return Resolved::Null };
    if project.files.is_empty() { Resolved::Null } else { scalar(project.default_branch.as_str()) }
}

/// The files that are there, in the order in which they are asked for; one that is not, or a branch that is not, is
/// left out.
pub(in super::super) fn blobs<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, wanted: &SelectedField) -> Resolved<'a> {
    let Node::Project(project) = *node else { return Resolved::Null };
    let paths = wanted.texts("paths").unwrap_or_default();
    let branch = wanted.text("ref").unwrap_or("HEAD");
    if project.files.is_empty() {
        return Resolved::Nodes(Vec::new());
    }
    if !is_short_ref(branch) {
        return Resolved::Failed(INVALID_REF_MESSAGE.to_owned());
    }
    let Some(files) = project.branch_files(branch) else { return Resolved::Nodes(Vec::new()) };
    let found: Vec<(&str, &str)> = paths
        .iter()
        .filter_map(|path| files.get_key_value(*path))
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let all: usize = found.iter().map(|(_, text)| text.len()).sum();
    if paths.len() > 1 && all > MAX_BLOBS_BYTES && wanted.selects(&["nodes", "rawTextBlob"]) {
        return Resolved::Failed(format!("Max blobs size limit exceeded ({} MB / 20 MB).", all / (1024 * 1024)));
    }
    let branch = branch.to_owned();
    let nodes = found.into_iter().map(|(path, text)| Node::Blob { project, branch: branch.clone(), path, text });
    Resolved::Nodes(nodes.collect())
}

/// A folder of a branch. One that is not there is an empty one, so that emptiness proves nothing.
pub(in super::super) fn tree<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, wanted: &SelectedField) -> Resolved<'a> {
    let Node::Project(project) = *node else { return Resolved::Null };
    let branch = wanted.text("ref").filter(|branch| !branch.is_empty()).unwrap_or("HEAD");
    if project.files.is_empty() {
        return Resolved::Null;
    }
    let start = match wanted.text("path").unwrap_or_default().trim_matches('/') {
        "" => String::new(),
        folder => format!("{folder}/"),
    };
    let deep = wanted.flag("recursive");
    let (mut folders, mut files) = (BTreeSet::new(), Vec::new());
    for path in project.branch_files(branch).into_iter().flat_map(|files| files.keys()) {
        let Some(inner) = path.strip_prefix(&start) else { continue };
        for (at, _) in inner.match_indices('/').take(if deep { usize::MAX } else { 1 }) {
            folders.insert(path[..start.len() + at].to_owned());
        }
        if deep || !inner.contains('/') {
            files.push(path.clone());
        }
    }
    let submodules = project
        .stubs
        .submodules
        .iter()
        .filter(|path| path.strip_prefix(&start).is_some_and(|inner| deep || !inner.contains('/')));
    let submodules = submodules.cloned().collect();
    node_or_null(Some(Node::Tree { folders: folders.into_iter().collect(), files, submodules }))
}

pub(in super::super) fn submodules<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::Tree { submodules, .. } = node else { return Resolved::Null };
    Resolved::Nodes(submodules.iter().cloned().map(Node::TreeEntry).collect())
}

pub(in super::super) fn trees<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::Tree { folders, .. } = node else { return Resolved::Null };
    Resolved::Nodes(folders.iter().cloned().map(Node::TreeEntry).collect())
}

pub(in super::super) fn tree_blobs<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::Tree { files, .. } = node else { return Resolved::Null };
    Resolved::Nodes(files.iter().cloned().map(Node::TreeEntry).collect())
}

pub(in super::super) fn path<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    match node {
        Node::Blob { path, .. } => scalar(*path),
        Node::TreeEntry(path) => scalar(path.as_str()),
        _ => Resolved::Null,
    }
}

pub(in super::super) fn file_name<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let path = match node {
        Node::Blob { path, .. } => path,
        Node::TreeEntry(path) => path.as_str(),
        _ => return Resolved::Null,
    };
    scalar(path.rsplit('/').next().unwrap_or(path))
}

pub(in super::super) fn blob_id<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::Blob { text, .. } = node else { return Resolved::Null };
    scalar(format!("gid://gitlab/Gitlab::Git::Blob/{}", &sha256_hex(text)[..40]))
}

pub(in super::super) fn oid<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::Blob { text, .. } = node else { return Resolved::Null };
    scalar(&sha256_hex(text)[..40])
}

pub(in super::super) fn raw_text<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::Blob { text, .. } = node else { return Resolved::Null };
    scalar(*text)
}

pub(in super::super) fn blob_web_path<'a>(
    _: &ExecutionContext<'a>,
    node: &Node<'a>,
    _: &SelectedField,
) -> Resolved<'a> {
    let Node::Blob { project, branch, path, .. } = node else { return Resolved::Null };
    scalar(format!("/{}/-/blob/{branch}/{path}", project.path))
}

/// A number that may be too large for JSON's, so a text (`BigInt`).
pub(in super::super) fn blob_size<'a>(_: &ExecutionContext<'a>, node: &Node<'a>, _: &SelectedField) -> Resolved<'a> {
    let Node::Blob { text, .. } = node else { return Resolved::Null };
    scalar(text.len().to_string())
}
