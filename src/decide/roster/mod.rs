//! The roster audit: the members of the page and the people of the Support Team data, side by side.
//!
//! It tells and never changes. Nobody is called missing or without focus unless page and data were both seen
//! whole (threat sheet §4.4, F31): then each is told, however many they are. Of a person nothing is told but name, handle
//! and the places where to look.

mod accounts;
mod alike;
mod people;
mod told;

use super::Parts;
use std::collections::{BTreeMap, BTreeSet};

use crate::pod::Pod;
use crate::pod::agent::{AccountState, Agent, MembershipRule};
use crate::pod::document::{Member, MembersSection, PodPage};
use crate::pod::finding::Finding;
use crate::pod::observed::{Blind, Cause, Observed};
use crate::pod::rule::Rule;
use crate::pod::snapshot::Snapshot;
use crate::pod::text::Untrusted;
use people::{Data, Person, Whose};

/// What about an audit as a whole holds its findings back.
#[derive(Default)]
pub(super) struct Doubts {
    /// Whether page and data were seen, so that the audit says something.
    pub(super) judged: bool,
    /// The rules that fire for all that could be judged, with how many that are.
    pub(super) all_of: BTreeMap<Rule, usize>,
    /// Whether the page may go on below what was seen, so that the two sets are not compared for sure.
    pub(super) may_be_cut: bool,
    /// The fingerprints of what hangs on where the page ends.
    pub(super) doubtful: BTreeSet<String>,
    /// Whether somebody without a file may have one that cannot be told.
    pub(super) strangers_unseen: bool,
}

/// Tells what page, data and accounts say differently about the members.
pub(super) fn audit(pod: &Pod, seen: &Snapshot, parts: &mut Parts) {
    parts.unknown.extend([seen.agents.blind(), seen.accounts.blind()].into_iter().flatten().cloned());
    let files = match &seen.agents {
        // Nobody asked.
        Observed::Absent => return,
        Observed::Unknown(_) => return inconclusive(pod, "the Support Team data was not seen", None, parts),
        Observed::Present(files) => files,
    };
    let page = match &seen.page {
        Observed::Present(page) => page,
        Observed::Absent => return inconclusive(pod, "the page is not there", None, parts),
        Observed::Unknown(_) => return inconclusive(pod, "the page was not seen", None, parts),
    };
    let data = Data::new(files, seen.accounts.present().map(Vec::as_slice));
    if let Some(why) = blind(page, &data) {
        return inconclusive(pod, why, Some(Cause::Unavailable), parts);
    }
    Audit { pod, page, data }.run(parts);
}

