//! Every rule that findings come from, in one table. It is the only list: `explain`, the README, the JSON contract, the
//! living reports, `check` and `JUnit` are made from it.
//!
//! A new rule is an entry here, the file that reports it, and its test. Rules of the page's own text are reported by
//! `collect::handbook`, all others by `decide`.

mod columns;

use serde::{Serialize, Serializer};

use super::marker::ReportKind;
pub use columns::{Audience, CountedPer, InCheck, InJunit, NeedsHuman, Severity, SubjectKind};

/// What the table says of a rule.
struct RuleRow {
    code: &'static str,
    summary: &'static str,
    advice: &'static str,
    severity: Severity,
    audience: Audience,
    subject: SubjectKind,
    rare: OptionalColumns,
}

/// The columns that most rules leave out.
struct OptionalColumns {
    needs_human: NeedsHuman,
    report: Option<ReportKind>,
    target_still_works: bool,
    in_check: InCheck,
    in_junit: InJunit,
    report_after_days: Option<i64>,
    counted_per: Option<CountedPer>,
    checks_membership: bool,
}

impl OptionalColumns {
    const USUAL: Self = Self {
        needs_human: NeedsHuman::Never,
        report: None,
        target_still_works: false,
        in_check: InCheck::NotChecked,
        in_junit: InJunit::OwnCase,
        report_after_days: None,
        counted_per: None,
        checks_membership: false,
    };
}

/// What a word of the table means in its column.
macro_rules! column {
    (needs_human yes) => {
        NeedsHuman::Always
    };
    (needs_human pods_label) => {
        NeedsHuman::ForPodsLabel
    };
    (report $kind:ident) => {
        Some(ReportKind::$kind)
    };
    (target_still_works yes) => {
        true
    };
    (in_check $check:ident) => {
        InCheck::$check
    };
    (in_junit $junit:ident) => {
        InJunit::$junit
    };
    (report_after_days $days:literal) => {
        Some($days)
    };
    (counted_per $what:ident) => {
        Some(CountedPer::$what)
    };
    (checks_membership yes) => {
        true
    };
}

macro_rules! rules {
    ($($rule:ident {
        code: $code:literal,
        summary: $summary:literal,
        advice: $advice:literal,
        severity: $severity:ident, audience: $audience:ident, subject: $subject:ident,
        $($column:ident: $value:tt,)*
    })*) => {
        /// The kinds of findings. Codes are kebab-case nouns with their state.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule { $(#[doc = $summary] $rule,)* }

        impl Rule {
            /// Every rule, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$rule,)*];

            fn row(self) -> &'static RuleRow {
                match self {
                    $(Self::$rule => const {
                        &RuleRow {
                            code: $code,
                            summary: $summary,
                            advice: $advice,
                            severity: Severity::$severity,
                            audience: Audience::$audience,
                            subject: SubjectKind::$subject,
                            rare: OptionalColumns { $($column: column!($column $value),)* ..OptionalColumns::USUAL },
                        }
                    },)*
                }
            }
        }
    };
}

