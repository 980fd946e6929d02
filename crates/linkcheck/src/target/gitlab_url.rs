//! The shapes of GitLab's own addresses.
//!
//! The words of its pages are those of its `config/routes`.

use crate::text::percent_decode as decoded;
use url::Url;

use super::gitlab::{GitlabResource, GitlabTarget, Owner};
use super::legacy::{find_legacy_group_segment, find_legacy_page_segment};
use super::reserved::{TOP_LEVEL, is_number};

/// What an address of GitLab is; `None` for pages of the instance itself, which are pages like any other.
pub(super) fn parse(url: &Url) -> Option<GitlabTarget> {
    let segments: Vec<&str> = url.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty()).collect();
    let target = |owner, part, words: &[&str]| {
        let tail = if words.is_empty() { String::new() } else { format!("-/{}", words.join("/")) };
        Some(GitlabTarget {
            owner,
            label_filters: label_filters(&part, words, url),
            resource: part,
            path_after_owner: tail,
            url: url.clone(),
        })
    };
    match segments.as_slice() {
        [] | ["groups"] => None,
        ["groups", group @ ..] => match split_owner(group, find_legacy_group_segment) {
            (path, None) => target(Owner::Group(path), GitlabResource::Home, &[]),
            (path, Some(words)) => target(Owner::Group(path), parse_resource(words, true, url), words),
        },
        ["-", "ide", "project", rest @ ..] => {
            let (owner, git_ref, path) = parse_ide_path(rest)?;
            let words = ["tree".to_owned(), git_ref.replace('/', "%2F"), path.join("/")];
            let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
            target(
                Owner::Project(owner),
                GitlabResource::FileOrTree { git_ref, path: decoded(&path.join("/")) },
                &words,
            )
        }
        [first, ..] if TOP_LEVEL.contains(first) => None,
        [name] => target(Owner::Namespace(decoded(name)), GitlabResource::Home, &[]),
        path => match split_owner(path, find_legacy_page_segment) {
            (path, None) => target(Owner::ProjectOrGroup(path), GitlabResource::Home, &[]),
            (path, Some(words)) => target(Owner::Project(path), parse_resource(words, false, url), words),
        },
    }
}

/// The owner's own path, and what follows the `-` or begins at a word from before it.
fn split_owner<'a, 's>(path: &'a [&'s str], legacy: fn(&[&str]) -> Option<usize>) -> (String, Option<&'a [&'s str]>) {
    let at = path.iter().position(|segment| *segment == "-").filter(|at| *at > 0);
    let (owner, words) = match at.or_else(|| legacy(path)) {
        Some(end) => (&path[..end], Some(&path[end + usize::from(at.is_some())..])),
        None => (path, None),
    };
    let owner = decoded(&owner.join("/"));
    (owner.strip_suffix(".git").map(str::to_owned).unwrap_or(owner), words)
}

/// Project, ref and path out of the editor's address: `GROUP/PROJECT/edit/REF/-/PATH`.
fn parse_ide_path<'a, 's>(rest: &'a [&'s str]) -> Option<(String, String, &'a [&'s str])> {
    let word = (2..rest.len()).find(|at| matches!(rest[*at], "edit" | "tree" | "blob"))?;
    let after = &rest[word + 1..];
    let end = after.iter().position(|segment| *segment == "-").unwrap_or(after.len());
    let git_ref = decoded(&after[..end].join("/"));
    (!git_ref.is_empty()).then(|| (decoded(&rest[..word].join("/")), git_ref, after.get(end + 1..).unwrap_or_default()))
}

