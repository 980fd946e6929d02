//! The expression that both generations search with, written out by hand.
//!
//! It is `exclusions | command`, searched from left to right: what an exclusion swallows is not looked at again, and a
//! command needs the start of a line. The generations differ in what they exclude and in what they search
//! (`lib/gitlab/quick_actions/extractor.rb`).

use super::{COMMAND_NAMES, Command};

/// A command and the bytes of the text that it takes.
pub(super) struct FoundCommand {
    pub(super) command: Command,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// How a generation recognises inline code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum InlineCode {
    /// `` `.+?` ``: from any backtick to the next but one character or later.
    Anywhere,
    /// `` ^.*`\n*.+?\n*`$ ``, where the dot takes line breaks too: from the start of a line to the last pair of
    /// backticks of which the second ends a line. One odd backtick is enough to move it.
    WholeLines,
}

/// All commands of a text, in order. `blocks`: code fences and `>>>` are excluded by the expression itself.
pub(super) fn scan_commands(text: &str, inline: InlineCode, blocks: bool) -> Vec<FoundCommand> {
    let ends = ExclusionEnds::find(text, inline, blocks);
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let opens_line = at == 0 || text[..at].ends_with('\n');
        if let Some(end) = ends.exclusion_end(at, &text[at..], opens_line) {
            at = end;
        } else if let Some(command) = opens_line.then(|| parse_command(text, at)).flatten() {
            at = command.end;
            found.push(command);
        } else {
            at = ends.next_start(at, text);
        }
    }
    let mut number = 1;
    let mut counted = 0;
    for one in &mut found {
        number += text[counted..one.start].matches('\n').count();
        counted = one.start;
        one.command.line = number;
    }
    found
}

/// `^\/(name)([ ](argument))?(\s*\n|$)` at the start of a line: blank lines behind a command go with it.
fn parse_command(text: &str, start: usize) -> Option<FoundCommand> {
    let blank = |char: char| matches!(char, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}');
    let rest = text[start..].strip_prefix('/')?;
    let (name, behind) = rest.split_at(rest.find(blank).unwrap_or(rest.len()));
    let name = name.to_ascii_lowercase();
    if !COMMAND_NAMES.contains(&name.as_str()) {
        return None;
    }
    let argument = if behind.starts_with(' ') { behind.split('\n').next().unwrap_or_default() } else { "" };
    let tail = &behind[argument.len()..];
    let blanks = &tail[..tail.find(|char| !blank(char)).unwrap_or(tail.len())];
    let taken = match blanks.rfind('\n') {
        Some(last) => last + 1,
        None if tail.is_empty() => 0,
        None => return None,
    };
    let end = text.len() - tail.len() + taken;
    Some(FoundCommand { command: Command { name, argument: argument.trim().to_owned(), line: 0 }, start, end })
}

/// Where exclusions can end, found once: looking for them from every line anew would take quadratic time.
struct ExclusionEnds {
    inline: InlineCode,
    /// Where a line break is followed by a line that is just three backticks.
    fences: Vec<usize>,
    /// The same for `>>>`.
    quotes: Vec<usize>,
    /// Where a line break is followed by a closing tag that ends its line, and where that tag ends.
    tags: Vec<(usize, usize)>,
    /// Where every `>` is.
    brackets: Vec<usize>,
    /// Where every backtick is.
    ticks: Vec<usize>,
    /// The backtick that opens the inline code of whole lines, and the end of its match.
    whole_lines: Option<(usize, usize)>,
}

impl ExclusionEnds {
    fn find(text: &str, inline: InlineCode, blocks: bool) -> ExclusionEnds {
        let all = |mark: &str| -> Vec<usize> { text.match_indices(mark).map(|(at, _)| at).collect() };
        let closing = |mark: &str| {
            let mut found = if blocks { all(mark) } else { Vec::new() };
            found.retain(|at| is_line_end(text, at + mark.len()));
            found
        };
        let brackets = all(">");
        let tags = all("\n</").into_iter().filter_map(|at| {
            let end = first_place_after(&brackets, at + 3)? + 1;
            is_line_end(text, end).then_some((at, end))
        });
        let ticks = all("`");
        ExclusionEnds {
            inline,
            fences: closing("\n```"),
            quotes: closing("\n>>>"),
            tags: tags.collect(),
            whole_lines: find_whole_line_code(text, &ticks),
            brackets,
            ticks,
        }
    }

    /// Where the exclusion that opens at `at` ends; `None` when none opens there.
    fn exclusion_end(&self, at: usize, rest: &str, opens_line: bool) -> Option<usize> {
        // `^```.+?\n```$`, and the same for `>>>`: there is something between the marks.
        let block = |mark: &str, closings: &[usize]| {
            let inner = at + rest.strip_prefix(mark).filter(|_| opens_line).map(|_| mark.len())?;
            closings.get(closings.partition_point(|&closing| closing <= inner)).map(|closing| closing + 1 + mark.len())
        };
        // `^<[^>]+?>\n.+?\n<\/[^>]+?>$`
        let html = || {
            let tag_end =
                first_place_after(&self.brackets, at + rest.strip_prefix('<').filter(|_| opens_line).map(|_| 1)?)?;
            rest.get(tag_end - at + 1..)?.strip_prefix('\n')?;
            let body = tag_end + 2;
            self.tags.get(self.tags.partition_point(|&(closing, _)| closing <= body)).map(|&(_, end)| end)
        };
        let code = || match self.inline {
            InlineCode::Anywhere => {
                rest.strip_prefix('`')?;
                self.ticks.get(self.ticks.partition_point(|&tick| tick <= at + 1)).map(|tick| tick + 1)
            }
            InlineCode::WholeLines => {
                self.whole_lines.filter(|&(opener, _)| opens_line && at <= opener).map(|(_, end)| end)
            }
        };
        block("```", &self.fences).or_else(code).or_else(html).or_else(|| block(">>>", &self.quotes))
    }

    /// The next place behind `at` where something could begin.
    fn next_start(&self, at: usize, text: &str) -> usize {
        let line = text[at..].find('\n').map_or(text.len(), |more| at + more + 1);
        match self.inline {
            InlineCode::Anywhere => {
                self.ticks.get(self.ticks.partition_point(|&tick| tick <= at)).map_or(line, |&tick| tick.min(line))
            }
            InlineCode::WholeLines => line,
        }
    }
}

fn find_whole_line_code(text: &str, ticks: &[usize]) -> Option<(usize, usize)> {
    let last_closer = ticks.iter().rev().copied().find(|&tick| is_line_end(text, tick + 1))?;
    let opener = ticks.iter().rev().copied().find(|&tick| tick + 1 < last_closer)?;
    let closer = ticks.iter().copied().find(|&tick| tick > opener + 1 && is_line_end(text, tick + 1))?;
    Some((opener, closer + 1))
}

/// The first of `places` from `from` on, unless it is right there: something must stand between.
fn first_place_after(places: &[usize], from: usize) -> Option<usize> {
    places.get(places.partition_point(|&place| place < from)).copied().filter(|&place| place > from)
}

fn is_line_end(text: &str, at: usize) -> bool {
    text[at..].is_empty() || text[at..].starts_with('\n')
}
