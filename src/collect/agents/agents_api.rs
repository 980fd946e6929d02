//! The seam under this folder: what it asks of GitLab, so that it runs in memory over anything that answers.

use async_trait::async_trait;
use serde_json::Value;

use crate::gitlab::TokenPurpose;
use crate::pod::AgentsLocation;
use crate::pod::agent::ObservedAccount;
use crate::pod::observed::Observed;

/// The requests of this folder. An answer is unknown where it could not be had, and absent only where it is not there.
#[async_trait]
pub trait AgentsApi: Send + Sync {
    /// The path that the data's project has today, as far as it is known.
    fn current_project_path(&self, at: &AgentsLocation) -> String {
        at.project.clone()
    }

    /// The paths of the files that stand in the folder itself, from all pages of the listing.
    async fn list_files(&self, at: &AgentsLocation) -> Observed<Vec<String>>;

    /// One file of the project, as bytes.
    async fn read_file(&self, at: &AgentsLocation, path: &str) -> Observed<Vec<u8>>;

    /// The answer to a GraphQL query: `data`, and `errors` where there are any.
    async fn graphql(&self, purpose: TokenPurpose, query: &str, variables: Value) -> Observed<Value>;

    /// The account with a user name, as far as it is listed.
    async fn user_by_username(&self, handle: &str) -> Observed<ObservedAccount>;

    /// The account with a number.
    async fn user_by_id(&self, id: u64) -> Observed<ObservedAccount>;
}
