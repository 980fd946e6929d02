//! The brake: what may be our own fault is held back, remembered, and reported by a later check.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{
    REPORT_AFTER, gone_kind, has_answered_again, inconclusive_finding, is_failure, is_from_the_web, is_mass_failure,
    is_network_evidence,
};
use crate::decide::deferred_findings::{COMMON_CAUSE_MIN_COUNT, Deferral, link_memory_key};
use crate::pod::finding::{Finding, Place};
use crate::pod::marker::RememberedFailure;
use crate::pod::pod_page::LinkKind;
use crate::pod::rule::Rule;
use crate::pod::verdict::{Observation, Verdict};

/// What is held of one check.
pub(super) struct MassFailureBrake<'a> {
    /// Why what only the network said is held, if it is: too much fails at once.
    network_reason: Option<String>,
    /// The kinds of which all are gone by the word of an authority, with what is new of them.
    kinds_all_gone: BTreeMap<LinkKind, Vec<&'a Observation>>,
}

impl<'a> MassFailureBrake<'a> {
    /// Looks at all verdicts of a check together.
    pub(super) fn new(
        observations: &'a [Observation],
        memory: &BTreeMap<String, RememberedFailure>,
        now: DateTime<Utc>,
    ) -> Self {
        let known = |seen: &Observation| memory.get(&link_memory_key(seen.url.as_str()));
        // Reported before, or to be reported now because it has lasted.
        let is_reported = |seen: &Observation| {
            let lasts =
                |known: &RememberedFailure| !has_answered_again(known) && now - known.failed_since >= REPORT_AFTER;
            known(seen).is_some_and(|known| known.dead_since.is_some() || lasts(known))
        };
        let by_network = |seen: &Observation| is_from_the_web(seen) || seen.assessment.verdict == Verdict::Unreachable;
        // What failed before says nothing of the network now: however much of that there is, the rest counts by itself.
        let rest = observations.iter().filter(|seen| by_network(seen) && !(is_failure(seen) && is_reported(seen)));
        let all = rest.clone().filter(|seen| is_network_evidence(seen)).count();
        let new = rest.filter(|seen| is_failure(seen)).count();
        let network =
            is_mass_failure(new, all).then(|| format!("{new} of {all} links on the web fail that did not fail before"));
        let mut kinds: BTreeMap<LinkKind, Vec<&Observation>> = BTreeMap::new();
        for seen in observations.iter().filter(|seen| is_authoritative_answer(seen)) {
            kinds.entry(seen.kind).or_default().push(seen);
        }
        // Gone all together: that is one cause, most likely.
        kinds.retain(|_, all| {
            let all_gone = all.iter().all(|seen| gone_kind(seen.assessment.verdict).is_some());
            all.retain(|seen| known(seen).is_none());
            all_gone && all.len() >= COMMON_CAUSE_MIN_COUNT
        });
        Self { network_reason: network, kinds_all_gone: kinds }
    }

    /// How long a link is held.
    pub(super) fn deferral(&self, seen: &Observation) -> Deferral {
        if is_from_the_web(seen) {
            if self.network_reason.is_some() { Deferral::For(REPORT_AFTER) } else { Deferral::None }
        } else if self.kinds_all_gone.contains_key(&seen.kind) {
            Deferral::UntilSeenAgain
        } else {
            Deferral::None
        }
    }

    /// What is reported instead of each.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let so = "they are reported by a check in six hours or more that still sees it";
        let network = self.network_reason.iter().map(|why| inconclusive_finding(why, so));
        network.chain(self.kinds_all_gone.iter().map(|(kind, all)| common_cause_finding(*kind, all))).collect()
    }

    /// Why this check is not the last word, if so.
    pub(super) fn reason(&self) -> Option<String> {
        let kinds =
            self.kinds_all_gone.values().map(|all| format!("all {} links of a kind are gone at once", all.len()));
        let all: Vec<String> = self.network_reason.iter().cloned().chain(kinds).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

/// Whether an authority (GitLab's API, a file, the form of the address) answered for it, good or bad.
fn is_authoritative_answer(seen: &Observation) -> bool {
    let is_answer =
        matches!(seen.assessment.verdict, Verdict::Alive | Verdict::Moved | Verdict::Dead | Verdict::FragmentDead);
    is_answer && !is_from_the_web(seen)
}

/// One finding for all links of a kind.
fn common_cause_finding(kind: LinkKind, all: &[&Observation]) -> Finding {
    let word = serde_json::to_value(kind).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default();
    let reasons: BTreeSet<String> = all.iter().map(|seen| seen.assessment.reason.to_string()).collect();
    let reason = reasons.first().map(String::as_str).unwrap_or_default();
    let more = if reasons.len() > 1 { ", among other things" } else { "" };
    let message = format!(
        "all {} links of the kind {word} are gone at once, so there is most likely one cause ({reason}{more}); the next \
         look that still sees it tells each",
        all.len()
    );
    let finding = Finding::new(Rule::LinksCommonCause, word, message);
    match all.iter().filter_map(|seen| seen.places.first()).min() {
        Some(place) => finding.with_place(Place::from(place)),
        None => finding,
    }
}
