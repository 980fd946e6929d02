//! The configuration: a folder with `podkeeper.toml`, one file per pod, and the template of an issue.
//!
//! It is strict and complains about everything at once: [`schema_check`] holds the files against the schema,
//! then [`parsing`] turns them into [`Pod`]s. Each [`Problem`] names file and line and shows a good value.

mod files;
mod instance_keys;
mod key_places;
mod link_limits;
mod parsing;
mod placeholder;
mod problem;
mod raw;
pub(crate) mod regular_file;
mod schema_check;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::Value;
use url::Url;

pub use files::{ConfigFiles, read_folder};
pub use instance_keys::{has_instance_key, instance_text};
pub use key_places::key_places;
pub use link_limits::{LinkHostLimits, LinkLimits, parse_link_limits};
pub(crate) use parsing::value::{parse_trusted_address, parse_web_address};
pub use placeholder::Placeholder;
pub(crate) use placeholder::is_placeholder;
pub use problem::{Problem, render_problems, render_problems_without_text};

use crate::pod::limits::RunLimits;
use crate::pod::{Pod, PodKey};

/// The name of the file that describes the instance.
pub const INSTANCE_FILE: &str = "podkeeper.toml";

/// A configuration in which everything was found good.
#[derive(Debug, Clone)]
pub struct Config {
    /// The GitLab instance, as the file says.
    pub gitlab_url: Option<Url>,
    /// The way to it, where it is not this machine's own.
    pub gitlab_route: GitlabRoute,
    /// Other instances, whose API is asked about links to them.
    pub instances: Vec<OtherInstance>,
    /// Names of the environment variables that hold tokens.
    pub token_variables: TokenVariables,
    /// What one run may do at most, and for how long.
    pub limits: RunLimits,
    /// The pods, in the order of their keys.
    pub pods: Vec<Pod>,
    /// Paths that are still those of the shipped configuration, by the pods that use them.
    pub placeholders: BTreeMap<PodKey, Vec<Placeholder>>,
    /// Templates that fail: a run goes on with the built-in one, tells it and ends with an error.
    pub template_problems: Vec<Problem>,
}

impl Config {
    /// The paths that these pods use and that nobody has fitted yet, each once, by file and line.
    pub fn placeholders_of(&self, pods: &[&PodKey]) -> Vec<&Placeholder> {
        let found: BTreeSet<&Placeholder> =
            pods.iter().filter_map(|pod| self.placeholders.get(*pod)).flatten().collect();
        found.into_iter().collect()
    }

    /// The defaults alone, without a pod.
    pub fn without_pods() -> Self {
        parsing::default_config()
    }
}

/// The way to GitLab's API. Nothing else goes it: links and other instances are reached as this machine reaches them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitlabRoute {
    /// The authorities that vouch for GitLab, in place of this machine's.
    pub ca_file: Option<CaFile>,
    /// The origin of the proxy in between.
    pub proxy: Option<Url>,
}

/// Certificates of authorities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaFile {
    /// Its path below the configuration folder.
    pub path: String,
    /// Its text: certificates in PEM.
    pub pem: String,
}

/// Another GitLab instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherInstance {
    /// Its origin.
    pub url: Url,
    /// Name of the environment variable that holds its token, if it has one.
    pub token_variable: Option<String>,
}

/// Names of the environment variables that hold tokens, by purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenVariables {
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
    /// For what pages link to; without one links are asked of GitLab as anybody.
    pub links: Option<String>,
    /// For GitHub's API.
    pub github: String,
}

/// Whether a text is a project's full path.
pub fn is_project_path(text: &str) -> bool {
    parsing::value::parse_project_path(text).is_some()
}

/// Whether a text is a path inside a project.
pub fn is_path_in_project(text: &str) -> bool {
    parsing::value::parse_path_in_project(text).is_some()
}

/// Turns files into a configuration. `today` is where schedules are tried from.
///
/// # Errors
/// Every problem of every file, in the order of files and lines.
pub fn parse(files: &ConfigFiles, today: NaiveDate) -> Result<Config, Vec<Problem>> {
    parsing::parse_files(files, today)
}

/// The kinds of configuration files that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaKind {
    /// `podkeeper.toml`.
    Podkeeper,
    /// `pods/*.toml`.
    Pod,
}

/// The JSON schema of a kind of file, for editors.
pub fn json_schema(kind: SchemaKind) -> Value {
    match kind {
        SchemaKind::Podkeeper => schemars::schema_for!(raw::Instance),
        SchemaKind::Pod => schemars::schema_for!(raw::Pod),
    }
    .to_value()
}

/// The JSON schemas of both kinds.
pub fn json_schemas() -> Value {
    serde_json::json!({
        "podkeeper.toml": json_schema(SchemaKind::Podkeeper),
        "pods/*.toml": json_schema(SchemaKind::Pod),
    })
}

#[cfg(test)]
mod tests;
