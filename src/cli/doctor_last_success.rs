//! `podkeeper doctor --last-success`: whether the schedule of another project still does its work.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::args::{DoctorArgs, OutputFormat};
use super::context::Context;
use super::output::Output;
use super::{CliError, connect};
use crate::gitlab::{TokenPurpose, new_reader};
use crate::pod::run::ExitStatus;
use crate::report::doctor::{LastSuccess, render_last_success_json, render_last_success_text};

/// One request: the newest pipeline that a schedule started and that ended well.
pub(super) async fn run(
    args: &DoctorArgs,
    within: Duration,
    context: &Context<'_>,
    output: &mut Output,
) -> Result<u8, CliError> {
    let project = args.project.clone().or_else(|| context.env_var("CI_PROJECT_PATH").map(str::to_owned));
    let project = project
        .ok_or_else(|| CliError::usage("--last-success looks at one project: name it with --project GROUP/PROJECT"))?;
    let config = context.load_config_or_default()?;
    let connection = connect::gitlab(&args.gitlab, args.now, TokenPurpose::Handbook, &config, context).await?;
    let reader = new_reader(&connection.access).map_err(CliError::usage)?;
    let newest = reader.newest_scheduled_success(&project).await.map_err(|failure| CliError {
        exit_status: ExitStatus::from(failure.cause),
        message: format!("could not see {}: {}", failure.what, failure.why),
    })?;
    let result = LastSuccess {
        project: &project,
        within,
        ended_at: newest.as_ref().map(|run| run.ended_at),
        url: newest.as_ref().map(|run| run.url.as_str()),
        is_recent: newest.as_ref().is_some_and(|run| is_recent(run.ended_at, connection.now, within)),
        now: connection.now,
    };
    match context.global.format {
        OutputFormat::Json => output.print(&render_last_success_json(&result)),
        OutputFormat::Text if context.global.quiet && result.is_recent => {}
        OutputFormat::Text => output.print(&render_last_success_text(&result)),
    }
    Ok(result.exit_status().exit_code())
}

fn is_recent(ended_at: DateTime<Utc>, now: DateTime<Utc>, within: Duration) -> bool {
    // A time that no clock can show is long enough for any pipeline.
    let Ok(within) = TimeDelta::from_std(within) else { return true };
    now.signed_duration_since(ended_at) <= within
}
