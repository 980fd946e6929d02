//! What both kinds of benchmark measure: invented pages, and the link check's steps over them.
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a benchmark that cannot begin has nothing else to say"
)]

use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, HeaderValue};
use linkcheck::check_options::CheckOptions;
use linkcheck::files::DocumentAnchors;
use linkcheck::markdown::Dialect;
use linkcheck::rate_limit::RateLimits;
use linkcheck::web::{Fetch, FetchError, FetchResponse, WebClient, WebSettings};
use linkcheck::{CheckResult, Document, check_links, target};
use podkeeper::collect::handbook;
use podkeeper::gitlab::{ConnectionOptions, Exchange, ExchangeError, Redactor, new_reader};
use podkeeper::pod::pod_page::PodPage;
use url::Url;

/// Addresses of the shapes that pod pages hold, and some of the web.
const SHAPES: [&str; 10] = [
    "https://gitlab.com/gitlab-org/gitlab/-/blob/master/lib/gitlab/ci/templates/Jobs/Alder.gitlab-ci.yml",
    "https://gitlab.com/groups/grove/-/epics/12",
    "https://gitlab.com/grove/alder/-/issues/7#note_9",
    "https://gitlab.com/grove/alder/-/merge_requests/3",
    "https://gitlab.com/grove/alder/-/issues/new?issuable_template=Birch",
    "https://docs.gitlab.com/ee/user/alder/index.html#birch",
    "https://handbook.gitlab.com/handbook/support/alder/",
    "https://grove.slack.com/archives/C0000000001",
    "../alder/_index.md#birch",
    "mailto:grove@example.com",
];

/// A Markdown page of about 12 KB with 40 headings, 60 links and a table; each number makes another one.
pub fn page(number: usize) -> String {
    let mut text = format!("---\ntitle: Alder {number}\n---\n\n");
    for part in 0..40 {
        let (first, second) = (SHAPES[part % 10], number * 40 + part);
        write!(
            text,
            "## Part {part} – `birch` & *cedar*\n\nThe grove is tended each week, as the [plan]({first}) says, by whoever \
             has the time for it; see <https://web{}.example/p/{second}> and ask first.\n\n",
            part % 8,
        )
        .unwrap();
        if part % 4 == 0 {
            text.push_str("- Label: ~\"grove::alder\"\n- A [rule](/rules/) with `code`\n- [ ] a task\n\n");
            text.push_str("| tree | place |\n|---|---|\n| [oak](oak.md) | west |\n| ash | [east](#part-1) |\n\n");
        }
    }
    text
}

/// Reads pages: their links, labels, places and faults.
pub fn extraction(pages: &[String]) -> usize {
    pages.iter().map(|text| handbook::parse_document(text, "page.md", Dialect::Gitlab).0.links.len()).sum()
}

/// Makes the anchors of pages, and looks one up in each.
pub fn places(pages: &[String]) -> usize {
    pages.iter().filter(|text| DocumentAnchors::parse(text).has("part-7--birch--cedar")).count()
}

/// Parses what addresses point at.
pub fn targets() -> usize {
    SHAPES.iter().filter(|address| target::link_kind(address, "gitlab.com").is_gitlab()).count()
}

/// Visits so many pages on eight hosts of a web in memory, each with an anchor that is wanted, without limits.
pub async fn visits(pages: usize) -> CheckResult {
    let page = read(pages);
    let url = "https://gitlab.example/".parse().unwrap();
    let reader = new_reader(&ConnectionOptions {
        url,
        tokens: [].into(),
        exchange: Arc::new(Nobody),
        jitter_seed: 0,
        redactor: Redactor::default(),
    })
    .unwrap();
    let web =
        WebClient::with_fetch(Arc::new(Still), WebSettings { limits: RateLimits::NONE, ..WebSettings::default() });
    let document = Document { path: "page.md", links: (&page.links).into(), site_url: None, local_files: None };
    check_links(&[document], &[], &reader, &web, &CheckOptions::default()).await
}

fn read(pages: usize) -> PodPage {
    let mut links = String::new();
    for n in 0..pages {
        writeln!(links, "- [x](https://web{}.example/p/{n}#place)", n % 8).unwrap();
    }
    handbook::parse_document(&links, "page.md", Dialect::Gitlab).0
}

/// A web in memory: each address has a page of its own with forty anchors.
struct Still;

#[async_trait::async_trait]
impl Fetch for Still {
    async fn get(&self, url: &Url) -> Result<FetchResponse, FetchError> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("text/html"));
        let mut html = format!("<!doctype html><title>{url}</title>");
        for part in 0..40 {
            write!(html, "<h2 id=\"part-{part}\">Part</h2><p>{}</p>", "The grove is tended. ".repeat(12)).unwrap();
        }
        html.push_str("<p id=place>");
        let pieces: Vec<_> = html.as_bytes().chunks(4_096).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        Ok(FetchResponse { status: 200, headers, body: stream::iter(pieces).boxed() })
    }
}

/// No GitLab: nothing here asks one.
struct Nobody;

#[async_trait::async_trait]
impl Exchange for Nobody {
    async fn exchange(&self, _request: http::Request<Bytes>) -> Result<http::Response<Bytes>, ExchangeError> {
        Err(ExchangeError::NotSent("there is no GitLab here".to_owned()))
    }
}
