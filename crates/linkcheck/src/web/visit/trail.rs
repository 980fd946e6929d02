//! The redirects of a visit, and what the visit comes to at their end.

use std::collections::BTreeSet;
use std::sync::Arc;

use http::HeaderValue;
use tokio::time::Instant;
use url::Url;

use super::super::body::{self, BodyStart};
use super::super::challenge::{self, Interstitial};
use super::super::cookies::VisitCookies;
use super::super::fetch::{FetchResponse, Validators};
use super::super::{page_notice, response_kind};
use super::chain::{alive_or_moved, drop_suggested_anchor, suggested_anchor};
use super::{CachedPage, Visit};
use crate::fragment::FoundAnchors;
use crate::verdict::{Assessment, Redirect, Verdict};

/// The redirects so far.
#[derive(Default)]
pub(super) struct RedirectTrail {
    pub(super) redirects: Vec<Redirect>,
    /// What was asked, with the cookies that were sent along.
    pub(super) seen: BTreeSet<(Url, Option<HeaderValue>)>,
    pub(super) cookies: VisitCookies,
    /// Whether the state of the page will be asked for again.
    pub(super) remembers: bool,
}

impl RedirectTrail {
    pub(super) fn finish(self, mut assessment: Assessment, end: Url) -> Visit {
        assessment.redirects = self.redirects;
        Visit::without_page(assessment, end)
    }

    /// The redirects have no end. Where they set cookies, a client that keeps them for longer may come to one.
    pub(super) fn finish_unended(self, why: String, end: Url) -> Visit {
        let assessment = if self.cookies.is_empty() {
            response_kind::unreachable_assessment(why)
        } else {
            Assessment::new(Verdict::Refused, format!("{why}, and sets cookies on the way"))
        };
        self.finish(assessment, end)
    }

    /// The page is there, as it was.
    pub(super) fn finish_unmodified(self, url: &Url, end: Url, cached: Option<&CachedPage>) -> Visit {
        match cached {
            Some(cached) => Visit::from_cache(url, self.redirects, cached),
            None => self.finish(
                response_kind::unreachable_assessment(
                    "it answers 304 Not Modified to a request without a condition".to_owned(),
                ),
                end,
            ),
        }
    }

    /// The page is there; what redirects were for good is reported as a move.
    pub(super) async fn finish_with_page(
        self,
        url: &Url,
        end: Url,
        wanted: &BTreeSet<String>,
        reply: FetchResponse,
        start: BodyStart,
        until: Instant,
    ) -> Visit {
        let mut assessment = alive_or_moved(url, self.redirects, reply.status);
        let wall =
            reply.is_html().then(|| challenge::detect(body::truncate_to_start(&start.bytes))).flatten().map(|wall| {
                match wall {
                    Interstitial::SignIn => (Verdict::Login, "it shows a sign-in page"),
                    Interstitial::Bot => (Verdict::Refused, "it shows programs a test in place of the page"),
                }
            });
        if let Some((verdict, reason)) = wall {
            assessment = Assessment { verdict, reason: reason.into(), suggestion: None, ..assessment };
        } else if reply.is_html() {
            assessment.deprecated = page_notice::find_deprecation(body::truncate_to_start(&start.bytes)).map(Box::new);
        }
        let validators = self.remembers.then(|| Box::new(Validators::from_reply(&reply)));
        let print = Some(body::hash_start(&start.bytes));
        // An anchor that a redirect names is advised where it was seen on the page, and is remembered with it.
        let suggested = suggested_anchor(&assessment);
        let wanted: BTreeSet<String> = wanted.iter().chain(&suggested).cloned().collect();
        let (places, unknown) = if wanted.is_empty() {
            (FoundAnchors::default(), None)
        } else {
            body::search_anchors(reply, start, &wanted, until).await
        };
        if suggested.is_some_and(|anchor| !places.found.contains(&anchor)) {
            drop_suggested_anchor(&mut assessment);
        }
        Visit {
            assessment,
            final_url: Arc::new(end),
            anchors: places,
            anchors_unknown_reason: unknown,
            body_hash: print,
            validators,
            from_shard: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::StreamExt as _;
    use http::HeaderMap;
    use http::header::CONTENT_TYPE;

    use super::*;

    /// What is suggested for a link that is sent to an address with this fragment, on a page of this text.
    async fn suggestion(fragment: &str, page: &'static str) -> Option<String> {
        let url: Url = "https://a.example/old".parse().unwrap();
        let end: Url = "https://a.example/new".parse().unwrap();
        let hop = Redirect { status: 301, url: format!("{end}{fragment}").as_str().into(), permanent: true };
        let trail = RedirectTrail { redirects: vec![hop], ..RedirectTrail::default() };
        let body = futures_util::stream::iter([Ok(page.into())]).boxed();
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/html"))]);
        let until = Instant::now() + Duration::from_secs(9);
        let (reply, start) = body::read_start(FetchResponse { status: 200, headers, body }, until).await;
        let visit = trail.finish_with_page(&url, end, &BTreeSet::new(), reply, start, until).await;
        visit.assessment.suggestion.map(|better| better.to_string())
    }

    #[tokio::test]
    async fn an_anchor_that_a_redirect_names_is_suggested_where_the_page_has_it() {
        for (fragment, page, suggested) in [
            ("", "<p id=there>", "/new"),
            ("#there", "<p id=there>", "/new#there"),
            ("#zzz", "<p id=there>", "/new"),
            // What scripts draw was not seen.
            ("#zzz", "<p>", "/new"),
            ("#/route", "<p id=there>", "/new#/route"),
        ] {
            let found = suggestion(fragment, page).await;
            assert_eq!(found, Some(format!("https://a.example{suggested}")), "{fragment} on {page}");
        }
    }
}
