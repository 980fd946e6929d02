//! Links and labels of the pod's page: what to report of them, and the living report that lists it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::deferred_findings::{self, Deferral};
use super::living_report::{self, DesiredReport};
use super::page_report::PageReport;
use super::{DecisionParts, links};
use crate::pod::Pod;
use crate::pod::finding::Finding;
use crate::pod::marker::{RememberedFailure, ReportKind};
use crate::pod::observed::{FailureCause, Observed, ReadFailure};
use crate::pod::pod_page::PodPage;
use crate::pod::rule::{Audience, Rule, SubjectKind};
use crate::pod::run::Sentence;
use crate::pod::snapshot::Snapshot;
use crate::pod::verdict::{LabelVerdicts, Observation};

/// A block has its limit; what fails beyond it is reported all the same.
const MOST_REMEMBERED: usize = 2_000;

/// What the report is made of, beside the findings.
pub(super) struct LinkReportInput<'a> {
    remember: BTreeMap<String, RememberedFailure>,
    /// The links as the report's readers may know them.
    observations: Cow<'a, [Observation]>,
    /// Whether the network is in doubt and nothing new is reported: the report keeps its words then, and remembers.
    keeps_text: bool,
    /// Whether its readers may see what only a token shows.
    lists_token_only: bool,
}

/// Says what is wrong with links and labels; `None` when links and labels were not seen, so that the report stays as it
/// is.
pub(super) fn assess_links_and_labels<'a>(
    pod: &Pod,
    seen: &'a Snapshot,
    parts: &mut DecisionParts,
) -> Option<LinkReportInput<'a>> {
    parts.read_failures.extend(seen.read_failures.iter().cloned());
    let page = seen.page.present()?;
    let observations = match &seen.link_observations {
        Observed::Present(observations) => observations,
        Observed::Unknown(failure) => {
            parts.read_failures.push(failure.clone());
            return None;
        }
        Observed::Absent => return None,
    };
    let memory = living_report::remembered_failures(pod, seen, ReportKind::Links);
    let ForReport { observations, labels, unlisted } = select_for_report(page, &pod.page.path, observations, seen);
    // Where nothing can be remembered there is no later check that could report what this one holds back.
    let assessment = match seen.reports_project {
        Observed::Absent => links::assess_without_memory(&observations, seen.now),
        Observed::Present(_) | Observed::Unknown(_) => links::assess(&observations, &memory, seen.now),
    };
    let mut remember = assessment.remember;
    // The brake holds: what this check could not report, the next one may.
    parts.read_failures.extend(assessment.inconclusive_reason.iter().map(|why| ReadFailure {
        what: format!("the links of {}", pod.name),
        why: why.clone(),
        cause: FailureCause::Unavailable,
    }));
    let in_doubt = assessment.inconclusive_reason.is_some();
    parts.findings.extend(assessment.findings);
    let (label_findings, of_labels) = assess_labels(pod, page, seen, &labels, &memory);
    remember.extend(of_labels);
    parts.findings.extend(label_findings);
    remember.extend(assess_page_text(page, seen, &memory, parts));
    let unseen = links::label_read_failure(&seen.label_verdicts);
    let is_unsure = unseen.is_some() || links::has_unknown_label(&labels);
    // Where GitLab could not be asked at all, that was reported above.
    let is_reported = |why: &&String| seen.read_failures.iter().any(|failure| why.contains(&failure.why));
    parts.read_failures.extend(unseen.as_ref().filter(|why| !is_reported(why)).map(|why| ReadFailure {
        what: format!("the labels of the page of {}", pod.name),
        why: format!("{why}; the link report stays as it is; see [documents] label_groups"),
        cause: FailureCause::Unavailable,
    }));
    let unreported = matches!(seen.reports_project, Observed::Unknown(_));
    parts.findings.extend(trim_memory(pod, &mut remember));
    let is_reported = |memory: &BTreeMap<String, RememberedFailure>, key: &str| {
        memory.get(key).is_some_and(|failing| failing.dead_since.is_some())
    };
    let new = remember.keys().any(|key| is_reported(&remember, key) && !is_reported(&memory, key))
        || parts.findings.iter().any(|finding| finding.rule == Rule::LinksCommonCause);
    note_unlisted(pod, unlisted.len(), parts);
    parts.findings.extend(unlisted);
    let lists_token_only = !is_report_open_to_others(seen);
    let assessed = LinkReportInput { remember, observations, keeps_text: in_doubt && !new, lists_token_only };
    (!is_unsure && !unreported).then_some(assessed)
}

