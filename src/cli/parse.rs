//! Arguments and variables in, the command line out: read once, with what would have no effect refused.

use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};

use super::args::{Cli, Command, ConfigCommand, OutputFormat};
use super::target::InputArgument;
use super::variables;

/// Why there is no command line to work with.
pub(super) enum ParseFailure {
    /// Help or the version was asked for: a result.
    Shown(String),
    /// The words were wrong; the whole text for standard error.
    Wrong(String),
    /// The words were right and would do nothing, in a sentence.
    WithoutEffect(String),
}

/// Reads the arguments, and of the environment what stands for options.
pub(super) fn parse(args: &[OsString], env: &BTreeMap<String, String>) -> Result<Cli, ParseFailure> {
    let found = variables::without_idle(Cli::command(), args, env).try_get_matches_from(args);
    let matches = found.map_err(|error| explain_failure(&error, args, env))?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| explain_failure(&error, args, env))?;
    match find_option_without_effect(&cli, &matches) {
        Some(sentence) => Err(ParseFailure::WithoutEffect(sentence)),
        None => Ok(cli),
    }
}

fn explain_failure(error: &clap::Error, args: &[OsString], env: &BTreeMap<String, String>) -> ParseFailure {
    match error.kind() {
        // Help names the variables, also those that are empty.
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let whole = Cli::command().try_get_matches_from(args).err();
            ParseFailure::Shown(whole.as_ref().unwrap_or(error).render().to_string())
        }
        _ => ParseFailure::Wrong(variables::explain_error(error, args, env)),
    }
}

/// The command that runs, as it is written, with its matches; those of its parents stand in them.
fn innermost(matches: &ArgMatches) -> (String, &ArgMatches) {
    match matches.subcommand() {
        None => (String::new(), matches),
        Some((name, below)) => {
            let (rest, innermost) = innermost(below);
            (format!("{name} {rest}").trim_end().to_owned(), innermost)
        }
    }
}

/// An option that was written for nothing. A variable may be set for many commands, so it is passed over where it has
/// no effect, but for the form of the output: whoever reads JSON shall not get anything else.
fn find_option_without_effect(cli: &Cli, matches: &ArgMatches) -> Option<String> {
    let (command, matches) = innermost(matches);
    if cli.global.format == OutputFormat::Json && !cli.command.has_json() {
        return Some(format!("`{command}` has no JSON; leave out --format json (or PODKEEPER_FORMAT)"));
    }
    let is_written = |id: &str| {
        matches.ids().any(|known| known.as_str() == id) && matches.value_source(id) == Some(ValueSource::CommandLine)
    };
    let nothing = |flag: &str, why: &str| Some(format!("{flag} has no effect here: {why}; leave it out"));
    if !cli.command.visits_links() {
        for (id, flag) in [("limits", "--limits"), ("allow_address", "--allow-address"), ("allow_port", "--allow-port")]
        {
            if is_written(id) {
                return nothing(flag, &format!("`{command}` visits no links"));
            }
        }
    }
    if is_written("audience") && !cli.command.has_audience() {
        return nothing("--audience", &format!("what `{command}` shows is the same for everybody"));
    }
    if is_written("config") && !cli.command.reads_config() {
        return nothing("--config", &format!("`{command}` reads no configuration"));
    }
    match &cli.command {
        Command::Check(check) if is_written("cache_age") && check.cache.is_none() => {
            nothing("--cache-age", "it is the age of what --cache FILE holds, and no cache is named")
        }
        Command::Check(check) if check.offline => {
            let of_visits = [
                ("fail_on_unreachable", "--fail-on-unreachable"),
                ("allow_address", "--allow-address"),
                ("allow_port", "--allow-port"),
            ];
            let written = of_visits.into_iter().find(|(id, _)| is_written(id));
            written.and_then(|(_, flag)| nothing(flag, "--offline asks nobody"))
        }
        Command::Page(page) if is_local(&page.target) => {
            let asked = [("url", "--gitlab"), ("sandbox", "--sandbox"), ("own_page", "--page")];
            let asked = asked.into_iter().find(|(id, _)| is_written(id));
            asked.and_then(|(_, flag)| nothing(flag, "the page is a file of this machine, so nobody is asked"))
        }
        _ => None,
    }
}

fn is_local(target: &str) -> bool {
    matches!(InputArgument::parse(target), Ok(InputArgument::Path(_) | InputArgument::Stdin))
}

impl Command {
    /// Whether `--format json` is for it.
    fn has_json(&self) -> bool {
        !matches!(
            self,
            Self::Explain { markdown: true, .. }
                | Self::Config(ConfigCommand::Validate)
                | Self::Completions { .. }
                | Self::Man { .. }
        ) && !self.serves()
    }

    /// Whether it is `sandbox`, which this build may not have.
    fn serves(&self) -> bool {
        self.name() == "sandbox"
    }

    /// Whether it asks addresses of links.
    fn visits_links(&self) -> bool {
        matches!(self, Self::Apply(_) | Self::Plan(_) | Self::Check(_) | Self::Page(_) | Self::Init(_))
    }

    /// Whether it shows more to some readers than to others.
    fn has_audience(&self) -> bool {
        matches!(self, Self::Apply(_) | Self::Plan(_) | Self::Retire(_) | Self::Check(_) | Self::Doctor(_))
    }

    /// Whether the configuration has a say in it.
    fn reads_config(&self) -> bool {
        !matches!(
            self,
            Self::Explain { .. }
                | Self::Config(ConfigCommand::Schema { .. })
                | Self::Completions { .. }
                | Self::Man { .. }
        )
    }
}
