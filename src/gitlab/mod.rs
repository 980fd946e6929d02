//! The only client of GitLab, and the only folder that names Kitware's crate (written `::gitlab` here).
//!
//! Its typed endpoints go through our own [`transport`]: one origin per secret, no redirects, deadlines,
//! byte caps, retries that never repeat a POST blindly. [`new_reader`] gives a [`Reader`] alone; only
//! [`new_reader_and_writer`] gives a [`Writer`], too: dry run is a property of types.

mod batched_reads;
pub mod endpoint_list;
mod endpoints;
mod error;
mod exchange;
mod graphql;
mod link_lookups;
mod listings;
mod log;
mod own_token;
mod page_history;
mod paging;
mod pipelines;
mod projects;
mod read;
mod redact;
mod request_log;
mod responses;
mod retry;
mod server_clock;
mod silences;
mod transport;
mod users_and_files;
mod write;
mod write_verification;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

pub use error::{RequestError, WriteEffect};
pub use exchange::{Exchange, ExchangeError, HttpExchange, OfflineExchange, RouteOptions};
pub use pipelines::ScheduledRun;
pub use read::{IssueFilter, Reader, RepositoryText};
pub use redact::Redactor;
pub use request_log::RequestLog;
pub use write::{NewIssueOptions, ReportState, Writer};

use transport::Transport;

use crate::pod::origin::is_loopback_literal;

/// What a token is for. Each purpose may have a token of its own; those that share one share a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TokenPurpose {
    /// The pairing issues.
    Pairing,
    /// The handbook page, and the labels that it names where not everybody sees them.
    Handbook,
    /// The Support Team data.
    Agents,
    /// The living reports.
    Reports,
    /// What pages link to, where a token is named for that.
    Links,
    /// What is asked as anybody. It never has a token.
    Anybody,
}

impl TokenPurpose {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Pairing, Self::Handbook, Self::Agents, Self::Reports, Self::Links, Self::Anybody];

    /// The key of `[tokens]` in the configuration that names its variable; that of links is `[links] token`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pairing => "pairing",
            Self::Handbook => "handbook",
            Self::Agents => "agents",
            Self::Reports => "reports",
            Self::Links => "links",
            Self::Anybody => "anybody",
        }
    }
}

/// How GitLab is reached.
pub struct ConnectionOptions {
    /// The instance, with a trailing slash: `https://gitlab.com/`.
    pub url: Url,
    /// Token by purpose; a purpose without one is asked without a token.
    pub tokens: BTreeMap<TokenPurpose, Token>,
    /// What carries a request to the server.
    pub exchange: Arc<dyn Exchange>,
    /// Seed of the jitter between retries.
    pub jitter_seed: u64,
    /// Knows the secrets of the whole run, which neither what is read shows nor what is written holds; it learns the
    /// tokens above.
    pub redactor: Redactor,
}

/// A token and the name it goes by in messages.
#[derive(Clone)]
pub struct Token {
    /// The environment variable it came from.
    pub name: String,
    /// The token.
    pub secret: SecretString,
}

/// How far back an unanswered create is looked for.
const CREATED_WITHIN: Duration = Duration::days(30);

/// A client that only reads; nothing is sent yet.
///
/// # Errors
/// A sentence, when the address cannot be used with a secret.
pub fn new_reader(access: &ConnectionOptions) -> Result<Reader, String> {
    check_gitlab_url(&access.url)?;
    let counts = Arc::new(RequestLog::default());
    access.tokens.values().for_each(|token| access.redactor.add_secret(&token.secret));
    let mut by_secret: BTreeMap<Option<String>, Arc<Transport>> = BTreeMap::new();
    let mut transports = BTreeMap::new();
    for purpose in TokenPurpose::ALL {
        let token = access.tokens.get(&purpose).filter(|_| purpose != TokenPurpose::Anybody);
        let key = token.map(|token| token.secret.expose_secret().to_owned());
        let transport = by_secret.entry(key).or_insert_with(|| {
            Arc::new(Transport::new(
                access.url.clone(),
                token.cloned(),
                Arc::clone(&access.exchange),
                Arc::clone(&counts),
                access.redactor.clone(),
                access.jitter_seed,
            ))
        });
        transports.insert(purpose, Arc::clone(transport));
    }
    Ok(Reader::new(transports, counts))
}

/// A client that reads and one that writes. Only `apply` calls this.
///
/// What an unanswered create may have made is looked for among issues opened since a month before `now`, or before the
/// time that GitLab's answers agree on if that is earlier, so that a clock that is off does not hide it.
///
/// # Errors
/// As [`new_reader`].
pub fn new_reader_and_writer(access: &ConnectionOptions, now: DateTime<Utc>) -> Result<(Reader, Writer), String> {
    let reader = new_reader(access)?;
    let writer = Writer::new(reader.clone(), now.checked_sub_signed(CREATED_WITHIN).unwrap_or(now));
    Ok((reader, writer))
}

/// A secret goes to one origin over TLS; plain HTTP only to this machine.
fn check_gitlab_url(url: &Url) -> Result<(), String> {
    // Before anything that shows the address: what is too much in it may be a secret.
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(
            "the GitLab address holds more than scheme, host, port and path; write https://gitlab.com".to_owned()
        );
    }
    if !(url.scheme() == "https" || (url.scheme() == "http" && is_loopback_literal(url))) {
        return Err(format!(
            "the GitLab address {url} is not https; a token is sent over https only, and in plain http to 127.0.0.1 and [::1]"
        ));
    }
    Ok(())
}
