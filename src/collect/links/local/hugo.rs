//! A site that Hugo builds: which page has which address (Hugo docs, "URL management" and "ref").

mod layout;
mod redirects;

use std::collections::{BTreeMap, BTreeSet};

use super::{Arrival, Entry, Files, Sheet, by_name, path};
use layout::Layout;
use redirects::{Led, Redirects};

/// Where the pages are.
const CONTENT: &str = "content";
/// Files with redirects.
const REDIRECTS: [&str; 4] =
    ["static/_redirects", "layouts/index.redirects", "content/index.redirects", "index.redirects"];

/// The addresses of a site.
pub(super) struct Hugo {
    /// Documents by the path of their page, without slashes at its ends, in lower case as Hugo has it.
    pages: BTreeMap<String, String>,
    /// The paths that pages had before.
    aliases: BTreeMap<String, String>,
    redirects: Redirects,
    layout: Layout,
    /// Whether pages stand in a content folder, and nothing else is one.
    has_content: bool,
    /// Documents by the name they go by.
    names: BTreeMap<String, BTreeSet<String>>,
    /// Documents by the path they have below the content folder, as `ref` names them.
    documents: BTreeMap<String, String>,
    /// Addresses by document.
    addresses: BTreeMap<String, String>,
}

impl Hugo {
    pub(super) fn of(sheets: &[Sheet], files: &dyn Files) -> Self {
        let (mut pages, mut aliases) = (BTreeMap::new(), BTreeMap::new());
        let (mut documents, mut addresses) = (BTreeMap::new(), BTreeMap::new());
        let has_content = files.entry(CONTENT) == Some(Entry::Folder);
        let sheets: Vec<&Sheet> = sheets.iter().filter(|sheet| !has_content || in_content(&sheet.path)).collect();
        for sheet in &sheets {
            let address = address(sheet);
            for alias in &sheet.front.aliases {
                let from = match alias.strip_prefix('/') {
                    Some(from_root) => path::joined("", from_root),
                    None => path::joined(path::folder(&address), alias),
                };
                aliases.extend(from.map(|from| (from.to_lowercase(), address.clone())));
            }
            pages.insert(address.to_lowercase(), sheet.path.clone());
            documents.insert(path::page(below_content(&sheet.path)).to_lowercase(), sheet.path.clone());
            addresses.insert(sheet.path.clone(), address);
        }
        let redirects = Redirects::of(REDIRECTS.iter().filter_map(|path| files.text(path)));
        let (names, layout) = (by_name(&sheets), Layout::of(files));
        Self { pages, aliases, redirects, layout, has_content, names, documents, addresses }
    }

    /// Whether a document is a page of the site.
    pub(super) fn has_page(&self, path: &str) -> bool {
        !self.has_content || in_content(path)
    }

    /// Where a visitor comes who follows this path from a page.
    pub(super) fn visited(&self, from: &str, to: &str, files: &dyn Files) -> Arrival {
        // Beside the document: another document, which Hugo turns into its page's address, or a picture.
        if !to.starts_with('/')
            && let Some(beside) = path::joined(path::folder(from), to)
            && files.entry(&beside) == Some(Entry::File)
        {
            return Arrival::At { path: beside, moved: None };
        }
        let at = |folder: &str, to: &str| {
            path::joined(folder, to).map_or(Arrival::Outside, |address| {
                let folder = address.strip_suffix("index.html").map(|folder| folder.trim_end_matches('/'));
                self.at(folder.unwrap_or(&address), to.ends_with('/'), files)
            })
        };
        if let Some(from_root) = to.strip_prefix('/') {
            return at("", from_root);
        }
        // As a browser goes, from the page's address; or as a site's render hook goes, from the document's folder.
        let own = self.addresses.get(from).map_or("", String::as_str);
        match at(own, to) {
            Arrival::Nothing { .. } | Arrival::Outside | Arrival::Unknown(_) => {
                let beside = at(path::folder(below_content(from)), to);
                if matches!(beside, Arrival::Nothing { .. } | Arrival::Unknown(_)) { at(own, to) } else { beside }
            }
            there => there,
        }
    }

