//! The people that a line of plain text names: `Lead: Robin Reed (@robin)` and its like.

use crate::collect::handbook::member_handle::{HandleField, MentionText, find_mention};
use crate::pod::page_form::PageForm;

/// The most words of a name.
const MOST_NAME_WORDS: usize = 6;
/// The most words of a role that stands behind the handle.
const MOST_TRAILING_WORDS: usize = 3;

/// A person that a text names.
pub(super) struct Person {
    /// Where the name stands in the text, or the handle of whoever has none.
    pub(super) at: usize,
    /// The role, as it is written; empty without one.
    pub(super) role: String,
    /// The name; empty without one.
    pub(super) name: String,
    pub(super) handle_field: HandleField,
}

/// What a text says of people.
#[derive(Default)]
pub(super) struct PersonText {
    pub(super) persons: Vec<Person>,
    /// Whether it names a handle whose owner's name could not be told from other words.
    pub(super) is_unclear: bool,
}

/// Reads a text. `may_go_on` says that it may have been cut at its end.
pub(super) fn parse_persons(text: &str, form: &PageForm, may_go_on: bool) -> PersonText {
    let mut found = PersonText::default();
    let mut from = 0;
    let mut last_end = None;
    while let Some(mention) = find_mention(text, from) {
        let MentionText { range, field, is_delimited, is_cut } = mention;
        if is_cut && may_go_on {
            return found;
        }
        let before = Words::read(&text[from..range.start], form);
        let alone = is_delimited || text[range.end..].trim().is_empty();
        let one_word = !before.name.contains(' ');
        if before.name.is_empty() || (is_name_like(&before.name) && (!one_word || alone)) {
            let at = if before.name.is_empty() { range.start } else { from + before.at };
            let (role, name) = (before.role, before.name);
            found.persons.push(Person { at, role, name, handle_field: field });
            last_end = Some(range.end);
        } else if found.persons.is_empty() {
            found.is_unclear = true;
        }
        from = range.end.max(from + 1);
    }
    if let ([only], Some(end)) = (found.persons.as_mut_slice(), last_end)
        && only.role.is_empty()
    {
        only.role = trailing_role(&text[end..], form);
    }
    if found.persons.is_empty() && !found.is_unclear {
        let Words { role, name, at } = Words::read(text, form);
        if name.contains(' ') && is_name_like(&name) {
            found.persons.push(Person { at, role, name, handle_field: HandleField::Missing });
        }
    }
    found
}

/// Role and name in front of a handle.
struct Words {
    role: String,
    name: String,
    /// Where the name begins.
    at: usize,
}

impl Words {
    fn read(text: &str, form: &PageForm) -> Self {
        let separators = |c: char| c.is_whitespace() || ",;:&/·•|()[]`*_~\"-–—+".contains(c);
        let start = text.len() - text.trim_start_matches(separators).len();
        let start = start + skip_and(&text[start..]);
        let is_label = text.trim_end_matches([' ', '(', '`', '[', '*', '_', '@']).ends_with(':');
        let cleaned = plain_words(&text[start..]);
        let cleaned = cleaned.trim_end_matches(|c: char| c.is_whitespace() || ",;:&/·|([-–—".contains(c));
        let (role, name) = match cleaned.split_once(':') {
            Some((role, name)) => (role.trim(), name.trim()),
            // `Lead: @handle`; but `Robin Reed: @handle` names her.
            None if is_label && (form.is_lead(cleaned) || !cleaned.contains(' ')) => (cleaned, ""),
            None => split_at_dash(cleaned, form),
        };
        // Where the first word of the name stands: marks around it may have been taken out.
        let word = name.split_whitespace().next().unwrap_or_default();
        let behind_role = text[start..].find(':').filter(|_| !role.is_empty()).unwrap_or(0);
        let at = text[start + behind_role..].find(word).map_or(start, |at| start + behind_role + at);
        Self { role: role.to_owned(), name: name.to_owned(), at }
    }
}

fn skip_and(text: &str) -> usize {
    if text.starts_with("and ") || text.starts_with("und ") { 4 } else { 0 }
}

/// `Lead - Robin Reed` and `Robin Reed - EMEA lead`.
fn split_at_dash<'t>(text: &'t str, form: &PageForm) -> (&'t str, &'t str) {
    let parts = [" - ", " – ", " — "].into_iter().find_map(|dash| text.split_once(dash));
    match parts {
        Some((role, name)) if form.is_lead(role) => (role.trim(), name.trim()),
        Some((name, role)) if form.is_lead(role) => (role.trim(), name.trim()),
        _ => ("", text),
    }
}

/// A short role behind the handle that begins or ends with a lead's word: `(@ada), Lead`, `(@ada) - EMEA lead`.
fn trailing_role(text: &str, form: &PageForm) -> String {
    let role = plain_words(text);
    let role = role.trim_matches(|c: char| c.is_whitespace() || ",;:()[]-–—·.".contains(c));
    let words: Vec<&str> = role.split_whitespace().collect();
    let leads = [words.first(), words.last()].into_iter().flatten().any(|word| form.is_lead(word));
    if leads && words.len() <= MOST_TRAILING_WORDS { role.to_owned() } else { String::new() }
}

/// A text without emphasis, code marks, tags and the addresses of its links, its blanks made one each.
pub(super) fn plain_words(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = match c {
            '*' | '`' | '[' => c.len_utf8(),
            // The address of a link, as far as it goes.
            ']' if rest.starts_with("](") => rest.find(')').map_or(rest.len(), |end| end + 1),
            ']' => 1,
            '<' => rest.find('>').map_or(1, |end| end + 1),
            _ => 0,
        };
        if skipped == 0 {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            rest = &rest[skipped..];
        }
    }
    let words: Vec<&str> = out.split_whitespace().map(|word| word.trim_matches('_')).collect();
    words.join(" ")
}

/// Whether a text is written as a name is: a few words of letters, the first and the last with a capital where the
/// script has them. What stands in parentheses behind it is a part of it: `Imaobong Holt (Ima)`.
pub(super) fn is_name_like(text: &str) -> bool {
    let name = match text.split_once(" (") {
        Some((name, rest)) if rest.ends_with(')') => name,
        _ => text,
    };
    let words: Vec<&str> = name.split_whitespace().collect();
    let letters = |c: char| c.is_alphabetic() || "'’.-\u{b7}\"“”".contains(c);
    let capital = |word: &&str| word.chars().find(|c| c.is_alphabetic()).is_some_and(|c| !c.is_lowercase());
    let framed = words.first().is_some_and(capital) && words.last().is_some_and(capital);
    framed && words.len() <= MOST_NAME_WORDS && name.chars().all(|c| letters(c) || c.is_whitespace())
}
