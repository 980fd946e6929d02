//! What one pass over one pod came to: the value that every report is a function of.

use std::collections::BTreeMap;

use super::action::Action;
use super::finding::Finding;
use super::observed::{FailureCause, ReadFailure};
use super::outcome::Outcome;
use super::plan::Plan;
use super::rule::{Audience, Rule};
use super::schedule::UpcomingSession;
use super::verdict::Observation;
use super::{Pod, PodKey};

/// One pass over one pod.
#[derive(Debug, Clone)]
pub struct PodRun {
    /// The pod.
    pub pod: PodKey,
    /// Its display name.
    pub name: String,
    /// The plan of the first round.
    pub plan: Plan,
    /// Every action that was tried, with what became of it, in order; empty for a plan.
    pub outcomes: Vec<(Action, Outcome)>,
    /// How many rounds the longest of its stages took; a quiet pass is one.
    pub rounds: usize,
    /// What a later round will do, as sentences.
    pub later_changes: Vec<Sentence>,
    /// What is as it should be, as sentences.
    pub status_sentences: Vec<Sentence>,
    /// The next sessions of each slot.
    pub upcoming_sessions: Vec<UpcomingSession>,
    /// What humans should know, in order.
    pub findings: Vec<Finding>,
    /// A look at every link of the page.
    pub observations: Vec<Observation>,
    /// What could not be seen.
    pub read_failures: Vec<ReadFailure>,
    /// Those of them whose words are not for everybody.
    pub restricted_failures: BTreeMap<ReadFailure, Audience>,
    /// Whether the last round still had something to do.
    pub unfinished: bool,
}

impl PodRun {
    /// A run in which nothing has happened yet.
    pub fn new(pod: &Pod) -> Self {
        Self {
            pod: pod.key.clone(),
            name: pod.name.clone(),
            plan: Plan::default(),
            outcomes: Vec::new(),
            rounds: 0,
            later_changes: Vec::new(),
            status_sentences: Vec::new(),
            upcoming_sessions: Vec::new(),
            findings: Vec::new(),
            observations: Vec::new(),
            read_failures: Vec::new(),
            restricted_failures: BTreeMap::new(),
            unfinished: false,
        }
    }

    /// How the run ended, as the exit code sees it.
    pub fn exit_status(&self) -> ExitStatus {
        let failure = self.read_failures.iter().map(|failure| ExitStatus::from(failure.cause));
        let findings = self
            .findings
            .iter()
            .filter(|finding| finding.needs_human)
            .map(|finding| ExitStatus::of_human_rule(finding.rule));
        let outcomes = self.outcomes.iter().map(|(_, outcome)| match outcome {
            Outcome::Done(_) => ExitStatus::Done,
            Outcome::Refused(cause, _) => ExitStatus::from(*cause),
            Outcome::Unknown(_) | Outcome::NotTried(_) => ExitStatus::Incomplete,
        });
        let unfinished = self.unfinished.then_some(ExitStatus::Incomplete);
        failure.chain(findings).chain(outcomes).chain(unfinished).max().unwrap_or(ExitStatus::Done)
    }
}

/// A sentence about a run, and who may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// Who may read it.
    pub audience: Audience,
    /// The sentence.
    pub text: String,
}

impl Sentence {
    /// A sentence for these readers.
    pub fn new(audience: Audience, text: impl Into<String>) -> Self {
        Self { audience, text: text.into() }
    }

    /// A sentence for everybody: it names no more than the page and the configuration do.
    pub fn public(text: impl Into<String>) -> Self {
        Self::new(Audience::Public, text)
    }
}

/// How a run can end, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitStatus {
    /// All is done: exit 0.
    Done,
    /// There are findings, or changes are pending, and the caller asked for this code: exit 3.
    Findings,
    /// Something could not be seen or finished; the next run takes it up: exit 4.
    Incomplete,
    /// A person has to act: exit 5.
    NeedsHuman,
    /// A token was refused or may not do what was needed: exit 6.
    TokenRefused,
    /// The call, the configuration or a template is wrong: exit 2.
    Usage,
    /// A bug: exit 1.
    Bug,
}

impl ExitStatus {
    /// How a run ends for a finding that needs a person.
    pub fn of_human_rule(rule: Rule) -> Self {
        if rule == Rule::TemplateFailed { Self::Usage } else { Self::NeedsHuman }
    }

    /// Every exit status, from best to worst, with what it means; the only list of exit codes.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Done, "done, or nothing to do"),
        (
            Self::Findings,
            "check: findings at or above --fail-on; plan: changes are pending and --detailed-exitcode was asked for",
        ),
        (
            Self::Incomplete,
            "incomplete: something could not be read, was held back, or its outcome is unknown; the next run takes it up",
        ),
        (
            Self::NeedsHuman,
            "a person has to act: page gone, the pod's label missing or archived, project archived, marker damaged or lost, another account or key, taken for spam, a twin that people wrote in, stale plan",
        ),
        (Self::TokenRefused, "a token was refused or may not do what was needed"),
        (Self::Usage, "wrong usage or configuration, no token given, or a template error"),
        (Self::Bug, "a bug in podkeeper"),
    ];

    /// The exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Bug => 1,
            Self::Usage => 2,
            Self::Findings => 3,
            Self::Incomplete => 4,
            Self::NeedsHuman => 5,
            Self::TokenRefused => 6,
        }
    }
}

impl From<FailureCause> for ExitStatus {
    fn from(cause: FailureCause) -> Self {
        match cause {
            FailureCause::Token => Self::TokenRefused,
            FailureCause::Unavailable => Self::Incomplete,
            FailureCause::Human => Self::NeedsHuman,
            FailureCause::Config => Self::Usage,
            FailureCause::Bug => Self::Bug,
        }
    }
}
