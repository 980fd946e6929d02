//! The command line as it is written. Every flag has a `PODKEEPER_*` variable.

#[cfg(feature = "sandbox")]
use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use url::Url;

use super::repository::PathGlobs;
use super::values::{
    OWN_SANDBOX, Verbosity, YesOrNo, parse_gitlab_address, parse_length_of_time, parse_moment, parse_stamp,
    parse_web_address,
};
use crate::init::questions;
use crate::pod::PodKey;
use crate::pod::rule::Audience;
use crate::report::outputs::{DEFAULT_FILE_AUDIENCE, ReportKind};
use linkcheck::address_policy::Network;
use linkcheck::shard::Shard;

fn examples_help() -> String {
    let sandbox = "  podkeeper apply --sandbox     the main job against a sandbox GitLab: no token, no network; with\n\
                   \x20                               --serve to look at it in a browser afterwards\n";
    format!("Examples:\n{}{EXAMPLES}", if cfg!(feature = "sandbox") { sandbox } else { "" })
}

const EXAMPLES: &str = "\
\x20 podkeeper plan                what apply would do, with every text in full
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
#[command(name = "podkeeper", version, after_help = examples_help(), max_term_width = 100, arg_required_else_help = true)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: GlobalArgs,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Args)]
pub(super) struct GlobalArgs {
    /// Folder of the configuration: `podkeeper.toml`, and a file for each pod in `pods/`.
    #[arg(
        long,
        value_name = "DIR",
        env = "PODKEEPER_CONFIG",
        hide_env_values = true,
        default_value = "config",
        global = true
    )]
    pub(super) config: PathBuf,
    /// What goes to standard output: text for people, or JSON for programs.
    #[arg(long, value_enum, env = "PODKEEPER_FORMAT", hide_env_values = true, default_value_t = OutputFormat::Text, global = true)]
    pub(super) format: OutputFormat,
    /// Who reads standard output, so that it shows nothing that is not for them; what is left out is counted. Without
    /// it: public in CI (`CI` or `GITLAB_CI` is set), because whoever sees the pipeline reads the job's log, and
    /// confidential elsewhere.
    #[arg(long, value_enum, env = "PODKEEPER_AUDIENCE", hide_env_values = true, global = true)]
    pub(super) audience: Option<AudienceArg>,
    /// How fast the hosts of links are asked: `none` (no limit), `polite` (8 at once and 20 a second per host after a
    /// burst of 30, 128 at once in all), or a TOML file with `per_host`, `in_all`, `burst` and `per_second`, and with tables such as
    /// `[host."docs.example.com"]` and `[host."*.example.com"]` for hosts with limits of their own. Without it, `check`
    /// is polite, and the worker asks 2 at once per host and 16 in all.
    #[arg(long, value_name = "none|polite|FILE", env = "PODKEEPER_LIMITS", hide_env_values = true, global = true, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) limits: Option<String>,
    /// Visit links into this network, for example 10.0.0.0/8: loopback, private and other special addresses are not
    /// visited otherwise. May be given several times.
    #[arg(
        long,
        value_name = "CIDR",
        env = "PODKEEPER_ALLOW_ADDRESS",
        hide_env_values = true,
        value_delimiter = ',',
        global = true
    )]
    pub(super) allow_address: Vec<Network>,
    /// Visit links to this port of public hosts, for example 8000, beside 80, 443, 8080 and 8443. An opened network is
    /// visited on every port. May be given several times.
    #[arg(
        long,
        value_name = "PORT",
        env = "PODKEEPER_ALLOW_PORT",
        hide_env_values = true,
        value_delimiter = ',',
        value_parser = clap::value_parser!(u16).range(1..),
        global = true
    )]
    pub(super) allow_port: Vec<u16>,
    /// Say more: all findings and whole texts, and on standard error what is decided and done; given twice, every
    /// request and how long each step took.
    #[arg(short, long, action = ArgAction::Count, env = "PODKEEPER_VERBOSE", hide_env_values = true, value_parser = Verbosity, global = true)]
    pub(super) verbose: u8,
    /// Say only what was done and what went wrong; where `--verbose` is given too, that counts.
    #[arg(short, long, global = true, env = "PODKEEPER_QUIET", hide_env_values = true, value_parser = YesOrNo)]
    pub(super) quiet: bool,
    /// Show no progress bar. Without this there is one on a terminal, except with `--quiet`, with a log in JSON and in CI.
    #[arg(long, global = true, env = "PODKEEPER_NO_PROGRESS", hide_env_values = true, value_parser = YesOrNo)]
    pub(super) no_progress: bool,
    /// Form of the log on standard error: lines for people, or a JSON object a line with time, level and spans.
    #[arg(long, value_enum, env = "PODKEEPER_LOG_FORMAT", hide_env_values = true, default_value_t = LogFormat::Text, global = true)]
    pub(super) log_format: LogFormat,
    /// When to use colour.
    #[arg(long, value_enum, env = "PODKEEPER_COLOR", hide_env_values = true, default_value_t = ColorChoice::Auto, global = true)]
    pub(super) color: ColorChoice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
    /// For people.
    Text,
    /// For programs: the contract has "version": 1.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AudienceArg {
    /// Everybody: no more than the page and the configuration say.
    Public,
    /// The pod and its neighbours: names of what is not public, and whole texts.
    Team,
    /// Whoever may read the roster report: it names people.
    Confidential,
}

