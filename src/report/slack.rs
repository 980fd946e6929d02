//! Text to paste into a pod's Slack channel: what was done and what needs a look. No mentions, and only
//! public findings: whoever pastes it decides who reads it.

use super::Told;
use crate::pod::finding::Finding;
use crate::pod::outcome::Outcome;
use crate::pod::rule::{Audience, Severity};
use crate::pod::run::Run;

/// The whole text.
pub fn text(told: &Told<'_>) -> String {
    told.runs.iter().map(pod).collect::<Vec<_>>().join("\n")
}

fn pod(run: &Run) -> String {
    let mut lines = vec![format!("*{}*", escaped(&run.name))];
    for (action, outcome) in &run.outcomes {
        if let Outcome::Done(url) = outcome {
            lines.push(format!("• {}: {}", action.kind(), escaped(url)));
        }
    }
    let worth = |finding: &&Finding| finding.audience == Audience::Public && finding.severity >= Severity::Minor;
    for finding in run.findings.iter().filter(worth) {
        let place = finding.place.as_ref().map(|place| format!(" (line {})", place.line)).unwrap_or_default();
        lines.push(format!("• {}{place}: {}", finding.rule.code(), escaped(&finding.message)));
    }
    if lines.len() == 1 {
        lines.push("• nothing to do and nothing to tell".to_owned());
    }
    lines.join("\n") + "\n"
}

/// Slack's three control characters (Slack docs, "Formatting text for app surfaces"); an `@` pasted by a
/// person would still be offered as a mention, so it is set apart.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('@', "@ ")
}
