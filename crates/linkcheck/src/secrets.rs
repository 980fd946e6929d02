//! Secrets of other people: tokens, passwords and keys that somebody left in a page, an address or an answer. Nothing
//! that is printed or written repeats them.
//!
//! Only what has the form of a secret is found: a token by its prefix, a password by its place in an address, a
//! credential by the name of its parameter or header. Placeholders, such as `<token>` and `$TOKEN`, stay readable.

mod address;
mod named;
mod token;

use std::borrow::Cow;
use std::ops::Range;

pub use token::PREFIXES;

/// What stands in the place of a secret.
pub const REPLACEMENT: &str = "[redacted]";
/// How often percent-encoding is undone: an address in the query of an address in the query of another.
const MAX_DECODINGS: usize = 3;

/// How often a text is read again after something of it was replaced.
const MAX_PASSES: usize = 4;

/// The text without anything that has the form of a secret.
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut redacted = replace_ranges(text, find_in_decodings(text, find_all));
    for _ in 1..MAX_PASSES {
        // What stood between two addresses is gone, so that what is left may be read as one with a name in it.
        let Cow::Owned(once) = &redacted else { break };
        match replace_ranges(once, find_in_decodings(once, find_all)) {
            Cow::Owned(again) if again != *once => redacted = Cow::Owned(again),
            _ => break,
        }
    }
    redacted
}

/// Whether the text holds anything that has the form of a secret.
pub fn contains_secret(text: &str) -> bool {
    !find_in_decodings(text, find_all).is_empty()
}

/// Everything in the bytes that has the form of a secret.
pub fn find_all(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = find_tokens(text);
    found.extend(address::find_credentials(text));
    found.extend(named::find_credentials(text));
    found
}

/// What in the bytes looks like a token of GitLab or GitHub.
pub fn find_tokens(text: &[u8]) -> Vec<Range<usize>> {
    token::find_tokens(text)
}

/// What `find` finds in a text as it is written, and in what percent-decoding makes of it (RFC 3986, section 2.1): in
/// ranges of the text as it is written.
pub fn find_in_decodings(text: &str, find: impl Fn(&[u8]) -> Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut found = find(text.as_bytes());
    let mut starts: Vec<usize> = Vec::new();
    let mut decoded = Cow::Borrowed(text.as_bytes());
    for _ in 0..MAX_DECODINGS {
        let Some((next, next_starts)) = decode_once(&decoded) else { break };
        starts = next_starts.iter().map(|at| starts.get(*at).copied().unwrap_or(*at)).collect();
        let start_of = |at: usize| starts.get(at).copied().unwrap_or(text.len());
        found.extend(find(&next).into_iter().map(|range| start_of(range.start)..start_of(range.end)));
        decoded = Cow::Owned(next);
    }
    found
}

/// The bytes with one layer of percent-encoding undone, and where each of them begins; `None` where there is none.
fn decode_once(text: &[u8]) -> Option<(Vec<u8>, Vec<usize>)> {
    let is_encoded = |at: usize| text.get(at..at + 3).is_some_and(|part| part[1..].iter().all(u8::is_ascii_hexdigit));
    memchr::memchr_iter(b'%', text).find(|at| is_encoded(*at))?;
    let (mut bytes, mut starts) = (Vec::with_capacity(text.len()), Vec::with_capacity(text.len()));
    let mut at = 0;
    while at < text.len() {
        starts.push(at);
        let hex = text.get(at + 1..at + 3).filter(|_| text[at] == b'%');
        let byte = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        let byte = byte.filter(|_| is_encoded(at));
        bytes.push(byte.unwrap_or(text[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    Some((bytes, starts))
}

/// The text with these ranges replaced; those that touch become one.
pub fn replace_ranges(text: &str, mut ranges: Vec<Range<usize>>) -> Cow<'_, str> {
    ranges.retain(|range| !range.is_empty());
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    ranges.sort_by_key(|range| (range.start, range.end));
    let (mut out, mut copied) = (String::with_capacity(text.len()), 0);
    for range in ranges {
        if range.start > copied || out.is_empty() {
            out.push_str(&text[copied..range.start]);
            out.push_str(REPLACEMENT);
        }
        copied = copied.max(range.end);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// Our own mark behind a text that was cut.
const CUT_MARK: &[u8] = "…".as_bytes();

fn is_cut_at(text: &[u8], at: usize) -> bool {
    text[at..].starts_with(CUT_MARK)
}

/// What no credential in an address or a header holds: it ends where one of these stands.
fn ends_credential(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte.is_ascii_control() || matches!(byte, b'"' | b'`' | b'<' | b'>' | b'\\')
}

/// Whether somebody wrote what is to stand here instead of a secret: `<token>`, `$TOKEN`, `{{ token }}`, `[redacted]`.
fn is_placeholder(value: &[u8]) -> bool {
    let start = &value[..value.len().min("%3C".len())];
    let decoded = decode_once(start).map(|(decoded, _)| decoded);
    decoded.as_deref().unwrap_or(start).first().is_none_or(|first| matches!(first, b'<' | b'$' | b'{' | b'[' | b'*'))
}

#[cfg(test)]
mod tests;
