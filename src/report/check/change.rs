//! What a change broke and mended, for people and as JSON.

use serde::Serialize;

use super::CheckReport;
use super::report_lines::{ReportLines, format_place};
use crate::pod::finding::Place;
use crate::pod::mended_link::MendedLink;
use crate::pod::verdict::Verdict;
use crate::report::ReportAudience;
use crate::report::terminal::DetailLevel;

/// What a check of a change was compared with, and what the change mended. What it broke is what is reported.
#[derive(Debug, Clone, Copy)]
pub struct ChangeReport<'a> {
    /// The commit at which the change began.
    pub base: &'a str,
    /// The links that it mended.
    pub mended: &'a [MendedLink],
}

/// The JSON contract of `changed`.
#[derive(Serialize)]
pub(super) struct ChangeJson<'a> {
    base: &'a str,
    broken: Vec<LinkJson>,
    mended: Vec<LinkJson>,
}

#[derive(Serialize)]
struct LinkJson {
    url: String,
    path: String,
    line: usize,
    column: usize,
    reason: String,
}

impl LinkJson {
    fn new(url: &str, place: &Place, reason: &str) -> Self {
        let Place { path, line, column } = place;
        Self { url: url.to_owned(), path: path.clone(), line: *line, column: *column, reason: reason.to_owned() }
    }
}

/// What a change broke and mended, where a change was checked.
pub(super) fn to_json<'a, A: ReportAudience>(report: &CheckReport<'a, A>) -> Option<ChangeJson<'a>> {
    let ChangeReport { base, mended } = report.change?;
    let mended = mended.iter().map(|link| LinkJson::new(&link.url, &link.place, &link.reason)).collect();
    Some(ChangeJson { base, broken: list_broken(report), mended })
}

/// Each place of each link that the change broke.
fn list_broken<A: ReportAudience>(report: &CheckReport<'_, A>) -> Vec<LinkJson> {
    let is_broken = |verdict: Verdict| matches!(verdict, Verdict::Dead | Verdict::FragmentDead);
    let mut broken = Vec::new();
    for seen in report.observations.observations().filter(|seen| is_broken(seen.assessment.verdict)) {
        let (url, reason) = (seen.url.to_string(), seen.assessment.reason.to_string());
        broken.extend(seen.places.iter().map(|place| LinkJson::new(&url, &Place::from(place), &reason)));
    }
    broken.sort_by(|a, b| (&a.path, a.line, a.column).cmp(&(&b.path, b.line, b.column)));
    broken
}

/// What was mended, and the counts; what is broken stands above.
pub(super) fn write_change<A: ReportAudience>(out: &mut ReportLines, report: &CheckReport<'_, A>) {
    let Some(ChangeReport { base, mended }) = report.change else { return };
    if report.detail > DetailLevel::Quiet {
        for link in mended {
            out.push_entry(
                &format!("  = {} mended", format_place(&link.place)),
                &format!("{}: {}", link.url, link.reason),
            );
        }
    }
    let short = base.get(..8).unwrap_or(base);
    let broken = list_broken(report).len();
    out.push_paragraph("", &format!("Since {short}: {broken} broken by this change, {} mended by it.", mended.len()));
}
