//! When a sentence of a page says that a pod meets, as far as it is certain.
//!
//! A page is prose, and a wrong hour opens wrong issues: only what can be read in one way is taken. Everything else is
//! for a person to decide, with the best guess beside it.

use chrono::{Datelike as _, Days, NaiveDate, Offset as _, TimeZone as _, Weekday};
use chrono_tz::Tz;

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

/// Zones by the names that people write. Those that name winter's or summer's clock are often meant for the whole year,
/// so they are guesses.
const ZONES: [(&str, &str, bool); 24] = [
    ("UTC", "UTC", true),
    ("Z", "UTC", true),
    ("JST", "Asia/Tokyo", true),
    ("ET", "America/New_York", true),
    ("CT", "America/Chicago", true),
    ("MT", "America/Denver", true),
    ("PT", "America/Los_Angeles", true),
    ("GMT", "UTC", false),
    ("BST", "Europe/London", false),
    ("WET", "Europe/Lisbon", false),
    ("WEST", "Europe/Lisbon", false),
    ("CET", "Europe/Berlin", false),
    ("CEST", "Europe/Berlin", false),
    ("EET", "Europe/Helsinki", false),
    ("EEST", "Europe/Helsinki", false),
    ("EST", "America/New_York", false),
    ("EDT", "America/New_York", false),
    ("CDT", "America/Chicago", false),
    ("MDT", "America/Denver", false),
    ("PST", "America/Los_Angeles", false),
    ("PDT", "America/Los_Angeles", false),
    ("AEST", "Australia/Sydney", false),
    ("AEDT", "Australia/Sydney", false),
    ("NZDT", "Pacific/Auckland", false),
];

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

/// Which weeks are meant by every other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OtherWeeks {
    /// Those with an even number.
    Even,
    /// Those with an odd number.
    Odd,
    /// It does not say which.
    Unnamed,
}

/// A time of day with what stands around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TimeOfDay {
    hour: u32,
    minute: u32,
    /// The zone that stands behind it, by its index in [`ZONES`].
    zone: Option<usize>,
    /// A dash leads to it from the time before.
    ends_range_of_previous: bool,
    /// A dash leads to it from a number that was not understood.
    may_end_a_range: bool,
}

impl TimeOfDay {
    fn minute_of_day(self) -> u32 {
        self.hour * 60 + self.minute
    }
}

/// What a sentence names.
struct Words {
    lower: Vec<String>,
    weekdays: Vec<Weekday>,
    times: Vec<TimeOfDay>,
    /// Zones by their short names, each once, by index in [`ZONES`].
    short_zones: Vec<usize>,
    /// Zones by their IANA names.
    iana_zones: Vec<Tz>,
}

impl Words {
    fn read(sentence: &str) -> Self {
        let sentence = sentence.replace('’', "'").replace("a.m.", "am").replace("p.m.", "pm");
        let mut iana_zones: Vec<Tz> = Vec::new();
        for word in sentence.split(|c: char| c.is_whitespace() || "()[],;".contains(c)) {
            let zone = word.trim_end_matches(['.', ':']);
            if let Some(zone) =
                zone.contains('/').then(|| zone.parse().ok()).flatten().filter(|zone| !iana_zones.contains(zone))
            {
                iana_zones.push(zone);
            }
        }
        let tokens = tokens(&sentence);
        let lower: Vec<String> = tokens.iter().map(|token| token.to_lowercase()).collect();
        let mut weekdays = Vec::new();
        for day in tokens.iter().filter_map(|word| parse_weekday(word)) {
            if !weekdays.contains(&day) {
                weekdays.push(day);
            }
        }
        let mut short_zones = Vec::new();
        for zone in tokens.iter().filter_map(|token| short_zone(token)) {
            if !short_zones.contains(&zone) {
                short_zones.push(zone);
            }
        }
        let times = read_times(&tokens);
        for zone in times.iter().filter_map(|time| time.zone) {
            if !short_zones.contains(&zone) {
                short_zones.push(zone);
            }
        }
        Self { lower, weekdays, times, short_zones, iana_zones }
    }

