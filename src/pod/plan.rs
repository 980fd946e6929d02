//! The plan: every change of one round, in order.

use std::fmt;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::action::Action;
use super::finding::to_hex;

/// The changes of one round.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// In the order in which they are carried out.
    pub actions: Vec<Action>,
    /// When the run was made that they come from.
    pub observed_at: DateTime<Utc>,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }
}

/// The stamp of what would be done: SHA-256 over the canonical JSON of all pods' actions, in order, as hex.
///
/// `apply --plan STAMP` makes the plan anew and refuses to write unless it has the same stamp.
pub fn compute_stamp(plans: &[&Plan]) -> String {
    let mut hash = Sha256::new();
    for (plan, action) in plans.iter().flat_map(|plan| plan.actions.iter().map(move |action| (plan, action))) {
        // serde_json sorts the keys of a `json!` object.
        hash.update(action.canonical_json(plan.observed_at).to_string().as_bytes());
        hash.update(b"\n");
    }
    to_hex(&hash.finalize())
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for action in &self.actions {
            writeln!(f, "{action}")?;
        }
        Ok(())
    }
}
