//! Weeks and zones (faults F11 and F12): day by day for forty years, in zones all over the world, every ISO week has
//! one session with a key of its own, and keys only grow.

#[path = "session_weeks/day_by_day.rs"]
mod day_by_day;

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use podkeeper::pod::PodKey;
use podkeeper::pod::schedule::{Cron, MeetingWeeks, Skip, Slot, TimeChange, find_change_problem, find_move_problem};
use podkeeper::pod::session::Session;

use day_by_day::{RHYTHMS, Rhythm, Walked, Weeks, instant, is_holiday};

use crate::support::{EVERY_NTH_CASE, shipped_config};

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
#[ignore = "200 zones take a while: cargo test --test it -- --ignored 200_zones"]
fn every_week_of_forty_years_has_one_key_in_200_zones() {
    let walk = walk_zones(200, product_key);
    println!("{} zones, {} days, {} of {} weeks with one key", walk.zones, walk.days, walk.well, walk.weeks);
    assert_eq!((walk.zones, walk.well, walk.wrong), (200, walk.weeks, None));
}

#[test]
fn every_rhythm_meets_as_on_a_wall_calendar_in_a_tenth_of_the_zones() {
    let sweep = sweep_rhythms(EVERY_NTH_CASE);
    println!(
        "{} zones, {} rhythms, {} of {} sessions as walked",
        sweep.zones,
        RHYTHMS.len(),
        sweep.well,
        sweep.sessions
    );
    assert_eq!((sweep.well, sweep.wrong), (sweep.sessions, None));
    assert!(sweep.sessions > 500_000 && sweep.zones >= 59, "{} in {}", sweep.sessions, sweep.zones);
}

#[test]
#[ignore = "all zones take a while: cargo test --test it -- --ignored all_zones"]
fn every_rhythm_meets_as_on_a_wall_calendar_in_all_zones() {
    let sweep = sweep_rhythms(1);
    println!(
        "{} zones, {} rhythms, {} of {} sessions as walked",
        sweep.zones,
        RHYTHMS.len(),
        sweep.well,
        sweep.sessions
    );
    assert_eq!((sweep.zones, sweep.well, sweep.wrong), (TZ_VARIANTS.len(), sweep.sessions, None));
}

