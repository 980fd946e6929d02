//! Killed anywhere, podkeeper ends where it would have ended (fault F9).
//!
//! A run is killed at each of its calls: when the server has received it, when it has carried it out, and when it has
//! answered. The next run finishes the work: the world is that of a run that was never killed, but for numbers and
//! times. The run after it writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use chrono::TimeDelta;
use http::{Request, Response};
use podkeeper::gitlab::{Exchange, Failure};
use podkeeper::pod::label::LabelName;
use podkeeper::pod::marker::{self, Marked};
use podkeeper::pod::run::{Ending, Run};
use podkeeper::pod::{Pod, PodKey, Task};
use podkeeper::sandbox::world::{Issue, NewIssue, Project, World};
use serde_json::Value;
use tokio::sync::Notify;

use crate::support::{Bent, Draw, Stage, now, sessions_and_labels, shipped, straight};
use crate::tally::{Writes, by_key};

#[tokio::test(start_paused = true)]
async fn f09_killed_at_any_call_about_sessions_and_labels_it_ends_as_if_never_killed() {
    points(SESSIONS).await.all("points about sessions and labels", 250);
}

#[tokio::test(start_paused = true)]
async fn f09_killed_at_any_call_about_the_link_report_it_ends_as_if_never_killed() {
    points(LINKS).await.all("points about the link report", 200);
}

#[tokio::test(start_paused = true)]
async fn f09_killed_at_any_call_about_the_roster_it_ends_as_if_never_killed() {
    points(ROSTER).await.all("points about the roster", 150);
}

/// The recovery is killed, too.
#[tokio::test(start_paused = true)]
async fn f09_killed_twice_it_ends_as_if_never_killed() {
    pairs(SESSIONS, 1_000).await.all("pairs", 1_000);
}

#[tokio::test(start_paused = true)]
#[ignore = "20,000 pairs over all scenarios take minutes"]
async fn f09_killed_twice_it_ends_as_if_never_killed_at_length() {
    pairs(&everywhere(), 20_000).await.all("pairs", 20_000);
}

/// The comparison must be able to find what a crash leaves, or the sweeps say nothing.
#[tokio::test(start_paused = true)]
async fn a_recovery_that_does_not_see_what_it_made_is_caught() {
    let caught = blind_recovery().await;
    println!("sabotage: found at {caught} points");
    assert!(caught > 20, "{caught}");
}

/// Every scenario.
pub(crate) fn everywhere() -> Vec<Scenario> {
    [SESSIONS, LINKS, ROSTER].concat()
}

/// At how many points a recovery that sees none of podkeeper's own issues ends otherwise.
pub(crate) async fn blind_recovery() -> usize {
    let mut caught = 0;
    for scenario in SESSIONS {
        let start = prepared(scenario).await;
        let wanted = whole(scenario, &start, straight).await;
        for call in 1..=wanted.calls {
            let stage = start.copy();
            pass(&stage, scenario, Some(Kill { call, phase: Phase::Applied }), straight).await;
            pass(&stage, scenario, None, sees_nothing_of_its_own).await;
            caught += usize::from(canonical(&stage) != wanted.world);
        }
    }
    caught
}

// ------------------------------------------------------------------------------------------------ what is to be done

/// A world with something to do in it.
#[derive(Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pods: fn() -> Vec<Pod>,
    /// What happens in the seeded world, with a whole run after each but the last.
    happens: &'static [fn(&mut Stage)],
    /// The call that meets a rate limit, if one does.
    limited: Option<usize>,
}

pub(crate) const PLAIN: Scenario = Scenario { name: "the first run", pods: pod, happens: &[nothing], limited: None };

