//! Pages that prove nothing: a network that answers every address alike (a captive portal, a filter: threat sheet, F28),
//! and a host that does (fact sheet on links, section 5.6).
//!
//! Where pages of three hosts look the same, or where three addresses of one host look the same or are led to one
//! page, one more address is asked that nobody can have: one for all hosts, and at most one of a host. If it is "there"
//! too, nothing that looks like it or was led where it was led proves anything.
//!
//! A network that does so is a silence: `unreachable`, which later looks at the same links will clear. A host that
//! does so will do so for ever: an application that is drawn by scripts, a consent page, a front page in place of a
//! 404. It did not say that the thing is gone, so that is not `dead`, nor may it become rot by lasting, as
//! `unreachable` would; it does not tell programs what is there, which is `refused`. A host that says of any address
//! that it is gone (404, 410) is not asked. What was asked for with a place, and has that place, proved itself. The
//! front page of a host is there whatever its other pages look like.
//!
//! One shard of a look sees few hosts, so it hands on how its pages look, and the job that puts all together judges the
//! network; hosts are judged by the shard that asked them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

use super::body::Print;
use super::queue::{Jobs, Visits, visit_all};
use super::visit::{Visit, Visitor, host};
use crate::collect::links::verdict::Judged;
use crate::pod::text::Untrusted;
use crate::pod::verdict::Verdict;

/// Fewer pages than this are not judged for a network.
const ENOUGH_PAGES: usize = 5;
/// So many hosts, or addresses of one host, must be alike.
const ENOUGH: usize = 3;
/// No page has this address.
const INVENTED: &str = "/podkeeper-asks-for-a-page-that-nobody-has";

const MASKED: &str = "every address answers alike: this network shows a page of its own";

/// How a page looked, for a job that sees those of all shards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::collect::links) struct Face {
    /// Its print, in hexadecimal digits.
    print: String,
    /// Whether it was taken for the page that was asked for.
    page: bool,
}

impl Face {
    /// How the page of a visit looked, if it showed one.
    pub(in crate::collect::links) fn of(visit: &Visit) -> Option<Self> {
        let digits =
            |byte: &u8| [byte >> 4, byte & 15].map(|half| char::from_digit(half.into(), 16).unwrap_or_default());
        let print = visit.print?.iter().flat_map(digits).collect();
        Some(Self { print, page: shows_a_page(visit) })
    }

    fn print(&self) -> Option<Print> {
        let byte = |at: usize| u8::from_str_radix(self.print.get(2 * at..2 * at + 2)?, 16).ok();
        let mut print = Print::default();
        for (at, part) in print.iter_mut().enumerate() {
            *part = byte(at)?;
        }
        Some(print)
    }
}

/// A visit that another job made, of which no more is known than its status and how the page looked.
pub(in crate::collect::links) fn told(url: &Url, status: Option<u16>, face: Option<&Face>) -> Visit {
    let verdict = if face.is_some_and(|face| face.page) { Verdict::Alive } else { Verdict::Login };
    let judged = Judged { status, ..Judged::new(verdict, "") };
    Visit { print: face.and_then(Face::print), told: true, ..Visit::bare(judged, url.clone()) }
}

/// How the pages of a look looked.
pub(in crate::collect::links) fn faces(visits: &Visits) -> BTreeMap<Arc<Url>, Face> {
    visits.iter().filter_map(|(url, visit)| Some((Arc::clone(url), Face::of(visit)?))).collect()
}

/// What the network makes of a verdict, if the visit met its page.
pub(in crate::collect::links) fn masked(visit: &Visit) -> Option<&Judged> {
    Some(&visit.judged).filter(|judged| judged.reason == MASKED)
}

/// Turns the verdicts of a look that saw only such a network into "not seen", and those of hosts like that into "not told".
pub(in crate::collect::links) async fn unmask(visitor: &Arc<Visitor>, visits: &mut Visits) {
    let mut invented = BTreeMap::new();
    if let Some((asked, face)) = alike_across_hosts(visits) {
        let visit = visitor.visit(&asked, &BTreeSet::new(), true).await;
        if shows_a_page(&visit) && visit.print == Some(face) {
            for met in visits.values_mut().filter(|met| met.print == Some(face) || led_along(met, &visit)) {
                met.judged = Judged { status: met.judged.status, ..Judged::new(Verdict::Unreachable, MASKED) };
            }
        }
        invented.insert(host(&asked), visit);
    }
    let suspects = alike_on_a_host(visits);
    let jobs: Jobs = suspects
        .into_iter()
        .filter(|(host, _)| !invented.contains_key(host))
        .map(|(_, asked)| (Arc::new(asked), BTreeSet::new()))
        .collect();
    let asked = visit_all(visitor, jobs).await;
    invented.extend(asked.into_iter().map(|(asked, visit)| (host(&asked), visit)));
    for (url, visit) in visits.iter_mut().filter(|(url, visit)| proves_nothing_alone(url, visit)) {
        let landed = invented.get(&host(url)).filter(|invented| shows_a_page(invented));
        if let Some(why) = landed.and_then(|invented| mask(visit, invented)) {
            visit.judged =
                Judged { verdict: Verdict::Refused, reason: why.into(), suggestion: None, ..visit.judged.clone() };
        } else if leads_to_front_page(url, visit) {
            // The front page is no new address of a page that was somewhere else.
            visit.judged.suggestion = None;
            visit.judged.reason = "it leads to the front page of the site; the page itself may be gone".into();
        }
    }
}

