//! Members in tables: a column of names, of handles, or of both, told by the words of its header.

use std::ops::Range;

use super::person::{Person, parse_persons, plain_words};
use super::shortcode::{self, ShortcodePeople};
use super::{FoundMembers, HandleField, Section, UnclearReason};
use crate::collect::handbook::ParsedPage;
use crate::collect::handbook::member_handle::find_mention;
use crate::pod::roster::Handle;

/// Words of headers, in small letters.
const HANDLE_WORDS: [&str; 5] = ["handle", "gitlab", "username", "user name", "user"];
const NAME_WORDS: [&str; 7] = ["name", "member", "person", "people", "engineer", "who", "lead"];
const ROLE_WORDS: [&str; 4] = ["role", "position", "function", "responsibility"];

/// A member is a row below a header that names a column of names or of handles.
pub(super) fn read(section: &Section<'_>) -> FoundMembers {
    let mut found = FoundMembers::default();
    for table in tables_in(section) {
        read_table(section, &table, &mut found);
    }
    found
}

/// A table: the cells of each row but the one of dashes, the header's first.
pub(super) struct Table {
    pub(super) rows: Vec<Vec<Range<usize>>>,
}

/// The tables of the section.
pub(super) fn tables_in(section: &Section<'_>) -> Vec<Table> {
    let page = section.page;
    let ranges = page.outline.tables.iter().filter(|table| section.range.contains(&table.start));
    let to_table = |range: &Range<usize>| {
        let lines = page.source.line_ranges_in(range).enumerate().filter(|(index, _)| *index != 1);
        let mut rows: Vec<Vec<Range<usize>>> = Vec::new();
        for (_, line) in lines {
            let row = cells(page, line.clone());
            // One that the text ends in may have been cut.
            let columns = rows.first().map_or(0, Vec::len);
            if !page.source.is_end_of_text(line.end) || (ends_with_pipe(page, &line) && row.len() >= columns) {
                rows.push(row);
            }
        }
        Table { rows }
    };
    ranges.map(to_table).collect()
}

/// The cells of a row.
fn cells(page: &ParsedPage<'_>, line: Range<usize>) -> Vec<Range<usize>> {
    let text = &page.source.text[line.clone()];
    let mut cells = Vec::new();
    let mut start = text.len() - text.trim_start_matches([' ', '\t', '>']).len();
    start += usize::from(text[start..].starts_with('|'));
    for (at, _) in text.match_indices('|') {
        if at >= start && !text[..at].ends_with('\\') {
            cells.push(line.start + start..line.start + at);
            start = at + 1;
        }
    }
    if !text[start..].trim().is_empty() {
        cells.push(line.start + start..line.end);
    }
    cells
}

fn ends_with_pipe(page: &ParsedPage<'_>, line: &Range<usize>) -> bool {
    page.source.text[line.clone()].trim_end().ends_with('|')
}

/// Which column says what.
#[derive(Default)]
struct Columns {
    name: Option<usize>,
    handle: Option<usize>,
    role: Option<usize>,
}

fn read_table(section: &Section<'_>, table: &Table, found: &mut FoundMembers) {
    let text = |cell: &Range<usize>| &section.page.source.text[cell.clone()];
    let Some((header, rows)) = table.rows.split_first() else { return };
    let words: Vec<String> = header.iter().map(|cell| plain_words(text(cell)).to_lowercase()).collect();
    let column = |known: &[&str]| words.iter().position(|word| known.iter().any(|known| word.contains(known)));
    let mut columns = Columns { name: None, handle: column(&HANDLE_WORDS), role: column(&ROLE_WORDS) };
    let is_name = |(index, word): &(usize, &String)| {
        Some(*index) != columns.handle
            && Some(*index) != columns.role
            && NAME_WORDS.iter().any(|known| word.contains(known))
    };
    columns.name = words.iter().enumerate().find(is_name).map(|(index, _)| index);
    if columns.name.is_none() && columns.handle.is_none() {
        if let Some(at) = header.first().filter(|_| rows.iter().flatten().any(|cell| names_somebody(text(cell)))) {
            found.unclear.push(section.unclear(at.start, UnclearReason::NoColumn));
        }
        return;
    }
    for row in rows {
        read_row(section, row, &columns, found);
    }
}

fn read_row(section: &Section<'_>, row: &[Range<usize>], columns: &Columns, found: &mut FoundMembers) {
    let source = &section.page.source.text;
    let cell = |column: Option<usize>| column.and_then(|column| row.get(column)).cloned();
    let (name_cell, handle_cell) = (cell(columns.name), cell(columns.handle));
    let role = cell(columns.role).map(|cell| plain_words(&source[cell])).unwrap_or_default();
    let named = name_cell.clone().map(|cell| (cell.start, read_name_cell(section, &source[cell]))).unwrap_or_default();
    let handle = handle_cell.clone().map_or(HandleField::Missing, |cell| read_handle_cell(&source[cell]));
    let (start, mut people) = named;
    match people.as_mut_slice() {
        [] => match (name_cell, handle_cell) {
            (None, Some(cell)) if !matches!(handle, HandleField::Missing) => {
                let name = String::new();
                people.push(Person { at: cell.start, role: String::new(), name, handle_field: handle });
            }
            (Some(cell), _) if !source[cell.clone()].trim().is_empty() || !matches!(handle, HandleField::Missing) => {
                found.unclear.push(section.unclear(cell.start, UnclearReason::Words));
            }
            _ => {}
        },
        [only] if matches!(only.handle_field, HandleField::Missing) => only.handle_field = handle,
        _ => {}
    }
    for person in people {
        let offset = start + person.at;
        let person = if person.role.is_empty() { Person { role: role.clone(), ..person } } else { person };
        found.entries.push(section.entry(person, offset, || section.role_of_heading_above(offset)));
    }
}

/// The people of a cell: shortcodes, names with or without handles, or any one text that is no sentence.
fn read_name_cell(section: &Section<'_>, text: &str) -> Vec<Person> {
    let codes = shortcode::find_member_shortcodes(text);
    if !codes.is_empty() {
        let person = |at: usize, name: &str, handle_field| Person {
            at,
            role: String::new(),
            name: name.to_owned(),
            handle_field,
        };
        let people = codes.iter().flat_map(|code| match &code.people {
            ShortcodePeople::Name(name) => vec![person(code.range.start, name, HandleField::Missing)],
            ShortcodePeople::Handles(handles) => {
                let handles = handles.iter().map(|handle| (handle, read_handle_cell(handle)));
                handles.map(|(_, field)| person(code.range.start, "", field)).collect()
            }
        });
        return people.collect();
    }
    let mut people = parse_persons(text, section.form, false).persons;
    let words = plain_words(text);
    if people.is_empty() && super::person::is_name_like(&words) {
        let at = text.len() - text.trim_start().len();
        people.push(Person { at, role: String::new(), name: words, handle_field: HandleField::Missing });
    }
    people
}

/// A handle with or without its `@`, alone in its cell.
fn read_handle_cell(text: &str) -> HandleField {
    if let Some(mention) = find_mention(text, 0) {
        return mention.field;
    }
    let word = plain_words(text);
    if word.is_empty() || ["-", "–", "—", "n/a"].contains(&word.as_str()) {
        return HandleField::Missing;
    }
    Handle::parse(&word).map_or(HandleField::Invalid(word), HandleField::Handle)
}

/// Whether a cell holds a handle or a shortcode of people.
pub(super) fn names_somebody(text: &str) -> bool {
    find_mention(text, 0).is_some() || shortcode::find_begun_shortcode(text).is_some()
}
