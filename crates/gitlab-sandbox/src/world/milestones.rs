//! Milestones of projects and groups (GitLab docs, "Milestones").

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::{FieldChange, World};

/// A milestone.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Milestone {
    /// Its number in the instance.
    pub id: u64,
    /// Its number in the project or the group.
    pub iid: u64,
    /// One line.
    pub title: String,
    /// Markdown.
    pub description: Option<String>,
    /// Whether it is not closed.
    pub open: bool,
    /// The first day.
    pub start_date: Option<NaiveDate>,
    /// The last day.
    pub due_date: Option<NaiveDate>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// What somebody wants to change about a milestone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MilestoneEdit {
    /// The new title.
    pub title: Option<String>,
    /// The new text.
    pub description: FieldChange<String>,
    /// The first day.
    pub start_date: FieldChange<NaiveDate>,
    /// The last day.
    pub due_date: FieldChange<NaiveDate>,
    /// Close (`true`) or activate (`false`).
    pub close: Option<bool>,
}

impl World {
    /// The milestone with this number that issues of the project can have: its own, or that of a group above it.
    pub fn available_milestone(&self, project: u64, id: u64) -> Option<&Milestone> {
        let home = self.projects.get(&project)?;
        let above = self.ancestor_groups(&home.path).flat_map(|group| group.milestones.values());
        home.milestones.values().chain(above).find(|milestone| milestone.id == id)
    }

    /// A wish for a milestone that the project does not know means none (`IssuableBaseService#filter_milestone`).
    pub(super) fn filter_milestone(&self, project: u64, wanted: &FieldChange<u64>) -> FieldChange<u64> {
        match wanted {
            FieldChange::Set(id) if self.available_milestone(project, *id).is_none() => FieldChange::Clear,
            wanted => wanted.clone(),
        }
    }

    /// Adds a milestone to a project or else to the group with this number, and returns its own number.
    pub fn add_milestone(&mut self, owner: u64, title: &str) -> Option<u64> {
        let (id, now) = (self.next_id(), self.now);
        let known = self.milestones_mut(owner)?;
        let iid = known.values().map(|milestone| milestone.iid).max().unwrap_or(0) + 1;
        let milestone = Milestone {
            id,
            iid,
            title: title.to_owned(),
            open: true,
            created_at: now,
            updated_at: now,
            ..Milestone::default()
        };
        known.insert(id, milestone);
        Some(id)
    }

    /// The milestones of a project or a group itself, to be changed.
    pub fn milestones_mut(&mut self, owner: u64) -> Option<&mut BTreeMap<u64, Milestone>> {
        match self.projects.get_mut(&owner) {
            Some(project) => Some(&mut project.milestones),
            None => self.groups.get_mut(&owner).map(|group| &mut group.milestones),
        }
    }

    /// Changes a milestone of a project or a group.
    pub fn edit_milestone(&mut self, owner: u64, id: u64, edit: &MilestoneEdit) {
        let now = self.now;
        let Some(milestone) = self.milestones_mut(owner).and_then(|known| known.get_mut(&id)) else { return };
        if let Some(title) = &edit.title {
            milestone.title.clone_from(title);
        }
        edit.description.apply_to(&mut milestone.description);
        edit.start_date.apply_to(&mut milestone.start_date);
        edit.due_date.apply_to(&mut milestone.due_date);
        milestone.open = edit.close.map_or(milestone.open, |close| !close);
        milestone.updated_at = now;
    }

    /// Takes a milestone away from everything that has it.
    pub fn delete_milestone(&mut self, owner: u64, id: u64) {
        if let Some(known) = self.milestones_mut(owner) {
            known.remove(&id);
        }
        self.replace_milestone(id, None);
    }

    /// Makes a project's milestone one of its group, with all of the same title in the group's projects
    /// (`Milestones::PromoteService`). Returns the new one's number; `None` if the project is in no group.
    pub fn promote_milestone(&mut self, project: u64, id: u64) -> Option<u64> {
        let home = self.projects.get(&project)?;
        let group = self.parent_group(&home.path)?.id;
        let old = home.milestones.get(&id)?.clone();
        let path = self.groups.get(&group)?.path.clone();
        let new = self.add_milestone(group, &old.title)?;
        let fresh = self.milestones_mut(group)?.get_mut(&new)?;
        *fresh = Milestone { id: new, iid: fresh.iid, ..old.clone() };
        let below = self.projects.values().filter(|project| super::groups::is_below(&project.path, &path));
        let same: Vec<(u64, u64)> = below
            .flat_map(|project| project.milestones.values().map(|milestone| (project.id, milestone)))
            .filter(|(_, milestone)| milestone.title == old.title)
            .map(|(project, milestone)| (project, milestone.id))
            .collect();
        for (project, id) in same {
            self.milestones_mut(project)?.remove(&id);
            self.replace_milestone(id, Some(new));
        }
        Some(new)
    }

    fn replace_milestone(&mut self, old: u64, new: Option<u64>) {
        for project in self.projects.values_mut() {
            let issues = project.issues.values_mut().map(|issue| &mut issue.milestone);
            let requests = project.merge_requests.values_mut().map(|request| &mut request.milestone);
            issues.chain(requests).filter(|milestone| **milestone == Some(old)).for_each(|milestone| *milestone = new);
        }
    }
}
