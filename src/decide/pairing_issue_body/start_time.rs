//! When a session starts: for everybody, in each zone, and what a change of clocks does to it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, NaiveDateTime, Offset as _, Timelike as _, Utc};
use chrono_tz::Tz;

use crate::pod::Pod;
use crate::pod::schedule::Slot;
use crate::pod::session::Session;

/// So far back the session before is looked for.
const LOOKBACK: Duration = Duration::days(62);
const DAY_MINUTES: i64 = 24 * 60;

/// Day, time and length: `Thursday 3 December 2026, 15:00 UTC, one hour`.
pub(super) fn describe_start(session: &Session) -> String {
    let start = session.start.format("%A %-d %B %Y, %H:%M %Z");
    let utc = session.start.with_timezone(&Utc);
    let offset = session.start.offset().fix().local_minus_utc();
    let form = if utc.date_naive() == session.start.date_naive() { "%H:%M" } else { "%A %H:%M" };
    let in_utc = if offset == 0 { String::new() } else { format!(" ({} UTC)", utc.format(form)) };
    format!("{start}{in_utc}, {}", describe_duration(session.duration))
}

/// The start in every zone of the pod, earliest on the clock first.
pub(super) fn local_times_line(pod: &Pod, session: &Session) -> Option<String> {
    let zones: BTreeSet<(NaiveDateTime, &str)> =
        pod.pairing.zones.iter().map(|zone| (session.start.with_timezone(zone).naive_local(), zone.name())).collect();
    let times: Vec<String> = zones
        .iter()
        .map(|(local, zone)| {
            let days = (local.date() - session.start.date_naive()).num_days();
            let day = match days {
                0 => String::new(),
                1 | -1 => format!(" ({days:+} day)"),
                _ => format!(" ({days:+} days)"),
            };
            format!("{} {}{day}", local.format("%H:%M"), city(zone))
        })
        .collect();
    (!times.is_empty()).then(|| format!("- **Your time:** {}", times.join(" · ")))
}

/// For whom the session is earlier or later on the clock than the slot's session before it.
pub(super) fn clock_change_line(pod: &Pod, slot: &Slot, session: &Session) -> Option<String> {
    let start = session.start.with_timezone(&Utc);
    let since = start.checked_sub_signed(LOOKBACK)?;
    let before = slot.sessions_from(&pod.key, since).take_while(|before| before.start < start).last()?;
    let before = before.start.with_timezone(&Utc);
    let zones: BTreeMap<&str, Tz> =
        pod.pairing.zones.iter().chain([&slot.zone_at(session.date)]).map(|zone| (zone.name(), *zone)).collect();
    let mut moved: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for (name, zone) in &zones {
        moved.entry(shift_minutes(before, start, *zone)).or_default().push(city(name));
    }
    let when = if (start - before).num_days() <= 8 { "last week" } else { "last time" };
    let is_for_all = moved.len() == 1;
    let texts: Vec<String> = moved
        .iter()
        .filter(|(minutes, _)| **minutes != 0)
        .map(|(minutes, cities)| {
            let way = if *minutes < 0 { "earlier" } else { "later" };
            let length = describe_duration(Duration::minutes(minutes.abs()));
            let whom = if is_for_all { "everybody".to_owned() } else { join_words(cities) };
            format!("{length} {way} than {when} for {whom}")
        })
        .collect();
    (!texts.is_empty()).then(|| format!("- **Watch the clock:** {}", texts.join(", ")))
}

/// By how many minutes a start is later on the clock of a zone than another one.
fn shift_minutes(before: DateTime<Utc>, start: DateTime<Utc>, zone: Tz) -> i64 {
    let minute_of_day = |time: DateTime<Utc>| i64::from(time.with_timezone(&zone).num_seconds_from_midnight() / 60);
    let shift = (minute_of_day(start) - minute_of_day(before)).rem_euclid(DAY_MINUTES);
    if shift > DAY_MINUTES / 2 { shift - DAY_MINUTES } else { shift }
}

/// The city that a zone is named after.
fn city(zone: &str) -> String {
    zone.rsplit('/').next().unwrap_or(zone).replace('_', " ")
}

/// A length as people say it: `one hour`, `45 minutes`, `2 hours 30 minutes`.
fn describe_duration(duration: Duration) -> String {
    let (hours, minutes) = (duration.num_hours(), duration.num_minutes() % 60);
    let hours = match hours {
        0 => None,
        1 => Some("one hour".to_owned()),
        2..=12 => Some(format!("{} hours", number_word(usize::try_from(hours).unwrap_or(0)))),
        _ => Some(format!("{hours} hours")),
    };
    let minutes = match minutes {
        0 => None,
        1 => Some("1 minute".to_owned()),
        _ => Some(format!("{minutes} minutes")),
    };
    let parts: Vec<String> = hours.into_iter().chain(minutes).collect();
    if parts.is_empty() { "0 minutes".to_owned() } else { parts.join(" ") }
}

