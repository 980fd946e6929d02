//! What the sandbox knows: a small GitLab and the hosts around it, as plain data.
//!
//! Nothing here knows HTTP. Ids and iids are counters, so equal histories give equal worlds.
//!
//! - `build`: verbs that set a world up; `example`: a small one to begin with
//! - `users`, `groups`, `projects`, `issue_data`, `pipeline_schedule`, `pipeline`, `packages`, `stubs`: what there is;
//!   `field_change`: one field of an edit
//! - `access`, `features`: who may see and do what
//! - `issues`, `merge_requests`, `labels`, `milestones`, `noteable`: verbs that change a world as GitLab would;
//!   `resource_events`: the events and notes that it keeps of that; `commands`: what quick actions do; `removal`: what
//!   goes away with what
//! - `description_saves`: what somebody does to a description by hand; `checklist`: what of that is ticking boxes;
//!   `rich_text`: how GitLab's editor spells
//! - `repository`: branches and commits; `rename_detection`: which files only changed their names; `merging`: the
//!   commits of merge requests
//! - `token_renewal`, `ghost`: what becomes of a bot
//! - `web`, `github`: the hosts around GitLab

mod access;
mod build;
mod checklist;
mod commands;
mod description_saves;
mod example;
mod features;
mod field_change;
mod ghost;
mod github;
mod groups;
mod issue_data;
mod issues;
mod labels;
mod merge_requests;
mod merging;
mod milestones;
mod noteable;
mod packages;
mod pipeline;
mod pipeline_schedule;
mod projects;
mod removal;
mod rename_detection;
mod repository;
mod resource_events;
mod rich_text;
mod stubs;
#[cfg(test)]
mod tests;
mod token_renewal;
mod users;
mod web;

pub use access::{DEVELOPER, GUEST, MAINTAINER, OWNER, PLANNER, REPORTER};
#[cfg(feature = "server")]
pub(super) use checklist::parse_tasks;
pub use features::{Feature, FeatureAccess};
pub use field_change::FieldChange;
pub use github::{Github, GithubRepository};
pub use groups::{Epic, Group};
pub use issue_data::{Emoji, Issue, IssueLink, Note, ResourceEvent, ResourceEventKind, ResourceLabelEvent};
pub use issues::{IssueEdit, NewIssue};
pub use labels::Label;
#[cfg(feature = "pages")]
pub(crate) use labels::label_scope;
pub use merge_requests::{MergeRequest, MergeRequestEdit, NewMergeRequest};
pub use milestones::{Milestone, MilestoneEdit};
pub use noteable::Noteable;
pub use packages::{GenericPackages, PackageFile, PackageFilePath};
pub use pipeline::Pipeline;
pub use pipeline_schedule::PipelineSchedule;
pub use projects::{Project, Visibility};
#[cfg(feature = "server")]
pub(super) use rename_detection::detect_renames;
pub(super) use repository::sha256_hex;
pub use repository::{Commit, FileChange, NewCommit, Repository};
pub use rich_text::rewrite_in_rich_text_editor;
pub use stubs::ResourceStubs;
pub use users::{AccessToken, User};
pub use web::{PagesRedirect, Web, WebFault, WebPage};

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::faults::Faults;

/// Everything the sandbox knows. Two equal worlds answer every request alike.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct World {
    /// The world's time. A sandbox with a clock sets it before each request; otherwise it stands still.
    pub now: DateTime<Utc>,
    /// The licence: scoped labels exclude one another from Premium on.
    pub tier: Tier,
    /// People and bots, by id.
    pub users: BTreeMap<u64, User>,
    /// Access tokens, by the name that the sandbox gives them.
    pub tokens: BTreeMap<String, AccessToken>,
    /// Groups, by id; each project's group is there without being asked for.
    pub groups: BTreeMap<u64, Group>,
    /// Projects, by id.
    pub projects: BTreeMap<u64, Project>,
    /// Links between issues, by id.
    pub issue_links: BTreeMap<u64, IssueLink>,
    /// The web beside GitLab.
    pub web: Web,
    /// A switch: every page of the web is the same page of a network that wants a sign-in first, and every name
    /// resolves.
    pub captive_portal: bool,
    /// A switch: no name resolves, because the resolver itself fails.
    pub dns_down: bool,
    /// A switch: the hosts of the web hang up on everybody.
    pub web_down: bool,
    /// What becomes of a request to the API that says more than the sandbox keeps.
    pub unread_parameters: UnreadParameters,
    /// Switches for what GitLab itself does on its worse days.
    pub faults: Faults,
    last_id: u64,
}

/// What becomes of a request with a parameter that no code of the sandbox reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum UnreadParameters {
    /// 400 with its name, and nothing is done.
    Refused,
    /// It is passed over, as GitLab does with names that it does not know.
    Ignored,
}

/// What the instance is licensed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Tier {
    /// `::` in a label's name means nothing.
    Free,
    /// Assigning a scoped label takes another of the same scope away.
    Premium,
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
            captive_portal: false,
            dns_down: false,
            web_down: false,
            unread_parameters: UnreadParameters::Refused,
            faults: Faults::default(),
            last_id: 0,
        }
    }

    /// So many days before now, or now where the calendar ends.
    pub fn days_ago(&self, days: i64) -> DateTime<Utc> {
        self.now.checked_sub_signed(chrono::TimeDelta::days(days)).unwrap_or(self.now)
    }

    /// The next number in the instance.
    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}
