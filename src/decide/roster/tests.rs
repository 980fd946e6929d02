//! Page, data and accounts that agree, and what one difference makes of them.

mod brakes;
mod differences;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::pod::agent::{AgentFile, BrokenAgentFile};
use crate::pod::finding::sort_and_deduplicate;
use crate::pod::label::LabelName;
use crate::pod::roster::{Handle, Role};
use crate::pod::rule::Audience;
use crate::pod::snapshot::PairingProjectState;
use crate::pod::template::Template;
use crate::pod::{AgentsLocation, LabelSpec, PageLocation, PodKey, ReportTarget};

const PAGE: &str = "content/juniper/_index.md";

fn focus() -> MembershipRule {
    MembershipRule::ZendeskGroup("Support Focus: Juniper".to_owned())
}

fn pod(membership: MembershipRule) -> Pod {
    Pod {
        key: PodKey::parse("juniper").unwrap(),
        name: "Juniper Pod".to_owned(),
        former_keys: Vec::new(),
        page: PageLocation {
            project: "g/handbook".to_owned(),
            path: PAGE.to_owned(),
            git_ref: "main".to_owned(),
            site: None,
            form: crate::pod::page_form::PageForm::default(),
        },
        pairing_project: "g/pairing".to_owned(),
        tasks: crate::pod::Task::ALL.into_iter().map(|(task, _)| task).collect(),
        label: LabelSpec {
            name: LabelName::parse("pod::juniper").unwrap(),
            may_create: false,
            color: "#428BCA".to_owned(),
            named_color: None,
            description: String::new(),
            manage: false,
            apply: false,
            former_names: Vec::new(),
        },
        slots: Vec::new(),
        membership,
        agents: Some(AgentsLocation {
            project: "g/team".to_owned(),
            path: "data/agents".to_owned(),
            git_ref: "main".to_owned(),
        }),
        reports: ReportTarget::default(),
        label_groups: Vec::new(),
        template: Template::new("t.md", "{{ block }}\n"),
        slack_channel: None,
        gitlab_url: "https://gitlab.example".parse().unwrap(),
        bot_usernames: Vec::new(),
        exceptions: Vec::new(),
        is_retiring: false,
        setting_problems: Vec::new(),
        pairing: crate::pod::pairing_options::PairingOptions::default(),
        absences: Vec::new(),
    }
}

/// The audit, and what of it is reported.
fn audited(pod: &Pod, seen: &Snapshot, parts: &mut DecisionParts) {
    audit(pod, seen, parts);
    crate::decide::roster_report::update_report(pod, seen, parts);
}

fn failure<T>() -> Observed<T> {
    Observed::Unknown(ReadFailure { what: "x".to_owned(), why: "502".to_owned(), cause: FailureCause::Unavailable })
}

/// A world of the audit: members of a page, files, accounts.
struct World {
    members: Vec<Member>,
    section: MembersSection,
    files: Vec<AgentFile>,
    accounts: Observed<Vec<ObservedAccount>>,
    rule: MembershipRule,
}

/// Four people about whom page, data and accounts agree: Ada, Sorin, Łucja and Teo, on lines 11 to 14, with
/// the numbers 1 to 4.
fn agreed() -> World {
    let people =
        [("Ada Quill", "aquill"), ("Sorin Vale", "svale"), ("Łucja Wiśnik", "lwisnik"), ("Teo Farrow", "teo_")];
    let mut world = World {
        members: Vec::new(),
        section: MembersSection::Closed,
        files: Vec::new(),
        accounts: Observed::Present(Vec::new()),
        rule: focus(),
    };
    for (name, handle) in people {
        let id = world.files.len() as u64 + 1;
        world = world
            .member(name, handle)
            .file(&format!("{handle}.yaml"), name, handle, id, true)
            .account(id, handle, true);
    }
    world
}

impl World {
    fn member(mut self, name: &str, handle: &str) -> Self {
        let line = 11 + self.members.len();
        let handle = Handle::parse(handle);
        let (name, role_text) = (Untrusted::new(name), Untrusted::default());
        self.members.push(Member { name, handle, role: Role::Member, role_text, line });
        self
    }

    /// The line of somebody on the page, changed.
    fn on_page(mut self, index: usize, name: &str, handle: &str) -> Self {
        self.members[index].name = Untrusted::new(name);
        self.members[index].handle = Handle::parse(handle);
        self
    }

