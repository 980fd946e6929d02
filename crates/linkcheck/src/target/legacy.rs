//! Addresses of GitLab in the form from before `/-/`.
//!
//! GitLab's reserved words are those of its `lib/gitlab/path_regex.rb`.

use super::reserved::{TOP_LEVEL, is_number};

/// The same address with `/-/`, for an address of GitLab in the form from before it.
///
/// Everything else of the address stays as it is written. `None` for every address that has the new form
/// already, that belongs to another host, or that could as well be a project's own path.
pub fn modernize_url(url: &str, gitlab_host: &str) -> Option<String> {
    let (start, path) = find_raw_path(url, gitlab_host)?;
    let mut offset = start;
    let mut segments = Vec::new();
    for segment in path.split('/') {
        if !segment.is_empty() {
            segments.push((offset, segment));
        }
        offset += segment.len() + 1;
    }
    let names: Vec<&str> = segments.iter().map(|(_, name)| *name).collect();
    if names.first().is_none_or(|first| *first == "groups" || TOP_LEVEL.contains(first))
        || segments_after_dash(&names).is_some()
    {
        return None;
    }
    let (at, _) = segments[find_legacy_page_segment(&names)?];
    Some(format!("{}-/{}", &url[..at], &url[at..]))
}

/// The path of an address of this host as it is written, and where it starts.
fn find_raw_path<'u>(url: &'u str, host: &str) -> Option<(usize, &'u str)> {
    let (scheme, rest) = url.split_once(':')?;
    let (named, _) = rest.strip_prefix("//")?.split_once('/')?;
    let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    if !web || !named.eq_ignore_ascii_case(host) {
        return None;
    }
    let start = scheme.len() + "://".len() + named.len();
    let path = &url[start..];
    Some((start, &path[..path.find(['?', '#']).unwrap_or(path.len())]))
}

/// What follows the `-` that ends a project's or group's own path.
fn segments_after_dash<'a, 's>(path: &'a [&'s str]) -> Option<&'a [&'s str]> {
    let at = path.iter().position(|segment| *segment == "-")?;
    (at > 0).then(|| &path[at + 1..])
}

/// Where the page's word stands in a project's path without `-`: at the third segment or later.
///
/// Words that GitLab reserves can be no project; the others must be followed by what makes them sure.
pub(super) fn find_legacy_page_segment(path: &[&str]) -> Option<usize> {
    (2..path.len()).find(|at| {
        let next = path.get(at + 1).copied();
        match path[*at] {
            "blob" | "tree" | "raw" | "blame" | "commits" | "edit" | "find_file" => next.is_some(),
            "wikis" => true,
            "issues" | "merge_requests" => next.is_none_or(|next| is_number(next) || next == "new"),
            "labels" => next.is_none(),
            "milestones" | "boards" | "pipelines" | "jobs" | "snippets" | "environments" => next.is_some_and(is_number),
            "commit" => next.is_some_and(is_sha),
            "compare" => next.is_some_and(|refs| refs.contains("..")),
            _ => false,
        }
    })
}

pub(super) fn find_legacy_group_segment(group: &[&str]) -> Option<usize> {
    (1..group.len()).find(|at| {
        let next = group.get(at + 1).copied();
        match group[*at] {
            "epics" | "issues" | "merge_requests" | "milestones" | "boards" => next.is_none_or(is_number),
            "labels" => next.is_none(),
            _ => false,
        }
    })
}

fn is_sha(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}
