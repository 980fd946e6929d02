//! The marker: how podkeeper knows its own issues, and the block it owns in their bodies.
//!
//! ```text
//! <!-- podkeeper:v1 session secure/weekly/2026-W48 -->
//! … the block: podkeeper's …
//! podkeeper · secure/weekly/2026-W48
//! <!-- podkeeper:v1 state {json} -->
//! <!-- podkeeper:v1 end -->
//! ```
//!
//! The comments are read by their meaning, because editors respell them, and the block's last line is a visible sign of
//! the same key, because editors lose them ([`frame`]). Everything outside the block is people's, byte for byte, and so
//! is a line inside it that podkeeper did not write ([`lines`]). [`render`], [`parse`] and [`splice`] are total: any text
//! parses to absent, present or damaged, and nothing panics.

mod frame;
pub mod lines;
mod state;

use std::collections::BTreeSet;
use std::fmt;

use super::PodKey;
use super::session::SessionKey;
use super::text::{normalised, without_quick_actions};
use frame::{Located, locate};
pub use state::{FORMAT, Failing, Failure, State, whole_minute};

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
    /// Reads the kind and the key of a marker.
    fn parse(kind: &str, key: &str) -> Option<Self> {
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

impl Marker {
    /// The line that shows whose block it is where the comments are not shown, with a few words behind it.
    pub fn sign(&self, words: &str) -> String {
        match self {
            Self::Session(key) => format!("<sub>podkeeper · {key} · {words}</sub>"),
            Self::Report(pod, kind) => format!("<sub>podkeeper · {pod}/{} · {words}</sub>", kind.word()),
        }
    }

    /// The pod's key in it.
    pub fn pod(&self) -> &PodKey {
        match self {
            Self::Session(key) => &key.pod,
            Self::Report(pod, _) => pod,
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

/// The block of a body: what podkeeper wrote and may rewrite, and what people wrote between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What the issue is.
    pub marker: Marker,
    /// The Markdown between the comments, without a newline at its end.
    pub text: String,
    /// What is remembered.
    pub state: State,
    /// What of the frame is still there.
    pub frame: Frame,
}

/// The comments around a block, as far as they were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// All of them, and the state can be read.
    Whole,
    /// All of them; the state cannot be read.
    WithoutState,
    /// Some or all are lost: the block is known by its sign.
    WithoutComments {
        /// Whether the state is there.
        state: bool,
    },
}

impl Block {
    /// A block that is to be written.
    pub fn new(marker: Marker, text: String, state: State) -> Self {
        let lines = text.lines().filter_map(lines::hash).collect();
        Self { marker, text, state: State { format: FORMAT, lines, ..state }, frame: Frame::Whole }
    }

    /// Whether a later podkeeper wrote it, so that this one leaves it as it is.
    pub fn is_newer(&self) -> bool {
        self.state.format > FORMAT
    }

    /// Whether two blocks are the same, however GitLab stored their blanks: what is asked before one is replaced.
    pub fn same(&self, other: &Self) -> bool {
        self.marker == other.marker
            && self.state == other.state
            && self.frame == other.frame
            && normalised(&self.text) == normalised(&other.text)
    }

    /// Whether this block, as it was found, says what `wanted` would say. Another spelling says the same, and a person's
    /// line in it is no reason to write.
    pub fn says(&self, wanted: &Self) -> bool {
        let ours = self.text.lines().filter(|line| self.wrote(line, wanted)).filter_map(lines::hash);
        self.marker == wanted.marker
            && self.frame == Frame::Whole
            && self.state == wanted.state
            && ours.eq(wanted.text.lines().filter_map(lines::hash))
    }

    /// The lines that people wrote into the block, with the blank lines between them; empty where there are none.
    ///
    /// None of them can act where it is moved to: a line that GitLab could take for a quick action is written so that it
    /// is none.
    pub fn peoples_lines(&self, wanted: &Self) -> String {
        let mut kept: Vec<&str> = Vec::new();
        for line in self.text.lines() {
            let blank = line.trim().is_empty();
            let between = blank && kept.last().is_some_and(|last| !last.trim().is_empty());
            if between || (!blank && !self.wrote(line, wanted)) {
                kept.push(line);
            }
        }
        without_quick_actions(kept.join("\n").trim_end_matches('\n'))
    }

    /// The lines that podkeeper wrote, as they were found.
    pub fn own_text(&self, wanted: &Self) -> String {
        let own = self.text.lines().filter(|line| self.wrote(line, wanted));
        own.collect::<Vec<&str>>().join("\n").trim_end().to_owned()
    }

    /// Whether it is still known which lines podkeeper wrote.
    pub fn knows_its_lines(&self) -> bool {
        matches!(self.frame, Frame::Whole | Frame::WithoutComments { state: true })
    }

    /// Whether podkeeper wrote a line: it is one of those that were written, or of those that would be written now.
    fn wrote(&self, line: &str, wanted: &Self) -> bool {
        let Some(hash) = lines::hash(line) else { return true };
        // Before there were hashes, all of a whole block was podkeeper's.
        let before = self.state.format == 0 && matches!(self.frame, Frame::Whole);
        let known: BTreeSet<&String> = self.state.lines.iter().chain(&wanted.state.lines).collect();
        before || known.contains(&hash)
    }
}

/// What a body says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marked {
    /// Neither marker nor sign.
    No,
    /// One block.
    Block(Block),
    /// Marker comments that do not make one block.
    Damaged {
        /// What is wrong.
        why: String,
        /// What the issue was, where that can still be read.
        marker: Option<Marker>,
    },
}

impl Marked {
    /// The block, where there is one.
    pub fn block(&self) -> Option<&Block> {
        match self {
            Self::Block(block) => Some(block),
            Self::No | Self::Damaged { .. } => None,
        }
    }

    /// What the issue is, or was where its marker is damaged.
    pub fn marker(&self) -> Option<&Marker> {
        match self {
            Self::No => None,
            Self::Block(block) => Some(&block.marker),
            Self::Damaged { marker, .. } => marker.as_ref(),
        }
    }
}

/// A body's block as text, without a newline at its end.
///
/// A line of the text that would read as the beginning of a comment is defused, so that what is parsed is what was
/// rendered.
pub fn render(block: &Block) -> String {
    let mut out = format!("<!-- podkeeper:v1 {} -->\n", block.marker);
    for line in block.text.lines() {
        if line.trim_start().starts_with("<!--") {
            out.push_str(&line.replacen("<!--", "&lt;!--", 1));
        } else {
            out.push_str(line);
        }
        out.push('\n');
    }
    // Escaped, so that no value can begin or end a comment.
    let state = serde_json::to_string(&block.state).unwrap_or_else(|_| "{}".to_owned());
    let state = state.replace('<', "\\u003c").replace('>', "\\u003e");
    out.push_str("<!-- podkeeper:v1 state ");
    out.push_str(&state);
    out.push_str(" -->\n");
    out.push_str(END);
    out
}

/// Everything that a body says it is, by comments and signs, damaged or not: whoever opens an issue asks whether one of
/// these is it.
pub fn named(body: &str) -> Vec<Marker> {
    frame::named(body)
}

/// Reads a body.
pub fn parse(body: &str) -> Marked {
    match locate(body) {
        Located::No => Marked::No,
        Located::Block(block, _) => Marked::Block(*block),
        Located::Damaged { why, marker } => Marked::Damaged { why, marker },
    }
}

/// The body with its block replaced; everything outside it is kept byte for byte. `below` is put under the block, as a
/// paragraph of its own.
///
/// # Errors
/// A sentence, when the body holds no block to replace.
pub fn splice(body: &str, block: &Block, below: &str) -> Result<String, String> {
    let range = match locate(body) {
        Located::Block(_, range) => range,
        Located::No => return Err("the marker is gone".to_owned()),
        Located::Damaged { why, .. } => return Err(why),
    };
    let (before, after) = (&body[..range.start], &body[range.end..]);
    if below.is_empty() {
        return Ok(format!("{before}{}{after}", render(block)));
    }
    let lines: Vec<&str> = after.splitn(3, '\n').collect();
    let gap = match lines[..] {
        // What follows stands in a paragraph of its own already.
        [_, second, ..] if second.trim().is_empty() => "",
        [first, _, ..] if first.trim().is_empty() => "\n",
        _ if after.trim().is_empty() => "",
        _ => "\n\n",
    };
    Ok(format!("{before}{}\n\n{below}{gap}{after}", render(block)))
}

/// What stands outside the block, without markup; for telling whether somebody wrote there. Another spelling of the same
/// is the same.
pub fn outside(body: &str) -> String {
    let (before, after) = match locate(body) {
        Located::Block(_, range) => (&body[..range.start], &body[range.end..]),
        Located::No | Located::Damaged { .. } => (body, ""),
    };
    let bare = |text: &str| text.lines().map(lines::without_markup).collect::<String>();
    format!("{}\n{}", bare(before), bare(after))
}

#[cfg(test)]
mod tests;
