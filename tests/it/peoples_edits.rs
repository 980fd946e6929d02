//! People's words stay (faults F15, F16 and F18): histories of people who write, tick, rename, label and comment, who
//! save in the rich text editor and lose its comments, before, between and during runs, drawn from seeds.
//!
//! The judge knows podkeeper's own lines from what was written to GitLab, and by nothing else: every other line is
//! people's, wherever it stands, and none of them may go. What stands outside of a whole block is kept byte for byte;
//! what people wrote into one may move below it. One moment is left out, because nothing in GitLab can guard it:
//! between the last read of a body and the write that follows, which are one after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use chrono::{NaiveDate, TimeDelta};
use http::{Method, Request, Response};
use podkeeper::gitlab::{Exchange, ExchangeError};
use podkeeper::pod::schedule::Cron;
use podkeeper::pod::{Pod, Task};
use podkeeper::sandbox::world::{
    FieldChange, Issue, IssueEdit, ResourceEvent, ResourceEventKind, World, rewrite_in_rich_text_editor,
};
use podkeeper::sandbox::{JournalEntry, Sandbox};

use crate::support::{
    Bent, SeededRandom, Stage, has_only_tasks_more, keep_sessions_and_labels, now, shipped_config, unchanged,
};
use crate::write_counts::{WriteCounts, issue_count_by_key};

const LABEL: &str = "pod::secure";
/// Every so many histories the living reports are kept, too.
const WHOLE_JOB_EVERY: u64 = 8;

#[tokio::test(start_paused = true)]
async fn no_word_of_anybody_is_lost() {
    let kept = histories(0..60, unchanged).await;
    println!("{kept:?}");
    assert_eq!((kept.lost, kept.writes.doubles, kept.writes.rewrites, kept.wrong.clone()), (0, 0, 0, None));
    // The histories were real ones.
    assert!(kept.edits > 400 && kept.during > 30 && kept.rewritten > 50 && kept.ticks > 30, "{kept:?}");
    assert!(kept.titles > 30 && kept.labels > 30 && kept.notes > 30 && kept.damaged > 5, "{kept:?}");
    assert!(kept.respelled > 30, "{kept:?}");
}

#[tokio::test(start_paused = true)]
#[ignore = "10,000 histories take minutes: cargo test --test it -- --ignored 10000_histories"]
async fn no_word_of_anybody_is_lost_in_10000_histories() {
    let kept = histories(0..10_000, unchanged).await;
    println!("{kept:?}");
    assert_eq!((kept.lost, kept.writes.doubles, kept.writes.rewrites, kept.wrong), (0, 0, 0, None));
}

/// What histories came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    pub(crate) histories: usize,
    pub(crate) edits: usize,
    /// Edits while a run was at work.
    pub(crate) during: usize,
    pub(crate) runs: usize,
    /// Writes of podkeeper's into a body that was there.
    pub(crate) rewritten: usize,
    /// Bytes of people that stood in a body when a run began or somebody wrote, and those that were gone afterwards.
    pub(crate) bytes: usize,
    pub(crate) lost: usize,
    /// Ticks, titles, labels and comments of people that were looked for after a run, and fences that were damaged.
    pub(crate) ticks: usize,
    pub(crate) titles: usize,
    pub(crate) labels: usize,
    pub(crate) notes: usize,
    pub(crate) damaged: usize,
    /// Saves in the rich text editor.
    pub(crate) respelled: usize,
    /// Histories in which something of people's was another thing afterwards.
    pub(crate) harmed: usize,
    pub(crate) wrong: Option<String>,
    pub(crate) writes: WriteCounts,
}

/// The histories of these seeds.
pub(crate) async fn histories(seeds: Range<u64>, bent: Bent) -> Kept {
    let starts = [start(keep_sessions_and_labels(shipped_config().pods)).await, start(everything()).await];
    let mut kept = Kept::default();
    for seed in seeds {
        let whole = seed % WHOLE_JOB_EVERY == 0;
        let mut one = Kept::default();
        History::new(starts[usize::from(whole)].copy(), seed, whole).run_history(bent, &mut one).await;
        // So that it can be run again by itself.
        one.wrong = one.wrong.map(|why| format!("seed {seed}: {why}"));
        kept.add(&one);
    }
    kept
}

