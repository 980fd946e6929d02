//! Which template makes the links of a site's Markdown (Hugo docs, "Link render hooks").

use super::config::{LinkHookSetting, SiteConfig};
use super::{FileKind, FileSystem};

/// What becomes of the links of Markdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkHook {
    /// They stay as they are written, and browsers follow them.
    Absent,
    /// Hugo's own looks for the page or file that they name, and leaves the others as they are.
    Embedded,
    /// The site or a theme may have one: a link that leads somewhere in one way or the other is a good one.
    Unknown,
}

impl LinkHook {
    pub(super) fn find(config: &SiteConfig, files: &dyn FileSystem) -> Self {
        if config.link_hook == LinkHookSetting::Always {
            return Self::Embedded;
        }
        if may_have_own(config, files) {
            return Self::Unknown;
        }
        let is_multilingual = config.lists_languages && !config.duplicates_resources;
        match config.link_hook {
            LinkHookSetting::Fallback => Self::Embedded,
            LinkHookSetting::Auto if is_multilingual => Self::Embedded,
            _ => Self::Absent,
        }
    }
}

/// Whether the site has a hook of its own, or one may come from elsewhere.
fn may_have_own(config: &SiteConfig, files: &dyn FileSystem) -> bool {
    // Without settings or templates, this is not all of the site.
    let is_whole = config.is_found && config.unlike_files_reason().is_none();
    let has_layouts = files.entry_kind("layouts") == Some(FileKind::Folder);
    if !is_whole || !has_layouts || config.brings_files {
        return true;
    }
    let names = config.languages.iter().map(|language| format!("render-link.{}.html", language.name));
    let names: Vec<String> = names.chain(["render-link.html".to_owned(), "render-link.html.html".to_owned()]).collect();
    ["layouts/_markup", "layouts/_default/_markup"]
        .iter()
        .any(|folder| names.iter().any(|name| files.entry_kind(&format!("{folder}/{name}")).is_some()))
}
