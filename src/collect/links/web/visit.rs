//! A visit to one address: asked, redirected by hand, and judged.

mod again;
mod api;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::{Instant, sleep, timeout_at};
use url::Url;

use super::Web;
use super::answer::{self, Said};
use super::body::{self, Start};
use super::fetch::{Lost, Reply, Validators};
use super::hop;
use super::landing::{self, Landing};
use super::waits;
use super::wall::{self, Wall};
use crate::collect::links::fragment::{self, Places};
use crate::collect::links::pace::{Pace, Place};
use crate::collect::links::verdict::Judged;
use crate::collect::links::{MOST_HOPS, bare};
use crate::pod::traffic::HostTraffic;
use crate::pod::verdict::{Hop, Verdict};
pub(in crate::collect::links) use api::Answer;

/// All visits of one run.
pub(in crate::collect::links) struct Visitor {
    web: Web,
    pace: Pace,
    requests: AtomicU64,
    /// What earlier visits found, where that is kept.
    known: Option<BTreeMap<Url, Known>>,
}

/// What an earlier visit found, good news all of it.
#[derive(Debug, Clone)]
pub(in crate::collect::links) struct Known {
    /// Where it ended.
    pub(in crate::collect::links) end: Url,
    /// The last status.
    pub(in crate::collect::links) status: u16,
    /// The places of the page that were wanted then and found.
    pub(in crate::collect::links) found: BTreeSet<String>,
    /// What the page's server called its state.
    pub(in crate::collect::links) validators: Validators,
}

/// What a visit came to, fragments left aside.
#[derive(Debug, Clone)]
pub(in crate::collect::links) struct Visit {
    pub(in crate::collect::links) judged: Judged,
    /// Where it ended.
    pub(in crate::collect::links) end: Arc<Url>,
    /// The places of the page that were wanted and found.
    pub(in crate::collect::links) places: Places,
    /// Why it cannot be known whether it has the others, if so.
    pub(in crate::collect::links) unknown: Option<&'static str>,
    /// A hash of the beginning of the page, where one was shown.
    pub(super) print: Option<body::Print>,
    /// What the page's server calls its state, where that is to be kept.
    pub(in crate::collect::links) validators: Option<Box<Validators>>,
    /// Whether another job made it.
    pub(super) told: bool,
}

/// What one address said, with a page's beginning where it is one.
enum Answered {
    Page {
        reply: Reply,
        start: Start,
        until: Instant,
        _place: Place,
    },
    /// It is what it was.
    Same,
    Redirect {
        status: u16,
        to: Option<String>,
    },
    Other {
        status: u16,
        said: Said,
    },
}

impl Visitor {
    pub(in crate::collect::links) fn new(web: &Web) -> Self {
        let pace = Pace::new(web.settings.limits.clone(), web.settings.progress.clone());
        Self { web: web.clone(), pace, requests: AtomicU64::new(0), known: None }
    }

    /// The same for one who keeps what visits find and knows what earlier ones to these addresses found: they are asked
    /// whether that holds.
    pub(in crate::collect::links) fn knowing(web: &Web, known: Option<BTreeMap<Url, Known>>) -> Self {
        Self { known, ..Self::new(web) }
    }

    /// How many requests a host may get at once; see [`host`].
    pub(in crate::collect::links) fn at_once(&self, host: &str) -> usize {
        self.pace.at_once(host)
    }

    /// The queues of the run.
    pub(super) fn pace(&self) -> &Pace {
        &self.pace
    }

    /// What each host was asked and how it answered.
    pub(in crate::collect::links) fn traffic(&self) -> Vec<HostTraffic> {
        self.pace.traffic()
    }

