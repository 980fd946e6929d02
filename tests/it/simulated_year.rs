//! A year in a minute: a run every six hours, three zones with their own clock changes, and everything that happens in
//! a year.
//!
//! For two weeks there is no runner, for a day the token has expired, for a day GitLab is down, and for two days the
//! web is; for a day each the label is archived and the bot is a Guest. People edit, tick, rename, close and save in
//! the rich text editor, which may lose podkeeper's comments. Once a day the whole job is done, roster and links
//! included.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use http::{Request, Response};
use podkeeper::gitlab::{Exchange, ExchangeError};
use podkeeper::pod::rule::Rule;
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::pod::schedule::{Cron, Skip, Slot};
use podkeeper::pod::{Pod, Task};
use podkeeper::sandbox::world::Issue;
use serde_json::json;

use crate::support::{SeededRandom, Stage, shipped_config};
use crate::write_counts::WriteCounts;

pub(crate) const DAYS: u64 = 366;
/// Slot, zone and local weekday at 15:00; each zone changes its clocks on days of its own.
const SLOTS: [(&str, &str, &str); 3] =
    [("emea", "Europe/Berlin", "Thu"), ("amer", "America/New_York", "Tue"), ("apac", "Australia/Lord_Howe", "Wed")];
/// The Thursday on which nobody meets.
const SKIPPED: &str = "2026-12-24";

#[tokio::test(start_paused = true)]
async fn a_season_has_every_session_once_and_loses_no_word() {
    // Two weeks without a runner are in it, at the end of which there is nothing left to do.
    let end = run_year(11, 110).await;
    println!("{} runs, {} sessions, {} words of people kept, {} writes", end.runs, end.due, end.words, end.writes);
    assert_eq!(end.wrong, Vec::<String>::new());
    assert!(end.due > 38 && end.words > 27, "the days were real ones: {} sessions, {} words", end.due, end.words);
    assert_eq!((end.counted.doubles, end.counted.rewrites), (0, 0), "{:?}", end.counted);
    // It is opened, linked, claimed, commented on and closed.
    assert!(end.writes <= 5 * end.due, "{} writes for {} sessions", end.writes, end.due);
}

/// What a year came to.
pub(crate) struct YearResult {
    pub(crate) runs: usize,
    /// Sessions that were due.
    pub(crate) due: usize,
    /// Words and titles that people wrote.
    pub(crate) words: usize,
    /// podkeeper's writes.
    pub(crate) writes: usize,
    /// What should not be.
    pub(crate) wrong: Vec<String>,
    pub(crate) counted: WriteCounts,
}

