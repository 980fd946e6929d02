//! Where podkeeper's own texts go, who reads them there, and what each of these readers is shown: the only list of it,
//! which the documentation repeats. What stands in GitLab's issues is chosen by `decide`.

use crate::pod::rule::Audience;

/// Whom a report file is for where it does not say so: in CI it is an artifact, which whoever sees the pipeline can get.
pub const DEFAULT_FILE_AUDIENCE: Audience = Audience::Public;

macro_rules! report_kinds {
    ($($kind:ident $name:literal $summary:literal;)*) => {
        /// The kinds of reports that are written to files.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ReportKind { $(#[doc = $summary] $kind,)* }

        impl ReportKind {
            /// All of them, in the order in which they are explained.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// The name by which it is asked for.
            pub fn name(self) -> &'static str { match self { $(Self::$kind => $name,)* } }

            /// What it is.
            pub fn summary(self) -> &'static str { match self { $(Self::$kind => $summary,)* } }
        }
    };
}

report_kinds! {
    Json "json" "the object of `--format json`";
    Junit "junit" "a case for each link and finding, for the Tests tab of a pipeline";
    Annotations "annotations" "links to what was done, for the sidebar of a job";
    Codequality "codequality" "what `check` found, for the changes of a merge request (GitLab's Code Quality)";
    Slack "slack" "text to paste into a channel; it mentions nobody";
    Audit "audit" "a line of JSON for each request that may have written: `time`, `method`, `path`, `iid`, `status`, `request_id`; no bodies and no names";
}

impl ReportKind {
    /// Those that a run of the worker writes.
    pub const OF_RUN: &'static [Self] = &[Self::Json, Self::Junit, Self::Annotations, Self::Slack, Self::Audit];
    /// Those that a check of documents writes.
    pub const OF_CHECK: &'static [Self] = &[Self::Json, Self::Junit, Self::Codequality];

    /// The one of these kinds that has this name.
    pub fn from_name(name: &str, kinds: &[Self]) -> Option<Self> {
        kinds.iter().copied().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }
}

/// The outputs that are no files of `--report`, each with what it holds and for whom.
pub const OTHER_OUTPUTS: [(&str, &str, &str); 2] = [
    (
        "standard output of `plan`, `apply` and `check`",
        "the report as text, or as JSON",
        "public in CI, confidential elsewhere, or `--audience`",
    ),
    (
        "the log on standard error",
        "decisions and requests; findings for the team and confidential ones are counted by rule",
        "public, always",
    ),
];

/// What is shown of a run, each with the smallest audience that reads it.
pub const CONTENTS: [(&str, Audience); 10] = [
    ("stamp, exit code, counts of requests, how long it took", Audience::Public),
    ("kind, project and address of every change, and what became of it", Audience::Public),
    ("subject, title and reason of a change", Audience::Public),
    ("findings whose rule is public, and what was observed of links", Audience::Public),
    ("what only a token shows of links; others are shown what anybody sees, and no count", Audience::Team),
    ("findings whose rule is for the team, and sentences and read failures that say the same", Audience::Team),
    ("the text of a change as a diff: it names members and repeats what people wrote", Audience::Team),
    ("findings about people, and read failures of the Support Team data and of accounts", Audience::Confidential),
    (
        "subject, title, reason and diff of a change of the roster report or of a confidential issue",
        Audience::Confidential,
    ),
    ("why such a change was not made", Audience::Confidential),
];
