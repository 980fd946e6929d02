//! What of a Hugo site no document shows: pages that Hugo makes itself, what themes bring, and settings that give
//! pages other addresses than those of their files (Hugo docs, "Configuration").

use serde_json::Value;

use super::{CONTENT_FOLDER, FileKind, FileSystem};

/// Folders with settings, each with a slash behind it.
const FOLDERS: [&str; 3] = ["", "config/_default/", "config/production/"];
/// Files with all settings.
const MAIN_CONFIG_NAMES: [&str; 2] = ["hugo", "config"];
/// Settings that may have a file of their own.
const SPLIT_CONFIG_KEYS: [&str; 4] = ["permalinks", "languages", "module", "taxonomies"];
const ENDINGS: [&str; 4] = ["toml", "yaml", "yml", "json"];

/// The settings of a site that decide its addresses.
pub(super) struct SiteConfig {
    unlike_files: bool,
    /// Whether a file of settings is there and cannot be read: what it says is not known.
    unreadable: bool,
    /// Folders of the pages that Hugo makes for what front matter names.
    taxonomies: Vec<String>,
    /// Whether themes or modules bring files that do not stand here.
    brings_files: bool,
}

impl SiteConfig {
    /// Reads the configuration files of a site.
    pub(super) fn read(files: &dyn FileSystem) -> Self {
        let taxonomies = ["tags", "categories"].map(str::to_owned).to_vec();
        let brings_files = matches!(files.entry_kind("themes"), Some(FileKind::Folder | FileKind::OutsideRoot))
            || files.entry_kind("_vendor").is_some();
        let mut layout = Self { unlike_files: false, unreadable: false, taxonomies, brings_files };
        for folder in FOLDERS {
            for ending in ENDINGS {
                for name in MAIN_CONFIG_NAMES {
                    let path = format!("{folder}{name}.{ending}");
                    let Some(text) = layout.read_settings(&path, files) else { continue };
                    match parse_config(&text, ending) {
                        Some(Value::Object(settings)) => {
                            settings.iter().for_each(|(key, value)| layout.apply_setting(&key.to_lowercase(), value));
                        }
                        Some(_) => {}
                        None => layout.unlike_files = true,
                    }
                }
                for key in SPLIT_CONFIG_KEYS.iter().filter(|_| !folder.is_empty()) {
                    let path = format!("{folder}{key}.{ending}");
                    let Some(text) = layout.read_settings(&path, files) else { continue };
                    match parse_config(&text, ending) {
                        Some(value) => layout.apply_setting(key, &value),
                        None => layout.unlike_files = true,
                    }
                }
            }
        }
        layout
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
        self.unlike_files.then_some("the site's settings give its pages other addresses than their files have")
    }

    /// Why something may be at an address, though no file is.
    pub(super) fn may_exist_reason(&self, address: &str, files: &dyn FileSystem) -> Option<&'static str> {
        if let Some(why) = self.unlike_files_reason() {
            return Some(why);
        }
        let parts: Vec<&str> = address.split('/').collect();
        let last = parts.last().copied().unwrap_or_default();
        let ending = last.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        let made = match (parts.as_slice(), ending.as_deref()) {
            ([.., "page", number], _) => number.bytes().all(|byte| byte.is_ascii_digit()),
            (["404.html" | "robots.txt"], _) | (_, Some("xml" | "json" | "css" | "js" | "ics" | "webmanifest")) => true,
            _ => false,
        };
        if made || self.taxonomies.iter().any(|folder| parts[0].eq_ignore_ascii_case(folder)) {
            return Some("Hugo makes such pages when the site is built");
        }
        if self.brings_files && ending.is_some_and(|ending| ending != "html") {
            return Some("a theme may bring it when the site is built");
        }
        let mut folders = (0..parts.len()).map(|end| [&[CONTENT_FOLDER], &parts[..end]].concat().join("/"));
        let template =
            folders.any(|folder| files.entry_kind(&format!("{folder}/_content.gotmpl")) == Some(FileKind::File));
        template.then_some("a template makes pages here when the site is built")
    }

    /// Takes a setting in; Hugo reads their names in any letter case.
    fn apply_setting(&mut self, key: &str, value: &Value) {
        let entries = || value.as_object().into_iter().flatten();
        match key {
            "permalinks" | "uglyurls" | "defaultcontentlanguageinsubdir" => self.unlike_files |= is_set(value),
            "contentdir" => self.unlike_files |= value != CONTENT_FOLDER,
            // One language alone lives where all pages would.
            "languages" => {
                self.unlike_files |= entries().count() > 1;
                for (key, value) in entries().filter_map(|(_, language)| language.as_object()).flatten() {
                    let key = key.to_lowercase();
                    self.unlike_files |= key == "contentdir" && value != CONTENT_FOLDER;
                    self.brings_files |= key == "staticdir";
                }
            }
            "module" => {
                for (key, value) in entries() {
                    match key.to_lowercase().as_str() {
                        "mounts" => self.unlike_files |= is_set(value),
                        "imports" => self.brings_files |= is_set(value),
                        _ => {}
                    }
                }
            }
            "taxonomies" => self.taxonomies.extend(entries().filter_map(|(_, name)| name.as_str()).map(str::to_owned)),
            "theme" | "staticdir" => self.brings_files = true,
            _ => {}
        }
    }
}

fn parse_config(text: &str, ending: &str) -> Option<Value> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_nodes: 50_000, max_events: 200_000, max_depth: 32, max_aliases: 50 },
        with_snippet: false,
    };
    match ending {
        "toml" => toml::from_str(text).ok(),
        "json" => serde_json::from_str(text).ok(),
        _ => serde_saphyr::from_str_with_options(text, options).ok(),
    }
}

/// Whether a setting is more than empty or off.
fn is_set(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(values) => !values.is_empty(),
        Value::Object(values) => !values.is_empty(),
        _ => true,
    }
}
