//! The vocabulary: plain data and pure functions that every other folder uses.
//!
//! Nothing here reads a file, a clock, the environment or the network, and nothing here uses another
//! folder. Read in this order: what a pod is, what can be seen of it, what should change, what came of it.

pub mod agent;
mod issue_title;
pub mod label;
pub mod pairing_options;
pub mod roster;
pub mod schedule;
pub mod session;
pub mod session_notes;
pub mod similar_name;
pub mod template;

pub mod marker;
pub mod mended_link;
pub mod page_form;
pub mod pod_page;
pub mod snapshot;

pub mod action;
pub mod audit_trail;
pub mod diagnosis;
pub mod doctor_snapshot;
pub mod finding;
pub mod limits;
pub(crate) mod origin;
pub mod outcome;
pub mod plan;
pub mod rule;
pub mod run;
pub mod token_request;

// What a link check sees, and how texts from outside are shown.
pub use linkcheck::{json, observed, secrets, text, traffic, verdict};

use std::collections::BTreeSet;
use std::fmt;

use chrono::NaiveDate;
use serde::Serialize;

use agent::MembershipRule;
use label::LabelName;
use page_form::PageForm;
use pairing_options::{Absence, PairingOptions, SettingProblem};
use schedule::Slot;
use session::SessionKey;
use snapshot::Account;
use template::Template;

/// A Support Pod as its configuration describes it: everything podkeeper needs to know before it looks.
///
/// The handbook's own names for a pod are six independent values (page, name, event, Slack, label,
/// membership): pods get renamed one value at a time, so none is derived from another.
#[derive(Debug, Clone)]
pub struct Pod {
    /// The file's name in `config/pods/`, and the first part of every key podkeeper stamps.
    pub key: PodKey,
    /// The display name, for example `Secure Pod`.
    pub name: String,
    /// Keys this pod had before; issues stamped with them are still its own.
    pub former_keys: Vec<PodKey>,
    /// Where the pod's page is kept.
    pub page: PageLocation,
    /// The project that holds the pairing issues, by its full path.
    pub pairing_project: String,
    /// What is done for it in this run.
    pub tasks: BTreeSet<Task>,
    /// Whether this run closes what podkeeper keeps for it, and does nothing else.
    pub is_retiring: bool,
    /// How its pairing issues are made.
    pub pairing: PairingOptions,
    /// When its members are away.
    pub absences: Vec<Absence>,
    /// The label its pairing issues carry.
    pub label: LabelSpec,
    /// Its weekly meetings.
    pub slots: Vec<Slot>,
    /// How the Support Team data says who belongs to it.
    pub membership: MembershipRule,
    /// Where the Support Team data is kept; without it there is no audit.
    pub agents: Option<AgentsLocation>,
    /// Where its living reports go.
    pub reports: ReportTarget,
    /// The groups whose labels its page means, by their full paths.
    pub label_groups: Vec<String>,
    /// The first body of a pairing issue.
    pub template: Template,
    /// The pod's own Slack channel with its `#`, to find it among those its page names.
    pub slack_channel: Option<String>,
    /// The GitLab instance, for links to the page's source.
    pub gitlab_url: url::Url,
    /// User names, beside the token's own, whose issues count as podkeeper's.
    pub bot_usernames: Vec<String>,
    /// Findings that people have accepted, each until a day.
    pub exceptions: Vec<Exception>,
    /// What of its file cannot be used.
    pub setting_problems: Vec<SettingProblem>,
}

/// The jobs of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// Pairing issues are opened and kept in step; duplicates are linked and closed.
    Sessions,
    /// The pod's label is there and on podkeeper's own pairing issues.
    Labels,
    /// Page and Support Team data are compared.
    Roster,
    /// The page's links and labels are looked at.
    Links,
}

/// The parts of a run, in the order in which they are decided and done: whatever a later one costs, the earlier ones
/// have their issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Pairing issues and their labels.
    Sessions,
    /// The comparison of page and Support Team data, and its report.
    Roster,
    /// Links and labels of the page, and their report.
    Links,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::Sessions, Self::Roster, Self::Links];
}

impl Task {
    /// The part of a run that it belongs to.
    pub fn stage(self) -> Stage {
        match self {
            Self::Sessions | Self::Labels => Stage::Sessions,
            Self::Roster => Stage::Roster,
            Self::Links => Stage::Links,
        }
    }

    /// All of them, with the words of the command line.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Sessions, "sessions"), (Self::Labels, "labels"), (Self::Roster, "roster"), (Self::Links, "links")];
}

