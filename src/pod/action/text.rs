//! An action as people review it: a sentence, and the text that would change.

use std::fmt;

use super::{Action, BlockRewrite, Change};
use crate::pod::marker::render_block;

impl Action {
    /// The text that would change, as a diff; empty where the sentence says it all.
    pub fn diff(&self) -> String {
        match &self.change {
            Change::OpenPairingIssue { title, body, .. } | Change::OpenReport { title, body, .. } => {
                format!("+ {title}\n+\n{}", added_lines(body))
            }
            Change::RewritePairingIssue { rewrite, title, .. } => {
                let title = title.as_ref().map(|(old, new)| render_line_diff(old, new)).unwrap_or_default();
                title + &rewrite.diff()
            }
            Change::RewriteReport { rewrite, .. }
            | Change::CloseReport { rewrite, .. }
            | Change::ReopenReport { rewrite, .. } => rewrite.diff(),
            Change::AppendTasks { lines, .. } => lines.iter().fold(String::new(), |out, (heading, tasks)| {
                tasks.iter().fold(out + "  ## " + heading + "\n", |out, task| out + "+ " + task + "\n")
            }),
            Change::CommentOnSession { text, .. } => added_lines(text),
            Change::CreateLabel { .. }
            | Change::UpdateLabel { .. }
            | Change::AddLabel { .. }
            | Change::LabelPeoplesIssue { .. }
            | Change::LinkPreviousSession { .. }
            | Change::ClaimClosing { .. }
            | Change::CloseSession { .. }
            | Change::LinkDuplicate { .. }
            | Change::CloseDuplicate { .. } => String::new(),
        }
    }
}

impl BlockRewrite {
    fn diff(&self) -> String {
        let below = if self.human_lines.is_empty() { String::new() } else { format!("\n\n{}", self.human_lines) };
        render_line_diff(&render_block(&self.old_block), &format!("{}{below}", render_block(&self.new_block)))
    }
}

/// The sentence that a human reviews.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { project, because, change, .. } = self;
        match change {
            Change::CreateLabel { name, .. } => write!(f, "create label `{name}` in {project}")?,
            Change::OpenPairingIssue { title, labels, confidential, .. } => {
                write!(f, "open \"{title}\" in {project}")?;
                if let Some(label) = labels.first() {
                    write!(f, " with label `{label}`")?;
                }
                if *confidential {
                    f.write_str(", confidential")?;
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
            Change::AddLabel { iid, label } | Change::LabelPeoplesIssue { iid, label } => {
                write!(f, "add label `{label}` to {project}#{iid}")?;
            }
            Change::UpdateLabel { name, color, description } => {
                let fields = [color.as_ref().map(|_| "colour"), description.as_ref().map(|_| "description")];
                let fields: Vec<&str> = fields.into_iter().flatten().collect();
                write!(f, "update the {} of label `{name}` in {project}", fields.join(" and "))?;
            }
            Change::LinkPreviousSession { iid, previous_iid } => {
                write!(f, "link {project}#{previous_iid} to the next session's issue, #{iid}")?;
            }
            Change::AppendTasks { iid, lines, .. } => {
                let count: usize = lines.iter().map(|(_, tasks)| tasks.len()).sum();
                let tasks = if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") };
                write!(f, "append {tasks} to {project}#{iid}")?;
            }
            Change::ClaimClosing { iid } => write!(f, "mark that {project}#{iid} is about to be closed")?,
            Change::CommentOnSession { iid, .. } => write!(f, "comment on {project}#{iid}")?,
            Change::CloseSession { iid } => write!(f, "close {project}#{iid}")?,
            Change::LinkDuplicate { iid, original_iid: keep } => write!(f, "link {project}#{iid} to #{keep}")?,
            Change::CloseDuplicate { iid, original_iid: keep } => {
                write!(f, "close {project}#{iid} in favour of #{keep}")?;
            }
        }
        write!(f, ", because {because}")
    }
}

/// A text, each of its lines as an added one.
fn added_lines(text: &str) -> String {
    text.lines().fold(String::new(), |out, line| out + format!("+ {line}").trim_end() + "\n")
}

fn render_line_diff(old: &str, new: &str) -> String {
    let (old, new) = (format!("{old}\n"), format!("{new}\n"));
    let diff = similar::TextDiff::from_lines(&old, &new);
    diff.iter_all_changes().fold(String::new(), |out, change| out + &change.tag().to_string() + " " + change.value())
}
