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
//! The comments are read by their meaning, because editors respell them, and the block's last line is a visible
//! signature with the same key, because editors lose them ([`block_parser`]). Everything outside the block is people's,
//! byte for byte, and so is a line inside it that podkeeper did not write ([`line_hash`]). [`render_block`],
//! [`parse_body`] and [`replace_block`] are total: any text parses to absent, present or damaged, and nothing panics.

mod block_parser;
pub mod line_hash;
mod state;

use std::collections::BTreeSet;
use std::fmt;

use super::session::SessionKey;
use super::text::{escape_quick_actions, normalize_like_gitlab};
use super::{PodKey, Stage};
use block_parser::{BlockLocation, locate_block};
pub use state::{BLOCK_FORMAT, BlockState, FailureKind, RememberedFailure, truncate_to_minute};

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
    /// Broken links and labels of the pod's page.
    Links,
    /// Where page and Support Team data disagree.
    Roster,
}

impl ReportKind {
    /// The word in markers and texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Links => "links",
            Self::Roster => "roster",
        }
    }
}

impl Marker {
    /// The part of a run in which its issue is opened and kept.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Session(_) => Stage::Sessions,
            Self::Report(_, ReportKind::Roster) => Stage::Roster,
            Self::Report(_, ReportKind::Links) => Stage::Links,
        }
    }

    /// Reads the kind and the key of a marker.
    fn from_kind_and_key(kind: &str, key: &str) -> Option<Self> {
        match kind {
            "session" => SessionKey::parse(key).map(Self::Session),
            "report" => {
                let (pod, word) = key.split_once('/')?;
                let kind = [ReportKind::Links, ReportKind::Roster].into_iter().find(|kind| kind.as_str() == word)?;
                Some(Self::Report(PodKey::parse(pod)?, kind))
            }
            _ => None,
        }
    }
}

impl Marker {
    /// The line that shows whose block it is where the comments are not shown, with a few words behind it.
    pub fn render_signature(&self, words: &str) -> String {
        match self {
            Self::Session(key) => format!("<sub>podkeeper · {key} · {words}</sub>"),
            Self::Report(pod, kind) => format!("<sub>podkeeper · {pod}/{} · {words}</sub>", kind.as_str()),
        }
    }

    /// The pod's key in it.
    pub fn pod_key(&self) -> &PodKey {
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
            Self::Report(pod, kind) => write!(f, "report {pod}/{}", kind.as_str()),
        }
    }
}

/// The block of a body: what podkeeper wrote and may rewrite, and what people wrote between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedBlock {
    /// What the issue is.
    pub marker: Marker,
    /// The Markdown between the comments, without a newline at its end.
    pub text: String,
    /// What is remembered.
    pub state: BlockState,
    /// Which comments around it are still there.
    pub marker_comments: MarkerComments,
}

/// The comments around a block, as far as they were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkerComments {
    /// All of them, and the state can be read.
    Complete,
    /// All of them; the state cannot be read.
    StateUnreadable,
    /// Some or all are lost: the block is known by its signature.
    Incomplete {
        /// Whether the state is there.
        has_state: bool,
    },
}

impl ManagedBlock {
    /// A block that is to be written.
    pub fn new(marker: Marker, text: String, state: BlockState) -> Self {
        let lines = text.lines().filter_map(line_hash::hash_line).collect();
        Self {
            marker,
            text,
            state: BlockState { format: BLOCK_FORMAT, lines, ..state },
            marker_comments: MarkerComments::Complete,
        }
    }

    /// Whether a later version of podkeeper wrote it, so that this one leaves it as it is.
    pub fn is_from_newer_version(&self) -> bool {
        self.state.format > BLOCK_FORMAT
    }

    /// Whether two blocks are the same, however GitLab stored their blanks: what is asked before one is replaced.
    pub fn equals_ignoring_blanks(&self, other: &Self) -> bool {
        self.marker == other.marker
            && self.state == other.state
            && self.marker_comments == other.marker_comments
            && normalize_like_gitlab(&self.text) == normalize_like_gitlab(&other.text)
    }

