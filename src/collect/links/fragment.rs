//! Places in HTML: ids, named anchors, and the page that a page sends its reader to.
//!
//! A place is an element's `id`, or the `name` of an `a` (HTML Living Standard, 7.4.6.4 "The indicated part
//! of the document"). Comments and scripts hold none.

use std::collections::BTreeSet;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

/// Which of the wanted places a page has, and whether it has any at all: one without any is drawn by
/// scripts.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) found: BTreeSet<String>,
    pub(super) any: bool,
}

/// Looks for places in a page, keeping nothing but those that are wanted.
pub(super) fn places(html: &[u8], wanted: &BTreeSet<String>) -> Places {
    let mut places = Places::default();
    for mark in marks(html) {
        let Mark::Id(id) = mark else { continue };
        places.any = true;
        // GitHub and GitLab prefix what users wrote and find it without the prefix.
        let bare = id.strip_prefix("user-content-").unwrap_or(&id);
        places.found.extend(wanted.iter().filter(|wanted| **wanted == id || *wanted == bare).cloned());
        if places.found.len() == wanted.len() {
            break;
        }
    }
    places
}

/// All places of a piece of HTML.
pub(super) fn all(html: &[u8]) -> BTreeSet<String> {
    let ids = marks(html).filter_map(|mark| match mark {
        Mark::Id(id) => Some(id),
        Mark::Refresh(_) | Mark::Title(_) => None,
    });
    ids.collect()
}

/// Where a page sends its reader at once: `<meta http-equiv="refresh" content="0; url=…">`. A page that
/// does so after more than five seconds is one to be read.
pub(super) fn refresh(html: &[u8]) -> Option<String> {
    marks(html).find_map(|mark| match mark {
        Mark::Refresh(content) => refresh_target(&content),
        Mark::Id(_) | Mark::Title(_) => None,
    })
}

/// A page's title.
pub(super) fn title(html: &[u8]) -> Option<String> {
    marks(html).find_map(|mark| match mark {
        Mark::Title(title) => Some(title.trim().to_owned()),
        Mark::Id(_) | Mark::Refresh(_) => None,
    })
}

/// What a fragment asks for: decoded, or `None` for the top of the page and for a text to be found in it
/// (`#:~:text=`, URL Fragment Text Directives).
pub(super) fn wanted(fragment: Option<&str>) -> Option<String> {
    let fragment = fragment?.split(":~:").next().unwrap_or_default();
    let decoded = percent_encoding::percent_decode_str(fragment).decode_utf8_lossy().into_owned();
    (!decoded.is_empty() && !decoded.eq_ignore_ascii_case("top")).then_some(decoded)
}

enum Mark {
    Id(String),
    Refresh(String),
    Title(String),
}

/// The attribute whose value comes next.
#[derive(Clone, Copy, PartialEq)]
enum Next {
    Id,
    HttpEquiv,
    Content,
    Other,
}

fn marks(html: &[u8]) -> impl Iterator<Item = Mark> {
    let (mut tag, mut next, mut in_title) = (Vec::new(), Next::Other, false);
    let (mut refreshes, mut content) = (false, None::<String>);
    let mut emitter = CallbackEmitter::new(move |event: CallbackEvent<'_>, _: Span<()>| -> Option<Mark> {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                tag.clear();
                tag.extend_from_slice(name);
                (refreshes, content, in_title) = (false, None, name == b"title");
            }
            CallbackEvent::AttributeName { name } => {
                next = match name {
                    b"id" => Next::Id,
                    b"name" if tag == b"a" => Next::Id,
                    b"http-equiv" if tag == b"meta" => Next::HttpEquiv,
                    b"content" if tag == b"meta" => Next::Content,
                    _ => Next::Other,
                };
            }
            CallbackEvent::AttributeValue { value } => {
                let text = || String::from_utf8_lossy(value).into_owned();
                match std::mem::replace(&mut next, Next::Other) {
                    Next::Id if !value.is_empty() => return Some(Mark::Id(text())),
                    Next::HttpEquiv => refreshes = value.eq_ignore_ascii_case(b"refresh"),
                    Next::Content => content = Some(text()),
                    Next::Id | Next::Other => {}
                }
            }
            CallbackEvent::CloseStartTag { .. } if refreshes => return content.take().map(Mark::Refresh),
            CallbackEvent::String { value } if in_title => {
                in_title = false;
                return Some(Mark::Title(String::from_utf8_lossy(value).into_owned()));
            }
            CallbackEvent::EndTag { .. } => tag.clear(),
            _ => {}
        }
        None
    });
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(html, emitter).flatten()
}

/// The address in `0; url='…'` (HTML Living Standard, 4.2.5.3, "refresh").
fn refresh_target(content: &str) -> Option<String> {
    let (seconds, rest) = content.split_once([';', ','])?;
    let soon = seconds.trim().parse::<f64>().is_ok_and(|seconds| seconds <= 5.0);
    let rest = rest.trim_start();
    let rest = match rest.get(..3) {
        Some(word) if word.eq_ignore_ascii_case("url") => rest[3..].trim_start().strip_prefix('=')?.trim_start(),
        _ => rest,
    };
    let target = rest.trim().trim_matches(['"', '\'']).trim();
    (soon && !target.is_empty()).then(|| target.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn ids_and_named_anchors_are_places() {
        let html =
            b"<h2 ID=one>x</h2><a name='two'></a><p name=three><!-- <p id=four> --><script>'<p id=\"five\">'</script>\
            <h3 id=\"user-content-six\">";
        assert_eq!(all(html), set(&["one", "two", "user-content-six"]));
        let seen = places(html, &set(&["two", "six", "seven"]));
        assert_eq!(seen, Places { found: set(&["six", "two"]), any: true });
        assert!(!places(b"<div>drawn later</div>", &set(&["x"])).any);
    }

    #[test]
    fn a_page_that_sends_on_at_once_is_known() {
        let page = |content: &str| format!("<head><meta content=\"{content}\" http-equiv=Refresh><title>a</title>");
        for (content, target) in [
            ("0; url=https://new.example/", Some("https://new.example/")),
            ("0;URL='/x'", Some("/x")),
            ("1, /y", Some("/y")),
            ("30; url=/x", None),
            ("5", None),
            ("0; url=", None),
        ] {
            assert_eq!(refresh(page(content).as_bytes()).as_deref(), target, "{content}");
        }
        assert_eq!(title(page("5").as_bytes()).as_deref(), Some("a"));
    }

    #[test]
    fn what_a_fragment_asks_for() {
        for (fragment, place) in [
            ("a%20b", Some("a b")),
            ("", None),
            ("top", None),
            (":~:text=words", None),
            ("part:~:text=words", Some("part")),
        ] {
            assert_eq!(wanted(Some(fragment)).as_deref(), place, "{fragment}");
        }
    }
}
