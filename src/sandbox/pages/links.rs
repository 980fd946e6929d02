//! Where links lead: to another page of the box, to the world outside, or nowhere.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::Url;

use super::{Owner, View};
use crate::sandbox::control::GITLAB_HOST;
use crate::sandbox::world::{Group, Project};

/// What must not stand in a path as it is.
const IN_PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`');
/// What must not stand in a value of a query.
const IN_QUERY: &AsciiSet = &IN_PATH.add(b'&').add(b'+').add(b'=');

/// A link as it may stand in a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Another page of the box, from its root on, or a place on this page.
    Inside(String),
    /// Somewhere in the world.
    Outside(String),
}

/// What a text hangs on: references and links are seen from there.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) view: View<'a>,
    pub(super) owner: Option<&'a Project>,
    pub(super) group: Option<&'a Group>,
    /// The file that the text is, below `/-/blob/`: the branch and the path.
    pub(super) file: &'a str,
}

/// The address of a page of the box.
pub(super) fn href(path: &str) -> String {
    format!("/{}", utf8_percent_encode(path, IN_PATH))
}

/// A value as it stands in a query.
pub(super) fn query(value: &str) -> String {
    utf8_percent_encode(value, IN_QUERY).to_string()
}

impl Around<'_> {
    /// Where a link of the text leads; none for schemes that a page must not hold, such as `javascript:`.
    pub(super) fn target(&self, link: &str) -> Option<Target> {
        if let Some(place) = link.strip_prefix('#') {
            let own = place.starts_with("fn-") || place.starts_with("fnref-") || place.starts_with("user-content-");
            let prefix = if own { "" } else { "user-content-" };
            return Some(Target::Inside(format!("#{prefix}{}", place.to_lowercase())));
        }
        let url = self.base()?.join(link).ok()?;
        match url.scheme() {
            "mailto" => return Some(Target::Outside(url.into())),
            "http" | "https" => {}
            _ => return None,
        }
        let of_the_box = url.origin().ascii_serialization() == self.view.origin;
        if of_the_box || (url.host_str() == Some(GITLAB_HOST) && self.known(&url)) {
            // Without its origin, the link stays in this box under whatever name it is looked at.
            return Some(Target::Inside(url[url::Position::BeforePath..].to_owned()));
        }
        Some(Target::Outside(url.into()))
    }

    /// Whether the box has a page of the project or the group that the address names.
    fn known(&self, url: &Url) -> bool {
        let path = percent_encoding::percent_decode_str(url.path()).decode_utf8_lossy();
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        matches!(self.view.owner(&segments), Some((Owner::Project(_) | Owner::Group(_), _)))
    }

    /// What relative links are relative to (`Banzai::Filter::RepositoryLinkFilter`): the file, or the top of the project.
    fn base(&self) -> Option<Url> {
        let mut base = Url::parse("https://gitlab.com/").ok()?;
        base.set_host(Some(GITLAB_HOST)).ok()?;
        if let Some(project) = self.owner {
            let file = if self.file.is_empty() { format!("{}/", project.default_branch) } else { self.file.to_owned() };
            base.set_path(&href(&format!("{}/-/blob/{file}", project.path)));
        }
        Some(base)
    }
}
