//! What a browser on the same machine can do with a sandbox that is served: nothing, but for its own pages.
//!
//! Requests are written byte by byte, because clients do not let their `Host` be chosen.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

use super::staged_sandbox;

/// Sends one request with these headers, and gives the status and the whole answer.
async fn ask(address: &str, request_line: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let headers = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<Vec<_>>().concat();
    let request = format!("{request_line} HTTP/1.1\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (answer.split(' ').nth(1).unwrap_or_default().parse().unwrap_or_default(), answer)
}

/// What is asked in each way: control, API and, with their feature, pages.
const REQUESTS: [&str; 7] = [
    "GET /-/sandbox",
    "GET /-/world",
    "GET /-/journal",
    "GET /-/dns/gitlab.com",
    "POST /-/world/reset",
    "GET /api/v4/version",
    "GET /-/journal.html",
];

#[tokio::test]
async fn a_name_that_leads_here_is_not_the_sandbox() {
    let sandbox = staged_sandbox();
    let serving = sandbox.serve("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let own = serving.url().authority().to_owned();
    let port = serving.url().port().unwrap();
    let changed = |world: &mut crate::world::World| world.dns_down = true;
    sandbox.change_world(changed);
    for request in REQUESTS {
        for host in [
            format!("rebound.example:{port}"),
            "rebound.example".to_owned(),
            format!("localhost:{port}"),
            format!("127.0.0.1.rebound.example:{port}"),
            format!("127.0.0.1:{}", port - 1),
            "127.0.0.1".to_owned(),
            format!("rebound.example@127.0.0.1:{port}"),
            format!("127.0.0.1:{port}/x"),
            String::new(),
        ] {
            let (status, answer) = ask(&own, request, &[("Host", &host)]).await;
            assert!(matches!(status, 400 | 421), "{request} {host:?}: {answer}");
            assert!(!answer.contains("glpat-"), "{answer}");
        }
        let (status, _) = ask(&own, request, &[]).await;
        assert!(matches!(status, 400 | 421), "{request} without Host: {status}");
        let (status, _) = ask(&own, request, &[("Host", &own), ("Host", "rebound.example")]).await;
        assert!(matches!(status, 400 | 421), "{request} with two: {status}");
        let (method, path) = request.split_once(' ').unwrap();
        let absolute = format!("{method} http://rebound.example{path}");
        assert_eq!(ask(&own, &absolute, &[("Host", &own)]).await.0, 421, "{absolute}");
    }
    assert!(sandbox.world().dns_down, "nobody reset the world");
    // By its own name it answers, in any letter case and in the absolute form.
    assert_eq!(ask(&own, "GET /-/sandbox", &[("Host", &own)]).await.0, 200);
    assert_eq!(ask(&own, &format!("GET http://{own}/-/sandbox"), &[("Host", &own)]).await.0, 200);
}

#[tokio::test]
async fn a_page_of_another_origin_drives_nothing() {
    let sandbox = staged_sandbox();
    let serving = sandbox.serve("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let own = serving.url().authority().to_owned();
    let port = serving.url().port().unwrap();
    sandbox.change_world(|world| world.dns_down = true);
    for request in REQUESTS.into_iter().chain(["OPTIONS /-/world/reset"]) {
        for origin in [
            "null".to_owned(),
            "https://evil.example".to_owned(),
            format!("https://127.0.0.1:{port}"),
            format!("http://127.0.0.1:{}", port - 1),
            format!("http://localhost:{port}"),
            format!("http://127.0.0.1.evil.example:{port}"),
            "file://".to_owned(),
            String::new(),
        ] {
            let (status, answer) = ask(&own, request, &[("Host", &own), ("Origin", &origin)]).await;
            assert_eq!(status, 403, "{request} {origin:?}: {answer}");
        }
    }
    assert!(sandbox.world().dns_down, "nobody reset the world");
    let origin = format!("http://{own}");
    let own_page = [("Host", own.as_str()), ("Origin", origin.as_str())];
    assert_eq!(ask(&own, "POST /-/world/reset", &own_page).await.0, 200);
    assert!(!sandbox.world().dns_down, "the control: its own origin may");
}

/// What stands before a sandbox passes on the host and the origin by which it was asked, or asks in its own name.
#[tokio::test]
async fn what_stands_before_it_is_answered_under_both_names() {
    let external: Url = "https://gitlab.lantern.example:8443/".parse().unwrap();
    let sandbox = staged_sandbox();
    let serving = sandbox.serve("127.0.0.1:0".parse().unwrap(), Some(external)).await.unwrap();
    let own = serving.description().dns.trim_start_matches("http://").trim_end_matches("/-/dns/").to_owned();
    for host in [own.as_str(), "gitlab.lantern.example:8443", "GitLab.lantern.example"] {
        for origin in ["https://gitlab.lantern.example:8443", &format!("http://{own}")] {
            assert_eq!(
                ask(&own, "GET /-/sandbox", &[("Host", host), ("Origin", origin)]).await.0,
                200,
                "{host} {origin}"
            );
        }
    }
    for (host, origin, status) in [
        ("gitlab.lantern.example.evil.example", "https://gitlab.lantern.example:8443", 421),
        (own.as_str(), "https://gitlab.lantern.example", 403),
        (own.as_str(), "http://gitlab.lantern.example:8443", 403),
    ] {
        assert_eq!(
            ask(&own, "GET /-/sandbox", &[("Host", host), ("Origin", origin)]).await.0,
            status,
            "{host} {origin}"
        );
    }
}

#[tokio::test]
async fn a_browser_runs_and_loads_nothing_of_a_raw_file() {
    let sandbox = staged_sandbox();
    let project = sandbox.world().project_by_path("group/tasks").unwrap().id;
    sandbox.change_world(|world| world.add_file(project, "main", "page.html", "<script>alert(1)</script>"));
    let serving = sandbox.serve("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let own = serving.url().authority().to_owned();
    let token = serving.description().tokens["api"].clone();
    for path in [
        "/group/tasks/-/raw/main/page.html".to_owned(),
        format!("/api/v4/projects/{project}/repository/files/page.html/raw?ref=main"),
        "/-/world".to_owned(),
        "/-/sandbox".to_owned(),
        "/nothing/here".to_owned(),
    ] {
        let headers = [("Host", own.as_str()), ("PRIVATE-TOKEN", token.as_str())];
        let (status, answer) = ask(&own, &format!("GET {path}"), &headers).await;
        let head = answer.split("\r\n\r\n").next().unwrap().to_lowercase();
        assert!(head.contains("\r\nx-content-type-options: nosniff"), "{path}: {head}");
        if cfg!(feature = "pages") && path.contains("raw") {
            assert_eq!(status, 200, "{path}: {answer}");
            assert!(head.contains("\r\ncontent-security-policy: sandbox; default-src 'none'"), "{path}: {head}");
        }
        assert!(
            head.contains("content-security-policy: ") && !head.contains("text/html") || status == 404,
            "{path}: {head}"
        );
    }
}

/// Names lead to invented public addresses, whatever a caller asks for: never into a network.
#[tokio::test]
async fn names_lead_to_invented_public_addresses_only() {
    let sandbox = staged_sandbox();
    sandbox.change_world(|world| world.captive_portal = true);
    for name in
        ["gitlab.com", "localhost", "127.0.0.1", "10.0.0.1", "metadata.google.internal", "a.example?address=10.0.0.1"]
    {
        let (status, body) = super::get(&sandbox, &format!("/-/dns/{name}")).await;
        assert_eq!(status, 200, "{name}: {body}");
        let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
        let addresses = answer["addresses"].as_array().unwrap();
        assert!(addresses.iter().all(|address| address.as_str().unwrap().starts_with("93.184.")), "{name}: {body}");
    }
    let address = serde_json::json!({ "name": "gitlab.com", "addresses": ["10.0.0.1"] });
    assert_eq!(super::post(&sandbox, "/-/dns/gitlab.com", &address).await, 404);
}
