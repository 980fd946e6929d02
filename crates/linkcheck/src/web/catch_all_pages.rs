//! Pages that prove nothing: a network that answers every address alike (a captive portal, a filter: threat sheet,
//! F28), and a host that does (fact sheet on links, section 5.6).
//!
//! Where pages of three hosts have one hash, or where three addresses of one host have one hash or are led to one
//! page, one more address is asked that nobody can have: one for all hosts, and at most one of a host. If it is "there"
//! too, no page that has its hash or was led where it was led proves anything.
//!
//! A network that does so is a silence: `unreachable`, which later checks of the same links will clear. A host that
//! does so will do so for ever: an application that is drawn by scripts, a consent page, a front page in place of a
//! 404. It did not answer that the page is gone, so that is not `dead`, nor may it become a broken link by lasting, as
//! `unreachable` would; it does not show programs what is there, which is `refused`. A host that answered for any
//! address that it is gone (404, 410) is not asked. What was asked for with an anchor, and has that anchor, proved
//! itself. The front page of a host is there whatever its other pages are.
//!
//! What could not be asked in time leaves its suspects not reached: they prove nothing either.
//!
//! One shard of a check sees few hosts, so it hands on fingerprints, and the job that merges all shards judges the
//! network; hosts are judged by the shard that asked them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use url::Url;

use super::body::BodyHash;
use super::queue::{VisitJobs, Visits, visit_all};
use super::visit::{Visit, Visitor, host_and_port};
use crate::text::one_line;
use crate::time_budget::finish_by;
use crate::verdict::{Assessment, Verdict};

/// Fewer pages than this are not judged for a network.
const MIN_PAGES: usize = 5;
/// So many hosts, or addresses of one host, must be alike.
const MIN_ALIKE: usize = 3;
/// No page has this address.
const NONEXISTENT_PATH: &str = "/podkeeper-asks-for-a-page-that-nobody-has";

const CAPTIVE_PORTAL_REASON: &str = "every address answers alike: this network shows a page of its own";

/// What a page's beginning was, for a job that sees those of all shards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageFingerprint {
    /// The hash of the page's beginning, in hexadecimal digits.
    print: String,
    /// Whether it was taken for the page that was asked for.
    page: bool,
}

impl PageFingerprint {
    /// The fingerprint of a visit's page, if it showed one.
    pub(crate) fn from_visit(visit: &Visit) -> Option<Self> {
        let digits =
            |byte: &u8| [byte >> 4, byte & 15].map(|half| char::from_digit(half.into(), 16).unwrap_or_default());
        let print = visit.body_hash?.iter().flat_map(digits).collect();
        Some(Self { print, page: shows_a_page(visit) })
    }

    fn parse_hash(&self) -> Option<BodyHash> {
        let byte = |at: usize| u8::from_str_radix(self.print.get(2 * at..2 * at + 2)?, 16).ok();
        let mut print = BodyHash::default();
        for (at, part) in print.iter_mut().enumerate() {
            *part = byte(at)?;
        }
        Some(print)
    }
}

/// A visit that another job made, of which no more is known than its status and the page's fingerprint.
pub(crate) fn visit_from_shard(url: &Url, status: Option<u16>, fingerprint: Option<&PageFingerprint>) -> Visit {
    let verdict = if fingerprint.is_some_and(|fingerprint| fingerprint.page) { Verdict::Alive } else { Verdict::Login };
    let assessment = Assessment { status, ..Assessment::new(verdict, "") };
    Visit {
        body_hash: fingerprint.and_then(PageFingerprint::parse_hash),
        from_shard: true,
        ..Visit::without_page(assessment, url.clone())
    }
}

/// The fingerprints of all visits that showed a page.
pub(crate) fn fingerprint_visits(visits: &Visits) -> BTreeMap<Arc<Url>, PageFingerprint> {
    visits.iter().filter_map(|(url, visit)| Some((Arc::clone(url), PageFingerprint::from_visit(visit)?))).collect()
}

