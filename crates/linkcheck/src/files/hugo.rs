//! A site that Hugo builds: which page has which address (Hugo docs, "URL management" and "ref").

mod config;
mod redirects;

use std::collections::{BTreeMap, BTreeSet};

use super::{Destination, FileKind, FileSystem, LocalDocument, documents_by_name, path};
use config::SiteConfig;
use redirects::{RedirectAction, Redirects};

/// Hugo's folder of pages, at the root of the site.
const CONTENT_FOLDER: &str = "content";
/// Files from which a site gets its `_redirects` (GitLab docs, "GitLab Pages redirects").
const REDIRECT_FILES: [&str; 4] =
    ["static/_redirects", "layouts/index.redirects", "content/index.redirects", "index.redirects"];

/// The addresses of a site.
pub(super) struct HugoSite {
    /// Documents by the path of their page, without slashes at its ends, in lower case as Hugo has it.
    pages: BTreeMap<String, String>,
    /// The paths that pages had before.
    aliases: BTreeMap<String, String>,
    redirects: Redirects,
    layout: SiteConfig,
    /// Whether pages stand in a content folder, and nothing else is one.
    has_content: bool,
    /// Documents by the name they go by.
    names: BTreeMap<String, BTreeSet<String>>,
    /// Documents by the path they have below the content folder, as `ref` names them.
    documents: BTreeMap<String, String>,
    /// Addresses by document.
    addresses: BTreeMap<String, String>,
}

impl HugoSite {
    pub(super) fn new(local_documents: &[LocalDocument], files: &dyn FileSystem) -> Self {
        let (mut pages, mut aliases) = (BTreeMap::new(), BTreeMap::new());
        let (mut documents, mut addresses) = (BTreeMap::new(), BTreeMap::new());
        let has_content = matches!(files.entry_kind(CONTENT_FOLDER), Some(FileKind::Folder | FileKind::OutsideRoot));
        let is_page = |document: &&LocalDocument| !has_content || is_in_content(&document.path);
        let page_documents: Vec<&LocalDocument> = local_documents.iter().filter(is_page).collect();
        for document in &page_documents {
            let address = page_address(document);
            for alias in &document.front_matter.aliases {
                let from = match alias.strip_prefix('/') {
                    Some(from_root) => path::join("", from_root),
                    None => path::join(path::parent(&address), alias),
                };
                aliases.extend(from.map(|from| (from.to_lowercase(), address.clone())));
            }
            pages.insert(address.to_lowercase(), document.path.clone());
            documents.insert(path::page_path(path_below_content(&document.path)).to_lowercase(), document.path.clone());
            addresses.insert(document.path.clone(), address);
        }
        let (names, mut layout) = (documents_by_name(&page_documents), SiteConfig::read(files));
        let redirects = Redirects::parse(REDIRECT_FILES.iter().filter_map(|path| layout.read_settings(path, files)));
        Self { pages, aliases, redirects, layout, has_content, names, documents, addresses }
    }

    /// Whether a document is a page of the site.
    pub(super) fn is_content_file(&self, path: &str) -> bool {
        !self.has_content || is_in_content(path)
    }

    /// Where a visitor comes who follows this path from a page.
    pub(super) fn resolve_path(&self, from: &str, to: &str, files: &dyn FileSystem) -> Destination {
        // Beside the document: another document, which Hugo turns into its page's address, or a picture.
        if !to.starts_with('/')
            && let Some(beside) = path::join(path::parent(from), to)
            && let Some(found) = file_or_outside(beside, files)
        {
            return found;
        }
        let at = |folder: &str, to: &str| {
            path::join(folder, to).map_or(Destination::OutsideRoot, |address| {
                let folder = address.strip_suffix("index.html").map(|folder| folder.trim_end_matches('/'));
                self.resolve_address(folder.unwrap_or(&address), to.ends_with('/'), files)
            })
        };
        if let Some(from_root) = to.strip_prefix('/') {
            return at("", from_root);
        }
        // As a browser goes, from the page's address; or as a site's render hook goes, from the document's folder.
        let own = self.addresses.get(from).map_or("", String::as_str);
        match at(own, to) {
            Destination::Missing { .. } | Destination::OutsideRoot | Destination::Unknown(_) => {
                let beside = at(path::parent(path_below_content(from)), to);
                if matches!(beside, Destination::Missing { .. } | Destination::Unknown(_)) {
                    at(own, to)
                } else {
                    beside
                }
            }
            there => there,
        }
    }

    /// The document that `ref` names from a page.
    pub(super) fn resolve_ref(&self, from: &str, name: &str) -> Destination {
        if name.is_empty() {
            return Destination::File { path: from.to_owned(), moved: None };
        }
        let within = |path: Option<String>| {
            let path = path?.to_lowercase();
            self.documents.get(path::page_path(&path)).or_else(|| self.documents.get(&path)).cloned()
        };
        let direct = if let Some(from_root) = name.strip_prefix('/') {
            within(path::join("", from_root))
        } else {
            let folder = path::parent(path_below_content(from));
            within(path::join(folder, name)).or_else(|| within(path::join("", name)))
        };
        if let Some(path) = direct {
            return Destination::File { path, moved: None };
        }
        let named = self.names.get(&path::page_name(name.trim_end_matches('/')));
        match named.map(|paths| (paths.len(), paths.first())) {
            Some((1, Some(only))) => Destination::File { path: only.clone(), moved: None },
            Some((_, Some(_))) => Destination::Unknown("several pages go by this name"),
            _ => match self.layout.unlike_files_reason() {
                Some(why) => Destination::Unknown(why),
                None => Destination::Missing { path: name.to_owned(), better: None },
            },
        }
    }

