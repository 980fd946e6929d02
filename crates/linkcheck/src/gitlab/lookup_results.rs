//! The results of all lookups so far, by owner.

use std::collections::BTreeMap;

use super::owner_query::{Lookup, OwnerQuery, OwnerType};
use super::response::{LookupResult, LookupValue, OwnerInfo, OwnerResult};

#[derive(Default)]
pub(super) struct LookupResults {
    owners: BTreeMap<(OwnerType, String), LookupResult<OwnerInfo>>,
    lookups: BTreeMap<(OwnerType, String, Lookup), LookupResult<LookupValue>>,
    /// Today's paths of projects that were renamed or moved, by the paths that links name.
    today: BTreeMap<String, String>,
}

impl LookupResults {
    /// Takes the result of one query in. What was found stays found; a failure hides nothing that was seen.
    pub(super) fn record_owner_result(&mut self, query: &OwnerQuery, answer: OwnerResult) {
        let key = (query.owner_type, query.path.clone());
        let look = match (self.owners.remove(&key), answer.owner) {
            (Some(LookupResult::Found(answers)), LookupResult::Found(new)) => {
                LookupResult::Found(OwnerInfo { root_ref: answers.root_ref.or(new.root_ref), ..new })
            }
            (Some(LookupResult::Found(answers)), _) => LookupResult::Found(answers),
            (_, new) => new,
        };
        self.owners.insert(key, look);
        for (lookup, look) in answer.lookups {
            self.lookups.insert((query.owner_type, query.path.clone(), lookup), look);
        }
    }

    /// Takes in where projects are today whose paths GraphQL does not know any more, and forgets what it answered about
    /// those.
    pub(super) fn record_moved_projects(&mut self, moved: BTreeMap<String, String>) {
        self.owners.retain(|(root, path), _| *root != OwnerType::Project || !moved.contains_key(path));
        self.lookups.retain(|(root, path, _), _| *root != OwnerType::Project || !moved.contains_key(path));
        self.today.extend(moved);
    }

    /// Whether a project has another path today than the one that links name.
    pub(super) fn has_moved(&self, path: &str) -> bool {
        self.today.contains_key(path)
    }

    /// Those of these queries that are not answered yet, each under the path that its owner has today.
    pub(super) fn unanswered_queries(&self, queries: Vec<OwnerQuery>) -> Vec<OwnerQuery> {
        let open = queries.into_iter().filter_map(|mut query| {
            let all = query.lookups.len();
            query.lookups.retain(|lookup| self.lookup(query.owner_type, &query.path, lookup).is_none());
            let asked = self.owners.contains_key(&(query.owner_type, query.path.clone()));
            query.current_path =
                self.today.get(&query.path).filter(|_| query.owner_type == OwnerType::Project).cloned();
            (!query.lookups.is_empty() || all == 0 && !asked).then_some(query)
        });
        open.collect()
    }

    /// Takes in the result of one lookup in an owner that was seen.
    pub(super) fn record_lookup(
        &mut self,
        root: OwnerType,
        path: &str,
        lookup: Lookup,
        look: LookupResult<LookupValue>,
    ) {
        self.lookups.insert((root, path.to_owned(), lookup), look);
    }

    /// An owner; one that was not asked for counts as failed.
    pub(super) fn owner(&self, root: OwnerType, path: &str) -> LookupResult<&OwnerInfo> {
        match self.owners.get(&(root, path.to_owned())) {
            Some(LookupResult::Found(info)) => LookupResult::Found(info),
            Some(LookupResult::Null) => LookupResult::Null,
            Some(LookupResult::Failed(why)) => LookupResult::Failed(why.clone()),
            None => LookupResult::Failed("it was not asked".to_owned()),
        }
    }

    /// The result of a lookup; `None` where it was not asked.
    pub(super) fn lookup(&self, root: OwnerType, path: &str, lookup: &Lookup) -> Option<&LookupResult<LookupValue>> {
        self.lookups.get(&(root, path.to_owned(), lookup.clone()))
    }

    /// Whether a lookup was certainly found.
    pub(super) fn is_found(&self, root: OwnerType, path: &str, lookup: &Lookup) -> bool {
        matches!(self.lookup(root, path, lookup), Some(LookupResult::Found(_)))
    }

    /// Whether a lookup was asked and is certainly missing.
    pub(super) fn is_missing(&self, root: OwnerType, path: &str, lookup: &Lookup) -> bool {
        matches!(self.lookup(root, path, lookup), Some(LookupResult::Null))
    }
}
