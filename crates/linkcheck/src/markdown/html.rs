//! Links in raw HTML: the attributes that name what a browser loads or leads to.

use std::ops::Range;

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{HtmlString, Token, Tokenizer};
use memchr::memchr;

use super::plain_text::{LONGEST_LINE, truncate_owned};

/// An address in an attribute of a tag.
pub(super) struct HtmlLink {
    /// The tag's name.
    pub(super) tag: String,
    /// The address, its entities replaced.
    pub(super) url: String,
    /// The beginning of the address as it is written.
    pub(super) raw: String,
    /// The line of the HTML it stands in, from 0.
    pub(super) line: usize,
    /// The text up to the closing tag or, for a picture, the text that stands for it.
    pub(super) text: String,
}

/// The links of a piece of HTML in their order. Comments and scripts hold none.
pub(super) fn find_links(html: &str) -> Vec<HtmlLink> {
    let mut found: Vec<HtmlLink> = Vec::new();
    if !html.contains('=') {
        return found;
    }
    let mut emitter = DefaultEmitter::<usize>::new_with_span();
    emitter.naively_switch_states(true);
    // The link whose text is being read.
    let mut open: Option<usize> = None;
    let (mut line, mut counted) = (0, 0);
    for token in Tokenizer::new_with_emitter(html, emitter).flatten() {
        match token {
            Token::StartTag(tag) => {
                let name = lossy(&tag.name);
                let alt = tag.attributes.get(b"alt".as_slice()).map(|alt| lossy(&alt.value));
                let wanted = tag.attributes.iter().filter_map(|(key, value)| {
                    AttributeForm::of_attribute(&name, key.as_slice()).map(|form| (value.span.start, form, value))
                });
                let mut wanted: Vec<_> = wanted.collect();
                wanted.sort_by_key(|(start, ..)| *start);
                for (start, form, value) in wanted {
                    let (written, decoded) = (html.get(start..value.span.end).unwrap_or_default(), lossy(&value.value));
                    let addresses = match form {
                        AttributeForm::One => vec![(0, raw_attribute_value(written, decoded.trim()), decoded.trim())],
                        AttributeForm::Candidates => candidates_in_place(written, &decoded),
                    };
                    for (offset, raw, url) in addresses.into_iter().filter(|(.., url)| !url.is_empty()) {
                        let at = start + offset;
                        line += newlines(html, counted..at.max(counted));
                        counted = counted.max(at);
                        if name == "a" {
                            open = Some(found.len());
                        }
                        let text = truncate_owned(alt.as_deref().unwrap_or_default(), LONGEST_LINE);
                        found.push(HtmlLink { tag: name.clone(), url: url.to_owned(), raw, line, text });
                    }
                }
            }
            Token::String(text) => {
                if let Some(link) = open.map(|index| &mut found[index]).filter(|link| link.text.len() < LONGEST_LINE) {
                    link.text.push_str(&truncate_owned(&lossy(&text.value), LONGEST_LINE));
                }
            }
            Token::EndTag(tag) if tag.name.as_slice() == b"a" => open = None,
            _ => {}
        }
    }
    found
}

/// How an attribute holds addresses.
#[derive(Clone, Copy)]
enum AttributeForm {
    /// One.
    One,
    /// Several pictures, of which a browser chooses one.
    Candidates,
}

impl AttributeForm {
    /// The attributes that name what is loaded or led to (HTML Living Standard, "Attributes" in its index; `xlink:href`
    /// of SVG 1.1). `base` leads nowhere itself.
    fn of_attribute(tag: &str, name: &[u8]) -> Option<Self> {
        match (tag, name) {
            ("base", _) => None,
            (_, b"href" | b"src" | b"xlink:href") | ("video", b"poster") | ("object", b"data") => Some(Self::One),
            ("img" | "source", b"srcset") => Some(Self::Candidates),
            _ => None,
        }
    }
}

/// Each address among the candidates of a `srcset`, with where it stands in the attribute as it is written, and how.
fn candidates_in_place<'v>(written: &str, decoded: &'v str) -> Vec<(usize, String, &'v str)> {
    let mut from = written.find('=').map_or(0, |at| at + 1);
    let place = |url: &'v str| {
        // What stands there as it is: an entity is already replaced in the address.
        let literal = &url[..url.find('&').unwrap_or(url.len())];
        let at = written[from..].find(literal).map_or(from, |at| from + at);
        from = (at + literal.len()).min(written.len());
        (at, literal.to_owned(), url)
    };
    srcset_addresses(decoded).into_iter().map(place).collect()
}

