//! Documents and the files around them on this machine.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::rooted_path::{ResolvedPath, find_repository_root, resolve_below, symlink_out_of_repository};
use super::{CliError, target};
use crate::config::regular_file::{MAX_TEXT_FILE_BYTES, read_regular_text};
use crate::pod::text::show_invisible;
use linkcheck::files::{FileKind, FileSystem};

/// Where a site that Hugo builds has its pages.
pub(super) const HUGO_CONTENT_FOLDER: &str = "content";

/// The files below a folder. Many links lead to few folders, so each folder is read once.
///
/// Documents are written by many, and the symlinks beside them too: none is followed out of the folder, not even to
/// learn whether something is there.
pub(super) struct DiskFiles {
    /// Without a symlink in it.
    root: PathBuf,
    refused: RefusedFiles,
    /// By path, with `/` between its parts.
    folders: Mutex<BTreeMap<String, FolderListing>>,
}

/// Files that are there and were not read, with the reason as the rest of a sentence about each.
pub(super) type RefusedFiles = Arc<Mutex<BTreeMap<PathBuf, String>>>;

enum FolderListing {
    /// What stands in it, by name.
    Listed(BTreeMap<String, FileKind>),
    /// Its entries cannot be listed, and have to be asked for one by one.
    Unlistable,
}

impl DiskFiles {
    pub(super) fn rooted_at(root: &Path) -> Self {
        Self { root: root.to_owned(), refused: Arc::default(), folders: Mutex::default() }
    }

    /// What was refused so far, and will be.
    pub(super) fn refused(&self) -> RefusedFiles {
        Arc::clone(&self.refused)
    }

    fn full_path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// What stands at a path, folder by folder down to the first that is not there.
    fn find_kind(&self, path: &str, folders: &mut BTreeMap<String, FolderListing>) -> Option<FileKind> {
        // Most folders are known.
        if let Some((folder, name)) = path.rsplit_once('/')
            && let Some(known) = folders.get(folder)
            && !name.is_empty()
        {
            return self.kind_in_folder(known, path, name);
        }
        let (mut here, mut behind) = (FileKind::Folder, 0);
        for part in path.split_inclusive('/') {
            let (folder, name) = (path[..behind].trim_end_matches('/'), part.trim_end_matches('/'));
            behind += part.len();
            match here {
                FileKind::File => return None,
                FileKind::OutsideRoot => return Some(here),
                FileKind::Folder => {}
            }
            if !name.is_empty() {
                let known = folders.entry(folder.to_owned()).or_insert_with(|| self.list_folder(folder));
                here = self.kind_in_folder(known, path[..behind].trim_end_matches('/'), name)?;
            }
        }
        Some(here).filter(|here| *here != FileKind::File || !path.ends_with('/'))
    }

    fn kind_in_folder(&self, folder: &FolderListing, path: &str, name: &str) -> Option<FileKind> {
        match folder {
            FolderListing::Listed(named) => named.get(name).copied(),
            FolderListing::Unlistable => self.resolved_kind(Path::new(path)),
        }
    }

    /// What is at a path that may be a symlink or stand behind one; nothing where it leads nowhere.
    fn resolved_kind(&self, path: &Path) -> Option<FileKind> {
        match resolve_below(&self.root, path) {
            ResolvedPath::Inside(real) => Some(file_kind(fs::symlink_metadata(real).ok()?.file_type())),
            ResolvedPath::Outside(_) => Some(FileKind::OutsideRoot),
            ResolvedPath::Missing => None,
        }
    }

    /// What an entry of a folder is, or where it leads.
    fn entry_kind_in(&self, folder: &str, entry: &fs::DirEntry) -> Option<FileKind> {
        let kind = entry.file_type().ok()?;
        if kind.is_symlink() {
            self.resolved_kind(&Path::new(folder).join(entry.file_name()))
        } else {
            Some(file_kind(kind))
        }
    }

