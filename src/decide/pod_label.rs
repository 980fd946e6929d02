//! The pod's label: it exists, and podkeeper's own pairing issues carry it.

mod details;

use super::{DecisionParts, OwnIssue, PairingContext};
use crate::pod::Task;
use crate::pod::action::{Action, Change};
use crate::pod::finding::Finding;
use crate::pod::label::{SimilarLabel, find_scope_conflict, find_similar_label};
use crate::pod::observed::{FailureCause, Observed, ReadFailure};
use crate::pod::rule::Rule;
use crate::pod::run::Sentence;
use crate::pod::snapshot::ObservedIssue;
use crate::pod::text::one_line;

/// A label that is taken off once is put back; taken off again, it stays off.
const REMOVALS_UNTIL_FINAL: usize = 2;

/// Creates the label where the project lacks it and the configuration allows it; else reports that it is missing.
pub(super) fn ensure_label_exists(context: &PairingContext<'_>, parts: &mut DecisionParts) {
    let is_asked = |task| context.pod.tasks.contains(&task);
    // Without the task of labels, issues are opened without one that another run may create.
    if !is_asked(Task::Labels) && (!is_asked(Task::Sessions) || context.pod.label.may_create) {
        return;
    }
    match &context.seen.pairing_project.label {
        Observed::Present(label) if label.archived => parts.findings.push(label_archived_finding(context)),
        Observed::Present(label) if is_asked(Task::Labels) => details::check(context, label, parts),
        Observed::Present(_) | Observed::Unknown(_) => {}
        Observed::Absent if context.project.is_role_too_small() && context.pod.label.may_create => {
            report_may_not_create(context, parts);
        }
        Observed::Absent if will_create_label(context) => parts.actions.push(create_label_action(context)),
        Observed::Absent => parts.findings.push(label_missing_finding(context)),
    }
}

/// Only a person can unarchive the label that all pairing issues need.
fn label_archived_finding(context: &PairingContext<'_>) -> Finding {
    let (label, project) = (&context.pod.label.name, &context.project.path);
    let message = format!("`{label}` of {project} is archived, so new issues are opened without it");
    let advice = format!(
        "Unarchive it ({}), or name its successor in [label] name of {}.",
        labels_page(context),
        context.pod.file_name()
    );
    Finding::new(Rule::LabelArchived, label.to_string(), message).with_advice(advice).needing_human()
}

fn label_missing_finding(context: &PairingContext<'_>) -> Finding {
    let (label, project) = (&context.pod.label.name, &context.project.path);
    let similar = &context.seen.pairing_project.similar_labels;
    let similar = similar.present().and_then(|there| find_similar_label(label, there));
    let file = context.pod.file_name();
    let page = labels_page(context);
    let (also, advice) = match similar {
        Some(SimilarLabel::Retired(now)) => {
            let now = one_line(&now);
            (
                format!(" (it was retired as `{now}`)"),
                format!("Name its successor in [label] name of {file}, or give the label its name back: {page}."),
            )
        }
        Some(SimilarLabel::Misspelt(near)) => {
            let near = one_line(&near);
            (
                format!(" (`{near}` is there)"),
                format!("If `{near}` is meant, write it into [label] name of {file}; else make `{label}`: {page}."),
            )
        }
        // It was to be created, and that was refused.
        None if context.pod.label.may_create => (
            String::new(),
            format!("Make it by hand, or give the token's account the role Planner or above in {project}: {page}."),
        ),
        None => (
            String::new(),
            format!(
                "Make it in {project} or in a group above it, where other projects have it too ({page}), or let podkeeper \
                 make it: [label] create = true in {file}."
            ),
        ),
    };
    let message = format!("{project} has no label `{label}`{also}, so pairing issues are opened without it");
    Finding::new(Rule::LabelMissing, label.to_string(), message).with_advice(advice).needing_human()
}

/// Where people look after the project's labels; those of the groups above it are named there, too.
fn labels_page(context: &PairingContext<'_>) -> String {
    format!("{}/-/labels", one_line(&context.project.url))
}

