//! Pages that stand in front of the page that was asked for.

use crate::fragment;

/// What stands in front of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interstitial {
    /// A sign-in page, shown in place of another (fact sheet on links, section 5.1).
    SignIn,
    /// A test that programs do not pass. Cloudflare shows it as 403 or 503, with and without its header.
    Bot,
}

/// Titles that are nothing else.
const SIGN_IN_TITLES: [&str; 3] = ["Sign in · GitLab", "Sign in", "Sign In"];
const BOT_TEST_TITLES: [&str; 3] =
    ["Just a moment...", "Attention Required! | Cloudflare", "Please Wait... | Cloudflare"];
/// How the title of an older one begins (`StGitlab` #7).
const CHECKING: &str = "Checking your browser";

/// A title is parsed only when one of these words stands near its beginning: nearly every page has a title.
const TITLE_HINTS: [&str; 5] = ["sign in", "just a moment", "attention required", "please wait", "checking your"];
const TITLE_SCAN_BYTES: usize = 200;

/// What the beginning of a page shows.
pub(super) fn detect(html: &[u8]) -> Option<Interstitial> {
    let at = html.windows(6).position(|tag| tag.eq_ignore_ascii_case(b"<title"))?;
    let near = &html[at..html.len().min(at + TITLE_SCAN_BYTES)];
    if !TITLE_HINTS.iter().any(|word| fragment::contains_ignore_case(near, word)) {
        return None;
    }
    let title = fragment::find_title(html)?;
    if SIGN_IN_TITLES.contains(&title.as_str()) {
        return Some(Interstitial::SignIn);
    }
    (BOT_TEST_TITLES.contains(&title.as_str()) || title.starts_with(CHECKING)).then_some(Interstitial::Bot)
}
