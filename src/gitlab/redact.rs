//! Keeps secrets out of every sink: each text that leaves the program goes through a [`Redactor`].

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use secrecy::{ExposeSecret as _, SecretString};

const SHOWN: &str = "[redacted]";
/// Prefixes of GitLab's tokens (docs "Token overview") and of GitHub's (docs "About authentication to GitHub"). An
/// instance can set its own, so this is an extra beside the known secrets, for tokens that somebody else leaked on a page.
const PREFIXES: [&str; 16] = [
    "glpat-",
    "glptt-",
    "gldt-",
    "glrt-",
    "glcbt-",
    "glft-",
    "glsoat-",
    "glagent-",
    "glimt-",
    "gloas-",
    "github_pat_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
];

/// Knows every form in which this run's secrets could appear, longest first. Clones share what they know.
#[derive(Clone, Default)]
pub struct Redactor {
    needles: Arc<RwLock<Vec<String>>>,
}

impl Redactor {
    /// A redactor for these secrets.
    pub fn new(secrets: &[&SecretString]) -> Self {
        let redactor = Self::default();
        for secret in secrets {
            redactor.learn(secret);
        }
        redactor
    }

    /// Keeps one more secret quiet from now on, in every clone: a token may be read from a file later.
    pub fn learn(&self, secret: &SecretString) {
        let mut needles = self.needles.write().unwrap_or_else(PoisonError::into_inner);
        needles.extend(forms(secret.expose_secret()));
        needles.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        needles.dedup();
    }

    /// The text without any secret in any form.
    pub fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut out = Cow::Borrowed(text);
        for needle in self.needles.read().unwrap_or_else(PoisonError::into_inner).iter() {
            if out.contains(needle.as_str()) {
                out = Cow::Owned(out.replace(needle.as_str(), SHOWN));
            }
        }
        match without_tokens(&out) {
            None => out,
            Some(clean) => Cow::Owned(clean),
        }
    }
}

/// The token itself; its base64 at the three alignments it can have inside a longer text, in both
/// alphabets; its hex; its percent-encoding; and the two ends of it, in case it is cut.
fn forms(secret: &str) -> Vec<String> {
    if secret.len() < 8 {
        // Too short to be told from ordinary text; GitLab issues none like it.
        return vec![secret.to_owned()].into_iter().filter(|s| !s.is_empty()).collect();
    }
    let mut out = vec![secret.to_owned(), in_hex(secret, false), in_hex(secret, true)];
    for skip in 0..3usize {
        let padded = [vec![0u8; skip], secret.as_bytes().to_vec()].concat();
        // The digits that hang on what stands before and behind are left off.
        let first = (skip * 8).div_ceil(6);
        let last = padded.len() * 8 / 6;
        for encoded in [STANDARD.encode(&padded), URL_SAFE.encode(&padded)] {
            if let Some(inner) = encoded.get(first..last) {
                out.push(inner.to_owned());
            }
        }
    }
    out.extend([percent(&in_hex(secret, true)), percent(&in_hex(secret, false))]);
    out.push(url::form_urlencoded::byte_serialize(secret.as_bytes()).collect());
    // Counted behind the prefix: "glpat-xx" alone is ordinary text.
    let body = PREFIXES.iter().find_map(|prefix| secret.strip_prefix(prefix)).unwrap_or(secret);
    if body.len() >= 16 {
        out.extend(body.get(..8).map(str::to_owned));
        out.extend(body.get(body.len() - 8..).map(str::to_owned));
    }
    out
}

/// Every byte percent-encoded, from its hex digits.
fn percent(hex: &str) -> String {
    hex.char_indices().flat_map(|(at, digit)| (at % 2 == 0).then_some('%').into_iter().chain([digit])).collect()
}

fn in_hex(secret: &str, upper: bool) -> String {
    let hex = crate::pod::finding::hex(secret.as_bytes());
    if upper { hex.to_ascii_uppercase() } else { hex }
}

/// The text without whatever looks like a token of GitLab or GitHub, a known prefix and 20 or more characters of its
/// alphabet; `None` where nothing does.
fn without_tokens(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut kept = 0;
    // All prefixes begin with a `g`, and few words do so in this way.
    let bytes = text.as_bytes();
    let begins = |at: &usize| matches!(bytes.get(at + 1), Some(b'l' | b'h' | b'i'));
    for at in memchr::memchr_iter(b'g', bytes).filter(begins) {
        let prefix = PREFIXES.iter().find(|prefix| at >= kept && text[at..].starts_with(**prefix));
        let Some(prefix) = prefix else { continue };
        let from = at + prefix.len();
        let body = text[from..].bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count();
        if body >= 20 {
            out.push_str(&text[kept..at]);
            out.push_str(SHOWN);
            kept = from + body;
        }
    }
    (kept > 0).then(|| out + &text[kept..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_form_of_a_secret_gets_through() {
        let token = "glpat-CANARY0123456789abcdefXYZ";
        let redactor = Redactor::new(&[&SecretString::from(token)]);
        let inside = |skip: usize| STANDARD.encode(format!("{}{token} and more", "x".repeat(skip)));
        for text in [
            format!("a {token} b"),
            inside(0),
            inside(1),
            inside(2),
            crate::pod::finding::hex(token.as_bytes()),
            percent(&in_hex(token, true)),
            format!("cut {}", &token[..20]),
        ] {
            let clean = redactor.clean(&text);
            assert!(clean.contains(SHOWN), "{text} -> {clean}");
            assert!(!clean.contains("CANARY0123"), "{clean}");
        }
        assert_eq!(redactor.clean("glpat- is a prefix"), "glpat- is a prefix");
    }

    #[test]
    fn a_token_that_somebody_leaked_is_not_shown_again() {
        let text = "see glpat-abcdefghijklmnopqrst and glpat-short";
        assert_eq!(Redactor::default().clean(text), "see [redacted] and glpat-short");
        let text = "see github_pat_11ABCDEFG0123456789_abcdef, ghp_abcdefghijklmnopqrstuvwxyz0123456789 and ghp_short";
        assert_eq!(Redactor::default().clean(text), "see [redacted], [redacted] and ghp_short");
        // What two tokens have in common is no secret.
        let redactor = Redactor::new(&[&SecretString::from("github_pat_11ABCDEFG0123456789_abcdef")]);
        assert_eq!(redactor.clean("github_pages of github_pat_"), "github_pages of github_pat_");
    }
}
