//! The changes podkeeper can make. One action is one request, whole at birth, and names only what was seen.

mod canonical;
mod text;

use super::Stage;
use super::label::LabelName;
use super::marker::{ManagedBlock, Marker, ReportKind};
use super::rule::Audience;
use super::session::SessionKey;
use super::snapshot::Milestone;

/// What stands in the place of words that are for other readers.
pub const WITHHELD: &str = "(confidential)";

/// One change, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Full path of the project it changes, as GitLab spells it now.
    pub project: String,
    /// The project's number; every write uses it, because a renamed project refuses writes by path.
    pub project_id: u64,
    /// Why, as the end of the sentence "… because".
    pub because: String,
    /// Whether the issue it changes was seen to be confidential.
    pub on_confidential_issue: bool,
    /// What changes.
    pub change: Change,
}

/// What changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Creates the pod's label in the project.
    CreateLabel {
        /// Its name.
        name: LabelName,
        /// Its colour.
        color: String,
        /// Its description.
        description: String,
    },
    /// Opens the pairing issue of a session.
    OpenPairingIssue {
        /// The session.
        session: SessionKey,
        /// The title.
        title: String,
        /// The whole first body, marker included.
        body: String,
        /// Labels that were read back from the project.
        labels: Vec<LabelName>,
        /// Whether only the project's members see it.
        confidential: bool,
        /// The milestone that it is put into.
        milestone: Option<Milestone>,
    },
    /// Brings the block of a pairing issue up to date, and its title where nobody changed it.
    RewritePairingIssue {
        /// The issue.
        iid: u64,
        /// What is written.
        rewrite: BlockRewrite,
        /// The title to replace and its replacement.
        title: Option<(String, String)>,
    },
    /// Opens a living report.
    OpenReport {
        /// What it is.
        marker: Marker,
        /// The title.
        title: String,
        /// The whole first body, marker included.
        body: String,
        /// Whether only the project's members see it.
        confidential: bool,
    },
    /// Brings the block of a living report up to date.
    RewriteReport {
        /// The issue.
        iid: u64,
        /// What is written.
        rewrite: BlockRewrite,
    },
    /// Closes a living report that has nothing to report, with its last words in the same request.
    CloseReport {
        /// The issue.
        iid: u64,
        /// What is written.
        rewrite: BlockRewrite,
    },
    /// Opens a living report again, with its new words in the same request.
    ReopenReport {
        /// The issue.
        iid: u64,
        /// What is written.
        rewrite: BlockRewrite,
    },
    /// Puts the pod's label on an issue.
    AddLabel {
        /// The issue.
        iid: u64,
        /// The label.
        label: LabelName,
    },
    /// Brings colour and description of the pod's label up to date.
    UpdateLabel {
        /// The label.
        name: LabelName,
        /// The colour it gets, where it has another.
        color: Option<String>,
        /// The description it gets, where it has another.
        description: Option<String>,
    },
    /// Puts the pod's label on a pairing issue that its people opened.
    LabelPeoplesIssue {
        /// The issue.
        iid: u64,
        /// The label.
        label: LabelName,
    },
    /// Links a session's issue to the one of the session before it.
    LinkPreviousSession {
        /// The issue.
        iid: u64,
        /// The issue of the session before.
        previous_iid: u64,
    },
    /// Appends tasks that were never carried over to the named sections of the next session's issue.
    AppendTasks {
        /// The next session's issue.
        iid: u64,
        /// Its block, which remembers what was carried.
        rewrite: BlockRewrite,
        /// Task lines for each section, by its heading.
        lines: Vec<(String, Vec<String>)>,
    },
    /// Says by an emoji on the issue of a session that is over that this run is about to comment on it. GitLab takes one
    /// of a name from an account, so only one of two runs comments.
    ClaimClosing {
        /// The issue.
        iid: u64,
    },
    /// Comments on the issue of a session that is over: what was done, and what moved on.
    CommentOnSession {
        /// The issue.
        iid: u64,
        /// The comment.
        text: String,
    },
    /// Closes the issue of a session that is over.
    CloseSession {
        /// The issue.
        iid: u64,
    },
    /// Links the younger of two issues for one session to the older.
    LinkDuplicate {
        /// The younger.
        iid: u64,
        /// The older, which stays.
        original_iid: u64,
    },
    /// Closes the younger of two issues for one session.
    CloseDuplicate {
        /// The younger.
        iid: u64,
        /// The older, which stays.
        original_iid: u64,
    },
}

