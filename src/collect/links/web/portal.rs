//! A network that answers every address alike: a captive portal, a filter (threat sheet, F28).
//!
//! Where pages of three hosts look the same, one more address is asked that nobody can have: if it is
//! "there" too and looks like them, nothing that was seen proves anything.
//!
//! One shard of a look sees few hosts, so it hands on how its pages look, and the job that puts all together judges.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use url::Url;

use super::body::Print;
use super::visit::{Visit, Visitor};
use crate::collect::links::verdict::Judged;
use crate::pod::verdict::Verdict;

/// Fewer pages than this are not judged.
const ENOUGH_PAGES: usize = 5;
/// So many hosts must look alike.
const ENOUGH_HOSTS: usize = 3;
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
    Visit { print: face.and_then(Face::print), ..Visit::bare(judged, url.clone()) }
}

/// How the pages of a look looked.
pub(in crate::collect::links) fn faces(visits: &BTreeMap<Url, Visit>) -> BTreeMap<Url, Face> {
    visits.iter().filter_map(|(url, visit)| Some((url.clone(), Face::of(visit)?))).collect()
}

/// What the network makes of a verdict, if the visit met its page.
pub(in crate::collect::links) fn masked(visit: &Visit) -> Option<&Judged> {
    Some(&visit.judged).filter(|judged| judged.reason == MASKED)
}

/// Turns the verdicts of a look that saw only such a network into "not seen".
pub(in crate::collect::links) async fn unmask(visitor: &Visitor, visits: &mut BTreeMap<Url, Visit>) {
    let Some((host, face)) = alike(visits) else { return };
    let invented = visitor.visit(&host, &BTreeSet::new()).await;
    if !shows_a_page(&invented) || invented.print != Some(face) {
        return;
    }
    for visit in visits.values_mut().filter(|visit| visit.print.is_some()) {
        visit.judged = Judged { status: visit.judged.status, ..Judged::new(Verdict::Unreachable, MASKED) };
    }
}

/// The invented address on one of the hosts that look alike, and how they look.
fn alike(visits: &BTreeMap<Url, Visit>) -> Option<(Url, Print)> {
    let pages = || visits.iter().filter(|(_, visit)| shows_a_page(visit));
    if pages().count() < ENOUGH_PAGES {
        return None;
    }
    let mut faces: BTreeMap<Print, BTreeMap<String, &Url>> = BTreeMap::new();
    for (url, visit) in pages() {
        if let Some(print) = visit.print {
            let host = url.host_str().unwrap_or_default().to_owned();
            faces.entry(print).or_default().entry(host).or_insert(url);
        }
    }
    let (face, hosts) = faces.into_iter().max_by_key(|(_, hosts)| hosts.len())?;
    // A host that says of an address that it is gone shows what it has; nobody stands in front of it.
    let told = visits.iter().filter(|(_, visit)| matches!(visit.judged.status, Some(404 | 410)));
    let telling: BTreeSet<&str> = told.filter_map(|(url, _)| url.host_str()).collect();
    if hosts.keys().any(|host| telling.contains(host.as_str())) {
        return None;
    }
    let (_, url) = hosts.first_key_value().filter(|_| hosts.len() >= ENOUGH_HOSTS)?;
    url.join(INVENTED).ok().map(|url| (url, face))
}

fn shows_a_page(visit: &Visit) -> bool {
    visit.judged.status == Some(200) && matches!(visit.judged.verdict, Verdict::Alive | Verdict::Moved)
}
