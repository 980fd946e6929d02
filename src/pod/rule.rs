//! Every rule podkeeper tells by, in one table. It is the only list: `explain`, the README and the JSON
//! contract are made from it.

use serde::{Serialize, Serializer};

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
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }
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

macro_rules! rules {
    ($($variant:ident $code:literal $severity:ident $audience:ident $human:literal $summary:literal $advice:literal;)*) => {
        /// The kinds of findings. Codes are kebab-case nouns with their state.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule { $(#[doc = $summary] $variant,)* }

        impl Rule {
            /// Every rule, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code that reports, exceptions and `explain` use.
            pub fn code(self) -> &'static str { match self { $(Self::$variant => $code,)* } }

            /// How much its findings matter.
            pub fn severity(self) -> Severity { match self { $(Self::$variant => Severity::$severity,)* } }

            /// Who may read its findings.
            pub fn audience(self) -> Audience { match self { $(Self::$variant => Audience::$audience,)* } }

            /// Whether a person must act before podkeeper can go on (exit 5).
            pub fn needs_human(self) -> bool { match self { $(Self::$variant => $human,)* } }

            /// What it means, in one sentence.
            pub fn summary(self) -> &'static str { match self { $(Self::$variant => $summary,)* } }

            /// What to do about it, in one sentence.
            pub fn advice(self) -> &'static str { match self { $(Self::$variant => $advice,)* } }
        }
    };
}

