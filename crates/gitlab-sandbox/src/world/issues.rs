//! What happens to an issue when it is opened, edited or commented on, in the order in which GitLab does it.

use chrono::NaiveDate;

use super::commands::split_description;
use super::{FieldChange, Issue, Note, Tier, World};
use crate::quick_actions::{Command, filter_new_commands};

/// What somebody wants to change about an issue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IssueEdit {
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
    /// Close (`true`) or reopen (`false`).
    pub close: Option<bool>,
    /// The day it is due.
    pub due_date: FieldChange<NaiveDate>,
    /// The whole list of assignees.
    pub assignees: Option<Vec<u64>>,
    /// Whether it is confidential.
    pub confidential: Option<bool>,
    /// Whether its discussion is locked.
    pub locked: Option<bool>,
    /// The weight.
    pub weight: FieldChange<u64>,
    /// The milestone, by its number.
    pub milestone: FieldChange<u64>,
}

/// What a new issue starts with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewIssue {
    /// The title, which must not be empty.
    pub title: String,
    /// Everything else, by the rules of an edit.
    pub edit: IssueEdit,
}

impl World {
    /// Opens an issue and returns its iid; `None` without such a project.
    ///
    /// Quick actions in the description run; unknown labels are made (`lib/api/issues.rb`).
    pub fn open_issue(&mut self, project: u64, author: u64, new: &NewIssue) -> Option<u64> {
        let id = self.next_id();
        let now = self.now;
        let home = self.projects.get_mut(&project)?;
        home.last_iid += 1;
        let iid = home.last_iid;
        let issue = Issue {
            id,
            iid,
            title: new.title.trim().to_owned(),
            author,
            created_at: now,
            updated_at: now,
            ..Issue::default()
        };
        home.issues.insert(iid, issue);
        let commands = self.apply_and_extract_commands(project, iid, author, &new.edit);
        for command in commands {
            self.run_command_on_new_issue(project, iid, author, &command).ok();
        }
        // What an issue starts with leaves no system notes.
        if let Some(issue) = self.issue_mut(project, iid) {
            issue.notes.clear();
        }
        Some(iid)
    }

    /// Changes an issue as `who`, then runs those quick actions of the new description that the old one does not have
    /// (`IssuableBaseService#merge_quick_actions_into_params!`,
    /// `QuickActions::InterpretService#execute_with_original_text`).
    pub fn edit_issue(&mut self, project: u64, iid: u64, who: u64, edit: &IssueEdit) {
        let old = self.issue(project, iid).and_then(|issue| issue.description.clone());
        let commands = self.apply_and_extract_commands(project, iid, who, edit);
        for command in filter_new_commands(old.as_deref(), commands) {
            // What a command cannot do is silently left undone in a description.
            self.run_command(project, iid, who, &command).ok();
        }
    }

    /// Applies an edit, and returns the quick actions that its description held.
    fn apply_and_extract_commands(&mut self, project: u64, iid: u64, who: u64, edit: &IssueEdit) -> Vec<Command> {
        let (description, commands) = split_description(&edit.description);
        self.apply_issue_edit(project, iid, who, &IssueEdit { description, ..edit.clone() });
        commands
    }

    /// Writes down a comment and returns its id. Quick actions are the caller's business.
    pub fn add_issue_note(&mut self, project: u64, iid: u64, who: u64, body: &str) -> Option<u64> {
        self.write_issue_note(project, iid, who, body, false)
    }

    /// Gives a fresh issue the iid that its owner asked for, and returns the one it has then.
    pub(crate) fn renumber_issue(&mut self, project: u64, iid: u64, wanted: u64) -> u64 {
        let Some(home) = self.projects.get_mut(&project) else { return iid };
        let Some(mut issue) = home.issues.remove(&iid) else { return iid };
        issue.iid = wanted;
        home.issues.insert(wanted, issue);
        home.last_iid = (home.last_iid - 1).max(wanted);
        wanted
    }

    /// The issue, to be changed by hand.
    pub fn issue_mut(&mut self, project: u64, iid: u64) -> Option<&mut Issue> {
        self.projects.get_mut(&project)?.issues.get_mut(&iid)
    }

    /// Applies an edit that holds no commands.
    pub(super) fn apply_issue_edit(&mut self, project: u64, iid: u64, who: u64, edit: &IssueEdit) {
        let Some(before) = self.issue(project, iid).cloned() else { return };
        let asked = (edit.labels.as_deref(), edit.add_labels.as_slice(), edit.remove_labels.as_slice());
        let wanted = self.labels_after_edit(project, who, &before.labels, asked);
        let milestone = self.filter_milestone(project, &edit.milestone);
        let mut assignees = self.filter_users(edit.assignees.as_deref());
        if let (Tier::Free, Some(assignees)) = (self.tier, &mut assignees) {
            // Several are a feature of Premium (`Issue#allows_multiple_assignees?`).
            assignees.truncate(1);
        }
        let now = self.now;
        let Some(issue) = self.issue_mut(project, iid) else { return };
        if let Some(title) = &edit.title {
            title.trim().clone_into(&mut issue.title);
        }
        edit.description.apply_to(&mut issue.description);
        edit.due_date.apply_to(&mut issue.due_date);
        edit.weight.apply_to(&mut issue.weight);
        milestone.apply_to(&mut issue.milestone);
        issue.assignees = assignees.unwrap_or(std::mem::take(&mut issue.assignees));
        issue.confidential = edit.confidential.unwrap_or(issue.confidential);
        issue.locked = edit.locked.unwrap_or(issue.locked);
        match edit.close {
            Some(true) if issue.is_open() => (issue.closed_at, issue.closed_by) = (Some(now), Some(who)),
            // A locked issue stays closed for everybody (`issue_policy.rb`: `locked` prevents `reopen_issue`). The
            // state is changed first, so unlocking in the same request comes too late.
            Some(false) if !before.locked => (issue.closed_at, issue.closed_by) = (None, None),
            _ => {}
        }
        issue.labels = wanted;
        if *issue == before {
            return;
        }
        issue.updated_at = now;
        let after = issue.clone();
        let labels = self.new_label_events(who, &before.labels, &after.labels);
        let events = self.new_issue_events(who, &before, &after);
        if let Some(issue) = self.issue_mut(project, iid) {
            issue.label_events.extend(labels);
            issue.events.extend(events);
        }
        for text in self.system_note_texts(&before, &after) {
            self.write_issue_note(project, iid, who, &text, true);
        }
    }

    /// Writes a note, by a person or (`system`) by GitLab in a person's name.
    pub(crate) fn write_issue_note(
        &mut self,
        project: u64,
        iid: u64,
        who: u64,
        body: &str,
        system: bool,
    ) -> Option<u64> {
        let id = self.next_id();
        let now = self.now;
        let issue = self.issue_mut(project, iid)?;
        let note = Note::new(id, who, body, now, system);
        issue.notes.insert(id, note);
        issue.updated_at = now;
        Some(id)
    }
}
