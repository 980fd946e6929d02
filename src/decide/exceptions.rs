//! Findings that people have accepted are not reported until their day; an exception that matches nothing
//! is itself reported.

use chrono::NaiveDate;

use super::DecisionParts;
use crate::pod::finding::Finding;
use crate::pod::rule::Rule;
use crate::pod::{Exception, Pod};

/// Takes accepted findings out.
pub(super) fn apply(pod: &Pod, today: NaiveDate, parts: &mut DecisionParts) {
    for exception in &pod.exceptions {
        if let Some(expired) = expired_finding(exception, today) {
            parts.findings.push(expired);
            continue;
        }
        let before = parts.findings.len();
        parts.findings.retain(|finding| !matches(exception, finding));
        // What could not be seen may be what it is for.
        if parts.findings.len() == before && parts.read_failures.is_empty() {
            parts.findings.push(unused_finding(exception));
        }
    }
}

/// Whether a finding is what an exception is for.
pub fn matches(exception: &Exception, finding: &Finding) -> bool {
    finding.rule == exception.rule && finding.subject == exception.subject
}

/// What to report of an exception whose day has passed, if it has.
pub fn expired_finding(exception: &Exception, today: NaiveDate) -> Option<Finding> {
    let until = exception.until.filter(|until| *until < today)?;
    let subject = finding_subject(exception);
    let message = format!("the exception for {subject} held until {until}");
    Some(Finding::new(Rule::ExceptionExpired, subject, message))
}

/// What to report of an exception that matches nothing.
pub fn unused_finding(exception: &Exception) -> Finding {
    let subject = finding_subject(exception);
    let message = format!("the exception for {subject} matches nothing");
    Finding::new(Rule::ExceptionUnused, subject, message)
}

fn finding_subject(exception: &Exception) -> String {
    format!("{} {}", exception.rule.code(), exception.subject)
}
