//! Two issues for one session: the older stays, the younger is linked to it and closed. Where a person has
//! closed the older one, the younger is the session's, as that person wants it.

use std::collections::BTreeMap;

use super::pairing_issue_body::SessionFacts;
use super::session_hosts;
use super::session_issues::{SessionIssues, SlotIssue};
use super::{DecisionParts, OwnIssue, PairingContext};
use crate::pod::action::Change;
use crate::pod::finding::{Finding, short_hash};
use crate::pod::marker::{self, ManagedBlock};
use crate::pod::observed::Observed;
use crate::pod::rule::Rule;
use crate::pod::schedule::Slot;
use crate::pod::session::SessionKey;

/// Settles every session that has more than one issue. Each step stands for itself, so that a run that was
/// cut short is taken up where it ended.
pub(super) fn settle_duplicates(context: &PairingContext<'_>, parts: &mut DecisionParts) {
    let mut by_session: BTreeMap<SessionKey, Vec<OwnIssue<'_>>> = BTreeMap::new();
    for own in context.own_issues() {
        by_session.entry(own.session_key.clone()).or_default().push(own);
    }
    for (key, issues) in by_session {
        for twins in group_twins(context, issues) {
            // Own issues come in the order of their numbers: the lowest open one wins, whoever looks. Where all are
            // closed there is nothing to settle.
            let Some(open) = twins.iter().position(|own| own.issue.open) else { continue };
            for at in open + 1..twins.len() {
                settle_duplicate(context, &key, &twins[open], &twins[..at], &twins[at], parts);
            }
        }
    }
}

/// The issues of a session, those of each of its former pods or slots by themselves.
fn group_twins<'a>(context: &PairingContext<'_>, issues: Vec<OwnIssue<'a>>) -> Vec<Vec<OwnIssue<'a>>> {
    let mut groups: Vec<Vec<OwnIssue<'a>>> = Vec::new();
    for own in issues {
        match groups.iter_mut().find(|group| !are_of_two_former_pods(context, &group[0], &own)) {
            Some(group) => group.push(own),
            None => groups.push(vec![own]),
        }
    }
    groups
}

/// The other open issues of a slot's sessions that have begun and have several, which people use.
pub(super) fn twins_in_use<'a>(
    context: &PairingContext<'a>,
    slot: &Slot,
    issues: &SessionIssues<'a>,
    of_slot: &[SlotIssue<'a>],
) -> Vec<SlotIssue<'a>> {
    let is_twin = |own: &&OwnIssue<'a>| {
        let is_sessions_own = of_slot.iter().any(|known| known.issue.iid == own.issue.iid);
        own.session_key.slot == slot.key && own.issue.open && !is_sessions_own
    };
    let in_use = issues.own_issues.iter().filter(is_twin).filter(|own| has_human_changes(context, own));
    let slot_issue = |own: &OwnIssue<'a>| {
        let start = own.block.state.start.filter(|start| *start <= context.seen.now)?;
        Some(SlotIssue::new(slot, &own.session_key, start, own.issue, Some(own.block)))
    };
    in_use.filter_map(slot_issue).collect()
}

/// Whether two issues of one week are those of two pods, or slots, that have become one since: what was held is held. Only
/// for a session to come is one of them too many.
fn are_of_two_former_pods(context: &PairingContext<'_>, one: &OwnIssue<'_>, other: &OwnIssue<'_>) -> bool {
    let begun = |own: &OwnIssue<'_>| own.block.state.start.is_none_or(|start| start <= context.seen.now);
    one.block.marker != other.block.marker && begun(one) && begun(other)
}

fn settle_duplicate(
    context: &PairingContext<'_>,
    key: &SessionKey,
    keep: &OwnIssue<'_>,
    elders: &[OwnIssue<'_>],
    twin: &OwnIssue<'_>,
    parts: &mut DecisionParts,
) {
    let (iid, older) = (twin.issue.iid, keep.issue.iid);
    match &twin.issue.linked_iids {
        // One link says enough, to whichever of them was open then.
        Observed::Present(links) if !elders.iter().any(|elder| links.contains(&elder.issue.iid)) => {
            let because = format!("both stand for {key} and the lower number stays");
            parts.actions.push(context.new_action(Change::LinkDuplicate { iid, original_iid: older }, because));
        }
        Observed::Present(_) | Observed::Absent => {}
        Observed::Unknown(failure) => parts.read_failures.push(failure.clone()),
    }
    if !twin.issue.open {
        return;
    }
    let names = format!("{} and {}", context.issue_reference(keep.issue), context.issue_reference(twin.issue));
    if has_human_changes(context, twin) {
        let message = format!("{names} both stand for {key}, and people have written in the younger one");
        parts.findings.push(Finding::new(Rule::SessionTwinInUse, key.to_string(), message));
    } else {
        let message = format!("{names} both stand for {key}");
        parts.findings.push(Finding::new(Rule::SessionTwin, key.to_string(), message));
        let because = format!("{} is the older issue for {key}", context.issue_reference(keep.issue));
        parts.actions.push(context.new_action(Change::CloseDuplicate { iid, original_iid: older }, because));
    }
}

/// Comments, ticks, or any change of the words around the block or in it since the issue was opened. Where its state is
/// lost, it is held against what it would say if it were opened today.
fn has_human_changes(context: &PairingContext<'_>, own: &OwnIssue<'_>) -> bool {
    let today = initial_block(context, own);
    let state = own.block.has_line_hashes().then_some(&own.block.state);
    let Some(rest) = state.or(today.as_ref().map(|today| &today.state)).and_then(|state| state.rest.as_deref()) else {
        // A state that was lost does not say that nobody wrote.
        return true;
    };
    let lines = own.block.human_lines(today.as_ref().unwrap_or(own.block));
    // Who hosts may have been another one on the day on which it was opened.
    let is_own = |line: &str| line.trim().is_empty() || (state.is_none() && session_hosts::is_host_line(line));
    own.issue.has_human_activity
        || rest != short_hash(&marker::text_outside_block(&own.issue.body))
        || !lines.lines().all(is_own)
}

/// What the issue would say if it were opened today; none where the page was not seen, or the slot is not known any
/// more.
fn initial_block(context: &PairingContext<'_>, own: &OwnIssue<'_>) -> Option<ManagedBlock> {
    let slot = context.pod.find_slot(&own.session_key)?;
    let session = slot.session_of_week(&context.pod.key, own.session_key.year, own.session_key.week)?;
    let (page, issues) = (context.seen.page.present()?, SessionIssues::new(context));
    SessionFacts::new(context, slot, &session, page, &issues, Some(own)).initial_block()
}
