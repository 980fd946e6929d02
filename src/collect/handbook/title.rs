//! The title in the front matter.

use linkcheck::markdown::plain_text::{LONGEST_LINE, truncate_owned};
use linkcheck::text::Untrusted;
use serde::Deserialize;

use super::ParsedPage;

/// The most bytes of front matter that are read: the longest of the handbook has under 3,000.
const LONGEST: usize = 64 * 1024;

/// The title; empty where the page has none, or where its front matter is no YAML.
pub(super) fn read(page: &ParsedPage<'_>) -> Untrusted {
    let text = page.outline.front_matter.clone().map_or("", |range| &page.source.text[range]);
    let title = (text.len() <= LONGEST).then(|| parse_title(strip_delimiters(text))).flatten();
    Untrusted::new(truncate_owned(title.unwrap_or_default().trim(), LONGEST_LINE))
}

#[derive(Deserialize)]
struct FrontMatter {
    // Hugo does not look at the case of a key.
    #[serde(alias = "Title", alias = "TITLE")]
    title: Option<String>,
}

fn parse_title(yaml: &str) -> Option<String> {
    // The ten keys of a page need a thousandth of the parser's own budget.
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_nodes: 2_000, max_events: 10_000, max_depth: 32, max_aliases: 50 },
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options::<FrontMatter>(yaml, options).ok()?.title
}

/// The lines between the delimiters.
fn strip_delimiters(front_matter: &str) -> &str {
    let text = front_matter.trim_start_matches('\u{feff}').trim_start_matches('-').trim_end();
    text.strip_suffix("---").unwrap_or(text)
}
