//! Where a block stands in a body: between its comments, or, where an editor has lost them, from the body's first line
//! to the signature.
//!
//! GitLab's rich text editor writes a comment as `<!--`, its trimmed text, `-->`, and a blank line behind it
//! (`content_editor/services/serializer/html_comment.js`). So comments are read by their meaning: any blanks inside,
//! blank lines between, any line ends.

use std::ops::Range;

use super::state::BlockState;
use super::{ManagedBlock, Marker, MarkerComments, STATE_CAP};
use crate::pod::text::is_invisible;

/// What a body holds.
pub(super) enum BlockLocation {
    /// Neither a comment of ours nor a signature.
    Absent,
    /// A block, and what of the body it takes up.
    Block(Box<ManagedBlock>, Range<usize>),
    /// Comments that do not make one block.
    Damaged {
        /// What is wrong.
        why: String,
        /// What the issue was, where that can still be read.
        marker: Option<Marker>,
    },
}

/// Reads a body.
pub(super) fn locate_block(body: &str) -> BlockLocation {
    let comments = find_comments(body);
    let signs = find_signatures(body);
    if comments.is_empty() && signs.is_empty() {
        return BlockLocation::Absent;
    }
    match (block_by_comments(body, &comments), block_by_signature(body, &comments, &signs)) {
        (Ok((block, range)), _) | (Err(_), Some((block, range))) => BlockLocation::Block(Box::new(block), range),
        (Err(why), None) => BlockLocation::Damaged { why, marker: first_readable_marker(&comments, &signs) },
    }
}

/// Every marker that a comment or a signature of a body names.
pub(super) fn find_markers(body: &str) -> Vec<Marker> {
    let begins: Vec<Marker> =
        find_comments(body).iter().filter_map(|comment| comment.kind.begin_marker().cloned()).collect();
    begins.into_iter().chain(find_signatures(body).into_iter().map(|sign| sign.marker)).collect()
}

