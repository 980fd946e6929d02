//! What every command has at hand, and the configuration by it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::args::GlobalArgs;
use super::progress::Bar;
use super::values::{neither_yes_nor_no, parse_yes_or_no};
use super::{CliError, problems_error};
use crate::config;
use crate::gitlab::Redactor;
use crate::pod::diagnosis::KeyPlaces;
use crate::pod::rule::Audience;
use crate::pod::similar_name::find_similar_name;
use crate::report::terminal::DetailLevel;

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

    /// How much is shown.
    pub(crate) fn detail_level(&self) -> DetailLevel {
        match (self.global.quiet, self.global.verbose) {
            (true, 0) => DetailLevel::Quiet,
            (false, 0) => DetailLevel::Normal,
            (_, _) => DetailLevel::Verbose,
        }
    }

    /// Whether a variable says yes.
    ///
    /// # Errors
    /// Where it says neither yes nor no.
    pub(crate) fn is_switched_on(&self, name: &str) -> Result<bool, CliError> {
        let value = self.env.get(name).map_or("", String::as_str);
        parse_yes_or_no(value).ok_or_else(|| CliError::usage(neither_yes_nor_no(name)))
    }

    /// Which pods there are, as the rest of a sentence about a word that is no key of one.
    pub(crate) fn known_pods(&self, word: &str, config: &config::Config) -> String {
        let keys: Vec<&str> = config.pods.iter().map(|pod| pod.key.as_str()).collect();
        if keys.is_empty() {
            let file = self.global.config.join(config::INSTANCE_FILE);
            format!(
                "there is no configuration ({} does not exist): name its folder with --config DIR, or make one with \
                 `podkeeper init`",
                file.display()
            )
        } else {
            let near = find_similar_name(word, keys.iter().copied());
            let hint = near.map(|pod| format!("; did you mean `{pod}`?")).unwrap_or_default();
            format!("the pods are {}{hint}", keys.join(", "))
        }
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
        self.load_config_with_places().map(|(config, _)| config)
    }

    /// The configuration, where not even a template fails: a run would go on without it.
    pub(crate) fn load_config_without_problems(&self) -> Result<config::Config, CliError> {
        let (config, files) = self.load_config_and_files()?;
        if config.template_problems.is_empty() {
            Ok(config)
        } else {
            Err(config_error(&config.template_problems, Some(&files)))
        }
    }

    /// The same, and where its keys stand.
    pub(crate) fn load_config_with_places(&self) -> Result<(config::Config, KeyPlaces), CliError> {
        let (config, files) = self.load_config_and_files()?;
        Ok((config, config::key_places(&files)))
    }

    fn load_config_and_files(&self) -> Result<(config::Config, config::ConfigFiles), CliError> {
        let GlobalArgs { config: folder, .. } = self.global;
        let files = config::read_folder(folder).map_err(|problems| config_error(&problems, None))?;
        let config = config::parse(&files, (self.clock)().date_naive())
            .map_err(|problems| config_error(&problems, Some(&files)))?;
        Ok((config, files))
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
