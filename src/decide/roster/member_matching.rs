//! Who is who: the members of a page, the files that are theirs, and the accounts behind both.
//!
//! A person is known by the account's number before the handle and by the handle before the exact name.
//! Names that are only alike match nobody; they are a hint for the reader.

use std::collections::BTreeSet;

use super::similarity::{MIN_SIMILARITY, similarity};
use crate::pod::agent::{Agent, AgentFile, BrokenAgentFile, ObservedAccount, without_parenthetical};
use crate::pod::pod_page::Member;
use crate::pod::roster::Handle;

/// The Support Team data and the accounts, in the order of the files' paths.
pub(super) struct RosterData<'a> {
    pub(super) agents: Vec<&'a Agent>,
    pub(super) broken: Vec<&'a BrokenAgentFile>,
    /// `None` where the accounts were not seen.
    accounts: Option<&'a [ObservedAccount]>,
}

/// A member, with whatever is known of the person.
pub(super) struct MatchedMember<'a> {
    pub(super) member: &'a Member,
    pub(super) agent: AgentMatch<'a>,
}

/// Who of the Support Team data a member is.
pub(super) enum AgentMatch<'a> {
    /// The agent with these files: one, or more where the data names an account twice.
    Files(Vec<&'a Agent>, MatchedBy),
    /// Somebody whose file cannot be understood, or one of several with the same name.
    Unclear,
    /// Nobody: no file is this person's.
    Nobody,
}

/// What a person was known by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum MatchedBy {
    AccountId,
    Handle,
    Name,
}

impl<'a> RosterData<'a> {
    pub(super) fn new(files: &'a [AgentFile], accounts: Option<&'a [ObservedAccount]>) -> Self {
        let (mut agents, mut broken) = (Vec::new(), Vec::new());
        for file in files {
            match file {
                AgentFile::Agent(agent) => agents.push(agent),
                AgentFile::Broken(file) => broken.push(file),
            }
        }
        agents.sort_by(|a, b| a.path.cmp(&b.path));
        broken.sort_by(|a, b| a.path.cmp(&b.path));
        Self { agents, broken, accounts }
    }

    /// Whether the accounts were seen, so that a handle without one has none.
    pub(super) fn has_accounts(&self) -> bool {
        self.accounts.is_some()
    }

