//! Who was seen already, and what is wrong with a member's line.

use std::collections::BTreeSet;

use linkcheck::text::one_line;

use super::MemberEntry;
use crate::collect::handbook::member_handle::HandleField;
use crate::pod::finding::Finding;
use crate::pod::pod_page::Member;
use crate::pod::rule::Rule;

/// The people seen so far, by handle and by name.
#[derive(Default)]
pub(super) struct KnownMembers {
    handles: BTreeSet<String>,
    names: BTreeSet<String>,
    names_without_handle: BTreeSet<String>,
}

impl KnownMembers {
    /// What is wrong with a member's line.
    pub(super) fn check_entry(&mut self, row: &MemberEntry) -> Vec<Finding> {
        let name = shown_name(&row.member);
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
            let handle = row.member.handle.as_ref().filter(|_| !row.member.name.raw().trim().is_empty());
            let who = handle.map_or(String::new(), |handle| format!(" ({})", handle.as_str()));
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
                let by_name = !name.trim().is_empty() && self.names_without_handle.contains(&name);
                !self.handles.insert(handle.to_ascii_lowercase()) || by_name
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

/// The name, or the handle of whoever is named by it alone.
fn shown_name(member: &Member) -> String {
    let name = member.name.one_line();
    match &member.handle {
        Some(handle) if name.trim().is_empty() => handle.to_string(),
        _ => name,
    }
}
