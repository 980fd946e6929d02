//! What is kept of a change to an issue or a merge request (GitLab docs, "Resource label events API" and its siblings).

use std::collections::BTreeSet;

use super::{Issue, ResourceEvent, ResourceEventKind, ResourceLabelEvent, World, checklist};

impl World {
    /// One event for each label that came, then one for each that went.
    pub(super) fn new_label_events(
        &mut self,
        user: u64,
        before: &BTreeSet<String>,
        after: &BTreeSet<String>,
    ) -> Vec<ResourceLabelEvent> {
        let created_at = self.now;
        let came = after.difference(before).map(|label| (label.clone(), true));
        let went = before.difference(after).map(|label| (label.clone(), false));
        came.chain(went)
            .map(|(label, added)| ResourceLabelEvent { id: self.next_id(), user, created_at, label, added })
            .collect()
    }

    /// One event for each weight, milestone and state that changed.
    pub(super) fn new_issue_events(&mut self, user: u64, before: &Issue, after: &Issue) -> Vec<ResourceEvent> {
        let mut kinds = Vec::new();
        if before.weight != after.weight {
            kinds.push(ResourceEventKind::Weight(after.weight));
        }
        kinds.extend(milestone_event_kinds(before.milestone, after.milestone));
        if before.is_open() != after.is_open() {
            kinds.push(ResourceEventKind::State(if after.is_open() { "reopened" } else { "closed" }));
        }
        self.new_events(user, kinds)
    }

    /// Events of this moment.
    pub(super) fn new_events(&mut self, user: u64, kinds: Vec<ResourceEventKind>) -> Vec<ResourceEvent> {
        let created_at = self.now;
        kinds.into_iter().map(|what| ResourceEvent { id: self.next_id(), user, created_at, what }).collect()
    }

    /// What GitLab itself notes down about an edit.
    pub(super) fn system_note_texts(&self, before: &Issue, after: &Issue) -> Vec<String> {
        let mut notes = Vec::new();
        if before.title != after.title {
            notes.push(format!("changed title from **{}** to **{}**", before.title, after.title));
        }
        if before.description != after.description {
            let text = |issue: &Issue| issue.description.clone().unwrap_or_default();
            let ticked = checklist::task_status_notes(&text(before), &text(after));
            // One or the other (`Issuable::CommonSystemNotesService#handle_description_change_note`).
            if ticked.is_empty() {
                notes.push("changed the description".to_owned());
            }
            notes.extend(ticked);
        }
        if before.assignees != after.assignees {
            let name = |id: &u64| self.users.get(id).map_or_else(String::new, |user| format!("@{}", user.username));
            let came: Vec<String> =
                after.assignees.iter().filter(|id| !before.assignees.contains(id)).map(name).collect();
            let went: Vec<String> =
                before.assignees.iter().filter(|id| !after.assignees.contains(id)).map(name).collect();
            if !came.is_empty() {
                notes.push(format!("assigned to {}", came.join(", ")));
            }
            if !went.is_empty() {
                notes.push(format!("unassigned {}", went.join(", ")));
            }
        }
        if before.due_date != after.due_date {
            notes.push(match after.due_date {
                Some(day) => format!("changed due date to {}", day.format("%B %-d, %Y")),
                None => "removed due date".to_owned(),
            });
        }
        if before.confidential != after.confidential {
            let how = if after.confidential { "confidential" } else { "visible to everyone" };
            notes.push(format!("made the issue {how}"));
        }
        if before.locked != after.locked {
            notes.push(format!("{} the discussion in this issue", if after.locked { "locked" } else { "unlocked" }));
        }
        notes
    }
}

/// What to keep of a milestone that was changed.
pub(super) fn milestone_event_kinds(before: Option<u64>, after: Option<u64>) -> Vec<ResourceEventKind> {
    if before == after {
        return Vec::new();
    }
    let went = before.map(|id| ResourceEventKind::Milestone(id, false));
    went.into_iter().chain(after.map(|id| ResourceEventKind::Milestone(id, true))).collect()
}
