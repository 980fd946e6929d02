//! The command line: arguments in, texts and an exit code out. Everything that is printed goes through
//! [`output::Output`], and so through the redactor.

mod args;
mod cache_files;
mod changed;
mod check;
mod connect;
mod connection;
mod context;
mod disk_files;
mod doctor;
mod doctor_last_success;
mod hidden_links;
mod init;
mod inputs;
mod instances;
mod job_log_sections;
mod limits_flag;
mod log;
mod manual;
mod output;
mod page;
mod parse;
mod placeholders;
mod plan_and_apply;
mod progress;
#[cfg(feature = "sandbox")]
mod replay;
mod report_files;
mod repository;
mod rooted_path;
mod run_setup;
#[cfg(feature = "sandbox")]
mod sandbox;
#[cfg(feature = "sandbox")]
mod sandbox_after_run;
#[cfg(feature = "sandbox")]
pub mod sandbox_seed;
mod served_sandbox;
mod signals;
mod target;
mod token_request;
mod tokens;
mod validate;
mod values;
mod variables;
mod web;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;

use chrono::{DateTime, Utc};
use clap::CommandFactory as _;
use tracing::Instrument as _;

use crate::config;
use crate::gitlab::Redactor;
use crate::pod::run::ExitStatus;
use crate::report::reference;
use args::{Cli, Command, ConfigCommand, OutputFormat, SchemaKindArg};
use context::Context;
use output::Output;
use parse::ParseFailure;
use progress::Bar;

/// What the program is surrounded by, read once in `main.rs`.
pub struct ProcessEnvironment {
    /// The arguments, the program's own name first.
    pub args: Vec<OsString>,
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// The wall clock.
    pub clock: fn() -> DateTime<Utc>,
    /// Milliseconds since some moment; only for saying how long something took.
    pub monotonic_ms: fn() -> u64,
    /// Seed of everything that is random.
    pub random_seed: u64,
    /// What every text goes through; shared with the panic hook.
    pub redactor: Redactor,
    /// Standard output, and whether it is a terminal.
    pub stdout: (Box<dyn Write + Send>, bool),
    /// Standard error, and whether it is a terminal.
    pub stderr: (Box<dyn Write + Send>, bool),
}

/// An end before the work's own end: a sentence for standard error and the exit code.
#[derive(Debug)]
pub(crate) struct CliError {
    pub(crate) exit_status: ExitStatus,
    pub(crate) message: String,
}

impl CliError {
    pub(crate) fn usage(sentence: impl Into<String>) -> Self {
        Self { exit_status: ExitStatus::Usage, message: sentence.into() }
    }
}

/// Knows the tokens of the environment from the start, before any configuration names them.
pub fn redactor_from_env(env: &BTreeMap<String, String>) -> Redactor {
    // Shorter values could be ordinary words, and a report without them would not say what is meant.
    let secrets = env.iter().filter(|(name, value)| name.ends_with("TOKEN") && value.trim().len() >= 16);
    let redactor = Redactor::default();
    secrets.for_each(|(_, value)| redactor.add_secret(&secrecy::SecretString::from(value.clone())));
    redactor
}

/// From now on a panic says that it is a bug, without a secret in its message.
pub fn install_panic_hook(redactor: Redactor) {
    std::panic::set_hook(Box::new(move |panic| {
        let trace = std::backtrace::Backtrace::capture();
        let trace = match trace.status() {
            std::backtrace::BacktraceStatus::Captured => format!("\n{trace}"),
            _ => String::new(),
        };
        let text = format!("error: this is a bug in podkeeper: {panic}{trace}\n");
        std::io::stderr().write_all(output::clean(&redactor, &text).as_bytes()).unwrap_or_default();
    }));
}

/// The command line as it can be written; what the documentation shows is held to it.
pub fn clap_command() -> clap::Command {
    Cli::command()
}

