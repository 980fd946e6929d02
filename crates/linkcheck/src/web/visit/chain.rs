//! Where a chain of redirects has led, for who would write the address anew.

use std::borrow::Cow;

use url::Url;

use crate::fragment::undecoded_anchor;
use crate::verdict::{Assessment, Redirect, Verdict};

/// The page is there, at the end of these redirects.
///
/// A permanent redirect (RFC 9110, sections 15.4.2 and 15.4.9) moves a page. A temporary one to another page is not the
/// page's new address; a [step](is_step) on the same host is neither: it only completes an address.
pub(super) fn alive_or_moved(url: &Url, redirects: Vec<Redirect>, status: u16) -> Assessment {
    let mut assessment = Assessment { status: Some(status), ..Assessment::new(Verdict::Alive, "") };
    match lasting_end(url, &redirects) {
        LastingEnd::Same => {}
        LastingEnd::Moved(end) => {
            let better = without_session(redirects[end].url.as_str());
            if better != url.as_str() {
                assessment.verdict = Verdict::Moved;
                assessment.reason = "it moved for good".into();
                assessment.suggestion = Some(better.as_ref().into());
            }
        }
        LastingEnd::LedOn => {
            assessment.verdict = Verdict::Moved;
            assessment.reason = "it moved for good, to an address that leads on to another one for now".into();
        }
    }
    assessment.redirects = redirects;
    assessment
}

/// How far redirects lead for good.
enum LastingEnd {
    /// Nowhere else.
    Same,
    /// To the address after the redirect of this index, which answers by itself.
    Moved(usize),
    /// To an address that redirects elsewhere for now: none that could be written instead is known.
    LedOn,
}

fn lasting_end(url: &Url, redirects: &[Redirect]) -> LastingEnd {
    let mut here = url.clone();
    let (mut has_moved, mut end) = (false, None);
    for (index, redirect) in redirects.iter().enumerate() {
        let Ok(next) = Url::parse(redirect.url.as_str()) else { break };
        if !redirect.permanent && !is_step(&here, &next) {
            return if has_moved { LastingEnd::LedOn } else { LastingEnd::Same };
        }
        has_moved |= redirect.permanent;
        // A session is nothing to write down.
        if redirect.permanent || !adds_session(&here, &next) {
            end = Some(index);
        }
        here = next;
    }
    match end {
        Some(end) if has_moved => LastingEnd::Moved(end),
        _ => LastingEnd::Same,
    }
}

/// Whether a redirect only completes an address on its own host: with a slash, a language or a session, or with TLS.
pub(super) fn is_step(from: &Url, to: &Url) -> bool {
    let same_scheme = from.scheme() == to.scheme() && from.port() == to.port();
    let secured = (from.scheme(), to.scheme()) == ("http", "https") && from.port().is_none() && to.port().is_none();
    if from.host_str() != to.host_str() || !(same_scheme || secured) {
        return false;
    }
    let (old, new) = (bare_path(from), bare_path(to));
    let same_path = old == new || without_language(new).is_some_and(|rest| rest == old);
    same_path && bare_query(from) == bare_query(to)
}

/// The anchor that a suggestion names because a redirect does, as it is written. What a script would show there is none.
pub(super) fn suggested_anchor(assessment: &Assessment) -> Option<String> {
    let better = Url::parse(assessment.suggestion.as_ref()?.as_str()).ok()?;
    undecoded_anchor(better.fragment()).filter(|anchor| !anchor.starts_with(['/', '!'])).map(str::to_owned)
}

/// Takes an anchor that is not on the page from the suggestion.
pub(super) fn drop_suggested_anchor(assessment: &mut Assessment) {
    let better = assessment.suggestion.as_ref().and_then(|better| Url::parse(better.as_str()).ok());
    if let Some(mut better) = better {
        better.set_fragment(None);
        assessment.suggestion = Some(better.as_str().into());
    }
}

/// An address without the session in it, which is one reader's and ends.
fn without_session(address: &str) -> Cow<'_, str> {
    let Ok(mut url) = Url::parse(address) else { return Cow::Borrowed(address) };
    let has_one = |text: &str| is_session_of_server(text.split_once('=').map_or(text, |(name, _)| name));
    let path = url.path().rsplit_once(';').filter(|(_, rest)| has_one(rest)).map(|(path, _)| path.to_owned());
    let query = url.query().filter(|query| query.split('&').any(has_one)).map(|query| {
        let rest: Vec<&str> = query.split('&').filter(|pair| !has_one(pair)).collect();
        rest.join("&")
    });
    if path.is_none() && query.is_none() {
        return Cow::Borrowed(address);
    }
    if let Some(path) = path {
        url.set_path(&path);
    }
    if let Some(query) = query {
        url.set_query((!query.is_empty()).then_some(&query));
    }
    Cow::Owned(url.into())
}