fn everything() -> Vec<Pod> {
    let tasks = [Task::Sessions, Task::Labels, Task::Links];
    shipped_config().pods.into_iter().map(|pod| Pod { tasks: tasks.into(), ..pod }).collect()
}

/// A world after podkeeper's first run.
async fn start(pods: Vec<Pod>) -> Stage {
    let mut stage = Stage::bare(pods, &page(0), now());
    // Nobody touches the limit here.
    stage.max_writes = 100;
    stage.sandbox.change_world(|world| world.tokens.values_mut().for_each(|token| token.expires_at = None));
    stage.apply_all_tasks().await;
    stage
}

/// A page with another text for each number.
fn page(number: usize) -> String {
    let tea = ["pod", "pod_with_tea", "pod_with_coffee_and_cake"][number % 3];
    let dead = if number.is_multiple_of(2) { "- [gone](https://about.gitlab.com/no/such/page)\n" } else { "" };
    format!(
        "---\ntitle: Small\n---\n\n## A Pod members\n\n- Lead: Ada (`@ada`)\n\n## How\n\n- Weekly session: Thursdays at \
         3:00 PM UTC\n- Slack: `#spt_{tea}`\n{dead}- [there](https://about.gitlab.com/)\n\n## End\n"
    )
}

// ---------------------------------------------------------------------------------------------- what people have

/// What in an issue is people's.
#[derive(Clone, Debug, PartialEq)]
struct PeoplesContent {
    body: String,
    labels: BTreeSet<String>,
    notes: Vec<String>,
    assignees: Vec<u64>,
    due: Option<NaiveDate>,
    confidential: bool,
    locked: bool,
}

impl PeoplesContent {
    fn of(issue: &Issue) -> Self {
        // podkeeper's closing comment is nobody's word.
        let is_closing = |body: &str| body.contains("<!-- podkeeper:v1 closing ");
        let words = issue.notes.values().filter(|note| !note.system && !is_closing(&note.body));
        Self {
            body: issue.description.clone().unwrap_or_default(),
            labels: issue.labels.iter().filter(|label| *label != LABEL).cloned().collect(),
            notes: words.map(|note| note.body.clone()).collect(),
            assignees: issue.assignees.clone(),
            due: issue.due_date,
            confidential: issue.confidential,
            locked: issue.locked,
        }
    }
}

/// What stands outside the fences, by their lines alone: a first line, a state line and a last line, each once. None
/// where the fences are not as podkeeper writes them.
fn split_outside_block(body: &str) -> Option<(&str, &str)> {
    let (mut at, mut fences) = (0, Vec::new());
    for line in body.split_inclusive('\n') {
        // Odd blanks before a fence leave it one.
        let words = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{200b}');
        if words.starts_with("<!-- podkeeper:") {
            let from = at + line.find('<').unwrap();
            fences.push((words, from, from + words.len()));
        }
        at += line.len();
    }
    let whole = |line: &str, kind: &str| {
        line.strip_prefix("<!-- podkeeper:v1 ").is_some_and(|rest| rest.starts_with(kind) && rest.ends_with(" -->"))
    };
    match &fences[..] {
        [first, state, last]
            if (whole(first.0, "session ") || whole(first.0, "report "))
                && whole(state.0, "state ")
                && last.0 == "<!-- podkeeper:v1 end -->" =>
        {
            Some((&body[..first.1], &body[last.2..]))
        }
        _ => None,
    }
}

/// The lines of a body that podkeeper never wrote, without blanks at their ends, and how often each stands there.
fn peoples_lines(body: &str, ours: &BTreeSet<String>) -> BTreeMap<String, usize> {
    let mut lines = BTreeMap::new();
    for line in body.lines() {
        // A zero width is nothing that anybody could miss.
        let line = line.replace('\u{200b}', "");
        let line = line.trim();
        // What is left of a fence is nobody's words.
        let fence = (line.starts_with("<!--") && line.contains("podkeeper:")) || line.ends_with("-->");
        if !line.is_empty() && line != "\\" && !fence && !ours.contains(&words_of_line(line)) {
            *lines.entry(words_of_line(line)).or_insert(0) += 1;
        }
    }
    lines
}

