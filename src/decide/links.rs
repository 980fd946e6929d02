//! What rots: from verdicts and memory to findings.
//!
//! Takes verdicts, memory and time, and no pod, so that `check` on plain files calls the same function.
//! Only a dead link, a dead fragment and a lasting silence are rot; only a look that found the thing alive
//! clears it; everything else leaves what was known as it was.

mod once;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use crate::pod::document::{LinkKind, PodPage};
use crate::pod::finding::{Finding, Place, short_hash};
use crate::pod::marker::Failing;
use crate::pod::rule::Rule;
use crate::pod::text::Untrusted;
use crate::pod::verdict::{LabelVerdict, Observation, Verdict};
pub use once::assess_once;

/// A silence is told when a look at least this much later still fails.
pub const TELL_AFTER: Duration = Duration::hours(6);
/// A host that comes and goes is told of once in this while.
const TELL_AGAIN: Duration = Duration::days(7);
/// When at least this many links fail that were fine before, and this share of all, the fault is ours.
const BLIND_COUNT: usize = 5;
const BLIND_PERCENT: usize = 30;

/// What one look at all links comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assessment {
    /// What to tell.
    pub findings: Vec<Finding>,
    /// What to remember for the next look.
    pub remember: BTreeMap<String, Failing>,
    /// Why nothing can be concluded from this look, if that is so; what was remembered stays.
    pub inconclusive: Option<String>,
}

/// Judges verdicts in the light of what was remembered. [`assess_once`] is for a look that has no other before it.
pub fn assess(observations: &[Observation], memory: &BTreeMap<String, Failing>, now: DateTime<Utc>) -> Assessment {
    if let Some(why) = blind(observations, memory) {
        return Assessment {
            findings: vec![inconclusive(&why, "nothing is concluded from this look")],
            remember: memory.clone(),
            inconclusive: Some(why),
        };
    }
    judge(observations, |_| true, memory, now)
}

/// What to tell and to remember of the verdicts that are believed.
fn judge(
    observations: &[Observation],
    believed: impl Fn(&Observation) -> bool,
    memory: &BTreeMap<String, Failing>,
    now: DateTime<Utc>,
) -> Assessment {
    let mut assessment = Assessment::default();
    for seen in observations.iter().filter(|seen| believed(seen)) {
        let known = memory.get(&memory_key(&seen.url)).copied();
        let failing = failing(seen, known, now);
        if let Some(failing) = failing {
            assessment.remember.insert(memory_key(&seen.url), failing);
        }
        let since = failing.and_then(|failing| failing.dead_since);
        if let Some(mut finding) = finding(seen, since.is_some()) {
            finding.since = since;
            assessment.findings.push(finding);
        }
        assessment.findings.extend(deprecated(seen));
    }
    assessment
}

/// What to tell of a look that asked nobody: nothing in it can be the network's fault.
pub fn certain(observations: &[Observation]) -> Vec<Finding> {
    observations.iter().filter_map(|seen| finding(seen, false)).collect()
}

/// The key under which a link is remembered: its address, or the hash of one that is long or has odd characters, so that
/// a page cannot make the memory larger than a block may be.
pub(super) fn memory_key(url: &str) -> String {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '<' | '>');
    if url.len() <= 200 && url.chars().all(plain) { url.to_owned() } else { short_hash(url) }
}

/// Since when a link fails, after this look; `None` when it does not and nothing is worth remembering.
fn failing(seen: &Observation, known: Option<Failing>, now: DateTime<Utc>) -> Option<Failing> {
    // It was told and has answered since: all that is left to know is when it was told.
    let answered = |known: &Failing| known.told.is_some() && known.dead_since.is_none();
    let told_lately = known.filter(|known| known.told.is_some_and(|told| now - told < TELL_AGAIN));
    let fails = match known {
        Some(known) if answered(&known) => Failing { told: known.told, ..Failing::from(now) },
        Some(known) => known,
        None => Failing::from(now),
    };
    let today = now.date_naive();
    match seen.verdict {
        Verdict::Alive | Verdict::Moved => told_lately.map(|known| Failing { dead_since: None, ..known }),
        Verdict::Dead | Verdict::FragmentDead => {
            Some(Failing { dead_since: fails.dead_since.or(Some(today)), ..fails })
        }
        Verdict::Unreachable => match told_lately.filter(answered) {
            Some(resting) => Some(resting),
            None if fails.dead_since.is_none() && now - fails.failed_since >= TELL_AFTER => {
                Some(Failing { dead_since: Some(today), told: Some(now), ..fails })
            }
            // One that was told a while ago begins anew.
            None if answered(&fails) => Some(Failing { told: None, ..fails }),
            None => Some(fails),
        },
        // Not seen is not gone, and not back either.
        Verdict::FragmentUnverifiable
        | Verdict::Hidden
        | Verdict::Login
        | Verdict::Refused
        | Verdict::Blocked
        | Verdict::Skipped => known,
    }
}

