//! What is kept of the web between runs: who is asked again, and that the verdicts stay those of a live look.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use podkeeper::collect::links::Probed;
use podkeeper::collect::links::memory::{Memory as Kept, Recall};
use podkeeper::collect::links::policy::Policy;
use podkeeper::collect::links::web::Lost;
use podkeeper::pod::verdict::Verdict;
use proptest::prelude::*;

use super::stage::{Memory, NOW, Says, Stage, empty, seen, verdict, web};

fn at(hours: i64) -> DateTime<Utc> {
    NOW.parse::<DateTime<Utc>>().unwrap() + TimeDelta::hours(hours)
}

/// A look so many hours after the first, with what was kept, and a day of freshness.
async fn look(web_of: &Arc<Memory>, urls: &[&str], kept: &Kept, hours: i64) -> (Probed, Kept) {
    // What is kept passes through its file.
    let memory = Kept::read(&kept.written(false), false).unwrap();
    assert_eq!(&memory, kept);
    let recall = Recall { memory, now: at(hours), fresh: TimeDelta::days(1) };
    let policy = Policy { recall: Some(recall), ..Policy::default() };
    let mut probed = Stage::new(empty(), None).judge(urls, &web(web_of), &policy).await;
    let kept = probed.memory.take().unwrap();
    (probed, kept)
}

fn json(probed: &Probed) -> String {
    serde_json::to_string_pretty(&probed.observations).unwrap()
}

const PAGE: &str = "<p id=x><p id=y>";

#[tokio::test(start_paused = true)]
async fn what_is_fresh_is_not_asked_and_what_is_stale_is_asked_whether_it_changed() {
    let tagged = Says::page(PAGE).with("etag", "\"one\"");
    let dated = Says::page(PAGE).with("last-modified", "Tue, 24 Nov 2026 05:00:00 GMT");
    let memory = Memory::of(&[
        ("https://a.example/", &[tagged]),
        ("https://b.example/", &[dated]),
        ("https://c.example/", &[Says::page(PAGE)]),
    ]);
    let urls = ["https://a.example/#x", "https://a.example/#y", "https://b.example/", "https://c.example/"];
    let (first, kept) = look(&memory, &urls, &Kept::default(), 0).await;
    assert_eq!((kept.len(), memory.asked().len()), (3, 3));

    let (second, kept) = look(&memory, &urls, &kept, 23).await;
    assert_eq!((memory.asked().len(), second.web_requests), (3, 0), "all of it is fresh");
    assert_eq!(json(&second), json(&first));

    let (third, kept) = look(&memory, &urls, &kept, 24).await;
    assert_eq!(memory.asked().len(), 6, "all of it is stale");
    assert_eq!(memory.conditions(), ["https://a.example/", "https://b.example/"]);
    assert_eq!(json(&third), json(&first));

    let (fourth, _) = look(&memory, &urls, &kept, 47).await;
    assert_eq!(memory.asked().len(), 6, "a 304 makes it fresh again");
    assert_eq!(json(&fourth), json(&first));
}

#[tokio::test(start_paused = true)]
async fn a_page_that_changed_is_judged_anew() {
    let old = Says::page(PAGE).with("etag", "\"one\"");
    let new = Says::page("<p id=y>").with("etag", "\"two\"");
    let memory = Memory::of(&[
        ("https://a.example/", &[old.clone(), new]),
        ("https://b.example/", &[old.clone(), Says::status(404)]),
        ("https://c.example/", &[old, Says::Lost(Lost::NoHost)]),
    ]);
    let urls = ["https://a.example/#x", "https://b.example/", "https://c.example/"];
    let (_, kept) = look(&memory, &urls, &Kept::default(), 0).await;
    let (probed, kept) = look(&memory, &urls, &kept, 30).await;
    let seen = seen(probed);
    assert_eq!(verdict(&seen, urls[0]), Verdict::FragmentDead);
    assert_eq!(verdict(&seen, urls[1]), Verdict::Dead);
    assert_eq!(verdict(&seen, urls[2]), Verdict::Unreachable);
    assert_eq!(kept.len(), 1, "bad news is not kept");
}

