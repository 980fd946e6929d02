//! What a block remembers from one run to the next: dates and short hashes, never counters.

use std::collections::BTreeMap;

use chrono::{DateTime, DurationRound as _, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The format of the blocks that this podkeeper writes. A block of a later format is never rewritten.
///
/// 0: before there were formats. 1: hashes of the lines, a visible sign.
pub const FORMAT: u32 = 1;

/// What must be remembered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The format of the block.
    #[serde(skip_serializing_if = "is_zero")]
    pub format: u32,
    /// Short hash of the title the issue was given; a title that still has it may be brought up to date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Short hash of what stood outside the block at birth; while it holds, nobody has written there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rest: Option<String>,
    /// When the session starts; it tells what the issue is for under whatever key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<DateTime<Utc>>,
    /// The label of the pod that a report is for; it tells whose report it is under whatever key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// A short hash of each line of the block, in order; a line without one is a person's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    /// What was failing when it was last looked at, by address: dates, never counters.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub failing: BTreeMap<String, Failing>,
}

/// What is remembered of a thing that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Failing {
    /// The first look that failed.
    pub failed_since: DateTime<Utc>,
    /// How it fails, where more is known than that it did not answer.
    #[serde(skip_serializing_if = "Failure::is_silent", default)]
    pub how: Failure,
    /// The day on which it became rot: certain at once, or still failing long enough after.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dead_since: Option<NaiveDate>,
    /// When its silence was last told. It is kept for a while after the address has answered again, so that one that
    /// comes and goes is not told every other day.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub told: Option<DateTime<Utc>>,
    /// Since which day nobody could see whether it still fails.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unseen_since: Option<NaiveDate>,
}

/// How a thing fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// It gives no answer.
    #[default]
    Silent,
    /// It is gone.
    Gone,
    /// It is there, the place on it is not.
    FragmentGone,
}

impl Failure {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
    fn is_silent(&self) -> bool {
        *self == Self::Silent
    }
}

impl Failing {
    /// From now on.
    pub fn from(now: DateTime<Utc>) -> Self {
        Self { failed_since: now, how: Failure::Silent, dead_since: None, told: None, unseen_since: None }
    }
}

/// A time as blocks remember it: in whole minutes, so that two looks seconds apart remember the same.
pub fn whole_minute(time: DateTime<Utc>) -> DateTime<Utc> {
    time.duration_trunc(TimeDelta::minutes(1)).unwrap_or(time)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
