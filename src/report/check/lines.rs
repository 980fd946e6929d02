//! Lines of a report, wrapped where there is a width.

use std::fmt::Write as _;

use crate::report::wrap::paragraph;

/// Lines for a terminal of so many columns, or for no terminal.
pub(super) struct Lines {
    text: String,
    width: Option<usize>,
}

impl Lines {
    pub(super) fn new(width: Option<usize>) -> Self {
        Self { text: String::new(), width }
    }

    /// All that was written.
    pub(super) fn end(self) -> String {
        self.text
    }

    /// A line that is never broken: an address or a place stays whole.
    pub(super) fn line(&mut self, line: &str) {
        writeln!(self.text, "{line}").unwrap_or_default();
    }

    /// A mark with a text behind it, under which the text goes on.
    pub(super) fn paragraph(&mut self, mark: &str, text: &str) {
        self.line(&paragraph(mark, text, self.width));
    }

    /// A place with a text: behind it, or on a terminal below it.
    pub(super) fn entry(&mut self, head: &str, text: &str) {
        if self.width.is_some() {
            self.line(head);
            self.paragraph("      ", text);
        } else {
            self.paragraph(&format!("{head}: "), text);
        }
    }

    /// On a terminal, an empty line.
    pub(super) fn gap(&mut self) {
        if self.width.is_some() {
            self.line("");
        }
    }
}
