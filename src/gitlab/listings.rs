//! Issues and labels that are read once for all pods of a project.
//!
//! What was listed holds until something is written, or a new part of the run begins: then it is listed anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::OnceCell;

use super::TokenPurpose;
use crate::pod::snapshot::{ObservedIssue, ProjectLabel};

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

/// Which labels were read, and when.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LabelsKey {
    pub(super) project_id: u64,
    /// How much had been written.
    pub(super) writes: u64,
    /// Which part of the run it was.
    pub(super) part: u64,
}

/// Who takes part in issues, and when that was read.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ParticipantsKey {
    pub(super) project_id: u64,
    /// The issues.
    pub(super) iids: BTreeSet<u64>,
    /// How much had been written.
    pub(super) writes: u64,
    /// Which part of the run it was.
    pub(super) part: u64,
}

/// User names by the number of an issue.
pub(super) type Participants = BTreeMap<u64, BTreeSet<String>>;

/// The names of labels that are there.
type LabelNames = Arc<OnceCell<BTreeSet<String>>>;

type Listing = Arc<OnceCell<Vec<ObservedIssue>>>;

/// The listings of a run.
#[derive(Default)]
pub(super) struct Listings {
    known: Mutex<BTreeMap<ListingKey, Listing>>,
    labels: Mutex<BTreeMap<LabelsKey, LabelNames>>,
    related_labels: Mutex<BTreeMap<LabelsKey, Arc<OnceCell<Vec<ProjectLabel>>>>>,
    participants: Mutex<BTreeMap<ParticipantsKey, Arc<OnceCell<Participants>>>>,
    part: AtomicU64,
    /// Whether what is read together took too long once: then it is read one by one.
    is_batching_slow: AtomicBool,
}

impl Listings {
    /// From now on everything is listed anew.
    pub(super) fn begin_part(&self) {
        self.part.fetch_add(1, Ordering::Relaxed);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.labels.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.related_labels.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.participants.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(super) fn part(&self) -> u64 {
        self.part.load(Ordering::Relaxed)
    }

    /// The listing of this key; whoever fills it first fills it for all, and a failure fills nothing.
    pub(super) fn listing(&self, key: ListingKey) -> Listing {
        Arc::clone(self.known.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default())
    }

    /// From now on nothing is read together.
    pub(super) fn give_up_batching(&self) {
        self.is_batching_slow.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_batching_slow(&self) -> bool {
        self.is_batching_slow.load(Ordering::Relaxed)
    }

    /// The labels of this key; whoever fills them first fills them for all.
    pub(super) fn labels(&self, key: LabelsKey) -> LabelNames {
        Arc::clone(self.labels.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default())
    }

    /// The labels of this key that are alike; a failure fills nothing.
    pub(super) fn related_labels(&self, key: LabelsKey) -> Arc<OnceCell<Vec<ProjectLabel>>> {
        Arc::clone(self.related_labels.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default())
    }

    /// Who takes part in the issues of this key; a failure fills nothing.
    pub(super) fn participants(&self, key: ParticipantsKey) -> Arc<OnceCell<Participants>> {
        Arc::clone(self.participants.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default())
    }
}
