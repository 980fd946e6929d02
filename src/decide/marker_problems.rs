//! Markers that are damaged or that somebody else carries: a finding, and never touched.

use super::{DecisionParts, PairingContext};
use crate::pod::Pod;
use crate::pod::finding::Finding;
use crate::pod::marker::{self, Marker, ParsedBody};
use crate::pod::rule::Rule;
use crate::pod::snapshot::{ObservedIssue, ReportsProjectState};

/// Those among the pairing issues.
pub(super) fn check_pairing_issues(context: &PairingContext<'_>, parts: &mut DecisionParts) {
    for issue in context.issues {
        let finding = if context.is_by_podkeeper(issue) {
            damaged_marker_finding(context.pod, &context.issue_reference(issue), format!("#{}", issue.iid), issue)
        } else {
            foreign_marker_finding(context.pod, &context.issue_reference(issue), format!("#{}", issue.iid), issue)
        };
        parts.findings.extend(finding);
    }
}

/// Those among the reports.
pub(super) fn check_report_issues(pod: &Pod, reports: &ReportsProjectState, parts: &mut DecisionParts) {
    let is_report = |issue: &&ObservedIssue| match &issue.parsed_body {
        ParsedBody::Damaged { .. } => {
            marker::find_markers(&issue.body).iter().any(|marker| matches!(marker, Marker::Report(..)))
        }
        ParsedBody::Block(block) => matches!(block.marker, Marker::Report(..)),
        ParsedBody::NoMarker => false,
    };
    let name = |issue: &ObservedIssue| format!("{}#{}", reports.project.path, issue.iid);
    let own = reports.issues.iter().filter(|issue| pod.is_bot(&reports.bot, &issue.author)).filter(is_report);
    parts.findings.extend(own.filter_map(|issue| damaged_marker_finding(pod, &name(issue), name(issue), issue)));
    let others = reports.foreign_issues.present().into_iter().flatten();
    let others = others.filter(|issue| !pod.is_bot(&reports.bot, &issue.author)).filter(is_report);
    parts.findings.extend(others.filter_map(|issue| foreign_marker_finding(pod, &name(issue), name(issue), issue)));
}

fn damaged_marker_finding(pod: &Pod, name: &str, subject: String, issue: &ObservedIssue) -> Option<Finding> {
    let ParsedBody::Damaged { why, .. } = &issue.parsed_body else { return None };
    let named = marker::find_markers(&issue.body);
    // One that cannot be read may be this pod's.
    let concerned = named.is_empty() || named.iter().any(|marker| belongs_to_pod(pod, marker));
    concerned.then(|| Finding::new(Rule::MarkerDamaged, subject, format!("{name}: {why}")))
}

fn foreign_marker_finding(pod: &Pod, name: &str, subject: String, issue: &ObservedIssue) -> Option<Finding> {
    let marker = &issue.parsed_body.block()?.marker;
    belongs_to_pod(pod, marker).then(|| {
        let message = format!("{name} by somebody else carries the marker of {marker}");
        Finding::new(Rule::MarkerForeign, subject, message)
    })
}

/// Whether a marker is this pod's, under its present or a former key.
fn belongs_to_pod(pod: &Pod, marker: &Marker) -> bool {
    match marker {
        Marker::Session(key) => pod.find_slot(key).is_some(),
        Marker::Report(key, _) => *key == pod.key || pod.former_keys.contains(key),
    }
}
