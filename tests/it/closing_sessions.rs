//! A session that is over has its issue closed a day later, by one of all runs, with a word on what came of it.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use chrono::TimeDelta;
use http::{Method, Request, Response};
use podkeeper::gitlab::{Exchange, ExchangeError};
use podkeeper::pod::run::ExitStatus;
use podkeeper::sandbox::world::Issue;
use serde_json::json;

use crate::carry_over::{
    advance_to, body_of, comments, edit, own_issues, project_mut, stage_without_history, write_under,
};
use crate::doubles::believes_every_claim;
use crate::sessions::{OrdersResult, TurnOrder, shuffle};
use crate::support::{Bent, EVERY_NTH_CASE, Stage, unchanged};

/// The numbers of the issues of the last session and the next.
fn iids(stage: &Stage) -> (u64, u64) {
    let issues = own_issues(stage);
    (issues["2026-W48"].iid, issues["2026-W49"].iid)
}

/// A session on 26 November, its issue with everything in it, and the next one's issue; a day later.
async fn stage_to_close() -> Stage {
    let mut stage = stage_without_history("2026-11-24T06:00:00Z");
    stage.apply().await;
    write_under(
        &stage,
        48,
        "Pinned tickets",
        "- [x] ACME https://tickets.example/1\n- [ ] https://tickets.example/2\n",
    );
    write_under(&stage, 48, "Left from last week", "- [x] Draft the note (@tuva)\n- [ ] Ask the scanner team\n");
    write_under(
        &stage,
        48,
        "What came of it",
        "https://docs.example/offline\n\n- [!7](https://gitlab.example/a/b/-/merge_requests/7)\n",
    );
    advance_to(&mut stage, "2026-11-26T16:00:00Z");
    stage.apply().await;
    write_under(&stage, 48, "Left from last week", "- [ ] A late one\n");
    advance_to(&mut stage, "2026-11-27T16:00:00Z");
    stage
}

