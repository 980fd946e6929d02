//! A year of three pods of different rhythms in one pairing project: weekly in UTC, every other week in Berlin, every
//! third Thursday in New York.
//!
//! People pin tickets, leave tasks, tick them, come to sessions, retitle and close issues, and write into issues that are
//! over; the configuration skips a day, moves a session and renames a pod. At the end every session that was due has its
//! issue, every task that nobody ticked stands in the next issue once, and no word of people's is lost.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use podkeeper::config;
use podkeeper::pod::Pod;
use podkeeper::pod::marker::{self, Marker};
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::pod::session::SessionKey;
use podkeeper::pod::session_notes::{SessionNotes, TaskItem, TaskState};
use podkeeper::sandbox::world::{Issue, World};
use serde_json::json;

use crate::support::{SeededRandom, Stage, fit_to_gitlab, keep_sessions_and_labels, repository_root};

/// How many days pass in the scoreboard.
pub(crate) const DAYS: u64 = 366;

/// The pods: key, label and the tables of its sessions.
const PODS: [(&str, &str, &str); 3] = [
    ("secure", "pod::secure", "cron = \"0 15 * * Thu\"\nzone = \"UTC\"\n"),
    (
        "verify",
        "pod::verify",
        "cron = \"0 10 * * Tue\"\nzone = \"Europe/Berlin\"\nevery = 2\nanchor = \"2026-12-01\"\n",
    ),
    ("plan", "pod::plan", "cron = \"0 11 * * Thu#3\"\nzone = \"America/New_York\"\n"),
];
/// The day on which a table of the weekly pod's session gets further lines, and the lines.
const SKIP: (u64, &str) = (20, "skip = [{ from = \"2026-12-24\", until = \"2026-12-31\", reason = \"holidays\" }]\n");
const MOVE: (u64, &str) = (60, "move = [{ date = \"2027-02-11\", to = \"2027-02-10 16:00\" }]\n");
/// The day on which the pod `verify` becomes `review`.
const RENAME: u64 = 200;

#[tokio::test(start_paused = true)]
async fn a_season_of_three_pods_carries_every_task_once_and_loses_no_word() {
    let end = run_year(3, DAYS / 6).await;
    println!("{} sessions, {} tasks, {} words, {} carried", end.sessions, end.tasks, end.words, end.carried);
    assert_eq!(end.wrong, Vec::<String>::new());
    assert!(end.sessions > 11 && end.tasks > 30 && end.carried > 30, "the days were real ones");
}

/// What a year came to.
pub(crate) struct YearOfPods {
    /// Sessions that were due.
    pub(crate) sessions: usize,
    /// Tasks that people wrote.
    pub(crate) tasks: usize,
    /// Words and titles that people wrote.
    pub(crate) words: usize,
    /// How often an open task moved on.
    pub(crate) carried: usize,
    /// What should not be.
    pub(crate) wrong: Vec<String>,
}

/// Lets so many days pass and judges their end.
pub(crate) async fn run_year(seed: u64, days: u64) -> YearOfPods {
    let mut year = Year::new(seed);
    for half in 0..days * 2 {
        year.configure(half / 2);
        year.run().await;
        year.act_as_people().await;
        year.stage.now += TimeDelta::hours(12);
        let now = year.stage.now;
        year.stage.sandbox.change_world(|world| world.now = now);
    }
    year.run().await;
    let written = year.stage.journal().len();
    year.run().await;
    let mut end = year.judge();
    if year.stage.journal().len() != written {
        end.wrong.push("a second run wrote once more".to_owned());
    }
    end
}

struct Year {
    stage: Stage,
    draw: SeededRandom,
    /// Moments of runs.
    runs: Vec<DateTime<Utc>>,
    /// Configurations, each from a moment on.
    configured: Vec<(DateTime<Utc>, Vec<Pod>)>,
    /// Every task that people wrote, by its number.
    tasks: BTreeSet<String>,
    /// When they wrote it into which issue.
    written: BTreeMap<(u64, String), DateTime<Utc>>,
    /// What else people wrote into bodies.
    words: Vec<(u64, String)>,
    titles: BTreeMap<u64, String>,
    closed: BTreeSet<u64>,
    wrong: Vec<String>,
}