impl From<AudienceArg> for Audience {
    fn from(argument: AudienceArg) -> Self {
        match argument {
            AudienceArg::Public => Self::Public,
            AudienceArg::Team => Self::Team,
            AudienceArg::Confidential => Self::Confidential,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// A line per event.
    Text,
    /// A JSON object per event.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal that shows colours and in GitLab's job logs, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Do what has to be done: open the next pairing issue, put lost labels back, keep the reports up to date.
    Apply(ApplyArgs),
    /// Show what `apply` would do, and write nothing.
    Plan(PlanArgs),
    /// Close what podkeeper keeps for a pod that meets no more: its reports, and the pairing issues of sessions to come.
    Retire(RetireArgs),
    /// Show what podkeeper understands of a page: members, sessions, labels, links.
    Page(PageArgs),
    /// Check Markdown for broken links, wrong labels and other defects: files, folders, an address, a pod's page.
    Check(CheckArgs),
    /// Look at everything that a run needs, and say what stops the bot, what soon will, and what to do. Reads only.
    Doctor(DoctorArgs),
    /// Write the configuration of a pod, prefilled from its page.
    Init(Box<InitArgs>),
    /// Serve a sandbox GitLab on this machine, to try podkeeper without a token; Ctrl-C ends it.
    #[cfg(feature = "sandbox")]
    Sandbox(SandboxArgs),
    /// Check the configuration, or print its schema.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Explain a rule, an action or the exit codes.
    Explain {
        /// A rule, an action or an exit code; without one, all are listed.
        name: Option<String>,
        /// Print everything as the Markdown tables of podkeeper's documentation.
        #[arg(long, env = "PODKEEPER_MARKDOWN", hide_env_values = true, conflicts_with = "name", value_parser = YesOrNo)]
        markdown: bool,
    },
    /// Print the completions of commands and options for a shell.
    Completions {
        /// The shell.
        #[arg(value_name = "bash|elvish|fish|powershell|zsh", hide_possible_values = true)]
        shell: Shell,
    },
    /// Print the manual page, or write one for every command.
    Man {
        /// Write podkeeper.1, podkeeper-apply.1 and so on into this folder.
        #[arg(long, value_name = "DIR", env = "PODKEEPER_DIR", hide_env_values = true)]
        dir: Option<PathBuf>,
    },
}

impl Command {
    /// Its name, as it is written.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Apply(_) => "apply",
            Self::Plan(_) => "plan",
            Self::Retire(_) => "retire",
            Self::Page(_) => "page",
            Self::Check(_) => "check",
            Self::Doctor(_) => "doctor",
            Self::Init(_) => "init",
            #[cfg(feature = "sandbox")]
            Self::Sandbox(_) => "sandbox",
            Self::Config(_) => "config",
            Self::Explain { .. } => "explain",
            Self::Completions { .. } => "completions",
            Self::Man { .. } => "man",
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    #[command(flatten)]
    pub(super) at: RunArgs,
    /// Only plan; the same as `podkeeper plan`.
    #[arg(long, env = "PODKEEPER_DRY_RUN", hide_env_values = true, value_parser = YesOrNo)]
    pub(super) dry_run: bool,
    /// Write only if the plan is still the one that was reviewed: this is the stamp that `podkeeper plan` printed last.
    #[arg(long, value_name = "STAMP", env = "PODKEEPER_PLAN", hide_env_values = true, value_parser = parse_stamp, conflicts_with = "dry_run")]
    pub(super) plan: Option<String>,
    /// Keep the run's own sandbox up after the run, to look at what was done in a browser; Ctrl-C ends it.
    #[cfg(feature = "sandbox")]
    #[arg(long, env = "PODKEEPER_SERVE", hide_env_values = true, conflicts_with = "dry_run", value_parser = YesOrNo)]
    pub(super) serve: bool,
}

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    pub(super) at: RunArgs,
    /// End with exit code 3 when changes are pending.
    #[arg(long, env = "PODKEEPER_DETAILED_EXITCODE", hide_env_values = true, value_parser = YesOrNo)]
    pub(super) detailed_exitcode: bool,
}

/// A pod that meets no more.
#[derive(Debug, Args)]
pub(super) struct RetireArgs {
    /// The pod by its key, which is the name of its file in `pods/`; the file has no `[[session]]` any more.
    #[arg(value_name = "POD")]
    pub(super) pod: String,
    /// Only show what would be closed.
    #[arg(long, env = "PODKEEPER_DRY_RUN", hide_env_values = true, value_parser = YesOrNo)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) gitlab: GitlabArgs,
    /// Act as if it were this moment, for example 2026-11-24T06:00:00Z; for `--dry-run` and the sandbox only.
    #[arg(long, value_name = "RFC3339", env = "PODKEEPER_NOW", hide_env_values = true, value_parser = parse_moment)]
    pub(super) now: Option<DateTime<Utc>>,
}

impl RetireArgs {
    /// The same as arguments of `apply`.
    pub(super) fn to_apply_args(&self) -> ApplyArgs {
        let at = RunArgs {
            pods: vec![self.pod.clone()],
            gitlab: self.gitlab.clone(),
            report: Vec::new(),
            task: Vec::new(),
            observations: None,
            now: self.now,
            retires: true,
        };
        ApplyArgs {
            at,
            dry_run: self.dry_run,
            plan: None,
            #[cfg(feature = "sandbox")]
            serve: false,
        }
    }
}

/// Which pods, and which GitLab.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Pods by their keys, which are the names of their files in `pods/`; without any, all of them.
    #[arg(value_name = "POD")]
    pub(super) pods: Vec<String>,
    #[command(flatten)]
    pub(super) gitlab: GitlabArgs,
    /// Write a report: KIND=PATH, of json, junit, annotations, slack and audit; may be given several times. It holds
    /// what everybody may read, unless KIND:team=PATH or KIND:confidential=PATH asks for more.
    #[arg(long, value_name = "KIND[:AUDIENCE]=PATH", env = "PODKEEPER_REPORT", hide_env_values = true, value_delimiter = ',', value_parser = ReportFile::parse_for_run)]
    pub(super) report: Vec<ReportFile>,
    /// Do a part only: one or more of sessions, labels, roster and links, with commas between; without this, all.
    #[arg(
        long,
        value_name = "TASK",
        env = "PODKEEPER_TASK",
        hide_env_values = true,
        value_enum,
        value_delimiter = ','
    )]
    pub(super) task: Vec<TaskArg>,
    /// Visit no links: take what other jobs found out about them, from the files that `podkeeper check --observations`
    /// wrote there, one for each shard, for example 'seen/*.json'.
    #[arg(long, value_name = "GLOB", env = "PODKEEPER_OBSERVATIONS", hide_env_values = true)]
    pub(super) observations: Option<String>,
    /// Act as if it were this moment, for example 2026-11-24T06:00:00Z; for `plan` and the sandbox only.
    #[arg(long, value_name = "RFC3339", env = "PODKEEPER_NOW", hide_env_values = true, value_parser = parse_moment)]
    pub(super) now: Option<DateTime<Utc>>,
    /// Whether the pods are retired: what is kept for them is closed, and nothing else is done.
    #[arg(skip)]
    pub(super) retires: bool,
}

