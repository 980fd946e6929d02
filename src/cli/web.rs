//! The way to the web: the internet, or a box that plays it.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;

use super::Halt;
use super::door::Door;
use super::limits::limits;
use super::work::With;
use crate::collect::links::address::Rules;
use crate::collect::links::pace::Limits;
use crate::collect::links::policy::Policy;
use crate::collect::links::web::{Hosts, Lookup, Settings, Web};
use crate::gitlab::{Exchange, HttpExchange};

/// What reads the web: the internet's, or the box's where the door leads into one.
/// Hosts are asked as fast as `--limits` says, or as it fits the command.
pub(super) fn web(door: Option<&Door>, fitting: Limits, with: &With<'_>) -> Result<Web, Halt> {
    let settings = Settings {
        seed: with.seed,
        progress: with.bar.progress(),
        limits: limits(with.global.limits.as_deref(), fitting)?,
        rules: Rules::allowing(with.global.allow_address.clone()),
        ..Settings::default()
    };
    let hosts = match door.and_then(|door| door.carried.as_ref()) {
        None => Hosts::Internet,
        Some(carried) => {
            let exchange = HttpExchange::loopback().map_err(Halt::usage)?;
            let lookup = Arc::new(BoxDns { prefix: carried.dns.clone(), exchange });
            Hosts::Box { web: carried.web, authority: carried.authority.clone(), lookup }
        }
    };
    Web::with(hosts, settings).map_err(Halt::usage)
}

/// How links are judged behind this door.
pub(super) fn policy(door: &Door) -> Policy {
    Policy { gitlab_host: door.gitlab_host.clone(), ..Policy::default() }
}

/// The box's answer to "what is this name's address".
struct BoxDns {
    prefix: String,
    exchange: HttpExchange,
}

#[derive(serde::Deserialize)]
struct Addresses {
    addresses: Vec<IpAddr>,
}

#[async_trait::async_trait]
impl Lookup for BoxDns {
    async fn addresses(&self, name: &str) -> Vec<IpAddr> {
        let Ok(request) = http::Request::get(format!("{}{name}", self.prefix)).body(Bytes::new()) else {
            return Vec::new();
        };
        match self.exchange.exchange(request).await {
            Ok(response) if response.status().is_success() => {
                serde_json::from_slice::<Addresses>(response.body()).map(|found| found.addresses).unwrap_or_default()
            }
            Ok(_) | Err(_) => Vec::new(),
        }
    }
}
