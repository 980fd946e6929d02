//! What a site's own templates do to the ids of its pages: those that they write themselves, and the template of
//! headings (Hugo docs, "Heading render hooks").

use std::collections::BTreeSet;

use super::config::SiteConfig;
use super::{FileKind, FileSystem};
use crate::fragment;

/// Where templates of Markdown's parts stand in a folder of templates; the second is the older one.
const MARKUP_FOLDERS: [&str; 2] = ["_markup", "_default/_markup"];
/// Folders with templates that make no page by themselves.
const OTHER_FOLDERS: [&str; 3] = ["_shortcodes", "shortcodes", "_markup"];
/// The most templates that are read, and the deepest folders.
const MOST_TEMPLATES: usize = 1_000;
const MOST_NESTED: usize = 8;
/// The most bytes of a template that is read.
const MAX_TEMPLATE_BYTES: usize = 256 * 1024;

/// What becomes of the ids of headings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeadingHook {
    /// They are those that Hugo makes.
    Absent,
    /// A theme, or a template for some of the pages, may change them.
    OfSomePages,
    /// The site itself does, in a way that is not followed.
    Own,
}

impl HeadingHook {
    pub(super) fn find(config: &SiteConfig, files: &dyn FileSystem) -> Self {
        let own = hooks_in(&main_markup_folders("layouts"), "render-heading", config, files);
        if !own.is_empty() {
            return if own.iter().all(|text| keeps_ids(text)) { Self::Absent } else { Self::Own };
        }
        let mut folders = section_markup_folders(files);
        files.visit_names("themes", &mut |name| {
            folders.extend(main_markup_folders(&format!("themes/{name}/layouts")));
        });
        let others = hooks_in(&folders, "render-heading", config, files);
        if others.iter().all(|text| keeps_ids(text)) { Self::Absent } else { Self::OfSomePages }
    }
}

/// Where the templates of Markdown's parts stand that are for all pages.
pub(super) fn main_markup_folders(layouts: &str) -> Vec<String> {
    MARKUP_FOLDERS.iter().map(|markup| format!("{layouts}/{markup}")).collect()
}

/// Where those of a section stand, or of one type of pages: `layouts/docs/_markup` (Hugo docs, "Template lookup order").
pub(super) fn section_markup_folders(files: &dyn FileSystem) -> Vec<String> {
    let main = main_markup_folders("layouts");
    let mut found = Vec::new();
    let mut folders = vec![("layouts".to_owned(), 0)];
    let mut count = 0;
    while let Some((folder, depth)) = folders.pop() {
        let mut names = Vec::new();
        // What has an ending is a template.
        files.visit_names(&folder, &mut |name| names.extend((!name.contains('.')).then(|| name.to_owned())));
        for name in names {
            count += 1;
            if count > MOST_TEMPLATES {
                return found;
            }
            let path = format!("{folder}/{name}");
            if name == MARKUP_FOLDERS[0] {
                found.extend((!main.contains(&path)).then_some(path));
            } else if depth < MOST_NESTED {
                folders.push((path, depth + 1));
            }
        }
    }
    found
}

/// The texts of the templates of one part of Markdown that stand in some folders; one that cannot be read is empty.
pub(super) fn hooks_in(folders: &[String], part: &str, config: &SiteConfig, files: &dyn FileSystem) -> Vec<String> {
    let names = config.languages.iter().map(|language| format!("{part}.{}.html", language.name));
    let names: Vec<String> = names.chain([format!("{part}.html"), format!("{part}.html.html")]).collect();
    let paths = folders.iter().flat_map(|folder| names.iter().map(move |name| format!("{folder}/{name}")));
    { paths }
        .filter(|path| files.entry_kind(path).is_some())
        .map(|path| files.read_text(&path).unwrap_or_default())
        .collect()
}

/// Whether a template of headings writes the id that Hugo made as it is.
fn keeps_ids(template: &str) -> bool {
    let ids: Vec<&str> = template.split("id=").skip(1).collect();
    ids.iter().any(|behind| {
        let value = behind.trim_start_matches(['"', '\'']);
        let action = value.strip_prefix("{{").and_then(|inside| inside.split_once("}}")).map(|(action, _)| action);
        let words =
            action.map(|action| action.trim_matches(['-', ' ']).split([' ', '|']).filter(|word| !word.is_empty()));
        words.is_some_and(|mut words| {
            words.next() == Some(".Anchor") && words.all(|word| matches!(word, "safeURL" | "safeHTMLAttr" | "safeHTML"))
        })
    })
}

/// The ids that the site's own templates write as they are.
pub(super) fn template_ids(files: &dyn FileSystem) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let mut folders = vec![("layouts".to_owned(), 0)];
    let mut count = 0;
    while let Some((folder, depth)) = folders.pop() {
        let mut names = Vec::new();
        files.visit_names(&folder, &mut |name| names.push(name.to_owned()));
        for name in names {
            let path = format!("{folder}/{name}");
            if name.rsplit_once('.').is_some_and(|(_, ending)| ending == "html") {
                count += 1;
                if count > MOST_TEMPLATES {
                    return ids;
                }
                let text = files.read_text(&path).filter(|text| text.len() <= MAX_TEMPLATE_BYTES);
                let found = text.map(|text| fragment::find_anchors(text.as_bytes())).unwrap_or_default();
                ids.extend(found.into_iter().filter(|id| !id.contains("{{")));
            } else if depth < MOST_NESTED
                && !OTHER_FOLDERS.contains(&name.as_str())
                && files.entry_kind(&path) == Some(FileKind::Folder)
            {
                folders.push((path, depth + 1));
            }
        }
    }
    ids
}