    /// How many requests were sent.
    pub(in crate::collect::links) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Visits an address, and looks for places on the page. `last` tells that its host is left afterwards.
    pub(super) async fn visit(&self, url: &Url, wanted: &BTreeSet<String>, last: bool) -> Visit {
        let mut here = url.clone();
        here.set_fragment(None);
        let mut trail = Trail { remembers: self.known.is_some(), ..Trail::default() };
        loop {
            trail.seen.insert(here.clone());
            let known = self.known.as_ref().and_then(|known| known.get(url)).filter(|known| known.end == here);
            let last = last && trail.hops.is_empty();
            let (next, status, permanent) = match self.ask(&here, known.map(|known| &known.validators), last).await {
                Err(judged) => return trail.end(judged, here),
                Ok(Answered::Same) => return trail.same(url, here, known),
                Ok(Answered::Other { status, said }) => return trail.end(answer::judged(status, said), here),
                Ok(Answered::Redirect { status, to }) => match hop::next(&here, status, to.as_deref()) {
                    Ok(next) => (next, status, matches!(status, 301 | 308)),
                    Err(why) => return trail.end(answer::unreachable(why), here),
                },
                Ok(Answered::Page { reply, start, until, _place }) => {
                    let status = reply.status;
                    let sent_on = reply.is_html().then(|| fragment::refresh(body::head(&start.bytes))).flatten();
                    let next = sent_on.and_then(|to| hop::next(&here, status, Some(&to)).ok());
                    // One that only names a place on the page itself stays there.
                    match next.filter(|next| *bare(next) != here) {
                        Some(next) => (next, status, true),
                        None => return trail.page(url, here, wanted, reply, start, until).await,
                    }
                }
            };
            trail.hops.push(Hop { status, url: next.as_str().to_owned(), permanent });
            if let Some(landing) = landing::of(&here, &next) {
                return trail.end(landed(landing, status), next);
            }
            here = next;
            here.set_fragment(None);
            if trail.seen.contains(&here) {
                return trail.end(answer::unreachable(hop::CIRCLE.to_owned()), here);
            }
            if trail.hops.len() > MOST_HOPS {
                return trail.end(answer::unreachable(hop::too_many()), here);
            }
        }
    }

    /// Asks one address, up to three times where that may help and the host's budget allows it.
    async fn ask(&self, url: &Url, since: Option<&Validators>, last: bool) -> Result<Answered, Judged> {
        if let Err(why) = self.web.judge(url) {
            return Err(Judged::new(Verdict::Blocked, why));
        }
        let host = host(url);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let place = self.pace.turn(&host).await?;
            self.requests.fetch_add(1, Ordering::Relaxed);
            let asked = Instant::now();
            let until = asked.checked_add(self.web.settings.deadline).unwrap_or(asked);
            let asking = match since {
                None if last => self.web.fetch.get_and_leave(url),
                None => self.web.fetch.get(url),
                Some(since) => self.web.fetch.get_if_changed(url, since),
            };
            let reply = match timeout_at(until, asking).await {
                Err(_elapsed) => {
                    let judged = answer::unreachable(format!("no answer within {:?}", self.web.settings.deadline));
                    self.pace.lost(&host);
                    self.pace.unanswered(&host, asked, &judged);
                    // A deadline is dear: one more is enough, and none where nothing is answered.
                    if self.pace.is_open(&host) && self.may_again(&host, attempt, 2) {
                        continue;
                    }
                    return Err(judged);
                }
                Ok(Err(why)) => {
                    self.pace.lost(&host);
                    let judged = self.no_answer(&host, asked, &why);
                    let may_pass = why != Lost::NotPublic && self.pace.is_open(&host);
                    if may_pass && self.may_again(&host, attempt, u32::MAX) {
                        drop(place);
                        self.pace.aside(sleep(self.pause(url, attempt))).await;
                        continue;
                    }
                    return Err(judged);
                }
                Ok(Ok(reply)) => reply,
            };
            let (status, said) = (reply.status, answer::said(&reply));
            let same = status == 304 && since.is_some();
            let well = same || matches!(said, Said::Page | Said::Redirect | Said::Gone);
            self.pace.answered(&host, asked.elapsed(), well);
            if let Some(wait) = waits::used_up(&reply.headers) {
                self.pace.hold(&host, wait);
            }
            if same {
                return Ok(Answered::Same);
            }
            match said {
                Said::Page => {
                    let (reply, start) = body::start(reply, until).await;
                    return Ok(Answered::Page { reply, start, until, _place: place });
                }
                Said::Redirect => {
                    let to = reply.location();
                    return Ok(Answered::Redirect { status, to });
                }
                Said::Failed(_) if reply.status == 503 && reply.is_html() => {
                    let (_reply, start) = body::start(reply, until).await;
                    if wall::of(body::head(&start.bytes)) == Some(Wall::Challenge) {
                        return Ok(Answered::Other { status, said: Said::Challenge });
                    }
                }
                Said::Gone | Said::Challenge | Said::Refused | Said::Busy(_) | Said::Failed(_) => {}
            }
            drop(place);
            if !self.after(&host, url, attempt, status, said).await {
                return Ok(Answered::Other { status, said });
            }
        }
    }

    /// No answer to what was sent then; a host that cannot be reached is remembered, so that it costs one try and not one
    /// for each link.
    fn no_answer(&self, host: &str, sent: Instant, lost: &Lost) -> Judged {
        let judged = match lost {
            Lost::NotPublic => return Judged::new(Verdict::Blocked, "its address is not a public one"),
            Lost::Broken(why) => return answer::unreachable(why.clone()),
            Lost::NoHost => answer::unreachable("there is no such host".to_owned()),
            Lost::NotConnected(why) => answer::unreachable(format!("no connection ({why})")),
            Lost::Tls(why) => answer::unreachable(why.clone()),
        };
        self.pace.unanswered(host, sent, &judged);
        judged
    }
}