/// The words of a line: its letters and digits, whatever bullet or small print stands around them; of one without any,
/// all of it.
fn words_of_line(line: &str) -> String {
    // A slash that begins a line is written so that it runs nothing.
    let line = line.replace("&#47;", "/").replace("<sub>", "").replace("</sub>", "");
    let words: String = line.chars().filter(|c| c.is_alphanumeric()).collect();
    if words.is_empty() { line.trim().to_owned() } else { words }
}

/// How many bytes of people's are gone from one body to the next.
fn lost_bytes(was: &str, is: &str, ours: &BTreeSet<String>) -> usize {
    let now = peoples_lines(is, ours);
    let gone = peoples_lines(was, ours)
        .into_iter()
        .map(|(line, times)| line.len() * times.saturating_sub(now.get(&line).copied().unwrap_or(0)));
    gone.sum::<usize>() + count_outside_changes(was, is)
}

/// 1 if what stood outside a whole block is not there byte for byte any more, else 0.
fn count_outside_changes(was: &str, is: &str) -> usize {
    let Some((before, behind)) = split_outside_block(was) else { return 0 };
    match split_outside_block(is) {
        // What people wrote into the block comes between it and what stood behind it.
        Some((now, then)) if now == before && then.ends_with(behind.trim_start_matches('\n')) => 0,
        // Tasks that were left open in the session before are appended.
        Some((now, then)) if now == before && has_only_tasks_more(behind, then) => 0,
        _ => 1,
    }
}

// ---------------------------------------------------------------------------------------------- a history

/// What people wrote, as it is to be found again; shared with whoever writes while a run is at work.
struct Ledger {
    draw: SeededRandom,
    /// Every line that podkeeper wrote into a block, and how many writes were read for it.
    ours: BTreeSet<String>,
    learned: usize,
    theirs: BTreeMap<(u64, u64), PeoplesContent>,
    /// Titles that people gave.
    titles: BTreeMap<(u64, u64), String>,
    /// What people closed or opened again.
    states: BTreeMap<(u64, u64), bool>,
    /// How often people took the pod's label off.
    removed: BTreeMap<(u64, u64), usize>,
    counted: Kept,
}

struct History {
    stage: Stage,
    ledger: Arc<Mutex<Ledger>>,
    whole: bool,
}

impl History {
    fn new(stage: Stage, seed: u64, whole: bool) -> Self {
        let mut ledger = Ledger {
            draw: SeededRandom(seed),
            ours: stage.with_world(|world| {
                all_issues(world).flat_map(|(_, issue)| block_lines(issue.description.as_deref())).collect()
            }),
            learned: 0,
            theirs: BTreeMap::new(),
            titles: BTreeMap::new(),
            states: BTreeMap::new(),
            removed: BTreeMap::new(),
            counted: Kept::default(),
        };
        stage.with_world(|world| ledger.remember(world));
        Self { stage, ledger: Arc::new(Mutex::new(ledger)), whole }
    }

    async fn run_history(mut self, bent: Bent, kept: &mut Kept) {
        let began = self.stage.with_world(|world| issue_count_by_key(world, false));
        let rounds = 2 + self.draw_below(3);
        for round in 0..rounds {
            for _ in 0..=self.draw_below(4) {
                let ledger = Arc::clone(&self.ledger);
                self.stage.sandbox.change_world(|world| ledger.lock().unwrap().edit(world));
            }
            self.change_world(round);
            self.run(bent).await;
        }
        // Nothing happens any more, and nobody writes.
        self.pass(bent(self.stage.exchange())).await;
        let written = self.stage.journal().len();
        self.pass(bent(self.stage.exchange())).await;
        let wrote = self.stage.journal().len() - written;
        let mut ledger = self.ledger.lock().unwrap();
        ledger.learn(&self.stage.sandbox.journal());
        self.stage.with_world(|world| ledger.check(world));
        ledger.counted.writes.count_rerun(wrote);
        if wrote > 0 {
            let last = self.stage.journal().pop();
            ledger.counted.wrong.get_or_insert(format!("a run that had nothing to do wrote {last:?}"));
        }
        ledger.counted.writes.count_single_worker(&began, &self.stage);
        let rewrote = |entry: &&String| entry.starts_with("PUT");
        ledger.counted.rewritten += self.stage.journal().iter().filter(rewrote).count();
        ledger.counted.histories = 1;
        ledger.counted.harmed = usize::from(ledger.counted.wrong.is_some());
        kept.add(&ledger.counted);
    }

