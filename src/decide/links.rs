//! Broken links: from verdicts and memory to findings.
//!
//! Takes verdicts, memory and time, and no pod, so that `check` on plain files calls the same function.
//! Only a dead link, a dead fragment and a lasting silence count as broken. What was remembered of a link ends with the
//! first evidence against it: any answer disproves a silence, a page that is there disproves that it is gone. What
//! could not be seen leaves it as it was, for a while.

mod brake;
mod without_memory;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::deferred_findings::{COMMON_CAUSE_MIN_COUNT, Deferral, link_memory_key};
use crate::pod::finding::{Finding, Place};
use crate::pod::marker::{FailureKind, RememberedFailure, truncate_to_minute};
use crate::pod::pod_page::{LinkKind, PodPage};
use crate::pod::rule::Rule;
use crate::pod::text::one_line;
use crate::pod::verdict::{LabelVerdict, LabelVerdicts, Observation, Verdict};
use brake::MassFailureBrake;
pub use without_memory::{Silences, assess_single_check, assess_without_memory, mark_missing_hosts};

/// A silence is reported when a look at least this much later still fails; so is what only the network said of many
/// links at once.
pub const REPORT_AFTER: Duration = Duration::hours(6);
/// A host that comes and goes is reported once in this while.
const REPORT_AGAIN_AFTER: Duration = Duration::days(7);
/// What was gone is reported so long while nobody can see whether it still is.
const KEEP_UNSEEN_FOR: Duration = Duration::days(14);
/// When at least this many links fail, and this share of all, the fault may be ours.
const MASS_FAILURE_MIN_COUNT: usize = 5;
const MASS_FAILURE_MIN_PERCENT: usize = 30;

/// What one check of all links comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinksAssessment {
    /// What to report.
    pub findings: Vec<Finding>,
    /// What to remember for the next check.
    pub remember: BTreeMap<String, RememberedFailure>,
    /// Why some of this check is held back, if that is so; it is remembered, and a later check reports it.
    pub inconclusive_reason: Option<String>,
}

/// Judges verdicts in the light of what was remembered. [`assess_without_memory`] is for a check that has no other
/// before it.
///
/// A brake holds what may be our fault, and lets go: what only the network said of many links at once is reported by a
/// look at least [`REPORT_AFTER`] later that still sees it; where all things of a kind are gone by the word of an
/// authority, the first check reports that as one finding, and the next check reports each.
pub fn assess(
    observations: &[Observation],
    memory: &BTreeMap<String, RememberedFailure>,
    now: DateTime<Utc>,
) -> LinksAssessment {
    assess_apart(observations, |observations| {
        let brake = MassFailureBrake::new(observations, memory, truncate_to_minute(now));
        let mut assessment = assess_each(observations, |seen| brake.deferral(seen), memory, now);
        assessment.findings.extend(brake.findings());
        assessment.inconclusive_reason = brake.reason();
        assessment
    })
}

/// Judges what anybody sees and what only a token shows apart: where many fail at once, none of the one makes a finding
/// of the other or holds it back, which would show it to those who may not see it.
fn assess_apart(observations: &[Observation], assess: impl Fn(&[Observation]) -> LinksAssessment) -> LinksAssessment {
    if !observations.iter().any(|seen| seen.assessment.is_token_only()) {
        return assess(observations);
    }
    let (token_only, open): (Vec<Observation>, Vec<Observation>) =
        observations.iter().cloned().partition(|seen| seen.assessment.is_token_only());
    let (mut assessment, with_token) = (assess(&open), assess(&token_only));
    assessment.findings.extend(with_token.findings.into_iter().map(Finding::shown_by_token));
    assessment.remember.extend(with_token.remember);
    assessment
}

