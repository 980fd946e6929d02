//! Where a path leads below a root, its symlinks followed, without touching anything outside of that root.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// As many as Linux follows in one path (`path_resolution(7)`).
const MAX_SYMLINKS: usize = 40;

/// Where a path leads.
pub(super) enum ResolvedPath {
    /// Below the root, to what is there; no part of this path is a symlink.
    Inside(PathBuf),
    /// Out of the root, by this symlink. Whether anything is there was not asked.
    Outside(PathBuf),
    /// To nothing.
    Missing,
    /// Where this user may not look, or this machine cannot.
    Unreadable,
}

/// Follows a path from a root, which itself has no symlink in it.
pub(super) fn resolve_below(root: &Path, path: &Path) -> ResolvedPath {
    let mut here = root.to_owned();
    let mut pending = reversed_parts(path);
    let mut last_symlink = root.join(path);
    let mut symlinks = 0;
    while let Some(part) = pending.pop() {
        if part == ".." {
            if here == root {
                return ResolvedPath::Outside(last_symlink);
            }
            here.pop();
            continue;
        }
        here.push(part);
        match std::fs::symlink_metadata(&here) {
            Err(error) if is_absence(error.kind()) => return ResolvedPath::Missing,
            Err(_) => return ResolvedPath::Unreadable,
            Ok(there) if !there.is_symlink() => continue,
            Ok(_) => {}
        }
        symlinks += 1;
        let Some(target) = std::fs::read_link(&here).ok().filter(|_| symlinks <= MAX_SYMLINKS) else {
            return ResolvedPath::Missing;
        };
        last_symlink.clone_from(&here);
        here.pop();
        if target.is_absolute() {
            let Ok(below) = target.strip_prefix(root) else { return ResolvedPath::Outside(last_symlink) };
            root.clone_into(&mut here);
            pending.extend(reversed_parts(below));
        } else {
            pending.extend(reversed_parts(&target));
        }
    }
    ResolvedPath::Inside(here)
}

/// Whether an error says that nothing is there. Any other says nothing about that.
fn is_absence(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// The names of a path and its `..`, the last one first.
fn reversed_parts(path: &Path) -> Vec<OsString> {
    let parts = path.components().filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
    let mut parts: Vec<_> = parts.map(|part| part.as_os_str().to_owned()).collect();
    parts.reverse();
    parts
}

/// Where the links of a document or a folder begin: the root of its repository, or else the folder itself.
pub(super) fn find_repository_root(folder: &Path) -> PathBuf {
    let absolute = folder.canonicalize().unwrap_or_else(|_gone| folder.to_owned());
    let repository = absolute.ancestors().find(|above| above.join(".git").exists());
    repository.map_or_else(|| absolute.clone(), Path::to_owned)
}

/// The symlink by which a path leads out of the repository that the program runs in, though it is written as one of
/// that repository. Of a path outside of it, or where there is no repository, nothing can be said.
pub(super) fn symlink_out_of_repository(path: &Path) -> Option<PathBuf> {
    let root = find_repository_root(Path::new("."));
    if !root.join(".git").exists() {
        return None;
    }
    let written = without_dots(&std::path::absolute(path).ok()?);
    match resolve_below(&root, written.strip_prefix(&root).ok()?) {
        ResolvedPath::Outside(symlink) => Some(symlink),
        ResolvedPath::Inside(_) | ResolvedPath::Missing | ResolvedPath::Unreadable => None,
    }
}

/// A path without `..`, by its letters alone.
fn without_dots(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut whole, part| {
        if part == Component::ParentDir {
            whole.pop();
        } else {
            whole.push(part);
        }
        whole
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn symlinks_are_followed_inside_and_never_out() {
        let folder = std::env::temp_dir().join(format!("podkeeper-rooted-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("top/a/b")).unwrap();
        std::fs::create_dir_all(folder.join("outside")).unwrap();
        let folder = folder.canonicalize().unwrap();
        let root = folder.join("top");
        std::fs::write(root.join("a/file"), "").unwrap();
        for (link, target) in [
            ("to-file", "a/file"),
            ("to-folder", "./a//b/.."),
            ("by-the-root", root.join("a").to_str().unwrap()),
            ("a/b/up", "../../to-file"),
            ("out", "../outside"),
            ("out-and-in", "../top/a/file"),
            ("to-out", "out/x"),
            ("nowhere", "../nothing"),
            ("absolute", "/nothing"),
            ("dots", root.join("../outside").to_str().unwrap()),
            ("gone", "a/gone"),
            ("round", "round"),
            ("ping", "pong"),
            ("pong", "ping"),
        ] {
            symlink(target, root.join(link)).unwrap();
        }
        let shown = |path: &str| match resolve_below(&root, Path::new(path)) {
            ResolvedPath::Inside(real) => format!("inside {}", real.strip_prefix(&root).unwrap().display()),
            ResolvedPath::Outside(symlink) => format!("outside by {}", symlink.strip_prefix(&root).unwrap().display()),
            ResolvedPath::Missing => "missing".to_owned(),
            ResolvedPath::Unreadable => "unreadable".to_owned(),
        };
        let long = "x".repeat(300);
        for (path, leads) in [
            ("", "inside "),
            ("a/file", "inside a/file"),
            ("to-file", "inside a/file"),
            ("to-folder/file", "inside a/file"),
            ("by-the-root/file", "inside a/file"),
            ("a/b/up", "inside a/file"),
            ("out", "outside by out"),
            ("out/there/or/not", "outside by out"),
            ("out-and-in", "outside by out-and-in"),
            ("to-out", "outside by out"),
            ("nowhere", "outside by nowhere"),
            ("absolute", "outside by absolute"),
            ("dots", "outside by dots"),
            ("gone", "missing"),
            ("a/file/x", "missing"),
            ("round", "missing"),
            ("ping/x", "missing"),
            // Longer than a name can be: the system does not even look.
            (long.as_str(), "unreadable"),
        ] {
            assert_eq!(shown(path), leads, "{path}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