// Findings of one severity are reported in this order.
rules! {
    PageMissing {
        code: "page-missing",
        summary: "The pod's page is not where the configuration says.",
        advice: "Find out where the page went (moved or renamed?) and set [page] in the pod's file.",
        severity: Critical, audience: Public, subject: Page,
        needs_human: yes,
    }
    MembersSectionMissing {
        code: "members-section-missing",
        summary: "The page has no heading above its members: a level-2 heading that ends in \"Pod members\", or the one of `[page] members_heading`.",
        advice: "Give the members section its heading back, for example \"## Support Pod members\".",
        severity: Major, audience: Public, subject: Page,
        report: Links, in_check: Omitted,
    }
    MembersSectionEmpty {
        code: "members-section-empty",
        summary: "The members section names nobody in a form that the site or podkeeper understands.",
        advice: "Write each member as {{< member-by-name \"NAME\" >}} (`@handle`), or set [page] members_form to the form of the page.",
        severity: Major, audience: Public, subject: Page,
        report: Links, in_check: Omitted,
    }
    PageCut {
        code: "page-cut",
        summary: "The page is larger than is read: more than 1 MiB, or more than 5,000 links, labels or members.",
        advice: "Split the page; what stands further down is not checked.",
        severity: Major, audience: Public, subject: Page,
        report: Links, in_check: Reported,
    }
    LeadMissing {
        code: "lead-missing",
        summary: "No member of the page has a lead's role.",
        advice: "Put \"Lead:\" before the name of whoever leads the pod.",
        severity: Minor, audience: Public, subject: Page,
        report: Links, in_check: Omitted,
    }
    MemberHandleMissing {
        code: "member-handle-missing",
        summary: "A member's line names no GitLab handle.",
        advice: "Add the handle behind the name, for example (`@handle`).",
        severity: Minor, audience: Public, subject: Member,
        report: Links, in_check: Omitted,
    }
    MemberHandleInvalid {
        code: "member-handle-invalid",
        summary: "What stands in the handle's place cannot be a GitLab user name.",
        advice: "Write the user name as it stands in the profile's address, without blanks.",
        severity: Minor, audience: Public, subject: Member,
        report: Links, in_check: Omitted,
    }
    MemberLineUnclear {
        code: "member-line-unclear",
        summary: "A line of the members section looks like a member's and is not understood, so nobody is read from it.",
        advice: "Write it in the form of the others; [page] members_form names that form.",
        severity: Minor, audience: Public, subject: Text,
        report: Links, in_check: Omitted,
    }
    MemberListedTwice {
        code: "member-listed-twice",
        summary: "The same person stands in the members section twice.",
        advice: "Keep one of the two lines.",
        severity: Minor, audience: Public, subject: Member,
        report: Links, in_check: Omitted,
    }
    LabelEmpty {
        code: "label-empty",
        summary: "A label reference names no label: `~\"\"`.",
        advice: "Name the label or take the reference out.",
        severity: Minor, audience: Public, subject: Text,
        report: Links, in_check: Reported,
    }
    LabelTrailingComma {
        code: "label-trailing-comma",
        summary: "A comma follows the last label of a line.",
        advice: "Take the comma out, or add the label that is missing behind it.",
        severity: Info, audience: Public, subject: Text,
        report: Links, target_still_works: yes, in_check: Reported,
    }
    ListDashMissing {
        code: "list-dash-missing",
        summary: "A line under a list lacks its dash, so it shows as the end of the item above.",
        advice: "Begin the line with \"- \".",
        severity: Minor, audience: Public, subject: Text,
        report: Links, in_check: Reported,
    }
    TextMojibake {
        code: "text-mojibake",
        summary: "Characters were read in the wrong encoding.",
        advice: "Replace them by the mended text.",
        severity: Minor, audience: Public, subject: Text,
        report: Links, in_check: Reported,
    }
    LinkLegacyForm {
        code: "link-legacy-form",
        summary: "A GitLab link has the form from before \"/-/\".",
        advice: "Write the link with \"/-/\".",
        severity: Info, audience: Public, subject: Text,
        report: Links, target_still_works: yes, in_check: Reported,
    }
    IgnoreReasonMissing {
        code: "ignore-reason-missing",
        summary: "A comment lets links pass (`podkeeper-disable-line`, `podkeeper-disable-next-line`) and says no reason, so it has no effect.",
        advice: "Write the reason behind a colon: `<!-- podkeeper-disable-line: REASON -->`.",
        severity: Minor, audience: Public, subject: Text,
        report: Links, in_check: Reported,
    }
    IgnoreUnused {
        code: "ignore-unused",
        summary: "A comment lets links pass, and there is none in its line that does not work.",
        advice: "Take the comment out.",
        severity: Info, audience: Public, subject: Text,
        report: Links, target_still_works: yes, in_check: Reported,
    }
    SessionDiffers {
        code: "session-differs",
        summary: "The page names another time for the session than the configuration.",
        advice: "Mend the page's line or the pod's [[session]], whichever is wrong.",
        severity: Minor, audience: Public, subject: Session,
    }
    SettingLeftOut {
        code: "setting-left-out",
        summary: "A setting of the pod's file cannot be used, so podkeeper goes on without it.",
        advice: "Mend the line that is named; `podkeeper config validate` says when all is good.",
        severity: Major, audience: Team, subject: Pod,
    }
    SkipWithoutSession {
        code: "skip-without-session",
        summary: "A slot skips days on which it would not meet anyway.",
        advice: "Name a day on which the slot meets, or take the line out.",
        severity: Info, audience: Team, subject: Session,
    }
    TemplateFailed {
        code: "template-failed",
        summary: "The template of pairing issues fails, so they are opened from the one that podkeeper brings along.",
        advice: "Mend the line that is named; `podkeeper config validate` tries the template.",
        severity: Major, audience: Team, subject: Pod,
        needs_human: yes,
    }
    SessionMissed {
        code: "session-missed",
        summary: "A session of the last four months has passed that had no pairing issue; it is not made up for.",
        advice: "If the session took place, open its issue by hand; look at the schedule's runs if not.",
        severity: Info, audience: Team, subject: Session,
    }
    SessionIssueByHand {
        code: "session-issue-by-hand",
        summary: "Somebody has already opened the session's pairing issue, so podkeeper opens none.",
        advice: "Nothing has to be done.",
        severity: Info, audience: Team, subject: Session,
    }
    SessionTwin {
        code: "session-twin",
        summary: "Two pairing issues were opened for one session; the younger one is linked and closed.",
        advice: "Nothing has to be done; if this happens often, look for a second podkeeper.",
        severity: Minor, audience: Team, subject: Session,
    }
    SessionTwinInUse {
        code: "session-twin-in-use",
        summary: "Two pairing issues stand for one session, and people have written in the younger one.",
        advice: "Move what is wanted into the older issue and close the younger one.",
        severity: Major, audience: Team, subject: Session,
        needs_human: yes,
    }
    MarkerDamaged {
        code: "marker-damaged",
        summary: "The marker in one of podkeeper's own issues is damaged, so podkeeper does not touch that issue.",
        advice: "Restore the marker lines from the description's history, or remove all of them.",
        severity: Major, audience: Team, subject: Issue,
        needs_human: yes,
    }
    MarkerForeign {
        code: "marker-foreign",
        summary: "An issue by somebody else carries a podkeeper marker, as a copy does; it is not adopted and not touched.",
        advice: "Nothing has to be done; take the marker out of a copy that is kept for something else.",
        severity: Info, audience: Team, subject: Issue,
    }
    MarkerLost {
        code: "marker-lost",
        summary: "One of podkeeper's own issues has lost its marker and its sign, so that nothing says what it is for; no second one is opened.",
        advice: "Write the sign, the line `podkeeper · KEY`, at the top of its description.",
        severity: Major, audience: Team, subject: Issue,
        needs_human: yes,
    }
    OtherKey {
        code: "other-key",
        summary: "One of podkeeper's own issues stands for the pod under another key: pod or slot were renamed; no second one is opened.",
        advice: "Name the old key in `formerly`.",
        severity: Major, audience: Team, subject: Issue,
        needs_human: yes,
    }
    BotReplaced {
        code: "bot-replaced",
        summary: "An issue with podkeeper's marker belongs to another account, as after a token that was made anew; no second one is opened.",
        advice: "Name the former account in [bot] usernames; rotate a token instead of making a new one.",
        severity: Major, audience: Team, subject: Issue,
        needs_human: yes,
    }
    BlockNewer {
        code: "block-newer",
        summary: "A later podkeeper wrote the block of an issue, so this one leaves it as it is.",
        advice: "Bring this podkeeper up to date, or stop the older schedule.",
        severity: Info, audience: Team, subject: Issue,
    }
    LabelMissing {
        code: "label-missing",
        summary: "A label that the pod or its page names does not exist.",
        advice: "Create the label or mend its name; [label] create = true lets podkeeper create the pod's own.",
        severity: Major, audience: Team, subject: Label,
        needs_human: pods_label,
        report: Links, in_check: Reported,
    }
    LabelConflict {
        code: "label-conflict",
        summary: "A pairing issue of the pod carries another label of the same scope; it is left alone.",
        advice: "If the session was the pod's, put the pod's label on it.",
        severity: Info, audience: Team, subject: Issue,
    }
    LabelRemoved {
        code: "label-removed",
        summary: "The pod's label was taken off one of its pairing issues again; that is respected.",
        advice: "Put it back by hand if it was a mistake.",
        severity: Info, audience: Team, subject: Issue,
    }
    LabelProposed {
        code: "label-proposed",
        summary: "A recent pairing issue looks like a session of the pod and does not carry its label.",
        advice: "Put the pod's label on it if the session was the pod's; [label] apply = true lets podkeeper do so where it is certain.",
        severity: Info, audience: Team, subject: Issue,
    }
    LabelDiffers {
        code: "label-differs",
        summary: "The pod's label has another colour or description than the pod's file names.",
        advice: "Change the label or the pod's file; [label] manage = true lets podkeeper change the label.",
        severity: Info, audience: Team, subject: Label,
    }
    LabelOfProject {
        code: "label-of-project",
        summary: "The pod's label belongs to the project alone, while a group above it has labels of the same scope.",
        advice: "Promote it to a label of the group, so that other projects can carry it and the group's lists find it.",
        severity: Info, audience: Team, subject: Label,
    }
    LabelNearTwin {
        code: "label-near-twin",
        summary: "Labels are there that differ from the pod's in letter case, blanks or punctuation alone.",
        advice: "Move their issues to the pod's label and delete them.",
        severity: Minor, audience: Team, subject: Label,
    }
    LabelRetired {
        code: "label-retired",
        summary: "A label that the page names was retired; its name has a suffix now.",
        advice: "Name its successor, or take the reference out.",
        severity: Minor, audience: Public, subject: Label,
        report: Links, in_check: Reported,
    }
    LabelArchived {
        code: "label-archived",
        summary: "A label that the pod or its page names is archived: GitLab puts it on nothing new and leaves it out of lists.",
        advice: "Unarchive the label, or name its successor: the pod's own in [label] name.",
        severity: Major, audience: Team, subject: Label,
        needs_human: pods_label,
        report: Links,
    }
    RoleTooSmall {
        code: "role-too-small",
        summary: "The token's role in a project is too small to set labels, and GitLab drops them without a word.",
        advice: "Give the token's account the role Planner or above in the project.",
        severity: Major, audience: Team, subject: Project,
    }
    IssueLocked {
        code: "issue-locked",
        summary: "A living report has something to tell, and its discussion is locked, so that GitLab does not reopen it.",
        advice: "Unlock the issue's discussion.",
        severity: Major, audience: Team, subject: Issue,
        needs_human: yes,
    }
    LinkDead {
        code: "link-dead",
        summary: "What a link of the page points at is gone: the one who must know said so.",
        advice: "Replace the link or take it out.",
        severity: Major, audience: Public, subject: Link,
        report: Links, in_check: Reported, in_junit: LinkCase,
    }
    LinkFragmentDead {
        code: "link-fragment-dead",
        summary: "The page that a link points at is there, the place on it is not.",
        advice: "Point the link at a place that is there.",
        severity: Minor, audience: Public, subject: Link,
        report: Links, in_check: Reported, in_junit: LinkCase,
    }
    LinkUnreachable {
        code: "link-unreachable",
        summary: "What a link of the page points at has not answered for a while.",
        advice: "Open it by hand; replace the link if it stays silent.",
        severity: Minor, audience: Public, subject: Link,
        report: Links, in_junit: LinkCase,
    }
    LinkMoved {
        code: "link-moved",
        summary: "What a link of the page points at has another address for good.",
        advice: "Write the new address before the redirect is taken away.",
        severity: Info, audience: Public, subject: Link,
        report: Links, target_still_works: yes, in_check: Reported, in_junit: LinkCase,
    }
    TemplateDeprecated {
        code: "template-deprecated",
        summary: "A CI template that the page links to says in its header that it is deprecated, or can no longer be included.",
        advice: "Link what replaces it.",
        severity: Info, audience: Public, subject: Link,
        report: Links, target_still_works: yes, in_check: Reported,
    }
    PageDeprecated {
        code: "page-deprecated",
        summary: "A page that the page links to says in its title that its matter is deprecated or was removed.",
        advice: "Link what replaces it, or take the link out.",
        severity: Info, audience: Public, subject: Link,
        report: Links, target_still_works: yes, in_check: Reported,
    }
    ClockSkewed {
        code: "clock-skewed",
        summary: "This machine's clock and GitLab's differ by more than ten minutes; GitLab's counts.",
        advice: "Set the clock that is wrong: most likely the runner's.",
        severity: Major, audience: Public, subject: Machine,
    }
    LinksInconclusive {
        code: "links-inconclusive",
        summary: "So many links fail at once that the fault may be on this side; they are remembered, and reported when a later check still sees it.",
        advice: "Look at the network of the runner; a run in six hours or more tells what still fails.",
        severity: Info, audience: Public, subject: All,
    }
    LinksCommonCause {
        code: "links-common-cause",
        summary: "All links of a kind are gone at once, so there is most likely one cause; the next run reports each.",
        advice: "Look for what they have in common: a branch that was renamed, a project that moved.",
        severity: Major, audience: Public, subject: All,
        report: Links,
    }
    MemoryFull {
        code: "memory-full",
        summary: "More links fail than a report remembers.",
        advice: "Mend what is told; what is left out is remembered when there is room.",
        severity: Info, audience: Public, subject: All,
    }
    MemberWithoutFocus {
        code: "member-without-focus",
        summary: "A member of the page lacks what the Support Team data should say of members.",
        advice: "Add it in a merge request for that person's file, which the person's manager approves.",
        severity: Minor, audience: Confidential, subject: Member,
        report: Roster, counted_per: MemberWithFile, checks_membership: yes,
    }
    FocusWithoutMember {
        code: "focus-without-member",
        summary: "The Support Team data says that somebody belongs to the pod, and the page does not.",
        advice: "Ask whether the person wants to be on the page.",
        severity: Info, audience: Confidential, subject: Agent,
        report: Roster, counted_per: AgentWithFocus, checks_membership: yes,
    }
    MemberUnknownAgent {
        code: "member-unknown-agent",
        summary: "A member of the page has no file in the Support Team data.",
        advice: "Find out whether the person has left or goes by another name.",
        severity: Minor, audience: Confidential, subject: Member,
        report: Roster, counted_per: Member,
    }
    HandleMismatch {
        code: "handle-mismatch",
        summary: "Page and Support Team data name different handles for the same person.",
        advice: "Write the handle that the account has now.",
        severity: Minor, audience: Confidential, subject: Member,
        report: Roster, counted_per: MemberWithFile,
    }
    NameMismatch {
        code: "name-mismatch",
        summary: "Page and Support Team data write a person's name differently, so the site shows it as not found.",
        advice: "Write the name exactly as the Support Team data has it.",
        severity: Info, audience: Confidential, subject: Member,
        report: Roster, counted_per: MemberWithFile,
    }
    AccountBlocked {
        code: "account-blocked",
        summary: "A member's GitLab account is blocked or deactivated.",
        advice: "Find out whether the person still belongs to the pod.",
        severity: Minor, audience: Confidential, subject: Member,
        report: Roster, report_after_days: 14,
    }
    AccountMissing {
        code: "account-missing",
        summary: "No GitLab account has the handle that the page names.",
        advice: "Look for the account's new name.",
        severity: Minor, audience: Confidential, subject: Member,
        report: Roster, report_after_days: 14,
    }
    AccountRenamed {
        code: "account-renamed",
        summary: "A member's GitLab account has another name now.",
        advice: "Write the new handle on the page.",
        severity: Minor, audience: Confidential, subject: Member,
        report: Roster, counted_per: MemberWithFile,
    }
    AgentFileInvalid {
        code: "agent-file-invalid",
        summary: "A file of the Support Team data cannot be understood, so its person is left out of the audit.",
        advice: "Mend the file at the line that is named, in a merge request which the person's manager approves.",
        severity: Minor, audience: Confidential, subject: Agent,
        report: Roster, counted_per: AgentFile,
    }
    AgentDuplicate {
        code: "agent-duplicate",
        summary: "Two files of the Support Team data name the same account.",
        advice: "Keep one of them.",
        severity: Minor, audience: Confidential, subject: Agent,
        report: Roster,
    }
    RosterCommonCause {
        code: "roster-common-cause",
        summary: "The same is the matter with every member at once, so there is most likely one cause; the next run reports each.",
        advice: "Look at [members] in the pod's file, and at what has changed in the Support Team data.",
        severity: Minor, audience: Confidential, subject: All,
        report: Roster,
    }
    RosterInconclusive {
        code: "roster-inconclusive",
        summary: "Page or Support Team data were not seen whole, so nobody is called missing.",
        advice: "Compare the page and the data; the next run reads them again.",
        severity: Info, audience: Confidential, subject: All,
    }
    ReportTwin {
        code: "report-twin",
        summary: "Two living reports of one kind stand for the pod; the younger one is linked and closed.",
        advice: "Nothing has to be done.",
        severity: Minor, audience: Team, subject: Issue,
    }
    ReportRefused {
        code: "report-refused",
        summary: "The roster report names people and is filed only in a private project or as a confidential issue.",
        advice: "Set [reports] confidential = true, or name a private project.",
        severity: Major, audience: Team, subject: Issue,
        needs_human: yes,
    }
    ProjectMissing {
        code: "project-missing",
        summary: "A project that podkeeper writes to is not there or not visible to this token; GitLab does not tell the two apart.",
        advice: "Check the project's path in the pod's file and the token's membership.",
        severity: Critical, audience: Team, subject: Project,
    }
    ProjectArchived {
        code: "project-archived",
        summary: "A project that podkeeper writes to is archived, so nothing can be written there.",
        advice: "Unarchive the project or name its successor in the pod's file.",
        severity: Critical, audience: Team, subject: Project,
        needs_human: yes,
    }
    SourceArchived {
        code: "source-archived",
        summary: "A project that podkeeper only reads is archived: the page's, or that of the Support Team data.",
        advice: "Name its successor in the pod's file.",
        severity: Minor, audience: Team, subject: Project,
    }
    ProjectMarkedForDeletion {
        code: "project-marked-for-deletion",
        summary: "A project that the pod's file names is marked for deletion and will be gone in some days.",
        advice: "Have an owner restore the project, or name its successor in the pod's file.",
        severity: Critical, audience: Team, subject: Project,
        needs_human: yes,
    }
    ProjectRenamed {
        code: "project-renamed",
        summary: "A project was renamed or moved; it is still reached through its old path.",
        advice: "Set the new path in the pod's file.",
        severity: Minor, audience: Team, subject: Project,
    }
    IssuesDisabled {
        code: "issues-disabled",
        summary: "A project that podkeeper writes to has its issues switched off.",
        advice: "Switch issues on in the project's settings: General, Visibility, project features, permissions.",
        severity: Critical, audience: Team, subject: Project,
        needs_human: yes,
    }
    ExceptionExpired {
        code: "exception-expired",
        summary: "An `[[exception]]` has passed its day and holds no more.",
        advice: "Remove it, or give it a new day and reason.",
        severity: Info, audience: Public, subject: Exception,
    }
    ExceptionUnused {
        code: "exception-unused",
        summary: "An `[[exception]]` matches nothing.",
        advice: "Remove it.",
        severity: Info, audience: Public, subject: Exception,
    }
    Paused {
        code: "paused",
        summary: "The label `podkeeper::pause` holds every write of this pod.",
        advice: "Take the label off to go on.",
        severity: Info, audience: Team, subject: Pod,
    }
}

