//! Which address a page has (Hugo docs, "URL management"; `resources/page/page_paths.go`).

use super::config::{PermalinkValues, SiteConfig, expand_permalink};
use super::content::{ContentPath, PageKind, join};
use crate::files::{FrontMatter, path};
use crate::markdown::headings::hugo_ids::remove_accents;

/// The address of a page, without a slash at its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PageAddress {
    /// `a/b` for `/a/b/`, empty for the site's first page.
    Folder(String),
    /// `a/b.html`.
    File(String),
    /// It cannot be known.
    Unknown,
}

impl PageAddress {
    /// The folder that its relative links begin in.
    pub(super) fn base(&self) -> Option<&str> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::File(file) => Some(path::parent(file)),
            Self::Unknown => None,
        }
    }

    /// As a visitor has it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Folder(folder) if folder.is_empty() => "/".to_owned(),
            Self::Folder(folder) => format!("/{folder}/"),
            Self::File(file) => format!("/{file}"),
            Self::Unknown => String::new(),
        }
    }
}

/// The address of a page.
pub(super) fn page_address(page: &ContentPath, front: &FrontMatter, config: &SiteConfig) -> PageAddress {
    if config.unlike_files_reason().is_some() {
        return PageAddress::Unknown;
    }
    let prefix = config.language_prefix(page.language);
    let is_home = page.kind == PageKind::Branch && page.folder.is_empty();
    if let Some(url) = front.url.as_deref().filter(|url| !url.is_empty() && !is_home) {
        return own_address(url, prefix);
    }
    let container = page.container();
    let container = if config.keeps_case { container.replace(' ', "-") } else { super::content::path_key(container) };
    let sections: Vec<&str> = container.split('/').filter(|part| !part.is_empty()).collect();
    let section = sections.first().copied().unwrap_or_default();
    let name =
        if page.kind == PageKind::Leaf { page.folder.rsplit('/').next().unwrap_or_default() } else { &page.name };
    let is_section = page.kind == PageKind::Branch;
    let bare = match config.permalinks.find(section, is_section) {
        Err(()) => return PageAddress::Unknown,
        Ok(Some(pattern)) if !is_home => {
            let (slug, title) = (front.slug.as_deref(), front.title.as_deref());
            let values = PermalinkValues { sections: &sections, name, slug, title, date: front.date.as_deref() };
            match expand_permalink(pattern, values) {
                Some(address) => address,
                None => return PageAddress::Unknown,
            }
        }
        Ok(_) if is_section => container.clone(),
        Ok(_) => join(&container, front.slug.as_deref().filter(|slug| !slug.is_empty()).unwrap_or(name)),
    };
    let address = join(prefix, &sanitize(bare.trim_matches('/'), config));
    if !is_section && config.is_ugly(section) {
        PageAddress::File(format!("{address}.html"))
    } else {
        PageAddress::Folder(address)
    }
}

/// The address that front matter gives: below the language's only without a slash at its beginning.
fn own_address(url: &str, prefix: &str) -> PageAddress {
    if url.contains("/:") || url.starts_with(':') || url.contains("..") || url.contains("{{") {
        return PageAddress::Unknown;
    }
    let bare = url.trim_matches('/');
    let address = if url.starts_with('/') { bare.to_owned() } else { join(prefix, bare) };
    if url.contains('.') && !url.ends_with('/') {
        match address.strip_suffix("index.html").map(|folder| folder.trim_end_matches('/')) {
            Some(folder) => PageAddress::Folder(folder.to_owned()),
            None => PageAddress::File(address),
        }
    } else {
        PageAddress::Folder(address)
    }
}

/// A path in the characters that Hugo's addresses have (`Sanitize` in `common/paths/path.go`): dashes for blanks, and
/// nothing for most punctuation.
pub(super) fn sanitize(text: &str, config: &SiteConfig) -> String {
    let is_allowed = |c: char| c.is_alphanumeric() || "./\\_#+~-@%".contains(c) || is_mark(c);
    let mut out = String::with_capacity(text.len());
    let mut is_after_blank = false;
    for c in text.chars() {
        if is_allowed(c) {
            if std::mem::take(&mut is_after_blank) && c != '-' {
                out.push('-');
            }
            out.push(c);
        } else if c.is_whitespace() && !out.is_empty() && !out.ends_with('-') {
            is_after_blank = true;
        }
    }
    let out = if config.removes_accents { remove_accents(&out) } else { out };
    if config.keeps_case { out } else { out.to_lowercase() }
}

fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}
