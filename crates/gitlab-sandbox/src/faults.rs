//! GitLab's worse days as data: what is switched on, and what becomes of which request.
//!
//! They strike at two levels. In memory (`reply`) nothing waits and no connection breaks: what a socket would do stands
//! in the header [`FAULT_HEADER`], for whoever carries the request to act upon, on a clock of their own. On a socket
//! (`connection`, `socket`) it is done: the answer hangs, drips, breaks off, never ends, or is no HTTP at all.

#[cfg(feature = "server")]
pub(super) mod connection;
#[cfg(feature = "server")]
pub(super) mod reply;
#[cfg(feature = "server")]
pub(super) mod socket;

use serde::Serialize;

/// The header that marks what a socket would show and memory cannot: `hang`, `down`, `slow MS`, `reset`, `garbage`,
/// `endless`, `drip MS`, `cut BYTES`.
pub const FAULT_HEADER: &str = "x-sandbox-fault";

/// What is switched on; nothing in a fresh world.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own, named where it is set")]
pub struct Faults {
    /// No page has more items than this, whatever `per_page` asks for, as some proxies and versions have it.
    pub page_cap: Option<usize>,
    /// Pages of notes hold half of what they could, though more follow. GitLab takes notes out that the reader may not
    /// see after it has cut the page (`lib/api/notes.rb`); here they come on the next page instead.
    pub short_pages: bool,
    /// Lists are not counted, as above 10,000 rows (GitLab docs, "REST API", pagination).
    pub uncounted: bool,
    /// A scoped label that is added while the old one of its scope is kept loses (issue release-tools!861).
    pub scoped_race: bool,
    /// Every answer of the API carries `RateLimit-*`, as on GitLab.com.
    pub rate_headers: bool,
    /// What becomes of requests to the API; the first that fits strikes.
    pub api: Vec<Fault>,
}

/// What becomes of some requests to the API: the third POST to issues is carried out, then answered with 502.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Only requests of this method; any if empty.
    pub method: String,
    /// Only requests whose path and query, as they were sent, hold this; any if empty.
    pub path: String,
    /// How many requests that fit still pass before the first is struck.
    pub skip: u64,
    /// How many more are struck; for ever if none.
    pub times: Option<u64>,
    /// The request is carried out all the same, and only its answer is lost.
    pub takes_effect: bool,
    /// What happens.
    pub kind: FaultKind,
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// No answer ever comes. In memory, where nobody can wait, it is a 504 with the header `x-sandbox-fault: hang`.
    Hang,
    /// The connection is reset instead of an answer (RST).
    Reset,
    /// What comes is no HTTP.
    Garbage,
    /// An answer that never ends.
    Endless,
    /// The answer comes byte by byte, each so many milliseconds after the last.
    Drip(u64),
    /// The first so many bytes of the answer's body, then the end of the connection.
    Cut(usize),
    /// Another answer.
    Answer {
        /// Its status.
        status: u16,
        /// Its headers.
        headers: Vec<(String, String)>,
        /// Its body.
        body: String,
    },
    /// 502 with a page of HTML, as a load balancer gives it.
    BadGateway,
    /// 520 with a page of HTML, as Cloudflare gives it.
    Cloudflare,
    /// 302 to this address.
    Redirect(String),
    /// 429 as `Rack::Attack` gives it: plain text, `RateLimit-*` and `Retry-After` in seconds.
    RackAttack(u32),
    /// 429 as the application gives it: JSON without `Retry-After`.
    #[serde(rename = "application_limit")]
    ApplicationRateLimit,
    /// 429 as `check_rate_limit!` gives it in newer versions: the same with `Retry-After` in seconds
    /// (`lib/api/helpers/rate_limiter.rb`).
    #[serde(rename = "checked_limit")]
    RetryAfterRateLimit(u32),
    /// 429 as `rack_response` gives it for the limit on creating issues: without any header, so that nothing says what
    /// the body is or when to come back (`lib/api/api.rb`).
    #[serde(rename = "bare_limit")]
    HeaderlessRateLimit,
    /// The answer's `Date` is off by so many seconds.
    WrongDate(i64),
    /// 403 with a page of HTML, as a middlebox in front of GitLab gives it.
    HtmlForbidden,
    /// The answer without the headers of paging, as some proxies leave it.
    StrippedPaging,
    /// A PUT that is answered like one that worked, with the resource as it was; nothing is carried out. Other requests
    /// are answered as ever.
    #[serde(rename = "dropped")]
    IgnoredPut,
    /// 409: GitLab takes it for spam and wants a captcha solved (GitLab docs, "REST API troubleshooting", spam).
    Spam,
    /// 400: GitLab takes it for spam, and has no captcha to solve.
    SpamDiscarded,
    /// Somebody else sends the same request a moment earlier.
    #[serde(rename = "race")]
    DuplicateRequest,
    /// Somebody deletes the oldest issue of the project a moment earlier, so that the items of all later pages move.
    #[serde(rename = "shift")]
    OldestIssueDeletedFirst,
}

impl Fault {
    /// Every request, for ever, not carried out; the fields narrow it down.
    pub fn always(kind: FaultKind) -> Self {
        Self { method: String::new(), path: String::new(), skip: 0, times: None, takes_effect: false, kind }
    }

    /// The first request, and no other.
    pub fn once(kind: FaultKind) -> Self {
        Self { times: Some(1), ..Self::always(kind) }
    }

    /// The same for requests of this method whose path holds this.
    #[must_use]
    pub fn for_requests(self, method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), ..self }
    }

    /// The same for requests that are carried out all the same.
    #[must_use]
    pub fn with_effect(self) -> Self {
        Self { takes_effect: true, ..self }
    }

    /// By how much the answer's `Date` is wrong.
    pub(super) fn date_skew(&self) -> chrono::TimeDelta {
        match self.kind {
            FaultKind::WrongDate(seconds) => chrono::TimeDelta::try_seconds(seconds).unwrap_or_default(),
            _ => chrono::TimeDelta::zero(),
        }
    }

    fn matches(&self, method: &str, target: &str) -> bool {
        (self.method.is_empty() || self.method.eq_ignore_ascii_case(method)) && target.contains(&self.path)
    }
}

impl Faults {
    /// What becomes of this request, if anything; each fault that it fits comes nearer to its beginning or its end.
    pub fn take_matching(&mut self, method: &str, target: &str) -> Option<Fault> {
        for fault in self.api.iter_mut().filter(|fault| fault.matches(method, target)) {
            if fault.skip > 0 {
                fault.skip -= 1;
            } else if fault.times != Some(0) {
                fault.times = fault.times.map(|times| times - 1);
                return Some(fault.clone());
            }
        }
        None
    }
}
