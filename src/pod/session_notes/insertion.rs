//! Tasks are added to a section of a pairing issue without a change to anything that stands there.

use linkcheck::markdown::list_items::{Entry, parse_entries};

use super::{SessionNotes, known_heading};
use crate::pod::marker;

/// The body with task lines at the end of a section below the block. A section that is not there is made at the end of
/// the body; where nothing can be made there, because somebody left a code block or a comment open, right below the
/// block.
pub fn insert_tasks(body: &str, heading: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return body.to_owned();
    }
    let wanted = SessionNotes::parse(body).tasks(heading).len() + lines.len();
    let shows_all = |changed: &String| SessionNotes::parse(changed).tasks(heading).len() == wanted;
    let at_end_of_section = end_of_section(body, heading).map(|end| insert_lines(body, end, lines));
    let as_new_section = || insert_section(body, end_of_last_line(body, 0), heading, lines);
    at_end_of_section
        .filter(shows_all)
        .or_else(|| Some(as_new_section()).filter(shows_all))
        .unwrap_or_else(|| insert_section(body, marker::end_of_block(body), heading, lines))
}

/// Behind the last word of the first section with a heading.
fn end_of_section(body: &str, heading: &str) -> Option<usize> {
    let below = marker::end_of_block(body);
    let text = &body[below..];
    let mut found: Option<(usize, u8)> = None;
    let mut end = text.len();
    for entry in parse_entries(text) {
        let Entry::Heading { level, text, range } = entry else { continue };
        match found {
            None if known_heading(&text) == Some(heading) => found = Some((range.end, level)),
            Some((_, above)) if level <= above || known_heading(&text).is_some() => {
                end = range.start;
                break;
            }
            _ => {}
        }
    }
    let (start, _) = found?;
    Some(end_of_last_line(&body[..below + end], below + start))
}

/// Behind the last line that shows something, with the blanks at its end: they are people's.
fn end_of_last_line(text: &str, from: usize) -> usize {
    let shown = from + text[from..].trim_end_matches([' ', '\t', '\r', '\n']).len();
    text[shown..].find('\n').map_or(text.len(), |line_end| shown + line_end)
}

/// Lines behind a place that ends a line of a list, a paragraph or a heading.
fn insert_lines(body: &str, at: usize, lines: &[String]) -> String {
    let (before, after) = body.split_at(at);
    let last = before.rsplit('\n').next().unwrap_or_default();
    let gap = if is_list_line(last) { "\n" } else { "\n\n" };
    format!("{before}{gap}{}{after}", lines.join("\n"))
}

/// Whether a line is an item or goes on one: lines of a list stay together.
fn is_list_line(line: &str) -> bool {
    let text = line.trim_start_matches([' ', '\t']);
    let number = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = number.len() < text.len() && number.starts_with([')', '.']);
    text.starts_with("- ") || text.starts_with("* ") || text.starts_with("+ ") || numbered
}

/// A section of its own at a place.
fn insert_section(body: &str, at: usize, heading: &str, lines: &[String]) -> String {
    let (before, after) = body.split_at(at);
    let gap = match after.trim_start_matches([' ', '\t', '\r']) {
        "" => "",
        rest if rest.starts_with("\n\n") || rest.trim().is_empty() => "",
        rest if rest.starts_with('\n') => "\n",
        _ => "\n\n",
    };
    format!("{before}\n\n## {heading}\n\n{}{gap}{after}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::super::{LEFT_FROM_LAST_WEEK, PINNED_TICKETS};
    use super::*;

    const BLOCK: &str = "<!-- podkeeper:v1 session alpha/weekly/2026-W48 -->\nblock\n<!-- podkeeper:v1 state {} -->\n<!-- podkeeper:v1 end -->";

    fn insert(below: &str) -> String {
        let body = format!("{BLOCK}{below}");
        let changed = insert_tasks(&body, PINNED_TICKETS, &["- [ ] new".to_owned()]);
        assert_eq!(SessionNotes::parse(&changed).pinned.last().unwrap().text.raw(), "new", "{changed}");
        changed.strip_prefix(BLOCK).unwrap().to_owned()
    }

    #[test]
    fn tasks_stand_at_the_end_of_their_section() {
        assert_eq!(
            insert("\n\n## Pinned tickets\n- [ ] a\n\n## Notes\n"),
            "\n\n## Pinned tickets\n- [ ] a\n- [ ] new\n\n## Notes\n"
        );
        assert_eq!(
            insert("\n\n# pinned TICKETS #\nTick them.\n\n\nNotes\n---\n"),
            "\n\n# pinned TICKETS #\nTick them.\n\n- [ ] new\n\n\nNotes\n---\n"
        );
        assert_eq!(insert("\n\n## Pinned tickets\n## Notes"), "\n\n## Pinned tickets\n\n- [ ] new\n## Notes");
    }

    #[test]
    fn a_section_that_is_gone_is_made_anew() {
        assert_eq!(insert("\n\n## Notes\nx\n"), "\n\n## Notes\nx\n\n## Pinned tickets\n\n- [ ] new\n");
        assert_eq!(insert(""), "\n\n## Pinned tickets\n\n- [ ] new");
    }

    #[test]
    fn what_somebody_left_open_swallows_nothing() {
        for open in ["\n\n## Notes\n```\ncode", "\n\n## Notes\n<!-- half", "\n\n## Pinned tickets\n```\n- [ ] x"] {
            let changed = insert(open);
            assert!(changed.ends_with(open) && changed.starts_with("\n\n## Pinned tickets"), "{changed}");
        }
    }

    #[test]
    fn no_byte_of_people_is_lost() {
        for below in ["\n\n## Left from last week\n- [ ] a\r\n- [ ] b  \n\t\n", "x", "\n\n\n```\n", "\n> - [ ] a\n"] {
            let body = format!("{BLOCK}{below}");
            let line = "- [ ] new".to_owned();
            let changed = insert_tasks(&body, LEFT_FROM_LAST_WEEK, std::slice::from_ref(&line));
            let mut rest = changed.chars();
            assert!(body.chars().all(|c| rest.any(|other| other == c)), "{changed}");
        }
    }
}
