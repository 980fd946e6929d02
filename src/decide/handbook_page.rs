//! The pod's page: whether it is there, what is wrong with it, and whether it names the configured session.

use chrono::{Datelike, Timelike, Utc, Weekday};

use super::DecisionParts;
use crate::pod::Pod;
use crate::pod::finding::{Finding, Place};
use crate::pod::observed::Observed;
use crate::pod::pod_page::{PodPage, SessionLine};
use crate::pod::rule::Rule;
use crate::pod::snapshot::Snapshot;

/// A season of sessions shows both of a zone's clock times.
const SESSIONS_COMPARED: usize = 60;

/// So many channels of the page are named.
const CHANNELS_NAMED: usize = 5;

/// Reports what is wrong with the page, that it is missing, or that it could not be read.
pub(super) fn check_page(pod: &Pod, seen: &Snapshot, parts: &mut DecisionParts) {
    match &seen.page {
        Observed::Present(page) => {
            parts.findings.extend(page.findings.iter().cloned());
            compare_session_lines(pod, seen, page, parts);
            parts.findings.extend(channel_finding(pod, page));
        }
        Observed::Absent => {
            let at = &pod.page;
            let message = format!("{} is not in {} at {}", at.path, at.project, at.git_ref);
            parts.findings.push(Finding::new(Rule::PageMissing, at.path.clone(), message));
        }
        Observed::Unknown(failure) => parts.read_failures.push(failure.clone()),
    }
}

/// What to report where the page has other channels than the configured one. A page that names none may name it elsewhere.
fn channel_finding(pod: &Pod, page: &PodPage) -> Option<Finding> {
    let own = pod.slack_channel.as_deref()?;
    let first = page.slack.first()?;
    if page.slack.iter().any(|seen| seen.channel.raw() == own) {
        return None;
    }
    let named: std::collections::BTreeSet<String> =
        page.slack.iter().map(|seen| format!("`{}`", seen.channel.one_line())).collect();
    let named: Vec<String> = named.into_iter().take(CHANNELS_NAMED).collect();
    let message = format!("the page does not name `{own}`, the pod's channel; it names {}", named.join(", "));
    let place = Place { path: pod.page.path.clone(), line: first.line, column: 1 };
    Some(Finding::new(Rule::ChannelDiffers, own, message).with_place(place))
}

/// Compares the lines that name one weekday and a UTC time with the configured slots. Other forms are left
/// alone: times are configured, never parsed out of prose.
fn compare_session_lines(pod: &Pod, seen: &Snapshot, page: &PodPage, parts: &mut DecisionParts) {
    let mut meets = std::collections::BTreeSet::new();
    for slot in &pod.slots {
        for session in slot.sessions_from(&pod.key, seen.now).take(SESSIONS_COMPARED) {
            let start = session.start.with_timezone(&Utc);
            meets.insert((start.weekday().num_days_from_monday(), start.hour(), start.minute()));
        }
    }
    if meets.is_empty() {
        return;
    }
    for line in &page.sessions {
        let Some((day, times)) = parse_day_and_times(line) else { continue };
        if times.iter().any(|(hour, minute)| meets.contains(&(day.num_days_from_monday(), *hour, *minute))) {
            continue;
        }
        let message = format!("the page says \"{}\", which is no configured session", line.text.one_line());
        let place = Place { path: pod.page.path.clone(), line: line.line, column: 1 };
        parts.findings.push(Finding::new(Rule::SessionDiffers, pod.key.to_string(), message).with_place(place));
    }
}

/// The one weekday and the UTC times that a line names; `None` when it is not as plain as that.
fn parse_day_and_times(line: &SessionLine) -> Option<(Weekday, Vec<(u32, u32)>)> {
    let text = line.text.one_line();
    let words: Vec<&str> = text.split(|c: char| !(c.is_alphanumeric() || c == ':')).filter(|w| !w.is_empty()).collect();
    if !words.iter().any(|word| *word == "UTC" || *word == "GMT") {
        return None;
    }
    let mut days: Vec<Weekday> = words.iter().filter_map(|word| parse_weekday(word)).collect();
    days.dedup();
    let [day] = days[..] else { return None };
    let times: Vec<(u32, u32)> =
        words.iter().enumerate().filter_map(|(i, word)| parse_time_of_day(word, words.get(i + 1).copied())).collect();
    (!times.is_empty()).then_some((day, times))
}

fn parse_weekday(word: &str) -> Option<Weekday> {
    let word = word.to_ascii_lowercase();
    let word = word.strip_suffix('s').filter(|stem| stem.ends_with("day")).unwrap_or(&word);
    if word.len() >= 3 { word.parse().ok() } else { None }
}

/// `3:00 PM`, `3 PM`, `15:00` or `1500` (with four digits).
pub(super) fn parse_time_of_day(word: &str, next: Option<&str>) -> Option<(u32, u32)> {
    let lower = word.to_ascii_lowercase();
    let (digits, glued) = match lower.strip_suffix("am").or_else(|| lower.strip_suffix("pm")) {
        Some(digits) => (digits, Some(lower.ends_with("pm"))),
        None => (lower.as_str(), None),
    };
    let afternoon = glued.or_else(|| match next?.to_ascii_lowercase().as_str() {
        "am" => Some(false),
        "pm" => Some(true),
        _ => None,
    });
    let (hour, minute) = match digits.split_once(':') {
        Some((hour, minute)) => (hour.parse().ok()?, minute.parse().ok()?),
        None if digits.len() == 4 => (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse().ok()?),
        None if afternoon.is_some() => (digits.parse().ok()?, 0),
        None => return None,
    };
    let hour = match afternoon {
        Some(true) if hour < 12 => hour + 12,
        Some(false) if hour == 12 => 0,
        _ => hour,
    };
    (hour < 24 && minute < 60).then_some((hour, minute))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::text::Untrusted;

    #[test]
    fn plain_lines_are_read_and_others_left_alone() {
        let named = |text: &str| parse_day_and_times(&SessionLine { text: Untrusted::new(text), line: 1 });
        assert_eq!(named("currently scheduled Thursdays at 3:00 PM UTC."), Some((Weekday::Thu, vec![(15, 0)])));
        assert_eq!(named("Tuesdays 9 AM UTC every other week"), Some((Weekday::Tue, vec![(9, 0)])));
        assert_eq!(named("Tuesday, 13:00 / 14:00 UTC depending on DST"), Some((Weekday::Tue, vec![(13, 0), (14, 0)])));
        assert_eq!(named("Every other Monday at 1530 UTC"), Some((Weekday::Mon, vec![(15, 30)])));
        assert_eq!(named("Mondays, 11:00 CET"), None);
        assert_eq!(named("TBD"), None);
        assert_eq!(named("Mon and Thu 15:00 UTC"), None);
    }
}
