//! What is kept of the web between runs: who is asked again, and that the verdicts stay those of a live check.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use linkcheck::CheckResult;
use linkcheck::cache::{Cache as Kept, DatedCache};
use linkcheck::check_options::CheckOptions;
use linkcheck::web::FetchError;
use podkeeper::pod::verdict::Verdict;
use proptest::prelude::*;

use super::stage::{InMemoryWeb, NOW, ScriptedResponse, Stage, empty_world, observations_by_url, verdict, web};

fn hours_later(hours: i64) -> DateTime<Utc> {
    NOW.parse::<DateTime<Utc>>().unwrap() + TimeDelta::hours(hours)
}

/// A check so many hours after the first, with what was kept, and a day of freshness.
async fn check_with_cache(web_of: &Arc<InMemoryWeb>, urls: &[&str], kept: &Kept, hours: i64) -> (CheckResult, Kept) {
    // What is kept passes through its file.
    let memory = Kept::parse(&kept.render(false), false).unwrap();
    assert_eq!(&memory, kept);
    let recall = DatedCache { cache: memory, now: hours_later(hours), max_age: TimeDelta::days(1) };
    let policy = CheckOptions { cache_context: Some(recall), ..CheckOptions::default() };
    let mut probed = Stage::new(empty_world(), None).check_with_policy(urls, &web(web_of), &policy).await;
    let kept = probed.cache.take().unwrap();
    (probed, kept)
}

fn json(probed: &CheckResult) -> String {
    serde_json::to_string_pretty(&probed.observations).unwrap()
}

const PAGE: &str = "<p id=x><p id=y>";

#[tokio::test(start_paused = true)]
async fn what_is_fresh_is_not_asked_and_what_is_stale_is_asked_whether_it_changed() {
    let tagged = ScriptedResponse::page(PAGE).with_header("etag", "\"one\"");
    let dated = ScriptedResponse::page(PAGE).with_header("last-modified", "Tue, 24 Nov 2026 05:00:00 GMT");
    let memory = InMemoryWeb::of(&[
        ("https://a.example/", &[tagged]),
        ("https://b.example/", &[dated]),
        ("https://c.example/", &[ScriptedResponse::page(PAGE)]),
    ]);
    let urls = ["https://a.example/#x", "https://a.example/#y", "https://b.example/", "https://c.example/"];
    let (first, kept) = check_with_cache(&memory, &urls, &Kept::default(), 0).await;
    assert_eq!((kept.len(), memory.requested_urls().len()), (3, 3));

    let (second, kept) = check_with_cache(&memory, &urls, &kept, 23).await;
    assert_eq!((memory.requested_urls().len(), second.web_requests), (3, 0), "all of it is fresh");
    assert_eq!(json(&second), json(&first));

    let (third, kept) = check_with_cache(&memory, &urls, &kept, 24).await;
    assert_eq!(memory.requested_urls().len(), 6, "all of it is stale");
    assert_eq!(memory.conditional_requests(), ["https://a.example/", "https://b.example/"]);
    assert_eq!(json(&third), json(&first));

    let (fourth, _) = check_with_cache(&memory, &urls, &kept, 47).await;
    assert_eq!(memory.requested_urls().len(), 6, "a 304 makes it fresh again");
    assert_eq!(json(&fourth), json(&first));
}

#[tokio::test(start_paused = true)]
async fn a_page_that_changed_is_judged_anew() {
    let old = ScriptedResponse::page(PAGE).with_header("etag", "\"one\"");
    let new = ScriptedResponse::page("<p id=y>").with_header("etag", "\"two\"");
    let memory = InMemoryWeb::of(&[
        ("https://a.example/", &[old.clone(), new]),
        ("https://b.example/", &[old.clone(), ScriptedResponse::status(404)]),
        ("https://c.example/", &[old, ScriptedResponse::Lost(FetchError::NoSuchHost)]),
    ]);
    let urls = ["https://a.example/#x", "https://b.example/", "https://c.example/"];
    let (_, kept) = check_with_cache(&memory, &urls, &Kept::default(), 0).await;
    let (probed, kept) = check_with_cache(&memory, &urls, &kept, 30).await;
    let seen = observations_by_url(probed);
    assert_eq!(verdict(&seen, urls[0]), Verdict::FragmentDead);
    assert_eq!(verdict(&seen, urls[1]), Verdict::Dead);
    assert_eq!(verdict(&seen, urls[2]), Verdict::Unreachable);
    assert_eq!(kept.len(), 1, "bad news is not kept");
}

