//! The living report of the roster: where page and Support Team data disagree, told where only members of
//! a project read it.

use std::collections::BTreeMap;

use super::Parts;
use super::living_report::{self, Wanted};
use crate::pod::Pod;
use crate::pod::finding::Finding;
use crate::pod::marker::ReportKind;
use crate::pod::observed::Observed;
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

/// Brings the report into line with what the audit told; a look that proves nothing leaves it as it is.
pub(super) fn keep(pod: &Pod, seen: &Snapshot, parts: &mut Parts) {
    let mut told: Vec<Finding> = parts.findings.extract_if(.., |finding| ROSTER.contains(&finding.rule)).collect();
    told.sort_by(|a, b| (a.rule, &a.subject, &a.message).cmp(&(b.rule, &b.subject, &b.message)));
    // Where nothing is remembered, nobody knows since when.
    let remember = match &seen.reports {
        Observed::Present(_) => {
            let memory = living_report::memory(pod, seen, ReportKind::Roster);
            living_report::remembered(&mut told, &memory, seen.now)
        }
        Observed::Absent | Observed::Unknown(_) => BTreeMap::new(),
    };
    parts.findings.extend(told.iter().cloned());
    let inconclusive = parts.findings.iter().any(|finding| finding.rule == Rule::RosterInconclusive);
    let whole = seen.agents.present().is_some() && seen.accounts.present().is_some() && seen.page.present().is_some();
    if inconclusive || !whole {
        return;
    }
    let told = told.into_iter().map(|finding| (finding.rule.summary().to_owned(), finding)).collect();
    let wanted = Wanted { kind: ReportKind::Roster, told, remember };
    living_report::keep(pod, seen, &wanted, parts);
}
