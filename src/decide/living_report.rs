//! The living reports: one issue per pod and kind, kept in place, closed when there is nothing to report.
//!
//! Its block is what is reported and what is remembered, open or closed. A body is a function of findings:
//! same findings, same bytes, and no time of looking.

mod report_issues;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::page_report::is_not_judged_line;
use super::{DecisionParts, deferred_findings, identity_findings, marker_problems};
use crate::pod::Pod;
use crate::pod::action::{Action, BlockRewrite, Change};
use crate::pod::finding::{Finding, short_hash};
use crate::pod::marker::{
    BlockState, ManagedBlock, Marker, MarkerComments, ParsedBody, RememberedFailure, ReportKind, render_block,
    text_outside_block,
};
use crate::pod::observed::Observed;
use crate::pod::rule::{Audience, Rule};
use crate::pod::run::Sentence;
use crate::pod::snapshot::{ObservedIssue, ReportMemory, ReportsProjectState, Snapshot};
use report_issues::{OpeningObstacle, own_report_issues};

/// A report that a person closed stays closed this long, unless something new fails.
const STAYS_CLOSED_FOR: Duration = Duration::days(14);

/// What a report should say.
pub(super) struct DesiredReport {
    /// Its kind.
    pub(super) kind: ReportKind,
    /// The findings it lists.
    pub(super) findings: Vec<Finding>,
    /// What it says of them, without signature and marker.
    pub(super) text: String,
    /// What is remembered.
    pub(super) remember: BTreeMap<String, RememberedFailure>,
    /// Whether this run is too doubtful to change the report's words.
    pub(super) keeps_text: bool,
}

/// What about the project of the reports itself stands in the way.
pub(super) fn check_reports_project(pod: &Pod, seen: &Snapshot, parts: &mut DecisionParts) {
    match (&seen.reports_project, &pod.reports.project) {
        (Observed::Present(reports), Some(configured)) => {
            super::projects::check_written_project(configured, "[reports]", &reports.project, parts);
            marker_problems::check_report_issues(pod, reports, parts);
        }
        (Observed::Unknown(failure), _) => parts.read_failures.push(failure.clone()),
        (Observed::Present(_) | Observed::Absent, _) => {}
    }
}

/// Brings one report into line with what it should say.
pub(super) fn update_report(pod: &Pod, seen: &Snapshot, wanted: &DesiredReport, parts: &mut DecisionParts) {
    let reports = match &seen.reports_project {
        Observed::Present(reports) => reports,
        Observed::Absent => {
            if !wanted.findings.is_empty() {
                let kind = wanted.kind.as_str();
                let text = format!("the {kind} report is filed nowhere, because no [reports] project is named");
                // It is said only where there is something to report.
                let audience = wanted.findings.iter().map(|finding| finding.audience).max();
                parts.status_sentences.push(Sentence::new(audience.unwrap_or(Audience::Confidential), text));
            }
            return;
        }
        Observed::Unknown(_) => return,
    };
    if !reports.project.can_write_issues() {
        return;
    }
    let mut own = own_report_issues(pod, reports, wanted.kind);
    if own.iter().any(|issue| matches!(issue.parsed_body, ParsedBody::Damaged { .. })) {
        return;
    }
    if let Some(newer) = own.iter().find_map(|issue| newer_block_finding(reports, issue)) {
        parts.findings.push(newer);
        return;
    }
    own.sort_by_key(|issue| issue.iid);
    if let Some(refused) = exposed_roster_finding(pod, reports, wanted, own.first().copied()) {
        parts.findings.extend((!wanted.findings.is_empty()).then_some(refused));
        return;
    }
    match own.split_first() {
        None => plan_opening(pod, reports, wanted, parts),
        Some((issue, twins)) => {
            plan_change(pod, seen.now, reports, issue, wanted, parts);
            for twin in twins.iter().filter(|twin| twin.open) {
                close_duplicate(reports, issue, twin, parts);
            }
        }
    }
}

