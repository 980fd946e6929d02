//! The next session of each slot has its pairing issue, exactly once; past ones are told, never made.

use chrono::{DateTime, NaiveDate, Utc};

use super::standing::{Standing, Stands};
use super::{Own, Parts, Scene, body, copies, identity};
use crate::pod::action::{Action, Change, Rewrite};
use crate::pod::finding::{Finding, short_hash};
use crate::pod::label::LabelName;
use crate::pod::marker::{self, Frame, Marker};
use crate::pod::observed::{Blind, Cause, Observed};
use crate::pod::rule::Rule;
use crate::pod::schedule::Slot;
use crate::pod::session::{Session, SessionKey};
use crate::pod::snapshot::{PairingIssue, Question};

/// Sees to the next session of every slot, and tells what was missed.
pub(super) fn due(scene: &Scene<'_>, parts: &mut Parts) {
    copies::of_sessions(scene, parts);
    let standing = Standing::of(scene);
    for slot in &scene.pod.slots {
        let now = scene.seen.now;
        let Some(next) = slot.sessions_from(&scene.pod.key, now).find(|session| !session.started(now)) else {
            continue;
        };
        let for_it = || standing.own.iter().filter(|own| own.key == next.key);
        let winner = for_it().find(|own| own.issue.open).or_else(|| for_it().next());
        match winner {
            Some(own) => keep_in_step(scene, slot, &next, own, parts),
            None => open(scene, slot, &next, &standing, parts),
        }
        missed(scene, slot, &standing, parts);
    }
}

/// Opens the session's issue, unless it is too early, or there may be one.
fn open(scene: &Scene<'_>, slot: &Slot, session: &Session, standing: &Standing<'_>, parts: &mut Parts) {
    let start = session.start.with_timezone(&Utc);
    let opens = start.checked_sub_signed(slot.open_ahead).unwrap_or(start);
    if opens > scene.seen.now {
        let day = opens.format("%a %Y-%m-%d %H:%M UTC");
        parts.outlook.push(format!("the issue for {} is opened on {day}", session.when()));
        return;
    }
    if let Some(stands) = standing.instead(&session.key) {
        return respect(scene, session, stands, parts);
    }
    // The body tells of the page, so a page that was not seen opens nothing; the reason is told elsewhere.
    let Some(page) = scene.seen.page.present() else {
        parts.outlook.push(format!("the issue for {} waits until the pod's page can be read", session.when()));
        return;
    };
    let title = slot.title(session);
    let because = format!("no issue carries {} and the session is {}", session.key, session.when());
    let Label::Now(labels) = label_to_give(scene, &title, parts) else { return };
    if !is_nobody_elses(scene, &session.key, &title, parts) {
        return;
    }
    match body::first_body(scene.pod, session, &title, page) {
        Ok(body) => {
            let change = Change::OpenPairingIssue { session: session.key.clone(), title, body, labels };
            parts.actions.push(scene.action(change, because));
        }
        Err((line, why)) => parts.unknown.push(Blind {
            what: format!("the pairing issue's template, line {line}"),
            why,
            cause: Cause::Config,
        }),
    }
}

/// Says why nothing is opened for a session that another issue stands for.
fn respect(scene: &Scene<'_>, session: &Session, stands: Stands<'_>, parts: &mut Parts) {
    let finding = match stands {
        Stands::ByHand(issue) => {
            let message = format!("{} is the pairing issue for {}, opened by hand", scene.name(issue), session.when());
            Finding::new(Rule::SessionIssueByHand, session.key.to_string(), message)
        }
        Stands::Damaged(issue) => {
            parts.outlook.push(format!(
                "no issue is opened for {}, because {} may be it and its marker is damaged",
                session.when(),
                scene.name(issue)
            ));
            return;
        }
        Stands::OtherKey(issue, key) => identity::other_session_key(scene.pod, &scene.name(issue), key, session),
        Stands::Lost(issue) => {
            let what = format!("the pairing issue for {}", session.when());
            identity::marker_lost(&Marker::Session(session.key.clone()), &scene.name(issue), &what)
        }
    };
    parts.findings.push(finding);
}

/// Whether no other account has opened this session's issue. It is asked only now, because a run that opens nothing does
/// not need to know; what could not be seen opens nothing.
fn is_nobody_elses(scene: &Scene<'_>, key: &SessionKey, title: &str, parts: &mut Parts) -> bool {
    let others = match &scene.seen.tracker.others {
        None => {
            parts.questions.insert(Question::OthersInPairing);
            return false;
        }
        Some(Observed::Unknown(blind)) => {
            parts.unknown.push(blind.clone());
            return false;
        }
        Some(Observed::Absent) => &[],
        Some(Observed::Present(others)) => others.as_slice(),
    };
    let same = |issue: &&PairingIssue| match issue.marked.marker() {
        // Whoever only speaks of a session has neither its label nor its title.
        Some(Marker::Session(found)) => {
            let may = scene.is_labelled(issue) || issue.title.raw() == title;
            may && scene.pod.present_key(found).as_ref() == Some(key)
        }
        Some(Marker::Report(..)) | None => false,
    };
    let mut theirs: Vec<&PairingIssue> =
        others.iter().chain(scene.issues).filter(|issue| !scene.is_ours(issue)).filter(same).collect();
    theirs.sort_by_key(|issue| issue.iid);
    theirs.dedup_by_key(|issue| issue.iid);
    if !theirs.is_empty() {
        let marker = Marker::Session(key.clone());
        parts.findings.push(identity::bot_replaced(&marker, &scene.project.path, &theirs));
    }
    theirs.is_empty()
}

