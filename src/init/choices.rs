//! What is written in the end: each value with what is still to be decided about it.

use url::Url;

use super::Meeting;
use super::meeting_times::MeetingTime;
use super::page_address::PageFile;
use super::proposal::{AgentsFolder, Proposal};
use super::quoting::quote;
use crate::pod::page_form::PageForm;

/// Stands where nobody has named a project yet: nothing runs with it but a sandbox.
pub const PLACEHOLDER_GROUP: &str = "your-group";

/// A value, and what is to be decided about it if it is no more than a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<T> {
    /// The value.
    pub value: T,
    /// Why a person has to look at it, as the rest of a sentence about the value.
    pub decide: Option<String>,
}

impl<T> Choice<T> {
    /// A value that is certain or was decided.
    pub fn settled(value: T) -> Self {
        Self { value, decide: None }
    }

    fn open(value: T, decide: impl Into<String>) -> Self {
        Self { value, decide: Some(decide.into()) }
    }
}

/// A meeting as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionKeys {
    /// Five fields.
    pub cron: String,
    /// IANA name of the zone.
    pub zone: String,
    /// How long it lasts, in minutes, unless an hour.
    pub minutes: Option<u32>,
    /// Every so many weeks from a date.
    pub every_from: Option<(u32, chrono::NaiveDate)>,
    /// The calendar's name, unless the pod's name with `Pairing`.
    pub event: Option<String>,
}

impl SessionKeys {
    /// For people: `Thu 15:00 UTC`, or the five fields where they say more than a day and a time.
    pub fn text(&self) -> String {
        let fields: Vec<&str> = self.cron.split(' ').collect();
        let time = match fields[..] {
            [minute, hour, "*", "*", day] if day.chars().all(char::is_alphabetic) => {
                minute.parse::<u8>().ok().zip(hour.parse::<u8>().ok()).map(|time| (day, time))
            }
            _ => None,
        };
        match time {
            Some((day, (minute, hour))) => format!("{day} {hour:02}:{minute:02} {}", self.zone),
            None => format!("{} {}", self.cron, self.zone),
        }
    }

    pub(super) fn of(meeting: &Meeting) -> Self {
        Self {
            cron: meeting.cron(),
            zone: meeting.zone.clone(),
            minutes: meeting.minutes,
            every_from: meeting.every_other_week_from.map(|from| (2, from)),
            event: None,
        }
    }
}

/// A session of the pod, or what the page says of one that is still to be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionChoice {
    /// The sentence and its line.
    pub source: Option<(usize, String)>,
    /// What it means; `None` where nothing is guessed.
    pub keys: Option<SessionKeys>,
    /// Why it is not written as a session, but as a comment.
    pub decide: Option<String>,
}

/// What options name in the page's place.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Whether a site named the GitLab, and not a person.
    pub gitlab_is_named_by_site: bool,
    /// The display name.
    pub name: Option<String>,
    /// The label.
    pub label: Option<String>,
    /// When it meets, in five fields.
    pub cron: Option<String>,
    /// The zone of it.
    pub zone: Option<String>,
    /// The project of the pairing issues.
    pub pairing_project: Option<String>,
    /// The project of the Support Team data.
    pub agents_project: Option<String>,
    /// The project of the reports.
    pub reports_project: Option<String>,
    /// Where the site is.
    pub site: Option<Url>,
}

/// What `[defaults]` of an existing configuration says.
#[derive(Debug, Clone, Default)]
pub struct SharedValues {
    /// Whether its file is written together with the pod's, and says of itself what is to be decided.
    pub is_new: bool,
    /// `[defaults.page] project`.
    pub page_project: Option<String>,
    /// `[defaults.page] ref`.
    pub page_ref: Option<String>,
    /// `[defaults.page] site`.
    pub site: Option<String>,
    /// `[defaults.page] members_heading`.
    pub members_heading: Option<String>,
    /// `[defaults.page] members_form`.
    pub members_form: Option<String>,
    /// `[defaults.pairing] project`.
    pub pairing_project: Option<String>,
    /// `[defaults.agents] project`.
    pub agents_project: Option<String>,
    /// `[defaults.reports] project`.
    pub reports_project: Option<String>,
    /// Whether there are `[defaults.documents] label_groups`.
    pub has_label_groups: bool,
}

