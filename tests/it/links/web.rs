//! What the web answers, and the verdict on it.

use std::sync::Arc;

use axum::Router;
use http::{HeaderMap, StatusCode};
use podkeeper::collect::links::web::{Hosts, Lost, Settings, Web};
use podkeeper::pod::verdict::Verdict::{
    self, Alive, Blocked, Dead, FragmentDead, FragmentUnverifiable, Hidden, Login, Moved, Refused, Skipped, Unreachable,
};
use podkeeper::sandbox::Sandbox;

use super::github::Somewhere;
use super::stage::{Memory, Says, Stage, empty, over, seen, verdict};

#[tokio::test(start_paused = true)]
async fn each_answer_of_the_web_has_its_verdict() {
    let memory = answers();
    let urls: Vec<&str> = TABLE.iter().map(|(url, _)| *url).collect();
    let seen = over(&memory, &urls).await;
    for (url, expected) in TABLE {
        assert_eq!(verdict(&seen, url), *expected, "{url}: {}", seen[*url].reason);
    }
    let suggested = |url: &str| seen[url].suggestion.as_deref();
    assert_eq!(suggested("https://a.example/301#here"), Some("https://a.example/ok#here"));
    assert_eq!(suggested("https://a.example/301-then-302"), Some("https://a.example/302"));
    assert_eq!(suggested("https://a.example/own-fragment#nowhere"), Some("https://a.example/ok#there"));
    assert_eq!(suggested("https://docs.gitlab.com/old/#here"), Some("https://docs.gitlab.com/new/#here"));
    let chain: Vec<(u16, &str, bool)> = seen["https://a.example/301-then-302"]
        .redirects
        .iter()
        .map(|hop| (hop.status, hop.url.as_str(), hop.permanent))
        .collect();
    assert_eq!(chain, [(301, "https://a.example/302", true), (302, "https://a.example/ok", false)]);
    for (url, reason) in [
        ("https://a.example/401", "the host wants to know who asks (401)"),
        ("https://a.example/403", "the host refuses to show it (403)"),
        ("https://a.example/999", "the host does not answer programs (999)"),
        ("https://a.example/503", "the host is not available at the moment (503)"),
        ("https://a.example/cf-404", "it shows programs a test in place of the page (404)"),
        ("https://a.example/challenge-503", "it shows programs a test in place of the page (503)"),
        ("https://a.example/endless", "it redirects (302) to an address that is too long"),
        ("https://a.example/loop", "it redirects in a circle"),
        ("https://a.example/chain-11", "it redirects more than 10 times"),
        ("https://a.example:99999/", "its port is no number from 0 to 65535"),
        ("https://user:pw@a.example/", "it holds a user name or a password"),
        ("mailto:a%20b@example.org", "it is no mail address: it has a blank outside of quotes"),
        ("mailto:a@[192.0.2]", "it is no mail address"),
    ] {
        assert_eq!(seen[url].reason, reason, "{url}");
    }
    let asked_of_the_loop = memory.asked().iter().filter(|url| url.contains("/loop")).count();
    assert_eq!(asked_of_the_loop, 2, "each address of a circle is asked once");
    assert_eq!(suggested("https://a.example/über"), Some("https://a.example/%C3%BCber-uns"));
    assert!(seen["https://juniper.slack.com/archives/secure"].reason.contains("not named by an id"));
    // Nothing that a policy refuses, and no sign-in page, was ever asked for.
    assert!(
        memory.asked().iter().all(|url| !url.contains("169.254") && !url.contains("sign_in") && !url.contains("login"))
    );
}

/// Over the real client: some hosts say that nothing is there to whoever does not ask for pages.
#[tokio::test]
async fn a_host_that_shows_pages_to_readers_only_shows_them() {
    let picky = Router::new().fallback(async |headers: HeaderMap| {
        let asked = headers.get("accept").map(|accept| accept.to_str().unwrap().to_owned());
        if asked.is_some_and(|asked| asked.contains("text/html")) { StatusCode::OK } else { StatusCode::NOT_FOUND }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, picky).await });
    let of_a_box = Sandbox::new(empty()).serve("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let authority = of_a_box.description().ca.unwrap();
    let web = Web::with(Hosts::Box { web: address, authority, lookup: Arc::new(Somewhere) }, Settings::default());
    let url = "http://picky.example/a";
    let seen = seen(Stage::new(empty(), None).probe(&[url], &web.unwrap()).await);
    assert_eq!(verdict(&seen, url), Alive, "{}", seen[url].reason);
    server.abort();
    of_a_box.stopped(async {}).await.unwrap();
}

