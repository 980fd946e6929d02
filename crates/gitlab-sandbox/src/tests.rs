//! The sandbox as a whole: its own routes, its web, its pages and its sockets.

mod browsers;
mod faults;
#[cfg(feature = "pages")]
mod pages;
mod stage;
mod verbs;
mod web;

use std::sync::Arc;

use axum::body::Body;
use http::Request;
use proptest::prelude::*;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::Sandbox;
use super::world::World;
use stage::staged_sandbox;

async fn read_response(response: axum::response::Response) -> (u16, String, String) {
    let status = response.status().as_u16();
    let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap(), location.unwrap_or_default())
}

async fn get(sandbox: &Sandbox, path: &str) -> (u16, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let (status, body, _) = read_response(sandbox.router().oneshot(request).await.unwrap()).await;
    (status, body)
}

async fn post(sandbox: &Sandbox, path: &str, body: &Value) -> u16 {
    let request = Request::post(path).header("content-type", "application/json").body(Body::from(body.to_string()));
    read_response(sandbox.router().oneshot(request.unwrap()).await.unwrap()).await.0
}

/// Status and `Location` of a page of the web.
async fn get_web_page(sandbox: &Sandbox, url: &str) -> (u16, String) {
    let request = Request::get(url).body(Body::empty()).unwrap();
    let (status, _, location) = read_response(sandbox.web_router().oneshot(request).await.unwrap()).await;
    (status, location)
}

#[tokio::test]
async fn the_box_describes_itself() {
    let sandbox = staged_sandbox();
    let (status, body) = get(&sandbox, "/-/sandbox").await;
    let description: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &description["gitlab_host"]), (200, &json!("gitlab.com")));
    for name in ["api", "read_api", "read_repository", "person", "admin", "expired"] {
        assert!(description["tokens"][name].is_string(), "{name}");
    }
    assert_eq!(description["now"], "2026-11-23T12:00:00Z");
    assert_eq!(description["dns"], "http://127.0.0.1/-/dns/");
    assert_eq!((&description["web"], &description["ca"]), (&json!(null), &json!(null)));
}

#[tokio::test]
async fn names_resolve_to_public_addresses_or_not_at_all() {
    let sandbox = staged_sandbox();
    for name in ["gitlab.com", "docs.gitlab.com", "DOCS.gitlab.com.", "youtu.be", "slow.lantern.example"] {
        let (status, body) = get(&sandbox, &format!("/-/dns/{name}")).await;
        let address: std::net::IpAddr =
            serde_json::from_str::<Value>(&body).unwrap()["addresses"][0].as_str().unwrap().parse().unwrap();
        assert!(status == 200 && address.to_string().starts_with("93.184."), "{name}: {body}");
    }
    for name in ["nothing.example", "gitlab.edcast.com"] {
        assert_eq!(get(&sandbox, &format!("/-/dns/{name}")).await.0, 404, "{name}");
    }
    assert_eq!(get(&sandbox, "/-/dns/docs.gitlab.com").await.1, get(&sandbox, "/-/dns/docs.gitlab.com").await.1);
}

#[tokio::test]
async fn the_world_is_steered_over_http_and_none_of_it_is_in_the_journal() {
    let sandbox = staged_sandbox();
    assert_eq!(post(&sandbox, "/-/world/now", &json!({"now": "2026-11-30T00:00:00Z"})).await, 200);
    assert_eq!(sandbox.world().now.to_rfc3339(), "2026-11-30T00:00:00+00:00");
    assert_eq!(post(&sandbox, "/-/world/now", &json!({"now": "soon"})).await, 400);
    assert_eq!(post(&sandbox, "/-/world/token", &json!({"name": "api", "revoked": true})).await, 200);
    assert!(sandbox.world().tokens["api"].revoked);
    let id = sandbox.world().user_by_username("ines").unwrap().id;
    assert_eq!(post(&sandbox, "/-/world/user", &json!({"id": id, "username": "new", "state": "blocked"})).await, 200);
    assert_eq!(sandbox.world().users[&id].state, "blocked");
    assert_eq!(post(&sandbox, "/-/world/user", &json!({"id": 999})).await, 404);
    assert_eq!(sandbox.journal(), []);
    let (_, dump) = get(&sandbox, "/-/world").await;
    assert_eq!(get(&sandbox, "/-/world").await.1, dump);
    assert_eq!(get(&sandbox, "/-/journal").await.1, "[]\n");
}

