//! What an address points at, as far as the address itself shows.
//!
//! Pure: nothing is asked of anybody. The shapes of GitLab addresses and how often each occurs in the
//! handbook are measured in the fact sheet on the handbook, section 10.

mod gitlab;
mod gitlab_url;
mod legacy;
mod placeholder;
mod reference;
mod reserved;

use url::Url;

use crate::link::LinkKind;
use crate::markdown::includes::INCLUDE_MARK;
pub use gitlab::{GitlabResource, GitlabTarget, Owner};
pub use legacy::modernize_url;
pub(crate) use placeholder::is_placeholder;

/// What an address points at, with what is needed to ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A project, group or user of the GitLab whose API is asked, or something in it.
    Gitlab(GitlabTarget),
    /// GitLab's documentation.
    Docs(Url),
    /// GitLab's handbook.
    Handbook(Url),
    /// A workspace's channel, message or profile, which nobody sees without signing in.
    Slack,
    /// A video.
    Video {
        /// The id on `YouTube`, whose thumbnail shows whether the video is there.
        youtube: Option<String>,
        /// The whole address.
        url: Url,
    },
    /// Another page of the web.
    Web(Url),
    /// A mail address, without its scheme.
    Mail(String),
    /// An anchor on the same page.
    SamePage,
    /// A path from the root of the site.
    RootRelativePath(String),
    /// A path relative to the document.
    RelativePath,
    /// An address of a scheme that is not visited.
    UnsupportedScheme,
    /// An address of the web that cannot be one, and why: no browser follows it either.
    Malformed(&'static str),
    /// No address yet: filled in when the page is rendered.
    Placeholder,
    /// Nothing at all: a browser stays on the page (RFC 3986, section 4.4).
    Empty,
    /// A reference of GitLab, as far as no file has its name.
    Reference {
        /// What kind of thing it refers to.
        kind: LinkKind,
        /// What it refers to, where it names the whole path of its project or group.
        target: Option<Box<GitlabTarget>>,
    },
    /// A page or picture of the project's wiki, by its name in double brackets.
    WikiPage,
    /// A file whose text GitLab shows instead of the line (GitLab docs, "Includes"): its path.
    IncludedFile(String),
}

/// Why what is filled in later is not looked at.
pub(crate) const PLACEHOLDER_REASON: &str = "it has no address until it is rendered";

/// Why an address that is empty is alive.
pub(crate) const EMPTY_REASON: &str = "it is empty, so it leads to the page itself";

/// Parses an address. `gitlab_host` is the host of the GitLab whose API is asked, with its port where it has
/// one (`gitlab.com`). Total.
pub fn parse(address: &str, gitlab_host: &str) -> Target {
    let text = address.trim();
    if let Some(path) = text.strip_prefix(INCLUDE_MARK).and_then(|rest| rest.strip_suffix('}')) {
        return parse_included(path, gitlab_host);
    }
    if is_wiki_page(text) {
        return Target::WikiPage;
    }
    if is_placeholder(text) {
        return Target::Placeholder;
    }
    match Url::parse(text) {
        Ok(url) => classify_absolute(url, gitlab_host),
        Err(url::ParseError::RelativeUrlWithoutBase) => classify_relative(text, gitlab_host),
        Err(why) if has_http_scheme(text) => Target::Malformed(parse_error_reason(why)),
        Err(_) => Target::UnsupportedScheme,
    }
}

/// The kind of target an address has. Total: what makes no sense is [`LinkKind::Other`].
pub fn link_kind(address: &str, gitlab_host: &str) -> LinkKind {
    parse(address, gitlab_host).kind()
}

