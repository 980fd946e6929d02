//! The result of any look: there, not there, or not seen.

use serde::{Deserialize, Serialize};

/// What a read told. `Unknown` is never taken for `Absent`: a failed read changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed<T> {
    /// It is there.
    Present(T),
    /// The one who must know says that it is not there.
    Absent,
    /// It could not be looked at.
    Unknown(Blind),
}

impl<T> Observed<T> {
    /// The value, if it was seen.
    pub fn present(&self) -> Option<&T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Absent | Self::Unknown(_) => None,
        }
    }

    /// Why it could not be seen, if it could not.
    pub fn blind(&self) -> Option<&Blind> {
        match self {
            Self::Unknown(blind) => Some(blind),
            Self::Present(_) | Self::Absent => None,
        }
    }

    /// The same look, with the value changed.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Self::Present(value) => Observed::Present(change(value)),
            Self::Absent => Observed::Absent,
            Self::Unknown(blind) => Observed::Unknown(blind),
        }
    }
}

/// Something that could not be seen, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Blind {
    /// What was looked at, with its place: `the page content/…/_index.md in group/handbook`.
    pub what: String,
    /// Why it was not seen, and what to do.
    pub why: String,
    /// What kind of failure it is; it chooses the exit code.
    #[serde(skip)]
    pub cause: Cause,
}

impl Blind {
    /// A look that podkeeper itself broke off, by a fault of its own.
    pub fn stumbled(what: impl Into<String>) -> Self {
        let why = "podkeeper stumbled over it, which is a bug; report it with what stands above".to_owned();
        Self { what: what.into(), why, cause: Cause::Bug }
    }
}

/// The kinds of failure that callers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The token was refused or may not do this: exit 6.
    Token,
    /// The server or the network did not answer usefully: exit 4, the next run takes it up.
    Unavailable,
    /// A person has to change something first: exit 5.
    Human,
    /// The configuration or a template is at fault: exit 2.
    Config,
    /// podkeeper itself stumbled: exit 1.
    Bug,
}
