//! Which issue stands for which session, so that none gets a second one: podkeeper's own by its marker, one that a
//! person opened, and podkeeper's own whose marker is damaged, lost, or names a key that the configuration does not
//! know.
//!
//! One issue stands for one session.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc, Weekday};

use super::title_dates::{self, TitleDates};
use super::{OwnIssue, PairingContext};
use crate::pod::RECORD_LABEL;
use crate::pod::marker::{self, ManagedBlock, Marker, ParsedBody};
use crate::pod::schedule::Slot;
use crate::pod::session::{Session, SessionKey};
use crate::pod::snapshot::ObservedIssue;

/// Sessions further back are nobody's business: issues are read no further back either.
const LOOKBACK: Duration = Duration::days(120);

/// The issues of the pairing project, each with the session it stands for.
#[derive(Default)]
pub(super) struct SessionIssues<'a> {
    pub(super) own_issues: Vec<OwnIssue<'a>>,
    by_session: BTreeMap<SessionKey, ExistingIssue<'a>>,
}

/// What stands for a session that has no issue of podkeeper's under its key.
#[derive(Clone, Copy)]
pub(super) enum ExistingIssue<'a> {
    /// Somebody opened it by hand.
    ByHand(&'a ObservedIssue),
    /// podkeeper's own, whose marker is damaged: it may be it.
    Damaged(&'a ObservedIssue),
    /// podkeeper's own, under a key that the configuration does not know.
    OtherKey(&'a ObservedIssue, &'a SessionKey),
    /// podkeeper's own, whose marker and signature are lost.
    MarkerLost(&'a ObservedIssue),
}

/// A session and the slot it belongs to.
struct ScheduledSession<'a> {
    slot: &'a Slot,
    session: Session,
    /// When the session before it starts.
    previous_start: Option<DateTime<Utc>>,
    /// Whether podkeeper has an issue for it.
    has_own: bool,
}

impl<'a> SessionIssues<'a> {
    /// Finds them among what was seen of the pairing project.
    pub(super) fn find(context: &PairingContext<'a>) -> Self {
        let own: Vec<OwnIssue<'a>> = context.own_issues().collect();
        let due = list_sessions(context, &own);
        let mut found = Self { own_issues: own, by_session: BTreeMap::new() };
        for candidate in [add_issues_by_people, add_damaged, add_under_other_key, add_marker_lost] {
            candidate(context, &due, &mut found.by_session);
        }
        found
    }

    /// What stands for a session beside podkeeper's own issues.
    pub(super) fn existing_issue(&self, key: &SessionKey) -> Option<ExistingIssue<'a>> {
        self.by_session.get(key).copied()
    }
}

/// An issue that stands for a session of a slot.
#[derive(Clone)]
pub(super) struct SlotIssue<'a> {
    /// The session.
    pub(super) key: SessionKey,
    /// When it starts, or started.
    pub(super) start: DateTime<Utc>,
    /// When it is over.
    pub(super) end: DateTime<Utc>,
    /// The local date on which it starts.
    pub(super) date: NaiveDate,
    pub(super) issue: &'a ObservedIssue,
    /// podkeeper's block; none in an issue that somebody opened by hand.
    pub(super) block: Option<&'a ManagedBlock>,
}

