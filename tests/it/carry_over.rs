//! What is left from one session moves on with the next one's issue, each task once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Method, Request, Response};
use podkeeper::gitlab::{Exchange, ExchangeError};
use podkeeper::pod::Pod;
use podkeeper::pod::marker;
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::pod::session_notes::{SessionNotes, TaskState};
use podkeeper::pod::template::Template;
use podkeeper::sandbox::Sandbox;
use podkeeper::sandbox::world::{Issue, Project, World};
use serde_json::json;

use crate::support::{SeededRandom, Stage, keep_sessions_and_labels, shipped_config};

const TEMPLATE: &str = "{{ block }}\n\n## Pinned tickets\nTick what no longer needs the pod.\n\n## Left from last week\n\n\
                        ## Who is here\n\n## What we worked on\n\n## What came of it\n\n## Notes\n";

// ------------------------------------------------------------------------------------------------- what moves, and when

#[tokio::test(start_paused = true)]
async fn what_is_unticked_when_the_session_has_ended_moves_on_with_its_age() {
    let mut stage = stage_without_history("2026-11-24T06:00:00Z");
    stage.apply().await;
    write_under(
        &stage,
        48,
        "Pinned tickets",
        "- [ ] ACME is angry: https://tickets.example/482913\n- [x] https://tickets.example/1\n",
    );
    write_under(
        &stage,
        48,
        "Left from last week",
        "* [ ] Ask @all about #12 (Mateo)\n  * [ ] a detail of it\n* [~] not any more\n* no task\n```\n- [ ] code\n```\n",
    );
    write_under(&stage, 48, "Notes", "- [ ] stays where it is\n");

    advance_to(&mut stage, "2026-11-26T15:30:00Z");
    assert_eq!(opened(&stage.apply().await), [""; 0], "the session is not over");
    advance_to(&mut stage, "2026-11-26T16:00:00Z");
    assert_eq!(opened(&stage.apply().await), ["Secure Pod Pairing, Thu 3 Dec 2026, 15:00 UTC"]);
    assert_eq!(
        section(&stage, 49, "Pinned tickets"),
        ["- [ ] [482913](https://tickets.example/482913) · since 26 November"]
    );
    assert_eq!(
        section(&stage, 49, "Left from last week"),
        ["- [ ] Ask `@all` about `#12` (Mateo) · since 26 November", "- [ ] a detail of it · since 26 November"]
    );
    assert!(!body_of(&stage, 49).contains("stays where it is"));

    for (moment, pin) in [
        ("2026-12-03T16:00:00Z", "- [ ] [482913](https://tickets.example/482913) · since 26 November, second session"),
        (
            "2026-12-10T16:00:00Z",
            "- [ ] [482913](https://tickets.example/482913) · since 26 November, third session · **still needed?**",
        ),
        (
            "2026-12-31T16:00:00Z",
            "- [ ] [482913](https://tickets.example/482913) · since 26 November 2026, sixth session · **still needed?**",
        ),
    ] {
        advance_to(&mut stage, moment);
        stage.apply().await;
        let newest = own_issues(&stage).pop_last().unwrap().0;
        assert_eq!(lines_of_section(&body_by_key(&stage, &newest), "Pinned tickets"), [pin]);
    }
}

