//! The way to the web: the internet, or a box that plays it.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use secrecy::ExposeSecret as _;

use super::Halt;
use super::door::{Door, secret};
use super::limits::limits;
use super::work::With;
use crate::collect::links::address::Rules;
use crate::collect::links::github;
use crate::collect::links::pace::Limits;
use crate::collect::links::policy::Policy;
use crate::collect::links::web::{Hosts, Lookup, Settings, Web};
use crate::config::Config;
use crate::gitlab::{Exchange, HttpExchange};

/// What reads the web: the internet's, or the box's where the door leads into one.
/// `github` is what GitHub's API is asked with, if it is.
pub(super) fn web(door: Option<&Door>, settings: Settings, github: Option<HeaderValue>) -> Result<Web, Halt> {
    let hosts = match door.and_then(|door| door.carried.as_ref()) {
        None => Hosts::Internet,
        Some(carried) => {
            let exchange = HttpExchange::loopback().map_err(Halt::usage)?;
            let lookup = Arc::new(BoxDns { prefix: carried.dns.clone(), exchange });
            Hosts::Box { web: carried.web, authority: carried.authority.clone(), lookup }
        }
    };
    let github = github.map(|header| github::client(hosts.clone(), &settings, header)).transpose();
    let web = Web::with(hosts, settings).map_err(Halt::usage)?;
    Ok(match github.map_err(Halt::usage)? {
        Some(api) => web.asking_github(api),
        None => web,
    })
}

/// How the web is read, by the flags that say so: as fast as `--limits` says, or as it fits the command.
pub(super) fn settings(fitting: Limits, with: &With<'_>) -> Result<Settings, Halt> {
    Ok(Settings {
        seed: with.seed,
        progress: with.bar.progress(),
        limits: limits(with.global.limits.as_deref(), fitting)?,
        rules: Rules::allowing(with.global.allow_address.clone()),
        ..Settings::default()
    })
}

/// What GitHub's API is asked with, where its token is given. None in a box, whose web is all there is.
pub(super) fn github(door: &Door, config: &Config, with: &With<'_>) -> Result<Option<HeaderValue>, Halt> {
    let name = &config.tokens.github;
    if door.is_box {
        return Ok(None);
    }
    let Some(token) = secret(name, with)? else { return Ok(None) };
    with.redactor.learn(&token);
    let shown = token.expose_secret();
    let instances = config.instances.iter().filter_map(|instance| instance.token.as_ref());
    let same = |other: &&String| secret(other, with).is_ok_and(|it| it.is_some_and(|it| it.expose_secret() == shown));
    let gitlabs = door.access.tokens.values().filter(|token| token.secret.expose_secret() == shown);
    if let Some(other) = gitlabs.map(|token| &token.name).chain(instances.filter(same)).next() {
        return Err(Halt::usage(format!("{name} holds the same token as {other}; give GitHub one of its own")));
    }
    // A token is a word of ASCII, which every header takes.
    Ok(HeaderValue::from_str(&format!("Bearer {shown}")).ok())
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
