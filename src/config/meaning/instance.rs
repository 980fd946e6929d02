//! The file that describes the instance.

use toml::Spanned;
use url::Url;

use super::value::web_address;
use crate::config::problem::Problem;
use crate::config::{Files, INSTANCE_FILE, InstanceAt, TokenNames, raw};

pub(super) const DEFAULT_TOKEN: &str = "PODKEEPER_TOKEN";
pub(super) const GITHUB_TOKEN: &str = "PODKEEPER_GITHUB_TOKEN";

/// GitLab's address, where the file gives one.
pub(super) fn url(files: &Files, instance: &raw::Instance, problems: &mut Vec<Problem>) -> Option<Url> {
    let written = instance.gitlab.url.as_ref()?;
    let url = web_address(written.get_ref());
    if url.is_none() {
        problems.push(Problem {
            path: format!("{}/{INSTANCE_FILE}", files.folder),
            span: Some(written.span()),
            message: "this is no address of a GitLab".to_owned(),
            help: "write for example https://gitlab.com".to_owned(),
        });
    }
    url
}

/// The other instances: each an origin of its own, with a token of its own.
pub(super) fn others(
    files: &Files,
    instance: &raw::Instance,
    own: Option<&Url>,
    tokens: &TokenNames,
    problems: &mut Vec<Problem>,
) -> Vec<InstanceAt> {
    let mut others: Vec<InstanceAt> = Vec::new();
    for written in &instance.others {
        let other = written.get_ref();
        let mut wrong = |at: &Spanned<String>, message: String, help: &str| {
            let path = format!("{}/{INSTANCE_FILE}", files.folder);
            problems.push(Problem { path, span: Some(at.span()), message, help: help.to_owned() });
        };
        let Some(url) = origin(other.url.get_ref()) else {
            wrong(
                &other.url,
                "this is no address of a GitLab that a token may go to".to_owned(),
                "write for example https://gitlab.example, without a path",
            );
            continue;
        };
        let known = others.iter().map(|known| &known.url).chain(own);
        if known.map(Url::host_str).any(|host| host == url.host_str()) {
            wrong(
                &other.url,
                "this instance is named already".to_owned(),
                "name each once; that of [gitlab] url is not repeated",
            );
        }
        let token = other.token.as_ref().and_then(|token| variable(files, token, problems));
        if let (Some(name), Some(at)) = (&token, &other.token) {
            let own = [
                Some(&tokens.default),
                tokens.pairing.as_ref(),
                tokens.handbook.as_ref(),
                tokens.agents.as_ref(),
                tokens.reports.as_ref(),
                Some(&tokens.github),
            ];
            let in_use = own
                .into_iter()
                .flatten()
                .chain(others.iter().filter_map(|known| known.token.as_ref()))
                .any(|used| used == name);
            if in_use {
                problems.push(Problem {
                    path: format!("{}/{INSTANCE_FILE}", files.folder),
                    span: Some(at.span()),
                    message: format!("`{name}` holds the token of another GitLab; a token goes to one only"),
                    help: "name a variable of its own".to_owned(),
                });
            }
        }
        others.push(InstanceAt { url, token });
    }
    others
}

/// An https address without a path; plain http on this machine only.
fn origin(text: &str) -> Option<Url> {
    let url = web_address(text)?;
    let loopback = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    (url.path() == "/" && (url.scheme() == "https" || loopback)).then_some(url)
}

/// The name of an environment variable.
fn variable(files: &Files, written: &Spanned<String>, problems: &mut Vec<Problem>) -> Option<String> {
    let good = written.get_ref().starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && written.get_ref().chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if !good {
        // It may be a token that somebody wrote here: its line is named and not shown.
        let text = files.texts.get(INSTANCE_FILE).map_or("", String::as_str);
        let line = text.get(..written.span().start).map_or(1, |before| before.matches('\n').count() + 1);
        let message = format!(
            "line {line} has no name of an environment variable; write for example PODKEEPER_TOKEN, \
             never the token itself"
        );
        problems.push(Problem::whole_file(&format!("{}/{INSTANCE_FILE}", files.folder), message));
        return None;
    }
    Some(written.get_ref().clone())
}

/// The names of the variables that hold tokens.
pub(super) fn token_names(files: &Files, tokens: &raw::Tokens, problems: &mut Vec<Problem>) -> TokenNames {
    let mut name = |written: Option<&Spanned<String>>| written.and_then(|written| variable(files, written, problems));
    let names = TokenNames {
        default: name(tokens.default.as_ref()).unwrap_or_else(|| DEFAULT_TOKEN.to_owned()),
        pairing: name(tokens.pairing.as_ref()),
        handbook: name(tokens.handbook.as_ref()),
        agents: name(tokens.agents.as_ref()),
        reports: name(tokens.reports.as_ref()),
        github: name(tokens.github.as_ref()).unwrap_or_else(|| GITHUB_TOKEN.to_owned()),
    };
    let gitlabs = [&names.pairing, &names.handbook, &names.agents, &names.reports].into_iter().flatten();
    if gitlabs.chain([&names.default]).any(|name| *name == names.github) {
        problems.push(Problem {
            path: format!("{}/{INSTANCE_FILE}", files.folder),
            span: tokens.github.as_ref().map(Spanned::span),
            message: format!("`{}` holds a token of GitLab; a token goes to one place only", names.github),
            help: format!("name a variable of its own for GitHub, for example {GITHUB_TOKEN}"),
        });
    }
    names
}
