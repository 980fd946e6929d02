//! List lines that lost their dash.

use std::ops::Range;

use linkcheck::markdown::outline::Paragraph;
use linkcheck::text::one_line;

use super::{MAX_ENTRIES, ParsedPage, shortcode};
use crate::pod::finding::Finding;
use crate::pod::rule::Rule;

/// The most words of what stands before the colon in a line like `GitLab.com label: …`.
const MOST_WORDS: usize = 5;

/// What stands before the colon of a remark, which belongs to the item above it.
const REMARKS: [&str; 12] = [
    "a",
    "action",
    "caution",
    "e.g.",
    "example",
    "for example",
    "important",
    "nb",
    "note",
    "please note",
    "tip",
    "warning",
];

/// Finds lines that stand under a list without a dash of their own, so that Markdown takes them for the
/// end of the item above.
///
/// Long items are wrapped like that on purpose, so a line counts only if it looks like an item of its own:
/// it is not indented as the item above is, and it begins with a short name and a colon as that does, or
/// names a label, or holds a member.
pub(super) fn check(page: &ParsedPage<'_>, findings: &mut Vec<Finding>) {
    for block in page.outline.paragraphs.iter().filter(|block| block.is_list_item) {
        let text = &page.source.text.as_bytes()[block.range.clone()];
        if memchr::memchr2(b'\n', b'\r', text).is_none() {
            continue;
        }
        let mut lines = page.source.line_ranges_in(&block.range);
        let Some(first) = lines.next() else { continue };
        let indentation = item_indentation(page, block);
        let mut above = first;
        for line in lines {
            if findings.len() < MAX_ENTRIES && is_missing_dash(page, &line, &above, indentation) {
                findings.push(missing_dash_finding(page, &line));
            }
            above = line;
        }
    }
}

fn missing_dash_finding(page: &ParsedPage<'_>, line: &Range<usize>) -> Finding {
    let text = page.source.text[line.clone()].trim();
    let shown = one_line(text);
    let message =
        format!("\"{shown}\" stands under a list without its dash, so it shows as the end of the item above.");
    let start = line.end - page.source.text[line.clone()].trim_start().len();
    Finding::new(Rule::ListDashMissing, shown, message).with_place(page.place_at(start))
}

fn is_missing_dash(page: &ParsedPage<'_>, line: &Range<usize>, above: &Range<usize>, indentation: usize) -> bool {
    let text = &page.source.text[line.clone()];
    let own = text.len() - text.trim_start().len();
    if own >= indentation || text[own..].starts_with('>') {
        return false;
    }
    let above = page.source.text[above.clone()].trim_end();
    // A sentence that is not over goes on, whatever its next words are; and a line that somebody ended by
    // hand was meant to have another one below it.
    let by_hand = ["<br>", "<br/>", "<br />", "\\"].iter().any(|end| above.ends_with(end));
    if by_hand || above.ends_with([',', ';', '(', '[', '-', '–', '—']) {
        return false;
    }
    let alike = above.contains(": ") || above.contains(" - ") || text.contains("~\"");
    (alike && looks_like_named_item(text.trim())) || !shortcode::find_member_shortcodes(text).is_empty()
}

/// How far the text of an item stands from the beginning of its line; a task's checkbox is a part of the text.
fn item_indentation(page: &ParsedPage<'_>, block: &Paragraph) -> usize {
    let line = page.source.line_range(page.source.line_number(block.range.start));
    let before = &page.source.text[line.start..block.range.start];
    before.rfind('[').unwrap_or(before.len())
}

/// Whether a line reads `Name: …`, with a name of a few words that begins with a capital.
fn looks_like_named_item(text: &str) -> bool {
    let Some((name, value)) = text.split_once(": ") else { return false };
    let begins = name.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit());
    let quiet = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '.' | '/' | '-' | '&' | '\'' | '(' | ')');
    let remark = REMARKS.contains(&name.to_lowercase().as_str());
    let short = name.split_whitespace().count() <= MOST_WORDS;
    begins && short && !remark && !value.trim().is_empty() && name.chars().all(quiet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_line_is_a_few_quiet_words_and_a_colon() {
        for line in ["GitLab.com label: ~\"a\"", "CI/CD template: https://a.example", "15.0 Readiness - Alpha: x"] {
            assert!(looks_like_named_item(line), "{line}");
        }
        for line in
            ["https://a.example", "and so on: x", "Name:", "A sentence that is rather long: x", "Note: x", "**B**: x"]
        {
            assert!(!looks_like_named_item(line), "{line}");
        }
    }
}
