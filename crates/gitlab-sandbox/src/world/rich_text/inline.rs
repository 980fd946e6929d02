//! What stands in a line: text, emphasis, code, links, and comments, which are blocks in the editor.

use comrak::nodes::{Node, NodeLink, NodeValue};

use super::MAX_DEPTH;
use super::escape::escape_line;

/// A part of a paragraph. The editor's comment is a block, so it parts the paragraph that it stands in.
pub(super) enum ParagraphPart {
    Text(String),
    Comment(String),
}

/// The parts of a paragraph, in order.
pub(super) fn write_paragraph_parts(parent: Node<'_>, depth: usize) -> Option<Vec<ParagraphPart>> {
    let mut found = Vec::new();
    let mut text = String::new();
    for node in parent.children() {
        if let Some(comment) = as_comment(node) {
            found.push(ParagraphPart::Text(std::mem::take(&mut text).trim().to_owned()));
            found.push(ParagraphPart::Comment(comment));
        } else {
            write_inline(node, &mut text, true, depth)?;
        }
    }
    found.push(ParagraphPart::Text(text.trim().to_owned()));
    Some(found)
}

/// All of it in one line, as headings and cells have it.
pub(super) fn write_one_line(parent: Node<'_>, depth: usize) -> Option<String> {
    let mut text = String::new();
    for node in parent.children() {
        match (as_comment(node), &node.data().value) {
            (Some(comment), _) => text.push_str(&comment),
            (None, NodeValue::SoftBreak | NodeValue::LineBreak) => text.push(' '),
            (None, _) => write_inline(node, &mut text, false, depth)?,
        }
    }
    Some(text.trim().to_owned())
}

/// `html_comment.js`: the trimmed text between the marks.
pub(super) fn write_comment(text: &str) -> String {
    format!("<!--{}-->", text.trim())
}

fn as_comment(node: Node<'_>) -> Option<String> {
    match &node.data().value {
        NodeValue::HtmlInline(html) => html.strip_prefix("<!--")?.strip_suffix("-->").map(write_comment),
        _ => None,
    }
}

fn write_inline(node: Node<'_>, out: &mut String, in_block: bool, depth: usize) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    let value = node.data().value.clone();
    match value {
        NodeValue::Text(text) => {
            let line_start = in_block && (out.is_empty() || out.ends_with('\n'));
            out.push_str(&escape_line(&text, line_start));
            // Before a link it would make an image of it.
            let link = node.next_sibling().is_some_and(|next| matches!(next.data().value, NodeValue::Link(_)));
            if link && out.ends_with('!') {
                out.pop();
                out.push_str("\\!");
            }
        }
        NodeValue::SoftBreak => out.push('\n'),
        // `hard_break.js`: none where nothing comes behind it.
        NodeValue::LineBreak if !text_follows(node) => {}
        NodeValue::LineBreak => out.push_str("\\\n"),
        NodeValue::Code(code) => out.push_str(&write_code_span(&code.literal)),
        NodeValue::HtmlInline(html) => out.push_str(&as_comment(node).unwrap_or(html)),
        NodeValue::Emph => {
            // Inside a word only `*` is emphasis.
            let inside_word = out.ends_with(char::is_alphanumeric) || word_follows(node);
            write_delimited(node, out, if inside_word { "*" } else { "_" }, depth)?;
        }
        NodeValue::Strong => write_delimited(node, out, "**", depth)?,
        NodeValue::Strikethrough => write_delimited(node, out, "~~", depth)?,
        NodeValue::Link(link) => write_link(node, &link, out, depth)?,
        NodeValue::Image(image) => {
            out.push_str("![");
            write_children(node, out, depth)?;
            out.push_str(&link_target(&image));
        }
        NodeValue::WikiLink(link) => {
            let mut title = String::new();
            for text in node.descendants() {
                if let NodeValue::Text(text) = &text.data().value {
                    title.push_str(text);
                }
            }
            let title = if title == link.url { String::new() } else { format!("{title}|") };
            out.extend(["[[", &title, &link.url, "]]"]);
        }
        NodeValue::FootnoteReference(reference) => out.extend(["[^", &reference.name, "]"]),
        _ => write_children(node, out, depth)?,
    }
    Some(())
}

