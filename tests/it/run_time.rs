//! The job first, and in time: whatever linked sites cost and however a GitLab hangs, pairing issues come first and the
//! run ends with what it has.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use linkcheck::check_options::CheckOptions;
use linkcheck::web::{Fetch, FetchError, FetchResponse, WebClient, WebSettings};
use podkeeper::collect::Clients;
use podkeeper::execute::StopFlag;
use podkeeper::gitlab::{Exchange, ExchangeError, new_reader_and_writer};
use podkeeper::pod::action::Action;
use podkeeper::pod::label::LabelName;
use podkeeper::pod::limits::RunLimits;
use podkeeper::pod::rule::Rule;
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::pod::{Pod, PodKey};
use podkeeper::run::{Mode, run};
use tokio::time::Instant;
use url::Url;

use crate::crash_recovery::SweepResult;
use crate::links::stage::SandboxWeb;
use crate::support::{Stage, now, shipped_config};

/// What makes a run long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// One link whose owner asks for a minute and leads on, over eleven hosts.
    RateLimitedRedirects,
    /// 95 links of one host that answers each after 19 seconds.
    SlowHost,
    /// 4,900 links to projects that GitLab does not show.
    HiddenLinks,
    /// 200 pages that never end.
    EndlessBodies,
    /// Nothing of GitLab answers.
    GitlabHangs,
    /// GitLab does not answer for the page of the first pod.
    OnePageHangs,
}

impl Trouble {
    /// The links that make it.
    pub(crate) fn links(self) -> Vec<String> {
        match self {
            Self::RateLimitedRedirects => vec!["https://hop0.example/".to_owned()],
            Self::SlowHost => (0..95).map(|n| format!("https://slow.example/{n}")).collect(),
            Self::HiddenLinks => (0..4_900).map(|n| format!("https://gitlab.com/hidden/p{n}")).collect(),
            Self::EndlessBodies => (0..200).map(|n| format!("https://endless{n}.example/#place")).collect(),
            Self::GitlabHangs | Self::OnePageHangs => Vec::new(),
        }
    }
}

/// How long it took in the clock that the run waits by.
pub(crate) struct Timed {
    /// When each pairing issue was opened.
    pub(crate) opened: Vec<Duration>,
    pub(crate) took: Duration,
    pub(crate) runs: Vec<PodRun>,
}

/// So many pods of one fleet, each with a page, a label and a session of its own in the same projects.
pub(crate) fn fleet(count: usize) -> Vec<Pod> {
    let first = shipped_config().pods.remove(0);
    let pod = |number: usize| {
        let mut pod = first.clone();
        pod.key = PodKey::parse(&format!("pod-{number:02}")).unwrap();
        pod.name = format!("Pod {number:02}");
        pod.label.name = LabelName::parse(&format!("pod::{number:02}")).unwrap();
        pod.page.path = format!("content/pods/{number:02}/_index.md");
        pod
    };
    (0..count).map(pod).collect()
}

/// Does the whole job for so many pods amid a trouble.
pub(crate) async fn run_amid(trouble: Trouble, pods: usize, limits: RunLimits) -> Timed {
    let stage = Stage::of(fleet(pods), now());
    add_links(&stage, &trouble.links());
    let began = Instant::now();
    let exchange = Arc::new(TroubledGitlab { inner: stage.exchange(), trouble, began, opened: Mutex::default() });
    let access = stage.access_for_all_purposes(exchange.clone());
    let (reader, writer) = new_reader_and_writer(&access, stage.now).unwrap();
    let web = Arc::new(TroubledWeb { inner: SandboxWeb(stage.sandbox.clone()), asked: Mutex::default() });
    let web = WebClient::with_fetch(web, WebSettings::default());
    let policy = CheckOptions::default();
    let sources = Clients { reader: &reader, web: Some(&web), policy: &policy };
    let mode = Mode::Apply { writer: &writer, agreed_stamp: None, stop: &StopFlag::default() };
    let runs = run(&stage.pods, sources, mode, stage.now, limits).await.unwrap();
    let opened = exchange.opened.lock().unwrap().clone();
    Timed { opened, took: began.elapsed(), runs }
}

pub(crate) fn add_links(stage: &Stage, links: &[String]) {
    let mut section = String::from("\n## More links\n\n");
    for link in links {
        writeln!(section, "- <{link}>").unwrap();
    }
    append_to_page(stage, &section);
}

/// Writes more at the end of the first pod's page.
pub(crate) fn append_to_page(stage: &Stage, more: &str) {
    let page = &stage.pods[0].page;
    stage.sandbox.change_world(|world| {
        let id = world.project_by_path(&page.project).unwrap().id;
        let files = world.projects.get_mut(&id).unwrap().files.get_mut(&page.git_ref).unwrap();
        files.get_mut(&page.path).unwrap().push_str(more);
    });
}

