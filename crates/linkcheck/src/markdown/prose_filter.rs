//! A document without the prose that holds nothing of what is searched: links, labels and headings.
//!
//! Nearly half of a handbook is such prose, and a parser takes as long over it as over the rest. So paragraphs and list
//! items of plain words are left out where nothing else hangs on them, and cut to the beginning of each line elsewhere.
//! What is left stands as it stood, line by line, and its lines keep their numbers.
//!
//! The parser must not find a difference. Where it could (definitions of links, lone carriage returns, a fence that is
//! never closed), the whole text is parsed: see [`filtered_source`] and `ParsedMarkdown::parse`.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memchr2, memchr3, memmem};

use super::Dialect;
use super::source::{FilteredText, Source};

/// A text that is parsed without the prose that holds no links, labels or headings.
pub(super) fn filtered_source(text: &str, dialect: Dialect) -> Source<'_> {
    let whole = Source::new(text, dialect);
    // How often a definition may be used hangs on the length of the text, and a lone carriage return on what stands
    // behind it.
    let whole_only = memmem::find(text.as_bytes(), b"]:").is_some() || !whole.has_no_lone_cr();
    if whole_only {
        return whole;
    }
    let filtered = filter_prose(&whole);
    whole.with_filtered(filtered)
}

/// The document as its links, labels and headings need it.
pub(super) fn filter_prose(source: &Source<'_>) -> FilteredText {
    let mut out = FilterWriter { source, filtered: FilteredText::default(), gap: 0..0, waiting: Vec::new() };
    out.filtered.text.reserve(source.text.len());
    let mut addresses = BareUrlScan::new(source.text);
    let mut number = source.first_line();
    let mut block = TextBlock::starting_at(number);
    while number < source.line_count() {
        let range = source.line_range(number);
        let line = &source.text.as_bytes()[range.clone()];
        if line.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
            out.write_block(&block);
            let start = if out.gap.is_empty() { number } else { out.gap.start };
            out.gap = start..number + 1;
            block = TextBlock::starting_at(number + 1);
        } else {
            let head = LineStart::parse(line);
            if block.certainly_ends_before(head) {
                out.write_block(&block);
                block.restart_at(number);
            }
            block.add_line(line, head, addresses.advance_past_line(&range));
            if block.has_tab_or_html && may_open_raw_html(line) {
                break;
            }
        }
        number += 1;
    }
    out.write_block(&block);
    // What is left where HTML may go on.
    out.write_lines(block.lines.end..source.line_count());
    out.filtered
}

/// Writes the filtered text, block by block.
struct FilterWriter<'a> {
    source: &'a Source<'a>,
    filtered: FilteredText,
    /// The blank lines before what comes next.
    gap: Range<usize>,
    /// Plain blocks of which nobody knows yet whether something hangs on them, each with the blank lines before it.
    waiting: Vec<(Range<usize>, Range<usize>)>,
}

impl FilterWriter<'_> {
    fn write_block(&mut self, block: &TextBlock) {
        let Some(first) = block.first else { return };
        let gaps = self.waiting.iter().map(|(gap, _)| gap).chain([&self.gap]);
        let gap = gaps.into_iter().find(|gap| !gap.is_empty()).cloned();
        // It ends all items before it, so that nothing hangs on those that wait; but a number goes on with a list, and a
        // description belongs to the paragraph before it.
        let goes_on = gap.is_none() && first.mark == Some(ListMarker::Ordered);
        if first.indentation == 0 && !goes_on && !first.is_description {
            self.waiting.clear();
            self.gap = gap.unwrap_or_default();
        }
        let gap = std::mem::take(&mut self.gap);
        if block.can_be_dropped() {
            self.waiting.push((gap, block.lines.clone()));
            return;
        }
        for (gap, lines) in std::mem::take(&mut self.waiting) {
            self.write_lines(gap);
            self.write_line_starts(lines);
        }
        self.write_lines(gap);
        if block.needs_parsing {
            self.write_lines(block.lines.clone());
        } else {
            self.write_line_starts(block.lines.clone());
        }
    }

    fn write_line_starts(&mut self, lines: Range<usize>) {
        for number in lines {
            let range = self.source.line_range(number);
            let head = LineStart::parse(&self.source.text.as_bytes()[range.clone()]);
            self.filtered.text.push_str(&self.source.text[range.start..range.start + head.length]);
            self.filtered.text.push('\n');
            self.filtered.lines.push(number);
        }
    }

    fn write_lines(&mut self, lines: Range<usize>) {
        if !lines.is_empty() {
            let (start, end) = (self.source.line_range(lines.start).start, self.source.line_end(lines.end - 1));
            self.filtered.text.push_str(&self.source.text[start..end]);
            self.filtered.lines.extend(lines);
        }
    }
}

