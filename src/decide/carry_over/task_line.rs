//! The line of a task that moves on: its words, none of which can act, and how long it has waited.

use chrono::{Datelike, NaiveDate};
use url::Url;

use crate::pod::finding::short_hash;
use crate::pod::marker::line_hash::without_markup;
use crate::pod::session_notes::{Piece, TaskItem};
use crate::pod::text::{Untrusted, markdown_link_target};

/// Hex digits of a task's key: among the few hundred tasks of a pod two that differ are as good as never alike.
const KEY_DIGITS: usize = 10;
/// A task that has waited for so many sessions is asked about.
const STILL_NEEDED_AFTER: usize = 3;

/// How links of a task are written.
pub(in crate::decide) struct LinkPolicy<'a> {
    /// The GitLab instance.
    pub(in crate::decide) gitlab: &'a Url,
    /// The project of the issues, by its path.
    pub(in crate::decide) own_project: &'a str,
}

/// A task as it moves on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::decide) struct TaskLine {
    /// What it is known by.
    pub(in crate::decide) key: String,
    /// Its words, as harmless Markdown.
    pub(in crate::decide) text: String,
    /// The day since which it waits, as its line says.
    pub(super) since: Option<NaiveDate>,
}

impl TaskLine {
    /// A pinned ticket moves on as its address alone: the first one that its line names.
    pub(super) fn of_pin(task: &TaskItem, date: NaiveDate, links: &LinkPolicy<'_>) -> Self {
        let (pieces, since) = without_age(&task.pieces, date);
        let address = pieces.iter().find_map(|piece| match piece {
            Piece::Link { target, .. } => markdown_link_target(target),
            Piece::Text(_) => None,
        });
        let text = match address {
            Some(address) => links.link(&ticket_name(&address), &address),
            None => render_pieces(&pieces, links),
        };
        Self::new(text, since)
    }

    /// A task moves on with its words and links. Of one that goes on below its first paragraph, that one moves, with a
    /// link to the rest.
    pub(super) fn of_task(task: &TaskItem, date: NaiveDate, issue_url: &str, links: &LinkPolicy<'_>) -> Self {
        let (pieces, since) = without_age(&task.pieces, date);
        let mut text = render_pieces(&pieces, links);
        if (task.has_more || is_too_long(&pieces))
            && let Some(url) = markdown_link_target(issue_url)
        {
            text = format!("{text} [more]({url})");
        }
        Self::new(text, since)
    }

    fn new(text: String, since: Option<NaiveDate>) -> Self {
        Self { key: key_of(&text), text, since }
    }

    /// The whole line in the issue of a session: since when it waits, and for how many sessions.
    pub(super) fn render(&self, since: NaiveDate, at: NaiveDate, sessions: usize) -> String {
        let day = if since.year() == at.year() { since.format("%-d %B") } else { since.format("%-d %B %Y") };
        let waited = match sessions {
            0 | 1 => String::new(),
            n => format!(", {} session", ordinal(n)),
        };
        let question = if sessions >= STILL_NEEDED_AFTER { " · **still needed?**" } else { "" };
        format!("- [ ] {} · since {day}{waited}{question}", self.text)
    }
}

/// What a task is known by: its words and addresses, however they are marked up.
fn key_of(text: &str) -> String {
    short_hash(&without_markup(text))[..KEY_DIGITS].to_owned()
}

