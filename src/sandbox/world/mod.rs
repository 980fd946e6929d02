//! What the box knows: a small GitLab and the hosts around it, as plain data.
//!
//! Nothing here knows HTTP. `access` says who may see and do what, `build` holds the verbs that set a world up, `issues`
//! those that change an issue as GitLab would, `commands` what quick actions do. Ids and iids are counters, so equal
//! histories give equal worlds.

mod access;
mod build;
mod commands;
mod issues;
#[cfg(test)]
mod tests;

pub(super) use access::{DEVELOPER, MAINTAINER, OWNER, PLANNER};
pub use issues::{Change, IssueEdit, NewIssue};

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

/// Everything the box knows. Two equal worlds answer every request alike.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct World {
    /// The world's time. A live box sets it before each request; otherwise it stands still.
    pub now: DateTime<Utc>,
    /// The licence: scoped labels exclude one another from Premium on.
    pub tier: Tier,
    /// People and bots, by id.
    pub users: BTreeMap<u64, User>,
    /// Access tokens, by the name that the box gives them.
    pub tokens: BTreeMap<String, Token>,
    /// Labels of groups, by the group's path, then by id.
    pub group_labels: BTreeMap<String, BTreeMap<u64, Label>>,
    /// Projects, by id.
    pub projects: BTreeMap<u64, Project>,
    /// Links between issues, by id.
    pub issue_links: BTreeMap<u64, IssueLink>,
    /// The web beside GitLab.
    pub web: Web,
    last_id: u64,
}

/// What the instance is licensed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Tier {
    /// `::` in a label's name means nothing.
    Free,
    /// Assigning a scoped label takes another of the same scope away.
    Premium,
}

/// A person or a bot.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct User {
    /// The number that never changes.
    pub id: u64,
    /// The handle, without `@`.
    pub username: String,
    /// The displayed name.
    pub name: String,
    /// `active`, `blocked` or `deactivated`.
    pub state: String,
    /// May do everything.
    pub admin: bool,
    /// A bot, as the user of a project access token is.
    pub bot: bool,
}

/// A personal access token.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Token {
    /// The id of the token itself.
    pub id: u64,
    /// The secret. It is not part of the world's dump.
    #[serde(skip_serializing)]
    pub value: String,
    /// Whose token it is.
    pub user: u64,
    /// `api`, `read_api`, `read_repository`, `read_user`.
    pub scopes: Vec<String>,
    /// Taken back.
    pub revoked: bool,
    /// The first day on which it no longer works.
    pub expires_at: Option<NaiveDate>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Who may see a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Members only; for everybody else the project does not exist.
    Private,
    /// Everybody who is signed in.
    Internal,
    /// Everybody.
    Public,
}

/// A project with all that hangs on it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Project {
    /// The number that survives a rename.
    pub id: u64,
    /// The full path, such as `group/sub/project`.
    pub path: String,
    /// The displayed name.
    pub name: String,
    /// The branch that `HEAD` means.
    pub default_branch: String,
    /// Who may see it.
    pub visibility: Visibility,
    /// Read-only.
    pub archived: bool,
    /// Whether the project has issues at all.
    pub issues_enabled: bool,
    /// Paths that the project had before; GitLab redirects them.
    pub formerly: Vec<String>,
    /// Since when it exists.
    pub created_at: DateTime<Utc>,
    /// The project's own labels, by id.
    pub labels: BTreeMap<u64, Label>,
    /// Issues, by iid.
    pub issues: BTreeMap<u64, Issue>,
    /// The files of each branch, by path.
    pub files: BTreeMap<String, BTreeMap<String, String>>,
    /// Roles: user id → access level (10 guest, 15 planner, 20 reporter, 30 developer, 40 maintainer, 50 owner).
    pub members: BTreeMap<u64, u8>,
    last_iid: u64,
}

/// A label of a project or of a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Label {
    /// Its number.
    pub id: u64,
    /// Its title, such as `pod::example`.
    pub name: String,
    /// `#rrggbb`.
    pub color: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its place in the order of priorities.
    pub priority: Option<u64>,
    /// Who asked to be told.
    pub subscribers: BTreeSet<u64>,
}

/// An issue.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Issue {
    /// Its number in the instance.
    pub id: u64,
    /// Its number in the project.
    pub iid: u64,
    /// One line.
    pub title: String,
    /// Markdown as GitLab stores it: without quick actions, `\r` and trailing blanks.
    pub description: Option<String>,
    /// When it was closed; an open issue has none.
    pub closed_at: Option<DateTime<Utc>>,
    /// Who closed it.
    pub closed_by: Option<u64>,
    /// The names of its labels.
    pub labels: BTreeSet<String>,
    /// Who opened it.
    pub author: u64,
    /// Who is asked to work on it.
    pub assignees: Vec<u64>,
    /// The day it is due.
    pub due_date: Option<NaiveDate>,
    /// Seen by its author, its assignees and members from planner on only.
    pub confidential: bool,
    /// The discussion is locked.
    pub locked: bool,
    /// The weight (Premium).
    pub weight: Option<u64>,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
    /// Where `/move` asked to move it to.
    pub moved_to: Option<String>,
    /// Comments and system notes, by id.
    pub notes: BTreeMap<u64, Note>,
    /// Labels that came and went, oldest first.
    pub label_events: Vec<LabelEvent>,
    /// Every quick action that ran on it, as `/name argument`, oldest first.
    pub commands: Vec<String>,
}

