//! What the Markdown parser says about a page, in byte offsets and without its tree.
//!
//! comrak is GitLab's own Markdown parser. Its tree is walked once, never recursively, and the parts of
//! the page that this room cares for are noted in the order of the page.

use std::ops::Range;

use comrak::arena_tree::NodeEdge;
use comrak::nodes::{Node, NodeValue};
use comrak::{Arena, Options, parse_document};

use super::links::{self, FoundLink};
use super::plain;
use super::position::{self, Beginning, Rest};
use super::source::Source;
use super::{MOST, Whole};
use crate::collect::links::Headings;

/// What is known of a page after one walk through its tree.
#[derive(Default)]
pub(super) struct Outline {
    /// The front matter with its delimiters.
    pub(super) front_matter: Option<Range<usize>>,
    /// Every heading.
    pub(super) headings: Vec<Heading>,
    /// Every paragraph, with those of list items.
    pub(super) blocks: Vec<Block>,
    /// Every link, up to the cap.
    pub(super) links: Vec<FoundLink>,
    /// Every code span.
    pub(super) spans: Vec<Span>,
    /// Every code block.
    pub(super) code_blocks: Vec<Range<usize>>,
    /// What GitLab does not show or shows as something else: comments, the marks of struck text.
    pub(super) silent: Vec<Range<usize>>,
    /// Where links can lead to, in a document.
    pub(super) anchors: Headings,
    /// Some fence is never closed: where its code ends hangs on the lines behind it.
    pub(super) open_fence: bool,
}

/// A heading.
pub(super) struct Heading {
    /// 1 to 6.
    pub(super) level: u8,
    /// Its text, see [`plain::heading`].
    pub(super) text: String,
    /// Where it stands.
    pub(super) range: Range<usize>,
    /// Whether it divides the page: a heading inside a list or a quotation does not.
    pub(super) divides: bool,
    /// Whether it may be something else if the text goes on: `##` a lower heading, `-` below a line a list.
    pub(super) may_change: bool,
}

/// A paragraph.
pub(super) struct Block {
    /// From its first character to behind its last one.
    pub(super) range: Range<usize>,
    /// Its text, see [`plain::text`]; of a pod's page only, nobody else asks for it.
    pub(super) text: String,
    /// Whether it is the text of a list item.
    pub(super) item: bool,
    /// The text of the list item around its list, by its place in [`Outline::blocks`].
    pub(super) under: Option<usize>,
}

/// A code span.
pub(super) struct Span {
    /// From its first backtick to behind its last one.
    pub(super) range: Range<usize>,
    /// What stands between them.
    pub(super) text: String,
}

impl Outline {
    /// Walks through a page.
    pub(super) fn of(source: &Source<'_>, whole: Whole) -> Self {
        let arena = Arena::new();
        let root = parse_document(&arena, source.parsed(), &options());
        let mut outline = Self::default();
        // One entry for each open list item: its text's place among the blocks, once that is known.
        let mut items: Vec<Option<usize>> = Vec::new();
        let mut rest = Rest::default();
        for edge in root.traverse() {
            match edge {
                NodeEdge::Start(node) if is_item(node) => items.push(None),
                NodeEdge::End(node) if is_item(node) => {
                    items.pop();
                }
                NodeEdge::Start(node) => {
                    if is_block(node) {
                        let range = position::range(source, node);
                        rest = Rest::of(source, node, &range);
                        outline.note_block(source, node, range, &mut items, whole);
                    } else {
                        outline.note_inline(source, node, &mut rest, whole);
                    }
                    if whole == Whole::Document {
                        let line = |number| &source.text[source.line(source.parsed_line(number))];
                        outline.anchors.note(node, line);
                    }
                }
                NodeEdge::End(_) => {}
            }
        }
        outline
    }

