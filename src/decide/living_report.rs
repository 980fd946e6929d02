//! The living reports: one issue per pod and kind, kept in place, closed when there is nothing to tell.
//!
//! Its block is what is told and what is remembered, open or closed. A body is a function of findings:
//! same findings, same bytes, and no time of looking.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::Parts;
use crate::pod::Pod;
use crate::pod::action::{Action, Change};
use crate::pod::finding::{Finding, short_hash};
use crate::pod::marker::{Block, Failing, Marked, Marker, ReportKind, State, outside, render};
use crate::pod::observed::Observed;
use crate::pod::rule::Rule;
use crate::pod::snapshot::{PairingIssue, ReportsSeen, Snapshot};
use crate::pod::text::{Untrusted, sentence_md};

/// A report that a person closed stays closed this long, unless something new fails.
const RESPECT: Duration = Duration::days(14);
/// GitLab's longest description is 1,048,576 characters; a report that nobody can read is no report.
const MOST_LINES: usize = 400;

/// What a report should say.
pub(super) struct Wanted {
    /// Its kind.
    pub(super) kind: ReportKind,
    /// What is told, each with the heading it stands under.
    pub(super) told: Vec<(String, Finding)>,
    /// What is remembered.
    pub(super) remember: BTreeMap<String, Failing>,
}

/// What about the project of the reports itself stands in the way.
pub(super) fn project(pod: &Pod, seen: &Snapshot, parts: &mut Parts) {
    match (&seen.reports, &pod.reports.project) {
        (Observed::Present(reports), Some(configured)) => {
            super::brakes::project_state(configured, "[reports]", &reports.project, parts);
            for issue in reports.issues.iter().filter(|issue| pod.is_bot(&reports.bot, &issue.author)) {
                let Marked::Damaged { why, marker: Some(Marker::Report(key, _)) } = &issue.marked else { continue };
                if *key == pod.key || pod.formerly.contains(key) {
                    let name = format!("{}#{}", reports.project.path, issue.iid);
                    parts.findings.push(Finding::new(Rule::MarkerDamaged, name.clone(), format!("{name}: {why}")));
                }
            }
        }
        (Observed::Unknown(blind), _) => parts.unknown.push(blind.clone()),
        (Observed::Present(_) | Observed::Absent, _) => {}
    }
}

/// Brings one report into line with what it should say.
pub(super) fn keep(pod: &Pod, seen: &Snapshot, wanted: &Wanted, parts: &mut Parts) {
    let reports = match &seen.reports {
        Observed::Present(reports) => reports,
        Observed::Absent => {
            if !wanted.told.is_empty() {
                let kind = wanted.kind.word();
                parts
                    .outlook
                    .push(format!("the {kind} report is filed nowhere, because no [reports] project is named"));
            }
            return;
        }
        Observed::Unknown(_) => return,
    };
    if reports.project.archived || !reports.project.issues_enabled {
        return;
    }
    let mut own = own(pod, reports, wanted.kind);
    if own.iter().any(|issue| matches!(issue.marked, Marked::Damaged { .. })) {
        return;
    }
    own.sort_by_key(|issue| issue.iid);
    if let Some(refused) = open_to_others(pod, reports, wanted, own.first().copied()) {
        parts.findings.extend((!wanted.told.is_empty()).then_some(refused));
        return;
    }
    match own.split_first() {
        None => parts.actions.extend(open(pod, reports, wanted)),
        Some((issue, twins)) => {
            parts.actions.extend(step(pod, seen.now, reports, issue, wanted));
            for twin in twins.iter().filter(|twin| twin.open) {
                settle(reports, issue, twin, parts);
            }
        }
    }
}

/// The roster names people: why it may not stand where it would, if so. An issue is as confidential as it is today.
fn open_to_others(pod: &Pod, reports: &ReportsSeen, wanted: &Wanted, issue: Option<&PairingIssue>) -> Option<Finding> {
    if wanted.kind != ReportKind::Roster || reports.project.private {
        return None;
    }
    let path = &reports.project.path;
    match issue {
        Some(issue) if issue.confidential => None,
        Some(issue) => {
            let name = format!("{path}#{}", issue.iid);
            let message = format!("{name} is the roster report, and it is open to others");
            let advice = "Make the issue confidential, and look at what it told in the meantime.";
            Some(Finding::new(Rule::ReportRefused, name, message).advise(advice))
        }
        None if pod.reports.confidential => None,
        None => {
            let message = format!("{path} is open to others, and [reports] confidential is not set");
            Some(Finding::new(Rule::ReportRefused, path.clone(), message))
        }
    }
}

