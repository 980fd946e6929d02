//! A small world and a client for it.

use axum::body::Body;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Request};
use serde_json::Value;
use tower::ServiceExt;

use crate::Sandbox;
use crate::world::{DEVELOPER, MAINTAINER, OWNER, Visibility, World};

/// One answer, read to its end.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Response {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("(none)", |value| value.to_str().unwrap())
    }

    /// One field of every item.
    pub(super) fn field_of_each(&self, key: &str) -> Vec<Value> {
        self.json().as_array().unwrap().iter().map(|item| item[key].clone()).collect()
    }
}

pub(super) fn noon() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// `group/pairing` (private) with a bot (reporter), a guest, a developer and an owner; `group/open` (public).
pub(super) fn small_world() -> World {
    let mut world = World::empty(noon());
    let project = world.add_project("group/pairing", Visibility::Private);
    let open = world.add_project("group/open", Visibility::Public);
    for (name, level) in [("bot", 20), ("guest", 10), ("dev", DEVELOPER), ("keeper", MAINTAINER), ("owner", OWNER)] {
        let user = world.add_user(name, name);
        world.add_token(name, user, &["api"], None);
        world.add_member(project, user, level);
        if level > 20 {
            world.add_member(open, user, level);
        }
    }
    let stranger = world.add_user("stranger", "stranger");
    world.add_token("stranger", stranger, &["api"], None);
    let bot = world.user_by_username("bot").unwrap().id;
    world.add_token("read_api", bot, &["read_api"], None);
    world.add_token("read_repository", bot, &["read_repository"], None);
    world.add_token("expired", bot, &["api"], Some(noon().date_naive()));
    world.add_label(project, "pod::a", "#112233", "the first pod");
    world.add_label(project, "pod::b", "#112233", "the second pod");
    world.add_group_label("group", "shared", "#445566", "secular matters");
    world.add_file(project, "main", "data/agents/a b.yaml", "name: A\n");
    world.add_file(open, "main", "README.md", "# Open\n");
    world
}

pub(super) fn sandbox() -> Sandbox {
    Sandbox::new(small_world())
}

/// Sends a request with the token of that name (`""` for none) and a form body.
pub(super) async fn ask(sandbox: &Sandbox, token: &str, method: &str, path: &str, form: &str) -> Response {
    send_body(sandbox, token, method, path, "application/x-www-form-urlencoded", form).await
}

/// Sends a request with a JSON body.
pub(super) async fn ask_json(sandbox: &Sandbox, token: &str, method: &str, path: &str, body: &Value) -> Response {
    send_body(sandbox, token, method, path, "application/json", &body.to_string()).await
}

pub(super) async fn send_body(
    sandbox: &Sandbox,
    token: &str,
    method: &str,
    path: &str,
    kind: &str,
    body: &str,
) -> Response {
    let mut request = Request::builder().method(method).uri(format!("/api/v4{path}"));
    if !token.is_empty() {
        request = request.header("PRIVATE-TOKEN", format!("glpat-sandbox-{token}-no-secret"));
    }
    request = request.header("content-type", kind);
    send_request(sandbox, request.body(Body::from(body.to_owned())).unwrap()).await
}

pub(super) async fn send_request(sandbox: &Sandbox, request: Request<Body>) -> Response {
    read_response(sandbox.router().oneshot(request).await.unwrap()).await
}

pub(super) async fn read_response(response: axum::response::Response) -> Response {
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    Response {
        status: parts.status.as_u16(),
        headers: parts.headers,
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// Opens an issue as the bot and returns its iid.
pub(super) async fn open_issue(sandbox: &Sandbox, form: &str) -> u64 {
    let got = ask(sandbox, "bot", "POST", "/projects/group%2Fpairing/issues", form).await;
    assert_eq!(got.status, 201, "{}", got.text);
    got.json()["iid"].as_u64().unwrap()
}

pub(super) const ISSUES: &str = "/projects/group%2Fpairing/issues";
pub(super) const LABELS: &str = "/projects/group%2Fpairing/labels";
pub(super) const PAIRING_GROUP: &str = "/groups/group";
