//! "What should be different?" Pure: no async, no clock, no files, no environment, no logging.
//!
//! Only this folder chooses. Each rule of the pod reads the snapshot by itself and adds its part; no part
//! depends on another's success.

mod clock;
mod deferred_findings;
pub mod doctor;
mod duplicates;
pub mod exceptions;
mod handbook_page;
mod held_actions;
mod identity_findings;
mod link_report;
pub mod links;
mod living_report;
mod marker_problems;
mod pairing_issue_body;
mod pod_label;
mod projects;
mod roster;
mod roster_report;
mod session_issues;
mod sessions;
mod title_dates;

use std::collections::{BTreeMap, BTreeSet};

use crate::pod::action::{Action, Change};
use crate::pod::finding::{Finding, sort_and_deduplicate};
use crate::pod::marker::{ManagedBlock, Marker};
use crate::pod::observed::{Observed, ReadFailure};
use crate::pod::plan::Plan;
use crate::pod::rule::Audience;
use crate::pod::run::Sentence;
use crate::pod::session::SessionKey;
use crate::pod::snapshot::{Account, FurtherRead, ObservedIssue, Project, Snapshot};
use crate::pod::{Pod, Task};

pub use living_report::{remembers_link, report_memory};
pub use pod_label::labels_left_off_key;

/// What one run of a pod calls for.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// What to change now.
    pub plan: Plan,
    /// What a later round will do, as sentences.
    pub later_changes: Vec<Sentence>,
    /// What is as it should be, as sentences.
    pub status_sentences: Vec<Sentence>,
    /// What humans should know, in order.
    pub findings: Vec<Finding>,
    /// What could not be seen.
    pub read_failures: Vec<ReadFailure>,
    /// Those of them whose words are not for everybody.
    pub restricted_failures: BTreeMap<ReadFailure, Audience>,
    /// Whether a brake held something back that is still to be done.
    pub has_held_actions: bool,
    /// What has to be looked at before this is a decision; empty for one that is.
    pub further_reads: BTreeSet<FurtherRead>,
}

/// Decides what should change and what should be reported.
pub fn decide(pod: &Pod, seen: &Snapshot) -> Decision {
    let (seen, skewed) = match clock::choose_time(seen) {
        Ok((seen, skewed)) => (seen, skewed),
        Err(failure) => return Decision { read_failures: vec![failure], ..Decision::default() },
    };
    let seen = seen.as_ref();
    let mut parts = DecisionParts::default();
    parts.findings.extend(skewed);
    handbook_page::check_page(pod, seen, &mut parts);
    projects::check_read_only_projects(seen, &mut parts);
    roster::audit(pod, seen, &mut parts);
    if let Some(context) = PairingContext::from_snapshot(pod, seen, &mut parts) {
        pod_label::ensure_label_exists(&context, &mut parts);
        if pod.tasks.contains(&Task::Sessions) {
            sessions::plan_pairing_issues(&context, &mut parts);
        }
        if pod.tasks.contains(&Task::Labels) {
            pod_label::restore_on_own_issues(&context, &mut parts);
        }
        if pod.tasks.contains(&Task::Sessions) {
            duplicates::settle_duplicates(&context, &mut parts);
        }
    }
    living_report::check_reports_project(pod, seen, &mut parts);
    let assessed = link_report::assess_links_and_labels(pod, seen, &mut parts);
    exceptions::apply(pod, seen, &mut parts);
    roster_report::update_report(pod, seen, &mut parts);
    link_report::update_report(pod, seen, assessed, &mut parts);
    let held = held_actions::hold_back_actions(pod, seen, &mut parts);
    parts.read_failures.sort();
    parts.read_failures.dedup();
    Decision {
        plan: Plan { actions: parts.actions, observed_at: seen.now },
        later_changes: parts.later_changes,
        status_sentences: parts.status_sentences,
        findings: sort_and_deduplicate(parts.findings),
        read_failures: parts.read_failures,
        restricted_failures: parts.restricted_failures,
        has_held_actions: held,
        further_reads: parts.further_reads,
    }
}

