//! One pod's file, with the defaults for what it leaves out.

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::NaiveDate;
use toml::Spanned;
use url::Url;

use super::repair::repair;
use super::value;
use super::written::{Source, Written, own_or_default};
use crate::config::placeholder::{Placeholder, is_placeholder};
use crate::config::problem::Problem;
use crate::config::{ConfigFiles, INSTANCE_FILE, raw};
use crate::pod::agent::MembershipRule;
use crate::pod::label::LabelName;
use crate::pod::pairing_options::SettingProblem;
use crate::pod::rule::Rule;
use crate::pod::schedule::{Skip, Slot};
use crate::pod::similar_name::find_similar_name;
use crate::pod::{AgentsLocation, Exception, LabelSpec, Pod, PodKey, ReportTarget, Task};

pub(super) const DEFAULT_COLOR: &str = "#428BCA";

/// What every pod's file is understood with.
pub(super) struct ParserContext<'a> {
    pub(super) files: &'a ConfigFiles,
    pub(super) today: NaiveDate,
    /// What holds where a file says nothing.
    pub(super) defaults: &'a raw::Defaults,
    /// Keys of `podkeeper.toml` that are there and were not understood; nothing is known where no key was.
    pub(super) defaults_left_out: Option<&'a BTreeSet<String>>,
    /// Days on which no pod meets.
    pub(super) fleet_skips: &'a [Skip],
}

/// One pod's file while it is being understood.
pub(super) struct PodFileParser<'a> {
    pub(super) files: &'a ConfigFiles,
    pub(super) path: String,
    pub(super) name: &'a str,
    pub(super) today: NaiveDate,
    pub(super) defaults: &'a raw::Defaults,
    defaults_left_out: Option<&'a BTreeSet<String>>,
    /// Keys of the file that are there and were not understood, so that none of them is called missing.
    left_out: &'a BTreeSet<String>,
    pub(super) problems: Vec<Problem>,
    /// What is wrong with the template.
    pub(super) template_problems: Vec<Problem>,
    /// What cannot be used and is left out.
    pub(super) setting_problems: Vec<SettingProblem>,
    /// Days on which no pod meets.
    pub(super) fleet_skips: &'a [Skip],
    /// Paths that are still those of the shipped configuration.
    pub(super) placeholders: Vec<Placeholder>,
}

impl<'a> PodFileParser<'a> {
    /// Begins with a file of this name below the folder.
    pub(super) fn new(context: &ParserContext<'a>, name: &'a str, left_out: &'a BTreeSet<String>) -> Self {
        let &ParserContext { files, today, defaults, defaults_left_out, fleet_skips } = context;
        let path = format!("{}/{name}", files.folder);
        let (problems, template_problems) = (Vec::new(), Vec::new());
        let (setting_problems, placeholders) = (Vec::new(), Vec::new());
        Self {
            files,
            path,
            name,
            today,
            defaults,
            defaults_left_out,
            left_out,
            problems,
            template_problems,
            setting_problems,
            fleet_skips,
            placeholders,
        }
    }
}

