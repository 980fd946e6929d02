//! What a figure is, how the board shows them, and what it takes for too little.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::write_counts::WriteCounts;

/// When a figure is as it should be.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Expectation {
    /// All of them held.
    All,
    /// There was none among so many.
    None,
    /// There were no more than so many.
    AtMost,
    /// So many of a thousand held.
    NearlyAll(usize),
}

/// One figure of the board.
pub(crate) struct Figure {
    group: &'static str,
    name: &'static str,
    kind: Expectation,
    count: usize,
    of: usize,
    /// What is counted, where the name does not say it.
    unit: &'static str,
    /// What was wrong, if something was.
    wrong: Option<String>,
    took: Duration,
}

impl Figure {
    fn is_as_expected(&self) -> bool {
        match self.kind {
            Expectation::All => self.count == self.of && self.of > 0,
            Expectation::None => self.count == 0 && self.of > 0,
            Expectation::AtMost => self.count <= self.of,
            Expectation::NearlyAll(share) => self.of > 0 && self.count * 1_000 >= self.of * share,
        }
    }

    /// The figure with its denominator: `924 of 924`, `0 of 5,210 creates`, `13, at most 16`.
    fn display_value(&self) -> String {
        let (count, of) = (group_digits(self.count), group_digits(self.of));
        let shown = if self.kind == Expectation::AtMost {
            format!("{count}, at most {of}")
        } else {
            format!("{count} of {of}")
        };
        format!("{shown} {}", self.unit).trim_end().to_owned()
    }
}

/// `12345` as `12,345`.
fn group_digits(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// What one task of the board came to: figures, and what it counted for the sums.
#[derive(Default)]
pub(crate) struct TaskResult {
    figures: Vec<Figure>,
    writes: WriteCounts,
}

impl TaskResult {
    /// The first of its figures, and how much of it held.
    pub(crate) fn headline(&self) -> String {
        self.figures.first().map(|figure| format!("{}: {}", figure.name, figure.display_value())).unwrap_or_default()
    }

    /// So many of so many held.
    pub(crate) fn add_all_held(&mut self, at: FigureName, count: usize, of: usize, wrong: Option<String>) {
        self.push(at, Expectation::All, count, of, wrong);
    }

    /// So many of so many held, and so many of a thousand have to.
    pub(crate) fn add_nearly_all(
        &mut self,
        at: FigureName,
        count: usize,
        of: usize,
        share: usize,
        wrong: Option<String>,
    ) {
        self.push(at, Expectation::NearlyAll(share), count, of, wrong);
    }

    /// So many of so many should not have been.
    pub(crate) fn add_none(&mut self, at: FigureName, count: usize, of: usize, wrong: Option<String>) {
        self.push(at, Expectation::None, count, of, wrong);
    }

    /// No more than so many.
    pub(crate) fn add_at_most(&mut self, at: FigureName, count: usize, of: usize) {
        self.push(at, Expectation::AtMost, count, of, None);
    }

    /// What the sums have to know.
    pub(crate) fn add_writes(&mut self, writes: &WriteCounts) {
        self.writes.add(writes);
    }

    fn push(
        &mut self,
        (group, name, unit): FigureName,
        kind: Expectation,
        count: usize,
        of: usize,
        wrong: Option<String>,
    ) {
        self.figures.push(Figure { group, name, kind, count, of, unit, wrong, took: Duration::ZERO });
    }
}

/// Group, name and unit of a figure.
pub(crate) type FigureName = (&'static str, &'static str, &'static str);

/// All figures, in the order in which they are shown.
#[derive(Default)]
pub(crate) struct Board {
    figures: Vec<Figure>,
    pub(crate) writes: WriteCounts,
}

impl Board {
    /// Adds what a task came to.
    pub(crate) fn add(&mut self, part: TaskResult, took: Duration) {
        self.writes.add(&part.writes);
        for figure in part.figures {
            // What is counted twice, in two halves, is one figure.
            match self.figures.iter_mut().find(|known| known.name == figure.name) {
                Some(known) => {
                    known.count += figure.count;
                    known.of += figure.of;
                    known.took += took;
                    known.wrong = known.wrong.take().or(figure.wrong);
                }
                None => self.figures.push(Figure { took, ..figure }),
            }
        }
    }

    /// One table, group by group.
    pub(crate) fn table(&self, times: bool) -> String {
        let groups = self.figures.iter().map(|figure| figure.group).fold(Vec::new(), |mut seen, group| {
            if !seen.contains(&group) {
                seen.push(group);
            }
            seen
        });
        let mut out = String::new();
        for group in groups {
            writeln!(out, "{group}").unwrap();
            for figure in self.figures.iter().filter(|figure| figure.group == group) {
                let mark = if figure.is_as_expected() { ' ' } else { '!' };
                let took = if times { format!("{:>6.1} s", figure.took.as_secs_f64()) } else { String::new() };
                writeln!(out, "{mark} {:<58} {:<38}{took}", figure.name, figure.display_value()).unwrap();
            }
            out.push('\n');
        }
        out.lines().map(str::trim_end).flat_map(|line| [line, "\n"]).collect()
    }

    /// The same for programs.
    pub(crate) fn json(&self, times: bool) -> Value {
        let all = self.figures.iter().map(|figure| {
            let kind = match figure.kind {
                Expectation::All => "all",
                Expectation::None => "none",
                Expectation::AtMost => "at most",
                Expectation::NearlyAll(_) => "nearly all",
            };
            let mut value = json!({
                "group": figure.group, "kind": kind, "count": figure.count, "of": figure.of, "well": figure.is_as_expected(),
            });
            if !figure.unit.is_empty() {
                value["unit"] = Value::from(figure.unit);
            }
            if times {
                value["seconds"] = Value::from(figure.took.as_secs_f64());
            }
            (figure.name.to_owned(), value)
        });
        Value::Object(all.collect())
    }

    /// What is not as it should be, or is less than is asked for.
    pub(crate) fn shortfalls(&self, minimum: &str) -> Vec<String> {
        let minimum: BTreeMap<String, usize> = serde_json::from_str(minimum).unwrap();
        let mut short = Vec::new();
        for figure in &self.figures {
            if !figure.is_as_expected() {
                let wrong = figure.wrong.as_deref().unwrap_or("it does not say why");
                short.push(format!("{}: {}; {wrong}", figure.name, figure.display_value()));
            }
            match minimum.get(figure.name) {
                None => short.push(format!("{}: tests/scoreboard/min.json has no minimum for it", figure.name)),
                Some(most) if figure.kind == Expectation::AtMost && figure.of > *most => {
                    short.push(format!("{}: the most is {}, and it was {most}", figure.name, figure.of));
                }
                Some(least) if figure.kind != Expectation::AtMost && figure.of < *least => {
                    short.push(format!("{}: only {} were looked at, and {least} have to be", figure.name, figure.of));
                }
                Some(_) => {}
            }
        }
        let known = |name: &String| self.figures.iter().any(|figure| figure.name == name.as_str());
        short.extend(minimum.keys().filter(|name| !known(name)).map(|name| format!("{name}: there is no such figure")));
        short
    }
}
