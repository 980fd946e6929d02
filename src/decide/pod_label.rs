//! The pod's label: it exists, and podkeeper's own pairing issues carry it.

use super::{DecisionParts, PairingContext};
use crate::pod::Task;
use crate::pod::action::{Action, Change};
use crate::pod::finding::Finding;
use crate::pod::label::find_scope_conflict;
use crate::pod::observed::{FailureCause, Observed, ReadFailure};
use crate::pod::rule::Rule;
use crate::pod::run::Sentence;
use crate::pod::snapshot::ObservedIssue;
use crate::pod::text::one_line;

/// A label that is taken off once is put back; taken off again, it stays off.
const REMOVALS_UNTIL_FINAL: usize = 2;

/// Creates the label where the project lacks it and the configuration allows it; else reports that it is missing.
pub(super) fn ensure_label_exists(context: &PairingContext<'_>, parts: &mut DecisionParts) {
    if let Observed::Present(label) = &context.seen.pairing_project.label
        && label.archived
    {
        let (label, project) = (&context.pod.label.name, &context.project.path);
        let message = format!("`{label}` of {project} is archived, so new issues are opened without it");
        parts.findings.push(Finding::new(Rule::LabelArchived, label.to_string(), message.clone()));
        // Only a person can unarchive the label that all pairing issues need; one that a page merely names can wait.
        let what = format!("the label {label} on new issues of {project}");
        let why = format!("{message}; unarchive it");
        parts.push_restricted_failure(
            Rule::LabelArchived.audience(),
            ReadFailure { what, why, cause: FailureCause::Human },
        );
    }
    if !matches!(context.seen.pairing_project.label, Observed::Absent) {
        return;
    }
    if will_create_label(context) {
        parts.actions.push(create_label_action(context));
    } else {
        let (label, project) = (&context.pod.label.name, &context.project.path);
        let message = format!("{project} has no label `{label}`, so pairing issues are opened without it");
        parts.findings.push(Finding::new(Rule::LabelMissing, label.to_string(), message));
    }
}

/// Whether this pass is about to create the label.
pub(super) fn will_create_label(context: &PairingContext<'_>) -> bool {
    context.pod.label.may_create
        && context.pod.tasks.contains(&Task::Labels)
        && !context.was_attempted(&create_label_action(context))
}

fn create_label_action(context: &PairingContext<'_>) -> Action {
    let spec = &context.pod.label;
    let change = Change::CreateLabel {
        name: spec.name.clone(),
        color: spec.color.clone(),
        description: spec.description.clone(),
    };
    context.new_action(change, "the project does not have the pod's label")
}

/// An entry among a pass's attempted actions that means: GitLab has left the label off a new issue of this project.
pub fn labels_left_off_key(project: &str) -> String {
    format!("labels left off in {project}")
}

/// Puts a lost label back on own issues, once; a person's second removal is final.
pub(super) fn restore_on_own_issues(context: &PairingContext<'_>, parts: &mut DecisionParts) {
    if matches!(context.seen.pairing_project.label, Observed::Absent) && will_create_label(context) {
        return announce_label_additions(context, parts);
    }
    if !context.can_set_pod_label() {
        return;
    }
    let label = &context.pod.label.name;
    if context.project.is_role_too_small() {
        return report_role_too_small(context, parts);
    }
    for issue in own_issues_without_label(context) {
        let name = context.issue_reference(issue);
        if let Some(other) = find_scope_conflict(label, &issue.labels) {
            let other = one_line(other);
            let message = format!("{name} carries `{other}` instead of `{label}`");
            parts.findings.push(Finding::new(Rule::LabelConflict, format!("#{}", issue.iid), message));
            continue;
        }
        match &issue.label_removals {
            Observed::Present(times) if *times >= REMOVALS_UNTIL_FINAL => {
                let message = format!("`{label}` was taken off {name} {times} times, so it stays off");
                parts.findings.push(Finding::new(Rule::LabelRemoved, format!("#{}", issue.iid), message));
            }
            // GitLab left it off an issue that was opened in this pass; it would do so again.
            Observed::Present(_)
                if context.seen.attempted_actions.contains(&labels_left_off_key(&context.project.path)) => {}
            Observed::Present(times) => {
                let because = if *times == 0 {
                    "it is the pod's pairing issue and does not carry it"
                } else {
                    "it was taken off once"
                };
                parts
                    .actions
                    .push(context.new_action(Change::AddLabel { iid: issue.iid, label: label.clone() }, because));
            }
            Observed::Absent => {}
            Observed::Unknown(failure) => parts.read_failures.push(failure.clone()),
        }
    }
}

/// GitLab drops the labels that a Guest sets on an issue that is there, and answers 200 all the same
/// (`app/services/issuable_base_service.rb`): nothing is sent that would be dropped.
fn report_role_too_small(context: &PairingContext<'_>, parts: &mut DecisionParts) {
    let (label, project) = (&context.pod.label.name, &context.project.path);
    let names: Vec<String> = own_issues_without_label(context).map(|issue| format!("#{}", issue.iid)).collect();
    if names.is_empty() {
        return;
    }
    let message =
        format!("{} in {project} lack `{label}`, and the token's role there may not set labels", names.join(", "));
    parts.findings.push(Finding::new(Rule::RoleTooSmall, project.clone(), message.clone()));
    let failure = ReadFailure { what: format!("the labels of {project}"), why: message, cause: FailureCause::Token };
    parts.push_restricted_failure(Rule::RoleTooSmall.audience(), failure);
}

/// Announces which own issues get the label when this pass has created it, so that a plan shows every write.
fn announce_label_additions(context: &PairingContext<'_>, parts: &mut DecisionParts) {
    let label = &context.pod.label.name;
    let gets_it = |issue: &&ObservedIssue| {
        let removals = issue.label_removals.present();
        removals.is_some_and(|times| *times < REMOVALS_UNTIL_FINAL)
            && find_scope_conflict(label, &issue.labels).is_none()
    };
    parts.later_changes.extend(
        own_issues_without_label(context)
            .filter(gets_it)
            .map(|issue| Sentence::public(format!("add label `{label}` to {}", context.issue_reference(issue)))),
    );
}

/// Own issues that do not carry the pod's label.
fn own_issues_without_label<'a>(context: &'a PairingContext<'_>) -> impl Iterator<Item = &'a ObservedIssue> {
    let label = context.pod.label.name.as_str();
    context.own_issues().map(|own| own.issue).filter(move |issue| !issue.labels.iter().any(|seen| seen == label))
}
