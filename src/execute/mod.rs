//! "Make it so." Writes only. Actions do not depend on each other, and what is left after a failure is seen in the next
//! round.

mod stop;

pub use stop::StopFlag;

use crate::gitlab::{NewIssueOptions, ReportState, Writer};
use crate::pod::action::{Action, Change};
use crate::pod::outcome::Outcome;
use crate::pod::rule::Audience;

/// Carries out one action, unless a stop was requested, and says what became of it.
///
/// Once the server has refused the token, the GitLab client sends nothing more and gives that as the reason.
pub async fn execute_action(writer: &Writer, action: &Action, stop: &StopFlag) -> Outcome {
    let outcome = if stop.is_requested() {
        Outcome::NotTried("a signal stopped the run".to_owned())
    } else {
        send(writer, action).await
    };
    log_outcome(action, &outcome);
    outcome
}

fn log_outcome(action: &Action, outcome: &Outcome) {
    // Everybody may read a log.
    let (kind, subject) = (action.kind(), action.subject_for(Audience::Public));
    let (url, why) = (outcome.url(), outcome.reason().filter(|_| Audience::Public.may_read(action.audience())));
    tracing::info!(kind, project = action.project, subject, outcome = outcome.as_str(), url, why, "acted");
}

async fn send(writer: &Writer, action: &Action) -> Outcome {
    match &action.change {
        Change::CreateLabel { name, color, description } => writer.create_label(action, name, color, description).await,
        Change::OpenPairingIssue { title, body, labels, confidential, milestone, .. } => {
            let options = NewIssueOptions { confidential: *confidential, milestone: milestone.as_ref() };
            writer.open_pairing_issue(action, title, body, labels, options).await
        }
        Change::RewritePairingIssue { iid, rewrite, title } => {
            writer.rewrite_pairing_issue(action, *iid, rewrite, title.as_ref()).await
        }
        Change::OpenReport { title, body, confidential, .. } => {
            writer.open_report(action, title, body, *confidential).await
        }
        Change::RewriteReport { iid, rewrite } => writer.rewrite_report(action, *iid, rewrite, None).await,
        Change::CloseReport { iid, rewrite } => {
            writer.rewrite_report(action, *iid, rewrite, Some(ReportState::Closed)).await
        }
        Change::ReopenReport { iid, rewrite } => {
            writer.rewrite_report(action, *iid, rewrite, Some(ReportState::Open)).await
        }
        Change::AddLabel { iid, label } => writer.add_label(action, *iid, label).await,
        Change::LabelPeoplesIssue { iid, label } => writer.label_peoples_issue(action, *iid, label).await,
        Change::UpdateLabel { name, color, description } => {
            writer.update_label(action, name, color.as_deref(), description.as_deref()).await
        }
        Change::LinkPreviousSession { iid, previous_iid: other }
        | Change::LinkDuplicate { iid, original_iid: other } => writer.link_issues(action, *iid, *other).await,
        Change::CloseSession { iid } | Change::CloseDuplicate { iid, .. } => writer.close_issue(action, *iid).await,
        Change::AppendTasks { iid, rewrite, lines } => writer.append_tasks(action, *iid, rewrite, lines).await,
        Change::ClaimClosing { iid } => writer.claim_closing(action, *iid).await,
        Change::CommentOnSession { iid, text } => writer.comment_on_session(action, *iid, text).await,
    }
}
