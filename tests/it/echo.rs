//! Done means that the answer shows it: GitLab says 200 and shows the old value, for every field of every write. Such a
//! write is never called done, never repeated within a run, and ends for a person or for whoever grants tokens; and what
//! the box itself leaves out, as GitLab does, is told each time until its cause is mended.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request, Response};
use podkeeper::execute::Stop;
use podkeeper::gitlab::{Exchange, Failure, ReportState, Writer, connect_to_write};
use podkeeper::pod::action::{Action, Change, KINDS};
use podkeeper::pod::observed::Cause;
use podkeeper::pod::outcome::Outcome;
use podkeeper::pod::run::Ending;
use podkeeper::pod::schedule::Cron;
use podkeeper::pod::{Pod, Task};
use podkeeper::sandbox::world::IssueEdit;
use podkeeper::sandbox::{Entry, Sandbox};
use serde_json::{Value, json};

use crate::crash::{PLAIN, break_one, everywhere, later, mend_all, prepared};
use crate::people::{LINKS, SESSION, at, body, edit, ending, homes, messages, page_says, place};
use crate::support::{InMemory, Stage, findings, now, shipped};

// ------------------------------------------------------------------------------------------------ what is sent

/// The fields of an answer that a write of this kind is to be seen in, as JSON pointers.
fn fields(action: &Action) -> Vec<&'static str> {
    match &action.change {
        Change::CreateLabel { .. } => vec!["/name", "/color", "/description"],
        Change::OpenPairingIssue { labels, .. } if labels.is_empty() => vec!["/title", "/description"],
        Change::OpenPairingIssue { .. } => vec!["/title", "/description", "/labels"],
        Change::OpenReport { .. } => vec!["/title", "/description", "/confidential"],
        Change::RewritePairingIssue { title: Some(_), .. } => vec!["/description", "/title"],
        Change::RewritePairingIssue { .. } | Change::RewriteReport { .. } => vec!["/description"],
        Change::CloseReport { .. } | Change::ReopenReport { .. } => vec!["/description", "/state"],
        Change::AddLabel { .. } => vec!["/labels"],
        Change::LinkTwin { .. } => vec!["/source_issue/iid", "/target_issue/iid"],
        Change::CloseTwin { .. } => vec!["/state"],
    }
}

/// Which kind of write a request is, as the server sees it; none for a read.
fn kind(request: &Request<Bytes>) -> Option<&'static str> {
    let path = request.uri().path();
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(request.body()).into_owned().collect();
    let report = form.get("description").map(|text| text.contains("<!-- podkeeper:v1 report "));
    match (request.method().as_str(), report, form.get("state_event").map(String::as_str)) {
        ("POST", _, _) if path.ends_with("/labels") => Some("create-label"),
        ("POST", _, _) if path.ends_with("/links") => Some("link-twin"),
        ("POST", Some(false), _) if path.ends_with("/issues") => Some("open-pairing-issue"),
        ("POST", Some(true), _) if path.ends_with("/issues") => Some("open-report"),
        ("PUT", Some(false), _) => Some("rewrite-pairing-issue"),
        ("PUT", Some(true), Some("close")) => Some("close-report"),
        ("PUT", Some(true), Some("reopen")) => Some("reopen-report"),
        ("PUT", Some(true), _) => Some("rewrite-report"),
        ("PUT", None, Some("close")) => Some("close-twin"),
        ("PUT", None, _) if form.contains_key("add_labels") => Some("add-label"),
        _ => None,
    }
}

/// The server answers one kind of write well, and shows one field as it was.
struct ShowsTheOld {
    inner: Arc<dyn Exchange>,
    sandbox: Sandbox,
    kind: &'static str,
    /// The field; none for a server that shows all of it.
    field: Option<&'static str>,
    /// Whether it does what it was asked all the same.
    does_it: bool,
    /// Every request of this kind.
    asked: Mutex<Vec<String>>,
}

impl ShowsTheOld {
    fn of(stage: &Stage, kind: &'static str, field: Option<&'static str>, does_it: bool) -> Arc<Self> {
        let (inner, sandbox) = (stage.exchange(), stage.sandbox.clone());
        Arc::new(Self { inner, sandbox, kind, field, does_it, asked: Mutex::default() })
    }

    /// How often the request that came most often came.
    fn most(&self) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|one| asked.iter().filter(|other| *other == one).count()).max().unwrap_or(0)
    }
}

