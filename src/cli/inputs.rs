//! The documents of a check, with the files around them that their links can lead to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use super::CliError;
use super::disk_files::{self, DiskFiles, HUGO_CONTENT_FOLDER, MarkdownFile, RefusedFiles, display_path};
use super::rooted_path::{ResolvedPath, find_repository_root, resolve_below, symlink_out_of_repository};
use crate::check::InputDocument;
use crate::collect::handbook;
use crate::report::check::UnreadDocument;
use linkcheck::files::{DocumentAnchors, FileSystem, FrontMatter, LocalDocument, LocalFiles, SiteKind};
use rayon::prelude::*;

/// What was read so far: documents, and the trees that they stand in.
#[derive(Default)]
pub(super) struct Inputs {
    pub(super) documents: Vec<InputDocument>,
    pub(super) trees: Vec<LocalFiles>,
    /// Those that could not be read.
    pub(super) unread: Vec<UnreadDocument>,
    /// The trees of sites, by their roots: all documents of a site stand in one.
    sites: BTreeMap<PathBuf, usize>,
}

impl Inputs {
    /// A folder with all Markdown below it. One file that cannot be read does not hide what is wrong with the others.
    pub(super) fn add_folder(&mut self, folder: &Path, site: SiteKind) -> Result<(), CliError> {
        if let Some(symlink) = symlink_out_of_repository(folder) {
            let why = format!("leads out of the repository by the symlink {}", display_path(&symlink));
            self.unread.push(UnreadDocument { path: path_text(folder), why });
            return Ok(());
        }
        let root = find_tree_root(folder, site);
        let files = match disk_files::find_markdown_files(folder, &root) {
            Ok(files) => files,
            // What stands in the others could lead to what is not seen in this one, and would look gone.
            Err((folder, error)) => {
                self.unread.push(UnreadDocument { path: path_text(&folder), why: format!("cannot be read ({error})") });
                return Ok(());
            }
        };
        if files.is_empty() {
            self.unread.push(UnreadDocument {
                path: path_text(folder),
                why: "holds no Markdown (.md or .markdown)".to_owned(),
            });
        }
        let tree = self.tree_index(&root);
        let mut local_documents = Vec::new();
        let read: Vec<_> = files.par_iter().map(|file| read_document(file, tree, site)).collect();
        for (file, one) in files.iter().zip(read) {
            match one {
                Ok((document, local)) => {
                    self.documents.push(document);
                    local_documents.extend(local);
                }
                Err(why) => {
                    self.unread.push(UnreadDocument { path: path_text(&file.path), why });
                    // It is there all the same.
                    local_documents.extend(file.path_in_tree.clone().map(empty_document));
                }
            }
        }
        let whole = folder.canonicalize().is_ok_and(|folder| root.join(HUGO_CONTENT_FOLDER).starts_with(folder));
        self.add_to_tree(&root, site, local_documents, whole)
    }

    /// A file, with those around it for its links. One that cannot be read does not hide the others either.
    pub(super) fn add_file(&mut self, path: &str, site: SiteKind) -> Result<(), CliError> {
        let root = find_tree_root(disk_files::parent_folder(Path::new(path)), site);
        let file = MarkdownFile::locate(Path::new(path), &root);
        match read_document(&file, self.tree_index(&root), site) {
            Ok((document, local)) => {
                self.documents.push(document);
                self.add_to_tree(&root, site, local.into_iter().collect(), false)
            }
            Err(why) => {
                self.unread.push(UnreadDocument { path: path.to_owned(), why });
                Ok(())
            }
        }
    }

    /// The number of the tree with this root.
    fn tree_index(&self, root: &Path) -> usize {
        self.sites.get(root).copied().unwrap_or(self.trees.len())
    }

