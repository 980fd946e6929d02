//! What became of one action.

use super::observed::FailureCause;

/// The result of trying to carry out one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out; the address of what was changed.
    Done(String),
    /// The server answered that it did not do it.
    Refused(FailureCause, String),
    /// It may or may not have been carried out, and looking did not settle it.
    Unknown(String),
    /// It was left for later, or the thing had changed since it was seen; and why.
    NotTried(String),
}

impl Outcome {
    /// Whether it was carried out.
    pub fn is_done(&self) -> bool {
        match self {
            Self::Done(_) => true,
            Self::Refused(..) | Self::Unknown(_) | Self::NotTried(_) => false,
        }
    }

    /// The address of what was changed, where it was.
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Done(url) => Some(url),
            Self::Refused(..) | Self::Unknown(_) | Self::NotTried(_) => None,
        }
    }

    /// Why it was not carried out, where it was not.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Done(_) => None,
            Self::Refused(_, why) | Self::Unknown(why) | Self::NotTried(why) => Some(why),
        }
    }

    /// The word the reports use.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Refused(..) => "refused",
            Self::Unknown(_) => "unknown",
            Self::NotTried(_) => "not-tried",
        }
    }
}
