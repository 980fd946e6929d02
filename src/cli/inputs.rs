//! The documents of a check, with the files around them that their links can lead to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use super::disk_files::{
    self, DiskFiles, FoundFiles, HUGO_CONTENT_FOLDER, MarkdownFile, RefusedFiles, SearchRules, UnreadableFolders,
    display_path,
};
use super::repository::{PathGlobs, Repository, is_never_read};
use super::rooted_path::{ResolvedPath, find_repository_root, resolve_below, symlink_out_of_repository};
use crate::check::InputDocument;
use crate::collect::handbook;
use crate::report::check::UnreadDocument;
use chrono::NaiveDate;
use linkcheck::files::{
    DocumentAnchors, FileSystem, FrontMatter, LocalDocument, LocalFiles, SiteKind, hugo_content_folders,
};
use linkcheck::markdown::Dialect;
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
    /// The roots of the trees, in their order.
    roots: Vec<(PathBuf, SiteKind)>,
    folders: Vec<CheckedFolder>,
    /// By their roots, as far as they were looked for.
    repositories: BTreeMap<PathBuf, Option<Arc<Repository>>>,
    /// What is left out by its name.
    excluded: Option<PathGlobs>,
    /// The day of the check, which decides what of a site is published.
    pub(super) today: Option<NaiveDate>,
}

/// A folder that is checked.
pub(super) struct CheckedFolder {
    /// Which tree it is of.
    pub(super) tree: usize,
    /// Its path there.
    pub(super) within: String,
    /// Its path as it was named.
    pub(super) written: PathBuf,
}

impl Inputs {
    /// Without the documents whose paths match one of these patterns.
    pub(super) fn without(patterns: &[String]) -> Self {
        Self { excluded: (!patterns.is_empty()).then(|| PathGlobs::new(patterns)), ..Self::default() }
    }

    /// The roots of the trees, in their order.
    pub(super) fn tree_roots(&self) -> &[(PathBuf, SiteKind)] {
        &self.roots
    }

    /// The folders that are checked.
    pub(super) fn checked_folders(&self) -> &[CheckedFolder] {
        &self.folders
    }

    /// A folder with all Markdown below it. One file that cannot be read does not hide what is wrong with the others.
    pub(super) fn add_folder(&mut self, folder: &Path, site: SiteKind) {
        if let Some(symlink) = symlink_out_of_repository(folder) {
            let why = format!("leads out of the repository by the symlink {}", display_path(&symlink));
            self.unread.push(UnreadDocument { path: path_text(folder), why });
            return;
        }
        let root = find_tree_root(folder, site);
        let repository = self.repository_around(&root, folder);
        let rules = SearchRules {
            repository: repository.as_deref(),
            excluded: self.excluded.as_ref(),
            skips_built: !is_in_built_folder(folder, &root),
        };
        let FoundFiles { files, unreadable, has_left_out } = disk_files::find_markdown_files(folder, &root, rules);
        let is_unreadable = !unreadable.is_empty();
        self.add_unreadable(unreadable);
        if files.is_empty() && !has_left_out && !is_unreadable {
            self.unread.push(UnreadDocument {
                path: path_text(folder),
                why: "holds no Markdown (.md, .markdown, .mdown, .mkd or .mkdn)".to_owned(),
            });
        }
        let tree = self.tree_index(&root);
        let within = disk_files::path_below(folder, &root);
        self.folders.extend(within.map(|within| CheckedFolder { tree, within, written: folder.to_owned() }));
        let mut local_documents = Vec::with_capacity(files.len());
        self.documents.reserve(files.len());
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
        // What was left out is not checked, and stands on the site all the same.
        let whole = !has_left_out
            && folder.canonicalize().is_ok_and(|folder| {
                let mut contents = content_folders(&root, site).into_iter();
                contents.all(|content| root.join(content).starts_with(&folder))
            });
        self.add_to_tree(&root, site, local_documents, whole, repository);
    }

    /// A file, with those around it for its links. One that cannot be read does not hide the others either.
    pub(super) fn add_file(&mut self, path: &str, site: SiteKind) {
        let folder = disk_files::parent_folder(Path::new(path));
        let root = find_tree_root(folder, site);
        let file = MarkdownFile::locate(Path::new(path), &root);
        let is_excluded = |within: &String| self.excluded.as_ref().is_some_and(|globs| globs.matches(within, false));
        if file.path_in_tree.as_ref().is_some_and(is_excluded) {
            return;
        }
        let repository = self.repository_around(&root, folder);
        match read_document(&file, self.tree_index(&root), site) {
            Ok((document, local)) => {
                self.documents.push(document);
                self.add_to_tree(&root, site, local.into_iter().collect(), false, repository);
            }
            Err(why) => {
                self.unread.push(UnreadDocument { path: path.to_owned(), why });
            }
        }
    }

    /// What decides which files of a tree are there. A folder that git leaves out and that is named all the same is taken
    /// as it is on this machine.
    fn repository_around(&mut self, root: &Path, folder: &Path) -> Option<Arc<Repository>> {
        let open = || Repository::at(root).map(Arc::new);
        let repository = self.repositories.entry(root.to_owned()).or_insert_with(open).clone()?;
        let within = disk_files::path_below(folder, root)?;
        (!repository.leaves_out_folder(&within)).then_some(repository)
    }

