//! What may be our own fault is held back, remembered with its date, and told by a later look that still sees it. So
//! nothing is held for ever.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::living_report::memory_key;
use crate::pod::finding::Finding;
use crate::pod::marker::{Failing, Failure, whole_minute};

/// When at least so many things of a kind are all wrong at once, there is most likely one cause.
pub(super) const ALL_OF_A_KIND: usize = 5;

/// How long something is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// Not at all.
    No,
    /// The next look that still sees it tells it.
    UntilNextLook,
    /// A look that still sees it so much later tells it.
    For(Duration),
    /// As long as part of what would prove it cannot be seen. What was told before is still told.
    WhileUnseen,
}

impl Hold {
    /// Whether what was `known` before is to be told now.
    pub(super) fn lets_go(self, known: Option<&Failing>, now: DateTime<Utc>) -> bool {
        known.is_some_and(|known| known.dead_since.is_some())
            || match self {
                Self::No => true,
                Self::UntilNextLook => known.is_some(),
                Self::For(long) => known.is_some_and(|known| now - known.failed_since >= long),
                Self::WhileUnseen => false,
            }
    }
}

/// The findings that are told now, each with its first day, and what is to be remembered of all.
pub(super) fn lasting(
    findings: Vec<(Finding, Hold)>,
    memory: &BTreeMap<String, Failing>,
    now: DateTime<Utc>,
) -> (Vec<Finding>, BTreeMap<String, Failing>) {
    let now = whole_minute(now);
    let (mut told, mut remember) = (Vec::new(), BTreeMap::new());
    for (mut finding, hold) in findings {
        let key = memory_key(&finding);
        let known = memory.get(&key);
        let mut failing = known.copied().unwrap_or(Failing { how: Failure::Gone, ..Failing::from(now) });
        if hold.lets_go(known, now) {
            failing.dead_since = failing.dead_since.or(Some(now.date_naive()));
            finding.since = failing.dead_since;
            told.push(finding);
        } else if hold == Hold::WhileUnseen && known.is_none() {
            continue;
        }
        remember.insert(key, failing);
    }
    (told, remember)
}
