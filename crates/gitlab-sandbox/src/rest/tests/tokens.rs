//! Tokens over the API, and what their scopes open.

use serde_json::json;

use super::requests::{ask, ask_json, sandbox, send_request};
use crate::Sandbox;

async fn get_status(sandbox: &Sandbox, token: &str, path: &str) -> u16 {
    let request = http::Request::get(format!("/api/v4{path}")).header("PRIVATE-TOKEN", token);
    send_request(sandbox, request.body(axum::body::Body::empty()).unwrap()).await.status
}

#[tokio::test]
async fn administrators_give_people_tokens_that_open_what_their_scopes_say() {
    let sandbox = sandbox();
    sandbox.change_world(|world| {
        let root = world.add_user("root", "Root");
        world.make_admin(root);
        world.add_token("root", root, &["api"], None);
    });
    let bot = sandbox.world().user_by_username("bot").unwrap().id;
    let tokens = format!("/users/{bot}/personal_access_tokens");
    let body = json!({ "name": "api", "scopes": ["read_repository"], "expires_at": "2026-12-24" });
    assert_eq!(ask_json(&sandbox, "bot", "POST", &tokens, &body).await.status, 403);
    let made = ask_json(&sandbox, "root", "POST", &tokens, &body).await;
    assert_eq!((made.status, &made.json()["user_id"], &made.json()["active"]), (201, &json!(bot), &json!(true)));
    let token = made.json()["token"].as_str().unwrap().to_owned();
    let pairing = "/projects/group%2Fpairing";
    for (path, expected) in [
        (format!("{pairing}/repository/files/data%2Fagents%2Fa%20b.yaml/raw"), 200),
        (format!("{pairing}/repository/tree"), 403),
        (pairing.to_owned(), 403),
        ("/user".to_owned(), 403),
        ("/personal_access_tokens/self".to_owned(), 200),
    ] {
        assert_eq!(get_status(&sandbox, &token, &path).await, expected, "{path}");
    }
    for (body, why) in [
        (json!({ "scopes": ["api"] }), "no name"),
        (json!({ "name": "x" }), "no scope"),
        (json!({ "name": "x", "scopes": ["everything"] }), "no such scope"),
        (json!({ "name": "x", "scopes": ["api"], "expires_at": "2026-11-01" }), "over already"),
    ] {
        assert_eq!(ask_json(&sandbox, "root", "POST", &tokens, &body).await.status, 400, "{why}");
    }
}

#[tokio::test]
async fn a_projects_token_brings_a_bot_with_a_role() {
    let sandbox = sandbox();
    let tokens = "/projects/group%2Fpairing/access_tokens";
    let body = json!({ "name": "worker", "scopes": ["api"], "access_level": 20 });
    assert_eq!(ask_json(&sandbox, "dev", "POST", tokens, &body).await.status, 403);
    let owner = json!({ "name": "worker", "scopes": ["api"], "access_level": 50 });
    assert_eq!(ask_json(&sandbox, "keeper", "POST", tokens, &owner).await.status, 400, "higher than one's own");
    let made = ask_json(&sandbox, "keeper", "POST", tokens, &body).await.json();
    let bot = ask(&sandbox, "dev", "GET", &format!("/users/{}", made["user_id"]), "").await.json();
    assert_eq!(bot["bot"], true);
    assert!(bot["username"].as_str().unwrap().starts_with("project_"), "{bot}");
    let token = made["token"].as_str().unwrap();
    assert_eq!(get_status(&sandbox, token, "/projects/group%2Fpairing/issues").await, 200);
    assert_eq!(get_status(&sandbox, token, "/user").await, 200);
}