/// Why page and data say nothing about anybody.
fn blind(page: &PodPage, data: &Data<'_>) -> Option<&'static str> {
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
    data: Data<'a>,
}

impl Audit<'_> {
    fn run(&self, parts: &mut Parts) {
        parts.roster.judged = true;
        let people = self.data.people(&self.page.members, true);
        let mut all = Parts::default();
        self.compare(&people, true, &mut all);
        let all_of = self.judged(&people).into_iter().filter(|(rule, judged)| {
            *judged > 0 && all.findings.iter().filter(|finding| finding.rule == *rule).count() >= *judged
        });
        parts.roster.all_of = all_of.collect();
        parts.roster.strangers_unseen = all.roster.strangers_unseen;
        if self.page.members_section == MembersSection::OpenEnded {
            // A page that may go on below: what hangs on a line that was seen is sure, the rest has to last.
            let mut sure = Parts::default();
            self.compare(&self.data.people(&self.page.members, false), false, &mut sure);
            let doubtful = all.findings.iter().filter(|finding| !sure.findings.contains(finding));
            parts.roster.doubtful = doubtful.map(|finding| finding.fingerprint.clone()).collect();
            parts.roster.may_be_cut = self.pod.membership != MembershipRule::None;
            let also = sure.findings.into_iter().filter(|finding| !all.findings.contains(finding));
            parts.findings.extend(also.collect::<Vec<Finding>>());
        }
        parts.findings.extend(all.findings);
    }

    /// Compares all; `whole` says that the page was seen to the end of its members.
    fn compare(&self, people: &[Person<'_>], whole: bool, parts: &mut Parts) {
        for person in people {
            accounts::compare(self, person, whole, parts);
        }
        self.files(people, parts);
        if whole && self.pod.membership != MembershipRule::None {
            self.sets(people, parts);
        }
    }

    /// How many could be judged by each rule that fires once for each.
    fn judged(&self, people: &[Person<'_>]) -> [(Rule, usize); 7] {
        let with_files = people.iter().filter(|person| matches!(person.whose, Whose::Agent(..))).count();
        let fitting = self.data.agents.iter().filter(|agent| agent.fits.contains_key(&self.pod.membership)).count();
        [
            (Rule::MemberWithoutFocus, with_files),
            (Rule::MemberUnknownAgent, people.len()),
            (Rule::FocusWithoutMember, fitting),
            (Rule::HandleMismatch, with_files),
            (Rule::NameMismatch, with_files),
            (Rule::AccountRenamed, with_files),
            (Rule::AgentFileInvalid, self.data.agents.len() + self.data.broken.len()),
        ]
    }

    /// What is wrong with the files themselves, as far as it concerns this pod.
    fn files(&self, people: &[Person<'_>], parts: &mut Parts) {
        let by_rule = self.pod.membership != MembershipRule::None;
        for file in &self.data.broken {
            let named = |member: &&Member| member.handle.is_some() && member.handle == file.handle;
            let member = people.iter().map(|person| person.member).find(named);
            if by_rule || member.is_some() {
                parts.findings.push(told::file_invalid(file, member));
            }
        }
        for (first, second) in self.data.doubles() {
            let concerned = |path: &str| people.iter().flat_map(|person| person.whose.paths()).any(|own| own == path);
            let fits = |file: &Agent| file.fits.contains_key(&self.pod.membership);
            if [first, second].into_iter().any(|file| fits(file) || concerned(&file.path)) {
                parts.findings.push(told::duplicate(first, second));
            }
        }
    }

    /// The two sets, person by person.
    fn sets(&self, people: &[Person<'_>], parts: &mut Parts) {
        let rule = &self.pod.membership;
        let without = |person: &&Person<'_>| match &person.whose {
            Whose::Agent(files, _) => files.iter().all(|file| !file.fits.contains_key(rule)),
            Whose::Unclear | Whose::Nobody => false,
        };
        let without: Vec<&Person<'_>> = people.iter().filter(without).collect();
        let strangers: Vec<&Member> =
            people.iter().filter(|person| matches!(person.whose, Whose::Nobody)).map(|person| person.member).collect();
        let page = &self.pod.page.path;
        for person in without {
            if let Whose::Agent(files, _) = &person.whose {
                parts.findings.push(told::without_focus(page, rule, person.member, files));
            }
        }
        // Whoever has no file may have one that cannot be read, or one that only the accounts would show.
        let withheld = if self.data.broken.iter().any(|file| file.handle.is_none()) {
            Some("a file that cannot be understood may be theirs")
        } else if self.data.knows_accounts() {
            None
        } else {
            Some("the accounts were not seen")
        };
        if let Some(why) = withheld.filter(|_| !strangers.is_empty()) {
            let why = format!("{} of {} members have no file, but {why}", strangers.len(), people.len());
            inconclusive(self.pod, &why, None, parts);
            parts.roster.strangers_unseen = true;
        }
        parts
            .findings
            .extend(strangers.iter().map(|member| told::unknown_agent(page, member, self.data.like(member, people))));
        // Somebody on the page who is not known yet may be this agent.
        if !strangers.is_empty() && !self.data.knows_accounts() {
            return;
        }
        let unlisted = self.data.agents.iter().filter_map(|agent| {
            let listed = people.iter().flat_map(|person| person.whose.paths()).any(|path| path == agent.path);
            let blocked = self.data.account_of(&[agent]).is_some_and(|account| !account.active);
            let unclear = people.iter().any(|person| may_be(person, agent));
            agent.fits.get(rule).filter(|_| !listed && !blocked && !unclear).map(|line| (agent, *line))
        });
        parts.findings.extend(unlisted.map(|(agent, line)| told::without_member(page, rule, agent, line)));
    }

    /// The account that has the handle of a member's line.
    fn account(&self, person: &Person<'_>) -> Option<&AccountState> {
        self.data.account(person.member.handle.as_ref()?)
    }
}

/// Whether a member of whom nothing is clear may be this agent.
fn may_be(person: &Person<'_>, agent: &Agent) -> bool {
    let own = |name: &(Untrusted, usize)| people::same_name(person.member, name.0.raw());
    matches!(person.whose, Whose::Unclear) && agent.name.as_ref().is_some_and(own)
}

/// Says that nobody was called missing, and why; with a cause, also that the run is not complete.
fn inconclusive(pod: &Pod, why: &str, cause: Option<Cause>, parts: &mut Parts) {
    let message = format!("{why}; nobody is called missing");
    parts.findings.push(Finding::new(Rule::RosterInconclusive, pod.key.to_string(), message));
    let what = format!("the roster of {}", pod.name);
    parts.unknown.extend(cause.map(|cause| Blind { what, why: why.to_owned(), cause }));
}

#[cfg(test)]
mod tests;