/// Lets so many days of a year pass by and judges their end. The scoreboard lets [`DAYS`] pass.
pub(crate) async fn run_year(seed: u64, days: u64) -> YearResult {
    let mut year = Year::new(seed);
    year.days = days;
    year.run_all_days().await;
    let (due, found) = (year.due_sessions(), year.issues_by_key());
    let mut wrong: Vec<String> = Vec::new();
    wrong.extend(due.iter().filter(|key| !found.contains_key(*key)).map(|key| format!("{key} has no issue")));
    wrong.extend(found.keys().filter(|key| !due.contains(*key)).map(|key| format!("{key} is no session")));
    let twins = found.iter().filter(|(_, issues)| issues.len() > 1);
    wrong.extend(twins.map(|(key, issues)| format!("{key} has {issues:?}")));
    let world = year.stage.sandbox.world();
    let issues = &world.project_by_path(&year.stage.pods[0].pairing_project).unwrap().issues;
    let body = |iid: &u64| issues[iid].description.as_deref().unwrap_or_default();
    let lost = year.words.iter().filter(|(iid, words)| !body(iid).contains(words.as_str()));
    wrong.extend(lost.map(|(iid, words)| format!("#{iid} lost {words:?}")));
    let renamed = year.titles.iter().filter(|(iid, title)| issues[*iid].title != **title);
    wrong.extend(renamed.map(|(iid, title)| format!("#{iid} lost its title {title:?}")));
    let reopened = year.closed.iter().filter(|iid| issues[*iid].is_open());
    wrong.extend(reopened.map(|iid| format!("#{iid} was reopened")));
    wrong.extend(year.alarms.iter().map(|reported| format!("told for no reason: {reported}")));
    // People acted since the last run, and time went by; after one that sees that, the next has nothing to do.
    let written = year.stage.journal().len();
    year.stage.apply_all_tasks().await;
    let settled = year.stage.journal().len();
    year.stage.apply_all_tasks().await;
    let again = year.stage.journal().len();
    let mut counted = WriteCounts::default();
    counted.count_single_worker(&BTreeMap::new(), &year.stage);
    counted.count_rerun(again - settled);
    YearResult {
        runs: year.runs,
        due: due.len(),
        words: year.words.len() + year.titles.len(),
        writes: written - year.edits,
        wrong,
        counted,
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_year_writes_the_same_bytes() {
    let mut journals = Vec::new();
    for _ in 0..2 {
        let mut year = Year::new(5);
        year.days = 60;
        year.run_all_days().await;
        let journal = year.stage.sandbox.journal();
        assert!(journal.len() > 40, "{}", journal.len());
        journals.push(journal);
    }
    assert_eq!(journals[0], journals[1]);
}

/// A year of a pod.
struct Year {
    stage: Stage,
    days: u64,
    draw: SeededRandom,
    /// Who saves in the rich text editor, and how: beside the rest, so that what else happens in the year stays the
    /// same.
    saves: SeededRandom,
    runs: usize,
    /// Moments of runs that could do everything.
    able: Vec<DateTime<Utc>>,
    /// What people wrote into the bodies of issues.
    words: Vec<(u64, String)>,
    /// The titles that people gave.
    titles: BTreeMap<u64, String>,
    /// What people closed.
    closed: BTreeSet<u64>,
    /// Writes of people.
    edits: usize,
    /// What was reported of links and members on the first day.
    known: BTreeSet<String>,
    /// What was reported later and not on the first day.
    alarms: BTreeSet<String>,
}

impl Year {
    fn new(seed: u64) -> Self {
        let mut pod = shipped_config().pods.remove(0);
        let slot = |(key, zone, day): (&str, &str, &str)| Slot {
            key: key.to_owned(),
            zone: zone.parse().unwrap(),
            cron: Cron::parse(&format!("0 15 * * {day}")).unwrap(),
            skips: if key == "emea" { vec![Skip::on(SKIPPED.parse().unwrap())] } else { Vec::new() },
            ..pod.slots[0].clone()
        };
        pod.slots = SLOTS.into_iter().map(slot).collect();
        let mut stage = Stage::of(vec![pod], "2026-11-24T00:00:00Z".parse().unwrap());
        // Issues of sessions before the year belong to a slot that is no more.
        stage.sandbox.change_world(|world| world.projects.values_mut().for_each(|project| project.issues.clear()));
        stage.sandbox.change_world(|world| world.tokens.values_mut().for_each(|token| token.expires_at = None));
        stage.max_writes = 10;
        Self {
            stage,
            days: DAYS,
            draw: SeededRandom(seed),
            saves: SeededRandom(seed + 1),
            runs: 0,
            able: Vec::new(),
            words: Vec::new(),
            titles: BTreeMap::new(),
            closed: BTreeSet::new(),
            edits: 0,
            known: BTreeSet::new(),
            alarms: BTreeSet::new(),
        }
    }

    async fn run_all_days(&mut self) {
        for quarter in 0..self.days * 4 {
            let (day, hour) = (quarter / 4, quarter % 4);
            self.set_day_faults(day);
            self.run(day, hour == 1).await;
            self.act_as_people().await;
            self.stage.now += TimeDelta::hours(6);
            self.stage.sandbox.change_world(|world| world.now = self.stage.now);
        }
    }

    /// What is out of order on a day.
    fn set_day_faults(&self, day: u64) {
        let expired = (day == 200).then(|| self.stage.now.date_naive() - Days::new(1));
        self.stage.sandbox.change_world(|world| {
            world.tokens.get_mut("api").unwrap().expires_at = expired;
            world.web_down = day == 30;
            world.captive_portal = day == 40;
            let pairing = world.project_by_path("our-group/support-pairing").unwrap().id;
            world.set_label_archived(pairing, "pod::secure", day == 150).unwrap();
            world.set_project_role("podkeeper-bot", pairing, if day == 160 { 10 } else { 20 }).unwrap();
        });
    }

    async fn run(&mut self, day: u64, whole: bool) {
        // Two weeks without a runner.
        if (90..104).contains(&day) {
            return;
        }
        self.runs += 1;
        let tasks = if whole { Task::ALL.map(|(task, _)| task).into() } else { [Task::Sessions, Task::Labels].into() };
        self.stage.pods =
            self.stage.pods.iter().map(|pod| Pod { tasks: BTreeSet::clone(&tasks), ..pod.clone() }).collect();
        let down = day == 120;
        let runs = if down {
            self.stage.apply_all_tasks_over(Arc::new(UnavailableServer)).await
        } else {
            self.stage.apply_all_tasks().await
        };
        let ended = runs.iter().map(PodRun::exit_status).max().unwrap();
        match day {
            120 => assert_eq!(ended, ExitStatus::Incomplete),
            200 => assert_eq!(ended, ExitStatus::TokenRefused),
            30 | 40 if whole => assert_eq!(ended, ExitStatus::Incomplete),
            // New issues are opened without it, and get it when it is back.
            150 => assert_eq!(ended, ExitStatus::NeedsHuman),
            160 => assert!(matches!(ended, ExitStatus::Done | ExitStatus::TokenRefused), "{ended:?}"),
            _ => assert_eq!(ended, ExitStatus::Done, "day {day}: {:?} {:?}", runs[0].read_failures, runs[0].outcomes),
        }
        if down || day == 200 {
            return;
        }
        self.able.push(self.stage.now);
        let reported: BTreeSet<String> = runs.iter().flat_map(link_and_member_findings).collect();
        if whole && self.known.is_empty() {
            self.known.clone_from(&reported);
            assert!(reported.len() > 8);
        }
        self.alarms.extend(reported.difference(&self.known).cloned());
    }

    /// Now and then somebody does something to an open issue.
    async fn act_as_people(&mut self) {
        let open: Vec<Issue> = self.own_issues().into_iter().filter(Issue::is_open).collect();
        if open.is_empty() || self.draw.below(4) != 0 {
            return;
        }
        let issue = &open[self.draw.below(open.len())];
        let (iid, body) = (issue.iid, issue.description.clone().unwrap_or_default());
        let change = match self.draw.below(8) {
            0..=3 => {
                let words = format!("{} looked at it, twice", self.edits);
                self.words.push((iid, words.clone()));
                json!({ "description": format!("{body}\n- {words}  \n") })
            }
            4 => {
                let words = format!("Before anything else, {}:", self.edits);
                self.words.push((iid, words.clone()));
                json!({ "description": format!("{words}\n\n{body}") })
            }
            5 => {
                let title = format!("Pairing with cake, {}", self.edits);
                self.titles.insert(iid, title.clone());
                json!({ "title": title })
            }
            6 => json!({ "description": body.replacen("- [ ]", "- [x]", 1) }),
            _ => {
                self.closed.insert(iid);
                json!({ "state_event": "close" })
            }
        };
        let (status, _) = self
            .stage
            .request("person", "PUT", &format!("{}/issues/{iid}", self.stage.pairing_project_url()), change)
            .await;
        assert_eq!(status, 200);
        self.edits += 1;
        // Some save in the rich text editor, which writes comments in its own way, or loses them.
        if self.saves.below(3) == 0 {
            let lost = self.saves.below(2) == 0;
            self.stage.sandbox.change_world(|world| {
                let project = world.project_by_path("our-group/support-pairing").unwrap().id;
                let person = world.user_by_username("hollis-brandt").unwrap().id;
                world.save_in_rich_text_editor(project, iid, person);
                if lost {
                    world.save_without_html_comments(project, iid, person);
                }
            });
        }
    }

    /// podkeeper's own pairing issues.
    fn own_issues(&self) -> Vec<Issue> {
        let world = self.stage.sandbox.world();
        let project = world.project_by_path(&self.stage.pods[0].pairing_project).unwrap();
        project.issues.values().filter(|issue| session_key(issue).is_some()).cloned().collect()
    }

    fn issues_by_key(&self) -> BTreeMap<String, Vec<u64>> {
        let mut by_key: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for issue in self.own_issues() {
            by_key.entry(session_key(&issue).unwrap()).or_default().push(issue.iid);
        }
        by_key
    }

    /// The sessions for which a run could open an issue: in the week before it, and after the session before it.
    fn due_sessions(&self) -> BTreeSet<String> {
        let mut due = BTreeSet::new();
        for (slot, zone, day) in SLOTS {
            let (zone, day): (Tz, Weekday) = (zone.parse().unwrap(), day.parse().unwrap());
            let first = NaiveDate::from_ymd_opt(2026, 11, 16).unwrap();
            let dates = first.iter_days().take(400).filter(|date| date.weekday() == day);
            for date in dates.filter(|date| slot != "emea" || date.to_string() != SKIPPED) {
                let start = date.and_hms_opt(15, 0, 0).unwrap().and_local_timezone(zone).unwrap().to_utc();
                let opens = start - TimeDelta::days(7);
                if self.able.iter().any(|run| opens <= *run && *run < start) {
                    let week = date.iso_week();
                    due.insert(format!("secure/{slot}/{}-W{:02}", week.year(), week.week()));
                }
            }
        }
        due
    }
}

/// The session that an issue of podkeeper's stands for, by its marker, however it is spelled, or by its sign.
fn session_key(issue: &Issue) -> Option<String> {
    let body = issue.description.as_deref()?;
    let marks = ["podkeeper:v1 session ", "podkeeper · "];
    let (_, rest) = marks.iter().find_map(|mark| body.split_once(mark))?;
    let end = |c: char| c.is_whitespace() || c == '<' || c == '-';
    let key = rest.split_whitespace().next()?;
    Some(key.strip_suffix("-->").unwrap_or(key).trim_end_matches(end).to_owned())
}

/// What is reported of links that are dead and of members that are not as they should be.
fn link_and_member_findings(run: &PodRun) -> impl Iterator<Item = String> {
    const RULES: [Rule; 7] = [
        Rule::LinkDead,
        Rule::LinkFragmentDead,
        Rule::LabelMissing,
        Rule::MemberWithoutFocus,
        Rule::MemberUnknownAgent,
        Rule::FocusWithoutMember,
        Rule::AccountMissing,
    ];
    let reported = run.findings.iter().filter(|finding| RULES.contains(&finding.rule));
    reported.map(|finding| format!("{}: {}", finding.rule.code(), finding.subject))
}

/// A GitLab that is down.
struct UnavailableServer;

#[async_trait::async_trait]
impl Exchange for UnavailableServer {
    async fn exchange(&self, _: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        Ok(Response::builder().status(502).body(Bytes::from_static(b"<html>Bad gateway</html>")).unwrap())
    }
}
