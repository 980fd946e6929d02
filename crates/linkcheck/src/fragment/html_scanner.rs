//! The few things of an HTML page that matter to links, picked out while its characters go by.
//!
//! An emitter of its own, because most of a page is text and attributes that nobody asks for: those are
//! neither copied nor checked for errors.

use std::cell::Cell;
use std::collections::VecDeque;

use html5gum::emitters::{Emitter, naive_next_state};
use html5gum::{Error, State, Tokenizer};

/// What is picked out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ScannedItem {
    /// An element's `id`, or the `name` of an `a`; and whether the element is shown to readers.
    Id(String, bool),
    /// The `content` of a `meta` that refreshes.
    Refresh(String),
    /// The page's title, which is none inside of a drawing.
    Title(String),
    /// The text of an `h1`, without what a drawing or a script in it holds.
    Heading(String),
    /// The beginning of a script.
    Script,
}

/// What is picked out of a piece of HTML, in its order.
pub(super) fn scan(html: &[u8]) -> impl Iterator<Item = ScannedItem> {
    Tokenizer::new_with_emitter(html, ScanEmitter::default()).flatten()
}

/// The same of a piece that may end anywhere; `settled` holds at last how many bytes of it are read for good: whoever
/// gets more of the page scans again behind them, where nothing but text can be open.
pub(super) fn scan_part<'a>(html: &'a [u8], settled: &'a Cell<usize>) -> impl Iterator<Item = ScannedItem> + 'a {
    Tokenizer::new_with_emitter(html, ScanEmitter { settled: Some(settled), ..ScanEmitter::default() }).flatten()
}

/// Elements that no reader sees.
const INVISIBLE_TAGS: [&[u8]; 5] = [b"link", b"meta", b"script", b"style", b"template"];

/// What the attribute that is being read is used for.
#[derive(Clone, Copy, Default, PartialEq)]
enum AttributeUse {
    Id,
    HttpEquiv,
    Content,
    #[default]
    Ignored,
}

#[derive(Default)]
struct ScanEmitter<'a> {
    /// The tag that is being read, and whether it is an end tag.
    tag: Vec<u8>,
    ends: bool,
    /// The last start tag, whose end tag alone ends a script or a title.
    started: Vec<u8>,
    name: Vec<u8>,
    value: Vec<u8>,
    /// Attributes of the tag; they count when it is closed, since one that never is is no tag.
    ids: Vec<String>,
    refreshes: bool,
    content: Option<String>,
    title: Option<String>,
    heading: Option<String>,
    /// How many `svg` are open; their titles are those of drawings (SVG 2, section 5.7).
    svg_depth: usize,
    self_closing: bool,
    position: usize,
    settled: Option<&'a Cell<usize>>,
    found: VecDeque<ScannedItem>,
}

impl ScanEmitter<'_> {
    fn is_start_tag(&self, name: &[u8]) -> bool {
        !self.ends && self.tag == name
    }

    /// By the tag and the attribute's name.
    fn attribute_use(&self) -> AttributeUse {
        match self.name.as_slice() {
            b"id" => AttributeUse::Id,
            b"name" if self.is_start_tag(b"a") => AttributeUse::Id,
            b"http-equiv" if self.is_start_tag(b"meta") => AttributeUse::HttpEquiv,
            b"content" if self.is_start_tag(b"meta") => AttributeUse::Content,
            _ => AttributeUse::Ignored,
        }
    }

    fn end_attribute(&mut self) {
        let wanted = if self.ends { AttributeUse::Ignored } else { self.attribute_use() };
        if wanted != AttributeUse::Ignored && !self.value.is_empty() {
            let text = String::from_utf8_lossy(&self.value).into_owned();
            match wanted {
                AttributeUse::Id => self.ids.push(text),
                AttributeUse::HttpEquiv => self.refreshes = text.eq_ignore_ascii_case("refresh"),
                AttributeUse::Content => self.content = Some(text),
                AttributeUse::Ignored => {}
            }
        }
        self.name.clear();
        self.value.clear();
    }

    fn begin_tag(&mut self, ends: bool) {
        self.tag.clear();
        self.ids.clear();
        (self.ends, self.refreshes, self.content, self.self_closing) = (ends, false, None, false);
    }

    fn record_settled(&self) {
        if let Some(settled) = self.settled {
            settled.set(self.position);
        }
    }
}