impl Year {
    fn new(seed: u64) -> Self {
        let now: DateTime<Utc> = "2026-11-25T03:00:00Z".parse().unwrap();
        let pods = configured_pods(0, now);
        let mut stage = Stage::of(pods, now);
        stage.sandbox.change_world(|world| {
            world.projects.values_mut().for_each(|project| project.issues.clear());
            world.tokens.values_mut().for_each(|token| token.expires_at = None);
        });
        stage.max_writes = 30;
        Self {
            stage,
            draw: SeededRandom(seed),
            runs: Vec::new(),
            configured: Vec::new(),
            tasks: BTreeSet::new(),
            written: BTreeMap::new(),
            words: Vec::new(),
            titles: BTreeMap::new(),
            closed: BTreeSet::new(),
            wrong: Vec::new(),
        }
    }

    /// The configuration of a day.
    fn configure(&mut self, day: u64) {
        let pods = configured_pods(day, self.stage.now);
        if self.configured.is_empty() || [SKIP.0, MOVE.0, RENAME].contains(&day) {
            self.configured.push((self.stage.now, pods.clone()));
        }
        self.stage.pods = pods;
    }

    async fn run(&mut self) {
        // Now and then there is no runner.
        if self.draw.below(12) == 0 {
            return;
        }
        let runs = self.stage.apply().await;
        self.runs.push(self.stage.now);
        let ended = runs.iter().map(PodRun::exit_status).max().unwrap();
        if ended != ExitStatus::Done {
            let said = |run: &PodRun| format!("{} {:?} {:?}", run.pod, run.read_failures, run.outcomes);
            let said: Vec<String> = runs.iter().map(said).collect();
            self.wrong.push(format!("{}: a run ended with {ended:?}: {said:?}", self.stage.now));
        }
    }

    async fn act_as_people(&mut self) {
        for _ in 0..self.draw.below(4) {
            let mut issues: Vec<Issue> = self.own_issues().into_iter().map(|(_, issue)| issue).collect();
            issues.drain(..issues.len().saturating_sub(8));
            // People work in the newest issues, and sometimes add to one that is over.
            let newest = issues.len().saturating_sub(1 + self.draw.below(6));
            if let Some(issue) = issues.get(newest).cloned() {
                self.edit(&issue).await;
            }
        }
    }

    async fn edit(&mut self, issue: &Issue) {
        let body = issue.description.clone().unwrap_or_default();
        let number = self.tasks.len() + self.words.len() + 1000;
        let change = match self.draw.below(14) {
            0..=2 => {
                let task = format!("https://tickets.example/agent/tickets/{number}");
                self.note_task(issue, number);
                json!({ "description": add_below(&body, "## Pinned tickets", &format!("- [ ] {task}")) })
            }
            3..=5 => {
                let task = format!("Ask the scanner team about case {number}");
                self.note_task(issue, number);
                json!({ "description": add_below(&body, "## Left from last week", &format!("- [ ] {task} (Mateo)")) })
            }
            6..=7 => {
                let ticked = (0..8).fold(body, |body, _| tick(&body, self.draw.below(8), "[x]"));
                json!({ "description": ticked })
            }
            8 => json!({ "description": tick(&body, self.draw.below(8), "[~]") }),
            9..=10 => {
                let words = format!("We looked at it together, {number}");
                self.words.push((issue.iid, words.clone()));
                json!({ "description": add_below(&body, "## What we worked on", &format!("- {words}")) })
            }
            11 => {
                let words = format!("Notes of {number}, with two blanks  at the end");
                self.words.push((issue.iid, words.clone()));
                json!({ "description": format!("{body}\n{words}") })
            }
            12 => {
                let title = format!("Pairing with cake, {number}");
                self.titles.insert(issue.iid, title.clone());
                json!({ "title": title })
            }
            _ if issue.is_open() => {
                self.closed.insert(issue.iid);
                json!({ "state_event": "close" })
            }
            _ => return,
        };
        let path = format!("{}/issues/{}", self.stage.pairing_project_url(), issue.iid);
        let (status, _) = self.stage.request("person", "PUT", &path, change).await;
        assert_eq!(status, 200);
    }

    /// podkeeper's pairing issues with the session that they are for, in the order of their numbers.
    fn own_issues(&self) -> Vec<(SessionKey, Issue)> {
        self.stage.with_world(|world| {
            let project = world.project_by_path(&self.stage.pods[0].pairing_project).unwrap();
            project.issues.values().filter_map(|issue| Some((session_key(issue)?, issue.clone()))).collect()
        })
    }

