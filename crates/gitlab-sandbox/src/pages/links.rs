//! Where links lead: to another page of the sandbox, to the world outside, or nowhere.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::Url;

use super::{PageContext, PageOwner};
use crate::control::GITLAB_HOST;
use crate::world::{Group, Project};

/// What must not stand in a path as it is.
const PATH_ENCODE_SET: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`');
/// What must not stand in a value of a query.
const QUERY_ENCODE_SET: &AsciiSet = &PATH_ENCODE_SET.add(b'&').add(b'+').add(b'=');

/// A link as it may stand in a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LinkTarget {
    /// Another page of the sandbox, from its root on, or a place on this page.
    Sandbox(String),
    /// An address outside the sandbox.
    External(String),
}

/// Where a text stands: its references and links are resolved from there.
#[derive(Clone, Copy)]
pub(super) struct TextContext<'a> {
    pub(super) view: PageContext<'a>,
    pub(super) project: Option<&'a Project>,
    pub(super) group: Option<&'a Group>,
    /// The file that the text is, below `/-/blob/`: the branch and the path.
    pub(super) file_path: &'a str,
}

/// The address of a page of the sandbox: its path, percent-encoded.
pub(super) fn page_href(path: &str) -> String {
    format!("/{}", utf8_percent_encode(path, PATH_ENCODE_SET))
}

/// A value as it stands in a query.
pub(super) fn encode_query_value(value: &str) -> String {
    utf8_percent_encode(value, QUERY_ENCODE_SET).to_string()
}

impl TextContext<'_> {
    /// Where a link of the text leads; none for schemes that a page must not hold, such as `javascript:`.
    pub(super) fn resolve_link(&self, link: &str) -> Option<LinkTarget> {
        if let Some(place) = link.strip_prefix('#') {
            let own = place.starts_with("fn-") || place.starts_with("fnref-") || place.starts_with("user-content-");
            let prefix = if own { "" } else { "user-content-" };
            return Some(LinkTarget::Sandbox(format!("#{prefix}{}", place.to_lowercase())));
        }
        let url = self.base_url()?.join(link).ok()?;
        match url.scheme() {
            "mailto" => return Some(LinkTarget::External(url.into())),
            "http" | "https" => {}
            _ => return None,
        }
        let of_the_box = url.origin().ascii_serialization() == self.view.origin;
        if of_the_box || (url.host_str() == Some(GITLAB_HOST) && self.has_page(&url)) {
            // Without its origin, the link stays in this sandbox under whatever name it is looked at.
            return Some(LinkTarget::Sandbox(url[url::Position::BeforePath..].to_owned()));
        }
        Some(LinkTarget::External(url.into()))
    }

    /// Whether the sandbox has a page of the project or the group that the address names.
    fn has_page(&self, url: &Url) -> bool {
        let path = percent_encoding::percent_decode_str(url.path()).decode_utf8_lossy();
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        matches!(self.view.find_owner(&segments), Some((PageOwner::Project(_) | PageOwner::Group(_), _)))
    }

    /// What relative links are relative to (`Banzai::Filter::RepositoryLinkFilter`): the file, or the top of the
    /// project.
    fn base_url(&self) -> Option<Url> {
        let mut base = Url::parse("https://gitlab.com/").ok()?;
        base.set_host(Some(GITLAB_HOST)).ok()?;
        if let Some(project) = self.project {
            let file = if self.file_path.is_empty() {
                format!("{}/", project.default_branch)
            } else {
                self.file_path.to_owned()
            };
            base.set_path(&page_href(&format!("{}/-/blob/{file}", project.path)));
        }
        Some(base)
    }
}
