//! The shapes of GitLab's own addresses.
//!
//! GitLab's reserved words are those of its `lib/gitlab/path_regex.rb`.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::pod::document::LinkKind;

/// A thing of a GitLab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitlabThing {
    /// Whom it belongs to.
    pub owner: Owner,
    /// Which part of the owner it is.
    pub part: Part,
    /// What follows the owner's own path, as it is written, in the form with `-` (`-/blob/main/a.yml`).
    pub tail: String,
    /// The whole address.
    pub url: Url,
}

/// A project, a group or a user, by path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A project.
    Project(String),
    /// A group.
    Group(String),
    /// Either: the address does not tell.
    ProjectOrGroup(String),
    /// A group at the top, or a user.
    Namespace(String),
}

impl Owner {
    /// Its path.
    pub fn path(&self) -> &str {
        match self {
            Self::Project(path) | Self::Group(path) | Self::ProjectOrGroup(path) | Self::Namespace(path) => path,
        }
    }
}

/// A part of a project or group. Paths and refs are decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The project, group or user itself.
    Home,
    /// A file: blob, raw, blame.
    File {
        /// Branch, tag or commit; the first segment, which is wrong for a ref that holds a `/`.
        git_ref: String,
        /// Path in the repository.
        path: String,
    },
    /// A folder; the empty path is the root.
    Tree {
        /// As for a file.
        git_ref: String,
        /// Path in the repository.
        path: String,
    },
    /// An issue of a project.
    Issue(String),
    /// A list of issues.
    IssueList,
    /// A merge request.
    MergeRequest(String),
    /// An epic of a group; a group's work item has the same number.
    Epic(String),
    /// A label or a list of labels.
    Labels,
    /// Any other page.
    Page,
}

impl GitlabThing {
    pub(super) fn kind(&self) -> LinkKind {
        match (&self.part, &self.owner) {
            (Part::Home, Owner::Namespace(_)) => LinkKind::Namespace,
            (Part::Home, _) => LinkKind::ProjectOrGroup,
            (Part::File { .. }, _) => LinkKind::File,
            (Part::Tree { .. }, _) => LinkKind::Tree,
            (Part::Issue(_), _) => LinkKind::Issue,
            (Part::IssueList, _) => LinkKind::IssueList,
            (Part::MergeRequest(_), _) => LinkKind::MergeRequest,
            (Part::Epic(_), _) => LinkKind::Epic,
            (Part::Labels, _) => LinkKind::Label,
            (Part::Page, _) => LinkKind::GitlabPage,
        }
    }

    /// The same place of the owner that is now at another path.
    pub fn at(&self, owner: &str) -> String {
        self.rebuilt(owner, &self.tail)
    }

    /// The same place in another ref, or with another word for the kind of page (`blob`, `tree`).
    pub fn with(&self, owner: &str, word: Option<&str>, git_ref: Option<&str>) -> String {
        let mut parts: Vec<&str> = self.tail.split('/').collect();
        if let (Some(word), Some(part)) = (word, parts.get_mut(1)) {
            *part = word;
        }
        if let (Some(git_ref), Some(part)) = (git_ref, parts.get_mut(2)) {
            *part = git_ref;
        }
        self.rebuilt(owner, &parts.join("/"))
    }

    fn rebuilt(&self, owner: &str, tail: &str) -> String {
        let group = matches!(self.owner, Owner::Group(_)) && !tail.is_empty();
        let mut url = self.url.clone();
        let slash = if tail.is_empty() { "" } else { "/" };
        url.set_path(&format!("{}{owner}{slash}{tail}", if group { "groups/" } else { "" }));
        url.into()
    }
}

/// The same address with `/-/`, for an address of GitLab in the form from before it.
///
/// Everything else of the address stays as it is written. `None` for every address that has the new form
/// already, that belongs to another host, or that could as well be a project's own path.
pub fn modern_form(url: &str, gitlab_host: &str) -> Option<String> {
    let parsed = Url::parse(url.trim()).ok()?;
    if !is_gitlab(&parsed, gitlab_host) {
        return None;
    }
    let (start, path) = raw_path(url)?;
    let mut offset = start;
    let mut segments = Vec::new();
    for segment in path.split('/') {
        if !segment.is_empty() {
            segments.push((offset, segment));
        }
        offset += segment.len() + 1;
    }
    let names: Vec<&str> = segments.iter().map(|(_, name)| *name).collect();
    if names.first().is_none_or(|first| *first == "groups" || TOP_LEVEL.contains(first)) || dash(&names).is_some() {
        return None;
    }
    let (at, _) = segments[legacy_word(&names)?];
    Some(format!("{}-/{}", &url[..at], &url[at..]))
}

