//! Pages of a site that no document shows: listings, and what may be made when the site is built.

use super::content::{below, join};
use super::{CONTENT_FOLDER, Destination, FileKind, FileSystem, HugoSite, file_or_outside};

/// Markup of pages that are no documents here.
const OTHER_MARKUP: [&str; 5] = ["html", "adoc", "org", "rst", "pdc"];

/// The file with what the server redirects.
const REDIRECTS_FILE: &str = "_redirects";

impl HugoSite {
    /// The page that Hugo makes for each folder at the top that has pages, and for the site itself.
    pub(super) fn find_listing(&self, address: &str) -> Option<Destination> {
        if address.is_empty() && self.config.has_prefix_for_default {
            return Some(Destination::Redirected(format!("/{}/", self.config.language_prefix(0))));
        }
        if self.config.is_led_to_root(address) {
            return Some(Destination::Redirected("/".to_owned()));
        }
        (0..self.config.languages.len()).find_map(|language| {
            let folder = below(address, self.config.language_prefix(language))?;
            if folder.contains('/') {
                return None;
            }
            if self.config.makes_no_html(if folder.is_empty() { "home" } else { "section" }) {
                return None;
            }
            let first = if folder.is_empty() { String::new() } else { format!("{folder}/") };
            let (_, at) = self.by_key.range((language, first.clone())..).next()?;
            let (own, key) = (self.pages[*at].content.language, self.pages[*at].content.key());
            (own == language && key.starts_with(&first)).then(|| Destination::Folder(join(CONTENT_FOLDER, folder)))
        })
    }

    /// Why something may be at an address, though nothing is that is known.
    pub(super) fn may_exist_reason(&self, address: &str, files: &dyn FileSystem) -> Option<&'static str> {
        if let Some(why) = self.config.unlike_files_reason() {
            return Some(why);
        }
        // GitLab docs, "GitLab Pages redirects": the file itself is served, too.
        if address == REDIRECTS_FILE && self.redirects.are_written() {
            return Some("a template makes it when the site is built");
        }
        if self.redirects.may_be_made_for(address) {
            return Some("a template of redirects may lead it on when the site is built");
        }
        let languages = || {
            (0..self.config.languages.len())
                .filter_map(|language| Some((language, below(address, self.config.language_prefix(language))?)))
        };
        if languages().any(|(_, rest)| self.config.is_made_by_hugo(rest)) {
            return Some("Hugo makes such pages when the site is built");
        }
        let ending = address.rsplit('/').next().and_then(|last| last.rsplit_once('.')).map(|(_, ending)| ending);
        if self.config.brings_files && ending.is_some_and(|ending| ending != "html" && ending != "md") {
            return Some("a theme may bring it when the site is built");
        }
        let is_of_theme = self.theme_contents.iter().any(|folder| {
            ["", ".md", "/_index.md", "/index.md"]
                .iter()
                .any(|end| files.entry_kind(&format!("{}{end}", join(folder, address))) == Some(FileKind::File))
        });
        if is_of_theme {
            return Some("a theme may bring it when the site is built");
        }
        let has_assets = || !self.config.is_found || files.entry_kind("assets").is_some();
        if ending.is_some_and(|ending| matches!(ending, "css" | "js")) && has_assets() {
            return Some("a template may make it of the site's assets");
        }
        let is_asset = |path: &str| self.find_resource(None, path, files).is_some();
        if is_asset(address) {
            return Some("it is published only where a template uses it");
        }
        let has_template = languages().any(|(language, rest)| {
            let parts: Vec<&str> = rest.split('/').collect();
            let mut folders = (0..parts.len()).map(|end| parts[..end].join("/"));
            folders.any(|folder| {
                let sources = self.content.source_paths(&folder, language, &self.config);
                sources.iter().any(|source| files.entry_kind(&join(source, "_content.gotmpl")) == Some(FileKind::File))
            })
        });
        if has_template {
            return Some("a template makes pages here when the site is built");
        }
        if self.has_unknown_address {
            return Some("pages of the site have addresses that are made when it is built");
        }
        languages().find_map(|(language, rest)| self.other_markup_reason(rest, language, files))
    }

    /// Why there may be a page in another language or in another markup than the documents that are read.
    fn other_markup_reason(&self, address: &str, language: usize, files: &dyn FileSystem) -> Option<&'static str> {
        if !self.config.is_found {
            let lower = address.to_lowercase();
            let (named, rest) = lower.split_once('/').unwrap_or((&lower, ""));
            let translated = [format!("{rest}.{named}"), format!("{rest}/_index.{named}"), format!("_index.{named}")];
            if translated
                .iter()
                .any(|path| self.by_key.contains_key(&(language, path.trim_start_matches('/').to_owned())))
            {
                return Some("a document in another language may be at this address");
            }
        }
        let sources = self.content.source_paths(address, language, &self.config);
        let is_there = |path: String| file_or_outside(path, files).is_some();
        let marked_up = OTHER_MARKUP.iter().any(|ending| {
            sources.iter().any(|source| {
                [format!("{source}.{ending}"), format!("{source}/_index.{ending}"), format!("{source}/index.{ending}")]
                    .into_iter()
                    .any(is_there)
            })
        });
        marked_up.then_some("a document that is no Markdown may be at this address")
    }
}
