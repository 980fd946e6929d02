//! A check of links that several jobs share comes to what one job finds alone.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use linkcheck::check_options::CheckOptions;
use linkcheck::shard::Shard;
use linkcheck::shard_file::{self, MergedShards, ShardContext};
use linkcheck::web::{Fetch, FetchError, FetchResponse, WebClient, WebSettings};
use podkeeper::check::{DocumentCheckResult, InputDocument, Silences, check};
use podkeeper::collect::{Clients, read_page};
use podkeeper::execute::StopFlag;
use podkeeper::gitlab::{Exchange, ExchangeError, Reader, TokenPurpose, new_reader, new_reader_and_writer};
use podkeeper::pod::Pod;
use podkeeper::pod::observed::Observed;
use podkeeper::pod::run::PodRun;
use podkeeper::report::{Confidential, ReportAudience as _, RunReport, json};
use podkeeper::run::{Mode, run};
use url::Url;

use crate::links::stage::SandboxWeb;
use crate::support::{Stage, now, shipped_config};

// Each job checks a copy of the sandbox of its own, because some of its hosts answer otherwise the second time.

/// What was asked: addresses of the web, and queries about links to GitLab's API.
#[derive(Default)]
struct RecordedRequests {
    web: Mutex<Vec<String>>,
    api: Mutex<Vec<String>>,
}

struct RecordingWeb(SandboxWeb, Arc<RecordedRequests>);

#[async_trait::async_trait]
impl Fetch for RecordingWeb {
    async fn get(&self, url: &Url) -> Result<FetchResponse, FetchError> {
        self.1.web.lock().unwrap().push(url.to_string());
        self.0.get(url).await
    }
}

struct RecordingApi(Arc<dyn Exchange>, Arc<RecordedRequests>);

#[async_trait::async_trait]
impl Exchange for RecordingApi {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        if request.uri().path().ends_with("/graphql") && body.contains("fullPath") {
            self.1.api.lock().unwrap().push(body);
        }
        self.0.exchange(request).await
    }
}

/// A worker's way to the stage's sandbox, and what it asked there.
struct RecordingClients {
    reader: Reader,
    web: WebClient,
    notes: Arc<RecordedRequests>,
}

fn recording_access(stage: &Stage) -> (podkeeper::gitlab::ConnectionOptions, WebClient, Arc<RecordedRequests>) {
    let notes = Arc::new(RecordedRequests::default());
    let mut access = stage.access_over(Arc::new(RecordingApi(stage.exchange(), Arc::clone(&notes))), "api");
    let again = stage.access("api").tokens.into_values();
    access.tokens.extend([TokenPurpose::Reports, TokenPurpose::Agents].into_iter().zip(again));
    let web = RecordingWeb(SandboxWeb(stage.sandbox.clone()), Arc::clone(&notes));
    (access, WebClient::with_fetch(Arc::new(web), WebSettings::default()), notes)
}

impl RecordingClients {
    fn for_stage(stage: &Stage) -> Self {
        let (access, web, notes) = recording_access(stage);
        Self { reader: new_reader(&access).unwrap(), web, notes }
    }

    fn clients<'a>(&'a self, policy: &'a CheckOptions) -> Clients<'a> {
        Clients { reader: &self.reader, web: Some(&self.web), policy }
    }

    /// What the job of one shard sees of the pods' pages.
    async fn check(&self, pods: &[Pod], shard: Option<Shard>) -> DocumentCheckResult {
        let mut documents = Vec::new();
        for pod in pods {
            let Observed::Present(page) = read_page(&self.reader, &pod.page).await else { panic!("no page") };
            let (path, site) = (pod.page.path.clone(), pod.page.site.clone());
            let (label_groups, exceptions) = (pod.label_groups.clone(), pod.exceptions.clone());
            documents.push(InputDocument { path, page, label_groups, tree_and_path: None, site, exceptions });
        }
        let policy = CheckOptions { shard, export_for_merge: true, ..CheckOptions::default() };
        check(&mut documents, &[], self.clients(&policy), now(), Silences::Counted).await
    }
}

fn shard_context() -> ShardContext<'static> {
    ShardContext { gitlab_host: "gitlab.com", is_sandbox: true, now: now() }
}

