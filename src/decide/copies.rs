//! Markers that are damaged or that somebody else carries: told, and never touched.

use super::{Parts, Scene};
use crate::pod::Pod;
use crate::pod::finding::Finding;
use crate::pod::marker::{self, Marked, Marker};
use crate::pod::rule::Rule;
use crate::pod::snapshot::{PairingIssue, ReportsSeen};

/// Those among the pairing issues.
pub(super) fn of_sessions(scene: &Scene<'_>, parts: &mut Parts) {
    for issue in scene.issues {
        let told = if scene.is_ours(issue) {
            damaged(scene.pod, &scene.name(issue), format!("#{}", issue.iid), issue)
        } else {
            copied(scene.pod, &scene.name(issue), format!("#{}", issue.iid), issue)
        };
        parts.findings.extend(told);
    }
}

/// Those among the reports.
pub(super) fn of_reports(pod: &Pod, reports: &ReportsSeen, parts: &mut Parts) {
    let is_report = |issue: &&PairingIssue| match &issue.marked {
        Marked::Damaged { .. } => marker::named(&issue.body).iter().any(|marker| matches!(marker, Marker::Report(..))),
        Marked::Block(block) => matches!(block.marker, Marker::Report(..)),
        Marked::No => false,
    };
    let name = |issue: &PairingIssue| format!("{}#{}", reports.project.path, issue.iid);
    let own = reports.issues.iter().filter(|issue| pod.is_bot(&reports.bot, &issue.author)).filter(is_report);
    parts.findings.extend(own.filter_map(|issue| damaged(pod, &name(issue), name(issue), issue)));
    let others = reports.others.present().into_iter().flatten();
    let others = others.filter(|issue| !pod.is_bot(&reports.bot, &issue.author)).filter(is_report);
    parts.findings.extend(others.filter_map(|issue| copied(pod, &name(issue), name(issue), issue)));
}

fn damaged(pod: &Pod, name: &str, subject: String, issue: &PairingIssue) -> Option<Finding> {
    let Marked::Damaged { why, .. } = &issue.marked else { return None };
    let named = marker::named(&issue.body);
    // One that cannot be read may be this pod's.
    let concerned = named.is_empty() || named.iter().any(|marker| is_this_pods(pod, marker));
    concerned.then(|| Finding::new(Rule::MarkerDamaged, subject, format!("{name}: {why}")))
}

fn copied(pod: &Pod, name: &str, subject: String, issue: &PairingIssue) -> Option<Finding> {
    let marker = &issue.marked.block()?.marker;
    is_this_pods(pod, marker).then(|| {
        let message = format!("{name} by somebody else carries the marker of {marker}");
        Finding::new(Rule::MarkerForeign, subject, message)
    })
}

/// Whether a marker is this pod's, under its present or a former key.
fn is_this_pods(pod: &Pod, marker: &Marker) -> bool {
    match marker {
        Marker::Session(key) => pod.slot_of(key).is_some(),
        Marker::Report(key, _) => *key == pod.key || pod.formerly.contains(key),
    }
}
