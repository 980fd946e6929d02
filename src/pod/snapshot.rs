//! What was seen in one look.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};

use super::document::PodPage;
use super::marker::Marked;
use super::observed::Observed;
use super::text::Untrusted;

/// Everything that was seen for one pod. Each part stands for itself: one that could not be seen freezes
/// only what hangs on it.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// When it was taken.
    pub now: DateTime<Utc>,
    /// The pod's page.
    pub page: Observed<PodPage>,
    /// The project of the pairing issues and what is in it.
    pub tracker: Tracker,
    /// Identities of the actions of this pass that are not planned again in it: what was tried and not done,
    /// and what was opened.
    pub tried: BTreeSet<String>,
    /// How many more writes this run may make.
    pub writes_left: usize,
}

/// The project of the pairing issues.
#[derive(Debug, Clone)]
pub struct Tracker {
    /// The project.
    pub project: Observed<Project>,
    /// Who podkeeper is there.
    pub bot: Observed<Account>,
    /// The pod's label, by its exact name.
    pub label: Observed<LabelSeen>,
    /// podkeeper's own issues and those with the pod's label, of the last months, oldest first.
    pub issues: Observed<Vec<PairingIssue>>,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its number.
    pub id: u64,
    /// Its full path now.
    pub path: String,
    /// Whether it is archived.
    pub archived: bool,
    /// Whether its issues are switched on.
    pub issues_enabled: bool,
    /// Its address.
    pub url: String,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// Its number, which survives renames.
    pub id: u64,
    /// Its user name.
    pub username: String,
}

/// A label as the project has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelSeen {
    /// Its exact name.
    pub name: String,
}

/// An issue of the pairing project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairingIssue {
    /// Its number in the project.
    pub iid: u64,
    /// Its title.
    pub title: Untrusted,
    /// Its address.
    pub url: String,
    /// Who opened it.
    pub author: Account,
    /// Whether it is open.
    pub open: bool,
    /// Its labels.
    pub labels: Vec<String>,
    /// Its due date.
    pub due: Option<NaiveDate>,
    /// Its description, byte for byte.
    pub body: String,
    /// What the description says it is.
    pub marked: Marked,
    /// Whether people have commented on it or ticked a task of it.
    pub touched: bool,
    /// How often the pod's label was taken off it; looked up only for own issues that lack it.
    pub label_removals: Observed<usize>,
    /// The issues it is linked to; looked up only where two issues stand for one session.
    pub links: Observed<BTreeSet<u64>>,
}
