//! What holds a plan back: a project that cannot be written, a pause, too much at once.

use super::DecisionParts;
use crate::pod::Pod;
use crate::pod::finding::Finding;
use crate::pod::marker::{Marker, ParsedBody};
use crate::pod::rule::Rule;
use crate::pod::run::Sentence;
use crate::pod::snapshot::{Account, ObservedIssue, Snapshot};

/// A label of this name on one of podkeeper's issues stops its writes in that pod.
const PAUSE_LABEL: &str = "podkeeper::pause";

/// Takes out of the plan what must not be done now. Returns whether something is left for a later run.
pub(super) fn hold_back_actions(pod: &Pod, seen: &Snapshot, parts: &mut DecisionParts) -> bool {
    parts.actions.retain(|action| !seen.attempted_actions.contains(&action.identity()));
    let closed = seen.pairing_project.project.present().filter(|project| !project.can_write_issues());
    if let Some(closed) = closed {
        parts.actions.retain(|action| action.project_id != closed.id);
        parts.later_changes.clear();
    }
    if let Some(name) = find_pausing_issue(pod, seen) {
        if !parts.actions.is_empty() {
            let message =
                format!("{} changes wait, because {name} carries the label {PAUSE_LABEL}", parts.actions.len());
            parts.findings.push(Finding::new(Rule::Paused, pod.key.to_string(), message));
        }
        let held = !parts.actions.is_empty();
        clear_actions(parts);
        return held;
    }
    if parts.actions.len() > seen.writes_left {
        let left = parts.actions.split_off(seen.writes_left);
        let text = format!("{} more changes wait, because [limits] max_writes is used up", left.len());
        parts.later_changes.push(Sentence::public(text));
        return true;
    }
    false
}

/// Nothing is done now, and nothing is promised for a later round.
fn clear_actions(parts: &mut DecisionParts) {
    parts.actions.clear();
    parts.later_changes.clear();
}

/// The issue of podkeeper's that asks for the pause: a pairing issue or a living report.
fn find_pausing_issue(pod: &Pod, seen: &Snapshot) -> Option<String> {
    let asks = |bot: &Account, issue: &&ObservedIssue| {
        let labelled = issue.labels.iter().any(|label| label == PAUSE_LABEL);
        labelled && pod.is_bot(bot, &issue.author) && !belongs_to_another_pod(pod, issue)
    };
    let pairing_project = seen.pairing_project.bot.present().zip(seen.pairing_project.issues.present());
    let pairing = pairing_project.and_then(|(bot, issues)| issues.iter().find(|issue| asks(bot, issue)));
    let report = seen.reports_project.present().and_then(|reports| {
        let issue = reports.issues.iter().find(|issue| asks(&reports.bot, issue))?;
        Some(format!("{}#{}", reports.project.path, issue.iid))
    });
    pairing.map(|issue| format!("#{}", issue.iid)).or(report)
}

/// Pods share a project; a pause of one is not a pause of all.
fn belongs_to_another_pod(pod: &Pod, issue: &ObservedIssue) -> bool {
    let marker = match &issue.parsed_body {
        ParsedBody::Block(block) => Some(&block.marker),
        ParsedBody::Damaged { marker, .. } => marker.as_ref(),
        ParsedBody::NoMarker => None,
    };
    marker.is_some_and(|marker| {
        let key = match marker {
            Marker::Session(key) => &key.pod,
            Marker::Report(key, _) => key,
        };
        *key != pod.key && !pod.former_keys.contains(key)
    })
}
