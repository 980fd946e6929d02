//! Every link once → a verdict.
//!
//! - `target`: what an address points at · `gitlab`: GitLab's things, asked of its API in batches
//! - `github`: GitHub's things, asked of its API where a token was given
//! - `instances`: links to several instances, each asked by a reader of its own
//! - `web`: everything else over HTTP · `pace`: how often a host is asked · `address`: which hosts at all
//! - `slack`: Slack's addresses, by their form · `fragment`, `heading`: places in HTML and in GitLab Markdown
//! - `policy`: what is not looked at, or not to be known · `memory`: what earlier runs saw · `shard`, `seen`: the work
//!   of several jobs

pub mod address;
mod fragment;
pub mod github;
mod gitlab;
mod heading;
mod instances;
pub mod local;
pub mod memory;
pub mod pace;
pub mod policy;
mod second_sight;
pub mod seen;
pub mod shard;
mod slack;
pub mod target;
mod verdict;
pub mod web;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use url::Url;

use crate::gitlab::{Purpose, Reader};
use crate::pod::document::{Link, LinkKind};
use crate::pod::observed::Blind;
use crate::pod::text::Untrusted;
use crate::pod::traffic::HostTraffic;
use crate::pod::verdict::{LabelVerdict, LinkPlace, Observation, Verdict};
use gitlab::GitlabLink;
use local::Local;
use memory::Memory;
use policy::Policy;
use seen::SeenLink;
use target::{GitlabThing, Target};
use verdict::Judged;
use web::Web;
use web::portal::{self, Face};
use web::queue::{Jobs, visit_all};
use web::visit::{Visit, Visitor};

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