#[async_trait::async_trait]
impl Exchange for ShowsTheOld {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        if kind(&request) != Some(self.kind) {
            return self.inner.exchange(request).await;
        }
        let target = format!("{} {}", request.method(), request.uri().path());
        self.asked.lock().unwrap().push(format!("{target} {}", String::from_utf8_lossy(request.body())));
        let mut look = request.clone();
        (*look.method_mut(), *look.body_mut()) = (Method::GET, Bytes::new());
        let old: Value = if *request.method() == Method::PUT {
            serde_json::from_slice(self.inner.exchange(look).await?.body()).unwrap()
        } else {
            Value::Null
        };
        // What is not done here is done in a world that nobody looks at.
        let elsewhere: Arc<dyn Exchange> = Arc::new(InMemory(Sandbox::new(self.sandbox.world()).router()));
        let server = if self.does_it { &self.inner } else { &elsewhere };
        let answer = server.exchange(request).await?;
        let mut shown: Value = serde_json::from_slice(answer.body()).unwrap();
        assert!(answer.status().is_success(), "{target}: {shown}");
        if let Some(field) = self.field {
            let value = shown.pointer_mut(field).unwrap();
            let before = match (old.pointer(field), &*value) {
                (Some(old), _) => old.clone(),
                // What was not there before is shown as another one.
                (None, Value::Bool(now)) => json!(!now),
                (None, Value::Array(_)) => json!([]),
                (None, Value::Number(_)) => json!(990),
                (None, _) => json!("another"),
            };
            assert_ne!(*value, before, "{target} {field}: the old value is another one");
            *value = before;
        }
        Ok(answer.map(|_| Bytes::from(shown.to_string())))
    }
}

// ------------------------------------------------------------------------------------------------- the sweep

/// Worlds in which something is to be written: those of the crash sweep, and one whose session has another hour.
async fn worlds() -> Vec<(&'static str, Stage)> {
    let mut worlds = Vec::new();
    for scenario in everywhere() {
        worlds.push((scenario.name, prepared(&scenario).await));
    }
    let mut moved = prepared(&PLAIN).await;
    moved.work().await;
    moved.pods[0].slots[0].cron = Cron::parse("30 13 * * Wed").unwrap();
    worlds.push(("another hour in the configuration", moved));
    worlds
}

fn never_done(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused(Cause::Human | Cause::Token, _))
}

/// One action by the method of the writer that it is for.
async fn by_the_writer(writer: &Writer, action: &Action) -> Outcome {
    match &action.change {
        Change::CreateLabel { name, color, description } => writer.create_label(action, name, color, description).await,
        Change::OpenPairingIssue { title, body, labels, .. } => {
            writer.open_pairing_issue(action, title, body, labels).await
        }
        Change::RewritePairingIssue { iid, rewrite, title } => {
            writer.rewrite_pairing_issue(action, *iid, rewrite, title.as_ref()).await
        }
        Change::OpenReport { title, body, confidential, .. } => {
            writer.open_report(action, title, body, *confidential).await
        }
        Change::RewriteReport { iid, rewrite } => writer.rewrite_report(action, *iid, rewrite, None).await,
        Change::CloseReport { iid, rewrite } => {
            writer.rewrite_report(action, *iid, rewrite, Some(ReportState::Closed)).await
        }
        Change::ReopenReport { iid, rewrite } => {
            writer.rewrite_report(action, *iid, rewrite, Some(ReportState::Open)).await
        }
        Change::AddLabel { iid, label } => writer.add_label(action, *iid, label).await,
        Change::LinkTwin { iid, keep } => writer.link_twin(action, *iid, *keep).await,
        Change::CloseTwin { iid, .. } => writer.close_twin(action, *iid).await,
    }
}

#[tokio::test(start_paused = true)]
async fn a_field_that_the_answer_shows_as_it_was_is_not_done_whoever_writes() {
    let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (world, start) in worlds().await {
        for action in start.plan_work().await.iter().flat_map(|run| &run.plan.actions) {
            let once = async |field: Option<&'static str>, does_it: bool| {
                let stage = start.copy();
                let server = ShowsTheOld::of(&stage, action.kind(), field, does_it);
                let (_, writer) = connect_to_write(&stage.whole_access(server.clone()), stage.now).unwrap();
                let outcome = by_the_writer(&writer, action).await;
                let what = format!("{world}: {action}, {field:?}, {does_it}");
                assert_eq!(server.most(), 1, "{what}: sent once");
                (outcome, what)
            };
            // Of a server that shows all there is nothing to tell, so what follows is the field's doing.
            let (outcome, what) = once(None, true).await;
            assert!(matches!(outcome, Outcome::Done(_)), "{what}: {outcome:?}");
            for field in fields(action) {
                for does_it in [true, false] {
                    let (outcome, what) = once(Some(field), does_it).await;
                    assert!(never_done(&outcome), "{what}: {outcome:?}");
                    *seen.entry((action.kind(), field)).or_default() += 1;
                }
            }
        }
    }
    println!("{seen:#?}");
    each_kind_and_field(&seen);
}