fn ordinal(n: usize) -> String {
    const NAMES: [&str; 11] =
        ["second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"];
    let name = n.checked_sub(2).and_then(|at| NAMES.get(at));
    let ending = match (n % 100, n % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    name.map_or_else(|| format!("{n}{ending}"), |name| (*name).to_owned())
}

// ------------------------------------------------------------------------------------------------ words and links

fn render_pieces(pieces: &[Piece], links: &LinkPolicy<'_>) -> String {
    let mut out = String::new();
    for piece in join_words(pieces, links) {
        match piece {
            Piece::Text(text) => {
                if text.starts_with(char::is_whitespace) {
                    push_blank(&mut out);
                }
                let words = Untrusted::new(text.as_str());
                if !words.one_line().is_empty() {
                    out.push_str(&words.to_markdown());
                }
                if text.ends_with(char::is_whitespace) {
                    push_blank(&mut out);
                }
            }
            Piece::Link { text, target } => out.push_str(&links.link(&text, &target)),
        }
    }
    out.trim_end().to_owned()
}

/// The pieces with every link that does not stay one among the words, each link with its address as it is written.
fn join_words(pieces: &[Piece], links: &LinkPolicy<'_>) -> Vec<Piece> {
    let (mut joined, mut words) = (Vec::new(), String::new());
    for piece in pieces {
        match piece {
            Piece::Text(text) => {
                // What follows an address is no part of it.
                let is_apart =
                    text.starts_with(|c: char| c.is_whitespace() || matches!(c, ',' | '.' | ';' | ':' | ')'));
                if words.ends_with(ADDRESS_END) && !is_apart {
                    words.push(' ');
                }
                words.push_str(text);
            }
            Piece::Link { text, target } => match markdown_link_target(target) {
                Some(address) if links.notes_on_others(&address) => {
                    let is_bare = is_bare(text, &address);
                    if !is_bare {
                        words.push_str(text.trim());
                        words.push(' ');
                    }
                    words.push_str(&address);
                    words.push(ADDRESS_END);
                }
                Some(address) => {
                    if !words.is_empty() {
                        joined.push(Piece::Text(words.replace(ADDRESS_END, "")));
                        words.clear();
                    }
                    joined.push(Piece::Link { text: text.clone(), target: address });
                }
                None => words.push_str(text),
            },
        }
    }
    if !words.is_empty() {
        joined.push(Piece::Text(words.replace(ADDRESS_END, "")));
    }
    joined
}

/// Stands behind an address among words, where no reader sees it: a character that no text of GitLab holds.
const ADDRESS_END: char = '\u{0}';

/// Whether a link shows its address and nothing else.
fn is_bare(text: &str, address: &str) -> bool {
    text.trim().is_empty() || markdown_link_target(text).as_deref() == Some(address)
}

fn push_blank(out: &mut String) {
    if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}

/// Whether some of the words are left out: see [`Untrusted::one_line`]. What was cut before is not cut again.
fn is_too_long(pieces: &[Piece]) -> bool {
    pieces.iter().any(|piece| match piece {
        Piece::Text(text) | Piece::Link { text, .. } => {
            let line = Untrusted::new(text.as_str()).one_line();
            line.ends_with('…') && !text.trim_end().ends_with('…')
        }
    })
}

impl LinkPolicy<'_> {
    /// A link that works, and with which GitLab notes nothing down elsewhere: see [`inert_link`].
    pub(in crate::decide) fn link(&self, text: &str, address: &str) -> String {
        let is_bare = is_bare(text, address);
        if self.notes_on_others(address) {
            return inert_link(if is_bare { "" } else { text }, address);
        }
        if is_bare { format!("<{address}>") } else { format!("[{}]({address})", Untrusted::new(text).to_markdown()) }
    }

    /// Whether GitLab would write "mentioned in" where an address leads, in another project than the issues'.
    fn notes_on_others(&self, address: &str) -> bool {
        const NOTED: [&str; 9] = [
            "issues",
            "work_items",
            "incident",
            "merge_requests",
            "epics",
            "commit",
            "compare",
            "snippets",
            "vulnerabilities",
        ];
        let Ok(url) = Url::parse(address) else { return false };
        if url.host_str() != self.gitlab.host_str() {
            return false;
        }
        let own = format!("/{}/", self.own_project.to_lowercase());
        let segments: Vec<&str> = url.path_segments().into_iter().flatten().filter(|part| !part.is_empty()).collect();
        let is_noted = segments.iter().rev().skip(1).any(|segment| NOTED.contains(segment));
        is_noted && !url.path().to_lowercase().starts_with(&own)
    }
}

