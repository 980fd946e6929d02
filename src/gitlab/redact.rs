//! Keeps secrets out of every output: each text that leaves the program goes through a [`Redactor`].

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use linkcheck::secrets::{self, PREFIXES};
use secrecy::{ExposeSecret as _, SecretString};

/// Knows every form in which this run's secrets could appear. Clones share what they know.
#[derive(Clone, Default)]
pub struct Redactor {
    forms: Arc<RwLock<SecretForms>>,
}

/// What is searched for, each longest first.
#[derive(Default)]
struct SecretForms {
    /// Whole secrets, however they are encoded.
    whole: Vec<String>,
    /// Their two ends, for texts that were cut.
    ends: Vec<String>,
}

impl Redactor {
    /// A redactor for these secrets.
    pub fn new(secrets: &[&SecretString]) -> Self {
        let redactor = Self::default();
        for secret in secrets {
            redactor.add_secret(secret);
        }
        redactor
    }

    /// Keeps one more secret quiet from now on, in every clone: a token may be read from a file later.
    pub fn add_secret(&self, secret: &SecretString) {
        let mut known = self.forms.write().unwrap_or_else(PoisonError::into_inner);
        let SecretForms { whole, ends } = forms_of_secret(secret.expose_secret());
        known.whole.extend(whole);
        known.ends.extend(ends);
        let SecretForms { whole, ends } = &mut *known;
        for forms in [whole, ends] {
            forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
            forms.dedup();
        }
    }

    /// The text without any whole secret; its ends alone, and what looks like a token of somebody else, stay. This is
    /// for texts of people, which are kept byte for byte otherwise.
    pub fn redact_whole_secrets<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let known = self.forms.read().unwrap_or_else(PoisonError::into_inner);
        replace_all(Cow::Borrowed(text), &known.whole)
    }

    /// Whether a whole secret stands in the text, as it is or percent-encoded.
    pub fn holds_whole_secret(&self, text: &str) -> bool {
        [text, &percent_decode(text)].into_iter().any(|text| matches!(self.redact_whole_secrets(text), Cow::Owned(_)))
    }

    /// The text without any secret: neither ours in any form, nor what has the form of somebody else's.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.redact_what(text, secrets::find_all)
    }

    /// A text that is read and not printed, without our secrets and without tokens. What else has the form of a secret
    /// stays, because an address is asked as it is written.
    pub fn redact_tokens<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.redact_what(text, secrets::find_tokens)
    }

    fn redact_what<'t>(&self, text: &'t str, of_others: impl Fn(&[u8]) -> Vec<Range<usize>>) -> Cow<'t, str> {
        let known = self.forms.read().unwrap_or_else(PoisonError::into_inner);
        let ranges = secrets::find_in_decodings(text, |text| {
            let mut found = of_others(text);
            for needle in known.whole.iter().chain(&known.ends) {
                let begins = memchr::memmem::find_iter(text, needle.as_bytes());
                found.extend(begins.map(|at| at..at.saturating_add(needle.len())));
            }
            found
        });
        secrets::replace_ranges(text, ranges)
    }
}

fn replace_all<'t>(text: Cow<'t, str>, forms: &[String]) -> Cow<'t, str> {
    forms.iter().fold(text, |text, form| {
        if text.contains(form.as_str()) { Cow::Owned(text.replace(form.as_str(), secrets::REPLACEMENT)) } else { text }
    })
}

/// The token itself; its base64 at the three alignments it can have inside a longer text, in both
/// alphabets; its hex; its percent-encoding; and the two ends of it, in case it is cut.
fn forms_of_secret(secret: &str) -> SecretForms {
    if secret.len() < 8 {
        // Too short to be told from ordinary text; GitLab issues none like it.
        let whole = Some(secret.to_owned()).filter(|secret| !secret.is_empty());
        return SecretForms { whole: whole.into_iter().collect(), ends: Vec::new() };
    }
    let mut out = vec![secret.to_owned(), to_hex_digits(secret, false), to_hex_digits(secret, true)];
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
    out.extend([percent_encode_hex(&to_hex_digits(secret, true)), percent_encode_hex(&to_hex_digits(secret, false))]);
    out.push(url::form_urlencoded::byte_serialize(secret.as_bytes()).collect());
    // Counted behind the prefix: "glpat-xx" alone is ordinary text.
    let body = PREFIXES.iter().find_map(|prefix| secret.strip_prefix(prefix)).unwrap_or(secret);
    let ends = if body.len() >= 16 { [body.get(..8), body.get(body.len() - 8..)] } else { [None, None] };
    SecretForms { whole: out, ends: ends.into_iter().flatten().map(str::to_owned).collect() }
}

