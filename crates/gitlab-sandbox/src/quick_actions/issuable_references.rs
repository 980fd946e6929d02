//! Issues and merge requests that a text refers to, which GitLab notes down on them
//! (`lib/banzai/filter/references/abstract_reference_filter.rb`, `Issue.reference_pattern`,
//! `Issue.link_reference_pattern`).
//!
//! A reference is one in text outside links and code, a link whose target is a reference or the address of such a page,
//! and a bare address. What a link shows does not matter.

use super::references::collect_text_and_links;

/// A reference as it is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IssuableReference {
    /// The project's path; without `/` it is one beside the project where the text stands, and empty that one itself.
    pub project: String,
    /// A merge request (else: an issue).
    pub merge_request: bool,
    /// Its number in the project.
    pub iid: u64,
}

/// What a text refers to, in order, on a GitLab that goes by these origins.
pub fn find_issuable_references(text: &str, origins: &[&str]) -> Vec<IssuableReference> {
    let (runs, links) = collect_text_and_links(text);
    let mut found: Vec<IssuableReference> = runs.iter().flat_map(|run| find_in_text(run)).collect();
    found.extend(links.iter().filter_map(|link| parse_reference(link).or_else(|| parse_page_url(link, origins))));
    found
}

/// All references in plain text.
fn find_in_text(run: &str) -> Vec<IssuableReference> {
    let mut found = Vec::new();
    for (at, sigil) in run.match_indices(['#', '!']) {
        let before = run[..at]
            .rfind(|char| !is_path_char(char))
            .map_or(0, |last| last + run[last..].chars().next().map_or(1, char::len_utf8));
        let digits = leading_digits(&run[at + 1..]);
        let behind = &run[at + 1 + digits.len()..];
        if !behind.starts_with(|char: char| char.is_alphanumeric() || char == '_') {
            found.extend(build_reference(&run[before..at], sigil == "!", digits));
        }
    }
    found
}

/// A link's target that is a reference as a whole.
fn parse_reference(link: &str) -> Option<IssuableReference> {
    let (project, iid) = link.split_once(['#', '!'])?;
    let merge_request = link.as_bytes().get(project.len()) == Some(&b'!');
    (project.chars().all(is_path_char) && leading_digits(iid) == iid)
        .then(|| build_reference(project, merge_request, iid))?
}

/// The address of the page of an issue or a merge request.
fn parse_page_url(link: &str, origins: &[&str]) -> Option<IssuableReference> {
    let path = origins.iter().find_map(|origin| link.strip_prefix(*origin)?.strip_prefix('/'))?;
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let kinds = [("/issues/", false), ("/work_items/", false), ("/merge_requests/", true)];
    kinds.into_iter().find_map(|(kind, merge_request)| {
        let (project, iid) = path.split_once(kind)?;
        let project = project.strip_suffix("/-").unwrap_or(project);
        build_reference(project, merge_request, leading_digits(iid)).filter(|found| found.project.contains('/'))
    })
}

fn build_reference(project: &str, merge_request: bool, iid: &str) -> Option<IssuableReference> {
    let iid = iid.parse().ok()?;
    Some(IssuableReference { project: project.trim_start_matches(['-', '/', '.']).to_owned(), merge_request, iid })
}

fn leading_digits(text: &str) -> &str {
    &text[..text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len())]
}

fn is_path_char(char: char) -> bool {
    char.is_ascii_alphanumeric() || "_.-/".contains(char)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_links_and_addresses_refer_and_what_links_show_does_not() {
        for (text, expected) in [
            ("see #1 and !2.", vec!["#1", "!2"]),
            ("see g/p#3, p#4 and (#5)", vec!["g/p#3", "p#4", "#5"]),
            ("`#1` and #1a and #x", vec![]),
            ("```\n#1\n```", vec![]),
            ("[words](#1)", vec!["#1"]),
            ("[words](g/p!2)", vec!["g/p!2"]),
            ("[#1](https://else.example/)", vec![]),
            ("[#1](https://git.example/g/p/-/issues/7#note_3)", vec!["g/p#7"]),
            ("[x](https://git.example/g/p/-/work_items/7?a=b)", vec!["g/p#7"]),
            ("https://git.example/g/s/p/-/merge_requests/8", vec!["g/s/p!8"]),
            ("[x](https://git.example/g/p/-/issues)", vec![]),
            ("[x](https://git.example/g/p/-/issues/new)", vec![]),
            ("![x](#1)", vec!["#1"]),
            ("[x](page.md#anchor)", vec![]),
            ("é#1", vec!["#1"]),
        ] {
            let found = find_issuable_references(text, &["https://git.example"]).into_iter();
            let found: Vec<String> = found
                .map(|one| format!("{}{}{}", one.project, if one.merge_request { '!' } else { '#' }, one.iid))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
