//! The switches for GitLab's worse days, set over HTTP as a person would.

use std::time::Duration;

use serde_json::{Value, json};

use super::{get, post, staged_sandbox};
use crate::faults::FaultKind;
use crate::world::Tier;

#[tokio::test]
async fn switches_are_set_by_name_and_stay_as_they_were_otherwise() {
    let sandbox = staged_sandbox();
    let all = json!({
        "tier": "free", "page_cap": 20, "short_pages": true, "uncounted": true, "scoped_race": true,
        "rate_headers": true, "api": "rack_attack", "method": "GET", "path": "/issues", "times": 2, "retry_after": 5,
    });
    assert_eq!(post(&sandbox, "/-/world/fault", &all).await, 200);
    assert_eq!(post(&sandbox, "/-/world/fault", &json!({ "short_pages": false })).await, 200);
    let world = sandbox.world();
    assert_eq!((world.tier, world.faults.page_cap), (Tier::Free, Some(20)));
    assert_eq!((world.faults.short_pages, world.faults.uncounted, world.faults.scoped_race), (false, true, true));
    let fault = &world.faults.api[0];
    assert_eq!((fault.times, &fault.kind), (Some(2), &FaultKind::RackAttack(5)));
    for wrong in [json!({ "tier": "gold" }), json!({ "api": "fire" }), json!({ "api": "redirect" })] {
        assert_eq!(post(&sandbox, "/-/world/fault", &wrong).await, 400, "{wrong}");
    }
    assert_eq!(post(&sandbox, "/-/world/fault", &json!({ "api": "none", "page_cap": "" })).await, 200);
    assert_eq!((sandbox.world().faults.api.len(), sandbox.world().faults.page_cap), (0, None));
    let dump: Value = serde_json::from_str(&get(&sandbox, "/-/world").await.1).unwrap();
    assert_eq!(dump["faults"]["uncounted"], true);
    assert_eq!(sandbox.journal(), []);
}

#[tokio::test]
async fn later_faults_are_set_by_name_too() {
    let sandbox = staged_sandbox();
    for (name, kind) in [
        ("html_forbidden", FaultKind::HtmlForbidden),
        ("stripped_paging", FaultKind::StrippedPaging),
        ("dropped", FaultKind::IgnoredPut),
        ("spam", FaultKind::Spam),
        ("spam_discarded", FaultKind::SpamDiscarded),
        ("bare_limit", FaultKind::HeaderlessRateLimit),
        ("wrong_date", FaultKind::WrongDate(-5)),
    ] {
        assert_eq!(post(&sandbox, "/-/world/fault", &json!({ "api": "none" })).await, 200);
        assert_eq!(post(&sandbox, "/-/world/fault", &json!({ "api": name, "seconds": -5 })).await, 200, "{name}");
        assert_eq!(sandbox.world().faults.api[0].kind, kind);
    }
    assert_eq!(post(&sandbox, "/-/world/fault", &json!({ "api": "wrong_date" })).await, 400);
}

#[tokio::test]
async fn a_request_that_hangs_is_answered_by_nobody_and_does_not_keep_the_box_up() {
    let sandbox = staged_sandbox();
    post(&sandbox, "/-/world/fault", &json!({ "api": "hang", "times": 1 })).await;
    let serving = sandbox.serve("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let url = serving.url().join("/api/v4/projects").unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let hangs = client.get(url.clone()).timeout(Duration::from_millis(300)).send().await.unwrap_err();
    assert!(hangs.is_timeout(), "{hangs:?}");
    assert_eq!(client.get(url).send().await.unwrap().status(), 200);
    tokio::time::timeout(Duration::from_secs(5), serving.serve_until(async {})).await.unwrap().unwrap();
}

#[tokio::test]
async fn on_a_socket_a_connection_is_reset_breaks_off_or_is_no_http() {
    let sandbox = staged_sandbox();
    let serving = sandbox.serve("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let url = serving.url().join("/api/v4/projects").unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let whole = client.get(url.clone()).send().await.unwrap().bytes().await.unwrap();
    let ask = async |fault: serde_json::Value| {
        post(&sandbox, "/-/world/fault", &fault).await;
        client.get(url.clone()).send().await
    };
    for broken in ["reset", "garbage"] {
        let error = ask(json!({ "api": broken, "times": 1 })).await.unwrap_err();
        assert!(error.is_request(), "{broken}: {error:?}");
    }
    for at in [0, 1, 17] {
        let answer = ask(json!({ "api": "cut", "at": at, "times": 1 })).await.unwrap();
        assert_eq!((answer.status(), answer.content_length()), (reqwest::StatusCode::OK, Some(whole.len() as u64)));
        assert!(answer.bytes().await.is_err(), "cut at {at}");
    }
    let dripping = ask(json!({ "api": "drip", "millis": 0, "times": 1 })).await.unwrap();
    assert_eq!(dripping.bytes().await.unwrap(), whole);
    let mut endless = ask(json!({ "api": "endless", "times": 1 })).await.unwrap();
    let mut taken = 0;
    while taken < 1_000_000 {
        taken += endless.chunk().await.unwrap().expect("it goes on").len();
    }
    drop(endless);
    // The next connection is as good as any.
    assert_eq!(client.get(url.clone()).send().await.unwrap().bytes().await.unwrap(), whole);
}

#[tokio::test]
async fn a_fault_passes_over_as_many_requests_as_it_is_told_to() {
    let sandbox = staged_sandbox();
    post(&sandbox, "/-/world/fault", &json!({ "api": "bad_gateway", "path": "/projects", "skip": 2, "times": 1 }))
        .await;
    for status in [200, 200, 502, 200] {
        assert_eq!(get(&sandbox, "/api/v4/projects").await.0, status);
        assert_ne!(get(&sandbox, "/api/v4/user").await.0, 502, "another path does not count");
    }
}
