//! The roster audit: the members of the page and the people of the Support Team data, side by side.
//!
//! It reports and changes nothing. Nobody is called missing or without focus unless page and data were both seen
//! whole (F31 in `tests/it/roster.rs`): then each is reported, however many they are. Of a person nothing is reported
//! but name, handle and the places where to look.

mod member_audit;
mod member_findings;
mod member_matching;
mod similarity;

use super::DecisionParts;
use std::collections::{BTreeMap, BTreeSet};

use crate::pod::Pod;
use crate::pod::agent::{Agent, MembershipRule, ObservedAccount};
use crate::pod::finding::Finding;
use crate::pod::observed::{FailureCause, Observed, ReadFailure};
use crate::pod::pod_page::{Member, MembersSection, PodPage};
use crate::pod::rule::{Audience, CountedPer, Rule};
use crate::pod::snapshot::Snapshot;
use crate::pod::text::Untrusted;
use member_matching::{AgentMatch, MatchedMember, RosterData};

/// What about an audit as a whole holds its findings back.
#[derive(Default)]
pub(super) struct AuditDoubts {
    /// Whether page and data were seen, so that the audit says something.
    pub(super) was_audited: bool,
    /// The rules that fire for all that could be judged.
    pub(super) rules_firing_for_all: Vec<Rule>,
    /// Whether the page may go on below what was seen, so that the two sets are not compared for sure.
    pub(super) page_may_be_cut: bool,
    /// The fingerprints of what hangs on where the page ends.
    pub(super) doubtful_fingerprints: BTreeSet<String>,
    /// Whether somebody without a file may have one that cannot be recognised.
    pub(super) unknown_agents_doubtful: bool,
    /// What `[members]` may have meant, where nobody has what it asks for.
    pub(super) meant_entry: Option<MeantEntry>,
}

/// An entry of the Support Team data that is a slip away from one that nobody has.
pub(super) struct MeantEntry {
    /// The entry, in one line.
    pub(super) name: String,
    /// How many have it.
    pub(super) count: usize,
}

/// Reports what page, data and accounts say differently about the members.
pub(super) fn audit(pod: &Pod, seen: &Snapshot, parts: &mut DecisionParts) {
    // What a server says of a file or an account may name its person.
    for failure in [seen.agents.failure(), seen.accounts.failure()].into_iter().flatten() {
        parts.push_restricted_failure(Audience::Confidential, failure.clone());
    }
    let files = match &seen.agents {
        // Nobody asked.
        Observed::Absent => return,
        Observed::Unknown(_) => return report_inconclusive(pod, "the Support Team data was not seen", None, parts),
        Observed::Present(files) => files,
    };
    let page = match &seen.page {
        Observed::Present(page) => page,
        Observed::Absent => return report_inconclusive(pod, "the page is not there", None, parts),
        Observed::Unknown(_) => return report_inconclusive(pod, "the page was not seen", None, parts),
    };
    let data = RosterData::new(files, seen.accounts.present().map(Vec::as_slice));
    if let Some(why) = unusable_reason(page, &data) {
        return report_inconclusive(pod, why, Some(FailureCause::Unavailable), parts);
    }
    Audit { pod, page, data }.audit_members(parts);
}

/// Why page and data say nothing about anybody.
fn unusable_reason(page: &PodPage, data: &RosterData<'_>) -> Option<&'static str> {
    let files = data.agents.len() + data.broken.len();
    if page.members_section == MembersSection::Missing {
        Some("the page has no members section")
    } else if page.members.is_empty() {
        Some("the members section of the page names nobody")
    } else if files == 0 {
        Some("the Support Team data is empty")
    } else {
        None
    }
}

/// One pod's page and the data, both seen.
struct Audit<'a> {
    pod: &'a Pod,
    page: &'a PodPage,
    data: RosterData<'a>,
}