    fn judge(&mut self) -> YearOfPods {
        let due = self.due_sessions();
        let issues = self.own_issues();
        let mut by_key: BTreeMap<String, Vec<&Issue>> = BTreeMap::new();
        for (key, issue) in &issues {
            by_key.entry(today(key)).or_default().push(issue);
        }
        let mut wrong = std::mem::take(&mut self.wrong);
        wrong.extend(due.keys().filter(|key| !by_key.contains_key(*key)).map(|key| format!("{key} has no issue")));
        wrong.extend(by_key.keys().filter(|key| !due.contains_key(*key)).map(|key| format!("{key} is no session")));
        wrong.extend(by_key.iter().filter(|(_, found)| found.len() > 1).map(|(key, _)| format!("{key} has twins")));
        let mut carried = 0;
        let mut slots: BTreeMap<&str, Vec<(&str, &Issue)>> = BTreeMap::new();
        for (key, found) in &by_key {
            slots.entry(key.rsplit_once('/').unwrap().0).or_default().push((key, found[0]));
        }
        for chain in slots.values() {
            for at in 1..chain.len() {
                let (old_key, old) = chain[at - 1];
                let later: Vec<&Issue> = chain[at..].iter().map(|(_, issue)| *issue).collect();
                carried += self.judge_issue(old_key, old, &later, &mut wrong);
            }
        }
        wrong.extend(self.lost_words(&issues));
        wrong.extend(foreign_mentions(&self.stage.sandbox.world(), &self.stage.pods[0].pairing_project));
        YearOfPods { sessions: due.len(), tasks: self.tasks.len(), words: self.words.len(), carried, wrong }
    }

    /// What is wrong between an issue and those of later sessions; gives how many tasks moved on. What came late goes into
    /// the issue that is opened next, where the one that is there was closed.
    fn judge_issue(&self, old_key: &str, old: &Issue, later: &[&Issue], wrong: &mut Vec<String>) -> usize {
        let before = tasks_of(old);
        let after: Vec<Vec<TaskItem>> = later.iter().map(|issue| tasks_of(issue)).collect();
        let mut carried = 0;
        for number in &self.tasks {
            let in_old: Vec<&TaskItem> =
                before.iter().filter(|task| task.text.raw().contains(number.as_str())).collect();
            let is_it = |task: &&TaskItem| task.text.raw().contains(number.as_str());
            let count =
                after.iter().map(|tasks| tasks.iter().filter(is_it).count()).find(|count| *count > 0).unwrap_or(0);
            if in_old.len() > 1 {
                wrong.push(format!("{number} stands {} times in the issue of {old_key}", in_old.len()));
            }
            let is_open = in_old.iter().any(|task| task.state == TaskState::Open);
            if is_open && count == 1 {
                carried += 1;
            } else if is_open && !self.came_too_late(old, later[0], number) {
                wrong.push(format!("{number} is open in #{} and stands {count} times in the next", old.iid));
            }
        }
        carried
    }

    fn note_task(&mut self, issue: &Issue, number: usize) {
        self.tasks.insert(number.to_string());
        self.written.insert((issue.iid, number.to_string()), self.stage.now);
    }

    /// Whether no run came by between the moment in which a task was written into an issue and the next session.
    fn came_too_late(&self, old: &Issue, new: &Issue, number: &str) -> bool {
        let start = |issue: &Issue| marker::parse_body(issue.description.as_deref()?).block()?.state.start;
        let (Some(written), Some(start)) = (self.written.get(&(old.iid, number.to_owned())), start(new)) else {
            return false;
        };
        !self.runs.iter().any(|run| written < run && *run < start)
    }

    fn lost_words(&self, issues: &[(SessionKey, Issue)]) -> Vec<String> {
        let of = |iid: u64| issues.iter().map(|(_, issue)| issue).find(|issue| issue.iid == iid).unwrap();
        let lost = self
            .words
            .iter()
            .filter(|(iid, words)| !of(*iid).description.as_deref().unwrap_or_default().contains(words.as_str()));
        let mut wrong: Vec<String> = lost.map(|(iid, words)| format!("#{iid} lost {words:?}")).collect();
        let renamed = self.titles.iter().filter(|(iid, title)| of(**iid).title != **title);
        wrong.extend(renamed.map(|(iid, title)| format!("#{iid} lost its title {title:?}")));
        let reopened = self.closed.iter().filter(|iid| of(**iid).is_open());
        wrong.extend(reopened.map(|iid| format!("#{iid} was reopened")));
        let bot = self.stage.sandbox.world().user_by_username("podkeeper-bot").unwrap().id;
        for (key, issue) in issues {
            let comments = issue.notes.values().filter(|note| !note.system && note.author == bot).count();
            if comments > 1 {
                wrong.push(format!("{key}: #{} has {comments} comments of the bot", issue.iid));
            }
        }
        wrong
    }

