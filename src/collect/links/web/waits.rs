//! How long a host asks to be left alone: `Retry-After`, and the headers that tell what is left of an allowance.
//!
//! - `Retry-After` (RFC 9110, section 10.2.3): seconds or a date, and what is sent in its place: fractions, units,
//!   lists, several lines. The longest wait of a list counts.
//! - `RateLimit-Remaining` and `RateLimit-Reset`, also as `X-RateLimit-…` and `X-Rate-Limit-…`: seconds, a time since
//!   1970, or a date.
//! - `RateLimit: "default";r=0;t=30`, and `RateLimit: limit=9, remaining=0, reset=30` before it
//!   (draft-ietf-httpapi-ratelimit-headers, 10 and 7).
//!
//! Dates are seen from the answer's own `Date`, since there is no clock here: without it they say nothing. What makes no
//! sense says nothing either.

use std::time::{Duration, SystemTime};

use chrono::DateTime;
use http::HeaderMap;

/// A wait that a host asks for is kept up to this.
pub(super) const LONGEST: Duration = Duration::from_secs(60);
/// Numbers from here on are no seconds to wait, but seconds (2001 and later) or milliseconds since 1970.
const SINCE_1970: u64 = 1_000_000_000;
const MILLIS_SINCE_1970: u64 = 1_000_000_000_000;
/// The prefixes of the headers that come one by one.
const PREFIXES: [&str; 3] = ["ratelimit", "x-ratelimit", "x-rate-limit"];

/// What an answer that is no page says about asking again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// Nothing that can be used.
    Unsaid,
    /// After so long.
    For(Duration),
    /// Later than anybody waits.
    TooLong,
}

/// The wait that an answer asks for. `busy` says that it is a 429: then the allowance is used up, whatever is said to
/// be left of it.
pub(super) fn asked(headers: &HeaderMap, busy: bool) -> Wait {
    let after = lines(headers, "retry-after").flat_map(elements).filter_map(|text| wait(&text, date(headers))).max();
    match after.or_else(|| allowance(headers, busy)) {
        None => Wait::Unsaid,
        Some(wait) if wait > LONGEST => Wait::TooLong,
        Some(wait) => Wait::For(wait),
    }
}

/// How long a host is left alone whose allowance is used up, whatever else it answers.
pub(super) fn used_up(headers: &HeaderMap) -> Option<Duration> {
    allowance(headers, false).map(|wait| wait.min(LONGEST))
}

/// The time to the next allowance, where the present one is used up or `busy` says so.
fn allowance(headers: &HeaderMap, busy: bool) -> Option<Duration> {
    let now = date(headers);
    let one_by_one = PREFIXES.iter().filter_map(|prefix| {
        let left = lines(headers, &format!("{prefix}-remaining")).find_map(number);
        let reset = lines(headers, &format!("{prefix}-reset")).find_map(|text| reset(text, now))?;
        left.map_or(busy, |left| left <= 0 || busy).then_some(reset)
    });
    one_by_one.chain(lines(headers, "ratelimit").filter_map(|line| fields(line, busy))).max()
}

/// `"default";r=0;t=30` and `limit=9, remaining=0, reset=30`.
fn fields(line: &str, busy: bool) -> Option<Duration> {
    let items = split(line, ',');
    let left_and_time = |pairs: &[&str], left: &str, time: &str| -> Option<Duration> {
        let value = |name: &str| {
            let named = pairs.iter().filter_map(|pair| pair.split_once('=')).find(|(key, _)| key.trim() == name);
            named.and_then(|(_, value)| value.trim().parse::<i64>().ok())
        };
        let seconds = u64::try_from(value(time)?).ok().filter(|seconds| *seconds > 0)?;
        (busy || value(left)? <= 0).then(|| Duration::from_secs(seconds))
    };
    let items_of_their_own = items.iter().filter_map(|item| left_and_time(&split(item, ';'), "r", "t"));
    items_of_their_own.chain(left_and_time(&items, "remaining", "reset")).max()
}

/// Splits where no quotes are open.
fn split(text: &str, at: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(|c: char| {
        quoted ^= c == '"';
        c == at && !quoted
    })
    .map(str::trim)
    .collect()
}

/// The elements of a list, whose dates have commas of their own.
fn elements(line: &str) -> Vec<String> {
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
fn number(text: &str) -> Option<i64> {
    text.split([',', ';']).next()?.trim().parse().ok()
}

/// When the next allowance begins.
fn reset(text: &str, now: Option<SystemTime>) -> Option<Duration> {
    let first = if is_weekday(text.split(',').next()?) { text } else { text.split([',', ';']).next()?.trim() };
    let since = match first.parse::<u64>() {
        Ok(millis) if millis >= MILLIS_SINCE_1970 => Duration::from_millis(millis),
        Ok(seconds) if seconds >= SINCE_1970 => Duration::from_secs(seconds),
        _ => return wait(first, now),
    };
    from_now(SystemTime::UNIX_EPOCH.checked_add(since)?, now)
}

/// One wait: seconds, with a fraction or a unit, or a date.
fn wait(text: &str, now: Option<SystemTime>) -> Option<Duration> {
    let text = text.trim_matches(['"', '\'', ' ']);
    let digits = text.strip_prefix('+').unwrap_or(text);
    let wait = if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a long time.
        digits.parse().map_or(Duration::MAX, Duration::from_secs)
    } else if digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        Duration::try_from_secs_f64(digits.parse().ok()?).ok()?
    } else if let Some(then) = moment(text) {
        return from_now(then, now);
    } else {
        humantime::parse_duration(text).ok()?
    };
    (!wait.is_zero()).then_some(wait)
}

fn from_now(then: SystemTime, now: Option<SystemTime>) -> Option<Duration> {
    then.duration_since(now?).ok().filter(|wait| !wait.is_zero())
}

/// A date: in the three forms of RFC 9110, section 5.6.7, with a zone of its own, or as RFC 3339 has it.
fn moment(text: &str) -> Option<SystemTime> {
    let other = || DateTime::parse_from_rfc2822(text).or_else(|_| DateTime::parse_from_rfc3339(text)).ok();
    httpdate::parse_http_date(text).ok().or_else(|| other().map(SystemTime::from))
}

/// When the host says it answered.
fn date(headers: &HeaderMap) -> Option<SystemTime> {
    lines(headers, "date").find_map(moment)
}

fn lines<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).map(str::trim)
}

#[cfg(test)]
mod tests;
