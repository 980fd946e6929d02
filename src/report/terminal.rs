//! What a person reads after `plan` and `apply`: what the run is, what to do, and last what was done.
//!
//! On a terminal it is as wide as that, elsewhere 80 columns. Unless more is asked for, findings take no more than a
//! screen leaves them: they stand in the reports, and the end of a long log is what was done.

mod findings;
mod lines;
mod read_failures;
mod waiting;

use super::{ReportAudience, RunReport, VisibleTo, sessions};
use crate::pod::PodKey;
use crate::pod::action::Action;
use crate::pod::outcome::Outcome;
use crate::pod::run::{ExitStatus, PodRun};
use findings::{FindingsBlock, SpaceForFindings};
use lines::WrappedLines;
use read_failures::{CommonFaults, ReadFailureLines};

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DetailLevel {
    /// What was done and what went wrong.
    Quiet,
    /// Everything but whole texts of `apply`, and as many findings as fit a screen.
    Normal,
    /// Whole texts and all findings, too.
    Verbose,
}

/// For what the report is made.
#[derive(Debug, Clone)]
pub struct Layout {
    /// How much is shown.
    pub detail: DetailLevel,
    /// How many columns there are.
    pub width: usize,
    /// How many lines a screen has.
    pub height: usize,
    /// How many lines follow below the report.
    pub lines_below: usize,
    /// What the run is; where that is not known, whether it was a plan.
    pub run: Option<RunTitle>,
}

impl Layout {
    /// Of a terminal that does not say, and of what is no terminal.
    pub const WIDTH: usize = 80;
    /// Of a terminal that is not known to be taller.
    pub const HEIGHT: usize = 24;
}

impl From<DetailLevel> for Layout {
    fn from(detail: DetailLevel) -> Self {
        Self { detail, width: Self::WIDTH, height: Self::HEIGHT, lines_below: 0, run: None }
    }
}

/// What a run is, for the line above all others.
#[derive(Debug, Clone)]
pub struct RunTitle {
    /// The command with what changes its meaning, for example `apply --dry-run`.
    pub command: String,
    /// Which GitLab it works on, as the rest of a sentence: `on gitlab.example`.
    pub place: String,
}

/// The report in its parts, for what can fold them.
#[derive(Debug)]
pub struct ReportParts<'a> {
    /// What the run is, above all others.
    pub heading: String,
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
pub fn render<A: ReportAudience>(report: &RunReport<'_, A>, layout: impl Into<Layout>) -> String {
    let ReportParts { heading, pods, summary } = render_parts(report, layout);
    let pods: Vec<String> = pods.iter().map(|part| format!("{}\n{}", part.heading, part.body)).collect();
    heading + &pods.join("\n") + &summary
}

/// The same in its parts.
pub fn render_parts<'a, A: ReportAudience>(report: &RunReport<'a, A>, layout: impl Into<Layout>) -> ReportParts<'a> {
    let layout = layout.into();
    let heading = if layout.detail > DetailLevel::Quiet { render_heading(report, &layout) } else { String::new() };
    let summary = render_summary(report, &layout);
    let mut known = CommonFaults::default();
    let runs: Vec<_> = report.runs.runs().map(|run| (run, PodLines::of(report, run, &layout, &mut known))).collect();
    let mut space = SpaceForFindings::new(&layout);
    space.take(&heading);
    space.take(&summary);
    for (_, lines) in &runs {
        space.take_lines(lines.counted);
    }
    let blocks: Vec<_> = runs.iter().map(|(run, _)| FindingsBlock::of(*run, &layout)).collect();
    let texts = space.share(&blocks);
    let pods = runs.into_iter().zip(texts).filter_map(|((run, lines), findings)| {
        let mut body = lines.common_faults + &findings + &lines.text;
        if lines.text.is_empty() && body.ends_with("\n\n") {
            // The empty line below findings parts them from what follows.
            body.truncate(body.len().saturating_sub(1));
        }
        // A quiet run says nothing of a pod of which there is nothing to say.
        let is_shown = layout.detail > DetailLevel::Quiet || !body.is_empty();
        is_shown.then(|| PodSection {
            pod: run.pod(),
            heading: run.name().to_owned(),
            body,
            exit_status: run.exit_status(),
        })
    });
    ReportParts { heading, pods: pods.collect(), summary }
}

