//! Findings grouped by what to do, as many as a screen has room for.

use super::lines::WrappedLines;
use super::{DetailLevel, Layout, pluralize};
use crate::pod::finding::Finding;
use crate::pod::rule::{Rule, Severity};
use crate::pod::run::PodRun;
use crate::report::{ReportAudience, VisibleTo};

/// The least room that the findings of a pod get, whatever else there is to say.
const LEAST_LINES: usize = 6;

/// The findings of one pod, made into lines but not yet chosen from.
pub(super) struct FindingsBlock {
    /// The line above them, if there is one.
    heading: String,
    groups: Vec<Group>,
    /// What is left out for other readers.
    withheld: String,
    all: usize,
    width: usize,
}

/// The findings of one rule.
struct Group {
    rule: &'static str,
    heading: String,
    entries: Vec<String>,
    /// Whether it is shown however little room there is.
    needs_human: bool,
}

impl Group {
    fn lines(&self, entries: usize) -> usize {
        let shown = self.entries.iter().take(entries).map(|entry| count_lines(entry));
        count_lines(&self.heading).saturating_add(shown.sum())
    }
}

impl FindingsBlock {
    pub(super) fn of<A: ReportAudience>(run: VisibleTo<'_, A, PodRun>, layout: &Layout) -> Self {
        let is_shown = |found: &Finding| {
            layout.detail > DetailLevel::Quiet || found.needs_human || found.severity == Severity::Critical
        };
        let withheld = run.count_withheld(is_shown);
        let shown: Vec<&Finding> = run.findings().filter(|found| is_shown(found)).collect();
        let all = shown.len().saturating_add(withheld.total());
        let has_heading = all > 0 && layout.detail > DetailLevel::Quiet;
        Self {
            heading: if has_heading { format!("  {}\n", pluralize(all, "finding")) } else { String::new() },
            groups: group_by_rule(&shown).iter().map(|group| render_group(group, layout.width)).collect(),
            withheld: withheld.sentence().map(|sentence| wrapped("  ! ", &sentence, layout.width)).unwrap_or_default(),
            all: shown.len(),
            width: layout.width,
        }
    }

    fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.withheld.is_empty()
    }

    /// The text in so many lines; those that need a person are shown in any case.
    fn render(&self, room: usize) -> String {
        let counts = self.choose(room);
        let shown: usize = counts.iter().sum();
        let mut out = self.heading.clone();
        for (group, count) in self.groups.iter().zip(&counts).filter(|(_, count)| **count > 0) {
            out.push_str(&group.heading);
            group.entries.iter().take(*count).for_each(|entry| out.push_str(entry));
        }
        if let Some(more) = self.all.checked_sub(shown).filter(|more| *more > 0) {
            let left = self.groups.iter().zip(&counts).filter_map(|(group, count)| {
                let left = group.entries.len().checked_sub(*count).filter(|left| *left > 0)?;
                Some(format!("{left} {}", group.rule))
            });
            let left = left.collect::<Vec<_>>().join(", ");
            out.push_str(&wrapped("  … ", &format!("{more} more: -v ({left})"), self.width));
        }
        out.push_str(&self.withheld);
        if !out.is_empty() && !self.heading.is_empty() {
            out.push('\n');
        }
        out
    }

    /// How many of each group are shown: first one of each, as far as there is room, then more of them.
    fn choose(&self, room: usize) -> Vec<usize> {
        // The heading, the two lines that count the rest, the blank line.
        let taken = count_lines(&self.withheld).saturating_add(4);
        let mut room = room.saturating_sub(taken);
        let mut counts = vec![0; self.groups.len()];
        let mut is_full = false;
        for (group, count) in self.groups.iter().zip(&mut counts) {
            let wanted = if group.needs_human { group.entries.len() } else { 1 };
            let lines = group.lines(wanted);
            is_full |= lines > room;
            if group.needs_human || !is_full {
                *count = wanted;
                room = room.saturating_sub(lines);
            }
        }
        for (group, count) in self.groups.iter().zip(&mut counts).filter(|(_, count)| **count > 0) {
            for entry in group.entries.iter().skip(*count) {
                let lines = count_lines(entry);
                if lines > room {
                    break;
                }
                room = room.saturating_sub(lines);
                *count = count.saturating_add(1);
            }
        }
        counts
    }
}

/// Lines of a screen that are left for findings.
pub(super) struct SpaceForFindings {
    /// Nothing where all are shown.
    room: Option<usize>,
}

impl SpaceForFindings {
    pub(super) fn new(layout: &Layout) -> Self {
        // The last line of a screen is the shell's.
        let whole = layout.height.saturating_sub(layout.lines_below).saturating_sub(1);
        Self { room: (layout.detail < DetailLevel::Verbose).then_some(whole) }
    }

    /// Something else is said in this text.
    pub(super) fn take(&mut self, text: &str) {
        self.take_lines(count_lines(text));
    }

    /// Something else is said in so many lines.
    pub(super) fn take_lines(&mut self, lines: usize) {
        self.room = self.room.map(|room| room.saturating_sub(lines));
    }

    /// The texts of all blocks; what one does not need is for those behind it.
    pub(super) fn share(mut self, blocks: &[FindingsBlock]) -> Vec<String> {
        let mut left = blocks.iter().filter(|block| !block.is_empty()).count();
        let texts = blocks.iter().map(|block| {
            if block.is_empty() {
                return String::new();
            }
            let share = self.room.map_or(usize::MAX, |room| room.checked_div(left).unwrap_or(0).max(LEAST_LINES));
            let text = block.render(share);
            self.take(&text);
            left = left.saturating_sub(1);
            text
        });
        texts.collect()
    }
}

/// The findings of each rule together, in the order of the first of each: the worst first.
fn group_by_rule<'a>(findings: &[&'a Finding]) -> Vec<(Rule, Vec<&'a Finding>)> {
    let mut groups: Vec<(Rule, Vec<&Finding>)> = Vec::new();
    for finding in findings {
        match groups.iter_mut().find(|(rule, _)| *rule == finding.rule) {
            Some((_, group)) => group.push(finding),
            None => groups.push((finding.rule, vec![finding])),
        }
    }
    groups
}

/// What to do, and below it where; what is to be done differently for each stands beside it.
fn render_group((rule, findings): &(Rule, Vec<&Finding>), width: usize) -> Group {
    let common = findings
        .first()
        .map(|first| first.advice.as_str())
        .filter(|advice| findings.iter().all(|found| found.advice == *advice));
    let severity = findings.first().map_or(rule.severity(), |first| first.severity);
    let advice = common.unwrap_or_else(|| rule.advice());
    let entry = |found: &&Finding| {
        let place = found.place.as_ref().map(|place| format!("{}:{} ", place.line, place.column)).unwrap_or_default();
        let own = if common.is_some() { String::new() } else { format!(". {}", found.advice) };
        wrapped("      ", &format!("{place}{}{own}", found.message.trim_end_matches('.')), width)
    };
    Group {
        rule: rule.code(),
        heading: wrapped("  ! ", &format!("{} ({}): {advice}", rule.code(), severity.as_str()), width),
        entries: findings.iter().map(entry).collect(),
        needs_human: findings.iter().any(|found| found.needs_human),
    }
}

fn wrapped(mark: &str, text: &str, width: usize) -> String {
    let mut out = WrappedLines::new(width);
    out.push_wrapped(mark, text);
    out.into_string()
}

fn count_lines(text: &str) -> usize {
    text.lines().count()
}

#[cfg(test)]
mod tests;
