//! When a pod meets, from its file to its issues: days without a session, one at another time, a time that changes, and
//! what of it cannot be.

use chrono::{DateTime, Duration, Utc};
use podkeeper::config;
use podkeeper::pod::Pod;
use podkeeper::pod::marker::{self, Marker};
use podkeeper::sandbox::Sandbox;
use podkeeper::sandbox::{Seed, SeedPod, seed};
use serde_json::Value;

use crate::exit_codes::{copy_config, replace_in_file, run_podkeeper_with_env};
use crate::support::{
    Stage, finding_lines, fit_to_gitlab, keep_sessions_and_labels, now, repository_root, sentences, to_seed_pod,
};

/// The shipped pod with these lines in its session, and these in the file of all pods.
pub(crate) fn pod_with(session: &str, shared: &str) -> Pod {
    let mut files = config::read_folder(&repository_root().join("config")).unwrap();
    for text in files.texts.values_mut() {
        *text = fit_to_gitlab(text).replace("zone = \"UTC\"\n", &format!("zone = \"UTC\"\n{session}"));
    }
    files.texts.entry(config::INSTANCE_FILE.to_owned()).and_modify(|text| text.push_str(shared));
    keep_sessions_and_labels(config::parse(&files, now().date_naive()).unwrap().pods).remove(0)
}

/// A world that has never seen podkeeper.
pub(crate) fn stage_of(pod: Pod, moment: &str) -> Stage {
    let now = moment.parse().unwrap();
    let seed = Seed { now, pods: vec![SeedPod { past_sessions: Vec::new(), ..to_seed_pod(&pod, now) }] };
    Stage { sandbox: Sandbox::new(seed::build_world(&seed)), pods: vec![pod], now, max_writes: 10 }
}

/// The sessions that have an issue, with their starts, in the order of the issues.
fn sessions_with_issues(stage: &Stage) -> Vec<String> {
    let world = stage.sandbox.world();
    let project = world.project_by_path(&stage.pods[0].pairing_project).unwrap();
    let bodies = project.issues.values().filter_map(|issue| issue.description.as_deref());
    let session = |body: &str| {
        let block = marker::parse_body(body).block()?.clone();
        let Marker::Session(key) = &block.marker else { return None };
        let start = block.state.start.map(|start| start.format("%a %Y-%m-%d %H:%M UTC").to_string());
        Some(format!("{key} {}", start.unwrap_or_default()))
    };
    bodies.filter_map(session).collect()
}