impl PodFileParser<'_> {
    /// The pod, or nothing and at least one problem.
    pub(super) fn parse_pod(&mut self, raw: &raw::Pod) -> Option<Pod> {
        let stem = self.name.trim_start_matches("pods/").trim_end_matches(".toml");
        let key = PodKey::parse(stem);
        if key.is_none() {
            let good = repair(stem, |text| PodKey::parse(text).is_some()).unwrap_or_else(|| "secure".to_owned());
            let message =
                format!("`{stem}` cannot be a pod's key; name the file with a-z, 0-9 and -, for example {good}.toml");
            self.problems.push(Problem::about_whole_file(&self.path, message));
        }
        let name = raw.name.as_ref().and_then(|name| self.parse_name(name));
        let calendar = self.parse_calendar(&raw.calendar);
        let slots = raw.session.iter().enumerate();
        let slots: Vec<Slot> = slots
            .filter_map(|session| self.parse_slot((key.as_ref(), raw.name.as_ref()), &calendar, session))
            .collect();
        self.check_slot_keys_unique(raw);
        let formerly = raw
            .formerly
            .iter()
            .filter_map(|old| {
                let former = self.parse_value(old, "a pod's key", "secure", PodKey::parse)?;
                if Some(&former) == key.as_ref() {
                    let message = format!("`{former}` is the pod's key now");
                    self.add_problem(old.span(), message, "name here what it was called before, or take it out");
                }
                Some(former)
            })
            .collect();
        let page = raw.page.as_ref().and_then(|page| self.parse_page(page));
        let project = self.parse_pairing_project(raw);
        let label = raw.label.as_ref().and_then(|label| self.parse_label(label));
        let own_pairing = raw.pairing.as_ref().map(Spanned::get_ref);
        let template = self.parse_template(own_pairing.and_then(|pairing| pairing.template.as_ref()));
        let pairing = self.parse_pairing_options(own_pairing);
        let absences = raw.away.iter().filter_map(|away| self.parse_absence(away)).collect();
        let membership = self.parse_membership(raw);
        let agents = self.parse_agents(raw.agents.as_ref());
        let reports = self.parse_reports(raw);
        let label_groups = self.parse_label_groups(raw);
        let exceptions = raw.exception.iter().filter_map(|exception| self.parse_exception(exception)).collect();
        let slack_channel = raw.slack.channel.as_ref().and_then(|channel| {
            self.parse_value(channel, "a Slack channel", "#spt_pod_secure", value::parse_slack_channel)
        });
        Some(Pod {
            key: key?,
            name: name?,
            former_keys: formerly,
            page: page?,
            pairing_project: project?,
            label: label?,
            slots,
            tasks: Task::ALL.into_iter().map(|(task, _)| task).collect(),
            membership: membership?,
            agents: agents?,
            reports: reports?,
            label_groups,
            template: template?,
            slack_channel,
            gitlab_url: Url::parse(super::DEFAULT_INSTANCE_URL).ok()?,
            bot_usernames: Vec::new(),
            exceptions,
            is_retiring: false,
            pairing: pairing?,
            absences,
            setting_problems: std::mem::take(&mut self.setting_problems),
        })
    }

    fn parse_name(&mut self, name: &Spanned<String>) -> Option<String> {
        self.parse_value(
            name,
            "a display name of 1 to 100 characters on one line",
            "Secure Pod",
            value::parse_short_line,
        )
    }

    fn parse_pairing_project(&mut self, raw: &raw::Pod) -> Option<String> {
        let own = raw.pairing.as_ref().and_then(|pairing| pairing.get_ref().project.as_ref());
        let header = raw.pairing.as_ref().map(Spanned::span);
        match own_or_default(own, self.defaults.pairing.project.as_ref()) {
            Some(written) => self.parse_project(written, "[pairing] project", "support-pairing"),
            None => self.report_missing(header, "pairing", "project", "your-group/support-pairing"),
        }
    }

    fn parse_label(&mut self, raw: &raw::Label) -> Option<LabelSpec> {
        let name = raw.name.as_ref().and_then(|written| self.parse_label_name(written));
        let former_names = raw.formerly.iter().filter_map(|old| {
            let former = self.parse_label_name(old)?;
            if Some(&former) == name.as_ref() {
                let message = format!("`{former}` is the label's name now");
                self.add_problem(old.span(), message, "name here what it was called before, or take it out");
            }
            Some(former)
        });
        let former_names = former_names.collect();
        let color = match own_or_default(raw.color.as_ref(), self.defaults.label.color.as_ref()) {
            Some(written) => self.parse_color(written),
            None => Some(DEFAULT_COLOR.to_owned()),
        };
        let may_create = raw.create.or(self.defaults.label.create).unwrap_or(false);
        let color = color?;
        Some(LabelSpec {
            name: name?,
            may_create,
            named_color: raw.color.as_ref().map(|_| color.clone()),
            color,
            description: raw.description.clone(),
            manage: raw.manage.or(self.defaults.label.manage).unwrap_or(false),
            apply: raw.apply.or(self.defaults.label.apply).unwrap_or(false),
            former_names,
        })
    }

    fn parse_label_name(&mut self, written: &Spanned<String>) -> Option<LabelName> {
        match LabelName::parse(written.get_ref()) {
            Ok(name) => Some(name),
            Err(why) => {
                self.add_problem(written.span(), why, "write for example pod::secure");
                None
            }
        }
    }

    pub(super) fn parse_color(&mut self, written: Written<'_, String>) -> Option<String> {
        self.parse_value(written, "a colour", DEFAULT_COLOR, value::parse_color)
    }

    fn parse_membership(&mut self, raw: &raw::Pod) -> Option<MembershipRule> {
        match (&raw.members.zendesk_group, &raw.members.knowledge_area) {
            (None, None) => Some(MembershipRule::None),
            (Some(group), None) => self
                .parse_value(group, "a Zendesk group", "Support Focus: Secure", value::parse_nonempty_text)
                .map(MembershipRule::ZendeskGroup),
            (None, Some(area)) => {
                let level = area.level.as_ref().map_or(1, |level| *level.get_ref());
                if let Some(written) = area.level.as_ref().filter(|level| !(1..=3).contains(level.get_ref())) {
                    let nearest = level.clamp(1, 3);
                    self.add_problem(written.span(), "a level is 1, 2 or 3".to_owned(), &format!("write {nearest}"));
                }
                let name = area.name.as_ref()?;
                let name = self.parse_value(name, "a knowledge area", "Duo", value::parse_nonempty_text)?;
                Some(MembershipRule::KnowledgeArea { name, level })
            }
            (Some(group), Some(_)) => {
                self.add_problem(
                    group.span(),
                    "a pod has one rule of membership".to_owned(),
                    "keep zendesk_group or knowledge_area",
                );
                None
            }
        }
    }

    /// The Support Team data: nothing where neither file names any.
    #[expect(clippy::option_option, reason = "none is configured, or one that is wrong")]
    fn parse_agents(&mut self, own: Option<&Spanned<raw::Agents>>) -> Option<Option<AgentsLocation>> {
        let header = own.map(Spanned::span);
        let (own, default) = (own.map(Spanned::get_ref), &self.defaults.agents);
        let project = own_or_default(own.and_then(|own| own.project.as_ref()), default.project.as_ref());
        let path = own_or_default(own.and_then(|own| own.path.as_ref()), default.path.as_ref());
        if own.is_none() && project.is_none() && path.is_none() {
            return Some(None);
        }
        let git_ref = match own_or_default(own.and_then(|own| own.git_ref.as_ref()), default.git_ref.as_ref()) {
            Some(written) => self.parse_git_ref(written, "master"),
            None => Some("main".to_owned()),
        };
        let project = match project {
            Some(written) => self.parse_project(written, "[agents] project", "support-team"),
            None => self.report_missing(header.clone(), "agents", "project", "your-group/support-team"),
        };
        let path = match path {
            Some(written) => self.parse_agents_path(written),
            None => self.report_missing(header, "agents", "path", "data/agents"),
        };
        Some(Some(AgentsLocation { project: project?, path: path?, git_ref: git_ref? }))
    }

    pub(super) fn parse_agents_path(&mut self, written: Written<'_, String>) -> Option<String> {
        self.parse_value(written, "a folder's path inside the project", "data/agents", |text| {
            value::parse_path_in_project(text).map(|path| path.trim_end_matches('/').to_owned())
        })
    }

    pub(super) fn parse_git_ref(&mut self, written: Written<'_, String>, good: &str) -> Option<String> {
        self.parse_value(written, "a branch, tag or commit", good, value::parse_git_ref)
    }

    fn parse_reports(&mut self, raw: &raw::Pod) -> Option<ReportTarget> {
        let default = &self.defaults.reports;
        let confidential = raw.reports.confidential.or(default.confidential).unwrap_or(false);
        let project = match own_or_default(raw.reports.project.as_ref(), default.project.as_ref()) {
            Some(written) => Some(self.parse_project(written, "[reports] project", "support-team-meta")?),
            None => None,
        };
        Some(ReportTarget { project, confidential })
    }

    fn parse_label_groups(&mut self, raw: &raw::Pod) -> Vec<String> {
        let (groups, source) = match &raw.documents.label_groups {
            Some(own) => (own.as_slice(), Source::PodFile),
            None => (self.defaults.documents.label_groups.as_deref().unwrap_or_default(), Source::Defaults),
        };
        groups.iter().filter_map(|group| self.parse_label_group(Written::new(group, source))).collect()
    }

    pub(super) fn parse_label_group(&mut self, written: Written<'_, String>) -> Option<String> {
        let path = self.parse_value(written, "a group's full path", "your-group", value::parse_group_path)?;
        self.note_placeholder(written, "[documents] label_groups", "the group whose labels your page means");
        Some(path)
    }

    /// A project's full path; `good` ends an example of one.
    pub(super) fn parse_project(&mut self, written: Written<'_, String>, key: &str, good: &str) -> Option<String> {
        let good = format!("your-group/{good}");
        let path = self.parse_value(written, "a project's full path", &good, value::parse_project_path)?;
        self.note_placeholder(written, key, "the full path of your project, as it stands in its address");
        Some(path)
    }

    fn note_placeholder(&mut self, written: Written<'_, String>, key: &str, instead: &str) {
        if !is_placeholder(written.value()) {
            return;
        }
        let (file, path) = match written.source {
            Source::PodFile => (self.name, self.path.clone()),
            Source::Defaults => (INSTANCE_FILE, format!("{}/{INSTANCE_FILE}", self.files.folder)),
        };
        let line = self.line_number(file, written.span().start);
        let key = match written.source {
            Source::PodFile => key.to_owned(),
            Source::Defaults => key.replacen('[', "[defaults.", 1),
        };
        let (value, instead) = (written.value().clone(), instead.to_owned());
        self.placeholders.push(Placeholder { path, line, key, value, instead });
    }

    fn parse_exception(&mut self, raw: &raw::Exception) -> Option<Exception> {
        let rule = raw.rule.as_ref().and_then(|rule| self.parse_rule(rule));
        let until = match &raw.until {
            Some(day) => Some(self.parse_value(day, "a date", "2027-01-31", raw::parse_date)?),
            None => None,
        };
        Some(Exception { rule: rule?, subject: raw.subject.clone()?, reason: raw.reason.clone()?, until })
    }

    fn parse_rule(&mut self, written: &Spanned<String>) -> Option<Rule> {
        let near = |text: &str| find_similar_name(text, Rule::ALL.iter().map(|rule| rule.code()));
        self.parse_known(written, "a rule; `podkeeper explain` lists them", "label-empty", near, Rule::from_code)
    }

    /// Reports a key that neither the pod's file nor the defaults have. What stands there and was not understood has been
    /// reported already.
    #[expect(clippy::needless_pass_by_value, reason = "each caller makes the span for this alone")]
    pub(super) fn report_missing<T>(
        &mut self,
        header: Option<Range<usize>>,
        table: &str,
        key: &str,
        good: &str,
    ) -> Option<T> {
        let among = |left_out: &BTreeSet<String>, path: &str| {
            left_out.iter().any(|left| path == left || path.starts_with(&format!("{left}.")))
        };
        let is_session = table.starts_with("session[");
        let default_table = if is_session { "session" } else { table };
        let own = among(self.left_out, &format!("{table}.{key}"));
        let default = self.defaults_left_out.is_none_or(|left| among(left, &format!("defaults.{default_table}.{key}")));
        if !own && !default {
            let shown = if is_session { "[[session]]".to_owned() } else { format!("[{table}]") };
            let start = header.as_ref().map_or(0, |span| span.start);
            let place = if header.is_some() {
                format!("add {key} = \"{good}\"")
            } else {
                format!("add {shown} with {key} = \"{good}\"")
            };
            let help = format!("{place}, or name it for all pods under [defaults.{default_table}] in {INSTANCE_FILE}");
            let message = format!("{shown} lacks `{key}`, and {INSTANCE_FILE} has no default for it");
            self.add_problem(start..start, message, &help);
        }
        None
    }

    #[expect(single_use_lifetimes, reason = "an anonymous one is not allowed here")]
    pub(super) fn parse_value<'w, T>(
        &mut self,
        written: impl Into<Written<'w, String>>,
        what: &str,
        good: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        self.parse_known(written, what, good, |_| None, parse)
    }

    /// The same where the good values are known: `near` finds the one that may have been meant.
    #[expect(single_use_lifetimes, reason = "an anonymous one is not allowed here")]
    pub(super) fn parse_known<'w, T>(
        &mut self,
        written: impl Into<Written<'w, String>>,
        what: &str,
        good: &str,
        near: impl Fn(&str) -> Option<&'static str>,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let written = written.into();
        let text = written.value();
        let parsed = parse(text);
        if parsed.is_none() {
            let meant = near(text).map(str::to_owned).or_else(|| repair(text, |text| parse(text).is_some()));
            let help =
                meant.map_or_else(|| format!("write for example {good}"), |meant| format!("did you mean {meant}?"));
            self.add_problem_at(written.source, written.span(), format!("`{text}` is not {what}"), &help);
        }
        parsed
    }

    /// Notes that a setting cannot be used. It is left out and told; whatever does not hang on it is done all the same.
    pub(super) fn leave_out_setting(&mut self, span: &Range<usize>, message: String, advice: &str) {
        let place = self.place_of(span);
        self.setting_problems.push(SettingProblem { place, message, advice: advice.to_owned() });
    }

    /// Whether a value was left out whose place goes through this part, such as `skip[`.
    pub(super) fn has_left_out(&self, part: &str) -> bool {
        self.left_out.iter().any(|path| path.contains(part))
    }

    /// The file and the line, such as `pods/secure.toml:12`.
    pub(super) fn place_of(&self, span: &Range<usize>) -> String {
        format!("{}:{}", self.name, self.line_number(self.name, span.start))
    }

    /// The line, from 1, of a byte of a file.
    fn line_number(&self, file: &str, byte: usize) -> usize {
        let text = self.files.texts.get(file).map_or("", String::as_str);
        text.get(..byte).unwrap_or_default().matches('\n').count() + 1
    }

    pub(super) fn add_problem(&mut self, span: Range<usize>, message: String, help: &str) {
        self.add_problem_at(Source::PodFile, span, message, help);
    }

    pub(super) fn add_problem_at(&mut self, source: Source, span: Range<usize>, message: String, help: &str) {
        let path = match source {
            Source::PodFile => self.path.clone(),
            Source::Defaults => format!("{}/{INSTANCE_FILE}", self.files.folder),
        };
        self.problems.push(Problem { path, span: Some(span), message, help: help.to_owned() });
    }
}
