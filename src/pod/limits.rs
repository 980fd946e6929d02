//! How much one run may do, and for how long.

use std::time::Duration;

/// The limits of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunLimits {
    /// The most writes for one pod.
    pub max_writes: usize,
    /// The most writes for all pods; pairing issues come first.
    pub max_writes_run: usize,
    /// How long it may take. What was not begun by then is left to the next run.
    pub run_within: Duration,
    /// How long the check of links may take.
    pub links_within: Duration,
}

impl Default for RunLimits {
    fn default() -> Self {
        Self {
            max_writes: 10,
            max_writes_run: 100,
            run_within: Duration::from_secs(10 * 60),
            links_within: Duration::from_secs(5 * 60),
        }
    }
}

/// The default limits but for the most writes for one pod.
impl From<usize> for RunLimits {
    fn from(max_writes: usize) -> Self {
        Self { max_writes, ..Self::default() }
    }
}