    fn draw_below(&self, end: usize) -> usize {
        self.ledger.lock().unwrap().draw.below(end)
    }

    /// The page, the hour or the day becomes another one.
    fn change_world(&mut self, round: usize) {
        match self.draw_below(5) {
            0 | 1 => {
                let text = page(round + 1 + self.draw_below(3));
                let at = self.stage.pods[0].page.clone();
                self.stage.sandbox.change_world(|world| {
                    let project = world.project_by_path(&at.project).unwrap().id;
                    world.add_file(project, &at.git_ref, &at.path, &text);
                });
            }
            2 => {
                let cron = ["0 15 * * Thu", "30 13 * * Wed", "0 9 * * Fri"][self.draw_below(3)];
                self.stage.pods[0].slots[0].cron = Cron::parse(cron).unwrap();
            }
            3 => {
                let days = [1, 1, 2, 7][self.draw_below(4)];
                self.stage.now += TimeDelta::days(days);
                let now = self.stage.now;
                self.stage.sandbox.change_world(|world| world.now = now);
            }
            _ => {}
        }
    }

    /// A run, in every third of which somebody writes.
    async fn run(&mut self, bent: Bent) {
        let at = if self.draw_below(3) == 0 { 1 + self.draw_below(12) } else { usize::MAX };
        let meanwhile = EditsDuringRun {
            inner: self.stage.exchange(),
            sandbox: self.stage.sandbox.clone(),
            ledger: Arc::clone(&self.ledger),
            calls: AtomicUsize::new(0),
            at: AtomicUsize::new(at),
        };
        self.pass(bent(Arc::new(meanwhile))).await;
        let mut ledger = self.ledger.lock().unwrap();
        ledger.counted.runs += 1;
        ledger.learn(&self.stage.sandbox.journal());
        self.stage.with_world(|world| {
            ledger.check(world);
            ledger.remember(world);
        });
    }

    async fn pass(&self, exchange: Arc<dyn Exchange>) {
        if self.whole {
            self.stage.apply_all_tasks_over(exchange).await;
        } else {
            self.stage.apply_over(exchange).await;
        }
    }
}

impl Kept {
    fn add(&mut self, other: &Self) {
        self.histories += other.histories;
        self.edits += other.edits;
        self.during += other.during;
        self.runs += other.runs;
        self.rewritten += other.rewritten;
        self.bytes += other.bytes;
        self.lost += other.lost;
        self.ticks += other.ticks;
        self.titles += other.titles;
        self.labels += other.labels;
        self.notes += other.notes;
        self.damaged += other.damaged;
        self.respelled += other.respelled;
        self.harmed += other.harmed;
        self.writes.add(&other.writes);
        self.wrong = self.wrong.take().or_else(|| other.wrong.clone());
    }
}

/// The lines of a body's block, without blanks at their ends, as they stand there and as the rich text editor writes
/// them.
fn block_lines(body: Option<&str>) -> Vec<String> {
    let body = body.unwrap_or_default();
    let Some((before, behind)) = split_outside_block(body) else { return Vec::new() };
    let block = &body[before.len()..body.len() - behind.len()];
    let respelled = rewrite_in_rich_text_editor(block);
    block.lines().chain(respelled.lines()).map(words_of_line).collect()
}

impl Ledger {
    /// What podkeeper wrote since the last time.
    fn learn(&mut self, journal: &[JournalEntry]) {
        for entry in &journal[self.learned..] {
            // The journal shows a form as it reads, so that its fields cannot be told apart for certain; a block can.
            let text = entry.body.split_once("description=").map(|(_, text)| text);
            self.ours.extend(block_lines(text));
        }
        self.learned = journal.len();
    }

    /// What is people's now.
    fn remember(&mut self, world: &World) {
        self.theirs = all_issues(world).map(|(at, issue)| (at, PeoplesContent::of(issue))).collect();
    }

