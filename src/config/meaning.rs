//! From files to pods: every value is parsed once, here, and trusted everywhere else.

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::{Duration, NaiveDate};
use serde::de::DeserializeOwned;
use toml::Spanned;
use url::Url;

use super::problem::Problem;
use super::{Config, Files, INSTANCE_FILE, TokenNames, raw, strict};
use crate::pod::agent::MembershipRule;
use crate::pod::label::LabelName;
use crate::pod::rule::Rule;
use crate::pod::schedule::{Cron, Slot, slot_problem};
use crate::pod::template::Template;
use crate::pod::{AgentsAt, Exception, LabelSpec, PageAt, Pod, PodKey, Reports, Task, is_slug};

const DEFAULT_INSTANCE: &str = "https://gitlab.com";
const DEFAULT_TOKEN: &str = "PODKEEPER_TOKEN";
const DEFAULT_TEMPLATE: &str = "templates/pairing_issue.md";
const DEFAULT_COLOR: &str = "#428BCA";
const DEFAULT_MAX_WRITES: u32 = 10;
const HOUR: Duration = Duration::hours(1);
const WEEK: Duration = Duration::days(7);

/// Understands all files, or tells everything that is wrong with any of them.
pub(super) fn understand(files: &Files, today: NaiveDate) -> Result<Config, Vec<Problem>> {
    let mut problems = files.unread.clone();
    let instance: Option<raw::Instance> =
        read(files, INSTANCE_FILE, &schemars::schema_for!(raw::Instance).to_value(), &mut problems);
    let schema = schemars::schema_for!(raw::Pod).to_value();
    let mut pods = Vec::new();
    for name in files.texts.keys().filter(|name| name.starts_with("pods/")) {
        let Some(raw) = read::<raw::Pod>(files, name, &schema, &mut problems) else { continue };
        let mut page = Page { files, path: format!("{}/{name}", files.folder), name, today, problems: Vec::new() };
        let pod = page.pod(&raw);
        problems.append(&mut page.problems);
        pods.extend(pod.map(|pod| Written { pod, raw, path: page.path }));
    }
    if pods.is_empty() && problems.is_empty() {
        let path = format!("{}/pods", files.folder);
        problems.push(Problem::whole_file(&path, "holds no pod; a pod is a file such as pods/secure.toml".to_owned()));
    }
    between_pods(&pods, &mut problems);
    let instance = instance.unwrap_or_default();
    let gitlab_url = instance_url(files, &instance, &mut problems);
    let tokens = token_names(files, &instance.tokens, &mut problems);
    if !problems.is_empty() {
        problems.sort_by_key(|problem| (problem.path.clone(), problem.span.clone().map(|span| span.start)));
        return Err(problems);
    }
    let shown = gitlab_url.clone().or_else(|| Url::parse(DEFAULT_INSTANCE).ok());
    let pods = pods.into_iter().map(|written| {
        let bots = instance.bot.usernames.clone();
        let instance = shown.clone().unwrap_or_else(|| written.pod.instance.clone());
        Pod { instance, bots, ..written.pod }
    });
    let max_writes = instance.limits.max_writes.as_ref().map_or(DEFAULT_MAX_WRITES, |most| *most.get_ref()) as usize;
    Ok(Config { gitlab_url, tokens, max_writes, pods: pods.collect() })
}

/// A configuration without any file.
pub(super) fn none() -> Config {
    Config {
        gitlab_url: None,
        tokens: TokenNames {
            default: DEFAULT_TOKEN.to_owned(),
            pairing: None,
            handbook: None,
            agents: None,
            reports: None,
        },
        max_writes: DEFAULT_MAX_WRITES as usize,
        pods: Vec::new(),
    }
}

/// A pod beside the file it came from.
struct Written {
    pod: Pod,
    raw: raw::Pod,
    path: String,
}

fn read<T: DeserializeOwned>(
    files: &Files,
    name: &str,
    schema: &serde_json::Value,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let text = files.texts.get(name)?;
    let path = format!("{}/{name}", files.folder);
    let found = strict::check(&path, text, schema);
    let good = found.is_empty();
    problems.extend(found);
    match toml::from_str(text) {
        // A key that is not known has been told; what the others say is looked at all the same.
        Ok(value) => Some(value),
        Err(_) if !good => None,
        Err(error) => {
            problems.push(Problem {
                path,
                span: error.span(),
                message: error.message().to_owned(),
                help: String::new(),
            });
            None
        }
    }
}