/// What to tell of a link; `told` says that it has been failing long enough.
fn finding(seen: &Observation, told: bool) -> Option<Finding> {
    let rule = match seen.verdict {
        Verdict::Moved => Rule::LinkMoved,
        Verdict::Dead => Rule::LinkDead,
        Verdict::FragmentDead => Rule::LinkFragmentDead,
        // Silent for long; or rot when it was last seen, and nobody has seen it alive since.
        _ if told => Rule::LinkUnreachable,
        _ => return None,
    };
    let url = Untrusted::new(seen.url.as_str()).line();
    let reason = Untrusted::new(&*seen.reason).line();
    let mut finding = Finding::new(rule, url.clone(), format!("{url}: {reason}"));
    if let Some(place) = seen.places.first() {
        finding = finding.at(place.into());
    }
    if let Some(better) = &seen.suggestion {
        finding = finding.advise(format!("Write {} instead.", Untrusted::new(better.as_str()).line()));
    }
    Some(finding)
}

/// What to tell of a thing that is there and whose end is near or has come.
fn deprecated(seen: &Observation) -> Option<Finding> {
    let deprecated = seen.deprecated.as_ref()?;
    let url = Untrusted::new(seen.url.as_str()).line();
    let said = Untrusted::new(deprecated.said.as_str()).line();
    let mut finding = Finding::new(Rule::TemplateDeprecated, url.clone(), format!("{url}: {said}"));
    if let Some(place) = seen.places.first() {
        finding = finding.at(place.into());
    }
    if let Some(successor) = &deprecated.successor {
        let successor = Untrusted::new(successor.as_str()).line();
        finding = finding.advise(format!("Link {successor} instead, which its header names."));
    }
    Some(finding)
}

/// Why this look proves nothing: too much fails at once that did not fail before.
fn blind(observations: &[Observation], memory: &BTreeMap<String, Failing>) -> Option<String> {
    let all: Vec<&Observation> = observations.iter().filter(|seen| says_of_the_network(seen)).collect();
    let new = all.iter().filter(|seen| fails(seen) && !memory.contains_key(&memory_key(&seen.url))).count();
    is_mass(new, all.len()).then(|| format!("{new} of {} links fail that did not fail before", all.len()))
}

/// Whether a verdict says something of the network, too: it answered, or should have.
fn says_of_the_network(seen: &Observation) -> bool {
    // What was looked up among files needs none.
    let by_file = seen.status.is_none() && matches!(seen.kind, LinkKind::Path | LinkKind::Anchor);
    let told = matches!(seen.verdict, Verdict::Alive | Verdict::Moved) || fails(seen);
    told && (!by_file || seen.verdict == Verdict::Unreachable)
}

fn fails(seen: &Observation) -> bool {
    matches!(seen.verdict, Verdict::Dead | Verdict::FragmentDead | Verdict::Unreachable)
}

fn is_mass(failed: usize, all: usize) -> bool {
    failed >= BLIND_COUNT && failed * 100 >= all * BLIND_PERCENT
}

fn inconclusive(why: &str, so: &str) -> Finding {
    Finding::new(Rule::LinksInconclusive, "links", format!("{why}; {so}"))
}

/// What to tell of the labels that a page names: each once, at its first place.
pub fn labels(page: &PodPage, path: &str, verdicts: &BTreeMap<String, LabelVerdict>) -> Vec<Finding> {
    let mut told = std::collections::BTreeSet::new();
    let mut findings = Vec::new();
    for reference in page.labels.iter().filter(|reference| !reference.name.raw().is_empty()) {
        let name = reference.name.line();
        let finding = match verdicts.get(reference.name.raw()) {
            Some(LabelVerdict::Missing) => Finding::new(
                Rule::LabelMissing,
                name.clone(),
                format!("no label ~\"{name}\" was found in the configured groups"),
            )
            .advise("Mend its name on the page, or name the group that has it in [documents] label_groups."),
            Some(LabelVerdict::Retired(now)) => {
                let now = Untrusted::new(now.as_str()).line();
                Finding::new(Rule::LabelRetired, name.clone(), format!("~\"{name}\" was retired as ~\"{now}\""))
            }
            Some(LabelVerdict::Alive | LabelVerdict::Unknown(_)) | None => continue,
        };
        if told.insert(name) {
            findings.push(finding.at(Place { path: path.to_owned(), line: reference.line, column: 1 }));
        }
    }
    findings
}

/// Why some of the labels could not be looked up, if so: nothing is told of those, and that is to be said.
pub fn unseen_labels(verdicts: &BTreeMap<String, LabelVerdict>) -> Option<&str> {
    verdicts.values().find_map(|verdict| match verdict {
        LabelVerdict::Unknown(why) => Some(why.as_str()),
        LabelVerdict::Alive | LabelVerdict::Retired(_) | LabelVerdict::Missing => None,
    })
}

#[cfg(test)]
mod tests;
