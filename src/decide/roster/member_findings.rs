//! The sentences of the audit. Each names both places, so that a reader goes straight to the lines.

use crate::pod::agent::{Agent, BrokenAgentFile, MembershipRule};
use crate::pod::finding::{Finding, Place};
use crate::pod::pod_page::Member;
use crate::pod::rule::Rule;
use crate::pod::text::one_line;

/// A file does not say what it should say of a member.
pub(super) fn member_without_focus_finding(
    page: &str,
    rule: &MembershipRule,
    member: &Member,
    files: &[&Agent],
) -> Finding {
    let places: Vec<String> =
        files.iter().map(|file| place_text(&file.path, file.rule_list_line(rule).or(agent_line(file)))).collect();
    let places = places.join(" and ");
    let message = format!(
        "{} is on the page and lacks {}; {}, {places}",
        member_text(member),
        requirement_text(rule),
        place_text(page, Some(member.line))
    );
    let path = files.first().map(|file| one_line(&file.path)).unwrap_or_default();
    let advice = format!(
        "Add {} to {} of {path} in a merge request for this person alone, which the person's manager approves; \
         it takes up to a day to show.",
        requirement_text(rule),
        membership_yaml_key(rule)
    );
    Finding::new(Rule::MemberWithoutFocus, member_subject(member), message)
        .with_place(first_column_place(page, member.line))
        .with_advice(advice)
}

/// A file says that somebody belongs to the pod, and the page does not.
pub(super) fn focus_without_member_finding(page: &str, rule: &MembershipRule, agent: &Agent, line: usize) -> Finding {
    let message = format!(
        "{} has {} and is not among the members; {}, {}",
        agent_text(agent),
        requirement_text(rule),
        place_text(&agent.path, Some(line)),
        one_line(page)
    );
    let advice = "Ask whether the person wants to be on the page; others may have it for their own reasons. To take it \
                  away is a merge request that the person's manager approves, and takes up to a day to show.";
    let subject = agent.handle.as_ref().map_or_else(|| one_line(&agent.path), |(handle, _)| handle.as_str().to_owned());
    Finding::new(Rule::FocusWithoutMember, subject, message)
        .with_place(first_column_place(&agent.path, line))
        .with_advice(advice)
}

/// No file is a member's.
pub(super) fn unknown_agent_finding(page: &str, member: &Member, like: Option<&Agent>) -> Finding {
    let message = format!(
        "{} has no file in the Support Team data; {}",
        member_text(member),
        place_text(page, Some(member.line))
    );
    let finding = Finding::new(Rule::MemberUnknownAgent, member_subject(member), message)
        .with_place(first_column_place(page, member.line));
    match like {
        Some(agent) => finding.with_advice(format!(
            "Find out whether the person has left or goes by another name; did you mean {} ({})?",
            agent_text(agent),
            agent_place_text(agent)
        )),
        None => finding,
    }
}

/// A file that cannot be understood; `member` is the one whose handle it still names.
pub(super) fn invalid_file_finding(file: &BrokenAgentFile, member: Option<&Member>) -> Finding {
    let path = one_line(&file.path);
    let line = file.line.map(|line| format!(" (line {line})")).unwrap_or_default();
    let person = member.map_or_else(|| "its person".to_owned(), member_text);
    let message = format!("{path} {}{line}; {person} is left out", file.problem);
    Finding::new(Rule::AgentFileInvalid, path, message)
        .with_place(first_column_place(&file.path, file.line.unwrap_or(1)))
}

/// Two files for one account.
pub(super) fn duplicate_agent_finding(first: &Agent, second: &Agent) -> Finding {
    let message = format!(
        "{} and {} name the same account as {}",
        agent_place_text(first),
        agent_place_text(second),
        agent_text(second)
    );
    let finding = Finding::new(Rule::AgentDuplicate, one_line(&second.path), message);
    finding.with_place(first_column_place(&second.path, agent_line(second).unwrap_or(1)))
}

/// What a finding about a member is about: the handle, or the name of whoever has none on the page.
pub(super) fn member_subject(member: &Member) -> String {
    member.handle.as_ref().map_or_else(|| member.name.one_line(), |handle| handle.as_str().to_owned())
}

/// Name and handle as the page has them.
pub(super) fn member_text(member: &Member) -> String {
    match &member.handle {
        Some(handle) if !member.is_named() => handle.to_string(),
        Some(handle) => format!("{} ({handle})", member.name.one_line()),
        None => member.name.one_line(),
    }
}

fn agent_text(agent: &Agent) -> String {
    match (&agent.name, &agent.handle) {
        (Some((name, _)), Some((handle, _))) => format!("{} ({handle})", name.one_line()),
        (Some((name, _)), None) => name.one_line(),
        (None, Some((handle, _))) => handle.to_string(),
        (None, None) => one_line(&agent.path),
    }
}

/// What the rule asks for.
fn requirement_text(rule: &MembershipRule) -> String {
    match rule {
        MembershipRule::None => String::new(),
        MembershipRule::ZendeskGroup(group) => format!("the group '{group}'"),
        MembershipRule::KnowledgeArea { name, level } => {
            format!("the knowledge area '{name}' at level {level} or above")
        }
    }
}

/// Where it stands in a file.
fn membership_yaml_key(rule: &MembershipRule) -> &'static str {
    match rule {
        MembershipRule::KnowledgeArea { .. } => "knowledge_areas",
        MembershipRule::None | MembershipRule::ZendeskGroup(_) => "zendesk.main.groups",
    }
}

/// The place of a file's handle, or of its name.
pub(super) fn agent_place_text(agent: &Agent) -> String {
    place_text(&agent.path, agent_line(agent))
}

fn agent_line(agent: &Agent) -> Option<usize> {
    agent.handle.as_ref().map(|(_, line)| *line).or(agent.name.as_ref().map(|(_, line)| *line))
}

pub(super) fn place_text(path: &str, line: Option<usize>) -> String {
    match line {
        Some(line) => format!("{}:{line}", one_line(path)),
        None => one_line(path),
    }
}

pub(super) fn first_column_place(path: &str, line: usize) -> Place {
    Place { path: one_line(path), line, column: 1 }
}
