//! One pod's file.

use std::ops::Range;

use chrono::NaiveDate;
use toml::Spanned;
use url::Url;

use super::value;
use crate::config::problem::Problem;
use crate::config::{Files, raw};
use crate::pod::agent::MembershipRule;
use crate::pod::label::LabelName;
use crate::pod::rule::Rule;
use crate::pod::schedule::Slot;
use crate::pod::template::Template;
use crate::pod::{AgentsAt, Exception, LabelSpec, PageAt, Pod, PodKey, Reports, Task};

const DEFAULT_TEMPLATE: &str = "templates/pairing_issue.md";
const DEFAULT_COLOR: &str = "#428BCA";

/// One pod's file while it is being understood.
pub(super) struct PodFile<'a> {
    pub(super) files: &'a Files,
    pub(super) path: String,
    pub(super) name: &'a str,
    pub(super) today: NaiveDate,
    pub(super) problems: Vec<Problem>,
}

impl PodFile<'_> {
    /// The pod, or nothing and at least one problem.
    pub(super) fn pod(&mut self, raw: &raw::Pod) -> Option<Pod> {
        let stem = self.name.trim_start_matches("pods/").trim_end_matches(".toml");
        let key = PodKey::parse(stem);
        if key.is_none() {
            let message =
                format!("`{stem}` cannot be a pod's key; name the file with a-z, 0-9 and -, for example secure.toml");
            self.problems.push(Problem::whole_file(&self.path, message));
        }
        if raw.session.is_empty() {
            self.say(0..0, "the pod has no [[session]]".to_owned(), "add one with slot, cron and zone");
        }
        let slots: Vec<Slot> = raw.session.iter().filter_map(|session| self.slot(raw, session.get_ref())).collect();
        self.slots_apart(raw);
        let formerly =
            raw.formerly.iter().filter_map(|old| self.parse(old, "a pod's key", "secure", PodKey::parse)).collect();
        let page = self.page(&raw.page);
        let project = self.parse(
            &raw.pairing.project,
            "a project's full path",
            "gitlab-com/support/support-pairing",
            value::project_path,
        );
        let label = self.label(&raw.label);
        let template = self.template(raw);
        let membership = self.membership(raw);
        let agents = raw.agents.as_ref().map(|agents| self.agents(agents));
        let reports = self.reports(raw);
        let label_groups = raw.documents.label_groups.iter();
        let label_groups = label_groups
            .filter_map(|path| self.parse(path, "a group's full path", "gitlab-com", value::group_path))
            .collect();
        let exceptions = raw.exception.iter().filter_map(|exception| self.exception(exception)).collect();
        Some(Pod {
            key: key?,
            name: self.name_of(raw)?,
            formerly,
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
            slack_channel: raw
                .slack
                .channel
                .as_ref()
                .and_then(|channel| self.parse(channel, "a Slack channel", "#spt_pod_secure", value::channel)),
            instance: Url::parse(super::DEFAULT_INSTANCE).ok()?,
            bots: Vec::new(),
            exceptions,
        })
    }

    fn name_of(&mut self, raw: &raw::Pod) -> Option<String> {
        self.parse(&raw.name, "a display name of 1 to 100 characters on one line", "Secure Pod", value::short_line)
    }

    fn page(&mut self, raw: &raw::Page) -> Option<PageAt> {
        let project =
            self.parse(&raw.project, "a project's full path", "gitlab-com/content-sites/handbook", value::project_path);
        let path = self.parse(
            &raw.path,
            "a file's path inside the project",
            "content/handbook/support/support-pods/secure/_index.md",
            value::path_inside,
        );
        let git_ref = match &raw.git_ref {
            Some(written) => self.parse(written, "a branch, tag or commit", "main", value::git_ref),
            None => Some("main".to_owned()),
        };
        let site = match &raw.site {
            Some(written) => {
                Some(self.parse(written, "a site's address", "https://handbook.gitlab.com", value::web_address)?)
            }
            None => None,
        };
        Some(PageAt { project: project?, path: path?, git_ref: git_ref?, site })
    }

    fn label(&mut self, raw: &raw::Label) -> Option<LabelSpec> {
        let name = match LabelName::parse(raw.name.get_ref()) {
            Ok(name) => Some(name),
            Err(why) => {
                self.say(raw.name.span(), why, "write for example pod::secure");
                None
            }
        };
        let color = match &raw.color {
            Some(written) => self.parse(written, "a colour", DEFAULT_COLOR, value::color),
            None => Some(DEFAULT_COLOR.to_owned()),
        };
        Some(LabelSpec { name: name?, create: raw.create, color: color?, description: raw.description.clone() })
    }

    fn membership(&mut self, raw: &raw::Pod) -> Option<MembershipRule> {
        match (&raw.members.zendesk_group, &raw.members.knowledge_area) {
            (None, None) => Some(MembershipRule::None),
            (Some(group), None) => self
                .parse(group, "a Zendesk group", "Support Focus: Secure", value::some_text)
                .map(MembershipRule::ZendeskGroup),
            (None, Some(area)) => {
                let level = area.level.as_ref().map_or(1, |level| *level.get_ref());
                if let Some(written) = area.level.as_ref().filter(|level| !(1..=3).contains(level.get_ref())) {
                    self.say(written.span(), "a level is 1, 2 or 3".to_owned(), "write for example 1");
                }
                let name = self.parse(&area.name, "a knowledge area", "Duo", value::some_text)?;
                Some(MembershipRule::KnowledgeArea { name, level })
            }
            (Some(group), Some(_)) => {
                self.say(
                    group.span(),
                    "a pod has one rule of membership".to_owned(),
                    "keep zendesk_group or knowledge_area",
                );
                None
            }
        }
    }

    fn agents(&mut self, agents: &raw::Agents) -> Option<AgentsAt> {
        let project = self.parse(
            &agents.project,
            "a project's full path",
            "gitlab-support-readiness/support-team",
            value::project_path,
        );
        let path = self.parse(&agents.path, "a folder's path inside the project", "data/agents", |text| {
            value::path_inside(text).map(|path| path.trim_end_matches('/').to_owned())
        });
        let git_ref = match &agents.git_ref {
            Some(written) => self.parse(written, "a branch, tag or commit", "master", value::git_ref),
            None => Some("main".to_owned()),
        };
        Some(AgentsAt { project: project?, path: path?, git_ref: git_ref? })
    }

    fn reports(&mut self, raw: &raw::Pod) -> Option<Reports> {
        let project = match &raw.reports.project {
            Some(written) => Some(self.parse(
                written,
                "a project's full path",
                "gitlab-com/support/secure-pod",
                value::project_path,
            )?),
            None => None,
        };
        Some(Reports { project, confidential: raw.reports.confidential })
    }

    fn template(&mut self, raw: &raw::Pod) -> Option<Template> {
        let name = raw.pairing.template.as_ref().map_or(DEFAULT_TEMPLATE, |written| written.get_ref().as_str());
        let Some(text) = self.files.texts.get(name) else {
            let span = raw.pairing.template.as_ref().map_or(0..0, Spanned::span);
            self.say(
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

    fn exception(&mut self, raw: &raw::Exception) -> Option<Exception> {
        let rule = self.parse(&raw.rule, "a rule; `podkeeper explain` lists them", "label-empty", Rule::from_code);
        let until = match &raw.until {
            Some(day) => Some(self.parse(day, "a date", "2027-01-31", raw::date)?),
            None => None,
        };
        Some(Exception { rule: rule?, subject: raw.subject.clone(), reason: raw.reason.clone(), until })
    }

    pub(super) fn parse<T>(
        &mut self,
        written: &Spanned<String>,
        what: &str,
        good: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let parsed = parse(written.get_ref());
        if parsed.is_none() {
            self.say(
                written.span(),
                format!("`{}` is not {what}", written.get_ref()),
                &format!("write for example {good}"),
            );
        }
        parsed
    }

    pub(super) fn say(&mut self, span: Range<usize>, message: String, help: &str) {
        self.problems.push(Problem { path: self.path.clone(), span: Some(span), message, help: help.to_owned() });
    }
}
