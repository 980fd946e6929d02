//! The changes podkeeper can make. One action is one request, whole at birth, and names only what was seen.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::label::LabelName;
use super::marker::{Block, Marker, ReportKind, render, whole_minute};
use super::rule::Audience;
use super::session::SessionKey;

/// One change, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Full path of the project it changes, as GitLab spells it now.
    pub project: String,
    /// The project's number; every write uses it, because a renamed project refuses writes by path.
    pub project_id: u64,
    /// Why, as the end of the sentence "… because".
    pub because: String,
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
        rewrite: Rewrite,
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
        rewrite: Rewrite,
    },
    /// Closes a living report that has nothing to tell, with its last words in the same request.
    CloseReport {
        /// The issue.
        iid: u64,
        /// What is written.
        rewrite: Rewrite,
    },
    /// Opens a living report again, with its new words in the same request.
    ReopenReport {
        /// The issue.
        iid: u64,
        /// What is written.
        rewrite: Rewrite,
    },
    /// Puts the pod's label on an issue.
    AddLabel {
        /// The issue.
        iid: u64,
        /// The label.
        label: LabelName,
    },
    /// Links the younger of two issues for one session to the older.
    LinkTwin {
        /// The younger.
        iid: u64,
        /// The older, which stays.
        keep: u64,
    },
    /// Closes the younger of two issues for one session.
    CloseTwin {
        /// The younger.
        iid: u64,
        /// The older, which stays.
        keep: u64,
    },
}

/// A block and what takes its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// The block as it was seen; if it is another one by now, nothing is written.
    pub seen: Block,
    /// The block as it should be.
    pub block: Block,
    /// Lines that people wrote into it; they are kept below it.
    pub below: String,
}

impl Rewrite {
    /// `block` in the place of `seen`, and every line of people kept.
    pub fn new(seen: &Block, block: Block) -> Self {
        Self { below: seen.peoples_lines(&block), seen: seen.clone(), block }
    }

    fn diff(&self) -> String {
        let below = if self.below.is_empty() { String::new() } else { format!("\n\n{}", self.below) };
        lines_changed(&render(&self.seen), &format!("{}{below}", render(&self.block)))
    }

    fn canonical(&self) -> Value {
        json!({"seen": render(&self.seen), "block": render(&self.block), "below": self.below})
    }
}

/// The kinds of actions with what each does; the only list, printed by `explain`.
pub const KINDS: [(&str, &str); 10] = [
    ("create-label", "Creates the pod's label in the project of its pairing issues ([label] create)."),
    ("open-pairing-issue", "Opens the pairing issue of the next session, with the pod's label and its marker."),
    ("rewrite-pairing-issue", "Brings podkeeper's block in a pairing issue up to date; the rest stays as it is."),
    ("add-label", "Puts the pod's label back on one of podkeeper's own pairing issues."),
    ("link-twin", "Links the younger of two issues for one session to the older."),
    ("close-twin", "Closes the younger of two issues for one session."),
    ("open-report", "Opens a living report: the one issue that tells what rots, or where page and data disagree."),
    ("rewrite-report", "Brings a living report up to date."),
    ("close-report", "Closes a living report that has nothing to tell."),
    ("reopen-report", "Opens a living report again, because something new is to be told."),
];

