//! What the Markdown parser finds in a page, in byte offsets and without its tree.
//!
//! comrak is GitLab's own Markdown parser. Its tree is walked once, never recursively, and the parts of
//! the text that matter to links are noted in the order of the page.

use std::iter;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use comrak::arena_tree::NodeEdge;
use comrak::nodes::{Node, NodeValue};
use comrak::{Arena, parse_document};
use memchr::memchr;

use super::headings::MarkdownAnchors;
use super::html;
use super::inline_locator::{self, InlineLocator, InlineStart};
use super::links::{self, FoundLink};
use super::options::options;
use super::plain_text;
use super::source::Source;
use super::{Extract, MAX_ENTRIES};
use crate::text::Untrusted;

/// What is known of a page after one walk through its tree.
#[derive(Default)]
pub struct Outline {
    /// The front matter with its delimiters.
    pub front_matter: Option<Range<usize>>,
    /// Every heading; only with `Extract::Texts`.
    pub headings: Vec<Heading>,
    /// Every paragraph, with those of list items.
    pub paragraphs: Vec<Paragraph>,
    /// Every link, up to [`super::MAX_ENTRIES`].
    pub(super) links: Vec<FoundLink>,
    /// Every table, from the first character of its header; a row is a line.
    pub tables: Vec<Range<usize>>,
    /// Every code span.
    pub code_spans: Vec<CodeSpan>,
    /// Every code block.
    pub code_blocks: Vec<Range<usize>>,
    /// What GitLab does not show or shows as something else: comments, math, the marks of struck text.
    pub hidden_ranges: Vec<Range<usize>>,
    /// Where GitLab looks for no references beside all of these: links, tags of HTML and what is code in HTML. Only
    /// where the text holds the mark of a label.
    pub ranges_without_references: Vec<Range<usize>>,
    /// Where links can lead to, in a document.
    pub(super) anchors: MarkdownAnchors,
    /// Whether the text holds the mark of a label at all.
    has_label_marks: bool,
    /// Where an element of raw HTML began in whose text GitLab looks for no references.
    open_element: Option<usize>,
    /// The text of each heading as links share it, behind the empty one that stands for none.
    sections: OnceLock<Vec<Arc<Untrusted>>>,
    /// Some fence is never closed: where its code ends hangs on the lines behind it.
    pub(super) has_unclosed_fence: bool,
}

/// A heading.
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// Its text, see [`plain_text::heading_text`].
    pub text: String,
    /// Where it stands.
    pub range: Range<usize>,
    /// Whether it divides the page: a heading inside a list or a quotation does not.
    pub is_top_level: bool,
    /// Whether it may be something else if the text goes on: `##` a lower heading, `-` below a line a list.
    pub may_be_unfinished: bool,
}

/// A paragraph.
pub struct Paragraph {
    /// From its first character to behind its last one.
    pub range: Range<usize>,
    /// Its text, see [`plain_text::node_text`]; only with `Extract::Texts`.
    pub text: String,
    /// Whether it is the text of a list item.
    pub is_list_item: bool,
    /// The text of the list item around its list, by its index in [`Outline::paragraphs`].
    pub parent_item: Option<usize>,
}

/// A code span.
pub struct CodeSpan {
    /// From its first backtick to behind its last one.
    pub range: Range<usize>,
    /// What stands between them.
    pub text: String,
}

