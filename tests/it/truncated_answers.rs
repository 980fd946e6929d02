//! Answers that break off (fault F4, and every other answer too): each kind of answer is cut at each of its bytes, once
//! with a connection that breaks and once as if that were all. Nothing is opened twice, nothing untrue is reported, and
//! the next run ends where it would have ended.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use podkeeper::gitlab::{Exchange, ExchangeError};
use podkeeper::pod::rule::Rule;
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::pod::schedule::Cron;
use podkeeper::pod::{Pod, Task};

use crate::crash_recovery::{
    SweepResult, add_twin, canonical_world_lines, delete_label, edit_page, lose_label, pod_that_creates_label,
};
use crate::support::{Bent, Stage, keep_sessions_and_labels, now, shipped_config, unchanged};
use crate::write_counts::issue_count_by_key;

const PAGE: &str = "---\ntitle: Small\n---\n\n## A Pod members\n\n- Lead: Ada (`@ada`)\n\n## How\n\n- Weekly session: \
                    Thursdays at 3:00 PM UTC\n\n## End\n";

#[tokio::test(start_paused = true)]
async fn an_answer_cut_at_any_byte_doubles_nothing_and_the_next_run_ends_the_work() {
    // Every byte is cut for the scoreboard; here few of them.
    let cuts = cut_session_answers(71, unchanged).await;
    println!("{} kinds of answers: {:?}", cuts.kinds.len(), cuts.kinds);
    assert!(cuts.kinds.len() >= 12, "{:?}", cuts.kinds);
    cuts.ends.assert_all_well("cuts", 200);
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_the_whole_job_cut_anywhere_tells_nothing_that_is_not_so() {
    let cuts = cut_whole_job_answers(1_511).await;
    println!("{} kinds of answers: {:?}", cuts.kinds.len(), cuts.kinds);
    assert_eq!((cuts.spurious, cuts.first_spurious), (0, None));
    cuts.ends.assert_all_well("cuts", 40);
}

/// The sweep sees what is reported of a page that is short without a word, where nothing says how long it should be.
#[tokio::test(start_paused = true)]
async fn what_a_short_page_is_taken_for_is_caught() {
    let cuts = cut_page_without_length(397).await;
    println!("{} of {} cuts: {:?}", cuts.spurious, cuts.ends.of, cuts.first_spurious);
    assert!(cuts.spurious > 2, "{}", cuts.spurious);
}

/// Sabotage: a client that sends a create again when it cannot read the answer.
#[tokio::test(start_paused = true)]
async fn a_client_that_repeats_a_create_is_caught() {
    let cuts = cut_session_answers(211, repeats_blindly).await;
    println!("sabotage: {} doubles in {} cuts", cuts.ends.writes.doubles, cuts.ends.of);
    assert!(cuts.ends.writes.doubles > 2, "{}", cuts.ends.writes.doubles);
}

/// What was cut, and what came of it.
pub(crate) struct CutResult {
    pub(crate) ends: SweepResult,
    /// The kinds of answers, each with the length of the one that was cut.
    pub(crate) kinds: BTreeMap<String, usize>,
    /// Cuts after which something was reported of links or members that is not so.
    pub(crate) spurious: usize,
    pub(crate) first_spurious: Option<String>,
}

/// Cuts the longest answer of each kind at every so many bytes.
pub(crate) async fn cut_session_answers(step: usize, bent: Bent) -> CutResult {
    sweep(session_stages().await, |_| step, bent, true).await
}

/// The same of the whole job: queries about links, labels, agents and accounts, and both reports.
pub(crate) async fn cut_whole_job_answers(step: usize) -> CutResult {
    sweep(whole_job_stages().await, |_| step, unchanged, true).await
}

/// Only the pod's page, short without a word: nothing in the answer says how long it should be.
async fn cut_page_without_length(step: usize) -> CutResult {
    let step = |kind: &str| if is_file(kind) { step } else { usize::MAX };
    sweep(whole_job_stages().await, step, unchanged, false).await
}

/// Whether an answer is a file as it is, which no bracket at its end proves to be whole.
fn is_file(kind: &str) -> bool {
    kind.contains("/raw ")
}

/// `size_told`: whether the server says how long a file is.
async fn sweep(starts: Vec<NamedStage>, step: impl Fn(&str) -> usize, bent: Bent, size_told: bool) -> CutResult {
    let mut scenes: Vec<Scene> = Vec::new();
    let mut longest: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
    for (at, (name, start)) in starts.into_iter().enumerate() {
        let whole = start.copy();
        let server = Arc::new(CuttingServer::over(&whole, None));
        let reported =
            run_over(&whole, Arc::clone(&server) as Arc<dyn Exchange>).await.iter().flat_map(alarms).collect();
        for (nth, (kind, length)) in server.seen.lock().unwrap().iter().enumerate() {
            let known = longest.entry(kind.clone()).or_insert((*length, at, nth));
            *known = (*known).max((*length, at, nth));
        }
        scenes.push(Scene {
            name,
            start,
            wanted: canonical_world_lines(&whole),
            reported,
            bent,
            known: BTreeSet::new(),
        });
    }
    let mut cuts =
        CutResult { ends: SweepResult::default(), kinds: BTreeMap::new(), spurious: 0, first_spurious: None };
    for (kind, (length, scene, nth)) in longest {
        for bytes in (0..length).step_by(step(&kind)) {
            scenes[scene].run_with_cut(Cut { nth, bytes: Some(bytes), size_told }, &kind, &mut cuts).await;
        }
        // Where a connection breaks makes no difference: what came is thrown away.
        scenes[scene].run_with_cut(Cut { nth, bytes: None, size_told }, &kind, &mut cuts).await;
        cuts.kinds.insert(kind, length);
    }
    cuts
}

/// One run of whatever the stage's pods are kept for.
async fn run_over(stage: &Stage, exchange: Arc<dyn Exchange>) -> Vec<PodRun> {
    if stage.pods[0].tasks.contains(&Task::Links) {
        stage.apply_all_tasks_over(exchange).await
    } else {
        stage.apply_over(exchange).await.0
    }
}

/// What a run reports of links that are gone and of members who are not as they should be.
fn alarms(run: &PodRun) -> impl Iterator<Item = String> {
    const LINKS: [Rule; 3] = [Rule::LinkDead, Rule::LinkFragmentDead, Rule::LinkUnreachable];
    const OTHERS: [Rule; 6] = [
        Rule::LabelMissing,
        Rule::MemberWithoutFocus,
        Rule::MemberUnknownAgent,
        Rule::FocusWithoutMember,
        Rule::AccountMissing,
        Rule::AccountBlocked,
    ];
    run.findings.iter().filter_map(|finding| match finding.rule {
        // One that was gone when it was last seen is gone, under whatever rule it is reported.
        rule if LINKS.contains(&rule) => Some(format!("a link is gone: {}", finding.subject)),
        rule if OTHERS.contains(&rule) => Some(format!("{}: {}", rule.code(), finding.subject)),
        _ => None,
    })
}

/// A world, and what it is.
type NamedStage = (&'static str, Stage);

/// What happens to a world before the run whose answers are cut.
type StageChange = fn(&mut Stage);

/// Small worlds in which every kind of request about sessions and labels is sent.
async fn session_stages() -> Vec<NamedStage> {
    let pods = || keep_sessions_and_labels(shipped_config().pods);
    let bare = |pods: Vec<Pod>| Stage::bare(pods, PAGE, now());
    let mut all = vec![("the first run", bare(pods()))];
    let mut label = bare(pod_that_creates_label());
    delete_label(&mut label);
    all.push(("a label to be created", label));
    let happens: [(&'static str, StageChange); 3] =
        [("a lost label", lose_label), ("a twin", add_twin), ("another hour", advance_an_hour)];
    for (name, happens) in happens {
        let mut stage = bare(pods());
        stage.apply().await;
        happens(&mut stage);
        all.push((name, stage));
    }
    all
}

/// The seeded world, before and after a first run of everything.
async fn whole_job_stages() -> Vec<NamedStage> {
    let first = Stage::of(shipped_config().pods, now());
    let mut second = first.copy();
    second.apply_all_tasks().await;
    edit_page(&mut second, "https://youtu.be/bOxSeEd-D01", "https://youtu.be/bOxAlIvE-02");
    vec![("the whole job", first), ("a report to be changed", second)]
}

fn advance_an_hour(stage: &mut Stage) {
    stage.pods[0].slots[0].cron = Cron::parse("0 16 * * Thu").unwrap();
}

struct Scene {
    name: &'static str,
    start: Stage,
    /// The world as a run leaves it whose answers are whole.
    wanted: BTreeSet<String>,
    /// What it reports of links and members.
    reported: BTreeSet<String>,
    bent: Bent,
    /// Worlds that a cut left and from which the next run is known to end well.
    known: BTreeSet<BTreeSet<String>>,
}

impl Scene {
    async fn run_with_cut(&mut self, cut: Cut, kind: &str, cuts: &mut CutResult) {
        let stage = self.start.copy();
        let began = stage.with_world(|world| issue_count_by_key(world, false));
        let runs = run_over(&stage, (self.bent)(Arc::new(CuttingServer::over(&stage, Some(cut))))).await;
        let what = || format!("{}, {kind} cut: {:?}", self.name, cut.bytes);
        let new = runs.iter().flat_map(alarms).find(|reported| !self.reported.contains(reported));
        cuts.spurious += usize::from(new.is_some());
        if let Some(new) = new {
            cuts.first_spurious.get_or_insert(format!("{}: {new}", what()));
        }
        let ends = &mut cuts.ends;
        ends.writes.count_single_worker(&began, &stage);
        let left = canonical_world_lines(&stage);
        if self.known.contains(&left) {
            ends.count(Ok(()));
            return;
        }
        let end = self.check_next_run(&stage, ends).await;
        // What the next run opened is new only if it is one too many.
        let mut after = crate::write_counts::WriteCounts::default();
        after.count_single_worker(&began, &stage);
        let doubled = after.doubles > 0;
        if end.is_ok() && !doubled {
            self.known.insert(left);
        }
        ends.count(match end {
            Ok(()) if doubled => Err(format!("{}: an issue is there twice", what())),
            end => end.map_err(|why| format!("{}: {why}", what())),
        });
    }

    /// The next run ends the work, and the one after it finds nothing to do.
    async fn check_next_run(&self, stage: &Stage, ends: &mut SweepResult) -> Result<(), String> {
        let runs = run_over(stage, (self.bent)(stage.exchange())).await;
        let ended = runs.iter().map(PodRun::exit_status).max();
        let found = canonical_world_lines(stage);
        if ended != Some(ExitStatus::Done) || found != self.wanted {
            let missing: Vec<_> = self.wanted.difference(&found).collect();
            let more: Vec<_> = found.difference(&self.wanted).collect();
            return Err(format!("the next run ended {ended:?}; missing {missing:#?}, more {more:#?}"));
        }
        let written = stage.journal().len();
        run_over(stage, (self.bent)(stage.exchange())).await;
        ends.writes.count_rerun(stage.journal().len() - written);
        Ok(())
    }
}

/// Which answer is cut, and where; at none of its bytes if the connection breaks.
#[derive(Clone, Copy)]
struct Cut {
    nth: usize,
    bytes: Option<usize>,
    /// Whether the answer says how long the file is.
    size_told: bool,
}

/// A sandbox, one of whose answers is cut.
struct CuttingServer {
    inner: Arc<dyn Exchange>,
    cut: Option<Cut>,
    calls: AtomicUsize,
    /// Kind and length of every answer.
    seen: Mutex<Vec<(String, usize)>>,
}

impl CuttingServer {
    fn over(stage: &Stage, cut: Option<Cut>) -> Self {
        Self { inner: stage.exchange(), cut, calls: AtomicUsize::new(0), seen: Mutex::default() }
    }
}

#[async_trait::async_trait]
impl Exchange for CuttingServer {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let nth = self.calls.fetch_add(1, Ordering::Relaxed);
        let kind = request_kind(&request);
        let answer = self.inner.exchange(request).await?;
        self.seen.lock().unwrap().push((kind, answer.body().len()));
        match self.cut.filter(|cut| cut.nth == nth) {
            Some(Cut { bytes: None, .. }) => Err(ExchangeError::NoAnswer("the connection was reset".to_owned())),
            Some(Cut { bytes: Some(bytes), size_told, .. }) => {
                let mut answer = answer.map(|body| body.slice(..bytes.min(body.len())));
                if !size_told {
                    answer.headers_mut().remove("x-gitlab-size");
                }
                Ok(answer)
            }
            None => Ok(answer),
        }
    }
}

/// A request without what differs from one of its kind to the next: numbers, and the values of parameters.
fn request_kind(request: &Request<Bytes>) -> String {
    let path = request.uri().path();
    let parts = path.split('/').map(|part| if part.parse::<u64>().is_ok() { "N" } else { part });
    let names = |text: &str| {
        let names: BTreeSet<String> =
            url::form_urlencoded::parse(text.as_bytes()).map(|(name, _)| name.into()).collect();
        names.into_iter().collect::<Vec<_>>().join(" ")
    };
    let body = String::from_utf8_lossy(request.body());
    if path == "/api/graphql" {
        let query = serde_json::from_slice::<serde_json::Value>(request.body()).unwrap();
        let words = query["query"].as_str().unwrap_or_default().chars().filter(|c| !c.is_ascii_digit());
        return format!("GraphQL {}", words.take(40).collect::<String>());
    }
    let (path, query) = (parts.collect::<Vec<_>>().join("/"), names(request.uri().query().unwrap_or_default()));
    format!("{} {path} {query} {}", request.method(), names(&body))
}

/// The double that sends a create again when its answer is no issue.
pub(crate) fn repeats_blindly(inner: Arc<dyn Exchange>) -> Arc<dyn Exchange> {
    Arc::new(RepeatsBlindly(inner))
}

struct RepeatsBlindly(Arc<dyn Exchange>);

#[async_trait::async_trait]
impl Exchange for RepeatsBlindly {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let create = request.method() == http::Method::POST && request.uri().path().ends_with("/issues");
        let first = self.0.exchange(request.clone()).await;
        let readable = first.as_ref().is_ok_and(|answer| {
            !answer.status().is_server_error() && serde_json::from_slice::<serde_json::Value>(answer.body()).is_ok()
        });
        if create && !readable { self.0.exchange(request).await } else { first }
    }
}
