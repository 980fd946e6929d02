//! The pod's label on pairing issues that its people opened: proposed, and put on where that is configured and certain.
//!
//! What a person took off stays off, and another pod's label is left alone. Label events are read for few issues of a
//! run; what they said is remembered in the block of the session's issue until the issue changes.

mod candidates;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::pod_label::will_create_label;
use super::{DecisionParts, PairingContext};
use crate::pod::action::{Action, ActionKind, Change};
use crate::pod::finding::Finding;
use crate::pod::marker::BlockState;
use crate::pod::observed::{FailureCause, Observed, ReadFailure};
use crate::pod::rule::{Audience, Rule};
use crate::pod::run::Sentence;
use crate::pod::session::SessionKey;
use crate::pod::snapshot::{FurtherRead, ObservedIssue};
use crate::pod::text::{Untrusted, markdown_link_target, one_line};
use crate::pod::{Pod, Task};
use candidates::Candidate;

/// So many issues are labelled in a run at most.
const MAX_LABELLED: usize = 5;
/// The label events of so many issues are read in a run at most.
const MAX_HISTORIES: usize = 5;
/// So many issues are remembered at most.
const MAX_REMEMBERED: usize = 50;

/// What is known of the issues of the pod's people.
#[derive(Clone, Default)]
pub(super) struct Proposals {
    /// What is to be remembered of them; none where they were not seen, which changes nothing.
    remembered: Option<Remembered>,
}

/// What the block of a session's issue remembers of them; see [`BlockState`].
#[derive(Clone, Default)]
struct Remembered {
    unlabelled: BTreeMap<u64, DateTime<Utc>>,
    taken_off: BTreeSet<u64>,
}

/// What the label events of an issue said.
enum History<'a> {
    /// Nobody took the label off, as of the issue's last change at this time.
    Unlabelled(DateTime<Utc>),
    TakenOff,
    Failed(&'a ReadFailure),
    NotRead,
}