#[tokio::test(start_paused = true)]
async fn a_day_after_its_end_the_issue_says_what_came_of_it_and_is_closed() {
    let mut stage = stage_to_close().await;
    stage.now -= TimeDelta::minutes(1);
    stage.apply().await;
    assert!(own_issues(&stage)["2026-W48"].is_open(), "not a minute earlier");
    stage.now += TimeDelta::minutes(1);
    let planned = stage.plan().await;
    let (name, (old, new)) = (&stage.pods[0].pairing_project, iids(&stage));
    let sentences: Vec<String> = planned[0].plan.actions.iter().map(ToString::to_string).collect();
    assert_eq!(
        sentences,
        [
            format!("append 1 task to {name}#{new}, because that was left open in the issue of a session that is over"),
            format!(
                "mark that {name}#{old} is about to be closed, because its session was on 26 November and {name}#{new} is the next one's"
            ),
        ]
    );
    let later: Vec<&str> = planned[0].later_changes.iter().map(|then| then.text.as_str()).collect();
    assert_eq!(later, [format!("comment on {name}#{old}"), format!("close {name}#{old}")]);

    let runs = stage.apply().await;
    assert_eq!(runs[0].exit_status(), ExitStatus::Done, "{:?}", runs[0].outcomes);
    let kinds: Vec<&str> = runs[0].outcomes.iter().map(|(action, _)| action.kind()).collect();
    assert_eq!(kinds, ["append-tasks", "claim-closing", "comment-on-session", "close-session"]);
    let issue = own_issues(&stage).remove("2026-W48").unwrap();
    assert!(!issue.is_open());
    let next = stage.with_world(|world| {
        let project = world.project_by_path(name).unwrap();
        format!("https://gitlab.example/{}/-/issues/{new}", project.path)
    });
    let said = comments(&issue).remove(0).replace("http://127.0.0.1", "https://gitlab.example");
    assert_eq!(
        said,
        format!(
            "**Closed after the session of 26 November.**\n\nDone:\n\n- [1](https://tickets.example/1)\n\
             - Draft the note (`@tuva`)\n\nWhat came of it:\n\n- <https://docs.example/offline>\n\
             - `https://gitlab.example/a/b/-/merge_requests/7`\n\nMoved on to [3 December]({next}):\n\n\
             - [2](https://tickets.example/2)\n- A late one\n- Ask the scanner team\n\n\
             <!-- podkeeper:v1 closing secure/weekly/2026-W48 -->"
        )
    );
    assert!(issue.assignees.is_empty());
    let (written, runs) = (stage.journal().len(), stage.apply().await);
    assert_eq!((stage.journal().len(), runs[0].rounds), (written, 1));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_touched_was_not_held_and_what_has_no_notes_may_get_some() {
    let no_notes = "No notes yet; add them any time.";
    for (touch, words, is_said) in [
        ("", "**Not held on 26 November**", true),
        ("comment", no_notes, true),
        ("words", no_notes, false),
        ("words", "**Closed after the session of 26 November.**", true),
    ] {
        let mut stage = stage_without_history("2026-11-24T06:00:00Z");
        stage.apply().await;
        match touch {
            "comment" => {
                let path =
                    format!("{}/issues/{}/notes", stage.pairing_project_url(), own_issues(&stage)["2026-W48"].iid);
                drop(stage.request("person", "POST", &path, json!({ "body": "I come later" })).await);
            }
            "words" => write_under(&stage, 48, "Notes", "We met.\n"),
            _ => {}
        }
        advance_to(&mut stage, "2026-11-26T17:00:00Z");
        stage.apply().await;
        advance_to(&mut stage, "2026-11-27T17:00:00Z");
        stage.apply().await;
        let issue = own_issues(&stage).remove("2026-W48").unwrap();
        let said = comments(&issue).iter().any(|one| one.contains(words));
        assert!(!issue.is_open() && said == is_said, "{touch}: {:?}", comments(&issue));
    }
}

/// Whoever opens an issue again that podkeeper closed wants it open.
#[tokio::test(start_paused = true)]
async fn an_issue_that_somebody_opens_again_stays_open() {
    let mut stage = stage_to_close().await;
    stage.apply().await;
    let (old, _) = iids(&stage);
    edit(&stage, old, json!({"state_event": "reopen"})).await;
    for days in [0, 1, 8] {
        stage.now += TimeDelta::days(days);
        let now = stage.now;
        stage.sandbox.change_world(|world| world.now = now);
        let runs = stage.apply().await;
        assert_eq!(runs[0].exit_status(), ExitStatus::Done, "{:?}", runs[0].outcomes);
        let issue = own_issues(&stage).remove("2026-W48").unwrap();
        assert!(issue.is_open() && comments(&issue).len() == 1, "{days} days");
    }
}

/// Pairify's record of the day shows that they met, and gets no "mentioned in".
#[tokio::test(start_paused = true)]
async fn pairifys_record_is_named_and_not_mentioned() {
    let mut stage = stage_without_history("2026-11-24T06:00:00Z");
    stage.apply().await;
    advance_to(&mut stage, "2026-11-26T16:30:00Z");
    let path = format!("{}/issues", stage.pairing_project_url());
    let record = json!({"title": "Pairing: Ada <> Bo", "labels": "pairify,pod::secure"});
    let (_, made) = stage.request("person", "POST", &path, record).await;
    let iid = made["iid"].as_u64().unwrap();
    edit(&stage, iid, json!({"state_event": "close"})).await;
    stage.apply().await;
    advance_to(&mut stage, "2026-11-27T17:00:00Z");
    stage.apply().await;
    let said = comments(&own_issues(&stage)["2026-W48"]).remove(0);
    assert!(said.contains("Pairify has a record of that day: `") && !said.contains("Not held"), "{said}");
    stage.sandbox.change_world(|world| {
        let notes = &project_mut(world).issues[&iid].notes;
        assert!(notes.values().all(|note| !note.body.contains("mentioned in")), "{notes:?}");
    });
}

#[tokio::test(start_paused = true)]
async fn an_issue_that_a_person_closed_early_is_settled() {
    let stage = stage_to_close().await;
    edit(&stage, own_issues(&stage)["2026-W48"].iid, json!({"state_event": "close"})).await;
    let runs = stage.apply().await;
    let kinds: Vec<&str> = runs[0].outcomes.iter().map(|(action, _)| action.kind()).collect();
    assert_eq!(kinds, ["append-tasks"]);
    assert_eq!(comments(&own_issues(&stage)["2026-W48"]).len(), 0);
    assert!(body_of(&stage, 49).contains("A late one"));
}

#[tokio::test(start_paused = true)]
async fn a_claim_of_another_run_is_waited_for_and_an_old_one_is_not() {
    let mut stage = stage_to_close().await;
    let path = format!("{}/issues/{}/award_emoji", stage.pairing_project_url(), iids(&stage).0);
    assert_eq!(stage.request("api", "POST", &path, json!({"name": "checkered_flag"})).await.0, 201);
    let runs = stage.apply().await;
    assert_eq!(runs[0].exit_status(), ExitStatus::Incomplete);
    let waits = |text: &str| text.ends_with(" is being closed by another run; the next run sees to it");
    assert!(runs[0].status_sentences.iter().any(|sentence| waits(&sentence.text)), "{:?}", runs[0].status_sentences);
    let issue = own_issues(&stage).remove("2026-W48").unwrap();
    assert!(issue.is_open() && comments(&issue).is_empty());
    advance_to(&mut stage, "2026-11-27T16:05:00Z");
    assert_eq!(stage.apply().await[0].exit_status(), ExitStatus::Done);
    let issue = own_issues(&stage).remove("2026-W48").unwrap();
    assert!(!issue.is_open() && comments(&issue).len() == 1);
}

/// F19: moved titles, locks and confidentiality do not stop it; what GitLab refuses is told, and the close goes on.
#[tokio::test(start_paused = true)]
async fn f19_retitled_locked_and_confidential_issues_are_closed_too() {
    for how in ["retitled", "locked", "confidential"] {
        let stage = stage_to_close().await;
        let change = match how {
            "retitled" => json!({"title": "Pairing with cake"}),
            "locked" => json!({"discussion_locked": true}),
            _ => json!({"confidential": true}),
        };
        edit(&stage, iids(&stage).0, change).await;
        let runs = stage.apply().await;
        assert_eq!(runs[0].exit_status(), ExitStatus::Done, "{how}: {:?}", runs[0].outcomes);
        let issue = own_issues(&stage).remove("2026-W48").unwrap();
        assert!(!issue.is_open() && comments(&issue).len() == 1, "{how}");
    }
    for refused in ["/notes", "/award_emoji"] {
        let stage = stage_to_close().await;
        let (runs, _) = stage.apply_over(Arc::new(Refuses { inner: stage.exchange(), path: refused })).await;
        assert_eq!(runs[0].exit_status(), ExitStatus::TokenRefused, "{refused}: it is told");
        let issue = own_issues(&stage).remove("2026-W48").unwrap();
        assert!(!issue.is_open() && comments(&issue).is_empty(), "{refused}");
    }
}

struct Refuses {
    inner: Arc<dyn Exchange>,
    path: &'static str,
}

#[async_trait::async_trait]
impl Exchange for Refuses {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        if *request.method() == Method::POST && request.uri().path().ends_with(self.path) {
            let body = Bytes::from_static(br#"{"message":"403 Forbidden"}"#);
            return Ok(Response::builder().status(403).header("content-type", "application/json").body(body).unwrap());
        }
        self.inner.exchange(request).await
    }
}

/// F8: two workers open the next issue at once, or close the old one, in any order of their writes and of the reads
/// before them.
#[tokio::test(start_paused = true)]
async fn f08_two_workers_end_with_one_issue_one_link_and_one_comment() {
    let many = 240 / EVERY_NTH_CASE as u64;
    let mut waited = 0;
    for seed in 0..many {
        let mut stage = stage_to_close().await;
        let (now, new) = (stage.now, iids(&stage).1);
        if seed % 2 == 0 {
            // Nothing is there yet but the old issue: all of it happens at once.
            stage.sandbox.change_world(|world| {
                project_mut(world).issues.remove(&new);
                world.issue_links.clear();
            });
        }
        let order = shuffle([0, 1].repeat(14), seed);
        let turns = TurnOrder::new(order.clone(), 2);
        let worker = async |number: usize| {
            let (runs, _) = stage.apply_over(turns.exchange_for(&stage, number)).await;
            turns.finish_worker(number);
            runs
        };
        let ends = futures_util::future::join_all((0..2).map(worker)).await;
        waited += ends.iter().filter(|runs| runs[0].exit_status() == ExitStatus::Incomplete).count();
        for runs in &ends {
            assert!(runs[0].exit_status() <= ExitStatus::Incomplete, "{order:?}: {:?}", runs[0].outcomes);
        }
        stage.now = now + TimeDelta::minutes(6);
        stage.sandbox.change_world(|world| world.now = stage.now);
        let last = stage.apply().await;
        assert_eq!(last[0].exit_status(), ExitStatus::Done, "{order:?}: {:?}", last[0].outcomes);
        assert_settled(&stage).unwrap_or_else(|why| panic!("{order:?}: {why}"));
        assert!(stage.plan().await[0].plan.is_empty(), "{order:?}");
    }
    println!("{many} orders, {waited} workers waited for the other one");
    assert!(waited > 5, "{waited}");
}

/// Two workers, in every order of the calls that open the next issue and link it.
#[tokio::test(start_paused = true)]
async fn f08_two_workers_open_and_link_once_in_every_order_of_their_calls() {
    let orders = open_with_two_workers(EVERY_NTH_CASE).await;
    println!("{} of {} orders with one link, {} with twins for a moment", orders.well, orders.of, orders.twins);
    assert_eq!((orders.well, orders.wrong), (orders.of, None));
    assert!(orders.of >= 90 && orders.twins > 10, "{} {}", orders.of, orders.twins);
}

/// Two workers, in every order of the calls that close an issue.
#[tokio::test(start_paused = true)]
async fn f08_two_workers_close_once_in_every_order_of_their_calls() {
    let orders = close_with_two_workers(unchanged, EVERY_NTH_CASE).await;
    println!("{} of {} orders with one comment", orders.well, orders.of);
    assert_eq!((orders.well, orders.wrong), (orders.of, None));
    assert!(orders.of >= 20, "{}", orders.of);
}

/// Sabotage: the emoji is no claim.
#[tokio::test(start_paused = true)]
async fn a_worker_that_believes_every_claim_is_caught() {
    let orders = close_with_two_workers(believes_every_claim, 1).await;
    println!("sabotage: {} of {} orders end otherwise", orders.of - orders.well, orders.of);
    assert!(orders.of - orders.well > 3);
}

/// Every order; with a step above 1, some of them.
pub(crate) async fn open_with_two_workers(step: usize) -> OrdersResult {
    // Read, open, read, link, close, read.
    const CALLS: u32 = 6;
    let mut orders = OrdersResult::default();
    let mut start = stage_without_history("2026-11-24T06:00:00Z");
    start.apply().await;
    write_under(&start, 48, "Left from last week", "- [ ] A late one\n");
    advance_to(&mut start, "2026-11-26T16:00:00Z");
    for pattern in (0_u32..1 << (2 * CALLS)).filter(|pattern| pattern.count_ones() == CALLS).step_by(step) {
        let order = (0..2 * CALLS).map(|turn| usize::from(pattern >> turn & 1 == 1)).collect();
        orders.count(open_at_once(start.copy(), order).await);
    }
    orders
}

/// Two workers who take turns in this order end with one open issue of the next session, which has one link to the last
/// one and its task; gives how many issues stood for the session.
async fn open_at_once(stage: Stage, order: VecDeque<usize>) -> Result<usize, String> {
    let shown = format!("{order:?}");
    let turns = TurnOrder::new(order, 2);
    let worker = async |number: usize| {
        let (runs, _) = stage.apply_over(turns.exchange_for(&stage, number)).await;
        turns.finish_worker(number);
        runs
    };
    let mut ends = futures_util::future::join_all((0..2).map(worker)).await;
    ends.push(stage.apply().await);
    if let Some(runs) = ends.iter().find(|runs| runs[0].exit_status() != ExitStatus::Done) {
        return Err(format!("{shown}: {:?}", runs[0].outcomes));
    }
    let old = own_issues(&stage)["2026-W48"].iid;
    let is_next = |issue: &Issue| issue.title.contains("3 Dec");
    let (open, all, links) = stage.with_world(|world| {
        let project = world.project_by_path(&stage.pods[0].pairing_project).unwrap();
        let next: Vec<&Issue> = project.issues.values().filter(|issue| is_next(issue)).collect();
        let of_old = world.issue_links.values().filter(|link| [link.source.1, link.target.1].contains(&old));
        (next.iter().filter(|issue| issue.is_open()).count(), next.len(), of_old.count())
    });
    let found = (open, links, body_of(&stage, 49).matches("A late one").count());
    if found != (1, 1, 1) || !stage.plan().await[0].plan.is_empty() {
        return Err(format!("{shown}: {found:?}"));
    }
    Ok(all)
}

/// Every order; with a step above 1, some of them.
pub(crate) async fn close_with_two_workers(bent: Bent, step: usize) -> OrdersResult {
    // Claim, look for a claim, look for a comment, comment, close.
    const CALLS: u32 = 5;
    let mut orders = OrdersResult::default();
    let start = stage_to_close().await;
    for pattern in (0_u32..1 << (2 * CALLS)).filter(|pattern| pattern.count_ones() == CALLS).step_by(step) {
        let order = (0..2 * CALLS).map(|turn| usize::from(pattern >> turn & 1 == 1)).collect();
        orders.count(close_at_once(start.copy(), bent, order).await);
    }
    orders
}

async fn close_at_once(mut stage: Stage, bent: Bent, order: VecDeque<usize>) -> Result<usize, String> {
    let shown = format!("{order:?}");
    let turns = TurnOrder::new(order, 2);
    let worker = async |number: usize| {
        let server = bent(turns.exchange_for_calls(&stage, number, is_about_closing));
        let (runs, _) = stage.apply_over(server).await;
        turns.finish_worker(number);
        runs
    };
    let ends = futures_util::future::join_all((0..2).map(worker)).await;
    if let Some(runs) = ends.iter().find(|runs| runs[0].exit_status() > ExitStatus::Incomplete) {
        return Err(format!("{shown}: {:?}", runs[0].outcomes));
    }
    stage.now += TimeDelta::minutes(6);
    stage.sandbox.change_world(|world| world.now = stage.now);
    let last = stage.apply().await;
    if last[0].exit_status() != ExitStatus::Done || !stage.plan().await[0].plan.is_empty() {
        return Err(format!("{shown}: it does not end: {:?}", last[0].outcomes));
    }
    assert_settled(&stage).map(|()| 1).map_err(|why| format!("{shown}: {why}"))
}

fn is_about_closing(request: &Request<Bytes>) -> bool {
    let path = request.uri().path();
    let closes = String::from_utf8_lossy(request.body()).contains("state_event=close");
    path.ends_with("/award_emoji") || path.ends_with("/notes") || closes
}

/// One open issue, which is linked once, and one comment on the closed one.
fn assert_settled(stage: &Stage) -> Result<(), String> {
    let issues = own_issues(stage);
    let (old, new) = (&issues["2026-W48"], &issues["2026-W49"]);
    let open = stage.with_world(|world| {
        let project = world.project_by_path(&stage.pods[0].pairing_project).unwrap();
        project.issues.values().filter(|issue| issue.is_open()).count()
    });
    let ends = [(old.iid, new.iid), (new.iid, old.iid)];
    let links = stage.with_world(|world| {
        world.issue_links.values().filter(|link| ends.contains(&(link.source.1, link.target.1))).count()
    });
    let late = body_of(stage, 49).matches("A late one").count();
    let found = (open, links, comments(old).len(), old.is_open(), late);
    if found == (1, 1, 1, false, 1) { Ok(()) } else { Err(format!("{found:?}")) }
}
