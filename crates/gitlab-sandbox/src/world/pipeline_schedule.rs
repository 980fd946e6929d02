//! Pipeline schedules.

use chrono::{DateTime, Utc};
use serde::Serialize;

/// A pipeline that is started by the clock (GitLab docs, "Pipeline schedules API").
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PipelineSchedule {
    /// Its number.
    pub id: u64,
    /// What it is for.
    pub description: String,
    /// The branch or tag that it runs on.
    pub git_ref: String,
    /// Five fields, as in crontab.
    pub cron: String,
    /// The zone in which they are meant.
    pub cron_timezone: String,
    /// Whether it runs.
    pub active: bool,
    /// As whom it runs.
    pub owner: u64,
    /// When it starts a pipeline next, as whoever made the world says: the sandbox starts none.
    pub next_run_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}
