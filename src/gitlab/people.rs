//! What the roster audit reads: a folder of files, and accounts.

use ::gitlab::api::common::NameOrId;
use ::gitlab::api::users::{User, Users};

use super::endpoints::Tree;
use super::error::{Fault, observed};
use super::paging::{self, Pages};
use super::read::Reader;
use super::{Purpose, wire};
use crate::pod::agent::AccountState;
use crate::pod::observed::{Blind, Cause, Observed};

impl Reader {
    /// The paths of the files that stand in a folder itself, to the end of the listing.
    pub async fn files_in(&self, purpose: Purpose, project: &str, path: &str, git_ref: &str) -> Observed<Vec<String>> {
        let what = format!("the folder {path} at {git_ref} in {project}");
        let mut listed = self.folder_at(purpose, self.name_or_id(purpose, project), path, git_ref).await;
        if let Err(Fault::Redirected { project_id: Some(id), .. }) = listed {
            listed = self.folder_at(purpose, id.into(), path, git_ref).await;
        }
        if listed.as_ref().is_err_and(Fault::is_not_found) && !self.sees_project(purpose, project).await {
            let why = "its project is not there or not visible to this token; check its path and the token's access";
            return Observed::Unknown(Blind { what, why: why.to_owned(), cause: Cause::Unavailable });
        }
        if let Err(fault @ Fault::Status { status: 403, .. }) = &listed {
            return Observed::Unknown(fault.blind_to_code(what));
        }
        observed(listed, what)
            .map(|entries| entries.into_iter().filter(|entry| entry.kind == "blob").map(|entry| entry.path).collect())
    }

    async fn folder_at(
        &self,
        purpose: Purpose,
        project: NameOrId<'_>,
        path: &str,
        git_ref: &str,
    ) -> Result<Vec<wire::TreeEntry>, Fault> {
        let endpoint = Tree { project: &project, path, git_ref };
        paging::all(self.transport(purpose), &endpoint, Pages::Counted).await
    }

    /// Whether a project is there for this token; one that could not be asked for may be.
    async fn sees_project(&self, purpose: Purpose, path: &str) -> bool {
        !matches!(self.project(purpose, path).await, Observed::Absent)
    }

    /// The account with a user name, as far as this instance lists it.
    pub async fn user_named(&self, handle: &str) -> Observed<AccountState> {
        let listed: Result<Vec<wire::Person>, Fault> = match Users::builder().username(handle).build() {
            Ok(endpoint) => paging::all(self.transport(Purpose::Pairing), &endpoint, Pages::Counted).await,
            Err(error) => Err(Fault::NotMade(error.to_string())),
        };
        match observed(listed, format!("the account {handle}")) {
            Observed::Present(people) => {
                people.into_iter().next().map_or(Observed::Absent, |person| Observed::Present(person.into()))
            }
            Observed::Absent => Observed::Absent,
            Observed::Unknown(blind) => Observed::Unknown(blind),
        }
    }

    /// The account with a number, blocked ones included.
    pub async fn user(&self, id: u64) -> Observed<AccountState> {
        let found: Result<wire::Person, Fault> = match User::builder().user(id).build() {
            Ok(endpoint) => self.query(Purpose::Pairing, &endpoint).await,
            Err(error) => Err(Fault::NotMade(error.to_string())),
        };
        observed(found, format!("the account number {id}")).map(AccountState::from)
    }
}

impl From<wire::Person> for AccountState {
    fn from(person: wire::Person) -> Self {
        Self { id: person.id, active: person.state == "active", username: person.username }
    }
}
