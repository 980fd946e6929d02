//! The `[[session]]` tables of a pod's file.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::{Duration, NaiveDate};
use chrono_tz::Tz;
use toml::Spanned;

use super::pod::PodFileParser;
use super::value;
use super::written::{Written, own_or_default};
use super::zone::find_similar_zone;
use crate::config::raw;
use crate::pod::schedule::{
    Cron, MeetingWeeks, Skip, Slot, find_duration_problem, find_schedule_problem, suggest_cron,
};
use crate::pod::{PodKey, is_slug};

const HOUR: Duration = Duration::hours(1);
const WEEK: Duration = Duration::days(7);

/// The slot of a session that names none.
const DEFAULT_SLOT: &str = "weekly";

/// Slots that are proposed.
const FREE_SLOTS: [&str; 5] = ["emea", "amer", "apac", "second", "third"];

impl PodFileParser<'_> {
    /// One slot, the pod's session of this index; its event is named after the pod where it has no name of its own.
    pub(super) fn parse_slot(
        &mut self,
        (pod, pod_name): (Option<&PodKey>, Option<&Spanned<String>>),
        calendar: &[Skip],
        (index, written): (usize, &Spanned<raw::Session>),
    ) -> Option<Slot> {
        let (raw, default) = (written.get_ref(), &self.defaults.session);
        let key = match &raw.slot {
            Some(slot) => self.parse_slot_key(slot),
            None => Some(DEFAULT_SLOT.to_owned()),
        };
        let formerly: Vec<String> = raw.formerly.iter().filter_map(|old| self.parse_slot_key(old)).collect();
        let cron = raw.cron.as_ref().and_then(|cron| self.parse_cron(cron));
        let zone = match own_or_default(raw.zone.as_ref(), default.zone.as_ref()) {
            Some(zone) => self.parse_zone(zone),
            None => self.report_missing(Some(written.span()), &format!("session[{index}]"), "zone", "UTC"),
        };
        let duration = match own_or_default(raw.duration.as_ref(), default.duration.as_ref()) {
            Some(duration) => self.parse_duration(duration, "1h"),
            None => Some(HOUR),
        };
        let open_ahead = match own_or_default(raw.open_ahead.as_ref(), default.open_ahead.as_ref()) {
            Some(open_ahead) => self.parse_duration(open_ahead, "7d"),
            None => Some(WEEK),
        };
        let skips = self.parse_skips(&raw.skip);
        let weeks = self.parse_meeting_weeks(raw, cron.as_ref());
        let event = match &raw.event {
            Some(written) => self.parse_value(
                written,
                "an event's name of 1 to 100 characters on one line",
                "Secure Pod Pairing",
                value::parse_short_line,
            ),
            None => pod_name.map(|name| format!("{} Pairing", name.get_ref().trim())),
        };
        let mut slot = Slot {
            key: key?,
            former_keys: formerly,
            cron: cron?,
            zone: zone?,
            duration: duration?,
            open_ahead: open_ahead?,
            changes: Vec::new(),
            weeks: weeks?,
            skips,
            moves: BTreeMap::new(),
            event: event?,
        };
        if let Some(why) = find_schedule_problem(&slot.key, &slot.cron, slot.weeks, self.today) {
            self.add_problem(raw.cron.as_ref().map_or(0..0, Spanned::span), why, &weekly_help(slot.cron.as_str()));
            return None;
        }
        if let Some(why) = find_duration_problem(&slot, self.today) {
            let span = raw.duration.as_ref().map_or_else(|| written.span(), Spanned::span);
            self.add_problem(span, why, "write how long the session lasts, for example 1h");
            return None;
        }
        slot.skips.extend_from_slice(calendar);
        let pod = pod?;
        self.add_time_changes(&mut slot, pod, &raw.change);
        self.add_moves(&mut slot, pod, &raw.moves);
        Some(slot)
    }

    /// In which weeks it meets.
    fn parse_meeting_weeks(&mut self, raw: &raw::Session, cron: Option<&Cron>) -> Option<MeetingWeeks> {
        let anchor = raw.anchor.as_ref().and_then(|day| self.parse_value(day, "a date", "2026-11-26", raw::parse_date));
        if let Some(written) = &raw.weeks {
            let read = self.parse_value(written, "`even` or `odd`", "even", |text| match text {
                "even" => Some(MeetingWeeks::Even),
                "odd" => Some(MeetingWeeks::Odd),
                _ => None,
            });
            if let Some(every) = &raw.every {
                let message = "`weeks` and `every` are two rhythms of one slot".to_owned();
                self.add_problem(every.span(), message, "keep one of them");
            }
            return read;
        }
        let Some(written) = &raw.every else { return Some(MeetingWeeks::Every) };
        let every = *written.get_ref();
        if every == 0 || every > 52 {
            let nearest = every.clamp(1, 52);
            let message = "`every` counts weeks, from 1 to 52".to_owned();
            self.add_problem(written.span(), message, &format!("write {nearest}"));
            return None;
        }
        if every > 1 && raw.anchor.is_none() {
            // One of another type was reported already.
            if !self.has_left_out("].anchor") {
                self.add_problem(
                    written.span(),
                    "`every` needs an `anchor`, a date in a week in which the pod meets".to_owned(),
                    &format!("add anchor = \"{}\"", next_date(cron, self.today)),
                );
            }
            return None;
        }
        Some(if every == 1 { MeetingWeeks::Every } else { MeetingWeeks::EveryNth { weeks: every, anchor: anchor? } })
    }

    fn parse_slot_key(&mut self, written: &Spanned<String>) -> Option<String> {
        self.parse_value(written, "a slot's key (a-z, 0-9 and -)", "weekly", |text| {
            is_slug(text).then(|| text.to_owned())
        })
    }

    /// Two slots of a pod need two keys, former ones included; letter case does not tell them apart.
    pub(super) fn check_slot_keys_unique(&mut self, raw: &raw::Pod) {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let own = |session: &Spanned<raw::Session>| {
            let slot = session.get_ref().slot.as_ref();
            slot.map_or_else(|| DEFAULT_SLOT.to_owned(), |slot| slot.get_ref().to_lowercase())
        };
        let all: BTreeSet<String> = raw.session.iter().map(own).collect();
        for written in &raw.session {
            let session = written.get_ref();
            let is_unnamed = |key: &str, span: &Range<usize>| key == DEFAULT_SLOT && *span == written.span();
            let slot =
                session.slot.as_ref().map_or((DEFAULT_SLOT, written.span()), |slot| (slot.get_ref(), slot.span()));
            let formerly = session.formerly.iter().map(|old| (old.get_ref().as_str(), old.span()));
            for (key, span) in std::iter::once(slot).chain(formerly) {
                if !seen.insert(key.to_lowercase()) {
                    let taken = |name: &&&str| all.contains(**name);
                    let free = FREE_SLOTS.iter().find(|name| !taken(name)).copied().unwrap_or("another");
                    let help = format!("give each [[session]] a slot of its own, for example {free}");
                    let unnamed =
                        if is_unnamed(key, &span) { "; it is the one of a session that names none" } else { "" };
                    self.add_problem(span, format!("slot `{key}` stands twice{unnamed}"), &help);
                }
            }
        }
    }

    pub(super) fn parse_zone(&mut self, written: Written<'_, String>) -> Option<Tz> {
        self.parse_known(written, "an IANA time zone", "Europe/Berlin", find_similar_zone, |text| text.parse().ok())
    }

    pub(super) fn parse_duration(&mut self, written: Written<'_, String>, good: &str) -> Option<Duration> {
        self.parse_value(written, "a length of time up to 90d", good, |text| {
            let length = Duration::from_std(humantime::parse_duration(text).ok()?).ok()?;
            (length > Duration::zero() && length <= Duration::days(90)).then_some(length)
        })
    }
}

