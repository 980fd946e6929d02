//! Generated pairing projects: the pod's label goes exactly where a naive model says, never against a person's removal
//! and never over another pod's; and what has nothing to do writes nothing.
//!
//! The worlds are pure: what a run saw is made by hand, and what it wants is done by hand.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use podkeeper::decide::decide;
use podkeeper::pod::action::Change;
use podkeeper::pod::marker;
use podkeeper::pod::observed::Observed;
use podkeeper::pod::pod_page::{Member, PodPage};
use podkeeper::pod::roster::{Handle, Role};
use podkeeper::pod::rule::{Audience, Rule};
use podkeeper::pod::snapshot::{
    Account, FurtherPairingReads, FurtherRead, LabelHistory, ObservedIssue, PairingProjectState, Project, ProjectLabel,
    RecentIssues, Snapshot,
};
use podkeeper::pod::text::Untrusted;
use podkeeper::pod::{Pod, Task};

use crate::support::{EVERY_NTH_CASE, SeededRandom, now, shipped_config};

pub(crate) const PROJECTS: u64 = 5_000;

const LABEL: &str = "pod::secure";
const OTHER_LABEL: &str = "pod::verify";
const PROJECT: &str = "our-group/support-pairing";
const BOT: (u64, &str) = (1, "podkeeper-bot");
const MEMBERS: [&str; 5] = ["ada-q", "svale", "iokonkwo", "mfarrow", "tuval"];
/// Guests, members of other pods, and the account of Pairify.
const OTHERS: [&str; 4] = ["guest-one", "guest-two", "of-verify", "pairify-bot"];
/// Enough for all of them, five a run.
const RUNS_UNTIL_QUIET: usize = 8;

/// What a sweep came to.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) of: usize,
    pub(crate) well: usize,
    /// Labels that came where a person had taken the label off, or where another pod's was.
    pub(crate) against_people: usize,
    pub(crate) wrong: Option<String>,
}

#[test]
fn the_label_goes_where_a_naive_model_says() {
    let tally = sweep(PROJECTS / EVERY_NTH_CASE as u64, read_removals);
    println!("{} of {} generated projects are as the model says", tally.well, tally.of);
    assert_eq!((tally.well, tally.against_people, tally.wrong), (tally.of, 0, None));
}

#[test]
fn a_worker_that_reads_no_label_events_is_caught() {
    let tally = sweep(100, |_| 0);
    assert!(tally.against_people > 0 && tally.well < tally.of);
}

/// The label events of an issue: how often the pod's label was taken off.
pub(crate) fn read_removals(issue: &Issue) -> usize {
    issue.removals
}

/// Runs in so many worlds; `removals` is how the worker learns of label events.
pub(crate) fn sweep(worlds: u64, removals: fn(&Issue) -> usize) -> Tally {
    let mut tally = Tally::default();
    let pods = shipped_config().pods;
    for seed in 0..worlds {
        let mut world = World::generate(seed, &pods[0]);
        tally.of += 1;
        match world.run_all(removals) {
            Ok(()) => tally.well += 1,
            Err(why) => {
                tally.wrong.get_or_insert(format!("seed {seed}: {why}"));
            }
        }
        tally.against_people += world.against_people;
    }
    tally
}

// ---------------------------------------------------------------------------------------------------------- the world

/// An issue that people or another bot made, with what is true of it beside what can be read.
pub(crate) struct Issue {
    seen: ObservedIssue,
    /// Who takes part beside author and assignees.
    commenters: BTreeSet<&'static str>,
    /// Whether it names the pod, its channel or a session of it.
    names_pod: bool,
    /// How often a person took the pod's label off.
    removals: usize,
    /// Whether it has a marker, as a copy of podkeeper's has.
    has_marker: bool,
    has_label_by_podkeeper: bool,
}

impl Issue {
    /// Whether it is a record of Pairify's.
    fn is_record(&self) -> bool {
        self.seen.labels.iter().any(|label| label == "pairify")
    }
}

struct World {
    pod: Pod,
    now: DateTime<Utc>,
    page: PodPage,
    people: Vec<Issue>,
    /// podkeeper's own.
    own: Vec<ObservedIssue>,
    last_iid: u64,
    had_own_before: bool,
    against_people: usize,
    draw: SeededRandom,
}

