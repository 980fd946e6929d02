//! Task lists in a text, and what GitLab notes down when somebody ticks a box (`app/models/concerns/taskable.rb`,
//! `app/services/system_notes/issuables_service.rb`, `change_task_status`).

/// One item of a task list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Task {
    /// What stands behind the box.
    pub(crate) text: String,
    /// Whether the box is ticked.
    pub(crate) done: bool,
}

/// The items in a text, in order: those in lists, in quotes too, but not in code blocks and HTML comments.
pub(crate) fn parse_tasks(text: &str) -> Vec<Task> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let end = block_end_line(line).and_then(|end| {
            let mut rest = lines.iter().skip(at + 1);
            rest.position(|line| line.trim_end() == end).map(|more| at + 1 + more)
        });
        match end {
            Some(end) => at = end,
            None => found.extend(parse_task(line)),
        }
        at += 1;
    }
    found
}

/// What GitLab notes down of an edit for the boxes that it ticked or unticked: an item is the same one if it has its
/// number in the list and its text. Nothing if there are none.
pub(super) fn task_status_notes(before: &str, after: &str) -> Vec<String> {
    let pairs = parse_tasks(before).into_iter().zip(parse_tasks(after));
    let changed = pairs.filter(|(old, new)| old.text == new.text && old.done != new.done);
    changed
        .map(|(_, new)| {
            let state = if new.done { "completed" } else { "incomplete" };
            format!("marked the checklist item **{}** as {state}", escape_markdown(&new.text))
        })
        .collect()
}

/// The line that ends the block that this line begins, if it begins one in which there are no tasks.
fn block_end_line(line: &str) -> Option<&'static str> {
    if line.starts_with("```") {
        return Some("```");
    }
    (line.starts_with("<!--") && !line.contains("-->")).then_some("-->")
}

fn parse_task(line: &str) -> Option<Task> {
    let mut rest = line;
    while let Some(quoted) = rest.strip_prefix('>') {
        rest = quoted.trim_start();
    }
    let mut inside = false;
    while let Some(behind) = strip_list_marker(rest.trim_start()) {
        (rest, inside) = (behind, true);
    }
    let boxed = Some(rest.trim_start()).filter(|trimmed| inside && trimmed.len() < rest.len())?;
    let (done, text) =
        match (boxed.strip_prefix("[x]").or_else(|| boxed.strip_prefix("[X]")), boxed.strip_prefix("[ ]")) {
            (Some(text), _) => (true, text),
            (None, Some(text)) => (false, text),
            (None, None) => return None,
        };
    let text = Some(text).filter(|text| text.starts_with(char::is_whitespace)).map(str::trim)?;
    (!text.is_empty()).then(|| Task { text: text.to_owned(), done })
}

/// What stands behind the marker of a list item.
fn strip_list_marker(line: &str) -> Option<&str> {
    if let Some(rest) = line.strip_prefix(['-', '+', '*']) {
        return Some(rest);
    }
    let rest = line.trim_start_matches(|char: char| char.is_ascii_digit());
    rest.strip_prefix(['.', ')']).filter(|_| rest.len() < line.len())
}

/// The text without the marks of comments and with its Markdown escaped, as notes on gitlab.com have it.
fn escape_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.replace("<!--", "").replace("-->", "").trim().chars() {
        if char.is_ascii_punctuation() && !"/:,".contains(char) {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_items_of_lists_outside_code_and_comments() {
        let text = "- [ ] one\n* [x] two\n1. [X] three\n> - [ ] four\n- - [ ] five\n- [ ]\n- [ ]six\n[ ] seven\n\
            ```\n- [ ] code\n```\n<!--\n- [ ] hidden\n-->\n<details>\n\n- [ ] eight <!-- k -->\n</details>";
        let all = parse_tasks(text);
        let texts: Vec<&str> = all.iter().map(|task| task.text.as_str()).collect();
        assert_eq!(texts, ["one", "two", "three", "four", "five", "eight <!-- k -->"]);
        assert_eq!(all.iter().map(|task| task.done).collect::<Vec<_>>(), [false, true, true, false, false, false]);
    }

    #[test]
    fn a_box_that_was_ticked_is_told_by_its_text_with_its_markdown_escaped() {
        for (before, after, expected) in [
            ("- [ ] a", "- [x] a", vec!["marked the checklist item **a** as completed"]),
            ("- [x] a", "- [ ] a", vec!["marked the checklist item **a** as incomplete"]),
            (
                "- [ ] See #4 in src/x.go <!-- pod:k=1 -->",
                "- [x] See #4 in src/x.go <!-- pod:k=1 -->",
                vec![r"marked the checklist item **See \#4 in src/x\.go  pod:k\=1** as completed"],
            ),
            // Another text, another place in the list, or ticked from the start: no box was ticked.
            ("- [ ] a", "- [x] b", vec![]),
            ("- [ ] a", "- [ ] b\n- [x] a", vec![]),
            ("", "- [x] a", vec![]),
            (
                "- [ ] a\n- [x] b",
                "- [x] a\n- [ ] b\n- [x] c",
                vec!["marked the checklist item **a** as completed", "marked the checklist item **b** as incomplete"],
            ),
        ] {
            assert_eq!(task_status_notes(before, after), expected, "{before} -> {after}");
        }
    }
}
