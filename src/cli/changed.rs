//! `check --changed BASE`: the documents as they were where the branch of a change began.

mod base_files;
mod git;
mod patch;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::CliError;
use super::inputs::{self, Inputs};
use super::rooted_path::find_repository_root;
use super::target::{InputArgument, document_text};
use crate::check::InputDocument;
use crate::check::changes::{BaseDocuments, DocumentChange};
use base_files::{CommitFiles, CommitTree};
use chrono::NaiveDate;
use git::Git;
use linkcheck::files::{FrontMatter, LocalDocument, LocalFiles, SiteKind, hugo_content_folders};
use patch::Patch;

/// The endings of documents whose lines are compared.
const DOCUMENT_PATTERNS: [&str; 6] = ["md", "markdown", "mdown", "mkd", "mkdn", "rmd"];
/// What to do where the history of a change is not in a clone.
const FETCH: &str = "in GitLab CI set GIT_DEPTH: 0, elsewhere fetch it with `git fetch --unshallow`";

/// Why targets do not go with `--changed`, if so.
pub(super) fn explain_targets(targets: &[InputArgument]) -> Option<&'static str> {
    let is_path = |target: &InputArgument| matches!(target, InputArgument::Path(_));
    (!targets.iter().all(is_path)).then_some(
        "--changed compares files of a git repository; name files and folders, and no address, pod or standard input",
    )
}

/// What the documents of a check are compared with.
pub(super) struct Base {
    /// The commit at which the branch began.
    pub(super) commit: String,
    pub(super) before: BaseDocuments,
}