/// Why a page proves nothing beside what an invented address shows, if so.
fn mask(visit: &Visit, invented: &Visit) -> Option<String> {
    if invented.judged.redirects.is_empty() {
        let why = "the host shows the same page for every address, also for one that nobody has";
        return (visit.print == invented.print).then(|| why.to_owned());
    }
    let end = Untrusted::new(invented.end.as_str()).line();
    led_along(visit, invented).then(|| format!("the host leads to {end}, also from an address that nobody has"))
}

/// Whether both were led to one page.
fn led_along(visit: &Visit, invented: &Visit) -> bool {
    let led = |visit: &Visit| !visit.judged.redirects.is_empty();
    led(visit) && led(invented) && visit.end == invented.end
}

/// The invented address on one of the hosts that look alike, and how they look.
fn alike_across_hosts<'a>(visits: &'a Visits) -> Option<(Url, Print)> {
    let pages = || visits.iter().filter(|(_, visit)| shows_a_page(visit));
    if pages().count() < ENOUGH_PAGES {
        return None;
    }
    // Most pages look like no other: a list of them takes less than a list for each look.
    let look = |(url, visit): (&'a Arc<Url>, &'a Visit)| Some((visit.print?, url.host_str().unwrap_or_default(), url));
    let mut looks: Vec<(Print, &str, &Arc<Url>)> = pages().filter_map(look).collect();
    looks.sort_unstable();
    let hosts =
        |alike: &[(Print, &'a str, &'a Arc<Url>)]| alike.chunk_by(|(_, one, _), (_, next, _)| one == next).count();
    let alike = looks.chunk_by(|(one, ..), (next, ..)| one == next).max_by_key(|alike| hosts(alike))?;
    let telling = telling(visits);
    if alike.iter().any(|(_, host, _)| telling.contains(host)) {
        return None;
    }
    let (face, _, url) = alike.first().filter(|_| hosts(alike) >= ENOUGH)?;
    url.join(INVENTED).ok().map(|url| (url, *face))
}

/// Hosts that said of an address that it is gone: they show what they have, and nobody stands in front of them.
fn telling(visits: &Visits) -> BTreeSet<&str> {
    let told = visits.iter().filter(|(_, visit)| matches!(visit.judged.status, Some(404 | 410)));
    told.filter_map(|(url, _)| url.host_str()).collect()
}

/// What several addresses of a host have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Common<'a> {
    Look(&'a str, Print),
    End(&'a str, &'a Url),
}

/// A page with its path, by what it has in common with others.
type Page<'a> = (Common<'a>, &'a str, &'a Url);

fn by_path<'p, 'a>(pages: &'p [Page<'a>]) -> impl Iterator<Item = &'p [Page<'a>]> {
    pages.chunk_by(|(_, one, _), (_, next, _)| one == next)
}

/// The invented address on each host of which several addresses are alike.
fn alike_on_a_host(visits: &Visits) -> BTreeMap<String, Url> {
    let telling = telling(visits);
    let mut pages: Vec<Page<'_>> = Vec::new();
    let unproved = visits.iter().filter(|(url, visit)| proves_nothing_alone(url, visit));
    for (url, visit) in unproved.filter(|(url, _)| url.host_str().is_none_or(|host| !telling.contains(host))) {
        let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let end = (!visit.judged.redirects.is_empty()).then_some(Common::End(authority, &visit.end));
        for common in visit.print.map(|print| Common::Look(authority, print)).into_iter().chain(end) {
            pages.push((common, url.path(), url));
        }
    }
    pages.sort_unstable();
    let alike = pages.chunk_by(|(one, ..), (next, ..)| one == next);
    let suspects = alike.filter(|pages| by_path(pages).count() >= ENOUGH);
    // Of several addresses with one path the last one, which is on https where one is.
    let asked = suspects.filter_map(|pages| by_path(pages).next()?.last()?.2.join(INVENTED).ok());
    asked.map(|asked| (host(&asked), asked)).collect()
}

fn shows_a_page(visit: &Visit) -> bool {
    visit.judged.status == Some(200) && matches!(visit.judged.verdict, Verdict::Alive | Verdict::Moved)
}

/// A page below the front page, of which no wanted place was found. Those of other jobs were judged there.
fn proves_nothing_alone(url: &Url, visit: &Visit) -> bool {
    !visit.told && shows_a_page(visit) && visit.places.found.is_empty() && !is_front_page(url)
}

/// Whether a page is led to the front page of its site, or from deep inside to that of another.
fn leads_to_front_page(url: &Url, visit: &Visit) -> bool {
    let site = |url: &Url| url.host_str().map(|host| host.strip_prefix("www.").unwrap_or(host).to_owned());
    let depth = url.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty()).count();
    let led = !visit.judged.redirects.is_empty() && is_front_page(&visit.end);
    led && (site(url) == site(&visit.end) || depth > 1)
}

fn is_front_page(url: &Url) -> bool {
    url.query().is_none() && matches!(url.path(), "" | "/" | "/index.html" | "/index.php")
}
