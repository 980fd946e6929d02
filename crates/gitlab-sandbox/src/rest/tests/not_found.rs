//! What is not there, what cannot be there, and changes of nothing.

use serde_json::json;

use super::requests::{ISSUES, ask, open_issue, sandbox};
use crate::Sandbox;

const OPEN_PROJECT: &str = "/projects/group%2Fopen";
const PAIRING_PROJECT: &str = "/projects/group%2Fpairing";

async fn status_and_message(sandbox: &Sandbox, who: &str, method: &str, path: &str, form: &str) -> (u16, String) {
    let got = ask(sandbox, who, method, path, form).await;
    let json = got.json();
    let words = json["message"].as_str().or(json["error"].as_str()).unwrap_or_default().to_owned();
    (got.status, words)
}

/// A world with one issue, one note and one merge request.
async fn sandbox_with_items() -> Sandbox {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=T").await;
    ask(&sandbox, "bot", "POST", &format!("{ISSUES}/1/notes"), "body=hello").await;
    sandbox.change_world(|world| {
        let project = world.project_by_path("group/pairing").unwrap().id;
        let dev = world.user_by_username("dev").unwrap().id;
        world.add_merge_request(project, dev, "M", "opened");
    });
    sandbox
}

#[tokio::test]
async fn what_is_looked_up_by_its_number_is_not_found_in_one_way() {
    let sandbox = sandbox_with_items().await;
    for path in [
        "issues/9",
        "issues/9/notes",
        "issues/9/discussions",
        "issues/9/links",
        "issues/9/participants",
        "issues/9/resource_label_events",
        "issues/99999999999999999999",
        "issues/1/notes/999",
        "issues/1/links/999",
        "issues/1/award_emoji/999",
        "issues/1/resource_label_events/999",
        "merge_requests/9",
        "merge_requests/9/changes",
        "merge_requests/1/notes/999",
        "milestones/999",
        "members/999",
    ] {
        let got = status_and_message(&sandbox, "bot", "GET", &format!("{PAIRING_PROJECT}/{path}"), "").await;
        assert_eq!(got, (404, "404 Not found".to_owned()), "{path}");
    }
    for (method, path, form) in [("PUT", "issues/9", "title=x"), ("PUT", "merge_requests/9", "title=x")] {
        let got = status_and_message(&sandbox, "owner", method, &format!("{PAIRING_PROJECT}/{path}"), form).await;
        assert_eq!(got, (404, "404 Not found".to_owned()), "{method} {path}");
    }
    // These look for themselves, and say what it was.
    for (method, path, named) in [
        ("DELETE", "issues/9", "Issue"),
        ("GET", "issues/1/discussions/none", "Discussion"),
        ("GET", "labels/none", "Label"),
        ("GET", "repository/branches/none", "Branch"),
    ] {
        let got = status_and_message(&sandbox, "owner", method, &format!("{PAIRING_PROJECT}/{path}"), "").await;
        assert_eq!(got, (404, format!("404 {named} Not Found")), "{method} {path}");
    }
}

#[tokio::test]
async fn a_note_that_one_may_not_read_is_called_by_its_name() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=T").await;
    let note = ask(&sandbox, "bot", "POST", &format!("{ISSUES}/1/notes"), "body=among us&internal=true").await.json();
    let path = format!("{ISSUES}/1/notes/{}", note["id"]);
    assert_eq!(status_and_message(&sandbox, "guest", "GET", &path, "").await, (404, "404 Note Not Found".to_owned()));
    assert_eq!(ask(&sandbox, "bot", "GET", &path, "").await.status, 200);
}

#[tokio::test]
async fn a_number_that_is_none_is_refused_before_anything_is_looked_up() {
    let sandbox = sandbox_with_items().await;
    for (path, name) in [
        ("issues/abc", "issue_iid"),
        ("issues/1.5/links", "issue_iid"),
        ("issues/%231", "issue_iid"),
        ("issues/abc/notes", "noteable_id"),
        ("issues/1/notes/abc", "note_id"),
        ("issues/1/links/abc", "issue_link_id"),
        ("issues/1/award_emoji/abc", "award_id"),
        ("merge_requests/abc", "merge_request_iid"),
        ("merge_requests/abc/discussions", "noteable_id"),
        ("milestones/abc", "milestone_id"),
        ("members/abc", "user_id"),
        ("members/all/abc", "user_id"),
    ] {
        for project in [PAIRING_PROJECT, "/projects/none"] {
            let got = status_and_message(&sandbox, "bot", "GET", &format!("{project}/{path}"), "").await;
            assert_eq!(got, (400, format!("{name} is invalid")), "{project}/{path}");
        }
    }
    assert_eq!(status_and_message(&sandbox, "", "DELETE", &format!("{OPEN_PROJECT}/issues/abc"), "").await.0, 401);
    assert_eq!(status_and_message(&sandbox, "bot", "GET", "/groups/group/milestones/abc", "").await.0, 400);
}

#[tokio::test]
async fn a_change_of_nothing_is_refused_and_merging_needs_no_words() {
    let sandbox = sandbox_with_items().await;
    let before = sandbox.world();
    for (path, first) in
        [("issues/1", "assignee_id, assignee_ids, "), ("merge_requests/1", "assignee_id, assignee_ids, ")]
    {
        let (status, why) =
            status_and_message(&sandbox, "owner", "PUT", &format!("{PAIRING_PROJECT}/{path}"), "").await;
        assert_eq!(status, 400, "{path}");
        assert!(
            why.starts_with(first) && why.ends_with(" are missing, at least one parameter must be provided"),
            "{why}"
        );
    }
    assert_eq!(sandbox.world(), before);
    let milestone = ask(&sandbox, "bot", "POST", &format!("{PAIRING_PROJECT}/milestones"), "title=18.7").await.json();
    let path = format!("{PAIRING_PROJECT}/milestones/{}", milestone["id"]);
    let why =
        "title, description, start_date, due_date, state_event are missing, at least one parameter must be provided";
    assert_eq!(status_and_message(&sandbox, "bot", "PUT", &path, "").await, (400, why.to_owned()));
    // What is there but not kept is refused by its name.
    let (status, why) =
        status_and_message(&sandbox, "owner", "PUT", &format!("{PAIRING_PROJECT}/merge_requests/1"), "merge_after=x")
            .await;
    assert_eq!((status, why.starts_with("merge_after is not kept")), (400, true), "{why}");
}

#[tokio::test]
async fn the_links_of_an_issue_come_all_at_once() {
    let sandbox = sandbox();
    for number in 1..=22 {
        open_issue(&sandbox, &format!("title=Number {number}")).await;
    }
    let project = sandbox.world().project_by_path("group/pairing").unwrap().id;
    for other in 2..=22 {
        let form = format!("target_project_id={project}&target_issue_iid={other}");
        assert_eq!(ask(&sandbox, "bot", "POST", &format!("{ISSUES}/1/links"), &form).await.status, 201);
    }
    let links = ask(&sandbox, "bot", "GET", &format!("{ISSUES}/1/links"), "").await;
    assert_eq!(
        (links.field_of_each("iid").len(), links.header("x-total"), links.header("link")),
        (21, "(none)", "(none)")
    );
    assert_eq!(links.json()[0]["link_type"], json!("relates_to"));
}