impl<'a> SessionIssues<'a> {
    /// The issues of a slot's sessions, in their order: podkeeper's own, and those that were opened by hand. Each session
    /// has one, but for those that were held by several pods or slots that have become one since.
    pub(super) fn of_slot(&self, context: &PairingContext<'_>, slot: &Slot) -> Vec<SlotIssue<'a>> {
        let mut found: BTreeMap<(SessionKey, Option<&Marker>), SlotIssue<'a>> = BTreeMap::new();
        for own in self.own_issues.iter().filter(|own| own.session_key.slot == slot.key) {
            let is_over = own.block.state.start.is_none_or(|start| start <= context.seen.now);
            let key = (own.session_key.clone(), is_over.then_some(&own.block.marker));
            if found.get(&key).is_some_and(|known| rank(known.issue) > rank(own.issue)) {
                continue;
            }
            let start = own.block.state.start.or_else(|| scheduled_start(context, slot, &own.session_key));
            found.extend(start.map(|start| {
                let issue = SlotIssue::new(slot, &key.0, start, own.issue, Some(own.block));
                (key, issue)
            }));
        }
        for (key, existing) in &self.by_session {
            if let ExistingIssue::ByHand(issue) = existing
                && key.slot == slot.key
                && !found.keys().any(|(known, _)| known == key)
            {
                let start = scheduled_start(context, slot, key);
                found.extend(start.map(|start| ((key.clone(), None), SlotIssue::new(slot, key, start, issue, None))));
            }
        }
        found.into_values().collect()
    }
}

/// Of several issues of a session the lowest open one is the session's, and where all are closed the one that was open
/// longest: closing it makes no other one the session's.
fn rank(issue: &ObservedIssue) -> (bool, Option<DateTime<Utc>>, Reverse<u64>) {
    (issue.open, issue.closed_at.filter(|_| !issue.open), Reverse(issue.iid))
}

impl<'a> SlotIssue<'a> {
    /// The issue of the session that starts then.
    pub(super) fn new(
        slot: &Slot,
        key: &SessionKey,
        start: DateTime<Utc>,
        issue: &'a ObservedIssue,
        block: Option<&'a ManagedBlock>,
    ) -> Self {
        let date = start.with_timezone(&slot.zone).date_naive();
        let end = start.checked_add_signed(slot.duration).unwrap_or(start);
        Self { key: key.clone(), start, end, date, issue, block }
    }
}

/// When the session of a key starts by the schedule of today; where that knows none in its week, on its Monday.
fn scheduled_start(context: &PairingContext<'_>, slot: &Slot, key: &SessionKey) -> Option<DateTime<Utc>> {
    let monday = NaiveDate::from_isoywd_opt(key.year, key.week, Weekday::Mon)?.and_time(NaiveTime::MIN).and_utc();
    let from = monday.checked_sub_signed(Duration::days(8))?;
    let session = slot.sessions_from(&context.pod.key, from).take(4).find(|session| session.key == *key);
    Some(session.map_or(monday, |session| session.start.with_timezone(&Utc)))
}

type ExistingIssues<'a> = BTreeMap<SessionKey, ExistingIssue<'a>>;

/// The sessions of every slot since the lookback, up to the next one, in the order of their starts.
fn list_sessions<'s>(context: &'s PairingContext<'_>, own: &[OwnIssue<'_>]) -> Vec<ScheduledSession<'s>> {
    let now = context.seen.now;
    let since = now.checked_sub_signed(LOOKBACK).unwrap_or(now);
    let mut due = Vec::new();
    for slot in &context.pod.slots {
        let mut before = None;
        for session in slot.sessions_from(&context.pod.key, since) {
            let start = session.start.with_timezone(&Utc);
            let next = !session.has_started(now);
            let has_own = own.iter().any(|own| own.session_key == session.key);
            due.push(ScheduledSession { slot, session, previous_start: before, has_own });
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
fn add_issues_by_people<'a>(
    context: &PairingContext<'a>,
    due: &[ScheduledSession<'_>],
    found: &mut ExistingIssues<'a>,
) {
    for issue in context.issues {
        let record = issue.labels.iter().any(|label| label == RECORD_LABEL);
        // podkeeper's account may be a person's, too; and a copy of an issue of podkeeper's is a person's.
        let a_persons = !context.is_by_podkeeper(issue) || issue.parsed_body == ParsedBody::NoMarker;
        if record || !a_persons || !context.has_pod_label(issue) {
            continue;
        }
        let named = title_dates::parse_title(issue.title.raw());
        if let Some(due) = find_meant_session(issue, &named, due, found)
            && !is_opened_by_podkeeper(context, issue, due)
        {
            found.insert(due.session.key.clone(), ExistingIssue::ByHand(issue));
        }
    }
}

/// Whether podkeeper opened an issue for this session, under this account or another one: that is no issue by hand.
fn is_opened_by_podkeeper(context: &PairingContext<'_>, issue: &ObservedIssue, due: &ScheduledSession<'_>) -> bool {
    if context.is_by_podkeeper(issue) {
        return due.slot.is_issue_title(&due.session, issue.title.raw());
    }
    let Some(Marker::Session(key)) = issue.parsed_body.marker() else { return false };
    context.pod.current_session_key(key).as_ref() == Some(&due.session.key)
        && !due.session.has_started(context.seen.now)
}

/// The session that a person's issue means: by time, slot or event in its title, else the nearest slot of the day that
/// has no issue yet.
fn find_meant_session<'d>(
    issue: &ObservedIssue,
    named: &TitleDates,
    due: &'d [ScheduledSession<'d>],
    found: &ExistingIssues<'_>,
) -> Option<&'d ScheduledSession<'d>> {
    let of_the_day = sessions_on_named_day(issue, named, due);
    let words = title_words(issue.title.raw());
    let event = issue.title.raw().to_lowercase();
    let several_events = of_the_day.iter().any(|due| due.slot.event != of_the_day[0].slot.event);
    let says = |due: &&ScheduledSession<'_>| {
        let time = due.start_times().any(|at| named.times.contains(&at));
        let slot = due.slot.key.split('-').all(|part| words.contains(part));
        let event = several_events && event.contains(&due.slot.event.to_lowercase());
        usize::from(time) + usize::from(slot) + usize::from(event)
    };
    let most = of_the_day.iter().map(says).max()?;
    let free = |due: &&ScheduledSession<'_>| !found.contains_key(&due.session.key);
    if most > 0 {
        return of_the_day.iter().copied().filter(|due| says(due) == most).find(free);
    }
    let far = |due: &&ScheduledSession<'_>| due.minutes_to_nearest(&named.times);
    of_the_day.into_iter().filter(free).filter(|due| !due.has_own).min_by_key(far)
}

