//! Findings that people have accepted are not reported until their day; an exception that matches nothing
//! is itself reported.

use chrono::NaiveDate;

use super::DecisionParts;
use crate::pod::finding::Finding;
use crate::pod::rule::Rule;
use crate::pod::snapshot::Snapshot;
use crate::pod::verdict::Observation;
use crate::pod::{Exception, Pod};

/// Takes accepted findings out.
pub(super) fn apply(pod: &Pod, seen: &Snapshot, parts: &mut DecisionParts) {
    let today = seen.now.date_naive();
    for exception in &pod.exceptions {
        if let Some(expired) = expired_finding(exception, today) {
            parts.findings.push(expired);
            continue;
        }
        let before = parts.findings.len();
        parts.findings.retain(|finding| !matches(exception, finding));
        // What could not be seen may be what it is for.
        if parts.findings.len() == before && parts.read_failures.is_empty() {
            let unused = unused_finding(exception);
            let rests_on_token = may_rest_on_token(exception, seen);
            parts.findings.push(if rests_on_token { unused.shown_by_token() } else { unused });
        }
    }
}

/// Whether a token may decide whether an exception matches: then only the team learns that it does not.
fn may_rest_on_token(exception: &Exception, seen: &Snapshot) -> bool {
    let links = seen.link_observations.present().into_iter().flatten();
    seen.label_verdicts.token_only.contains(&exception.subject)
        || links.filter(|seen| seen.url.to_string() == exception.subject).any(may_be_shown_by_token)
}

/// Whether a link leads to where a token may show more than anybody sees.
pub fn may_be_shown_by_token(seen: &Observation) -> bool {
    let host = url::Url::parse(seen.url.as_str()).ok().and_then(|url| url.host_str().map(str::to_owned));
    seen.kind.is_gitlab() || host.as_deref() == Some("github.com")
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
