//! Links without a host: where they lead among the files around a document.
//!
//! A plain tree resolves as GitLab shows it: relative to the document, or from the root of the repository. A Hugo site
//! resolves as its visitors see it: by the addresses of pages, with aliases, redirects and `ref` shortcodes.

mod anchors;
mod assess;
mod block_attributes;
mod hugo;
mod known_shortcodes;
mod path;
mod shortcode_calls;
mod suggestions;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Mutex;

use chrono::NaiveDate;

use crate::markdown::includes::fill_includes;
use crate::target::{self, EMPTY_REASON, PLACEHOLDER_REASON};
use crate::text::{one_line, percent_decode as decoded};
use crate::verdict::{Assessment, Verdict};
pub use anchors::{DocumentAnchors, FrontMatter};
use assess::not_in_repository;
use hugo::{HugoSite, RefCall};
use suggestions::Work;

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A file, whatever it holds.
    File,
    /// A folder, empty or not.
    Folder,
    /// A symlink, or what stands behind one, that leads out of the root. Whether anything is there is not asked.
    OutsideRoot,
    /// Something that is on this machine and not in the repository; why, as the end of a sentence.
    NotInRepository(&'static str),
    /// What cannot be known; why, as a sentence.
    Unknown(&'static str),
}

/// The files around documents. Paths are relative to their root, with `/` between their parts.
pub trait FileSystem: Send + Sync {
    /// What stands at a path; `None` where nothing does.
    fn entry_kind(&self, path: &str) -> Option<FileKind>;
    /// The text of a file; `None` where it cannot be read, or stands outside of the root.
    fn read_text(&self, path: &str) -> Option<String>;
    /// Names everything in a folder, as far as that is known: what somebody may have meant is looked for among it.
    fn visit_names(&self, _folder: &str, _visit: &mut dyn FnMut(&str)) {}
    /// Whether the root is that of a repository, as GitLab shows one.
    fn is_repository(&self) -> bool {
        false
    }
}

/// A document that links can lead to.
#[derive(Debug, Clone)]
pub struct LocalDocument {
    /// Its path, relative to the root of the files.
    pub path: String,
    /// What its front matter says of its address.
    pub front_matter: FrontMatter,
    /// Its anchors, where they are known already.
    pub anchors: Option<DocumentAnchors>,
}

/// How links without a host resolve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SiteKind {
    /// As files.
    Tree,
    /// As the pages of a site that Hugo builds.
    Hugo,
}

/// The folders in which a site that Hugo builds has its pages, seen from its root: `content`, or what its settings say.
pub fn hugo_content_folders(files: &dyn FileSystem) -> Vec<String> {
    hugo::content_folders(files)
}

/// The files that links without a host can lead to.
pub struct LocalFiles {
    files: Box<dyn FileSystem>,
    hugo: Option<HugoSite>,
    /// The documents, by path, as far as their anchors are known.
    documents: BTreeMap<String, DocumentAnchors>,
    /// Anchors of other files, by path, as far as they were read.
    read: Mutex<BTreeMap<String, Option<DocumentAnchors>>>,
    /// How many lines files have whose lines are linked, by path.
    line_counts: Mutex<BTreeMap<String, Option<usize>>>,
    work: Work,
}

impl std::fmt::Debug for LocalFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalFiles").field("site", &self.is_hugo_site()).finish_non_exhaustive()
    }
}

/// Where a link leads, and the verdict on it.
pub(super) struct ResolvedLink {
    /// What tells it from others: the path it leads to, with its fragment.
    pub(super) destination: String,
    pub(super) assessment: Assessment,
}

impl LocalFiles {
    /// Knows these documents; anchors that are not known are read when a link names one.
    pub fn new(site: SiteKind, files: Box<dyn FileSystem>, documents: Vec<LocalDocument>) -> Self {
        Self::on_day(site, files, documents, None)
    }

    /// The same on a day, which decides what of a site is published already.
    pub fn on_day(
        site: SiteKind,
        files: Box<dyn FileSystem>,
        documents: Vec<LocalDocument>,
        today: Option<NaiveDate>,
    ) -> Self {
        let hugo = (site == SiteKind::Hugo).then(|| HugoSite::new(&documents, files.as_ref(), today));
        let documents = documents.into_iter().filter_map(|document| Some((document.path, document.anchors?))).collect();
        let (read, line_counts, work) = (Mutex::default(), Mutex::default(), Work::default());
        Self { files, hugo, documents, read, line_counts, work }
    }

    /// Whether it is a site, whose root-relative links are its own pages.
    pub(super) fn is_hugo_site(&self) -> bool {
        self.hugo.is_some()
    }

