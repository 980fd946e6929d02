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
pub(crate) use podkeeper::cli::plot::plot;
use podkeeper::collect::Eyes;
use podkeeper::collect::links::policy::Policy;
use podkeeper::collect::links::web::{Settings, Web};
use podkeeper::config::{self, Config};
use podkeeper::execute::Stop;
use podkeeper::gitlab::{Access, Exchange, Failure, Purpose, Reader, Token, connect, connect_to_write};
use podkeeper::pod::rule::Audience;
use podkeeper::pod::run::Run;
use podkeeper::pod::{Pod, Task};
use podkeeper::report::{Told, audit, json, terminal};
use podkeeper::run::{Mode, Moment, Stale, run};
use podkeeper::sandbox::faults::{FAULT, Fault};
use podkeeper::sandbox::{Plot, PodPlot, Sandbox, World};
use secrecy::SecretString;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::links::stage::BoxWeb;
use crate::sinks;

/// A Tuesday; the shipped pod meets on Thursdays at 15:00 UTC.
pub(crate) const NOW: &str = "2026-11-24T06:00:00Z";

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The configuration that is shipped.
pub(crate) fn shipped() -> Config {
    let files = config::read(&root().join("config")).unwrap();
    config::understand(&files, now().date_naive()).unwrap()
}

pub(crate) fn now() -> DateTime<Utc> {
    NOW.parse().unwrap()
}

/// These pods, of which only sessions and label are kept: what most stories are about.
pub(crate) fn sessions_and_labels(pods: Vec<Pod>) -> Vec<Pod> {
    let tasks = [Task::Sessions, Task::Labels];
    pods.into_iter().map(|pod| Pod { tasks: tasks.into(), ..pod }).collect()
}

/// What stands between a worker and its server: nothing, or a double that makes of the worker another one.
pub(crate) type Bent = fn(Arc<dyn Exchange>) -> Arc<dyn Exchange>;

