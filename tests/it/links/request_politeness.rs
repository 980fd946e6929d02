//! How often who is asked, and what is reported of it.

use std::time::Duration;

use linkcheck::check_options::{CheckOptions, SkipRule};
use linkcheck::{Document, check_links};
use podkeeper::pod::verdict::Verdict;
use url::Url;

use super::stage::{InMemoryWeb, ScriptedResponse, Stage, check_web_links, empty_world, links, verdict, web};

#[tokio::test(start_paused = true)]
async fn a_page_and_its_places_are_one_request() {
    let memory = InMemoryWeb::of(&[("https://a.example/", &[ScriptedResponse::page("<p id=x><p id=y>")])]);
    let seen = check_web_links(
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
    assert_eq!(memory.requested_urls(), ["https://a.example/"]);
    assert_eq!(verdict(&seen, "https://a.example/#y"), Verdict::Alive);
    assert_eq!(verdict(&seen, "https://a.example/#z"), Verdict::FragmentDead);
}

#[tokio::test(start_paused = true)]
async fn a_silent_or_dead_host_costs_one_deadline_and_not_one_for_each_link() {
    let silent: Vec<String> = (0..50).map(|n| format!("https://mute.example/{n}")).collect();
    let dead: Vec<String> = (0..50).map(|n| format!("https://dead.example/{n}")).collect();
    let says: Vec<(&str, &[ScriptedResponse])> =
        silent.iter().map(|url| (url.as_str(), &[ScriptedResponse::Silence][..])).collect();
    let memory = InMemoryWeb::of(&says);
    let urls: Vec<&str> = silent.iter().chain(&dead).map(String::as_str).collect();
    let start = tokio::time::Instant::now();
    let seen = check_web_links(&memory, &urls).await;
    assert!(seen.values().all(|seen| seen.assessment.verdict == Verdict::Unreachable));
    let took = start.elapsed();
    println!("links=100 asked={} virtual_seconds={}", memory.requested_urls().len(), took.as_secs_f32());
    assert!(took <= Duration::from_secs(21), "{took:?}");
    assert!(memory.requested_urls().len() <= 4, "{:?}", memory.requested_urls());
}

#[tokio::test(start_paused = true)]
async fn f28_a_network_that_answers_every_address_alike_proves_nothing() {
    let hosts = ["a", "b", "c", "d", "e"];
    let urls: Vec<String> = hosts.iter().map(|host| format!("https://{host}.example/page#part")).collect();
    let pages: Vec<String> = hosts.iter().map(|host| format!("https://{host}.example/page")).collect();
    let canaries: Vec<String> =
        pages.iter().map(|page| page.replace("/page", "/podkeeper-asks-for-a-page-that-nobody-has")).collect();
    let portal = [ScriptedResponse::page("<title>Welcome aboard</title><p id=x>")];
    let gone = [ScriptedResponse::status(404)];
    for (canary, expected) in [(&portal, Verdict::Unreachable), (&gone, Verdict::FragmentDead)] {
        let mut says: Vec<(&str, &[ScriptedResponse])> = pages.iter().map(|url| (url.as_str(), &portal[..])).collect();
        says.extend(canaries.iter().map(|url| (url.as_str(), &canary[..])));
        let memory = InMemoryWeb::of(&says);
        let seen = check_web_links(&memory, &urls.iter().map(String::as_str).collect::<Vec<_>>()).await;
        assert!(seen.values().all(|seen| seen.assessment.verdict == expected), "{:?}", seen.values().next());
        assert_eq!(memory.requested_urls().len(), 6);
    }
    // Pages that differ cost no further request.
    let says: Vec<(String, Vec<ScriptedResponse>)> =
        pages.iter().map(|url| (url.clone(), vec![ScriptedResponse::page(&format!("<p id=part>{url}"))])).collect();
    let says: Vec<(&str, &[ScriptedResponse])> =
        says.iter().map(|(url, says)| (url.as_str(), says.as_slice())).collect();
    let memory = InMemoryWeb::of(&says);
    let seen = check_web_links(&memory, &urls.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert!(seen.values().all(|seen| seen.assessment.verdict == Verdict::Alive));
    assert_eq!(memory.requested_urls().len(), 5);
}

/// A filter leads everything that it does not like to one page of its own.
#[tokio::test(start_paused = true)]
async fn a_filter_that_leads_every_address_to_its_own_page_proves_nothing() {
    let urls: Vec<String> = (0..6).map(|n| format!("https://host{n}.example/page")).collect();
    let canaries = urls.iter().map(|url| url.replace("/page", "/podkeeper-asks-for-a-page-that-nobody-has"));
    let away = [ScriptedResponse::redirect(302, "https://filter.example/blocked")];
    let page = [ScriptedResponse::page("<title>This page is not for work</title>")];
    let addresses: Vec<String> = urls.iter().cloned().chain(canaries).collect();
    let mut says: Vec<(&str, &[ScriptedResponse])> = addresses.iter().map(|url| (url.as_str(), &away[..])).collect();
    says.push(("https://filter.example/blocked", &page));
    let seen = check_web_links(&InMemoryWeb::of(&says), &urls.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert!(seen.values().all(|seen| seen.assessment.verdict == Verdict::Unreachable), "{:?}", seen.values().next());
}

#[tokio::test(start_paused = true)]
async fn observations_are_sorted_and_know_all_their_places() {
    let memory = InMemoryWeb::of(&[
        ("https://a.example/", &[ScriptedResponse::page("x")]),
        ("https://site.example/x/", &[ScriptedResponse::page("x")]),
    ]);
    let stage = Stage::new(empty_world(), None);
    let first = links(&["https://a.example/", "/x/", "https://a.example/"]);
    let second = links(&["https://a.example/", "/x/", "skip:me"]);
    let (site, other): (Url, Url) =
        ("https://site.example/".parse().unwrap(), "https://other.example/".parse().unwrap());
    let documents = [
        Document { path: "b.md", links: (&first).into(), site_url: Some(&site), local_files: None },
        Document { path: "a.md", links: (&second).into(), site_url: Some(&other), local_files: None },
    ];
    let skip = vec![SkipRule { prefix: "skip:".to_owned(), reason: "not ours until 2027".to_owned() }];
    let probed = check_links(
        &documents,
        &[],
        &stage.reader,
        &web(&memory),
        &CheckOptions { skip_rules: skip, ..CheckOptions::default() },
    )
    .await;
    let reported: Vec<(String, Verdict, Vec<String>)> = probed
        .observations
        .iter()
        .map(|seen| {
            let places = seen.places.iter().map(|place| format!("{}:{}", place.path, place.line)).collect();
            (seen.url.as_str().to_owned(), seen.assessment.verdict, places)
        })
        .collect();
    let row = |url: &str, verdict, places: &[&str]| {
        (url.to_owned(), verdict, places.iter().map(|p| (*p).to_owned()).collect())
    };
    assert_eq!(
        reported,
        [
            // One text, two sites: two resources.
            row("/x/", Verdict::Unreachable, &["a.md:2"]),
            row("/x/", Verdict::Alive, &["b.md:2"]),
            row("https://a.example/", Verdict::Alive, &["a.md:1", "b.md:1", "b.md:3"]),
            row("skip:me", Verdict::Skipped, &["a.md:3"]),
        ]
    );
    assert_eq!(probed.web_requests, 3);
    assert_eq!(stage.reader.request_log().read_count(), 0);
}
