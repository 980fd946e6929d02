//! Files beside pages: where they are published, and which Markdown among them is no page (Hugo docs, "Page bundles" and
//! "Page resources"; tried with Hugo 0.168).

use std::collections::{BTreeMap, BTreeSet};

use super::content::{ContentPath, PageKind, below, join, path_key};
use super::{Destination, FileSystem, HugoSite, PageAddress, Publication, file_or_outside};
use crate::files::path;

/// The deepest folder whose page is looked for: an address may have any number of slashes.
const MOST_NESTED: usize = 64;

/// The pages that files belong to.
#[derive(Default)]
pub(super) struct Bundles {
    /// The folders of `index.md`, in which nothing else is a page.
    leaves: BTreeSet<String>,
    /// The page of a folder, by language.
    by_folder: BTreeMap<(usize, String), usize>,
    /// Folders at the top, by the address that their listing has.
    sections: BTreeMap<String, BTreeSet<String>>,
    section_folders: BTreeSet<String>,
    /// Markdown in the folder of another page, with that folder.
    parts: BTreeMap<String, String>,
}

impl Bundles {
    /// Notes the folders that are one page.
    pub(super) fn add_leaf(&mut self, document: &str, content: &ContentPath) {
        if content.kind == PageKind::Leaf && !content.folder.is_empty() {
            self.leaves.insert(path::parent(document).to_owned());
        }
    }

    /// Whether a document is part of another page; it is noted.
    pub(super) fn note_part(&mut self, document: &str, content: &ContentPath) -> bool {
        if self.leaves.is_empty() {
            return false;
        }
        let own = path::parent(document);
        let mut folder = if content.kind == PageKind::Single { own } else { path::parent(own) };
        while !folder.is_empty() {
            if self.leaves.contains(folder) {
                self.parts.insert(document.to_owned(), folder.to_owned());
                return true;
            }
            folder = path::parent(folder);
        }
        false
    }

    /// Notes the page of a folder, and the folder at the top that it is in; `prefix` stands before its language's
    /// addresses.
    pub(super) fn add_page(&mut self, at: usize, document: &str, content: &ContentPath, prefix: &str) {
        let folder = path::parent(document);
        if content.kind != PageKind::Single {
            self.by_folder.insert((content.language, folder.to_owned()), at);
        }
        let section = content.folder.split('/').next().unwrap_or_default();
        let inside = content.folder[section.len()..].len();
        let source = folder.len().checked_sub(inside).and_then(|end| folder.get(..end));
        if let Some(source) = source.filter(|_| !section.is_empty()) {
            let sources = self.sections.entry(join(prefix, &path_key(section))).or_default();
            if !sources.contains(source) {
                sources.insert(source.to_owned());
                self.section_folders.insert(source.to_owned());
            }
        }
    }

    /// The folder of the page that a document is part of.
    pub(super) fn folder_of_part(&self, document: &str) -> Option<&str> {
        self.parts.get(document).map(String::as_str)
    }

    /// The page of a folder, in whichever language.
    pub(super) fn page_of_folder(&self, folder: &str, languages: usize) -> Option<usize> {
        (0..languages).find_map(|language| self.by_folder.get(&(language, folder.to_owned())).copied())
    }

    /// Whether a folder at the top that has pages has its listing at an address.
    pub(super) fn has_section(&self, address: &str) -> bool {
        self.sections.contains_key(address)
    }

    /// Whether a file is in a folder at the top that has pages.
    fn is_in_section(&self, file: &str) -> bool {
        let mut folder = path::parent(file);
        while !folder.is_empty() {
            if self.section_folders.contains(folder) {
                return true;
            }
            folder = path::parent(folder);
        }
        false
    }

    /// The page that a file belongs to, in a language.
    fn owner(&self, file: &str, language: usize) -> Option<usize> {
        let mut folder = path::parent(file);
        loop {
            if let Some(page) = self.by_folder.get(&(language, folder.to_owned())) {
                return Some(*page);
            }
            if folder.is_empty() {
                return None;
            }
            folder = path::parent(folder);
        }
    }
}

impl HugoSite {
    /// Whether a file is a document, which is published as a page or not at all.
    pub(super) fn is_document(&self, path: &str) -> bool {
        self.by_document.contains_key(path) || self.bundles.folder_of_part(path).is_some()
    }

