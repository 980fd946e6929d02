//! What the next run would come to: what it costs, what it writes, and what else would stop it.

use super::{Findings, Unread, count};
use crate::pod::diagnosis::{Check, Verdict};
use crate::pod::doctor_snapshot::DoctorSnapshot;
use crate::pod::finding::Finding;
use crate::pod::observed::ReadFailure;
use crate::pod::rule::{Audience, Rule, Severity};
use crate::pod::run::PodRun;
use crate::pod::text::one_line;

/// What other checks tell in their own words.
const TOLD_ELSEWHERE: [Rule; 13] = [
    Rule::PageMissing,
    Rule::MembersSectionMissing,
    Rule::MembersSectionEmpty,
    Rule::ProjectMissing,
    Rule::ProjectArchived,
    Rule::ProjectMarkedForDeletion,
    Rule::ProjectRenamed,
    Rule::SourceArchived,
    Rule::IssuesDisabled,
    Rule::LabelMissing,
    Rule::LabelArchived,
    Rule::ClockSkewed,
    Rule::RoleTooSmall,
];

pub(super) fn check(seen: &DoctorSnapshot, found: &mut Findings) {
    for run in &seen.runs {
        for finding in run.findings.iter().filter(|finding| stops_a_run(finding)) {
            // Whoever looked at the thing itself has told more.
            let has_check = match finding.rule {
                Rule::BotReplaced => found.is_stopped_by(Check::Account, &run.pod),
                Rule::TemplateFailed => found.is_stopped_by(Check::Template, &run.pod),
                Rule::ReportRefused => found.is_stopped_by(Check::Reports, &run.pod),
                _ => false,
            };
            if !has_check {
                found.push(finding_verdict(finding).of_pod(&run.pod));
            }
        }
        for failure in &run.read_failures {
            found.unread.push(Unread {
                check: Check::Plan,
                pod: Some(run.pod.clone()),
                failure: failure.clone(),
                for_everybody: failure_for_everybody(run, failure),
            });
        }
    }
    if !seen.runs.is_empty() {
        let writes: usize = seen.runs.iter().map(|run| run.plan.actions.len()).sum();
        let later: usize = seen.runs.iter().map(|run| run.later_changes.len()).sum();
        let more = if later > 0 { " and then more" } else { "" };
        let message = format!(
            "{} a run; the next would write {}{more}; links come on top",
            count(usize::try_from(seen.plan_requests).unwrap_or(usize::MAX), "request"),
            count(writes, "thing")
        );
        found.push(Verdict::fine(Check::Cost, message));
    }
}

fn stops_a_run(finding: &Finding) -> bool {
    let is_serious = finding.needs_human || finding.severity == Severity::Critical;
    is_serious && !TOLD_ELSEWHERE.contains(&finding.rule)
}

/// Words that are not for everybody give way to those of the rule.
fn finding_verdict(finding: &Finding) -> Verdict {
    let code = finding.rule.code();
    let verdict = match finding.audience {
        Audience::Public => {
            Verdict::stops(Check::Plan, format!("{}.", one_line(&finding.message))).advise(one_line(&finding.advice))
        }
        audience => {
            let mut verdict = Verdict::stops(Check::Plan, finding.rule.summary()).advise(finding.rule.advice());
            let detailed = format!("{}. {}", one_line(&finding.message), one_line(&finding.advice));
            verdict.detailed_message = Some((audience, detailed));
            verdict
        }
    };
    Verdict { advice: format!("{} (podkeeper explain {code})", verdict.advice.trim_end_matches('.')), ..verdict }
}

/// A failure whose words are for others goes by its kind alone.
fn failure_for_everybody(run: &PodRun, failure: &ReadFailure) -> Option<(Audience, ReadFailure)> {
    let audience = *run.restricted_failures.get(failure).filter(|audience| **audience != Audience::Public)?;
    let what =
        if audience == Audience::Confidential { "something of the roster" } else { "something of the pod's projects" };
    let why = "podkeeper plan --audience confidential tells what".to_owned();
    Some((audience, ReadFailure { what: what.to_owned(), why, cause: failure.cause }))
}