/// The path of an address as it is written, and where it starts.
fn raw_path(url: &str) -> Option<(usize, &str)> {
    // A later "://" belongs to the query of an address that is written without its own.
    let host = url.find("://").filter(|at| *at <= "https".len())? + 3;
    let start = host + url[host..].find('/')?;
    let path = &url[start..];
    Some((start, &path[..path.find(['?', '#']).unwrap_or(path.len())]))
}

pub(super) fn is_gitlab(url: &Url, gitlab_host: &str) -> bool {
    let host = url.host_str().unwrap_or_default();
    matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && (host.eq_ignore_ascii_case(gitlab_host)
            || url.port().is_some_and(|port| format!("{host}:{port}").eq_ignore_ascii_case(gitlab_host)))
}

/// First segments that can be no group and no user.
const TOP_LEVEL: &[&str] = &[
    "-",
    ".well-known",
    "admin",
    "api",
    "assets",
    "dashboard",
    "explore",
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
        Some(GitlabThing { owner, part, tail, url: url.clone() })
    };
    match segments.as_slice() {
        [] | ["groups"] => None,
        ["groups", group @ ..] => match split(group, legacy_group_word) {
            (path, None) => thing(Owner::Group(path), Part::Home, &[]),
            (path, Some(words)) => thing(Owner::Group(path), part(words, true), words),
        },
        [first, ..] if TOP_LEVEL.contains(first) => None,
        [name] => thing(Owner::Namespace(decoded(name)), Part::Home, &[]),
        path => match split(path, legacy_word) {
            (path, None) => thing(Owner::ProjectOrGroup(path), Part::Home, &[]),
            (path, Some(words)) => thing(Owner::Project(path), part(words, false), words),
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

/// What follows the `-` that ends a project's or group's own path.
fn dash<'a, 's>(path: &'a [&'s str]) -> Option<&'a [&'s str]> {
    let at = path.iter().position(|segment| *segment == "-")?;
    (at > 0).then(|| &path[at + 1..])
}

/// What a page of a project or group is, by its words after the `-`.
fn part(words: &[&str], of_group: bool) -> Part {
    let id = |id: &str| id.to_owned();
    match words {
        ["blob" | "raw" | "blame", git_ref, path @ ..] if !path.is_empty() => {
            Part::File { git_ref: decoded(git_ref), path: decoded(&path.join("/")) }
        }
        ["tree", git_ref, path @ ..] => Part::Tree { git_ref: decoded(git_ref), path: decoded(&path.join("/")) },
        ["tree"] => Part::Tree { git_ref: "HEAD".to_owned(), path: String::new() },
        ["work_items", iid, ..] if is_number(iid) && of_group => Part::Epic(id(iid)),
        ["issues", "incident", iid, ..] | ["issues" | "work_items", iid, ..] if is_number(iid) => Part::Issue(id(iid)),
        ["issues" | "work_items"] => Part::IssueList,
        ["merge_requests", iid, ..] if is_number(iid) => Part::MergeRequest(id(iid)),
        ["epics", iid, ..] if is_number(iid) => Part::Epic(id(iid)),
        ["labels", ..] => Part::Labels,
        _ => Part::Page,
    }
}

/// Where the page's word stands in a project's path without `-`: at the third segment or later.
///
/// Words that GitLab reserves can be no project; the others must be followed by what makes them sure.
fn legacy_word(path: &[&str]) -> Option<usize> {
    (2..path.len()).find(|at| {
        let next = path.get(at + 1).copied();
        match path[*at] {
            "blob" | "tree" | "raw" | "blame" | "commits" | "edit" | "find_file" => next.is_some(),
            "wikis" => true,
            "issues" | "merge_requests" => next.is_none_or(|next| is_number(next) || next == "new"),
            "labels" => next.is_none(),
            "milestones" | "boards" | "pipelines" | "jobs" | "snippets" | "environments" => next.is_some_and(is_number),
            "commit" => next.is_some_and(is_sha),
            _ => false,
        }
    })
}

fn legacy_group_word(group: &[&str]) -> Option<usize> {
    (1..group.len()).find(|at| {
        let next = group.get(at + 1).copied();
        match group[*at] {
            "epics" | "issues" | "merge_requests" | "milestones" | "boards" => next.is_none_or(is_number),
            "labels" => next.is_none(),
            _ => false,
        }
    })
}

pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_sha(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