#[tokio::test(start_paused = true)]
async fn failures_are_never_cached() {
    let sign_in = ScriptedResponse::page("<title>Sign in · GitLab</title>");
    let memory = InMemoryWeb::of(&[
        ("https://gone.example/", &[ScriptedResponse::status(410)]),
        ("https://shy.example/", &[ScriptedResponse::status(403)]),
        ("https://busy.example/", &[ScriptedResponse::status(429)]),
        ("https://ill.example/", &[ScriptedResponse::status(500)]),
        ("https://mute.example/", &[ScriptedResponse::Silence]),
        ("https://closed.example/", &[sign_in]),
        ("https://round.example/", &[ScriptedResponse::redirect(302, "https://round.example/")]),
    ]);
    let urls = [
        "https://gone.example/",
        "https://shy.example/",
        "https://busy.example/",
        "https://ill.example/",
        "https://mute.example/",
        "https://closed.example/",
        "https://round.example/",
        "https://none.example/",
        "https://ada:secret@user.example/",
    ];
    let (_, kept) = check_with_cache(&memory, &urls, &Kept::default(), 0).await;
    assert!(kept.is_empty(), "{}", kept.render(false));
}

#[tokio::test(start_paused = true)]
async fn a_place_that_was_not_found_is_asked_for_again() {
    let page = ScriptedResponse::page(PAGE).with_header("etag", "\"one\"");
    let memory = InMemoryWeb::of(&[("https://a.example/", &[page])]);
    let (_, kept) = check_with_cache(&memory, &["https://a.example/#x"], &Kept::default(), 0).await;
    check_with_cache(&memory, &["https://a.example/#x", "https://a.example/"], &kept, 1).await;
    assert_eq!(memory.requested_urls().len(), 1);
    // Nobody has searched for it yet, so the page is read whole, whatever its state is called.
    let (probed, kept) = check_with_cache(&memory, &["https://a.example/#x", "https://a.example/#z"], &kept, 2).await;
    assert_eq!((memory.requested_urls().len(), memory.conditional_requests().len()), (2, 0));
    assert_eq!(verdict(&observations_by_url(probed), "https://a.example/#z"), Verdict::FragmentDead);
    check_with_cache(&memory, &["https://a.example/#z"], &kept, 3).await;
    assert_eq!(memory.requested_urls().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_is_written_in_two_ways_is_known_by_either() {
    let memory = InMemoryWeb::of(&[("https://a.example/", &[ScriptedResponse::page("<p id='café'><p id=%C3%BC>")])]);
    let urls = ["https://a.example/#caf%C3%A9", "https://a.example/#%C3%BC"];
    let (first, kept) = check_with_cache(&memory, &urls, &Kept::default(), 0).await;
    let (second, _) = check_with_cache(&memory, &urls, &kept, 1).await;
    assert_eq!((json(&second), memory.requested_urls().len()), (json(&first), 1));
    assert!(observations_by_url(second).values().all(|seen| seen.assessment.verdict == Verdict::Alive));
}

#[tokio::test(start_paused = true)]
async fn a_file_that_tells_what_no_look_keeps_is_not_read() {
    let memory = InMemoryWeb::of(&[("https://a.example/", &[ScriptedResponse::page(PAGE)])]);
    let (_, kept) = check_with_cache(&memory, &["https://a.example/"], &Kept::default(), 0).await;
    let text = kept.render(false);
    for (is, other) in [("\"status\":200", "\"status\":404"), ("\"end\":\"https:", "\"end\":\"ftp:")] {
        assert!(text.contains(is), "{text}");
        let reported = Kept::parse(&text.replace(is, other), false).unwrap_err();
        assert_eq!(reported, "is damaged (it holds a page that was not there)");
    }
}

#[tokio::test(start_paused = true)]
async fn the_way_to_a_page_is_walked_anew_before_its_state_is_asked() {
    let page = ScriptedResponse::page(PAGE).with_header("etag", "\"one\"");
    let memory = InMemoryWeb::of(&[
        (
            "https://a.example/",
            &[
                ScriptedResponse::redirect(301, "https://b.example/"),
                ScriptedResponse::redirect(301, "https://b.example/"),
                ScriptedResponse::redirect(301, "https://c.example/"),
            ],
        ),
        ("https://b.example/", &[page]),
        ("https://c.example/", &[ScriptedResponse::page(PAGE)]),
    ]);
    let urls = ["https://a.example/#x"];
    let (first, kept) = check_with_cache(&memory, &urls, &Kept::default(), 0).await;
    assert_eq!(
        first.observations[0].assessment.suggestion.as_ref().map(linkcheck::text::Address::as_str),
        Some("https://b.example/#x")
    );
    let (fresh, _) = check_with_cache(&memory, &urls, &kept, 1).await;
    let (second, kept) = check_with_cache(&memory, &urls, &kept, 30).await;
    assert_eq!((json(&fresh), json(&second)), (json(&first), json(&first)));
    assert_eq!(memory.conditional_requests(), ["https://b.example/"]);
    let (third, _) = check_with_cache(&memory, &urls, &kept, 60).await;
    assert_eq!(
        third.observations[0].assessment.suggestion.as_ref().map(linkcheck::text::Address::as_str),
        Some("https://c.example/#x")
    );
    assert_eq!(memory.conditional_requests().len(), 1, "another page has another state");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_names_falls_out_thirty_days_after_it_was_fresh() {
    let memory = InMemoryWeb::of(&[
        ("https://a.example/", &[ScriptedResponse::page("")]),
        ("https://b.example/", &[ScriptedResponse::page("")]),
    ]);
    let (_, kept) = check_with_cache(&memory, &["https://a.example/", "https://b.example/"], &Kept::default(), 0).await;
    let (_, still) = check_with_cache(&memory, &["https://b.example/"], &kept, 31 * 24).await;
    let (_, gone) = check_with_cache(&memory, &["https://b.example/"], &kept, 31 * 24 + 1).await;
    assert_eq!((still.len(), gone.len()), (2, 1));
    // What another clock saw in the time to come proves nothing about now.
    let before = memory.requested_urls().len();
    let (_, anew) = check_with_cache(&memory, &["https://b.example/"], &kept, -1).await;
    assert_eq!((memory.requested_urls().len(), anew.len()), (before + 1, 1));
}

#[test]
fn a_file_that_is_not_whole_or_not_ours_is_not_read() {
    let none = Kept::default();
    for (text, is_sandbox, why) in [
        (String::new(), false, "damaged"),
        ("[]".to_owned(), false, "damaged"),
        (none.render(false).replace("pages", "leaves"), false, "damaged"),
        (none.render(false).trim_end().trim_end_matches('}').to_owned(), false, "damaged"),
        (none.render(false).replace("1,", "2,"), false, "version 2"),
        (none.render(true), false, "sandbox"),
        (none.render(false), true, "sandbox"),
    ] {
        let reported = Kept::parse(&text, is_sandbox).unwrap_err();
        assert!(reported.contains(why), "{text}: {reported}");
    }
    assert_eq!(Kept::parse(&none.render(true), true), Ok(none));
}

/// What an address of a drawn web says: a page in one of two states, a way elsewhere, or bad news.
pub(super) fn says_strategy() -> impl Strategy<Value = ScriptedResponse> {
    let page = (any::<bool>(), any::<bool>(), 0..3_usize).prop_map(|(x, y, tag)| {
        let body = format!("<p>{}{}", if x { "<p id=x>" } else { "" }, if y { "<p id=y>" } else { "" });
        match tag {
            0 => ScriptedResponse::page(&body),
            1 => ScriptedResponse::page(&body).with_header("etag", &format!("\"{x}{y}\"")),
            _ => ScriptedResponse::page(&body)
                .with_header("last-modified", if x { "Mon" } else { "Tue" })
                .with_header("etag", &format!("W/\"{x}{y}\"")),
        }
    });
    let way = (0..5_usize, 0..HOSTS, any::<bool>()).prop_map(|(status, host, place)| {
        ScriptedResponse::redirect(
            [301, 302, 303, 307, 308][status],
            &format!("https://h{host}.example/{}", if place { "#y" } else { "" }),
        )
    });
    let bad = prop::sample::select(vec![404_u16, 410, 403, 500, 503]).prop_map(ScriptedResponse::status);
    prop_oneof![6 => page, 3 => way, 1 => bad]
}

const HOSTS: usize = 6;

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// In a web that stays as it is, no check with a cache reports anything that a check without one does not.
    #[test]
    fn a_memory_changes_no_verdict(
        said in prop::collection::vec(says_strategy(), HOSTS),
        named in prop::collection::vec((0..HOSTS, prop::sample::select(vec!["", "#x", "#y", "#z"])), 1..10),
        hours in prop::collection::vec(0..60_i64, 1..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let hosts: Vec<String> = (0..HOSTS).map(|host| format!("https://h{host}.example/")).collect();
            let says: Vec<(&str, &[ScriptedResponse])> = hosts.iter().map(String::as_str).zip(said.iter().map(std::slice::from_ref)).collect();
            let memory = InMemoryWeb::of(&says);
            let urls: BTreeSet<String> = named.iter().map(|(host, place)| format!("{}{place}", hosts[*host])).collect();
            let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
            let live = Stage::new(empty_world(), None).check_links(&urls, &web(&memory)).await;
            let (mut kept, mut now) = (Kept::default(), 0);
            for hours in &hours {
                now += hours;
                let (probed, next) = check_with_cache(&memory, &urls, &kept, now).await;
                assert_eq!(json(&probed), json(&live));
                kept = next;
            }
        });
    }
}