    /// Whether a document is a page of a site: what stands beside its content is shown as a file.
    pub(super) fn is_content_file(&self, path: &str) -> bool {
        self.hugo.as_ref().is_some_and(|hugo| hugo.is_content_file(path))
    }

    /// Where an address leads that stands in the document `from` and names no host. Total.
    pub(super) fn resolve(&self, from: &str, address: &str) -> ResolvedLink {
        self.resolve_with(from, address, self.hugo.as_ref().filter(|hugo| hugo.is_content_file(from)))
    }

    /// Where a file stands that a document includes. `None` for a page of a site, which includes nothing in this way.
    pub(super) fn resolve_included(&self, from: &str, named: &str) -> Option<ResolvedLink> {
        if self.is_content_file(from) {
            return None;
        }
        let found = included_path(from, named).map(|path| (self.entry_kind(&path), path));
        Some(match found {
            Some((Some(FileKind::File), path)) => resolved_link(&path, Verdict::Alive, ""),
            Some((Some(FileKind::OutsideRoot), path)) => {
                resolved_link(&path, Verdict::Skipped, "it leads out of the folder that is checked")
            }
            Some((Some(FileKind::Unknown(why)), path)) => resolved_link(&path, Verdict::Skipped, why),
            Some((Some(FileKind::NotInRepository(why)), path)) => not_in_repository(&path, why),
            Some((Some(FileKind::Folder) | None, _)) | None => {
                resolved_link(named, Verdict::Dead, format!("there is no file {} to include", one_line(named)))
            }
        })
    }

    /// The text of a document as GitLab shows it, with those of the files that it includes; `None` where one of them
    /// cannot be known. In the place of one that is not there stands a sentence without headings.
    fn fill_includes(&self, from: &str) -> Option<String> {
        let read = |named: &str| {
            if target::has_http_scheme(named) {
                return None;
            }
            let Some(path) = included_path(from, named) else { return Some(String::new()) };
            match self.entry_kind(&path) {
                Some(FileKind::File) => self.files.read_text(&path),
                Some(FileKind::OutsideRoot | FileKind::Unknown(_)) => None,
                Some(FileKind::Folder | FileKind::NotInRepository(_)) | None => Some(String::new()),
            }
        };
        fill_includes(&self.files.read_text(from)?, read)
    }

    /// What stands at a path; what was read is there.
    fn entry_kind(&self, path: &str) -> Option<FileKind> {
        if self.documents.contains_key(path) { Some(FileKind::File) } else { self.files.entry_kind(path) }
    }

    /// Where a path of the site itself leads, whatever document names it. Total.
    pub(super) fn resolve_on_site(&self, address: &str) -> ResolvedLink {
        self.resolve_with("", address, self.hugo.as_ref())
    }

    fn resolve_with(&self, from: &str, address: &str, site: Option<&HugoSite>) -> ResolvedLink {
        if let Some(RefCall { name: named, language }) = hugo::parse_ref_shortcode(address) {
            return match &self.hugo {
                Some(hugo) => {
                    let (name, place) = split_fragment(&named);
                    self.assess_destination(hugo.resolve_ref(from, name, language.as_deref()), place, &named)
                }
                None => resolved_link(&named, Verdict::Skipped, PLACEHOLDER_REASON),
            };
        }
        if address.trim().is_empty() {
            return resolved_link(from, Verdict::Alive, EMPTY_REASON);
        }
        if target::is_placeholder(address) && (self.hugo.is_some() || !self.is_named_so(from, address)) {
            return resolved_link(address, Verdict::Skipped, PLACEHOLDER_REASON);
        }
        let (to, place) = split_fragment(address);
        let to = decoded(to.split('?').next().unwrap_or_default());
        if to.is_empty() {
            return self.assess_fragment(from, place, Assessment::new(Verdict::Alive, ""), address);
        }
        match site {
            Some(hugo) => {
                let first = hugo.resolve_path(from, &to, self.files.as_ref());
                let first = self.assess_destination(first, place, address);
                if first.assessment.verdict == Verdict::Alive {
                    return first;
                }
                let other = hugo.resolve_by_unknown_hook(from, &to, self.files.as_ref());
                let other = other.map(|other| self.assess_destination(other, place, address));
                other.into_iter().fold(first, better_of)
            }
            None => self.assess_destination(self.resolve_in_tree(from, &to), place, address),
        }
    }

    /// Whether a file of a tree has the very name that an address is.
    fn is_named_so(&self, from: &str, address: &str) -> bool {
        path::join(path::parent(from), &decoded(address)).is_some_and(|path| self.entry_kind(&path).is_some())
    }

