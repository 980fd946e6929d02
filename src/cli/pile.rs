//! Documents of this machine, with the files around them that their links can lead to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::disk::{self, CONTENT, Disk, Markdown};
use super::{Halt, page};
use crate::check::Read;
use crate::collect::cores::side_by_side;
use crate::collect::handbook;
use crate::collect::links::local::{Anchors, Files, Front, Local, Sheet, Site};
use crate::report::check::Unread;

/// What was read so far: documents, and the trees that they stand in.
#[derive(Default)]
pub(super) struct Pile {
    pub(super) documents: Vec<Read>,
    pub(super) trees: Vec<Local>,
    /// Those that could not be read.
    pub(super) unread: Vec<Unread>,
    /// The trees of sites, by their roots: all documents of a site stand in one.
    sites: BTreeMap<PathBuf, usize>,
}

impl Pile {
    /// A folder with all Markdown below it. One file that cannot be read does not hide what is wrong with the others.
    pub(super) fn add_folder(&mut self, folder: &Path, site: Site) -> Result<(), Halt> {
        let root = root(folder, site);
        let files = match disk::markdown_below(folder, &root) {
            Ok(files) => files,
            // What stands in the others could lead to what is not seen in this one, and would look gone.
            Err((folder, error)) => {
                self.unread.push(Unread { path: shown(&folder), why: format!("cannot be read ({error})") });
                return Ok(());
            }
        };
        if files.is_empty() {
            self.unread.push(Unread { path: shown(folder), why: "holds no Markdown (.md or .markdown)".to_owned() });
        }
        let tree = self.tree(&root);
        let mut sheets = Vec::new();
        for (file, one) in files.iter().zip(side_by_side(&files, |file| read(file, tree, site))) {
            match one {
                Ok((document, sheet)) => {
                    self.documents.push(document);
                    sheets.extend(sheet);
                }
                Err(why) => {
                    self.unread.push(Unread { path: shown(&file.path), why });
                    // It is there all the same.
                    sheets.extend(file.within.clone().map(unread));
                }
            }
        }
        let whole = folder.canonicalize().is_ok_and(|folder| root.join(CONTENT).starts_with(folder));
        self.stand(&root, site, sheets, whole)
    }

    /// A file, with those around it for its links. One that cannot be read does not hide the others either.
    pub(super) fn add_file(&mut self, path: &str, site: Site) -> Result<(), Halt> {
        let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let root = root(folder, site);
        let file = Markdown { within: disk::seen_from(&root, Path::new(path)), path: path.into() };
        match read(&file, self.tree(&root), site) {
            Ok((document, sheet)) => {
                self.documents.push(document);
                self.stand(&root, site, sheet.into_iter().collect(), false)
            }
            Err(why) => {
                self.unread.push(Unread { path: path.to_owned(), why });
                Ok(())
            }
        }
    }

    /// The number of the tree with this root.
    fn tree(&self, root: &Path) -> usize {
        self.sites.get(root).copied().unwrap_or(self.trees.len())
    }

    /// Documents in their tree. Links lead to all pages of a site, so those that were not asked for are known, too;
    /// `whole`: all were.
    fn stand(&mut self, root: &Path, site: Site, mut sheets: Vec<Sheet>, whole: bool) -> Result<(), Halt> {
        if self.sites.contains_key(root) {
            return Ok(());
        }
        if site == Site::Hugo {
            if !whole {
                let others = others(root, &sheets)?;
                sheets.extend(others);
            }
            self.sites.insert(root.to_owned(), self.trees.len());
        }
        self.trees.push(Local::new(site, Box::new(Disk::below(root)), sheets));
        Ok(())
    }

    /// A text that stands nowhere, under the path that is told.
    pub(super) fn add_text(&mut self, text: &str, path: &str) {
        self.documents.push(understood(text, path, None).0);
    }
}

fn root(folder: &Path, site: Site) -> PathBuf {
    match site {
        Site::Tree => disk::root_of(folder),
        Site::Hugo => disk::site_of(folder),
    }
}

fn below(folder: &Path, root: &Path) -> Result<Vec<Markdown>, Halt> {
    disk::markdown_below(folder, root)
        .map_err(|(folder, error)| Halt::usage(format!("the folder {} cannot be read ({error})", folder.display())))
}

/// A document, or why it cannot be read; one that stands outside its root is none that links could lead to.
fn read(file: &Markdown, tree: usize, site: Site) -> Result<(Read, Option<Sheet>), String> {
    let shown = shown(&file.path);
    let text = page::text(&shown)?;
    let (document, anchors) = understood(&text, &shown, file.within.clone().map(|within| (tree, within)));
    let front = if site == Site::Hugo { Front::of(&text) } else { Front::default() };
    Ok((document, file.within.clone().map(|path| Sheet { path, front, anchors })))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// A document that is there and says nothing.
fn unread(path: String) -> Sheet {
    Sheet { path, front: Front::default(), anchors: None }
}

/// The pages of a site beside those that are known; their places are read when a link names one.
fn others(root: &Path, known: &[Sheet]) -> Result<Vec<Sheet>, Halt> {
    let content = root.join(CONTENT);
    if !content.is_dir() {
        return Ok(Vec::new());
    }
    let known: BTreeSet<&str> = known.iter().map(|sheet| sheet.path.as_str()).collect();
    let files = below(&content, root)?;
    let paths = files.iter().filter_map(|file| file.within.clone()).filter(|path| !known.contains(path.as_str()));
    let paths: Vec<String> = paths.collect();
    let disk = Disk::below(root);
    let front = |path: &String| disk.text(path).map(|text| Front::of(&text)).unwrap_or_default();
    let fronts = side_by_side(&paths, front);
    Ok(paths.iter().zip(fronts).map(|(path, front)| Sheet { front, ..unread(path.clone()) }).collect())
}

/// A document and its places.
fn understood(text: &str, path: &str, within: Option<(usize, String)>) -> (Read, Option<Anchors>) {
    let (page, anchors) = handbook::document(text, path);
    let path = path.to_owned();
    (Read { path, page, label_groups: Vec::new(), within, site: None, exceptions: Vec::new() }, anchors)
}