    /// Whether this block, as it was found, says what `wanted` would say. Another spelling says the same, and a
    /// person's line in it is no reason to write.
    pub fn is_up_to_date_with(&self, wanted: &Self) -> bool {
        self.state.lines == wanted.state.lines && self.is_up_to_date_but_for(wanted, |_| false)
    }

    /// The same where some lines do not count: those are written when something else is.
    pub fn is_up_to_date_but_for(&self, wanted: &Self, is_minor: impl Fn(&str) -> bool) -> bool {
        let counts = |line: &&str| !is_minor(line);
        let memory = |block: &Self| BlockState { lines: Vec::new(), ..block.state.clone() };
        let known = self.known_lines(wanted);
        let ours = self.text.lines().filter(counts).filter_map(line_hash::hash_line).filter(|hash| known.has(hash));
        self.marker == wanted.marker
            && self.marker_comments == MarkerComments::Complete
            && memory(self) == memory(wanted)
            && ours.eq(wanted.text.lines().filter(counts).filter_map(line_hash::hash_line))
    }

    /// The lines that people wrote into the block, with the blank lines between them; empty where there are none.
    ///
    /// None of them can act where it is moved to: a line that GitLab could take for a quick action is written so that
    /// it is none.
    pub fn human_lines(&self, wanted: &Self) -> String {
        let known = self.known_lines(wanted);
        let mut lines_of_people: Vec<&str> = Vec::new();
        for line in self.text.lines() {
            let blank = line.trim().is_empty();
            let between = blank && lines_of_people.last().is_some_and(|last| !last.trim().is_empty());
            if between || (!blank && !known.has_line(line)) {
                lines_of_people.push(line);
            }
        }
        escape_quick_actions(lines_of_people.join("\n").trim_end_matches('\n'))
    }

    /// Takes the lines of another block for podkeeper's, too.
    pub fn add_known_lines(&mut self, other: &Self) {
        self.state.lines.extend(other.text.lines().filter_map(line_hash::hash_line));
    }

    /// The lines that podkeeper wrote, as they were found.
    pub fn podkeeper_text(&self, wanted: &Self) -> String {
        let known = self.known_lines(wanted);
        let own = self.text.lines().filter(|line| known.has_line(line));
        own.collect::<Vec<&str>>().join("\n").trim_end().to_owned()
    }

    /// Whether it is still known which lines podkeeper wrote.
    pub fn has_line_hashes(&self) -> bool {
        matches!(self.marker_comments, MarkerComments::Complete | MarkerComments::Incomplete { has_state: true })
    }

    /// The lines that podkeeper wrote: those that were written, and those that would be written now.
    fn known_lines<'a>(&'a self, wanted: &'a Self) -> KnownLines<'a> {
        // Before there were hashes, all of a complete block was podkeeper's.
        if self.state.format == 0 && matches!(self.marker_comments, MarkerComments::Complete) {
            return KnownLines::All;
        }
        let hashes = self.state.lines.iter().chain(&wanted.state.lines);
        KnownLines::Hashes(hashes.map(String::as_str).collect())
    }
}

/// Which lines of a block are podkeeper's.
enum KnownLines<'a> {
    All,
    /// Those with these hashes.
    Hashes(BTreeSet<&'a str>),
}

impl KnownLines<'_> {
    fn has(&self, hash: &str) -> bool {
        match self {
            Self::All => true,
            Self::Hashes(known) => known.contains(hash),
        }
    }

    /// What shows nothing is nobody's.
    fn has_line(&self, line: &str) -> bool {
        line_hash::hash_line(line).is_none_or(|hash| self.has(&hash))
    }
}

/// What a body says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParsedBody {
    /// Neither marker nor signature.
    NoMarker,
    /// One block.
    Block(Box<ManagedBlock>),
    /// Marker comments that do not make one block.
    Damaged {
        /// What is wrong.
        why: String,
        /// What the issue was, where that can still be read.
        marker: Option<Marker>,
    },
}

impl ParsedBody {
    /// The block, where there is one.
    pub fn block(&self) -> Option<&ManagedBlock> {
        match self {
            Self::Block(block) => Some(block),
            Self::NoMarker | Self::Damaged { .. } => None,
        }
    }

