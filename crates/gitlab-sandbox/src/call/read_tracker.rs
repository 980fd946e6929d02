//! Which parameters were read, so that those that nobody reads can be named, and which of them made no sense.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

/// The names that were read. A tracker for what is inside a list shares the names of the request's.
#[derive(Clone, Debug, Default)]
pub(super) struct ReadTracker {
    tracked: Arc<Mutex<TrackedNames>>,
    prefix: String,
}

#[derive(Debug, Default)]
struct TrackedNames {
    read: BTreeSet<String>,
    invalid: BTreeSet<String>,
}

impl ReadTracker {
    /// The name is kept in full: behind that of the list that it is in.
    pub(super) fn mark_read(&self, name: &str) {
        let full = join_name(&self.prefix, name);
        self.lock_tracked().read.insert(full);
    }

    /// Keeps that what stands under this name is not of the kind that was asked for.
    pub(super) fn mark_invalid(&self, name: &str) {
        let full = join_name(&self.prefix, name);
        self.lock_tracked().invalid.insert(full);
    }

    /// The names of what was not of the kind that was asked for.
    pub(super) fn invalid_names(&self) -> BTreeSet<String> {
        self.lock_tracked().invalid.clone()
    }

    /// A tracker for the objects of a list; it adds to the names of this one.
    pub(super) fn for_list_items(&self, list: &str) -> ReadTracker {
        ReadTracker { tracked: Arc::clone(&self.tracked), prefix: format!("{}[]", join_name(&self.prefix, list)) }
    }

    /// Those of these names that nobody has read.
    pub(super) fn unread_names(&self, sent: &BTreeSet<String>) -> BTreeSet<String> {
        sent.difference(&self.lock_tracked().read).cloned().collect()
    }

    fn lock_tracked(&self) -> MutexGuard<'_, TrackedNames> {
        self.tracked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The names of everything in these fields, as a form would spell them; a list of plain values has one name, and an
/// empty object none.
pub(super) fn parameter_names(fields: &Map<String, Value>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut left: Vec<(String, &Value)> = fields.iter().map(|(name, value)| (name.clone(), value)).collect();
    while let Some((name, value)) = left.pop() {
        match value {
            Value::Object(fields) => left.extend(fields.iter().map(|(key, value)| (join_name(&name, key), value))),
            Value::Array(items) if items.iter().any(Value::is_object) => {
                left.extend(items.iter().map(|item| (format!("{name}[]"), item)));
            }
            _ => drop(names.insert(name)),
        }
    }
    names
}

fn join_name(above: &str, name: &str) -> String {
    if above.is_empty() {
        return name.to_owned();
    }
    match name.split_once('[') {
        Some((first, rest)) => format!("{above}[{first}][{rest}"),
        None => format!("{above}[{name}]"),
    }
}