    fn resolve_in_tree(&self, from: &str, to: &str) -> Destination {
        let joined = match to.strip_prefix('/') {
            Some(from_root) => path::join("", from_root),
            None => path::join(path::parent(from), to),
        };
        let Some(path) = joined else { return Destination::OutsideRoot };
        match self.entry_kind(&path) {
            Some(FileKind::File) => Destination::File { path, moved: None },
            Some(FileKind::Folder) => Destination::Folder(path),
            Some(FileKind::OutsideRoot) => Destination::OutsideRoot,
            Some(FileKind::NotInRepository(why)) => Destination::NotInRepository { path, why },
            Some(FileKind::Unknown(why)) => Destination::Unknown(why),
            // Neither the root of a repository, from which GitLab takes it, nor that of a site is known.
            None if to.starts_with('/') && !self.is_shown_by_gitlab() => {
                Destination::Unknown("no file has this path; --site hugo or --site-url search for it on a site")
            }
            // `lib/banzai/filter/upload_link_filter.rb`: such a path is one of the project.
            None if to.starts_with("/uploads/") => Destination::Unknown("it is an upload of the project, and no file"),
            None if let Some(found) = self.find_from_root(to) => found,
            None => {
                let with_ending = format!("{path}.md");
                let better = || format!("{}.md", to.trim_end_matches('/'));
                let better = (self.files.entry_kind(&with_ending) == Some(FileKind::File)).then(better);
                Destination::Missing { path, better }
            }
        }
    }

    /// Whether the files are those of a repository, as GitLab shows them.
    fn is_shown_by_gitlab(&self) -> bool {
        self.hugo.is_none() && self.files.is_repository()
    }

    /// What GitLab takes from the root of the repository, because it is not beside the document
    /// (`nested_file_path_if_exists` in `lib/banzai/filter/repository_link_filter.rb`).
    fn find_from_root(&self, to: &str) -> Option<Destination> {
        // Neither a site's pages nor other folders are shown by GitLab, and no path leads above the root.
        if !self.is_shown_by_gitlab() || to.split('/').any(|part| part == "..") {
            return None;
        }
        let path = path::join("", to)?;
        match self.entry_kind(&path)? {
            FileKind::File | FileKind::Folder => Some(Destination::FromRoot(path)),
            FileKind::NotInRepository(why) => Some(Destination::NotInRepository { path, why }),
            FileKind::Unknown(why) => Some(Destination::Unknown(why)),
            FileKind::OutsideRoot => None,
        }
    }
}

/// The path of a file that a document includes: relative to the document alone, as `resolve_relative_path` of
/// `lib/banzai/filter/include_filter.rb` has it.
fn included_path(from: &str, named: &str) -> Option<String> {
    if named.starts_with('/') { None } else { path::join(path::parent(from), named) }
}

/// How far a link came.
enum Destination {
    /// At a file, perhaps under an address that is not its own any more.
    File { path: String, moved: Option<String> },
    /// At a folder.
    Folder(String),
    /// At a file or folder that is not where the link says, but at the same path from the root.
    FromRoot(String),
    /// At another address, to which the site redirects and which is not resolved here.
    Redirected(String),
    /// At a document of which no page is made; why, as the end of a sentence.
    NotBuilt { path: String, why: &'static str },
    /// Nothing is there; perhaps under a better address.
    Missing { path: String, better: Option<String> },
    /// At what only this machine has; why.
    NotInRepository { path: String, why: &'static str },
    /// Above the root of the files.
    OutsideRoot,
    /// It cannot be known; why.
    Unknown(&'static str),
}

/// The one of two ways that leads further, where it is not known which of them a visitor goes.
fn better_of(one: ResolvedLink, other: ResolvedLink) -> ResolvedLink {
    let rank = |link: &ResolvedLink| match link.assessment.verdict {
        Verdict::Alive => 0,
        Verdict::Moved => 1,
        Verdict::FragmentUnverifiable => 2,
        Verdict::FragmentDead => 4,
        Verdict::Dead => 5,
        _ => 3,
    };
    if rank(&other) < rank(&one) { other } else { one }
}

fn resolved_link(to: &str, verdict: Verdict, why: impl Into<Cow<'static, str>>) -> ResolvedLink {
    ResolvedLink { destination: to.to_owned(), assessment: Assessment::new(verdict, why) }
}

fn split_fragment(address: &str) -> (&str, Option<&str>) {
    match address.split_once('#') {
        Some((to, place)) => (to, Some(place)),
        None => (address, None),
    }
}

#[cfg(test)]
mod tests;
