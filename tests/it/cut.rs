//! Answers that break off (fault F4, and every other answer too): each kind of answer is cut at each of its bytes, once with
//! a connection that breaks and once as if that were all. Nothing is opened twice, and the next run ends where it would
//! have ended.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use podkeeper::gitlab::{Exchange, Failure};
use podkeeper::pod::Pod;
use podkeeper::pod::run::{Ending, Run};
use podkeeper::pod::schedule::Cron;

use crate::crash::{Ends, add_twin, canonical, delete_label, lose_label, pod_that_creates};
use crate::support::{Bent, Stage, now, sessions_and_labels, shipped, straight};
use crate::tally::by_key;

const PAGE: &str = "---\ntitle: Small\n---\n\n## A Pod members\n\n- Lead: Ada (`@ada`)\n\n## How\n\n- Weekly session: \
                    Thursdays at 3:00 PM UTC\n\n## End\n";

#[tokio::test(start_paused = true)]
async fn an_answer_cut_at_any_byte_doubles_nothing_and_the_next_run_ends_the_work() {
    // Every byte is cut for the scoreboard; here every seventh.
    let cuts = everywhere(7, straight).await;
    println!("{} kinds of answers: {:?}", cuts.kinds.len(), cuts.kinds);
    assert!(cuts.kinds.len() >= 12, "{:?}", cuts.kinds);
    cuts.ends.all("cuts", 2_000);
}

/// Sabotage: a client that sends a create again when it cannot read the answer.
#[tokio::test(start_paused = true)]
async fn a_client_that_repeats_a_create_is_caught() {
    let cuts = everywhere(50, repeats_blindly).await;
    println!("sabotage: {} doubles in {} cuts", cuts.ends.writes.doubles, cuts.ends.of);
    assert!(cuts.ends.writes.doubles > 10, "{}", cuts.ends.writes.doubles);
}

/// What was cut, and what came of it.
pub(crate) struct Cuts {
    pub(crate) ends: Ends,
    /// The kinds of answers, each with the length of the one that was cut.
    pub(crate) kinds: BTreeMap<String, usize>,
}

/// Cuts the longest answer of each kind at every so many bytes.
pub(crate) async fn everywhere(step: usize, bent: Bent) -> Cuts {
    let mut scenes: Vec<Scene> = Vec::new();
    let mut longest: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
    for (at, (name, start)) in scenes_in_which_all_is_asked().await.into_iter().enumerate() {
        let whole = start.copy();
        let server = Arc::new(Server::over(&whole, None));
        whole.apply_over(Arc::clone(&server) as Arc<dyn Exchange>).await;
        for (nth, (kind, length)) in server.seen.lock().unwrap().iter().enumerate() {
            let known = longest.entry(kind.clone()).or_insert((*length, at, nth));
            *known = (*known).max((*length, at, nth));
        }
        scenes.push(Scene { name, start, wanted: canonical(&whole), bent, known: BTreeSet::new() });
    }
    let mut cuts = Cuts { ends: Ends::default(), kinds: BTreeMap::new() };
    for (kind, (length, scene, nth)) in longest {
        for bytes in (0..length).step_by(step) {
            scenes[scene].cut(Cut { nth, bytes: Some(bytes) }, &kind, &mut cuts.ends).await;
        }
        // Where a connection breaks makes no difference: what came is thrown away.
        scenes[scene].cut(Cut { nth, bytes: None }, &kind, &mut cuts.ends).await;
        cuts.kinds.insert(kind, length);
    }
    cuts
}

/// What happens to a world before the run whose answers are cut.
type Happens = fn(&mut Stage);

