//! Links that nobody can say anything of: no faults of the page, but whoever mends it wants to know which they are.
//!
//! Those that gave no useful answer are named always, the others when more is asked for.

use super::Looked;
use super::lines::Lines;
use super::text::clickable;
use crate::pod::finding::Place;
use crate::pod::text::Untrusted;
use crate::pod::verdict::{Observation, Verdict};
use crate::report::terminal::counted;

/// The most that are named unless more is asked for.
const MOST: usize = 20;

/// Named when more is asked for.
const QUIET: [Verdict; 6] = [
    Verdict::Hidden,
    Verdict::Login,
    Verdict::Refused,
    Verdict::Blocked,
    Verdict::Skipped,
    Verdict::FragmentUnverifiable,
];

/// Names them, each once at its first place.
pub(super) fn tell(out: &mut Lines, looked: &Looked<'_>) {
    let silent = with(looked, Verdict::Unreachable);
    if !silent.is_empty() {
        out.line(&format!("{} gave no useful answer, which may pass", counted(silent.len(), "link")));
        let most = if looked.verbose { silent.len() } else { MOST };
        silent.iter().take(most).for_each(|seen| entry(out, seen));
        if silent.len() > most {
            out.line(&format!("  and {} more, which -v names", silent.len() - most));
        }
        out.gap();
    }
    for verdict in QUIET.into_iter().filter(|_| looked.verbose) {
        let seen = with(looked, verdict);
        if !seen.is_empty() {
            out.line(&format!("{}: {}", verdict.word(), counted(seen.len(), "link")));
            for seen in seen {
                entry(out, seen);
            }
            out.gap();
        }
    }
}

/// How to see those that are not named.
pub(super) fn hint(looked: &Looked<'_>) -> Option<String> {
    let unnamed = QUIET.into_iter().filter(|verdict| looked.observations.iter().any(|seen| seen.verdict == *verdict));
    let words: Vec<&str> = unnamed.filter(|_| !looked.verbose).map(Verdict::word).collect();
    (!words.is_empty()).then(|| format!("With -v each of these is named: {}.", words.join(", ")))
}

fn with<'a>(looked: &Looked<'a>, verdict: Verdict) -> Vec<&'a Observation> {
    let mut all: Vec<_> = looked.observations.iter().filter(|seen| seen.verdict == verdict).collect();
    all.sort_by_key(|seen| seen.places.first());
    all
}

fn entry(out: &mut Lines, seen: &Observation) {
    let place = seen.places.first().map(|place| clickable(&Place::from(place))).unwrap_or_default();
    let more = seen.places.len().saturating_sub(1);
    let more = if more > 0 { format!(", and in {}", counted(more, "other place")) } else { String::new() };
    let (url, reason) = (Untrusted::new(seen.url.as_str()).line(), Untrusted::new(&*seen.reason).line());
    out.entry(&format!("  ? {place}{more}"), &if reason.is_empty() { url } else { format!("{url}: {reason}") });
}