    fn list_folder(&self, folder: &str) -> FolderListing {
        let entries = fs::read_dir(self.full_path(folder)).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let Ok(entries) = entries else { return FolderListing::Unlistable };
        // A name that is no text is none that a link could have.
        let named = entries
            .iter()
            .filter_map(|entry| Some((entry.file_name().into_string().ok()?, self.entry_kind_in(folder, entry)?)));
        FolderListing::Listed(named.collect())
    }
}

fn file_kind(kind: fs::FileType) -> FileKind {
    if kind.is_dir() { FileKind::Folder } else { FileKind::File }
}

impl FileSystem for DiskFiles {
    fn entry_kind(&self, path: &str) -> Option<FileKind> {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        self.find_kind(path, &mut folders)
    }

    fn read_text(&self, path: &str) -> Option<String> {
        let (named, refusal) = match resolve_below(&self.root, Path::new(path)) {
            ResolvedPath::Missing => return None,
            ResolvedPath::Outside(symlink) => (symlink, outside_reason(&self.root)),
            ResolvedPath::Inside(real) => match read_regular_text(&real, MAX_TEXT_FILE_BYTES) {
                Ok(text) => return Some(text),
                Err(error) if error.kind() == ErrorKind::NotFound => return None,
                Err(error) => (real, format!("cannot be read ({error})")),
            },
        };
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).insert(named, refusal);
        None
    }
}

/// Why what leads out of a root is not read, as the rest of a sentence about it.
pub(super) fn outside_reason(root: &Path) -> String {
    format!("is a symlink that leads out of {}, and is not followed", display_path(root))
}

/// A path for people, in one line and without what moves a terminal's cursor: whoever names a file may be anybody.
pub(super) fn display_path(path: &Path) -> String {
    show_invisible(&path.to_string_lossy())
}

/// The root of a site that Hugo builds: the folder that holds `content`.
pub(super) fn find_site_root(folder: &Path) -> PathBuf {
    let absolute = folder.canonicalize().unwrap_or_else(|_gone| folder.to_owned());
    // What a symlink leads to is not asked here.
    let is_content = |path: &Path| path.is_symlink() || path.is_dir();
    let site = absolute.ancestors().find(|above| is_content(&above.join(HUGO_CONTENT_FOLDER)));
    site.map_or_else(|| absolute.clone(), Path::to_owned)
}

