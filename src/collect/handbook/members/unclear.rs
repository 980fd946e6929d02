//! Lines of the members section that look like a member's and are not understood. None is dropped in silence.

use linkcheck::text::one_line;

use super::person::parse_persons;
use super::tables::{names_somebody, tables_in};
use super::{FoundMembers, HandleField, MembersForm, Section, is_in_code, shortcode};
use crate::pod::finding::{Finding, Place};
use crate::pod::page_form::PageForm;
use crate::pod::rule::Rule;

/// The longest text of a line that a finding shows, in characters.
const LONGEST_SHOWN: usize = 120;

/// A line that looks like a member's.
pub(super) struct UnclearLine {
    pub(super) text: String,
    pub(super) place: Place,
    pub(super) reason: UnclearReason,
}

/// Why it is not understood.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum UnclearReason {
    /// It would be, in another form.
    OtherForm(MembersForm),
    /// Its shortcode is not complete.
    Shortcode,
    /// Its shortcode names nobody.
    NoName,
    /// It names no handle.
    NoHandle,
    /// Its words around the handle are no name.
    Words,
    /// No column of its table is known.
    NoColumn,
}

impl UnclearLine {
    pub(super) fn into_finding(self, form: &PageForm) -> Finding {
        let shown: String = self.text.chars().take(LONGEST_SHOWN).collect();
        let shown = one_line(shown.as_str());
        let example = form.members_form.example();
        let (what, advice) = match self.reason {
            UnclearReason::OtherForm(other) => (
                format!("looks like a member in the form \"{}\"", other.as_str()),
                format!(
                    "Write it as {example}, or set [page] members_form = \"{}\" if all are written so.",
                    other.as_str()
                ),
            ),
            UnclearReason::Shortcode => {
                ("holds a shortcode that is not complete".to_owned(), format!("Write it as {example}."))
            }
            UnclearReason::NoName => ("holds a shortcode without a name".to_owned(), format!("Write it as {example}.")),
            UnclearReason::NoHandle => {
                ("looks like a member and names no handle".to_owned(), format!("Write it as {example}."))
            }
            UnclearReason::Words => (
                "names a handle, and the words beside it are no name".to_owned(),
                format!("Write a member as {example}; move what is none out of the members section."),
            ),
            UnclearReason::NoColumn => (
                "is the header of a table in which no column of names or handles is known".to_owned(),
                "Name its columns Name, Handle and Role.".to_owned(),
            ),
        };
        let message = format!("\"{shown}\" {what}, so nobody is read from it.");
        Finding::new(Rule::MemberLineUnclear, shown, message).with_place(self.place).with_advice(advice)
    }
}

/// That nobody was understood. Where all lines are written in one other form, that is said once, in place of each line.
pub(super) fn section_empty_finding(form: &PageForm, unclear: &mut Vec<UnclearLine>) -> Finding {
    let message = "The members section names nobody that is understood.";
    let finding = |message: &str| Finding::new(Rule::MembersSectionEmpty, "members", message);
    let example = form.members_form.example();
    let plain = || finding(message).with_advice(format!("Write each member as {example}."));
    let Some(UnclearReason::OtherForm(other)) = unclear.first().map(|line| line.reason) else { return plain() };
    if unclear.iter().any(|line| line.reason != UnclearReason::OtherForm(other)) {
        return plain();
    }
    let lines: Vec<String> = unclear.drain(..).map(|line| line.place.line.to_string()).collect();
    let lines = match lines.as_slice() {
        [only] => format!("Line {only} looks like a member"),
        [first, .., last] => format!("{} lines from {first} to {last} look like members", lines.len()),
        [] => String::new(),
    };
    let other = other.as_str();
    finding(&format!("The members section names nobody that is understood. {lines} in the form \"{other}\"."))
        .with_advice(format!("Set [page] members_form = \"{other}\", or write each member as {example}."))
}

/// Finds what is written in another form than the page's.
pub(super) fn find_other_forms(section: &Section<'_>, found: &mut FoundMembers) {
    let form = section.form.members_form;
    if form != MembersForm::Table {
        find_tables(section, found);
    }
    if form != MembersForm::Heading {
        find_headings(section, found);
    }
    // Those of lists have been looked at already.
    if !matches!(form, MembersForm::List | MembersForm::Mention) {
        find_list_items(section, found);
    }
}

fn find_tables(section: &Section<'_>, found: &mut FoundMembers) {
    let source = section.page.source.text;
    for table in tables_in(section) {
        let rows = table.rows.iter().skip(1);
        let first = rows.flatten().find(|cell| names_somebody(&source[(*cell).clone()]));
        found
            .unclear
            .extend(first.map(|cell| section.unclear(cell.start, UnclearReason::OtherForm(MembersForm::Table))));
    }
}

fn find_headings(section: &Section<'_>, found: &mut FoundMembers) {
    let source = section.page.source.text;
    for heading in section.headings().filter(|heading| heading.level > section.level) {
        if names_somebody(&source[heading.range.clone()]) {
            let reason = UnclearReason::OtherForm(MembersForm::Heading);
            found.unclear.push(section.unclear(heading.range.start, reason));
        }
    }
}

fn find_list_items(section: &Section<'_>, found: &mut FoundMembers) {
    let source = section.page.source.text;
    let form = section.form.members_form;
    // Items below a member's heading are about that member.
    let first_heading = section.headings().next().map_or(usize::MAX, |heading| heading.range.start);
    for block in section.list_items().filter(|item| form != MembersForm::Heading || item.range.start < first_heading) {
        let text = &source[block.range.clone()];
        if let Some(at) = shortcode::find_begun_shortcode(text) {
            let at = block.range.start + at;
            let reason = match form {
                MembersForm::Shortcode if !shortcode::find_member_shortcodes(text).is_empty() => continue,
                MembersForm::Shortcode => UnclearReason::Shortcode,
                _ => UnclearReason::OtherForm(MembersForm::Shortcode),
            };
            if !is_in_code(section.page, at) {
                found.unclear.push(section.unclear(at, reason));
            }
            continue;
        }
        if section.page.source.is_end_of_text(block.range.end) {
            continue;
        }
        // Other lists name people in passing, so a member's line begins with the handle or has a name of some words.
        let people = parse_persons(text, section.form, false).persons;
        let Some(first) = people.first() else { continue };
        let has_handle = !matches!(first.handle_field, HandleField::Missing);
        let reason = match (first.name.as_str(), has_handle) {
            ("", _) => UnclearReason::OtherForm(MembersForm::Mention),
            (name, true) if name.contains(' ') => UnclearReason::OtherForm(MembersForm::List),
            (_, false) if section.form.is_lead(&first.role) => UnclearReason::OtherForm(MembersForm::List),
            _ => continue,
        };
        found.unclear.push(section.unclear(block.range.start + first.at, reason));
    }
}
