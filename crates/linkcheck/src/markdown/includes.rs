//! Files whose text GitLab shows in a page: lines of `::include{file=…}`.
//!
//! GitLab replaces them before Markdown is read, so that they count in code, too (GitLab docs, "Includes";
//! `lib/banzai/filter/include_filter.rb`).

use std::ops::Range;

use memchr::{memchr, memmem};

use super::MAX_TEXT_BYTES;
use super::links::FoundLink;
use super::source::Source;
use crate::link::LinkForm;

/// How such a line begins.
pub(crate) const INCLUDE_MARK: &str = "::include{file=";

/// The longest path that GitLab reads.
const MAX_PATH_CHARS: usize = 1_024;

/// Each line that includes a file, as a link whose address is the whole line.
pub(super) fn find_included_files(source: &Source<'_>) -> Vec<FoundLink> {
    let body = source.front_matter().map_or(0, |front_matter| front_matter.range.end);
    include_lines(source.text)
        .filter(|range| range.start >= body)
        .map(|range| FoundLink {
            url: source.text[range.clone()].to_owned(),
            text: String::new(),
            form: LinkForm::Inline,
            range,
        })
        .collect()
}

/// The most files that a page includes (`asciidoc_max_includes` of GitLab's settings, by default).
const MAX_INCLUDES: usize = 32;

/// A page's text with the texts of other files in their places, which `read` gives by the paths that it names; these
/// include nothing themselves. `None` where one of them cannot be known, or all together are more than is read.
pub(crate) fn fill_includes(text: &str, read: impl Fn(&str) -> Option<String>) -> Option<String> {
    let (mut filled, mut behind) = (String::with_capacity(text.len()), 0);
    for (count, range) in include_lines(text).enumerate() {
        let named = text[range.clone()].strip_prefix(INCLUDE_MARK)?.strip_suffix('}')?;
        filled.push_str(&text[behind..range.start]);
        filled.push_str(&read(named)?);
        behind = range.end;
        if count >= MAX_INCLUDES || filled.len() > MAX_TEXT_BYTES {
            return None;
        }
    }
    filled.push_str(&text[behind..]);
    (filled.len() <= MAX_TEXT_BYTES).then_some(filled)
}

/// Whether a page shows the text of other files, whose headings are then its own.
pub(crate) fn includes_files(text: &str) -> bool {
    include_lines(text).next().is_some()
}

fn include_lines(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    memmem::find_iter(text.as_bytes(), INCLUDE_MARK).filter_map(|start| {
        let is_line_start = text[..start].ends_with('\n') || start == 0;
        let end = memchr(b'\n', &text.as_bytes()[start..]).map_or(text.len(), |length| start + length);
        let line = text[start..end].trim_end_matches('\r');
        let path = line.strip_prefix(INCLUDE_MARK)?.strip_suffix('}')?;
        let is_path = !path.is_empty() && path.chars().take(MAX_PATH_CHARS + 1).count() <= MAX_PATH_CHARS;
        (is_line_start && is_path).then_some(start..start + line.len())
    })
}
