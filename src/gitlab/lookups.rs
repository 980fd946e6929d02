//! Whether single things of a project or group are there, where GraphQL does not tell.

use std::collections::BTreeSet;

use ::gitlab::api::common::path_escaped;
use ::gitlab::api::endpoint_prelude::{Cow, Endpoint, Method, QueryParams};
use serde::Deserialize;

use super::error::observed;
use super::{Purpose, Reader};
use crate::pod::observed::Observed;

/// A project or a group, by its full path.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// A project.
    Project(&'a str),
    /// A group.
    Group(&'a str),
}

impl Whose<'_> {
    fn endpoint(self, below: &str) -> String {
        match self {
            Self::Project(path) => format!("projects/{}/{below}", path_escaped(path)),
            Self::Group(path) => format!("groups/{}/{below}", path_escaped(path)),
        }
    }

    fn path(&self) -> &str {
        match self {
            Self::Project(path) | Self::Group(path) => path,
        }
    }
}

/// A GET of our own.
struct Lookup {
    endpoint: String,
    parameters: Vec<(&'static str, String)>,
}

impl Endpoint for Lookup {
    fn method(&self) -> Method {
        Method::GET
    }

    fn endpoint(&self) -> Cow<'static, str> {
        self.endpoint.clone().into()
    }

    fn parameters(&self) -> QueryParams<'_> {
        let mut parameters = QueryParams::default();
        for (key, value) in &self.parameters {
            parameters.push(*key, value);
        }
        parameters
    }
}

#[derive(Deserialize)]
struct Milestone {
    iid: u64,
}

#[derive(Deserialize)]
struct WikiPage {
    slug: String,
}

#[derive(Deserialize)]
struct Template {}

/// The most milestones of one owner that are asked for at once: a page of the list.
pub const MOST_MILESTONES: usize = 100;

impl Reader {
    /// Which of these milestones an owner has, by their numbers there; the first [`MOST_MILESTONES`] are asked for. Absent: the list is
    /// not there or not visible to the token (GitLab docs, "Milestones API": `iids[]`).
    pub async fn milestones(
        &self,
        purpose: Purpose,
        whose: Whose<'_>,
        iids: &BTreeSet<String>,
    ) -> Observed<BTreeSet<String>> {
        let mut parameters = vec![("per_page", MOST_MILESTONES.to_string())];
        parameters.extend(iids.iter().take(MOST_MILESTONES).map(|iid| ("iids[]", iid.clone())));
        let lookup = Lookup { endpoint: whose.endpoint("milestones"), parameters };
        let found = self.query::<Vec<Milestone>>(purpose, &lookup).await;
        observed(found, format!("the milestones of {}", whose.path()))
            .map(|found| found.iter().map(|milestone| milestone.iid.to_string()).collect())
    }

    /// The slugs of all pages of an owner's wiki, which are listed in one answer (GitLab docs, "Wikis API").
    pub async fn wiki(&self, purpose: Purpose, whose: Whose<'_>) -> Observed<BTreeSet<String>> {
        let lookup = Lookup { endpoint: whose.endpoint("wikis"), parameters: Vec::new() };
        let found = self.query::<Vec<WikiPage>>(purpose, &lookup).await;
        observed(found, format!("the wiki of {}", whose.path()))
            .map(|found| found.into_iter().map(|page| page.slug).collect())
    }

    /// Whether a project has a template for issues, or else for merge requests, its own or an inherited one (GitLab
    /// docs, "Project templates API").
    pub async fn template(&self, purpose: Purpose, project: &str, issues: bool, name: &str) -> Observed<()> {
        let kind = if issues { "issues" } else { "merge_requests" };
        let endpoint = Whose::Project(project).endpoint(&format!("templates/{kind}/{}", path_escaped(name)));
        let found = self.query::<Template>(purpose, &Lookup { endpoint, parameters: Vec::new() }).await;
        observed(found, format!("the template {name} of {project}")).map(|_there| ())
    }
}