/// Decides which issues get the label, which are proposed, and which carry another one.
pub(super) fn find(context: &PairingContext<'_>, parts: &mut DecisionParts) -> Proposals {
    let seen = &context.seen.pairing_project;
    parts.read_failures.extend(seen.recent.issues.failure().cloned());
    let can_carry_it = context.can_set_pod_label() || (seen.label == Observed::Absent && will_create_label(context));
    let is_asked = context.pod.tasks.contains(&Task::Labels);
    let (true, Some(page), Some(issues)) = (is_asked, context.seen.page.present(), seen.recent.issues.present()) else {
        return Proposals::default();
    };
    // Where the page names no members, nobody knows whose sessions there are; and in a project that ends nobody labels
    // anything.
    let ends = context.project.marked_for_deletion;
    if seen.label.failure().is_some() || page.members.is_empty() || ends {
        return Proposals::default();
    }
    // Most of it can be told without; a token that is refused is said.
    if let Some(failure) = seen.recent.participants.failure() {
        parts.read_failures.extend(Some(failure).filter(|failure| failure.cause == FailureCause::Token).cloned());
        let text = format!("{} is not known: {}", failure.what, failure.why);
        parts.status_sentences.push(Sentence::new(Audience::Team, text));
    }
    let mut remembered = Remembered::default();
    if can_carry_it {
        let old = remembered_before(context);
        let (carries_another, unlabelled): (Vec<Candidate<'_>>, _) =
            candidates::find(context, page, issues, &old.unlabelled)
                .into_iter()
                .partition(|one| one.conflict.is_some());
        parts.findings.extend(carries_another.iter().filter_map(|one| conflict_finding(context, one)));
        propose_or_label(context, &unlabelled, &old, &mut remembered, parts);
    }
    Proposals { remembered: Some(remembered) }
}

/// The line of the next session's issue that says how many there are; none where there are none.
pub(super) fn proposal_line(pod: &Pod, state: &BlockState) -> Option<String> {
    let (sessions, verb) = match state.unlabelled.len() {
        0 => return None,
        1 => ("1 session of ours".to_owned(), "carries"),
        count => (format!("{count} sessions of ours"), "carry"),
    };
    let label = Untrusted::new(pod.label.name.as_str()).to_code_span();
    let link = unlabelled_issues_url(pod).map_or_else(|| sessions.clone(), |url| format!("[{sessions}]({url})"));
    Some(format!("- **Label:** {link} {verb} no {label}"))
}

impl Proposals {
    /// Writes down what is to be remembered, where that is more or other than what is remembered: that an issue was
    /// changed is no reason to write.
    pub(super) fn remember_in(&self, state: &mut BlockState) {
        let Some(Remembered { unlabelled, taken_off }) = &self.remembered else { return };
        let is_known = unlabelled.keys().eq(state.unlabelled.keys()) && taken_off.is_subset(&state.taken_off);
        if !is_known {
            (state.unlabelled, state.taken_off) = (unlabelled.clone(), taken_off.clone());
        }
    }
}

/// The project's issues without a label of the scope, as a list: no reference to any of them
/// (`Issue.link_reference_pattern` asks for a number).
fn unlabelled_issues_url(pod: &Pod) -> Option<String> {
    let mut url = pod.gitlab_url.join(&format!("{}/-/issues/", pod.pairing_project)).ok()?;
    let name = &pod.label.name;
    let label = name.scope().map_or_else(|| name.to_string(), |scope| format!("{scope}::*"));
    url.query_pairs_mut()
        .append_pair("sort", "created_date")
        .append_pair("state", "all")
        .append_pair("not[label_name][]", &label);
    markdown_link_target(url.as_str())
}

/// What the blocks of the pod's own issues remember.
fn remembered_before(context: &PairingContext<'_>) -> Remembered {
    let mut all = Remembered::default();
    for own in context.own_issues() {
        for (iid, at) in &own.block.state.unlabelled {
            let latest = all.unlabelled.entry(*iid).or_insert(*at);
            *latest = (*latest).max(*at);
        }
        all.taken_off.extend(&own.block.state.taken_off);
    }
    all
}

fn propose_or_label(
    context: &PairingContext<'_>,
    candidates: &[Candidate<'_>],
    old: &Remembered,
    remembered: &mut Remembered,
    parts: &mut DecisionParts,
) {
    let may_label = context.pod.label.apply && !context.project.is_role_too_small() && has_older_issue(context);
    let mut labels_left = MAX_LABELLED.saturating_sub(count_labelled(context));
    let mut unread: Vec<(bool, bool, bool, u64)> = Vec::new();
    let mut waiting = 0;
    for one in candidates {
        let (iid, issue) = (one.issue.iid, one.issue);
        let is_certain = may_label && one.is_certain();
        // What gets the label by itself is decided on events that were read in this run.
        let last_seen = old.unlabelled.get(&iid).copied().filter(|_| !is_certain);
        let history = if old.taken_off.contains(&iid) { History::TakenOff } else { history(context, issue, last_seen) };
        let at = match history {
            History::TakenOff => {
                // Whoever may read the session's issue may not read a confidential one: it is not named there.
                remembered.taken_off.extend((!issue.confidential).then_some(iid));
                continue;
            }
            History::Unlabelled(at) => Some(at),
            History::Failed(failure) => {
                parts.read_failures.push(failure.clone());
                last_seen
            }
            History::NotRead => {
                unread.push((issue.confidential, last_seen.is_some(), !is_certain, iid));
                last_seen
            }
        };
        match at {
            Some(_) if is_certain => waiting += usize::from(!label_if_left(context, one, &mut labels_left, parts)),
            Some(at) => {
                parts.findings.push(proposal_finding(context, one));
                remembered.unlabelled.extend((!issue.confidential).then_some((iid, at)));
            }
            None => waiting += 1,
        }
    }
    while remembered.unlabelled.len() > MAX_REMEMBERED {
        remembered.unlabelled.pop_first();
    }
    // What is remembered afterwards comes first, so that its turn comes for all.
    unread.sort_unstable();
    let histories = &context.seen.pairing_project.further.label_histories;
    let to_read = unread.iter().map(|(.., iid)| *iid).filter(|iid| !histories.contains_key(iid));
    let to_read = to_read.take(MAX_HISTORIES.saturating_sub(histories.len()));
    parts.further_reads.extend(to_read.map(FurtherRead::LabelHistory));
    if waiting > 0 && parts.further_reads.is_empty() {
        let text =
            format!("{waiting} more recent issues are looked at for `{}` in a later run", context.pod.label.name);
        parts.status_sentences.push(Sentence::new(Audience::Team, text));
    }
}

/// Labels an issue, or says that it will be when the label is there; whether that was possible.
fn label_if_left(
    context: &PairingContext<'_>,
    one: &Candidate<'_>,
    left: &mut usize,
    parts: &mut DecisionParts,
) -> bool {
    let action = label_action(context, one);
    if context.was_attempted(&action) {
        return true;
    }
    if *left == 0 {
        return false;
    }
    *left -= 1;
    if context.can_set_pod_label() {
        parts.actions.push(action);
    } else {
        let text = format!("add label `{}` to {}", context.pod.label.name, context.issue_reference(one.issue));
        parts.later_changes.push(Sentence::new(audience_of(one.issue).unwrap_or(Audience::Public), text));
    }
    true
}

/// What is known of an issue's label events: read in this run, or remembered as of its last change.
fn history<'a>(context: &PairingContext<'a>, issue: &ObservedIssue, remembered: Option<DateTime<Utc>>) -> History<'a> {
    let read = context.seen.pairing_project.further.label_histories.get(&issue.iid);
    match (read, issue.updated_at) {
        (Some(Observed::Unknown(failure)), _) => History::Failed(failure),
        (Some(Observed::Present(read)), Some(at)) if read.updated_at == Some(at) && read.removals > 0 => {
            History::TakenOff
        }
        (Some(Observed::Present(read)), Some(at)) if read.updated_at == Some(at) => History::Unlabelled(at),
        (_, Some(at)) if remembered == Some(at) => History::Unlabelled(at),
        _ => History::NotRead,
    }
}

