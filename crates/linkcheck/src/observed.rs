//! The result of any read: there, not there, or unknown.

use serde::{Deserialize, Serialize};

/// The result of a read. `Unknown` is never taken for `Absent`: a failed read changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed<T> {
    /// It is there.
    Present(T),
    /// The authority answered that it is not there.
    Absent,
    /// It could not be read.
    Unknown(ReadFailure),
}

impl<T> Observed<T> {
    /// The value, if it was read.
    pub fn present(&self) -> Option<&T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Absent | Self::Unknown(_) => None,
        }
    }

    /// Why it could not be read, if so.
    pub fn failure(&self) -> Option<&ReadFailure> {
        match self {
            Self::Unknown(failure) => Some(failure),
            Self::Present(_) | Self::Absent => None,
        }
    }

    /// The same result, with the value changed.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Self::Present(value) => Observed::Present(change(value)),
            Self::Absent => Observed::Absent,
            Self::Unknown(failure) => Observed::Unknown(failure),
        }
    }
}

/// What could not be read, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ReadFailure {
    /// What was read, with its place: `the page content/…/_index.md in group/handbook`.
    pub what: String,
    /// Why it was not read, and what to do.
    pub why: String,
    /// What kind of failure it is; it chooses the exit code.
    #[serde(skip)]
    pub cause: FailureCause,
}

impl ReadFailure {
    /// A read that this check itself broke off, by a bug of its own.
    pub fn from_bug(what: impl Into<String>) -> Self {
        let why = "it panicked, which is a bug; report it with what stands above".to_owned();
        Self { what: what.into(), why, cause: FailureCause::Bug }
    }
}

/// The kinds of failure that callers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCause {
    /// The token was refused or may not do this.
    Token,
    /// The server or the network did not answer usefully; asking later may help.
    Unavailable,
    /// A person has to change something first.
    Human,
    /// The configuration or a template is at fault.
    Config,
    /// This program itself has a bug.
    Bug,
}