    fn add_unreadable(&mut self, folders: UnreadableFolders) {
        let unread = folders.into_iter().map(|(folder, error)| UnreadDocument {
            path: path_text(&folder),
            why: format!("cannot be read ({error}); everything else was"),
        });
        self.unread.extend(unread);
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
        repository: Option<Arc<Repository>>,
    ) {
        if self.sites.contains_key(root) {
            return;
        }
        if site == SiteKind::Hugo {
            if let ResolvedPath::Outside(symlink) = resolve_below(root, Path::new(HUGO_CONTENT_FOLDER)) {
                self.unread.push(UnreadDocument { path: path_text(&symlink), why: disk_files::outside_reason(root) });
            } else if !whole {
                let disk = DiskFiles::rooted_at(root);
                let (others, unreadable) = read_other_pages(root, &disk, &local_documents);
                local_documents.extend(others);
                self.add_unreadable(unreadable);
                self.add_refused(&disk.refused());
            }
            self.sites.insert(root.to_owned(), self.trees.len());
        }
        // Hugo builds what is on the machine that builds, also what git ignores.
        let repository = repository.filter(|_| site == SiteKind::Tree);
        let disk = DiskFiles::rooted_at(root).held_by(repository);
        let refused = disk.refused();
        self.roots.push((root.to_owned(), site));
        self.trees.push(LocalFiles::on_day(site, Box::new(disk), local_documents, self.today));
        // Its settings were read.
        self.add_refused(&refused);
    }

    fn add_refused(&mut self, refused: &RefusedFiles) {
        let refused = std::mem::take(&mut *refused.lock().unwrap_or_else(PoisonError::into_inner));
        self.unread.extend(refused.into_iter().map(|(path, why)| UnreadDocument { path: path_text(&path), why }));
    }

    /// A text of no file, under the path that its findings name.
    pub(super) fn add_text(&mut self, text: &str, path: &str) {
        self.documents.push(parse_document(text, path, SiteKind::Tree, None).0);
    }
}

fn find_tree_root(folder: &Path, site: SiteKind) -> PathBuf {
    match site {
        SiteKind::Tree => find_repository_root(folder),
        SiteKind::Hugo => disk_files::find_site_root(folder),
    }
}

/// Whether a folder is one of those that are passed over, or stands in one: whoever names it wants it read.
fn is_in_built_folder(folder: &Path, root: &Path) -> bool {
    let within = disk_files::path_below(folder, root).unwrap_or_default();
    within.split('/').any(is_never_read)
}

/// The folders with the documents of a tree, seen from its root.
fn content_folders(root: &Path, site: SiteKind) -> Vec<String> {
    match site {
        SiteKind::Tree => vec![HUGO_CONTENT_FOLDER.to_owned()],
        SiteKind::Hugo => hugo_content_folders(&DiskFiles::rooted_at(root)),
    }
}

/// A document, or why it cannot be read; one that stands outside its root is none that links could lead to.
fn read_document(
    file: &MarkdownFile,
    tree: usize,
    site: SiteKind,
) -> Result<(InputDocument, Option<LocalDocument>), String> {
    let shown = path_text(&file.path);
    let text = file.read()?;
    let within = file.path_in_tree.clone().map(|within| (tree, within));
    let (document, anchors) = parse_document(&text, &shown, site, within);
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
fn read_other_pages(root: &Path, disk: &DiskFiles, known: &[LocalDocument]) -> (Vec<LocalDocument>, UnreadableFolders) {
    let known: BTreeSet<&str> = known.iter().map(|document| document.path.as_str()).collect();
    let rules = SearchRules { repository: None, excluded: None, skips_built: false };
    let (mut files, mut unreadable) = (Vec::new(), UnreadableFolders::new());
    for content in hugo_content_folders(disk) {
        let content = root.join(content);
        if content.is_dir() {
            let found = disk_files::find_markdown_files(&content, root, rules);
            files.extend(found.files);
            unreadable.extend(found.unreadable);
        }
    }
    let paths = files.iter().filter_map(|file| file.path_in_tree.clone()).filter(|path| !known.contains(path.as_str()));
    let paths: Vec<String> = paths.collect();
    let front = |path: &String| disk.read_text(path).map(|text| FrontMatter::parse(&text)).unwrap_or_default();
    let documents =
        paths.par_iter().map(|path| LocalDocument { front_matter: front(path), ..empty_document(path.clone()) });
    (documents.collect(), unreadable)
}

/// A document and its places.
pub(super) fn parse_document(
    text: &str,
    path: &str,
    site: SiteKind,
    within: Option<(usize, String)>,
) -> (InputDocument, Option<DocumentAnchors>) {
    let dialect = match site {
        SiteKind::Tree => Dialect::Gitlab,
        SiteKind::Hugo => Dialect::Hugo,
    };
    let (page, anchors) = handbook::parse_document(text, path, dialect);
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
