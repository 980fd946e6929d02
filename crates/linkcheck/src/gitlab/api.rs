//! What this check asks of a GitLab.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde_json::Value;

use crate::observed::Observed;

/// A project or a group, by its full path.
#[derive(Debug, Clone, Copy)]
pub enum OwnerPath<'a> {
    /// A project's full path.
    Project(&'a str),
    /// A group's full path.
    Group(&'a str),
}

/// What a description template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TemplateKind {
    /// Issues.
    Issues,
    /// Merge requests.
    MergeRequests,
}

/// The most milestones of one owner that are asked for at once: a page of the list.
pub const MOST_MILESTONES: usize = 100;

/// As whom a GitLab is asked.
///
/// What a page links to is chosen by whoever may edit the page, and what is found of it is read by whoever reads the
/// reports. So links are asked as anybody; what only a token shows is kept apart
/// ([`Assessment::for_anybody`](crate::verdict::Assessment::for_anybody)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Viewer {
    /// As somebody who is not signed in.
    Anybody,
    /// With the token that is meant for links, where there is one.
    LinksToken,
    /// With the token of whoever runs the check, for labels of groups that not everybody sees.
    OwnToken,
}

/// A GitLab. Reads only.
///
/// A failed read is [`Observed::Unknown`], never [`Observed::Absent`].
#[async_trait]
pub trait GitlabApi: Send + Sync {
    /// Whether there is a token that is meant for links.
    fn has_links_token(&self) -> bool {
        false
    }

    /// Sends a GraphQL query and gives the whole response: `data`, and `errors` where there are any.
    async fn graphql(&self, viewer: Viewer, query: &str, variables: Value) -> Observed<Value>;

    /// Which of these milestones an owner has, by their numbers there (`iid`); the first [`MOST_MILESTONES`] are asked
    /// for. Absent: the list is not there or not visible to the token (GitLab docs, "Milestones API": `iids[]`). Asked
    /// with the own token, because GitLab lists milestones to nobody without one (`lib/api/project_milestones.rb`).
    async fn existing_milestones(&self, owner: OwnerPath<'_>, iids: &BTreeSet<String>) -> Observed<BTreeSet<String>>;

    /// The slugs of all pages of an owner's wiki, which are listed in one answer (GitLab docs, "Wikis API").
    async fn wiki_slugs(&self, viewer: Viewer, owner: OwnerPath<'_>) -> Observed<BTreeSet<String>>;

    /// Whether a project has a description template, its own or an inherited one (GitLab docs, "Project templates
    /// API").
    async fn find_template(&self, viewer: Viewer, project: &str, kind: TemplateKind, name: &str) -> Observed<()>;

    /// The path that a project has today, found by this or a former one: REST follows renames, GraphQL does not.
    async fn current_project_path(&self, viewer: Viewer, path: &str) -> Observed<String>;

    /// Other GitLab instances that links may be of, by host. Each keeps its own token, and nothing but links to its
    /// host is asked of it.
    fn other_instances(&self) -> BTreeMap<&str, &dyn GitlabApi> {
        BTreeMap::new()
    }
}
