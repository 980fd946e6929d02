//! Members in lists without shortcodes: `- Lead: Robin Reed (@robin)`, or `- @robin`.

use linkcheck::markdown::outline::Paragraph;

use super::person::{PersonText, parse_persons};
use super::{FoundMembers, HandleField, MembersForm, Section, UnclearReason, shortcode};

/// A member is a list item with a name or a handle; which of them has to be there is the form's.
pub(super) fn read(section: &Section<'_>) -> FoundMembers {
    let mut found = FoundMembers::default();
    for block in section.list_items() {
        read_item(section, block, &mut found);
    }
    found
}

fn read_item(section: &Section<'_>, block: &Paragraph, found: &mut FoundMembers) {
    let (page, form) = (section.page, section.form.members_form);
    let text = &page.source.text[block.range.clone()];
    let mut unclear = |at: usize, reason| found.unclear.push(section.unclear(block.range.start + at, reason));
    if let Some(at) = shortcode::find_begun_shortcode(text) {
        return unclear(at, UnclearReason::OtherForm(MembersForm::Shortcode));
    }
    // A page that was cut inside a name or a handle must not seem to name somebody else.
    let may_go_on = page.source.is_end_of_text(block.range.end);
    let PersonText { persons, is_unclear } = parse_persons(text, section.form, may_go_on);
    if persons.is_empty() {
        if is_unclear {
            unclear(0, UnclearReason::Words);
        } else if form == MembersForm::List && is_one_capitalised_word(text) && !is_container(section, block) {
            unclear(0, UnclearReason::NoHandle);
        }
        return;
    }
    for person in persons {
        let offset = block.range.start + person.at;
        let without_handle = matches!(person.handle_field, HandleField::Missing);
        if person.name.is_empty() && form == MembersForm::List {
            found.unclear.push(section.unclear(offset, UnclearReason::OtherForm(MembersForm::Mention)));
        } else if without_handle && (form == MembersForm::Mention || may_go_on) {
            found.unclear.push(section.unclear(offset, UnclearReason::NoHandle));
        } else {
            let around = || {
                let role = section.role_around_item(block);
                if role.is_empty() { section.role_of_heading_above(offset) } else { role }
            };
            found.entries.push(section.entry(person, offset, around));
        }
    }
}

/// Whether another list stands below the item: `- Members`.
fn is_container(section: &Section<'_>, block: &Paragraph) -> bool {
    let paragraphs = &section.page.outline.paragraphs;
    let own = paragraphs.iter().position(|other| other.range.start == block.range.start);
    paragraphs.iter().any(|other| other.parent_item.is_some() && other.parent_item == own)
}

fn is_one_capitalised_word(text: &str) -> bool {
    let word = super::person::plain_words(text);
    !word.contains(' ') && word.chars().all(char::is_alphabetic) && super::person::is_name_like(&word)
}
