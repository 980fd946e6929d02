//! Whether and when an address is asked once more.

use std::time::Duration;

use tokio::time::sleep;
use url::Url;

use super::super::answer::{self, Said};
use super::super::waits::Wait;
use super::Visitor;
use crate::collect::links::pace::jitter;

impl Visitor {
    /// Whether the host's and the run's budget allow one more try after this one, of `most` in all.
    pub(super) fn may_again(&self, host: &str, attempt: u32, most: u32) -> bool {
        attempt < most.min(self.web.settings.retries.saturating_add(1)) && self.pace.again(host)
    }

    /// A pause that differs by address and try.
    pub(super) fn pause(&self, url: &Url, attempt: u32) -> Duration {
        jitter(self.web.settings.seed, url.as_str(), attempt)
    }

    /// Waits as an answer asks for, and says whether to try again. What a host says of its allowance holds for all of
    /// its links; an error without a word on time is waited for by this one alone.
    pub(super) async fn after(&self, host: &str, url: &Url, attempt: u32, status: u16, said: Said) -> bool {
        let (wait, busy) = match said {
            Said::Busy(wait) => (wait, true),
            Said::Failed(wait) => (wait, false),
            Said::Page | Said::Redirect | Said::Gone | Said::Challenge | Said::Refused => return false,
        };
        let pause = self.pause(url, attempt);
        match wait {
            Wait::For(wait) => self.pace.hold(host, wait),
            Wait::Unsaid if busy => self.pace.hold(host, pause),
            Wait::Unsaid | Wait::TooLong => {}
        }
        if wait != Wait::TooLong && self.may_again(host, attempt, u32::MAX) {
            if wait == Wait::Unsaid && !busy {
                self.pace.aside(sleep(pause)).await;
            }
            return true;
        }
        if busy {
            self.pace.refuses(host, &answer::judged(status, said));
        }
        false
    }
}
