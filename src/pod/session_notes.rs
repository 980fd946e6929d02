//! What people leave in a pairing issue: tasks, who was there, and what came of it.

mod insertion;

use linkcheck::markdown::list_items::{Entry, Item, parse_entries};

use super::marker;
use super::text::Untrusted;
pub use insertion::insert_tasks;
pub use linkcheck::markdown::list_items::Piece;

/// The heading of the tickets that a pod has pinned.
pub const PINNED_TICKETS: &str = "Pinned tickets";
/// The heading of the tasks of earlier sessions.
pub const LEFT_FROM_LAST_WEEK: &str = "Left from last week";
/// The heading of the names.
pub const WHO_IS_HERE: &str = "Who is here";
/// The heading of the work.
pub const WHAT_WE_WORKED_ON: &str = "What we worked on";
/// The heading of the results.
pub const WHAT_CAME_OF_IT: &str = "What came of it";

/// The heading of what people write down.
const NOTES: &str = "Notes";

const HEADINGS: [&str; 6] =
    [PINNED_TICKETS, LEFT_FROM_LAST_WEEK, WHO_IS_HERE, WHAT_WE_WORKED_ON, WHAT_CAME_OF_IT, NOTES];

/// A task of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskItem {
    /// Its words behind the box, without marks, on one line.
    pub text: Untrusted,
    /// The same as words and links.
    pub pieces: Vec<Piece>,
    /// Whether it goes on below its first paragraph; tasks of their own below it do not count.
    pub has_more: bool,
    /// What its box says.
    pub state: TaskState,
}

/// What a task's box says (GitLab docs, "Task lists").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskState {
    /// `[ ]`.
    Open,
    /// `[x]`.
    Done,
    /// `[~]`: it does not apply any more.
    Inapplicable,
}

/// What stands in the sections of a pairing issue, below podkeeper's block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionNotes {
    /// Tasks under [`PINNED_TICKETS`].
    pub pinned: Vec<TaskItem>,
    /// Tasks under [`LEFT_FROM_LAST_WEEK`].
    pub left: Vec<TaskItem>,
    /// Tasks under [`WHO_IS_HERE`]: whose box is ticked was there.
    pub people: Vec<TaskItem>,
    /// Items under [`WHAT_WE_WORKED_ON`].
    pub worked_on: Vec<Untrusted>,
    /// Addresses under [`WHAT_CAME_OF_IT`], each once.
    pub results: Vec<String>,
}

impl SessionNotes {
    /// Reads the description of a pairing issue. A section goes on to the next heading of its own level or above; its
    /// heading is known by its words, at any level and in any letter case.
    pub fn parse(body: &str) -> Self {
        let mut notes = Self::default();
        let mut section: Option<(&str, u8)> = None;
        for entry in parse_entries(&body[marker::end_of_block(body)..]) {
            match entry {
                Entry::Heading { level, text, .. } => match (known_heading(&text), section) {
                    (Some(known), _) => section = Some((known, level)),
                    // One below it divides the section, and does not end it.
                    (None, Some((_, above))) if level > above => {}
                    (None, _) => section = None,
                },
                Entry::Item(item) => notes.add_item(section.map(|(name, _)| name), item),
                Entry::Paragraph(pieces) => {
                    if section.is_some_and(|(name, _)| name == WHAT_CAME_OF_IT) {
                        notes.add_results(&pieces);
                    }
                }
            }
        }
        notes
    }

    /// The tasks of one of the two sections that are carried over, by its heading.
    pub fn tasks(&self, heading: &str) -> &[TaskItem] {
        match heading {
            PINNED_TICKETS => &self.pinned,
            LEFT_FROM_LAST_WEEK => &self.left,
            _ => &[],
        }
    }

    fn add_item(&mut self, section: Option<&str>, item: Item) {
        match section {
            Some(PINNED_TICKETS) => self.pinned.extend(task_from_item(item)),
            Some(LEFT_FROM_LAST_WEEK) => self.left.extend(task_from_item(item)),
            Some(WHO_IS_HERE) => self.people.extend(task_from_item(item)),
            Some(WHAT_WE_WORKED_ON) => self.worked_on.push(plain_line(&item.pieces)),
            Some(WHAT_CAME_OF_IT) => self.add_results(&item.pieces),
            _ => {}
        }
    }

