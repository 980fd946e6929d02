//! The command line: arguments in, texts and an exit code out. Everything that is printed goes through
//! [`sink::Sink`], and so through the redactor.

mod args;
mod check;
mod disk;
mod door;
mod files;
mod instances;
mod kept;
mod limits;
mod log;
mod page;
mod pile;
pub mod plot;
mod progress;
mod signals;
mod sink;
mod web;
mod work;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;

use chrono::{DateTime, Utc};
use clap::Parser as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::config;
use crate::gitlab::Redactor;
use crate::pod::run::Ending;
use crate::report::rules;
use args::{Cli, Command, Config, Global};
use progress::Bar;
use sink::Sink;

/// What the program is surrounded by, read once in `main.rs`.
pub struct Surroundings {
    /// The arguments, the program's own name first.
    pub args: Vec<OsString>,
    /// The environment.
    pub env: BTreeMap<String, String>,
    /// The wall clock.
    pub clock: fn() -> DateTime<Utc>,
    /// Milliseconds since some moment; only for saying how long something took.
    pub stopwatch: fn() -> u64,
    /// Seed of everything that is random.
    pub seed: u64,
    /// What every text goes through; shared with the panic hook.
    pub redactor: Redactor,
    /// Standard output, and whether it is a terminal.
    pub stdout: (Box<dyn Write + Send>, bool),
    /// Standard error, and whether it is a terminal.
    pub stderr: (Box<dyn Write + Send>, bool),
}

/// An end before the work's own end: a sentence for standard error and the exit code.
#[derive(Debug)]
pub(crate) struct Halt {
    pub(crate) ending: Ending,
    pub(crate) sentence: String,
}

impl Halt {
    pub(crate) fn usage(sentence: impl Into<String>) -> Self {
        Self { ending: Ending::Usage, sentence: sentence.into() }
    }
}

/// Knows the tokens of the environment from the start, before any configuration names them.
pub fn redactor(env: &BTreeMap<String, String>) -> Redactor {
    // Shorter values could be ordinary words, and a report without them would not say what is meant.
    let secrets = env.iter().filter(|(name, value)| name.ends_with("TOKEN") && value.trim().len() >= 16);
    let redactor = Redactor::default();
    secrets.for_each(|(_, value)| redactor.learn(&secrecy::SecretString::from(value.clone())));
    redactor
}

/// From now on a panic says that it is a bug, without a secret in its message.
pub fn quiet_panics(redactor: Redactor) {
    std::panic::set_hook(Box::new(move |panic| {
        let trace = std::backtrace::Backtrace::capture();
        let trace = match trace.status() {
            std::backtrace::BacktraceStatus::Captured => format!("\n{trace}"),
            _ => String::new(),
        };
        let text = format!("error: this is a bug in podkeeper: {panic}{trace}\n");
        std::io::stderr().write_all(redactor.clean(&text).as_bytes()).unwrap_or_default();
    }));
}

/// Runs the program and returns its exit code.
pub async fn run(surroundings: Surroundings) -> u8 {
    let Surroundings { args, env, clock, stopwatch, seed, redactor, stdout, stderr } = surroundings;
    let mut sink = Sink::new(stdout, stderr.0, redactor.clone());
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return told_by_clap(&error, &mut sink),
    };
    sink.color(cli.global.color, &env);
    let bar = Bar::new(&cli.global, &env, stderr.1);
    sink.beside(bar.clone());
    let guard = log::start(&cli.global, redactor.clone(), bar.clone());
    let with = work::With { global: &cli.global, env: &env, clock, stopwatch, seed, redactor, bar };
    let ended = command(&cli.command, &with, &mut sink).await;
    drop(guard);
    match ended {
        Ok(code) => match sink.lost() {
            Some(why) => {
                let sentence = format!("the output could not be written ({why}); what was done is done");
                sink.error(&sentence);
                Ending::Incomplete.code().max(code)
            }
            None => code,
        },
        Err(halt) => {
            sink.error(&halt.sentence);
            halt.ending.code()
        }
    }
}

async fn command(command: &Command, with: &work::With<'_>, sink: &mut Sink) -> Result<u8, Halt> {
    match command {
        Command::Apply(apply) => work::apply(apply, with, sink).await,
        Command::Plan(plan) => work::plan(plan, with, sink).await,
        Command::Check(args) => check::run(args, with, sink).await,
        Command::Page(page) => page::show(page, with, sink).await,
        Command::Sandbox(serve) => door::serve(serve, with, sink).await,
        Command::Config(Config::Schema) => {
            sink.out(&format!("{:#}\n", config::schema()));
            Ok(0)
        }
        Command::Config(Config::Validate) => {
            let config = with.config()?;
            let pods: Vec<String> = config.pods.iter().map(|pod| pod.key.to_string()).collect();
            sink.out(&format!("{} is good: {}\n", with.global.config.display(), pods.join(", ")));
            Ok(0)
        }
        Command::Explain { name: None } => {
            sink.out(&rules::list());
            Ok(0)
        }
        Command::Explain { name: Some(name) } => {
            let text = rules::explain(name).ok_or_else(|| {
                let near = rules::near(name).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                Halt::usage(format!("there is no rule or action `{name}`{near}\n`podkeeper explain` lists them all"))
            })?;
            sink.out(&text);
            Ok(0)
        }
    }
}

/// Help and version are results; everything else is a usage error.
fn told_by_clap(error: &clap::Error, sink: &mut Sink) -> u8 {
    let mut text = error.render().to_string();
    if let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidValue) {
        // An address that cannot be read may hold a password or a token that nobody knows of.
        if value.contains("://") && value.contains(['@', '?', '#']) {
            text = text.replace(value.as_str(), "[address]");
        }
    }
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        sink.out(&text);
        return 0;
    }
    sink.raw_error(&text);
    Ending::Usage.code()
}

/// Everything that is wrong with files, as the end of the program.
fn wrong(problems: &[config::Problem], text_of: impl Fn(&str) -> Option<String>) -> Halt {
    let text = config::render(problems, text_of);
    Halt::usage(text.trim_end().strip_prefix("error: ").unwrap_or(&text).to_owned())
}

impl work::With<'_> {
    /// The configuration, or an empty one where there is none at all: plain files need none.
    pub(crate) fn config_or_none(&self) -> Result<config::Config, Halt> {
        if self.global.config.join(config::INSTANCE_FILE).exists() { self.config() } else { Ok(config::Config::none()) }
    }

    /// The configuration, or everything that is wrong with it.
    pub(crate) fn config(&self) -> Result<config::Config, Halt> {
        let Global { config: folder, .. } = self.global;
        let tell = |problems: &[config::Problem], files: Option<&config::Files>| {
            wrong(problems, |path| {
                let files = files?;
                let relative = path.strip_prefix(&format!("{}/", files.folder))?;
                files.texts.get(relative).cloned()
            })
        };
        let files = config::read(folder).map_err(|problems| tell(&problems, None))?;
        config::understand(&files, (self.clock)().date_naive()).map_err(|problems| tell(&problems, Some(&files)))
    }
}
