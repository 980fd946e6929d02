//! The pipeline schedule that runs podkeeper. What a token may not see is "not visible", never "missing".

use chrono::TimeDelta;

use super::{Findings, day_text, page_url};
use crate::pod::diagnosis::{Check, Verdict};
use crate::pod::doctor_snapshot::{DoctorSnapshot, Schedule, ScheduleProject, choose_schedule};
use crate::pod::observed::{FailureCause, Observed};
use crate::pod::text::one_line;

/// So long after its time a schedule has not run: GitLab starts them within minutes.
const MAX_DELAY: TimeDelta = TimeDelta::hours(24);

pub(super) fn check(seen: &DoctorSnapshot, found: &mut Findings) {
    let Some(project) = &seen.schedules else {
        let message = "no project is named whose schedule runs podkeeper";
        let advice = "Name it: podkeeper doctor --project GROUP/PROJECT (in CI it is the job's own)";
        return found.push(Verdict::not_checked(Check::Schedule, message).advise(advice));
    };
    let schedules = match &project.schedules {
        Observed::Present(schedules) => schedules,
        Observed::Absent => return found.push(not_visible(&project.path, &project.path)),
        Observed::Unknown(failure) if failure.cause == FailureCause::Token => {
            return found.push(not_visible(&format!("the schedules of {}", project.path), &project.path));
        }
        Observed::Unknown(failure) => return found.push_unread(Check::Schedule, None, failure),
    };
    let verdict = match choose_schedule(schedules) {
        None => none(project),
        Some(schedule) => judge(seen, project, schedule),
    };
    found.push(verdict.about(&project.path));
}

fn not_visible(what: &str, project: &str) -> Verdict {
    let advice = format!(
        "That is no fault of the bot's. To look: give the token's account the role Reporter in {project}, or run doctor with \
         a token that has it"
    );
    let message = format!(
        "{} not visible to this token",
        if what == project { format!("{what} is") } else { format!("{what} are") }
    );
    Verdict::not_checked(Check::Schedule, message).advise(advice).about(project)
}

fn none(project: &ScheduleProject) -> Verdict {
    let branch = project.default_branch.as_deref().unwrap_or("the default branch");
    Verdict::stops(Check::Schedule, format!("{} has no pipeline schedule, so nothing runs podkeeper.", project.path))
        .advise(format!("Make one that runs once a day on {branch}: {}", schedules_url(project, "/new")))
}

fn judge(seen: &DoctorSnapshot, project: &ScheduleProject, schedule: &Schedule) -> Verdict {
    let named = format!("\"{}\"", schedule.description);
    let plain = format!("the schedule of {}", project.path);
    let stops =
        |what: &str| Verdict::stops(Check::Schedule, format!("{plain} {what}")).for_team(format!("{named} {what}"));
    let soon =
        |what: &str| Verdict::soon(Check::Schedule, format!("{plain} {what}")).for_team(format!("{named} {what}"));
    let url = schedules_url(project, "");
    let owner = owner_problem(schedule);
    if !schedule.active {
        let since = schedule.updated_at.map(|time| format!(" since {}", day_text(time.date_naive(), seen.now)));
        let since = since.unwrap_or_default();
        return match owner {
            Some(why) => {
                stops(&format!("has been off{since}: {why}.")).advise(format!("A maintainer takes it over: {url}"))
            }
            None => stops(&format!("has been off{since}."))
                .advise(format!("Its owner switches it on, or a maintainer takes it over: {url}")),
        };
    }
    if let Some(why) = owner {
        return stops(&format!("cannot run: {why}.")).advise(format!("A maintainer takes it over: {url}"));
    }
    if let Some(branch) = project.default_branch.as_ref().filter(|branch| **branch != schedule.git_ref) {
        return soon(&format!("runs on {}, not on {branch}, so what is changed there is not seen.", schedule.git_ref))
            .advise(format!("Set its branch: {url}"));
    }
    let late = schedule.next_run_at.filter(|next| seen.now.signed_duration_since(*next) > MAX_DELAY);
    if let Some(next) = late {
        return soon(&format!("was to run on {} and did not.", day_text(next.date_naive(), seen.now)))
            .advise(format!("Run it by hand and look what GitLab says: {url}"));
    }
    judge_last(project, schedule, &plain, &named)
}

/// How its last pipeline ended.
fn judge_last(project: &ScheduleProject, schedule: &Schedule, plain: &str, named: &str) -> Verdict {
    let next = schedule.next_run_at.map(|next| format!("runs next on {}", next.format("%a %-d %b, %H:%M UTC")));
    let next = next.unwrap_or_else(|| "is on".to_owned());
    let last = match &schedule.last_status {
        Observed::Present(status) => one_line(status),
        Observed::Absent => {
            return Verdict::fine(Check::Schedule, format!("{plain} {next}; it has not run yet"))
                .for_team(format!("{named} {next}; it has not run yet"));
        }
        Observed::Unknown(_) => {
            return Verdict::fine(Check::Schedule, format!("{plain} {next}")).for_team(format!("{named} {next}"));
        }
    };
    if matches!(last.as_str(), "failed" | "canceled" | "skipped") {
        let url = project.url.present().map(|url| page_url(url, "-/pipelines?source=schedule"));
        let what = format!("{next}, and its last pipeline ended as {last}.");
        return Verdict::soon(Check::Schedule, format!("{plain} {what}"))
            .for_team(format!("{named} {what}"))
            .advise(format!("Its log says why: {}", url.unwrap_or_default()));
    }
    let what = format!("{next}; its last pipeline: {last}");
    Verdict::fine(Check::Schedule, format!("{plain} {what}")).for_team(format!("{named} {what}"))
}

/// Why its owner cannot run it: GitLab starts nothing as an account that is not active, and switches such schedules off.
fn owner_problem(schedule: &Schedule) -> Option<String> {
    match schedule.owner_state.as_deref() {
        Some("active") => None,
        Some(state) => Some(format!("its owner is {state}")),
        None => Some("it has no owner".to_owned()),
    }
}

fn schedules_url(project: &ScheduleProject, rest: &str) -> String {
    let home = project.url.present().cloned().unwrap_or_else(|| project.path.clone());
    page_url(&home, &format!("-/pipeline_schedules{rest}"))
}
