//! "What should be different?" Pure: no async, no clock, no files, no environment, no logging.
//!
//! Only this folder chooses. Each rule of the pod reads the snapshot by itself and adds its part; no part
//! depends on another's success.

mod carry_over;
mod clock;
mod deferred_findings;
pub mod doctor;
mod duplicates;
pub mod exceptions;
mod handbook_page;
mod held_actions;
mod host_rotation;
mod identity_findings;
mod label_proposals;
mod link_report;
pub mod links;
mod living_report;
mod marker_problems;
mod pairing_issue_body;
mod pod_label;
mod projects;
mod retirement;
mod roster;
mod roster_report;
mod session_end;
mod session_hosts;
mod session_issues;
mod session_settings;
mod sessions;
mod title_dates;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use crate::pod::action::{Action, Change};
use crate::pod::finding::{Finding, sort_and_deduplicate};
use crate::pod::marker::{ManagedBlock, Marker};
use crate::pod::observed::{Observed, ReadFailure};
use crate::pod::pairing_options::SettingProblem;
use crate::pod::plan::Plan;
use crate::pod::rule::{Audience, Rule};
use crate::pod::run::Sentence;
use crate::pod::schedule::find_skips_without_session;
use crate::pod::session::SessionKey;
use crate::pod::snapshot::{Account, FurtherRead, ObservedIssue, Project, Snapshot};
use crate::pod::{Pod, Task};
use session_issues::SessionIssues;

pub use living_report::{remembers_link, report_memory};
pub use pod_label::labels_left_off_key;
pub use session_end::closing_step_key;

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
    /// Whether a brake held something back that is still to be done, or another run is at it.
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
    parts.findings.extend(pod.setting_problems.iter().map(setting_left_out_finding));
    if pod.is_retiring {
        retirement::plan_retirement(pod, seen, &mut parts);
    } else {
        decide_about_pod(pod, seen, &mut parts);
    }
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
        has_held_actions: held || parts.waits_for_another_run,
        further_reads: parts.further_reads,
    }
}

/// All that is decided about a pod that goes on.
fn decide_about_pod(pod: &Pod, seen: &Snapshot, parts: &mut DecisionParts) {
    parts.findings.extend(skip_findings(pod, seen.now.date_naive()));
    handbook_page::check_page(pod, seen, parts);
    projects::check_read_only_projects(seen, parts);
    roster::audit(pod, seen, parts);
    if let Some(mut context) = PairingContext::from_snapshot(pod, seen, parts) {
        pod_label::ensure_label_exists(&context, parts);
        let mut of_people = DecisionParts::default();
        context.proposals = label_proposals::find(&context, &mut of_people);
        context.session_issues = SessionIssues::find(&context);
        if pod.tasks.contains(&Task::Sessions) {
            sessions::plan_pairing_issues(&context, parts);
        }
        if pod.tasks.contains(&Task::Labels) {
            pod_label::restore_on_own_issues(&context, parts);
        }
        // Sessions come first, and what they say follows from what is known of these.
        parts.append(of_people);
        if pod.tasks.contains(&Task::Sessions) {
            duplicates::settle_duplicates(&context, parts);
            session_end::settle_past_sessions(&context, parts);
        }
    }
    living_report::check_reports_project(pod, seen, parts);
    let assessed = link_report::assess_links_and_labels(pod, seen, parts);
    exceptions::apply(pod, seen, parts);
    roster_report::update_report(pod, seen, parts);
    link_report::update_report(pod, seen, assessed, parts);
}

/// A setting of the pod's file that was left out.
fn setting_left_out_finding(problem: &SettingProblem) -> Finding {
    let message = format!("{}: {}; it is left out", problem.place, problem.message);
    Finding::new(Rule::SettingLeftOut, problem.place.clone(), message).with_advice(problem.advice.clone())
}

/// Days that a slot skips and on which it would not meet anyway: somebody may have meant another day.
fn skip_findings(pod: &Pod, today: NaiveDate) -> impl Iterator<Item = Finding> {
    pod.slots.iter().flat_map(move |slot| {
        find_skips_without_session(slot, today).into_iter().map(move |(skip, problem)| {
            let place = skip.place.as_deref().unwrap_or_default();
            let subject = format!("{}/{} {}", pod.key, slot.key, skip.first);
            let message = format!("{place}: {}", problem.message);
            Finding::new(Rule::SkipWithoutSession, subject, message).with_advice(problem.advice)
        })
    })
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
    /// The slots whose next issue is opened, or will be once its label is there.
    opening_slots: BTreeSet<String>,
    /// Whether something is left to another run that is at it now.
    waits_for_another_run: bool,
    /// What holds the findings of the roster back.
    roster_doubts: roster::AuditDoubts,
}

impl DecisionParts {
    /// Adds what another part came to.
    fn append(&mut self, other: Self) {
        let Self { actions, later_changes, status_sentences, findings, read_failures, .. } = other;
        self.actions.extend(actions);
        self.later_changes.extend(later_changes);
        self.status_sentences.extend(status_sentences);
        self.findings.extend(findings);
        self.read_failures.extend(read_failures);
        self.restricted_failures.extend(other.restricted_failures);
        self.further_reads.extend(other.further_reads);
    }

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
    /// Labels that the pod had before.
    former_labels: BTreeSet<String>,
    /// What is known of pairing issues that the pod's people opened.
    proposals: label_proposals::Proposals,
    /// Which issue stands for which session.
    session_issues: SessionIssues<'a>,
}

/// One of podkeeper's own issues of this pod.
#[derive(Clone)]
struct OwnIssue<'a> {
    issue: &'a ObservedIssue,
    /// The session it is for, under the key it goes by today.
    session_key: SessionKey,
    block: &'a ManagedBlock,
}

impl OwnIssue<'_> {
    /// Whether its session has begun, as far as it says; then it is its people's.
    fn has_begun(&self, now: DateTime<Utc>) -> bool {
        self.block.state.start.is_none_or(|start| start <= now)
    }

    /// Whether its session has not begun, as far as it says: an issue of an earlier version, which does not say when it
    /// starts, may be either.
    fn is_to_come(&self, now: DateTime<Utc>) -> bool {
        self.block.state.start.is_none_or(|start| start > now)
    }
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
            former_labels: pod.former_labels(),
            proposals: label_proposals::Proposals::default(),
            session_issues: SessionIssues::default(),
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

    /// Whether an issue carries the pod's label, or one that it had before.
    fn has_pod_label(&self, issue: &ObservedIssue) -> bool {
        let is_former = |label: &String| self.former_labels.contains(label);
        issue.labels.iter().any(|label| label == self.pod.label.name.as_str() || is_former(label))
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