/// A report, its readers and the file it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReportFile {
    pub(super) kind: ReportKind,
    pub(super) audience: Audience,
    pub(super) path: PathBuf,
}

impl ReportFile {
    fn parse_for_run(text: &str) -> Result<Self, String> {
        Self::parse(text, ReportKind::OF_RUN)
    }

    fn parse_for_check(text: &str) -> Result<Self, String> {
        Self::parse(text, ReportKind::OF_CHECK)
    }

    fn parse(text: &str, kinds: &[ReportKind]) -> Result<Self, String> {
        let (kind, path) = text
            .split_once('=')
            .filter(|(_, path)| !path.is_empty())
            .ok_or("write KIND=PATH or KIND:AUDIENCE=PATH, for example junit=out/junit.xml")?;
        let (kind, audience) = kind.split_once(':').map_or((kind, None), |(kind, audience)| (kind, Some(audience)));
        let kind = ReportKind::from_name(kind, kinds).ok_or_else(|| {
            let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
            format!("there are the reports {}", and_last(&names))
        })?;
        let audience = match audience {
            None => DEFAULT_FILE_AUDIENCE,
            Some(word) => AudienceArg::from_str(word, true)
                .map_err(
                    |_unknown| "a report is for public, team or confidential readers, as in json:team=out/team.json",
                )?
                .into(),
        };
        Ok(Self { kind, audience, path: PathBuf::from(path) })
    }
}

