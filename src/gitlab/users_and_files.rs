//! What the roster audit reads: a folder of files, and accounts.

use ::gitlab::api::common::NameOrId;
use ::gitlab::api::users::{User, Users};

use super::endpoints::RepositoryTree;
use super::error::{RequestError, to_observed};
use super::paging::{self, Pagination};
use super::read::Reader;
use super::{TokenPurpose, responses};
use crate::pod::agent::ObservedAccount;
use crate::pod::observed::{FailureCause, Observed, ReadFailure};

impl Reader {
    /// The paths of the files that stand in a folder itself, to the end of the listing.
    pub async fn list_files(
        &self,
        purpose: TokenPurpose,
        project: &str,
        path: &str,
        git_ref: &str,
    ) -> Observed<Vec<String>> {
        let what = format!("the folder {path} at {git_ref} in {project}");
        let mut listed = self.request_tree(purpose, self.name_or_id(purpose, project), path, git_ref).await;
        if let Err(RequestError::Redirected { project_id: Some(id), .. }) = listed {
            listed = self.request_tree(purpose, id.into(), path, git_ref).await;
        }
        if listed.as_ref().is_err_and(RequestError::is_not_found) && !self.may_see_project(purpose, project).await {
            let why = self.missing_project_text(purpose, project).await;
            return Observed::Unknown(ReadFailure { what, why, cause: FailureCause::Unavailable });
        }
        if let Err(fault @ RequestError::Status { status: 403, .. }) = &listed {
            return Observed::Unknown(fault.to_code_read_failure(what));
        }
        to_observed(listed, what)
            .map(|entries| entries.into_iter().filter(|entry| entry.kind == "blob").map(|entry| entry.path).collect())
    }

    async fn request_tree(
        &self,
        purpose: TokenPurpose,
        project: NameOrId<'_>,
        path: &str,
        git_ref: &str,
    ) -> Result<Vec<responses::TreeEntry>, RequestError> {
        let endpoint = RepositoryTree { project: &project, path, git_ref };
        paging::list_all(self.transport(purpose), &endpoint, Pagination::WithTotal).await
    }

    /// Whether a project is there for this token; one that could not be asked for may be.
    async fn may_see_project(&self, purpose: TokenPurpose, path: &str) -> bool {
        !matches!(self.read_project(purpose, path).await, Observed::Absent)
    }

    /// The account with a user name, as far as this instance lists it.
    pub async fn user_by_username(&self, handle: &str) -> Observed<ObservedAccount> {
        let listed: Result<Vec<responses::UserWithState>, RequestError> =
            match Users::builder().username(handle).build() {
                Ok(endpoint) => {
                    paging::list_all(self.transport(TokenPurpose::Pairing), &endpoint, Pagination::WithTotal).await
                }
                Err(error) => Err(RequestError::InvalidRequest(error.to_string())),
            };
        match to_observed(listed, format!("the account {handle}")) {
            Observed::Present(people) => {
                people.into_iter().next().map_or(Observed::Absent, |person| Observed::Present(person.into()))
            }
            Observed::Absent => Observed::Absent,
            Observed::Unknown(failure) => Observed::Unknown(failure),
        }
    }

    /// The account with a number, blocked ones included.
    pub async fn user_by_id(&self, id: u64) -> Observed<ObservedAccount> {
        let found: Result<responses::UserWithState, RequestError> = match User::builder().user(id).build() {
            Ok(endpoint) => self.send_endpoint(TokenPurpose::Pairing, &endpoint).await,
            Err(error) => Err(RequestError::InvalidRequest(error.to_string())),
        };
        to_observed(found, format!("the account number {id}")).map(ObservedAccount::from)
    }
}

impl From<responses::UserWithState> for ObservedAccount {
    fn from(person: responses::UserWithState) -> Self {
        Self { id: person.id, active: person.state == "active", username: person.username }
    }
}
