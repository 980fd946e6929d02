//! The shapes of GitLab's own addresses.
//!
//! GitLab's reserved words are those of its `lib/gitlab/path_regex.rb`, the words of its pages those of its `config/routes`.

use percent_encoding::percent_decode_str;
use url::Url;

use super::gitlab::{GitlabThing, Owner, Part};
use super::legacy::{legacy_group_word, legacy_word};

/// First segments that can be no group and no user.
pub(super) const TOP_LEVEL: &[&str] = &[
    "-",
    ".well-known",
    "404.html",
    "admin",
    "api",
    "apple-touch-icon.png",
    "assets",
    "dashboard",
    "explore",
    "favicon.ico",
    "favicon.png",
    "files",
    "health_check",
    "help",
    "import",
    "invites",
    "jwt",
    "login",
    "oauth",
    "profile",
    "projects",
    "public",
    "robots.txt",
    "s",
    "search",
    "sitemap",
    "sitemap.xml",
    "snippets",
    "unsubscribes",
    "uploads",
    "users",
    "v2",
];

/// What an address of GitLab is; `None` for pages of the instance itself, which are pages like any other.
pub(super) fn read(url: &Url) -> Option<GitlabThing> {
    let segments: Vec<&str> = url.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty()).collect();
    let thing = |owner, part, words: &[&str]| {
        let tail = if words.is_empty() { String::new() } else { format!("-/{}", words.join("/")) };
        Some(GitlabThing { owner, labels: labels(&part, words, url), part, tail, url: url.clone() })
    };
    match segments.as_slice() {
        [] | ["groups"] => None,
        ["groups", group @ ..] => match split(group, legacy_group_word) {
            (path, None) => thing(Owner::Group(path), Part::Home, &[]),
            (path, Some(words)) => thing(Owner::Group(path), part(words, true, url), words),
        },
        ["-", "ide", "project", rest @ ..] => {
            let (owner, git_ref, path) = in_ide(rest)?;
            let words = ["tree".to_owned(), git_ref.replace('/', "%2F"), path.join("/")];
            let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
            thing(Owner::Project(owner), Part::Path { git_ref, path: decoded(&path.join("/")) }, &words)
        }
        [first, ..] if TOP_LEVEL.contains(first) => None,
        [name] => thing(Owner::Namespace(decoded(name)), Part::Home, &[]),
        path => match split(path, legacy_word) {
            (path, None) => thing(Owner::ProjectOrGroup(path), Part::Home, &[]),
            (path, Some(words)) => thing(Owner::Project(path), part(words, false, url), words),
        },
    }
}

/// The owner's own path, and what follows the `-` or begins at a word from before it.
fn split<'a, 's>(path: &'a [&'s str], legacy: fn(&[&str]) -> Option<usize>) -> (String, Option<&'a [&'s str]>) {
    let at = path.iter().position(|segment| *segment == "-").filter(|at| *at > 0);
    let (owner, words) = match at.or_else(|| legacy(path)) {
        Some(end) => (&path[..end], Some(&path[end + usize::from(at.is_some())..])),
        None => (path, None),
    };
    let owner = decoded(&owner.join("/"));
    (owner.strip_suffix(".git").map(str::to_owned).unwrap_or(owner), words)
}

/// Project, ref and path out of the editor's address: `GROUP/PROJECT/edit/REF/-/PATH`.
fn in_ide<'a, 's>(rest: &'a [&'s str]) -> Option<(String, String, &'a [&'s str])> {
    let word = (2..rest.len()).find(|at| matches!(rest[*at], "edit" | "tree" | "blob"))?;
    let after = &rest[word + 1..];
    let end = after.iter().position(|segment| *segment == "-").unwrap_or(after.len());
    let git_ref = decoded(&after[..end].join("/"));
    (!git_ref.is_empty()).then(|| (decoded(&rest[..word].join("/")), git_ref, after.get(end + 1..).unwrap_or_default()))
}

