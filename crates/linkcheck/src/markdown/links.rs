//! The links of a text, each with its place.

use std::ops::Range;

use comrak::nodes::{Node, NodeValue};

use super::Extract;
use super::html;
use super::inline_locator::{InlineLocator, InlineStart};
use super::plain_text::{self, LONGEST_LINE};
use super::source::Source;
use crate::link::LinkForm;

/// A link as it stands in the text.
pub struct FoundLink {
    /// From its first character to behind its last one, as far as that is known.
    pub range: Range<usize>,
    /// The address, with entities and escapes replaced.
    pub url: String,
    /// The text between the brackets; the address as it is written for a bare one. Only with `Extract::Texts`.
    pub text: String,
    /// How it is written.
    pub form: LinkForm,
}

/// The link of a link or image node that the parser sees at `claimed`.
pub(super) fn link_from_node(
    source: &Source<'_>,
    node: Node<'_>,
    claimed: Range<usize>,
    rest: &mut InlineLocator,
    detail: Extract,
) -> Option<FoundLink> {
    let ast = node.data();
    let (NodeValue::Link(link) | NodeValue::Image(link)) = &ast.value else {
        return None;
    };
    let image = matches!(ast.value, NodeValue::Image(_));
    let first = node.first_child();
    let alone = first.is_some_and(|child| child.next_sibling().is_none());
    let child = first.map(|child| child.data());
    let only = match child.as_ref().map(|child| &child.value) {
        Some(NodeValue::Text(text)) if alone => text.as_ref(),
        _ => "",
    };
    // An autolink's own text is all there is of it, so both have one position.
    let bare = !image && child.as_ref().is_some_and(|child| child.sourcepos == ast.sourcepos);
    let in_angles = !image && !bare && (link.url == only || link.url.strip_prefix("mailto:") == Some(only));
    let words = child.as_ref().map_or("", |child| literal_start(&child.value));
    let bracket = InlineStart { mark: if image { "![" } else { "[" }, words };
    // Long enough to tell it from its neighbours; an entity may follow.
    let angle = InlineStart { mark: "<", words: plain_text::truncate(literal_prefix(only), 30) };
    let (range, beginning) = match &[angle, bracket] {
        _ if bare => rest.locate(source, claimed, &[InlineStart::from_words(literal_prefix(only))]),
        both if in_angles => rest.locate(source, claimed, both),
        [_, bracket] => rest.locate(source, claimed, &[*bracket]),
    };
    let written = &source.text[range.clone()];
    let in_angles = in_angles && beginning.is_some_and(|beginning| beginning.mark == "<");
    let form = if image {
        LinkForm::Image
    } else if bare || in_angles {
        LinkForm::Bare
    } else if written.ends_with(')') || (!written.ends_with(']') && written.contains("](")) {
        LinkForm::Inline
    } else {
        LinkForm::Reference
    };
    if bare && !names_a_host(&link.url) {
        return None;
    }
    // Angle brackets are no part of an address.
    let start = range.start + usize::from(in_angles);
    let text = match detail {
        Extract::Texts => plain_text::node_text(node, LONGEST_LINE),
        Extract::Anchors => String::new(),
    };
    Some(FoundLink { range: start..range.end.max(start), url: link.url.clone(), text, form })
}

/// The link in double brackets that the parser sees at `claimed`: to an address, or to a page of a wiki
/// (`lib/banzai/filter/wiki_link_gollum_filter.rb`), whose address is then all of it as it is written.
pub(super) fn wiki_link_from_node(
    source: &Source<'_>,
    node: Node<'_>,
    claimed: Range<usize>,
    rest: &mut InlineLocator,
    detail: Extract,
) -> Option<FoundLink> {
    let ast = node.data();
    let NodeValue::WikiLink(link) = &ast.value else { return None };
    // A table of contents.
    if link.url.eq_ignore_ascii_case("_toc_") {
        return None;
    }
    let (range, _) = rest.locate(source, claimed, &[InlineStart::from_words("[[")]);
    let is_address = link.url.starts_with("http://") || link.url.starts_with("https://");
    let url = if is_address { link.url.clone() } else { format!("[[{}]]", link.url) };
    let text = match detail {
        Extract::Texts => plain_text::node_text(node, LONGEST_LINE),
        Extract::Anchors => String::new(),
    };
    Some(FoundLink { range, url, text, form: LinkForm::Inline })
}

/// Whether an address that was found in plain words names a host. The parser takes `https://` alone and `{https://}`
/// for links, too; there the words speak of addresses.
fn names_a_host(url: &str) -> bool {
    url.split_once("://").is_none_or(|(scheme, rest)| {
        !scheme.is_empty() && rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '[' | '-' | '_' | '%'))
    })
}

/// What stands behind a link's bracket, as far as it surely stands there as it is.
fn literal_start(child: &NodeValue) -> &str {
    match child {
        NodeValue::Text(text) => {
            let beginning = plain_text::truncate(text, 20);
            let end = beginning.find(|c: char| !(c.is_alphanumeric() || c == ' ')).unwrap_or(beginning.len());
            &beginning[..end]
        }
        NodeValue::Code(_) => "`",
        NodeValue::Image(_) => "![",
        _ => "",
    }
}

/// The links of raw HTML: every `href` and `src`.
pub(super) fn links_from_html(source: &Source<'_>, node: Node<'_>, html: &str, range: &Range<usize>) -> Vec<FoundLink> {
    let first_line = source.line_number(range.start);
    // Addresses are searched one behind the other, so that equal ones get places of their own.
    let mut from = range.start;
    let mut links = Vec::new();
    for attribute in html::find_links(html) {
        let line = source.line_range(first_line + attribute.line);
        let start = source.floor_char_boundary(from.clamp(line.start, line.end));
        let at = source.text[start..line.end].find(&attribute.raw).map_or(start, |at| start + at);
        from = (at + attribute.raw.len()).min(line.end);
        let text = if attribute.text.is_empty() { html_link_text(node, &attribute.tag) } else { attribute.text };
        links.push(FoundLink { range: at..from, url: attribute.url, text, form: LinkForm::Html });
    }
    links
}

/// The text up to the closing tag, where an opening tag stands alone among a paragraph's inlines.
fn html_link_text(node: Node<'_>, tag: &str) -> String {
    if tag != "a" || !matches!(node.data().value, NodeValue::HtmlInline(_)) {
        return String::new();
    }
    let mut out = String::new();
    for part in node.following_siblings().skip(1).take(100) {
        if matches!(&part.data().value, NodeValue::HtmlInline(html) if html.starts_with("</a")) {
            break;
        }
        out.push_str(&plain_text::node_text(part, LONGEST_LINE));
    }
    plain_text::truncate_owned(&out, LONGEST_LINE)
}

/// The beginning of an address that stands in the text as it is: escapes and entities are already
/// replaced in what the parser gives.
fn literal_prefix(text: &str) -> &str {
    &text[..text.find(['&', '\\', '\u{fffd}']).unwrap_or(text.len())]
}
