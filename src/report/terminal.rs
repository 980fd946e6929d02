//! What a person reads after `plan` and `apply`, made for 80 columns.

use super::text_wrap::wrap_paragraph;
use super::{ReportAudience, RunReport, VisibleTo};
use crate::pod::PodKey;
use crate::pod::action::Action;
use crate::pod::finding::Finding;
use crate::pod::outcome::Outcome;
use crate::pod::run::{ExitStatus, PodRun};
use crate::pod::text::show_invisible;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DetailLevel {
    /// What was done and what went wrong.
    Quiet,
    /// Everything but whole texts of `apply`.
    Normal,
    /// Whole texts too.
    Verbose,
}

/// The report in its parts, for what can fold them.
#[derive(Debug)]
pub struct ReportParts<'a> {
    /// One for each pod.
    pub pods: Vec<PodSection<'a>>,
    /// What is said of all of them, below.
    pub summary: String,
}

/// What is said of one pod.
#[derive(Debug)]
pub struct PodSection<'a> {
    /// The pod.
    pub pod: &'a PodKey,
    /// The line above all others.
    pub heading: String,
    /// The lines.
    pub body: String,
    /// How its run ended.
    pub exit_status: ExitStatus,
}

/// The whole report.
pub fn render<A: ReportAudience>(report: &RunReport<'_, A>, detail: DetailLevel) -> String {
    let parts = render_parts(report, detail);
    let pods: Vec<String> = parts.pods.iter().map(|part| format!("{}\n{}", part.heading, part.body)).collect();
    pods.join("\n") + &parts.summary
}

/// The same in its parts.
pub fn render_parts<'a, A: ReportAudience>(report: &RunReport<'a, A>, detail: DetailLevel) -> ReportParts<'a> {
    let mut summary = WrappedLines::default();
    if detail > DetailLevel::Quiet {
        summary.push_line("");
        summary.push_wrapped("", &summary_sentence(report));
        if report.plan_only && report.runs.runs().any(|run| run.planned_actions().len() > 0) {
            summary.push_line(&format!("stamp {}", report.stamp));
        }
    }
    ReportParts { pods: report.runs.runs().map(|run| render_pod(report, run, detail)).collect(), summary: summary.0 }
}

fn render_pod<'a, A: ReportAudience>(
    report: &RunReport<'a, A>,
    run: VisibleTo<'a, A, PodRun>,
    detail: DetailLevel,
) -> PodSection<'a> {
    let mut out = WrappedLines::default();
    if report.plan_only {
        write_actions(&mut out, run, detail);
    } else {
        write_outcomes(&mut out, run, detail);
    }
    for sentence in run.later_changes() {
        out.push_wrapped("  > then ", sentence);
    }
    if detail > DetailLevel::Quiet {
        for sentence in run.status_sentences() {
            out.push_wrapped("  = ", sentence);
        }
    }
    for failure in run.read_failures() {
        out.push_wrapped("  ? ", &format!("could not see {}: {}", failure.what, failure.why));
    }
    write_findings(&mut out, run, detail);
    let when = report.now.format("%a %Y-%m-%d %H:%M UTC").to_string();
    let heading = format!("{:<50} {when:>26}", run.name()).trim_end().to_owned();
    PodSection { pod: run.pod(), heading, body: out.0, exit_status: run.exit_status() }
}

fn write_actions<A: ReportAudience>(out: &mut WrappedLines, run: VisibleTo<'_, A, PodRun>, detail: DetailLevel) {
    for action in run.planned_actions() {
        out.push_wrapped("  + ", &action.sentence());
        if detail > DetailLevel::Quiet {
            write_diff(out, action);
        }
    }
}

fn write_outcomes<A: ReportAudience>(out: &mut WrappedLines, run: VisibleTo<'_, A, PodRun>, detail: DetailLevel) {
    for tried in run.outcomes() {
        let action = tried.action();
        let (mark, tail) = match tried.outcome().as_ref() {
            Outcome::Done(url) => ("  + ", url.clone()),
            Outcome::Refused(_, why) => ("  x ", format!("refused: {why}")),
            Outcome::Unknown(why) => ("  ? ", format!("outcome unknown: {why}")),
            Outcome::NotTried(why) => ("  - ", format!("not done: {why}")),
        };
        out.push_wrapped(mark, &action.sentence());
        out.push_wrapped("      ", &tail);
        if detail == DetailLevel::Verbose {
            write_diff(out, action);
        }
    }
}