pub(crate) const SESSIONS: &[Scenario] = &[
    PLAIN,
    Scenario { name: "a rate limit in the middle", limited: Some(6), ..PLAIN },
    Scenario { name: "a week later", happens: &[nothing, a_week], ..PLAIN },
    Scenario { name: "a lost label", happens: &[nothing, lose_label], ..PLAIN },
    Scenario { name: "a label to be created", pods: pod_that_creates, happens: &[delete_label], ..PLAIN },
    Scenario { name: "a twin", happens: &[nothing, add_twin], ..PLAIN },
    Scenario { name: "another hour on the page", happens: &[nothing, move_session], ..PLAIN },
    Scenario { name: "two pods", pods: two_pods, ..PLAIN },
    Scenario { name: "a handbook that was renamed", happens: &[rename_handbook], ..PLAIN },
];

const LINKS: &[Scenario] = &[
    Scenario { name: "a new link report", pods: links, ..PLAIN },
    Scenario { name: "a changed link report", pods: links, happens: &[nothing, mend_one], ..PLAIN },
    Scenario { name: "a link report that ends", pods: links, happens: &[nothing, mend_all], ..PLAIN },
    Scenario {
        name: "a link report that begins again",
        pods: links,
        happens: &[nothing, mend_all, break_one],
        ..PLAIN
    },
];

const ROSTER: &[Scenario] = &[
    Scenario { name: "a new roster report", pods: roster, ..PLAIN },
    Scenario { name: "a changed roster report", pods: roster, happens: &[nothing, unblock], ..PLAIN },
    Scenario { name: "everything at once", pods: everything, ..PLAIN },
];

fn pod() -> Vec<Pod> {
    sessions_and_labels(shipped().pods)
}

pub(crate) fn pod_that_creates() -> Vec<Pod> {
    let mut pods = pod();
    pods[0].label.create = true;
    pods
}

/// The shipped pod and a neighbour in the same project.
pub(crate) fn two_pods() -> Vec<Pod> {
    let mut pods = pod();
    let mut other = pods[0].clone();
    (other.key, other.name) = (PodKey::parse("verify").unwrap(), "Verify Pod".to_owned());
    "content/verify.md".clone_into(&mut other.page.path);
    other.label.name = LabelName::parse("pod::verify").unwrap();
    pods.push(other);
    pods
}

fn only(task: Task) -> Vec<Pod> {
    shipped().pods.into_iter().map(|pod| Pod { tasks: [task].into(), ..pod }).collect()
}

fn links() -> Vec<Pod> {
    only(Task::Links)
}

fn roster() -> Vec<Pod> {
    only(Task::Roster)
}

fn everything() -> Vec<Pod> {
    shipped().pods
}

// ------------------------------------------------------------------------------------------------- what happens there

pub(crate) fn nothing(_: &mut Stage) {}

/// The page's project has another path today, which the configuration does not know.
fn rename_handbook(stage: &mut Stage) {
    let path = stage.pods[0].page.project.clone();
    stage.sandbox.change(|world| {
        let id = world.project_at(&path).unwrap().id;
        let project = world.projects.get_mut(&id).unwrap();
        let today = format!("{path}-of-today");
        project.formerly.push(std::mem::replace(&mut project.path, today));
    });
}

fn a_week(stage: &mut Stage) {
    later(stage, TimeDelta::days(7));
}

pub(crate) fn later(stage: &mut Stage, by: TimeDelta) {
    stage.now += by;
    stage.sandbox.change(|world| world.now = stage.now);
}

pub(crate) fn pairing(world: &mut World) -> &mut Project {
    world.projects.values_mut().find(|project| project.path == "gitlab-com/support/support-pairing").unwrap()
}

pub(crate) fn lose_label(stage: &mut Stage) {
    stage.sandbox.change(|world| pairing(world).issues.values_mut().for_each(|issue| issue.labels.clear()));
}

pub(crate) fn delete_label(stage: &mut Stage) {
    stage.sandbox.change(|world| pairing(world).labels.retain(|_, label| label.name != "pod::secure"));
    lose_label(stage);
}

/// What another worker left who looked at the same moment.
pub(crate) fn add_twin(stage: &mut Stage) {
    stage.sandbox.change(|world| {
        let (id, newest) = (pairing(world).id, pairing(world).issues.values().next_back().unwrap().clone());
        let new = NewIssue { title: newest.title.clone(), ..NewIssue::default() };
        let iid = world.open_issue(id, newest.author, &new).unwrap();
        let twin = pairing(world).issues.get_mut(&iid).unwrap();
        (twin.description, twin.labels) = (newest.description, newest.labels);
    });
}

