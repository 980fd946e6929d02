//! Anchors in GitLab Markdown: the ids that headings get, and lines of files.
//!
//! GitLab docs, "GitLab Flavored Markdown", "Heading IDs and links"; `Gitlab::Utils::Markdown` in
//! `lib/gitlab/utils/markdown.rb`. GitLab's rules changed over time in whether runs of dashes become one,
//! so both forms count: a living place is never called dead for that.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use comrak::nodes::{Node, NodeValue};
use comrak::{Arena, Options, parse_document};

/// The headings of a Markdown text with the `id` and `name` of its raw HTML: the places that links can lead to.
///
/// Many documents are read and few are asked for a place, so ids are made when the first is asked for.
#[derive(Debug, Clone, Default)]
pub(in crate::collect) struct Headings {
    /// The words of each, in order.
    words: Vec<String>,
    /// What the raw HTML names.
    named: Vec<String>,
    ids: OnceLock<BTreeSet<String>>,
}

impl Headings {
    /// Those of a text.
    pub(super) fn of_text(text: &str) -> Self {
        let mut options = Options::default();
        options.extension.front_matter_delimiter = Some("---".to_owned());
        options.extension.table = true;
        options.extension.strikethrough = true;
        let arena = Arena::new();
        Self::of(parse_document(&arena, text, &options))
    }

    /// Those of a text that is parsed already.
    pub(in crate::collect) fn of(root: Node<'_>) -> Self {
        let mut found = Self::default();
        for node in root.descendants() {
            match &node.data().value {
                NodeValue::Heading(_) => found.words.push(words(node)),
                NodeValue::HtmlBlock(html) => found.named.extend(named(&html.literal)),
                NodeValue::HtmlInline(html) => found.named.extend(named(html)),
                _ => {}
            }
        }
        found
    }

    /// Whether a place is there. GitLab prefixes ids of user content and finds them without the prefix, too.
    pub(super) fn has(&self, place: &str) -> bool {
        let ids = self.ids.get_or_init(|| self.ids());
        ids.contains(place) || place.strip_prefix("user-content-").is_some_and(|bare| ids.contains(bare))
    }

    fn ids(&self) -> BTreeSet<String> {
        let slugs: Vec<String> = self.words.iter().map(|words| slug(words)).collect();
        let mut ids = BTreeSet::new();
        if slugs.iter().any(|slug| slug.contains("--")) {
            ids.extend(numbered(slugs.iter().map(|slug| squeezed(slug))));
        }
        ids.extend(numbered(slugs.into_iter()));
        ids.extend(self.words.iter().filter_map(|words| explicit_id(words)).map(str::to_owned));
        ids.extend(self.named.iter().cloned());
        ids
    }
}

/// Slugs as ids: one that was there before gets a number.
fn numbered(slugs: impl Iterator<Item = String>) -> Vec<String> {
    let mut used: BTreeMap<String, usize> = BTreeMap::new();
    let number = |slug: String| {
        if let Some(times) = used.get_mut(&slug) {
            *times += 1;
            return format!("{slug}-{times}");
        }
        used.insert(slug.clone(), 0);
        slug
    };
    slugs.map(number).collect()
}

fn named(html: &str) -> BTreeSet<String> {
    if html.contains('=') { super::fragment::all(html.as_bytes()) } else { BTreeSet::new() }
}

/// The id of a heading: lower case, without punctuation, blanks as dashes; a number alone is told apart from an
/// issue's.
pub(super) fn slug(heading: &str) -> String {
    let lower = heading.trim().to_lowercase();
    let mut id = String::with_capacity(lower.len());
    for c in without_product_suffix(&lower).chars() {
        match c {
            ' ' | '-' => id.push('-'),
            '_' => id.push(c),
            // Ruby's \p{Word}: letters, marks, decimal digits, connectors.
            c if c.is_alphanumeric() || is_mark(c) => id.push(c),
            _ => {}
        }
    }
    if !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) { format!("anchor-{id}") } else { id }
}

/// A slug with runs of dashes as one.
fn squeezed(slug: &str) -> String {
    let mut out = String::with_capacity(slug.len());
    for c in slug.chars() {
        if c != '-' || !out.ends_with('-') {
            out.push(c);
        }
    }
    out
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
            assert_eq!(
                (super::squeezed(&slug(heading)).as_str(), slug(heading).as_str()),
                (squeezed, plain),
                "{heading}"
            );
        }
    }

    #[test]
    fn repeated_headings_are_numbered_and_html_counts() {
        let found = Headings::of_text(
            "---\ntitle: x\n---\n# One\n\n## One\n\n```\n# Two\n```\n\n<a name=\"three\"></a>\n\n# *Fo*u`r`\n",
        );
        for there in ["one", "one-1", "three", "four", "user-content-one"] {
            assert!(found.has(there), "{there}");
        }
        assert!(!found.has("two") && !found.has("one-2"));
    }

    #[test]
    fn numbers_count_both_forms_of_a_slug() {
        let found = Headings::of_text("# A - b\n\n# A b\n\n# A - b\n");
        for there in ["a---b", "a---b-1", "a-b", "a-b-1", "a-b-2"] {
            assert!(found.has(there), "{there}");
        }
        assert!(!found.has("a-b-3") && !found.has("a---b-2"));
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
