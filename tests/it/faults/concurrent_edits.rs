//! What people do meanwhile: edit at the same moment, close, move, delete, lock, hide.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use chrono::TimeDelta;
use http::{Method, Request, Response};
use podkeeper::gitlab::{Exchange, ExchangeError};
use podkeeper::pod::Pod;
use podkeeper::pod::Task;
use podkeeper::pod::run::ExitStatus;
use podkeeper::sandbox::Sandbox;
use podkeeper::sandbox::faults::{Fault, FaultKind};
use podkeeper::sandbox::world::Issue;
use serde_json::json;

use super::{exit_status, issues_of_this_week, pairing_project, with_pairing_project};
use crate::support::{Stage, finding_lines, now, shipped_config};

// ---- F16: somebody edits between our read and our write, up to four times in a row ----

#[tokio::test(start_paused = true)]
async fn f16_edits_right_before_the_write_survive_however_often_they_come() {
    for times in 1..=4 {
        let stage = Stage::seeded();
        stage.apply().await;
        edit_page(&stage, "#spt_pod_secure", "#spt_pod_secure_tea");
        let edits = Arc::new(EditsBeforeRead {
            inner: stage.exchange(),
            sandbox: stage.sandbox.clone(),
            project: stage.pods[0].pairing_project.clone(),
            iid: issues_of_this_week(&stage)[0].iid,
            left: AtomicUsize::new(times),
        });
        stage.apply_over(edits.clone()).await;
        stage.apply().await;
        let body = issues_of_this_week(&stage)[0].description.clone().unwrap();
        let kept = body.matches("A word of mine.").count();
        assert_eq!(kept, times - edits.left.load(Ordering::Relaxed), "{times}: {body}");
        assert!(kept >= 1 && body.contains("#spt_pod_secure_tea"), "{times}: {body}");
        assert!(stage.plan().await[0].plan.is_empty());
    }
}

/// Somebody adds a line to an issue right before podkeeper reads it one last time.
struct EditsBeforeRead {
    inner: Arc<dyn Exchange>,
    sandbox: Sandbox,
    project: String,
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
                let id = world.project_by_path(&self.project).unwrap().id;
                let now = world.now;
                let issue = world.projects.get_mut(&id).unwrap().issues.get_mut(&self.iid).unwrap();
                issue.description = issue.description.take().map(|body| body + "\nA word of mine.");
                issue.updated_at = now + TimeDelta::seconds(1);
            });
        }
        self.inner.exchange(request).await
    }
}

// ---- F17: the link report is closed by hand while links are dead ----

#[tokio::test(start_paused = true)]
async fn f17_a_report_closed_by_hand_stays_closed_for_two_weeks_or_until_something_new_fails() {
    let links = || shipped_config().pods.into_iter().map(|pod| Pod { tasks: [Task::Links].into(), ..pod }).collect();
    let closed = async || {
        let mut stage = Stage::of(links(), now());
        stage.apply_all_tasks().await;
        // What is silent is reported by now, too.
        advance_time(&mut stage, TimeDelta::hours(7));
        stage.apply_all_tasks().await;
        let report = link_report_issue(&stage);
        let path = format!("{}/issues/{}", reports(&stage), report.iid);
        assert_eq!(stage.request("person", "PUT", &path, json!({"state_event": "close"})).await.0, 200);
        stage
    };

    let mut stage = closed().await;
    let written = stage.journal().len();
    for day in 1..=13 {
        advance_time(&mut stage, TimeDelta::days(1));
        stage.apply_all_tasks().await;
        assert_eq!(stage.journal().len(), written, "day {day}: it is left closed");
    }
    advance_time(&mut stage, TimeDelta::days(2));
    stage.apply_all_tasks().await;
    assert_eq!(stage.journal().len(), written + 1, "day 15: one write, which reopens it");
    assert!(link_report_issue(&stage).is_open());

    let mut stage = closed().await;
    let written = stage.journal().len();
    advance_time(&mut stage, TimeDelta::days(2));
    edit_page(&stage, "## FAQ", "See https://about.gitlab.com/no/such/page\n\n## FAQ");
    stage.apply_all_tasks().await;
    assert!(link_report_issue(&stage).is_open(), "something new fails on day 2");
    assert_eq!(stage.journal().len(), written + 1);
    assert_eq!(stage.sandbox.journal().iter().filter(|entry| entry.method == "POST").count(), 1, "filed once");
}

// ---- F19: moved, deleted, locked, made confidential ----

#[tokio::test(start_paused = true)]
async fn f19_an_issue_that_was_moved_away_is_as_good_as_closed() {
    let stage = stage_with_issue().await;
    let iid = issues_of_this_week(&stage)[0].iid;
    stage.sandbox.change_world(|world| {
        let home = world.project_by_path(&stage.pods[0].pairing_project).unwrap().id;
        let now = world.now;
        let issue = world.projects.get_mut(&home).unwrap().issues.get_mut(&iid).unwrap();
        // What GitLab leaves of an issue that was moved: it is closed, and says where it went.
        (issue.closed_at, issue.moved_to) = (Some(now), Some("gitlab-com/elsewhere#7".to_owned()));
    });
    assert_three_quiet_runs(&stage).await;
    assert!(!issues_of_this_week(&stage)[0].is_open());
}

/// Only an owner may delete. podkeeper keeps no state of its own, so it cannot know of what is gone without a trace:
/// the issue is due and not there. A date without a session is a `skip` of the slot.
#[tokio::test(start_paused = true)]
async fn f19_an_issue_that_was_deleted_is_opened_once_more_and_not_again() {
    let stage = stage_with_issue().await;
    with_pairing_project(&stage, |project| {
        project.issues.pop_last();
    });
    assert_eq!(issues_of_this_week(&stage).len(), 0);
    stage.apply().await;
    assert_eq!(issues_of_this_week(&stage).len(), 1);
    assert_three_quiet_runs(&stage).await;
}