/// The host of an instance as links name it, with its port where it has one of its own.
pub fn host_with_port(instance: &Url) -> String {
    let host = instance.host_str().unwrap_or_default();
    instance.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Whether an address belongs to the instance with this host.
pub(super) fn is_on_instance(url: &Url, host: &str) -> bool {
    gitlab::has_gitlab_host(url, host)
}

impl Target {
    /// The kind that observations report.
    pub fn kind(&self) -> LinkKind {
        match self {
            Self::Gitlab(target) => target.kind(),
            Self::Docs(_) => LinkKind::Docs,
            Self::Handbook(_) => LinkKind::Handbook,
            Self::Slack => LinkKind::Slack,
            Self::Video { .. } => LinkKind::Video,
            Self::Web(_) => LinkKind::Web,
            Self::Mail(_) => LinkKind::Mail,
            Self::SamePage => LinkKind::Anchor,
            Self::RootRelativePath(_) | Self::RelativePath | Self::IncludedFile(_) => LinkKind::Path,
            Self::Reference { kind, .. } => *kind,
            Self::UnsupportedScheme | Self::Malformed(_) | Self::Placeholder | Self::Empty | Self::WikiPage => {
                LinkKind::Other
            }
        }
    }
}

/// Whether an address begins as those of the web do; schemes are written in any case (RFC 3986, section 3.1).
pub(crate) fn has_http_scheme(text: &str) -> bool {
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

fn parse_error_reason(why: url::ParseError) -> &'static str {
    use url::ParseError as Wrong;
    match why {
        Wrong::EmptyHost => "it names no host",
        Wrong::InvalidPort => "its port is no number from 0 to 65535",
        Wrong::InvalidIpv4Address => "its host is no IPv4 address",
        Wrong::InvalidIpv6Address => "its host is no IPv6 address",
        Wrong::IdnaError => "its host is no name that there can be",
        Wrong::InvalidDomainCharacter => "its host has a character that no host's name has",
        _ => "it is no address",
    }
}

fn classify_absolute(url: Url, gitlab_host: &str) -> Target {
    match url.scheme() {
        "http" | "https" => {}
        "mailto" => return Target::Mail(url.path().to_owned()),
        "slack" => return Target::Slack,
        _ => return Target::UnsupportedScheme,
    }
    if gitlab::has_gitlab_host(&url, gitlab_host) {
        return gitlab_url::parse(&url).map_or(Target::Web(url), Target::Gitlab);
    }
    let segments: Vec<&str> = url.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty()).collect();
    let host = url.host_str().unwrap_or_default();
    let first = segments.first().copied().unwrap_or_default();
    match host.strip_prefix("www.").unwrap_or(host) {
        "docs.gitlab.com" => Target::Docs(url),
        "handbook.gitlab.com" => Target::Handbook(url),
        // The handbook's address before it moved, which still redirects.
        "about.gitlab.com" if first == "handbook" => Target::Handbook(url),
        host if is_slack(host, first) => Target::Slack,
        host => match detect_video(host, &segments, &url) {
            VideoHost::Youtube(youtube) => Target::Video { youtube, url },
            VideoHost::Elsewhere => Target::Video { youtube: None, url },
            VideoHost::NotVideo => Target::Web(url),
        },
    }
}

fn classify_relative(text: &str, gitlab_host: &str) -> Target {
    if text.starts_with("//") {
        return parse(&format!("https:{text}"), gitlab_host);
    }
    if text.is_empty() {
        return Target::Empty;
    }
    if text.starts_with('\\') {
        return Target::Placeholder;
    }
    if let Some(found) = reference::parse(text) {
        let page = found.page.and_then(|page| Url::parse(&format!("https://{gitlab_host}/")).ok()?.join(&page).ok());
        let target = page.and_then(|url| gitlab_url::parse(&url)).map(Box::new);
        return Target::Reference { kind: found.kind, target };
    }
    parse_as_path(text)
}

/// An address without a host as a path or place, whatever else it could be.
pub(crate) fn parse_as_path(address: &str) -> Target {
    let text = address.trim();
    match text.as_bytes().first() {
        None => Target::Empty,
        Some(b'#') => Target::SamePage,
        Some(b'/') => Target::RootRelativePath(text.to_owned()),
        Some(_) => Target::RelativePath,
    }
}

/// GitLab shows what stands at an address as a link, unless an administrator lets it be read
/// (`lib/banzai/filter/include_filter.rb`).
fn parse_included(path: &str, gitlab_host: &str) -> Target {
    if has_http_scheme(path) { parse(path, gitlab_host) } else { Target::IncludedFile(path.to_owned()) }
}

/// Whether an address is the name of a page in double brackets, without the code of a template.
fn is_wiki_page(text: &str) -> bool {
    let name = text.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]"));
    name.is_some_and(|name| !name.is_empty() && !name.contains(['[', ']', '{', '%', '$']))
}

/// A workspace's channels, messages and profiles. Slack's help, status and developer pages are ordinary
/// pages.
fn is_slack(host: &str, first: &str) -> bool {
    match host.strip_suffix(".slack.com") {
        Some("api" | "status") => false,
        Some(_) => true,
        None => host == "slack.com" && matches!(first, "app_redirect" | "archives" | "client" | "team"),
    }
}

/// On which host a video is, if the address is one's.
enum VideoHost {
    NotVideo,
    /// On `YouTube`, with the id where it has the form of one.
    Youtube(Option<String>),
    Elsewhere,
}

fn detect_video(host: &str, segments: &[&str], url: &Url) -> VideoHost {
    let id = match (host, segments) {
        ("youtu.be", [id, ..])
        | ("youtube.com" | "m.youtube.com" | "youtube-nocookie.com", ["embed" | "live" | "shorts" | "v", id, ..]) => {
            Some((*id).to_owned())
        }
        ("youtube.com" | "m.youtube.com" | "youtube-nocookie.com", ["watch"]) => {
            url.query_pairs().find(|(key, _)| key == "v").map(|(_, id)| id.into_owned())
        }
        ("vimeo.com" | "player.vimeo.com", path) if path.iter().any(|segment| reserved::is_number(segment)) => {
            return VideoHost::Elsewhere;
        }
        _ => None,
    };
    let Some(id) = id else { return VideoHost::NotVideo };
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    VideoHost::Youtube(((1..=64).contains(&id.len()) && id.bytes().all(safe)).then_some(id))
}

#[cfg(test)]
mod tests;
