//! A check of which nothing is remembered: `check`.
//!
//! It has no look before it, so that many failures are no news of today: a page's links may have been broken for years.
//! What makes them doubtful is a network that answers in place of those that were asked, and that shows in nothing
//! being there.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{
    LinksAssessment, MASS_FAILURE_MIN_COUNT, assess_apart, assess_each, inconclusive_finding, is_failure,
    is_from_the_web, is_mass_failure, is_network_evidence,
};
use crate::decide::deferred_findings::Deferral;
use crate::pod::verdict::{Observation, Verdict};

/// Judges the verdicts of a single look.
///
/// A silence is not reported, because it may pass; many are why the check is not complete. What was called gone is
/// reported, also where that is much, as soon as anything of the web is there: then the network is what it seems to be.
/// If nothing is, only that is reported which needs no page of the web: files, forms of addresses, what GitLab's API
/// says.
pub fn assess_without_memory(observations: &[Observation], now: DateTime<Utc>) -> LinksAssessment {
    assess_apart(observations, |observations| assess_together(observations, now))
}

fn assess_together(observations: &[Observation], now: DateTime<Utc>) -> LinksAssessment {
    let all: Vec<&Observation> = observations.iter().filter(|seen| is_network_evidence(seen)).collect();
    let silent = all.iter().filter(|seen| seen.assessment.verdict == Verdict::Unreachable).count();
    let of_the_web = || all.iter().filter(|seen| is_from_the_web(seen));
    let failed = of_the_web().filter(|seen| is_failure(seen)).count();
    let believed = failed < MASS_FAILURE_MIN_COUNT || of_the_web().count() > failed;
    let hold =
        |seen: &Observation| if believed || !is_from_the_web(seen) { Deferral::None } else { Deferral::UntilSeenAgain };
    let mut assessment = assess_each(observations, hold, &BTreeMap::new(), now);
    let (why, so) = if !believed {
        let why = format!("{failed} links fail, and nothing on the web is there");
        (why, "nothing is concluded of the web, because the network may answer in its place")
    } else if is_mass_failure(silent, all.len()) {
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
