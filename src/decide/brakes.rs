//! What holds a plan back: a project that cannot be written, a pause, too much at once.

use super::Parts;
use crate::pod::Pod;
use crate::pod::finding::Finding;
use crate::pod::marker::{Marked, Marker};
use crate::pod::rule::Rule;
use crate::pod::snapshot::{Account, PairingIssue, Snapshot};

/// A label of this name on one of podkeeper's issues stops its writes in that pod.
const PAUSE_LABEL: &str = "podkeeper::pause";

/// Takes out of the plan what must not be done now. Returns whether something is left for a later run.
pub(super) fn hold(pod: &Pod, seen: &Snapshot, parts: &mut Parts) -> bool {
    parts.actions.retain(|action| !seen.tried.contains(&action.identity()));
    let closed = seen.tracker.project.present().filter(|project| !project.is_open());
    if let Some(closed) = closed {
        parts.actions.retain(|action| action.project_id != closed.id);
        parts.then.clear();
    }
    if let Some(name) = paused_by(pod, seen) {
        if !parts.actions.is_empty() {
            let message =
                format!("{} changes wait, because {name} carries the label {PAUSE_LABEL}", parts.actions.len());
            parts.findings.push(Finding::new(Rule::Paused, pod.key.to_string(), message));
        }
        let held = !parts.actions.is_empty();
        wait(parts);
        return held;
    }
    if parts.actions.len() > seen.writes_left {
        let left = parts.actions.split_off(seen.writes_left);
        parts.then.push(format!("{} more changes wait, because [limits] max_writes is used up", left.len()));
        return true;
    }
    false
}

/// Nothing is done now, and nothing is promised for a later round.
fn wait(parts: &mut Parts) {
    parts.actions.clear();
    parts.then.clear();
}

/// The issue of podkeeper's that asks for the pause: a pairing issue or a living report.
fn paused_by(pod: &Pod, seen: &Snapshot) -> Option<String> {
    let asks = |bot: &Account, issue: &&PairingIssue| {
        let labelled = issue.labels.iter().any(|label| label == PAUSE_LABEL);
        labelled && pod.is_bot(bot, &issue.author) && !is_another_pods(pod, issue)
    };
    let tracker = seen.tracker.bot.present().zip(seen.tracker.issues.present());
    let pairing = tracker.and_then(|(bot, issues)| issues.iter().find(|issue| asks(bot, issue)));
    let report = seen.reports.present().and_then(|reports| {
        let issue = reports.issues.iter().find(|issue| asks(&reports.bot, issue))?;
        Some(format!("{}#{}", reports.project.path, issue.iid))
    });
    pairing.map(|issue| format!("#{}", issue.iid)).or(report)
}

/// Pods share a project; a pause of one is not a pause of all.
fn is_another_pods(pod: &Pod, issue: &PairingIssue) -> bool {
    let marker = match &issue.marked {
        Marked::Block(block) => Some(&block.marker),
        Marked::Damaged { marker, .. } => marker.as_ref(),
        Marked::No => None,
    };
    marker.is_some_and(|marker| {
        let key = match marker {
            Marker::Session(key) => &key.pod,
            Marker::Report(key, _) => key,
        };
        *key != pod.key && !pod.formerly.contains(key)
    })
}
