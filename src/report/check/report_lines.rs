//! Lines of a report, wrapped where there is a width.

use std::fmt::Write as _;

use crate::pod::finding::Place;
use crate::pod::text::show_invisible;
use crate::report::text_wrap::wrap_paragraph;

/// Lines for a terminal of so many columns, or for no terminal.
pub(super) struct ReportLines {
    text: String,
    width: Option<usize>,
}

impl ReportLines {
    pub(super) fn new(width: Option<usize>) -> Self {
        Self { text: String::new(), width }
    }

    /// All that was written.
    pub(super) fn into_string(self) -> String {
        self.text
    }

    /// A line that is never broken: an address or a place stays whole.
    pub(super) fn push_line(&mut self, line: &str) {
        writeln!(self.text, "{line}").unwrap_or_default();
    }

    /// A mark with a text behind it, under which the text goes on.
    pub(super) fn push_paragraph(&mut self, mark: &str, text: &str) {
        self.push_line(&wrap_paragraph(mark, text, self.width));
    }

    /// A place with a text: behind it, or on a terminal below it.
    pub(super) fn push_entry(&mut self, head: &str, text: &str) {
        if self.width.is_some() {
            self.push_line(head);
            self.push_paragraph("      ", text);
        } else {
            self.push_paragraph(&format!("{head}: "), text);
        }
    }

    /// On a terminal, an empty line.
    pub(super) fn push_blank_on_terminal(&mut self) {
        if self.width.is_some() {
            self.push_line("");
        }
    }
}

/// A place as terminals and editors open it on a click.
pub(super) fn format_place(place: &Place) -> String {
    format!("{}:{}:{}", show_invisible(&place.path), place.line, place.column)
}