    /// Whether all of it is still there.
    fn check(&mut self, world: &World) {
        for (at, was) in &self.theirs {
            let Some(issue) = world.issue(at.0, at.1) else {
                self.counted.wrong.get_or_insert(format!("#{} is gone", at.1));
                continue;
            };
            let is = PeoplesContent::of(issue);
            let kept = &mut self.counted;
            kept.bytes += was.body.len();
            let lost = lost_bytes(&was.body, &is.body, &self.ours);
            kept.lost += lost;
            kept.ticks += was.body.matches("[x]").count();
            kept.labels += was.labels.len();
            kept.notes += was.notes.len();
            let same = PeoplesContent { body: String::new(), ..is.clone() }
                == PeoplesContent { body: String::new(), ..was.clone() };
            let mut wrong = (lost > 0 || !same).then(|| format!("#{}: {was:#?} became {is:#?}", at.1));
            if let Some(title) = self.titles.get(at) {
                kept.titles += 1;
                if issue.title != *title {
                    wrong = wrong.or(Some(format!("#{} lost its title {title:?}: {:?}", at.1, issue.title)));
                }
            }
            if self.states.get(at).is_some_and(|open| *open != issue.is_open()) {
                wrong = wrong.or(Some(format!("#{} was opened or closed again", at.1)));
            }
            if self.removed.get(at).is_some_and(|times| *times >= 2) && issue.labels.contains(LABEL) {
                wrong = wrong.or(Some(format!("#{} has the label that was taken off twice", at.1)));
            }
            if let Some(why) = wrong {
                kept.wrong.get_or_insert(why);
            }
        }
    }

    /// Somebody does something to one of podkeeper's open issues, or to any.
    fn edit(&mut self, world: &mut World) {
        let issues: Vec<((u64, u64), Issue)> = all_issues(world).map(|(at, issue)| (at, issue.clone())).collect();
        let (at, issue) = issues[self.draw.below(issues.len())].clone();
        let person = world.user_by_username("hollis-brandt").unwrap().id;
        let body = issue.description.clone().unwrap_or_default();
        let mut edit = IssueEdit::default();
        let alone = self.draw.below(24);
        // Somebody changes a word in the rich text editor, and saves; in some paths of GitLab comments get lost on the
        // way.
        if alone >= 20 {
            let words = self.insert_words(&body);
            let what = IssueEdit { description: FieldChange::Set(words), ..IssueEdit::default() };
            world.edit_issue(at.0, at.1, person, &what);
            if alone != 23 {
                world.save_in_rich_text_editor(at.0, at.1, person);
            }
            if alone >= 22 {
                world.save_without_html_comments(at.0, at.1, person);
            }
            self.counted.respelled += 1;
        }
        match alone {
            20.. => {}
            0..=7 => edit.description = FieldChange::Set(self.insert_words(&body)),
            8 | 9 => edit.description = FieldChange::Set(self.remove_line(&body)),
            10 | 11 => edit.description = FieldChange::Set(body.replacen("- [ ]", "- [x]", 1)),
            12 | 13 => {
                let title = format!("{} {}", WORDS[self.draw.below(WORDS.len())].trim(), self.counted.edits);
                edit.title = Some(title);
            }
            14 => edit.add_labels.push(["backend", "needs::help", "w"][self.draw.below(3)].to_owned()),
            15 if issue.labels.contains(LABEL) => {
                edit.remove_labels.push(LABEL.to_owned());
                *self.removed.entry(at).or_default() += 1;
            }
            15 | 16 => drop(world.add_issue_note(at.0, at.1, person, WORDS[self.draw.below(WORDS.len())])),
            17 => edit.assignees = Some(vec![person]),
            18 => edit.due_date = FieldChange::Set(world.now.date_naive() + TimeDelta::days(3)),
            _ if self.draw.below(3) == 0 => edit.close = Some(issue.is_open()),
            _ => edit.locked = Some(!issue.locked),
        }
        world.edit_issue(at.0, at.1, person, &edit);
        let now = world.issue(at.0, at.1).unwrap();
        if edit.title.is_some() {
            self.titles.insert(at, now.title.clone());
        }
        // A living report is opened and closed by what there is to report.
        let text = now.description.as_deref().unwrap_or_default();
        let report = ["podkeeper:v1 report", "podkeeper · secure/links"].iter().any(|mark| text.contains(mark));
        // What somebody opened again before podkeeper has closed it is closed in its time.
        let bot = world.user_by_username("podkeeper-bot").unwrap().id;
        let by_bot = |event: &ResourceEvent| event.user == bot && event.what == ResourceEventKind::State("closed");
        let was_closed = now.events.iter().any(by_bot);
        if edit.close.is_some() && !report {
            self.states.remove(&at);
            if was_closed || !now.is_open() {
                self.states.insert(at, now.is_open());
            }
        }
        let theirs = PeoplesContent::of(now);
        self.counted.edits += 1;
        self.counted.damaged +=
            usize::from(split_outside_block(&body).is_some() && split_outside_block(text).is_none());
        self.theirs.insert(at, theirs);
    }