    /// Documents in their tree. Links lead to all pages of a site, so those that were not asked for are known, too;
    /// `whole`: all were.
    fn add_to_tree(
        &mut self,
        root: &Path,
        site: SiteKind,
        mut local_documents: Vec<LocalDocument>,
        whole: bool,
    ) -> Result<(), CliError> {
        if self.sites.contains_key(root) {
            return Ok(());
        }
        if site == SiteKind::Hugo {
            if let ResolvedPath::Outside(symlink) = resolve_below(root, Path::new(HUGO_CONTENT_FOLDER)) {
                self.unread.push(UnreadDocument { path: path_text(&symlink), why: disk_files::outside_reason(root) });
            } else if !whole {
                let disk = DiskFiles::rooted_at(root);
                let others = read_other_pages(root, &disk, &local_documents)?;
                local_documents.extend(others);
                self.add_refused(&disk.refused());
            }
            self.sites.insert(root.to_owned(), self.trees.len());
        }
        let disk = DiskFiles::rooted_at(root);
        let refused = disk.refused();
        self.trees.push(LocalFiles::new(site, Box::new(disk), local_documents));
        // Its settings were read.
        self.add_refused(&refused);
        Ok(())
    }

    fn add_refused(&mut self, refused: &RefusedFiles) {
        let refused = std::mem::take(&mut *refused.lock().unwrap_or_else(PoisonError::into_inner));
        self.unread.extend(refused.into_iter().map(|(path, why)| UnreadDocument { path: path_text(&path), why }));
    }

    /// A text of no file, under the path that its findings name.
    pub(super) fn add_text(&mut self, text: &str, path: &str) {
        self.documents.push(parse_document(text, path, None).0);
    }
}

fn find_tree_root(folder: &Path, site: SiteKind) -> PathBuf {
    match site {
        SiteKind::Tree => find_repository_root(folder),
        SiteKind::Hugo => disk_files::find_site_root(folder),
    }
}

fn list_markdown_files(folder: &Path, root: &Path) -> Result<Vec<MarkdownFile>, CliError> {
    disk_files::find_markdown_files(folder, root)
        .map_err(|(folder, error)| CliError::usage(format!("the folder {} cannot be read ({error})", folder.display())))
}

/// A document, or why it cannot be read; one that stands outside its root is none that links could lead to.
fn read_document(
    file: &MarkdownFile,
    tree: usize,
    site: SiteKind,
) -> Result<(InputDocument, Option<LocalDocument>), String> {
    let shown = path_text(&file.path);
    let text = file.read()?;
    let (document, anchors) = parse_document(&text, &shown, file.path_in_tree.clone().map(|within| (tree, within)));
    let front = if site == SiteKind::Hugo { FrontMatter::parse(&text) } else { FrontMatter::default() };
    Ok((document, file.path_in_tree.clone().map(|path| LocalDocument { path, front_matter: front, anchors })))
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A document that is there and says nothing.
fn empty_document(path: String) -> LocalDocument {
    LocalDocument { path, front_matter: FrontMatter::default(), anchors: None }
}

/// The pages of a site beside those that are known; their places are read when a link names one.
fn read_other_pages(root: &Path, disk: &DiskFiles, known: &[LocalDocument]) -> Result<Vec<LocalDocument>, CliError> {
    let content = root.join(HUGO_CONTENT_FOLDER);
    if !content.is_dir() {
        return Ok(Vec::new());
    }
    let known: BTreeSet<&str> = known.iter().map(|document| document.path.as_str()).collect();
    let files = list_markdown_files(&content, root)?;
    let paths = files.iter().filter_map(|file| file.path_in_tree.clone()).filter(|path| !known.contains(path.as_str()));
    let paths: Vec<String> = paths.collect();
    let front = |path: &String| disk.read_text(path).map(|text| FrontMatter::parse(&text)).unwrap_or_default();
    let documents =
        paths.par_iter().map(|path| LocalDocument { front_matter: front(path), ..empty_document(path.clone()) });
    Ok(documents.collect())
}

/// A document and its places.
fn parse_document(text: &str, path: &str, within: Option<(usize, String)>) -> (InputDocument, Option<DocumentAnchors>) {
    let (page, anchors) = handbook::parse_document(text, path);
    let path = path.to_owned();
    (
        InputDocument {
            path,
            page,
            label_groups: Vec::new(),
            tree_and_path: within,
            site: None,
            exceptions: Vec::new(),
        },
        anchors,
    )
}
