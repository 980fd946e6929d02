//! What was seen in one run.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::agent::{AgentFile, ObservedAccount};
use super::marker::{ParsedBody, RememberedFailure, ReportKind};
use super::observed::{Observed, ReadFailure};
use super::pod_page::PodPage;
use super::text::Untrusted;
use super::verdict::{LabelVerdicts, Observation};

/// Everything that was seen for one pod. Each part stands for itself: one that could not be seen freezes
/// only what hangs on it.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// When it was taken.
    pub now: DateTime<Utc>,
    /// The same moment by GitLab's clock, as its answers agree on it. Absent where none named a date, and where `now`
    /// was given rather than read off a clock; unknown where they disagree.
    pub server_time: Observed<DateTime<Utc>>,
    /// The pod's page.
    pub page: Observed<PodPage>,
    /// The project of the pairing issues and what is in it.
    pub pairing_project: PairingProjectState,
    /// The projects that are only read, those that were seen.
    pub read_only_projects: Vec<ReadOnlyProject>,
    /// The Support Team data; absent where none is configured.
    pub agents: Observed<Vec<AgentFile>>,
    /// The accounts that were found for the handles of the page and the numbers of the agents.
    pub accounts: Observed<Vec<ObservedAccount>>,
    /// A look at every link of the page; absent where links are not looked at in this run.
    pub link_observations: Observed<Vec<Observation>>,
    /// A look at every label that the page names, by name.
    pub label_verdicts: LabelVerdicts,
    /// What else could not be seen.
    pub read_failures: Vec<ReadFailure>,
    /// The project of the living reports; absent where none is configured.
    pub reports_project: Observed<ReportsProjectState>,
    /// What the reports remembered when this pass began; none in its first round. What a pass writes down itself is no
    /// earlier run.
    pub memory_at_start: Option<ReportMemory>,
    /// Identities of the actions of this pass that are not planned again in it: what was tried and not done,
    /// and what was opened.
    pub attempted_actions: BTreeSet<String>,
    /// How many more writes this run may make.
    pub writes_left: usize,
}

impl Project {
    /// The least role that may set labels of an issue that is there (GitLab docs, "Roles and permissions": Planner).
    pub const PLANNER_ACCESS_LEVEL: u8 = 15;

    /// Whether issues can be written there.
    pub fn can_write_issues(&self) -> bool {
        !self.archived && !self.marked_for_deletion && self.issues_enabled
    }

    /// Whether the token is known to have too small a role here to set labels.
    pub fn is_role_too_small(&self) -> bool {
        self.access_level.is_some_and(|role| role < Self::PLANNER_ACCESS_LEVEL)
    }
}

impl Snapshot {
    /// A look at page and pairing project alone.
    pub fn new(now: DateTime<Utc>, page: Observed<PodPage>, pairing_project: PairingProjectState) -> Self {
        Self {
            now,
            server_time: Observed::Absent,
            page,
            pairing_project,
            read_only_projects: Vec::new(),
            agents: Observed::Absent,
            accounts: Observed::Absent,
            link_observations: Observed::Absent,
            label_verdicts: LabelVerdicts::default(),
            read_failures: Vec::new(),
            reports_project: Observed::Absent,
            memory_at_start: None,
            attempted_actions: BTreeSet::new(),
            writes_left: 10,
        }
    }
}

/// A milestone of a project or of a group above it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Milestone {
    /// Its number, by which issues name it.
    pub id: u64,
    /// Its title.
    pub title: String,
}

/// What the reports of a pod remember, by kind.
pub type ReportMemory = BTreeMap<ReportKind, BTreeMap<String, RememberedFailure>>;

