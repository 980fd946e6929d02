//! The loop: collect, decide, execute, and look again until there is nothing left to do.
//!
//! It does not know why it runs, always starts from the beginning, and running it twice is the
//! same as running it once.

mod fleet;
mod log;
mod pod_pass;
mod read_issues;

use chrono::{DateTime, Utc};

use crate::collect::Clients;
use crate::execute::StopFlag;
use crate::gitlab::Writer;
use crate::pod::limits::RunLimits;
use crate::pod::run::PodRun;
use crate::pod::{Pod, Stage};
use fleet::Fleet;

/// Whether a pass only looks or also acts. There is no writer to act with in a plan.
pub enum Mode<'a> {
    /// Looks and decides.
    Plan,
    /// Looks, decides and acts.
    Apply {
        /// What writes.
        writer: &'a Writer,
        /// The stamp of the plan that a person agreed to, if one did.
        agreed_stamp: Option<&'a str>,
        /// What ends it early.
        stop: &'a StopFlag,
    },
}

impl Mode<'_> {
    fn stop(&self) -> StopFlag {
        match self {
            // Whoever makes a plan leaves it where it is.
            Self::Plan => StopFlag::default(),
            Self::Apply { stop, .. } => (*stop).clone(),
        }
    }
}

/// Which time it is.
#[derive(Debug, Clone, Copy)]
pub enum CurrentTime {
    /// Given by somebody, as by `--now`: taken as it is.
    Given(DateTime<Utc>),
    /// Read off this machine's clock: compared with GitLab's.
    LocalClock(DateTime<Utc>),
}

impl CurrentTime {
    /// The time.
    pub fn time(self) -> DateTime<Utc> {
        match self {
            Self::Given(time) | Self::LocalClock(time) => time,
        }
    }
}

impl From<DateTime<Utc>> for CurrentTime {
    fn from(time: DateTime<Utc>) -> Self {
        Self::Given(time)
    }
}

/// The plan that was agreed to is not the one that the world calls for now; nothing was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StalePlan {
    /// The stamp of the plan as it is now.
    pub stamp: String,
}

/// One pass over a fleet. Sessions and labels of all pods are read, decided and done before the roster, the roster before
/// links; a plan, and what somebody agreed to, is read and decided whole.
///
/// # Errors
/// [`StalePlan`], before anything is written.
pub async fn run(
    pods: &[Pod],
    sources: Clients<'_>,
    mode: Mode<'_>,
    now: impl Into<CurrentTime>,
    limits: impl Into<RunLimits>,
) -> Result<Vec<PodRun>, StalePlan> {
    let (now, limits) = (now.into(), limits.into());
    let mut fleet = Fleet::new(pods, sources, now, limits, mode.stop());
    match mode {
        Mode::Plan => {
            fleet.plan().await;
        }
        Mode::Apply { writer, agreed_stamp: Some(agreed), .. } => {
            // A plan that a signal broke off is nobody's.
            if fleet.plan().await {
                let stamp = fleet.stamp();
                if agreed != stamp {
                    return Err(StalePlan { stamp });
                }
                fleet.carry_out_plan(writer).await;
            }
        }
        Mode::Apply { writer, agreed_stamp: None, .. } => {
            for stage in Stage::ALL {
                fleet.apply_stage(stage, writer).await;
            }
        }
    }
    Ok(fleet.into_runs())
}