pub(crate) fn edit_page(stage: &mut Stage, old: &str, new: &str) {
    let at = stage.pods[0].page.clone();
    stage.sandbox.change(|world| {
        let project = world.projects.values_mut().find(|project| project.path == at.project).unwrap();
        let page = project.files.get_mut("main").unwrap().get_mut(&at.path).unwrap();
        assert!(page.contains(old));
        *page = page.replace(old, new);
    });
}

pub(crate) fn move_session(stage: &mut Stage) {
    edit_page(stage, "Thursdays at 3:00 PM UTC", "Thursdays at 4:00 PM UTC");
}

pub(crate) fn mend_one(stage: &mut Stage) {
    edit_page(stage, "https://youtu.be/bOxSeEd-D01", "https://youtu.be/bOxAlIvE-02");
}

/// A page without a link and without a label has nothing to tell.
pub(crate) fn mend_all(stage: &mut Stage) {
    edit_page(stage, "https://", "");
    edit_page(stage, "~\"", "");
    edit_page(stage, "](/", "](");
}

pub(crate) fn break_one(stage: &mut Stage) {
    later(stage, TimeDelta::minutes(1));
    edit_page(stage, "## FAQ", "See https://about.gitlab.com/no/such/page\n\n## FAQ");
}

pub(crate) fn unblock(stage: &mut Stage) {
    stage.sandbox.change(|world| {
        let id = world.user_named("tuval").unwrap().id;
        world.set_state(id, "active");
    });
}

// ------------------------------------------------------------------------------------------------------ the sweep

/// When in a call the run is killed.
#[derive(Clone, Copy, Debug)]
enum Phase {
    /// The server has the request and does nothing.
    Received,
    /// It has done what was asked, and the answer never comes.
    Applied,
    /// The answer has come, and nothing after it.
    Answered,
}

const PHASES: [Phase; 3] = [Phase::Received, Phase::Applied, Phase::Answered];

#[derive(Clone, Copy, Debug)]
struct Kill {
    /// The call, from 1.
    call: usize,
    phase: Phase,
}

/// How many of the kills ended well, and what was wrong with the first that did not.
#[derive(Default)]
pub(crate) struct Ends {
    pub(crate) of: usize,
    pub(crate) well: usize,
    pub(crate) wrong: Option<String>,
    pub(crate) writes: Writes,
}

impl Ends {
    pub(crate) fn count(&mut self, end: Result<(), String>) {
        self.of += 1;
        match end {
            Ok(()) => self.well += 1,
            Err(why) => drop(self.wrong.get_or_insert(why)),
        }
    }

    fn after(&mut self, end: Result<usize, String>, wanted: &Whole, stage: &Stage) {
        self.writes.alone(&wanted.began, stage);
        self.writes.rerun(end.as_ref().copied().unwrap_or(0));
        self.count(end.map(drop));
    }

    pub(crate) fn all(&self, what: &str, least: usize) {
        println!("{} of {} {what}", self.well, self.of);
        assert!(self.well == self.of && self.of >= least, "{} of {} {what}: {:?}", self.well, self.of, self.wrong);
        assert_eq!((self.writes.doubles, self.writes.rewrites), (0, 0), "{what}: {:?}", self.writes);
    }
}

/// Kills a run of each scenario everywhere.
pub(crate) async fn points(scenarios: &[Scenario]) -> Ends {
    points_of(scenarios, straight).await
}

/// The same of another worker.
pub(crate) async fn points_of(scenarios: &[Scenario], bent: Bent) -> Ends {
    let mut ends = Ends::default();
    for scenario in scenarios {
        let start = prepared(scenario).await;
        let wanted = whole(scenario, &start, bent).await;
        for call in 1..=wanted.calls {
            for phase in PHASES {
                let kill = Kill { call, phase };
                let stage = start.copy();
                pass(&stage, scenario, Some(kill), bent).await;
                let end = ends_alike(&stage, scenario, &wanted, &format!("{}, {kill:?}", scenario.name), bent).await;
                ends.after(end, &wanted, &stage);
            }
        }
    }
    ends
}

