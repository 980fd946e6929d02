//! The items of a text's lists, with their boxes, and the headings above them: what people write down to be done.

use std::mem;
use std::ops::Range;

use comrak::nodes::{Node, NodeValue};
use comrak::{Arena, parse_document};

use super::Dialect;
use super::options::options;
use super::source::Source;
use super::{inline_locator, plain_text, truncate_to_limit};

/// A heading or an item, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A heading that divides the text: none inside a list or a quotation.
    Heading {
        /// 1 to 6.
        level: u8,
        /// Its text, see [`super::plain_text`].
        text: String,
        /// Where it stands, in byte offsets.
        range: Range<usize>,
    },
    /// An item of a list, however deep in other lists, and outside of quotations.
    Item(Item),
    /// A paragraph, those that begin an item not among them.
    Paragraph(Vec<Piece>),
}

/// An item of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The character in its box, a blank where it is not ticked; none for an item without a box.
    pub checkbox: Option<char>,
    /// Its first paragraph, on one line.
    pub pieces: Vec<Piece>,
    /// Whether it holds more than that and the lists below it.
    pub has_more: bool,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Words, without marks.
    Text(String),
    /// A link.
    Link {
        /// The words that are shown.
        text: String,
        /// Where it leads.
        target: String,
    },
}

/// The headings and items of a text, as GitLab's parser sees them: what stands in code, comments and quotations is none.
pub fn parse_entries(text: &str) -> Vec<Entry> {
    let source = Source::new(truncate_to_limit(text), Dialect::Gitlab);
    let arena = Arena::new();
    let root = parse_document(&arena, source.text_to_parse(), &options(source.text_to_parse(), Dialect::Gitlab));
    let mut entries = Vec::new();
    // A stack of its own: lists nest as deeply as a text is long.
    let mut open: Vec<Node<'_>> = root.children().collect();
    open.reverse();
    while let Some(node) = open.pop() {
        match &node.data().value {
            NodeValue::Heading(heading) if node.parent().is_some_and(|parent| parent.same_node(root)) => {
                let range = inline_locator::node_range(&source, node);
                entries.push(Entry::Heading { level: heading.level, text: plain_text::heading_text(node), range });
            }
            NodeValue::Item(_) | NodeValue::TaskItem(_) => {
                entries.push(Entry::Item(item_from_node(node)));
                push_reversed(&mut open, node);
                // Its first paragraph is the item's own.
                let _own = open.pop_if(|child| is_paragraph(child));
            }
            NodeValue::Paragraph => entries.push(Entry::Paragraph(pieces_of(node))),
            NodeValue::List(_) | NodeValue::DescriptionList | NodeValue::DescriptionItem(_) => {
                push_reversed(&mut open, node);
            }
            _ => {}
        }
    }
    entries
}

fn push_reversed<'a>(open: &mut Vec<Node<'a>>, node: Node<'a>) {
    let first = open.len();
    open.extend(node.children());
    open[first..].reverse();
}

fn item_from_node(item: Node<'_>) -> Item {
    let checkbox = match &item.data().value {
        NodeValue::TaskItem(task) => Some(task.symbol.unwrap_or(' ')),
        _ => None,
    };
    let is_list = |node: &Node<'_>| matches!(node.data().value, NodeValue::List(_));
    let first = item.children().next().filter(|child| is_paragraph(child));
    let has_more = item.children().skip(usize::from(first.is_some())).any(|child| !is_list(&child));
    Item { checkbox, pieces: first.map(pieces_of).unwrap_or_default(), has_more }
}

fn is_paragraph(node: Node<'_>) -> bool {
    matches!(node.data().value, NodeValue::Paragraph)
}

/// The pieces of a paragraph's line.
fn pieces_of(paragraph: Node<'_>) -> Vec<Piece> {
    let (mut pieces, mut words) = (Vec::new(), String::new());
    let mut open: Vec<Node<'_>> = Vec::new();
    push_reversed(&mut open, paragraph);
    while let Some(node) = open.pop() {
        match &node.data().value {
            NodeValue::Text(text) => words.push_str(text),
            NodeValue::Code(code) => words.push_str(&code.literal),
            NodeValue::Math(math) => words.push_str(&math.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak => words.push(' '),
            NodeValue::Link(link) | NodeValue::Image(link) => {
                if !words.trim().is_empty() {
                    pieces.push(Piece::Text(mem::take(&mut words)));
                }
                let text = plain_text::node_text(node, plain_text::LONGEST_BLOCK);
                pieces.push(Piece::Link { text, target: link.url.clone() });
            }
            _ => push_reversed(&mut open, node),
        }
    }
    if !words.trim().is_empty() {
        pieces.push(Piece::Text(words));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        let line = |entry: Entry| match entry {
            Entry::Heading { level, text, .. } => format!("h{level} {text}"),
            Entry::Item(item) => {
                let pieces = item.pieces.into_iter().map(|piece| match piece {
                    Piece::Text(text) => text,
                    Piece::Link { text, target } => format!("<{text}|{target}>"),
                });
                let more = if item.has_more { " +" } else { "" };
                format!("{:?} {}{more}", item.checkbox, pieces.collect::<String>())
            }
            Entry::Paragraph(pieces) => format!("p {}", pieces.len()),
        };
        parse_entries(text).into_iter().map(line).collect()
    }

    /// GitLab docs, "GitLab Flavored Markdown", task lists; `lib/banzai/filter/task_list_filter.rb`.
    #[test]
    fn items_are_found_wherever_gitlab_shows_a_box() {
        let text = "Setext\n===\n\n- [ ] one\n  - [x] two `code`\n    1. [~] three\n* [X] four **bold** [l](https://a.example/)\n\n\
                    ###### Deep ##\n+ [ ] five\n  goes on\n\n  and has more\n- plain\n";
        assert_eq!(
            lines(text),
            [
                "h1 Setext",
                "Some(' ') one",
                "Some('x') two code",
                "Some('~') three",
                "Some('X') four bold <l|https://a.example/>",
                "h6 Deep",
                "Some(' ') five goes on +",
                "p 1",
                "None plain",
            ]
        );
    }

    #[test]
    fn what_is_not_shown_as_an_item_is_none() {
        for text in [
            "```\n- [ ] x\n```",
            "<!--\n- [ ] x\n-->",
            "> - [ ] x",
            ">>>\n- [ ] x\n>>>",
            "    - [ ] x",
            "a `- [ ] x`",
            "| a |\n|---|\n| [ ] x |",
            "> # heading",
        ] {
            let items = lines(text).into_iter().filter(|line| !line.starts_with("p "));
            assert_eq!(items.count(), 0, "{text}");
        }
        assert_eq!(lines("- [ ]\n- []x\n- [ ]x").len(), 3);
    }

    #[test]
    fn deep_lists_are_walked_without_recursion() {
        let text: String = (0..400).fold(String::new(), |text, depth| text + &" ".repeat(depth * 2) + "- [ ] x\n");
        assert!(parse_entries(&text).len() > 50);
    }
}