fn write_children(node: Node<'_>, out: &mut String, depth: usize) -> Option<()> {
    node.children().try_for_each(|child| write_inline(child, out, false, depth + 1))
}

fn write_delimited(node: Node<'_>, out: &mut String, mark: &str, depth: usize) -> Option<()> {
    out.push_str(mark);
    write_children(node, out, depth)?;
    out.push_str(mark);
    Some(())
}

/// `link.js`: an address that is its own text needs no brackets; `<…>` stays where the text behind it would run into
/// it.
fn write_link(node: Node<'_>, link: &NodeLink, out: &mut String, depth: usize) -> Option<()> {
    match bare_link_text(node, link) {
        Some(text) if text_continues_link(node) => out.extend(["<", &text, ">"]),
        Some(text) => out.push_str(&text),
        None => {
            out.push('[');
            write_children(node, out, depth)?;
            out.push_str(&link_target(link));
        }
    }
    Some(())
}

fn bare_link_text(node: Node<'_>, link: &NodeLink) -> Option<String> {
    let text = node.first_child().filter(|_| node.children().count() == 1)?;
    let data = text.data();
    let NodeValue::Text(text) = &data.value else { return None };
    let rest = link.url.strip_suffix(text.as_ref())?;
    let own = link.title.is_empty() && matches!(rest, "" | "http://" | "mailto:");
    (own && (text.contains(['.', ':', '@']))).then(|| text.to_string())
}

/// Whether the text behind an address would be read as a part of it.
fn text_continues_link(node: Node<'_>) -> bool {
    let Some(next) = node.next_sibling() else { return false };
    let data = next.data();
    let NodeValue::Text(text) = &data.value else { return false };
    let behind = text.split(char::is_whitespace).next().unwrap_or_default();
    behind
        .contains(|char: char| !matches!(char, '?' | '!' | '.' | ',' | ':' | '*' | '_' | '~' | '\'' | '"' | ')' | ']'))
}

/// `](address "title")`.
fn link_target(link: &NodeLink) -> String {
    let url = &link.url;
    let balanced = url.chars().try_fold(0_i32, |open, char| match char {
        '(' => Some(open.saturating_add(1)),
        ')' => open.checked_sub(1).filter(|open| *open >= 0),
        _ => Some(open),
    });
    let plain = !url.is_empty()
        && !url.starts_with('<')
        && balanced == Some(0)
        && !url.contains(|char: char| char.is_whitespace() || char.is_control());
    let url = url.replace('\\', "\\\\");
    let url = if plain { url } else { format!("<{}>", url.replace('<', "\\<").replace('>', "\\>")) };
    let title = link.title.replace('\\', "\\\\").replace('"', "\\\"");
    let title = if title.is_empty() { title } else { format!(" \"{title}\"") };
    format!("]({url}{title})")
}

/// `code.js`: as many marks as it needs.
fn write_code_span(code: &str) -> String {
    let longest = code.split(|char| char != '`').map(str::len).max().unwrap_or(0);
    let marks = "`".repeat(longest + 1);
    let blank = code.starts_with(' ') && code.ends_with(' ') && !code.trim().is_empty();
    let pad = if code.starts_with('`') || code.ends_with('`') || blank { " " } else { "" };
    format!("{marks}{pad}{code}{pad}{marks}")
}

/// Whether anything but breaks comes behind a node in its part of the paragraph.
fn text_follows(node: Node<'_>) -> bool {
    let rest = node.following_siblings().skip(1);
    let mut rest = rest.take_while(|next| as_comment(next).is_none());
    rest.any(|next| !matches!(next.data().value, NodeValue::SoftBreak | NodeValue::LineBreak))
}

fn word_follows(node: Node<'_>) -> bool {
    let next = node.next_sibling();
    next.is_some_and(|next| match &next.data().value {
        NodeValue::Text(text) => text.starts_with(char::is_alphanumeric),
        _ => false,
    })
}
