//! GitLab as the link check asks it: what GraphQL shows, and single things of a project or group that it does not.

use std::collections::{BTreeMap, BTreeSet};

use ::gitlab::api::common::path_escaped;
use ::gitlab::api::endpoint_prelude::{Cow, Endpoint, Method, QueryParams};
use async_trait::async_trait;
use linkcheck::gitlab::api::{GitlabApi, MOST_MILESTONES, OwnerPath, TemplateKind};
use serde::Deserialize;
use serde_json::Value;

use super::error::to_observed;
use super::{Reader, TokenPurpose};
use crate::pod::observed::Observed;

fn owner_endpoint(owner: OwnerPath<'_>, below: &str) -> String {
    match owner {
        OwnerPath::Project(path) => format!("projects/{}/{below}", path_escaped(path)),
        OwnerPath::Group(path) => format!("groups/{}/{below}", path_escaped(path)),
    }
}

fn owner_path(owner: OwnerPath<'_>) -> &str {
    match owner {
        OwnerPath::Project(path) | OwnerPath::Group(path) => path,
    }
}

/// A GET of our own.
struct GetEndpoint {
    endpoint: String,
    parameters: Vec<(&'static str, String)>,
}

impl Endpoint for GetEndpoint {
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

/// Links are asked for with the handbook's token: whoever reads the page may see what it links to.
const PURPOSE: TokenPurpose = TokenPurpose::Handbook;

#[async_trait]
impl GitlabApi for Reader {
    async fn graphql(&self, query: &str, variables: Value) -> Observed<Value> {
        self.graphql(PURPOSE, query, variables).await
    }

    async fn existing_milestones(&self, owner: OwnerPath<'_>, iids: &BTreeSet<String>) -> Observed<BTreeSet<String>> {
        let mut parameters = vec![("per_page", MOST_MILESTONES.to_string())];
        parameters.extend(iids.iter().take(MOST_MILESTONES).map(|iid| ("iids[]", iid.clone())));
        let lookup = GetEndpoint { endpoint: owner_endpoint(owner, "milestones"), parameters };
        let found = self.send_endpoint::<Vec<Milestone>>(PURPOSE, &lookup).await;
        to_observed(found, format!("the milestones of {}", owner_path(owner)))
            .map(|found| found.iter().map(|milestone| milestone.iid.to_string()).collect())
    }

    async fn wiki_slugs(&self, owner: OwnerPath<'_>) -> Observed<BTreeSet<String>> {
        let lookup = GetEndpoint { endpoint: owner_endpoint(owner, "wikis"), parameters: Vec::new() };
        let found = self.send_endpoint::<Vec<WikiPage>>(PURPOSE, &lookup).await;
        to_observed(found, format!("the wiki of {}", owner_path(owner)))
            .map(|found| found.into_iter().map(|page| page.slug).collect())
    }

    async fn find_template(&self, project: &str, kind: TemplateKind, name: &str) -> Observed<()> {
        let kind = match kind {
            TemplateKind::Issues => "issues",
            TemplateKind::MergeRequests => "merge_requests",
        };
        let endpoint = owner_endpoint(OwnerPath::Project(project), &format!("templates/{kind}/{}", path_escaped(name)));
        let found = self.send_endpoint::<Template>(PURPOSE, &GetEndpoint { endpoint, parameters: Vec::new() }).await;
        to_observed(found, format!("the template {name} of {project}")).map(|_there| ())
    }

    async fn current_project_path(&self, path: &str) -> Observed<String> {
        self.read_project(PURPOSE, path).await.map(|project| project.path)
    }

    fn cached_project_path(&self, path: &str) -> Option<String> {
        let known = |purpose: TokenPurpose| self.cached_project(purpose, path)?.present().map(|now| now.path.clone());
        let mut known = TokenPurpose::ALL.into_iter().filter_map(known);
        known.find(|today| today != path)
    }

    fn other_instances(&self) -> BTreeMap<&str, &dyn GitlabApi> {
        Reader::other_instances(self).iter().map(|(host, reader)| (host.as_str(), reader as &dyn GitlabApi)).collect()
    }
}