/// An address that GitLab shows and does not count as a reference: a code span.
pub(in crate::decide) fn inert_link(text: &str, address: &str) -> String {
    let address = Untrusted::new(address).to_code_span();
    if text.is_empty() { address } else { format!("{} {address}", Untrusted::new(text).to_markdown()) }
}

/// How a ticket is called: by its number where its address ends with one, else by its host.
fn ticket_name(address: &str) -> String {
    let url = Url::parse(address).ok();
    let last = url.as_ref().and_then(|url| url.path_segments()?.rfind(|part| !part.is_empty()));
    let number = last.filter(|last| last.bytes().all(|b| b.is_ascii_digit()));
    number.or_else(|| url.as_ref()?.host_str()).unwrap_or("ticket").to_owned()
}

// ---------------------------------------------------------------------------------------------------------- its age

/// A line's pieces without since when it waits, and that day.
fn without_age(pieces: &[Piece], date: NaiveDate) -> (Vec<Piece>, Option<NaiveDate>) {
    let mut pieces = pieces.to_vec();
    let mut since = None;
    for piece in pieces.iter_mut().rev() {
        let Piece::Text(text) = piece else { continue };
        if let Some((rest, day)) = cut_age(text, date) {
            *text = rest;
            since = day;
            break;
        }
    }
    (pieces, since)
}

/// A text without ` · since 12 November, third session · still needed?`, and the day, which is none after `date`.
fn cut_age(text: &str, date: NaiveDate) -> Option<(String, Option<NaiveDate>)> {
    for (at, word) in text.match_indices("since ").collect::<Vec<_>>().into_iter().rev() {
        let Some(before) = text[..at].trim_end().strip_suffix('·') else { continue };
        let Some((day, rest)) = parse_day(&text[at + word.len()..], date) else { continue };
        let rest = skip_waited(rest);
        let rest = rest
            .trim_start()
            .strip_prefix('·')
            .and_then(|rest| rest.trim_start().strip_prefix("still needed?"))
            .unwrap_or(rest);
        let gap = if rest.is_empty() || rest.starts_with(char::is_whitespace) { "" } else { " " };
        let rest = format!("{}{gap}{rest}", before.trim_end());
        return Some((rest.trim_end().to_owned(), day));
    }
    None
}

/// Reads `12 November` or `12 November 2025`; without its year it is the last one up to `date`.
fn parse_day(text: &str, date: NaiveDate) -> Option<(Option<NaiveDate>, &str)> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let (day, rest) = text.split_once(' ')?;
    let day: u32 = day.parse().ok()?;
    let (month, name) = MONTHS.iter().enumerate().find(|(_, name)| rest.starts_with(*name))?;
    let month = u32::try_from(month).ok()? + 1;
    let rest = &rest[name.len()..];
    let year = rest.strip_prefix(' ').and_then(|rest| rest.get(..4)).and_then(|year| year.parse::<i32>().ok());
    if let Some(year) = year {
        let day = NaiveDate::from_ymd_opt(year, month, day).filter(|day| *day <= date);
        return Some((day, &rest[5..]));
    }
    let years = (0..8).map(|back| NaiveDate::from_ymd_opt(date.year() - back, month, day));
    Some((years.flatten().find(|day| *day <= date), rest))
}

/// Behind `, third session`.
fn skip_waited(rest: &str) -> &str {
    let Some((word, behind)) = rest.strip_prefix(", ").and_then(|rest| rest.split_once(' ')) else { return rest };
    let is_ordinal = word.chars().all(char::is_alphanumeric);
    behind.strip_prefix("session").filter(|_| is_ordinal).unwrap_or(rest)
}

#[cfg(test)]
mod tests;
