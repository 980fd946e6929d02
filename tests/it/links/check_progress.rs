//! How far a check is, as it is counted while it goes on.

use std::sync::Arc;
use std::time::Duration;

use linkcheck::progress::{Progress, ProgressState};
use linkcheck::web::{Fetch, WebClient, WebSettings};
use podkeeper::pod::verdict::Verdict;
use tokio::time::{Instant, sleep};

use super::stage::{InMemoryWeb, ScriptedResponse, Stage, empty_world, observations_by_url};

fn web_with_progress(fetch: Arc<dyn Fetch>) -> (WebClient, Progress) {
    let progress = Progress::default();
    let settings = WebSettings { jitter_seed: 7, progress: progress.clone(), ..WebSettings::default() };
    (WebClient::with_fetch(fetch, settings), progress)
}

/// What was counted and, of a host that asked for time, its name and the seconds that are left.
fn counts(so_far: ProgressState) -> (usize, usize, Option<(String, u64)>) {
    (so_far.done, so_far.all, so_far.longest_wait.map(|held| (held.host, held.left.as_secs())))
}

#[tokio::test(start_paused = true)]
async fn visits_are_counted_and_whoever_asked_for_time_is_named_while_that_is_waited_for() {
    let busy = [ScriptedResponse::status(429).with_header("retry-after", "30"), ScriptedResponse::page("a")];
    // It has no more to be asked when it says that its allowance is used up: nobody waits for it.
    let last = [ScriptedResponse::page("c").with_header("ratelimit", "\"default\";r=0;t=50")];
    let memory = InMemoryWeb::of(&[
        ("https://a.example/", &busy),
        ("https://b.example/1", &[ScriptedResponse::page("1")]),
        ("https://b.example/2", &[ScriptedResponse::status(404)]),
        ("https://c.example/", &last),
    ]);
    let (web, progress) = web_with_progress(Arc::clone(&memory) as Arc<dyn Fetch>);
    let urls = [
        "https://a.example/",
        "https://b.example/1",
        "https://b.example/1#x",
        "https://b.example/2",
        "https://c.example/",
    ];
    let stage = Stage::new(empty_world(), None);
    assert_eq!(counts(progress.state(Instant::now())), (0, 0, None));
    let meanwhile = async {
        sleep(Duration::from_millis(10)).await;
        let first = counts(progress.state(Instant::now()));
        sleep(Duration::from_secs(10)).await;
        (first, counts(progress.state(Instant::now())))
    };
    let (probed, (first, then)) = tokio::join!(stage.check_links(&urls, &web), meanwhile);
    assert_eq!(first, (0, 4, None));
    assert_eq!(then, (3, 4, Some(("a.example".to_owned(), 20))));
    assert_eq!(counts(progress.state(Instant::now())), (4, 4, None));
    assert!(observations_by_url(probed)["https://a.example/"].assessment.verdict == Verdict::Alive);
}

#[tokio::test(start_paused = true)]
async fn the_longest_wait_is_named_and_the_others_are_counted() {
    let waits = ["9", "40", "20"]
        .map(|wait| [ScriptedResponse::status(503).with_header("retry-after", wait), ScriptedResponse::page("x")]);
    let urls = ["https://a.example/", "http://b.example:8080/", "https://c.example/"];
    let says: Vec<(&str, &[ScriptedResponse])> = urls.iter().zip(&waits).map(|(url, says)| (*url, &says[..])).collect();
    let (web, progress) = web_with_progress(InMemoryWeb::of(&says));
    let stage = Stage::new(empty_world(), None);
    let meanwhile = async {
        sleep(Duration::from_secs(5)).await;
        let held = progress.state(Instant::now()).longest_wait.unwrap();
        sleep(Duration::from_secs(10)).await;
        (held, progress.state(Instant::now()).longest_wait.unwrap().others)
    };
    let (_, (held, later)) = tokio::join!(stage.check_links(&urls, &web), meanwhile);
    assert_eq!((held.host.as_str(), held.left.as_secs(), held.others, later), ("b.example:8080", 35, 2, 1));
}
