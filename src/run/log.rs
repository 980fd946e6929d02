//! What the log says of decisions. A log is a public output: of findings for members only it names the rule, and
//! how many there are.

use std::collections::BTreeMap;

use tracing::info;

use crate::pod::finding::Finding;
use crate::pod::plan::Plan;
use crate::pod::rule::Audience;
use crate::pod::run::PodRun;

/// Every change that was decided on, with its reason.
pub(super) fn log_plan(plan: &Plan) {
    for action in &plan.actions {
        let (kind, subject) = (action.kind(), action.subject_for(Audience::Public));
        info!(kind, project = action.project, subject, because = action.because_for(Audience::Public), "planned");
    }
}

/// What came of a pod.
pub(super) fn log_run_end(run: &PodRun) {
    log_findings(&run.findings);
    let done = run.outcomes.iter().filter(|(_, outcome)| outcome.is_done()).count();
    info!(
        rounds = run.rounds,
        done,
        not_done = run.outcomes.len() - done,
        findings = run.findings.iter().filter(|finding| !finding.token_only).count(),
        not_read = run.read_failures.len(),
        exit_code = run.exit_status().exit_code(),
        "ended"
    );
}

fn log_findings(findings: &[Finding]) {
    let mut members_only: BTreeMap<&str, usize> = BTreeMap::new();
    // Not even that there is something may be read where everybody reads it.
    for finding in findings.iter().filter(|finding| !finding.token_only) {
        let rule = finding.rule.code();
        if finding.audience == Audience::Public {
            info!(rule, severity = finding.severity.as_str(), subject = finding.subject, "found");
        } else {
            *members_only.entry(rule).or_default() += 1;
        }
    }
    for (rule, count) in members_only {
        info!(rule, count, "found");
    }
}
