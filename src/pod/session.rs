//! Sessions and their keys.

use std::fmt;

use chrono::{DateTime, Datelike, IsoWeek, NaiveDate, Utc, Weekday};
use chrono_tz::Tz;

use super::{PodKey, is_slug};

/// The identity of a session: pod, slot, and the ISO week of its scheduled local date.
///
/// The week, not the date, so that moving the weekday inside a week never opens a second issue; the ISO
/// year, so that 2027-01-01 belongs to `2026-W53`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionKey {
    /// The pod's key at the time of stamping.
    pub pod: PodKey,
    /// The slot's key.
    pub slot: String,
    /// ISO year.
    pub year: i32,
    /// ISO week, 1 to 53.
    pub week: u32,
}

impl SessionKey {
    /// The key of a slot's meeting in the ISO week that holds `date`.
    pub fn for_date(pod: &PodKey, slot: &str, date: NaiveDate) -> Self {
        let week = date.iso_week();
        Self { pod: pod.clone(), slot: slot.to_owned(), year: week.year(), week: week.week() }
    }

    /// Reads `POD/SLOT/2026-W48`. Returns `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let (pod, slot, week) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || !is_slug(slot) {
            return None;
        }
        let (year_text, week_text) = week.split_once("-W")?;
        let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(year_text, 4) || !digits(week_text, 2) {
            return None;
        }
        let (year, week) = (year_text.parse().ok()?, week_text.parse().ok()?);
        // Weeks that the year does not have are no keys.
        NaiveDate::from_isoywd_opt(year, week, Weekday::Mon)?;
        Some(Self { pod: PodKey::parse(pod)?, slot: slot.to_owned(), year, week })
    }

    /// The number of its week, counted from the one of 1970-01-01: it grows with time, whatever the year.
    pub fn week_number(&self) -> i64 {
        let monday = NaiveDate::from_isoywd_opt(self.year, self.week, Weekday::Mon).unwrap_or_default();
        // 1970-01-01 was a Thursday.
        monday.signed_duration_since(NaiveDate::default()).num_days().div_euclid(7)
    }

    /// Whether `date` lies in the key's week.
    pub fn week_contains(&self, date: NaiveDate) -> bool {
        let week: IsoWeek = date.iso_week();
        (week.year(), week.week()) == (self.year, self.week)
    }
}

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{:04}-W{:02}", self.pod, self.slot, self.year, self.week)
    }
}

/// One dated meeting of a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its identity.
    pub key: SessionKey,
    /// The local date it takes place on.
    pub date: NaiveDate,
    /// The local date it is scheduled on, where it was moved to another time.
    pub moved_from: Option<NaiveDate>,
    /// When it starts, in the slot's zone.
    pub start: DateTime<Tz>,
    /// How long it lasts.
    pub duration: chrono::Duration,
}

impl Session {
    /// Whether it has begun.
    pub fn has_started(&self, now: DateTime<Utc>) -> bool {
        self.start <= now
    }

    /// The start as people read it: `Thu 2026-11-26 15:00 UTC`.
    pub fn start_text(&self) -> String {
        self.start.format("%a %Y-%m-%d %H:%M %Z").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod() -> PodKey {
        PodKey::parse("alpha").unwrap()
    }

    #[test]
    fn the_key_uses_the_iso_year() {
        let date = NaiveDate::from_ymd_opt(2027, 1, 1).unwrap();
        assert_eq!(SessionKey::for_date(&pod(), "weekly", date).to_string(), "alpha/weekly/2026-W53");
    }

    #[test]
    fn a_key_reads_back_and_nothing_else_does() {
        let text = "alpha/weekly/2026-W48";
        assert_eq!(SessionKey::parse(text).unwrap().to_string(), text);
        for bad in [
            "",
            "alpha",
            "alpha/weekly/2026-W54",
            "alpha/weekly/2027-W53",
            "alpha/weekly/2026-W00",
            "alpha/weekly/2026-W4",
            "alpha/weekly/2026-W048",
            "alpha/weekly/+026-W48",
            "alpha//2026-W48",
            "Alpha/weekly/2026-W48",
            "alpha/weekly/2026-W48/x",
        ] {
            assert_eq!(SessionKey::parse(bad), None, "{bad}");
        }
    }
}
