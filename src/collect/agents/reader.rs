//! [`AgentsApi`] over GitLab itself.

use async_trait::async_trait;
use serde_json::Value;

use super::agents_api::AgentsApi;
use crate::gitlab::{Reader, TokenPurpose};
use crate::pod::AgentsLocation;
use crate::pod::agent::ObservedAccount;
use crate::pod::observed::Observed;

#[async_trait]
impl AgentsApi for Reader {
    fn current_project_path(&self, at: &AgentsLocation) -> String {
        Reader::current_project_path(self, TokenPurpose::Agents, &at.project)
    }

    async fn list_files(&self, at: &AgentsLocation) -> Observed<Vec<String>> {
        self.list_files(TokenPurpose::Agents, &at.project, &at.path, &at.git_ref).await
    }

    async fn read_file(&self, at: &AgentsLocation, path: &str) -> Observed<Vec<u8>> {
        self.read_file(TokenPurpose::Agents, &at.project, path, &at.git_ref).await
    }

    async fn graphql(&self, purpose: TokenPurpose, query: &str, variables: Value) -> Observed<Value> {
        Reader::graphql(self, purpose, query, variables).await
    }

    async fn user_by_username(&self, handle: &str) -> Observed<ObservedAccount> {
        Reader::user_by_username(self, handle).await
    }

    async fn user_by_id(&self, id: u64) -> Observed<ObservedAccount> {
        Reader::user_by_id(self, id).await
    }
}
