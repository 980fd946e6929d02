//! HTML that may stand in a page: the tags that a text needs, balanced, and nothing that acts.
//!
//! Markdown may hold HTML, and GitLab keeps what is harmless of it (GitLab docs, "GitLab Flavored Markdown", inline
//! HTML). All of a rendered text passes here, so nothing else has to be trusted: a tag is written anew from a list, an
//! attribute from a shorter one, and text is escaped.

use html5gum::{StartTag, Token, Tokenizer};

use super::escape::escape;
use super::links::{LinkTarget, TextContext};
use super::references;

/// Tags that stand in the page, without any attribute but those named in `allowed_attributes`.
pub(super) const ALLOWED_TAGS: [&str; 46] = [
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "code",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "input",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];
const VOID_TAGS: [&str; 3] = ["br", "hr", "input"];
/// Tags whose text is no text.
const DROPPED_TAGS: [&str; 12] = [
    "iframe", "math", "noembed", "noscript", "object", "script", "style", "svg", "template", "textarea", "title", "xmp",
];
/// Classes that the page's style sheet knows; they stand for GitLab's alerts and for footnotes.
const ALLOWED_CLASSES: [&str; 8] = [
    "markdown-alert markdown-alert-note",
    "markdown-alert markdown-alert-tip",
    "markdown-alert markdown-alert-important",
    "markdown-alert markdown-alert-warning",
    "markdown-alert markdown-alert-caution",
    "markdown-alert-title",
    "footnote-ref",
    "footnotes",
];

/// The harmless part of some HTML, with references as links.
pub(super) fn sanitize_html(html: &str, around: &TextContext<'_>) -> String {
    let mut writer = SafeHtmlWriter {
        out: String::with_capacity(html.len()),
        open: Vec::new(),
        dropped_tag: None,
        text: String::new(),
        around,
    };
    for Ok(token) in Tokenizer::new(html) {
        match token {
            Token::StartTag(tag) => writer.start_tag(&tag),
            Token::EndTag(tag) => writer.end_tag(&String::from_utf8_lossy(&tag.name)),
            Token::String(text) if writer.dropped_tag.is_none() => {
                writer.text.push_str(&String::from_utf8_lossy(&text.value));
            }
            _ => {}
        }
    }
    writer.finish()
}

struct SafeHtmlWriter<'a> {
    out: String,
    /// Tags that were opened, each with what closes it where that is not its own end.
    open: Vec<(String, Option<&'static str>)>,
    /// The tag whose content is being left out.
    dropped_tag: Option<String>,
    /// Text that was read and not written yet.
    text: String,
    around: &'a TextContext<'a>,
}