/// The addresses of a `srcset` (HTML Living Standard, "parse a srcset attribute"): each up to a blank, with descriptors
/// up to the comma behind it.
fn srcset_addresses(srcset: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = srcset;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        if rest.is_empty() {
            return found;
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
        let url = rest[..end].trim_end_matches(',');
        found.push(url);
        let has_descriptors = url.len() == end;
        rest = &rest[end..];
        if has_descriptors {
            let mut depth = 0_usize;
            let comma = rest.find(|c: char| {
                match c {
                    '(' => depth += 1,
                    ')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                c == ',' && depth == 0
            });
            rest = comma.map_or("", |at| &rest[at..]);
        }
    }
}

/// What of HTML is no text in which GitLab looks for references: tags with their attributes, and all of `a`, `code`,
/// `pre` and `style` (`ignore_ancestor_query` in `lib/banzai/filter/references/reference_filter.rb`).
pub(super) fn ranges_without_references(html: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    // Where the element began whose text is passed over, and its name.
    let mut open: Option<(usize, &str)> = None;
    let mut at = 0;
    while let Some(start) = memchr(b'<', &html.as_bytes()[at..]).map(|found| at + found) {
        let Some(end) = tag_end(html, start) else {
            at = start + 1;
            continue;
        };
        let tag = &html[start..end];
        let (name, is_end) = (tag_name(tag), tag.starts_with("</"));
        match open {
            None => {
                ranges.push(start..end);
                if is_without_references(tag) && !is_end {
                    open = Some((start, name));
                }
            }
            Some((from, known)) if is_end && name.eq_ignore_ascii_case(known) => {
                ranges.push(from..end);
                open = None;
            }
            Some(_) => {}
        }
        at = end;
    }
    ranges.extend(open.map(|(from, _)| from..html.len()));
    ranges
}

/// Whether a tag belongs to an element in whose text GitLab looks for no references.
pub(super) fn is_without_references(tag: &str) -> bool {
    ["a", "code", "pre", "style"].iter().any(|known| tag_name(tag).eq_ignore_ascii_case(known))
}

fn tag_name(tag: &str) -> &str {
    tag.trim_start_matches(['<', '/']).split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default()
}

/// Behind the end of the tag that begins here, if it is one; quoted values may hold a `>`.
fn tag_end(html: &str, start: usize) -> Option<usize> {
    let inside = &html.as_bytes()[start + 1..];
    inside.first().filter(|first| first.is_ascii_alphabetic() || **first == b'/')?;
    let mut quote = None;
    for (at, byte) in inside.iter().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(start + 1 + at + 1),
            (None, b'<') => return None,
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), close) if open == *close => quote = None,
            _ => {}
        }
    }
    None
}

/// The first line of an address as it is written: entities not yet replaced.
fn raw_attribute_value(written: &str, url: &str) -> String {
    let value = written.split_once('=').map_or("", |(_, value)| value);
    let value = value.trim_start().trim_start_matches(['"', '\'']);
    // The attribute's range may lack or hold its closing quote.
    let value = value.split(['"', '\'', '\n', '\r', '>']).next().unwrap_or_default().trim();
    if value.is_empty() { url.to_owned() } else { value.to_owned() }
}

fn newlines(html: &str, range: Range<usize>) -> usize {
    html.get(range).unwrap_or_default().matches('\n').count()
}

fn lossy(text: &HtmlString) -> String {
    String::from_utf8_lossy(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(html: &str) -> Vec<(String, String, usize, String)> {
        find_links(html).into_iter().map(|a| (a.url, a.raw, a.line, a.text)).collect()
    }

    fn row(url: &str, raw: &str, line: usize, text: &str) -> (String, String, usize, String) {
        (url.to_owned(), raw.to_owned(), line, text.to_owned())
    }

    #[test]
    fn href_and_src_of_any_tag_are_addresses() {
        let html =
            "<p>\n<a class=x href=\"https://a.example/?x=1&amp;y=2\">one <b>two</b></a>\n<img alt='pic' src='/b.png'>";
        assert_eq!(
            seen(html),
            [
                row("https://a.example/?x=1&y=2", "https://a.example/?x=1&amp;y=2", 1, "one two"),
                row("/b.png", "/b.png", 2, "pic"),
            ]
        );
        assert_eq!(seen("<a href=x><a href= 'y'"), [row("x", "x", 0, "")]);
    }

    /// HTML Living Standard, "srcset attributes", "The video element", "The object element".
    #[test]
    fn pictures_that_a_browser_may_choose_are_addresses() {
        let html = "<picture><source srcset='a,b.webp 1x, /c.webp(d) 2x'>\n<img src=e.png\nsrcset=\"f.png 480w,\n  \
                    g.png?x=1&amp;y=2 (1,2) 800w,h.png,\">\n<video poster=i.png src=j.mp4></video><object data=k.pdf></object>\n\
                    <svg><use xlink:href='l.svg#m'/></svg><base href=n><p data=o poster=p srcset=q>";
        let seen: Vec<_> = seen(html).into_iter().map(|(url, _, line, _)| (url, line)).collect();
        let expected = [
            ("a,b.webp", 0),
            ("/c.webp(d)", 0),
            ("e.png", 1),
            ("f.png", 2),
            ("g.png?x=1&y=2", 3),
            ("h.png", 3),
            ("i.png", 4),
            ("j.mp4", 4),
            ("k.pdf", 4),
            ("l.svg#m", 5),
        ];
        assert_eq!(seen, expected.map(|(url, line)| (url.to_owned(), line)));
        assert_eq!(srcset_addresses(" , a ,, b 1x , c"), ["a", "b", "c"]);
        assert_eq!(srcset_addresses(&"a (, ".repeat(100_000)).len(), 1);
    }

    #[test]
    fn references_are_searched_in_text_alone() {
        let shown = |html: &str| {
            let mut out = html.to_owned();
            for range in ranges_without_references(html).into_iter().rev() {
                out.replace_range(range.start..range.end.min(out.len()), "");
            }
            out
        };
        assert_eq!(shown("<p title='~a > b'>c</p> <b>d</b>"), "c d");
        assert_eq!(ranges_without_references("x<a y>z</A>w<pre>"), [1..6, 1..11, 12..17, 12..17]);
        assert!(ranges_without_references("a < b > c <3 <\"").is_empty());
        for token in ["<", "<a", "<a ", "<a '", "<a>", "</a", "<p>"] {
            ranges_without_references(&token.repeat(100_000));
        }
    }

    #[test]
    fn comments_scripts_and_empty_addresses_are_none() {
        assert!(seen("<!-- <a href=\"x\"> --><script>'<a href=\"y\">'</script><a href=''>z</a>").is_empty());
    }
}
