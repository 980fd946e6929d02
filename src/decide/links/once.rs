//! A look of which nothing is remembered: `check`.
//!
//! It has no look before it, so that many failures are no news of today: a page may have rotted for years. What makes
//! them doubtful is a network that answers in place of those that were asked, and that shows in nothing being there.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Assessment, BLIND_COUNT, by_the_web, fails, inconclusive, is_mass, judge, says_of_the_network};
use crate::decide::hold::Hold;
use crate::pod::verdict::{Observation, Verdict};

/// Judges the verdicts of a single look.
///
/// A silence is not told, because it may pass; many are why the look is not complete. What was called gone is told, also
/// where that is much, as soon as anything of the web is there: then the network is what it seems to be. If nothing is,
/// only that is told which needs no page of the web: files, forms of addresses, what GitLab's API says.
pub fn assess_once(observations: &[Observation], now: DateTime<Utc>) -> Assessment {
    let all: Vec<&Observation> = observations.iter().filter(|seen| says_of_the_network(seen)).collect();
    let silent = all.iter().filter(|seen| seen.verdict == Verdict::Unreachable).count();
    let of_the_web = || all.iter().filter(|seen| by_the_web(seen));
    let failed = of_the_web().filter(|seen| fails(seen)).count();
    let believed = failed < BLIND_COUNT || of_the_web().count() > failed;
    let hold = |seen: &Observation| if believed || !by_the_web(seen) { Hold::No } else { Hold::UntilNextLook };
    let mut assessment = judge(observations, hold, &BTreeMap::new(), now);
    let (why, so) = if !believed {
        let why = format!("{failed} links fail, and nothing on the web is there");
        (why, "nothing is concluded of the web, because the network may answer in its place")
    } else if is_mass(silent, all.len()) {
        (format!("{silent} of {} links give no useful answer", all.len()), "nothing is concluded of these")
    } else {
        return assessment;
    };
    assessment.findings.push(inconclusive(&why, so));
    assessment.inconclusive = Some(why);
    assessment
}

#[cfg(test)]
mod tests;
