//! What of a checkout is in its repository: what git tracks, and what it would add.
//!
//! The rules are git's (`gitignore(5)`): the `.gitignore` of every folder, the nearest first, then `info/exclude`. What
//! a person ignores on their own machine alone (`core.excludesFile`) is no rule of the repository.

mod index;
mod path_globs;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::config::regular_file::{MAX_TEXT_FILE_BYTES, read_file_start, read_regular_file, read_regular_text};
use index::GitIndex;
pub(super) use path_globs::PathGlobs;

/// Folders that hold what was built or fetched, or git's own files: nothing in them is anybody's document.
const NEVER_READ: [&str; 3] = [".git", "node_modules", "target"];
/// An index of a million files has a fifth of this.
const MAX_INDEX_BYTES: usize = 1024 * 1024 * 1024;

/// A repository on this machine.
pub(super) struct Repository {
    root: PathBuf,
    /// Git's own folder, which in a worktree and in a submodule stands elsewhere.
    git_folder: PathBuf,
    exclude: Option<Arc<Gitignore>>,
    /// By path from the root.
    folders: Mutex<BTreeMap<String, Arc<FolderRules>>>,
    index: OnceLock<GitIndex>,
}

/// What counts in a folder.
struct FolderRules {
    is_ignored: bool,
    /// The rules of this folder and those above it, the nearest first, each with the length of its folder's path.
    rules: Vec<(usize, Arc<Gitignore>)>,
}

impl Repository {
    /// The repository whose root this is, if it is one's.
    pub(super) fn at(root: &Path) -> Option<Self> {
        let git_folder = find_git_folder(root)?;
        let common = read_regular_text(&git_folder.join("commondir"), MAX_TEXT_FILE_BYTES);
        let common = common.map_or_else(|_| git_folder.clone(), |path| git_folder.join(path.trim_end()));
        let exclude = read_rules(&common.join("info/exclude")).map(Arc::new);
        let (folders, index) = (Mutex::default(), OnceLock::new());
        Some(Self { root: root.to_owned(), git_folder, exclude, folders, index })
    }

    /// Whether git leaves out what stands at a path: it ignores it and does not track it.
    pub(super) fn leaves_out(&self, path: &str, is_folder: bool) -> bool {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let rules = self.folder_rules(folder);
        if !rules.is_ignored && !self.is_ignored_by(&rules, path, name, is_folder) {
            return false;
        }
        if is_folder { !self.index().tracks_below(path) } else { !self.index().tracks(path) }
    }

    /// Whether a folder, named by its path from the root, is left out or stands in one that is.
    pub(super) fn leaves_out_folder(&self, folder: &str) -> bool {
        !folder.is_empty() && self.leaves_out(folder, true)
    }

    /// Whether a path stands in another repository that this one names.
    pub(super) fn is_in_submodule(&self, path: &str) -> bool {
        self.index().is_in_submodule(path)
    }

    fn is_ignored_by(&self, rules: &FolderRules, path: &str, name: &str, is_folder: bool) -> bool {
        if is_folder && is_never_read(name) {
            return true;
        }
        let own = rules.rules.iter().map(|(above, rules)| rules.matched(&path[*above..], is_folder));
        let exclude = self.exclude.iter().map(|rules| rules.matched(path, is_folder));
        own.chain(exclude).find(|found| !found.is_none()).is_some_and(|found| matches!(found, Match::Ignore(_)))
    }

    /// What counts in a folder: that is found from the root down, because nothing in an ignored folder is taken back.
    fn folder_rules(&self, folder: &str) -> Arc<FolderRules> {
        let mut known = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rules) = known.get(folder) {
            return Arc::clone(rules);
        }
        let ends = folder.match_indices('/').map(|(at, _)| at).chain([folder.len()]);
        let mut here = Arc::clone(known.entry(String::new()).or_insert_with(|| {
            Arc::new(FolderRules {
                is_ignored: false,
                rules: self.read_folder_rules("").map(|rules| (0, rules)).into_iter().collect(),
            })
        }));
        for end in ends.filter(|end| *end > 0) {
            let path = &folder[..end];
            let rules = known.get(path).cloned().unwrap_or_else(|| Arc::new(self.rules_below(&here, path)));
            known.entry(path.to_owned()).or_insert_with(|| Arc::clone(&rules));
            here = rules;
        }
        here
    }

    /// What counts in a folder, by what counts in the one around it.
    fn rules_below(&self, above: &FolderRules, folder: &str) -> FolderRules {
        let name = folder.rsplit('/').next().unwrap_or_default();
        let is_ignored = above.is_ignored || self.is_ignored_by(above, folder, name, true);
        let own = self.read_folder_rules(folder).filter(|_| !is_ignored).map(|rules| (folder.len() + 1, rules));
        FolderRules { is_ignored, rules: own.into_iter().chain(above.rules.iter().cloned()).collect() }
    }

    fn read_folder_rules(&self, folder: &str) -> Option<Arc<Gitignore>> {
        read_rules(&self.root.join(folder).join(".gitignore")).map(Arc::new)
    }

    /// Read when it is needed first: most links are those to files that nothing ignores.
    fn index(&self) -> &GitIndex {
        self.index.get_or_init(|| {
            let bytes = read_regular_file(&self.git_folder.join("index"), MAX_INDEX_BYTES);
            bytes.ok().and_then(|bytes| GitIndex::parse(&bytes)).unwrap_or_default()
        })
    }
}

/// Whether a folder of this name holds nobody's documents.
pub(super) fn is_never_read(name: &str) -> bool {
    NEVER_READ.contains(&name)
}

/// Git's own folder of a repository: `.git`, or where a file of this name says (`gitrepository-layout(5)`).
fn find_git_folder(root: &Path) -> Option<PathBuf> {
    let here = root.join(".git");
    if here.is_dir() {
        return Some(here);
    }
    let text = read_regular_text(&here, MAX_TEXT_FILE_BYTES).ok()?;
    Some(root.join(text.strip_prefix("gitdir:")?.trim()))
}

/// The rules of a file; git follows no symlink to one.
fn read_rules(path: &Path) -> Option<Gitignore> {
    std::fs::symlink_metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    let bytes = read_file_start(path, MAX_TEXT_FILE_BYTES).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let mut builder = GitignoreBuilder::new("");
    for line in text.trim_start_matches('\u{feff}').lines() {
        // A line that is no pattern matches nothing.
        builder.add_line(None, line).ok();
    }
    builder.build().ok().filter(|rules| !rules.is_empty())
}

#[cfg(test)]
mod tests;