/// What the model says of a world: numbers of issues.
#[derive(Debug, Default, PartialEq, Eq)]
struct Expected {
    /// Those with the label.
    labelled: BTreeSet<u64>,
    proposed: BTreeSet<u64>,
    conflicting: BTreeSet<u64>,
    /// How many the session's issue counts.
    counted: usize,
}

fn account(name: &str) -> Account {
    let names = MEMBERS.iter().chain(&OTHERS);
    let id = names.clone().position(|known| *known == name).map_or(BOT.0, |at| u64::try_from(at).unwrap() + 10);
    Account { id, username: name.to_owned() }
}

impl World {
    fn generate(seed: u64, shipped: &Pod) -> Self {
        let mut draw = SeededRandom(seed);
        let mut pod = shipped.clone();
        pod.tasks = [Task::Sessions, Task::Labels].into();
        pod.slack_channel = Some("#spt_pod_secure".to_owned());
        pod.label.apply = draw.below(3) > 0;
        let members = MEMBERS.iter().map(|handle| Member {
            name: Untrusted::new(*handle),
            handle: Handle::parse(handle),
            role: Role::Member,
            role_text: Untrusted::new(""),
            line: 1,
        });
        let page = PodPage { title: Untrusted::new("Secure Pod"), members: members.collect(), ..PodPage::default() };
        let mut world = Self {
            pod,
            now: now(),
            page,
            people: Vec::new(),
            own: Vec::new(),
            last_iid: 0,
            had_own_before: false,
            against_people: 0,
            draw,
        };
        if world.draw.below(4) > 0 {
            let body = "<!-- podkeeper:v1 session secure/weekly/2026-W47 -->\nwords\n<!-- podkeeper:v1 state {} -->\n\
                        <!-- podkeeper:v1 end -->\n";
            let old = world.new_issue("Secure Pod Pairing, Thu 2026-11-19 15:00 UTC", body, BOT.1, &[LABEL]);
            world.own.push(old);
            world.had_own_before = true;
        }
        for _ in 0..world.draw.below(15) {
            let issue = world.generate_issue();
            world.people.push(issue);
        }
        world
    }

    fn new_issue(&mut self, title: &str, body: &str, author: &str, labels: &[&str]) -> ObservedIssue {
        self.last_iid += 1;
        self.now += TimeDelta::minutes(1);
        let (iid, author) = (self.last_iid, account(author));
        ObservedIssue {
            iid,
            title: Untrusted::new(title),
            url: format!("https://gitlab.example/{PROJECT}/-/issues/{iid}"),
            author,
            open: true,
            confidential: false,
            locked: false,
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            assignees: Vec::new(),
            due: None,
            body: body.to_owned(),
            parsed_body: marker::parse_body(body),
            created_at: Some(self.now),
            updated_at: Some(self.now),
            closed_at: None,
            has_human_activity: false,
            label_removals: Observed::Present(0),
            linked_iids: Observed::Present(BTreeSet::new()),
        }
    }

