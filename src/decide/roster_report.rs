//! The living report of the roster: where page and Support Team data disagree, reported where only members of
//! a project read it.

use std::collections::BTreeMap;

use chrono::Duration;

use super::DecisionParts;
use super::deferred_findings::{self, COMMON_CAUSE_MIN_COUNT, Deferral};
use super::links::REPORT_AFTER;
use super::living_report::{self, DesiredReport};
use super::roster::MeantEntry;
use crate::pod::Pod;
use crate::pod::agent::MembershipRule;
use crate::pod::finding::Finding;
use crate::pod::marker::{RememberedFailure, ReportKind};
use crate::pod::observed::{FailureCause, Observed, ReadFailure};
use crate::pod::rule::{Audience, Rule};
use crate::pod::snapshot::Snapshot;
use crate::pod::text::{Untrusted, sentence_to_markdown};

/// So many findings are listed.
const MOST_ROWS: usize = 400;

/// Reports what lasts of what the audit found, and brings the report into line with it; a run that saw only part of
/// page and data leaves the report as it is.
pub(super) fn update_report(pod: &Pod, seen: &Snapshot, parts: &mut DecisionParts) {
    let is_listed = |finding: &mut Finding| finding.rule.living_report() == Some(ReportKind::Roster);
    let found: Vec<Finding> = parts.findings.extract_if(.., is_listed).collect();
    let mut found: Vec<Finding> = found.into_iter().map(|finding| name_meant_entry(pod, finding, parts)).collect();
    found.sort_by(|a, b| (a.rule, &a.subject, &a.message).cmp(&(b.rule, &b.subject, &b.message)));
    let memory = living_report::remembered_failures(pod, seen, ReportKind::Roster);
    // Where nothing can be remembered there is no later run that could report what this one holds back.
    let remembers = !matches!(seen.reports_project, Observed::Absent);
    let together = if remembers { common_cause_findings(pod, &found, &memory, parts) } else { Vec::new() };
    let hold = |finding: &Finding| {
        let rule = finding.rule;
        if let Some(days) = rule.report_after_days().filter(|_| remembers) {
            Deferral::For(Duration::days(days))
        } else if parts.roster_doubts.doubtful_fingerprints.contains(&finding.fingerprint) {
            if remembers { Deferral::For(REPORT_AFTER) } else { Deferral::WhileEvidenceMissing }
        } else if rule == Rule::MemberUnknownAgent && parts.roster_doubts.unknown_agents_doubtful {
            Deferral::WhileEvidenceMissing
        } else if together.iter().any(|(common, _)| *common == rule) {
            Deferral::UntilSeenAgain
        } else {
            Deferral::None
        }
    };
    let found = found.into_iter().map(|finding| (hold(&finding), finding)).map(|(hold, finding)| (finding, hold));
    let (mut reported, remember) = deferred_findings::split_due_and_remembered(found.collect(), &memory, seen.now);
    if parts.roster_doubts.page_may_be_cut {
        let message = "the members section runs to the end of the page, so that it may have been cut; what differs is reported \
                       when it has lasted for six hours, or at once below a heading of level 2 that ends the section";
        parts.findings.push(Finding::new(Rule::RosterInconclusive, pod.key.to_string(), message));
    }
    if !together.is_empty() {
        let what = format!("the roster of {}", pod.name);
        let why = "the same is the matter with everybody at once; the next run reports each".to_owned();
        let failure = ReadFailure { what, why, cause: FailureCause::Unavailable };
        parts.push_restricted_failure(Audience::Confidential, failure);
    }
    reported.extend(together.into_iter().map(|(_, finding)| finding));
    parts.findings.extend(reported.iter().cloned());
    let whole = seen.agents.present().is_some() && seen.accounts.present().is_some() && seen.page.present().is_some();
    if !whole || !parts.roster_doubts.was_audited {
        return;
    }
    let text = build_text(&reported);
    let wanted = DesiredReport { kind: ReportKind::Roster, findings: reported, text, remember, keeps_text: false };
    living_report::update_report(pod, seen, &wanted, parts);
}