    fn file(mut self, path: &str, name: &str, handle: &str, id: u64, fits: bool) -> Self {
        self.files.push(AgentFile::Agent(Agent {
            path: format!("data/agents/{path}"),
            name: (!name.is_empty()).then(|| (Untrusted::new(name), 1)),
            gitlab_id: (id > 0).then_some(id),
            handle: Handle::parse(handle).map(|handle| (handle, 23)),
            matching_rules: if fits { BTreeMap::from([(focus(), 16)]) } else { BTreeMap::new() },
            similar_entries: BTreeMap::new(),
            groups_line: Some(15),
            knowledge_areas_line: None,
        }));
        self
    }

    fn broken(mut self, path: &str, handle: &str) -> Self {
        self.files.push(AgentFile::Broken(BrokenAgentFile {
            path: format!("data/agents/{path}"),
            line: Some(9),
            problem: "names a key twice".to_owned(),
            handle: Handle::parse(handle),
        }));
        self
    }

    /// Takes a file of the four away.
    fn without_file(mut self, index: usize) -> Self {
        self.files.remove(index);
        self
    }

    /// Takes the focus out of a file of the four.
    fn without_focus(mut self, index: usize) -> Self {
        if let AgentFile::Agent(agent) = &mut self.files[index] {
            agent.matching_rules.clear();
        }
        self
    }

    fn account(mut self, id: u64, username: &str, active: bool) -> Self {
        if let Observed::Present(accounts) = &mut self.accounts {
            accounts.retain(|account| account.id != id);
            accounts.push(ObservedAccount { id, username: username.to_owned(), active });
        }
        self
    }

    fn without_account(mut self, id: u64) -> Self {
        if let Observed::Present(accounts) = &mut self.accounts {
            accounts.retain(|account| account.id != id);
        }
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn snapshot(&self) -> Snapshot {
        let page = PodPage {
            ignored_links: Vec::new(),
            ignore_comments: Vec::new(),
            title: Untrusted::default(),
            members: self.members.clone(),
            members_section: self.section,
            sessions: Vec::new(),
            labels: Vec::new(),
            slack: Vec::new(),
            links: Vec::new(),
            findings: Vec::new(),
            line_count: 0,
            last_commit: None,
        };
        Snapshot {
            now: "2026-11-24T06:00:00Z".parse().unwrap(),
            server_time: Observed::Absent,
            read_only_projects: Vec::new(),
            page: Observed::Present(page),
            pairing_project: PairingProjectState {
                project: failure(),
                bot: failure(),
                label: failure(),
                similar_labels: Observed::Absent,
                related_labels: Vec::new(),
                issues: failure(),
                foreign_issues: None,
                further: crate::pod::snapshot::FurtherPairingReads::default(),
                recent: crate::pod::snapshot::RecentIssues::not_read(),
            },
            agents: Observed::Present(self.files.clone()),
            accounts: self.accounts.clone(),
            link_observations: Observed::Absent,
            label_verdicts: crate::pod::verdict::LabelVerdicts::default(),
            read_failures: Vec::new(),
            reports_project: Observed::Absent,
            memory_at_start: None,
            attempted_actions: BTreeSet::new(),
            writes_left: 10,
        }
    }

    fn audit(&self) -> DecisionParts {
        let mut parts = DecisionParts::default();
        audited(&pod(self.rule.clone()), &self.snapshot(), &mut parts);
        assert!(parts.findings.iter().all(|finding| finding.audience == Audience::Confidential));
        parts.findings = sort_and_deduplicate(parts.findings);
        parts
    }

    /// `rule subject path:line` of every finding.
    fn reported(&self) -> Vec<String> {
        let shown = |finding: &Finding| {
            let place = finding
                .place
                .as_ref()
                .map(|place| format!(" {}:{}", place.path.rsplit('/').next().unwrap(), place.line));
            format!("{} {}{}", finding.rule.code(), finding.subject, place.unwrap_or_default())
        };
        self.audit().findings.iter().map(shown).collect()
    }

    /// Message and advice of the only finding.
    fn words(&self) -> String {
        let findings = self.audit().findings;
        let [finding] = findings.as_slice() else { panic!("{findings:?}") };
        format!("{}\n{}", finding.message, finding.advice)
    }
}