impl Outline {
    /// Walks through a page.
    pub(super) fn parse(source: &Source<'_>, detail: Extract) -> Self {
        let arena = Arena::new();
        let text = source.text_to_parse();
        let root = parse_document(&arena, text, &options(text, source.dialect));
        let front_matter = source.front_matter().map(|front_matter| front_matter.range.clone());
        let has_label_marks = memchr(b'~', source.text.as_bytes()).is_some();
        let mut outline = Self { front_matter, has_label_marks, ..Self::default() };
        // One entry for each open list item: its text's index among the paragraphs, once that is known.
        let mut items: Vec<Option<usize>> = Vec::new();
        let mut rest = InlineLocator::default();
        let mut left_out: Option<Node<'_>> = None;
        for edge in root.traverse() {
            match edge {
                NodeEdge::End(node) if left_out.is_some_and(|whole| whole.same_node(node)) => left_out = None,
                _ if left_out.is_some() => {}
                NodeEdge::Start(node) if is_left_out(node) => {
                    outline.hidden_ranges.push(inline_locator::node_range(source, node));
                    left_out = Some(node);
                }
                NodeEdge::Start(node) if is_item(node) => items.push(None),
                NodeEdge::End(node) if is_item(node) => {
                    items.pop();
                }
                NodeEdge::Start(node) => {
                    if is_block(node) {
                        let range = inline_locator::node_range(source, node);
                        rest = InlineLocator::for_block(source, node, &range);
                        outline.note_block(source, node, range, &mut items, detail);
                    } else {
                        outline.note_inline(source, node, &mut rest, detail);
                        // The text for a picture is shown as plain text.
                        left_out = matches!(node.data().value, NodeValue::Image(_)).then_some(node);
                    }
                    if detail == Extract::Anchors {
                        let line = |number| &source.text[source.line_range(source.original_line(number))];
                        outline.anchors.note(node, line);
                    }
                }
                NodeEdge::End(_) => {}
            }
        }
        outline
    }

    /// The text of the nearest heading above an offset; empty before the first.
    pub fn section_at(&self, offset: usize) -> &str {
        let behind = self.headings.partition_point(|heading| heading.range.start <= offset);
        behind.checked_sub(1).map_or("", |index| &self.headings[index].text)
    }

    /// The same as links have it.
    pub(super) fn shared_section_at(&self, offset: usize) -> Arc<Untrusted> {
        let sections = self.sections.get_or_init(|| {
            let texts = self.headings.iter().map(|heading| heading.text.as_str());
            iter::once("").chain(texts).map(|text| Arc::new(Untrusted::new(text))).collect()
        });
        let behind = self.headings.partition_point(|heading| heading.range.start <= offset);
        Arc::clone(&sections[behind])
    }

    /// All code, spans and blocks.
    pub fn code_ranges(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.code_spans.iter().map(|span| span.range.clone()).chain(self.code_blocks.iter().cloned())
    }

    fn note_block(
        &mut self,
        source: &Source<'_>,
        node: Node<'_>,
        range: Range<usize>,
        items: &mut [Option<usize>],
        detail: Extract,
    ) {
        self.open_element = None;
        match &node.data().value {
            NodeValue::Heading(heading) if detail == Extract::Texts => {
                let text = plain_text::heading_text(node);
                let divides = node.parent().is_some_and(|parent| matches!(parent.data().value, NodeValue::Document));
                let may_change = source.is_end_of_text(range.end) && (heading.setext || text.is_empty());
                self.headings.push(Heading {
                    level: heading.level,
                    text,
                    range,
                    is_top_level: divides,
                    may_be_unfinished: may_change,
                });
            }
            NodeValue::Paragraph => {
                let item = node.parent().is_some_and(is_item);
                if let Some(here @ None) = items.last_mut().filter(|_| item) {
                    *here = Some(self.paragraphs.len());
                }
                let around = items.len().checked_sub(2).and_then(|index| items[index]);
                let under = around.filter(|_| item);
                let text = match detail {
                    Extract::Texts => plain_text::node_text(node, plain_text::LONGEST_BLOCK),
                    Extract::Anchors => String::new(),
                };
                self.paragraphs.push(Paragraph { range, text, is_list_item: item, parent_item: under });
            }
            NodeValue::CodeBlock(code) => {
                self.has_unclosed_fence |= code.fenced && !code.closed;
                self.code_blocks.push(range);
            }
            NodeValue::Table(_) => self.tables.push(range),
            NodeValue::HtmlBlock(block) => {
                if self.has_label_marks {
                    let within = html::ranges_without_references(&source.text[range.clone()]).into_iter();
                    let shift = |inside: Range<usize>| range.start + inside.start..range.start + inside.end;
                    self.ranges_without_references.extend(within.map(shift));
                }
                self.note_html(source, node, &block.literal, range);
            }
            _ => {}
        }
    }

