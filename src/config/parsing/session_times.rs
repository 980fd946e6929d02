//! What people change of a slot's times: from a date on, or once.

use std::ops::Range;

use chrono::NaiveDateTime;
use toml::Spanned;

use super::pod::PodFileParser;
use super::session::weekly_help;
use crate::config::raw;
use crate::pod::PodKey;
use crate::pod::schedule::{
    Cron, Slot, TimeChange, find_change_problem, find_move_problem, find_schedule_problem, suggest_cron,
};

impl PodFileParser<'_> {
    /// Adds the times that hold from a date on. One that cannot follow the time before it is left out and told.
    pub(super) fn add_time_changes(&mut self, slot: &mut Slot, pod: &PodKey, written: &[Spanned<raw::SessionChange>]) {
        let mut dated = Vec::new();
        for change in written {
            let from = change.get_ref().from.as_ref();
            let from = from.and_then(|from| self.parse_value(from, "a date", "2027-01-04", raw::parse_date));
            dated.extend(from.map(|from| (from, change)));
        }
        dated.sort_by_key(|(from, _)| *from);
        for (from, written) in dated {
            let raw = written.get_ref();
            let (cron, zone, duration) = match slot.changes.last() {
                Some(last) => (last.cron.clone(), last.zone, last.duration),
                None => (slot.cron.clone(), slot.zone, slot.duration),
            };
            let cron = raw.cron.as_ref().map_or(Some(cron), |cron| self.parse_cron(cron));
            let zone = raw.zone.as_ref().map_or(Some(zone), |zone| self.parse_zone(zone.into()));
            let duration =
                raw.duration.as_ref().map_or(Some(duration), |length| self.parse_duration(length.into(), "1h"));
            let (Some(cron), Some(zone), Some(duration)) = (cron, zone, duration) else { continue };
            if let Some(written) = &raw.cron
                && let Some(why) = find_schedule_problem(&slot.key, &cron, slot.weeks, from)
            {
                self.add_problem(written.span(), why, &weekly_help(cron.as_str()));
                continue;
            }
            if slot.changes.last().is_some_and(|last| last.from == from) {
                let message = format!("slot `{}` changes twice on {from}", slot.key);
                self.leave_out_setting(
                    &written.span(),
                    message,
                    "write what changes on one day into one [[session.change]]",
                );
                continue;
            }
            slot.changes.push(TimeChange { from, cron, zone, duration });
            if let Some(problem) = find_change_problem(slot, pod, from) {
                slot.changes.pop();
                self.leave_out_setting(&written.span(), problem.message, &problem.advice);
            }
        }
    }

    /// Adds the meetings that take place at another time. One that cannot is left out and told.
    pub(super) fn add_moves(&mut self, slot: &mut Slot, pod: &PodKey, written: &[Spanned<raw::SessionMove>]) {
        for written in written {
            let (raw, span): (&raw::SessionMove, Range<usize>) = (written.get_ref(), written.span());
            let date = raw.date.as_ref();
            let date = date.and_then(|date| self.parse_value(date, "a date", "2026-12-24", raw::parse_date));
            let to = raw.to.as_ref();
            let to =
                to.and_then(|to| self.parse_value(to, "a local date and time", "2026-12-22 16:00", parse_local_time));
            let (Some(date), Some(to)) = (date, to) else { continue };
            if slot.moves.contains_key(&date) {
                let message = format!("the session of {date} is moved twice");
                self.leave_out_setting(&span, message, "keep one entry of `move` for each date");
            } else if let Some(problem) = find_move_problem(slot, pod, date, to) {
                self.leave_out_setting(&span, problem.message, &problem.advice);
            } else {
                slot.moves.insert(date, to);
            }
        }
    }

    pub(super) fn parse_cron(&mut self, written: &Spanned<String>) -> Option<Cron> {
        let read = Cron::parse(written.get_ref());
        read.map_err(|why| {
            let help = format!("write for example {}", suggest_cron(written.get_ref()));
            self.add_problem(written.span(), why, &help);
        })
        .ok()
    }
}

fn parse_local_time(text: &str) -> Option<NaiveDateTime> {
    let forms = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"];
    forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
}
