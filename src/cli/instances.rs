//! Other GitLab instances that links lead to: a reader for each, with its own token and no other.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::ExposeSecret as _;

use super::CliError;
use super::connection::Connection;
use super::context::Context;
use super::tokens::read_token;
use crate::config::Config;
use crate::gitlab::{
    ConnectionOptions, Exchange, HttpExchange, OfflineExchange, Reader, Token, TokenPurpose, new_reader,
};
use crate::pod::verdict::{Observation, Verdict};
use linkcheck::target::host_with_port;

/// The readers of the instances that the configuration names, by the hosts that links name. None in a sandbox, whose
/// web is all there is.
pub(super) fn connect_instances(
    connection: &Connection,
    config: &Config,
    context: &Context<'_>,
) -> Result<BTreeMap<String, Reader>, CliError> {
    let mut readers = BTreeMap::new();
    if connection.is_sandbox {
        return Ok(readers);
    }
    let mut used: Vec<(String, String)> = connection
        .access
        .tokens
        .values()
        .map(|token| (token.name.clone(), token.secret.expose_secret().to_owned()))
        .collect();
    for instance in &config.instances {
        let host = host_with_port(&instance.url);
        if host == connection.gitlab_host {
            continue;
        }
        let mut tokens = BTreeMap::new();
        if let Some(name) = &instance.token_variable
            && let Some(secret) = read_token(name, context)?
        {
            context.redactor.add_secret(&secret);
            let shown = secret.expose_secret().to_owned();
            if let Some((other, _)) = used.iter().find(|(_, known)| *known == shown) {
                return Err(CliError::usage(format!(
                    "{name} holds the same token as {other}; a token goes to one GitLab only, so give {host} its own"
                )));
            }
            used.push((name.clone(), shown));
            tokens.insert(TokenPurpose::Handbook, Token { name: name.clone(), secret });
        }
        let exchange: Arc<dyn Exchange> = match instance.url.scheme() {
            _ if connection.is_offline => Arc::new(OfflineExchange),
            "http" => Arc::new(HttpExchange::loopback().map_err(CliError::usage)?),
            _ => Arc::new(HttpExchange::new().map_err(CliError::usage)?),
        };
        let access = ConnectionOptions {
            url: instance.url.clone(),
            tokens,
            exchange,
            jitter_seed: context.random_seed,
            redactor: context.redactor.clone(),
        };
        readers.insert(host, new_reader(&access).map_err(CliError::usage)?);
    }
    Ok(readers)
}

/// A GitLab that was asked without a token.
struct AnonymousInstance<'a> {
    host: String,
    /// The variable that would hold the token, where the configuration names one.
    variable: Option<&'a str>,
}

/// What is to be said once of instances that were asked without a token and hid something: nothing, if there are none.
pub(super) fn missing_token_note(
    connection: &Connection,
    config: &Config,
    context: &Context<'_>,
    observations: &[Observation],
) -> Option<String> {
    let mut anonymous = instances_without_token(connection, config, context);
    anonymous.retain(|instance| hides_something(&instance.host, observations));
    if anonymous.is_empty() {
        return None;
    }
    let hosts: Vec<&str> = anonymous.iter().map(|instance| instance.host.as_str()).collect();
    let variables: Vec<&str> = anonymous.iter().filter_map(|instance| instance.variable).collect();
    let advice =
        if variables.is_empty() { String::new() } else { format!("; put one into {}", variables.join(" and ")) };
    Some(format!(
        "no token was given for {}, so what is hidden there and what is missing cannot be told apart{advice}",
        hosts.join(" and ")
    ))
}

/// The configured GitLab, and other instances, for which no token was given.
fn instances_without_token<'a>(
    connection: &Connection,
    config: &'a Config,
    context: &Context<'_>,
) -> Vec<AnonymousInstance<'a>> {
    let mut anonymous = Vec::new();
    if !connection.access.tokens.contains_key(&TokenPurpose::Handbook) {
        let variable = config.token_variables.handbook.as_ref().unwrap_or(&config.token_variables.default);
        anonymous.push(AnonymousInstance { host: connection.gitlab_host.clone(), variable: Some(variable) });
    }
    if connection.is_sandbox {
        return anonymous;
    }
    for instance in &config.instances {
        let variable = instance.token_variable.as_deref();
        let is_given = variable.is_some_and(|name| read_token(name, context).ok().flatten().is_some());
        if !is_given {
            anonymous.push(AnonymousInstance { host: host_with_port(&instance.url), variable });
        }
    }
    anonymous
}

fn hides_something(host: &str, observations: &[Observation]) -> bool {
    observations
        .iter()
        .filter(|observation| observation.assessment.verdict == Verdict::Hidden)
        .any(|observation| url::Url::parse(observation.url.as_str()).is_ok_and(|url| host_with_port(&url) == host))
}
