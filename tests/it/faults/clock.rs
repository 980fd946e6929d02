//! Clocks that disagree: the runner's, GitLab's, and what the issues themselves say.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Request, Response};
use podkeeper::collect::links::policy::Policy;
use podkeeper::execute::Stop;
use podkeeper::gitlab::{Exchange, Failure, connect_to_write};
use podkeeper::pod::run::{Ending, Run};
use podkeeper::run::{Mode, Moment, run};

use super::{ending, sessions};
use crate::support::{Stage, eyes, findings, now};

/// What a clock shows instead of the time.
fn clocks(time: DateTime<Utc>) -> [(&'static str, DateTime<Utc>); 7] {
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
async fn apply_at(stage: &Stage, runner: DateTime<Utc>) -> Vec<Run> {
    let (reader, writer) = connect_to_write(&stage.access("api"), runner).unwrap();
    let mode = Mode::Apply { writer: &writer, agreed: None, stop: &Stop::default() };
    run(&stage.pods, eyes(&reader, &Policy::default()), mode, Moment::Read(runner), stage.max_writes).await.unwrap()
}

/// A pod that has been kept for two weeks, so that its issues have dates.
async fn kept() -> Stage {
    let mut stage = Stage::seeded_at(now() - TimeDelta::days(7));
    stage.apply().await;
    stage.now = now();
    stage.sandbox.change(|world| world.now = now());
    stage
}

#[tokio::test(start_paused = true)]
async fn f10_clocks_that_disagree_never_make_a_second_issue_in_a_day() {
    let (mut frozen, mut worked) = (0, 0);
    for (runner_shows, runner) in clocks(now()) {
        for (server_shows, server) in clocks(now()) {
            let what = format!("runner {runner_shows}, server {server_shows}");
            let stage = kept().await;
            let before = sessions(&stage).len();
            stage.sandbox.change(|world| world.now = server);
            let runs = apply_at(&stage, runner).await;
            let opened = sessions(&stage).len() - before;
            assert!(opened <= 1, "{what}");
            let skewed = findings(&runs).contains(&"clock-skewed clock".to_owned());
            let skew = (runner - server).abs() > TimeDelta::minutes(10);
            if ending(&runs) == Ending::Incomplete {
                // A clock that runs before the newest issue was opened has lost its battery.
                assert!(server_shows == "1970" || server < now() - TimeDelta::days(6), "{what}");
                assert_eq!((opened, runs[0].unknown.len()), (0, 1), "{what}: {:?}", runs[0].unknown);
                frozen += 1;
            } else {
                assert_eq!((skewed, ending(&runs)), (skew, Ending::Done), "{what}");
                worked += 1;
            }
            // A second worker on another machine sees the same GitLab and opens nothing more.
            for (_, other) in clocks(now()) {
                apply_at(&stage, other).await;
            }
            let weeks: Vec<String> = sessions(&stage).into_iter().map(|(week, _)| week).collect();
            let mut once = weeks.clone();
            once.dedup();
            assert!(once == weeks && weeks.len() <= before + 1, "{what}: {weeks:?}");
        }
    }
    println!("49 pairs of clocks: {worked} worked, {frozen} changed nothing, each with one issue a week at most");
    assert!(frozen >= 7 && worked >= 30, "{frozen} and {worked}");
}

/// The first answer's date counts for the whole run.
#[tokio::test(start_paused = true)]
async fn f10_a_server_whose_clock_jumps_back_in_the_middle_changes_nothing_in_what_is_done() {
    let whole = kept().await;
    let calls = {
        apply_at(&whole, now()).await;
        whole.sandbox.requests()
    };
    let wanted: Vec<String> = sessions(&whole).into_iter().map(|(week, _)| week).collect();
    for jump in 1..calls {
        let stage = kept().await;
        let server = JumpsBack::after(&stage, jump);
        let (reader, writer) = connect_to_write(&stage.access_over(server, "api"), now()).unwrap();
        let mode = Mode::Apply { writer: &writer, agreed: None, stop: &Stop::default() };
        let moment = Moment::Read(now());
        let runs = run(&stage.pods, eyes(&reader, &Policy::default()), mode, moment, stage.max_writes).await.unwrap();
        let weeks: Vec<String> = sessions(&stage).into_iter().map(|(week, _)| week).collect();
        assert!(
            ending(&runs) == Ending::Done && weeks == wanted,
            "after {jump} calls: {weeks:?}, {:?}",
            runs[0].unknown
        );
    }
}

/// Without the server's word a runner that is a day ahead at the end of a session would open the next one early, and one
/// that shows 1970 would open an issue for 1970: what the matrix above is held against.
#[tokio::test(start_paused = true)]
async fn a_worker_that_trusts_its_own_clock_alone_is_caught() {
    let mut stage = kept().await;
    let before = sessions(&stage).len();
    stage.apply().await;
    stage.now = now() + TimeDelta::days(7);
    stage.apply().await;
    assert_eq!(sessions(&stage).len(), before + 2, "two weeks' issues in one day");
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
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        let mut answer = self.inner.exchange(request).await?;
        if self.calls.fetch_add(1, Ordering::Relaxed) >= self.after {
            answer.headers_mut().insert("date", "Mon, 23 Nov 2026 06:00:00 GMT".parse().unwrap());
        }
        Ok(answer)
    }
}
