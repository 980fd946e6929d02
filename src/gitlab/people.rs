//! What the roster audit reads: a folder of files, and accounts.

use ::gitlab::api::users::{User, Users};

use super::endpoints::Tree;
use super::error::{Fault, observed};
use super::paging::{self, Pages};
use super::read::Reader;
use super::{Purpose, wire};
use crate::pod::agent::AccountState;
use crate::pod::observed::Observed;

impl Reader {
    /// The paths of the files that stand in a folder itself, to the end of the listing.
    pub async fn files_in(&self, purpose: Purpose, project: &str, path: &str, git_ref: &str) -> Observed<Vec<String>> {
        let endpoint = Tree { project, path, git_ref };
        let listed: Result<Vec<wire::TreeEntry>, Fault> =
            paging::all(self.transport(purpose), &endpoint, Pages::Counted).await;
        observed(listed, format!("the folder {path} at {git_ref} in {project}"))
            .map(|entries| entries.into_iter().filter(|entry| entry.kind == "blob").map(|entry| entry.path).collect())
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
