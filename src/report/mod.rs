//! "Tell people." Pure: runs in, text out; one file per format.

pub mod annotations;
pub mod audit;
pub mod check;
pub mod json;
pub mod junit;
pub mod page;
pub mod rules;
pub mod slack;
pub mod terminal;
mod wrap;

use chrono::{DateTime, Utc};

use crate::pod::rule::Audience;
use crate::pod::run::{Ending, Run};

/// What a report is a function of.
pub struct Told<'a> {
    /// One run per pod.
    pub runs: &'a [Run],
    /// Whether the runs only looked.
    pub planned: bool,
    /// When the world was looked at.
    pub now: DateTime<Utc>,
    /// The stamp of the first round's plan.
    pub stamp: &'a str,
    /// Requests that read and that wrote.
    pub requests: (u64, u64),
    /// Who reads what is printed: a job's log is read by more people than the terminal of whoever runs it.
    pub audience: Audience,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

impl Told<'_> {
    /// How the runs ended, taken together: the worst counts.
    pub fn ending(&self) -> Ending {
        self.runs.iter().map(Run::ending).max().unwrap_or(Ending::Done)
    }
}