/// A run may take so long, and its pairing issues are opened within so long.
const MOST: (Duration, Duration) = (Duration::from_secs(600), Duration::from_secs(30));

#[tokio::test(start_paused = true)]
async fn whatever_links_and_gitlab_cost_the_pairing_issues_come_first_and_the_run_ends() {
    run_amid_all_troubles(RunLimits::default()).await.assert_all_well("runs amid a trouble that end in time", 7);
}

/// Every trouble: the pairing issues are opened at once where GitLab answers, and the run ends.
pub(crate) async fn run_amid_all_troubles(limits: RunLimits) -> SweepResult {
    let mut ends = SweepResult::default();
    for (trouble, pods, issues) in [
        (Trouble::RateLimitedRedirects, 1, 1),
        (Trouble::SlowHost, 1, 1),
        (Trouble::HiddenLinks, 1, 1),
        (Trouble::EndlessBodies, 1, 1),
        (Trouble::GitlabHangs, 1, 0),
        (Trouble::GitlabHangs, 20, 0),
        // The other pods have theirs.
        (Trouble::OnePageHangs, 20, 19),
    ] {
        let timed = run_amid(trouble, pods, limits).await;
        let in_time = timed.took <= MOST.0 && timed.opened.iter().all(|opened| *opened <= MOST.1);
        let incomplete = timed.runs[0].exit_status() == ExitStatus::Incomplete;
        let is_as_wanted = in_time && timed.opened.len() == issues && (incomplete || issues == pods);
        ends.count(if is_as_wanted {
            Ok(())
        } else {
            Err(format!("{trouble:?} with {pods}: {:?}, opened after {:?}", timed.took, timed.opened))
        });
    }
    ends
}

#[tokio::test(start_paused = true)]
async fn a_gitlab_that_hangs_costs_no_more_with_twenty_pods_than_with_one() {
    let (one, twenty) = tokio::join!(
        run_amid(Trouble::GitlabHangs, 1, RunLimits::default()),
        run_amid(Trouble::GitlabHangs, 20, RunLimits::default())
    );
    assert!(twenty.took <= one.took + Duration::from_secs(60), "{:?}, {:?}", one.took, twenty.took);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_reached_is_counted_and_neither_forgotten_nor_failed() {
    let limits = RunLimits { links_within: Duration::from_secs(60), ..RunLimits::default() };
    let timed = run_amid(Trouble::SlowHost, 1, limits).await;
    let run = &timed.runs[0];
    let not_reached = run.observations.iter().filter(|seen| seen.assessment.is_not_reached()).count();
    assert!(not_reached >= 40, "{not_reached}");
    let counted = run.read_failures.iter().find(|failure| failure.what.contains("links of the page")).unwrap();
    assert!(counted.what.starts_with(&format!("{not_reached} of ")), "{counted:?}");
    let reported = |url: &str| run.findings.iter().any(|finding| finding.subject == url);
    for seen in &run.observations {
        assert!(!(seen.assessment.is_not_reached() && reported(seen.url.as_str())), "{}", seen.url);
    }
    assert_eq!(run.exit_status(), ExitStatus::Incomplete);
}

#[tokio::test(start_paused = true)]
async fn twenty_pods_have_their_twenty_pairing_issues_after_the_first_run() {
    let stage = Stage::of(fleet(20), now());
    let runs = stage.apply_all_tasks().await;
    let opened: usize = runs
        .iter()
        .flat_map(|run| &run.outcomes)
        .filter(|(action, outcome)| outcome.is_done() && action.kind() == "open-pairing-issue")
        .count();
    assert_eq!(opened, 20);
    // Where the run may write little, pairing issues come before anybody's report.
    let stage = Stage::of(fleet(20), now());
    let (reader, writer) = new_reader_and_writer(&stage.access_for_all_purposes(stage.exchange()), stage.now).unwrap();
    let web = WebClient::with_fetch(Arc::new(SandboxWeb(stage.sandbox.clone())), WebSettings::default());
    let policy = CheckOptions::default();
    let sources = Clients { reader: &reader, web: Some(&web), policy: &policy };
    let limits = RunLimits { max_writes_run: 21, ..RunLimits::default() };
    let plan = run(&stage.pods, sources, Mode::Plan, stage.now, limits).await.unwrap();
    let kinds =
        |runs: &[PodRun]| -> Vec<&str> { runs.iter().flat_map(|run| &run.plan.actions).map(Action::kind).collect() };
    let opened = |kinds: Vec<&str>| kinds.iter().filter(|kind| **kind == "open-pairing-issue").count();
    assert_eq!((opened(kinds(&plan)), kinds(&plan).len()), (20, 21), "{:?}", kinds(&plan));
    let mode = Mode::Apply { writer: &writer, agreed_stamp: None, stop: &StopFlag::default() };
    let runs = run(&stage.pods, sources, mode, stage.now, limits).await.unwrap();
    assert_eq!((opened(kinds(&runs)), kinds(&runs).len()), (20, 21), "{:?}", kinds(&runs));
    assert!(runs.iter().all(|run| run.unfinished));
}

#[tokio::test(start_paused = true)]
async fn a_quiet_run_of_twenty_pods_asks_little() {
    for (pods, most) in [(1, 16), (20, 40)] {
        let stage = Stage::of(fleet(pods), now());
        stage.apply_all_tasks().await;
        stage.apply_all_tasks().await;
        let asked = Arc::new(CountedGitlab { inner: stage.exchange(), asked: Mutex::default() });
        let runs = stage.apply_all_tasks_over(asked.clone()).await;
        assert!(runs.iter().all(|run| run.outcomes.is_empty()));
        let asked = asked.asked.lock().unwrap();
        println!("a quiet run of {pods} pods: {} requests", asked.len());
        assert!(asked.len() <= most, "{pods}: {}\n{}", asked.len(), asked.join("\n"));
    }
}

/// Counts requests.
struct CountedGitlab {
    inner: Arc<dyn Exchange>,
    asked: Mutex<Vec<String>>,
}

#[async_trait::async_trait]
impl Exchange for CountedGitlab {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let start: String = String::from_utf8_lossy(request.body()).chars().take(150).collect();
        self.asked.lock().unwrap().push(format!("{} {} {start}", request.method(), request.uri()));
        self.inner.exchange(request).await
    }
}