/// A run every morning.
async fn run_daily(stage: &mut Stage, from: &str, days: i64) {
    let from: DateTime<Utc> = from.parse().unwrap();
    for day in 0..days {
        let now = from + Duration::days(day);
        stage.now = now;
        stage.sandbox.change_world(|world| world.now = now);
        stage.apply().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_winter_of_holidays_a_moved_session_and_a_new_time_has_each_session_once() {
    let session = "move = [{ date = \"2026-12-17\", to = \"2026-12-15 16:00\" }]\n[[session.change]]\nfrom = \
                   \"2027-01-11\"\ncron = \"0 9 * * Tue\"\nzone = \"Europe/Berlin\"\n";
    let shared = "\n[calendar]\nskip = [{ from = \"2026-12-21\", until = \"2027-01-03\", reason = \"holidays\" }]\n";
    let mut stage = stage_of(pod_with(session, shared), "2026-12-05T06:00:00Z");
    run_daily(&mut stage, "2026-12-05T06:00:00Z", 50).await;
    assert_eq!(
        sessions_with_issues(&stage),
        [
            "secure/weekly/2026-W50 Thu 2026-12-10 15:00 UTC",
            "secure/weekly/2026-W51 Tue 2026-12-15 16:00 UTC",
            "secure/weekly/2027-W01 Thu 2027-01-07 15:00 UTC",
            "secure/weekly/2027-W02 Tue 2027-01-12 08:00 UTC",
            "secure/weekly/2027-W03 Tue 2027-01-19 08:00 UTC",
            "secure/weekly/2027-W04 Tue 2027-01-26 08:00 UTC",
        ]
    );
    let runs = stage.apply().await;
    assert!(finding_lines(&runs).iter().all(|line| !line.starts_with("session-missed")), "{:?}", finding_lines(&runs));
}

#[tokio::test(start_paused = true)]
async fn the_third_thursday_and_the_odd_weeks_of_a_long_year_have_their_issues() {
    let mut pod = pod_with("weeks = \"odd\"\n", "");
    let mut stage = stage_of(pod.clone(), "2026-12-10T06:00:00Z");
    run_daily(&mut stage, "2026-12-10T06:00:00Z", 40).await;
    // Weeks 53 and 1 follow each other.
    assert_eq!(
        sessions_with_issues(&stage),
        [
            "secure/weekly/2026-W51 Thu 2026-12-17 15:00 UTC",
            "secure/weekly/2026-W53 Thu 2026-12-31 15:00 UTC",
            "secure/weekly/2027-W01 Thu 2027-01-07 15:00 UTC",
            "secure/weekly/2027-W03 Thu 2027-01-21 15:00 UTC",
        ]
    );
    pod.slots[0] = pod_with("", "").slots.remove(0);
    pod.slots[0].cron = podkeeper::pod::schedule::Cron::parse("0 15 * * Thu#3").unwrap();
    let mut stage = stage_of(pod, "2026-12-10T06:00:00Z");
    run_daily(&mut stage, "2026-12-10T06:00:00Z", 40).await;
    assert_eq!(
        sessions_with_issues(&stage),
        ["secure/weekly/2026-W51 Thu 2026-12-17 15:00 UTC", "secure/weekly/2027-W03 Thu 2027-01-21 15:00 UTC"]
    );
}

/// A session that is moved while its issue is open keeps the issue, and people's words in it.
#[tokio::test(start_paused = true)]
async fn an_open_issue_follows_the_session_that_is_moved() {
    let mut stage = stage_of(pod_with("", ""), "2026-12-11T06:00:00Z");
    stage.apply().await;
    assert_eq!(sessions_with_issues(&stage), ["secure/weekly/2026-W51 Thu 2026-12-17 15:00 UTC"]);
    stage.pods = vec![pod_with("move = [{ date = \"2026-12-17\", to = \"2026-12-15 16:00\" }]\n", "")];
    stage.apply().await;
    assert_eq!(sessions_with_issues(&stage), ["secure/weekly/2026-W51 Tue 2026-12-15 16:00 UTC"]);
    assert_eq!(sentences(&stage.plan().await), "", "an unchanged world gets no write");
}

#[tokio::test(start_paused = true)]
async fn settings_that_cannot_be_are_told_and_the_session_is_opened_all_the_same() {
    let session = "skip = [\"2026-12-04/2026-12-02\", \"2026-12-25\"]\nmove = [{ date = \"2026-12-03\", to = \
                   \"2026-12-30 15:00\" }]\n[[session.change]]\nfrom = \"2027-01-04\"\nzone = \
                   \"Europe/Berlin\"\n[[session.change]]\nfrom = \"2027-01-04\"\nduration = \"2h\"\n";
    let pod = pod_with(session, "\n[calendar]\nskip = [\"2026-12-31/2026-12-01\"]\n");
    let stage = stage_of(pod, "2026-11-27T06:00:00Z");
    let runs = stage.apply().await;
    assert_eq!(sessions_with_issues(&stage), ["secure/weekly/2026-W49 Thu 2026-12-03 15:00 UTC"]);
    let mut found: Vec<String> = finding_lines(&runs);
    found.retain(|line| line.starts_with("setting-left-out") || line.starts_with("skip-without-session"));
    assert_eq!(
        found,
        [
            "setting-left-out podkeeper.toml:74",
            "setting-left-out pods/secure.toml:12",
            "setting-left-out pods/secure.toml:13",
            "setting-left-out pods/secure.toml:17",
            "skip-without-session secure/weekly 2026-12-25",
        ]
    );
    assert_eq!(stage.plan().await[0].exit_status().exit_code(), 0);
}

#[tokio::test]
async fn validate_shows_the_next_sessions_and_refuses_what_a_run_would_leave_out() {
    let with = |name: &str, session: &str| {
        copy_config(name, |folder| {
            let lines = format!("zone = \"America/New_York\"\n{session}");
            replace_in_file(&folder.join("pods/secure.toml"), "zone = \"UTC\"\n", &lines);
        })
    };
    // The clock is this machine's, so the dates are far ahead of it.
    let fine = with("rhythm-fine", "skip = [\"2090-12-22\"]\n");
    let validated = run_podkeeper_with_env(&["config", "validate", "--config", &fine], &[]).await;
    validated.assert_ends(
        0,
        &[
            "is good: secure",
            "warning: slot `weekly` does not meet on Fri 2090-12-22, so `skip` leaves nothing out there",
            "pods/secure.toml:12 = it meets on Thu 2090-12-21 and Thu 2090-12-28",
            "Secure Pod meets next: weekly: Thu",
            "UTC, 15:00 in America/New_York",
        ],
    );
    assert_eq!(validated.out.matches("in America/New_York").count(), 3, "{}", validated.out);
    let wrong = with("rhythm-wrong", "skip = [\"2091-01-03/2090-12-21\", \"2090-12-02/2090-12-01\"]\n");
    let validated = run_podkeeper_with_env(&["config", "validate", "--config", &wrong], &[]).await;
    validated.assert_ends(
        2,
        &[
            "error: the range of `skip` from 2091-01-03 to 2090-12-21 runs backwards; it is left out --> ",
            "pods/secure.toml:12 = write 2090-12-21/2091-01-03, if that is meant",
            "Secure Pod meets next",
        ],
    );
    assert!(!validated.out.contains("is good"), "{}", validated.out);
    // TOML has dates of its own, and `skip` takes texts.
    let bare = with("rhythm-bare", "skip = [2026-12-24]\n");
    let validated = run_podkeeper_with_env(&["config", "validate", "--config", &bare], &[]).await;
    validated.assert_ends(
        2,
        &["an entry of `skip` should be a text in quotes, not a date", "write skip = [\"2026-12-24\"]"],
    );
}

#[tokio::test]
async fn a_plan_shows_the_next_sessions_in_utc_and_in_the_zone() {
    let config = copy_config("rhythm-plan", |folder| {
        let lines = "zone = \"Europe/Berlin\"\nskip = [{ date = \"2026-12-10\", reason = \"summit\" }]\nmove = [{ date = \
                     \"2026-12-17\", to = \"2026-12-15 16:00\" }]\n";
        replace_in_file(&folder.join("pods/secure.toml"), "zone = \"UTC\"\n", lines);
    });
    let plan = ["plan", "--sandbox", "--config", &config, "--now", "2026-12-01T06:00:00Z"];
    let planned = run_podkeeper_with_env(&plan, &[]).await;
    planned.assert_ends(
        0,
        &[
            "@ weekly: Thu 2026-12-03 14:00 UTC, 15:00 in Europe/Berlin",
            "@ weekly: no session on Thu 2026-12-10: summit",
            "@ weekly: Tue 2026-12-15 15:00 UTC, 16:00 in Europe/Berlin, moved from Thu 2026-12-17",
            "@ weekly: Thu 2026-12-24 14:00 UTC, 15:00 in Europe/Berlin",
        ],
    );
    let planned = run_podkeeper_with_env(&[&plan[..], &["--format", "json"]].concat(), &[]).await;
    let report: Value = serde_json::from_str(&planned.out).unwrap();
    let next = report["pods"][0]["next"].as_array().unwrap();
    let shown: Vec<String> = next.iter().map(Value::to_string).collect();
    assert_eq!(
        shown,
        [
            r#"{"slot":"weekly","start_local":"2026-12-03T15:00:00+01:00","start_utc":"2026-12-03T14:00:00Z","zone":"Europe/Berlin"}"#,
            r#"{"reason":"summit","skipped":true,"slot":"weekly","start_local":"2026-12-10T15:00:00+01:00","start_utc":"2026-12-10T14:00:00Z","zone":"Europe/Berlin"}"#,
            r#"{"moved_from":"2026-12-17","slot":"weekly","start_local":"2026-12-15T16:00:00+01:00","start_utc":"2026-12-15T15:00:00Z","zone":"Europe/Berlin"}"#,
            r#"{"slot":"weekly","start_local":"2026-12-24T15:00:00+01:00","start_utc":"2026-12-24T14:00:00Z","zone":"Europe/Berlin"}"#,
        ]
    );
}
