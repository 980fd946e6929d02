//! Every link once → a verdict.
//!
//! - `asked`: which addresses there are, and who is asked · `target`: what an address points at
//! - `gitlab`: GitLab's things, asked of its API in batches
//! - `github`: GitHub's things, asked of its API where a token was given
//! - `instances`: links to several instances, each asked by a reader of its own
//! - `web`: everything else over HTTP · `pace`: how often a host is asked · `address`: which hosts at all
//! - `slack`: Slack's addresses, by their form · `fragment`, `heading`: places in HTML and in GitLab Markdown
//! - `progress`: how far the visits are
//! - `policy`: what is not looked at, or not to be known · `memory`: what earlier runs saw · `shard`, `seen`: the work
//!   of several jobs

pub mod address;
mod asked;
mod fragment;
pub mod github;
mod gitlab;
mod heading;
mod instances;
pub mod local;
pub mod memory;
pub mod pace;
pub mod policy;
pub mod progress;
mod second_sight;
pub mod seen;
pub mod shard;
mod slack;
pub mod target;
mod verdict;
pub mod web;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use url::Url;

use crate::gitlab::{Purpose, Reader};
use crate::pod::document::{Link, LinkKind};
use crate::pod::observed::Blind;
use crate::pod::text::Untrusted;
use crate::pod::traffic::HostTraffic;
use crate::pod::verdict::{LabelVerdict, LinkPlace, Observation, Verdict};
use asked::{Ask, Asking, Entry, Key, entries};
use gitlab::GitlabLink;
pub(in crate::collect) use heading::Headings;
use local::Local;
use memory::Memory;
use policy::Policy;
use seen::SeenLink;
use target::GitlabThing;
use verdict::Judged;
use web::Web;
use web::portal::{self, Face};
use web::queue::{Jobs, visit_all};
use web::visit::Visitor;

/// The most redirects that are followed one after the other, of the web and of a site alike: reqwest and lychee
/// follow 10, browsers 20, and a page that is meant to be found needs fewer.
const MOST_HOPS: usize = 10;

/// A document and its links.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    /// Its path, as places name it.
    pub path: &'a str,
    /// Its links.
    pub links: &'a [Link],
    /// Where its root-relative links resolve.
    pub site: Option<&'a Url>,
    /// The files around it, with its own path among them, where links without a host are looked at.
    pub local: Option<(&'a Local, &'a str)>,
}

/// Labels that are looked up by their exact names.
#[derive(Debug, Clone)]
pub struct Labels<'a> {
    /// Their names.
    pub names: BTreeSet<String>,
    /// The groups that are looked in.
    pub groups: &'a [String],
}

/// What a look at links and labels came to.
#[derive(Debug, Clone, Default)]
pub struct Probed {
    /// One for each address, sorted by it, each with all its places.
    pub observations: Vec<Observation>,
    /// The verdicts of each set of labels, in the order of the sets. A label that is found under the name of a
    /// retired one is told as such.
    pub labels: Vec<BTreeMap<String, LabelVerdict>>,
    /// Why GitLab's API could not be asked for some of them, if so: their verdict is `unreachable`.
    pub blind: Option<Blind>,
    /// Requests sent to the web; those to GitLab's API are in the reader's counts.
    pub web_requests: u64,
    /// What each host of the web was asked, by name.
    pub hosts: Vec<HostTraffic>,
    /// What was asked and seen, where that is handed on to a job that puts the looks of several together.
    pub seen: Vec<SeenLink>,
    /// What to remember of the web, where that is kept.
    pub memory: Option<Memory>,
}

/// The links of documents: each address once, with everywhere it stands.
pub struct Gathered(Vec<(Key, Entry)>);

