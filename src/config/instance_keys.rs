//! Single keys of the instance's file, for whoever adds a pod to it: whether they are good, the parser says.

use super::{ConfigFiles, INSTANCE_FILE};

/// The text at a key, tables first.
pub fn instance_text(files: &ConfigFiles, path: &[&str]) -> Option<String> {
    value_at(files, path)?.as_str().map(str::to_owned)
}

/// Whether there is a key.
pub fn has_instance_key(files: &ConfigFiles, path: &[&str]) -> bool {
    value_at(files, path).is_some()
}

fn value_at(files: &ConfigFiles, path: &[&str]) -> Option<toml::Value> {
    let table: toml::Table = toml::from_str(files.texts.get(INSTANCE_FILE)?).ok()?;
    path.iter().try_fold(toml::Value::Table(table), |value, key| value.get(*key).cloned())
}
