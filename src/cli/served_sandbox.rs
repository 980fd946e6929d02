//! `--sandbox=URL`: a sandbox that another process serves. Every build has this, also the one without a sandbox of its own.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::CliError;
use super::connection::Connection;
use super::context::Context;
use crate::config::Config;
use crate::gitlab::{ConnectionOptions, Exchange as _, HttpExchange, Token, TokenPurpose};
use crate::pod::origin::is_loopback_literal;
use crate::pod::run::ExitStatus;
use linkcheck::web::{HostResolution, NameResolver};

/// The sandbox's token that may do what podkeeper's token may do.
pub(super) const SANDBOX_TOKEN_NAME: &str = "api";

/// What a served sandbox says of itself at `/-/sandbox`.
#[derive(Debug, Deserialize)]
struct SandboxDescription {
    url: Url,
    gitlab_host: String,
    tokens: BTreeMap<String, String>,
    now: DateTime<Utc>,
    web: Option<SocketAddr>,
    ca: Option<String>,
    dns: String,
}

/// A sandbox that another process serves; on this machine only, because its tokens are no secrets.
pub(super) async fn connect(
    url: &str,
    now: Option<DateTime<Utc>>,
    config: &Config,
    context: &Context<'_>,
) -> Result<Connection, CliError> {
    // The address is shown later on, so nothing may stand in it that could be a secret.
    let bare = |url: &Url| url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let url = Url::parse(url).ok().filter(|url| is_on_this_machine(url) && bare(url) && url.fragment().is_none());
    let url = url.ok_or_else(|| {
        CliError::usage(
            "--sandbox=URL takes the address of a sandbox on this machine, for example http://127.0.0.1:8080; \
             `podkeeper sandbox` serves one",
        )
    })?;
    let exchange = HttpExchange::loopback().map_err(CliError::usage)?;
    let says = fetch_description(&url, &exchange).await?;
    // It is reached where it was asked; an origin elsewhere in its links would lead away from this machine.
    let resolver =
        Url::parse(&says.dns).map_err(|_none| CliError::usage(format!("the sandbox at {url} has no resolver")))?;
    if let Some(elsewhere) = [&says.url, &resolver].into_iter().find(|url| !is_on_this_machine(url)) {
        return Err(CliError::usage(format!(
            "the sandbox at {url} says that it is {elsewhere}, which is not on this machine"
        )));
    }
    let tokens = tokens_by_purpose(&says.tokens, config)?;
    let hosts = sandbox_hosts(says.web, says.ca, says.dns)?;
    Ok(Connection {
        access: build_access(url, tokens, exchange, context),
        now: now.unwrap_or(says.now),
        now_is_given: true,
        gitlab_host: says.gitlab_host,
        hosts,
        is_sandbox: true,
        is_offline: false,
        #[cfg(feature = "sandbox")]
        own_sandbox: None,
    })
}

/// Every name of the web leads to the sandbox's TLS listener, where it has one.
pub(super) fn sandbox_hosts(
    web: Option<SocketAddr>,
    authority: Option<String>,
    dns: String,
) -> Result<HostResolution, CliError> {
    let (Some(web), Some(authority)) = (web.filter(|web| web.ip().is_loopback()), authority) else {
        return Ok(HostResolution::Internet);
    };
    let exchange = HttpExchange::loopback().map_err(CliError::usage)?;
    Ok(HostResolution::Sandbox {
        address: web,
        ca_certificate: authority,
        resolver: Arc::new(SandboxDns { prefix: dns, exchange }),
    })
}

/// The sandbox's answer to "what is this name's address".
struct SandboxDns {
    prefix: String,
    exchange: HttpExchange,
}

#[derive(serde::Deserialize)]
struct DnsAnswer {
    addresses: Vec<IpAddr>,
}

#[async_trait::async_trait]
impl NameResolver for SandboxDns {
    async fn resolve(&self, name: &str) -> Vec<IpAddr> {
        let Ok(request) = http::Request::get(format!("{}{name}", self.prefix)).body(Bytes::new()) else {
            return Vec::new();
        };
        match self.exchange.exchange(request).await {
            Ok(response) if response.status().is_success() => {
                serde_json::from_slice::<DnsAnswer>(response.body()).map(|found| found.addresses).unwrap_or_default()
            }
            Ok(_) | Err(_) => Vec::new(),
        }
    }
}

/// Plain http to this machine.
fn is_on_this_machine(url: &Url) -> bool {
    url.scheme() == "http" && is_loopback_literal(url)
}

async fn fetch_description(url: &Url, exchange: &HttpExchange) -> Result<SandboxDescription, CliError> {
    let silent = |why: String| CliError {
        exit_status: ExitStatus::Incomplete,
        message: format!("no sandbox answers at {url} ({why}); start one with `podkeeper sandbox`"),
    };
    let address = url.join("/-/sandbox").map_err(|error| silent(error.to_string()))?;
    let request = http::Request::get(address.as_str()).body(Bytes::new()).map_err(|error| silent(error.to_string()))?;
    let asked = tokio::time::timeout(std::time::Duration::from_secs(10), exchange.exchange(request)).await;
    let response = match asked {
        Ok(Ok(response)) => response,
        Ok(Err(failure)) => return Err(silent(failure.to_string())),
        Err(_elapsed) => return Err(silent("timed out".to_owned())),
    };
    serde_json::from_slice(response.body()).map_err(|_other| silent("what answers there is no sandbox".to_owned()))
}

/// One token for every purpose, and for links where the configuration names one for them.
pub(super) fn tokens_by_purpose(
    tokens: &BTreeMap<String, String>,
    config: &Config,
) -> Result<BTreeMap<TokenPurpose, Token>, CliError> {
    let secret = tokens
        .get(SANDBOX_TOKEN_NAME)
        .ok_or_else(|| CliError::usage(format!("the sandbox has no token `{SANDBOX_TOKEN_NAME}`")))?;
    let token = || Token {
        name: format!("the sandbox's token `{SANDBOX_TOKEN_NAME}`"),
        secret: SecretString::from(secret.clone()),
    };
    let is_given = |purpose: &TokenPurpose| match purpose {
        TokenPurpose::Anybody => false,
        TokenPurpose::Links => config.token_variables.links.is_some(),
        TokenPurpose::Pairing | TokenPurpose::Handbook | TokenPurpose::Agents | TokenPurpose::Reports => true,
    };
    Ok(TokenPurpose::ALL.into_iter().filter(is_given).map(|purpose| (purpose, token())).collect())
}

/// How a sandbox is asked: with these tokens, over loopback alone.
pub(super) fn build_access(
    url: Url,
    tokens: BTreeMap<TokenPurpose, Token>,
    exchange: HttpExchange,
    context: &Context<'_>,
) -> ConnectionOptions {
    // It knows the secrets of the environment. Those of the sandbox are none, and what is printed shows them.
    let redactor = super::redactor_from_env(context.env);
    ConnectionOptions { url, tokens, exchange: Arc::new(exchange), jitter_seed: context.random_seed, redactor }
}
