//! What a sentence names: weekdays, times of day, zones and rhythms.

use chrono::{Datelike as _, NaiveDate, Offset as _, TimeZone as _, Weekday};
use chrono_tz::Tz;

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

/// Which weeks are meant by every other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OtherWeeks {
    /// Those with an even number.
    Even,
    /// Those with an odd number.
    Odd,
    /// It does not say which.
    Unnamed,
}

/// A time of day with what stands around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TimeOfDay {
    pub(super) hour: u32,
    pub(super) minute: u32,
    /// The zone that stands behind it, by its index in [`ZONES`].
    zone: Option<usize>,
    /// A dash leads to it from the time before.
    pub(super) ends_range_of_previous: bool,
    /// A dash leads to it from a number that was not understood.
    pub(super) may_end_a_range: bool,
}

impl TimeOfDay {
    pub(super) fn minute_of_day(self) -> u32 {
        self.hour * 60 + self.minute
    }
}

/// What a sentence names.
pub(super) struct Words {
    pub(super) lower: Vec<String>,
    pub(super) weekdays: Vec<Weekday>,
    pub(super) times: Vec<TimeOfDay>,
    /// Zones by their short names, each once, by index in [`ZONES`].
    short_zones: Vec<usize>,
    /// Zones by their IANA names.
    iana_zones: Vec<Tz>,
}

impl Words {
    pub(super) fn read(sentence: &str) -> Self {
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
    pub(super) fn zone(&self) -> (Option<&'static str>, bool) {
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
    pub(super) fn confirmed_local_time(&self, today: NaiveDate) -> Option<&'static str> {
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
    pub(super) fn every_other_week(&self, lower: &str) -> Option<OtherWeeks> {
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
