//! Branches and commits: what each changed, from which the files at any of them follow.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Project, World};

/// The files of one commit, by path.
type FilesByPath = BTreeMap<String, String>;

/// The history of a project's files.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Repository {
    /// Commits, by id.
    pub commits: BTreeMap<String, Commit>,
    /// The newest commit of each branch.
    pub heads: BTreeMap<String, String>,
    /// Branches that only maintainers push to.
    pub protected: BTreeSet<String>,
    /// Files that may be executed: branch → paths.
    pub executable: BTreeMap<String, BTreeSet<String>>,
}

/// A commit. What the dump of the world shows is what it changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Commit {
    /// Stands for the hash that git would make.
    pub id: String,
    /// Its place among the commits of the repository.
    pub order: usize,
    /// The commits before it; a merge has two.
    pub parents: Vec<String>,
    /// The whole message.
    pub message: String,
    /// Who wrote it; what a world starts with is nobody's.
    pub author: Option<u64>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// What it did to files, compared with its first parent.
    pub changes: Vec<FileChange>,
}

/// What a commit did to one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FileChange {
    /// The path after it.
    pub path: String,
    /// The path before it, if the file was moved.
    pub from: Option<String>,
    /// The text before it; none if there was no such file.
    pub before: Option<String>,
    /// The text after it; none if the file was deleted.
    pub after: Option<String>,
    /// Whether the file may be executed from now on.
    pub executable: Option<bool>,
}

/// What a new commit is made of. `before` of its changes is filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewCommit {
    /// The branch that it goes to.
    pub branch: String,
    /// Where the branch starts if it is not there: a branch or a commit.
    pub start_ref: Option<String>,
    /// The whole message.
    pub message: String,
    /// Who writes it.
    pub author: Option<u64>,
    /// What it does.
    pub changes: Vec<FileChange>,
    /// The other parent of a merge.
    pub second_parent: Option<String>,
}

impl FileChange {
    /// A file that has this text afterwards, or is no longer there.
    pub fn new(path: &str, after: Option<&str>) -> FileChange {
        FileChange { path: path.to_owned(), after: after.map(str::to_owned), ..FileChange::default() }
    }
}

impl World {
    /// Writes a commit and returns its id; `None` without such a project, or when the branch has nowhere to start.
    pub fn create_commit(&mut self, project: u64, new: &NewCommit) -> Option<String> {
        let created_at = self.now;
        let home = self.projects.get_mut(&project)?;
        if !home.files.contains_key(&new.branch)
            && let Some(start) = &new.start_ref
        {
            home.create_branch(&new.branch, start)?;
        }
        let first = home.repository.heads.get(&new.branch).cloned();
        let files = home.files.entry(new.branch.clone()).or_default();
        let executable = home.repository.executable.entry(new.branch.clone()).or_default();
        let mut changes = new.changes.clone();
        for change in &mut changes {
            let place = change.from.as_ref().unwrap_or(&change.path);
            change.before = files.remove(place);
            // A file takes its mode along where it is moved to, and leaves none behind.
            let was_executable = executable.remove(place);
            if let Some(text) = &change.after {
                files.insert(change.path.clone(), text.clone());
                if change.executable.unwrap_or(was_executable) {
                    executable.insert(change.path.clone());
                }
            }
        }
        let parents: Vec<String> = first.into_iter().chain(new.second_parent.clone()).collect();
        let id = home.repository.store_commit(parents, &new.message, new.author, created_at, changes);
        home.repository.heads.insert(new.branch.clone(), id.clone());
        Some(id)
    }
}

impl Repository {
    /// Keeps a commit that is on no branch yet, and returns its id.
    pub(super) fn store_commit(
        &mut self,
        parents: Vec<String>,
        message: &str,
        author: Option<u64>,
        created_at: DateTime<Utc>,
        changes: Vec<FileChange>,
    ) -> String {
        let order = self.commits.len();
        let seed = format!("{parents:?}\n{order}\n{created_at}\n{message}\n{changes:?}");
        let id = sha256_hex(&seed)[..40].to_owned();
        let message = message.to_owned();
        self.commits
            .insert(id.clone(), Commit { id: id.clone(), order, parents, message, author, created_at, changes });
        id
    }
}

impl Project {
    /// Makes a branch at a branch or a commit; `None` if that is not there.
    pub fn create_branch(&mut self, name: &str, start: &str) -> Option<()> {
        let files = self.files_at(start)?.into_owned();
        let head = self.resolve_ref(start).map(str::to_owned);
        let executable = self.repository.executable.get(self.branch_name(start)).cloned();
        self.files.insert(name.to_owned(), files);
        self.repository.heads.extend(head.map(|head| (name.to_owned(), head)));
        self.repository.executable.extend(executable.map(|paths| (name.to_owned(), paths)));
        Some(())
    }

