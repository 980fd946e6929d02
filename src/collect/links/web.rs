//! The web outside GitLab's API: read without any secret, from permitted addresses only, redirects by hand.
//!
//! An address is asked by GET, never by HEAD: HEAD is answered 405, 404 or 403 for pages that are there (fact sheet on
//! links, sections 1.7 and 2.3), so that it would have to be asked twice, and a page that only sends its reader on, a
//! sign-in page or a place cannot be seen without a body. A body costs little: what is not needed of it is left unread.
//!
//! In a box, a URL with a port of its own keeps it and an address in figures never meets the resolver: both
//! would leave the box, so they are refused before connecting.

mod answer;
mod bearer;
mod body;
mod client;
mod fetch;
mod hop;
mod landing;
mod names;
pub(super) mod portal;
pub(super) mod queue;
mod text;
pub(super) mod visit;
mod waits;
mod wall;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use url::{Host, Url};

use super::address::Rules;
use super::pace::Limits;
use super::progress::Progress;
pub(super) use bearer::bearing;
pub use fetch::{Body, Fetch, Lost, Reply, Validators};

/// Reads pages of the web.
#[derive(Clone)]
pub struct Web {
    fetch: Arc<dyn Fetch>,
    settings: Settings,
    boxed: bool,
    /// What asks GitHub's API, where a token was given for it.
    github: Option<Arc<dyn Fetch>>,
}

/// How the web is read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A whole exchange, from connecting to the end of the body, may take this long.
    pub deadline: Duration,
    /// Further tries after a failure that may pass.
    pub retries: u32,
    /// How many requests at once and in a second.
    pub limits: Limits,
    /// Which addresses may be connected to.
    pub rules: Rules,
    /// Certificate authorities as PEM, which then are the only ones that are trusted; empty for the
    /// system's.
    pub authorities: Vec<String>,
    /// Seed of the jitter between tries.
    pub seed: u64,
    /// Where visits are counted.
    pub progress: Progress,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(20),
            retries: 2,
            limits: Limits::CAREFUL,
            rules: Rules::default(),
            authorities: Vec::new(),
            seed: 0,
            progress: Progress::default(),
        }
    }
}

/// How the hosts of the web are found.
#[derive(Clone)]
pub enum Hosts {
    /// By DNS.
    Internet,
    /// By something else that knows names, connected to where it says.
    Named(Arc<dyn Lookup>),
    /// In a box.
    Box {
        /// Where the box answers for every host.
        web: SocketAddr,
        /// The box's own authority, as PEM.
        authority: String,
        /// What a name's address is in the box: its answer to `/-/dns/NAME`.
        lookup: Arc<dyn Lookup>,
    },
}

/// A name's addresses; none when there is no such host.
#[async_trait::async_trait]
pub trait Lookup: Send + Sync {
    /// Asks for a name.
    async fn addresses(&self, name: &str) -> Vec<std::net::IpAddr>;
}

impl Web {
    /// A client for these hosts; it holds no secret.
    ///
    /// # Errors
    /// A sentence, when this machine lacks certificate authorities or the box's own cannot be read.
    pub fn new(hosts: Hosts) -> Result<Self, String> {
        Self::with(hosts, Settings::default())
    }

    /// The same with settings of one's own.
    ///
    /// # Errors
    /// As [`Web::new`].
    pub fn with(hosts: Hosts, settings: Settings) -> Result<Self, String> {
        let boxed = matches!(hosts, Hosts::Box { .. });
        let client = client::Client::new(hosts, &settings)?;
        Ok(Self { fetch: Arc::new(client), settings, boxed, github: None })
    }

    /// Any web, for example one in memory.
    pub fn over(fetch: Arc<dyn Fetch>, settings: Settings) -> Self {
        Self { fetch, settings, boxed: false, github: None }
    }

    /// The same with GitHub's API, asked by a client of its own: it holds a secret, and the one for pages holds none.
    #[must_use]
    pub fn asking_github(self, api: Arc<dyn Fetch>) -> Self {
        Self { github: Some(api), ..self }
    }

    /// What asks GitHub's API, if it is asked.
    pub(super) fn github(&self) -> Option<&Arc<dyn Fetch>> {
        self.github.as_ref()
    }

    /// Whether an address is visited at all; what its name stands for is judged when it is connected to.
    fn judge(&self, url: &Url) -> Result<(), String> {
        self.settings.rules.judge(url)?;
        let literal = !matches!(url.host(), Some(Host::Domain(_)));
        if self.boxed && (literal || url.port().is_some()) {
            return Err("in a box only names without a port are reached".to_owned());
        }
        Ok(())
    }
}