/// What to report and to remember of the verdicts.
fn assess_each(
    observations: &[Observation],
    hold: impl Fn(&Observation) -> Deferral,
    memory: &BTreeMap<String, RememberedFailure>,
    now: DateTime<Utc>,
) -> LinksAssessment {
    let now = truncate_to_minute(now);
    let mut assessment = LinksAssessment::default();
    for seen in observations {
        let known = memory.get(&link_memory_key(seen.url.as_str())).copied();
        let failing = update_remembered_failure(seen, known, hold(seen), now);
        if let Some(failing) = failing {
            assessment.remember.insert(link_memory_key(seen.url.as_str()), failing);
        }
        let reported = failing.filter(|failing| failing.dead_since.is_some());
        if let Some(mut finding) = link_finding(seen, reported.map(|failing| failing.how)) {
            finding.since = reported.and_then(|failing| failing.dead_since);
            assessment.findings.push(finding);
        }
        assessment.findings.extend(deprecation_finding(seen));
    }
    assessment
}

/// What to report of a check that asked nobody: nothing in it can be the network's fault.
pub fn offline_findings(observations: &[Observation]) -> Vec<Finding> {
    observations.iter().filter_map(|seen| link_finding(seen, gone_kind(seen.assessment.verdict))).collect()
}

/// How a verdict says that something is gone, if it does.
fn gone_kind(verdict: Verdict) -> Option<FailureKind> {
    match verdict {
        Verdict::Dead => Some(FailureKind::Gone),
        Verdict::FragmentDead => Some(FailureKind::FragmentGone),
        _ => None,
    }
}

/// Since when a link fails, after this check; `None` when it does not and nothing is worth remembering.
fn update_remembered_failure(
    seen: &Observation,
    known: Option<RememberedFailure>,
    hold: Deferral,
    now: DateTime<Utc>,
) -> Option<RememberedFailure> {
    let reported_lately =
        known.filter(|known| known.reported.is_some_and(|reported| now - reported < REPORT_AGAIN_AFTER));
    let begun = known.filter(|known| !has_answered_again(known));
    let fails = match known {
        Some(known) if has_answered_again(&known) => {
            RememberedFailure { reported: known.reported, ..RememberedFailure::starting_at(now) }
        }
        Some(known) => RememberedFailure { unseen_since: None, ..known },
        None => RememberedFailure::starting_at(now),
    };
    let today = now.date_naive();
    match seen.assessment.verdict {
        Verdict::Alive | Verdict::Moved => reported_lately.map(|known| to_answered_again(&known)),
        Verdict::Dead | Verdict::FragmentDead => {
            let certain = hold.is_over(begun.as_ref(), now);
            let how = gone_kind(seen.assessment.verdict).unwrap_or_default();
            Some(RememberedFailure { how, dead_since: fails.dead_since.or(certain.then_some(today)), ..fails })
        }
        Verdict::Unreachable => Some(match fails.dead_since {
            Some(_) => fails,
            // One that comes and goes was reported lately; since when it is silent again is remembered.
            None if reported_lately.is_some() => fails,
            // How it failed before stays known: a silence says nothing against that.
            None if now - fails.failed_since >= REPORT_AFTER => {
                RememberedFailure { dead_since: Some(today), reported: Some(now), ..fails }
            }
            None => RememberedFailure { reported: None, ..fails },
        }),
        // It answered, so it is not silent. Whether it is gone was not to be seen.
        Verdict::FragmentUnverifiable | Verdict::Hidden | Verdict::Login | Verdict::Refused => {
            let page_is_there = seen.assessment.verdict == Verdict::FragmentUnverifiable;
            match known.map(|known| known.how) {
                Some(FailureKind::Silent) => reported_lately.map(|known| to_answered_again(&known)),
                Some(FailureKind::Gone) if page_is_there => None,
                Some(FailureKind::Gone | FailureKind::FragmentGone) => {
                    begun.and_then(|known| keep_while_unseen(known, now))
                }
                None => None,
            }
        }
        // podkeeper did not go there, so nothing was answered.
        Verdict::Blocked => begun.and_then(|known| keep_while_unseen(known, now)),
        // It was not its turn: what was known stands.
        Verdict::Skipped if seen.assessment.is_not_reached() => known,
        // Nobody is to look, so nothing is reported.
        Verdict::Skipped => None,
    }
}

/// What is left of a link that has answered again: when it was reported.
fn to_answered_again(known: &RememberedFailure) -> RememberedFailure {
    let failed_since = known.reported.map_or(known.failed_since, |reported| known.failed_since.min(reported));
    RememberedFailure { failed_since, how: FailureKind::Silent, dead_since: None, unseen_since: None, ..*known }
}

