//! Where the pages of a site stand: their folders, languages and bundles (Hugo docs, "Page bundles", "Multilingual" and
//! "Mounts"; `common/paths/pathparser.go`).

use super::config::{Mount, SiteConfig};
use crate::files::path;

/// What a file is among the pages of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PageKind {
    /// `_index.md`: the page of its folder, which has pages below it.
    Branch,
    /// `index.md`: the page of its folder, which has files beside it.
    Leaf,
    /// Any other.
    Single,
}

/// Where a document is among the pages of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ContentPath {
    /// The index of its language.
    pub(super) language: usize,
    /// Its folder in the site's content, in its own letter case.
    pub(super) folder: String,
    /// Its file's name without ending and language.
    pub(super) name: String,
    pub(super) kind: PageKind,
}

impl ContentPath {
    /// The path that pages are found by, as Hugo has it: in lower case, with dashes for blanks.
    pub(super) fn key(&self) -> String {
        match self.kind {
            PageKind::Branch | PageKind::Leaf => path_key(&self.folder),
            PageKind::Single => path_key(&join(&self.folder, &self.name)),
        }
    }

    /// The folder that its links begin in.
    pub(super) fn container(&self) -> &str {
        if self.kind == PageKind::Leaf { path::parent(&self.folder) } else { &self.folder }
    }
}

/// The folders of a site's pages.
#[derive(Debug)]
pub(super) struct ContentFolders(Vec<Mount>);

impl ContentFolders {
    pub(super) fn new(config: &SiteConfig) -> Self {
        let mut folders = config.folders("content");
        // The deepest first: it decides what stands in it.
        folders.sort_by_key(|mount| std::cmp::Reverse(mount.source.len()));
        Self(folders)
    }

    /// Everything is content.
    pub(super) fn whole_tree() -> Self {
        Self(vec![Mount { source: String::new(), target: String::new(), language: None }])
    }

    /// Where they stand in the tree.
    pub(super) fn sources(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|mount| mount.source.as_str())
    }

    pub(super) fn contains(&self, document: &str) -> bool {
        self.0.iter().any(|mount| below(document, &mount.source).is_some())
    }

    /// Where a document is among the pages; `None` where it is none.
    pub(super) fn locate(&self, document: &str, config: &SiteConfig) -> Option<ContentPath> {
        let (mount, rest) = self.0.iter().find_map(|mount| Some((mount, below(document, &mount.source)?)))?;
        let own_folder = path::parent(rest);
        let mut name = path::without_extension(&rest[own_folder.len()..]).trim_start_matches('/');
        if name.rsplit_once('.').is_some_and(|(_, key)| config.is_disabled_language(key)) {
            return None;
        }
        let mut language = mount.language.as_deref().and_then(|name| config.find_language(name)).unwrap_or(0);
        if let Some((bare, named)) =
            name.rsplit_once('.').and_then(|(bare, key)| Some((bare, config.find_language(key)?)))
        {
            (name, language) = (bare, named);
        }
        let kind = match name {
            "_index" => PageKind::Branch,
            "index" => PageKind::Leaf,
            _ => PageKind::Single,
        };
        Some(ContentPath { language, folder: join(&mount.target, own_folder), name: name.to_owned(), kind })
    }

    /// Where a file may stand that is at a path of the site's content, in a language.
    pub(super) fn source_paths(&self, path: &str, language: usize, config: &SiteConfig) -> Vec<String> {
        let fits =
            |mount: &&Mount| mount.language.as_deref().is_none_or(|name| config.find_language(name) == Some(language));
        let source = |mount: &Mount| Some(join(&mount.source, below(path, &mount.target)?));
        self.0.iter().filter(fits).filter_map(source).collect()
    }
}

/// A path in lower case, with dashes for blanks (`NormalizePathStringBasic`).
pub(super) fn path_key(path: &str) -> String {
    path.to_lowercase().replace(' ', "-")
}

pub(super) fn join(folder: &str, rest: &str) -> String {
    match (folder, rest) {
        ("", rest) => rest.to_owned(),
        (folder, "") => folder.to_owned(),
        _ => format!("{folder}/{rest}"),
    }
}

/// The rest of a path below a folder.
pub(super) fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    if folder.is_empty() {
        return Some(path);
    }
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}