    fn person(&mut self) -> &'static str {
        // Members as often as all others together.
        if self.draw.below(2) == 0 {
            MEMBERS[self.draw.below(MEMBERS.len())]
        } else {
            OTHERS[self.draw.below(OTHERS.len())]
        }
    }

    fn some_people(&mut self, most: usize) -> BTreeSet<&'static str> {
        (0..self.draw.below(most + 1)).map(|_| self.person()).collect()
    }

    fn generate_issue(&mut self) -> Issue {
        let own = self.own.first().map(|own| own.iid);
        let linked = own.map(|iid| format!("After https://gitlab.example/{PROJECT}/-/issues/{iid}."));
        let referred = own.map(|iid| format!("See #{iid}, second half"));
        // Each with whether it names the pod.
        let titles = [
            ("Pairing on a login that fails", false),
            ("Pairing on a login that fails", false),
            ("secure pod pairing, the rest", true),
            ("Left from Secure Pod Pairing", true),
            ("Secure pods of peas", false),
            ("Insecure Pod", false),
        ];
        let texts = [
            (Some("- [ ] Read the log".to_owned()), false),
            (Some("- [ ] Read the log".to_owned()), false),
            (Some("From `#spt_pod_secure` this morning".to_owned()), true),
            (Some("From #spt_pod_secure-feed and #spt_pod_secured".to_owned()), false),
            (Some("The Secure Pod may know; ask them".to_owned()), false),
            (Some(format!("https://gitlab.example/{PROJECT}/-/issues/9876 and #9876")), false),
            (linked, true),
            (referred, true),
        ];
        let (title, by_title) = titles[self.draw.below(titles.len())];
        let (text, by_text) = texts[self.draw.below(texts.len())].clone();
        let by_text = by_text && text.is_some();
        let is_record = self.draw.below(5) == 0;
        let has_marker = self.draw.below(12) == 0;
        let author = match self.draw.below(12) {
            0 => BOT.1,
            _ if is_record => "pairify-bot",
            _ => self.person(),
        };
        let mut body = text.unwrap_or_default();
        if has_marker {
            body = format!(
                "<!-- podkeeper:v1 session verify/weekly/2026-W47 -->\n{body}\n<!-- podkeeper:v1 state {{}} -->\n\
                 <!-- podkeeper:v1 end -->\n"
            );
        }
        let mut seen = self.new_issue(title, &body, author, &[]);
        seen.open = !is_record && self.draw.below(3) > 0;
        seen.confidential = self.draw.below(8) == 0;
        seen.assignees = self.some_people(3).into_iter().map(account).collect();
        if is_record {
            seen.labels.push("pairify".to_owned());
        }
        let mut removals = 0;
        match self.draw.below(8) {
            // What podkeeper's account opened with it would be a session's issue that lost its marker.
            0 if author != BOT.1 => seen.labels.push(LABEL.to_owned()),
            1 => seen.labels.push(OTHER_LABEL.to_owned()),
            2 => removals = 1 + self.draw.below(2),
            3 => seen.labels.push("bug".to_owned()),
            _ => {}
        }
        let commenters = self.some_people(2);
        Issue { seen, commenters, names_pod: by_title || by_text, removals, has_marker, has_label_by_podkeeper: false }
    }

    /// People go on: they comment, take labels off, put others on, and make issues confidential.
    fn let_people_act(&mut self) {
        for at in 0..self.people.len() {
            let (what, who) = (self.draw.below(10), self.person());
            self.now += TimeDelta::minutes(1);
            let issue = &mut self.people[at];
            match what {
                0 | 1 if issue.seen.labels.iter().any(|label| label == LABEL) => {
                    issue.seen.labels.retain(|label| label != LABEL);
                    issue.removals += 1;
                    issue.has_label_by_podkeeper = false;
                }
                2 => {
                    // GitLab takes the other label of the scope off, which is an event, too.
                    issue.removals += usize::from(issue.seen.labels.iter().any(|label| label == LABEL));
                    issue.seen.labels.retain(|label| label != LABEL && label != OTHER_LABEL);
                    issue.seen.labels.push(OTHER_LABEL.to_owned());
                    issue.has_label_by_podkeeper = false;
                }
                3 => issue.seen.labels.retain(|label| label != OTHER_LABEL),
                4 | 5 => {
                    issue.commenters.insert(who);
                }
                6 => issue.seen.confidential = true,
                _ => continue,
            }
            issue.seen.updated_at = Some(self.now);
        }
        for _ in 0..self.draw.below(3) {
            let issue = self.generate_issue();
            self.people.push(issue);
        }
    }

    // ------------------------------------------------------------------------------------------------------ the model

    /// What has to be true once all is done.
    fn expected(&self, may_label: bool) -> Expected {
        let mut all = Expected::default();
        for issue in &self.people {
            let iid = issue.seen.iid;
            let carries = |name: &str| issue.seen.labels.iter().any(|label| label == name);
            if carries(LABEL) && !issue.has_label_by_podkeeper {
                all.labelled.insert(iid);
                continue;
            }
            if issue.has_marker || issue.seen.author.username == BOT.1 {
                continue;
            }
            let mut there: Vec<&str> = issue.seen.assignees.iter().map(|who| who.username.as_str()).collect();
            if !issue.is_record() {
                there.push(&issue.seen.author.username);
                there.extend(&issue.commenters);
            }
            let members = MEMBERS.iter().filter(|member| there.contains(member)).count();
            if members < 2 && !issue.names_pod {
                continue;
            }
            if carries(OTHER_LABEL) {
                all.conflicting.insert(iid);
            } else if issue.removals > 0 {
                // A person's removal is final.
            } else if may_label && members >= 2 && issue.names_pod {
                all.labelled.insert(iid);
            } else {
                all.proposed.insert(iid);
                all.counted += usize::from(!issue.seen.confidential);
            }
        }
        all
    }

    // ------------------------------------------------------------------------------------------------------- the runs

    fn run_all(&mut self, removals: fn(&Issue) -> usize) -> Result<(), String> {
        for (part, what) in ["at first", "after people acted", "after people acted again"].into_iter().enumerate() {
            if part > 0 {
                self.let_people_act();
            }
            let labelled = self.run(removals)?;
            if labelled > 5 {
                return Err(format!("{labelled} were labelled in a run"));
            }
            if part == 0 && !self.had_own_before && labelled > 0 {
                return Err("the first run of the pod labelled something".to_owned());
            }
            // What has nothing to do is where it will be.
            let mut runs = 1;
            while self.run_and_count_writes(removals)? > 0 {
                runs += 1;
                if runs > RUNS_UNTIL_QUIET {
                    return Err(format!("{what}: {runs} runs wrote something"));
                }
            }
            self.compare(what, removals)?;
        }
        Ok(())
    }

    fn compare(&mut self, what: &str, removals: fn(&Issue) -> usize) -> Result<(), String> {
        let expected = self.expected(self.pod.label.apply);
        let decision = decide(&self.pod, &self.snapshot(&self.read_all(removals), &BTreeSet::new()));
        let numbers = |rule: Rule| -> BTreeSet<u64> {
            let of_rule = decision.findings.iter().filter(|finding| finding.rule == rule);
            of_rule.map(|finding| finding.subject.trim_start_matches('#').parse().unwrap()).collect()
        };
        let carries = |issue: &&Issue| issue.seen.labels.iter().any(|label| label == LABEL);
        let counted = self.own.iter().map(|own| count_in(&own.body)).max().unwrap_or(0);
        let found = Expected {
            labelled: self.people.iter().filter(carries).map(|issue| issue.seen.iid).collect(),
            proposed: numbers(Rule::LabelProposed),
            conflicting: numbers(Rule::LabelConflict),
            counted,
        };
        if found != expected {
            return Err(format!("{what}: {found:?}, and the model says {expected:?}"));
        }
        let secret: BTreeSet<String> = self
            .people
            .iter()
            .filter(|issue| issue.seen.confidential)
            .map(|issue| format!("#{}", issue.seen.iid))
            .collect();
        let leaks = decision
            .findings
            .iter()
            .any(|found| found.audience < Audience::Confidential && secret.contains(&found.subject));
        if leaks { Err(format!("{what}: a confidential issue is shown to the team")) } else { Ok(()) }
    }

    /// How many people's issues were labelled.
    fn run(&mut self, removals: fn(&Issue) -> usize) -> Result<usize, String> {
        let before = self.count_labelled();
        self.run_and_count_writes(removals)?;
        Ok(self.count_labelled() - before)
    }

    fn count_labelled(&self) -> usize {
        self.people.iter().filter(|issue| issue.has_label_by_podkeeper).count()
    }

    /// One run, as rounds until nothing is left to do.
    fn run_and_count_writes(&mut self, removals: fn(&Issue) -> usize) -> Result<usize, String> {
        let (mut histories, mut attempted, mut writes) = (BTreeMap::new(), BTreeSet::new(), 0);
        for _ in 0..4 {
            let decision = loop {
                let decision = decide(&self.pod, &self.snapshot(&histories, &attempted));
                if decision.further_reads.is_empty() {
                    break decision;
                }
                for read in decision.further_reads {
                    let FurtherRead::LabelHistory(iid) = read else { return Err(format!("{read:?} was asked")) };
                    histories.insert(iid, Observed::Present(self.read_history(iid, removals)));
                }
                if histories.len() > 5 {
                    return Err(format!("the label events of {} issues were read", histories.len()));
                }
            };
            if decision.plan.actions.is_empty() {
                return Ok(writes);
            }
            for action in &decision.plan.actions {
                writes += 1;
                attempted.insert(action.identity());
                self.carry_out(&action.change)?;
            }
        }
        Err("a run came to no end".to_owned())
    }

    fn read_history(&self, iid: u64, removals: fn(&Issue) -> usize) -> LabelHistory {
        let issue = self.people.iter().find(|issue| issue.seen.iid == iid).unwrap();
        LabelHistory { updated_at: issue.seen.updated_at, removals: removals(issue) }
    }

    /// The label events of all of them, for what is compared at the end.
    fn read_all(&self, removals: fn(&Issue) -> usize) -> BTreeMap<u64, Observed<LabelHistory>> {
        let iids = self.people.iter().map(|issue| issue.seen.iid);
        iids.map(|iid| (iid, Observed::Present(self.read_history(iid, removals)))).collect()
    }

    fn carry_out(&mut self, change: &Change) -> Result<(), String> {
        self.now += TimeDelta::minutes(1);
        match change {
            Change::OpenPairingIssue { title, body, .. } => {
                let opened = self.new_issue(title, body, BOT.1, &[LABEL]);
                self.own.push(opened);
            }
            Change::RewritePairingIssue { iid, rewrite, .. } => {
                let own = self.own.iter_mut().find(|own| own.iid == *iid).ok_or("no own issue has this number")?;
                own.body = marker::replace_block(&own.body, &rewrite.new_block, &rewrite.human_lines)?;
                own.parsed_body = marker::parse_body(&own.body);
            }
            Change::LabelPeoplesIssue { iid, .. } => {
                let issue = self.people.iter_mut().find(|issue| issue.seen.iid == *iid).ok_or("not of people")?;
                let over_another = issue.seen.labels.iter().any(|label| label == OTHER_LABEL);
                self.against_people += usize::from(issue.removals > 0 || over_another);
                issue.seen.labels.push(LABEL.to_owned());
                issue.seen.updated_at = Some(self.now);
                issue.has_label_by_podkeeper = true;
            }
            other => return Err(format!("nobody asked for {:?}", other.kind())),
        }
        Ok(())
    }

    fn snapshot(&self, histories: &BTreeMap<u64, Observed<LabelHistory>>, attempted: &BTreeSet<String>) -> Snapshot {
        let labelled = self.people.iter().filter(|issue| issue.seen.labels.iter().any(|label| label == LABEL));
        let of_bot = self.people.iter().filter(|issue| issue.seen.author.username == BOT.1);
        let mut issues: Vec<ObservedIssue> = labelled.chain(of_bot).map(|issue| issue.seen.clone()).collect();
        issues.extend(self.own.iter().cloned());
        issues.sort_by_key(|issue| issue.iid);
        issues.dedup_by_key(|issue| issue.iid);
        let mut recent: Vec<ObservedIssue> = self.people.iter().map(|issue| issue.seen.clone()).collect();
        recent.extend(self.own.iter().cloned());
        recent.sort_by_key(|issue| issue.iid);
        let is_asked = |issue: &&Issue| !issue.is_record() && !issue.has_marker && issue.seen.author.username != BOT.1;
        let names = |issue: &Issue| {
            let assignees = issue.seen.assignees.iter().map(|who| who.username.clone());
            let rest = issue.commenters.iter().map(|name| (*name).to_owned());
            assignees.chain(rest).chain([issue.seen.author.username.clone()]).collect()
        };
        let participants = self.people.iter().filter(is_asked).map(|issue| (issue.seen.iid, names(issue)));
        let state = PairingProjectState {
            project: Observed::Present(Project {
                id: 3,
                path: PROJECT.to_owned(),
                archived: false,
                marked_for_deletion: false,
                issues_enabled: true,
                private: true,
                access_level: Some(20),
                url: format!("https://gitlab.example/{PROJECT}"),
            }),
            bot: Observed::Present(account(BOT.1)),
            label: Observed::Present(ProjectLabel::named(LABEL, false)),
            similar_labels: Observed::Absent,
            related_labels: Vec::new(),
            issues: Observed::Present(issues),
            recent: RecentIssues {
                issues: Observed::Present(recent),
                participants: Observed::Present(participants.collect()),
            },
            foreign_issues: Some(Observed::Present(Vec::new())),
            further: FurtherPairingReads {
                label_histories: histories.clone(),
                member_accounts: Some(Observed::Absent),
                ..FurtherPairingReads::default()
            },
        };
        Snapshot {
            attempted_actions: attempted.clone(),
            ..Snapshot::new(now(), Observed::Present(self.page.clone()), state)
        }
    }
}

/// How many sessions without the label an issue tells of.
fn count_in(body: &str) -> usize {
    let line = body.lines().find(|line| line.starts_with("- **Label:**"));
    let count = line.and_then(|line| line.split('[').nth(1)?.split(' ').next()?.parse().ok());
    count.unwrap_or(0)
}