/// The place of a pod's page: a file of a GitLab project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageLocation {
    /// Full path of the project.
    pub project: String,
    /// Path of the file inside it.
    pub path: String,
    /// Branch, tag or commit.
    pub git_ref: String,
    /// Where the site's root-relative links resolve, for example `https://handbook.gitlab.com`.
    pub site: Option<url::Url>,
    /// How it names its members.
    pub form: PageForm,
}

impl PageLocation {
    /// Which file it is and how it is read, whatever site shows it.
    pub fn id(&self) -> PageId {
        let (project, path, git_ref) = (self.project.clone(), self.path.clone(), self.git_ref.clone());
        PageId { project, path, git_ref, form: self.form.clone() }
    }
}

/// What tells one page from another: the file, at its ref, in its project, and how its members are read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageId {
    project: String,
    git_ref: String,
    path: String,
    form: PageForm,
}

/// The place of the Support Team data: a folder with one file per agent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AgentsLocation {
    /// Full path of the project.
    pub project: String,
    /// Path of the folder inside it.
    pub path: String,
    /// Branch, tag or commit.
    pub git_ref: String,
}

/// Where living reports go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReportTarget {
    /// Full path of the project; without one, reports are printed only.
    pub project: Option<String>,
    /// Whether the roster report, which names people, is opened as a confidential issue.
    pub confidential: bool,
}

/// The pod's label and what to do when the project does not have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelSpec {
    /// The exact name.
    pub name: LabelName,
    /// Whether podkeeper may create it.
    pub may_create: bool,
    /// Colour as GitLab takes it, for example `#428BCA`.
    pub color: String,
    /// The colour, where the pod's file names it, so that another one is told of.
    pub named_color: Option<String>,
    /// Description for a label that is created; empty where the pod's file names none.
    pub description: String,
    /// Whether colour and description are brought up to date where the project's differ.
    pub manage: bool,
    /// Whether it is put on pairing issues of the pod's people, where that is certain.
    pub apply: bool,
    /// Names it had before: they are read, and never written.
    pub former_names: Vec<LabelName>,
}

/// The label that Pairify puts on its records of pairing that has happened: never a session's own issue.
pub const RECORD_LABEL: &str = "pairify";

/// A finding that people decided to live with: not reported until its day has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The rule it silences.
    pub rule: rule::Rule,
    /// The finding's subject, exactly.
    pub subject: String,
    /// Why; printed by `plan -v`.
    pub reason: String,
    /// The last day on which it holds; without one it holds until it is removed.
    pub until: Option<NaiveDate>,
}

/// A pod's key: a slug of 1 to 63 characters, `[a-z0-9]` then `[a-z0-9-]`.
///
/// It becomes part of file names, branches and markers, so nothing else is let in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct PodKey(String);

impl PodKey {
    /// Reads a key. Returns `None` for anything that is not a slug.
    pub fn parse(text: &str) -> Option<Self> {
        is_slug(text).then(|| Self(text.to_owned()))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PodKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a text may be a pod's or a slot's key.
pub fn is_slug(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes.next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    first && text.len() <= 63 && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

impl Pod {
    /// The pod's file, as sentences name it: below the folder of the configuration.
    pub fn file_name(&self) -> String {
        format!("pods/{}.toml", self.key)
    }

    /// Whether an account is podkeeper: the token's own, or one that the configuration names.
    pub fn is_bot(&self, bot: &Account, account: &Account) -> bool {
        account.id == bot.id || self.bot_usernames.iter().any(|name| name.eq_ignore_ascii_case(&account.username))
    }

    /// The labels that its pairing issues carried before: those that the file names, and those of the same scope that are
    /// called like its former keys. They are read and never written.
    pub fn former_labels(&self) -> BTreeSet<String> {
        let scope = self.label.name.scope();
        let scoped = self.former_keys.iter().filter_map(|key| Some(format!("{}::{key}", scope?)));
        let named = self.label.former_names.iter().map(LabelName::to_string);
        named.chain(scoped).filter(|name| name != self.label.name.as_str()).collect()
    }

    /// The pod's label under all of its names, past and present.
    pub fn label_names(&self) -> BTreeSet<String> {
        let mut names = self.former_labels();
        names.insert(self.label.name.to_string());
        names
    }

    /// The slot that a session's key belongs to, under its present or a former name; `None` for keys of
    /// other pods.
    pub fn find_slot(&self, key: &SessionKey) -> Option<&Slot> {
        if self.key != key.pod && !self.former_keys.contains(&key.pod) {
            return None;
        }
        self.slots.iter().find(|slot| slot.key == key.slot || slot.former_keys.contains(&key.slot))
    }

    /// The key under which a session goes today.
    pub fn current_session_key(&self, key: &SessionKey) -> Option<SessionKey> {
        let slot = self.find_slot(key)?;
        Some(SessionKey { pod: self.key.clone(), slot: slot.key.clone(), ..key.clone() })
    }
}