/// A read that deciding asks for, because most runs do not need it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FurtherRead {
    /// Which issues of other accounts in the pairing project speak of podkeeper: asked before one is opened.
    ForeignPairingIssues,
    /// The milestone that the pod's file names: asked before an issue is opened.
    Milestone,
    /// The issue template of the pairing project that the pod's file names: asked before an issue is opened.
    IssueTemplate,
    /// The accounts of the page's members: asked before hosts are chosen.
    MemberAccounts,
    /// podkeeper's comments on the issue of this number, and its emoji there: asked before it is closed.
    ClosingComment(u64),
    /// What the issue of this number is linked to: asked where the link to the session before may be missing.
    IssueLinks(u64),
    /// The label events of an issue that people opened, by its number: asked before it is labelled or proposed.
    LabelHistory(u64),
}

/// The project of the pairing issues.
#[derive(Debug, Clone)]
pub struct PairingProjectState {
    /// The project.
    pub project: Observed<Project>,
    /// Who podkeeper is there.
    pub bot: Observed<Account>,
    /// The pod's label, by its exact name.
    pub label: Observed<ProjectLabel>,
    /// Labels of the project or of a group above it whose names resemble the pod's; absent where that one is there.
    pub similar_labels: Observed<Vec<ProjectLabel>>,
    /// Labels of the project or of a group above it whose names begin with a word of the pods' labels, the pod's own
    /// among them. None where they were not read, which proves nothing.
    pub related_labels: Vec<ProjectLabel>,
    /// podkeeper's own issues and those with the pod's label, of the last months, oldest first.
    pub issues: Observed<Vec<ObservedIssue>>,
    /// All issues of the last two weeks.
    pub recent: RecentIssues,
    /// Issues of other accounts that speak of podkeeper; none before deciding has asked for them.
    pub foreign_issues: Option<Observed<Vec<ObservedIssue>>>,
    /// What only some runs read; nothing before deciding has asked for it.
    pub further: FurtherPairingReads,
}

/// The issues of a pairing project that were opened of late, whoever opened them: sessions that a pod's people made
/// are among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentIssues {
    /// All of them, oldest first; absent where labels are none of this run's tasks.
    pub issues: Observed<Vec<ObservedIssue>>,
    /// The user names, in lower case, of those who take part in an issue, by its number: for issues that are neither
    /// podkeeper's nor Pairify's. One that is not there was not answered.
    pub participants: Observed<BTreeMap<u64, BTreeSet<String>>>,
}

impl RecentIssues {
    /// How many days back they are read.
    pub const DAYS: i64 = 14;

    /// Where they are not looked at.
    pub const fn not_read() -> Self {
        Self { issues: Observed::Absent, participants: Observed::Absent }
    }
}

impl Default for RecentIssues {
    fn default() -> Self {
        Self::not_read()
    }
}

/// What became of the pod's label on an issue, as its label events say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelHistory {
    /// When the issue was last changed before they were read: it holds until the next change.
    pub updated_at: Option<DateTime<Utc>>,
    /// How often the label was taken off.
    pub removals: usize,
}

/// What is read of a pairing project where deciding asks for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FurtherPairingReads {
    /// The milestone that the pod's file names.
    pub milestone: Option<Observed<Milestone>>,
    /// The text of the project's issue template that the pod's file names.
    pub issue_template: Option<Observed<String>>,
    /// The accounts of the page's members, those that were found.
    pub member_accounts: Option<Observed<Vec<ObservedAccount>>>,
    /// What podkeeper did towards the closing of an issue, by its number.
    pub closings: BTreeMap<u64, Observed<ObservedClosing>>,
    /// The issues of the same project that an issue is linked to, by its number.
    pub links: BTreeMap<u64, Observed<BTreeSet<u64>>>,
    /// What became of the pod's label on issues that people opened, by their numbers.
    pub label_histories: BTreeMap<u64, Observed<LabelHistory>>,
}

impl FurtherPairingReads {
    /// What no write of podkeeper's changes: it is read once a run, and holds to its end.
    #[must_use]
    pub fn lasting(&self) -> Self {
        Self { closings: BTreeMap::new(), links: BTreeMap::new(), ..self.clone() }
    }
}

/// What podkeeper has done towards the closing of a session's issue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObservedClosing {
    /// Whether its closing comment is there.
    pub has_comment: bool,
    /// When a run said by an emoji that it is about to comment.
    pub claimed_at: Option<DateTime<Utc>>,
    /// Whether somebody opened it again after podkeeper had closed it.
    pub was_reopened: bool,
}

