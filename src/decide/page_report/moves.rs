//! What works all the same, folded: links that moved, by what changed in their addresses, and what else is good to know.

use std::collections::BTreeMap;

use url::Url;

use super::row::{self, quoted};
use super::{Group, MOST_ROWS, PageReport};
use crate::decide::words::count_of;
use crate::pod::finding::Finding;
use crate::pod::rule::Rule;

/// What changed in an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Move {
    /// `/ee/`, `.html`, a slash at the end, `http`: what every address of a site may have lost or gained.
    Spelling,
    /// The page has another name on the same host.
    Page,
    /// The owner or project has another name.
    Project,
    /// It is on another host.
    Host,
}

impl Move {
    fn heading(self, count: usize) -> String {
        let have = if count == 1 { "has" } else { "have" };
        match self {
            Self::Spelling => format!(
                "{} {have} another form: without `/ee/` or `.html`, with or without a slash at the end",
                count_of(count, "address")
            ),
            Self::Page => format!("{} {have} another address on the same site", count_of(count, "page")),
            Self::Project => format!("{} {have} another project or account name", count_of(count, "address")),
            Self::Host => format!("{} {have} moved to another site", count_of(count, "page")),
        }
    }
}

/// The folded part; none where there is nothing.
pub(super) fn render_folded(report: &PageReport<'_>) -> Option<String> {
    let is_move = |finding: &&Finding| finding.rule == Rule::LinkMoved;
    let information: Vec<&Finding> = report.of_group(Group::Information).collect();
    let (moved, others): (Vec<&Finding>, Vec<&Finding>) = information.into_iter().partition(is_move);
    let mut summary = Vec::new();
    if !moved.is_empty() {
        summary.push(format!("{} moved", moved.len()));
    }
    if !others.is_empty() {
        summary.push(format!("{} good to know", others.len()));
    }
    if summary.is_empty() {
        return None;
    }
    let mut lines = Vec::new();
    let mut by_move: BTreeMap<Move, Vec<String>> = BTreeMap::new();
    for finding in moved.into_iter().take(MOST_ROWS) {
        let (line, new) = (finding.place.as_ref().map_or(0, |place| place.line), new_address(report, finding));
        let (kind, shown) = match &new {
            Some(new) => (move_of(report, &finding.subject, new), format!(" → {}", report.target_link("", new))),
            None => (Move::Page, String::new()),
        };
        by_move.entry(kind).or_default().push(format!("  - line {line}: {}{shown}", quoted(&finding.subject)));
    }
    for (kind, rows) in by_move {
        lines.push(format!("- {}", kind.heading(rows.len())));
        lines.extend(rows);
    }
    lines.extend(others.into_iter().take(MOST_ROWS).map(|finding| row::render(report, finding)));
    let summary = summary.join(", ");
    Some(format!(
        "<details><summary>{summary}: nothing is broken there</summary>\n\n{}\n\n</details>",
        lines.join("\n")
    ))
}

fn new_address(report: &PageReport<'_>, finding: &Finding) -> Option<String> {
    let seen = report.observations.iter().find(|seen| seen.url.as_str() == finding.subject)?;
    seen.assessment.suggestion.as_ref().map(ToString::to_string)
}

fn move_of(report: &PageReport<'_>, old: &str, new: &str) -> Move {
    let site = report.pod.page.site.as_ref();
    let parse = |text: &str| Url::parse(text).ok().or_else(|| site?.join(text).ok());
    let (Some(old), Some(new)) = (parse(old), parse(new)) else { return Move::Page };
    if old.host_str() != new.host_str() {
        return Move::Host;
    }
    if bare_path(&old) == bare_path(&new) {
        return Move::Spelling;
    }
    // A project's own pages have its path in front; what follows stays.
    let is_forge = old.host_str() == report.pod.gitlab_url.host_str() || old.host_str() == Some("github.com");
    let path = |url: &Url| -> Vec<String> {
        url.path_segments().into_iter().flatten().filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let (old, new) = (path(&old), path(&new));
    let tail = |path: &[String]| path.iter().position(|part| part == "-").map(|at| path[at..].to_vec());
    let same_tail = match (tail(&old), tail(&new)) {
        (Some(old), Some(new)) => old == new,
        (None, None) => old.len() == new.len() && old.get(2..) == new.get(2..),
        _ => false,
    };
    if is_forge && same_tail { Move::Project } else { Move::Page }
}

/// A path without what is only its form.
fn bare_path(url: &Url) -> String {
    let path = url.path();
    let path = path.strip_prefix("/ee/").map_or(path, |rest| &path[path.len() - rest.len() - 1..]);
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix(".html").unwrap_or(path);
    path.strip_suffix("/index").unwrap_or(path).to_owned()
}
