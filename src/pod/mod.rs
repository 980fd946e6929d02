//! The vocabulary: plain data and pure functions that every other room speaks in.
//!
//! Nothing here reads a file, a clock, the environment or the network, and nothing here uses another
//! room. Read in this order: what a pod is, what can be seen of it, what should change, what came of it.

pub mod agent;
pub mod label;
pub mod roster;
pub mod schedule;
pub mod session;
pub mod template;

pub mod document;
pub mod marker;
pub mod observed;
pub mod snapshot;
pub mod text;
pub mod traffic;
pub mod verdict;

pub mod action;
pub mod finding;
pub mod outcome;
pub mod plan;
pub mod rule;
pub mod run;
pub mod trail;

use std::collections::BTreeSet;
use std::fmt;

use chrono::NaiveDate;
use serde::Serialize;

use agent::MembershipRule;
use label::LabelName;
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
    pub formerly: Vec<PodKey>,
    /// Where the pod's page is kept.
    pub page: PageAt,
    /// The project that holds the pairing issues, by its full path.
    pub pairing_project: String,
    /// What is done for it in this run.
    pub tasks: BTreeSet<Task>,
    /// The label its pairing issues carry.
    pub label: LabelSpec,
    /// Its weekly meetings.
    pub slots: Vec<Slot>,
    /// How the Support Team data says who belongs to it.
    pub membership: MembershipRule,
    /// Where the Support Team data is kept; without it there is no audit.
    pub agents: Option<AgentsAt>,
    /// Where its living reports go.
    pub reports: Reports,
    /// The groups whose labels its page means, by their full paths.
    pub label_groups: Vec<String>,
    /// The first body of a pairing issue.
    pub template: Template,
    /// The pod's own Slack channel with its `#`, to find it among those its page names.
    pub slack_channel: Option<String>,
    /// The GitLab instance, for links to the page's source.
    pub instance: url::Url,
    /// User names, beside the token's own, whose issues count as podkeeper's.
    pub bots: Vec<String>,
    /// Findings that people have accepted, each until a day.
    pub exceptions: Vec<Exception>,
}

/// The jobs of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// Pairing issues are opened and kept in step; twins are settled.
    Sessions,
    /// The pod's label is there and on podkeeper's own pairing issues.
    Labels,
    /// Page and Support Team data are compared.
    Roster,
    /// The page's links and labels are looked at.
    Links,
}

impl Task {
    /// All of them, with the words of the command line.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Sessions, "sessions"), (Self::Labels, "labels"), (Self::Roster, "roster"), (Self::Links, "links")];
}

/// The place of a pod's page: a file of a GitLab project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageAt {
    /// Full path of the project.
    pub project: String,
    /// Path of the file inside it.
    pub path: String,
    /// Branch, tag or commit.
    pub git_ref: String,
    /// Where the site's root-relative links resolve, for example `https://handbook.gitlab.com`.
    pub site: Option<url::Url>,
}

/// The place of the Support Team data: a folder with one file per agent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AgentsAt {
    /// Full path of the project.
    pub project: String,
    /// Path of the folder inside it.
    pub path: String,
    /// Branch, tag or commit.
    pub git_ref: String,
}

/// Where living reports go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reports {
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
    pub create: bool,
    /// Colour as GitLab takes it, for example `#428BCA`.
    pub color: String,
    /// Description for a label that is created.
    pub description: String,
}

/// A finding that people decided to live with, told no more until its day comes.
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
    /// Whether an account is podkeeper: the token's own, or one that the configuration names.
    pub fn is_bot(&self, bot: &Account, account: &Account) -> bool {
        account.id == bot.id || self.bots.iter().any(|name| name.eq_ignore_ascii_case(&account.username))
    }

    /// The slot that a session's key belongs to, under its present or a former name; `None` for keys of
    /// other pods.
    pub fn slot_of(&self, key: &SessionKey) -> Option<&Slot> {
        if self.key != key.pod && !self.formerly.contains(&key.pod) {
            return None;
        }
        self.slots.iter().find(|slot| slot.key == key.slot || slot.formerly.contains(&key.slot))
    }

    /// The key under which a session goes today.
    pub fn present_key(&self, key: &SessionKey) -> Option<SessionKey> {
        let slot = self.slot_of(key)?;
        Some(SessionKey { pod: self.key.clone(), slot: slot.key.clone(), ..key.clone() })
    }
}