/// The roster names people: why it may not stand where it would, if so. An issue is as confidential as it is today.
fn exposed_roster_finding(
    pod: &Pod,
    reports: &ReportsProjectState,
    wanted: &DesiredReport,
    issue: Option<&ObservedIssue>,
) -> Option<Finding> {
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
            Some(Finding::new(Rule::ReportRefused, name, message).with_advice(advice))
        }
        None if pod.reports.confidential => None,
        None => {
            let message = format!("{path} is open to others, and [reports] confidential is not set");
            Some(Finding::new(Rule::ReportRefused, path.clone(), message))
        }
    }
}

/// What was remembered by a report, where it was seen. In the later rounds of a pass that is what was remembered when
/// it began: what the pass itself has written down is no earlier run.
pub(super) fn remembered_failures(pod: &Pod, seen: &Snapshot, kind: ReportKind) -> BTreeMap<String, RememberedFailure> {
    if let Some(remembered) = &seen.memory_at_start {
        return remembered.get(&kind).cloned().unwrap_or_default();
    }
    let Some(reports) = seen.reports_project.present() else { return BTreeMap::new() };
    let issues = own_report_issues(pod, reports, kind);
    let Some(issue) = issues.iter().min_by_key(|issue| issue.iid) else { return BTreeMap::new() };
    let remembered = issue.parsed_body.block().into_iter().flat_map(|block| &block.state.failing);
    remembered.map(|(key, failing)| (key.clone(), failing.bounded(issue.created_at, seen.now))).collect()
}

/// What all reports of a pod remember; none where they were not seen.
pub fn report_memory(pod: &Pod, seen: &Snapshot) -> Option<ReportMemory> {
    seen.reports_project.present()?;
    Some([ReportKind::Links, ReportKind::Roster].map(|kind| (kind, remembered_failures(pod, seen, kind))).into())
}

/// Whether the link report of a pod remembers an address as failing, or tells something of it.
pub fn remembers_link(pod: &Pod, reports: &ReportsProjectState, url: &str) -> bool {
    let key = deferred_findings::link_memory_key(url);
    let mut blocks =
        own_report_issues(pod, reports, ReportKind::Links).into_iter().filter_map(|issue| issue.parsed_body.block());
    blocks.any(|block| block.state.failing.contains_key(&key) || block.text.contains(url))
}

/// What to report of an issue that a later version of podkeeper keeps.
fn newer_block_finding(reports: &ReportsProjectState, issue: &ObservedIssue) -> Option<Finding> {
    let block = issue.parsed_body.block().filter(|block| block.is_from_newer_version())?;
    Some(identity_findings::newer_block_finding(&format!("{}#{}", reports.project.path, issue.iid), block))
}

/// A report is made when there is first something to remember, unless there may be one.
fn plan_opening(pod: &Pod, reports: &ReportsProjectState, wanted: &DesiredReport, parts: &mut DecisionParts) {
    if wanted.remember.is_empty() && wanted.findings.is_empty() {
        return;
    }
    match report_issues::find_opening_obstacle(pod, reports, wanted.kind) {
        Some(OpeningObstacle::PossibleReport(finding)) => return parts.findings.push(finding),
        Some(OpeningObstacle::ReadFailed(failure)) => return parts.read_failures.push(failure),
        None => {}
    }
    let tail = "\n\nWrite below this line; it stays as you write it.\n";
    let rest = short_hash(&text_outside_block(&format!(
        "{}{tail}",
        render_block(&build_block(pod, wanted, BlockState::default()))
    )));
    let block = build_block(pod, wanted, BlockState { rest: Some(rest), ..BlockState::default() });
    let change = Change::OpenReport {
        marker: block.marker.clone(),
        title: report_title(pod, wanted.kind),
        body: format!("{}{tail}", render_block(&block)),
        confidential: wanted.kind == ReportKind::Roster && pod.reports.confidential,
    };
    // How many that are is not for everybody, to whom a change's reason is.
    let because = if wanted.findings.is_empty() {
        "there is something to remember"
    } else {
        "there is something to tell and no report yet"
    };
    parts.actions.push(new_action(reports, change, because));
}