impl Rule {
    /// The rule with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.code() == code)
    }

    /// The code that reports, exceptions and `explain` use.
    pub fn code(self) -> &'static str {
        self.row().code
    }

    /// What it means, in one sentence.
    pub fn summary(self) -> &'static str {
        self.row().summary
    }

    /// What to do about it, in one sentence.
    pub fn advice(self) -> &'static str {
        self.row().advice
    }

    /// How much its findings matter.
    pub fn severity(self) -> Severity {
        self.row().severity
    }

    /// Who may read its findings.
    pub fn audience(self) -> Audience {
        self.row().audience
    }

    /// What its findings are about.
    pub fn subject_kind(self) -> SubjectKind {
        self.row().subject
    }

    /// Whether a person must act before podkeeper can go on (exit 5).
    pub fn needs_human(self) -> NeedsHuman {
        self.row().rare.needs_human
    }

    /// The living report that lists its findings, if one does.
    pub fn living_report(self) -> Option<ReportKind> {
        self.row().rare.report
    }

    /// Whether what its findings are about works all the same: alone they are no reason for a report, and they are not
    /// remembered.
    pub fn target_still_works(self) -> bool {
        self.row().rare.target_still_works
    }

    /// What `check` does with its findings.
    pub fn in_check(self) -> InCheck {
        self.row().rare.in_check
    }

    /// How `JUnit` shows its findings.
    pub fn in_junit(self) -> InJunit {
        self.row().rare.in_junit
    }

    /// How many days a thing has to last before it is reported, where it may pass: people come back from leave.
    pub fn report_after_days(self) -> Option<i64> {
        self.row().rare.report_after_days
    }

    /// What it can have one finding each of, where that is known.
    pub fn counted_per(self) -> Option<CountedPer> {
        self.row().rare.counted_per
    }

    /// Whether it holds people against what `[members]` asks for, so that a slip there makes it fire for everybody.
    pub fn checks_membership(self) -> bool {
        self.row().rare.checks_membership
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_kebab_case_and_read_back() {
        let mut seen = std::collections::BTreeSet::new();
        for rule in Rule::ALL {
            assert!(seen.insert(rule.code()), "{} twice", rule.code());
            assert!(rule.code().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
            assert_eq!(Rule::from_code(rule.code()), Some(*rule));
            assert!(rule.summary().ends_with('.') && rule.advice().ends_with('.'), "{}", rule.code());
        }
    }

    #[test]
    fn the_columns_of_a_rule_agree_with_each_other() {
        for rule in Rule::ALL {
            let told_by_the_roster = rule.living_report() == Some(ReportKind::Roster);
            let about_people = rule.audience() == Audience::Confidential;
            // Of the roster, only that nothing can be concluded of it is reported outside of its report.
            assert_eq!(told_by_the_roster || *rule == Rule::RosterInconclusive, about_people, "{}", rule.code());
            assert!(rule.in_check() == InCheck::NotChecked || !about_people, "check tells nothing of {}", rule.code());
            assert!(
                rule.in_junit() == InJunit::OwnCase || rule.subject_kind() == SubjectKind::Link,
                "{} has no link",
                rule.code()
            );
            assert!(!rule.target_still_works() || rule.living_report().is_some(), "{} is in no report", rule.code());
        }
    }
}
