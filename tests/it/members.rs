//! What lasts of a roster is told within two looks, however many it concerns, and nobody is told who is fine (case 02).
//!
//! Each world is a page and its people, drawn from a seed and looked at several times. What podkeeper remembers is what it
//! wrote into the block of its report.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use podkeeper::collect::agents::parse;
use podkeeper::collect::handbook;
use podkeeper::decide::decide;
use podkeeper::pod::Pod;
use podkeeper::pod::action::Change;
use podkeeper::pod::agent::{AccountState, AgentFile, MembershipRule};
use podkeeper::pod::document::PodPage;
use podkeeper::pod::finding::Finding;
use podkeeper::pod::marker;
use podkeeper::pod::observed::{Blind, Cause, Observed};
use podkeeper::pod::plan::Plan;
use podkeeper::pod::rule::{Audience, Rule};
use podkeeper::pod::snapshot::{Account, PairingIssue, Project, ReportsSeen, Snapshot, Tracker};
use podkeeper::pod::text::Untrusted;

use crate::brake::Tally;
use crate::support::{Draw, now, shipped};

/// Worlds of people.
pub(crate) const WORLDS: u64 = 3_000;
const GROUP: &str = "Support Focus: Juniper";
/// A blocked or vanished account is told after so long.
const ACCOUNT_LASTS: TimeDelta = TimeDelta::days(14);
/// When so many are all concerned, there is most likely one cause.
const ALL: usize = 5;

#[test]
fn what_lasts_of_members_is_told_within_two_looks_and_nobody_else() {
    let tally = sweep(WORLDS, true);
    println!(
        "{} worlds of members: {} of {} told, {} alarms",
        tally.worlds, tally.told, tally.observable, tally.false_alarms
    );
    assert_eq!((tally.false_alarms, tally.told), (0, tally.observable), "{:?}", tally.wrong);
    assert!(tally.observable > 20_000, "{tally:?}");
}

/// Case 02: without a memory an account is never gone for two weeks, and everybody at once is nobody for ever.
#[test]
fn a_worker_that_forgets_its_report_is_caught() {
    let tally = sweep(500, false);
    println!("sabotage: {} of {} missed", tally.observable - tally.told, tally.observable);
    assert!(tally.observable - tally.told > 500, "{tally:?}");
}

/// So many worlds; `remembers` says whether the next look sees the report of this one.
pub(crate) fn sweep(worlds: u64, remembers: bool) -> Tally {
    let (mut tally, mut pod) = (Tally::default(), shipped().pods.remove(0));
    pod.membership = MembershipRule::ZendeskGroup(GROUP.to_owned());
    pod.exceptions.clear();
    for seed in 0..worlds {
        World::drawn(seed, &pod).runs(&pod, remembers, &mut tally);
        tally.worlds += 1;
    }
    tally
}

/// What is the matter with a member.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Matter {
    Fine,
    WithoutFocus,
    /// No file is this person's.
    Unknown,
    Blocked,
    /// No account has the handle.
    Missing,
    /// Blocked for less than two weeks: from this look to before that one.
    OnLeave(usize, usize),
}

