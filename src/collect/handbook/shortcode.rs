//! Hugo's `member-by-name` shortcode.
//!
//! Hugo replaces shortcodes before Markdown is read, so they are looked for in the line as it stands.

use std::ops::Range;

const SHORTCODE_NAME: &str = "member-by-name";

/// A shortcode that names a person.
pub(super) struct MemberShortcode {
    /// Where it stands in its line.
    pub(super) range: Range<usize>,
    /// The name it is given.
    pub(super) name: String,
}

/// Every complete `{{< member-by-name … >}}` of a line. The name may stand in double quotes, in backticks
/// (Hugo's raw string, for names that hold quotes) or, if it is one word, alone.
pub(super) fn find_member_shortcodes(line: &str) -> Vec<MemberShortcode> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = line[from..].find("{{").map(|at| from + at) {
        from = at + 2;
        if let Some((name, rest)) = parse_shortcode(&line[at..]) {
            from = line.len() - rest.len();
            found.push(MemberShortcode { range: at..from, name });
        }
    }
    found
}

/// The name and what follows the shortcode that a text begins with.
fn parse_shortcode(text: &str) -> Option<(String, &str)> {
    let (open, close) = if text.starts_with("{{<") { ("{{<", ">}}") } else { ("{{%", "%}}") };
    let inside = text.strip_prefix(open)?.trim_start().strip_prefix(SHORTCODE_NAME)?;
    let inside = inside.strip_prefix(char::is_whitespace)?.trim_start();
    let inside = inside.strip_prefix("name=").unwrap_or(inside);
    let (name, rest) = match inside.chars().next()? {
        '"' => quoted(&inside[1..])?,
        '`' => inside[1..].split_once('`').map(|(name, rest)| (name.to_owned(), rest))?,
        _ => inside.split_at_checked(inside.find(char::is_whitespace)?).map(|(name, rest)| (name.to_owned(), rest))?,
    };
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('/').unwrap_or(rest).strip_prefix(close)?;
    Some((name.trim().to_owned(), rest))
}

/// A text up to its closing quote; `\"` stands for a quote.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' if !escaped => return Some((name, &text[at + 1..])),
            '\\' if !escaped => escaped = true,
            c => {
                name.push(c);
                escaped = false;
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str) -> Vec<String> {
        find_member_shortcodes(line).into_iter().map(|code| code.name).collect()
    }

    #[test]
    fn every_way_to_quote_a_name_is_read() {
        for (line, name) in [
            (r#"- {{< member-by-name "Ada Quill" >}}"#, "Ada Quill"),
            (r#"{{<member-by-name "Ada Quill">}}"#, "Ada Quill"),
            (r#"{{% member-by-name " Ada Quill " /%}}"#, "Ada Quill"),
            (r#"{{< member-by-name name="Ada Quill" >}}"#, "Ada Quill"),
            (r#"{{< member-by-name `Mateo "Teo" Farrow` >}}"#, r#"Mateo "Teo" Farrow"#),
            (r#"{{< member-by-name "Mateo \"Teo\" Farrow" >}}"#, r#"Mateo "Teo" Farrow"#),
            (r"{{< member-by-name Cher >}}", "Cher"),
        ] {
            assert_eq!(names(line), [name], "{line}");
        }
        assert_eq!(names(r#"{{< member-by-name "A" >}}, {{< member-by-name "B" >}}"#), ["A", "B"]);
    }

    #[test]
    fn others_and_incomplete_ones_are_none() {
        for line in [
            r#"{{< member-by-name "Ada Quill" "#,
            r#"{{< member-by-name "Ada Quill >}}"#,
            r"{{< member-by-name `Ada >}}",
            r"{{< member-by-name >}}",
            r#"{{< member-by-names "Ada" >}}"#,
            r#"{{< member-by-gitlab "aquill" >}}"#,
            r#"{{</* member-by-name "Ada" */>}}"#,
            r#"{{< member-by-name "Ada" %}}"#,
            "{{<",
        ] {
            assert!(names(line).is_empty(), "{line}");
        }
    }

    #[test]
    fn a_second_shortcode_is_read_behind_a_broken_first_one() {
        assert_eq!(names(r#"{{< member-by-name {{< member-by-name "B" >}}"#), ["B"]);
    }
}
