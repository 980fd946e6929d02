//! Findings that people have accepted are told no more, until their day; an exception that matches nothing
//! is itself told.

use chrono::NaiveDate;

use super::Parts;
use crate::pod::Pod;
use crate::pod::finding::Finding;
use crate::pod::rule::Rule;

/// Takes accepted findings out.
pub(super) fn apply(pod: &Pod, today: NaiveDate, parts: &mut Parts) {
    for exception in &pod.exceptions {
        let subject = format!("{} {}", exception.rule.code(), exception.subject);
        if let Some(until) = exception.until.filter(|until| *until < today) {
            let message = format!("the exception for {subject} held until {until}");
            parts.findings.push(Finding::new(Rule::ExceptionExpired, subject, message));
            continue;
        }
        let before = parts.findings.len();
        parts.findings.retain(|finding| finding.rule != exception.rule || finding.subject != exception.subject);
        // What could not be seen may be what it is for.
        if parts.findings.len() == before && parts.unknown.is_empty() {
            let message = format!("the exception for {subject} matches nothing");
            parts.findings.push(Finding::new(Rule::ExceptionUnused, subject, message));
        }
    }
}
