//! Documents and the files around them on this machine.

use std::path::{Path, PathBuf};

use crate::collect::links::local::{Entry, Files};

/// Where a site that Hugo builds has its pages.
pub(super) const CONTENT: &str = "content";

/// The files below a folder.
pub(super) struct Disk(PathBuf);

impl Disk {
    pub(super) fn below(root: &Path) -> Self {
        Self(root.to_owned())
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }
}

impl Files for Disk {
    fn entry(&self, path: &str) -> Option<Entry> {
        let there = std::fs::metadata(self.at(path)).ok()?;
        Some(if there.is_dir() { Entry::Folder } else { Entry::File })
    }

    fn text(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.at(path)).ok()
    }
}

/// Where the links of a document or a folder begin: the root of its repository, or else the folder itself.
pub(super) fn root_of(folder: &Path) -> PathBuf {
    let absolute = folder.canonicalize().unwrap_or_else(|_gone| folder.to_owned());
    let repository = absolute.ancestors().find(|above| above.join(".git").exists());
    repository.map_or_else(|| absolute.clone(), Path::to_owned)
}

/// The root of a site that Hugo builds: the folder that holds `content`.
pub(super) fn site_of(folder: &Path) -> PathBuf {
    let absolute = folder.canonicalize().unwrap_or_else(|_gone| folder.to_owned());
    let site = absolute.ancestors().find(|above| above.join(CONTENT).is_dir());
    site.map_or_else(|| absolute.clone(), Path::to_owned)
}

/// A path as it is seen from a root, with `/` between its parts.
pub(super) fn seen_from(root: &Path, path: &Path) -> Option<String> {
    let absolute = path.canonicalize().ok()?;
    Some(joined(absolute.strip_prefix(root).ok()?))
}

fn joined(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// A Markdown file.
pub(super) struct Markdown {
    /// As it is told and opened.
    pub(super) path: PathBuf,
    /// As it is seen from the root of its tree; `None` where it stands outside.
    pub(super) within: Option<String>,
}

/// All Markdown files below a folder, in order of their paths, as they are seen from a root.
///
/// # Errors
/// The folder that cannot be read, and why.
pub(super) fn markdown_below(folder: &Path, root: &Path) -> Result<Vec<Markdown>, (PathBuf, std::io::Error)> {
    let from_root = folder.canonicalize().ok().and_then(|own| own.strip_prefix(root).map(Path::to_owned).ok());
    let within = |path: &Path| Some(joined(&from_root.as_ref()?.join(path.strip_prefix(folder).ok()?)));
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let unread = |error| (folder.clone(), error);
        for entry in std::fs::read_dir(&folder).map_err(unread)? {
            let entry = entry.map_err(unread)?;
            let (kind, path) = (entry.file_type().map_err(unread)?, entry.path());
            // Links between folders are not followed: they can lead round in a circle.
            if kind.is_dir() {
                folders.push(path);
            } else if is_markdown(&path) && kind.is_file() {
                found.push(Markdown { within: within(&path), path });
            } else if is_markdown(&path) && path.is_file() {
                // It is seen where it leads.
                found.push(Markdown { within: seen_from(root, &path), path });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn is_markdown(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("md") || ending.eq_ignore_ascii_case("markdown"))
}
