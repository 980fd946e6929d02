//! The files of a commit, as links among them resolve.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::git::ObjectReader;
use linkcheck::files::{FileKind, FileSystem};

const SYMLINK_MODE: &str = "120000";
const SUBMODULE_MODE: &str = "160000";

/// The paths of a commit.
#[derive(Default)]
pub(super) struct CommitTree {
    entries: BTreeMap<String, TreeEntry>,
    folders: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct TreeEntry {
    mode: String,
    object: String,
}

impl CommitTree {
    /// Reads what `git ls-tree -r -z` prints.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut tree = Self::default();
        for entry in text.split('\0') {
            let Some((head, path)) = entry.split_once('\t') else { continue };
            let mut head = head.split(' ');
            let (Some(mode), Some(_), Some(object)) = (head.next(), head.next(), head.next()) else { continue };
            for (end, _) in path.match_indices('/') {
                if !tree.folders.contains(&path[..end]) {
                    tree.folders.insert(path[..end].to_owned());
                }
            }
            tree.entries.insert(path.to_owned(), TreeEntry { mode: mode.to_owned(), object: object.to_owned() });
        }
        tree
    }

    /// Whether a file of this path was there.
    pub(super) fn has_file(&self, path: &str) -> bool {
        self.entries.get(path).is_some_and(|entry| entry.mode != SYMLINK_MODE && entry.mode != SUBMODULE_MODE)
    }

    /// The paths that begin so.
    pub(super) fn paths_below<'a>(&'a self, beginning: &'a str) -> impl Iterator<Item = &'a str> {
        let from = self.entries.range(beginning.to_owned()..).map(|(path, _)| path.as_str());
        from.take_while(move |path| path.starts_with(beginning))
    }

    fn kind(&self, path: &str) -> Option<FileKind> {
        let path = path.trim_end_matches('/');
        if path.is_empty() || self.folders.contains(path) {
            return Some(FileKind::Folder);
        }
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        let found = ends.map(|end| (end, &path[..end])).find_map(|(end, above)| Some((end, self.entries.get(above)?)));
        let (end, entry) = found?;
        match entry.mode.as_str() {
            SUBMODULE_MODE => Some(FileKind::Unknown("it was in a submodule, which is another repository")),
            _ if end == path.len() => Some(FileKind::File),
            SYMLINK_MODE => Some(FileKind::NotInRepository("it stood behind a symlink")),
            _ => None,
        }
    }
}

/// The files of a commit below a folder of it.
pub(super) struct CommitFiles {
    tree: Arc<CommitTree>,
    objects: Arc<Mutex<ObjectReader>>,
    /// Empty, or the folder's path with a slash behind it.
    prefix: String,
}

impl CommitFiles {
    pub(super) fn new(tree: &Arc<CommitTree>, objects: &Arc<Mutex<ObjectReader>>, prefix: &str) -> Self {
        Self { tree: Arc::clone(tree), objects: Arc::clone(objects), prefix: prefix.to_owned() }
    }

    /// The bytes of a file.
    pub(super) fn read(&self, path: &str) -> Option<Vec<u8>> {
        let entry = self.tree.entries.get(&format!("{}{path}", self.prefix))?;
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).read(&entry.object)
    }
}

impl FileSystem for CommitFiles {
    fn is_repository(&self) -> bool {
        true
    }

    fn entry_kind(&self, path: &str) -> Option<FileKind> {
        self.tree.kind(&format!("{}{path}", self.prefix))
    }

    fn read_text(&self, path: &str) -> Option<String> {
        String::from_utf8(self.read(path)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_commit_are_files_folders_and_what_is_behind_links() {
        let tree = CommitTree::parse(
            b"100644 blob aa\tREADME.md\x00100644 blob bb\tdocs/a b.md\x00120000 blob cc\tlatest\x00160000 commit dd\tvendor/tool\x00",
        );
        for (path, kind) in [
            ("README.md", Some(FileKind::File)),
            ("", Some(FileKind::Folder)),
            ("docs", Some(FileKind::Folder)),
            ("docs/", Some(FileKind::Folder)),
            ("docs/a b.md", Some(FileKind::File)),
            ("docs/c.md", None),
            ("README.md/x", None),
            ("latest", Some(FileKind::File)),
            ("latest/a.md", Some(FileKind::NotInRepository("it stood behind a symlink"))),
        ] {
            assert_eq!(tree.kind(path), kind, "{path}");
        }
        assert!(matches!(tree.kind("vendor/tool/a.md"), Some(FileKind::Unknown(_))));
        assert!(tree.has_file("README.md") && !tree.has_file("latest") && !tree.has_file("docs"));
        assert_eq!(tree.paths_below("docs/").collect::<Vec<_>>(), ["docs/a b.md"]);
    }
}