/// What was remembered by a report, where it was seen.
pub(super) fn memory(pod: &Pod, seen: &Snapshot, kind: ReportKind) -> BTreeMap<String, Failing> {
    let Some(reports) = seen.reports.present() else { return BTreeMap::new() };
    let issues = own(pod, reports, kind);
    let first = issues.iter().min_by_key(|issue| issue.iid);
    match first.map(|issue| &issue.marked) {
        Some(Marked::Block(block)) => block.state.failing.clone(),
        _ => BTreeMap::new(),
    }
}

/// podkeeper's own issues that are this report, damaged ones included.
fn own<'a>(pod: &Pod, reports: &'a ReportsSeen, kind: ReportKind) -> Vec<&'a PairingIssue> {
    let ours = |marker: &Marker| match marker {
        Marker::Report(key, found) => *found == kind && (*key == pod.key || pod.formerly.contains(key)),
        Marker::Session(_) => false,
    };
    let is_report = |issue: &&PairingIssue| match &issue.marked {
        Marked::Block(block) => ours(&block.marker),
        Marked::Damaged { marker, .. } => marker.as_ref().is_some_and(ours),
        Marked::No => false,
    };
    reports.issues.iter().filter(|issue| pod.is_bot(&reports.bot, &issue.author)).filter(is_report).collect()
}

/// A report is made when there is first something to remember.
fn open(pod: &Pod, reports: &ReportsSeen, wanted: &Wanted) -> Option<Action> {
    if wanted.remember.is_empty() && wanted.told.is_empty() {
        return None;
    }
    let mut block = block(pod, wanted, State::default());
    let tail = "\n\nWrite below this line; it stays as you write it.\n";
    block.state.rest = Some(short_hash(&outside(&format!("{}{tail}", render(&block)))));
    let change = Change::OpenReport {
        marker: block.marker.clone(),
        title: title(pod, wanted.kind),
        body: format!("{}{tail}", render(&block)),
        confidential: wanted.kind == ReportKind::Roster && pod.reports.confidential,
    };
    let because = match wanted.told.len() {
        0 => "there is something to remember".to_owned(),
        n => format!("{n} things are to be told and there is no report yet"),
    };
    Some(action(reports, change, because))
}

/// The table: findings × the issue as it is → at most one change.
fn step(pod: &Pod, now: DateTime<Utc>, reports: &ReportsSeen, issue: &PairingIssue, wanted: &Wanted) -> Option<Action> {
    let Marked::Block(seen) = &issue.marked else { return None };
    let block = block(pod, wanted, seen.state.clone());
    let same = block.same(seen);
    let iid = issue.iid;
    let (seen, tell) = (seen.clone(), !wanted.told.is_empty());
    let (change, because) = match (tell, issue.open) {
        (false, true) => (Change::CloseReport { iid, seen, block }, "there is nothing to tell any more"),
        (true, false) if newer_than_close(wanted, issue) => {
            (Change::ReopenReport { iid, seen, block }, "something fails that did not when it was closed")
        }
        (true, false) if issue.closed_at.is_some_and(|closed| now - closed >= RESPECT) => {
            (Change::ReopenReport { iid, seen, block }, "it was closed two weeks ago, and something fails still")
        }
        _ if same => return None,
        (true, true) => (Change::RewriteReport { iid, seen, block }, "what it tells has changed"),
        // A closed report is memory only, and its words stay as they were when it was closed.
        (_, false) if block.state == seen.state => return None,
        (_, false) => {
            let text = seen.text.clone();
            (Change::RewriteReport { iid, seen, block: Block { text, ..block } }, "what it remembers has changed")
        }
    };
    Some(action(reports, change, because))
}

