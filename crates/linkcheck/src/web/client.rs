//! The real client: reqwest without redirects and proxy, and a resolver that knows permitted
//! addresses only.
//!
//! In the sandbox the same client is led to the sandbox: its resolver asks the sandbox for the (invented) public
//! address of a name, which the address policy judges as ever, and then connects to the sandbox's TLS listener instead.
//! Settled by experiment with reqwest 0.13.5 (`tests/it/sandbox_web_over_tls.rs`): a resolver's non-zero port is used
//! where the URL names none; `tls_certs_only` trusts the given authorities and no other.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::StreamExt as _;
use http::header::{ACCEPT, CONNECTION, COOKIE, IF_MODIFIED_SINCE, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue};
use url::Url;

use super::connect_fault::{ConnectFault, causes};
use super::fetch::{Fetch, FetchError, FetchResponse, Validators};
use super::resolver::{PortScope, PublicResolver};
use super::{HostResolution, WebSettings};
use crate::address_policy::ResolveError;
use crate::text::one_line;

/// The `Accept` header of a visit. Where nothing but `*/*` is asked for, some hosts show programs no page and
/// answer 404.
const ACCEPT_HTML: HeaderValue = HeaderValue::from_static("text/html,application/xhtml+xml,*/*;q=0.8");
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection that is not used for so long is closed. A host that is asked on, however politely, is asked more often.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);
/// The most header lines of a response. Browsers have no such limit, and hyper's own is 100; sites that set policies and
/// cookies by the line have more.
const MAX_HEADERS: usize = 512;
/// How long all of them may be over HTTP/2, bytes: what Chromium sends as `SETTINGS_MAX_HEADER_LIST_SIZE`, where
/// hyper takes 16 KiB.
const MAX_HEADER_BYTES: u32 = 256 * 1024;

pub(super) struct HttpClient {
    client: reqwest::Client,
    /// What makes the other client.
    parts: ClientParts,
    /// For ports that are open on hosts of opened networks alone; nearly no link has one.
    for_any_port: OnceLock<Result<reqwest::Client, String>>,
}

/// What a client is made of.
struct ClientParts {
    hosts: HostResolution,
    settings: WebSettings,
    headers: HeaderMap,
}

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
        let parts = ClientParts { hosts, settings: settings.clone(), headers };
        Ok(Self { client: parts.build(PortScope::Open)?, parts, for_any_port: OnceLock::new() })
    }

    /// The client that an address is asked by.
    ///
    /// # Errors
    /// As [`HttpClient::new`].
    fn client(&self, url: &Url) -> Result<&reqwest::Client, FetchError> {
        if !self.parts.settings.address_policy.needs_opened_network(url) {
            return Ok(&self.client);
        }
        let client = self.for_any_port.get_or_init(|| self.parts.build(PortScope::OpenedNetworks));
        client.as_ref().map_err(|why| FetchError::ConnectFailed(why.clone()))
    }

    fn request(&self, url: &Url) -> Result<reqwest::RequestBuilder, FetchError> {
        Ok(self.client(url)?.get(url.clone()))
    }
}

impl ClientParts {
    fn build(&self, ports: PortScope) -> Result<reqwest::Client, String> {
        let Self { hosts, settings, headers } = self;
        let builder = reqwest::Client::builder()
            .default_headers(headers.clone())
            .user_agent(&settings.user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT_TIMEOUT.min(settings.deadline))
            .pool_idle_timeout(IDLE_TIMEOUT)
            // A server whose header lines are odd is alive, as in browsers: lines folded over two (RFC 9112, section
            // 5.2), a blank before the colon (section 5.1), a line that is no field, and many of them.
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_max_headers(MAX_HEADERS)
            .http2_max_header_list_size(MAX_HEADER_BYTES)
            // A packed body can claim to be a thousand times its size (threat sheet, T7).
            .no_gzip()
            .no_proxy();
        let authorities: Vec<&str> = match hosts {
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
        let resolver = PublicResolver::new(hosts.clone(), settings.address_policy.clone(), ports);
        let client = builder.dns_resolver(Arc::new(resolver)).build();
        client.or(Err("cannot make an HTTPS client; install the system's CA certificates (ca-certificates)".to_owned()))
    }
}

#[async_trait::async_trait]
impl Fetch for HttpClient {
    async fn get(&self, url: &Url) -> Result<FetchResponse, FetchError> {
        send(self.request(url)?).await
    }