/// What the issue says it is, by the first comment or signature that can be read.
fn first_readable_marker(comments: &[Comment<'_>], signs: &[Signature]) -> Option<Marker> {
    let begin = comments.iter().find_map(|comment| comment.kind.begin_marker());
    begin.or(signs.first().map(|sign| &sign.marker)).cloned()
}

// --------------------------------------------------------------------------------------------------- with its comments

/// A block with all three comments.
fn block_by_comments(body: &str, comments: &[Comment<'_>]) -> Result<(ManagedBlock, Range<usize>), String> {
    if comments.iter().any(|comment| comment.kind == CommentKind::Unreadable) {
        return Err("a marker comment cannot be read".to_owned());
    }
    if comments.is_empty() {
        return Err("its marker comments are gone, and its signs name more than one key".to_owned());
    }
    let [begin, state, end] = comments else {
        let count = |is: fn(&CommentKind<'_>) -> bool| comments.iter().filter(|comment| is(&comment.kind)).count();
        let firsts = count(|is| matches!(is, CommentKind::Begin(_)));
        let (states, ends) = (count(|is| matches!(is, CommentKind::State(_))), count(|is| *is == CommentKind::End));
        return Err(format!(
            "a block has one first comment, one with its state and one that ends it; here are {firsts}, {states} and {ends}"
        ));
    };
    let (CommentKind::Begin(marker), CommentKind::State(json), CommentKind::End) =
        (&begin.kind, &state.kind, &end.kind)
    else {
        return Err("the marker comments of a block stand in another order".to_owned());
    };
    if json.len() > STATE_CAP {
        return Err("the marker's state is too long to be podkeeper's".to_owned());
    }
    let text = join_trimmed(&[&body[begin.after..state.range.start], &body[state.after..end.range.start]]);
    // A state that cannot be read is a hint that is lost, not a damage: it is made anew.
    let read: Option<BlockState> = serde_json::from_str(json).ok();
    let frame = if read.is_some() { MarkerComments::Complete } else { MarkerComments::StateUnreadable };
    let block = ManagedBlock { marker: marker.clone(), text, state: read.unwrap_or_default(), marker_comments: frame };
    Ok((block, begin.range.start..end.range.end))
}

// ---------------------------------------------------------------------------------------------------- by its signature

/// A block that has lost comments, known by its signature: from the first comment, or else the body's first line, to
/// the last comment, or else the signature. None where what is left contradicts itself.
fn block_by_signature(
    body: &str,
    comments: &[Comment<'_>],
    signs: &[Signature],
) -> Option<(ManagedBlock, Range<usize>)> {
    let (mut begin, mut state, mut end) = (None, None, None);
    for comment in comments {
        let free = match &comment.kind {
            CommentKind::Begin(_) => {
                begin.is_none() && state.is_none() && end.is_none() && begin.replace(comment).is_none()
            }
            CommentKind::State(_) => state.is_none() && end.is_none() && state.replace(comment).is_none(),
            CommentKind::End => end.replace(comment).is_none(),
            CommentKind::Unreadable => false,
        };
        if !free {
            return None;
        }
    }
    let start = begin.map_or(0, |comment| comment.range.start);
    let close = end.or(state).map(|comment| comment.range.end);
    let inside = |sign: &&Signature| start <= sign.range.start && close.is_none_or(|close| sign.range.end <= close);
    let mut inside = signs.iter().filter(inside);
    let sign = inside.next()?;
    let known = begin.and_then(|comment| comment.kind.begin_marker());
    // One block, one key.
    let alike = |other: &Signature| other.marker == sign.marker;
    if !inside.all(alike)
        || known.is_some_and(|known| *known != sign.marker)
        || (known.is_none() && !signs.iter().all(alike))
    {
        return None;
    }
    let read: Option<BlockState> = state.and_then(|comment| match comment.kind {
        CommentKind::State(json) if json.len() <= STATE_CAP => serde_json::from_str(json).ok(),
        _ => None,
    });
    let range = start..close.unwrap_or(sign.range.end);
    let mut parts = Vec::new();
    let mut from = begin.map_or(range.start, |comment| comment.after);
    for comment in [state, end].into_iter().flatten() {
        parts.push(body.get(from..comment.range.start)?);
        from = comment.after;
    }
    parts.push(body.get(from..range.end).unwrap_or_default());
    let frame = MarkerComments::Incomplete { has_state: read.is_some() };
    let block = ManagedBlock {
        marker: sign.marker.clone(),
        text: join_trimmed(&parts),
        state: read.unwrap_or_default(),
        marker_comments: frame,
    };
    Some((block, range))
}

/// The parts of a block's text, without blank lines at their ends.
fn join_trimmed(parts: &[&str]) -> String {
    let bare = |part: &&str| {
        let lines: Vec<&str> = part.split_inclusive('\n').collect();
        let blank = |line: &&str| line.trim().is_empty();
        let from = lines.iter().position(|line| !blank(line))?;
        let to = lines.iter().rposition(|line| !blank(line))?;
        Some(lines[from..=to].concat().trim_end_matches(['\r', '\n']).to_owned())
    };
    parts.iter().filter_map(bare).collect::<Vec<String>>().join("\n")
}

// ------------------------------------------------------------------------------------------------------------ comments

/// A comment of ours that begins a line.
struct Comment<'a> {
    kind: CommentKind<'a>,
    /// From `<!--` to `-->`.
    range: Range<usize>,
    /// Where the next line starts.
    after: usize,
}

/// What a comment says.
#[derive(PartialEq, Eq)]
enum CommentKind<'a> {
    Begin(Marker),
    State(&'a str),
    End,
    Unreadable,
}

impl CommentKind<'_> {
    fn begin_marker(&self) -> Option<&Marker> {
        match self {
            CommentKind::Begin(marker) => Some(marker),
            CommentKind::State(_) | CommentKind::End | CommentKind::Unreadable => None,
        }
    }
}

fn find_comments(body: &str) -> Vec<Comment<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < body.len() {
        let rest = &body[at..];
        let line = rest.split_inclusive('\n').next().unwrap_or(rest);
        let mut next = at + line.len();
        // Odd blanks, such as one that has no width, are blanks.
        let bare = line.trim_start_matches(|c: char| c.is_whitespace() || is_invisible(c));
        let start = at + (line.len() - bare.len());
        if let Some(comment) = parse_comment(body, start) {
            next = comment.after;
            found.push(comment);
        }
        at = next;
    }
    found
}

/// The comment that begins at `start`, if it is ours.
fn parse_comment(body: &str, start: usize) -> Option<Comment<'_>> {
    let inside = body[start..].strip_prefix("<!--")?;
    if !inside.trim_start().starts_with("podkeeper:") {
        return None;
    }
    let line_end = |from: usize| body[from..].find('\n').map_or(body.len(), |end| from + end + 1);
    let opens = start + "<!--".len();
    let Some(close) = inside.find("-->").filter(|close| !inside[..*close].contains("<!--")) else {
        let after = line_end(start);
        return Some(Comment {
            kind: CommentKind::Unreadable,
            range: start..start + body[start..after].trim_end().len(),
            after,
        });
    };
    let end = opens + close + "-->".len();
    let after = line_end(end);
    // A comment of ours has its line for itself.
    let alone = body[end..after].chars().all(|c| c.is_whitespace() || is_invisible(c));
    let text = &inside[..close];
    let is = match parse_comment_text(text.trim()) {
        _ if !alone => CommentKind::Unreadable,
        // Words that somebody wrote into it are not to be lost.
        CommentKind::State(json) if text.contains('\n') && serde_json::from_str::<BlockState>(json).is_err() => {
            CommentKind::Unreadable
        }
        is => is,
    };
    Some(Comment { kind: is, range: start..end, after })
}