#[tokio::test(start_paused = true)]
async fn a_field_that_the_answer_shows_as_it_was_ends_a_whole_run_for_a_person() {
    let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (world, start) in worlds().await {
        let mut kinds: BTreeMap<&'static str, Vec<&'static str>> = BTreeMap::new();
        // What a later round does counts as well.
        let whole = start.copy().work().await;
        for action in whole.iter().flat_map(|run| &run.outcomes).map(|(action, _)| action) {
            kinds.entry(action.kind()).or_insert_with(|| fields(action));
        }
        for (kind, fields) in kinds {
            for (field, does_it) in fields.into_iter().flat_map(|field| [(field, true), (field, false)]) {
                let stage = start.copy();
                let server = ShowsTheOld::of(&stage, kind, Some(field), does_it);
                let runs = stage.work_over(server.clone()).await;
                let what = format!("{world}: {kind}, {field}, {does_it}");
                let outcomes: Vec<_> = runs.iter().flat_map(|run| &run.outcomes).collect();
                let of_kind: Vec<_> = outcomes.iter().filter(|(action, _)| action.kind() == kind).collect();
                assert!(!of_kind.is_empty(), "{what}");
                // One write may not send the field, as a title that a person changed.
                let lacking: Vec<_> =
                    of_kind.iter().filter(|(action, _)| self::fields(action).contains(&field)).collect();
                assert!(lacking.iter().all(|(_, outcome)| never_done(outcome)), "{what}: {of_kind:?}");
                assert_eq!(server.most(), 1, "{what}: never repeated");
                assert!(matches!(ending(&runs), Ending::Human | Ending::Token), "{what}: {:?}", ending(&runs));
                assert_eq!(created_twice(&stage.sandbox.journal()), 0, "{what}");
                *seen.entry((kind, field)).or_default() += 1;
            }
        }
    }
    println!("{seen:#?}");
    each_kind_and_field(&seen);
}

/// Every kind of action was there, and every field of each.
fn each_kind_and_field(seen: &BTreeMap<(&str, &str), usize>) {
    for (kind, _) in KINDS {
        assert!(seen.keys().any(|(seen, _)| *seen == kind), "{kind} was never sent");
    }
    for both in [
        ("open-pairing-issue", "/labels"),
        ("open-report", "/confidential"),
        ("rewrite-pairing-issue", "/title"),
        ("close-report", "/state"),
        ("reopen-report", "/state"),
    ] {
        assert!(seen.contains_key(&both), "{both:?}");
    }
    assert_eq!(seen.len(), 20, "{seen:?}");
}

/// How many creates were sent a second time.
fn created_twice(journal: &[Entry]) -> usize {
    let creates: Vec<&Entry> = journal.iter().filter(|entry| entry.method == "POST").collect();
    let again = |at: usize, entry: &&Entry| {
        creates[..at].iter().any(|before| (&before.path, &before.body) == (&entry.path, &entry.body))
    };
    creates.iter().enumerate().filter(|(at, entry)| again(*at, entry)).count()
}

// ------------------------------------------------------------------------------- what the box itself leaves out

fn role(stage: &Stage, role: u8) {
    let path = homes(stage)[0].clone();
    stage.sandbox.change(|world| {
        let project = world.project_at(&path).unwrap().id;
        world.set_role("podkeeper-bot", project, role).unwrap();
    });
}

/// Told at each run, and nothing is sent for it.
async fn is_told_and_left(stage: &Stage, end: Ending, rule: &str) {
    for _ in 0..3 {
        let written = stage.journal();
        let runs = stage.work().await;
        assert_eq!((ending(&runs), messages(&runs, rule).len()), (end, 1), "{:?}", findings(&runs));
        assert_eq!(stage.journal(), written, "nothing is sent that would be left out");
    }
}

async fn all_is_done(stage: &Stage) {
    let runs = stage.work().await;
    assert_eq!(ending(&runs), Ending::Done, "{:?}", findings(&runs));
    let written = stage.journal();
    assert_eq!((ending(&stage.work().await), stage.journal()), (Ending::Done, written));
}

