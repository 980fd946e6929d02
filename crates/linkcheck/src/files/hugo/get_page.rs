//! Which page a name stands for, as Hugo's `GetPage`, `ref` and its link render hook find it
//! (`hugolib/pagecollections.go`).

use super::content::{PageKind, join, path_key};
use super::{CONTENT_FOLDER, Destination, HugoSite, Page, Publication};
use crate::files::path;

impl HugoSite {
    /// The document that `ref` names from a page, perhaps in another language.
    pub(in crate::files) fn resolve_ref(&self, from: &str, name: &str, language: Option<&str>) -> Destination {
        let page = self.find_page(from);
        let own = page.map_or(0, |page| page.content.language);
        let language = match language.map(|language| self.config.find_language(language)) {
            None => own,
            Some(Some(language)) => language,
            Some(None) if !self.config.is_found => return Destination::Unknown("the site's languages are not known"),
            Some(None) => match self.config.unlike_files_reason() {
                Some(why) => return Destination::Unknown(why),
                None => return Destination::Missing { path: name.to_owned(), better: None },
            },
        };
        if name.is_empty() && language == own {
            return Destination::File { path: from.to_owned(), moved: None };
        }
        if let Some(at) = self.get_page_in(page, name, language, true) {
            return match &self.pages[at] {
                // It has no address, and the link leads nowhere.
                Page { publication: Publication::Unknown(why), .. } => Destination::Unknown(why),
                _ => self.page_destination(at),
            };
        }
        if let Some(made) = self.find_made_page(name, language) {
            return made;
        }
        let named = self.names.get(&(language, path::page_name(name.trim_end_matches('/'))));
        match named.map(|pages| (pages.len(), pages.first())) {
            Some((1, Some(only))) => self.page_destination(*only),
            Some((_, Some(_))) => Destination::Unknown("several pages go by this name"),
            _ => match self.config.unlike_files_reason() {
                Some(why) => Destination::Unknown(why),
                None => Destination::Missing { path: name.to_owned(), better: None },
            },
        }
    }

    /// A page that Hugo makes without a document: that of the site, of a folder at the top or of a taxonomy.
    pub(super) fn find_made_page(&self, name: &str, language: usize) -> Option<Destination> {
        let key = path_key(name.trim_matches('/'));
        let is_section = self.bundles.has_section(&join(self.config.language_prefix(language), &key))
            && !self.config.is_disabled_kind("section");
        if name == "/" || (!key.is_empty() && is_section) {
            return Some(Destination::Folder(join(CONTENT_FOLDER, &key)));
        }
        (!key.is_empty() && self.config.is_term(&key))
            .then_some(Destination::Unknown("Hugo makes such pages when the site is built"))
    }

    /// The page of a name in the language of the page that it is seen from.
    pub(super) fn get_page(&self, from: Option<&Page>, name: &str, is_ref: bool) -> Option<usize> {
        self.get_page_in(from, name, from.map_or(0, |page| page.content.language), is_ref)
    }

    /// The page of a name, seen from another page; `is_ref`: by an address of the root, too, where it begins without a
    /// slash or a dot.
    fn get_page_in(&self, from: Option<&Page>, name: &str, language: usize, is_ref: bool) -> Option<usize> {
        let name = name.strip_prefix("./").unwrap_or(name);
        let name = if name == "/" { name } else { name.trim_end_matches('/') };
        if name.is_empty() {
            return None;
        }
        let has_ending = name.rsplit('/').next().is_some_and(|last| last.contains('.') && last != "." && last != "..");
        if let Some(from_root) = name.strip_prefix('/') {
            return self.find_by_path("", from_root, language);
        }
        if let Some(page) = from {
            let content = &page.content;
            let is_above = has_ending && name.starts_with("../");
            let base = if content.kind == PageKind::Branch || is_above { &content.folder } else { content.container() };
            let found = self.find_by_path(base, name, language).or_else(|| {
                // By the file's own place.
                let beside = path::join(path::parent(&page.document), name)?;
                let found = self.by_document.get(&beside).copied().filter(|_| has_ending)?;
                (language == content.language).then_some(found)
            });
            if found.is_some() {
                return found;
            }
        }
        if name.starts_with('.') && !is_ref {
            return None;
        }
        self.find_by_path("", name, language)
    }

    /// The page at a path of the site's content; drafts and the like are not there.
    fn find_by_path(&self, folder: &str, name: &str, language: usize) -> Option<usize> {
        let path = path_key(&path::join(folder, name)?);
        let by_key = |key: &str| self.by_key.get(&(language, key.to_owned())).copied();
        let is_markdown = crate::markdown::headings::is_markdown_path(&path)
            || path.rsplit_once('.').is_some_and(|(_, ending)| ending == "html");
        let stem = path::page_path(&path);
        let bare = if is_markdown { stem } else { path.as_str() };
        let bare = bare.strip_suffix("/index").unwrap_or(bare);
        by_key(bare).or_else(|| {
            // With the language in its name.
            let (without, named) = bare.rsplit_once('.')?;
            let language = self.config.find_language(named)?;
            let key = without.strip_suffix("/_index").or_else(|| without.strip_suffix("/index")).unwrap_or(without);
            self.by_key.get(&(language, key.to_owned())).copied()
        })
    }
}
