//! The JSON of a single merge request, and what it shows of renamed files.

use serde_json::{Value, json};

use super::requests::{ask, ask_json, sandbox};
use crate::Sandbox;

const OPEN_PROJECT: &str = "/projects/group%2Fopen";
const MERGE_REQUEST: &str = "/projects/group%2Fopen/merge_requests/1";

/// A merge request of the developer's whose branch makes these changes in one commit.
async fn open_merge_request(sandbox: &Sandbox, actions: Value) -> Value {
    let body = json!({ "branch": "fix", "start_branch": "main", "commit_message": "Do it", "actions": actions });
    let made = ask_json(sandbox, "dev", "POST", &format!("{OPEN_PROJECT}/repository/commits"), &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let form = "source_branch=fix&target_branch=main&title=Mend";
    ask(sandbox, "dev", "POST", &format!("{OPEN_PROJECT}/merge_requests"), form).await.json()
}

#[tokio::test]
async fn a_renamed_file_is_one_change_wherever_changes_are_shown() {
    let sandbox = sandbox();
    let actions = json!([
        { "action": "move", "file_path": "READ.md", "previous_path": "README.md" },
        { "action": "create", "file_path": "other", "content": "quite another text\n" },
    ]);
    let made = open_merge_request(&sandbox, actions).await;
    assert_eq!(made["changes_count"], "2");
    let changes = ask(&sandbox, "", "GET", &format!("{MERGE_REQUEST}/changes"), "").await.json();
    assert_eq!(changes["changes_count"], "2");
    let compared = format!("{OPEN_PROJECT}/repository/compare?from=main&to=fix");
    let compared = ask(&sandbox, "", "GET", &compared, "").await.json()["diffs"].clone();
    let diffs = ask(&sandbox, "", "GET", &format!("{MERGE_REQUEST}/diffs"), "").await.json();
    for shown in [&changes["changes"], &compared, &diffs] {
        let one = &shown[0];
        assert_eq!(shown.as_array().unwrap().len(), 2);
        assert_eq!(
            (&one["old_path"], &one["new_path"], &one["diff"]),
            (&json!("README.md"), &json!("READ.md"), &json!(""))
        );
        assert_eq!([&one["renamed_file"], &one["new_file"], &one["deleted_file"]], [true, false, false]);
        assert_eq!([&shown[1]["renamed_file"], &shown[1]["new_file"]], [false, true]);
    }
    // Merged, it is gone under the old name and there under the new one.
    assert_eq!(ask(&sandbox, "dev", "PUT", &format!("{MERGE_REQUEST}/merge"), "").await.status, 200);
    let tree = ask(&sandbox, "", "GET", &format!("{OPEN_PROJECT}/repository/tree"), "").await;
    assert_eq!(tree.field_of_each("path"), ["READ.md", "other"]);
}

#[tokio::test]
async fn a_file_that_went_and_came_in_one_commit_was_renamed() {
    let sandbox = sandbox();
    let actions = json!([
        { "action": "delete", "file_path": "README.md" },
        { "action": "create", "file_path": "docs/README.md", "content": "# Open\n" },
    ]);
    let sha = open_merge_request(&sandbox, actions).await["sha"].as_str().unwrap().to_owned();
    let diff = ask(&sandbox, "", "GET", &format!("{OPEN_PROJECT}/repository/commits/{sha}/diff"), "").await;
    assert_eq!(
        (diff.field_of_each("old_path"), diff.field_of_each("new_path")),
        (vec![json!("README.md")], vec![json!("docs/README.md")])
    );
}

#[tokio::test]
async fn a_single_merge_request_says_that_no_pipeline_runs() {
    let sandbox = sandbox();
    open_merge_request(&sandbox, json!([{ "action": "create", "file_path": "a", "content": "x" }])).await;
    let shown = ask(&sandbox, "", "GET", MERGE_REQUEST, "").await.json();
    for key in [
        "pipeline",
        "head_pipeline",
        "latest_build_started_at",
        "latest_build_finished_at",
        "first_deployed_to_production_at",
    ] {
        assert_eq!(shown.get(key), Some(&Value::Null), "{key}");
    }
    assert_eq!(shown["first_contribution"], true);
    let listed = ask(&sandbox, "", "GET", &format!("{OPEN_PROJECT}/merge_requests"), "").await.json();
    assert_eq!((listed[0].get("pipeline"), listed[0].get("first_contribution")), (None, None));
}

#[tokio::test]
async fn what_costs_time_is_there_only_where_it_is_asked_for() {
    let sandbox = sandbox();
    open_merge_request(&sandbox, json!([{ "action": "create", "file_path": "a", "content": "x" }])).await;
    let get = async |query: &str| ask(&sandbox, "", "GET", &format!("{MERGE_REQUEST}?{query}"), "").await.json();
    let plain = get("").await;
    assert_eq!((plain.get("diverged_commits_count"), plain.get("rebase_in_progress")), (None, None));
    let diverged = async || get("include_diverged_commits_count=1").await["diverged_commits_count"].clone();
    assert_eq!(diverged().await, 0);
    for name in ["one", "two"] {
        let body = json!({ "branch": "main", "content": "x", "commit_message": name });
        ask_json(&sandbox, "dev", "POST", &format!("{OPEN_PROJECT}/repository/files/{name}"), &body).await;
    }
    assert_eq!(diverged().await, 2);
    assert_eq!(get("include_rebase_in_progress=true").await["rebase_in_progress"], false);
    assert_eq!(
        ask(&sandbox, "", "GET", &format!("{MERGE_REQUEST}?include_rebase_in_progress=x"), "").await.status,
        400
    );
}
