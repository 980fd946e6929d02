//! The stage: a sandbox in memory, the shipped configuration, and the ordinary run over both.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, Response};
use linkcheck::check_options::CheckOptions;
use linkcheck::web::{WebClient, WebSettings};
pub(crate) use podkeeper::cli::sandbox_seed::to_seed_pod;
use podkeeper::collect::Clients;
use podkeeper::config::{self, Config};
use podkeeper::execute::StopFlag;
use podkeeper::gitlab::{
    ConnectionOptions, Exchange, ExchangeError, Reader, Redactor, Token, TokenPurpose, new_reader,
    new_reader_and_writer,
};
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::pod::{Pod, Task};
use podkeeper::report::{Confidential, ReportAudience as _, RunReport, Team, audit, json, terminal};
use podkeeper::run::{CurrentTime, Mode, StalePlan, run};
use podkeeper::sandbox::faults::{FAULT_HEADER, Fault};
use podkeeper::sandbox::{Sandbox, Seed, SeedPod, World, seed};
use secrecy::SecretString;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::links::stage::SandboxWeb;
use crate::token_search;

/// A Tuesday; the shipped pod meets on Thursdays at 15:00 UTC.
pub(crate) const NOW: &str = "2026-11-24T06:00:00Z";

/// The root of the repository; the scoreboard is a package of its own below it.
pub(crate) fn repository_root() -> PathBuf {
    let package = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().find(|folder| folder.join("Cargo.lock").exists()).unwrap().to_owned()
}

/// A file or folder outside the repository, which a test that is left out of `cargo test` needs.
///
/// # Panics
/// Where the variable names nothing that is there: such a test never passes by skipping itself.
pub(crate) fn path_from_env(variable: &str) -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "only tests that are asked for by name need what others made")]
    let named = std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names no path"));
    std::fs::canonicalize(&named).unwrap_or_else(|why| panic!("{variable} names {named}: {why}"))
}

/// A test makes every tenth case of a long sweep, because nothing here is optimised; the scoreboard makes all of them.
pub(crate) const EVERY_NTH_CASE: usize = 10;

/// The configuration that is shipped, fitted to a GitLab: its paths are in `our-group`.
pub(crate) fn shipped_config() -> Config {
    let mut files = config::read_folder(&repository_root().join("config")).unwrap();
    for text in files.texts.values_mut() {
        *text = fit_to_gitlab(text);
    }
    config::parse(&files, now().date_naive()).unwrap()
}

/// A text of the shipped configuration with a group in place of the one that stands for it.
pub(crate) fn fit_to_gitlab(text: &str) -> String {
    text.replace("your-group", "our-group")
}

pub(crate) fn now() -> DateTime<Utc> {
    NOW.parse().unwrap()
}

/// These pods, of which only sessions and label are kept: what most stories are about.
pub(crate) fn keep_sessions_and_labels(pods: Vec<Pod>) -> Vec<Pod> {
    let tasks = [Task::Sessions, Task::Labels];
    pods.into_iter().map(|pod| Pod { tasks: tasks.into(), ..pod }).collect()
}

/// What stands between a worker and its server: nothing, or a double that makes of the worker another one.
pub(crate) type Bent = fn(Arc<dyn Exchange>) -> Arc<dyn Exchange>;

/// The worker as it is.
pub(crate) fn unchanged(exchange: Arc<dyn Exchange>) -> Arc<dyn Exchange> {
    exchange
}

/// A sandbox, the pods that are kept in it, and the moment.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) pods: Vec<Pod>,
    pub(crate) now: DateTime<Utc>,
    pub(crate) max_writes: usize,
}

impl Stage {
    /// The shipped pod in the seeded world.
    pub(crate) fn seeded() -> Self {
        Self::seeded_at(now())
    }

    /// The same at another moment.
    pub(crate) fn seeded_at(now: DateTime<Utc>) -> Self {
        Self::of(keep_sessions_and_labels(shipped_config().pods), now)
    }

    /// These pods in a world that is seeded for them.
    pub(crate) fn of(pods: Vec<Pod>, now: DateTime<Utc>) -> Self {
        let stage = Self::with_open_past(pods, now);
        stage.sandbox.change_world(forget_starts);
        stage
    }

    /// The same with last week's issue as podkeeper writes it today, so that its tasks move on and it is closed.
    pub(crate) fn with_open_past(pods: Vec<Pod>, now: DateTime<Utc>) -> Self {
        let seed = Seed { now, pods: pods.iter().map(|pod| to_seed_pod(pod, now)).collect() };
        Self { sandbox: Sandbox::new(seed::build_world(&seed)), pods, now, max_writes: 10 }
    }

