//! Members in Hugo's shortcodes: `- Lead: {{< member-by-name "Robin Reed" >}} (`@robin`)`.

use linkcheck::markdown::outline::Paragraph;

use super::person::Person;
use super::shortcode::{self, ShortcodePeople};
use super::{FoundMembers, HandleField, Section, UnclearReason, is_in_code};
use crate::collect::handbook::member_handle;
use crate::pod::roster::Handle;

/// A member is a list item that holds a complete shortcode.
pub(super) fn read(section: &Section<'_>) -> FoundMembers {
    let mut found = FoundMembers::default();
    for block in section.list_items() {
        read_item(section, block, &mut found);
    }
    found
}

/// The members of one list item. Mostly there is one; a line without its dash belongs to the item above.
fn read_item(section: &Section<'_>, block: &Paragraph, found: &mut FoundMembers) {
    let page = section.page;
    for line in page.source.line_ranges_in(&block.range) {
        let text = &page.source.text[line.clone()];
        let codes = shortcode::find_member_shortcodes(text);
        let Some(first) = codes.first() else { continue };
        let role_text = parse_role_text(&text[..first.range.start]).unwrap_or_else(|| section.role_around_item(block));
        let mut is_handle_of_name = false;
        for (index, code) in codes.iter().enumerate() {
            let next = codes.get(index + 1);
            let tail_end = next.map_or(text.len(), |next| next.range.start);
            let offset = line.start + code.range.start;
            // A page that was cut inside a handle must not seem to name somebody else, or nobody.
            let may_go_on = tail_end == text.len() && page.source.is_end_of_text(line.end);
            let tail = &text[code.range.end..tail_end];
            let Some(written) = member_handle::parse_handle_field(tail, may_go_on) else { continue };
            if is_in_code(page, offset) || std::mem::take(&mut is_handle_of_name) {
                continue;
            }
            let mut add = |name: String, handle_field: HandleField| {
                let person = Person { at: 0, role: role_text.clone(), name, handle_field };
                found.entries.push(section.entry(person, offset, String::new));
            };
            match &code.people {
                ShortcodePeople::Name(name) if name.is_empty() => {
                    found.unclear.push(section.unclear(offset, UnclearReason::NoName));
                }
                ShortcodePeople::Name(name) => {
                    // `{{< member-by-name "Robin" >}} ({{< member-by-gitlab "robin" >}})` is one person.
                    let behind = next.filter(|_| !tail.contains(char::is_alphanumeric)).map(|next| &next.people);
                    match (written, behind) {
                        (HandleField::Missing, Some(ShortcodePeople::Handles(handles))) if handles.len() == 1 => {
                            is_handle_of_name = true;
                            add(name.clone(), to_handle_field(&handles[0]));
                        }
                        (written, _) => add(name.clone(), written),
                    }
                }
                ShortcodePeople::Handles(handles) => {
                    for handle in handles {
                        match to_handle_field(handle) {
                            good @ HandleField::Handle(_) => add(String::new(), good),
                            wrong => add(handle.clone(), wrong),
                        }
                    }
                }
            }
        }
    }
}

fn to_handle_field(written: &str) -> HandleField {
    let handle = written.trim().trim_start_matches('@');
    Handle::parse(handle).map_or_else(|| HandleField::Invalid(written.to_owned()), HandleField::Handle)
}

/// The text before the first colon, without list and emphasis marks.
fn parse_role_text(before: &str) -> Option<String> {
    let (role, _) = before.split_once(':')?;
    let role: String = role.chars().filter(|c| !matches!(c, '*' | '_' | '`')).collect();
    let role = role.trim_start_matches(['-', '+', ' ', '\t']).trim();
    (!role.is_empty()).then(|| role.to_owned())
}
