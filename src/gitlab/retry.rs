//! When to send again, and how long to wait before.
//!
//! GET, PUT (ours are absolute) and GraphQL queries are sent up to three times; any other POST only when it
//! certainly did not happen.
//! Waits are tokio time, so that tests run on a virtual clock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{HeaderMap, Method, StatusCode};
use linkcheck::web::retry_after::requested_wait;

use super::error::RequestError;

/// The most sendings of one request.
pub(super) const MAX_ATTEMPTS: u32 = 3;
const BACKOFF_BASE: Duration = Duration::from_millis(500);
const MAX_BACKOFF: Duration = Duration::from_secs(20);
/// A wait that a server asks for is kept up to this; a longer one ends the request.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(120);
/// GitLab's application limiter answers a 429 without a header, not even a content type; its window is a minute
/// (`lib/api/helpers/rate_limiter.rb`, `rack_response` in `lib/api/api.rb`).
const RATE_LIMIT_WINDOW: Duration = Duration::from_secs(60);

/// What a request does; it decides how it is counted and whether it may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestKind {
    /// It changes nothing: GET.
    Read,
    /// A GraphQL query: it changes nothing either, and a token that is refused there may still read files over REST.
    GraphqlQuery,
    /// Repeating it changes nothing more: our PUTs are absolute.
    IdempotentWrite,
    /// Repeating it may do it twice.
    NonIdempotentWrite,
}

impl RequestKind {
    /// Whether it only asks.
    pub(super) fn is_read(self) -> bool {
        matches!(self, Self::Read | Self::GraphqlQuery)
    }

    /// The kind of a REST call, by its method.
    pub(super) fn from_method(method: &Method) -> Self {
        match *method {
            Method::GET => Self::Read,
            Method::PUT => Self::IdempotentWrite,
            _ => Self::NonIdempotentWrite,
        }
    }
}

/// Whether a request that ended like this may be sent again.
pub(super) fn can_retry(effect: RequestKind, fault: &RequestError) -> bool {
    let idempotent = effect != RequestKind::NonIdempotentWrite;
    match fault {
        RequestError::NotSent(_) | RequestError::Status { status: 429, .. } => true,
        // 520 to 530 are a CDN's words for a server that did not answer it.
        RequestError::NoAnswer(_)
        | RequestError::Unreadable(_)
        | RequestError::HtmlPage { .. }
        | RequestError::Status { status: 500 | 502..=504 | 520..=530, .. } => idempotent,
        _ => false,
    }
}

/// How long the server asked to wait, or `None` when it did not say anything usable.
///
/// A 429 may carry `Retry-After` as seconds or as a date, or only `RateLimit-Reset`; each may be missing, negative,
/// huge or no number at all. One that has neither means [`RATE_LIMIT_WINDOW`].
pub(super) fn wait_before_retry(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    let is_rate_limited = status == StatusCode::TOO_MANY_REQUESTS;
    let is_silent = !headers.contains_key("retry-after") && !headers.contains_key("ratelimit-reset");
    requested_wait(headers, is_rate_limited).or_else(|| (is_rate_limited && is_silent).then_some(RATE_LIMIT_WINDOW))
}

/// Whether a wait is short enough to be kept.
pub(super) fn is_acceptable_wait(wait: Duration) -> bool {
    wait <= MAX_RETRY_AFTER
}

fn parse_http_date(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc2822(text).ok().map(|date| date.timestamp())
}

/// When the server says it answered, by its own clock (`Date`, RFC 9110, section 6.6.1). What lay in a cache says when
/// it was put there (`Age`, RFC 9111, section 5.1).
pub(super) fn response_date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    if headers.contains_key("age") {
        return None;
    }
    let date = headers.get("date")?.to_str().ok()?;
    DateTime::from_timestamp(parse_http_date(date.trim())?, 0)
}

/// Full jitter (AWS Architecture Blog, "Exponential backoff and jitter"): between nothing and the doubled
/// base, from a seed, so that a run can be repeated.
pub(super) struct Jitter(AtomicU64);