/// The worker as it is.
pub(crate) fn straight(exchange: Arc<dyn Exchange>) -> Arc<dyn Exchange> {
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
        Self::of(sessions_and_labels(shipped().pods), now)
    }

    /// These pods in a world that is seeded for them.
    pub(crate) fn of(pods: Vec<Pod>, now: DateTime<Utc>) -> Self {
        let plot = Plot { now, pods: pods.iter().map(|pod| plot(pod, now)).collect() };
        Self { sandbox: Sandbox::new(World::seeded(&plot)), pods, now, max_writes: 10 }
    }

    /// From now on GitLab has this fault, and no other.
    pub(crate) fn ails(&self, fault: Fault) {
        self.sandbox.change(|world| world.faults.api = vec![fault]);
    }

    /// GitLab is well again.
    pub(crate) fn recovers(&self) {
        self.sandbox.change(|world| world.faults.api.clear());
    }

    /// A world that has never seen these pods, whose pages all read like this: for stories that are told a thousand times.
    pub(crate) fn bare(pods: Vec<Pod>, page: &str, now: DateTime<Utc>) -> Self {
        let plots = pods.iter().map(|pod| PodPlot { past: Vec::new(), page: Some(page.to_owned()), ..plot(pod, now) });
        let plot = Plot { now, pods: plots.collect() };
        Self { sandbox: Sandbox::new(World::seeded(&plot)), pods, now, max_writes: 10 }
    }

    /// The same world once more, with an empty journal.
    pub(crate) fn copy(&self) -> Self {
        let (sandbox, pods) = (Sandbox::new(self.sandbox.world()), self.pods.clone());
        Self { sandbox, pods, now: self.now, max_writes: self.max_writes }
    }

    /// Looks at the world as it is, without a copy of it.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        let mut seen = None;
        self.sandbox.change(|world| seen = Some(look(world)));
        seen.unwrap()
    }

    /// What carries requests to this sandbox without a socket.
    pub(crate) fn exchange(&self) -> Arc<dyn Exchange> {
        Arc::new(InMemory(self.sandbox.router()))
    }

    /// The way into this sandbox with one of its tokens, by name.
    pub(crate) fn access(&self, token: &str) -> Access {
        self.access_over(self.exchange(), token)
    }

    /// The same over another exchange, for example one that misbehaves.
    pub(crate) fn access_over(&self, exchange: Arc<dyn Exchange>, token: &str) -> Access {
        let secret = self.sandbox.describe().tokens[token].clone();
        let token = || Token { name: "PODKEEPER_TOKEN".to_owned(), secret: SecretString::from(secret.clone()) };
        let tokens = BTreeMap::from([(Purpose::Pairing, token()), (Purpose::Handbook, token())]);
        Access { url: "https://gitlab.example/".parse().unwrap(), tokens, exchange, seed: 7 }
    }

    /// Looks and decides.
    pub(crate) async fn plan(&self) -> Vec<Run> {
        let reader = connect(&self.access("api")).unwrap();
        let policy = Policy::default();
        let runs = run(&self.pods, eyes(&reader, &policy), Mode::Plan, self.now, self.max_writes).await.unwrap();
        self.report(&runs, &reader, true);
        runs
    }

    /// Does what has to be done.
    pub(crate) async fn apply(&self) -> Vec<Run> {
        self.apply_over(self.exchange()).await.0
    }

    /// The same over another exchange; also gives the reader, for its counts.
    pub(crate) async fn apply_over(&self, exchange: Arc<dyn Exchange>) -> (Vec<Run>, Reader) {
        self.apply_through(&self.access_over(exchange, "api")).await
    }

    /// The same through another way into the sandbox.
    pub(crate) async fn apply_through(&self, access: &Access) -> (Vec<Run>, Reader) {
        let (reader, writer) = connect_to_write(access, self.now).unwrap();
        let mode = Mode::Apply { writer: &writer, agreed: None, stop: &Stop::default() };
        let runs = run(&self.pods, eyes(&reader, &Policy::default()), mode, self.now, self.max_writes).await.unwrap();
        self.report(&runs, &reader, false);
        (runs, reader)
    }

    /// Does the whole job of the pods, with eyes on the web of the box too.
    pub(crate) async fn work(&self) -> Vec<Run> {
        self.work_over(self.exchange()).await
    }

    /// The same over another exchange.
    pub(crate) async fn work_over(&self, exchange: Arc<dyn Exchange>) -> Vec<Run> {
        let (reader, writer) = connect_to_write(&self.whole_access(exchange), self.now).unwrap();
        let mode = Mode::Apply { writer: &writer, agreed: None, stop: &Stop::default() };
        let runs = self.whole_run(&reader, mode, self.now).await;
        self.report(&runs, &reader, false);
        runs
    }

    /// The same where the time was read off this machine's clock, so that it is held against GitLab's.
    pub(crate) async fn work_by_clock_over(&self, exchange: Arc<dyn Exchange>) -> Vec<Run> {
        let (reader, writer) = connect_to_write(&self.whole_access(exchange), self.now).unwrap();
        let mode = Mode::Apply { writer: &writer, agreed: None, stop: &Stop::default() };
        let runs = self.whole_run(&reader, mode, Moment::Read(self.now)).await;
        self.report(&runs, &reader, false);
        runs
    }

    /// Looks and decides about the whole job.
    pub(crate) async fn plan_work(&self) -> Vec<Run> {
        let reader = connect(&self.whole_access(self.exchange())).unwrap();
        let runs = self.whole_run(&reader, Mode::Plan, self.now).await;
        self.report(&runs, &reader, true);
        runs
    }

    /// The way in with a token for every purpose.
    pub(crate) fn whole_access(&self, exchange: Arc<dyn Exchange>) -> Access {
        let mut access = self.access_over(exchange, "api");
        let again = self.access("api").tokens.into_values();
        access.tokens.extend([Purpose::Reports, Purpose::Agents].into_iter().zip(again));
        access
    }

    async fn whole_run(&self, reader: &Reader, mode: Mode<'_>, now: impl Into<Moment>) -> Vec<Run> {
        let web = Web::over(Arc::new(BoxWeb(self.sandbox.clone())), Settings::default());
        let policy = Policy::default();
        let eyes = Eyes { reader, web: Some(&web), policy: &policy };
        run(&self.pods, eyes, mode, now, self.max_writes).await.unwrap()
    }

    /// What is printed of a run shows the stage's token to nobody.
    fn report(&self, runs: &[Run], reader: &Reader, planned: bool) {
        let token = self.sandbox.describe().tokens["api"].clone();
        let audience = Audience::Confidential;
        let told = Told { runs, planned, now: self.now, stamp: "", requests: (0, 0), audience, took_ms: 0 };
        sinks::search("the JSON report", json::text(&told).as_bytes(), &token);
        sinks::search("the audit", audit::text(&reader.counts().trail(self.now)).as_bytes(), &token);
        sinks::search("the report", terminal::text(&told, terminal::Detail::Full).as_bytes(), &token);
    }

    /// Applies only if the plan still has this stamp.
    pub(crate) async fn apply_agreed(&self, stamp: &str) -> Result<Vec<Run>, Stale> {
        let (reader, writer) = connect_to_write(&self.access("api"), self.now).unwrap();
        let mode = Mode::Apply { writer: &writer, agreed: Some(stamp), stop: &Stop::default() };
        run(&self.pods, eyes(&reader, &Policy::default()), mode, self.now, self.max_writes).await
    }

    /// One request to the sandbox's API as somebody, with a JSON body; gives status and JSON.
    pub(crate) async fn ask(&self, token: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
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
    pub(crate) fn pairing(&self) -> String {
        format!("/api/v4/projects/{}", self.pods[0].pairing_project.replace('/', "%2F"))
    }

    /// Every write the sandbox received, as `METHOD PATH STATUS`.
    pub(crate) fn journal(&self) -> Vec<String> {
        self.sandbox.journal().iter().map(|entry| format!("{} {} {}", entry.method, entry.path, entry.status)).collect()
    }
}