/// A small number as a word.
pub(super) fn number_word(number: usize) -> String {
    const WORDS: [&str; 13] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    WORDS.get(number).map_or_else(|| number.to_string(), |word| (*word).to_owned())
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn join_words(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::tests::pod;
    use crate::pod::schedule::{Cron, MeetingWeeks};

    fn on(date: &str, zone: &str, zones: &[&str]) -> (Pod, Session) {
        let mut pod = pod();
        pod.slots[0].zone = zone.parse().unwrap();
        pod.pairing.zones = zones.iter().map(|zone| zone.parse().unwrap()).collect();
        let from = format!("{date}T00:00:00Z").parse().unwrap();
        let session = pod.slots[0].sessions_from(&pod.key, from).next().unwrap();
        (pod, session)
    }

    const ZONES: [&str; 5] =
        ["Europe/Berlin", "America/Los_Angeles", "Africa/Nairobi", "Australia/Sydney", "Pacific/Kiritimati"];

    #[test]
    fn every_zone_has_its_time_in_order_with_the_days_that_differ() {
        let (pod, session) = on("2026-12-03", "UTC", &ZONES);
        assert_eq!(describe_start(&session), "Thursday 3 December 2026, 15:00 UTC, one hour");
        assert_eq!(
            local_times_line(&pod, &session).unwrap(),
            "- **Your time:** 07:00 Los Angeles · 16:00 Berlin · 18:00 Nairobi · 02:00 Sydney (+1 day) · 05:00 \
             Kiritimati (+1 day)"
        );
        let (pod, session) = on("2026-12-03", "Australia/Sydney", &["America/Los_Angeles", "Etc/GMT-2"]);
        assert_eq!(describe_start(&session), "Thursday 3 December 2026, 15:00 AEDT (04:00 UTC), one hour");
        assert_eq!(
            local_times_line(&pod, &session).unwrap(),
            "- **Your time:** 20:00 Los Angeles (-1 day) · 06:00 GMT-2"
        );
        let (pod, session) = on("2026-12-03", "UTC", &[]);
        assert_eq!(local_times_line(&pod, &session), None);
        // In UTC it is another day.
        let (_, session) = on("2026-12-04", "America/Los_Angeles", &[]);
        assert_eq!(describe_start(&session).split(", ").nth(1), Some("15:00 PST (23:00 UTC)"));
        let mut pod = pod;
        pod.slots[0].zone = "Pacific/Kiritimati".parse().unwrap();
        pod.slots[0].cron = Cron::parse("0 9 * * Thu").unwrap();
        let session = pod.slots[0].sessions_from(&pod.key, "2026-12-01T00:00:00Z".parse().unwrap()).next().unwrap();
        assert_eq!(describe_start(&session), "Thursday 3 December 2026, 09:00 +14 (Wednesday 19:00 UTC), one hour");
    }

    #[test]
    fn a_change_of_clocks_is_told_in_its_week_to_those_it_moves() {
        for (date, zone, expected) in [
            ("2026-10-22", "UTC", None),
            // Berlin goes back on 25 October, Los Angeles on 1 November; Sydney went ahead on 4 October.
            ("2026-10-29", "UTC", Some("one hour earlier than last week for Berlin")),
            ("2026-11-05", "UTC", Some("one hour earlier than last week for Los Angeles")),
            ("2026-10-08", "UTC", Some("one hour later than last week for Sydney")),
            ("2027-03-18", "UTC", Some("one hour later than last week for Los Angeles")),
            ("2027-04-01", "UTC", Some("one hour later than last week for Berlin")),
            ("2027-04-08", "UTC", Some("one hour earlier than last week for Sydney")),
            // The slot follows Berlin's clock: the others are moved.
            (
                "2026-10-29",
                "Europe/Berlin",
                Some("one hour later than last week for Nairobi, Los Angeles, Sydney and Kiritimati"),
            ),
        ] {
            let (pod, session) = on(date, zone, &ZONES);
            let line = clock_change_line(&pod, &pod.slots[0], &session);
            assert_eq!(line, expected.map(|text| format!("- **Watch the clock:** {text}")), "{date} in {zone}");
        }
    }

    #[test]
    fn a_pod_that_meets_every_other_week_compares_with_the_time_before() {
        let (mut pod, _) = on("2026-10-22", "UTC", &["Europe/Berlin"]);
        pod.slots[0].weeks = MeetingWeeks::EveryNth { weeks: 2, anchor: "2026-10-15".parse().unwrap() };
        let session = pod.slots[0].sessions_from(&pod.key, "2026-10-20T00:00:00Z".parse().unwrap()).next().unwrap();
        assert_eq!(session.date.to_string(), "2026-10-29");
        let line = clock_change_line(&pod, &pod.slots[0], &session).unwrap();
        assert!(line.ends_with("one hour earlier than last time for Berlin"), "{line}");
        // The gap of a spring day moves the session for everybody.
        pod.slots[0].weeks = MeetingWeeks::Every;
        pod.slots[0].zone = chrono_tz::Europe::Berlin;
        pod.slots[0].cron = Cron::parse("30 2 * * Sun").unwrap();
        let session = pod.slots[0].sessions_from(&pod.key, "2027-03-27T00:00:00Z".parse().unwrap()).next().unwrap();
        assert!(
            clock_change_line(&pod, &pod.slots[0], &session).unwrap().contains("later than last week for everybody")
        );
    }

    #[test]
    fn lengths_are_words() {
        for (minutes, text) in
            [(60, "one hour"), (120, "two hours"), (45, "45 minutes"), (90, "one hour 30 minutes"), (1, "1 minute")]
        {
            assert_eq!(describe_duration(Duration::minutes(minutes)), text);
        }
    }
}