/// Before a respectful while has passed, reopening needs evidence that is newer than the close.
fn newer_than_close(wanted: &Wanted, issue: &PairingIssue) -> bool {
    let Some(closed) = issue.closed_at else { return true };
    let told = wanted.told.iter().map(|(_, finding)| memory_key(finding));
    let mut since = told.filter_map(|key| wanted.remember.get(&key)).map(|failing| failing.failed_since);
    since.any(|since| since > closed)
}

/// The younger of two: its last words name the older one, in the same request that closes it.
fn settle(reports: &ReportsSeen, keep: &PairingIssue, twin: &PairingIssue, parts: &mut Parts) {
    let Marked::Block(seen) = &twin.marked else { return };
    let path = &reports.project.path;
    let message = format!("{path}#{} and #{} are the same report", keep.iid, twin.iid);
    parts.findings.push(Finding::new(Rule::ReportTwin, format!("#{}", twin.iid), message));
    let block = Block { text: format!("This report is kept in #{}.", keep.iid), ..seen.clone() };
    let change = Change::CloseReport { iid: twin.iid, seen: seen.clone(), block };
    parts.actions.push(action(reports, change, "both are the same report and the lower number stays"));
}

fn action(reports: &ReportsSeen, change: Change, because: impl Into<String>) -> Action {
    Action { project: reports.project.path.clone(), project_id: reports.project.id, because: because.into(), change }
}

fn title(pod: &Pod, kind: ReportKind) -> String {
    match kind {
        ReportKind::Links => format!("{}: links and labels that need a look", pod.name),
        ReportKind::Roster => format!("{}: page and Support Team data disagree", pod.name),
    }
}

/// The block: headings in order, a line per finding, and what is remembered.
fn block(pod: &Pod, wanted: &Wanted, state: State) -> Block {
    let mut lines = Vec::new();
    if wanted.told.is_empty() {
        lines.push("There is nothing to tell.".to_owned());
    }
    let mut heading = None;
    for (section, finding) in wanted.told.iter().take(MOST_LINES) {
        if heading != Some(section) {
            lines.push(format!("\n**{}**\n", Untrusted::new(section.as_str()).md()));
            heading = Some(section);
        }
        lines.push(line(finding));
    }
    if wanted.told.len() > MOST_LINES {
        lines.push(format!("\n… and {} more; the run's own report has them all.", wanted.told.len() - MOST_LINES));
    }
    lines.push(String::new());
    lines.push("_podkeeper keeps this list; it closes the issue when the list is empty._".to_owned());
    Block {
        marker: Marker::Report(pod.key.clone(), wanted.kind),
        text: lines.join("\n").trim_start().to_owned(),
        state: State { failing: wanted.remember.clone(), ..state },
    }
}

fn line(finding: &Finding) -> String {
    let place = finding.place.as_ref().map(|place| format!(", line {}", place.line)).unwrap_or_default();
    let since = finding.since.map(|day| format!(", since {day}")).unwrap_or_default();
    let (message, advice) = (sentence_md(&finding.message), sentence_md(&finding.advice));
    // The advice on a line of its own, inside the same item.
    format!("- **{}**{place}{since}: {message}\\\n  {advice}", finding.rule.code())
}

/// The key under which a finding is remembered: a link's address, else its fingerprint.
pub(super) fn memory_key(finding: &Finding) -> String {
    match finding.rule {
        Rule::LinkDead | Rule::LinkFragmentDead | Rule::LinkUnreachable => super::links::memory_key(&finding.subject),
        _ => finding.fingerprint.clone(),
    }
}

/// The findings of the roster, remembered by their fingerprints, so that each knows its first day.
pub(super) fn remembered(
    findings: &mut [Finding],
    memory: &BTreeMap<String, Failing>,
    now: DateTime<Utc>,
) -> BTreeMap<String, Failing> {
    let mut remember = BTreeMap::new();
    for finding in findings {
        let key = memory_key(finding);
        let failing =
            memory.get(&key).copied().unwrap_or(Failing { dead_since: Some(now.date_naive()), ..Failing::from(now) });
        finding.since = failing.dead_since;
        remember.insert(key, failing);
    }
    remember
}

#[cfg(test)]
mod tests;
