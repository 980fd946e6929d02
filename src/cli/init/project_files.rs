//! The files of a project: which are made, which are there, and what is said of both.

use std::path::PathBuf;

use super::super::CliError;
use super::super::args::InitArgs;
use super::super::context::{Context, config_error};
use super::Start;
use super::new_files::NewFile;
use crate::config::{self, Config, ConfigFiles, INSTANCE_FILE};
use crate::init::choices::{Choices, Given, SessionChoice, SharedValues};
use crate::init::files::{FileText, Hints, TOKEN_VARIABLE, ci_file, instance_file, pod_file, readme_section};
use crate::init::page_address::PageFile;
use crate::init::proposal::Proposal;
use crate::pod::text::one_line;
use crate::report::init::{Decision, InitReport, LeftFile};

const CI_FILE: &str = ".gitlab-ci.yml";
const README_FILE: &str = "README.md";

/// What is written, and what is said.
pub(super) struct ProjectFiles {
    /// The files that are not there yet.
    pub(super) new: Vec<NewFile>,
    /// All but what was written.
    pub(super) report: InitReport,
}

/// Makes all texts and holds the configuration against the parser.
pub(super) fn make(
    args: &InitArgs,
    start: &Start,
    choices: &Choices,
    hints: &Hints,
    context: &Context<'_>,
) -> Result<ProjectFiles, CliError> {
    let mut made = ProjectFiles { new: Vec::new(), report: InitReport::default() };
    let folder = &start.files.folder;
    let mut config = start.files.clone();
    let shared = if start.has_instance {
        start.shared.clone()
    } else {
        let file = instance_file(choices, hints);
        config.texts.insert(INSTANCE_FILE.to_owned(), file.text.clone());
        made.add(format!("{folder}/{INSTANCE_FILE}"), file);
        SharedValues { is_new: true, ..super::shared_values(&config) }
    };
    let pod = format!("pods/{}.toml", choices.key);
    let file = pod_file(choices, &shared, hints);
    config.texts.insert(pod.clone(), file.text.clone());
    made.add(format!("{folder}/{pod}"), file);
    let parsed = parse(&config, context)?;
    made.add_ci(args, choices, folder, &parsed)?;
    made.add_readme(&parsed, context);
    made.report.next = next_steps(choices, context);
    Ok(made)
}

/// The existing configuration with one pod more, whose page is at a place: what a page is read with, and what a sandbox
/// is seeded with.
pub(super) fn config_with_pod_at(
    start: &Start,
    key: &str,
    file: &PageFile,
    context: &Context<'_>,
) -> Result<Config, CliError> {
    let page = PageFile { gitlab: None, ..file.clone() };
    let proposal = Proposal::read("", &page.path, &page.project, "gitlab.com", (context.clock)().date_naive());
    let given = Given { cron: Some("0 15 * * Thu".to_owned()), ..Given::default() };
    let choices = Choices::new(key, page, &proposal, &given, &start.shared);
    let mut config = start.files.clone();
    let shared = if start.has_instance {
        start.shared.clone()
    } else {
        config.texts.insert(INSTANCE_FILE.to_owned(), instance_file(&choices, &Hints::default()).text);
        SharedValues { is_new: true, ..super::shared_values(&config) }
    };
    config.texts.insert(format!("pods/{key}.toml"), pod_file(&choices, &shared, &Hints::default()).text);
    parse(&config, context)
}

fn parse(files: &ConfigFiles, context: &Context<'_>) -> Result<Config, CliError> {
    config::parse(files, (context.clock)().date_naive()).map_err(|problems| config_error(&problems, Some(files)))
}

impl ProjectFiles {
    fn add(&mut self, path: String, file: FileText) {
        let decisions = file.decisions.into_iter();
        self.report.decide.extend(decisions.map(|(line, what)| Decision { path: path.clone(), line, what }));
        self.new.push(NewFile { path: PathBuf::from(path), text: file.text });
    }

    fn add_ci(&mut self, args: &InitArgs, choices: &Choices, folder: &str, config: &Config) -> Result<(), CliError> {
        let component = component_address(args)?;
        // A path from the root is one of this machine.
        let folder = if folder.starts_with('/') { "config" } else { folder };
        let file = ci_file(&choices.key, &component, folder, &config.token_variables.default);
        let Some(there) = existing_text(CI_FILE) else {
            self.add(CI_FILE.to_owned(), file);
            return Ok(());
        };
        let (advice, add) = if there.contains("/podkeeper@") {
            (format!("add {} to the `pods` of its podkeeper component, unless it names none", choices.key), None)
        } else {
            ("add to it:".to_owned(), Some(file.text))
        };
        self.report.left.push(LeftFile { path: CI_FILE.to_owned(), advice: Some(advice), add });
        Ok(())
    }

