//! The JSON contract of `plan` and `apply`, version 1, as far as its readers may read it.

use serde_json::{Value, json};

use super::{ReportAudience, RunReport, VisibleTo, sessions};
use crate::pod::action::Action;
use crate::pod::finding::Finding;
use crate::pod::json as visible_json;
use crate::pod::outcome::Outcome;
use crate::pod::run::PodRun;

/// The whole report, with a newline at its end.
pub fn render<A: ReportAudience>(report: &RunReport<'_, A>) -> String {
    let value = json!({
        "version": 1,
        "now": report.now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        "stamp": report.stamp,
        "requests": {"read": report.read_requests, "write": report.write_requests},
        "took_ms": report.took_ms,
        "pods": report.runs.runs().map(pod_json).collect::<Vec<_>>(),
    });
    visible_json::to_pretty_text(&value) + "\n"
}

fn pod_json<A: ReportAudience>(run: VisibleTo<'_, A, PodRun>) -> Value {
    json!({
        "pod": run.pod(),
        "rounds": run.rounds(),
        "actions": run.planned_actions().map(action_json).collect::<Vec<_>>(),
        "then": run.later_changes().collect::<Vec<&str>>(),
        "outlook": run.status_sentences().collect::<Vec<&str>>(),
        "next": run.upcoming_sessions().iter().map(sessions::to_json).collect::<Vec<_>>(),
        "outcomes": run.outcomes().map(outcome_json).collect::<Vec<_>>(),
        "findings": run.findings().collect::<Vec<&Finding>>(),
        "withheld": run.withheld_findings().total(),
        "observations": run.observations().collect::<Vec<_>>(),
        "unknown": run.read_failures(),
    })
}

fn action_json<A: ReportAudience>(action: VisibleTo<'_, A, Action>) -> Value {
    json!({
        "kind": action.kind(),
        "project": action.project(),
        "subject": action.subject(),
        "because": action.because(),
        "withheld": action.is_withheld(),
        "diff": action.diff().unwrap_or_default(),
    })
}

fn outcome_json<A: ReportAudience>(tried: VisibleTo<'_, A, (Action, Outcome)>) -> Value {
    let of = tried.action();
    let action = json!({"kind": of.kind(), "project": of.project(), "subject": of.subject(), "because": of.because()});
    match tried.outcome().as_ref() {
        Outcome::Done(url) => json!({"action": action, "result": tried.result(), "url": url}),
        Outcome::Refused(_, why) | Outcome::Unknown(why) | Outcome::NotTried(why) => {
            json!({"action": action, "result": tried.result(), "reason": why})
        }
    }
}
