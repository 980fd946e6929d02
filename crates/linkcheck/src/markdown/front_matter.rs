//! Front matter: the settings at the beginning of a page, none of which is text, a link or a heading.
//!
//! GitLab's form is that of `lib/gitlab/front_matter.rb`: `---`, `+++` or `;;;`, perhaps with blank lines or a line with
//! the encoding before it and the name of a language behind it, up to the same mark or `...`. Hugo reads `---`, `+++` or a
//! JSON object that the page begins with (`lexIntroSection` in its `parser/pageparser/pagelexer_intro.go`).

use std::ops::Range;

use memchr::memchr;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::Dialect;

/// The front matter of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrontMatterBlock<'t> {
    /// All of it, from the beginning of the page to the end of its last line, without the line's ending.
    pub range: Range<usize>,
    /// Behind the ending of its last line.
    pub(super) body: usize,
    /// What stands between its marks; of JSON without marks, all of it.
    pub content: &'t str,
    /// What it is written in.
    pub language: FrontMatterLanguage,
}

/// What front matter is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrontMatterLanguage {
    /// Between `---`.
    Yaml,
    /// Between `+++`.
    Toml,
    /// Between `;;;`, or a JSON object.
    Json,
    /// The language that is named behind the first mark.
    Other,
}

/// What it stands between, the last in GitLab alone.
const MARKS: [(&str, FrontMatterLanguage); 3] =
    [("---", FrontMatterLanguage::Yaml), ("+++", FrontMatterLanguage::Toml), (";;;", FrontMatterLanguage::Json)];

impl<'t> FrontMatterBlock<'t> {
    /// The front matter of a page, if it has some. Takes time in proportion to the text.
    pub fn find(text: &'t str, dialect: Dialect) -> Option<Self> {
        let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let (first, _) = split_line(&text[start..]);
        let names_encoding = dialect == Dialect::Gitlab && first.contains("coding:");
        let opening = skip_blank_lines(text, if names_encoding { line_end(text, start) } else { start });
        Self::between_marks(text, opening, dialect).or_else(|| Self::json_object(text, opening))
    }

    fn between_marks(text: &'t str, opening: usize, dialect: Dialect) -> Option<Self> {
        let (first, _) = split_line(&text[opening..]);
        let marks = match dialect {
            Dialect::Gitlab => &MARKS[..],
            Dialect::Hugo => &MARKS[..2],
        };
        let (mark, language) = *marks.iter().find(|(mark, _)| first.starts_with(mark))?;
        let named = first[mark.len()..].trim_start_matches([' ', '\t']);
        // A language is one word; a line of more is text.
        if named.contains(char::is_whitespace) {
            return None;
        }
        let language = match named.to_ascii_lowercase().as_str() {
            "" => language,
            "yaml" | "yml" => FrontMatterLanguage::Yaml,
            "toml" => FrontMatterLanguage::Toml,
            "json" => FrontMatterLanguage::Json,
            _ => FrontMatterLanguage::Other,
        };
        let inside = line_end(text, opening);
        let mut at = inside;
        while at < text.len() {
            let (line, length) = split_line(&text[at..]);
            if [mark, "..."].iter().any(|mark| line.strip_prefix(mark).is_some_and(|rest| rest.trim().is_empty())) {
                let range = 0..at + line.len();
                return Some(Self { range, body: at + length, content: &text[inside..at], language });
            }
            at += length;
        }
        None
    }

    /// A text that only begins with a brace is none: what is no JSON is shown by every reader.
    fn json_object(text: &'t str, opening: usize) -> Option<Self> {
        let rest = &text[opening..];
        // Two braces or a percent sign begin a shortcode or a template's code.
        if !rest.starts_with('{') || rest[1..].starts_with(['{', '%']) {
            return None;
        }
        let content = &rest[..json_object_len(rest.as_bytes())?];
        let end = opening + content.len();
        let (behind, length) = split_line(&text[end..]);
        let is_alone = behind.trim().is_empty() && serde_json::from_str::<IgnoredAny>(content).is_ok();
        let language = FrontMatterLanguage::Json;
        is_alone.then_some(Self { range: 0..end + behind.len(), body: end + length, content, language })
    }

    /// Reads what it says; `None` where that is not what it should be, or in a language that is not read.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        match self.language {
            FrontMatterLanguage::Yaml => {
                // The ten keys of a page need a thousandth of the parser's own budget.
                let options = serde_saphyr::options! {
                    budget: serde_saphyr::budget! {
                        max_nodes: 5_000, max_events: 20_000, max_depth: 32, max_aliases: 50,
                    },
                    with_snippet: false,
                };
                serde_saphyr::from_str_with_options(self.content, options).ok()
            }
            FrontMatterLanguage::Toml => toml::from_str(self.content).ok(),
            FrontMatterLanguage::Json => serde_json::from_str(self.content).ok(),
            FrontMatterLanguage::Other => None,
        }
    }
}

