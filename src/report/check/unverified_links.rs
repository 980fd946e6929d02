//! Links that nobody can say anything of: no faults of the page, but whoever mends it wants to know which they are.
//!
//! Those that gave no useful answer are named always, the others when more is asked for.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::CheckReport;
use super::report_lines::{ReportLines, format_place};
use crate::pod::finding::Place;
use crate::pod::rule::Rule;
use crate::pod::verdict::{Observation, Verdict};
use crate::report::ReportAudience;
use crate::report::terminal::pluralize;

/// The most that are named unless more is asked for.
const MAX_UNREACHABLE: usize = 20;

/// Named when more is asked for.
const VERBOSE_ONLY_VERDICTS: [Verdict; 6] = [
    Verdict::Hidden,
    Verdict::Login,
    Verdict::Refused,
    Verdict::Blocked,
    Verdict::Skipped,
    Verdict::FragmentUnverifiable,
];

/// Names them, each once at its first place.
pub(super) fn write_unverified_links<A: ReportAudience>(out: &mut ReportLines, report: &CheckReport<'_, A>) {
    let mut silent = observations_with_verdict(report, Verdict::Unreachable);
    // Those that are findings are named there.
    let reported: BTreeSet<&str> = report
        .findings
        .findings()
        .filter(|finding| finding.rule == Rule::LinkUnreachable)
        .map(|finding| finding.subject.as_str())
        .collect();
    silent.retain(|seen| !reported.contains(seen.url.to_string().as_str()));
    if !silent.is_empty() {
        out.push_line(&format!("{} gave no useful answer, which may pass", pluralize(silent.len(), "link")));
        let most = if report.is_verbose() { silent.len() } else { MAX_UNREACHABLE };
        silent.iter().take(most).for_each(|seen| write_observation(out, seen));
        if silent.len() > most {
            out.push_line(&format!("  and {} more, which -v names", silent.len() - most));
        }
        out.push_blank_on_terminal();
    }
    for verdict in VERBOSE_ONLY_VERDICTS.into_iter().filter(|_| report.is_verbose()) {
        let seen = observations_with_verdict(report, verdict);
        if !seen.is_empty() {
            out.push_line(&format!("{}: {}", verdict.as_str(), pluralize(seen.len(), "link")));
            for seen in &seen {
                write_observation(out, seen);
            }
            out.push_blank_on_terminal();
        }
    }
}

/// How to see those that are not named.
pub(super) fn verbose_hint<A: ReportAudience>(report: &CheckReport<'_, A>) -> Option<String> {
    let unnamed = VERBOSE_ONLY_VERDICTS
        .into_iter()
        .filter(|verdict| report.observations.observations().any(|seen| seen.assessment.verdict == *verdict));
    let words: Vec<&str> = unnamed.filter(|_| !report.is_verbose()).map(Verdict::as_str).collect();
    (!words.is_empty()).then(|| format!("With -v each of these is named: {}.", words.join(", ")))
}

fn observations_with_verdict<'a, A: ReportAudience>(
    report: &CheckReport<'a, A>,
    verdict: Verdict,
) -> Vec<Cow<'a, Observation>> {
    let of_verdict = |seen: &Cow<'a, Observation>| seen.assessment.verdict == verdict;
    let mut all: Vec<_> = report.observations.observations().filter(of_verdict).collect();
    all.sort_by(|one, other| one.places.first().cmp(&other.places.first()));
    all
}

fn write_observation(out: &mut ReportLines, seen: &Observation) {
    let place = seen.places.first().map(|place| format_place(&Place::from(place))).unwrap_or_default();
    let more = seen.places.len().saturating_sub(1);
    let more = if more > 0 { format!(", and in {}", pluralize(more, "other place")) } else { String::new() };
    let (url, reason) = (seen.url.to_string(), seen.assessment.reason.to_string());
    out.push_entry(&format!("  ? {place}{more}"), &if reason.is_empty() { url } else { format!("{url}: {reason}") });
}
