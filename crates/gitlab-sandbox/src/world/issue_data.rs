//! Issues and what hangs on them; notes, emoji and events hang on merge requests and epics, too.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::Noteable;

/// An issue.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
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
    /// The milestone's number; it is the project's or a group's above it.
    pub milestone: Option<u64>,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
    /// Where `/move` asked to move it to.
    pub moved_to: Option<String>,
    /// Comments and system notes, by id.
    pub notes: BTreeMap<u64, Note>,
    /// Labels that came and went, oldest first.
    pub label_events: Vec<ResourceLabelEvent>,
    /// Weights, milestones and states that came and went, oldest first.
    pub events: Vec<ResourceEvent>,
    /// Emoji on the issue itself.
    pub emoji: Vec<Emoji>,
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
    /// The discussion that it is in; a note that nobody answered has one of its own.
    pub discussion: String,
    /// Part of a thread (`DiscussionNote`), not a note on its own.
    pub threaded: bool,
    /// Who resolved its thread, and when; merge requests have threads that can be.
    pub resolved: Option<(u64, DateTime<Utc>)>,
    /// Emoji on it.
    pub emoji: Vec<Emoji>,
    /// What mentions the issue or merge request that it is on; whoever does not see that does not see the note.
    #[serde(skip_serializing)]
    pub mentioned_in: Option<Noteable>,
}

/// An emoji that somebody put on something.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Emoji {
    /// Its number in the instance.
    pub id: u64,
    /// Its name, without colons.
    pub name: String,
    /// Who put it there.
    pub user: u64,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A label that was put on an issue or taken off it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResourceLabelEvent {
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

/// Something that happened to an issue or a merge request and is kept (GitLab docs, "Resource … events API").
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResourceEvent {
    /// Its number in the instance.
    pub id: u64,
    /// Who did it.
    pub user: u64,
    /// When.
    pub created_at: DateTime<Utc>,
    /// What was done.
    pub what: ResourceEventKind,
}

/// What happened to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum ResourceEventKind {
    /// The weight became this.
    Weight(Option<u64>),
    /// A milestone was set (`true`) or taken away.
    Milestone(u64, bool),
    /// `closed`, `reopened` or `merged`.
    State(&'static str),
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

impl Issue {
    /// Whether work on it goes on.
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }
}
