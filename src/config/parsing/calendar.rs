//! Days without a session: of a slot, of a pod, and of all pods.

use std::ops::Range;

use chrono::NaiveDate;
use toml::Spanned;

use super::pod::PodFileParser;
use super::value;
use crate::config::raw;
use crate::pod::schedule::Skip;

impl PodFileParser<'_> {
    /// The days on which no slot of the pod meets: its own and those of all pods.
    pub(super) fn parse_calendar(&mut self, written: &raw::Calendar) -> Vec<Skip> {
        let own = self.parse_skips(&written.skip).into_iter().map(|skip| Skip { place: None, ..skip });
        own.chain(self.fleet_skips.iter().cloned()).collect()
    }

    /// The days that a list names. A range that runs backwards is left out and told.
    pub(super) fn parse_skips(&mut self, written: &[Spanned<raw::SkipEntry>]) -> Vec<Skip> {
        written.iter().filter_map(|entry| self.parse_skip(entry)).collect()
    }

    fn parse_skip(&mut self, written: &Spanned<raw::SkipEntry>) -> Option<Skip> {
        let span = written.span();
        let ((first, last), reason) = match written.get_ref() {
            raw::SkipEntry::Text(text) => {
                let text = Spanned::new(span.clone(), text.clone());
                (self.parse_value(&text, "a date or a range of dates", "2026-12-24", parse_days)?, None)
            }
            raw::SkipEntry::Days(days) => (self.parse_skip_table(days, &span)?, days.reason.as_ref()),
        };
        if last < first {
            let message = format!("the range of `skip` from {first} to {last} runs backwards");
            self.leave_out_setting(&span, message, &format!("write {last}/{first}, if that is meant"));
            return None;
        }
        let reason = reason.and_then(|reason| {
            self.parse_value(reason, "a reason of 1 to 100 characters on one line", "holidays", value::parse_short_line)
        });
        Some(Skip { first, last, reason, place: Some(self.place_of(&span)) })
    }

    fn parse_skip_table(&mut self, days: &raw::SkipDays, span: &Range<usize>) -> Option<(NaiveDate, NaiveDate)> {
        match (&days.date, &days.from, &days.until) {
            (Some(date), None, None) => self.parse_skipped_date(date).map(|date| (date, date)),
            (None, Some(from), Some(until)) => {
                let (from, until) = (self.parse_skipped_date(from), self.parse_skipped_date(until));
                Some((from?, until?))
            }
            // A date of another type was reported already.
            _ if self.has_left_out("skip[") => None,
            _ => {
                let message = "an entry of `skip` names one day, or the first and the last of several".to_owned();
                self.add_problem(span.clone(), message, "write date, or from and until");
                None
            }
        }
    }

    fn parse_skipped_date(&mut self, written: &Spanned<String>) -> Option<NaiveDate> {
        self.parse_value(written, "a date", "2026-12-24", raw::parse_date)
    }
}

/// A date, or two with a slash between them (ISO 8601), both of which are meant.
fn parse_days(text: &str) -> Option<(NaiveDate, NaiveDate)> {
    match text.split_once('/') {
        Some((first, last)) => Some((raw::parse_date(first)?, raw::parse_date(last)?)),
        None => raw::parse_date(text).map(|date| (date, date)),
    }
}