/// Everything that a pod's files are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// The pod's key.
    pub key: String,
    /// Where its page is.
    pub page: PageFile,
    /// Whether a site named the GitLab, and not a person.
    pub gitlab_is_named_by_site: bool,
    /// Where the page's site is.
    pub site: Choice<Option<String>>,
    /// The display name.
    pub name: Choice<String>,
    /// The label.
    pub label: Choice<String>,
    /// The sessions.
    pub sessions: Vec<SessionChoice>,
    /// The Zendesk group of its members.
    pub group: Choice<Option<String>>,
    /// Its Slack channel.
    pub slack: Option<String>,
    /// The groups whose labels the page means.
    pub label_groups: Vec<String>,
    /// How its members are read.
    pub form: PageForm,
    /// What is to be done about members that are not understood.
    pub members_decide: Option<String>,
    /// The project of the pairing issues.
    pub pairing: Choice<String>,
    /// Where the Support Team data is.
    pub agents: Choice<AgentsFolder>,
    /// The project of the reports.
    pub reports: Choice<String>,
}

impl Choices {
    /// What the page proposes, with what options and an existing configuration say in its place.
    pub fn new(key: &str, page: PageFile, proposal: &Proposal, given: &Given, shared: &SharedValues) -> Self {
        let name = match (&given.name, &proposal.name) {
            (Some(name), _) | (None, Some(name)) => Choice::settled(name.clone()),
            (None, None) => Choice::open(name_from_key(key), "the page has no title"),
        };
        Self {
            site: site(proposal, given, shared),
            label: label(key, proposal, given),
            sessions: sessions(&name.value, proposal, given),
            group: group(proposal),
            slack: proposal.slack.clone(),
            label_groups: proposal.label_groups.clone(),
            form: proposal.form.clone(),
            members_decide: members_decide(proposal),
            pairing: project(
                given.pairing_project.as_ref(),
                shared.pairing_project.as_ref(),
                "support-pairing",
                "the project of the pairing issues",
            ),
            agents: agents(proposal, given, shared),
            reports: project(
                given.reports_project.as_ref(),
                shared.reports_project.as_ref(),
                "support-team-meta",
                "the project of the reports, where people of the pod read along",
            ),
            key: key.to_owned(),
            name,
            page,
            gitlab_is_named_by_site: given.gitlab_is_named_by_site,
        }
    }
}

/// `ai-gateway` is called `Ai Gateway Pod` until somebody says better.
fn name_from_key(key: &str) -> String {
    let capital = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    };
    let words: Vec<String> = key.split('-').filter(|word| !word.is_empty()).map(capital).collect();
    format!("{} Pod", words.join(" "))
}

fn site(proposal: &Proposal, given: &Given, shared: &SharedValues) -> Choice<Option<String>> {
    let given = given.site.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
    match given.or_else(|| shared.site.clone()) {
        Some(site) => Choice::settled(Some(site)),
        None if proposal.links_into_site => {
            Choice::open(None, "where is the page's site? Links that begin with a / lead there")
        }
        None => Choice::settled(None),
    }
}

fn label(key: &str, proposal: &Proposal, given: &Given) -> Choice<String> {
    let usual = format!("pod::{key}");
    match (&given.label, &proposal.labels[..]) {
        (Some(label), _) | (None, [(label, _)]) => Choice::settled(label.clone()),
        (None, labels) if labels.iter().any(|(label, _)| *label == usual) => Choice::settled(usual),
        (None, []) => Choice::open(usual, "the page names no label that begins with pod::"),
        (None, labels) => {
            let named: Vec<String> = labels.iter().map(|(label, line)| format!("{label} (line {line})")).collect();
            Choice::open(usual, format!("the page names {}", named.join(", ")))
        }
    }
}

