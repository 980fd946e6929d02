//! What can go wrong on the way to GitLab and back, in the classes that callers tell apart.

use crate::pod::observed::{Blind, Cause, Observed};

/// A request that did not end well. Texts are one line, redacted and safe to print.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The request would have gone to another origin; nothing was sent.
    #[error("refused to send a request to {0}: a token goes to its own origin only")]
    ForeignOrigin(String),
    /// The token was refused before, so nothing is sent with it any more.
    #[error("{0}")]
    TokenRefused(String),
    /// The server answered with a redirect; none is followed.
    #[error("{status} redirect{}", .project_id.map(|id| format!(" to project {id}")).unwrap_or_default())]
    Redirected {
        /// The status.
        status: u16,
        /// The project's number in the answer's `Location`; the only part of it that is used.
        project_id: Option<u64>,
    },
    /// The server answered with an error.
    #[error("{status} {message}")]
    Status {
        /// The status.
        status: u16,
        /// The server's own words.
        message: String,
    },
    /// The request never reached the server.
    #[error("the server could not be reached ({0})")]
    NotSent(String),
    /// The request was sent and no whole answer came back; it may have been carried out.
    #[error("no answer came back ({0})")]
    Lost(String),
    /// The answer is not what it should be; a write may have been carried out.
    #[error("the answer cannot be read ({0})")]
    Unreadable(String),
    /// The request could not be made.
    #[error("the request cannot be made ({0})")]
    NotMade(String),
}

/// What a fault means for a write (threat sheet §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Nothing happened.
    Refused,
    /// It may have happened; only a look can tell.
    Unknown,
}

impl Fault {
    /// Whether the request may have been carried out.
    pub fn class(&self) -> Class {
        match self {
            Self::Lost(_) | Self::Unreadable(_) => Class::Unknown,
            Self::Status { status, .. } if *status >= 500 => Class::Unknown,
            _ => Class::Refused,
        }
    }

    /// The kind of failure for the exit code.
    pub fn cause(&self) -> Cause {
        match self {
            Self::TokenRefused(_) | Self::Status { status: 401 | 403, .. } => Cause::Token,
            Self::ForeignOrigin(_) | Self::NotMade(_) => Cause::Human,
            Self::Redirected { .. } | Self::Status { .. } | Self::NotSent(_) | Self::Lost(_) | Self::Unreadable(_) => {
                Cause::Unavailable
            }
        }
    }

    /// Whether the server said that the thing is not there (or not visible to the token).
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Status { status: 404, .. })
    }

    /// What a person can do about it.
    pub fn hint(&self) -> &'static str {
        match self.cause() {
            Cause::Token => "check the token's scopes, role and expiry",
            Cause::Unavailable => "the next run looks again",
            Cause::Human | Cause::Config => "check the configuration",
            Cause::Bug => "report it",
        }
    }

    /// The fault as something that could not be seen.
    pub fn blind(&self, what: impl Into<String>) -> Blind {
        Blind { what: what.into(), why: format!("{self}; {}", self.hint()), cause: self.cause() }
    }
}

/// Turns a read's result into what was observed: a 404 is an absence, every other fault a blindness.
pub(super) fn observed<T>(result: Result<T, Fault>, what: impl Into<String>) -> Observed<T> {
    match result {
        Ok(value) => Observed::Present(value),
        Err(fault) if fault.is_not_found() => Observed::Absent,
        Err(fault) => Observed::Unknown(fault.blind(what)),
    }
}