    /// The seeded world after podkeeper's first run, all jobs of it.
    pub(crate) async fn after_first_run() -> Self {
        let stage = Self::of(shipped_config().pods, now());
        let runs = stage.apply_all_tasks().await;
        assert!(runs.iter().all(|run| run.exit_status() == ExitStatus::Done), "{:?}", runs[0].outcomes);
        stage
    }

    /// From now on GitLab has this fault, and no other.
    pub(crate) fn set_fault(&self, fault: Fault) {
        self.sandbox.change_world(|world| world.faults.api = vec![fault]);
    }

    /// GitLab is well again.
    pub(crate) fn clear_fault(&self) {
        self.sandbox.change_world(|world| world.faults.api.clear());
    }

    /// A world that has never seen these pods, whose pages all read like this: for stories that are told a thousand
    /// times.
    pub(crate) fn bare(pods: Vec<Pod>, page: &str, now: DateTime<Utc>) -> Self {
        let seed_pods = pods.iter().map(|pod| SeedPod {
            past_sessions: Vec::new(),
            page: Some(page.to_owned()),
            ..to_seed_pod(pod, now)
        });
        let seed = Seed { now, pods: seed_pods.collect() };
        Self { sandbox: Sandbox::new(seed::build_world(&seed)), pods, now, max_writes: 10 }
    }

    /// The same world once more, with an empty journal.
    pub(crate) fn copy(&self) -> Self {
        let (sandbox, pods) = (Sandbox::new(self.sandbox.world()), self.pods.clone());
        Self { sandbox, pods, now: self.now, max_writes: self.max_writes }
    }