/// Whether it was reported and has answered since, and not failed again after that.
fn has_answered_again(known: &RememberedFailure) -> bool {
    known.dead_since.is_none() && known.reported.is_some_and(|reported| known.failed_since <= reported)
}

/// What was known of a link that could not be seen now, until that has been so for long.
fn keep_while_unseen(known: RememberedFailure, now: DateTime<Utc>) -> Option<RememberedFailure> {
    let today = now.date_naive();
    let since = known.unseen_since.unwrap_or(today);
    (today - since < KEEP_UNSEEN_FOR).then_some(RememberedFailure { unseen_since: Some(since), ..known })
}

/// What to report of a link; `reported` is how it fails, where it has failed for long enough to be reported.
fn link_finding(seen: &Observation, reported: Option<FailureKind>) -> Option<Finding> {
    let by_memory = |how: FailureKind| match how {
        FailureKind::Silent => Rule::LinkUnreachable,
        FailureKind::Gone => Rule::LinkDead,
        FailureKind::FragmentGone => Rule::LinkFragmentDead,
    };
    let unseen = gone_kind(seen.assessment.verdict).is_none() && seen.assessment.verdict != Verdict::Unreachable;
    let rule = match (seen.assessment.verdict, reported) {
        (Verdict::Moved, _) => Rule::LinkMoved,
        (Verdict::Alive, _) | (_, None) => return None,
        (Verdict::Unreachable, Some(_)) => Rule::LinkUnreachable,
        (_, Some(how)) => by_memory(how),
    };
    let url = seen.url.to_string();
    let reason = &seen.assessment.reason;
    let was_gone =
        matches!(reported, Some(FailureKind::Gone | FailureKind::FragmentGone)) && !rule.target_still_works();
    let message = if was_gone && unseen {
        format!("{url}: it was gone when that was last to be seen; now {reason}")
    } else {
        format!("{url}: {reason}")
    };
    let mut finding = Finding::new(rule, url, message);
    if let Some(place) = seen.places.first() {
        finding = finding.with_place(place.into());
    }
    if let Some(better) = &seen.assessment.suggestion {
        finding = finding.with_advice(format!("Write {better} instead."));
    }
    Some(shown_by_token_if(seen.assessment.is_token_only(), finding))
}

fn shown_by_token_if(is_token_only: bool, finding: Finding) -> Finding {
    if is_token_only { finding.shown_by_token() } else { finding }
}

/// What to report of a thing that is there and whose end is near or has come.
fn deprecation_finding(seen: &Observation) -> Option<Finding> {
    let deprecated = seen.assessment.deprecated.as_ref()?;
    let url = seen.url.to_string();
    let rule = if seen.kind.is_gitlab() { Rule::TemplateDeprecated } else { Rule::PageDeprecated };
    let mut finding = Finding::new(rule, url.clone(), format!("{url}: {}", deprecated.notice));
    if let Some(place) = seen.places.first() {
        finding = finding.with_place(place.into());
    }
    if let Some(successor) = &deprecated.successor {
        finding = finding.with_advice(format!("Link {successor} instead, which its header names."));
    }
    Some(shown_by_token_if(seen.assessment.is_token_only(), finding))
}

/// Whether a verdict says something of the network, too: it answered, or should have.
fn is_network_evidence(seen: &Observation) -> bool {
    // What was looked up among files needs none.
    let by_file = seen.assessment.status.is_none() && matches!(seen.kind, LinkKind::Path | LinkKind::Anchor);
    let is_answer = matches!(seen.assessment.verdict, Verdict::Alive | Verdict::Moved) || is_failure(seen);
    is_answer && (!by_file || seen.assessment.verdict == Verdict::Unreachable)
}

/// Whether a page of the web said so, or should have. Otherwise an authority did: GitLab's API, a file, or the form of
/// the address itself.
fn is_from_the_web(seen: &Observation) -> bool {
    let by_form = seen.assessment.status.is_none() && seen.assessment.verdict != Verdict::Unreachable;
    !by_form && !seen.kind.is_gitlab()
}

fn is_failure(seen: &Observation) -> bool {
    matches!(seen.assessment.verdict, Verdict::Dead | Verdict::FragmentDead | Verdict::Unreachable)
}

