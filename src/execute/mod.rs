//! "Make it so." Writes only, in the plan's order, and goes on after a failure: actions do not depend on
//! each other, and what is left is seen by the next look.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::gitlab::{ReportState, Writer};
use crate::pod::action::{Action, Change};
use crate::pod::outcome::Outcome;
use crate::pod::plan::Plan;

/// Asks the executor to stop: the call in hand is finished, none is begun.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// From now on nothing more is begun.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked.
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Carries out a plan and says what became of each action.
///
/// Once the server has refused the token, the door sends nothing more and says so for each action left.
pub async fn execute(writer: &Writer, plan: &Plan, stop: &Stop) -> Vec<(Action, Outcome)> {
    let mut outcomes = Vec::new();
    for action in &plan.actions {
        let outcome = if stop.asked() {
            Outcome::NotTried("a signal stopped the run".to_owned())
        } else {
            carry_out(writer, action).await
        };
        let (kind, outcome_word) = (action.kind(), outcome.word());
        tracing::info!(kind, project = action.project, subject = action.subject(), outcome = outcome_word, "acted");
        outcomes.push((action.clone(), outcome));
    }
    outcomes
}

async fn carry_out(writer: &Writer, action: &Action) -> Outcome {
    match &action.change {
        Change::CreateLabel { name, color, description } => writer.create_label(action, name, color, description).await,
        Change::OpenPairingIssue { title, body, labels, .. } => {
            writer.open_pairing_issue(action, title, body, labels).await
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
        Change::LinkTwin { iid, keep } => writer.link_twin(action, *iid, *keep).await,
        Change::CloseTwin { iid, .. } => writer.close_twin(action, *iid).await,
    }
}
