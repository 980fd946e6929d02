//! Documents and the files around them on this machine.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::repository::{PathGlobs, Repository, is_never_read};
use super::rooted_path::{ResolvedPath, find_repository_root, resolve_below, symlink_out_of_repository};
use super::{CliError, target};
use crate::config::regular_file::{MAX_TEXT_FILE_BYTES, read_regular_text};
use crate::pod::text::show_invisible;
use linkcheck::files::{FileKind, FileSystem};
use linkcheck::markdown::headings::is_markdown_document;

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
    /// What decides what is there, where the root is that of a repository and its files are what is seen.
    repository: Option<Arc<Repository>>,
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
    /// It is another repository.
    OtherRepository,
}

const BEHIND_SYMLINK: &str = "it stands behind a symlink, which GitLab does not follow";
const IGNORED: &str = "git ignores it";
const EMPTY_FOLDER: &str = "it is an empty folder, which git does not hold";
const IN_SUBMODULE: &str = "it is in a submodule, which is another repository";
const UNREADABLE: &str = "the folder that it stands in cannot be read";

impl DiskFiles {
    /// All files that are on this machine.
    pub(super) fn rooted_at(root: &Path) -> Self {
        Self { root: root.to_owned(), refused: Arc::default(), repository: None, folders: Mutex::default() }
    }

