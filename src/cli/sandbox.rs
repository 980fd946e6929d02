//! `--sandbox` and the command `sandbox`: a sandbox of this run's own, one that another process serves, and serving
//! one.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::CliError;
use super::args::{GitlabArgs, OWN_SANDBOX, SandboxArgs};
use super::connection::Connection;
use super::context::Context;
use super::output::Output;
use super::sandbox_seed::{to_seed_pod, to_seed_pod_with_page};
use super::signals::Signals;
use crate::config::Config;
use crate::config::regular_file::{MAX_TEXT_FILE_BYTES, read_regular_text};
use crate::gitlab::{ConnectionOptions, Exchange as _, HttpExchange, Token, TokenPurpose};
use crate::pod::Pod;
use crate::pod::origin::is_loopback_literal;
use crate::pod::run::ExitStatus;
use crate::sandbox::world::UnreadParameters;
use crate::sandbox::{Sandbox, Seed, guide, seed, token_purpose};
use linkcheck::web::{HostResolution, NameResolver};

/// The sandbox's token that may do what podkeeper's token may do.
const SANDBOX_TOKEN_NAME: &str = "api";

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

/// Connects to the sandbox that `--sandbox` names.
pub(super) async fn connect(
    sandbox: &str,
    args: &GitlabArgs,
    now: Option<DateTime<Utc>>,
    config: &Config,
    context: &Context<'_>,
) -> Result<Connection, CliError> {
    match sandbox {
        // Whoever meant a sandbox and lost its address must not end at the real GitLab.
        "" => Err(CliError::usage("--sandbox (or PODKEEPER_SANDBOX) is empty; leave it out for the real GitLab")),
        OWN_SANDBOX | "1" | "true" => connect_own(args, now, config, context).await,
        url => connect_served(url, now, args, config, context).await,
    }
}

async fn connect_own(
    args: &GitlabArgs,
    now: Option<DateTime<Utc>>,
    config: &Config,
    context: &Context<'_>,
) -> Result<Connection, CliError> {
    let moment = now.unwrap_or_else(context.clock);
    let sandbox = build_sandbox(&config.pods, args.own_page.as_deref(), now, context)?;
    let serving =
        sandbox.serve(SocketAddr::from(([127, 0, 0, 1], 0)), None).await.map_err(|error| serve_error(&error))?;
    let says = serving.description();
    let tokens = tokens_by_purpose(&says.tokens, config)?;
    let exchange = HttpExchange::loopback().map_err(CliError::usage)?;
    let access = build_access(serving.url().clone(), tokens, exchange, context);
    let web = says.web.as_deref().and_then(|web| web.parse().ok());
    let hosts = sandbox_hosts(web, says.ca, says.dns)?;
    Ok(Connection {
        access,
        now: moment,
        now_is_given: now.is_some(),
        gitlab_host: says.gitlab_host,
        hosts,
        is_sandbox: true,
        is_offline: false,
        own_sandbox: Some(serving),
    })
}

/// A sandbox that another process serves; on this machine only, because its tokens are no secrets.
async fn connect_served(
    url: &str,
    now: Option<DateTime<Utc>>,
    args: &GitlabArgs,
    config: &Config,
    context: &Context<'_>,
) -> Result<Connection, CliError> {
    if args.own_page.is_some() {
        return Err(CliError::usage(
            "--page goes with a sandbox of this run's own; give it to `podkeeper sandbox` for a served one",
        ));
    }
    // The address is shown later on, so nothing may stand in it that could be a secret.
    let bare = |url: &Url| url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let url = Url::parse(url).ok().filter(|url| is_on_this_machine(url) && bare(url) && url.fragment().is_none());
    let url = url.ok_or_else(|| {
        CliError::usage("--sandbox=URL takes a sandbox on this machine, for example http://127.0.0.1:8080")
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
        own_sandbox: None,
    })
}

