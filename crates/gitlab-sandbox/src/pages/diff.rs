//! What changed in files, as people review it: hunks of lines with three lines around them.

use minijinja::{Value, context};
use similar::udiff::UnifiedHunkHeader;
use similar::{ChangeTag, TextDiff};

use crate::world::FileChange;

/// Lines before and after a change that are shown with it.
const CONTEXT_LINES: usize = 3;
/// Comparing takes time by the square of what differs, so longer files are not compared.
const MAX_COMPARED_LINES: usize = 5_000;

/// Each changed file with its hunks.
pub(super) fn changed_files(changes: &[FileChange]) -> Vec<Value> {
    changes.iter().map(changed_file).collect()
}

fn changed_file(change: &FileChange) -> Value {
    let (before, after) = (change.before.as_deref().unwrap_or_default(), change.after.as_deref().unwrap_or_default());
    let what = match (&change.before, &change.after, &change.from) {
        (None, ..) => "new file",
        (_, None, _) => "deleted",
        (.., Some(_)) => "moved",
        _ => "changed",
    };
    let long = before.lines().count().max(after.lines().count()) > MAX_COMPARED_LINES;
    let hunks = if long { Vec::new() } else { compute_hunks(before, after) };
    let count = |sign: &str| hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line.sign == sign).count();
    let (added, removed) = (count("+"), count("-"));
    let hunks: Vec<Value> = hunks.into_iter().map(Hunk::into_value).collect();
    context! { path => &*change.path, from => &change.from, what, hunks, added, removed, long }
}

struct Hunk {
    header: String,
    lines: Vec<Line>,
}

struct Line {
    /// `+`, `-`, or nothing for a line that stays.
    sign: &'static str,
    before: Option<usize>,
    after: Option<usize>,
    text: String,
    /// It is the last one and does not end with a line break.
    missing_newline: bool,
}

fn compute_hunks(before: &str, after: &str) -> Vec<Hunk> {
    let diff = TextDiff::from_lines(before, after);
    let groups = diff.grouped_ops(CONTEXT_LINES).into_iter().filter(|group| !group.is_empty());
    groups
        .map(|group| {
            let lines = group.iter().flat_map(|op| diff.iter_changes(op)).map(|change| Line {
                sign: match change.tag() {
                    ChangeTag::Insert => "+",
                    ChangeTag::Delete => "-",
                    ChangeTag::Equal => "",
                },
                before: change.old_index().map(|index| index + 1),
                after: change.new_index().map(|index| index + 1),
                text: change.value().trim_end_matches(['\n', '\r']).to_owned(),
                missing_newline: change.missing_newline(),
            });
            Hunk { header: UnifiedHunkHeader::new(&group).to_string(), lines: lines.collect() }
        })
        .collect()
}

impl Hunk {
    fn into_value(self) -> Value {
        let lines = self.lines.into_iter().map(|line| {
            let class = match line.sign {
                "+" => "added",
                "-" => "removed",
                _ => "same",
            };
            context! { class, sign => line.sign, before => line.before, after => line.after, text => line.text, unended => line.missing_newline }
        });
        context! { header => self.header, lines => lines.collect::<Vec<_>>() }
    }
}

#[cfg(test)]
mod tests {
    use super::{Hunk, compute_hunks};

    fn hunks_as_text(hunks: &[Hunk]) -> String {
        let lines = hunks.iter().flat_map(|hunk| {
            let lines = hunk.lines.iter().map(|line| format!("{:1}{}", line.sign, line.text));
            [hunk.header.clone()].into_iter().chain(lines)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn lines_that_stay_are_told_around_a_change_and_no_others() {
        let before = (1..=20).fold(String::new(), |text, number| text + &format!("line {number}\n"));
        let after = before.replace("line 10\n", "line ten\n");
        insta::assert_snapshot!(hunks_as_text(&compute_hunks(&before, &after)), @r"
        @@ -7,7 +7,7 @@
         line 7
         line 8
         line 9
        -line 10
        +line ten
         line 11
         line 12
         line 13
        ");
    }

    #[test]
    fn changes_far_apart_are_two_hunks_and_a_new_file_is_one() {
        let before = (1..=30).fold(String::new(), |text, number| text + &format!("line {number}\n"));
        let after = before.replace("line 3\n", "").replace("line 27\n", "line 27\nmore\n");
        assert_eq!(compute_hunks(&before, &after).len(), 2);
        assert_eq!(hunks_as_text(&compute_hunks("", "a\nb\n")), "@@ -0,0 +1,2 @@\n+a\n+b");
        assert_eq!(hunks_as_text(&compute_hunks("a\n", "")), "@@ -1 +0,0 @@\n-a");
        assert!(compute_hunks("same\n", "same\n").is_empty());
        assert!(compute_hunks("a", "a\n").iter().any(|hunk| hunk.lines.iter().any(|line| line.missing_newline)));
    }
}