/// What the parts of a decision add to it, in the order in which they do.
#[derive(Default)]
struct DecisionParts {
    actions: Vec<Action>,
    later_changes: Vec<Sentence>,
    status_sentences: Vec<Sentence>,
    findings: Vec<Finding>,
    read_failures: Vec<ReadFailure>,
    restricted_failures: BTreeMap<ReadFailure, Audience>,
    further_reads: BTreeSet<FurtherRead>,
    /// What holds the findings of the roster back.
    roster_doubts: roster::AuditDoubts,
}

impl DecisionParts {
    /// Adds what could not be read, where its words are not for everybody; the others learn of what kind it is.
    fn push_restricted_failure(&mut self, audience: Audience, failure: ReadFailure) {
        self.restricted_failures.insert(failure.clone(), audience);
        self.read_failures.push(failure);
    }
}

/// A snapshot in which the pairing project was seen: what the rules about issues work on.
struct PairingContext<'a> {
    pod: &'a Pod,
    seen: &'a Snapshot,
    project: &'a Project,
    bot: &'a Account,
    issues: &'a [ObservedIssue],
}

/// One of podkeeper's own issues of this pod.
#[derive(Clone)]
struct OwnIssue<'a> {
    issue: &'a ObservedIssue,
    /// The session it is for, under the key it goes by today.
    session_key: SessionKey,
    block: &'a ManagedBlock,
}

impl<'a> PairingContext<'a> {
    /// `None` where project, account or issues were not seen, with the reason in `parts`: then nothing about issues is
    /// decided.
    fn from_snapshot(pod: &'a Pod, seen: &'a Snapshot, parts: &mut DecisionParts) -> Option<Self> {
        let pairing_project = &seen.pairing_project;
        for failure in [
            pairing_project.project.failure(),
            pairing_project.bot.failure(),
            pairing_project.label.failure(),
            pairing_project.issues.failure(),
        ] {
            parts.read_failures.extend(failure.cloned());
        }
        if matches!(pairing_project.project, Observed::Absent) {
            parts.findings.push(projects::missing_project_finding(pod, pairing_project.bot.present()));
        }
        let project = pairing_project.project.present()?;
        projects::check_written_project(&pod.pairing_project, "[pairing]", project, parts);
        Some(Self {
            pod,
            seen,
            project,
            bot: pairing_project.bot.present()?,
            issues: pairing_project.issues.present()?,
        })
    }

    /// podkeeper's own issues of this pod, oldest first.
    fn own_issues(&self) -> impl Iterator<Item = OwnIssue<'a>> + '_ {
        self.issues.iter().filter_map(|issue| {
            let block = issue.parsed_body.block()?;
            let Marker::Session(key) = &block.marker else { return None };
            let key = self.pod.current_session_key(key)?;
            self.is_by_podkeeper(issue).then_some(OwnIssue { issue, session_key: key, block })
        })
    }

    /// Whether podkeeper opened an issue.
    fn is_by_podkeeper(&self, issue: &ObservedIssue) -> bool {
        self.pod.is_bot(self.bot, &issue.author)
    }

    /// Whether an issue carries the pod's label.
    fn has_pod_label(&self, issue: &ObservedIssue) -> bool {
        issue.labels.iter().any(|label| label == self.pod.label.name.as_str())
    }

    /// Whether the project was seen to have the pod's label, so that it can be put on issues.
    fn can_set_pod_label(&self) -> bool {
        self.seen.pairing_project.label.present().is_some_and(|label| !label.archived)
    }

    fn new_action(&self, change: Change, because: impl Into<String>) -> Action {
        build_action(self.project, self.issues, change, because.into())
    }

    /// Whether an action was tried in this pass and not done.
    fn was_attempted(&self, action: &Action) -> bool {
        self.seen.attempted_actions.contains(&action.identity())
    }

    /// How an issue is named in sentences.
    fn issue_reference(&self, issue: &ObservedIssue) -> String {
        format!("{}#{}", self.project.path, issue.iid)
    }
}

/// An action in a project of which these issues were seen.
fn build_action(project: &Project, issues: &[ObservedIssue], change: Change, because: String) -> Action {
    let is_changed = |issue: &&ObservedIssue| Some(issue.iid) == change.issue_iid();
    let on_confidential_issue = issues.iter().find(is_changed).is_some_and(|issue| issue.confidential);
    Action { project: project.path.clone(), project_id: project.id, because, on_confidential_issue, change }
}

#[cfg(test)]
mod tests;
