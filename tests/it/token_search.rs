//! Where a token may not be seen, and how it is looked for there.
//!
//! The detector does not know the product's redactor. Every stage in memory searches what leaves it, see
//! [`assert_no_token`]: each request's address and body, and the reports of each run. `tests/it/token_leaks.rs`
//! searches what the program itself writes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// Bytes that were searched for a token, and texts that showed one.
static SEARCHED_BYTES: AtomicUsize = AtomicUsize::new(0);
static TEXTS_WITH_TOKEN: AtomicUsize = AtomicUsize::new(0);

/// Searches what leaves a stage for the token that the stage works with. A test in which it is seen fails at once; the
/// scoreboard counts.
pub(crate) fn assert_no_token(sink: &str, text: &[u8], token: &str) {
    let text = String::from_utf8_lossy(text);
    SEARCHED_BYTES.fetch_add(text.len(), Ordering::Relaxed);
    let seen = cached_needles(token).iter().any(|needle| text.contains(needle.as_str()));
    TEXTS_WITH_TOKEN.fetch_add(usize::from(seen), Ordering::Relaxed);
    assert!(!seen || !cfg!(test), "{sink} shows the token: {text}");
}

/// How many bytes were searched so far, and how many texts showed a token.
pub(crate) fn search_counts() -> (usize, usize) {
    (SEARCHED_BYTES.load(Ordering::Relaxed), TEXTS_WITH_TOKEN.load(Ordering::Relaxed))
}

thread_local! {
    static NEEDLES: RefCell<BTreeMap<String, Rc<[String]>>> = RefCell::default();
}

/// What is searched for, made once for a token: [`find_token_forms`] for texts of which there are many.
fn cached_needles(token: &str) -> Rc<[String]> {
    NEEDLES.with_borrow_mut(|known| match known.get(token) {
        Some(needles) => Rc::clone(needles),
        None => Rc::clone(known.entry(token.to_owned()).or_insert(all_needles(token).into())),
    })
}

fn all_needles(token: &str) -> Vec<String> {
    let mut needles = token_pieces(token);
    for form in [hex(token), percent_encode_all(token), percent_encode(token)] {
        // Escapes come in capitals and in small letters; where nothing is escaped, a piece says it already.
        if form != token {
            needles.extend([form.to_lowercase(), form.to_uppercase(), form]);
        }
    }
    needles.extend((0..3).flat_map(|shift| base64_fragments(shift, token)));
    needles.sort();
    needles.dedup();
    needles
}

/// Half a secret is one, too: any twelve characters of what follows the prefix.
fn token_pieces(token: &str) -> Vec<String> {
    let body: Vec<char> = token.split_once('-').map_or(token, |(_, body)| body).chars().collect();
    body.windows(12).map(|piece| piece.iter().collect()).collect()
}

/// Every form of the token that stands in a text.
pub(crate) fn find_token_forms(haystack: &str, token: &str) -> Vec<&'static str> {
    let lower = haystack.to_lowercase();
    let mut found = Vec::new();
    let mut see = |form, seen: bool| found.extend(seen.then_some(form));
    see("plain", haystack.contains(token));
    see("hex", lower.contains(&hex(token)));
    see("percent", lower.contains(&percent_encode_all(token).to_lowercase()));
    see("percent", lower.contains(&percent_encode(token).to_lowercase()));
    for shift in 0..3 {
        see("base64", base64_fragments(shift, token).iter().any(|form| haystack.contains(form)));
    }
    see("a piece", token_pieces(token).iter().any(|piece| haystack.contains(piece)));
    found
}

fn hex(token: &str) -> String {
    map_bytes(token, |byte| format!("{byte:02x}"))
}

pub(crate) fn percent_encode_all(token: &str) -> String {
    map_bytes(token, |byte| format!("%{byte:02X}"))
}

pub(crate) fn map_bytes(token: &str, form: impl Fn(u8) -> String) -> String {
    token.bytes().map(form).collect()
}

pub(crate) fn percent_encode(token: &str) -> String {
    percent_encoding::utf8_percent_encode(token, percent_encoding::NON_ALPHANUMERIC).to_string().replace("%2D", "-")
}

/// What of a longer text's base64, in both alphabets, hangs on the token alone when so many bytes stand before it.
fn base64_fragments(shift: usize, token: &str) -> [String; 2] {
    let text = format!("{}{token}", &"~~~"[..shift]);
    let (first, last) = ((shift * 8).div_ceil(6), text.len() * 8 / 6);
    [STANDARD.encode(&text), URL_SAFE.encode(&text)].map(|encoded| encoded[first..last].to_owned())
}

/// The token in every form, as a server, a page or a person might write it.
pub(crate) fn all_token_forms(token: &str) -> Vec<String> {
    let mut forms = vec![token.to_owned(), hex(token), hex(token).to_uppercase(), percent_encode_all(token)];
    forms.push(percent_encode_all(token).to_lowercase());
    forms.push(percent_encode(token));
    for before in ["", "a", "ab"] {
        forms.push(STANDARD.encode(format!("{before}{token}:and more")));
        forms.push(URL_SAFE.encode(format!("{before}{token}?and more")));
    }
    forms
}

/// What is made for many texts finds what is made for few.
#[test]
fn both_detectors_see_the_same() {
    for token in ["glpat-CANARY7fQ2xVnB9sLw4K", "desk-CANARY+8gR3/yWoC0=tMx5L", "glpat-sandbox-api-no-secret"] {
        for form in all_token_forms(token) {
            let text = format!("a sentence with {form} in it");
            assert!(cached_needles(token).iter().any(|needle| text.contains(needle.as_str())), "{form}");
            assert!(!find_token_forms(&text, token).is_empty(), "{form}");
        }
        let quiet = "a sentence about glpat- and a canary in a sandbox of the api";
        assert!(cached_needles(token).iter().all(|needle| !quiet.contains(needle.as_str())));
    }
}

#[tokio::test(start_paused = true)]
async fn every_stage_searches_what_leaves_it() {
    let (before, _) = search_counts();
    let stage = crate::support::Stage::seeded();
    stage.apply().await;
    let written: usize = stage.sandbox.journal().iter().map(|entry| entry.body.len()).sum();
    assert!(search_counts().0 - before > written, "bodies, addresses and reports");
}

#[test]
#[should_panic(expected = "the journal shows the token")]
fn a_stage_that_shows_its_token_fails() {
    assert_no_token("the journal", b"PUT /x?private_token=glpat-sandbox-api-no-secret", "glpat-sandbox-api-no-secret");
}
