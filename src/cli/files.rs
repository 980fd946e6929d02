//! Reports as files: written whole or not at all.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::args::{ReportFile, ReportKind};
use super::sink::Sink;
use crate::pod::trail::Entry;
use crate::report::{Told, annotations, audit, json, junit, slack};

/// Writes the reports that were asked for; gives a sentence for each that could not be written.
///
/// A pipe that nobody reads, or a folder of another machine, can hold a write for ever: so the files are written beside
/// the work, and whoever does not want to wait drops this.
pub(super) async fn write(files: &[ReportFile], told: &Told<'_>, trail: &[Entry], sink: &Sink) -> Vec<String> {
    let texts = files.iter().map(|file| {
        let text = match file.kind {
            ReportKind::Json => json::text(told),
            ReportKind::Junit => junit::text(told),
            ReportKind::Annotations => annotations::text(told),
            ReportKind::Slack => slack::text(told),
            ReportKind::Audit => audit::text(trail),
        };
        (file.path.clone(), sink.cleaned(&text))
    });
    put_all(texts.collect()).await
}

/// The trail alone, into the files that were asked for it: what there is to tell of a run that was cut short.
pub(super) async fn write_trail(files: &[ReportFile], trail: &[Entry], sink: &Sink) -> Vec<String> {
    let audits = files.iter().filter(|file| file.kind == ReportKind::Audit);
    put_all(audits.map(|file| (file.path.clone(), sink.cleaned(&audit::text(trail)))).collect()).await
}

async fn put_all(texts: Vec<(PathBuf, String)>) -> Vec<String> {
    if texts.is_empty() {
        return Vec::new();
    }
    let work = tokio::task::spawn_blocking(move || {
        let failed = texts.iter().filter_map(|(path, text)| {
            let error = put(path, text).err()?;
            Some(format!("the report {} could not be written ({error})", path.display()))
        });
        failed.collect()
    });
    work.await.unwrap_or_else(|_panic| vec!["the reports could not be written, which is a bug".to_owned()])
}

/// What is wrong with the places of reports, before anything is done: two at one place, or a folder in a file's place.
pub(super) fn misplaced(files: &[ReportFile]) -> Option<String> {
    let twice = files.iter().enumerate().find(|(at, file)| files[..*at].iter().any(|other| other.path == file.path));
    if let Some((_, file)) = twice {
        return Some(format!("two reports go to {}; give each a file of its own", file.path.display()));
    }
    let folder = files.iter().find(|file| file.path.is_dir())?;
    Some(format!("{} is a folder; name a file in it for the report", folder.path.display()))
}

/// Writes a file that is nobody's business but this user's, like [`put`].
pub(super) fn put_privately(path: &Path, text: &str) -> std::io::Result<()> {
    replace(path, text, 0o600)
}

/// Beside its place first, then renamed: a reader never sees half of it.
///
/// A link is followed and stays a link; a device or a pipe is written to and stays what it is.
pub(super) fn put(path: &Path, text: &str) -> std::io::Result<()> {
    replace(path, text, 0o666)
}

/// `mode` is what a new file may have, before the user's own mask.
fn replace(path: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let path = path.canonicalize().unwrap_or_else(|_not_there_yet| behind(path));
    match std::fs::metadata(&path) {
        Ok(there) if there.is_dir() => return Err(std::io::Error::other("it is a folder; name a file in it")),
        Ok(there) if !there.is_file() => return OpenOptions::new().write(true).open(&path)?.write_all(text.as_bytes()),
        Ok(_) | Err(_) => {}
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.podkeeper-{}", std::process::id()));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&beside)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&beside, &path));
    if written.is_err() {
        std::fs::remove_file(&beside).ok();
    }
    written
}

/// Where a link leads to that leads to nothing yet; a path that is no link is itself.
fn behind(path: &Path) -> PathBuf {
    match std::fs::read_link(path) {
        Ok(target) => path.parent().unwrap_or(Path::new("")).join(target),
        Err(_no_link) => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_replaces_a_file_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("podkeeper-files-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (file, link) = (folder.join("a.json"), folder.join("link"));
        std::fs::write(folder.join("a.json.new"), "somebody's").unwrap();
        put(&file, "one").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        put(&link, "two").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "two");
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read_to_string(folder.join("a.json.new")).unwrap(), "somebody's");
        assert!(put(&folder, "x").unwrap_err().to_string().contains("folder"));
        put(&folder.join("deeper/still.json"), "three").unwrap();
        let left: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), 4, "{left:?}");
        let early = folder.join("early");
        std::os::unix::fs::symlink("later.json", &early).unwrap();
        put(&early, "four").unwrap();
        assert!(std::fs::symlink_metadata(&early).unwrap().is_symlink());
        assert_eq!(std::fs::read_to_string(folder.join("later.json")).unwrap(), "four");
        std::fs::remove_dir_all(&folder).unwrap();
        put(Path::new("/dev/null"), "nothing").unwrap();
        assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
    }

    /// Killed before, while or after it writes beside the place, or once it has renamed: whoever reads the report finds
    /// the last whole one, and the next run writes its own.
    #[test]
    fn whenever_a_run_is_killed_the_report_is_whole() {
        let folder = std::env::temp_dir().join(format!("podkeeper-killed-{}", std::process::id()));
        for (left_beside, there) in [(None, "old"), (Some("ha"), "old"), (Some("half and half"), "old"), (None, "new")]
        {
            std::fs::create_dir_all(&folder).unwrap();
            let file = folder.join("report.json");
            std::fs::write(&file, there).unwrap();
            if let Some(text) = left_beside {
                std::fs::write(folder.join(".report.json.podkeeper-1"), text).unwrap();
            }
            assert_eq!(std::fs::read_to_string(&file).unwrap(), there, "whole while nobody writes");
            put(&file, "newest").unwrap();
            assert_eq!(std::fs::read_to_string(&file).unwrap(), "newest");
            std::fs::remove_dir_all(&folder).unwrap();
        }
    }
}
