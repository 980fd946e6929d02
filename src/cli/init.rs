//! `init`: writes the configuration of a pod, prefilled from its page.
//!
//! Read, propose, ask, make all texts, hold them against the parser, and only then write: whatever goes wrong before,
//! nothing was written.

mod dialogue;
mod new_files;
mod page_source;
mod project_files;

use std::io::IsTerminal as _;

use super::CliError;
use super::args::{InitArgs, OutputFormat};
use super::context::{Context, config_error};
use super::output::Output;
use crate::config::{self, ConfigFiles, INSTANCE_FILE};
use crate::init::choices::{Choices, Given, SharedValues};
use crate::init::files::Hints;
use crate::init::page_address::key_from_path;
use crate::init::proposal::Proposal;
use crate::init::questions::open_questions;
use crate::pod::PodKey;
use crate::report::init as report;
use dialogue::{Dialogue, Ended};
use linkcheck::target::host_with_port;
use page_source::PageText;

/// Runs it.
pub(super) async fn run(args: &InitArgs, context: &Context<'_>, output: &mut Output) -> Result<u8, CliError> {
    let mut dialogue = may_ask(args, context)?.then(Dialogue::start).transpose()?;
    let start = Start::read(args, context)?;
    let page = match page_source::read_page(args, &start, context, dialogue.as_mut(), output).await {
        Ok(page) => page,
        Err(Ended::Signal(code)) => return Ok(say_interrupted(code, output)),
        Err(Ended::Error(error)) => return Err(error),
    };
    let key = page_key(args, &page)?;
    start.check_pod_is_new(&key)?;
    let (proposal, mut choices) = propose(args, &start, &page, &key, context);
    let hints = Hints {
        site: proposal.site.clone(),
        pairing: proposal.pairing.clone(),
        agents: proposal.agents.as_ref().map(|(folder, line)| (folder.project.clone(), *line)),
    };
    let understood = project_files::understood(&proposal, &choices);
    let title = format!("{}, {} in {}", choices.name.value, choices.page.path, choices.page.project);
    if context.global.format == OutputFormat::Text {
        output.print_report(&report::render_understood(&title, &understood));
    }
    if let Some(dialogue) = &mut dialogue {
        let questions = open_questions(&choices, &hints);
        match dialogue.ask_all(&questions, &mut choices, output).await {
            Ok(()) => {}
            Err(Ended::Signal(code)) => return Ok(say_interrupted(code, output)),
            Err(Ended::Error(error)) => return Err(error),
        }
    }
    let files = project_files::make(args, &start, &choices, &hints, context)?;
    let written = new_files::write_all(&files.new).map_err(CliError::usage)?;
    let report = report::InitReport { pod: key, understood, written, ..files.report };
    match context.global.format {
        OutputFormat::Json => output.print(&report::render_json(&report)),
        OutputFormat::Text => output.print_report(&report::render_text(&report)),
    }
    Ok(0)
}

fn say_interrupted(code: u8, output: &mut Output) -> u8 {
    output.print_note("interrupted: nothing was written");
    code
}

/// Whether a person is asked; a script says that it takes what is proposed.
fn may_ask(args: &InitArgs, context: &Context<'_>) -> Result<bool, CliError> {
    let by_people =
        std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && context.env_var("CI").is_none();
    match (args.yes, by_people && context.global.format == OutputFormat::Text) {
        (true, _) => Ok(false),
        (false, true) => Ok(true),
        (false, false) => Err(CliError::usage(
            "init asks its questions on a terminal, and here is none; --yes takes what the page proposes, and marks what \
             is left to decide",
        )),
    }
}

/// What is there before anything is read or written.
pub(super) struct Start {
    /// The files of the configuration, none where there is none.
    pub(super) files: ConfigFiles,
    /// Whether there is an instance's file.
    pub(super) has_instance: bool,
    /// What its `[defaults]` say.
    pub(super) shared: SharedValues,
}

impl Start {
    fn read(args: &InitArgs, context: &Context<'_>) -> Result<Self, CliError> {
        let folder = &context.global.config;
        let has_instance = std::fs::symlink_metadata(folder.join(INSTANCE_FILE)).is_ok();
        let files = if has_instance {
            config::read_folder(folder).map_err(|problems| config_error(&problems, None))?
        } else {
            ConfigFiles { folder: folder.display().to_string(), ..ConfigFiles::default() }
        };
        let start = Self { has_instance, shared: shared_values(&files), files };
        if let Some(key) = &args.pod {
            start.check_pod_is_new(key)?;
        }
        Ok(start)
    }

    fn check_pod_is_new(&self, key: &str) -> Result<(), CliError> {
        let path = format!("{}/pods/{key}.toml", self.files.folder);
        // A link that leads nowhere is there, too.
        if std::fs::symlink_metadata(&path).is_ok() {
            let sentence =
                format!("{path} is there already, and init overwrites nothing; edit it, or give another key");
            return Err(CliError::usage(sentence));
        }
        Ok(())
    }
}

fn shared_values(files: &ConfigFiles) -> SharedValues {
    let value = |table: &str, key: &str| config::instance_text(files, &["defaults", table, key]);
    SharedValues {
        is_new: false,
        page_project: value("page", "project"),
        page_ref: value("page", "ref"),
        site: value("page", "site"),
        members_heading: value("page", "members_heading"),
        members_form: value("page", "members_form"),
        pairing_project: value("pairing", "project"),
        agents_project: value("agents", "project"),
        reports_project: value("reports", "project"),
        has_label_groups: config::has_instance_key(files, &["defaults", "documents", "label_groups"]),
    }
}

/// The pod's key: as it was given, or after the page's folder.
fn page_key(args: &InitArgs, page: &PageText) -> Result<String, CliError> {
    let key = args.pod.clone().or_else(|| key_from_path(&page.file.path));
    key.filter(|key| PodKey::parse(key).is_some()).ok_or_else(|| {
        CliError::usage("the page's folder gives no key for the pod; give one: podkeeper init KEY, of a-z, 0-9 and -")
    })
}

fn propose(args: &InitArgs, start: &Start, page: &PageText, key: &str, context: &Context<'_>) -> (Proposal, Choices) {
    let today = (context.clock)().date_naive();
    let named = || config::instance_text(&start.files, &["gitlab", "url"])?.parse().ok();
    let gitlab = page.file.gitlab.clone().or_else(named).as_ref().map(host_with_port);
    let gitlab = gitlab.as_deref().unwrap_or("gitlab.com");
    let proposal = Proposal::read(&page.text, &page.file.path, &page.file.project, gitlab, today);
    let given = Given {
        gitlab_is_named_by_site: page.site_names_gitlab,
        name: args.name.clone(),
        label: args.label.clone(),
        cron: args.cron.clone(),
        zone: args.zone.clone(),
        pairing_project: args.pairing_project.clone(),
        agents_project: args.agents_project.clone(),
        reports_project: args.reports_project.clone(),
        site: args.site_url.clone().or_else(|| page.site.clone()),
    };
    let choices = Choices::new(key, page.file.clone(), &proposal, &given, &start.shared);
    (proposal, choices)
}