/// The table: findings × the issue as it is → at most one change.
fn plan_change(
    pod: &Pod,
    now: DateTime<Utc>,
    reports: &ReportsProjectState,
    issue: &ObservedIssue,
    wanted: &DesiredReport,
    parts: &mut DecisionParts,
) {
    let ParsedBody::Block(seen) = &issue.parsed_body else { return };
    let block = build_block(pod, wanted, seen.state.clone());
    let same = seen.is_up_to_date_but_for(&block, is_not_judged_line);
    let iid = issue.iid;
    let tell = !wanted.findings.is_empty();
    if wanted.keeps_text {
        parts.actions.extend(
            memory_only_change(seen, block, iid).map(|change| new_action(reports, change, MEMORY_CHANGED_REASON)),
        );
        return;
    }
    let reopen = match (tell, issue.open) {
        (true, false) if has_news_since_close(wanted, issue, seen) => {
            Some("something fails that did not when it was closed")
        }
        (true, false) if issue.closed_at.is_some_and(|closed| now - closed >= STAYS_CLOSED_FOR) => {
            Some("it was closed two weeks ago, and something fails still")
        }
        _ => None,
    };
    let (change, because) = match (tell, issue.open, reopen) {
        (false, true, _) => {
            (Change::CloseReport { iid, rewrite: BlockRewrite::new(seen, block) }, "there is nothing to tell any more")
        }
        (_, _, Some(because)) if !issue.locked => {
            (Change::ReopenReport { iid, rewrite: BlockRewrite::new(seen, block) }, because)
        }
        _ if same => return report_locked_issue(reports, issue, reopen.is_some(), parts),
        (true, true, _) => {
            (Change::RewriteReport { iid, rewrite: BlockRewrite::new(seen, block) }, "what it tells has changed")
        }
        // A closed report is memory only, and its words stay as they were when it was closed.
        _ => {
            report_locked_issue(reports, issue, reopen.is_some(), parts);
            let Some(change) = memory_only_change(seen, block, iid) else { return };
            (change, MEMORY_CHANGED_REASON)
        }
    };
    parts.actions.push(new_action(reports, change, because));
}

const MEMORY_CHANGED_REASON: &str = "what it remembers has changed";

/// Writes what is remembered, and leaves the words as they are; none where nothing of that has changed.
fn memory_only_change(seen: &ManagedBlock, block: ManagedBlock, iid: u64) -> Option<Change> {
    let text = if seen.has_line_hashes() { seen.podkeeper_text(&block) } else { block.text };
    let block = ManagedBlock::new(block.marker, text, block.state);
    let memory = |block: &ManagedBlock| BlockState { lines: Vec::new(), ..block.state.clone() };
    let same = memory(&block) == memory(seen) && seen.marker_comments == MarkerComments::Complete;
    (!same).then(|| Change::RewriteReport { iid, rewrite: BlockRewrite::new(seen, block) })
}

/// A locked issue is not reopened by anybody (`app/policies/issue_policy.rb`), so nobody would read what it says.
fn report_locked_issue(
    reports: &ReportsProjectState,
    issue: &ObservedIssue,
    to_be_reopened: bool,
    parts: &mut DecisionParts,
) {
    if to_be_reopened && issue.locked {
        let name = format!("{}#{}", reports.project.path, issue.iid);
        let message = format!("{name} has something to tell again, and it cannot be reopened because it is locked");
        parts.findings.push(Finding::new(Rule::IssueLocked, name, message));
    }
}

/// Before [`STAYS_CLOSED_FOR`] has passed, reopening needs evidence that is newer than the close.
fn has_news_since_close(wanted: &DesiredReport, issue: &ObservedIssue, seen: &ManagedBlock) -> bool {
    let Some(closed) = issue.closed_at else { return true };
    // Without its memory nobody knows what is new; that it was closed counts for two weeks.
    if !seen.has_line_hashes() {
        return false;
    }
    let mut keys = wanted.findings.iter().map(deferred_findings::memory_key);
    keys.any(|key| match wanted.remember.get(&key) {
        // A report that was closed by hand remembers all that failed then.
        Some(failing) => failing.failed_since > closed || !seen.state.failing.contains_key(&key),
        None => false,
    })
}

