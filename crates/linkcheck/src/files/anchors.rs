//! What a document is to the links that lead to it: its anchors, and what its front matter says of its address.

use std::sync::OnceLock;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::block_attributes::BlockAttributes;
use super::known_shortcodes::makes_no_anchors;
use super::shortcode_calls::ShortcodeCalls;
use super::suggestions::{Nearest, Work, find_nearest};
use crate::markdown::Dialect;
use crate::markdown::front_matter::{FrontMatterBlock, FrontMatterLanguage};
use crate::markdown::headings::MarkdownAnchors;
use crate::markdown::headings::hugo_ids::HugoIdForm;
use crate::markdown::includes::includes_files;

/// The anchors of a document.
#[derive(Debug, Clone, Default)]
pub struct DocumentAnchors {
    headings: MarkdownAnchors,
    /// The shortcodes that it calls, which may make others when the site is built.
    pub(super) shortcodes: ShortcodeCalls,
    /// The ids that it gives to blocks when Hugo builds it.
    block_attributes: BlockAttributes,
    /// Whether GitLab shows the text of other files in it, with their headings.
    includes_files: bool,
    /// The anchors of its text with theirs, made when the first is asked for; `None` where these cannot be known.
    with_includes: OnceLock<Option<Box<DocumentAnchors>>>,
}

impl DocumentAnchors {
    /// The anchors of a Markdown text of GitLab.
    pub fn parse(text: &str) -> Self {
        Self::parse_as(text, Dialect::Gitlab)
    }

    /// The same of a text of either kind.
    pub(super) fn parse_as(text: &str, dialect: Dialect) -> Self {
        Self::from_headings(MarkdownAnchors::parse_as(text, dialect), text)
    }

    /// Those of an HTML page.
    pub(super) fn parse_html(text: &str) -> Self {
        Self { headings: MarkdownAnchors::of_html(text), ..Self::default() }
    }

    /// The same of a text whose headings were parsed already.
    pub fn from_headings(headings: MarkdownAnchors, text: &str) -> Self {
        Self {
            headings,
            shortcodes: ShortcodeCalls::find(text),
            block_attributes: BlockAttributes::find(text),
            includes_files: includes_files(text),
            with_includes: OnceLock::new(),
        }
    }

    /// The anchors as GitLab shows the document: `fill` gives its text with those of the files that it includes, if these
    /// are known.
    pub(super) fn with_includes(&self, fill: impl FnOnce() -> Option<String>) -> &Self {
        if !self.includes_files {
            return self;
        }
        let parse = |text: String| Box::new(Self { includes_files: false, ..Self::parse(&text) });
        self.with_includes.get_or_init(|| fill().map(parse)).as_deref().unwrap_or(self)
    }

    /// Whether an anchor is there. Browsers compare by letter case; so does this.
    pub fn has(&self, wanted: &str) -> bool {
        self.headings.has(wanted)
    }

    /// The same of the page that Hugo makes of it, whose ids have one form.
    pub(super) fn has_on_hugo(&self, wanted: &str, form: HugoIdForm) -> bool {
        self.headings.has_on_hugo(wanted, form)
    }

    /// Whether a block of the page that Hugo makes of it has an anchor, as far as its attributes tell.
    pub(super) fn has_on_block(&self, wanted: &str, form: HugoIdForm) -> bool {
        self.block_attributes.has(wanted, form)
    }

    /// Whether it may describe terms, each of which may have an anchor on the page that Hugo makes of it.
    pub(super) fn may_have_terms(&self) -> bool {
        self.block_attributes.has_descriptions
    }

    /// The same without those of headings.
    pub(super) fn has_beside_headings(&self, wanted: &str, form: HugoIdForm) -> bool {
        self.headings.has_beside_headings(wanted, form)
    }

    /// Whether its raw HTML names an anchor, which a site may leave out.
    pub(super) fn has_in_html(&self, wanted: &str) -> bool {
        self.headings.has_in_html(wanted)
    }

    /// What is near to an anchor that is not there.
    pub(super) fn nearest(&self, wanted: &str, work: &Work) -> Nearest {
        find_nearest(wanted, &mut self.headings.gitlab_ids(), work)
    }

    /// The same of the page that Hugo makes of it.
    pub(super) fn nearest_on_hugo(&self, wanted: &str, form: HugoIdForm, work: &Work) -> Nearest {
        find_nearest(wanted, &mut self.headings.hugo_ids(form), work)
    }

