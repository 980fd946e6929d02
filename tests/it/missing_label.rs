//! The pod's label is not there: the session's issue comes all the same, what to do is said until it is done, and then
//! the issue gets the label, once.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response};
use podkeeper::gitlab::{Exchange, ExchangeError};
use podkeeper::pod::PodKey;
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::sandbox::world::{Issue, IssueEdit};
use serde_json::{Value, json};

use crate::crash_recovery::{advance_time, delete_label, make_label, two_pods};
use crate::people_actions::{
    SESSION, Served, advice, edit_issue, exit_status, find_issue_at, find_issue_place, issue_count, issues, messages,
};
use crate::support::{Stage, finding_lines, keep_sessions_and_labels, now, shipped_config};

/// The seeded world without the label, which nothing may create.
fn stage_without_label() -> Stage {
    let mut stage = Stage::seeded();
    delete_label(&mut stage);
    stage
}

fn session_issue(stage: &Stage) -> Issue {
    find_issue_at(stage, find_issue_place(stage, SESSION))
}

fn has_label(stage: &Stage) -> bool {
    session_issue(stage).labels.contains("pod::secure")
}

fn take_off(stage: &Stage) {
    let bare = IssueEdit { remove_labels: vec!["pod::secure".to_owned()], ..IssueEdit::default() };
    edit_issue(stage, find_issue_place(stage, SESSION), &bare);
}

fn set_bot_role(stage: &Stage, role: u8) {
    let path = stage.pods[0].pairing_project.clone();
    stage.sandbox.change_world(|world| {
        let project = world.project_by_path(&path).unwrap().id;
        world.set_project_role("podkeeper-bot", project, role).unwrap();
    });
}

/// No label of this name, in the project or above it.
fn no_label_was_made(stage: &Stage) -> bool {
    stage.with_world(|world| {
        let project = world.project_by_path(&stage.pods[0].pairing_project).unwrap();
        world.available_labels(project).iter().all(|label| label.name != "pod::secure")
    })
}

// ----------------------------------------------------------------------------------------------- from missing to there

#[tokio::test(start_paused = true)]
async fn the_issue_comes_without_it_and_gets_it_once_it_is_there() {
    let mut stage = stage_without_label();
    let runs = stage.apply().await;
    assert_eq!(exit_status(&runs), ExitStatus::NeedsHuman);
    assert!(session_issue(&stage).is_open() && !has_label(&stage) && no_label_was_made(&stage));
    let project = stage.pods[0].pairing_project.clone();
    let without = format!("{project} has no label `pod::secure`, so pairing issues are opened without it");
    assert_eq!(messages(&runs, "label-missing"), [without]);
    let [what_to_do] = advice(&runs, "label-missing").try_into().unwrap();
    for part in [&format!("/{project}/-/labels"), "a group above it", "[label] create = true", "pods/secure.toml"] {
        assert!(what_to_do.contains(part), "{part}: {what_to_do}");
    }

    // A quiet run: nothing is written, and it is said again.
    let written = stage.journal();
    for _ in 0..3 {
        let runs = stage.apply().await;
        assert_eq!((exit_status(&runs), stage.journal()), (ExitStatus::NeedsHuman, written.clone()));
        assert_eq!(messages(&runs, "label-missing").len(), 1);
    }

    // It is there: each of podkeeper's issues gets it, in one request, and no more is said.
    make_label(&mut stage);
    let before = stage.journal().len();
    let runs = stage.apply().await;
    assert_eq!(exit_status(&runs), ExitStatus::Done, "{:?}", finding_lines(&runs));
    assert!(has_label(&stage) && messages(&runs, "label-missing").is_empty());
    let because: Vec<&str> = runs[0].outcomes.iter().map(|(action, _)| action.because.as_str()).collect();
    assert!(because.contains(&"it was opened without it, and the label is there now"), "{because:?}");
    let puts = stage.journal().len() - before;
    assert_eq!(puts, because.len());
    assert!(stage.journal()[before..].iter().all(|line| line.starts_with("PUT ")));

    // A person takes it off what had it once already: it stays off, said as that.
    take_off(&stage);
    let written = stage.journal();
    for _ in 0..3 {
        let runs = stage.apply().await;
        assert_eq!((exit_status(&runs), stage.journal()), (ExitStatus::Done, written.clone()));
        let iid = session_issue(&stage).iid;
        assert_eq!(
            messages(&runs, "label-removed"),
            [format!("`pod::secure` was taken off {project}#{iid} again, so it stays off")]
        );
    }
    assert!(!has_label(&stage));
}

