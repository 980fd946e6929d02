//! What an address points at, as far as the address itself tells.
//!
//! Pure: nothing is asked of anybody. The shapes of GitLab addresses and how often each occurs in the
//! handbook are measured in the fact sheet on the handbook, section 10; GitLab's reserved words are those
//! of its `lib/gitlab/path_regex.rb`.

use url::Url;

use crate::pod::document::LinkKind;

/// The kind of thing an address points at.
///
/// `gitlab_host` is the host of the GitLab instance, with its port where it has one (`gitlab.com`).
/// Total: an address that makes no sense is [`LinkKind::Other`].
pub fn kind(url: &str, gitlab_host: &str) -> LinkKind {
    let text = url.trim();
    match Url::parse(text) {
        Ok(url) => absolute(&url, gitlab_host),
        Err(url::ParseError::RelativeUrlWithoutBase) => relative(text, gitlab_host),
        Err(_) => LinkKind::Other,
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

fn absolute(url: &Url, gitlab_host: &str) -> LinkKind {
    match url.scheme() {
        "http" | "https" => {}
        "mailto" => return LinkKind::Mail,
        "slack" => return LinkKind::Slack,
        _ => return LinkKind::Other,
    }
    let segments: Vec<&str> = url.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty()).collect();
    if is_gitlab(url, gitlab_host) {
        return on_gitlab(&segments);
    }
    let host = url.host_str().unwrap_or_default();
    let first = segments.first().copied().unwrap_or_default();
    match host.strip_prefix("www.").unwrap_or(host) {
        "docs.gitlab.com" => LinkKind::Docs,
        "handbook.gitlab.com" => LinkKind::Handbook,
        // The handbook's address before it moved, which still redirects.
        "about.gitlab.com" if first == "handbook" => LinkKind::Handbook,
        host if is_slack(host, first) => LinkKind::Slack,
        host if is_video(host, &segments, url) => LinkKind::Video,
        _ => LinkKind::Web,
    }
}

fn relative(text: &str, gitlab_host: &str) -> LinkKind {
    if text.starts_with("//") {
        return kind(&format!("https:{text}"), gitlab_host);
    }
    // Hugo fills in `{{< ref … >}}` before anybody can follow it.
    if text.is_empty() || text.starts_with('\\') || text.contains("{{") {
        return LinkKind::Other;
    }
    if text.starts_with('#') { LinkKind::Anchor } else { LinkKind::Path }
}

fn is_gitlab(url: &Url, gitlab_host: &str) -> bool {
    let host = url.host_str().unwrap_or_default();
    matches!(url.scheme(), "http" | "https")
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

fn on_gitlab(segments: &[&str]) -> LinkKind {
    match segments {
        // Pages of the instance itself belong to no project: they are pages like any other.
        [] | ["groups"] => LinkKind::Web,
        ["groups", group @ ..] => {
            let word = dash(group).or_else(|| legacy_group_word(group).map(|at| &group[at..]));
            word.map_or(LinkKind::ProjectOrGroup, |rest| page(rest, true))
        }
        [first, ..] if TOP_LEVEL.contains(first) => LinkKind::Web,
        [_] => LinkKind::Namespace,
        path => {
            let word = dash(path).or_else(|| legacy_word(path).map(|at| &path[at..]));
            word.map_or(LinkKind::ProjectOrGroup, |rest| page(rest, false))
        }
    }
}

/// What follows the `-` that ends a project's or group's own path.
fn dash<'a, 's>(path: &'a [&'s str]) -> Option<&'a [&'s str]> {
    let at = path.iter().position(|segment| *segment == "-")?;
    (at > 0).then(|| &path[at + 1..])
}

/// What a page of a project or group is, by its words after the `-`.
fn page(words: &[&str], of_group: bool) -> LinkKind {
    match words {
        ["blob" | "raw" | "blame", _ref, _path, ..] => LinkKind::File,
        ["tree", ..] => LinkKind::Tree,
        ["issues", "incident", id, ..] if is_number(id) => LinkKind::Issue,
        ["issues", id, ..] if is_number(id) => LinkKind::Issue,
        ["work_items", id, ..] if is_number(id) && of_group => LinkKind::Epic,
        ["work_items", id, ..] if is_number(id) => LinkKind::Issue,
        ["issues" | "work_items"] => LinkKind::IssueList,
        ["merge_requests", id, ..] if is_number(id) => LinkKind::MergeRequest,
        ["epics", id, ..] if is_number(id) => LinkKind::Epic,
        ["labels", ..] => LinkKind::Label,
        _ => LinkKind::GitlabPage,
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

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_sha(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A workspace's channels, messages and profiles, which nobody sees without signing in. Slack's help,
/// status and developer pages are ordinary pages.
fn is_slack(host: &str, first: &str) -> bool {
    match host.strip_suffix(".slack.com") {
        Some("api" | "status") => false,
        Some(_) => true,
        None => host == "slack.com" && matches!(first, "app_redirect" | "archives" | "client" | "team"),
    }
}

fn is_video(host: &str, segments: &[&str], url: &Url) -> bool {
    match host {
        "youtu.be" => !segments.is_empty(),
        "youtube.com" | "m.youtube.com" | "youtube-nocookie.com" => match segments {
            ["watch"] => url.query_pairs().any(|(key, _)| key == "v"),
            ["embed" | "live" | "shorts" | "v", _, ..] => true,
            _ => false,
        },
        "vimeo.com" | "player.vimeo.com" => segments.iter().any(|segment| is_number(segment)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
