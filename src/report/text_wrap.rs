//! Paragraphs at the width of a terminal: broken at blanks only, so that no address is cut in two.

use textwrap::core::display_width;
use textwrap::{Options, WordSplitter, fill};

/// A paragraph behind a mark, its further lines below its text; all of it on one line where no width is given.
pub(super) fn wrap_paragraph(mark: &str, text: &str, width: Option<usize>) -> String {
    wrap_with_indent(mark, text, display_width(mark), width)
}

/// The same with further lines that are indented by so much.
pub(super) fn wrap_with_indent(mark: &str, text: &str, indentation: usize, width: Option<usize>) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some(width) = width.filter(|_| !text.is_empty()) else {
        return format!("{mark}{text}").trim_end().to_owned();
    };
    let indent = " ".repeat(indentation);
    let options = Options::new(width)
        .initial_indent(mark)
        .subsequent_indent(&indent)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation);
    fill(&text, options).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_is_broken_at_blanks_only_and_its_lines_stand_below_its_text() {
        let text = "See https://a-long.example/path-with/many-hyphens/and-no-end instead,  as\nit is.";
        assert_eq!(
            wrap_paragraph("  + ", text, Some(24)),
            "  + See\n    https://a-long.example/path-with/many-hyphens/and-no-end\n    instead, as it is."
        );
        assert_eq!(
            wrap_paragraph("  + ", text, None),
            "  + See https://a-long.example/path-with/many-hyphens/and-no-end instead, as it is."
        );
        assert_eq!(
            (wrap_paragraph("  + ", "", Some(24)), wrap_paragraph("  + ", "", None)),
            ("  +".to_owned(), "  +".to_owned())
        );
    }

    #[test]
    fn what_counts_is_how_wide_a_character_is_shown() {
        // Ten letters that take two columns each, and ten with an accent of its own.
        for (word, fits) in [("漢字漢字漢字漢字漢字", 2), ("e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}", 7)] {
            let text = [word; 9].join(" ");
            let first = wrap_paragraph("", &text, Some(41)).lines().next().unwrap_or_default().split(' ').count();
            assert_eq!(first, fits, "{word}");
        }
    }
}
