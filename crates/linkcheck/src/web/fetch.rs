//! The seam under the web: one GET and its response.

use bytes::Bytes;
use futures_util::stream::BoxStream;
use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use url::Url;

use super::location;

/// What carries one request to the web: the real client, or a web in memory.
#[async_trait::async_trait]
pub trait Fetch: Send + Sync {
    /// Sends a GET once and gives the answer when its head is there. Never follows a redirect, never
    /// repeats, connects to permitted addresses only.
    async fn get(&self, url: &Url) -> Result<FetchResponse, FetchError>;

    /// The same, as the last request to its host for now: the connection is of no more use, and a thousand idle ones
    /// take more memory than all that is found.
    async fn get_and_close(&self, url: &Url) -> Result<FetchResponse, FetchError> {
        self.get(url).await
    }

    /// The same, if the page is another one than it was: else the answer is a 304 without a body (RFC 9110, section
    /// 13). What knows nothing of conditions sends the page, as a server may.
    async fn get_if_modified(&self, url: &Url, _since: &Validators) -> Result<FetchResponse, FetchError> {
        self.get(url).await
    }

    /// The same with the cookies that this visit was given for the address (RFC 6265, section 5.4). What knows nothing of
    /// cookies sends none.
    async fn get_with_cookies(&self, url: &Url, _cookies: &HeaderValue) -> Result<FetchResponse, FetchError> {
        self.get(url).await
    }
}

/// What a server calls the state of a page, so that it can be asked whether it is still that one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// The `ETag` header.
    pub etag: Option<String>,
    /// The `Last-Modified` header.
    pub last_modified: Option<String>,
}

impl Validators {
    /// Longer ones are left out: a server may not decide how large a memory grows.
    const LONGEST: usize = 200;

    pub(super) fn from_reply(reply: &FetchResponse) -> Self {
        let short = |name| reply.header(name).filter(|value| value.len() <= Self::LONGEST).map(str::to_owned);
        Self { etag: short("etag"), last_modified: short("last-modified") }
    }

    /// Whether there is nothing to ask with.
    pub(crate) fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// The head of an answer, and its body to be read or dropped.
pub struct FetchResponse {
    /// The HTTP status.
    pub status: u16,
    /// The header fields, as they came.
    pub headers: HeaderMap,
    /// The body, not read yet.
    pub body: Body,
}

/// A body as it comes in.
pub type Body = BoxStream<'static, Result<Bytes, FetchError>>;

/// Why there is no answer. Texts are one line and hold no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchError {
    /// There is no such host.
    NoSuchHost,
    /// No DNS server said whether there is such a host.
    DnsSilent,
    /// The host stands for an address that nobody connects to.
    NotPublic,
    /// The port is none of the web's, and the host's address is not one that was opened.
    ClosedPort,
    /// No connection came about; why.
    ConnectFailed(String),
    /// A connection came about, and no trust; why.
    Tls(String),
    /// The answer broke off, or is none; why.
    BadResponse(String),
}

impl FetchResponse {
    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
    }

    /// The `Location` of a redirect.
    pub(super) fn location(&self) -> Option<String> {
        location::read_location(&self.headers)
    }

    /// Whether it calls itself HTML, or nothing, as old servers do.
    pub(super) fn is_html(&self) -> bool {
        let kind = self.header("content-type").unwrap_or("text/html").to_ascii_lowercase();
        kind.starts_with("text/html") || kind.starts_with("application/xhtml+xml")
    }

    /// Whether the body is as it was written, not packed.
    pub(super) fn is_unencoded(&self) -> bool {
        self.header("content-encoding").is_none_or(|encoding| encoding.eq_ignore_ascii_case("identity"))
    }
}
