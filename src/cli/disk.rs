//! Documents and the files around them on this machine.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::collect::links::local::{Entry, Files};

/// Where a site that Hugo builds has its pages.
pub(super) const CONTENT: &str = "content";

/// The files below a folder. Many links lead to few folders, so each folder is read once.
pub(super) struct Disk {
    root: PathBuf,
    /// By path, with `/` between its parts.
    folders: Mutex<BTreeMap<String, Folder>>,
}

enum Folder {
    /// What stands in it, by name.
    Holds(BTreeMap<String, Entry>),
    /// What stands in it is not told, and has to be asked for one by one.
    Closed,
}

impl Disk {
    pub(super) fn below(root: &Path) -> Self {
        Self { root: root.to_owned(), folders: Mutex::default() }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// What stands at a path, folder by folder down to the first that is not there.
    fn looked_up(&self, path: &str, folders: &mut BTreeMap<String, Folder>) -> Option<Entry> {
        // Most folders are known.
        if let Some((folder, name)) = path.rsplit_once('/')
            && let Some(known) = folders.get(folder)
            && !name.is_empty()
        {
            return self.held(known, path, name);
        }
        let (mut here, mut behind) = (Entry::Folder, 0);
        for part in path.split_inclusive('/') {
            let (folder, name) = (path[..behind].trim_end_matches('/'), part.trim_end_matches('/'));
            behind += part.len();
            if here == Entry::File {
                return None;
            }
            if !name.is_empty() {
                let known = folders.entry(folder.to_owned()).or_insert_with(|| self.read(folder));
                here = self.held(known, path[..behind].trim_end_matches('/'), name)?;
            }
        }
        Some(here).filter(|here| *here == Entry::Folder || !path.ends_with('/'))
    }

    fn held(&self, folder: &Folder, path: &str, name: &str) -> Option<Entry> {
        match folder {
            Folder::Holds(named) => named.get(name).copied(),
            Folder::Closed => Some(what(fs::metadata(self.at(path)).ok()?.file_type())),
        }
    }

    fn read(&self, folder: &str) -> Folder {
        let entries = fs::read_dir(self.at(folder)).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let Ok(entries) = entries else { return Folder::Closed };
        // A name that is no text is none that a link could have.
        let named = entries.iter().filter_map(|entry| Some((entry.file_name().into_string().ok()?, kind(entry)?)));
        Folder::Holds(named.collect())
    }
}

/// What an entry of a folder is, or where it leads; nothing where it leads nowhere.
fn kind(entry: &fs::DirEntry) -> Option<Entry> {
    let mut kind = entry.file_type().ok()?;
    if kind.is_symlink() {
        kind = fs::metadata(entry.path()).ok()?.file_type();
    }
    Some(what(kind))
}

fn what(kind: fs::FileType) -> Entry {
    if kind.is_dir() { Entry::Folder } else { Entry::File }
}

impl Files for Disk {
    fn entry(&self, path: &str) -> Option<Entry> {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        self.looked_up(path, &mut folders)
    }

    fn text(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.at(path)).ok()
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
    let from_root = folder.canonicalize().ok().and_then(|own| own.strip_prefix(root).map(joined).ok());
    let mut found = Vec::new();
    // The next one last: a folder's own files and folders come in the order of their names.
    let mut open = vec![Open { path: folder.to_owned(), within: from_root, kind: Kind::Folder }];
    while let Some(Open { path, within, kind }) = open.pop() {
        match kind {
            Kind::File => found.push(Markdown { path, within }),
            // It is seen where it leads.
            Kind::Link => found.extend(path.is_file().then(|| Markdown { within: seen_from(root, &path), path })),
            Kind::Folder => match entries(&path, within.as_deref()) {
                Ok(entries) => open.extend(entries.into_iter().rev()),
                Err(error) => return Err((path, error)),
            },
        }
    }
    Ok(found)
}

/// What is still to be looked at.
struct Open {
    path: PathBuf,
    within: Option<String>,
    kind: Kind,
}

enum Kind {
    File,
    Folder,
    /// It leads to a file or, what is not followed, to a folder: folders can lead round in a circle.
    Link,
}

/// The folders and the Markdown of a folder, by name.
fn entries(folder: &Path, within: Option<&str>) -> std::io::Result<Vec<Open>> {
    let mut named = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (kind, name) = (entry.file_type()?, entry.file_name());
        let kind = match is_markdown(Path::new(&name)) {
            _ if kind.is_dir() => Kind::Folder,
            true if kind.is_file() => Kind::File,
            true => Kind::Link,
            false => continue,
        };
        named.push((name, kind));
    }
    named.sort_by(|(a, _), (b, _)| a.cmp(b));
    let open = |(name, kind): (std::ffi::OsString, Kind)| {
        let shown = name.to_string_lossy();
        let within = within.map(|above| if above.is_empty() { shown.to_string() } else { format!("{above}/{shown}") });
        Open { path: folder.join(&name), within, kind }
    };
    Ok(named.into_iter().map(open).collect())
}

fn is_markdown(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("md") || ending.eq_ignore_ascii_case("markdown"))
}
