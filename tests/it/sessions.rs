//! The pairing issue over weeks and years: one for each session, whoever else is at work, and never a word of people's
//! lost.

use std::collections::VecDeque;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Method, Request, Response};
use podkeeper::gitlab::{Exchange, ExchangeError};
use podkeeper::pod::marker;
use podkeeper::pod::plan::compute_stamp;
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::pod::schedule::Skip;
use podkeeper::pod::{Pod, PodKey};
use podkeeper::sandbox::world::{Issue, World};
use podkeeper::sandbox::{Sandbox, Seed, SeedPod, seed};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::crash_recovery;
use crate::rich_text_editor_saves::{EditorSave, SavesDuringRun, duplicate_titles, save_all};
use crate::support::{
    Bent, EVERY_NTH_CASE, InMemory, SeededRandom, Stage, finding_lines, keep_sessions_and_labels, now, sentences,
    shipped_config, to_seed_pod, unchanged,
};
use crate::write_counts::WriteCounts;

// ---------------------------------------------------------------------------------------------- weeks and days

#[tokio::test(start_paused = true)]
async fn f13_two_weeks_without_a_runner_make_one_issue_and_one_sentence() {
    let mut stage = Stage::seeded();
    advance_to(&mut stage, "2026-12-08T06:00:00Z");
    let runs = stage.apply().await;
    assert_eq!(opened(&runs), ["Secure Pod Pairing, Thu 10 Dec 2026, 15:00 UTC"]);
    assert_eq!(messages(&runs, "session-missed"), ["2 sessions had no pairing issue: 2026-11-26, 2026-12-03"]);
    assert_eq!(runs[0].exit_status(), ExitStatus::Done, "a missed session is told, it is nobody's task");

    // The next session that has its issue ends the matter.
    advance_to(&mut stage, "2026-12-15T06:00:00Z");
    let runs = stage.apply().await;
    assert_eq!(opened(&runs), ["Secure Pod Pairing, Thu 17 Dec 2026, 15:00 UTC"]);
    assert_eq!(messages(&runs, "session-missed"), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn f13_two_years_without_a_runner_make_one_issue_too() {
    let mut stage = Stage::seeded();
    advance_to(&mut stage, "2028-11-21T06:00:00Z");
    // Nobody keeps a pod running for two years with a token of one.
    stage.sandbox.change_world(|world| world.tokens.values_mut().for_each(|token| token.expires_at = None));
    let runs = stage.apply().await;
    assert_eq!(opened(&runs), ["Secure Pod Pairing, Thu 23 Nov 2028, 15:00 UTC"]);
}

#[tokio::test(start_paused = true)]
async fn a_skipped_date_has_no_issue_and_is_not_missed() {
    let mut pod = pod();
    pod.slots[0].skips = vec![Skip::on("2026-11-26".parse().unwrap())];
    let mut stage = Stage::of(vec![pod], now());
    let runs = stage.apply().await;
    assert_eq!(opened(&runs), [""; 0]);
    let reported = "the issue for Thu 2026-12-03 15:00 UTC is opened on Thu 2026-11-26 15:00 UTC";
    assert!(
        runs[0].status_sentences.iter().any(|sentence| sentence.text == reported),
        "{:?}",
        runs[0].status_sentences
    );

    advance_to(&mut stage, "2026-11-26T15:00:00Z");
    let runs = stage.apply().await;
    assert_eq!(opened(&runs), ["Secure Pod Pairing, Thu 3 Dec 2026, 15:00 UTC"]);
    assert_eq!(messages(&runs, "session-missed"), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn f11_the_title_names_the_hour_by_the_zones_own_clock() {
    let mut pod = pod();
    pod.slots[0].zone = "Europe/Berlin".parse().unwrap();
    let mut stage = stage_without_history(pod, "2026-10-20T06:00:00Z");
    assert_eq!(opened(&stage.apply().await), ["Secure Pod Pairing, Thu 22 Oct 2026, 15:00 CEST"]);
    // The clocks go back on the Sunday between the two.
    advance_to(&mut stage, "2026-10-27T06:00:00Z");
    assert_eq!(opened(&stage.apply().await), ["Secure Pod Pairing, Thu 29 Oct 2026, 15:00 CET"]);
    assert_eq!(session_keys(&stage), ["secure/weekly/2026-W43", "secure/weekly/2026-W44"]);
}

#[tokio::test(start_paused = true)]
async fn f12_the_turn_of_the_year_has_one_issue_a_week() {
    let mut pod = pod();
    pod.slots[0].cron = podkeeper::pod::schedule::Cron::parse("0 15 * * Fri").unwrap();
    let mut stage = stage_without_history(pod, "2026-12-24T06:00:00Z");
    // Day by day, so that every day of the odd week is met.
    for day in 0..17 {
        let moment = "2026-12-24T06:00:00Z".parse::<DateTime<Utc>>().unwrap() + chrono::Duration::days(day);
        advance_to(&mut stage, &moment.to_rfc3339());
        stage.apply().await;
    }
    assert_eq!(
        session_keys(&stage),
        ["secure/weekly/2026-W52", "secure/weekly/2026-W53", "secure/weekly/2027-W01", "secure/weekly/2027-W02"]
    );
    let titles: Vec<String> = own_issues(&stage).into_iter().map(|issue| issue.title).collect();
    assert_eq!(titles[1], "Secure Pod Pairing, Fri 1 Jan 2027, 15:00 UTC");
}

#[tokio::test(start_paused = true)]
async fn a_session_moved_inside_its_week_keeps_its_issue_and_gets_its_new_title() {
    let mut stage = Stage::seeded();
    stage.apply().await;
    let before = session_keys(&stage);
    stage.pods[0].slots[0].cron = podkeeper::pod::schedule::Cron::parse("30 13 * * Wed").unwrap();
    let runs = stage.apply().await;
    assert_eq!(opened(&runs), [""; 0]);
    assert_eq!(session_keys(&stage), before);
    assert_eq!(session_issue(&stage).title, "Secure Pod Pairing, Wed 25 Nov 2026, 13:30 UTC");
    assert!(stage.plan().await[0].plan.is_empty());

    // A title that a person wrote is not changed again.
    let iid = session_issue(&stage).iid;
    edit(&stage, "person", iid, json!({"title": "Pairing with cake"})).await;
    stage.pods[0].slots[0].cron = podkeeper::pod::schedule::Cron::parse("0 15 * * Thu").unwrap();
    stage.apply().await;
    assert_eq!(session_issue(&stage).title, "Pairing with cake");
    assert!(session_issue(&stage).description.unwrap().contains("**Thursday 26 November 2026, 15:00 UTC"));
}

#[tokio::test(start_paused = true)]
async fn f14_fifty_runs_with_nothing_new_write_nothing() {
    let stage = Stage::seeded();
    stage.apply().await;
    let written = stage.journal();
    for _ in 0..50 {
        let runs = stage.apply().await;
        assert_eq!(runs[0].rounds, 1);
    }
    assert_eq!(stage.journal(), written);
}

// ------------------------------------------------------------------------------------------------------ labels

#[tokio::test(start_paused = true)]
async fn a_label_that_is_not_there_is_created_first_and_the_issue_opened_with_it() {
    let mut stage = Stage::seeded();
    stage.pods[0].label.may_create = true;
    take_label_off(&stage).await;
    let written = stage.journal().len();

    let planned = stage.plan().await;
    let title = "Secure Pod Pairing, Thu 26 Nov 2026, 15:00 UTC";
    let project = &stage.pods[0].pairing_project;
    assert_eq!(
        planned[0].later_changes.iter().map(|then| then.text.clone()).collect::<Vec<_>>(),
        [
            format!("open \"{title}\" in {project} with label `pod::secure`"),
            format!("add label `pod::secure` to {project}#1"),
            format!("add label `pod::secure` to {project}#5"),
        ]
    );

    let runs = stage.apply().await;
    let kinds: Vec<&str> = runs[0].outcomes.iter().map(|(action, _)| action.kind()).collect();
    // The first round creates, the second opens (and labels the two old issues), the third sees that all is well.
    assert_eq!(kinds, ["create-label", "open-pairing-issue", "add-label", "add-label"]);
    assert_eq!(runs[0].rounds, 3);
    assert_eq!(runs[0].exit_status(), ExitStatus::Done);
    assert!(session_issue(&stage).labels.contains("pod::secure"));
    assert_eq!(stage.journal().len(), written + 4);
}

#[tokio::test(start_paused = true)]
async fn a_label_that_may_not_be_created_does_not_hold_the_issue_back() {
    let mut stage = Stage::seeded();
    stage.pods[0].label.may_create = true;
    take_label_off(&stage).await;
    let refuses = RefusesKind { inner: InMemory(stage.sandbox.router()), method: Method::POST, path: "/labels" };
    let (runs, _) = stage.apply_over(Arc::new(refuses)).await;
    assert_eq!(opened(&runs), ["Secure Pod Pairing, Thu 26 Nov 2026, 15:00 UTC"]);
    assert!(session_issue(&stage).labels.is_empty());
    assert!(finding_lines(&runs).contains(&"label-missing pod::secure".to_owned()), "{:?}", finding_lines(&runs));
    assert_eq!(runs[0].exit_status(), ExitStatus::TokenRefused, "the token may not do what it was told to do");
}

#[tokio::test(start_paused = true)]
async fn without_the_label_and_without_leave_to_create_it_the_issue_opens_bare() {
    let stage = Stage::seeded();
    take_label_off(&stage).await;
    let runs = stage.apply().await;
    assert_eq!(runs[0].exit_status(), ExitStatus::NeedsHuman, "a person has to make it");
    assert!(session_issue(&stage).labels.is_empty());
    assert!(finding_lines(&runs).contains(&"label-missing pod::secure".to_owned()));
    let world = stage.sandbox.world();
    let project = world.project_by_path(&stage.pods[0].pairing_project).unwrap();
    assert!(project.labels.values().all(|label| label.name != "pod::secure"), "no label came as a side effect");

    // Once somebody has made it, the issue gets it.
    stage.request("admin", "POST", &format!("{}/labels", stage.pairing_project_url()), label_request()).await;
    let runs = stage.apply().await;
    assert!(session_issue(&stage).labels.contains("pod::secure"));
    assert!(!finding_lines(&runs).contains(&"label-missing pod::secure".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn f18_a_lost_label_is_put_back_once_and_then_respected() {
    let stage = Stage::seeded();
    stage.apply().await;
    let before_last = own_issues(&stage)[0].clone();
    assert!(before_last.labels.contains("pod::secure"), "the seed lost it, the first run put it back");

    edit(&stage, "person", before_last.iid, json!({"remove_labels": "pod::secure"})).await;
    for _ in 0..10 {
        let written = stage.journal();
        let runs = stage.apply().await;
        assert_eq!(stage.journal(), written);
        assert!(finding_lines(&runs).contains(&format!("label-removed #{}", before_last.iid)));
    }
    assert!(own_issues(&stage)[0].labels.is_empty());
}

#[tokio::test(start_paused = true)]
async fn another_pods_label_on_the_issue_is_left_alone() {
    let stage = Stage::seeded();
    stage.apply().await;
    let last = own_issues(&stage)[1].clone();
    // GitLab takes `pod::secure` off by itself: an issue has one label of a scope.
    edit(&stage, "person", last.iid, json!({"add_labels": "pod::verify"})).await;
    let written = stage.journal();
    let runs = stage.apply().await;
    assert_eq!(stage.journal(), written);
    let message =
        format!("{}#{} carries `pod::verify` instead of `pod::secure`", stage.pods[0].pairing_project, last.iid);
    assert_eq!(messages(&runs, "label-conflict"), [message]);
}

// ------------------------------------------------------------------------------------------- twins and closing

/// The slot moves to a later day of the same week: what was held is held, and stays as it is.
#[tokio::test(start_paused = true)]
async fn the_issue_of_a_session_that_was_held_is_not_made_another_one() {
    let mut stage = Stage::seeded();
    stage.pods[0].slots[0].cron = podkeeper::pod::schedule::Cron::parse("0 15 * * Tue").unwrap();
    stage.apply().await;
    let held = session_issue(&stage);
    stage.now = "2026-11-25T09:00:00Z".parse().unwrap();
    stage.pods[0].slots[0].cron = podkeeper::pod::schedule::Cron::parse("0 15 * * Thu").unwrap();
    let runs = stage.apply().await;
    let after = session_issue(&stage);
    assert_eq!((&after.title, &after.description), (&held.title, &held.description), "{:?}", runs[0].outcomes);
    stage.now = "2026-11-26T18:00:00Z".parse().unwrap();
    let opened =
        stage.apply().await[0].outcomes.iter().filter(|(action, _)| action.kind() == "open-pairing-issue").count();
    assert_eq!(opened, 1, "the week after has its own");
}

#[tokio::test(start_paused = true)]
async fn a_twin_is_linked_and_closed() {
    let stage = Stage::seeded();
    stage.apply().await;
    let older = session_issue(&stage);
    open_twin(&stage, &older).await;
    let runs = stage.apply().await;
    assert_eq!(
        finding_lines(&runs).iter().filter(|finding| finding.starts_with("session-twin")).count(),
        0,
        "it is settled"
    );
    assert_eq!(runs[0].exit_status(), ExitStatus::Done);
    check_settled(&stage, "secure/weekly/2026-W48").unwrap();
    assert!(stage.sandbox.world().issue(project_id(&stage), older.iid).unwrap().is_open());
    assert!(stage.plan().await[0].plan.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_twin_with_a_persons_words_stays_open_and_is_told() {
    for how in ["note", "tick", "text"] {
        let stage = Stage::seeded();
        stage.apply().await;
        let older = session_issue(&stage);
        let younger = open_twin(&stage, &older).await;
        let path = format!("{}/issues/{younger}", stage.pairing_project_url());
        let body = older.description.clone().unwrap();
        match how {
            "note" => {
                drop(stage.request("person", "POST", &format!("{path}/notes"), json!({"body": "I come later"})).await);
            }
            "tick" => edit(&stage, "person", younger, json!({"description": body.replace("[ ]", "[x]")})).await,
            _ => edit(&stage, "person", younger, json!({"description": format!("{body}\nA word")})).await,
        }
        let runs = stage.apply().await;
        assert!(finding_lines(&runs).contains(&"session-twin-in-use secure/weekly/2026-W48".to_owned()), "{how}");
        assert_eq!(runs[0].exit_status(), ExitStatus::NeedsHuman, "{how}");
        let world = stage.sandbox.world();
        assert!(world.issue(project_id(&stage), younger).unwrap().is_open(), "{how}");
        assert!(world.issue(project_id(&stage), older.iid).unwrap().is_open(), "{how}");
        assert_eq!(world.issue_links.len(), 1, "{how}: linked, so that people find the other one");
        let written = stage.journal();
        assert_eq!(stage.apply().await[0].exit_status(), ExitStatus::NeedsHuman, "{how}");
        assert_eq!(stage.journal(), written, "{how}: nothing more to do for a program");
    }
}

/// An editor took podkeeper's comments out of both, and with them what they said when they were opened; the page has
/// another channel since. What the older one says too is not lost when the younger is closed, and any other word is.
#[tokio::test(start_paused = true)]
async fn a_twin_whose_comments_are_lost_is_closed_where_the_older_one_says_the_same() {
    for (added, closed) in [("", true), ("\nA word", false), ("[x]", false), ("\nsigned, Mateo\n<sub>", false)] {
        let mut stage = Stage::seeded();
        stage.apply().await;
        let older = session_issue(&stage);
        let younger = open_twin(&stage, &older).await;
        crash_recovery::rename_channel(&mut stage);
        let project = project_id(&stage);
        stage.sandbox.change_world(|world| {
            let person = world.user_by_username("hollis-brandt").unwrap().id;
            for iid in [older.iid, younger] {
                world.save_without_html_comments(project, iid, person).unwrap();
            }
        });
        let body = stage.sandbox.world().issue(project, younger).unwrap().description.clone().unwrap();
        let changed = match added {
            "[x]" => body.replacen("[ ]", "[x]", 1),
            within if within.ends_with("<sub>") => body.replacen("\n<sub>", within, 1),
            below => format!("{body}{below}"),
        };
        assert_eq!(changed == body, added.is_empty());
        edit(&stage, "person", younger, json!({"description": changed})).await;
        let runs = stage.apply().await;
        assert_eq!(!stage.sandbox.world().issue(project, younger).unwrap().is_open(), closed, "{added:?}");
        let told = finding_lines(&runs).contains(&"session-twin-in-use secure/weekly/2026-W48".to_owned());
        assert_eq!(told, !closed, "{added:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_a_person_closed_the_older_twin_the_younger_is_the_sessions() {
    for wrote in [true, false] {
        let stage = Stage::seeded();
        stage.apply().await;
        let older = session_issue(&stage);
        let younger = open_twin(&stage, &older).await;
        if wrote {
            edit(&stage, "person", younger, json!({"description": format!("{}\nA word", older.description.unwrap())}))
                .await;
        }
        edit(&stage, "person", older.iid, json!({"state_event": "close"})).await;
        change_page(&stage, "#spt_pod_secure", "#spt_pod_secure_tea");
        let runs = stage.apply().await;
        assert_eq!(runs[0].exit_status(), ExitStatus::Done, "{:?}", finding_lines(&runs));
        let world = stage.sandbox.world();
        let kept = world.issue(project_id(&stage), younger).unwrap();
        assert!(kept.is_open() && kept.description.as_deref().unwrap().contains("#spt_pod_secure_tea"));
        assert!(!world.issue(project_id(&stage), older.iid).unwrap().is_open());
        assert!(stage.plan().await[0].plan.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_issue_that_a_person_closed_is_neither_reopened_nor_doubled() {
    let stage = Stage::seeded();
    stage.apply().await;
    let iid = session_issue(&stage).iid;
    edit(&stage, "person", iid, json!({"state_event": "close"})).await;
    change_page(&stage, "#spt_pod_secure", "#spt_pod_secure_tea");
    let written = stage.journal();
    let runs = stage.apply().await;
    assert_eq!(stage.journal(), written);
    assert!(!session_issue(&stage).is_open());
    assert_eq!(runs[0].exit_status(), ExitStatus::Done);
}

// -------------------------------------------------------------------------------------------- block and people

#[tokio::test(start_paused = true)]
async fn the_block_follows_the_page_until_the_session_starts() {
    let mut stage = Stage::seeded();
    stage.apply().await;
    change_page(&stage, "#spt_pod_secure", "#spt_pod_secure_tea");
    stage.apply().await;
    assert!(session_issue(&stage).description.unwrap().contains("#spt_pod_secure_tea"));

    let frozen = session_issue(&stage);
    advance_to(&mut stage, "2026-11-26T16:00:00Z");
    change_page(&stage, "#spt_pod_secure_tea", "#spt_pod_coffee");
    let runs = stage.apply().await;
    // The next session's issue has the page's words, the one that has begun keeps its own.
    assert_eq!(opened(&runs), ["Secure Pod Pairing, Thu 3 Dec 2026, 15:00 UTC"]);
    let world = stage.sandbox.world();
    let now = world.issue(project_id(&stage), frozen.iid).unwrap();
    assert_eq!((&now.title, &now.description), (&frozen.title, &frozen.description));
}

#[tokio::test(start_paused = true)]
async fn f15_a_persons_text_around_the_block_is_kept_byte_for_byte() {
    let stage = Stage::seeded();
    stage.apply().await;
    let issue = session_issue(&stage);
    let body = issue.description.unwrap();
    let written =
        format!("  Above it,\n\n\u{a0}with odd  blanks \n{body}\n\n- [x] below  \n> <!-- podkeeper:v1 end -->\n\nende");
    edit(&stage, "person", issue.iid, json!({"description": written})).await;
    change_page(&stage, "#spt_pod_secure", "#spt_pod_secure_tea");
    stage.apply().await;
    let now = session_issue(&stage).description.unwrap();
    assert!(now.contains("#spt_pod_secure_tea"));
    assert_eq!(text_outside_block(&now), text_outside_block(&written));
}

#[tokio::test(start_paused = true)]
async fn f16_an_edit_between_the_look_and_the_write_is_not_overwritten() {
    for (person_writes, kept, ending) in [
        // Outside the block: the write goes on and carries it along.
        ("\nA word at the end", "A word at the end", ExitStatus::Done),
        // Inside it: the write is left for the next run, which sees what is there then.
        ("INSIDE", "**An hour later", ExitStatus::Incomplete),
    ] {
        let stage = Stage::seeded();
        stage.apply().await;
        let issue = session_issue(&stage);
        change_page(&stage, "#spt_pod_secure", "#spt_pod_secure_tea");
        let interferes = ActsBeforeRequest {
            inner: InMemory(stage.sandbox.router()),
            sandbox: stage.sandbox.clone(),
            before: (Method::GET, format!("/issues/{}", issue.iid)),
            does: Mutex::new(Some(Box::new(move |world: &mut World| {
                let project = world.projects.values_mut().find(|project| project.issues.contains_key(&issue.iid));
                let issue = project.unwrap().issues.get_mut(&issue.iid).unwrap();
                let body = issue.description.clone().unwrap();
                issue.description = Some(if person_writes == "INSIDE" {
                    body.replacen("**Thursday 26 November 2026, 15:00 UTC", "**An hour later", 1)
                } else {
                    body + person_writes
                });
            }))),
        };
        let (runs, _) = stage.apply_over(Arc::new(interferes)).await;
        let body = session_issue(&stage).description.unwrap();
        assert!(body.contains(kept), "{body}");
        assert_eq!(body.contains("#spt_pod_secure_tea"), ending == ExitStatus::Done, "{body}");
        assert_eq!(runs[0].exit_status(), ending, "{:?}", runs[0].outcomes);

        // The next run ends it either way.
        assert_eq!(stage.apply().await[0].exit_status(), ExitStatus::Done);
        assert!(session_issue(&stage).description.unwrap().contains("#spt_pod_secure_tea"));
        assert!(stage.plan().await[0].plan.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_renamed_pod_and_slot_keep_their_issues() {
    let mut stage = Stage::seeded();
    stage.apply().await;
    let count = own_issues(&stage).len();
    let iid = session_issue(&stage).iid;
    let pod = &mut stage.pods[0];
    pod.former_keys = vec![std::mem::replace(&mut pod.key, PodKey::parse("appsec").unwrap())];
    let slot = &mut pod.slots[0];
    slot.former_keys = vec![std::mem::replace(&mut slot.key, "thursday".to_owned())];
    let runs = stage.apply().await;
    assert_eq!(opened(&runs), [""; 0]);
    assert_eq!(own_issues(&stage).len(), count);
    let world = stage.sandbox.world();
    let body = world.issue(project_id(&stage), iid).unwrap().description.clone().unwrap();
    assert!(body.starts_with("<!-- podkeeper:v1 session appsec/thursday/2026-W48 -->"), "{body}");
    assert!(stage.plan().await[0].plan.is_empty());
    assert_eq!(messages(&runs, "session-missed"), [""; 0], "the old issues still count");
}

// ------------------------------------------------------------------------------------------ limits and workers

#[tokio::test(start_paused = true)]
async fn what_the_limit_holds_back_is_done_by_the_next_run() {
    let mut stage = Stage::with_open_past(vec![pod()], now());
    let all = stage.plan().await[0].plan.actions.len();
    assert_eq!(all, 3);
    stage.max_writes = 1;
    // The issue, a label, the link to the last one; and that one is claimed, commented on and closed.
    for (write, ends) in
        [1, 2, 3, 4, 5, 6, 6].into_iter().zip([[ExitStatus::Incomplete; 5].as_slice(), &[ExitStatus::Done; 2]].concat())
    {
        let runs = stage.apply().await;
        assert_eq!((runs[0].exit_status(), stage.journal().len()), (ends, write));
        // What another run claimed is waited for.
        stage.now += chrono::TimeDelta::minutes(6);
        stage.sandbox.change_world(|world| world.now = stage.now);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_of_one_pod_is_no_pause_of_its_neighbour() {
    let (one, mut two) = (pod(), pod());
    two.key = PodKey::parse("verify").unwrap();
    two.label.name = podkeeper::pod::label::LabelName::parse("pod::verify").unwrap();
    let stage = Stage::of(vec![one, two], now());
    // The last session's issue of the first pod.
    let paused = own_issues(&stage)
        .into_iter()
        .find(|issue| session_key(issue).as_deref() == Some("secure/weekly/2026-W47"))
        .unwrap();
    edit(&stage, "person", paused.iid, json!({"add_labels": "podkeeper::pause"})).await;
    let runs = stage.apply().await;
    assert_eq!(messages(&runs[..1], "paused").len(), 1);
    assert_eq!((runs[0].outcomes.len(), messages(&runs[1..], "paused").len()), (0, 0));
    assert_eq!(opened(&runs).len(), 1, "the other pod's");
}

#[tokio::test(start_paused = true)]
async fn what_was_agreed_to_is_done_and_nothing_else() {
    let stage = Stage::seeded();
    let planned = stage.plan().await;
    let path = &stage.pods[0].pairing_project;
    assert_eq!(
        sentences(&planned),
        format!(
            "open \"Secure Pod Pairing, Thu 26 Nov 2026, 15:00 UTC\" in {path} with label `pod::secure`, because no issue \
             carries secure/weekly/2026-W48 and the session is Thu 2026-11-26 15:00 UTC\n\
             add label `pod::secure` to {path}#1, because it was taken off once\n"
        )
    );
    let agreed = compute_stamp(&[&planned[0].plan]);
    // One more thing to do is another plan.
    let last = own_issues(&stage)[1].iid;
    edit(&stage, "person", last, json!({"remove_labels": "pod::secure"})).await;
    let written = stage.journal();
    let refused = stage.apply_agreed(&agreed).await.unwrap_err();
    assert_eq!(stage.journal(), written);
    assert_eq!(refused.stamp, compute_stamp(&[&stage.plan().await[0].plan]));
    // A thing that changes nothing of it is not.
    edit(&stage, "person", last, json!({"add_labels": "pod::secure", "title": "Last week"})).await;
    assert_eq!(stage.apply_agreed(&agreed).await.unwrap()[0].exit_status(), ExitStatus::Done);
}

#[tokio::test(start_paused = true)]
async fn where_nothing_may_be_written_nothing_is_promised() {
    for how in ["archived", "paused"] {
        let mut stage = Stage::seeded();
        stage.pods[0].label.may_create = true;
        take_label_off(&stage).await;
        assert_eq!(stage.plan().await[0].later_changes.len(), 3, "the issues follow the label");
        match how {
            "archived" => drop(
                stage.request("admin", "POST", &format!("{}/archive", stage.pairing_project_url()), Value::Null).await,
            ),
            _ => edit(&stage, "person", own_issues(&stage)[0].iid, json!({"add_labels": "podkeeper::pause"})).await,
        }
        let written = stage.journal();
        let runs = stage.apply().await;
        assert_eq!(stage.journal(), written, "{how}");
        assert_eq!(runs[0].later_changes, [], "{how}");
    }
}

/// F8: every order of the calls that matter of two workers who both find nothing: the read of own issues and every
/// write.
#[tokio::test(start_paused = true)]
async fn f08_two_workers_at_once_end_with_one_open_issue_in_every_order() {
    let orders = run_two_workers(unchanged, EVERY_NTH_CASE).await;
    println!("orders {}, of which {} had twins for a moment", orders.of, orders.twins);
    assert_eq!((orders.of, orders.well), (93, 93), "{:?}", orders.wrong);
    assert_eq!((orders.writes.doubles, orders.writes.rewrites), (0, 0), "{:?}", orders.writes);
    assert!(orders.twins > 10, "{}", orders.twins);
}

/// The same where the pod's label is not there and may not be created.
#[tokio::test(start_paused = true)]
async fn f08_two_workers_without_the_label_end_with_one_open_issue() {
    let mut orders = OrdersResult::default();
    for seed in 0..60 {
        let mut pod = pod();
        pod.page.site = None;
        let stage = stage_with_small_page(&pod);
        take_label_off(&stage).await;
        let order = shuffle([0, 1].repeat(7), seed);
        let end = run_at_once_in(&stage, ExitStatus::NeedsHuman, 2, order, unchanged, &mut orders.writes).await;
        let no_label = stage.with_world(|world| {
            world
                .project_by_path(&pod.pairing_project)
                .unwrap()
                .labels
                .values()
                .all(|label| label.name != "pod::secure")
        });
        orders.count(end.and_then(|issues| if no_label { Ok(issues) } else { Err("a label was made".to_owned()) }));
    }
    println!("orders {} without the label, of which {} had twins for a moment", orders.of, orders.twins);
    assert_eq!((orders.of, orders.well), (60, 60), "{:?}", orders.wrong);
    assert!(orders.twins > 10, "{}", orders.twins);
}

/// F8 with three workers, in orders from a seed.
#[tokio::test(start_paused = true)]
async fn f08_three_workers_at_once_end_with_one_open_issue() {
    let orders = run_three_workers(100).await;
    println!("orders {} of three workers, of which {} had twins for a moment", orders.of, orders.twins);
    assert_eq!((orders.of, orders.well), (100, 100), "{:?}", orders.wrong);
    assert_eq!((orders.writes.doubles, orders.writes.rewrites), (0, 0), "{:?}", orders.writes);
    assert!(orders.twins > 50, "{}", orders.twins);
}

/// How many orders of workers ended with one open issue, and in how many there were twins for a moment.
#[derive(Default)]
pub(crate) struct OrdersResult {
    pub(crate) of: usize,
    pub(crate) well: usize,
    pub(crate) twins: usize,
    pub(crate) wrong: Option<String>,
    pub(crate) writes: WriteCounts,
}

impl OrdersResult {
    pub(crate) fn count(&mut self, end: Result<usize, String>) {
        self.of += 1;
        match end {
            Ok(issues) => {
                self.well += 1;
                self.twins += usize::from(issues > 1);
            }
            Err(why) => drop(self.wrong.get_or_insert(why)),
        }
    }
}

/// Every order of two workers' calls; with a step above 1, some of them.
pub(crate) async fn run_two_workers(bent: Bent, step: usize) -> OrdersResult {
    // Read, open, read, link, close, read.
    const CALLS: u32 = 6;
    let mut orders = OrdersResult::default();
    for pattern in (0_u32..1 << (2 * CALLS)).filter(|pattern| pattern.count_ones() == CALLS).step_by(step) {
        let order = (0..2 * CALLS).map(|turn| usize::from(pattern >> turn & 1 == 1)).collect();
        let end = run_at_once(2, order, bent, &mut orders.writes).await;
        orders.count(end);
    }
    orders
}

/// The same while somebody saves podkeeper's issues in an editor.
pub(crate) async fn run_two_workers_with_saves(how: EditorSave, step: usize) -> OrdersResult {
    const CALLS: u32 = 6;
    let mut orders = OrdersResult::default();
    for pattern in (0_u32..1 << (2 * CALLS)).filter(|pattern| pattern.count_ones() == CALLS).step_by(step) {
        let order = (0..2 * CALLS).map(|turn| usize::from(pattern >> turn & 1 == 1)).collect();
        let end = run_at_once_with_saves(order, how).await;
        orders.count(end);
    }
    orders
}

/// Two workers who take turns in this order, with somebody in the editor, end with one open issue after two more runs.
async fn run_at_once_with_saves(order: VecDeque<usize>, how: EditorSave) -> Result<usize, String> {
    let mut pod = pod();
    pod.page.site = None;
    let (stage, shown) = (stage_with_small_page(&pod), format!("{how:?} {order:?}"));
    let turns = TurnOrder::new(order, 2);
    let worker = async |number: usize| {
        let editor = SavesDuringRun {
            inner: turns.exchange_for(&stage, number),
            sandbox: stage.sandbox.clone(),
            how,
            looks: AtomicUsize::new(0),
        };
        let (runs, _) = stage.apply_over(Arc::new(editor)).await;
        turns.finish_worker(number);
        runs
    };
    futures_util::future::join_all((0..2).map(worker)).await;
    stage.sandbox.change_world(|world| save_all(world, how));
    for _ in 0..2 {
        let (runs, _) = stage.apply_over(stage.exchange()).await;
        if runs[0].exit_status() != ExitStatus::Done {
            return Err(format!("{shown}: {:?} {:?} {:?}", runs[0].outcomes, runs[0].findings, runs[0].read_failures));
        }
    }
    let twice = stage.with_world(duplicate_titles);
    if twice.is_empty() { Ok(1) } else { Err(format!("{shown}: {twice:?}")) }
}

/// So many orders of three workers' calls.
pub(crate) async fn run_three_workers(many: u64) -> OrdersResult {
    let mut orders = OrdersResult::default();
    for seed in 0..many {
        let order = shuffle([0, 1, 2].repeat(8), seed);
        let end = run_at_once(3, order, unchanged, &mut orders.writes).await;
        orders.count(end);
    }
    orders
}

/// Workers who take turns in this order end with one open issue, without waiting for another run; returns how many
/// stood for the session.
async fn run_at_once(
    workers: usize,
    order: VecDeque<usize>,
    bent: Bent,
    writes: &mut WriteCounts,
) -> Result<usize, String> {
    let mut pod = pod();
    pod.page.site = None;
    run_at_once_in(&stage_with_small_page(&pod), ExitStatus::Done, workers, order, bent, writes).await
}

/// The same in this world, where a run that needs nothing more ends so.
async fn run_at_once_in(
    stage: &Stage,
    ends: ExitStatus,
    workers: usize,
    order: VecDeque<usize>,
    bent: Bent,
    writes: &mut WriteCounts,
) -> Result<usize, String> {
    let shown = format!("{order:?}");
    let turns = TurnOrder::new(order, workers);
    let worker = async |number: usize| {
        let (runs, _) = stage.apply_over(bent(turns.exchange_for(stage, number))).await;
        turns.finish_worker(number);
        runs
    };
    let mut all = futures_util::future::join_all((0..workers).map(worker)).await;
    writes.count_concurrent_workers(stage);
    let at_their_end = check_settled(stage, "secure/weekly/2026-W48");
    let written = stage.journal().len();
    all.push(stage.apply_over(bent(stage.exchange())).await.0);
    writes.count_rerun(stage.journal().len() - written);
    if let Some(runs) = all.iter().find(|runs| runs[0].exit_status() != ends) {
        return Err(format!("{shown}: {:?}", runs[0].outcomes));
    }
    at_their_end.map_err(|why| format!("{shown}: {why}"))?;
    check_settled(stage, "secure/weekly/2026-W48").map_err(|why| format!("{shown}: {why}, after another run"))?;
    if !stage.plan().await[0].plan.is_empty() {
        return Err(format!("{shown}: there is still something to do"));
    }
    Ok(own_issues(stage).len())
}

/// The same turns in an order of the seed's (Fisher and Yates).
pub(crate) fn shuffle(mut turns: Vec<usize>, seed: u64) -> VecDeque<usize> {
    let mut draw = SeededRandom(seed);
    for at in (1..turns.len()).rev() {
        turns.swap(at, draw.below(at + 1));
    }
    turns.into()
}

// ------------------------------------------------------------------------------------------------- the stage's

pub(crate) fn pod() -> Pod {
    keep_sessions_and_labels(shipped_config().pods).remove(0)
}

/// A pod in a world that has never seen podkeeper.
pub(crate) fn stage_without_history(pod: Pod, moment: &str) -> Stage {
    let now = moment.parse().unwrap();
    let seed = Seed { now, pods: vec![SeedPod { past_sessions: Vec::new(), ..to_seed_pod(&pod, now) }] };
    Stage { sandbox: Sandbox::new(seed::build_world(&seed)), pods: vec![pod], now, max_writes: 10 }
}

/// The same with a page of a few lines, for stories that are told a thousand times.
fn stage_with_small_page(pod: &Pod) -> Stage {
    let page = Some("---\ntitle: Small\n---\n\n## A Pod members\n\n- Lead: Ada (`@ada`)\n\n## End\n".to_owned());
    let seed = Seed { now: now(), pods: vec![SeedPod { past_sessions: Vec::new(), page, ..to_seed_pod(pod, now()) }] };
    Stage { sandbox: Sandbox::new(seed::build_world(&seed)), pods: vec![pod.clone()], now: now(), max_writes: 10 }
}

pub(crate) fn advance_to(stage: &mut Stage, moment: &str) {
    stage.now = moment.parse().unwrap();
    let now = stage.now;
    stage.sandbox.change_world(|world| world.now = now);
}

fn project_id(stage: &Stage) -> u64 {
    stage.sandbox.world().project_by_path(&stage.pods[0].pairing_project).unwrap().id
}

/// podkeeper's own issues, in the order of their sessions.
pub(crate) fn own_issues(stage: &Stage) -> Vec<Issue> {
    let world = stage.sandbox.world();
    let project = world.project_by_path(&stage.pods[0].pairing_project).unwrap();
    let mut issues: Vec<Issue> =
        project.issues.values().filter(|issue| session_key(issue).is_some()).cloned().collect();
    issues.sort_by_key(|issue| (session_key(issue), issue.iid));
    issues
}

fn session_key(issue: &Issue) -> Option<String> {
    match marker::parse_body(issue.description.as_deref()?) {
        marker::ParsedBody::Block(block) => match &block.marker {
            marker::Marker::Session(key) => Some(key.to_string()),
            marker::Marker::Report(..) => None,
        },
        marker::ParsedBody::Damaged { .. } | marker::ParsedBody::NoMarker => None,
    }
}

fn session_keys(stage: &Stage) -> Vec<String> {
    own_issues(stage).iter().filter_map(session_key).collect()
}

/// The oldest issue of the newest session.
pub(crate) fn session_issue(stage: &Stage) -> Issue {
    let issues = own_issues(stage);
    let newest = session_key(issues.last().unwrap());
    issues.into_iter().find(|issue| session_key(issue) == newest).unwrap()
}

/// Exactly one open issue for the session, the oldest; every other one is closed and linked to it.
fn check_settled(stage: &Stage, session: &str) -> Result<(), String> {
    let world = stage.sandbox.world();
    let project = project_id(stage);
    let issues: Vec<Issue> =
        own_issues(stage).into_iter().filter(|issue| session_key(issue).as_deref() == Some(session)).collect();
    let Some((keep, twins)) = issues.split_first() else { return Err("there is no issue".to_owned()) };
    let has_label = world.projects[&project].labels.values().any(|label| label.name == "pod::secure");
    if !keep.is_open() || keep.labels.contains("pod::secure") != has_label {
        return Err(format!("#{} is closed, or its labels are {:?}", keep.iid, keep.labels));
    }
    for twin in twins {
        let linked = world.issue_links.values().any(|link| {
            [(link.source, link.target), (link.target, link.source)]
                .contains(&((project, twin.iid), (project, keep.iid)))
        });
        if twin.is_open() || !linked {
            return Err(format!("#{} is open ({}) or not linked ({linked})", twin.iid, twin.is_open()));
        }
    }
    Ok(())
}

pub(crate) async fn edit(stage: &Stage, who: &str, iid: u64, body: Value) {
    let (status, answer) =
        stage.request(who, "PUT", &format!("{}/issues/{iid}", stage.pairing_project_url()), body).await;
    assert_eq!(status, 200, "{answer}");
}

/// A second issue for the same session, by the same bot: what two workers leave who read at the same moment.
async fn open_twin(stage: &Stage, issue: &Issue) -> u64 {
    let body = json!({"title": issue.title, "description": issue.description, "labels": "pod::secure"});
    let (status, answer) = stage.request("api", "POST", &format!("{}/issues", stage.pairing_project_url()), body).await;
    assert_eq!(status, 201, "{answer}");
    answer["iid"].as_u64().unwrap()
}

async fn take_label_off(stage: &Stage) {
    let path = format!("{}/labels/pod%3A%3Asecure", stage.pairing_project_url());
    assert_eq!(stage.request("admin", "DELETE", &path, Value::Null).await.0, 204);
}

fn label_request() -> Value {
    json!({"name": "pod::secure", "color": "#428BCA"})
}

pub(crate) fn change_page(stage: &Stage, old: &str, new: &str) {
    let at = &stage.pods[0].page;
    stage.sandbox.change_world(|world| {
        let project = world.project_by_path(&at.project).unwrap().id;
        let files = world.projects.get_mut(&project).unwrap().files.get_mut(&at.git_ref).unwrap();
        let page = files.get_mut(&at.path).unwrap();
        assert!(page.contains(old), "the page says {old}");
        *page = page.replace(old, new);
    });
}

/// What stands outside the block, byte for byte.
fn text_outside_block(body: &str) -> String {
    let marker::ParsedBody::Block(mut block) = marker::parse_body(body) else { panic!("no whole block in {body}") };
    (block.text, block.state) = (String::new(), marker::BlockState::default());
    marker::replace_block(body, &block, "").unwrap()
}

pub(crate) fn opened(runs: &[PodRun]) -> Vec<String> {
    let opened = runs.iter().flat_map(|run| &run.outcomes).filter(|(action, _)| action.kind() == "open-pairing-issue");
    opened.filter_map(|(action, _)| Some(action.to_string().split('"').nth(1)?.to_owned())).collect()
}

pub(crate) fn messages(runs: &[PodRun], rule: &str) -> Vec<String> {
    let found = runs.iter().flat_map(|run| &run.findings).filter(|finding| finding.rule.code() == rule);
    found.map(|finding| finding.message.clone()).collect()
}

// ------------------------------------------------------------------------------------------- doubles at the seam

/// Answers 403 to one kind of request, as GitLab does to a token without the role for it.
struct RefusesKind {
    inner: InMemory,
    method: Method,
    path: &'static str,
}

#[async_trait::async_trait]
impl Exchange for RefusesKind {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        if *request.method() == self.method && request.uri().path().ends_with(self.path) {
            let body = Bytes::from_static(br#"{"message":"403 Forbidden"}"#);
            return Ok(Response::builder().status(403).body(body).unwrap());
        }
        self.inner.exchange(request).await
    }
}

type Deed = Box<dyn FnOnce(&mut World) + Send>;

/// Somebody does something right before one request arrives.
struct ActsBeforeRequest {
    inner: InMemory,
    sandbox: Sandbox,
    before: (Method, String),
    does: Mutex<Option<Deed>>,
}

#[async_trait::async_trait]
impl Exchange for ActsBeforeRequest {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        if *request.method() == self.before.0
            && request.uri().path().ends_with(&self.before.1)
            && let Some(deed) = self.does.lock().unwrap().take()
        {
            self.sandbox.change_world(deed);
        }
        self.inner.exchange(request).await
    }
}

/// Lets the calls that matter of several workers pass one at a time, in an order that is given.
struct Turnstile {
    inner: InMemory,
    turns: Arc<TurnOrder>,
    number: usize,
    matters: fn(&Request<Bytes>) -> bool,
}

/// Writes, and the listing in which podkeeper looks for its own issues.
fn writes_or_looks(request: &Request<Bytes>) -> bool {
    !request.method().is_safe() || request.uri().query().is_some_and(|query| query.contains("author_id"))
}

pub(crate) struct TurnOrder {
    state: Mutex<Order>,
    changed: Notify,
}

struct Order {
    next: VecDeque<usize>,
    done: Vec<bool>,
    busy: bool,
}

impl TurnOrder {
    /// Turns of so many workers.
    pub(crate) fn new(next: VecDeque<usize>, workers: usize) -> Arc<Self> {
        let order = Order { next, done: vec![false; workers], busy: false };
        Arc::new(Self { state: Mutex::new(order), changed: Notify::new() })
    }

    /// The way of one worker to the stage's sandbox.
    pub(crate) fn exchange_for(self: &Arc<Self>, stage: &Stage, number: usize) -> Arc<dyn Exchange> {
        self.exchange_for_calls(stage, number, writes_or_looks)
    }

    /// The same, with a turn for each call of a kind.
    pub(crate) fn exchange_for_calls(
        self: &Arc<Self>,
        stage: &Stage,
        number: usize,
        matters: fn(&Request<Bytes>) -> bool,
    ) -> Arc<dyn Exchange> {
        Arc::new(Turnstile { inner: InMemory(stage.sandbox.router()), turns: Arc::clone(self), number, matters })
    }

    async fn wait_for_turn(&self, number: usize) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on no change is overlooked.
            changed.as_mut().enable();
            if self.try_take_turn(number) {
                return;
            }
            changed.await;
        }
    }

    fn try_take_turn(&self, number: usize) -> bool {
        let mut order = self.state.lock().unwrap();
        // Turns of a worker that needs no more are given up.
        while order.next.front().is_some_and(|next| order.done[*next]) {
            order.next.pop_front();
        }
        let may = !order.busy && order.next.front().is_none_or(|next| *next == number);
        if may {
            order.next.pop_front();
            order.busy = true;
        }
        may
    }

    fn finish_turn(&self) {
        self.state.lock().unwrap().busy = false;
        self.changed.notify_waiters();
    }

    pub(crate) fn finish_worker(&self, number: usize) {
        self.state.lock().unwrap().done[number] = true;
        self.changed.notify_waiters();
    }
}

#[async_trait::async_trait]
impl Exchange for Turnstile {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        if !(self.matters)(&request) {
            return self.inner.exchange(request).await;
        }
        self.turns.wait_for_turn(self.number).await;
        let answer = self.inner.exchange(request).await;
        self.turns.finish_turn();
        answer
    }
}
