//! Listings that change while they are read, and servers with a page size of their own.

use podkeeper::pod::run::ExitStatus;
use podkeeper::sandbox::faults::{Fault, FaultKind};
use serde_json::json;

use super::{exit_status, issues_of_this_week, with_pairing_project};
use crate::support::Stage;

/// The session's issue is the last of 46, and the first of its page of 20.
async fn stage_with_many_issues() -> Stage {
    let stage = Stage::seeded();
    // Whatever is deleted is missed in both listings, by author and by label.
    with_pairing_project(&stage, |project| project.issues.clear());
    let path = format!("{}/issues", stage.pairing_project_url());
    for number in 0..40 {
        let issue = json!({"title": format!("An older issue, {number}"), "labels": "pod::secure,pairify"});
        assert_eq!(stage.request("api", "POST", &path, issue).await.0, 201);
    }
    stage.apply().await;
    for number in 0..5 {
        let issue = json!({"title": format!("A younger issue, {number}"), "labels": "pod::secure,pairify"});
        assert_eq!(stage.request("api", "POST", &path, issue).await.0, 201);
    }
    stage.sandbox.change_world(|world| world.faults.page_cap = Some(20));
    stage
}

#[tokio::test(start_paused = true)]
async fn f26_what_somebody_deletes_while_a_listing_is_read_hides_nothing_of_it() {
    for page in ["&page=2", "&page=3"] {
        let stage = stage_with_many_issues().await;
        let written = stage.journal().len();
        // Twice, because each listing is read: by author and by label.
        stage.set_fault(
            Fault { times: Some(2), ..Fault::once(FaultKind::OldestIssueDeletedFirst) }.for_requests("GET", page),
        );
        let runs = stage.apply().await;
        assert_eq!(exit_status(&runs), ExitStatus::Done, "{page}: {:?}", runs[0].read_failures);
        assert_eq!(
            (issues_of_this_week(&stage).len(), stage.journal().len()),
            (1, written),
            "{page}: nothing is opened twice"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn f26_a_listing_that_never_holds_still_is_not_seen() {
    let stage = stage_with_many_issues().await;
    let written = stage.journal().len();
    stage.set_fault(Fault::always(FaultKind::OldestIssueDeletedFirst).for_requests("GET", "&page=2"));
    let runs = stage.apply().await;
    assert_eq!((exit_status(&runs), stage.journal().len()), (ExitStatus::Incomplete, written));
    assert!(
        runs[0].read_failures.iter().any(|failure| failure.why.contains("changed 3 times")),
        "{:?}",
        runs[0].read_failures
    );
}