/// Gathers the links of all documents, which may go when that is done.
pub fn gather(documents: &[Document<'_>], reader: &Reader, policy: &Policy) -> Gathered {
    Gathered(entries(documents, policy, reader.others(), Asking::All))
}

/// Gathers the links of all documents, and looks.
pub async fn probe(
    documents: &[Document<'_>],
    labels: &[Labels<'_>],
    reader: &Reader,
    web: &Web,
    policy: &Policy,
) -> Probed {
    look(gather(documents, reader, policy), labels, reader, web, policy).await
}

/// Looks at all links, and at labels. Each resource is asked once, however often and with whatever fragments it is
/// named. Never fails: what cannot be asked has a verdict that says so.
pub async fn look(
    Gathered(entries): Gathered,
    labels: &[Labels<'_>],
    reader: &Reader,
    web: &Web,
    policy: &Policy,
) -> Probed {
    let mut things: Vec<(usize, GitlabLink)> = Vec::new();
    let (mut hub, mut jobs) = (BTreeSet::new(), Jobs::new());
    for (at, (_, entry)) in entries.iter().enumerate() {
        match &entry.ask {
            Ask::Gitlab(thing) => things.push((at, gitlab_link(thing))),
            Ask::Web(url) if github::is_asked(web, url) => drop(hub.insert(url.as_ref())),
            Ask::Web(url) => want(&mut jobs, url),
            Ask::Nobody(_) | Ask::Told(_) | Ask::Unasked => {}
        }
    }
    let recalled = policy.recall.as_ref().map(|recall| recall.recall(&mut jobs));
    let (recalled, known) = recalled.map_or_else(Default::default, |recalled| (recalled.visits, Some(recalled.known)));
    let visitor = Arc::new(Visitor::knowing(web, known));
    let (asked, things): (Vec<usize>, Vec<GitlabLink>) = things.into_iter().unzip();
    let (looked, mut visits, hub) = tokio::join!(
        instances::look(things, labels, reader, policy, Purpose::Handbook),
        visit_all(&visitor, jobs),
        github::look(&visitor, web, hub)
    );
    let mut jobs = Jobs::new();
    hub.pages().for_each(|url| want(&mut jobs, &Arc::new(url.clone())));
    visits.extend(visit_all(&visitor, jobs).await);
    // A shard leaves it to the job that sees all pages to tell whether they are the network's own.
    let faces = policy.shard.filter(|_| policy.hands_on).map(|_| portal::faces(&visits)).unwrap_or_default();
    for (url, visit) in entries.iter().filter_map(|(_, entry)| entry.told_visit()) {
        visits.entry(Arc::new(url)).or_insert(visit);
    }
    portal::unmask(&visitor, &mut visits).await;
    let memory = policy.recall.as_ref().map(|recall| recall.remember(&recalled, &visits));
    visits.extend(recalled);
    let ours: Vec<usize> = asked.iter().zip(&looked.ours).filter(|(_, ours)| **ours).map(|(at, _)| *at).collect();
    let mut judged: BTreeMap<usize, Judged> = asked.into_iter().zip(looked.links).collect();
    second_sight::look(&entries, &mut judged, &visitor).await;
    follow(&entries, &ours, &mut judged, reader).await;
    let (mut seen, mut observations) = (Vec::new(), Vec::with_capacity(entries.len()));
    // One by one, so that of a hundred thousand not everything is held twice.
    for (at, (key, entry)) in entries.into_iter().enumerate() {
        let judged = match &entry.ask {
            Ask::Nobody(judged) => Judged::clone(judged),
            Ask::Told(told) => {
                let visit = told.page.as_ref().and_then(|url| visits.get(url));
                visit.and_then(portal::masked).unwrap_or(&told.judged).clone()
            }
            Ask::Gitlab(_) => judged.remove(&at).unwrap_or_else(unseen),
            Ask::Web(url) => hub.judged(url, || policy.place(visits.get(&*bare(url)), url)),
            Ask::Unasked => unasked(),
        };
        let judged = policy::as_named(entry.kind, judged);
        if policy.hands_on {
            seen.extend(handed_on(&key, &entry, &judged, &faces));
        }
        observations.push(observation(key.0, entry.kind, entry.places, judged));
    }
    drop(visits);
    by_place(&mut observations);
    let stumbled = observations.iter().find(|seen| seen.reason == STUMBLED);
    let stumbled =
        stumbled.map(|seen| Blind::stumbled(format!("the link {}", Untrusted::new(seen.url.as_str()).line())));
    let (web_requests, hosts) = (visitor.requests(), visitor.traffic());
    let blind = stumbled.or(policy.seen.as_ref().and_then(|seen| seen.blind.clone())).or(looked.blind);
    Probed { observations, labels: looked.labels, blind, web_requests, hosts, seen, memory }
}

/// The look at what the documents themselves and the files around them show: nothing is asked of anybody.
pub fn look_offline(documents: &[Document<'_>], policy: &Policy) -> Vec<Observation> {
    let entries = entries(documents, policy, &BTreeMap::new(), Asking::Nobody).into_iter();
    let mut observations: Vec<Observation> = entries
        .map(|(key, entry)| {
            let judged = match entry.ask {
                Ask::Nobody(judged) => *judged,
                Ask::Told(told) => told.judged,
                Ask::Gitlab(_) | Ask::Web(_) | Ask::Unasked => unasked(),
            };
            observation(key.0, entry.kind, entry.places, judged)
        })
        .collect();
    by_place(&mut observations);
    observations
}

/// Looks for renamed projects under their new paths, where neither the API nor the web has told of them: `ours` are the
/// places of links whose projects the token would see.
async fn follow(entries: &[(Key, Entry)], ours: &[usize], judged: &mut BTreeMap<usize, Judged>, reader: &Reader) {
    let hidden = |at: &usize| judged.get(at).is_some_and(|judged| judged.verdict == Verdict::Hidden);
    let hidden = ours.iter().copied().filter(hidden).filter_map(|at| match &entries.get(at)?.1.ask {
        Ask::Gitlab(thing) => Some((at, gitlab_link(thing))),
        _ => None,
    });
    let (places, links): (Vec<usize>, Vec<GitlabLink>) = hidden.unzip();
    if links.is_empty() {
        return;
    }
    let found = gitlab::follow(&links, reader, Purpose::Handbook).await;
    judged.extend(places.into_iter().zip(found).filter_map(|(at, found)| Some((at, found?))));
}

/// Brings observations into their order: they come in that of their addresses, and the same one may lead to several
/// things.
fn by_place(observations: &mut [Observation]) {
    for same in observations.chunk_by_mut(|one, next| one.url == next.url) {
        same.sort_by(|a, b| a.places.cmp(&b.places));
    }
}

/// What a job hands on of a link that somebody was asked about.
fn handed_on(key: &Key, entry: &Entry, judged: &Judged, faces: &BTreeMap<Arc<Url>, Face>) -> Option<SeenLink> {
    let face = match &entry.ask {
        Ask::Gitlab(_) => None,
        Ask::Web(url) => faces.get(&*bare(url)).cloned(),
        Ask::Nobody(_) | Ask::Told(_) | Ask::Unasked => return None,
    };
    Some(SeenLink::new(key, entry.kind, judged, face))
}

fn gitlab_link(thing: &GitlabThing) -> GitlabLink {
    let fragment = fragment::wanted(thing.url.fragment()).unwrap_or_default();
    GitlabLink { thing: thing.clone(), fragment }
}

/// Has a page visited, and the place looked for that an address names on it.
fn want(jobs: &mut Jobs, url: &Arc<Url>) {
    let page = match bare(url) {
        Cow::Borrowed(_) => Arc::clone(url),
        Cow::Owned(page) => Arc::new(page),
    };
    let places = jobs.entry(page).or_default();
    places.extend(fragment::written(url.fragment()).map(str::to_owned));
}

/// The page that an address names a place on.
fn bare(url: &Url) -> Cow<'_, Url> {
    if url.fragment().is_none() {
        return Cow::Borrowed(url);
    }
    let mut page = url.clone();
    page.set_fragment(None);
    Cow::Owned(page)
}

fn unasked() -> Judged {
    Judged::new(Verdict::Skipped, "nothing is asked with --offline")
}

/// Why there is no verdict where a visit panicked.
const STUMBLED: &str = "podkeeper stumbled over it, which is a fault of its own";

/// A visit that was begun and never ended.
fn unseen() -> Judged {
    Judged::new(Verdict::Unreachable, STUMBLED)
}

fn observation(url: String, kind: LinkKind, places: Vec<LinkPlace>, judged: Judged) -> Observation {
    Observation {
        status: judged.status,
        redirects: judged.redirects,
        suggestion: judged.suggestion,
        deprecated: judged.deprecated,
        places,
        ..Observation::new(url, kind, judged.verdict, judged.reason)
    }
}
