//! A text as GitLab's rich text editor writes it when somebody saves it there.
//!
//! Sources: `app/assets/javascripts/content_editor/services/serializer/` and `extensions/html_comment.js`. Where the
//! editor knows the source of what nobody touched (`preserveUnchanged`), GitLab may keep more of it; here all is
//! written anew, which is the most that one save changes. Lines stay lines, though the editor may join those of a
//! paragraph that was touched.

mod escape;
mod inline;

use comrak::nodes::{ListDelimType, ListType, Node, NodeList, NodeTable, NodeValue, TableAlignment};

use self::escape::escape_line;
use self::inline::{ParagraphPart, write_comment, write_one_line, write_paragraph_parts};
use crate::quick_actions;

/// Nobody nests deeper than this; a text that does stays as it was.
const MAX_DEPTH: usize = 64;

/// The text respelled: bullets are `*`, italics `_x_`, breaks `\`, comments blocks of their own, and one blank line
/// stands between blocks.
pub fn rewrite_in_rich_text_editor(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut options = quick_actions::markdown_options();
    options.extension.alerts = true;
    options.extension.wikilinks_title_before_pipe = true;
    // Both are written back as the text that they are read from.
    options.extension.description_lists = false;
    options.extension.math_code = false;
    let arena = comrak::Arena::new();
    let root = comrak::parse_document(&arena, &text, &options);
    match write_blocks(root, 0) {
        Some(blocks) => join_blocks(&blocks),
        None => text,
    }
}

/// One block as it is written, without a line end behind it.
struct Block {
    text: String,
    kind: BlockKind,
}

/// What decides how far the next block is away.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BlockKind {
    Paragraph,
    /// `)`, `.` or `*`, and whether it could stand right behind a paragraph.
    List(char, bool),
    Other,
}

impl Block {
    fn new(text: String) -> Block {
        Block { text, kind: BlockKind::Other }
    }
}

/// What a block holds; nothing at all if it is nested too deep.
fn write_blocks(parent: Node<'_>, depth: usize) -> Option<Vec<Block>> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut found = Vec::new();
    for node in parent.children() {
        let value = node.data().value.clone();
        let block = match value {
            NodeValue::Paragraph => {
                found.extend(write_paragraph_parts(node, depth)?.into_iter().map(|piece| match piece {
                    ParagraphPart::Text(text) => Block { text, kind: BlockKind::Paragraph },
                    ParagraphPart::Comment(text) => Block::new(text),
                }));
                continue;
            }
            NodeValue::HtmlBlock(html) => {
                found.extend(write_html_block(html.literal.trim()));
                continue;
            }
            NodeValue::Heading(heading) => Block::new(write_heading(heading.level, &write_one_line(node, depth)?)),
            NodeValue::List(list) => write_list(node, list, depth)?,
            NodeValue::CodeBlock(code) => Block::new(write_code_fence(&code.info, &code.literal)),
            // A rule that opens the text would open front matter.
            NodeValue::ThematicBreak if depth == 0 && found.is_empty() => Block::new("***".to_owned()),
            NodeValue::ThematicBreak => Block::new("---".to_owned()),
            NodeValue::BlockQuote => Block::new(write_block_quote(&join_blocks(&write_blocks(node, depth + 1)?))),
            NodeValue::MultilineBlockQuote(_) => {
                Block::new(format!(">>>\n{}\n>>>", join_blocks(&write_blocks(node, depth + 1)?)))
            }
            NodeValue::Alert(alert) => {
                let title = alert.title.map(|title| format!(" {title}")).unwrap_or_default();
                let kind = alert.alert_type.default_title().to_lowercase();
                let inside = join_blocks(&write_blocks(node, depth + 1)?);
                Block::new(write_block_quote(&format!("[!{kind}]{title}\n{inside}")))
            }
            NodeValue::Table(table) => Block::new(write_table(node, &table, depth)?),
            NodeValue::FootnoteDefinition(note) => Block::new(with_hanging_indent(
                &format!("[^{}]: ", note.name),
                "    ",
                &join_blocks(&write_blocks(node, depth + 1)?),
            )),
            NodeValue::FrontMatter(text) => Block::new(text.trim().to_owned()),
            _ => continue,
        };
        found.push(block);
    }
    found.retain(|block| !block.text.is_empty());
    Some(found)
}

/// Blocks with one blank line between them; a list stands right behind its paragraph (`renderList` in a tight list).
fn join_blocks(blocks: &[Block]) -> String {
    join_blocks_in(blocks, false)
}

fn join_blocks_in(blocks: &[Block], in_item: bool) -> String {
    let mut text = String::new();
    for (at, block) in blocks.iter().enumerate() {
        if let Some(before) = at.checked_sub(1).and_then(|at| blocks.get(at)) {
            let close = match (before.kind, block.kind) {
                (BlockKind::List(one, _), BlockKind::List(other, _)) => one == other,
                (BlockKind::Paragraph, BlockKind::List(_, may_follow)) => in_item && may_follow,
                _ => false,
            };
            text.push_str(if close { "\n" } else { "\n\n" });
        }
        text.push_str(&block.text);
    }
    text
}

