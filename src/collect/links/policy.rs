//! What is not looked at, what cannot be known, and what a fragment adds to a page's verdict.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use url::Url;

use super::fragment;
use super::github;
use super::memory::Recall;
use super::seen::Seen;
use super::shard::Shard;
use super::unseen;
use super::verdict::Judged;
use super::web::visit::Visit;
use crate::pod::document::LinkKind;
use crate::pod::text::Untrusted;
use crate::pod::verdict::{Hop, Verdict};

/// How links are judged.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The host of the GitLab whose API the reader asks, as links name it; with its port where it has one.
    pub gitlab_host: String,
    /// Addresses that are not looked at.
    pub skip: Vec<Skip>,
    /// Pages whose headings are made while the site is built, as `host/path`; one that ends with `*` stands
    /// for all that begin so. A place that is missing there proves nothing.
    pub generated: Vec<String>,
    /// What earlier runs saw of the web, if that is kept.
    pub recall: Option<Recall>,
    /// The part of the links that is looked at; without it, all of them.
    pub shard: Option<Shard>,
    /// Whether what is seen is handed on to another job.
    pub hands_on: bool,
    /// What other jobs saw: it takes the place of a look.
    pub seen: Option<Arc<Seen>>,
}

/// Addresses that are not looked at, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    /// How they begin, as they are written.
    pub beginning: String,
    /// Why.
    pub reason: String,
}

/// Pages of GitLab's handbook whose headings are generated: those that its own link linter leaves out (fact
/// sheet on the handbook, section 5).
const GENERATED: [&str; 9] = [
    "handbook.gitlab.com/handbook",
    "handbook.gitlab.com/handbook/business-technology/tech-stack",
    "handbook.gitlab.com/handbook/communication",
    "handbook.gitlab.com/handbook/company/team",
    "handbook.gitlab.com/handbook/engineering",
    "handbook.gitlab.com/handbook/engineering/projects",
    "handbook.gitlab.com/handbook/product/categories",
    "handbook.gitlab.com/handbook/product/categories/features",
    "handbook.gitlab.com/handbook/product/product-processes/cross-functional-prioritization",
];

impl Default for Policy {
    fn default() -> Self {
        Self {
            gitlab_host: "gitlab.com".to_owned(),
            skip: Vec::new(),
            generated: GENERATED.iter().map(|page| (*page).to_owned()).collect(),
            recall: None,
            shard: None,
            hands_on: false,
            seen: None,
        }
    }
}

impl Policy {
    /// Why an address is not looked at, if it is not.
    pub(super) fn skipped(&self, address: &str) -> Option<&str> {
        self.skip.iter().find(|skip| address.starts_with(&skip.beginning)).map(|skip| skip.reason.as_str())
    }

    /// The verdict on an address after a visit to its page.
    pub(super) fn place(&self, visit: Option<&Visit>, url: &Url) -> Judged {
        let Some(visit) = visit else { return unseen() };
        let judged = keeping_fragment(visit.judged.clone(), url);
        if !matches!(judged.verdict, Verdict::Alive | Verdict::Moved) {
            return judged;
        }
        // A redirect that names a place of its own takes the place of the one that was asked for, and hands it on (RFC
        // 9110, section 10.2.2).
        let renamed = |hop: &Hop| Url::parse(&hop.url).is_ok_and(|to| to.fragment().is_some());
        let Some(wanted) = fragment::wanted(url.fragment()).filter(|_| !judged.redirects.iter().any(renamed)) else {
            return judged;
        };
        if fragment::written(url.fragment()).is_some_and(|written| visit.places.found.contains(written)) {
            return judged;
        }
        let unverifiable = |reason: &'static str| Judged {
            reason: reason.into(),
            verdict: Verdict::FragmentUnverifiable,
            ..judged.clone()
        };
        if is_drawn_later(&visit.end, &wanted) {
            return unverifiable("the page is there; scripts draw the place");
        }
        if let Some(why) = visit.unknown {
            return unverifiable(why);
        }
        if visit.places.garbled && !wanted.is_ascii() {
            return unverifiable("the page is there; it is not in UTF-8, so the place may be written otherwise");
        }
        if self.is_generated(&visit.end) {
            return unverifiable("the page is there; its headings are made when the site is built");
        }
        // What the page was moved to is no better address while the place is not there.
        let reason = place_lost(url, visit, &wanted);
        Judged { reason: reason.into(), verdict: Verdict::FragmentDead, suggestion: None, ..judged }
    }

    fn is_generated(&self, page: &Url) -> bool {
        let address = format!("{}{}", page.host_str().unwrap_or_default(), page.path().trim_end_matches('/'));
        self.generated.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(beginning) => address.starts_with(beginning),
            None => address == pattern.trim_end_matches('/'),
        }) || (page.host_str() == Some("handbook.gitlab.com") && address.contains("performance-indicators"))
    }
}

