//! Hugo's `member-by-name` shortcode.
//!
//! Hugo replaces shortcodes before Markdown is read, so they are looked for in the line as it stands.

use std::ops::Range;

const NAME: &str = "member-by-name";

/// A shortcode that names a person.
pub(super) struct Shortcode {
    /// Where it stands in its line.
    pub(super) range: Range<usize>,
    /// The name it is given.
    pub(super) name: String,
}

/// Every complete `{{< member-by-name … >}}` of a line. The name may stand in double quotes, in backticks
/// (Hugo's raw string, for names that hold quotes) or, if it is one word, alone.
pub(super) fn members(line: &str) -> Vec<Shortcode> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = line[from..].find("{{").map(|at| from + at) {
        from = at + 2;
        if let Some((name, rest)) = read(&line[at..]) {
            from = line.len() - rest.len();
            found.push(Shortcode { range: at..from, name });
        }
    }
    found
}

/// The name and what follows the shortcode that a text begins with.
fn read(text: &str) -> Option<(String, &str)> {
    let (open, close) = if text.starts_with("{{<") { ("{{<", ">}}") } else { ("{{%", "%}}") };
    let inside = text.strip_prefix(open)?.trim_start().strip_prefix(NAME)?;
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

/// Every `[text](…)` of a line whose address is a `ref` or `relref` shortcode: where the link stands, its text and the
/// shortcode. Its blanks keep Markdown from reading it as a link.
pub(super) fn references(line: &str) -> Vec<(Range<usize>, &str, &str)> {
    let mut found = Vec::new();
    // Both go forward with the matches: a line may be long and hold thousands.
    let (mut open, mut seen, mut end) = (None, 0, 0);
    for (bracket, _) in line.match_indices("]({{") {
        open = line[seen..bracket].rfind('[').map(|at| seen + at).or(open);
        seen = bracket;
        let at = bracket + "](".len();
        if end < at + "{{}}".len() {
            match line[at..].find("}}") {
                Some(behind) => end = at + behind + "}}".len(),
                None => break,
            }
        }
        let name = line[at..end].trim_start_matches(['{', '<', '%']).trim_start();
        let is_reference = ["ref", "relref"]
            .iter()
            .any(|known| name.strip_prefix(known).is_some_and(|rest| rest.starts_with(char::is_whitespace)));
        // `{{</* … */>}}` is shown as it is.
        if is_reference && line[end..].starts_with(')') {
            let start = open.unwrap_or(bracket);
            let text = line[start..bracket].trim_start_matches('[');
            found.push((start..end + 1, text, &line[at..end]));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_a_reference_is_read_in_either_form() {
        let line = r#"[a]({{< ref "x#y" >}}), [b c]({{% relref "/z" %}}), [d]({{</* ref "shown" */>}}) [e]({{< figure "x" >}})"#;
        let found: Vec<_> =
            references(line).into_iter().map(|(range, text, code)| (&line[range], text, code)).collect();
        assert_eq!(
            found,
            [
                (r#"[a]({{< ref "x#y" >}})"#, "a", r#"{{< ref "x#y" >}}"#),
                (r#"[b c]({{% relref "/z" %}})"#, "b c", r#"{{% relref "/z" %}}"#),
            ]
        );
        // Opened again and again, and closed far behind: each part of the line is read once.
        let long = format!("{}}}}}) [a]({{{{< ref \"x\" >}}}})", "]({{".repeat(400_000));
        assert_eq!(references(&long).len(), 1);
        assert!(references(&"]({{".repeat(400_000)).is_empty());
        for broken in ["]({{", "[x]({{< ref \"a\" >}}", "]({{< ref \"a\" >}}) é"] {
            assert!(references(broken).len() <= 1, "{broken}");
        }
    }

    fn names(line: &str) -> Vec<String> {
        members(line).into_iter().map(|code| code.name).collect()
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