#[tokio::test(start_paused = true)]
async fn bad_news_is_never_kept() {
    let sign_in = Says::page("<title>Sign in · GitLab</title>");
    let memory = Memory::of(&[
        ("https://gone.example/", &[Says::status(410)]),
        ("https://shy.example/", &[Says::status(403)]),
        ("https://busy.example/", &[Says::status(429)]),
        ("https://ill.example/", &[Says::status(500)]),
        ("https://mute.example/", &[Says::Silence]),
        ("https://closed.example/", &[sign_in]),
        ("https://round.example/", &[Says::to(302, "https://round.example/")]),
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
    let (_, kept) = look(&memory, &urls, &Kept::default(), 0).await;
    assert!(kept.is_empty(), "{}", kept.written(false));
}

#[tokio::test(start_paused = true)]
async fn a_place_that_was_not_found_is_asked_for_again() {
    let page = Says::page(PAGE).with("etag", "\"one\"");
    let memory = Memory::of(&[("https://a.example/", &[page])]);
    let (_, kept) = look(&memory, &["https://a.example/#x"], &Kept::default(), 0).await;
    look(&memory, &["https://a.example/#x", "https://a.example/"], &kept, 1).await;
    assert_eq!(memory.asked().len(), 1);
    // Nobody has looked for it yet, so the page is read whole, whatever its state is called.
    let (probed, kept) = look(&memory, &["https://a.example/#x", "https://a.example/#z"], &kept, 2).await;
    assert_eq!((memory.asked().len(), memory.conditions().len()), (2, 0));
    assert_eq!(verdict(&seen(probed), "https://a.example/#z"), Verdict::FragmentDead);
    look(&memory, &["https://a.example/#z"], &kept, 3).await;
    assert_eq!(memory.asked().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_is_written_in_two_ways_is_known_by_either() {
    let memory = Memory::of(&[("https://a.example/", &[Says::page("<p id='café'><p id=%C3%BC>")])]);
    let urls = ["https://a.example/#caf%C3%A9", "https://a.example/#%C3%BC"];
    let (first, kept) = look(&memory, &urls, &Kept::default(), 0).await;
    let (second, _) = look(&memory, &urls, &kept, 1).await;
    assert_eq!((json(&second), memory.asked().len()), (json(&first), 1));
    assert!(seen(second).values().all(|seen| seen.verdict == Verdict::Alive));
}

#[tokio::test(start_paused = true)]
async fn a_file_that_tells_what_no_look_keeps_is_not_read() {
    let memory = Memory::of(&[("https://a.example/", &[Says::page(PAGE)])]);
    let (_, kept) = look(&memory, &["https://a.example/"], &Kept::default(), 0).await;
    let text = kept.written(false);
    for (is, other) in [("\"status\":200", "\"status\":404"), ("\"end\":\"https:", "\"end\":\"ftp:")] {
        assert!(text.contains(is), "{text}");
        let told = Kept::read(&text.replace(is, other), false).unwrap_err();
        assert_eq!(told, "is damaged (https://a.example/ was not there)");
    }
}

#[tokio::test(start_paused = true)]
async fn the_way_to_a_page_is_walked_anew_before_its_state_is_asked() {
    let page = Says::page(PAGE).with("etag", "\"one\"");
    let memory = Memory::of(&[
        (
            "https://a.example/",
            &[
                Says::to(301, "https://b.example/"),
                Says::to(301, "https://b.example/"),
                Says::to(301, "https://c.example/"),
            ],
        ),
        ("https://b.example/", &[page]),
        ("https://c.example/", &[Says::page(PAGE)]),
    ]);
    let urls = ["https://a.example/#x"];
    let (first, kept) = look(&memory, &urls, &Kept::default(), 0).await;
    assert_eq!(first.observations[0].suggestion.as_deref(), Some("https://b.example/#x"));
    let (fresh, _) = look(&memory, &urls, &kept, 1).await;
    let (second, kept) = look(&memory, &urls, &kept, 30).await;
    assert_eq!((json(&fresh), json(&second)), (json(&first), json(&first)));
    assert_eq!(memory.conditions(), ["https://b.example/"]);
    let (third, _) = look(&memory, &urls, &kept, 60).await;
    assert_eq!(third.observations[0].suggestion.as_deref(), Some("https://c.example/#x"));
    assert_eq!(memory.conditions().len(), 1, "another page has another state");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_names_falls_out_thirty_days_after_it_was_fresh() {
    let memory = Memory::of(&[("https://a.example/", &[Says::page("")]), ("https://b.example/", &[Says::page("")])]);
    let (_, kept) = look(&memory, &["https://a.example/", "https://b.example/"], &Kept::default(), 0).await;
    let (_, still) = look(&memory, &["https://b.example/"], &kept, 31 * 24).await;
    let (_, gone) = look(&memory, &["https://b.example/"], &kept, 31 * 24 + 1).await;
    assert_eq!((still.len(), gone.len()), (2, 1));
    // What another clock saw in the time to come proves nothing about now.
    let before = memory.asked().len();
    let (_, anew) = look(&memory, &["https://b.example/"], &kept, -1).await;
    assert_eq!((memory.asked().len(), anew.len()), (before + 1, 1));
}

#[test]
fn a_file_that_is_not_whole_or_not_ours_is_not_read() {
    let none = Kept::default();
    for (text, boxed, why) in [
        (String::new(), false, "damaged"),
        ("[]".to_owned(), false, "damaged"),
        (none.written(false).replace("pages", "leaves"), false, "damaged"),
        (none.written(false).trim_end().trim_end_matches('}').to_owned(), false, "damaged"),
        (none.written(false).replace("1,", "2,"), false, "version 2"),
        (none.written(true), false, "box"),
        (none.written(false), true, "box"),
    ] {
        let told = Kept::read(&text, boxed).unwrap_err();
        assert!(told.contains(why), "{text}: {told}");
    }
    assert_eq!(Kept::read(&none.written(true), true), Ok(none));
}

/// What an address of a drawn web says: a page in one of two states, a way elsewhere, or bad news.
pub(super) fn says() -> impl Strategy<Value = Says> {
    let page = (any::<bool>(), any::<bool>(), 0..3_usize).prop_map(|(x, y, tag)| {
        let body = format!("<p>{}{}", if x { "<p id=x>" } else { "" }, if y { "<p id=y>" } else { "" });
        match tag {
            0 => Says::page(&body),
            1 => Says::page(&body).with("etag", &format!("\"{x}{y}\"")),
            _ => Says::page(&body)
                .with("last-modified", if x { "Mon" } else { "Tue" })
                .with("etag", &format!("W/\"{x}{y}\"")),
        }
    });
    let way = (0..5_usize, 0..HOSTS, any::<bool>()).prop_map(|(status, host, place)| {
        Says::to(
            [301, 302, 303, 307, 308][status],
            &format!("https://h{host}.example/{}", if place { "#y" } else { "" }),
        )
    });
    let bad = prop::sample::select(vec![404_u16, 410, 403, 500, 503]).prop_map(Says::status);
    prop_oneof![6 => page, 3 => way, 1 => bad]
}

const HOSTS: usize = 6;

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// In a web that stays as it is, no look with a memory tells anything that a look without one does not.
    #[test]
    fn a_memory_changes_no_verdict(
        said in prop::collection::vec(says(), HOSTS),
        named in prop::collection::vec((0..HOSTS, prop::sample::select(vec!["", "#x", "#y", "#z"])), 1..10),
        hours in prop::collection::vec(0..60_i64, 1..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let hosts: Vec<String> = (0..HOSTS).map(|host| format!("https://h{host}.example/")).collect();
            let says: Vec<(&str, &[Says])> = hosts.iter().map(String::as_str).zip(said.iter().map(std::slice::from_ref)).collect();
            let memory = Memory::of(&says);
            let urls: BTreeSet<String> = named.iter().map(|(host, place)| format!("{}{place}", hosts[*host])).collect();
            let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
            let live = Stage::new(empty(), None).probe(&urls, &web(&memory)).await;
            let (mut kept, mut now) = (Kept::default(), 0);
            for hours in &hours {
                now += hours;
                let (probed, next) = look(&memory, &urls, &kept, now).await;
                assert_eq!(json(&probed), json(&live));
                kept = next;
            }
        });
    }
}
