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
            tokens.insert(TokenPurpose::Links, Token { name: name.clone(), secret });
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
