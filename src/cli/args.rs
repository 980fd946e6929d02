//! The command line as it is written. Every flag has a `PODKEEPER_*` variable.

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use url::Url;

use crate::collect::links::address::Network;
use crate::collect::links::shard::Shard;
use crate::config;

/// What `--sandbox` without an address stands for.
pub(super) const OWN_BOX: &str = "own";

const EXAMPLES: &str = "\
Examples:
  podkeeper apply --sandbox     the main job against a GitLab in a box: no token, no network
  podkeeper plan                what apply would do, with every text in full
  podkeeper apply secure        one pod
  podkeeper page page.md        what podkeeper understands of a page
  podkeeper check docs/         the links of a folder of Markdown

Exit codes: 0 done, 2 usage or configuration, 3 findings, 4 incomplete (the next
run takes it up), 5 a person has to act, 6 a token was refused, 1 a bug.
`podkeeper explain` tells more about codes, rules and actions.";

/// Keeps a GitLab Support Pod running: its pairing issues, their label and its page.
///
/// podkeeper reads what a pod already publishes, decides what should be different, does that through the
/// GitLab API, and tells people what only people can mend. Running it twice is the same as running it once.
#[derive(Debug, Parser)]
#[command(name = "podkeeper", version, after_help = EXAMPLES, max_term_width = 100, arg_required_else_help = true)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Args)]
pub(super) struct Global {
    /// Folder of the configuration.
    #[arg(
        long,
        value_name = "DIR",
        env = "PODKEEPER_CONFIG",
        hide_env_values = true,
        default_value = "config",
        global = true
    )]
    pub(super) config: PathBuf,
    /// Form of the output on standard output.
    #[arg(long, value_enum, env = "PODKEEPER_FORMAT", hide_env_values = true, default_value_t = Format::Text, global = true)]
    pub(super) format: Format,
    /// How fast hosts of links are asked: none, polite (8 at once and 20 a second per host after a burst of 30,
    /// 128 in all), or a TOML file with `per_host`, `in_all`, `burst` and `per_second`, and with tables such as
    /// `[host."docs.example.com"]` and `[host."*.example.com"]` for hosts with limits of their own. Without it, `check`
    /// is polite, and the worker asks 2 at once per host and 16 in all.
    #[arg(long, value_name = "none|polite|FILE", env = "PODKEEPER_LIMITS", hide_env_values = true, global = true, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) limits: Option<String>,
    /// Let links lead to addresses of this network, which are refused otherwise (loopback, private and other special
    /// ones); may be given several times.
    #[arg(
        long,
        value_name = "CIDR",
        env = "PODKEEPER_ALLOW_ADDRESS",
        hide_env_values = true,
        value_delimiter = ',',
        global = true
    )]
    pub(super) allow_address: Vec<Network>,
    /// More on standard error; twice for every request.
    #[arg(short, long, action = ArgAction::Count, env = "PODKEEPER_VERBOSE", hide_env_values = true, global = true)]
    pub(super) verbose: u8,
    /// Only what was done and what went wrong; `--verbose` comes first.
    #[arg(short, long, global = true, env = "PODKEEPER_QUIET", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) quiet: bool,
    /// No progress bar on standard error; without this there is one on a terminal, but for `--quiet`, a log in JSON and CI.
    #[arg(long, global = true, env = "PODKEEPER_NO_PROGRESS", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) no_progress: bool,
    /// Form of the log on standard error.
    #[arg(long, value_enum, env = "PODKEEPER_LOG_FORMAT", hide_env_values = true, default_value_t = LogFormat::Text, global = true)]
    pub(super) log_format: LogFormat,
    /// When to use colour.
    #[arg(long, value_enum, env = "PODKEEPER_COLOR", hide_env_values = true, default_value_t = Color::Auto, global = true)]
    pub(super) color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For programs: the contract has "version": 1.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// A line per event.
    Text,
    /// A JSON object per event.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal and in GitLab's job logs, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Do what has to be done: open pairing issues, mend labels, settle twins.
    Apply(Apply),
    /// Show what `apply` would do, and write nothing.
    Plan(Plan),
    /// Show what podkeeper understands of a page.
    Page(Page),
    /// Check the links, labels and defects of files, folders, addresses and pods.
    Check(Check),
    /// Serve a GitLab in a box on this machine, until interrupted.
    Sandbox(Serve),
    /// Look after the configuration.
    #[command(subcommand)]
    Config(Config),
    /// Explain a rule, an action or the exit codes.
    Explain {
        /// A rule, an action or an exit code; without one, all are listed.
        name: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Apply {
    #[command(flatten)]
    pub(super) at: At,
    /// Only plan; the same as `podkeeper plan`.
    #[arg(long, env = "PODKEEPER_DRY_RUN", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) dry_run: bool,
    /// Refuse to write unless the plan made anew has this stamp.
    #[arg(long, value_name = "STAMP", env = "PODKEEPER_PLAN", hide_env_values = true, conflicts_with = "dry_run")]
    pub(super) plan: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Plan {
    #[command(flatten)]
    pub(super) at: At,
    /// End with exit code 3 when changes are pending.
    #[arg(long, env = "PODKEEPER_DETAILED_EXITCODE", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) detailed_exitcode: bool,
}

/// Which pods, and which GitLab.
#[derive(Debug, Args)]
pub(super) struct At {
    /// Keys of pods; without any, all pods of the configuration.
    #[arg(value_name = "POD")]
    pub(super) pods: Vec<String>,
    #[command(flatten)]
    pub(super) gitlab: Gitlab,
    /// Write a report: KIND=PATH, of json, junit, annotations, slack and audit; may be given several times.
    #[arg(long, value_name = "KIND=PATH", env = "PODKEEPER_REPORT", hide_env_values = true, value_delimiter = ',', value_parser = ReportFile::parse)]
    pub(super) report: Vec<ReportFile>,
    /// What to do, of sessions, labels, roster and links; all of it without this.
    #[arg(
        long,
        value_name = "TASK",
        env = "PODKEEPER_TASK",
        hide_env_values = true,
        value_enum,
        value_delimiter = ','
    )]
    pub(super) task: Vec<Task>,
    /// Use what `check --observations` saw of links in place of looking: the files of all its shards, for example
    /// 'seen/*.json'.
    #[arg(long, value_name = "GLOB", env = "PODKEEPER_OBSERVATIONS", hide_env_values = true)]
    pub(super) observations: Option<String>,
    /// Act as if it were this moment (RFC 3339); for `plan` and the sandbox only.
    #[arg(long, value_name = "RFC3339", env = "PODKEEPER_NOW", hide_env_values = true)]
    pub(super) now: Option<DateTime<Utc>>,
}

