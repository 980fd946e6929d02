//! `podkeeper doctor --token-request`: the tokens that podkeeper asks for.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use super::args::{DoctorArgs, OutputFormat};
use super::connection::{self, Connection};
use super::context::Context;
use super::output::Output;
use super::tokens::{read_token, variable_of};
use super::{CliError, connect, instances};
use crate::config::Config;
use crate::gitlab::endpoint_list::{ENDPOINT_USES, OWN_TOKEN};
use crate::gitlab::{Reader, TokenPurpose, new_reader};
use crate::pod::run::ExitStatus;
use crate::pod::token_request::{
    AnonymousAccess, CalledEndpoint, NeededRole, NeededScope, ProjectRole, RequestedToken, TokenRequest, TokenState,
};
use crate::report::token_request as page;
use linkcheck::github;
use linkcheck::target::host_with_port;

/// Prints what whoever grants tokens has to know. Each token is asked about itself, in one request; nothing else is
/// asked.
pub(super) async fn print(args: &DoctorArgs, context: &Context<'_>, output: &mut Output) -> Result<u8, CliError> {
    let config = context.load_config()?;
    let connection = connect_if_needed(args, &config, context).await?;
    let mut tokens = gitlab_tokens(&connection, &config).await?;
    tokens.extend(instance_tokens(&connection, &config, context).await?);
    tokens.push(github_token(&connection, &config, context)?);
    let request = TokenRequest {
        today: connection.now.date_naive(),
        anonymous: anonymous_access(&tokens, &connection, &config),
        tokens,
    };
    match context.global.format {
        OutputFormat::Text => output.print(&page::render_text(&request)),
        OutputFormat::Json => output.print(&page::render_json(&request)),
    }
    Ok(report_problems(&request, output).exit_code())
}

/// Without any token there is nothing to ask, and a machine that could not ask is good enough.
async fn connect_if_needed(args: &DoctorArgs, config: &Config, context: &Context<'_>) -> Result<Connection, CliError> {
    let need = TokenPurpose::Handbook;
    if args.gitlab.sandbox.is_none() {
        let offline = connection::connect_offline(&args.gitlab, need, config, context)?;
        if offline.access.tokens.is_empty() {
            return Ok(offline);
        }
    }
    connect::gitlab(&args.gitlab, None, need, config, context).await
}

/// The variables of tokens for the configured GitLab, each with all purposes that it serves.
pub(super) fn variables_by_purpose(config: &Config) -> Vec<(&str, Vec<TokenPurpose>)> {
    let mut by_variable: Vec<(&str, Vec<TokenPurpose>)> = Vec::new();
    for purpose in TokenPurpose::ALL.into_iter().filter(|purpose| is_used(*purpose, config)) {
        let Some(variable) = variable_of(purpose, &config.token_variables) else { continue };
        match by_variable.iter_mut().find(|(known, _)| *known == variable) {
            Some((_, purposes)) => purposes.push(purpose),
            None => by_variable.push((variable, vec![purpose])),
        }
    }
    by_variable
}

/// The smallest scope that does for all of these purposes.
pub(super) fn scope_for(purposes: &[TokenPurpose]) -> NeededScope {
    purposes.iter().copied().map(needed_scope).max().unwrap_or(NeededScope::ReadApi)
}

/// The tokens for the configured GitLab: one for each variable, however many purposes it serves.
async fn gitlab_tokens(connection: &Connection, config: &Config) -> Result<Vec<RequestedToken>, CliError> {
    let by_variable = variables_by_purpose(config);
    let reader = new_reader(&connection.access).map_err(CliError::usage)?;
    let route = Some(&config.gitlab_route).filter(|_| !connection.is_sandbox);
    let mut tokens = Vec::new();
    for (variable, purposes) in by_variable {
        let state = match purposes.first().filter(|purpose| connection.access.tokens.contains_key(purpose)) {
            Some(purpose) => ask_about_token(&reader, *purpose).await,
            None => TokenState::NotGiven,
        };
        tokens.push(RequestedToken {
            variable: variable.to_owned(),
            origin: origin_with_port(&connection.access.url),
            proxy: route.and_then(|route| route.proxy.as_ref()).map(origin_with_port),
            ca_file: route.and_then(|route| route.ca_file.as_ref()).map(|file| file.path.clone()),
            scope: scope_for(&purposes),
            projects: projects(&purposes, config),
            endpoints: called_endpoints(&purposes),
            purposes: purposes.into_iter().map(TokenPurpose::name).collect(),
            state,
        });
    }
    Ok(tokens)
}

