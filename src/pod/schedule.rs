//! When a pod meets: five-field cron text in an IANA zone, and what people change of it.

mod cron;
mod local_time;
mod skip;
mod slot_problem;
mod upcoming;
mod weeks;

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, Duration, IsoWeek, NaiveDate, NaiveDateTime, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;

pub use cron::{Cron, suggest_cron};
pub use skip::Skip;
pub use slot_problem::{
    SlotProblem, find_change_problem, find_duration_problem, find_move_problem, find_schedule_problem,
    find_skips_without_session,
};
pub use upcoming::UpcomingSession;
pub use weeks::MeetingWeeks;

use super::PodKey;
use super::session::{Session, SessionKey};
use local_time::resolve_local_time;
use weeks::monday;

/// No zone is further from UTC, and no change of clocks moves a session further than that.
const FURTHEST_FROM_UTC: Duration = Duration::days(3);

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
    /// Times that hold from a date on, in the order of their dates.
    pub changes: Vec<TimeChange>,
    /// How long before its start a session's pairing issue is opened.
    pub open_ahead: Duration,
    /// The weeks in which it meets.
    pub weeks: MeetingWeeks,
    /// Days on which it does not meet; of two that hold a date, the first gives the reason.
    pub skips: Vec<Skip>,
    /// Single meetings that take place at another local time, by the dates on which they are scheduled.
    pub moves: BTreeMap<NaiveDate, NaiveDateTime>,
    /// The calendar's name for it, and the start of the title, for example `Secure Pod Pairing`.
    pub event: String,
}

/// What holds of a slot from a date on.
#[derive(Debug, Clone)]
pub struct TimeChange {
    /// The first local date.
    pub from: NaiveDate,
    /// When it meets.
    pub cron: Cron,
    /// The zone whose clock it follows.
    pub zone: Tz,
    /// How long a session lasts.
    pub duration: Duration,
}

/// A scheduled session, whether it takes place or not.
#[derive(Debug, Clone)]
pub struct Occurrence<'a> {
    /// The session, at the time to which it may have been moved.
    pub session: Session,
    /// Why it does not take place; nothing where it does.
    pub skip: Option<&'a Skip>,
}

/// A session that does not take place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedSession {
    /// The session that there would be.
    pub session: Session,
    /// Why, as it is written.
    pub reason: Option<String>,
}

/// A scheduled local time, with what holds on its date.
struct ScheduledTime {
    local: NaiveDateTime,
    zone: Tz,
    duration: Duration,
}

/// What holds of a slot on some dates.
struct Phase<'a> {
    cron: &'a Cron,
    zone: Tz,
    duration: Duration,
    /// The first date, and the first on which it holds no more.
    from: NaiveDate,
    until: NaiveDate,
}

impl Slot {
    /// The sessions that start at or after `from`, in order, without the skipped ones.
    ///
    /// There is at most one an ISO week: where the slot's time changes inside a week, the first date counts. A local
    /// time that a change of clocks leaves out is taken by the offset before the change, and one that happens twice the
    /// first time.
    pub fn sessions_from<'a>(&'a self, pod: &'a PodKey, from: DateTime<Utc>) -> impl Iterator<Item = Session> + 'a {
        let held = self.occurrences_from(pod, from).filter(|occurrence| occurrence.skip.is_none());
        held.map(|occurrence| occurrence.session)
    }

    /// The sessions that would start at or after `from` and before `until`, and do not take place.
    pub fn skipped_between<'a>(
        &'a self,
        pod: &'a PodKey,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> impl Iterator<Item = SkippedSession> + 'a {
        let occurrences = self.occurrences_from(pod, from).take_while(move |found| found.session.start < until);
        occurrences.filter_map(|Occurrence { session, skip }| {
            skip.map(|skip| SkippedSession { session, reason: skip.reason.clone() })
        })
    }

