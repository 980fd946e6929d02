//! The living report of the roster: where page and Support Team data disagree, told where only members of
//! a project read it.

use std::collections::BTreeMap;

use chrono::Duration;

use super::Parts;
use super::hold::{self, ALL_OF_A_KIND, Hold};
use super::links::TELL_AFTER;
use super::living_report::{self, Wanted};
use crate::pod::Pod;
use crate::pod::agent::MembershipRule;
use crate::pod::finding::Finding;
use crate::pod::marker::{Failing, ReportKind};
use crate::pod::observed::{Blind, Cause, Observed};
use crate::pod::rule::Rule;
use crate::pod::snapshot::Snapshot;

/// The rules whose findings the report tells.
const ROSTER: [Rule; 10] = [
    Rule::MemberWithoutFocus,
    Rule::FocusWithoutMember,
    Rule::MemberUnknownAgent,
    Rule::HandleMismatch,
    Rule::NameMismatch,
    Rule::AccountBlocked,
    Rule::AccountMissing,
    Rule::AccountRenamed,
    Rule::AgentFileInvalid,
    Rule::AgentDuplicate,
];

/// An account that is blocked or gone is told when it has been so for this long: people come back from leave.
const ACCOUNT_LASTS: Duration = Duration::days(14);

/// Tells what lasts of what the audit found, and brings the report into line with it; a look that saw only part of page
/// and data leaves the report as it is.
pub(super) fn keep(pod: &Pod, seen: &Snapshot, parts: &mut Parts) {
    let mut found: Vec<Finding> = parts.findings.extract_if(.., |finding| ROSTER.contains(&finding.rule)).collect();
    found.sort_by(|a, b| (a.rule, &a.subject, &a.message).cmp(&(b.rule, &b.subject, &b.message)));
    let memory = living_report::memory(pod, seen, ReportKind::Roster);
    // Where nothing can be remembered there is no later look that could tell what this one holds back.
    let remembers = !matches!(seen.reports, Observed::Absent);
    let together = if remembers { together(pod, &found, &memory, parts) } else { Vec::new() };
    let hold = |finding: &Finding| match finding.rule {
        Rule::AccountBlocked | Rule::AccountMissing if remembers => Hold::For(ACCOUNT_LASTS),
        _ if parts.roster.doubtful.contains(&finding.fingerprint) => {
            if remembers {
                Hold::For(TELL_AFTER)
            } else {
                Hold::WhileUnseen
            }
        }
        Rule::MemberUnknownAgent if parts.roster.strangers_unseen => Hold::WhileUnseen,
        rule if together.iter().any(|(common, _)| *common == rule) => Hold::UntilNextLook,
        _ => Hold::No,
    };
    let found = found.into_iter().map(|finding| (hold(&finding), finding)).map(|(hold, finding)| (finding, hold));
    let (mut told, remember) = hold::lasting(found.collect(), &memory, seen.now);
    if parts.roster.may_be_cut {
        let message = "the members section runs to the end of the page, so that it may have been cut; what differs is told \
                       when it has lasted for six hours, or at once below a heading of level 2 that ends the section";
        parts.findings.push(Finding::new(Rule::RosterInconclusive, pod.key.to_string(), message));
    }
    if !together.is_empty() {
        let what = format!("the roster of {}", pod.name);
        let why = "the same is the matter with everybody at once; the next look tells each".to_owned();
        parts.unknown.push(Blind { what, why, cause: Cause::Unavailable });
    }
    told.extend(together.into_iter().map(|(_, finding)| finding));
    parts.findings.extend(told.iter().cloned());
    let whole = seen.agents.present().is_some() && seen.accounts.present().is_some() && seen.page.present().is_some();
    if !whole || !parts.roster.judged {
        return;
    }
    let told = told.into_iter().map(|finding| (finding.rule.summary().to_owned(), finding)).collect();
    let wanted = Wanted { kind: ReportKind::Roster, told, remember, keeps_words: false };
    living_report::keep(pod, seen, &wanted, parts);
}

/// The rules by which the same is the matter with everybody, and was not before: each with the one finding that stands for
/// all.
fn together(pod: &Pod, found: &[Finding], memory: &BTreeMap<String, Failing>, parts: &Parts) -> Vec<(Rule, Finding)> {
    let new = |rule: Rule| {
        let of_rule = found.iter().filter(|finding| finding.rule == rule);
        of_rule.filter(|finding| !memory.contains_key(&living_report::memory_key(finding))).count()
    };
    let rules = parts.roster.all_of.keys().copied().filter(|rule| new(*rule) >= ALL_OF_A_KIND);
    let one = |rule: Rule| {
        let message = format!(
            "{} things at once, all that were looked at, come to this: {} So there is most likely one cause; the next \
             look that still sees it tells each",
            new(rule),
            rule.summary()
        );
        let finding = Finding::new(Rule::RosterCommonCause, rule.code(), message);
        match (rule, &pod.membership) {
            (Rule::MemberWithoutFocus | Rule::FocusWithoutMember, MembershipRule::ZendeskGroup(group)) => finding
                .advise(format!("Check zendesk_group = \"{group}\" under [members] in config/pods/{}.toml.", pod.key)),
            (Rule::MemberWithoutFocus | Rule::FocusWithoutMember, MembershipRule::KnowledgeArea { name, .. }) => {
                finding.advise(format!(
                    "Check knowledge_area, \"{name}\", under [members] in config/pods/{}.toml.",
                    pod.key
                ))
            }
            _ => finding,
        }
    };
    rules.map(|rule| (rule, one(rule))).collect()
}
