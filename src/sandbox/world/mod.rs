//! What the box knows: a small GitLab and the hosts around it, as plain data.
//!
//! Nothing here knows HTTP. `access` says who may see and do what, `build` holds the verbs that set a world up, `issues` and
//! `merge_requests` those that change one as GitLab would, `history` what is kept of that, `talk` who says what on it,
//! `repository` branches and commits, `commands` what quick actions do; the others are what their names say. Ids and iids are counters, so equal histories give equal worlds.

mod access;
mod build;
mod commands;
mod faults;
mod groups;
mod history;
mod issues;
mod items;
mod labels;
mod merge_requests;
mod milestones;
mod repository;
mod schedule;
mod talk;
#[cfg(test)]
mod tests;
mod web;

pub(super) use access::{DEVELOPER, MAINTAINER, OWNER, PLANNER, REPORTER};
pub use faults::{ApiFault, Faults, Trouble};
pub use groups::{Epic, Group};
pub(super) use issues::scope;
pub use issues::{Change, IssueEdit, NewIssue};
pub use items::{Emoji, Event, Happened, Issue, IssueLink, LabelEvent, Note};
pub use merge_requests::{MergeRequest, MergeRequestEdit, NewMergeRequest};
pub use milestones::{Milestone, MilestoneEdit};
pub use repository::{Commit, NewCommit, Repository};
pub(super) use repository::{FileChange, sha};
pub use schedule::Schedule;
pub use talk::On;
pub use web::{Mood, Page, Web};

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
    /// Groups, by id; each project's group is there without being asked for.
    pub groups: BTreeMap<u64, Group>,
    /// Projects, by id.
    pub projects: BTreeMap<u64, Project>,
    /// Links between issues, by id.
    pub issue_links: BTreeMap<u64, IssueLink>,
    /// The web beside GitLab.
    pub web: Web,
    /// What GraphQL answers for the old path of a project that moved.
    pub moved: Moved,
    /// A switch: every page of the web is the same page of a network that wants a sign-in first, and every name resolves.
    pub captive_portal: bool,
    /// A switch: no name resolves, because the resolver itself fails.
    pub dns_down: bool,
    /// A switch: the hosts of the web hang up on everybody.
    pub web_down: bool,
    /// Switches for what GitLab itself does on its worse days.
    pub faults: Faults,
    last_id: u64,
}

/// What GraphQL answers for the old path of a project that moved.
///
/// GitLab's loader asks the routes of today only (`lib/gitlab/graphql/loaders/full_path_model_loader.rb`,
/// `Routable.where_full_path_in`), so a strict box answers null, where REST redirects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Moved {
    /// The project under its new path.
    Followed,
    /// Null, as for a project that is not there.
    Null,
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
    /// The address that administrators see.
    pub email: String,
    /// Since when the account exists.
    pub created_at: DateTime<Utc>,
    /// The name and the bytes of the picture, which is not part of the world's dump.
    #[serde(skip_serializing)]
    pub avatar: Option<(String, Vec<u8>)>,
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
    /// `api`, `read_api`, `read_repository`, `read_user`, `sudo`; `ci_job` for a job's own token.
    pub scopes: Vec<String>,
    /// Taken back.
    pub revoked: bool,
    /// The first day on which it no longer works.
    pub expires_at: Option<NaiveDate>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Who may see a project or a group, from few to all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
    /// Merge requests, by iid.
    pub merge_requests: BTreeMap<u64, MergeRequest>,
    /// The files of each branch, by path.
    pub files: BTreeMap<String, BTreeMap<String, String>>,
    /// How the files came about.
    pub repository: Repository,
    /// The project's own milestones, by id.
    pub milestones: BTreeMap<u64, Milestone>,
    /// The project that this is a fork of.
    pub forked_from: Option<u64>,
    /// Pipeline schedules, by id.
    pub schedules: BTreeMap<u64, Schedule>,
    /// What it is for.
    pub description: Option<String>,
    /// New merge requests ask for their branch to be removed.
    pub removes_source_branch: bool,
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

impl World {
    /// A world without anything in it, at a time that stands still.
    pub fn empty(now: DateTime<Utc>) -> World {
        World {
            now,
            tier: Tier::Premium,
            users: BTreeMap::new(),
            tokens: BTreeMap::new(),
            groups: BTreeMap::new(),
            projects: BTreeMap::new(),
            issue_links: BTreeMap::new(),
            web: Web::default(),
            moved: Moved::Followed,
            captive_portal: false,
            dns_down: false,
            web_down: false,
            faults: Faults::default(),
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
        labels.extend(self.groups_above(&project.path).flat_map(|group| group.labels.values()));
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
