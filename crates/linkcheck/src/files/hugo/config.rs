//! What the settings of a Hugo site say of its addresses (Hugo docs, "Configuration").

mod apply;
mod ignored_files;
mod permalinks;
mod reading;

use std::collections::{BTreeMap, BTreeSet};

use super::super::{FileKind, FileSystem};
use crate::markdown::headings::hugo_ids::HugoIdForm;
use ignored_files::IgnoredFile;
pub(super) use permalinks::{PermalinkValues, Permalinks, expand as expand_permalink};
pub(super) use reading::parse_settings;

/// A language of a site.
#[derive(Debug, Clone, Default)]
pub(super) struct Language {
    /// Its key, in lower case.
    pub(super) name: String,
    /// Where its pages stand, where it has a folder of its own.
    pub(super) content_folder: Option<String>,
    weight: i64,
    is_disabled: bool,
}

/// Where files of one kind stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    /// Their folder, seen from the root of the site.
    pub(super) source: String,
    /// Where they are among the files of their kind; empty for all of them.
    pub(super) target: String,
    /// The language that it is for, if it is for one.
    pub(super) language: Option<String>,
}

/// Which template makes the links of Markdown (Hugo docs, "Link render hooks").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum LinkHookSetting {
    #[default]
    Auto,
    Always,
    Fallback,
    Never,
}

/// The settings of a site that decide its addresses.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting that is on or off")]
pub(super) struct SiteConfig {
    /// Whether there are settings at all; else what they say is not known.
    pub(super) is_found: bool,
    /// Something gives its pages addresses that cannot be told.
    is_unknown: bool,
    /// Whether a file of settings is there and cannot be read: what it says is not known.
    unreadable: bool,
    /// Folders of the pages that Hugo makes for what front matter names.
    taxonomies: Vec<String>,
    disabled_kinds: BTreeSet<String>,
    /// The formats in which pages are made, by their kind.
    outputs: BTreeMap<String, Vec<String>>,
    /// Whether the site has formats of its own, or other ones under Hugo's names.
    pub(super) has_own_formats: bool,
    /// What of the content is left out by its name.
    ignored_files: Vec<IgnoredFile>,
    /// What stands before the number of a list's page, where it is not `page`.
    pager_path: Option<String>,
    /// Whether themes or modules bring files that do not stand here.
    pub(super) brings_files: bool,
    /// The path of the site on its host, without slashes at its ends; `None` where the settings do not say.
    pub(super) base_path: Option<String>,
    content_folder: Option<String>,
    /// In their order, the first the default one; at least one.
    pub(super) languages: Vec<Language>,
    default_language: Option<String>,
    /// Whether they are listed at all, if only one: Hugo then takes the site for one of several.
    pub(super) lists_languages: bool,
    disabled_languages: BTreeSet<String>,
    /// Whether no address of the default language's folder leads to the root.
    disables_language_redirect: bool,
    pub(super) disables_aliases: bool,
    /// Whether the default language has a folder of its own, too.
    pub(super) has_prefix_for_default: bool,
    /// Each with the component that it is mounted to.
    mounts: Vec<(String, Mount)>,
    static_folders: Vec<String>,
    pub(super) permalinks: Permalinks,
    ugly_urls: UglyUrls,
    pub(super) keeps_case: bool,
    pub(super) removes_accents: bool,
    pub(super) link_hook: LinkHookSetting,
    pub(super) duplicates_resources: bool,
    pub(super) ids: HugoIdForm,
    pub(super) builds_drafts: bool,
    pub(super) builds_future: bool,
    pub(super) builds_expired: bool,
}

/// Whose addresses end with `.html`.
#[derive(Debug, Default)]
enum UglyUrls {
    #[default]
    Nobody,
    All,
    /// Those of pages in these sections.
    Sections(BTreeSet<String>),
}

impl SiteConfig {
    /// Reads the configuration files of a site.
    pub(super) fn read(files: &dyn FileSystem) -> Self {
        let mut config = Self {
            taxonomies: ["tags", "categories"].map(str::to_owned).to_vec(),
            brings_files: matches!(files.entry_kind("themes"), Some(FileKind::Folder | FileKind::OutsideRoot))
                || files.entry_kind("_vendor").is_some(),
            ..Self::default()
        };
        // Raw HTML is left out unless the settings let it stand.
        config.ids.omits_html = true;
        reading::read_settings_files(&mut config, files);
        config.ids.omits_html &= config.is_found && !config.unreadable;
        config.order_languages();
        config
    }

    /// The text of a file of settings, where there is one; one that cannot be read is remembered.
    pub(super) fn read_settings(&mut self, path: &str, files: &dyn FileSystem) -> Option<String> {
        let text = files.read_text(path);
        self.unreadable |= text.is_none() && files.entry_kind(path).is_some();
        text
    }