/// Cloudflare's, without its header.
fn test_of_humans(status: u16) -> Says {
    Says::Answer(status, vec![("server", "cloudflare".to_owned())], "<title>Just a moment...</title>".to_owned())
}

const CHECKING: &str = "<title>Checking your browser before accessing git.example</title>";

/// What the addresses of the table say.
fn answers() -> Arc<Memory> {
    let page = "<html><h2 id=here>x</h2><a name='there'></a></html>";
    let long = format!("<html><h2 id=a></h2>{}</html>", "x".repeat(3 * 1024 * 1024));
    let alias = "<html><head><meta http-equiv=refresh content='0; url=https://docs.gitlab.com/new/'></head></html>";
    let ok = || Says::page(page);
    Memory::of(&[
        ("https://a.example/ok", &[ok()]),
        ("https://a.example/gone", &[Says::status(404)]),
        ("https://a.example/408-once", &[Says::status(408), ok()]),
        ("https://a.example/chain-11", &[Says::to(302, "/chain-10")]),
        ("https://a.example/chain-10", &[Says::to(302, "/chain-9")]),
        ("https://a.example/chain-9", &[Says::to(302, "/chain-8")]),
        ("https://a.example/chain-8", &[Says::to(302, "/chain-7")]),
        ("https://a.example/chain-7", &[Says::to(302, "/chain-6")]),
        ("https://a.example/chain-6", &[Says::to(302, "/chain-5")]),
        ("https://a.example/chain-5", &[Says::to(302, "/chain-4")]),
        ("https://a.example/chain-4", &[Says::to(302, "/chain-3")]),
        ("https://a.example/chain-3", &[Says::to(302, "/chain-2")]),
        ("https://a.example/chain-2", &[Says::to(302, "/chain-1")]),
        ("https://a.example/chain-1", &[Says::to(302, "/ok")]),
        ("https://xn--bcher-kva.example/", &[ok()]),
        ("https://a.example./ok", &[ok()]),
        ("https://a.example/410", &[Says::status(410)]),
        ("https://a.example/401", &[Says::status(401)]),
        ("https://a.example/403", &[Says::status(403)]),
        ("https://a.example/999", &[Says::status(999)]),
        ("https://a.example/cf", &[Says::status(503).with("cf-mitigated", "challenge")]),
        ("https://a.example/cf-404", &[Says::status(404).with("cf-mitigated", "challenge")]),
        ("https://a.example/challenge-503", &[test_of_humans(503)]),
        ("https://a.example/challenge-403", &[test_of_humans(403)]),
        ("https://a.example/challenge-200", &[test_of_humans(200)]),
        ("https://a.example/checking", &[Says::Answer(503, Vec::new(), CHECKING.to_owned())]),
        ("https://a.example/by-oauth", &[Says::to(302, "https://id.example/go?client_id=a&response_type=code")]),
        ("https://a.example/503", &[Says::status(503)]),
        ("https://a.example/503-once", &[Says::status(503), ok()]),
        (
            "https://a.example/reset-twice",
            &[Says::Lost(Lost::Broken("reset".into())), Says::Lost(Lost::Broken("reset".into())), ok()],
        ),
        ("https://a.example/busy", &[Says::status(429).with("retry-after", "30"), ok()]),
        ("https://a.example/always-busy", &[Says::status(429)]),
        ("https://a.example/busy-for-a-day", &[Says::status(429).with("retry-after", "86400")]),
        ("https://a.example/301", &[Says::to(301, "/ok")]),
        ("https://a.example/302", &[Says::to(302, "/ok")]),
        ("https://a.example/301-then-302", &[Says::to(301, "/302")]),
        ("https://a.example/301-to-gone", &[Says::to(301, "/gone")]),
        ("https://a.example/own-fragment", &[Says::to(308, "/ok#there")]),
        ("https://a.example/loop", &[Says::to(302, "/loop2")]),
        ("https://a.example/loop2", &[Says::to(302, "/loop")]),
        ("https://a.example/nowhere", &[Says::to(302, "")]),
        ("https://a.example/inside", &[Says::to(301, "http://169.254.169.254/latest")]),
        ("https://a.example/file", &[Says::to(301, "file:///etc/passwd")]),
        ("https://a.example/private", &[Says::to(302, "https://a.example/sso/login?next=/private")]),
        ("https://git.example/a/b", &[Says::to(302, "/users/sign_in")]),
        ("https://git.example/a/c", &[Says::page("<title>Sign in · GitLab</title>")]),
        ("https://git.example/a/b/-/blob/main/gone.md", &[Says::to(302, "/a/b/-/tree/main")]),
        ("https://git.example/a/b/-/tree/main", &[ok()]),
        ("https://tls.example/", &[Says::Lost(Lost::Tls("its certificate has expired".to_owned()))]),
        ("https://inner.example/", &[Says::Lost(Lost::NotPublic)]),
        ("https://docs.gitlab.com/old/", &[Says::page(alias)]),
        ("https://docs.gitlab.com/new/", &[ok()]),
        ("https://long.example/", &[Says::page(&long)]),
        ("https://plain.example/", &[Says::page("x").with("content-type", "text/plain")]),
        ("https://shell.example/", &[Says::page("<div id=root></div><script id=__NEXT_DATA__>{}</script>")]),
        ("https://latin.example/", &[Says::page("<h2 id='caf\u{fffd}'>x</h2>")]),
        ("https://a.example/%C3%BCber", &[Says::to(301, "/über-uns")]),
        ("https://a.example/%C3%BCber-uns", &[ok()]),
        ("https://a.example/onto-itself", &[Says::page("<meta http-equiv=refresh content='0; url=#/home'>")]),
        ("https://a.example/endless", &[Says::to(302, &format!("/{}", "x".repeat(9_000)))]),
        ("https://drawn.example/", &[Says::page("<script src=x></script>")]),
        ("https://packed.example/", &[Says::page(page).with("content-encoding", "gzip")]),
        ("https://handbook.gitlab.com/handbook/product/categories/features/", &[ok()]),
        ("https://img.youtube.com/vi/abcdefghijk/0.jpg", &[Says::status(200)]),
        ("https://img.youtube.com/vi/removed0000/0.jpg", &[Says::status(404)]),
    ])
}