/// Small worlds in which every kind of request about sessions and labels is sent.
async fn scenes_in_which_all_is_asked() -> Vec<(&'static str, Stage)> {
    let pods = || sessions_and_labels(shipped().pods);
    let bare = |pods: Vec<Pod>| Stage::bare(pods, PAGE, now());
    let mut all = vec![("the first run", bare(pods()))];
    let mut label = bare(pod_that_creates());
    delete_label(&mut label);
    all.push(("a label to be created", label));
    let happens: [(&'static str, Happens); 3] =
        [("a lost label", lose_label), ("a twin", add_twin), ("another hour", another_hour)];
    for (name, happens) in happens {
        let mut stage = bare(pods());
        stage.apply().await;
        happens(&mut stage);
        all.push((name, stage));
    }
    all
}

fn another_hour(stage: &mut Stage) {
    stage.pods[0].slots[0].cron = Cron::parse("0 16 * * Thu").unwrap();
}

struct Scene {
    name: &'static str,
    start: Stage,
    /// The world as a run leaves it whose answers are whole.
    wanted: BTreeSet<String>,
    bent: Bent,
    /// Worlds that a cut left and from which the next run is known to end well.
    known: BTreeSet<BTreeSet<String>>,
}

impl Scene {
    async fn cut(&mut self, cut: Cut, kind: &str, ends: &mut Ends) {
        let stage = self.start.copy();
        let began = stage.look(|world| by_key(world, false));
        stage.apply_over((self.bent)(Arc::new(Server::over(&stage, Some(cut))))).await;
        ends.writes.alone(&began, &stage);
        let left = canonical(&stage);
        if self.known.contains(&left) {
            ends.count(Ok(()));
            return;
        }
        let end = self.next(&stage, ends).await;
        // What the next run opened is new only if it is one too many.
        let mut after = crate::tally::Writes::default();
        after.alone(&began, &stage);
        let doubled = after.doubles > 0;
        if end.is_ok() && !doubled {
            self.known.insert(left);
        }
        let what = || format!("{}, {kind} cut: {:?}", self.name, cut.bytes);
        ends.count(match end {
            Ok(()) if doubled => Err(format!("{}: an issue is there twice", what())),
            end => end.map_err(|why| format!("{}: {why}", what())),
        });
    }

    /// The next run ends the work, and the one after it finds nothing to do.
    async fn next(&self, stage: &Stage, ends: &mut Ends) -> Result<(), String> {
        let (runs, _) = stage.apply_over((self.bent)(stage.exchange())).await;
        let ended = runs.iter().map(Run::ending).max();
        let found = canonical(stage);
        if ended != Some(Ending::Done) || found != self.wanted {
            let missing: Vec<_> = self.wanted.difference(&found).collect();
            let more: Vec<_> = found.difference(&self.wanted).collect();
            return Err(format!("the next run ended {ended:?}; missing {missing:#?}, more {more:#?}"));
        }
        let written = stage.journal().len();
        stage.apply_over((self.bent)(stage.exchange())).await;
        ends.writes.rerun(stage.journal().len() - written);
        Ok(())
    }
}

/// Which answer is cut, and where; at none of its bytes if the connection breaks.
#[derive(Clone, Copy)]
struct Cut {
    nth: usize,
    bytes: Option<usize>,
}

/// A box, one of whose answers is cut.
struct Server {
    inner: Arc<dyn Exchange>,
    cut: Option<Cut>,
    calls: AtomicUsize,
    /// Kind and length of every answer.
    seen: Mutex<Vec<(String, usize)>>,
}

impl Server {
    fn over(stage: &Stage, cut: Option<Cut>) -> Self {
        Self { inner: stage.exchange(), cut, calls: AtomicUsize::new(0), seen: Mutex::default() }
    }
}

#[async_trait::async_trait]
impl Exchange for Server {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        let nth = self.calls.fetch_add(1, Ordering::Relaxed);
        let kind = kind(&request);
        let answer = self.inner.exchange(request).await?;
        self.seen.lock().unwrap().push((kind, answer.body().len()));
        match self.cut.filter(|cut| cut.nth == nth) {
            Some(Cut { bytes: None, .. }) => Err(Failure::Lost("the connection was reset".to_owned())),
            Some(Cut { bytes: Some(bytes), .. }) => Ok(answer.map(|body| body.slice(..bytes.min(body.len())))),
            None => Ok(answer),
        }
    }
}

/// A request without what differs from one of its kind to the next: numbers, and the values of parameters.
fn kind(request: &Request<Bytes>) -> String {
    let path = request.uri().path();
    let parts = path.split('/').map(|part| if part.parse::<u64>().is_ok() { "N" } else { part });
    let names = |text: &str| {
        let names: BTreeSet<String> =
            url::form_urlencoded::parse(text.as_bytes()).map(|(name, _)| name.into()).collect();
        names.into_iter().collect::<Vec<_>>().join(" ")
    };
    let body = String::from_utf8_lossy(request.body());
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
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        let create = request.method() == http::Method::POST && request.uri().path().ends_with("/issues");
        let first = self.0.exchange(request.clone()).await;
        let readable = first.as_ref().is_ok_and(|answer| {
            !answer.status().is_server_error() && serde_json::from_slice::<serde_json::Value>(answer.body()).is_ok()
        });
        if create && !readable { self.0.exchange(request).await } else { first }
    }
}
