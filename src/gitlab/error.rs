//! What can go wrong on the way to GitLab and back, in the classes that callers tell apart.

use crate::pod::observed::{FailureCause, Observed, ReadFailure};

/// A request that did not end well. Texts are one line, redacted and safe to print.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The request would have gone to another origin; nothing was sent.
    #[error("refused to send a request to {0}: a token goes to its own origin only")]
    ForeignOrigin(String),
    /// The token was refused before, so nothing is sent with it any more.
    #[error("{0}")]
    TokenRefused(String),
    /// GitLab opens this to another scope only (`lib/api/api_guard.rb`, RFC 6750, section 3.1).
    #[error("403: the token in {token} needs scope {needed_scopes}")]
    Scope {
        /// The variable that holds the token.
        token: String,
        /// The scopes of which one would do.
        needed_scopes: String,
    },
    /// The server answered with a redirect; none is followed.
    #[error("{status} redirect{}", .project_id.map(|id| format!(" to project {id}")).or(.to.as_ref().map(|to| format!(" to {to}"))).unwrap_or_default())]
    Redirected {
        /// The status.
        status: u16,
        /// The origin that it leads to, where it is another one.
        to: Option<String>,
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
    #[error("{status} from something between this machine and GitLab ({message})")]
    Middlebox {
        /// The status.
        status: u16,
        /// What it says.
        message: String,
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
    #[error("GitLab could not be reached: {0}")]
    NotSent(String),
    /// Nor did it reach one that can be trusted.
    #[error("{why}")]
    NotTrusted {
        /// Why not, with the server's name.
        why: String,
        /// What to do.
        advice: String,
    },
    /// The server was silent so often that nothing was sent any more.
    #[error("GitLab was silent three times in a row, so this run asks it no more")]
    ServerSilent,
    /// The request was sent and no whole answer came back; it may have been carried out.
    #[error("no answer came back ({0})")]
    NoAnswer(String),
    /// The answer is not what it should be; a write may have been carried out.
    #[error("the answer cannot be read ({0})")]
    Unreadable(String),
    /// A page for people came where GitLab's API answers data: a sign-in page, most likely.
    #[error("an HTML page came in the place of GitLab's answer ({status} from {host})")]
    HtmlPage {
        /// The status.
        status: u16,
        /// The host that was asked.
        host: String,
    },
    /// The request could not be made.
    #[error("the request cannot be made ({0})")]
    InvalidRequest(String),
}

/// What a request that failed means for a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteEffect {
    /// Nothing happened.
    None,
    /// It may have happened; only reading it again can tell.
    Unknown,
}

impl RequestError {
    /// Whether the request may have been carried out.
    pub fn write_effect(&self) -> WriteEffect {
        match self {
            // What refuses an answer on its way back does so after GitLab has done what was asked.
            Self::NoAnswer(_) | Self::Unreadable(_) | Self::HtmlPage { .. } | Self::Middlebox { .. } => {
                WriteEffect::Unknown
            }
            Self::Status { status, .. } if *status >= 500 => WriteEffect::Unknown,
            _ => WriteEffect::None,
        }
    }

    /// The kind of failure for the exit code.
    pub fn cause(&self) -> FailureCause {
        match self {
            Self::TokenRefused(_) | Self::Scope { .. } | Self::Status { status: 401 | 403, .. } => FailureCause::Token,
            Self::ForeignOrigin(_)
            | Self::InvalidRequest(_)
            | Self::Spam { .. }
            // Refused for what it says or for its size, and so again the next time (RFC 9110, section 15.5).
            | Self::Status { status: 400 | 413 | 422, .. } => FailureCause::Human,
            Self::Redirected { .. }
            | Self::Status { .. }
            | Self::Middlebox { .. }
            | Self::NotSent(_)
            | Self::NotTrusted { .. }
            | Self::ServerSilent
            | Self::NoAnswer(_)
            | Self::HtmlPage { .. }
            | Self::Unreadable(_) => FailureCause::Unavailable,
        }
    }

