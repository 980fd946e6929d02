//! Merge requests: what they hold, and what edits do to them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::commands::split_description;
use super::resource_events::milestone_event_kinds;
use super::{Emoji, FieldChange, Note, Noteable, ResourceEvent, ResourceEventKind, ResourceLabelEvent, World};
use crate::quick_actions::filter_new_commands;

/// A merge request.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MergeRequest {
    /// Its number in the instance.
    pub id: u64,
    /// Its number in the project.
    pub iid: u64,
    /// One line.
    pub title: String,
    /// Markdown.
    pub description: Option<String>,
    /// `opened`, `closed` or `merged`.
    pub state: String,
    /// Who opened it.
    pub author: u64,
    /// The project that the changes come from: a fork, or the project itself.
    pub source_project: u64,
    /// The branch that they come from.
    pub source_branch: String,
    /// The branch that they are for.
    pub target_branch: String,
    /// The names of its labels.
    pub labels: BTreeSet<String>,
    /// Who is asked to work on it.
    pub assignees: Vec<u64>,
    /// Who is asked to look at it.
    pub reviewers: Vec<u64>,
    /// The milestone's number.
    pub milestone: Option<u64>,
    /// Who approved it.
    pub approved_by: BTreeSet<u64>,
    /// The branch goes away once it is merged.
    pub removes_branch: bool,
    /// All its commits become one.
    pub squash: bool,
    /// The newest commit of its branch when it was last open.
    pub sha: Option<String>,
    /// Where its branch left the target, when it was merged.
    pub base: Option<String>,
    /// The commit that merged it.
    pub merge_commit: Option<String>,
    /// The commit that its commits became.
    pub squash_commit: Option<String>,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
    /// When it was merged.
    pub merged_at: Option<DateTime<Utc>>,
    /// By whom.
    pub merged_by: Option<u64>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// By whom.
    pub closed_by: Option<u64>,
    /// Whether the branch was to go when it was merged, if the request to merge asked for that.
    pub should_remove: Option<bool>,
    /// Comments and system notes, by id.
    pub notes: BTreeMap<u64, Note>,
    /// Labels that came and went, oldest first.
    pub label_events: Vec<ResourceLabelEvent>,
    /// Milestones and states that came and went, oldest first.
    pub events: Vec<ResourceEvent>,
    /// Emoji on it.
    pub emoji: Vec<Emoji>,
}

/// What a new merge request starts with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewMergeRequest {
    /// The project that the changes come from.
    pub source_project: u64,
    /// The branch that they come from.
    pub source_branch: String,
    /// The branch that they are for.
    pub target_branch: String,
    /// Everything else, by the rules of an edit; it must hold a title.
    pub edit: MergeRequestEdit,
}

/// What somebody wants to change about a merge request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MergeRequestEdit {
    /// The new title.
    pub title: Option<String>,
    /// The new text; quick actions in it run.
    pub description: FieldChange<String>,
    /// The whole set of labels.
    pub labels: Option<Vec<String>>,
    /// Labels to put on.
    pub add_labels: Vec<String>,
    /// Labels to take off.
    pub remove_labels: Vec<String>,
    /// The whole list of assignees.
    pub assignees: Option<Vec<u64>>,
    /// The whole list of reviewers.
    pub reviewers: Option<Vec<u64>>,
    /// The milestone, by its number.
    pub milestone: FieldChange<u64>,
    /// Close (`true`) or reopen (`false`).
    pub close: Option<bool>,
    /// The branch that the changes are for.
    pub target_branch: Option<String>,
    /// Whether the branch goes away once it is merged.
    pub removes_branch: Option<bool>,
    /// Whether its commits become one.
    pub squash: Option<bool>,
}

impl MergeRequest {
    /// Marked as not ready (GitLab docs, "Draft merge requests").
    pub fn is_draft(&self) -> bool {
        let title = self.title.to_lowercase();
        ["draft:", "[draft]", "(draft)"].iter().any(|mark| title.starts_with(mark))
    }
}

