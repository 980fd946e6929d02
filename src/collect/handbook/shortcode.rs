//! Hugo's shortcodes that name people: `member-by-name`, `member-by-gitlab` and `member-and-role-by-gitlab`.
//!
//! Hugo replaces shortcodes before Markdown is read, so they are looked for in the line as it stands.

use std::ops::Range;

/// The shortcodes that name people.
const NAMES: [&str; 3] = ["member-by-name", "member-by-gitlab", "member-and-role-by-gitlab"];
/// The most people that one shortcode names.
const MOST_ARGUMENTS: usize = 100;

/// A shortcode that names people.
pub(super) struct MemberShortcode {
    /// Where it stands in its line.
    pub(super) range: Range<usize>,
    /// Whom it is given.
    pub(super) people: ShortcodePeople,
}

/// The arguments of a shortcode that names people.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ShortcodePeople {
    /// One name.
    Name(String),
    /// User names of GitLab, from which the site makes the names.
    Handles(Vec<String>),
}

/// Every complete `{{< member-by-… … >}}` of a line. An argument may stand in double quotes, in backticks (Hugo's raw
/// string, for names that hold quotes) or, if it is one word, alone.
pub(super) fn find_member_shortcodes(line: &str) -> Vec<MemberShortcode> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = line[from..].find("{{").map(|at| from + at) {
        from = at + 2;
        if let Some((people, rest)) = parse_shortcode(&line[at..]) {
            from = line.len() - rest.len();
            found.push(MemberShortcode { range: at..from, people });
        }
    }
    found
}

/// Where a shortcode of people begins, complete or not.
pub(super) fn find_begun_shortcode(text: &str) -> Option<usize> {
    text.match_indices("{{").map(|(at, _)| at).find(|at| {
        let inside = text[at + 2..].strip_prefix(['<', '%']);
        inside.is_some_and(|inside| {
            let inside = inside.trim_start();
            inside.starts_with("member-by-") || inside.starts_with("member-and-role-by-")
        })
    })
}

/// The people and what follows the shortcode that a text begins with.
fn parse_shortcode(text: &str) -> Option<(ShortcodePeople, &str)> {
    let (open, close) = if text.starts_with("{{<") { ("{{<", ">}}") } else { ("{{%", "%}}") };
    let inside = text.strip_prefix(open)?.trim_start();
    let name = NAMES.into_iter().find(|name| inside.starts_with(name))?;
    let mut rest = inside.strip_prefix(name).filter(|rest| rest.starts_with(char::is_whitespace))?;
    let mut arguments = Vec::new();
    // Nobody has so many; a page that is made to keep its reader busy might.
    while arguments.len() <= MOST_ARGUMENTS {
        rest = rest.trim_start();
        if let Some(behind) = rest.strip_prefix('/').unwrap_or(rest).strip_prefix(close) {
            return Some((to_people(name, arguments)?, behind));
        }
        let (argument, behind) = parse_argument(rest)?;
        arguments.push(argument.trim().to_owned());
        rest = behind;
    }
    None
}

fn to_people(name: &str, mut arguments: Vec<String>) -> Option<ShortcodePeople> {
    match name {
        "member-by-name" if arguments.len() == 1 => arguments.pop().map(ShortcodePeople::Name),
        "member-by-gitlab" if arguments.len() == 1 => Some(ShortcodePeople::Handles(arguments)),
        "member-and-role-by-gitlab" if !arguments.is_empty() => Some(ShortcodePeople::Handles(arguments)),
        _ => None,
    }
}

fn parse_argument(text: &str) -> Option<(String, &str)> {
    let text = text.strip_prefix("name=").unwrap_or(text);
    match text.chars().next()? {
        '"' => quoted(&text[1..]),
        '`' => text[1..].split_once('`').map(|(name, rest)| (name.to_owned(), rest)),
        '{' => None,
        _ => text.split_at_checked(text.find(char::is_whitespace)?).map(|(name, rest)| (name.to_owned(), rest)),
    }
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
        let names = find_member_shortcodes(line).into_iter().filter_map(|code| match code.people {
            ShortcodePeople::Name(name) => Some(name),
            ShortcodePeople::Handles(_) => None,
        });
        names.collect()
    }

    #[test]
    fn handles_are_read_from_the_shortcodes_that_take_them() {
        for (line, handles) in [
            (r#"- {{< member-by-gitlab "aquill" >}}"#, &["aquill"][..]),
            (r"{{% member-by-gitlab aquill %}}", &["aquill"]),
            (r#"{{< member-and-role-by-gitlab "aquill" `svale` teo >}}"#, &["aquill", "svale", "teo"]),
        ] {
            let found = find_member_shortcodes(line);
            let handles = handles.iter().map(|handle| (*handle).to_owned()).collect();
            assert!(matches!(&found[..], [code] if code.people == ShortcodePeople::Handles(handles)), "{line}");
        }
        for none in
            [r#"{{< member-by-gitlab "a" "b" >}}"#, "{{< member-and-role-by-gitlab >}}", "{{< member-by-gitlab a"]
        {
            assert!(find_member_shortcodes(none).is_empty(), "{none}");
            assert_eq!(find_begun_shortcode(none), Some(0), "{none}");
        }
        assert_eq!(find_begun_shortcode(r#"x {{</* member-by-name "A" */>}} {{< ref "y" >}}"#), None);
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
            r#"{{< member-by-name "Ada" "Quill" >}}"#,
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
