//! Switches and hosts that make trouble, in memory and over sockets.

use std::time::Duration;

use serde_json::json;
use tower::ServiceExt;

use super::{get, post, read_response, staged_sandbox};
use crate::Sandbox;
use crate::world::WebFault;

async fn get_web_page(sandbox: &Sandbox, url: &str) -> (u16, String, http::HeaderMap) {
    let request = http::Request::get(url).body(axum::body::Body::empty()).unwrap();
    let response = sandbox.web_router().oneshot(request).await.unwrap();
    let headers = response.headers().clone();
    let (status, body, _) = read_response(response).await;
    (status, body, headers)
}

#[tokio::test]
async fn moods_show_in_memory_without_waiting() {
    let sandbox = staged_sandbox();
    assert_eq!(get_web_page(&sandbox, "https://slow.lantern.example/any").await.0, 200, "slow on a socket only");
    sandbox.change_world(|world| world.add_web_fault("slow.lantern.example", "", WebFault::Hangs));
    let (status, _, headers) = get_web_page(&sandbox, "https://slow.lantern.example/any").await;
    assert_eq!((status, &headers["x-sandbox-fault"]), (504, &http::HeaderValue::from_static("hang")));
    let (status, _, headers) = get_web_page(&sandbox, "https://fuzzing.lantern.example/corpus").await;
    assert_eq!((status, &headers["retry-after"]), (429, &http::HeaderValue::from_static("120")));
    assert_eq!(
        get_web_page(&sandbox, "https://slack.com/help/articles/205239997-Pin-messages-and-bookmark-links").await.0,
        403
    );
    for status in [503, 200, 200] {
        assert_eq!(get_web_page(&sandbox, "https://manual.lantern.example/coverage-fuzzing/").await.0, status);
    }
}

#[tokio::test]
async fn a_videos_page_is_alive_whatever_became_of_it() {
    let sandbox = staged_sandbox();
    for (id, there) in [("bOxAlIvE-02", 200), ("bOxSeEd-D01", 404)] {
        assert_eq!(get_web_page(&sandbox, &format!("https://youtu.be/{id}")).await.0, 303);
        assert_eq!(get_web_page(&sandbox, &format!("https://www.youtube.com/watch?v={id}")).await.0, 200);
        assert_eq!(get_web_page(&sandbox, &format!("https://img.youtube.com/vi/{id}/0.jpg")).await.0, there);
        let watch = format!("https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3D{id}");
        assert_eq!(
            get_web_page(&sandbox, &format!("https://www.youtube.com/oembed?url={watch}&format=json")).await.0,
            there
        );
    }
}

#[tokio::test]
async fn pages_have_the_places_that_fragments_lead_to() {
    let sandbox = staged_sandbox();
    let (_, page, _) = get_web_page(&sandbox, "https://handbook.gitlab.com/handbook/product/categories/").await;
    assert!(page.contains("<h2 id=\"secure-stage\">Secure stage</h2>"), "{page}");
    let (_, page, _) = get_web_page(&sandbox, "https://docs.gitlab.com/user/application_security/dast/").await;
    assert!(page.contains("id=\"troubleshooting\"") && !page.contains("id=\"example"), "{page}");
}

/// gitlab-pages, `internal/serving/disk/reader.go`; GitLab docs, "GitLab Pages redirects".
#[tokio::test]
async fn a_host_is_served_as_gitlab_pages_serves_it() {
    let sandbox = staged_sandbox();
    sandbox.change_world(|world| {
        world.add_web_page("pages.example", "/new/guide", "Guide");
        world.add_pages_redirect("pages.example", "/new/guide", "/never/", 301);
        world.add_pages_redirect("pages.example", "/guide.html", "/new/guide/", 301);
        world.add_pages_redirect("pages.example", "/ee/*", "/:splat", 302);
    });
    for (path, status, location) in [
        ("/new/guide/", 200, ""),
        ("/new/guide", 302, "//pages.example/new/guide/"),
        ("/new/guide?a=b", 302, "//pages.example/new/guide/?a=b"),
        ("/guide.html", 301, "/new/guide/"),
        ("/ee/guide.html", 302, "/guide.html"),
        ("/gone/", 404, ""),
    ] {
        let (found, _, headers) = get_web_page(&sandbox, &format!("https://pages.example{path}")).await;
        let leads_to = headers.get("location").map_or("", |location| location.to_str().unwrap());
        assert_eq!((found, leads_to), (status, location), "{path}");
    }
}

