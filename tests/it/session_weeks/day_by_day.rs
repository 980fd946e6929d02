//! Rhythms as somebody would walk them on a wall calendar, day by day: a second opinion that shares no code with the
//! schedules. No calendar is asked for weeks, and no zone for the instant of a local time.

use chrono::{
    DateTime, Datelike as _, Days, Duration, NaiveDate, NaiveDateTime, Offset as _, TimeZone as _, Utc, Weekday,
};
use chrono_tz::Tz;

use super::{LAST, MONDAY};

/// A rhythm: what is written into the configuration, and what it means on a day.
pub(crate) struct Rhythm {
    pub(crate) name: &'static str,
    pub(crate) cron: &'static str,
    pub(crate) weeks: Weeks,
    pub(crate) meets_on: fn(NaiveDate) -> bool,
    pub(crate) time: (u32, u32),
    /// Times that hold from a date on.
    pub(crate) changes: &'static [Change],
    /// Between Christmas and New Year nobody meets, and each first session of March is two days earlier, at this time.
    pub(crate) holidays_and_moves: Option<(u32, u32)>,
}

pub(crate) struct Change {
    pub(crate) from: &'static str,
    pub(crate) cron: &'static str,
    pub(crate) meets_on: fn(NaiveDate) -> bool,
    pub(crate) time: (u32, u32),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weeks {
    All,
    /// Every so many, counted from the walk's first.
    Every(u32),
    Even,
    Odd,
}

/// A session, as the walk finds it: ISO year and week, and when it starts by the clocks there.
pub(crate) struct Walked {
    pub(crate) year: i32,
    pub(crate) week: u32,
    pub(crate) date: NaiveDate,
    pub(crate) local: NaiveDateTime,
}

pub(crate) const RHYTHMS: &[Rhythm] = &[
    Rhythm { name: "Thursdays", cron: "0 15 * * Thu", meets_on: |day| is(day, Weekday::Thu), ..EVERY_WEEK },
    Rhythm {
        name: "Sunday nights",
        cron: "30 2 * * 0",
        meets_on: |day| is(day, Weekday::Sun),
        time: (2, 30),
        ..EVERY_WEEK
    },
    Rhythm {
        name: "Monday, midnight",
        cron: "0 0 * * 1",
        meets_on: |day| is(day, Weekday::Mon),
        time: (0, 0),
        ..EVERY_WEEK
    },
    Rhythm {
        name: "every other week",
        cron: "0 15 * * Thu",
        weeks: Weeks::Every(2),
        meets_on: |day| is(day, Weekday::Thu),
        ..EVERY_WEEK
    },
    Rhythm {
        name: "every third week",
        cron: "30 2 * * Sun",
        weeks: Weeks::Every(3),
        meets_on: |day| is(day, Weekday::Sun),
        time: (2, 30),
        ..EVERY_WEEK
    },
    Rhythm {
        name: "even weeks",
        cron: "30 1 * * Sun",
        weeks: Weeks::Even,
        meets_on: |day| is(day, Weekday::Sun),
        time: (1, 30),
        ..EVERY_WEEK
    },
    Rhythm {
        name: "odd weeks",
        cron: "0 15 * * Thu",
        weeks: Weeks::Odd,
        meets_on: |day| is(day, Weekday::Thu),
        ..EVERY_WEEK
    },
    Rhythm {
        name: "third Thursdays",
        cron: "0 15 * * Thu#3",
        meets_on: |day| is(day, Weekday::Thu) && (15..=21).contains(&day.day()),
        ..EVERY_WEEK
    },
    Rhythm {
        name: "last Sundays",
        cron: "30 2 * * Sun#-1",
        meets_on: |day| is(day, Weekday::Sun) && (day + Days::new(7)).day() <= 7,
        time: (2, 30),
        ..EVERY_WEEK
    },
    Rhythm {
        name: "first and third Sundays",
        cron: "30 2 * * Sun#1,Sun#3",
        meets_on: |day| is(day, Weekday::Sun) && matches!(day.day(), 1..=7 | 15..=21),
        time: (2, 30),
        ..EVERY_WEEK
    },
    Rhythm {
        name: "fifth Thursdays",
        cron: "0 15 * * Thu#5",
        meets_on: |day| is(day, Weekday::Thu) && day.day() >= 29,
        ..EVERY_WEEK
    },
    Rhythm {
        name: "last days",
        cron: "30 23 L * *",
        meets_on: |day| (day + Days::new(1)).day() == 1,
        time: (23, 30),
        ..EVERY_WEEK
    },
    Rhythm {
        name: "times that change",
        cron: "0 15 * * Thu",
        meets_on: |day| is(day, Weekday::Thu),
        changes: &[
            Change { from: "2030-06-15", cron: "30 0 * * Mon", meets_on: |day| is(day, Weekday::Mon), time: (0, 30) },
            // In the middle of a week that has had its session.
            Change { from: "2040-10-03", cron: "30 2 * * Sun", meets_on: |day| is(day, Weekday::Sun), time: (2, 30) },
        ],
        ..EVERY_WEEK
    },
    Rhythm {
        name: "holidays and moves",
        cron: "0 15 * * Thu",
        meets_on: |day| is(day, Weekday::Thu),
        holidays_and_moves: Some((2, 30)),
        ..EVERY_WEEK
    },
];

const EVERY_WEEK: Rhythm = Rhythm {
    name: "",
    cron: "",
    weeks: Weeks::All,
    meets_on: |_| false,
    time: (15, 0),
    changes: &[],
    holidays_and_moves: None,
};

fn is(day: NaiveDate, weekday: Weekday) -> bool {
    day.weekday() == weekday
}

/// Whether the holidays of a rhythm hold a day.
pub(crate) fn is_holiday(day: NaiveDate) -> bool {
    matches!((day.month(), day.day()), (12, 24..) | (1, ..=3))
}

impl Rhythm {
    /// Its sessions over the forty years.
    pub(crate) fn walk(&self) -> Vec<Walked> {
        let [monday, last] = [MONDAY, LAST].map(|day| day.parse::<NaiveDate>().unwrap());
        let (mut year, mut week, mut count) = (2020, 1, 0);
        let (mut found, mut has_met, mut march) = (Vec::new(), false, 0);
        for day in monday.iter_days().take_while(|day| *day <= last) {
            if is(day, Weekday::Mon) && day != monday {
                (has_met, count) = (false, count + 1);
                (year, week) = if week == weeks_in(year) { (year + 1, 1) } else { (year, week + 1) };
            }
            let may = match self.weeks {
                Weeks::All => true,
                Weeks::Every(weeks) => count % weeks == 0,
                Weeks::Even => week % 2 == 0,
                Weeks::Odd => week % 2 == 1,
            };
            let since = |change: &&Change| change.from.parse::<NaiveDate>().unwrap() <= day;
            let change = self.changes.iter().rfind(since);
            let (meets_on, time) = change.map_or((self.meets_on, self.time), |change| (change.meets_on, change.time));
            if !may || has_met || !meets_on(day) {
                continue;
            }
            has_met = true;
            let mut local = day.and_hms_opt(time.0, time.1, 0).unwrap();
            if let Some((hour, minute)) = self.holidays_and_moves {
                if is_holiday(day) {
                    continue;
                }
                if day.month() == 3 && march != day.year() {
                    march = day.year();
                    local = (day - Days::new(2)).and_hms_opt(hour, minute, 0).unwrap();
                }
            }
            found.push(Walked { year, week, date: day, local });
        }
        found
    }
}

/// An ISO year has 53 weeks where it begins on a Thursday, or on a Wednesday and is a leap year.
fn weeks_in(year: i32) -> u32 {
    let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
    let is_long = is(first, Weekday::Thu) || (is(first, Weekday::Wed) && first.leap_year());
    if is_long { 53 } else { 52 }
}

/// The first instant at which the clocks of a zone show a local time; where none does, that of the offset before.
pub(crate) fn instant(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    let offset_at = |utc: NaiveDateTime| zone.offset_from_utc_datetime(&utc).fix();
    let day = Duration::days(1);
    let (before, after) = (offset_at(local - day), offset_at(local + day));
    let [early, late] = [before, after].map(|offset| local - offset);
    if early == late {
        return early.and_utc();
    }
    let shows = |utc: &NaiveDateTime| *utc + offset_at(*utc) == local;
    [early, late].into_iter().filter(shows).min().unwrap_or(early).and_utc()
}
