//! Five-field cron text by the rules of GitLab's own schedules.

mod day_in_month;
mod problem;

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Duration, NaiveDateTime, TimeZone as _, Utc};

use day_in_month::DayInMonth;
pub use problem::suggest_cron;

/// A five-field cron text (minute, hour, day of month, month, weekday) by GitLab's rules.
///
/// GitLab's schedules are Vixie's: weekdays 0 and 7 are Sunday, and where both day fields are restricted
/// either may match. The `cron` crate's rules are Quartz's: a seconds field, Sunday is 1, and both must
/// match. So weekday numbers are translated to names, and two schedules stand for an "either".
///
/// GitLab reads its schedules with the gem fugit, so its further forms are read, too (README of `floraison/fugit`):
/// `Thu#3` is the third Thursday of the month, `Thu#-1`, `Thu#L` and `Thu#last` the last one; `L`, `last` and `-1` are
/// the month's last day; `&` behind a day field asks for both fields in place of either.
#[derive(Debug, Clone)]
pub struct Cron {
    text: String,
    variants: Vec<Variant>,
    /// Answers that were given before: the same weeks are asked about again and again, and finding a time is slow.
    known: Arc<Mutex<NextTimes>>,
}

/// The time after a time.
type NextTimes = BTreeMap<DateTime<Utc>, Option<DateTime<Utc>>>;
/// So many answers are kept.
const MOST_KNOWN: usize = 1_000;

/// What a schedule of the `cron` crate matches, on some days of a month alone.
#[derive(Debug, Clone)]
struct Variant {
    schedule: cron::Schedule,
    days: Vec<DayInMonth>,
}

/// A part of a day field: as the `cron` crate reads it, and what that cannot say.
struct DayTerm {
    field: String,
    day: Option<DayInMonth>,
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
            let why = problem::describe_fields([minute, hour, day, month, weekday]).unwrap_or(why);
            format!("`{text}` is no schedule: {why}")
        })
    }

    fn from_fields(text: &str, [minute, hour, day, month, weekday]: [&str; 5]) -> Result<Self, String> {
        let needs_both = day.ends_with('&') || weekday.ends_with('&');
        let days = parse_days_of_month(without_and(day));
        let weekdays = parse_weekdays(without_and(weekday))?;
        let is_restricted = |terms: &[DayTerm]| {
            terms.iter().any(|term| !matches!(term.field.as_str(), "*" | "?") || term.day.is_some())
        };
        let any = || vec![DayTerm { field: "*".to_owned(), day: None }];
        let pairs = if is_restricted(&days) && is_restricted(&weekdays) && !needs_both {
            vec![(days, any()), (any(), weekdays)]
        } else {
            vec![(days, weekdays)]
        };
        let mut variants = Vec::new();
        for (days, weekdays) in &pairs {
            for (day, weekday) in days.iter().flat_map(|day| weekdays.iter().map(move |weekday| (day, weekday))) {
                let days: Vec<DayInMonth> = day.day.into_iter().chain(weekday.day).collect();
                let field = days.first().filter(|_| day.field == "*").map(|counted| counted.day_field());
                let field = field.as_deref().unwrap_or(&day.field);
                let six = format!("0 {minute} {hour} {field} {month} {}", weekday.field);
                let schedule = cron::Schedule::from_str(&six).map_err(|error| {
                    let reason = error.to_string();
                    reason.lines().next().unwrap_or("it does not parse").trim().to_owned()
                })?;
                variants.push(Variant { schedule, days });
            }
        }
        Ok(Self { text: text.to_owned(), variants, known: Arc::default() })
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
            let next = self.next_after(last)?;
            last = next;
            Some(next.naive_utc())
        })
    }

    fn next_after(&self, last: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // Nothing is half done where a thread that held it has panicked.
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(next) = known().get(&last) {
            return *next;
        }
        let next = self.variants.iter().filter_map(|variant| variant.next_after(&last)).min();
        let mut known = known();
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(last, next);
        next
    }
}

impl Variant {
    fn next_after(&self, last: &DateTime<Utc>) -> Option<DateTime<Utc>> {
        let fits = |next: &DateTime<Utc>| self.days.iter().all(|day| day.includes(next.date_naive()));
        self.schedule.after(last).find(fits)
    }
}

fn without_and(field: &str) -> &str {
    field.strip_suffix('&').unwrap_or(field)
}

/// The days of the month, those that are counted from its end each for itself.
fn parse_days_of_month(field: &str) -> Vec<DayTerm> {
    let (from_end, plain): (Vec<&str>, Vec<&str>) =
        field.split(',').partition(|item| DayInMonth::parse_from_end(item).is_some());
    let plain = (!plain.is_empty()).then(|| DayTerm { field: plain.join(","), day: None });
    let from_end =
        from_end.into_iter().map(|item| DayTerm { field: "*".to_owned(), day: DayInMonth::parse_from_end(item) });
    plain.into_iter().chain(from_end).collect()
}

/// The weekdays, with numbers translated to names; those that are counted in the month each for itself.
fn parse_weekdays(field: &str) -> Result<Vec<DayTerm>, String> {
    let (counted, plain): (Vec<&str>, Vec<&str>) = field.split(',').partition(|item| item.contains('#'));
    let mut terms = Vec::new();
    if !plain.is_empty() {
        terms.push(DayTerm { field: translate_weekdays(&plain.join(","))?, day: None });
    }
    for item in counted {
        let (day, place) = item.split_once('#').unwrap_or((item, ""));
        let place = DayInMonth::parse_place(place).filter(|_| !day.contains(['-', '/', '*', '?']));
        let place =
            place.ok_or_else(|| format!("`{item}` is no weekday of the month; write for example Thu#3 or Thu#L"))?;
        terms.push(DayTerm { field: translate_weekdays(day)?, day: Some(place) });
    }
    Ok(terms)
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