/// Names that only the sessions of a kind of server have, those of PHP, Java and ASP.
fn is_session_of_server(name: &str) -> bool {
    ["phpsessid", "jsessionid", "aspsessionid"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether the addresses differ by a session's name in the second.
fn adds_session(from: &Url, to: &Url) -> bool {
    let sessions = |url: &Url| {
        let in_query = url.query_pairs().filter(|(name, _)| is_session_name(name)).count();
        in_query + usize::from(url.path().contains(';'))
    };
    sessions(to) > sessions(from)
}

/// A path without the slash at its end and the session behind a semicolon (`;jsessionid=…`, Jakarta Servlet, section 7.1.3).
fn bare_path(url: &Url) -> &str {
    let path = url.path();
    let path = path.rsplit_once(';').filter(|(_, rest)| is_session_pair(rest)).map_or(path, |(path, _)| path);
    path.trim_end_matches('/')
}

fn is_session_pair(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| is_session_name(name))
}

/// A path behind a language at its beginning, such as `/en` and `/pt-br` (RFC 5646, section 2.1: a language of two
/// letters and a region of two).
fn without_language(path: &str) -> Option<&str> {
    let rest = path.strip_prefix('/')?;
    let (first, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (language, region) = first.split_once(['-', '_']).map_or((first, None), |(one, two)| (one, Some(two)));
    let two_letters = |word: &str| word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    (two_letters(language) && region.is_none_or(two_letters)).then_some(rest)
}

/// The parameters that choose a page: neither sessions nor languages.
fn bare_query(url: &Url) -> Vec<(String, String)> {
    let pairs = url.query_pairs().filter(|(name, _)| !is_session_name(name) && !matches!(&**name, "lang" | "hl"));
    pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// Names of sessions in addresses: those of PHP, Java, ASP and what others call theirs.
fn is_session_name(name: &str) -> bool {
    const NAMES: [&str; 4] = ["sessionid", "session_id", "session", "sid"];
    is_session_of_server(name) || NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_completes_an_address_and_leads_to_no_other_page() {
        for (from, to, step) in [
            // GitLab Pages adds the slash of a folder by a 302 to `//HOST/PATH/` (`internal/serving/disk/reader.go`).
            ("https://docs.example/ci", "https://docs.example/ci/", true),
            ("https://docs.example/ci/", "https://docs.example/ci", true),
            ("https://docs.example/ci?a=b", "https://docs.example/ci/?a=b", true),
            ("https://docs.example/ci?a=b", "https://docs.example/ci/", false),
            ("https://docs.example/ci", "https://docs.example/en/ci", true),
            ("https://docs.example/", "https://docs.example/pt-BR/", true),
            ("https://docs.example/ci", "https://docs.example/en_us/ci/", true),
            ("https://docs.example/ci", "https://docs.example/doc/ci", false),
            ("https://docs.example/ci", "https://docs.example/ci?lang=de", true),
            ("https://docs.example/ci", "https://docs.example/ci;jsessionid=1A", true),
            ("https://docs.example/ci", "https://docs.example/ci?PHPSESSID=1a", true),
            ("https://docs.example/ci", "https://docs.example/ci", true),
            ("http://docs.example/ci", "https://docs.example/ci", true),
            ("https://docs.example/ci", "http://docs.example/ci", false),
            ("https://docs.example/ci", "https://docs.example/ci/intro", false),
            ("https://docs.example/ci", "https://www.docs.example/ci/", false),
            ("https://docs.example/ci", "https://docs.example:8443/ci/", false),
        ] {
            assert_eq!(is_step(&from.parse().unwrap(), &to.parse().unwrap()), step, "{from} → {to}");
        }
    }

    #[test]
    fn the_advice_answers_by_itself() {
        // The link, the redirects with their statuses, and what to write instead; `None` where nothing is known.
        type Case = (&'static str, &'static [(u16, &'static str)], Verdict, Option<&'static str>);
        let cases: [Case; 17] = [
            ("/old", &[(302, "/old/")], Verdict::Alive, None),
            ("/old", &[(302, "/old/"), (301, "/new/")], Verdict::Moved, Some("/new/")),
            ("/old", &[(301, "/new"), (302, "/new/")], Verdict::Moved, Some("/new/")),
            ("/old", &[(302, "/old/"), (301, "/mid"), (308, "/new"), (302, "/new/")], Verdict::Moved, Some("/new/")),
            ("/old", &[(301, "/new"), (302, "/en/new")], Verdict::Moved, Some("/en/new")),
            ("/old", &[(301, "/new"), (302, "/new?sid=1")], Verdict::Moved, Some("/new")),
            ("/old", &[(301, "/latest"), (302, "/v1.2")], Verdict::Moved, None),
            ("/old", &[(302, "/other"), (301, "/other/")], Verdict::Alive, None),
            ("/old", &[(302, "/old"), (301, "/new")], Verdict::Moved, Some("/new")),
            ("/old", &[(301, "/wall"), (301, "/old")], Verdict::Alive, None),
            ("/old", &[(301, "/new")], Verdict::Moved, Some("/new")),
            // A session is never written down; what may choose a page is.
            ("/old", &[(301, "/new;jsessionid=1A?a=b#c")], Verdict::Moved, Some("/new?a=b#c")),
            ("/old", &[(301, "/new?PHPSESSID=1a")], Verdict::Moved, Some("/new")),
            ("/old", &[(301, "/new?a=b&phpsessid=1a&c")], Verdict::Moved, Some("/new?a=b&c")),
            ("/old", &[(301, "/old;jsessionid=1A")], Verdict::Alive, None),
            ("/old", &[(301, "/talks?session=5")], Verdict::Moved, Some("/talks?session=5")),
            ("/old", &[(301, "/a;b=c")], Verdict::Moved, Some("/a;b=c")),
        ];
        let whole = |path: &str| format!("https://a.example{path}");
        for (link, hops, verdict, advice) in cases {
            let hop = |&(status, to): &(u16, &str)| Redirect {
                status,
                url: whole(to).as_str().into(),
                permanent: matches!(status, 301 | 308),
            };
            let seen = alive_or_moved(&whole(link).parse().unwrap(), hops.iter().map(hop).collect(), 200);
            let better = seen.suggestion.map(|better| better.to_string());
            assert_eq!((seen.verdict, better), (verdict, advice.map(whole)), "{link}: {hops:?}");
        }
    }
}