/// What a page of a project or group is, by its words after the `-`.
fn part(words: &[&str], of_group: bool, url: &Url) -> Part {
    let text = |word: &str| word.to_owned();
    let joined = |words: &[&str]| decoded(&words.join("/"));
    match words {
        ["blob" | "raw" | "blame" | "edit", git_ref, path @ ..] if !path.is_empty() => {
            Part::File { git_ref: decoded(git_ref), path: joined(path) }
        }
        ["tree" | "new", git_ref, path @ ..] => Part::Tree { git_ref: decoded(git_ref), path: joined(path) },
        ["tree"] => Part::Tree { git_ref: text("HEAD"), path: String::new() },
        ["commits", git_ref, path @ ..] => Part::Path { git_ref: decoded(git_ref), path: joined(path) },
        ["graphs", git_ref @ .., "charts" | "commits" | "ci" | "languages"]
        | ["find_file" | "network" | "graphs", git_ref @ ..]
        | ["archive", git_ref @ .., _]
            if !git_ref.is_empty() =>
        {
            Part::Path { git_ref: joined(git_ref), path: String::new() }
        }
        ["commit", sha, ..] => Part::Commit(decoded(sha)),
        ["tags", name @ ..] if !name.is_empty() && name != ["new"] => Part::Tag(joined(name)),
        ["compare", refs @ ..] if query(url, "from_project_id").is_none() => compared(&joined(refs)),
        ["work_items", iid, ..] if is_number(iid) && of_group => Part::Epic(text(iid)),
        ["issues", "incident", iid, ..] | ["issues" | "work_items", iid, ..] if is_number(iid) => {
            Part::Issue(text(iid))
        }
        ["issues" | "work_items", "new"] if !of_group => Part::NewIssue(template(url)),
        ["issues" | "work_items"] => Part::IssueList,
        ["merge_requests", iid, ..] if is_number(iid) => Part::MergeRequest(text(iid)),
        ["merge_requests", "new"] => Part::NewMergeRequest(template(url)),
        ["epics", iid, ..] if is_number(iid) => Part::Epic(text(iid)),
        ["labels", ..] => Part::Labels,
        ["milestones", iid, ..] if is_number(iid) => Part::Milestone(text(iid)),
        ["releases", tag @ ..] if !tag.is_empty() && tag[0] != "permalink" && tag != ["new"] => {
            let end = tag.iter().skip(1).position(|word| matches!(*word, "downloads" | "evidences"));
            let tag = end.map_or(tag, |end| &tag[..=end]);
            Part::Release(joined(tag.strip_suffix(&["edit"]).unwrap_or(tag)))
        }
        ["wikis", "pages" | "new" | "git_access" | "templates"] | ["wikis", "uploads", ..] => Part::Page,
        // A file beside the pages, or a page as it was: the list of pages has neither.
        ["wikis", .., last] if has_file_ending(last) || query(url, "version_id").is_some() => Part::Page,
        ["wikis", slug @ .., "history" | "edit" | "diff"] | ["wikis", slug @ ..] if !slug.is_empty() => {
            Part::Wiki(joined(slug))
        }
        ["snippets", id, ..] if is_number(id) => Part::Snippet(text(id)),
        ["boards", id, ..] if is_number(id) => Part::Board(text(id)),
        ["pipelines", id, ..] if is_number(id) => Part::Pipeline(text(id)),
        ["jobs", id, ..] if is_number(id) => Part::Job(text(id)),
        _ => Part::Page,
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
fn compared(refs: &str) -> Part {
    let halves = refs.split_once("...").or_else(|| refs.split_once(".."));
    match halves.filter(|(from, to)| !from.is_empty() && !to.is_empty()) {
        Some((from, to)) => Part::Compare { from: from.to_owned(), to: to.to_owned() },
        None => Part::Page,
    }
}

/// The template that a form is to be filled with.
fn template(url: &Url) -> Option<String> {
    query(url, "issuable_template").or_else(|| query(url, "description_template")).filter(|name| !name.is_empty())
}

fn query(url: &Url, key: &str) -> Option<String> {
    url.query_pairs().find(|(name, _)| name == key).map(|(_, value)| value.into_owned())
}

/// The labels that a list is narrowed to, each once. `None`, `Any` and a `*` name no label (GitLab docs, "Issues API").
fn labels(part: &Part, words: &[&str], url: &Url) -> Vec<String> {
    let list = matches!(part, Part::IssueList | Part::Board(_))
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

pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
