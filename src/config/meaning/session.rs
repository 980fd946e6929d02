//! The `[[session]]` tables of a pod's file.

use std::collections::BTreeSet;

use chrono::Duration;
use toml::Spanned;

use super::pod::PodFile;
use super::value;
use crate::config::raw;
use crate::pod::is_slug;
use crate::pod::schedule::{Cron, Slot, slot_problem};

const HOUR: Duration = Duration::hours(1);
const WEEK: Duration = Duration::days(7);

impl PodFile<'_> {
    /// One slot; its event is named after the pod where it has no name of its own.
    pub(super) fn slot(&mut self, pod: &raw::Pod, raw: &raw::Session) -> Option<Slot> {
        let key = self.slot_key(&raw.slot);
        let formerly: Vec<String> = raw.formerly.iter().filter_map(|old| self.slot_key(old)).collect();
        let cron = match Cron::parse(raw.cron.get_ref()) {
            Ok(cron) => Some(cron),
            Err(why) => {
                self.say(raw.cron.span(), why, "a good one is 0 15 * * Thu");
                None
            }
        };
        let zone = self.parse(&raw.zone, "an IANA time zone", "Europe/Berlin", |text| text.parse().ok());
        let duration = self.length(raw.duration.as_ref(), HOUR, "1h");
        let open_ahead = self.length(raw.open_ahead.as_ref(), WEEK, "7d");
        let skip = raw.skip.iter().filter_map(|day| self.parse(day, "a date", "2026-12-24", raw::date)).collect();
        let anchor = raw.anchor.as_ref().and_then(|day| self.parse(day, "a date", "2026-11-26", raw::date));
        let every = raw.every.as_ref().map_or(1, |every| *every.get_ref());
        if let Some(written) = &raw.every {
            if every == 0 || every > 52 {
                self.say(written.span(), "`every` counts weeks, from 1 to 52".to_owned(), "write for example 2");
            } else if every > 1 && raw.anchor.is_none() {
                self.say(
                    written.span(),
                    "`every` needs an `anchor`, a date in a week in which the pod meets".to_owned(),
                    "add anchor = \"2026-11-26\"",
                );
            }
        }
        let event = match &raw.event {
            Some(written) => self.parse(
                written,
                "an event's name of 1 to 100 characters on one line",
                "Secure Pod Pairing",
                value::short_line,
            )?,
            None => format!("{} Pairing", pod.name.get_ref().trim()),
        };
        let slot = Slot {
            key: key?,
            formerly,
            cron: cron?,
            zone: zone?,
            duration: duration?,
            open_ahead: open_ahead?,
            skip,
            every,
            anchor,
            event,
        };
        if let Some(why) = slot_problem(&slot, self.today) {
            self.say(raw.cron.span(), why, "a good one is 0 15 * * Thu");
            return None;
        }
        Some(slot)
    }

    fn slot_key(&mut self, written: &Spanned<String>) -> Option<String> {
        self.parse(written, "a slot's key (a-z, 0-9 and -)", "weekly", |text| is_slug(text).then(|| text.to_owned()))
    }

    /// Two slots of a pod need two keys, former ones included; letter case does not tell them apart.
    pub(super) fn slots_apart(&mut self, raw: &raw::Pod) {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for session in &raw.session {
            let session = session.get_ref();
            for key in std::iter::once(&session.slot).chain(&session.formerly) {
                if !seen.insert(key.get_ref().to_lowercase()) {
                    self.say(
                        key.span(),
                        format!("slot `{}` stands twice", key.get_ref()),
                        "give each [[session]] a slot of its own, for example emea",
                    );
                }
            }
        }
    }

    fn length(&mut self, written: Option<&Spanned<String>>, default: Duration, good: &str) -> Option<Duration> {
        let Some(written) = written else { return Some(default) };
        self.parse(written, "a length of time up to 90d", good, |text| {
            let length = Duration::from_std(humantime::parse_duration(text).ok()?).ok()?;
            (length > Duration::zero() && length <= Duration::days(90)).then_some(length)
        })
    }
}
