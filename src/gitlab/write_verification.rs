//! Done means that the answer shows it.
//!
//! GitLab answers 200 and silently leaves out what it would not do: labels that a Guest sets
//! (`app/services/issuable_base_service.rb`), archived labels (`app/services/labels/available_labels_service.rb`), the
//! reopening of a locked issue (`app/services/issues/reopen_service.rb`). So every write is held against the resource
//! that comes back.

use super::responses;
use crate::pod::action::Action;
use crate::pod::label::{LabelName, is_same_color};
use crate::pod::marker::{self, ParsedBody};
use crate::pod::observed::FailureCause;
use crate::pod::outcome::Outcome;
use crate::pod::snapshot::{Milestone, Project};
use crate::pod::text::{normalize_like_gitlab, one_line};

/// A field that was sent.
#[derive(Debug, Clone, Copy)]
pub(super) enum SentField<'a> {
    /// The title.
    Title(&'a str),
    /// The description, which holds a block.
    Description(&'a str),
    /// A label to be put on.
    Label(&'a LabelName),
    /// Whether only members see it.
    Confidential(bool),
    /// The milestone that it is put into.
    Milestone(&'a Milestone),
    /// Whether it is open.
    Open(bool),
}

impl SentField<'_> {
    /// Whether an issue shows it.
    fn is_applied(self, issue: &responses::Issue) -> bool {
        match self {
            Self::Title(title) => issue.title.trim() == title.trim(),
            Self::Description(sent) => {
                let shown = issue.description.as_deref().unwrap_or_default();
                normalize_like_gitlab(shown) == normalize_like_gitlab(sent) || has_same_block(shown, sent)
            }
            Self::Label(label) => issue.labels.iter().any(|shown| shown == label.as_str()),
            Self::Confidential(confidential) => issue.confidential == confidential,
            Self::Milestone(milestone) => issue.milestone.as_ref().is_some_and(|shown| shown.id == milestone.id),
            Self::Open(open) => (issue.state != "closed") == open,
        }
    }

    /// What was not done, as the end of a sentence.
    fn not_done_text(self) -> String {
        match self {
            Self::Title(_) => "left the title as it was".to_owned(),
            Self::Description(_) => "left the description as it was".to_owned(),
            Self::Label(label) => format!("left the label `{label}` off"),
            Self::Milestone(milestone) => format!("left the milestone \"{}\" off", one_line(&milestone.title)),
            Self::Confidential(true) => "did not make it confidential".to_owned(),
            Self::Confidential(false) => "made it confidential".to_owned(),
            Self::Open(true) => "did not reopen it".to_owned(),
            Self::Open(false) => "did not close it".to_owned(),
        }
    }

    /// The likely cause and what to do.
    fn likely_cause(self, issue: &responses::Issue, project: Option<&Project>) -> (FailureCause, String) {
        match self {
            Self::Label(_) if project.is_some_and(Project::is_role_too_small) => (
                FailureCause::Token,
                "the token's role there is Guest, who sets no labels of an issue that is there; give it the role Planner or above"
                    .to_owned(),
            ),
            Self::Label(_) => (
                FailureCause::Human,
                "most likely the label is archived, or the token's role is too small; unarchive the label, or give the \
                 token the role Planner or above"
                    .to_owned(),
            ),
            Self::Open(true) if issue.discussion_locked == Some(true) => {
                (FailureCause::Human, "its discussion is locked; unlock it".to_owned())
            }
            Self::Title(_)
            | Self::Description(_)
            | Self::Confidential(_)
            | Self::Milestone(_)
            | Self::Open(_) => {
                (FailureCause::Human, "look at the issue and at what the token may do there".to_owned())
            }
        }
    }
}

/// What became of a write to an issue, by the issue that came back.
pub(super) fn verify_issue(
    issue: &responses::Issue,
    sent: &[SentField<'_>],
    action: &Action,
    project: Option<&Project>,
) -> Outcome {
    let undone: Vec<SentField<'_>> = sent.iter().copied().filter(|sent| !sent.is_applied(issue)).collect();
    let Some((cause, likely)) =
        undone.iter().map(|sent| sent.likely_cause(issue, project)).min_by_key(|(cause, _)| *cause)
    else {
        return Outcome::Done(issue.web_url.clone());
    };
    let words: Vec<String> = undone.iter().map(|sent| sent.not_done_text()).collect();
    let url = one_line(issue.web_url.as_str());
    let why =
        format!("GitLab answered that all is done in {} and {}: {likely} ({url})", action.project, words.join(", "));
    Outcome::Refused(cause, why)
}

/// What became of a comment, by the note that came back.
pub(super) fn verify_comment(note: &responses::Note, sent: &str, action: &Action, done: Outcome) -> Outcome {
    if normalize_like_gitlab(&note.body) == normalize_like_gitlab(sent) || marker::is_closing_comment(&note.body) {
        return done;
    }
    Outcome::Refused(
        FailureCause::Human,
        format!("GitLab answered that a comment was written in {}, and shows another one; look at it", action.project),
    )
}

/// What became of a label, by the label that came back; `done` is the word for what was to be done.
pub(super) fn verify_label(
    label: &responses::Label,
    name: &LabelName,
    color: Option<&str>,
    description: Option<&str>,
    done: &str,
) -> Outcome {
    let shown = color.zip(label.color.as_deref()).is_none_or(|(sent, shown)| is_same_color(sent, shown));
    let described = label.description.as_deref().unwrap_or_default().trim();
    if label.name == name.as_str() && shown && description.is_none_or(|sent| sent.trim() == described) {
        return Outcome::Done(format!("label {name}"));
    }
    let other = one_line(label.name.as_str());
    Outcome::Refused(
        FailureCause::Human,
        format!(
            "GitLab answered that the label {name} was {done}, and shows another one (`{other}`); look at the labels"
        ),
    )
}

fn has_same_block(shown: &str, sent: &str) -> bool {
    match (marker::parse_body(shown), marker::parse_body(sent)) {
        (ParsedBody::Block(shown), ParsedBody::Block(sent)) => shown.equals_ignoring_blanks(&sent),
        _ => false,
    }
}