    /// Why the address of a page cannot be known from its file, if so.
    pub(super) fn unlike_files_reason(&self) -> Option<&'static str> {
        if self.unreadable {
            return Some("the site's settings cannot be read");
        }
        self.is_unknown.then_some("the site's settings give its pages other addresses than their files have")
    }

    /// Whether an address may be one of the pages that Hugo makes of no document (Hugo docs, "Taxonomies", "Output
    /// formats" and "Pagination"); it has no language any more.
    pub(super) fn is_made_by_hugo(&self, address: &str) -> bool {
        let parts: Vec<&str> = address.split('/').collect();
        let last = parts.last().copied().unwrap_or_default();
        let ending = last.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        let is_disabled = |kind: &str| self.disabled_kinds.contains(kind);
        if last == "index.xml" && is_disabled("rss") {
            return false;
        }
        let is_generated = match (parts.as_slice(), ending.as_deref()) {
            ([.., pager, number], _) if *pager == self.pager_path.as_deref().unwrap_or("page") => {
                number.bytes().all(|byte| byte.is_ascii_digit())
            }
            (["404.html" | "robots.txt"], _) | (_, Some("xml" | "json" | "ics" | "webmanifest")) => true,
            _ => false,
        };
        is_generated || self.is_term(address)
    }

    /// Whether pages of a kind are not made (Hugo docs, "Page kinds").
    pub(super) fn is_disabled_kind(&self, kind: &str) -> bool {
        self.disabled_kinds.contains(kind)
    }

    /// Whether a page of a kind that Hugo makes by itself surely is no HTML.
    pub(super) fn makes_no_html(&self, kind: &str) -> bool {
        let is_other = |formats: &Vec<String>| !formats.iter().any(|format| format.eq_ignore_ascii_case("html"));
        self.is_disabled_kind(kind) || !self.has_own_formats && self.outputs.get(kind).is_some_and(is_other)
    }

    /// The formats in which pages of a kind are made, where the settings say.
    pub(super) fn outputs(&self, kind: &str) -> Option<&Vec<String>> {
        self.outputs.get(kind)
    }

    /// Whether a file of the content is left out by its name.
    pub(super) fn is_ignored_file(&self, path: &str) -> bool {
        self.ignored_files.iter().any(|ignored| ignored.matches(path))
    }

    /// Whether a path is one of a taxonomy: its list, or the page of a term.
    pub(super) fn is_term(&self, path: &str) -> bool {
        let is_disabled = |kind: &str| self.disabled_kinds.contains(kind);
        let first = path.split('/').next().unwrap_or_default();
        !(is_disabled("taxonomy") && is_disabled("term"))
            && self.taxonomies.iter().any(|folder| first.eq_ignore_ascii_case(folder))
    }

    /// The folders with files of a kind: where they are mounted, else the one that Hugo's settings name.
    pub(super) fn folders(&self, component: &str) -> Vec<Mount> {
        let mounted: Vec<Mount> =
            self.mounts.iter().filter(|(own, _)| own == component).map(|(_, mount)| mount.clone()).collect();
        if !mounted.is_empty() {
            return mounted;
        }
        let whole = |source: &str| Mount { source: source.to_owned(), target: String::new(), language: None };
        match component {
            "content" => {
                let own = |language: &Language| {
                    let source = language.content_folder.as_ref()?;
                    Some(Mount { language: Some(language.name.clone()), ..whole(source) })
                };
                let mut folders: Vec<Mount> = self.languages.iter().filter_map(own).collect();
                if folders.len() < self.languages.len() || folders.is_empty() {
                    folders.push(whole(self.content_folder.as_deref().unwrap_or(super::CONTENT_FOLDER)));
                }
                folders
            }
            "static" if !self.static_folders.is_empty() => self.static_folders.iter().map(|path| whole(path)).collect(),
            component => vec![whole(component)],
        }
    }

    /// The index of a language.
    pub(super) fn find_language(&self, name: &str) -> Option<usize> {
        self.languages.iter().position(|language| language.name.eq_ignore_ascii_case(name))
    }

    /// Whether a language is one whose pages are not built.
    pub(super) fn is_disabled_language(&self, name: &str) -> bool {
        !self.disabled_languages.is_empty() && self.disabled_languages.contains(&name.to_lowercase())
    }

    /// What stands before the addresses of a language, without slashes at its ends.
    pub(super) fn language_prefix(&self, language: usize) -> &str {
        let has_prefix = language != 0 || self.has_prefix_for_default;
        if has_prefix { self.languages.get(language).map_or("", |language| &language.name) } else { "" }
    }

    /// Whether an address is the folder of the default language, which stands at the root and is led on from there.
    pub(super) fn is_led_to_root(&self, address: &str) -> bool {
        self.languages.len() > 1
            && !self.has_prefix_for_default
            && !self.disables_language_redirect
            && self.languages[0].name == address
    }

    /// Whether addresses of pages in a section end with `.html`.
    pub(super) fn is_ugly(&self, section: &str) -> bool {
        match &self.ugly_urls {
            UglyUrls::Nobody => false,
            UglyUrls::All => true,
            UglyUrls::Sections(sections) => sections.contains(section),
        }
    }

    /// The default language first, the others by weight; a site without languages has the default one.
    fn order_languages(&mut self) {
        let default = self.default_language.clone().unwrap_or_else(|| "en".to_owned());
        let disabled = { &self.languages }.iter().filter(|language| language.is_disabled);
        self.disabled_languages.extend(disabled.map(|language| language.name.clone()));
        let disabled = &self.disabled_languages;
        self.languages.retain(|language| !disabled.contains(&language.name));
        self.languages.sort_by_key(|language| (language.name != default, language.weight));
        if self.languages.is_empty() {
            self.languages.push(Language { name: default, ..Language::default() });
        }
    }
}