/// `bullet_list.js`, `ordered_list.js`, `task_item.js`: always tight, numbers in a row and padded.
fn write_list(node: Node<'_>, list: NodeList, depth: usize) -> Option<Block> {
    let (mark, first) = match (list.list_type, list.delimiter) {
        (ListType::Bullet, _) => ('*', 1),
        (ListType::Ordered, ListDelimType::Period) => ('.', list.start),
        (ListType::Ordered, ListDelimType::Paren) => (')', list.start),
    };
    let width = first.saturating_add(node.children().count().saturating_sub(1)).to_string().len();
    let mut items = Vec::new();
    for (at, item) in node.children().enumerate() {
        let inside = join_blocks_in(&write_blocks(item, depth + 1)?, true);
        let inside = match &item.data().value {
            NodeValue::TaskItem(task) => {
                format!("[{}] {inside}", if task.symbol.is_some() { 'x' } else { ' ' })
            }
            _ => match inside.strip_prefix("\\[\\~\\] ") {
                Some(rest) => format!("[~] {rest}"),
                None => inside,
            },
        };
        let mark = match mark {
            '*' => "* ".to_owned(),
            mark => format!("{:>width$}{mark} ", first.saturating_add(at)),
        };
        items.push(with_hanging_indent(&mark, &" ".repeat(mark.len()), &inside));
    }
    let text = items.join("\n");
    // Only a list that begins with 1 and is not empty ends a paragraph (CommonMark, "Lists").
    let may_follow = first == 1 && !matches!(text.lines().next(), Some("*" | "1." | "1)"));
    Some(Block { text, kind: BlockKind::List(mark, may_follow) })
}

/// `heading.js`. A `#` at its end would be read as its end.
fn write_heading(level: u8, text: &str) -> String {
    let marks = "#".repeat(level.into());
    let bare = text.trim_end_matches('#');
    let closes = bare.len() < text.len() && (bare.is_empty() || bare.ends_with(' '));
    let text = if closes { format!("{bare}\\{}", &text[bare.len()..]) } else { text.to_owned() };
    format!("{marks} {text}").trim_end().to_owned()
}

/// `code_block.js`: a fence longer than any in it.
fn write_code_fence(info: &str, code: &str) -> String {
    let fence = if info.contains('`') { '~' } else { '`' };
    let longest = code.split(|char| char != fence).map(str::len).max().unwrap_or(0);
    let fence = fence.to_string().repeat(longest.saturating_add(1).max(3));
    let end = if code.is_empty() || code.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{info}\n{code}{end}{fence}")
}

/// `html_comment.js` for the comments that a block of HTML opens with; other HTML stays as it is.
fn write_html_block(html: &str) -> Vec<Block> {
    if !html.starts_with("<!--") {
        return vec![Block::new(html.to_owned())];
    }
    let mut found = Vec::new();
    let mut rest = html;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix("<!--") {
            let (text, behind) = inside.split_once("-->").unwrap_or((inside, ""));
            found.push(Block::new(write_comment(text)));
            rest = behind.trim_start();
            continue;
        }
        let end = rest.find("<!--").unwrap_or(rest.len());
        let (text, behind) = rest.split_at(end);
        let text = text.trim();
        let text = if text.contains('<') { text.to_owned() } else { escape_line(text, true) };
        found.push(Block { text, kind: BlockKind::Paragraph });
        rest = behind;
    }
    found
}

/// `table.js`: one line for a row, as wide as what it holds.
fn write_table(node: Node<'_>, table: &NodeTable, depth: usize) -> Option<String> {
    let mut rows = Vec::new();
    for (at, row) in node.children().enumerate() {
        let cells = row.children().map(|cell| Some(write_one_line(cell, depth)?.replace('|', "\\|")));
        let cells = cells.collect::<Option<Vec<String>>>()?;
        rows.push(format!("| {} |", cells.join(" | ")));
        if at == 0 {
            let rule = cells.iter().zip(&table.alignments).map(|(cell, alignment)| {
                let left = if *alignment == TableAlignment::Center { ':' } else { '-' };
                let right = if matches!(alignment, TableAlignment::Center | TableAlignment::Right) { ':' } else { '-' };
                format!("{left}{}{right}", "-".repeat(cell.chars().count()))
            });
            rows.push(format!("|{}|", rule.collect::<Vec<_>>().join("|")));
        }
    }
    Some(rows.join("\n"))
}

fn write_block_quote(text: &str) -> String {
    let lines = text.split('\n').map(|line| format!("> {line}").trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// The first line behind a mark, the others below its text.
fn with_hanging_indent(mark: &str, pad: &str, text: &str) -> String {
    let lines = text.split('\n').enumerate().map(|(at, line)| match (at, line) {
        (0, line) => format!("{mark}{line}").trim_end_matches(' ').to_owned(),
        (_, "") => String::new(),
        (_, line) => format!("{pad}{line}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
