//! Done means that the answer shows it.
//!
//! GitLab answers 200 and silently leaves out what it would not do: labels that a Guest sets
//! (`app/services/issuable_base_service.rb`), archived labels (`app/services/labels/available_labels_service.rb`), the
//! reopening of a locked issue (`app/services/issues/reopen_service.rb`). So every write is held against the resource that
//! comes back.

use super::wire;
use crate::pod::action::Action;
use crate::pod::label::LabelName;
use crate::pod::marker::{self, Marked};
use crate::pod::observed::Cause;
use crate::pod::outcome::Outcome;
use crate::pod::snapshot::Project;
use crate::pod::text::{Untrusted, normalised};

/// A field that was sent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sent<'a> {
    /// The title.
    Title(&'a str),
    /// The description, which holds a block.
    Description(&'a str),
    /// A label to be put on.
    Label(&'a LabelName),
    /// Whether only members see it.
    Confidential(bool),
    /// Whether it is open.
    Open(bool),
}

impl Sent<'_> {
    /// Whether an issue shows it.
    fn is_shown(self, issue: &wire::Issue) -> bool {
        match self {
            Self::Title(title) => issue.title.trim() == title.trim(),
            Self::Description(sent) => {
                let shown = issue.description.as_deref().unwrap_or_default();
                normalised(shown) == normalised(sent) || same_block(shown, sent)
            }
            Self::Label(label) => issue.labels.iter().any(|shown| shown == label.as_str()),
            Self::Confidential(confidential) => issue.confidential == confidential,
            Self::Open(open) => (issue.state != "closed") == open,
        }
    }

    /// What was not done, as the end of a sentence.
    fn undone(self) -> String {
        match self {
            Self::Title(_) => "left the title as it was".to_owned(),
            Self::Description(_) => "left the description as it was".to_owned(),
            Self::Label(label) => format!("left the label `{label}` off"),
            Self::Confidential(true) => "did not make it confidential".to_owned(),
            Self::Confidential(false) => "made it confidential".to_owned(),
            Self::Open(true) => "did not reopen it".to_owned(),
            Self::Open(false) => "did not close it".to_owned(),
        }
    }

    /// The likely cause and what to do.
    fn likely(self, issue: &wire::Issue, project: Option<&Project>) -> (Cause, String) {
        match self {
            Self::Label(_) if project.is_some_and(Project::role_too_small) => (
                Cause::Token,
                "the token's role there is Guest, who sets no labels of an issue that is there; give it the role Planner or above"
                    .to_owned(),
            ),
            Self::Label(_) => (
                Cause::Human,
                "most likely the label is archived, or the token's role is too small; unarchive the label, or give the \
                 token the role Planner or above"
                    .to_owned(),
            ),
            Self::Open(true) if issue.discussion_locked == Some(true) => {
                (Cause::Human, "its discussion is locked; unlock it".to_owned())
            }
            Self::Title(_) | Self::Description(_) | Self::Confidential(_) | Self::Open(_) => {
                (Cause::Human, "look at the issue and at what the token may do there".to_owned())
            }
        }
    }
}

/// What became of a write to an issue, by the issue that came back.
pub(super) fn judge(issue: &wire::Issue, sent: &[Sent<'_>], action: &Action, project: Option<&Project>) -> Outcome {
    let undone: Vec<Sent<'_>> = sent.iter().copied().filter(|sent| !sent.is_shown(issue)).collect();
    let Some((cause, likely)) = undone.iter().map(|sent| sent.likely(issue, project)).min_by_key(|(cause, _)| *cause)
    else {
        return Outcome::Done(issue.web_url.clone());
    };
    let words: Vec<String> = undone.iter().map(|sent| sent.undone()).collect();
    let url = Untrusted::new(issue.web_url.as_str()).line();
    let why =
        format!("GitLab answered that all is done in {} and {}: {likely} ({url})", action.project, words.join(", "));
    Outcome::Refused(cause, why)
}

/// What became of a label, by the label that came back.
pub(super) fn judge_label(label: &wire::Label, name: &LabelName, color: &str, description: &str) -> Outcome {
    let shown = |shown: Option<&String>, sent: &str| shown.is_none_or(|shown| shown.trim().eq_ignore_ascii_case(sent));
    let described = label.description.as_deref().unwrap_or_default().trim() == description.trim();
    if label.name == name.as_str() && shown(label.color.as_ref(), color) && described {
        return Outcome::Done(format!("label {name}"));
    }
    let other = Untrusted::new(label.name.as_str()).line();
    Outcome::Refused(
        Cause::Human,
        format!(
            "GitLab answered that the label {name} was made, and shows another one (`{other}`); look at the labels"
        ),
    )
}

fn same_block(shown: &str, sent: &str) -> bool {
    match (marker::parse(shown), marker::parse(sent)) {
        (Marked::Block(shown), Marked::Block(sent)) => shown.same(&sent),
        _ => false,
    }
}
