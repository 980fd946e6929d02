//! What a template of a shortcode adds to a page: ids that it names, and files that it includes.
//!
//! Templates are programs. What is read here is what can be told without running one; whatever else could make a
//! heading or an id makes the template unknown.

use std::ops::Range;

use memchr::memmem;

use crate::files::{FileSystem, path};

/// The most partials that call another.
const MOST_NESTED: usize = 3;
/// Templates that are longer are programs of their own.
const MAX_TEMPLATE_BYTES: usize = 64 * 1024;
const PARTIAL_FOLDERS: [&str; 2] = ["layouts/_partials", "layouts/partials"];

/// Words in an action that bring text of elsewhere, or make headings and ids in a way that is not followed.
const OPAQUE_WORDS: [&str; 12] = [
    "GetRemote",
    "RenderShortcodes",
    ".Render ",
    "getJSON",
    "getCSV",
    "anchorize",
    ".Fragments",
    ".RawContent",
    ".TableOfContents",
    ".Summary",
    "templates.Defer",
    "Ordinal",
];

/// What a template adds to the page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct TemplateEffect {
    pub(super) ids: Vec<TextFrom>,
    /// Files of the site's assets whose text becomes part of the page.
    pub(super) assets: Vec<TextFrom>,
    /// The same, seen from the root of the site.
    pub(super) files: Vec<TextFrom>,
}

/// Where a template takes a text from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TextFrom {
    Literal(String),
    /// What the call gives it: a name, or a place from 0.
    Parameter(String),
}

/// What a template adds; `None` where that cannot be told.
pub(super) fn read_template(text: &str, files: &dyn FileSystem) -> Option<TemplateEffect> {
    let mut effect = TemplateEffect::default();
    read_into(text, files, 0, &mut effect).then_some(effect)
}

/// Whether all of a template is understood.
fn read_into(text: &str, files: &dyn FileSystem, depth: usize, effect: &mut TemplateEffect) -> bool {
    if text.len() > MAX_TEMPLATE_BYTES || depth > MOST_NESTED {
        return false;
    }
    let Some(actions) = find_actions(text) else { return false };
    let shown = blank_out(text, &actions);
    let names_data = ["Data", "Unmarshal", "site.Pages", "Site.Pages", "RegularPages", ".Pages"];
    let has_data = actions.iter().any(|action| names_data.iter().any(|word| text[action.clone()].contains(word)));
    let sources = Sources::find(text, &actions);
    for action in &actions {
        let action = &text[action.clone()];
        if action.trim_start_matches(['{', '-', ' ']).starts_with("/*") {
            continue;
        }
        if OPAQUE_WORDS.iter().any(|word| action.contains(word)) || makes_markup(action) {
            return false;
        }
        let renders = ["markdownify", "RenderString", "Markdownify", "safeHTML", "htmlUnescape"];
        if renders.iter().any(|word| action.contains(word)) && has_data {
            return false;
        }
        if action.contains("partial") && !read_partial(action, files, depth, effect) {
            return false;
        }
        if let Some(at) = action.find("ReadFile").or_else(|| action.find("readFile")) {
            let Some(from) = sources.argument(&action[at + "ReadFile".len()..]) else { return false };
            effect.files.push(from);
        }
    }
    // A resource is a picture, unless its text is taken.
    let takes_content = actions.iter().any(|action| text[action.clone()].contains(".Content"));
    if takes_content {
        let named: Vec<&str> = actions
            .iter()
            .filter_map(|action| text[action.clone()].split_once("resources.Get ").map(|(_, behind)| behind))
            .collect();
        if named.is_empty() {
            return false;
        }
        for behind in named {
            let Some(from) = sources.argument(behind) else { return false };
            effect.assets.push(from);
        }
    }
    if has_markdown_headings(&shown) {
        return false;
    }
    read_ids(text, &shown, &actions, &sources, effect)
}

/// The places of `{{ … }}`; `None` where one has no end.
fn find_actions(text: &str) -> Option<Vec<Range<usize>>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = memmem::find(&text.as_bytes()[from..], b"{{").map(|at| at + from) {
        let is_comment = text[at + 2..].trim_start_matches('-').trim_start().starts_with("/*");
        let closing: &[u8] = if is_comment { b"*/" } else { b"}}" };
        let mut end = at + memmem::find(&text.as_bytes()[at..], closing)?;
        if is_comment {
            end += memmem::find(&text.as_bytes()[end..], b"}}")?;
        }
        found.push(at..end + 2);
        from = end + 2;
    }
    Some(found)
}

/// The text with a mark of one byte for each byte of its actions.
fn blank_out(text: &str, actions: &[Range<usize>]) -> String {
    let mut shown = text.as_bytes().to_vec();
    for action in actions {
        shown[action.clone()].fill(b'\x01');
    }
    String::from_utf8(shown).unwrap_or_default()
}

/// Whether an action writes tags, ids or headings from its own texts.
fn makes_markup(action: &str) -> bool {
    ["id=", "name=", "<h", "\"#", "`#", "\"##", "\\n#"].iter().any(|mark| action.contains(mark))
}

fn has_markdown_headings(shown: &str) -> bool {
    shown.lines().any(|line| {
        let line = line.trim_start_matches(['\x01', ' ', '\t', '>']);
        let behind = line.trim_start_matches('#');
        behind.len() < line.len() && behind.starts_with([' ', '\t', '\x01'])
    })
}

