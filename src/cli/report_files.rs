//! Reports as files: written whole or not at all.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::args::ReportFile;
use super::disk_files::{display_path, parent_folder};
use super::output::Output;
use super::rooted_path::{find_repository_root, symlink_out_of_repository};
use crate::config::regular_file::special_file_kind;
use crate::pod::audit_trail::AuditEntry;
use crate::pod::rule::Audience;
use crate::report::outputs::ReportKind;
use crate::report::{
    Confidential, Public, ReportAudience, RunReport, Team, annotations, audit, check, json, junit, slack,
};

/// Writes the reports that were asked for; gives a sentence for each that could not be written.
///
/// A pipe that nobody reads, or a folder of another machine, can hold a write for ever: so the files are written beside
/// the work, and whoever does not want to wait drops this.
pub(super) async fn write_reports(
    files: &[ReportFile],
    report: &RunReport<'_, Confidential>,
    trail: &[AuditEntry],
    output: &Output,
) -> Vec<String> {
    let texts = files.iter().map(|file| {
        let text = match file.audience {
            Audience::Public => render(file.kind, &report.for_audience::<Public>(), trail),
            Audience::Team => render(file.kind, &report.for_audience::<Team>(), trail),
            Audience::Confidential => render(file.kind, report, trail),
        };
        (file.path.clone(), output.clean(&text))
    });
    write_all_files(texts.collect()).await
}

fn render<A: ReportAudience>(kind: ReportKind, report: &RunReport<'_, A>, trail: &[AuditEntry]) -> String {
    match kind {
        ReportKind::Json => json::render(report),
        ReportKind::Junit => junit::render(report),
        ReportKind::Annotations => annotations::render(report),
        ReportKind::Slack => slack::render(report),
        ReportKind::Audit => audit::render(A::restrict(trail)),
        // It is no report of a run, and is refused where one is asked for.
        ReportKind::Codequality => String::new(),
    }
}

/// Writes the reports of a check that were asked for; gives a sentence for each that could not be written.
pub(super) async fn write_check_reports(
    files: &[ReportFile],
    report: &check::CheckReport<'_, Confidential>,
    output: &Output,
) -> Vec<String> {
    let texts = files.iter().map(|file| {
        let text = match file.audience {
            Audience::Public => render_check(file.kind, &report.for_audience::<Public>()),
            Audience::Team => render_check(file.kind, &report.for_audience::<Team>()),
            Audience::Confidential => render_check(file.kind, report),
        };
        (file.path.clone(), output.clean(&text))
    });
    write_all_files(texts.collect()).await
}

fn render_check<A: ReportAudience>(kind: ReportKind, report: &check::CheckReport<'_, A>) -> String {
    match kind {
        ReportKind::Json => {
            let mut text = Vec::new();
            // Writing into memory cannot fail.
            check::write_json(report, &mut text).unwrap_or_default();
            String::from_utf8(text).unwrap_or_default()
        }
        ReportKind::Junit => check::junit::render(report),
        ReportKind::Codequality => {
            let named = report.findings.findings().filter_map(|finding| Some(finding.place.as_ref()?.path.as_str()));
            let linked = report.observations.places().flatten().map(|place| &*place.path);
            let paths: BTreeSet<&str> = named.chain(linked).collect();
            let paths = paths.into_iter().filter_map(|path| Some((path.to_owned(), path_in_repository(path)?)));
            check::codequality::render(report, &paths.collect())
        }
        // They are refused where they are asked for.
        ReportKind::Annotations | ReportKind::Slack | ReportKind::Audit => String::new(),
    }
}

/// The path of a file as it is seen from the root of the repository that the program runs in.
fn path_in_repository(path: &str) -> Option<String> {
    let folder = parent_folder(Path::new(path)).canonicalize().ok()?;
    let whole = folder.join(Path::new(path).file_name()?);
    let within = whole.strip_prefix(find_repository_root(Path::new("."))).ok()?;
    within.to_str().map(str::to_owned)
}

/// The trail alone, into the files that were asked for it: what is known of a run that was cut short.
pub(super) async fn write_audit_trail(files: &[ReportFile], trail: &[AuditEntry], output: &Output) -> Vec<String> {
    let audits = files.iter().filter(|file| file.kind == ReportKind::Audit);
    write_all_files(
        audits.map(|file| (file.path.clone(), output.clean(&audit::render(Public::restrict(trail))))).collect(),
    )
    .await
}

async fn write_all_files(texts: Vec<(PathBuf, String)>) -> Vec<String> {
    if texts.is_empty() {
        return Vec::new();
    }
    let work = tokio::task::spawn_blocking(move || {
        let failed = texts.iter().filter_map(|(path, text)| {
            let error = write_atomically(path, text).err()?;
            Some(format!("the report {} could not be written ({error})", path.display()))
        });
        failed.collect()
    });
    work.await.unwrap_or_else(|_panic| vec!["the reports could not be written, which is a bug".to_owned()])
}

