//! When a pod meets: five-field cron text in an IANA zone.

mod cron_problem;

use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, NaiveDateTime, Offset as _, TimeZone, Utc};
use chrono_tz::Tz;

pub use cron_problem::suggest_cron;

use super::PodKey;
use super::session::{Session, SessionKey};

/// GitLab's longest title of an issue (docs "Issues API").
const LONGEST_TITLE: usize = 255;

/// One weekly meeting of a pod.
#[derive(Debug, Clone)]
pub struct Slot {
    /// Its key, a slug, for example `weekly`; the second part of a session's key.
    pub key: String,
    /// Keys it had before; issues stamped with them are still its own.
    pub former_keys: Vec<String>,
    /// When it meets, in the zone's local time.
    pub cron: Cron,
    /// The zone whose clock it follows.
    pub zone: Tz,
    /// How long a session lasts.
    pub duration: Duration,
    /// How long before its start a session's pairing issue is opened.
    pub open_ahead: Duration,
    /// Local dates on which it does not meet.
    pub skipped_dates: Vec<NaiveDate>,
    /// It meets every so many weeks, counted from the week of `anchor`; 1 means every week.
    pub every_weeks: u32,
    /// A date in a week in which it meets; needed when `every_weeks` is more than 1.
    pub anchor: Option<NaiveDate>,
    /// The calendar's name for it, and the start of the issue's title, for example `Secure Pod Pairing`.
    pub event: String,
}

impl Slot {
    /// The sessions that start at or after `from`, in order, without the skipped ones.
    ///
    /// A local time that a clock change leaves out is moved to the first time that exists after it; one
    /// that happens twice is taken the first time. So there is one session a date, whatever the zone.
    pub fn sessions_from<'a>(&'a self, pod: &'a PodKey, from: DateTime<Utc>) -> impl Iterator<Item = Session> + 'a {
        // Two days back: no zone's clock change moves a session further than that.
        let zoned = from.with_timezone(&self.zone);
        let local = zoned.naive_utc().checked_add_offset(zoned.offset().fix());
        let local = local.and_then(|local| local.checked_sub_signed(Duration::days(2))).unwrap_or(from.naive_utc());
        self.cron
            .after(local)
            .filter(|local| self.meets_on(local.date()))
            .map(move |local| self.session_at(pod, local))
            .filter(move |session| session.start >= from)
    }

    /// The title of a session's pairing issue: `Secure Pod Pairing, Thu 2026-11-26 15:00 UTC`.
    pub fn issue_title(&self, session: &Session) -> String {
        let when = session.start_text();
        let room = LONGEST_TITLE.saturating_sub(when.chars().count() + 2);
        let event: String = self.event.chars().take(room).collect();
        format!("{event}, {when}")
    }

    fn session_at(&self, pod: &PodKey, local: NaiveDateTime) -> Session {
        Session {
            key: SessionKey::for_date(pod, &self.key, local.date()),
            date: local.date(),
            start: resolve_local_time(self.zone, local),
            duration: self.duration,
        }
    }

    fn meets_on(&self, date: NaiveDate) -> bool {
        !self.skipped_dates.contains(&date) && self.is_meeting_week(date)
    }

    fn is_meeting_week(&self, date: NaiveDate) -> bool {
        let Some(anchor) = self.anchor else { return true };
        let weeks = (monday(date) - monday(anchor)).num_weeks();
        weeks.rem_euclid(i64::from(self.every_weeks.max(1))) == 0
    }
}

fn monday(date: NaiveDate) -> NaiveDate {
    date.checked_sub_days(Days::new(u64::from(date.weekday().num_days_from_monday()))).unwrap_or(date)
}

/// The instant of a local time; see [`Slot::sessions_from`] for clock changes.
fn resolve_local_time(zone: Tz, local: NaiveDateTime) -> DateTime<Tz> {
    let mut candidate = local;
    // The longest gap on record is a whole day (Samoa skipped 2011-12-30).
    for _ in 0..=(26 * 60) {
        if let Some(start) = zone.from_local_datetime(&candidate).earliest() {
            return start;
        }
        let Some(later) = candidate.checked_add_signed(Duration::minutes(1)) else { break };
        candidate = later;
    }
    zone.from_utc_datetime(&local)
}

/// A five-field cron text (minute, hour, day of month, month, weekday) by GitLab's rules.
///
/// GitLab's schedules are Vixie's: weekdays 0 and 7 are Sunday, and where both day fields are restricted
/// either may match. The `cron` crate's rules are Quartz's: a seconds field, Sunday is 1, and both must
/// match. So weekday numbers are translated to names, and two schedules stand for an "either".
#[derive(Debug, Clone)]
pub struct Cron {
    text: String,
    schedules: Vec<cron::Schedule>,
}

