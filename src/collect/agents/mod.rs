//! The Support Team data: one file per agent, and the accounts behind the handles.
//!
//! The folder is listed with a token that has `read_api`; each file by its name opens to `read_repository`, too.
//!
//! Unknown is not empty: a listing or a file that cannot be read makes the whole data unknown, never a shorter list,
//! because a person whose file was not read must not look like a person without one. Only a file that *was* read and
//! cannot be understood stands for itself ([`AgentFile::Broken`]).

mod accounts;
mod agents_api;
mod files;
mod parse;
mod pasted_text;
mod reader;
mod salvaged_handle;

use std::collections::BTreeSet;

use crate::pod::Pod;
use crate::pod::agent::{AgentFile, MembershipRule, without_parenthetical};
use crate::pod::pod_page::PodPage;
use crate::pod::roster::Handle;

pub use accounts::read_accounts;
pub use agents_api::AgentsApi;
pub use files::read_agent_files;
pub use parse::{parse_agent, parse_agent_bytes};

/// Whom to look up for these pages: the handles they name, and the handles and numbers of the agents who
/// may be meant by them or belong to one of the pods. Nobody else's account is asked for.
pub fn accounts_to_look_up(pages: &[&PodPage], files: &[AgentFile]) -> (Vec<Handle>, Vec<u64>) {
    let (mut handles, mut names) = (Vec::new(), BTreeSet::new());
    for member in pages.iter().flat_map(|page| &page.members) {
        handles.extend(member.handle.clone());
        let written = [member.name.raw().trim(), without_parenthetical(member.name.raw())];
        names.extend(written.into_iter().filter(|_| member.is_named()));
    }
    let mut known: BTreeSet<String> = handles.iter().map(Handle::to_ascii_lowercase).collect();
    let mut ids = BTreeSet::new();
    for file in files {
        let AgentFile::Agent(agent) = file else { continue };
        let handle = agent.handle.as_ref().map(|(handle, _)| handle);
        let meant = handle.is_some_and(|handle| known.contains(&handle.to_ascii_lowercase()))
            || agent.name.as_ref().is_some_and(|(name, _)| names.contains(name.raw().trim()));
        if meant || !agent.matching_rules.is_empty() {
            ids.extend(agent.gitlab_id);
            handles.extend(handle.filter(|handle| known.insert(handle.to_ascii_lowercase())).cloned());
        }
    }
    (handles, ids.into_iter().collect())
}

/// The rules that the files are compared with: those of all pods of a run, because it reads the files once.
pub fn membership_rules(pods: &[Pod]) -> BTreeSet<MembershipRule> {
    pods.iter().map(|pod| pod.membership.clone()).filter(|rule| *rule != MembershipRule::None).collect()
}

#[cfg(test)]
mod tests;
