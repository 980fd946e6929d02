//! Comments that let the links of a line pass, each with its reason: `<!-- podkeeper-disable-line: REASON -->` in the
//! line itself, `<!-- podkeeper-disable-next-line: REASON -->` above it.
//!
//! The words are those of other linters of Markdown (markdownlint's `markdownlint-disable-line` and
//! `markdownlint-disable-next-line`).

use std::collections::BTreeMap;

use linkcheck::link::Link;
use linkcheck::text::Untrusted;
use memchr::memmem;

use super::{MAX_ENTRIES, ParsedPage};
use crate::pod::finding::Finding;
use crate::pod::pod_page::{IgnoreComment, IgnoredLink};
use crate::pod::rule::Rule;

const BEGINNING: &str = "podkeeper-disable-";

/// Takes the links out that comments let pass.
pub(super) fn take_ignored_links(
    page: &ParsedPage<'_>,
    links: &mut Vec<Link>,
    findings: &mut Vec<Finding>,
) -> (Vec<IgnoredLink>, Vec<IgnoreComment>) {
    // Hardly any page has one.
    if memmem::find(page.source.text.as_bytes(), BEGINNING.as_bytes()).is_none() {
        return Default::default();
    }
    let comments = read_comments(page, findings);
    let by_line: BTreeMap<usize, &IgnoreComment> = comments.iter().map(|comment| (comment.line, comment)).collect();
    let (mut ignored, mut left) = (Vec::new(), Vec::with_capacity(links.len()));
    for link in links.drain(..) {
        match by_line.get(&link.line) {
            Some(comment) => ignored.push(IgnoredLink { link, reason: comment.reason.clone() }),
            None => left.push(link),
        }
    }
    *links = left;
    (ignored, comments)
}

fn read_comments(page: &ParsedPage<'_>, findings: &mut Vec<Finding>) -> Vec<IgnoreComment> {
    let mut comments = Vec::new();
    for range in &page.outline.hidden_ranges {
        let text = &page.source.text[range.clone()];
        let mut behind = 0;
        while let Some(start) = text[behind..].find("<!--").map(|at| behind + at) {
            let end = text[start..].find("-->").map_or(text.len(), |at| start + at);
            behind = end.max(start + 4);
            let inside = text.get(start + 4..end).unwrap_or_default().trim_start();
            let Some(rest) = inside.strip_prefix(BEGINNING) else { continue };
            let place = page.place_at(range.start + start);
            let (rest, line) = match (rest.strip_prefix("next-line"), rest.strip_prefix("line")) {
                (Some(rest), _) => (rest, page.line_at(range.start + end) + 1),
                (None, Some(rest)) => (rest, place.line),
                (None, None) => continue,
            };
            // `disable-lines` is another word.
            if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let reason = rest.trim_start_matches([':', ' ', '\t', '\n', '\r', '-']).trim_end();
            let reason = Untrusted::new(reason);
            if reason.one_line().is_empty() {
                let message = "A comment lets links pass and gives no reason, so they are checked all the same.";
                let subject = format!("line {line}");
                findings.push(Finding::new(Rule::IgnoreReasonMissing, subject, message).with_place(place));
            } else if comments.len() < MAX_ENTRIES {
                comments.push(IgnoreComment { line, place, reason });
            }
        }
    }
    comments
}