/// Runs the program and returns its exit code.
pub async fn run(surroundings: ProcessEnvironment) -> u8 {
    let ProcessEnvironment { args, env, clock, monotonic_ms: stopwatch, random_seed: seed, redactor, stdout, stderr } =
        surroundings;
    let mut output = Output::new(stdout, stderr.0, redactor.clone());
    let cli = match parse::parse(&args, &env) {
        Ok(cli) => cli,
        Err(failure) => return print_parse_failure(failure, &mut output),
    };
    output.set_color(cli.global.color, &env);
    let bar = Bar::new(&cli.global, &env, stderr.1);
    output.set_progress_bar(bar.clone());
    let guard = log::start(&cli.global, log_verbosity(&cli), clock, redactor.clone(), bar.clone());
    let context =
        Context { global: &cli.global, env: &env, clock, monotonic_ms: stopwatch, random_seed: seed, redactor, bar };
    let run = tracing::info_span!("run", command = cli.command.name());
    let ended = run_command(&cli.command, &context, &mut output).instrument(run).await;
    drop(guard);
    match ended {
        Ok(code) => match output.write_failure() {
            Some(why) => {
                let sentence = format!("the output could not be written ({why}); what was done is done");
                output.print_error_line(&sentence);
                ExitStatus::Incomplete.exit_code().max(code)
            }
            None => code,
        },
        Err(halt) => {
            output.print_error_line(&variables::with_origins(&halt.message, &args, &env));
            halt.exit_status.exit_code()
        }
    }
}

/// How often `-v` counts for the log: the page of `doctor` takes the first.
fn log_verbosity(cli: &Cli) -> u8 {
    match cli.command {
        Command::Doctor(_) => cli.global.verbose.saturating_sub(1),
        _ => cli.global.verbose,
    }
}

async fn run_command(command: &Command, context: &Context<'_>, output: &mut Output) -> Result<u8, CliError> {
    match command {
        Command::Apply(apply) => plan_and_apply::apply(apply, context, output).await,
        Command::Plan(plan) => plan_and_apply::plan(plan, context, output).await,
        Command::Retire(retire) => plan_and_apply::retire(retire, context, output).await,
        Command::Check(args) => check::run(args, context, output).await,
        Command::Page(page) => page::show_page(page, context, output).await,
        Command::Doctor(doctor) => doctor::run(doctor, context, output).await,
        Command::Init(args) => init::run(args, context, output).await,
        #[cfg(feature = "sandbox")]
        Command::Sandbox(serve) => sandbox::serve(serve, context, output).await,
        Command::Config(ConfigCommand::Schema { kind }) => {
            let schema = match kind {
                None => config::json_schemas(),
                Some(SchemaKindArg::Podkeeper) => config::json_schema(config::SchemaKind::Podkeeper),
                Some(SchemaKindArg::Pod) => config::json_schema(config::SchemaKind::Pod),
            };
            output.print(&(crate::pod::json::to_pretty_text(&schema) + "\n"));
            Ok(0)
        }
        Command::Config(ConfigCommand::Validate) => validate::validate(context, output),
        Command::Explain { name, markdown } => explain(name.as_deref(), *markdown, context, output),
        Command::Completions { shell } => {
            output.print(&manual::completions(*shell));
            Ok(0)
        }
        Command::Man { dir: None } => {
            output.print(&manual::page()?);
            Ok(0)
        }
        Command::Man { dir: Some(folder) } => {
            let count = manual::write_pages(folder)?;
            output.print(&format!("{count} pages were written into {}\n", folder.display()));
            Ok(0)
        }
    }
}

fn explain(name: Option<&str>, markdown: bool, context: &Context<'_>, output: &mut Output) -> Result<u8, CliError> {
    let json = context.global.format == OutputFormat::Json;
    let text = match name {
        _ if markdown => reference::markdown_tables().map(|(_, table)| table).join("\n"),
        None if json => reference::render_json(None),
        None => reference::render_list(output.terminal_width()),
        Some(name) => {
            let name = name.to_ascii_lowercase();
            let text = reference::explain_name(&name).ok_or_else(|| {
                let near = reference::similar_rule_or_action(&name)
                    .map(|near| format!("; did you mean `{near}`?"))
                    .unwrap_or_default();
                CliError::usage(format!(
                    "there is no rule, action or exit code `{name}`{near}\n`podkeeper explain` lists them all"
                ))
            })?;
            if json { reference::render_json(Some(&name)) } else { text }
        }
    };
    output.print(&text);
    Ok(0)
}

/// Help and version are results; everything else is a usage error.
fn print_parse_failure(failure: ParseFailure, output: &mut Output) -> u8 {
    match failure {
        ParseFailure::Shown(text) => {
            output.print(&text);
            return 0;
        }
        ParseFailure::Wrong(text) => output.print_stderr(&text),
        ParseFailure::WithoutEffect(sentence) => output.print_error_line(&sentence),
    }
    ExitStatus::Usage.exit_code()
}

/// Everything that is wrong with files, as the end of the program.
fn problems_error(text: &str) -> CliError {
    CliError::usage(text.trim_end().strip_prefix("error: ").unwrap_or(text).to_owned())
}
