//! A visit to one address: asked, redirected by hand, and judged.

mod api;
mod chain;
mod retry;
mod trail;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderValue;
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;

use super::WebClient;
use super::body::{self, BodyStart};
use super::challenge::{self, Interstitial};
use super::connect_fault::ConnectFault;
use super::cookies::set_cookies;
use super::fetch::{FetchError, FetchResponse, Validators};
use super::landing::{self, LandingPage};
use super::location;
use super::response_kind::{self, ResponseKind};
use super::retry_after;
use crate::MOST_REDIRECTS;
use crate::address_policy::{CLOSED_PORT_REASON, NOT_PUBLIC_REASON, is_outside_public_dns};
use crate::fragment::without_fragment;
use crate::fragment::{self, FoundAnchors};
use crate::rate_limit::{Permit, RateLimiter, Transport};
use crate::time_budget::finish_by;
use crate::traffic::HostTraffic;
use crate::verdict::{Assessment, Redirect, Verdict};
pub(crate) use api::ApiResponse;
use chain::{alive_or_moved, drop_suggested_anchor, suggested_anchor};
use trail::RedirectTrail;

/// Why a host that no DNS server knows may be there all the same.
const NOT_IN_PUBLIC_DNS_REASON: &str = "its host was not found, and public DNS does not know such names";

/// All visits of one run.
pub(crate) struct Visitor {
    web: WebClient,
    rate_limiter: RateLimiter,
    requests: AtomicU64,
    /// What earlier visits found, where that is kept.
    cached: Option<BTreeMap<Url, CachedPage>>,
    /// With which addresses of a host this check begins.
    turn: u64,
}

/// What an earlier visit found, good news all of it.
#[derive(Debug, Clone)]
pub(crate) struct CachedPage {
    /// Where its redirects ended.
    pub(crate) final_url: Url,
    /// The last status.
    pub(crate) status: u16,
    /// The anchors of the page that were wanted then and found.
    pub(crate) found_anchors: BTreeSet<String>,
    /// What the page's server called its state.
    pub(crate) validators: Validators,
}

/// The result of a visit, fragments left aside.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) assessment: Assessment,
    /// Where its redirects ended.
    pub(crate) final_url: Arc<Url>,
    /// The anchors of the page that were wanted and found.
    pub(crate) anchors: FoundAnchors,
    /// Why it cannot be known whether it has the others, if so.
    pub(crate) anchors_unknown_reason: Option<&'static str>,
    /// A hash of the beginning of the page, where one was shown.
    pub(super) body_hash: Option<body::BodyHash>,
    /// What the page's server calls its state, where that is to be kept.
    pub(crate) validators: Option<Box<Validators>>,
    /// Whether another job made it.
    pub(super) from_shard: bool,
}

/// What one address answered, with a page's beginning where it is one.
enum AskOutcome {
    Page {
        reply: FetchResponse,
        start: BodyStart,
        until: Instant,
        _permit: Permit,
    },
    /// 304: the page is what it was.
    NotModified,
    Redirect {
        status: u16,
        to: Option<String>,
        /// What it sets, to be sent along from here on.
        cookies: Vec<HeaderValue>,
    },
    NoPage {
        status: u16,
        meaning: ResponseKind,
    },
}

/// How an address is asked.
#[derive(Clone, Copy)]
struct RequestForm<'a> {
    /// What the page's server called its state when it was last seen.
    since: Option<&'a Validators>,
    /// Whether its host is not asked again afterwards.
    last: bool,
    /// The cookies that this visit was given for it.
    cookies: Option<&'a HeaderValue>,
}

/// What became of one request.
enum Attempt {
    /// There is nothing to try again.
    Answered(AskOutcome),
    /// An answer that another try may better.
    Failed { status: u16, meaning: ResponseKind },
    /// No answer within the deadline.
    TimedOut(Assessment),
    /// No connection, or one that broke; whether that may pass.
    NoAnswer { assessment: Assessment, may_pass: bool },
}

impl Visitor {
    pub(crate) fn new(web: &WebClient) -> Self {
        let pace = RateLimiter::new(web.settings.limits.clone(), web.settings.progress.clone());
        Self { web: web.clone(), rate_limiter: pace, requests: AtomicU64::new(0), cached: None, turn: 0 }
    }

    /// The same for one who keeps what visits find and knows what earlier ones to these addresses found: they are asked
    /// whether that holds.
    pub(crate) fn with_cache(web: &WebClient, cached: Option<BTreeMap<Url, CachedPage>>) -> Self {
        Self { cached, ..Self::new(web) }
    }

    /// The same with other addresses of each host first.
    pub(crate) fn with_turn(self, turn: u64) -> Self {
        Self { turn, ..self }
    }

    pub(super) fn turn(&self) -> u64 {
        self.turn
    }