    /// A file beside the pages, which is published below the address of its page.
    pub(super) fn find_bundled_file(&self, address: &str, files: &dyn FileSystem) -> Option<Destination> {
        let languages = || {
            (0..self.config.languages.len())
                .filter_map(|language| Some((language, below(address, self.config.language_prefix(language))?)))
        };
        let known = self.find_below_page(address, files);
        known.or_else(|| {
            let paths = languages().flat_map(|(language, rest)| {
                let sources = self.content.source_paths(rest, language, &self.config);
                sources.into_iter().map(move |path| (language, path))
            });
            let is_file = |path: &str| !self.is_document(path) && !self.config.is_ignored_file(path);
            { paths }.filter(|(_, path)| is_file(path)).find_map(|(language, path)| {
                file_or_outside(path.clone(), files)
                    .filter(|_| !self.is_published_elsewhere(&path, address, language))
                    .or_else(|| file_or_outside(format!("{path}/index.html"), files))
            })
        })
    }

    /// A file below the address of the page that it belongs to; its own name stays as it is.
    fn find_below_page(&self, address: &str, files: &dyn FileSystem) -> Option<Destination> {
        let slashes: Vec<usize> = address.match_indices('/').map(|(at, _)| at).take(MOST_NESTED).collect();
        for end in slashes.into_iter().rev().chain([0]) {
            let (base, rest) = (&address[..end], address[end..].trim_start_matches('/'));
            let found = self.find_by_address(base).or_else(|| self.find_by_address(&format!("{base}.html")));
            if let Some(page) = found
                && let page = &self.pages[page]
                && page.content.kind != PageKind::Single
            {
                let path = join(path::parent(&page.document), rest);
                let is_own = |path: &str| {
                    let owner = self.bundles.owner(path, page.content.language).map(|at| &self.pages[at]);
                    // Sections have pages that Hugo makes.
                    owner.is_some_and(|owner| owner.document == page.document)
                        && !(page.content.folder.is_empty() && self.bundles.is_in_section(path))
                };
                if !self.is_document(&path)
                    && !self.config.is_ignored_file(&path)
                    && let Some(there) = file_or_outside(path.clone(), files)
                    && is_own(&path)
                    && self.is_published_in(&path, page.content.language)
                {
                    return Some(match page.files {
                        Publication::Built => there,
                        Publication::NotBuilt(why) => Destination::NotBuilt { path: page.document.clone(), why },
                        Publication::Unknown(why) => Destination::Unknown(why),
                    });
                }
            }
            let listed = self.bundles.sections.get(base).into_iter().flatten();
            let path = { listed }.map(|source| join(source, rest)).find(|path| {
                !self.is_document(path)
                    && file_or_outside(path.clone(), files).is_some()
                    // The first page of the site owns no files of sections.
                    && (0..self.config.languages.len())
                        .all(|language| self.bundles.owner(path, language).is_none_or(|at| self.is_first_page(at)))
            });
            if let Some(path) = path {
                return file_or_outside(path, files);
            }
        }
        None
    }

    /// Whether a file is published beside the page of a language. One without a language in its name is of the default
    /// one, and the others' pages name it there, unless the settings have it published again for each.
    fn is_published_in(&self, file: &str, language: usize) -> bool {
        self.config.languages.len() < 2
            || self.config.duplicates_resources
            || self.content.locate(file, &self.config).is_none_or(|own| own.language == language)
    }

    fn is_first_page(&self, at: usize) -> bool {
        self.pages[at].content.folder.is_empty()
    }

    /// Whether the page of a file has another address than its folder.
    fn is_published_elsewhere(&self, file: &str, address: &str, language: usize) -> bool {
        if !self.has_content {
            return false;
        }
        let owner = self.bundles.owner(file, language).filter(|at| !self.is_first_page(*at));
        let Some(owner) = owner.map(|at| &self.pages[at]) else {
            // A folder at the top without a page of its own.
            let prefix = self.config.language_prefix(language);
            let section = below(address, prefix).and_then(|rest| rest.split_once('/')).map(|(section, _)| section);
            return section.is_some_and(|section| path_key(section) != section)
                && !self.config.keeps_case
                && self.bundles.is_in_section(file);
        };
        match &owner.address {
            // With its page, or where a template uses it.
            _ if owner.files != Publication::Built || !self.is_published_in(file, language) => true,
            PageAddress::Folder(folder) => {
                let rest = &file[path::parent(&owner.document).len()..];
                join(folder, rest.trim_start_matches('/')) != address
            }
            PageAddress::File(_) => false,
            PageAddress::Unknown => true,
        }
    }
}