/// Lines that no blank line divides, as far as they may be one paragraph.
#[derive(Default)]
struct TextBlock {
    lines: Range<usize>,
    /// How its first line begins.
    first: Option<LineStart>,
    /// The least that a later line is indented.
    min_indentation: usize,
    /// Whether a later line begins with a list marker.
    has_list_markers: bool,
    /// Whether it holds something else than plain words, so that it has to be parsed.
    needs_parsing: bool,
    /// It or one before it, up to the last blank line, holds tabs, which are as wide as their place makes them, or
    /// perhaps HTML, in which marks of lists mean nothing.
    has_tab_or_html: bool,
}

impl TextBlock {
    /// The block that starts at a line or behind it.
    fn starting_at(number: usize) -> Self {
        Self { lines: number..number, ..Self::default() }
    }

    fn restart_at(&mut self, number: usize) {
        (self.lines, self.first) = (number..number, None);
    }

    fn add_line(&mut self, line: &[u8], head: LineStart, address: bool) {
        if self.first.is_none() {
            (self.first, self.min_indentation, self.has_list_markers, self.needs_parsing) =
                (Some(head), usize::MAX, false, false);
        } else {
            self.min_indentation = self.min_indentation.min(head.indentation);
            self.has_list_markers |= head.mark.is_some();
        }
        self.lines.end += 1;
        // Where it is known that a block needs parsing, only what shows where it ends is searched.
        self.has_tab_or_html = self.has_tab_or_html || memchr2(b'<', b'\t', line).is_some();
        self.needs_parsing =
            self.needs_parsing || self.has_tab_or_html || head.length == 0 || address || may_need_parsing(line);
    }

    /// Whether it can be left out, unless something is indented below it. An item of several lines may be one that lost
    /// dashes of its own.
    fn can_be_dropped(&self) -> bool {
        let paragraph =
            self.first.is_some_and(|first| first.indentation == 0 && first.mark.is_none()) && !self.has_list_markers;
        !self.needs_parsing && (paragraph || self.lines.len() == 1)
    }

    /// Whether a line begins another block, because it is surely an item of a list (`CommonMark` 0.31, section 5.2):
    /// the paragraph before it would go on if it were indented by four more than whatever holds that paragraph.
    fn certainly_ends_before(&self, next: LineStart) -> bool {
        let (Some(first), Some(mark), false) = (self.first, next.mark, self.has_tab_or_html) else { return false };
        let beside =
            |inside| first.mark.is_some() && next.indentation == first.indentation && self.min_indentation >= inside;
        match mark {
            ListMarker::Bullet => {
                let nested = first.mark.is_some()
                    && self.min_indentation >= first.text
                    && (first.text..first.text + 4).contains(&next.indentation);
                next.indentation < 4 || nested || beside(first.indentation)
            }
            // Between words, a number is one of them.
            ListMarker::Ordered => beside(first.text),
        }
    }
}