/// The page changes meanwhile, so that the block is written anew: what it remembers stays.
#[tokio::test(start_paused = true)]
async fn that_it_was_opened_without_it_is_remembered_when_its_block_is_written_anew() {
    let mut stage = stage_without_label();
    stage.apply().await;
    crate::crash_recovery::rename_channel(&mut stage);
    stage.apply().await;
    make_label(&mut stage);
    stage.apply().await;
    take_off(&stage);
    stage.apply().await;
    assert!(!has_label(&stage));
}

/// An issue that was opened with it had it once more.
#[tokio::test(start_paused = true)]
async fn a_label_that_is_deleted_and_made_anew_was_taken_off_by_nobody() {
    let mut stage = Stage::seeded();
    stage.apply().await;
    assert!(has_label(&stage));
    delete_label(&mut stage);
    assert_eq!(exit_status(&stage.apply().await), ExitStatus::NeedsHuman);
    make_label(&mut stage);
    assert_eq!(exit_status(&stage.apply().await), ExitStatus::Done);
    assert!(has_label(&stage));
    take_off(&stage);
    stage.apply().await;
    assert!(has_label(&stage), "the first time it is put back");
    take_off(&stage);
    stage.apply().await;
    assert!(!has_label(&stage), "and the second it stays off");
}

/// The pod gets another key, which the configuration does not tell of: the bare issue is still known.
#[tokio::test(start_paused = true)]
async fn a_bare_issue_of_a_renamed_pod_gets_no_second_one() {
    let mut stage = stage_without_label();
    stage.apply().await;
    let all = issue_count(&stage);
    stage.pods[0].key = PodKey::parse("appsec").unwrap();
    for _ in 0..2 {
        let runs = stage.apply().await;
        assert_eq!((exit_status(&runs), issue_count(&stage)), (ExitStatus::NeedsHuman, all));
        assert_eq!(messages(&runs, "other-key").len(), 1, "{:?}", finding_lines(&runs));
    }
}

// ------------------------------------------------------------------------------------------------ a label may be made

#[tokio::test(start_paused = true)]
async fn where_it_may_be_created_it_is_and_the_issue_has_it_from_birth() {
    let mut stage = stage_without_label();
    stage.pods[0].label.may_create = true;
    let runs = stage.apply().await;
    assert_eq!(exit_status(&runs), ExitStatus::Done);
    assert!(has_label(&stage) && messages(&runs, "label-missing").is_empty());
    // From birth on: taken off once, it is put back.
    take_off(&stage);
    stage.apply().await;
    assert!(has_label(&stage));
}

#[tokio::test(start_paused = true)]
async fn where_the_role_forbids_to_create_it_the_role_is_asked_for_and_nothing_is_sent() {
    let mut stage = stage_without_label();
    stage.pods[0].label.may_create = true;
    set_bot_role(&stage, 10);
    let runs = stage.apply().await;
    assert_eq!(exit_status(&runs), ExitStatus::TokenRefused);
    assert!(session_issue(&stage).is_open() && no_label_was_made(&stage));
    let [what_to_do] = advice(&runs, "role-too-small").try_into().unwrap();
    assert!(what_to_do.contains("role Planner or above") && what_to_do.contains("/-/labels"), "{what_to_do}");
    let written = stage.journal();
    assert_eq!((exit_status(&stage.apply().await), stage.journal()), (ExitStatus::TokenRefused, written));
    // With the role it is made, and put on.
    set_bot_role(&stage, 15);
    assert_eq!(exit_status(&stage.apply().await), ExitStatus::Done);
    assert!(has_label(&stage));
}

// ------------------------------------------------------------------------------------------- what stands in its place

