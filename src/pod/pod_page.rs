//! A pod's page as podkeeper understood it: the JSON contract of `podkeeper page`.

use serde::{Serialize, Serializer};

use super::finding::Finding;
use super::roster::{Handle, Role};
use super::text::Untrusted;

pub use linkcheck::link::{Link, LinkForm, LinkKind};

/// A pod's page. Every part is in the order of the page; lines and columns are 1-based, columns count
/// characters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PodPage {
    /// The front matter's title; empty when it has none.
    #[serde(serialize_with = "serialize_as_line")]
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
    /// Links that comments let pass: they are not among the others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignored_links: Vec<IgnoredLink>,
    /// The comments that let links pass.
    #[serde(skip)]
    pub ignore_comments: Vec<IgnoreComment>,
    /// What is wrong with the page as a text.
    pub findings: Vec<Finding>,
    /// How many lines it has.
    #[serde(skip)]
    pub line_count: usize,
    /// The commit that last changed its file, where it came from a repository that told it.
    #[serde(skip)]
    pub last_commit: Option<String>,
}

impl PodPage {
    /// The members who lead.
    pub fn leads(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.role == Role::Lead)
    }
}

/// A link that a comment lets pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IgnoredLink {
    /// The link.
    #[serde(flatten)]
    pub link: Link,
    /// Why it is not checked.
    #[serde(serialize_with = "serialize_as_line")]
    pub reason: Untrusted,
}

/// A comment that lets the links of a line pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoreComment {
    /// The line whose links it lets pass.
    pub line: usize,
    /// Where it stands itself.
    pub place: super::finding::Place,
    /// Why.
    pub reason: Untrusted,
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
    /// The name as the page has it; empty where it names the handle alone.
    #[serde(serialize_with = "serialize_as_line")]
    pub name: Untrusted,
    /// The GitLab handle, where a valid one is named.
    #[serde(serialize_with = "serialize_handle")]
    pub handle: Option<Handle>,
    /// Lead or member.
    pub role: Role,
    /// The text before the colon, for example `EMEA lead`; empty without one.
    #[serde(serialize_with = "serialize_as_line")]
    pub role_text: Untrusted,
    /// The line.
    pub line: usize,
}

impl Member {
    /// Whether the page says the name, and not the handle alone.
    pub fn is_named(&self) -> bool {
        !self.name.raw().trim().is_empty()
    }
}

/// A line that says when the pod meets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionLine {
    /// The text of the list item or paragraph, without Markdown.
    #[serde(serialize_with = "serialize_as_line")]
    pub text: Untrusted,
    /// Its first line.
    pub line: usize,
}

/// A label reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelReference {
    /// The name; empty for `~""`.
    #[serde(serialize_with = "serialize_as_line")]
    pub name: Untrusted,
    /// Whether it is one word without quotes and scope. GitLab makes a label of such a word if there is one, and leaves
    /// it as it is otherwise (`lib/banzai/filter/references/abstract_reference_filter.rb`).
    #[serde(skip)]
    pub may_be_prose: bool,
    /// The line.
    pub line: usize,
    /// The nearest heading above it; empty before the first.
    #[serde(serialize_with = "serialize_as_line")]
    pub section: Untrusted,
}

/// A Slack channel that the page names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlackChannel {
    /// The name, with its `#`.
    #[serde(serialize_with = "serialize_as_line")]
    pub channel: Untrusted,
    /// The link, where it has one.
    pub url: Option<String>,
    /// The line.
    pub line: usize,
}

fn serialize_as_line<S: Serializer>(text: &Untrusted, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text.one_line())
}

#[expect(clippy::ref_option, reason = "serde hands the field over by reference")]
fn serialize_handle<S: Serializer>(handle: &Option<Handle>, serializer: S) -> Result<S::Ok, S::Error> {
    match handle {
        Some(handle) => serializer.serialize_some(handle.as_str()),
        None => serializer.serialize_none(),
    }
}
