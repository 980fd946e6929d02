//! What of a slot cannot be: found when the configuration is read.

use chrono::{Duration, NaiveDate, NaiveDateTime};

use super::weeks::monday;
use super::{Cron, MeetingWeeks, Occurrence, Skip, Slot};
use crate::pod::PodKey;
use crate::pod::session::Session;

/// So many meetings are tried: seven years of a weekly slot, and more than the calendar's 28 of a monthly one.
const MEETINGS_TRIED: usize = 370;
/// After so many days weekdays and leap days come round again.
const DAYS_TRIED: i64 = 28 * 366;
/// Neighbours of a meeting are looked for so many days around it.
const NEIGHBOUR_DAYS: i64 = 4 * 366;

/// What is wrong with a setting of a slot, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotProblem {
    /// What is wrong, in a sentence without its full stop.
    pub message: String,
    /// A good value, or what to do.
    pub advice: String,
}

/// Why a schedule cannot be a slot's, or `None`: it must meet at all, and at most once in an ISO week.
pub fn find_schedule_problem(slot: &str, cron: &Cron, weeks: MeetingWeeks, around: NaiveDate) -> Option<String> {
    let text = cron.as_str();
    let start = around.and_hms_opt(0, 0, 0)?;
    let horizon = start.checked_add_signed(Duration::days(DAYS_TRIED))?;
    let meetings = cron.after(start).take_while(|local| *local < horizon).filter(|local| weeks.includes(local.date()));
    let mut before: Option<NaiveDateTime> = None;
    for local in meetings.take(MEETINGS_TRIED) {
        if let Some(first) = before.filter(|first| monday(first.date()) == monday(local.date())) {
            let form = if first.date() == local.date() { "%a %Y-%m-%d %H:%M" } else { "%a %Y-%m-%d" };
            let (week, first, second) = (local.format("%G-W%V"), first.format(form), local.format(form));
            return Some(format!(
                "slot `{slot}` meets twice in the week {week}, on {first} and {second} (`{text}`); a slot meets at most \
                 once a week"
            ));
        }
        before = Some(local);
    }
    before.is_none().then(|| format!("slot `{slot}` never meets (`{text}`)"))
}

/// Why a session cannot last so long, or `None`: it has to end before the next one begins, because that one's issue is
/// opened with what is left of it.
pub fn find_duration_problem(slot: &Slot, around: NaiveDate) -> Option<String> {
    let start = around.and_hms_opt(0, 0, 0)?;
    let horizon = start.checked_add_signed(Duration::days(DAYS_TRIED))?;
    let meetings = slot.cron.after(start).take_while(|local| *local < horizon);
    let meetings: Vec<_> = meetings.filter(|local| slot.weeks.includes(local.date())).take(MEETINGS_TRIED).collect();
    // A change of clocks makes a night an hour shorter.
    let length = slot.duration.checked_add(&Duration::hours(1))?;
    let pair = meetings.windows(2).find(|pair| pair[1].signed_duration_since(pair[0]) <= length)?;
    let (first, second) = (pair[0].format("%a %Y-%m-%d %H:%M"), pair[1].format("%a %Y-%m-%d %H:%M"));
    let hours = slot.duration.num_hours();
    Some(format!(
        "slot `{}`: a session of {hours} hours on {first} has not ended when the next one begins, on {second}",
        slot.key
    ))
}

/// Why the change of a slot's time on this date cannot be: a session would not begin after the one before it. The slot
/// has the change already.
pub fn find_change_problem(slot: &Slot, pod: &PodKey, from: NaiveDate) -> Option<SlotProblem> {
    let week = Duration::days(7);
    let (first, last) = (from.checked_sub_signed(week)?, from.checked_add_signed(week)?);
    let around: Vec<Session> = slot
        .scheduled_from(first)
        .take_while(|scheduled| scheduled.local.date() <= last)
        .map(|scheduled| slot.occurrence(pod, &scheduled).session)
        .collect();
    let wrong = around.windows(2).find(|pair| pair[1].start <= pair[0].start)?;
    Some(SlotProblem {
        message: format!(
            "with the change of {from} the session of {} would not begin after the one of {}",
            wrong[1].start_text(),
            wrong[0].start_text()
        ),
        advice: "choose a `from` that is a week later".to_owned(),
    })
}

