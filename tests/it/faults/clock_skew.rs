//! Clocks that disagree: the runner's, GitLab's, and what the issues themselves say.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Request, Response};
use linkcheck::check_options::CheckOptions;
use podkeeper::execute::StopFlag;
use podkeeper::gitlab::{Exchange, ExchangeError, new_reader_and_writer};
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::run::{CurrentTime, Mode, run};

use super::{exit_status, session_issues};
use crate::support::{Stage, finding_lines, gitlab_only_clients, now};

/// What a clock shows instead of the time.
fn wrong_clocks(time: DateTime<Utc>) -> [(&'static str, DateTime<Utc>); 7] {
    [
        ("1970", DateTime::UNIX_EPOCH),
        ("a week behind", time - TimeDelta::days(7)),
        ("a day behind", time - TimeDelta::days(1)),
        ("11 minutes behind", time - TimeDelta::minutes(11)),
        ("right", time),
        ("9 minutes ahead", time + TimeDelta::minutes(9)),
        ("a day ahead", time + TimeDelta::days(1)),
    ]
}

/// One run on a machine whose clock shows this.
async fn apply_at(stage: &Stage, runner: DateTime<Utc>) -> Vec<PodRun> {
    let (reader, writer) = new_reader_and_writer(&stage.access("api"), runner).unwrap();
    let mode = Mode::Apply { writer: &writer, agreed_stamp: None, stop: &StopFlag::default() };
    run(
        &stage.pods,
        gitlab_only_clients(&reader, &CheckOptions::default()),
        mode,
        CurrentTime::LocalClock(runner),
        stage.max_writes,
    )
    .await
    .unwrap()
}

/// A pod that has been kept for two weeks, so that its issues have dates.
async fn stage_after_two_weeks() -> Stage {
    let mut stage = Stage::seeded_at(now() - TimeDelta::days(7));
    stage.apply().await;
    stage.now = now();
    stage.sandbox.change_world(|world| world.now = now());
    stage
}

#[tokio::test(start_paused = true)]
async fn f10_clocks_that_disagree_never_make_a_second_issue_in_a_day() {
    let (mut frozen, mut worked) = (0, 0);
    for (runner_shows, runner) in wrong_clocks(now()) {
        for (server_shows, server) in wrong_clocks(now()) {
            let what = format!("runner {runner_shows}, server {server_shows}");
            let stage = stage_after_two_weeks().await;
            let before = session_issues(&stage).len();
            stage.sandbox.change_world(|world| world.now = server);
            let runs = apply_at(&stage, runner).await;
            let opened = session_issues(&stage).len() - before;
            assert!(opened <= 1, "{what}");
            let skewed = finding_lines(&runs).contains(&"clock-skewed clock".to_owned());
            let skew = (runner - server).abs() > TimeDelta::minutes(10);
            if exit_status(&runs) == ExitStatus::Incomplete {
                // A clock that runs before the newest issue was opened has lost its battery.
                assert!(server_shows == "1970" || server < now() - TimeDelta::days(6), "{what}");
                assert_eq!((opened, runs[0].read_failures.len()), (0, 1), "{what}: {:?}", runs[0].read_failures);
                frozen += 1;
            } else {
                assert_eq!((skewed, exit_status(&runs)), (skew, ExitStatus::Done), "{what}");
                worked += 1;
            }
            // A second worker on another machine sees the same GitLab and opens nothing more.
            for (_, other) in wrong_clocks(now()) {
                apply_at(&stage, other).await;
            }
            let weeks: Vec<String> = session_issues(&stage).into_iter().map(|(week, _)| week).collect();
            let mut once = weeks.clone();
            once.dedup();
            assert!(once == weeks && weeks.len() <= before + 1, "{what}: {weeks:?}");
        }
    }
    println!("49 pairs of clocks: {worked} worked, {frozen} changed nothing, each with one issue a week at most");
    assert!(frozen >= 7 && worked >= 30, "{frozen} and {worked}");
}

/// What this machine's clock and the first answers agree on counts for the whole run.
#[tokio::test(start_paused = true)]
async fn f10_a_server_whose_clock_jumps_back_in_the_middle_changes_nothing_in_what_is_done() {
    let whole = stage_after_two_weeks().await;
    let calls = {
        apply_at(&whole, now()).await;
        whole.sandbox.request_count()
    };
    let wanted: Vec<String> = session_issues(&whole).into_iter().map(|(week, _)| week).collect();
    for jump in 1..calls {
        let stage = stage_after_two_weeks().await;
        let server = JumpsBack::after(&stage, jump);
        let (reader, writer) = new_reader_and_writer(&stage.access_over(server, "api"), now()).unwrap();
        let mode = Mode::Apply { writer: &writer, agreed_stamp: None, stop: &StopFlag::default() };
        let moment = CurrentTime::LocalClock(now());
        let runs =
            run(&stage.pods, gitlab_only_clients(&reader, &CheckOptions::default()), mode, moment, stage.max_writes)
                .await
                .unwrap();
        let weeks: Vec<String> = session_issues(&stage).into_iter().map(|(week, _)| week).collect();
        // Where all answers but the first say Monday it is Monday, until what was opened has Tuesday's date.
        let reported = if jump == 1 { ExitStatus::Incomplete } else { ExitStatus::Done };
        assert!(
            exit_status(&runs) == reported && weeks == wanted,
            "after {jump} calls: {weeks:?}, {:?}",
            runs[0].read_failures
        );
    }
}

/// The weeks for which there is an issue, once one answer of a run, or two, name another date.
async fn with_wrong_dates(runner: DateTime<Utc>, at: &[u64], date: &'static str) -> (Vec<PodRun>, Vec<String>) {
    let stage = stage_after_two_weeks().await;
    let server = Arc::new(WrongDates { inner: stage.exchange(), calls: AtomicU64::new(0), at: at.to_vec(), date });
    let (reader, writer) = new_reader_and_writer(&stage.access_over(server, "api"), runner).unwrap();
    let mode = Mode::Apply { writer: &writer, agreed_stamp: None, stop: &StopFlag::default() };
    let moment = CurrentTime::LocalClock(runner);
    let runs = run(&stage.pods, gitlab_only_clients(&reader, &CheckOptions::default()), mode, moment, stage.max_writes)
        .await
        .unwrap();
    (runs, session_issues(&stage).into_iter().map(|(week, _)| week).collect())
}

/// Dates that no GitLab of the stage's day can mean.
const WRONG_DATES: [&str; 4] = [
    "Wed, 02 Feb 2028 06:00:00 GMT",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Tue, 17 Nov 2026 06:00:00 GMT",
];

/// How many requests an undisturbed run sends, and the weeks that have an issue then.
async fn run_undisturbed() -> (u64, Vec<String>) {
    let stage = stage_after_two_weeks().await;
    let before = stage.sandbox.request_count();
    apply_at(&stage, now()).await;
    let weeks = session_issues(&stage).into_iter().map(|(week, _)| week).collect();
    (stage.sandbox.request_count() - before, weeks)
}

#[tokio::test(start_paused = true)]
async fn f10_one_wrong_date_of_one_answer_changes_nothing_wherever_it_stands() {
    let (calls, wanted) = run_undisturbed().await;
    assert!(calls > 6, "{calls}");
    for at in 0..calls {
        for date in WRONG_DATES {
            let (runs, weeks) = with_wrong_dates(now(), &[at], date).await;
            assert_eq!(
                (exit_status(&runs), &weeks),
                (ExitStatus::Done, &wanted),
                "{date} at {at}: {:?}",
                runs[0].read_failures
            );
            assert!(!finding_lines(&runs).contains(&"clock-skewed clock".to_owned()), "{date} at {at}");
        }
    }
    println!("a wrong date at each of {calls} answers, {} dates: nothing changed", WRONG_DATES.len());
}

#[tokio::test(start_paused = true)]
async fn f10_two_wrong_dates_open_nothing_for_another_year() {
    let (calls, wanted) = run_undisturbed().await;
    let (mut worked, mut all) = (0, 0);
    for first in 0..calls {
        for second in first + 1..calls {
            let (runs, weeks) = with_wrong_dates(now(), &[first, second], WRONG_DATES[0]).await;
            assert!(weeks.iter().all(|week| wanted.contains(week)), "at {first} and {second}: {weeks:?}");
            assert!(matches!(exit_status(&runs), ExitStatus::Done | ExitStatus::Incomplete), "at {first} and {second}");
            worked += usize::from(exit_status(&runs) == ExitStatus::Done && weeks == wanted);
            all += 1;
        }
    }
    println!("two wrong dates in {all} places: {worked} worked, the others changed nothing");
    assert!(worked * 10 > all * 8, "{worked} of {all}");
}

/// A machine whose clock has lost a year, or won one, works by GitLab's; a wrong date may stop it, and misleads it
/// never.
#[tokio::test(start_paused = true)]
async fn f10_a_machine_that_is_a_year_off_works_by_gitlabs_clock_and_one_wrong_date_does_not_mislead_it() {
    let (calls, wanted) = run_undisturbed().await;
    for runner in [now() - TimeDelta::days(365), now() + TimeDelta::days(365), "2028-02-02T06:00:00Z".parse().unwrap()]
    {
        let (runs, weeks) = with_wrong_dates(runner, &[], "").await;
        assert_eq!((exit_status(&runs), &weeks), (ExitStatus::Done, &wanted), "{runner}: {:?}", runs[0].read_failures);
        assert!(finding_lines(&runs).contains(&"clock-skewed clock".to_owned()), "{runner}");
        for at in 0..calls {
            for date in WRONG_DATES {
                let (runs, weeks) = with_wrong_dates(runner, &[at], date).await;
                assert!(weeks.iter().all(|week| wanted.contains(week)), "{runner}, {date} at {at}: {weeks:?}");
                let mut once = weeks.clone();
                once.dedup();
                assert_eq!(once, weeks, "{runner}, {date} at {at}");
                assert!(
                    matches!(exit_status(&runs), ExitStatus::Done | ExitStatus::Incomplete),
                    "{runner}, {date} at {at}"
                );
            }
        }
    }
}

/// An issue of the future, as an import makes one, stops nobody whose clock agrees with GitLab's.
#[tokio::test(start_paused = true)]
async fn an_issue_that_was_opened_in_the_future_freezes_nothing() {
    let stage = stage_after_two_weeks().await;
    stage.sandbox.change_world(|world| {
        let id = world.project_by_path(&stage.pods[0].pairing_project).unwrap().id;
        let project = world.projects.get_mut(&id).unwrap();
        let issue = project.issues.values_mut().next_back().unwrap();
        issue.created_at = now() + TimeDelta::days(365);
    });
    let runs = apply_at(&stage, now()).await;
    assert_eq!(exit_status(&runs), ExitStatus::Done, "{:?} {:?}", runs[0].read_failures, runs[0].outcomes);
}

/// Without the server's word a runner that is a day ahead at the end of a session would open the next one early, and
/// one that shows 1970 would open an issue for 1970: what the matrix above is held against.
#[tokio::test(start_paused = true)]
async fn a_worker_that_trusts_its_own_clock_alone_is_caught() {
    let mut stage = stage_after_two_weeks().await;
    let before = session_issues(&stage).len();
    stage.apply().await;
    stage.now = now() + TimeDelta::days(7);
    stage.apply().await;
    assert_eq!(session_issues(&stage).len(), before + 2, "two weeks' issues in one day");
}

/// A server whose clock jumps back by a day after so many calls.
struct JumpsBack {
    inner: Arc<dyn Exchange>,
    calls: AtomicU64,
    after: u64,
}

impl JumpsBack {
    fn after(stage: &Stage, after: u64) -> Arc<Self> {
        Arc::new(Self { inner: stage.exchange(), calls: AtomicU64::new(0), after })
    }
}

#[async_trait::async_trait]
impl Exchange for JumpsBack {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let mut answer = self.inner.exchange(request).await?;
        if self.calls.fetch_add(1, Ordering::Relaxed) >= self.after {
            answer.headers_mut().insert("date", "Mon, 23 Nov 2026 06:00:00 GMT".parse().unwrap());
        }
        Ok(answer)
    }
}

/// A server of whose answers some name another date.
struct WrongDates {
    inner: Arc<dyn Exchange>,
    calls: AtomicU64,
    /// Which answers, from 0.
    at: Vec<u64>,
    date: &'static str,
}

#[async_trait::async_trait]
impl Exchange for WrongDates {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let mut answer = self.inner.exchange(request).await?;
        if self.at.contains(&call) {
            answer.headers_mut().insert("date", self.date.parse().unwrap());
        }
        Ok(answer)
    }
}