/// The project of the living reports and podkeeper's own issues in it.
#[derive(Debug, Clone)]
pub struct ReportsProjectState {
    /// The project.
    pub project: Project,
    /// Who podkeeper is there.
    pub bot: Account,
    /// podkeeper's own issues there, of every age and state, oldest first.
    pub issues: Vec<ObservedIssue>,
    /// Issues of other accounts there that speak of podkeeper, oldest first.
    pub foreign_issues: Observed<Vec<ObservedIssue>>,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "GitLab's own fields, each by itself")]
pub struct Project {
    /// Its number.
    pub id: u64,
    /// Its full path now.
    pub path: String,
    /// Whether it is archived.
    pub archived: bool,
    /// Whether it is marked for deletion, so that it is gone in some days.
    pub marked_for_deletion: bool,
    /// Whether its issues are switched on.
    pub issues_enabled: bool,
    /// Whether only its members see it.
    pub private: bool,
    /// The token's role in it (GitLab docs, "Roles and permissions": 10 is Guest), where GitLab tells.
    pub access_level: Option<u8>,
    /// Its address.
    pub url: String,
}

/// A project that is only read, as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOnlyProject {
    /// The table of the pod's file that names it.
    pub config_table: &'static str,
    /// The path that is named there.
    pub configured_path: String,
    /// The project.
    pub project: Project,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// Its number, which survives renames.
    pub id: u64,
    /// Its user name.
    pub username: String,
}

/// A label as the project has it. What an answer leaves out is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectLabel {
    /// Its exact name.
    pub name: String,
    /// Whether it is archived: GitLab puts it on nothing new (18.10,
    /// `app/services/labels/available_labels_service.rb`).
    pub archived: bool,
    /// Its colour, such as `#428bca`.
    pub color: Option<String>,
    /// Its description, empty where it has none.
    pub description: Option<String>,
    /// Where it is kept.
    pub level: Option<LabelLevel>,
    /// How many issues of the project carry it.
    pub issues: Option<LabelledIssues>,
}

/// Where a label is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LabelLevel {
    /// In the project: nothing else can carry it.
    Project,
    /// In a group above the project: all projects of the group can carry it.
    Group,
}

/// How many issues of a project carry a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelledIssues {
    /// Open ones.
    pub open: u64,
    /// Closed ones.
    pub closed: u64,
}

impl ProjectLabel {
    /// A label of which no more is known than its name.
    pub fn named(name: impl Into<String>, archived: bool) -> Self {
        Self { name: name.into(), archived, color: None, description: None, level: None, issues: None }
    }
}

/// An issue of the pairing project or of the reports project.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "GitLab's own fields, each by itself")]
pub struct ObservedIssue {
    /// Its number in the project.
    pub iid: u64,
    /// Its title.
    pub title: Untrusted,
    /// Its address.
    pub url: String,
    /// Who opened it.
    pub author: Account,
    /// Whether it is open.
    pub open: bool,
    /// Whether only members see it.
    pub confidential: bool,
    /// Whether its discussion is locked: GitLab reopens no such issue (`app/policies/issue_policy.rb`).
    pub locked: bool,
    /// Its labels.
    pub labels: Vec<String>,
    /// Who it is assigned to.
    pub assignees: Vec<Account>,
    /// Its due date.
    pub due: Option<NaiveDate>,
    /// Its description, byte for byte.
    pub body: String,
    /// What the description says it is.
    pub parsed_body: ParsedBody,
    /// When it was opened.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was last changed: a label that comes or goes is a change, too.
    pub updated_at: Option<DateTime<Utc>>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// Whether people have commented on it or ticked a task of it.
    pub has_human_activity: bool,
    /// How often the pod's label was taken off it; looked up only for own issues that lack it.
    pub label_removals: Observed<usize>,
    /// The issues it is linked to; looked up only where two issues stand for one session.
    pub linked_iids: Observed<BTreeSet<u64>>,
}
