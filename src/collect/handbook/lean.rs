//! A document without the words that say nothing of what is looked for: links, labels and headings.
//!
//! Nearly half of a handbook is prose without any of them, and a parser takes as long over it as over the rest. Of each
//! line of such prose only the beginning is kept: every other byte of the document, every line of it and every block
//! stays where it is, so that what is found in the lean text stands at the same place in the whole one.

use std::borrow::Cow;

use memchr::memchr;

/// The document as its links, labels and headings need it. Blocks that hold only plain words are cut to the first letter
/// of each line; what stands in them may be told as shorter than it is.
pub(super) fn lean(text: &str) -> Cow<'_, str> {
    let mut out = Lean { text, out: String::new(), copied: 0 };
    let mut block = Block::default();
    let mut start = 0;
    while start < text.len() {
        let end = memchr(b'\n', &text.as_bytes()[start..]).map_or(text.len(), |at| start + at);
        let line = &text.as_bytes()[start..end];
        if line.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
            out.put(&mut block);
            block = Block { lines: block.lines, ..Block::default() };
        } else {
            let head = Head::of(line);
            if block.is_surely_over_before(head) {
                out.put(&mut block);
                block.first = None;
            }
            block.take(line, head, start);
            if block.html && may_outlive_a_blank_line(line) {
                break;
            }
        }
        start = end + 1;
    }
    out.put(&mut block);
    out.whole()
}

/// The text as far as it is done.
struct Lean<'a> {
    text: &'a str,
    out: String,
    /// How much of the text is in `out`, whole or cut.
    copied: usize,
}

impl<'a> Lean<'a> {
    /// Cuts the lines of a block, if it is plain, and begins another one.
    fn put(&mut self, block: &mut Block) {
        for (end_of_head, end) in block.lines.drain(..).filter(|_| !block.speaks) {
            if self.out.capacity() == 0 {
                self.out.reserve_exact(self.text.len());
            }
            self.out.push_str(&self.text[self.copied..end_of_head]);
            self.copied = end;
        }
    }

    fn whole(mut self) -> Cow<'a, str> {
        if self.copied == 0 {
            return Cow::Borrowed(self.text);
        }
        self.out.push_str(&self.text[self.copied..]);
        Cow::Owned(self.out)
    }
}

/// Lines that no blank line divides, as far as they may be one paragraph.
#[derive(Default)]
struct Block {
    /// Where the heads of its lines end, and where the lines do.
    lines: Vec<(usize, usize)>,
    /// How its first line begins.
    first: Option<Head>,
    /// The least that a later line is indented.
    least: usize,
    /// It holds something else than plain words, so that it has to be read.
    speaks: bool,
    /// It or one before it, up to the last blank line, may be HTML, in which marks of lists mean nothing.
    html: bool,
    /// The same of tabs and carriage returns, which other lines are counted with.
    odd: bool,
}

impl Block {
    fn take(&mut self, line: &[u8], head: Head, start: usize) {
        if self.first.is_none() {
            (self.first, self.least, self.speaks) = (Some(head), usize::MAX, false);
        } else {
            self.least = self.least.min(head.indentation);
        }
        self.html |= memchr(b'<', line).is_some();
        self.odd |= line.iter().any(|byte| matches!(byte, b'\t' | b'\r'));
        self.speaks |= self.html || self.odd || head.length == 0 || speaks(line);
        self.lines.push((start + head.length, start + line.len()));
    }

    /// Whether a line begins another block, because it is surely an item of a list (CommonMark 0.31, section 5.2): the
    /// paragraph before it would go on if it were indented by four more than whatever holds that paragraph.
    fn is_surely_over_before(&self, next: Head) -> bool {
        let (Some(first), Some(mark), false) = (self.first, next.mark, self.html || self.odd) else { return false };
        let beside = |inside| first.mark.is_some() && next.indentation == first.indentation && self.least >= inside;
        match mark {
            Mark::Bullet => {
                let nested = first.mark.is_some()
                    && self.least >= first.text
                    && (first.text..first.text + 4).contains(&next.indentation);
                next.indentation < 4 || nested || beside(first.indentation)
            }
            // Between words, a number is one of them.
            Mark::Number => beside(first.text),
        }
    }
}

