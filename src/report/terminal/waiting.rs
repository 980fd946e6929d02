//! What waits for a person, so that it is seen at the end of a long log: what stopped podkeeper, each cause once.

use std::collections::BTreeSet;

use crate::pod::finding::Finding;
use crate::pod::outcome::Outcome;
use crate::pod::run::{ExitStatus, PodRun};
use crate::report::{ReportAudience, RunReport, VisibleTo};

/// What stands before each of them.
pub(super) const MARK: &str = ">>> ";
/// The most causes that are named: with more, one of them is behind the others.
const MAX_CAUSES: usize = 3;

/// One sentence for each cause, the worst first.
pub(super) fn waiting_sentences<A: ReportAudience>(report: &RunReport<'_, A>) -> Vec<String> {
    let mut causes: Vec<_> = report.runs.runs().flat_map(causes_of_pod).collect();
    // The same fault of several pods has one reason.
    let mut reasons = BTreeSet::new();
    causes.retain(|cause| reasons.insert(cause.reason.clone()));
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.exit_status));
    let mut sentences: Vec<String> = causes.iter().take(MAX_CAUSES).map(Cause::sentence).collect();
    if let Some(more) = causes.len().checked_sub(MAX_CAUSES).filter(|more| *more > 0) {
        sentences.push(format!("and {more} more, which stand above"));
    }
    sentences
}

struct Cause {
    exit_status: ExitStatus,
    pod: String,
    what: String,
    reason: String,
}

impl Cause {
    fn sentence(&self) -> String {
        let Self { exit_status, pod, what, reason } = self;
        let who = if *exit_status == ExitStatus::TokenRefused {
            "A token was refused, and a person has to act"
        } else {
            "A person has to act"
        };
        format!("{who} (exit {}). {pod}: {what}{reason}", exit_status.exit_code())
    }
}

fn causes_of_pod<A: ReportAudience>(run: VisibleTo<'_, A, PodRun>) -> Vec<Cause> {
    let cause = |exit_status, what: String, reason: &str| Cause {
        exit_status,
        pod: run.name().to_owned(),
        what,
        reason: reason.to_owned(),
    };
    let is_persons =
        |exit_status: &ExitStatus| matches!(exit_status, ExitStatus::NeedsHuman | ExitStatus::TokenRefused);
    let mut causes = Vec::new();
    for found in run.findings().filter(|found| found.needs_human) {
        let exit_status = ExitStatus::of_human_rule(found.rule);
        causes.push(cause(exit_status, format!("{}: ", found.rule.code()), &found.message));
    }
    if run.count_withheld(|found: &Finding| found.needs_human).total() > 0 {
        causes.push(cause(ExitStatus::NeedsHuman, String::new(), "what it is, is for other readers"));
    }
    for failure in run.read_failures() {
        let exit_status = ExitStatus::from(failure.cause);
        if is_persons(&exit_status) {
            causes.push(cause(exit_status, format!("could not see {}: ", failure.what), &failure.why));
        }
    }
    for tried in run.outcomes() {
        if let Outcome::Refused(why, words) = tried.outcome().as_ref() {
            let exit_status = ExitStatus::from(*why);
            if is_persons(&exit_status) {
                let action = tried.action();
                causes.push(cause(exit_status, format!("{} in {}: ", action.kind(), action.project()), words));
            }
        }
    }
    causes
}
