//! GitLab itself answers this room's questions.

use async_trait::async_trait;
use serde_json::Value;

use super::ask::Ask;
use crate::gitlab::{Purpose, Reader};
use crate::pod::AgentsAt;
use crate::pod::agent::AccountState;
use crate::pod::observed::Observed;

#[async_trait]
impl Ask for Reader {
    fn present_path(&self, at: &AgentsAt) -> String {
        Reader::present_path(self, Purpose::Agents, &at.project)
    }

    async fn folder(&self, at: &AgentsAt) -> Observed<Vec<String>> {
        self.files_in(Purpose::Agents, &at.project, &at.path, &at.git_ref).await
    }

    async fn file(&self, at: &AgentsAt, path: &str) -> Observed<Vec<u8>> {
        self.bytes(Purpose::Agents, &at.project, path, &at.git_ref).await
    }

    async fn graphql(&self, purpose: Purpose, query: &str, variables: Value) -> Observed<Value> {
        Reader::graphql(self, purpose, query, variables).await
    }

    async fn user_named(&self, handle: &str) -> Observed<AccountState> {
        Reader::user_named(self, handle).await
    }

    async fn user(&self, id: u64) -> Observed<AccountState> {
        Reader::user(self, id).await
    }
}