/// What git may be asked for as a commit.
fn parse_commit_name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.starts_with('-') {
        return Err("name a branch, a tag or a commit, for example origin/main".to_owned());
    }
    Ok(text.to_owned())
}

/// Words with commas between them, and `and` before the last.
fn and_last(words: &[&str]) -> String {
    match words.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => words.concat(),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TaskArg {
    /// The pairing issue: open the next one once, keep it up to date, close the last one.
    Sessions,
    /// The pod's label on pairing issues.
    Labels,
    /// The members of the page, compared with the Support Team data.
    Roster,
    /// The links and labels on the page.
    Links,
}

#[derive(Debug, Clone, Args)]
pub(super) struct GitlabArgs {
    /// Address of GitLab for a run without a token. A token goes only where the configuration ([gitlab] url) or
    /// `CI_SERVER_URL` says. With `--sandbox` this is passed over.
    #[arg(long = "gitlab", value_name = "URL", env = "PODKEEPER_GITLAB", hide_env_values = true, value_parser = parse_gitlab_address)]
    pub(super) url: Option<Url>,
    /// Work in a sandbox on this machine and not in the real GitLab: in one that is made for this run, or with =URL in
    /// the one that `podkeeper sandbox` serves there.
    #[arg(long, value_name = "URL", env = "PODKEEPER_SANDBOX", hide_env_values = true, num_args = 0..=1, require_equals = true, default_missing_value = OWN_SANDBOX)]
    pub(super) sandbox: Option<String>,
    /// Take this Markdown file for the pod's page in the sandbox; the configuration must have one pod.
    #[cfg(feature = "sandbox")]
    #[arg(long = "page", value_name = "FILE", env = "PODKEEPER_PAGE", hide_env_values = true, requires = "sandbox")]
    pub(super) own_page: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct PageArgs {
    /// A file, the address of a page, a pod's key, or `-` for standard input.
    #[arg(value_name = "FILE|URL|POD")]
    pub(super) target: String,
    #[command(flatten)]
    pub(super) gitlab: GitlabArgs,
}

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Keys of pods; without any, all pods of the configuration.
    #[arg(value_name = "POD", conflicts_with_all = ["token_request", "last_success"])]
    pub(super) pods: Vec<String>,
    /// Print the page to hand to whoever grants tokens: for each token where it goes, its scope, roles and expiry, every
    /// endpoint that is called with it, and what else it would open. No token is needed for it; each that is given is
    /// asked of GitLab once. Nothing else is looked at then.
    #[arg(long, env = "PODKEEPER_TOKEN_REQUEST", hide_env_values = true, value_parser = YesOrNo)]
    pub(super) token_request: bool,
    /// Full path of the project whose pipeline schedule runs podkeeper; `CI_PROJECT_PATH` without it, which is the job's own
    /// in CI.
    #[arg(long, value_name = "GROUP/PROJECT", env = "PODKEEPER_PROJECT", hide_env_values = true)]
    pub(super) project: Option<String>,
    /// Look at one thing alone: whether a scheduled pipeline of the project ended well within this time, for example 26h. It
    /// ends with 5 where none did. For a second project that watches the first.
    #[arg(long, value_name = "TIME", env = "PODKEEPER_LAST_SUCCESS", hide_env_values = true, value_parser = humantime::parse_duration, conflicts_with = "token_request")]
    pub(super) last_success: Option<std::time::Duration>,
    #[command(flatten)]
    pub(super) gitlab: GitlabArgs,
    /// Act as if it were this moment (RFC 3339).
    #[arg(long, value_name = "RFC3339", env = "PODKEEPER_NOW", hide_env_values = true)]
    pub(super) now: Option<DateTime<Utc>>,
}

/// What a pod's files are made of; whatever is not given is proposed from the page.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// Key of the pod, of a-z, 0-9 and -; the name of the page's folder unless given.
    #[arg(value_name = "POD", value_parser = parse_pod_key)]
    pub(super) pod: Option<String>,
    /// The pod's page: the address of its file on GitLab, the page's own address, or a file of this machine.
    #[arg(long, value_name = "URL|FILE", env = "PODKEEPER_PAGE", hide_env_values = true, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) page: Option<String>,
    /// The project that holds the page, where no address says so.
    #[arg(long, value_name = "GROUP/PROJECT", env = "PODKEEPER_PROJECT", hide_env_values = true, value_parser = questions::parse_project)]
    pub(super) project: Option<String>,
    /// Path of the page's file in that project.
    #[arg(long, value_name = "FILE", env = "PODKEEPER_PATH", hide_env_values = true, value_parser = questions::parse_path)]
    pub(super) path: Option<String>,
    /// Branch, tag or commit of the page's file; `main` unless an address says otherwise.
    #[arg(long = "ref", value_name = "REF", env = "PODKEEPER_REF", hide_env_values = true, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) git_ref: Option<String>,
    /// Take what the page proposes without asking, and mark what is left to decide.
    #[arg(short, long, env = "PODKEEPER_YES", hide_env_values = true, value_parser = YesOrNo)]
    pub(super) yes: bool,
    /// Display name of the pod.
    #[arg(long, env = "PODKEEPER_NAME", hide_env_values = true, value_parser = questions::parse_name)]
    pub(super) name: Option<String>,
    /// The label that its pairing issues carry.
    #[arg(long, env = "PODKEEPER_LABEL", hide_env_values = true, value_parser = questions::parse_label)]
    pub(super) label: Option<String>,
    /// When it meets, in five fields, for example '0 15 * * Thu'; in the place of all sessions of the page.
    #[arg(long, env = "PODKEEPER_CRON", hide_env_values = true, value_parser = questions::parse_cron)]
    pub(super) cron: Option<String>,
    /// Time zone of its sessions by its IANA name, for example Europe/Berlin.
    #[arg(long, env = "PODKEEPER_ZONE", hide_env_values = true, value_parser = questions::parse_zone)]
    pub(super) zone: Option<String>,
    /// The site's address, for links of the page that begin with `/`.
    #[arg(long, value_name = "URL", env = "PODKEEPER_SITE_URL", hide_env_values = true, value_parser = parse_web_address)]
    pub(super) site_url: Option<Url>,
    /// The project of the pairing issues.
    #[arg(long, value_name = "GROUP/PROJECT", env = "PODKEEPER_PAIRING_PROJECT", hide_env_values = true, value_parser = questions::parse_project)]
    pub(super) pairing_project: Option<String>,
    /// The project of the Support Team data.
    #[arg(long, value_name = "GROUP/PROJECT", env = "PODKEEPER_AGENTS_PROJECT", hide_env_values = true, value_parser = questions::parse_project)]
    pub(super) agents_project: Option<String>,
    /// The project that reports go to.
    #[arg(long, value_name = "GROUP/PROJECT", env = "PODKEEPER_REPORTS_PROJECT", hide_env_values = true, value_parser = questions::parse_project)]
    pub(super) reports_project: Option<String>,
    /// Address of the CI/CD component with its version; that of this program's own project and version unless given.
    #[arg(long, value_name = "ADDRESS", env = "PODKEEPER_COMPONENT", hide_env_values = true, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) component: Option<String>,
    /// Address of the GitLab instance that holds the page, where no address of the page says so.
    #[arg(long = "gitlab", value_name = "URL", env = "PODKEEPER_GITLAB", hide_env_values = true, value_parser = parse_gitlab_address)]
    pub(super) gitlab_url: Option<Url>,
    // Not `GitlabArgs`: a page is given to `init` in another way than to a sandbox.
    /// Read the page in a sandbox GitLab: one of its own, or the one that `podkeeper sandbox` serves at URL.
    #[arg(long, value_name = "URL", env = "PODKEEPER_SANDBOX", hide_env_values = true, num_args = 0..=1, require_equals = true, default_missing_value = OWN_SANDBOX)]
    pub(super) sandbox: Option<String>,
}

