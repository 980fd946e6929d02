//! Tokens by their prefixes.

use std::ops::Range;

use super::is_cut_at;

/// Prefixes of GitLab's tokens (docs "Token overview") and of GitHub's (docs "About authentication to GitHub"). An
/// instance can set its own.
pub const PREFIXES: [&str; 19] = [
    "glpat-",
    "glptt-",
    "gldt-",
    "glrt-",
    "glrtr-",
    "glcbt-",
    "glft-",
    "glffct-",
    "glsoat-",
    "glagent-",
    "glimt-",
    "gloas-",
    "glwt-",
    "github_pat_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
];
/// A shorter one could be an ordinary word behind a prefix.
const MIN_LENGTH: usize = 20;

/// A prefix and 20 or more characters of its alphabet, with the parts of a routable token behind it (GitLab docs,
/// "Cells: routable tokens": a payload, a dot, its length and checksum). One that was cut is shorter.
pub(super) fn find_tokens(text: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    // All prefixes begin with a `g`, and few words do so in this way.
    let begins = |at: &usize| matches!(text.get(at + 1), Some(b'l' | b'h' | b'i'));
    for at in memchr::memchr_iter(b'g', text).filter(begins) {
        if found.last().is_some_and(|last| at < last.end) {
            continue;
        }
        let Some(prefix) = PREFIXES.iter().find(|prefix| text[at..].starts_with(prefix.as_bytes())) else { continue };
        let body = at + prefix.len();
        let end = body + run_length(&text[body..], |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if end - body >= MIN_LENGTH {
            found.push(at..end_of_routable_token(text, end));
        } else if end > body && is_cut_at(text, end) {
            found.push(at..end);
        }
    }
    found
}

fn end_of_routable_token(text: &[u8], payload_end: usize) -> usize {
    let mut end = payload_end;
    while text.get(end) == Some(&b'.') {
        match run_length(&text[end + 1..], u8::is_ascii_alphanumeric) {
            0 => break,
            length => end += 1 + length,
        }
    }
    end
}

fn run_length(text: &[u8], belongs: impl Fn(&u8) -> bool) -> usize {
    text.iter().take_while(|byte| belongs(byte)).count()
}