rules! {
    PageMissing "page-missing" Critical Public true
        "The pod's page is not where the configuration says."
        "Find out where the page went (moved or renamed?) and set [page] in the pod's file.";
    MembersSectionMissing "members-section-missing" Major Public false
        "The page has no level-2 heading that ends in \"Pod members\"."
        "Give the members section its heading back, for example \"## Support Pod members\".";
    MembersSectionEmpty "members-section-empty" Major Public false
        "The members section names nobody in a form that the site or podkeeper understands."
        "Write each member as {{< member-by-name \"NAME\" >}} (`@handle`).";
    PageCut "page-cut" Major Public false
        "The page is larger than is read: more than 1 MiB, or more than 5,000 links, labels or members."
        "Split the page; what stands further down is not looked at.";
    LeadMissing "lead-missing" Minor Public false
        "No member of the page has a lead's role."
        "Put \"Lead:\" before the name of whoever leads the pod.";
    MemberHandleMissing "member-handle-missing" Minor Public false
        "A member's line names no GitLab handle."
        "Add the handle behind the name, for example (`@handle`).";
    MemberHandleInvalid "member-handle-invalid" Minor Public false
        "What stands in the handle's place cannot be a GitLab user name."
        "Write the user name as it stands in the profile's address, without blanks.";
    MemberListedTwice "member-listed-twice" Minor Public false
        "The same person stands in the members section twice."
        "Keep one of the two lines.";
    LabelEmpty "label-empty" Minor Public false
        "A label reference names no label: ~\"\"."
        "Name the label or take the reference out.";
    LabelTrailingComma "label-trailing-comma" Info Public false
        "A comma follows the last label of a line."
        "Take the comma out, or add the label that is missing behind it.";
    ListDashMissing "list-dash-missing" Minor Public false
        "A line under a list lacks its dash, so it shows as the end of the item above."
        "Begin the line with \"- \".";
    TextMojibake "text-mojibake" Minor Public false
        "Characters were read in the wrong encoding."
        "Replace them by the mended text.";
    LinkLegacyForm "link-legacy-form" Info Public false
        "A GitLab link has the form from before \"/-/\"."
        "Write the link with \"/-/\".";
    SessionDiffers "session-differs" Minor Public false
        "The page names another time for the session than the configuration."
        "Mend the page's line or the pod's [[session]], whichever is wrong.";
    SessionMissed "session-missed" Info Team false
        "A session of the last four months has passed that had no pairing issue; it is not made up for."
        "If the session took place, open its issue by hand; look at the schedule's runs if not.";
    SessionIssueByHand "session-issue-by-hand" Info Team false
        "Somebody has already opened the session's pairing issue, so podkeeper opens none."
        "Nothing has to be done.";
    SessionTwin "session-twin" Minor Team false
        "Two pairing issues were opened for one session; the younger one is linked and closed."
        "Nothing has to be done; if this happens often, look for a second podkeeper.";
    SessionTwinInUse "session-twin-in-use" Major Team true
        "Two pairing issues stand for one session, and people have written in the younger one."
        "Move what is wanted into the older issue and close the younger one.";
    MarkerDamaged "marker-damaged" Major Team true
        "The marker in one of podkeeper's own issues is damaged, so podkeeper does not touch that issue."
        "Restore the marker lines from the description's history, or remove all of them.";
    MarkerForeign "marker-foreign" Info Team false
        "An issue by somebody else carries a podkeeper marker, as a copy does; it is not adopted and not touched."
        "Nothing has to be done; take the marker out of a copy that is kept for something else.";
    MarkerLost "marker-lost" Major Team true
        "One of podkeeper's own issues has lost its marker and its sign, so that nothing says what it is for; no second one is opened."
        "Write the sign, the line `podkeeper · KEY`, at the top of its description.";
    OtherKey "other-key" Major Team true
        "One of podkeeper's own issues stands for the pod under another key: pod or slot were renamed; no second one is opened."
        "Name the old key in `formerly`.";
    BotReplaced "bot-replaced" Major Team true
        "An issue with podkeeper's marker belongs to another account, as after a token that was made anew; no second one is opened."
        "Name the former account in [bot] usernames; rotate a token instead of making a new one.";
    BlockNewer "block-newer" Info Team false
        "A later podkeeper wrote the block of an issue, so this one leaves it as it is."
        "Bring this podkeeper up to date, or stop the older schedule.";
    LabelMissing "label-missing" Major Team false
        "A label that the pod or its page names does not exist."
        "Create the label or mend its name; [label] create = true lets podkeeper create the pod's own.";
    LabelConflict "label-conflict" Info Team false
        "A pairing issue of the pod carries another label of the same scope; it is left alone."
        "If the session was the pod's, put the pod's label back.";
    LabelRemoved "label-removed" Info Team false
        "The pod's label was taken off one of its pairing issues again; that is respected."
        "Put it back by hand if it was a mistake.";
    LabelRetired "label-retired" Minor Public false
        "A label that the page names was retired; its name has a suffix now."
        "Name its successor, or take the reference out.";
    LabelArchived "label-archived" Major Team false
        "A label that the pod or its page names is archived: GitLab puts it on nothing new and leaves it out of lists."
        "Unarchive the label, or name its successor: the pod's own in [label] name.";
    RoleTooSmall "role-too-small" Major Team false
        "The token's role in a project is too small to set labels, and GitLab drops them without a word."
        "Give the token's account the role Planner or above in the project.";
    IssueLocked "issue-locked" Major Team true
        "A living report has something to tell, and its discussion is locked, so that GitLab does not reopen it."
        "Unlock the issue's discussion.";
    LinkDead "link-dead" Major Public false
        "What a link of the page points at is gone: the one who must know said so."
        "Replace the link or take it out.";
    LinkFragmentDead "link-fragment-dead" Minor Public false
        "The page that a link points at is there, the place on it is not."
        "Point the link at a heading that is there.";
    LinkUnreachable "link-unreachable" Minor Public false
        "What a link of the page points at has not answered for a while."
        "Open it by hand; replace the link if it stays silent.";
    LinkMoved "link-moved" Info Public false
        "What a link of the page points at has another address for good."
        "Write the new address before the redirect is taken away.";
    TemplateDeprecated "template-deprecated" Info Public false
        "A CI template that the page links to says in its header that it is deprecated, or can no longer be included."
        "Link what replaces it.";
    ClockSkewed "clock-skewed" Major Public false
        "This machine's clock and GitLab's differ by more than ten minutes; GitLab's counts."
        "Set the clock that is wrong: most likely the runner's.";
    LinksInconclusive "links-inconclusive" Info Public false
        "So many links fail at once that the fault may be on this side; they are remembered, and told when a later look still sees it."
        "Look at the network of the runner; a run in six hours or more tells what still fails.";
    LinksCommonCause "links-common-cause" Major Public false
        "All links of a kind are gone at once, so there is most likely one cause; the next look tells each."
        "Look for what they have in common: a branch that was renamed, a project that moved.";
    MemoryFull "memory-full" Info Public false
        "More links fail than a report remembers."
        "Mend what is told; what is left out is remembered when there is room.";
    MemberWithoutFocus "member-without-focus" Minor Confidential false
        "A member of the page lacks what the Support Team data should say of members."
        "Add it in a merge request for that person's file, which the person's manager approves.";
    FocusWithoutMember "focus-without-member" Info Confidential false
        "The Support Team data says that somebody belongs to the pod, and the page does not."
        "Ask whether the person wants to be on the page.";
    MemberUnknownAgent "member-unknown-agent" Minor Confidential false
        "A member of the page has no file in the Support Team data."
        "Find out whether the person has left or goes by another name.";
    HandleMismatch "handle-mismatch" Minor Confidential false
        "Page and Support Team data name different handles for the same person."
        "Write the handle that the account has now.";
    NameMismatch "name-mismatch" Info Confidential false
        "Page and Support Team data write a person's name differently, so the site shows it as not found."
        "Write the name exactly as the Support Team data has it.";
    AccountBlocked "account-blocked" Minor Confidential false
        "A member's GitLab account is blocked or deactivated."
        "Find out whether the person still belongs to the pod.";
    AccountMissing "account-missing" Minor Confidential false
        "No GitLab account has the handle that the page names."
        "Look for the account's new name.";
    AccountRenamed "account-renamed" Minor Confidential false
        "A member's GitLab account has another name now."
        "Write the new handle on the page.";
    AgentFileInvalid "agent-file-invalid" Minor Confidential false
        "A file of the Support Team data cannot be understood, so its person is left out of the audit."
        "Mend the file.";
    AgentDuplicate "agent-duplicate" Minor Confidential false
        "Two files of the Support Team data name the same account."
        "Keep one of them.";
    RosterCommonCause "roster-common-cause" Minor Confidential false
        "The same is the matter with every member at once, so there is most likely one cause; the next look tells each."
        "Look at [members] in the pod's file, and at what has changed in the Support Team data.";
    RosterInconclusive "roster-inconclusive" Info Confidential false
        "Page or Support Team data were not seen whole, so nobody is called missing."
        "Look at the page and the data; the next run looks again.";
    ReportTwin "report-twin" Minor Team false
        "Two living reports of one kind stand for the pod; the younger one is linked and closed."
        "Nothing has to be done.";
    ReportRefused "report-refused" Major Team true
        "The roster report names people and is filed only in a private project or as a confidential issue."
        "Set [reports] confidential = true, or name a private project.";
    ProjectMissing "project-missing" Critical Team false
        "A project that podkeeper writes to is not there or not visible to this token; GitLab does not tell the two apart."
        "Check the project's path in the pod's file and the token's membership.";
    ProjectArchived "project-archived" Critical Team true
        "A project that podkeeper writes to is archived, so nothing can be written there."
        "Unarchive the project or name its successor in the pod's file.";
    SourceArchived "source-archived" Minor Team false
        "A project that podkeeper only reads is archived: the page's, or that of the Support Team data."
        "Name its successor in the pod's file.";
    ProjectMarkedForDeletion "project-marked-for-deletion" Critical Team true
        "A project that the pod's file names is marked for deletion and will be gone in some days."
        "Have an owner restore the project, or name its successor in the pod's file.";
    ProjectRenamed "project-renamed" Minor Team false
        "A project was renamed or moved; it is still reached through its old path."
        "Set the new path in the pod's file.";
    IssuesDisabled "issues-disabled" Critical Team true
        "A project that podkeeper writes to has its issues switched off."
        "Switch issues on in the project's settings.";
    ExceptionExpired "exception-expired" Info Public false
        "An `[[exception]]` has passed its day and holds no more."
        "Remove it, or give it a new day and reason.";
    ExceptionUnused "exception-unused" Info Public false
        "An `[[exception]]` matches nothing."
        "Remove it.";
    Paused "paused" Info Team false
        "The label `podkeeper::pause` holds every write of this pod."
        "Take the label off to go on.";
}

impl Rule {
    /// The rule with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.code() == code)
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
}
