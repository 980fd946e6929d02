//! Redirects of several steps: where a page has moved, and what is written instead of its old address.

use linkcheck::check_options::CheckOptions;
use linkcheck::{Document, check_links};
use podkeeper::decide::links::assess_without_memory;
use podkeeper::pod::verdict::Verdict;
use url::Url;

use super::stage::{
    InMemoryWeb, NOW, ScriptedResponse, Stage, check_web_links, empty_world, links, observations_by_url, web,
};

fn page() -> ScriptedResponse {
    ScriptedResponse::page("<h2 id=here>Here</h2>")
}

fn to(status: u16, address: &str) -> ScriptedResponse {
    ScriptedResponse::redirect(status, address)
}

/// Issue 18: a same-host hop that only adds a slash, a language or a session is a step, not an end.
#[tokio::test(start_paused = true)]
async fn steps_on_the_way_end_no_chain_and_are_no_advice() {
    let memory = InMemoryWeb::of(&[
        // The slash of a folder, as GitLab Pages adds it (`internal/serving/disk/reader.go`).
        ("https://a.example/old", &[to(302, "//a.example/old/")]),
        ("https://a.example/old/", &[to(301, "/new/")]),
        ("https://a.example/new/", &[page()]),
        ("https://a.example/ee/ci", &[to(301, "/ci")]),
        ("https://a.example/ci", &[to(302, "//a.example/ci/")]),
        ("https://a.example/ci/", &[page()]),
        ("https://b.example/guide", &[to(301, "/handbook")]),
        ("https://b.example/handbook", &[to(307, "/en/handbook")]),
        ("https://b.example/en/handbook", &[page()]),
        // Where a page is for now is not where it has moved to.
        ("https://b.example/stable", &[to(301, "/latest")]),
        ("https://b.example/latest", &[to(302, "/v2")]),
        ("https://b.example/v2", &[page()]),
        ("http://c.example/x", &[to(301, "https://c.example/x")]),
        ("https://c.example/x", &[page()]),
    ]);
    let cases = [
        ("https://a.example/old#here", Verdict::Moved, Some("https://a.example/new/#here")),
        ("https://a.example/ee/ci", Verdict::Moved, Some("https://a.example/ci/")),
        ("https://a.example/ee/ci#gone", Verdict::FragmentDead, None),
        ("https://a.example/ci", Verdict::Alive, None),
        ("https://b.example/guide", Verdict::Moved, Some("https://b.example/en/handbook")),
        ("https://b.example/stable", Verdict::Moved, None),
        ("https://b.example/latest", Verdict::Alive, None),
        ("http://c.example/x", Verdict::Moved, Some("https://c.example/x")),
    ];
    let seen = check_web_links(&memory, &cases.map(|(url, ..)| url)).await;
    for (url, verdict, advice) in cases {
        let found = &seen[url].assessment;
        let better = found.suggestion.as_ref().map(linkcheck::text::Address::as_str);
        assert_eq!((found.verdict, better), (verdict, advice), "{url}: {}", found.reason);
    }
}

#[tokio::test(start_paused = true)]
async fn the_advice_for_a_link_from_the_root_begins_at_the_root() {
    let memory = InMemoryWeb::of(&[
        ("https://handbook.example/old.html", &[to(301, "https://handbook.example/new/?a=b")]),
        ("https://handbook.example/new/?a=b", &[page()]),
        ("https://handbook.example/gone", &[to(301, "https://elsewhere.example/")]),
        ("https://elsewhere.example/", &[page()]),
    ]);
    let urls = ["/old.html#here", "/gone", "https://handbook.example/old.html"];
    let (stage, site) = (Stage::new(empty_world(), None), Url::parse("https://handbook.example/").unwrap());
    let links = links(&urls);
    let document = Document { path: "pod.md", links: (&links).into(), site_url: Some(&site), local_files: None };
    let probed = check_links(&[document], &[], &stage.reader, &web(&memory), &CheckOptions::default()).await;
    let seen = observations_by_url(probed);
    for (url, advice) in
        urls.into_iter().zip(["/new/?a=b#here", "https://elsewhere.example/", "https://handbook.example/new/?a=b"])
    {
        let better = seen[url].assessment.suggestion.as_ref().map(linkcheck::text::Address::as_str);
        assert_eq!(better, Some(advice), "{url}: {}", seen[url].assessment.reason);
    }
}

/// GitLab docs, "Documentation style guide", on titles of what is deprecated or removed.
#[tokio::test(start_paused = true)]
async fn a_page_whose_title_says_that_its_matter_is_over_is_alive_and_reported() {
    let titled = |title: &str| ScriptedResponse::page(&format!("<title>{title}</title><h1 id=top>x</h1>"));
    let memory = InMemoryWeb::of(&[
        ("https://docs.example/a/", &[titled("License scanning (deprecated) | Juniper Docs")]),
        ("https://docs.example/b/", &[titled("Old scanner (removed) | Juniper Docs")]),
        ("https://docs.example/c/", &[titled("Scanner | Juniper Docs")]),
    ]);
    let urls = ["https://docs.example/a/", "https://docs.example/b/#top", "https://docs.example/c/"];
    let probed = Stage::new(empty_world(), None).check_links(&urls, &web(&memory)).await;
    assert!(probed.observations.iter().all(|seen| seen.assessment.verdict == Verdict::Alive));
    let findings = assess_without_memory(&probed.observations, NOW.parse().unwrap()).findings;
    let reported: Vec<(&str, &str)> =
        findings.iter().map(|finding| (finding.rule.code(), finding.message.as_str())).collect();
    assert_eq!(
        reported,
        [
            (
                "page-deprecated",
                "https://docs.example/a/: the title of the page says that this is deprecated: License scanning (deprecated)"
            ),
            (
                "page-deprecated",
                "https://docs.example/b/#top: the title of the page says that this is removed: Old scanner (removed)"
            ),
        ]
    );
}
