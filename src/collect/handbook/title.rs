//! The title in the front matter.

use linkcheck::markdown::plain_text::{LONGEST_LINE, truncate_owned};
use linkcheck::text::Untrusted;
use serde::Deserialize;

use super::ParsedPage;

/// The most bytes of front matter that are read: the longest of the handbook has under 3,000.
const LONGEST: usize = 64 * 1024;

/// The title; empty where the page has none, or where its front matter cannot be read.
pub(super) fn read(page: &ParsedPage<'_>) -> Untrusted {
    let front_matter = page.source.front_matter().filter(|block| block.content.len() <= LONGEST);
    let title = front_matter.and_then(|block| block.read::<FrontMatter>()?.title);
    Untrusted::new(truncate_owned(title.unwrap_or_default().trim(), LONGEST_LINE))
}

#[derive(Deserialize)]
struct FrontMatter {
    // Hugo does not look at the case of a key.
    #[serde(alias = "Title", alias = "TITLE")]
    title: Option<String>,
}