/// The verdict in the words of what was asked for: a video is asked for by its picture.
pub(super) fn as_named(kind: LinkKind, judged: Judged) -> Judged {
    match (kind, judged.verdict) {
        (LinkKind::Video, Verdict::Dead) => Judged { reason: "the video was removed".into(), ..judged },
        // Where a picture is does not matter.
        (LinkKind::Video, Verdict::Moved) if judged.redirects.iter().all(|hop| hop.url.contains("/vi/")) => Judged {
            verdict: Verdict::Alive,
            reason: Cow::Borrowed(""),
            suggestion: None,
            redirects: Vec::new(),
            ..judged
        },
        _ => judged,
    }
}

/// A better address leads to the same place on the page, unless it names one itself.
pub(super) fn keeping_fragment(mut judged: Judged, url: &Url) -> Judged {
    let better = judged.suggestion.as_deref().and_then(|better| Url::parse(better).ok());
    if let Some(mut better) = better.filter(|better| better.fragment().is_none()) {
        better.set_fragment(url.fragment());
        judged.suggestion = Some(better.into());
    }
    judged
}

/// Why the place is not there: the page never had it, or a redirect led to another page, which has not.
fn place_lost(url: &Url, visit: &Visit, wanted: &str) -> String {
    let place = Untrusted::new(wanted).line();
    if visit.judged.redirects.is_empty() || same_page(url, &visit.end) {
        return format!("the page is there, the place #{place} is not");
    }
    format!("the redirect to {} lost the place #{place}", Untrusted::new(visit.end.as_str()).line())
}

/// Whether two addresses are two ways to write one page's: http for https, `www.`, a slash or a suffix at the end.
fn same_page(one: &Url, other: &Url) -> bool {
    fn plain(url: &Url) -> (&str, &str, Option<&str>) {
        let host = url.host_str().unwrap_or_default();
        let path = url.path().trim_end_matches('/').trim_end_matches(".html").trim_end_matches("/index");
        (host.strip_prefix("www.").unwrap_or(host), path, url.query())
    }
    plain(one) == plain(other)
}

/// Whether scripts draw a place, or understand it in a way of their own: it says nothing that no element is called so.
fn is_drawn_later(page: &Url, wanted: &str) -> bool {
    // What addresses a view of an application (`#/home`, `#!home`, `#gid=0`) and no element.
    let view = wanted.starts_with('!') || wanted.contains(['/', '=']);
    // Lines of files and comments on forges (`#L10-L20`, `#lines-10:20`, `#note_7`), which GitLab, Gitea, Bitbucket and
    // others draw.
    let numbered = |beginning: &str| {
        let number = wanted.strip_prefix(beginning);
        number.is_some_and(|number| number.starts_with(|digit: char| digit.is_ascii_digit()))
    };
    let of_a_forge = github::last_line(wanted).is_some() || numbered("lines-") || numbered("note_");
    view || of_a_forge || (page.host_str() == Some("github.com") && is_drawn_by_github(page, wanted))
}

/// Places that GitHub's scripts draw: all of files (fact sheet on links, section 5.5), comments, files of a change.
fn is_drawn_by_github(page: &Url, wanted: &str) -> bool {
    const DRAWN: [&str; 6] =
        ["commitcomment-", "diff-", "discussion_r", "discussioncomment-", "issuecomment-", "pullrequestreview-"];
    let of_a_file = page.path_segments().is_some_and(|mut segments| segments.nth(2) == Some("blob"));
    of_a_file || DRAWN.iter().any(|beginning| wanted.starts_with(beginning))
}

/// What is wrong with the form of what a `mailto:` names (RFC 6068: addresses, percent-encoded, with commas between
/// them; some write semicolons). One without an address lets its reader choose.
pub(super) fn mail_problem(to: &str) -> Option<&'static str> {
    let encoded = to.split([',', ';']).map(str::trim).filter(|one| !one.is_empty());
    encoded.map(|one| percent_encoding::percent_decode_str(one).decode_utf8_lossy()).find_map(|one| problem(one.trim()))
}

/// What is wrong with the form of a mail address (RFC 5321, section 4.1.2, with the letters of RFC 6531).
fn problem(address: &str) -> Option<&'static str> {
    let Some((name, host)) = address.rsplit_once('@') else { return Some("it is no mail address: it has no @") };
    let fits =
        |c: char| if c.is_ascii() { c.is_ascii_graphic() && !"()<>[]:;\\,\"".contains(c) } else { !c.is_control() };
    let sound = |part: &str| !part.is_empty() && part.chars().all(fits);
    let quoted = name.len() > 2 && name.starts_with('"') && name.ends_with('"');
    let named = sound(host) && host.contains('.') && !host.starts_with('.') && !host.ends_with('.');
    match (quoted || sound(name)) && (named || is_literal(host)) {
        true => None,
        false if host.contains(' ') || !quoted && name.contains(' ') => {
            Some("it is no mail address: it has a blank outside of quotes")
        }
        false => Some("it is no mail address"),
    }
}

/// Whether a host of mail is given by its address, as `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321, section 4.1.3).
fn is_literal(host: &str) -> bool {
    let literal = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    literal.is_some_and(|literal| match literal.strip_prefix("IPv6:") {
        Some(v6) => v6.parse::<Ipv6Addr>().is_ok(),
        None => literal.parse::<Ipv4Addr>().is_ok(),
    })
}
