//! Two issues for one session: the older stays, the younger is linked to it and closed. Where a person has
//! closed the older one, the younger is the session's, as that person wants it.

use std::collections::BTreeMap;

use super::pairing_issue_body::SessionFacts;
use super::session_issues::SlotIssue;
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
    for own in &context.session_issues.own_issues {
        by_session.entry(own.session_key.clone()).or_default().push(own.clone());
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
    of_slot: &[SlotIssue<'a>],
) -> Vec<SlotIssue<'a>> {
    let is_twin = |own: &&OwnIssue<'a>| {
        let is_sessions_own = of_slot.iter().any(|known| known.issue.iid == own.issue.iid);
        own.session_key.slot == slot.key && own.issue.open && !is_sessions_own
    };
    let elders = |own: &OwnIssue<'a>| -> Vec<OwnIssue<'a>> {
        let of_session = context.session_issues.own_issues.iter().filter(|elder| elder.session_key == own.session_key);
        of_session.take_while(|elder| elder.issue.iid < own.issue.iid).cloned().collect()
    };
    let in_use = context
        .session_issues
        .own_issues
        .iter()
        .filter(is_twin)
        .filter(|own| has_human_changes(context, own, &elders(own)));
    let slot_issue = |own: &OwnIssue<'a>| {
        let start = own.block.state.start.filter(|start| *start <= context.seen.now)?;
        Some(SlotIssue::new(slot, &own.session_key, start, own.issue, Some(own.block)))
    };
    in_use.filter_map(slot_issue).collect()
}

/// Whether two issues of one week are those of two pods, or slots, that have become one since: what was held is held, and
/// the session to come is another one. Only of two that are both to come one is too many.
fn are_of_two_former_pods(context: &PairingContext<'_>, one: &OwnIssue<'_>, other: &OwnIssue<'_>) -> bool {
    one.block.marker != other.block.marker && (one.has_begun(context.seen.now) || other.has_begun(context.seen.now))
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
    if has_human_changes(context, twin, elders) {
        let message = format!("{names} both stand for {key}, and people have written in the younger one");
        parts.findings.push(Finding::new(Rule::SessionTwinInUse, key.to_string(), message));
    } else {
        let message = format!("{names} both stand for {key}");
        parts.findings.push(Finding::new(Rule::SessionTwin, key.to_string(), message));
        let because = format!("{} is the older issue for {key}", context.issue_reference(keep.issue));
        parts.actions.push(context.new_action(Change::CloseDuplicate { iid, original_iid: older }, because));
    }
}

/// Comments, ticks, or words around the block or in it that podkeeper did not write. Where its state is lost, podkeeper's
/// words are those that it would write if it were opened today, and those of an older issue of its session: what that one
/// says too is not lost with this one.
fn has_human_changes(context: &PairingContext<'_>, own: &OwnIssue<'_>, elders: &[OwnIssue<'_>]) -> bool {
    if own.issue.has_human_activity {
        return true;
    }
    let rest = short_hash(&marker::text_outside_block(&own.issue.body));
    let today = initial_block(context, own);
    if own.block.has_line_hashes() {
        let known = today.as_ref().unwrap_or(own.block);
        return own.block.state.rest.as_ref() != Some(&rest) || !own.block.human_lines(known).is_empty();
    }
    let of_today = today.as_ref().and_then(|today| today.state.rest.clone());
    let of_elders = elders.iter().map(|elder| short_hash(&marker::text_outside_block(&elder.issue.body)));
    let mut known = today.unwrap_or_else(|| own.block.clone());
    for elder in elders {
        known.add_known_lines(elder.block);
    }
    // A state that was lost does not say that nobody wrote.
    !of_today.into_iter().chain(of_elders).any(|known| known == rest) || !own.block.human_lines(&known).is_empty()
}

/// What the issue would say if it were opened today; none where the page was not seen, or the slot is not known any
/// more.
fn initial_block(context: &PairingContext<'_>, own: &OwnIssue<'_>) -> Option<ManagedBlock> {
    let slot = context.pod.find_slot(&own.session_key)?;
    let session = slot.session_of_week(&context.pod.key, own.session_key.year, own.session_key.week)?;
    SessionFacts::new(context, slot, &session, context.seen.page.present()?, Some(own)).initial_block()
}