impl InitArgs {
    /// Which GitLab is meant.
    pub(super) fn gitlab(&self) -> GitlabArgs {
        GitlabArgs {
            url: self.gitlab_url.clone(),
            sandbox: self.sandbox.clone(),
            #[cfg(feature = "sandbox")]
            own_page: None,
        }
    }
}

fn parse_pod_key(text: &str) -> Result<String, String> {
    let wrong = || format!("`{text}` cannot be a pod's key; write it with a-z, 0-9 and -, for example secure");
    PodKey::parse(text).map(|key| key.to_string()).ok_or_else(wrong)
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Files, folders, addresses, keys of pods, or `-` for standard input.
    #[arg(value_name = "PATH|URL|POD", required = true)]
    pub(super) targets: Vec<String>,
    #[command(flatten)]
    pub(super) gitlab: GitlabArgs,
    /// Ask nobody: check only what the documents and the files around them show.
    #[arg(long, env = "PODKEEPER_OFFLINE", hide_env_values = true, value_parser = YesOrNo)]
    pub(super) offline: bool,
    /// Leave out links whose address begins so; may be given several times.
    #[arg(long, value_name = "BEGINNING", env = "PODKEEPER_EXCLUDE", hide_env_values = true, value_delimiter = ',', value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) exclude: Vec<String>,
    /// Do not read documents whose path matches, which is written as in a .gitignore and counts from the root of the
    /// repository or of the site, for example vendor/ or '**/{old,drafts}'; several stand between commas, and it may be
    /// given several times.
    #[arg(long, value_name = "GLOB", env = "PODKEEPER_EXCLUDE_PATH", hide_env_values = true, value_parser = PathGlobs::check)]
    pub(super) exclude_path: Vec<String>,
    /// Tell only what a change broke or mended: compare with the commit at which this branch and BASE parted, and ask
    /// the web for new links alone. BASE is a branch, tag or commit, for example origin/main.
    #[arg(long, value_name = "BASE", env = "PODKEEPER_CHANGED", hide_env_values = true, value_parser = parse_commit_name, conflicts_with_all = ["shard", "observations"])]
    pub(super) changed: Option<String>,
    /// Where links without a host lead.
    #[arg(long, value_enum, env = "PODKEEPER_SITE", hide_env_values = true, default_value_t = SiteArg::Tree)]
    pub(super) site: SiteArg,
    /// The site's address, for links that begin with `/`.
    #[arg(long, value_name = "URL", env = "PODKEEPER_SITE_URL", hide_env_values = true, value_parser = parse_web_address)]
    pub(super) site_url: Option<Url>,
    /// Remember in this file which links were alive, so that the next run asks less.
    #[arg(long, value_name = "FILE", env = "PODKEEPER_CACHE", hide_env_values = true)]
    pub(super) cache: Option<PathBuf>,
    /// How long what `--cache` remembers counts, for example 12h.
    #[arg(long, value_name = "TIME", env = "PODKEEPER_CACHE_AGE", hide_env_values = true, default_value = "1d", value_parser = parse_length_of_time)]
    pub(super) cache_age: std::time::Duration,
    /// Visit one part of the links only, where N jobs share them: part I of N, for example 2/8.
    #[arg(long, value_name = "I/N", env = "PODKEEPER_SHARD", hide_env_values = true, value_parser = Shard::parse)]
    pub(super) shard: Option<Shard>,
    /// Write what was found out about links to this file, for `apply --observations` and `plan --observations`.
    #[arg(long, value_name = "FILE", env = "PODKEEPER_OBSERVATIONS", hide_env_values = true)]
    pub(super) observations: Option<PathBuf>,
    /// Write a report: KIND=PATH, of json, junit and codequality; may be given several times. It holds what everybody
    /// may read, unless KIND:team=PATH or KIND:confidential=PATH asks for more.
    #[arg(long, value_name = "KIND[:AUDIENCE]=PATH", env = "PODKEEPER_REPORT", hide_env_values = true, value_delimiter = ',', value_parser = ReportFile::parse_for_check)]
    pub(super) report: Vec<ReportFile>,
    /// End with exit code 3 when a finding is at least this severe.
    #[arg(long, value_enum, env = "PODKEEPER_FAIL_ON", hide_env_values = true, default_value_t = SeverityArg::Minor)]
    pub(super) fail_on: SeverityArg,
    /// Report hosts that give no useful answer, and end with exit code 3 for them, too: they may answer again in a moment.
    #[arg(long, env = "PODKEEPER_FAIL_ON_UNREACHABLE", hide_env_values = true, value_parser = YesOrNo)]
    pub(super) fail_on_unreachable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SiteArg {
    /// To files of the folder or its repository.
    Tree,
    /// To pages of the site that Hugo builds of `content/`.
    Hugo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SeverityArg {
    /// Worth knowing.
    Info,
    /// A small defect.
    Minor,
    /// Something does not work.
    Major,
    /// Nothing works until a person acts.
    Critical,
}

#[cfg(feature = "sandbox")]
#[derive(Debug, Args)]
pub(super) struct SandboxArgs {
    /// Address and port to listen at, on this machine only; with port 0, any that is free.
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "PODKEEPER_LISTEN",
        hide_env_values = true,
        default_value = "127.0.0.1:8080",
        value_parser = super::values::parse_listen_address
    )]
    pub(super) listen: SocketAddr,
    /// The address that stands in the sandbox's links, where something else stands in front of it.
    #[arg(long, value_name = "URL", env = "PODKEEPER_EXTERNAL_URL", hide_env_values = true, value_parser = parse_web_address)]
    pub(super) external_url: Option<Url>,
    /// Take this Markdown file for the pod's page; the configuration must have one pod.
    #[arg(long, value_name = "FILE", env = "PODKEEPER_PAGE", hide_env_values = true)]
    pub(super) page: Option<PathBuf>,
    /// Ignore parameters of requests that the sandbox does not implement, as GitLab ignores names that it does not
    /// know; without this they are answered with 400.
    #[arg(long, env = "PODKEEPER_ACCEPT_UNREAD_PARAMETERS", hide_env_values = true, value_parser = YesOrNo)]
    pub(super) accept_unread_parameters: bool,
    /// The moment at which the sandbox's clock stands still, for example 2026-11-24T06:00:00Z; without it the clock runs.
    #[arg(long, value_name = "RFC3339", env = "PODKEEPER_NOW", hide_env_values = true, value_parser = parse_moment)]
    pub(super) now: Option<DateTime<Utc>>,
}

/// The kinds of configuration files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaKindArg {
    /// `podkeeper.toml`.
    Podkeeper,
    /// `pods/KEY.toml`.
    Pod,
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print the JSON schema of a kind of file, for editors; both without an argument.
    Schema {
        /// The kind of file.
        kind: Option<SchemaKindArg>,
    },
    /// Check the configuration and name everything that is wrong with it.
    Validate,
}