/// The calls and phases at which a run of a scenario can be killed.
pub(crate) async fn kills(scenario: &Scenario, start: &Stage, bent: Bent) -> Vec<(usize, usize)> {
    let calls = whole(scenario, start, bent).await.calls;
    (1..=calls).flat_map(|call| (0..PHASES.len()).map(move |phase| (call, phase))).collect()
}

/// A run that is killed there.
pub(crate) async fn killed(stage: &Stage, scenario: &Scenario, call: usize, phase: usize, bent: Bent) {
    pass(stage, scenario, Some(Kill { call, phase: PHASES[phase] }), bent).await;
}

/// Kills a run and its recovery, at points drawn from a seed.
pub(crate) async fn pairs(scenarios: &[Scenario], least: usize) -> Ends {
    let (mut ends, mut draw) = (Ends::default(), Draw(7));
    for scenario in scenarios {
        let start = prepared(scenario).await;
        let wanted = whole(scenario, &start, straight).await;
        for _ in 0..least.div_ceil(scenarios.len()) {
            let stage = start.copy();
            let mut kill = || Kill { call: 1 + draw.below(wanted.calls), phase: PHASES[draw.below(PHASES.len())] };
            let (first, second) = (kill(), kill());
            pass(&stage, scenario, Some(first), straight).await;
            pass(&stage, scenario, Some(second), straight).await;
            let what = format!("{}, {first:?}, {second:?}", scenario.name);
            let end = ends_alike(&stage, scenario, &wanted, &what, straight).await;
            ends.after(end, &wanted, &stage);
        }
    }
    ends
}

/// The next run finishes the work, and the one after it writes nothing; returns what that one wrote.
async fn ends_alike(
    stage: &Stage,
    scenario: &Scenario,
    wanted: &Whole,
    what: &str,
    bent: Bent,
) -> Result<usize, String> {
    let ended = pass(stage, scenario, None, bent).await.ended;
    if ended != Some(Ending::Done) {
        return Err(format!("{what}: the next run ended as {ended:?}"));
    }
    let found = canonical(stage);
    if found != wanted.world {
        let missing: Vec<_> = wanted.world.difference(&found).collect();
        let more: Vec<_> = found.difference(&wanted.world).collect();
        return Err(format!("{what}: missing {missing:#?}, more {more:#?}"));
    }
    let written = stage.journal().len();
    pass(stage, scenario, None, bent).await;
    Ok(stage.journal().len() - written)
}

/// The world of a scenario, up to where its run begins.
pub(crate) async fn prepared(scenario: &Scenario) -> Stage {
    let mut stage = Stage::of((scenario.pods)(), now());
    let (last, before) = scenario.happens.split_last().unwrap();
    for happens in before {
        happens(&mut stage);
        let ended = pass(&stage, &PLAIN, None, straight).await.ended;
        assert_eq!(ended, Some(Ending::Done), "{}", scenario.name);
    }
    last(&mut stage);
    stage
}

/// A run that is never killed.
struct Whole {
    calls: usize,
    /// How many issues stood for each key when it began.
    began: BTreeMap<String, usize>,
    /// The world that it leaves.
    world: BTreeSet<String>,
}

async fn whole(scenario: &Scenario, start: &Stage, bent: Bent) -> Whole {
    let stage = start.copy();
    let calls = pass(&stage, scenario, None, bent).await.calls;
    assert!(!stage.journal().is_empty(), "{}: there is nothing to do", scenario.name);
    Whole { calls, began: start.look(|world| by_key(world, false)), world: canonical(&stage) }
}

/// How many calls of a run reached the server, and how it ended, if it was not killed.
struct Pass {
    calls: usize,
    ended: Option<Ending>,
}