    /// How many requests a host may get at once; see [`host_and_port`].
    pub(crate) fn max_concurrent(&self, host: &str) -> usize {
        self.rate_limiter.max_concurrent(host)
    }

    /// The queues of the run.
    pub(super) fn rate_limiter(&self) -> &RateLimiter {
        &self.rate_limiter
    }

    /// What each host was asked and how it answered.
    pub(crate) fn traffic(&self) -> Vec<HostTraffic> {
        self.rate_limiter.traffic()
    }

    /// How many requests were sent.
    pub(crate) fn request_count(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Visits an address, and looks for anchors on the page. `last` says that its host is not asked again afterwards.
    /// It takes no longer than [`WebSettings::visit_deadline`](super::WebSettings::visit_deadline), with all redirects
    /// and waits: whoever owns a linked site has no more of the run's time.
    pub(super) async fn visit_in_time(&self, url: &Url, wanted: &BTreeSet<String>, last: bool) -> Visit {
        let within = self.web.settings.visit_deadline;
        let ends = Instant::now().checked_add(within);
        finish_by(ends, self.visit(url, wanted, last, ends)).await.unwrap_or_else(|| {
            let why = format!("no verdict within {within:?}, with all redirects and waits");
            Visit::without_page(response_kind::unreachable_assessment(why), url.clone())
        })
    }

    async fn visit(&self, url: &Url, wanted: &BTreeSet<String>, last: bool, ends: Option<Instant>) -> Visit {
        let mut here = url.clone();
        here.set_fragment(None);
        let mut trail = RedirectTrail { remembers: self.cached.is_some(), ..RedirectTrail::default() };
        loop {
            let cookies = trail.cookies.header(&here);
            // The same request as before has the same answer; with another cookie it is another request.
            if !trail.seen.insert((here.clone(), cookies.clone())) {
                return trail.finish_unended(location::CIRCLE.to_owned(), here);
            }
            if trail.redirects.len() > MOST_REDIRECTS {
                return trail.finish_unended(location::too_many_redirects_reason(), here);
            }
            let cached =
                self.cached.as_ref().and_then(|cached| cached.get(url)).filter(|cached| cached.final_url == here);
            let form = RequestForm {
                since: cached.map(|cached| &cached.validators),
                last: last && trail.redirects.is_empty(),
                cookies: cookies.as_ref(),
            };
            let (next, status, permanent) = match self.ask_with_retries(&here, form, ends).await {
                Err(assessment) => return trail.finish(assessment, here),
                Ok(AskOutcome::NotModified) => return trail.finish_unmodified(url, here, cached),
                Ok(AskOutcome::NoPage { status, meaning }) => {
                    return trail.finish(response_kind::assess_failure(status, meaning), here);
                }
                Ok(AskOutcome::Redirect { status, to, cookies }) => {
                    trail.cookies.store(&here, &cookies);
                    match location::redirect_target(&here, status, to.as_deref()) {
                        Ok(next) => (next, status, matches!(status, 301 | 308)),
                        Err(why) => return trail.finish(response_kind::unreachable_assessment(why), here),
                    }
                }
                Ok(AskOutcome::Page { reply, start, until, _permit }) => {
                    let status = reply.status;
                    let sent_on = reply
                        .is_html()
                        .then(|| fragment::find_meta_refresh(body::truncate_to_start(&start.bytes)))
                        .flatten();
                    let next = sent_on.and_then(|to| location::redirect_target(&here, status, Some(&to)).ok());
                    // One that only names an anchor on the page itself stays there.
                    match next.filter(|next| *without_fragment(next) != here) {
                        Some(next) => {
                            trail.cookies.store(&here, &set_cookies(&reply.headers));
                            (next, status, true)
                        }
                        None => return trail.finish_with_page(url, here, wanted, reply, start, until).await,
                    }
                }
            };
            trail.redirects.push(Redirect { status, url: next.as_str().into(), permanent });
            if let Some(landing) = landing::detect(&here, &next) {
                return trail.finish(assess_landing(landing, status), next);
            }
            here = next;
            here.set_fragment(None);
        }
    }

    /// Asks one address, again up to `max_retries` times where that may help and the host's budget allows it.
    async fn ask_with_retries(
        &self,
        url: &Url,
        form: RequestForm<'_>,
        ends: Option<Instant>,
    ) -> Result<AskOutcome, Assessment> {
        self.web.check_url(url).map_err(|why| Assessment::new(Verdict::Blocked, why))?;
        let host = host_and_port(url);
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.ask_once(url, &host, form).await? {
                Attempt::Answered(answered) => return Ok(answered),
                // A deadline costs long: one more is enough, and none where nothing is answered.
                Attempt::TimedOut(_)
                    if self.rate_limiter.is_open(&host, Transport::from_url(url))
                        && self.try_reserve_retry(&host, attempt, 2) => {}
                Attempt::NoAnswer { may_pass: true, .. } if self.try_reserve_retry(&host, attempt, u32::MAX) => {
                    self.rate_limiter.wait_without_slot(sleep(self.backoff(url, attempt))).await;
                }
                Attempt::TimedOut(assessment) | Attempt::NoAnswer { assessment, .. } => return Err(assessment),
                Attempt::Failed { status, meaning } => {
                    if !self.wait_before_retry(&host, url, attempt, (status, meaning), ends).await {
                        return Ok(AskOutcome::NoPage { status, meaning });
                    }
                }
            }
        }
    }