/// Looks at all links of all documents, and at labels. Each resource is asked once, however often and with whatever
/// fragments it is named. Never fails: what cannot be asked has a verdict that says so.
pub async fn probe(
    documents: &[Document<'_>],
    labels: &[Labels<'_>],
    reader: &Reader,
    web: &Web,
    policy: &Policy,
) -> Probed {
    let entries = entries(documents, policy, reader.others());
    let mut things: BTreeMap<&Key, GitlabLink> = BTreeMap::new();
    let (mut hub, mut jobs) = (BTreeSet::new(), Jobs::new());
    for (key, entry) in &entries {
        match &entry.ask {
            Ask::Gitlab(thing) => drop(things.insert(key, gitlab_link(thing))),
            Ask::Web(url) if github::is_asked(web, url) => drop(hub.insert(url)),
            Ask::Web(url) => want(&mut jobs, url),
            Ask::Nobody(_) | Ask::Told { .. } => {}
        }
    }
    let recalled = policy.recall.as_ref().map(|recall| recall.recall(&mut jobs)).unwrap_or_default();
    let visitor = Arc::new(Visitor::knowing(web, recalled.known));
    let (keys, things): (Vec<&Key>, Vec<GitlabLink>) = things.into_iter().unzip();
    let (looked, mut visits, hub) = tokio::join!(
        instances::look(things, labels, reader, policy, Purpose::Handbook),
        visit_all(&visitor, jobs),
        github::look(&visitor, web, hub)
    );
    let mut jobs = Jobs::new();
    hub.pages().for_each(|url| want(&mut jobs, url));
    visits.extend(visit_all(&visitor, jobs).await);
    // A shard leaves it to the job that sees all pages to tell whether they are the network's own.
    let faces = policy.shard.filter(|_| policy.hands_on).map(|_| portal::faces(&visits)).unwrap_or_default();
    for (url, visit) in entries.values().filter_map(Entry::told_visit) {
        visits.entry(url).or_insert(visit);
    }
    portal::unmask(&visitor, &mut visits).await;
    let memory = policy.recall.as_ref().map(|recall| recall.remember(&recalled.visits, &visits));
    visits.extend(recalled.visits);
    let mut judged: BTreeMap<&Key, Judged> = keys.into_iter().zip(looked.links).collect();
    second_sight::look(&entries, &mut judged, &visitor).await;
    let verdicts: Vec<Judged> = entries
        .iter()
        .map(|(key, entry)| {
            let judged = match &entry.ask {
                Ask::Nobody(judged) => judged.clone(),
                Ask::Told { judged, page, .. } => {
                    let visit = page.as_ref().and_then(|url| visits.get(url));
                    visit.and_then(portal::masked).unwrap_or(judged).clone()
                }
                Ask::Gitlab(_) => judged.remove(key).unwrap_or_else(unseen),
                Ask::Web(url) => hub.judged(url, || policy.place(visits.get(&bare(url)), url)),
            };
            policy::as_named(entry.kind, judged)
        })
        .collect();
    drop(visits);
    let seen = entries.iter().zip(&verdicts).filter(|_| policy.hands_on);
    let seen = seen.filter_map(|((key, entry), judged)| {
        let face = match &entry.ask {
            Ask::Gitlab(_) => None,
            Ask::Web(url) => faces.get(&bare(url)).cloned(),
            Ask::Nobody(_) | Ask::Told { .. } => return None,
        };
        Some(SeenLink::new(key, entry.kind, judged, face))
    });
    let seen: Vec<SeenLink> = seen.collect();
    let judged = entries.into_iter().zip(verdicts);
    let mut observations: Vec<Observation> =
        judged.map(|((key, entry), judged)| observation(key.0, entry, judged)).collect();
    let stumbled = observations.iter().find(|seen| seen.reason == STUMBLED);
    let stumbled =
        stumbled.map(|seen| Blind::stumbled(format!("the link {}", Untrusted::new(seen.url.as_str()).line())));
    observations.sort_by(|a, b| (&a.url, &a.places).cmp(&(&b.url, &b.places)));
    let (web_requests, hosts) = (visitor.requests(), visitor.traffic());
    let blind = stumbled.or(policy.seen.as_ref().and_then(|seen| seen.blind.clone())).or(looked.blind);
    Probed { observations, labels: looked.labels, blind, web_requests, hosts, seen, memory }
}

/// The look at what the documents themselves and the files around them show: nothing is asked of anybody.
pub fn look_offline(documents: &[Document<'_>], policy: &Policy) -> Vec<Observation> {
    let entries = entries(documents, policy, &BTreeMap::new()).into_iter();
    let mut observations: Vec<Observation> = entries
        .map(|(key, mut entry)| {
            let unasked = || Judged::new(Verdict::Skipped, "nothing is asked with --offline");
            let judged = match std::mem::replace(&mut entry.ask, Ask::Nobody(unasked())) {
                Ask::Nobody(judged) | Ask::Told { judged, .. } => judged,
                Ask::Gitlab(_) | Ask::Web(_) => unasked(),
            };
            observation(key.0, entry, judged)
        })
        .collect();
    observations.sort_by(|a, b| (&a.url, &a.places).cmp(&(&b.url, &b.places)));
    observations
}

/// What tells one address from another: as it is written, and where it resolves.
type Key = (String, Option<String>);

/// An address with all its places.
struct Entry {
    kind: LinkKind,
    ask: Ask,
    places: Vec<LinkPlace>,
}

/// Who is asked.
enum Ask {
    Gitlab(Box<GitlabThing>),
    Web(Url),
    Nobody(Judged),
    /// Nobody any more: another job did, and may have visited a page.
    Told {
        judged: Judged,
        page: Option<Url>,
        face: Option<Face>,
    },
}

impl Entry {
    /// Another job's visit, as far as it is known.
    fn told_visit(&self) -> Option<(Url, Visit)> {
        let Ask::Told { judged, page: Some(url), face } = &self.ask else { return None };
        Some((url.clone(), portal::told(url, judged.status, face.as_ref())))
    }
}

fn entries(documents: &[Document<'_>], policy: &Policy, readers: &BTreeMap<String, Reader>) -> BTreeMap<Key, Entry> {
    let mut entries: Vec<(Key, Entry)> = Vec::new();
    // Most addresses say all by themselves, and are named again and again: each of those is read once.
    let mut whole: BTreeMap<&str, usize> = BTreeMap::new();
    let mut others: BTreeMap<Key, usize> = BTreeMap::new();
    for document in documents {
        for link in document.links {
            let says_all = says_all(document, &link.url);
            let known = says_all.then(|| whole.get(link.url.as_str()).copied()).flatten();
            let index = known.unwrap_or_else(|| {
                let (key, kind, ask) = understood(document, &link.url, policy, readers);
                if let Some(index) = others.get(&key) {
                    return *index;
                }
                if says_all {
                    whole.insert(&link.url, entries.len());
                }
                others.insert(key.clone(), entries.len());
                entries.push((key, Entry { kind, ask, places: Vec::new() }));
                entries.len() - 1
            });
            entries[index].1.places.push(LinkPlace {
                path: document.path.to_owned(),
                line: link.line,
                column: link.column,
                section: link.section.line(),
            });
        }
    }
    if let Some(shard) = policy.shard {
        entries.retain(|(key, entry)| shard.has(home(key, &entry.ask, policy)));
    }
    for (key, entry) in &mut entries {
        entry.places.sort();
        let page = match &entry.ask {
            Ask::Nobody(_) | Ask::Told { .. } => continue,
            Ask::Gitlab(_) => None,
            Ask::Web(url) => Some(bare(url)),
        };
        if let Some((judged, face)) = policy.seen.as_ref().and_then(|seen| seen.of(key, entry.kind)) {
            entry.ask = Ask::Told { judged, page, face };
        }
    }
    entries.into_iter().collect()
}

/// By what an address falls to a shard: the host that is asked, or itself where nobody is.
fn home<'a>(key: &'a Key, ask: &'a Ask, policy: &'a Policy) -> &'a str {
    match ask {
        Ask::Gitlab(thing) if target::is_on(&thing.url, &policy.gitlab_host) => &policy.gitlab_host,
        Ask::Gitlab(thing) => thing.url.host_str().unwrap_or_default(),
        Ask::Web(url) => url.host_str().unwrap_or_default(),
        Ask::Nobody(_) | Ask::Told { .. } => &key.0,
    }
}

/// Whether an address means the same in every document.
fn says_all(document: &Document<'_>, address: &str) -> bool {
    let site = document.local.is_some_and(|(local, _)| local.is_site());
    !site && (address.starts_with("https://") || address.starts_with("http://"))
}

/// What tells an address of a document from others, what it is, and who is asked.
fn understood(
    document: &Document<'_>,
    address: &str,
    policy: &Policy,
    readers: &BTreeMap<String, Reader>,
) -> (Key, LinkKind, Ask) {
    let target = instances::read(address, policy, readers);
    let kind = target.kind();
    if let Some(found) = among_files(document, &target, address) {
        let key = (address.to_owned(), Some(found.to));
        return (key, kind, asked(address, policy, || Ask::Nobody(found.judged)));
    }
    let resolved = match &target {
        Target::SitePath(path) => document.site.and_then(|site| site.join(path).ok()),
        _ => None,
    };
    let key = (address.to_owned(), resolved.as_ref().map(Url::to_string));
    let target = resolved.map_or(target, |url| instances::read(url.as_str(), policy, readers));
    (key, kind, asked(address, policy, || ask(target, address)))
}

/// Where a link without a host leads among the files around its document, if these are looked at.
fn among_files(document: &Document<'_>, target: &Target, address: &str) -> Option<local::Found> {
    let (local, path) = document.local?;
    match target {
        // A site has an address of its own, and its files were not given.
        Target::SitePath(_) if document.site.is_some() && !local.is_site() => None,
        Target::SamePage | Target::SitePath(_) | Target::FilePath | Target::Unfilled => Some(local.look(path, address)),
        Target::Handbook(url) | Target::Docs(url) | Target::Web(url) => {
            // The site's own pages by their whole addresses.
            let own = document.site.filter(|site| local.is_site() && site.origin() == url.origin())?;
            let fragment = url.fragment().map(|place| format!("#{place}")).unwrap_or_default();
            let below = url.path().strip_prefix(own.path().trim_end_matches('/'))?;
            Some(local.look(path, &format!("{below}{fragment}")))
        }
        _ => None,
    }
}

/// Nobody about what is not to be looked at.
fn asked(address: &str, policy: &Policy, otherwise: impl FnOnce() -> Ask) -> Ask {
    match policy.skipped(address) {
        Some(reason) => Ask::Nobody(Judged::new(Verdict::Skipped, reason)),
        None => otherwise(),
    }
}

/// Who is asked about an address, or the verdict that needs nobody.
fn ask(target: Target, address: &str) -> Ask {
    let nobody = |verdict, reason: &str| Ask::Nobody(Judged::new(verdict, reason));
    match target {
        Target::Gitlab(thing) => Ask::Gitlab(Box::new(thing)),
        Target::Docs(url) | Target::Handbook(url) | Target::Web(url) | Target::Video { youtube: None, url } => {
            Ask::Web(url)
        }
        // The page answers 200 for removed videos too; the picture does not (fact sheet on links, section 5.3).
        Target::Video { youtube: Some(id), url } => {
            Url::parse(&format!("https://img.youtube.com/vi/{id}/0.jpg")).map_or(Ask::Web(url), Ask::Web)
        }
        Target::Slack => nobody(Verdict::Login, &slack::told(address)),
        Target::Mail(address) => match policy::mail_problem(&address) {
            None => nobody(Verdict::Alive, ""),
            Some(problem) => nobody(Verdict::Dead, problem),
        },
        Target::SamePage => nobody(Verdict::FragmentUnverifiable, "a place on the same page, which is not built here"),
        Target::SitePath(_) => nobody(Verdict::Skipped, "no site is configured that root-relative links belong to"),
        Target::FilePath => nobody(Verdict::Skipped, "links relative to a document are not looked at"),
        Target::Unvisitable => nobody(Verdict::Blocked, "only http and https are visited"),
        Target::Unfilled => nobody(Verdict::Skipped, "it has no address until the site is built"),
    }
}

fn gitlab_link(thing: &GitlabThing) -> GitlabLink {
    let fragment = fragment::wanted(thing.url.fragment()).unwrap_or_default();
    GitlabLink { thing: thing.clone(), fragment }
}

/// Has a page visited, and the place looked for that an address names on it.
fn want(jobs: &mut Jobs, url: &Url) {
    let places = jobs.entry(bare(url)).or_default();
    places.extend(fragment::wanted(url.fragment()).into_iter().chain(fragment::as_written(url.fragment())));
}

fn bare(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    url
}

/// Why there is no verdict where a visit panicked.
const STUMBLED: &str = "podkeeper stumbled over it, which is a fault of its own";

/// A visit that was begun and never ended.
fn unseen() -> Judged {
    Judged::new(Verdict::Unreachable, STUMBLED)
}

fn observation(url: String, entry: Entry, judged: Judged) -> Observation {
    Observation {
        status: judged.status,
        redirects: judged.redirects,
        suggestion: judged.suggestion,
        deprecated: judged.deprecated,
        places: entry.places,
        ..Observation::new(url, entry.kind, judged.verdict, judged.reason)
    }
}
