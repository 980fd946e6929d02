//! The texts of the files, each with the lines in which something is still to be decided.

use super::choices::{Choices, PLACEHOLDER_GROUP, SessionChoice, SessionKeys, SharedValues};
use super::quoting::{comment_lines, toml_list, toml_string, yaml_text, yaml_word};
use crate::pod::page_form::{MembersForm, PageForm};

/// The environment variable that holds the token unless a configuration names another.
pub const TOKEN_VARIABLE: &str = "PODKEEPER_TOKEN";

/// GitLab's address unless a configuration names another.
const USUAL_GITLAB: &str = "https://gitlab.com";

/// Regions after which sessions are told apart.
const REGIONS: [&str; 5] = ["AMER", "APAC", "EMEA", "LATAM", "NORAM"];

/// A text, and what is to be decided in which of its lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileText {
    /// The text.
    pub text: String,
    /// Lines from 1, each with a question or a sentence.
    pub decisions: Vec<(usize, String)>,
}

/// `podkeeper.toml`: the GitLab, and what further pods will share.
pub fn instance_file(choices: &Choices, hints: &Hints) -> FileText {
    let mut file = Lines::default();
    file.comment("The GitLab instance and what the pods share. `podkeeper config schema` describes every key.");
    let gitlab = choices.page.gitlab.as_ref().map(|url| url.as_str().trim_end_matches('/'));
    if let Some(url) = gitlab.filter(|url| *url != USUAL_GITLAB) {
        file.table("gitlab");
        if choices.gitlab_is_named_by_site {
            // Whoever writes the site's pages does not say where the token goes.
            file.decide(
                "the page's site names this GitLab, and the token goes to it; is it yours? Then take the # away",
            );
            file.comment(&format!("url = {}", toml_string(url)));
        } else {
            file.key("url", &toml_string(url));
        }
    }
    file.table("tokens");
    file.comment("The name of the variable that holds the token, never the token itself.");
    file.key("default", &toml_string(TOKEN_VARIABLE));
    file.table("defaults.page");
    file.key("project", &toml_string(&choices.page.project));
    if choices.page.git_ref != "main" {
        file.key("ref", &toml_string(&choices.page.git_ref));
    }
    write_site(&mut file, choices, hints);
    file.table("defaults.pairing");
    write_project(&mut file, &choices.pairing.value, choices.pairing.decide.as_deref(), hints.pairing.as_ref());
    file.table("defaults.agents");
    let agents = &choices.agents.value;
    write_project(&mut file, &agents.project, choices.agents.decide.as_deref(), hints.agents.as_ref());
    file.key("path", &toml_string(&agents.path));
    if agents.git_ref != "main" {
        file.key("ref", &toml_string(&agents.git_ref));
    }
    file.table("defaults.reports");
    file.comment("The roster report names people: a private project, or a confidential issue.");
    write_project(&mut file, &choices.reports.value, choices.reports.decide.as_deref(), None);
    file.key("confidential", "true");
    if !choices.label_groups.is_empty() {
        file.table("defaults.documents");
        file.comment("The groups whose labels the pages mean by ~\"…\".");
        file.key("label_groups", &toml_list(&choices.label_groups));
    }
    file.finish()
}

/// What the page links to: what belongs in the place of a placeholder, most likely. Projects have their lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// The page's site.
    pub site: Option<String>,
    /// Of the pairing issues.
    pub pairing: Option<(String, usize)>,
    /// Of the Support Team data.
    pub agents: Option<(String, usize)>,
}

/// `pods/KEY.toml`: what `[defaults]` does not say already.
pub fn pod_file(choices: &Choices, shared: &SharedValues, hints: &Hints) -> FileText {
    let mut file = Lines::default();
    file.comment("The file's name is the pod's key. `podkeeper config schema` describes every key.");
    file.deciding("name", &toml_string(&choices.name.value), choices.name.decide.as_deref());
    file.table("page");
    if shared.page_project.as_ref() != Some(&choices.page.project) {
        file.key("project", &toml_string(&choices.page.project));
    }
    file.key("path", &toml_string(&choices.page.path));
    if shared.page_ref.as_deref().unwrap_or("main") != choices.page.git_ref {
        file.key("ref", &toml_string(&choices.page.git_ref));
    }
    if shared.site != choices.site.value || (choices.site.decide.is_some() && !shared.is_new) {
        write_site(&mut file, choices, hints);
    }
    write_form(&mut file, &choices.form, shared);
    if let Some(decide) = &choices.members_decide {
        file.decide(decide);
    }
    if shared.pairing_project.as_ref() != Some(&choices.pairing.value) {
        file.table("pairing");
        write_project(&mut file, &choices.pairing.value, choices.pairing.decide.as_deref(), hints.pairing.as_ref());
    }
    file.table("label");
    file.deciding("name", &toml_string(&choices.label.value), choices.label.decide.as_deref());
    write_sessions(&mut file, &choices.sessions);
    write_group(&mut file, choices);
    if shared.agents_project.as_ref() != Some(&choices.agents.value.project) {
        let agents = &choices.agents.value;
        file.table("agents");
        write_project(&mut file, &agents.project, choices.agents.decide.as_deref(), hints.agents.as_ref());
        file.key("path", &toml_string(&agents.path));
        // The defaults may name another one.
        file.key("ref", &toml_string(&agents.git_ref));
    }
    if shared.reports_project.as_ref() != Some(&choices.reports.value) {
        file.table("reports");
        write_project(&mut file, &choices.reports.value, choices.reports.decide.as_deref(), None);
        file.key("confidential", "true");
    }
    if !shared.has_label_groups && !choices.label_groups.is_empty() {
        file.table("documents");
        file.key("label_groups", &toml_list(&choices.label_groups));
    }
    if let Some(channel) = &choices.slack {
        file.table("slack");
        file.key("channel", &toml_string(channel));
    }
    file.finish()
}