    /// Reads the world as it is, without a copy of it.
    pub(crate) fn with_world<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        let mut seen = None;
        self.sandbox.change_world(|world| seen = Some(look(world)));
        seen.unwrap()
    }

    /// What carries requests to this sandbox without a socket.
    pub(crate) fn exchange(&self) -> Arc<dyn Exchange> {
        Arc::new(InMemory(self.sandbox.router()))
    }

    /// The way into this sandbox with one of its tokens, by name.
    pub(crate) fn access(&self, token: &str) -> ConnectionOptions {
        self.access_over(self.exchange(), token)
    }

    /// The same over another exchange, for example one that misbehaves.
    pub(crate) fn access_over(&self, exchange: Arc<dyn Exchange>, token: &str) -> ConnectionOptions {
        let secret = self.sandbox.describe().tokens[token].clone();
        let token = || Token { name: "PODKEEPER_TOKEN".to_owned(), secret: SecretString::from(secret.clone()) };
        let tokens = BTreeMap::from([(TokenPurpose::Pairing, token()), (TokenPurpose::Handbook, token())]);
        ConnectionOptions {
            url: "https://gitlab.example/".parse().unwrap(),
            tokens,
            exchange,
            jitter_seed: 7,
            redactor: Redactor::default(),
        }
    }

    /// Reads and decides; writes nothing.
    pub(crate) async fn plan(&self) -> Vec<PodRun> {
        let reader = new_reader(&self.access("api")).unwrap();
        let policy = CheckOptions::default();
        let runs = run(&self.pods, gitlab_only_clients(&reader, &policy), Mode::Plan, self.now, self.max_writes)
            .await
            .unwrap();
        self.search_reports_for_token(&runs, &reader, true);
        runs
    }

    /// Does what has to be done.
    pub(crate) async fn apply(&self) -> Vec<PodRun> {
        self.apply_over(self.exchange()).await.0
    }

    /// The same over another exchange; also gives the reader, for its counts.
    pub(crate) async fn apply_over(&self, exchange: Arc<dyn Exchange>) -> (Vec<PodRun>, Reader) {
        self.apply_through(&self.access_over(exchange, "api")).await
    }

    /// The same through another way into the sandbox.
    pub(crate) async fn apply_through(&self, access: &ConnectionOptions) -> (Vec<PodRun>, Reader) {
        let (reader, writer) = new_reader_and_writer(access, self.now).unwrap();
        let mode = Mode::Apply { writer: &writer, agreed_stamp: None, stop: &StopFlag::default() };
        let runs =
            run(&self.pods, gitlab_only_clients(&reader, &CheckOptions::default()), mode, self.now, self.max_writes)
                .await
                .unwrap();
        self.search_reports_for_token(&runs, &reader, false);
        (runs, reader)
    }

    /// Does the whole job of the pods, with a way to the web of the sandbox too.
    pub(crate) async fn apply_all_tasks(&self) -> Vec<PodRun> {
        self.apply_all_tasks_over(self.exchange()).await
    }

    /// The same over another exchange.
    pub(crate) async fn apply_all_tasks_over(&self, exchange: Arc<dyn Exchange>) -> Vec<PodRun> {
        let (reader, writer) = new_reader_and_writer(&self.access_for_all_purposes(exchange), self.now).unwrap();
        let mode = Mode::Apply { writer: &writer, agreed_stamp: None, stop: &StopFlag::default() };
        let runs = self.run_all_tasks(&reader, mode, self.now).await;
        self.search_reports_for_token(&runs, &reader, false);
        runs
    }

    /// The same through another way into the sandbox.
    pub(crate) async fn apply_all_tasks_through(&self, access: &ConnectionOptions) -> Vec<PodRun> {
        let (reader, writer) = new_reader_and_writer(access, self.now).unwrap();
        let mode = Mode::Apply { writer: &writer, agreed_stamp: None, stop: &StopFlag::default() };
        self.run_all_tasks(&reader, mode, self.now).await
    }

    /// The same where the time was read off this machine's clock, so that it is held against GitLab's.
    pub(crate) async fn apply_all_by_clock_over(&self, exchange: Arc<dyn Exchange>) -> Vec<PodRun> {
        let (reader, writer) = new_reader_and_writer(&self.access_for_all_purposes(exchange), self.now).unwrap();
        let mode = Mode::Apply { writer: &writer, agreed_stamp: None, stop: &StopFlag::default() };
        let runs = self.run_all_tasks(&reader, mode, CurrentTime::LocalClock(self.now)).await;
        self.search_reports_for_token(&runs, &reader, false);
        runs
    }

    /// Reads and decides about the whole job.
    pub(crate) async fn plan_all_tasks(&self) -> Vec<PodRun> {
        let reader = new_reader(&self.access_for_all_purposes(self.exchange())).unwrap();
        let runs = self.run_all_tasks(&reader, Mode::Plan, self.now).await;
        self.search_reports_for_token(&runs, &reader, true);
        runs
    }

    /// The way in with a token for every purpose.
    pub(crate) fn access_for_all_purposes(&self, exchange: Arc<dyn Exchange>) -> ConnectionOptions {
        let mut access = self.access_over(exchange, "api");
        let again = self.access("api").tokens.into_values();
        access.tokens.extend([TokenPurpose::Reports, TokenPurpose::Agents].into_iter().zip(again));
        access
    }

    async fn run_all_tasks(&self, reader: &Reader, mode: Mode<'_>, now: impl Into<CurrentTime>) -> Vec<PodRun> {
        let web = WebClient::with_fetch(Arc::new(SandboxWeb(self.sandbox.clone())), WebSettings::default());
        let policy = CheckOptions::default();
        let sources = Clients { reader, web: Some(&web), policy: &policy };
        run(&self.pods, sources, mode, now, self.max_writes).await.unwrap()
    }

    /// What is printed of a run shows the stage's token to nobody.
    fn search_reports_for_token(&self, runs: &[PodRun], reader: &Reader, planned: bool) {
        let token = self.sandbox.describe().tokens["api"].clone();
        let runs = Confidential::restrict(runs);
        let report = RunReport {
            runs,
            plan_only: planned,
            now: self.now,
            stamp: "",
            read_requests: 0,
            public_read_requests: 0,
            write_requests: 0,
            took_ms: 0,
        };
        let trail = reader.request_log().audit_trail(self.now);
        token_search::assert_no_token("the JSON report", json::render(&report).as_bytes(), &token);
        token_search::assert_no_token("the audit", audit::render(Team::restrict(&trail[..])).as_bytes(), &token);
        token_search::assert_no_token(
            "the report",
            terminal::render(&report, terminal::DetailLevel::Verbose).as_bytes(),
            &token,
        );
    }

    /// Applies only if the plan still has this stamp.
    pub(crate) async fn apply_agreed(&self, stamp: &str) -> Result<Vec<PodRun>, StalePlan> {
        let (reader, writer) = new_reader_and_writer(&self.access("api"), self.now).unwrap();
        let mode = Mode::Apply { writer: &writer, agreed_stamp: Some(stamp), stop: &StopFlag::default() };
        run(&self.pods, gitlab_only_clients(&reader, &CheckOptions::default()), mode, self.now, self.max_writes).await
    }

    /// One request to the sandbox's API as somebody, with a JSON body; gives status and JSON.
    pub(crate) async fn request(&self, token: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
        let secret = self.sandbox.describe().tokens[token].clone();
        let request = Request::builder()
            .method(method)
            .uri(format!("https://gitlab.example{path}"))
            .header("PRIVATE-TOKEN", secret)
            .header("content-type", "application/json")
            .body(Bytes::from(if body.is_null() { String::new() } else { body.to_string() }))
            .unwrap();
        let response = self.exchange().exchange(request).await.unwrap();
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or(Value::Null))
    }

    /// The path of the pairing project in the API.
    pub(crate) fn pairing_project_url(&self) -> String {
        format!("/api/v4/projects/{}", self.pods[0].pairing_project.replace('/', "%2F"))
    }

    /// Every write the sandbox received, as `METHOD PATH STATUS`.
    pub(crate) fn journal(&self) -> Vec<String> {
        self.sandbox.journal().iter().map(|entry| format!("{} {} {}", entry.method, entry.path, entry.status)).collect()
    }
}

