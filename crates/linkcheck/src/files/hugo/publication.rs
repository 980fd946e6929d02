//! Which pages are built at all (Hugo docs, "Front matter", "Build options" and "Cascade").

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::Value;

use super::config::SiteConfig;
use super::content::{ContentPath, PageKind, path_key};
use crate::files::{FrontMatter, path};

/// Whether a page is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Publication {
    Built,
    /// Why it is not, as the end of a sentence about the page.
    NotBuilt(&'static str),
    /// Nor can its address be known; why.
    Unknown(&'static str),
}

/// Whether a page is built, as far as its own front matter and the settings say.
pub(super) fn publication(
    page: &ContentPath,
    front: &FrontMatter,
    config: &SiteConfig,
    today: Option<NaiveDate>,
) -> Publication {
    let assembled = assembly(page, front, config, today);
    if matches!(assembled, Publication::NotBuilt(_)) {
        return assembled;
    }
    if front.render.is_some_and(|renders| !renders) {
        return Publication::NotBuilt("is not rendered, as its front matter says");
    }
    if front.headless && page.kind == PageKind::Leaf {
        return Publication::NotBuilt("is headless");
    }
    let outputs = Some(&front.outputs).filter(|outputs| !outputs.is_empty());
    match outputs.or_else(|| config.outputs(page_kind(page, config))) {
        Some(formats) if !formats.iter().any(|format| format.eq_ignore_ascii_case("html")) => {
            if config.has_own_formats {
                Publication::Unknown("the page is made in a format of the site's own")
            } else {
                Publication::NotBuilt("is made in other formats than HTML alone")
            }
        }
        _ => assembled,
    }
}

/// Whether the files of a page's bundle are published, which also those of one are that is not rendered itself (tried
/// with Hugo 0.168).
pub(super) fn files_publication(
    page: &ContentPath,
    front: &FrontMatter,
    config: &SiteConfig,
    today: Option<NaiveDate>,
) -> Publication {
    match assembly(page, front, config, today) {
        Publication::Built if front.publishes_resources == Some(false) => {
            Publication::Unknown("it is published only where a template uses it")
        }
        assembled => assembled,
    }
}

/// Which of its kinds Hugo takes a page for (its docs, "Page kinds").
fn page_kind(page: &ContentPath, config: &SiteConfig) -> &'static str {
    match page.kind {
        PageKind::Leaf | PageKind::Single => "page",
        PageKind::Branch if page.folder.is_empty() => "home",
        PageKind::Branch if !config.is_term(&path_key(&page.folder)) => "section",
        PageKind::Branch if page.folder.contains('/') => "term",
        PageKind::Branch => "taxonomy",
    }
}

/// Whether a page is part of the site at all, with its files, by its own front matter and the settings.
fn assembly(page: &ContentPath, front: &FrontMatter, config: &SiteConfig, today: Option<NaiveDate>) -> Publication {
    if front.draft && !config.builds_drafts {
        return Publication::NotBuilt("is a draft");
    }
    if config.is_disabled_kind(page_kind(page, config)) {
        return Publication::NotBuilt("is of a kind that the settings disable");
    }
    let day = |text: &Option<String>| NaiveDate::parse_from_str(text.as_deref()?.get(..10)?, "%Y-%m-%d").ok();
    if !config.builds_future
        && let Some(from) = day(&front.publish_date).or_else(|| day(&front.date).filter(|_| today.is_some()))
    {
        match today {
            Some(today) if from < today => {}
            Some(today) if from > today => return Publication::NotBuilt("is not published yet"),
            _ => return Publication::Unknown("whether the page is published yet depends on the day"),
        }
    }
    if !config.builds_expired
        && let Some(until) = day(&front.expiry_date)
    {
        match today {
            Some(today) if until > today => {}
            Some(today) if until < today => return Publication::NotBuilt("has expired"),
            _ => return Publication::Unknown("whether the page has expired depends on the day"),
        }
    }
    Publication::Built
}

/// What pages give to all pages below them.
#[derive(Debug, Default)]
pub(super) struct Cascades(BTreeMap<(usize, String), Publication>);

impl Cascades {
    /// Takes up what a page gives to those below it.
    pub(super) fn add(&mut self, page: &ContentPath, front: &FrontMatter) {
        if let Some(cascade) = front.cascade.as_deref()
            && let Some(given) = read_cascade(cascade)
        {
            self.0.insert((page.language, page.key()), given);
        }
    }

    /// What the pages above one give it, or it gives itself.
    pub(super) fn find(&self, page: &ContentPath) -> Option<Publication> {
        if self.0.is_empty() {
            return None;
        }
        let key = page.key();
        let mut above = key.as_str();
        loop {
            if let Some(given) = self.0.get(&(page.language, above.to_owned())) {
                return Some(*given);
            }
            if above.is_empty() {
                return None;
            }
            above = path::parent(above);
        }
    }
}

/// What a cascade says of whether pages are built and of their addresses.
fn read_cascade(cascade: &Value) -> Option<Publication> {
    let rules = cascade.as_array().map_or_else(|| std::slice::from_ref(cascade), Vec::as_slice);
    let mut given = None;
    for rule in rules {
        let named = |name: &str| {
            rule.as_object()?
                .iter()
                .find(|(key, _)| key.trim_start_matches('_').eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
        };
        let renders = named("build").and_then(|build| build.get("render"));
        let is_hidden = renders
            .is_some_and(|renders| matches!(renders.as_str(), Some("never" | "link")) || renders == false)
            || named("draft").is_some_and(|draft| draft == true);
        let changes_address =
            ["url", "slug", "publishdate", "expirydate", "outputs"].iter().any(|name| named(name).is_some());
        if !is_hidden && !changes_address {
            continue;
        }
        let is_for_some = named("target").is_some();
        given = Some(if is_for_some || changes_address {
            Publication::Unknown("a page above it decides where it is built")
        } else {
            Publication::NotBuilt("is not rendered, as a page above it says")
        });
    }
    given
}
