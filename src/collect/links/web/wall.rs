//! Pages that stand in front of the page that was asked for.

use crate::collect::links::fragment;

/// What stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wall {
    /// A sign-in page, shown in place of another (fact sheet on links, section 5.1).
    SignIn,
    /// A test that programs do not pass. Cloudflare shows it as 403 or 503, with and without its header.
    Challenge,
}

/// Titles that are nothing else.
const SIGN_IN: [&str; 3] = ["Sign in · GitLab", "Sign in", "Sign In"];
const CHALLENGES: [&str; 3] = ["Just a moment...", "Attention Required! | Cloudflare", "Please Wait... | Cloudflare"];
/// How the title of an older one begins (`StGitlab` #7).
const CHECKING: &str = "Checking your browser";

/// A title is looked at more closely when one of these words stands near its beginning: nearly every page has a title.
const WORDS: [&str; 5] = ["sign in", "just a moment", "attention required", "please wait", "checking your"];
const NEAR: usize = 200;

/// What the beginning of a page shows.
pub(super) fn of(html: &[u8]) -> Option<Wall> {
    let at = html.windows(6).position(|tag| tag.eq_ignore_ascii_case(b"<title"))?;
    let near = &html[at..html.len().min(at + NEAR)];
    if !WORDS.iter().any(|word| fragment::holds(near, word)) {
        return None;
    }
    let title = fragment::title(html)?;
    if SIGN_IN.contains(&title.as_str()) {
        return Some(Wall::SignIn);
    }
    (CHALLENGES.contains(&title.as_str()) || title.starts_with(CHECKING)).then_some(Wall::Challenge)
}