fn is_mass_failure(failed: usize, all: usize) -> bool {
    failed >= MASS_FAILURE_MIN_COUNT && failed * 100 >= all * MASS_FAILURE_MIN_PERCENT
}

fn inconclusive_finding(why: &str, so: &str) -> Finding {
    Finding::new(Rule::LinksInconclusive, "links", format!("{why}; {so}"))
}

/// What to report of the labels that a page names: each once, at its first place.
pub fn label_findings(page: &PodPage, path: &str, verdicts: &LabelVerdicts) -> Vec<Finding> {
    let mut reported = std::collections::BTreeSet::new();
    let mut findings = Vec::new();
    for reference in page.labels.iter().filter(|reference| !reference.name.raw().is_empty()) {
        let name = reference.name.one_line();
        let finding = match verdicts.by_name.get(reference.name.raw()) {
            // "~twenty minutes" is no label that somebody lost.
            Some(LabelVerdict::Missing) if reference.may_be_prose => continue,
            Some(LabelVerdict::Missing) => Finding::new(
                Rule::LabelMissing,
                name.clone(),
                format!("no label ~\"{name}\" was found in the configured groups"),
            )
            .with_advice("Mend its name on the page, or name the group that has it in [documents] label_groups."),
            Some(LabelVerdict::Retired(now)) => {
                let now = one_line(now.as_str());
                Finding::new(Rule::LabelRetired, name.clone(), format!("~\"{name}\" was retired as ~\"{now}\""))
            }
            Some(LabelVerdict::Archived) => Finding::new(
                Rule::LabelArchived,
                name.clone(),
                format!("~\"{name}\" is archived, so it is put on nothing new"),
            )
            .with_advice("Name its successor on the page, or have the label unarchived."),
            Some(LabelVerdict::Alive | LabelVerdict::Unknown(_)) | None => continue,
        };
        let finding = shown_by_token_if(verdicts.token_only.contains(reference.name.raw()), finding);
        if reported.insert(name) {
            findings.push(finding.with_place(Place { path: path.to_owned(), line: reference.line, column: 1 }));
        }
    }
    findings
}

/// What is reported instead of each, where every label of a page is missing at once: the groups are wrong, most likely.
pub(super) fn all_labels_missing_finding(findings: &[Finding], verdicts: &LabelVerdicts) -> Option<Finding> {
    let all_missing = verdicts.by_name.values().all(|verdict| matches!(verdict, LabelVerdict::Missing));
    let first = findings.first().filter(|_| all_missing && findings.len() >= COMMON_CAUSE_MIN_COUNT)?;
    let message = format!(
        "all {} labels of the page are missing from the configured groups at once, so there is most likely one cause; the \
         next check that still sees it tells each",
        findings.len()
    );
    let finding = Finding::new(Rule::LinksCommonCause, "label", message)
        .with_advice("Look at [documents] label_groups, and at whether the token sees these groups.");
    Some(match &first.place {
        Some(place) => finding.with_place(place.clone()),
        None => finding,
    })
}

/// Why some of the labels could not be looked up, if so: nothing is concluded of those, and the reason has to be
/// reported. It hangs on no label of a group that not everybody sees, because the reason would tell of it.
pub fn label_read_failure(verdicts: &LabelVerdicts) -> Option<String> {
    let open = verdicts.by_name.iter().filter(|(name, _)| !verdicts.token_only.contains(*name));
    let unknown = open.into_iter().find_map(|(_, verdict)| match verdict {
        LabelVerdict::Unknown(why) => Some(why.clone()),
        LabelVerdict::Alive | LabelVerdict::Archived | LabelVerdict::Retired(_) | LabelVerdict::Missing => None,
    });
    let group = verdicts.unseen_groups.first();
    unknown.or_else(|| group.map(|group| format!("the group {group} is not there or not visible to this token")))
}

/// Whether any of these labels could not be looked up.
pub fn has_unknown_label(verdicts: &LabelVerdicts) -> bool {
    verdicts.by_name.values().any(|verdict| matches!(verdict, LabelVerdict::Unknown(_)))
}

#[cfg(test)]
mod tests;