#[tokio::test(start_paused = true)]
async fn f19_a_locked_issue_is_edited_where_that_is_allowed_and_told_where_not() {
    for (refused, end) in [(false, ExitStatus::Done), (true, ExitStatus::TokenRefused)] {
        let stage = stage_with_issue().await;
        with_issue(&stage, |issue| issue.locked = true);
        edit_page(&stage, "#spt_pod_secure", "#spt_pod_secure_tea");
        if refused {
            let body = r#"{"message":"403 Forbidden"}"#.to_owned();
            stage.set_fault(
                Fault::always(FaultKind::Answer { status: 403, headers: json_kind(), body })
                    .for_requests("PUT", "/issues/"),
            );
        }
        let runs = stage.apply().await;
        assert_eq!(exit_status(&runs), end, "{:?}", runs[0].outcomes);
        assert_eq!(
            issues_of_this_week(&stage)[0].description.as_deref().unwrap().contains("#spt_pod_secure_tea"),
            !refused
        );
        assert!(issues_of_this_week(&stage)[0].locked);
    }
}

#[tokio::test(start_paused = true)]
async fn f19_an_issue_that_was_made_confidential_stays_so() {
    let stage = stage_with_issue().await;
    with_issue(&stage, |issue| issue.confidential = true);
    assert_three_quiet_runs(&stage).await;
    edit_page(&stage, "#spt_pod_secure", "#spt_pod_secure_tea");
    stage.apply().await;
    let issue = issues_of_this_week(&stage).remove(0);
    assert!(issue.confidential && issue.description.unwrap().contains("#spt_pod_secure_tea"));
    assert_eq!(issues_of_this_week(&stage).len(), 1);
}

// ---- F20: the label is gone, another's, renamed ----

#[tokio::test(start_paused = true)]
async fn f20_a_label_that_is_not_there_is_never_made_on_the_side() {
    for how in ["deleted", "renamed", "archived", "of another project"] {
        let stage = Stage::seeded();
        with_pairing_project(&stage, |project| {
            let id = *project.labels.iter().find(|(_, label)| label.name == "pod::secure").unwrap().0;
            match how {
                "renamed" => "pod::secured".clone_into(&mut project.labels.get_mut(&id).unwrap().name),
                // An archived label is one that its project does not list any more.
                _ => drop(project.labels.remove(&id)),
            }
        });
        if how == "of another project" {
            stage.sandbox.change_world(|world| {
                let other = world.project_by_path(&stage.pods[0].page.project).unwrap().id;
                world.add_label(other, "pod::secure", "#428BCA", "");
            });
        }
        let before = pairing_project(&stage).labels.len();
        let runs = stage.apply().await;
        assert_eq!(pairing_project(&stage).labels.len(), before, "{how}");
        assert!(
            finding_lines(&runs).contains(&"label-missing pod::secure".to_owned()),
            "{how}: {:?}",
            finding_lines(&runs)
        );
        let issue = issues_of_this_week(&stage).remove(0);
        assert!(!issue.labels.contains("pod::secure"), "{how}: {:?}", issue.labels);
    }
}

// ---- What these stories use ----

async fn stage_with_issue() -> Stage {
    let stage = Stage::seeded();
    stage.apply().await;
    assert_eq!(issues_of_this_week(&stage).len(), 1);
    stage
}

/// Three more runs write nothing and open nothing.
async fn assert_three_quiet_runs(stage: &Stage) {
    let (written, issues) = (stage.journal().len(), issues_of_this_week(stage).len());
    for _ in 0..3 {
        assert_eq!(exit_status(&stage.apply().await), ExitStatus::Done);
    }
    assert_eq!((stage.journal().len(), issues_of_this_week(stage).len()), (written, issues));
}

fn with_issue(stage: &Stage, change: impl FnOnce(&mut Issue)) {
    let iid = issues_of_this_week(stage)[0].iid;
    with_pairing_project(stage, |project| change(project.issues.get_mut(&iid).unwrap()));
}

fn json_kind() -> Vec<(String, String)> {
    vec![("content-type".to_owned(), "application/json".to_owned())]
}

fn reports(stage: &Stage) -> String {
    format!("/api/v4/projects/{}", stage.pods[0].reports.project.as_ref().unwrap().replace('/', "%2F"))
}

fn link_report_issue(stage: &Stage) -> Issue {
    let world = stage.sandbox.world();
    let project = world.project_by_path(stage.pods[0].reports.project.as_ref().unwrap()).unwrap();
    let is_report =
        |issue: &&Issue| issue.description.as_deref().is_some_and(|text| text.contains("v1 report secure/"));
    project.issues.values().find(is_report).unwrap().clone()
}

fn advance_time(stage: &mut Stage, by: TimeDelta) {
    stage.now += by;
    stage.sandbox.change_world(|world| world.now = stage.now);
}

fn edit_page(stage: &Stage, old: &str, new: &str) {
    let at = &stage.pods[0].page;
    stage.sandbox.change_world(|world| {
        let id = world.project_by_path(&at.project).unwrap().id;
        let files = world.projects.get_mut(&id).unwrap().files.get_mut(&at.git_ref).unwrap();
        let page = files.get_mut(&at.path).unwrap();
        assert!(page.contains(old), "the page says {old}");
        *page = page.replace(old, new);
    });
}