impl Emitter for ScanEmitter<'_> {
    type Token = ScannedItem;

    fn emit_current_tag(&mut self) -> Option<State> {
        self.end_attribute();
        if self.ends {
            self.started.clear();
            self.found.extend(self.title.take().map(ScannedItem::Title));
            match self.tag.as_slice() {
                b"svg" => self.svg_depth = self.svg_depth.saturating_sub(1),
                b"h1" => self.found.extend(self.heading.take().map(ScannedItem::Heading)),
                _ => {}
            }
            self.record_settled();
            return None;
        }
        let shown = !INVISIBLE_TAGS.contains(&self.tag.as_slice());
        self.found.extend(self.ids.drain(..).map(|id| ScannedItem::Id(id, shown)));
        if self.refreshes {
            self.found.extend(self.content.take().map(ScannedItem::Refresh));
        }
        match self.tag.as_slice() {
            b"svg" if !self.self_closing => self.svg_depth += 1,
            b"title" if self.svg_depth == 0 => self.title = Some(String::new()),
            b"h1" => self.heading = Some(String::new()),
            b"script" => self.found.push_back(ScannedItem::Script),
            _ => {}
        }
        std::mem::swap(&mut self.started, &mut self.tag);
        let next = naive_next_state(&self.started);
        if next.is_none() {
            self.record_settled();
        }
        next
    }

    fn emit_string(&mut self, text: &[u8]) {
        if let Some(title) = &mut self.title {
            title.push_str(&String::from_utf8_lossy(text));
        }
        let is_read = self.svg_depth == 0 && !INVISIBLE_TAGS.contains(&self.started.as_slice());
        if let Some(heading) = self.heading.as_mut().filter(|_| is_read) {
            heading.push_str(&String::from_utf8_lossy(text));
        }
    }

    fn pop_token(&mut self) -> Option<ScannedItem> {
        self.found.pop_front()
    }

    fn should_emit_errors(&mut self) -> bool {
        false
    }

    fn move_position(&mut self, offset: isize) {
        self.position = self.position.saturating_add_signed(offset);
    }

    fn init_start_tag(&mut self) {
        self.begin_tag(false);
    }

    fn init_end_tag(&mut self) {
        self.begin_tag(true);
    }

    fn push_tag_name(&mut self, name: &[u8]) {
        self.tag.extend_from_slice(name);
    }

    fn init_attribute(&mut self) {
        self.end_attribute();
    }

    fn push_attribute_name(&mut self, name: &[u8]) {
        self.name.extend_from_slice(name);
    }

    fn push_attribute_value(&mut self, value: &[u8]) {
        if self.attribute_use() != AttributeUse::Ignored {
            self.value.extend_from_slice(value);
        }
    }

    fn current_is_appropriate_end_tag_token(&mut self) -> bool {
        self.ends && !self.started.is_empty() && self.started == self.tag
    }

    fn set_last_start_tag(&mut self, tag: Option<&[u8]>) {
        self.started.clear();
        self.started.extend_from_slice(tag.unwrap_or_default());
    }

    fn emit_eof(&mut self) {}

    fn emit_error(&mut self, _: Error) {}

    fn init_comment(&mut self) {}

    fn emit_current_comment(&mut self) {}

    fn emit_current_doctype(&mut self) {}

    fn set_self_closing(&mut self) {
        self.self_closing = true;
    }

    fn set_force_quirks(&mut self) {}

    fn push_comment(&mut self, _: &[u8]) {}

    fn push_doctype_name(&mut self, _: &[u8]) {}

    fn init_doctype(&mut self) {}

    fn set_doctype_public_identifier(&mut self, _: &[u8]) {}

    fn set_doctype_system_identifier(&mut self, _: &[u8]) {}

    fn push_doctype_public_identifier(&mut self, _: &[u8]) {}

    fn push_doctype_system_identifier(&mut self, _: &[u8]) {}
}