/// `.gitlab-ci.yml`: the component that runs podkeeper.
pub fn ci_file(key: &str, component: &str, config_folder: &str, token_variable: &str) -> FileText {
    let mut file = Lines::default();
    file.comment("Runs podkeeper: `plan` for merge requests, `apply` for the pipeline schedule.");
    file.line("include:");
    let is_plain = component.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '$');
    let written = if is_plain && !component.contains([' ', '#']) { component.to_owned() } else { yaml_text(component) };
    file.line(&format!("  - component: {written}"));
    if component.contains(&format!("/{PLACEHOLDER_GROUP}/")) {
        file.note("the project from which podkeeper is released on your GitLab (--component)");
    }
    file.line("    inputs:");
    file.line(&format!("      pods: {}", yaml_word(key)));
    if config_folder != "config" {
        file.line(&format!("      config: {}", yaml_text(config_folder)));
    }
    if token_variable != TOKEN_VARIABLE {
        file.line(&format!("      token_variable: {}", yaml_text(token_variable)));
    }
    file.finish()
}

/// What stands in a README about it.
pub fn readme_section(token_variable: &str, config_folder: &str) -> String {
    format!(
        "## podkeeper\n\n\
         podkeeper keeps our Support Pods running: their pairing issues, the label on them, and the links and members of \
         their pages.\n\
         What it does for which pod stands in `{config_folder}/`, one file for each pod in `{config_folder}/pods/`.\n\n\
         - It runs in this project's pipelines, by the `include` in `.gitlab-ci.yml`.\n\
         \x20 When it runs is a pipeline schedule: Build > Pipeline schedules.\n\
         - Its token is the CI/CD variable `{token_variable}`: Settings > CI/CD > Variables, masked, protected, environment scope \
         `podkeeper`.\n\
         \x20 `podkeeper doctor --token-request` prints what to ask for.\n\
         - `podkeeper doctor` says what is missing, `podkeeper plan` what the next run would do.\n"
    )
}

fn write_site(file: &mut Lines, choices: &Choices, hints: &Hints) {
    match (&choices.site.value, &choices.site.decide) {
        (Some(site), _) => file.key("site", &toml_string(site)),
        (None, Some(decide)) => {
            file.decide(decide);
            let site = hints.site.as_deref().unwrap_or("https://handbook.example.com");
            file.line(&format!("# site = {}", toml_string(site)));
        }
        (None, None) => {}
    }
}

/// How members are read, where it is not as usual or not as the other pods have it.
fn write_form(file: &mut Lines, form: &PageForm, shared: &SharedValues) {
    let usual = MembersForm::Shortcode.as_str();
    if let Some(heading) =
        form.members_heading.as_ref().filter(|heading| shared.members_heading.as_ref() != Some(heading))
    {
        file.key("members_heading", &toml_string(heading));
    }
    if form.members_heading.is_none() && shared.members_heading.is_some() {
        file.decide("[defaults.page] names another heading above the members than this page has; write the page's own");
        file.comment("members_heading = \"Secure Pod members\"");
    }
    if shared.members_form.as_deref().unwrap_or(usual) != form.members_form.as_str() {
        file.key("members_form", &toml_string(form.members_form.as_str()));
    }
}

/// A project; a placeholder with what the page links to instead.
fn write_project(file: &mut Lines, project: &str, decide: Option<&str>, hint: Option<&(String, usize)>) {
    let decide = decide.map(|decide| match hint.filter(|(hinted, _)| hinted != project) {
        Some((project, line)) => format!("{decide}; the page links to {project} in line {line}"),
        None => decide.to_owned(),
    });
    file.deciding("project", &toml_string(project), decide.as_deref());
}