    /// One request, when the host's turn has come.
    ///
    /// # Errors
    /// The assessment of a host that is not asked any more in this run.
    async fn ask_once(&self, url: &Url, host: &str, form: RequestForm<'_>) -> Result<Attempt, Assessment> {
        let transport = Transport::from_url(url);
        let permit = self.rate_limiter.acquire_permit(host, transport).await?;
        self.requests.fetch_add(1, Ordering::Relaxed);
        let sent = Instant::now();
        let until = sent.checked_add(self.web.settings.deadline).unwrap_or(sent);
        let fetch = &self.web.fetch;
        let request = match form {
            RequestForm { cookies: Some(cookies), .. } => fetch.get_with_cookies(url, cookies),
            RequestForm { since: Some(since), .. } => fetch.get_if_modified(url, since),
            RequestForm { last: true, .. } => fetch.get_and_close(url),
            RequestForm { .. } => fetch.get(url),
        };
        let reply = match timeout_at(until, request).await {
            Err(_elapsed) => {
                let assessment =
                    response_kind::unreachable_assessment(format!("no answer within {:?}", self.web.settings.deadline));
                self.rate_limiter.record_failure(host);
                self.rate_limiter.record_silence(host, transport, sent, &assessment);
                return Ok(Attempt::TimedOut(assessment));
            }
            Ok(Err(error)) => {
                self.rate_limiter.record_failure(host);
                let assessment = self.record_fetch_error((host, transport), sent, &error);
                let is_closed = matches!(error, FetchError::NotPublic | FetchError::ClosedPort);
                let may_pass = !is_closed && self.rate_limiter.is_open(host, transport);
                return Ok(Attempt::NoAnswer { assessment, may_pass });
            }
            Ok(Ok(reply)) => reply,
        };
        let (status, meaning) = (reply.status, response_kind::classify(&reply));
        let is_unchanged = status == 304 && form.since.is_some();
        let is_answer =
            is_unchanged || matches!(meaning, ResponseKind::Success | ResponseKind::Redirect | ResponseKind::Gone);
        self.rate_limiter.record_answer(host, transport, sent.elapsed(), is_answer);
        if let Some(wait) = retry_after::exhausted_wait(&reply.headers) {
            self.rate_limiter.hold_host(host, wait);
        }
        if is_unchanged {
            return Ok(Attempt::Answered(AskOutcome::NotModified));
        }
        Ok(match meaning {
            ResponseKind::Success => {
                let (reply, start) = body::read_start(reply, until).await;
                Attempt::Answered(AskOutcome::Page { reply, start, until, _permit: permit })
            }
            ResponseKind::Redirect => Attempt::Answered(AskOutcome::Redirect {
                status,
                to: reply.location(),
                cookies: set_cookies(&reply.headers),
            }),
            ResponseKind::ServerError(_) if status == 503 && reply.is_html() => {
                let (_reply, start) = body::read_start(reply, until).await;
                match challenge::detect(body::truncate_to_start(&start.bytes)) {
                    Some(Interstitial::Bot) => {
                        Attempt::Answered(AskOutcome::NoPage { status, meaning: ResponseKind::Challenge })
                    }
                    Some(Interstitial::SignIn) | None => Attempt::Failed { status, meaning },
                }
            }
            ResponseKind::Gone
            | ResponseKind::Challenge
            | ResponseKind::Refused
            | ResponseKind::RateLimited(_)
            | ResponseKind::ServerError(_) => Attempt::Failed { status, meaning },
        })
    }

    /// No answer to what was sent then; a host that cannot be reached is remembered, so that it costs one try and not
    /// one for each link.
    fn record_fetch_error(&self, (host, transport): (&str, Transport), sent: Instant, lost: &FetchError) -> Assessment {
        let assessment = match lost {
            FetchError::NotPublic => return Assessment::new(Verdict::Blocked, NOT_PUBLIC_REASON),
            FetchError::ClosedPort => return Assessment::new(Verdict::Blocked, CLOSED_PORT_REASON),
            FetchError::BadResponse(why) => return response_kind::unreachable_assessment(why.clone()),
            FetchError::NoSuchHost => assess_missing_host(host),
            FetchError::DnsSilent => response_kind::unreachable_assessment(ConnectFault::DnsSilent.reason().to_owned()),
            FetchError::ConnectFailed(why) => response_kind::unreachable_assessment(format!("no connection ({why})")),
            FetchError::Tls(why) => response_kind::unreachable_assessment(why.clone()),
        };
        self.rate_limiter.record_silence(host, transport, sent, &assessment);
        assessment
    }
}

