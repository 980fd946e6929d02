use serde_json::json;

use super::requests::{ISSUES, ask, ask_json, open_issue, sandbox};

#[tokio::test]
async fn row_39_a_note_comes_and_goes() {
    let sandbox = sandbox();
    let notes = format!("{ISSUES}/{}/notes", open_issue(&sandbox, "title=T").await);
    let made = ask(&sandbox, "bot", "POST", &notes, "body=hello").await;
    assert_eq!((made.status, &made.json()["body"]), (201, &json!("hello")));
    let one = format!("{notes}/{}", made.json()["id"]);
    assert_eq!(ask(&sandbox, "dev", "PUT", &one, "body=mine").await.status, 403);
    assert_eq!(ask(&sandbox, "bot", "PUT", &one, "body=better").await.json()["body"], "better");
    assert_eq!(ask(&sandbox, "bot", "DELETE", &one, "").await.status, 204);
    assert_eq!(ask(&sandbox, "bot", "GET", &one, "").await.status, 404);
    assert_eq!(ask(&sandbox, "bot", "POST", &notes, "body=%20").await.status, 400);
}

#[tokio::test]
async fn row_40_a_note_of_commands_only_is_202_and_no_note() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=T").await;
    let got = ask(&sandbox, "bot", "POST", &format!("{ISSUES}/1/notes"), "body=/close").await;
    assert_eq!((got.status, &got.json()["commands_changes"]), (202, &json!({"close": true})));
    assert!(got.json()["summary"].is_array());
    assert_eq!(ask(&sandbox, "bot", "GET", &format!("{ISSUES}/1"), "").await.json()["state"], "closed");
    assert_eq!(ask(&sandbox, "bot", "GET", &format!("{ISSUES}/1/notes"), "").await.text, "[]");
}

#[tokio::test]
async fn row_41_text_with_a_command_keeps_the_text() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=T").await;
    let body = json!({"body": "Seen.\n\n/label ~pod::a ~\"shared\""});
    let got = ask_json(&sandbox, "bot", "POST", &format!("{ISSUES}/1/notes"), &body).await;
    assert_eq!((got.status, &got.json()["body"]), (201, &json!("Seen.")));
    assert_eq!(got.json()["commands_changes"], json!({"label": true}));
    let labels = ask(&sandbox, "bot", "GET", &format!("{ISSUES}/1"), "").await.json()["labels"].clone();
    assert_eq!(labels, json!(["pod::a", "shared"]));
}

#[tokio::test]
async fn row_42_a_failing_command_alone_is_400() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=T").await;
    let got = ask(&sandbox, "bot", "POST", &format!("{ISSUES}/1/notes"), "body=/label ~nothing").await;
    assert_eq!(got.status, 400);
    assert_eq!(ask(&sandbox, "bot", "GET", &format!("{ISSUES}/1/notes"), "").await.text, "[]");
}

#[tokio::test]
async fn row_43_commands_in_a_description_run_on_create_and_on_update() {
    let sandbox = sandbox();
    let text = "Hello\r\n\r\n/close\r\n/label ~pod::a\r\n/assign @dev\r\n/confidential\r\n/due 2026-12-24\r\n\
                /title Other\r\n/lock\r\n/move group/open\r\n/cc @all\r\n\r\nbye\r\n";
    let got = ask_json(&sandbox, "bot", "POST", ISSUES, &json!({"title": "T", "description": text})).await.json();
    assert_eq!(
        (&got["description"], &got["state"], &got["title"]),
        (&json!("Hello\n\n/cc @all\n\nbye"), &json!("closed"), &json!("Other"))
    );
    assert_eq!((&got["labels"], &got["confidential"]), (&json!(["pod::a"]), &json!(true)));
    assert_eq!((&got["due_date"], &got["assignee"]["username"]), (&json!("2026-12-24"), &json!("dev")));
    assert_eq!(got["discussion_locked"], json!(true));
    let stored = sandbox.world();
    let issue = stored.issue(stored.project_by_path("group/pairing").unwrap().id, 1).unwrap().clone();
    assert_eq!(issue.moved_to.as_deref(), Some("group/open"));
    assert_eq!((issue.commands.len(), issue.commands[8].as_str()), (9, "/cc @all"));

    // Nobody reopens what is locked.
    let kept =
        ask_json(&sandbox, "bot", "PUT", &format!("{ISSUES}/1"), &json!({"description": "/reopen"})).await.json();
    assert_eq!(kept["state"], "closed");
    ask(&sandbox, "bot", "PUT", &format!("{ISSUES}/1"), "discussion_locked=false").await;
    let body = json!({"description": "Again\n/REOPEN\n/unlabel ~pod::a\n/unassign @dev\n/relabel ~shared"});
    let got = ask_json(&sandbox, "bot", "PUT", &format!("{ISSUES}/1"), &body).await.json();
    assert_eq!((&got["state"], &got["labels"], &got["assignees"]), (&json!("opened"), &json!(["shared"]), &json!([])));
}

#[tokio::test]
async fn row_44_a_command_that_opens_no_line_does_not_run() {
    let sandbox = sandbox();
    for text in [" - /close", "- /close", "`/close`", "x /close", "> /close", "```\n/close\n```"] {
        let got = ask_json(&sandbox, "bot", "POST", ISSUES, &json!({"title": "T", "description": text})).await.json();
        assert_eq!((&got["state"], &got["description"]), (&json!("opened"), &json!(text)), "{text}");
    }
}

#[tokio::test]
async fn row_45_notes_come_newest_first_and_without_activity_if_asked() {
    let sandbox = sandbox();
    open_issue(&sandbox, "title=T").await;
    let notes = format!("{ISSUES}/1/notes");
    ask(&sandbox, "bot", "POST", &notes, "body=one").await;
    ask(&sandbox, "bot", "PUT", &format!("{ISSUES}/1"), "title=U").await;
    ask(&sandbox, "bot", "POST", &notes, "body=two").await;
    let all = ask(&sandbox, "bot", "GET", &notes, "").await.field_of_each("body");
    assert_eq!(all, ["two", "changed title from **T** to **U**", "one"]);
    let comments = ask(&sandbox, "bot", "GET", &format!("{notes}?activity_filter=only_comments&sort=asc"), "").await;
    assert_eq!(comments.field_of_each("body"), ["one", "two"]);
}
