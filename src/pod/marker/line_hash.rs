//! Whose a line is. A line is known by its text without markup, so that an editor that writes the same text with other
//! bullets, escapes or line ends changes nothing, and neither does the tick of a task.

use crate::pod::finding::short_hash;

/// Hex digits of a line's hash: among the few hundred lines of a block two that differ are as good as never alike.
const HASH_DIGITS: usize = 8;

/// The short hash of a line; none for a line that shows nothing: blanks, or the lone escape that an editor leaves.
pub fn hash_line(line: &str) -> Option<String> {
    let shows = |c: char| !c.is_whitespace() && !is_unhashed(c) && c != '\\';
    if !line.chars().any(shows) {
        return None;
    }
    let text = without_markup(line);
    // What is markup and nothing else, such as a fence or a rule, is known by itself.
    let text = if text.is_empty() { line.trim() } else { &text };
    Some(short_hash(text)[..HASH_DIGITS].to_owned())
}

/// A line's text without markup: no bullet, checkbox, emphasis, code mark, bracket, escape or blank. For comparing
/// only.
pub fn without_markup(line: &str) -> String {
    let decoded = decode_character_references(line);
    let mut rest = decoded.trim();
    rest = without_bullet(rest);
    rest = strip_task_checkbox(rest);
    let rest = without_tags(rest);
    rest.chars().filter(|c| !is_markup(*c) && !c.is_whitespace() && !is_unhashed(*c)).collect()
}

/// What is not seen and does not count. The list is part of the format of blocks: with another one, lines that an earlier
/// podkeeper wrote would look like a person's.
fn is_unhashed(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// What Markdown may set around, between or before characters without changing what is said.
fn is_markup(c: char) -> bool {
    matches!(c, '\\' | '*' | '_' | '~' | '`' | '<' | '>' | '[' | ']' | '(' | ')')
}

/// Without the mark of a list item, `- `, `* ` or `+ `.
fn without_bullet(line: &str) -> &str {
    let rest = line.strip_prefix(['-', '*', '+']).filter(|rest| rest.starts_with([' ', '\t']));
    rest.map_or(line, str::trim_start)
}

/// Without the checkbox of a task, ticked or not (GitLab docs, "GitLab Flavored Markdown", task lists: `[~]` too).
fn strip_task_checkbox(line: &str) -> &str {
    let boxes = ["[ ]", "[x]", "[X]", "[~]", "\\[ \\]", "\\[x\\]"];
    let rest = boxes.iter().find_map(|mark| line.strip_prefix(mark)).filter(|rest| rest.starts_with([' ', '\t']));
    rest.map_or(line, str::trim_start)
}

/// Without HTML tags that only set text apart, such as `<sub>`.
fn without_tags(line: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        let name = tag[1..].strip_prefix('/').unwrap_or(&tag[1..]);
        let length = name.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let closes = name[length..].starts_with('>');
        if length > 0 && closes {
            rest = &name[length + 1..];
        } else {
            out.push('<');
            rest = &tag[1..];
        }
    }
    out + rest
}

/// The longest name or number of a character reference that is decoded here.
const LONGEST_REFERENCE: usize = 8;

/// The line with the character references decoded that podkeeper or an editor writes (`CommonMark` 0.31, section 2.5).
fn decode_character_references(line: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some(at) = rest.find('&') {
        let (before, reference) = rest.split_at(at);
        out.push_str(before);
        let end = reference.bytes().take(LONGEST_REFERENCE + 2).position(|b| b == b';');
        if let Some((c, end)) = end.and_then(|end| Some((decode_reference_name(&reference[1..end])?, end))) {
            out.push(c);
            rest = &reference[end + 1..];
        } else {
            out.push('&');
            rest = &reference[1..];
        }
    }
    out + rest
}

fn decode_reference_name(name: &str) -> Option<char> {
    let named = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", ' '),
        ("middot", '·'),
        ("sol", '/'),
    ];
    if let Some((_, c)) = named.iter().find(|(known, _)| *known == name) {
        return Some(*c);
    }
    let number = name.strip_prefix('#')?;
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    char::from_u32(code.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editors_spelling_is_the_same_line() {
        for (ours, respelled) in [
            ("- **When:** Thu 2026-11-26 15:00 UTC, for 1h", "* **When:** Thu 2026-11-26 15:00 UTC, for 1h"),
            ("- [ ] ask `@ada` about a\\_b", "*   [x] ask `@ada` about a_b"),
            ("message\\", "message  "),
            ("_podkeeper keeps these lines_", "*podkeeper keeps these lines*"),
            ("<sub>podkeeper · a/links · x</sub>", "podkeeper &middot; a/links · x"),
            ("&#47;close", "\\/close"),
            ("see <https://a.example/x>", "see https://a.example/x"),
            ("  indented\r", "indented"),
        ] {
            assert_eq!(hash_line(ours), hash_line(respelled), "{ours} and {respelled}");
            assert!(hash_line(ours).is_some());
        }
    }

    #[test]
    fn another_word_is_another_line() {
        for (ours, other) in [
            ("- **When:** Thu 15:00 UTC", "- **When:** Thu 15:15 UTC"),
            ("- a", "- a!"),
            ("- a, b", "- a b"),
            ("- a", "- [x]a"),
            ("&amp", "&"),
        ] {
            assert_ne!(hash_line(ours), hash_line(other), "{ours} and {other}");
        }
        for nothing in ["", "  \t", "\\", "\u{200b}"] {
            assert_eq!(hash_line(nothing), None, "{nothing:?}");
        }
        for markup in ["---", "???", "***", "```", "* "] {
            assert!(hash_line(markup).is_some(), "{markup}");
        }
    }
}
