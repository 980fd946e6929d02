//! What happens to an issue when it is opened, edited or commented on, in the order in which GitLab does it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::super::quick_actions;
use super::{Issue, Note, PLANNER, Tier, World};

/// One field of an edit.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Change<T> {
    /// As it was.
    #[default]
    Keep,
    /// Unset.
    Clear,
    /// Set to this.
    Set(T),
}

/// What somebody wants to change about an issue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IssueEdit {
    /// The new title.
    pub title: Option<String>,
    /// The new text; quick actions in it run.
    pub description: Change<String>,
    /// The whole set of labels.
    pub labels: Option<Vec<String>>,
    /// Labels to put on.
    pub add_labels: Vec<String>,
    /// Labels to take off.
    pub remove_labels: Vec<String>,
    /// Close (`true`) or reopen (`false`).
    pub close: Option<bool>,
    /// The day it is due.
    pub due_date: Change<NaiveDate>,
    /// The whole list of assignees.
    pub assignees: Option<Vec<u64>>,
    /// Whether it is confidential.
    pub confidential: Option<bool>,
    /// Whether its discussion is locked.
    pub locked: Option<bool>,
    /// The weight.
    pub weight: Change<u64>,
    /// The milestone, by its number.
    pub milestone: Change<u64>,
}

/// What a new issue starts with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewIssue {
    /// The title, which must not be empty.
    pub title: String,
    /// Everything else, by the rules of an edit.
    pub rest: IssueEdit,
}

impl World {
    /// Opens an issue and returns its iid; `None` without such a project.
    ///
    /// Quick actions in the description run; unknown labels are made (lib/api/issues.rb).
    pub fn open_issue(&mut self, project: u64, author: u64, new: &NewIssue) -> Option<u64> {
        let id = self.fresh_id();
        let now = self.now;
        let home = self.projects.get_mut(&project)?;
        home.last_iid += 1;
        let iid = home.last_iid;
        let issue = Issue {
            id,
            iid,
            title: new.title.trim().to_owned(),
            description: None,
            closed_at: None,
            closed_by: None,
            labels: BTreeSet::new(),
            author,
            assignees: Vec::new(),
            due_date: None,
            confidential: false,
            locked: false,
            weight: None,
            milestone: None,
            created_at: now,
            updated_at: now,
            moved_to: None,
            notes: BTreeMap::new(),
            label_events: Vec::new(),
            events: Vec::new(),
            emoji: Vec::new(),
            commands: Vec::new(),
        };
        home.issues.insert(iid, issue);
        self.edit_issue(project, iid, author, &new.rest);
        // What an issue is born with leaves no system notes.
        if let Some(issue) = self.issue_mut(project, iid) {
            issue.notes.clear();
        }
        Some(iid)
    }

    /// Changes an issue as `who`, then runs the quick actions of the new description.
    pub fn edit_issue(&mut self, project: u64, iid: u64, who: u64, edit: &IssueEdit) {
        let (edit, commands) = split_commands(edit);
        self.apply(project, iid, who, &edit);
        for command in commands {
            // What a command cannot do is silently left undone in a description.
            self.run_command(project, iid, who, &command).ok();
        }
    }

    /// Writes down a comment and returns its id. Quick actions are the caller's business.
    pub fn add_note(&mut self, project: u64, iid: u64, who: u64, body: &str) -> Option<u64> {
        self.write_note(project, iid, who, body, false)
    }

