//! Texts as people paste them.

use crate::pod::roster::Handle;

/// Without the blanks and quotes that are pasted along with a name.
pub(super) fn trim_quotes(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || "'\"`‘’“”".contains(c))
}

/// A handle, with or without its `@`.
pub(super) fn parse_handle(text: &str) -> Option<Handle> {
    let text = trim_quotes(text);
    Handle::parse(text.strip_prefix('@').unwrap_or(text))
}
