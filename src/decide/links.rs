//! What rots: from verdicts and memory to findings.
//!
//! Takes verdicts, memory and time, and no pod, so that `check` on plain files calls the same function.
//! Only a dead link, a dead fragment and a lasting silence are rot. What was remembered of a link ends with the first
//! evidence against it: any answer disproves a silence, a page that is there disproves that it is gone. What could not be
//! seen leaves it as it was, for a while.

mod brake;
mod once;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::hold::{ALL_OF_A_KIND, Hold};
use crate::pod::document::{LinkKind, PodPage};
use crate::pod::finding::{Finding, Place, short_hash};
use crate::pod::marker::{Failing, Failure, whole_minute};
use crate::pod::rule::Rule;
use crate::pod::text::Untrusted;
use crate::pod::verdict::{LabelVerdict, Observation, Verdict};
use brake::Brake;
pub use once::assess_once;

/// A silence is told when a look at least this much later still fails; so is what only the network said of many links at
/// once.
pub const TELL_AFTER: Duration = Duration::hours(6);
/// A host that comes and goes is told of once in this while.
const TELL_AGAIN: Duration = Duration::days(7);
/// What was gone is told so long while nobody can see whether it still is.
const UNSEEN: Duration = Duration::days(14);
/// When at least this many links fail, and this share of all, the fault may be ours.
const BLIND_COUNT: usize = 5;
const BLIND_PERCENT: usize = 30;

/// What one look at all links comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assessment {
    /// What to tell.
    pub findings: Vec<Finding>,
    /// What to remember for the next look.
    pub remember: BTreeMap<String, Failing>,
    /// Why some of this look is held back, if that is so; it is remembered, and a later look tells it.
    pub inconclusive: Option<String>,
}

/// Judges verdicts in the light of what was remembered. [`assess_once`] is for a look that has no other before it.
///
/// A brake holds what may be our fault, and lets go: what only the network said of many links at once is told by a look
/// at least [`TELL_AFTER`] later that still sees it; where all things of a kind are gone by the word of who must know, the
/// first look tells that as one finding, and the next look tells each.
pub fn assess(observations: &[Observation], memory: &BTreeMap<String, Failing>, now: DateTime<Utc>) -> Assessment {
    let brake = Brake::of(observations, memory, whole_minute(now));
    let mut assessment = judge(observations, |seen| brake.holds(seen), memory, now);
    assessment.findings.extend(brake.findings());
    assessment.inconclusive = brake.why();
    assessment
}

/// What to tell and to remember of the verdicts.
fn judge(
    observations: &[Observation],
    hold: impl Fn(&Observation) -> Hold,
    memory: &BTreeMap<String, Failing>,
    now: DateTime<Utc>,
) -> Assessment {
    let now = whole_minute(now);
    let mut assessment = Assessment::default();
    for seen in observations {
        let known = memory.get(&memory_key(&seen.url)).copied();
        let failing = failing(seen, known, hold(seen), now);
        if let Some(failing) = failing {
            assessment.remember.insert(memory_key(&seen.url), failing);
        }
        let told = failing.filter(|failing| failing.dead_since.is_some());
        if let Some(mut finding) = finding(seen, told.map(|failing| failing.how)) {
            finding.since = told.and_then(|failing| failing.dead_since);
            assessment.findings.push(finding);
        }
        assessment.findings.extend(deprecated(seen));
    }
    assessment
}

/// What to tell of a look that asked nobody: nothing in it can be the network's fault.
pub fn certain(observations: &[Observation]) -> Vec<Finding> {
    observations.iter().filter_map(|seen| finding(seen, gone(seen.verdict))).collect()
}

/// The key under which a link is remembered: its address, or the hash of one that is long or has odd characters, so that
/// a page cannot make the memory larger than a block may be.
pub(super) fn memory_key(url: &str) -> String {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '<' | '>');
    if url.len() <= 200 && url.chars().all(plain) { url.to_owned() } else { short_hash(url) }
}

/// How a verdict says that something is gone, if it does.
fn gone(verdict: Verdict) -> Option<Failure> {
    match verdict {
        Verdict::Dead => Some(Failure::Gone),
        Verdict::FragmentDead => Some(Failure::FragmentGone),
        _ => None,
    }
}

/// Since when a link fails, after this look; `None` when it does not and nothing is worth remembering.
fn failing(seen: &Observation, known: Option<Failing>, hold: Hold, now: DateTime<Utc>) -> Option<Failing> {
    let told_lately = known.filter(|known| known.told.is_some_and(|told| now - told < TELL_AGAIN));
    let begun = known.filter(|known| !is_at_rest(known));
    let fails = match known {
        Some(known) if is_at_rest(&known) => Failing { told: known.told, ..Failing::from(now) },
        Some(known) => Failing { unseen_since: None, ..known },
        None => Failing::from(now),
    };
    let today = now.date_naive();
    match seen.verdict {
        Verdict::Alive | Verdict::Moved => told_lately.map(|known| at_rest(&known)),
        Verdict::Dead | Verdict::FragmentDead => {
            let certain = hold.lets_go(begun.as_ref(), now);
            let how = gone(seen.verdict).unwrap_or_default();
            Some(Failing { how, dead_since: fails.dead_since.or(certain.then_some(today)), ..fails })
        }
        Verdict::Unreachable => Some(match fails.dead_since {
            Some(_) => fails,
            // One that comes and goes was told of lately; since when it is silent again is remembered.
            None if told_lately.is_some() => fails,
            // How it failed before stays known: a silence says nothing against that.
            None if now - fails.failed_since >= TELL_AFTER => {
                Failing { dead_since: Some(today), told: Some(now), ..fails }
            }
            None => Failing { told: None, ..fails },
        }),
        // It answered, so it is not silent. Whether it is gone was not to be seen.
        Verdict::FragmentUnverifiable | Verdict::Hidden | Verdict::Login | Verdict::Refused => {
            let page_is_there = seen.verdict == Verdict::FragmentUnverifiable;
            match known.map(|known| known.how) {
                Some(Failure::Silent) => told_lately.map(|known| at_rest(&known)),
                Some(Failure::Gone) if page_is_there => None,
                Some(Failure::Gone | Failure::FragmentGone) => begun.and_then(|known| unseen(known, now)),
                None => None,
            }
        }
        // podkeeper did not go there, so nothing was answered.
        Verdict::Blocked => begun.and_then(|known| unseen(known, now)),
        // Nobody is to look, so nothing is told.
        Verdict::Skipped => None,
    }
}

