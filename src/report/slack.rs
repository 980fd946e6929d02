//! Text to paste into a pod's Slack channel: what was done and what needs a look. It mentions nobody.

use super::{ReportAudience, RunReport, VisibleTo};
use crate::pod::finding::Finding;
use crate::pod::rule::Severity;
use crate::pod::run::PodRun;

/// The whole text.
pub fn render<A: ReportAudience>(report: &RunReport<'_, A>) -> String {
    report.runs.runs().map(render_pod).collect::<Vec<_>>().join("\n")
}

fn render_pod<A: ReportAudience>(run: VisibleTo<'_, A, PodRun>) -> String {
    let mut lines = vec![format!("*{}*", escape(run.name()))];
    for tried in run.outcomes() {
        if let Some(url) = tried.url() {
            lines.push(format!("• {}: {}", tried.action().kind(), escape(url)));
        }
    }
    let is_shown = |finding: &Finding| finding.severity >= Severity::Minor;
    for finding in run.findings().filter(|finding| is_shown(finding)) {
        let place = finding.place.as_ref().map(|place| format!(" (line {})", place.line)).unwrap_or_default();
        lines.push(format!("• {}{place}: {}", finding.rule.code(), escape(&finding.message)));
    }
    lines.extend(run.count_withheld(is_shown).sentence().map(|sentence| format!("• {}", escape(&sentence))));
    if lines.len() == 1 {
        lines.push("• nothing to do and nothing to tell".to_owned());
    }
    lines.join("\n") + "\n"
}

/// Slack's three control characters (Slack docs, "Formatting text for app surfaces"); an `@` pasted by a
/// person would still be offered as a mention, so it is set apart.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('@', "@ ")
}
