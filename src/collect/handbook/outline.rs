//! What the Markdown parser says about a page, in byte offsets and without its tree.
//!
//! comrak is GitLab's own Markdown parser. Its tree is walked once, never recursively, and the parts of
//! the page that this room cares for are noted in the order of the page.

use std::ops::Range;

use comrak::arena_tree::NodeEdge;
use comrak::nodes::{LineColumn, Node, NodeValue};
use comrak::{Arena, Options, parse_document};

use super::MOST;
use super::links::{self, FoundLink};
use super::plain;
use super::source::Source;

/// What is known of a page after one walk through its tree.
#[derive(Default)]
pub(super) struct Outline {
    /// The front matter with its delimiters.
    pub(super) front_matter: Option<Range<usize>>,
    /// Every heading.
    pub(super) headings: Vec<Heading>,
    /// Every paragraph, with those of list items.
    pub(super) blocks: Vec<Block>,
    /// Every link.
    pub(super) links: Vec<FoundLink>,
    /// Every code span.
    pub(super) spans: Vec<Span>,
    /// Every code block.
    pub(super) code_blocks: Vec<Range<usize>>,
    /// What GitLab does not show or shows as something else: comments, the marks of struck text.
    pub(super) silent: Vec<Range<usize>>,
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
    /// Its text, see [`plain::text`].
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
    pub(super) fn of(source: &Source<'_>) -> Self {
        let arena = Arena::new();
        let root = parse_document(&arena, source.text, &options());
        let mut outline = Self::default();
        // One entry for each open list item: its text's place among the blocks, once that is known.
        let mut items: Vec<Option<usize>> = Vec::new();
        let mut lost = Lost::default();
        for edge in root.traverse() {
            match edge {
                NodeEdge::Start(node) if is_item(node) => items.push(None),
                NodeEdge::End(node) if is_item(node) => {
                    items.pop();
                }
                NodeEdge::Start(node) if is_block(node) => {
                    let at = node.data().sourcepos;
                    let range = source.offset(at.start)..source.offset_behind(at.end);
                    lost = Lost::of(source, node, &range);
                    outline.note_block(source, node, range, &mut items);
                }
                NodeEdge::Start(node) => {
                    let at = node.data().sourcepos;
                    let range = source.offset(lost.found(source, at.start))..source.offset_behind(lost.found(source, at.end));
                    outline.note_inline(source, node, range);
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

    fn note_block(&mut self, source: &Source<'_>, node: Node<'_>, range: Range<usize>, items: &mut [Option<usize>]) {
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
                self.blocks.push(Block { range, text: plain::text(node, plain::LONGEST_BLOCK), item, under });
            }
            NodeValue::CodeBlock(_) => self.code_blocks.push(range),
            NodeValue::HtmlBlock(block) => self.note_html(source, node, &block.literal, range),
            _ => {}
        }
    }

    fn note_inline(&mut self, source: &Source<'_>, node: Node<'_>, range: Range<usize>) {
        match &node.data().value {
            NodeValue::Code(code) => {
                self.spans.push(Span { range: source.settled(range, "`"), text: code.literal.clone() });
            }
            NodeValue::Strikethrough => {
                let start = source.settled(range, "~").start;
                self.silent.push(start..start + 2);
            }
            NodeValue::Link(_) | NodeValue::Image(_) if self.links.len() < MOST => {
                self.links.extend(links::markdown(source, node, range));
            }
            NodeValue::HtmlInline(html) => self.note_html(source, node, html, source.settled(range, "<")),
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
        self.links.extend(links::html(source, node, html, &range).into_iter().take(room));
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

/// The lines of link definitions that a paragraph begins with.
///
/// comrak takes them out and then places the inlines of the paragraph as if it began without them: that
/// many lines too high, with the indentation of the line that stands there.
#[derive(Default)]
struct Lost {
    lines: usize,
    paragraph: usize,
}

impl Lost {
    fn of(source: &Source<'_>, node: Node<'_>, range: &Range<usize>) -> Self {
        let text = &source.text[range.clone()];
        let defines = text.starts_with('[') && text.find(']').is_some_and(|end| text[end..].starts_with("]:"));
        let last = node.last_child().filter(|_| defines).map(|last| last.data().sourcepos.end.line);
        let lines = last.map_or(0, |last| node.data().sourcepos.end.line.saturating_sub(last));
        Self { lines, paragraph: range.start }
    }

    /// The place that a position means.
    fn found(&self, source: &Source<'_>, at: LineColumn) -> LineColumn {
        if self.lines == 0 {
            return at;
        }
        let line = at.line + self.lines;
        let column = at.column + self.indentation(source, line);
        LineColumn { line, column: column.saturating_sub(self.indentation(source, at.line)) }
    }

    /// What comrak cuts off the beginning of a line.
    fn indentation(&self, source: &Source<'_>, line: usize) -> usize {
        let number = line.saturating_sub(1);
        let range = source.line(number);
        if source.line_number(self.paragraph) == number {
            return self.paragraph - range.start;
        }
        let text = &source.text[range];
        text.len() - text.trim_start_matches([' ', '\t', '>']).len()
    }
}

fn is_block(node: Node<'_>) -> bool {
    let value = &node.data().value;
    value.block() || matches!(value, NodeValue::FrontMatter(_))
}

fn is_item(node: Node<'_>) -> bool {
    matches!(node.data().value, NodeValue::Item(_) | NodeValue::TaskItem(_))
}
