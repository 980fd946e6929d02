//! The pod's label: it exists, and podkeeper's own pairing issues carry it.

use super::sessions::was_tried;
use super::{Parts, Scene};
use crate::pod::Task;
use crate::pod::action::{Action, Change};
use crate::pod::finding::Finding;
use crate::pod::label::conflict;
use crate::pod::observed::{Blind, Cause, Observed};
use crate::pod::rule::Rule;
use crate::pod::snapshot::PairingIssue;
use crate::pod::text::Untrusted;

/// A label that is taken off once is put back; taken off again, it stays off.
const REMOVALS_UNTIL_FINAL: usize = 2;

/// Creates the label where the project lacks it and the configuration allows it; else tells.
pub(super) fn definition(scene: &Scene<'_>, parts: &mut Parts) {
    if let Observed::Present(label) = &scene.seen.tracker.label
        && label.archived
    {
        let (label, project) = (&scene.pod.label.name, &scene.project.path);
        let message = format!("`{label}` of {project} is archived, so new issues are opened without it");
        parts.findings.push(Finding::new(Rule::LabelArchived, label.to_string(), message.clone()));
        // Only a person can unarchive the label that all pairing issues need; one that a page merely names can wait.
        let what = format!("the label {label} on new issues of {project}");
        parts.unknown.push(Blind { what, why: format!("{message}; unarchive it"), cause: Cause::Human });
    }
    if !matches!(scene.seen.tracker.label, Observed::Absent) {
        return;
    }
    if will_be_created(scene) {
        parts.actions.push(creation(scene));
    } else {
        let (label, project) = (&scene.pod.label.name, &scene.project.path);
        let message = format!("{project} has no label `{label}`, so pairing issues are opened without it");
        parts.findings.push(Finding::new(Rule::LabelMissing, label.to_string(), message));
    }
}

/// Whether this pass is about to create the label.
pub(super) fn will_be_created(scene: &Scene<'_>) -> bool {
    scene.pod.label.create && scene.pod.tasks.contains(&Task::Labels) && !was_tried(scene, &creation(scene))
}

fn creation(scene: &Scene<'_>) -> Action {
    let spec = &scene.pod.label;
    let change = Change::CreateLabel {
        name: spec.name.clone(),
        color: spec.color.clone(),
        description: spec.description.clone(),
    };
    scene.action(change, "the project does not have the pod's label")
}

/// Stands among what was tried in a pass for: GitLab has left the label off a new issue of this project.
pub fn left_off(project: &str) -> String {
    format!("labels left off in {project}")
}

/// Puts a lost label back on own issues, once; a person's second removal is final.
pub(super) fn on_own_issues(scene: &Scene<'_>, parts: &mut Parts) {
    if matches!(scene.seen.tracker.label, Observed::Absent) && will_be_created(scene) {
        return once_it_is_there(scene, parts);
    }
    if !scene.has_label() {
        return;
    }
    let label = &scene.pod.label.name;
    if scene.project.role_too_small() {
        return too_small(scene, parts);
    }
    for issue in without(scene) {
        let name = scene.name(issue);
        if let Some(other) = conflict(label, &issue.labels) {
            let other = Untrusted::new(other).line();
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
            Observed::Present(_) if scene.seen.tried.contains(&left_off(&scene.project.path)) => {}
            Observed::Present(times) => {
                let because = if *times == 0 {
                    "it is the pod's pairing issue and does not carry it"
                } else {
                    "it was taken off once"
                };
                parts.actions.push(scene.action(Change::AddLabel { iid: issue.iid, label: label.clone() }, because));
            }
            Observed::Absent => {}
            Observed::Unknown(blind) => parts.unknown.push(blind.clone()),
        }
    }
}

/// GitLab drops the labels that a Guest sets on an issue that is there, and answers 200 all the same
/// (`app/services/issuable_base_service.rb`): nothing is sent that would be dropped.
fn too_small(scene: &Scene<'_>, parts: &mut Parts) {
    let (label, project) = (&scene.pod.label.name, &scene.project.path);
    let names: Vec<String> = without(scene).map(|issue| format!("#{}", issue.iid)).collect();
    if names.is_empty() {
        return;
    }
    let message =
        format!("{} in {project} lack `{label}`, and the token's role there may not set labels", names.join(", "));
    parts.findings.push(Finding::new(Rule::RoleTooSmall, project.clone(), message.clone()));
    parts.unknown.push(Blind { what: format!("the labels of {project}"), why: message, cause: Cause::Token });
}

/// Tells which own issues get the label when this pass has created it, so that a plan tells of every write.
fn once_it_is_there(scene: &Scene<'_>, parts: &mut Parts) {
    let label = &scene.pod.label.name;
    let gets_it = |issue: &&PairingIssue| {
        let removals = issue.label_removals.present();
        removals.is_some_and(|times| *times < REMOVALS_UNTIL_FINAL) && conflict(label, &issue.labels).is_none()
    };
    parts
        .then
        .extend(without(scene).filter(gets_it).map(|issue| format!("add label `{label}` to {}", scene.name(issue))));
}

/// Own issues that do not carry the pod's label.
fn without<'a>(scene: &'a Scene<'_>) -> impl Iterator<Item = &'a PairingIssue> {
    let label = scene.pod.label.name.as_str();
    scene.own().map(|own| own.issue).filter(move |issue| !issue.labels.iter().any(|seen| seen == label))
}
