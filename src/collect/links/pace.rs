//! Manners: how many requests a host gets at once and in a second, and what is remembered of it in a run.
//!
//! Each host has a queue of its own that feeds a limit over all: whoever waits for one host takes no place
//! from another.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

/// How many requests at once and in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// At once to one host.
    pub per_host: usize,
    /// At once to all hosts.
    pub in_all: usize,
    /// To one host before the rate counts.
    pub burst: u32,
    /// To one host in a second after that; 0 for no limit.
    pub per_second: u32,
}

impl Limits {
    /// For a worker that nobody waits for: 2 at once to a host, 16 in all (threat sheet, T7).
    pub const CAREFUL: Self = Self { per_host: 2, in_all: 16, burst: 30, per_second: 20 };
    /// For a person who waits: `--limits polite` (design, section 4).
    pub const POLITE: Self = Self { per_host: 8, in_all: 128, burst: 30, per_second: 20 };
    /// For one's own servers: `--limits none`.
    pub const NONE: Self = Self { per_host: 128, in_all: 128, burst: 0, per_second: 0 };
}

/// The queues of one run.
pub(super) struct Pace {
    limits: Limits,
    all: Arc<Semaphore>,
    hosts: Mutex<BTreeMap<String, Arc<Host>>>,
    /// How many visits wait for a host.
    waiting: AtomicUsize,
    /// Tells that one more does.
    waits: Notify,
}

struct Host {
    places: Arc<Semaphore>,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// When the next request would be due if requests came evenly.
    due: Option<Instant>,
    /// Not before, because the host asked for it.
    held: Option<Instant>,
    answered: bool,
    silences: u32,
    down: Option<String>,
}

/// A place in a host's queue; given back when dropped.
pub(super) struct Place {
    _host: Option<OwnedSemaphorePermit>,
    _all: Option<OwnedSemaphorePermit>,
}

impl Pace {
    pub(super) fn new(limits: Limits) -> Self {
        let all = Arc::new(Semaphore::new(limits.in_all.max(1)));
        Self { limits, all, hosts: Mutex::default(), waiting: AtomicUsize::new(0), waits: Notify::new() }
    }

    /// Whether one more visit can go on beside so many, of which some only wait.
    pub(super) fn has_room(&self, begun: usize) -> bool {
        begun.saturating_sub(self.waiting.load(Ordering::Relaxed)) < self.limits.in_all
    }

    /// Returns when one more visit has begun to wait, so that there may be room for another.
    pub(super) async fn somebody_waits(&self) {
        self.waits.notified().await;
    }

    /// When the next request to a host is due, if that is not now.
    pub(super) fn earliest(&self, host: &str, now: Instant) -> Option<Instant> {
        let host = self.host(host);
        let memory = lock(&host.memory);
        memory.down.is_none().then(|| memory.due_at(self.limits, now)).flatten()
    }

    /// Waits for something, and leaves its place to others meanwhile.
    pub(super) async fn aside<T>(&self, wait: impl Future<Output = T>) -> T {
        let _aside = Aside::new(self);
        wait.await
    }

    /// Waits for a turn at a host.
    ///
    /// # Errors
    /// Why the host is not asked any more in this run.
    pub(super) async fn turn(&self, host: &str) -> Result<Place, String> {
        let host = self.host(host);
        let free = Arc::clone(&host.places).try_acquire_owned().ok();
        let place = match free {
            Some(place) => Some(place),
            None => self.aside(Arc::clone(&host.places).acquire_owned()).await.ok(),
        };
        loop {
            let until = {
                let mut memory = lock(&host.memory);
                if let Some(why) = &memory.down {
                    return Err(why.clone());
                }
                memory.next(self.limits, Instant::now())
            };
            match until {
                Some(until) => self.aside(sleep_until(until)).await,
                None => break,
            }
        }
        let all = Arc::clone(&self.all).acquire_owned().await.ok();
        Ok(Place { _host: place, _all: all })
    }

    /// The host answered, whatever it said.
    pub(super) fn answered(&self, host: &str) {
        let host = self.host(host);
        let mut memory = lock(&host.memory);
        (memory.answered, memory.silences) = (true, 0);
    }

