//! Which template makes the links of a site's Markdown (Hugo docs, "Link render hooks").

use super::config::{LinkHookSetting, SiteConfig};
use super::page_templates::{hooks_in, main_markup_folders, section_markup_folders};
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
        if !has_all_templates(config, files) {
            return Self::Unknown;
        }
        let own = hooks_in(&main_markup_folders("layouts"), "render-link", config, files);
        // Those of a section are for its pages alone.
        let of_sections = hooks_in(&section_markup_folders(files), "render-link", config, files);
        let is_plain = own.iter().chain(&of_sections).all(|text| passes_on(text));
        let is_multilingual = config.lists_languages && !config.duplicates_resources;
        let is_embedded = match config.link_hook {
            LinkHookSetting::Fallback => true,
            LinkHookSetting::Auto => is_multilingual,
            LinkHookSetting::Always | LinkHookSetting::Never => false,
        };
        match (is_plain, own.is_empty() && is_embedded) {
            (false, _) => Self::Unknown,
            (true, true) if !of_sections.is_empty() => Self::Unknown,
            (true, true) => Self::Embedded,
            (true, false) => Self::Absent,
        }
    }
}

/// Whether no hook may come from elsewhere.
fn has_all_templates(config: &SiteConfig, files: &dyn FileSystem) -> bool {
    // Without settings or templates, this is not all of the site.
    let is_whole = config.is_found && config.unlike_files_reason().is_none();
    is_whole && files.entry_kind("layouts") == Some(FileKind::Folder) && !config.brings_files
}

/// What a hook may use that leaves the destination as it is written.
const HARMLESS_WORDS: [&str; 33] = [
    "Destination",
    "Text",
    "PlainText",
    "Title",
    "Page",
    "safeURL",
    "safeHTML",
    "safeHTMLAttr",
    "htmlEscape",
    "markdownify",
    "if",
    "else",
    "end",
    "with",
    "and",
    "or",
    "not",
    "eq",
    "ne",
    "in",
    "strings",
    "HasPrefix",
    "HasSuffix",
    "Contains",
    "hasPrefix",
    "hasSuffix",
    "urls",
    "Parse",
    "parse",
    "IsAbs",
    "Host",
    "Scheme",
    "chomp",
];

/// Whether a hook writes the destination as it is, so that browsers follow what the Markdown has: it asks for no page
/// and no file, and changes no text.
fn passes_on(template: &str) -> bool {
    let mut rest = template;
    let mut written = 0;
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((action, after)) = behind.split_once("}}") else { return false };
        if before.trim_end_matches(['"', '\'']).ends_with("href=") {
            let first = action.trim_matches(['-', ' ']).split([' ', '|']).next();
            if first != Some(".Destination") || !after.starts_with(['"', '\'', '>', ' ']) {
                return false;
            }
            written += 1;
        }
        if !action.trim_start_matches(['-', ' ']).starts_with("/*") && !is_harmless(action) {
            return false;
        }
        rest = after;
    }
    // An address that is written otherwise is another one.
    written > 0 && template.matches("href=").count() == written
}

/// Whether an action has none but harmless words beside its quoted texts and variables.
fn is_harmless(action: &str) -> bool {
    let mut is_quoted = None;
    let unquoted: String = action
        .chars()
        .map(|c| match (is_quoted, c) {
            (None, '"' | '`') => {
                is_quoted = Some(c);
                ' '
            }
            (Some(quote), c) => {
                if quote == c {
                    is_quoted = None;
                }
                ' '
            }
            (None, c) => c,
        })
        .collect();
    let words = unquoted.split(|c: char| !c.is_alphanumeric() && c != '$' && c != '_');
    { words }.all(|word| word.is_empty() || word.starts_with('$') || HARMLESS_WORDS.contains(&word))
}