/// What a page of a project or group is, by its words after the `-`.
fn parse_resource(words: &[&str], of_group: bool, url: &Url) -> GitlabResource {
    let text = |word: &str| word.to_owned();
    let joined = |words: &[&str]| decoded(&words.join("/"));
    match words {
        ["blob" | "raw" | "blame" | "edit", git_ref, path @ ..] if !path.is_empty() => {
            GitlabResource::File { git_ref: decoded(git_ref), path: joined(path) }
        }
        ["tree" | "new", git_ref, path @ ..] => GitlabResource::Tree { git_ref: decoded(git_ref), path: joined(path) },
        ["tree"] => GitlabResource::Tree { git_ref: text("HEAD"), path: String::new() },
        ["commits", git_ref, path @ ..] => GitlabResource::FileOrTree { git_ref: decoded(git_ref), path: joined(path) },
        ["graphs", git_ref @ .., "charts" | "commits" | "ci" | "languages"]
        | ["find_file" | "network" | "graphs", git_ref @ ..]
        | ["archive", git_ref @ .., _]
            if !git_ref.is_empty() =>
        {
            GitlabResource::FileOrTree { git_ref: joined(git_ref), path: String::new() }
        }
        ["commit", sha, ..] => GitlabResource::Commit(decoded(sha)),
        ["tags", name @ ..] if !name.is_empty() && name != ["new"] => GitlabResource::Tag(joined(name)),
        ["compare", refs @ ..] if query_param(url, "from_project_id").is_none() => parse_compare(&joined(refs)),
        ["work_items", iid, ..] if is_number(iid) && of_group => GitlabResource::Epic(text(iid)),
        ["issues", "incident", iid, ..] | ["issues" | "work_items", iid, ..] if is_number(iid) => {
            GitlabResource::Issue(text(iid))
        }
        ["issues" | "work_items", "new"] if !of_group => GitlabResource::NewIssue(template_param(url)),
        ["issues" | "work_items"] => GitlabResource::IssueList,
        ["merge_requests", iid, ..] if is_number(iid) => GitlabResource::MergeRequest(text(iid)),
        ["merge_requests", "new"] => GitlabResource::NewMergeRequest(template_param(url)),
        ["epics", iid, ..] if is_number(iid) => GitlabResource::Epic(text(iid)),
        ["labels", ..] => GitlabResource::Labels,
        ["milestones", iid, ..] if is_number(iid) => GitlabResource::Milestone(text(iid)),
        ["releases", tag @ ..] if !tag.is_empty() && tag[0] != "permalink" && tag != ["new"] => {
            let end = tag.iter().skip(1).position(|word| matches!(*word, "downloads" | "evidences"));
            let tag = end.map_or(tag, |end| &tag[..=end]);
            GitlabResource::Release(joined(tag.strip_suffix(&["edit"]).unwrap_or(tag)))
        }
        ["wikis", "pages" | "new" | "git_access" | "templates"] | ["wikis", "uploads", ..] => GitlabResource::OtherPage,
        // A file beside the pages, or a page as it was: the list of pages has neither.
        ["wikis", .., last] if has_file_ending(last) || query_param(url, "version_id").is_some() => {
            GitlabResource::OtherPage
        }
        ["wikis", slug @ .., "history" | "edit" | "diff"] | ["wikis", slug @ ..] if !slug.is_empty() => {
            GitlabResource::Wiki(joined(slug))
        }
        ["snippets", id, ..] if is_number(id) => GitlabResource::Snippet(text(id)),
        ["boards", id, ..] if is_number(id) => GitlabResource::Board(text(id)),
        ["pipelines", id, ..] if is_number(id) => GitlabResource::Pipeline(text(id)),
        ["jobs", id, ..] if is_number(id) => GitlabResource::Job(text(id)),
        _ => GitlabResource::OtherPage,
    }
}

/// Whether a name ends as names of files do: `plan.pdf`, and not `version-1.2`.
fn has_file_ending(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    (2..=5).contains(&ending.len())
        && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && ending.starts_with(|first: char| first.is_ascii_alphabetic())
}

/// `FROM...TO` and `FROM..TO`; no ref holds two dots (`git check-ref-format`).
fn parse_compare(refs: &str) -> GitlabResource {
    let halves = refs.split_once("...").or_else(|| refs.split_once(".."));
    match halves.filter(|(from, to)| !from.is_empty() && !to.is_empty()) {
        Some((from, to)) => GitlabResource::Compare { from: from.to_owned(), to: to.to_owned() },
        None => GitlabResource::OtherPage,
    }
}

/// The template that a form is to be filled with.
fn template_param(url: &Url) -> Option<String> {
    query_param(url, "issuable_template")
        .or_else(|| query_param(url, "description_template"))
        .filter(|name| !name.is_empty())
}

fn query_param(url: &Url, key: &str) -> Option<String> {
    url.query_pairs().find(|(name, _)| name == key).map(|(_, value)| value.into_owned())
}

/// The labels that a list is narrowed to, each once. `None`, `Any` and a `*` name no label (GitLab docs, "Issues API").
fn label_filters(part: &GitlabResource, words: &[&str], url: &Url) -> Vec<String> {
    let list = matches!(part, GitlabResource::IssueList | GitlabResource::Board(_))
        || matches!(words, ["merge_requests" | "epics" | "boards" | "epic_boards"]);
    let mut labels: Vec<String> = Vec::new();
    for (key, value) in url.query_pairs().filter(|_| list) {
        let named = key == "label_name" || (key.starts_with("label_name[") && key.ends_with(']'));
        let any = value.eq_ignore_ascii_case("any") || value.eq_ignore_ascii_case("none");
        if named
            && !any
            && !value.is_empty()
            && !value.contains(['*', ','])
            && !labels.iter().any(|label| *label == value)
        {
            labels.push(value.into_owned());
        }
    }
    labels
}
