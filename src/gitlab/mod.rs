//! The only door to GitLab, and the only room that names Kitware's crate (written `::gitlab` here).
//!
//! Its typed endpoints go through our own [`transport`]: one origin per secret, no redirects, deadlines,
//! byte caps, retries that never repeat a POST blindly. [`connect`] gives a [`Reader`] and, only when
//! writes were asked for, a [`Writer`]: dry run is a property of types.

mod clock;
mod echo;
mod endpoints;
mod error;
mod graphql;
mod lookups;
mod paging;
mod people;
mod projects;
mod read;
mod redact;
mod retry;
mod trail;
mod transport;
mod wire;
mod write;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

pub use error::{Class, Fault};
pub use lookups::{MOST_MILESTONES, Whose};
pub use read::{IssueFilter, Reader};
pub use redact::Redactor;
pub use trail::Counts;
pub use transport::{Exchange, Failure, HttpExchange, Nobody};
pub use write::{ReportState, Writer};

use transport::Transport;

/// What a token is for. Each purpose may have a token of its own; those that share one share a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// The pairing issues.
    Pairing,
    /// The handbook page, and the things it links to.
    Handbook,
    /// The Support Team data.
    Agents,
    /// The living reports.
    Reports,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pairing, Self::Handbook, Self::Agents, Self::Reports];
}

/// How GitLab is reached.
pub struct Access {
    /// The instance, with a trailing slash: `https://gitlab.com/`.
    pub url: Url,
    /// Token by purpose; a purpose without one is asked without a token.
    pub tokens: BTreeMap<Purpose, Token>,
    /// What carries a request to the server.
    pub exchange: Arc<dyn Exchange>,
    /// Seed of the jitter between retries.
    pub seed: u64,
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

/// Opens the door for reading.
///
/// # Errors
/// A sentence, when the address cannot be used with a secret.
pub fn connect(access: &Access) -> Result<Reader, String> {
    check_address(&access.url)?;
    let counts = Arc::new(Counts::default());
    let mut by_secret: BTreeMap<Option<String>, Arc<Transport>> = BTreeMap::new();
    let mut transports = BTreeMap::new();
    for purpose in Purpose::ALL {
        let token = access.tokens.get(&purpose);
        let key = token.map(|token| token.secret.expose_secret().to_owned());
        let transport = by_secret.entry(key).or_insert_with(|| {
            Arc::new(Transport::new(
                access.url.clone(),
                token.cloned(),
                Arc::clone(&access.exchange),
                Arc::clone(&counts),
                access.seed,
            ))
        });
        transports.insert(purpose, Arc::clone(transport));
    }
    Ok(Reader::new(transports, counts))
}

/// Opens the door for writing too. Only `apply` calls this.
///
/// What an unanswered create may have made is looked for among issues opened since a month before `now`, or before the
/// time that GitLab's answers agree on if that is earlier, so that a clock that is off does not hide it.
///
/// # Errors
/// As [`connect`].
pub fn connect_to_write(access: &Access, now: DateTime<Utc>) -> Result<(Reader, Writer), String> {
    let reader = connect(access)?;
    let writer = Writer::new(reader.clone(), now.checked_sub_signed(CREATED_WITHIN).unwrap_or(now));
    Ok((reader, writer))
}

/// A secret goes to one origin over TLS; plain HTTP only to this machine.
fn check_address(url: &Url) -> Result<(), String> {
    let loopback = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    // Before anything that shows the address: what is too much in it may be a secret.
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(
            "the GitLab address holds more than scheme, host, port and path; write https://gitlab.com".to_owned()
        );
    }
    if !(url.scheme() == "https" || (url.scheme() == "http" && loopback)) {
        return Err(format!("the GitLab address {url} is not https; a token is sent over https only"));
    }
    Ok(())
}
