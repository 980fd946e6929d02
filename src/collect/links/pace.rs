//! Manners: how many requests a host gets at once and in a second, and what is remembered of it in a run.
//!
//! Each host has a queue of its own that feeds a limit over all: whoever waits for one host takes no place
//! from another. A host that asks for time gets it, one that is silent or has had enough is left alone, and what is
//! asked again has a budget.

mod budget;
mod limits;
mod memory;
mod tally;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use super::progress::Progress;
use super::verdict::Judged;
use crate::pod::traffic::HostTraffic;
use crate::pod::verdict::Verdict;
use budget::{Budget, FLOOR_OF_RUN};
pub use limits::{HostLimits, Limits};
use memory::Memory;

/// So many links in a row that end with a 429 are enough.
const MOST_REFUSALS: u32 = 3;
/// A host that asks for more time than this in a run is not asked any more.
const MOST_HELD: Duration = Duration::from_secs(5 * 60);

/// The queues of one run.
pub(super) struct Pace {
    limits: Limits,
    all: Arc<Semaphore>,
    hosts: Mutex<BTreeMap<String, Arc<Host>>>,
    budget: Mutex<Budget>,
    progress: Progress,
    /// How many visits wait for a host.
    waiting: AtomicUsize,
    /// Tells that one more does.
    waits: Notify,
}

struct Host {
    limits: HostLimits,
    places: Arc<Semaphore>,
    memory: Mutex<Memory>,
}

/// A place in a host's queue; given back when dropped.
pub(super) struct Place {
    _host: Option<OwnedSemaphorePermit>,
    _all: Option<OwnedSemaphorePermit>,
}

impl Pace {
    pub(super) fn new(limits: Limits, progress: Progress) -> Self {
        let all = Arc::new(Semaphore::new(limits.in_all.max(1)));
        let (waiting, waits) = (AtomicUsize::new(0), Notify::new());
        let (hosts, budget) = (Mutex::default(), Mutex::new(Budget::new(FLOOR_OF_RUN)));
        Self { limits, all, hosts, budget, progress, waiting, waits }
    }

    /// How far the run is.
    pub(super) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Whether one more visit can go on beside so many, of which some only wait.
    pub(super) fn has_room(&self, begun: usize) -> bool {
        begun.saturating_sub(self.waiting.load(Ordering::Relaxed)) < self.limits.in_all
    }

    /// How many requests a host may get at once.
    pub(super) fn at_once(&self, host: &str) -> usize {
        self.limits.of(host).per_host.max(1)
    }

    /// Returns when one more visit has begun to wait, so that there may be room for another.
    pub(super) async fn somebody_waits(&self) {
        self.waits.notified().await;
    }

    /// When the next request to a host is due, if that is not now.
    pub(super) fn earliest(&self, host: &str, now: Instant) -> Option<Instant> {
        let host = self.host(host);
        let memory = lock(&host.memory);
        memory.closed.is_none().then(|| memory.due_at(host.limits, now)).flatten()
    }

    /// Waits for something, and leaves its place to others meanwhile.
    pub(super) async fn aside<T>(&self, wait: impl Future<Output = T>) -> T {
        let _aside = Aside::new(self);
        wait.await
    }

    /// Waits for a turn at a host, and counts it as a request.
    ///
    /// # Errors
    /// The verdict on a host that is not asked any more in this run.
    pub(super) async fn turn(&self, host: &str) -> Result<Place, Judged> {
        let host = self.host(host);
        let free = Arc::clone(&host.places).try_acquire_owned().ok();
        let place = match free {
            Some(place) => Some(place),
            None => self.aside(Arc::clone(&host.places).acquire_owned()).await.ok(),
        };
        loop {
            let until = {
                let mut memory = lock(&host.memory);
                if let Some(judged) = memory.closed.clone() {
                    return Err(judged);
                }
                memory.next(host.limits, Instant::now())
            };
            if let Some(until) = until {
                self.aside(sleep_until(until)).await;
                continue;
            }
            let all = Arc::clone(&self.all).acquire_owned().await.ok();
            let mut memory = lock(&host.memory);
            // What was said while others had all places counts too.
            if let Some(judged) = memory.closed.clone() {
                return Err(judged);
            }
            if memory.held_until(Instant::now()).is_none() {
                memory.tally.requests += 1;
                memory.budget.earn();
                lock(&self.budget).earn();
                return Ok(Place { _host: place, _all: all });
            }
        }
    }

    /// Whether the host is still asked.
    pub(super) fn is_open(&self, host: &str) -> bool {
        lock(&self.host(host).memory).closed.is_none()
    }

