//! A check of which nothing is remembered: `check`.
//!
//! It has no look before it, so that many failures are no news of today: a page's links may have been broken for years.
//! What makes them doubtful is a network that answers in place of those that were asked, and that shows in nothing
//! being there.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{
    LinksAssessment, MASS_FAILURE_MIN_COUNT, assess_apart, assess_each, inconclusive_finding, is_failure,
    is_from_the_web, is_mass_failure, is_network_evidence, link_finding,
};
use crate::decide::deferred_findings::Deferral;
use crate::pod::marker::FailureKind;
use crate::pod::verdict::{Observation, Verdict};

/// Judges the verdicts of a single look.
///
/// A silence is not reported, because it may pass; what follows from many is [`Silences`]. What was called gone is
/// reported, also where that is much, as soon as anything of the web is there: then the network is what it seems to be.
/// If nothing is, only that is reported which needs no page of the web: files, forms of addresses, what GitLab's API
/// says.
pub fn assess_without_memory(observations: &[Observation], now: DateTime<Utc>) -> LinksAssessment {
    assess_apart(observations, |observations| assess_together(observations, now, Silences::ManyHoldBack))
}

/// Judges the verdicts of a check that is made once, as before a merge: no later one will tell what this one does not.
/// So some silences beside hosts that answer hold nothing back.
pub fn assess_single_check(observations: &[Observation], now: DateTime<Utc>, silences: Silences) -> LinksAssessment {
    assess_apart(observations, |observations| assess_together(observations, now, silences))
}

/// What follows from hosts that give no useful answer while others answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silences {
    /// Many of them make a check incomplete.
    ManyHoldBack,
    /// They are counted.
    Counted,
    /// Each is reported.
    Reported,
}

/// Calls hosts gone that DNS does not know while others answer: what names are there is DNS's to say, and it works.
pub fn mark_missing_hosts(observations: &mut [Observation]) {
    if observations.iter().any(is_answer_from_afar) {
        for seen in observations.iter_mut().filter(|seen| seen.assessment.is_no_such_host()) {
            Arc::make_mut(&mut seen.assessment).verdict = Verdict::Dead;
        }
    }
}

/// Whether somebody behind the network answered, whatever that was.
fn is_answer_from_afar(seen: &Observation) -> bool {
    let by_api = || seen.kind.is_gitlab() && matches!(seen.assessment.verdict, Verdict::Alive | Verdict::Moved);
    seen.assessment.status.is_some() || by_api()
}

fn assess_together(observations: &[Observation], now: DateTime<Utc>, silences: Silences) -> LinksAssessment {
    let all: Vec<&Observation> = observations.iter().filter(|seen| is_network_evidence(seen)).collect();
    let silent = all.iter().filter(|seen| seen.assessment.verdict == Verdict::Unreachable).count();
    let of_the_web = || all.iter().filter(|seen| is_from_the_web(seen));
    let failed = of_the_web().filter(|seen| is_failure(seen)).count();
    let believed = failed < MASS_FAILURE_MIN_COUNT || of_the_web().count() > failed;
    let hold =
        |seen: &Observation| if believed || !is_from_the_web(seen) { Deferral::None } else { Deferral::UntilSeenAgain };
    let mut assessment = assess_each(observations, hold, &BTreeMap::new(), now);
    if silences == Silences::Reported {
        let silent = observations.iter().filter(|seen| seen.assessment.verdict == Verdict::Unreachable);
        assessment.findings.extend(silent.filter_map(|seen| link_finding(seen, Some(FailureKind::Silent))));
    }
    let (why, so) = if !believed {
        let why = format!("{failed} links fail, and nothing on the web is there");
        (why, "nothing is concluded of the web, because the network may answer in its place")
    } else if silences == Silences::ManyHoldBack && is_mass_failure(silent, all.len()) {
        (format!("{silent} of {} links give no useful answer", all.len()), "nothing is concluded of these")
    } else {
        return assessment;
    };
    assessment.findings.push(inconclusive_finding(&why, so));
    assessment.inconclusive_reason = Some(why);
    assessment
}

#[cfg(test)]
mod tests;
