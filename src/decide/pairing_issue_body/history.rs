//! What came of the sessions before, and on which days around this one nobody meets.

use chrono::{DateTime, Duration, Utc};

use super::people::SESSIONS_SEEN;
use crate::decide::session_end::OPEN_AFTER_END;
use crate::decide::session_issues::ExistingIssue;
use crate::decide::words::join_words;
use crate::decide::{OwnIssue, PairingContext};
use crate::pod::PodKey;
use crate::pod::finding::short_hash;
use crate::pod::marker;
use crate::pod::schedule::Slot;
use crate::pod::session::Session;
use crate::pod::session_notes::{SessionNotes, TaskState};
use crate::pod::snapshot::ObservedIssue;
use crate::pod::text::{Untrusted, markdown_link_target};

/// Issues are read four months back; what is older must not come and go with the day.
const LOOKBACK: Duration = Duration::days(110);
/// So far around a session skipped ones are told.
const SKIPS_WITHIN: Duration = Duration::days(35);
/// So many skipped days are named.
const MOST_SKIPS: usize = 6;

/// What a session's issue says of other sessions.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    /// The line about the session before.
    pub(super) last_time: Option<String>,
    /// The line about skipped ones.
    pub(super) skipped: Option<String>,
    /// The notes of the last sessions that took place, latest first.
    pub(super) held: Vec<SessionNotes>,
}

