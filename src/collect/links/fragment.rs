//! Places in HTML: ids, named anchors, and the page that a page sends its reader to.
//!
//! A place is an element's `id`, or the `name` of an `a` (HTML Living Standard, 7.4.6.4 "The indicated part
//! of the document"). Comments and scripts hold none.

mod marks;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use marks::{Mark, marks, marks_of_part};

/// Elements that scripts fill: the one place of a page before it is drawn.
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

/// Which of the wanted places a page has, as they were wanted.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) found: BTreeSet<String>,
    /// Whether it has any place at all that readers see: one without any is drawn by scripts.
    pub(super) any: bool,
    /// Whether some of its places are not in UTF-8, and so cannot be read.
    pub(super) garbled: bool,
}

/// Looks for places in a page while it comes in, and keeps nothing of it but what may go on in the next part.
pub(super) struct Search<'a> {
    /// What ids may be called, with the fragments that ask for them.
    readings: BTreeMap<String, BTreeSet<&'a str>>,
    /// How many fragments ask.
    wanted: usize,
    places: Places,
    /// What is not read for good.
    held: Vec<u8>,
    /// At how much of it another look is worth its while: a script that goes on and on is not read with each part of it.
    enough: usize,
}

/// Parts of a page are read together up to this much, bytes.
const PART: usize = 16 * 1024;

impl<'a> Search<'a> {
    /// `wanted` are fragments as [`written`] gives them.
    pub(super) fn new(wanted: &'a BTreeSet<String>) -> Self {
        let mut readings: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for fragment in wanted {
            // As it stands first, and decoded (HTML Living Standard, 7.4.6.4): some builders of sites write ids encoded.
            for reading in [fragment.clone(), decoded(fragment)] {
                readings.entry(reading).or_default().insert(fragment);
            }
        }
        Self { readings, wanted: wanted.len(), places: Places::default(), held: Vec::new(), enough: PART }
    }

    /// Takes the next part; gives `true` when nothing is left to look for.
    pub(super) fn goes_on_with(&mut self, part: &[u8]) -> bool {
        self.held.extend_from_slice(part);
        if self.held.len() >= self.enough {
            self.read();
            self.enough = PART.max(self.held.len() * 2);
        }
        self.is_over()
    }

    /// What was found, when no more comes.
    pub(super) fn end(mut self) -> Places {
        if !self.is_over() {
            self.read();
        }
        self.places
    }

    fn is_over(&self) -> bool {
        self.places.found.len() == self.wanted
    }

    fn read(&mut self) {
        let settled = Cell::new(0);
        for mark in marks_of_part(&self.held, &settled) {
            let Mark::Id(id, shown) = mark else { continue };
            self.places.any = self.places.any || shown && !FILLED_BY_SCRIPTS.contains(&id.as_str());
            self.places.garbled |= id.contains(char::REPLACEMENT_CHARACTER);
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

/// All places of a piece of HTML.
pub(super) fn all(html: &[u8]) -> BTreeSet<String> {
    let ids = marks(html).filter_map(|mark| match mark {
        Mark::Id(id, _) => Some(id),
        Mark::Refresh(_) | Mark::Title(_) => None,
    });
    ids.collect()
}

/// Where a page sends its reader at once: `<meta http-equiv="refresh" content="0; url=…">`. A page that
/// does so after more than five seconds is one to be read.
pub(super) fn refresh(html: &[u8]) -> Option<String> {
    // Few pages do, and nearly every page is asked.
    if !holds(html, "refresh") {
        return None;
    }
    marks(html).find_map(|mark| match mark {
        Mark::Refresh(content) => refresh_target(&content),
        Mark::Id(..) | Mark::Title(_) => None,
    })
}

/// A page's title.
pub(super) fn title(html: &[u8]) -> Option<String> {
    marks(html).find_map(|mark| match mark {
        Mark::Title(title) => Some(title.trim().to_owned()),
        Mark::Id(..) | Mark::Refresh(_) => None,
    })
}

/// Whether a word stands anywhere in a text, in large or small letters.
pub(super) fn holds(text: &[u8], word: &str) -> bool {
    let word = word.as_bytes();
    let Some(first) = word.first() else { return true };
    let begins = memchr::memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), text);
    let mut whole = begins.filter_map(|at| text.get(at..at + word.len()));
    whole.any(|part| part.eq_ignore_ascii_case(word))
}

/// What a fragment asks for: decoded, or `None` for the top of the page and for a text to be found in it
/// (`#:~:text=`, URL Fragment Text Directives).
pub(super) fn wanted(fragment: Option<&str>) -> Option<String> {
    let decoded = decoded(fragment?.split(":~:").next().unwrap_or_default());
    (!decoded.is_empty() && !decoded.eq_ignore_ascii_case("top")).then_some(decoded)
}

/// The part of a fragment that asks for a place, as it stands in the address, where there is one.
pub(super) fn written(fragment: Option<&str>) -> Option<&str> {
    let written = fragment?.split(":~:").next().unwrap_or_default();
    wanted(fragment).map(|_| written)
}

fn decoded(fragment: &str) -> String {
    percent_encoding::percent_decode_str(fragment).decode_utf8_lossy().into_owned()
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
        let seen = search(&[html], &set(&["two", "six", "seven"]));
        assert_eq!(seen, Places { found: set(&["six", "two"]), any: true, garbled: false });
        assert!(!search(&[b"<div>drawn later</div>"], &set(&["x"])).any);
    }

    #[test]
    fn what_every_application_has_before_it_is_drawn_is_no_sign_of_places() {
        let shell = b"<meta id=m><link id=l><style id=s></style><template id=t></template><div id=root></div>\
            <script id=__NEXT_DATA__>{}</script><div id=__next><div id='swagger-ui'></div></div>";
        let seen = search(&[shell], &set(&["root", "x"]));
        assert_eq!((seen.found, seen.any), (set(&["root"]), false));
        assert!(search(&[b"<div id=root><h2 id=y>"], &set(&["x"])).any);
    }

    #[test]
    fn a_fragment_with_two_readings_is_found_by_either_and_looked_for_no_longer() {
        for html in ["<p id='caf\u{e9}'>", "<p id=caf%C3%A9>"] {
            let wanted = set(&["caf%C3%A9"]);
            let mut search = Search { enough: 0, ..Search::new(&wanted) };
            assert!(search.goes_on_with(html.as_bytes()), "{html}");
            assert_eq!(search.end().found, wanted);
        }
    }

    #[test]
    fn an_id_in_another_encoding_is_known_for_one() {
        assert!(search(&[b"<p id=one><p id='caf\xe9'>"], &set(&["caf%C3%A9"])).garbled);
        assert!(!search(&["<p id='caf\u{e9}'>".as_bytes()], &set(&["x"])).garbled);
    }

    fn search(parts: &[&[u8]], wanted: &BTreeSet<String>) -> Places {
        let mut search = Search { enough: 0, ..Search::new(wanted) };
        for part in parts {
            if search.goes_on_with(part) {
                break;
            }
            search.enough = 0;
        }
        search.end()
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
