use super::*;

#[tokio::test(start_paused = true)]
async fn after_a_burst_the_rate_counts_and_other_hosts_do_not_wait() {
    let pace = RateLimiter::new(
        RateLimits { concurrent_per_host: 100, concurrent_total: 100, ..RateLimits::POLITE },
        Progress::default(),
    );
    let start = Instant::now();
    for _ in 0..30 {
        drop(pace.acquire_permit("a", Transport::Tls).await);
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    for _ in 0..20 {
        drop(pace.acquire_permit("a", Transport::Tls).await);
    }
    let waited = start.elapsed();
    assert!(waited >= Duration::from_millis(950) && waited <= Duration::from_millis(1_050), "{waited:?}");
    drop(pace.acquire_permit("b", Transport::Tls).await);
    assert_eq!(start.elapsed(), waited);
}

#[tokio::test(start_paused = true)]
async fn two_at_once_and_a_host_that_asks_for_time_gets_it() {
    let pace = Arc::new(RateLimiter::new(RateLimits::CAREFUL, Progress::default()));
    let (first, second) =
        (pace.acquire_permit("a", Transport::Tls).await, pace.acquire_permit("a", Transport::Tls).await);
    let third = tokio::time::timeout(Duration::from_secs(1), pace.acquire_permit("a", Transport::Tls)).await;
    assert!(third.is_err(), "a third permit was given away");
    drop((first, second));
    pace.hold_host("a", Duration::from_secs(7));
    let start = Instant::now();
    drop(pace.acquire_permit("a", Transport::Tls).await);
    assert_eq!(start.elapsed(), Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn a_host_that_never_spoke_is_given_up_at_once_another_at_the_second_silence() {
    let pace = RateLimiter::new(RateLimits::CAREFUL, Progress::default());
    let silence = Assessment::new(Verdict::Unreachable, "no answer");
    pace.record_silence("mute", Transport::Tls, Instant::now(), &silence);
    assert_eq!(pace.acquire_permit("mute", Transport::Tls).await.err(), Some(silence.clone()));
    pace.record_answer("slow", Transport::Tls, Duration::ZERO, true);
    let before = Instant::now();
    tokio::time::sleep(Duration::from_secs(1)).await;
    pace.record_silence("slow", Transport::Tls, before, &silence);
    // What was under way at the same time is the same silence.
    pace.record_silence("slow", Transport::Tls, before, &silence);
    assert!(pace.acquire_permit("slow", Transport::Tls).await.is_ok());
    pace.record_silence("slow", Transport::Tls, Instant::now(), &silence);
    assert!(pace.acquire_permit("slow", Transport::Tls).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_port_that_is_silent_to_tls_is_asked_without_it_and_both_share_its_limits() {
    for (silent, other) in [(Transport::Tls, Transport::Plain), (Transport::Plain, Transport::Tls)] {
        let pace = RateLimiter::new(RateLimits::NONE, Progress::default());
        let silence = Assessment::new(Verdict::Unreachable, "no answer");
        pace.record_silence("a", silent, Instant::now(), &silence);
        assert!(!pace.is_open("a", silent) && pace.acquire_permit("a", silent).await.is_err());
        assert!(pace.is_open("a", other) && pace.acquire_permit("a", other).await.is_ok());
        for _ in 0..MOST_REFUSALS {
            pace.record_refusal("a", &silence);
        }
        assert!(!pace.is_open("a", other));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_again_is_a_tenth_and_a_few_more_and_has_a_bound_over_all() {
    let pace = RateLimiter::new(RateLimits::NONE, Progress::default());
    for _ in 0..200 {
        drop(pace.acquire_permit("a", Transport::Tls).await);
    }
    let again = |host: &str| (0..1_000).filter(|_| pace.try_take_retry(host)).count();
    assert_eq!(again("a"), 30);
    assert_eq!(again("a"), 0);
    let others: usize = (0..100).map(|n| again(&format!("{n}"))).sum();
    assert_eq!(others, 30);
    let reported = pace.traffic();
    assert_eq!((reported.len(), reported[0].requests, reported[0].retries), (1, 200, 30));
}

#[tokio::test(start_paused = true)]
async fn a_host_that_asks_for_time_again_and_again_is_left_alone() {
    let pace = RateLimiter::new(RateLimits::NONE, Progress::default());
    let start = Instant::now();
    let mut asked = 0;
    while pace.acquire_permit("a", Transport::Tls).await.is_ok() {
        asked += 1;
        pace.hold_host("a", Duration::from_secs(60));
        pace.hold_host("a", Duration::from_secs(20));
    }
    assert_eq!((asked, start.elapsed()), (6, Duration::from_secs(300)));
    assert_eq!(pace.acquire_permit("a", Transport::Tls).await.err().unwrap().verdict, Verdict::Refused);
    assert!(pace.acquire_permit("b", Transport::Tls).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn three_refusals_in_a_row_are_enough() {
    let pace = RateLimiter::new(RateLimits::NONE, Progress::default());
    let busy = Assessment::new(Verdict::Refused, "busy");
    for well in [true, false] {
        for _ in 0..2 {
            pace.record_refusal("a", &busy);
        }
        pace.record_answer("a", Transport::Tls, Duration::ZERO, well);
    }
    assert!(pace.acquire_permit("a", Transport::Tls).await.is_ok());
    pace.record_refusal("a", &busy);
    assert_eq!(pace.acquire_permit("a", Transport::Tls).await.err(), Some(busy));
}

#[test]
fn jitter_fills_all_of_its_range_repeats_with_its_seed_and_differs_by_link() {
    let waits: Vec<Duration> = (0..1_000).map(|n| jittered_backoff(7, &format!("https://a.example/{n}"), 1)).collect();
    assert!(waits.iter().all(|wait| *wait <= Duration::from_secs(1)));
    let below = waits.iter().filter(|wait| **wait < Duration::from_millis(500)).count();
    assert!((400..600).contains(&below), "{below}");
    assert_eq!(jittered_backoff(7, "x", 2), jittered_backoff(7, "x", 2));
    assert!(jittered_backoff(7, "x", u32::MAX) <= Duration::from_secs(16));
}
