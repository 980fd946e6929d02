//! Which addresses documents hold, and who is asked about each.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::BuildHasher as _;
use std::ptr;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use url::Url;

use super::local::{self, Local};
use super::policy::{self, Policy};
use super::target::{self, GitlabThing, Target};
use super::verdict::Judged;
use super::web::portal::{self, Face};
use super::web::visit::Visit;
use super::{Document, bare, instances, slack};
use crate::collect::cores;
use crate::gitlab::Reader;
use crate::pod::document::LinkKind;
use crate::pod::verdict::{LinkPlace, Verdict};

/// What tells one address from another: as it is written, and where it resolves.
pub(super) type Key = (String, Option<String>);

/// An address with all its places.
pub(super) struct Entry {
    pub(super) kind: LinkKind,
    pub(super) ask: Ask,
    pub(super) places: Vec<LinkPlace>,
}

/// Who is asked.
pub(super) enum Ask {
    Gitlab(Box<GitlabThing>),
    Web(Arc<Url>),
    Nobody(Box<Judged>),
    /// Nobody any more: another job did.
    Told(Box<Told>),
    /// Somebody would be, if anybody were.
    Unasked,
}

/// What another job saw; it may have visited a page.
pub(super) struct Told {
    pub(super) judged: Judged,
    pub(super) page: Option<Url>,
    face: Option<Face>,
}

impl Ask {
    fn nobody(verdict: Verdict, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Nobody(Box::new(Judged::new(verdict, reason)))
    }

    /// The same where perhaps nobody is asked: what would be asked for is not needed then.
    fn within(self, asking: Asking) -> Self {
        match self {
            Self::Gitlab(_) | Self::Web(_) if asking == Asking::Nobody => Self::Unasked,
            ask => ask,
        }
    }
}

impl Entry {
    /// Another job's visit, as far as it is known.
    pub(super) fn told_visit(&self) -> Option<(Url, Visit)> {
        let Ask::Told(told) = &self.ask else { return None };
        let url = told.page.as_ref()?;
        Some((url.clone(), portal::told(url, told.judged.status, told.face.as_ref())))
    }
}

/// Whether somebody can be asked about addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    /// Whoever knows of an address.
    All,
    /// Nobody: with `--offline`.
    Nobody,
}

/// All addresses of all documents: each once, in order, with everywhere it stands.
pub(super) fn entries(
    documents: &[Document<'_>],
    policy: &Policy,
    readers: &BTreeMap<String, Reader>,
    asking: Asking,
) -> Vec<(Key, Entry)> {
    let parts = cores::parts(documents);
    let mut found = joined(cores::side_by_side(&parts, |part| of_part(part, policy, readers, asking)));
    if let Some(shard) = policy.shard {
        found.retain(|(key, entry)| shard.has(&home(key, &entry.ask, policy)));
    }
    for (key, entry) in &mut found {
        entry.places.sort();
        let Some(seen) = &policy.seen else { continue };
        let page = match &entry.ask {
            Ask::Nobody(_) | Ask::Told(_) | Ask::Unasked => continue,
            Ask::Gitlab(_) => None,
            Ask::Web(url) => Some(bare(url).into_owned()),
        };
        if let Some((judged, face)) = seen.of(key, entry.kind) {
            entry.ask = Ask::Told(Box::new(Told { judged, page, face }));
        }
    }
    found
}

/// The addresses of some documents, each once and in order.
fn of_part(
    documents: &[Document<'_>],
    policy: &Policy,
    readers: &BTreeMap<String, Reader>,
    asking: Asking,
) -> Vec<(Key, Entry)> {
    let hasher = DefaultHashBuilder::default();
    let mut entries: Vec<(Key, Entry)> = Vec::new();
    // Where among them an address is. They are looked up by the thousand and never walked through.
    let mut keys: HashTable<usize> = HashTable::new();
    // Most addresses say all by themselves, and are named again and again: each of those is read once.
    let mut whole: HashMap<(usize, &str), usize> = HashMap::new();
    for document in documents {
        let path: Arc<str> = Arc::from(document.path);
        let mut section: (&str, Arc<str>) = ("", Arc::from(""));
        for link in document.links {
            let meant = meant_alike(document, &link.url).map(|among| (among, link.url.as_str()));
            let known = meant.and_then(|meant| whole.get(&meant).copied());
            let index = known.unwrap_or_else(|| {
                let (key, kind, ask) = understood(document, &link.url, policy, readers);
                let (same, hash) = (|at: &usize| entries[*at].0 == key, |at: &usize| hasher.hash_one(&entries[*at].0));
                let index = *keys.entry(hasher.hash_one(&key), same, hash).or_insert(entries.len()).get();
                if index == entries.len() {
                    // A shard goes by who would be asked.
                    let ask = if policy.shard.is_some() { ask } else { ask.within(asking) };
                    entries.push((key, Entry { kind, ask, places: Vec::with_capacity(1) }));
                }
                whole.extend(meant.map(|meant| (meant, index)));
                index
            });
            if section.0 != link.section.raw() {
                section = (link.section.raw(), Arc::from(link.section.line()));
            }
            let (path, section) = (Arc::clone(&path), Arc::clone(&section.1));
            entries[index].1.places.push(LinkPlace { path, line: link.line, column: link.column, section });
        }
    }
    entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    entries
}

/// The same address in several parts is one. The sort finds that they are sorted each, and only merges them.
fn joined(parts: Vec<Vec<(Key, Entry)>>) -> Vec<(Key, Entry)> {
    let mut all = Vec::with_capacity(parts.iter().map(Vec::len).sum());
    for part in parts {
        all.extend(part);
    }
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    all.dedup_by(|(key, entry), (before, first)| {
        let same = key == before;
        if same {
            first.places.append(&mut entry.places);
        }
        same
    });
    all
}

/// By what an address falls to a shard: the host that is asked, with its port where it has one of its own, or itself
/// where nobody is.
fn home<'a>(key: &'a Key, ask: &'a Ask, policy: &'a Policy) -> Cow<'a, str> {
    match ask {
        Ask::Gitlab(thing) if target::is_on(&thing.url, &policy.gitlab_host) => Cow::Borrowed(&policy.gitlab_host),
        Ask::Gitlab(thing) => Cow::Owned(target::host_of(&thing.url)),
        Ask::Web(url) => Cow::Owned(target::host_of(url)),
        Ask::Nobody(_) | Ask::Told(_) | Ask::Unasked => Cow::Borrowed(&key.0),
    }
}

