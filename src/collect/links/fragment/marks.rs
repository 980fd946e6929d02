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
pub(super) enum Mark {
    /// An element's `id`, or the `name` of an `a`; and whether the element is shown to readers.
    Id(String, bool),
    /// The `content` of a `meta` that refreshes.
    Refresh(String),
    /// The page's title.
    Title(String),
}

/// The marks of a piece of HTML, in their order.
pub(super) fn marks(html: &[u8]) -> impl Iterator<Item = Mark> {
    Tokenizer::new_with_emitter(html, Marks::default()).flatten()
}

/// The same of a piece that may end anywhere; `settled` tells at last how much of it is read for good: a reader that
/// gets more of the page begins anew behind that, where nothing but text can be open.
pub(super) fn marks_of_part<'a>(html: &'a [u8], settled: &'a Cell<usize>) -> impl Iterator<Item = Mark> + 'a {
    Tokenizer::new_with_emitter(html, Marks { settled: Some(settled), ..Marks::default() }).flatten()
}

/// Elements that no reader sees.
const UNSEEN: [&[u8]; 5] = [b"link", b"meta", b"script", b"style", b"template"];

/// The attributes that are kept.
#[derive(Clone, Copy, Default, PartialEq)]
enum Kept {
    Id,
    HttpEquiv,
    Content,
    #[default]
    No,
}

#[derive(Default)]
struct Marks<'a> {
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
    position: usize,
    settled: Option<&'a Cell<usize>>,
    found: VecDeque<Mark>,
}

impl Marks<'_> {
    fn is_start(&self, name: &[u8]) -> bool {
        !self.ends && self.tag == name
    }

    /// What the attribute that is being read is to be kept as.
    fn kept(&self) -> Kept {
        match self.name.as_slice() {
            b"id" => Kept::Id,
            b"name" if self.is_start(b"a") => Kept::Id,
            b"http-equiv" if self.is_start(b"meta") => Kept::HttpEquiv,
            b"content" if self.is_start(b"meta") => Kept::Content,
            _ => Kept::No,
        }
    }

    fn end_attribute(&mut self) {
        let kept = if self.ends { Kept::No } else { self.kept() };
        if kept != Kept::No && !self.value.is_empty() {
            let text = String::from_utf8_lossy(&self.value).into_owned();
            match kept {
                Kept::Id => self.ids.push(text),
                Kept::HttpEquiv => self.refreshes = text.eq_ignore_ascii_case("refresh"),
                Kept::Content => self.content = Some(text),
                Kept::No => {}
            }
        }
        self.name.clear();
        self.value.clear();
    }

    fn begin_tag(&mut self, ends: bool) {
        self.tag.clear();
        self.ids.clear();
        (self.ends, self.refreshes, self.content) = (ends, false, None);
    }

    fn settle(&self) {
        if let Some(settled) = self.settled {
            settled.set(self.position);
        }
    }
}

impl Emitter for Marks<'_> {
    type Token = Mark;

    fn emit_current_tag(&mut self) -> Option<State> {
        self.end_attribute();
        if self.ends {
            self.started.clear();
            self.found.extend(self.title.take().map(Mark::Title));
            self.settle();
            return None;
        }
        let shown = !UNSEEN.contains(&self.tag.as_slice());
        self.found.extend(self.ids.drain(..).map(|id| Mark::Id(id, shown)));
        if self.refreshes {
            self.found.extend(self.content.take().map(Mark::Refresh));
        }
        if self.tag == b"title" {
            self.title = Some(String::new());
        }
        std::mem::swap(&mut self.started, &mut self.tag);
        let next = naive_next_state(&self.started);
        if next.is_none() {
            self.settle();
        }
        next
    }

    fn emit_string(&mut self, text: &[u8]) {
        if let Some(title) = &mut self.title {
            title.push_str(&String::from_utf8_lossy(text));
        }
    }

    fn pop_token(&mut self) -> Option<Mark> {
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
        if self.kept() != Kept::No {
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

    fn set_self_closing(&mut self) {}

    fn set_force_quirks(&mut self) {}

    fn push_comment(&mut self, _: &[u8]) {}

    fn push_doctype_name(&mut self, _: &[u8]) {}

    fn init_doctype(&mut self) {}

    fn set_doctype_public_identifier(&mut self, _: &[u8]) {}

    fn set_doctype_system_identifier(&mut self, _: &[u8]) {}

    fn push_doctype_public_identifier(&mut self, _: &[u8]) {}

    fn push_doctype_system_identifier(&mut self, _: &[u8]) {}
}
