//! What a pod has accepted of its own page is told no more there: the same exceptions that the worker goes by.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{Checked, Read};
use crate::decide::exceptions::{expired, matches, unused};
use crate::pod::finding::{Finding, Place};
use crate::pod::rule::Rule;
use crate::pod::text::Untrusted;
use crate::pod::verdict::Observation;

/// What a check can find on a pod's page. An exception from another rule is for the worker, and a silence is told by
/// nobody who looks only once.
const LOOKED_FOR: [Rule; 12] = [
    Rule::TextMojibake,
    Rule::ListDashMissing,
    Rule::PageCut,
    Rule::LabelEmpty,
    Rule::LabelTrailingComma,
    Rule::LinkLegacyForm,
    Rule::LinkDead,
    Rule::LinkFragmentDead,
    Rule::LinkMoved,
    Rule::TemplateDeprecated,
    Rule::LabelMissing,
    Rule::LabelRetired,
];

/// Takes accepted findings out, and adds what is to be told of exceptions that have expired; where everything was looked
/// at, also of those that are for nothing.
pub(super) fn settle(checked: &mut Checked, documents: &[Read], today: NaiveDate, everything: bool) {
    let mut accepted: BTreeMap<(Rule, String), BTreeSet<&str>> = BTreeMap::new();
    let mut told = Vec::new();
    for read in documents {
        for exception in &read.exceptions {
            let known = LOOKED_FOR.contains(&exception.rule);
            if let Some(expired) = expired(exception, today) {
                told.extend(Some(expired).filter(|_| known));
                continue;
            }
            let here = |finding: &Finding| places(finding, &checked.observations).iter().any(|at| at.path == read.path);
            if checked.findings.iter().any(|finding| matches(exception, finding) && here(finding)) {
                accepted.entry((exception.rule, exception.subject.clone())).or_default().insert(&read.path);
            } else if everything && known {
                told.push(unused(exception));
            }
        }
    }
    let Checked { findings, observations, .. } = checked;
    findings.retain_mut(|finding| {
        let Some(paths) = accepted.get(&(finding.rule, finding.subject.clone())) else { return true };
        // It may stand in another document too, where nobody accepted it.
        let left = places(finding, observations).into_iter().find(|at| !paths.contains(at.path.as_str()));
        let stays = left.is_some();
        finding.place = left.or(finding.place.take());
        stays
    });
    findings.extend(told);
}

/// All places of what a finding is about; a link is told at its first one.
fn places(finding: &Finding, observations: &[Observation]) -> Vec<Place> {
    let Some(first) = &finding.place else { return Vec::new() };
    let same = |seen: &&Observation| {
        seen.places
            .first()
            .is_some_and(|at| (at.line, at.column) == (first.line, first.column) && *at.path == first.path)
            && Untrusted::new(seen.url.as_str()).line() == finding.subject
    };
    let links = matches!(finding.rule, Rule::LinkDead | Rule::LinkFragmentDead | Rule::LinkMoved);
    match observations.iter().find(same).filter(|_| links) {
        None => vec![first.clone()],
        Some(seen) => seen.places.iter().map(Place::from).collect(),
    }
}
