//! The people of the members section.

use std::collections::BTreeSet;

use linkcheck::markdown::outline::{Heading, Paragraph};
use linkcheck::text::{Untrusted, one_line};

use super::member_handle::{self, HandleField};
use super::{MAX_ENTRIES, ParsedPage, shortcode};
use crate::pod::finding::{Finding, Place};
use crate::pod::pod_page::{Member, MembersSection};
use crate::pod::roster::Role;
use crate::pod::rule::Rule;

/// The members, and how much of their section was seen.
///
/// The section is the first level-2 heading that ends in "Pod members" with everything up to the next
/// heading of that level or above. A member is a list item that holds a `member-by-name` shortcode;
/// whatever else stands there is none, and no fault.
pub(super) fn read(page: &ParsedPage<'_>, findings: &mut Vec<Finding>) -> (Vec<Member>, MembersSection) {
    let headings = &page.outline.headings;
    let Some(first) = headings.iter().position(is_members_heading) else {
        let message = "No level-2 heading ends in \"Pod members\".";
        findings
            .push(Finding::new(Rule::MembersSectionMissing, "members section", message).with_place(page.place_at(0)));
        return (Vec::new(), MembersSection::Missing);
    };
    let heading = &headings[first];
    let end = headings[first + 1..]
        .iter()
        .find(|heading| heading.level <= 2 && heading.is_top_level && !heading.may_be_unfinished);
    let range = heading.range.end..end.map_or(page.source.text.len(), |heading| heading.range.start);

    let mut members = Vec::new();
    let mut known = KnownMembers::default();
    for block in page.outline.paragraphs.iter().filter(|block| block.is_list_item && range.contains(&block.range.start))
    {
        for row in parse_member_entries(page, block).into_iter().take(MAX_ENTRIES - members.len()) {
            findings.extend(known.check_entry(&row));
            members.push(row.member);
        }
    }
    // A section that runs to the end of the text may have been cut, and says nothing about who is not there.
    if end.is_some() && members.is_empty() {
        let message = "The members section names nobody that is understood.";
        findings.push(
            Finding::new(Rule::MembersSectionEmpty, "members", message).with_place(page.place_at(heading.range.start)),
        );
    } else if end.is_some() && members.iter().all(|member| member.role != Role::Lead) {
        let message = "No member has a lead's role.";
        findings.push(Finding::new(Rule::LeadMissing, "lead", message).with_place(page.place_at(heading.range.start)));
    }
    (members, if end.is_some() { MembersSection::Closed } else { MembersSection::OpenEnded })
}

/// A member with where the name stands and what stands in the handle's place.
struct MemberEntry {
    member: Member,
    place: Place,
    handle_field: HandleField,
}

fn is_members_heading(heading: &Heading) -> bool {
    heading.level == 2 && heading.is_top_level && heading.text.to_lowercase().ends_with("pod members")
}

/// The members of one list item. Mostly there is one; a line without its dash belongs to the item above.
fn parse_member_entries(page: &ParsedPage<'_>, block: &Paragraph) -> Vec<MemberEntry> {
    let mut rows = Vec::new();
    for line in page.source.line_ranges_in(&block.range) {
        let text = &page.source.text[line.clone()];
        let codes = shortcode::find_member_shortcodes(text);
        let Some(first) = codes.first() else { continue };
        let role_text = parse_role_text(&text[..first.range.start]).unwrap_or_else(|| inherited_role(page, block));
        for (index, code) in codes.iter().enumerate() {
            let tail_end = codes.get(index + 1).map_or(text.len(), |next| next.range.start);
            let offset = line.start + code.range.start;
            // A page that was cut inside a handle must not seem to name somebody else, or nobody.
            let may_go_on = tail_end == text.len() && page.source.is_end_of_text(line.end);
            let Some(written) = member_handle::parse_handle_field(&text[code.range.end..tail_end], may_go_on) else {
                continue;
            };
            if code.name.is_empty() || is_in_code(page, offset) {
                continue;
            }
            let member = Member {
                name: Untrusted::new(code.name.as_str()),
                handle: written.handle(),
                role: if role_text.to_lowercase().contains("lead") { Role::Lead } else { Role::Member },
                role_text: Untrusted::new(role_text.as_str()),
                line: page.line_at(offset),
            };
            rows.push(MemberEntry { member, place: page.place_at(offset), handle_field: written });
        }
    }
    rows
}

/// The text before the first colon, without list and emphasis marks.
fn parse_role_text(before: &str) -> Option<String> {
    let (role, _) = before.split_once(':')?;
    let role: String = role.chars().filter(|c| !matches!(c, '*' | '_' | '`')).collect();
    let role = role.trim_start_matches(['-', '+', ' ', '\t']).trim();
    (!role.is_empty()).then(|| role.to_owned())
}

/// The role that the item around a nested list gives to those in it: `- Leads:` does, `- Members:` names
/// no role.
fn inherited_role(page: &ParsedPage<'_>, block: &Paragraph) -> String {
    let around = block.parent_item.map_or("", |index| page.outline.paragraphs[index].text.trim());
    let role = around.strip_suffix(':').unwrap_or_default();
    if role.to_lowercase().contains("lead") && !role.contains("{{") { role.to_owned() } else { String::new() }
}

/// Whether an offset lies in a code span that begins before it: an example of a shortcode, none.
fn is_in_code(page: &ParsedPage<'_>, offset: usize) -> bool {
    let spans = &page.outline.code_spans;
    let behind = spans.partition_point(|span| span.range.start < offset);
    behind.checked_sub(1).is_some_and(|index| spans[index].range.end > offset)
}

/// The people seen so far, by handle and by name.
#[derive(Default)]
struct KnownMembers {
    handles: BTreeSet<String>,
    names: BTreeSet<String>,
    names_without_handle: BTreeSet<String>,
}

impl KnownMembers {
    /// What is wrong with a member's line.
    fn check_entry(&mut self, row: &MemberEntry) -> Vec<Finding> {
        let name = row.member.name.one_line();
        let finding = |rule, message| Finding::new(rule, name.as_str(), message).with_place(row.place.clone());
        let mut findings = Vec::new();
        match &row.handle_field {
            HandleField::Handle(_) => {}
            HandleField::Invalid(text) => {
                let text = one_line(text.as_str());
                let message = format!("\"{text}\" stands where the handle of {name} belongs.");
                findings.push(finding(Rule::MemberHandleInvalid, message));
            }
            HandleField::Missing => {
                findings.push(finding(Rule::MemberHandleMissing, format!("The line of {name} names no handle.")));
            }
        }
        if self.record_and_check_known(&row.member) {
            let who = row.member.handle.as_ref().map_or(String::new(), |handle| format!(" ({})", handle.as_str()));
            findings.push(finding(Rule::MemberListedTwice, format!("{name}{who} is listed twice.")));
        }
        findings
    }

    /// Notes a member and returns whether the same person was noted before: by handle or, where one of the
    /// two lines has none, by name.
    fn record_and_check_known(&mut self, member: &Member) -> bool {
        let name = member.name.raw().to_lowercase();
        let known = match &member.handle {
            Some(handle) => {
                !self.handles.insert(handle.to_ascii_lowercase()) || self.names_without_handle.contains(&name)
            }
            None => self.names.contains(&name),
        };
        if member.handle.is_none() {
            self.names_without_handle.insert(name.clone());
        }
        self.names.insert(name);
        known
    }
}
