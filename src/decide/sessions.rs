//! The next session of each slot has its pairing issue, exactly once; past ones are told, never made.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::{Own, Parts, Scene, body};
use crate::pod::action::{Action, Change};
use crate::pod::finding::{Finding, short_hash};
use crate::pod::label::LabelName;
use crate::pod::marker::{Marked, Marker};
use crate::pod::observed::{Blind, Cause, Observed};
use crate::pod::rule::Rule;
use crate::pod::schedule::Slot;
use crate::pod::session::{Session, SessionKey};
use crate::pod::snapshot::PairingIssue;

/// The label that Pairify puts on its records of pairing that has happened: never a session's own issue.
const RECORD_LABEL: &str = "pairify";

/// Sees to the next session of every slot, and tells what was missed.
pub(super) fn due(scene: &Scene<'_>, parts: &mut Parts) {
    damaged_and_foreign(scene, parts);
    let own: Vec<Own<'_>> = scene.own().collect();
    for slot in &scene.pod.slots {
        let now = scene.seen.now;
        let Some(next) = slot.sessions_from(&scene.pod.key, now).find(|session| !session.started(now)) else {
            continue;
        };
        let for_it = || own.iter().filter(|own| own.key == next.key);
        let winner = for_it().find(|own| own.issue.open).or_else(|| for_it().next());
        match winner {
            Some(own) => keep_in_step(scene, slot, &next, own, parts),
            None => open(scene, slot, &next, parts),
        }
        missed(scene, slot, &own, parts);
    }
}

/// Opens the session's issue, unless it is too early or somebody has done it.
fn open(scene: &Scene<'_>, slot: &Slot, session: &Session, parts: &mut Parts) {
    let start = session.start.with_timezone(&Utc);
    let opens = start.checked_sub_signed(slot.open_ahead).unwrap_or(start);
    if opens > scene.seen.now {
        let day = opens.format("%a %Y-%m-%d %H:%M UTC");
        parts.outlook.push(format!("the issue for {} is opened on {day}", session.when()));
        return;
    }
    if let Some(issue) = by_hand(scene, session) {
        let name = scene.name(issue);
        let message = format!("{name} is the pairing issue for {}, opened by hand", session.when());
        parts.findings.push(Finding::new(Rule::SessionIssueByHand, session.key.to_string(), message));
        return;
    }
    if let Some(issue) = may_be_it(scene, &session.key) {
        let name = scene.name(issue);
        parts.outlook.push(format!(
            "no issue is opened for {}, because {name} may be it and its marker is damaged",
            session.when()
        ));
        return;
    }
    // The body tells of the page, so a page that was not seen opens nothing; the reason is told elsewhere.
    let Some(page) = scene.seen.page.present() else {
        parts.outlook.push(format!("the issue for {} waits until the pod's page can be read", session.when()));
        return;
    };
    let title = slot.title(session);
    let because = format!("no issue carries {} and the session is {}", session.key, session.when());
    match label_to_give(scene, &title, parts) {
        Label::Later => {}
        Label::Now(labels) => match body::first_body(scene.pod, session, &title, page) {
            Ok(body) => {
                let change = Change::OpenPairingIssue { session: session.key.clone(), title, body, labels };
                parts.actions.push(scene.action(change, because));
            }
            Err((line, why)) => parts.unknown.push(Blind {
                what: format!("the pairing issue's template, line {line}"),
                why,
                cause: Cause::Config,
            }),
        },
    }
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
    if let Some((_, new)) = &title {
        state.title = Some(short_hash(new));
    }
    let block = body::block(scene.pod, session, page, state);
    if block.same(own.block) && title.is_none() {
        return;
    }
    let change = Change::RewritePairingIssue { iid: own.issue.iid, seen: own.block.clone(), block, title };
    parts.actions.push(scene.action(change, "its block no longer says what the page and the configuration say"));
}

/// An issue that somebody else opened for the session: the pod's label, and the date in its due date or
/// title. One that carries a marker of ours counts too: it may be that of a bot account which was replaced.
fn by_hand<'a>(scene: &Scene<'a>, session: &Session) -> Option<&'a PairingIssue> {
    scene.issues.iter().find(|issue| {
        issue.labels.iter().any(|label| label == scene.pod.label.name.as_str())
            && !issue.labels.iter().any(|label| label == RECORD_LABEL)
            && (issue.marked == Marked::No || !scene.pod.is_bot(scene.bot, &issue.author))
            && (issue.due == Some(session.date) || names_date(issue.title.raw(), session.date))
    })
}

