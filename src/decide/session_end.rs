//! What becomes of the issue of a session that is over: the next one's is linked to it, its tasks move on, podkeeper
//! says what came of it, and a day later it is closed.
//!
//! Each step stands for itself, so that a run that was cut short is taken up where it ended. Of two runs only one
//! comments: GitLab takes one emoji of a name from an account (`AwardEmoji`, `validates :name, uniqueness: { scope:
//! [:user, :awardable_type, :awardable_id] }`), so whose emoji is taken goes on, and the other one waits.

mod closing_comment;

use chrono::{DateTime, Duration, Utc};

use super::carry_over::{self, CarriedTasks};
use super::duplicates;
use super::session_issues::SlotIssue;
use super::{DecisionParts, PairingContext};
use crate::pod::action::{Action, ActionKind, BlockRewrite, Change};
use crate::pod::finding::short_hash;
use crate::pod::marker::{self, ManagedBlock, MarkerComments};
use crate::pod::observed::{FailureCause, Observed};
use crate::pod::outcome::Outcome;
use crate::pod::run::Sentence;
use crate::pod::schedule::Slot;
use crate::pod::session_notes::insert_tasks;
use crate::pod::snapshot::{FurtherRead, ObservedClosing};

/// A session's issue stays open for so long after its end: people write down what came of it.
pub(super) const OPEN_AFTER_END: Duration = Duration::hours(24);
/// A run that has claimed a closing comments within this time, or it was killed.
const CLAIM_LASTS: Duration = Duration::minutes(5);
/// Whether an issue is linked is looked up for so long after it was opened, where its predecessor does not show it.
const LINKED_WITHIN: Duration = Duration::hours(24);

/// Sees to the issues of sessions that are over.
pub(super) fn settle_past_sessions(context: &PairingContext<'_>, parts: &mut DecisionParts) {
    for slot in &context.pod.slots {
        let mut end = SessionEnd { context, slot, issues: context.session_issues.of_slot(context, slot) };
        for previous in &end.issues {
            if let Some(next) = end.next_after(previous) {
                end.link(previous, next, parts);
            }
        }
        if parts.opening_slots.contains(&slot.key) {
            end.promise_after_opening(parts);
        }
        // All issues of a session end together.
        let twins = duplicates::twins_in_use(context, slot, &end.issues);
        end.issues.extend(twins);
        end.issues.sort_by(|one, other| (&one.key, one.issue.iid).cmp(&(&other.key, other.issue.iid)));
        let appended = end.append_tasks(parts);
        for at in 0..end.issues.len() {
            end.close(at, &appended, parts);
        }
    }
}

/// What a run remembers of a step towards a closing, beside that it tried it: what it did, and what GitLab refused for
/// good, it does not do again.
pub fn closing_step_key(action: &Action, outcome: &Outcome) -> Option<String> {
    let (Change::ClaimClosing { iid } | Change::CommentOnSession { iid, .. } | Change::CloseSession { iid }) =
        action.change
    else {
        return None;
    };
    let end = match outcome {
        Outcome::Done(_) => StepEnd::Done,
        // Asking later may help there.
        Outcome::Refused(FailureCause::Unavailable, _) | Outcome::Unknown(_) | Outcome::NotTried(_) => return None,
        Outcome::Refused(..) => StepEnd::Refused,
    };
    Some(step_key(action.change.kind(), &action.project, iid, end))
}

/// How a step of this run ended.
#[derive(Clone, Copy)]
enum StepEnd {
    Done,
    Refused,
}

fn step_key(kind: ActionKind, project: &str, iid: u64, end: StepEnd) -> String {
    let end = match end {
        StepEnd::Done => "done",
        StepEnd::Refused => "refused",
    };
    format!("{} {project} #{iid} {end}", kind.name())
}

/// A slot and the issues of its sessions, in their order.
struct SessionEnd<'c, 'a> {
    context: &'c PairingContext<'a>,
    slot: &'c Slot,
    issues: Vec<SlotIssue<'a>>,
}

