//! "What should be different?" Pure: no async, no clock, no files, no environment, no logging.
//!
//! Only this room chooses. Each rule of the pod looks at the snapshot by itself and says its part; no part
//! depends on another's success.

mod body;
mod brakes;
mod clock;
mod copies;
pub mod exceptions;
mod hold;
mod identity;
mod labels;
pub mod links;
mod living_report;
mod page;
mod projects;
mod roster;
mod roster_report;
mod rot;
mod sessions;
mod standing;
mod titles;
mod twins;

use std::collections::BTreeSet;

use crate::pod::action::{Action, Change};
use crate::pod::finding::{Finding, in_order};
use crate::pod::marker::{Block, Marker};
use crate::pod::observed::{Blind, Observed};
use crate::pod::plan::Plan;
use crate::pod::session::SessionKey;
use crate::pod::snapshot::{Account, PairingIssue, Project, Question, Snapshot};
use crate::pod::{Pod, Task};

pub use labels::left_off;
pub use living_report::memories;

/// What one look at a pod calls for.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// What to change now.
    pub plan: Plan,
    /// What a later round will do, as sentences.
    pub then: Vec<String>,
    /// What is as it should be, as sentences.
    pub outlook: Vec<String>,
    /// What humans should know, in order.
    pub findings: Vec<Finding>,
    /// What could not be seen.
    pub unknown: Vec<Blind>,
    /// Whether a brake held something back that is still to be done.
    pub held: bool,
    /// What has to be looked at before this is a decision; empty for one that is.
    pub questions: BTreeSet<Question>,
}

/// Decides what should change and what should be told.
pub fn decide(pod: &Pod, seen: &Snapshot) -> Decision {
    let (seen, skewed) = match clock::settle(seen) {
        Ok((seen, skewed)) => (seen, skewed),
        Err(blind) => return Decision { unknown: vec![blind], ..Decision::default() },
    };
    let seen = seen.as_ref();
    let mut parts = Parts::default();
    parts.findings.extend(skewed);
    page::look(pod, seen, &mut parts);
    projects::read(seen, &mut parts);
    roster::audit(pod, seen, &mut parts);
    if let Some(scene) = Scene::set(pod, seen, &mut parts) {
        if pod.tasks.contains(&Task::Labels) {
            labels::definition(&scene, &mut parts);
        }
        if pod.tasks.contains(&Task::Sessions) {
            sessions::due(&scene, &mut parts);
        }
        if pod.tasks.contains(&Task::Labels) {
            labels::on_own_issues(&scene, &mut parts);
        }
        if pod.tasks.contains(&Task::Sessions) {
            twins::settle(&scene, &mut parts);
        }
    }
    living_report::project(pod, seen, &mut parts);
    let rot = rot::look(pod, seen, &mut parts);
    exceptions::apply(pod, seen.now.date_naive(), &mut parts);
    rot::report(pod, seen, rot, &mut parts);
    roster_report::keep(pod, seen, &mut parts);
    let held = brakes::hold(pod, seen, &mut parts);
    parts.unknown.sort();
    parts.unknown.dedup();
    Decision {
        plan: Plan { actions: parts.actions, at: seen.now },
        then: parts.then,
        outlook: parts.outlook,
        findings: in_order(parts.findings),
        unknown: parts.unknown,
        held,
        questions: parts.questions,
    }
}

/// What the parts of a decision say, in the order in which they say it.
#[derive(Default)]
struct Parts {
    actions: Vec<Action>,
    then: Vec<String>,
    outlook: Vec<String>,
    findings: Vec<Finding>,
    unknown: Vec<Blind>,
    questions: BTreeSet<Question>,
    /// What holds the findings of the roster back.
    roster: roster::Doubts,
}

/// A snapshot in which the pairing project was seen: what the rules about issues work on.
struct Scene<'a> {
    pod: &'a Pod,
    seen: &'a Snapshot,
    project: &'a Project,
    bot: &'a Account,
    issues: &'a [PairingIssue],
}

/// One of podkeeper's own issues of this pod.
#[derive(Clone)]
struct Own<'a> {
    issue: &'a PairingIssue,
    /// The session it is for, under the key it goes by today.
    key: SessionKey,
    block: &'a Block,
}

impl<'a> Scene<'a> {
    /// Sets the scene, or says why it cannot be set: without it nothing about issues is decided.
    fn set(pod: &'a Pod, seen: &'a Snapshot, parts: &mut Parts) -> Option<Self> {
        let tracker = &seen.tracker;
        for blind in [tracker.project.blind(), tracker.bot.blind(), tracker.label.blind(), tracker.issues.blind()] {
            parts.unknown.extend(blind.cloned());
        }
        if matches!(tracker.project, Observed::Absent) {
            parts.findings.push(projects::missing(pod));
        }
        let project = tracker.project.present()?;
        projects::written(&pod.pairing_project, "[pairing]", project, parts);
        Some(Self { pod, seen, project, bot: tracker.bot.present()?, issues: tracker.issues.present()? })
    }

    /// podkeeper's own issues of this pod, oldest first.
    fn own(&self) -> impl Iterator<Item = Own<'a>> + '_ {
        self.issues.iter().filter_map(|issue| {
            let block = issue.marked.block()?;
            let Marker::Session(key) = &block.marker else { return None };
            let key = self.pod.present_key(key)?;
            self.is_ours(issue).then_some(Own { issue, key, block })
        })
    }

    /// Whether podkeeper opened an issue.
    fn is_ours(&self, issue: &PairingIssue) -> bool {
        self.pod.is_bot(self.bot, &issue.author)
    }

    /// Whether an issue carries the pod's label.
    fn is_labelled(&self, issue: &PairingIssue) -> bool {
        issue.labels.iter().any(|label| label == self.pod.label.name.as_str())
    }

    /// Whether the project was seen to have the pod's label, so that it can be put on issues.
    fn has_label(&self) -> bool {
        self.seen.tracker.label.present().is_some_and(|label| !label.archived)
    }

    fn action(&self, change: Change, because: impl Into<String>) -> Action {
        Action { project: self.project.path.clone(), project_id: self.project.id, because: because.into(), change }
    }

    /// How an issue is named in sentences.
    fn name(&self, issue: &PairingIssue) -> String {
        format!("{}#{}", self.project.path, issue.iid)
    }
}

#[cfg(test)]
mod tests;
