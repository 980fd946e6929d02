//! Lines of at most so many columns, broken at blanks.

use crate::pod::text::show_invisible;
use crate::report::text_wrap::wrap_paragraph;

/// Lines that grow downwards.
pub(super) struct WrappedLines {
    text: String,
    width: usize,
}

impl WrappedLines {
    pub(super) fn new(width: usize) -> Self {
        Self { text: String::new(), width }
    }

    /// All of them.
    pub(super) fn into_string(self) -> String {
        self.text
    }

    /// A line as it is.
    pub(super) fn push_line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// A paragraph behind a mark, its further lines below its text.
    pub(super) fn push_wrapped(&mut self, mark: &str, text: &str) {
        self.push_line(&wrap_paragraph(mark, text, Some(self.width)));
    }

    /// A text that is not wrapped; gives how many lines it has.
    pub(super) fn push_indented(&mut self, text: &str) -> usize {
        for line in text.lines() {
            self.push_line(format!("      {}", show_invisible(line)).trim_end());
        }
        text.lines().count()
    }
}
