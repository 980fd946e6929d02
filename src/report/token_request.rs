//! `podkeeper doctor --token-request`: a page for whoever grants tokens. It holds what the configuration says and what
//! GitLab says of the tokens, and no secret.

use std::fmt::Write as _;

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::text_wrap::wrap_with_indent;
use crate::pod::json;
use crate::pod::text::one_line;
use crate::pod::token_request::{
    AnonymousAccess, CalledEndpoint, NeededScope, ProjectRole, RequestedToken, TokenRequest, TokenState,
};

/// The columns of a terminal.
const WIDTH: usize = 80;

/// The page for people.
pub fn render_text(request: &TokenRequest) -> String {
    let mut out = String::new();
    let today = request.today;
    write_wrapped(
        &mut out,
        "",
        &format!("The tokens that podkeeper asks for, as its configuration stands on {today}."),
    );
    for token in &request.tokens {
        write_token(&mut out, token, request);
    }
    out.push_str("\nAsked without any token\n");
    for AnonymousAccess { hosts, why } in &request.anonymous {
        write_wrapped(&mut out, "  ", &format!("{hosts}: {why}"));
    }
    write_wrapped(&mut out, "  ", NOTHING_ELSE);
    out
}

const NOTHING_ELSE: &str = "Nothing else is contacted: there is no telemetry and no check for updates. Names are \
                            resolved by this machine's own resolver.";

/// The page for programs: the contract of `podkeeper doctor --token-request --format json`.
pub fn render_json(request: &TokenRequest) -> String {
    let value = json!({
        "version": 1,
        "date": request.today,
        "tokens": request.tokens.iter().map(|token| token_json(token, request.today)).collect::<Vec<_>>(),
        "without_token": request.anonymous.iter().map(|AnonymousAccess { hosts, why }| {
            json!({ "hosts": hosts, "why": why })
        }).collect::<Vec<_>>(),
    });
    json::to_pretty_text(&value) + "\n"
}

fn token_json(token: &RequestedToken, today: NaiveDate) -> Value {
    let projects = token
        .projects
        .iter()
        .map(|project| json!({ "path": project.path, "role": project.role.as_str(), "holds": project.holds }));
    let endpoints = token.endpoints.iter().map(|endpoint| {
        json!({
            "method": endpoint.method, "path": endpoint.path, "writes": endpoint.writes, "why": endpoint.why.join("; "),
        })
    });
    json!({
        "variable": token.variable,
        "file_variable": file_variable(token),
        "purposes": token.purposes,
        "origin": token.origin,
        "proxy": token.proxy,
        "ca_file": token.ca_file,
        "scope": token.scope.as_str(),
        "projects": projects.collect::<Vec<_>>(),
        "given": !matches!(token.state, TokenState::NotGiven),
        "token": match &token.state {
            TokenState::Known(own) => json!({
                "active": own.active,
                "scopes": own.scopes,
                "missing_scopes": token.scope.missing_from(&own.scopes),
                "excess_scopes": token.scope.excess_in(&own.scopes),
                "expires_at": own.expires_at,
                "days_left": own.days_left(today),
            }),
            _ => Value::Null,
        },
        "unknown": match &token.state {
            TokenState::Failed(failure) => Some(one_line(&failure.why)),
            TokenState::NotAsked(why) => Some((*why).to_owned()),
            TokenState::NotGiven | TokenState::Known(_) => None,
        },
        "endpoints": endpoints.collect::<Vec<_>>(),
        "beyond": beyond(token.scope),
        "why_no_smaller_scope": why_no_smaller(token.scope),
    })
}

fn file_variable(token: &RequestedToken) -> String {
    format!("{}_FILE", token.variable)
}