/// A block and what takes its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockRewrite {
    /// The block as it was seen; if it is another one by now, nothing is written.
    pub old_block: ManagedBlock,
    /// The block as it should be.
    pub new_block: ManagedBlock,
    /// Lines that people wrote into it; they are kept below it.
    pub human_lines: String,
}

impl BlockRewrite {
    /// `block` in the place of `seen`, and every line of people kept.
    pub fn new(seen: &ManagedBlock, block: ManagedBlock) -> Self {
        Self { human_lines: seen.human_lines(&block), old_block: seen.clone(), new_block: block }
    }
}

macro_rules! kinds {
    ($($kind:ident $name:literal $summary:literal;)*) => {
        /// The kinds of actions; the only list, printed by `explain`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ActionKind { $(#[doc = $summary] $kind,)* }

        impl ActionKind {
            /// All of them, in the order in which they are explained.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// The name that reports use.
            pub fn name(self) -> &'static str { match self { $(Self::$kind => $name,)* } }

            /// What it does, in one sentence.
            pub fn summary(self) -> &'static str { match self { $(Self::$kind => $summary,)* } }
        }

        impl Change {
            /// Its kind.
            pub fn kind(&self) -> ActionKind { match self { $(Self::$kind { .. } => ActionKind::$kind,)* } }
        }
    };
}

// A change that stands in no line here does not compile.
kinds! {
    CreateLabel "create-label"
        "Creates the pod's label in the project of its pairing issues (`[label] create`).";
    OpenPairingIssue "open-pairing-issue"
        "Opens the pairing issue of the next session, with the pod's label and its marker.";
    RewritePairingIssue "rewrite-pairing-issue"
        "Brings podkeeper's block in a pairing issue up to date; the rest stays as it is.";
    AddLabel "add-label"
        "Puts the pod's label back on one of podkeeper's own pairing issues.";
    UpdateLabel "update-label"
        "Brings colour and description of the pod's label up to date (`[label] manage`).";
    LabelPeoplesIssue "label-peoples-issue"
        "Puts the pod's label on a pairing issue that its people opened (`[label] apply`).";
    LinkPreviousSession "link-previous-session"
        "Links a session's issue to the one of the session before it.";
    AppendTasks "append-tasks"
        "Appends tasks that were never carried over to the next session's issue.";
    ClaimClosing "claim-closing"
        "Puts an emoji on the issue of a session that is over, so that only one of two runs comments on it.";
    CommentOnSession "comment-on-session"
        "Says on the issue of a session that is over what was done and what moved on.";
    CloseSession "close-session"
        "Closes the issue of a session that is over.";
    LinkDuplicate "link-twin"
        "Links the younger of two issues for one session to the older.";
    CloseDuplicate "close-twin"
        "Closes the younger of two issues for one session.";
    OpenReport "open-report"
        "Opens a living report: the one issue that tells what rots, or where page and data disagree.";
    RewriteReport "rewrite-report"
        "Brings a living report up to date.";
    CloseReport "close-report"
        "Closes a living report that has nothing to tell.";
    ReopenReport "reopen-report"
        "Opens a living report again, because something new is to be told.";
}

impl Change {
    /// The part of a run that it belongs to.
    pub fn stage(&self) -> Stage {
        match self {
            Self::OpenReport { marker, .. } => marker.stage(),
            Self::RewriteReport { rewrite, .. }
            | Self::CloseReport { rewrite, .. }
            | Self::ReopenReport { rewrite, .. } => rewrite.new_block.marker.stage(),
            Self::CreateLabel { .. }
            | Self::UpdateLabel { .. }
            | Self::OpenPairingIssue { .. }
            | Self::RewritePairingIssue { .. }
            | Self::AddLabel { .. }
            | Self::LabelPeoplesIssue { .. }
            | Self::LinkPreviousSession { .. }
            | Self::AppendTasks { .. }
            | Self::ClaimClosing { .. }
            | Self::CommentOnSession { .. }
            | Self::CloseSession { .. }
            | Self::LinkDuplicate { .. }
            | Self::CloseDuplicate { .. } => Stage::Sessions,
        }
    }

