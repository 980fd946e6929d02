//! Findings that people have accepted are told no more, until their day; an exception that matches nothing
//! is itself told.

use chrono::NaiveDate;

use super::Parts;
use crate::pod::finding::Finding;
use crate::pod::rule::Rule;
use crate::pod::{Exception, Pod};

/// Takes accepted findings out.
pub(super) fn apply(pod: &Pod, today: NaiveDate, parts: &mut Parts) {
    for exception in &pod.exceptions {
        if let Some(expired) = expired(exception, today) {
            parts.findings.push(expired);
            continue;
        }
        let before = parts.findings.len();
        parts.findings.retain(|finding| !matches(exception, finding));
        // What could not be seen may be what it is for.
        if parts.findings.len() == before && parts.unknown.is_empty() {
            parts.findings.push(unused(exception));
        }
    }
}

/// Whether a finding is what an exception is for.
pub fn matches(exception: &Exception, finding: &Finding) -> bool {
    finding.rule == exception.rule && finding.subject == exception.subject
}

/// What to tell of an exception whose day has passed, if it has.
pub fn expired(exception: &Exception, today: NaiveDate) -> Option<Finding> {
    let until = exception.until.filter(|until| *until < today)?;
    let subject = subject(exception);
    let message = format!("the exception for {subject} held until {until}");
    Some(Finding::new(Rule::ExceptionExpired, subject, message))
}

/// What to tell of an exception that is for nothing.
pub fn unused(exception: &Exception) -> Finding {
    let subject = subject(exception);
    let message = format!("the exception for {subject} matches nothing");
    Finding::new(Rule::ExceptionUnused, subject, message)
}

fn subject(exception: &Exception) -> String {
    format!("{} {}", exception.rule.code(), exception.subject)
}
