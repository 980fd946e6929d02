//! The marker: how podkeeper knows its own issues, and the block it owns in their bodies.
//!
//! ```text
//! <!-- podkeeper:v1 session secure/weekly/2026-W48 -->
//! … the block: podkeeper's …
//! <!-- podkeeper:v1 state {json} -->
//! <!-- podkeeper:v1 end -->
//! ```
//!
//! A marker line is a line that, without blanks at its ends, starts with `<!-- podkeeper:`. Everything
//! outside the block is people's, byte for byte. [`render`], [`parse`] and [`splice`] are total: any text
//! parses to absent, present or damaged, and nothing panics.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::PodKey;
use super::session::SessionKey;
use super::text::normalised;

const OPEN: &str = "<!-- podkeeper:";
const END: &str = "<!-- podkeeper:v1 end -->";
/// A state is dates and a few hashes; more is not ours.
const STATE_CAP: usize = 640 * 1024;

/// What an issue is to podkeeper.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Marker {
    /// The pairing issue of one session.
    Session(SessionKey),
    /// The living report of one pod.
    Report(PodKey, ReportKind),
}

/// The living reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReportKind {
    /// What rots on the pod's page.
    Links,
    /// Where page and Support Team data disagree.
    Roster,
}

impl ReportKind {
    /// The word of markers and texts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Links => "links",
            Self::Roster => "roster",
        }
    }
}

impl Marker {
    fn parse(text: &str) -> Option<Self> {
        let (kind, key) = text.split_once(' ')?;
        match kind {
            "session" => SessionKey::parse(key).map(Self::Session),
            "report" => {
                let (pod, word) = key.split_once('/')?;
                let kind = [ReportKind::Links, ReportKind::Roster].into_iter().find(|kind| kind.word() == word)?;
                Some(Self::Report(PodKey::parse(pod)?, kind))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(key) => write!(f, "session {key}"),
            Self::Report(pod, kind) => write!(f, "report {pod}/{}", kind.word()),
        }
    }
}

/// What must be remembered from one run to the next: hashes and dates, never counters or addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Short hash of the title the issue was given; a title that still has it may be brought up to date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Short hash of what stood outside the block at birth; while it holds, nobody has written there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rest: Option<String>,
    /// What was failing when it was last looked at, by address: dates, never counters.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub failing: BTreeMap<String, Failing>,
}

/// Since when an address fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Failing {
    /// The first look that failed.
    pub failed_since: DateTime<Utc>,
    /// The day on which it became rot: certain at once, or still failing long enough after.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dead_since: Option<NaiveDate>,
    /// When its silence was last told. It is kept for a while after the address has answered again, so that one that
    /// comes and goes is not told every other day.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub told: Option<DateTime<Utc>>,
}

impl Failing {
    /// From now on.
    pub fn from(now: DateTime<Utc>) -> Self {
        Self { failed_since: now, dead_since: None, told: None }
    }
}

/// The block of a body: what podkeeper wrote and may rewrite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What the issue is.
    pub marker: Marker,
    /// The Markdown between the marker lines, without a newline at its end.
    pub text: String,
    /// What is remembered.
    pub state: State,
}

impl Block {
    /// Whether two blocks say the same, however GitLab stored their blanks.
    pub fn same(&self, other: &Self) -> bool {
        self.marker == other.marker && self.state == other.state && normalised(&self.text) == normalised(&other.text)
    }
}

/// What a body says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marked {
    /// No marker line.
    No,
    /// One whole block.
    Block(Block),
    /// Marker lines that do not make one whole block.
    Damaged {
        /// What is wrong.
        why: String,
        /// What the issue was, where that can still be read.
        marker: Option<Marker>,
    },
}

/// A body's block as text, without a newline at its end.
///
/// A line of the text that would read as a marker line is defused, so that what is parsed is what was
/// rendered.
pub fn render(block: &Block) -> String {
    let mut out = format!("<!-- podkeeper:v1 {} -->\n", block.marker);
    for line in block.text.lines() {
        if line.trim().starts_with(OPEN) {
            out.push_str(&line.replace("<!--", "&lt;!--"));
        } else {
            out.push_str(line);
        }
        out.push('\n');
    }
    // `>` is escaped so that no value can end the comment.
    let state = serde_json::to_string(&block.state).unwrap_or_else(|_| "{}".to_owned()).replace('>', "\\u003e");
    out.push_str("<!-- podkeeper:v1 state ");
    out.push_str(&state);
    out.push_str(" -->\n");
    out.push_str(END);
    out
}

