//! What reads the web: the internet, or the one that a sandbox serves.

use std::collections::BTreeSet;

use http::HeaderValue;
use secrecy::ExposeSecret as _;
use url::Url;

use super::CliError;
use super::connection::Connection;
use super::context::Context;
use super::limits_flag::resolve_limits;
use super::tokens::read_token;
use crate::config::Config;
use linkcheck::address_policy::AddressPolicy;
use linkcheck::check_options::{CheckOptions, ExampleHosts};
use linkcheck::github;
use linkcheck::rate_limit::RateLimits;
use linkcheck::web::{HostResolution, WebClient, WebSettings};

/// What reads the web: the internet's, or the sandbox's where the connection leads into one.
/// `github` is what GitHub's API is asked with, if it is.
pub(super) fn build_web(
    connection: Option<&Connection>,
    settings: WebSettings,
    github: Option<HeaderValue>,
) -> Result<WebClient, CliError> {
    let hosts = connection.map_or(HostResolution::Internet, |connection| connection.hosts.clone());
    let github = github.map(|header| github::build_api_client(hosts.clone(), &settings, header)).transpose();
    let web = WebClient::with_settings(hosts, settings).map_err(CliError::usage)?;
    Ok(match github.map_err(CliError::usage)? {
        Some(api) => web.with_github_api(api),
        None => web,
    })
}

/// How the web is read, by the flags that say so: as fast as `--limits` says, or as it fits the command.
pub(super) fn build_settings(fitting: RateLimits, context: &Context<'_>) -> Result<WebSettings, CliError> {
    Ok(WebSettings {
        user_agent: concat!("podkeeper/", env!("CARGO_PKG_VERSION")).to_owned(),
        jitter_seed: context.random_seed,
        progress: context.bar.progress(),
        limits: resolve_limits(context.global.limits.as_deref(), fitting)?,
        address_policy: AddressPolicy::allowing(context.global.allow_address.clone())
            .with_ports(context.global.allow_port.clone()),
        ..WebSettings::default()
    })
}

/// What GitHub's API is asked with, where its token is given. None in a sandbox, whose web is all there is.
pub(super) fn github_auth_header(
    connection: &Connection,
    config: &Config,
    context: &Context<'_>,
) -> Result<Option<HeaderValue>, CliError> {
    let name = &config.token_variables.github;
    if connection.is_sandbox {
        return Ok(None);
    }
    let Some(token) = read_token(name, context)? else { return Ok(None) };
    context.redactor.add_secret(&token);
    let shown = token.expose_secret();
    let instances = config.instances.iter().filter_map(|instance| instance.token_variable.as_ref());
    let same =
        |other: &&String| read_token(other, context).is_ok_and(|it| it.is_some_and(|it| it.expose_secret() == shown));
    let gitlabs = connection.access.tokens.values().filter(|token| token.secret.expose_secret() == shown);
    if let Some(other) = gitlabs.map(|token| &token.name).chain(instances.filter(same)).next() {
        return Err(CliError::usage(format!("{name} holds the same token as {other}; give GitHub one of its own")));
    }
    // A token is a word of ASCII, which every header takes.
    Ok(HeaderValue::from_str(&format!("Bearer {shown}")).ok())
}

/// How links are judged by this connection. Hosts of examples are visited where the sandbox serves them, the
/// configuration or `--site-url` names them, or a network of this machine's own is opened.
pub(super) fn build_policy(
    connection: &Connection,
    config: &Config,
    site: Option<&Url>,
    context: &Context<'_>,
) -> CheckOptions {
    let example_hosts = if connection.is_sandbox || !context.global.allow_address.is_empty() {
        ExampleHosts::Visit
    } else {
        ExampleHosts::Skip { except: named_hosts(connection, config, site) }
    };
    CheckOptions { gitlab_host: connection.gitlab_host.clone(), example_hosts, ..CheckOptions::default() }
}

/// The hosts that the configuration and the command name.
fn named_hosts(connection: &Connection, config: &Config, site: Option<&Url>) -> BTreeSet<String> {
    let gitlab = connection.gitlab_host.split(':').next().unwrap_or_default().to_owned();
    let sites = config.pods.iter().filter_map(|pod| pod.page.site.as_ref());
    let instances = config.instances.iter().map(|instance| &instance.url);
    let urls = sites.chain(instances).chain(site).chain(config.gitlab_url.as_ref());
    urls.filter_map(|url| url.host_str().map(str::to_owned)).chain([gitlab]).collect()
}
