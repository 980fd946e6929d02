//! The end of a pod: what podkeeper keeps for it is closed, once, and what is people's stays.

use podkeeper::pod::Pod;
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::sandbox::world::{FieldChange, IssueEdit};

use crate::exit_codes::{empty_temp_folder, run_podkeeper_with_env, write_fitted_config};
use crate::support::{NOW, Stage, sentences};

#[tokio::test(start_paused = true)]
async fn a_retired_pods_reports_and_next_issue_are_closed_and_a_second_run_writes_nothing() {
    let mut stage = Stage::after_first_run().await;
    retire(&mut stage);
    let before = stage.journal().len();
    let planned = stage.plan_all_tasks().await;
    insta::assert_snapshot!(sentences(&planned), @r#"
    close our-group/support-pairing#6, because the pod is retired, and its session of 2026-11-26 is not held
    close the report our-group/support-team-meta#2, because the pod is retired
    close the report our-group/support-team-meta#1, because the pod is retired
    "#);
    let runs = stage.apply_all_tasks().await;
    assert_eq!(runs[0].exit_status(), ExitStatus::Done);
    assert_eq!(stage.journal().len() - before, 3);
    insta::assert_snapshot!(said(&runs), @r#"
    our-group/support-pairing#5 stays open for its people: its session has begun
    `pod::secure` stays on 3 issues of the last months in our-group/support-pairing, and in its labels
    the page content/handbook/support/support-pods/secure/_index.md in our-group/handbook stays as it is
    pods/secure.toml can be deleted now; podkeeper touches nothing of the pod any more without it
    "#);

    let written = stage.journal().len();
    let runs = stage.apply_all_tasks().await;
    assert_eq!((runs[0].exit_status(), stage.journal().len()), (ExitStatus::Done, written));
}

/// The file is deleted by a merge request, and runs come before that.
#[tokio::test(start_paused = true)]
async fn what_a_retirement_closed_stays_closed_until_the_pod_meets_again() {
    let mut stage = Stage::after_first_run().await;
    let before = stage.pods.clone();
    retire(&mut stage);
    stage.apply_all_tasks().await;
    stage.pods = before.iter().cloned().map(|pod| Pod { slots: Vec::new(), ..pod }).collect();
    stage.now += chrono::TimeDelta::days(20);
    let runs = stage.apply_all_tasks().await;
    let open = |stage: &Stage| {
        let path = stage.pods[0].reports.project.clone().unwrap();
        stage.with_world(|world| {
            world.project_by_path(&path).unwrap().issues.values().filter(|one| one.is_open()).count()
        })
    };
    assert_eq!(open(&stage), 0, "{:?}", runs[0].outcomes);
    stage.pods = before;
    stage.apply_all_tasks().await;
    assert_eq!(open(&stage), 2);
}

#[tokio::test(start_paused = true)]
async fn the_file_is_needed_until_all_is_closed() {
    let mut stage = Stage::after_first_run().await;
    let path = stage.pods[0].pairing_project.clone();
    stage.sandbox.change_world(|world| {
        let issue =
            world.projects.values_mut().find(|project| project.path == path).unwrap().issues.get_mut(&6).unwrap();
        issue.labels.insert("podkeeper::pause".to_owned());
    });
    retire(&mut stage);
    let told = said(&stage.apply_all_tasks().await);
    assert!(
        !told.contains("can be deleted now") && told.contains("can be deleted when all of that is closed"),
        "{told}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_people_wrote_in_the_closed_issues_is_still_there() {
    let mut stage = Stage::after_first_run().await;
    let project = stage.pods[0].pairing_project.clone();
    let note = "\n\nBring the printouts, please.";
    let body = stage.with_world(|world| {
        world.project_by_path(&project).unwrap().issues[&6].description.clone().unwrap_or_default()
    });
    stage.sandbox.change_world(|world| {
        let (id, person) =
            (world.project_by_path(&project).unwrap().id, world.user_by_username("hollis-brandt").unwrap().id);
        let edit = IssueEdit { description: FieldChange::Set(body.clone() + note), ..IssueEdit::default() };
        world.edit_issue(id, 6, person, &edit);
    });
    retire(&mut stage);
    stage.apply_all_tasks().await;
    let issue = stage.with_world(|world| world.project_by_path(&project).unwrap().issues[&6].clone());
    assert!(!issue.is_open());
    assert_eq!(issue.description.as_deref(), Some((body + note).as_str()), "closing changes no byte");
}

#[tokio::test]
async fn a_pod_that_still_meets_is_not_retired() {
    let folder = empty_temp_folder("retire-meets");
    write_fitted_config(&folder);
    let config = [("PODKEEPER_CONFIG", folder.to_str().unwrap())];
    let ran = run_podkeeper_with_env(&["retire", "secure", "--sandbox", "--now", NOW], &config).await;
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
    let file = folder.join("pods/secure.toml");
    let message = format!(
        "error: {} has a [[session]], so the Secure Pod still meets and nothing was closed; take its [[session]] tables out \
         first, and run `podkeeper retire secure` again\n",
        file.display()
    );
    assert_eq!(ran.err, message);

    let text = std::fs::read_to_string(&file).unwrap();
    let (head, rest) = text.split_once("[[session]]").unwrap();
    let rest = &rest[rest.find("[members]").unwrap()..];
    std::fs::write(&file, format!("{head}{rest}")).unwrap();
    let ran = run_podkeeper_with_env(&["retire", "secure", "--sandbox", "--now", NOW], &config).await;
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert!(ran.out.starts_with("podkeeper retire in a sandbox of its own"), "{}", ran.out);
    assert!(ran.out.contains("pods/secure.toml can be deleted now"), "{}", ran.out);
}

/// From now on the pods meet no more and are retired.
fn retire(stage: &mut Stage) {
    let pods = std::mem::take(&mut stage.pods).into_iter();
    stage.pods = pods.map(|pod| Pod { slots: Vec::new(), tasks: [].into(), is_retiring: true, ..pod }).collect();
}

/// What is said beside findings.
fn said(runs: &[PodRun]) -> String {
    runs.iter().flat_map(|run| &run.status_sentences).map(|said| said.text.clone() + "\n").collect()
}