/// One run of the pods' tasks.
async fn pass(stage: &Stage, scenario: &Scenario, kill: Option<Kill>, bent: Bent) -> Pass {
    let server = Arc::new(Server {
        inner: stage.exchange(),
        calls: AtomicUsize::new(0),
        limited: scenario.limited,
        kill,
        killed: Notify::new(),
    });
    let run = stage.work_over(bent(Arc::clone(&server) as Arc<dyn Exchange>));
    let mut ended = None;
    tokio::select! {
        biased;
        () = server.killed.notified() => {}
        runs = run => {
            ended = runs.iter().map(Run::ending).max();
        }
    }
    Pass { calls: server.calls.load(Ordering::Relaxed), ended }
}

/// The box, and what ends a run at one of its calls.
struct Server {
    inner: Arc<dyn Exchange>,
    calls: AtomicUsize,
    limited: Option<usize>,
    kill: Option<Kill>,
    killed: Notify,
}

#[async_trait::async_trait]
impl Exchange for Server {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        let nth = 1 + self.calls.fetch_add(1, Ordering::Relaxed);
        let dies = self.kill.filter(|kill| nth >= kill.call);
        match dies {
            Some(kill) if nth > kill.call || matches!(kill.phase, Phase::Received) => return self.dies().await,
            _ => {}
        }
        let answer = if self.limited == Some(nth) {
            Ok(Response::builder()
                .status(429)
                .header("retry-after", "2")
                .body(Bytes::from_static(b"Retry later\n"))
                .unwrap())
        } else {
            self.inner.exchange(request).await
        };
        match dies {
            Some(Kill { phase: Phase::Applied, .. }) => self.dies().await,
            _ => answer,
        }
    }
}

impl Server {
    async fn dies(&self) -> Result<Response<Bytes>, Failure> {
        self.killed.notify_one();
        std::future::pending().await
    }
}

/// Sabotage: a worker that is not shown its own issues.
fn sees_nothing_of_its_own(inner: Arc<dyn Exchange>) -> Arc<dyn Exchange> {
    Arc::new(WithoutOwn(inner))
}

struct WithoutOwn(Arc<dyn Exchange>);

#[async_trait::async_trait]
impl Exchange for WithoutOwn {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        self.0.exchange(request).await.map(without_own)
    }
}

fn without_own(mut answer: Response<Bytes>) -> Response<Bytes> {
    // Not even in its count.
    answer.headers_mut().remove("x-total");
    let Ok(Value::Array(mut list)) = serde_json::from_slice(answer.body()) else { return answer };
    list.retain(|item| item["author"]["username"] != "podkeeper-bot");
    answer.map(|_| Bytes::from(Value::Array(list).to_string()))
}

/// What there is in GitLab, without numbers and times: every issue with its links, and every label.
pub(crate) fn canonical(stage: &Stage) -> BTreeSet<String> {
    stage.look(canonical_world)
}

fn canonical_world(world: &World) -> BTreeSet<String> {
    let name = |issue: &Issue| match marker::parse(issue.description.as_deref().unwrap_or_default()) {
        Marked::Block(block) => block.marker.to_string(),
        Marked::Damaged { .. } | Marked::No => issue.title.clone(),
    };
    let mut all = BTreeSet::new();
    for project in world.projects.values() {
        all.extend(project.labels.values().map(|label| format!("{}: label {}", project.path, label.name)));
        let mut twins: BTreeSet<String> = BTreeSet::new();
        for issue in project.issues.values() {
            let here = (project.id, issue.iid);
            let ends = world.issue_links.values().filter_map(|link| match (link.source, link.target) {
                (one, two) if one == here => Some(two),
                (one, two) if two == here => Some(one),
                _ => None,
            });
            let linked: BTreeSet<String> = ends.filter_map(|(id, iid)| world.issue(id, iid)).map(name).collect();
            let (open, text) = (issue.is_open(), issue.description.as_deref().unwrap_or_default());
            let mut line = format!("{}: {} {open} {:?} {linked:?} {text}", project.path, issue.title, issue.labels);
            // Two that look alike are two.
            while !twins.insert(line.clone()) {
                line.push_str(" (once more)");
            }
        }
        all.extend(twins);
    }
    all
}
