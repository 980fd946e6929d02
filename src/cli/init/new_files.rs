//! New files: all of them or none, and never in the place of another.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::super::disk_files::{display_path, parent_folder};

/// A file that is not there yet.
#[derive(Debug)]
pub(super) struct NewFile {
    /// Its path.
    pub(super) path: PathBuf,
    /// Its text.
    pub(super) text: String,
}

/// Writes files that are not there. Each is written beside its place first, and then put there under its own name in one
/// step that does not take the place of another file nor follow a symlink.
///
/// # Errors
/// Which file could not be written and why; then none was, and no folder was made.
pub(super) fn write_all(files: &[NewFile]) -> Result<Vec<String>, String> {
    let mut made = Made::default();
    let done = made.folders_for(files).and_then(|()| made.stage(files)).and_then(|staged| made.place(files, &staged));
    match done {
        Ok(()) => Ok(files.iter().map(|file| display_path(&file.path)).collect()),
        Err(why) => {
            made.undo();
            Err(format!("{why}; nothing was written"))
        }
    }
}

/// What was made so far, to be taken away again if the rest cannot be.
#[derive(Default)]
struct Made {
    folders: Vec<PathBuf>,
    beside: Vec<PathBuf>,
    placed: Vec<PathBuf>,
}

impl Made {
    fn folders_for(&mut self, files: &[NewFile]) -> Result<(), String> {
        for file in files {
            let folder = parent_folder(&file.path);
            let mut missing: Vec<&Path> = Vec::new();
            for above in folder.ancestors().filter(|above| !above.as_os_str().is_empty()) {
                match fs::symlink_metadata(above) {
                    Ok(there) if there.is_dir() => {}
                    // A checkout is written by many: its symlinks are not followed. A path from the root is the user's.
                    Ok(there) if there.is_symlink() && above.is_absolute() && above.is_dir() => {}
                    Ok(there) if there.is_symlink() => {
                        return Err(format!("{} is a symlink, which is not followed", display_path(above)));
                    }
                    Ok(_) => return Err(format!("{} is no folder", display_path(above))),
                    // What stands below a file is reported for the file.
                    Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                        missing.push(above);
                    }
                    Err(error) => return Err(cannot_write(above, &error)),
                }
            }
            for folder in missing.into_iter().rev() {
                fs::create_dir(folder).map_err(|error| cannot_write(folder, &error))?;
                self.folders.push(folder.to_owned());
            }
        }
        Ok(())
    }

    fn stage(&mut self, files: &[NewFile]) -> Result<Vec<PathBuf>, String> {
        for (number, file) in files.iter().enumerate() {
            let name = file.path.file_name().unwrap_or_default().to_string_lossy();
            let beside = file.path.with_file_name(format!(".{name}.tmp-podkeeper-{}-{number}", std::process::id()));
            let mut new = OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&beside)
                .map_err(|error| cannot_write(&file.path, &error))?;
            self.beside.push(beside);
            new.write_all(file.text.as_bytes())
                .and_then(|()| new.sync_all())
                .map_err(|error| cannot_write(&file.path, &error))?;
        }
        Ok(self.beside.clone())
    }

    fn place(&mut self, files: &[NewFile], staged: &[PathBuf]) -> Result<(), String> {
        for (file, beside) in files.iter().zip(staged) {
            put_in_place(beside, file).map_err(|error| cannot_write(&file.path, &error))?;
            self.placed.push(file.path.clone());
        }
        for beside in staged {
            fs::remove_file(beside).unwrap_or_default();
        }
        Ok(())
    }

    fn undo(&self) {
        let files = self.placed.iter().chain(&self.beside);
        files.for_each(|path| fs::remove_file(path).unwrap_or_default());
        self.folders.iter().rev().for_each(|folder| fs::remove_dir(folder).unwrap_or_default());
    }
}

/// Gives a file its name, unless there is one of that name.
fn put_in_place(beside: &Path, file: &NewFile) -> io::Result<()> {
    match fs::hard_link(beside, &file.path) {
        // Some file systems know no second name.
        Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied) => {
            let mut new = OpenOptions::new().write(true).create_new(true).open(&file.path)?;
            new.write_all(file.text.as_bytes()).and_then(|()| new.sync_all()).inspect_err(|_| {
                fs::remove_file(&file.path).unwrap_or_default();
            })
        }
        other => other,
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::AlreadyExists => format!("{} has come to be there meanwhile", display_path(path)),
        _ => format!("{} cannot be written ({error})", display_path(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("podkeeper-new-{name}-{}", std::process::id()));
        fs::remove_dir_all(&folder).unwrap_or_default();
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn file(path: PathBuf) -> NewFile {
        NewFile { text: format!("text of {}", path.display()), path }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn all_files_are_there_whole_and_nothing_else() {
        let folder = folder("all");
        let files = ["config/pods/a.toml", "config/b.toml", ".ci.yml"].map(|path| file(folder.join(path)));
        assert_eq!(write_all(&files).unwrap().len(), 3);
        for file in &files {
            assert_eq!(fs::read_to_string(&file.path).unwrap(), file.text);
        }
        assert_eq!(
            (names(&folder), names(&folder.join("config"))),
            (vec![".ci.yml".to_owned(), "config".to_owned()], vec!["b.toml".to_owned(), "pods".to_owned()])
        );
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn where_one_cannot_be_written_none_is() {
        let folder = folder("none");
        std::os::unix::fs::symlink("nowhere", folder.join("link")).unwrap();
        fs::write(folder.join("there"), "mine").unwrap();
        for last in ["there", "link", "there/below", "link/below"] {
            let files = ["config/pods/a.toml", ".ci.yml", last].map(|path| file(folder.join(path)));
            let why = write_all(&files).unwrap_err();
            assert!(why.contains(last.split('/').next().unwrap()) && why.ends_with("nothing was written"), "{why}");
            assert_eq!(names(&folder), ["link", "there"], "{last}");
        }
        assert_eq!(fs::read_to_string(folder.join("there")).unwrap(), "mine");
        assert!(!folder.join("nowhere").exists());
        fs::remove_dir_all(&folder).unwrap();
    }
}
