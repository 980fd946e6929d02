//! How often who is asked, and what is told of it.

use std::time::Duration;

use podkeeper::collect::links::policy::{Policy, Skip};
use podkeeper::collect::links::{Document, probe};
use podkeeper::pod::verdict::Verdict;
use url::Url;

use super::stage::{Memory, Says, Stage, empty, links, over, verdict, web};

#[tokio::test(start_paused = true)]
async fn a_page_and_its_places_are_one_request() {
    let memory = Memory::of(&[("https://a.example/", &[Says::page("<p id=x><p id=y>")])]);
    let seen = over(
        &memory,
        &[
            "https://a.example",
            "https://a.example/#x",
            "https://a.example/#y",
            "https://a.example/#z",
            "https://a.example/",
        ],
    )
    .await;
    assert_eq!(memory.asked(), ["https://a.example/"]);
    assert_eq!(verdict(&seen, "https://a.example/#y"), Verdict::Alive);
    assert_eq!(verdict(&seen, "https://a.example/#z"), Verdict::FragmentDead);
}

#[tokio::test(start_paused = true)]
async fn a_silent_or_dead_host_costs_one_deadline_and_not_one_for_each_link() {
    let silent: Vec<String> = (0..50).map(|n| format!("https://mute.example/{n}")).collect();
    let dead: Vec<String> = (0..50).map(|n| format!("https://dead.example/{n}")).collect();
    let says: Vec<(&str, &[Says])> = silent.iter().map(|url| (url.as_str(), &[Says::Silence][..])).collect();
    let memory = Memory::of(&says);
    let urls: Vec<&str> = silent.iter().chain(&dead).map(String::as_str).collect();
    let start = tokio::time::Instant::now();
    let seen = over(&memory, &urls).await;
    assert!(seen.values().all(|seen| seen.verdict == Verdict::Unreachable));
    let took = start.elapsed();
    println!("links=100 asked={} virtual_seconds={}", memory.asked().len(), took.as_secs_f32());
    assert!(took <= Duration::from_secs(21), "{took:?}");
    assert!(memory.asked().len() <= 4, "{:?}", memory.asked());
}

#[tokio::test(start_paused = true)]
async fn f28_a_network_that_answers_every_address_alike_proves_nothing() {
    let hosts = ["a", "b", "c", "d", "e"];
    let urls: Vec<String> = hosts.iter().map(|host| format!("https://{host}.example/page#part")).collect();
    let pages: Vec<String> = hosts.iter().map(|host| format!("https://{host}.example/page")).collect();
    let canaries: Vec<String> =
        pages.iter().map(|page| page.replace("/page", "/podkeeper-asks-for-a-page-that-nobody-has")).collect();
    let portal = [Says::page("<title>Welcome aboard</title><p id=x>")];
    let gone = [Says::status(404)];
    for (canary, expected) in [(&portal, Verdict::Unreachable), (&gone, Verdict::FragmentDead)] {
        let mut says: Vec<(&str, &[Says])> = pages.iter().map(|url| (url.as_str(), &portal[..])).collect();
        says.extend(canaries.iter().map(|url| (url.as_str(), &canary[..])));
        let memory = Memory::of(&says);
        let seen = over(&memory, &urls.iter().map(String::as_str).collect::<Vec<_>>()).await;
        assert!(seen.values().all(|seen| seen.verdict == expected), "{:?}", seen.values().next());
        assert_eq!(memory.asked().len(), 6);
    }
    // Pages that differ cost no further request.
    let says: Vec<(String, Vec<Says>)> =
        pages.iter().map(|url| (url.clone(), vec![Says::page(&format!("<p id=part>{url}"))])).collect();
    let says: Vec<(&str, &[Says])> = says.iter().map(|(url, says)| (url.as_str(), says.as_slice())).collect();
    let memory = Memory::of(&says);
    let seen = over(&memory, &urls.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert!(seen.values().all(|seen| seen.verdict == Verdict::Alive));
    assert_eq!(memory.asked().len(), 5);
}

/// A filter leads everything that it does not like to one page of its own.
#[tokio::test(start_paused = true)]
async fn a_filter_that_leads_every_address_to_its_own_page_proves_nothing() {
    let urls: Vec<String> = (0..6).map(|n| format!("https://host{n}.example/page")).collect();
    let canaries = urls.iter().map(|url| url.replace("/page", "/podkeeper-asks-for-a-page-that-nobody-has"));
    let away = [Says::to(302, "https://filter.example/blocked")];
    let page = [Says::page("<title>This page is not for work</title>")];
    let addresses: Vec<String> = urls.iter().cloned().chain(canaries).collect();
    let mut says: Vec<(&str, &[Says])> = addresses.iter().map(|url| (url.as_str(), &away[..])).collect();
    says.push(("https://filter.example/blocked", &page));
    let seen = over(&Memory::of(&says), &urls.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert!(seen.values().all(|seen| seen.verdict == Verdict::Unreachable), "{:?}", seen.values().next());
}

#[tokio::test(start_paused = true)]
async fn observations_are_sorted_and_know_all_their_places() {
    let memory =
        Memory::of(&[("https://a.example/", &[Says::page("x")]), ("https://site.example/x/", &[Says::page("x")])]);
    let stage = Stage::new(empty(), None);
    let first = links(&["https://a.example/", "/x/", "https://a.example/"]);
    let second = links(&["https://a.example/", "/x/", "skip:me"]);
    let (site, other): (Url, Url) =
        ("https://site.example/".parse().unwrap(), "https://other.example/".parse().unwrap());
    let documents = [
        Document { path: "b.md", links: &first, site: Some(&site), local: None },
        Document { path: "a.md", links: &second, site: Some(&other), local: None },
    ];
    let skip = vec![Skip { beginning: "skip:".to_owned(), reason: "not ours until 2027".to_owned() }];
    let probed = probe(&documents, &[], &stage.reader, &web(&memory), &Policy { skip, ..Policy::default() }).await;
    let told: Vec<(String, Verdict, Vec<String>)> = probed
        .observations
        .iter()
        .map(|seen| {
            let places = seen.places.iter().map(|place| format!("{}:{}", place.path, place.line)).collect();
            (seen.url.clone(), seen.verdict, places)
        })
        .collect();
    let row = |url: &str, verdict, places: &[&str]| {
        (url.to_owned(), verdict, places.iter().map(|p| (*p).to_owned()).collect())
    };
    assert_eq!(
        told,
        [
            // One text, two sites: two resources.
            row("/x/", Verdict::Unreachable, &["a.md:2"]),
            row("/x/", Verdict::Alive, &["b.md:2"]),
            row("https://a.example/", Verdict::Alive, &["a.md:1", "b.md:1", "b.md:3"]),
            row("skip:me", Verdict::Skipped, &["a.md:3"]),
        ]
    );
    assert_eq!(probed.web_requests, 3);
    assert_eq!(stage.reader.counts().reads(), 0);
}
