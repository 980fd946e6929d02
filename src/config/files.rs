//! The files of a configuration folder: regular files below it, wherever links lead.
//!
//! Whoever may change a template shall not read with it what only the runner can read, such as
//! `/proc/self/environ`, so nothing of what lies outside is opened.

use std::collections::BTreeMap;
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
#[derive(Default)]
pub struct ConfigFiles {
    /// Text by path below the folder, with `/` between its parts.
    pub texts: BTreeMap<String, String>,
    /// The folder, as messages name it.
    pub folder: String,
    /// Files that were not read: why, as the rest of a sentence about the file, by path below the folder.
    pub refused: BTreeMap<String, String>,
}

/// Reads the files of a configuration folder.
///
/// # Errors
/// One problem for the missing file, when the folder has no `podkeeper.toml`.
pub fn read_folder(folder: &Path) -> Result<ConfigFiles, Vec<Problem>> {
    let name = folder.display().to_string();
    let missing = || {
        let advice = "run podkeeper where the folder `config` is, or name it with --config DIR";
        vec![Problem::about_whole_file(&format!("{name}/{INSTANCE_FILE}"), format!("does not exist; {advice}"))]
    };
    // A link that leads nowhere is there, and is refused below.
    fs::symlink_metadata(folder.join(INSTANCE_FILE)).map_err(|_gone| missing())?;
    let root = folder.canonicalize().map_err(|_gone| missing())?;
    let mut files = ConfigFiles { folder: name, ..ConfigFiles::default() };
    files.read(&root, INSTANCE_FILE.to_owned());
    if let Some(name) = files.texts.get(INSTANCE_FILE).and_then(|text| named_ca_file(text))
        && fs::symlink_metadata(root.join(&name)).is_ok()
    {
        files.read(&root, name);
    }
    for (sub, ending) in [("pods", ".toml"), ("templates", ".md")] {
        let Ok(below) = root.join(sub).canonicalize() else { continue };
        if !below.starts_with(&root) {
            files.refused.insert(sub.to_owned(), LEADS_OUT.to_owned());
            continue;
        }
        let Ok(entries) = fs::read_dir(below) else { continue };
        let names = entries.filter_map(Result::ok).filter_map(|entry| entry.file_name().into_string().ok());
        for file in names.filter(|name| name.ends_with(ending)) {
            let shown = show_invisible(&file);
            if shown == file {
                files.read(&root, format!("{sub}/{file}"));
            } else {
                let why = "has characters in its name that cannot be shown; rename it";
                files.refused.insert(format!("{sub}/{shown}"), why.to_owned());
            }
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
