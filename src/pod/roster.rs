//! Members as a pod's page names them.

use std::fmt;

use serde::Serialize;

/// A GitLab user name, as far as a page can state one; compared without regard to letter case.
///
/// Letters, digits, `_`, `.` and `-`, starting with a letter, digit or `_`
/// (docs "User account", "Username requirements").
#[derive(Debug, Clone, Serialize)]
pub struct Handle(String);

impl Handle {
    /// Reads a handle without its `@`. Returns `None` for what cannot be a user name.
    pub fn parse(text: &str) -> Option<Self> {
        let ok_start = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let ok_rest = text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
        (ok_start && ok_rest && text.len() <= 255).then(|| Self(text.to_owned()))
    }

    /// The handle as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is compared.
    pub fn to_ascii_lowercase(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl PartialEq for Handle {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Handle {}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}

/// What a member is to the pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Leads the pod: the role text says so ("Lead", "EMEA lead", "Co-Lead").
    Lead,
    /// Everybody else.
    Member,
}
