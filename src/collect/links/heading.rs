//! Anchors in GitLab Markdown: the ids that headings get, and lines of files.
//!
//! GitLab docs, "GitLab Flavored Markdown", "Heading IDs and links"; `Gitlab::Utils::Markdown` in
//! `lib/gitlab/utils/markdown.rb`. GitLab's rules changed over time in whether runs of dashes become one,
//! so both forms count: a living place is never called dead for that.

use std::collections::{BTreeMap, BTreeSet};

use comrak::nodes::{Node, NodeValue};
use comrak::{Arena, Options, parse_document};

/// The anchors of a Markdown text: of its headings, and of `id` and `name` in its raw HTML.
pub(super) fn anchors(text: &str) -> BTreeSet<String> {
    let mut options = Options::default();
    options.extension.front_matter_delimiter = Some("---".to_owned());
    options.extension.table = true;
    options.extension.strikethrough = true;
    let arena = Arena::new();
    let root = parse_document(&arena, text, &options);
    let mut found = BTreeSet::new();
    let mut used: [BTreeMap<String, usize>; 2] = Default::default();
    for node in root.descendants() {
        match &node.data().value {
            NodeValue::Heading(_) => {
                let words = words(node);
                for (squeezed, used) in [true, false].into_iter().zip(&mut used) {
                    let id = slug(&words, squeezed);
                    let times = used.entry(id.clone()).or_insert(0);
                    found.insert(if *times == 0 { id } else { format!("{id}-{times}") });
                    *times += 1;
                }
                found.extend(explicit_id(&words).map(str::to_owned));
            }
            NodeValue::HtmlBlock(html) => found.extend(super::fragment::all(html.literal.as_bytes())),
            NodeValue::HtmlInline(html) => found.extend(super::fragment::all(html.as_bytes())),
            _ => {}
        }
    }
    // GitLab prefixes ids of user content and finds them without the prefix, too.
    let prefixed: Vec<String> = found.iter().map(|id| format!("user-content-{id}")).collect();
    found.extend(prefixed);
    found
}

/// The id of a heading: lower case, without punctuation, blanks as dashes, runs of dashes as one if
/// `squeezed`; a number alone is told apart from an issue's.
pub(super) fn slug(heading: &str, squeezed: bool) -> String {
    let lower = heading.trim().to_lowercase();
    let mut id = String::new();
    for c in without_product_suffix(&lower).chars() {
        match c {
            ' ' | '-' if squeezed && id.ends_with('-') => {}
            ' ' | '-' => id.push('-'),
            '_' => id.push(c),
            // Ruby's \p{Word}: letters, marks, decimal digits, connectors.
            c if c.is_alphanumeric() || is_mark(c) => id.push(c),
            _ => {}
        }
    }
    if !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) { format!("anchor-{id}") } else { id }
}

/// The id that a heading names itself, for sites: `Regular meetings {#meetings}`.
fn explicit_id(heading: &str) -> Option<&str> {
    let (_, id) = heading.trim_end().strip_suffix('}')?.rsplit_once("{#")?;
    Some(id)
}

/// GitLab drops a heading's tier badge: `**(premium self)**`.
fn without_product_suffix(text: &str) -> &str {
    let Some(at) = text.rfind('(') else { return text };
    let words = text[at..].trim_end_matches('*').trim_start_matches('(').trim_end_matches(')');
    let tier = words.split(' ').next().unwrap_or_default();
    let badge = text.trim_end_matches('*').ends_with(')')
        && matches!(tier, "premium" | "ultimate" | "free" | "beta" | "experiment")
        && words.split(' ').skip(1).all(|word| matches!(word, "only" | "self" | "saas" | "all"));
    if badge { text[..at].trim_end_matches('*').trim_end() } else { text }
}

/// Combining marks of the scripts that headings are written in; emoji's joiners are none.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{487}' | '\u{591}'..='\u{5bd}' | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20dc}')
}

fn words(heading: Node<'_>) -> String {
    let mut out = String::new();
    for part in heading.descendants() {
        match &part.data().value {
            NodeValue::Text(text) => out.push_str(text),
            NodeValue::Code(code) => out.push_str(&code.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak => out.push(' '),
            _ => {}
        }
    }
    out
}

/// The last line that a fragment of GitLab's file view names: `L10`, `L10-20`, `L10-L20`.
pub(super) fn line_anchor(fragment: &str) -> Option<usize> {
    let (first, last) = match fragment.strip_prefix('L')?.split_once('-') {
        Some((first, last)) => (first, last.strip_prefix('L').unwrap_or(last)),
        None => (&fragment[1..], &fragment[1..]),
    };
    first.parse::<usize>().ok()?;
    last.parse().ok()
}

/// Whether GitLab renders a file as Markdown (`lib/gitlab/markup_helper.rb`).
pub(super) fn is_markdown(path: &str) -> bool {
    let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| matches!(ending.as_str(), "md" | "mdown" | "mkd" | "mkdn" | "markdown" | "rmd"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_made_as_gitlab_makes_them() {
        // The examples of GitLab docs, "Heading IDs and links", and edges around them.
        for (heading, squeezed, plain) in [
            ("This heading has spaces in it", "this-heading-has-spaces-in-it", "this-heading-has-spaces-in-it"),
            (
                "This header has 3.5 in it (and parentheses)",
                "this-header-has-35-in-it-and-parentheses",
                "this-header-has-35-in-it-and-parentheses",
            ),
            ("A - b -- c", "a-b-c", "a---b----c"),
            ("DAST **(ULTIMATE)**", "dast", "dast"),
            ("Scan (premium self)", "scan", "scan"),
            ("Free (of charge)", "free-of-charge", "free-of-charge"),
            ("2026", "anchor-2026", "anchor-2026"),
            ("snake_case `code`", "snake_case-code", "snake_case-code"),
            ("Über Köln, 東京!", "über-köln-東京", "über-köln-東京"),
        ] {
            assert_eq!((slug(heading, true).as_str(), slug(heading, false).as_str()), (squeezed, plain), "{heading}");
        }
    }

    #[test]
    fn repeated_headings_are_numbered_and_html_counts() {
        let found =
            anchors("---\ntitle: x\n---\n# One\n\n## One\n\n```\n# Two\n```\n\n<a name=\"three\"></a>\n\n# *Fo*u`r`\n");
        for there in ["one", "one-1", "three", "four", "user-content-one"] {
            assert!(found.contains(there), "{there}");
        }
        assert!(!found.contains("two") && !found.contains("one-2"));
    }

    #[test]
    fn lines_are_read_in_every_form() {
        for (fragment, line) in
            [("L7", Some(7)), ("L7-9", Some(9)), ("L7-L9", Some(9)), ("L", None), ("Lab", None), ("x", None)]
        {
            assert_eq!(line_anchor(fragment), line, "{fragment}");
        }
    }
}
