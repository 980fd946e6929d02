//! Which parameters somebody asked for, so that what was sent for nobody can be told, and which of them made no sense.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

/// The names that were asked for. What is inside a list shares the record of the request.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    notes: Arc<Mutex<Notes>>,
    above: String,
}

#[derive(Debug, Default)]
struct Notes {
    asked: BTreeSet<String>,
    invalid: BTreeSet<String>,
}

impl Record {
    /// Notes that this name was asked for.
    pub(super) fn note(&self, name: &str) {
        let full = joined(&self.above, name);
        self.notes().asked.insert(full);
    }

    /// Notes that what stands under this name is not of the kind that was asked for.
    pub(super) fn note_invalid(&self, name: &str) {
        let full = joined(&self.above, name);
        self.notes().invalid.insert(full);
    }

    /// The names of what was not of the kind that was asked for.
    pub(super) fn invalid(&self) -> BTreeSet<String> {
        self.notes().invalid.clone()
    }

    /// The record of the objects of a list.
    pub(super) fn inside(&self, list: &str) -> Record {
        Record { notes: Arc::clone(&self.notes), above: format!("{}[]", joined(&self.above, list)) }
    }

    /// Those of these names that nobody asked for.
    pub(super) fn unread(&self, sent: &BTreeSet<String>) -> BTreeSet<String> {
        sent.difference(&self.notes().asked).cloned().collect()
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The names of everything in these fields, as a form would spell them; a list of plain values has one name, and an empty
/// object none.
pub(super) fn names(fields: &Map<String, Value>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut left: Vec<(String, &Value)> = fields.iter().map(|(name, value)| (name.clone(), value)).collect();
    while let Some((name, value)) = left.pop() {
        match value {
            Value::Object(fields) => left.extend(fields.iter().map(|(key, value)| (joined(&name, key), value))),
            Value::Array(items) if items.iter().any(Value::is_object) => {
                left.extend(items.iter().map(|item| (format!("{name}[]"), item)));
            }
            _ => drop(names.insert(name)),
        }
    }
    names
}

fn joined(above: &str, name: &str) -> String {
    if above.is_empty() {
        return name.to_owned();
    }
    match name.split_once('[') {
        Some((first, rest)) => format!("{above}[{first}][{rest}"),
        None => format!("{above}[{name}]"),
    }
}
