//! Single values: what a text must be, and nothing of where it stands.

use url::Url;

/// An http(s) address without user, query or fragment.
pub(crate) fn web_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && plain).then_some(url)
}

/// Any text but blanks, without those around it.
pub(super) fn some_text(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.trim().to_owned())
}

/// 1 to 100 characters on one line.
pub(super) fn short_line(text: &str) -> Option<String> {
    let good = text.chars().count() <= 100 && !text.chars().any(char::is_control);
    some_text(text).filter(|_| good)
}

/// `#rgb` or `#rrggbb`.
pub(super) fn color(text: &str) -> Option<String> {
    let digits = text.strip_prefix('#')?;
    let good = matches!(digits.len(), 3 | 6) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    good.then(|| text.to_owned())
}

pub(super) fn channel(text: &str) -> Option<String> {
    text.starts_with('#').then(|| text.to_owned())
}

/// A path inside a project that stays inside.
pub(super) fn path_inside(text: &str) -> Option<String> {
    let good =
        !text.is_empty() && !text.starts_with('/') && text.len() <= 1024 && text.split('/').all(|part| part != "..");
    good.then(|| text.to_owned())
}

/// A branch, a tag or a commit.
pub(super) fn git_ref(text: &str) -> Option<String> {
    let good = !text.is_empty() && text.len() <= 255 && !text.chars().any(|c| c.is_control() || c == ' ');
    good.then(|| text.to_owned())
}

/// A group, or a group inside groups.
pub(super) fn group_path(text: &str) -> Option<String> {
    project_path(&format!("{text}/x")).map(|_| text.to_owned())
}

/// `group/project` or deeper: GitLab's own characters, no empty part, no `..`.
pub(super) fn project_path(text: &str) -> Option<String> {
    let part = |part: &str| {
        !part.is_empty()
            && part.len() <= 255
            && part != ".."
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
    };
    (text.contains('/') && text.len() <= 1024 && text.split('/').all(part)).then(|| text.to_owned())
}