fn instance_url(files: &Files, instance: &raw::Instance, problems: &mut Vec<Problem>) -> Option<Url> {
    let written = instance.gitlab.url.as_ref()?;
    let url = web_address(written.get_ref());
    if url.is_none() {
        problems.push(Problem {
            path: format!("{}/{INSTANCE_FILE}", files.folder),
            span: Some(written.span()),
            message: "this is no address of a GitLab".to_owned(),
            help: "write for example https://gitlab.com".to_owned(),
        });
    }
    url
}

fn token_names(files: &Files, tokens: &raw::Tokens, problems: &mut Vec<Problem>) -> TokenNames {
    let mut name = |written: Option<&Spanned<String>>| -> Option<String> {
        let written = written?;
        let good = written.get_ref().starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
            && written.get_ref().chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if !good {
            // It may be a token that somebody wrote here: its line is named and not shown.
            let text = files.texts.get(INSTANCE_FILE).map_or("", String::as_str);
            let line = text.get(..written.span().start).map_or(1, |before| before.matches('\n').count() + 1);
            let message = format!(
                "line {line} has no name of an environment variable; write for example PODKEEPER_TOKEN, \
                 never the token itself"
            );
            problems.push(Problem::whole_file(&format!("{}/{INSTANCE_FILE}", files.folder), message));
        }
        Some(written.get_ref().clone())
    };
    TokenNames {
        default: name(tokens.default.as_ref()).unwrap_or_else(|| DEFAULT_TOKEN.to_owned()),
        pairing: name(tokens.pairing.as_ref()),
        handbook: name(tokens.handbook.as_ref()),
        agents: name(tokens.agents.as_ref()),
        reports: name(tokens.reports.as_ref()),
    }
}

/// An http(s) address without user, query or fragment.
fn web_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && plain).then_some(url)
}

/// One pod's file while it is being understood.
struct Page<'a> {
    files: &'a Files,
    path: String,
    name: &'a str,
    today: NaiveDate,
    problems: Vec<Problem>,
}

