//! Done means that the answer shows it: GitLab says 200 and shows the old value, for every field of every write. Such a
//! write is never called done, never repeated within a run, and ends for a person or for whoever grants tokens; and
//! what the sandbox itself leaves out, as GitLab does, is reported each time until its cause is mended.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request, Response};
use podkeeper::execute::StopFlag;
use podkeeper::gitlab::{Exchange, ExchangeError, NewIssueOptions, ReportState, Writer, new_reader_and_writer};
use podkeeper::pod::action::{Action, ActionKind, Change};
use podkeeper::pod::observed::FailureCause;
use podkeeper::pod::outcome::Outcome;
use podkeeper::pod::run::ExitStatus;
use podkeeper::pod::schedule::Cron;
use podkeeper::pod::{Pod, Task};
use podkeeper::sandbox::world::{IssueEdit, World};
use podkeeper::sandbox::{JournalEntry, Sandbox};
use serde_json::{Value, json};

use crate::crash_recovery::{
    PLAIN, add_dead_link, advance_time, all_scenarios, prepare_stage, remove_links_and_labels,
};
use crate::label_proposals::opens as open_peoples_issue;
use crate::people_actions::{
    LINKS, SESSION, edit_issue, edit_page, exit_status, find_issue_at, find_issue_place, issue_body, issue_projects,
    messages,
};
use crate::support::{InMemory, Stage, finding_lines, now, shipped_config};

// ------------------------------------------------------------------------------------------------ what is sent

/// JSON pointers to the fields of an answer that have to show a write of this kind.
fn answer_fields(action: &Action) -> Vec<&'static str> {
    match &action.change {
        Change::CreateLabel { .. } => vec!["/name", "/color", "/description"],
        Change::UpdateLabel { .. } => vec!["/color", "/description"],
        Change::OpenPairingIssue { labels, confidential, milestone, .. } => {
            let more = [
                (!labels.is_empty()).then_some("/labels"),
                confidential.then_some("/confidential"),
                milestone.is_some().then_some("/milestone/id"),
            ];
            ["/title", "/description"].into_iter().chain(more.into_iter().flatten()).collect()
        }
        Change::OpenReport { .. } => vec!["/title", "/description", "/confidential"],
        Change::RewritePairingIssue { title: Some(_), .. } => vec!["/description", "/title"],
        Change::RewritePairingIssue { .. } | Change::RewriteReport { .. } | Change::AppendTasks { .. } => {
            vec!["/description"]
        }
        Change::CloseReport { .. } | Change::ReopenReport { .. } => vec!["/description", "/state"],
        Change::AddLabel { .. } | Change::LabelPeoplesIssue { .. } => vec!["/labels"],
        Change::LinkPreviousSession { .. } | Change::LinkDuplicate { .. } => {
            vec!["/source_issue/iid", "/target_issue/iid"]
        }
        Change::CloseSession { .. } | Change::CloseDuplicate { .. } => vec!["/state"],
        Change::ClaimClosing { .. } => vec!["/name"],
        Change::CommentOnSession { .. } => vec!["/body"],
    }
}

/// Which kind of write a request is, as the server sees it; none for a read.
fn write_kind(request: &Request<Bytes>) -> Option<&'static str> {
    let path = request.uri().path();
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(request.body()).into_owned().collect();
    let report = form.get("description").map(|text| text.contains("<!-- podkeeper:v1 report "));
    match (request.method().as_str(), report, form.get("state_event").map(String::as_str)) {
        ("POST", _, _) if path.ends_with("/labels") => Some("create-label"),
        ("PUT", _, _) if path.contains("/labels/") => Some("update-label"),
        ("POST", _, _) if path.ends_with("/links") => Some("link-twin"),
        ("POST", _, _) if path.ends_with("/award_emoji") => Some("claim-closing"),
        ("POST", _, _) if path.ends_with("/notes") => Some("comment-on-session"),
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
struct ShowsOldValue {
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

impl ShowsOldValue {
    fn of(stage: &Stage, kind: &'static str, field: Option<&'static str>, does_it: bool) -> Arc<Self> {
        let (inner, sandbox) = (stage.exchange(), stage.sandbox.clone());
        Arc::new(Self { inner, sandbox, kind, field, does_it, asked: Mutex::default() })
    }

    /// How often the request that came most often came.
    fn max_repeats(&self) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|one| asked.iter().filter(|other| *other == one).count()).max().unwrap_or(0)
    }
}

