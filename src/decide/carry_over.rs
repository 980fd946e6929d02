//! Tasks that are left from earlier sessions move on with the next one's issue, each once.
//!
//! A task is known by what its line says when it moves on, without how long it has waited ([`task_line`]). The block of
//! the issue that it moves to remembers it, so that one that people take out there does not come back.

mod task_line;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDate, Utc};

use super::PairingContext;
use super::session_issues::SlotIssue;
use crate::pod::marker::BlockState;
use crate::pod::schedule::Slot;
use crate::pod::session::Session;
use crate::pod::session_notes::{LEFT_FROM_LAST_WEEK, PINNED_TICKETS, SessionNotes, TaskItem, TaskState, insert_tasks};
pub(super) use task_line::{LinkPolicy, TaskLine, inert_link};

/// So many tasks, and so many bytes of them, move into one issue: GitLab's texts have a limit, and a session must have
/// its issue.
const MOST_TASKS: usize = 200;
const MOST_BYTES: usize = 100_000;
/// The sections whose tasks move on.
pub(super) const CARRIED_SECTIONS: [&str; 2] = [PINNED_TICKETS, LEFT_FROM_LAST_WEEK];

/// The tasks that a new issue begins with, as lines of Markdown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct CarriedTasks {
    /// Under "Pinned tickets".
    pub(super) pinned: Vec<String>,
    /// Under "Left from last week".
    pub(super) left: Vec<String>,
    /// What the new issue's block remembers of them.
    pub(super) remembered: BTreeMap<String, NaiveDate>,
}

impl PairingContext<'_> {
    /// How links of people's texts are written in issues and comments.
    pub(super) fn link_policy(&self) -> LinkPolicy<'_> {
        LinkPolicy { gitlab: &self.pod.gitlab_url, own_project: &self.project.path }
    }
}

impl CarriedTasks {
    /// A first body that shows them; where its template does, nothing is added.
    pub(super) fn place_into(&self, body: &str) -> String {
        self.by_section().into_iter().fold(body.to_owned(), |body, (heading, lines)| {
            let is_missing = |line: &&String| !body.lines().any(|there| there.trim() == line.as_str());
            let missing: Vec<String> = lines.iter().filter(is_missing).cloned().collect();
            insert_tasks(&body, heading, &missing)
        })
    }

    /// Adds what is remembered of them to a block's state.
    pub(super) fn remember_in(&self, state: &mut BlockState) {
        state.carried.extend(self.remembered.iter().map(|(key, since)| (key.clone(), *since)));
    }