impl Page<'_> {
    fn pod(&mut self, raw: &raw::Pod) -> Option<Pod> {
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
            project_path,
        );
        let label = self.label(&raw.label);
        let template = self.template(raw);
        let membership = self.membership(raw);
        let agents = raw.agents.as_ref().map(|agents| self.agents(agents));
        let reports = self.reports(raw);
        let label_groups = raw.documents.label_groups.iter();
        let label_groups =
            label_groups.filter_map(|path| self.parse(path, "a group's full path", "gitlab-com", group_path)).collect();
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
            slack_channel: raw.slack.channel.as_ref().and_then(|channel| {
                self.parse(channel, "a Slack channel", "#spt_pod_secure", |text| {
                    text.starts_with('#').then(|| text.to_owned())
                })
            }),
            instance: Url::parse(DEFAULT_INSTANCE).ok()?,
            bots: Vec::new(),
            exceptions,
        })
    }

    fn name_of(&mut self, raw: &raw::Pod) -> Option<String> {
        self.parse(&raw.name, "a display name of 1 to 100 characters on one line", "Secure Pod", |text| {
            let good = !text.trim().is_empty() && text.chars().count() <= 100 && !text.chars().any(char::is_control);
            good.then(|| text.trim().to_owned())
        })
    }

    fn page(&mut self, raw: &raw::Page) -> Option<PageAt> {
        let project =
            self.parse(&raw.project, "a project's full path", "gitlab-com/content-sites/handbook", project_path);
        let path = self.parse(
            &raw.path,
            "a file's path inside the project",
            "content/handbook/support/support-pods/secure/_index.md",
            |text| {
                let good = !text.is_empty()
                    && !text.starts_with('/')
                    && text.len() <= 1024
                    && text.split('/').all(|part| part != "..");
                good.then(|| text.to_owned())
            },
        );
        let git_ref = match &raw.git_ref {
            Some(written) => self.parse(written, "a branch, tag or commit", "main", git_ref),
            None => Some("main".to_owned()),
        };
        let site = match &raw.site {
            Some(written) => {
                Some(self.parse(written, "a site's address", "https://handbook.gitlab.com", web_address)?)
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
            Some(written) => self.parse(written, "a colour", DEFAULT_COLOR, |text| {
                let digits = text.strip_prefix('#')?;
                (matches!(digits.len(), 3 | 6) && digits.bytes().all(|b| b.is_ascii_hexdigit()))
                    .then(|| text.to_owned())
            }),
            None => Some(DEFAULT_COLOR.to_owned()),
        };
        Some(LabelSpec { name: name?, create: raw.create, color: color?, description: raw.description.clone() })
    }

    fn membership(&mut self, raw: &raw::Pod) -> Option<MembershipRule> {
        match (&raw.members.zendesk_group, &raw.members.knowledge_area) {
            (None, None) => Some(MembershipRule::None),
            (Some(group), None) => {
                let good = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
                self.parse(group, "a Zendesk group", "Support Focus: Secure", good).map(MembershipRule::ZendeskGroup)
            }
            (None, Some(area)) => {
                let good = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
                let level = area.level.as_ref().map_or(1, |level| *level.get_ref());
                if let Some(written) = area.level.as_ref().filter(|level| !(1..=3).contains(level.get_ref())) {
                    self.say(written.span(), "a level is 1, 2 or 3".to_owned(), "write for example 1");
                }
                let name = self.parse(&area.name, "a knowledge area", "Duo", good)?;
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
        let project =
            self.parse(&agents.project, "a project's full path", "gitlab-support-readiness/support-team", project_path);
        let path = self.parse(&agents.path, "a folder's path inside the project", "data/agents", |text| {
            let good = !text.is_empty()
                && !text.starts_with('/')
                && text.len() <= 1024
                && text.split('/').all(|part| part != "..");
            good.then(|| text.trim_end_matches('/').to_owned())
        });
        let git_ref = match &agents.git_ref {
            Some(written) => self.parse(written, "a branch, tag or commit", "master", git_ref),
            None => Some("main".to_owned()),
        };
        Some(AgentsAt { project: project?, path: path?, git_ref: git_ref? })
    }

    fn reports(&mut self, raw: &raw::Pod) -> Option<Reports> {
        let project = match &raw.reports.project {
            Some(written) => {
                Some(self.parse(written, "a project's full path", "gitlab-com/support/secure-pod", project_path)?)
            }
            None => None,
        };
        Some(Reports { project, confidential: raw.reports.confidential })
    }

    fn slot(&mut self, pod: &raw::Pod, raw: &raw::Session) -> Option<Slot> {
        let key = self
            .parse(&raw.slot, "a slot's key (a-z, 0-9 and -)", "weekly", |text| is_slug(text).then(|| text.to_owned()));
        let formerly = raw.formerly.iter().filter_map(|old| {
            self.parse(old, "a slot's key (a-z, 0-9 and -)", "weekly", |text| is_slug(text).then(|| text.to_owned()))
        });
        let formerly: Vec<String> = formerly.collect();
        let cron = match Cron::parse(raw.cron.get_ref()) {
            Ok(cron) => Some(cron),
            Err(why) => {
                self.say(raw.cron.span(), why, "a good one is 0 15 * * Thu");
                None
            }
        };
        let zone = self.parse(&raw.zone, "an IANA time zone", "Europe/Berlin", |text| text.parse().ok());
        let duration = self.length(raw.duration.as_ref(), HOUR, "1h");
        let open_ahead = self.length(raw.open_ahead.as_ref(), WEEK, "7d");
        let skip = raw.skip.iter().filter_map(|day| self.parse(day, "a date", "2026-12-24", raw::date)).collect();
        let anchor = raw.anchor.as_ref().and_then(|day| self.parse(day, "a date", "2026-11-26", raw::date));
        let every = raw.every.as_ref().map_or(1, |every| *every.get_ref());
        if let Some(written) = &raw.every {
            if every == 0 || every > 52 {
                self.say(written.span(), "`every` counts weeks, from 1 to 52".to_owned(), "write for example 2");
            } else if every > 1 && raw.anchor.is_none() {
                self.say(
                    written.span(),
                    "`every` needs an `anchor`, a date in a week in which the pod meets".to_owned(),
                    "add anchor = \"2026-11-26\"",
                );
            }
        }
        let event = match &raw.event {
            Some(written) => self.parse(
                written,
                "an event's name of 1 to 100 characters on one line",
                "Secure Pod Pairing",
                |text| {
                    let good =
                        !text.trim().is_empty() && text.chars().count() <= 100 && !text.chars().any(char::is_control);
                    good.then(|| text.to_owned())
                },
            )?,
            None => format!("{} Pairing", pod.name.get_ref().trim()),
        };
        let slot = Slot {
            key: key?,
            formerly,
            cron: cron?,
            zone: zone?,
            duration: duration?,
            open_ahead: open_ahead?,
            skip,
            every,
            anchor,
            event,
        };
        if let Some(why) = slot_problem(&slot, self.today) {
            self.say(raw.cron.span(), why, "a good one is 0 15 * * Thu");
            return None;
        }
        Some(slot)
    }

    /// Two slots of a pod need two keys, former ones included; letter case does not tell them apart.
    fn slots_apart(&mut self, raw: &raw::Pod) {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for session in &raw.session {
            let session = session.get_ref();
            for key in std::iter::once(&session.slot).chain(&session.formerly) {
                if !seen.insert(key.get_ref().to_lowercase()) {
                    self.say(
                        key.span(),
                        format!("slot `{}` stands twice", key.get_ref()),
                        "give each [[session]] a slot of its own, for example emea",
                    );
                }
            }
        }
    }

    fn length(&mut self, written: Option<&Spanned<String>>, default: Duration, good: &str) -> Option<Duration> {
        let Some(written) = written else { return Some(default) };
        self.parse(written, "a length of time up to 90d", good, |text| {
            let length = Duration::from_std(humantime::parse_duration(text).ok()?).ok()?;
            (length > Duration::zero() && length <= Duration::days(90)).then_some(length)
        })
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

    fn parse<T>(
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

    fn say(&mut self, span: Range<usize>, message: String, help: &str) {
        self.problems.push(Problem { path: self.path.clone(), span: Some(span), message, help: help.to_owned() });
    }
}

fn git_ref(text: &str) -> Option<String> {
    let good = !text.is_empty() && text.len() <= 255 && !text.chars().any(|c| c.is_control() || c == ' ');
    good.then(|| text.to_owned())
}

/// A group, or a group inside groups.
fn group_path(text: &str) -> Option<String> {
    project_path(&format!("{text}/x")).map(|_| text.to_owned())
}

/// `group/project` or deeper: GitLab's own characters, no empty part, no `..`.
fn project_path(text: &str) -> Option<String> {
    let part = |part: &str| {
        !part.is_empty()
            && part.len() <= 255
            && part != ".."
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
    };
    (text.contains('/') && text.len() <= 1024 && text.split('/').all(part)).then(|| text.to_owned())
}

/// What two pods may not share: a label in one project, a name, a key that one of them had before.
fn between_pods(pods: &[Written], problems: &mut Vec<Problem>) {
    for (at, second) in pods.iter().enumerate() {
        for first in &pods[..at] {
            let mut say = |span: Range<usize>, message: String, help: &str| {
                problems.push(Problem { path: second.path.clone(), span: Some(span), message, help: help.to_owned() });
            };
            let (a, b) = (&first.pod, &second.pod);
            let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
            if same(&a.pairing_project, &b.pairing_project) && same(a.label.name.as_str(), b.label.name.as_str()) {
                let message = format!("label `{}` is the pod {}'s in the same project", b.label.name, a.key);
                say(second.raw.label.name.span(), message, "give each pod a label of its own, for example pod::secure");
            }
            if same(&a.name, &b.name) {
                let message =
                    format!("the pod {} has the name `{}` too; letter case does not tell them apart", a.key, a.name);
                say(second.raw.name.span(), message, "give each pod a name of its own, for example Secure Pod");
            }
            let clash = b.formerly.iter().position(|old| *old == a.key || a.formerly.contains(old));
            if let Some(index) = clash {
                let message = format!("`{}` is the pod {}'s key", b.formerly[index], a.key);
                say(second.raw.formerly[index].span(), message, "a former key belongs to one pod");
            }
            if a.formerly.contains(&b.key) {
                say(0..0, format!("`{}` is a former key of the pod {}", b.key, a.key), "name the file otherwise");
            }
        }
    }
}
