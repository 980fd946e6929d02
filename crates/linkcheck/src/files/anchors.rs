//! What a document is to the links that lead to it: its anchors, and what its front matter says of its address.

use memchr::memmem;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::suggestions::{Nearest, Work, find_nearest};
use crate::markdown::front_matter::{FrontMatterBlock, FrontMatterLanguage};
use crate::markdown::headings::MarkdownAnchors;
use crate::markdown::includes::includes_files;

/// The anchors of a document.
#[derive(Debug, Clone, Default)]
pub struct DocumentAnchors {
    headings: MarkdownAnchors,
    /// Whether shortcodes may add headings when the site is built, or GitLab those of a file that is included: a missing
    /// anchor then proves nothing.
    pub may_be_incomplete: bool,
}

impl DocumentAnchors {
    /// The anchors of a Markdown text.
    pub fn parse(text: &str) -> Self {
        Self::from_headings(MarkdownAnchors::parse(text), text)
    }

    /// The same of a text whose headings were parsed already.
    pub fn from_headings(headings: MarkdownAnchors, text: &str) -> Self {
        Self { headings, may_be_incomplete: has_shortcodes(text) || includes_files(text) }
    }

    /// What is near to an anchor that is not there.
    pub(super) fn nearest(&self, wanted: &str, work: &Work) -> Nearest {
        find_nearest(wanted, &mut self.headings.gitlab_ids(), work)
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
    #[serde(deserialize_with = "text_or_number")]
    pub url: Option<String>,
    /// Its path's last part.
    #[serde(deserialize_with = "text_or_number")]
    pub slug: Option<String>,
    /// Paths that lead to it.
    #[serde(deserialize_with = "one_or_many")]
    pub aliases: Vec<String>,
}

impl FrontMatter {
    /// Reads the front matter of a text in each of its languages; what none of them can be read in says nothing.
    pub fn parse(text: &str) -> Self {
        let Some(block) = FrontMatterBlock::find(text) else { return Self::default() };
        // Most pages say nothing of the kind, and YAML is slow to read.
        let is_silent = !["url", "slug", "aliases"].iter().any(|key| block.content.contains(key));
        if block.language == FrontMatterLanguage::Yaml && is_silent {
            return Self::default();
        }
        block.read().unwrap_or_default()
    }
}

/// A text, or a number that was not quoted: `slug: 2024`.
fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Scalar {
        Text(String),
        Number(i64),
        Other(IgnoredAny),
    }
    Ok(match Option::<Scalar>::deserialize(deserializer)? {
        Some(Scalar::Text(text)) => Some(text),
        Some(Scalar::Number(number)) => Some(number.to_string()),
        Some(Scalar::Other(_)) | None => None,
    })
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
