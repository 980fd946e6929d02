//! What lasts of a roster is reported within two checks, however many it concerns, and nobody is reported who is fine
//! (case 02).
//!
//! Each world is a page and its people, drawn from a seed and checked several times. What podkeeper remembers is what
//! it wrote into the block of its report.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use podkeeper::collect::agents::parse_agent;
use podkeeper::collect::handbook;
use podkeeper::decide::decide;
use podkeeper::pod::Pod;
use podkeeper::pod::action::Change;
use podkeeper::pod::agent::{AgentFile, MembershipRule, ObservedAccount};
use podkeeper::pod::finding::Finding;
use podkeeper::pod::marker;
use podkeeper::pod::observed::{FailureCause, Observed, ReadFailure};
use podkeeper::pod::plan::Plan;
use podkeeper::pod::pod_page::PodPage;
use podkeeper::pod::rule::{Audience, Rule};
use podkeeper::pod::snapshot::{Account, ObservedIssue, PairingProjectState, Project, ReportsProjectState, Snapshot};
use podkeeper::pod::text::Untrusted;

use crate::link_brake::Tally;
use crate::support::{EVERY_NTH_CASE, SeededRandom, now, shipped_config};

/// Worlds of people.
pub(crate) const WORLDS: u64 = 3_000;
const GROUP: &str = "Support Focus: Juniper";
/// A blocked or vanished account is reported after so long.
const ACCOUNT_LASTS: TimeDelta = TimeDelta::days(14);
/// When so many are all concerned, there is most likely one cause.
const ALL: usize = 5;

#[test]
fn what_lasts_of_members_is_told_within_two_looks_and_nobody_else() {
    let tally = sweep(WORLDS / EVERY_NTH_CASE as u64, true);
    println!(
        "{} worlds of members: {} of {} told, {} alarms",
        tally.worlds, tally.reported, tally.observable, tally.false_alarms
    );
    assert_eq!((tally.false_alarms, tally.reported), (0, tally.observable), "{:?}", tally.wrong);
    assert!(tally.observable > 2_000, "{tally:?}");
}

/// Case 02: without a memory an account is never gone for two weeks, and everybody at once is nobody for ever.
#[test]
fn a_worker_that_forgets_its_report_is_caught() {
    let tally = sweep(100, false);
    println!("sabotage: {} of {} missed", tally.observable - tally.reported, tally.observable);
    assert!(tally.observable - tally.reported > 100, "{tally:?}");
}

/// So many worlds; `remembers` says whether the next check sees the report of this one.
pub(crate) fn sweep(worlds: u64, remembers: bool) -> Tally {
    let (mut tally, mut pod) = (Tally::default(), shipped_config().pods.remove(0));
    pod.membership = MembershipRule::ZendeskGroup(GROUP.to_owned());
    pod.exceptions.clear();
    for seed in 0..worlds {
        World::from_seed(seed, &pod).run_all_checks(&pod, remembers, &mut tally);
        tally.worlds += 1;
    }
    tally
}

/// What is wrong with a member, if something is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum MemberState {
    Fine,
    WithoutFocus,
    /// No file is this person's.
    Unknown,
    Blocked,
    /// No account has the handle.
    Missing,
    /// Blocked for less than two weeks: from this check to before that one.
    OnLeave(usize, usize),
}

impl MemberState {
    /// The rule that reports it, in a check.
    fn rule(self, look: usize) -> Option<Rule> {
        match self {
            Self::Fine => None,
            Self::WithoutFocus => Some(Rule::MemberWithoutFocus),
            Self::Unknown => Some(Rule::MemberUnknownAgent),
            Self::Blocked => Some(Rule::AccountBlocked),
            Self::Missing => Some(Rule::AccountMissing),
            Self::OnLeave(from, to) => (from..to).contains(&look).then_some(Rule::AccountBlocked),
        }
    }
}

struct World {
    seed: u64,
    draw: SeededRandom,
    page: PodPage,
    members: Vec<(String, MemberState)>,
    agents: Vec<AgentFile>,
    looks: Vec<DateTime<Utc>>,
}

const GAPS: [TimeDelta; 7] = [
    TimeDelta::minutes(2),
    TimeDelta::hours(3),
    TimeDelta::hours(6),
    TimeDelta::days(1),
    TimeDelta::days(7),
    TimeDelta::days(13),
    TimeDelta::days(14),
];