#[async_trait::async_trait]
impl Exchange for ShowsOldValue {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        // Some kinds are one request to a server.
        let kind = match self.kind {
            "link-previous-session" => "link-twin",
            "close-session" => "close-twin",
            "append-tasks" => "rewrite-pairing-issue",
            "label-peoples-issue" => "add-label",
            kind => kind,
        };
        if write_kind(&request) != Some(kind) {
            return self.inner.exchange(request).await;
        }
        let mut look = request.clone();
        (*look.method_mut(), *look.body_mut()) = (Method::GET, Bytes::new());
        let old: Value = if *request.method() == Method::PUT {
            serde_json::from_slice(self.inner.exchange(look).await?.body()).unwrap()
        } else {
            Value::Null
        };
        // Blocks and tasks below them are written by the same request.
        if kind == "rewrite-pairing-issue" && has_more_tasks(&old, &request) != (self.kind == "append-tasks") {
            return self.inner.exchange(request).await;
        }
        let target = format!("{} {}", request.method(), request.uri().path());
        self.asked.lock().unwrap().push(format!("{target} {}", String::from_utf8_lossy(request.body())));
        // What is not done here is done in a world that nobody reads.
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

/// Whether a request writes more tasks than there are.
fn has_more_tasks(old: &Value, request: &Request<Bytes>) -> bool {
    let mut form = url::form_urlencoded::parse(request.body());
    let new = form.find(|(key, _)| key == "description").map_or(0, |(_, text)| text.matches("- [ ] ").count());
    new > old["description"].as_str().unwrap_or_default().matches("- [ ] ").count()
}

// ------------------------------------------------------------------------------------------------- the sweep

/// Worlds in which something is to be written: those of the crash sweep, and one whose session has another hour.
async fn stages_with_writes() -> Vec<(&'static str, Stage)> {
    let mut worlds = Vec::new();
    for scenario in all_scenarios() {
        worlds.push((scenario.name, prepare_stage(&scenario).await));
    }
    let mut moved = prepare_stage(&PLAIN).await;
    moved.apply_all_tasks().await;
    moved.pods[0].slots[0].cron = Cron::parse("30 13 * * Wed").unwrap();
    worlds.push(("another hour in the configuration", moved));
    let mut private = prepare_stage(&PLAIN).await;
    private.pods[0].pairing.confidential = true;
    private.pods[0].pairing.milestone = Some("Q4 pairing".to_owned());
    private.sandbox.change_world(|world| {
        let project = world.project_by_path(&private.pods[0].pairing_project).unwrap().id;
        world.add_milestone(project, "Q4 pairing");
    });
    worlds.push(("confidential, in a milestone", private));
    let mut plain = prepare_stage(&PLAIN).await;
    plain.pods[0].label.manage = true;
    plain.pods[0].label.named_color = Some("#00b140".to_owned());
    "Sessions of the pod".clone_into(&mut plain.pods[0].label.description);
    worlds.push(("a label of another colour", plain));
    let mut theirs = prepare_stage(&PLAIN).await;
    theirs.pods[0].label.apply = true;
    open_peoples_issue(&theirs, "tuval", "Left from Secure Pod Pairing", "- [ ] Read the log", &["mfarrow"]);
    worlds.push(("a session that people opened", theirs));
    worlds
}

/// A world in the middle of a run, and what is written to it next.
struct NextWrite {
    before: Stage,
    action: Action,
}

/// What a run writes to a world, each with the world that it is written to.
async fn writes_of(start: &Stage) -> Vec<NextWrite> {
    let stage = start.copy();
    let kept =
        Arc::new(KeepsWorlds { inner: stage.exchange(), sandbox: stage.sandbox.clone(), worlds: Mutex::default() });
    let runs = stage.apply_all_tasks_over(kept.clone()).await;
    let actions: Vec<&Action> = runs.iter().flat_map(|run| &run.outcomes).map(|(action, _)| action).collect();
    let worlds = std::mem::take(&mut *kept.worlds.lock().unwrap());
    // Pods take turns, so that the order of one pod's outcomes says nothing of another's.
    if runs.len() != 1 || worlds.len() != actions.len() {
        return Vec::new();
    }
    let before = |world| Stage { sandbox: Sandbox::new(world), pods: stage.pods.clone(), ..stage.copy() };
    worlds
        .into_iter()
        .zip(actions)
        .map(|(world, action)| NextWrite { before: before(world), action: action.clone() })
        .collect()
}

/// Keeps the world as it is before each write.
struct KeepsWorlds {
    inner: Arc<dyn Exchange>,
    sandbox: Sandbox,
    worlds: Mutex<Vec<World>>,
}

#[async_trait::async_trait]
impl Exchange for KeepsWorlds {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        if write_kind(&request).is_some() {
            self.worlds.lock().unwrap().push(self.sandbox.world());
        }
        self.inner.exchange(request).await
    }
}

