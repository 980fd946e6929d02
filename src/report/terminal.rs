//! What a person reads after `plan` and `apply`, made for 80 columns.

use super::Told;
use super::wrap::paragraph;
use crate::pod::action::Action;
use crate::pod::finding::Finding;
use crate::pod::outcome::Outcome;
use crate::pod::run::{Ending, Run};
use crate::pod::text::printable;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// What was done and what went wrong.
    Quiet,
    /// Everything but whole texts of `apply`.
    Normal,
    /// Whole texts too.
    Full,
}

/// The whole report.
pub fn text(told: &Told<'_>, detail: Detail) -> String {
    let mut out = Lines::default();
    for (index, run) in told.runs.iter().enumerate() {
        if index > 0 {
            out.line("");
        }
        pod(&mut out, told, run, detail);
    }
    if detail > Detail::Quiet {
        out.line("");
        out.wrapped("", &summary(told));
        if told.planned && told.runs.iter().any(|run| !run.plan.is_empty()) {
            out.line(&format!("stamp {}", told.stamp));
        }
    }
    out.0
}

fn pod(out: &mut Lines, told: &Told<'_>, run: &Run, detail: Detail) {
    let when = told.now.format("%a %Y-%m-%d %H:%M UTC").to_string();
    out.line(format!("{:<50} {when:>26}", run.name).trim_end());
    if told.planned {
        for action in &run.plan.actions {
            out.wrapped("  + ", &action.to_string());
            if detail > Detail::Quiet {
                whole_text(out, told, action);
            }
        }
    } else {
        for (action, outcome) in &run.outcomes {
            let (mark, tail) = match outcome {
                Outcome::Done(url) => ("  + ", url.clone()),
                Outcome::Refused(_, why) => ("  x ", format!("refused: {why}")),
                Outcome::Unknown(why) => ("  ? ", format!("outcome unknown: {why}")),
                Outcome::NotTried(why) => ("  - ", format!("not done: {why}")),
            };
            out.wrapped(mark, &action.to_string());
            out.wrapped("      ", &tail);
            if detail == Detail::Full {
                whole_text(out, told, action);
            }
        }
    }
    for sentence in &run.then {
        out.wrapped("  > then ", sentence);
    }
    if detail > Detail::Quiet {
        for sentence in &run.outlook {
            out.wrapped("  = ", sentence);
        }
    }
    for blind in &run.unknown {
        out.wrapped("  ? ", &format!("could not see {}: {}", blind.what, blind.why));
    }
    let (shown, hidden): (Vec<&Finding>, Vec<&Finding>) =
        run.findings.iter().partition(|found| found.audience <= told.audience);
    if detail == Detail::Quiet {
        shown.iter().filter(|found| found.rule.needs_human()).for_each(|found| finding(out, found));
    } else if !run.findings.is_empty() {
        out.line("");
        out.line(&format!("  {}", counted(run.findings.len(), "finding")));
        for found in shown {
            finding(out, found);
        }
        if !hidden.is_empty() {
            out.wrapped("  ! ", &format!("{} about people, which this output does not show", hidden.len()));
        }
    }
}

fn whole_text(out: &mut Lines, told: &Told<'_>, action: &Action) {
    if action.audience() <= told.audience {
        out.indented(&action.diff());
    } else {
        out.indented("(its text is for members only)");
    }
}

fn finding(out: &mut Lines, found: &Finding) {
    let place = found.place.as_ref().map(|place| format!(" {}:{}", place.line, place.column)).unwrap_or_default();
    out.wrapped("  ! ", &format!("{}{place} ({}): {}", found.rule.code(), found.severity.word(), found.message));
    out.wrapped("      ", &found.advice);
}

fn summary(told: &Told<'_>) -> String {
    let done = told.runs.iter().flat_map(|run| &run.outcomes).filter(|(_, o)| matches!(o, Outcome::Done(_))).count();
    let tried = told.runs.iter().map(|run| run.outcomes.len()).sum::<usize>();
    let planned = told.runs.iter().map(|run| run.plan.actions.len()).sum::<usize>();
    let rounds = told.runs.iter().map(|run| run.rounds).max().unwrap_or(0);
    // What was not seen, or was held back, is not "nothing to do".
    let unsure = told.ending() != Ending::Done;
    let what = match (told.planned, planned, tried) {
        (_, 0, 0) if unsure => "Nothing was changed; what stands in the way is told above.".to_owned(),
        (true, 0, _) => "Nothing has to change.".to_owned(),
        (true, n, _) => format!("Nothing was changed. `podkeeper apply` makes {}.", counted(n, "change")),
        (false, _, 0) => "Nothing had to change.".to_owned(),
        (false, _, n) if n == done => format!("{} made.", counted(n, "change")),
        (false, _, n) => format!("{done} of {} made.", counted(n, "change")),
    };
    let (reads, writes) = told.requests;
    format!(
        "{what} {} to GitLab ({reads} read, {writes} written), {}.",
        counted(reads + writes, "request"),
        counted(rounds, "round")
    )
}

/// A count with its noun, in the plural where it is one.
pub(super) fn counted(n: impl TryInto<u64>, noun: &str) -> String {
    let n = n.try_into().unwrap_or_default();
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// Lines of at most 80 columns, broken at blanks.
#[derive(Default)]
struct Lines(String);

const WIDTH: usize = 80;

impl Lines {
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// A paragraph behind a mark, its further lines below its text.
    fn wrapped(&mut self, mark: &str, text: &str) {
        self.line(&paragraph(mark, text, Some(WIDTH)));
    }

    fn indented(&mut self, text: &str) {
        for line in text.lines() {
            self.line(format!("      {}", printable(line)).trim_end());
        }
    }
}
