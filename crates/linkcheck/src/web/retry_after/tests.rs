use super::*;

const NOW: &str = "Tue, 24 Nov 2026 06:00:00 GMT";

/// Headers as `name: value` lines, answered at [`NOW`].
fn headers(text: &str) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([(http::header::DATE, NOW.parse().unwrap())]);
    for line in text.lines() {
        let (name, value) = line.split_once(':').unwrap();
        headers.append(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.trim().parse().unwrap());
    }
    headers
}

const fn secs(seconds: u64) -> RequestedWait {
    RequestedWait::For(Duration::from_secs(seconds))
}

/// What is sent with a 429 → the wait.
const BUSY: [(&str, RequestedWait); 47] = [
    ("Retry-After: 7", secs(7)),
    ("Retry-After:   7  ", secs(7)),
    ("Retry-After: +7", secs(7)),
    ("Retry-After: \"7\"", secs(7)),
    ("Retry-After: 0", RequestedWait::NotGiven),
    ("Retry-After: -7", RequestedWait::NotGiven),
    ("Retry-After: 60", secs(60)),
    ("Retry-After: 61", RequestedWait::TooLong),
    ("Retry-After: 86400", RequestedWait::TooLong),
    ("Retry-After: 99999999999999999999999999", RequestedWait::TooLong),
    ("Retry-After: 1.5", RequestedWait::For(Duration::from_millis(1_500))),
    ("Retry-After: 1.2.3", RequestedWait::NotGiven),
    ("Retry-After: .", RequestedWait::NotGiven),
    ("Retry-After: inf", RequestedWait::NotGiven),
    ("Retry-After: NaN", RequestedWait::NotGiven),
    ("Retry-After: 1e9", RequestedWait::NotGiven),
    ("Retry-After:", RequestedWait::NotGiven),
    ("Retry-After: soon", RequestedWait::NotGiven),
    ("Retry-After: 0x10", RequestedWait::NotGiven),
    ("Retry-After: 20s", secs(20)),
    ("Retry-After: 120s", RequestedWait::TooLong),
    ("Retry-After: 1 minute", secs(60)),
    ("Retry-After: 500ms", RequestedWait::For(Duration::from_millis(500))),
    ("Retry-After: 3, 9, 5", secs(9)),
    ("Retry-After: 3\nRetry-After: 9", secs(9)),
    ("Retry-After: , ,5,", secs(5)),
    ("Retry-After: Tue, 24 Nov 2026 06:00:09 GMT", secs(9)),
    ("Retry-After: Tuesday, 24-Nov-26 06:00:09 GMT", secs(9)),
    ("Retry-After: Tue Nov 24 06:00:09 2026", secs(9)),
    ("Retry-After: Tue, 24 Nov 2026 07:00:09 +0100", secs(9)),
    ("Retry-After: 2026-11-24T06:00:09Z", secs(9)),
    ("Retry-After: Tue, 24 Nov 2026 06:00:04 GMT, Tue, 24 Nov 2026 06:00:09 GMT", secs(9)),
    ("Retry-After: 2, Tuesday, 24-Nov-26 06:00:09 GMT", secs(9)),
    ("Retry-After: Tue, 24 Nov 2026 05:59:59 GMT", RequestedWait::NotGiven),
    ("Retry-After: Tue, 24 Nov 2026 06:00:00 GMT", RequestedWait::NotGiven),
    ("Retry-After: Wed, 24 Nov 2027 06:00:00 GMT", RequestedWait::TooLong),
    ("Retry-After: Tue, 31 Feb 2026 06:00:00 GMT", RequestedWait::NotGiven),
    ("Retry-After: Tue,", RequestedWait::NotGiven),
    ("RateLimit-Reset: 12", secs(12)),
    ("X-RateLimit-Reset: 1795500012", secs(12)),
    ("X-RateLimit-Remaining: 3\nX-RateLimit-Reset: 12", secs(12)),
    ("RateLimit: \"default\";r=4;t=12", secs(12)),
    // The wait after this very answer goes before what is left in general.
    ("Retry-After: 5\nRateLimit-Remaining: 0\nRateLimit-Reset: 50", secs(5)),
    ("Retry-After: soon\nRateLimit-Reset: 12", secs(12)),
    ("RateLimit-Reset: 3600", RequestedWait::TooLong),
    ("RateLimit-Remaining: 0", RequestedWait::NotGiven),
    ("Server: nginx", RequestedWait::NotGiven),
];