fn write_findings<A: ReportAudience>(out: &mut WrappedLines, run: VisibleTo<'_, A, PodRun>, detail: DetailLevel) {
    let is_shown = |found: &Finding| detail > DetailLevel::Quiet || found.rule.needs_human();
    let withheld = run.count_withheld(is_shown);
    let shown: Vec<&Finding> = run.findings().filter(|found| is_shown(found)).collect();
    let all = shown.len() + withheld.total();
    if all == 0 {
        return;
    }
    if detail > DetailLevel::Quiet {
        out.push_line("");
        out.push_line(&format!("  {}", pluralize(all, "finding")));
    }
    for found in shown {
        write_finding(out, found);
    }
    if let Some(sentence) = withheld.sentence() {
        out.push_wrapped("  ! ", &sentence);
    }
}

fn write_diff<A: ReportAudience>(out: &mut WrappedLines, action: VisibleTo<'_, A, Action>) {
    match action.diff() {
        Some(diff) => out.push_indented(&diff),
        None => out.push_indented("(its text is not for this output)"),
    }
}

fn write_finding(out: &mut WrappedLines, found: &Finding) {
    let place = found.place.as_ref().map(|place| format!(" {}:{}", place.line, place.column)).unwrap_or_default();
    out.push_wrapped("  ! ", &format!("{}{place} ({}): {}", found.rule.code(), found.severity.as_str(), found.message));
    out.push_wrapped("      ", &found.advice);
}

fn summary_sentence<A: ReportAudience>(report: &RunReport<'_, A>) -> String {
    let runs = || report.runs.runs();
    let done = runs().flat_map(VisibleTo::outcomes).filter(|tried| tried.url().is_some()).count();
    let tried = runs().map(|run| run.outcomes().len()).sum::<usize>();
    let planned = runs().map(|run| run.planned_actions().len()).sum::<usize>();
    let rounds = runs().map(VisibleTo::rounds).max().unwrap_or(0);
    // What was not seen, or was held back, is not "nothing to do".
    let unsure = report.exit_status() != ExitStatus::Done;
    let what = match (report.plan_only, planned, tried) {
        (_, 0, 0) if unsure => "Nothing was changed; what stands in the way is told above.".to_owned(),
        (true, 0, _) => "Nothing has to change.".to_owned(),
        (true, n, _) => format!("Nothing was changed. `podkeeper apply` makes {}.", pluralize(n, "change")),
        (false, _, 0) => "Nothing had to change.".to_owned(),
        (false, _, n) if n == done => format!("{} made.", pluralize(n, "change")),
        (false, _, n) => format!("{done} of {} made.", pluralize(n, "change")),
    };
    let RunReport { read_requests: reads, write_requests: writes, .. } = report;
    format!(
        "{what} {} to GitLab ({reads} read, {writes} written), {}.",
        pluralize(reads + writes, "request"),
        pluralize(rounds, "round")
    )
}

/// A count with its noun, in the plural where it is one.
pub(super) fn pluralize(n: impl TryInto<u64>, noun: &str) -> String {
    let n = n.try_into().unwrap_or_default();
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// Lines of at most 80 columns, broken at blanks.
#[derive(Default)]
struct WrappedLines(String);

const WIDTH: usize = 80;

impl WrappedLines {
    fn push_line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// A paragraph behind a mark, its further lines below its text.
    fn push_wrapped(&mut self, mark: &str, text: &str) {
        self.push_line(&wrap_paragraph(mark, text, Some(WIDTH)));
    }

    fn push_indented(&mut self, text: &str) {
        for line in text.lines() {
            self.push_line(format!("      {}", show_invisible(line)).trim_end());
        }
    }
}
