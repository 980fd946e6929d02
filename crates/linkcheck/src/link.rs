//! A link as it stands in a document, and the kinds of targets it can have.

use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use crate::text::Untrusted;

/// A link as it stands in a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// The address as it is written.
    pub url: String,
    /// The link's text, the address for a bare one; only with [`Extract::Texts`](crate::markdown::Extract::Texts).
    #[serde(serialize_with = "serialize_one_line")]
    pub text: Untrusted,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1 and in characters.
    pub column: usize,
    /// The nearest heading above it, shared by all links below it; empty before the first. Only with
    /// [`Extract::Texts`](crate::markdown::Extract::Texts).
    #[serde(serialize_with = "serialize_section")]
    pub section: Arc<Untrusted>,
    /// How it is written.
    pub form: LinkForm,
    /// What kind of target it has, where whoever read the document asked; else only the check asks that.
    pub kind: Option<LinkKind>,
}

/// How a link is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkForm {
    /// The address alone, with or without angle brackets.
    Bare,
    /// `[text](address)`.
    Inline,
    /// `[text][name]`.
    Reference,
    /// `![text](address)`.
    Image,
    /// An attribute of raw HTML.
    Html,
}

/// What kind of target an address has, as far as the address itself shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKind {
    /// A project or a group of GitLab: the address does not say which.
    ProjectOrGroup,
    /// One segment on GitLab: a user or a group.
    Namespace,
    /// A file of a repository (blob, raw, blame).
    File,
    /// A folder of a repository.
    Tree,
    /// An issue or work item.
    Issue,
    /// A list of issues.
    IssueList,
    /// A merge request.
    MergeRequest,
    /// An epic of a group.
    Epic,
    /// A label or a list of labels.
    Label,
    /// Any other page of a project or group.
    GitlabPage,
    /// GitLab's documentation.
    Docs,
    /// GitLab's handbook.
    Handbook,
    /// A Slack channel, message or profile.
    Slack,
    /// A video.
    Video,
    /// Another page of the web.
    Web,
    /// A mail address.
    Mail,
    /// An anchor on the same page.
    Anchor,
    /// A path, relative to the page or to the site's root.
    Path,
    /// Anything else.
    Other,
}

impl LinkKind {
    /// Whether it belongs to a GitLab instance, by the form of its address.
    pub fn is_gitlab(self) -> bool {
        !matches!(
            self,
            Self::Docs
                | Self::Handbook
                | Self::Slack
                | Self::Video
                | Self::Web
                | Self::Mail
                | Self::Anchor
                | Self::Path
                | Self::Other
        )
    }
}

/// What tells one address from another: as it is written, and where it resolves on the document's site, where that
/// decides.
pub type AddressKey = (Box<str>, Option<Box<str>>);

fn serialize_section<S: Serializer>(section: &Arc<Untrusted>, serializer: S) -> Result<S::Ok, S::Error> {
    serialize_one_line(section, serializer)
}

fn serialize_one_line<S: Serializer>(text: &Untrusted, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text.one_line())
}
