//! How often may be asked again: a failing host must not be asked three times as often as a sound one.

/// Requests that are sent again are at most this share of all, and a few more so that a page with ten links can meet a
/// bad moment.
const ONE_IN: u64 = 10;
/// The few, of one host.
pub(super) const FLOOR_OF_HOST: u64 = 10;
/// The few, of a whole run.
pub(super) const FLOOR_OF_RUN: u64 = 40;

/// A budget of retries.
pub(super) struct Budget {
    floor: u64,
    asked: u64,
    again: u64,
}

impl Budget {
    pub(super) fn new(floor: u64) -> Self {
        Self { floor, asked: 0, again: 0 }
    }

    /// Something is asked.
    pub(super) fn earn(&mut self) {
        self.asked += 1;
    }

    /// Whether there is something left.
    pub(super) fn allows(&self) -> bool {
        self.again < self.floor + self.asked / ONE_IN
    }

    /// Something is asked again.
    pub(super) fn spend(&mut self) {
        self.again += 1;
    }
}