    /// Gives a fresh issue the iid that its owner asked for, and returns the one it has then.
    pub(in super::super) fn renumber_issue(&mut self, project: u64, iid: u64, wanted: u64) -> u64 {
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
    pub(super) fn apply(&mut self, project: u64, iid: u64, who: u64, edit: &IssueEdit) {
        let Some(before) = self.issue(project, iid).cloned() else { return };
        let asked = (edit.labels.as_deref(), edit.add_labels.as_slice(), edit.remove_labels.as_slice());
        let wanted = self.wanted_labels(project, who, &before.labels, asked);
        let milestone = self.known_milestone(project, &edit.milestone);
        let now = self.now;
        let Some(issue) = self.issue_mut(project, iid) else { return };
        if let Some(title) = &edit.title {
            title.trim().clone_into(&mut issue.title);
        }
        match &edit.description {
            Change::Keep => {}
            Change::Clear => issue.description = None,
            Change::Set(text) => issue.description = Some(text.clone()),
        }
        change(&mut issue.due_date, &edit.due_date);
        change(&mut issue.weight, &edit.weight);
        change(&mut issue.milestone, &milestone);
        if let Some(assignees) = &edit.assignees {
            issue.assignees.clone_from(assignees);
        }
        issue.confidential = edit.confidential.unwrap_or(issue.confidential);
        issue.locked = edit.locked.unwrap_or(issue.locked);
        match edit.close {
            Some(true) if issue.is_open() => (issue.closed_at, issue.closed_by) = (Some(now), Some(who)),
            Some(false) => (issue.closed_at, issue.closed_by) = (None, None),
            _ => {}
        }
        issue.labels = wanted;
        if *issue == before {
            return;
        }
        issue.updated_at = now;
        let after = issue.clone();
        let labels = self.label_changes(who, &before.labels, &after.labels);
        let events = self.changes(who, &before, &after);
        if let Some(issue) = self.issue_mut(project, iid) {
            issue.label_events.extend(labels);
            issue.events.extend(events);
        }
        for text in self.system_notes(&before, &after) {
            self.write_note(project, iid, who, &text, true);
        }
    }

    /// The labels after an edit: GitLab lets the last of a scope win, from Premium on.
    pub(super) fn wanted_labels(
        &mut self,
        project: u64,
        who: u64,
        before: &BTreeSet<String>,
        (all, add, remove): (Option<&[String]>, &[String], &[String]),
    ) -> BTreeSet<String> {
        let mut wanted = if all.is_some() { BTreeSet::new() } else { before.clone() };
        for name in remove {
            wanted.remove(name.trim());
        }
        for name in all.into_iter().flatten().chain(add) {
            let name = name.trim();
            if name.is_empty() || !self.label_exists_or_is_made(project, who, name) {
                continue;
            }
            if let (Tier::Premium, Some(scope)) = (self.tier, scope(name)) {
                let kept = |other: &String| {
                    other != name
                        && self::scope(other) == Some(scope)
                        && !remove.iter().any(|gone| gone.trim() == other)
                };
                if self.faults.scoped_race
                    && let Some(old) = before.iter().find(|other| kept(other))
                {
                    wanted.insert(old.clone());
                    continue;
                }
                wanted.retain(|other| other == name || self::scope(other) != Some(scope));
            }
            wanted.insert(name.to_owned());
        }
        wanted
    }

    /// Whoever may not administer labels cannot make one by naming it (`Labels::FindOrCreateService`).
    fn label_exists_or_is_made(&mut self, project: u64, who: u64, name: &str) -> bool {
        let Some(home) = self.projects.get(&project) else { return false };
        if self.labels_for(home).iter().any(|label| label.name == name) {
            return true;
        }
        let may = self.access(project, Some(who)) >= PLANNER && name.chars().count() <= 255;
        if may {
            self.add_label(project, name, "#6699cc", "");
        }
        may
    }

    /// Writes a note, by a person or (`system`) by GitLab in a person's name.
    pub(in super::super) fn write_note(
        &mut self,
        project: u64,
        iid: u64,
        who: u64,
        body: &str,
        system: bool,
    ) -> Option<u64> {
        let id = self.fresh_id();
        let now = self.now;
        let issue = self.issue_mut(project, iid)?;
        let note = Note::new(id, who, body, now, system);
        issue.notes.insert(id, note);
        issue.updated_at = now;
        Some(id)
    }

    fn system_notes(&self, before: &Issue, after: &Issue) -> Vec<String> {
        let mut notes = Vec::new();
        if before.title != after.title {
            notes.push(format!("changed title from **{}** to **{}**", before.title, after.title));
        }
        if before.description != after.description {
            notes.push("changed the description".to_owned());
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

/// Everything before the last `::`; a name without it has no scope (GitLab docs, "Labels", scoped labels).
pub(in super::super) fn scope(name: &str) -> Option<&str> {
    name.rsplit_once("::").map(|(scope, _)| scope)
}

fn split_commands(edit: &IssueEdit) -> (IssueEdit, Vec<quick_actions::Command>) {
    let mut edit = edit.clone();
    let Change::Set(text) = &edit.description else { return (edit, Vec::new()) };
    let (stored, commands) = quick_actions::split(text);
    edit.description = Change::Set(stored);
    (edit, commands)
}

pub(super) fn change<T: Clone>(field: &mut Option<T>, wanted: &Change<T>) {
    match wanted {
        Change::Keep => {}
        Change::Clear => *field = None,
        Change::Set(value) => *field = Some(value.clone()),
    }
}
