//! The sentences of the audit. Each names both places, so that a reader goes straight to the lines.

use crate::pod::agent::{Agent, BrokenFile, MembershipRule};
use crate::pod::document::Member;
use crate::pod::finding::{Finding, Place};
use crate::pod::rule::Rule;
use crate::pod::text::Untrusted;

/// A file does not say what it should say of a member.
pub(super) fn without_focus(page: &str, rule: &MembershipRule, member: &Member, files: &[&Agent]) -> Finding {
    let places: Vec<String> = files.iter().map(|file| at(&file.path, file.list_at(rule).or(line_of(file)))).collect();
    let places = places.join(" and ");
    let message =
        format!("{} is on the page and lacks {}; {}, {places}", who(member), wanted(rule), at(page, Some(member.line)));
    let path = files.first().map(|file| shown(&file.path)).unwrap_or_default();
    let advice = format!(
        "Add {} to {} of {path} in a merge request for this person alone, which the person's manager approves; \
         it takes up to a day to show.",
        wanted(rule),
        key(rule)
    );
    Finding::new(Rule::MemberWithoutFocus, subject(member), message).at(place(page, member.line)).advise(advice)
}

/// A file says that somebody belongs to the pod, and the page does not.
pub(super) fn without_member(page: &str, rule: &MembershipRule, agent: &Agent, line: usize) -> Finding {
    let message = format!(
        "{} has {} and is not among the members; {}, {}",
        agent_shown(agent),
        wanted(rule),
        at(&agent.path, Some(line)),
        shown(page)
    );
    let advice = "Ask whether the person wants to be on the page; others may have it for their own reasons. To take it \
                  away is a merge request that the person's manager approves, and takes up to a day to show.";
    let subject = agent.handle.as_ref().map_or_else(|| shown(&agent.path), |(handle, _)| handle.as_str().to_owned());
    Finding::new(Rule::FocusWithoutMember, subject, message).at(place(&agent.path, line)).advise(advice)
}

/// No file is a member's.
pub(super) fn unknown_agent(page: &str, member: &Member, like: Option<&Agent>) -> Finding {
    let message = format!("{} has no file in the Support Team data; {}", who(member), at(page, Some(member.line)));
    let finding = Finding::new(Rule::MemberUnknownAgent, subject(member), message).at(place(page, member.line));
    match like {
        Some(agent) => finding.advise(format!(
            "Find out whether the person has left or goes by another name; did you mean {} ({})?",
            agent_shown(agent),
            handle_at(agent)
        )),
        None => finding,
    }
}

/// A file that cannot be understood; `member` is the one whose handle it still names.
pub(super) fn file_invalid(file: &BrokenFile, member: Option<&Member>) -> Finding {
    let path = shown(&file.path);
    let line = file.line.map(|line| format!(" (line {line})")).unwrap_or_default();
    let whose = member.map_or_else(|| "its person".to_owned(), who);
    let message = format!("{path} {}{line}; {whose} is left out", file.kind);
    Finding::new(Rule::AgentFileInvalid, path, message).at(place(&file.path, file.line.unwrap_or(1)))
}

/// Two files for one account.
pub(super) fn duplicate(first: &Agent, second: &Agent) -> Finding {
    let message =
        format!("{} and {} name the same account as {}", handle_at(first), handle_at(second), agent_shown(second));
    let finding = Finding::new(Rule::AgentDuplicate, shown(&second.path), message);
    finding.at(place(&second.path, line_of(second).unwrap_or(1)))
}

/// What a finding about a member is about: the handle, or the name of whoever has none on the page.
pub(super) fn subject(member: &Member) -> String {
    member.handle.as_ref().map_or_else(|| member.name.line(), |handle| handle.as_str().to_owned())
}

/// Name and handle as the page has them.
pub(super) fn who(member: &Member) -> String {
    match &member.handle {
        Some(handle) => format!("{} ({handle})", member.name.line()),
        None => member.name.line(),
    }
}

fn agent_shown(agent: &Agent) -> String {
    match (&agent.name, &agent.handle) {
        (Some((name, _)), Some((handle, _))) => format!("{} ({handle})", name.line()),
        (Some((name, _)), None) => name.line(),
        (None, Some((handle, _))) => handle.to_string(),
        (None, None) => shown(&agent.path),
    }
}

/// What the rule asks for.
fn wanted(rule: &MembershipRule) -> String {
    match rule {
        MembershipRule::None => String::new(),
        MembershipRule::ZendeskGroup(group) => format!("the group '{group}'"),
        MembershipRule::KnowledgeArea { name, level } => {
            format!("the knowledge area '{name}' at level {level} or above")
        }
    }
}

/// Where it stands in a file.
fn key(rule: &MembershipRule) -> &'static str {
    match rule {
        MembershipRule::KnowledgeArea { .. } => "knowledge_areas",
        MembershipRule::None | MembershipRule::ZendeskGroup(_) => "zendesk.main.groups",
    }
}

/// The place of a file's handle, or of its name.
pub(super) fn handle_at(agent: &Agent) -> String {
    at(&agent.path, line_of(agent))
}

fn line_of(agent: &Agent) -> Option<usize> {
    agent.handle.as_ref().map(|(_, line)| *line).or(agent.name.as_ref().map(|(_, line)| *line))
}

pub(super) fn at(path: &str, line: Option<usize>) -> String {
    match line {
        Some(line) => format!("{}:{line}", shown(path)),
        None => shown(path),
    }
}

pub(super) fn place(path: &str, line: usize) -> Place {
    Place { path: shown(path), line, column: 1 }
}

/// A text from outside as one harmless line.
pub(super) fn shown(text: &str) -> String {
    Untrusted::new(text).line()
}