/// What is left of a link that has answered again: when it was told.
fn at_rest(known: &Failing) -> Failing {
    let failed_since = known.told.map_or(known.failed_since, |told| known.failed_since.min(told));
    Failing { failed_since, how: Failure::Silent, dead_since: None, unseen_since: None, ..*known }
}

/// Whether it was told and has answered since, and not failed again after that.
fn is_at_rest(known: &Failing) -> bool {
    known.dead_since.is_none() && known.told.is_some_and(|told| known.failed_since <= told)
}

/// What was known of a link that could not be seen now, until that has been so for long.
fn unseen(known: Failing, now: DateTime<Utc>) -> Option<Failing> {
    let today = now.date_naive();
    let since = known.unseen_since.unwrap_or(today);
    (today - since < UNSEEN).then_some(Failing { unseen_since: Some(since), ..known })
}

/// What to tell of a link; `told` is how it fails, where it has failed for long enough.
fn finding(seen: &Observation, told: Option<Failure>) -> Option<Finding> {
    let by_memory = |how: Failure| match how {
        Failure::Silent => Rule::LinkUnreachable,
        Failure::Gone => Rule::LinkDead,
        Failure::FragmentGone => Rule::LinkFragmentDead,
    };
    let unseen = gone(seen.verdict).is_none() && seen.verdict != Verdict::Unreachable;
    let rule = match (seen.verdict, told) {
        (Verdict::Moved, _) => Rule::LinkMoved,
        (Verdict::Alive, _) | (_, None) => return None,
        (Verdict::Unreachable, Some(_)) => Rule::LinkUnreachable,
        (_, Some(how)) => by_memory(how),
    };
    let url = Untrusted::new(seen.url.as_str()).line();
    let reason = Untrusted::new(&*seen.reason).line();
    let message = match rule {
        Rule::LinkDead | Rule::LinkFragmentDead if unseen => {
            format!("{url}: it was gone when that was last to be seen; now {reason}")
        }
        _ => format!("{url}: {reason}"),
    };
    let mut finding = Finding::new(rule, url, message);
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

/// Whether a verdict says something of the network, too: it answered, or should have.
fn says_of_the_network(seen: &Observation) -> bool {
    // What was looked up among files needs none.
    let by_file = seen.status.is_none() && matches!(seen.kind, LinkKind::Path | LinkKind::Anchor);
    let told = matches!(seen.verdict, Verdict::Alive | Verdict::Moved) || fails(seen);
    told && (!by_file || seen.verdict == Verdict::Unreachable)
}

/// Whether a page of the web said so, or should have. Otherwise an authority did: GitLab's API, a file, or the form of the
/// address itself.
fn by_the_web(seen: &Observation) -> bool {
    let by_form = seen.status.is_none() && seen.verdict != Verdict::Unreachable;
    !by_form && !seen.kind.is_gitlab()
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
            Some(LabelVerdict::Archived) => Finding::new(
                Rule::LabelArchived,
                name.clone(),
                format!("~\"{name}\" is archived, so it is put on nothing new"),
            )
            .advise("Name its successor on the page, or have the label unarchived."),
            Some(LabelVerdict::Alive | LabelVerdict::Unknown(_)) | None => continue,
        };
        if told.insert(name) {
            findings.push(finding.at(Place { path: path.to_owned(), line: reference.line, column: 1 }));
        }
    }
    findings
}

/// What is told instead of each, where every label of a page is missing at once: the groups are wrong, most likely.
pub(super) fn all_labels_missing(findings: &[Finding], verdicts: &BTreeMap<String, LabelVerdict>) -> Option<Finding> {
    let all_missing = verdicts.values().all(|verdict| matches!(verdict, LabelVerdict::Missing));
    let first = findings.first().filter(|_| all_missing && findings.len() >= ALL_OF_A_KIND)?;
    let message = format!(
        "all {} labels of the page are missing from the configured groups at once, so there is most likely one cause; the \
         next look that still sees it tells each",
        findings.len()
    );
    let finding = Finding::new(Rule::LinksCommonCause, "label", message)
        .advise("Look at [documents] label_groups, and at whether the token sees these groups.");
    Some(match &first.place {
        Some(place) => finding.at(place.clone()),
        None => finding,
    })
}

/// Why some of the labels could not be looked up, if so: nothing is told of those, and that is to be said.
pub fn unseen_labels(verdicts: &BTreeMap<String, LabelVerdict>) -> Option<&str> {
    verdicts.values().find_map(|verdict| match verdict {
        LabelVerdict::Unknown(why) => Some(why.as_str()),
        LabelVerdict::Alive | LabelVerdict::Archived | LabelVerdict::Retired(_) | LabelVerdict::Missing => None,
    })
}

#[cfg(test)]
mod tests;
