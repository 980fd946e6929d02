//! What is remembered of a host in a run, and when it may be asked.

use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::HostLimits;
use super::host_counters::HostCounters;
use super::retry_budget::{MIN_HOST_RETRIES, RetryBudget};
use crate::verdict::Assessment;

/// What is known of a host.
pub(super) struct HostState {
    /// When the next request would be due if requests came evenly.
    pub(super) due: Option<Instant>,
    /// Not before, because the host asked for it.
    pub(super) held: Option<Instant>,
    plain: TransportState,
    tls: TransportState,
    pub(super) refusals: u32,
    /// Why it is not asked any more, whichever way.
    pub(super) closed: Option<Assessment>,
    pub(super) budget: RetryBudget,
    pub(super) tally: HostCounters,
}

/// How a host is spoken to: a port that is mute to TLS may answer without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// As it is.
    Plain,
    /// Over TLS.
    Tls,
}

impl Transport {
    /// That of an address.
    pub(crate) fn from_url(url: &Url) -> Self {
        if url.scheme() == "https" { Self::Tls } else { Self::Plain }
    }
}

/// What is known of a host that is spoken to in one way.
#[derive(Default)]
pub(super) struct TransportState {
    pub(super) answered: bool,
    /// Requests in a row that got no answer.
    pub(super) silences: u32,
    /// When the last of them was given up.
    pub(super) failed_at: Option<Instant>,
    /// Why it is not asked any more in this way.
    pub(super) closed: Option<Assessment>,
}

impl HostState {
    pub(super) fn new() -> Self {
        let (budget, tally) = (RetryBudget::new(MIN_HOST_RETRIES), HostCounters::default());
        let (plain, tls) = (TransportState::default(), TransportState::default());
        Self { due: None, held: None, plain, tls, refusals: 0, closed: None, budget, tally }
    }

    /// What is known of it by the way it is spoken to.
    pub(super) fn transport(&mut self, transport: Transport) -> &mut TransportState {
        match transport {
            Transport::Plain => &mut self.plain,
            Transport::Tls => &mut self.tls,
        }
    }

    /// Why it is not asked any more in this way, if so.
    pub(super) fn closed_reason(&self, transport: Transport) -> Option<&Assessment> {
        let silent = match transport {
            Transport::Plain => &self.plain.closed,
            Transport::Tls => &self.tls.closed,
        };
        self.closed.as_ref().or(silent.as_ref())
    }

    /// Takes a turn now, or says when to ask again.
    pub(super) fn try_take_turn(&mut self, limits: HostLimits, now: Instant) -> Option<Instant> {
        let due_at = self.next_turn_at(limits, now);
        if due_at.is_none() && limits.per_second > 0 {
            self.due = self.due.map_or(now, |due| due.max(now)).checked_add(interval(limits));
        }
        due_at
    }

    /// Until when the host is left alone.
    pub(super) fn held_until(&self, now: Instant) -> Option<Instant> {
        self.held.filter(|held| *held > now)
    }

    /// When the next turn is, if that is not now (the leaky bucket as a virtual schedule: GCRA, ITU-T I.371).
    pub(super) fn next_turn_at(&self, limits: HostLimits, now: Instant) -> Option<Instant> {
        if let Some(held) = self.held_until(now) {
            return Some(held);
        }
        if limits.per_second == 0 {
            return None;
        }
        let lead = interval(limits).saturating_mul(limits.burst.saturating_sub(1));
        self.due.and_then(|due| due.checked_sub(lead)).filter(|turn| *turn > now)
    }
}

fn interval(limits: HostLimits) -> Duration {
    Duration::from_secs(1) / limits.per_second.max(1)
}