#[tokio::test(start_paused = true)]
async fn a_name_that_is_near_or_was_retired_is_said() {
    for (there, parts) in [
        ("pod::secrue", ["`pod::secrue` is there", "If `pod::secrue` is meant, write it into [label] name"]),
        ("Pod::Secure", ["`Pod::Secure` is there", "If `Pod::Secure` is meant"]),
        (
            "pod::secure [DEPRECATED]",
            ["it was retired as `pod::secure [DEPRECATED]`", "Name its successor in [label] name of pods/secure.toml"],
        ),
    ] {
        let stage = stage_without_label();
        let path = stage.pods[0].pairing_project.clone();
        stage.sandbox.change_world(|world| {
            let project = world.project_by_path(&path).unwrap().id;
            world.add_label(project, there, "#428BCA", "");
            world.add_label(project, "pod::verify", "#428BCA", "");
        });
        let runs = stage.apply().await;
        assert_eq!(exit_status(&runs), ExitStatus::NeedsHuman);
        let text = [messages(&runs, "label-missing"), advice(&runs, "label-missing")].concat().join(" ");
        for part in parts {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(session_issue(&stage).labels.is_empty() && no_label_was_made(&stage), "{there}");
    }
}

/// A label of another group is another label: GitLab would make a new one of the same name.
#[tokio::test(start_paused = true)]
async fn a_label_of_another_group_does_not_count() {
    let stage = stage_without_label();
    stage.sandbox.change_world(|world| {
        world.add_group_label("elsewhere", "pod::secure", "#428BCA", "");
    });
    let runs = stage.apply().await;
    assert_eq!((exit_status(&runs), messages(&runs, "label-missing").len()), (ExitStatus::NeedsHuman, 1));
    assert!(no_label_was_made(&stage));
    // In a group above the project it does.
    let group = stage.pods[0].pairing_project.rsplit_once('/').unwrap().0.to_owned();
    stage.sandbox.change_world(|world| {
        world.add_group_label(&group, "pod::secure", "#428BCA", "");
    });
    assert_eq!(exit_status(&stage.apply().await), ExitStatus::Done);
    assert!(has_label(&stage));
}

// ------------------------------------------------------------------------------------------------- what was not seen

/// Nothing is decided on a label that could not be looked up, and nothing on similar ones.
#[tokio::test(start_paused = true)]
async fn where_labels_cannot_be_read_nothing_is_said_of_them() {
    let stage = stage_without_label();
    let fails = FailsLabels { inner: stage.exchange(), path: "/labels/" };
    let (runs, _) = stage.apply_over(Arc::new(fails)).await;
    assert_eq!(exit_status(&runs), ExitStatus::Incomplete);
    assert!(messages(&runs, "label-missing").is_empty() && stage.journal().is_empty(), "{:?}", stage.journal());
    // The search for similar ones is for the advice alone.
    let fails = FailsLabels { inner: stage.exchange(), path: "/labels?" };
    let (runs, _) = stage.apply_over(Arc::new(fails)).await;
    assert_eq!((exit_status(&runs), messages(&runs, "label-missing").len()), (ExitStatus::NeedsHuman, 1));
    assert!(session_issue(&stage).is_open());
}

struct FailsLabels {
    inner: Arc<dyn Exchange>,
    path: &'static str,
}

#[async_trait::async_trait]
impl Exchange for FailsLabels {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        if *request.method() == Method::GET && request.uri().to_string().contains(self.path) {
            let body = Bytes::from_static(br#"{"message":"500 Internal Server Error"}"#);
            return Ok(Response::builder().status(500).body(body).unwrap());
        }
        self.inner.exchange(request).await
    }
}

// -------------------------------------------------------------------------------------------------------- two pods

#[tokio::test(start_paused = true)]
async fn of_two_pods_only_the_one_without_its_label_is_told_of() {
    let mut stage = Stage::of(two_pods(), now());
    stage.max_writes = 20;
    delete_label(&mut stage);
    let runs = stage.apply().await;
    let ends: Vec<ExitStatus> = runs.iter().map(PodRun::exit_status).collect();
    assert_eq!(ends, [ExitStatus::NeedsHuman, ExitStatus::Done]);
    assert_eq!(finding_lines(&runs).iter().filter(|line| line.starts_with("label-missing")).count(), 1);
    assert!(!has_label(&stage));
    // The two have one title; each has its own issue.
    let project = stage.pods[0].pairing_project.clone();
    let of_the_week = || issues(&stage, &project).into_iter().filter(|issue| issue.title == SESSION);
    let labels: Vec<Vec<String>> = of_the_week().map(|issue| issue.labels.into_iter().collect()).collect();
    assert!(labels.len() == 2 && labels.contains(&vec!["pod::verify".to_owned()]), "{labels:?}");
    // A week later the same, and the label comes to both issues.
    advance_time(&mut stage, chrono::TimeDelta::days(7));
    assert_eq!(exit_status(&stage.apply().await), ExitStatus::NeedsHuman);
    make_label(&mut stage);
    assert_eq!(exit_status(&stage.apply().await), ExitStatus::Done);
    let next = find_issue_at(&stage, find_issue_place(&stage, "Secure Pod Pairing, Thu 3 Dec 2026, 15:00 UTC"));
    assert!(has_label(&stage) && next.labels.contains("pod::secure"));
}

/// Both labels are missing, and both issues have one title: neither is taken for the other's under another key.
#[tokio::test(start_paused = true)]
async fn two_pods_without_their_labels_get_an_issue_each() {
    let stage = Stage::of(two_pods(), now());
    let project = stage.pods[0].pairing_project.clone();
    stage.sandbox.change_world(|world| {
        let id = world.project_by_path(&project).unwrap().id;
        world.projects.get_mut(&id).unwrap().labels.clear();
    });
    for _ in 0..2 {
        let runs = stage.apply().await;
        assert_eq!((exit_status(&runs), messages(&runs, "label-missing").len()), (ExitStatus::NeedsHuman, 2));
        assert!(messages(&runs, "other-key").is_empty(), "{:?}", finding_lines(&runs));
        let of_the_week = issues(&stage, &project).into_iter().filter(|issue| issue.title == SESSION);
        assert_eq!(of_the_week.count(), 2);
    }
}

// ------------------------------------------------------------------------------------------------ as a person sees it

#[tokio::test(flavor = "multi_thread")]
async fn it_is_said_in_every_form_of_output_and_a_quiet_one_too() {
    let served = Served::serve(stage_without_label()).await;
    let message = "has no label `pod::secure`";
    served.run(&["apply"], "sessions,labels").await.assert_ends(5, &[message, "opened without it", "/-/labels"]);
    served.run(&["-q", "apply"], "sessions,labels").await.assert_ends(5, &["label-missing", message, "/-/labels"]);
    served.run(&["plan"], "sessions,labels").await.assert_ends(5, &[message]);
    served.run(&["apply"], "sessions").await.assert_ends(5, &[message]);
    let (code, report) = served.apply("sessions,labels").await;
    let finding = report["pods"][0]["findings"].as_array().unwrap().iter().find(|one| one["rule"] == "label-missing");
    assert_eq!((code, finding.map(|one| one["subject"].clone())), (Some(5), Some(json!("pod::secure"))));
    assert_eq!(report["pods"][0]["unknown"], Value::Array(Vec::new()));
    // Whoever reads a public job's log learns that a person has to act, and no project's name.
    let public = served.run(&["-q", "apply", "--audience", "public"], "sessions,labels").await;
    public.assert_ends(5, &["1 for the team"]);
    assert!(!public.out.contains("support-pairing"), "{}", public.out);
}

/// Roster and links say nothing of it.
#[tokio::test(start_paused = true)]
async fn a_run_without_sessions_and_labels_reports_no_missing_label() {
    for task in [podkeeper::pod::Task::Roster, podkeeper::pod::Task::Links] {
        let pods = keep_sessions_and_labels(shipped_config().pods);
        let pods = pods.into_iter().map(|pod| podkeeper::pod::Pod { tasks: [task].into(), ..pod }).collect();
        let mut stage = Stage::of(pods, now());
        delete_label(&mut stage);
        let runs = stage.apply().await;
        assert!(!messages(&runs, "label-missing").iter().any(|text| text.contains("pairing issues")));
    }
}