/// Issues of the seed become those of an earlier version, which stay open for ever: most stories are about others.
pub(crate) fn forget_starts(world: &mut World) {
    for issue in world.projects.values_mut().flat_map(|project| project.issues.values_mut()) {
        let Some((before, rest)) = issue.description.as_deref().and_then(|body| body.split_once("{\"start\":")) else {
            continue;
        };
        let after = rest.split_once('}').map_or("", |(_, after)| after);
        issue.description = Some(format!("{before}{{}}{after}"));
    }
}

/// Clients for GitLab only: no web, no agents' data.
pub(crate) fn gitlab_only_clients<'a>(reader: &'a Reader, policy: &'a CheckOptions) -> Clients<'a> {
    Clients { reader, web: None, policy }
}

/// The plan of all runs as the sentences a person reviews.
pub(crate) fn sentences(runs: &[PodRun]) -> String {
    runs.iter().map(|run| run.plan.to_string()).collect()
}

/// The findings of all runs as `rule subject`.
pub(crate) fn finding_lines(runs: &[PodRun]) -> Vec<String> {
    runs.iter()
        .flat_map(|run| &run.findings)
        .map(|finding| format!("{} {}", finding.rule.code(), finding.subject))
        .collect()
}

/// Carries requests to a router in memory: no socket, and waiting on the test's clock only. What the sandbox says that
/// a socket would do to an answer is done to it.
pub(crate) struct InMemory(pub(crate) Router);

#[async_trait::async_trait]
impl Exchange for InMemory {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        if let Some(token) = request.headers().get("private-token").and_then(|token| token.to_str().ok()) {
            token_search::assert_no_token("an address", request.uri().to_string().as_bytes(), token);
            token_search::assert_no_token("a body", request.body(), token);
        }
        let answer = self.0.clone().oneshot(request.map(Body::from)).await.unwrap();
        let (mut parts, body) = answer.into_parts();
        // A sandbox that is not served names 127.0.0.1 in its links; the stage calls it gitlab.example.
        if let Some(links) = parts.headers.get_mut("link") {
            *links = links.to_str().unwrap().replace("http://127.0.0.1/", "https://gitlab.example/").parse().unwrap();
        }
        let mut body =
            axum::body::to_bytes(body, usize::MAX).await.map_err(|error| ExchangeError::NoAnswer(error.to_string()))?;
        let fault = parts.headers.get(FAULT_HEADER).map(|fault| fault.to_str().unwrap().to_owned()).unwrap_or_default();
        let (fault, number) = fault.split_once(' ').unwrap_or((&fault, "0"));
        let number: u32 = number.parse().unwrap();
        match fault {
            "hang" => std::future::pending().await,
            "reset" | "garbage" => return Err(ExchangeError::NoAnswer("connection reset by peer".to_owned())),
            "endless" => return Err(ExchangeError::TooLarge),
            "drip" => tokio::time::sleep(Duration::from_millis(number.into()) * body.len().try_into().unwrap()).await,
            "cut" => body.truncate(number.try_into().unwrap()),
            _ => {}
        }
        Ok(Response::from_parts(parts, body))
    }
}

/// Numbers from a seed (`SplitMix64`).
pub(crate) struct SeededRandom(pub(crate) u64);

impl SeededRandom {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 33).unwrap() % end
    }
}

/// Whether a text outside a block is as it was, but for tasks (and headings for them) that podkeeper appended.
pub(crate) fn has_only_tasks_more(old: &str, new: &str) -> bool {
    let mut old = old.trim_end_matches('\n').split('\n').peekable();
    let more: Vec<&str> =
        new.trim_end_matches('\n').split('\n').filter(|line| old.next_if_eq(line).is_none()).collect();
    let is_task = |line: &&str| line.is_empty() || line.starts_with("- [ ] ") || line.starts_with("## ");
    old.next().is_none() && more.iter().all(is_task)
}
