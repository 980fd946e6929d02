//! What one pass over one pod came to: the value that every report is a function of.

use super::action::Action;
use super::finding::Finding;
use super::observed::{Blind, Cause};
use super::outcome::Outcome;
use super::plan::Plan;
use super::verdict::Observation;
use super::{Pod, PodKey};

/// One pass over one pod.
#[derive(Debug, Clone)]
pub struct Run {
    /// The pod.
    pub pod: PodKey,
    /// Its display name.
    pub name: String,
    /// The plan of the first round.
    pub plan: Plan,
    /// Every action that was tried, with what became of it, in order; empty for a plan.
    pub outcomes: Vec<(Action, Outcome)>,
    /// How many rounds were made; a quiet pass is one.
    pub rounds: usize,
    /// What a later round will do, as sentences.
    pub then: Vec<String>,
    /// What is as it should be, as sentences.
    pub outlook: Vec<String>,
    /// What humans should know, in order.
    pub findings: Vec<Finding>,
    /// A look at every link of the page.
    pub observations: Vec<Observation>,
    /// What could not be seen.
    pub unknown: Vec<Blind>,
    /// Whether the last round still had something to do.
    pub unfinished: bool,
}

impl Run {
    /// A run in which nothing has happened yet.
    pub fn new(pod: &Pod) -> Self {
        Self {
            pod: pod.key.clone(),
            name: pod.name.clone(),
            plan: Plan::default(),
            outcomes: Vec::new(),
            rounds: 0,
            then: Vec::new(),
            outlook: Vec::new(),
            findings: Vec::new(),
            observations: Vec::new(),
            unknown: Vec::new(),
            unfinished: false,
        }
    }

    /// How the run ended, as the exit code sees it.
    pub fn ending(&self) -> Ending {
        let blind = self.unknown.iter().map(|blind| Ending::from(blind.cause));
        let findings = self.findings.iter().filter(|f| f.rule.needs_human()).map(|_| Ending::Human);
        let outcomes = self.outcomes.iter().map(|(_, outcome)| match outcome {
            Outcome::Done(_) => Ending::Done,
            Outcome::Refused(cause, _) => Ending::from(*cause),
            Outcome::Unknown(_) | Outcome::NotTried(_) => Ending::Incomplete,
        });
        let unfinished = self.unfinished.then_some(Ending::Incomplete);
        blind.chain(findings).chain(outcomes).chain(unfinished).max().unwrap_or(Ending::Done)
    }
}

/// How a run can end, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// All is done: exit 0.
    Done,
    /// There are findings, or changes are pending, and the caller asked to be told: exit 3.
    Findings,
    /// Something could not be seen or finished; the next run takes it up: exit 4.
    Incomplete,
    /// A person has to act: exit 5.
    Human,
    /// A token was refused or may not do what was needed: exit 6.
    Token,
    /// The call, the configuration or a template is wrong: exit 2.
    Usage,
    /// A bug: exit 1.
    Bug,
}

impl Ending {
    /// Every ending, from best to worst, with what it means; the only list of exit codes.
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
            Self::Human,
            "a person has to act: page gone, project archived, marker damaged or lost, another account or key, taken for spam, a twin that people wrote in, stale plan",
        ),
        (Self::Token, "a token was refused or may not do what was needed"),
        (Self::Usage, "wrong usage or configuration, no token given, or a template error"),
        (Self::Bug, "a bug in podkeeper"),
    ];

    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Bug => 1,
            Self::Usage => 2,
            Self::Findings => 3,
            Self::Incomplete => 4,
            Self::Human => 5,
            Self::Token => 6,
        }
    }
}

impl From<Cause> for Ending {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Token => Self::Token,
            Cause::Unavailable => Self::Incomplete,
            Cause::Human => Self::Human,
            Cause::Config => Self::Usage,
            Cause::Bug => Self::Bug,
        }
    }
}
