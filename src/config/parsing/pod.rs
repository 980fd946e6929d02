//! One pod's file.

use std::ops::Range;

use chrono::NaiveDate;
use toml::Spanned;
use url::Url;

use super::value;
use crate::config::problem::Problem;
use crate::config::{ConfigFiles, raw};
use crate::pod::agent::MembershipRule;
use crate::pod::label::LabelName;
use crate::pod::rule::Rule;
use crate::pod::schedule::Slot;
use crate::pod::template::Template;
use crate::pod::{AgentsLocation, Exception, LabelSpec, PageLocation, Pod, PodKey, ReportTarget, Task};

const DEFAULT_TEMPLATE_PATH: &str = "templates/pairing_issue.md";
const DEFAULT_COLOR: &str = "#428BCA";

/// One pod's file while it is being understood.
pub(super) struct PodFileParser<'a> {
    pub(super) files: &'a ConfigFiles,
    pub(super) path: String,
    pub(super) name: &'a str,
    pub(super) today: NaiveDate,
    pub(super) problems: Vec<Problem>,
}

impl PodFileParser<'_> {
    /// The pod, or nothing and at least one problem.
    pub(super) fn parse_pod(&mut self, raw: &raw::Pod) -> Option<Pod> {
        let stem = self.name.trim_start_matches("pods/").trim_end_matches(".toml");
        let key = PodKey::parse(stem);
        if key.is_none() {
            let message =
                format!("`{stem}` cannot be a pod's key; name the file with a-z, 0-9 and -, for example secure.toml");
            self.problems.push(Problem::about_whole_file(&self.path, message));
        }
        if raw.session.is_empty() {
            self.add_problem(0..0, "the pod has no [[session]]".to_owned(), "add one with slot, cron and zone");
        }
        let slots: Vec<Slot> =
            raw.session.iter().filter_map(|session| self.parse_slot(raw, session.get_ref())).collect();
        self.check_slot_keys_unique(raw);
        let formerly = raw
            .formerly
            .iter()
            .filter_map(|old| self.parse_value(old, "a pod's key", "secure", PodKey::parse))
            .collect();
        let page = self.parse_page(&raw.page);
        let project = self.parse_value(
            &raw.pairing.project,
            "a project's full path",
            "gitlab-com/support/support-pairing",
            value::parse_project_path,
        );
        let label = self.parse_label(&raw.label);
        let template = self.parse_template(raw);
        let membership = self.parse_membership(raw);
        let agents = raw.agents.as_ref().map(|agents| self.parse_agents(agents));
        let reports = self.parse_reports(raw);
        let label_groups = raw.documents.label_groups.iter();
        let label_groups = label_groups
            .filter_map(|path| self.parse_value(path, "a group's full path", "gitlab-com", value::parse_group_path))
            .collect();
        let exceptions = raw.exception.iter().filter_map(|exception| self.parse_exception(exception)).collect();
        Some(Pod {
            key: key?,
            name: self.parse_name(raw)?,
            former_keys: formerly,
            page: page?,
            pairing_project: project?,
            label: label?,
            slots,
            tasks: Task::ALL.into_iter().map(|(task, _)| task).collect(),
            membership: membership?,
            agents: agents.map_or(Some(None), |agents| agents.map(Some))?,
            reports: reports?,
            label_groups,
            template: template?,
            slack_channel: raw.slack.channel.as_ref().and_then(|channel| {
                self.parse_value(channel, "a Slack channel", "#spt_pod_secure", value::parse_slack_channel)
            }),
            gitlab_url: Url::parse(super::DEFAULT_INSTANCE_URL).ok()?,
            bot_usernames: Vec::new(),
            exceptions,
        })
    }

    fn parse_name(&mut self, raw: &raw::Pod) -> Option<String> {
        self.parse_value(
            &raw.name,
            "a display name of 1 to 100 characters on one line",
            "Secure Pod",
            value::parse_short_line,
        )
    }

    fn parse_page(&mut self, raw: &raw::Page) -> Option<PageLocation> {
        let project = self.parse_value(
            &raw.project,
            "a project's full path",
            "gitlab-com/content-sites/handbook",
            value::parse_project_path,
        );
        let path = self.parse_value(
            &raw.path,
            "a file's path inside the project",
            "content/handbook/support/support-pods/secure/_index.md",
            value::parse_path_in_project,
        );
        let git_ref = match &raw.git_ref {
            Some(written) => self.parse_value(written, "a branch, tag or commit", "main", value::parse_git_ref),
            None => Some("main".to_owned()),
        };
        let site = match &raw.site {
            Some(written) => match value::parse_trusted_address(written.get_ref(), "https://handbook.gitlab.com") {
                Ok(url) => Some(url),
                Err(why) => {
                    self.problems.push(self.files.address_problem(self.name, written, why.message, why.help));
                    return None;
                }
            },
            None => None,
        };
        Some(PageLocation { project: project?, path: path?, git_ref: git_ref?, site })
    }

    fn parse_label(&mut self, raw: &raw::Label) -> Option<LabelSpec> {
        let name = match LabelName::parse(raw.name.get_ref()) {
            Ok(name) => Some(name),
            Err(why) => {
                self.add_problem(raw.name.span(), why, "write for example pod::secure");
                None
            }
        };
        let color = match &raw.color {
            Some(written) => self.parse_value(written, "a colour", DEFAULT_COLOR, value::parse_color),
            None => Some(DEFAULT_COLOR.to_owned()),
        };
        Some(LabelSpec { name: name?, may_create: raw.create, color: color?, description: raw.description.clone() })
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
                    self.add_problem(written.span(), "a level is 1, 2 or 3".to_owned(), "write for example 1");
                }
                let name = self.parse_value(&area.name, "a knowledge area", "Duo", value::parse_nonempty_text)?;
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

    fn parse_agents(&mut self, agents: &raw::Agents) -> Option<AgentsLocation> {
        let project = self.parse_value(
            &agents.project,
            "a project's full path",
            "gitlab-support-readiness/support-team",
            value::parse_project_path,
        );
        let path = self.parse_value(&agents.path, "a folder's path inside the project", "data/agents", |text| {
            value::parse_path_in_project(text).map(|path| path.trim_end_matches('/').to_owned())
        });
        let git_ref = match &agents.git_ref {
            Some(written) => self.parse_value(written, "a branch, tag or commit", "master", value::parse_git_ref),
            None => Some("main".to_owned()),
        };
        Some(AgentsLocation { project: project?, path: path?, git_ref: git_ref? })
    }

    fn parse_reports(&mut self, raw: &raw::Pod) -> Option<ReportTarget> {
        let project = match &raw.reports.project {
            Some(written) => Some(self.parse_value(
                written,
                "a project's full path",
                "gitlab-com/support/secure-pod",
                value::parse_project_path,
            )?),
            None => None,
        };
        Some(ReportTarget { project, confidential: raw.reports.confidential })
    }

    fn parse_template(&mut self, raw: &raw::Pod) -> Option<Template> {
        let name = raw.pairing.template.as_ref().map_or(DEFAULT_TEMPLATE_PATH, |written| written.get_ref().as_str());
        let span = raw.pairing.template.as_ref().map_or(0..0, Spanned::span);
        if !value::is_path_below_folder(name) {
            self.add_problem(
                span,
                "this is no path below the configuration folder".to_owned(),
                &format!("write for example {DEFAULT_TEMPLATE_PATH}"),
            );
            return None;
        }
        if let Some(why) = self.files.refused.get(name) {
            self.add_problem(span, format!("the template {name} {why}"), "put the text itself there");
            return None;
        }
        let Some(text) = self.files.texts.get(name) else {
            self.add_problem(
                span,
                format!("there is no template {name} in {}", self.files.folder),
                "write it, with {{ block }} on a line of its own",
            );
            return None;
        };
        match Template::parse(text) {
            Ok(template) => Some(template),
            Err((line, why)) => {
                let start = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
                let end = start + text[start..].lines().next().map_or(0, str::len);
                self.problems.push(Problem {
                    path: format!("{}/{name}", self.files.folder),
                    span: Some(start..end),
                    message: why,
                    help: "here".to_owned(),
                });
                None
            }
        }
    }

    fn parse_exception(&mut self, raw: &raw::Exception) -> Option<Exception> {
        let rule =
            self.parse_value(&raw.rule, "a rule; `podkeeper explain` lists them", "label-empty", Rule::from_code);
        let until = match &raw.until {
            Some(day) => Some(self.parse_value(day, "a date", "2027-01-31", raw::parse_date)?),
            None => None,
        };
        Some(Exception { rule: rule?, subject: raw.subject.clone(), reason: raw.reason.clone(), until })
    }

    pub(super) fn parse_value<T>(
        &mut self,
        written: &Spanned<String>,
        what: &str,
        good: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let parsed = parse(written.get_ref());
        if parsed.is_none() {
            self.add_problem(
                written.span(),
                format!("`{}` is not {what}", written.get_ref()),
                &format!("write for example {good}"),
            );
        }
        parsed
    }

    pub(super) fn add_problem(&mut self, span: Range<usize>, message: String, help: &str) {
        self.problems.push(Problem { path: self.path.clone(), span: Some(span), message, help: help.to_owned() });
    }
}
