//! The cookies of one visit: what a site sets on the way to its page is sent along to that site, and to no other.
//!
//! RFC 6265, sections 5.3 and 5.4. They live as long as the visit, hold nothing of this machine and are never stored.

use std::cmp::Reverse;

use cookie_store::{CookieStore, RawCookie};
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};
use url::Url;

/// The most that are taken in one visit: browsers take as many from a domain (RFC 6265, section 6.1).
const MAX_COOKIES: usize = 50;
/// The most that all of them say together, bytes: servers take no longer header.
const MAX_BYTES: usize = 8 * 1024;

/// The cookies that were set so far.
#[derive(Default)]
pub(super) struct VisitCookies {
    /// Nothing, on nearly every visit.
    store: Option<Box<CookieStore>>,
    /// Whether one without a name was set.
    has_nameless: bool,
    count: usize,
    bytes: usize,
}

impl VisitCookies {
    /// Takes what an answer from this address sets.
    pub(super) fn store(&mut self, from: &Url, set: &[HeaderValue]) {
        for text in set.iter().filter_map(|value| value.to_str().ok()) {
            if self.count >= MAX_COOKIES || self.bytes + text.len() > MAX_BYTES {
                return;
            }
            self.has_nameless |= is_nameless(text);
            let Ok(cookie) = RawCookie::parse(text) else { continue };
            // A cookie for all of `com` is for no site (RFC 6265, section 5.3, step 5).
            if cookie.domain().is_some_and(|domain| !domain.trim_matches('.').contains('.')) {
                continue;
            }
            if self.store.get_or_insert_default().insert_raw(&cookie, from).is_ok() {
                (self.count, self.bytes) = (self.count + 1, self.bytes + text.len());
            }
        }
    }

    /// Whether nothing was set.
    pub(super) fn is_empty(&self) -> bool {
        self.store.is_none() && !self.has_nameless
    }

    /// The `Cookie` header of a request to this address, if it has one; the longest path first (RFC 6265, section 5.4).
    pub(super) fn header(&self, to: &Url) -> Option<HeaderValue> {
        let mut cookies = self.store.as_ref()?.matches(to);
        cookies.sort_by_key(|cookie| (Reverse(cookie.path.as_ref().len()), cookie.name()));
        let pairs: Vec<String> = cookies.iter().map(|cookie| format!("{}={}", cookie.name(), cookie.value())).collect();
        (!pairs.is_empty()).then(|| HeaderValue::from_str(&pairs.join("; ")).ok()).flatten()
    }
}

/// Whether a cookie has a value and no name: browsers keep such a one (RFC 6265bis, section 5.6), and here it shows that a
/// site wants one kept.
fn is_nameless(text: &str) -> bool {
    let pair = text.split(';').next().unwrap_or_default();
    let (name, value) = pair.split_once('=').unwrap_or(("", pair));
    name.trim().is_empty() && !value.trim().is_empty()
}

/// The `Set-Cookie` headers of an answer.
pub(super) fn set_cookies(headers: &HeaderMap) -> Vec<HeaderValue> {
    headers.get_all(SET_COOKIE).into_iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is sent to an address after another one set these.
    fn sent(from: &str, set: &[&str], to: &str) -> Option<String> {
        let mut cookies = VisitCookies::default();
        let set: Vec<HeaderValue> = set.iter().map(|text| HeaderValue::from_str(text).unwrap()).collect();
        cookies.store(&from.parse().unwrap(), &set);
        cookies.header(&to.parse().unwrap()).map(|header| header.to_str().unwrap().to_owned())
    }

    #[test]
    fn cookies_go_back_to_the_site_that_set_them_and_to_no_other() {
        let site = "https://www.juniper.example/a/b";
        for (set, to, header) in [
            // RFC 6265, section 5.3, step 6: without `Domain` for the host alone.
            ("seen=1", "https://www.juniper.example/a/c", Some("seen=1")),
            ("seen=1", "https://juniper.example/a/c", None),
            ("seen=1", "https://sub.www.juniper.example/a/c", None),
            ("seen=1; Domain=juniper.example", "https://juniper.example/a/", Some("seen=1")),
            ("seen=1; Domain=juniper.example", "https://jumper.example/a/", None),
            // Step 5 and 6: neither for a whole top-level domain nor for somebody else's.
            ("seen=1; Domain=example", "https://www.juniper.example/a/", None),
            ("seen=1; Domain=other.example", "https://other.example/a/", None),
            // Section 5.1.4: paths by whole segments.
            ("seen=1", "https://www.juniper.example/ab", None),
            ("seen=1; Path=/", "https://www.juniper.example/x", Some("seen=1")),
            // Section 5.4: a secure one over TLS only.
            ("seen=1; Path=/; Secure", "http://www.juniper.example/", None),
            ("seen=1; Path=/; Max-Age=0", "https://www.juniper.example/", None),
            ("nothing", "https://www.juniper.example/a/", None),
        ] {
            assert_eq!(sent(site, &[set], to).as_deref(), header, "{set} → {to}");
        }
        let two = ["b=2; Path=/", "a=1; Path=/", "c=3"];
        assert_eq!(sent(site, &two, "https://www.juniper.example/a/").as_deref(), Some("c=3; a=1; b=2"));
    }

    #[test]
    fn a_cookie_without_a_name_is_one_that_was_set() {
        for (set, is_empty) in
            [("only", false), ("only; Path=/", false), ("=only", false), ("a=b", false), ("", true), ("; Path=/", true)]
        {
            let mut cookies = VisitCookies::default();
            cookies.store(&"https://juniper.example/".parse().unwrap(), &[HeaderValue::from_str(set).unwrap()]);
            assert_eq!(cookies.is_empty(), is_empty, "{set}");
        }
    }

    #[test]
    fn a_server_decides_neither_how_many_are_held_nor_how_long_they_are() {
        let site = "https://juniper.example/";
        let many: Vec<String> = (0..200).map(|n| format!("c{n}=1")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(sent(site, &many, site).unwrap().split("; ").count(), MAX_COOKIES);
        let long = format!("a={}", "x".repeat(MAX_BYTES));
        assert_eq!(sent(site, &[&long, "b=2"], site), None);
    }
}