/// Percent-encoding resolved; all else, a plus too, stays as it is.
fn percent_decode(text: &str) -> String {
    let pluses_kept = text.replace('+', "%2B");
    let pairs = url::form_urlencoded::parse(pluses_kept.as_bytes());
    pairs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Every byte percent-encoded, from its hex digits.
fn percent_encode_hex(hex: &str) -> String {
    hex.char_indices().flat_map(|(at, digit)| (at % 2 == 0).then_some('%').into_iter().chain([digit])).collect()
}

fn to_hex_digits(secret: &str, upper: bool) -> String {
    let hex = crate::pod::finding::to_hex(secret.as_bytes());
    if upper { hex.to_ascii_uppercase() } else { hex }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linkcheck::secrets::REPLACEMENT;

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
            crate::pod::finding::to_hex(token.as_bytes()),
            percent_encode_hex(&to_hex_digits(token, true)),
            format!("cut {}", &token[..20]),
            token.replace('-', "%2D").replace('C', "%43"),
        ] {
            let clean = redactor.redact(&text);
            assert!(clean.contains(REPLACEMENT), "{text} -> {clean}");
            assert!(!clean.contains("CANARY0123"), "{clean}");
        }
        assert_eq!(redactor.redact("glpat- is a prefix"), "glpat- is a prefix");
    }

    #[test]
    fn a_text_of_people_loses_whole_secrets_only() {
        let token = "desk-CANARY+8gR3/yWoC0=tMx5L";
        let redactor = Redactor::new(&[&SecretString::from(token)]);
        let (first, last) = (&token[..8], &token[token.len() - 8..]);
        let stays = format!("{first} and {last}; glpat-abcdefghijklmnopqrst");
        assert_eq!(redactor.redact_whole_secrets(&stays), stays);
        assert!(!redactor.holds_whole_secret(&stays));
        assert_eq!(redactor.redact_whole_secrets(&format!("a {token} b")), "a [redacted] b");
        for held in [token.to_owned(), STANDARD.encode(token), "desk-CANARY%2B8gR3/yWoC0=tMx5%4C".to_owned()] {
            assert!(redactor.holds_whole_secret(&format!("https://gitlab.example/a?b={held}&c")), "{held}");
        }
    }

    #[test]
    fn what_is_read_keeps_its_addresses_and_what_is_printed_does_not() {
        let redactor = Redactor::new(&[&SecretString::from("our-own-secret-of-16")]);
        let text = "https://ada:pw@a.example/?token=abc glpat-abcdefghijklmnopqrst our-own-secret-of-16";
        assert_eq!(redactor.redact_tokens(text), "https://ada:pw@a.example/?token=abc [redacted] [redacted]");
        assert_eq!(redactor.redact(text), "https://[redacted]@a.example/?token=[redacted] [redacted] [redacted]");
    }

    #[test]
    fn a_token_that_somebody_leaked_is_not_shown_again() {
        let text = "see glpat-abcdefghijklmnopqrst and glpat-short";
        assert_eq!(Redactor::default().redact(text), "see [redacted] and glpat-short");
        let text = "see github_pat_11ABCDEFG0123456789_abcdef, ghp_abcdefghijklmnopqrstuvwxyz0123456789 and ghp_short";
        assert_eq!(Redactor::default().redact(text), "see [redacted], [redacted] and ghp_short");
        // What two tokens have in common is no secret.
        let redactor = Redactor::new(&[&SecretString::from("github_pat_11ABCDEFG0123456789_abcdef")]);
        assert_eq!(redactor.redact("github_pages of github_pat_"), "github_pages of github_pat_");
    }
}