#[tokio::test]
async fn the_time_of_a_live_box_is_its_clock() {
    let clock = Arc::new(|| "2030-01-01T00:00:00Z".parse().unwrap());
    let sandbox = Sandbox::with_clock(staged_sandbox().world(), clock);
    assert_eq!(sandbox.world().now.to_rfc3339(), "2030-01-01T00:00:00+00:00");
    assert_eq!(post(&sandbox, "/-/world/now", &json!({"now": "2026-11-30T00:00:00Z"})).await, 409);
}

#[tokio::test]
async fn row_49_the_web_hides_what_it_must_and_looks_alive_while_it_does() {
    let sandbox = staged_sandbox();
    for (url, status, to) in [
        ("https://gitlab.com/group/docs", 200, ""),
        ("https://gitlab.com/group/docs/-/blob/main/content/guide.md", 200, ""),
        ("https://gitlab.com/group/docs/-/blob/main/gone.md", 302, "/group/docs/-/tree/main"),
        ("https://gitlab.com/group/docs/-/blob/main/content", 302, "/group/docs/-/tree/main/content"),
        ("https://gitlab.com/group/docs/-/blob/gone/x.md", 404, ""),
        ("https://gitlab.com/group/docs/-/raw/main/gone.md", 404, ""),
        ("https://gitlab.com/group/docs/blob/main/gone.md", 301, "/group/docs/-/blob/main/gone.md"),
        ("https://gitlab.com/group/tasks", 302, "/users/sign_in"),
        ("https://gitlab.com/group/tasks/-/issues/1", 302, "/users/sign_in"),
        ("https://gitlab.com/group/nothing", 302, "/users/sign_in"),
        ("https://gitlab.com/groups/harbour-desk/support/-/epics/41", 200, ""),
        ("https://gitlab.com/groups/harbour-desk/support/-/work_items/41", 200, ""),
        ("https://gitlab.com/groups/harbour-desk/support/-/epics/52", 404, ""),
        ("https://gitlab.com/groups/none/-/epics/52", 302, "/users/sign_in"),
        ("https://gitlab.com/lantern-images/", 200, ""),
        ("https://gitlab.com/ines", 200, ""),
        ("https://gitlab.com/users/sign_in", 200, ""),
        (
            "https://gitlab.com/harbour-desk/support/playground/dependency-scanning",
            301,
            "/harbour-desk/support/playground/dependencies",
        ),
        ("https://docs.gitlab.com/user/application_security/dast/", 200, ""),
        (
            "https://docs.gitlab.com/ee/user/application_security/dast/",
            301,
            "https://docs.gitlab.com/user/application_security/dast/",
        ),
        ("https://docs.gitlab.com/no/such/page", 404, ""),
        ("https://github.com/zricethezav/gitleaks", 301, "https://github.com/gitleaks/gitleaks"),
        ("https://nothing.example/", 421, ""),
    ] {
        assert_eq!(get_web_page(&sandbox, url).await, (status, to.to_owned()), "{url}");
    }
}

#[tokio::test]
async fn whatever_is_at_an_address_now_comes_before_what_was_there_once() {
    let sandbox = staged_sandbox();
    let old = "https://gitlab.com/harbour-desk/support/playground/dependency-scanning";
    assert_eq!(get_web_page(&sandbox, old).await.0, 301);
    sandbox.change_world(|world| {
        world.add_project("harbour-desk/support/playground/dependency-scanning", super::world::Visibility::Public);
    });
    assert_eq!(get_web_page(&sandbox, old).await, (200, String::new()));
}

