//! Two issues for one session: the older stays, the younger is linked to it and closed. Where a person has
//! closed the older one, the younger is the session's, as that person wants it.

use std::collections::BTreeMap;

use super::{Own, Parts, Scene};
use crate::pod::action::Change;
use crate::pod::finding::{Finding, short_hash};
use crate::pod::marker;
use crate::pod::observed::Observed;
use crate::pod::rule::Rule;
use crate::pod::session::SessionKey;

/// Settles every session that has more than one issue. Each step stands for itself, so that a run that was
/// cut short is taken up where it ended.
pub(super) fn settle(scene: &Scene<'_>, parts: &mut Parts) {
    let mut by_session: BTreeMap<SessionKey, Vec<Own<'_>>> = BTreeMap::new();
    for own in scene.own() {
        by_session.entry(own.key.clone()).or_default().push(own);
    }
    for (key, issues) in by_session {
        // Own issues come in the order of their numbers: the lowest open one wins, whoever looks.
        let open = issues.iter().position(|own| own.issue.open).unwrap_or(0);
        let Some((keep, twins)) = issues[open..].split_first() else { continue };
        for twin in twins {
            settle_one(scene, &key, keep, twin, parts);
        }
    }
}

fn settle_one(scene: &Scene<'_>, key: &SessionKey, keep: &Own<'_>, twin: &Own<'_>, parts: &mut Parts) {
    let (iid, kept) = (twin.issue.iid, keep.issue.iid);
    match &twin.issue.links {
        Observed::Present(links) if !links.contains(&kept) => {
            let because = format!("both stand for {key} and the lower number stays");
            parts.actions.push(scene.action(Change::LinkTwin { iid, keep: kept }, because));
        }
        Observed::Present(_) | Observed::Absent => {}
        Observed::Unknown(blind) => parts.unknown.push(blind.clone()),
    }
    if !twin.issue.open {
        return;
    }
    let names = format!("{} and {}", scene.name(keep.issue), scene.name(twin.issue));
    if people_worked_in(twin) {
        let message = format!("{names} both stand for {key}, and people have written in the younger one");
        parts.findings.push(Finding::new(Rule::SessionTwinInUse, key.to_string(), message));
    } else {
        let message = format!("{names} both stand for {key}");
        parts.findings.push(Finding::new(Rule::SessionTwin, key.to_string(), message));
        let because = format!("{} is the older issue for {key}", scene.name(keep.issue));
        parts.actions.push(scene.action(Change::CloseTwin { iid, keep: kept }, because));
    }
}

/// Comments, ticks, or any change of the words around the block or in it since the issue was opened.
fn people_worked_in(own: &Own<'_>) -> bool {
    let rest = short_hash(&marker::outside(&own.issue.body));
    // A state that was lost does not say that nobody wrote.
    own.issue.touched
        || own.block.state.rest.as_deref() != Some(rest.as_str())
        || !own.block.peoples_lines(own.block).is_empty()
}