/// Reads the documents as they were at the merge base of a commit and the one that is checked out.
///
/// # Errors
/// Where git is not there, or does not know the commit or the history between.
pub(super) fn read_base(base: &str, inputs: &Inputs, env: &BTreeMap<String, String>) -> Result<Base, CliError> {
    let roots = inputs.tree_roots();
    let root =
        roots.first().map_or_else(|| find_repository_root(Path::new(".")), |(root, _)| find_repository_root(root));
    if !root.join(".git").exists() || !roots.iter().all(|(other, _)| find_repository_root(other) == root) {
        let why = "--changed compares the documents of one git repository with themselves, and these are of none or of several";
        return Err(CliError::usage(why));
    }
    let with_flag = |why: String| CliError::usage(format!("--changed {base}: {why}"));
    let git = Git::at(&root, env);
    let commit = find_merge_base(&git, base).map_err(with_flag)?;
    let patterns = DOCUMENT_PATTERNS.map(|ending| format!(":(top,icase)*.{ending}"));
    let mut diff =
        vec!["diff", "--text", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames", "--unified=0"];
    // A line is the same with another end.
    diff.push("--ignore-cr-at-eol");
    diff.extend(["--inter-hunk-context=0", "--src-prefix=a/", "--dst-prefix=b/", "--ignore-submodules=all"]);
    diff.extend([commit.as_str(), "--"]);
    diff.extend(patterns.iter().map(String::as_str));
    let differences = Patch::parse(&git.read(&diff).map_err(with_flag)?);
    let listed = git.read(&["ls-tree", "-r", "-z", "--full-tree", &commit]).map_err(with_flag)?;
    let tree = Arc::new(CommitTree::parse(&listed));
    let objects = Arc::new(Mutex::new(git.objects().map_err(with_flag)?));
    let mut reader = BaseReader { before: BaseDocuments::default(), indexes: BTreeMap::new() };
    let prefixes: Vec<String> = roots
        .iter()
        .map(|(own, _)| own.strip_prefix(&root).ok().and_then(Path::to_str).unwrap_or_default())
        .map(|within| if within.is_empty() { String::new() } else { format!("{within}/") })
        .collect();
    let wanted = wanted_documents(inputs, &prefixes, &differences, &tree);
    for (number, (_, site)) in roots.iter().enumerate() {
        let own: Vec<&WantedDocument> = wanted.iter().filter(|wanted| wanted.tree == number).collect();
        let files = CommitFiles::new(&tree, &objects, &prefixes[number]);
        reader.read_tree(&own, files, *site, (&tree, &prefixes[number]), inputs.today);
    }
    let changes = inputs.documents.iter().map(|document| reader.change_of(document, &prefixes, &differences));
    let changes = changes.collect();
    Ok(Base { commit, before: BaseDocuments { changes, ..reader.before } })
}

fn find_merge_base(git: &Git, base: &str) -> Result<String, String> {
    let named = git.find(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{base}^{{commit}}")])?;
    let commit = named.ok_or_else(|| {
        "there is no such commit in this clone; fetch the branch, for example with `git fetch origin main`".to_owned()
    })?;
    let found = git.find(&["merge-base", &commit, "HEAD"])?;
    found.ok_or_else(|| {
        let is_shallow = git.find(&["rev-parse", "--is-shallow-repository"]).ok().flatten().as_deref() == Some("true");
        if is_shallow {
            format!("where the branch began is not in this clone, which is shallow; {FETCH}")
        } else {
            "it has no commit in common with the one that is checked out; name the branch that this one began at"
                .to_owned()
        }
    })
}

/// A document as it was.
struct WantedDocument {
    tree: usize,
    /// Its path in the repository.
    path: String,
    /// Its path as it is shown.
    shown: String,
}

/// The documents of today as they were called before, and those that were removed from the folders that are checked.
fn wanted_documents(
    inputs: &Inputs,
    prefixes: &[String],
    differences: &Patch,
    tree: &CommitTree,
) -> Vec<WantedDocument> {
    let mut wanted = Vec::new();
    for document in &inputs.documents {
        let Some((number, path)) = repository_path(document, prefixes) else { continue };
        let old = old_path(&path, differences);
        if let Some(path) = old.filter(|path| tree.has_file(path) && path.starts_with(&prefixes[number])) {
            wanted.push(WantedDocument { tree: number, shown: path.clone(), path });
        }
    }
    for folder in inputs.checked_folders() {
        let within = format!("{}{}", prefixes[folder.tree], folder.within);
        let beginning = if within.is_empty() { within } else { format!("{}/", within.trim_end_matches('/')) };
        for path in &differences.removed {
            let Some(below) = path.strip_prefix(&beginning) else { continue };
            let shown = folder.written.join(below).to_string_lossy().into_owned();
            wanted.push(WantedDocument { tree: folder.tree, path: path.clone(), shown });
        }
    }
    wanted
}

/// Which tree a document of today stands in, and its path in the repository.
fn repository_path(document: &InputDocument, prefixes: &[String]) -> Option<(usize, String)> {
    let (number, within) = document.tree_and_path.as_ref()?;
    Some((*number, format!("{}{within}", prefixes.get(*number)?)))
}

/// How a document was called before; `None` for one that is new.
fn old_path(path: &str, differences: &Patch) -> Option<String> {
    match differences.files.get(path) {
        Some(change) => change.old_path.clone(),
        None => Some(path.to_owned()),
    }
}

/// Reads the documents of a commit, tree by tree.
struct BaseReader {
    before: BaseDocuments,
    /// The documents that were read, by tree and path in the repository.
    indexes: BTreeMap<(usize, String), usize>,
}

impl BaseReader {
    fn read_tree(
        &mut self,
        wanted: &[&WantedDocument],
        files: CommitFiles,
        site: SiteKind,
        (tree, prefix): (&CommitTree, &str),
        today: Option<NaiveDate>,
    ) {
        let mut local = Vec::new();
        for WantedDocument { tree: number, path, shown } in wanted {
            let Some(within) = path.strip_prefix(prefix) else { continue };
            let Some(text) = files.read(within).and_then(|bytes| document_text(bytes).ok()) else { continue };
            if self.indexes.contains_key(&(*number, path.clone())) {
                continue;
            }
            let (document, anchors) = inputs::parse_document(&text, shown, site, Some((*number, within.to_owned())));
            self.indexes.insert((*number, path.clone()), self.before.documents.len());
            self.before.documents.push(document);
            let front_matter = if site == SiteKind::Hugo { FrontMatter::parse(&text) } else { FrontMatter::default() };
            local.push(LocalDocument { path: within.to_owned(), front_matter, anchors });
        }
        if site == SiteKind::Hugo {
            let known: std::collections::BTreeSet<String> =
                local.iter().map(|document| document.path.clone()).collect();
            for content in hugo_content_folders(&files) {
                let folder = format!("{prefix}{content}/");
                let pages = tree.paths_below(&folder).filter_map(|path| path.strip_prefix(prefix));
                let pages =
                    pages.filter(|path| !known.contains(*path) && super::disk_files::is_markdown_path(Path::new(path)));
                for page in pages {
                    let text = files.read(page).and_then(|bytes| document_text(bytes).ok()).unwrap_or_default();
                    let front_matter = FrontMatter::parse(&text);
                    local.push(LocalDocument { path: page.to_owned(), front_matter, anchors: None });
                }
            }
        }
        self.before.trees.push(LocalFiles::on_day(site, Box::new(files), local, today));
    }

    fn change_of(&self, document: &InputDocument, prefixes: &[String], differences: &Patch) -> DocumentChange {
        let Some((number, path)) = repository_path(document, prefixes) else { return DocumentChange::New };
        let old = old_path(&path, differences).and_then(|old| self.indexes.get(&(number, old)));
        match old {
            None => DocumentChange::New,
            Some(base) => {
                let lines = differences.files.get(&path).map(|change| change.lines.clone()).unwrap_or_default();
                DocumentChange::Of { base: *base, lines }
            }
        }
    }
}
