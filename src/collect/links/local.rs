//! Links without a host: where they lead among the files around a document.
//!
//! A plain tree resolves as GitLab shows it: relative to the document, or from the root of the repository. A Hugo site
//! resolves as its visitors see it: by the addresses of pages, with aliases, redirects and `ref` shortcodes.

mod anchors;
mod hugo;
mod path;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use super::fragment;
use super::heading;
use super::verdict::Judged;
use crate::pod::text::Untrusted;
use crate::pod::verdict::Verdict;
pub use anchors::{Anchors, Front};
use hugo::Hugo;

use super::MOST_HOPS;

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// A file.
    File,
    /// A folder.
    Folder,
}

/// The files around documents. Paths are relative to their root, with `/` between their parts.
pub trait Files: Send + Sync {
    /// What stands at a path; `None` where nothing does.
    fn entry(&self, path: &str) -> Option<Entry>;
    /// The text of a file; `None` where it cannot be read.
    fn text(&self, path: &str) -> Option<String>;
}

/// A document that links can lead to.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Its path.
    pub path: String,
    /// What its front matter says of its address.
    pub front: Front,
    /// Its places, where they are known already.
    pub anchors: Option<Anchors>,
}

/// How links without a host resolve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// As files.
    Tree,
    /// As the pages of a site that Hugo builds.
    Hugo,
}

/// The files that links without a host can lead to.
pub struct Local {
    files: Box<dyn Files>,
    hugo: Option<Hugo>,
    /// The documents, by path, as far as their places are known.
    documents: BTreeMap<String, Anchors>,
    /// Places of other files, by path, as far as they were read.
    read: Mutex<BTreeMap<String, Option<Anchors>>>,
}

impl std::fmt::Debug for Local {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Local").field("site", &self.is_site()).finish_non_exhaustive()
    }
}

/// Where a link leads, and what is to be said of it.
pub(super) struct Found {
    /// What tells it from others: the path it leads to, with its fragment.
    pub(super) to: String,
    pub(super) judged: Judged,
}

impl Local {
    /// Knows these documents; places that are not known are read when a link names one.
    pub fn new(site: Site, files: Box<dyn Files>, sheets: Vec<Sheet>) -> Self {
        let hugo = (site == Site::Hugo).then(|| Hugo::of(&sheets, files.as_ref()));
        let documents = sheets.into_iter().filter_map(|sheet| Some((sheet.path, sheet.anchors?))).collect();
        Self { files, hugo, documents, read: Mutex::default() }
    }

    /// Whether it is a site, whose root-relative links are its own pages.
    pub(super) fn is_site(&self) -> bool {
        self.hugo.is_some()
    }

    /// Whether a document is a page of a site: what stands beside its content is shown as a file.
    pub(super) fn has_page(&self, path: &str) -> bool {
        self.hugo.as_ref().is_some_and(|hugo| hugo.has_page(path))
    }

    /// Where an address leads that stands in the document `from` and names no host. Total.
    pub(super) fn look(&self, from: &str, address: &str) -> Found {
        self.looked(from, address, self.hugo.as_ref().filter(|hugo| hugo.has_page(from)))
    }

    /// Where a path of the site itself leads, whatever document names it. Total.
    pub(super) fn visit(&self, address: &str) -> Found {
        self.looked("", address, self.hugo.as_ref())
    }

    fn looked(&self, from: &str, address: &str, site: Option<&Hugo>) -> Found {
        if let Some(named) = hugo::reference(address) {
            return match &self.hugo {
                Some(hugo) => {
                    let (name, place) = split(&named);
                    self.arrived(hugo.named(from, name), place, &named)
                }
                None => found(&named, Verdict::Skipped, "it has no address until the site is built"),
            };
        }
        if address.is_empty() || address.contains("{{") {
            return found(address, Verdict::Skipped, "it has no address until the site is built");
        }
        let (to, place) = split(address);
        let to = decoded(to.split('?').next().unwrap_or_default());
        if to.is_empty() {
            return self.place(from, place, Judged::new(Verdict::Alive, ""));
        }
        match site {
            Some(hugo) => self.arrived(hugo.visited(from, &to, self.files.as_ref()), place, address),
            None => self.arrived(self.in_tree(from, &to), place, address),
        }
    }

    fn in_tree(&self, from: &str, to: &str) -> Arrival {
        let joined = match to.strip_prefix('/') {
            Some(from_root) => path::joined("", from_root),
            None => path::joined(path::folder(from), to),
        };
        let Some(path) = joined else { return Arrival::Outside };
        // What was read is there.
        let entry = if self.documents.contains_key(&path) { Some(Entry::File) } else { self.files.entry(&path) };
        match entry {
            Some(Entry::File) => Arrival::At { path, moved: None },
            Some(Entry::Folder) => Arrival::Folder(path),
            // GitLab takes it from the root of the repository, a site from its own: which it is, nobody said.
            None if to.starts_with('/') => {
                Arrival::Unknown("no file has this path; --site hugo or --site-url look for it on a site")
            }
            None => {
                let with_ending = format!("{path}.md");
                let better = || format!("{}.md", to.trim_end_matches('/'));
                let better = self.files.entry(&with_ending).is_some().then(better);
                Arrival::Nothing { path, better }
            }
        }
    }