fn write_token(out: &mut String, token: &RequestedToken, request: &TokenRequest) {
    out.push('\n');
    write_wrapped(out, "", &format!("{}, or a file's path in {}", token.variable, file_variable(token)));
    write_entry(out, "for", &token.purposes.join(", "));
    write_entry(out, "goes to", &format!("{} and nowhere else", token.origin));
    if let Some(proxy) = &token.proxy {
        write_entry(
            out,
            "through",
            &format!("the proxy {proxy}, which sees the host's name and nothing of what is said"),
        );
    }
    if let Some(file) = &token.ca_file {
        write_entry(out, "trusting", &format!("the authorities of {} alone", one_line(file)));
    }
    if let Some(sentence) = account_sentence(token) {
        write_entry(out, "account", &sentence);
    }
    write_entry(out, "scope", token.scope.as_str());
    for ProjectRole { path, role, holds } in &token.projects {
        write_entry(out, "role", &format!("{} in {} ({})", role.as_str(), one_line(path), holds.join(", ")));
    }
    for sentence in state_sentences(token, request.today) {
        write_entry(out, "token", &sentence);
    }
    for (heading, writes) in [("writes", true), ("reads", false)] {
        let mut endpoints = token.endpoints.iter().filter(|endpoint| endpoint.writes == writes).peekable();
        if endpoints.peek().is_some() {
            write_line(out, &format!("  {heading}"));
        }
        endpoints.for_each(|endpoint| write_endpoint(out, endpoint));
    }
    write_line(out, "  what else it opens");
    write_wrapped(out, "    ", beyond(token.scope));
    write_line(out, "  why no smaller scope");
    write_wrapped(out, "    ", why_no_smaller(token.scope));
    if token.scope == NeededScope::Api && token.purposes.len() > 1 {
        write_line(out, "  how to make it smaller");
        write_wrapped(out, "    ", SPLIT_ADVICE);
    }
}

/// Whose token it should be: an account that is a member where it has to be and nowhere else.
fn account_sentence(token: &RequestedToken) -> Option<String> {
    match token.projects.as_slice() {
        [] => None,
        [only] => Some(format!("a project access token of {}", one_line(&only.path))),
        several => Some(format!(
            "one account for all the projects below: a service account that is a member of these alone{}. A project \
             access token is a member of one project only",
            if share_a_group(several) {
                ", or else a group access token, whose role holds in the whole group"
            } else {
                ""
            }
        )),
    }
}

/// Whether one group at the top holds all of them.
fn share_a_group(projects: &[ProjectRole]) -> bool {
    let group = |project: &ProjectRole| project.path.split('/').next().map(str::to_owned);
    projects.windows(2).all(|pair| group(&pair[0]) == group(&pair[1]))
}

const SPLIT_ADVICE: &str = "This token serves several purposes. Name a variable for each in [tokens] of \
                            podkeeper.toml: then only those of pairing and reports have scope `api`, each for its one \
                            project, what reads the Support Team data writes nothing, and each can be a project access \
                            token.";

fn write_endpoint(out: &mut String, endpoint: &CalledEndpoint) {
    write_line(out, &format!("    {:<4} {}", endpoint.method, endpoint.path));
    write_wrapped(out, "         ", &endpoint.why.join("; "));
}

/// What is known of the token, against what is needed.
fn state_sentences(token: &RequestedToken, today: NaiveDate) -> Vec<String> {
    let own = match &token.state {
        TokenState::NotGiven if token.scope == NeededScope::GithubRead => {
            return vec!["no token given yet; without one GitHub's pages are visited as anybody".to_owned()];
        }
        TokenState::NotGiven => {
            return vec!["no token given yet; its expiry is asked of GitLab once there is one".to_owned()];
        }
        TokenState::NotAsked(why) => return vec![(*why).to_owned()],
        TokenState::Failed(failure) => return vec![format!("not known: {}", one_line(&failure.why))],
        TokenState::Known(own) => own,
    };
    let scopes = if own.scopes.is_empty() { "no scope".to_owned() } else { own.scopes.join(", ") };
    let (missing, excess) = (token.scope.missing_from(&own.scopes), token.scope.excess_in(&own.scopes));
    let verdict = match (missing.is_empty(), excess.is_empty()) {
        (true, true) => "what is needed".to_owned(),
        (true, false) => format!("more than is needed, for {} is not", excess.join(", ")),
        (false, _) => format!("too little, for {} is missing", missing.join(", ")),
    };
    let end = match (own.expires_at, own.days_left(today)) {
        (Some(day), Some(0)) => format!("expired on {day}"),
        (Some(day), Some(1)) => format!("expires on {day}: 1 day left, so rotate it now"),
        (Some(day), Some(left)) if left < SOON_DAYS => format!("expires on {day}: {left} days left, so rotate it soon"),
        (Some(day), Some(left)) => format!("expires on {day}: {left} days left"),
        _ => "GitLab names no day on which it expires; give it one".to_owned(),
    };
    let active = if own.is_usable(today) { "active" } else { "not active: GitLab refuses it" };
    vec![format!("has {scopes}: {verdict}"), end, active.to_owned()]
}