async fn ask_about_token(reader: &Reader, purpose: TokenPurpose) -> TokenState {
    match reader.read_own_token(purpose).await {
        Ok(own) => TokenState::Known(own),
        Err(failure) => TokenState::Failed(failure),
    }
}

/// Whether anything is done for a purpose.
fn is_used(purpose: TokenPurpose, config: &Config) -> bool {
    match purpose {
        TokenPurpose::Pairing | TokenPurpose::Handbook => true,
        TokenPurpose::Agents => config.pods.iter().any(|pod| pod.agents.is_some()),
        TokenPurpose::Reports => config.pods.iter().any(|pod| pod.reports.project.is_some()),
        TokenPurpose::Links => config.token_variables.links.is_some(),
        TokenPurpose::Anybody => false,
    }
}

fn needed_scope(purpose: TokenPurpose) -> NeededScope {
    match purpose {
        TokenPurpose::Pairing | TokenPurpose::Reports => NeededScope::Api,
        TokenPurpose::Handbook | TokenPurpose::Agents | TokenPurpose::Links | TokenPurpose::Anybody => {
            NeededScope::ReadApi
        }
    }
}

/// The projects of these purposes, each once, with the greatest of the roles that are needed there.
fn projects(purposes: &[TokenPurpose], config: &Config) -> Vec<ProjectRole> {
    let mut found: BTreeMap<&str, ProjectRole> = BTreeMap::new();
    for pod in &config.pods {
        for purpose in purposes {
            let (path, role, holds) = match purpose {
                TokenPurpose::Pairing => (Some(&pod.pairing_project), NeededRole::ToWriteIssues, "pairing issues"),
                TokenPurpose::Handbook => (Some(&pod.page.project), NeededRole::ToReadFiles, "handbook page"),
                TokenPurpose::Agents => {
                    (pod.agents.as_ref().map(|at| &at.project), NeededRole::ToReadFiles, "Support Team data")
                }
                TokenPurpose::Reports => (pod.reports.project.as_ref(), NeededRole::ToWriteIssues, "living reports"),
                // It reads what pages link to, wherever that is.
                TokenPurpose::Links | TokenPurpose::Anybody => continue,
            };
            let Some(path) = path else { continue };
            let project =
                found.entry(path).or_insert_with(|| ProjectRole { path: path.clone(), role, holds: Vec::new() });
            project.role = project.role.max(role);
            if !project.holds.contains(&holds) {
                project.holds.push(holds);
            }
        }
    }
    found.into_values().collect()
}

/// What is called with a token for these purposes, each endpoint once.
fn called_endpoints(purposes: &[TokenPurpose]) -> Vec<CalledEndpoint> {
    let mut called: Vec<CalledEndpoint> = Vec::new();
    for used in ENDPOINT_USES.iter().filter(|used| purposes.contains(&used.purpose)) {
        let (method, path) = (used.method, used.path);
        let at = called.iter().position(|known| (known.method, known.path) == (method, path)).unwrap_or_else(|| {
            called.push(CalledEndpoint { method, path, writes: used.writes(), why: Vec::new() });
            called.len() - 1
        });
        let known = &mut called[at].why;
        let new: Vec<&str> = used.why.iter().copied().filter(|why| !known.contains(why)).collect();
        known.extend(new);
    }
    called
}

/// The tokens for other instances, which are asked about links to them.
async fn instance_tokens(
    connection: &Connection,
    config: &Config,
    context: &Context<'_>,
) -> Result<Vec<RequestedToken>, CliError> {
    let readers = if config.instances.is_empty() {
        BTreeMap::new()
    } else {
        instances::connect_instances(connection, config, context)?
    };
    let mut tokens = Vec::new();
    for instance in &config.instances {
        let Some(variable) = &instance.token_variable else { continue };
        let is_given = read_token(variable, context)?.is_some();
        let state = match readers.get(&host_with_port(&instance.url)) {
            _ if !is_given => TokenState::NotGiven,
            Some(reader) => ask_about_token(reader, TokenPurpose::Links).await,
            None => TokenState::NotAsked("not used in a sandbox"),
        };
        let endpoints = called_endpoints(&[TokenPurpose::Links]);
        tokens.push(RequestedToken {
            variable: variable.clone(),
            purposes: vec!["instance"],
            origin: origin_with_port(&instance.url),
            proxy: None,
            ca_file: None,
            scope: NeededScope::ReadApi,
            projects: Vec::new(),
            endpoints,
            state,
        });
    }
    Ok(tokens)
}

