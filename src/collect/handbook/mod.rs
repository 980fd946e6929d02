//! A pod's page, from Markdown to [`PodPage`].
//!
//! Pure and total: every text has a page. What is wrong with it becomes a finding with its place, never
//! an error, so that one bad line cannot hide the rest. The shapes of pod pages were measured over the
//! handbook's 20 pods.

mod ignore_comments;
mod labels;
mod legacy_links;
mod list_dashes;
mod member_handle;
mod members;
mod mojibake;
mod session_lines;
mod shortcode;
mod slack;
mod title;

use linkcheck::files::DocumentAnchors;
use linkcheck::link::Link;
use linkcheck::markdown::headings::MarkdownAnchors;
use linkcheck::markdown::links::FoundLink;
use linkcheck::markdown::outline::Outline;
use linkcheck::markdown::source::Source;
use linkcheck::markdown::{Dialect, Extract, MAX_ENTRIES, MAX_TEXT_BYTES, ParsedMarkdown};
use linkcheck::target;
use linkcheck::text::Untrusted;

use crate::pod::finding::{Finding, Place, sort_and_deduplicate};
use crate::pod::page_form::PageForm;
use crate::pod::pod_page::PodPage;
use crate::pod::rule::Rule;

/// The host whose addresses a handbook page means by GitLab.
const GITLAB_HOST: &str = "gitlab.com";

/// Reads a page. `path` is the file's name in the findings.
///
/// Never fails and never panics, and takes time in proportion to the text. Of a text longer than 1 MiB the
/// rest is dropped, of more than 5,000 links, labels, members, sessions, channels or findings the later
/// ones are. Lines are counted as GitLab counts them, columns in characters.
pub fn parse_pod_page(text: &str, path: &str) -> PodPage {
    parse_pod_page_in_form(text, path, &PageForm::default())
}

/// Reads a page whose members are written in this form, like [`parse_pod_page`].
pub fn parse_pod_page_in_form(text: &str, path: &str, form: &PageForm) -> PodPage {
    parse_page(text, path, PageKind::PodPage(form)).0
}

/// Reads any Markdown: its links and labels, what is wrong with it as a text, and the places that links can lead to,
/// unless it is longer than is read. What only pod pages have (a title, members, sessions, Slack channels) is left out.
/// As total as [`parse_pod_page`].
pub fn parse_document(text: &str, path: &str, dialect: Dialect) -> (PodPage, Option<DocumentAnchors>) {
    let (page, headings) = parse_page(text, path, PageKind::Document(dialect));
    (page, (text.len() <= MAX_TEXT_BYTES).then(|| DocumentAnchors::from_headings(headings, text)))
}

/// What a text is read as.
#[derive(Clone, Copy)]
enum PageKind<'a> {
    PodPage(&'a PageForm),
    Document(Dialect),
}

fn parse_page(text: &str, path: &str, whole: PageKind<'_>) -> (PodPage, MarkdownAnchors) {
    let mut markdown = match whole {
        PageKind::PodPage(_) => ParsedMarkdown::parse(text, Extract::Texts),
        PageKind::Document(dialect) => ParsedMarkdown::parse_as(text, Extract::Anchors, dialect),
    };
    let links = markdown.take_all_links();
    let ParsedMarkdown { source, outline, anchors: headings, .. } = markdown;
    let page = ParsedPage { source: &source, outline: &outline, path };
    let mut findings = Vec::new();
    mojibake::check(&page, &mut findings);
    list_dashes::check(&page, &mut findings);
    let labels = labels::read(&page, &mut findings);
    let mut found = PodPage { labels, ..PodPage::default() };
    if let PageKind::PodPage(form) = whole {
        found.title = title::read(&page);
        (found.members, found.members_section) = members::read(&page, form, &mut findings);
        found.sessions = session_lines::read(&page);
        found.slack = slack::find_channels(&page, &links);
    }
    legacy_links::check(&page, &links, &mut findings);
    found.links = links.into_iter().map(|link| to_page_link(&page, link, whole)).collect();
    let counts = [found.members.len(), found.labels.len(), found.links.len(), found.sessions.len()];
    (found.ignored_links, found.ignore_comments) =
        ignore_comments::take_ignored_links(&page, &mut found.links, &mut findings);
    if text.len() > MAX_TEXT_BYTES || counts.iter().any(|n| *n >= MAX_ENTRIES) {
        let message = "The page is larger than is read; what stands further down is not checked.";
        findings.push(Finding::new(Rule::PageCut, "page", message).with_place(page.place_at(0)));
    }
    let line_count = page.source.line_count();
    (PodPage { findings: sort_by_place(findings), line_count, ..found }, headings)
}

/// A link as [`PodPage`] holds it; its kind is for pods' pages only.
fn to_page_link(page: &ParsedPage<'_>, found: FoundLink, whole: PageKind<'_>) -> Link {
    let kind = matches!(whole, PageKind::PodPage(_)).then(|| target::link_kind(&found.url, GITLAB_HOST));
    Link { kind, ..found.into_link(page.source, page.outline) }
}

/// The page as the parsers of this folder read it.
struct ParsedPage<'a> {
    source: &'a Source<'a>,
    outline: &'a Outline,
    path: &'a str,
}

impl ParsedPage<'_> {
    fn place_at(&self, offset: usize) -> Place {
        let (line, column) = self.source.line_and_column(offset);
        Place { path: self.path.to_owned(), line, column }
    }

    fn line_at(&self, offset: usize) -> usize {
        self.source.line_and_column(offset).0
    }

    fn section_at(&self, offset: usize) -> Untrusted {
        Untrusted::new(self.outline.section_at(offset))
    }
}

/// Findings in the order of the page, with identities that stay unique when they are sorted again.
fn sort_by_place(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| a.place.cmp(&b.place));
    findings.truncate(MAX_ENTRIES);
    let mut findings = sort_and_deduplicate(findings);
    findings.sort_by(|a, b| a.place.cmp(&b.place));
    findings
}

#[cfg(test)]
mod tests;