/// Reads a body.
pub fn parse(body: &str) -> Marked {
    match locate(body) {
        Located::No => Marked::No,
        Located::Block(block, _) => Marked::Block(block),
        Located::Damaged { why, marker } => Marked::Damaged { why, marker },
    }
}

/// The body with its block replaced; everything outside it is kept byte for byte.
///
/// # Errors
/// A sentence, when the body holds no whole block to replace.
pub fn splice(body: &str, block: &Block) -> Result<String, String> {
    match locate(body) {
        Located::Block(_, range) => Ok(format!("{}{}{}", &body[..range.start], render(block), &body[range.end..])),
        Located::No => Err("the marker is gone".to_owned()),
        Located::Damaged { why, .. } => Err(why),
    }
}

/// What stands outside the block, as people see it; for telling whether somebody wrote there.
pub fn outside(body: &str) -> String {
    match locate(body) {
        Located::Block(_, range) => format!("{}\n{}", normalised(&body[..range.start]), normalised(&body[range.end..])),
        Located::No | Located::Damaged { .. } => normalised(body),
    }
}

enum Located {
    No,
    Block(Block, Range<usize>),
    Damaged { why: String, marker: Option<Marker> },
}

fn locate(body: &str) -> Located {
    let lines = marker_lines(body);
    if lines.is_empty() {
        return Located::No;
    }
    let marker = lines.iter().find_map(|line| Marker::parse(line.content));
    let damaged = |why: &str| Located::Damaged { why: why.to_owned(), marker: marker.clone() };
    if lines.iter().any(|line| line.content.is_empty()) {
        return damaged("a marker line cannot be read");
    }
    let [begin, state, end] = &lines[..] else {
        let count = |is: fn(&str) -> bool| lines.iter().filter(|line| is(line.content)).count();
        let firsts = count(|content| Marker::parse(content).is_some());
        let (states, ends) = (count(|content| content.starts_with("state ")), count(|content| content == "end"));
        return damaged(&format!(
            "a block has one first line, one state line and one end line; here are {firsts}, {states} and {ends}"
        ));
    };
    let Some(found) = Marker::parse(begin.content) else {
        return damaged("the marker's first line cannot be read");
    };
    if end.content != "end" {
        return damaged("the marker's end line is missing");
    }
    let Some(json) = state.content.strip_prefix("state ") else {
        return damaged("the marker's state line is missing");
    };
    if json.len() > STATE_CAP {
        return damaged("the marker's state is too long to be podkeeper's");
    }
    // A state that cannot be read is a hint that is lost, not a damage: it is made anew.
    let state_value = serde_json::from_str(json).unwrap_or_default();
    let text = body[begin.after..state.range.start].trim_end_matches('\n');
    if !body[state.after..end.range.start].trim().is_empty() {
        return damaged("text stands between the marker's state line and its end");
    }
    let block = Block { marker: found, text: text.to_owned(), state: state_value };
    Located::Block(block, begin.range.start..end.range.end)
}

struct MarkerLine<'a> {
    /// What stands between `podkeeper:v1 ` and ` -->`; empty when that frame is not there.
    content: &'a str,
    /// The line without blanks at its ends.
    range: Range<usize>,
    /// Where the next line starts.
    after: usize,
}

fn marker_lines(body: &str) -> Vec<MarkerLine<'_>> {
    let mut out = Vec::new();
    let mut start = 0;
    for line in body.split_inclusive('\n') {
        let after = start + line.len();
        let trimmed = line.trim();
        if trimmed.starts_with(OPEN) {
            let indent = line.len() - line.trim_start().len();
            let content = trimmed
                .strip_prefix("<!-- podkeeper:v1 ")
                .and_then(|rest| rest.strip_suffix(" -->"))
                .unwrap_or_default();
            let from = start + indent;
            out.push(MarkerLine { content, range: from..from + trimmed.len(), after });
        }
        start = after;
    }
    out
}

#[cfg(test)]
mod tests;
