//! Single values: what a text must be, and nothing of where it stands.

use url::Url;

use crate::pod::origin::is_loopback_literal;
use crate::pod::text::is_invisible;

/// An http(s) address without user, query or fragment.
pub(crate) fn parse_web_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && plain).then_some(url)
}

/// Why a text is no host to which this program may connect on the configuration's word, and what would be one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AddressProblem {
    pub(crate) message: String,
    pub(crate) help: String,
}

/// An address whose host is written in ASCII: https, or plain http to a loopback literal.
///
/// A name such as `localhost` is what a resolver makes of it, and letters of two alphabets look alike.
///
/// # Errors
/// What is wrong and what to write; nothing of the address but the ASCII form of its host.
pub(crate) fn parse_trusted_address(text: &str, example: &str) -> Result<Url, AddressProblem> {
    let problem = |message: &str, help: String| AddressProblem { message: message.to_owned(), help };
    let url = parse_web_address(text).ok_or_else(|| {
        problem("this is no http(s) address without user, query and fragment", format!("write for example {example}"))
    })?;
    if !is_host_written_out(text, &url) {
        let ascii = url.host_str().unwrap_or_default();
        return Err(problem("this host is not written in plain ASCII", format!("if it is meant, write {ascii}")));
    }
    if url.scheme() != "https" && !is_loopback_literal(&url) {
        return Err(problem(
            "this is no https address; plain http goes to 127.0.0.1 and [::1] only",
            format!("write for example {example}"),
        ));
    }
    Ok(url)
}

/// The same address by https, where that alone is wrong with it.
pub(super) fn suggest_https(text: &str) -> Option<String> {
    let text = text.trim();
    let rest = text.strip_prefix("http://").unwrap_or(text);
    let meant = format!("https://{rest}");
    let is_host = rest.split(['/', ':']).next().is_some_and(|host| host.contains('.'));
    (meant != text && is_host && parse_trusted_address(&meant, "").is_ok()).then(|| format!("did you mean {meant}?"))
}

/// Whether a host that is a name stands in an address as it is asked for, but for letter case: not in another alphabet,
/// not behind escapes, not with a tab inside that a parser passes over.
pub(super) fn is_host_written_out(text: &str, url: &Url) -> bool {
    let Some(host) = url.domain() else { return text.is_ascii() };
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default().to_ascii_lowercase();
    let port = authority.strip_prefix(host);
    port.is_some_and(|port| port.is_empty() || port.starts_with(':'))
}

/// The name of a variable that may hold a secret: `PODKEEPER_` and more of `A-Z`, `0-9` and `_`. Those of other
/// programs are not podkeeper's to send anywhere.
pub(super) fn is_secret_variable(name: &str) -> bool {
    let rest = name.strip_prefix("PODKEEPER_");
    rest.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'))
}

/// A path below the configuration folder, as it is written: no way up, no root.
pub(crate) fn is_path_below_folder(text: &str) -> bool {
    let good =
        |part: &str| !matches!(part, "" | "." | "..") && !part.chars().any(|c| c.is_control() || "\\:".contains(c));
    text.len() <= 1024 && text.split('/').all(good)
}

/// Any text but blanks, without those around it.
pub(super) fn parse_nonempty_text(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.trim().to_owned())
}

/// 1 to 100 characters on one line.
pub(super) fn parse_short_line(text: &str) -> Option<String> {
    let good = text.chars().count() <= 100 && !text.chars().any(char::is_control);
    parse_nonempty_text(text).filter(|_| good)
}

/// `#rgb` or `#rrggbb`.
pub(super) fn parse_color(text: &str) -> Option<String> {
    let digits = text.strip_prefix('#')?;
    let good = matches!(digits.len(), 3 | 6) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    good.then(|| text.to_owned())
}

/// `#` and up to 80 lower-case letters, digits, `-` and `_`, as Slack names channels.
pub(super) fn parse_slack_channel(text: &str) -> Option<String> {
    let name = text.strip_prefix('#')?;
    let is_part = |c: char| (c.is_alphanumeric() && !c.is_uppercase()) || matches!(c, '-' | '_');
    let good = !name.is_empty() && name.chars().count() <= 80 && name.chars().all(is_part);
    good.then(|| text.to_owned())
}

/// A path inside a project that stays inside.
pub(crate) fn parse_path_in_project(text: &str) -> Option<String> {
    let good =
        !text.is_empty() && !text.starts_with('/') && text.len() <= 1024 && text.split('/').all(|part| part != "..");
    // An address of the file is no path of it.
    let good = good && !text.contains("://") && !text.chars().any(|c| c.is_control() || is_invisible(c));
    good.then(|| text.to_owned())
}

/// A branch, a tag or a commit.
pub(super) fn parse_git_ref(text: &str) -> Option<String> {
    let good = !text.is_empty() && text.len() <= 255 && !text.chars().any(|c| c.is_control() || c == ' ');
    good.then(|| text.to_owned())
}

/// A group, or a group inside groups.
pub(super) fn parse_group_path(text: &str) -> Option<String> {
    parse_project_path(&format!("{text}/x")).map(|_| text.to_owned())
}

/// `group/project` or deeper: GitLab's own characters, no empty part, no `..`.
pub(crate) fn parse_project_path(text: &str) -> Option<String> {
    let part = |part: &str| {
        !part.is_empty()
            && part.len() <= 255
            && part != ".."
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
    };
    (text.contains('/') && text.len() <= 1024 && text.split('/').all(part)).then(|| text.to_owned())
}
