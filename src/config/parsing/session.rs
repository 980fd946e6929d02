//! The `[[session]]` tables of a pod's file.

use std::collections::BTreeSet;

use chrono::Duration;
use toml::Spanned;

use super::pod::PodFileParser;
use super::value;
use crate::config::raw;
use crate::pod::is_slug;
use crate::pod::schedule::{Cron, Slot, find_slot_problem};

const HOUR: Duration = Duration::hours(1);
const WEEK: Duration = Duration::days(7);

impl PodFileParser<'_> {
    /// One slot; its event is named after the pod where it has no name of its own.
    pub(super) fn parse_slot(&mut self, pod: &raw::Pod, raw: &raw::Session) -> Option<Slot> {
        let key = self.parse_slot_key(&raw.slot);
        let formerly: Vec<String> = raw.formerly.iter().filter_map(|old| self.parse_slot_key(old)).collect();
        let cron = match Cron::parse(raw.cron.get_ref()) {
            Ok(cron) => Some(cron),
            Err(why) => {
                self.add_problem(raw.cron.span(), why, "a good one is 0 15 * * Thu");
                None
            }
        };
        let zone = self.parse_value(&raw.zone, "an IANA time zone", "Europe/Berlin", |text| text.parse().ok());
        let duration = self.parse_duration(raw.duration.as_ref(), HOUR, "1h");
        let open_ahead = self.parse_duration(raw.open_ahead.as_ref(), WEEK, "7d");
        let skip =
            raw.skip.iter().filter_map(|day| self.parse_value(day, "a date", "2026-12-24", raw::parse_date)).collect();
        let anchor = raw.anchor.as_ref().and_then(|day| self.parse_value(day, "a date", "2026-11-26", raw::parse_date));
        let every = raw.every.as_ref().map_or(1, |every| *every.get_ref());
        if let Some(written) = &raw.every {
            if every == 0 || every > 52 {
                self.add_problem(
                    written.span(),
                    "`every` counts weeks, from 1 to 52".to_owned(),
                    "write for example 2",
                );
            } else if every > 1 && raw.anchor.is_none() {
                self.add_problem(
                    written.span(),
                    "`every` needs an `anchor`, a date in a week in which the pod meets".to_owned(),
                    "add anchor = \"2026-11-26\"",
                );
            }
        }
        let event = match &raw.event {
            Some(written) => self.parse_value(
                written,
                "an event's name of 1 to 100 characters on one line",
                "Secure Pod Pairing",
                value::parse_short_line,
            )?,
            None => format!("{} Pairing", pod.name.get_ref().trim()),
        };
        let slot = Slot {
            key: key?,
            former_keys: formerly,
            cron: cron?,
            zone: zone?,
            duration: duration?,
            open_ahead: open_ahead?,
            skipped_dates: skip,
            every_weeks: every,
            anchor,
            event,
        };
        if let Some(why) = find_slot_problem(&slot, self.today) {
            self.add_problem(raw.cron.span(), why, "a good one is 0 15 * * Thu");
            return None;
        }
        Some(slot)
    }

    fn parse_slot_key(&mut self, written: &Spanned<String>) -> Option<String> {
        self.parse_value(written, "a slot's key (a-z, 0-9 and -)", "weekly", |text| {
            is_slug(text).then(|| text.to_owned())
        })
    }

    /// Two slots of a pod need two keys, former ones included; letter case does not tell them apart.
    pub(super) fn check_slot_keys_unique(&mut self, raw: &raw::Pod) {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for session in &raw.session {
            let session = session.get_ref();
            for key in std::iter::once(&session.slot).chain(&session.formerly) {
                if !seen.insert(key.get_ref().to_lowercase()) {
                    self.add_problem(
                        key.span(),
                        format!("slot `{}` stands twice", key.get_ref()),
                        "give each [[session]] a slot of its own, for example emea",
                    );
                }
            }
        }
    }

    fn parse_duration(&mut self, written: Option<&Spanned<String>>, default: Duration, good: &str) -> Option<Duration> {
        let Some(written) = written else { return Some(default) };
        self.parse_value(written, "a length of time up to 90d", good, |text| {
            let length = Duration::from_std(humantime::parse_duration(text).ok()?).ok()?;
            (length > Duration::zero() && length <= Duration::days(90)).then_some(length)
        })
    }
}
