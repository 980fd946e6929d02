//! Texts of a page inside TOML, YAML and comments: each stays one value, or one comment, whatever stands in it.

use std::fmt::Write as _;

use crate::pod::text::{is_invisible, one_line};

/// The columns that a line of a written file has at most, where words allow it.
const WIDTH: usize = 100;

/// A TOML string. What would end it, and what a reviewer does not see, is escaped.
pub(super) fn toml_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if is_invisible(c) => {
                let number = u32::from(c);
                // Writing to a string cannot fail.
                if number > 0xffff { write!(out, "\\U{number:08X}") } else { write!(out, "\\u{number:04X}") }
                    .unwrap_or_default();
            }
            c => out.push(c),
        }
    }
    out + "\""
}

/// A list of TOML strings.
pub(super) fn toml_list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| toml_string(text)).collect();
    format!("[{}]", texts.join(", "))
}

/// A comment of TOML, as many lines as it takes.
pub(super) fn comment_lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in visible_words(text).split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("# {word}")),
        }
    }
    lines
}

/// A sentence of ours in one line: its quoted parts were cut before.
fn visible_words(text: &str) -> String {
    let seen: String =
        text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !is_invisible(*c)).collect();
    seen.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What a page says, inside a sentence of ours: short, visible, in quotation marks of its own.
pub(super) fn quote(text: &str) -> String {
    format!("\"{}\"", one_line(text).replace('"', "'"))
}

/// A name out of a page, for people: one line without what is not seen, of so many characters at most.
pub(super) fn visible_name(text: &str, most: usize) -> String {
    let seen: String = one_line(text).chars().filter(|c| !is_invisible(*c)).collect();
    seen.chars().take(most).collect::<String>().trim().to_owned()
}

/// A word of YAML that is read as a text: a pod may be called `on`, `null` or `12`.
pub(super) fn yaml_word(word: &str) -> String {
    let other_type = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"].contains(&word);
    let plain = word.starts_with(|c: char| c.is_ascii_lowercase()) && !other_type;
    if plain { word.to_owned() } else { format!("\"{word}\"") }
}

/// Any text of YAML: its strings in double quotes escape as TOML's do.
pub(super) fn yaml_text(text: &str) -> String {
    toml_string(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_one_value_whatever_stands_in_it() {
        for text in [
            "Ada's \"Pod\"",
            "\"\"\"",
            "a\\",
            "a\nname = \"b\"",
            "a\u{202e}b",
            "tab\tand\u{0}nul\u{7f}",
            "\u{e0041}",
            "]\n[pairing]\nproject = \"x/y\"",
            "Łucja 🍐",
        ] {
            let written = toml_string(text);
            assert!(!written.contains(['\n', '\u{202e}', '\u{0}']), "{written}");
            let table: toml::Table = toml::from_str(&format!("name = {written}")).unwrap();
            assert_eq!((table.len(), table["name"].as_str()), (1, Some(text)), "{written}");
        }
        assert_eq!(toml_list(&["a\"".to_owned(), "b".to_owned()]), r#"["a\"", "b"]"#);
    }

    #[test]
    fn a_comment_has_no_line_that_is_none() {
        let text =
            format!("Line 3: {} and more", quote("Mondays\n[label]\r\nname = \"x\"\u{2028}\u{202e}\u{0}\u{1b}[2J"));
        for hostile in [text, "x ".repeat(300), "\n\n".to_owned(), "y".repeat(500)] {
            let lines = comment_lines(&hostile);
            assert!(lines.iter().all(|line| line.starts_with("# ") && !line.contains(is_invisible)), "{lines:?}");
            assert_eq!(toml::from_str::<toml::Table>(&lines.join("\n")).unwrap().len(), 0);
        }
    }

    #[test]
    fn a_key_is_a_text_in_yaml() {
        assert_eq!(
            ["secure", "on", "12", "null", "no-1"].map(yaml_word),
            ["secure", "\"on\"", "\"12\"", "\"null\"", "no-1"]
        );
    }

    #[test]
    fn a_name_is_short_and_seen() {
        assert_eq!(visible_name("  Secure\u{202e}\nPod\u{0} ", 100), r"Secure\u{202e} Pod");
        assert_eq!(visible_name(&"é".repeat(300), 100).chars().count(), 100);
    }
}
