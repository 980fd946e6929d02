//! Weeks and zones (faults F11 and F12): day by day for forty years, in zones all over the world, every ISO week has
//! one session with a key of its own, and keys only grow.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use podkeeper::pod::PodKey;
use podkeeper::pod::schedule::{Cron, Slot};
use podkeeper::pod::session::Session;

use crate::support::shipped_config;

const FIRST: &str = "2020-01-01";
const LAST: &str = "2060-12-31";
/// The first Monday of the walk's first week: weeks are counted from here, and no calendar is asked for them.
const MONDAY: &str = "2019-12-30";
/// Local hours at which clocks change, and one at which they do not.
const HOURS: [&str; 4] = ["0 0", "30 1", "30 2", "0 15"];

#[test]
fn every_week_of_forty_years_has_one_key() {
    let walk = walk_zones(24, product_key);
    println!("{} zones, {} days, {} of {} weeks with one key", walk.zones, walk.days, walk.well, walk.weeks);
    assert_eq!((walk.well, walk.wrong), (walk.weeks, None));
    assert!(walk.weeks > 50_000 && walk.zones == 24, "{}", walk.weeks);
}

#[test]
#[ignore = "200 zones take a while: cargo test --profile sweep --test it -- --ignored 200_zones"]
fn every_week_of_forty_years_has_one_key_in_200_zones() {
    let walk = walk_zones(200, product_key);
    println!("{} zones, {} days, {} of {} weeks with one key", walk.zones, walk.days, walk.well, walk.weeks);
    assert_eq!((walk.zones, walk.well, walk.wrong), (200, walk.weeks, None));
}

/// Sabotage: 2027-01-01 lies in the week `2026-W53`; in the calendar's year there is no such week.
#[test]
fn a_key_by_the_calendars_year_is_caught() {
    let walk = walk_zones(7, calendar_year_key);
    println!("sabotage: {} of {} weeks without a key of their own", walk.weeks - walk.well, walk.weeks);
    assert!(walk.weeks - walk.well > 50);
}

/// How a session is named.
pub(crate) type SessionNaming = fn(&Session) -> String;

pub(crate) fn product_key(session: &Session) -> String {
    session.key.to_string()
}

pub(crate) fn calendar_year_key(session: &Session) -> String {
    session.date.format("%Y-W%V").to_string()
}

/// What a walk came to.
#[derive(Default)]
pub(crate) struct WalkResult {
    pub(crate) zones: usize,
    pub(crate) days: usize,
    /// Weeks that were walked through, and those that have one key which is later than the one before.
    pub(crate) weeks: usize,
    pub(crate) well: usize,
    pub(crate) wrong: Option<String>,
}

/// Walks through so many zones, spread over all that there are, each with a weekday and an hour of its own.
pub(crate) fn walk_zones(zones: usize, names: SessionNaming) -> WalkResult {
    let pod = PodKey::parse("alpha").unwrap();
    let slot = shipped_config().pods[0].slots[0].clone();
    let mut walk = WalkResult::default();
    for number in 0..zones {
        let zone = TZ_VARIANTS[number * TZ_VARIANTS.len() / zones];
        let cron = Cron::parse(&format!("{} * * {}", HOURS[number % HOURS.len()], number % 7)).unwrap();
        walk.walk_slot(&pod, &Slot { zone, cron, skipped_dates: Vec::new(), ..slot.clone() }, names);
    }
    walk
}

impl WalkResult {
    fn walk_slot(&mut self, pod: &PodKey, slot: &Slot, names: SessionNaming) {
        let [first, last, monday] = [FIRST, LAST, MONDAY].map(|day| day.parse::<NaiveDate>().unwrap());
        self.zones += 1;
        let mut before: Option<(i64, String)> = None;
        for day in first.iter_days().take_while(|day| *day <= last) {
            self.days += 1;
            // A run on that day at noon.
            let noon: DateTime<Utc> = day.and_hms_opt(12, 0, 0).unwrap().and_utc();
            let Some(session) = slot.sessions_from(pod, noon).next() else {
                self.wrong.get_or_insert(format!("{} {day}: there is no session any more", slot.zone));
                return;
            };
            let (week, key) = ((session.date - monday).num_days().div_euclid(7), names(&session));
            if before.as_ref().is_some_and(|(seen, known)| (*seen, known) == (week, &key)) {
                continue;
            }
            self.weeks += 1;
            match Self::check_key(slot.zone, noon, &session, before.as_ref(), (week, &key)) {
                Ok(()) => self.well += 1,
                Err(why) => drop(self.wrong.get_or_insert(format!("{} {day}: {why}", slot.zone))),
            }
            before = Some((week, key));
        }
    }

    /// A week that comes is the one after the last, and so is its key.
    fn check_key(
        zone: Tz,
        noon: DateTime<Utc>,
        session: &Session,
        before: Option<&(i64, String)>,
        (week, key): (i64, &String),
    ) -> Result<(), String> {
        if let Some((last, known)) = before {
            // Samoa has no 2011-12-30; between 2020 and 2060 no zone leaves a date out.
            if week != last + 1 || key <= known {
                return Err(format!("after {known} comes {key}, {} weeks later", week - last));
            }
        }
        let start = session.start.to_utc();
        // A week, and the hour or so of a clock change.
        if start < noon || start - noon > TimeDelta::hours(7 * 24 + 3) {
            return Err(format!("{key} starts {start}, which is not the next one"));
        }
        let local = session.start.with_timezone(&zone).date_naive();
        if local != session.date || local.iso_week() != session.date.iso_week() {
            return Err(format!("{key} is for {} and starts on {local}", session.date));
        }
        Ok(())
    }
}