/// What the report is made of.
struct ForReport<'a> {
    observations: Cow<'a, [Observation]>,
    labels: Cow<'a, LabelVerdicts>,
    /// What rests on what its readers may not see.
    unlisted: Vec<Finding>,
}

/// What only a token shows stands in no report that is open to others, nor in what it remembers: who may edit the page
/// would learn from it what there is that they cannot see.
fn select_for_report<'a>(
    page: &PodPage,
    path: &str,
    observations: &'a [Observation],
    seen: &'a Snapshot,
) -> ForReport<'a> {
    let labels = &seen.label_verdicts;
    let is_token_only = |seen: &&Observation| seen.assessment.is_token_only();
    if !is_report_open_to_others(seen)
        || labels.token_only.is_empty() && !observations.iter().any(|seen| is_token_only(&seen))
    {
        return ForReport { observations: observations.into(), labels: Cow::Borrowed(labels), unlisted: Vec::new() };
    }
    let token_only: Vec<Observation> = observations.iter().filter(is_token_only).cloned().collect();
    let (for_all, for_team) = labels.split_token_only();
    let mut unlisted = links::assess_without_memory(&token_only, seen.now).findings;
    unlisted.retain(|finding| finding.rule != Rule::LinksInconclusive);
    unlisted.extend(links::label_findings(page, path, &for_team));
    ForReport {
        observations: observations.iter().map(Observation::as_seen_by_anybody).collect(),
        labels: Cow::Owned(for_all),
        unlisted,
    }
}

fn is_report_open_to_others(seen: &Snapshot) -> bool {
    match &seen.reports_project {
        Observed::Present(reports) => !reports.project.private,
        Observed::Unknown(_) => true,
        Observed::Absent => false,
    }
}

/// Tells the team that findings are left out of the report, and how to have them there.
fn note_unlisted(pod: &Pod, count: usize, parts: &mut DecisionParts) {
    let Some(project) = pod.reports.project.as_ref().filter(|_| count > 0) else { return };
    let text = format!(
        "{count} findings rest on what only a token shows, so they are not in the link report, which others read in \
         {project}; name a private project in [reports] project to have them there"
    );
    parts.status_sentences.push(Sentence::new(Audience::Team, text));
}

/// What to report and to remember of the page's labels: those of groups that anybody sees and the others apart, as of
/// links.
fn assess_labels(
    pod: &Pod,
    page: &PodPage,
    seen: &Snapshot,
    labels: &LabelVerdicts,
    memory: &BTreeMap<String, RememberedFailure>,
) -> (Vec<Finding>, BTreeMap<String, RememberedFailure>) {
    let (open, token_only) = labels.split_token_only();
    let (mut reported, mut remember) = assess_labels_together(pod, page, seen, &open, memory);
    let (with_token, remembered) = assess_labels_together(pod, page, seen, &token_only, memory);
    reported.extend(with_token.into_iter().map(Finding::shown_by_token));
    remember.extend(remembered);
    (reported, remember)
}

fn assess_labels_together(
    pod: &Pod,
    page: &PodPage,
    seen: &Snapshot,
    labels: &LabelVerdicts,
    memory: &BTreeMap<String, RememberedFailure>,
) -> (Vec<Finding>, BTreeMap<String, RememberedFailure>) {
    let findings = links::label_findings(page, &pod.page.path, labels);
    let new: Vec<Finding> = findings
        .iter()
        .filter(|finding| !memory.contains_key(&deferred_findings::memory_key(finding)))
        .cloned()
        .collect();
    let together =
        links::all_labels_missing_finding(&new, labels).filter(|_| !matches!(seen.reports_project, Observed::Absent));
    let hold = if together.is_some() { Deferral::UntilSeenAgain } else { Deferral::None };
    let findings = findings.into_iter().map(|finding| (finding, hold)).collect();
    let (mut reported, remember) = deferred_findings::split_due_and_remembered(findings, memory, seen.now);
    reported.extend(together);
    (reported, remember)
}

