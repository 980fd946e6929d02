//! Links and labels of the pod's page: what to tell of them, and the living report that tells it.

use std::collections::{BTreeMap, BTreeSet};

use super::hold::{self, Hold};
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
const ROT: [Rule; 9] = [
    Rule::LinksCommonCause,
    Rule::LinkDead,
    Rule::LinkFragmentDead,
    Rule::LinkUnreachable,
    Rule::LabelMissing,
    Rule::LabelRetired,
    Rule::LabelArchived,
    Rule::LinkMoved,
    Rule::TemplateDeprecated,
];

/// A block has its limit; what fails beyond it is told all the same.
const MOST_REMEMBERED: usize = 2_000;

/// What is to be remembered of links and labels.
pub(super) struct Looked {
    remember: BTreeMap<String, Failing>,
    /// Whether the network is in doubt and nothing new is told: the report keeps its words then, and remembers.
    keeps_words: bool,
}

/// Tells what rots; `None` when links and labels were not seen, so that the report stays as it is.
pub(super) fn look(pod: &Pod, seen: &Snapshot, parts: &mut Parts) -> Option<Looked> {
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
    // Where nothing can be remembered there is no later look that could tell what this one holds back.
    let assessment = match seen.reports {
        Observed::Absent => links::assess_once(observations, seen.now),
        Observed::Present(_) | Observed::Unknown(_) => links::assess(observations, &memory, seen.now),
    };
    let mut remember = assessment.remember;
    // The brake holds: what this look could not tell, the next one may.
    parts.unknown.extend(assessment.inconclusive.iter().map(|why| Blind {
        what: format!("the links of {}", pod.name),
        why: why.clone(),
        cause: Cause::Unavailable,
    }));
    let in_doubt = assessment.inconclusive.is_some();
    parts.findings.extend(assessment.findings);
    let (labels, of_labels) = labels(pod, page, seen, &memory);
    remember.extend(of_labels);
    parts.findings.extend(labels);
    let unseen = links::unseen_labels(&seen.labels);
    // Where GitLab could not be asked at all, that was said above.
    parts.unknown.extend(unseen.filter(|_| seen.unseen.is_empty()).map(|why| Blind {
        what: format!("the labels of the page of {}", pod.name),
        why: format!("{why}; the link report stays as it is; see [documents] label_groups"),
        cause: Cause::Unavailable,
    }));
    let unreported = matches!(seen.reports, Observed::Unknown(_));
    parts.findings.extend(forget(pod, &mut remember));
    let told = |memory: &BTreeMap<String, Failing>, key: &str| {
        memory.get(key).is_some_and(|failing| failing.dead_since.is_some())
    };
    let new = remember.keys().any(|key| told(&remember, key) && !told(&memory, key))
        || parts.findings.iter().any(|finding| finding.rule == Rule::LinksCommonCause);
    let looked = Looked { remember, keeps_words: in_doubt && !new };
    (unseen.is_none() && !unreported).then_some(looked)
}

/// What to tell and to remember of the page's labels.
fn labels(
    pod: &Pod,
    page: &PodPage,
    seen: &Snapshot,
    memory: &BTreeMap<String, Failing>,
) -> (Vec<Finding>, BTreeMap<String, Failing>) {
    let findings = links::labels(page, &pod.page.path, &seen.labels);
    let new: Vec<Finding> =
        findings.iter().filter(|finding| !memory.contains_key(&living_report::memory_key(finding))).cloned().collect();
    let together = links::all_labels_missing(&new, &seen.labels).filter(|_| !matches!(seen.reports, Observed::Absent));
    let hold = if together.is_some() { Hold::UntilNextLook } else { Hold::No };
    let findings = findings.into_iter().map(|finding| (finding, hold)).collect();
    let (mut told, remember) = hold::lasting(findings, memory, seen.now);
    told.extend(together);
    (told, remember)
}

/// Leaves out what a block has no room for, and says so. What is told already is left out first: of that only its day is
/// lost, while what is held back would never be told.
fn forget(pod: &Pod, remember: &mut BTreeMap<String, Failing>) -> Option<Finding> {
    let over = remember.len().checked_sub(MOST_REMEMBERED).filter(|over| *over > 0)?;
    let mut keys: Vec<(bool, String)> =
        remember.iter().map(|(key, failing)| (failing.dead_since.is_none(), key.clone())).collect();
    keys.sort();
    for (_, key) in keys.into_iter().take(over) {
        remember.remove(&key);
    }
    let message = format!(
        "{over} more links and labels fail than the {MOST_REMEMBERED} that a report remembers; the others are told \
         without their first day"
    );
    Some(Finding::new(Rule::MemoryFull, pod.key.to_string(), message))
}

/// Brings the living report into line with what is told.
pub(super) fn report(pod: &Pod, seen: &Snapshot, looked: Option<Looked>, parts: &mut Parts) {
    let (Some(Looked { remember, keeps_words }), Some(page)) = (looked, seen.page.present()) else { return };
    let told = told(pod, page, &parts.findings);
    // A link that moved still works, and so does a deprecated template: alone they are no reason for a report.
    let works = |rule: Rule| matches!(rule, Rule::LinkMoved | Rule::TemplateDeprecated);
    let rot = told.iter().any(|(_, finding)| !works(finding.rule));
    let told = if rot { told } else { Vec::new() };
    let wanted = Wanted { kind: ReportKind::Links, told, remember, keeps_words };
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