    /// What may make anchors when the document is rendered: a shortcode, as far as their names tell, or a file that is
    /// included.
    pub(crate) fn find_unknown_maker(&self) -> Option<String> {
        let unknown = self.shortcodes.calls.iter().find(|call| !makes_no_anchors(&call.name));
        unknown
            .map(|call| call.name.clone())
            .or_else(|| self.shortcodes.has_more.then(|| "a shortcode".to_owned()))
            .or_else(|| self.includes_files.then(|| "a file that it includes".to_owned()))
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
    /// Its title, of which some sites make its address.
    #[serde(deserialize_with = "text_or_number")]
    pub title: Option<String>,
    /// Whether it is a draft, which is not built.
    #[serde(deserialize_with = "on_or_off")]
    pub draft: bool,
    /// When it was written, as it stands there.
    #[serde(deserialize_with = "date_text")]
    pub date: Option<String>,
    /// From when on it is built.
    #[serde(rename = "publishdate", deserialize_with = "date_text")]
    pub publish_date: Option<String>,
    /// Until when it is built.
    #[serde(rename = "expirydate", deserialize_with = "date_text")]
    pub expiry_date: Option<String>,
    /// Whether its build options render it; `None` where they do not say.
    #[serde(rename = "build", deserialize_with = "renders")]
    pub render: Option<bool>,
    /// Whether its build options publish the files beside it; `None` where they do not say.
    #[serde(skip)]
    pub publishes_resources: Option<bool>,
    /// The formats in which it is made, where it says.
    #[serde(deserialize_with = "one_or_many")]
    pub outputs: Vec<String>,
    /// Whether it is there for other pages alone.
    #[serde(deserialize_with = "on_or_off")]
    pub headless: bool,
    /// What it gives to the pages below it.
    pub cascade: Option<Box<Value>>,
}

/// What a page has to say beyond its title, in lower case: without one of these, its front matter need not be read.
const KEYS: [&str; 9] = ["url", "slug", "aliases", "draft", "date", "build", "headless", "cascade", "outputs"];

impl FrontMatter {
    /// Reads the front matter of a text in each of its languages; what none of them can be read in says nothing.
    pub fn parse(text: &str) -> Self {
        let Some(block) = FrontMatterBlock::find(text, Dialect::Hugo) else { return Self::default() };
        // Most pages say nothing of the kind, and YAML is slow to read.
        if block.language == FrontMatterLanguage::Yaml {
            let lower = block.content.to_ascii_lowercase();
            if !KEYS.iter().any(|key| lower.contains(key)) {
                return Self::default();
            }
        }
        let Some(Value::Object(mut entries)) = block.read().map(lower_keys) else { return Self::default() };
        for (other, name) in OTHER_NAMES {
            if let Some(value) = entries.remove(other) {
                entries.entry(name).or_insert(value);
            }
        }
        let publishes_resources = entries.get("build").and_then(|build| build.get("publishresources")?.as_bool());
        let found: Self = serde_json::from_value(Value::Object(entries)).unwrap_or_default();
        Self { publishes_resources, ..found }
    }
}

/// Other names of keys, in lower case, the first of which counts (Hugo docs, "Configure front matter").
const OTHER_NAMES: [(&str, &str); 4] =
    [("pubdate", "publishdate"), ("published", "publishdate"), ("unpublishdate", "expirydate"), ("_build", "build")];

/// The same with all keys in lower case: Hugo reads them in any (its docs, "Front matter").
fn lower_keys(value: Value) -> Value {
    match value {
        Value::Object(entries) => {
            entries.into_iter().map(|(key, value)| (key.to_lowercase(), lower_keys(value))).collect()
        }
        Value::Array(values) => values.into_iter().map(lower_keys).collect(),
        other => other,
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

/// On or off, perhaps as a text; anything else is off.
fn on_or_off<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value.as_bool().unwrap_or_else(|| value.as_str() == Some("true")))
}

/// A date as it is written; TOML has a type of its own for it.
fn date_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let inside = value.as_object().and_then(|object| object.values().next());
    Ok(inside.unwrap_or(&value).as_str().map(str::to_owned))
}

/// What build options say of rendering: `render` is `always`, `link`, `never`, or was on or off (Hugo docs, "Build
/// options").
fn renders<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let render = value.get("render");
    Ok(render.map(|render| match render.as_str() {
        Some(text) => !matches!(text, "never" | "link" | "false"),
        None => render != false,
    }))
}

/// One text, a list of them, or nothing; what is no text in a list is left out.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    })
}