impl World {
    fn from_seed(seed: u64, pod: &Pod) -> Self {
        let mut draw = SeededRandom(seed);
        let mut looks = vec![now() + TimeDelta::minutes(i64::try_from(draw.below(1_440)).unwrap())];
        for _ in 0..=draw.below(7) {
            looks.push(*looks.last().unwrap() + GAPS[draw.below(GAPS.len())]);
        }
        looks.push(*looks.last().unwrap() + TimeDelta::days(7));
        let percent = if draw.below(3) == 0 { 100 } else { 1 + draw.below(100) };
        let matters = [MemberState::WithoutFocus, MemberState::Unknown, MemberState::Blocked, MemberState::Missing];
        // One matter of all, or each its own.
        let one = (draw.below(2) == 0).then(|| matters[draw.below(matters.len())]);
        let leave = (draw.below(2) == 0).then(|| draw_leave(&mut draw, &looks));
        let members: Vec<(String, MemberState)> = (0..=draw.below(20))
            .map(|number| {
                let matter = if draw.below(100) < percent {
                    one.unwrap_or_else(|| matters[draw.below(matters.len())])
                } else {
                    leave.filter(|_| draw.below(2) == 0).unwrap_or(MemberState::Fine)
                };
                (format!("person-{number}x{}", draw.below(1_000)), matter)
            })
            .collect();
        let rules = BTreeSet::from([MembershipRule::ZendeskGroup(GROUP.to_owned())]);
        let (mut text, mut agents) = ("## Juniper Pod members\n\n".to_owned(), Vec::new());
        for (number, (handle, matter)) in members.iter().enumerate() {
            writeln!(text, "- {{{{< member-by-name \"Person {handle}\" >}}}} (`@{handle}`)").unwrap();
            let group = if *matter == MemberState::WithoutFocus { "Another" } else { GROUP };
            let file = format!(
                "name: Person {handle}\ngitlab:\n  id: {number}\n  username: {handle}\nzendesk:\n  main:\n    groups:\n    - '{group}'\n"
            );
            if *matter != MemberState::Unknown {
                agents.push(parse_agent(&format!("data/agents/{handle}.yaml"), &file, &rules));
            }
        }
        // Somebody of another pod, so that there is data even where no member has any.
        agents.push(parse_agent(
            "data/agents/zz.yaml",
            "name: Imani Okonkwo\ngitlab:\n  id: 900\n  username: iokonkwo\n",
            &rules,
        ));
        text.push_str("\n## Purpose\n");
        let page = handbook::parse_pod_page(&text, &pod.page.path);
        assert_eq!(page.members.len(), members.len(), "{text}");
        Self { seed, draw, page, members, agents, looks }
    }

    fn accounts(&self, look: usize) -> Vec<ObservedAccount> {
        let there = self.members.iter().enumerate().filter(|(_, (_, matter))| *matter != MemberState::Missing);
        let active = |matter: &MemberState| matter.rule(look) != Some(Rule::AccountBlocked);
        there
            .map(|(id, (handle, matter))| ObservedAccount {
                id: id as u64,
                username: handle.clone(),
                active: active(matter),
            })
            .collect()
    }

    fn run_all_checks(mut self, pod: &Pod, remembers: bool, tally: &mut Tally) {
        let mut report: Option<ObservedIssue> = None;
        let mut known: BTreeMap<String, DateTime<Utc>> = BTreeMap::new();
        for look in 0..self.looks.len() {
            let at = self.looks[look];
            // Now and then a part is not seen, but not in the last two checks.
            let blind_part = if look + 2 < self.looks.len() { self.draw.below(15) } else { 9 };
            let seen = |part: usize| blind_part != part;
            let snapshot = Snapshot {
                agents: if seen(0) { Observed::Present(self.agents.clone()) } else { read_failure() },
                accounts: if seen(1) { Observed::Present(self.accounts(look)) } else { read_failure() },
                reports_project: Observed::Present(reports(report.clone())),
                ..Snapshot::new(
                    at,
                    if seen(2) { Observed::Present(self.page.clone()) } else { read_failure() },
                    PairingProjectState {
                        project: read_failure(),
                        bot: read_failure(),
                        label: read_failure(),
                        similar_labels: Observed::Absent,
                        related_labels: Vec::new(),
                        issues: read_failure(),
                        foreign_issues: None,
                        further: podkeeper::pod::snapshot::FurtherPairingReads::default(),
                        recent: podkeeper::pod::snapshot::RecentIssues::not_read(),
                    },
                )
            };
            let decision = decide(pod, &snapshot);
            if remembers {
                report = report_after(&decision.plan, report, at);
            }
            let reported = decision.findings.iter().filter(|found| {
                let talk = [Rule::RosterInconclusive, Rule::RosterCommonCause];
                found.audience == Audience::Confidential && !talk.contains(&found.rule)
            });
            let reported: Vec<&Finding> = reported.collect();
            let common = decision.findings.iter().any(|found| found.rule == Rule::RosterCommonCause);
            self.check_findings(look, &reported, common, (0..3).all(seen), &mut known, tally);
        }
    }

