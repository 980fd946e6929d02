//! From files to pods: every value is parsed once, here, and trusted everywhere else.

mod distinct_pods;
mod gitlab_route;
mod instance;
mod limits;
mod pod;
mod session;
pub(super) mod value;

use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use url::Url;

use self::instance::{DEFAULT_TOKEN_VARIABLE, GITHUB_TOKEN_VARIABLE};
use self::pod::PodFileParser;
use super::problem::Problem;
use super::schema_check::{self, Quoting};
use super::{Config, ConfigFiles, GitlabRoute, INSTANCE_FILE, TokenVariables, raw};
use crate::pod::Pod;
use crate::pod::limits::RunLimits;

const DEFAULT_INSTANCE_URL: &str = "https://gitlab.com";

/// Understands all files, or reports everything that is wrong with any of them.
pub(super) fn parse_files(files: &ConfigFiles, today: NaiveDate) -> Result<Config, Vec<Problem>> {
    let mut problems = files.read_problems();
    let written: Option<raw::Instance> =
        parse_file(files, INSTANCE_FILE, &schemars::schema_for!(raw::Instance).to_value(), &mut problems);
    let schema = schemars::schema_for!(raw::Pod).to_value();
    let mut pods = Vec::new();
    for name in files.texts.keys().filter(|name| name.starts_with("pods/")) {
        let Some(raw) = parse_file::<raw::Pod>(files, name, &schema, &mut problems) else { continue };
        let mut file =
            PodFileParser { files, path: format!("{}/{name}", files.folder), name, today, problems: Vec::new() };
        let pod = file.parse_pod(&raw);
        problems.append(&mut file.problems);
        pods.extend(pod.map(|pod| PodWithSource { pod, raw, path: file.path }));
    }
    if pods.is_empty() && problems.is_empty() {
        let path = format!("{}/pods", files.folder);
        problems.push(Problem::about_whole_file(
            &path,
            "holds no pod; a pod is a file such as pods/secure.toml".to_owned(),
        ));
    }
    distinct_pods::check_distinct_pods(&pods, &mut problems);
    let instance = written.unwrap_or_default();
    let gitlab_url = instance::parse_gitlab_url(files, &instance, &mut problems);
    let gitlab_route = gitlab_route::parse_gitlab_route(files, &instance.gitlab, gitlab_url.as_ref(), &mut problems);
    let tokens = instance::parse_token_variables(files, &instance.tokens, &instance.links, &mut problems);
    let instances = instance::parse_other_instances(files, &instance, gitlab_url.as_ref(), &tokens, &mut problems);
    let limits = limits::parse_limits(files, &instance, &mut problems);
    if !problems.is_empty() {
        let place = |problem: &Problem| problem.span.as_ref().map(|span| span.start);
        problems.sort_by(|a, b| a.path.cmp(&b.path).then_with(|| place(a).cmp(&place(b))));
        return Err(problems);
    }
    let shown = gitlab_url.clone().or_else(|| Url::parse(DEFAULT_INSTANCE_URL).ok());
    let pods = pods.into_iter().map(|written| {
        let bots = instance.bot.usernames.clone();
        let instance = shown.clone().unwrap_or_else(|| written.pod.gitlab_url.clone());
        Pod { gitlab_url: instance, bot_usernames: bots, ..written.pod }
    });
    Ok(Config { gitlab_url, gitlab_route, instances, token_variables: tokens, limits, pods: pods.collect() })
}

/// A configuration without any file.
pub(super) fn default_config() -> Config {
    Config {
        gitlab_url: None,
        gitlab_route: GitlabRoute::default(),
        instances: Vec::new(),
        token_variables: TokenVariables {
            default: DEFAULT_TOKEN_VARIABLE.to_owned(),
            pairing: None,
            handbook: None,
            agents: None,
            reports: None,
            links: None,
            github: GITHUB_TOKEN_VARIABLE.to_owned(),
        },
        limits: RunLimits::default(),
        pods: Vec::new(),
    }
}

/// A pod beside the file it came from.
struct PodWithSource {
    pod: Pod,
    raw: raw::Pod,
    path: String,
}

fn parse_file<T: DeserializeOwned>(
    files: &ConfigFiles,
    name: &str,
    schema: &serde_json::Value,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let text = files.texts.get(name)?;
    let path = format!("{}/{name}", files.folder);
    let found = schema_check::check_against_schema(&path, text, schema, Quoting::Shown);
    let good = found.is_empty();
    problems.extend(found);
    match toml::from_str(text) {
        // A key that is not known has been reported; what the others say is checked all the same.
        Ok(value) => Some(value),
        Err(_) if !good => None,
        Err(error) => {
            problems.push(Problem {
                path,
                span: error.span(),
                message: error.message().to_owned(),
                help: String::new(),
            });
            None
        }
    }
}
