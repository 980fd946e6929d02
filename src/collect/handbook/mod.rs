//! A pod's page, from Markdown to [`PodPage`].
//!
//! Pure and total: every text has a page. What is wrong with it becomes a finding with its place, never
//! an error, so that one bad line cannot hide the rest. The shapes of pod pages were measured over the
//! handbook's 20 pods (fact sheet on the handbook, section 2).

mod handle;
mod html;
mod labels;
mod lean;
mod links;
mod lists;
mod members;
mod mojibake;
mod outline;
mod plain;
mod position;
mod sessions;
mod shortcode;
mod slack;
mod source;
mod title;

use std::mem;

use crate::collect::links::Headings;
use crate::collect::links::local::Anchors;
use crate::pod::document::PodPage;
use crate::pod::finding::{Finding, Place, in_order};
use crate::pod::rule::Rule;
use crate::pod::text::Untrusted;
use outline::Outline;
use source::Source;

/// The most text that is read of a page: a hundred times the longest pod page.
const LONGEST: usize = 1024 * 1024;

/// The most entries of each list: links, labels, members, findings and so on.
const MOST: usize = 5_000;

/// The host whose addresses a handbook page means by GitLab.
const GITLAB_HOST: &str = "gitlab.com";

/// Reads a page. `path` is the file's name in the findings.
///
/// Never fails and never panics, and takes time in proportion to the text. Of a text longer than 1 MiB the
/// rest is dropped, of more than 5,000 links, labels, members, sessions, channels or findings the later
/// ones are. Lines are counted as GitLab counts them, columns in characters.
pub fn parse(text: &str, path: &str) -> PodPage {
    read(text, path, Whole::PodPage).0
}

/// Reads any Markdown: its links and labels, what is wrong with it as a text, and the places that links can lead to,
/// unless it is longer than is read. What only pod pages have (a title, members, sessions, Slack channels) is left out.
/// As total as [`parse`].
pub fn document(text: &str, path: &str) -> (PodPage, Option<Anchors>) {
    let (page, headings) = read(text, path, Whole::Document);
    (page, (text.len() <= LONGEST).then(|| Anchors::with(headings, text)))
}

/// What a text is read as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    PodPage,
    Document,
}

fn read(text: &str, path: &str, whole: Whole) -> (PodPage, Headings) {
    let mut source = match whole {
        Whole::PodPage => Source::new(beginning(text)),
        Whole::Document => Source::lean(beginning(text)),
    };
    let mut outline = Outline::of(&source, whole);
    if outline.open_fence && !source.is_whole() {
        source = source.whole();
        outline = Outline::of(&source, whole);
    }
    let (headings, links) = (mem::take(&mut outline.anchors), mem::take(&mut outline.links));
    let page = Page { source: &source, outline: &outline, path, whole };
    let mut findings = Vec::new();
    mojibake::check(&page, &mut findings);
    lists::check(&page, &mut findings);
    let labels = labels::read(&page, &mut findings);
    let mut found = PodPage { labels, ..PodPage::default() };
    if whole == Whole::PodPage {
        found.title = title::read(&page);
        (found.members, found.members_section) = members::read(&page, &mut findings);
        found.sessions = sessions::read(&page);
        found.slack = slack::read(&page, &links);
    }
    found.links = links::all(&page, links, &mut findings);
    let counts = [found.members.len(), found.labels.len(), found.links.len(), found.sessions.len()];
    if text.len() > LONGEST || counts.iter().any(|n| *n >= MOST) {
        let message = "The page is larger than is read; what stands further down is not looked at.";
        findings.push(Finding::new(Rule::PageCut, "page", message).at(page.place(0)));
    }
    (PodPage { findings: in_order_of_page(findings), ..found }, headings)
}

/// What the parts of this room look at.
struct Page<'a> {
    source: &'a Source<'a>,
    outline: &'a Outline,
    path: &'a str,
    whole: Whole,
}

impl Page<'_> {
    fn place(&self, offset: usize) -> Place {
        let (line, column) = self.source.place(offset);
        Place { path: self.path.to_owned(), line, column }
    }

    fn line(&self, offset: usize) -> usize {
        self.source.place(offset).0
    }

    fn section(&self, offset: usize) -> Untrusted {
        Untrusted::new(self.outline.section(offset))
    }
}

fn beginning(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Findings in the order of the page, with identities that stay unique when they are sorted again.
fn in_order_of_page(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| a.place.cmp(&b.place));
    findings.truncate(MOST);
    let mut findings = in_order(findings);
    findings.sort_by(|a, b| a.place.cmp(&b.place));
    findings
}

#[cfg(test)]
mod tests;