/// What is known of a session that is over.
enum PastSession<'a> {
    /// People left something in its issue.
    Held(&'a ObservedIssue, SessionNotes),
    /// It had an issue that somebody else opened; a link to that would leave a note on it.
    HeldByHand(SessionNotes),
    /// Nobody did yet.
    NoNotesYet(&'a ObservedIssue),
    /// Nobody did before it was closed, or a day went by.
    NotHeld(&'a ObservedIssue),
    /// Its issue was closed before it began.
    ClosedBefore(&'a ObservedIssue),
    /// An issue is there that cannot be told from others.
    Unclear,
    /// There is none.
    Missed,
}

impl History {
    /// The history of a session, among the issues of the pairing project.
    pub(super) fn read(context: &PairingContext<'_>, slot: &Slot, session: &Session) -> Self {
        let pod = &context.pod.key;
        let issues = &context.session_issues;
        let start = session.start.with_timezone(&Utc);
        let Some(since) = start.checked_sub_signed(LOOKBACK) else { return Self::default() };
        let first = issues.own_issues.iter().map(|own| &own.session_key).filter(|key| key.slot == slot.key).min();
        let mut past: Vec<(Session, PastSession<'_>)> = slot
            .sessions_from(pod, since)
            .take_while(|past| past.start < start)
            .map(|past| (past_session(context, &past), past))
            .map(|(outcome, past)| (past, outcome))
            // Before podkeeper's first issue nothing was missed.
            .skip_while(|(past, outcome)| {
                matches!(outcome, PastSession::Missed) && first.is_none_or(|first| past.key < *first)
            })
            .collect();
        past.reverse();
        let held = past.iter().filter_map(|(_, past)| past.notes()).take(SESSIONS_SEEN).cloned().collect();
        Self { last_time: last_time_line(&past), skipped: skipped_line(pod, slot, session), held }
    }
}

fn past_session<'a>(context: &PairingContext<'a>, past: &Session) -> PastSession<'a> {
    let (now, issues) = (context.seen.now, &context.session_issues);
    let own = issues.own_issues.iter().filter(|own| own.session_key == past.key);
    let mut read: Vec<_> = own.map(|own| (own.issue, SessionNotes::parse(&own.issue.body), has_words(own))).collect();
    // Of two, the one that people used; which of them is open changes with podkeeper's own closing.
    read.sort_by_key(|(issue, notes, wrote)| (!(*wrote || was_used(notes)), issue.iid));
    if let Some((issue, notes, wrote)) = read.into_iter().next() {
        let closed_before = issue.closed_at.is_some_and(|closed| !issue.open && closed < past.start);
        // By the time alone, so that podkeeper's own closing changes no word.
        let ended = past.start.with_timezone(&Utc).checked_add_signed(past.duration);
        let is_young = ended.is_some_and(|ended| now.signed_duration_since(ended) < OPEN_AFTER_END);
        return match (wrote || was_used(&notes), issue.open && is_young) {
            (true, _) => PastSession::Held(issue, notes),
            (false, _) if closed_before => PastSession::ClosedBefore(issue),
            (false, true) => PastSession::NoNotesYet(issue),
            (false, false) => PastSession::NotHeld(issue),
        };
    }
    match issues.existing_issue(&past.key) {
        Some(ExistingIssue::ByHand(issue)) => PastSession::HeldByHand(SessionNotes::parse(&issue.body)),
        Some(ExistingIssue::Damaged(_) | ExistingIssue::OtherKey(..) | ExistingIssue::MarkerLost(_)) => {
            PastSession::Unclear
        }
        None => PastSession::Missed,
    }
}

/// Whether people wrote something outside the block.
fn has_words(own: &OwnIssue<'_>) -> bool {
    let rest = own.block.state.rest.as_deref();
    rest.is_some_and(|rest| rest != short_hash(&marker::text_outside_block(&own.issue.body)))
}

/// Whether people ticked or wrote something.
fn was_used(notes: &SessionNotes) -> bool {
    let tasks = notes.pinned.iter().chain(&notes.left).chain(&notes.people);
    tasks.into_iter().any(|task| task.state != TaskState::Open)
        || !notes.worked_on.is_empty()
        || !notes.results.is_empty()
}

impl PastSession<'_> {
    fn notes(&self) -> Option<&SessionNotes> {
        match self {
            Self::Held(_, notes) | Self::HeldByHand(notes) => Some(notes),
            Self::NoNotesYet(_) | Self::NotHeld(_) | Self::ClosedBefore(_) | Self::Unclear | Self::Missed => None,
        }
    }

    fn describe(&self, session: &Session) -> Option<String> {
        let day = session.date.format("%-d %B").to_string();
        let link = |issue: &ObservedIssue| match markdown_link_target(&issue.url) {
            Some(url) => format!("[{day}]({url})"),
            None => day.clone(),
        };
        let held = |shown: String, notes: &SessionNotes| {
            std::iter::once(shown).chain(describe_outcome(notes)).collect::<Vec<String>>().join(", ")
        };
        Some(match self {
            Self::Held(issue, notes) => held(link(issue), notes),
            Self::HeldByHand(notes) => held(day.clone(), notes),
            Self::NoNotesYet(issue) => format!("{}, no notes yet; add them any time", link(issue)),
            Self::NotHeld(issue) => format!("{} was not held", link(issue)),
            Self::ClosedBefore(issue) => format!("{} was closed before it began", link(issue)),
            Self::Missed => format!("{day} had no pairing issue"),
            Self::Unclear => return None,
        })
    }
}

/// The session before, and where that was not held, the last one that was.
fn last_time_line(past: &[(Session, PastSession<'_>)]) -> Option<String> {
    let (session, last) = past.first()?;
    let last_text = last.describe(session)?;
    let held = past.iter().find(|(_, past)| past.notes().is_some()).filter(|_| last.notes().is_none());
    let held = held.and_then(|(session, past)| past.describe(session));
    let before = held.map(|held| format!(". Before that: {held}")).unwrap_or_default();
    Some(format!("- **Last time:** {last_text}{before}"))
}

/// `3 tickets`, `1 merge request`: what there was of each.
fn describe_outcome(notes: &SessionNotes) -> Vec<String> {
    let is_merge_request = |url: &&String| url.contains("/merge_requests/") || url.contains("/pull/");
    let is_issue = |url: &&String| url.contains("/issues/") || url.contains("/work_items/");
    let merge_requests = notes.results.iter().filter(is_merge_request).count();
    let issues = notes.results.iter().filter(is_issue).count();
    let others = notes.results.len().saturating_sub(merge_requests + issues);
    let counts =
        [(notes.worked_on.len(), "ticket"), (merge_requests, "merge request"), (issues, "issue"), (others, "link")];
    let shown = counts.into_iter().filter(|(count, _)| *count > 0);
    shown.map(|(count, what)| format!("{count} {what}{}", if count == 1 { "" } else { "s" })).collect()
}

/// The skipped sessions between the one before and the one after.
fn skipped_line(pod: &PodKey, slot: &Slot, session: &Session) -> Option<String> {
    let start = session.start.with_timezone(&Utc);
    let from = start.checked_sub_signed(SKIPS_WITHIN)?;
    let to = start.checked_add_signed(SKIPS_WITHIN)?;
    let previous = slot.sessions_from(pod, from).take_while(|before| before.start < start).last();
    let from = previous.map_or(from, |previous| previous.start.with_timezone(&Utc));
    let after = start.checked_add_signed(Duration::seconds(1))?;
    let next: Option<DateTime<Utc>> = slot.sessions_from(pod, after).next().map(|next| next.start.with_timezone(&Utc));
    let to = next.map_or(to, |next| next.min(to));
    let mut by_reason: Vec<(Option<String>, Vec<String>)> = Vec::new();
    for skipped in slot.skipped_between(pod, from, to).take(MOST_SKIPS) {
        let day = skipped.session.date.format("%-d %B").to_string();
        match by_reason.last_mut() {
            Some((reason, days)) if *reason == skipped.reason => days.push(day),
            _ => by_reason.push((skipped.reason, vec![day])),
        }
    }
    let texts: Vec<String> = by_reason
        .into_iter()
        .map(|(reason, days)| {
            let reason = reason.map(|reason| format!(": {}", Untrusted::new(reason).to_markdown())).unwrap_or_default();
            format!("{}{reason}", join_words(&days))
        })
        .collect();
    (!texts.is_empty()).then(|| format!("- **No session on** {}", texts.join("; ")))
}
