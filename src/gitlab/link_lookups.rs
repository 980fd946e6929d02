//! GitLab as the link check asks it: what GraphQL shows, and single things of a project or group that it does not.

use std::collections::{BTreeMap, BTreeSet};

use ::gitlab::api::common::path_escaped;
use ::gitlab::api::endpoint_prelude::{Cow, Endpoint, Method, QueryParams};
use async_trait::async_trait;
use linkcheck::gitlab::api::{GitlabApi, MOST_MILESTONES, OwnerPath, TemplateKind, Viewer};
use serde::Deserialize;
use serde_json::Value;
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;

use super::error::to_observed;
use super::request_log::count_apart;
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

/// The token with which a viewer asks.
fn purpose(viewer: Viewer) -> TokenPurpose {
    match viewer {
        Viewer::Anybody => TokenPurpose::Anybody,
        Viewer::LinksToken => TokenPurpose::Links,
        Viewer::OwnToken => TokenPurpose::Handbook,
    }
}

impl Reader {
    /// Asks; what is asked with a token about something that a page names leaves no trace in counts and log, which
    /// everybody may read: how much is asked shows what is there.
    async fn ask_as<T>(&self, viewer: Viewer, request: impl Future<Output = T>) -> T {
        if viewer == Viewer::Anybody {
            return request.await;
        }
        count_apart(request).with_subscriber(NoSubscriber::default()).await
    }
}

#[async_trait]
impl GitlabApi for Reader {
    fn has_links_token(&self) -> bool {
        self.transport(TokenPurpose::Links).has_token()
    }

    async fn graphql(&self, viewer: Viewer, query: &str, variables: Value) -> Observed<Value> {
        self.ask_as(viewer, self.graphql(purpose(viewer), query, variables)).await
    }

    async fn existing_milestones(&self, owner: OwnerPath<'_>, iids: &BTreeSet<String>) -> Observed<BTreeSet<String>> {
        let mut parameters = vec![("per_page", MOST_MILESTONES.to_string())];
        parameters.extend(iids.iter().take(MOST_MILESTONES).map(|iid| ("iids[]", iid.clone())));
        let lookup = GetEndpoint { endpoint: owner_endpoint(owner, "milestones"), parameters };
        let viewer = Viewer::OwnToken;
        let found = self.ask_as(viewer, self.send_endpoint::<Vec<Milestone>>(purpose(viewer), &lookup)).await;
        to_observed(found, format!("the milestones of {}", owner_path(owner)))
            .map(|found| found.iter().map(|milestone| milestone.iid.to_string()).collect())
    }

    async fn wiki_slugs(&self, viewer: Viewer, owner: OwnerPath<'_>) -> Observed<BTreeSet<String>> {
        let lookup = GetEndpoint { endpoint: owner_endpoint(owner, "wikis"), parameters: Vec::new() };
        let found = self.ask_as(viewer, self.send_endpoint::<Vec<WikiPage>>(purpose(viewer), &lookup)).await;
        to_observed(found, format!("the wiki of {}", owner_path(owner)))
            .map(|found| found.into_iter().map(|page| page.slug).collect())
    }

    async fn find_template(&self, viewer: Viewer, project: &str, kind: TemplateKind, name: &str) -> Observed<()> {
        let kind = match kind {
            TemplateKind::Issues => "issues",
            TemplateKind::MergeRequests => "merge_requests",
        };
        let endpoint = owner_endpoint(OwnerPath::Project(project), &format!("templates/{kind}/{}", path_escaped(name)));
        let lookup = GetEndpoint { endpoint, parameters: Vec::new() };
        let found = self.ask_as(viewer, self.send_endpoint::<Template>(purpose(viewer), &lookup)).await;
        to_observed(found, format!("the template {name} of {project}")).map(|_there| ())
    }

    async fn current_project_path(&self, viewer: Viewer, path: &str) -> Observed<String> {
        self.ask_as(viewer, self.read_project(purpose(viewer), path)).await.map(|project| project.path)
    }

    fn other_instances(&self) -> BTreeMap<&str, &dyn GitlabApi> {
        Reader::other_instances(self).iter().map(|(host, reader)| (host.as_str(), reader as &dyn GitlabApi)).collect()
    }
}