fn join_with_slashes(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// A Markdown file.
pub(super) struct MarkdownFile {
    /// As messages name it, and as it is opened.
    pub(super) path: PathBuf,
    /// As it is seen from the root of its tree; `None` where it does not stand in it.
    pub(super) path_in_tree: Option<String>,
    /// Why it is not to be opened, if so, as the rest of a sentence about it.
    refusal: Option<String>,
}

impl MarkdownFile {
    /// The file at a path, which a symlink may lead out of its root.
    pub(super) fn locate(path: &Path, root: &Path) -> Self {
        let file = |path_in_tree, refusal| Self { path: path.to_owned(), path_in_tree, refusal };
        if symlink_out_of_repository(path).is_some() {
            return file(None, Some(outside_reason(&find_repository_root(Path::new(".")))));
        }
        let folder = parent_folder(path).canonicalize().ok();
        let below = folder.as_deref().and_then(|folder| folder.strip_prefix(root).ok()).zip(path.file_name());
        match below.map(|(folder, name)| resolve_below(root, &folder.join(name))) {
            Some(ResolvedPath::Inside(real)) => file(real.strip_prefix(root).ok().map(join_with_slashes), None),
            Some(ResolvedPath::Outside(_)) => file(None, Some(outside_reason(root))),
            Some(ResolvedPath::Missing) | None => file(None, None),
        }
    }

    /// The text, as much of it as is looked at.
    ///
    /// # Errors
    /// Why it cannot be had, as the rest of a sentence about the file.
    pub(super) fn read(&self) -> Result<String, String> {
        match &self.refusal {
            Some(why) => Err(why.clone()),
            None => target::read_document_text(&self.path),
        }
    }
}

/// The text of one document.
pub(super) fn read_one_document(path: &str) -> Result<String, CliError> {
    let path = Path::new(path);
    if path.is_dir() {
        let shown = display_path(path);
        return Err(CliError::usage(format!(
            "{shown} is a folder; name a file in it, or use `podkeeper check {shown}`"
        )));
    }
    let text = MarkdownFile::locate(path, &find_repository_root(parent_folder(path))).read();
    text.map_err(|why| CliError::usage(format!("the file {} {why}", display_path(path))))
}

/// The folder that a file stands in.
pub(super) fn parent_folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// All Markdown files below a folder, in order of their paths, as they are seen from a root.
///
/// # Errors
/// The folder that cannot be read, and why.
pub(super) fn find_markdown_files(folder: &Path, root: &Path) -> Result<Vec<MarkdownFile>, (PathBuf, std::io::Error)> {
    let from_root = folder.canonicalize().ok().and_then(|own| own.strip_prefix(root).map(join_with_slashes).ok());
    let mut found = Vec::new();
    // The next one last: a folder's own files and folders come in the order of their names.
    let mut open = vec![PendingEntry { path: folder.to_owned(), within: from_root, kind: EntryKind::Folder }];
    while let Some(PendingEntry { path, within, kind }) = open.pop() {
        match kind {
            EntryKind::File => found.push(MarkdownFile { path, path_in_tree: within, refusal: None }),
            EntryKind::Link => found.extend(linked_file(path, within, root)),
            EntryKind::Folder => match list_markdown_entries(&path, within.as_deref()) {
                Ok(entries) => open.extend(entries.into_iter().rev()),
                Err(error) => return Err((path, error)),
            },
        }
    }
    Ok(found)
}

/// The file that a symlink leads to, seen where it leads; nothing where that is no file.
fn linked_file(path: PathBuf, within: Option<String>, root: &Path) -> Option<MarkdownFile> {
    match resolve_below(root, Path::new(within.as_deref()?)) {
        ResolvedPath::Inside(real) if real.is_dir() => None,
        ResolvedPath::Inside(real) => {
            let path_in_tree = real.strip_prefix(root).ok().map(join_with_slashes);
            Some(MarkdownFile { path, path_in_tree, refusal: None })
        }
        ResolvedPath::Outside(_) => {
            Some(MarkdownFile { path, path_in_tree: within, refusal: Some(outside_reason(root)) })
        }
        ResolvedPath::Missing => None,
    }
}

/// What is still to be looked at.
struct PendingEntry {
    path: PathBuf,
    within: Option<String>,
    kind: EntryKind,
}

enum EntryKind {
    File,
    Folder,
    /// It leads to a file or, what is not followed, to a folder: folders can lead round in a circle.
    Link,
}

/// The folders and the Markdown of a folder, by name.
fn list_markdown_entries(folder: &Path, within: Option<&str>) -> std::io::Result<Vec<PendingEntry>> {
    let mut named = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (kind, name) = (entry.file_type()?, entry.file_name());
        let kind = match is_markdown_path(Path::new(&name)) {
            _ if kind.is_dir() => EntryKind::Folder,
            true if kind.is_symlink() => EntryKind::Link,
            true => EntryKind::File,
            false => continue,
        };
        named.push((name, kind));
    }
    named.sort_by(|(a, _), (b, _)| a.cmp(b));
    let open = |(name, kind): (std::ffi::OsString, EntryKind)| {
        let shown = name.to_string_lossy();
        let within = within.map(|above| if above.is_empty() { shown.to_string() } else { format!("{above}/{shown}") });
        PendingEntry { path: folder.join(&name), within, kind }
    };
    Ok(named.into_iter().map(open).collect())
}

fn is_markdown_path(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("md") || ending.eq_ignore_ascii_case("markdown"))
}