    /// The sessions that start at or after `from`, those that are skipped among them, by their scheduled dates.
    pub fn occurrences_from<'a>(
        &'a self,
        pod: &'a PodKey,
        from: DateTime<Utc>,
    ) -> impl Iterator<Item = Occurrence<'a>> + 'a {
        let around = from.naive_utc().checked_sub_signed(FURTHEST_FROM_UTC).unwrap_or(from.naive_utc());
        // What was scheduled before may have been moved behind.
        let moved = self.moves.iter().filter(|(_, to)| **to >= around).map(|(date, _)| *date);
        let first = moved.min().map_or(around.date(), |date| date.min(around.date()));
        self.scheduled_from(first)
            .map(|scheduled| self.occurrence(pod, &scheduled))
            .filter(move |occurrence| occurrence.session.start >= from)
    }

    /// The session of an ISO week, unless there is none or it is skipped.
    pub fn session_of_week(&self, pod: &PodKey, year: i32, week: u32) -> Option<Session> {
        let scheduled = self.scheduled_from(NaiveDate::from_isoywd_opt(year, week, Weekday::Mon)?).next()?;
        let occurrence = self.occurrence(pod, &scheduled);
        let is_it = (occurrence.session.key.year, occurrence.session.key.week) == (year, week);
        (is_it && occurrence.skip.is_none()).then_some(occurrence.session)
    }

    /// The zone whose clock it follows on a date.
    pub fn zone_at(&self, date: NaiveDate) -> Tz {
        self.phases().filter(|phase| phase.from <= date).last().map_or(self.zone, |phase| phase.zone)
    }

    /// Whether it would meet on one of these dates if nothing were skipped or moved.
    fn is_scheduled_between(&self, first: NaiveDate, last: NaiveDate) -> bool {
        let mut dates = self.scheduled_from(first).map(|scheduled| scheduled.local.date());
        dates.find(|date| *date >= first).is_some_and(|date| date <= last)
    }

    /// The local times from the week of a date on, at most one in an ISO week.
    fn scheduled_from(&self, date: NaiveDate) -> impl Iterator<Item = ScheduledTime> + '_ {
        let first = monday(date);
        let mut last_week: Option<IsoWeek> = None;
        self.phases()
            .filter(move |phase| phase.until > first)
            .flat_map(move |phase| {
                let begin = phase.from.max(first).and_time(NaiveTime::MIN);
                let before = begin.checked_sub_signed(Duration::seconds(1)).unwrap_or(begin);
                let Phase { cron, zone, duration, until, .. } = phase;
                let times = cron.after(before).take_while(move |local| local.date() < until);
                times.map(move |local| ScheduledTime { local, zone, duration })
            })
            .filter(|scheduled| self.weeks.includes(scheduled.local.date()))
            .filter(move |scheduled| {
                let week = scheduled.local.date().iso_week();
                last_week.replace(week) != Some(week)
            })
    }

    fn phases(&self) -> impl Iterator<Item = Phase<'_>> {
        let first = (NaiveDate::MIN, &self.cron, self.zone, self.duration);
        let changed = self.changes.iter().map(|change| (change.from, &change.cron, change.zone, change.duration));
        let ends = self.changes.iter().map(|change| change.from).chain([NaiveDate::MAX]);
        std::iter::once(first).chain(changed).zip(ends).map(|((from, cron, zone, duration), until)| Phase {
            cron,
            zone,
            duration,
            from,
            until,
        })
    }

    fn occurrence(&self, pod: &PodKey, scheduled: &ScheduledTime) -> Occurrence<'_> {
        let ScheduledTime { local, zone, duration } = *scheduled;
        let date = local.date();
        let moved_to = self.moves.get(&date).copied();
        let takes_place = moved_to.unwrap_or(local);
        let session = Session {
            key: SessionKey::for_date(pod, &self.key, date),
            date: takes_place.date(),
            moved_from: moved_to.map(|_| date),
            start: resolve_local_time(zone, takes_place),
            duration,
        };
        // Who moves a session wants it, whatever a calendar says.
        let skip = self.skips.iter().find(|skip| moved_to.is_none() && skip.includes(date));
        Occurrence { session, skip }
    }
}

#[cfg(test)]
mod tests;
