//! The real client: reqwest without redirects and proxy, and a resolver that knows permitted
//! addresses only.
//!
//! In the sandbox the same client is led to the sandbox: its resolver asks the sandbox for the (invented) public
//! address of a name, which the address policy judges as ever, and then connects to the sandbox's TLS listener instead.
//! Settled by experiment with reqwest 0.13.5 (`tests/it/sandbox_web_over_tls.rs`): a resolver's non-zero port is used
//! where the URL names none; `tls_certs_only` trusts the given authorities and no other.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use http::header::{ACCEPT, CONNECTION, IF_MODIFIED_SINCE, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue};
use url::Url;

use super::connect_fault::{ConnectFault, causes};
use super::fetch::{Fetch, FetchError, FetchResponse, Validators};
use super::resolver::PublicResolver;
use super::{HostResolution, WebSettings};
use crate::address_policy::ResolveError;
use crate::text::one_line;

/// The `Accept` header of a visit. Where nothing but `*/*` is asked for, some hosts show programs no page and
/// answer 404.
const ACCEPT_HTML: HeaderValue = HeaderValue::from_static("text/html,application/xhtml+xml,*/*;q=0.8");
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection that is not used for so long is closed. A host that is asked on, however politely, is asked more often.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) struct HttpClient(reqwest::Client);

impl HttpClient {
    /// A client for pages of these hosts.
    ///
    /// # Errors
    /// A sentence, when this machine lacks certificate authorities or given ones cannot be read.
    pub(super) fn new(hosts: HostResolution, settings: &WebSettings) -> Result<Self, String> {
        Self::with_headers(hosts, settings, HeaderMap::from_iter([(ACCEPT, ACCEPT_HTML)]))
    }

    /// A client that sends these headers along with every request.
    ///
    /// # Errors
    /// As [`HttpClient::new`].
    pub(super) fn with_headers(
        hosts: HostResolution,
        settings: &WebSettings,
        headers: HeaderMap,
    ) -> Result<Self, String> {
        let builder = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(&settings.user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT_TIMEOUT.min(settings.deadline))
            .pool_idle_timeout(IDLE_TIMEOUT)
            // A packed body can claim to be a thousand times its size (threat sheet, T7).
            .no_gzip()
            .no_proxy();
        let authorities: Vec<&str> = match &hosts {
            HostResolution::Sandbox { ca_certificate: authority, .. } => vec![authority],
            HostResolution::Internet | HostResolution::Custom(_) => {
                settings.ca_certificates.iter().map(String::as_str).collect()
            }
        };
        let builder = if authorities.is_empty() {
            builder
        } else {
            let read = authorities.iter().map(|pem| reqwest::Certificate::from_pem(pem.as_bytes()));
            let read: Result<Vec<_>, _> = read.collect();
            builder.tls_certs_only(read.or(Err("a certificate authority cannot be read; it must be PEM".to_owned()))?)
        };
        let resolver = PublicResolver::new(hosts, settings.address_policy.clone());
        let client = builder.dns_resolver(Arc::new(resolver)).build();
        client
            .map(Self)
            .or(Err("cannot make an HTTPS client; install the system's CA certificates (ca-certificates)".to_owned()))
    }
}

#[async_trait::async_trait]
impl Fetch for HttpClient {
    async fn get(&self, url: &Url) -> Result<FetchResponse, FetchError> {
        send(self.0.get(url.clone())).await
    }

    async fn get_and_close(&self, url: &Url) -> Result<FetchResponse, FetchError> {
        // RFC 9112, section 9.6. HTTP/2 knows no such header, and the client leaves it out there.
        send(self.0.get(url.clone()).header(CONNECTION, HeaderValue::from_static("close"))).await
    }

    async fn get_if_modified(&self, url: &Url, since: &Validators) -> Result<FetchResponse, FetchError> {
        let conditions = [(IF_NONE_MATCH, &since.etag), (IF_MODIFIED_SINCE, &since.last_modified)];
        let request = conditions.into_iter().fold(self.0.get(url.clone()), |request, (name, value)| {
            // One that makes no header is none.
            let value = value.as_deref().and_then(|value| HeaderValue::from_str(value).ok());
            value.into_iter().fold(request, |request, value| request.header(&name, value))
        });
        send(request).await
    }
}

async fn send(request: reqwest::RequestBuilder) -> Result<FetchResponse, FetchError> {
    let answer = request.send().await.map_err(|error| to_fetch_error(&error))?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = answer.bytes_stream().map(|chunk| chunk.map_err(|error| to_fetch_error(&error))).boxed();
    Ok(FetchResponse { status, headers, body })
}

/// Why a request failed, in words that hold no address: reqwest's own text has the URL with its query.
fn to_fetch_error(error: &reqwest::Error) -> FetchError {
    for cause in causes(error) {
        if let Some(unresolved) = cause.downcast_ref::<ResolveError>() {
            return match unresolved {
                ResolveError::NoSuchHost => FetchError::NoSuchHost,
                ResolveError::NotPublic => FetchError::NotPublic,
            };
        }
        if let Some(tls) = cause.downcast_ref() {
            return FetchError::Tls(ConnectFault::from_tls(tls).reason().to_owned());
        }
    }
    if error.is_connect() {
        return FetchError::ConnectFailed(ConnectFault::from_error(error, error.is_timeout()).reason().to_owned());
    }
    let words = match causes(error).last().map(|last| (last.downcast_ref::<reqwest::Error>(), last)) {
        Some((None, last)) => one_line(&last.to_string()),
        Some((Some(_), _)) | None => "no whole answer".to_owned(),
    };
    FetchError::BadResponse(words)
}