    /// Whether the server said that the thing is not there (or not visible to the token).
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Status { status: 404, .. })
    }

    /// What a person can do about it.
    pub fn advice(&self) -> &str {
        match self {
            Self::NotTrusted { advice, .. } => return advice,
            Self::NotSent(_) => {
                return "check GitLab's address ([gitlab] url, else CI_SERVER_URL), this machine's network, and whether \
                        GitLab is up; the next run tries again";
            }
            Self::HtmlPage { .. } => {
                return "a proxy or a single sign-on stands before GitLab, or the address is none of a GitLab: check \
                        [gitlab] url, else CI_SERVER_URL, and open it from this machine";
            }
            Self::Redirected { project_id: None, .. } => {
                return "write GitLab's own address into [gitlab] url; where that leads to a sign-in page, what stands \
                        before GitLab has to let its API through";
            }
            Self::TokenRefused(why) if why.contains("expired") => {
                return "make a new one for the same account, and put it into that variable; where that is another \
                        account, name the former one in [bot] usernames";
            }
            Self::TokenRefused(_) => {
                return "it is revoked, mistyped or of another GitLab: check the token's scopes, role and expiry on \
                        its account's page of access tokens, and that it is of this GitLab";
            }
            Self::NoAnswer(_) | Self::Unreadable(_) => {
                return "the next run tries again; where it stays, ask who runs GitLab or the network before it";
            }
            Self::Status { status: 500.., .. } => {
                return "the fault is GitLab's; the next run tries again, and where it stays ask who runs it";
            }
            Self::Spam { .. } => {
                return "GitLab takes it for spam: have a person confirm it with the bot's account, or an administrator \
                        trust that account; nothing is opened or changed meanwhile";
            }
            Self::Scope { .. } => {
                return "check the token's scopes: read_repository opens files by their names alone; a folder's list, issues, \
                        labels and GraphQL need read_api, and what is written needs api";
            }
            Self::Middlebox { .. } => return "the next run tries again; where it stays, ask who runs the network",
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
            FailureCause::Token => "check the token's scopes, role and expiry",
            FailureCause::Unavailable => "the next run tries again",
            FailureCause::Human | FailureCause::Config => "check the configuration",
            FailureCause::Bug => "report it",
        }
    }

    /// The error as something that could not be read.
    pub fn to_read_failure(&self, what: impl Into<String>) -> ReadFailure {
        ReadFailure { what: what.into(), why: format!("{self}; {}", self.advice()), cause: self.cause() }
    }
}

impl RequestError {
    /// The same for code: a Guest sees a private project and none of its files (docs "Roles and permissions").
    pub(super) fn to_code_read_failure(&self, what: impl Into<String>) -> ReadFailure {
        let role_too_small = matches!(self, Self::Status { status: 403, .. });
        let hint = "a Guest cannot read a private project's files: give the token's account the role Reporter or above";
        if role_too_small {
            ReadFailure { why: format!("{self}; {hint}"), ..self.to_read_failure(what) }
        } else {
            self.to_read_failure(what)
        }
    }
}

/// Turns a read's result into what was observed: a 404 is an absence, every other error says that it could not be read.
pub(super) fn to_observed<T>(result: Result<T, RequestError>, what: impl Into<String>) -> Observed<T> {
    match result {
        Ok(value) => Observed::Present(value),
        Err(fault) if fault.is_not_found() => Observed::Absent,
        Err(fault) => Observed::Unknown(fault.to_read_failure(what)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_cause() {
        let message = String::new;
        let status = |status| RequestError::Status { status, message: message() };
        for (fault, cause, class) in [
            (status(403), FailureCause::Token, WriteEffect::None),
            (status(400), FailureCause::Human, WriteEffect::None),
            (status(413), FailureCause::Human, WriteEffect::None),
            (status(422), FailureCause::Human, WriteEffect::None),
            (status(404), FailureCause::Unavailable, WriteEffect::None),
            (status(409), FailureCause::Unavailable, WriteEffect::None),
            (status(429), FailureCause::Unavailable, WriteEffect::None),
            (status(502), FailureCause::Unavailable, WriteEffect::Unknown),
            (
                RequestError::Scope { token: message(), needed_scopes: message() },
                FailureCause::Token,
                WriteEffect::None,
            ),
            (RequestError::Spam { status: 409, message: message() }, FailureCause::Human, WriteEffect::None),
            (
                RequestError::Middlebox { status: 403, message: message() },
                FailureCause::Unavailable,
                WriteEffect::Unknown,
            ),
        ] {
            assert_eq!((fault.cause(), fault.write_effect()), (cause, class), "{fault:?}");
        }
        assert!(status(404).is_not_found());
        assert!(!RequestError::Middlebox { status: 404, message: message() }.is_not_found());
    }

    #[test]
    fn a_middlebox_is_named_as_what_it_is() {
        let fault = RequestError::Middlebox { status: 403, message: "an HTML page".to_owned() };
        let why = fault.to_read_failure("the page").why;
        assert!(why.starts_with("403 from something between this machine and GitLab (an HTML page); "), "{why}");
    }
}