/// The ids among the attributes of a template's tags. Whether all of them are understood.
fn read_ids(
    text: &str,
    shown: &str,
    actions: &[Range<usize>],
    sources: &Sources<'_>,
    effect: &mut TemplateEffect,
) -> bool {
    for attribute in ["id=", "name="] {
        for at in memmem::find_iter(shown.as_bytes(), attribute) {
            let before = shown[..at].chars().next_back();
            if before.is_some_and(|c| !c.is_whitespace() && !matches!(c, '"' | '\'' | '\x01')) {
                continue;
            }
            let start = at + attribute.len();
            let value = if let Some(quote @ (b'"' | b'\'')) = shown.as_bytes().get(start) {
                let Some(length) = memchr::memchr(*quote, &shown.as_bytes()[start + 1..]) else { return false };
                start + 1..start + 1 + length
            } else {
                let rest = &shown[start..];
                start..start + rest.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(rest.len())
            };
            if !shown[value.clone()].contains('\x01') {
                effect.ids.push(TextFrom::Literal(shown[value].to_owned()));
                continue;
            }
            // One action alone, whose value is given by the call.
            let alone = actions.iter().find(|action| **action == value);
            let inside = alone.map(|action| text[action.start + 2..action.end - 2].trim_matches(['-', ' ']));
            match inside.and_then(|inside| sources.argument(inside)) {
                Some(from) => effect.ids.push(from),
                // The names of form fields and the like are no anchors.
                None if attribute == "name=" => {}
                None => return false,
            }
        }
    }
    true
}

/// Reads the partial that an action names.
fn read_partial(action: &str, files: &dyn FileSystem, depth: usize, effect: &mut TemplateEffect) -> bool {
    let Some(behind) = action.split_once("partial").map(|(_, behind)| behind.trim_start_matches("Cached")) else {
        return true;
    };
    let named = behind.trim_start().strip_prefix(['"', '`']).and_then(|behind| behind.split(['"', '`']).next());
    let Some(within) = named.and_then(|named| path::join("", named)) else { return false };
    let paths = PARTIAL_FOLDERS.iter().flat_map(|folder| {
        let path = format!("{folder}/{within}");
        [path.clone(), format!("{path}.html")]
    });
    let Some(text) = { paths }.find_map(|path| files.read_text(&path)) else { return false };
    let mut own = TemplateEffect::default();
    // What it is given is not what the call gives.
    if !read_into(&text, files, depth + 1, &mut own) || own != without_parameters(&own) {
        return false;
    }
    effect.ids.extend(own.ids);
    effect.assets.extend(own.assets);
    effect.files.extend(own.files);
    true
}

fn without_parameters(effect: &TemplateEffect) -> TemplateEffect {
    let literal = |texts: &[TextFrom]| {
        texts.iter().filter(|text| matches!(text, TextFrom::Literal(_))).cloned().collect::<Vec<_>>()
    };
    TemplateEffect { ids: literal(&effect.ids), assets: literal(&effect.assets), files: literal(&effect.files) }
}

/// The variables of a template that hold what its call gives it.
struct Sources<'t>(Vec<(&'t str, TextFrom)>);

impl<'t> Sources<'t> {
    fn find(text: &'t str, actions: &[Range<usize>]) -> Self {
        let mut found = Self(Vec::new());
        for action in actions {
            let inside = text[action.start + 2..action.end - 2].trim_matches(['-', ' ']);
            let inside = inside.trim_start_matches("with ");
            if let Some((name, value)) = inside.split_once(":=")
                && let Some(from) = found.argument(value)
            {
                found.0.push((name.trim(), from));
            }
        }
        found
    }

    /// The first argument in a piece of an action, if it is a literal, a parameter or a variable of one.
    fn argument(&self, piece: &str) -> Option<TextFrom> {
        let piece = piece.trim_start_matches([' ', '(']);
        if let Some(behind) = piece.strip_prefix(".Get ") {
            let key = behind.trim_start();
            let quoted = key.strip_prefix(['"', '`']).and_then(|key| key.split(['"', '`']).next());
            let (key, rest) = match quoted {
                Some(quoted) => (quoted, &key[quoted.len() + 2..]),
                None => key.split_at(key.find(|c: char| !c.is_ascii_digit()).unwrap_or(key.len())),
            };
            return (!key.is_empty() && is_end(rest)).then(|| TextFrom::Parameter(key.to_owned()));
        }
        if let Some(behind) = piece.strip_prefix(['"', '`']) {
            let text = behind.split(['"', '`']).next()?;
            let is_format = text.contains('%');
            return (!is_format && is_end(&behind[text.len() + 1..])).then(|| TextFrom::Literal(text.to_owned()));
        }
        let end = piece.find([' ', ')', '}', '|']).unwrap_or(piece.len());
        let (name, rest) = piece.split_at(end);
        let known = self.0.iter().rev().find(|(known, _)| *known == name)?;
        is_end(rest).then(|| known.1.clone())
    }
}

/// Whether nothing behind an argument changes it.
fn is_end(rest: &str) -> bool {
    let rest = rest.trim_start_matches([' ', ')', '-']);
    let ends = ["}}", ".Content", "| safeHTML", "| markdownify"];
    rest.is_empty() || ends.iter().any(|end| rest.starts_with(end))
}