/// The files of all jobs, what each job asked, and how many links each reported.
async fn check_in_shards(stage: &Stage, count: usize) -> (Vec<(String, String)>, Vec<Arc<RecordedRequests>>, usize) {
    let (mut files, mut notes, mut links) = (Vec::new(), Vec::new(), 0);
    for index in 1..=count {
        let stage = stage.copy();
        let shard = Shard::parse(&format!("{index}/{count}")).unwrap();
        let way = RecordingClients::for_stage(&stage);
        let checked = way.check(&stage.pods, Some(shard)).await;
        links += checked.link_count;
        let text = shard_file::render(
            &shard_context(),
            Some(shard),
            &checked.shard_observations,
            checked.api_failure.as_ref(),
        );
        files.push((format!("{index}.json"), text));
        notes.push(way.notes);
    }
    (files, notes, links)
}

async fn run_plan(stage: &Stage, seen: Option<MergedShards>) -> (Vec<PodRun>, Arc<RecordedRequests>) {
    let stage = stage.copy();
    let way = RecordingClients::for_stage(&stage);
    let policy = CheckOptions { merged_shards: seen.map(Arc::new), ..CheckOptions::default() };
    let runs = run(&stage.pods, way.clients(&policy), Mode::Plan, stage.now, 10).await.unwrap();
    (runs, way.notes)
}

/// The bodies of all issues after one `apply`.
async fn run_apply(stage: &Stage, seen: Option<MergedShards>) -> Vec<String> {
    let stage = stage.copy();
    let (access, web, _) = recording_access(&stage);
    let (reader, writer) = new_reader_and_writer(&access, stage.now).unwrap();
    let policy = CheckOptions { merged_shards: seen.map(Arc::new), ..CheckOptions::default() };
    let sources = Clients { reader: &reader, web: Some(&web), policy: &policy };
    let mode = Mode::Apply { writer: &writer, agreed_stamp: None, stop: &StopFlag::default() };
    run(&stage.pods, sources, mode, stage.now, 10).await.unwrap();
    let bodies = |world: &podkeeper::sandbox::World| {
        let issues = world.projects.values().flat_map(|project| project.issues.values());
        issues.filter_map(|issue| issue.description.clone()).collect()
    };
    stage.with_world(bodies)
}

fn text(runs: &[PodRun]) -> String {
    let runs = Confidential::restrict(runs);
    json::render(&RunReport {
        runs,
        plan_only: true,
        now: now(),
        stamp: "",
        read_requests: 0,
        public_read_requests: 0,
        write_requests: 0,
        took_ms: 0,
    })
}

fn sorted_requests(by: &Mutex<Vec<String>>) -> Vec<String> {
    let mut all = by.lock().unwrap().clone();
    all.sort();
    all
}

#[tokio::test(start_paused = true)]
async fn whatever_the_split_the_acting_job_does_what_one_job_would() {
    let stage = Stage::of(shipped_config().pods, now());
    let (alone, asked_alone) = run_plan(&stage, None).await;
    let bodies = run_apply(&stage, None).await;
    let (wanted, links) =
        (text(&alone), RecordingClients::for_stage(&stage.copy()).check(&stage.pods, None).await.link_count);
    assert!(wanted.contains("link-dead") && bodies.iter().any(|body| body.contains("report secure/links")));
    for count in [1, 2, 3, 8] {
        let (files, notes, reported) = check_in_shards(&stage, count).await;
        assert_eq!(reported, links, "each link is one shard's");
        // Each address and each query was sent by one of them, and as often as one job alone asks.
        let mut web: Vec<String> = notes.iter().flat_map(|notes| sorted_requests(&notes.web)).collect();
        web.sort();
        assert_eq!(web, sorted_requests(&asked_alone.web));
        for (at, one) in notes.iter().enumerate() {
            let one: BTreeSet<String> = sorted_requests(&one.web).into_iter().collect();
            let others = notes.iter().enumerate().filter(|(other, _)| *other != at);
            let twice = others.flat_map(|(_, other)| sorted_requests(&other.web)).find(|url| one.contains(url));
            assert_eq!(twice, None, "asked by two of {count} shards");
        }
        let askers = notes.iter().filter(|notes| !sorted_requests(&notes.api).is_empty()).count();
        assert_eq!(askers, 1, "the API is one host, which one shard asks");

        let seen = MergedShards::merge(&files, &shard_context()).unwrap();
        let (merged, asked) = run_plan(&stage, Some(seen.clone())).await;
        assert_eq!(text(&merged), wanted, "{count} shards");
        assert_eq!(merged[0].plan.to_string(), alone[0].plan.to_string());
        // What is there is taken from them; everything else is asked again before it counts.
        let again = sorted_requests(&asked.web).len();
        assert!(again < sorted_requests(&asked_alone.web).len(), "{again}");
        assert_eq!(run_apply(&stage, Some(seen)).await, bodies, "{count} shards");
        println!("shards={count} web_requests={} links={reported}", web.len());
    }
}