/// How many runs are late where nothing bounds them: what the sweep would find in another worker.
pub(crate) async fn count_late_runs_without_limits() -> usize {
    let endless = Duration::from_secs(24 * 60 * 60);
    let limits = RunLimits { run_within: endless, links_within: endless, ..RunLimits::default() };
    let ends = run_amid_all_troubles(limits).await;
    ends.of - ends.well
}

#[tokio::test(start_paused = true)]
async fn a_worker_without_limits_is_caught() {
    let late = count_late_runs_without_limits().await;
    println!("sabotage: {late} runs are late");
    assert!(late > 0);
}

/// The sandbox's API, which may hang.
struct TroubledGitlab {
    inner: Arc<dyn Exchange>,
    trouble: Trouble,
    began: Instant,
    opened: Mutex<Vec<Duration>>,
}

#[async_trait::async_trait]
impl Exchange for TroubledGitlab {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let path = request.uri().path();
        let is_of_page = path.contains("pods%2F00%2F_index.md")
            || String::from_utf8_lossy(request.body()).contains("content/pods/00/_index.md");
        let hangs = match self.trouble {
            Trouble::GitlabHangs => true,
            Trouble::OnePageHangs => is_of_page,
            _ => false,
        };
        if hangs {
            return std::future::pending().await;
        }
        let opens = request.method() == Method::POST && path.ends_with("/issues");
        let is_pairing = String::from_utf8_lossy(request.body()).contains("podkeeper%3Av1+session")
            || String::from_utf8_lossy(request.body()).contains("podkeeper:v1 session");
        if opens && is_pairing {
            self.opened.lock().unwrap().push(self.began.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.inner.exchange(request).await
    }
}

/// The sandbox's web, with hosts that mean harm beside it.
struct TroubledWeb {
    inner: SandboxWeb,
    asked: Mutex<Vec<String>>,
}

#[async_trait::async_trait]
impl Fetch for TroubledWeb {
    async fn get(&self, url: &Url) -> Result<FetchResponse, FetchError> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let is_first = {
            let mut asked = self.asked.lock().unwrap();
            let is_first = !asked.contains(&host);
            asked.push(host.clone());
            is_first
        };
        if let Some(hop) = host.strip_prefix("hop").and_then(|rest| rest.strip_suffix(".example")) {
            let hop: usize = hop.parse().unwrap();
            return Ok(match (is_first, hop) {
                (true, _) => answer(429, &[("retry-after", "59")]),
                (false, 10) => answer(200, &[]),
                (false, hop) => answer(302, &[("location", &format!("https://hop{}.example/", hop + 1))]),
            });
        }
        if host == "slow.example" {
            tokio::time::sleep(Duration::from_secs(19)).await;
            return Ok(answer(404, &[]));
        }
        if host.starts_with("endless") {
            let pieces = stream::unfold((), async |()| {
                tokio::time::sleep(Duration::from_secs(5)).await;
                Some((Ok(Bytes::from_static(b"<p>and so on</p>")), ()))
            });
            return Ok(FetchResponse { body: Box::pin(pieces), ..answer(200, &[("content-type", "text/html")]) });
        }
        self.inner.get(url).await
    }
}