    /// The same, of which only those are there that a repository holds.
    pub(super) fn held_by(self, repository: Option<Arc<Repository>>) -> Self {
        Self { repository, ..self }
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
                FileKind::File => return self.explain_symlink(folder),
                FileKind::OutsideRoot | FileKind::NotInRepository(_) | FileKind::Unknown(_) => return Some(here),
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
            FolderListing::Listed(named) => named.get(name).copied().or_else(|| self.explain_submodule(path)),
            FolderListing::Unlistable => self.resolved_kind(Path::new(path)),
            FolderListing::OtherRepository => Some(FileKind::Unknown(IN_SUBMODULE)),
        }
    }

    /// What is said of a path below a file, where that is a symlink to a folder.
    fn explain_symlink(&self, file: &str) -> Option<FileKind> {
        let is_symlink = self.repository.is_some() && self.full_path(file).is_symlink();
        is_symlink.then_some(FileKind::NotInRepository(BEHIND_SYMLINK))
    }

    /// Whether a folder of a repository holds nothing at all.
    fn is_empty_folder(&self, path: &str, folders: &mut BTreeMap<String, FolderListing>) -> bool {
        if self.repository.is_none() || path.is_empty() {
            return false;
        }
        let folder = path.trim_end_matches('/');
        let known = folders.entry(folder.to_owned()).or_insert_with(|| self.list_folder(folder));
        matches!(known, FolderListing::Listed(named) if named.is_empty())
    }

    /// What is said of a path that is not there, where it belongs to a submodule that was not fetched.
    fn explain_submodule(&self, path: &str) -> Option<FileKind> {
        let is_in_submodule = self.repository.as_ref().is_some_and(|repository| repository.is_in_submodule(path));
        is_in_submodule.then_some(FileKind::Unknown(IN_SUBMODULE))
    }

    /// What is at a path that may be a symlink or stand behind one; nothing where it leads nowhere.
    fn resolved_kind(&self, path: &Path) -> Option<FileKind> {
        match resolve_below(&self.root, path) {
            ResolvedPath::Inside(real) => Some(file_kind(fs::symlink_metadata(real).ok()?.file_type())),
            ResolvedPath::Outside(_) => Some(FileKind::OutsideRoot),
            ResolvedPath::Missing => None,
            ResolvedPath::Unreadable => Some(FileKind::Unknown(UNREADABLE)),
        }
    }

    /// What an entry of a folder is, or where it leads.
    fn entry_kind_in(&self, folder: &str, entry: &fs::DirEntry) -> Option<FileKind> {
        let kind = entry.file_type().ok()?;
        let found = if kind.is_symlink() {
            self.resolved_kind(&Path::new(folder).join(entry.file_name()))?
        } else {
            file_kind(kind)
        };
        let Some(repository) = &self.repository else { return Some(found) };
        // GitLab shows a symlink itself, whatever it leads to.
        let found = if kind.is_symlink() && found == FileKind::Folder { FileKind::File } else { found };
        let name = entry.file_name();
        let path = Path::new(folder).join(name);
        let is_left_out = path.to_str().is_some_and(|path| repository.leaves_out(path, kind.is_dir()));
        Some(if is_left_out { FileKind::NotInRepository(IGNORED) } else { found })
    }

    fn list_folder(&self, folder: &str) -> FolderListing {
        let entries = fs::read_dir(self.full_path(folder)).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let Ok(entries) = entries else { return FolderListing::Unlistable };
        let is_other = self.repository.is_some() && !folder.is_empty();
        if is_other && entries.iter().any(|entry| entry.file_name() == ".git") {
            return FolderListing::OtherRepository;
        }
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
        // Git's own folder is none of what it holds.
        if self.repository.is_some() && path.split('/').any(|part| part == ".git") {
            return None;
        }
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = self.find_kind(path, &mut folders);
        match kind {
            Some(FileKind::Folder) if self.is_empty_folder(path, &mut folders) => {
                Some(FileKind::NotInRepository(EMPTY_FOLDER))
            }
            kind => kind,
        }
    }

    fn is_repository(&self) -> bool {
        self.repository.is_some()
    }

    fn visit_names(&self, folder: &str, visit: &mut dyn FnMut(&str)) {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        let known = folders.entry(folder.to_owned()).or_insert_with(|| self.list_folder(folder));
        if let FolderListing::Listed(named) = known {
            let is_there = |kind: &FileKind| matches!(kind, FileKind::File | FileKind::Folder);
            named.iter().filter(|(_, kind)| is_there(kind)).for_each(|(name, _)| visit(name));
        }
    }

    fn read_text(&self, path: &str) -> Option<String> {
        let (named, refusal) = match resolve_below(&self.root, Path::new(path)) {
            ResolvedPath::Missing | ResolvedPath::Unreadable => return None,
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

/// Files that stand at the root of a site (Hugo docs, "Configuration").
const HUGO_ROOT_FILES: [&str; 4] = ["hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json"];

/// The root of a site that Hugo builds: the folder that holds `content`, or its settings.
pub(super) fn find_site_root(folder: &Path) -> PathBuf {
    let absolute = folder.canonicalize().unwrap_or_else(|_gone| folder.to_owned());
    // What a symlink leads to is not asked here.
    let is_content = |path: &Path| path.is_symlink() || path.is_dir();
    let is_root = |above: &&Path| {
        is_content(&above.join(HUGO_CONTENT_FOLDER)) || HUGO_ROOT_FILES.iter().any(|name| above.join(name).is_file())
    };
    let site = absolute.ancestors().find(is_root);
    site.map_or_else(|| absolute.clone(), Path::to_owned)
}

/// The path of a folder as it is seen from a root, if it stands below it; empty for the root itself.
pub(super) fn path_below(folder: &Path, root: &Path) -> Option<String> {
    folder.canonicalize().ok()?.strip_prefix(root).ok().map(join_with_slashes)
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
            Some(ResolvedPath::Missing | ResolvedPath::Unreadable) | None => file(None, None),
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

/// Which files are looked for.
#[derive(Clone, Copy)]
pub(super) struct SearchRules<'a> {
    /// What decides which files are there; without it, all that are on this machine.
    pub(super) repository: Option<&'a Repository>,
    /// What is left out by its name.
    pub(super) excluded: Option<&'a PathGlobs>,
    /// Whether folders of what was built or fetched are passed over.
    pub(super) skips_built: bool,
}

impl SearchRules<'_> {
    fn leaves_out(&self, name: &str, path: Option<&str>, is_folder: bool) -> bool {
        (is_folder && (name == ".git" || self.skips_built && is_never_read(name)))
            || path.is_some_and(|path| {
                self.excluded.is_some_and(|globs| globs.matches(path, is_folder))
                    || self.repository.is_some_and(|repository| repository.leaves_out(path, is_folder))
            })
    }
}

/// Folders that cannot be read, and why.
pub(super) type UnreadableFolders = Vec<(PathBuf, std::io::Error)>;

/// The Markdown files of a folder.
#[derive(Default)]
pub(super) struct FoundFiles {
    /// In order of their paths.
    pub(super) files: Vec<MarkdownFile>,
    /// What stands in them is not known.
    pub(super) unreadable: UnreadableFolders,
    /// Whether something was passed over.
    pub(super) has_left_out: bool,
}

/// All Markdown files below a folder, as they are seen from a root.
pub(super) fn find_markdown_files(folder: &Path, root: &Path, rules: SearchRules<'_>) -> FoundFiles {
    let from_root = path_below(folder, root);
    let mut found = FoundFiles::default();
    // The next one last: a folder's own files and folders come in the order of their names.
    let mut open = vec![PendingEntry { path: folder.to_owned(), within: from_root, kind: EntryKind::Folder }];
    while let Some(PendingEntry { path, within, kind }) = open.pop() {
        match kind {
            EntryKind::File => found.files.push(MarkdownFile { path, path_in_tree: within, refusal: None }),
            EntryKind::Link => {
                let linked = linked_file(path, within, root);
                // In a repository a symlink is no document; one that leads out is reported all the same.
                let is_document = |file: &MarkdownFile| rules.repository.is_none() || file.refusal.is_some();
                found.files.extend(linked.filter(is_document));
            }
            EntryKind::Folder => match list_markdown_entries(&path, within.as_deref(), rules, path == folder) {
                Ok((entries, has_left_out)) => {
                    open.extend(entries.into_iter().rev());
                    found.has_left_out |= has_left_out;
                }
                Err(error) => found.unreadable.push((path, error)),
            },
        }
    }
    found
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
        ResolvedPath::Missing | ResolvedPath::Unreadable => None,
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

/// The folders and the Markdown of a folder, by name, and whether something was left out.
fn list_markdown_entries(
    folder: &Path,
    within: Option<&str>,
    rules: SearchRules<'_>,
    is_first: bool,
) -> std::io::Result<(Vec<PendingEntry>, bool)> {
    let mut named = Vec::new();
    let mut has_left_out = false;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (kind, name) = (entry.file_type()?, entry.file_name());
        if name == ".git" && !is_first && rules.repository.is_some() {
            // Another repository, whose files are none of this one's.
            return Ok((Vec::new(), true));
        }
        let kind = match is_markdown_path(Path::new(&name)) {
            _ if kind.is_dir() => EntryKind::Folder,
            true if kind.is_symlink() => EntryKind::Link,
            true => EntryKind::File,
            false => continue,
        };
        named.push((name, kind));
    }
    named.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut open = Vec::with_capacity(named.len());
    for (name, kind) in named {
        let shown = name.to_string_lossy();
        let within = within.map(|above| if above.is_empty() { shown.to_string() } else { format!("{above}/{shown}") });
        if rules.leaves_out(&shown, within.as_deref(), matches!(kind, EntryKind::Folder)) {
            has_left_out = true;
        } else {
            open.push(PendingEntry { path: folder.join(&name), within, kind });
        }
    }
    Ok((open, has_left_out))
}

pub(super) fn is_markdown_path(path: &Path) -> bool {
    path.to_str().is_some_and(is_markdown_document)
}
