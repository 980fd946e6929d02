//! The files of a configuration folder: regular files below it, wherever links lead.
//!
//! Whoever may change a template shall not read with it what only the runner can read, such as
//! `/proc/self/environ`, so nothing of what lies outside is opened.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use toml::Spanned;

use super::INSTANCE_FILE;
use super::parsing::value::is_path_below_folder;
use super::problem::Problem;
use super::regular_file::{MAX_TEXT_FILE_BYTES, read_regular_text};
use crate::pod::text::show_invisible;

/// The files of a configuration, read but not yet understood.
#[derive(Clone, Default)]
pub struct ConfigFiles {
    /// Text by path below the folder, with `/` between its parts.
    pub texts: BTreeMap<String, String>,
    /// The folder, as messages name it.
    pub folder: String,
    /// Files that were not read: why, as the rest of a sentence about the file, by path below the folder.
    pub refused: BTreeMap<String, String>,
    /// Files whose names end otherwise than those that are read, by path below the folder.
    pub passed_over: BTreeSet<String>,
}

/// Reads the files of a configuration folder.
///
/// # Errors
/// One problem where the folder has no `podkeeper.toml` that could be looked at.
pub fn read_folder(folder: &Path) -> Result<ConfigFiles, Vec<Problem>> {
    let name = folder.display().to_string();
    let refuse = |path: &str, message: String| vec![Problem::about_whole_file(path, message)];
    let instance = format!("{name}/{INSTANCE_FILE}");
    let missing = |error: Error| match error.kind() {
        ErrorKind::NotFound => {
            let advice = "run podkeeper where the folder `config` is, name it with --config DIR, or make one with `podkeeper init`";
            refuse(&instance, format!("does not exist; {advice}"))
        }
        ErrorKind::NotADirectory => {
            refuse(&name, "is no folder; name the folder of podkeeper.toml with --config DIR".to_owned())
        }
        kind => refuse(&instance, format!("cannot be read ({kind})")),
    };
    // A link that leads nowhere is there, and is refused below.
    fs::symlink_metadata(folder.join(INSTANCE_FILE)).map_err(missing)?;
    let root = folder.canonicalize().map_err(missing)?;
    let mut files = ConfigFiles { folder: name.clone(), ..ConfigFiles::default() };
    files.read(&root, INSTANCE_FILE.to_owned());
    if let Some(name) = files.texts.get(INSTANCE_FILE).and_then(|text| named_ca_file(text))
        && fs::symlink_metadata(root.join(&name)).is_ok()
    {
        files.read(&root, name);
    }
    for (sub, ending) in [("pods", ".toml"), ("templates", ".md")] {
        if let Err(why) = files.read_below(&root, sub, ending) {
            files.refused.insert(sub.to_owned(), why);
        }
    }
    Ok(files)
}

/// The file of certificates that the instance's file names, if it is one below the folder.
fn named_ca_file(text: &str) -> Option<String> {
    let table: toml::Table = toml::from_str(text).ok()?;
    let name = table.get("gitlab")?.get("ca_file")?.as_str()?;
    is_path_below_folder(name).then(|| name.to_owned())
}

impl ConfigFiles {
    fn read(&mut self, root: &Path, relative: String) {
        match read_regular_file(root, &root.join(&relative)) {
            Ok(text) => drop(self.texts.insert(relative, text)),
            Err(why) => drop(self.refused.insert(relative, why)),
        }
    }

    /// Reads the files with an ending in a folder of the root. One that is not there holds none.
    ///
    /// # Errors
    /// Why it could not be looked into, as the rest of a sentence about it: unknown is not empty.
    fn read_below(&mut self, root: &Path, sub: &str, ending: &str) -> Result<(), String> {
        let cannot = |error: Error| format!("cannot be read ({})", error.kind());
        let below = match root.join(sub).canonicalize() {
            // A link that leads nowhere is there.
            Err(error) if error.kind() == ErrorKind::NotFound && fs::symlink_metadata(root.join(sub)).is_err() => {
                return Ok(());
            }
            found => found.map_err(cannot)?,
        };
        if !below.starts_with(root) {
            return Err(LEADS_OUT.to_owned());
        }
        for entry in fs::read_dir(below).map_err(cannot)? {
            let file = entry.map_err(cannot)?.file_name();
            let Some(file) = file.to_str() else {
                let shown = show_invisible(&file.to_string_lossy());
                self.refused.insert(format!("{sub}/{shown}"), "has a name that is no UTF-8; rename it".to_owned());
                continue;
            };
            let shown = show_invisible(file);
            if !file.ends_with(ending) {
                self.passed_over.insert(format!("{sub}/{shown}"));
            } else if shown == file {
                self.read(root, format!("{sub}/{file}"));
            } else {
                let why = "has characters in its name that cannot be shown; rename it";
                self.refused.insert(format!("{sub}/{shown}"), why.to_owned());
            }
        }
        Ok(())
    }

    /// What was not read, a problem for each.
    pub(super) fn read_problems(&self) -> Vec<Problem> {
        let problem = |(path, why): (&String, &String)| {
            Problem::about_whole_file(&format!("{}/{path}:1", self.folder), why.clone())
        };
        self.refused.iter().map(problem).collect()
    }

    /// What is wrong with an address. Its line is shown unless a password or a token may stand in it.
    pub(super) fn address_problem(
        &self,
        file: &str,
        written: &Spanned<String>,
        message: String,
        help: String,
    ) -> Problem {
        if written.get_ref().contains(['@', '?', '#', '\\']) {
            return self.hidden_line_problem(file, written, &format!("holds a bad address: {message}; {help}"));
        }
        Problem { path: format!("{}/{file}", self.folder), span: Some(written.span()), message, help }
    }

    /// A problem whose line is named and not shown; `message` is the rest of a sentence about the line.
    pub(super) fn hidden_line_problem(&self, file: &str, written: &Spanned<String>, message: &str) -> Problem {
        let text = self.texts.get(file).map_or("", String::as_str);
        Problem::about_hidden_line(&format!("{}/{file}", self.folder), text, written.span().start, message)
    }
}

const LEADS_OUT: &str = "is a link that leads out of the configuration folder, so it is not read; put the files \
                         themselves there";

/// The text of a regular file below the root.
///
/// # Errors
/// Why it is not read, as the rest of a sentence about the file; nothing of where a link leads.
fn read_regular_file(root: &Path, path: &Path) -> Result<String, String> {
    let cannot = |error: Error| match error.kind() {
        // Sentences of ours.
        ErrorKind::FileTooLarge | ErrorKind::InvalidData | ErrorKind::Other => format!("cannot be read ({error})"),
        kind => format!("cannot be read ({kind})"),
    };
    let real: PathBuf = path.canonicalize().map_err(cannot)?;
    if !real.starts_with(root) {
        return Err(LEADS_OUT.to_owned());
    }
    read_regular_text(&real, MAX_TEXT_FILE_BYTES).map_err(cannot)
}
