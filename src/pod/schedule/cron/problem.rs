//! What is wrong with a cron text, field by field and as it was written, and what may have been meant.

use std::cmp::Ordering;

use super::day_in_month::DayInMonth;
use super::{Cron, without_and};
use crate::pod::similar_name::find_similar_name;

/// One of the five fields.
struct Field {
    name: &'static str,
    low: u32,
    high: u32,
    /// Names of its values in full, if it has any; their first three letters are names, too.
    names: &'static [&'static str],
    /// As a message shows its values.
    values: &'static str,
    /// What to write where nothing is known.
    good: &'static str,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const DAY_OF_MONTH: &str = "day of the month";

const FIELDS: [Field; 5] = [
    Field { name: "minute", low: 0, high: 59, names: &[], values: "0 to 59", good: "0" },
    Field { name: "hour", low: 0, high: 23, names: &[], values: "0 to 23", good: "15" },
    Field { name: DAY_OF_MONTH, low: 1, high: 31, names: &[], values: "1 to 31", good: "*" },
    Field { name: "month", low: 1, high: 12, names: &MONTHS, values: "1 to 12, or Jan to Dec", good: "*" },
    Field { name: "weekday", low: 0, high: 7, names: &WEEKDAYS, values: "Mon to Sun, or 0 to 7", good: "Thu" },
];

/// A good text in place of one that is none: as much of it as is good, and what it may have meant.
pub fn suggest_cron(text: &str) -> String {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let mended = match fields.len().cmp(&FIELDS.len()) {
        Ordering::Equal => {
            let mended = FIELDS.iter().zip(&fields).map(|(field, written)| match field.problem(written) {
                Some((_, instead)) => instead,
                None => (*written).to_owned(),
            });
            Some(mended.collect::<Vec<_>>().join(" "))
        }
        // Seconds stand in front of it, or a year behind.
        Ordering::Greater => {
            let windows = fields.windows(FIELDS.len()).rev();
            windows.map(|window| window.join(" ")).find(|text| Cron::parse(text).is_ok())
        }
        Ordering::Less => read_day_and_time(text),
    };
    mended.filter(|text| Cron::parse(text).is_ok()).unwrap_or_else(|| "0 15 * * Thu".to_owned())
}

/// The fields that are wrong, as the rest of a sentence about the text; `None` where none is by itself.
pub(super) fn describe_fields(fields: [&str; 5]) -> Option<String> {
    let wrong = FIELDS.iter().zip(fields).filter_map(|(field, written)| field.problem(written).map(|(why, _)| why));
    let wrong: Vec<String> = wrong.collect();
    (!wrong.is_empty()).then(|| wrong.join(", and "))
}

impl Field {
    /// What is wrong with the field, and what to write in its place.
    fn problem(&self, written: &str) -> Option<(String, String)> {
        let Self { name, values, .. } = self;
        let is_weekday = self.names.len() == WEEKDAYS.len();
        let counts_days = is_weekday || *name == DAY_OF_MONTH;
        for item in if counts_days { without_and(written) } else { written }.split(',') {
            if *name == DAY_OF_MONTH && DayInMonth::parse_from_end(item).is_some() {
                continue;
            }
            if let (true, Some((day, _))) = (is_weekday, item.split_once('%')) {
                // Which week is counted first hangs on the version of the library that GitLab has.
                let why = format!(
                    "`{item}` does not say from which week it counts; `every` and `anchor` beside the schedule do"
                );
                return Some((why, written.replace(item, day)));
            }
            let item = match item.split_once('#').filter(|_| is_weekday) {
                Some((_, place)) if DayInMonth::parse_place(place).is_none() => {
                    let why = format!("`#{place}` is no place in the month (#1 to #5, #-1 to #-5, or #L for the last)");
                    return Some((why, written.replace(&format!("#{place}"), "#1")));
                }
                Some((day, _)) if day.contains('-') => {
                    let first = day.split('-').next().unwrap_or_default();
                    let why = format!("`{item}` counts several weekdays; write each with its own #");
                    return Some((why, written.replace(day, first)));
                }
                Some((day, _)) => day,
                None => item,
            };
            let (range, step) = item.split_once('/').map_or((item, None), |(range, step)| (range, Some(step)));
            if let Some(step) = step.filter(|step| step.parse::<u32>().map_or(true, |step| step == 0)) {
                return Some((format!("`/{step}` is no step of the {name}"), written.replace(&format!("/{step}"), "")));
            }
            if matches!(range, "*" | "?") {
                continue;
            }
            let bounds: Vec<&str> = range.splitn(2, '-').collect();
            if let Some(value) = bounds.iter().find(|value| self.value(value).is_none()) {
                let instead = self.nearest(value).unwrap_or_else(|| self.good.to_owned());
                let shown = if value.is_empty() { written } else { *value };
                let mended = if value.is_empty() { instead } else { written.replace(value, &instead) };
                return Some((format!("`{shown}` is no {name} ({values})"), mended));
            }
            // Weekdays may wrap around the week's end.
            if let ([first, last], true) = (bounds.as_slice(), !is_weekday)
                && self.value(first) > self.value(last)
            {
                return Some((
                    format!("`{range}` runs backwards in the {name}"),
                    written.replace(range, &format!("{last}-{first}")),
                ));
            }
        }
        None
    }