    fn note_inline(&mut self, source: &Source<'_>, node: Node<'_>, rest: &mut InlineLocator, detail: Extract) {
        // Most inlines are text, whose place nobody asks for.
        let claimed = || inline_locator::node_range(source, node);
        match &node.data().value {
            NodeValue::Code(code) => {
                let backticks = "`".repeat(code.num_backticks);
                let (range, _) = rest.locate(source, claimed(), &[InlineStart::from_words(&backticks)]);
                self.code_spans.push(CodeSpan { range, text: code.literal.clone() });
            }
            NodeValue::Strikethrough => {
                let start = rest.locate(source, claimed(), &[InlineStart::from_words("~")]).0.start;
                self.hidden_ranges.push(start..start + 2);
            }
            NodeValue::Math(math) => {
                let mark = match (math.dollar_math, math.display_math) {
                    (true, true) => "$$",
                    (true, false) => "$",
                    (false, _) => "$`",
                };
                let (range, _) = rest.locate(source, claimed(), &[InlineStart::from_words(mark)]);
                self.hidden_ranges.push(range);
            }
            NodeValue::WikiLink(_) if self.links.len() < MAX_ENTRIES => {
                let found = links::wiki_link_from_node(source, node, claimed(), rest, detail);
                self.note_link(found);
            }
            // An address in the text of a link is no link of its own (comrak's `render_link`).
            NodeValue::Link(_)
                if node.parent().is_some_and(|parent| matches!(parent.data().value, NodeValue::Link(_))) => {}
            NodeValue::Link(_) | NodeValue::Image(_) if self.links.len() < MAX_ENTRIES => {
                let found = links::link_from_node(source, node, claimed(), rest, detail);
                self.note_link(found);
            }
            NodeValue::HtmlInline(html) => {
                let beginning = plain_text::truncate_owned(html.lines().next().unwrap_or_default(), 20);
                let (range, _) = rest.locate(source, claimed(), &[InlineStart::from_words(&beginning)]);
                if self.has_label_marks {
                    self.note_tag(html, &range);
                }
                self.note_html(source, node, html, range);
            }
            _ => {}
        }
    }

    fn note_link(&mut self, found: Option<FoundLink>) {
        if self.has_label_marks {
            self.ranges_without_references.extend(found.as_ref().map(|link| link.range.clone()));
        }
        self.links.extend(found);
    }

    /// Notes a tag among words, and the text up to the tag that closes it where that is none for references.
    fn note_tag(&mut self, tag: &str, range: &Range<usize>) {
        self.ranges_without_references.push(range.clone());
        if !html::is_without_references(tag) {
            return;
        }
        if tag.starts_with("</") {
            self.ranges_without_references.extend(self.open_element.take().map(|start| start..range.end));
        } else {
            self.open_element = Some(range.start);
        }
    }

    fn note_html(&mut self, source: &Source<'_>, node: Node<'_>, html: &str, range: Range<usize>) {
        if html.trim_start().starts_with("<!--") {
            // What follows a comment in its line belongs to the same block, but it is shown.
            let end = source.text[range.clone()].rfind("-->").map_or(range.end, |at| range.start + at);
            self.hidden_ranges.push(range.start..end);
        }
        let room = MAX_ENTRIES - self.links.len();
        if room > 0 {
            self.links.extend(links::links_from_html(source, node, html, &range).into_iter().take(room));
        }
    }
}

/// What is no part of the page: a footnote that nothing refers to.
fn is_left_out(node: Node<'_>) -> bool {
    matches!(&node.data().value, NodeValue::FootnoteDefinition(footnote) if footnote.total_references == 0)
}

fn is_block(node: Node<'_>) -> bool {
    node.data().value.block()
}

fn is_item(node: Node<'_>) -> bool {
    matches!(node.data().value, NodeValue::Item(_) | NodeValue::TaskItem(_))
}
