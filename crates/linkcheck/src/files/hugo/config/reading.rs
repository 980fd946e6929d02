//! The files that settings stand in (Hugo docs, "Configuration", "Configuration directory").

use serde_json::Value;

use super::{FileSystem, SiteConfig};

/// Folders with settings, each with a slash behind it; a later one's count before an earlier one's.
const FOLDERS: [&str; 3] = ["", "config/_default/", "config/production/"];
/// Files with all settings.
const MAIN_CONFIG_NAMES: [&str; 2] = ["hugo", "config"];
/// Settings that may have a file of their own.
const SPLIT_CONFIG_KEYS: [&str; 10] = [
    "permalinks",
    "languages",
    "module",
    "taxonomies",
    "markup",
    "cascade",
    "frontmatter",
    "uglyurls",
    "outputs",
    "outputformats",
];
const ENDINGS: [&str; 4] = ["toml", "yaml", "yml", "json"];
/// Options with which a pipeline builds what the settings leave out.
const BUILD_OPTIONS: [(&str, &str); 6] = [
    ("--buildDrafts", "builddrafts"),
    (" -D", "builddrafts"),
    ("--buildFuture", "buildfuture"),
    (" -F", "buildfuture"),
    ("--buildExpired", "buildexpired"),
    (" -E", "buildexpired"),
];

/// Reads all settings in, as far as they say something of addresses.
pub(super) fn read_settings_files(config: &mut SiteConfig, files: &dyn FileSystem) {
    for folder in FOLDERS {
        for ending in ENDINGS {
            for name in MAIN_CONFIG_NAMES {
                let path = format!("{folder}{name}.{ending}");
                let Some(text) = config.read_settings(&path, files) else { continue };
                config.is_found = true;
                match parse_settings(&text, ending) {
                    Some(Value::Object(settings)) => {
                        settings.iter().for_each(|(key, value)| config.apply_setting(&key.to_lowercase(), value));
                    }
                    Some(_) => {}
                    None => config.unreadable = true,
                }
            }
            for key in SPLIT_CONFIG_KEYS.iter().filter(|_| !folder.is_empty()) {
                let path = format!("{folder}{key}.{ending}");
                let Some(text) = config.read_settings(&path, files) else { continue };
                config.is_found = true;
                match parse_settings(&text, ending) {
                    Some(value) => config.apply_setting(key, &value),
                    None => config.unreadable = true,
                }
            }
        }
    }
    if let Some(pipeline) = files.read_text(".gitlab-ci.yml").filter(|pipeline| pipeline.contains("hugo")) {
        let named = BUILD_OPTIONS.iter().filter(|(option, _)| pipeline.contains(option));
        named.for_each(|(_, key)| config.apply_setting(key, &Value::Bool(true)));
    }
}

/// What a file of settings or data says.
pub(in super::super) fn parse_settings(text: &str, ending: &str) -> Option<Value> {
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
