//! How many requests were sent, and the trail of those that may have written.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use http::Method;
use tokio::time::Instant;

use super::clock::Dates;
use super::retry::Effect;
use crate::pod::observed::Observed;
use crate::pod::trail::Entry;

/// Requests of one run, retries included.
#[derive(Debug)]
pub struct Counts {
    started: Instant,
    reads: AtomicU64,
    writes: AtomicU64,
    trail: Mutex<Vec<Sent>>,
    dates: Dates,
}

#[derive(Debug)]
struct Sent {
    after: std::time::Duration,
    method: String,
    path: String,
    status: Option<u16>,
    request_id: Option<String>,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            reads: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            trail: Mutex::default(),
            dates: Dates::default(),
        }
    }
}

impl Counts {
    /// Requests that read.
    pub fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    /// Requests that may write.
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    /// Every request that may have written, in order; `started` is when this run began.
    pub fn trail(&self, started: DateTime<Utc>) -> Vec<Entry> {
        let sent = self.trail.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = |sent: &Sent| Entry {
            time: TimeDelta::from_std(sent.after)
                .ok()
                .and_then(|after| started.checked_add_signed(after))
                .unwrap_or(started),
            method: sent.method.clone(),
            path: sent.path.clone(),
            iid: iid(&sent.path),
            status: sent.status,
            request_id: sent.request_id.clone(),
        };
        sent.iter().map(entry).collect()
    }

    /// The time by GitLab's clock when this run began; see [`Dates::server_now`].
    pub(super) fn server_now(&self, own: DateTime<Utc>) -> Observed<DateTime<Utc>> {
        self.dates.server_now(own)
    }

    /// What was agreed of it so far; see [`Dates::settled`].
    pub(super) fn agreed_now(&self) -> Option<DateTime<Utc>> {
        self.dates.settled()
    }

    /// The date of an answer of GitLab's own.
    pub(super) fn dated(&self, date: DateTime<Utc>) {
        self.dates.note(date, self.started.elapsed());
    }

    pub(super) fn count(&self, effect: Effect) {
        let counter = if effect.is_read() { &self.reads } else { &self.writes };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// What came of a request, an answer or none.
    pub(super) fn note(&self, effect: Effect, method: &Method, path: &str, answer: Option<(u16, Option<String>)>) {
        if effect.is_read() {
            return;
        }
        let (status, request_id) = answer.map_or((None, None), |(status, id)| (Some(status), id));
        let sent = Sent {
            after: self.started.elapsed(),
            method: method.to_string(),
            path: path.to_owned(),
            status,
            request_id,
        };
        self.trail.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
    }
}

/// The issue that a path of the API names.
fn iid(path: &str) -> Option<u64> {
    let (_, rest) = path.split_once("/issues/")?;
    rest.split('/').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_trail_at_the_end_of_time_is_told() {
        let counts = Counts::default();
        tokio::time::advance(std::time::Duration::from_secs(3)).await;
        counts.note(Effect::Once, &Method::POST, "/api/v4/projects/3/issues/5", None);
        let end = DateTime::<Utc>::MAX_UTC;
        assert_eq!(counts.trail(end).iter().map(|entry| (entry.time, entry.iid)).collect::<Vec<_>>(), [(end, Some(5))]);
    }
}
