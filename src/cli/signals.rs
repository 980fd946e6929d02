//! Ctrl-C and SIGTERM: the current request is finished, none is begun; a second signal ends at once.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

/// The longest that the current request is waited for after a signal.
pub(super) const GRACE_PERIOD: Duration = Duration::from_secs(10);

/// Listens for both signals.
pub(super) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// The exit code that goes with the next signal: 130 or 143.
    pub(super) async fn next_exit_code(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
    }
}
