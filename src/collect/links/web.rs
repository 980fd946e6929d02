//! The web outside GitLab's API: read without any secret, from public addresses only, redirects by hand.
//!
//! In a box the same client is carried to the box: its resolver asks the box for the (invented) public
//! address of a name, which the policy judges as ever, and then connects to the box's TLS listener instead.
//! Settled by experiment with reqwest 0.13.5 (`tests/it/carry.rs`): a resolver's non-zero port is used
//! where the URL names none; `tls_certs_only` trusts the box's own authority and no other. A URL with a
//! port of its own keeps it, and an address in figures never meets the resolver: in a box both would leave
//! the box, so [`Web::text`] refuses them before connecting.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::address::{is_local_name, is_public};
use crate::pod::observed::{Blind, Cause, Observed};
use crate::pod::text::Untrusted;

const DEADLINE: Duration = Duration::from_secs(20);
const CONNECT: Duration = Duration::from_secs(5);
const MOST_HOPS: usize = 5;
/// A handbook page is about 10 KB; nothing that is one is larger than this.
const BODY_CAP: usize = 1024 * 1024;
const PORTS: [u16; 4] = [80, 443, 8080, 8443];

/// Reads pages of the web.
pub struct Web {
    client: reqwest::Client,
    boxed: bool,
}

/// How the hosts of the web are found.
#[derive(Clone)]
pub enum Hosts {
    /// By DNS.
    Internet,
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

/// A name's addresses in a box; none when there is no such host.
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
        let builder = reqwest::Client::builder()
            .user_agent(concat!("podkeeper/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .timeout(DEADLINE)
            .no_proxy();
        let boxed = matches!(hosts, Hosts::Box { .. });
        let builder = match &hosts {
            Hosts::Internet => builder,
            Hosts::Box { authority, .. } => {
                let authority = reqwest::Certificate::from_pem(authority.as_bytes())
                    .map_err(|_unreadable| "the box's certificate authority cannot be read".to_owned())?;
                builder.tls_certs_only([authority])
            }
        };
        let client = builder.dns_resolver(Arc::new(Public(hosts))).build().map_err(|_unbuilt| {
            "cannot make an HTTPS client; install the system's CA certificates (ca-certificates)".to_owned()
        })?;
        Ok(Self { client, boxed })
    }

    /// The text at an address, after at most five redirects, each judged like the first address.
    pub async fn text(&self, url: &Url) -> Observed<String> {
        let mut here = url.clone();
        for _hop in 0..=MOST_HOPS {
            if let Err(why) = self.judge(&here) {
                return blind(url, why, Cause::Human);
            }
            let answer = match self.client.get(here.clone()).send().await {
                Ok(answer) => answer,
                Err(error) => return blind(url, reason(&error), Cause::Unavailable),
            };
            let status = answer.status();
            if status.is_redirection() {
                let location = answer.headers().get("location").and_then(|value| value.to_str().ok());
                match location.and_then(|location| here.join(location).ok()) {
                    Some(next) => here = next,
                    None => return blind(url, format!("{status} without a place to go to"), Cause::Unavailable),
                }
                continue;
            }
            return match status.as_u16() {
                200 => body(url, answer).await,
                404 | 410 => Observed::Absent,
                _ => blind(url, status.to_string(), Cause::Unavailable),
            };
        }
        blind(url, format!("it redirects more than {MOST_HOPS} times"), Cause::Unavailable)
    }

    fn judge(&self, url: &Url) -> Result<(), String> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("`{}:` is not read; http and https are", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it holds a user name or a password".to_owned());
        }
        let literal = match url.host() {
            Some(Host::Domain(name)) if is_local_name(name) => return Err("it stands for this machine".to_owned()),
            Some(Host::Domain(_)) => None,
            Some(Host::Ipv4(v4)) => Some(v4.into()),
            Some(Host::Ipv6(v6)) => Some(v6.into()),
            None => return Err("it names no host".to_owned()),
        };
        if literal.is_some_and(|address| !is_public(address)) {
            return Err("its address is not a public one".to_owned());
        }
        if self.boxed && (literal.is_some() || url.port().is_some()) {
            return Err("in a box only names without a port are reached".to_owned());
        }
        if !url.port_or_known_default().is_some_and(|port| PORTS.contains(&port)) {
            return Err("its port is none of the web's (80, 443, 8080, 8443)".to_owned());
        }
        Ok(())
    }
}

async fn body(url: &Url, answer: reqwest::Response) -> Observed<String> {
    let mut bytes = Vec::new();
    let mut stream = answer.bytes_stream();
    while let Some(chunk) = stream.next().await {
        match chunk {
            Ok(chunk) if bytes.len() + chunk.len() <= BODY_CAP => bytes.extend_from_slice(&chunk),
            Ok(_) => return blind(url, "it is larger than 1 MiB, which no page is".to_owned(), Cause::Human),
            Err(error) => return blind(url, reason(&error), Cause::Unavailable),
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => Observed::Present(text),
        Err(_) => blind(url, "it is not UTF-8 text".to_owned(), Cause::Human),
    }
}

fn blind<T>(url: &Url, why: String, cause: Cause) -> Observed<T> {
    Observed::Unknown(Blind { what: Untrusted::new(url.as_str()).line(), why, cause })
}

/// Why a request failed, in words that hold no address: reqwest's own text has the URL with its query.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", DEADLINE.as_secs());
    }
    let mut cause: &(dyn std::error::Error + 'static) = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    if cause.downcast_ref::<reqwest::Error>().is_some() {
        "no answer".to_owned()
    } else {
        Untrusted::new(cause.to_string()).line()
    }
}

/// A resolver that knows public addresses only: a host that has any other is refused as a whole, so that
/// what was judged is what is connected to.
struct Public(Hosts);

impl Resolve for Public {
    fn resolve(&self, name: Name) -> Resolving {
        let hosts = self.0.clone();
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let found: Vec<std::net::IpAddr> = match &hosts {
                Hosts::Internet => {
                    tokio::net::lookup_host((name.as_str(), 0)).await?.map(|address| address.ip()).collect()
                }
                Hosts::Box { lookup, .. } => lookup.addresses(&name).await,
            };
            if found.is_empty() {
                return Err("no such host".into());
            }
            if !found.iter().all(|address| is_public(*address)) {
                return Err("its address is not a public one".into());
            }
            let addresses: Vec<SocketAddr> = match &hosts {
                Hosts::Internet => found.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect(),
                Hosts::Box { web, .. } => vec![*web],
            };
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
