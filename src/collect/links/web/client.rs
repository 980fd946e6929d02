//! The real client: reqwest without redirects and proxy, and a resolver that knows permitted
//! addresses only.
//!
//! In a box the same client is carried to the box: its resolver asks the box for the (invented) public
//! address of a name, which the rules judge as ever, and then connects to the box's TLS listener instead.
//! Settled by experiment with reqwest 0.13.5 (`tests/it/carry.rs`): a resolver's non-zero port is used
//! where the URL names none; `tls_certs_only` trusts the given authorities and no other.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use http::header::{ACCEPT, CONNECTION, IF_MODIFIED_SINCE, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue};
use url::Url;

use super::fetch::{Fetch, Lost, Reply, Validators};
use super::names::Permitted;
use super::{Hosts, Settings};
use crate::collect::links::address::Unresolved;
use crate::pod::text::Untrusted;

/// What a reader of pages asks for. Where nothing but `*/*` is asked for, some hosts show programs no page: crates.io
/// answers 404 (rust-lang/crates.io#788).
const PAGES: HeaderValue = HeaderValue::from_static("text/html,application/xhtml+xml,*/*;q=0.8");
const CONNECT: Duration = Duration::from_secs(5);
/// A connection that is not used for so long is closed. A host that is asked on, however politely, is asked more often.
const IDLE: Duration = Duration::from_secs(10);

/// The client.
pub(super) struct Client(reqwest::Client);

impl Client {
    /// A client for pages of these hosts.
    ///
    /// # Errors
    /// A sentence, when this machine lacks certificate authorities or given ones cannot be read.
    pub(super) fn new(hosts: Hosts, settings: &Settings) -> Result<Self, String> {
        Self::sending(hosts, settings, HeaderMap::from_iter([(ACCEPT, PAGES)]))
    }

    /// A client that sends these headers along with every request.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub(super) fn sending(hosts: Hosts, settings: &Settings, headers: HeaderMap) -> Result<Self, String> {
        let builder = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(concat!("podkeeper/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT.min(settings.deadline))
            .pool_idle_timeout(IDLE)
            // A packed body can claim to be a thousand times its size (threat sheet, T7).
            .no_gzip()
            .no_proxy();
        let authorities: Vec<&str> = match &hosts {
            Hosts::Box { authority, .. } => vec![authority],
            Hosts::Internet | Hosts::Named(_) => settings.authorities.iter().map(String::as_str).collect(),
        };
        let builder = if authorities.is_empty() {
            builder
        } else {
            let read = authorities.iter().map(|pem| reqwest::Certificate::from_pem(pem.as_bytes()));
            let read: Result<Vec<_>, _> = read.collect();
            builder.tls_certs_only(read.or(Err("a certificate authority cannot be read; it must be PEM".to_owned()))?)
        };
        let resolver = Permitted::new(hosts, settings.rules.clone());
        let client = builder.dns_resolver(Arc::new(resolver)).build();
        client
            .map(Self)
            .or(Err("cannot make an HTTPS client; install the system's CA certificates (ca-certificates)".to_owned()))
    }
}

#[async_trait::async_trait]
impl Fetch for Client {
    async fn get(&self, url: &Url) -> Result<Reply, Lost> {
        send(self.0.get(url.clone())).await
    }

    async fn get_and_leave(&self, url: &Url) -> Result<Reply, Lost> {
        // RFC 9112, section 9.6. HTTP/2 knows no such header, and the client leaves it out there.
        send(self.0.get(url.clone()).header(CONNECTION, HeaderValue::from_static("close"))).await
    }

    async fn get_if_changed(&self, url: &Url, since: &Validators) -> Result<Reply, Lost> {
        let conditions = [(IF_NONE_MATCH, &since.etag), (IF_MODIFIED_SINCE, &since.last_modified)];
        let request = conditions.into_iter().fold(self.0.get(url.clone()), |request, (name, value)| {
            // One that makes no header is none.
            let value = value.as_deref().and_then(|value| HeaderValue::from_str(value).ok());
            value.into_iter().fold(request, |request, value| request.header(&name, value))
        });
        send(request).await
    }
}

async fn send(request: reqwest::RequestBuilder) -> Result<Reply, Lost> {
    let answer = request.send().await.map_err(|error| lost(&error))?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = answer.bytes_stream().map(|chunk| chunk.map_err(|error| lost(&error))).boxed();
    Ok(Reply { status, headers, body })
}

/// Why a request failed, in words that hold no address: reqwest's own text has the URL with its query.
fn lost(error: &reqwest::Error) -> Lost {
    let mut cause: &(dyn Error + 'static) = error;
    loop {
        if let Some(unresolved) = cause.downcast_ref::<Unresolved>() {
            return match unresolved {
                Unresolved::NoHost => Lost::NoHost,
                Unresolved::NotPublic => Lost::NotPublic,
            };
        }
        if let Some(tls) = cause.downcast_ref() {
            return Lost::Tls(tls_words(tls));
        }
        // An I/O error leaves what it wraps out of its sources.
        let wrapped = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        match wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| cause.source()) {
            Some(next) => cause = next,
            None => break,
        }
    }
    let words = match cause.downcast_ref::<reqwest::Error>() {
        Some(_) => "no whole answer".to_owned(),
        None => Untrusted::new(cause.to_string()).line(),
    };
    match (error.is_connect(), error.is_timeout()) {
        (true, true) => Lost::NotConnected("no connection in time".to_owned()),
        (true, false) => Lost::NotConnected(words),
        (false, _) => Lost::Broken(words),
    }
}

fn tls_words(error: &rustls::Error) -> String {
    use rustls::CertificateError as Cert;
    let words = match error {
        rustls::Error::InvalidCertificate(Cert::Expired | Cert::ExpiredContext { .. }) => "its certificate has expired",
        rustls::Error::InvalidCertificate(Cert::NotValidForName | Cert::NotValidForNameContext { .. }) => {
            "its certificate is for another name"
        }
        rustls::Error::InvalidCertificate(Cert::UnknownIssuer) => "its certificate is of an unknown authority",
        rustls::Error::InvalidCertificate(_) => "its certificate is not valid",
        _ => "no secure connection comes about",
    };
    words.to_owned()
}
