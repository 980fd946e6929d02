//! The lines that say when a pod meets.
//!
//! Times are never read out of prose: the schedule is configured. The lines are found so that people can
//! compare them with the configuration.

use super::{MAX_ENTRIES, ParsedPage};
use crate::pod::pod_page::SessionLine;
use crate::pod::text::Untrusted;

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Shortened weekdays, as written: in small letters they are other words.
const SHORT_WEEKDAYS: [&str; 11] = ["Mon", "Tue", "Tues", "Wed", "Weds", "Thu", "Thur", "Thurs", "Fri", "Sat", "Sun"];

const ZONES: [&str; 28] = [
    "UTC", "GMT", "Z", "CET", "CEST", "BST", "WET", "WEST", "EET", "EEST", "ET", "EST", "EDT", "CT", "CST", "CDT",
    "MT", "MST", "MDT", "PT", "PST", "PDT", "IST", "JST", "AEST", "AEDT", "NZST", "NZDT",
];

/// Every list item and paragraph that names a weekday together with a time of day, or a week of the month.
pub(super) fn read(page: &ParsedPage<'_>) -> Vec<SessionLine> {
    let blocks = page.outline.paragraphs.iter().filter(|block| mentions_session_time(&block.text));
    let line = |offset| page.line_at(offset);
    blocks
        .take(MAX_ENTRIES)
        .map(|block| SessionLine { text: Untrusted::new(block.text.trim()), line: line(block.range.start) })
        .collect()
}

fn mentions_session_time(text: &str) -> bool {
    // Cheap and mostly false.
    let lower = text.to_lowercase();
    let of_month = ["week of the month", "week of each month", "week of every month"];
    if of_month.iter().any(|words| lower.contains(words)) {
        return true;
    }
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || "()[],;/–—".contains(c)).collect();
    words.iter().any(|word| is_weekday(word)) && has_time(&words)
}

fn is_weekday(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let word = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word);
    let lower = word.to_ascii_lowercase();
    WEEKDAYS.contains(&lower.strip_suffix('s').unwrap_or(&lower)) || SHORT_WEEKDAYS.contains(&word)
}

fn has_time(words: &[&str]) -> bool {
    words.iter().enumerate().any(|(index, word)| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let next = words.get(index + 1).map_or("", |next| next.trim_matches(|c: char| !c.is_alphanumeric()));
        is_time(word) || (is_hour(word) && (is_am_or_pm(next) || ZONES.contains(&next)))
    })
}

/// `15:30`, `3:00pm`, `9am`, `1800UTC`.
fn is_time(word: &str) -> bool {
    let digits = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
    let (hour, rest) = word.split_at(digits);
    if let Some(rest) = rest.strip_prefix([':', '.', 'h']) {
        let minute: String = rest.chars().take(2).collect();
        let after = rest.get(2..).unwrap_or_default();
        let dotted = word.contains('.');
        let ends = after.is_empty() && !dotted || is_am_or_pm(after) || ZONES.contains(&after);
        return parse_number(hour).is_some_and(|hour| hour <= 24)
            && parse_number(&minute).is_some_and(|m| m < 60)
            && ends;
    }
    is_hour(hour) && (is_am_or_pm(rest) || ZONES.contains(&rest))
}

/// `9`, `15`, `1800`.
fn is_hour(word: &str) -> bool {
    match (word.len(), parse_number(word)) {
        (1 | 2, Some(hour)) => hour <= 24,
        (4, Some(time)) => time / 100 <= 24 && time % 100 < 60,
        _ => false,
    }
}

fn is_am_or_pm(word: &str) -> bool {
    matches!(word.to_ascii_lowercase().as_str(), "am" | "pm" | "a.m" | "p.m")
}

fn parse_number(digits: &str) -> Option<u32> {
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weekday_with_a_time_is_a_session() {
        for text in [
            "Weekly session: \"Juniper\" on the calendar, currently scheduled Thursdays at 3:00 PM UTC.",
            "Tuesdays 9 AM UTC every other week",
            "on the fourth week of the month",
            "Mondays, 11:00 CET (09:00 / 10:00 UTC depending on DST, as agreed)",
            "Tuesday, 13:00 / 14:00 UTC depending on DST",
            "Tuesday 08:30 UTC (Summer) / 09:30 UTC (Winter)",
            "Every other Monday at 1800 UTC",
            "Every other Monday at 1530 UTC: Alpha sync (on evenly numbered ISO weeks)",
            "Alpha Pod Sync APAC <> AMER - 21:30 UTC Tuesday",
            "Tuesday's at 15:30 UTC",
            "Thursday’s, 9am",
            "Wed 15:30",
            "Fri at 3 p.m.",
            "thursdays 15 UTC",
        ] {
            assert!(mentions_session_time(text), "{text}");
        }
    }

    #[test]
    fn other_lines_are_none() {
        for text in [
            "(Bi)weekly meetings: TBD - see the calendar",
            "We meet on Thursdays",
            "Everybody meets at 15:30 UTC",
            "15.0 Readiness on Monday",
            "sun and 15:30",
            "Monday has 24 hours and 3 tickets",
            "Monday 99:30",
            "Release 17.1 comes on Thursday",
            "",
        ] {
            assert!(!mentions_session_time(text), "{text}");
        }
    }
}
