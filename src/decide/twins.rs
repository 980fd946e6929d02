//! Two issues for one session: the older stays, the younger is linked to it and closed. Where a person has
//! closed the older one, the younger is the session's, as that person wants it.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime, TimeDelta, Weekday};

use super::{Own, Parts, Scene, body};
use crate::pod::action::Change;
use crate::pod::finding::{Finding, short_hash};
use crate::pod::marker::{self, Block};
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
    if people_worked_in(scene, twin) {
        let message = format!("{names} both stand for {key}, and people have written in the younger one");
        parts.findings.push(Finding::new(Rule::SessionTwinInUse, key.to_string(), message));
    } else {
        let message = format!("{names} both stand for {key}");
        parts.findings.push(Finding::new(Rule::SessionTwin, key.to_string(), message));
        let because = format!("{} is the older issue for {key}", scene.name(keep.issue));
        parts.actions.push(scene.action(Change::CloseTwin { iid, keep: kept }, because));
    }
}

/// Comments, ticks, or any change of the words around the block or in it since the issue was opened. Where its state is
/// lost, it is held against what it would say if it were opened today.
fn people_worked_in(scene: &Scene<'_>, own: &Own<'_>) -> bool {
    let today = as_born(scene, own);
    let state = own.block.knows_its_lines().then_some(&own.block.state);
    let Some(rest) = state.or(today.as_ref().map(|today| &today.state)).and_then(|state| state.rest.as_deref()) else {
        // A state that was lost does not say that nobody wrote.
        return true;
    };
    let lines = own.block.peoples_lines(today.as_ref().unwrap_or(own.block));
    own.issue.touched || rest != short_hash(&marker::outside(&own.issue.body)) || !lines.is_empty()
}

/// What the issue would say if it were opened today; none where the page was not seen, or the slot is not known any more.
fn as_born(scene: &Scene<'_>, own: &Own<'_>) -> Option<Block> {
    let slot = scene.pod.slot_of(&own.key)?;
    let monday =
        NaiveDate::from_isoywd_opt(own.key.year, own.key.week, Weekday::Mon)?.and_time(NaiveTime::MIN).and_utc();
    let from = monday.checked_sub_signed(TimeDelta::days(2))?;
    let session = slot.sessions_from(&scene.pod.key, from).take(2).find(|session| session.key == own.key)?;
    body::as_born(scene.pod, &session, &slot.title(&session), scene.seen.page.present()?)
}