    fn add_results(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            if let Piece::Link { target, .. } = piece
                && !self.results.contains(target)
            {
                self.results.push(target.clone());
            }
        }
    }
}

/// The words and links of a text, without what stands in code, comments and quotations: where GitLab makes references.
pub fn visible_pieces(text: &str) -> Vec<Piece> {
    let pieces_of = |entry| match entry {
        Entry::Heading { text, .. } => vec![Piece::Text(text)],
        Entry::Item(item) => item.pieces,
        Entry::Paragraph(pieces) => pieces,
    };
    parse_entries(&without_code_spans(text)).into_iter().flat_map(pieces_of).collect()
}

/// A text without what stands between backticks in its lines.
fn without_code_spans(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let mut rest = line;
        while let Some(at) = rest.find('`') {
            let fence = &rest[at..at + rest[at..].bytes().take_while(|b| *b == b'`').count()];
            let after = &rest[at + fence.len()..];
            let Some(end) = after.find(fence) else { break };
            out.push_str(&rest[..at]);
            out.push(' ');
            rest = after[end + fence.len()..].trim_start_matches('`');
        }
        out.push_str(rest);
    }
    out
}

/// The section of ours that a heading names.
fn known_heading(text: &str) -> Option<&'static str> {
    let text = text.trim().trim_end_matches(':').to_lowercase();
    HEADINGS.into_iter().find(|known| known.to_lowercase() == text)
}

/// The task of an item; none without a box, and none where the box holds what GitLab gives no meaning, or has no words
/// behind it.
fn task_from_item(item: Item) -> Option<TaskItem> {
    let state = match item.checkbox? {
        ' ' => TaskState::Open,
        'x' | 'X' => TaskState::Done,
        '~' => TaskState::Inapplicable,
        _ => return None,
    };
    let text = plain_line(&item.pieces);
    (!text.one_line().is_empty()).then_some(TaskItem { text, pieces: item.pieces, has_more: item.has_more, state })
}

fn plain_line(pieces: &[Piece]) -> Untrusted {
    let words = pieces.iter().map(|piece| match piece {
        Piece::Text(text) | Piece::Link { text, .. } => text.as_str(),
    });
    Untrusted::new(words.collect::<String>().trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(tasks: &[TaskItem]) -> Vec<String> {
        tasks.iter().map(|task| format!("{:?} {}", task.state, task.text)).collect()
    }

    #[test]
    fn sections_are_known_by_their_words() {
        let body = "Intro\n- [ ] no section\n\n# PINNED tickets ##\n- [ ] a\n### EMEA\n- [x] b\n\nLeft from last week\n---\n* [~] c\n\n\
                    ###### Who is here:\n1. [X] Ada\n2. [ ] Bo\n3. Cy\n## Notes\n- [ ] not ours\n## What came of it\n\
                    https://a.example/1\n- [two](https://a.example/2) and https://a.example/1\n\n## What we worked on\n- x\n";
        let notes = SessionNotes::parse(body);
        assert_eq!(texts(&notes.pinned), ["Open a", "Done b"]);
        assert_eq!(texts(&notes.left), ["Inapplicable c"]);
        assert_eq!(texts(&notes.people), ["Done Ada", "Open Bo"]);
        assert_eq!(notes.results, ["https://a.example/1", "https://a.example/2"]);
        assert_eq!(notes.worked_on, [Untrusted::new("x")]);
    }

    #[test]
    fn what_podkeeper_wrote_is_no_note() {
        let body = "<!-- podkeeper:v1 session alpha/weekly/2026-W48 -->\n## Pinned tickets\n- [ ] ours\n\
                    <!-- podkeeper:v1 state {} -->\n<!-- podkeeper:v1 end -->\n\n## Pinned tickets\n- [ ] theirs\n- [ ]\n- [ ]  \n";
        assert_eq!(texts(&SessionNotes::parse(body).pinned), ["Open theirs"]);
    }
}