fn is_not_done(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused(FailureCause::Human | FailureCause::Token, _))
}

/// One action by the method of the writer that it is for.
async fn run_with_writer(writer: &Writer, action: &Action) -> Outcome {
    match &action.change {
        Change::CreateLabel { name, color, description } => writer.create_label(action, name, color, description).await,
        Change::OpenPairingIssue { title, body, labels, confidential, milestone, .. } => {
            let options = NewIssueOptions { confidential: *confidential, milestone: milestone.as_ref() };
            writer.open_pairing_issue(action, title, body, labels, options).await
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
        Change::LabelPeoplesIssue { iid, label } => writer.label_peoples_issue(action, *iid, label).await,
        Change::LinkPreviousSession { iid, previous_iid: other }
        | Change::LinkDuplicate { iid, original_iid: other } => writer.link_issues(action, *iid, *other).await,
        Change::CloseSession { iid } | Change::CloseDuplicate { iid, .. } => writer.close_issue(action, *iid).await,
        Change::AppendTasks { iid, rewrite, lines } => writer.append_tasks(action, *iid, rewrite, lines).await,
        Change::ClaimClosing { iid } => writer.claim_closing(action, *iid).await,
        Change::CommentOnSession { iid, text } => writer.comment_on_session(action, *iid, text).await,
        Change::UpdateLabel { name, color, description } => {
            writer.update_label(action, name, color.as_deref(), description.as_deref()).await
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_field_that_the_answer_shows_as_it_was_is_not_done_whoever_writes() {
    let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (world, start) in stages_with_writes().await {
        for NextWrite { before, action } in &writes_of(&start).await {
            let once = async |field: Option<&'static str>, does_it: bool| {
                let stage = before.copy();
                let server = ShowsOldValue::of(&stage, action.kind(), field, does_it);
                let (_, writer) =
                    new_reader_and_writer(&stage.access_for_all_purposes(server.clone()), stage.now).unwrap();
                let outcome = run_with_writer(&writer, action).await;
                let what = format!("{world}: {action}, {field:?}, {does_it}");
                assert_eq!(server.max_repeats(), 1, "{what}: sent once");
                (outcome, what)
            };
            // Of a server that shows all there is nothing to report, so what follows is the field's doing.
            let (outcome, what) = once(None, true).await;
            assert!(matches!(outcome, Outcome::Done(_)), "{what}: {outcome:?}");
            for field in answer_fields(action) {
                for does_it in [true, false] {
                    let (outcome, what) = once(Some(field), does_it).await;
                    assert!(is_not_done(&outcome), "{what}: {outcome:?}");
                    *seen.entry((action.kind(), field)).or_default() += 1;
                }
            }
        }
    }
    println!("{seen:#?}");
    assert_all_fields_seen(&seen);
}

#[tokio::test(start_paused = true)]
async fn a_field_that_the_answer_shows_as_it_was_ends_a_whole_run_for_a_person() {
    let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (world, start) in stages_with_writes().await {
        let mut kinds: BTreeMap<&'static str, Vec<&'static str>> = BTreeMap::new();
        // What a later round does counts as well.
        let whole = start.copy().apply_all_tasks().await;
        for action in whole.iter().flat_map(|run| &run.outcomes).map(|(action, _)| action) {
            kinds.entry(action.kind()).or_insert_with(|| answer_fields(action));
        }
        for (kind, fields) in kinds {
            for (field, does_it) in fields.into_iter().flat_map(|field| [(field, true), (field, false)]) {
                let stage = start.copy();
                let server = ShowsOldValue::of(&stage, kind, Some(field), does_it);
                let runs = stage.apply_all_tasks_over(server.clone()).await;
                let what = format!("{world}: {kind}, {field}, {does_it}");
                let outcomes: Vec<_> = runs.iter().flat_map(|run| &run.outcomes).collect();
                let of_kind: Vec<_> = outcomes.iter().filter(|(action, _)| action.kind() == kind).collect();
                assert!(!of_kind.is_empty(), "{what}");
                // One write may not send the field, as a title that a person changed.
                let lacking: Vec<_> =
                    of_kind.iter().filter(|(action, _)| self::answer_fields(action).contains(&field)).collect();
                assert!(lacking.iter().all(|(_, outcome)| is_not_done(outcome)), "{what}: {of_kind:?}");
                assert_eq!(server.max_repeats(), 1, "{what}: never repeated");
                assert!(
                    matches!(exit_status(&runs), ExitStatus::NeedsHuman | ExitStatus::TokenRefused),
                    "{what}: {:?}",
                    exit_status(&runs)
                );
                assert_eq!(count_repeated_creates(&stage.sandbox.journal()), 0, "{what}");
                *seen.entry((kind, field)).or_default() += 1;
            }
        }
    }
    println!("{seen:#?}");
    assert_all_fields_seen(&seen);
}

/// Every kind of action was there, and every field of each.
fn assert_all_fields_seen(seen: &BTreeMap<(&str, &str), usize>) {
    for kind in ActionKind::ALL {
        assert!(seen.keys().any(|(seen, _)| *seen == kind.name()), "{kind:?} was never sent");
    }
    for both in [
        ("open-pairing-issue", "/labels"),
        ("open-pairing-issue", "/confidential"),
        ("open-pairing-issue", "/milestone/id"),
        ("open-report", "/confidential"),
        ("rewrite-pairing-issue", "/title"),
        ("close-report", "/state"),
        ("reopen-report", "/state"),
    ] {
        assert!(seen.contains_key(&both), "{both:?}");
    }
    assert_eq!(seen.len(), 31, "{seen:?}");
}

/// How many creates were sent a second time.
fn count_repeated_creates(journal: &[JournalEntry]) -> usize {
    let creates: Vec<&JournalEntry> = journal.iter().filter(|entry| entry.method == "POST").collect();
    let again = |at: usize, entry: &&JournalEntry| {
        creates[..at].iter().any(|before| (&before.path, &before.body) == (&entry.path, &entry.body))
    };
    creates.iter().enumerate().filter(|(at, entry)| again(*at, entry)).count()
}

// ------------------------------------------------------------------------------- what the sandbox itself leaves out

fn set_bot_role(stage: &Stage, role: u8) {
    let path = issue_projects(stage)[0].clone();
    stage.sandbox.change_world(|world| {
        let project = world.project_by_path(&path).unwrap().id;
        world.set_project_role("podkeeper-bot", project, role).unwrap();
    });
}

/// Reported at each run, and nothing is sent for it.
async fn assert_told_and_unwritten(stage: &Stage, end: ExitStatus, rule: &str) {
    for _ in 0..3 {
        let written = stage.journal();
        let runs = stage.apply_all_tasks().await;
        assert_eq!((exit_status(&runs), messages(&runs, rule).len()), (end, 1), "{:?}", finding_lines(&runs));
        assert_eq!(stage.journal(), written, "nothing is sent that would be left out");
    }
}

async fn assert_all_done(stage: &Stage) {
    let runs = stage.apply_all_tasks().await;
    assert_eq!(exit_status(&runs), ExitStatus::Done, "{:?}", finding_lines(&runs));
    let written = stage.journal();
    assert_eq!((exit_status(&stage.apply_all_tasks().await), stage.journal()), (ExitStatus::Done, written));
}

fn has_label(stage: &Stage) -> bool {
    find_issue_at(stage, find_issue_place(stage, SESSION)).labels.contains("pod::secure")
}

#[tokio::test(start_paused = true)]
async fn a_guest_whose_labels_are_dropped_asks_for_a_role() {
    // Members set labels at birth, a guest too; afterwards only from planner on.
    for first in ["the label was lost afterwards", "the issue is opened by a guest"] {
        let stage = Stage::of(shipped_config().pods, now());
        if first == "the label was lost afterwards" {
            assert_eq!(exit_status(&stage.apply_all_tasks().await), ExitStatus::Done);
            let bare = IssueEdit { remove_labels: vec!["pod::secure".to_owned()], ..IssueEdit::default() };
            edit_issue(&stage, find_issue_place(&stage, SESSION), &bare);
        }
        set_bot_role(&stage, 10);
        stage.apply_all_tasks().await;
        assert_told_and_unwritten(&stage, ExitStatus::TokenRefused, "role-too-small").await;
        set_bot_role(&stage, 15);
        assert_all_done(&stage).await;
        assert!(has_label(&stage), "{first}");
    }
}

/// The role is lost between the read and the write: GitLab says 200 and drops the label.
#[tokio::test(start_paused = true)]
async fn a_guest_from_one_moment_to_the_next_is_not_called_done() {
    let stage = Stage::of(shipped_config().pods, now());
    let server = DemotesBot {
        inner: stage.exchange(),
        sandbox: stage.sandbox.clone(),
        project: issue_projects(&stage)[0].clone(),
    };
    let runs = stage.apply_all_tasks_over(Arc::new(server)).await;
    let outcomes: Vec<_> = runs[0].outcomes.iter().filter(|(action, _)| action.kind() == "add-label").collect();
    assert!(!outcomes.is_empty() && outcomes.iter().all(|(_, outcome)| is_not_done(outcome)), "{outcomes:?}");
    assert!(matches!(exit_status(&runs), ExitStatus::NeedsHuman | ExitStatus::TokenRefused));
    let puts = stage.sandbox.journal().iter().filter(|entry| entry.body.contains("add_labels")).count();
    assert_eq!(puts, outcomes.len(), "each is sent once");
    assert_told_and_unwritten(&stage, ExitStatus::TokenRefused, "role-too-small").await;
    set_bot_role(&stage, 15);
    assert_all_done(&stage).await;
}

struct DemotesBot {
    inner: Arc<dyn Exchange>,
    sandbox: Sandbox,
    project: String,
}

#[async_trait::async_trait]
impl Exchange for DemotesBot {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        if write_kind(&request) == Some("add-label") {
            self.sandbox.change_world(|world| {
                let project = world.project_by_path(&self.project).unwrap().id;
                world.set_project_role("podkeeper-bot", project, 10).unwrap();
            });
        }
        self.inner.exchange(request).await
    }
}

#[tokio::test(start_paused = true)]
async fn an_archived_label_is_told_until_it_is_there_again() {
    for from_birth in [true, false] {
        let stage = Stage::of(shipped_config().pods, now());
        let archive = |archived: bool| {
            let path = issue_projects(&stage)[0].clone();
            stage.sandbox.change_world(|world| {
                let project = world.project_by_path(&path).unwrap().id;
                world.set_label_archived(project, "pod::secure", archived).unwrap();
            });
        };
        if from_birth {
            archive(true);
        } else {
            assert_eq!(exit_status(&stage.apply_all_tasks().await), ExitStatus::Done);
            archive(true);
            let bare = IssueEdit { remove_labels: vec!["pod::secure".to_owned()], ..IssueEdit::default() };
            edit_issue(&stage, find_issue_place(&stage, SESSION), &bare);
        }
        let runs = stage.apply_all_tasks().await;
        assert_eq!(
            (exit_status(&runs), messages(&runs, "label-archived").len()),
            (ExitStatus::NeedsHuman, 1),
            "{:?}",
            finding_lines(&runs)
        );
        assert!(
            find_issue_at(&stage, find_issue_place(&stage, SESSION)).is_open() && !has_label(&stage),
            "the issue is there, without the label"
        );
        assert_told_and_unwritten(&stage, ExitStatus::NeedsHuman, "label-archived").await;
        archive(false);
        assert_all_done(&stage).await;
        assert!(has_label(&stage));
    }
}

/// A locked issue is not reopened by anybody (`app/policies/issue_policy.rb`).
#[tokio::test(start_paused = true)]
async fn a_locked_report_with_something_to_tell_is_told_until_it_is_unlocked() {
    let pods = || shipped_config().pods.into_iter().map(|pod| Pod { tasks: [Task::Links].into(), ..pod }).collect();
    let mut stage = Stage::of(pods(), now());
    stage.apply_all_tasks().await;
    remove_links_and_labels(&mut stage);
    stage.apply_all_tasks().await;
    let report = find_issue_place(&stage, LINKS);
    assert!(!find_issue_at(&stage, report).is_open());
    let lock = |stage: &Stage, locked: bool| {
        edit_issue(stage, report, &IssueEdit { locked: Some(locked), ..IssueEdit::default() });
    };
    lock(&stage, true);
    add_dead_link(&mut stage);
    let runs = stage.apply_all_tasks().await;
    assert_eq!(
        (exit_status(&runs), messages(&runs, "issue-locked").len()),
        (ExitStatus::NeedsHuman, 1),
        "{:?}",
        finding_lines(&runs)
    );
    assert_told_and_unwritten(&stage, ExitStatus::NeedsHuman, "issue-locked").await;
    assert!(!find_issue_at(&stage, report).is_open());
    lock(&stage, false);
    assert_all_done(&stage).await;
    let now = find_issue_at(&stage, report);
    assert!(now.is_open() && issue_body(&stage, report).contains("no/such/page"), "{now:?}");
    assert_eq!(stage.sandbox.journal().iter().filter(|entry| entry.method == "POST").count(), 1, "no second report");
}

/// Locked between the read and the write: GitLab says 200 and leaves it closed.
#[tokio::test(start_paused = true)]
async fn a_report_that_is_locked_right_before_it_is_reopened_is_not_called_done() {
    let pods = || shipped_config().pods.into_iter().map(|pod| Pod { tasks: [Task::Links].into(), ..pod }).collect();
    let mut stage = Stage::of(pods(), now());
    stage.apply_all_tasks().await;
    remove_links_and_labels(&mut stage);
    stage.apply_all_tasks().await;
    let report = find_issue_place(&stage, LINKS);
    add_dead_link(&mut stage);
    let server = LocksIssue { inner: stage.exchange(), sandbox: stage.sandbox.clone(), report };
    let runs = stage.apply_all_tasks_over(Arc::new(server)).await;
    let reopened = |(action, _): &&(Action, Outcome)| action.kind() == "reopen-report";
    let [(_, Outcome::Refused(FailureCause::Human, why))] =
        &runs[0].outcomes.iter().filter(reopened).collect::<Vec<_>>()[..]
    else {
        panic!("{:?}", runs[0].outcomes)
    };
    assert!(why.contains("did not reopen it") && why.contains("its discussion is locked; unlock it"), "{why}");
    assert_eq!(exit_status(&runs), ExitStatus::NeedsHuman);
    assert_told_and_unwritten(&stage, ExitStatus::NeedsHuman, "issue-locked").await;
    edit_issue(&stage, report, &IssueEdit { locked: Some(false), ..IssueEdit::default() });
    assert_all_done(&stage).await;
    assert!(find_issue_at(&stage, report).is_open());
}

struct LocksIssue {
    inner: Arc<dyn Exchange>,
    sandbox: Sandbox,
    report: (u64, u64),
}

#[async_trait::async_trait]
impl Exchange for LocksIssue {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        if write_kind(&request) == Some("reopen-report") {
            self.sandbox.change_world(|world| world.issue_mut(self.report.0, self.report.1).unwrap().locked = true);
        }
        self.inner.exchange(request).await
    }
}

/// Where the next run sees that the write was done after all, there is nothing left to do.
#[tokio::test(start_paused = true)]
async fn what_was_done_all_the_same_is_seen_by_the_next_run() {
    for (world, start) in stages_with_writes().await {
        let copy = start.copy();
        copy.apply_all_tasks().await;
        let ends = exit_status(&copy.apply_all_tasks().await);
        for action in start.plan_all_tasks().await.iter().flat_map(|run| &run.plan.actions) {
            for field in answer_fields(action) {
                let mut stage = start.copy();
                stage.apply_all_tasks_over(ShowsOldValue::of(&stage, action.kind(), Some(field), true)).await;
                advance_time(&mut stage, chrono::TimeDelta::minutes(1));
                let runs = stage.apply_all_tasks().await;
                assert_eq!(exit_status(&runs), ends, "{world}: {action}, {field}: {:?}", finding_lines(&runs));
                let written = stage.journal();
                assert_eq!(
                    (exit_status(&stage.apply_all_tasks().await), stage.journal()),
                    (ends, written),
                    "{world}: {action}"
                );
            }
        }
    }
}

/// A write that is refused because the answer shows the old text is made by the next run.
#[tokio::test(start_paused = true)]
async fn a_write_that_nothing_became_of_is_tried_again_by_the_next_run() {
    let stage = Stage::seeded();
    stage.apply().await;
    edit_page(&stage, "#spt_pod_secure", "#spt_pod_secure_tea");
    let server = ShowsOldValue::of(&stage, "rewrite-pairing-issue", Some("/description"), false);
    let (_, writer) = new_reader_and_writer(&stage.access_for_all_purposes(server.clone()), stage.now).unwrap();
    let plan = stage.plan().await[0].plan.clone();
    let outcome = podkeeper::execute::execute_action(&writer, &plan.actions[0], &StopFlag::default()).await;
    assert!(is_not_done(&outcome), "{outcome:?}");
    let runs = stage.apply().await;
    assert_eq!(exit_status(&runs), ExitStatus::Done);
    assert!(issue_body(&stage, find_issue_place(&stage, SESSION)).contains("#spt_pod_secure_tea"));
}