    /// The zone that it names, and whether it is certain.
    fn zone(&self) -> (Option<&'static str>, bool) {
        match (&self.iana_zones[..], &self.short_zones[..]) {
            ([zone], []) => (Some(zone.name()), true),
            ([], [short]) => (Some(ZONES[*short].1), ZONES[*short].2),
            ([zone, ..], _) => (Some(zone.name()), false),
            // The one behind the first time is the one that the time is meant in.
            ([], [first, ..]) => {
                (Some(ZONES[self.times.first().and_then(|time| time.zone).unwrap_or(*first)].1), false)
            }
            ([], []) => (None, false),
        }
    }

    /// The zone of a local time that the sentence explains by two times in UTC, one for winter and one for summer:
    /// `11:00 CET (09:00 / 10:00 UTC depending on DST)`.
    fn confirmed_local_time(&self, today: NaiveDate) -> Option<&'static str> {
        let [local, a, b] = self.times[..] else { return None };
        let named = local.zone.filter(|zone| ZONES[*zone].1 != "UTC")?;
        let [_, _] = self.short_zones[..] else { return None };
        if b.zone.map(|zone| ZONES[zone].0) != Some("UTC") || !self.iana_zones.is_empty() {
            return None;
        }
        let zone: Tz = ZONES[named].1.parse().ok()?;
        let in_utc = |month: u32| {
            let noon = NaiveDate::from_ymd_opt(today.year(), month, 15)?.and_hms_opt(12, 0, 0)?;
            let offset = zone.offset_from_utc_datetime(&noon).fix().local_minus_utc() / 60;
            let minute = i64::from(local.minute_of_day()) - i64::from(offset);
            u32::try_from(minute.rem_euclid(24 * 60)).ok()
        };
        let (mut explained, mut real) = ([a.minute_of_day(), b.minute_of_day()], [in_utc(1)?, in_utc(7)?]);
        explained.sort_unstable();
        real.sort_unstable();
        (explained == real && real[0] != real[1]).then_some(ZONES[named].1)
    }

    /// Whether it meets every other week, and in which weeks where the sentence says so.
    fn every_other_week(&self, lower: &str) -> Option<OtherWeeks> {
        let phrases = [
            "every other",
            "every second",
            "every two weeks",
            "every 2 weeks",
            "every 2nd",
            "every 2 week",
            "biweekly",
            "bi-weekly",
            "(bi)weekly",
            "fortnight",
            "alternat",
            "even iso",
            "odd iso",
            "even week",
            "odd week",
            "evenly",
            "oddly",
        ];
        if !phrases.iter().any(|phrase| lower.contains(phrase)) {
            return None;
        }
        let has = |names: [&str; 2]| self.lower.iter().any(|word| names.contains(&word.as_str()));
        Some(match (has(["even", "evenly"]), has(["odd", "oddly"])) {
            (true, false) => OtherWeeks::Even,
            (false, true) => OtherWeeks::Odd,
            _ => OtherWeeks::Unnamed,
        })
    }
}

/// Words of letters, digits, `:`, `.` and `'`, and each other sign by itself.
fn tokens(sentence: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut word = String::new();
    for c in sentence.chars() {
        if c.is_alphanumeric() || matches!(c, ':' | '.' | '\'') {
            word.push(c);
            continue;
        }
        let whole = std::mem::take(&mut word);
        tokens.push(whole.trim_matches([':', '.', '\'']).to_owned());
        if !c.is_whitespace() {
            tokens.push(c.to_string());
        }
    }
    tokens.push(word.trim_matches([':', '.', '\'']).to_owned());
    tokens.retain(|token| !token.is_empty());
    tokens
}

/// A weekday. Short ones in small letters are other words.
fn parse_weekday(word: &str) -> Option<Weekday> {
    let lower = word.to_lowercase();
    let capital = word.starts_with(char::is_uppercase);
    let word = lower.strip_suffix("'s").unwrap_or(&lower);
    let word = word.strip_suffix('s').filter(|stem| stem.ends_with("day")).unwrap_or(word);
    let long = word.ends_with("day");
    let short = capital
        && matches!(word, "mon" | "tue" | "tues" | "wed" | "weds" | "thu" | "thur" | "thurs" | "fri" | "sat" | "sun");
    if long || short { word.get(..3)?.parse().ok().filter(|_| !long || word.len() >= 6) } else { None }
}