    /// The body with a few words more, somewhere.
    fn insert_words(&mut self, body: &str) -> String {
        let mut words = String::new();
        for _ in 0..=self.draw.below(3) {
            words.push_str(WORDS[self.draw.below(WORDS.len())]);
        }
        let at = match self.draw.below(10) {
            0..=3 => body.len(),
            4 => 0,
            // At the end of any line, or in the middle of a word.
            5..=8 => {
                let ends: Vec<usize> = body.match_indices('\n').map(|(at, _)| at + 1).collect();
                if ends.is_empty() { 0 } else { ends[self.draw.below(ends.len())] }
            }
            _ => {
                let places: Vec<usize> = body.char_indices().map(|(at, _)| at).collect();
                if places.is_empty() { 0 } else { places[self.draw.below(places.len())] }
            }
        };
        format!("{}{words}{}", &body[..at], &body[at..])
    }

    /// The body with one line less.
    fn remove_line(&mut self, body: &str) -> String {
        let lines: Vec<&str> = body.split_inclusive('\n').collect();
        let gone = self.draw.below(lines.len().max(1));
        lines.iter().enumerate().filter(|(number, _)| *number != gone).map(|(_, line)| *line).collect()
    }
}

/// All issues of the pod's projects.
fn all_issues(world: &World) -> impl Iterator<Item = ((u64, u64), &Issue)> {
    let kept = |path: &str| path.ends_with("support-pairing") || path.ends_with("support-team-meta");
    let projects = world.projects.values().filter(move |project| kept(&project.path));
    projects.flat_map(|project| project.issues.values().map(move |issue| ((project.id, issue.iid), issue)))
}

/// What people write, odd things included.
const WORDS: [&str; 24] = [
    "A word\n",
    "\n- [ ] ask about the scan\n",
    "- [x] done already  \n",
    "  two blanks before it\n",
    "\ttab\n",
    "a line with blanks behind it   \n",
    "\n\n\n",
    "\r\nfrom another system\r\n",
    "\u{a0}\u{2003}odd blanks\u{a0}\n",
    "\u{200b}",
    "Łucja and 例え and 🦊 were there\n",
    "> <!-- podkeeper:v1 end -->\n",
    "`<!-- podkeeper:v1 session secure/weekly/2026-W01 -->`\n",
    "<!-- a note of mine -->\n",
    "<details><summary>more</summary>\n\ntext\n\n</details>\n",
    "```\nno fence ends it\n",
    "```yaml\na: 1\n```\n",
    "## Notes\n",
    "| a | b |\n|---|---|\n| 1 | 2 |\n",
    "---\n",
    "Ticket: https://example.zendesk.com/agent/tickets/1\n",
    "{{ block }} {% raw %}\n",
    "state {\"title\":null} -->\n",
    "\\u003e &gt; &#47; \\\n",
];

/// Somebody writes right before one call of a run.
struct EditsDuringRun {
    inner: Arc<dyn Exchange>,
    sandbox: Sandbox,
    ledger: Arc<Mutex<Ledger>>,
    calls: AtomicUsize,
    at: AtomicUsize,
}

#[async_trait::async_trait]
impl Exchange for EditsDuringRun {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let nth = 1 + self.calls.fetch_add(1, Ordering::Relaxed);
        let writes_a_body =
            request.method() == Method::PUT && String::from_utf8_lossy(request.body()).contains("description=");
        if nth >= self.at.load(Ordering::Relaxed) && !writes_a_body {
            self.at.store(usize::MAX, Ordering::Relaxed);
            let mut ledger = self.ledger.lock().unwrap();
            ledger.learn(&self.sandbox.journal());
            self.sandbox.change_world(|world| {
                // What was people's until now is judged first, and then what is.
                ledger.check(world);
                ledger.remember(world);
                ledger.edit(world);
            });
            ledger.counted.during += 1;
        }
        self.inner.exchange(request).await
    }
}
