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
use podkeeper::gitlab::{Exchange, ExchangeError};
use podkeeper::pod::label::LabelName;
use podkeeper::pod::marker::{self, ParsedBody};
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::pod::{Pod, PodKey, Task};
use podkeeper::sandbox::world::{Issue, NewIssue, Project, World};
use serde_json::Value;
use tokio::sync::Notify;

use crate::support::{
    Bent, EVERY_NTH_CASE, SeededRandom, Stage, keep_sessions_and_labels, now, shipped_config, unchanged,
};
use crate::write_counts::{WriteCounts, issue_count_by_key};

#[tokio::test(start_paused = true)]
async fn f09_killed_at_any_call_about_sessions_and_labels_it_ends_as_if_never_killed() {
    kill_everywhere(SESSIONS, EVERY_NTH_CASE).await.assert_all_well("points about sessions and labels", 25);
}

#[tokio::test(start_paused = true)]
async fn f09_killed_at_any_call_about_the_link_report_it_ends_as_if_never_killed() {
    kill_everywhere(LINKS, EVERY_NTH_CASE).await.assert_all_well("points about the link report", 20);
}

#[tokio::test(start_paused = true)]
async fn f09_killed_at_any_call_about_the_roster_it_ends_as_if_never_killed() {
    kill_everywhere(ROSTER, EVERY_NTH_CASE).await.assert_all_well("points about the roster", 15);
}

/// The recovery is killed, too.
#[tokio::test(start_paused = true)]
async fn f09_killed_twice_it_ends_as_if_never_killed() {
    kill_twice(SESSIONS, 100).await.assert_all_well("pairs", 100);
}

#[tokio::test(start_paused = true)]
#[ignore = "20,000 pairs take minutes: cargo test --test it -- --ignored killed_twice"]
async fn f09_killed_twice_it_ends_as_if_never_killed_at_length() {
    kill_twice(&all_scenarios(), 20_000).await.assert_all_well("pairs", 20_000);
}

/// The comparison must be able to find what a crash leaves, or the sweeps say nothing.
#[tokio::test(start_paused = true)]
async fn a_recovery_that_does_not_see_what_it_made_is_caught() {
    let caught = count_blind_recovery_failures(&[PLAIN]).await;
    println!("sabotage: found at {caught} points");
    assert!(caught > 2, "{caught}");
}

/// Every scenario.
pub(crate) fn all_scenarios() -> Vec<Scenario> {
    [SESSIONS, LINKS, ROSTER].concat()
}

