//! Projects by the paths that the configuration names, and where they are today.
//!
//! REST leads on from the old path of a project that was renamed or moved (301 to its number, and only for reads);
//! GraphQL knows today's paths alone and answers null (`lib/gitlab/graphql/loaders/full_path_model_loader.rb`). So each
//! is looked up once, and from then on asked by its number or by today's path.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use ::gitlab::api;
use ::gitlab::api::common::NameOrId;
use futures_util::future::join_all;
use linkcheck::gitlab::is_path_marked_for_deletion;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::{RequestError, to_observed};
use super::{Reader, TokenPurpose, responses};
use crate::pod::observed::Observed;
use crate::pod::snapshot::Project;
use crate::pod::text::one_line;

/// Projects as they were seen in this run, by each client for itself: what one token cannot see, another may.
pub(super) type ProjectCache = Arc<Mutex<BTreeMap<(TokenPurpose, String), Observed<Project>>>>;

/// The most projects of one query: each costs some ten of GitLab's 200 points of complexity.
const MAX_PROJECTS_PER_QUERY: usize = 15;

impl Reader {
    /// A project by its path, renamed ones included: the path that comes back is the one it has now.
    ///
    /// Absent means not there *or* not visible to the token: GitLab does not tell the two apart.
    pub async fn read_project(&self, purpose: TokenPurpose, path: &str) -> Observed<Project> {
        if let Some(known) = self.cached_project(purpose, path) {
            return known;
        }
        let found = self.fetch_project(purpose, path).await;
        if !matches!(found, Observed::Unknown(_)) {
            self.cache_project(purpose, path, found.clone());
        }
        found
    }

    /// Asks for many projects in few requests, so that they are known when one of them is needed. What comes back are
    /// those that GraphQL does not show under their paths: they were renamed, or they are not there or hidden.
    pub async fn preload_projects(
        &self,
        wanted: &BTreeSet<(TokenPurpose, String)>,
    ) -> BTreeSet<(TokenPurpose, String)> {
        let mut by_client: BTreeMap<TokenPurpose, BTreeSet<&str>> = BTreeMap::new();
        for (purpose, path) in wanted {
            if self.cached_project(*purpose, path).is_none() {
                by_client.entry(self.client_representative(*purpose)).or_default().insert(path);
            }
        }
        let unseen =
            join_all(by_client.into_iter().map(|(client, paths)| self.preload_for_client(client, paths))).await;
        let unseen: BTreeSet<(TokenPurpose, &str)> = unseen.into_iter().flatten().collect();
        wanted
            .iter()
            .filter(|(purpose, path)| unseen.contains(&(self.client_representative(*purpose), path)))
            .cloned()
            .collect()
    }

    /// The same for one client.
    async fn preload_for_client<'a>(
        &self,
        client: TokenPurpose,
        paths: BTreeSet<&'a str>,
    ) -> Vec<(TokenPurpose, &'a str)> {
        let paths: Vec<&str> = paths.into_iter().collect();
        let mut unseen = Vec::new();
        for paths in paths.chunks(MAX_PROJECTS_PER_QUERY) {
            let (query, variables) = build_projects_query(paths);
            let Observed::Present(answer) = self.graphql(client, &query, Value::Object(variables)).await else { break };
            for (index, path) in paths.iter().enumerate() {
                let Some(node) = answer["data"].get(format!("p{index}")) else { continue };
                match serde_json::from_value(node.clone()).ok().and_then(project_from_graphql) {
                    Some(project) => self.cache_project(client, path, Observed::Present(project)),
                    None => unseen.push((client, *path)),
                }
            }
        }
        unseen
    }

    /// What the request for something in a project names it by: its number where it is known to have another path
    /// today.
    pub(super) fn name_or_id<'a>(&self, purpose: TokenPurpose, path: &'a str) -> NameOrId<'a> {
        match self.cached_project(purpose, path) {
            Some(Observed::Present(project)) if !project.path.eq_ignore_ascii_case(path) => project.id.into(),
            _ => path.into(),
        }
    }

    /// The path that a project has today, as far as it is known.
    pub fn current_project_path(&self, purpose: TokenPurpose, path: &str) -> String {
        match self.cached_project(purpose, path) {
            Some(Observed::Present(project)) => project.path,
            _ => path.to_owned(),
        }
    }

    /// What is known of a project so far; nothing is asked.
    pub fn cached_project(&self, purpose: TokenPurpose, path: &str) -> Option<Observed<Project>> {
        let key = (self.client_representative(purpose), path.to_owned());
        self.project_cache.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    /// What was seen of a project under its present path, if it was asked for.
    pub(super) fn cached_project_by_current_path(&self, path: &str) -> Option<Project> {
        let projects = self.project_cache.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seen = projects.values().filter_map(Observed::present);
        seen.find(|project| project.path == path).cloned()
    }

    fn cache_project(&self, purpose: TokenPurpose, path: &str, found: Observed<Project>) {
        let key = (self.client_representative(purpose), path.to_owned());
        self.project_cache.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found);
    }

    async fn fetch_project(&self, purpose: TokenPurpose, path: &str) -> Observed<Project> {
        let mut found = self.request_project(purpose, NameOrId::from(path)).await;
        // The `Location` of a moved project has been seen with the wrong scheme: only its number is used.
        if let Err(RequestError::Redirected { project_id: Some(id), .. }) = found {
            found = self.request_project(purpose, NameOrId::from(id)).await;
        }
        to_observed(found, format!("the project {path}")).map(|project| Project {
            id: project.id,
            archived: project.archived,
            marked_for_deletion: project.marked_for_deletion_on.is_some()
                || is_path_marked_for_deletion(&project.path_with_namespace),
            path: project.path_with_namespace,
            private: project.visibility.as_deref() == Some("private"),
            issues_enabled: project.issues_enabled.unwrap_or(true)
                && project.issues_access_level.as_deref() != Some("disabled"),
            access_level: project.permissions.and_then(|permissions| {
                let roles = [permissions.project_access, permissions.group_access];
                roles.into_iter().flatten().map(|access| access.access_level).max()
            }),
            url: project.web_url,
        })
    }

    /// Why a project that a token does not see may be missing, and what to do: its account is named, so that whoever
    /// gives access knows to whom.
    pub async fn missing_project_text(&self, purpose: TokenPurpose, path: &str) -> String {
        let key = match purpose {
            TokenPurpose::Pairing => "[pairing] project",
            TokenPurpose::Handbook => "[page] project",
            TokenPurpose::Agents => "[agents] project",
            TokenPurpose::Reports => "[reports] project",
            TokenPurpose::Links | TokenPurpose::Anybody => "its path",
        };
        let Some(variable) = self.transport(purpose).token_name() else {
            return format!("{path} is not there or not public, and no token was given for it; check {key}");
        };
        let account = match self.read_current_user(purpose).await {
            Observed::Present(account) => format!("@{}, the account of {variable},", one_line(&account.username)),
            Observed::Absent | Observed::Unknown(_) => format!("the account of {variable}"),
        };
        format!(
            "{path} is not there or not visible to this token, which GitLab answers alike (404); check {key} for a slip \
             or a move, and that {account} is a member there with the role Reporter or above"
        )
    }

    async fn request_project(
        &self,
        purpose: TokenPurpose,
        project: NameOrId<'_>,
    ) -> Result<responses::Project, RequestError> {
        let endpoint = api::projects::Project::builder().project(project).build();
        match endpoint {
            Ok(endpoint) => self.send_endpoint(purpose, &endpoint).await,
            Err(error) => Err(RequestError::InvalidRequest(error.to_string())),
        }
    }
}

