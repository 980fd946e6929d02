//! What a pod has accepted of its own page is not reported there: the same exceptions that the worker goes by.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{DocumentCheckResult, InputDocument};
use crate::decide::exceptions::{expired_finding, matches, may_be_shown_by_token, unused_finding};
use crate::pod::finding::{Finding, Place};
use crate::pod::rule::{InCheck, Rule, SubjectKind};
use crate::pod::verdict::Observation;

/// Takes accepted findings out, and adds findings about exceptions that have expired; where everything was
/// checked, also about those that match nothing.
pub(super) fn apply_exceptions(
    checked: &mut DocumentCheckResult,
    documents: &[InputDocument],
    today: NaiveDate,
    everything: bool,
) {
    let mut accepted: BTreeMap<(Rule, String), BTreeSet<&str>> = BTreeMap::new();
    let mut about_exceptions = Vec::new();
    for document in documents {
        for exception in &document.exceptions {
            let known = exception.rule.in_check() == InCheck::Reported;
            if let Some(expired) = expired_finding(exception, today) {
                about_exceptions.extend(Some(expired).filter(|_| known));
                continue;
            }
            let here = |finding: &Finding| {
                finding_places(finding, &checked.observations).iter().any(|at| at.path == document.path)
            };
            if checked.findings.iter().any(|finding| matches(exception, finding) && here(finding)) {
                accepted.entry((exception.rule, exception.subject.clone())).or_default().insert(&document.path);
            } else if everything && known {
                let unused = unused_finding(exception);
                let links = checked.observations.iter().filter(|seen| seen.url.to_string() == exception.subject);
                let rests_on_token =
                    exception.rule.subject_kind() == SubjectKind::Label || links.into_iter().any(may_be_shown_by_token);
                about_exceptions.push(if rests_on_token { unused.shown_by_token() } else { unused });
            }
        }
    }
    let DocumentCheckResult { findings, observations, .. } = checked;
    findings.retain_mut(|finding| {
        let Some(paths) = accepted.get(&(finding.rule, finding.subject.clone())) else { return true };
        // It may stand in another document too, where nobody accepted it.
        let left = finding_places(finding, observations).into_iter().find(|at| !paths.contains(at.path.as_str()));
        let stays = left.is_some();
        finding.place = left.or(finding.place.take());
        stays
    });
    findings.extend(about_exceptions);
}

/// All places of what a finding is about; a link is reported at its first one.
fn finding_places(finding: &Finding, observations: &[Observation]) -> Vec<Place> {
    let Some(first) = &finding.place else { return Vec::new() };
    let same = |seen: &&Observation| {
        seen.places
            .first()
            .is_some_and(|at| (at.line, at.column) == (first.line, first.column) && *at.path == first.path)
            && seen.url.to_string() == finding.subject
    };
    let of_a_link = finding.rule.subject_kind() == SubjectKind::Link;
    match observations.iter().find(same).filter(|_| of_a_link) {
        None => vec![first.clone()],
        Some(seen) => seen.places.iter().map(Place::from).collect(),
    }
}
