//! What the web answers, and the verdict on it.

use std::sync::Arc;

use axum::Router;
use http::{HeaderMap, StatusCode};
use linkcheck::web::{FetchError, HostResolution, WebClient, WebSettings};
use podkeeper::pod::verdict::Verdict::{
    self, Alive, Blocked, Dead, FragmentDead, FragmentUnverifiable, Hidden, Login, Moved, Refused, Skipped, Unreachable,
};
use podkeeper::sandbox::Sandbox;

use super::github::PublicAddressLookup;
use super::stage::{InMemoryWeb, ScriptedResponse, Stage, check_web_links, empty_world, observations_by_url, verdict};

#[tokio::test(start_paused = true)]
async fn each_answer_of_the_web_has_its_verdict() {
    let memory = scripted_web();
    let urls: Vec<&str> = TABLE.iter().map(|(url, _)| *url).collect();
    let seen = check_web_links(&memory, &urls).await;
    for (url, expected) in TABLE {
        assert_eq!(verdict(&seen, url), *expected, "{url}: {}", seen[*url].assessment.reason);
    }
    let suggested = |url: &str| seen[url].assessment.suggestion.as_ref().map(linkcheck::text::Address::as_str);
    assert_eq!(suggested("https://a.example/301#here"), Some("https://a.example/ok#here"));
    // An address that leads on for now is no better one.
    assert_eq!(suggested("https://a.example/301-then-302"), None);
    assert_eq!(suggested("https://a.example/own-fragment#nowhere"), Some("https://a.example/ok#there"));
    assert_eq!(suggested("https://docs.gitlab.com/old/#here"), Some("https://docs.gitlab.com/new/#here"));
    let chain: Vec<(u16, &str, bool)> = seen["https://a.example/301-then-302"]
        .assessment
        .redirects
        .iter()
        .map(|hop| (hop.status, hop.url.as_str(), hop.permanent))
        .collect();
    assert_eq!(chain, [(301, "https://a.example/302", true), (302, "https://a.example/ok", false)]);
    for (url, reason) in [
        ("https://a.example/401", "the host asks for authentication (401)"),
        ("https://a.example/403", "the host refuses to show it (403)"),
        ("https://a.example/999", "the host does not answer programs (999)"),
        ("https://a.example/503", "the host is unavailable (503)"),
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
        assert_eq!(seen[url].assessment.reason, reason, "{url}");
    }
    let asked_of_the_loop = memory.requested_urls().iter().filter(|url| url.contains("/loop")).count();
    assert_eq!(asked_of_the_loop, 2, "each address of a circle is asked once");
    assert_eq!(suggested("https://a.example/über"), Some("https://a.example/%C3%BCber-uns"));
    assert!(
        seen["https://juniper.slack.com/archives/secure"].assessment.reason.as_str().contains("not named by an id")
    );
    // Nothing that a policy refuses, and no sign-in page, was ever asked for.
    assert!(
        memory
            .requested_urls()
            .iter()
            .all(|url| !url.contains("169.254") && !url.contains("sign_in") && !url.contains("login"))
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
    let of_a_box = Sandbox::new(empty_world()).serve("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let authority = of_a_box.description().ca.unwrap();
    let web = WebClient::with_settings(
        HostResolution::Sandbox { address, ca_certificate: authority, resolver: Arc::new(PublicAddressLookup) },
        WebSettings::default(),
    );
    let url = "http://picky.example/a";
    let seen = observations_by_url(Stage::new(empty_world(), None).check_links(&[url], &web.unwrap()).await);
    assert_eq!(verdict(&seen, url), Alive, "{}", seen[url].assessment.reason);
    server.abort();
    of_a_box.serve_until(async {}).await.unwrap();
}

/// Cloudflare's, without its header.
fn bot_challenge(status: u16) -> ScriptedResponse {
    ScriptedResponse::Answer(
        status,
        vec![("server", "cloudflare".to_owned())],
        "<title>Just a moment...</title>".to_owned(),
    )
}

const CHECKING: &str = "<title>Checking your browser before accessing git.example</title>";

/// What the addresses of the table answer.
fn scripted_web() -> Arc<InMemoryWeb> {
    let page = "<html><h2 id=here>x</h2><a name='there'></a></html>";
    let long = format!("<html><h2 id=a></h2>{}</html>", "x".repeat(3 * 1024 * 1024));
    let alias = "<html><head><meta http-equiv=refresh content='0; url=https://docs.gitlab.com/new/'></head></html>";
    let ok = || ScriptedResponse::page(page);
    InMemoryWeb::of(&[
        ("https://a.example/ok", &[ok()]),
        ("https://a.example/gone", &[ScriptedResponse::status(404)]),
        ("https://a.example/408-once", &[ScriptedResponse::status(408), ok()]),
        ("https://a.example/chain-11", &[ScriptedResponse::redirect(302, "/chain-10")]),
        ("https://a.example/chain-10", &[ScriptedResponse::redirect(302, "/chain-9")]),
        ("https://a.example/chain-9", &[ScriptedResponse::redirect(302, "/chain-8")]),
        ("https://a.example/chain-8", &[ScriptedResponse::redirect(302, "/chain-7")]),
        ("https://a.example/chain-7", &[ScriptedResponse::redirect(302, "/chain-6")]),
        ("https://a.example/chain-6", &[ScriptedResponse::redirect(302, "/chain-5")]),
        ("https://a.example/chain-5", &[ScriptedResponse::redirect(302, "/chain-4")]),
        ("https://a.example/chain-4", &[ScriptedResponse::redirect(302, "/chain-3")]),
        ("https://a.example/chain-3", &[ScriptedResponse::redirect(302, "/chain-2")]),
        ("https://a.example/chain-2", &[ScriptedResponse::redirect(302, "/chain-1")]),
        ("https://a.example/chain-1", &[ScriptedResponse::redirect(302, "/ok")]),
        ("https://xn--bcher-kva.example/", &[ok()]),
        ("https://a.example./ok", &[ok()]),
        ("https://a.example/410", &[ScriptedResponse::status(410)]),
        ("https://a.example/401", &[ScriptedResponse::status(401)]),
        ("https://a.example/403", &[ScriptedResponse::status(403)]),
        ("https://a.example/999", &[ScriptedResponse::status(999)]),
        ("https://a.example/cf", &[ScriptedResponse::status(503).with_header("cf-mitigated", "challenge")]),
        ("https://a.example/cf-404", &[ScriptedResponse::status(404).with_header("cf-mitigated", "challenge")]),
        ("https://a.example/challenge-503", &[bot_challenge(503)]),
        ("https://a.example/challenge-403", &[bot_challenge(403)]),
        ("https://a.example/challenge-200", &[bot_challenge(200)]),
        ("https://a.example/checking", &[ScriptedResponse::Answer(503, Vec::new(), CHECKING.to_owned())]),
        (
            "https://a.example/by-oauth",
            &[ScriptedResponse::redirect(302, "https://id.example/go?client_id=a&response_type=code")],
        ),
        ("https://a.example/503", &[ScriptedResponse::status(503)]),
        ("https://a.example/503-once", &[ScriptedResponse::status(503), ok()]),
        (
            "https://a.example/reset-twice",
            &[
                ScriptedResponse::Lost(FetchError::BadResponse("reset".into())),
                ScriptedResponse::Lost(FetchError::BadResponse("reset".into())),
                ok(),
            ],
        ),
        ("https://a.example/busy", &[ScriptedResponse::status(429).with_header("retry-after", "30"), ok()]),
        ("https://a.example/always-busy", &[ScriptedResponse::status(429)]),
        ("https://a.example/busy-for-a-day", &[ScriptedResponse::status(429).with_header("retry-after", "86400")]),
        ("https://a.example/301", &[ScriptedResponse::redirect(301, "/ok")]),
        ("https://a.example/302", &[ScriptedResponse::redirect(302, "/ok")]),
        ("https://a.example/301-then-302", &[ScriptedResponse::redirect(301, "/302")]),
        ("https://a.example/301-to-gone", &[ScriptedResponse::redirect(301, "/gone")]),
        ("https://a.example/own-fragment", &[ScriptedResponse::redirect(308, "/ok#there")]),
        ("https://a.example/loop", &[ScriptedResponse::redirect(302, "/loop2")]),
        ("https://a.example/loop2", &[ScriptedResponse::redirect(302, "/loop")]),
        ("https://a.example/nowhere", &[ScriptedResponse::redirect(302, "")]),
        ("https://a.example/inside", &[ScriptedResponse::redirect(301, "http://169.254.169.254/latest")]),
        ("https://a.example/file", &[ScriptedResponse::redirect(301, "file:///etc/passwd")]),
        ("https://a.example/private", &[ScriptedResponse::redirect(302, "https://a.example/sso/login?next=/private")]),
        ("https://git.example/a/b", &[ScriptedResponse::redirect(302, "/users/sign_in")]),
        ("https://git.example/a/c", &[ScriptedResponse::page("<title>Sign in · GitLab</title>")]),
        ("https://git.example/a/b/-/blob/main/gone.md", &[ScriptedResponse::redirect(302, "/a/b/-/tree/main")]),
        ("https://git.example/a/b/-/tree/main", &[ok()]),
        ("https://git.example/a/b/-/blob/feature/x/README.md", &[ok()]),
        ("https://tls.example/", &[ScriptedResponse::Lost(FetchError::Tls("its certificate has expired".to_owned()))]),
        ("https://inner.example/", &[ScriptedResponse::Lost(FetchError::NotPublic)]),
        ("https://docs.gitlab.com/old/", &[ScriptedResponse::page(alias)]),
        ("https://docs.gitlab.com/new/", &[ok()]),
        ("https://long.example/", &[ScriptedResponse::page(&long)]),
        ("https://plain.example/", &[ScriptedResponse::page("x").with_header("content-type", "text/plain")]),
        (
            "https://shell.example/",
            &[ScriptedResponse::page("<div id=root></div><script id=__NEXT_DATA__>{}</script>")],
        ),
        ("https://latin.example/", &[ScriptedResponse::page("<h2 id='caf\u{fffd}'>x</h2>")]),
        ("https://a.example/%C3%BCber", &[ScriptedResponse::redirect(301, "/über-uns")]),
        ("https://a.example/%C3%BCber-uns", &[ok()]),
        (
            "https://a.example/onto-itself",
            &[ScriptedResponse::page("<meta http-equiv=refresh content='0; url=#/home'>")],
        ),
        ("https://a.example/endless", &[ScriptedResponse::redirect(302, &format!("/{}", "x".repeat(9_000)))]),
        ("https://drawn.example/", &[ScriptedResponse::page("<script src=x></script>")]),
        // Without a script, nothing is drawn later (HTML Living Standard, 4.12 "Scripting").
        ("https://plain-html.example/", &[ScriptedResponse::page("<title>T</title><p>Text, and no place.</p>")]),
        ("https://packed.example/", &[ScriptedResponse::page(page).with_header("content-encoding", "gzip")]),
        ("https://handbook.gitlab.com/handbook/product/categories/features/", &[ok()]),
        ("https://img.youtube.com/vi/abcdefghijk/0.jpg", &[ScriptedResponse::status(200)]),
        ("https://img.youtube.com/vi/removed0000/0.jpg", &[ScriptedResponse::status(404)]),
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
    // A GitLab whose API is not asked, on a ref with a slash or without.
    ("https://git.example/a/b/-/blob/feature/x/README.md", Alive),
    ("https://git.example/a/b/-/blob/feature/x/README.md#how", FragmentUnverifiable),
    ("https://tls.example/", Unreachable),
    ("https://inner.example/", Blocked),
    ("https://no-such-host.example/", Unreachable),
    ("https://docs.gitlab.com/old/#here", Moved),
    ("https://docs.gitlab.com/old/#gone", FragmentDead),
    ("https://long.example/#a", Alive),
    ("https://long.example/#b", FragmentUnverifiable),
    ("https://plain.example/#x", FragmentUnverifiable),
    ("https://drawn.example/#x", FragmentUnverifiable),
    ("https://plain-html.example/#x", FragmentDead),
    ("https://shell.example/#x", FragmentUnverifiable),
    ("https://shell.example/#root", Alive),
    ("https://latin.example/#caf%C3%A9", FragmentUnverifiable),
    ("https://latin.example/#other", FragmentDead),
    ("https://docs.example/{{.Version}}/x", Skipped),
    ("https://packed.example/#here", FragmentUnverifiable),
    ("https://handbook.gitlab.com/handbook/product/categories/features/#secure", FragmentDead),
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
