//! A pod's page as podkeeper understood it: the JSON contract of `podkeeper page`.

use serde::{Deserialize, Serialize, Serializer};

use super::finding::Finding;
use super::roster::{Handle, Role};
use super::text::Untrusted;

/// A pod's page. Every part is in the order of the page; lines and columns are 1-based, columns count
/// characters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PodPage {
    /// The front matter's title; empty when it has none.
    #[serde(serialize_with = "line")]
    pub title: Untrusted,
    /// The people of the members section.
    pub members: Vec<Member>,
    /// What is known of where the members section ends; a page cut inside it proves nothing about people.
    #[serde(skip)]
    pub members_section: MembersSection,
    /// The lines that say when the pod meets.
    pub sessions: Vec<SessionLine>,
    /// Every label reference `~"…"`, empty ones included.
    pub labels: Vec<LabelReference>,
    /// The Slack channels the page names.
    pub slack: Vec<SlackChannel>,
    /// Every link of the page, in every form, repeated ones included.
    pub links: Vec<Link>,
    /// What is wrong with the page as a text.
    pub findings: Vec<Finding>,
}

impl PodPage {
    /// The members who lead.
    pub fn leads(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.role == Role::Lead)
    }
}

/// How much of the members section was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MembersSection {
    /// The page has none.
    #[default]
    Missing,
    /// It runs to the end of the text, so that it may have been cut.
    OpenEnded,
    /// A heading of the same or a higher level follows it.
    Closed,
}

/// A person of the members section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// The name as the page has it.
    #[serde(serialize_with = "line")]
    pub name: Untrusted,
    /// The GitLab handle, where a valid one is named.
    #[serde(serialize_with = "bare_handle")]
    pub handle: Option<Handle>,
    /// Lead or member.
    pub role: Role,
    /// The text before the colon, for example `EMEA lead`; empty without one.
    #[serde(serialize_with = "line")]
    pub role_text: Untrusted,
    /// The line.
    pub line: usize,
}

/// A line that says when the pod meets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionLine {
    /// The text of the list item or paragraph, without Markdown.
    #[serde(serialize_with = "line")]
    pub text: Untrusted,
    /// Its first line.
    pub line: usize,
}

/// A label reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelReference {
    /// The name; empty for `~""`.
    #[serde(serialize_with = "line")]
    pub name: Untrusted,
    /// The line.
    pub line: usize,
    /// The nearest heading above it; empty before the first.
    #[serde(serialize_with = "line")]
    pub section: Untrusted,
}

/// A Slack channel that the page names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlackChannel {
    /// The name, with its `#`.
    #[serde(serialize_with = "line")]
    pub channel: Untrusted,
    /// The link, where it has one.
    pub url: Option<String>,
    /// The line.
    pub line: usize,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// The address as it is written.
    pub url: String,
    /// The link's text, the address for a bare one; of a pod's page only, nobody else asks for it.
    #[serde(serialize_with = "line")]
    pub text: Untrusted,
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
    /// The nearest heading above it.
    #[serde(serialize_with = "line")]
    pub section: Untrusted,
    /// How it is written.
    pub form: LinkForm,
    /// What kind of thing it points at, on a pod's page; of other documents' links only the engine asks that.
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

/// What kind of thing an address points at, as far as the address tells.
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
    /// A place on the same page.
    Anchor,
    /// A path, relative to the page or to the site's root.
    Path,
    /// Anything else.
    Other,
}

impl LinkKind {
    /// Whether it is a thing of GitLab, by the form of its address.
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

fn line<S: Serializer>(text: &Untrusted, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text.line())
}

#[expect(clippy::ref_option, reason = "serde hands the field over by reference")]
fn bare_handle<S: Serializer>(handle: &Option<Handle>, serializer: S) -> Result<S::Ok, S::Error> {
    match handle {
        Some(handle) => serializer.serialize_some(handle.as_str()),
        None => serializer.serialize_none(),
    }
}
