//! How often hosts are asked: how many requests a host gets at once and in a second, and what is remembered of it in a
//! run.
//!
//! Each host has a queue of its own that feeds a limit over all: whoever waits for one host takes no permit
//! from another. A host that asks for time gets it, one that is silent or has had enough is left alone, and what is
//! asked again has a budget.

mod host_counters;
mod host_state;
mod limits;
mod retry_budget;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use crate::progress::Progress;
use crate::traffic::HostTraffic;
use crate::verdict::{Assessment, Verdict};
use host_state::HostState;
pub(super) use host_state::Transport;
pub use limits::{HostLimits, RateLimits};
use retry_budget::{MIN_RUN_RETRIES, RetryBudget};

/// After so many links in a row that end with a 429 a host is not asked any more.
const MOST_REFUSALS: u32 = 3;
/// A host that asks for more time than this in a run is not asked any more.
const MAX_HOLD: Duration = Duration::from_secs(5 * 60);

/// The queues of one run.
pub(super) struct RateLimiter {
    limits: RateLimits,
    all: Arc<Semaphore>,
    hosts: Mutex<BTreeMap<String, Arc<LimitedHost>>>,
    budget: Mutex<RetryBudget>,
    progress: Progress,
    /// How many visits wait for a host.
    waiting: AtomicUsize,
    /// Notified when one more does.
    waits: Notify,
}

struct LimitedHost {
    limits: HostLimits,
    permits: Arc<Semaphore>,
    state: Mutex<HostState>,
}

/// A permit in a host's queue; given back when dropped.
pub(super) struct Permit {
    _host: Option<OwnedSemaphorePermit>,
    _all: Option<OwnedSemaphorePermit>,
}

impl RateLimiter {
    pub(super) fn new(limits: RateLimits, progress: Progress) -> Self {
        let all = Arc::new(Semaphore::new(limits.concurrent_total.max(1)));
        let (waiting, waits) = (AtomicUsize::new(0), Notify::new());
        let (hosts, budget) = (Mutex::default(), Mutex::new(RetryBudget::new(MIN_RUN_RETRIES)));
        Self { limits, all, hosts, budget, progress, waiting, waits }
    }

    /// How far the run is.
    pub(super) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Whether one more visit can start beside so many, of which some only wait.
    pub(super) fn is_below_limit(&self, begun: usize) -> bool {
        begun.saturating_sub(self.waiting.load(Ordering::Relaxed)) < self.limits.concurrent_total
    }

    /// How many requests a host may get at once.
    pub(super) fn max_concurrent(&self, host: &str) -> usize {
        self.limits.for_host(host).concurrent.max(1)
    }

    /// Returns when one more visit has begun to wait, so that another one may begin.
    pub(super) async fn wait_for_room(&self) {
        self.waits.notified().await;
    }

    /// When the next request to a host is due, if that is not now.
    pub(super) fn next_due(&self, host: &str, now: Instant) -> Option<Instant> {
        let host = self.host(host);
        let state = lock(&host.state);
        state.closed.is_none().then(|| state.next_turn_at(host.limits, now)).flatten()
    }

    /// Waits for something, and leaves its permit to others meanwhile.
    pub(super) async fn wait_without_slot<T>(&self, wait: impl Future<Output = T>) -> T {
        let _aside = WaitGuard::new(self);
        wait.await
    }

    /// Waits for a turn at a host, and counts it as a request.
    ///
    /// # Errors
    /// The verdict on a host that is not asked any more in this run.
    pub(super) async fn acquire_permit(&self, host: &str, transport: Transport) -> Result<Permit, Assessment> {
        let host = self.host(host);
        let free = Arc::clone(&host.permits).try_acquire_owned().ok();
        let permit = match free {
            Some(permit) => Some(permit),
            None => self.wait_without_slot(Arc::clone(&host.permits).acquire_owned()).await.ok(),
        };
        loop {
            let until = {
                let mut state = lock(&host.state);
                if let Some(assessment) = state.closed_reason(transport).cloned() {
                    return Err(assessment);
                }
                state.try_take_turn(host.limits, Instant::now())
            };
            if let Some(until) = until {
                self.wait_without_slot(sleep_until(until)).await;
                continue;
            }
            let all = Arc::clone(&self.all).acquire_owned().await.ok();
            let mut state = lock(&host.state);
            // A refusal that came while others had all permits counts too.
            if let Some(assessment) = state.closed_reason(transport).cloned() {
                return Err(assessment);
            }
            if state.held_until(Instant::now()).is_none() {
                state.tally.requests += 1;
                state.budget.record_request();
                lock(&self.budget).record_request();
                return Ok(Permit { _host: permit, _all: all });
            }
        }
    }

    /// Whether the host is still asked.
    pub(super) fn is_open(&self, host: &str, transport: Transport) -> bool {
        lock(&self.host(host).state).closed_reason(transport).is_none()
    }