/// A line per finding, under what each kind of them means.
fn build_text(findings: &[Finding]) -> String {
    let (mut lines, mut heading) = (Vec::new(), None);
    for finding in findings.iter().take(MOST_ROWS) {
        if heading != Some(finding.rule) {
            lines.push(format!("\n**{}**\n", Untrusted::new(finding.rule.summary()).to_markdown()));
            heading = Some(finding.rule);
        }
        let place = finding.place.as_ref().map(|place| format!(", line {}", place.line)).unwrap_or_default();
        let since = finding.since.map(|day| format!(", since {day}")).unwrap_or_default();
        let (message, advice) = (sentence_to_markdown(&finding.message), sentence_to_markdown(&finding.advice));
        // The advice on a line of its own, inside the same item.
        lines.push(format!("- **{}**{place}{since}: {message}\\\n  {advice}", finding.rule.code()));
    }
    if findings.len() > MOST_ROWS {
        lines.push(format!("\n… and {} more; the run's own report has them all.", findings.len() - MOST_ROWS));
    }
    lines.join("\n").trim_start().to_owned()
}

/// The rules by which the same is the matter with everybody, and was not before: each with the one finding that stands
/// for all.
fn common_cause_findings(
    pod: &Pod,
    found: &[Finding],
    memory: &BTreeMap<String, RememberedFailure>,
    parts: &DecisionParts,
) -> Vec<(Rule, Finding)> {
    let new = |rule: Rule| {
        let of_rule = found.iter().filter(|finding| finding.rule == rule);
        of_rule.filter(|finding| !memory.contains_key(&deferred_findings::memory_key(finding))).count()
    };
    let rules =
        parts.roster_doubts.rules_firing_for_all.iter().copied().filter(|rule| new(*rule) >= COMMON_CAUSE_MIN_COUNT);
    let one = |rule: Rule| {
        let message = format!(
            "{} things at once, all that were looked at, come to this: {} So there is most likely one cause; the next \
             look that still sees it tells each",
            new(rule),
            rule.summary()
        );
        let finding = Finding::new(Rule::RosterCommonCause, rule.code(), message);
        match membership_key_text(pod).filter(|_| rule.checks_membership()) {
            None => finding,
            Some(asked_for) => match &parts.roster_doubts.meant_entry {
                Some(meant) => finding.with_advice(meant_entry_advice(&asked_for, meant)),
                None => finding.with_advice(format!("Check {asked_for}.")),
            },
        }
    };
    rules.map(|rule| (rule, one(rule))).collect()
}

/// What the pod's file asks of its members, with its place.
fn membership_key_text(pod: &Pod) -> Option<String> {
    let key = match &pod.membership {
        MembershipRule::ZendeskGroup(group) => format!("zendesk_group = \"{group}\""),
        MembershipRule::KnowledgeArea { name, .. } => format!("knowledge_area, \"{name}\","),
        MembershipRule::None => return None,
    };
    Some(format!("{key} under [members] in config/{}", pod.file_name()))
}

fn meant_entry_advice(asked_for: &str, meant: &MeantEntry) -> String {
    let MeantEntry { name, count } = meant;
    let have = if *count == 1 { "one has".to_owned() } else { format!("{count} have") };
    format!("Check {asked_for}: nobody in the Support Team data has it, and {have} \"{name}\".")
}

/// Where nobody has what is asked of members, and many have what is a slip away, nobody's file is at fault.
fn name_meant_entry(pod: &Pod, finding: Finding, parts: &DecisionParts) -> Finding {
    match (&parts.roster_doubts.meant_entry, membership_key_text(pod)) {
        (Some(meant), Some(asked_for)) if finding.rule == Rule::MemberWithoutFocus => {
            finding.with_advice(meant_entry_advice(&asked_for, meant))
        }
        _ => finding,
    }
}
