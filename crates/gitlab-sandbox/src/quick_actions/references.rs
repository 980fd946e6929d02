//! Mentions and references: what notifies people or leaves a back-link elsewhere.
//!
//! GitLab looks for both in the text of the rendered page, outside code and outside links (Banzai's reference filters);
//! HTML blocks are rendered, so their text counts. Blockquotes count here although GitLab notifies nobody from them:
//! as the judge of injection tests this module would rather find too much.

use comrak::nodes::{Node, NodeValue};
use html5gum::{Token, Tokenizer};

use super::markdown_options;

/// The users and groups that a text mentions, without their `@`, in order.
pub fn find_mentions(text: &str) -> Vec<String> {
    collect_reference_texts(text).iter().flat_map(|run| find_mentions_in_run(run)).collect()
}

/// The references to other things that a text holds, as written: `#1`, `!1`, `&1`, `$1`, `%m`, `~label`, `[issue:1]`.
pub fn find_references(text: &str) -> Vec<String> {
    collect_reference_texts(text).iter().flat_map(|run| find_references_in_run(run)).collect()
}

/// Plain text outside code and links, and the targets of links that are references as a whole, as in `[text](#1)` or
/// `[text](group/project#1)`.
fn collect_reference_texts(text: &str) -> Vec<String> {
    let (mut runs, links) = collect_text_and_links(text);
    let begins = |link: &String| link.starts_with(['@', '#', '!', '&', '$', '%', '~', '[']);
    runs.extend(links.into_iter().filter(|link| begins(link) || is_project_reference(link)));
    runs
}

/// The runs of plain text outside code and links, and the targets of links.
pub(super) fn collect_text_and_links(text: &str) -> (Vec<String>, Vec<String>) {
    let arena = comrak::Arena::new();
    let root = comrak::parse_document(&arena, text, &markdown_options());
    let (mut runs, mut links) = (vec![String::new()], Vec::new());
    collect_from_node(root, &mut runs, &mut links);
    (runs, links)
}

/// `group/project#1` and its kin.
fn is_project_reference(link: &str) -> bool {
    let parts = link.split_once(['#', '!', '&']);
    parts.is_some_and(|(project, number)| {
        let path = project.contains('/') && project.chars().all(|char| is_word_char(char) || "-./".contains(char));
        path && !number.is_empty() && number.chars().all(|char| char.is_ascii_digit())
    })
}

fn collect_from_node<'a>(node: Node<'a>, runs: &mut Vec<String>, links: &mut Vec<String>) {
    // A work list instead of recursion: hostile texts nest deeply.
    let mut left = vec![node];
    while let Some(node) = left.pop() {
        let data = node.data();
        match &data.value {
            // The parser cuts text at markup characters; the reference filters see one text node.
            NodeValue::Text(text) => append_to_last_run(runs, text),
            NodeValue::SoftBreak | NodeValue::LineBreak => append_to_last_run(runs, "\n"),
            NodeValue::HtmlBlock(block) => collect_html_text(&block.literal, runs),
            NodeValue::HtmlInline(html) => collect_html_text(html, runs),
            // GitLab makes a link of each image before it looks for references.
            NodeValue::Link(link) | NodeValue::Image(link) => {
                links.push(link.url.clone());
                runs.push(String::new());
            }
            NodeValue::Code(_) | NodeValue::CodeBlock(_) | NodeValue::Math(_) | NodeValue::FrontMatter(_) => {
                runs.push(String::new());
            }
            value => {
                if value.block() {
                    runs.push(String::new());
                }
                let mut children: Vec<Node<'a>> = node.children().collect();
                children.reverse();
                left.append(&mut children);
            }
        }
    }
}

fn append_to_last_run(runs: &mut [String], text: &str) {
    if let Some(run) = runs.last_mut() {
        run.push_str(text);
    }
}

/// The text between tags; comments and attributes are not shown and not looked at.
fn collect_html_text(html: &str, runs: &mut Vec<String>) {
    for Ok(token) in Tokenizer::new(html) {
        if let Token::String(text) = token {
            runs.push(String::from_utf8_lossy(&text.value).into_owned());
        }
    }
    runs.push(String::new());
}

fn find_mentions_in_run(run: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in run.match_indices('@') {
        let before = run[..at].chars().next_back();
        if before.is_some_and(is_word_char) {
            continue;
        }
        let name = leading_chars(&run[at + 1..], |char| char.is_ascii_alphanumeric() || "_.-/".contains(char));
        let name = name.trim_end_matches(['.', '-', '/']);
        if name.starts_with(|char: char| char.is_ascii_alphanumeric() || char == '_' || char == '.') {
            found.push(name.to_owned());
        }
    }
    found
}

fn find_references_in_run(run: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, sigil) in run.char_indices() {
        let rest = &run[at + sigil.len_utf8()..];
        let body = match sigil {
            '#' | '!' | '&' | '$' => leading_chars(rest, |char| char.is_ascii_digit()).to_owned(),
            '%' | '~' => match rest.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').map_or_else(String::new, |(name, _)| format!("\"{name}\"")),
                None => leading_chars(rest, |char| is_word_char(char) || "-?.&:".contains(char)).to_owned(),
            },
            '[' => parse_typed_reference(rest).unwrap_or_default(),
            _ => continue,
        };
        // A label is not looked for inside a word, a milestone and a number are.
        let inside = run[..at].chars().next_back().is_some_and(is_word_char);
        if !body.is_empty() && body != "\"\"" && !(sigil == '~' && inside) {
            found.push(format!("{sigil}{body}"));
        }
    }
    found
}

/// `issue:group/project/1]` and its kin.
fn parse_typed_reference(rest: &str) -> Option<String> {
    const KINDS: [&str; 8] =
        ["issue", "epic", "vulnerability", "work_item", "feature_flag", "contact", "wiki_page", "cadence"];
    let (inner, _) = rest.split_once(']')?;
    let (kind, target) = inner.split_once(':')?;
    (KINDS.contains(&kind) && !target.is_empty()).then(|| format!("{inner}]"))
}

fn leading_chars(text: &str, fits: impl Fn(char) -> bool) -> &str {
    let end = text.find(|char| !fits(char)).unwrap_or(text.len());
    &text[..end]
}

fn is_word_char(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}