/// F28: one shard sees too few hosts to tell, all of them together see it.
#[tokio::test(start_paused = true)]
async fn a_network_that_answers_every_address_alike_is_seen_through_across_shards() {
    let stage = Stage::of(shipped_config().pods, now());
    stage.sandbox.change_world(|world| world.captive_portal = true);
    let wanted = text(&run_plan(&stage, None).await.0);
    assert!(wanted.contains("every address answers alike"));
    for count in [1, 3, 8] {
        let (files, _, _) = check_in_shards(&stage, count).await;
        let (merged, _) = run_plan(&stage, Some(MergedShards::merge(&files, &shard_context()).unwrap())).await;
        assert_eq!(text(&merged), wanted, "{count} shards");
    }
}

/// A host that no shard saw, and another place on a page that one did.
const LATER: &str =
    "<https://later.example/page> <https://handbook.gitlab.com/handbook/product/categories/#no-such-place>";

#[tokio::test(start_paused = true)]
async fn what_the_page_names_since_then_is_looked_at_by_the_acting_job() {
    let stage = Stage::of(shipped_config().pods, now());
    let (files, _, _) = check_in_shards(&stage, 2).await;
    let at = stage.pods[0].page.clone();
    stage.sandbox.change_world(|world| {
        let project = world.project_by_path(&at.project).unwrap();
        let (id, text) = (project.id, project.file_text(&at.git_ref, &at.path).unwrap().to_owned());
        world.add_file(id, &at.git_ref, &at.path, &format!("{text}\n{LATER}\n"));
    });
    let (alone, _) = run_plan(&stage, None).await;
    let (merged, asked) = run_plan(&stage, Some(MergedShards::merge(&files, &shard_context()).unwrap())).await;
    assert_eq!(text(&merged), text(&alone));
    let asked: BTreeSet<String> = sorted_requests(&asked.web).into_iter().collect();
    let later = ["https://handbook.gitlab.com/handbook/product/categories/", "https://later.example/page"];
    assert!(later.iter().all(|url| asked.contains(*url)), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_look_that_is_not_whole_or_not_of_here_and_now_is_refused() {
    let stage = Stage::of(shipped_config().pods, now());
    let (files, _, _) = check_in_shards(&stage, 3).await;
    let refused = |files: &[(String, String)], stand: &ShardContext<'_>| MergedShards::merge(files, stand).unwrap_err();
    let has =
        |reported: String, words: &[&str]| assert!(words.iter().all(|word| reported.contains(word)), "{reported}");
    has(refused(&files[..1], &shard_context()), &["missing", "2/3, 3/3"]);
    has(refused(&files[1..], &shard_context()), &["missing", "1/3"]);
    has(refused(&[files.clone(), files[..1].to_vec()].concat(), &shard_context()), &["1/3", "twice", "1.json"]);
    let (two, _, _) = check_in_shards(&stage, 2).await;
    has(refused(&[&files[..2], &two[1..]].concat(), &shard_context()), &["not of one run", "2/2"]);

    let with = |from: &str, to: &str| {
        let (name, text) = &files[2];
        assert!(text.contains(from), "{from}");
        [&files[..2], &[(name.clone(), text.replacen(from, to, 1))]].concat()
    };
    has(refused(&with("\"version\": 2", "\"version\": 3"), &shard_context()), &["3.json", "version 3"]);
    has(
        refused(&with("\"gitlab.com\"", "\"gitlab.example\""), &shard_context()),
        &["3.json", "gitlab.example", "gitlab.com"],
    );
    has(refused(&with("\"sandbox\": true", "\"sandbox\": false"), &shard_context()), &["3.json", "sandbox"]);
    has(refused(&with("\"3/3\"", "\"4/3\""), &shard_context()), &["3.json", "damaged"]);
    has(refused(&with("\"links\"", "\"blinks\""), &shard_context()), &["3.json", "damaged"]);
    let cut = [&files[..2], &[("3.json".to_owned(), files[2].1[..files[2].1.len() - 5].to_owned())]].concat();
    has(refused(&cut, &shard_context()), &["3.json", "damaged"]);
    let hours = |hours| ShardContext { now: now() + chrono::TimeDelta::hours(hours), ..shard_context() };
    assert!(MergedShards::merge(&files, &hours(24)).is_ok());
    has(refused(&files, &hours(25)), &["1.json", "24 hours"]);
    has(refused(&files, &hours(-1)), &["1.json", "still to come"]);

    // The same address in two files, with two verdicts.
    let link = |verdict: &str| {
        format!(
            r#"{{"url": "https://a.example/", "resolved": null, "kind": "web", "assessment": {{"verdict": "{verdict}",
                "reason": "", "status": null, "redirects": [], "suggestion": null}}}}"#
        )
    };
    let file = |index: u32, verdict: &str| {
        let at = now().to_rfc3339();
        let head =
            format!(r#""version": 2, "gitlab": "gitlab.com", "sandbox": true, "shard": "{index}/2", "now": "{at}""#);
        (format!("{index}.json"), format!(r#"{{{head}, "failure": null, "links": [{}]}}"#, link(verdict)))
    };
    assert_eq!(MergedShards::merge(&[file(1, "alive"), file(2, "alive")], &shard_context()).unwrap().len(), 1);
    has(refused(&[file(1, "alive"), file(2, "dead")], &shard_context()), &["disagree", "https://a.example/"]);
}

/// Replaces what a shard's file says of links; `change` gets each link of a file.
fn forge(files: &[(String, String)], change: impl Fn(&mut serde_json::Value)) -> MergedShards {
    let forged: Vec<(String, String)> = files
        .iter()
        .map(|(name, text)| {
            let mut file: serde_json::Value = serde_json::from_str(text).unwrap();
            file["links"].as_array_mut().unwrap().iter_mut().for_each(&change);
            (name.clone(), file.to_string())
        })
        .collect();
    MergedShards::merge(&forged, &shard_context()).unwrap()
}

/// What is done to a link of a file.
type Lie = fn(&mut serde_json::Value);

/// What anybody who may change a job could write into its file: words that act, and news that are none.
const FORGED_REASON: &str = "see https://evil.example/ @all /close <img src=x>";

#[tokio::test(start_paused = true)]
async fn a_forged_file_changes_nothing_that_is_written() {
    // The first report is there, so what is dead is remembered.
    let stage = Stage::after_first_run().await;
    let (files, _, _) = check_in_shards(&stage, 2).await;
    let honest = run_apply(&stage, Some(MergedShards::merge(&files, &shard_context()).unwrap())).await;
    assert_eq!(honest, run_apply(&stage, None).await);
    assert!(honest.iter().any(|body| body.contains("report secure/links")));
    let lies: [(&str, Lie); 8] = [
        ("what is alive is dead", |link| {
            if link["assessment"]["verdict"] == "alive" {
                link["assessment"]["verdict"] = "dead".into();
            }
        }),
        ("what is dead is alive", |link| {
            if link["assessment"]["verdict"] != "alive" {
                link["assessment"] = serde_json::json!({
                    "verdict": "alive", "reason": "", "status": 200, "redirects": [], "suggestion": null,
                });
            }
        }),
        ("all is silent", |link| link["assessment"]["verdict"] = "unreachable".into()),
        ("all places are gone", |link| link["assessment"]["verdict"] = "fragment_dead".into()),
        ("all has moved", |link| {
            link["assessment"]["verdict"] = "moved".into();
            link["assessment"]["suggestion"] = "https://evil.example/".into();
        }),
        ("all is deprecated", |link| {
            link["assessment"]["deprecated"] = serde_json::json!({ "said": FORGED_REASON, "successor": null });
        }),
        ("what anybody sees is something else", |link| {
            link["assessment"]["for_anybody"] = serde_json::json!({
                "verdict": "dead", "reason": FORGED_REASON, "status": 404, "redirects": [],
                "suggestion": "https://evil.example/",
            });
        }),
        ("all reasons are commands", |link| link["assessment"]["reason"] = FORGED_REASON.repeat(1_000).into()),
    ];
    for (what, lie) in lies {
        let seen = forge(&files, lie);
        assert_eq!(run_apply(&stage, Some(seen.clone())).await, honest, "{what}");
        let report = text(&run_plan(&stage, Some(seen)).await.0);
        assert!(!report.contains("evil.example"), "{what}: {report}");
    }
    println!("{} forged files: nothing else is written", lies.len());
}

/// A job that could not ask GitLab says why in words of its own: they are shown nowhere, and this job asks.
#[tokio::test(start_paused = true)]
async fn why_another_job_could_not_ask_is_not_repeated() {
    let stage = Stage::of(shipped_config().pods, now());
    let (files, _, _) = check_in_shards(&stage, 1).await;
    let mut file: serde_json::Value = serde_json::from_str(&files[0].1).unwrap();
    file["failure"] = serde_json::json!({ "what": FORGED_REASON, "why": FORGED_REASON, "cause": "token" });
    let seen = MergedShards::merge(&[("1.json".to_owned(), file.to_string())], &shard_context()).unwrap();
    let (alone, _) = run_plan(&stage, None).await;
    let (merged, _) = run_plan(&stage, Some(seen)).await;
    assert_eq!(text(&merged), text(&alone));
}
