//! What a block remembers from one run to the next: dates and short hashes, never counters.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, DurationRound as _, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The format of the blocks that this podkeeper writes. A block of a later format is never rewritten.
///
/// 0: before there were formats. 1: hashes of the lines, a visible signature.
pub const BLOCK_FORMAT: u32 = 1;

/// Nothing is remembered of a time before this one, 2025-01-01: podkeeper did not exist.
const EARLIEST: DateTime<Utc> = match DateTime::from_timestamp(1_735_689_600, 0) {
    Some(time) => time,
    None => DateTime::UNIX_EPOCH,
};

/// What must be remembered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BlockState {
    /// The format of the block.
    #[serde(skip_serializing_if = "is_zero")]
    pub format: u32,
    /// Short hash of the title the issue was given; a title that still has it may be brought up to date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Short hash of what stood outside the block at birth; while it holds, nobody has written there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rest: Option<String>,
    /// When the session starts; it shows what the issue is for under whatever key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<DateTime<Utc>>,
    /// The pod's label, where a session's issue was opened without it because it could not carry it then; it shows whose
    /// issue it is under whatever key. Who takes the label off later takes off what was put on once already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened_without: Option<String>,
    /// The label of the pod that a report is for; it shows whose report it is under whatever key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Who hosts the session and who takes its notes, by handle: what was said once holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// The same of the session after it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub next_hosts: Vec<String>,
    /// The tasks that came from earlier sessions, by a short hash of each, and the day since which it waits.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub carried: BTreeMap<String, NaiveDate>,
    /// Issues of the pod's people that do not carry its label, by number, with the time of their last change when their
    /// label events were read.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unlabelled: BTreeMap<u64, DateTime<Utc>>,
    /// Issues off which somebody took the pod's label: that is final.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub taken_off: BTreeSet<u64>,
    /// Whether the pod of a report was retired: it stays closed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
    /// A short hash of each line of the block, in order; a line without one is a person's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    /// What was failing when it was last looked at, by address: dates, never counters.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub failing: BTreeMap<String, RememberedFailure>,
}

/// What is remembered of a thing that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RememberedFailure {
    /// The first run that failed.
    pub failed_since: DateTime<Utc>,
    /// How it fails, where more is known than that it did not answer.
    #[serde(skip_serializing_if = "FailureKind::is_no_answer", default)]
    pub how: FailureKind,
    /// The day since which it counts as broken: certain at once, or still failing long enough after.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dead_since: Option<NaiveDate>,
    /// When it was last reported that it does not answer. It is kept for a while after the address has answered again,
    /// so that one that comes and goes is not reported every other day.
    #[serde(rename = "told", skip_serializing_if = "Option::is_none", default)]
    pub reported: Option<DateTime<Utc>>,
    /// Since which day nobody could see whether it still fails.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unseen_since: Option<NaiveDate>,
}

/// How a thing fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// It gives no answer.
    #[default]
    Silent,
    /// It is gone.
    Gone,
    /// It is there, the place on it is not.
    FragmentGone,
}

impl FailureKind {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
    fn is_no_answer(&self) -> bool {
        *self == Self::Silent
    }
}

impl RememberedFailure {
    /// From now on.
    pub fn starting_at(now: DateTime<Utc>) -> Self {
        Self { failed_since: now, how: FailureKind::Silent, dead_since: None, reported: None, unseen_since: None }
    }
}

impl RememberedFailure {
    /// What may be believed of it: whoever can edit an issue can write any date there. `opened` is when the issue was
    /// opened, where GitLab says so: what it remembers began then or later, or a little before by another clock.
    ///
    /// Nothing has begun in the future. What says so begins now, as if it had not been remembered: so it is reported
    /// as late as any new failure, not years later, and not before anybody saw it fail for long. When it was reported,
    /// and since when nobody could see it, is forgotten: a date to come would silence it, or keep it, until then.
    #[must_use]
    pub fn bounded(self, opened: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        let now = truncate_to_minute(now);
        let today = now.date_naive();
        let opened = opened.and_then(|opened| opened.checked_sub_signed(TimeDelta::days(1)));
        let earliest = truncate_to_minute(opened.unwrap_or(EARLIEST)).max(EARLIEST).min(now);
        let began = self.failed_since <= now;
        let broke = self.dead_since.is_none_or(|since| since <= today);
        let believed = began && broke;
        Self {
            failed_since: if began { self.failed_since.max(earliest) } else { now },
            how: self.how,
            dead_since: self.dead_since.filter(|_| believed).map(|since| since.max(earliest.date_naive())),
            reported: self.reported.filter(|reported| believed && *reported <= now),
            unseen_since: self.unseen_since.filter(|since| *since <= today),
        }
    }
}

/// A time as blocks remember it: in whole minutes, so that two runs seconds apart remember the same.
pub fn truncate_to_minute(time: DateTime<Utc>) -> DateTime<Utc> {
    time.duration_trunc(TimeDelta::minutes(1)).unwrap_or(time)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