/// Notes are often written on the evening of the session, when the next issue is open already.
#[tokio::test(start_paused = true)]
async fn what_is_ticked_after_it_moved_on_is_named_with_what_is_left_to_do() {
    let mut stage = stage_without_history("2026-11-24T06:00:00Z");
    stage.apply().await;
    write_under(&stage, 48, "Left from last week", "- [ ] Ask Mateo\n- [ ] Ask Tuva\n");
    advance_to(&mut stage, "2026-11-26T16:00:00Z");
    stage.apply().await;
    change_body(&stage, 48, |body| body.replace("- [ ] Ask", "- [x] Ask"));
    change_body(&stage, 49, |body| body.replace("- [ ] Ask Tuva", "- [x] Ask Tuva"));
    advance_to(&mut stage, "2026-11-27T16:00:00Z");
    stage.apply().await;
    let said = comments(&own_issues(&stage)["2026-W48"]).remove(0);
    assert!(said.contains("Done:\n\n- Ask Mateo\n- Ask Tuva\n"), "{said}");
    assert!(said.contains("Done here after it had moved on, so tick it there, too:\n\n- Ask Mateo\n\n"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn the_next_issue_is_linked_to_the_last_one_once() {
    let mut stage = stage_without_history("2026-11-24T06:00:00Z");
    stage.apply().await;
    advance_to(&mut stage, "2026-11-26T16:00:00Z");
    stage.apply().await;
    assert_eq!(stage.with_world(|world| world.issue_links.len()), 1);
    // Nobody asks again, and nobody links again.
    let (runs, reader) = stage.apply_over(stage.exchange()).await;
    assert_eq!(runs[0].rounds, 1);
    assert!(!reader.request_log().audit_trail(stage.now).iter().any(|one| format!("{one:?}").contains("/links")));
    assert_eq!(stage.with_world(|world| world.issue_links.len()), 1);
}

#[tokio::test(start_paused = true)]
async fn an_issue_that_a_person_opened_hands_its_tasks_on_and_is_left_alone() {
    let mut stage = stage_without_history("2026-11-24T06:00:00Z");
    let path = format!("{}/issues", stage.pairing_project_url());
    let by_hand = json!({
        "title": "Secure pairing 2026-11-26", "labels": "pod::secure",
        "description": "# pinned tickets\n\n- [ ] https://tickets.example/7\n",
    });
    let (_, made) = stage.request("person", "POST", &path, by_hand).await;
    stage.apply().await;
    advance_to(&mut stage, "2026-11-26T16:00:00Z");
    stage.apply().await;
    assert_eq!(section(&stage, 49, "Pinned tickets"), ["- [ ] [7](https://tickets.example/7) · since 26 November"]);
    assert_eq!(stage.with_world(|world| world.issue_links.len()), 0, "a link would stand in their issue");
    advance_to(&mut stage, "2026-12-02T16:00:00Z");
    stage.apply().await;
    let world = stage.sandbox.world();
    let theirs = &project(&world).issues[&made["iid"].as_u64().unwrap()];
    assert!(theirs.is_open() && theirs.notes.values().all(|note| note.system), "what people opened they close");
}

/// Titles of tickets are nobody's business elsewhere, and what only members see stays there.
#[tokio::test(start_paused = true)]
async fn tasks_of_a_confidential_issue_stay_in_it() {
    let mut stage = stage_without_history("2026-11-24T06:00:00Z");
    stage.apply().await;
    write_under(&stage, 48, "Left from last week", "- [ ] a secret of ACME\n");
    let iid = own_issues(&stage)["2026-W48"].iid;
    edit(&stage, iid, json!({"confidential": true})).await;
    advance_to(&mut stage, "2026-11-27T17:00:00Z");
    stage.apply().await;
    assert!(!body_of(&stage, 49).contains("ACME"));
    let issue = own_issues(&stage).remove("2026-W48").unwrap();
    assert!(
        !issue.is_open()
            && issue.confidential
            && comments(&issue)[0].contains("Still open here:\n\n- a secret of ACME")
    );
}

// ------------------------------------------------------------------------------------ what was left after the next opened

#[tokio::test(start_paused = true)]
async fn what_was_never_carried_is_appended_once_when_the_old_issue_is_closed() {
    for (closed_by, heading) in [("podkeeper", "## Left from last week"), ("a person", "no such heading")] {
        let mut stage = stage_without_history("2026-11-24T06:00:00Z");
        stage.apply().await;
        write_under(&stage, 48, "Left from last week", "- [ ] first\n");
        advance_to(&mut stage, "2026-11-26T16:00:00Z");
        stage.apply().await;
        write_under(&stage, 48, "Left from last week", "- [ ] late one\n- [ ] see https://tickets.example/9\n");
        write_under(&stage, 48, "Pinned tickets", "- [ ] https://tickets.example/7\n");
        // People write in the new one as well; one has taken a line out, another the heading.
        change_body(&stage, 49, |body| {
            body.replace("- [ ] first · since 26 November\n", "Words  of mine\u{a0}\n")
                .replace("## Left from last week", heading)
        });
        let before = body_of(&stage, 49);
        if closed_by == "a person" {
            edit(&stage, own_issues(&stage)["2026-W48"].iid, json!({"state_event": "close"})).await;
        } else {
            advance_to(&mut stage, "2026-11-27T16:00:00Z");
        }
        let runs = stage.apply().await;
        assert_eq!(runs[0].exit_status(), ExitStatus::Done, "{:?}", runs[0].outcomes);
        let after = body_of(&stage, 49);
        assert!(!after.contains("first"), "what people took out does not come back: {after}");
        assert_eq!(
            section(&stage, 49, "Pinned tickets").last().unwrap(),
            "- [ ] [7](https://tickets.example/7) · since 26 November"
        );
        assert_eq!(
            section(&stage, 49, "Left from last week")
                .into_iter()
                .filter(|line| line.starts_with("- "))
                .collect::<Vec<_>>(),
            ["- [ ] late one · since 26 November", "- [ ] see <https://tickets.example/9> · since 26 November"]
        );
        assert_no_byte_lost(&before, &after);
        let said = comments(&own_issues(&stage)["2026-W48"]).len();
        assert_eq!(said, usize::from(closed_by == "podkeeper"), "who closes it has settled it");
        let written = stage.journal().len();
        stage.apply().await;
        assert_eq!(stage.journal().len(), written, "once");
    }
}

#[tokio::test(start_paused = true)]
async fn once_the_next_session_has_begun_what_is_left_waits_for_the_one_after() {
    let mut stage = stage_without_history("2026-11-24T06:00:00Z");
    stage.apply().await;
    advance_to(&mut stage, "2026-11-26T16:00:00Z");
    stage.apply().await;
    write_under(&stage, 48, "Left from last week", "- [ ] late one\n");
    advance_to(&mut stage, "2026-12-03T15:30:00Z");
    let frozen = body_of(&stage, 49);
    stage.apply().await;
    assert_eq!(body_of(&stage, 49), frozen);
    advance_to(&mut stage, "2026-12-03T16:00:00Z");
    stage.apply().await;
    assert_eq!(section(&stage, 50, "Left from last week"), ["- [ ] late one · since 26 November, second session"]);
}

/// F16: somebody edits between the read and the write of the appended tasks, up to four times in a row.
#[tokio::test(start_paused = true)]
async fn f16_edits_right_before_tasks_are_appended_survive() {
    for times in 1..=4 {
        let mut stage = stage_without_history("2026-11-24T06:00:00Z");
        stage.apply().await;
        advance_to(&mut stage, "2026-11-26T16:00:00Z");
        stage.apply().await;
        write_under(&stage, 48, "Left from last week", "- [ ] late one\n");
        advance_to(&mut stage, "2026-11-27T16:00:00Z");
        let edits = Arc::new(EditsBeforeRead {
            inner: stage.exchange(),
            sandbox: stage.sandbox.clone(),
            iid: own_issues(&stage)["2026-W49"].iid,
            left: AtomicUsize::new(times),
        });
        stage.apply_over(edits.clone()).await;
        stage.apply().await;
        let body = body_of(&stage, 49);
        let words = body.matches("A word of mine.").count();
        assert_eq!(words, times - edits.left.load(Ordering::Relaxed), "{times}: {body}");
        assert!(words >= 1 && body.matches("late one").count() == 1, "{times}: {body}");
        assert!(stage.plan().await[0].plan.is_empty());
    }
}

struct EditsBeforeRead {
    inner: Arc<dyn Exchange>,
    sandbox: Sandbox,
    iid: u64,
    left: AtomicUsize,
}

#[async_trait::async_trait]
impl Exchange for EditsBeforeRead {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let about_it = request.uri().path().ends_with(&format!("/issues/{}", self.iid));
        if about_it && *request.method() == Method::GET && self.left.load(Ordering::Relaxed) > 0 {
            self.left.fetch_sub(1, Ordering::Relaxed);
            self.sandbox.change_world(|world| {
                let issue = project_mut(world).issues.get_mut(&self.iid).unwrap();
                issue.description = issue.description.take().map(|body| body + "\nA word of mine.");
            });
        }
        self.inner.exchange(request).await
    }
}

// ------------------------------------------------------------------------------------------------------ weeks of people

/// People tick, add, edit, take out and close as they like; every task that is open in the end has moved on exactly
/// once, and nothing else has.
#[tokio::test(start_paused = true)]
async fn every_unticked_task_is_carried_exactly_once_whatever_people_do() {
    let mut carried = 0;
    for seed in 0..2 {
        carried += live_some_weeks(seed).await;
    }
    assert!(carried > 10, "{carried}");
}

/// Ten weeks; returns how many tasks moved on.
async fn live_some_weeks(seed: u64) -> usize {
    let mut draw = SeededRandom(seed);
    let mut stage = stage_without_history("2026-11-24T06:00:00Z");
    let (mut number, mut moved) = (0, 0);
    for hours in (0..24 * 70).step_by(15) {
        let moment = "2026-11-24T06:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::hours(hours);
        advance_to(&mut stage, &moment.to_rfc3339());
        let runs = stage.apply().await;
        assert_eq!(runs[0].exit_status(), ExitStatus::Done, "{seed}: {:?}", runs[0].outcomes);
        let keys: Vec<String> = own_issues(&stage).into_keys().rev().take(2).collect();
        let Some(key) = keys.get(draw.below(keys.len().max(1))) else { continue };
        let heading = ["Pinned tickets", "Left from last week"][draw.below(2)];
        let iid = own_issues(&stage)[key].iid;
        match draw.below(7) {
            // A task has a word of its own that nothing else has.
            0..=2 => {
                number += 1;
                write_into(&stage, iid, heading, &format!("- [ ] task{number}x of somebody\n"));
            }
            3 => change_body_of(&stage, iid, |body| body.replacen("- [ ] ", "- [x] ", 1)),
            4 => change_body_of(&stage, iid, |body| body.replacen("- [ ] ", "- [~] ", 1)),
            5 => change_body_of(&stage, iid, |body| format!("{body}\nWords of somebody")),
            _ if draw.below(4) == 0 => edit(&stage, iid, json!({"state_event": "close"})).await,
            _ => {}
        }
    }
    // All that is left gets its chance: the last two sessions end, and nobody does anything more.
    for days in 71..88 {
        let moment = "2026-11-24T06:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::days(days);
        advance_to(&mut stage, &moment.to_rfc3339());
        stage.apply().await;
    }
    let issues = own_issues(&stage);
    for task in 1..=number {
        let word = format!("task{task}x ");
        let mut stands = Vec::new();
        for (key, issue) in &issues {
            let notes = SessionNotes::parse(issue.description.as_deref().unwrap());
            let own: Vec<TaskState> = notes
                .pinned
                .iter()
                .chain(&notes.left)
                .filter(|task| task.text.raw().contains(&word))
                .map(|task| task.state)
                .collect();
            assert!(own.len() <= 1, "{seed}: {word}stands twice in {key}");
            stands.extend(own.first().map(|state| (key.clone(), *state)));
        }
        // Open in all but the last, and there ticked or, where it is open still, in the newest issue.
        let (last, box_state) = stands.last().unwrap_or_else(|| panic!("{seed}: {word}is lost"));
        let newest = issues.keys().next_back().unwrap();
        assert!(*box_state != TaskState::Open || last == newest, "{seed}: {word}is left in {stands:?}");
        moved += stands.len() - 1;
    }
    moved
}

// --------------------------------------------------------------------------------------------------------- the stage's

pub(crate) fn pod() -> Pod {
    let mut pod = keep_sessions_and_labels(shipped_config().pods).remove(0);
    pod.template = Template::new("the story's template", TEMPLATE);
    pod.gitlab_url = "https://gitlab.example/".parse().unwrap();
    pod
}

/// The pod in a world that has no issues yet.
pub(crate) fn stage_without_history(moment: &str) -> Stage {
    let page = "---\ntitle: Small\n---\n\n## A Pod members\n\n- Lead: Ada (`@ada`)\n\n## End\n";
    let stage = Stage::bare(vec![pod()], page, moment.parse().unwrap());
    stage.sandbox.change_world(|world| world.projects.values_mut().for_each(|project| project.issues.clear()));
    stage.sandbox.change_world(|world| world.tokens.values_mut().for_each(|token| token.expires_at = None));
    stage
}

pub(crate) fn advance_to(stage: &mut Stage, moment: &str) {
    stage.now = moment.parse().unwrap();
    stage.sandbox.change_world(|world| world.now = stage.now);
}

fn project(world: &World) -> &Project {
    world.project_by_path("our-group/support-pairing").unwrap()
}

pub(crate) fn project_mut(world: &mut World) -> &mut Project {
    world.projects.values_mut().find(|project| project.path == "our-group/support-pairing").unwrap()
}

/// podkeeper's issues by the week of their session; of two the older.
pub(crate) fn own_issues(stage: &Stage) -> BTreeMap<String, Issue> {
    let week = |issue: &Issue| {
        let text = issue.description.as_deref()?;
        text.strip_prefix("<!-- podkeeper:v1 session secure/weekly/")?.get(..8).map(str::to_owned)
    };
    stage.with_world(|world| {
        project(world).issues.values().rev().filter_map(|issue| Some((week(issue)?, issue.clone()))).collect()
    })
}

fn body_by_key(stage: &Stage, key: &str) -> String {
    own_issues(stage)[key].description.clone().unwrap()
}

pub(crate) fn body_of(stage: &Stage, week: u32) -> String {
    body_by_key(stage, &format!("2026-W{week}"))
}

pub(crate) fn change_body_of(stage: &Stage, iid: u64, change: impl FnOnce(String) -> String) {
    stage.sandbox.change_world(|world| {
        let issue = project_mut(world).issues.get_mut(&iid).unwrap();
        issue.description = issue.description.take().map(|body| {
            let end = marker::end_of_block(&body);
            format!("{}{}", &body[..end], change(body[end..].to_owned()))
        });
    });
}

fn change_body(stage: &Stage, week: u32, change: impl FnOnce(String) -> String) {
    change_body_of(stage, own_issues(stage)[&format!("2026-W{week}")].iid, change);
}

/// Lines right below a heading.
pub(crate) fn write_into(stage: &Stage, iid: u64, heading: &str, lines: &str) {
    change_body_of(stage, iid, |body| {
        // GitLab takes the last line's end off.
        let (body, heading) = (body + "\n", format!("## {heading}\n"));
        assert!(body.contains(&heading), "{body}");
        body.replacen(&heading, &format!("{heading}{lines}"), 1)
    });
}

pub(crate) fn write_under(stage: &Stage, week: u32, heading: &str, lines: &str) {
    write_into(stage, own_issues(stage)[&format!("2026-W{week}")].iid, heading, lines);
}

/// The lines below a heading that show something, but for what the template says there.
fn lines_of_section(body: &str, heading: &str) -> Vec<String> {
    let after = body.split(&format!("## {heading}\n")).nth(1).unwrap_or_else(|| panic!("{body}"));
    let section = after.split("\n## ").next().unwrap();
    let shows = |line: &&str| !line.trim().is_empty() && !line.starts_with("Tick what");
    section.lines().filter(shows).map(str::to_owned).collect()
}

fn section(stage: &Stage, week: u32, heading: &str) -> Vec<String> {
    lines_of_section(&body_of(stage, week), heading)
}

pub(crate) async fn edit(stage: &Stage, iid: u64, body: serde_json::Value) {
    let path = format!("{}/issues/{iid}", stage.pairing_project_url());
    assert_eq!(stage.request("person", "PUT", &path, body).await.0, 200);
}

pub(crate) fn opened(runs: &[PodRun]) -> Vec<String> {
    let title = |action: &podkeeper::pod::action::Action| match &action.change {
        podkeeper::pod::action::Change::OpenPairingIssue { title, .. } => Some(title.clone()),
        _ => None,
    };
    runs.iter().flat_map(|run| &run.outcomes).filter_map(|(action, _)| title(action)).collect()
}

/// What podkeeper said on an issue.
pub(crate) fn comments(issue: &Issue) -> Vec<String> {
    let own = issue.notes.values().filter(|note| !note.system && note.body.contains("podkeeper:v1 closing"));
    own.map(|note| note.body.clone()).collect()
}

/// What stood outside the block stands there still, in its order.
fn assert_no_byte_lost(before: &str, after: &str) {
    let outside = |body: &str| body[marker::end_of_block(body)..].to_owned();
    let after = outside(after);
    let mut rest = after.lines().collect::<Vec<_>>().into_iter();
    for line in outside(before).lines() {
        assert!(rest.any(|other| other == line), "{line:?} is lost: {after}");
    }
    let known: BTreeSet<&str> = after.lines().collect();
    assert!(known.len() > 1);
}
