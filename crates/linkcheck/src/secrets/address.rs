//! Names and passwords in addresses (RFC 3986, section 3.2.1).

use std::ops::Range;

use super::{ends_credential, is_cut_at, is_placeholder};

/// The user information of each address: all of it for the web, where nobody needs it to be shown, and elsewhere where
/// it has a password, so that `ssh://git@…` stays as it is.
pub(super) fn find_credentials(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut known = Authority { end: 0, at_sign: None };
    for (from, is_web) in authority_starts(text) {
        // An authority inside one that was read has the same end: no byte is read twice.
        if from >= known.end {
            known = Authority::read(text, from);
        }
        let password_at = |end: usize| text[from..end].iter().position(|byte| *byte == b':').map(|at| from + at + 1);
        match known.at_sign.filter(|at| *at > from) {
            Some(at_sign) => {
                let password = password_at(at_sign).filter(|password| *password < at_sign);
                let secret = &text[password.unwrap_or(from)..at_sign];
                if (is_web || password.is_some()) && !is_placeholder(secret) {
                    found.push(from..at_sign);
                    known = Authority { end: known.end, at_sign: None };
                }
            }
            // Cut before its `@`: what follows a colon may be a password as well as a port.
            None if from < known.end && is_cut_at(text, known.end) => {
                let password = password_at(known.end).filter(|password| *password < known.end);
                found.extend(password.map(|password| password..known.end));
            }
            None => {}
        }
    }
    found
}

/// Where an authority may begin, and whether it is one of the web: behind `//`, and behind `http:` with any slashes or
/// none, as browsers read it (WHATWG URL, "special authority slashes").
fn authority_starts(text: &[u8]) -> impl Iterator<Item = (usize, bool)> + '_ {
    // Of a run of slashes the first one counts, so that none is read twice.
    let begins = |at: &usize| text[*at] == b':' || *at == 0 || !matches!(text[*at - 1], b'/' | b':' | b'\\');
    memchr::memchr2_iter(b':', b'/', text).filter(begins).filter_map(|at| {
        let behind = at + usize::from(text[at] == b':');
        let is_web = behind > at && (ends_with_word(&text[..at], b"http") || ends_with_word(&text[..at], b"https"));
        let slashes = text[behind..].iter().take_while(|byte| matches!(byte, b'/' | b'\\')).count();
        (slashes >= 2 || is_web).then_some((behind + slashes, is_web))
    })
}

fn ends_with_word(text: &[u8], word: &[u8]) -> bool {
    let start = text.len().checked_sub(word.len());
    start.is_some_and(|start| text[start..].eq_ignore_ascii_case(word))
}

/// The part of an address that names user and host.
struct Authority {
    end: usize,
    /// The last `@` in it.
    at_sign: Option<usize>,
}

impl Authority {
    fn read(text: &[u8], from: usize) -> Self {
        let ends = |at: &usize| {
            let byte = text[*at];
            ends_credential(byte) || matches!(byte, b'/' | b'?' | b'#') || is_cut_at(text, *at)
        };
        let end = (from..text.len()).find(ends).unwrap_or(text.len());
        Self { end, at_sign: memchr::memrchr(b'@', &text[from..end]).map(|at| from + at) }
    }
}