    /// Whether something may be sent again to a host; if so, it is counted. The whole run has a budget, too.
    pub(super) fn try_take_retry(&self, host: &str) -> bool {
        let host = self.host(host);
        let mut state = lock(&host.state);
        let mut run = lock(&self.budget);
        let allowed = state.budget.has_retry_left() && run.has_retry_left();
        if allowed {
            state.budget.record_retry();
            run.record_retry();
            state.tally.retries += 1;
        }
        allowed
    }

    /// The host answered after so long, whatever the status; `well` if that was a page, a redirect or that it is gone.
    pub(super) fn record_answer(&self, host: &str, transport: Transport, took: Duration, well: bool) {
        let host = self.host(host);
        let mut state = lock(&host.state);
        let spoken = state.transport(transport);
        (spoken.answered, spoken.silences) = (true, 0);
        state.tally.record_answer_time(took);
        state.tally.failures += u64::from(!well);
        if well {
            state.refusals = 0;
        }
    }

    /// There was no answer.
    pub(super) fn record_failure(&self, host: &str) {
        lock(&self.host(host).state).tally.failures += 1;
    }

    /// The host was silent to the deadline, or could not be reached, when it was asked at `sent`. One that never
    /// answered is not asked again, nor one that failed so twice in a row: such a host costs a deadline, not one for
    /// each link. What was under way when it failed is the same failure. That it is silent one way says nothing of the other.
    pub(super) fn record_silence(&self, host: &str, transport: Transport, sent: Instant, assessment: &Assessment) {
        let host = self.host(host);
        let mut state = lock(&host.state);
        let spoken = state.transport(transport);
        if spoken.failed_at.is_none_or(|failed| failed <= sent) {
            spoken.silences += 1;
            spoken.failed_at = Some(Instant::now());
        }
        if !spoken.answered || spoken.silences > 1 {
            spoken.closed.get_or_insert_with(|| assessment.clone());
        }
    }

    /// A link ended with a 429; several in a row are believed for the host's other links.
    pub(super) fn record_refusal(&self, host: &str, assessment: &Assessment) {
        let host = self.host(host);
        let mut state = lock(&host.state);
        state.refusals += 1;
        if state.refusals >= MOST_REFUSALS {
            state.closed.get_or_insert_with(|| assessment.clone());
        }
    }

    /// The host asked to be left alone for a while.
    pub(super) fn hold_host(&self, name: &str, wait: Duration) {
        let now = Instant::now();
        let host = self.host(name);
        let mut state = lock(&host.state);
        let held = state.held.map_or(now, |held| held.max(now));
        // A wait that no clock can show the end of is longer than any that is kept.
        let until = now.checked_add(wait).or_else(|| now.checked_add(MAX_HOLD.saturating_mul(2)));
        let until = until.map_or(held, |until| held.max(until));
        state.tally.held = state.tally.held.saturating_add(until.saturating_duration_since(held));
        state.held = Some(until);
        if state.tally.held > MAX_HOLD {
            let why = "the host wants to be left alone for longer than is waited here";
            state.closed.get_or_insert_with(|| Assessment::new(Verdict::Refused, why));
        }
        if state.closed.is_none() {
            self.progress.set_host_wait(name, until);
        } else {
            self.progress.clear_host_wait(name);
        }
    }

    /// What each host was asked and how it answered, by name.
    pub(super) fn traffic(&self) -> Vec<HostTraffic> {
        lock(&self.hosts).iter().filter_map(|(name, host)| lock(&host.state).tally.traffic(name)).collect()
    }

    fn host(&self, name: &str) -> Arc<LimitedHost> {
        let mut hosts = lock(&self.hosts);
        if let Some(host) = hosts.get(name) {
            return Arc::clone(host);
        }
        let limits = self.limits.for_host(name);
        let permits = Arc::new(Semaphore::new(limits.concurrent.max(1)));
        let host = Arc::new(LimitedHost { limits, permits, state: Mutex::new(HostState::new()) });
        hosts.insert(name.to_owned(), Arc::clone(&host));
        host
    }
}

/// Counts a visit that only waits; dropped when it goes on.
struct WaitGuard<'a>(&'a RateLimiter);

impl<'a> WaitGuard<'a> {
    fn new(pace: &'a RateLimiter) -> Self {
        pace.waiting.fetch_add(1, Ordering::Relaxed);
        pace.waits.notify_one();
        Self(pace)
    }
}

impl Drop for WaitGuard<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Waits between tries with full jitter: between nothing and the whole of a doubled base (AWS Architecture Blog,
/// "Exponential backoff and jitter"). From a seed and what is asked, so that a run can be repeated and links that
/// failed together are not asked together.
pub(super) fn jittered_backoff(seed: u64, what: &str, attempt: u32) -> Duration {
    const BASE: u64 = 500;
    let ceiling = BASE << attempt.min(5);
    let start = what.bytes().fold(seed, |sum, byte| split_mix64(sum ^ u64::from(byte)));
    Duration::from_millis(split_mix64(start.wrapping_add(u64::from(attempt))) % (ceiling + 1))
}

/// `SplitMix64` (Steele, Lea and Flood, 2014).
fn split_mix64(sum: u64) -> u64 {
    let mut z = sum.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
