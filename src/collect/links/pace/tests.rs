use super::*;

#[tokio::test(start_paused = true)]
async fn after_a_burst_the_rate_counts_and_other_hosts_do_not_wait() {
    let pace = Pace::new(Limits { per_host: 100, in_all: 100, ..Limits::POLITE }, Progress::default());
    let start = Instant::now();
    for _ in 0..30 {
        drop(pace.turn("a").await);
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    for _ in 0..20 {
        drop(pace.turn("a").await);
    }
    let waited = start.elapsed();
    assert!(waited >= Duration::from_millis(950) && waited <= Duration::from_millis(1_050), "{waited:?}");
    drop(pace.turn("b").await);
    assert_eq!(start.elapsed(), waited);
}

#[tokio::test(start_paused = true)]
async fn two_at_once_and_a_host_that_asks_for_time_gets_it() {
    let pace = Arc::new(Pace::new(Limits::CAREFUL, Progress::default()));
    let (first, second) = (pace.turn("a").await, pace.turn("a").await);
    let third = tokio::time::timeout(Duration::from_secs(1), pace.turn("a")).await;
    assert!(third.is_err(), "a third place was given away");
    drop((first, second));
    pace.hold("a", Duration::from_secs(7));
    let start = Instant::now();
    drop(pace.turn("a").await);
    assert_eq!(start.elapsed(), Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn a_host_that_never_spoke_is_given_up_at_once_another_at_the_second_silence() {
    let pace = Pace::new(Limits::CAREFUL, Progress::default());
    let silence = Judged::new(Verdict::Unreachable, "no answer");
    pace.unanswered("mute", Instant::now(), &silence);
    assert_eq!(pace.turn("mute").await.err(), Some(silence.clone()));
    pace.answered("slow", Duration::ZERO, true);
    let before = Instant::now();
    tokio::time::sleep(Duration::from_secs(1)).await;
    pace.unanswered("slow", before, &silence);
    // What was under way at the same time is the same silence.
    pace.unanswered("slow", before, &silence);
    assert!(pace.turn("slow").await.is_ok());
    pace.unanswered("slow", Instant::now(), &silence);
    assert!(pace.turn("slow").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_again_is_a_tenth_and_a_few_more_and_has_a_bound_over_all() {
    let pace = Pace::new(Limits::NONE, Progress::default());
    for _ in 0..200 {
        drop(pace.turn("a").await);
    }
    let again = |host: &str| (0..1_000).filter(|_| pace.again(host)).count();
    assert_eq!(again("a"), 30);
    assert_eq!(again("a"), 0);
    let others: usize = (0..100).map(|n| again(&format!("{n}"))).sum();
    assert_eq!(others, 30);
    let told = pace.traffic();
    assert_eq!((told.len(), told[0].requests, told[0].retries), (1, 200, 30));
}

#[tokio::test(start_paused = true)]
async fn a_host_that_asks_for_time_again_and_again_is_left_alone() {
    let pace = Pace::new(Limits::NONE, Progress::default());
    let start = Instant::now();
    let mut asked = 0;
    while pace.turn("a").await.is_ok() {
        asked += 1;
        pace.hold("a", Duration::from_secs(60));
        pace.hold("a", Duration::from_secs(20));
    }
    assert_eq!((asked, start.elapsed()), (6, Duration::from_secs(300)));
    assert_eq!(pace.turn("a").await.err().unwrap().verdict, Verdict::Refused);
    assert!(pace.turn("b").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn three_refusals_in_a_row_are_enough() {
    let pace = Pace::new(Limits::NONE, Progress::default());
    let busy = Judged::new(Verdict::Refused, "busy");
    for well in [true, false] {
        for _ in 0..2 {
            pace.refuses("a", &busy);
        }
        pace.answered("a", Duration::ZERO, well);
    }
    assert!(pace.turn("a").await.is_ok());
    pace.refuses("a", &busy);
    assert_eq!(pace.turn("a").await.err(), Some(busy));
}

#[test]
fn jitter_fills_all_of_its_range_repeats_with_its_seed_and_differs_by_link() {
    let waits: Vec<Duration> = (0..1_000).map(|n| jitter(7, &format!("https://a.example/{n}"), 1)).collect();
    assert!(waits.iter().all(|wait| *wait <= Duration::from_secs(1)));
    let below = waits.iter().filter(|wait| **wait < Duration::from_millis(500)).count();
    assert!((400..600).contains(&below), "{below}");
    assert_eq!(jitter(7, "x", 2), jitter(7, "x", 2));
    assert!(jitter(7, "x", u32::MAX) <= Duration::from_secs(16));
}