const TABLE: &[(&str, Verdict)] = &[
    ("https://a.example/ok", Alive),
    ("https://a.example/ok#here", Alive),
    ("https://a.example/ok#there", Alive),
    ("https://a.example/ok#nowhere", FragmentDead),
    ("https://a.example/ok#:~:text=words", Alive),
    ("https://a.example/ok#top", Alive),
    ("https://a.example/ok#/app", FragmentUnverifiable),
    ("https://a.example/ok#!app", FragmentUnverifiable),
    ("https://a.example/ok#tag/Users", FragmentUnverifiable),
    ("https://a.example/ok#gid=0", FragmentUnverifiable),
    ("https://a.example/ok#L10", FragmentUnverifiable),
    ("https://a.example/ok#L10-L20", FragmentUnverifiable),
    ("https://a.example/ok#lines-10:20", FragmentUnverifiable),
    ("https://a.example/ok#note_7", FragmentUnverifiable),
    ("https://a.example/ok#note_well", FragmentDead),
    ("https://a.example/ok#Loop", FragmentDead),
    ("https://a.example/über", Moved),
    ("https://a.example/onto-itself", Alive),
    ("https://a.example/endless", Unreachable),
    ("https://a.example/gone", Dead),
    ("https://a.example/410", Dead),
    ("https://a.example/401", Refused),
    ("https://a.example/403", Refused),
    ("https://a.example/999", Refused),
    ("https://a.example/cf", Refused),
    ("https://a.example/cf-404", Refused),
    ("https://a.example/challenge-503", Refused),
    ("https://a.example/challenge-403", Refused),
    ("https://a.example/challenge-200", Refused),
    ("https://a.example/checking", Refused),
    ("https://a.example/by-oauth", Login),
    ("https://a.example/503", Unreachable),
    ("https://a.example/503-once", Alive),
    ("https://a.example/reset-twice", Alive),
    ("https://a.example/busy", Alive),
    ("https://a.example/always-busy", Refused),
    ("https://a.example/busy-for-a-day", Refused),
    ("https://a.example/301#here", Moved),
    ("https://a.example/302", Alive),
    ("https://a.example/301-then-302", Moved),
    ("https://a.example/301-to-gone", Dead),
    ("https://a.example/own-fragment#nowhere", Moved),
    ("https://a.example/loop", Unreachable),
    ("https://a.example/nowhere", Unreachable),
    ("https://a.example/inside", Blocked),
    ("https://a.example/file", Blocked),
    ("https://a.example/private", Login),
    ("https://git.example/a/b", Hidden),
    ("https://git.example/a/c", Login),
    ("https://git.example/a/b/-/blob/main/gone.md", Dead),
    ("https://tls.example/", Unreachable),
    ("https://inner.example/", Blocked),
    ("https://no-such-host.example/", Unreachable),
    ("https://docs.gitlab.com/old/#here", Moved),
    ("https://docs.gitlab.com/old/#gone", FragmentDead),
    ("https://long.example/#a", Alive),
    ("https://long.example/#b", FragmentUnverifiable),
    ("https://plain.example/#x", FragmentUnverifiable),
    ("https://drawn.example/#x", FragmentUnverifiable),
    ("https://shell.example/#x", FragmentUnverifiable),
    ("https://shell.example/#root", Alive),
    ("https://latin.example/#caf%C3%A9", FragmentUnverifiable),
    ("https://latin.example/#other", FragmentDead),
    ("https://docs.example/{{.Version}}/x", Skipped),
    ("https://packed.example/#here", FragmentUnverifiable),
    ("https://handbook.gitlab.com/handbook/product/categories/features/#secure", FragmentUnverifiable),
    ("https://handbook.gitlab.com/handbook/product/categories/features/#here", Alive),
    ("https://www.youtube.com/watch?v=abcdefghijk", Alive),
    ("https://youtu.be/removed0000", Dead),
    ("https://juniper.slack.com/archives/C0ALPHA", Login),
    ("https://juniper.slack.com/archives/secure", Login),
    ("mailto:a@example.org?subject=x", Alive),
    ("mailto:nobody", Dead),
    ("mailto:a%40example.org", Alive),
    ("mailto:a@example.org,,b@example.org; c@example.org,", Alive),
    ("mailto:a@example.org,nobody", Dead),
    ("mailto:%22not%40me%22@example.org", Alive),
    ("mailto:j%C3%BCrgen@example.org", Alive),
    ("mailto:a%20b@example.org", Dead),
    ("mailto:%22a%20b%22@example.org", Alive),
    ("mailto:a@[192.0.2.1]", Alive),
    ("mailto:a@[IPv6:2001:db8::1]", Alive),
    ("mailto:a@[192.0.2]", Dead),
    ("mailto:?subject=x", Alive),
    ("mailto:", Alive),
    ("https://a.example/chain-10", Alive),
    ("https://a.example/chain-11", Unreachable),
    ("https://a.example/408-once", Alive),
    ("https://a.example:99999/", Dead),
    ("https:///", Dead),
    ("https://user:pw@a.example/", Blocked),
    ("https://b\u{fc}cher.example/", Alive),
    ("https://a.example./ok", Alive),
    ("mailto:?to=a@example.org", Alive),
    ("mailto:{{.Email}}", Skipped),
    ("http://10.0.0.1/", Blocked),
    ("ftp://a.example/", Blocked),
    ("#part", FragmentUnverifiable),
    ("other.md", Skipped),
    ("/handbook/", Skipped),
];