fn parse_comment_text(text: &str) -> CommentKind<'_> {
    let Some((kind, rest)) = text.strip_prefix("podkeeper:v1").and_then(|rest| {
        let words = rest.strip_prefix(|c: char| c.is_whitespace())?.trim_start();
        Some(words.split_once(|c: char| c.is_whitespace()).unwrap_or((words, "")))
    }) else {
        return CommentKind::Unreadable;
    };
    match (kind, rest.trim()) {
        ("end", "") => CommentKind::End,
        ("state", json) => CommentKind::State(json),
        (kind, key) => Marker::from_kind_and_key(kind, key).map_or(CommentKind::Unreadable, CommentKind::Begin),
    }
}

// ---------------------------------------------------------------------------------------------------------- signatures

/// A line that shows `podkeeper · KEY`, as the last line of a block does.
struct Signature {
    marker: Marker,
    range: Range<usize>,
}

fn find_signatures(body: &str) -> Vec<Signature> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in body.split_inclusive('\n') {
        if let Some(marker) = parse_signature(line) {
            found.push(Signature { marker, range: start..start + line.trim_end().len() });
        }
        start += line.len();
    }
    found
}

/// What a line is the signature of. Tags, emphasis and escapes around it, and what follows behind another `·`, do not
/// count.
fn parse_signature(line: &str) -> Option<Marker> {
    if !line.contains("podkeeper") {
        return None;
    }
    let line = line.replace("&middot;", "·").replace("&nbsp;", " ").replace("<sub>", "").replace("</sub>", "");
    let plain: String = line.chars().filter(|c| !matches!(c, '\\' | '*' | '_' | '`')).collect();
    let mut parts = plain.trim().split('·').map(str::trim);
    if parts.next() != Some("podkeeper") {
        return None;
    }
    let key = parts.next()?;
    Marker::from_kind_and_key("session", key).or_else(|| Marker::from_kind_and_key("report", key))
}
