//! The brake: what may be our own fault is held back, remembered, and told by a later look.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{TELL_AFTER, by_the_web, fails, gone, inconclusive, is_at_rest, is_mass, memory_key, says_of_the_network};
use crate::decide::hold::{ALL_OF_A_KIND, Hold};
use crate::pod::document::LinkKind;
use crate::pod::finding::{Finding, Place};
use crate::pod::marker::Failing;
use crate::pod::rule::Rule;
use crate::pod::text::Untrusted;
use crate::pod::verdict::{Observation, Verdict};

/// What is held of one look.
pub(super) struct Brake<'a> {
    /// Why what only the network said is held, if it is: too much fails at once.
    network: Option<String>,
    /// The kinds of which all are gone by the word of who must know, with what is new of them.
    kinds: BTreeMap<LinkKind, Vec<&'a Observation>>,
}

impl<'a> Brake<'a> {
    /// Looks at all verdicts of a look together.
    pub(super) fn of(observations: &'a [Observation], memory: &BTreeMap<String, Failing>, now: DateTime<Utc>) -> Self {
        let known = |seen: &Observation| memory.get(&memory_key(&seen.url));
        // Told before, or to be told now because it has lasted.
        let told = |seen: &Observation| {
            let lasts = |known: &Failing| !is_at_rest(known) && now - known.failed_since >= TELL_AFTER;
            known(seen).is_some_and(|known| known.dead_since.is_some() || lasts(known))
        };
        let by_network = |seen: &Observation| by_the_web(seen) || seen.verdict == Verdict::Unreachable;
        // What failed before says nothing of the network now: however much of that there is, the rest counts by itself.
        let rest = observations.iter().filter(|seen| by_network(seen) && !(fails(seen) && told(seen)));
        let all = rest.clone().filter(|seen| says_of_the_network(seen)).count();
        let new = rest.filter(|seen| fails(seen)).count();
        let network =
            is_mass(new, all).then(|| format!("{new} of {all} links on the web fail that did not fail before"));
        let mut kinds: BTreeMap<LinkKind, Vec<&Observation>> = BTreeMap::new();
        for seen in observations.iter().filter(|seen| answered_by_an_authority(seen)) {
            kinds.entry(seen.kind).or_default().push(seen);
        }
        // Gone all together: that is one cause, most likely.
        kinds.retain(|_, all| {
            let all_gone = all.iter().all(|seen| gone(seen.verdict).is_some());
            all.retain(|seen| known(seen).is_none());
            all_gone && all.len() >= ALL_OF_A_KIND
        });
        Self { network, kinds }
    }

    /// How long a link is held.
    pub(super) fn holds(&self, seen: &Observation) -> Hold {
        if by_the_web(seen) {
            if self.network.is_some() { Hold::For(TELL_AFTER) } else { Hold::No }
        } else if self.kinds.contains_key(&seen.kind) {
            Hold::UntilNextLook
        } else {
            Hold::No
        }
    }

    /// What is told instead of each.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let so = "they are told by a look in six hours or more that still sees it";
        let network = self.network.iter().map(|why| inconclusive(why, so));
        network.chain(self.kinds.iter().map(|(kind, all)| common_cause(*kind, all))).collect()
    }

    /// Why this look is not the last word, if so.
    pub(super) fn why(&self) -> Option<String> {
        let kinds = self.kinds.values().map(|all| format!("all {} links of a kind are gone at once", all.len()));
        let all: Vec<String> = self.network.iter().cloned().chain(kinds).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

/// Whether who must know said something of it, good or bad.
fn answered_by_an_authority(seen: &Observation) -> bool {
    let told = matches!(seen.verdict, Verdict::Alive | Verdict::Moved | Verdict::Dead | Verdict::FragmentDead);
    told && !by_the_web(seen)
}

/// One finding for all links of a kind.
fn common_cause(kind: LinkKind, all: &[&Observation]) -> Finding {
    let word = serde_json::to_value(kind).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default();
    let reasons: BTreeSet<String> = all.iter().map(|seen| Untrusted::new(&*seen.reason).line()).collect();
    let reason = reasons.first().map(String::as_str).unwrap_or_default();
    let more = if reasons.len() > 1 { ", among other things" } else { "" };
    let message = format!(
        "all {} links of the kind {word} are gone at once, so there is most likely one cause ({reason}{more}); the next \
         look that still sees it tells each",
        all.len()
    );
    let finding = Finding::new(Rule::LinksCommonCause, word, message);
    match all.iter().filter_map(|seen| seen.places.first()).min() {
        Some(place) => finding.at(Place::from(place)),
        None => finding,
    }
}