/// A comment, or what GitLab itself notes down.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Note {
    /// Its number in the instance.
    pub id: u64,
    /// Who wrote it.
    pub author: u64,
    /// Markdown.
    pub body: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
    /// Written by GitLab, not by a person.
    pub system: bool,
    /// Seen by members only.
    pub internal: bool,
}

/// A label that was put on an issue or taken off it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelEvent {
    /// Its number in the instance.
    pub id: u64,
    /// Who did it.
    pub user: u64,
    /// When.
    pub created_at: DateTime<Utc>,
    /// The label's name at that time.
    pub label: String,
    /// Put on (else: taken off).
    pub added: bool,
}

/// Two issues that belong together; each end is (project id, iid).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IssueLink {
    /// Its number in the instance.
    pub id: u64,
    /// The issue on whose page the link was made.
    pub source: (u64, u64),
    /// The other one.
    pub target: (u64, u64),
    /// `relates_to`, `blocks` or `is_blocked_by`, as seen from the source.
    pub kind: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// The web beside GitLab: which hosts exist, and which pages on them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Web {
    /// Names that resolve; every other name is "no such host".
    pub hosts: BTreeSet<String>,
    /// Pages that answer 200, as `host/path` without a trailing slash, with their title.
    pub pages: BTreeMap<String, String>,
    /// Pages that lead elsewhere: status and target, by `host/path` without a trailing slash.
    pub redirects: BTreeMap<String, (u16, String)>,
}

impl World {
    /// A world without anything in it, at a time that stands still.
    pub fn empty(now: DateTime<Utc>) -> World {
        World {
            now,
            tier: Tier::Premium,
            users: BTreeMap::new(),
            tokens: BTreeMap::new(),
            group_labels: BTreeMap::new(),
            projects: BTreeMap::new(),
            issue_links: BTreeMap::new(),
            web: Web::default(),
            last_id: 0,
        }
    }

    /// The user with this handle; GitLab compares handles without regard to case.
    pub fn user_named(&self, username: &str) -> Option<&User> {
        let wanted = username.to_lowercase();
        self.users.values().find(|user| user.username.to_lowercase() == wanted)
    }

    /// The project at this path today (not: formerly).
    pub fn project_at(&self, path: &str) -> Option<&Project> {
        self.projects.values().find(|project| project.path.eq_ignore_ascii_case(path))
    }

    /// The project that was once at this path and is somewhere else now.
    pub fn project_formerly_at(&self, path: &str) -> Option<&Project> {
        self.projects.values().find(|project| project.formerly.iter().any(|old| old.eq_ignore_ascii_case(path)))
    }

    /// An issue by its project's id and its own iid.
    pub fn issue(&self, project: u64, iid: u64) -> Option<&Issue> {
        self.projects.get(&project)?.issues.get(&iid)
    }

    /// The labels that issues of a project can carry: its own, then those of the groups above it, by name.
    pub fn labels_for<'a>(&'a self, project: &'a Project) -> Vec<&'a Label> {
        let mut labels: Vec<&Label> = project.labels.values().collect();
        for (group, theirs) in &self.group_labels {
            if project.path.strip_prefix(group.as_str()).is_some_and(|rest| rest.starts_with('/')) {
                labels.extend(theirs.values());
            }
        }
        labels.sort_by_key(|label| (label.name.to_lowercase(), label.id));
        labels
    }

    /// So many days before now, or now where the calendar ends.
    pub(super) fn days_ago(&self, days: i64) -> DateTime<Utc> {
        self.now.checked_sub_signed(chrono::TimeDelta::days(days)).unwrap_or(self.now)
    }

    /// The next number in the instance.
    pub(super) fn fresh_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

impl Project {
    /// The text of a file on a branch; `HEAD` means the default branch.
    pub fn file(&self, branch: &str, path: &str) -> Option<&str> {
        self.branch(branch)?.get(path).map(String::as_str)
    }

    /// All files of a branch; `HEAD` means the default branch.
    pub fn branch(&self, branch: &str) -> Option<&BTreeMap<String, String>> {
        let branch = if branch == "HEAD" { self.default_branch.as_str() } else { branch };
        self.files.get(branch)
    }
}

impl Issue {
    /// Whether work on it goes on.
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }
}