    /// The verdict on having come so far, the place included.
    fn arrived(&self, arrival: Arrival, place: Option<&str>, address: &str) -> Found {
        match arrival {
            Arrival::At { path, moved } => {
                let judged = match moved {
                    None => Judged::new(Verdict::Alive, ""),
                    Some(better) => {
                        let better = place.map_or(better.clone(), |place| format!("{better}#{place}"));
                        Judged::new(Verdict::Moved, "the page has another address now").suggest(better)
                    }
                };
                self.place(&path, place, judged)
            }
            Arrival::Folder(path) => self.place(&path, place, Judged::new(Verdict::Alive, "")),
            Arrival::Outside => found(address, Verdict::Skipped, "it leads out of the folder that is looked at"),
            Arrival::Elsewhere(to) => self.led_on(to, place),
            Arrival::Nothing { path, better } => {
                let shown = Untrusted::new(path.as_str()).line();
                let mut found = found(&path, Verdict::Dead, format!("there is nothing at {shown}"));
                if let Some(better) = better {
                    found.judged = found.judged.suggest(better);
                }
                found
            }
            Arrival::Unknown(why) => found(address, Verdict::Skipped, why),
        }
    }

    /// The verdict on what a site's server leads on, with the place that browsers take along.
    fn led_on(&self, mut to: String, place: Option<&str>) -> Found {
        for _ in 0..MOST_HOPS {
            let better = match place {
                Some(place) if !to.contains('#') => format!("{to}#{place}"),
                _ => to,
            };
            let moved = Judged::new(Verdict::Moved, "the page has another address now").suggest(better.clone());
            let here = better.starts_with('/') && !better.starts_with("//");
            let Some(hugo) = self.hugo.as_ref().filter(|_| here) else { return Found { to: better, judged: moved } };
            let (path, own) = split(&better);
            let path = decoded(path.split('?').next().unwrap_or_default());
            match hugo.visited("", &path, self.files.as_ref()) {
                Arrival::Elsewhere(next) => to = next,
                Arrival::At { path, moved: None } | Arrival::Folder(path) => return self.place(&path, own, moved),
                Arrival::Unknown(_) => return Found { to: better, judged: moved },
                arrival => return self.arrived(arrival, own, &better),
            }
        }
        found(&to, Verdict::Skipped, "it is redirected again and again")
    }

    /// The verdict on a place in a file that is there.
    fn place(&self, path: &str, place: Option<&str>, judged: Judged) -> Found {
        let Some(wanted) = fragment::wanted(place) else { return Found { to: path.to_owned(), judged } };
        let to = format!("{path}#{wanted}");
        let unverifiable =
            |why: &'static str| Judged { verdict: Verdict::FragmentUnverifiable, reason: why.into(), ..judged.clone() };
        let judged = match self.of_places(path, |anchors| (anchors.has(&wanted), anchors.generated)) {
            None => unverifiable("it is there; its places are not known"),
            Some((true, _)) => judged,
            Some((false, true)) => unverifiable("the page is there; its headings are made when the site is built"),
            // GitLab shows the source of a Markdown file whose lines are linked; how many there are is not known here.
            Some((false, false)) if self.hugo.is_none() && heading::line_anchor(&wanted).is_some() => {
                unverifiable("it is there; its lines are not counted")
            }
            Some((false, false)) => {
                let shown = Untrusted::new(wanted).line();
                Judged {
                    verdict: Verdict::FragmentDead,
                    reason: format!("the page is there, the place #{shown} is not").into(),
                    suggestion: None,
                    ..judged
                }
            }
        };
        Found { to, judged }
    }

    /// Asks the places of a file, if they can be known.
    fn of_places<T>(&self, path: &str, ask: impl FnOnce(&Anchors) -> T) -> Option<T> {
        if let Some(anchors) = self.documents.get(path) {
            return Some(ask(anchors));
        }
        let mut known = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let anchors = known.entry(path.to_owned()).or_insert_with(|| {
            let text = heading::is_markdown(path).then(|| self.files.text(path)).flatten();
            text.map(|text| Anchors::of(&text))
        });
        anchors.as_ref().map(ask)
    }
}

/// How far a link came.
enum Arrival {
    /// At a file, perhaps under an address that is not its own any more.
    At { path: String, moved: Option<String> },
    /// At a folder.
    Folder(String),
    /// At another address, which is not looked at here.
    Elsewhere(String),
    /// Nowhere.
    Nothing { path: String, better: Option<String> },
    /// Above the root.
    Outside,
    /// That cannot be told.
    Unknown(&'static str),
}

fn found(to: &str, verdict: Verdict, why: impl Into<Cow<'static, str>>) -> Found {
    Found { to: to.to_owned(), judged: Judged::new(verdict, why) }
}

fn split(address: &str) -> (&str, Option<&str>) {
    match address.split_once('#') {
        Some((to, place)) => (to, Some(place)),
        None => (address, None),
    }
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// All paths of documents, for finding one by the end of its name.
fn by_name(sheets: &[&Sheet]) -> BTreeMap<String, BTreeSet<String>> {
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for sheet in sheets {
        names.entry(path::name(&sheet.path)).or_default().insert(sheet.path.clone());
    }
    names
}

#[cfg(test)]
mod tests;
