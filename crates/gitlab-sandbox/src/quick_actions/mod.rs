//! Quick actions, mentions and references: what GitLab finds in a text that is sent to it.
//!
//! GitLab runs every line that opens with `/name` in a description or comment, through the API too (threats: text from
//! outside could close or move issues with the bot's rights). Two generations of the extractor exist, and a text must
//! be inert under both: the current one parses Markdown and searches the top-level paragraphs, the older one searches
//! the raw text. Sources: `lib/gitlab/quick_actions/extractor.rb` and `lib/banzai/filter/quick_action_filter.rb`;
//! GitLab docs, "Quick actions".

mod command_scanner;
mod issuable_references;
mod names;
mod new_commands;
mod references;
#[cfg(test)]
mod tests;

pub use issuable_references::{IssuableReference, find_issuable_references};
pub use names::COMMAND_NAMES;
pub use new_commands::filter_new_commands;
pub use references::{find_mentions, find_references};

use std::collections::BTreeMap;

use comrak::nodes::NodeValue;

use command_scanner::{InlineCode, scan_commands};

/// One quick action as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The name without its slash, in lower case.
    pub name: String,
    /// What stood behind it on the line.
    pub argument: String,
    /// The line it was found on, counted from 1 in the text without `\r`.
    pub line: usize,
}

/// What current GitLab would run: lines of top-level paragraphs that open with `/name`.
///
/// Code, quotes, lists, tables and HTML blocks are left alone. `/cc` is listed too, although GitLab gives it no
/// meaning.
pub fn extract_commands(text: &str) -> Vec<Command> {
    split_commands(text).1
}

/// What older GitLab would run: lines of the raw text that open with `/name`, outside code, HTML and `>>>`.
///
/// Two forms of the older expression were in use, with different ideas of inline code; a command that either of them
/// finds is listed, once, by its line.
pub fn extract_commands_older(text: &str) -> Vec<Command> {
    let text = text.replace('\r', "");
    let forms = [InlineCode::WholeLines, InlineCode::Anywhere].map(|inline| scan_commands(&text, inline, true));
    let by_line: BTreeMap<usize, Command> =
        forms.into_iter().flatten().map(|found| (found.command.line, found.command)).collect();
    by_line.into_values().collect()
}

/// What current GitLab stores of a text, and what it runs of it.
///
/// Commands go together with the blank line behind them, `\r` goes, and so do blanks at the end; `/shrug` and
/// `/tableflip` become what they stand for.
pub fn split_commands(text: &str) -> (String, Vec<Command>) {
    let text = text.replace('\r', "");
    if !text.starts_with('/') && !text.contains("\n/") {
        return (text.trim_end().to_owned(), Vec::new());
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut stored = String::with_capacity(text.len());
    let mut commands = Vec::new();
    let mut done = 0;
    for (first, last) in paragraph_line_ranges(&text) {
        let end = if lines.get(last) == Some(&"\n") { last + 1 } else { last }.min(lines.len());
        let start = (first - 1).clamp(done, end);
        stored.extend(lines[done..start].iter().copied());
        search_paragraph(&lines[start..end].concat(), start, &mut stored, &mut commands);
        done = end;
    }
    stored.extend(lines[done..].iter().copied());
    (stored.trim_end().to_owned(), commands)
}

/// Searches one paragraph that `above` lines stand before.
fn search_paragraph(paragraph: &str, above: usize, stored: &mut String, commands: &mut Vec<Command>) {
    let mut done = 0;
    for mut found in scan_commands(paragraph, InlineCode::Anywhere, false) {
        stored.push_str(&paragraph[done..found.start]);
        done = found.end;
        let whole = &paragraph[found.start..found.end];
        if names::is_kept_in_text(&found.command.name) {
            stored.push_str(whole);
        } else if let Some(face) = names::substitution(&found.command.name) {
            let blanks = &whole[whole.trim_end().len()..];
            stored.push_str(format!("{} {face}{blanks}", found.command.argument).trim_start_matches(' '));
        }
        found.command.line += above;
        commands.push(found.command);
    }
    stored.push_str(&paragraph[done..]);
}

/// First and last line of each top-level paragraph, counted from 1.
fn paragraph_line_ranges(text: &str) -> Vec<(usize, usize)> {
    let arena = comrak::Arena::new();
    let root = comrak::parse_document(&arena, text, &markdown_options());
    let paragraphs = root.children().filter(|node| matches!(node.data().value, NodeValue::Paragraph));
    let positions = paragraphs.map(|node| node.data().sourcepos);
    positions.map(|position| (position.start.line.max(1), position.end.line)).collect()
}

/// The extensions that GitLab's own pipeline switches on, as far as they matter for what is a paragraph and what is
/// code.
pub(super) fn markdown_options() -> comrak::Options<'static> {
    let mut options = comrak::Options::default();
    options.extension.autolink = true;
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.description_lists = true;
    options.extension.multiline_block_quotes = true;
    options.extension.math_code = true;
    options.extension.front_matter_delimiter = Some("---".to_owned());
    options
}
