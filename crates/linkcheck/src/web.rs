//! The web outside GitLab's API: read without any secret, from permitted addresses only, redirects by hand.
//!
//! An address is asked by GET, never by HEAD: HEAD is answered 405, 404 or 403 for pages that are there (fact sheet on
//! links, sections 1.7 and 2.3), so that it would have to be asked twice, and a page that only sends its reader on, a
//! sign-in page or an anchor cannot be seen without a body. A body costs little: what is not needed of it is left
//! unread.
//!
//! In the sandbox, a URL with a port of its own keeps it and an address in figures never meets the resolver: both
//! would leave the sandbox, so they are refused before connecting.

mod authorized;
mod body;
pub(super) mod catch_all_pages;
mod challenge;
mod client;
pub mod connect_fault;
mod cookies;
mod fetch;
mod landing;
mod location;
mod page_notice;
mod page_text;
pub(super) mod queue;
mod resolver;
mod response_kind;
pub mod retry_after;
pub(super) mod visit;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use url::{Host, Url};

use crate::address_policy::AddressPolicy;
use crate::progress::Progress;
use crate::rate_limit::RateLimits;
pub(super) use authorized::build_authorized_client;
pub use fetch::{Body, Fetch, FetchError, FetchResponse, Validators};

/// Reads pages of the web.
#[derive(Clone)]
pub struct WebClient {
    fetch: Arc<dyn Fetch>,
    settings: WebSettings,
    is_sandbox: bool,
    /// The client of GitHub's API, where a token was given for it.
    github: Option<Arc<dyn Fetch>>,
}

/// How the web is read.
#[derive(Debug, Clone)]
pub struct WebSettings {
    /// What the client calls itself (RFC 9110, section 10.1.5).
    pub user_agent: String,
    /// A whole exchange, from connecting to the end of the body, may take this long.
    pub deadline: Duration,
    /// A visit with all its redirects, tries and waits may take this long.
    pub visit_deadline: Duration,
    /// Further tries after a failure that may pass.
    pub max_retries: u32,
    /// How many requests at once and in a second.
    pub limits: RateLimits,
    /// Which addresses may be connected to.
    pub address_policy: AddressPolicy,
    /// Certificate authorities as PEM, which then are the only ones that are trusted; empty for the
    /// system's.
    pub ca_certificates: Vec<String>,
    /// Seed of the jitter between tries.
    pub jitter_seed: u64,
    /// Where visits are counted.
    pub progress: Progress,
}

impl Default for WebSettings {
    fn default() -> Self {
        Self {
            user_agent: concat!("linkcheck/", env!("CARGO_PKG_VERSION")).to_owned(),
            deadline: Duration::from_secs(20),
            visit_deadline: Duration::from_secs(60),
            max_retries: 2,
            limits: RateLimits::CAREFUL,
            address_policy: AddressPolicy::default(),
            ca_certificates: Vec::new(),
            jitter_seed: 0,
            progress: Progress::default(),
        }
    }
}

/// How the hosts of the web are found.
#[derive(Clone)]
pub enum HostResolution {
    /// By DNS.
    Internet,
    /// By something else that knows names, connected to where it says.
    Custom(Arc<dyn NameResolver>),
    /// In a sandbox.
    Sandbox {
        /// Where the sandbox answers for every host.
        address: SocketAddr,
        /// The sandbox's own authority, as PEM.
        ca_certificate: String,
        /// What a name's address is in the sandbox: its answer to `/-/dns/NAME`.
        resolver: Arc<dyn NameResolver>,
    },
}

/// Resolves names of hosts instead of DNS.
#[async_trait::async_trait]
pub trait NameResolver: Send + Sync {
    /// The addresses of a name; none when there is no such host.
    async fn resolve(&self, name: &str) -> Vec<std::net::IpAddr>;
}

impl WebClient {
    /// A client for these hosts; it holds no secret.
    ///
    /// # Errors
    /// A sentence, when this machine lacks certificate authorities or the sandbox's own cannot be read.
    pub fn new(hosts: HostResolution) -> Result<Self, String> {
        Self::with_settings(hosts, WebSettings::default())
    }

    /// The same with settings of one's own.
    ///
    /// # Errors
    /// As [`WebClient::new`].
    pub fn with_settings(hosts: HostResolution, settings: WebSettings) -> Result<Self, String> {
        let is_sandbox = matches!(hosts, HostResolution::Sandbox { .. });
        let client = client::HttpClient::new(hosts, &settings)?;
        Ok(Self { fetch: Arc::new(client), settings, is_sandbox, github: None })
    }

    /// Any web, for example one in memory.
    pub fn with_fetch(fetch: Arc<dyn Fetch>, settings: WebSettings) -> Self {
        Self { fetch, settings, is_sandbox: false, github: None }
    }

    /// The same with GitHub's API, asked by a client of its own: it holds a secret, and the one for pages holds none.
    #[must_use]
    pub fn with_github_api(self, api: Arc<dyn Fetch>) -> Self {
        Self { github: Some(api), ..self }
    }

    /// The client of GitHub's API, if it is asked.
    pub(super) fn github(&self) -> Option<&Arc<dyn Fetch>> {
        self.github.as_ref()
    }

    /// Whether an address is visited at all; what its name stands for is judged when it is connected to.
    fn check_url(&self, url: &Url) -> Result<(), String> {
        self.settings.address_policy.check(url)?;
        let literal = !matches!(url.host(), Some(Host::Domain(_)));
        if self.is_sandbox && (literal || url.port().is_some()) {
            return Err("in a sandbox only names without a port are reached".to_owned());
        }
        Ok(())
    }
}