    /// The host was silent to the deadline. One that never said a word is not asked again, nor one that was
    /// silent twice in a row: a silent host costs a deadline, not one for each link.
    pub(super) fn silent(&self, host: &str, why: &str) {
        let host = self.host(host);
        let mut memory = lock(&host.memory);
        memory.silences += 1;
        if !memory.answered || memory.silences > 1 {
            memory.down = Some(why.to_owned());
        }
    }

    /// The host cannot be reached at all.
    pub(super) fn down(&self, host: &str, why: &str) {
        lock(&self.host(host).memory).down = Some(why.to_owned());
    }

    /// The host asked to be left alone for a while.
    pub(super) fn hold(&self, host: &str, wait: Duration) {
        let until = Instant::now() + wait;
        let host = self.host(host);
        let mut memory = lock(&host.memory);
        memory.held = Some(memory.held.map_or(until, |held| held.max(until)));
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = lock(&self.hosts);
        if let Some(host) = hosts.get(name) {
            return Arc::clone(host);
        }
        let places = Arc::new(Semaphore::new(self.limits.per_host.max(1)));
        let host = Arc::new(Host { places, memory: Mutex::default() });
        hosts.insert(name.to_owned(), Arc::clone(&host));
        host
    }
}

impl Memory {
    /// Takes a turn now, or says when to ask again.
    fn next(&mut self, limits: Limits, now: Instant) -> Option<Instant> {
        let due_at = self.due_at(limits, now);
        if due_at.is_none() && limits.per_second > 0 {
            self.due = Some(self.due.map_or(now, |due| due.max(now)) + interval(limits));
        }
        due_at
    }

    /// When the next turn is, if that is not now (the leaky bucket as a virtual schedule: GCRA, ITU-T I.371).
    fn due_at(&self, limits: Limits, now: Instant) -> Option<Instant> {
        if let Some(held) = self.held.filter(|held| *held > now) {
            return Some(held);
        }
        if limits.per_second == 0 {
            return None;
        }
        let lead = interval(limits) * limits.burst.saturating_sub(1);
        self.due.filter(|due| *due > now + lead).map(|due| due - lead)
    }
}

fn interval(limits: Limits) -> Duration {
    Duration::from_secs(1) / limits.per_second.max(1)
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

/// Waits between tries: between half and the whole of a doubled base, from a seed, so that a run can be
/// repeated.
pub(super) fn jitter(seed: u64, attempt: u32) -> Duration {
    const BASE: u64 = 500;
    let ceiling = BASE << attempt.min(4);
    // SplitMix64 (Steele, Lea and Flood, 2014).
    let mut z = seed.wrapping_add(u64::from(attempt).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    Duration::from_millis(ceiling / 2 + (z ^ (z >> 31)) % (ceiling / 2 + 1))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn after_a_burst_the_rate_counts_and_other_hosts_do_not_wait() {
        let pace = Pace::new(Limits { per_host: 100, in_all: 100, burst: 30, per_second: 20 });
        let start = Instant::now();
        for _ in 0..30 {
            drop(pace.turn("a").await);
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..20 {
            drop(pace.turn("a").await);
        }
        let waited = start.elapsed();
        assert!(waited >= Duration::from_millis(950) && waited <= Duration::from_millis(1_050), "{waited:?}");
        drop(pace.turn("b").await);
        assert_eq!(start.elapsed(), waited);
    }

    #[tokio::test(start_paused = true)]
    async fn two_at_once_and_a_host_that_asks_for_time_gets_it() {
        let pace = Arc::new(Pace::new(Limits::CAREFUL));
        let (first, second) = (pace.turn("a").await, pace.turn("a").await);
        let third = tokio::time::timeout(Duration::from_secs(1), pace.turn("a")).await;
        assert!(third.is_err(), "a third place was given away");
        drop((first, second));
        pace.hold("a", Duration::from_secs(7));
        let start = Instant::now();
        drop(pace.turn("a").await);
        assert_eq!(start.elapsed(), Duration::from_secs(7));
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_never_spoke_is_given_up_at_once_another_at_the_second_silence() {
        let pace = Pace::new(Limits::CAREFUL);
        pace.silent("mute", "no answer");
        assert_eq!(pace.turn("mute").await.err().as_deref(), Some("no answer"));
        pace.answered("slow");
        pace.silent("slow", "no answer");
        assert!(pace.turn("slow").await.is_ok());
        pace.silent("slow", "no answer");
        assert!(pace.turn("slow").await.is_err());
    }
}