/// The sessions of the day that an issue names; a day without its year counts where only one fits.
fn sessions_on_named_day<'d>(
    issue: &ObservedIssue,
    named: &TitleDates,
    due: &'d [ScheduledSession<'d>],
) -> Vec<&'d ScheduledSession<'d>> {
    let sure = |due: &&ScheduledSession<'_>| named.names_date(due.session.date) || issue.due == Some(due.session.date);
    let sure: Vec<&ScheduledSession<'_>> = due.iter().filter(sure).collect();
    if !sure.is_empty() {
        return sure;
    }
    // An issue is not opened for a session long before it: its own age gives the year.
    let near = |due: &&ScheduledSession<'_>| {
        let opened = issue.created_at.unwrap_or(due.session.start.with_timezone(&Utc));
        (due.session.start.with_timezone(&Utc) - opened).abs() <= LOOKBACK
    };
    let may: Vec<&ScheduledSession<'_>> =
        due.iter().filter(|due| named.may_name_date(due.session.date)).filter(near).collect();
    let days: BTreeSet<NaiveDate> = may.iter().map(|due| due.session.date).collect();
    if days.len() == 1 { may } else { Vec::new() }
}

fn title_words(title: &str) -> BTreeSet<String> {
    let words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

impl ScheduledSession<'_> {
    /// Its time of the day, in its zone and in UTC.
    fn start_times(&self) -> impl Iterator<Item = (u32, u32)> {
        use chrono::Timelike as _;
        let (local, utc) = (self.session.start.time(), self.session.start.with_timezone(&Utc).time());
        [local, utc].into_iter().map(|time| (time.hour(), time.minute()))
    }

    /// How many minutes lie between it and the nearest of some times; without any, the first of a day is the nearest.
    fn minutes_to_nearest(&self, times: &[(u32, u32)]) -> i64 {
        let minutes = |(hour, minute): (u32, u32)| i64::from(hour) * 60 + i64::from(minute);
        let apart =
            self.start_times().flat_map(|at| times.iter().map(move |time| (minutes(at) - minutes(*time)).abs()));
        apart.min().unwrap_or_else(|| self.session.start.time().signed_duration_since(NaiveTime::MIN).num_minutes())
    }

    /// Whether an issue that was opened then can have been opened for it: after the session before it, or when it was
    /// due to be opened, and not after its start.
    fn can_be_opened_at(&self, opened: Option<DateTime<Utc>>) -> bool {
        let Some(opened) = opened else { return true };
        let start = self.session.start.with_timezone(&Utc);
        let ahead = start.checked_sub_signed(self.slot.open_ahead).unwrap_or(start);
        let first = self.previous_start.map_or(ahead, |before| before.min(ahead));
        first <= opened && opened <= start
    }
}

