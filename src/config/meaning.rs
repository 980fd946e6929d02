//! From files to pods: every value is parsed once, here, and trusted everywhere else.

mod fleet;
mod instance;
mod pod;
mod session;
pub(super) mod value;

use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use url::Url;

use self::instance::{DEFAULT_TOKEN, GITHUB_TOKEN};
use self::pod::PodFile;
use super::problem::Problem;
use super::{Config, Files, INSTANCE_FILE, TokenNames, raw, strict};
use crate::pod::Pod;

const DEFAULT_INSTANCE: &str = "https://gitlab.com";
const DEFAULT_MAX_WRITES: u32 = 10;

/// Understands all files, or tells everything that is wrong with any of them.
pub(super) fn understand(files: &Files, today: NaiveDate) -> Result<Config, Vec<Problem>> {
    let mut problems = files.unread.clone();
    let written: Option<raw::Instance> =
        read(files, INSTANCE_FILE, &schemars::schema_for!(raw::Instance).to_value(), &mut problems);
    let schema = schemars::schema_for!(raw::Pod).to_value();
    let mut pods = Vec::new();
    for name in files.texts.keys().filter(|name| name.starts_with("pods/")) {
        let Some(raw) = read::<raw::Pod>(files, name, &schema, &mut problems) else { continue };
        let mut file = PodFile { files, path: format!("{}/{name}", files.folder), name, today, problems: Vec::new() };
        let pod = file.pod(&raw);
        problems.append(&mut file.problems);
        pods.extend(pod.map(|pod| Written { pod, raw, path: file.path }));
    }
    if pods.is_empty() && problems.is_empty() {
        let path = format!("{}/pods", files.folder);
        problems.push(Problem::whole_file(&path, "holds no pod; a pod is a file such as pods/secure.toml".to_owned()));
    }
    fleet::between_pods(&pods, &mut problems);
    let instance = written.unwrap_or_default();
    let gitlab_url = instance::url(files, &instance, &mut problems);
    let tokens = instance::token_names(files, &instance.tokens, &mut problems);
    let instances = instance::others(files, &instance, gitlab_url.as_ref(), &tokens, &mut problems);
    if !problems.is_empty() {
        problems.sort_by_key(|problem| (problem.path.clone(), problem.span.clone().map(|span| span.start)));
        return Err(problems);
    }
    let shown = gitlab_url.clone().or_else(|| Url::parse(DEFAULT_INSTANCE).ok());
    let pods = pods.into_iter().map(|written| {
        let bots = instance.bot.usernames.clone();
        let instance = shown.clone().unwrap_or_else(|| written.pod.instance.clone());
        Pod { instance, bots, ..written.pod }
    });
    let max_writes = instance.limits.max_writes.as_ref().map_or(DEFAULT_MAX_WRITES, |most| *most.get_ref()) as usize;
    Ok(Config { gitlab_url, instances, tokens, max_writes, pods: pods.collect() })
}

/// A configuration without any file.
pub(super) fn none() -> Config {
    Config {
        gitlab_url: None,
        instances: Vec::new(),
        tokens: TokenNames {
            default: DEFAULT_TOKEN.to_owned(),
            pairing: None,
            handbook: None,
            agents: None,
            reports: None,
            github: GITHUB_TOKEN.to_owned(),
        },
        max_writes: DEFAULT_MAX_WRITES as usize,
        pods: Vec::new(),
    }
}

/// A pod beside the file it came from.
struct Written {
    pod: Pod,
    raw: raw::Pod,
    path: String,
}

fn read<T: DeserializeOwned>(
    files: &Files,
    name: &str,
    schema: &serde_json::Value,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let text = files.texts.get(name)?;
    let path = format!("{}/{name}", files.folder);
    let found = strict::check(&path, text, schema);
    let good = found.is_empty();
    problems.extend(found);
    match toml::from_str(text) {
        // A key that is not known has been told; what the others say is looked at all the same.
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
