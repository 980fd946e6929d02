//! The seam under which a test puts a sandbox in memory, and the HTTP client that stands there otherwise.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{Request, Response};
use url::Url;

use crate::pod::text::one_line;

const CONNECT: Duration = Duration::from_secs(5);
/// The largest answer that is read, after decompression; a page of 100 issues is far below it.
pub(super) const BODY_CAP: usize = 8 * 1024 * 1024;

/// What carries one request to the server and its answer back: the seam under which a test puts a sandbox
/// in memory.
#[async_trait]
pub trait Exchange: Send + Sync {
    /// Sends once. Never follows a redirect, never repeats.
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError>;
}

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// The request certainly never reached the server.
    #[error("{0}")]
    NotSent(String),
    /// It may have.
    #[error("{0}")]
    NoAnswer(String),
    /// The answer is larger than is read.
    #[error("the answer is too large")]
    TooLarge,
}

/// Sends nothing and answers nothing: for work that must not ask, on a machine that perhaps could not.
pub struct OfflineExchange;

#[async_trait]
impl Exchange for OfflineExchange {
    async fn exchange(&self, _request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        Err(ExchangeError::NotSent("nothing is to be asked".to_owned()))
    }
}

/// The way to a server, where it is not this machine's own.
#[derive(Debug, Clone, Default)]
pub struct RouteOptions {
    /// Certificates in PEM: the server is trusted by them alone, in place of this machine's authorities.
    pub ca_certificates: Option<String>,
    /// The origin of a proxy that is asked to connect (`CONNECT`, RFC 9110, section 9.3.6): it sees the server's name, and
    /// nothing of what is said.
    pub proxy: Option<Url>,
}

/// The network, by reqwest: without redirects and without a proxy from the environment.
pub struct HttpExchange {
    client: reqwest::Client,
}

impl HttpExchange {
    /// A client of its own.
    ///
    /// # Errors
    /// A sentence, when this machine has no certificate authorities to check an https server with.
    pub fn new() -> Result<Self, String> {
        Self::from_builder(reqwest::Client::builder().no_proxy())
    }

    /// A client that goes this way to https servers.
    ///
    /// # Errors
    /// A sentence, when the certificates cannot be read, and as [`HttpExchange::new`].
    pub fn with_route(route: &RouteOptions) -> Result<Self, String> {
        let mut builder = reqwest::Client::builder().no_proxy();
        if let Some(proxy) = &route.proxy {
            // Of https alone: in plain http a proxy would read the token.
            builder = builder.proxy(reqwest::Proxy::https(proxy.as_str()).map_err(|error| root_cause_text(&error))?);
        }
        let Some(pem) = &route.ca_certificates else { return Self::from_builder(builder) };
        let unreadable = |error: reqwest::Error| {
            format!("the certificates of [gitlab] ca_file cannot be used ({})", root_cause_text(&error))
        };
        let authorities = reqwest::Certificate::from_pem_bundle(pem.as_bytes()).map_err(unreadable)?;
        Self::build(builder.tls_certs_only(authorities)).map_err(unreadable)
    }

    /// A client for plain HTTP on this machine; needs no certificate authorities.
    ///
    /// # Errors
    /// A sentence, when the client cannot be built.
    pub fn loopback() -> Result<Self, String> {
        Self::from_builder(reqwest::Client::builder().no_proxy().tls_certs_only(std::iter::empty()))
    }

    fn from_builder(builder: reqwest::ClientBuilder) -> Result<Self, String> {
        Self::build(builder).map_err(|error| {
            format!(
                "cannot make an HTTP client ({}); install the system's CA certificates (ca-certificates)",
                root_cause_text(&error)
            )
        })
    }

    /// What holds for every client, whichever way it goes.
    fn build(builder: reqwest::ClientBuilder) -> Result<Self, reqwest::Error> {
        let client = builder
            .user_agent(concat!("podkeeper/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT)
            .build()?;
        Ok(Self { client })
    }
}

#[async_trait]
impl Exchange for HttpExchange {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let request =
            reqwest::Request::try_from(request).map_err(|error| ExchangeError::NotSent(root_cause_text(&error)))?;
        let answer = self.client.execute(request).await.map_err(|error| {
            if error.is_connect() || error.is_builder() {
                ExchangeError::NotSent(root_cause_text(&error))
            } else {
                ExchangeError::NoAnswer(root_cause_text(&error))
            }
        })?;
        let mut out = Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            out = out.header(name, value);
        }
        let mut body = Vec::new();
        let mut stream = answer.bytes_stream();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| ExchangeError::NoAnswer(root_cause_text(&error)))?;
            if body.len() + chunk.len() > BODY_CAP {
                return Err(ExchangeError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        out.body(Bytes::from(body)).map_err(|error| ExchangeError::NoAnswer(error.to_string()))
    }
}

/// The last cause of an error: reqwest's own text holds the URL with its query, which is never printed.
fn root_cause_text(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    match cause.downcast_ref::<reqwest::Error>() {
        Some(error) if error.is_timeout() => "timed out".to_owned(),
        Some(_) => "the HTTP client gave up".to_owned(),
        None => one_line(&cause.to_string()),
    }
}