    /// Whether git forbids a branch of this name because of another one: a branch is a file below `refs/heads`, and
    /// `release` cannot be a file and the folder of `release/1.0`.
    pub fn has_conflicting_branch(&self, name: &str) -> bool {
        let is_below = |deep: &str, top: &str| deep.strip_prefix(top).is_some_and(|rest| rest.starts_with('/'));
        self.files.keys().any(|known| is_below(known, name) || is_below(name, known))
    }

    /// Takes a branch away; its commits stay.
    pub fn delete_branch(&mut self, name: &str) {
        self.files.remove(name);
        self.repository.heads.remove(name);
        self.repository.executable.remove(name);
        self.repository.protected.remove(name);
    }

    /// The commit that a branch, `HEAD` or the beginning of an id means.
    pub fn resolve_ref(&self, git_ref: &str) -> Option<&str> {
        if let Some(head) = self.repository.heads.get(self.branch_name(git_ref)) {
            return Some(head);
        }
        let mut fits = self.repository.commits.keys().filter(|id| git_ref.len() >= 7 && id.starts_with(git_ref));
        fits.next().map(String::as_str).filter(|_| fits.next().is_none())
    }

    /// Whether a file may be executed, as far as branches know; commits do not keep it.
    pub fn is_executable(&self, git_ref: &str, path: &str) -> bool {
        self.repository.executable.get(self.branch_name(git_ref)).is_some_and(|paths| paths.contains(path))
    }

    /// All files at a branch, `HEAD` or a commit.
    pub fn files_at(&self, git_ref: &str) -> Option<Cow<'_, FilesByPath>> {
        if let Some(files) = self.branch_files(git_ref) {
            return Some(Cow::Borrowed(files));
        }
        let mut line = vec![self.repository.commits.get(self.resolve_ref(git_ref)?)?];
        while let Some(parent) = line.last().and_then(|commit| self.repository.commits.get(commit.parents.first()?)) {
            line.push(parent);
        }
        let mut files = FilesByPath::new();
        for change in line.iter().rev().flat_map(|commit| &commit.changes) {
            files.remove(change.from.as_ref().unwrap_or(&change.path));
            if let Some(text) = &change.after {
                files.insert(change.path.clone(), text.clone());
            }
        }
        Some(Cow::Owned(files))
    }

    /// The commits that lead to this one, itself included, newest first.
    pub fn commit_history(&self, id: &str) -> Vec<&Commit> {
        let mut found = BTreeMap::new();
        let mut open: Vec<&str> = vec![id];
        while let Some(id) = open.pop() {
            let Some(commit) = self.repository.commits.get(id) else { continue };
            if found.insert(commit.order, commit).is_none() {
                open.extend(commit.parents.iter().map(String::as_str));
            }
        }
        found.into_values().rev().collect()
    }

    /// The commits that lead to `to` and not to `from`, newest first.
    pub fn commits_between(&self, from: &str, to: &str) -> Vec<&Commit> {
        let known: BTreeSet<usize> = self.commit_history(from).iter().map(|commit| commit.order).collect();
        self.commit_history(to).into_iter().filter(|commit| !known.contains(&commit.order)).collect()
    }

    /// The newest commit that leads to both.
    pub fn merge_base(&self, one: &str, other: &str) -> Option<&Commit> {
        let known: BTreeSet<usize> = self.commit_history(one).iter().map(|commit| commit.order).collect();
        self.commit_history(other).into_iter().find(|commit| known.contains(&commit.order))
    }

    /// The last commit that touched a file on the way to `id`.
    pub fn last_commit_for_path(&self, id: &str, path: &str) -> Option<&Commit> {
        let touches = |change: &FileChange| change.path == path || change.from.as_deref() == Some(path);
        self.commit_history(id).into_iter().find(|commit| commit.changes.iter().any(touches))
    }

    /// What differs between the files at two places, by path.
    pub fn diff_files(&self, from: &str, to: &str) -> Vec<FileChange> {
        let (Some(before), Some(after)) = (self.files_at(from), self.files_at(to)) else { return Vec::new() };
        let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let differ = paths.into_iter().filter(|path| before.get(*path) != after.get(*path));
        differ
            .map(|path| FileChange {
                path: path.clone(),
                before: before.get(path).cloned(),
                after: after.get(path).cloned(),
                ..FileChange::default()
            })
            .collect()
    }
}

/// Stands for the hashes that git would make; only that equal texts have equal ids matters.
pub(crate) fn sha256_hex(bytes: impl AsRef<[u8]>) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        write!(hex, "{byte:02x}").ok();
        hex
    })
}
