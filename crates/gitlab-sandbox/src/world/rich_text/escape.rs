//! Characters of a text that Markdown would read, behind a backslash (`esc` of `ProseMirror`'s Markdown serializer).

/// One line of text. What names a label (`~name`) is a node of its own in the editor and stays.
pub(super) fn escape_line(text: &str, line_start: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len() + 8);
    let mark = if line_start { block_marker_index(text) } else { None };
    for (at, &char) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| chars.get(at)).copied();
        let after = chars.get(at + 1).copied();
        if mark == Some(at) || needs_escape(char, before, after) || (char == '&' && opens_entity(&chars[at + 1..])) {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

fn needs_escape(char: char, before: Option<char>, after: Option<char>) -> bool {
    match char {
        '`' | '*' | '\\' | '[' | ']' => true,
        // Inside a word it means nothing.
        '_' => !(before.is_some_and(is_word_char) && after.is_some_and(is_word_char)),
        '~' => before == Some('~') || !after.is_some_and(|char| char == '"' || is_word_char(char)),
        '<' => after.is_some_and(|char| char.is_ascii_alphabetic() || matches!(char, '/' | '!' | '?')),
        _ => false,
    }
}

fn is_word_char(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// Whether what stands behind an `&` makes an entity of it.
fn opens_entity(rest: &[char]) -> bool {
    let end = rest.iter().position(|char| *char == ';');
    end.is_some_and(|end| end > 0 && rest[..end].iter().all(|char| char.is_ascii_alphanumeric() || *char == '#'))
}

/// Where a line would be read as a heading, a list, a quote, a rule or the underline of a heading: the place, counted
/// in characters, of what has to be escaped.
fn block_marker_index(line: &str) -> Option<usize> {
    let ends = |rest: &str| rest.is_empty() || rest.starts_with([' ', '\t']);
    match line.chars().next()? {
        '-' | '>' => Some(0),
        '+' if ends(&line[1..]) => Some(0),
        '#' => {
            let rest = line.trim_start_matches('#');
            (line.len() - rest.len() <= 6 && ends(rest)).then_some(0)
        }
        '=' => line.trim_end().trim_start_matches('=').is_empty().then_some(0),
        char if char.is_ascii_digit() => {
            let rest = line.trim_start_matches(|char: char| char.is_ascii_digit());
            let digits = line.len() - rest.len();
            (digits <= 9 && rest.starts_with(['.', ')']) && ends(&rest[1..])).then_some(digits)
        }
        _ => None,
    }
}
