//! What each setting changes (Hugo docs, "All settings").

use std::collections::BTreeMap;

use serde_json::Value;

use super::ignored_files::IgnoredFile;
use super::{Language, LinkHookSetting, Mount, Permalinks, SiteConfig, UglyUrls};
use crate::markdown::headings::hugo_ids::IdCharacters;

impl SiteConfig {
    /// Takes a setting in; Hugo reads their names in any letter case.
    pub(super) fn apply_setting(&mut self, key: &str, value: &Value) {
        match key {
            "baseurl" => self.base_path = value.as_str().and_then(base_path),
            "permalinks" => self.permalinks = Permalinks::parse(value),
            "uglyurls" => self.ugly_urls = parse_ugly_urls(value),
            "defaultcontentlanguage" => self.default_language = value.as_str().map(str::to_lowercase),
            "defaultcontentlanguageinsubdir" => self.has_prefix_for_default = is_on(value),
            "disabledefaultlanguageredirect" => self.disables_language_redirect = is_on(value),
            "disablelanguages" => self.disabled_languages = texts(value).map(str::to_lowercase).collect(),
            "disablealiases" => self.disables_aliases = is_on(value),
            "pagination" => self.pager_path = get(value, &["path"]).and_then(Value::as_str).map(folder_path),
            "paginatepath" => self.pager_path = value.as_str().map(folder_path),
            "disablepathtolower" => self.keeps_case = is_on(value),
            "removepathaccents" => self.removes_accents = is_on(value),
            "builddrafts" => self.builds_drafts = is_on(value),
            "buildfuture" => self.builds_future = is_on(value),
            "buildexpired" => self.builds_expired = is_on(value),
            "contentdir" => self.content_folder = value.as_str().map(folder_path),
            "languages" => self.apply_languages(value),
            "module" => self.apply_module(value),
            "taxonomies" => self.apply_taxonomies(value),
            "ignorefiles" => self.ignored_files = texts(value).filter_map(IgnoredFile::parse).collect(),
            "outputs" => self.outputs = parse_outputs(value),
            "outputformats" => self.has_own_formats |= is_set(value),
            "disablekinds" => self.disabled_kinds = texts(value).map(str::to_lowercase).collect(),
            "markup" => self.apply_markup(value),
            "theme" => self.brings_files |= is_set(value),
            "staticdir" => self.static_folders = texts(value).map(folder_path).collect(),
            "assetdir" | "layoutdir" => self.brings_files = true,
            // Other versions, roles and settings of front matter change addresses, too.
            "versions" | "roles" | "frontmatter" | "cascade" => self.is_unknown |= changes_addresses(key, value),
            _ => {}
        }
    }

    fn apply_languages(&mut self, value: &Value) {
        for (name, settings) in entries(value) {
            self.lists_languages = true;
            let name = name.to_lowercase();
            let mut language = Language { name: name.clone(), ..Language::default() };
            for (key, value) in entries(settings) {
                match key.to_lowercase().as_str() {
                    "contentdir" => language.content_folder = value.as_str().map(folder_path),
                    "weight" => language.weight = value.as_i64().unwrap_or_default(),
                    "disabled" => language.is_disabled = is_on(value),
                    "staticdir" => self.brings_files = true,
                    // One host each.
                    "baseurl" | "permalinks" | "uglyurls" | "roles" | "versions" => self.is_unknown = true,
                    _ => {}
                }
            }
            self.languages.retain(|known| known.name != name);
            self.languages.push(language);
        }
    }

    fn apply_module(&mut self, value: &Value) {
        for (key, value) in entries(value) {
            match key.to_lowercase().as_str() {
                "mounts" => self.apply_mounts(value),
                "imports" => self.brings_files |= is_set(value),
                _ => {}
            }
        }
    }

    fn apply_mounts(&mut self, value: &Value) {
        for mount in value.as_array().into_iter().flatten() {
            let mut found = Mount { source: String::new(), target: String::new(), language: None };
            for (key, value) in entries(mount) {
                match (key.to_lowercase().as_str(), value.as_str()) {
                    ("source", Some(source)) => found.source = folder_path(source),
                    ("target", Some(target)) => found.target = folder_path(target),
                    ("lang", Some(language)) => found.language = Some(language.to_lowercase()),
                    // Which files it has depends on their names, or on more than one language.
                    _ => self.is_unknown = true,
                }
            }
            let (component, below) = found.target.split_once('/').unwrap_or((&found.target, ""));
            let (component, target) = (component.to_owned(), below.to_owned());
            self.brings_files |= found.source.starts_with("..") || component == "layouts" && found.source != "layouts";
            self.mounts.push((component, Mount { target, ..found }));
        }
    }

