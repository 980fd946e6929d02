//! The page as characters: lines, places, and what a reader does not see of them.
//!
//! Everything else in this folder speaks in byte offsets of the text and asks here for lines and columns.
//! Every function is total: a position that the text does not have becomes the nearest one it has.

use std::ops::Range;

use comrak::nodes::LineColumn;

use super::Dialect;
use super::front_matter::FrontMatterBlock;

/// Bytes between two entries of the character count.
const STRIDE: usize = 64;

/// The text that is left of a document for the parser, see `prose_filter`.
#[derive(Debug, Default)]
pub(super) struct FilteredText {
    /// The text of the lines that are left.
    pub(super) text: String,
    /// The number, from 0, that each of them has in the document.
    pub(super) lines: Vec<usize>,
}

/// A page's text with the places in it.
pub struct Source<'a> {
    /// The whole text, whatever of it is parsed.
    pub text: &'a str,
    /// Whose Markdown it is.
    pub(super) dialect: Dialect,
    /// Where each line starts as Markdown counts lines: a lone carriage return ends one too.
    lines: Vec<usize>,
    /// Where each line starts as GitLab and editors count them. Places are reported in these.
    rows: Vec<usize>,
    /// How many characters start before each 64th byte, so that a column costs the same in any line. Empty where every
    /// byte is a character.
    counts: Vec<usize>,
    /// What the parser is given instead of the text.
    filtered: Option<FilteredText>,
    /// What stands before the text that is shown.
    front_matter: Option<FrontMatterBlock<'a>>,
    /// The number, from 0, of the first line behind that.
    first_line: usize,
}

impl<'a> Source<'a> {
    /// The same text, of which only a part is parsed.
    pub(super) fn with_filtered(self, filtered: FilteredText) -> Self {
        Self { filtered: Some(filtered), ..self }
    }

    /// Whether every line ends as GitLab and editors end it: no lone carriage return does.
    pub(super) fn has_no_lone_cr(&self) -> bool {
        self.lines.len() == self.rows.len()
    }

    /// The same text, parsed as it is.
    pub(super) fn unfiltered(self) -> Self {
        Self { filtered: None, ..self }
    }

    /// Whether it is parsed as it is.
    pub(super) fn is_unfiltered(&self) -> bool {
        self.filtered.is_none()
    }