impl World {
    /// A merge request, to be changed.
    pub fn merge_request_mut(&mut self, project: u64, iid: u64) -> Option<&mut MergeRequest> {
        self.projects.get_mut(&project)?.merge_requests.get_mut(&iid)
    }

    /// Opens a merge request and returns its iid; `None` without such a project.
    pub fn open_merge_request(&mut self, project: u64, author: u64, new: &NewMergeRequest) -> Option<u64> {
        let title = new.edit.title.clone().unwrap_or_default();
        let iid = self.add_merge_request(project, author, &title, "opened")?;
        let removes = self.projects.get(&project)?.removes_source_branch;
        let request = self.merge_request_mut(project, iid)?;
        request.source_project = new.source_project;
        request.source_branch.clone_from(&new.source_branch);
        request.target_branch.clone_from(&new.target_branch);
        request.removes_branch = removes;
        self.edit_merge_request(project, iid, author, &new.edit);
        Some(iid)
    }

    /// Changes a merge request as `who`, then runs the quick actions of the new description that the old one lacks.
    pub fn edit_merge_request(&mut self, project: u64, iid: u64, who: u64, edit: &MergeRequestEdit) {
        let (description, commands) = split_description(&edit.description);
        let old = self.merge_request_mut(project, iid).and_then(|request| request.description.clone());
        self.apply_merge_request_edit(project, iid, who, &MergeRequestEdit { description, ..edit.clone() });
        for command in filter_new_commands(old.as_deref(), commands) {
            // What a command cannot do is silently left undone in a description.
            self.run_command_on_noteable(Noteable::MergeRequest(project, iid), who, &command).ok();
        }
    }

    /// Applies an edit that holds no commands.
    pub(super) fn apply_merge_request_edit(&mut self, project: u64, iid: u64, who: u64, edit: &MergeRequestEdit) {
        let now = self.now;
        let Some(before) = self.merge_request_mut(project, iid).cloned() else { return };
        let asked = (edit.labels.as_deref(), edit.add_labels.as_slice(), edit.remove_labels.as_slice());
        let labels = self.labels_after_edit(project, who, &before.labels, asked);
        let label_events = self.new_label_events(who, &before.labels, &labels);
        let mut after = before.clone();
        if let Some(title) = &edit.title {
            title.trim().clone_into(&mut after.title);
        }
        edit.description.apply_to(&mut after.description);
        self.filter_milestone(project, &edit.milestone).apply_to(&mut after.milestone);
        after.assignees = self.filter_users(edit.assignees.as_deref()).unwrap_or(after.assignees);
        after.reviewers = self.filter_users(edit.reviewers.as_deref()).unwrap_or(after.reviewers);
        after.target_branch = edit.target_branch.clone().unwrap_or(after.target_branch);
        after.removes_branch = edit.removes_branch.unwrap_or(after.removes_branch);
        after.squash = edit.squash.unwrap_or(after.squash);
        let mut kinds = milestone_event_kinds(before.milestone, after.milestone);
        match edit.close {
            Some(true) if before.state == "opened" => {
                after.sha = self.merge_request_head(&before);
                "closed".clone_into(&mut after.state);
                (after.closed_at, after.closed_by) = (Some(now), Some(who));
                kinds.push(ResourceEventKind::State("closed"));
            }
            Some(false) if before.state == "closed" => {
                "opened".clone_into(&mut after.state);
                (after.closed_at, after.closed_by) = (None, None);
                kinds.push(ResourceEventKind::State("reopened"));
            }
            _ => {}
        }
        after.labels = labels;
        if after != before {
            after.updated_at = now;
        }
        after.label_events.extend(label_events);
        let events = self.new_events(who, kinds);
        after.events.extend(events);
        if let Some(request) = self.merge_request_mut(project, iid) {
            *request = after;
        }
    }
}
