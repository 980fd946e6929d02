//! The changes podkeeper can make. One action is one request, whole at birth, and names only what was seen.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

use super::Stage;
use super::label::LabelName;
use super::marker::{
    BlockState, ManagedBlock, Marker, ParsedBody, RememberedFailure, ReportKind, parse_body, render_block,
    truncate_to_minute,
};
use super::rule::Audience;
use super::session::SessionKey;

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

    fn diff(&self) -> String {
        let below = if self.human_lines.is_empty() { String::new() } else { format!("\n\n{}", self.human_lines) };
        render_line_diff(&render_block(&self.old_block), &format!("{}{below}", render_block(&self.new_block)))
    }

    fn canonical_json(&self) -> Value {
        json!({"seen": render_block(&self.old_block), "block": render_block(&self.new_block), "below": self.human_lines})
    }

    /// The same of a report, whose block names the moment of the run.
    fn canonical_json_without_now(&self, at: DateTime<Utc>) -> Value {
        let block = report_block_without_now(&self.new_block, &self.old_block.state.failing, at);
        json!({"seen": render_block(&self.old_block), "block": block, "below": self.human_lines})
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
            | Self::OpenPairingIssue { .. }
            | Self::RewritePairingIssue { .. }
            | Self::AddLabel { .. }
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
            | Self::LinkDuplicate { iid, .. }
            | Self::CloseDuplicate { iid, .. } => Some(*iid),
            Self::CreateLabel { .. } | Self::OpenPairingIssue { .. } | Self::OpenReport { .. } => None,
        }
    }

    /// Whether a second one, sent before the first is listed, would make an issue twice.
    pub fn opens_an_issue(&self) -> bool {
        match self {
            Self::OpenPairingIssue { .. } | Self::OpenReport { .. } => true,
            Self::CreateLabel { .. }
            | Self::RewritePairingIssue { .. }
            | Self::AddLabel { .. }
            | Self::LinkDuplicate { .. }
            | Self::CloseDuplicate { .. }
            | Self::RewriteReport { .. }
            | Self::CloseReport { .. }
            | Self::ReopenReport { .. } => false,
        }
    }

    /// Whether it opens an issue with labels, which GitLab may leave off.
    pub fn opens_an_issue_with_labels(&self) -> bool {
        match self {
            Self::OpenPairingIssue { .. } => true,
            Self::OpenReport { .. }
            | Self::CreateLabel { .. }
            | Self::RewritePairingIssue { .. }
            | Self::AddLabel { .. }
            | Self::LinkDuplicate { .. }
            | Self::CloseDuplicate { .. }
            | Self::RewriteReport { .. }
            | Self::CloseReport { .. }
            | Self::ReopenReport { .. } => false,
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
            Change::CreateLabel { name, .. } => name.to_string(),
            Change::OpenPairingIssue { session, .. } => session.to_string(),
            Change::OpenReport { marker, .. } => marker.to_string(),
            Change::RewritePairingIssue { iid, .. }
            | Change::RewriteReport { iid, .. }
            | Change::CloseReport { iid, .. }
            | Change::ReopenReport { iid, .. }
            | Change::AddLabel { iid, .. }
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
        let marker = match &self.change {
            Change::OpenReport { marker, .. } => Some(marker),
            Change::RewriteReport { rewrite, .. }
            | Change::CloseReport { rewrite, .. }
            | Change::ReopenReport { rewrite, .. } => Some(&rewrite.new_block.marker),
            Change::CreateLabel { .. }
            | Change::OpenPairingIssue { .. }
            | Change::RewritePairingIssue { .. }
            | Change::AddLabel { .. }
            | Change::LinkDuplicate { .. }
            | Change::CloseDuplicate { .. } => None,
        };
        match marker {
            Some(Marker::Report(_, ReportKind::Roster)) => true,
            Some(Marker::Report(_, ReportKind::Links) | Marker::Session(_)) | None => false,
        }
    }

    /// What distinguishes it from every other action of a pass.
    pub fn identity(&self) -> String {
        format!("{} {} {}", self.kind(), self.project, self.subject())
    }

    /// The text that would change, as a diff; empty where the sentence says it all.
    pub fn diff(&self) -> String {
        match &self.change {
            Change::OpenPairingIssue { title, body, .. } | Change::OpenReport { title, body, .. } => {
                let mut out = format!("+ {title}\n+\n");
                for line in body.lines() {
                    out.push_str(format!("+ {line}").trim_end());
                    out.push('\n');
                }
                out
            }
            Change::RewritePairingIssue { rewrite, title, .. } => {
                let title = title.as_ref().map(|(old, new)| render_line_diff(old, new)).unwrap_or_default();
                title + &rewrite.diff()
            }
            Change::RewriteReport { rewrite, .. }
            | Change::CloseReport { rewrite, .. }
            | Change::ReopenReport { rewrite, .. } => rewrite.diff(),
            Change::CreateLabel { .. }
            | Change::AddLabel { .. }
            | Change::LinkDuplicate { .. }
            | Change::CloseDuplicate { .. } => String::new(),
        }
    }

    /// Everything that is sent, with sorted keys: what a plan's stamp is made of.
    ///
    /// `at` is when the run was made. What a report says of that moment, and of no earlier one, is a placeholder here,
    /// so that two runs over an unchanged world, seconds apart, have one stamp.
    pub fn canonical_json(&self, at: DateTime<Utc>) -> Value {
        let details = match &self.change {
            Change::CreateLabel { name, color, description } => {
                json!({"name": name.as_str(), "color": color, "description": description})
            }
            Change::OpenPairingIssue { title, body, labels, .. } => {
                json!({"title": title, "body": body, "labels": labels})
            }
            Change::RewritePairingIssue { rewrite, title, .. } => {
                json!({"rewrite": rewrite.canonical_json(), "title": title.as_ref().map(|(_, new)| new)})
            }
            Change::OpenReport { title, body, confidential, .. } => {
                json!({"title": title, "body": report_body_without_now(body, at), "confidential": confidential})
            }
            Change::RewriteReport { rewrite, .. }
            | Change::CloseReport { rewrite, .. }
            | Change::ReopenReport { rewrite, .. } => rewrite.canonical_json_without_now(at),
            Change::AddLabel { label, .. } => json!({"label": label.as_str()}),
            Change::LinkDuplicate { original_iid: keep, .. } | Change::CloseDuplicate { original_iid: keep, .. } => {
                json!({"keep": keep})
            }
        };
        json!({
            "kind": self.kind(),
            "project": self.project,
            "project_id": self.project_id,
            "subject": self.subject(),
            "details": details,
        })
    }
}

