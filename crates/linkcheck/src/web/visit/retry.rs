//! Whether and when an address is asked once more.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use url::Url;

use super::super::response_kind::{self, ResponseKind};
use super::super::retry_after::RequestedWait;
use super::Visitor;
use crate::rate_limit::jittered_backoff;

impl Visitor {
    /// Whether the host's and the run's budget allow one more try after this one, of `most` in all; if so, it is
    /// counted.
    pub(super) fn try_reserve_retry(&self, host: &str, attempt: u32, most: u32) -> bool {
        attempt < most.min(self.web.settings.max_retries.saturating_add(1)) && self.rate_limiter.try_take_retry(host)
    }

    /// A pause that differs by address and try.
    pub(super) fn backoff(&self, url: &Url, attempt: u32) -> Duration {
        jittered_backoff(self.web.settings.jitter_seed, url.as_str(), attempt)
    }

    /// Waits as an answer asks for, and says whether to try again. What a host says of its rate limit holds for all
    /// of its links; after an error that names no time only this link waits. Nobody waits for longer than the visit
    /// may take.
    pub(super) async fn wait_before_retry(
        &self,
        host: &str,
        url: &Url,
        attempt: u32,
        (status, meaning): (u16, ResponseKind),
        ends: Option<Instant>,
    ) -> bool {
        let (wait, busy) = match meaning {
            ResponseKind::RateLimited(wait) => (wait, true),
            ResponseKind::ServerError(wait) => (wait, false),
            ResponseKind::Success
            | ResponseKind::Redirect
            | ResponseKind::Gone
            | ResponseKind::Challenge
            | ResponseKind::Refused => return false,
        };
        let pause = self.backoff(url, attempt);
        match wait {
            RequestedWait::For(wait) => self.rate_limiter.hold_host(host, wait),
            RequestedWait::NotGiven if busy => self.rate_limiter.hold_host(host, pause),
            RequestedWait::NotGiven | RequestedWait::TooLong => {}
        }
        let due = self.rate_limiter.next_due(host, Instant::now());
        let is_too_late = ends.is_some_and(|ends| due.is_some_and(|due| due >= ends));
        if wait != RequestedWait::TooLong && !is_too_late && self.try_reserve_retry(host, attempt, u32::MAX) {
            if wait == RequestedWait::NotGiven && !busy {
                self.rate_limiter.wait_without_slot(sleep(pause)).await;
            }
            return true;
        }
        if busy {
            self.rate_limiter.record_refusal(host, &response_kind::assess_failure(status, meaning));
        }
        false
    }
}