/// A report and the file it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReportFile {
    pub(super) kind: ReportKind,
    pub(super) path: PathBuf,
}

/// The reports that can be written to files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportKind {
    Json,
    Junit,
    Annotations,
    Slack,
    Audit,
}

impl ReportFile {
    fn parse(text: &str) -> Result<Self, String> {
        let (kind, path) = text
            .split_once('=')
            .filter(|(_, path)| !path.is_empty())
            .ok_or("write KIND=PATH, for example junit=out/junit.xml")?;
        let kind = ReportKind::from_str(kind, true)
            .map_err(|_unknown| "there are the reports json, junit, annotations, slack and audit".to_owned())?;
        Ok(Self { kind, path: PathBuf::from(path) })
    }
}

/// An address of the web, plain as in the configuration.
fn web_address(text: &str) -> Result<Url, &'static str> {
    config::web_address(text)
        .ok_or("write an address like https://handbook.example.com, without user, query or fragment")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Task {
    /// Open pairing issues, keep them in step, settle twins.
    Sessions,
    /// See to the pod's label.
    Labels,
    /// Compare page and Support Team data.
    Roster,
    /// Look at the page's links and labels.
    Links,
}

#[derive(Debug, Args)]
pub(super) struct Gitlab {
    /// Address of the GitLab instance; a box, where one is named, comes first.
    #[arg(long = "gitlab", value_name = "URL", env = "PODKEEPER_GITLAB", hide_env_values = true)]
    pub(super) url: Option<Url>,
    /// Use a GitLab in a box: one of its own, or the one that `podkeeper sandbox` serves at URL.
    #[arg(long, value_name = "URL", env = "PODKEEPER_SANDBOX", hide_env_values = true, num_args = 0..=1, require_equals = true, default_missing_value = OWN_BOX)]
    pub(super) sandbox: Option<String>,
    /// Put a page of your own into the box, at the one pod's path.
    #[arg(long = "page", value_name = "FILE", env = "PODKEEPER_PAGE", hide_env_values = true, requires = "sandbox")]
    pub(super) own_page: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Page {
    /// A file, the address of a page, a pod's key, or `-` for standard input.
    #[arg(value_name = "FILE|URL|POD")]
    pub(super) target: String,
    #[command(flatten)]
    pub(super) gitlab: Gitlab,
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Files, folders, addresses, keys of pods, or `-` for standard input.
    #[arg(value_name = "PATH|URL|POD", required = true)]
    pub(super) targets: Vec<String>,
    #[command(flatten)]
    pub(super) gitlab: Gitlab,
    /// Only what the documents themselves show: nothing is asked.
    #[arg(long, env = "PODKEEPER_OFFLINE", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) offline: bool,
    /// Leave out addresses that begin so; may be given several times.
    #[arg(long, value_name = "BEGINNING", env = "PODKEEPER_EXCLUDE", hide_env_values = true, value_delimiter = ',', value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) exclude: Vec<String>,
    /// How links without a host resolve.
    #[arg(long, value_enum, env = "PODKEEPER_SITE", hide_env_values = true, default_value_t = Site::Tree)]
    pub(super) site: Site,
    /// Where root-relative links resolve.
    #[arg(long, value_name = "URL", env = "PODKEEPER_SITE_URL", hide_env_values = true, value_parser = web_address)]
    pub(super) site_url: Option<Url>,
    /// Keep what was alive between runs, so that the web is asked less often.
    #[arg(long, value_name = "FILE", env = "PODKEEPER_CACHE", hide_env_values = true)]
    pub(super) cache: Option<PathBuf>,
    /// What was seen less long ago is not asked again.
    #[arg(long, value_name = "TIME", env = "PODKEEPER_CACHE_AGE", hide_env_values = true, default_value = "1d", value_parser = humantime::parse_duration)]
    pub(super) cache_age: std::time::Duration,
    /// Look only at the links whose hosts fall to this part of the work, for example 2/8.
    #[arg(long, value_name = "I/N", env = "PODKEEPER_SHARD", hide_env_values = true, value_parser = Shard::parse)]
    pub(super) shard: Option<Shard>,
    /// Write what was seen of links, for `apply --observations` and `plan --observations`.
    #[arg(long, value_name = "FILE", env = "PODKEEPER_OBSERVATIONS", hide_env_values = true)]
    pub(super) observations: Option<PathBuf>,
    /// End with exit code 3 when a finding is at least this severe.
    #[arg(long, value_enum, env = "PODKEEPER_FAIL_ON", hide_env_values = true, default_value_t = Severity::Minor)]
    pub(super) fail_on: Severity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Site {
    /// As files of the folder or its repository.
    Tree,
    /// As pages of the site that Hugo builds of `content/`.
    Hugo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Severity {
    /// Worth knowing.
    Info,
    /// A small defect.
    Minor,
    /// Something does not work.
    Major,
    /// Nothing works until a person acts.
    Critical,
}

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Where to listen; on this machine only.
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "PODKEEPER_LISTEN",
        hide_env_values = true,
        default_value = "127.0.0.1:8080"
    )]
    pub(super) listen: SocketAddr,
    /// The origin that stands in its links.
    #[arg(long, value_name = "URL", env = "PODKEEPER_EXTERNAL_URL", hide_env_values = true, value_parser = web_address)]
    pub(super) external_url: Option<Url>,
    /// Put a page of your own into the box, at the one pod's path.
    #[arg(long, value_name = "FILE", env = "PODKEEPER_PAGE", hide_env_values = true)]
    pub(super) page: Option<PathBuf>,
    /// Pass over parameters that the box does not keep, as GitLab does with names that it does not know; without this they
    /// are refused with 400.
    #[arg(long, env = "PODKEEPER_ACCEPT_UNREAD_PARAMETERS", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) accept_unread_parameters: bool,
    /// The moment at which the box's clock stands still (RFC 3339); without it the clock runs.
    #[arg(long, value_name = "RFC3339", env = "PODKEEPER_NOW", hide_env_values = true)]
    pub(super) now: Option<DateTime<Utc>>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Print the JSON schemas of the configuration files, for editors.
    Schema,
    /// Check the configuration and name everything that is wrong with it.
    Validate,
}
