//! How the stages of a run share its time: what is slow, stopped or cut off in one holds up no other, and what was done
//! and found before is in the report.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use linkcheck::check_options::CheckOptions;
use linkcheck::web::{WebClient, WebSettings};
use podkeeper::collect::Clients;
use podkeeper::execute::StopFlag;
use podkeeper::gitlab::{ConnectionOptions, Exchange, ExchangeError, TokenPurpose, new_reader_and_writer};
use podkeeper::pod::limits::RunLimits;
use podkeeper::pod::rule::Rule;
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::pod::Task;
use podkeeper::pod::verdict::Verdict;
use podkeeper::run::{Mode, run};
use serde_json::json;
use tokio::time::Instant;

use crate::run_time::{Trouble, add_links, count_opened, fleet, sandbox_web};
use crate::support::{Stage, now};

/// What is done to a request before it is answered.
enum Treatment {
    /// It is answered as ever.
    Pass,
    /// The answer comes after so long.
    Delay(Duration),
    /// It is carried out, and the answer is lost.
    LoseAnswer,
    /// Nothing comes, ever.
    Hang,
}

/// GitLab, with a treatment for some of its requests.
struct TreatedGitlab<F> {
    inner: Arc<dyn Exchange>,
    treat: F,
}

#[async_trait::async_trait]
impl<F: Fn(&Request<Bytes>) -> Treatment + Send + Sync> Exchange for TreatedGitlab<F> {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        match (self.treat)(&request) {
            Treatment::Pass => self.inner.exchange(request).await,
            Treatment::Delay(time) => {
                tokio::time::sleep(time).await;
                self.inner.exchange(request).await
            }
            Treatment::LoseAnswer => {
                self.inner.exchange(request).await?;
                Err(ExchangeError::NoAnswer("connection reset by peer".to_owned()))
            }
            Treatment::Hang => std::future::pending().await,
        }
    }
}

fn treated(
    stage: &Stage,
    treat: impl Fn(&Request<Bytes>) -> Treatment + Send + Sync + 'static,
) -> Arc<dyn Exchange> {
    Arc::new(TreatedGitlab { inner: stage.exchange(), treat })
}

/// Does the whole job over this exchange, among hosts that may be slow.
async fn apply_all(stage: &Stage, exchange: Arc<dyn Exchange>, limits: RunLimits, stop: &StopFlag) -> Vec<PodRun> {
    let (reader, writer) = new_reader_and_writer(&stage.access_for_all_purposes(exchange), stage.now).unwrap();
    let web = WebClient::with_fetch(sandbox_web(stage), WebSettings::default());
    let policy = CheckOptions::default();
    let sources = Clients { reader: &reader, web: Some(&web), policy: &policy };
    let mode = Mode::Apply { writer: &writer, agreed_stamp: None, stop };
    run(&stage.pods, sources, mode, stage.now, limits).await.unwrap()
}

/// The way in where reports have a token of their own.
fn access_with_reports_token(stage: &Stage, exchange: Arc<dyn Exchange>) -> ConnectionOptions {
    let mut access = stage.access_over(exchange, "api");
    let reports = stage.access("read_api").tokens.remove(&TokenPurpose::Pairing);
    access.tokens.extend(reports.map(|token| (TokenPurpose::Reports, token)));
    access
}

/// The account of a token is read under a lock, and a write whose answer is lost needs the account.
#[tokio::test(start_paused = true)]
async fn a_read_of_one_pod_holds_up_no_write_of_another() {
    let mut pods = fleet(2);
    pods[0].tasks = [Task::Sessions, Task::Labels].into();
    let stage = Stage::of(pods, now());
    let reports_token = stage.sandbox.describe().tokens["read_api"].clone();
    let exchange = treated(&stage, move |request| {
        let is_reports = request.headers().get("private-token").is_some_and(|token| token == reports_token.as_str());
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/api/v4/user") if is_reports => Treatment::Delay(Duration::from_secs(5)),
            (&Method::POST, path) if path.ends_with("/issues") => Treatment::LoseAnswer,
            _ => Treatment::Pass,
        }
    });
    let began = Instant::now();
    let (runs, _) = stage.apply_through(&access_with_reports_token(&stage, exchange)).await;
    assert_eq!(count_opened(&runs), 2, "{:?}", runs[0].outcomes);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_an_early_stage_found_is_told_though_a_later_one_could_read_nothing() {
    // One run ends while a later stage reads, the other gives the server up.
    for run_within in [Duration::from_secs(320), RunLimits::default().run_within] {
        let stage = Stage::of(fleet(1), now());
        add_links(&stage, &Trouble::SlowHost.links());
        let body = "<!-- podkeeper:v1 session pod-00/weekly/2026-W48 -->\nSomebody took the last lines away.";
        let issues = format!("{}/issues", stage.pairing_project_url());
        let issue = json!({"title": "Pairing", "description": body, "labels": "pod::00"});
        assert_eq!(stage.request("api", "POST", &issues, issue).await.0, 201);
        let began = Instant::now();
        let exchange = treated(&stage, move |request| {
            let is_late = began.elapsed() > Duration::from_secs(100);
            if is_late && request.uri().path().contains("/issues") { Treatment::Hang } else { Treatment::Pass }
        });
        let limits = RunLimits { run_within, ..RunLimits::default() };
        let runs = apply_all(&stage, exchange, limits, &StopFlag::default()).await;
        assert!(!runs[0].read_failures.is_empty());
        let damaged = runs[0].findings.iter().filter(|finding| finding.rule == Rule::MarkerDamaged).count();
        assert_eq!((damaged, runs[0].exit_status()), (1, ExitStatus::NeedsHuman), "{:?}", runs[0].read_failures);
    }
}

#[tokio::test(start_paused = true)]
async fn what_gitlab_did_not_answer_in_time_is_not_reached_and_what_it_did_answer_counts() {
    let stage = Stage::of(fleet(1), now());
    let links: Vec<String> = (0..300).map(|n| format!("https://gitlab.com/hidden/p{n}")).collect();
    add_links(&stage, &links);
    let exchange = treated(&stage, |request| {
        let is_of_links = String::from_utf8_lossy(request.body()).contains("hidden/p");
        if is_of_links { Treatment::Delay(Duration::from_secs(20)) } else { Treatment::Pass }
    });
    let limits = RunLimits { links_within: Duration::from_secs(60), ..RunLimits::default() };
    let runs = apply_all(&stage, exchange, limits, &StopFlag::default()).await;
    let of_gitlab = || runs[0].observations.iter().filter(|seen| links.contains(&seen.url.as_str().to_owned()));
    let not_reached = of_gitlab().filter(|seen| seen.assessment.is_not_reached()).count();
    let hidden = of_gitlab().filter(|seen| seen.assessment.verdict == Verdict::Hidden).count();
    assert!(not_reached > 0 && hidden > 0, "{not_reached}, {hidden}");
    assert_eq!(not_reached + hidden, links.len());
    // Both are told: how many links were not reached, and that labels were not.
    let told = |what: &str| runs[0].read_failures.iter().any(|failure| failure.what.contains(what));
    assert!(told(" links of the page") && told("the labels of the page"), "{:?}", runs[0].read_failures);
    assert!(runs[0].findings.iter().all(|finding| finding.rule != Rule::LabelMissing));
    assert_eq!(runs[0].exit_status(), ExitStatus::Incomplete);
}
