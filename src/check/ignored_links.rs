//! Links that comments let pass: none is asked for on the web, and a comment that lets nothing pass is reported.

use std::collections::BTreeSet;

use super::{DocumentCheckResult, InputDocument};
use crate::pod::finding::Finding;
use crate::pod::pod_page::IgnoredLink;
use crate::pod::rule::Rule;
use crate::pod::verdict::{Assessment, Observation, Verdict};
use linkcheck::check_options::CheckOptions;
use linkcheck::files::LocalFiles;
use linkcheck::link::Link;
use linkcheck::{Document, check_offline};

/// Adds an observation of each link that a comment lets pass, and a finding for each comment that lets nothing pass:
/// one in whose line is no link, or none that the files show to be broken.
pub(super) fn add_ignored_links(
    checked: &mut DocumentCheckResult,
    documents: &[InputDocument],
    trees: &[LocalFiles],
    policy: &CheckOptions,
) {
    if documents.iter().all(|document| document.page.ignore_comments.is_empty()) {
        return;
    }
    let links: Vec<Vec<Link>> = documents
        .iter()
        .map(|one| one.page.ignored_links.iter().map(|ignored| ignored.link.clone()).collect())
        .collect();
    let with_ignored_links: Vec<Document<'_>> = documents
        .iter()
        .zip(&links)
        .map(|(document, links)| {
            let local =
                document.tree_and_path.as_ref().and_then(|(tree, path)| Some((trees.get(*tree)?, path.as_str())));
            let site_url = document.site.as_ref();
            Document { path: &document.path, links: links.into(), site_url, local_files: local }
        })
        .collect();
    let mut used: BTreeSet<(usize, usize)> = BTreeSet::new();
    for seen in check_offline(&with_ignored_links, policy) {
        if matches!(seen.assessment.verdict, Verdict::Alive | Verdict::Moved) {
            checked.observations.push(seen);
            continue;
        }
        for place in seen.places {
            used.insert((place.document, place.line));
            let reason =
                documents.get(place.document).and_then(|document| reason_at(&document.page.ignored_links, place.line));
            let assessment = Assessment::new(Verdict::Skipped, reason.unwrap_or_default()).into();
            let (url, kind) = (seen.url.clone(), seen.kind);
            checked.observations.push(Observation { url, kind, assessment, places: vec![place] });
        }
    }
    for (number, document) in documents.iter().enumerate() {
        let unused = document.page.ignore_comments.iter().filter(|comment| !used.contains(&(number, comment.line)));
        checked.findings.extend(unused.map(|comment| {
            let message = "A comment lets links pass, and there is none in its line that does not work.";
            Finding::new(Rule::IgnoreUnused, comment.reason.one_line(), message).with_place(comment.place.clone())
        }));
    }
    checked.observations.sort_by(|one, other| one.url.as_str().cmp(other.url.as_str()));
}

fn reason_at(ignored: &[IgnoredLink], line: usize) -> Option<String> {
    ignored.iter().find(|ignored| ignored.link.line == line).map(|ignored| ignored.reason.one_line())
}
