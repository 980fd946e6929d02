//! Comments on merge requests, and what their descriptions do.

use serde_json::json;

use super::requests::{Response, ask, ask_json, sandbox};
use crate::Sandbox;

const ISSUES: &str = "/projects/group%2Fopen/issues";
const MERGE_REQUEST: &str = "/projects/group%2Fopen/merge_requests/1";

/// A merge request of the developer's with this description, and three issues.
async fn sandbox_with_merge_request(description: &str) -> Sandbox {
    let sandbox = sandbox();
    for title in ["One", "Two", "Three"] {
        assert_eq!(ask(&sandbox, "dev", "POST", ISSUES, &format!("title={title}")).await.status, 201);
    }
    sandbox.change_world(|world| {
        let project = world.project_by_path("group/open").unwrap().id;
        world.projects.get_mut(&project).unwrap().create_branch("fix", "main").unwrap();
        world.add_file(project, "fix", "fix.md", "x\n");
    });
    let body = json!({"source_branch": "fix", "target_branch": "main", "title": "Mend it", "description": description});
    let made = ask_json(&sandbox, "dev", "POST", "/projects/group%2Fopen/merge_requests", &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    sandbox
}

async fn get(sandbox: &Sandbox, path: &str) -> Response {
    ask(sandbox, "keeper", "GET", path, "").await
}

/// As in an issue: text from outside that can act must be seen acting.
#[tokio::test]
async fn commands_in_the_description_of_a_merge_request_run() {
    let sandbox = sandbox_with_merge_request("Look:\n\n/label ~shared\n/assign @keeper\n\n- /close\n").await;
    let one = get(&sandbox, MERGE_REQUEST).await.json();
    assert_eq!((&one["description"], &one["state"]), (&json!("Look:\n\n- /close"), &json!("opened")));
    assert_eq!((&one["labels"], &one["assignee"]["username"]), (&json!(["shared"]), &json!("keeper")));
    let body = json!({"description": "/close"});
    let closed = ask_json(&sandbox, "dev", "PUT", MERGE_REQUEST, &body).await.json();
    assert_eq!((&closed["state"], &closed["description"]), (&json!("closed"), &json!("")));
}

#[tokio::test]
async fn a_merge_request_and_the_issues_it_closes_know_each_other() {
    let sandbox = sandbox_with_merge_request("Closes #1 and #2; see #3 and #9").await;
    assert_eq!(get(&sandbox, &format!("{MERGE_REQUEST}/closes_issues")).await.field_of_each("iid"), [1, 2]);
    assert_eq!(get(&sandbox, &format!("{MERGE_REQUEST}/related_issues")).await.field_of_each("iid"), [1, 2, 3]);
    for (issue, closed_by, related) in [(1, json!([1]), json!([1])), (3, json!([]), json!([1]))] {
        let path = format!("{ISSUES}/{issue}");
        let closing = closed_by.as_array().unwrap().len();
        assert_eq!(get(&sandbox, &path).await.json()["merge_requests_count"], closing, "{issue}");
        assert_eq!(json!(get(&sandbox, &format!("{path}/closed_by")).await.field_of_each("iid")), closed_by, "{issue}");
        assert_eq!(
            json!(get(&sandbox, &format!("{path}/related_merge_requests")).await.field_of_each("iid")),
            related,
            "{issue}"
        );
    }
}

#[tokio::test]
async fn a_thread_is_resolved_by_developers_and_by_the_author_of_the_request() {
    let sandbox = sandbox_with_merge_request("").await;
    let discussions = format!("{MERGE_REQUEST}/discussions");
    let made = ask(&sandbox, "keeper", "POST", &discussions, "body=Why?").await;
    assert_eq!((made.status, &made.json()["notes"][0]["resolvable"]), (201, &json!(true)));
    let one = format!("{discussions}/{}", made.json()["id"].as_str().unwrap());
    assert_eq!(ask(&sandbox, "stranger", "PUT", &one, "resolved=true").await.status, 403);
    // The author has lost the role since.
    sandbox.change_world(|world| {
        let (project, dev) =
            (world.project_by_path("group/open").unwrap().id, world.user_by_username("dev").unwrap().id);
        world.projects.get_mut(&project).unwrap().members.remove(&dev);
    });
    let resolved = ask(&sandbox, "dev", "PUT", &one, "resolved=true").await;
    assert_eq!((resolved.status, &resolved.json()["notes"][0]["resolved"]), (200, &json!(true)));
    assert_eq!(ask(&sandbox, "keeper", "PUT", &one, "resolved=false").await.json()["notes"][0]["resolved"], false);
    let people = get(&sandbox, &format!("{MERGE_REQUEST}/participants")).await.field_of_each("username");
    assert_eq!(people, ["dev", "keeper"]);
    let on_an_issue = ask(&sandbox, "dev", "POST", &format!("{ISSUES}/1/discussions"), "body=x").await.json();
    let path = format!("{ISSUES}/1/discussions/{}", on_an_issue["id"].as_str().unwrap());
    assert_eq!(ask(&sandbox, "keeper", "PUT", &path, "resolved=true").await.status, 403);
}