/// Sabotage: every other week is the same as the odd ones until a year has 53.
#[test]
fn every_other_week_in_place_of_odd_ones_is_caught() {
    let odd = RHYTHMS.iter().find(|rhythm| rhythm.weeks == Weeks::Odd).unwrap();
    let mut slot = slot_of(odd);
    slot.weeks = MeetingWeeks::EveryNth { weeks: 2, anchor: MONDAY.parse().unwrap() };
    let mut sweep = SweepResult::default();
    sweep.compare(odd, &slot, &odd.walk());
    assert!(sweep.wrong.unwrap().contains("2021-W01"));
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
        walk.walk_slot(&pod, &Slot { zone, cron, skips: Vec::new(), ..slot.clone() }, names);
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

/// What the comparison of rhythms with a wall calendar came to.
#[derive(Default)]
pub(crate) struct SweepResult {
    pub(crate) zones: usize,
    /// Sessions that there are, and those that came with their key at their instant, after the ones before.
    pub(crate) sessions: usize,
    pub(crate) well: usize,
    pub(crate) wrong: Option<String>,
}

/// Compares every rhythm in every n-th zone.
pub(crate) fn sweep_rhythms(every_nth: usize) -> SweepResult {
    let mut sweep = SweepResult::default();
    let zones: Vec<Tz> = TZ_VARIANTS.iter().copied().step_by(every_nth).collect();
    sweep.zones = zones.len();
    for rhythm in RHYTHMS {
        let (walked, slot) = (rhythm.walk(), slot_of(rhythm));
        for zone in &zones {
            let changes = slot.changes.iter().map(|change| TimeChange { zone: *zone, ..change.clone() });
            let slot = Slot { zone: *zone, changes: changes.collect(), ..slot.clone() };
            sweep.compare(rhythm, &slot, &walked);
        }
    }
    sweep
}

/// What somebody would write for a rhythm.
fn slot_of(rhythm: &Rhythm) -> Slot {
    let mut slot = shipped_config().pods[0].slots[0].clone();
    slot.cron = Cron::parse(rhythm.cron).unwrap();
    slot.weeks = match rhythm.weeks {
        Weeks::All => MeetingWeeks::Every,
        Weeks::Every(weeks) => MeetingWeeks::EveryNth { weeks, anchor: MONDAY.parse().unwrap() },
        Weeks::Even => MeetingWeeks::Even,
        Weeks::Odd => MeetingWeeks::Odd,
    };
    let changes = rhythm.changes.iter().map(|change| TimeChange {
        from: change.from.parse().unwrap(),
        cron: Cron::parse(change.cron).unwrap(),
        zone: slot.zone,
        duration: slot.duration,
    });
    slot.changes = changes.collect();
    if rhythm.holidays_and_moves.is_some() {
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
        let holidays = |year| Skip { last: day(year + 1, 1, 3), ..Skip::on(day(year, 12, 24)) };
        slot.skips = (2019..=2060).map(holidays).collect();
        assert!(slot.skips.iter().all(|skip| is_holiday(skip.first) && is_holiday(skip.last)));
        let moved = rhythm.walk().into_iter().filter(|walked| walked.local.date() != walked.date);
        slot.moves = moved.map(|walked| (walked.date, walked.local)).collect::<BTreeMap<_, _>>();
    }
    slot
}

impl SweepResult {
    fn compare(&mut self, rhythm: &Rhythm, slot: &Slot, walked: &[Walked]) {
        let pod = PodKey::parse("alpha").unwrap();
        let wrong = self.find_difference(&pod, slot, walked).err();
        let wrong = wrong.or_else(|| find_refused_setting(&pod, slot));
        if let Some(why) = wrong {
            self.wrong.get_or_insert(format!("{} in {}: {why}", rhythm.name, slot.zone));
        }
    }

    fn find_difference(&mut self, pod: &PodKey, slot: &Slot, walked: &[Walked]) -> Result<(), String> {
        self.sessions += walked.len();
        let from = (MONDAY.parse::<NaiveDate>().unwrap() - Days::new(2)).and_time(NaiveTime::MIN).and_utc();
        let mut sessions = slot.sessions_from(pod, from).skip_while(|session| session.key.year < 2020);
        let mut before: Option<Session> = None;
        for (number, walked) in walked.iter().enumerate() {
            let start = instant(slot.zone, walked.local);
            let key = || format!("{}-W{:02}", walked.year, walked.week);
            let Some(session) = sessions.next() else { return Err(format!("there is no {}", key())) };
            if (session.key.year, session.key.week) != (walked.year, walked.week) || session.start != start {
                return Err(format!("{} at {} is {} at {start}", session.key, session.start.to_utc(), key()));
            }
            // A run at any moment sees what comes next as one from the beginning does.
            if number % 50 == 1 {
                Self::check_run(pod, slot, before.as_ref(), &session)?;
            }
            if let Some(before) = &before
                && (before.key >= session.key || before.start >= session.start)
            {
                return Err(format!("{} is not after {}", session.key, before.key));
            }
            before = Some(session);
            self.well += 1;
        }
        match sessions.next().filter(|session| session.date <= LAST.parse().unwrap()) {
            Some(more) => Err(format!("{} is one too many", more.key)),
            None => Ok(()),
        }
    }

    /// Right after a session has begun the next one is in sight, and each is found by its week.
    fn check_run(pod: &PodKey, slot: &Slot, before: Option<&Session>, next: &Session) -> Result<(), String> {
        let Some(before) = before else { return Ok(()) };
        let moment = before.start.to_utc() + TimeDelta::minutes(1);
        let seen = slot.sessions_from(pod, moment).next();
        let by_week = slot.session_of_week(pod, next.key.year, next.key.week);
        if seen.as_ref() == Some(next) && by_week.as_ref() == Some(next) {
            return Ok(());
        }
        Err(format!("a run at {moment} sees {seen:?} and finds {by_week:?} in place of {}", next.key))
    }
}

/// What the configuration would leave out of a slot that meets well.
fn find_refused_setting(pod: &PodKey, slot: &Slot) -> Option<String> {
    let changes = slot.changes.iter().filter_map(|change| find_change_problem(slot, pod, change.from));
    let moves = slot.moves.iter().take(2).filter_map(|(date, to)| find_move_problem(slot, pod, *date, *to));
    changes.chain(moves).next().map(|problem| problem.message)
}