    /// Whether something may be sent again to a host; if so, it is counted. The whole run has a budget, too.
    pub(super) fn again(&self, host: &str) -> bool {
        let host = self.host(host);
        let mut memory = lock(&host.memory);
        let mut run = lock(&self.budget);
        let allowed = memory.budget.allows() && run.allows();
        if allowed {
            memory.budget.spend();
            run.spend();
            memory.tally.retries += 1;
        }
        allowed
    }

    /// The host answered after so long, whatever it said; `well` if that was a page, a redirect or that it is gone.
    pub(super) fn answered(&self, host: &str, took: Duration, well: bool) {
        let host = self.host(host);
        let mut memory = lock(&host.memory);
        (memory.answered, memory.silences) = (true, 0);
        memory.tally.answered(took);
        memory.tally.failures += u64::from(!well);
        if well {
            memory.refusals = 0;
        }
    }

    /// There was no answer.
    pub(super) fn lost(&self, host: &str) {
        lock(&self.host(host).memory).tally.failures += 1;
    }

    /// The host was silent to the deadline, or could not be reached, when it was asked at `sent`. One that never said a
    /// word is not asked again, nor one that failed so twice in a row: such a host costs a deadline, not one for each
    /// link. What was under way when it failed is the same failure.
    pub(super) fn unanswered(&self, host: &str, sent: Instant, judged: &Judged) {
        let host = self.host(host);
        let mut memory = lock(&host.memory);
        if memory.failed_at.is_none_or(|failed| failed <= sent) {
            memory.silences += 1;
            memory.failed_at = Some(Instant::now());
        }
        if !memory.answered || memory.silences > 1 {
            memory.closed.get_or_insert_with(|| judged.clone());
        }
    }

    /// A link ended with the host's word that it has had enough; several in a row are believed for the others.
    pub(super) fn refuses(&self, host: &str, judged: &Judged) {
        let host = self.host(host);
        let mut memory = lock(&host.memory);
        memory.refusals += 1;
        if memory.refusals >= MOST_REFUSALS {
            memory.closed.get_or_insert_with(|| judged.clone());
        }
    }

    /// The host asked to be left alone for a while.
    pub(super) fn hold(&self, name: &str, wait: Duration) {
        let now = Instant::now();
        let host = self.host(name);
        let mut memory = lock(&host.memory);
        let held = memory.held.map_or(now, |held| held.max(now));
        // A wait that no clock can show the end of is longer than any that is kept.
        let until = now.checked_add(wait).or_else(|| now.checked_add(MOST_HELD.saturating_mul(2)));
        let until = until.map_or(held, |until| held.max(until));
        memory.tally.held = memory.tally.held.saturating_add(until.saturating_duration_since(held));
        memory.held = Some(until);
        if memory.tally.held > MOST_HELD {
            let why = "the host wants to be left alone for longer than is waited here";
            memory.closed.get_or_insert_with(|| Judged::new(Verdict::Refused, why));
        }
        if memory.closed.is_none() {
            self.progress.holds(name, until);
        } else {
            self.progress.through(name);
        }
    }

    /// What each host was asked and how it answered, by name.
    pub(super) fn traffic(&self) -> Vec<HostTraffic> {
        lock(&self.hosts).iter().filter_map(|(name, host)| lock(&host.memory).tally.told(name)).collect()
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = lock(&self.hosts);
        if let Some(host) = hosts.get(name) {
            return Arc::clone(host);
        }
        let limits = self.limits.of(name);
        let places = Arc::new(Semaphore::new(limits.per_host.max(1)));
        let host = Arc::new(Host { limits, places, memory: Mutex::new(Memory::new()) });
        hosts.insert(name.to_owned(), Arc::clone(&host));
        host
    }
}

/// A visit that only waits.
struct Aside<'a>(&'a Pace);

impl<'a> Aside<'a> {
    fn new(pace: &'a Pace) -> Self {
        pace.waiting.fetch_add(1, Ordering::Relaxed);
        pace.waits.notify_one();
        Self(pace)
    }
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Waits between tries with full jitter: between nothing and the whole of a doubled base (AWS Architecture Blog,
/// "Exponential backoff and jitter"). From a seed and what is asked, so that a run can be repeated and links that
/// failed together are not asked together.
pub(super) fn jitter(seed: u64, what: &str, attempt: u32) -> Duration {
    const BASE: u64 = 500;
    let ceiling = BASE << attempt.min(5);
    let start = what.bytes().fold(seed, |sum, byte| mixed(sum ^ u64::from(byte)));
    Duration::from_millis(mixed(start.wrapping_add(u64::from(attempt))) % (ceiling + 1))
}

/// `SplitMix64` (Steele, Lea and Flood, 2014).
fn mixed(sum: u64) -> u64 {
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
