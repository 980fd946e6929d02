//! The next sessions of a pod, for people who want to see that its times are right.

use chrono::{DateTime, Utc};

use super::{Occurrence, SkippedSession};
use crate::pod::Pod;
use crate::pod::session::Session;

/// So many sessions of each slot are shown.
const SESSIONS_SHOWN: usize = 3;
/// So many are tried: a slot that is skipped for longer sleeps.
const SESSIONS_TRIED: usize = 60;

/// A session that is to come, or would if it were not skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpcomingSession {
    /// It takes place.
    Held(Session),
    /// It does not.
    Skipped(SkippedSession),
}

impl UpcomingSession {
    /// The session, whether it takes place or not.
    pub fn session(&self) -> &Session {
        match self {
            Self::Held(session) | Self::Skipped(SkippedSession { session, .. }) => session,
        }
    }
}

impl Pod {
    /// The next three sessions of every slot, with those that are skipped before and among them.
    pub fn upcoming_sessions(&self, now: DateTime<Utc>) -> Vec<UpcomingSession> {
        let mut upcoming = Vec::new();
        for slot in &self.slots {
            let mut held = 0;
            for Occurrence { session, skip } in slot.occurrences_from(&self.key, now).take(SESSIONS_TRIED) {
                upcoming.push(match skip {
                    Some(skip) => UpcomingSession::Skipped(SkippedSession { session, reason: skip.reason.clone() }),
                    None => UpcomingSession::Held(session),
                });
                held += usize::from(skip.is_none());
                if held == SESSIONS_SHOWN {
                    break;
                }
            }
        }
        upcoming
    }
}