/// Whether an issue of the pod was there before this run: whoever has just set podkeeper up sees first what it proposes.
fn has_older_issue(context: &PairingContext<'_>) -> bool {
    let opened_now =
        |key: &SessionKey| format!("{} {} {key}", ActionKind::OpenPairingIssue.name(), context.project.path);
    context.own_issues().any(|own| !context.seen.attempted_actions.contains(&opened_now(&own.session_key)))
}

/// How many issues were labelled in this run, or were to be.
fn count_labelled(context: &PairingContext<'_>) -> usize {
    let prefix = format!("{} {} #", ActionKind::LabelPeoplesIssue.name(), context.project.path);
    context.seen.attempted_actions.iter().filter(|identity| identity.starts_with(&prefix)).count()
}

fn label_action(context: &PairingContext<'_>, one: &Candidate<'_>) -> Action {
    let (iid, label) = (one.issue.iid, context.pod.label.name.clone());
    let action = context.new_action(Change::LabelPeoplesIssue { iid, label }, one.reasons());
    // It is none of podkeeper's own issues, nor one with the label.
    Action { on_confidential_issue: one.issue.confidential, ..action }
}

/// Who alone may read of an issue, where not everybody may.
fn audience_of(issue: &ObservedIssue) -> Option<Audience> {
    issue.confidential.then_some(Audience::Confidential)
}

fn proposal_finding(context: &PairingContext<'_>, one: &Candidate<'_>) -> Finding {
    let (label, name) = (&context.pod.label.name, context.issue_reference(one.issue));
    let message = format!("{name} looks like a session of the pod and does not carry `{label}`: {}", one.reasons());
    let advice = format!("If it was one, put `{label}` on it: {}", one_line(one.issue.url.as_str()));
    finding_about(Rule::LabelProposed, one.issue, message).with_advice(advice)
}

fn conflict_finding(context: &PairingContext<'_>, one: &Candidate<'_>) -> Option<Finding> {
    let (label, name) = (&context.pod.label.name, context.issue_reference(one.issue));
    let other = one_line(one.conflict?);
    let message =
        format!("{name} looks like a session of the pod and carries `{other}` instead of `{label}`: {}", one.reasons());
    Some(finding_about(Rule::LabelConflict, one.issue, message))
}

fn finding_about(rule: Rule, issue: &ObservedIssue, message: String) -> Finding {
    let finding = Finding::new(rule, format!("#{}", issue.iid), message);
    let audience = audience_of(issue).unwrap_or(finding.audience);
    Finding { audience, ..finding }
}
