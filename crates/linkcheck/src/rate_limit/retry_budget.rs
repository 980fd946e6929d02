//! How often may be asked again: a failing host must not be asked three times as often as a sound one.

/// Requests that are sent again are at most this share of all, and a few more so that a page with ten links can meet a
/// bad moment.
const REQUESTS_PER_RETRY: u64 = 10;
/// The few, of one host.
pub(super) const MIN_HOST_RETRIES: u64 = 10;
/// The few, of a whole run.
pub(super) const MIN_RUN_RETRIES: u64 = 40;

/// A budget of retries, of one host or of the whole run.
pub(super) struct RetryBudget {
    floor: u64,
    asked: u64,
    again: u64,
}

impl RetryBudget {
    pub(super) fn new(floor: u64) -> Self {
        Self { floor, asked: 0, again: 0 }
    }

    /// Counts a request, which earns a part of a retry.
    pub(super) fn record_request(&mut self) {
        self.asked += 1;
    }

    /// Whether one more retry is allowed; spends nothing.
    pub(super) fn has_retry_left(&self) -> bool {
        self.again < self.floor + self.asked / REQUESTS_PER_RETRY
    }

    /// Counts a retry.
    pub(super) fn record_retry(&mut self) {
        self.again += 1;
    }
}