/// The younger of two: its last words name the older one, in the same request that closes it.
fn close_duplicate(
    reports: &ReportsProjectState,
    keep: &ObservedIssue,
    twin: &ObservedIssue,
    parts: &mut DecisionParts,
) {
    let ParsedBody::Block(seen) = &twin.parsed_body else { return };
    let path = &reports.project.path;
    let message = format!("{path}#{} and #{} are the same report", keep.iid, twin.iid);
    parts.findings.push(Finding::new(Rule::ReportTwin, format!("#{}", twin.iid), message));
    let text = format!("This report is kept in #{}.\n\n{}", keep.iid, seen.marker.render_signature("closed"));
    let block = ManagedBlock::new(seen.marker.clone(), text, seen.state.clone());
    let change = Change::CloseReport { iid: twin.iid, rewrite: BlockRewrite::new(seen, block) };
    parts.actions.push(new_action(reports, change, "both are the same report and the lower number stays"));
}

/// Closes the open report of a pod that is retired. It remembers nothing any more: whoever takes the pod up again begins
/// anew.
pub(super) fn close_retired_report(
    pod: &Pod,
    reports: &ReportsProjectState,
    kind: ReportKind,
    parts: &mut DecisionParts,
) {
    if !reports.project.can_write_issues() {
        return;
    }
    for issue in own_report_issues(pod, reports, kind).into_iter().filter(|issue| issue.open) {
        if let Some(newer) = newer_block_finding(reports, issue) {
            parts.findings.push(newer);
            continue;
        }
        let ParsedBody::Block(seen) = &issue.parsed_body else { continue };
        let text = format!(
            "The {} is retired, and this report with it.\n\n{}",
            pod.name,
            seen.marker.render_signature("closed")
        );
        let state = BlockState { failing: BTreeMap::new(), ..seen.state.clone() };
        let block = ManagedBlock::new(seen.marker.clone(), text, state);
        let change = Change::CloseReport { iid: issue.iid, rewrite: BlockRewrite::new(seen, block) };
        parts.actions.push(new_action(reports, change, "the pod is retired"));
    }
}

fn new_action(reports: &ReportsProjectState, change: Change, because: impl Into<String>) -> Action {
    super::build_action(&reports.project, &reports.issues, change, because.into())
}

/// The title of a report; podkeeper never changes it.
fn report_title(pod: &Pod, kind: ReportKind) -> String {
    match kind {
        ReportKind::Links => format!("{} page: links to mend", pod.name),
        ReportKind::Roster => format!("{}: page and Support Team data", pod.name),
    }
}

/// Whether it is the title of a report, or the one that such a report had before.
fn is_report_title(pod: &Pod, kind: ReportKind, title: &str) -> bool {
    let before = match kind {
        ReportKind::Links => format!("{}: links and labels that need a look", pod.name),
        ReportKind::Roster => format!("{}: page and Support Team data disagree", pod.name),
    };
    title == report_title(pod, kind) || title == before
}

/// The block: what is told, and what is remembered.
fn build_block(pod: &Pod, wanted: &DesiredReport, state: BlockState) -> ManagedBlock {
    let marker = Marker::Report(pod.key.clone(), wanted.kind);
    let signature = marker.render_signature("closes itself when nothing is left · below this line is yours");
    let text = if wanted.findings.is_empty() { "There is nothing to tell." } else { &wanted.text };
    let label = Some(pod.label.name.to_string());
    let state = BlockState { failing: wanted.remember.clone(), label, ..state };
    ManagedBlock::new(marker, format!("{text}\n\n{signature}"), state)
}

#[cfg(test)]
mod tests;