/// At how many points a recovery that sees none of podkeeper's own issues ends otherwise.
pub(crate) async fn count_blind_recovery_failures(scenarios: &[Scenario]) -> usize {
    let mut caught = 0;
    for scenario in scenarios {
        let start = prepare_stage(scenario).await;
        let wanted = run_undisturbed(scenario, &start, unchanged).await;
        for call in 1..=wanted.calls {
            let stage = start.copy();
            run_with_kill(&stage, scenario, Some(Kill { call, phase: Phase::Applied }), unchanged).await;
            run_with_kill(&stage, scenario, None, hides_own_issues).await;
            caught += usize::from(canonical_world_lines(&stage) != wanted.world);
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
    changes: &'static [fn(&mut Stage)],
    /// The call that meets a rate limit, if one does.
    rate_limited_call: Option<usize>,
    /// How a run ends that is not killed.
    pub(crate) ends: ExitStatus,
}

pub(crate) const PLAIN: Scenario = Scenario {
    name: "the first run",
    pods: shipped_pod,
    changes: &[change_nothing],
    rate_limited_call: None,
    ends: ExitStatus::Done,
};

pub(crate) const SESSIONS: &[Scenario] = &[
    PLAIN,
    Scenario { name: "a rate limit in the middle", rate_limited_call: Some(6), ..PLAIN },
    Scenario { name: "a week later", changes: &[change_nothing, advance_a_week], ..PLAIN },
    Scenario { name: "tasks that came late", changes: &[change_nothing, end_session, write_late_task], ..PLAIN },
    Scenario {
        name: "late tasks of an issue that a person closed",
        changes: &[change_nothing, end_session, write_late_task_and_close],
        ..PLAIN
    },
    Scenario { name: "an issue by hand before", changes: &[change_nothing, end_session_of_peoples_issue], ..PLAIN },
    Scenario { name: "a lost label", changes: &[change_nothing, lose_label], ..PLAIN },
    Scenario { name: "a label to be created", pods: pod_that_creates_label, changes: &[delete_label], ..PLAIN },
    Scenario { name: "a label that is missing", changes: &[delete_label], ends: ExitStatus::NeedsHuman, ..PLAIN },
    Scenario { name: "a label that was missing", changes: &[delete_label, make_label], ..PLAIN },
    Scenario { name: "a twin", changes: &[change_nothing, add_twin], ..PLAIN },
    Scenario { name: "another channel on the page", changes: &[change_nothing, rename_channel], ..PLAIN },
    Scenario { name: "two pods", pods: two_pods, ..PLAIN },
    Scenario { name: "a handbook that was renamed", changes: &[rename_handbook], ..PLAIN },
];

const LINKS: &[Scenario] = &[
    Scenario { name: "a new link report", pods: pods_with_links_task, ..PLAIN },
    Scenario {
        name: "a changed link report",
        pods: pods_with_links_task,
        changes: &[change_nothing, mend_one_link],
        ..PLAIN
    },
    Scenario {
        name: "a link report that ends",
        pods: pods_with_links_task,
        changes: &[change_nothing, remove_links_and_labels],
        ..PLAIN
    },
    Scenario {
        name: "a link report that begins again",
        pods: pods_with_links_task,
        changes: &[change_nothing, remove_links_and_labels, add_dead_link],
        ..PLAIN
    },
];

const ROSTER: &[Scenario] = &[
    Scenario { name: "a new roster report", pods: pods_with_roster_task, ..PLAIN },
    Scenario {
        name: "a changed roster report",
        pods: pods_with_roster_task,
        changes: &[change_nothing, unblock_user],
        ..PLAIN
    },
    Scenario { name: "everything at once", pods: pods_with_all_tasks, ..PLAIN },
];

fn shipped_pod() -> Vec<Pod> {
    keep_sessions_and_labels(shipped_config().pods)
}

pub(crate) fn pod_that_creates_label() -> Vec<Pod> {
    let mut pods = shipped_pod();
    pods[0].label.may_create = true;
    pods
}

/// The shipped pod and a neighbour in the same project.
pub(crate) fn two_pods() -> Vec<Pod> {
    let mut pods = shipped_pod();
    let mut other = pods[0].clone();
    (other.key, other.name) = (PodKey::parse("verify").unwrap(), "Verify Pod".to_owned());
    "content/verify.md".clone_into(&mut other.page.path);
    other.label.name = LabelName::parse("pod::verify").unwrap();
    pods.push(other);
    pods
}

fn pods_with_task(task: Task) -> Vec<Pod> {
    shipped_config().pods.into_iter().map(|pod| Pod { tasks: [task].into(), ..pod }).collect()
}

fn pods_with_links_task() -> Vec<Pod> {
    pods_with_task(Task::Links)
}

fn pods_with_roster_task() -> Vec<Pod> {
    pods_with_task(Task::Roster)
}

fn pods_with_all_tasks() -> Vec<Pod> {
    shipped_config().pods
}

// ------------------------------------------------------------------------------------------------- what happens there

pub(crate) fn change_nothing(_: &mut Stage) {}

/// The page's project has another path today, which the configuration does not know.
fn rename_handbook(stage: &mut Stage) {
    let path = stage.pods[0].page.project.clone();
    stage.sandbox.change_world(|world| {
        let id = world.project_by_path(&path).unwrap().id;
        let project = world.projects.get_mut(&id).unwrap();
        let today = format!("{path}-of-today");
        project.formerly.push(std::mem::replace(&mut project.path, today));
    });
}

fn advance_a_week(stage: &mut Stage) {
    advance_time(stage, TimeDelta::days(7));
}

/// The session is over, and the next one is due.
fn end_session(stage: &mut Stage) {
    advance_time(stage, TimeDelta::hours(58));
}

/// Its issue has got a task after the next one was opened, and it is time to close it.
fn write_late_task(stage: &mut Stage) {
    stage.sandbox.change_world(|world| {
        let last = pairing_project(world).issues.values_mut().rev().nth(1).unwrap();
        let body = last.description.take().unwrap();
        last.description = Some(format!("{body}\n\n## Left from last week\n\n- [ ] A late one\n"));
    });
    advance_time(stage, TimeDelta::hours(25));
}

/// The same, and a person has closed it.
fn write_late_task_and_close(stage: &mut Stage) {
    write_late_task(stage);
    stage.sandbox.change_world(|world| {
        let now = world.now;
        pairing_project(world).issues.values_mut().rev().nth(1).unwrap().closed_at = Some(now);
    });
}

/// The last session's issue is a person's, who wrote a task into it.
fn end_session_of_peoples_issue(stage: &mut Stage) {
    stage.sandbox.change_world(|world| {
        let person = world.user_by_username("hollis-brandt").unwrap().id;
        let issue = pairing_project(world).issues.values_mut().next_back().unwrap();
        issue.author = person;
        issue.description = Some("## Left from last week\n\n- [ ] Ask Ada\n".to_owned());
    });
    end_session(stage);
}

pub(crate) fn advance_time(stage: &mut Stage, by: TimeDelta) {
    stage.now += by;
    stage.sandbox.change_world(|world| world.now = stage.now);
}

pub(crate) fn pairing_project(world: &mut World) -> &mut Project {
    world.projects.values_mut().find(|project| project.path == "our-group/support-pairing").unwrap()
}

pub(crate) fn lose_label(stage: &mut Stage) {
    stage
        .sandbox
        .change_world(|world| pairing_project(world).issues.values_mut().for_each(|issue| issue.labels.clear()));
}

pub(crate) fn delete_label(stage: &mut Stage) {
    stage.sandbox.change_world(|world| pairing_project(world).labels.retain(|_, label| label.name != "pod::secure"));
    lose_label(stage);
}

pub(crate) fn make_label(stage: &mut Stage) {
    stage.sandbox.change_world(|world| {
        let project = pairing_project(world).id;
        world.add_label(project, "pod::secure", "#428BCA", "");
    });
}

/// What another worker left who read at the same moment.
pub(crate) fn add_twin(stage: &mut Stage) {
    stage.sandbox.change_world(|world| {
        let (id, newest) =
            (pairing_project(world).id, pairing_project(world).issues.values().next_back().unwrap().clone());
        let new = NewIssue { title: newest.title.clone(), ..NewIssue::default() };
        let iid = world.open_issue(id, newest.author, &new).unwrap();
        let twin = pairing_project(world).issues.get_mut(&iid).unwrap();
        (twin.description, twin.labels) = (newest.description, newest.labels);
    });
}

pub(crate) fn edit_page(stage: &mut Stage, old: &str, new: &str) {
    let at = stage.pods[0].page.clone();
    stage.sandbox.change_world(|world| {
        let project = world.projects.values_mut().find(|project| project.path == at.project).unwrap();
        let page = project.files.get_mut("main").unwrap().get_mut(&at.path).unwrap();
        assert!(page.contains(old));
        *page = page.replace(old, new);
    });
}

pub(crate) fn rename_channel(stage: &mut Stage) {
    edit_page(stage, "#spt_pod_secure", "#spt_pod_secure_tea");
}

pub(crate) fn mend_one_link(stage: &mut Stage) {
    edit_page(stage, "https://youtu.be/bOxSeEd-D01", "https://youtu.be/bOxAlIvE-02");
}

/// A page without a link and without a label has nothing to report.
pub(crate) fn remove_links_and_labels(stage: &mut Stage) {
    edit_page(stage, "https://", "");
    edit_page(stage, "~\"", "");
    edit_page(stage, "](/", "](");
}

pub(crate) fn add_dead_link(stage: &mut Stage) {
    advance_time(stage, TimeDelta::minutes(1));
    edit_page(stage, "## FAQ", "See https://about.gitlab.com/no/such/page\n\n## FAQ");
}

pub(crate) fn unblock_user(stage: &mut Stage) {
    stage.sandbox.change_world(|world| {
        let id = world.user_by_username("tuval").unwrap().id;
        world.set_user_state(id, "active");
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
pub(crate) struct SweepResult {
    pub(crate) of: usize,
    pub(crate) well: usize,
    pub(crate) wrong: Option<String>,
    pub(crate) writes: WriteCounts,
}

impl SweepResult {
    pub(crate) fn count(&mut self, end: Result<(), String>) {
        self.of += 1;
        match end {
            Ok(()) => self.well += 1,
            Err(why) => drop(self.wrong.get_or_insert(why)),
        }
    }

    fn count_recovery(&mut self, end: Result<usize, String>, wanted: &UndisturbedRun, stage: &Stage) {
        self.writes.count_single_worker(&wanted.began, stage);
        self.writes.count_rerun(end.as_ref().copied().unwrap_or(0));
        self.count(end.map(drop));
    }

    pub(crate) fn assert_all_well(&self, what: &str, least: usize) {
        println!("{} of {} {what}", self.well, self.of);
        assert!(self.well == self.of && self.of >= least, "{} of {} {what}: {:?}", self.well, self.of, self.wrong);
        assert_eq!((self.writes.doubles, self.writes.rewrites), (0, 0), "{what}: {:?}", self.writes);
    }
}

/// Kills a run of each scenario everywhere.
pub(crate) async fn kill_everywhere(scenarios: &[Scenario], step: usize) -> SweepResult {
    kill_everywhere_with(scenarios, step, unchanged).await
}

/// The same of another worker; `step` is 1 for every call and phase.
pub(crate) async fn kill_everywhere_with(scenarios: &[Scenario], step: usize, bent: Bent) -> SweepResult {
    let mut ends = SweepResult::default();
    for scenario in scenarios {
        let start = prepare_stage(scenario).await;
        let wanted = run_undisturbed(scenario, &start, bent).await;
        let kills = (1..=wanted.calls).flat_map(|call| PHASES.map(|phase| Kill { call, phase }));
        for kill in kills.step_by(step) {
            let mut stage = start.copy();
            run_with_kill(&stage, scenario, Some(kill), bent).await;
            let end =
                check_recovery(&mut stage, scenario, &wanted, &format!("{}, {kill:?}", scenario.name), bent).await;
            ends.count_recovery(end, &wanted, &stage);
        }
    }
    ends
}

/// The calls and phases at which a run of a scenario can be killed.
pub(crate) async fn kill_points(scenario: &Scenario, start: &Stage, bent: Bent) -> Vec<(usize, usize)> {
    let calls = run_undisturbed(scenario, start, bent).await.calls;
    (1..=calls).flat_map(|call| (0..PHASES.len()).map(move |phase| (call, phase))).collect()
}

/// A run that is killed there.
pub(crate) async fn run_and_kill(stage: &Stage, scenario: &Scenario, call: usize, phase: usize, bent: Bent) {
    run_with_kill(stage, scenario, Some(Kill { call, phase: PHASES[phase] }), bent).await;
}

/// Kills a run and its recovery, at points drawn from a seed.
pub(crate) async fn kill_twice(scenarios: &[Scenario], least: usize) -> SweepResult {
    let (mut ends, mut draw) = (SweepResult::default(), SeededRandom(7));
    for scenario in scenarios {
        let start = prepare_stage(scenario).await;
        let wanted = run_undisturbed(scenario, &start, unchanged).await;
        for _ in 0..least.div_ceil(scenarios.len()) {
            let mut stage = start.copy();
            let mut kill = || Kill { call: 1 + draw.below(wanted.calls), phase: PHASES[draw.below(PHASES.len())] };
            let (first, second) = (kill(), kill());
            run_with_kill(&stage, scenario, Some(first), unchanged).await;
            run_with_kill(&stage, scenario, Some(second), unchanged).await;
            let what = format!("{}, {first:?}, {second:?}", scenario.name);
            let end = check_recovery(&mut stage, scenario, &wanted, &what, unchanged).await;
            ends.count_recovery(end, &wanted, &stage);
        }
    }
    ends
}

/// The next run finishes the work, and the one after it writes nothing; returns what that one wrote.
async fn check_recovery(
    stage: &mut Stage,
    scenario: &Scenario,
    wanted: &UndisturbedRun,
    what: &str,
    bent: Bent,
) -> Result<usize, String> {
    let mut ended = run_with_kill(stage, scenario, None, bent).await.ended;
    if ended == Some(ExitStatus::Incomplete) || canonical_world_lines(stage) != wanted.world {
        // A run that was killed may have claimed a closing; so long the next one waits for it.
        advance_time(stage, TimeDelta::minutes(6));
        ended = run_with_kill(stage, scenario, None, bent).await.ended;
    }
    if ended != Some(scenario.ends) {
        return Err(format!("{what}: the next run ended as {ended:?}"));
    }
    let found = canonical_world_lines(stage);
    if found != wanted.world {
        let missing: Vec<_> = wanted.world.difference(&found).collect();
        let more: Vec<_> = found.difference(&wanted.world).collect();
        return Err(format!("{what}: missing {missing:#?}, more {more:#?}"));
    }
    let written = stage.journal().len();
    run_with_kill(stage, scenario, None, bent).await;
    Ok(stage.journal().len() - written)
}

/// The world of a scenario, up to where its run begins.
pub(crate) async fn prepare_stage(scenario: &Scenario) -> Stage {
    let mut stage = Stage::of((scenario.pods)(), now());
    let (last, before) = scenario.changes.split_last().unwrap();
    for happens in before {
        happens(&mut stage);
        let ended = run_with_kill(&stage, &PLAIN, None, unchanged).await.ended;
        // Nothing stops a run but a person who has to act first.
        assert!(matches!(ended, Some(ExitStatus::Done | ExitStatus::NeedsHuman)), "{}: {ended:?}", scenario.name);
    }
    last(&mut stage);
    stage
}

/// A run that is never killed.
struct UndisturbedRun {
    calls: usize,
    /// How many issues stood for each key when it began.
    began: BTreeMap<String, usize>,
    /// The world that it leaves.
    world: BTreeSet<String>,
}

async fn run_undisturbed(scenario: &Scenario, start: &Stage, bent: Bent) -> UndisturbedRun {
    let stage = start.copy();
    let calls = run_with_kill(&stage, scenario, None, bent).await.calls;
    assert!(!stage.journal().is_empty(), "{}: there is nothing to do", scenario.name);
    UndisturbedRun {
        calls,
        began: start.with_world(|world| issue_count_by_key(world, false)),
        world: canonical_world_lines(&stage),
    }
}

/// How many calls of a run reached the server, and how it ended, if it was not killed.
struct KilledRun {
    calls: usize,
    ended: Option<ExitStatus>,
}

/// One run of the pods' tasks.
async fn run_with_kill(stage: &Stage, scenario: &Scenario, kill: Option<Kill>, bent: Bent) -> KilledRun {
    let server = Arc::new(KillingServer {
        inner: stage.exchange(),
        calls: AtomicUsize::new(0),
        limited: scenario.rate_limited_call,
        kill,
        killed: Notify::new(),
    });
    let run = stage.apply_all_tasks_over(bent(Arc::clone(&server) as Arc<dyn Exchange>));
    let mut ended = None;
    tokio::select! {
        biased;
        () = server.killed.notified() => {}
        runs = run => {
            ended = runs.iter().map(PodRun::exit_status).max();
        }
    }
    KilledRun { calls: server.calls.load(Ordering::Relaxed), ended }
}

/// The sandbox, and what kills a run at one of its calls.
struct KillingServer {
    inner: Arc<dyn Exchange>,
    calls: AtomicUsize,
    limited: Option<usize>,
    kill: Option<Kill>,
    killed: Notify,
}

#[async_trait::async_trait]
impl Exchange for KillingServer {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let nth = 1 + self.calls.fetch_add(1, Ordering::Relaxed);
        let dies = self.kill.filter(|kill| nth >= kill.call);
        match dies {
            Some(kill) if nth > kill.call || matches!(kill.phase, Phase::Received) => return self.kill_run().await,
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
            Some(Kill { phase: Phase::Applied, .. }) => self.kill_run().await,
            _ => answer,
        }
    }
}

impl KillingServer {
    async fn kill_run(&self) -> Result<Response<Bytes>, ExchangeError> {
        self.killed.notify_one();
        std::future::pending().await
    }
}

/// Sabotage: a worker that is not shown its own issues.
fn hides_own_issues(inner: Arc<dyn Exchange>) -> Arc<dyn Exchange> {
    Arc::new(HidesOwnIssues(inner))
}

struct HidesOwnIssues(Arc<dyn Exchange>);

#[async_trait::async_trait]
impl Exchange for HidesOwnIssues {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        self.0.exchange(request).await.map(remove_own_issues)
    }
}

fn remove_own_issues(mut answer: Response<Bytes>) -> Response<Bytes> {
    // Not even in its count.
    answer.headers_mut().remove("x-total");
    let Ok(Value::Array(mut list)) = serde_json::from_slice(answer.body()) else { return answer };
    list.retain(|item| item["author"]["username"] != "podkeeper-bot");
    answer.map(|_| Bytes::from(Value::Array(list).to_string()))
}

/// What there is in GitLab, without numbers and times: every issue with its links, and every label.
pub(crate) fn canonical_world_lines(stage: &Stage) -> BTreeSet<String> {
    stage.with_world(world_lines)
}

fn world_lines(world: &World) -> BTreeSet<String> {
    let name = |issue: &Issue| match marker::parse_body(issue.description.as_deref().unwrap_or_default()) {
        ParsedBody::Block(block) => block.marker.to_string(),
        ParsedBody::Damaged { .. } | ParsedBody::NoMarker => issue.title.clone(),
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
            let comments: Vec<&str> =
                issue.notes.values().filter(|note| !note.system).map(|note| note.body.as_str()).collect();
            let mut line =
                format!("{}: {} {open} {:?} {linked:?} {text} {comments:?}", project.path, issue.title, issue.labels);
            // Two that read alike are two.
            while !twins.insert(line.clone()) {
                line.push_str(" (once more)");
            }
        }
        all.extend(twins);
    }
    all
}