/// What is wrong with the places of reports, before anything is done: two at one place, or a folder in a file's place.
pub(super) fn find_path_problem(files: &[ReportFile]) -> Option<String> {
    let twice = files.iter().enumerate().find(|(at, file)| files[..*at].iter().any(|other| other.path == file.path));
    if let Some((_, file)) = twice {
        return Some(format!("two reports go to {}; give each a file of its own", file.path.display()));
    }
    if let Some(why) = files.iter().find_map(|file| find_symlinked_folder(&file.path)) {
        return Some(why);
    }
    let folder = files.iter().find(|file| file.path.is_dir())?;
    Some(format!("{} is a folder; name a file in it for the report", folder.path.display()))
}

/// What is wrong with a path whose folder is written as one of the repository and leads out of it.
pub(super) fn find_symlinked_folder(path: &Path) -> Option<String> {
    let symlink = symlink_out_of_repository(parent_folder(path))?;
    let (path, symlink) = (display_path(path), display_path(&symlink));
    Some(format!("{path} leads out of the repository by the symlink {symlink}; name a file in another folder"))
}

/// Whether a path names a device of this machine, such as standard output: it is written to and stays what it is.
pub(super) fn names_device(path: &Path) -> bool {
    path.starts_with("/dev") || path.starts_with("/proc")
}

/// Writes a file that only this user can read, beside its place first and then renamed: a reader never sees half of it.
///
/// A symlink in its place is replaced, and what it leads to is not touched: in a checkout anybody may have put it there.
/// A pipe or a device in its place is written to.
///
/// # Errors
/// Those of the system, and one where a symlink leads its folder out of the repository that the program runs in.
pub(super) fn write_atomically(path: &Path, text: &str) -> io::Result<()> {
    let folder = parent_folder(path);
    if let Some(why) = find_symlinked_folder(path) {
        return Err(io::Error::other(why));
    }
    std::fs::create_dir_all(folder)?;
    match std::fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => return Err(io::Error::other("it is a folder; name a file in it")),
        Ok(there) if names_device(path) || special_file_kind(there.file_type()).is_some() => {
            return OpenOptions::new().write(true).open(path)?.write_all(text.as_bytes());
        }
        Ok(_) | Err(_) => {}
    }
    replace_file(path, text)
}

/// How often a file is written: another run that writes the same one takes away what looks like a killed run's.
const MOST_ATTEMPTS: u32 = 3;

fn replace_file(path: &Path, text: &str) -> io::Result<()> {
    let mut beginning = OsString::from(".");
    beginning.push(path.file_name().unwrap_or_default());
    beginning.push(".tmp-podkeeper-");
    remove_leftovers(parent_folder(path), &beginning);
    let mut attempt = 1;
    loop {
        let mut name = beginning.clone();
        name.push(format!("{}-{attempt}", std::process::id()));
        match write_and_rename(&path.with_file_name(name), path, text) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && attempt < MOST_ATTEMPTS => attempt += 1,
            written => return written,
        }
    }
}

/// Takes away what runs left that were killed while they wrote.
fn remove_leftovers(folder: &Path, beginning: &OsStr) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    for entry in entries.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(beginning.as_encoded_bytes()))
    {
        std::fs::remove_file(entry.path()).ok();
    }
}

fn write_and_rename(beside: &Path, path: &Path, text: &str) -> io::Result<()> {
    // A file that is there already is none of this run's, and a symlink is not followed.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(beside)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let renamed = written.and_then(|()| std::fs::rename(beside, path));
    if renamed.is_err() {
        std::fs::remove_file(beside).ok();
    }
    renamed
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_report_replaces_a_file_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("podkeeper-files-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (file, link) = (folder.join("a.json"), folder.join("link"));
        std::fs::write(folder.join("a.json.new"), "somebody's").unwrap();
        write_atomically(&file, "one").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_atomically(&link, "two").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "one", "what a symlink leads to is not touched");
        assert!(std::fs::symlink_metadata(&link).unwrap().is_file());
        assert_eq!(std::fs::metadata(&link).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_to_string(folder.join("a.json.new")).unwrap(), "somebody's");
        assert!(write_atomically(&folder, "x").unwrap_err().to_string().contains("folder"));
        write_atomically(&folder.join("deeper/still.json"), "three").unwrap();
        let left: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), 4, "{left:?}");
        let early = folder.join("early");
        std::os::unix::fs::symlink("later.json", &early).unwrap();
        write_atomically(&early, "four").unwrap();
        assert!(std::fs::symlink_metadata(&early).unwrap().is_file() && !folder.join("later.json").exists());
        std::fs::remove_dir_all(&folder).unwrap();
        write_atomically(Path::new("/dev/null"), "nothing").unwrap();
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
                std::fs::write(folder.join(".report.json.tmp-podkeeper-1-1"), text).unwrap();
            }
            assert_eq!(std::fs::read_to_string(&file).unwrap(), there, "whole while nobody writes");
            write_atomically(&file, "newest").unwrap();
            assert_eq!(std::fs::read_to_string(&file).unwrap(), "newest");
            let left: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(left, ["report.json"], "what a killed run left is taken away");
            std::fs::remove_dir_all(&folder).unwrap();
        }
    }
}