/// Whether a new issue gets the label at birth.
enum Label {
    Now(Vec<LabelName>),
    /// The label is being created, or could not be looked up: the next look opens the issue with it.
    Later,
}

/// Only a name that was read back is sent: GitLab makes a new label of any other.
fn label_to_give(scene: &Scene<'_>, title: &str, parts: &mut Parts) -> Label {
    match &scene.seen.tracker.label {
        // GitLab would leave it off, and `label-archived` says so.
        Observed::Present(label) if label.archived => Label::Now(Vec::new()),
        Observed::Present(_) => Label::Now(vec![scene.pod.label.name.clone()]),
        Observed::Unknown(_) => Label::Later,
        Observed::Absent if super::labels::will_be_created(scene) => {
            let label = &scene.pod.label.name;
            parts.then.push(format!("open \"{title}\" in {} with label `{label}`", scene.project.path));
            Label::Later
        }
        Observed::Absent => Label::Now(Vec::new()),
    }
}

/// Brings the block of an issue that is there up to date, until the session starts.
fn keep_in_step(scene: &Scene<'_>, slot: &Slot, session: &Session, own: &Own<'_>, parts: &mut Parts) {
    let state = if own.issue.open { "open" } else { "closed" };
    parts.outlook.push(format!("{} is there for {} ({state})", scene.name(own.issue), session.when()));
    let Some(page) = scene.seen.page.present() else { return };
    if !own.issue.open {
        return;
    }
    if own.block.is_newer() {
        parts.findings.push(identity::newer_block(&scene.name(own.issue), own.block));
        return;
    }
    let wanted_title = slot.title(session);
    // A title that somebody changed is theirs.
    let title_is_ours = own.block.state.title.as_deref() == Some(short_hash(own.issue.title.raw()).as_str());
    let title = (title_is_ours && own.issue.title.raw() != wanted_title)
        .then(|| (own.issue.title.raw().to_owned(), wanted_title));
    let mut state = own.block.state.clone();
    // A state that was lost is made anew, as far as the issue itself still shows it.
    if state.title.is_none() && own.issue.title.raw() == slot.title(session) {
        state.title = Some(short_hash(own.issue.title.raw()));
    }
    if state.rest.is_none() && !own.block.knows_its_lines() {
        let born = body::as_born(scene.pod, session, &slot.title(session), page).and_then(|born| born.state.rest);
        state.rest = born.filter(|rest| *rest == short_hash(&marker::outside(&own.issue.body)));
    }
    if let Some((_, new)) = &title {
        state.title = Some(short_hash(new));
    }
    let block = body::block(scene.pod, session, page, state);
    if own.block.says(&block) && title.is_none() {
        return;
    }
    let change = Change::RewritePairingIssue { iid: own.issue.iid, rewrite: Rewrite::new(own.block, block), title };
    let because = match own.block.frame {
        Frame::Whole => "its block no longer says what the page and the configuration say",
        Frame::WithoutState | Frame::WithoutComments { .. } => "a part of its marker is gone, and is written anew",
    };
    parts.actions.push(scene.action(change, because));
}

/// Sessions that have begun without an issue, since the last one that had one.
fn missed(scene: &Scene<'_>, slot: &Slot, standing: &Standing<'_>, parts: &mut Parts) {
    let now = scene.seen.now;
    let ours = |session: &Session| standing.own.iter().any(|own| own.key == session.key);
    let of_the_slot = standing.own.iter().filter(|own| own.key.slot == slot.key);
    let Some(first) = of_the_slot.map(|own| &own.key).min() else { return };
    let Some(from) = week_start(first) else { return };
    let past = slot.sessions_from(&scene.pod.key, from).take_while(|session| session.started(now));
    let mut missing = Vec::new();
    for session in past {
        if ours(&session) || standing.instead(&session.key).is_some() {
            missing.clear();
        } else {
            missing.push(session.date.to_string());
        }
    }
    let message = match &missing[..] {
        [] => return,
        [one] => format!("the session of {one} had no pairing issue"),
        many => format!("{} sessions had no pairing issue: {}", many.len(), many.join(", ")),
    };
    parts.findings.push(Finding::new(Rule::SessionMissed, format!("{}/{}", scene.pod.key, slot.key), message));
}

fn week_start(key: &SessionKey) -> Option<DateTime<Utc>> {
    let monday = NaiveDate::from_isoywd_opt(key.year, key.week, chrono::Weekday::Mon)?;
    Some(monday.and_hms_opt(0, 0, 0)?.and_utc())
}

/// Used by the label rules: whether an action of this pass was tried and not done.
pub(super) fn was_tried(scene: &Scene<'_>, action: &Action) -> bool {
    scene.seen.tried.contains(&action.identity())
}