/// What to write for a schedule that does not meet once a week: one weekday of it.
pub(super) fn weekly_help(cron: &str) -> String {
    let fields: Vec<&str> = cron.split_whitespace().collect();
    let [minute, hour, _, _, weekdays] = fields[..] else { return format!("write for example {}", suggest_cron(cron)) };
    let on = |day: &str| format!("{minute} {hour} * * {day}");
    let good = |text: &String| Cron::parse(text).is_ok();
    match weekdays.split(',').collect::<Vec<_>>().as_slice() {
        [first, second, ..] if good(&on(first)) && good(&on(second)) => {
            format!("write {} here, and {} in a [[session]] with a slot of its own", on(first), on(second))
        }
        _ => {
            // One time of several hours or minutes is nobody's guess.
            let once = |field: &str| field.bytes().all(|byte| byte.is_ascii_digit());
            let text = if once(minute) && once(hour) { on("Thu") } else { "0 15 * * Thu".to_owned() };
            format!("name one weekday and one time, for example {text}")
        }
    }
}

/// A date on which it meets next.
fn next_date(cron: Option<&Cron>, today: NaiveDate) -> NaiveDate {
    let midnight = today.and_hms_opt(0, 0, 0);
    midnight.and_then(|from| cron?.after(from).next()).map_or(today, |next| next.date())
}