/// How a line begins.
#[derive(Clone, Copy)]
struct LineStart {
    /// How many blanks it begins with.
    indentation: usize,
    /// The marker of a list item that is not empty.
    mark: Option<ListMarker>,
    /// Where the text behind that mark begins: what is indented as much as that belongs to the item.
    text: usize,
    /// Whether it may describe the term before it (GitLab docs, "Description lists").
    is_description: bool,
    /// How much has to be kept, so that the line stays what it is: up to the first letter or number of its text; 0
    /// where it is more than plain text.
    length: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ListMarker {
    Bullet,
    Ordered,
}

impl LineStart {
    fn parse(line: &[u8]) -> Self {
        let begin = leading_spaces(line);
        // A tab is as wide as its place makes it; that is more than any of ours.
        let indentation = if line.get(begin) == Some(&b'\t') { usize::MAX } else { begin };
        if is_thematic_break(&line[begin..]) {
            return Self { indentation, mark: None, text: begin, is_description: false, length: 0 };
        }
        let (mut text, mut mark) = (begin, None);
        while let Some((found, length)) = ListMarker::parse(&line[text..]) {
            let behind = text + length;
            let gap = leading_spaces(&line[behind..]);
            text = behind + gap;
            // Five blanks begin code, one blank behind the mark.
            mark = mark.or(Some((found, if gap < 5 { text } else { behind + 1 })));
        }
        let (mark, own) = mark.map_or((None, begin), |(mark, text)| (Some(mark), text));
        let is_description = matches!(line.get(begin), Some(b':' | b'~'));
        let length = plain_start_len(&line[text..]).map_or(0, |length| text + length);
        Self { indentation, mark, text: own, is_description, length }
    }
}

/// Whether a line is a rule across the page, which looks like an item without text (`CommonMark` 0.31, section 4.1).
fn is_thematic_break(line: &[u8]) -> bool {
    let mut marks = line.iter().filter(|byte| !matches!(byte, b' ' | b'\t'));
    let Some(first) = marks.next().filter(|first| matches!(first, b'-' | b'*' | b'_')) else { return false };
    let mut others = 0;
    marks.all(|mark| {
        others += 1;
        mark == first
    }) && others >= 2
}

impl ListMarker {
    /// The list marker that a text begins with, and its length. What stands behind it is a blank and something else.
    fn parse(text: &[u8]) -> Option<(Self, usize)> {
        let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (mark, length) = match text.get(digits)? {
            b'-' | b'*' | b'+' if digits == 0 => (Self::Bullet, 1),
            b'.' | b')' if (1..=9).contains(&digits) => (Self::Ordered, digits + 1),
            _ => return None,
        };
        let rest = &text[length..];
        let blanks = leading_spaces(rest);
        let filled = rest.get(blanks).is_some_and(|byte| !byte.is_ascii_whitespace());
        (blanks > 0 && filled).then_some((mark, length))
    }
}

/// The length of the beginning of a text that no other block begins with: marks of emphasis or of quotation with a
/// letter behind them, a letter, or a number.
fn plain_start_len(text: &[u8]) -> Option<usize> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > 0 {
        return (!matches!(text.get(digits), Some(b'.' | b')'))).then_some(digits);
    }
    let marks = text.iter().take_while(|byte| matches!(byte, b'*' | b'_' | b'"' | b'\'' | b'(')).count();
    text.get(marks).is_some_and(u8::is_ascii_alphabetic).then_some(marks + 1)
}

fn leading_spaces(text: &[u8]) -> usize {
    text.iter().take_while(|byte| **byte == b' ').count()
}

/// Whether a line may hold a part of a link, a label, a table, the marks of a heading or a character that is not ASCII.
fn may_need_parsing(line: &[u8]) -> bool {
    memchr3(b'[', b']', b'|', line).is_some()
        || memchr3(b'#', b'=', b'@', line).is_some()
        || memchr(b'~', line).is_some()
        || !line.is_ascii()
}

/// Searches the addresses that stand in the text as they are, in their order.
struct BareUrlScan<'a> {
    schemes: memmem::FindIter<'a, 'static>,
    hosts: memmem::FindIter<'a, 'static>,
    next: [Option<usize>; 2],
}

impl<'a> BareUrlScan<'a> {
    fn new(text: &'a str) -> Self {
        let find = |sign: &'static str| memmem::find_iter(text.as_bytes(), sign);
        let (mut schemes, mut hosts) = (find("://"), find("www."));
        let next = [schemes.next(), hosts.next()];
        Self { schemes, hosts, next }
    }

    /// Whether one stands in a line; lines are asked for in their order.
    fn advance_past_line(&mut self, line: &Range<usize>) -> bool {
        let mut any = false;
        for (next, others) in self.next.iter_mut().zip([&mut self.schemes, &mut self.hosts]) {
            while let Some(at) = next.filter(|at| *at < line.end) {
                any |= at >= line.start;
                *next = others.next();
            }
        }
        any
    }
}

/// Whether HTML may begin here that goes on over blank lines (`CommonMark` 0.31, section 4.6, kinds 1 to 5). A comment
/// that ends in its line does not.
fn may_open_raw_html(line: &[u8]) -> bool {
    memchr_iter(b'<', line).any(|at| {
        let tag = &line[at + 1..];
        let named = |name: &str| tag.get(..name.len()).is_some_and(|own| own.eq_ignore_ascii_case(name.as_bytes()));
        let comment = tag.starts_with(b"!--") && memmem::find(&tag[3..], b"-->").is_some();
        !comment && ["!", "?", "pre", "script", "style", "textarea"].into_iter().any(named)
    })
}

#[cfg(test)]
mod tests;
