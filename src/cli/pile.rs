//! Documents of this machine, with the files around them that their links can lead to.

use std::path::Path;

use super::Halt;
use super::disk::{self, Disk};
use super::page::file;
use crate::check::Read;
use crate::collect::cores::side_by_side;
use crate::collect::handbook;
use crate::collect::links::local::{Anchors, Front, Local, Sheet, Site};

/// What was read so far: documents, and the trees that they stand in.
#[derive(Default)]
pub(super) struct Pile {
    pub(super) documents: Vec<Read>,
    pub(super) trees: Vec<Local>,
    /// Why some could not be read.
    pub(super) unread: Vec<String>,
}

impl Pile {
    /// A folder with all Markdown below it. One file that cannot be read does not hide what is wrong with the others.
    pub(super) fn add_folder(&mut self, folder: &Path, site: Site) -> Result<(), Halt> {
        let root = match site {
            Site::Tree => disk::root_of(folder),
            Site::Hugo => disk::site_of(folder),
        };
        let files = disk::markdown_below(folder, &root).map_err(|(folder, error)| {
            Halt::usage(format!("the folder {} cannot be read ({error})", folder.display()))
        })?;
        let tree = self.trees.len();
        let read = side_by_side(&files, |markdown| -> Result<(Read, Sheet), Halt> {
            let shown = markdown.path.display().to_string();
            let text = file(&shown)?;
            let within = markdown.within.clone().unwrap_or_else(|| shown.clone());
            let front = if site == Site::Hugo { Front::of(&text) } else { Front::default() };
            let (document, anchors) = understood(&text, &shown, Some((tree, within.clone())));
            Ok((document, Sheet { path: within, front, anchors }))
        });
        let mut sheets = Vec::new();
        for one in read {
            match one {
                Ok((document, sheet)) => {
                    self.documents.push(document);
                    sheets.push(sheet);
                }
                Err(halt) => self.unread.push(halt.sentence),
            }
        }
        self.trees.push(Local::new(site, Box::new(Disk::below(&root)), sheets));
        Ok(())
    }

    /// A file, with those around it for its relative links.
    pub(super) fn add_file(&mut self, path: &str) -> Result<(), Halt> {
        let text = file(path)?;
        let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let root = disk::root_of(folder);
        let within = disk::seen_from(&root, Path::new(path));
        let tree = self.trees.len();
        let (document, anchors) = understood(&text, path, within.clone().map(|within| (tree, within)));
        self.documents.push(document);
        let sheet = within.map(|path| Sheet { path, front: Front::default(), anchors });
        self.trees.push(Local::new(Site::Tree, Box::new(Disk::below(&root)), sheet.into_iter().collect()));
        Ok(())
    }

    /// A text that stands nowhere, under the path that is told.
    pub(super) fn add_text(&mut self, text: &str, path: &str) {
        self.documents.push(understood(text, path, None).0);
    }
}

/// A document and its places.
fn understood(text: &str, path: &str, within: Option<(usize, String)>) -> (Read, Option<Anchors>) {
    let (page, anchors) = handbook::document(text, path);
    let path = path.to_owned();
    (Read { path, page, label_groups: Vec::new(), within, site: None, exceptions: Vec::new() }, anchors)
}
