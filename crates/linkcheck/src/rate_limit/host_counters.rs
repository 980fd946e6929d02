//! What a host was asked in a run and how it answered.

use std::time::Duration;

use crate::traffic::HostTraffic;

/// What is counted of a host.
#[derive(Default)]
pub(super) struct HostCounters {
    pub(super) requests: u64,
    pub(super) retries: u64,
    pub(super) failures: u64,
    pub(super) held: Duration,
    /// The longest time to the head of an answer, in milliseconds; none before the first.
    slowest: Option<u64>,
}

impl HostCounters {
    /// An answer came, after so long.
    pub(super) fn record_answer_time(&mut self, took: Duration) {
        self.slowest = self.slowest.max(Some(millis(took)));
    }

    /// The traffic of a host that was asked.
    pub(super) fn traffic(&self, host: &str) -> Option<HostTraffic> {
        (self.requests > 0).then(|| HostTraffic {
            host: host.strip_suffix(":443").unwrap_or(host).to_owned(),
            requests: self.requests,
            retries: self.retries,
            failures: self.failures,
            held_ms: millis(self.held),
            slowest_ms: self.slowest,
        })
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
