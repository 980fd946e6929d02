//! Label references, `~"name"` and `~name`, as GitLab reads them outside code.

use memchr::memchr;

use super::{MAX_ENTRIES, ParsedPage};
use crate::pod::finding::Finding;
use crate::pod::pod_page::LabelReference;
use crate::pod::rule::Rule;
use crate::pod::text::{Untrusted, one_line};

/// Every label reference of the page, empty ones included.
pub(super) fn read(page: &ParsedPage<'_>, findings: &mut Vec<Finding>) -> Vec<LabelReference> {
    let outline = page.outline;
    if memchr(b'~', page.source.text.as_bytes()).is_none() {
        return Vec::new();
    }
    let hidden = outline.code_ranges().chain(outline.hidden_ranges.iter().cloned()).chain(outline.front_matter.clone());
    let hidden = hidden.chain(outline.ranges_without_references.iter().cloned());
    let shown = page.source.blank_out(hidden);
    let mut labels = Vec::new();
    let mut behind = 0;
    while let Some(at) = memchr(b'~', &shown.as_bytes()[behind..]).map(|at| behind + at) {
        // Lines without the sign are passed over.
        let offset = shown[..at].rfind('\n').map_or(0, |end| end + 1);
        behind = memchr(b'\n', &shown.as_bytes()[at..]).map_or(shown.len(), |end| at + end + 1);
        let line = &shown[offset..behind];
        let references = references(line);
        for reference in references.iter().take(MAX_ENTRIES - labels.len()) {
            let at = offset + reference.start;
            if reference.name.is_empty() {
                findings.push(empty_label_finding(page, at));
            }
            labels.push(LabelReference {
                name: Untrusted::new(reference.name),
                may_be_prose: !reference.is_quoted && !reference.name.contains("::"),
                line: page.line_at(at),
                section: page.section_at(at),
            });
        }
        // A list of labels may go on in the next line.
        let goes_on = shown[behind..].lines().next().is_some_and(|next| next.trim_start().starts_with('~'));
        if let Some(last) = references.last().filter(|_| !goes_on && labels.len() < MAX_ENTRIES) {
            let rest = &line[last.end..];
            if rest.trim() == "," {
                let comma = offset + last.end + rest.find(',').unwrap_or_default();
                findings.push(trailing_comma_finding(page, last.name, comma));
            }
        }
    }
    labels
}

/// A reference in its line.
struct Reference<'a> {
    name: &'a str,
    is_quoted: bool,
    start: usize,
    end: usize,
}

fn empty_label_finding(page: &ParsedPage<'_>, at: usize) -> Finding {
    let subject = finding_subject(page, "", at);
    Finding::new(Rule::LabelEmpty, subject, "A label reference names no label.").with_place(page.place_at(at))
}

fn trailing_comma_finding(page: &ParsedPage<'_>, name: &str, at: usize) -> Finding {
    let shown = one_line(name);
    let message = format!("A comma follows ~\"{shown}\", the last label of its line.");
    Finding::new(Rule::LabelTrailingComma, finding_subject(page, name, at), message).with_place(page.place_at(at))
}

/// The reference with its section, which together outlive edits elsewhere on the page.
fn finding_subject(page: &ParsedPage<'_>, name: &str, at: usize) -> String {
    let name = one_line(name);
    match page.section_at(at).one_line() {
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
            None if can_precede_reference(before) => parse_unquoted_name(rest).map(|name| (name, name.len())),
            _ => None,
        };
        if let Some((name, length)) = read {
            found.push(Reference { name, is_quoted: rest.starts_with('"'), start, end: from + length });
            from += length;
        }
    }
    found
}

/// What may stand before an unquoted reference: a `~` inside a word, a path or another pair of `~` is none.
fn can_precede_reference(before: Option<char>) -> bool {
    before.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '[' | '|' | ',' | '*' | '_' | '>'))
}

/// A name of one word: GitLab's characters (`Label.reference_pattern`), but beginning with a letter,
/// because people write `~5` for "about five".
fn parse_unquoted_name(text: &str) -> Option<&str> {
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
