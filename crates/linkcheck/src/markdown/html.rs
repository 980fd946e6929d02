//! Links in raw HTML.

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{HtmlString, Span, Token, Tokenizer};

use super::plain_text::{LONGEST_LINE, truncate_owned};

/// An `href` or `src` of a tag.
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
                let wanted = tag.attributes.iter().filter(|(key, _)| matches!(key.as_slice(), b"href" | b"src"));
                let mut wanted: Vec<_> = wanted.map(|(_, value)| (value.span.start, value)).collect();
                wanted.sort_by_key(|(start, _)| *start);
                for (start, value) in wanted {
                    let url = lossy(&value.value).trim().to_owned();
                    if url.is_empty() {
                        continue;
                    }
                    line += newlines(html, counted..start.max(counted));
                    counted = counted.max(start);
                    if name == "a" {
                        open = Some(found.len());
                    }
                    let raw = raw_attribute_value(html, value.span, &url);
                    let text = truncate_owned(alt.as_deref().unwrap_or_default(), LONGEST_LINE);
                    found.push(HtmlLink { tag: name.clone(), url, raw, line, text });
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

/// The first line of an address as it is written: entities not yet replaced.
fn raw_attribute_value(html: &str, attribute: Span<usize>, url: &str) -> String {
    let whole = html.get(attribute.start..attribute.end).unwrap_or_default();
    let value = whole.split_once('=').map_or("", |(_, value)| value);
    let value = value.trim_start().trim_start_matches(['"', '\'']);
    // The attribute's range may lack or hold its closing quote.
    let value = value.split(['"', '\'', '\n', '\r', '>']).next().unwrap_or_default().trim();
    if value.is_empty() { url.to_owned() } else { value.to_owned() }
}

fn newlines(html: &str, range: std::ops::Range<usize>) -> usize {
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

    #[test]
    fn comments_scripts_and_empty_addresses_are_none() {
        assert!(seen("<!-- <a href=\"x\"> --><script>'<a href=\"y\">'</script><a href=''>z</a>").is_empty());
    }
}