/// What the network makes of a verdict, if the visit met its page, or may have.
pub(crate) fn captive_portal_assessment(visit: &Visit) -> Option<&Assessment> {
    Some(&visit.assessment)
        .filter(|assessment| assessment.reason == CAPTIVE_PORTAL_REASON || assessment.is_not_reached())
}

/// Turns the assessments of a network that shows one page for all into `unreachable`, and those of hosts like that into
/// `refused`.
pub(crate) async fn mark_catch_all_pages(visitor: &Arc<Visitor>, visits: &mut Visits, ends: Option<Instant>) {
    let mut invented = BTreeMap::new();
    if let Some((asked, fingerprint)) = find_network_suspect(visits) {
        let visit = finish_by(ends, Box::pin(visitor.visit_in_time(&asked, &BTreeSet::new(), true))).await;
        let visit = visit.unwrap_or_else(|| Visit::not_reached(Arc::new(asked.clone())));
        let is_portal = shows_a_page(&visit) && visit.body_hash == Some(fingerprint);
        if visit.assessment.is_not_reached() {
            let suspects = visits.values_mut().filter(|page| page.body_hash == Some(fingerprint) && shows_a_page(page));
            suspects.for_each(|page| page.assessment = Assessment::not_reached());
        } else if is_portal {
            for page in visits
                .values_mut()
                .filter(|page| page.body_hash == Some(fingerprint) || is_redirected_alike(page, &visit))
            {
                page.assessment = Assessment {
                    status: page.assessment.status,
                    ..Assessment::new(Verdict::Unreachable, CAPTIVE_PORTAL_REASON)
                };
            }
        }
        invented.insert(host_and_port(&asked), visit);
    }
    let suspects = find_host_suspects(visits);
    let jobs: VisitJobs = suspects
        .into_iter()
        .filter(|(host, _)| !invented.contains_key(host))
        .map(|(_, asked)| (Arc::new(asked), BTreeSet::new()))
        .collect();
    let asked = visit_all(visitor, jobs, ends).await;
    invented.extend(asked.into_iter().map(|(asked, visit)| (host_and_port(&asked), visit)));
    for (url, visit) in visits.iter_mut().filter(|(url, visit)| may_be_catch_all(url, visit)) {
        let invented = invented.get(&host_and_port(url));
        if invented.is_some_and(|invented| invented.assessment.is_not_reached()) {
            visit.assessment = Assessment::not_reached();
            continue;
        }
        let landed = invented.filter(|invented| shows_a_page(invented));
        if let Some(why) = landed.and_then(|invented| catch_all_reason(visit, invented)) {
            visit.assessment = Assessment {
                verdict: Verdict::Refused,
                reason: why.into(),
                suggestion: None,
                ..visit.assessment.clone()
            };
        } else if leads_to_front_page(url, visit) {
            // The front page is no new address of a page that was somewhere else.
            visit.assessment.suggestion = None;
            visit.assessment.reason = "it leads to the front page of the site; the page itself may be gone".into();
        }
    }
}

/// Why a page proves nothing beside what an invented address shows, if so.
fn catch_all_reason(visit: &Visit, invented: &Visit) -> Option<String> {
    if invented.assessment.redirects.is_empty() {
        let why = "the host shows the same page for every address, also for one that nobody has";
        return (visit.body_hash == invented.body_hash).then(|| why.to_owned());
    }
    let end = one_line(invented.final_url.as_str());
    is_redirected_alike(visit, invented)
        .then(|| format!("the host leads to {end}, also from an address that nobody has"))
}

/// Whether both were led to one page.
fn is_redirected_alike(visit: &Visit, invented: &Visit) -> bool {
    let led = |visit: &Visit| !visit.assessment.redirects.is_empty();
    led(visit) && led(invented) && visit.final_url == invented.final_url
}

/// A page that was shown, ordered by the hash of its beginning.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct ShownPage<'a> {
    print: BodyHash,
    host: &'a str,
    url: &'a Url,
}

