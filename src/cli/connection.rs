//! The connection to a GitLab. The real one and a sandbox differ in address, credentials, certificate and clock;
//! everything behind it is the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use url::Url;

use super::CliError;
use super::args::GitlabArgs;
use super::context::Context;
use super::tokens::read_tokens;
use crate::config::{Config, GitlabRoute, INSTANCE_FILE, parse_trusted_address};
use crate::gitlab::{ConnectionOptions, Exchange, HttpExchange, OfflineExchange, RouteOptions, Token, TokenPurpose};
use crate::run::CurrentTime;
#[cfg(feature = "sandbox")]
use crate::sandbox::SandboxServer;
use linkcheck::target::host_with_port;
use linkcheck::web::HostResolution;

const GITLAB_COM: &str = "https://gitlab.com";

/// A connection to a GitLab.
pub(super) struct Connection {
    pub(super) access: ConnectionOptions,
    /// The moment that counts as now.
    pub(super) now: DateTime<Utc>,
    /// Whether somebody gave it, or the sandbox; else it was read off this machine's clock.
    pub(super) now_is_given: bool,
    /// The host by which links name this GitLab, with its port where it has one.
    pub(super) gitlab_host: String,
    /// Where the names of the web lead: to the internet, or to the one that a sandbox serves.
    pub(super) hosts: HostResolution,
    /// Whether it leads into a sandbox.
    pub(super) is_sandbox: bool,
    /// Whether nothing is sent.
    pub(super) is_offline: bool,
    /// A sandbox of this run's own; it is served until the connection is dropped.
    #[cfg(feature = "sandbox")]
    pub(super) own_sandbox: Option<SandboxServer>,
}

impl Connection {
    /// Which time it is, as far as this machine knows.
    pub(super) fn current_time(&self) -> CurrentTime {
        if self.now_is_given { CurrentTime::Given(self.now) } else { CurrentTime::LocalClock(self.now) }
    }

    /// Where a run works, as the rest of a sentence about it.
    pub(super) fn place(&self) -> String {
        #[cfg(feature = "sandbox")]
        if self.own_sandbox.is_some() {
            return "in a sandbox of its own".to_owned();
        }
        if self.is_sandbox {
            format!("in the sandbox at {}", self.access.url.as_str().trim_end_matches('/'))
        } else {
            format!("on {}", self.gitlab_host)
        }
    }
}

/// The connection to the real GitLab while nothing is to be asked there: its address and tokens are known, and nothing
/// is sent.
pub(super) fn connect_offline(
    args: &GitlabArgs,
    need: TokenPurpose,
    config: &Config,
    context: &Context<'_>,
) -> Result<Connection, CliError> {
    let connection = connect_through(
        args,
        resolve_gitlab_url(args, config, context)?,
        Arc::new(OfflineExchange),
        None,
        need,
        config,
        context,
    )?;
    Ok(Connection { is_offline: true, ..connection })
}

/// The connection to the real GitLab.
pub(super) fn connect_real(
    args: &GitlabArgs,
    now: Option<DateTime<Utc>>,
    need: TokenPurpose,
    config: &Config,
    context: &Context<'_>,
) -> Result<Connection, CliError> {
    let url = resolve_gitlab_url(args, config, context)?;
    // Plain HTTP goes to this machine only, and needs no certificate authorities.
    let exchange = if url.scheme() == "http" { HttpExchange::loopback() } else { connect_https(config) };
    connect_through(args, url, Arc::new(exchange.map_err(CliError::usage)?), now, need, config, context)
}

/// The client of GitLab's API, which goes the way that the reviewed configuration says; no flag and no variable moves it.
fn connect_https(config: &Config) -> Result<HttpExchange, String> {
    let GitlabRoute { ca_file, proxy } = &config.gitlab_route;
    let ca_certificates = ca_file.as_ref().map(|file| file.pem.clone());
    HttpExchange::with_route(&RouteOptions { ca_certificates, proxy: proxy.clone() })
}

/// GitLab's address: the configuration's, or `CI_SERVER_URL`, or gitlab.com; a flag moves it where there is no token.
pub(super) fn resolve_gitlab_url(args: &GitlabArgs, config: &Config, context: &Context<'_>) -> Result<Url, CliError> {
    let configured = match (&config.gitlab_url, context.env_var("CI_SERVER_URL")) {
        (Some(url), _) => url.clone(),
        // Another instance's token must not go to gitlab.com because an address was misspelt.
        (None, named) => parse_trusted_address(named.unwrap_or(GITLAB_COM), GITLAB_COM).map_err(|why| {
            CliError::usage(format!("CI_SERVER_URL holds no address of a GitLab: {}; {}", why.message, why.help))
        })?,
    };
    Ok(args.url.clone().unwrap_or(configured))
}

/// A token goes where the reviewed configuration says: whoever may set a flag or a variable of a job shall not lead it
/// elsewhere.
fn check_not_moved(
    args: &GitlabArgs,
    tokens: &BTreeMap<TokenPurpose, Token>,
    config: &Config,
    context: &Context<'_>,
) -> Result<(), CliError> {
    let (Some(asked), Some(token)) = (&args.url, tokens.values().next()) else { return Ok(()) };
    let configured = resolve_gitlab_url(&GitlabArgs { url: None, ..args.clone() }, config, context)?;
    if *asked == configured {
        return Ok(());
    }
    let file = context.global.config.join(INSTANCE_FILE);
    Err(CliError::usage(format!(
        "--gitlab (or PODKEEPER_GITLAB) does not say where the token in {} goes, which is {configured}; write the address \
         into [gitlab] url of {}, or leave the token out",
        token.name,
        file.display()
    )))
}

fn connect_through(
    args: &GitlabArgs,
    url: Url,
    exchange: Arc<dyn Exchange>,
    now: Option<DateTime<Utc>>,
    need: TokenPurpose,
    config: &Config,
    context: &Context<'_>,
) -> Result<Connection, CliError> {
    let gitlab_host = host_with_port(&url);
    let tokens = read_tokens(need, config, context)?;
    check_not_moved(args, &tokens, config, context)?;
    let access = ConnectionOptions {
        url,
        tokens,
        exchange,
        jitter_seed: context.random_seed,
        redactor: context.redactor.clone(),
    };
    let (now_is_given, now) = (now.is_some(), now.unwrap_or_else(context.clock));
    Ok(Connection {
        access,
        now,
        now_is_given,
        gitlab_host,
        hosts: HostResolution::Internet,
        is_sandbox: false,
        is_offline: false,
        #[cfg(feature = "sandbox")]
        own_sandbox: None,
    })
}