    /// What the issue is, or was where its marker is damaged.
    pub fn marker(&self) -> Option<&Marker> {
        match self {
            Self::NoMarker => None,
            Self::Block(block) => Some(&block.marker),
            Self::Damaged { marker, .. } => marker.as_ref(),
        }
    }
}

/// A body's block as text, without a newline at its end.
///
/// A line of the text that would read as the beginning of a comment is defused, so that what is parsed is what was
/// rendered.
pub fn render_block(block: &ManagedBlock) -> String {
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
    let state = linkcheck::json::to_line(&block.state);
    let state = state.replace('<', "\\u003c").replace('>', "\\u003e");
    out.push_str("<!-- podkeeper:v1 state ");
    out.push_str(&state);
    out.push_str(" -->\n");
    out.push_str(END);
    out
}

/// Everything that a body says it is, by comments and signatures, damaged or not: whoever opens an issue asks whether
/// one of these is it.
pub fn find_markers(body: &str) -> Vec<Marker> {
    block_parser::find_markers(body)
}

/// Reads a body.
pub fn parse_body(body: &str) -> ParsedBody {
    match locate_block(body) {
        BlockLocation::Absent => ParsedBody::NoMarker,
        BlockLocation::Block(block, _) => ParsedBody::Block(block),
        BlockLocation::Damaged { why, marker } => ParsedBody::Damaged { why, marker },
    }
}

/// The body with its block replaced; everything outside it is kept byte for byte. `below` is put under the block, as a
/// paragraph of its own.
///
/// # Errors
/// A sentence, when the body holds no block to replace.
pub fn replace_block(body: &str, block: &ManagedBlock, below: &str) -> Result<String, String> {
    let range = match locate_block(body) {
        BlockLocation::Block(_, range) => range,
        BlockLocation::Absent => return Err("the marker is gone".to_owned()),
        BlockLocation::Damaged { why, .. } => return Err(why),
    };
    let (before, after) = (&body[..range.start], &body[range.end..]);
    if below.is_empty() {
        return Ok(format!("{before}{}{after}", render_block(block)));
    }
    let lines: Vec<&str> = after.splitn(3, '\n').collect();
    let gap = match lines[..] {
        // What follows stands in a paragraph of its own already.
        [_, second, ..] if second.trim().is_empty() => "",
        [first, _, ..] if first.trim().is_empty() => "\n",
        _ if after.trim().is_empty() => "",
        _ => "\n\n",
    };
    Ok(format!("{before}{}\n\n{below}{gap}{after}", render_block(block)))
}

/// Where what stands below the block begins; 0 where the body has no block.
pub fn end_of_block(body: &str) -> usize {
    match locate_block(body) {
        BlockLocation::Block(_, range) => range.end,
        BlockLocation::Absent | BlockLocation::Damaged { .. } => 0,
    }
}

/// The end of the comment with which the issue of a session is closed: it shows that podkeeper has commented.
pub fn closing_comment_marker(key: &SessionKey) -> String {
    format!("<!-- podkeeper:v1 closing {key} -->")
}

/// Whether a comment is one with which the issue of a session is closed.
pub fn is_closing_comment(comment: &str) -> bool {
    let last = comment.trim_end().strip_suffix("-->").and_then(|text| text.rsplit_once("<!--"));
    last.is_some_and(|(_, inside)| inside.trim_start().starts_with("podkeeper:v1 closing "))
}

/// What stands outside the block, without markup; to find out whether somebody wrote there. Another spelling of the
/// same is the same.
pub fn text_outside_block(body: &str) -> String {
    let (before, after) = match locate_block(body) {
        BlockLocation::Block(_, range) => (&body[..range.start], &body[range.end..]),
        BlockLocation::Absent | BlockLocation::Damaged { .. } => (body, ""),
    };
    let bare = |text: &str| text.lines().map(line_hash::without_markup).collect::<String>();
    format!("{}\n{}", bare(before), bare(after))
}

#[cfg(test)]
mod tests;
