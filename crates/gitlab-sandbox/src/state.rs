//! What a sandbox is made of.

#[cfg(feature = "pages")]
use crate::guide::Guide;
use crate::journal::JournalEntry;
use crate::world::World;

/// What the sandbox holds behind its lock. Handlers take the lock once per request and never wait while holding it.
pub(crate) struct SandboxState {
    pub(crate) world: World,
    /// The world as it was first, for `/-/world/reset`.
    pub(crate) initial_world: World,
    pub(crate) journal: Vec<JournalEntry>,
    pub(crate) request_count: u64,
    /// The window of the rate limit that the last request fell into, and how many did.
    pub(crate) rate_limit_window: (i64, u64),
    pub(crate) addresses: Addresses,
    #[cfg(feature = "pages")]
    pub(crate) guide: Guide,
}

/// Where the sandbox can be reached.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    /// The origin in links, without a trailing slash.
    pub(crate) origin: String,
    /// The origin of the listener itself, which an external URL does not change.
    pub(crate) listener_origin: String,
    /// `127.0.0.1:PORT` of the TLS listener, once it is served.
    pub(crate) web_address: Option<String>,
    /// The authority's certificate as PEM, once it is served.
    pub(crate) ca_pem: Option<String>,
}