    /// Those of each section.
    pub(super) fn by_section(&self) -> [(&'static str, &[String]); 2] {
        [(PINNED_TICKETS, &self.pinned), (LEFT_FROM_LAST_WEEK, &self.left)]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.remembered.is_empty()
    }
}

/// What is left from the sessions before this one: the open tasks of the two sections of their issues that moved on to
/// none that came later.
pub(super) fn tasks_to_carry(context: &PairingContext<'_>, slot: &Slot, session: &Session) -> CarriedTasks {
    let issues = context.session_issues.of_slot(context, slot);
    let earlier = SlotTasks::read(issues.into_iter().filter(|issue| issue.key < session.key), context);
    let to = Destination { date: session.date, is_confidential: context.pod.pairing.confidential, room: MOST_TASKS };
    earlier.collect_left(context, slot, &to, |_| true)
}

/// What of the earlier issues of a slot is to be appended to one that was opened before: what was never carried, of the
/// issues that `is_settled` names.
pub(super) fn tasks_to_append(
    context: &PairingContext<'_>,
    slot: &Slot,
    next: &SlotIssue<'_>,
    issues: &[SlotIssue<'_>],
    is_settled: impl Fn(&SlotIssue<'_>) -> bool,
) -> CarriedTasks {
    let carried = next.block.map_or(0, |block| block.state.carried.len());
    let upto = SlotTasks::read(issues.iter().filter(|issue| issue.key <= next.key).cloned(), context);
    let to = Destination {
        date: next.date,
        is_confidential: next.issue.confidential,
        room: MOST_TASKS.saturating_sub(carried),
    };
    upto.collect_left(context, slot, &to, |issue| issue.key < next.key && is_settled(issue))
}

/// When the last session of a slot before another one has ended; none where there was none in the month before it.
pub(super) fn end_of_session_before(
    context: &PairingContext<'_>,
    slot: &Slot,
    next: &Session,
) -> Option<DateTime<Utc>> {
    let start = next.start.with_timezone(&Utc);
    let from = start.checked_sub_signed(Duration::days(35))?;
    let before = slot.sessions_from(&context.pod.key, from).take_while(|session| session.start < next.start).last()?;
    before.start.with_timezone(&Utc).checked_add_signed(before.duration)
}

/// The issue that tasks move to.
struct Destination {
    date: NaiveDate,
    is_confidential: bool,
    room: usize,
}

/// The issues of a slot in their order, each with its tasks.
pub(super) struct SlotTasks<'a> {
    issues: Vec<(SlotIssue<'a>, Vec<SectionTask>)>,
}

/// A task and the section it stands in.
pub(super) struct SectionTask {
    section: &'static str,
    pub(super) state: TaskState,
    pub(super) line: TaskLine,
}

impl<'a> SlotTasks<'a> {
    pub(super) fn read(issues: impl Iterator<Item = SlotIssue<'a>>, context: &PairingContext<'_>) -> Self {
        Self { issues: issues.map(|issue| (issue.clone(), read_tasks(&issue, context))).collect() }
    }

    /// Whether a task that has moved on stands open in a later issue.
    pub(super) fn is_open_later(&self, at: usize, key: &str) -> bool {
        let later = self.issues.iter().skip(at + 1).rev();
        let mut of_key = later.filter_map(|(_, tasks)| tasks.iter().find(|task| task.line.key == key));
        of_key.next().is_some_and(|task| task.state == TaskState::Open)
    }

    /// Whether a task of the issue at an index stands in a later one, or was carried into one.
    pub(super) fn has_moved(&self, from: usize, key: &str) -> bool {
        self.issues.iter().skip(from + 1).any(|(issue, tasks)| {
            issue.block.is_some_and(|block| block.state.carried.contains_key(key))
                || tasks.iter().any(|task| task.line.key == key)
        })
    }

    /// The issues with their tasks.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(SlotIssue<'a>, Vec<SectionTask>)> {
        self.issues.iter()
    }

    fn collect_left(
        &self,
        context: &PairingContext<'_>,
        slot: &Slot,
        to: &Destination,
        is_wanted: impl Fn(&SlotIssue<'_>) -> bool,
    ) -> CarriedTasks {
        let (mut carried, mut bytes) = (CarriedTasks::default(), 0);
        for (at, (issue, tasks)) in self.issues.iter().enumerate() {
            // What only members see is not repeated where others do.
            if !is_wanted(issue) || (issue.issue.confidential && !to.is_confidential) {
                continue;
            }
            for task in tasks.iter().filter(|task| task.state == TaskState::Open) {
                let key = &task.line.key;
                let is_full = carried.remembered.len() >= to.room || bytes + task.line.text.len() > MOST_BYTES;
                if is_full || carried.remembered.contains_key(key) || self.has_moved(at, key) {
                    continue;
                }
                let since = first_day(issue, task);
                let line = task.line.render(since, to.date, count_sessions(context, slot, since, to.date));
                bytes += line.len();
                match task.section {
                    PINNED_TICKETS => carried.pinned.push(line),
                    _ => carried.left.push(line),
                }
                carried.remembered.insert(key.clone(), since);
            }
        }
        carried
    }
}

/// The tasks of an issue's two sections.
fn read_tasks(issue: &SlotIssue<'_>, context: &PairingContext<'_>) -> Vec<SectionTask> {
    let notes = SessionNotes::parse(&issue.issue.body);
    let links = context.link_policy();
    let read = |section: &'static str, task: &TaskItem| {
        let line = match section {
            PINNED_TICKETS => TaskLine::of_pin(task, issue.date, &links),
            _ => TaskLine::of_task(task, issue.date, &issue.issue.url, &links),
        };
        SectionTask { section, state: task.state, line }
    };
    CARRIED_SECTIONS
        .into_iter()
        .flat_map(|section| notes.tasks(section).iter().map(move |task| read(section, task)))
        .collect()
}

/// Since when a task waits: as its line says, else as the block remembers, else since the session in whose issue it
/// stands. Nothing waits since a later day than that.
fn first_day(issue: &SlotIssue<'_>, task: &SectionTask) -> NaiveDate {
    let remembered = issue.block.and_then(|block| block.state.carried.get(&task.line.key)).copied();
    task.line.since.or(remembered).unwrap_or(issue.date).min(issue.date)
}

/// How many sessions a slot's schedule has after a day, up to the one on another.
fn count_sessions(context: &PairingContext<'_>, slot: &Slot, since: NaiveDate, upto: NaiveDate) -> usize {
    let Some(from) = since.succ_opt().and_then(|day| day.and_hms_opt(0, 0, 0)) else { return 1 };
    // A day earlier by UTC, whatever the zone.
    let from = from.and_utc().checked_sub_signed(Duration::days(1)).unwrap_or(from.and_utc());
    let sessions = slot.sessions_from(&context.pod.key, from).take_while(|session| session.date <= upto);
    sessions.filter(|session| session.date > since).count().max(1)
}
