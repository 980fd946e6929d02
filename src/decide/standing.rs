//! Which issue stands for which session, so that none gets a second one: podkeeper's own by its marker, one that a person
//! opened, and podkeeper's own whose marker is damaged, lost, or names a key that the configuration does not know.
//!
//! One issue stands for one session.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};

use super::titles::{self, Named};
use super::{Own, Scene};
use crate::pod::marker::{self, Block, Marked, Marker};
use crate::pod::schedule::Slot;
use crate::pod::session::{Session, SessionKey};
use crate::pod::snapshot::PairingIssue;

/// The label that Pairify puts on its records of pairing that has happened: never a session's own issue.
const RECORD_LABEL: &str = "pairify";
/// Sessions further back are nobody's business: issues are read no further back either.
const LOOKBACK: Duration = Duration::days(120);

/// The issues of a scene, each with the session it stands for.
pub(super) struct Standing<'a> {
    pub(super) own: Vec<Own<'a>>,
    by_session: BTreeMap<SessionKey, Stands<'a>>,
}

/// What stands for a session that has no issue of podkeeper's under its key.
#[derive(Clone, Copy)]
pub(super) enum Stands<'a> {
    /// Somebody opened it by hand.
    ByHand(&'a PairingIssue),
    /// podkeeper's own, whose marker is damaged: it may be it.
    Damaged(&'a PairingIssue),
    /// podkeeper's own, under a key that the configuration does not know.
    OtherKey(&'a PairingIssue, &'a SessionKey),
    /// podkeeper's own, whose marker and sign are lost.
    Lost(&'a PairingIssue),
}

/// A session and the slot it belongs to.
struct Due<'a> {
    slot: &'a Slot,
    session: Session,
    /// When the session before it starts.
    before: Option<DateTime<Utc>>,
    /// Whether podkeeper has an issue for it.
    has_own: bool,
}

impl<'a> Standing<'a> {
    /// Reads the scene.
    pub(super) fn of(scene: &Scene<'a>) -> Self {
        let own: Vec<Own<'a>> = scene.own().collect();
        let due = sessions(scene, &own);
        let mut standing = Self { own, by_session: BTreeMap::new() };
        for candidate in [by_hand, damaged, other_key, lost] {
            candidate(scene, &due, &mut standing.by_session);
        }
        standing
    }

    /// What stands for a session beside podkeeper's own issues.
    pub(super) fn instead(&self, key: &SessionKey) -> Option<Stands<'a>> {
        self.by_session.get(key).copied()
    }
}

type BySession<'a> = BTreeMap<SessionKey, Stands<'a>>;

/// The sessions of every slot since the lookback, up to the next one, in the order of their starts.
fn sessions<'s>(scene: &'s Scene<'_>, own: &[Own<'_>]) -> Vec<Due<'s>> {
    let now = scene.seen.now;
    let since = now.checked_sub_signed(LOOKBACK).unwrap_or(now);
    let mut due = Vec::new();
    for slot in &scene.pod.slots {
        let mut before = None;
        for session in slot.sessions_from(&scene.pod.key, since) {
            let start = session.start.with_timezone(&Utc);
            let next = !session.started(now);
            let has_own = own.iter().any(|own| own.key == session.key);
            due.push(Due { slot, session, before, has_own });
            before = Some(start);
            if next {
                break;
            }
        }
    }
    due.sort_by_key(|due| due.session.start);
    due
}

// -------------------------------------------------------------------------------------------------------- by hand

/// Issues that somebody else opened: the pod's label, and the date in due date or title.
fn by_hand<'a>(scene: &Scene<'a>, due: &[Due<'_>], found: &mut BySession<'a>) {
    for issue in scene.issues {
        let record = issue.labels.iter().any(|label| label == RECORD_LABEL);
        // podkeeper's account may be a person's, too; and a copy of an issue of podkeeper's is a person's.
        let a_persons = !scene.is_ours(issue) || issue.marked == Marked::No;
        if record || !a_persons || !scene.is_labelled(issue) {
            continue;
        }
        let named = titles::read(issue.title.raw());
        if let Some(due) = meant(issue, &named, due, found)
            && !is_podkeepers(scene, issue, due)
        {
            found.insert(due.session.key.clone(), Stands::ByHand(issue));
        }
    }
}