fn labelled(stage: &Stage) -> bool {
    at(stage, place(stage, SESSION)).labels.contains("pod::secure")
}

#[tokio::test(start_paused = true)]
async fn a_guest_whose_labels_are_dropped_asks_for_a_role() {
    // Members set labels at birth, a guest too; afterwards only from planner on.
    for first in ["the label was lost afterwards", "the issue is opened by a guest"] {
        let stage = Stage::of(shipped().pods, now());
        if first == "the label was lost afterwards" {
            assert_eq!(ending(&stage.work().await), Ending::Done);
            let bare = IssueEdit { remove_labels: vec!["pod::secure".to_owned()], ..IssueEdit::default() };
            edit(&stage, place(&stage, SESSION), &bare);
        }
        role(&stage, 10);
        stage.work().await;
        is_told_and_left(&stage, Ending::Token, "role-too-small").await;
        role(&stage, 15);
        all_is_done(&stage).await;
        assert!(labelled(&stage), "{first}");
    }
}

/// The role is lost between the look and the write: GitLab says 200 and drops the label.
#[tokio::test(start_paused = true)]
async fn a_guest_from_one_moment_to_the_next_is_not_called_done() {
    let stage = Stage::of(shipped().pods, now());
    let server = Demotes { inner: stage.exchange(), sandbox: stage.sandbox.clone(), project: homes(&stage)[0].clone() };
    let runs = stage.work_over(Arc::new(server)).await;
    let outcomes: Vec<_> = runs[0].outcomes.iter().filter(|(action, _)| action.kind() == "add-label").collect();
    assert!(!outcomes.is_empty() && outcomes.iter().all(|(_, outcome)| never_done(outcome)), "{outcomes:?}");
    assert!(matches!(ending(&runs), Ending::Human | Ending::Token));
    let puts = stage.sandbox.journal().iter().filter(|entry| entry.body.contains("add_labels")).count();
    assert_eq!(puts, outcomes.len(), "each is sent once");
    is_told_and_left(&stage, Ending::Token, "role-too-small").await;
    role(&stage, 15);
    all_is_done(&stage).await;
}

struct Demotes {
    inner: Arc<dyn Exchange>,
    sandbox: Sandbox,
    project: String,
}

#[async_trait::async_trait]
impl Exchange for Demotes {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        if kind(&request) == Some("add-label") {
            self.sandbox.change(|world| {
                let project = world.project_at(&self.project).unwrap().id;
                world.set_role("podkeeper-bot", project, 10).unwrap();
            });
        }
        self.inner.exchange(request).await
    }
}

#[tokio::test(start_paused = true)]
async fn an_archived_label_is_told_until_it_is_there_again() {
    for from_birth in [true, false] {
        let stage = Stage::of(shipped().pods, now());
        let archive = |archived: bool| {
            let path = homes(&stage)[0].clone();
            stage.sandbox.change(|world| {
                let project = world.project_at(&path).unwrap().id;
                world.archive_label(project, "pod::secure", archived).unwrap();
            });
        };
        if from_birth {
            archive(true);
        } else {
            assert_eq!(ending(&stage.work().await), Ending::Done);
            archive(true);
            let bare = IssueEdit { remove_labels: vec!["pod::secure".to_owned()], ..IssueEdit::default() };
            edit(&stage, place(&stage, SESSION), &bare);
        }
        let runs = stage.work().await;
        assert_eq!(
            (ending(&runs), messages(&runs, "label-archived").len()),
            (Ending::Human, 1),
            "{:?}",
            findings(&runs)
        );
        assert!(
            at(&stage, place(&stage, SESSION)).is_open() && !labelled(&stage),
            "the issue is there, without the label"
        );
        is_told_and_left(&stage, Ending::Human, "label-archived").await;
        archive(false);
        all_is_done(&stage).await;
        assert!(labelled(&stage));
    }
}

