//! A row of the page report: where it stands, what is wrong with it, the best hint, and since when.

use super::PageReport;
use crate::pod::finding::Finding;
use crate::pod::rule::SubjectKind;
use crate::pod::text::{Untrusted, sentence_to_markdown};

/// `- [Line 62](…) · Secure Stage · [text](target): what is wrong. The hint · since 24 Nov 2026`
pub(super) fn render(report: &PageReport<'_>, finding: &Finding) -> String {
    let mut parts = Vec::new();
    let line = finding.place.as_ref().map(|place| place.line);
    parts.extend(line.map(|line| report.line_link(line)));
    parts.extend(line.and_then(|line| section_of(report, line)));
    parts.push(format!("{}{}", describe(report, finding), hint(finding)));
    parts.extend(finding.since.map(|day| format!("since {}", day.format("%-d %b %Y"))));
    format!("- {}", parts.join(" · "))
}

/// The heading above a line, as far as links and labels show it.
fn section_of(report: &PageReport<'_>, line: usize) -> Option<String> {
    let links = report.page.links.iter().map(|link| (link.line, link.section.as_ref()));
    let labels = report.page.labels.iter().map(|label| (label.line, &label.section));
    let (_, section) = links.chain(labels).find(|(at, _)| *at == line)?;
    (!section.raw().trim().is_empty()).then(|| section.to_markdown())
}

fn describe(report: &PageReport<'_>, finding: &Finding) -> String {
    let is_link = finding.rule.subject_kind() == SubjectKind::Link;
    let reason = finding.message.strip_prefix(&format!("{}: ", finding.subject)).filter(|_| is_link);
    let Some(reason) = reason else { return sentence_to_markdown(&finding.message) };
    let line = finding.place.as_ref().map(|place| place.line);
    let is_it = |link: &&linkcheck::link::Link| Some(link.line) == line && link.url == finding.subject;
    let text = report.page.links.iter().find(is_it).map(|link| link.text.one_line()).unwrap_or_default();
    format!("{}: {}", report.target_link(&text, &finding.subject), sentence_to_markdown(reason))
}

/// What to do, where that is more than the rule says of all.
fn hint(finding: &Finding) -> String {
    if finding.advice == finding.rule.advice() || finding.advice.is_empty() {
        return String::new();
    }
    format!(". {}", sentence_to_markdown(finding.advice.trim_end_matches('.')))
}

/// A text that is quoted.
pub(super) fn quoted(text: &str) -> String {
    Untrusted::new(text).to_code_span()
}