/// The invented address on one of the hosts whose pages are alike, and the hash of those.
fn find_network_suspect(visits: &Visits) -> Option<(Url, BodyHash)> {
    let pages = || visits.iter().filter(|(_, visit)| shows_a_page(visit));
    if pages().count() < MIN_PAGES {
        return None;
    }
    // Most pages are like no other: one sorted list takes less memory than a list for each hash.
    let mut shown: Vec<ShownPage<'_>> = Vec::new();
    for (url, visit) in pages() {
        let host = url.host_str().unwrap_or_default();
        shown.extend(visit.body_hash.map(|print| ShownPage { print, host, url }));
    }
    shown.sort_unstable();
    let alike = shown.chunk_by(|one, next| one.print == next.print).max_by_key(|alike| count_hosts(alike))?;
    let honest = hosts_with_not_found(visits);
    if count_hosts(alike) < MIN_ALIKE || alike.iter().any(|page| honest.contains(page.host)) {
        return None;
    }
    let first = alike.first()?;
    Some((first.url.join(NONEXISTENT_PATH).ok()?, first.print))
}

fn count_hosts(alike: &[ShownPage<'_>]) -> usize {
    alike.chunk_by(|one, next| one.host == next.host).count()
}

/// Hosts that answered for an address that it is gone: they show what they have, and nobody stands in front of them.
fn hosts_with_not_found(visits: &Visits) -> BTreeSet<&str> {
    let gone = visits.iter().filter(|(_, visit)| matches!(visit.assessment.status, Some(404 | 410)));
    gone.filter_map(|(url, _)| url.host_str()).collect()
}

/// What several addresses of a host have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum SharedFeature<'a> {
    Print(BodyHash),
    End(&'a Url),
}

/// A page of a host, ordered by what it has in common with others.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct HostPage<'a> {
    authority: &'a str,
    common: SharedFeature<'a>,
    path: &'a str,
    url: &'a Url,
}

/// The invented address on each host of which several addresses are alike.
fn find_host_suspects(visits: &Visits) -> BTreeMap<String, Url> {
    let honest = hosts_with_not_found(visits);
    let mut pages: Vec<HostPage<'_>> = Vec::new();
    for (url, visit) in visits.iter().filter(|(url, visit)| may_be_catch_all(url, visit)) {
        if url.host_str().is_some_and(|host| honest.contains(host)) {
            continue;
        }
        let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let print = visit.body_hash.map(SharedFeature::Print);
        let end = (!visit.assessment.redirects.is_empty()).then_some(SharedFeature::End(&visit.final_url));
        for common in print.into_iter().chain(end) {
            pages.push(HostPage { authority, common, path: url.path(), url });
        }
    }
    pages.sort_unstable();
    let mut asked = BTreeMap::new();
    for alike in pages.chunk_by(|one, next| one.authority == next.authority && one.common == next.common) {
        let mut by_path = alike.chunk_by(|one, next| one.path == next.path);
        if by_path.clone().count() < MIN_ALIKE {
            continue;
        }
        // Of several addresses with one path the last one, which is on https where one is.
        let last = by_path.next().and_then(<[_]>::last);
        let invented = last.and_then(|page| page.url.join(NONEXISTENT_PATH).ok());
        asked.extend(invented.map(|url| (host_and_port(&url), url)));
    }
    asked
}

fn shows_a_page(visit: &Visit) -> bool {
    visit.assessment.status == Some(200) && matches!(visit.assessment.verdict, Verdict::Alive | Verdict::Moved)
}

/// A page below the front page, of which no wanted anchor was found. Those of other jobs were judged there.
fn may_be_catch_all(url: &Url, visit: &Visit) -> bool {
    !visit.from_shard && shows_a_page(visit) && visit.anchors.found.is_empty() && !is_front_page(url)
}

/// Whether a page is led to the front page of its site, or from deep inside to that of another.
fn leads_to_front_page(url: &Url, visit: &Visit) -> bool {
    let site = |url: &Url| url.host_str().map(|host| host.strip_prefix("www.").unwrap_or(host).to_owned());
    let depth = url.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty()).count();
    let led = !visit.assessment.redirects.is_empty() && is_front_page(&visit.final_url);
    led && (site(url) == site(&visit.final_url) || depth > 1)
}

fn is_front_page(url: &Url) -> bool {
    url.query().is_none() && matches!(url.path(), "" | "/" | "/index.html" | "/index.php")
}