/// A report's first body without what it says of the moment of the run.
fn report_body_without_now(body: &str, at: DateTime<Utc>) -> Value {
    match parse_body(body) {
        ParsedBody::Block(block) => {
            let around = body.replacen(&render_block(&block), "", 1);
            json!({"block": report_block_without_now(&block, &BTreeMap::new(), at), "around": around})
        }
        ParsedBody::NoMarker | ParsedBody::Damaged { .. } => json!(body),
    }
}

/// A report's block without what it says of the moment of the run; what was remembered `before` stays as it is. The
/// hashes of its lines are left out: the lines themselves are there.
fn report_block_without_now(
    block: &ManagedBlock,
    before: &BTreeMap<String, RememberedFailure>,
    at: DateTime<Utc>,
) -> Value {
    let text: Vec<String> = block.text.lines().map(strip_since_date).collect();
    let moments =
        |(key, now): (&String, &RememberedFailure)| (key.clone(), failure_json_without_now(now, before.get(key), at));
    let failing: BTreeMap<String, Value> = block.state.failing.iter().map(moments).collect();
    let rest = BlockState { lines: Vec::new(), failing: BTreeMap::new(), ..block.state.clone() };
    json!({"marker": block.marker.to_string(), "text": text, "failing": failing, "state": rest})
}

/// What is remembered of a thing that fails, with a placeholder for what this run adds to it.
fn failure_json_without_now(now: &RememberedFailure, before: Option<&RememberedFailure>, at: DateTime<Utc>) -> Value {
    let time = |now: Option<DateTime<Utc>>, before: Option<DateTime<Utc>>| {
        if now != before && now == Some(truncate_to_minute(at)) { json!("MINUTE") } else { json!(now) }
    };
    let day = |now: Option<NaiveDate>, before: Option<NaiveDate>| {
        if now != before && now == Some(at.date_naive()) { json!("DAY") } else { json!(now) }
    };
    json!({
        "failed_since": time(Some(now.failed_since), before.map(|before| before.failed_since)),
        "how": now.how,
        "dead_since": day(now.dead_since, before.and_then(|before| before.dead_since)),
        "told": time(now.reported, before.and_then(|before| before.reported)),
        "unseen_since": day(now.unseen_since, before.and_then(|before| before.unseen_since)),
    })
}

/// A line of a report without its first day, which the memory has too.
fn strip_since_date(line: &str) -> String {
    let first_day = line.split_once(": ").and_then(|(head, message)| {
        let (head, day) = head.rsplit_once(", since ")?;
        let ours = head.starts_with("- **") && day.parse::<NaiveDate>().is_ok();
        ours.then(|| format!("{head}: {message}"))
    });
    first_day.unwrap_or_else(|| line.to_owned())
}

/// The sentence that a human reviews.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { project, because, change, .. } = self;
        match change {
            Change::CreateLabel { name, .. } => write!(f, "create label `{name}` in {project}")?,
            Change::OpenPairingIssue { title, labels, .. } => {
                write!(f, "open \"{title}\" in {project}")?;
                if let Some(label) = labels.first() {
                    write!(f, " with label `{label}`")?;
                }
            }
            Change::RewritePairingIssue { iid, title, .. } => {
                write!(f, "rewrite the block of {project}#{iid}")?;
                if let Some((_, new)) = title {
                    write!(f, " and title it \"{new}\"")?;
                }
            }
            Change::OpenReport { title, confidential, .. } => {
                let how = if *confidential { ", confidential" } else { "" };
                write!(f, "open \"{title}\" in {project}{how}")?;
            }
            Change::RewriteReport { iid, .. } => write!(f, "rewrite the report {project}#{iid}")?,
            Change::CloseReport { iid, .. } => write!(f, "close the report {project}#{iid}")?,
            Change::ReopenReport { iid, .. } => write!(f, "reopen the report {project}#{iid}")?,
            Change::AddLabel { iid, label } => write!(f, "add label `{label}` to {project}#{iid}")?,
            Change::LinkDuplicate { iid, original_iid: keep } => write!(f, "link {project}#{iid} to #{keep}")?,
            Change::CloseDuplicate { iid, original_iid: keep } => {
                write!(f, "close {project}#{iid} in favour of #{keep}")?;
            }
        }
        write!(f, ", because {because}")
    }
}

fn render_line_diff(old: &str, new: &str) -> String {
    let (old, new) = (format!("{old}\n"), format!("{new}\n"));
    let diff = similar::TextDiff::from_lines(&old, &new);
    diff.iter_all_changes().fold(String::new(), |out, change| out + &change.tag().to_string() + " " + change.value())
}