impl SafeHtmlWriter<'_> {
    fn start_tag(&mut self, tag: &StartTag<()>) {
        if self.dropped_tag.is_some() {
            return;
        }
        self.write_text();
        let name = String::from_utf8_lossy(&tag.name).into_owned();
        let attribute =
            |key: &str| tag.attributes.get(key.as_bytes()).map(|value| String::from_utf8_lossy(value).into_owned());
        match name.as_str() {
            name if DROPPED_TAGS.contains(&name) => self.dropped_tag = (!tag.self_closing).then(|| name.to_owned()),
            "img" => {
                self.write_image_link(&attribute("src").unwrap_or_default(), &attribute("alt").unwrap_or_default());
            }
            "a" => self.write_link(&attribute),
            "input" if attribute("type").as_deref() == Some("checkbox") => {
                let done = attribute("checked").is_some();
                self.out.push_str("<input type=\"checkbox\" disabled");
                self.out.push_str(if done { " checked aria-label=\"done\">" } else { " aria-label=\"to do\">" });
            }
            "input" => {}
            "table" => {
                // What is wider than the page is scrolled, and by keyboard, too.
                self.out.push_str("<div class=\"wide\" tabindex=\"0\"><table>");
                self.open.push((name, Some("</table></div>")));
            }
            name if ALLOWED_TAGS.contains(&name) => {
                self.out.extend(["<", name, &allowed_attributes(name, &attribute), ">"]);
                if !VOID_TAGS.contains(&name) {
                    self.open.push((name.to_owned(), None));
                }
            }
            _ => {}
        }
    }

    fn write_link(&mut self, attribute: &impl Fn(&str) -> Option<String>) {
        // The renderer's own link of a heading to itself has no text.
        if attribute("class").as_deref() == Some("anchor") {
            self.open.push(("a".to_owned(), Some("")));
            return;
        }
        let target = attribute("href").and_then(|link| self.around.resolve_link(&link));
        let id = allowed_id("a", attribute);
        match target {
            Some(LinkTarget::Sandbox(link)) => self.out.extend(["<a href=\"", &escape(&link), "\"", &id, ">"]),
            Some(LinkTarget::External(link)) => {
                let link = escape(&link);
                self.out.extend([
                    "<a class=\"outside\" rel=\"nofollow noopener noreferrer\" href=\"",
                    &link,
                    "\"",
                    &id,
                    ">",
                ]);
            }
            None => {
                self.out.push_str("<span>");
                self.open.push(("a".to_owned(), Some("</span>")));
                return;
            }
        }
        self.open.push(("a".to_owned(), None));
    }

    /// Pages load nothing from elsewhere, so a picture is a link to it.
    fn write_image_link(&mut self, source: &str, alt: &str) {
        let text = escape(if alt.trim().is_empty() { "picture" } else { alt });
        let linked = self.open.iter().any(|(name, _)| name == "a");
        match self.around.resolve_link(source).filter(|_| !linked) {
            Some(LinkTarget::Sandbox(link) | LinkTarget::External(link)) => {
                let link = escape(&link);
                self.out.extend([
                    "<a class=\"picture\" rel=\"nofollow noopener noreferrer\" href=\"",
                    &link,
                    "\">",
                    &text,
                    "</a>",
                ]);
            }
            None => self.out.extend(["<span class=\"picture\">", &text, "</span>"]),
        }
    }

    fn end_tag(&mut self, name: &str) {
        if let Some(left_out) = &self.dropped_tag {
            if left_out == name {
                self.dropped_tag = None;
            }
            return;
        }
        self.write_text();
        // An end without a beginning is none; an end closes what was left open inside.
        if let Some(at) = self.open.iter().rposition(|(open, _)| open == name) {
            self.close_down_to(at);
        }
    }

    /// Closes what is open, down to this depth.
    fn close_down_to(&mut self, depth: usize) {
        for (tag, close) in self.open.drain(depth..).rev() {
            match close {
                Some(close) => self.out.push_str(close),
                None => self.out.extend(["</", &tag, ">"]),
            }
        }
    }

    fn write_text(&mut self) {
        let text = std::mem::take(&mut self.text);
        let as_it_is = self.open.iter().any(|(name, _)| matches!(name.as_str(), "a" | "code" | "pre" | "kbd" | "samp"));
        if as_it_is {
            self.out.push_str(&escape(&text));
        } else {
            references::write_with_links(&text, self.around, &mut self.out);
        }
    }

    fn finish(mut self) -> String {
        self.write_text();
        self.close_down_to(0);
        self.out
    }
}

/// The attributes that a tag may have, written anew.
fn allowed_attributes(name: &str, attribute: &impl Fn(&str) -> Option<String>) -> String {
    let mut kept = allowed_id(name, attribute);
    if let Some(class) = attribute("class").filter(|class| ALLOWED_CLASSES.contains(&class.as_str())) {
        kept.extend([" class=\"", &class, "\""]);
    }
    let align = attribute("align").filter(|_| matches!(name, "td" | "th"));
    match align.as_deref() {
        Some("right") => kept.push_str(" class=\"right\""),
        Some("center") => kept.push_str(" class=\"center\""),
        _ => {}
    }
    if let Some(start) = attribute("start").and_then(|start| start.parse::<u32>().ok()).filter(|_| name == "ol") {
        kept.extend([" start=\"", &start.to_string(), "\""]);
    }
    if name == "details" && attribute("open").is_some() {
        kept.push_str(" open");
    }
    kept
}

/// An id where the renderer makes one: on headings and on both ends of footnotes. Others could be mistaken for the
/// page's own.
fn allowed_id(name: &str, attribute: &impl Fn(&str) -> Option<String>) -> String {
    let fits = |id: &String| match name {
        "a" => id.starts_with("fnref-"),
        "li" => id.starts_with("fn-"),
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => id.starts_with("user-content-"),
        _ => false,
    };
    attribute("id").filter(fits).map_or_else(String::new, |id| format!(" id=\"{}\"", escape(&id)))
}