/// Nothing is sent that GitLab would refuse (docs "Roles and permissions": who manages labels is Planner or above).
fn report_may_not_create(context: &PairingContext<'_>, parts: &mut DecisionParts) {
    let (label, project) = (&context.pod.label.name, &context.project.path);
    let message = format!(
        "{project} has no label `{label}`, and the token's role there may not create it, so pairing issues are opened \
         without it"
    );
    let advice = format!(
        "Give the token's account the role Planner or above in {project}, or make the label by hand: {}.",
        labels_page(context)
    );
    parts.findings.push(Finding::new(Rule::RoleTooSmall, project.clone(), message.clone()).with_advice(advice));
    let failure = ReadFailure { what: format!("the labels of {project}"), why: message, cause: FailureCause::Token };
    parts.push_restricted_failure(Rule::RoleTooSmall.audience(), failure);
}

/// Whether this pass is about to create the label.
pub(super) fn will_create_label(context: &PairingContext<'_>) -> bool {
    context.pod.label.may_create
        && !context.project.is_role_too_small()
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
    for own in own_issues_without_label(context) {
        let issue = own.issue;
        let name = context.issue_reference(issue);
        if let Some(other) = find_foreign_label(context, issue) {
            let other = one_line(other);
            let message = format!("{name} carries `{other}` instead of `{label}`");
            parts.findings.push(Finding::new(Rule::LabelConflict, format!("#{}", issue.iid), message));
            continue;
        }
        match &issue.label_removals {
            Observed::Present(times) if *times >= removals_until_final(&own) => {
                let often = if *times == 1 { "again".to_owned() } else { format!("{times} times") };
                let message = format!("`{label}` was taken off {name} {often}, so it stays off");
                parts.findings.push(Finding::new(Rule::LabelRemoved, format!("#{}", issue.iid), message));
            }
            // GitLab left it off an issue that was opened in this pass; it would do so again.
            Observed::Present(_)
                if context.seen.attempted_actions.contains(&labels_left_off_key(&context.project.path)) => {}
            Observed::Present(times) => {
                let because = match times {
                    0 if own.block.state.opened_without.is_some() => {
                        "it was opened without it, and the label is there now"
                    }
                    0 if context.has_pod_label(issue) => "it carries the one that the pod had before",
                    0 => "it is the pod's pairing issue and does not carry it",
                    _ => "it was taken off once",
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
    let names: Vec<String> = own_issues_without_label(context).map(|own| format!("#{}", own.issue.iid)).collect();
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
    let gets_it = |own: &OwnIssue<'_>| {
        let removals = own.issue.label_removals.present();
        removals.is_some_and(|times| *times < removals_until_final(own))
            && find_foreign_label(context, own.issue).is_none()
    };
    parts.later_changes.extend(
        own_issues_without_label(context)
            .filter(gets_it)
            .map(|own| Sentence::public(format!("add label `{label}` to {}", context.issue_reference(own.issue)))),
    );
}

/// How often a person takes it off until it stays off. What was opened without it got it once already.
fn removals_until_final(own: &OwnIssue<'_>) -> usize {
    if own.block.state.opened_without.is_some() { 1 } else { REMOVALS_UNTIL_FINAL }
}

/// Another pod's label of the same scope on an issue; one that this pod had before is none.
fn find_foreign_label<'i>(context: &PairingContext<'_>, issue: &'i ObservedIssue) -> Option<&'i str> {
    let name = &context.pod.label.name;
    let mut others = issue.labels.iter().filter(|label| !context.former_labels.contains(*label));
    others.find_map(|label| find_scope_conflict(name, std::slice::from_ref(label)))
}

/// Own issues that do not carry the pod's label. What was closed under a label that the pod had before keeps that.
fn own_issues_without_label<'a>(context: &'a PairingContext<'_>) -> impl Iterator<Item = OwnIssue<'a>> {
    let label = context.pod.label.name.as_str();
    let is_history = |issue: &ObservedIssue| !issue.open && context.has_pod_label(issue);
    let lacks_it = move |issue: &ObservedIssue| !issue.labels.iter().any(|seen| seen == label);
    context.own_issues().filter(move |own| lacks_it(own.issue) && !is_history(own.issue))
}