impl Matter {
    /// The rule that tells it, in a look.
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
    draw: Draw,
    page: PodPage,
    members: Vec<(String, Matter)>,
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
    fn drawn(seed: u64, pod: &Pod) -> Self {
        let mut draw = Draw(seed);
        let mut looks = vec![now() + TimeDelta::minutes(i64::try_from(draw.below(1_440)).unwrap())];
        for _ in 0..=draw.below(7) {
            looks.push(*looks.last().unwrap() + GAPS[draw.below(GAPS.len())]);
        }
        looks.push(*looks.last().unwrap() + TimeDelta::days(7));
        let percent = if draw.below(3) == 0 { 100 } else { 1 + draw.below(100) };
        let matters = [Matter::WithoutFocus, Matter::Unknown, Matter::Blocked, Matter::Missing];
        // One matter of all, or each its own.
        let one = (draw.below(2) == 0).then(|| matters[draw.below(matters.len())]);
        let leave = (draw.below(2) == 0).then(|| on_leave(&mut draw, &looks));
        let members: Vec<(String, Matter)> = (0..=draw.below(20))
            .map(|number| {
                let matter = if draw.below(100) < percent {
                    one.unwrap_or_else(|| matters[draw.below(matters.len())])
                } else {
                    leave.filter(|_| draw.below(2) == 0).unwrap_or(Matter::Fine)
                };
                (format!("person-{number}x{}", draw.below(1_000)), matter)
            })
            .collect();
        let rules = BTreeSet::from([MembershipRule::ZendeskGroup(GROUP.to_owned())]);
        let (mut text, mut agents) = ("## Juniper Pod members\n\n".to_owned(), Vec::new());
        for (number, (handle, matter)) in members.iter().enumerate() {
            writeln!(text, "- {{{{< member-by-name \"Person {handle}\" >}}}} (`@{handle}`)").unwrap();
            let group = if *matter == Matter::WithoutFocus { "Another" } else { GROUP };
            let file = format!(
                "name: Person {handle}\ngitlab:\n  id: {number}\n  username: {handle}\nzendesk:\n  main:\n    groups:\n    - '{group}'\n"
            );
            if *matter != Matter::Unknown {
                agents.push(parse(&format!("data/agents/{handle}.yaml"), &file, &rules));
            }
        }
        // Somebody of another pod, so that there is data even where no member has any.
        agents.push(parse(
            "data/agents/zz.yaml",
            "name: Imani Okonkwo\ngitlab:\n  id: 900\n  username: iokonkwo\n",
            &rules,
        ));
        text.push_str("\n## Purpose\n");
        let page = handbook::parse(&text, &pod.page.path);
        assert_eq!(page.members.len(), members.len(), "{text}");
        Self { seed, draw, page, members, agents, looks }
    }

    fn accounts(&self, look: usize) -> Vec<AccountState> {
        let there = self.members.iter().enumerate().filter(|(_, (_, matter))| *matter != Matter::Missing);
        let active = |matter: &Matter| matter.rule(look) != Some(Rule::AccountBlocked);
        there
            .map(|(id, (handle, matter))| AccountState {
                id: id as u64,
                username: handle.clone(),
                active: active(matter),
            })
            .collect()
    }

    fn runs(mut self, pod: &Pod, remembers: bool, tally: &mut Tally) {
        let mut report: Option<PairingIssue> = None;
        let mut known: BTreeMap<String, DateTime<Utc>> = BTreeMap::new();
        for look in 0..self.looks.len() {
            let at = self.looks[look];
            // Now and then a part is not seen, but not in the last two looks.
            let blind_part = if look + 2 < self.looks.len() { self.draw.below(15) } else { 9 };
            let seen = |part: usize| blind_part != part;
            let snapshot = Snapshot {
                agents: if seen(0) { Observed::Present(self.agents.clone()) } else { blind() },
                accounts: if seen(1) { Observed::Present(self.accounts(look)) } else { blind() },
                reports: Observed::Present(reports(report.clone())),
                ..Snapshot::of(
                    at,
                    if seen(2) { Observed::Present(self.page.clone()) } else { blind() },
                    Tracker { project: blind(), bot: blind(), label: blind(), issues: blind(), others: None },
                )
            };
            let decision = decide(pod, &snapshot);
            if remembers {
                report = after(&decision.plan, report, at);
            }
            let told = decision.findings.iter().filter(|found| {
                let talk = [Rule::RosterInconclusive, Rule::RosterCommonCause];
                found.audience == Audience::Confidential && !talk.contains(&found.rule)
            });
            let told: Vec<&Finding> = told.collect();
            let common = decision.findings.iter().any(|found| found.rule == Rule::RosterCommonCause);
            self.judges(look, &told, common, (0..3).all(seen), &mut known, tally);
        }
    }

