//! What a host says about asking it less: it is waited for, and a host that fails is not asked three times as often.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use podkeeper::collect::links::Probed;
use podkeeper::collect::links::pace::Limits;
use podkeeper::collect::links::web::{Fetch, Lost, Settings, Web};
use podkeeper::pod::traffic::HostTraffic;
use podkeeper::pod::verdict::Verdict;
use tokio::time::Instant;

use super::stage::{Memory, Says, Stage, empty, over, seen, verdict};

/// Links of one host that all answer like this.
fn alike(host: &str, count: usize, says: &[Says]) -> (Arc<Memory>, Vec<String>) {
    let urls: Vec<String> = (0..count).map(|n| format!("https://{host}/{n:04}")).collect();
    let says: Vec<(&str, &[Says])> = urls.iter().map(|url| (url.as_str(), says)).collect();
    (Memory::of(&says), urls)
}

async fn probed(memory: &Arc<Memory>, urls: &[String], limits: Limits) -> Probed {
    let settings = Settings { seed: 7, limits, ..Settings::default() };
    let web = Web::over(Arc::clone(memory) as Arc<dyn Fetch>, settings);
    Stage::new(empty(), None).probe(&urls.iter().map(String::as_str).collect::<Vec<_>>(), &web).await
}

fn hosts(probed: &Probed) -> BTreeMap<&str, &HostTraffic> {
    probed.hosts.iter().map(|host| (host.host.as_str(), host)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_host_whose_allowance_is_used_up_is_left_alone_without_a_429_first() {
    let page = |n: usize| Says::page(&format!("page {n}"));
    let last = page(1).with("ratelimit", "\"default\";r=0;t=30");
    let memory = Memory::of(&[
        ("https://a.example/1", &[last]),
        ("https://a.example/2", &[page(2)]),
        ("https://a.example/3", &[page(3)]),
        ("https://b.example/1", &[page(4)]),
    ]);
    let urls: Vec<String> =
        ["a.example/1", "a.example/2", "a.example/3", "b.example/1"].map(|url| format!("https://{url}")).to_vec();
    let start = Instant::now();
    let probed = probed(&memory, &urls, Limits { per_host: 1, ..Limits::CAREFUL }).await;
    assert_eq!(start.elapsed(), Duration::from_millis(30_000 + 3 * 50));
    let (a, b) = (hosts(&probed)["a.example"].clone(), hosts(&probed)["b.example"].clone());
    assert_eq!((a.requests, a.retries, a.failures, a.held_ms), (3, 0, 0, 30_000));
    assert_eq!((b.requests, b.held_ms), (1, 0));
    assert!(seen(probed).values().all(|seen| seen.verdict == Verdict::Alive));
}

#[tokio::test(start_paused = true)]
async fn a_failing_host_is_asked_a_tenth_more_and_not_three_times_as_often() {
    for says in [Says::status(503), Says::Lost(Lost::Broken("reset".to_owned()))] {
        let (memory, urls) = alike("bad.example", 500, &[says]);
        let probed = probed(&memory, &urls, Limits::NONE).await;
        let bad = hosts(&probed)["bad.example"].clone();
        println!("links=500 requests={} retries={}", bad.requests, bad.retries);
        assert!(memory.asked().len() <= 500 + 10 + 60, "{}", memory.asked().len());
        assert_eq!((bad.requests, bad.failures), (memory.asked().len() as u64, bad.requests));
        assert!(bad.retries >= 50, "{}", bad.retries);
        assert!(seen(probed).values().all(|seen| seen.verdict == Verdict::Unreachable));
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_has_had_enough_is_not_asked_for_every_link() {
    for says in [Says::status(429), Says::status(429).with("retry-after", "86400")] {
        let (memory, urls) = alike("busy.example", 100, &[says]);
        let start = Instant::now();
        let probed = probed(&memory, &urls, Limits::CAREFUL).await;
        let asked = memory.asked().len();
        println!("links=100 asked={asked} virtual_seconds={}", start.elapsed().as_secs_f32());
        assert!(asked <= 12, "{asked}");
        assert!(seen(probed).values().all(|seen| seen.verdict == Verdict::Refused && seen.status == Some(429)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_429_without_a_word_on_time_is_asked_again_later() {
    let memory = Memory::of(&[("https://a.example/", &[Says::status(429), Says::status(429), Says::page("x")])]);
    let seen = over(&memory, &["https://a.example/"]).await;
    assert_eq!((verdict(&seen, "https://a.example/"), memory.asked().len()), (Verdict::Alive, 3));
}

#[tokio::test(start_paused = true)]
async fn a_503_that_names_a_time_is_asked_again_then() {
    let memory = Memory::of(&[
        ("https://a.example/", &[Says::status(503).with("retry-after", "40"), Says::page("x")]),
        ("https://b.example/", &[Says::status(503).with("retry-after", "4000"), Says::page("x")]),
    ]);
    let start = Instant::now();
    let seen = over(&memory, &["https://a.example/", "https://b.example/"]).await;
    assert_eq!(start.elapsed(), Duration::from_millis(40_100));
    assert_eq!(verdict(&seen, "https://a.example/"), Verdict::Alive);
    assert_eq!((verdict(&seen, "https://b.example/"), memory.asked().len()), (Verdict::Unreachable, 3));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_a_host_that_answers_is_asked_once_more() {
    let page = |n: usize| Says::page(&format!("page {n}"));
    let memory = Memory::of(&[
        ("https://a.example/1", &[page(1)]),
        ("https://a.example/2", &[Says::Silence, page(2)]),
        ("https://a.example/3", &[page(3)]),
    ]);
    let urls = ["https://a.example/1", "https://a.example/2", "https://a.example/3"];
    let start = Instant::now();
    let seen = over(&memory, &urls).await;
    assert_eq!((verdict(&seen, urls[1]), memory.asked().len()), (Verdict::Alive, 4));
    assert!(start.elapsed() < Duration::from_secs(21));
}

#[tokio::test(start_paused = true)]
async fn two_silences_at_one_time_are_one() {
    let late = |n: usize| [Says::Silence, Says::page(&format!("page {n}"))];
    let (two, three) = (late(2), late(3));
    let memory = Memory::of(&[
        ("https://a.example/1", &[Says::page("page 1")]),
        ("https://a.example/2", &two),
        ("https://a.example/3", &three),
    ]);
    let urls: Vec<String> = (1..=3).map(|n| format!("https://a.example/{n}")).collect();
    let seen = seen(probed(&memory, &urls, Limits { per_host: 3, ..Limits::CAREFUL }).await);
    assert!(seen.values().all(|seen| seen.verdict == Verdict::Alive), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_answered_is_given_up_at_the_second_failure_to_reach_it() {
    use Verdict::{Alive, Unreachable};
    for down in [Lost::NoHost, Lost::NotConnected("refused".to_owned()), Lost::Tls("no trust".to_owned())] {
        let (down, page) = (Says::Lost(down), |n: usize| Says::page(&format!("page {n}")));
        let memory = Memory::of(&[
            ("https://a.example/1", &[page(1)]),
            ("https://a.example/2", &[down.clone(), page(2)]),
            ("https://a.example/3", &[page(3)]),
            ("https://b.example/1", &[page(4)]),
            ("https://b.example/2", &[down]),
            ("https://b.example/3", &[page(5)]),
        ]);
        let urls: Vec<String> =
            ["a", "b"].iter().flat_map(|host| (1..=3).map(move |n| format!("https://{host}.example/{n}"))).collect();
        let probed = probed(&memory, &urls, Limits { per_host: 1, ..Limits::CAREFUL }).await;
        let requests = (hosts(&probed)["a.example"].requests, hosts(&probed)["b.example"].requests);
        assert_eq!(requests, (4, 3));
        let seen = seen(probed);
        let verdicts: Vec<Verdict> = urls.iter().map(|url| verdict(&seen, url)).collect();
        assert_eq!(verdicts, [Alive, Alive, Alive, Alive, Unreachable, Unreachable]);
    }
}

/// A host may be asked again, and slow ones have all places: that is waited for, and not looked at again and again.
#[tokio::test(start_paused = true)]
async fn who_is_due_while_all_places_are_taken_keeps_nobody_busy() {
    let memory = Memory::of(&[
        ("https://a.example/", &[Says::Silence]),
        ("https://b.example/", &[Says::Silence]),
        ("https://c.example/1", &[Says::page("page 1")]),
        ("https://c.example/2", &[Says::page("page 2")]),
    ]);
    let urls = ["a.example/", "b.example/", "c.example/1", "c.example/2"].map(|url| format!("https://{url}"));
    let limits = Limits { per_host: 1, in_all: 2, burst: 1, per_second: 2, ..Limits::CAREFUL };
    let (start, mut polls) = (Instant::now(), 0);
    let mut look = pin!(probed(&memory, &urls, limits));
    let probed = poll_fn(|context| {
        polls += 1;
        assert!(polls < 100, "it looks again and again");
        look.as_mut().poll(context)
    })
    .await;
    println!("polls={polls} virtual_seconds={}", start.elapsed().as_secs_f32());
    assert_eq!(start.elapsed(), Duration::from_millis(20_050));
    assert_eq!(verdict(&seen(probed), "https://c.example/2"), Verdict::Alive);
}

#[tokio::test(start_paused = true)]
async fn without_limits_a_silent_host_costs_one_deadline_too() {
    let (memory, urls) = alike("mute.example", 300, &[Says::Silence]);
    let start = Instant::now();
    let probed = probed(&memory, &urls, Limits::NONE).await;
    assert_eq!(start.elapsed(), Duration::from_secs(20));
    assert_eq!(memory.asked().len(), 128);
    let mute = hosts(&probed)["mute.example"].clone();
    assert_eq!((mute.requests, mute.failures, mute.retries, mute.median_ms), (128, 128, 0, None));
    assert!(seen(probed).values().all(|seen| seen.verdict == Verdict::Unreachable));
}

#[tokio::test(start_paused = true)]
async fn what_hosts_were_asked_is_told() {
    let memory = Memory::of(&[
        ("https://a.example/1", &[Says::page("x")]),
        ("https://a.example/2", &[Says::to(302, "http://b.example:8080/")]),
        ("https://a.example/3", &[Says::status(404)]),
        ("https://a.example/4", &[Says::status(403)]),
        ("https://a.example/5", &[Says::status(503), Says::page("y")]),
        ("http://b.example:8080/", &[Says::page("z")]),
    ]);
    let urls: Vec<String> = (1..=5).map(|n| format!("https://a.example/{n}")).collect();
    let probed = probed(&memory, &urls, Limits::CAREFUL).await;
    let told: Vec<(&str, u64, u64, u64)> =
        probed.hosts.iter().map(|host| (host.host.as_str(), host.requests, host.retries, host.failures)).collect();
    assert_eq!(told, [("a.example", 6, 1, 2), ("b.example:8080", 1, 0, 0)]);
    assert!(probed.hosts.iter().all(|host| host.median_ms == Some(48) && host.slowest_ms == Some(50)));
    assert_eq!(probed.web_requests, 7);
}