#[tokio::test]
async fn f28_a_captive_portal_answers_everything_alike() {
    let sandbox = staged_sandbox();
    assert_eq!(post(&sandbox, "/-/world/fault", &json!({ "captive_portal": true })).await, 200);
    let (status, first, _) = get_web_page(&sandbox, "https://docs.gitlab.com/user/application_security/dast/").await;
    assert_eq!(status, 200);
    for url in ["https://docs.gitlab.com/no/such/page", "https://nothing.example/", "https://gitlab.com/group/tasks"] {
        let (status, body, _) = get_web_page(&sandbox, url).await;
        assert_eq!((status, &body), (200, &first), "{url}");
    }
    assert_eq!(get(&sandbox, "/-/dns/nothing.example").await.0, 200);
    assert_eq!(get(&sandbox, "/api/v4/projects/group%2Fdocs").await.0, 200, "the API is elsewhere");
    sandbox.change_world(|world| world.captive_portal = false);
    assert_eq!(get_web_page(&sandbox, "https://docs.gitlab.com/no/such/page").await.0, 404);
}

#[tokio::test]
async fn f27_names_do_not_resolve_and_hosts_hang_up() {
    let sandbox = staged_sandbox();
    post(&sandbox, "/-/world/fault", &json!({ "dns_down": true, "web_down": true })).await;
    assert_eq!(get(&sandbox, "/-/dns/docs.gitlab.com").await.0, 503);
    let (status, _, headers) = get_web_page(&sandbox, "https://docs.gitlab.com/").await;
    assert_eq!((status, &headers["x-sandbox-fault"]), (502, &http::HeaderValue::from_static("down")));
    post(&sandbox, "/-/world/fault", &json!({ "dns_down": false })).await;
    let world = sandbox.world();
    assert_eq!((world.dns_down, world.web_down), (false, true));
    assert_eq!(sandbox.journal(), []);
}

#[tokio::test]
async fn over_a_socket_a_host_hangs_or_hangs_up() {
    let sandbox = staged_sandbox();
    sandbox.change_world(|world| world.add_web_fault("slow.lantern.example", "", WebFault::Hangs));
    let serving = sandbox.serve("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let description = serving.description();
    let at: std::net::SocketAddr = description.web.unwrap().parse().unwrap();
    let client = || {
        let authority = reqwest::Certificate::from_pem(description.ca.as_deref().unwrap().as_bytes()).unwrap();
        let builder = reqwest::Client::builder().tls_certs_only([authority]).no_proxy();
        builder.resolve("slow.lantern.example", at).resolve("docs.gitlab.com", at).build().unwrap()
    };
    let known = client();
    let docs = format!("https://docs.gitlab.com:{}/user/project/labels/", at.port());
    assert_eq!(known.get(&docs).send().await.unwrap().status(), 200);
    let slow = format!("https://slow.lantern.example:{}/", at.port());
    let hangs = client().get(&slow).timeout(Duration::from_millis(300)).send().await.unwrap_err();
    assert!(hangs.is_timeout(), "{hangs:?}");

    sandbox.change_world(|world| world.web_down = true);
    assert!(client().get(&docs).send().await.is_err(), "a new connection is cut off");
    assert_eq!(known.get(&docs).send().await.unwrap().status(), 502, "an old one is told");
    sandbox.change_world(|world| world.web_down = false);
    assert_eq!(client().get(&docs).send().await.unwrap().status(), 200);

    // Somebody who still waits does not keep the sandbox up.
    let waits = tokio::spawn(client().get(&slow).send());
    tokio::time::sleep(Duration::from_millis(200)).await;
    tokio::time::timeout(Duration::from_secs(5), serving.serve_until(async {})).await.unwrap().unwrap();
    waits.await.unwrap().ok();
}