#[tokio::test]
async fn odd_requests_are_answered() {
    let sandbox = staged_sandbox();
    for path in [
        "/api",
        "/api/v4",
        "/api/v4/",
        "//",
        "/-",
        "/-/",
        "/%ff/%00",
        "/api/v4/projects/%2F/issues/-1/notes/x",
        "/a/-/issues/99999999999999999999",
    ] {
        let (status, _) = get(&sandbox, path).await;
        assert!((200..500).contains(&status), "{path}: {status}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever is asked, the sandbox answers, and never with a fault of its own.
    #[test]
    fn every_request_has_an_answer(
        method in prop::sample::select(vec!["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]),
        parts in prop::collection::vec(prop::sample::select(vec![
            "api", "v4", "projects", "group%2Ftasks", "group%2Fdocs", "1", "0", "issues", "notes", "labels", "links", "-",
            "type%3A%3Abug", "resource_label_events", "repository", "files", "tree", "content%2Fguide.md", "raw", "members",
            "all", "users", "user", "world", "now", "token", "dns", "%ff", "archive", "groups", "epics", "templates", "merge_requests", "discussions", "award_emoji", "milestones", "branches", "main", "commits", "diff", "blobs", "compare", "merge", "rebase", "approve", "changes", "members", "fork", "promote", "subscribe", "pipeline_schedules", "protected_branches", "resource_weight_events", "share", "block", "memberships", "tree", "blob", "commit", "labels", "work_items", "groups", "group", "work", "docs", "snapshot", "99999999999999999999", "personal_access_tokens", "self",
        ]), 0..7),
        api in any::<bool>(),
        query in prop::sample::select(vec!["", "?page=0&per_page=99999999999999999999", "?page=18446744073709551615", "?ref=main&iids[]=x", "?labels=,&in=é"]),
        body in prop::sample::select(vec![
            "", "title=x&labels=,,::,&due_date=éééééééééé", "{\"title\": null, \"labels\": {\"a\": [1]}}", "body=/close%0A/label", "[", "name=,&color=%23é",
            "branch=main&commit_message=m&content=é&encoding=base64", "target_project_id=1&target_issue_iid=1", "source_branch=main&target_branch=main&title=é", "branch=new&ref=main", "{\"branch\":\"main\",\"commit_message\":\"m\",\"actions\":[{\"action\":\"move\",\"file_path\":\"a\",\"previous_path\":\"b\"},3]}", "now=-262143-01-01",
        ]),
        json in any::<bool>(),
    ) {
        let sandbox = staged_sandbox();
        let prefix = if api { "/api/v4/projects/group%2Ftasks/" } else { "/" };
        let kind = if json { "application/json" } else { "application/x-www-form-urlencoded" };
        let request = Request::builder()
            .method(method)
            .uri(format!("{prefix}{}{query}", parts.join("/")))
            .header("content-type", kind)
            .header("private-token", "glpat-sandbox-admin-no-secret")
            .body(Body::from(body))
            .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (status, _, _) = runtime.block_on(async { read_response(sandbox.router().oneshot(request).await.unwrap()).await });
        prop_assert!((200..500).contains(&status), "{status}");
        // The world can still be shown and used after it.
        let (status, _) = runtime.block_on(get(&sandbox, "/group/tasks"));
        prop_assert_eq!(status, 200);
    }
}

#[tokio::test]
async fn it_is_served_on_loopback_only_and_stops_when_told() {
    let sandbox = staged_sandbox();
    let refused = sandbox.serve("192.0.2.1:0".parse().unwrap(), None).await.err().unwrap();
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);

    let serving = sandbox.serve("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let url = serving.url().clone();
    let description = serving.description();
    assert_eq!(format!("{}/", description.url), url.as_str());
    assert!(description.ca.unwrap().contains("BEGIN CERTIFICATE"));
    let web: std::net::SocketAddr = description.web.unwrap().parse().unwrap();
    let answer = reqwest::get(url.join("/-/sandbox").unwrap()).await.unwrap();
    assert_eq!(answer.status(), 200);

    // A client that connects and says nothing must not keep the sandbox up.
    let mute = tokio::net::TcpStream::connect(web).await.unwrap();
    serving.serve_until(async {}).await.unwrap();
    drop(mute);
    let port = url.port().unwrap();
    for address in [std::net::SocketAddr::from(([127, 0, 0, 1], port)), web] {
        assert!(tokio::net::TcpStream::connect(address).await.is_err(), "{address} still listens");
    }
}

#[tokio::test]
async fn an_external_url_stands_in_every_link() {
    let sandbox = staged_sandbox();
    let external = url::Url::parse("https://box.example/").unwrap();
    let serving = sandbox.serve("127.0.0.1:0".parse().unwrap(), Some(external)).await.unwrap();
    assert_eq!(serving.description().url, "https://box.example");
    assert!(serving.description().dns.starts_with("http://127.0.0.1:"), "the resolver must be reachable from here");
    let (_, project) = get(&sandbox, "/api/v4/projects/group%2Fdocs").await;
    assert!(project.contains("\"web_url\":\"https://box.example/group/docs\""), "{project}");
}