fn sessions(name: &str, proposal: &Proposal, given: &Given) -> Vec<SessionChoice> {
    if let Some(cron) = &given.cron {
        let zone = given.zone.clone().unwrap_or_else(|| "UTC".to_owned());
        let keys = SessionKeys { cron: cron.clone(), zone, minutes: None, every_from: None, event: None };
        return vec![SessionChoice { source: None, keys: Some(keys), decide: None }];
    }
    let usual_event = format!("{name} Pairing");
    let choices = proposal.sessions.iter().map(|sentence| {
        let event = sentence.event.clone().filter(|event| *event != usual_event);
        let with_event = |meeting: &Meeting| {
            let keys = SessionKeys::of(meeting);
            let zone = given.zone.clone().unwrap_or_else(|| keys.zone.clone());
            SessionKeys { event: event.clone(), zone, ..keys }
        };
        let (keys, decide) = match &sentence.meets {
            MeetingTime::Certain(meeting) => (Some(with_event(meeting)), None),
            MeetingTime::Uncertain { why, guess } => (guess.as_ref().map(with_event), Some(why.clone())),
        };
        SessionChoice { source: Some((sentence.line, sentence.text.clone())), keys, decide }
    });
    let mut choices: Vec<SessionChoice> = choices.collect();
    if choices.is_empty() {
        let decide = Some("the page says no day and time on which the pod meets".to_owned());
        choices.push(SessionChoice { source: None, keys: None, decide });
    }
    choices
}

fn group(proposal: &Proposal) -> Choice<Option<String>> {
    match &proposal.groups[..] {
        [] => Choice::open(None, "the page names no Zendesk group; without one only handles and accounts are compared"),
        [(group, _)] => Choice::settled(Some(group.clone())),
        groups => {
            let named: Vec<String> =
                groups.iter().map(|(group, line)| format!("{} (line {line})", quote(group))).collect();
            Choice::open(None, format!("the page names {}", named.join(", ")))
        }
    }
}

fn members_decide(proposal: &Proposal) -> Option<String> {
    let found = proposal.members;
    let example = proposal.form.members_form.example();
    if found.all == 0 {
        return Some(format!("no member of the page was understood; a good line is {example}"));
    }
    let number = |count: usize, one: &str, many: &str| match count {
        0 => None,
        1 => Some(one.to_owned()),
        count => Some(format!("{count} {many}")),
    };
    let faults: Vec<String> = [
        number(found.all - found.with_handle, "one member has no handle", "members have no handle"),
        number(
            found.unclear,
            "one line looks like a member's and is not understood",
            "lines look like members' and are not understood",
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!faults.is_empty()).then(|| format!("{}; a good line is {example}", faults.join(", ")))
}

/// A project that an option or the configuration names, or the placeholder.
fn project(given: Option<&String>, shared: Option<&String>, usual: &str, what: &str) -> Choice<String> {
    match given.or(shared) {
        Some(project) => Choice::settled(project.clone()),
        None => Choice::open(format!("{PLACEHOLDER_GROUP}/{usual}"), what),
    }
}

fn agents(proposal: &Proposal, given: &Given, shared: &SharedValues) -> Choice<AgentsFolder> {
    let what = "the project of the Support Team data";
    let chosen = project(given.agents_project.as_ref(), shared.agents_project.as_ref(), "support-team", what);
    // What the page says of its folder and branch holds for the project that it names, and is usual elsewhere.
    let (path, git_ref) = match &proposal.agents {
        Some((folder, _)) => (folder.path.clone(), folder.git_ref.clone()),
        None => ("data/agents".to_owned(), "main".to_owned()),
    };
    Choice { value: AgentsFolder { project: chosen.value, path, git_ref }, decide: chosen.decide }
}
