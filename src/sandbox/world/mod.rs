//! What the box knows: a small GitLab and the hosts around it, as plain data.
//!
//! Nothing here knows HTTP. `access` says who may see and do what, `build` holds the verbs that set a world up, `issues` and
//! `merge_requests` those that change one as GitLab would, `history` what is kept of that, `talk` who says what on it,
//! `saves` what somebody does to a description by hand, `checklist` what of that is ticking boxes, `rich_text` how its
//! editor spells, `token_renewal` and `ghost` what becomes of a bot, `parts` which parts of a project are whose,
//! `repository` branches and commits, `renames` which files only changed their names, `merging` the commits of merge
//! requests, `commands` what quick actions do,
//! `removal` what goes away with what; the others are what their names say. Ids and iids are counters, so equal histories
//! give equal worlds.

mod access;
mod build;
mod change;
mod checklist;
mod commands;
mod ghost;
mod github;
mod groups;
mod history;
mod issues;
mod items;
mod labels;
mod merge_requests;
mod merging;
mod milestones;
mod parts;
mod people;
mod projects;
mod removal;
mod renames;
mod repository;
mod rich_text;
mod saves;
mod schedule;
mod shelf;
mod talk;
#[cfg(test)]
mod tests;
mod token_renewal;
mod web;

pub(super) use access::{DEVELOPER, GUEST, MAINTAINER, OWNER, PLANNER, REPORTER};
pub use change::Change;
pub(super) use checklist::tasks;
pub use github::{Github, Hosted};
pub use groups::{Epic, Group};
pub use issues::{IssueEdit, NewIssue};
pub use items::{Emoji, Event, Happened, Issue, IssueLink, LabelEvent, Note};
pub use labels::Label;
pub(super) use labels::scope;
pub use merge_requests::{MergeRequest, MergeRequestEdit, NewMergeRequest};
pub use milestones::{Milestone, MilestoneEdit};
pub use parts::{Part, Reach};
pub use people::{Token, User};
pub use projects::{Project, Visibility};
pub(super) use renames::with_renames;
pub use repository::{Commit, NewCommit, Repository};
pub(super) use repository::{FileChange, sha};
pub use rich_text::respelled;
pub use schedule::Schedule;
pub use shelf::Shelf;
pub use talk::On;
pub use web::{Mood, Page, Web};

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::faults::Faults;

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
    /// A switch: every page of the web is the same page of a network that wants a sign-in first, and every name resolves.
    pub captive_portal: bool,
    /// A switch: no name resolves, because the resolver itself fails.
    pub dns_down: bool,
    /// A switch: the hosts of the web hang up on everybody.
    pub web_down: bool,
    /// What becomes of a request to the API that says more than the box keeps.
    pub unread: Unread,
    /// Switches for what GitLab itself does on its worse days.
    pub faults: Faults,
    last_id: u64,
}

/// What becomes of a request with a parameter that no code of the box reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Unread {
    /// 400 with its name, and nothing is done.
    Refused,
    /// It is passed over, as GitLab does with names that it does not know.
    PassedOver,
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
            unread: Unread::Refused,
            faults: Faults::default(),
            last_id: 0,
        }
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
