//! Where a block's inlines really stand.
//!
//! comrak's positions are right in all but some twenty of the handbook's 69,000 links. The cases where
//! they are wrong: behind an escaped pipe in a row of a table, behind a line break inside a link's
//! parentheses, and in a paragraph that begins with link definitions, whose lines are not counted. So a
//! position is believed only if the text there begins as the inline must; if not, the beginning is searched
//! in the block, behind the inline before it.

use std::ops::Range;

use comrak::nodes::{Node, NodeValue};

use super::source::Source;

/// How far a beginning is searched: longer than any line of the handbook, and short enough that many wrong
/// positions stay cheap.
const MAX_SEARCH_BYTES: usize = 8_000;

/// Locates the inlines of one block, which are asked for in their order.
#[derive(Default)]
pub(super) struct InlineLocator {
    /// Where the block begins.
    start: usize,
    /// Behind the beginning of the inline before.
    from: usize,
    /// Behind the block.
    end: usize,
}

impl InlineLocator {
    /// A block of which nothing is read yet.
    pub(super) fn for_block(source: &Source<'_>, block: Node<'_>, range: &Range<usize>) -> Self {
        let at = block.data().sourcepos;
        let line = |number: usize| source.line_range(source.original_line(number.saturating_sub(1)));
        let lines = count_definition_lines(source, block, range);
        let start = if lines == 0 { range.start } else { line(at.start.line + lines).start };
        // A cell's range is as wrong as those in it, so it is searched to the end of its line.
        let last = line(at.end.line).end;
        Self { start, from: start, end: last.max(start) }
    }

    /// The place of the next inline, which the parser sees at `claimed`, and the one of `beginnings` that
    /// it has. If it has none, the claim stands for want of a better one.
    pub(super) fn locate<'b>(
        &mut self,
        source: &Source<'_>,
        claimed: Range<usize>,
        beginnings: &[InlineStart<'b>],
    ) -> (Range<usize>, Option<InlineStart<'b>>) {
        let here = source.text.get(claimed.start..).filter(|_| claimed.start >= self.from).unwrap_or_default();
        let right =
            beginnings.iter().find(|beginning| beginning.matches_start(here)).map(|found| (claimed.start, *found));
        let found = right
            .or_else(|| self.search(source, self.from, beginnings))
            // One inline before may have been taken for a later one that looks like it.
            .or_else(|| self.search(source, self.start, beginnings));
        let start = found.map_or(claimed.start, |(start, _)| start);
        self.from = self.from.max(source.floor_char_boundary(start + 1));
        let end = source.floor_char_boundary(start + claimed.len());
        (start..end.max(start), found.map(|(_, beginning)| beginning))
    }

    /// The first beginning that stands in the block from an offset on.
    fn search<'b>(
        &self,
        source: &Source<'_>,
        from: usize,
        beginnings: &[InlineStart<'b>],
    ) -> Option<(usize, InlineStart<'b>)> {
        let window = &source.text[from..source.floor_char_boundary(self.end.min(from + MAX_SEARCH_BYTES)).max(from)];
        beginnings.iter().find_map(|beginning| Some((from + beginning.find_in(window)?, *beginning)))
    }
}

/// What an inline begins with: a mark, and the words behind it as far as they surely stand there as they are.
#[derive(Clone, Copy)]
pub(super) struct InlineStart<'b> {
    pub(super) mark: &'static str,
    pub(super) words: &'b str,
}

impl<'b> InlineStart<'b> {
    /// An inline that begins with words and no mark.
    pub(super) fn from_words(words: &'b str) -> Self {
        Self { mark: "", words }
    }

    fn matches_start(self, text: &str) -> bool {
        text.strip_prefix(self.mark).is_some_and(|rest| rest.starts_with(self.words))
    }

    fn find_in(self, text: &str) -> Option<usize> {
        let sign = if self.mark.is_empty() { self.words } else { self.mark };
        text.match_indices(sign).map(|(at, _)| at).find(|at| self.matches_start(&text[*at..]))
    }
}

/// Where the parser sees a node.
pub(super) fn node_range(source: &Source<'_>, node: Node<'_>) -> Range<usize> {
    let at = node.data().sourcepos;
    let start = source.offset(at.start);
    start..source.offset_after(at.end).max(start)
}

/// How many lines of link definitions a paragraph begins with.
fn count_definition_lines(source: &Source<'_>, block: Node<'_>, range: &Range<usize>) -> usize {
    let text = &source.text[range.clone()];
    let looks_so = text.starts_with('[') && text.find(']').is_some_and(|end| text[end..].starts_with("]:"));
    let (Some(first), Some(last)) = (block.first_child().filter(|_| looks_so), block.last_child()) else { return 0 };
    // What looks like a definition and is none is still there.
    if matches!(&first.data().value, NodeValue::Text(first) if first.starts_with('[')) {
        return 0;
    }
    let block = block.data();
    let underline = usize::from(matches!(&block.value, NodeValue::Heading(heading) if heading.setext));
    block.sourcepos.end.line.saturating_sub(last.data().sourcepos.end.line + underline)
}
