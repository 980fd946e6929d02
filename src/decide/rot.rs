//! Links and labels of the pod's page: what to tell of them, and the living report that tells it.

use std::collections::{BTreeMap, BTreeSet};

use super::living_report::{self, Wanted};
use super::{Parts, links};
use crate::pod::Pod;
use crate::pod::document::PodPage;
use crate::pod::finding::Finding;
use crate::pod::marker::{Failing, ReportKind};
use crate::pod::observed::{Blind, Cause, Observed};
use crate::pod::rule::Rule;
use crate::pod::snapshot::Snapshot;

/// The rules whose findings the report tells.
const ROT: [Rule; 7] = [
    Rule::LinkDead,
    Rule::LinkFragmentDead,
    Rule::LinkUnreachable,
    Rule::LabelMissing,
    Rule::LabelRetired,
    Rule::LinkMoved,
    Rule::TemplateDeprecated,
];

/// A block has its limit; what fails beyond it is told all the same.
const MOST_REMEMBERED: usize = 2_000;

/// What is to be remembered of links and labels; `None` when this look proves nothing about them, so that
/// the report stays as it is.
pub(super) type Remember = Option<BTreeMap<String, Failing>>;

/// Tells what rots.
pub(super) fn look(pod: &Pod, seen: &Snapshot, parts: &mut Parts) -> Remember {
    parts.unknown.extend(seen.unseen.iter().cloned());
    let page = seen.page.present()?;
    let observations = match &seen.links {
        Observed::Present(observations) => observations,
        Observed::Unknown(blind) => {
            parts.unknown.push(blind.clone());
            return None;
        }
        Observed::Absent => return None,
    };
    let memory = living_report::memory(pod, seen, ReportKind::Links);
    let assessment = links::assess(observations, &memory, seen.now);
    let mut remember = assessment.remember;
    // The brake holds: what this look could not tell, the next one may.
    parts.unknown.extend(assessment.inconclusive.iter().map(|why| Blind {
        what: format!("the links of {}", pod.name),
        why: why.clone(),
        cause: Cause::Unavailable,
    }));
    parts.findings.extend(assessment.findings);
    let mut labels = links::labels(page, &pod.page.path, &seen.labels);
    remember.extend(living_report::remembered(&mut labels, &memory, seen.now));
    parts.findings.extend(labels);
    let unseen = links::unseen_labels(&seen.labels);
    // Where GitLab could not be asked at all, that was said above.
    parts.unknown.extend(unseen.filter(|_| seen.unseen.is_empty()).map(|why| Blind {
        what: format!("the labels of the page of {}", pod.name),
        why: format!("{why}; the link report stays as it is; see [documents] label_groups"),
        cause: Cause::Unavailable,
    }));
    let unreported = matches!(seen.reports, Observed::Unknown(_));
    while remember.len() > MOST_REMEMBERED {
        remember.pop_last();
    }
    (assessment.inconclusive.is_none() && unseen.is_none() && !unreported).then_some(remember)
}

/// Brings the living report into line with what is told.
pub(super) fn report(pod: &Pod, seen: &Snapshot, remember: Remember, parts: &mut Parts) {
    let (Some(remember), Some(page)) = (remember, seen.page.present()) else { return };
    let told = told(pod, page, &parts.findings);
    // A link that moved still works, and so does a deprecated template: alone they are no reason for a report.
    let works = |rule: Rule| matches!(rule, Rule::LinkMoved | Rule::TemplateDeprecated);
    let rot = told.iter().any(|(_, finding)| !works(finding.rule));
    let wanted = Wanted { kind: ReportKind::Links, told: if rot { told } else { Vec::new() }, remember };
    living_report::keep(pod, seen, &wanted, parts);
}

/// The findings of the report, each with its section, in the order of the page.
fn told(pod: &Pod, page: &PodPage, findings: &[Finding]) -> Vec<(String, Finding)> {
    let sections: BTreeMap<usize, String> = page
        .links
        .iter()
        .map(|link| (link.line, link.section.line()))
        .chain(page.labels.iter().map(|label| (label.line, label.section.line())))
        .collect();
    let on_page = |finding: &&Finding| {
        ROT.contains(&finding.rule) && finding.place.as_ref().is_some_and(|place| place.path == pod.page.path)
    };
    let mut told: Vec<Finding> = findings.iter().filter(on_page).cloned().collect();
    told.sort_by(|a, b| (&a.place, a.rule, &a.subject).cmp(&(&b.place, b.rule, &b.subject)));
    let mut seen = BTreeSet::new();
    told.retain(|finding| seen.insert(finding.fingerprint.clone()));
    told.into_iter()
        .map(|finding| {
            let line = finding.place.as_ref().map_or(0, |place| place.line);
            (sections.get(&line).cloned().unwrap_or_else(|| pod.name.clone()), finding)
        })
        .collect()
}
