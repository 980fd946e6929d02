//! What somebody does to a description with a whole-text editor: everything in it is sent anew.

use comrak::nodes::NodeValue;

use super::{FieldChange, IssueEdit, World, rewrite_in_rich_text_editor};
use crate::quick_actions;

impl World {
    /// Somebody opens the description in the rich text editor and saves it; `None` without such an issue.
    pub fn save_in_rich_text_editor(&mut self, project: u64, iid: u64, who: u64) -> Option<()> {
        self.save_description(project, iid, who, rewrite_in_rich_text_editor)
    }

    /// Somebody saves the description without its HTML comments; nothing else of it changes. `None` without such an
    /// issue.
    pub fn save_without_html_comments(&mut self, project: u64, iid: u64, who: u64) -> Option<()> {
        self.save_description(project, iid, who, remove_html_comments)
    }

    fn save_description(&mut self, project: u64, iid: u64, who: u64, change: impl Fn(&str) -> String) -> Option<()> {
        let Some(text) = self.issue(project, iid)?.description.as_deref().map(change) else { return Some(()) };
        let description = if text.is_empty() { FieldChange::Clear } else { FieldChange::Set(text) };
        self.edit_issue(project, iid, who, &IssueEdit { description, ..IssueEdit::default() });
        Some(())
    }
}

/// A text without its HTML comments. What looks like one in code is none.
fn remove_html_comments(text: &str) -> String {
    let code = code_ranges(text);
    let mut kept = String::with_capacity(text.len());
    let mut done = 0;
    let mut from = 0;
    while let Some(start) = text[from..].find("<!--").map(|at| from + at) {
        from = start + 4;
        if code.iter().any(|(first, last)| (*first..*last).contains(&start)) {
            continue;
        }
        // One that never ends takes the rest.
        let end = text[from..].find("-->").map_or(text.len(), |at| from + at + 3);
        kept.push_str(&text[done..start]);
        (done, from) = (end, end);
    }
    kept.push_str(&text[done..]);
    kept
}

/// Where code blocks and code spans are, as bytes.
fn code_ranges(text: &str) -> Vec<(usize, usize)> {
    let mut starts = vec![0];
    starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
    let place = |line: usize, column: usize| starts.get(line.saturating_sub(1)).map_or(text.len(), |at| at + column);
    let arena = comrak::Arena::new();
    let root = comrak::parse_document(&arena, text, &quick_actions::markdown_options());
    let code =
        root.descendants().filter(|node| matches!(node.data().value, NodeValue::Code(_) | NodeValue::CodeBlock(_)));
    let positions = code.map(|node| node.data().sourcepos);
    positions
        .map(|at| (place(at.start.line, at.start.column.saturating_sub(1)), place(at.end.line, at.end.column)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::remove_html_comments;

    #[test]
    fn comments_go_and_nothing_else_does() {
        for (given, expected) in [
            ("a\n\n<!-- x -->\nb", "a\n\n\nb"),
            ("<!--\nx\n\ny\n-->\n\n- a <!-- k --> b\n", "\n\n- a  b\n"),
            ("`<!-- code -->` <!-- x -->", "`<!-- code -->` "),
            ("é\n\n```html\n<!-- code -->\n```\n<!-- x -->", "é\n\n```html\n<!-- code -->\n```\n"),
            ("a <!-- b", "a "),
            ("<b>bold</b> --> &lt;!-- x", "<b>bold</b> --> &lt;!-- x"),
        ] {
            assert_eq!(remove_html_comments(given), expected);
        }
    }
}