/// One query for all of these paths; each travels as a variable.
fn build_projects_query(paths: &[&str]) -> (String, Map<String, Value>) {
    const PROJECT_FIELDS: &str = "{id fullPath archived visibility issuesEnabled webUrl maxAccessLevel{integerValue}}";
    let (mut declarations, mut fields, mut variables) = (String::new(), String::new(), Map::new());
    for (index, path) in paths.iter().enumerate() {
        let _infallible = write!(declarations, "$v{index}:ID! ");
        let _infallible = write!(fields, "p{index}:project(fullPath:$v{index}){PROJECT_FIELDS} ");
        variables.insert(format!("v{index}"), json!(path));
    }
    (format!("query({}){{{}}}", declarations.trim_end(), fields.trim_end()), variables)
}

/// A project as GraphQL shows it (GitLab docs, "GraphQL API resources", `Project`).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GraphqlProject {
    id: String,
    full_path: String,
    archived: Option<bool>,
    visibility: Option<String>,
    issues_enabled: Option<bool>,
    web_url: Option<String>,
    max_access_level: Option<AccessLevel>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccessLevel {
    integer_value: Option<u8>,
}

fn project_from_graphql(node: GraphqlProject) -> Option<Project> {
    Some(Project {
        id: node.id.strip_prefix("gid://gitlab/Project/")?.parse().ok()?,
        archived: node.archived?,
        marked_for_deletion: is_path_marked_for_deletion(&node.full_path),
        path: node.full_path,
        private: node.visibility.as_deref() == Some("private"),
        issues_enabled: node.issues_enabled?,
        // 0 is no membership, which an administrator may do without.
        access_level: node.max_access_level.and_then(|level| level.integer_value).filter(|role| *role > 0),
        url: node.web_url?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_asks_for_each_path_as_a_variable() {
        let (query, variables) = build_projects_query(&["a/b", "c\"}/d"]);
        assert!(query.starts_with("query($v0:ID! $v1:ID!){p0:project(fullPath:$v0){id "), "{query}");
        assert!(!query.contains("c\"}"), "{query}");
        assert_eq!(variables["v1"], "c\"}/d");
    }

    #[test]
    fn a_node_that_lacks_what_matters_is_no_answer() {
        let node = |change: fn(&mut Value)| {
            let mut node = json!({
                "id": "gid://gitlab/Project/7", "fullPath": "a/b-deletion_scheduled-7", "archived": true,
                "visibility": "private", "issuesEnabled": false, "webUrl": "https://gitlab.example.com/a/b",
                "maxAccessLevel": { "integerValue": 0 },
            });
            change(&mut node);
            serde_json::from_value(node).ok().and_then(project_from_graphql)
        };
        let seen = node(|_| {}).expect("all is there");
        assert_eq!((seen.id, seen.marked_for_deletion, seen.private, seen.access_level), (7, true, true, None));
        assert_eq!(node(|node| node["id"] = json!("gid://gitlab/Group/7")), None);
        assert_eq!(node(|node| node["archived"] = Value::Null), None);
        assert_eq!(node(|node| node["issuesEnabled"] = Value::Null), None);
    }
}