    fn apply_taxonomies(&mut self, value: &Value) {
        // They take the place of Hugo's own.
        if value.as_object().is_some() {
            self.taxonomies = entries(value).filter_map(|(_, name)| name.as_str()).map(str::to_owned).collect();
        }
    }

    fn apply_markup(&mut self, markup: &Value) {
        let Some(goldmark) = get(markup, &["goldmark"]) else { return };
        let parser = |key: &str| get(goldmark, &["parser", key]);
        // The first is its name today.
        if let Some(kind) = parser("autoidtype").or_else(|| parser("autoheadingidtype")).and_then(Value::as_str) {
            self.ids.characters = match kind {
                "github-ascii" => IdCharacters::GithubAscii,
                "blackfriday" => IdCharacters::Blackfriday,
                _ => IdCharacters::Github,
            };
        }
        if let Some(on) = parser("autoheadingid") {
            self.ids.makes_none = !is_on(on);
        }
        if let Some(on) = get(goldmark, &["parser", "attribute", "block"]) {
            self.ids.reads_block_attributes = is_on(on);
        }
        if let Some(on) = parser("autodefinitiontermid") {
            self.ids.names_terms = is_on(on);
        }
        if let Some(on) = get(goldmark, &["renderer", "unsafe"]) {
            self.ids.omits_html = !is_on(on);
        }
        if let Some(off) = get(goldmark, &["extensions", "typographer", "disable"]) {
            self.ids.keeps_dashes = is_on(off);
        }
        if let Some(twice) = get(goldmark, &["duplicateresourcefiles"]) {
            self.duplicates_resources = is_on(twice);
        }
        let link = get(goldmark, &["renderhooks", "link"]);
        if let Some(setting) = link.and_then(|link| get(link, &["useembedded"])).and_then(Value::as_str) {
            self.link_hook = match setting {
                "always" => LinkHookSetting::Always,
                "fallback" => LinkHookSetting::Fallback,
                "never" => LinkHookSetting::Never,
                _ => LinkHookSetting::Auto,
            };
        } else if let Some(setting) = link.and_then(|link| get(link, &["enabledefault"])) {
            self.link_hook = if is_on(setting) { LinkHookSetting::Fallback } else { LinkHookSetting::Never };
        }
    }
}

/// A setting below others, whose names have any letter case.
fn get<'v>(value: &'v Value, keys: &[&str]) -> Option<&'v Value> {
    keys.iter().try_fold(value, |value, key| {
        entries(value).find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value)
    })
}

pub(super) fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// One text, or a list of them.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_str().into_iter().chain(value.as_array().into_iter().flatten().filter_map(Value::as_str))
}

/// The formats of pages by their kind.
fn parse_outputs(value: &Value) -> BTreeMap<String, Vec<String>> {
    let formats = |value: &Value| texts(value).map(str::to_owned).collect::<Vec<_>>();
    entries(value).map(|(kind, value)| (kind.to_lowercase(), formats(value))).collect()
}

/// A folder's path without what changes nothing.
fn folder_path(path: &str) -> String {
    let parts = path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".");
    parts.collect::<Vec<_>>().join("/")
}

/// The path of an address, without slashes at its ends.
fn base_path(address: &str) -> Option<String> {
    let behind = address.split_once("://").map_or(address, |(_, behind)| behind);
    // A placeholder that is filled when the site is built.
    if address.is_empty() || address.contains(['$', '{']) {
        return None;
    }
    let path = behind.split_once('/').map_or("", |(_, path)| path);
    Some(path.trim_matches('/').to_owned())
}

fn parse_ugly_urls(value: &Value) -> UglyUrls {
    if value.is_object() {
        let sections = entries(value).filter(|(_, on)| is_on(on)).map(|(section, _)| section.to_lowercase());
        return UglyUrls::Sections(sections.collect());
    }
    if is_on(value) { UglyUrls::All } else { UglyUrls::Nobody }
}

/// Whether a setting gives pages other addresses in a way that is not followed here.
fn changes_addresses(key: &str, value: &Value) -> bool {
    match key {
        "versions" | "roles" => entries(value).count() > 1,
        "cascade" => {
            let rules = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
            let is_other = |key: &str| !matches!(key, "params" | "target" | "_target" | "type" | "layout");
            rules.iter().flat_map(entries).any(|(key, _)| is_other(&key.to_lowercase()))
        }
        _ => is_set(value),
    }
}

fn is_on(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| value.as_str() == Some("true"))
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