    /// A text that is parsed as it is.
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Self {
        let bytes = text.as_bytes();
        let (mut lines, mut rows) = (vec![0], vec![0]);
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if bytes[at] == b'\n' {
                rows.push(at + 1);
            }
            if bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n') {
                lines.push(at + 1);
            }
        }
        let mut counts = Vec::new();
        if !text.is_ascii() {
            let mut characters = 0;
            counts.reserve_exact(bytes.len() / STRIDE + 1);
            for block in bytes.chunks(STRIDE) {
                counts.push(characters);
                characters += characters_in(block);
            }
            if bytes.len().is_multiple_of(STRIDE) {
                counts.push(characters);
            }
        }
        let front_matter = FrontMatterBlock::find(text, dialect);
        let body = front_matter.as_ref().map_or(0, |front_matter| front_matter.body);
        let first_line = lines.partition_point(|start| *start < body);
        Self { text, dialect, lines, rows, counts, filtered: None, front_matter, first_line }
    }

    /// Its front matter.
    pub fn front_matter(&self) -> Option<&FrontMatterBlock<'a>> {
        self.front_matter.as_ref()
    }

    /// The number, from 0, of the first line of the text that is shown.
    pub(super) fn first_line(&self) -> usize {
        self.first_line
    }

    /// What is to be parsed.
    pub(super) fn text_to_parse(&self) -> &str {
        let body = self.front_matter.as_ref().map_or(0, |front_matter| front_matter.body);
        self.filtered.as_ref().map_or(&self.text[body..], |filtered| &filtered.text)
    }

    /// The number of a line of the parser; both count from 0. The last one for every number behind it.
    pub(super) fn original_line(&self, number: usize) -> usize {
        match &self.filtered {
            Some(filtered) => filtered.lines.get(number).or(filtered.lines.last()).copied().unwrap_or(0),
            None => self.first_line + number,
        }
    }

    /// The line and column, from 1 and in characters, of an offset.
    pub fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let offset = self.floor_char_boundary(offset);
        let row = self.rows.partition_point(|start| *start <= offset);
        let start = self.rows[row - 1];
        (row, self.characters_before(offset) - self.characters_before(start) + 1)
    }

    /// The offset of a position of the parser: lines from 1, columns from 1 and in bytes.
    pub(super) fn offset(&self, at: LineColumn) -> usize {
        let line = self.line_range(self.original_line(at.line.saturating_sub(1)));
        self.floor_char_boundary((line.start + at.column.saturating_sub(1)).min(line.end))
    }

    /// The offset behind a position of the parser, which names the last byte.
    pub(super) fn offset_after(&self, at: LineColumn) -> usize {
        let line = self.line_range(self.original_line(at.line.saturating_sub(1)));
        self.floor_char_boundary((line.start + at.column).min(line.end))
    }

    /// A line, counted from 0, without its ending; the last one for every number behind it.
    pub fn line_range(&self, number: usize) -> Range<usize> {
        let number = number.min(self.lines.len() - 1);
        let (start, end) = (self.lines[number], self.line_end(number));
        let line = &self.text.as_bytes()[start..end];
        let ending = line.iter().rev().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        start..end - ending
    }

    /// Behind the ending of a line.
    pub(super) fn line_end(&self, number: usize) -> usize {
        self.lines.get(number + 1).copied().unwrap_or(self.text.len())
    }

    /// How many lines there are; behind the last ending stands one more.
    pub fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// The lines that a range touches, each without its ending, from the range's start on.
    pub fn line_ranges_in(&self, range: &Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
        let first = self.line_number(range.start);
        let last = self.line_number(range.end.max(range.start));
        let start = range.start;
        (first..=last).map(move |number| {
            let line = self.line_range(number);
            line.start.max(start).min(line.end)..line.end
        })
    }

    /// The number, from 0, of the line that holds an offset.
    pub fn line_number(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// Whether the text ends here without ending its line: it may have been cut.
    pub fn is_end_of_text(&self, offset: usize) -> bool {
        offset == self.text.len()
    }

    /// The text with blanks in place of some ranges; offsets and lines stay what they are.
    pub fn blank_out(&self, ranges: impl IntoIterator<Item = Range<usize>>) -> String {
        let mut ranges: Vec<Range<usize>> = ranges.into_iter().collect();
        ranges.sort_by_key(|range| range.start);
        let (mut bytes, mut done) = (self.text.as_bytes().to_vec(), 0);
        for range in ranges {
            let (start, end) = (self.floor_char_boundary(range.start).max(done), self.floor_char_boundary(range.end));
            let inside = bytes.get_mut(start..end).unwrap_or_default();
            inside.iter_mut().filter(|byte| !matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
            done = done.max(end);
        }
        // It is text: only whole characters became blanks.
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// The nearest character boundary at or before an offset.
    pub(super) fn floor_char_boundary(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }

    fn characters_before(&self, offset: usize) -> usize {
        let block = offset / STRIDE;
        match self.counts.get(block) {
            Some(count) => count + characters_in(&self.text.as_bytes()[block * STRIDE..offset]),
            None => offset,
        }
    }
}

/// How many characters begin in some bytes, at most one stride of them.
fn characters_in(bytes: &[u8]) -> usize {
    // So few that a byte can count them, which a vector unit does many of at once.
    usize::from(bytes.iter().map(|byte| u8::from(starts_character(*byte))).sum::<u8>())
}

/// Whether a byte of UTF-8 is the first of its character.
fn starts_character(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let source = Source::new("a é 🎫 b\r\nzwei\n", Dialect::Gitlab);
        let at = source.text.find('b').unwrap();
        assert_eq!(source.line_and_column(at), (1, 7));
        assert_eq!(source.line_and_column(source.text.find("zwei").unwrap() + 3), (2, 4));
        assert_eq!(source.line_and_column(usize::MAX), (3, 1));
        assert_eq!(Source::new("", Dialect::Gitlab).line_and_column(7), (1, 1));
    }

    #[test]
    fn every_offset_of_a_long_line_has_the_column_that_counting_gives() {
        for length in [63, 64, 65, 128] {
            let text = format!("{}é{}", "x".repeat(length), "ü".repeat(70));
            let source = Source::new(&text, Dialect::Gitlab);
            for (column, (at, _)) in text.char_indices().enumerate() {
                assert_eq!(source.line_and_column(at), (1, column + 1));
            }
            assert_eq!(source.line_and_column(text.len()), (1, text.chars().count() + 1));
        }
    }

    #[test]
    fn a_lone_carriage_return_ends_a_markdown_line_but_no_row() {
        let source = Source::new("a\rbc\nd", Dialect::Gitlab);
        assert_eq!(source.offset(LineColumn { line: 2, column: 2 }), 3);
        assert_eq!(source.line_and_column(3), (1, 4));
        assert_eq!(source.line_and_column(5), (2, 1));
    }

    #[test]
    fn positions_outside_the_text_are_brought_inside() {
        let source = Source::new("ab\né", Dialect::Gitlab);
        assert_eq!(source.offset(LineColumn { line: 0, column: 0 }), 0);
        assert_eq!(source.offset(LineColumn { line: 1, column: 99 }), 2);
        assert_eq!(source.offset(LineColumn { line: 99, column: 2 }), 3);
        assert_eq!(source.offset_after(LineColumn { line: 2, column: 2 }), 5);
    }

    #[test]
    fn blanked_ranges_keep_every_offset() {
        let source = Source::new("a é\n`c` d", Dialect::Gitlab);
        let out = source.blank_out([5..8, 2..4, 6..7, 100..200]);
        assert_eq!(out, "a   \n    d");
        assert_eq!(out.len(), source.text.len());
    }
}