/// Eyes that look at GitLab only.
pub(crate) fn eyes<'a>(reader: &'a Reader, policy: &'a Policy) -> Eyes<'a> {
    Eyes { reader, web: None, policy }
}

/// The plan of all runs as the sentences a person reviews.
pub(crate) fn sentences(runs: &[Run]) -> String {
    runs.iter().map(|run| run.plan.to_string()).collect()
}

/// The findings of all runs as `rule subject`.
pub(crate) fn findings(runs: &[Run]) -> Vec<String> {
    runs.iter()
        .flat_map(|run| &run.findings)
        .map(|finding| format!("{} {}", finding.rule.code(), finding.subject))
        .collect()
}

/// Carries requests to a router in memory: no socket, and waiting on the test's clock only. What the box says that a
/// socket would do to an answer is done to it.
pub(crate) struct InMemory(pub(crate) Router);

#[async_trait::async_trait]
impl Exchange for InMemory {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        if let Some(token) = request.headers().get("private-token").and_then(|token| token.to_str().ok()) {
            sinks::search("an address", request.uri().to_string().as_bytes(), token);
            sinks::search("a body", request.body(), token);
        }
        let answer = self.0.clone().oneshot(request.map(Body::from)).await.unwrap();
        let (mut parts, body) = answer.into_parts();
        // A box that is not served names 127.0.0.1 in its links; the stage calls it gitlab.example.
        if let Some(links) = parts.headers.get_mut("link") {
            *links = links.to_str().unwrap().replace("http://127.0.0.1/", "https://gitlab.example/").parse().unwrap();
        }
        let mut body =
            axum::body::to_bytes(body, usize::MAX).await.map_err(|error| Failure::Lost(error.to_string()))?;
        let fault = parts.headers.get(FAULT).map(|fault| fault.to_str().unwrap().to_owned()).unwrap_or_default();
        let (fault, number) = fault.split_once(' ').unwrap_or((&fault, "0"));
        let number: u32 = number.parse().unwrap();
        match fault {
            "hang" => std::future::pending().await,
            "reset" | "garbage" => return Err(Failure::Lost("connection reset by peer".to_owned())),
            "endless" => return Err(Failure::TooLarge),
            "drip" => tokio::time::sleep(Duration::from_millis(number.into()) * body.len().try_into().unwrap()).await,
            "cut" => body.truncate(number.try_into().unwrap()),
            _ => {}
        }
        Ok(Response::from_parts(parts, body))
    }
}

/// Numbers from a seed (`SplitMix64`).
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 33).unwrap() % end
    }
}