/// From when on a token's end is near.
const SOON_DAYS: i64 = 30;

/// What a token of this scope opens beside what podkeeper calls (GitLab docs, "Personal access tokens", scopes; "Roles
/// and permissions"; roles in `config/authz/roles/`).
fn beyond(scope: NeededScope) -> &'static str {
    match scope {
        NeededScope::Api => {
            "Everything that its account may do through GitLab's API. As Reporter of these projects: open, edit, close, \
             move and comment on any issue, confidential and other people's too; assign and mention people; change and \
             delete labels and milestones; read merge requests, pipelines and files. As any account of this GitLab: read \
             public and internal projects, and open issues and comment in them. It can rotate itself: the token that was \
             granted is refused then, and a new one is not. A Reporter cannot delete issues of others, push code, run or \
             change pipelines, read CI/CD variables, make tokens, or change members and settings. Each role that the \
             account has elsewhere opens as much there, so give podkeeper an account of its own."
        }
        NeededScope::ReadApi => {
            "Everything that its account may read through GitLab's API: issues (as Reporter confidential ones, too), \
             merge requests, files, pipelines and members of these projects, and public and internal projects of this \
             GitLab. It changes nothing, and cannot rotate itself. Each role that the account has elsewhere opens as much there."
        }
        NeededScope::GithubRead => {
            "What was allowed when it was made, in the repositories that were chosen then: choose those that the page \
             links to. It is a token of any account of GitHub that sees them; podkeeper only reads with it."
        }
    }
}

/// Why no smaller scope does (`lib/api/api_guard.rb`, `lib/api/files.rb`; GitLab docs, "Fine-grained permissions for
/// personal access tokens", beta in November 2026; gitlab-org/gitlab!257280).
fn why_no_smaller(scope: NeededScope) -> &'static str {
    match scope {
        NeededScope::Api => {
            "GitLab has no scope for issues alone: `read_api` writes nothing, and every write of an issue or a label wants \
             `api`. Fine-grained tokens would name issues alone. They are in beta (November 2026) and for people's own \
             tokens only: project and group access tokens and service accounts have none, and GraphQL refuses them in \
             part. What keeps this token small is its account: a member of these projects alone, as Reporter. Planner \
             is no smaller role: it may delete issues."
        }
        NeededScope::ReadApi => {
            "`read_repository` opens single files by their names: it lists no folder and answers no GraphQL. What is public \
             needs no token."
        }
        NeededScope::GithubRead => {
            "These permissions are GitHub's smallest; a classic token with `repo` would also write."
        }
    }
}

fn write_entry(out: &mut String, name: &str, text: &str) {
    write_line(out, &wrap_with_indent(&format!("  {name:<9} "), text, 12, Some(WIDTH)));
}

fn write_wrapped(out: &mut String, indent: &str, text: &str) {
    write_line(out, &wrap_with_indent(indent, text, indent.len(), Some(WIDTH)));
}

fn write_line(out: &mut String, line: &str) {
    writeln!(out, "{line}").unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::token_request::OwnToken;

    #[test]
    fn the_nearer_its_end_the_more_is_said_of_it() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap_or_default();
        let said = |active, scopes: &[&str], end: Option<&str>| {
            let scopes: Vec<String> = scopes.iter().map(|&scope| scope.to_owned()).collect();
            let token = RequestedToken {
                variable: "PODKEEPER_TOKEN".to_owned(),
                purposes: vec!["pairing"],
                origin: "https://gitlab.example:443".to_owned(),
                proxy: None,
                ca_file: None,
                scope: NeededScope::Api,
                projects: Vec::new(),
                endpoints: Vec::new(),
                state: TokenState::Known(OwnToken::new(active, &scopes, end.map(day))),
            };
            state_sentences(&token, day("2026-11-24")).join(" | ")
        };
        let far = said(true, &["api"], Some("2027-03-01"));
        assert_eq!(far, "has api: what is needed | expires on 2027-03-01: 97 days left | active");
        assert!(said(true, &["api"], Some("2026-12-01")).contains("7 days left, so rotate it soon"));
        assert!(said(true, &["api"], Some("2026-11-25")).contains("1 day left, so rotate it now"));
        assert!(said(true, &["api"], Some("2026-11-24")).contains("not active"));
        assert!(said(false, &["api"], None).contains("names no day on which it expires; give it one | not active"));
        assert!(said(true, &[], None).contains("has no scope: too little, for api is missing"));
    }
}