impl Jitter {
    pub(super) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    pub(super) fn next_wait(&self, attempt: u32) -> Duration {
        let ceiling = BACKOFF_BASE.saturating_mul(1 << attempt.min(16)).min(MAX_BACKOFF);
        let spread = u64::try_from(ceiling.as_millis()).unwrap_or(u64::MAX);
        // SplitMix64 (Steele, Lea and Flood, 2014): one addition and a few shifts a step.
        let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Duration::from_millis((z ^ (z >> 31)) % (spread + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn retry_after_in_every_form() {
        let date = ("date", "Tue, 24 Nov 2026 06:00:00 GMT");
        let later = "Tue, 24 Nov 2026 06:00:07 GMT";
        for (asked, wait) in [
            ("2", Some(2)),
            ("0", None),
            ("-5", None),
            ("abc", None),
            ("1000000000", Some(1_000_000_000)),
            (later, Some(7)),
        ] {
            let found = wait_before_retry(StatusCode::TOO_MANY_REQUESTS, &headers(&[date, ("retry-after", asked)]));
            assert_eq!(found, wait.map(Duration::from_secs), "{asked}");
        }
        assert!(!is_acceptable_wait(Duration::from_secs(1_000_000_000)));
        let reset = headers(&[date, ("ratelimit-reset", "1795500010")]);
        assert_eq!(wait_before_retry(StatusCode::TOO_MANY_REQUESTS, &reset), Some(Duration::from_secs(10)));
        for reset in [i64::MIN, -1, i64::MAX] {
            let reset = headers(&[date, ("ratelimit-reset", &reset.to_string())]);
            let wait = wait_before_retry(StatusCode::TOO_MANY_REQUESTS, &reset);
            assert!(wait.is_none_or(|wait| !is_acceptable_wait(wait)), "{wait:?}");
        }
        assert_eq!(wait_before_retry(StatusCode::BAD_GATEWAY, &headers(&[])), None);
    }

    #[test]
    fn a_429_that_names_no_time_is_waited_for_a_minute() {
        for kind in [&[][..], &[("content-type", "application/json")], &[("content-type", "text/plain")]] {
            assert_eq!(
                wait_before_retry(StatusCode::TOO_MANY_REQUESTS, &headers(kind)),
                Some(RATE_LIMIT_WINDOW),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn a_date_that_no_clock_shows_and_that_of_a_cache_are_none() {
        let right = ("date", "Tue, 24 Nov 2026 06:00:00 GMT");
        assert!(response_date(&headers(&[right])).is_some());
        assert_eq!(response_date(&headers(&[right, ("age", "86400")])), None);
        for absurd in ["", "yesterday", "Tue, 24 Nov 999999999 06:00:00 GMT", "Tue, 24 Nov -262144 06:00:00 GMT"] {
            assert_eq!(response_date(&headers(&[("date", absurd)])), None, "{absurd}");
        }
    }

    #[test]
    fn a_post_is_repeated_only_when_it_certainly_did_not_happen() {
        let bad_gateway = RequestError::Status { status: 502, message: String::new() };
        let lost = RequestError::NoAnswer(String::new());
        let [get, put, post] = [Method::GET, Method::PUT, Method::POST].map(|method| RequestKind::from_method(&method));
        assert!(!can_retry(post, &bad_gateway) && !can_retry(post, &lost));
        assert!(can_retry(get, &bad_gateway) && can_retry(put, &lost));
        assert!(can_retry(post, &RequestError::NotSent(String::new())));
        assert!(!can_retry(get, &RequestError::Status { status: 404, message: String::new() }));
    }

    #[test]
    fn jitter_stays_below_its_ceiling_and_repeats_with_its_seed() {
        let (a, b) = (Jitter::new(7), Jitter::new(7));
        for attempt in 0..100 {
            let wait = a.next_wait(attempt);
            assert_eq!(wait, b.next_wait(attempt));
            assert!(wait <= MAX_BACKOFF);
        }
    }
}
