//! The switches for GitLab's worse days, set over HTTP as a person would.

use std::time::Duration;

use serde_json::{Value, json};

use super::{get, post, seeded};
use crate::sandbox::world::{Tier, Trouble};

#[tokio::test]
async fn switches_are_set_by_name_and_stay_as_they_were_otherwise() {
    let sandbox = seeded();
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
    assert_eq!((fault.times, &fault.trouble), (Some(2), &Trouble::RackAttack(5)));
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
async fn a_request_that_hangs_is_answered_by_nobody_and_does_not_keep_the_box_up() {
    let sandbox = seeded();
    post(&sandbox, "/-/world/fault", &json!({ "api": "hang", "times": 1 })).await;
    let serving = sandbox.serve("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let url = serving.url().join("/api/v4/projects").unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let hangs = client.get(url.clone()).timeout(Duration::from_millis(300)).send().await.unwrap_err();
    assert!(hangs.is_timeout(), "{hangs:?}");
    assert_eq!(client.get(url).send().await.unwrap().status(), 200);
    tokio::time::timeout(Duration::from_secs(5), serving.stopped(async {})).await.unwrap().unwrap();
}
