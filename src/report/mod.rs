//! "Tell people." Pure: runs in, text out; one file per format.
//!
//! A report has its readers in its type, and gives out no more than they may read. What was made for everybody is not
//! made whole again:
//!
//! ```compile_fail,E0599
//! use podkeeper::report::{Confidential, Public, RunReport, junit};
//!
//! fn render(report: &RunReport<'_, Public>) -> String {
//!     junit::render(&report.for_audience::<Confidential>())
//! }
//! ```
//!
//! What everybody may read of a whole report is a report of its own:
//!
//! ```
//! use podkeeper::report::{Confidential, Public, RunReport, junit};
//!
//! fn render(report: &RunReport<'_, Confidential>) -> String {
//!     junit::render(&report.for_audience::<Public>())
//! }
//! ```
//!
//! Nothing is rendered of runs without an audience:
//!
//! ```compile_fail,E0308
//! use podkeeper::pod::run::PodRun;
//! use podkeeper::report::json;
//!
//! fn render(runs: &[PodRun]) -> String {
//!     json::render(runs)
//! }
//! ```
//!
//! ```
//! use podkeeper::report::{Confidential, RunReport, json};
//!
//! fn render(report: &RunReport<'_, Confidential>) -> String {
//!     json::render(report)
//! }
//! ```

pub mod annotations;
mod audience;
pub mod audit;
pub mod check;
pub mod doctor;
pub mod init;
pub mod json;
pub mod junit;
pub mod outputs;
pub mod page;
pub mod reference;
pub mod sessions;
pub mod slack;
pub mod terminal;
mod text_wrap;
pub mod token_request;

use chrono::{DateTime, Utc};

use crate::pod::rule::Audience;
use crate::pod::run::{ExitStatus, PodRun};
pub use audience::{Confidential, Public, ReportAudience, Team, VisibleTo, WithheldCount};

/// What `plan` and `apply` came to, for readers `A`.
#[derive(Debug)]
pub struct RunReport<'a, A> {
    /// One run per pod.
    pub runs: VisibleTo<'a, A, [PodRun]>,
    /// Whether the runs only planned.
    pub plan_only: bool,
    /// The moment that counts as now.
    pub now: DateTime<Utc>,
    /// The stamp of the first round's plan.
    pub stamp: &'a str,
    /// How many requests read GitLab.
    pub read_requests: u64,
    /// The same without those whose number tells what only a token sees.
    pub public_read_requests: u64,
    /// How many requests wrote to GitLab.
    pub write_requests: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

impl<'a> RunReport<'a, Confidential> {
    /// The same for other readers.
    pub fn for_audience<B: ReportAudience>(&self) -> RunReport<'a, B> {
        let Self { runs, plan_only: planned, now, stamp, write_requests: writes, took_ms, .. } = *self;
        let public_reads = self.public_read_requests;
        let reads = if B::may_read(Audience::Team) { self.read_requests } else { public_reads };
        RunReport {
            runs: runs.narrow_to(),
            plan_only: planned,
            now,
            stamp,
            read_requests: reads,
            public_read_requests: public_reads,
            write_requests: writes,
            took_ms,
        }
    }
}

impl<A: ReportAudience> RunReport<'_, A> {
    /// How the runs ended, taken together: the worst counts.
    pub fn exit_status(&self) -> ExitStatus {
        self.runs.exit_status()
    }
}