/// The token for GitHub. Nobody is asked about it: there is no endpoint that tells what a fine-grained token may do.
fn github_token(connection: &Connection, config: &Config, context: &Context<'_>) -> Result<RequestedToken, CliError> {
    let variable = config.token_variables.github.clone();
    let state = match read_token(&variable, context)? {
        None => TokenState::NotGiven,
        Some(_) if connection.is_sandbox => TokenState::NotAsked("not used in a sandbox"),
        Some(_) => TokenState::NotAsked("given; GitHub shows its permissions and expiry under Settings"),
    };
    let endpoints = github::ENDPOINTS.iter().map(|(path, why)| CalledEndpoint {
        method: "GET",
        path,
        writes: false,
        why: vec![why],
    });
    Ok(RequestedToken {
        variable,
        purposes: vec!["github"],
        origin: "https://api.github.com:443".to_owned(),
        proxy: None,
        ca_file: None,
        scope: NeededScope::GithubRead,
        projects: Vec::new(),
        endpoints: endpoints.collect(),
        state,
    })
}

fn anonymous_access(tokens: &[RequestedToken], connection: &Connection, config: &Config) -> Vec<AnonymousAccess> {
    let access = |hosts: String, why: &str| AnonymousAccess { hosts, why: why.to_owned() };
    let mut all = vec![access(
        "every host that a page links to".to_owned(),
        "GET over https (http where the link says so), as anybody, by a client that holds no token; private, local and \
         reserved addresses are refused after the name is resolved and at every redirect",
    )];
    let of_links = called_endpoints(&[TokenPurpose::Links]).into_iter();
    let called: Vec<String> = of_links
        .filter(|endpoint| endpoint.path != OWN_TOKEN)
        .map(|endpoint| format!("{} {}", endpoint.method, endpoint.path))
        .collect();
    let why = format!(
        "its API is asked as anybody what pages link to (and again with a token where [links] token names one): {}",
        called.join(", ")
    );
    all.push(access(origin_with_port(&connection.access.url), &why));
    let sites: BTreeSet<String> =
        config.pods.iter().filter_map(|pod| pod.page.site.as_ref()).map(ToString::to_string).collect();
    if !sites.is_empty() {
        let sites: Vec<String> = sites.into_iter().map(|site| site.trim_end_matches('/').to_owned()).collect();
        all.push(access(sites.join(", "), "where links without a host lead ([page] site)"));
    }
    let plain = config.instances.iter().filter(|instance| instance.token_variable.is_none());
    for instance in plain {
        all.push(access(
            origin_with_port(&instance.url),
            "its API is asked about links to it, as anybody ([[instance]])",
        ));
    }
    let missing = tokens.iter().filter(|token| matches!(token.state, TokenState::NotGiven));
    let readers = missing.filter(|token| token.scope == NeededScope::ReadApi);
    all.extend(readers.map(|token| {
        access(token.origin.clone(), &format!("what {} is for, as anybody while it holds no token", token.variable))
    }));
    all
}

/// What is wrong with the tokens, a sentence each on standard error, and the exit code that goes with the worst.
fn report_problems(request: &TokenRequest, output: &mut Output) -> ExitStatus {
    let mut ending = ExitStatus::Done;
    for token in &request.tokens {
        let found = match &token.state {
            TokenState::NotGiven | TokenState::NotAsked(_) => continue,
            TokenState::Failed(failure) => {
                Some((ExitStatus::from(failure.cause), format!("it is not known what it may do: {}", failure.why)))
            }
            TokenState::Known(own) => {
                let missing = token.scope.missing_from(&own.scopes);
                if !own.is_usable(request.today) {
                    Some((ExitStatus::TokenRefused, "it is not active any more; rotate it".to_owned()))
                } else if missing.is_empty() {
                    None
                } else {
                    let scope = missing.join(", ");
                    Some((ExitStatus::TokenRefused, format!("it lacks scope {scope}; make one with it")))
                }
            }
        };
        if let Some((status, sentence)) = found {
            output.print_error_line(&format!("the token in {}: {sentence}", token.variable));
            ending = ending.max(status);
        }
    }
    ending
}

/// Scheme, host and port: where a token goes is compared by all three.
fn origin_with_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{}://{host}:{port}", url.scheme()),
        None => format!("{}://{host}", url.scheme()),
    }
}
