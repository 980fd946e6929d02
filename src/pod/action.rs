//! The changes podkeeper can make. One action is one request, whole at birth, and names only what was seen.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

use super::label::LabelName;
use super::marker::{Block, Failing, Marked, Marker, ReportKind, State, parse, render, whole_minute};
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

    /// The same of a report, whose block tells of the moment of the look.
    fn timeless(&self, at: DateTime<Utc>) -> Value {
        let block = timeless(&self.block, &self.seen.state.failing, at);
        json!({"seen": render(&self.seen), "block": block, "below": self.below})
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
    /// `at` is when the look was made. What a report says of that moment, and of no earlier one, is a placeholder here, so
    /// that two looks at an unchanged world, seconds apart, have one stamp.
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
                json!({"title": title, "body": timeless_body(body, at), "confidential": confidential})
            }
            Change::RewriteReport { rewrite, .. }
            | Change::CloseReport { rewrite, .. }
            | Change::ReopenReport { rewrite, .. } => rewrite.timeless(at),
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

/// A report's first body without what it says of the moment of the look.
fn timeless_body(body: &str, at: DateTime<Utc>) -> Value {
    match parse(body) {
        Marked::Block(block) => {
            let around = body.replacen(&render(&block), "", 1);
            json!({"block": timeless(&block, &BTreeMap::new(), at), "around": around})
        }
        Marked::No | Marked::Damaged { .. } => json!(body),
    }
}

/// A report's block without what it says of the moment of the look; what was remembered `before` is told as it is. The
/// hashes of its lines are left out: the lines themselves are there.
fn timeless(block: &Block, before: &BTreeMap<String, Failing>, at: DateTime<Utc>) -> Value {
    let text: Vec<String> = block.text.lines().map(without_first_day).collect();
    let moments = |(key, now): (&String, &Failing)| (key.clone(), moments(now, before.get(key), at));
    let failing: BTreeMap<String, Value> = block.state.failing.iter().map(moments).collect();
    let rest = State { lines: Vec::new(), failing: BTreeMap::new(), ..block.state.clone() };
    json!({"marker": block.marker.to_string(), "text": text, "failing": failing, "state": rest})
}

/// What is remembered of a thing that fails, with a placeholder for what this look adds to it.
fn moments(now: &Failing, before: Option<&Failing>, at: DateTime<Utc>) -> Value {
    let time = |now: Option<DateTime<Utc>>, before: Option<DateTime<Utc>>| {
        if now != before && now == Some(whole_minute(at)) { json!("MINUTE") } else { json!(now) }
    };
    let day = |now: Option<NaiveDate>, before: Option<NaiveDate>| {
        if now != before && now == Some(at.date_naive()) { json!("DAY") } else { json!(now) }
    };
    json!({
        "failed_since": time(Some(now.failed_since), before.map(|before| before.failed_since)),
        "how": now.how,
        "dead_since": day(now.dead_since, before.and_then(|before| before.dead_since)),
        "told": time(now.told, before.and_then(|before| before.told)),
        "unseen_since": day(now.unseen_since, before.and_then(|before| before.unseen_since)),
    })
}

/// A line of a report without its first day, which the memory has too.
fn without_first_day(line: &str) -> String {
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