    fn check_findings(
        &self,
        look: usize,
        reported: &[&Finding],
        common: bool,
        whole: bool,
        known: &mut BTreeMap<String, DateTime<Utc>>,
        tally: &mut Tally,
    ) {
        let at = self.looks[look];
        let about = |handle: &str, why: &str, matter: MemberState| {
            format!("seed {}, look {look} at {at}, @{handle} {matter:?}: {why}; looks {:?}", self.seed, self.looks)
        };
        for found in reported {
            let is = self.members.iter().find(|(handle, _)| *handle == found.subject);
            if is.is_none_or(|(_, matter)| matter.rule(look) != Some(found.rule)) {
                tally.alarm(|| format!("seed {}, look {look}: {found:?}", self.seed));
            }
        }
        for (handle, matter) in &self.members {
            let Some(rule) = matter.rule(look) else {
                known.remove(handle);
                continue;
            };
            let first = known.get(handle).copied();
            if whole {
                known.entry(handle.clone()).or_insert(at);
            }
            let is_told = reported.iter().any(|found| found.subject == *handle && found.rule == rule);
            let account = matches!(rule, Rule::AccountBlocked | Rule::AccountMissing);
            let lasts = first.is_some_and(|first| at - first >= ACCOUNT_LASTS);
            if account && is_told && !lasts {
                tally.alarm(|| about(handle, "told before two weeks have passed", *matter));
            }
            if !whole {
                continue;
            }
            if account {
                if lasts {
                    tally.require(is_told, || about(handle, "two weeks have passed", *matter));
                }
                continue;
            }
            if first.is_some() || !self.has_common_cause(rule) {
                tally.require(is_told, || about(handle, "it is seen again, or is not so of all", *matter));
            } else {
                tally.require(is_told || common, || about(handle, "it is so of all, and nobody says so", *matter));
            }
        }
    }

    /// Whether everybody of whom it could be said is concerned, and those are many.
    fn has_common_cause(&self, rule: Rule) -> bool {
        let concerned = self.members.iter().filter(|(_, matter)| matter.rule(0) == Some(rule)).count();
        let could = |matter: &MemberState| rule == Rule::MemberUnknownAgent || *matter != MemberState::Unknown;
        let all = self.members.iter().filter(|(_, matter)| could(matter)).count();
        concerned == all && concerned >= ALL
    }
}

/// A leave that begins at a check and has ended at another, in less than two weeks.
fn draw_leave(draw: &mut SeededRandom, looks: &[DateTime<Utc>]) -> MemberState {
    let from = draw.below(looks.len());
    let within = |at: &&DateTime<Utc>| **at - looks[from] < ACCOUNT_LASTS;
    MemberState::OnLeave(from, from + looks[from..].iter().take_while(within).count())
}

fn read_failure<T>() -> Observed<T> {
    Observed::Unknown(ReadFailure { what: "x".to_owned(), why: "502".to_owned(), cause: FailureCause::Unavailable })
}

fn bot() -> Account {
    Account { id: 7, username: "podkeeper-bot".to_owned() }
}

fn reports(report: Option<ObservedIssue>) -> ReportsProjectState {
    let project = Project {
        id: 9,
        path: "g/reports".to_owned(),
        archived: false,
        marked_for_deletion: false,
        issues_enabled: true,
        private: true,
        access_level: None,
        url: "https://gitlab.example/g/reports".to_owned(),
    };
    ReportsProjectState {
        project,
        bot: bot(),
        issues: report.into_iter().collect(),
        foreign_issues: Observed::Present(Vec::new()),
    }
}

/// The report once the plan is carried out.
fn report_after(plan: &Plan, report: Option<ObservedIssue>, at: DateTime<Utc>) -> Option<ObservedIssue> {
    let mut report = report;
    for action in &plan.actions {
        match (&action.change, report.as_mut()) {
            (Change::OpenReport { title, body, .. }, None) => report = Some(opened(title, body, at)),
            (Change::RewriteReport { rewrite, .. }, Some(issue)) => write_block(issue, &rewrite.new_block),
            (Change::ReopenReport { rewrite, .. }, Some(issue)) => {
                write_block(issue, &rewrite.new_block);
                (issue.open, issue.closed_at) = (true, None);
            }
            (Change::CloseReport { rewrite, .. }, Some(issue)) => {
                write_block(issue, &rewrite.new_block);
                (issue.open, issue.closed_at) = (false, Some(at));
            }
            (other, issue) => panic!("{other:?} while the report is {issue:?}"),
        }
    }
    report
}

fn write_block(issue: &mut ObservedIssue, block: &marker::ManagedBlock) {
    issue.body = marker::replace_block(&issue.body, block, "").unwrap();
    issue.parsed_body = marker::parse_body(&issue.body);
}

fn opened(title: &str, body: &str, at: DateTime<Utc>) -> ObservedIssue {
    ObservedIssue {
        iid: 1,
        title: Untrusted::new(title),
        url: "https://gitlab.example/g/reports/-/issues/1".to_owned(),
        author: bot(),
        open: true,
        confidential: true,
        locked: false,
        labels: Vec::new(),
        due: None,
        assignees: Vec::new(),
        body: body.to_owned(),
        parsed_body: marker::parse_body(body),
        created_at: Some(at),
        closed_at: None,
        updated_at: None,
        has_human_activity: false,
        label_removals: Observed::Present(0),
        linked_iids: Observed::Present(BTreeSet::new()),
    }
}