/// Why a meeting cannot be moved so: the slot does not meet on that date, or another of its sessions lies between.
pub fn find_move_problem(slot: &Slot, pod: &PodKey, date: NaiveDate, to: NaiveDateTime) -> Option<SlotProblem> {
    if !slot.is_scheduled_between(date, date) {
        return Some(SlotProblem {
            message: format!("slot `{}` does not meet on {}", slot.key, date.format("%a %Y-%m-%d")),
            advice: name_nearest(slot, date),
        });
    }
    let mut moved = slot.clone();
    moved.moves.insert(date, to);
    let around = neighbours(&moved, pod, date);
    let at = around.iter().position(|occurrence| occurrence.session.key.week_contains(date))?;
    let before = around.get(..at).and_then(<[Occurrence<'_>]>::last).map(|occurrence| &occurrence.session);
    let (own, after) = (&around[at].session, around.get(at + 1).map(|occurrence| &occurrence.session));
    let late = before.is_none_or(|before| before.start < own.start);
    let early = after.is_none_or(|after| own.start < after.start);
    if late && early {
        return None;
    }
    let between = match (before, after) {
        (Some(before), Some(after)) => format!("between {} and {}", before.start_text(), after.start_text()),
        (Some(before), None) => format!("after {}", before.start_text()),
        (None, Some(after)) => format!("before {}", after.start_text()),
        (None, None) => return None,
    };
    Some(SlotProblem {
        message: format!("the session of {date} would be moved past another one, to {}", to.format("%Y-%m-%d %H:%M")),
        advice: format!("name a time {between}"),
    })
}

/// The slot's own skips, from today on, on which it would not meet anyway.
pub fn find_skips_without_session(slot: &Slot, today: NaiveDate) -> Vec<(&Skip, SlotProblem)> {
    let own = slot.skips.iter().filter(|skip| skip.place.is_some() && skip.last >= today);
    let idle = own.filter(|skip| !slot.is_scheduled_between(skip.first, skip.last));
    idle.map(|skip| {
        let Skip { first, last, .. } = skip;
        let days = if first == last {
            format!("on {}", first.format("%a %Y-%m-%d"))
        } else {
            format!("from {first} to {last}")
        };
        let message = format!("slot `{}` does not meet {days}, so `skip` leaves nothing out there", slot.key);
        (skip, SlotProblem { message, advice: name_nearest(slot, *first) })
    })
    .collect()
}

/// The meetings around a date that take place, in the order in which they are scheduled.
fn neighbours<'s>(slot: &'s Slot, pod: &PodKey, date: NaiveDate) -> Vec<Occurrence<'s>> {
    let far = Duration::days(NEIGHBOUR_DAYS);
    let first = date.checked_sub_signed(far).unwrap_or(date);
    let last = date.checked_add_signed(far).unwrap_or(date);
    let scheduled = slot.scheduled_from(first).take_while(|scheduled| scheduled.local.date() <= last);
    scheduled.map(|scheduled| slot.occurrence(pod, &scheduled)).filter(|occurrence| occurrence.skip.is_none()).collect()
}

/// The dates next to one on which a slot does meet, as advice.
fn name_nearest(slot: &Slot, date: NaiveDate) -> String {
    let far = Duration::days(NEIGHBOUR_DAYS);
    let first = date.checked_sub_signed(far).unwrap_or(date);
    let (mut before, mut after) = (None, None);
    for scheduled in slot.scheduled_from(first) {
        let day = scheduled.local.date();
        if day >= date {
            after = Some(day);
            break;
        }
        before = Some(day);
    }
    let days: Vec<String> = before.into_iter().chain(after).map(|day| day.format("%a %Y-%m-%d").to_string()).collect();
    format!("it meets on {}", days.join(" and "))
}
