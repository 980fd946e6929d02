//! The links of a page, each with its place.

use std::ops::Range;

use comrak::nodes::{Node, NodeValue};
use memchr::memmem;

use super::html;
use super::plain::{self, LONGEST_LINE};
use super::position::{Beginning, Rest};
use super::shortcode;
use super::source::Source;
use super::{GITLAB_HOST, MOST, Page, Whole};
use crate::collect::links::target;
use crate::pod::document::{Link, LinkForm};
use crate::pod::finding::Finding;
use crate::pod::rule::Rule;
use crate::pod::text::Untrusted;

/// A link as it stands in the text.
pub(super) struct FoundLink {
    /// From its first character to behind its last one, as far as that is known.
    pub(super) range: Range<usize>,
    /// The address.
    pub(super) url: String,
    /// The text between the brackets; the address as it is written for a bare one. Of a pod's page only, nobody else
    /// asks for it.
    pub(super) text: String,
    /// How it is written.
    pub(super) form: LinkForm,
}

/// All links as the page's document tells them, with those that the parser `found`.
pub(super) fn all(page: &Page<'_>, mut found: Vec<FoundLink>, findings: &mut Vec<Finding>) -> Vec<Link> {
    found.extend(references(page));
    found.sort_by_key(|found| found.range.start);
    found.truncate(MOST);
    found.into_iter().map(|found| link(page, found, findings)).collect()
}

fn link(page: &Page<'_>, found: FoundLink, findings: &mut Vec<Finding>) -> Link {
    findings.extend(legacy_form(page, &found));
    let (line, column) = page.source.place(found.range.start);
    Link {
        text: Untrusted::new(found.text),
        line,
        column,
        section: page.section(found.range.start),
        form: found.form,
        kind: (page.whole == Whole::PodPage).then(|| target::kind(&found.url, GITLAB_HOST)),
        url: found.url,
    }
}

/// Links to `ref` shortcodes, which Hugo fills in before Markdown is read.
fn references(page: &Page<'_>) -> Vec<FoundLink> {
    let (source, outline) = (page.source, page.outline);
    if memmem::find(source.text.as_bytes(), b"]({{").is_none() {
        return Vec::new();
    }
    let hidden = outline.code().chain(outline.silent.iter().cloned()).chain(outline.front_matter.clone());
    let text = source.without(hidden);
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        found.extend(shortcode::references(line).into_iter().map(|(range, text, code)| FoundLink {
            range: start + range.start..start + range.end,
            url: code.to_owned(),
            text: plain::shortened(text, LONGEST_LINE),
            form: LinkForm::Inline,
        }));
        start += line.len();
    }
    found
}

fn legacy_form(page: &Page<'_>, found: &FoundLink) -> Option<Finding> {
    let mended =
        target::modern_form(&found.url, GITLAB_HOST).filter(|_| target::kind(&found.url, GITLAB_HOST).is_gitlab())?;
    let (url, mended) = (Untrusted::new(found.url.as_str()).line(), Untrusted::new(mended).line());
    let message = format!("{url} has the form from before \"/-/\".");
    let finding = Finding::new(Rule::LinkLegacyForm, url, message).advise(format!("Write {mended} instead."));
    Some(finding.at(page.place(found.range.start)))
}

/// The link of a link or image node that the parser sees at `claimed`.
pub(super) fn markdown(
    source: &Source<'_>,
    node: Node<'_>,
    claimed: Range<usize>,
    rest: &mut Rest,
    whole: Whole,
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
    let words = child.as_ref().map_or("", |child| first_words(&child.value));
    let bracket = Beginning { mark: if image { "![" } else { "[" }, words };
    // Long enough to tell it from its neighbours; an entity may follow.
    let angle = Beginning { mark: "<", words: plain::beginning(verbatim(only), 30) };
    let (range, beginning) = match &[angle, bracket] {
        _ if bare => rest.settle(source, claimed, &[Beginning::of(verbatim(only))]),
        both if in_angles => rest.settle(source, claimed, both),
        [_, bracket] => rest.settle(source, claimed, &[*bracket]),
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
    // A footnote of one word has the form of a definition. Where that is an address it is one in the footnote, too.
    if form == LinkForm::Reference && written.starts_with("[^") && !link.url.contains("://") {
        return None;
    }
    // Angle brackets are no part of an address.
    let start = range.start + usize::from(in_angles);
    let text = match whole {
        Whole::PodPage => plain::text(node, LONGEST_LINE),
        Whole::Document => String::new(),
    };
    Some(FoundLink { range: start..range.end.max(start), url: link.url.clone(), text, form })
}

/// What stands behind a link's bracket, as far as it surely stands there as it is.
fn first_words(child: &NodeValue) -> &str {
    match child {
        NodeValue::Text(text) => {
            let beginning = plain::beginning(text, 20);
            let end = beginning.find(|c: char| !(c.is_alphanumeric() || c == ' ')).unwrap_or(beginning.len());
            &beginning[..end]
        }
        NodeValue::Code(_) => "`",
        NodeValue::Image(_) => "![",
        _ => "",
    }
}

/// The links of raw HTML: every `href` and `src`.
pub(super) fn html(source: &Source<'_>, node: Node<'_>, html: &str, range: &Range<usize>) -> Vec<FoundLink> {
    let first_line = source.line_number(range.start);
    // Addresses are searched one behind the other, so that equal ones get places of their own.
    let mut from = range.start;
    let mut links = Vec::new();
    for attribute in html::addresses(html) {
        let line = source.line(first_line + attribute.line);
        let start = source.floor(from.clamp(line.start, line.end));
        let at = source.text[start..line.end].find(&attribute.raw).map_or(start, |at| start + at);
        from = (at + attribute.raw.len()).min(line.end);
        let text = if attribute.text.is_empty() { text_between(node, &attribute.tag) } else { attribute.text };
        links.push(FoundLink { range: at..from, url: attribute.url, text, form: LinkForm::Html });
    }
    links
}

/// The text up to the closing tag, where an opening tag stands alone among a paragraph's inlines.
fn text_between(node: Node<'_>, tag: &str) -> String {
    if tag != "a" || !matches!(node.data().value, NodeValue::HtmlInline(_)) {
        return String::new();
    }
    let mut out = String::new();
    for part in node.following_siblings().skip(1).take(100) {
        if matches!(&part.data().value, NodeValue::HtmlInline(html) if html.starts_with("</a")) {
            break;
        }
        out.push_str(&plain::text(part, LONGEST_LINE));
    }
    plain::shortened(&out, LONGEST_LINE)
}

/// The beginning of an address that stands in the text as it is: escapes and entities are already
/// replaced in what the parser tells.
fn verbatim(text: &str) -> &str {
    &text[..text.find(['&', '\\', '\u{fffd}']).unwrap_or(text.len())]
}
