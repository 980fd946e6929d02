//! From files to pods: every value is parsed once, here, and trusted everywhere else.

mod calendar;
mod defaults;
mod distinct_pods;
mod gitlab_route;
mod instance;
mod limits;
mod page;
mod pairing;
mod pod;
mod repair;
mod session;
mod session_times;
mod template;
pub(super) mod value;
mod written;
mod zone;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use toml::Spanned;
use url::Url;

use self::instance::{DEFAULT_TOKEN_VARIABLE, GITHUB_TOKEN_VARIABLE};
use self::pod::{ParserContext, PodFileParser};
use super::problem::Problem;
use super::schema_check::{self, Quoting};
use super::{Config, ConfigFiles, GitlabRoute, INSTANCE_FILE, TokenVariables, raw};
use crate::pod::Pod;
use crate::pod::limits::RunLimits;

const DEFAULT_INSTANCE_URL: &str = "https://gitlab.com";

/// Understands all files, or reports everything that is wrong with any of them.
pub(super) fn parse_files(files: &ConfigFiles, today: NaiveDate) -> Result<Config, Vec<Problem>> {
    let mut problems = files.read_problems();
    let written: Option<ParsedFile<raw::Instance>> =
        parse_file(files, INSTANCE_FILE, &schemars::schema_for!(raw::Instance).to_value(), &mut problems);
    let defaults_left_out = written.as_ref().map(|file| file.left_out.clone());
    let instance = written.map(|file| file.raw).unwrap_or_default();
    let context = ParserContext {
        files,
        today,
        defaults: &instance.defaults,
        defaults_left_out: defaults_left_out.as_ref(),
        fleet_skips: &[],
    };
    let nothing = BTreeSet::new();
    let mut shared = PodFileParser::new(&context, INSTANCE_FILE, defaults_left_out.as_ref().unwrap_or(&nothing));
    shared.check_defaults();
    let fleet_skips = shared.parse_calendar(&instance.calendar);
    problems.append(&mut shared.problems);
    let fleet_problems = std::mem::take(&mut shared.setting_problems);
    let mut template_problems = shared.template_problems;
    let context = ParserContext { fleet_skips: &fleet_skips, ..context };

    let schema = schemars::schema_for!(raw::Pod).to_value();
    let (mut pods, mut placeholders) = (Vec::new(), BTreeMap::new());
    for name in files.texts.keys().filter(|name| name.starts_with("pods/")) {
        let Some(ParsedFile { raw, left_out }) = parse_file::<raw::Pod>(files, name, &schema, &mut problems) else {
            continue;
        };
        let mut file = PodFileParser::new(&context, name, &left_out);
        let pod = file.parse_pod(&raw);
        problems.append(&mut file.problems);
        template_problems.append(&mut file.template_problems);
        let Some(pod) = pod else { continue };
        placeholders.insert(pod.key.clone(), file.placeholders);
        pods.push(PodWithSource { pod, raw, path: file.path });
    }
    if pods.is_empty() && problems.is_empty() {
        let path = format!("{}/pods", files.folder);
        let other = files.passed_over.iter().find(|path| path.starts_with("pods/"));
        let other = other.map(|path| format!(", and {path} does not end in .toml")).unwrap_or_default();
        let message = format!("holds no pod; a pod is a file such as pods/secure.toml{other}");
        problems.push(Problem::about_whole_file(&path, message));
    }
    distinct_pods::check_distinct_pods(&pods, &mut problems);
    let gitlab_url = instance::parse_gitlab_url(files, &instance, &mut problems);
    let gitlab_route = gitlab_route::parse_gitlab_route(files, &instance.gitlab, gitlab_url.as_ref(), &mut problems);
    let tokens = instance::parse_token_variables(files, &instance.tokens, &instance.links, &mut problems);
    let instances = instance::parse_other_instances(files, &instance, gitlab_url.as_ref(), &tokens, &mut problems);
    let limits = limits::parse_limits(files, &instance, &mut problems);
    if !problems.is_empty() {
        problems.append(&mut template_problems);
        return Err(sort_problems(problems));
    }
    let template_problems = sort_problems(template_problems);
    let shown = gitlab_url.clone().or_else(|| Url::parse(DEFAULT_INSTANCE_URL).ok());
    let pods = pods.into_iter().map(|written| {
        let bots = instance.bot.usernames.clone();
        let instance = shown.clone().unwrap_or_else(|| written.pod.gitlab_url.clone());
        let setting_problems = fleet_problems.iter().chain(&written.pod.setting_problems).cloned().collect();
        Pod { gitlab_url: instance, bot_usernames: bots, setting_problems, ..written.pod }
    });
    let pods = pods.collect();
    Ok(Config {
        gitlab_url,
        gitlab_route,
        instances,
        token_variables: tokens,
        limits,
        pods,
        placeholders,
        template_problems,
    })
}

/// By file and line, each once: what is wrong with a default or a template is wrong for every pod that uses it.
fn sort_problems(mut problems: Vec<Problem>) -> Vec<Problem> {
    let place = |problem: &Problem| problem.span.as_ref().map(|span| span.start);
    problems.sort_by(|a, b| a.path.cmp(&b.path).then_with(|| place(a).cmp(&place(b))));
    let mut seen: Vec<Problem> = Vec::new();
    for problem in problems {
        let same_place =
            seen.iter().rev().take_while(|other| other.path == problem.path && place(other) == place(&problem));
        if !same_place.into_iter().any(|other| *other == problem) {
            seen.push(problem);
        }
    }
    seen
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
        placeholders: BTreeMap::new(),
        template_problems: Vec::new(),
    }
}

/// A pod beside the file it came from.
struct PodWithSource {
    pod: Pod,
    raw: raw::Pod,
    path: String,
}

impl PodWithSource {
    fn name_span(&self) -> Range<usize> {
        self.raw.name.as_ref().map_or(0..0, Spanned::span)
    }

    /// What the label was called before.
    fn former_labels(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.raw.label.iter().flat_map(|label| &label.formerly)
    }

    fn label_span(&self) -> Range<usize> {
        self.raw.label.as_ref().and_then(|label| label.name.as_ref()).map_or(0..0, Spanned::span)
    }
}

/// What was understood of a file.
struct ParsedFile<T> {
    raw: T,
    /// See [`schema_check::CheckedFile::left_out`].
    left_out: BTreeSet<String>,
}

fn parse_file<T: DeserializeOwned>(
    files: &ConfigFiles,
    name: &str,
    schema: &serde_json::Value,
    problems: &mut Vec<Problem>,
) -> Option<ParsedFile<T>> {
    let text = files.texts.get(name)?;
    let path = format!("{}/{name}", files.folder);
    let checked = schema_check::check_against_schema(&path, text, schema, Quoting::Shown);
    let good = checked.problems.is_empty();
    problems.extend(checked.problems);
    // What does not fit has been reported and left out; what the rest says is checked all the same.
    match T::deserialize(toml::Deserializer::from(checked.table?)) {
        Ok(raw) => Some(ParsedFile { raw, left_out: checked.left_out }),
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
