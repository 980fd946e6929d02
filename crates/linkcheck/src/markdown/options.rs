//! The parser's options, as GitLab sets them.
//!
//! GitLab's own list is `OPTIONS` in `lib/banzai/filter/markdown_engines/glfm_markdown.rb`. Those that only change the
//! HTML that is written (`header_ids`, `full_info_string`, `github_pre_lang`, `unsafe` and the like) are left out, and
//! so is front matter, which GitLab takes off before: see [`super::front_matter`].

use comrak::Options;
use memchr::{memchr_iter, memmem};

use super::Dialect;

/// How many steps the parser may take to look for the ends of all code math in a text: it begins anew for each.
const MAX_MATH_STEPS: usize = 4_000_000;

/// The options for a text. A page of Hugo's has no links in double brackets: `[[1]](a.md)` is one to `a.md` whose text is
/// `[1]` (`CommonMark`, "Links").
pub(super) fn options(text: &str, dialect: Dialect) -> Options<'static> {
    let mut options = Options::default();
    let extension = &mut options.extension;
    extension.alerts = true;
    extension.autolink = true;
    extension.cjk_friendly_emphasis = true;
    extension.description_lists = true;
    extension.footnotes = true;
    extension.math_code = is_math_code_cheap(text.as_bytes());
    extension.math_dollars = true;
    extension.multiline_block_quotes = true;
    extension.strikethrough = true;
    extension.table = true;
    extension.tasklist = true;
    extension.wikilinks_title_before_pipe = dialect == Dialect::Gitlab;
    options.parse.escaped_char_spans = true;
    // Definitions stay in their place, so that everything comes in the order of the text.
    options.parse.leave_footnote_definitions = true;
    options.parse.relaxed_autolinks = true;
    options.parse.relaxed_tasklist_matching = true;
    options.parse.tasklist_in_table = true;
    options
}

/// Whether code math can be told without going through the text again and again. Where it is not, it is a code span
/// between dollars, which hides as much.
fn is_math_code_cheap(text: &[u8]) -> bool {
    let openings = memmem::find_iter(text, b"$`").count();
    openings < 1_000 || openings.saturating_mul(memchr_iter(b'$', text).count()) <= MAX_MATH_STEPS
}
