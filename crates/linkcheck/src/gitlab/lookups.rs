//! Which lookups a link needs.

use super::GitlabLink;
use super::lookup_results::LookupResults;
use super::owner_query::{GlobalIdType, Lookup, OwnerType, TemplateFor};
use super::response::{LookupResult, LookupValue};
use crate::target::{GitlabResource, Owner};

/// Names that GitLab shows under a project's files as its README (`lib/gitlab/markup_helper.rb`).
pub(super) const README_NAMES: [&str; 4] = ["README.md", "Readme.md", "readme.md", "README.markdown"];
/// The largest text that is read for its headings or lines, bytes.
pub(super) const MAX_BLOB_TEXT_BYTES: u64 = 1024 * 1024;
/// Ways to split `a/b/c/d` into a ref with slashes and a path that are tried.
const MAX_REF_SPLITS: usize = 3;

/// A file of a repository.
pub(super) fn file_lookup(git_ref: &str, path: &str) -> Lookup {
    Lookup::Blob { git_ref: git_ref.to_owned(), path: path.to_owned() }
}

/// A folder of a repository.
pub(super) fn folder_lookup(git_ref: &str, path: &str) -> Lookup {
    Lookup::Tree { git_ref: git_ref.to_owned(), path: path.to_owned() }
}

/// The lookup of a resource that GitLab finds by its own name or number, in an owner of this type.
pub(super) fn direct_lookup(part: &GitlabResource, root: OwnerType) -> Option<Lookup> {
    match (part, root) {
        (GitlabResource::Board(id), OwnerType::Project | OwnerType::Group) => {
            Some(Lookup::ByGlobalId(GlobalIdType::Board, id.clone()))
        }
        (GitlabResource::Pipeline(id), OwnerType::Project) => {
            Some(Lookup::ByGlobalId(GlobalIdType::Pipeline, id.clone()))
        }
        (GitlabResource::Snippet(id), OwnerType::Project) => {
            Some(Lookup::ByGlobalId(GlobalIdType::Snippet, id.clone()))
        }
        (GitlabResource::Release(tag), OwnerType::Project) => Some(Lookup::Release(tag.clone())),
        _ => None,
    }
}

/// The template that a form names.
pub(super) fn requested_template(part: &GitlabResource) -> Option<(TemplateFor, &str)> {
    match part {
        GitlabResource::NewIssue(Some(name)) => Some((TemplateFor::Issue, name)),
        GitlabResource::NewMergeRequest(Some(name)) => Some((TemplateFor::MergeRequest, name)),
        _ => None,
    }
}

/// A path as a file and as a folder.
pub(super) fn file_and_folder_lookups<'a>(git_ref: &'a str, path: &'a str) -> impl Iterator<Item = Lookup> + use<'a> {
    std::iter::once(folder_lookup(git_ref, path)).chain((!path.is_empty()).then(|| file_lookup(git_ref, path)))
}

/// The root folder of a branch, tag or commit: it is there exactly when the ref is.
pub(super) fn ref_root_lookup(git_ref: &str) -> Lookup {
    folder_lookup(git_ref, "")
}

/// The text that a link's fragment points into, with its size, where it is there and not too large.
pub(super) fn anchored_text_lookup(link: &GitlabLink, answers: &LookupResults) -> Option<(Lookup, u64)> {
    if link.fragment.is_empty() {
        return None;
    }
    let owner = link.target.owner.path();
    let candidates = match &link.target.resource {
        GitlabResource::File { git_ref, path } => {
            // The ref may have a longer name, with slashes in it.
            let longer = split_refs(git_ref, path, true).map(|(longer, rest)| file_lookup(&longer, rest));
            std::iter::once(file_lookup(git_ref, path)).chain(longer).collect()
        }
        GitlabResource::Home => README_NAMES.map(readme_lookup).to_vec(),
        _ => return None,
    };
    candidates.into_iter().find_map(|blob| match (answers.lookup(OwnerType::Project, owner, &blob), blob) {
        (Some(LookupResult::Found(LookupValue::Size(size))), Lookup::Blob { git_ref, path })
            if *size <= MAX_BLOB_TEXT_BYTES =>
        {
            Some((Lookup::Text { git_ref, path }, *size))
        }
        _ => None,
    })
}

/// Where else a missing file or folder may be: whether its ref is there at all, the default branch, and
/// refs whose names hold slashes. git keeps no `main/x` beside `main`, so the default branch has none.
pub(super) fn alternative_lookups(git_ref: &str, path: &str, root_ref: Option<&str>, is_file: bool) -> Vec<Lookup> {
    let lookup = if is_file { file_lookup } else { folder_lookup };
    let Some(root_ref) = root_ref.filter(|root_ref| *root_ref != git_ref && git_ref != "HEAD") else {
        return Vec::new();
    };
    let mut lookups = vec![ref_root_lookup(git_ref), lookup(root_ref, path)];
    lookups.extend(split_refs(git_ref, path, is_file).map(|(longer, rest)| lookup(&longer, rest)));
    lookups
}

/// A folder whose link names a file, or the other way round, in refs whose names hold slashes: what is looked up beside
/// [`alternative_lookups`] for a link to a file (`is_file`) or a folder.
pub(super) fn other_kind_lookups(git_ref: &str, path: &str, root_ref: Option<&str>, is_file: bool) -> Vec<Lookup> {
    if root_ref.is_none_or(|root_ref| root_ref == git_ref || git_ref == "HEAD") {
        return Vec::new();
    }
    let lookup = if is_file { folder_lookup } else { file_lookup };
    split_refs(git_ref, path, !is_file).map(|(longer, rest)| lookup(&longer, rest)).collect()
}

/// Whether a ref may have a longer name than those that are tried.
pub(super) fn has_untried_ref_splits(path: &str) -> bool {
    path.matches('/').count() > MAX_REF_SPLITS
}

/// The ways to read `ref/path` with a ref of two to four segments, and with one that is all of it: nothing is left over
/// for the path then, which only a folder can be. GitLab leads there from the address of a file, too (`show` in
/// `app/controllers/projects/blob_controller.rb`).
fn split_refs<'a>(git_ref: &'a str, path: &'a str, file: bool) -> impl Iterator<Item = (String, &'a str)> {
    let cuts = path.match_indices('/').map(|(at, _)| at).take(MAX_REF_SPLITS);
    let whole = (!file && !path.is_empty()).then_some(path.len());
    let cuts = cuts.chain(whole);
    cuts.map(move |at| (format!("{git_ref}/{}", &path[..at]), path.get(at + 1..).unwrap_or_default()))
}

/// A file of the default branch that may be the README.
pub(super) fn readme_lookup(path: &str) -> Lookup {
    file_lookup("HEAD", path)
}

/// The types that an owner may be of.
pub(super) fn possible_owner_types(owner: &Owner) -> &'static [OwnerType] {
    match owner {
        Owner::Project(_) => &[OwnerType::Project],
        Owner::Group(_) => &[OwnerType::Group],
        Owner::ProjectOrGroup(_) => &[OwnerType::Project, OwnerType::Group],
        Owner::Namespace(_) => &[OwnerType::Group, OwnerType::User],
    }
}
