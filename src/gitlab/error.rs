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
    /// GitLab opens this to another scope only (`lib/api/api_guard.rb`, RFC 6750, section 3.1).
    #[error("403: the token in {token} needs scope {needed}")]
    Scope {
        /// The variable that holds the token.
        token: String,
        /// The scopes of which one would do.
        needed: String,
    },
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
    /// A refusal that is not GitLab's, whose API answers errors with a JSON object (`lib/api/helpers.rb`,
    /// `render_api_error!`).
    #[error("{status} from something between this machine and GitLab ({says})")]
    Middlebox {
        /// The status.
        status: u16,
        /// What it says.
        says: String,
    },
    /// GitLab takes what was sent for spam (docs "REST API", "Requests detected as spam"; "Moderate
    /// users", "Trust users").
    #[error("{status} {message}")]
    Spam {
        /// The status: 409 where a captcha would help, else 400.
        status: u16,
        /// GitLab's own words.
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
            // What refuses an answer on its way back does so after GitLab has done what was asked.
            Self::Lost(_) | Self::Unreadable(_) | Self::Middlebox { .. } => Class::Unknown,
            Self::Status { status, .. } if *status >= 500 => Class::Unknown,
            _ => Class::Refused,
        }
    }

    /// The kind of failure for the exit code.
    pub fn cause(&self) -> Cause {
        match self {
            Self::TokenRefused(_) | Self::Scope { .. } | Self::Status { status: 401 | 403, .. } => Cause::Token,
            Self::ForeignOrigin(_)
            | Self::NotMade(_)
            | Self::Spam { .. }
            // Refused for what it says or for its size, and so again the next time (RFC 9110, section 15.5).
            | Self::Status { status: 400 | 413 | 422, .. } => Cause::Human,
            Self::Redirected { .. }
            | Self::Status { .. }
            | Self::Middlebox { .. }
            | Self::NotSent(_)
            | Self::Lost(_)
            | Self::Unreadable(_) => Cause::Unavailable,
        }
    }

    /// Whether the server said that the thing is not there (or not visible to the token).
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Status { status: 404, .. })
    }

    /// What a person can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Spam { .. } => {
                return "GitLab takes it for spam: have a person confirm it with the bot's account, or an administrator \
                        trust that account; nothing is opened or changed meanwhile";
            }
            Self::Scope { .. } => {
                return "check the token's scopes: read_repository opens files by their names alone; a folder's list, issues, \
                        labels and GraphQL need read_api, and what is written needs api";
            }
            Self::Middlebox { .. } => return "the next run looks again; where it stays, ask who runs the network",
            Self::Status { status: 413, .. } => {
                return "it is too large for this GitLab or for what stands before it; make the template or the page's \
                        part shorter, or have the limit raised";
            }
            Self::Status { status: 400 | 422, .. } => {
                return "GitLab refuses what was sent; check what its words name in the configuration and the template";
            }
            _ => {}
        }
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

impl Fault {
    /// The same for code: a Guest sees a private project and none of its files (docs "Roles and permissions").
    pub(super) fn blind_to_code(&self, what: impl Into<String>) -> Blind {
        let role_too_small = matches!(self, Self::Status { status: 403, .. });
        let hint = "a Guest cannot read a private project's files: give the token's account the role Reporter or above";
        if role_too_small { Blind { why: format!("{self}; {hint}"), ..self.blind(what) } } else { self.blind(what) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_cause() {
        let message = String::new;
        let status = |status| Fault::Status { status, message: message() };
        for (fault, cause, class) in [
            (status(403), Cause::Token, Class::Refused),
            (status(400), Cause::Human, Class::Refused),
            (status(413), Cause::Human, Class::Refused),
            (status(422), Cause::Human, Class::Refused),
            (status(404), Cause::Unavailable, Class::Refused),
            (status(409), Cause::Unavailable, Class::Refused),
            (status(429), Cause::Unavailable, Class::Refused),
            (status(502), Cause::Unavailable, Class::Unknown),
            (Fault::Scope { token: message(), needed: message() }, Cause::Token, Class::Refused),
            (Fault::Spam { status: 409, message: message() }, Cause::Human, Class::Refused),
            (Fault::Middlebox { status: 403, says: message() }, Cause::Unavailable, Class::Unknown),
        ] {
            assert_eq!((fault.cause(), fault.class()), (cause, class), "{fault:?}");
        }
        assert!(status(404).is_not_found());
        assert!(!Fault::Middlebox { status: 404, says: message() }.is_not_found());
    }

    #[test]
    fn a_middlebox_is_named_as_what_it_is() {
        let fault = Fault::Middlebox { status: 403, says: "an HTML page".to_owned() };
        let told = fault.blind("the page").why;
        assert!(told.starts_with("403 from something between this machine and GitLab (an HTML page); "), "{told}");
    }
}