/// Whether podkeeper opened an issue for this session, under this account or another one: that is no issue by hand.
fn is_podkeepers(scene: &Scene<'_>, issue: &PairingIssue, due: &Due<'_>) -> bool {
    if scene.is_ours(issue) {
        return issue.title.raw() == due.slot.title(&due.session);
    }
    let Some(Marker::Session(key)) = issue.marked.marker() else { return false };
    scene.pod.present_key(key).as_ref() == Some(&due.session.key) && !due.session.started(scene.seen.now)
}

/// The session that a person's issue means: by time, slot or event in its title, else the nearest slot of the day that
/// has no issue yet.
fn meant<'d>(issue: &PairingIssue, named: &Named, due: &'d [Due<'d>], found: &BySession<'_>) -> Option<&'d Due<'d>> {
    let of_the_day = of_the_day(issue, named, due);
    let words = words(issue.title.raw());
    let event = issue.title.raw().to_lowercase();
    let several_events = of_the_day.iter().any(|due| due.slot.event != of_the_day[0].slot.event);
    let says = |due: &&Due<'_>| {
        let time = due.at().any(|at| named.times.contains(&at));
        let slot = due.slot.key.split('-').all(|part| words.contains(part));
        let event = several_events && event.contains(&due.slot.event.to_lowercase());
        usize::from(time) + usize::from(slot) + usize::from(event)
    };
    let most = of_the_day.iter().map(says).max()?;
    let free = |due: &&Due<'_>| !found.contains_key(&due.session.key);
    if most > 0 {
        return of_the_day.iter().copied().filter(|due| says(due) == most).find(free);
    }
    let far = |due: &&Due<'_>| due.distance(&named.times);
    of_the_day.into_iter().filter(free).filter(|due| !due.has_own).min_by_key(far)
}

/// The sessions of the day that an issue names; a day without its year counts where only one fits.
fn of_the_day<'d>(issue: &PairingIssue, named: &Named, due: &'d [Due<'d>]) -> Vec<&'d Due<'d>> {
    let sure = |due: &&Due<'_>| named.is(due.session.date) || issue.due == Some(due.session.date);
    let sure: Vec<&Due<'_>> = due.iter().filter(sure).collect();
    if !sure.is_empty() {
        return sure;
    }
    // An issue is not opened for a session long before it: its own age tells the year.
    let near = |due: &&Due<'_>| {
        let opened = issue.created_at.unwrap_or(due.session.start.with_timezone(&Utc));
        (due.session.start.with_timezone(&Utc) - opened).abs() <= LOOKBACK
    };
    let may: Vec<&Due<'_>> = due.iter().filter(|due| named.may_be(due.session.date)).filter(near).collect();
    let days: BTreeSet<NaiveDate> = may.iter().map(|due| due.session.date).collect();
    if days.len() == 1 { may } else { Vec::new() }
}

fn words(title: &str) -> BTreeSet<String> {
    let words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

impl Due<'_> {
    /// Its time of the day, in its zone and in UTC.
    fn at(&self) -> impl Iterator<Item = (u32, u32)> {
        use chrono::Timelike as _;
        let (local, utc) = (self.session.start.time(), self.session.start.with_timezone(&Utc).time());
        [local, utc].into_iter().map(|time| (time.hour(), time.minute()))
    }

    /// How many minutes lie between it and the nearest of some times; without any, the first of a day is the nearest.
    fn distance(&self, times: &[(u32, u32)]) -> i64 {
        let minutes = |(hour, minute): (u32, u32)| i64::from(hour) * 60 + i64::from(minute);
        let apart = self.at().flat_map(|at| times.iter().map(move |time| (minutes(at) - minutes(*time)).abs()));
        apart.min().unwrap_or_else(|| self.session.start.time().signed_duration_since(NaiveTime::MIN).num_minutes())
    }

    /// Whether an issue that was opened then can have been opened for it: after the session before it, or when it was
    /// due to be opened, and not after its start.
    fn opened_for(&self, opened: Option<DateTime<Utc>>) -> bool {
        let Some(opened) = opened else { return true };
        let start = self.session.start.with_timezone(&Utc);
        let ahead = start.checked_sub_signed(self.slot.open_ahead).unwrap_or(start);
        let first = self.before.map_or(ahead, |before| before.min(ahead));
        first <= opened && opened <= start
    }
}

