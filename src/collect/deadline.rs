//! When a run, or a part of it, ends.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::pod::observed::{FailureCause, ReadFailure};

/// A moment after which nothing more is read or begun.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// So long from now.
    pub fn after(within: Duration) -> Self {
        Self(Instant::now().checked_add(within))
    }

    /// The same, or so long from now where that is sooner.
    #[must_use]
    pub fn at_most(self, within: Duration) -> Self {
        if within < self.time_left() { Self::after(within) } else { self }
    }

    /// Whether it is over.
    pub fn is_over(self) -> bool {
        self.0.is_some_and(|ends| ends <= Instant::now())
    }

    /// How long is left.
    pub fn time_left(self) -> Duration {
        self.0.map_or(Duration::MAX, |ends| ends.saturating_duration_since(Instant::now()))
    }

    /// The result, where it is there in time; nothing is begun after it.
    pub async fn finish<T>(self, work: impl Future<Output = T>) -> Option<T> {
        match self.0 {
            None => Some(work.await),
            Some(_) if self.is_over() => None,
            Some(ends) => timeout_at(ends, work).await.ok(),
        }
    }

    /// Why something was not read: the end of its sentence.
    pub fn why() -> String {
        "the run's time ([limits] run_within) was over; the next run begins with what is left".to_owned()
    }

    /// What to say of something that was not read in time.
    pub fn read_failure(what: impl Into<String>) -> ReadFailure {
        ReadFailure { what: what.into(), why: Self::why(), cause: FailureCause::Unavailable }
    }
}
