//! How long a host asks to be left alone: `Retry-After`, and the headers that show what is left of a rate limit.
//!
//! - `Retry-After` (RFC 9110, section 10.2.3): seconds or a date, and what is sent in its place: fractions, units,
//!   lists, several lines. The longest wait of a list counts.
//! - `RateLimit-Remaining` and `RateLimit-Reset`, also as `X-RateLimit-…` and `X-Rate-Limit-…`: seconds, a time since
//!   1970, or a date.
//! - `RateLimit: "default";r=0;t=30`, and `RateLimit: limit=9, remaining=0, reset=30` before it
//!   (draft-ietf-httpapi-ratelimit-headers, 10 and 7).
//!
//! Dates are seen from the answer's own `Date`, since there is no clock here: without it they count for nothing. What
//! makes no sense counts for nothing either.

use std::time::{Duration, SystemTime};

use chrono::DateTime;
use http::HeaderMap;

/// A wait that a host asks for is kept up to this.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(60);
/// Numbers from here on are no seconds to wait, but seconds (2001 and later) or milliseconds since 1970.
const SINCE_1970: u64 = 1_000_000_000;
const MILLIS_SINCE_1970: u64 = 1_000_000_000_000;
/// The prefixes of the headers that come one by one.
const HEADER_PREFIXES: [&str; 3] = ["ratelimit", "x-ratelimit", "x-rate-limit"];

/// What an answer that is no page says about asking again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestedWait {
    /// Nothing that can be used.
    NotGiven,
    /// After so long.
    For(Duration),
    /// Later than anybody waits.
    TooLong,
}

/// The wait that an answer asks for. `busy` says that it is a 429: then the rate limit is reached, whatever the
/// headers say is left of it.
pub(super) fn classify_wait(headers: &HeaderMap, busy: bool) -> RequestedWait {
    match requested_wait(headers, busy) {
        None => RequestedWait::NotGiven,
        Some(wait) if wait > MAX_WAIT => RequestedWait::TooLong,
        Some(wait) => RequestedWait::For(wait),
    }
}

/// The wait that an answer asks for in its headers, however long; `None` where they ask for none. `is_rate_limited`
/// says that the status is 429 Too Many Requests: then the rate limit is reached, whatever the headers say is left of
/// it.
pub fn requested_wait(headers: &HeaderMap, is_rate_limited: bool) -> Option<Duration> {
    let after = header_values(headers, "retry-after")
        .flat_map(split_list)
        .filter_map(|text| parse_delay(&text, response_date(headers)))
        .max();
    after.or_else(|| time_to_reset(headers, is_rate_limited))
}

/// How long a host is left alone whose allowance is used up, whatever else it answers.
pub(super) fn exhausted_wait(headers: &HeaderMap) -> Option<Duration> {
    time_to_reset(headers, false).map(|wait| wait.min(MAX_WAIT))
}

/// The time to the next allowance, where the present one is used up or `busy` says so.
fn time_to_reset(headers: &HeaderMap, busy: bool) -> Option<Duration> {
    let now = response_date(headers);
    let one_by_one = HEADER_PREFIXES.iter().filter_map(|prefix| {
        let left = header_values(headers, &format!("{prefix}-remaining")).find_map(parse_number);
        let reset = header_values(headers, &format!("{prefix}-reset")).find_map(|text| parse_reset(text, now))?;
        left.map_or(busy, |left| left <= 0 || busy).then_some(reset)
    });
    one_by_one.chain(header_values(headers, "ratelimit").filter_map(|line| parse_ratelimit_field(line, busy))).max()
}

/// `"default";r=0;t=30` and `limit=9, remaining=0, reset=30`.
fn parse_ratelimit_field(line: &str, busy: bool) -> Option<Duration> {
    let items = split_unquoted(line, ',');
    let left_and_time = |pairs: &[&str], left: &str, time: &str| -> Option<Duration> {
        let value = |name: &str| {
            let named = pairs.iter().filter_map(|pair| pair.split_once('=')).find(|(key, _)| key.trim() == name);
            named.and_then(|(_, value)| value.trim().parse::<i64>().ok())
        };
        let seconds = u64::try_from(value(time)?).ok().filter(|seconds| *seconds > 0)?;
        (busy || value(left)? <= 0).then(|| Duration::from_secs(seconds))
    };
    let items_of_their_own = items.iter().filter_map(|item| left_and_time(&split_unquoted(item, ';'), "r", "t"));
    items_of_their_own.chain(left_and_time(&items, "remaining", "reset")).max()
}

/// Splits where no quotes are open.
fn split_unquoted(text: &str, at: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(|c: char| {
        quoted ^= c == '"';
        c == at && !quoted
    })
    .map(str::trim)
    .collect()
}

/// The elements of a list, whose dates have commas of their own.
fn split_list(line: &str) -> Vec<String> {
    let mut elements: Vec<String> = Vec::new();
    for piece in line.split(',').map(str::trim) {
        match elements.last_mut() {
            Some(day) if is_weekday(day) => *day = format!("{day}, {piece}"),
            _ => elements.push(piece.to_owned()),
        }
    }
    elements
}

fn is_weekday(text: &str) -> bool {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let text = text.to_ascii_lowercase();
    text.bytes().all(|byte| byte.is_ascii_lowercase()) && DAYS.iter().any(|day| text.starts_with(day))
}

/// The first number of a header: `0`, `0;w=60`, `0, 0;w=60`.
fn parse_number(text: &str) -> Option<i64> {
    text.split([',', ';']).next()?.trim().parse().ok()
}

/// When the next allowance begins.
fn parse_reset(text: &str, now: Option<SystemTime>) -> Option<Duration> {
    let first = if is_weekday(text.split(',').next()?) { text } else { text.split([',', ';']).next()?.trim() };
    let since = match first.parse::<u64>() {
        Ok(millis) if millis >= MILLIS_SINCE_1970 => Duration::from_millis(millis),
        Ok(seconds) if seconds >= SINCE_1970 => Duration::from_secs(seconds),
        _ => return parse_delay(first, now),
    };
    duration_until(SystemTime::UNIX_EPOCH.checked_add(since)?, now)
}

/// One wait: seconds, with a fraction or a unit, or a date.
fn parse_delay(text: &str, now: Option<SystemTime>) -> Option<Duration> {
    let text = text.trim_matches(['"', '\'', ' ']);
    let digits = text.strip_prefix('+').unwrap_or(text);
    let wait = if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a long time.
        digits.parse().map_or(Duration::MAX, Duration::from_secs)
    } else if digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        Duration::try_from_secs_f64(digits.parse().ok()?).ok()?
    } else if let Some(then) = parse_date(text) {
        return duration_until(then, now);
    } else {
        humantime::parse_duration(text).ok()?
    };
    (!wait.is_zero()).then_some(wait)
}

fn duration_until(then: SystemTime, now: Option<SystemTime>) -> Option<Duration> {
    then.duration_since(now?).ok().filter(|wait| !wait.is_zero())
}

/// A date: in the three forms of RFC 9110, section 5.6.7, with a zone of its own, or as RFC 3339 has it.
fn parse_date(text: &str) -> Option<SystemTime> {
    let other = || DateTime::parse_from_rfc2822(text).or_else(|_| DateTime::parse_from_rfc3339(text)).ok();
    httpdate::parse_http_date(text).ok().or_else(|| other().map(SystemTime::from))
}

/// When the host says it answered.
fn response_date(headers: &HeaderMap) -> Option<SystemTime> {
    header_values(headers, "date").find_map(parse_date)
}

fn header_values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).map(str::trim)
}

#[cfg(test)]
mod tests;
