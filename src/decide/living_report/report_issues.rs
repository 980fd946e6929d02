//! Which issues are a report: podkeeper's own by their marker, and those that may be it all the same.

use super::is_report_title;
use crate::decide::identity_findings;
use crate::pod::Pod;
use crate::pod::finding::Finding;
use crate::pod::marker::{self, Marker, ParsedBody, ReportKind};
use crate::pod::observed::{Observed, ReadFailure};
use crate::pod::snapshot::{ObservedIssue, ReportsProjectState};

/// podkeeper's own issues that are this report, damaged ones included.
pub(super) fn own_report_issues<'a>(
    pod: &Pod,
    reports: &'a ReportsProjectState,
    kind: ReportKind,
) -> Vec<&'a ObservedIssue> {
    let is_report = |issue: &&ObservedIssue| match &issue.parsed_body {
        ParsedBody::Block(block) => is_marker_of_report(pod, kind, &block.marker),
        ParsedBody::Damaged { .. } => {
            // It may be whatever it names; where it names nothing, its title decides, which podkeeper never changes.
            let named = marker::find_markers(&issue.body);
            named.iter().any(|marker| is_marker_of_report(pod, kind, marker))
                || (named.is_empty() && is_report_title(pod, kind, issue.title.raw()))
        }
        ParsedBody::NoMarker => false,
    };
    issues_by_podkeeper(pod, reports).filter(is_report).collect()
}

fn issues_by_podkeeper<'a>(pod: &Pod, reports: &'a ReportsProjectState) -> impl Iterator<Item = &'a ObservedIssue> {
    reports.issues.iter().filter(|issue| pod.is_bot(&reports.bot, &issue.author))
}

/// Why no report is opened though none goes by its marker.
pub(super) enum OpeningObstacle {
    /// There may be one; this says which, and what settles it.
    PossibleReport(Finding),
    /// It could not be seen whether there is one.
    ReadFailed(ReadFailure),
}

/// Whether there may be a report that does not go by its marker: under a key that the configuration does not know,
/// without marker and signature, or by another account.
pub(super) fn find_opening_obstacle(
    pod: &Pod,
    reports: &ReportsProjectState,
    kind: ReportKind,
) -> Option<OpeningObstacle> {
    let own =
        issues_by_podkeeper(pod, reports).find_map(|issue| unrecognized_report_finding(pod, reports, kind, issue));
    if let Some(finding) = own {
        return Some(OpeningObstacle::PossibleReport(finding));
    }
    let others = match &reports.foreign_issues {
        Observed::Present(others) => others.as_slice(),
        Observed::Absent => &[],
        Observed::Unknown(failure) => return Some(OpeningObstacle::ReadFailed(failure.clone())),
    };
    let same = |issue: &&ObservedIssue| {
        issue.parsed_body.marker().is_some_and(|marker| is_marker_of_report(pod, kind, marker))
    };
    let theirs = others.iter().filter(|issue| !pod.is_bot(&reports.bot, &issue.author));
    let theirs: Vec<&ObservedIssue> = theirs.filter(same).collect();
    let marker = Marker::Report(pod.key.clone(), kind);
    (!theirs.is_empty()).then(|| {
        OpeningObstacle::PossibleReport(identity_findings::bot_replaced_finding(
            &marker,
            &reports.project.path,
            &theirs,
        ))
    })
}

/// What to report of one of podkeeper's own issues that is this report in spite of its marker.
fn unrecognized_report_finding(
    pod: &Pod,
    reports: &ReportsProjectState,
    kind: ReportKind,
    issue: &ObservedIssue,
) -> Option<Finding> {
    let name = format!("{}#{}", reports.project.path, issue.iid);
    let titled = is_report_title(pod, kind, issue.title.raw());
    match &issue.parsed_body {
        ParsedBody::Block(block) => {
            let key = match &block.marker {
                Marker::Report(key, found) if *found == kind => key,
                Marker::Report(..) | Marker::Session(_) => return None,
            };
            // Whose report it is, its label says, or else its title.
            let ours = block.state.label.as_deref().map_or(titled, |label| label == pod.label.name.as_str());
            ours.then(|| identity_findings::other_report_key_finding(pod, &name, kind, key))
        }
        ParsedBody::NoMarker if titled => {
            let what = format!("the {} report of {}", kind.as_str(), pod.name);
            Some(identity_findings::marker_lost_finding(&Marker::Report(pod.key.clone(), kind), &name, &what))
        }
        ParsedBody::NoMarker | ParsedBody::Damaged { .. } => None,
    }
}

/// Whether a marker is that of this report, under the pod's present or a former key.
fn is_marker_of_report(pod: &Pod, kind: ReportKind, marker: &Marker) -> bool {
    match marker {
        Marker::Report(key, found) => *found == kind && (*key == pod.key || pod.former_keys.contains(key)),
        Marker::Session(_) => false,
    }
}
