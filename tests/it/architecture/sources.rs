//! The sources of the three packages, as text.

use std::path::{Path, PathBuf};

use crate::support::repository_root;

/// The sources of the program.
pub(super) const PROGRAM: &str = "src";
/// Those of the link check.
pub(super) const LINKCHECK: &str = "crates/linkcheck/src";
/// Those of the sandbox.
pub(super) const SANDBOX: &str = "crates/gitlab-sandbox/src";

/// A source file: its path below its package, and its text without comments and without `tests` modules.
pub(super) struct Source {
    pub(super) package: &'static str,
    pub(super) path: String,
    pub(super) code: String,
}

impl Source {
    /// The folder, or the file beside `lib.rs`, that it belongs to: the first part of its path.
    pub(super) fn folder(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// Every identifier that follows these characters.
    pub(super) fn words_behind<'a>(&'a self, start: &str) -> Vec<&'a str> {
        let word = |(at, _): (usize, &str)| {
            let rest = &self.code[at + start.len()..];
            &rest[..rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())]
        };
        self.code.match_indices(start).map(word).collect()
    }
}

/// All sources of a package; a module's own tests may use what they like.
pub(super) fn sources(package: &'static str) -> Vec<Source> {
    let src = repository_root().join(package);
    let rust = files_below(&src).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
    let sources = rust.map(|path| {
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        Source { package, path: path.strip_prefix(&src).unwrap().to_str().unwrap().to_owned(), code }
    });
    let is_test = |path: &str| path.split('/').any(|part| matches!(part, "tests" | "tests.rs"));
    sources.filter(|source| !is_test(&source.path)).collect()
}

/// All files below a folder, in order.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Whether a text holds a word that no identifier or path begins before.
pub(super) fn holds_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    })
}
