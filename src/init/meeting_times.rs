//! When a sentence of a page says that a pod meets, as far as it is certain.
//!
//! A page is prose, and a wrong hour opens wrong issues: only what can be read in one way is taken. Everything else is
//! for a person to decide, with the best guess beside it.

mod words;

use chrono::{Datelike as _, Days, NaiveDate, Weekday};

use words::{OtherWeeks, Words};

/// A weekly meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// Its weekday.
    pub weekday: Weekday,
    /// The hour, 0 to 23, on the zone's clock.
    pub hour: u32,
    /// The minute.
    pub minute: u32,
    /// IANA name of the zone.
    pub zone: String,
    /// How long it lasts, in minutes, where the sentence says so.
    pub minutes: Option<u32>,
    /// A date on which it meets, where it meets every other week.
    pub every_other_week_from: Option<NaiveDate>,
}

impl Meeting {
    /// As a schedule has it: `0 15 * * Thu`.
    pub fn cron(&self) -> String {
        format!("{} {} * * {}", self.minute, self.hour, self.weekday)
    }
}

/// What a sentence says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MeetingTime {
    /// It can be read in one way.
    Certain(Meeting),
    /// It cannot.
    Uncertain {
        /// What is missing, as the rest of a sentence.
        why: String,
        /// What it probably means.
        guess: Option<Meeting>,
    },
}

/// Words after which a sentence means something else than "every week at this time".
const OTHER_RHYTHMS: [&str; 13] = [
    "month",
    "monthly",
    "quarter",
    "quarterly",
    "first",
    "second",
    "third",
    "fourth",
    "last",
    "1st",
    "2nd",
    "3rd",
    "4th",
];

/// Words that say that it does not meet, or not always.
const EXCEPTIONS: [&str; 14] = [
    "tbd",
    "tba",
    "tbc",
    "paused",
    "cancelled",
    "canceled",
    "suspended",
    "formerly",
    "previously",
    "until",
    "except",
    "no",
    "not",
    "hold",
];

/// Reads a sentence. `today` is where the next week is looked for.
pub(super) fn read_meeting_time(sentence: &str, today: NaiveDate) -> MeetingTime {
    let words = Words::read(sentence);
    let uncertain = |why: &str, guess: Option<Meeting>| MeetingTime::Uncertain { why: why.to_owned(), guess };
    let [weekday] = words.weekdays[..] else {
        let why = if words.weekdays.is_empty() { "it names no weekday" } else { "it names several weekdays" };
        return uncertain(why, None);
    };
    let Some(first) = words.times.first().copied() else { return uncertain("it names no time of day", None) };
    let (zone, zone_is_certain) = words.zone();
    let meeting = Meeting {
        weekday,
        hour: first.hour,
        minute: first.minute,
        zone: zone.unwrap_or("UTC").to_owned(),
        minutes: None,
        every_other_week_from: None,
    };
    let lower = sentence.to_lowercase();
    let has = |names: &[&str]| words.lower.iter().any(|word| names.contains(&word.as_str()));
    if has(&EXCEPTIONS) {
        return uncertain("it may not meet at present", Some(meeting));
    }
    if let Some(weeks) = words.every_other_week(&lower) {
        let from = next_date(today, weekday, weeks);
        let why = match weeks {
            OtherWeeks::Unnamed => "it meets every other week; give a date on which it meets",
            OtherWeeks::Even | OtherWeeks::Odd => {
                "it meets every other week; after a year of 53 weeks its parity is another one"
            }
        };
        return uncertain(why, Some(Meeting { every_other_week_from: from, ..meeting }));
    }
    if has(&OTHER_RHYTHMS) {
        return uncertain("it may not meet every week", Some(meeting));
    }
    if let Some(named) = words.confirmed_local_time(today) {
        return MeetingTime::Certain(Meeting { zone: named.to_owned(), ..meeting });
    }
    if has(&["dst", "summer", "winter", "daylight"]) {
        return uncertain(
            "its hour depends on daylight saving time; name the zone whose clock it follows",
            Some(meeting),
        );
    }
    let Some(_) = zone else { return uncertain("it names no time zone", Some(meeting)) };
    if !zone_is_certain {
        return uncertain("its zone may mean a clock with or without summer time", Some(meeting));
    }
    match words.times[..] {
        [only] if !only.may_end_a_range => MeetingTime::Certain(meeting),
        [from, to] if to.ends_range_of_previous && from.minute_of_day() < to.minute_of_day() => {
            let minutes = to.minute_of_day() - from.minute_of_day();
            MeetingTime::Certain(Meeting { minutes: Some(minutes).filter(|minutes| *minutes != 60), ..meeting })
        }
        _ => uncertain("it names several times", Some(meeting)),
    }
}

/// The next date on this weekday, in a week with such a number.
fn next_date(today: NaiveDate, weekday: Weekday, weeks: OtherWeeks) -> Option<NaiveDate> {
    let fits = |day: &NaiveDate| {
        let even = day.iso_week().week().is_multiple_of(2);
        day.weekday() == weekday
            && match weeks {
                OtherWeeks::Even => even,
                OtherWeeks::Odd => !even,
                OtherWeeks::Unnamed => true,
            }
    };
    (0..21).filter_map(|days| today.checked_add_days(Days::new(days))).find(fits)
}

#[cfg(test)]
mod tests;
