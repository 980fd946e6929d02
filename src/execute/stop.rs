//! A request to stop, as by a signal.

use std::sync::Arc;

use tokio::sync::watch;

use crate::pod::observed::{FailureCause, ReadFailure};

/// Asks a run to stop: the write in hand is finished, none is begun, and what is read is left. Its clones are one flag.
#[derive(Debug, Clone, Default)]
pub struct StopFlag(Arc<watch::Sender<bool>>);

impl StopFlag {
    /// From now on nothing more is begun.
    pub fn request(&self) {
        self.0.send_replace(true);
    }

    /// Whether a stop was requested.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until a stop is requested.
    pub async fn requested(&self) {
        let mut changes = self.0.subscribe();
        // The sender lives as long as this flag, so this ends only with a request.
        drop(changes.wait_for(|requested| *requested).await);
    }

    /// The result, where it is there before a stop is requested; nothing is begun after that.
    pub async fn finish<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.requested() => None,
            done = work => Some(done),
        }
    }

    /// Why something was not done: the end of its sentence.
    pub fn why() -> String {
        "a signal stopped the run; the next run takes it up".to_owned()
    }

    /// What to say of something that was not read because of a stop.
    pub fn read_failure(what: impl Into<String>) -> ReadFailure {
        ReadFailure { what: what.into(), why: Self::why(), cause: FailureCause::Unavailable }
    }
}
