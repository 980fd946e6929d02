//! Hugo's `ref` and `relref` shortcodes as the addresses of links.
//!
//! Hugo replaces shortcodes before Markdown is read, so they are looked for in the line as it stands.

use std::ops::Range;

use memchr::memmem;

use super::links::FoundLink;
use super::outline::Outline;
use super::plain_text::{LONGEST_LINE, truncate_owned};
use super::source::Source;
use crate::link::LinkForm;

/// Links to `ref` shortcodes, which Hugo fills in before Markdown is read.
pub(super) fn find_ref_links(source: &Source<'_>, outline: &Outline) -> Vec<FoundLink> {
    if memmem::find(source.text.as_bytes(), b"]({{").is_none() {
        return Vec::new();
    }
    let hidden = outline.code_ranges().chain(outline.hidden_ranges.iter().cloned()).chain(outline.front_matter.clone());
    let text = source.blank_out(hidden);
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        found.extend(find_refs_in_line(line).into_iter().map(|(range, text, code)| FoundLink {
            range: start + range.start..start + range.end,
            url: code.to_owned(),
            text: truncate_owned(text, LONGEST_LINE),
            form: LinkForm::Inline,
        }));
        start += line.len();
    }
    found
}

/// Every `[text](…)` of a line whose address is a `ref` or `relref` shortcode: where the link stands, its text and the
/// shortcode. Its blanks keep Markdown from reading it as a link.
fn find_refs_in_line(line: &str) -> Vec<(Range<usize>, &str, &str)> {
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
            find_refs_in_line(line).into_iter().map(|(range, text, code)| (&line[range], text, code)).collect();
        assert_eq!(
            found,
            [
                (r#"[a]({{< ref "x#y" >}})"#, "a", r#"{{< ref "x#y" >}}"#),
                (r#"[b c]({{% relref "/z" %}})"#, "b c", r#"{{% relref "/z" %}}"#),
            ]
        );
        // Opened again and again, and closed far behind: each part of the line is read once.
        let long = format!("{}}}}}) [a]({{{{< ref \"x\" >}}}})", "]({{".repeat(400_000));
        assert_eq!(find_refs_in_line(&long).len(), 1);
        assert!(find_refs_in_line(&"]({{".repeat(400_000)).is_empty());
        for broken in ["]({{", "[x]({{< ref \"a\" >}}", "]({{< ref \"a\" >}}) é"] {
            assert!(find_refs_in_line(broken).len() <= 1, "{broken}");
        }
    }
}