    /// The document that `ref` names from a page.
    pub(super) fn named(&self, from: &str, name: &str) -> Arrival {
        if name.is_empty() {
            return Arrival::At { path: from.to_owned(), moved: None };
        }
        let within = |path: Option<String>| {
            let path = path?.to_lowercase();
            self.documents.get(path::page(&path)).or_else(|| self.documents.get(&path)).cloned()
        };
        let direct = if let Some(from_root) = name.strip_prefix('/') {
            within(path::joined("", from_root))
        } else {
            let folder = path::folder(below_content(from));
            within(path::joined(folder, name)).or_else(|| within(path::joined("", name)))
        };
        if let Some(path) = direct {
            return Arrival::At { path, moved: None };
        }
        let named = self.names.get(&path::name(name.trim_end_matches('/')));
        match named.map(|paths| (paths.len(), paths.first())) {
            Some((1, Some(only))) => Arrival::At { path: only.clone(), moved: None },
            Some((_, Some(_))) => Arrival::Unknown("several pages go by this name"),
            _ => match self.layout.unlike_files() {
                Some(why) => Arrival::Unknown(why),
                None => Arrival::Nothing { path: name.to_owned(), better: None },
            },
        }
    }

    /// `slash`: whether one stands behind it.
    fn at(&self, address: &str, slash: bool, files: &dyn Files) -> Arrival {
        if let Some(document) = self.pages.get(&address.to_lowercase()) {
            return Arrival::At { path: document.clone(), moved: None };
        }
        // The document's own path in the place of its page's address.
        let document = format!("{CONTENT}/{address}");
        if self.addresses.contains_key(&document) {
            return Arrival::At { path: document, moved: None };
        }
        for folder in ["static", CONTENT, "assets"] {
            for page in ["", "/index.html"] {
                let path = format!("{folder}/{address}{page}");
                if files.entry(&path) == Some(Entry::File) {
                    return Arrival::At { path, moved: None };
                }
            }
        }
        if let Some(page) = self.aliases.get(&address.to_lowercase()) {
            let document = self.pages.get(&page.to_lowercase()).cloned().unwrap_or_default();
            return Arrival::At { path: document, moved: Some(format!("/{page}/")) };
        }
        match self.redirects.of_address(address, slash) {
            Some(Led::On(to)) => return Arrival::Elsewhere(to),
            Some(Led::Within) => return Arrival::Unknown("the server fills it from another address"),
            None => {}
        }
        // Hugo makes a page for each folder at the top.
        if !address.contains('/') && files.entry(&document) == Some(Entry::Folder) {
            return Arrival::Folder(document);
        }
        match self.layout.unsure(address, files).or_else(|| self.written_otherwise(address, files)) {
            Some(why) => Arrival::Unknown(why),
            None => Arrival::Nothing { path: format!("/{address}/"), better: None },
        }
    }

    /// A page in another language or in another markup than the documents that are read.
    fn written_otherwise(&self, address: &str, files: &dyn Files) -> Option<&'static str> {
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
                .any(|path| files.entry(&format!("{CONTENT}/{path}")) == Some(Entry::File))
        });
        marked_up.then_some("a document that is no Markdown may be at this address")
    }
}

/// What a `ref` or `relref` shortcode names, in any of its forms.
pub(super) fn reference(address: &str) -> Option<String> {
    let text = address.trim().trim_start_matches('\\');
    let inside = text.strip_prefix("{{<").or_else(|| text.strip_prefix("{{%"))?;
    let inside = inside.trim().strip_prefix("relref").or_else(|| inside.trim().strip_prefix("ref"))?;
    let inside = inside.trim_start().trim_start_matches("path=");
    let quote = inside.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let (name, _) = inside[1..].split_once(quote)?;
    Some(name.to_owned())
}

/// A page's address, without slashes at its ends.
fn address(sheet: &Sheet) -> String {
    let path = below_content(&sheet.path);
    let page = path::page(path);
    if let Some(url) = &sheet.front.url {
        return url.trim_matches('/').to_owned();
    }
    match &sheet.front.slug {
        Some(slug) if !path::is_folder_page(path) || path.ends_with("/index.md") => {
            let folder = path::folder(page);
            if folder.is_empty() { slug.clone() } else { format!("{folder}/{slug}") }
        }
        _ => page.to_owned(),
    }
    .replace(' ', "-")
    .to_lowercase()
}

fn below_content(path: &str) -> &str {
    path.strip_prefix(CONTENT).and_then(|rest| rest.strip_prefix('/')).unwrap_or(path)
}

fn in_content(path: &str) -> bool {
    below_content(path).len() < path.len()
}