impl Audit<'_> {
    fn audit_members(&self, parts: &mut DecisionParts) {
        parts.roster_doubts.was_audited = true;
        parts.roster_doubts.meant_entry = self.find_meant_entry();
        let people = self.data.match_members(&self.page.members, true);
        let mut all = DecisionParts::default();
        self.compare_members(&people, true, &mut all);
        let fires_for_all = |rule: &Rule| {
            let judged = rule.counted_per().map_or(0, |each| self.count_audited(each, &people));
            judged > 0 && all.findings.iter().filter(|finding| finding.rule == *rule).count() >= judged
        };
        parts.roster_doubts.rules_firing_for_all = Rule::ALL.iter().copied().filter(fires_for_all).collect();
        parts.roster_doubts.unknown_agents_doubtful = all.roster_doubts.unknown_agents_doubtful;
        if self.page.members_section == MembersSection::OpenEnded {
            // A page that may go on below: what hangs on a line that was seen is sure, the rest has to last.
            let mut sure = DecisionParts::default();
            self.compare_members(&self.data.match_members(&self.page.members, false), false, &mut sure);
            let doubtful = all.findings.iter().filter(|finding| !sure.findings.contains(finding));
            parts.roster_doubts.doubtful_fingerprints = doubtful.map(|finding| finding.fingerprint.clone()).collect();
            parts.roster_doubts.page_may_be_cut = self.pod.membership != MembershipRule::None;
            let also = sure.findings.into_iter().filter(|finding| !all.findings.contains(finding));
            parts.findings.extend(also.collect::<Vec<Finding>>());
        }
        parts.findings.extend(all.findings);
    }

    /// Compares all; `whole` says that the page was seen to the end of its members.
    fn compare_members(&self, people: &[MatchedMember<'_>], whole: bool, parts: &mut DecisionParts) {
        for person in people {
            member_audit::compare_member(self, person, whole, parts);
        }
        self.check_files(people, parts);
        if whole && self.pod.membership != MembershipRule::None {
            self.compare_membership(people, parts);
        }
    }

    /// What most files have that is nearest to what nobody has.
    fn find_meant_entry(&self) -> Option<MeantEntry> {
        let rule = &self.pod.membership;
        if self.data.agents.iter().any(|agent| agent.matching_rules.contains_key(rule)) {
            return None;
        }
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for entry in self.data.agents.iter().filter_map(|agent| agent.similar_entries.get(rule)) {
            *counts.entry(entry.one_line()).or_default() += 1;
        }
        let most = counts.into_iter().max_by(|a, b| (a.1, &b.0).cmp(&(b.1, &a.0)))?;
        Some(MeantEntry { name: most.0, count: most.1 })
    }

    /// How many there are of what a rule can fire once for each of.
    fn count_audited(&self, each: CountedPer, people: &[MatchedMember<'_>]) -> usize {
        let has_file = |person: &&MatchedMember<'_>| matches!(person.agent, AgentMatch::Files(..));
        let fits = |agent: &&&Agent| agent.matching_rules.contains_key(&self.pod.membership);
        match each {
            CountedPer::Member => people.len(),
            CountedPer::MemberWithFile => people.iter().filter(has_file).count(),
            CountedPer::AgentFile => self.data.agents.len() + self.data.broken.len(),
            CountedPer::AgentWithFocus => self.data.agents.iter().filter(fits).count(),
        }
    }

    /// What is wrong with the files themselves, as far as it concerns this pod.
    fn check_files(&self, people: &[MatchedMember<'_>], parts: &mut DecisionParts) {
        let by_rule = self.pod.membership != MembershipRule::None;
        for file in &self.data.broken {
            let named = |member: &&Member| member.handle.is_some() && member.handle == file.handle;
            let member = people.iter().map(|person| person.member).find(named);
            if by_rule || member.is_some() {
                parts.findings.push(member_findings::invalid_file_finding(file, member));
            }
        }
        for (first, second) in self.data.duplicate_agents() {
            let concerned = |path: &str| people.iter().flat_map(|person| person.agent.paths()).any(|own| own == path);
            let fits = |file: &Agent| file.matching_rules.contains_key(&self.pod.membership);
            if [first, second].into_iter().any(|file| fits(file) || concerned(&file.path)) {
                parts.findings.push(member_findings::duplicate_agent_finding(first, second));
            }
        }
    }

    /// The two sets, person by person.
    fn compare_membership(&self, people: &[MatchedMember<'_>], parts: &mut DecisionParts) {
        let rule = &self.pod.membership;
        let without = |person: &&MatchedMember<'_>| match &person.agent {
            AgentMatch::Files(files, _) => files.iter().all(|file| !file.matching_rules.contains_key(rule)),
            AgentMatch::Unclear | AgentMatch::Nobody => false,
        };
        let without: Vec<&MatchedMember<'_>> = people.iter().filter(without).collect();
        let strangers: Vec<&Member> = people
            .iter()
            .filter(|person| matches!(person.agent, AgentMatch::Nobody))
            .map(|person| person.member)
            .collect();
        let page = &self.pod.page.path;
        for person in without {
            if let AgentMatch::Files(files, _) = &person.agent {
                parts.findings.push(member_findings::member_without_focus_finding(page, rule, person.member, files));
            }
        }
        // Whoever has no file may have one that cannot be read, or one that only the accounts would show.
        let withheld = if self.data.broken.iter().any(|file| file.handle.is_none()) {
            Some("a file that cannot be understood may be theirs")
        } else if self.data.has_accounts() {
            None
        } else {
            Some("the accounts were not seen")
        };
        if let Some(why) = withheld.filter(|_| !strangers.is_empty()) {
            let why = format!("{} of {} members have no file, but {why}", strangers.len(), people.len());
            report_inconclusive(self.pod, &why, None, parts);
            parts.roster_doubts.unknown_agents_doubtful = true;
        }
        parts.findings.extend(strangers.iter().map(|member| {
            member_findings::unknown_agent_finding(page, member, self.data.find_similar_agent(member, people))
        }));
        // Somebody on the page who is not known yet may be this agent.
        if !strangers.is_empty() && !self.data.has_accounts() {
            return;
        }
        let unlisted = self.data.agents.iter().filter_map(|agent| {
            let listed = people.iter().flat_map(|person| person.agent.paths()).any(|path| path == agent.path);
            let blocked = self.data.account_by_id(&[agent]).is_some_and(|account| !account.active);
            let unclear = people.iter().any(|person| may_be_agent(person, agent));
            agent.matching_rules.get(rule).filter(|_| !listed && !blocked && !unclear).map(|line| (agent, *line))
        });
        parts.findings.extend(
            unlisted.map(|(agent, line)| member_findings::focus_without_member_finding(page, rule, agent, line)),
        );
    }

    /// The account that has the handle of a member's line.
    fn account_by_handle(&self, person: &MatchedMember<'_>) -> Option<&ObservedAccount> {
        self.data.account_by_handle(person.member.handle.as_ref()?)
    }
}

/// Whether a member of whom nothing is clear may be this agent.
fn may_be_agent(person: &MatchedMember<'_>, agent: &Agent) -> bool {
    let own = |name: &(Untrusted, usize)| member_matching::is_same_name(person.member, name.0.raw());
    matches!(person.agent, AgentMatch::Unclear) && agent.name.as_ref().is_some_and(own)
}

/// Says that nobody was called missing, and why; with a cause, also that the run is not complete.
fn report_inconclusive(pod: &Pod, why: &str, cause: Option<FailureCause>, parts: &mut DecisionParts) {
    let message = format!("{why}; nobody is called missing");
    let mut finding = Finding::new(Rule::RosterInconclusive, pod.key.to_string(), message);
    if why.ends_with("was not seen") || why.ends_with("is not there") {
        finding =
            finding.with_advice("Mend what stands in the way, which is told beside it; the next run reads both again.");
    }
    parts.findings.push(finding);
    let what = format!("the roster of {}", pod.name);
    if let Some(cause) = cause {
        parts.push_restricted_failure(Audience::Confidential, ReadFailure { what, why: why.to_owned(), cause });
    }
}

#[cfg(test)]
mod tests;