/// Gives what is wrong with the page as a text its first day, and says what to remember of it. A page that was cut on its
/// way ends in the middle of a line, and lacks sections: what that could explain is reported by the next run that still
/// sees it.
fn assess_page_text(
    page: &PodPage,
    seen: &Snapshot,
    memory: &BTreeMap<String, RememberedFailure>,
    parts: &mut DecisionParts,
) -> BTreeMap<String, RememberedFailure> {
    let is_remembered = |finding: &mut Finding| {
        let rule = finding.rule;
        let is_of_page = page.findings.iter().any(|known| known.fingerprint == finding.fingerprint);
        is_of_page && rule.living_report() == Some(ReportKind::Links) && !rule.target_still_works()
    };
    let found: Vec<Finding> = parts.findings.extract_if(.., is_remembered).collect();
    let remembers = !matches!(seen.reports_project, Observed::Absent);
    let hold = |finding: &Finding| {
        let is_at_end = finding.place.as_ref().is_none_or(|place| place.line >= page.line_count);
        let may_be_cut = is_at_end || finding.rule.subject_kind() == SubjectKind::Page;
        if may_be_cut && remembers { Deferral::UntilSeenAgain } else { Deferral::None }
    };
    let found = found.into_iter().map(|finding| (hold(&finding), finding)).map(|(hold, finding)| (finding, hold));
    let (reported, remember) = deferred_findings::split_due_and_remembered(found.collect(), memory, seen.now);
    parts.findings.extend(reported);
    remember
}

/// Leaves out what a block has no room for, and says so. What is reported already is left out first: of that only its
/// day is lost, while what is held back would never be reported.
fn trim_memory(pod: &Pod, remember: &mut BTreeMap<String, RememberedFailure>) -> Option<Finding> {
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

/// Brings the living report into line with what is reported.
pub(super) fn update_report(
    pod: &Pod,
    seen: &Snapshot,
    assessed: Option<LinkReportInput<'_>>,
    parts: &mut DecisionParts,
) {
    let (Some(assessed), Some(page)) = (assessed, seen.page.present()) else { return };
    let LinkReportInput { remember, observations, keeps_text, lists_token_only } = assessed;
    let mut findings = findings_on_page(pod, &parts.findings);
    findings.retain(|finding| lists_token_only || !finding.token_only);
    let is_listed = |finding: &mut Finding| lists_token_only || finding.audience == Audience::Public;
    let for_team = findings.len();
    findings = findings.extract_if(.., is_listed).collect();
    let for_team = for_team - findings.len();
    if findings.iter().all(|finding| finding.rule.target_still_works()) {
        findings.clear();
    }
    let project = pod.reports.project.as_deref().unwrap_or_default();
    let report = PageReport { pod, page, observations: &observations, listed: &findings, for_team, project };
    let text = report.build_text();
    let wanted = DesiredReport { kind: ReportKind::Links, findings, text, remember, keeps_text };
    living_report::update_report(pod, seen, &wanted, parts);
}

/// The findings of the report, each once, in the order of the page.
fn findings_on_page(pod: &Pod, findings: &[Finding]) -> Vec<Finding> {
    let on_page = |finding: &&Finding| {
        finding.rule.living_report() == Some(ReportKind::Links)
            && match &finding.place {
                Some(place) => place.path == pod.page.path,
                None => finding.rule.subject_kind() == SubjectKind::Page,
            }
    };
    let mut listed: Vec<Finding> = findings.iter().filter(on_page).cloned().collect();
    listed.sort_by(|a, b| (&a.place, a.rule, &a.subject).cmp(&(&b.place, b.rule, &b.subject)));
    let mut seen = BTreeSet::new();
    listed.retain(|finding| seen.insert(finding.fingerprint.clone()));
    listed
}