/// What a host is called in the queues: each port is a server of its own.
pub(super) fn host(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

fn landed(landing: Landing, status: u16) -> Judged {
    let mut judged = match landing {
        Landing::GitlabSignIn => Judged::new(Verdict::Hidden, "not there or not visible without signing in"),
        Landing::SignIn => Judged::new(Verdict::Login, "it wants a session"),
        Landing::TreeRoot => {
            Judged::new(Verdict::Dead, "GitLab shows the list of files instead: the path is not there")
        }
    };
    judged.status = Some(status);
    judged
}

/// The way so far.
#[derive(Default)]
struct Trail {
    hops: Vec<Hop>,
    seen: BTreeSet<Url>,
    /// Whether the state of the page will be asked for again.
    remembers: bool,
}

impl Trail {
    fn end(self, mut judged: Judged, end: Url) -> Visit {
        judged.redirects = self.hops;
        Visit::bare(judged, end)
    }

    /// The page is there, as it was.
    fn same(self, url: &Url, end: Url, known: Option<&Known>) -> Visit {
        match known {
            Some(known) => Visit::recalled(url, self.hops, known),
            None => self.end(answer::unreachable("it answers 304 to a question without a condition".to_owned()), end),
        }
    }

    /// The page is there; what redirects were for good is told as a move.
    async fn page(
        self,
        url: &Url,
        end: Url,
        wanted: &BTreeSet<String>,
        reply: Reply,
        start: Start,
        until: Instant,
    ) -> Visit {
        let mut judged = there(url, self.hops, reply.status);
        let wall = reply.is_html().then(|| wall::of(body::head(&start.bytes))).flatten().map(|wall| match wall {
            Wall::SignIn => (Verdict::Login, "it shows a sign-in page"),
            Wall::Challenge => (Verdict::Refused, "it shows programs a test in place of the page"),
        });
        if let Some((verdict, reason)) = wall {
            judged = Judged { verdict, reason: reason.into(), suggestion: None, ..judged };
        }
        let validators = self.remembers.then(|| Box::new(Validators::of(&reply)));
        let print = Some(body::print(&start.bytes));
        let (places, unknown) =
            if wanted.is_empty() { (Places::default(), None) } else { body::places(reply, start, wanted, until).await };
        Visit { judged, end: Arc::new(end), places, unknown, print, validators, told: false }
    }
}

impl Visit {
    /// A visit that read no page.
    pub(super) fn bare(judged: Judged, end: Url) -> Self {
        let (places, validators) = (Places::default(), None);
        Self { judged, end: Arc::new(end), places, unknown: None, print: None, validators, told: false }
    }

    /// Whether GitLab showed the list of files of a project in place of what was asked for.
    pub(in crate::collect::links) fn led_to_the_files(&self) -> bool {
        let from_where = self.judged.status.is_some_and(|status| (300..=399).contains(&status));
        self.judged.verdict == Verdict::Dead && from_where
    }

    /// A visit that was made before, with the redirects of then or of now.
    pub(in crate::collect::links) fn recalled(url: &Url, hops: Vec<Hop>, known: &Known) -> Self {
        let places = Places { found: known.found.clone(), any: !known.found.is_empty(), garbled: false };
        let (end, validators) = (Arc::new(known.end.clone()), Some(Box::new(known.validators.clone())));
        Self {
            judged: there(url, hops, known.status),
            end,
            places,
            unknown: None,
            print: None,
            validators,
            told: false,
        }
    }
}

/// The page is there, at the end of these redirects.
fn there(url: &Url, hops: Vec<Hop>, status: u16) -> Judged {
    let mut judged = Judged::new(Verdict::Alive, "");
    judged.status = Some(status);
    // What a temporary redirect leads to is not the page's new address.
    let lasting = hops.iter().take_while(|hop| hop.permanent).last();
    if let Some(new) = lasting.map(|hop| hop.url.clone()).filter(|new| new != url.as_str()) {
        judged.verdict = Verdict::Moved;
        judged.reason = "it moved for good".into();
        judged.suggestion = Some(new);
    }
    judged.redirects = hops;
    judged
}