fn answer(status: u16, pairs: &[(&'static str, &str)]) -> FetchResponse {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    FetchResponse { status, headers, body: stream::iter([]).boxed() }
}

pub(crate) fn sandbox_web(stage: &Stage) -> Arc<dyn Fetch> {
    Arc::new(TroubledWeb { inner: SandboxWeb(stage.sandbox.clone()), asked: Mutex::default() })
}

/// Does the whole job amid troubled hosts.
async fn run_once(stage: &Stage, limits: RunLimits) -> Vec<PodRun> {
    let (reader, writer) = new_reader_and_writer(&stage.access_for_all_purposes(stage.exchange()), stage.now).unwrap();
    let web = WebClient::with_fetch(sandbox_web(stage), WebSettings::default());
    let policy = CheckOptions::default();
    let sources = Clients { reader: &reader, web: Some(&web), policy: &policy };
    let mode = Mode::Apply { writer: &writer, agreed_stamp: None, stop: &StopFlag::default() };
    run(&stage.pods, sources, mode, stage.now, limits).await.unwrap()
}

pub(crate) fn count_opened(runs: &[PodRun]) -> usize {
    let outcomes = runs.iter().flat_map(|run| &run.outcomes);
    outcomes.filter(|(action, outcome)| outcome.is_done() && action.kind() == "open-pairing-issue").count()
}

/// A link that is remembered as broken, and whose turn does not come.
#[tokio::test(start_paused = true)]
async fn a_broken_link_that_is_not_reached_stays_broken_since_its_day() {
    let mut stage = Stage::of(fleet(1), now());
    add_links(&stage, &["https://slow.example/1".to_owned()]);
    run_once(&stage, RunLimits::default()).await;
    let written = stage.sandbox.journal().len();
    stage.now += chrono::TimeDelta::hours(7);
    let now = stage.now;
    stage.sandbox.change_world(|world| world.now = now);
    let limits = RunLimits { links_within: Duration::from_secs(10), ..RunLimits::default() };
    let runs = run_once(&stage, limits).await;
    let seen = runs[0].observations.iter().find(|seen| seen.url == "https://slow.example/1").unwrap();
    assert!(seen.assessment.is_not_reached());
    let since = runs[0].findings.iter().find(|finding| finding.subject == "https://slow.example/1").unwrap();
    assert_eq!((since.rule, since.since), (Rule::LinkDead, Some(self::now().date_naive())));
    // Where the report is written for others, this one is in it still, since the same day.
    let line = |text: &str| text.lines().find(|line| line.contains("slow.example/1")).map(str::to_owned);
    let texts: Vec<String> = stage.sandbox.journal().into_iter().map(|entry| entry.body).collect();
    let said: Vec<String> = texts.iter().filter_map(|text| line(text)).collect();
    assert!(said.iter().all(|line| line.contains("since 2026-11-24")), "{said:?}");
    assert!(stage.sandbox.journal().len() > written, "{said:?}");
}

/// Before it writes what somebody agreed to, it reads what is there now.
#[tokio::test(start_paused = true)]
async fn what_was_opened_while_links_were_checked_is_not_opened_by_an_agreed_plan() {
    let stage = Stage::of(fleet(1), now());
    add_links(&stage, &Trouble::SlowHost.links());
    let stamp = {
        let copy = stage.copy();
        let reader = podkeeper::gitlab::new_reader(&copy.access_for_all_purposes(copy.exchange())).unwrap();
        let web = WebClient::with_fetch(sandbox_web(&copy), WebSettings::default());
        let policy = CheckOptions::default();
        let sources = Clients { reader: &reader, web: Some(&web), policy: &policy };
        let runs = run(&copy.pods, sources, Mode::Plan, copy.now, RunLimits::default()).await.unwrap();
        podkeeper::pod::plan::compute_stamp(&[&runs[0].plan])
    };
    let (reader, writer) = new_reader_and_writer(&stage.access_for_all_purposes(stage.exchange()), stage.now).unwrap();
    let web = WebClient::with_fetch(sandbox_web(&stage), WebSettings::default());
    let policy = CheckOptions::default();
    let sources = Clients { reader: &reader, web: Some(&web), policy: &policy };
    let mode = Mode::Apply { writer: &writer, agreed_stamp: Some(&stamp), stop: &StopFlag::default() };
    let other = async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        stage.apply().await
    };
    let (agreed, opened) = tokio::join!(run(&stage.pods, sources, mode, stage.now, RunLimits::default()), other);
    assert_eq!(count_opened(&opened), 1);
    assert!(agreed.is_err(), "the plan is another one now");
}
