//! Anchors in HTML: ids, named anchors, and the page that a page sends its reader to.
//!
//! An anchor is an element's `id`, or the `name` of an `a` (HTML Living Standard, 7.4.6.4 "The indicated part
//! of the document"). Comments and scripts hold none.

mod html_scanner;
pub(crate) mod lines;

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use html_scanner::{ScannedItem, scan, scan_part};
use url::Url;

use crate::text::percent_decode;

/// Elements that scripts fill: the one anchor of a page before it is drawn.
const FILLED_BY_SCRIPTS: [&str; 16] = [
    "___gatsby",
    "__layout",
    "__next",
    "__nuxt",
    "app",
    "app-root",
    "application",
    "gatsby-focus-wrapper",
    "main-app",
    "mount",
    "q-app",
    "react-root",
    "redoc",
    "redoc-container",
    "root",
    "swagger-ui",
];

/// Which of the wanted anchors a page has, as they were wanted.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct FoundAnchors {
    pub(super) found: BTreeSet<String>,
    /// Whether it has any anchor at all that readers see: one with scripts and without any is drawn by them.
    pub(super) has_any: bool,
    /// Whether it has a script.
    pub(super) has_script: bool,
    /// Whether some of its anchors are not in UTF-8, and so cannot be read.
    pub(super) has_undecodable: bool,
}

/// Looks for anchors in a page while it comes in, and keeps nothing of it but what may go on in the next part.
pub(super) struct AnchorSearch<'a> {
    /// What ids may be called, with the fragments that ask for them.
    readings: BTreeMap<String, BTreeSet<&'a str>>,
    /// How many fragments ask.
    wanted: usize,
    places: FoundAnchors,
    /// What is not read for good.
    held: Vec<u8>,
    /// At how much of it another scan is worth its while: a script that goes on and on is not scanned with each part of
    /// it.
    enough: usize,
}

/// Parts of a page are read together up to this much, bytes.
const SCAN_BYTES: usize = 16 * 1024;

impl<'a> AnchorSearch<'a> {
    /// `wanted` are fragments as [`undecoded_anchor`] gives them.
    pub(super) fn new(wanted: &'a BTreeSet<String>) -> Self {
        let mut readings: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for fragment in wanted {
            // As it stands first, and decoded (HTML Living Standard, 7.4.6.4): some builders of sites write ids
            // encoded.
            for reading in [fragment.clone(), percent_decode(fragment)] {
                readings.entry(reading).or_default().insert(fragment);
            }
        }
        Self { readings, wanted: wanted.len(), places: FoundAnchors::default(), held: Vec::new(), enough: SCAN_BYTES }
    }

    /// Takes the next part; gives `true` when nothing is left to search.
    pub(super) fn push(&mut self, part: &[u8]) -> bool {
        self.held.extend_from_slice(part);
        if self.held.len() >= self.enough {
            self.scan_buffer();
            self.enough = SCAN_BYTES.max(self.held.len() * 2);
        }
        self.has_found_all()
    }

    /// What was found, when no more comes.
    pub(super) fn finish(mut self) -> FoundAnchors {
        if !self.has_found_all() {
            self.scan_buffer();
        }
        self.places
    }

    fn has_found_all(&self) -> bool {
        self.places.found.len() == self.wanted
    }

    fn scan_buffer(&mut self) {
        let settled = Cell::new(0);
        for mark in scan_part(&self.held, &settled) {
            let (id, shown) = match mark {
                ScannedItem::Id(id, shown) => (id, shown),
                ScannedItem::Script => {
                    self.places.has_script = true;
                    continue;
                }
                ScannedItem::Refresh(_) | ScannedItem::Title(_) | ScannedItem::Heading(_) => continue,
            };
            self.places.has_any = self.places.has_any || shown && !FILLED_BY_SCRIPTS.contains(&id.as_str());
            self.places.has_undecodable |= id.contains(char::REPLACEMENT_CHARACTER);
            // GitHub and GitLab prefix what users wrote and find it without the prefix.
            let bare = id.strip_prefix("user-content-").unwrap_or(&id);
            for found in [id.as_str(), bare] {
                for fragment in self.readings.get(found).into_iter().flatten() {
                    if !self.places.found.contains(*fragment) {
                        self.places.found.insert((*fragment).to_owned());
                    }
                }
            }
        }
        self.held.drain(..settled.get().min(self.held.len()));
    }
}

/// All anchors of a piece of HTML.
pub(super) fn find_anchors(html: &[u8]) -> BTreeSet<String> {
    let ids = scan(html).filter_map(|mark| match mark {
        ScannedItem::Id(id, _) => Some(id),
        ScannedItem::Refresh(_) | ScannedItem::Title(_) | ScannedItem::Heading(_) | ScannedItem::Script => None,
    });
    ids.collect()
}

/// Where a page sends its reader at once: `<meta http-equiv="refresh" content="0; url=…">`. A page that
/// does so after more than five seconds is one to be read.
pub(super) fn find_meta_refresh(html: &[u8]) -> Option<String> {
    // Few pages do, and nearly every page is asked.
    if !contains_ignore_case(html, "refresh") {
        return None;
    }
    scan(html).find_map(|mark| match mark {
        ScannedItem::Refresh(content) => parse_refresh_target(&content),
        ScannedItem::Id(..) | ScannedItem::Title(_) | ScannedItem::Heading(_) | ScannedItem::Script => None,
    })
}

/// The text of a page's first `title`.
pub(super) fn find_title(html: &[u8]) -> Option<String> {
    scan(html).find_map(|mark| match mark {
        ScannedItem::Title(title) => Some(title.trim().to_owned()),
        ScannedItem::Id(..) | ScannedItem::Refresh(_) | ScannedItem::Heading(_) | ScannedItem::Script => None,
    })
}