/// Every name of the web leads to the sandbox's TLS listener, where it has one.
fn sandbox_hosts(web: Option<SocketAddr>, authority: Option<String>, dns: String) -> Result<HostResolution, CliError> {
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
fn tokens_by_purpose(
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

fn build_access(
    url: Url,
    tokens: BTreeMap<TokenPurpose, Token>,
    exchange: HttpExchange,
    context: &Context<'_>,
) -> ConnectionOptions {
    // It knows the secrets of the environment. Those of the sandbox are none, and what is printed shows them.
    let redactor = super::redactor_from_env(context.env);
    ConnectionOptions { url, tokens, exchange: Arc::new(exchange), jitter_seed: context.random_seed, redactor }
}

/// A sandbox whose seed stands at the configuration's own paths.
fn build_sandbox(
    pods: &[Pod],
    own_page: Option<&Path>,
    now: Option<DateTime<Utc>>,
    context: &Context<'_>,
) -> Result<Sandbox, CliError> {
    let moment = now.unwrap_or_else(context.clock);
    let page = match own_page {
        None => None,
        Some(_) if pods.len() != 1 => {
            return Err(CliError::usage("--page FILE needs a configuration of one pod, whose page it stands for"));
        }
        Some(path) => Some(
            read_regular_text(path, MAX_TEXT_FILE_BYTES)
                .map_err(|error| CliError::usage(format!("the page {} cannot be read ({error})", path.display())))?,
        ),
    };
    let pods = pods.iter().map(|pod| match &page {
        Some(page) => to_seed_pod_with_page(pod, page, moment),
        None => to_seed_pod(pod, moment),
    });
    let world = seed::build_world(&Seed { now: moment, pods: pods.collect() });
    let clock = context.clock;
    let sandbox = match now {
        Some(_) => Sandbox::new(world),
        None => Sandbox::with_clock(world, Arc::new(clock)),
    };
    Ok(sandbox.with_guide(guide()))
}

/// `podkeeper sandbox`: serves a sandbox until a signal.
pub(super) async fn serve(args: &SandboxArgs, context: &Context<'_>, output: &mut Output) -> Result<u8, CliError> {
    let config = context.load_config()?;
    let sandbox = build_sandbox(&config.pods, args.page.as_deref(), args.now, context)?;
    if args.accept_unread_parameters {
        sandbox.change_world(|world| world.unread_parameters = UnreadParameters::Ignored);
    }
    let mut signals = Signals::listen().map_err(|error| serve_error(&error))?;
    let serving = sandbox.serve(args.listen, args.external_url.clone()).await.map_err(|error| CliError {
        exit_status: ExitStatus::Usage,
        message: format!("the sandbox cannot be served at {} ({error})", args.listen),
    })?;
    let says = serving.description();
    let url = serving.url().as_str().trim_end_matches('/').to_owned();
    let token = says.tokens.get(SANDBOX_TOKEN_NAME).cloned().unwrap_or_default();
    // By its number, so that a line fits a terminal.
    let pairing = config.pods.first().map(|pod| pod.pairing_project.as_str()).unwrap_or_default();
    let project = sandbox.world().project_by_path(pairing).map_or(0, |project| project.id);
    let web = says.web.as_deref().unwrap_or("-");
    // Whoever gives it another origin puts something before it, which has to know where to find it.
    let own = says.dns.trim_end_matches("/-/dns/");
    let own = if own == url { String::new() } else { format!(", listening at {own}") };
    let tokens: Vec<String> = says
        .tokens
        .iter()
        .map(|(name, value)| format!("  {name:<16} {value:<39}  {}", token_purpose(name)).trim_end().to_owned())
        .collect();
    let text = format!(
        "A sandbox GitLab at {url}{own}\n\n\
         Look at it in a browser:\n\
         \x20 {url}/{pairing}\n\
         \x20 {url}/-/journal.html\n\n\
         Its web, over TLS, is at {web}; podkeeper finds it by itself.\n\n\
         Tokens, which open nothing but this sandbox:\n{tokens}\n\n\
         Let podkeeper work in it, then ask for the pairing issues, open one, and see\n\
         what was written:\n\
         \x20 podkeeper apply --sandbox={url}\n\
         \x20 curl -H \"PRIVATE-TOKEN: {token}\" \\\n\
         \x20   \"{url}/api/v4/projects/{project}/issues\"\n\
         \x20 curl -H \"PRIVATE-TOKEN: {token}\" -d title=Hello \\\n\
         \x20   \"{url}/api/v4/projects/{project}/issues\"\n\
         \x20 curl {url}/-/journal\n\n\
         Ctrl-C ends it.\n",
        tokens = tokens.join("\n")
    );
    output.print_unredacted(&text);
    let until = async move {
        signals.next_exit_code().await;
    };
    serving.serve_until(until).await.map_err(|error| serve_error(&error))?;
    Ok(0)
}

fn serve_error(error: &std::io::Error) -> CliError {
    CliError { exit_status: ExitStatus::Bug, message: format!("the sandbox cannot be served ({error})") }
}
