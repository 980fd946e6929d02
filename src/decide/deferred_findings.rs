//! What may be our own fault is held back, remembered with its date, and reported by a later run that still sees it.
//! So nothing is held for ever.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use crate::pod::finding::{Finding, short_hash};
use crate::pod::marker::{FailureKind, RememberedFailure, truncate_to_minute};
use crate::pod::rule::SubjectKind;

/// When at least so many things of a kind are all wrong at once, there is most likely one cause.
pub(super) const COMMON_CAUSE_MIN_COUNT: usize = 5;

/// How long something is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deferral {
    /// Not at all.
    None,
    /// The next run that still sees it reports it.
    UntilSeenAgain,
    /// A run that still sees it so much later reports it.
    For(Duration),
    /// As long as part of what would prove it cannot be seen. What was reported before still is.
    WhileEvidenceMissing,
}

impl Deferral {
    /// Whether what was `known` before is to be reported now.
    pub(super) fn is_over(self, known: Option<&RememberedFailure>, now: DateTime<Utc>) -> bool {
        known.is_some_and(|known| known.dead_since.is_some())
            || match self {
                Self::None => true,
                Self::UntilSeenAgain => known.is_some(),
                Self::For(long) => known.is_some_and(|known| now - known.failed_since >= long),
                Self::WhileEvidenceMissing => false,
            }
    }
}

/// The findings that are reported now, each with its first day, and what is to be remembered of all.
pub(super) fn split_due_and_remembered(
    findings: Vec<(Finding, Deferral)>,
    memory: &BTreeMap<String, RememberedFailure>,
    now: DateTime<Utc>,
) -> (Vec<Finding>, BTreeMap<String, RememberedFailure>) {
    let now = truncate_to_minute(now);
    let (mut reported, mut remember) = (Vec::new(), BTreeMap::new());
    for (mut finding, hold) in findings {
        let key = memory_key(&finding);
        let known = memory.get(&key);
        let mut failing = known
            .copied()
            .unwrap_or(RememberedFailure { how: FailureKind::Gone, ..RememberedFailure::starting_at(now) });
        if hold.is_over(known, now) {
            failing.dead_since = failing.dead_since.or(Some(now.date_naive()));
            finding.since = failing.dead_since;
            reported.push(finding);
        } else if hold == Deferral::WhileEvidenceMissing && known.is_none() {
            continue;
        }
        remember.insert(key, failing);
    }
    (reported, remember)
}

/// The key under which a finding is remembered: a link's address, else its fingerprint.
pub(super) fn memory_key(finding: &Finding) -> String {
    let of_a_link = finding.rule.subject_kind() == SubjectKind::Link && !finding.rule.target_still_works();
    if of_a_link { link_memory_key(&finding.subject) } else { finding.fingerprint.clone() }
}

/// The key under which a link is remembered: its address, or the hash of one that is long or has odd characters, so
/// that a page cannot make the memory larger than a block may be.
pub(super) fn link_memory_key(url: &str) -> String {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '<' | '>');
    if url.len() <= 200 && url.chars().all(plain) { url.to_owned() } else { short_hash(url) }
}