    /// The issue that it changes, where there is one already.
    pub fn issue_iid(&self) -> Option<u64> {
        match self {
            Self::RewritePairingIssue { iid, .. }
            | Self::RewriteReport { iid, .. }
            | Self::CloseReport { iid, .. }
            | Self::ReopenReport { iid, .. }
            | Self::AddLabel { iid, .. }
            | Self::LabelPeoplesIssue { iid, .. }
            | Self::LinkPreviousSession { iid, .. }
            | Self::AppendTasks { iid, .. }
            | Self::ClaimClosing { iid }
            | Self::CommentOnSession { iid, .. }
            | Self::CloseSession { iid }
            | Self::LinkDuplicate { iid, .. }
            | Self::CloseDuplicate { iid, .. } => Some(*iid),
            Self::CreateLabel { .. }
            | Self::UpdateLabel { .. }
            | Self::OpenPairingIssue { .. }
            | Self::OpenReport { .. } => None,
        }
    }

    /// Whether a second one, sent before the first is listed, would make an issue twice.
    pub fn opens_an_issue(&self) -> bool {
        matches!(self, Self::OpenPairingIssue { .. } | Self::OpenReport { .. })
    }

    /// Whether it opens an issue with labels, which GitLab may leave off.
    pub fn opens_an_issue_with_labels(&self) -> bool {
        matches!(self, Self::OpenPairingIssue { .. })
    }

    /// The report that it writes.
    fn report_marker(&self) -> Option<&Marker> {
        match self {
            Self::OpenReport { marker, .. } => Some(marker),
            Self::RewriteReport { rewrite, .. }
            | Self::CloseReport { rewrite, .. }
            | Self::ReopenReport { rewrite, .. } => Some(&rewrite.new_block.marker),
            _ => None,
        }
    }
}

impl Action {
    /// The kind's name.
    pub fn kind(&self) -> &'static str {
        self.change.kind().name()
    }

    /// What it is about: a session's key, an issue's number or a label's name.
    pub fn subject(&self) -> String {
        match &self.change {
            Change::CreateLabel { name, .. } | Change::UpdateLabel { name, .. } => name.to_string(),
            Change::OpenPairingIssue { session, .. } => session.to_string(),
            Change::OpenReport { marker, .. } => marker.to_string(),
            Change::RewritePairingIssue { iid, .. }
            | Change::RewriteReport { iid, .. }
            | Change::CloseReport { iid, .. }
            | Change::ReopenReport { iid, .. }
            | Change::AddLabel { iid, .. }
            | Change::LabelPeoplesIssue { iid, .. }
            | Change::LinkPreviousSession { iid, .. }
            | Change::AppendTasks { iid, .. }
            | Change::ClaimClosing { iid }
            | Change::CommentOnSession { iid, .. }
            | Change::CloseSession { iid }
            | Change::LinkDuplicate { iid, .. }
            | Change::CloseDuplicate { iid, .. } => format!("#{iid}"),
        }
    }

    /// Who may read what it is about and why: its subject, its reason and its title.
    pub fn audience(&self) -> Audience {
        if self.on_confidential_issue || self.is_about_people() { Audience::Confidential } else { Audience::Public }
    }

    /// Who may read the text that would change, which names the pod's people and repeats what they wrote.
    pub fn text_audience(&self) -> Audience {
        self.audience().max(Audience::Team)
    }

    /// What it is about, as far as these readers may read it.
    pub fn subject_for(&self, readers: Audience) -> String {
        if readers.may_read(self.audience()) { self.subject() } else { WITHHELD.to_owned() }
    }

    /// Why, as far as these readers may read it.
    pub fn because_for(&self, readers: Audience) -> &str {
        if readers.may_read(self.audience()) { &self.because } else { WITHHELD }
    }

    /// Whether it writes the report of the roster.
    fn is_about_people(&self) -> bool {
        matches!(self.change.report_marker(), Some(Marker::Report(_, ReportKind::Roster)))
    }

    /// What distinguishes it from every other action of a pass.
    pub fn identity(&self) -> String {
        format!("{} {} {}", self.kind(), self.project, self.subject())
    }
}