    /// The sessions for which a run could open an issue, by their keys of the end, each with its start.
    fn due_sessions(&self) -> BTreeMap<String, DateTime<Utc>> {
        let mut due = BTreeMap::new();
        for (index, run) in self.runs.iter().enumerate() {
            let pods = &self.configured.iter().rev().find(|(from, _)| from <= run).unwrap().1;
            let _ = index;
            for pod in pods {
                let slot = &pod.slots[0];
                let from = *run - TimeDelta::days(40);
                let mut before: Option<DateTime<Utc>> = None;
                for session in slot.sessions_from(&pod.key, from) {
                    let start = session.start.with_timezone(&Utc);
                    if start > *run {
                        let opens = (start - slot.open_ahead).max(before.unwrap_or(start - slot.open_ahead));
                        if opens <= *run {
                            due.insert(today(&session.key), start);
                        }
                        break;
                    }
                    before = Some(start + session.duration);
                }
            }
        }
        due
    }
}

/// A key as it is called at the end.
fn today(key: &SessionKey) -> String {
    key.to_string().replace("verify/", "review/")
}

/// The pods as they are configured on a day.
fn configured_pods(day: u64, now: DateTime<Utc>) -> Vec<Pod> {
    let mut files = config::read_folder(&repository_root().join("config")).unwrap();
    let shipped = files.texts.remove("pods/secure.toml").unwrap();
    for (key, label, session) in PODS {
        let renamed = key == "verify" && day >= RENAME;
        let name = if renamed { "review" } else { key };
        let mut lines = session.to_owned();
        if key == "secure" && day >= SKIP.0 {
            lines += SKIP.1;
        }
        if key == "secure" && day >= MOVE.0 {
            lines += MOVE.1;
        }
        let (head, _) = shipped.split_once("[page]").unwrap();
        let head = head.replace("Secure Pod", &format!("{name} Pod"));
        let formerly = if renamed { "formerly = [\"verify\"]\n" } else { "" };
        let page = format!("[page]\npath = \"content/{key}/_index.md\"\n");
        let text = format!("{head}{formerly}{page}[label]\nname = \"{label}\"\n[[session]]\n{lines}");
        files.texts.insert(format!("pods/{name}.toml"), text);
    }
    for text in files.texts.values_mut() {
        *text = fit_to_gitlab(text);
    }
    let parsed = config::parse(&files, now.date_naive()).unwrap_or_else(|problems| panic!("{problems:?}"));
    keep_sessions_and_labels(parsed.pods)
}

fn session_key(issue: &Issue) -> Option<SessionKey> {
    match marker::parse_body(issue.description.as_deref()?).block()?.marker.clone() {
        Marker::Session(key) => Some(key),
        Marker::Report(..) => None,
    }
}

fn tasks_of(issue: &Issue) -> Vec<TaskItem> {
    let notes = SessionNotes::parse(issue.description.as_deref().unwrap_or_default());
    notes.pinned.into_iter().chain(notes.left).collect()
}

/// "mentioned in" on anything that is no pairing issue of podkeeper's.
fn foreign_mentions(world: &World, pairing_project: &str) -> Vec<String> {
    let bot = world.user_by_username("podkeeper-bot").unwrap().id;
    let mut wrong = Vec::new();
    for project in world.projects.values() {
        for issue in project.issues.values() {
            let own = project.path == pairing_project && issue.author == bot;
            let mentions = issue.notes.values().filter(|note| note.system && note.author == bot);
            let mentions = mentions.filter(|note| note.body.starts_with("mentioned in"));
            wrong.extend(mentions.filter(|_| !own).map(|note| format!("#{}: {}", issue.iid, note.body)));
        }
    }
    wrong
}

/// A body with a line below a heading.
fn add_below(body: &str, heading: &str, line: &str) -> String {
    match body.split_once(&format!("{heading}\n")) {
        Some((before, after)) => format!("{before}{heading}\n\n{line}\n{after}"),
        None => format!("{body}\n\n{heading}\n\n{line}\n"),
    }
}

/// A body in which one of its open boxes holds something else.
fn tick(body: &str, which: usize, mark: &str) -> String {
    let boxes: Vec<usize> = body.match_indices("- [ ] ").map(|(at, _)| at).collect();
    let Some(at) = boxes.get(which) else { return body.to_owned() };
    format!("{}- {mark} {}", &body[..*at], &body[at + 6..])
}
