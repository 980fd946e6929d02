//! The roster audit: the members of the page and the people of the Support Team data, side by side.
//!
//! It tells and never changes. Nobody is called missing or without focus unless page and data were both seen
//! whole (threat sheet §4.4, F31). Of a person nothing is told but name, handle and the places where to look.

mod accounts;
mod alike;
mod people;
mod told;

use super::Parts;
use crate::pod::Pod;
use crate::pod::agent::{AccountState, Agent, MembershipRule};
use crate::pod::document::{Member, MembersSection, PodPage};
use crate::pod::finding::Finding;
use crate::pod::observed::{Blind, Cause, Observed};
use crate::pod::rule::Rule;
use crate::pod::snapshot::Snapshot;
use crate::pod::text::Untrusted;
use people::{Data, Person, Whose};

/// When at least this many members have no file or no focus, and more than this share of all, the fault is
/// ours. The same goes for files that cannot be understood.
const BLIND_COUNT: usize = 3;
const BLIND_PERCENT: usize = 30;

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
    } else if data.agents.is_empty() || too_many(data.broken.len(), files) {
        Some("too many files of the Support Team data cannot be understood")
    } else {
        None
    }
}

fn too_many(some: usize, all: usize) -> bool {
    some >= BLIND_COUNT && some * 100 > all * BLIND_PERCENT
}

/// One pod's page and the data, both seen.
struct Audit<'a> {
    pod: &'a Pod,
    page: &'a PodPage,
    data: Data<'a>,
}

impl Audit<'_> {
    fn run(&self, parts: &mut Parts) {
        let whole = self.page.members_section == MembersSection::Closed;
        let people = self.data.people(&self.page.members, whole);
        for person in &people {
            accounts::compare(self, person, parts);
        }
        self.files(&people, parts);
        if self.pod.membership == MembershipRule::None {
            return;
        }
        if !whole {
            let why = "the members section runs to the end of the page, so that it may have been cut; a heading of \
                       level 2 behind it proves that it was seen whole";
            return inconclusive(self.pod, why, None, parts);
        }
        self.sets(&people, parts);
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
        if too_many(without.len() + strangers.len(), people.len()) {
            let why = format!(
                "{} of {} members have no file or not what the rule asks for, which is too many at once to be true",
                without.len() + strangers.len(),
                people.len()
            );
            return inconclusive(self.pod, &why, Some(Cause::Unavailable), parts);
        }
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
        match withheld.filter(|_| !strangers.is_empty()) {
            Some(why) => {
                let why = format!("{} of {} members have no file, but {why}", strangers.len(), people.len());
                inconclusive(self.pod, &why, None, parts);
            }
            None => parts.findings.extend(
                strangers.iter().map(|member| told::unknown_agent(page, member, self.data.like(member, people))),
            ),
        }
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
