//! Accounts and their tokens.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::World;

/// A person or a bot.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct User {
    /// The number that never changes.
    pub id: u64,
    /// The handle, without `@`.
    pub username: String,
    /// The displayed name.
    pub name: String,
    /// `active`, `blocked`, `ldap_blocked`, `banned` or `deactivated`.
    pub state: String,
    /// May do everything.
    pub admin: bool,
    /// A bot, as the user of a project access token is.
    pub bot: bool,
    /// The address that administrators see.
    pub email: String,
    /// Since when the account exists.
    pub created_at: DateTime<Utc>,
    /// The name and the bytes of the picture, which is not part of the world's dump.
    #[serde(skip_serializing)]
    pub avatar: Option<(String, Vec<u8>)>,
}

/// An access token: a person's, a bot's or a CI job's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AccessToken {
    /// The id of the token itself.
    pub id: u64,
    /// The secret. It is not part of the world's dump.
    #[serde(skip_serializing)]
    pub value: String,
    /// Whose token it is.
    pub user: u64,
    /// `api`, `read_api`, `read_repository`, `read_user`, `sudo`; `ci_job` for a job's own token.
    pub scopes: Vec<String>,
    /// Taken back.
    pub revoked: bool,
    /// The first day on which it no longer works.
    pub expires_at: Option<NaiveDate>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl World {
    /// Of the users who are wanted, those who are there; the others are dropped without a word, as GitLab drops whoever
    /// cannot see the issue or merge request (`IssuableBaseService#filter_assignees`).
    pub(super) fn filter_users(&self, wanted: Option<&[u64]>) -> Option<Vec<u64>> {
        Some(wanted?.iter().copied().filter(|id| self.users.contains_key(id)).collect())
    }

    /// The user with this handle; GitLab compares handles without regard to case.
    pub fn user_by_username(&self, username: &str) -> Option<&User> {
        let wanted = username.to_lowercase();
        self.users.values().find(|user| user.username.to_lowercase() == wanted)
    }
}