/// One of podkeeper's own issues whose marker is damaged, and which may be this session's.
fn may_be_it<'a>(scene: &Scene<'a>, key: &SessionKey) -> Option<&'a PairingIssue> {
    scene.issues.iter().find(|issue| match &issue.marked {
        Marked::Damaged { marker: Some(Marker::Session(found)), .. } => {
            scene.pod.is_bot(scene.bot, &issue.author) && scene.pod.present_key(found).as_ref() == Some(key)
        }
        Marked::Damaged { marker: None, .. } => scene.pod.is_bot(scene.bot, &issue.author),
        Marked::Damaged { marker: Some(Marker::Report(..)), .. } | Marked::Block(_) | Marked::No => false,
    })
}

/// Whether a title names a date, in one of the forms people write without ambiguity.
fn names_date(title: &str, date: NaiveDate) -> bool {
    let title = title.to_lowercase();
    let day = date.day();
    let forms = [
        date.format("%Y-%m-%d").to_string(),
        date.format("%Y/%m/%d").to_string(),
        date.format("%Y.%m.%d").to_string(),
        format!("{day} {}", date.format("%b %Y")),
        format!("{day} {}", date.format("%B %Y")),
        format!("{day:02} {}", date.format("%b %Y")),
        format!("{day:02} {}", date.format("%B %Y")),
        format!("{} {day}, {}", date.format("%b"), date.year()),
        format!("{} {day}, {}", date.format("%B"), date.year()),
    ];
    forms.iter().map(|form| form.to_lowercase()).any(|form| {
        title.match_indices(&form).any(|(at, _)| {
            // `1 dec 2026` is not in `21 dec 2026`.
            let before = title[..at].chars().next_back();
            let after = title[at + form.len()..].chars().next();
            !before.is_some_and(|c| c.is_ascii_digit()) && !after.is_some_and(|c| c.is_ascii_digit())
        })
    })
}

/// Sessions that have begun without an issue, since the last one that had one.
fn missed(scene: &Scene<'_>, slot: &Slot, own: &[Own<'_>], parts: &mut Parts) {
    let now = scene.seen.now;
    let ours = |session: &Session| own.iter().any(|own| own.key == session.key);
    let Some(first) = own.iter().filter(|own| own.key.slot == slot.key).map(|own| &own.key).min() else { return };
    let Some(from) = week_start(first) else { return };
    let past = slot.sessions_from(&scene.pod.key, from).take_while(|session| session.started(now));
    let mut missing = Vec::new();
    for session in past {
        if ours(&session) || by_hand(scene, &session).is_some() || may_be_it(scene, &session.key).is_some() {
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

/// Markers that are damaged or that somebody else carries: said, and never touched.
fn damaged_and_foreign(scene: &Scene<'_>, parts: &mut Parts) {
    for issue in scene.issues {
        let ours = scene.pod.is_bot(scene.bot, &issue.author);
        let finding = match &issue.marked {
            Marked::Damaged { why, marker } if ours && concerns(scene, marker.as_ref()) => {
                Finding::new(Rule::MarkerDamaged, format!("#{}", issue.iid), format!("{}: {why}", scene.name(issue)))
            }
            Marked::Block(block) if !ours && concerns(scene, Some(&block.marker)) => Finding::new(
                Rule::MarkerForeign,
                format!("#{}", issue.iid),
                format!("{} by somebody else carries the marker of {}", scene.name(issue), block.marker),
            ),
            Marked::Damaged { .. } | Marked::Block(_) | Marked::No => continue,
        };
        parts.findings.push(finding);
    }
}

/// Whether a marker is this pod's; one that cannot be read may be.
fn concerns(scene: &Scene<'_>, marker: Option<&Marker>) -> bool {
    match marker {
        Some(Marker::Session(key)) => scene.pod.slot_of(key).is_some(),
        Some(Marker::Report(pod, _)) => *pod == scene.pod.key || scene.pod.formerly.contains(pod),
        None => true,
    }
}

/// Used by the label rules: whether an action of this pass was tried and not done.
pub(super) fn was_tried(scene: &Scene<'_>, action: &Action) -> bool {
    scene.seen.tried.contains(&action.identity())
}
