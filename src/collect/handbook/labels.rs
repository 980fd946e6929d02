//! Label references, `~"name"` and `~name`, as GitLab reads them outside code.

use memchr::memchr;

use super::{MOST, Page};
use crate::pod::document::LabelReference;
use crate::pod::finding::Finding;
use crate::pod::rule::Rule;
use crate::pod::text::Untrusted;

/// Every label reference of the page, empty ones included.
pub(super) fn read(page: &Page<'_>, findings: &mut Vec<Finding>) -> Vec<LabelReference> {
    let outline = page.outline;
    if memchr(b'~', page.source.text.as_bytes()).is_none() {
        return Vec::new();
    }
    let hidden = outline.code().chain(outline.silent.iter().cloned()).chain(outline.front_matter.clone());
    let shown = page.source.without(hidden);
    let mut labels = Vec::new();
    let mut behind = 0;
    while let Some(at) = memchr(b'~', &shown.as_bytes()[behind..]).map(|at| behind + at) {
        // Lines without the sign are passed over.
        let offset = shown[..at].rfind('\n').map_or(0, |end| end + 1);
        behind = memchr(b'\n', &shown.as_bytes()[at..]).map_or(shown.len(), |end| at + end + 1);
        let line = &shown[offset..behind];
        let references = references(line);
        for reference in references.iter().take(MOST - labels.len()) {
            let at = offset + reference.start;
            if reference.name.is_empty() {
                findings.push(empty(page, at));
            }
            labels.push(LabelReference {
                name: Untrusted::new(reference.name),
                line: page.line(at),
                section: page.section(at),
            });
        }
        // A list of labels may go on in the next line.
        let goes_on = shown[behind..].lines().next().is_some_and(|next| next.trim_start().starts_with('~'));
        if let Some(last) = references.last().filter(|_| !goes_on && labels.len() < MOST) {
            let rest = &line[last.end..];
            if rest.trim() == "," {
                let comma = offset + last.end + rest.find(',').unwrap_or_default();
                findings.push(trailing_comma(page, last.name, comma));
            }
        }
    }
    labels
}

/// A reference in its line.
struct Reference<'a> {
    name: &'a str,
    start: usize,
    end: usize,
}

fn empty(page: &Page<'_>, at: usize) -> Finding {
    let subject = subject(page, "", at);
    Finding::new(Rule::LabelEmpty, subject, "A label reference names no label.").at(page.place(at))
}

fn trailing_comma(page: &Page<'_>, name: &str, at: usize) -> Finding {
    let shown = Untrusted::new(name).line();
    let message = format!("A comma follows ~\"{shown}\", the last label of its line.");
    Finding::new(Rule::LabelTrailingComma, subject(page, name, at), message).at(page.place(at))
}

/// The reference with its section, which together outlive edits elsewhere on the page.
fn subject(page: &Page<'_>, name: &str, at: usize) -> String {
    let name = Untrusted::new(name).line();
    match page.section(at).line() {
        section if section.is_empty() => format!("~\"{name}\""),
        section => format!("~\"{name}\" ({section})"),
    }
}

fn references(line: &str) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = line[from..].find('~').map(|at| from + at) {
        from = start + 1;
        let before = line[..start].chars().next_back();
        let rest = &line[from..];
        let read = match rest.strip_prefix('"') {
            Some(quoted) if !matches!(before, Some('~' | '\\')) => {
                quoted.split_once('"').map(|(name, _)| (name.trim(), name.len() + 2))
            }
            None if may_stand_before(before) => unquoted(rest).map(|name| (name, name.len())),
            _ => None,
        };
        if let Some((name, length)) = read {
            found.push(Reference { name, start, end: from + length });
            from += length;
        }
    }
    found
}

/// What may stand before an unquoted reference: a `~` inside a word, a path or another pair of `~` is none.
fn may_stand_before(before: Option<char>) -> bool {
    before.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '[' | '|' | ',' | '*' | '_' | '>'))
}

/// A name of one word: GitLab's characters (`Label.reference_pattern`), but beginning with a letter,
/// because people write `~5` for "about five".
fn unquoted(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "_-?.&:".contains(c))).unwrap_or(text.len());
    let name = text[..end].trim_end_matches(['.', '?', ':', '&']);
    let alone = !text[name.len()..].starts_with('~');
    (alone && name.starts_with(|c: char| c.is_ascii_alphabetic())).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str) -> Vec<&str> {
        references(line).into_iter().map(|reference| reference.name).collect()
    }

    #[test]
    fn quoted_and_single_words_are_labels() {
        assert_eq!(names(r#"- Label: ~"a::b", ~"Category:C D","#), ["a::b", "Category:C D"]);
        assert_eq!(names(r#"~"" and ~" ""#), ["", ""]);
        assert_eq!(names("(~bug), ~devops::alpha. **~type::x** ~a-b_c?"), ["bug", "devops::alpha", "type::x", "a-b_c"]);
        assert_eq!(names(r#"juniper-org/alpha~"x y""#), ["x y"]);
    }

    #[test]
    fn other_tildes_are_none() {
        for line in [
            r#"\~"a""#,
            r#"~~"a"~~"#,
            r#"~"a"#,
            "~5 people",
            "~10k",
            "/~user",
            "a~b",
            "~/home",
            "~ x",
            "~",
            "~~struck~~",
            "https://a.example/~user",
            "~struck~",
            "~.a",
            "~::a",
        ] {
            assert!(names(line).is_empty(), "{line}");
        }
    }
}
