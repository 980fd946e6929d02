//! What a change broke, and what it mended: the links of documents now, compared with those before.
//!
//! A link counts when its line is new or changed, or when its target among the files was removed or is back. The web
//! is asked for the new links alone: what it answers about others is none of this change's doing.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{DateTime, Utc};

use super::{DocumentCheckResult, InputDocument, Silences, check, to_linkcheck_documents};
use crate::collect::Clients;
use crate::decide::links;
use crate::pod::finding::{Place, sort_and_deduplicate};
use crate::pod::mended_link::MendedLink;
use crate::pod::verdict::{Observation, Verdict};
use linkcheck::check_offline;
use linkcheck::files::LocalFiles;

/// The documents before a change, and what it changed of each.
#[derive(Default)]
pub struct BaseDocuments {
    /// As they were.
    pub documents: Vec<InputDocument>,
    /// The files around them.
    pub trees: Vec<LocalFiles>,
    /// What changed of each document of today, in their order.
    pub changes: Vec<DocumentChange>,
}

/// What changed of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentChange {
    /// It is new, and so are all of its lines.
    New,
    /// It was there before.
    Of {
        /// Which document before.
        base: usize,
        /// The lines that are new or changed, from 1.
        lines: Vec<Range<usize>>,
    },
}

impl DocumentChange {
    fn has_line(&self, line: usize) -> bool {
        match self {
            Self::New => true,
            Self::Of { lines, .. } => {
                let first = lines.partition_point(|range| range.end <= line);
                lines.get(first).is_some_and(|range| range.contains(&line))
            }
        }
    }

    fn base(&self) -> Option<usize> {
        match self {
            Self::New => None,
            Self::Of { base, .. } => Some(*base),
        }
    }
}

/// Checks what a change broke or mended.
pub async fn check_changes(
    documents: &mut [InputDocument],
    trees: &[LocalFiles],
    before: &BaseDocuments,
    sources: Clients<'_>,
    (now, silences): (DateTime<Utc>, Silences),
) -> (DocumentCheckResult, Vec<MendedLink>) {
    let now_there = check_offline(&to_linkcheck_documents(documents, trees), sources.policy);
    let was_there = check_offline(&to_linkcheck_documents(&before.documents, &before.trees), sources.policy);
    let mended = find_mended(&now_there, &was_there, documents, before);
    let broken = find_broken_targets(now_there, &was_there, before);
    for (document, change) in documents.iter_mut().zip(&before.changes) {
        document.page.links.retain(|link| change.has_line(link.line));
        document.page.ignored_links.retain(|ignored| change.has_line(ignored.link.line));
        document.page.ignore_comments.retain(|comment| change.has_line(comment.line));
        document.page.findings.retain(|found| found.place.as_ref().is_none_or(|place| change.has_line(place.line)));
    }
    let mut checked = check(documents, trees, sources, now, silences).await;
    checked.findings.extend(links::offline_findings(&broken));
    checked.findings = sort_and_deduplicate(std::mem::take(&mut checked.findings));
    checked.link_count += broken.iter().map(|seen| seen.places.len()).sum::<usize>();
    checked.observations.extend(broken);
    checked.observations.sort_by(|one, other| one.url.as_str().cmp(other.url.as_str()));
    checked.unique_url_count = checked.observations.chunk_by(|one, next| one.url == next.url).count();
    (checked, mended)
}

fn is_gone(seen: &Observation) -> bool {
    matches!(seen.assessment.verdict, Verdict::Dead | Verdict::FragmentDead)
}

/// The verdict on each address of each document.
fn verdicts_by_document(observations: &[Observation]) -> BTreeMap<(usize, &str), Verdict> {
    let named = observations.iter().flat_map(|seen| {
        seen.places.iter().map(|place| ((place.document, seen.url.as_str()), seen.assessment.verdict))
    });
    named.collect()
}

/// The links in lines that did not change whose target is gone, and was not before.
fn find_broken_targets(
    now_there: Vec<Observation>,
    was_there: &[Observation],
    before: &BaseDocuments,
) -> Vec<Observation> {
    let verdicts = verdicts_by_document(was_there);
    let is_newly_broken = |document: usize, line: usize, url: &str| {
        let Some(change) = before.changes.get(document).filter(|change| !change.has_line(line)) else { return false };
        let was = change.base().and_then(|base| verdicts.get(&(base, url)));
        was.is_some_and(|was| !matches!(was, Verdict::Dead | Verdict::FragmentDead))
    };
    let gone = now_there.into_iter().filter(is_gone);
    let with_places = gone.filter_map(|mut seen| {
        let url = seen.url.clone();
        seen.places.retain(|place| is_newly_broken(place.document, place.line, url.as_str()));
        (!seen.places.is_empty()).then_some(seen)
    });
    with_places.collect()
}

/// The links that were broken and are there now, or are not written any more.
fn find_mended(
    now_there: &[Observation],
    was_there: &[Observation],
    documents: &[InputDocument],
    before: &BaseDocuments,
) -> Vec<MendedLink> {
    let verdicts = verdicts_by_document(now_there);
    let places = places_by_document(now_there);
    let today: BTreeMap<usize, usize> =
        before.changes.iter().enumerate().filter_map(|(head, change)| Some((change.base()?, head))).collect();
    let mut mended = BTreeMap::new();
    for seen in was_there.iter().filter(|seen| is_gone(seen)) {
        for place in &seen.places {
            let head = today.get(&place.document).copied();
            let verdict = head.and_then(|head| verdicts.get(&(head, seen.url.as_str())));
            if verdict.is_some_and(|verdict| !matches!(verdict, Verdict::Alive | Verdict::Moved)) {
                continue;
            }
            // Whoever lets it pass has not mended it.
            let is_ignored = |document: &InputDocument| {
                document.page.ignored_links.iter().any(|ignored| ignored.link.url == seen.url.as_str())
            };
            if head.and_then(|head| documents.get(head)).is_some_and(is_ignored) {
                continue;
            }
            let first = head.and_then(|head| places.get(&(head, seen.url.as_str())));
            let path = head.and_then(|head| documents.get(head)).map_or(&*place.path, |document| &document.path);
            let (line, column) = first.copied().unwrap_or((place.line, place.column));
            let entry = MendedLink {
                url: seen.url.to_string(),
                place: Place { path: path.to_owned(), line, column },
                reason: seen.assessment.reason.to_string(),
            };
            mended.entry((entry.place.path.clone(), entry.url.clone())).or_insert(entry);
        }
    }
    mended.into_values().collect()
}

/// Where each address stands first in each document.
fn places_by_document(observations: &[Observation]) -> BTreeMap<(usize, &str), (usize, usize)> {
    let mut first = BTreeMap::new();
    for seen in observations {
        for place in &seen.places {
            first.entry((place.document, seen.url.as_str())).or_insert((place.line, place.column));
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_among_those_that_changed() {
        let change = DocumentChange::Of { base: 0, lines: vec![2..4, 7..8] };
        let changed: Vec<usize> = (1..10).filter(|line| change.has_line(*line)).collect();
        assert_eq!(changed, [2, 3, 7]);
        assert!(DocumentChange::New.has_line(1));
    }
}
