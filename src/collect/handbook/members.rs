//! The people of the members section.

mod headings;
mod known;
mod list_items;
mod person;
mod shortcodes;
mod tables;
mod unclear;

use std::ops::Range;

use linkcheck::markdown::outline::{Heading, Paragraph};
use linkcheck::text::Untrusted;

use self::known::KnownMembers;
use self::person::Person;
use self::unclear::{UnclearLine, UnclearReason};
use super::member_handle::HandleField;
use super::{MAX_ENTRIES, ParsedPage, shortcode};
use crate::pod::finding::{Finding, Place};
use crate::pod::page_form::{MembersForm, PageForm};
use crate::pod::pod_page::{Member, MembersSection};
use crate::pod::roster::Role;
use crate::pod::rule::Rule;

/// The members, and how much of their section was seen.
///
/// The section is the first heading that [`PageForm`] means, with everything up to the next heading of that level or
/// above. What is no member there is no fault, unless it looks like one.
pub(super) fn read(
    page: &ParsedPage<'_>,
    form: &PageForm,
    findings: &mut Vec<Finding>,
) -> (Vec<Member>, MembersSection) {
    let headings = &page.outline.headings;
    let Some(first) = headings.iter().position(|heading| is_members_heading(heading, form)) else {
        findings.push(section_missing_finding(page, form));
        return (Vec::new(), MembersSection::Missing);
    };
    let heading = &headings[first];
    let end = headings[first + 1..]
        .iter()
        .find(|next| next.level <= heading.level && next.is_top_level && !next.may_be_unfinished);
    let range = heading.range.end..end.map_or(page.source.text.len(), |heading| heading.range.start);
    let section = Section { page, form, range, level: heading.level };
    let mut found = match form.members_form {
        MembersForm::Shortcode => shortcodes::read(&section),
        MembersForm::List | MembersForm::Mention => list_items::read(&section),
        MembersForm::Table => tables::read(&section),
        MembersForm::Heading => headings::read(&section),
    };
    unclear::find_other_forms(&section, &mut found);
    found.entries.truncate(MAX_ENTRIES);

    let mut members = Vec::new();
    let mut known = KnownMembers::default();
    for row in found.entries {
        findings.extend(known.check_entry(&row));
        members.push(row.member);
    }
    // A section that runs to the end of the text may have been cut, and says nothing about who is not there.
    let place = page.place_at(heading.range.start);
    if end.is_some() && members.is_empty() {
        findings.push(unclear::section_empty_finding(form, &mut found.unclear).with_place(place));
    } else if end.is_some() && members.iter().all(|member| member.role != Role::Lead) {
        findings.push(lead_missing_finding(form).with_place(place));
    }
    findings.extend(found.unclear.into_iter().take(MAX_ENTRIES).map(|line| line.into_finding(form)));
    (members, if end.is_some() { MembersSection::Closed } else { MembersSection::OpenEnded })
}

/// The members section of a page.
struct Section<'a> {
    page: &'a ParsedPage<'a>,
    form: &'a PageForm,
    range: Range<usize>,
    /// The level of its heading.
    level: u8,
}

/// What was found in the section.
#[derive(Default)]
struct FoundMembers {
    entries: Vec<MemberEntry>,
    unclear: Vec<UnclearLine>,
}

/// A member with where the name stands and what stands in the handle's place.
struct MemberEntry {
    member: Member,
    place: Place,
    handle_field: HandleField,
}

impl Section<'_> {
    /// The list items of the section, each the text of one item without those below it.
    fn list_items(&self) -> impl Iterator<Item = &Paragraph> {
        let paragraphs = self.page.outline.paragraphs.iter();
        paragraphs.filter(|block| block.is_list_item && self.range.contains(&block.range.start))
    }

    /// The headings inside the section.
    fn headings(&self) -> impl Iterator<Item = &Heading> {
        let headings = self.page.outline.headings.iter();
        headings.filter(|heading| heading.is_top_level && self.range.contains(&heading.range.start))
    }

    /// A member at an offset of the page. A role that is not written is that of the list item or heading around it.
    fn entry(&self, person: Person, offset: usize, around: impl FnOnce() -> String) -> MemberEntry {
        let role_text = if person.role.is_empty() { around() } else { person.role };
        let member = Member {
            name: Untrusted::new(person.name),
            handle: person.handle_field.handle(),
            role: if self.form.is_lead(&role_text) { Role::Lead } else { Role::Member },
            role_text: Untrusted::new(role_text),
            line: self.page.line_at(offset),
        };
        MemberEntry { member, place: self.page.place_at(offset), handle_field: person.handle_field }
    }

    /// The role that the item around a nested list gives to those in it: `- Leads:` does, `- Members:` names
    /// no role.
    fn role_around_item(&self, block: &Paragraph) -> String {
        let around = block.parent_item.map_or("", |index| self.page.outline.paragraphs[index].text.trim());
        let role = around.strip_suffix(':').unwrap_or_default();
        if self.form.is_lead(role) && !role.contains("{{") { role.to_owned() } else { String::new() }
    }

    /// The role that a heading above gives to those below it: `### Leads`.
    fn role_of_heading_above(&self, offset: usize) -> String {
        let above = self.headings().take_while(|heading| heading.range.start < offset).last();
        above.map(|heading| &heading.text).filter(|text| self.form.is_lead(text)).cloned().unwrap_or_default()
    }

    /// A line that looks like a member's.
    fn unclear(&self, offset: usize, reason: UnclearReason) -> UnclearLine {
        let line = self.page.source.line_range(self.page.source.line_number(offset));
        let text = self.page.source.text[line].trim().to_owned();
        UnclearLine { text, place: self.page.place_at(offset), reason }
    }
}

fn is_members_heading(heading: &Heading, form: &PageForm) -> bool {
    let text = heading.text.to_lowercase();
    let named = match &form.members_heading {
        Some(named) => text.trim() == named.trim().to_lowercase(),
        None => heading.level == 2 && text.ends_with("pod members"),
    };
    named && heading.is_top_level
}

fn section_missing_finding(page: &ParsedPage<'_>, form: &PageForm) -> Finding {
    let finding = |message: &str| {
        Finding::new(Rule::MembersSectionMissing, "members section", message).with_place(page.place_at(0))
    };
    match &form.members_heading {
        None => finding("No level-2 heading ends in \"Pod members\"."),
        Some(heading) => finding(&format!("No heading says \"{heading}\".")).with_advice(format!(
            "Give the members section its heading \"{heading}\" back, or set [page] members_heading to the one it has."
        )),
    }
}

fn lead_missing_finding(form: &PageForm) -> Finding {
    let finding = Finding::new(Rule::LeadMissing, "lead", "No member has a lead's role.");
    if form.lead_words == PageForm::default().lead_words {
        return finding;
    }
    let words = form.lead_words.join("\" or \"");
    let none = form.lead_words.is_empty();
    let advice = if none {
        "[page] lead_words names no word that makes a lead; name one.".to_owned()
    } else {
        format!(
            "Put a role with \"{words}\" before the name of whoever leads the pod, or set [page] lead_words to the words of the page."
        )
    };
    finding.with_advice(advice)
}

/// Whether an offset lies in a code span that begins before it: an example of a shortcode, none.
fn is_in_code(page: &ParsedPage<'_>, offset: usize) -> bool {
    let spans = &page.outline.code_spans;
    let behind = spans.partition_point(|span| span.range.start < offset);
    behind.checked_sub(1).is_some_and(|index| spans[index].range.end > offset)
}
