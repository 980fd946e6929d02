//! What every command has at hand, and the configuration by it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::args::GlobalArgs;
use super::progress::Bar;
use super::{CliError, problems_error};
use crate::config;
use crate::gitlab::Redactor;
use crate::pod::rule::Audience;

/// What every command has at hand.
pub(crate) struct Context<'a> {
    pub(crate) global: &'a GlobalArgs,
    pub(crate) env: &'a BTreeMap<String, String>,
    pub(crate) clock: fn() -> DateTime<Utc>,
    pub(crate) monotonic_ms: fn() -> u64,
    pub(crate) random_seed: u64,
    pub(crate) redactor: Redactor,
    pub(crate) bar: Bar,
}

impl Context<'_> {
    /// A variable that is set to something.
    pub(crate) fn env_var(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whom standard output is for. A job's log is read by whoever sees the pipeline.
    pub(crate) fn stdout_audience(&self) -> Audience {
        let in_ci = ["CI", "GITLAB_CI"].iter().any(|name| self.env_var(name).is_some());
        let default = if in_ci { Audience::Public } else { Audience::Confidential };
        self.global.audience.map_or(default, Audience::from)
    }

    /// The configuration, or an empty one where there is none at all: plain files need none.
    pub(crate) fn load_config_or_default(&self) -> Result<config::Config, CliError> {
        // A link that leads nowhere is no absence: it is refused.
        if std::fs::symlink_metadata(self.global.config.join(config::INSTANCE_FILE)).is_ok() {
            self.load_config()
        } else {
            Ok(config::Config::without_pods())
        }
    }

    /// The configuration, or everything that is wrong with it.
    pub(crate) fn load_config(&self) -> Result<config::Config, CliError> {
        let GlobalArgs { config: folder, .. } = self.global;
        let files = config::read_folder(folder).map_err(|problems| config_error(&problems, None))?;
        config::parse(&files, (self.clock)().date_naive()).map_err(|problems| config_error(&problems, Some(&files)))
    }
}

/// Everything that is wrong with files of a configuration, each with its line where the files are known.
pub(crate) fn config_error(problems: &[config::Problem], files: Option<&config::ConfigFiles>) -> CliError {
    problems_error(&config::render_problems(problems, |path| {
        let files = files?;
        let relative = path.strip_prefix(&format!("{}/", files.folder))?;
        files.texts.get(relative).map(String::as_str)
    }))
}
