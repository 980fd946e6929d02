//! What whoever grants tokens has to know: where each token goes, what is done with it, and what else it opens.

use chrono::NaiveDate;

use super::observed::ReadFailure;
use super::text::one_line;

/// The tokens of a configuration, and what is asked without any.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// The day on which it was made.
    pub today: NaiveDate,
    /// A token for each variable, in the order of their purposes.
    pub tokens: Vec<RequestedToken>,
    /// Hosts that are asked without any token.
    pub anonymous: Vec<AnonymousAccess>,
}

/// A token, by the variable that holds it.
#[derive(Debug, Clone)]
pub struct RequestedToken {
    /// The environment variable; its `…_FILE` form names a file with the token.
    pub variable: String,
    /// What it is for, by the names of the configuration, such as `pairing`.
    pub purposes: Vec<&'static str>,
    /// Scheme, host and port that it goes to.
    pub origin: String,
    /// The proxy through which it goes there, if any.
    pub proxy: Option<String>,
    /// The file with the authorities that vouch for the server, in place of the machine's.
    pub ca_file: Option<String>,
    /// What it has to be able to do.
    pub scope: NeededScope,
    /// The projects that it is used in.
    pub projects: Vec<ProjectRole>,
    /// What is called with it.
    pub endpoints: Vec<CalledEndpoint>,
    /// What is known of the token itself.
    pub state: TokenState,
}

/// A project that a token is used in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectRole {
    /// Its full path.
    pub path: String,
    /// The smallest role that its account needs there.
    pub role: NeededRole,
    /// What is kept there.
    pub holds: Vec<&'static str>,
}

/// The smallest role in a project that does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NeededRole {
    /// Its files are read.
    ToReadFiles,
    /// Its issues are written.
    ToWriteIssues,
}

impl NeededRole {
    /// The role, and when none is needed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ToReadFiles => "none if the project is public, else Reporter",
            Self::ToWriteIssues => "Reporter",
        }
    }
}

/// An endpoint that is called with a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalledEndpoint {
    /// Its method.
    pub method: &'static str,
    /// Its path below the origin.
    pub path: &'static str,
    /// Whether it changes something.
    pub writes: bool,
    /// What it is called for, each reason once.
    pub why: Vec<&'static str>,
}

/// The smallest scope that opens what is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NeededScope {
    /// Of GitLab: all that is read.
    ReadApi,
    /// Of GitLab: what is written, too.
    Api,
    /// Of GitHub: fine-grained, to read.
    GithubRead,
}

impl NeededScope {
    /// As it is chosen when a token is made.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadApi => "read_api",
            Self::Api => "api",
            Self::GithubRead => "fine-grained, read-only: Contents, Issues, Pull requests, Metadata",
        }
    }

    /// The scopes that are missing from these.
    pub fn missing_from(self, scopes: &[String]) -> Vec<&'static str> {
        let has = |wanted: &str| scopes.iter().any(|scope| scope == wanted);
        match self {
            Self::ReadApi if !has("read_api") && !has("api") => vec!["read_api"],
            Self::Api if !has("api") => vec!["api"],
            Self::ReadApi | Self::Api | Self::GithubRead => Vec::new(),
        }
    }

    /// The scopes among these that open more than what is called.
    pub fn excess_in(self, scopes: &[String]) -> Vec<&str> {
        // GitLab has no scope below these two but for single files, and `read_api` is a part of `api`.
        let within = |scope: &str| match self {
            Self::ReadApi => matches!(scope, "read_api" | "read_repository" | "read_user" | "self_rotate"),
            Self::Api => matches!(scope, "api" | "read_api" | "read_repository" | "read_user" | "self_rotate"),
            Self::GithubRead => true,
        };
        scopes.iter().map(String::as_str).filter(|scope| !within(scope)).collect()
    }
}

/// What is known of a token.
#[derive(Debug, Clone)]
pub enum TokenState {
    /// Its variable holds none.
    NotGiven,
    /// It is there, and nobody is asked about it: why.
    NotAsked(&'static str),
    /// What GitLab says of it.
    Known(OwnToken),
    /// GitLab was asked and did not say.
    Failed(ReadFailure),
}

/// What GitLab says of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnToken {
    /// Whether it may be used.
    pub active: bool,
    /// Its scopes, in one line each.
    pub scopes: Vec<String>,
    /// The day from whose midnight in UTC on it is refused (GitLab docs, "Personal access tokens").
    pub expires_at: Option<NaiveDate>,
}

impl OwnToken {
    /// Takes scopes as they came.
    pub fn new(active: bool, scopes: &[String], expires_at: Option<NaiveDate>) -> Self {
        /// More than GitLab has.
        const MAX_SCOPES: usize = 30;
        Self { active, scopes: scopes.iter().take(MAX_SCOPES).map(|scope| one_line(scope)).collect(), expires_at }
    }

    /// How many whole days it may still be used.
    pub fn days_left(&self, today: NaiveDate) -> Option<i64> {
        self.expires_at.map(|end| end.signed_duration_since(today).num_days().max(0))
    }

    /// Whether it is refused from now on.
    pub fn is_usable(&self, today: NaiveDate) -> bool {
        self.active && self.days_left(today) != Some(0)
    }
}

/// What is asked without a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnonymousAccess {
    /// The hosts.
    pub hosts: String,
    /// What for.
    pub why: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_held_against_what_is_needed() {
        let scopes = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<String>>();
        let table = [
            (NeededScope::Api, &["api"][..], &[][..], &[][..]),
            (NeededScope::Api, &["read_api"], &["api"], &[]),
            (NeededScope::Api, &["api", "write_repository", "sudo"], &[], &["write_repository", "sudo"]),
            (NeededScope::ReadApi, &["api"], &[], &["api"]),
            (NeededScope::ReadApi, &["read_repository"], &["read_api"], &[]),
            (NeededScope::ReadApi, &[], &["read_api"], &[]),
        ];
        for (needed, has, missing, excess) in table {
            let has = scopes(has);
            assert_eq!(needed.missing_from(&has), missing, "{needed:?} {has:?}");
            assert_eq!(needed.excess_in(&has), excess, "{needed:?} {has:?}");
        }
    }

    #[test]
    fn a_token_ends_at_the_midnight_with_which_its_last_day_begins() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 11, day);
        let token = OwnToken::new(true, &[], day(24));
        let left = |today: Option<NaiveDate>| (token.days_left(today.unwrap()), token.is_usable(today.unwrap()));
        assert_eq!(left(day(23)), (Some(1), true));
        assert_eq!(left(day(24)), (Some(0), false));
        assert_eq!(left(day(30)), (Some(0), false));
        assert!(OwnToken::new(true, &[], None).is_usable(day(30).unwrap()));
    }
}
