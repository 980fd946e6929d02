//! The project whose pipeline schedule runs podkeeper.

use chrono::{Duration, NaiveTime};
use gitlab_sandbox::world::{MAINTAINER, OWNER, REPORTER, Visibility, World};

use super::SeedUsers;

/// When the schedule starts a pipeline, every day.
const HOUR: u32 = 6;

/// Its path: beside the first pod's pairing issues.
pub fn schedule_project(pairing_project: &str) -> String {
    let group = pairing_project.rsplit_once('/').map_or(pairing_project, |(group, _)| group);
    format!("{group}/podkeeper-config")
}

/// The project with a schedule that ran this morning, or yesterday where it is early.
pub(super) fn build_schedule_project(world: &mut World, cast: &SeedUsers, pairing_project: &str) {
    let project = world.add_project(&schedule_project(pairing_project), Visibility::Private);
    world.add_member(project, cast.root, OWNER);
    world.add_member(project, cast.person, MAINTAINER);
    world.add_member(project, cast.bot, REPORTER);
    world.add_file(project, "main", "README.md", "# The configuration of podkeeper\n");
    let Some(schedule) = world.add_schedule(project, cast.person, "podkeeper daily", "0 6 * * *") else { return };
    let now = world.now;
    let today = NaiveTime::from_hms_opt(HOUR, 0, 0).map(|time| now.date_naive().and_time(time).and_utc());
    let day =
        |time: chrono::DateTime<chrono::Utc>, days: i64| time.checked_add_signed(Duration::days(days)).unwrap_or(time);
    let today = today.unwrap_or(now);
    let next = if today > now { today } else { day(today, 1) };
    let last = day(next, -1);
    world.at_time(last, |world| world.add_scheduled_pipeline(project, schedule, "success"));
    if let Some(home) = world.projects.get_mut(&project)
        && let Some(schedule) = home.schedules.get_mut(&schedule)
    {
        schedule.next_run_at = Some(next);
        schedule.created_at = day(last, -30);
        schedule.updated_at = schedule.created_at;
    }
}