impl Cron {
    /// Reads a five-field text.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it; [`suggest_cron`] says what to write.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            let count = if fields.len() == 1 { "1 field".to_owned() } else { format!("{} fields", fields.len()) };
            return Err(format!(
                "`{text}` has {count}; a schedule has five: minute, hour, day of the month, month and weekday"
            ));
        };
        Self::from_fields(text, [minute, hour, day, month, weekday]).map_err(|why| {
            let why = cron_problem::describe_fields([minute, hour, day, month, weekday]).unwrap_or(why);
            format!("`{text}` is no schedule: {why}")
        })
    }

    fn from_fields(text: &str, [minute, hour, day, month, weekday]: [&str; 5]) -> Result<Self, String> {
        let weekday = translate_weekdays(weekday)?;
        let restricted = |field: &str| field != "*" && field != "?";
        let variants = if restricted(day) && restricted(&weekday) {
            vec![(day, "*"), ("*", weekday.as_str())]
        } else {
            vec![(day, weekday.as_str())]
        };
        let schedules = variants
            .into_iter()
            .map(|(day, weekday)| {
                let six = format!("0 {minute} {hour} {day} {month} {weekday}");
                cron::Schedule::from_str(&six).map_err(|error| {
                    let reason = error.to_string();
                    reason.lines().next().unwrap_or("it does not parse").trim().to_owned()
                })
            })
            .collect::<Result<Vec<_>, String>>()?;
        Ok(Self { text: text.to_owned(), schedules })
    }

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The local times after `local`, in order, each once. Ends when there is none within a century.
    pub fn after(&self, local: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> + '_ {
        // Evaluated as if the zone had no clock changes; the caller resolves those.
        let mut last = Utc.from_utc_datetime(&local);
        std::iter::from_fn(move || {
            // The crate adds a second without looking whether there is one.
            last.checked_add_signed(Duration::seconds(1))?;
            let next = self.schedules.iter().filter_map(|schedule| schedule.after(&last).next()).min()?;
            last = next;
            Some(next.naive_utc())
        })
    }
}

const WEEKDAYS: [&str; 8] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Translates weekday numbers (0 to 7) to names, in lists and ranges; names stay.
fn translate_weekdays(field: &str) -> Result<String, String> {
    let name = |part: &str| -> Result<String, String> {
        match part.parse::<usize>() {
            Ok(number) => WEEKDAYS
                .get(number)
                .map(|day| (*day).to_owned())
                .ok_or_else(|| format!("weekday {number} does not exist; they run from 0 (Sunday) to 7 (Sunday)")),
            Err(_not_a_number) => Ok(part.to_owned()),
        }
    };
    let mut out = Vec::new();
    for item in field.split(',') {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (item, None),
        };
        if range == "*" || range == "?" {
            out.push(item.to_owned());
            continue;
        }
        if let (Some(_), _) | (None, true) = (step, range.contains('-')) {
            out.push(expand_weekday_range(range, step)?);
        } else {
            out.push(name(range)?);
        }
    }
    Ok(out.join(","))
}

/// Spells a weekday range out (`Fri-Mon` wraps in Vixie's cron; the crate refuses it).
fn expand_weekday_range(range: &str, step: Option<&str>) -> Result<String, String> {
    let number = |text: &str| -> Result<usize, String> {
        if let Some(number) = text.parse::<usize>().ok().filter(|number| *number <= 7) {
            return Ok(number);
        }
        WEEKDAYS
            .iter()
            .position(|day| text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(day)))
            .ok_or_else(|| format!("`{text}` is no weekday; write Mon, Tue, Wed, Thu, Fri, Sat or Sun"))
    };
    let (first, last) = match range.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(range)?, 6),
    };
    let step = match step {
        Some(text) => {
            text.parse::<usize>().ok().filter(|step| *step > 0).ok_or_else(|| format!("`/{text}` is no step"))?
        }
        None => 1,
    };
    let last = if last < first { last + 7 } else { last };
    Ok((first..=last).step_by(step).map(|day| WEEKDAYS[day % 7]).collect::<Vec<_>>().join(","))
}

/// Why a slot cannot be used, or `None`: it must meet at all, and at most once in an ISO week.
pub fn find_slot_problem(slot: &Slot, around: NaiveDate) -> Option<String> {
    let start = around.and_hms_opt(0, 0, 0)?;
    let mut weeks: Option<(i32, u32)> = None;
    let mut met = false;
    // Four years hold every leap day and both parities of the ISO week.
    let horizon = start.checked_add_signed(Duration::days(4 * 366))?;
    for local in slot.cron.after(start).take_while(|local| *local < horizon) {
        met = true;
        let week = local.date().iso_week();
        let week = (week.year(), week.week());
        if weeks == Some(week) {
            return Some(format!(
                "slot `{}` meets twice in the week {}-W{:02} (`{}`); a slot meets at most once a week",
                slot.key,
                week.0,
                week.1,
                slot.cron.as_str()
            ));
        }
        weeks = Some(week);
    }
    if met { None } else { Some(format!("slot `{}` never meets (`{}`)", slot.key, slot.cron.as_str())) }
}

#[cfg(test)]
mod tests;