impl Action {
    /// The kind's name.
    pub fn kind(&self) -> &'static str {
        let index = match self.change {
            Change::CreateLabel { .. } => 0,
            Change::OpenPairingIssue { .. } => 1,
            Change::RewritePairingIssue { .. } => 2,
            Change::AddLabel { .. } => 3,
            Change::LinkTwin { .. } => 4,
            Change::CloseTwin { .. } => 5,
            Change::OpenReport { .. } => 6,
            Change::RewriteReport { .. } => 7,
            Change::CloseReport { .. } => 8,
            Change::ReopenReport { .. } => 9,
        };
        KINDS[index].0
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
            | Change::LinkTwin { iid, .. }
            | Change::CloseTwin { iid, .. } => format!("#{iid}"),
        }
    }

    /// Who may read its text.
    pub fn audience(&self) -> Audience {
        let marker = match &self.change {
            Change::OpenReport { marker, .. } => Some(marker),
            Change::RewriteReport { rewrite, .. }
            | Change::CloseReport { rewrite, .. }
            | Change::ReopenReport { rewrite, .. } => Some(&rewrite.block.marker),
            Change::CreateLabel { .. }
            | Change::OpenPairingIssue { .. }
            | Change::RewritePairingIssue { .. }
            | Change::AddLabel { .. }
            | Change::LinkTwin { .. }
            | Change::CloseTwin { .. } => None,
        };
        match marker {
            Some(Marker::Report(_, ReportKind::Roster)) => Audience::Confidential,
            Some(_) | None => Audience::Team,
        }
    }

    /// What tells it from every other action of a pass.
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
                let title = title.as_ref().map(|(old, new)| lines_changed(old, new)).unwrap_or_default();
                title + &rewrite.diff()
            }
            Change::RewriteReport { rewrite, .. }
            | Change::CloseReport { rewrite, .. }
            | Change::ReopenReport { rewrite, .. } => rewrite.diff(),
            Change::CreateLabel { .. }
            | Change::AddLabel { .. }
            | Change::LinkTwin { .. }
            | Change::CloseTwin { .. } => String::new(),
        }
    }

    /// Everything that is sent, with sorted keys: what a plan's stamp is made of.
    ///
    /// `at` is when the look was made. What a report says of that moment is a placeholder here, so that two looks at an
    /// unchanged world, seconds apart, have one stamp.
    pub fn canonical(&self, at: DateTime<Utc>) -> Value {
        let details = match &self.change {
            Change::CreateLabel { name, color, description } => {
                json!({"name": name.as_str(), "color": color, "description": description})
            }
            Change::OpenPairingIssue { title, body, labels, .. } => {
                json!({"title": title, "body": body, "labels": labels})
            }
            Change::RewritePairingIssue { rewrite, title, .. } => {
                json!({"rewrite": rewrite.canonical(), "title": title.as_ref().map(|(_, new)| new)})
            }
            Change::OpenReport { title, body, confidential, .. } => {
                timeless(&json!({"title": title, "body": body, "confidential": confidential}), at)
            }
            Change::RewriteReport { rewrite, .. }
            | Change::CloseReport { rewrite, .. }
            | Change::ReopenReport { rewrite, .. } => timeless(&rewrite.canonical(), at),
            Change::AddLabel { label, .. } => json!({"label": label.as_str()}),
            Change::LinkTwin { keep, .. } | Change::CloseTwin { keep, .. } => json!({"keep": keep}),
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

/// The details of a report without the minute and the day of the look.
fn timeless(details: &Value, at: DateTime<Utc>) -> Value {
    let minute = whole_minute(at).to_rfc3339_opts(SecondsFormat::Secs, true);
    let text = without_hashes(&details.to_string());
    Value::String(text.replace(&minute, "MINUTE").replace(&at.date_naive().to_string(), "DAY"))
}

/// The text without the hashes of lines, some of which name the day: the lines themselves are there.
fn without_hashes(text: &str) -> String {
    const LIST: &str = "\\\"lines\\\":[";
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(LIST) {
        let (before, list) = rest.split_at(at);
        out.push_str(before);
        rest = list.find(']').map_or("", |end| &list[end..]);
    }
    out + rest
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
            Change::LinkTwin { iid, keep } => write!(f, "link {project}#{iid} to #{keep}")?,
            Change::CloseTwin { iid, keep } => write!(f, "close {project}#{iid} in favour of #{keep}")?,
        }
        write!(f, ", because {because}")
    }
}

fn lines_changed(old: &str, new: &str) -> String {
    let (old, new) = (format!("{old}\n"), format!("{new}\n"));
    let diff = similar::TextDiff::from_lines(&old, &new);
    diff.iter_all_changes().fold(String::new(), |out, change| out + &change.tag().to_string() + " " + change.value())
}
