//! The seam under which a test puts a sandbox in memory, and the HTTP client that stands there otherwise.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{Request, Response};
use linkcheck::target::host_with_port;
use linkcheck::web::connect_fault::ConnectFault;
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
    /// Nor did it reach one that can be trusted; asking again changes nothing before somebody acts.
    #[error("{why}")]
    NotTrusted {
        /// Why not, with the server's name.
        why: String,
        /// What to do.
        advice: String,
    },
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
    /// Whether the server is trusted by the certificates of `[gitlab] ca_file` alone.
    has_own_authorities: bool,
    /// The proxy's host, where there is one.
    proxy: Option<String>,
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
        let proxy = route.proxy.as_ref().map(host_with_port);
        let Some(pem) = &route.ca_certificates else { return Ok(Self { proxy, ..Self::from_builder(builder)? }) };
        let unreadable = |error: reqwest::Error| {
            format!("the certificates of [gitlab] ca_file cannot be used ({})", root_cause_text(&error))
        };
        let authorities = reqwest::Certificate::from_pem_bundle(pem.as_bytes()).map_err(unreadable)?;
        let exchange = Self::build(builder.tls_certs_only(authorities)).map_err(unreadable)?;
        Ok(Self { has_own_authorities: true, proxy, ..exchange })
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
        Ok(Self { client, has_own_authorities: false, proxy: None })
    }

    /// Why a request never reached the server, with what a library calls it in words of our own.
    fn connect_error(&self, error: &reqwest::Error, host: &str) -> ExchangeError {
        let fault = ConnectFault::from_error(error, error.is_timeout());
        if fault.is_untrusted() {
            let (why, advice) = self.untrusted_text(&fault, host);
            return ExchangeError::NotTrusted { why, advice };
        }
        let through = self.proxy.as_ref().map(|proxy| format!(" through the proxy {proxy}")).unwrap_or_default();
        ExchangeError::NotSent(match fault {
            ConnectFault::NoSuchHost => format!("there is no host {host}{through}"),
            ConnectFault::DnsSilent => format!("no DNS server answers for {host}{through}"),
            ConnectFault::Refused => format!("{host} refused the connection{through}, so nothing listens there"),
            ConnectFault::Unreachable => format!("no way leads to {host}{through}"),
            ConnectFault::TimedOut => {
                let seconds = CONNECT.as_secs();
                format!("{host} took no connection within {seconds} s{through}; a firewall may stand between")
            }
            ConnectFault::Closed => format!("{host} closed the connection{through} before it answered"),
            ConnectFault::ProxyRefused => format!("the proxy does not connect to {host}{through}"),
            other => format!("{host}{through}: {}", other.reason()),
        })
    }

    /// What about a server cannot be trusted, and what to do about it.
    fn untrusted_text(&self, fault: &ConnectFault, host: &str) -> (String, String) {
        let (why, advice) = match fault {
            ConnectFault::UnknownAuthority if self.has_own_authorities => (
                "is signed by none of the authorities in [gitlab] ca_file, which alone count",
                "put the certificate of its authority (PEM) into that file",
            ),
            ConnectFault::UnknownAuthority => (
                "is signed by an authority that this machine does not know",
                "give the authority's certificate (PEM), which your administrators have: in [gitlab] ca_file of \
                 podkeeper.toml, or for all programs in the variable SSL_CERT_FILE",
            ),
            ConnectFault::AuthorityAsServer => (
                "is an authority's own and none for a server",
                "have a certificate made for the server, and name its authority in [gitlab] ca_file or SSL_CERT_FILE",
            ),
            ConnectFault::CertificateExpired => {
                ("has expired", "have it renewed; where it is not too old, set this machine's clock")
            }
            ConnectFault::CertificateNotYetValid => ("is not valid yet", "set this machine's clock"),
            ConnectFault::CertificateOfOtherName => {
                ("is for another name", "write the name that it is for into [gitlab] url")
            }
            ConnectFault::NoTls => {
                let why = format!("{host} answers, and does not speak TLS on this port");
                return (why, "check the port in [gitlab] url".to_owned());
            }
            ConnectFault::TlsFailed => {
                let why = format!("no secure connection to {host} comes about");
                return (why, "ask its administrators for TLS 1.2 or later".to_owned());
            }
            _ => ("is not valid", "ask its administrators for another one"),
        };
        (format!("the certificate of {host} {why}"), advice.to_owned())
    }
}

/// The host that a request goes to, with its port where it has one.
fn request_host(uri: &http::Uri) -> String {
    let host = uri.authority().map(|authority| authority.as_str().rsplit('@').next().unwrap_or_default());
    one_line(host.unwrap_or("the server"))
}

#[async_trait]
impl Exchange for HttpExchange {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let host = request_host(request.uri());
        let request =
            reqwest::Request::try_from(request).map_err(|error| ExchangeError::NotSent(root_cause_text(&error)))?;
        let answer = self.client.execute(request).await.map_err(|error| {
            if error.is_connect() {
                self.connect_error(&error, &host)
            } else if error.is_builder() {
                ExchangeError::NotSent(root_cause_text(&error))
            } else {
                ExchangeError::NoAnswer(no_answer_text(&error, &host))
            }
        })?;
        let mut out = Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            out = out.header(name, value);
        }
        let mut body = Vec::new();
        let mut stream = answer.bytes_stream();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| ExchangeError::NoAnswer(no_answer_text(&error, &host)))?;
            if body.len() + chunk.len() > BODY_CAP {
                return Err(ExchangeError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        out.body(Bytes::from(body)).map_err(|error| ExchangeError::NoAnswer(error.to_string()))
    }
}

/// Why an answer did not come, or not whole.
fn no_answer_text(error: &reqwest::Error, host: &str) -> String {
    match ConnectFault::from_error(error, error.is_timeout()) {
        ConnectFault::Closed => format!("{host} closed the connection"),
        ConnectFault::TimedOut => format!("{host} did not answer in time"),
        ConnectFault::Other(_) => format!("{host}: {}", root_cause_text(error)),
        fault => format!("{host}: {}", fault.reason()),
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
