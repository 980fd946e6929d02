//! What a document is to the links that lead to it: its anchors, and what its front matter says of its address.

use memchr::memmem;
use serde::{Deserialize, Deserializer};

use crate::markdown::headings::MarkdownAnchors;

/// The anchors of a document.
#[derive(Debug, Clone, Default)]
pub struct DocumentAnchors {
    headings: MarkdownAnchors,
    /// Whether shortcodes may add headings when the site is built: a missing anchor then proves nothing.
    pub may_be_incomplete: bool,
}

impl DocumentAnchors {
    /// The anchors of a Markdown text.
    pub fn parse(text: &str) -> Self {
        Self::from_headings(MarkdownAnchors::parse(text), text)
    }

    /// The same of a text whose headings were parsed already.
    pub fn from_headings(headings: MarkdownAnchors, text: &str) -> Self {
        Self { headings, may_be_incomplete: has_shortcodes(text) }
    }

    /// Whether an anchor is there. Browsers compare by letter case; so does this.
    pub fn has(&self, wanted: &str) -> bool {
        self.headings.has(wanted)
    }
}

/// What front matter says of a page's address (Hugo docs, "Front matter").
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct FrontMatter {
    /// Its whole path.
    pub url: Option<String>,
    /// Its path's last part.
    pub slug: Option<String>,
    /// Paths that lead to it.
    #[serde(deserialize_with = "one_or_many")]
    pub aliases: Vec<String>,
}

impl FrontMatter {
    /// Reads the front matter of a text; what is no YAML between `---` and no TOML between `+++` says nothing.
    pub fn parse(text: &str) -> Self {
        let text = text.trim_start_matches('\u{feff}');
        let inside = |fence: &str| Some(text.strip_prefix(fence)?.split_once(&format!("\n{fence}"))?.0);
        if let Some(yaml) = inside("---") {
            // Most pages say nothing of the kind, and YAML is slow to read.
            if !["url:", "slug:", "aliases:"].iter().any(|key| yaml.contains(key)) {
                return Self::default();
            }
            let options = serde_saphyr::options! {
                budget: serde_saphyr::budget! { max_nodes: 5_000, max_events: 20_000, max_depth: 32, max_aliases: 50 },
                with_snippet: false,
            };
            return serde_saphyr::from_str_with_options(yaml, options).unwrap_or_default();
        }
        inside("+++").and_then(|toml| toml::from_str(toml).ok()).unwrap_or_default()
    }
}

/// One text, a list of them, or nothing.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Texts {
        Many(Vec<Option<String>>),
        One(String),
    }
    Ok(match Option::<Texts>::deserialize(deserializer)? {
        Some(Texts::Many(texts)) => texts.into_iter().flatten().collect(),
        Some(Texts::One(text)) => vec![text],
        None => Vec::new(),
    })
}

/// A shortcode stands in the text, in either form. One that is written with `/*` is shown and not called.
fn has_shortcodes(text: &str) -> bool {
    ["{{<", "{{%"].iter().any(|open| {
        memmem::find_iter(text.as_bytes(), open).any(|at| {
            let name = text[at + open.len()..].trim_start();
            // These make links and pictures, no headings.
            let inert = ["ref ", "relref ", "figure ", "youtube ", "/*", "/ref", "/relref"];
            !inert.iter().any(|inert| name.starts_with(inert))
        })
    })
}
