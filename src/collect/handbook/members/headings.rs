//! Members that are headings below the members section's own, with the handle in them or in the text below.

use linkcheck::markdown::outline::Heading;

use super::person::{Person, is_name_like, parse_persons, plain_words};
use super::{FoundMembers, HandleField, Section, UnclearReason};
use crate::collect::handbook::member_handle::find_mention;

/// A member is a heading that has no other heading below it.
pub(super) fn read(section: &Section<'_>) -> FoundMembers {
    let mut found = FoundMembers::default();
    let headings: Vec<&Heading> = section.headings().collect();
    // Roles of the headings around, by their levels: `### Leads`.
    let mut around: Vec<(u8, String)> = Vec::new();
    for (index, heading) in headings.iter().enumerate() {
        around.retain(|(level, _)| *level < heading.level);
        let next = headings.get(index + 1);
        if next.is_some_and(|next| next.level > heading.level) {
            around.push((heading.level, heading.text.clone()));
            continue;
        }
        let body = heading.range.end..next.map_or(section.range.end, |next| next.range.start);
        let lead = around.iter().rev().map(|(_, text)| text).find(|text| section.form.is_lead(text));
        read_heading(section, heading, body, lead.map_or("", String::as_str), &mut found);
    }
    found
}

fn read_heading(
    section: &Section<'_>,
    heading: &Heading,
    body: std::ops::Range<usize>,
    role_around: &str,
    found: &mut FoundMembers,
) {
    let source = &section.page.source;
    let line = source.line_range(source.line_number(heading.range.start));
    let start = heading.range.start.max(line.start);
    let text = source.text[start..line.end].trim_end();
    let title = text.trim_start_matches(['#', ' ', '\t']);
    let title_start = start + text.len() - title.len();
    let title = title.trim_end_matches(['#', ' ']);
    // An id of its own is no part of the name.
    let title = title.split_once("{#").map_or(title, |(title, _)| title.trim_end());
    let may_go_on = source.is_end_of_text(line.end);
    let mut people = parse_persons(title, section.form, may_go_on).persons;
    if people.is_empty() && is_name_like(&plain_words(title)) {
        people.push(Person {
            at: 0,
            role: String::new(),
            name: plain_words(title),
            handle_field: HandleField::Missing,
        });
    }
    if let [only] = people.as_mut_slice() {
        if matches!(only.handle_field, HandleField::Missing)
            && let Some(mention) = find_mention(&source.text[body.clone()], 0).filter(|mention| !mention.is_cut)
        {
            only.handle_field = mention.field;
        }
        if only.role.is_empty() {
            only.role = role_below(&source.text[body]);
        }
    }
    for person in people {
        let offset = title_start + person.at;
        let without_handle = matches!(person.handle_field, HandleField::Missing);
        if without_handle && (may_go_on || !person.name.contains(' ')) {
            found.unclear.push(section.unclear(offset, UnclearReason::NoHandle));
        } else {
            found.entries.push(section.entry(person, offset, || role_around.to_owned()));
        }
    }
}

/// What a line `Role: EMEA lead` below a heading says.
fn role_below(body: &str) -> String {
    let lines = body.lines().map(plain_words);
    let roles = lines.filter_map(|line| {
        let line = line.trim_start_matches(['-', '+', ' ']);
        let (key, value) = line.split_once(':')?;
        (key.trim().eq_ignore_ascii_case("role")).then(|| value.trim().to_owned())
    });
    roles.take(1).next().unwrap_or_default()
}
