//! The file that describes the instance.

use toml::Spanned;
use url::Url;

use super::value::{AddressProblem, is_secret_variable, parse_trusted_address, suggest_https};
use crate::config::problem::Problem;
use crate::config::{ConfigFiles, INSTANCE_FILE, OtherInstance, TokenVariables, raw};

pub(super) const DEFAULT_TOKEN_VARIABLE: &str = "PODKEEPER_TOKEN";
pub(super) const GITHUB_TOKEN_VARIABLE: &str = "PODKEEPER_GITHUB_TOKEN";

/// GitLab's address, where the file gives one.
pub(super) fn parse_gitlab_url(
    files: &ConfigFiles,
    instance: &raw::Instance,
    problems: &mut Vec<Problem>,
) -> Option<Url> {
    parse_address(files, instance.gitlab.url.as_ref()?, "https://gitlab.com", problems)
}

/// An address that a secret may go to, or a problem with its line.
fn parse_address(
    files: &ConfigFiles,
    written: &Spanned<String>,
    example: &str,
    problems: &mut Vec<Problem>,
) -> Option<Url> {
    let found = parse_trusted_address(written.get_ref(), example);
    let wrong = |why: AddressProblem| {
        let help = suggest_https(written.get_ref()).unwrap_or(why.help);
        problems.push(files.address_problem(INSTANCE_FILE, written, why.message, help));
    };
    found.map_err(wrong).ok()
}

/// The other instances: each an origin of its own, with a token of its own.
pub(super) fn parse_other_instances(
    files: &ConfigFiles,
    instance: &raw::Instance,
    own: Option<&Url>,
    tokens: &TokenVariables,
    problems: &mut Vec<Problem>,
) -> Vec<OtherInstance> {
    let mut others: Vec<OtherInstance> = Vec::new();
    for written in &instance.others {
        let other = written.get_ref();
        let Some(address) = &other.url else { continue };
        let Some(url) = parse_address(files, address, "https://gitlab.example", problems) else { continue };
        let mut wrong = |at: &Spanned<String>, message: String, help: &str| {
            let path = format!("{}/{INSTANCE_FILE}", files.folder);
            problems.push(Problem { path, span: Some(at.span()), message, help: help.to_owned() });
        };
        if url.path() != "/" {
            wrong(
                address,
                "this address has a path, and a token goes to an origin".to_owned(),
                "write for example https://gitlab.example, without a path",
            );
            continue;
        }
        let known = others.iter().map(|known| &known.url).chain(own);
        // Links name an instance by its host, with the port where there is one.
        if known.map(|known| (known.host_str(), known.port())).any(|host| host == (url.host_str(), url.port())) {
            wrong(
                address,
                "this instance is named already".to_owned(),
                "name each once; that of [gitlab] url is not repeated",
            );
        }
        let token = other.token.as_ref().and_then(|token| parse_variable_name(files, token, problems));
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
                .chain(others.iter().filter_map(|known| known.token_variable.as_ref()))
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
        others.push(OtherInstance { url, token_variable: token });
    }
    others
}

/// The name of an environment variable that may hold a token.
fn parse_variable_name(files: &ConfigFiles, written: &Spanned<String>, problems: &mut Vec<Problem>) -> Option<String> {
    if !is_secret_variable(written.get_ref()) {
        // It may be a token that somebody wrote here: its line is named and not shown.
        problems.push(files.hidden_line_problem(
            INSTANCE_FILE,
            written,
            "does not name an environment variable of podkeeper's own, which begins with PODKEEPER_ and goes on with \
             A-Z, 0-9 and _; write for example PODKEEPER_TOKEN, never the token itself nor a variable of another program",
        ));
        return None;
    }
    Some(written.get_ref().clone())
}

/// The names of the variables that hold tokens.
pub(super) fn parse_token_variables(
    files: &ConfigFiles,
    tokens: &raw::Tokens,
    links: &raw::Links,
    problems: &mut Vec<Problem>,
) -> TokenVariables {
    let mut name =
        |written: Option<&Spanned<String>>| written.and_then(|written| parse_variable_name(files, written, problems));
    let names = TokenVariables {
        default: name(tokens.default.as_ref()).unwrap_or_else(|| DEFAULT_TOKEN_VARIABLE.to_owned()),
        pairing: name(tokens.pairing.as_ref()),
        handbook: name(tokens.handbook.as_ref()),
        agents: name(tokens.agents.as_ref()),
        reports: name(tokens.reports.as_ref()),
        links: name(links.token.as_ref()),
        github: name(tokens.github.as_ref()).unwrap_or_else(|| GITHUB_TOKEN_VARIABLE.to_owned()),
    };
    let gitlabs = [&names.pairing, &names.handbook, &names.agents, &names.reports, &names.links].into_iter().flatten();
    if gitlabs.chain([&names.default]).any(|name| *name == names.github) {
        problems.push(Problem {
            path: format!("{}/{INSTANCE_FILE}", files.folder),
            span: tokens.github.as_ref().map(Spanned::span),
            message: format!("`{}` holds a token of GitLab; a token goes to one place only", names.github),
            help: format!("name a variable of its own for GitHub, for example {GITHUB_TOKEN_VARIABLE}"),
        });
    }
    names
}
