//! Markdown as GitLab reads it: links, headings and the anchors that links can lead to, each with its position.
//!
//! Pure and total: every text has an outline, and none takes longer than its length allows. comrak, GitLab's own
//! parser, reads the text; what it cannot tell (Hugo's `ref` shortcodes, the exact place of a link) is looked up in the
//! source.

pub mod front_matter;
pub mod headings;
mod html;
pub(crate) mod includes;
mod inline_locator;
mod into_link;
pub mod links;
pub mod list_items;
mod options;
pub mod outline;
pub mod plain_text;
mod prose_filter;
mod ref_links;
pub mod source;

use std::mem;

use headings::MarkdownAnchors;
use links::FoundLink;
use outline::Outline;
use source::Source;

use crate::link::Link;

/// The most bytes of a text that are read: the largest page of GitLab's handbook has a third of it.
pub const MAX_TEXT_BYTES: usize = 1024 * 1024;

/// The most links, and the most entries of any other list, that are taken from one text.
pub const MAX_ENTRIES: usize = 5_000;

/// Whose Markdown a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// GitLab's, with links in double brackets and front matter in any of its forms.
    #[default]
    Gitlab,
    /// That of a page which Hugo builds: Goldmark's, which knows neither.
    Hugo,
}

/// What is taken from a text beside its links and headings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extract {
    /// The text of each paragraph and link.
    Texts,
    /// The anchors that links can lead to. Prose without links is passed over, which takes half the time.
    Anchors,
}

/// A text that was parsed.
pub struct ParsedMarkdown<'a> {
    /// The text, which knows lines and columns.
    pub source: Source<'a>,
    /// Its headings, paragraphs and code, in byte offsets.
    pub outline: Outline,
    /// Its links in the order of the text, those of shortcodes not among them: see [`ParsedMarkdown::take_all_links`].
    pub links: Vec<FoundLink>,
    /// The anchors that links can lead to; none with [`Extract::Texts`].
    pub anchors: MarkdownAnchors,
}

impl<'a> ParsedMarkdown<'a> {
    /// Parses a text of GitLab. What stands behind [`MAX_TEXT_BYTES`] is dropped, and so are links behind the first
    /// [`MAX_ENTRIES`].
    pub fn parse(text: &'a str, detail: Extract) -> Self {
        Self::parse_as(text, detail, Dialect::Gitlab)
    }

    /// The same of a text of either kind.
    pub fn parse_as(text: &'a str, detail: Extract, dialect: Dialect) -> Self {
        let text = truncate_to_limit(text);
        let mut source = match detail {
            Extract::Texts => Source::new(text, dialect),
            Extract::Anchors => prose_filter::filtered_source(text, dialect),
        };
        let mut outline = Outline::parse(&source, detail);
        if outline.has_unclosed_fence && !source.is_unfiltered() {
            source = source.unfiltered();
            outline = Outline::parse(&source, detail);
        }
        let (headings, links) = (mem::take(&mut outline.anchors), mem::take(&mut outline.links));
        Self { source, outline, links, anchors: headings }
    }

    /// All links in the order of the text, with those to `ref` shortcodes and the files that are included, which Hugo and
    /// GitLab fill in before Markdown is read.
    pub fn take_all_links(&mut self) -> Vec<FoundLink> {
        let mut found = mem::take(&mut self.links);
        found.extend(ref_links::find_ref_links(&self.source, &self.outline));
        found.extend(includes::find_included_files(&self.source));
        found.sort_by_key(|found| found.range.start);
        found.truncate(MAX_ENTRIES);
        found
    }
}

/// The links of a text, in its order. As total as [`ParsedMarkdown::parse`].
pub fn parse_links(text: &str) -> Vec<Link> {
    let mut markdown = ParsedMarkdown::parse(text, Extract::Texts);
    let found = markdown.take_all_links();
    let ParsedMarkdown { source, outline, .. } = &markdown;
    found.into_iter().map(|link| link.into_link(source, outline)).collect()
}

fn truncate_to_limit(text: &str) -> &str {
    let mut end = text.len().min(MAX_TEXT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests;
