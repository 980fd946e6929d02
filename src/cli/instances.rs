//! Other GitLab instances that links lead to: a reader for each, with its own token and no other.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::ExposeSecret as _;

use super::Halt;
use super::door::{Door, secret};
use super::work::With;
use crate::collect::links::target::host_of;
use crate::config::Config;
use crate::gitlab::{Access, Exchange, HttpExchange, Nobody, Purpose, Reader, Token, connect};
use crate::pod::verdict::{Observation, Verdict};

/// The readers of the instances that the configuration names, by the hosts that links name. None in a box, whose web is
/// all there is.
pub(super) fn readers(door: &Door, config: &Config, with: &With<'_>) -> Result<BTreeMap<String, Reader>, Halt> {
    let mut readers = BTreeMap::new();
    if door.is_box {
        return Ok(readers);
    }
    let mut used: Vec<(String, String)> = door
        .access
        .tokens
        .values()
        .map(|token| (token.name.clone(), token.secret.expose_secret().to_owned()))
        .collect();
    for instance in &config.instances {
        let host = host_of(&instance.url);
        if host == door.gitlab_host {
            continue;
        }
        let mut tokens = BTreeMap::new();
        if let Some(name) = &instance.token
            && let Some(secret) = secret(name, with)?
        {
            with.redactor.learn(&secret);
            let shown = secret.expose_secret().to_owned();
            if let Some((other, _)) = used.iter().find(|(_, known)| *known == shown) {
                return Err(Halt::usage(format!(
                    "{name} holds the same token as {other}; a token goes to one GitLab only, so give {host} its own"
                )));
            }
            used.push((name.clone(), shown));
            tokens.insert(Purpose::Handbook, Token { name: name.clone(), secret });
        }
        let exchange: Arc<dyn Exchange> = match instance.url.scheme() {
            _ if door.is_shut => Arc::new(Nobody),
            "http" => Arc::new(HttpExchange::loopback().map_err(Halt::usage)?),
            _ => Arc::new(HttpExchange::new().map_err(Halt::usage)?),
        };
        let access = Access { url: instance.url.clone(), tokens, exchange, seed: with.seed };
        readers.insert(host, connect(&access).map_err(Halt::usage)?);
    }
    Ok(readers)
}

/// What is to be said once of instances that were asked as anybody and hid something: nothing, if there are none.
pub(super) fn tokenless(door: &Door, config: &Config, with: &With<'_>, seen: &[Observation]) -> Option<String> {
    let own = (!door.access.tokens.contains_key(&Purpose::Handbook))
        .then(|| (door.gitlab_host.clone(), Some(config.tokens.handbook.as_ref().unwrap_or(&config.tokens.default))));
    let given = |name: &String| secret(name, with).ok().flatten().is_some();
    let others = config.instances.iter().filter(|instance| !door.is_box && !instance.token.as_ref().is_some_and(given));
    let others = others.map(|instance| (host_of(&instance.url), instance.token.as_ref()));
    let hides = |host: &str| {
        let on = |seen: &Observation| url::Url::parse(&seen.url).is_ok_and(|url| host_of(&url) == *host);
        seen.iter().any(|seen| seen.verdict == Verdict::Hidden && on(seen))
    };
    let silent: Vec<_> = own.into_iter().chain(others).filter(|(host, _)| hides(host)).collect();
    let hosts: Vec<&str> = silent.iter().map(|(host, _)| host.as_str()).collect();
    let names: Vec<&str> = silent.iter().filter_map(|(_, name)| name.map(String::as_str)).collect();
    let advice = if names.is_empty() { String::new() } else { format!("; put one into {}", names.join(" and ")) };
    (!hosts.is_empty()).then(|| {
        format!(
            "no token was given for {}, so what is hidden there and what is missing cannot be told apart{advice}",
            hosts.join(" and ")
        )
    })
}