/// The text of a page's first `h1` that is closed.
pub(super) fn find_heading(html: &[u8]) -> Option<String> {
    scan(html).find_map(|mark| match mark {
        ScannedItem::Heading(heading) => Some(heading.trim().to_owned()),
        ScannedItem::Id(..) | ScannedItem::Refresh(_) | ScannedItem::Title(_) | ScannedItem::Script => None,
    })
}

/// Whether a word stands anywhere in a text, also within other words, in large or small letters (ASCII).
pub(super) fn contains_ignore_case(text: &[u8], word: &str) -> bool {
    let word = word.as_bytes();
    let Some(first) = word.first() else { return true };
    let begins = memchr::memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), text);
    let mut whole = begins.filter_map(|at| text.get(at..at + word.len()));
    whole.any(|part| part.eq_ignore_ascii_case(word))
}

/// What a fragment asks for: decoded, or `None` for the top of the page and for a text to be found in it
/// (`#:~:text=`, URL Fragment Text Directives).
pub(super) fn decode_anchor(fragment: Option<&str>) -> Option<String> {
    let decoded = percent_decode(fragment?.split(":~:").next().unwrap_or_default());
    (!decoded.is_empty() && !decoded.eq_ignore_ascii_case("top")).then_some(decoded)
}

/// The part of a fragment that asks for an anchor, as it stands in the address, where there is one.
pub(super) fn undecoded_anchor(fragment: Option<&str>) -> Option<&str> {
    let written = fragment?.split(":~:").next().unwrap_or_default();
    decode_anchor(fragment).map(|_| written)
}

/// The address in `0; url='…'` (HTML Living Standard, 4.2.5.3, "refresh").
fn parse_refresh_target(content: &str) -> Option<String> {
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

/// The page that an address names an anchor on.
pub(super) fn without_fragment(url: &Url) -> Cow<'_, Url> {
    if url.fragment().is_none() {
        return Cow::Borrowed(url);
    }
    let mut page = url.clone();
    page.set_fragment(None);
    Cow::Owned(page)
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
        assert_eq!(find_anchors(html), set(&["one", "two", "user-content-six"]));
        let seen = search(&[html], &set(&["two", "six", "seven"]));
        let (has_any, has_script, has_undecodable) = (true, true, false);
        assert_eq!(seen, FoundAnchors { found: set(&["six", "two"]), has_any, has_script, has_undecodable });
        let bare = search(&[b"<div>no place</div><!-- <script> --><noscript></noscript>"], &set(&["x"]));
        assert!(!bare.has_any && !bare.has_script);
    }

    #[test]
    fn what_every_application_has_before_it_is_drawn_is_no_sign_of_places() {
        let shell = b"<meta id=m><link id=l><style id=s></style><template id=t></template><div id=root></div>\
            <script id=__NEXT_DATA__>{}</script><div id=__next><div id='swagger-ui'></div></div>";
        let seen = search(&[shell], &set(&["root", "x"]));
        assert_eq!((seen.found, seen.has_any), (set(&["root"]), false));
        assert!(search(&[b"<div id=root><h2 id=y>"], &set(&["x"])).has_any);
    }

    #[test]
    fn a_fragment_with_two_readings_is_found_by_either_and_looked_for_no_longer() {
        for html in ["<p id='caf\u{e9}'>", "<p id=caf%C3%A9>"] {
            let wanted = set(&["caf%C3%A9"]);
            let mut search = AnchorSearch { enough: 0, ..AnchorSearch::new(&wanted) };
            assert!(search.push(html.as_bytes()), "{html}");
            assert_eq!(search.finish().found, wanted);
        }
    }

    #[test]
    fn an_id_in_another_encoding_is_known_for_one() {
        assert!(search(&[b"<p id=one><p id='caf\xe9'>"], &set(&["caf%C3%A9"])).has_undecodable);
        assert!(!search(&["<p id='caf\u{e9}'>".as_bytes()], &set(&["x"])).has_undecodable);
    }

    fn search(parts: &[&[u8]], wanted: &BTreeSet<String>) -> FoundAnchors {
        let mut search = AnchorSearch { enough: 0, ..AnchorSearch::new(wanted) };
        for part in parts {
            if search.push(part) {
                break;
            }
            search.enough = 0;
        }
        search.finish()
    }

    #[test]
    fn a_page_that_comes_in_parts_is_the_same_page() {
        let html = "<!doctype html>\r\n<title>a</b></title><p id='one'\r\nclass=x>é\r<!-- <p id=none1> -->\
            <script>if (a</b) '<p id=none2>'</script><style></p id=none3></style><a name=two href='?a&amp;b#&#x41;'>\
            <textarea><p id=none4></textarea></p><h2 id=\"thr&amp;ee\">&notin;</h2><br/><svg id=four /><p id=none5";
        let all = set(&["one", "two", "thr&ee", "four"]);
        let wanted: BTreeSet<String> = all.iter().cloned().chain((1..=5).map(|n| format!("none{n}"))).collect();
        for first in 0..html.len() {
            for second in first..html.len() {
                let html = html.as_bytes();
                let found = search(&[&html[..first], &html[first..second], &html[second..]], &wanted).found;
                assert_eq!(found, all, "cut at {first} and {second}");
            }
        }
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
            assert_eq!(find_meta_refresh(page(content).as_bytes()).as_deref(), target, "{content}");
        }
        assert_eq!(find_title(page("5").as_bytes()).as_deref(), Some("a"));
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
            assert_eq!(decode_anchor(Some(fragment)).as_deref(), place, "{fragment}");
        }
    }
}
