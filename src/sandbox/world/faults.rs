//! Switches for what GitLab does on its worse days. All are off in a fresh world.

use serde::Serialize;

/// What is switched on.
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
    /// What becomes of requests to the API, first match first.
    pub api: Vec<ApiFault>,
}

/// What becomes of some requests to the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApiFault {
    /// Only requests of this method; any if empty.
    pub method: String,
    /// Only requests whose path, as it was sent, holds this; any if empty.
    pub path: String,
    /// How many more times; for ever if none.
    pub times: Option<u64>,
    /// The request is carried out all the same, and only its answer is lost.
    pub takes_effect: bool,
    /// What happens.
    pub trouble: Trouble,
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// No answer ever comes. In memory, where nobody can wait, it is a 504 with the header `x-box-fault: hang`.
    Hang,
    /// 502 with a page of HTML, as a load balancer gives it.
    BadGateway,
    /// 520 with a page of HTML, as Cloudflare gives it.
    Cloudflare,
    /// Half of the answer's body.
    Truncated,
    /// 302 to this address.
    Redirect(String),
    /// 429 as `Rack::Attack` gives it: plain text, `RateLimit-*` and `Retry-After` in seconds.
    RackAttack(u32),
    /// 429 as the application gives it: JSON without `Retry-After`.
    ApplicationLimit,
    /// Somebody else sends the same request a moment earlier.
    Race,
}

impl Faults {
    /// What becomes of this request, if anything; a fault that was for so many times comes nearer to its end.
    pub fn meet(&mut self, method: &str, path: &str) -> Option<ApiFault> {
        let fits = |fault: &ApiFault| {
            (fault.method.is_empty() || fault.method.eq_ignore_ascii_case(method)) && path.contains(&fault.path)
        };
        let at = self.api.iter().position(|fault| fits(fault) && fault.times != Some(0))?;
        let fault = self.api.get_mut(at)?;
        fault.times = fault.times.map(|times| times - 1);
        Some(fault.clone())
    }
}