    fn judges(
        &self,
        look: usize,
        told: &[&Finding],
        common: bool,
        whole: bool,
        known: &mut BTreeMap<String, DateTime<Utc>>,
        tally: &mut Tally,
    ) {
        let at = self.looks[look];
        let about = |handle: &str, why: &str, matter: Matter| {
            format!("seed {}, look {look} at {at}, @{handle} {matter:?}: {why}; looks {:?}", self.seed, self.looks)
        };
        for found in told {
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
            let is_told = told.iter().any(|found| found.subject == *handle && found.rule == rule);
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
                    tally.must(is_told, || about(handle, "two weeks have passed", *matter));
                }
                continue;
            }
            if first.is_some() || !self.concerns_all(rule) {
                tally.must(is_told, || about(handle, "it is seen again, or is not so of all", *matter));
            } else {
                tally.must(is_told || common, || about(handle, "it is so of all, and nobody says so", *matter));
            }
        }
    }

    /// Whether everybody of whom it could be said is concerned, and those are many.
    fn concerns_all(&self, rule: Rule) -> bool {
        let concerned = self.members.iter().filter(|(_, matter)| matter.rule(0) == Some(rule)).count();
        let could = |matter: &Matter| rule == Rule::MemberUnknownAgent || *matter != Matter::Unknown;
        let all = self.members.iter().filter(|(_, matter)| could(matter)).count();
        concerned == all && concerned >= ALL
    }
}

/// A leave that begins at a look and has ended at another, in less than two weeks.
fn on_leave(draw: &mut Draw, looks: &[DateTime<Utc>]) -> Matter {
    let from = draw.below(looks.len());
    let within = |at: &&DateTime<Utc>| **at - looks[from] < ACCOUNT_LASTS;
    Matter::OnLeave(from, from + looks[from..].iter().take_while(within).count())
}

fn blind<T>() -> Observed<T> {
    Observed::Unknown(Blind { what: "x".to_owned(), why: "502".to_owned(), cause: Cause::Unavailable })
}

fn bot() -> Account {
    Account { id: 7, username: "podkeeper-bot".to_owned() }
}

fn reports(report: Option<PairingIssue>) -> ReportsSeen {
    let project = Project {
        id: 9,
        path: "g/reports".to_owned(),
        archived: false,
        marked_for_deletion: false,
        issues_enabled: true,
        private: true,
        role: None,
        url: "https://gitlab.example/g/reports".to_owned(),
    };
    ReportsSeen { project, bot: bot(), issues: report.into_iter().collect(), others: Observed::Present(Vec::new()) }
}

/// The report once the plan is carried out.
fn after(plan: &Plan, report: Option<PairingIssue>, at: DateTime<Utc>) -> Option<PairingIssue> {
    let mut report = report;
    for action in &plan.actions {
        match (&action.change, report.as_mut()) {
            (Change::OpenReport { title, body, .. }, None) => report = Some(opened(title, body, at)),
            (Change::RewriteReport { rewrite, .. }, Some(issue)) => writes(issue, &rewrite.block),
            (Change::ReopenReport { rewrite, .. }, Some(issue)) => {
                writes(issue, &rewrite.block);
                (issue.open, issue.closed_at) = (true, None);
            }
            (Change::CloseReport { rewrite, .. }, Some(issue)) => {
                writes(issue, &rewrite.block);
                (issue.open, issue.closed_at) = (false, Some(at));
            }
            (other, issue) => panic!("{other:?} while the report is {issue:?}"),
        }
    }
    report
}

fn writes(issue: &mut PairingIssue, block: &marker::Block) {
    issue.body = marker::splice(&issue.body, block, "").unwrap();
    issue.marked = marker::parse(&issue.body);
}

fn opened(title: &str, body: &str, at: DateTime<Utc>) -> PairingIssue {
    PairingIssue {
        iid: 1,
        title: Untrusted::new(title),
        url: "https://gitlab.example/g/reports/-/issues/1".to_owned(),
        author: bot(),
        open: true,
        confidential: true,
        locked: false,
        labels: Vec::new(),
        due: None,
        body: body.to_owned(),
        marked: marker::parse(body),
        created_at: Some(at),
        closed_at: None,
        touched: false,
        label_removals: Observed::Present(0),
        links: Observed::Present(BTreeSet::new()),
    }
}
