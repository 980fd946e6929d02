//! How many requests were sent, and the trail of those that may have written.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use http::Method;
use tokio::time::Instant;

use super::retry::RequestKind;
use super::server_clock::ResponseDates;
use crate::pod::audit_trail::AuditEntry;
use crate::pod::observed::Observed;

tokio::task_local! {
    /// Set while something is asked with a token about what a page names.
    static IS_TOKEN_ONLY: ();
}

/// Counts what this sends apart, because how much it is tells what only a token sees; see
/// [`RequestLog::public_read_count`].
pub(super) async fn count_apart<T>(request: impl Future<Output = T>) -> T {
    IS_TOKEN_ONLY.scope((), request).await
}

/// Requests of one run, retries included.
#[derive(Debug)]
pub struct RequestLog {
    started: Instant,
    reads: AtomicU64,
    /// Those among them that asked with a token about what pages name.
    token_only_reads: AtomicU64,
    writes: AtomicU64,
    writes_sent: Mutex<Vec<SentWrite>>,
    dates: ResponseDates,
}

/// The place in the trail of a write whose answer is waited for.
#[derive(Debug, Clone, Copy)]
pub(super) struct TrailPlace(usize);

#[derive(Debug)]
struct SentWrite {
    after: std::time::Duration,
    method: String,
    path: String,
    status: Option<u16>,
    request_id: Option<String>,
}

impl Default for RequestLog {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            reads: AtomicU64::new(0),
            token_only_reads: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            writes_sent: Mutex::default(),
            dates: ResponseDates::default(),
        }
    }
}

impl RequestLog {
    /// Requests that read.
    pub fn read_count(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    /// The same without those whose number tells what only a token sees: what is there is asked more about.
    pub fn public_read_count(&self) -> u64 {
        self.read_count().saturating_sub(self.token_only_reads.load(Ordering::Relaxed))
    }

    /// Requests that may write.
    pub fn write_count(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    /// Every request that may have written, in order; `started` is when this run began.
    pub fn audit_trail(&self, started: DateTime<Utc>) -> Vec<AuditEntry> {
        let sent = self.writes_sent.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = |sent: &SentWrite| AuditEntry {
            time: TimeDelta::from_std(sent.after)
                .ok()
                .and_then(|after| started.checked_add_signed(after))
                .unwrap_or(started),
            method: sent.method.clone(),
            path: sent.path.clone(),
            iid: parse_issue_iid(&sent.path),
            status: sent.status,
            request_id: sent.request_id.clone(),
        };
        sent.iter().map(entry).collect()
    }

    /// The time by GitLab's clock when this run began; see [`ResponseDates::agreed_start_time`].
    pub(super) fn agreed_start_time(&self, own: DateTime<Utc>) -> Observed<DateTime<Utc>> {
        self.dates.agreed_start_time(own)
    }

    /// What was agreed of it so far; see [`ResponseDates::last_agreed_time`].
    pub(super) fn last_agreed_time(&self) -> Option<DateTime<Utc>> {
        self.dates.last_agreed_time()
    }

    /// The date of an answer of GitLab's own.
    pub(super) fn record_date(&self, date: DateTime<Utc>) {
        self.dates.record(date, self.started.elapsed());
    }

    pub(super) fn count_request(&self, effect: RequestKind) {
        let counter = if effect.is_read() { &self.reads } else { &self.writes };
        counter.fetch_add(1, Ordering::Relaxed);
        if effect.is_read() && IS_TOKEN_ONLY.try_with(|()| ()).is_ok() {
            self.token_only_reads.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A request that is about to be sent: one that may write is in the trail whatever becomes of the run meanwhile.
    pub(super) fn record_sent(&self, effect: RequestKind, method: &Method, path: &str) -> Option<TrailPlace> {
        if effect.is_read() {
            return None;
        }
        let sent = SentWrite {
            after: self.started.elapsed(),
            method: method.to_string(),
            path: path.to_owned(),
            status: None,
            request_id: None,
        };
        let mut writes = self.writes_sent.lock().unwrap_or_else(PoisonError::into_inner);
        writes.push(sent);
        Some(TrailPlace(writes.len() - 1))
    }

    /// The answer to a write, which may have a name.
    pub(super) fn record_answer(&self, TrailPlace(place): TrailPlace, status: u16, request_id: Option<String>) {
        let mut writes = self.writes_sent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sent) = writes.get_mut(place) {
            (sent.status, sent.request_id) = (Some(status), request_id);
        }
    }
}

/// The issue that a path of the API names.
fn parse_issue_iid(path: &str) -> Option<u64> {
    let (_, rest) = path.split_once("/issues/")?;
    rest.split('/').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_trail_at_the_end_of_time_is_written() {
        let counts = RequestLog::default();
        tokio::time::advance(std::time::Duration::from_secs(3)).await;
        counts.record_sent(RequestKind::NonIdempotentWrite, &Method::POST, "/api/v4/projects/3/issues/5");
        let end = DateTime::<Utc>::MAX_UTC;
        assert_eq!(
            counts.audit_trail(end).iter().map(|entry| (entry.time, entry.iid)).collect::<Vec<_>>(),
            [(end, Some(5))]
        );
    }
}