/// A locked issue is not reopened by anybody (`app/policies/issue_policy.rb`).
#[tokio::test(start_paused = true)]
async fn a_locked_report_with_something_to_tell_is_told_until_it_is_unlocked() {
    let pods = || shipped().pods.into_iter().map(|pod| Pod { tasks: [Task::Links].into(), ..pod }).collect();
    let mut stage = Stage::of(pods(), now());
    stage.work().await;
    mend_all(&mut stage);
    stage.work().await;
    let report = place(&stage, LINKS);
    assert!(!at(&stage, report).is_open());
    let lock = |stage: &Stage, locked: bool| {
        edit(stage, report, &IssueEdit { locked: Some(locked), ..IssueEdit::default() });
    };
    lock(&stage, true);
    break_one(&mut stage);
    let runs = stage.work().await;
    assert_eq!((ending(&runs), messages(&runs, "issue-locked").len()), (Ending::Human, 1), "{:?}", findings(&runs));
    is_told_and_left(&stage, Ending::Human, "issue-locked").await;
    assert!(!at(&stage, report).is_open());
    lock(&stage, false);
    all_is_done(&stage).await;
    let now = at(&stage, report);
    assert!(now.is_open() && body(&stage, report).contains("no/such/page"), "{now:?}");
    assert_eq!(stage.sandbox.journal().iter().filter(|entry| entry.method == "POST").count(), 1, "no second report");
}

/// Locked between the look and the write: GitLab says 200 and leaves it closed.
#[tokio::test(start_paused = true)]
async fn a_report_that_is_locked_right_before_it_is_reopened_is_not_called_done() {
    let pods = || shipped().pods.into_iter().map(|pod| Pod { tasks: [Task::Links].into(), ..pod }).collect();
    let mut stage = Stage::of(pods(), now());
    stage.work().await;
    mend_all(&mut stage);
    stage.work().await;
    let report = place(&stage, LINKS);
    break_one(&mut stage);
    let server = Locks { inner: stage.exchange(), sandbox: stage.sandbox.clone(), report };
    let runs = stage.work_over(Arc::new(server)).await;
    let reopened = |(action, _): &&(Action, Outcome)| action.kind() == "reopen-report";
    let [(_, Outcome::Refused(Cause::Human, why))] = &runs[0].outcomes.iter().filter(reopened).collect::<Vec<_>>()[..]
    else {
        panic!("{:?}", runs[0].outcomes)
    };
    assert!(why.contains("did not reopen it") && why.contains("its discussion is locked; unlock it"), "{why}");
    assert_eq!(ending(&runs), Ending::Human);
    is_told_and_left(&stage, Ending::Human, "issue-locked").await;
    edit(&stage, report, &IssueEdit { locked: Some(false), ..IssueEdit::default() });
    all_is_done(&stage).await;
    assert!(at(&stage, report).is_open());
}

struct Locks {
    inner: Arc<dyn Exchange>,
    sandbox: Sandbox,
    report: (u64, u64),
}

#[async_trait::async_trait]
impl Exchange for Locks {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        if kind(&request) == Some("reopen-report") {
            self.sandbox.change(|world| world.issue_mut(self.report.0, self.report.1).unwrap().locked = true);
        }
        self.inner.exchange(request).await
    }
}

/// Where the next look shows that the write was there after all, there is nothing left to do.
#[tokio::test(start_paused = true)]
async fn what_was_done_all_the_same_is_seen_by_the_next_run() {
    for (world, start) in worlds().await {
        for action in start.plan_work().await.iter().flat_map(|run| &run.plan.actions) {
            for field in fields(action) {
                let mut stage = start.copy();
                stage.work_over(ShowsTheOld::of(&stage, action.kind(), Some(field), true)).await;
                later(&mut stage, chrono::TimeDelta::minutes(1));
                let runs = stage.work().await;
                assert_eq!(ending(&runs), Ending::Done, "{world}: {action}, {field}: {:?}", findings(&runs));
                let written = stage.journal();
                assert_eq!(
                    (ending(&stage.work().await), stage.journal()),
                    (Ending::Done, written),
                    "{world}: {action}"
                );
            }
        }
    }
}

/// A page of words of a story that has to do with the page only.
#[tokio::test(start_paused = true)]
async fn a_write_that_nothing_became_of_is_tried_again_by_the_next_run() {
    let stage = Stage::seeded();
    stage.apply().await;
    page_says(&stage, "Thursdays at 3:00 PM UTC", "Thursdays at 3:00 PM UTC, with tea");
    let server = ShowsTheOld::of(&stage, "rewrite-pairing-issue", Some("/description"), false);
    let (_, writer) = connect_to_write(&stage.whole_access(server.clone()), stage.now).unwrap();
    let plan = stage.plan().await[0].plan.clone();
    let outcomes = podkeeper::execute::execute(&writer, &plan, &Stop::default()).await;
    assert!(never_done(&outcomes[0].1), "{outcomes:?}");
    let runs = stage.apply().await;
    assert_eq!(ending(&runs), Ending::Done);
    assert!(body(&stage, place(&stage, SESSION)).contains("with tea"));
}
