//! How long a check may take.

use std::time::Duration;

use tokio::time::Instant;

/// When a check ends, whatever is left. What was not reached by then is `skipped`, which is no evidence of anything
/// ([`Assessment::is_not_reached`](crate::verdict::Assessment::is_not_reached)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeBudget {
    begins: Instant,
    within: Duration,
    turn: u64,
}

/// The share of the time that is kept for what is asked after the first visits: whether a network or a host shows one
/// page for all, and what the web knows of what GitLab's API hides.
const SHARE_FOR_RECHECKS: u32 = 10;

impl TimeBudget {
    /// A check that begins now and ends after so long. Where not everything is reached, checks of other turns (of
    /// another day, say) begin with other links.
    pub fn starting_now(within: Duration, turn: u64) -> Self {
        Self { begins: Instant::now(), within, turn }
    }

    /// Which links are the first ones.
    pub(crate) fn turn(&self) -> u64 {
        self.turn
    }

    /// When the first visits end.
    pub(crate) fn first_visits_end(&self) -> Option<Instant> {
        self.begins.checked_add(self.within.saturating_sub(self.within / SHARE_FOR_RECHECKS))
    }

    /// When the check ends.
    pub(crate) fn ends(&self) -> Option<Instant> {
        self.begins.checked_add(self.within)
    }
}

/// The result, where it is there by then; nothing is begun after it.
pub(crate) async fn finish_by<T>(ends: Option<Instant>, work: impl Future<Output = T>) -> Option<T> {
    match ends {
        None => Some(work.await),
        Some(ends) if ends <= Instant::now() => None,
        Some(ends) => tokio::time::timeout_at(ends, work).await.ok(),
    }
}
