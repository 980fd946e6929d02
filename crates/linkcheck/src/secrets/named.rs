//! Credentials by the names that they stand behind: parameters of queries and fragments, headers, keys of JSON.

use std::borrow::Cow;
use std::ops::Range;

use super::{decode_once, ends_credential, is_cut_at, is_placeholder};

/// Names that mean a secret wherever they stand, in lower case with `_` for `-`.
const SECRET_NAMES: [&str; 17] = [
    "private_token",
    "job_token",
    "ci_job_token",
    "deploy_token",
    "access_token",
    "refresh_token",
    "id_token",
    "auth_token",
    "api_token",
    "feed_token",
    "rss_token",
    "runner_token",
    "authenticity_token",
    "incoming_email_token",
    "x_gitlab_token",
    "client_secret",
    "x_amz_security_token",
];
/// Names that mean one in a query or a fragment, and elsewhere are words.
const SECRET_PARAMETERS: [&str; 11] = [
    "token",
    "secret",
    "password",
    "passwd",
    "api_key",
    "apikey",
    "sig",
    "signature",
    "x_amz_signature",
    "x_goog_signature",
    "x_amz_credential",
];
const AUTHORIZATION_NAMES: [&str; 2] = ["authorization", "proxy_authorization"];
const AUTHORIZATION_SCHEMES: [&str; 4] = ["bearer", "basic", "token", "digest"];
/// In bytes, with all of its characters percent-encoded.
const LONGEST_NAME: usize = 72;
/// A shorter word behind `Authorization:` or `Bearer` may be one of a sentence.
const MIN_CREDENTIAL_LENGTH: usize = 16;

/// The values of parameters, headers and keys whose names say that they are secret.
pub(super) fn find_credentials(text: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for at in memchr::memchr3_iter(b':', b'=', b' ', text) {
        if found.last().is_some_and(|last| at < last.end) {
            continue;
        }
        found.extend(match text[at] {
            b' ' => bearer_credential(text, at),
            b':' => header_value(text, at),
            _ => parameter_value(text, at),
        });
    }
    found
}

/// `?token=…`, `&private_token=…`, `#access_token=…`, `user[password]=…`.
fn parameter_value(text: &[u8], equals: usize) -> Option<Range<usize>> {
    let (name, before) = name_before(text, equals);
    let in_query = before.is_some_and(|byte| matches!(byte, b'?' | b'&' | b';' | b'#' | b'['));
    let secret = is_one_of(&name, &SECRET_NAMES) || in_query && is_one_of(&name, &SECRET_PARAMETERS);
    secret.then(|| value_at(text, skip(text, equals + 1, is_quote))).flatten()
}

/// `PRIVATE-TOKEN: …`, `"access_token": "…"`, `Authorization: Bearer …`.
fn header_value(text: &[u8], colon: usize) -> Option<Range<usize>> {
    let (name, _) = name_before(text, colon);
    let start = skip(text, colon + 1, |byte| byte == b' ' || is_quote(byte));
    if is_one_of(&name, &SECRET_NAMES) {
        return value_at(text, start);
    }
    if !is_one_of(&name, &AUTHORIZATION_NAMES) {
        return None;
    }
    let scheme = AUTHORIZATION_SCHEMES.iter().find(|scheme| {
        let word = text.get(start..start + scheme.len() + 1);
        word.is_some_and(|word| word.ends_with(b" ") && word[..scheme.len()].eq_ignore_ascii_case(scheme.as_bytes()))
    });
    match scheme {
        Some(scheme) => value_at(text, skip(text, start + scheme.len(), |byte| byte == b' ')),
        None => value_at(text, start).filter(|value| value.len() >= MIN_CREDENTIAL_LENGTH),
    }
}

/// `Bearer …` alone: a word that is long and has a digit is no word of a sentence.
fn bearer_credential(text: &[u8], blank: usize) -> Option<Range<usize>> {
    let start = blank.checked_sub("bearer".len())?;
    text[start..blank].eq_ignore_ascii_case(b"bearer").then_some(())?;
    let value = value_at(text, skip(text, blank, |byte| byte == b' '))?;
    let like_one = text[value.clone()].iter().any(u8::is_ascii_digit) && value.len() >= MIN_CREDENTIAL_LENGTH;
    (like_one || is_cut_at(text, value.end)).then_some(value)
}

/// Whether a name stands in a list, in whatever letter case and with `-` or `_`.
fn is_one_of(name: &[u8], list: &[&str]) -> bool {
    let same = |byte: &u8, known: u8| byte.to_ascii_lowercase() == known || *byte == b'-' && known == b'_';
    list.iter().any(|known| known.len() == name.len() && name.iter().zip(known.bytes()).all(|(a, b)| same(a, b)))
}

/// The name that ends at `end`, percent-decoded, and what stands before it.
fn name_before(text: &[u8], end: usize) -> (Cow<'_, [u8]>, Option<u8>) {
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let end = end - text[..end].iter().rev().take_while(|byte| is_quote(**byte) || **byte == b']').take(3).count();
    let written =
        text[..end].iter().rev().take_while(|byte| belongs(byte) || **byte == b'%').take(LONGEST_NAME).count();
    let before = (end - written).checked_sub(1).map(|before| text[before]);
    let written = &text[end - written..end];
    let Some((decoded, _)) = decode_once(written) else { return (Cow::Borrowed(written), before) };
    match decoded.iter().rposition(|byte| !belongs(byte)) {
        Some(at) => (Cow::Owned(decoded[at + 1..].to_vec()), Some(decoded[at])),
        None => (Cow::Owned(decoded), before),
    }
}

/// The value that begins at `start`, without what ends the sentence around it; `None` for a placeholder.
fn value_at(text: &[u8], start: usize) -> Option<Range<usize>> {
    let ends = |at: &usize| {
        let byte = text[*at];
        ends_credential(byte) || matches!(byte, b'&' | b'#' | b'\'' | b')' | b']' | b'}') || is_cut_at(text, *at)
    };
    // First, so that a text of placeholders is not read again and again.
    if is_placeholder(text.get(start..)?) {
        return None;
    }
    let end = (start..text.len()).find(ends).unwrap_or(text.len());
    let punctuation =
        text[start..end].iter().rev().take_while(|byte| matches!(byte, b'.' | b',' | b':' | b';')).count();
    Some(start..end - punctuation).filter(|value| !value.is_empty())
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'\\')
}

fn skip(text: &[u8], from: usize, belongs: impl Fn(u8) -> bool) -> usize {
    from + text.get(from..).into_iter().flatten().take_while(|byte| belongs(**byte)).count()
}
