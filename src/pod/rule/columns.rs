//! What the columns of the table of rules can say.

use serde::Serialize;

/// How much a finding matters, in rising order. The words are those of GitLab's Code Quality reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing has to be done.
    Info,
    /// A small defect.
    Minor,
    /// Something does not work as the page or the pod says.
    Major,
    /// podkeeper cannot keep its promise until a person acts.
    Critical,
}

impl Severity {
    /// All of them, in rising order.
    pub const ALL: [Self; 4] = [Self::Info, Self::Minor, Self::Major, Self::Critical];

    /// The word used everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }
}

/// Whether a rule's findings call for a person before podkeeper can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeedsHuman {
    /// None does.
    Never,
    /// Only one about the label that the pod's own issues carry: a label that a page merely names can wait.
    ForPodsLabel,
    /// Each does.
    Always,
}

/// Who may read a finding. Every output declares its own audience and shows no more than that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Anybody: it says no more than the public page.
    Public,
    /// The pod and its neighbours: it names things of projects that are not public.
    Team,
    /// A private project or a confidential issue only.
    Confidential,
}

impl Audience {
    /// All of them, the largest number of readers first.
    pub const ALL: [Self; 3] = [Self::Public, Self::Team, Self::Confidential];

    /// The word used everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Team => "team",
            Self::Confidential => "confidential",
        }
    }

    /// Whether these readers may read what is meant for an audience.
    pub fn may_read(self, audience: Self) -> bool {
        audience <= self
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKind {
    /// The page as a whole.
    Page,
    /// A place in the text of a document, reported where it stands.
    Text,
    /// A link, by its address. It may stand in several places and is reported at the first.
    Link,
    /// A label, by its name.
    Label,
    /// A member of the page, by the handle.
    Member,
    /// A person of the Support Team data, by handle or file.
    Agent,
    /// A session.
    Session,
    /// An issue.
    Issue,
    /// A project, by its path.
    Project,
    /// An exception of the configuration.
    Exception,
    /// The pod.
    Pod,
    /// All things of a kind at once.
    All,
    /// The machine of this run.
    Machine,
}

/// What `check` does with the findings of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InCheck {
    /// It looks for all there is, so that an exception that matches none of it is for nothing.
    Reported,
    /// It leaves them out: they are about a pod's page and mean nothing for other documents.
    Omitted,
    /// It does not look for them; what is accepted of them is the worker's business.
    NotChecked,
}

/// How `JUnit` shows the findings of a rule, where their audience may read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InJunit {
    /// Each is a case of its own, in the class `page`.
    OwnCase,
    /// They stand in the case of their link.
    LinkCase,
}

/// What there can be one finding each of: where all have theirs at once, there is most likely one cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountedPer {
    /// A member of the page.
    Member,
    /// A member of the page who has a file in the Support Team data.
    MemberWithFile,
    /// A file of the Support Team data.
    AgentFile,
    /// A file of the Support Team data that has what `[members]` asks for.
    AgentWithFocus,
}