    async fn get_and_close(&self, url: &Url) -> Result<FetchResponse, FetchError> {
        // RFC 9112, section 9.6. HTTP/2 knows no such header, and the client leaves it out there.
        send(self.request(url)?.header(CONNECTION, HeaderValue::from_static("close"))).await
    }

    async fn get_if_modified(&self, url: &Url, since: &Validators) -> Result<FetchResponse, FetchError> {
        let conditions = [(IF_NONE_MATCH, &since.etag), (IF_MODIFIED_SINCE, &since.last_modified)];
        let request = conditions.into_iter().fold(self.request(url)?, |request, (name, value)| {
            // One that makes no header is none.
            let value = value.as_deref().and_then(|value| HeaderValue::from_str(value).ok());
            value.into_iter().fold(request, |request, value| request.header(&name, value))
        });
        send(request).await
    }

    async fn get_with_cookies(&self, url: &Url, cookies: &HeaderValue) -> Result<FetchResponse, FetchError> {
        send(self.request(url)?.header(COOKIE, cookies)).await
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
                ResolveError::DnsSilent => FetchError::DnsSilent,
                ResolveError::NotPublic => FetchError::NotPublic,
                ResolveError::ClosedPort => FetchError::ClosedPort,
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
        Some((None, last)) => describe_bad_response(&last.to_string()),
        Some((Some(_), _)) | None => "no whole answer".to_owned(),
    };
    FetchError::BadResponse(words)
}

/// What is wrong with an answer, in words that are no library's; those of hyper and h2 are known here.
fn describe_bad_response(words: &str) -> String {
    let starts_with_one = |beginnings: &[&str]| beginnings.iter().any(|beginning| words.starts_with(beginning));
    if starts_with_one(&["invalid HTTP", "received unexpected message", "frame with invalid size"]) {
        "it does not answer in HTTP".to_owned()
    } else if starts_with_one(&["message head is too large"]) {
        "the head of its answer is too long".to_owned()
    } else if starts_with_one(&["connection closed before message completed", "connection reset", "broken pipe"]) {
        ConnectFault::Closed.reason().to_owned()
    } else if starts_with_one(&["end of file before message", "unexpected EOF", "stream error", "connection error"]) {
        "its answer broke off".to_owned()
    } else {
        one_line(words)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::address_policy::AddressPolicy;

    #[tokio::test]
    async fn an_answer_that_is_none_is_described_in_a_sentence() {
        for (answer, described) in [
            ("SSH-2.0-juniper\r\n", "it does not answer in HTTP"),
            ("HTTP/1.1 odd\r\n\r\n", "it does not answer in HTTP"),
            ("", "the connection was closed before an answer"),
            ("HTTP/1.1 200 OK\r\n", "the connection was closed before an answer"),
        ] {
            let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url: Url = format!("http://{}/", server.local_addr().unwrap()).parse().unwrap();
            let serve = async {
                let (mut peer, _) = server.accept().await.unwrap();
                let _read = peer.read(&mut [0; 1024]).await.unwrap();
                peer.write_all(answer.as_bytes()).await.unwrap();
            };
            let settings = WebSettings {
                address_policy: AddressPolicy::allowing(vec!["127.0.0.0/8".parse().unwrap()]),
                ..WebSettings::default()
            };
            let client = HttpClient::new(HostResolution::Internet, &settings).unwrap();
            let (reply, ()) = tokio::join!(client.get(&url), serve);
            assert_eq!(reply.err(), Some(FetchError::BadResponse(described.to_owned())), "{answer}");
        }
    }
}
