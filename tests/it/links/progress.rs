//! How far a look is, as it is counted while it goes on.

use std::sync::Arc;
use std::time::Duration;

use podkeeper::collect::links::progress::{Progress, SoFar};
use podkeeper::collect::links::web::{Fetch, Settings, Web};
use podkeeper::pod::verdict::Verdict;
use tokio::time::{Instant, sleep};

use super::stage::{Memory, Says, Stage, empty, seen};

fn counting(fetch: Arc<dyn Fetch>) -> (Web, Progress) {
    let progress = Progress::default();
    let settings = Settings { seed: 7, progress: progress.clone(), ..Settings::default() };
    (Web::over(fetch, settings), progress)
}

/// What was counted and, of a host that asked for time, its name and the seconds that are left.
fn told(so_far: SoFar) -> (usize, usize, Option<(String, u64)>) {
    (so_far.done, so_far.all, so_far.held.map(|held| (held.host, held.left.as_secs())))
}

#[tokio::test(start_paused = true)]
async fn visits_are_counted_and_whoever_asked_for_time_is_named_while_that_is_waited_for() {
    let busy = [Says::status(429).with("retry-after", "30"), Says::page("a")];
    // It has no more to be asked when it says that its allowance is used up: nobody waits for it.
    let last = [Says::page("c").with("ratelimit", "\"default\";r=0;t=50")];
    let memory = Memory::of(&[
        ("https://a.example/", &busy),
        ("https://b.example/1", &[Says::page("1")]),
        ("https://b.example/2", &[Says::status(404)]),
        ("https://c.example/", &last),
    ]);
    let (web, progress) = counting(Arc::clone(&memory) as Arc<dyn Fetch>);
    let urls = [
        "https://a.example/",
        "https://b.example/1",
        "https://b.example/1#x",
        "https://b.example/2",
        "https://c.example/",
    ];
    let stage = Stage::new(empty(), None);
    assert_eq!(told(progress.so_far(Instant::now())), (0, 0, None));
    let meanwhile = async {
        sleep(Duration::from_millis(10)).await;
        let first = told(progress.so_far(Instant::now()));
        sleep(Duration::from_secs(10)).await;
        (first, told(progress.so_far(Instant::now())))
    };
    let (probed, (first, then)) = tokio::join!(stage.probe(&urls, &web), meanwhile);
    assert_eq!(first, (0, 4, None));
    assert_eq!(then, (3, 4, Some(("a.example".to_owned(), 20))));
    assert_eq!(told(progress.so_far(Instant::now())), (4, 4, None));
    assert!(seen(probed)["https://a.example/"].verdict == Verdict::Alive);
}

#[tokio::test(start_paused = true)]
async fn the_longest_wait_is_named_and_the_others_are_counted() {
    let waits = ["9", "40", "20"].map(|wait| [Says::status(503).with("retry-after", wait), Says::page("x")]);
    let urls = ["https://a.example/", "http://b.example:8080/", "https://c.example/"];
    let says: Vec<(&str, &[Says])> = urls.iter().zip(&waits).map(|(url, says)| (*url, &says[..])).collect();
    let (web, progress) = counting(Memory::of(&says));
    let stage = Stage::new(empty(), None);
    let meanwhile = async {
        sleep(Duration::from_secs(5)).await;
        let held = progress.so_far(Instant::now()).held.unwrap();
        sleep(Duration::from_secs(10)).await;
        (held, progress.so_far(Instant::now()).held.unwrap().others)
    };
    let (_, (held, later)) = tokio::join!(stage.probe(&urls, &web), meanwhile);
    assert_eq!((held.host.as_str(), held.left.as_secs(), held.others, later), ("b.example:8080", 35, 2, 1));
}