/// How a line begins.
#[derive(Clone, Copy)]
struct Head {
    /// Where what stands first in it begins, counted from 0.
    indentation: usize,
    /// The mark of a list item that is not empty.
    mark: Option<Mark>,
    /// Where the text behind that mark begins: what is indented as much as that belongs to the item.
    text: usize,
    /// How much has to be kept, so that the line stays what it is: up to the first letter or number of its text; 0 where
    /// it is more than plain text.
    length: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Bullet,
    Number,
}

impl Head {
    fn of(line: &[u8]) -> Self {
        let indentation = blanks(line);
        let (mut text, mut mark) = (indentation, None);
        while let Some((found, length)) = Mark::at(&line[text..]) {
            let behind = text + length;
            let gap = blanks(&line[behind..]);
            text = behind + gap;
            // Five blanks begin code, one blank behind the mark.
            mark = mark.or(Some((found, if gap < 5 { text } else { behind + 1 })));
        }
        let (mark, own) = mark.map_or((None, indentation), |(mark, text)| (Some(mark), text));
        Self { indentation, mark, text: own, length: words(&line[text..]).map_or(0, |length| text + length) }
    }
}

impl Mark {
    /// The mark that a text begins with, and its length. What stands behind it is a blank and something else.
    fn at(text: &[u8]) -> Option<(Self, usize)> {
        let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (mark, length) = match text.get(digits)? {
            b'-' | b'*' | b'+' if digits == 0 => (Self::Bullet, 1),
            b'.' | b')' if (1..=9).contains(&digits) => (Self::Number, digits + 1),
            _ => return None,
        };
        let rest = &text[length..];
        let blanks = blanks(rest);
        let filled = rest.get(blanks).is_some_and(|byte| !byte.is_ascii_whitespace());
        (blanks > 0 && filled).then_some((mark, length))
    }
}

/// The length of the beginning of a text that no other block begins with: marks of emphasis or of quotation with a letter
/// behind them, a letter, or a number.
fn words(text: &[u8]) -> Option<usize> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > 0 {
        return (!matches!(text.get(digits), Some(b'.' | b')'))).then_some(digits);
    }
    let marks = text.iter().take_while(|byte| matches!(byte, b'*' | b'_' | b'"' | b'\'' | b'(')).count();
    text.get(marks).is_some_and(u8::is_ascii_alphabetic).then_some(marks + 1)
}

fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|byte| **byte == b' ').count()
}

/// Whether a line may hold a part of a link, a label, raw HTML, a table, the marks of a heading or a character that is
/// not ASCII.
fn speaks(line: &[u8]) -> bool {
    line.iter().enumerate().any(|(at, byte)| match BYTES[usize::from(*byte)] {
        Byte::Plain => false,
        Byte::Speaks => true,
        // Addresses that stand in the text as they are.
        Byte::Maybe => line[at..].starts_with(b"://") || line[at..].starts_with(b"www."),
    })
}

#[derive(Clone, Copy)]
enum Byte {
    Plain,
    Maybe,
    Speaks,
}

const BYTES: [Byte; 256] = {
    let mut bytes = [Byte::Speaks; 256];
    let mut at = b' ';
    while at <= b'~' {
        bytes[at as usize] = match at {
            b'[' | b']' | b'<' | b'@' | b'~' | b'|' | b'#' | b'=' => Byte::Speaks,
            b':' | b'w' => Byte::Maybe,
            _ => Byte::Plain,
        };
        at += 1;
    }
    bytes
};

/// Whether HTML may begin here that goes on over blank lines (CommonMark 0.31, section 4.6, kinds 1 to 5). A comment
/// that ends in its line does not.
fn may_outlive_a_blank_line(line: &[u8]) -> bool {
    memchr::memchr_iter(b'<', line).any(|at| {
        let tag = &line[at + 1..];
        let named = |name: &str| tag.get(..name.len()).is_some_and(|own| own.eq_ignore_ascii_case(name.as_bytes()));
        let comment = tag.starts_with(b"!--") && memchr::memmem::find(&tag[3..], b"-->").is_some();
        !comment && ["!", "?", "pre", "script", "style", "textarea"].into_iter().any(named)
    })
}

#[cfg(test)]
mod tests;
