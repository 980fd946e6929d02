//! What a host says about asking it less: it is waited for, and a host that fails is not asked three times as often.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use linkcheck::CheckResult;
use linkcheck::rate_limit::RateLimits;
use linkcheck::web::{Fetch, FetchError, WebClient, WebSettings};
use podkeeper::pod::traffic::HostTraffic;
use podkeeper::pod::verdict::Verdict;
use tokio::time::Instant;

use super::stage::{InMemoryWeb, ScriptedResponse, Stage, check_web_links, empty_world, observations_by_url, verdict};

/// Links of one host that all answer like this.
fn links_of_one_host(host: &str, count: usize, says: &[ScriptedResponse]) -> (Arc<InMemoryWeb>, Vec<String>) {
    let urls: Vec<String> = (0..count).map(|n| format!("https://{host}/{n:04}")).collect();
    let says: Vec<(&str, &[ScriptedResponse])> = urls.iter().map(|url| (url.as_str(), says)).collect();
    (InMemoryWeb::of(&says), urls)
}

async fn check_urls(memory: &Arc<InMemoryWeb>, urls: &[String], limits: RateLimits) -> CheckResult {
    let settings = WebSettings { jitter_seed: 7, limits, ..WebSettings::default() };
    let web = WebClient::with_fetch(Arc::clone(memory) as Arc<dyn Fetch>, settings);
    Stage::new(empty_world(), None).check_links(&urls.iter().map(String::as_str).collect::<Vec<_>>(), &web).await
}

