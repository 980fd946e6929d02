//! Markdown's inlines as plain text.

use std::borrow::Cow;

use comrak::nodes::{Node, NodeValue};

/// The most characters kept of a paragraph.
pub(super) const LONGEST_BLOCK: usize = 1_000;

/// The most characters kept of a heading or of a link's text: more than any report shows.
pub const LONGEST_LINE: usize = 250;

/// The most nodes looked at for one text. Links nest in images and images in links, so without a bound
/// the texts of a page could cost the square of its length.
const MOST_NODES: usize = 1_000;

/// The text of a node: its words and code, no marks, no HTML tags, line breaks as blanks, at most so many
/// characters.
pub(super) fn node_text(node: Node<'_>, longest: usize) -> String {
    let mut out = String::new();
    for part in node.descendants().take(MOST_NODES) {
        match &part.data().value {
            NodeValue::Text(text) => out.push_str(text),
            NodeValue::Code(code) => out.push_str(&code.literal),
            NodeValue::Math(math) => out.push_str(&math.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak => out.push(' '),
            _ => {}
        }
        // A byte is at most a character, so this never stops too early.
        if out.len() >= longest * 4 {
            break;
        }
    }
    truncate_owned(&out, longest)
}

/// The text of a heading, without emoji and without the explicit id (`{#id}`) behind it.
///
/// A heading that is nothing but emoji keeps them.
pub(super) fn heading_text(node: Node<'_>) -> String {
    let text = node_text(node, LONGEST_LINE);
    let text = without_id(text.trim());
    let words = if text.is_ascii() { Cow::from(text) } else { Cow::from(without_emoji(text)) };
    let words: Vec<&str> = words.split_whitespace().collect();
    if words.is_empty() { text.to_owned() } else { words.join(" ") }
}

/// The first characters of a text, as a text of its own.
pub fn truncate_owned(text: &str, longest: usize) -> String {
    truncate(text, longest).to_owned()
}

/// The first characters of a text.
pub(super) fn truncate(text: &str, longest: usize) -> &str {
    // A character is at least a byte.
    if text.len() <= longest {
        return text;
    }
    text.char_indices().nth(longest).map_or(text, |(end, _)| &text[..end])
}

fn without_id(text: &str) -> &str {
    match text.rfind("{#") {
        Some(at) if text.ends_with('}') => text[..at].trim_end(),
        _ => text,
    }
}

fn without_emoji(text: &str) -> String {
    let mut characters = text.chars().peekable();
    let mut out = String::new();
    while let Some(c) = characters.next() {
        // A variation selector makes a picture of the character before it, whatever that is.
        let picture = is_emoji(c) || characters.peek() == Some(&'\u{fe0f}');
        if !picture {
            out.push(c);
        }
    }
    out
}

fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{200d}' | '\u{20e3}' | '\u{2139}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{fe0f}'
        | '\u{1f000}'..='\u{1faff}' | '\u{e0020}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_loses_its_emoji_and_its_id() {
        assert_eq!(without_id("Regular meetings {#regular-meetings}"), "Regular meetings");
        assert_eq!(without_id("a {b} c"), "a {b} c");
        assert_eq!(without_emoji("\u{2139}\u{fe0f}  Stay 🍐 Informed"), "  Stay  Informed");
        assert_eq!(without_emoji("Łucja’s 日本 – §"), "Łucja’s 日本 – §");
    }

    #[test]
    fn a_text_is_shortened_at_a_character() {
        assert_eq!(truncate_owned("éüß", 2), "éü");
        assert_eq!(truncate_owned("éüß", 3), "éüß");
    }
}
