//! The JSON contract of `plan` and `apply`, version 1.

use serde_json::{Value, json};

use super::Told;
use crate::pod::action::Action;
use crate::pod::outcome::Outcome;
use crate::pod::run::Run;

/// The whole report, with a newline at its end.
pub fn text(told: &Told<'_>) -> String {
    let value = json!({
        "version": 1,
        "now": told.now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        "stamp": told.stamp,
        "requests": {"read": told.requests.0, "write": told.requests.1},
        "took_ms": told.took_ms,
        "pods": told.runs.iter().map(pod).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}

fn pod(run: &Run) -> Value {
    json!({
        "pod": run.pod,
        "rounds": run.rounds,
        "actions": run.plan.actions.iter().map(action).collect::<Vec<_>>(),
        "then": run.then,
        "outlook": run.outlook,
        "outcomes": run.outcomes.iter().map(outcome).collect::<Vec<_>>(),
        "findings": run.findings,
        "observations": run.observations,
        "unknown": run.unknown,
    })
}

fn action(action: &Action) -> Value {
    json!({
        "kind": action.kind(),
        "project": action.project,
        "subject": action.subject(),
        "because": action.because,
        "diff": action.diff(),
    })
}

fn outcome((of, outcome): &(Action, Outcome)) -> Value {
    let action = json!({"kind": of.kind(), "project": of.project, "subject": of.subject(), "because": of.because});
    match outcome {
        Outcome::Done(url) => json!({"action": action, "result": outcome.word(), "url": url}),
        Outcome::Refused(_, why) | Outcome::Unknown(why) | Outcome::NotTried(why) => {
            json!({"action": action, "result": outcome.word(), "reason": why})
        }
    }
}