// ------------------------------------------------------------------------------- podkeeper's own, hard to recognise

/// Own issues whose marker is damaged: the session that can still be read, else any that they were opened for.
fn add_damaged<'a>(context: &PairingContext<'a>, due: &[ScheduledSession<'_>], found: &mut ExistingIssues<'a>) {
    for issue in context.issues.iter().filter(|issue| context.is_by_podkeeper(issue)) {
        let ParsedBody::Damaged { .. } = &issue.parsed_body else { continue };
        // It may be whatever it names, in whatever order.
        let named = marker::find_markers(&issue.body);
        for due in due.iter().filter(|due| !due.has_own) {
            let is = |marker: &Marker| match marker {
                Marker::Session(key) => context.pod.current_session_key(key).as_ref() == Some(&due.session.key),
                Marker::Report(..) => false,
            };
            if named.iter().any(is) || (named.is_empty() && due.can_be_opened_at(issue.created_at)) {
                found.entry(due.session.key.clone()).or_insert(ExistingIssue::Damaged(issue));
            }
        }
    }
}

/// Own issues with the pod's label for the same start, under a key that the configuration does not know: pod or slot
/// were renamed.
fn add_under_other_key<'a>(context: &PairingContext<'a>, due: &[ScheduledSession<'_>], found: &mut ExistingIssues<'a>) {
    for issue in context.issues.iter().filter(|issue| context.is_by_podkeeper(issue)) {
        let Some(ManagedBlock { marker: Marker::Session(key), state, .. }) = issue.parsed_body.block() else {
            continue;
        };
        let lacks_label = state.opened_without.as_deref() == Some(context.pod.label.name.as_str());
        if context.pod.current_session_key(key).is_some() || !(context.has_pod_label(issue) || lacks_label) {
            continue;
        }
        let named = title_dates::parse_title(issue.title.raw());
        let named_so = |due: &ScheduledSession<'_>| {
            let time = due.start_times().any(|at| named.times.contains(&at));
            (key.year, key.week) == (due.session.key.year, due.session.key.week)
                && named.names_date(due.session.date)
                && time
        };
        let same_start =
            |due: &&ScheduledSession<'_>| state.start.map_or_else(|| named_so(due), |start| start == due.session.start);
        let free = due.iter().filter(|due| !due.has_own).filter(same_start);
        for due in free {
            found.entry(due.session.key.clone()).or_insert(ExistingIssue::OtherKey(issue, key));
        }
    }
}

/// Own issues, with the pod's label or a title that podkeeper gives, in which nothing of podkeeper's is left: each
/// stands for a session that it can have been opened for and that has no other.
fn add_marker_lost<'a>(context: &PairingContext<'a>, due: &[ScheduledSession<'_>], found: &mut ExistingIssues<'a>) {
    for issue in context.issues.iter().filter(|issue| context.is_by_podkeeper(issue)) {
        let record = issue.labels.iter().any(|label| label == RECORD_LABEL);
        if issue.parsed_body != ParsedBody::NoMarker || record {
            continue;
        }
        let named = title_dates::parse_title(issue.title.raw());
        let labelled = context.has_pod_label(issue);
        let free = |due: &&ScheduledSession<'_>| {
            let may = labelled || due.slot.is_issue_title(&due.session, issue.title.raw());
            may && !due.has_own && !found.contains_key(&due.session.key)
        };
        let named_one = due
            .iter()
            .filter(free)
            .find(|due| named.names_date(due.session.date) || issue.due == Some(due.session.date));
        let one = named_one.or_else(|| due.iter().filter(free).find(|due| due.can_be_opened_at(issue.created_at)));
        if let Some(due) = one {
            found.insert(due.session.key.clone(), ExistingIssue::MarkerLost(issue));
        }
    }
}
