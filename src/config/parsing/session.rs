//! The `[[session]]` tables of a pod's file.

use std::collections::BTreeSet;

use chrono::Duration;
use chrono_tz::Tz;
use toml::Spanned;

use super::pod::PodFileParser;
use super::value;
use super::written::{Written, own_or_default};
use crate::config::raw;
use crate::pod::is_slug;
use crate::pod::schedule::{Cron, Slot, find_slot_problem};

const HOUR: Duration = Duration::hours(1);
const WEEK: Duration = Duration::days(7);

/// The slot of a session that names none.
const DEFAULT_SLOT: &str = "weekly";

impl PodFileParser<'_> {
    /// One slot, the pod's session of this index; its event is named after the pod where it has no name of its own.
    pub(super) fn parse_slot(
        &mut self,
        pod_name: Option<&Spanned<String>>,
        written: &Spanned<raw::Session>,
        index: usize,
    ) -> Option<Slot> {
        let (raw, default) = (written.get_ref(), &self.defaults.session);
        let key = match &raw.slot {
            Some(slot) => self.parse_slot_key(slot),
            None => Some(DEFAULT_SLOT.to_owned()),
        };
        let formerly: Vec<String> = raw.formerly.iter().filter_map(|old| self.parse_slot_key(old)).collect();
        let cron = raw.cron.as_ref().and_then(|cron| match Cron::parse(cron.get_ref()) {
            Ok(read) => Some(read),
            Err(why) => {
                self.add_problem(cron.span(), why, "a good one is 0 15 * * Thu");
                None
            }
        });
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
            ),
            None => pod_name.map(|name| format!("{} Pairing", name.get_ref().trim())),
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
            event: event?,
        };
        if let Some(why) = find_slot_problem(&slot, self.today) {
            self.add_problem(raw.cron.as_ref().map_or(0..0, Spanned::span), why, "a good one is 0 15 * * Thu");
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
        for written in &raw.session {
            let session = written.get_ref();
            let slot =
                session.slot.as_ref().map_or((DEFAULT_SLOT, written.span()), |slot| (slot.get_ref(), slot.span()));
            let formerly = session.formerly.iter().map(|old| (old.get_ref().as_str(), old.span()));
            for (key, span) in std::iter::once(slot).chain(formerly) {
                if !seen.insert(key.to_lowercase()) {
                    let help = "give each [[session]] a slot of its own, for example emea";
                    self.add_problem(span, format!("slot `{key}` stands twice"), help);
                }
            }
        }
    }

    pub(super) fn parse_zone(&mut self, written: Written<'_, String>) -> Option<Tz> {
        self.parse_value(written, "an IANA time zone", "Europe/Berlin", |text| text.parse().ok())
    }

    pub(super) fn parse_duration(&mut self, written: Written<'_, String>, good: &str) -> Option<Duration> {
        self.parse_value(written, "a length of time up to 90d", good, |text| {
            let length = Duration::from_std(humantime::parse_duration(text).ok()?).ok()?;
            (length > Duration::zero() && length <= Duration::days(90)).then_some(length)
        })
    }
}
