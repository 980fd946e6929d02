//! Documents of this machine, with the files around them that their links can lead to.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Halt;
use super::disk::{self, Disk};
use super::page::file;
use crate::check::Read;
use crate::collect::handbook;
use crate::collect::links::local::{Front, Local, Sheet, Site};

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
        let paths = disk::markdown_below(folder).map_err(|(folder, error)| {
            Halt::usage(format!("the folder {} cannot be read ({error})", folder.display()))
        })?;
        let tree = self.trees.len();
        let read = side_by_side(&paths, |path| -> Result<(Read, Sheet), Halt> {
            let shown = path.display().to_string();
            let text = file(&shown)?;
            let within = disk::seen_from(&root, path).unwrap_or_else(|| shown.clone());
            let front = if site == Site::Hugo { Front::of(&text) } else { Front::default() };
            let sheet = Sheet { path: within.clone(), front };
            Ok((understood(&text, &shown, Some((tree, within))), sheet))
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
        self.trees.push(Local::new(site, Box::new(Disk::below(&root)), &sheets));
        Ok(())
    }

    /// A file, with those around it for its relative links.
    pub(super) fn add_file(&mut self, path: &str) -> Result<(), Halt> {
        let text = file(path)?;
        let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let root = disk::root_of(folder);
        let within = disk::seen_from(&root, Path::new(path)).map(|within| (self.trees.len(), within));
        self.documents.push(understood(&text, path, within));
        self.trees.push(Local::new(Site::Tree, Box::new(Disk::below(&root)), &[]));
        Ok(())
    }
}

pub(super) fn understood(text: &str, path: &str, within: Option<(usize, String)>) -> Read {
    let (path, page) = (path.to_owned(), handbook::document(text, path));
    Read { path, page, label_groups: Vec::new(), within, site: None, exceptions: Vec::new() }
}

/// The same for each of many, on all cores, in their order.
fn side_by_side<T: Sync, R: Send>(items: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(items.len());
    if threads <= 1 {
        return items.iter().map(each).collect();
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(item) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            items.get(at).map(|item| (at, item))
        } {
            done.push((item.0, each(item.1)));
        }
        done
    };
    let mut all: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).flatten().collect()
    });
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, done)| done).collect()
}