// ------------------------------------------------------------------------------- podkeeper's own, hard to recognise

/// Own issues whose marker is damaged: the session that can still be read, else any that they were opened for.
fn damaged<'a>(scene: &Scene<'a>, due: &[Due<'_>], found: &mut BySession<'a>) {
    for issue in scene.issues.iter().filter(|issue| scene.is_ours(issue)) {
        let Marked::Damaged { .. } = &issue.marked else { continue };
        // It may be whatever it names, in whatever order.
        let named = marker::named(&issue.body);
        for due in due.iter().filter(|due| !due.has_own) {
            let is = |marker: &Marker| match marker {
                Marker::Session(key) => scene.pod.present_key(key).as_ref() == Some(&due.session.key),
                Marker::Report(..) => false,
            };
            if named.iter().any(is) || (named.is_empty() && due.opened_for(issue.created_at)) {
                found.entry(due.session.key.clone()).or_insert(Stands::Damaged(issue));
            }
        }
    }
}

/// Own issues with the pod's label for the same start, under a key that the configuration does not know: pod or slot were
/// renamed.
fn other_key<'a>(scene: &Scene<'a>, due: &[Due<'_>], found: &mut BySession<'a>) {
    for issue in scene.issues.iter().filter(|issue| scene.is_ours(issue) && scene.is_labelled(issue)) {
        let Some(Block { marker: Marker::Session(key), state, .. }) = issue.marked.block() else { continue };
        if scene.pod.present_key(key).is_some() {
            continue;
        }
        let named = titles::read(issue.title.raw());
        let named_so = |due: &Due<'_>| {
            let time = due.at().any(|at| named.times.contains(&at));
            key.is_week_of(due.session.date) && named.is(due.session.date) && time
        };
        let same_start = |due: &&Due<'_>| state.start.map_or_else(|| named_so(due), |start| start == due.session.start);
        let free = due.iter().filter(|due| !due.has_own).filter(same_start);
        for due in free {
            found.entry(due.session.key.clone()).or_insert(Stands::OtherKey(issue, key));
        }
    }
}

/// Own issues, with the pod's label or a title that podkeeper gives, in which nothing of podkeeper's is left: each stands
/// for a session that it can have been opened for and that has no other.
fn lost<'a>(scene: &Scene<'a>, due: &[Due<'_>], found: &mut BySession<'a>) {
    for issue in scene.issues.iter().filter(|issue| scene.is_ours(issue)) {
        let record = issue.labels.iter().any(|label| label == RECORD_LABEL);
        if issue.marked != Marked::No || record {
            continue;
        }
        let named = titles::read(issue.title.raw());
        let labelled = scene.is_labelled(issue);
        let free = |due: &&Due<'_>| {
            let may = labelled || issue.title.raw() == due.slot.title(&due.session);
            may && !due.has_own && !found.contains_key(&due.session.key)
        };
        let named_one =
            due.iter().filter(free).find(|due| named.is(due.session.date) || issue.due == Some(due.session.date));
        let one = named_one.or_else(|| due.iter().filter(free).find(|due| due.opened_for(issue.created_at)));
        if let Some(due) = one {
            found.insert(due.session.key.clone(), Stands::Lost(issue));
        }
    }
}