    /// The account that has a handle now.
    pub(super) fn account_by_handle(&self, handle: &Handle) -> Option<&'a ObservedAccount> {
        self.accounts?.iter().find(|account| account.username.eq_ignore_ascii_case(handle.as_str()))
    }

    /// The account with the number that a person's files name, under whatever handle.
    pub(super) fn account_by_id(&self, files: &[&Agent]) -> Option<&'a ObservedAccount> {
        files.iter().filter_map(|file| file.gitlab_id).find_map(|id| self.accounts?.iter().find(|found| found.id == id))
    }

    /// The people of the members section, in its order, each line that names somebody again left out.
    ///
    /// `seen_whole` says that the section was seen whole: only then may a name decide who somebody is, because a
    /// line further down may belong to that file by its handle.
    pub(super) fn match_members(&self, members: &'a [Member], seen_whole: bool) -> Vec<MatchedMember<'a>> {
        let mut seen = BTreeSet::new();
        let again = |member: &&Member| match &member.handle {
            Some(handle) => seen.insert(format!("@{}", handle.to_ascii_lowercase())),
            None => seen.insert(member.name.raw().to_owned()),
        };
        let members: Vec<&Member> = members.iter().filter(again).collect();
        let by_account: Vec<AgentMatch<'_>> = members.iter().map(|member| self.match_by_account(member)).collect();
        let claimed: BTreeSet<&str> = by_account.iter().flat_map(AgentMatch::paths).collect();
        let people = members.into_iter().zip(by_account);
        let people = people.map(|(member, agent)| match agent {
            AgentMatch::Nobody if seen_whole => MatchedMember { member, agent: self.match_by_name(member, &claimed) },
            AgentMatch::Nobody => MatchedMember { member, agent: AgentMatch::Unclear },
            agent => MatchedMember { member, agent },
        });
        people.collect()
    }

    fn match_by_account(&self, member: &Member) -> AgentMatch<'a> {
        let Some(handle) = &member.handle else { return AgentMatch::Nobody };
        let number = self.account_by_handle(handle).map(|account| account.id);
        let named = |agent: &&&Agent| agent.handle.as_ref().is_some_and(|(own, _)| own == handle);
        let numbered = |agent: &&&Agent| number.is_some() && agent.gitlab_id == number;
        let by_number: Vec<&Agent> = self.agents.iter().filter(numbered).copied().collect();
        if !by_number.is_empty() {
            return AgentMatch::Files(by_number, MatchedBy::AccountId);
        }
        let by_handle: Vec<&Agent> = self.agents.iter().filter(named).copied().collect();
        if !by_handle.is_empty() {
            return AgentMatch::Files(by_handle, MatchedBy::Handle);
        }
        let broken = self.broken.iter().any(|file| file.handle.as_ref() == Some(handle));
        if broken { AgentMatch::Unclear } else { AgentMatch::Nobody }
    }

    /// By the exact name, among the files that are nobody else's.
    fn match_by_name(&self, member: &Member, claimed: &BTreeSet<&str>) -> AgentMatch<'a> {
        let named = |agent: &&&Agent| {
            let free = !claimed.contains(agent.path.as_str());
            free && member.is_named() && agent.name.as_ref().is_some_and(|(name, _)| is_same_name(member, name.raw()))
        };
        let files: Vec<&Agent> = self.agents.iter().filter(named).copied().collect();
        match files.len() {
            0 => AgentMatch::Nobody,
            1 => AgentMatch::Files(files, MatchedBy::Name),
            _ => AgentMatch::Unclear,
        }
    }

    /// The agent who may be meant by a member that no file is found for, as a hint only.
    pub(super) fn find_similar_agent(&self, member: &Member, people: &[MatchedMember<'_>]) -> Option<&'a Agent> {
        let taken: BTreeSet<&str> = people.iter().flat_map(|person| person.agent.paths()).collect();
        let similar = |agent: &Agent| {
            let names = agent.name.as_ref().map(|(name, _)| similarity(member.name.raw(), name.raw()));
            let handles = agent.handle.as_ref().zip(member.handle.as_ref());
            let handles = handles.map(|((own, _), handle)| similarity(own.as_str(), handle.as_str()));
            names.unwrap_or(0.0).max(handles.unwrap_or(0.0))
        };
        let free = self.agents.iter().copied().filter(|agent| !taken.contains(agent.path.as_str()));
        let best = free.map(|agent| (similar(agent), agent)).reduce(|a, b| if b.0 > a.0 { b } else { a });
        best.filter(|(similar, _)| *similar >= MIN_SIMILARITY).map(|(_, agent)| agent)
    }

    /// Files that name an account which a file before them names too, each with that one.
    pub(super) fn duplicate_agents(&self) -> Vec<(&'a Agent, &'a Agent)> {
        let same = |a: &Agent, b: &Agent| {
            let handle = |agent: &Agent| agent.handle.as_ref().map(|(handle, _)| handle.to_ascii_lowercase());
            (a.gitlab_id.is_some() && a.gitlab_id == b.gitlab_id) || (a.handle.is_some() && handle(a) == handle(b))
        };
        let mut doubles = Vec::new();
        for (index, agent) in self.agents.iter().enumerate() {
            let before = self.agents[..index].iter().find(|other| same(other, agent));
            doubles.extend(before.map(|other| (*other, *agent)));
        }
        doubles
    }
}

impl<'a> AgentMatch<'a> {
    /// The paths of the person's files.
    pub(super) fn paths(&self) -> impl Iterator<Item = &'a str> {
        let files = match self {
            Self::Files(files, _) => files.as_slice(),
            Self::Unclear | Self::Nobody => &[],
        };
        files.iter().map(|file| file.path.as_str())
    }
}

/// Whether the page has a name as a file does: as it is written, or without its parenthetical.
pub(super) fn is_same_name(member: &Member, name: &str) -> bool {
    let written = member.name.raw().trim();
    written == name.trim() || without_parenthetical(written) == name.trim()
}
