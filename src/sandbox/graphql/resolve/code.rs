//! Files and folders of a repository (`Resolvers::BlobsResolver`, `Resolvers::TreeResolver`).

use std::collections::BTreeSet;

use super::{one, value};
use crate::sandbox::graphql::check::Wanted;
use crate::sandbox::graphql::run::{Got, Node, Scope};
use crate::sandbox::rest::{is_ref, sha};

/// The most that the texts of several files may come to (`TOTAL_BLOB_DATA_SIZE_LIMIT`).
const MOST_TEXT: usize = 20 * 1024 * 1024;

/// What is said of a ref that no branch, tag or commit could have (`Resolvers::BlobsResolver`).
const NO_REF: &str = "Ref is not valid";

/// Whether something could have this name, which must not be one that git writes out (`lib/gitlab/git_ref_validator.rb`).
fn is_short_ref(name: &str) -> bool {
    is_ref(name) && !["refs/heads/", "refs/remotes/"].iter().any(|start| name.starts_with(start))
}

pub(in super::super) fn exists<'a>(_: &Scope<'a>, _: &Node<'a>, _: &Wanted) -> Got<'a> {
    value(true)
}

pub(in super::super) fn empty<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Project(project) = node else { return Got::Null };
    value(project.files.is_empty())
}

pub(in super::super) fn root_ref<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Project(project) = node else { return Got::Null };
    if project.files.is_empty() { Got::Null } else { value(project.default_branch.as_str()) }
}

/// The files that are there, in the order of the wish; one that is not, or a branch that is not, leaves no trace.
pub(in super::super) fn blobs<'a>(_: &Scope<'a>, node: &Node<'a>, wanted: &Wanted) -> Got<'a> {
    let Node::Project(project) = *node else { return Got::Null };
    let paths = wanted.texts("paths").unwrap_or_default();
    let branch = wanted.text("ref").unwrap_or("HEAD");
    if project.files.is_empty() {
        return Got::Nodes(Vec::new());
    }
    if !is_short_ref(branch) {
        return Got::Failed(NO_REF.to_owned());
    }
    let Some(files) = project.branch(branch) else { return Got::Nodes(Vec::new()) };
    let found: Vec<(&str, &str)> = paths
        .iter()
        .filter_map(|path| files.get_key_value(*path))
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let all: usize = found.iter().map(|(_, text)| text.len()).sum();
    if paths.len() > 1 && all > MOST_TEXT && wanted.asks_for(&["nodes", "rawTextBlob"]) {
        return Got::Failed(format!("Max blobs size limit exceeded ({} MB / 20 MB).", all / (1024 * 1024)));
    }
    let branch = branch.to_owned();
    let nodes = found.into_iter().map(|(path, text)| Node::Blob { project, branch: branch.clone(), path, text });
    Got::Nodes(nodes.collect())
}

/// A folder of a branch. One that is not there is an empty one, so that emptiness proves nothing.
pub(in super::super) fn tree<'a>(_: &Scope<'a>, node: &Node<'a>, wanted: &Wanted) -> Got<'a> {
    let Node::Project(project) = *node else { return Got::Null };
    let branch = wanted.text("ref").filter(|branch| !branch.is_empty()).unwrap_or("HEAD");
    if project.files.is_empty() {
        return Got::Null;
    }
    let start = match wanted.text("path").unwrap_or_default().trim_matches('/') {
        "" => String::new(),
        folder => format!("{folder}/"),
    };
    let deep = wanted.flag("recursive");
    let (mut folders, mut files) = (BTreeSet::new(), Vec::new());
    for path in project.branch(branch).into_iter().flat_map(|files| files.keys()) {
        let Some(inner) = path.strip_prefix(&start) else { continue };
        for (at, _) in inner.match_indices('/').take(if deep { usize::MAX } else { 1 }) {
            folders.insert(path[..start.len() + at].to_owned());
        }
        if deep || !inner.contains('/') {
            files.push(path.clone());
        }
    }
    let submodules = project
        .shelf
        .submodules
        .iter()
        .filter(|path| path.strip_prefix(&start).is_some_and(|inner| deep || !inner.contains('/')));
    let submodules = submodules.cloned().collect();
    one(Some(Node::Tree { folders: folders.into_iter().collect(), files, submodules }))
}

pub(in super::super) fn submodules<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Tree { submodules, .. } = node else { return Got::Null };
    Got::Nodes(submodules.iter().cloned().map(Node::Entry).collect())
}

pub(in super::super) fn trees<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Tree { folders, .. } = node else { return Got::Null };
    Got::Nodes(folders.iter().cloned().map(Node::Entry).collect())
}

pub(in super::super) fn tree_blobs<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Tree { files, .. } = node else { return Got::Null };
    Got::Nodes(files.iter().cloned().map(Node::Entry).collect())
}

pub(in super::super) fn path<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    match node {
        Node::Blob { path, .. } => value(*path),
        Node::Entry(path) => value(path.as_str()),
        _ => Got::Null,
    }
}

pub(in super::super) fn file_name<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let path = match node {
        Node::Blob { path, .. } => path,
        Node::Entry(path) => path.as_str(),
        _ => return Got::Null,
    };
    value(path.rsplit('/').next().unwrap_or(path))
}

pub(in super::super) fn blob_id<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Blob { text, .. } = node else { return Got::Null };
    value(format!("gid://gitlab/Gitlab::Git::Blob/{}", &sha(text)[..40]))
}

pub(in super::super) fn oid<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Blob { text, .. } = node else { return Got::Null };
    value(&sha(text)[..40])
}

pub(in super::super) fn raw_text<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Blob { text, .. } = node else { return Got::Null };
    value(*text)
}

pub(in super::super) fn blob_web_path<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Blob { project, branch, path, .. } = node else { return Got::Null };
    value(format!("/{}/-/blob/{branch}/{path}", project.path))
}

/// A number that may be too large for JSON's, so a text (`BigInt`).
pub(in super::super) fn size<'a>(_: &Scope<'a>, node: &Node<'a>, _: &Wanted) -> Got<'a> {
    let Node::Blob { text, .. } = node else { return Got::Null };
    value(text.len().to_string())
}
