//! Issues that are listed once for all pods of a project.
//!
//! What was listed holds until something is written, or a new part of the run begins: then it is listed anew.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::OnceCell;

use super::TokenPurpose;
use crate::pod::snapshot::ObservedIssue;

/// What was listed, and when.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ListingKey {
    pub(super) client: TokenPurpose,
    pub(super) project_id: u64,
    /// Which issues, as the filter says.
    pub(super) filter: String,
    pub(super) since: Option<DateTime<Utc>>,
    /// How much had been written.
    pub(super) writes: u64,
    /// Which part of the run it was.
    pub(super) part: u64,
}

type Listing = Arc<OnceCell<Vec<ObservedIssue>>>;

/// The listings of a run.
#[derive(Default)]
pub(super) struct Listings {
    known: Mutex<BTreeMap<ListingKey, Listing>>,
    part: AtomicU64,
}

impl Listings {
    /// From now on everything is listed anew.
    pub(super) fn begin_part(&self) {
        self.part.fetch_add(1, Ordering::Relaxed);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(super) fn part(&self) -> u64 {
        self.part.load(Ordering::Relaxed)
    }

    /// The listing of this key; whoever fills it first fills it for all, and a failure fills nothing.
    pub(super) fn listing(&self, key: ListingKey) -> Listing {
        Arc::clone(self.known.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default())
    }
}
