//! What to say once where links are hidden from somebody who is not signed in.

use super::connection::Connection;
use super::context::Context;
use super::tokens::read_token;
use crate::config::Config;
use crate::gitlab::TokenPurpose;
use crate::pod::verdict::{Observation, Verdict};
use linkcheck::target::host_with_port;

/// A handbook links to private places here and there. Where nearly all are hidden (percent), nothing is checked.
const NEARLY_ALL_PERCENT: usize = 80;
/// Of fewer links nobody can say that.
const LEAST_LINKS: usize = 5;

/// The sentences about each GitLab that was asked as anybody and hid what it was asked about: the own one where it hid
/// nearly all, another one where it hid something. None where nothing is to be said.
pub(super) fn hidden_links_note(
    connection: &Connection,
    config: &Config,
    context: &Context<'_>,
    observations: &[&Observation],
) -> Option<String> {
    if !observations.iter().any(|seen| is_hidden(seen)) {
        return None;
    }
    let own = own_gitlab_note(connection, config, observations);
    let others = other_gitlabs_note(connection, config, context, observations);
    let sentences: Vec<String> = own.into_iter().chain(others).collect();
    (!sentences.is_empty()).then(|| sentences.join("; "))
}

fn own_gitlab_note(connection: &Connection, config: &Config, observations: &[&Observation]) -> Option<String> {
    if connection.access.tokens.contains_key(&TokenPurpose::Links) {
        return None;
    }
    let host = &connection.gitlab_host;
    let all: Vec<&Observation> = links_of(host, observations).filter(|seen| seen.kind.is_gitlab()).collect();
    let hidden = all.iter().filter(|seen| is_hidden(seen)).count();
    if all.len() < LEAST_LINKS || hidden * 100 < all.len() * NEARLY_ALL_PERCENT {
        return None;
    }
    let advice = config.token_variables.links.as_ref().map_or_else(
        || "to have them checked, name the variable of a token with scope `read_api` in [links] token".to_owned(),
        |variable| format!("to have them checked, put a token with scope `read_api` into {variable}"),
    );
    Some(format!("{hidden} of {} links to {host} are hidden from who is not signed in; {advice}", all.len()))
}

/// What another GitLab hides, for which no token was given.
fn other_gitlabs_note(
    connection: &Connection,
    config: &Config,
    context: &Context<'_>,
    observations: &[&Observation],
) -> Option<String> {
    if connection.is_sandbox {
        return None;
    }
    let is_given = |name: &str| read_token(name, context).ok().flatten().is_some();
    let without_token = config.instances.iter().filter_map(|instance| {
        let (host, variable) = (host_with_port(&instance.url), instance.token_variable.as_deref());
        let hides_something = links_of(&host, observations).any(is_hidden);
        (hides_something && !variable.is_some_and(is_given)).then_some((host, variable))
    });
    let (hosts, variables): (Vec<String>, Vec<Option<&str>>) = without_token.unzip();
    if hosts.is_empty() {
        return None;
    }
    let variables: Vec<&str> = variables.into_iter().flatten().collect();
    let advice =
        if variables.is_empty() { String::new() } else { format!("; put one into {}", variables.join(" and ")) };
    Some(format!(
        "no token was given for {}, so what is hidden there and what is missing cannot be told apart{advice}",
        hosts.join(" and ")
    ))
}

fn links_of<'a>(host: &'a str, observations: &'a [&'a Observation]) -> impl Iterator<Item = &'a Observation> {
    let is_of_host =
        move |seen: &&Observation| url::Url::parse(seen.url.as_str()).is_ok_and(|url| host_with_port(&url) == host);
    observations.iter().copied().filter(is_of_host)
}

fn is_hidden(seen: &Observation) -> bool {
    seen.assessment.as_seen_by_anybody().verdict == Verdict::Hidden
}