    fn value(&self, text: &str) -> Option<u32> {
        if let Ok(number) = text.parse::<u32>() {
            return (self.low..=self.high).contains(&number).then_some(number);
        }
        let lower = text.to_ascii_lowercase();
        let known = |name: &str| {
            let name = name.to_ascii_lowercase();
            name == lower
                || name[..3] == lower
                || matches!(lower.as_str(), "tues" | "thurs") && name.starts_with(&lower)
        };
        let index = self.names.iter().position(|name| known(name))?;
        u32::try_from(index).ok().and_then(|index| index.checked_add(self.low))
    }

    /// The value that may have been meant.
    fn nearest(&self, text: &str) -> Option<String> {
        if self.name == "hour" {
            return parse_time(text).map(|(hour, _)| hour.to_string());
        }
        let starts_alike = |name: &&&str| text.get(..3).is_some_and(|start| name[..3].eq_ignore_ascii_case(start));
        let named = self.names.iter().find(starts_alike).copied();
        let named = named.or_else(|| find_similar_name(text, self.names.iter().copied()));
        named.map(|name| name[..3].to_owned())
    }
}

/// `Thursdays at 3 pm`, `Thu 15:00`.
fn read_day_and_time(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let macros = [("@weekly", "0 0 * * Sun"), ("@daily", "0 0 * * Thu"), ("@hourly", "0 15 * * Thu")];
    if let Some((_, written_out)) = macros.iter().find(|(name, _)| *name == lower.trim()) {
        return Some((*written_out).to_owned());
    }
    let words: Vec<&str> = lower.split_whitespace().collect();
    let is_day = |word: &&str, name: &&&str| {
        let name = name.to_lowercase();
        word.trim_end_matches('s') == name || *word == &name[..3]
    };
    let day = words.iter().find_map(|word| WEEKDAYS.iter().find(|name| is_day(word, name)))?;
    let joined = lower.replace(" am", "am").replace(" pm", "pm");
    let (hour, minute) = joined.split_whitespace().find_map(parse_time)?;
    Some(format!("{minute} {hour} * * {}", &day[..3]))
}

/// `15:30`, `3pm`, `15`.
fn parse_time(text: &str) -> Option<(u32, u32)> {
    let lower = text.to_ascii_lowercase();
    let (clock, add) = match (lower.strip_suffix("pm"), lower.strip_suffix("am")) {
        (Some(clock), _) => (clock, 12),
        (_, Some(clock)) => (clock, 0),
        _ => (lower.as_str(), 0),
    };
    let (hour, minute) = clock.split_once(':').unwrap_or((clock, "0"));
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = if clock.len() < lower.len() { (hour % 12).checked_add(add)? } else { hour };
    (hour < 24 && minute < 60).then_some((hour, minute))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_that_is_wrong_is_named_as_it_was_written() {
        for (text, says, instead) in [
            (
                "0 25 * * Thursd",
                "`0 25 * * Thursd` is no schedule: `25` is no hour (0 to 23), and `Thursd` is no weekday (Mon to Sun, or 0 to 7)",
                "0 15 * * Thu",
            ),
            ("61 15 * * Thu", "`61` is no minute (0 to 59)", "0 15 * * Thu"),
            ("30 3pm * * Fri", "`3pm` is no hour (0 to 23)", "30 15 * * Fri"),
            ("0 15 32 * *", "`32` is no day of the month (1 to 31)", "0 15 * * *"),
            ("0 15 * Foo Fri", "`Foo` is no month (1 to 12, or Jan to Dec)", "0 15 * * Fri"),
            ("0 15 * 13 Fri", "`13` is no month", "0 15 * * Fri"),
            ("0 15 * * 8", "`8` is no weekday", "0 15 * * Thu"),
            ("0 15 * * Mittwoch", "`Mittwoch` is no weekday", "0 15 * * Thu"),
            ("0 15 * * Wendesday", "`Wendesday` is no weekday", "0 15 * * Wed"),
            ("0 15 * * Mon/0", "`/0` is no step of the weekday", "0 15 * * Mon"),
            ("0 17-9 * * Thu", "`17-9` runs backwards in the hour", "0 9-17 * * Thu"),
            ("0 15 * * Thu,", "`Thu,` is no weekday", "0 15 * * Thu"),
            (
                "0 15 * * Thu#6",
                "`#6` is no place in the month (#1 to #5, #-1 to #-5, or #L for the last)",
                "0 15 * * Thu#1",
            ),
            ("0 15 * * Thurs#0", "`#0` is no place in the month", "0 15 * * Thurs#1"),
            ("0 15 * * Thx#2", "`Thx` is no weekday", "0 15 * * Thu#2"),
            ("0 15 * * Mon-Fri#1", "`Mon-Fri#1` counts several weekdays; write each with its own #", "0 15 * * Mon#1"),
            ("0 15 * * Thu%2", "`Thu%2` does not say from which week it counts; `every` and `anchor`", "0 15 * * Thu"),
            ("0 15 -32 * *", "`-32` is no day of the month", "0 15 * * *"),
            ("0 0 15 * * Thu", "has 6 fields; a schedule has five", "0 15 * * Thu"),
            ("0 15 * *", "has 4 fields", "0 15 * * Thu"),
            ("@weekly", "has 1 field", "0 0 * * Sun"),
            ("Tuesdays at 9:30 am", "has 4 fields", "30 9 * * Tue"),
            ("", "has 0 fields", "0 15 * * Thu"),
        ] {
            let error = Cron::parse(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
            assert_eq!(suggest_cron(text), instead, "{text}");
        }
    }
}