    /// `slash`: whether one stands behind it.
    fn resolve_address(&self, address: &str, slash: bool, files: &dyn FileSystem) -> Destination {
        if let Some(document) = self.pages.get(&address.to_lowercase()) {
            return Destination::File { path: document.clone(), moved: None };
        }
        // The document's own path in the place of its page's address.
        let document = format!("{CONTENT_FOLDER}/{address}");
        if self.addresses.contains_key(&document) {
            return Destination::File { path: document, moved: None };
        }
        for folder in ["static", CONTENT_FOLDER, "assets"] {
            for page in ["", "/index.html"] {
                let path = format!("{folder}/{address}{page}");
                if let Some(found) = file_or_outside(path, files) {
                    return found;
                }
            }
        }
        if let Some(page) = self.aliases.get(&address.to_lowercase()) {
            let document = self.pages.get(&page.to_lowercase()).cloned().unwrap_or_default();
            return Destination::File { path: document, moved: Some(format!("/{page}/")) };
        }
        match self.redirects.find_for_address(address, slash) {
            Some(RedirectAction::Redirect(to)) => return Destination::Redirected(to),
            Some(RedirectAction::Rewrite) => return Destination::Unknown("the server fills it from another address"),
            None => {}
        }
        // Hugo makes a page for each folder at the top.
        if !address.contains('/') && files.entry_kind(&document) == Some(FileKind::Folder) {
            return Destination::Folder(document);
        }
        match self.layout.may_exist_reason(address, files).or_else(|| self.other_markup_reason(address, files)) {
            Some(why) => Destination::Unknown(why),
            None => Destination::Missing { path: format!("/{address}/"), better: None },
        }
    }

    /// Why there may be a page in another language or in another markup than the documents that are read.
    fn other_markup_reason(&self, address: &str, files: &dyn FileSystem) -> Option<&'static str> {
        let lower = address.to_lowercase();
        let (language, rest) = lower.split_once('/').unwrap_or((&lower, ""));
        let translated =
            [format!("{rest}.{language}"), format!("{rest}/_index.{language}"), format!("_index.{language}")];
        if translated.iter().any(|path| self.documents.contains_key(path)) {
            return Some("a document in another language may be at this address");
        }
        let marked_up = ["html", "adoc", "org", "rst", "pdc"].iter().any(|ending| {
            [format!("{address}.{ending}"), format!("{address}/_index.{ending}"), format!("{address}/index.{ending}")]
                .iter()
                .any(|path| file_or_outside(format!("{CONTENT_FOLDER}/{path}"), files).is_some())
        });
        marked_up.then_some("a document that is no Markdown may be at this address")
    }
}

/// What is at a path, where it is a file or leads out of the site.
fn file_or_outside(path: String, files: &dyn FileSystem) -> Option<Destination> {
    match files.entry_kind(&path)? {
        FileKind::File => Some(Destination::File { path, moved: None }),
        FileKind::OutsideRoot => Some(Destination::OutsideRoot),
        FileKind::Unknown(why) => Some(Destination::Unknown(why)),
        FileKind::Folder | FileKind::NotInRepository(_) => None,
    }
}

/// What a `ref` or `relref` shortcode names, in any of its forms.
pub(super) fn parse_ref_shortcode(address: &str) -> Option<String> {
    let text = address.trim().trim_start_matches('\\');
    let inside = text.strip_prefix("{{<").or_else(|| text.strip_prefix("{{%"))?;
    let inside = inside.trim().strip_prefix("relref").or_else(|| inside.trim().strip_prefix("ref"))?;
    let inside = inside.trim_start().trim_start_matches("path=");
    let quote = inside.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let (name, _) = inside[1..].split_once(quote)?;
    Some(name.to_owned())
}

/// The address of a document's page, without slashes at its ends.
fn page_address(document: &LocalDocument) -> String {
    let path = path_below_content(&document.path);
    let page = path::page_path(path);
    if let Some(url) = &document.front_matter.url {
        return url.trim_matches('/').to_owned();
    }
    match &document.front_matter.slug {
        Some(slug) if !path::is_index_page(path) || path.ends_with("/index.md") => {
            let folder = path::parent(page);
            if folder.is_empty() { slug.clone() } else { format!("{folder}/{slug}") }
        }
        _ => page.to_owned(),
    }
    .replace(' ', "-")
    .to_lowercase()
}

fn path_below_content(path: &str) -> &str {
    path.strip_prefix(CONTENT_FOLDER).and_then(|rest| rest.strip_prefix('/')).unwrap_or(path)
}

fn is_in_content(path: &str) -> bool {
    path_below_content(path).len() < path.len()
}
