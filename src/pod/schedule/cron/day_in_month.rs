//! Days that are counted in their month, from its beginning or from its end.

use chrono::{Datelike as _, NaiveDate};

/// Which day of its month a date has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DayInMonth {
    /// The n-th of its weekday: `#3`.
    WeekdayFromStart(u32),
    /// The same from the month's end: `#-1`, `#L`.
    WeekdayFromEnd(u32),
    /// The n-th day from the month's end, where 1 is the last: `L`, `-1`.
    DayFromEnd(u32),
}

impl DayInMonth {
    /// What stands behind a weekday and `#`.
    pub(super) fn parse_place(text: &str) -> Option<Self> {
        if is_last(text) {
            return Some(Self::WeekdayFromEnd(1));
        }
        let number =
            |digits: &str| digits.parse::<u32>().ok().filter(|number| digits.len() == 1 && (1..=5).contains(number));
        match text.strip_prefix('-') {
            Some(digits) => number(digits).map(Self::WeekdayFromEnd),
            None => number(text).map(Self::WeekdayFromStart),
        }
    }

    /// A day of the month that is counted from its end.
    pub(super) fn parse_from_end(text: &str) -> Option<Self> {
        if is_last(text) {
            return Some(Self::DayFromEnd(1));
        }
        let digits = text.strip_prefix('-').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        digits.parse::<u32>().ok().filter(|number| (1..=31).contains(number)).map(Self::DayFromEnd)
    }

    /// The days of a month, as a cron field, among which it always is: so that not every day has to be tried.
    pub(super) fn day_field(self) -> String {
        let (first, last) = match self {
            Self::WeekdayFromStart(place) => (7 * place - 6, 7 * place),
            Self::WeekdayFromEnd(place) => (29_u32.saturating_sub(7 * place), 38 - 7 * place),
            Self::DayFromEnd(place) => (29_u32.saturating_sub(place), 32 - place),
        };
        match (first.max(1), last.min(31)) {
            (first, last) if first == last => first.to_string(),
            (first, last) => format!("{first}-{last}"),
        }
    }

    /// Whether a date is that day of its month.
    pub(super) fn includes(self, date: NaiveDate) -> bool {
        let from_end = u32::from(date.num_days_in_month()) + 1 - date.day();
        match self {
            Self::WeekdayFromStart(place) => date.day().div_ceil(7) == place,
            Self::WeekdayFromEnd(place) => from_end.div_ceil(7) == place,
            Self::DayFromEnd(place) => from_end == place,
        }
    }
}

fn is_last(text: &str) -> bool {
    ["l", "last"].contains(&text.to_ascii_lowercase().as_str())
}
