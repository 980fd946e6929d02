//! What GitLab itself notes down: boxes that are ticked, and texts that refer to something.

use serde_json::json;

use super::requests::{ISSUES, ask, ask_json, open_issue, sandbox};
use crate::Sandbox;

const OPEN_PROJECT: &str = "/projects/group%2Fopen";

/// The notes of GitLab's own on an issue of the open project, as somebody sees them, oldest first.
async fn system_notes(sandbox: &Sandbox, who: &str, iid: u64) -> Vec<String> {
    let path = format!("{OPEN_PROJECT}/issues/{iid}/notes?activity_filter=only_activity&sort=asc");
    let notes = ask(sandbox, who, "GET", &path, "").await;
    notes.field_of_each("body").iter().map(|body| body.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn whoever_ticks_a_box_is_noted_in_the_place_of_a_changed_description() {
    let sandbox = sandbox();
    let before = json!({"title": "T", "description": "- [ ] See !4 <!-- k=1 -->\n- [x] b"});
    ask_json(&sandbox, "owner", "POST", &format!("{OPEN_PROJECT}/issues"), &before).await;
    let one = format!("{OPEN_PROJECT}/issues/1");
    let ticked = json!({"description": "- [x] See !4 <!-- k=1 -->\n- [ ] b\n\nand more"});
    let shown = ask_json(&sandbox, "owner", "PUT", &one, &ticked).await.json();
    assert_eq!(shown["task_completion_status"], json!({"count": 2, "completed_count": 1}));
    let reported = [
        r"marked the checklist item **See \!4  k\=1** as completed",
        "marked the checklist item **b** as incomplete",
        "changed the description",
    ];
    assert_eq!(system_notes(&sandbox, "owner", 1).await, reported[..2]);
    ask_json(&sandbox, "owner", "PUT", &one, &json!({"description": "- [x] something else"})).await;
    assert_eq!(system_notes(&sandbox, "owner", 1).await, reported);
}

#[tokio::test]
async fn what_a_text_refers_to_is_told_once_and_only_to_those_who_see_where() {
    let sandbox = sandbox();
    for title in ["one", "two"] {
        ask(&sandbox, "owner", "POST", &format!("{OPEN_PROJECT}/issues"), &format!("title={title}")).await;
    }
    let text = json!({"description": "See [this](#1), `#1`, [#1](https://else.example) and http://127.0.0.1/group/open/-/issues/1#note_2"});
    ask_json(&sandbox, "owner", "PUT", &format!("{OPEN_PROJECT}/issues/2"), &text).await;
    assert_eq!(system_notes(&sandbox, "stranger", 1).await, ["mentioned in issue #2"]);
    ask(&sandbox, "owner", "POST", &format!("{OPEN_PROJECT}/issues/2/notes"), "body=%231 again").await;
    assert_eq!(system_notes(&sandbox, "stranger", 1).await.len(), 1, "once for a pair");

    // An issue that is hidden from most people mentions one that is not.
    open_issue(&sandbox, "title=Hidden&description=open%231").await;
    assert_eq!(system_notes(&sandbox, "bot", 1).await, ["mentioned in issue #2", "mentioned in issue pairing#1"]);
    assert_eq!(system_notes(&sandbox, "stranger", 1).await, ["mentioned in issue #2"]);

    // Nobody mentions what they do not see.
    ask(&sandbox, "stranger", "POST", &format!("{OPEN_PROJECT}/issues"), "title=x&description=pairing%231").await;
    assert_eq!(ask(&sandbox, "bot", "GET", &format!("{ISSUES}/1/notes"), "").await.text, "[]");
}

#[tokio::test]
async fn an_edited_note_runs_what_is_new_in_it_and_goes_if_nothing_else_is_left() {
    let sandbox = sandbox();
    let notes = format!("{ISSUES}/{}/notes", open_issue(&sandbox, "title=T").await);
    let note = ask(&sandbox, "bot", "POST", &notes, "body=hello").await.json()["id"].clone();
    let one = format!("{notes}/{note}");
    let got = ask_json(&sandbox, "bot", "PUT", &one, &json!({"body": "hello\n\n/label ~pod::a"})).await;
    assert_eq!((got.status, &got.json()["body"]), (200, &json!("hello")));
    let issue = ask(&sandbox, "bot", "GET", &format!("{ISSUES}/1"), "").await.json();
    assert_eq!(issue["labels"], json!(["pod::a"]));
    assert_eq!(ask(&sandbox, "bot", "PUT", &one, "body=/close").await.status, 400);
    assert_eq!(ask(&sandbox, "bot", "GET", &format!("{ISSUES}/1"), "").await.json()["state"], "closed");
    assert_eq!(ask(&sandbox, "bot", "GET", &one, "").await.status, 404);
}
