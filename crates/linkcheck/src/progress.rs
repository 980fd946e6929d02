//! How far the visits of a run are: counted where they are made, read by whoever shows it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The count of one run; its clones are the same count.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    all: AtomicUsize,
    done: AtomicUsize,
    /// Until when hosts are left alone that asked for it and still have visits to come.
    held: Mutex<BTreeMap<String, Instant>>,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgressState {
    /// Visits that are known to be made, those that are done included.
    pub all: usize,
    /// Visits that are done, whatever their verdict.
    pub done: usize,
    /// The longest wait that a host asked for, if one is waited for.
    pub longest_wait: Option<WaitingHost>,
}

/// A host that asked for time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingHost {
    /// Its name, with its port where that is not HTTPS's.
    pub host: String,
    /// How long it is still left alone.
    pub left: Duration,
    /// How many other hosts are left alone, too.
    pub others: usize,
}

impl Progress {
    /// How far the run is now.
    pub fn state(&self, now: Instant) -> ProgressState {
        let held = self.lock_held_hosts();
        let waits = held.iter().filter(|(_, until)| **until > now);
        let others = waits.clone().count().saturating_sub(1);
        let longest = waits.max_by_key(|(_, until)| **until).map(|(host, until)| WaitingHost {
            host: host.strip_suffix(":443").unwrap_or(host).to_owned(),
            left: until.saturating_duration_since(now),
            others,
        });
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        ProgressState { all: count(&self.0.all), done: count(&self.0.done), longest_wait: longest }
    }

    /// So many visits more are to be made.
    pub(super) fn add_visits(&self, visits: usize) {
        self.0.all.fetch_add(visits, Ordering::Relaxed);
    }

    /// A visit is done.
    pub(super) fn count_finished_visit(&self) {
        self.0.done.fetch_add(1, Ordering::Relaxed);
    }

    /// A host is left alone until then, because it asked for it. This is rare, and so may take a lock.
    pub(super) fn set_host_wait(&self, host: &str, until: Instant) {
        self.lock_held_hosts().insert(host.to_owned(), until);
    }

    /// Nothing more is asked of a host, so nobody waits for it.
    pub(super) fn clear_host_wait(&self, host: &str) {
        self.lock_held_hosts().remove(host);
    }

    fn lock_held_hosts(&self) -> MutexGuard<'_, BTreeMap<String, Instant>> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
