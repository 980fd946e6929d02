//! The seam under this room: what it asks of GitLab, so that it runs in memory over anything that answers.

use async_trait::async_trait;
use serde_json::Value;

use crate::gitlab::Purpose;
use crate::pod::AgentsAt;
use crate::pod::agent::AccountState;
use crate::pod::observed::Observed;

/// Whoever answers this room's questions.
#[async_trait]
pub trait Ask: Send + Sync {
    /// The path that the data's project has today, as far as it is known.
    fn present_path(&self, at: &AgentsAt) -> String {
        at.project.clone()
    }

    /// The paths of the files that stand in the folder itself, from all pages of the listing.
    async fn folder(&self, at: &AgentsAt) -> Observed<Vec<String>>;

    /// One file of the project, as bytes.
    async fn file(&self, at: &AgentsAt, path: &str) -> Observed<Vec<u8>>;

    /// The answer to a GraphQL query: `data`, and `errors` where there are any.
    async fn graphql(&self, purpose: Purpose, query: &str, variables: Value) -> Observed<Value>;

    /// The account with a user name, as far as it is listed.
    async fn user_named(&self, handle: &str) -> Observed<AccountState>;

    /// The account with a number.
    async fn user(&self, id: u64) -> Observed<AccountState>;
}
