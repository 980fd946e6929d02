//! Redirects that a template writes: which addresses they may be for (Hugo docs, "URL management", "Server-side
//! redirection").

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::config::parse_settings;
use crate::files::FileSystem;

/// The most texts of a data file that are kept.
const MOST_TEXTS: usize = 50_000;

/// The rules of a template whose addresses are made when the site is built.
#[derive(Debug, Default)]
pub(super) struct TemplatedRules {
    /// What each begins with.
    prefixes: Vec<String>,
    /// What may stand behind that; `None` where it is not known.
    texts: Option<BTreeSet<String>>,
    /// The beginnings of those that end with `*`.
    stems: Vec<String>,
}

impl TemplatedRules {
    /// The rules that stand in a template as they are, and the others.
    pub(super) fn split(text: &str, files: &dyn FileSystem) -> (String, Self) {
        let (mut plain, mut found) = (String::new(), Self::default());
        for line in text.lines() {
            if !line.contains("{{") {
                plain.push_str(line);
                plain.push('\n');
            } else if is_rule(line) {
                let before = line.split("{{").next().unwrap_or_default().trim_start();
                found.prefixes.push(before.split_whitespace().next_back().unwrap_or_default().to_owned());
            }
        }
        found.texts = read_texts(text, files);
        let stems = found.texts.iter().flatten().filter_map(|text| text.strip_suffix('*'));
        found.stems = stems.map(|stem| stem.trim_matches('/').to_owned()).collect();
        (plain, found)
    }

    /// Whether one of them may be for an address without slashes at its ends.
    pub(super) fn may_match(&self, address: &str) -> bool {
        let address = format!("/{address}");
        self.prefixes.iter().any(|prefix| {
            let Some(rest) = address.strip_prefix(prefix.as_str()).map(|rest| rest.trim_matches('/')) else {
                return false;
            };
            let Some(texts) = &self.texts else { return true };
            texts.contains(rest) || self.stems.iter().any(|stem| rest.starts_with(stem.as_str()))
        })
    }
}

/// Whether a line with actions writes a rule: something stands beside them, or two of them side by side.
fn is_rule(line: &str) -> bool {
    let outside: Vec<&str> =
        line.split("{{").map(|part| part.split_once("}}").map_or(part, |(_, behind)| behind)).collect();
    outside.iter().any(|text| !text.trim().is_empty())
        || outside.iter().skip(1).rev().skip(1).any(|text| text.contains(' '))
}

/// All texts in the data that a template goes through, without slashes at their ends; nothing for the aliases of pages,
/// which are known; `None` where it takes something else.
fn read_texts(template: &str, files: &dyn FileSystem) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut is_known = template.contains("Aliases");
    for behind in template.split("Data.").skip(1) {
        let end = behind.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.'))).unwrap_or(behind.len());
        let value = read_data(&behind[..end], files)?;
        collect_texts(&value, &mut found);
        is_known = true;
    }
    is_known.then_some(found)
}

/// A file of the site's data: `a.b` is a key of `a`, or the file `b` in the folder `a`.
fn read_data(name: &str, files: &dyn FileSystem) -> Option<Value> {
    let path = name.trim_matches('.').replace('.', "/");
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    for end in ends.collect::<Vec<_>>().into_iter().rev() {
        for ending in ["yaml", "yml", "toml", "json"] {
            if let Some(text) = files.read_text(&format!("data/{}.{ending}", &path[..end])) {
                return parse_settings(&text, ending);
            }
        }
    }
    None
}

fn collect_texts(value: &Value, found: &mut BTreeSet<String>) {
    let mut open = vec![value];
    while let Some(value) = open.pop().filter(|_| found.len() < MOST_TEXTS) {
        match value {
            Value::String(text) => drop(found.insert(text.trim_matches('/').to_owned())),
            Value::Array(values) => open.extend(values),
            Value::Object(entries) => {
                found.extend(entries.keys().map(|key| key.trim_matches('/').to_owned()));
                open.extend(entries.values());
            }
            _ => {}
        }
    }
}