/// What a host is called in the queues: each port is a server of its own.
pub(super) fn host_and_port(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

/// Of a host, with its port, that DNS does not know.
fn assess_missing_host(host: &str) -> Assessment {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if is_outside_public_dns(name) {
        response_kind::unreachable_assessment(NOT_IN_PUBLIC_DNS_REASON.to_owned())
    } else {
        Assessment::no_such_host()
    }
}

fn assess_landing(landing: LandingPage, status: u16) -> Assessment {
    let mut assessment = match landing {
        LandingPage::GitlabSignIn => Assessment::new(Verdict::Hidden, "not there or not visible without signing in"),
        LandingPage::SignIn => Assessment::new(Verdict::Login, "it wants a session"),
        LandingPage::TreeRoot => {
            Assessment::new(Verdict::Dead, "GitLab shows the list of files instead: the path is not there")
        }
    };
    assessment.status = Some(status);
    assessment
}

impl Visit {
    /// A visit that was not made, or not to its end, because the check's time was over.
    pub(super) fn not_reached(url: Arc<Url>) -> Self {
        let page = Url::clone(&url);
        Self { final_url: url, ..Self::without_page(Assessment::not_reached(), page) }
    }

    /// A visit that read no page.
    pub(super) fn without_page(assessment: Assessment, end: Url) -> Self {
        let (places, validators) = (FoundAnchors::default(), None);
        Self {
            assessment,
            final_url: Arc::new(end),
            anchors: places,
            anchors_unknown_reason: None,
            body_hash: None,
            validators,
            from_shard: false,
        }
    }

    /// Whether GitLab showed the list of files of a project in place of what was asked for.
    pub(crate) fn landed_on_tree_root(&self) -> bool {
        let from_where = self.assessment.status.is_some_and(|status| (300..=399).contains(&status));
        self.assessment.verdict == Verdict::Dead && from_where
    }

    /// A visit that was made before, with the redirects of then or of now.
    pub(crate) fn from_cache(url: &Url, redirects: Vec<Redirect>, cached: &CachedPage) -> Self {
        let places = FoundAnchors {
            found: cached.found_anchors.clone(),
            has_any: !cached.found_anchors.is_empty(),
            has_script: false,
            has_undecodable: false,
        };
        let mut assessment = alive_or_moved(url, redirects, cached.status);
        if suggested_anchor(&assessment).is_some_and(|anchor| !cached.found_anchors.contains(&anchor)) {
            drop_suggested_anchor(&mut assessment);
        }
        let (end, validators) = (Arc::new(cached.final_url.clone()), Some(Box::new(cached.validators.clone())));
        Self {
            assessment,
            final_url: end,
            anchors: places,
            anchors_unknown_reason: None,
            body_hash: None,
            validators,
            from_shard: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_as_it_was_is_suggested_with_the_anchor_that_was_found_on_it() {
        let url: Url = "https://a.example/old".parse().unwrap();
        for (fragment, suggested) in [("", "/new"), ("#there", "/new#there"), ("#zzz", "/new")] {
            let cached = CachedPage {
                final_url: "https://a.example/new".parse().unwrap(),
                status: 200,
                found_anchors: BTreeSet::from(["there".to_owned()]),
                validators: Validators::default(),
            };
            let to = format!("{}{fragment}", cached.final_url);
            let hop = Redirect { status: 301, url: to.as_str().into(), permanent: true };
            let better = Visit::from_cache(&url, vec![hop], &cached).assessment.suggestion;
            let suggested = format!("https://a.example{suggested}");
            assert_eq!(better.map(|better| better.to_string()), Some(suggested), "{fragment}");
        }
    }

    #[test]
    fn a_host_that_only_its_own_network_knows_is_not_called_missing() {
        for (host, missing) in [
            ("gone.example:443", true),
            ("wiki:443", false),
            ("wiki.:80", false),
            ("printer.local:80", false),
            ("a.onion:80", false),
            ("nas.home.arpa:443", false),
            ("ci.internal:8443", false),
        ] {
            let assessment = assess_missing_host(host);
            assert_eq!(assessment.is_no_such_host(), missing, "{host}");
            assert_eq!(assessment.verdict, Verdict::Unreachable, "{host}");
        }
    }
}
