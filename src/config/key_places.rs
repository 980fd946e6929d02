//! Where the keys of the configuration stand, for messages about what they name.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigFiles;
use crate::pod::diagnosis::KeyPlaces;

/// The lines of all keys of all files. Of a list of tables the first counts.
pub fn key_places(files: &ConfigFiles) -> KeyPlaces {
    let of_file = |(name, text): (&String, &String)| {
        let mut lines = BTreeMap::new();
        if let Ok(table) = DeTable::parse(text) {
            add_keys(table.get_ref(), "", text, &mut lines);
        }
        (name.clone(), lines)
    };
    let is_template = |name: &str| name.starts_with("templates/");
    let files_with_keys = files.texts.iter().filter(|(name, _)| !is_template(name));
    KeyPlaces { folder: files.folder.clone(), lines: files_with_keys.map(of_file).collect() }
}

fn add_keys(table: &DeTable<'_>, prefix: &str, text: &str, lines: &mut BTreeMap<String, usize>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}.{}", key.get_ref()) };
        let before = text.get(..key.span().start).unwrap_or(text);
        lines.entry(path.clone()).or_insert_with(|| before.matches('\n').count() + 1);
        match value.get_ref() {
            DeValue::Table(inner) => add_keys(inner, &path, text, lines),
            DeValue::Array(items) => {
                for item in items.iter().map(Spanned::get_ref) {
                    if let DeValue::Table(inner) = item {
                        add_keys(inner, &path, text, lines);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::PodKey;

    #[test]
    fn keys_of_tables_lists_and_defaults_have_their_lines() {
        let pod =
            "name = \"A\"\n\n[label]\nname = \"pod::a\"\n\n[[session]]\ncron = \"x\"\n[[session]]\ncron = \"y\"\n";
        let shared = "[gitlab]\nurl = \"u\"\n[defaults.page]\nproject = \"p\"\n";
        let texts = [("pods/a.toml", pod), ("podkeeper.toml", shared), ("templates/t.md", "# no keys")];
        let files = ConfigFiles {
            folder: "config".to_owned(),
            texts: texts.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect(),
            ..ConfigFiles::default()
        };
        let places = key_places(&files);
        let pod = PodKey::parse("a").unwrap();
        assert_eq!(places.find(&pod, "label.name"), "config/pods/a.toml:4");
        assert_eq!(places.find(&pod, "session.cron"), "config/pods/a.toml:7");
        assert_eq!(places.find(&pod, "page.project"), "config/podkeeper.toml:4");
        assert_eq!(places.find_shared("gitlab.url"), "config/podkeeper.toml:2");
        assert_eq!(places.lines.len(), 2);
    }
}
