//! Rows 52 and 53 of the list "What a faithful sandbox must do", and the limits.

mod answers;
mod limits;
mod schema;

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::Sandbox;
use crate::world::{IssueEdit, NewIssue, Visibility, World};

fn small_world() -> World {
    let mut world = World::empty("2026-11-23T12:00:00Z".parse().unwrap());
    let bot = world.add_user("bot", "Bot");
    world.add_token("api", bot, &["api"], None);
    world.add_token("read_api", bot, &["read_api"], None);
    world.add_token("read_repository", bot, &["read_repository"], None);
    let root = world.add_user("root", "Root");
    world.make_admin(root);
    world.add_token("admin", root, &["api"], None);
    let project = world.add_project("group/sub/open", Visibility::Public);
    for (path, text) in [("README.md", "# Open\n"), ("data/a.yaml", "name: A\n"), ("data/b.yaml", "name: B\n")] {
        world.add_file(project, "main", path, text);
    }
    world.add_file(project, "main", "data/deep/c.yaml", "name: C\n");
    world.add_label(project, "pod::a", "#112233", "of the project");
    world.add_group_label("group/sub", "of the group", "#112233", "");
    world.add_group_label("group", "above", "#112233", "");
    let closed = IssueEdit { close: Some(true), ..Default::default() };
    for title in ["One", "Two"] {
        world.open_issue(project, bot, &NewIssue { title: title.to_owned(), ..Default::default() });
    }
    world.edit_issue(project, 2, bot, &closed);
    world.add_merge_request(project, bot, "A change", "merged");
    let hidden = world.add_project("group/hidden", Visibility::Private);
    world.add_file(hidden, "main", "secret.md", "no\n");
    let group = world.group_by_path("group").unwrap().id;
    world.add_epic(group, 41, "Pods", true);
    world.add_epic(group, 7, "Secret", false);
    world.groups.get_mut(&group).unwrap().epics.get_mut(&7).unwrap().confidential = true;
    world
}

fn sandbox() -> Sandbox {
    Sandbox::new(small_world())
}

async fn send(sandbox: &Sandbox, token: &str, body: &Value) -> (u16, Value) {
    let mut request = Request::post("/api/graphql").header("content-type", "application/json");
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer glpat-sandbox-{token}-no-secret"));
    }
    let response = sandbox.router().oneshot(request.body(Body::from(body.to_string())).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

async fn run_query(sandbox: &Sandbox, token: &str, query: &str) -> Value {
    let (status, answer) = send(sandbox, token, &json!({ "query": query })).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

/// The data of an answer that has no errors.
async fn query_data(sandbox: &Sandbox, token: &str, query: &str) -> Value {
    let answer = run_query(sandbox, token, query).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"].clone()
}

/// The messages of an answer's errors.
async fn query_errors(sandbox: &Sandbox, query: &str) -> Vec<String> {
    let answer = run_query(sandbox, "api", query).await;
    answer["errors"].as_array().unwrap().iter().map(|error| error["message"].as_str().unwrap().to_owned()).collect()
}
