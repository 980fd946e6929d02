//! Which anchors shortcodes make: read from a site's own templates where it has them, else known by name.

mod template;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::config::SiteConfig;
use crate::files::anchors::DocumentAnchors;
use crate::files::known_shortcodes::makes_no_anchors;
use crate::files::{FileSystem, path};
use crate::markdown::headings::is_markdown_path;
use template::{TemplateEffect, TextFrom};

/// Where templates of shortcodes stand; the second is the older one (Hugo docs, "New template system").
const FOLDERS: [&str; 2] = ["layouts/_shortcodes", "layouts/shortcodes"];
/// The most files that include another.
const MOST_NESTED: usize = 3;

/// The shortcodes of a site.
#[derive(Debug, Default)]
pub(super) struct Shortcodes {
    /// By name, as far as they were asked for; `None` where what one makes is not known.
    effects: Mutex<BTreeMap<String, Option<Arc<TemplateEffect>>>>,
}

/// Whether shortcodes make an anchor.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::files) enum MadeAnchor {
    There,
    NotThere,
    /// It may be made by this one.
    Unknown(String),
}

impl Shortcodes {
    /// Whether the calls of a document make an anchor on its page.
    pub(super) fn make_anchor(
        &self,
        document: &DocumentAnchors,
        wanted: &str,
        config: &SiteConfig,
        files: &dyn FileSystem,
    ) -> MadeAnchor {
        self.search(document, wanted, config, files, 0)
    }

    fn search(
        &self,
        document: &DocumentAnchors,
        wanted: &str,
        config: &SiteConfig,
        files: &dyn FileSystem,
        depth: usize,
    ) -> MadeAnchor {
        let mut unknown = document.shortcodes.has_more.then(|| "of one of them".to_owned());
        // What stands within a shortcode may be passed on as it is.
        if document.has_in_html(wanted) {
            unknown = document.shortcodes.calls.first().map(|call| call.name.clone());
        }
        for call in &document.shortcodes.calls {
            let Some(effect) = self.effect_named(&call.name, files) else {
                unknown.get_or_insert_with(|| call.name.clone());
                continue;
            };
            let given = |from: &TextFrom| match from {
                TextFrom::Literal(text) => Some(text.clone()),
                TextFrom::Parameter(key) => call.parameter(key).map(str::to_owned),
            };
            if effect.ids.iter().any(|id| given(id).as_deref() == Some(wanted)) {
                return MadeAnchor::There;
            }
            for included in &effect.assets {
                let paths = given(included).map(|path| asset_paths(&path, config)).unwrap_or_default();
                match self.search_file(&paths, wanted, config, files, depth) {
                    MadeAnchor::NotThere => {}
                    MadeAnchor::There => return MadeAnchor::There,
                    MadeAnchor::Unknown(_) => drop(unknown.get_or_insert_with(|| call.name.clone())),
                }
            }
            for included in &effect.files {
                let paths: Vec<String> = given(included).and_then(|path| path::join("", &path)).into_iter().collect();
                match self.search_file(&paths, wanted, config, files, depth) {
                    MadeAnchor::NotThere => {}
                    MadeAnchor::There => return MadeAnchor::There,
                    MadeAnchor::Unknown(_) => drop(unknown.get_or_insert_with(|| call.name.clone())),
                }
            }
        }
        unknown.map_or(MadeAnchor::NotThere, MadeAnchor::Unknown)
    }

    /// Whether the first of these files that is there has an anchor.
    fn search_file(
        &self,
        paths: &[String],
        wanted: &str,
        config: &SiteConfig,
        files: &dyn FileSystem,
        depth: usize,
    ) -> MadeAnchor {
        let unknown = || MadeAnchor::Unknown(String::new());
        let Some((path, text)) = paths.iter().find_map(|path| Some((path, files.read_text(path)?))) else {
            return unknown();
        };
        if depth >= MOST_NESTED || !is_markdown_path(path) {
            return unknown();
        }
        let included = DocumentAnchors::parse(&text);
        // The same heading on the page itself gives this one a number.
        let unnumbered = wanted.rsplit_once('-').filter(|(_, end)| end.bytes().all(|byte| byte.is_ascii_digit()));
        if included.has_on_hugo(wanted, config.ids) {
            MadeAnchor::There
        } else if unnumbered.is_some_and(|(bare, _)| included.has_on_hugo(bare, config.ids)) {
            unknown()
        } else {
            self.search(&included, wanted, config, files, depth + 1)
        }
    }

    /// What a shortcode makes; `None` where that is not known.
    fn effect_named(&self, name: &str, files: &dyn FileSystem) -> Option<Arc<TemplateEffect>> {
        let mut effects = self.effects.lock().unwrap_or_else(PoisonError::into_inner);
        effects.entry(name.to_owned()).or_insert_with(|| read_effect(name, files).map(Arc::new)).clone()
    }
}

fn read_effect(name: &str, files: &dyn FileSystem) -> Option<TemplateEffect> {
    let within = path::join("", name)?;
    for folder in FOLDERS {
        for ending in ["html", "md"] {
            if let Some(text) = files.read_text(&format!("{folder}/{within}.{ending}")) {
                return template::read_template(&text, files);
            }
        }
    }
    makes_no_anchors(name).then(TemplateEffect::default)
}

/// Where a file of the site's assets may stand.
fn asset_paths(path: &str, config: &SiteConfig) -> Vec<String> {
    let below = |mount: super::config::Mount| {
        let rest = super::content::below(path.trim_start_matches('/'), &mount.target)?;
        path::join(&mount.source, rest)
    };
    config.folders("assets").into_iter().filter_map(below).collect()
}
