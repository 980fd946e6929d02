//! The end of a pod: its reports and the pairing issues of sessions to come are closed, and what it leaves is said.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};

use super::living_report::{close_retired_report, has_open_report};
use super::{DecisionParts, PairingContext, marker_problems};
use crate::pod::Pod;
use crate::pod::action::Change;
use crate::pod::marker::{Marker, ReportKind};
use crate::pod::run::Sentence;
use crate::pod::session::SessionKey;
use crate::pod::snapshot::{ObservedIssue, Snapshot};

/// Closes what podkeeper keeps for a pod that meets no more.
pub(super) fn plan_retirement(pod: &Pod, seen: &Snapshot, parts: &mut DecisionParts) {
    let mut is_all_closed = seen.pairing_project.issues.present().is_some() && pod_reports_are_seen(pod, seen);
    if let Some(context) = PairingContext::from_snapshot(pod, seen, parts) {
        let is_to_come = |(_, key, start): (_, &SessionKey, Option<DateTime<Utc>>)| {
            start.unwrap_or_else(|| week_bounds(key).0) > seen.now
        };
        is_all_closed &= !open_session_issues(&context).any(is_to_come);
        marker_problems::check_pairing_issues(&context, parts);
        close_coming_sessions(&context, parts);
        say_what_the_label_is_on(&context, parts);
    }
    super::living_report::check_reports_project(pod, seen, parts);
    if let Some(reports) = seen.reports_project.present() {
        for kind in [ReportKind::Links, ReportKind::Roster] {
            close_retired_report(pod, reports, kind, parts);
        }
    }
    is_all_closed &= !has_open_report(pod, seen);
    say_what_stays(pod, is_all_closed, parts);
}

/// Whether it was seen which reports there are.
fn pod_reports_are_seen(pod: &Pod, seen: &Snapshot) -> bool {
    pod.reports.project.is_none() || seen.reports_project.present().is_some()
}

/// Issues of sessions that have not begun are closed; all others are their people's.
fn close_coming_sessions(context: &PairingContext<'_>, parts: &mut DecisionParts) {
    for (issue, key, start) in open_session_issues(context) {
        let name = context.issue_reference(issue);
        let (earliest, latest) = start.map_or_else(|| week_bounds(key), |start| (start, start));
        if earliest > context.seen.now {
            let because = format!("the pod is retired, and its session of {} is not held", earliest.date_naive());
            parts.actions.push(context.new_action(Change::CloseSession { iid: issue.iid }, because));
        } else {
            let why = if latest <= context.seen.now {
                "its session has begun"
            } else {
                "it does not say when its session starts"
            };
            let text = format!("{name} stays open for its people: {why}");
            parts.status_sentences.push(Sentence::public(text));
        }
    }
}

/// The first and the last moment of a key's week, for an issue that does not remember its start.
fn week_bounds(key: &SessionKey) -> (DateTime<Utc>, DateTime<Utc>) {
    let monday = NaiveDate::from_isoywd_opt(key.year, key.week, Weekday::Mon).unwrap_or_default();
    let first = monday.and_time(NaiveTime::MIN).and_utc();
    (first, first.checked_add_signed(TimeDelta::weeks(1)).unwrap_or(first))
}

/// Open pairing issues of the pod, under its present or a former key, whatever slots it had.
fn open_session_issues<'a>(
    context: &'a PairingContext<'_>,
) -> impl Iterator<Item = (&'a ObservedIssue, &'a SessionKey, Option<DateTime<Utc>>)> {
    let pod = context.pod;
    let own = context.issues.iter().filter(|issue| issue.open && context.is_by_podkeeper(issue));
    own.filter_map(move |issue| {
        let block = issue.parsed_body.block()?;
        let Marker::Session(key) = &block.marker else { return None };
        let is_of_pod = key.pod == pod.key || pod.former_keys.contains(&key.pod);
        is_of_pod.then_some((issue, key, block.state.start))
    })
}

fn say_what_the_label_is_on(context: &PairingContext<'_>, parts: &mut DecisionParts) {
    let label = &context.pod.label.name;
    let count = context.issues.iter().filter(|issue| context.has_pod_label(issue)).count();
    let issues = if count == 1 { "1 issue".to_owned() } else { format!("{count} issues") };
    let text = format!("`{label}` stays on {issues} of the last months in {}, and in its labels", context.project.path);
    parts.status_sentences.push(Sentence::public(text));
}

fn say_what_stays(pod: &Pod, is_all_closed: bool, parts: &mut DecisionParts) {
    let file = pod.file_name();
    let end = if is_all_closed {
        format!("{file} can be deleted now; podkeeper touches nothing of the pod any more without it")
    } else {
        format!("{file} can be deleted when all of that is closed; until then podkeeper needs it to close the rest")
    };
    for text in [format!("the page {} in {} stays as it is", pod.page.path, pod.page.project), end] {
        parts.status_sentences.push(Sentence::public(text));
    }
}