/// The length of the object that some JSON begins with; a brace in a string is none of its own.
fn json_object_len(json: &[u8]) -> Option<usize> {
    let (mut depth, mut is_string, mut is_escaped) = (0_usize, false, false);
    for (at, byte) in json.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => is_string = !is_string,
            b'{' if !is_string => depth += 1,
            b'}' if !is_string => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// The first line of a text without its ending, and its length with it.
fn split_line(text: &str) -> (&str, usize) {
    let Some(end) = memchr(b'\n', text.as_bytes()) else { return (text, text.len()) };
    let line = &text[..end];
    (line.strip_suffix('\r').unwrap_or(line), end + 1)
}

/// Behind the ending of the line that begins here.
fn line_end(text: &str, start: usize) -> usize {
    start + split_line(&text[start..]).1
}

/// The beginning of the first line that is not blank.
fn skip_blank_lines(text: &str, start: usize) -> usize {
    let mut at = start;
    while at < text.len() {
        let (line, length) = split_line(&text[at..]);
        if !line.trim().is_empty() {
            break;
        }
        at += length;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, &str)>) {
        let found = FrontMatterBlock::find(text, Dialect::Gitlab);
        let parts = found.as_ref().map(|found| (found.content, &text[found.body..]));
        assert_eq!(parts, expected, "{text:?}");
    }

    /// `lib/gitlab/front_matter.rb`: the marks, blanks behind them, a language, `...`, blank lines and an encoding.
    #[test]
    fn front_matter_is_found_in_every_form_of_gitlab() {
        for (text, content) in [
            ("---\na: b\n---\n# T\n", "a: b\n"),
            ("---  \na: b\n---\t \n# T\n", "a: b\n"),
            ("---\r\na: b\r\n---\r\n# T\n", "a: b\r\n"),
            ("---\na: b\n...\n# T\n", "a: b\n"),
            ("\n \n---\na: b\n---\n# T\n", "a: b\n"),
            ("# -*- coding: utf-8 -*-\n---\na: b\n---\n# T\n", "a: b\n"),
            ("\u{feff}---\na: b\n---\n# T\n", "a: b\n"),
            ("---php\n$a = 1;\n---\n# T\n", "$a = 1;\n"),
            ("--- ruby\na = 1\n---\n# T\n", "a = 1\n"),
            ("+++\na = 1\n+++\n# T\n", "a = 1\n"),
            (";;;\n{\"a\": 1}\n;;;\n# T\n", "{\"a\": 1}\n"),
            ("---\n---\n# T\n", ""),
        ] {
            check(text, Some((content, "# T\n")));
        }
        check("---\na: b\n---", Some(("a: b\n", "")));
    }

    /// Hugo docs, "Front matter": JSON is an object without marks.
    #[test]
    fn a_json_object_at_the_beginning_is_front_matter() {
        check("{\n\"a\": \"}\\\"\"\n}\n# T\n", Some(("{\n\"a\": \"}\\\"\"\n}", "# T\n")));
        check("{\"a\": {\"b\": 1}}", Some(("{\"a\": {\"b\": 1}}", "")));
        for text in ["{{< x >}}\n", "{% x %}\n", "{no JSON}\n", "{\"a\": 1} words\n", "{\"a\": 1\n", "{\n", "{"] {
            check(text, None);
        }
    }

    /// `lexIntroSection` of Hugo's `parser/pageparser/pagelexer_intro.go`; tried with Hugo 0.168.
    #[test]
    fn hugo_takes_other_forms_for_text() {
        for (text, content) in [
            (";;;\n{}\n;;;\n# T\n", None),
            ("# -*- coding: utf-8 -*-\n---\na: b\n---\n# T\n", None),
            ("\n\n---\na: b\n---\n# T\n", Some("a: b\n")),
            ("\u{feff}---\na: b\n---\n# T\n", Some("a: b\n")),
            ("+++\na = 1\n+++\n# T\n", Some("a = 1\n")),
            ("{\"a\": 1}\n# T\n", Some("{\"a\": 1}")),
        ] {
            let found = FrontMatterBlock::find(text, Dialect::Hugo);
            assert_eq!(found.map(|found| found.content), content, "{text:?}");
        }
    }

    #[test]
    fn what_only_begins_like_front_matter_is_text() {
        for text in [
            "",
            "---",
            "---\n",
            "---\nwords\n",
            "# T\n---\na: b\n---\n",
            "    ---\na: b\n---\n",
            "--- two words\na: b\n---\n",
            "---\na: b\n----\n",
            "---\na: b\n+++\n",
            "coding: utf-8\nwords\n",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn no_repetition_takes_long() {
        for token in ["---\n", "{", "{\"a\":", "\n", "coding:\n", "...\n", "+++\n \n"] {
            let text = token.repeat(1_000_000 / token.len());
            FrontMatterBlock::find(&text, Dialect::Gitlab);
        }
    }
}
