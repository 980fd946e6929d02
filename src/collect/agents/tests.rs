//! What the parts of this folder make of files, refusals and failures.

mod parsing;
mod reading;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::pod::agent::{Agent, BrokenAgentFile};

const FOCUS: &str = "Support Focus: Juniper";

fn focus() -> MembershipRule {
    MembershipRule::ZendeskGroup(FOCUS.to_owned())
}

fn area(level: u32) -> MembershipRule {
    MembershipRule::KnowledgeArea { name: "Grafting".to_owned(), level }
}

fn read_file(text: &str) -> AgentFile {
    parse_agent("data/agents/a.yaml", text, &BTreeSet::from([focus(), area(2), area(3)]))
}

fn agent(text: &str) -> Agent {
    match read_file(text) {
        AgentFile::Agent(agent) => agent,
        AgentFile::Broken(broken) => panic!("{broken:?} for {text}"),
    }
}

fn broken(text: &str) -> BrokenAgentFile {
    match read_file(text) {
        AgentFile::Broken(broken) => broken,
        AgentFile::Agent(agent) => panic!("{agent:?} for {text}"),
    }
}

fn handle_of(agent: &Agent) -> Option<(&str, usize)> {
    agent.handle.as_ref().map(|(handle, line)| (handle.as_str(), *line))
}

const WHOLE: &str = "name: 'Imani Okonkwo'
email: 'iokonkwo@example.com'
start_date: 2021-03-15
languages:
- English
focuses:
- name: 'ASE'
  percentage: 50
  organizations:
  - id: 123
zendesk:
  main:
    id: 360000000001
    groups:
    - 'Support EMEA'
    - 'Support Focus: Juniper'
    alias:
  us-federal:
    id:
    groups: []
gitlab:
  id: 1000001
  username: iokonkwo
slack:
  id: 'U0000000001'
  username: someone.else
knowledge_areas:
- name: 'Grafting'
  level: 2
pronouns: 'she/her'
";

#[test]
fn only_those_whom_a_pod_may_mean_are_looked_up() {
    let page = crate::collect::handbook::parse_pod_page(
        "## Juniper Pod members\n\n- {{< member-by-name \"Ada Quill (Ada)\" >}} (`@ada`)\n- {{< member-by-name \"Teo Farrow\" >}} (`@teo`)\n\n## x\n",
        "p.md",
    );
    let file = |text: &str| read_file(text);
    let files = [
        file("name: Ada Quill\ngitlab: {id: 1, username: aquill}"),
        file("name: T\ngitlab: {id: 2, username: Teo}"),
        file(
            "name: Sorin Vale\ngitlab: {id: 3, username: svale}\nzendesk: {main: {groups: ['Support Focus: Juniper']}}",
        ),
        file("name: Renée Duval\ngitlab: {id: 4, username: rduval}"),
    ];
    let (handles, ids) = accounts_to_look_up(&[&page], &files);
    let handles: Vec<&str> = handles.iter().map(Handle::as_str).collect();
    assert_eq!((handles, ids), (vec!["ada", "teo", "aquill", "svale"], vec![1, 2, 3]));
}