    fn add_readme(&mut self, config: &Config, context: &Context<'_>) {
        let folder = context.global.config.display().to_string();
        let section = readme_section(&config.token_variables.default, &folder);
        match existing_text(README_FILE) {
            None => self.add(
                README_FILE.to_owned(),
                FileText { text: format!("# Support Pods\n\n{section}"), decisions: Vec::new() },
            ),
            Some(there) if there.lines().any(|line| line.trim() == "## podkeeper") => {
                self.report.left.push(LeftFile { path: README_FILE.to_owned(), advice: None, add: None });
            }
            Some(_) => {
                let advice = Some("add to it, if you like:".to_owned());
                self.report.left.push(LeftFile { path: README_FILE.to_owned(), advice, add: Some(section) });
            }
        }
    }
}

/// The text of a file of this folder; empty where something is there that cannot be read as one.
fn existing_text(path: &str) -> Option<String> {
    std::fs::symlink_metadata(path).ok()?;
    let text = config::regular_file::read_regular_text(path.as_ref(), config::regular_file::MAX_TEXT_FILE_BYTES);
    Some(text.unwrap_or_default())
}

/// Where the component is released: of this program's own repository and version.
fn component_address(args: &InitArgs) -> Result<String, CliError> {
    let Some(named) = &args.component else {
        let repository = env!("CARGO_PKG_REPOSITORY");
        let path = repository.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
        return Ok(format!("$CI_SERVER_FQDN/{path}/podkeeper@{}", env!("CARGO_PKG_VERSION")));
    };
    let good = |c: char| c.is_ascii_alphanumeric() || "$_./@:~-".contains(c);
    let has_version = named.rsplit_once('@').is_some_and(|(path, version)| path.contains('/') && !version.is_empty());
    if has_version && named.len() <= 1024 && named.chars().all(good) {
        return Ok(named.clone());
    }
    Err(CliError::usage(
        "--component takes an address with a version, for example $CI_SERVER_FQDN/your-group/podkeeper/podkeeper@1.4.0",
    ))
}

/// What was understood, for the lines before the questions.
pub(super) fn understood(proposal: &Proposal, choices: &Choices) -> Vec<(&'static str, String)> {
    let found = proposal.members;
    let leads = if found.leads == 1 { "1 lead".to_owned() } else { format!("{} leads", found.leads) };
    let handles = match found.with_handle {
        all if all == found.all && all > 0 => "all with a handle".to_owned(),
        some => format!("{some} with a handle"),
    };
    let form = &choices.form;
    let heading = form.members_heading.as_ref();
    let heading = heading.map_or(String::new(), |heading| format!(", below \"{}\"", one_line(heading)));
    let members = format!("{}, {handles}, {leads} (form {}{heading})", found.all, form.members_form.as_str());
    let gitlab = choices.page.gitlab.as_ref().map(|url| ("GitLab", url.as_str().trim_end_matches('/').to_owned()));
    let mut lines: Vec<(&str, String)> = gitlab.into_iter().collect();
    lines.extend([("members", members), ("label", choices.label.value.clone())]);
    lines.extend(choices.sessions.iter().filter_map(session_line).map(|text| ("session", text)));
    lines.extend(choices.group.value.as_ref().map(|group| ("group", one_line(group))));
    lines.extend(choices.slack.as_ref().map(|channel| ("channel", one_line(channel))));
    lines
}

fn session_line(session: &SessionChoice) -> Option<String> {
    let keys = session.keys.as_ref().filter(|_| session.decide.is_none())?;
    let source = session.source.as_ref().map_or(String::new(), |(line, text)| format!(" (line {line}: {text})"));
    Some(format!("{}{source}", keys.text()))
}

fn next_steps(choices: &Choices, context: &Context<'_>) -> Vec<String> {
    let folder = context.global.config.display().to_string();
    let config = if folder == "config" { String::new() } else { format!(" --config {folder}") };
    let sandbox = cfg!(feature = "sandbox")
        .then(|| format!("podkeeper plan {} --sandbox{config}: what it would do, in a GitLab of its own", choices.key));
    [Some(format!("podkeeper config validate{config}: what is still to be fitted"))]
        .into_iter()
        .chain([sandbox])
        .flatten()
        .chain([
            format!(
                "podkeeper doctor{config}: what the real GitLab lacks, and the token to ask for ({TOKEN_VARIABLE})"
            ),
            "commit the files, and review them: they say where the token is used".to_owned(),
            "make a pipeline schedule on GitLab: Build > Pipeline schedules".to_owned(),
        ])
        .collect()
}
