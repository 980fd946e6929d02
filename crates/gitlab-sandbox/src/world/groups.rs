//! Groups, their labels, members and epics.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::{Emoji, Label, Milestone, Note, Visibility, World};

/// A group with all that hangs on it. What is below it stands in its path: `a/b` is a subgroup of `a`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// The number that survives a rename.
    pub id: u64,
    /// The full path, such as `group/sub`.
    pub path: String,
    /// The displayed name.
    pub name: String,
    /// Who may see it.
    pub visibility: Visibility,
    /// Since when it exists.
    pub created_at: DateTime<Utc>,
    /// The group's own labels, by id.
    pub labels: BTreeMap<u64, Label>,
    /// Roles, which hold in everything below it, too: user id → access level.
    pub members: BTreeMap<u64, u8>,
    /// Epics, by iid. An epic and its work item share the iid (GitLab docs, "Epic work items API migration guide").
    pub epics: BTreeMap<u64, Epic>,
    /// The group's own milestones, by id.
    pub milestones: BTreeMap<u64, Milestone>,
    /// Groups whose members have a role here, too: group id → the highest access level.
    pub shared_with: BTreeMap<u64, u8>,
    /// The days on which some of these shares end.
    pub shared_until: BTreeMap<u64, NaiveDate>,
    /// What it is for.
    pub description: String,
    /// Everything below it is read-only.
    pub archived: bool,
}

/// An epic, and the work item of the group under the same iid.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Epic {
    /// Its number in the instance.
    pub id: u64,
    /// Its number in the group.
    pub iid: u64,
    /// One line.
    pub title: String,
    /// Whether it is not closed.
    pub open: bool,
    /// Seen by members of the group only.
    pub confidential: bool,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
    /// Markdown.
    pub description: Option<String>,
    /// The names of its labels.
    pub labels: BTreeSet<String>,
    /// Who opened it; what a world starts with is nobody's.
    pub author: Option<u64>,
    /// The first day.
    pub start_date: Option<NaiveDate>,
    /// The last day.
    pub due_date: Option<NaiveDate>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// Its issues: the number of the membership → (project id, iid).
    pub issues: BTreeMap<u64, (u64, u64)>,
    /// Comments and system notes, by id.
    pub notes: BTreeMap<u64, Note>,
    /// Emoji on it.
    pub emoji: Vec<Emoji>,
}

impl World {
    /// The group at this path.
    pub fn group_by_path(&self, path: &str) -> Option<&Group> {
        self.groups.values().find(|group| group.path.eq_ignore_ascii_case(path))
    }

    /// The groups above a project or a group, in no order that means anything.
    pub fn ancestor_groups<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a Group> {
        self.groups.values().filter(move |group| is_below(path, &group.path))
    }

    /// The group that a project or a group is in.
    pub fn parent_group(&self, path: &str) -> Option<&Group> {
        self.group_by_path(path.rsplit_once('/')?.0)
    }

    /// Adds a group and those above it, or makes the one that is there as visible as this. Returns its id.
    pub fn add_group(&mut self, path: &str, visibility: Visibility) -> u64 {
        if let Some((above, _)) = path.rsplit_once('/')
            && self.group_by_path(above).is_none()
        {
            self.add_group(above, visibility);
        }
        if let Some(id) = self.group_by_path(path).map(|group| group.id) {
            if let Some(group) = self.groups.get_mut(&id) {
                group.visibility = visibility;
            }
            return id;
        }
        let id = self.next_id();
        let group = Group {
            id,
            path: path.to_owned(),
            name: path.rsplit('/').next().unwrap_or(path).to_owned(),
            visibility,
            created_at: self.days_ago(500),
            labels: BTreeMap::new(),
            members: BTreeMap::new(),
            epics: BTreeMap::new(),
            milestones: BTreeMap::new(),
            shared_with: BTreeMap::new(),
            shared_until: BTreeMap::new(),
            description: String::new(),
            archived: false,
        };
        self.groups.insert(id, group);
        id
    }

    /// Gives a user a role in a group and all below it.
    pub fn add_group_member(&mut self, group: u64, user: u64, level: u8) {
        if let Some(group) = self.groups.get_mut(&group) {
            group.members.insert(user, level);
        }
    }

    /// Adds a label to a group, which is made if it is not there; every project below it has the label too.
    pub fn add_group_label(&mut self, group: &str, name: &str, color: &str, description: &str) -> u64 {
        let group = match self.group_by_path(group) {
            Some(group) => group.id,
            None => self.add_group(group, Visibility::Public),
        };
        let known = self.groups.get(&group).and_then(|group| group.labels.values().find(|label| label.name == name));
        if let Some(label) = known {
            return label.id;
        }
        let label = self.new_label(name, color, description);
        let id = label.id;
        if let Some(group) = self.groups.get_mut(&group) {
            group.labels.insert(id, label);
        }
        id
    }

    /// Adds an epic under a number of the caller's choice.
    pub fn add_epic(&mut self, group: u64, iid: u64, title: &str, open: bool) {
        let (id, created_at) = (self.next_id(), self.days_ago(200));
        if let Some(group) = self.groups.get_mut(&group) {
            let epic = Epic {
                id,
                iid,
                title: title.to_owned(),
                open,
                created_at,
                updated_at: created_at,
                closed_at: Some(created_at).filter(|_| !open),
                ..Epic::default()
            };
            group.epics.insert(iid, epic);
        }
    }

    /// Makes the groups above a project exist. A person's own namespace is no group.
    pub(super) fn ensure_ancestor_groups(&mut self, project: &str, visibility: Visibility) {
        let above: Vec<&str> = project.match_indices('/').map(|(at, _)| &project[..at]).collect();
        if above.first().is_some_and(|first| self.user_by_username(first).is_some()) {
            return;
        }
        for path in above {
            match self.group_by_path(path).map(|group| (group.id, group.visibility)) {
                None => drop(self.add_group(path, visibility)),
                // A public project can only be in a public group (GitLab docs, "Project and group visibility").
                Some((id, seen)) if visibility > seen => {
                    if let Some(group) = self.groups.get_mut(&id) {
                        group.visibility = visibility;
                    }
                }
                Some(_) => {}
            }
        }
    }
}

/// Whether one path is below another.
pub(super) fn is_below(path: &str, group: &str) -> bool {
    let start = path.get(..group.len()).is_some_and(|start| start.eq_ignore_ascii_case(group));
    start && path[group.len()..].starts_with('/')
}
