//! The comment with which the issue of a session is closed: what was done, what came of it, and what moved on. It
//! mentions nobody, and GitLab notes it down nowhere else.

use chrono::Datelike as _;

use crate::decide::PairingContext;
use crate::decide::carry_over::{CarriedTasks, SectionTask, SlotTasks, inert_link};
use crate::decide::session_issues::SlotIssue;
use crate::pod::RECORD_LABEL;
use crate::pod::finding::short_hash;
use crate::pod::marker;
use crate::pod::session_notes::{SessionNotes, TaskState};
use crate::pod::snapshot::ObservedIssue;
use crate::pod::text::{escape_quick_actions, markdown_link_target};

/// So many lines of a list are shown.
const MOST_LINES: usize = 40;

/// The comment on the issue at an index of a slot's issues; `appended` is what is about to move on.
pub(super) fn build(
    context: &PairingContext<'_>,
    issues: &[SlotIssue<'_>],
    at: usize,
    appended: &CarriedTasks,
) -> String {
    let past = &issues[at];
    let tasks = SlotTasks::read(issues.iter().cloned(), context);
    let own: Vec<_> = tasks.iter().nth(at).map(|(_, tasks)| tasks.as_slice()).into_iter().flatten().collect();
    let is_moved = |key: &str| tasks.has_moved(at, key) || appended.remembered.contains_key(key);
    let open = || own.iter().filter(|task| task.state == TaskState::Open);
    let moved: Vec<String> =
        open().filter(|task| is_moved(&task.line.key)).map(|task| task.line.text.clone()).collect();
    let waiting: Vec<String> =
        open().filter(|task| !is_moved(&task.line.key)).map(|task| task.line.text.clone()).collect();
    let is_open_later =
        |task: &&&SectionTask| tasks.has_moved(at, &task.line.key) && tasks.is_open_later(at, &task.line.key);
    let all_done = || own.iter().filter(|task| task.state == TaskState::Done);
    let done: Vec<String> = all_done().map(|task| task.line.text.clone()).collect();
    let open_later: Vec<String> = all_done().filter(is_open_later).map(|task| task.line.text.clone()).collect();
    let results: Vec<String> =
        SessionNotes::parse(&past.issue.body).results.iter().filter_map(|url| show_result(context, url)).collect();
    let record = find_record(context, past);

    let day = past.date.format("%-d %B");
    let mut parts = vec![if is_untouched(past) && record.is_none() {
        format!(
            "**Not held on {day}**, as far as this issue shows: nobody ticked or wrote anything here. If you did meet, \
             add notes any time."
        )
    } else if done.is_empty() && results.is_empty() && !has_words(past) {
        format!("**Closed after the session of {day}.** No notes yet; add them any time.")
    } else {
        format!("**Closed after the session of {day}.**")
    }];
    parts.extend(list("Done", &done));
    parts.extend(list("What came of it", &results));
    let next = issues.iter().find(|next| next.key > past.key).map(|next| {
        let day = next.date.format("%-d %B").to_string();
        // A link to an issue that people opened would leave a note on it.
        let url = markdown_link_target(&next.issue.url).filter(|_| next.block.is_some());
        url.map_or_else(|| day.clone(), |url| format!("[{day}]({url})"))
    });
    parts.extend(list("Done here after it had moved on, so tick it there, too", &open_later));
    parts.extend(list(&format!("Moved on to {}", next.as_deref().unwrap_or("the next session")), &moved));
    parts.extend(list("Still open here", &waiting));
    if let Some(record) = record {
        parts.push(format!("Pairify has a record of that day: {}", inert_link("", &record.url)));
    }
    parts.push(marker::closing_comment_marker(&past.key));
    escape_quick_actions(&parts.join("\n\n"))
}

fn list(title: &str, lines: &[String]) -> Option<String> {
    let (first, _) = lines.split_first()?;
    let mut out = format!("{title}:\n\n- {first}");
    for line in lines.iter().take(MOST_LINES).skip(1) {
        out.push_str("\n- ");
        out.push_str(line);
    }
    if lines.len() > MOST_LINES {
        out = format!("{out}\n- and {} more", lines.len() - MOST_LINES);
    }
    Some(out)
}

/// A result as an address.
fn show_result(context: &PairingContext<'_>, url: &str) -> Option<String> {
    let address = markdown_link_target(url)?;
    Some(context.link_policy().link("", &address))
}

/// Whether nobody has ticked, commented on or written anything; a state that was lost does not say so.
fn is_untouched(past: &SlotIssue<'_>) -> bool {
    !past.issue.has_human_activity && !has_words(past)
}

/// Whether people wrote something; a state that was lost does not say.
fn has_words(past: &SlotIssue<'_>) -> bool {
    let rest = past.block.and_then(|block| block.state.rest.as_deref());
    rest.is_none_or(|rest| rest != short_hash(&marker::text_outside_block(&past.issue.body)))
}

/// Pairify's record of the same day: it is closed, and carries the pod's label or is assigned to two of its members.
fn find_record<'a>(context: &PairingContext<'a>, past: &SlotIssue<'_>) -> Option<&'a ObservedIssue> {
    let members = context.seen.page.present().map(|page| &page.members);
    let is_member = |username: &str| {
        let mut handles = members.into_iter().flatten().filter_map(|member| member.handle.as_ref());
        handles.any(|handle| handle.as_str().eq_ignore_ascii_case(username))
    };
    let is_of_pod = |issue: &ObservedIssue| {
        let assigned = issue.assignees.iter().filter(|account| is_member(&account.username)).count();
        context.has_pod_label(issue) || assigned >= 2
    };
    let on_the_day = |issue: &ObservedIssue| {
        issue.created_at.is_some_and(|at| at.num_days_from_ce() == past.start.num_days_from_ce())
    };
    context.issues.iter().find(|issue| {
        let is_record = issue.labels.iter().any(|label| label == RECORD_LABEL) && !issue.open && !issue.confidential;
        is_record && issue.iid != past.issue.iid && on_the_day(issue) && is_of_pod(issue)
    })
}
