//! The living reports: one issue per pod and kind, kept in place, closed when there is nothing to tell.
//!
//! Its block is what is told and what is remembered, open or closed. A body is a function of findings:
//! same findings, same bytes, and no time of looking.

mod whose;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::{Parts, copies, identity};
use crate::pod::Pod;
use crate::pod::action::{Action, Change, Rewrite};
use crate::pod::finding::{Finding, short_hash};
use crate::pod::marker::{Block, Failing, Frame, Marked, Marker, ReportKind, State, outside, render};
use crate::pod::observed::Observed;
use crate::pod::rule::Rule;
use crate::pod::snapshot::{PairingIssue, Remembered, ReportsSeen, Snapshot};
use crate::pod::text::{Untrusted, sentence_md};
use whose::{Doubt, own};

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
    /// Whether this look is too doubtful to change the report's words.
    pub(super) keeps_words: bool,
}

/// What about the project of the reports itself stands in the way.
pub(super) fn project(pod: &Pod, seen: &Snapshot, parts: &mut Parts) {
    match (&seen.reports, &pod.reports.project) {
        (Observed::Present(reports), Some(configured)) => {
            super::projects::written(configured, "[reports]", &reports.project, parts);
            copies::of_reports(pod, reports, parts);
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
    if !reports.project.is_open() {
        return;
    }
    let mut own = own(pod, reports, wanted.kind);
    if own.iter().any(|issue| matches!(issue.marked, Marked::Damaged { .. })) {
        return;
    }
    if let Some(newer) = own.iter().find_map(|issue| newer(reports, issue)) {
        parts.findings.push(newer);
        return;
    }
    own.sort_by_key(|issue| issue.iid);
    if let Some(refused) = open_to_others(pod, reports, wanted, own.first().copied()) {
        parts.findings.extend((!wanted.told.is_empty()).then_some(refused));
        return;
    }
    match own.split_first() {
        None => open(pod, reports, wanted, parts),
        Some((issue, twins)) => {
            step(pod, seen.now, reports, issue, wanted, parts);
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

/// What was remembered by a report, where it was seen. In the later rounds of a pass that is what was remembered when it
/// began: what the pass itself has written down is no earlier look.
pub(super) fn memory(pod: &Pod, seen: &Snapshot, kind: ReportKind) -> BTreeMap<String, Failing> {
    if let Some(remembered) = &seen.remembered {
        return remembered.get(&kind).cloned().unwrap_or_default();
    }
    let Some(reports) = seen.reports.present() else { return BTreeMap::new() };
    let issues = own(pod, reports, kind);
    let first = issues.iter().min_by_key(|issue| issue.iid);
    first.and_then(|issue| issue.marked.block()).map(|block| block.state.failing.clone()).unwrap_or_default()
}

/// What all reports of a pod remember; none where they were not seen.
pub fn memories(pod: &Pod, seen: &Snapshot) -> Option<Remembered> {
    seen.reports.present()?;
    Some([ReportKind::Links, ReportKind::Roster].map(|kind| (kind, memory(pod, seen, kind))).into())
}

/// What to tell of a report that a later podkeeper keeps.
fn newer(reports: &ReportsSeen, issue: &PairingIssue) -> Option<Finding> {
    let block = issue.marked.block().filter(|block| block.is_newer())?;
    Some(identity::newer_block(&format!("{}#{}", reports.project.path, issue.iid), block))
}

/// A report is made when there is first something to remember, unless there may be one.
fn open(pod: &Pod, reports: &ReportsSeen, wanted: &Wanted, parts: &mut Parts) {
    if wanted.remember.is_empty() && wanted.told.is_empty() {
        return;
    }
    match whose::in_doubt(pod, reports, wanted.kind) {
        Some(Doubt::Told(finding)) => return parts.findings.push(finding),
        Some(Doubt::Unseen(blind)) => return parts.unknown.push(blind),
        None => {}
    }
    let tail = "\n\nWrite below this line; it stays as you write it.\n";
    let rest = short_hash(&outside(&format!("{}{tail}", render(&block(pod, wanted, State::default())))));
    let block = block(pod, wanted, State { rest: Some(rest), ..State::default() });
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
    parts.actions.push(action(reports, change, because));
}

/// The table: findings × the issue as it is → at most one change.
fn step(
    pod: &Pod,
    now: DateTime<Utc>,
    reports: &ReportsSeen,
    issue: &PairingIssue,
    wanted: &Wanted,
    parts: &mut Parts,
) {
    let Marked::Block(seen) = &issue.marked else { return };
    let block = block(pod, wanted, seen.state.clone());
    let same = seen.says(&block);
    let iid = issue.iid;
    let tell = !wanted.told.is_empty();
    if wanted.keeps_words {
        parts.actions.extend(memory_only(seen, block, iid).map(|change| action(reports, change, REMEMBERED)));
        return;
    }
    let reopen = match (tell, issue.open) {
        (true, false) if newer_than_close(wanted, issue, seen) => {
            Some("something fails that did not when it was closed")
        }
        (true, false) if issue.closed_at.is_some_and(|closed| now - closed >= RESPECT) => {
            Some("it was closed two weeks ago, and something fails still")
        }
        _ => None,
    };
    let (change, because) = match (tell, issue.open, reopen) {
        (false, true, _) => {
            (Change::CloseReport { iid, rewrite: Rewrite::new(seen, block) }, "there is nothing to tell any more")
        }
        (_, _, Some(because)) if !issue.locked => {
            (Change::ReopenReport { iid, rewrite: Rewrite::new(seen, block) }, because)
        }
        _ if same => return locked(reports, issue, reopen.is_some(), parts),
        (true, true, _) => {
            (Change::RewriteReport { iid, rewrite: Rewrite::new(seen, block) }, "what it tells has changed")
        }
        // A closed report is memory only, and its words stay as they were when it was closed.
        _ => {
            locked(reports, issue, reopen.is_some(), parts);
            let Some(change) = memory_only(seen, block, iid) else { return };
            (change, REMEMBERED)
        }
    };
    parts.actions.push(action(reports, change, because));
}

const REMEMBERED: &str = "what it remembers has changed";

/// Writes what is remembered, and leaves the words as they are; none where nothing of that has changed.
fn memory_only(seen: &Block, block: Block, iid: u64) -> Option<Change> {
    let text = if seen.knows_its_lines() { seen.own_text(&block) } else { block.text };
    let block = Block::new(block.marker, text, block.state);
    let memory = |block: &Block| State { lines: Vec::new(), ..block.state.clone() };
    let same = memory(&block) == memory(seen) && seen.frame == Frame::Whole;
    (!same).then(|| Change::RewriteReport { iid, rewrite: Rewrite::new(seen, block) })
}

/// A locked issue is not reopened by anybody (`app/policies/issue_policy.rb`), so nobody would read what it says.
fn locked(reports: &ReportsSeen, issue: &PairingIssue, to_be_reopened: bool, parts: &mut Parts) {
    if to_be_reopened && issue.locked {
        let name = format!("{}#{}", reports.project.path, issue.iid);
        let message = format!("{name} has something to tell again, and it cannot be reopened because it is locked");
        parts.findings.push(Finding::new(Rule::IssueLocked, name, message));
    }
}

/// Before a respectful while has passed, reopening needs evidence that is newer than the close.
fn newer_than_close(wanted: &Wanted, issue: &PairingIssue, seen: &Block) -> bool {
    let Some(closed) = issue.closed_at else { return true };
    // Without its memory nobody knows what is new; that it was closed counts for two weeks.
    if !seen.knows_its_lines() {
        return false;
    }
    let mut told = wanted.told.iter().map(|(_, finding)| memory_key(finding));
    told.any(|key| match wanted.remember.get(&key) {
        // A report that was closed by hand remembers all that failed then.
        Some(failing) => failing.failed_since > closed || !seen.state.failing.contains_key(&key),
        None => false,
    })
}

/// The younger of two: its last words name the older one, in the same request that closes it.
fn settle(reports: &ReportsSeen, keep: &PairingIssue, twin: &PairingIssue, parts: &mut Parts) {
    let Marked::Block(seen) = &twin.marked else { return };
    let path = &reports.project.path;
    let message = format!("{path}#{} and #{} are the same report", keep.iid, twin.iid);
    parts.findings.push(Finding::new(Rule::ReportTwin, format!("#{}", twin.iid), message));
    let text = format!("This report is kept in #{}.\n\n{}", keep.iid, seen.marker.sign("closed"));
    let block = Block::new(seen.marker.clone(), text, seen.state.clone());
    let change = Change::CloseReport { iid: twin.iid, rewrite: Rewrite::new(seen, block) };
    parts.actions.push(action(reports, change, "both are the same report and the lower number stays"));
}

fn action(reports: &ReportsSeen, change: Change, because: impl Into<String>) -> Action {
    Action { project: reports.project.path.clone(), project_id: reports.project.id, because: because.into(), change }
}

/// The title of a report; podkeeper never changes it.
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
    let marker = Marker::Report(pod.key.clone(), wanted.kind);
    lines.push(String::new());
    lines.push(marker.sign("closes itself when nothing is left · below this line is yours"));
    let label = Some(pod.label.name.to_string());
    let state = State { failing: wanted.remember.clone(), label, ..state };
    Block::new(marker, lines.join("\n").trim_start().to_owned(), state)
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

#[cfg(test)]
mod tests;
