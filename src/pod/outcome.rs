//! What became of one action.

use super::observed::Cause;

/// The result of trying to carry out one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out; the address of what was changed.
    Done(String),
    /// The server answered that it did not do it, or the thing had changed since it was seen.
    Refused(Cause, String),
    /// It may or may not have been carried out, and looking did not settle it.
    Unknown(String),
    /// It was left for later, and why.
    NotTried(String),
}

impl Outcome {
    /// The word the reports use.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Refused(..) => "refused",
            Self::Unknown(_) => "unknown",
            Self::NotTried(_) => "not-tried",
        }
    }
}
