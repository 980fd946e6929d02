//! The configuration: a folder with `podkeeper.toml`, one file per pod, and the template of an issue.
//!
//! It is strict and complains about everything at once: [`strict`] holds the files against the schema,
//! then [`meaning`] turns them into [`Pod`]s. Each [`Problem`] names file and line and shows a good value.

mod limits;
mod meaning;
mod problem;
mod raw;
mod strict;

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use serde_json::Value;
use url::Url;

pub use limits::{LinkHostLimits, LinkLimits, link_limits};
pub(crate) use meaning::value::web_address;
pub use problem::{Problem, render};

use crate::pod::Pod;

/// The name of the file that describes the instance.
pub const INSTANCE_FILE: &str = "podkeeper.toml";

/// A configuration in which everything was found good.
#[derive(Debug, Clone)]
pub struct Config {
    /// The GitLab instance, as the file says; the command line and `CI_SERVER_URL` may say otherwise.
    pub gitlab_url: Option<Url>,
    /// Other instances, whose API is asked about links to them.
    pub instances: Vec<InstanceAt>,
    /// Names of the environment variables that hold tokens.
    pub tokens: TokenNames,
    /// The most writes of one run.
    pub max_writes: usize,
    /// The pods, in the order of their keys.
    pub pods: Vec<Pod>,
}

impl Config {
    /// The defaults alone, without a pod.
    pub fn none() -> Self {
        meaning::none()
    }
}

/// Another GitLab instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceAt {
    /// Its origin.
    pub url: Url,
    /// Name of the environment variable that holds its token, if it has one.
    pub token: Option<String>,
}

/// Names of the environment variables that hold tokens, by purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenNames {
    /// Serves every purpose that has none of its own.
    pub default: String,
    /// For the pairing issues.
    pub pairing: Option<String>,
    /// For the handbook page.
    pub handbook: Option<String>,
    /// For the Support Team data.
    pub agents: Option<String>,
    /// For the living reports.
    pub reports: Option<String>,
    /// For GitHub's API.
    pub github: String,
}

/// The files of a configuration, read but not yet understood.
pub struct Files {
    /// Text by path below the folder, with `/` between its parts.
    pub texts: BTreeMap<String, String>,
    /// The folder, as messages name it.
    pub folder: String,
    /// Files that could not be read.
    pub unread: Vec<Problem>,
}

/// Reads the files of a configuration folder.
///
/// # Errors
/// A sentence, when there is no configuration there at all.
pub fn read(folder: &Path) -> Result<Files, Vec<Problem>> {
    let name = folder.display().to_string();
    let mut texts = BTreeMap::new();
    let mut problems = Vec::new();
    let mut take = |relative: String| match std::fs::read_to_string(folder.join(&relative)) {
        Ok(text) => drop(texts.insert(relative, text)),
        Err(error) => {
            let problem = Problem::whole_file(&format!("{name}/{relative}"), format!("cannot be read ({error})"));
            problems.push(problem);
        }
    };
    if !folder.join(INSTANCE_FILE).exists() {
        let advice = "run podkeeper where the folder `config` is, or name it with --config DIR";
        return Err(vec![Problem::whole_file(&format!("{name}/{INSTANCE_FILE}"), format!("does not exist; {advice}"))]);
    }
    take(INSTANCE_FILE.to_owned());
    for (sub, ending) in [("pods", ".toml"), ("templates", ".md")] {
        let Ok(entries) = std::fs::read_dir(folder.join(sub)) else { continue };
        let mut names: Vec<String> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|n| n.ends_with(ending))
            .collect();
        names.sort();
        for file in names {
            take(format!("{sub}/{file}"));
        }
    }
    Ok(Files { texts, folder: name, unread: problems })
}

/// Turns files into a configuration. `today` is where schedules are tried from.
///
/// # Errors
/// Every problem of every file, in the order of files and lines.
pub fn understand(files: &Files, today: NaiveDate) -> Result<Config, Vec<Problem>> {
    meaning::understand(files, today)
}

/// The JSON schemas of the two kinds of files, for editors: `podkeeper.toml` and `pods/*.toml`.
pub fn schema() -> Value {
    serde_json::json!({
        "podkeeper.toml": schemars::schema_for!(raw::Instance),
        "pods/*.toml": schemars::schema_for!(raw::Pod),
    })
}

#[cfg(test)]
mod tests;