    /// The text of the nearest heading above an offset; empty before the first.
    pub(super) fn section(&self, offset: usize) -> &str {
        let behind = self.headings.partition_point(|heading| heading.range.start <= offset);
        behind.checked_sub(1).map_or("", |index| &self.headings[index].text)
    }

    /// All code, spans and blocks.
    pub(super) fn code(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.spans.iter().map(|span| span.range.clone()).chain(self.code_blocks.iter().cloned())
    }

    fn note_block(
        &mut self,
        source: &Source<'_>,
        node: Node<'_>,
        range: Range<usize>,
        items: &mut [Option<usize>],
        whole: Whole,
    ) {
        match &node.data().value {
            NodeValue::FrontMatter(_) => self.front_matter = Some(range),
            NodeValue::Heading(heading) => {
                let text = plain::heading(node);
                let divides = node.parent().is_some_and(|parent| matches!(parent.data().value, NodeValue::Document));
                let may_change = source.may_go_on(range.end) && (heading.setext || text.is_empty());
                self.headings.push(Heading { level: heading.level, text, range, divides, may_change });
            }
            NodeValue::Paragraph => {
                let item = node.parent().is_some_and(is_item);
                if let Some(here @ None) = items.last_mut().filter(|_| item) {
                    *here = Some(self.blocks.len());
                }
                let around = items.len().checked_sub(2).and_then(|index| items[index]);
                let under = around.filter(|_| item);
                let text = match whole {
                    Whole::PodPage => plain::text(node, plain::LONGEST_BLOCK),
                    Whole::Document => String::new(),
                };
                self.blocks.push(Block { range, text, item, under });
            }
            NodeValue::CodeBlock(code) => {
                self.open_fence |= code.fenced && !code.closed;
                self.code_blocks.push(range);
            }
            NodeValue::HtmlBlock(block) => self.note_html(source, node, &block.literal, range),
            _ => {}
        }
    }

    fn note_inline(&mut self, source: &Source<'_>, node: Node<'_>, rest: &mut Rest, whole: Whole) {
        // Most inlines are text, whose place nobody asks for.
        let claimed = || position::range(source, node);
        match &node.data().value {
            NodeValue::Code(code) => {
                let backticks = "`".repeat(code.num_backticks);
                let (range, _) = rest.settle(source, claimed(), &[Beginning::of(&backticks)]);
                self.spans.push(Span { range, text: code.literal.clone() });
            }
            NodeValue::Strikethrough => {
                let start = rest.settle(source, claimed(), &[Beginning::of("~")]).0.start;
                self.silent.push(start..start + 2);
            }
            NodeValue::Link(_) | NodeValue::Image(_) if self.links.len() < MOST => {
                self.links.extend(links::markdown(source, node, claimed(), rest, whole));
            }
            NodeValue::HtmlInline(html) => {
                let beginning = plain::shortened(html.lines().next().unwrap_or_default(), 20);
                let (range, _) = rest.settle(source, claimed(), &[Beginning::of(&beginning)]);
                self.note_html(source, node, html, range);
            }
            _ => {}
        }
    }

    fn note_html(&mut self, source: &Source<'_>, node: Node<'_>, html: &str, range: Range<usize>) {
        if html.trim_start().starts_with("<!--") {
            // What follows a comment in its line belongs to the same block, but it is shown.
            let end = source.text[range.clone()].rfind("-->").map_or(range.end, |at| range.start + at);
            self.silent.push(range.start..end);
        }
        let room = MOST - self.links.len();
        if room > 0 {
            self.links.extend(links::html(source, node, html, &range).into_iter().take(room));
        }
    }
}

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.autolink = true;
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.front_matter_delimiter = Some("---".to_owned());
    options
}

fn is_block(node: Node<'_>) -> bool {
    let value = &node.data().value;
    value.block() || matches!(value, NodeValue::FrontMatter(_))
}

fn is_item(node: Node<'_>) -> bool {
    matches!(node.data().value, NodeValue::Item(_) | NodeValue::TaskItem(_))
}