/// What is sent with any other answer → how long the host is left alone, in seconds.
const OTHERS: [(&str, Option<u64>); 26] = [
    ("RateLimit-Remaining: 0\nRateLimit-Reset: 30", Some(30)),
    ("RateLimit-Remaining: 1\nRateLimit-Reset: 30", None),
    ("RateLimit-Remaining: -1\nRateLimit-Reset: 30", Some(30)),
    ("RateLimit-Remaining: none\nRateLimit-Reset: 30", None),
    ("RateLimit-Remaining: 0", None),
    ("RateLimit-Reset: 30", None),
    ("RateLimit-Remaining: 0\nRateLimit-Reset: 0", None),
    ("RateLimit-Remaining: 0\nRateLimit-Reset: -30", None),
    ("RateLimit-Remaining: 0;w=60\nRateLimit-Reset: 30", Some(30)),
    ("RateLimit-Remaining: 0, 0;w=60\nRateLimit-Reset: 30, 60", Some(30)),
    ("RateLimit-Remaining: 0\nRateLimit-Reset: Tue, 24 Nov 2026 06:00:30 GMT", Some(30)),
    ("X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1795500030", Some(30)),
    ("X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1795500030000", Some(30)),
    ("X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1795499999", None),
    ("X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1795503600", Some(60)),
    ("X-Rate-Limit-Remaining: 0\nX-Rate-Limit-Reset: 18446744073709551615", Some(60)),
    ("RateLimit: \"default\";r=0;t=30", Some(30)),
    ("RateLimit: \"default\";r=1;t=30", None),
    ("RateLimit: \"default\";r=0", None),
    ("RateLimit: \"default\";r=0;t=-30", None),
    ("RateLimit: \"default\";r=0;t=3000", Some(60)),
    ("RateLimit: \"a,b;r=0;t=9\";r=5;t=30", None),
    ("RateLimit: \"minute\";r=9;t=10, \"day\" ; r=0 ; t=30", Some(30)),
    ("RateLimit: limit=100, remaining=0, reset=30", Some(30)),
    ("RateLimit: limit=100, remaining=7, reset=30", None),
    ("RateLimit: ;;,=,\"", None),
];

#[test]
fn a_wait_is_read_in_every_form() {
    for (text, expected) in BUSY {
        assert_eq!(classify_wait(&headers(text), true), expected, "{text}");
    }
    for (text, expected) in OTHERS {
        assert_eq!(exhausted_wait(&headers(text)), expected.map(Duration::from_secs), "{text}");
        let wait = expected.map_or(RequestedWait::NotGiven, secs);
        let seen = classify_wait(&headers(text), false);
        assert!(seen == wait || (seen == RequestedWait::TooLong && expected == Some(60)), "{text}: {seen:?}");
    }
    println!("header_forms={}", BUSY.len() + OTHERS.len());
}

#[test]
fn without_a_date_of_the_host_a_date_says_nothing() {
    let mut dated = headers("Retry-After: Tue, 24 Nov 2026 06:00:09 GMT\nX-RateLimit-Remaining: 0");
    dated.append("x-ratelimit-reset", "1795500030".parse().unwrap());
    assert_eq!(classify_wait(&dated, true), secs(9));
    dated.remove("date");
    assert_eq!((classify_wait(&dated, true), exhausted_wait(&dated)), (RequestedWait::NotGiven, None));
}
