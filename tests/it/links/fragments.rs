//! Places on pages: how a fragment names one, and where a redirect loses it.

use podkeeper::pod::verdict::Verdict::{self, Alive, FragmentDead, Moved};

use super::stage::{InMemoryWeb, ScriptedResponse, check_web_links, verdict};

/// Fragments as links have them, on one page, with what a browser makes of each.
const FRAGMENTS: [(&str, Verdict); 31] = [
    ("", Alive),
    ("#", Alive),
    ("#top", Alive),
    ("#TOP", Alive),
    ("#t%6Fp", Alive),
    ("#plain", Alive),
    ("#pl%61in", Alive),
    ("#Plain", FragmentDead),
    ("#plain%20", FragmentDead),
    ("#two%20words", Alive),
    ("#two+words", FragmentDead),
    ("#a+b", Alive),
    ("#a%2Bb", Alive),
    ("#a%20b", FragmentDead),
    ("#named", Alive),
    ("#paragraph", FragmentDead),
    ("#caf%C3%A9", Alive),
    ("#café", Alive),
    // The same letters in another normal form are another id (HTML compares code points).
    ("#cafe%CC%81", FragmentDead),
    // Some builders write ids already encoded.
    ("#%E8%A8%AD%E5%AE%9A", Alive),
    ("#設定", Alive),
    ("#ampers%26nd", Alive),
    ("#ampers&nd", Alive),
    ("#100%", Alive),
    ("#mine", Alive),
    ("#user-content-mine", Alive),
    // The words themselves are not looked for, the place before them is.
    ("#:~:text=plain,words", Alive),
    ("#plain:~:text=words", Alive),
    ("#nowhere:~:text=words", FragmentDead),
    ("#hidden-in-a-comment", FragmentDead),
    ("#hidden-in-a-script", FragmentDead),
];

#[tokio::test(start_paused = true)]
async fn a_fragment_is_read_as_a_browser_reads_it() {
    let page = "<!doctype html><h1 id=plain>x</h1><h2 id='two words'>x</h2><h2 id=a+b>x</h2><a name=named></a>\
        <p name=paragraph><h2 id='caf\u{e9}'>x</h2><h2 id='%E8%A8%AD%E5%AE%9A'>x</h2><h2 id='ampers&amp;nd'>x</h2>\
        <h2 id='100%'>x</h2><h2 id=user-content-mine>x</h2><!-- <p id=hidden-in-a-comment> -->\
        <script>'<p id=hidden-in-a-script>'</script>";
    let memory = InMemoryWeb::of(&[("https://a.example/page", &[ScriptedResponse::page(page)])]);
    let urls: Vec<String> = FRAGMENTS.iter().map(|(place, _)| format!("https://a.example/page{place}")).collect();
    let seen = check_web_links(&memory, &urls.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for (url, (_, expected)) in urls.iter().zip(FRAGMENTS) {
        assert_eq!(verdict(&seen, url), expected, "{url}: {}", seen[url].assessment.reason);
    }
    println!("fragments={} requests={}", FRAGMENTS.len(), memory.requested_urls().len());
    assert_eq!(memory.requested_urls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_redirect_that_loses_the_place_is_named() {
    let has = || ScriptedResponse::page("<p id=here>");
    let memory = InMemoryWeb::of(&[
        ("https://a.example/old", &[ScriptedResponse::redirect(301, "https://b.example/new")]),
        ("https://b.example/new", &[has()]),
        ("https://a.example/away", &[ScriptedResponse::redirect(302, "/start/")]),
        ("https://a.example/start/", &[has()]),
        // The same page, written in another way.
        ("http://a.example/guide", &[ScriptedResponse::redirect(301, "https://www.a.example/guide/index.html")]),
        ("https://www.a.example/guide/index.html", &[has()]),
        // A place that a redirect names is handed on by the redirects after it.
        ("https://a.example/renamed", &[ScriptedResponse::redirect(301, "/renamed-2#here")]),
        ("https://a.example/renamed-2", &[ScriptedResponse::redirect(301, "https://b.example/new")]),
    ]);
    let rows = [
        ("https://a.example/old#here", Moved, "it moved for good"),
        ("https://a.example/old#gone", FragmentDead, "the redirect to https://b.example/new lost the place #gone"),
        ("https://a.example/away#gone", FragmentDead, "the redirect to https://a.example/start/ lost the place #gone"),
        ("http://a.example/guide#gone", FragmentDead, "the page is there, the place #gone is not"),
        ("https://a.example/renamed#gone", Moved, "it moved for good"),
    ];
    let seen = check_web_links(&memory, &rows.map(|(url, _, _)| url)).await;
    for (url, verdict, reason) in rows {
        assert_eq!((seen[url].assessment.verdict, seen[url].assessment.reason.as_str()), (verdict, reason), "{url}");
    }
    // A page that lacks the place is no better address for it.
    assert_eq!(seen["https://a.example/old#gone"].assessment.suggestion, None);
    assert_eq!(
        seen["https://a.example/old#here"].assessment.suggestion.as_ref().map(linkcheck::text::Address::as_str),
        Some("https://b.example/new#here")
    );
}