impl<'a> SessionEnd<'_, 'a> {
    /// The issue of the session after an issue's own.
    fn next_after(&self, past: &SlotIssue<'_>) -> Option<&SlotIssue<'a>> {
        self.issues.iter().find(|next| next.key > past.key)
    }

    // -------------------------------------------------------------------------------------------------------- the link

    /// Links a session's issue to the one of the session before it.
    fn link(&self, previous: &SlotIssue<'_>, next: &SlotIssue<'_>, parts: &mut DecisionParts) {
        let context = self.context;
        // Nothing is written on issues that people opened: a link would show on both.
        let are_own = previous.block.is_some() && next.block.is_some();
        if !are_own || is_from_before_starts(previous) || !self.may_lack_link(previous, next) {
            return;
        }
        let iid = next.issue.iid;
        let links = match &next.issue.linked_iids {
            Observed::Present(links) => links,
            _ => match context.seen.pairing_project.further.links.get(&iid) {
                None => {
                    parts.further_reads.insert(FurtherRead::IssueLinks(iid));
                    return;
                }
                Some(Observed::Unknown(failure)) => return parts.read_failures.push(failure.clone()),
                Some(Observed::Absent) => return,
                Some(Observed::Present(links)) => links,
            },
        };
        if !links.contains(&previous.issue.iid) {
            let because = format!("{} follows {}", next.key, previous.key);
            let change = Change::LinkPreviousSession { iid, previous_iid: previous.issue.iid };
            parts.actions.push(context.new_action(change, because));
        }
    }

    /// Whether the link may not be there yet. It is made by the run that opened the issue, so in a quiet run nobody has
    /// to ask; what a run that was killed left out is seen when the issue before is about to be closed. Where podkeeper
    /// does not close that one, a young issue is asked about.
    fn may_lack_link(&self, previous: &SlotIssue<'_>, next: &SlotIssue<'_>) -> bool {
        let context = self.context;
        let opening = format!("{} {} {}", ActionKind::OpenPairingIssue.name(), context.project.path, next.key);
        let opened_by_this_run = context.seen.attempted_actions.contains(&opening);
        let created = next.issue.created_at;
        let is_young = created.is_some_and(|created| context.seen.now - created < LINKED_WITHIN);
        let closed_before = previous.issue.closed_at.zip(created).is_some_and(|(closed, created)| closed < created);
        opened_by_this_run || self.is_due(previous) || (is_young && closed_before)
    }

    /// Says what follows once the next session's issue is there.
    fn promise_after_opening(&self, parts: &mut DecisionParts) {
        let Some(newest) = self.issues.last() else { return };
        let is_linked =
            |last: &&SlotIssue<'_>| last.key == newest.key && last.block.is_some() && !is_from_before_starts(last);
        for last in self.issues.iter().filter(is_linked) {
            let name = self.context.issue_reference(last.issue);
            parts.later_changes.push(Sentence::public(format!("link {name} to the next session's issue")));
        }
    }

    // ------------------------------------------------------------------------------------------------------- the tasks

    /// Appends what was never carried from issues that are closed, or about to be, to the next session's issue. Gives what
    /// that is.
    fn append_tasks(&self, parts: &mut DecisionParts) -> CarriedTasks {
        let (context, now) = (self.context, self.context.seen.now);
        let next = self.issues.iter().find(|next| next.start > now && next.block.is_some() && next.issue.open);
        let Some((next, block)) = next.and_then(|next| Some((next, next.block?))) else {
            return CarriedTasks::default();
        };
        let is_whole = block.marker_comments == MarkerComments::Complete && !block.is_from_newer_version();
        let is_settled = |past: &SlotIssue<'_>| !past.issue.open || self.is_due(past);
        let tasks = carry_over::tasks_to_append(context, self.slot, next, &self.issues, is_settled);
        if !is_whole || tasks.is_empty() {
            return CarriedTasks::default();
        }
        let iid = next.issue.iid;
        // One write of a block a round: the other one would not find the block that was seen.
        if parts.actions.iter().any(|action| action.change.issue_iid() == Some(iid)) {
            let count = tasks.remembered.len();
            let what = if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") };
            let text = format!("append {what} to {}", context.issue_reference(next.issue));
            parts.later_changes.push(Sentence::public(text));
            return tasks;
        }
        let rewrite = BlockRewrite {
            old_block: block.clone(),
            new_block: remember_tasks(block, &tasks, &next.issue.body),
            human_lines: String::new(),
        };
        let lines = tasks.by_section().into_iter().filter(|(_, lines)| !lines.is_empty());
        let lines = lines.map(|(heading, lines)| (heading.to_owned(), lines.to_vec())).collect();
        let because = "that was left open in the issue of a session that is over";
        parts.actions.push(context.new_action(Change::AppendTasks { iid, rewrite, lines }, because));
        tasks
    }

    // ----------------------------------------------------------------------------------------------------- the closing

    /// Closes podkeeper's own issue of a session that ended a day ago, once the next one has its issue: claims it,
    /// comments on it, and closes it, a round each.
    fn close(&self, at: usize, appended: &CarriedTasks, parts: &mut DecisionParts) {
        let (context, past) = (self.context, &self.issues[at]);
        let next = self.next_after(past);
        // A closing that waits for nothing else than the next issue is claimed in the round that opens it.
        let opens_next = next.is_none() && parts.opening_slots.contains(&self.slot.key);
        if !self.is_due(past) || (next.is_none() && !opens_next) {
            return;
        }
        let iid = past.issue.iid;
        let closing = match context.seen.pairing_project.further.closings.get(&iid) {
            None => {
                parts.further_reads.insert(FurtherRead::ClosingComment(iid));
                return;
            }
            Some(Observed::Unknown(failure)) => return parts.read_failures.push(failure.clone()),
            Some(Observed::Absent) => ObservedClosing::default(),
            Some(Observed::Present(closing)) => closing.clone(),
        };
        // Whoever opens it again wants it open.
        if closing.was_reopened {
            return;
        }
        let name = context.issue_reference(past.issue);
        let day = past.date.format("%-d %B");
        let because = match next {
            Some(next) => {
                format!("its session was on {day} and {} is the next one's", context.issue_reference(next.issue))
            }
            None => format!("its session was on {day} and the next one gets its issue"),
        };
        let ended =
            |kind, end| context.seen.attempted_actions.contains(&step_key(kind, &context.project.path, iid, end));
        let is_done = |kind| ended(kind, StepEnd::Done);
        let is_refused = |kind| ended(kind, StepEnd::Refused);
        let (claim, comment) = (ActionKind::ClaimClosing, ActionKind::CommentOnSession);
        if is_done(ActionKind::CloseSession) {
            return;
        }
        let has_comment = closing.has_comment || is_done(comment);
        let change = if has_comment || is_refused(comment) || is_refused(claim) {
            Change::CloseSession { iid }
        } else if is_done(claim) || closing.claimed_at.is_some_and(|since| self.is_old_claim(since)) {
            Change::CommentOnSession { iid, text: closing_comment::build(context, &self.issues, at, appended) }
        } else if closing.claimed_at.is_some() {
            let text = format!("{name} is being closed by another run; the next run sees to it");
            parts.status_sentences.push(Sentence::public(text));
            parts.waits_for_another_run = true;
            return;
        } else {
            Change::ClaimClosing { iid }
        };
        if next.is_none() && !matches!(change, Change::ClaimClosing { .. }) {
            return;
        }
        let later = match change {
            Change::ClaimClosing { .. } => vec![format!("comment on {name}"), format!("close {name}")],
            Change::CommentOnSession { .. } => vec![format!("close {name}")],
            _ => Vec::new(),
        };
        let action = context.new_action(change, because);
        if context.was_attempted(&action) {
            // What it came to is not known; a later run sees.
            parts.waits_for_another_run = true;
            return;
        }
        parts.later_changes.extend(later.into_iter().map(Sentence::public));
        parts.actions.push(action);
    }

    fn is_old_claim(&self, since: DateTime<Utc>) -> bool {
        self.context.seen.now - since >= CLAIM_LASTS
    }

    /// Whether it is podkeeper's own, open, and its session ended long enough ago for it to be closed.
    fn is_due(&self, past: &SlotIssue<'_>) -> bool {
        let own = past.block.is_some_and(|block| !block.is_from_newer_version()) && !is_from_before_starts(past);
        own && past.issue.open && self.context.seen.now.signed_duration_since(past.end) >= OPEN_AFTER_END
    }
}

/// Whether it is an issue of an earlier version, which did not write down when the session starts: it stays as it is.
fn is_from_before_starts(past: &SlotIssue<'_>) -> bool {
    past.block.is_some_and(|block| block.state.start.is_none())
}

/// A block that remembers tasks that are appended below it. Where nobody had written there before, nobody has
/// afterwards.
fn remember_tasks(block: &ManagedBlock, tasks: &CarriedTasks, body: &str) -> ManagedBlock {
    let mut state = block.state.clone();
    tasks.remember_in(&mut state);
    if state.rest.as_deref() == Some(short_hash(&marker::text_outside_block(body)).as_str()) {
        let body = tasks
            .by_section()
            .into_iter()
            .fold(body.to_owned(), |body, (heading, lines)| insert_tasks(&body, heading, lines));
        state.rest = Some(short_hash(&marker::text_outside_block(&body)));
    }
    ManagedBlock { state, ..block.clone() }
}