fn hosts(probed: &CheckResult) -> BTreeMap<&str, &HostTraffic> {
    probed.host_traffic.iter().map(|host| (host.host.as_str(), host)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_host_whose_allowance_is_used_up_is_left_alone_without_a_429_first() {
    let page = |n: usize| ScriptedResponse::page(&format!("page {n}"));
    let last = page(1).with_header("ratelimit", "\"default\";r=0;t=30");
    let memory = InMemoryWeb::of(&[
        ("https://a.example/1", &[last]),
        ("https://a.example/2", &[page(2)]),
        ("https://a.example/3", &[page(3)]),
        ("https://b.example/1", &[page(4)]),
    ]);
    let urls: Vec<String> =
        ["a.example/1", "a.example/2", "a.example/3", "b.example/1"].map(|url| format!("https://{url}")).to_vec();
    let start = Instant::now();
    let probed = check_urls(&memory, &urls, RateLimits { concurrent_per_host: 1, ..RateLimits::CAREFUL }).await;
    assert_eq!(start.elapsed(), Duration::from_millis(30_000 + 3 * 50));
    let (a, b) = (hosts(&probed)["a.example"].clone(), hosts(&probed)["b.example"].clone());
    assert_eq!((a.requests, a.retries, a.failures, a.held_ms), (3, 0, 0, 30_000));
    assert_eq!((b.requests, b.held_ms), (1, 0));
    assert!(observations_by_url(probed).values().all(|seen| seen.assessment.verdict == Verdict::Alive));
}

#[tokio::test(start_paused = true)]
async fn a_failing_host_is_asked_a_tenth_more_and_not_three_times_as_often() {
    for says in [ScriptedResponse::status(503), ScriptedResponse::Lost(FetchError::BadResponse("reset".to_owned()))] {
        let (memory, urls) = links_of_one_host("bad.example", 500, &[says]);
        let probed = check_urls(&memory, &urls, RateLimits::NONE).await;
        let bad = hosts(&probed)["bad.example"].clone();
        println!("links=500 requests={} retries={}", bad.requests, bad.retries);
        assert!(memory.requested_urls().len() <= 500 + 10 + 60, "{}", memory.requested_urls().len());
        assert_eq!((bad.requests, bad.failures), (memory.requested_urls().len() as u64, bad.requests));
        assert!(bad.retries >= 50, "{}", bad.retries);
        assert!(observations_by_url(probed).values().all(|seen| seen.assessment.verdict == Verdict::Unreachable));
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_has_had_enough_is_not_asked_for_every_link() {
    for says in [ScriptedResponse::status(429), ScriptedResponse::status(429).with_header("retry-after", "86400")] {
        let (memory, urls) = links_of_one_host("busy.example", 100, &[says]);
        let start = Instant::now();
        let probed = check_urls(&memory, &urls, RateLimits::CAREFUL).await;
        let asked = memory.requested_urls().len();
        println!("links=100 asked={asked} virtual_seconds={}", start.elapsed().as_secs_f32());
        assert!(asked <= 12, "{asked}");
        assert!(
            observations_by_url(probed)
                .values()
                .all(|seen| seen.assessment.verdict == Verdict::Refused && seen.assessment.status == Some(429))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_429_without_a_word_on_time_is_asked_again_later() {
    let memory = InMemoryWeb::of(&[(
        "https://a.example/",
        &[ScriptedResponse::status(429), ScriptedResponse::status(429), ScriptedResponse::page("x")],
    )]);
    let seen = check_web_links(&memory, &["https://a.example/"]).await;
    assert_eq!((verdict(&seen, "https://a.example/"), memory.requested_urls().len()), (Verdict::Alive, 3));
}

#[tokio::test(start_paused = true)]
async fn a_503_that_names_a_time_is_asked_again_then() {
    let memory = InMemoryWeb::of(&[
        (
            "https://a.example/",
            &[ScriptedResponse::status(503).with_header("retry-after", "40"), ScriptedResponse::page("x")],
        ),
        (
            "https://b.example/",
            &[ScriptedResponse::status(503).with_header("retry-after", "4000"), ScriptedResponse::page("x")],
        ),
    ]);
    let start = Instant::now();
    let seen = check_web_links(&memory, &["https://a.example/", "https://b.example/"]).await;
    assert_eq!(start.elapsed(), Duration::from_millis(40_100));
    assert_eq!(verdict(&seen, "https://a.example/"), Verdict::Alive);
    assert_eq!((verdict(&seen, "https://b.example/"), memory.requested_urls().len()), (Verdict::Unreachable, 3));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_a_host_that_answers_is_asked_once_more() {
    let page = |n: usize| ScriptedResponse::page(&format!("page {n}"));
    let memory = InMemoryWeb::of(&[
        ("https://a.example/1", &[page(1)]),
        ("https://a.example/2", &[ScriptedResponse::Silence, page(2)]),
        ("https://a.example/3", &[page(3)]),
    ]);
    let urls = ["https://a.example/1", "https://a.example/2", "https://a.example/3"];
    let start = Instant::now();
    let seen = check_web_links(&memory, &urls).await;
    assert_eq!((verdict(&seen, urls[1]), memory.requested_urls().len()), (Verdict::Alive, 4));
    assert!(start.elapsed() < Duration::from_secs(21));
}

#[tokio::test(start_paused = true)]
async fn two_silences_at_one_time_are_one() {
    let late = |n: usize| [ScriptedResponse::Silence, ScriptedResponse::page(&format!("page {n}"))];
    let (two, three) = (late(2), late(3));
    let memory = InMemoryWeb::of(&[
        ("https://a.example/1", &[ScriptedResponse::page("page 1")]),
        ("https://a.example/2", &two),
        ("https://a.example/3", &three),
    ]);
    let urls: Vec<String> = (1..=3).map(|n| format!("https://a.example/{n}")).collect();
    let seen = observations_by_url(
        check_urls(&memory, &urls, RateLimits { concurrent_per_host: 3, ..RateLimits::CAREFUL }).await,
    );
    assert!(seen.values().all(|seen| seen.assessment.verdict == Verdict::Alive), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_answered_is_given_up_at_the_second_failure_to_reach_it() {
    use Verdict::{Alive, Unreachable};
    for down in [
        FetchError::NoSuchHost,
        FetchError::ConnectFailed("refused".to_owned()),
        FetchError::Tls("no trust".to_owned()),
    ] {
        let (down, page) = (ScriptedResponse::Lost(down), |n: usize| ScriptedResponse::page(&format!("page {n}")));
        let memory = InMemoryWeb::of(&[
            ("https://a.example/1", &[page(1)]),
            ("https://a.example/2", &[down.clone(), page(2)]),
            ("https://a.example/3", &[page(3)]),
            ("https://b.example/1", &[page(4)]),
            ("https://b.example/2", &[down]),
            ("https://b.example/3", &[page(5)]),
        ]);
        let urls: Vec<String> =
            ["a", "b"].iter().flat_map(|host| (1..=3).map(move |n| format!("https://{host}.example/{n}"))).collect();
        let probed = check_urls(&memory, &urls, RateLimits { concurrent_per_host: 1, ..RateLimits::CAREFUL }).await;
        let requests = (hosts(&probed)["a.example"].requests, hosts(&probed)["b.example"].requests);
        assert_eq!(requests, (4, 3));
        let seen = observations_by_url(probed);
        let verdicts: Vec<Verdict> = urls.iter().map(|url| verdict(&seen, url)).collect();
        assert_eq!(verdicts, [Alive, Alive, Alive, Alive, Unreachable, Unreachable]);
    }
}

/// A host may be asked again, and slow ones have all places: that is waited for, and not polled again and again.
#[tokio::test(start_paused = true)]
async fn who_is_due_while_all_places_are_taken_keeps_nobody_busy() {
    let memory = InMemoryWeb::of(&[
        ("https://a.example/", &[ScriptedResponse::Silence]),
        ("https://b.example/", &[ScriptedResponse::Silence]),
        ("https://c.example/1", &[ScriptedResponse::page("page 1")]),
        ("https://c.example/2", &[ScriptedResponse::page("page 2")]),
    ]);
    let urls = ["a.example/", "b.example/", "c.example/1", "c.example/2"].map(|url| format!("https://{url}"));
    let limits =
        RateLimits { concurrent_per_host: 1, concurrent_total: 2, burst: 1, per_second: 2, ..RateLimits::CAREFUL };
    let (start, mut polls) = (Instant::now(), 0);
    let mut look = pin!(check_urls(&memory, &urls, limits));
    let probed = poll_fn(|context| {
        polls += 1;
        assert!(polls < 100, "it looks again and again");
        look.as_mut().poll(context)
    })
    .await;
    println!("polls={polls} virtual_seconds={}", start.elapsed().as_secs_f32());
    assert_eq!(start.elapsed(), Duration::from_millis(20_050));
    assert_eq!(verdict(&observations_by_url(probed), "https://c.example/2"), Verdict::Alive);
}

#[tokio::test(start_paused = true)]
async fn without_limits_a_silent_host_costs_one_deadline_too() {
    let (memory, urls) = links_of_one_host("mute.example", 300, &[ScriptedResponse::Silence]);
    let start = Instant::now();
    let probed = check_urls(&memory, &urls, RateLimits::NONE).await;
    assert_eq!(start.elapsed(), Duration::from_secs(20));
    assert_eq!(memory.requested_urls().len(), 128);
    let mute = hosts(&probed)["mute.example"].clone();
    assert_eq!((mute.requests, mute.failures, mute.retries, mute.slowest_ms), (128, 128, 0, None));
    assert!(observations_by_url(probed).values().all(|seen| seen.assessment.verdict == Verdict::Unreachable));
}

#[tokio::test(start_paused = true)]
async fn requests_of_each_host_are_reported() {
    let memory = InMemoryWeb::of(&[
        ("https://a.example/1", &[ScriptedResponse::page("x")]),
        ("https://a.example/2", &[ScriptedResponse::redirect(302, "http://b.example:8080/")]),
        ("https://a.example/3", &[ScriptedResponse::status(404)]),
        ("https://a.example/4", &[ScriptedResponse::status(403)]),
        ("https://a.example/5", &[ScriptedResponse::status(503), ScriptedResponse::page("y")]),
        ("http://b.example:8080/", &[ScriptedResponse::page("z")]),
    ]);
    let urls: Vec<String> = (1..=5).map(|n| format!("https://a.example/{n}")).collect();
    let probed = check_urls(&memory, &urls, RateLimits::CAREFUL).await;
    let reported: Vec<(&str, u64, u64, u64)> = probed
        .host_traffic
        .iter()
        .map(|host| (host.host.as_str(), host.requests, host.retries, host.failures))
        .collect();
    assert_eq!(reported, [("a.example", 6, 1, 2), ("b.example:8080", 1, 0, 0)]);
    assert!(probed.host_traffic.iter().all(|host| host.slowest_ms == Some(50)));
    assert_eq!(probed.web_requests, 7);
}