fn write_sessions(file: &mut Lines, sessions: &[SessionChoice]) {
    let many = sessions.iter().filter(|session| session.keys.is_some()).count() > 1;
    let mut slots: Vec<String> = Vec::new();
    for session in sessions {
        file.blank();
        // The sentence itself may name people, so the file has its place alone.
        let place = session.source.as_ref().map(|(line, _)| format!("line {line} of the page: "));
        let place = place.unwrap_or_default();
        let Some(keys) = &session.keys else {
            let why = session.decide.as_deref().unwrap_or("the pod does not meet");
            file.decide(&format!("{place}{why}; without [[session]] no pairing issue is opened"));
            for line in ["[[session]]", "cron = \"0 15 * * Thu\"", "zone = \"UTC\""] {
                file.line(&format!("# {line}"));
            }
            continue;
        };
        let slot = many.then(|| free_slot(session, keys, &mut slots));
        let sign = if session.decide.is_some() { "# " } else { "" };
        if let Some(why) = &session.decide {
            file.decide(&format!("{place}{why}; then take the signs before these lines away"));
        }
        for line in session_lines(keys, slot.as_deref()) {
            file.line(&format!("{sign}{line}"));
        }
    }
}

/// A slot that no other session of the pod has: the region that its sentence names, or its weekday, with a number from the
/// second one on.
fn free_slot(session: &SessionChoice, keys: &SessionKeys, taken: &mut Vec<String>) -> String {
    let words = session.source.iter().flat_map(|(_, text)| text.split(|c: char| !c.is_alphanumeric()));
    let mut regions: Vec<&str> = words.filter(|word| REGIONS.contains(word)).collect();
    regions.dedup();
    let day = match regions[..] {
        [region] => region.to_lowercase(),
        _ => keys.cron.rsplit(' ').next().unwrap_or_default().to_lowercase(),
    };
    let day = if crate::pod::is_slug(&day) { day } else { "session".to_owned() };
    let numbered = (2..).map(|number| format!("{day}-{number}"));
    let slot = std::iter::once(day.clone()).chain(numbered).find(|slot| !taken.contains(slot)).unwrap_or(day);
    taken.push(slot.clone());
    slot
}

fn session_lines(keys: &SessionKeys, slot: Option<&str>) -> Vec<String> {
    let mut lines = vec!["[[session]]".to_owned()];
    lines.extend(slot.map(|slot| format!("slot = {}", toml_string(slot))));
    lines.push(format!("cron = {}", toml_string(&keys.cron)));
    lines.push(format!("zone = {}", toml_string(&keys.zone)));
    lines.extend(keys.minutes.map(|minutes| format!("duration = \"{minutes}m\"")));
    if let Some((weeks, from)) = keys.every_from {
        lines.extend([format!("every = {weeks}"), format!("anchor = \"{from}\"")]);
    }
    lines.extend(keys.event.as_ref().map(|event| format!("event = {}", toml_string(event))));
    lines
}

fn write_group(file: &mut Lines, choices: &Choices) {
    match (&choices.group.value, &choices.group.decide) {
        (Some(group), _) => {
            file.table("members");
            file.key("zendesk_group", &toml_string(group));
        }
        (None, Some(decide)) => {
            file.blank();
            file.decide(decide);
            file.line("# [members]");
            file.line("# zendesk_group = \"Support Focus: …\"");
        }
        (None, None) => {}
    }
}

/// A text that grows line by line.
#[derive(Default)]
struct Lines {
    lines: Vec<String>,
    decisions: Vec<(usize, String)>,
}

impl Lines {
    fn line(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }

    fn blank(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
    }

    fn comment(&mut self, text: &str) {
        self.lines.extend(comment_lines(text));
    }

    fn table(&mut self, name: &str) {
        self.blank();
        self.line(&format!("[{name}]"));
    }

    fn key(&mut self, key: &str, value: &str) {
        self.line(&format!("{key} = {value}"));
    }

    /// A key with what is to be decided about it above.
    fn deciding(&mut self, key: &str, value: &str, decide: Option<&str>) {
        if let Some(decide) = decide {
            self.decide(decide);
        }
        self.key(key, value);
    }

    /// What is to be decided about the line below.
    fn decide(&mut self, what: &str) {
        self.decisions.push((self.lines.len() + 1, what.to_owned()));
        let end = if what.ends_with('?') { "" } else { "." };
        self.comment(&format!("Decide: {what}{end}"));
    }

    /// What is to be decided about the line above.
    fn note(&mut self, what: &str) {
        self.decisions.push((self.lines.len(), what.to_owned()));
    }

    fn finish(self) -> FileText {
        FileText { text: self.lines.join("\n") + "\n", decisions: self.decisions }
    }
}
