//! What a project has beside code and issues, as far as links name it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// Boards, pipelines, snippets, releases and pages of the wiki: that they are there, and nothing of what is in them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ResourceStubs {
    /// Boards, by their numbers in the instance.
    pub boards: BTreeSet<u64>,
    /// Pipelines, by their numbers in the instance.
    pub pipelines: BTreeSet<u64>,
    /// Snippets, by their numbers in the instance.
    pub snippets: BTreeSet<u64>,
    /// Releases, by their tags.
    pub releases: BTreeSet<String>,
    /// Pages of the wiki, by their slugs.
    pub wiki: BTreeSet<String>,
    /// What is in those pages of the wiki that were written over the API.
    pub wiki_texts: BTreeMap<String, String>,
    /// Submodules of the repository, by their paths on every branch.
    pub submodules: BTreeSet<String>,
}
