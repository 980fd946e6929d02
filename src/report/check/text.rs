//! What `check` found, for people: page by page, each finding with its place, what is the matter, and beside it the
//! fix.
//!
//! On a terminal sentences are wrapped at its width, below their place. Elsewhere nothing is wrapped, for `grep` and
//! for editors: a finding is two lines, the first with place, rule and fault, the second with the fix. A place is
//! always written `path:line:column`, which terminals and editors open on a click.

use std::collections::{BTreeMap, BTreeSet};

use super::report_lines::{ReportLines, format_place};
use super::{CheckReport, change, count_verdicts, unverified_links};
use crate::pod::finding::{Finding, Place};
use crate::pod::rule::SubjectKind;
use crate::pod::text::show_invisible;
use crate::report::ReportAudience;
use crate::report::terminal::{DetailLevel, pluralize};

/// The most other places of a link that are named unless more is asked for.
const MAX_OTHER_PLACES: usize = 5;

/// The text for a terminal of so many columns, or for no terminal: what needs a look by page and place, then a line of
/// counts. A quiet one has what is wrong and nothing else.
pub fn render_text<A: ReportAudience>(report: &CheckReport<'_, A>, width: Option<usize>) -> String {
    let mut out = ReportLines::new(width);
    let elsewhere = find_other_places(report);
    for (path, findings) in group_by_page(report.findings.findings()) {
        write_page(&mut out, path, &findings, &elsewhere);
    }
    if let Some(sentence) = report.findings.count_withheld(|_finding| true).sentence() {
        out.push_paragraph("  ! ", &sentence);
    }
    if report.detail > DetailLevel::Quiet {
        unverified_links::write_unverified_links(&mut out, report);
    }
    if let Some(why) = report.inconclusive_reason {
        out.push_paragraph("", &format!("Inconclusive: {why}."));
    }
    change::write_change(&mut out, report);
    if report.detail > DetailLevel::Quiet {
        write_counts(&mut out, report);
    }
    out.into_string()
}

fn write_counts<A: ReportAudience>(out: &mut ReportLines, report: &CheckReport<'_, A>) {
    let counts: Vec<String> =
        count_verdicts(report.observations).iter().map(|(verdict, n)| format!("{n} {verdict}")).collect();
    let summary = if counts.is_empty() { "none checked".to_owned() } else { counts.join(", ") };
    out.push_paragraph(
        "",
        &format!("{}, {} different: {summary}", pluralize(report.link_count, "link"), report.unique_url_count),
    );
    if let Some(hint) = unverified_links::verbose_hint(report) {
        out.push_paragraph("", &hint);
    }
    if let Some((index, count)) = report.shard {
        let own = "these are its own links; labels and the rest of the pages are not its business.";
        out.push_paragraph("", &format!("Shard {index} of {count}: {own}"));
    }
}

/// The findings of each page in the order of the page; those without a place come first, under no page.
fn group_by_page<'a>(findings: impl Iterator<Item = &'a Finding>) -> BTreeMap<&'a str, Vec<&'a Finding>> {
    let mut pages: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        pages.entry(finding.place.as_ref().map_or("", |place| &place.path)).or_default().push(finding);
    }
    for findings in pages.values_mut() {
        findings.sort_by(|a, b| a.place.cmp(&b.place));
    }
    pages
}

/// A path, a line and a column.
type PlaceKey<'a> = (&'a str, usize, usize);

/// The other places of links that stand in several, by the first, at which they are reported.
type OtherPlaces<'a> = BTreeMap<PlaceKey<'a>, Vec<String>>;

fn find_other_places<'a, A: ReportAudience>(report: &CheckReport<'a, A>) -> OtherPlaces<'a> {
    let most = if report.is_verbose() { usize::MAX } else { MAX_OTHER_PLACES };
    let reported: BTreeSet<PlaceKey<'_>> = report.findings.findings().filter_map(reported_link_place).collect();
    // Where a link stands, everybody may know.
    let named = report.observations.places().filter_map(|places| {
        let (first, others) = places.split_first().filter(|(_, others)| !others.is_empty())?;
        let first = (&*first.path, first.line, first.column);
        if !reported.contains(&first) {
            return None;
        }
        let mut shown: Vec<String> = others.iter().take(most).map(|place| format_place(&Place::from(place))).collect();
        shown.extend((others.len() > most).then(|| format!("{} more, which -v names", others.len() - most)));
        Some((first, shown))
    });
    named.collect()
}

/// Where a finding about a link stands.
fn reported_link_place(found: &Finding) -> Option<PlaceKey<'_>> {
    let of_a_link = found.rule.subject_kind() == SubjectKind::Link;
    found.place.as_ref().filter(|_| of_a_link).map(|at| (at.path.as_str(), at.line, at.column))
}

fn write_page(out: &mut ReportLines, path: &str, findings: &[&Finding], elsewhere: &OtherPlaces<'_>) {
    if !path.is_empty() {
        out.push_line(&format!("{} in {}", pluralize(findings.len(), "finding"), show_invisible(path)));
    }
    for found in findings {
        let place = found.place.as_ref().map(|place| format!("{} ", format_place(place))).unwrap_or_default();
        out.push_entry(&format!("  ! {place}{}", found.rule.code()), &found.message);
        out.push_paragraph("      fix: ", &found.advice);
        if let Some(others) = reported_link_place(found).and_then(|at| elsewhere.get(&at)) {
            out.push_paragraph("      also at: ", &others.join(", "));
        }
    }
    out.push_blank_on_terminal();
}

#[cfg(test)]
mod tests;
