//! Collects the lookups of a round, and makes owner queries of them.

use std::collections::{BTreeMap, BTreeSet};

use super::lookups::MAX_BLOB_TEXT_BYTES;
use super::owner_query::{Lookup, OwnerQuery, OwnerType};

/// The most complexity of one owner query, so that several fit into a request.
const MAX_QUERY_COMPLEXITY: usize = 90;

/// Lookups by the owner in which they are made, each once.
#[derive(Default)]
pub(super) struct QueryBuilder {
    lookups: BTreeMap<(OwnerType, String), BTreeSet<Lookup>>,
    /// How long the texts among them are, bytes.
    bytes: BTreeMap<(String, Lookup), u64>,
}

/// For which owners queries are built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OwnerSelection {
    /// Each that was added, also without a lookup in it.
    All,
    /// Those with at least one lookup.
    WithLookups,
}

impl QueryBuilder {
    /// Adds an owner, with or without lookups.
    pub(super) fn add_owner(&mut self, root: OwnerType, path: &str) {
        self.lookups.entry((root, path.to_owned())).or_default();
    }

    /// Adds lookups in an owner.
    pub(super) fn add_lookups(&mut self, root: OwnerType, path: &str, lookups: impl IntoIterator<Item = Lookup>) {
        let mut lookups = lookups.into_iter().peekable();
        if lookups.peek().is_some() {
            self.lookups.entry((root, path.to_owned())).or_default().extend(lookups);
        }
    }

    /// Adds the lookup of a text of so many bytes.
    pub(super) fn add_text(&mut self, path: &str, text: Lookup, bytes: u64) {
        self.bytes.insert((path.to_owned(), text.clone()), bytes);
        self.add_lookups(OwnerType::Project, path, [text]);
    }
}

/// Makes the queries, each within [`MAX_QUERY_COMPLEXITY`].
pub(super) fn build_queries(wanted: QueryBuilder, owners: OwnerSelection) -> Vec<OwnerQuery> {
    let mut queries = Vec::new();
    for ((root, path), lookups) in wanted.lookups {
        // What one GitLab may not know is in a query with nothing else, so that a refusal costs nothing else.
        let mut kinds: BTreeMap<usize, Vec<Lookup>> = BTreeMap::new();
        if owners == OwnerSelection::All {
            kinds.entry(0).or_default();
        }
        for lookup in lookups {
            kinds.entry(lookup.compatibility_group()).or_default().push(lookup);
        }
        for lookups in kinds.into_values() {
            let mut query = OwnerQuery::new(root, &path, Vec::new());
            for lookup in lookups {
                let bytes = wanted.bytes.get(&(path.clone(), lookup.clone())).copied().unwrap_or(0);
                query.lookups.push(lookup);
                query.expected_text_bytes += bytes;
                if query.lookups.len() > 1
                    && (query.complexity() > MAX_QUERY_COMPLEXITY || query.expected_text_bytes > MAX_BLOB_TEXT_BYTES)
                {
                    let lookup = query.lookups.pop();
                    query.expected_text_bytes -= bytes;
                    let full =
                        std::mem::replace(&mut query, OwnerQuery::new(root, &path, lookup.into_iter().collect()));
                    query.expected_text_bytes = bytes;
                    queries.push(full);
                }
            }
            queries.push(query);
        }
    }
    queries
}