/// Among which documents an address means the same, if not in its own alone: all, or those of one tree.
fn meant_alike(document: &Document<'_>, address: &str) -> Option<usize> {
    let tree = document.local.map(|(local, _)| local);
    let whole = address.starts_with("https://") || address.starts_with("http://");
    let from_root = address.starts_with('/') && (document.site.is_none() || tree.is_some_and(Local::is_site));
    match tree {
        Some(tree) if tree.is_site() => (whole
            || from_root && document.local.is_some_and(|(tree, path)| tree.has_page(path)))
        .then_some(ptr::from_ref(tree).addr()),
        Some(tree) if from_root => Some(ptr::from_ref(tree).addr()),
        _ => whole.then_some(0),
    }
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
        return (key, kind, asked(address, policy, || Ask::Nobody(Box::new(found.judged))));
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
    let base = document.site.map_or("", |site| site.path().trim_end_matches('/'));
    match target {
        // A site has an address of its own, and its files were not given.
        Target::SitePath(_) if document.site.is_some() && !local.is_site() => None,
        // Where a site is a folder of its host, what stands outside may be somebody else's.
        Target::SitePath(to) if !base.is_empty() && local.has_page(path) => match below(to, base) {
            Some(below) => Some(local.visit(&below)),
            None => Some(local.look(path, address)).filter(|found| found.judged.verdict != Verdict::Dead),
        },
        Target::SamePage | Target::SitePath(_) | Target::FilePath | Target::Unfilled => Some(local.look(path, address)),
        Target::Handbook(url) | Target::Docs(url) | Target::Web(url) => {
            // The site's own pages by their whole addresses.
            document.site.filter(|site| local.is_site() && site.origin() == url.origin())?;
            let fragment = url.fragment().map(|place| format!("#{place}")).unwrap_or_default();
            Some(local.visit(&format!("{}{fragment}", below(url.path(), base)?)))
        }
        _ => None,
    }
}

/// A path as it is seen from a site's own; its front page is `/`.
fn below(path: &str, base: &str) -> Option<String> {
    match path.strip_prefix(base)? {
        rest if rest.starts_with('/') => Some(rest.to_owned()),
        rest if rest.is_empty() || rest.starts_with(['?', '#']) => Some(format!("/{rest}")),
        _ => None,
    }
}

/// Nobody about what is not to be looked at.
fn asked(address: &str, policy: &Policy, otherwise: impl FnOnce() -> Ask) -> Ask {
    match policy.skipped(address) {
        Some(reason) => Ask::nobody(Verdict::Skipped, reason.to_owned()),
        None => otherwise(),
    }
}

/// Who is asked about an address, or the verdict that needs nobody.
fn ask(target: Target, address: &str) -> Ask {
    match target {
        Target::Gitlab(thing) => Ask::Gitlab(Box::new(thing)),
        Target::Docs(url) | Target::Handbook(url) | Target::Web(url) | Target::Video { youtube: None, url } => {
            Ask::Web(Arc::new(url))
        }
        // The page answers 200 for removed videos too; the picture does not (fact sheet on links, section 5.3).
        Target::Video { youtube: Some(id), url } => {
            let picture = Url::parse(&format!("https://img.youtube.com/vi/{id}/0.jpg"));
            Ask::Web(Arc::new(picture.unwrap_or(url)))
        }
        Target::Slack => Ask::nobody(Verdict::Login, slack::told(address)),
        Target::Mail(address) => match policy::mail_problem(&address) {
            None => Ask::nobody(Verdict::Alive, ""),
            Some(problem) => Ask::nobody(Verdict::Dead, problem),
        },
        Target::SamePage => {
            Ask::nobody(Verdict::FragmentUnverifiable, "a place on the same page, which is not built here")
        }
        Target::SitePath(_) => {
            Ask::nobody(Verdict::Skipped, "no site is configured that root-relative links belong to")
        }
        Target::FilePath => Ask::nobody(Verdict::Skipped, "links relative to a document are not looked at"),
        Target::Malformed(why) => Ask::nobody(Verdict::Dead, why),
        Target::Unvisitable => Ask::nobody(Verdict::Blocked, "only http and https are visited"),
        Target::Unfilled => Ask::nobody(Verdict::Skipped, "it has no address until the site is built"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_host_is_one_shards_whoever_is_asked() {
        let document = Document { path: "a.md", links: &[], site: None, local: None };
        let policy = Policy { gitlab_host: "git.example:8443".to_owned(), ..Policy::default() };
        let homes = ["a/b", "explore", "a/b/-/issues/1"].map(|path| {
            let address = format!("https://git.example:8443/{path}");
            let (key, _, ask) = understood(&document, &address, &policy, &BTreeMap::new());
            home(&key, &ask, &policy).into_owned()
        });
        assert_eq!(BTreeSet::from(homes), BTreeSet::from(["git.example:8443".to_owned()]));
    }
}