fn short_zone(token: &str) -> Option<usize> {
    ZONES.iter().position(|(name, ..)| *name == token)
}

fn read_times(tokens: &[String]) -> Vec<TimeOfDay> {
    let mut times: Vec<TimeOfDay> = Vec::new();
    // Where the last time ended.
    let mut end = usize::MAX;
    let mut at = 0;
    while at < tokens.len() {
        let Some((hour, minute, zone, next)) = read_time(tokens, at) else {
            at += 1;
            continue;
        };
        let dash = |token: &String| matches!(token.as_str(), "-" | "–" | "—" | "to");
        let behind_dash = at.checked_sub(1).is_some_and(|before| dash(&tokens[before]));
        let ends_range_of_previous = behind_dash && at.checked_sub(1) == Some(end);
        let number = at.checked_sub(2).is_some_and(|before| tokens[before].starts_with(|c: char| c.is_ascii_digit()));
        let may_end_a_range = behind_dash && !ends_range_of_previous && number;
        times.push(TimeOfDay { hour, minute, zone, ends_range_of_previous, may_end_a_range });
        (end, at) = (next, next);
    }
    times
}

/// The time that begins at a token, the zone behind it, and where it ends.
fn read_time(tokens: &[String], at: usize) -> Option<(u32, u32, Option<usize>, usize)> {
    let word = &tokens[at];
    let letters = word.find(|c: char| c.is_alphabetic()).unwrap_or(word.len());
    let (digits, glued) = word.split_at(letters);
    let mut next = at + 1;
    let following = |next: usize| tokens.get(next).map_or("", String::as_str);
    let glued_lower = glued.to_lowercase();
    let half = match glued_lower.as_str() {
        "am" => Some(0),
        "pm" => Some(12),
        _ if glued.is_empty() => match following(next).to_lowercase().as_str() {
            "am" => Some(0),
            "pm" => Some(12),
            _ => None,
        },
        _ => None,
    };
    if half.is_some() && glued.is_empty() {
        next += 1;
    }
    let glued_zone = short_zone(glued);
    if !glued.is_empty() && half.is_none() && glued_zone.is_none() {
        return None;
    }
    let zone = glued_zone.or_else(|| short_zone(following(next)));
    if zone.is_some() && glued_zone.is_none() {
        next += 1;
    }
    let number = |text: &str| {
        (!text.is_empty() && text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse::<u32>().ok())?
    };
    let (hour, minute) = match digits.split_once([':', '.']) {
        Some((hour, minute)) if minute.len() == 2 => (number(hour)?, number(minute)?),
        None if digits.len() == 4 && zone.is_some() => (number(digits.get(..2)?)?, number(digits.get(2..)?)?),
        None if half.is_some() || zone.is_some() => (number(digits)?, 0),
        Some(_) | None => return None,
    };
    // `15.0` is a release and `15.30` a time, where something says so.
    if digits.contains('.') && half.is_none() && zone.is_none() {
        return None;
    }
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(half) => hour % 12 + half,
        None => hour,
    };
    (hour < 24 && minute < 60).then_some((hour, minute, zone, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sentence: &str) -> Result<String, String> {
        let today = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        match read_meeting_time(sentence, today) {
            MeetingTime::Certain(meeting) => {
                let minutes = meeting.minutes.map(|minutes| format!(" {minutes}m")).unwrap_or_default();
                Ok(format!("{} {}{minutes}", meeting.cron(), meeting.zone))
            }
            MeetingTime::Uncertain { why, guess } => {
                let guess = guess.map_or("none".to_owned(), |guess| {
                    let from = guess.every_other_week_from.map(|day| format!(" from {day}")).unwrap_or_default();
                    format!("{} {}{from}", guess.cron(), guess.zone)
                });
                Err(format!("{guess}: {why}"))
            }
        }
    }

    #[test]
    fn what_can_be_read_in_one_way_is_certain() {
        for (sentence, meets) in [
            ("Weekly session: \"Juniper\", currently scheduled Thursdays at 3:00 PM UTC.", "0 15 * * Thu UTC"),
            ("Alpha Pod Sync APAC <> AMER - 21:30 UTC Tuesday", "30 21 * * Tue UTC"),
            ("Tuesday's at 15:30 UTC", "30 15 * * Tue UTC"),
            ("Thursday’s, 9am UTC", "0 9 * * Thu UTC"),
            ("thursdays 15 UTC", "0 15 * * Thu UTC"),
            ("Mondays at 1800 UTC", "0 18 * * Mon UTC"),
            ("Fridays 12 a.m. UTC", "0 0 * * Fri UTC"),
            ("Fridays 12 PM UTC", "0 12 * * Fri UTC"),
            ("Wed 15:30Z", "30 15 * * Wed UTC"),
            ("Mondays, 11:00 CET (09:00 / 10:00 UTC depending on DST, as agreed)", "0 11 * * Mon Europe/Berlin"),
            ("Mondays 10:30 Europe/Paris", "30 10 * * Mon Europe/Paris"),
            ("Mondays 3 PM ET", "0 15 * * Mon America/New_York"),
            ("Mondays 15:00 - 16:30 UTC", "0 15 * * Mon UTC 90m"),
            ("Mondays 15:00–16:00 UTC", "0 15 * * Mon UTC"),
        ] {
            assert_eq!(read(sentence).as_deref(), Ok(meets), "{sentence}");
        }
    }

    #[test]
    fn everything_else_is_for_a_person() {
        for (sentence, guess) in [
            ("Tuesdays 9 AM UTC every other week", "0 9 * * Tue UTC from 2026-11-24: it meets every other week; give"),
            ("on the fourth week of the month", "none: it names no weekday"),
            ("Tuesday, 13:00 / 14:00 UTC depending on DST", "0 13 * * Tue UTC: its hour depends on daylight"),
            ("Tuesday 08:30 UTC (Summer) / 09:30 UTC (Winter)", "30 8 * * Tue UTC: its hour depends on daylight"),
            ("Every other Monday at 1800 UTC", "0 18 * * Mon UTC from 2026-11-30: it meets every other week; give"),
            (
                "Every other Monday at 1530 UTC: Alpha sync (on evenly numbered ISO weeks)",
                "30 15 * * Mon UTC from 2026-12-07: it meets every other week; after",
            ),
            ("Every other Monday at 1530 UTC (odd ISO weeks)", "30 15 * * Mon UTC from 2026-11-30: it meets"),
            ("Mondays, 11:00 CET", "0 11 * * Mon Europe/Berlin: its zone may mean"),
            ("Mondays, 11:00 CET (10:00 UTC)", "0 11 * * Mon Europe/Berlin: its zone may mean"),
            ("Mondays, 11:00 CET (08:00 / 10:00 UTC depending on DST)", "0 11 * * Mon Europe/Berlin: its hour depends"),
            ("Mon and Thu 15:00 UTC", "none: it names several weekdays"),
            ("Thursdays 9 am", "0 9 * * Thu UTC: it names no time zone"),
            ("First Monday at 15:00 UTC", "0 15 * * Mon UTC: it may not meet every week"),
            ("Mondays at 15:00 UTC (paused)", "0 15 * * Mon UTC: it may not meet at present"),
            ("Mondays at 15:00 UTC or 18:00 UTC", "0 15 * * Mon UTC: it names several times"),
            ("Mondays 3-4 PM UTC", "0 16 * * Mon UTC: it names several times"),
            ("Mondays 23:00 - 01:00 UTC", "0 23 * * Mon UTC: it names several times"),
            ("(Bi)weekly meetings: TBD", "none: it names no weekday"),
            ("Mondays", "none: it names no time of day"),
            ("Release 15.0 on Monday", "none: it names no time of day"),
            ("Monday 99:30 UTC", "none: it names no time of day"),
            ("", "none: it names no weekday"),
        ] {
            let found = read(sentence).expect_err(sentence);
            assert!(found.starts_with(guess), "{sentence}: {found}");
        }
    }

    #[test]
    fn any_sentence_is_read() {
        for sentence in ["Monday ' : . - / ' 1", "Monday é1:é", "Mon:: 00000000000000 UTC", "Monday 4 - 5", "ẞday 1:11"]
        {
            drop(read(sentence));
        }
    }
}
