//! What was not judged, and why: one line, a kind after the other.
//!
//! A host may show itself on one day and not on another, so this line alone is no reason to write.

use std::collections::{BTreeMap, BTreeSet};

use super::PageReport;
use super::row::quoted;
use crate::decide::words::join_words;
use crate::pod::verdict::{Observation, Verdict};

const BEGINNING: &str = "**Not judged: ";

/// Whether a line of the report is this one.
pub(in crate::decide) fn is_not_judged_line(line: &str) -> bool {
    line.trim_start().starts_with(BEGINNING)
}

/// The line; none where all was judged.
pub(super) fn render_line(report: &PageReport<'_>) -> Option<String> {
    let mut kinds = Vec::new();
    let mut count = 0;
    for verdict in [
        Verdict::Login,
        Verdict::Refused,
        Verdict::Hidden,
        Verdict::FragmentUnverifiable,
        Verdict::Blocked,
        Verdict::Skipped,
    ] {
        let seen: Vec<&Observation> = report
            .observations
            .iter()
            .filter(|seen| seen.assessment.verdict == verdict && !seen.assessment.is_not_reached())
            .collect();
        if seen.is_empty() {
            continue;
        }
        count += seen.len();
        kinds.push(describe_kind(verdict, &seen));
    }
    (count > 0).then(|| format!("{BEGINNING}{count}.** {}. Nothing for you to do.", kinds.join("; ")))
}

/// `` `gitlab.slack.com` wants a login (lines 43 and 52) ``
fn describe_kind(verdict: Verdict, seen: &[&Observation]) -> String {
    let mut by_host: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for one in seen {
        let url = url::Url::parse(one.url.as_str()).ok();
        let host = url.as_ref().and_then(url::Url::host_str).unwrap_or("the site").to_owned();
        by_host.entry(host).or_default().extend(one.places.iter().map(|place| place.line));
    }
    let hosts: Vec<String> = by_host
        .iter()
        .map(|(host, lines)| {
            let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
            let word = if lines.len() == 1 { "line" } else { "lines" };
            let host = if host == "the site" { host.clone() } else { quoted(host) };
            format!("{host} ({word} {})", join_words(&lines))
        })
        .collect();
    let one = hosts.len() == 1;
    let hosts = join_words(&hosts);
    match verdict {
        Verdict::Login => format!("{hosts} {} a login", if one { "wants" } else { "want" }),
        Verdict::Refused => format!("{hosts} {} programs away", if one { "turns" } else { "turn" }),
        Verdict::Hidden => format!("not everybody sees {hosts}"),
        Verdict::FragmentUnverifiable => format!("the page is there and its anchors are drawn by scripts: {hosts}"),
        Verdict::Blocked => format!("podkeeper does not go to {hosts}"),
        _ => format!("left out: {hosts}"),
    }
}