/// What the run is: command, GitLab, moment, pods.
fn render_heading<A: ReportAudience>(report: &RunReport<'_, A>, layout: &Layout) -> String {
    const MOST_NAMES: usize = 3;
    let command = layout.run.as_ref().map_or(if report.plan_only { "plan" } else { "apply" }, |run| &run.command);
    let place = layout.run.as_ref().map(|run| format!(" {}", run.place)).unwrap_or_default();
    let when = report.now.format("%a %Y-%m-%d %H:%M UTC");
    let mut names: Vec<String> = report.runs.runs().map(|run| run.name().to_owned()).collect();
    if let Some(more) = names.len().checked_sub(MOST_NAMES).filter(|more| *more > 0) {
        names.truncate(MOST_NAMES);
        names.push(format!("{more} more"));
    }
    let mut out = WrappedLines::new(layout.width);
    out.push_wrapped("", &format!("podkeeper {command}{place}, {when}: {}", names.join(", ")));
    out.push_line("");
    out.into_string()
}

/// The lines of a pod but its findings.
struct PodLines {
    /// What stood in the way of several things, which comes before the findings.
    common_faults: String,
    text: String,
    /// How many of them take room of a screen: the texts of a plan do not, they are what was asked for.
    counted: usize,
}

impl PodLines {
    fn of<A: ReportAudience>(
        report: &RunReport<'_, A>,
        run: VisibleTo<'_, A, PodRun>,
        layout: &Layout,
        known: &mut CommonFaults,
    ) -> Self {
        let detail = layout.detail;
        let mut out = WrappedLines::new(layout.width);
        let ReadFailureLines { common, single } = read_failures::render(run, layout.width, known);
        if detail > DetailLevel::Quiet {
            for sentence in run.status_sentences() {
                out.push_wrapped("  = ", sentence);
            }
            if report.plan_only {
                for line in sessions::render_lines(run.upcoming_sessions()) {
                    out.push_wrapped("  @ ", &line);
                }
            }
        }
        let texts =
            if report.plan_only { write_actions(&mut out, run, detail) } else { write_outcomes(&mut out, run, detail) };
        for sentence in run.later_changes() {
            out.push_wrapped("  > then ", sentence);
        }
        let text = single + &out.into_string();
        // Its heading and the empty line between pods.
        let all = text.lines().count().saturating_add(common.lines().count());
        let counted = all.saturating_sub(texts).saturating_add(2);
        Self { common_faults: common, text, counted }
    }
}

/// Writes what is planned; gives how many lines are whole texts.
fn write_actions<A: ReportAudience>(
    out: &mut WrappedLines,
    run: VisibleTo<'_, A, PodRun>,
    detail: DetailLevel,
) -> usize {
    let mut texts = 0_usize;
    for action in run.planned_actions() {
        out.push_wrapped("  + ", &action.sentence());
        if detail > DetailLevel::Quiet {
            texts = texts.saturating_add(write_diff(out, action));
        }
    }
    texts
}

fn write_outcomes<A: ReportAudience>(
    out: &mut WrappedLines,
    run: VisibleTo<'_, A, PodRun>,
    detail: DetailLevel,
) -> usize {
    let mut texts = 0_usize;
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
            texts = texts.saturating_add(write_diff(out, action));
        }
    }
    texts
}

fn write_diff<A: ReportAudience>(out: &mut WrappedLines, action: VisibleTo<'_, A, Action>) -> usize {
    match action.diff() {
        Some(diff) => out.push_indented(&diff),
        None => out.push_indented("(its text is not for this output)"),
    }
}

/// What waits for a person, and last what came of it.
fn render_summary<A: ReportAudience>(report: &RunReport<'_, A>, layout: &Layout) -> String {
    let mut out = WrappedLines::new(layout.width);
    let waiting = waiting::waiting_sentences(report);
    let is_quiet = layout.detail == DetailLevel::Quiet;
    if !waiting.is_empty() || !is_quiet {
        out.push_line("");
    }
    for sentence in waiting {
        out.push_wrapped(waiting::MARK, &sentence);
    }
    if !is_quiet {
        out.push_wrapped("", &summary_sentence(report));
        if report.plan_only && report.runs.runs().any(|run| run.planned_actions().len() > 0) {
            out.push_line(&format!("stamp {}", report.stamp));
        }
    }
    out.into_string()
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
