//! Identity survives every editor: podkeeper's own issues are saved in GitLab's rich text editor, which respells their
//! comments or loses them, at every moment of a run, and there is still one issue for a session and one report of each
//! kind.
//!
//! The judge knows no marker: podkeeper's issues are those of its account, and two with one title are two for one
//! thing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use chrono::TimeDelta;
use http::{Method, Request, Response};
use podkeeper::gitlab::{Exchange, ExchangeError};
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::sandbox::{Sandbox, World};

use crate::concurrent_reports;
use crate::crash_recovery::{self, SweepResult};
use crate::doubles;
use crate::sessions;
use crate::support::{Bent, EVERY_NTH_CASE, Stage, unchanged};

/// What a save does to the comments of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EditorSave {
    /// The rich text editor writes all in its own way.
    Respelled,
    /// The comments are gone.
    Removed,
    /// The one, then the other.
    Both,
    /// One of these for each issue.
    Mixed,
}

pub(crate) const SAVES: [EditorSave; 4] =
    [EditorSave::Respelled, EditorSave::Removed, EditorSave::Both, EditorSave::Mixed];

/// Somebody saves every issue of podkeeper's.
pub(crate) fn save_all(world: &mut World, how: EditorSave) {
    let person = world.user_by_username("hollis-brandt").unwrap().id;
    let own: Vec<(u64, u64)> = own_issues(world).map(|(project, issue, _, _)| (project, issue)).collect();
    for (nth, (project, iid)) in own.into_iter().enumerate() {
        let how = if how == EditorSave::Mixed { SAVES[nth % 3] } else { how };
        if how != EditorSave::Removed {
            world.save_in_rich_text_editor(project, iid, person);
        }
        if how != EditorSave::Respelled {
            world.save_without_html_comments(project, iid, person);
        }
    }
}

/// podkeeper's own issues: project, number, title, and whether they are open.
fn own_issues(world: &World) -> impl Iterator<Item = (u64, u64, &str, bool)> {
    let bot = world.user_by_username("podkeeper-bot").unwrap().id;
    let all = world.projects.values().flat_map(|project| project.issues.values().map(move |issue| (project.id, issue)));
    all.filter(move |(_, issue)| issue.author == bot)
        .map(|(project, issue)| (project, issue.iid, issue.title.as_str(), issue.is_open()))
}

/// Titles that more than one open issue of podkeeper's has.
pub(crate) fn duplicate_titles(world: &World) -> Vec<String> {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for (project, iid, title, _) in own_issues(world).filter(|(_, _, _, open)| *open) {
        *count.entry(format!("{title}{}", neighbour_mark(world, project, iid))).or_default() += 1;
    }
    count.into_iter().filter(|(_, times)| *times > 1).map(|(title, times)| format!("{times} × {title}")).collect()
}

/// Two pods may give their issues one title; the neighbour's label tells them apart.
fn neighbour_mark(world: &World, project: u64, iid: u64) -> &'static str {
    let labelled = world.issue(project, iid).is_some_and(|issue| issue.labels.contains("pod::verify"));
    if labelled { " (the neighbour's)" } else { "" }
}

/// How a world has to be after a run: nothing twice, and nothing of podkeeper's own that it does not know any more.
fn check_world(stage: &Stage, runs: &[PodRun], scenario: &crash_recovery::Scenario, what: &str) -> Result<(), String> {
    let twice = stage.with_world(duplicate_titles);
    if !twice.is_empty() {
        return Err(format!("{what}: {twice:?}"));
    }
    let ended = runs.iter().map(PodRun::exit_status).max();
    if ended == Some(ExitStatus::Done) {
        return Ok(());
    }
    let reported: Vec<_> = runs.iter().flat_map(|run| &run.findings).filter(|found| found.needs_human).collect();
    // A label that is missing is told in every run, and says nothing of what became of the issues.
    let is_expected = ended == Some(scenario.ends) && reported.iter().all(|found| found.rule.code() == "label-missing");
    if is_expected {
        return Ok(());
    }
    Err(format!("{what}: ended as {ended:?}: {reported:?} {:?}", runs[0].read_failures))
}

#[tokio::test(start_paused = true)]
async fn killed_anywhere_and_saved_by_somebody_it_opens_nothing_twice() {
    let scenarios = crash_recovery::all_scenarios();
    let ends = kill_and_save_everywhere(&scenarios[..4], EVERY_NTH_CASE, unchanged).await;
    ends.assert_all_well("points after which everything was saved in an editor", 12);
    let twin: Vec<_> = scenarios.into_iter().filter(|scenario| scenario.name == "a twin").collect();
    let ends = kill_and_save_everywhere(&twin, 4, unchanged).await;
    ends.assert_all_well("points with a twin after which everything was saved in an editor", 8);
}

/// Without the label the visible line is all that a comment's loss leaves.
#[tokio::test(start_paused = true)]
async fn killed_anywhere_without_the_label_and_saved_by_somebody_it_opens_nothing_twice() {
    let scenarios = crash_recovery::all_scenarios();
    let without: Vec<_> = scenarios.into_iter().filter(|scenario| scenario.name.starts_with("a label that")).collect();
    assert_eq!(without.len(), 2);
    kill_and_save_everywhere(&without, 3, unchanged).await.assert_all_well("points without the label", 12);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_knows_its_issues_by_their_bytes_is_caught() {
    let caught = count_twins_of_byte_worker(5).await;
    println!("sabotage: found {caught} times");
    assert!(caught > 2, "{caught}");
}

/// How often a worker that knows markers by their bytes opens something twice.
pub(crate) async fn count_twins_of_byte_worker(step: usize) -> usize {
    let ends = kill_and_save_everywhere(&[crash_recovery::PLAIN], step, doubles::knows_exact_bytes).await;
    ends.of - ends.well
}

/// Kills a run of each scenario everywhere, has everything saved, and lets two more runs follow.
pub(crate) async fn kill_and_save_everywhere(
    scenarios: &[crash_recovery::Scenario],
    step: usize,
    bent: Bent,
) -> SweepResult {
    let mut ends = SweepResult::default();
    for scenario in scenarios {
        let start = crash_recovery::prepare_stage(scenario).await;
        for (call, phase) in crash_recovery::kill_points(scenario, &start, bent).await.into_iter().step_by(step) {
            let how = SAVES[(call + phase) % SAVES.len()];
            let what = format!("{}, killed at call {call}.{phase}, {how:?}", scenario.name);
            let mut stage = start.copy();
            crash_recovery::run_and_kill(&stage, scenario, call, phase, bent).await;
            // What the killed run has claimed is waited for that long.
            crash_recovery::advance_time(&mut stage, TimeDelta::minutes(6));
            stage.sandbox.change_world(|world| save_all(world, how));
            let runs = stage.apply_all_tasks_over(bent(stage.exchange())).await;
            let mut end = check_world(&stage, &runs, scenario, &what);
            // Once more, now that markers were written anew, and then all is quiet.
            stage.sandbox.change_world(|world| save_all(world, how));
            let runs = stage.apply_all_tasks_over(bent(stage.exchange())).await;
            end = end.and_then(|()| check_world(&stage, &runs, scenario, &format!("{what}, and again")));
            let written = stage.journal().len();
            stage.apply_all_tasks_over(bent(stage.exchange())).await;
            ends.writes.count_rerun(stage.journal().len() - written);
            ends.count(end);
        }
    }
    ends
}

/// Killed anywhere, and then its token is made anew, which is another account: nothing is opened a second time, a
/// person is told, and with the former account in the configuration all goes on.
#[tokio::test(start_paused = true)]
async fn killed_anywhere_and_with_a_new_token_it_opens_nothing_twice() {
    kill_and_renew_token(&crash_recovery::all_scenarios()[..1], 5)
        .await
        .assert_all_well("points after which the token was made anew", 6);
}

/// Kills a run of each scenario everywhere, makes the token anew, and lets two more runs follow.
pub(crate) async fn kill_and_renew_token(scenarios: &[crash_recovery::Scenario], step: usize) -> SweepResult {
    let mut ends = SweepResult::default();
    // Where a person has to act anyway, that says nothing of the account.
    for scenario in scenarios.iter().filter(|scenario| scenario.ends == ExitStatus::Done) {
        let start = crash_recovery::prepare_stage(scenario).await;
        for (call, phase) in crash_recovery::kill_points(scenario, &start, unchanged).await.into_iter().step_by(step) {
            let ghost = (call + phase) % 2 == 0;
            let what = format!("{}, killed at call {call}.{phase}, ghost: {ghost}", scenario.name);
            let mut stage = start.copy();
            crash_recovery::run_and_kill(&stage, scenario, call, phase, unchanged).await;
            crash_recovery::advance_time(&mut stage, TimeDelta::minutes(6));
            let before = stage.with_world(open_titles);
            stage.sandbox.change_world(|world| {
                world.renew_token("api", ghost).unwrap();
            });
            let runs = stage.apply_all_tasks().await;
            let after = stage.with_world(open_titles);
            let twice = |titles: &BTreeMap<String, usize>| titles.values().any(|times| *times > 1);
            let mut end = Ok(());
            // A twin that was there before is the former account's, and nobody's business until it is named.
            if after.iter().any(|(title, times)| *times > before.get(title).copied().unwrap_or(0).max(1)) {
                end = Err(format!("{what}: {before:?} became {after:?}"));
            }
            let ended = runs.iter().map(PodRun::exit_status).max();
            let knows = runs.iter().flat_map(|run| &run.findings).any(|found| found.rule.code() == "bot-replaced");
            if knows != (ended == Some(ExitStatus::NeedsHuman)) {
                end = end.and(Err(format!("{what}: ended as {ended:?}, and that the account was replaced: {knows}")));
            }
            let former = if ghost { "ghost" } else { "podkeeper-bot" };
            stage.pods.iter_mut().for_each(|pod| pod.bot_usernames = vec![former.to_owned()]);
            let ended = stage.apply_all_tasks().await.iter().map(PodRun::exit_status).max();
            let titles = stage.with_world(open_titles);
            if ended != Some(ExitStatus::Done) || twice(&titles) {
                end = end.and(Err(format!("{what}: with its former account it ended as {ended:?}: {titles:?}")));
            }
            let written = stage.journal().len();
            stage.apply_all_tasks().await;
            ends.writes.count_rerun(stage.journal().len() - written);
            ends.count(end);
        }
    }
    ends
}

/// How many open issues of podkeeper's accounts, past and present, have each title.
fn open_titles(world: &World) -> BTreeMap<String, usize> {
    let bots: Vec<u64> = world
        .users
        .values()
        .filter(|user| user.bot || matches!(user.username.as_str(), "podkeeper-bot" | "ghost"))
        .map(|user| user.id)
        .collect();
    let mut titles = BTreeMap::new();
    for (project, issue) in
        world.projects.values().flat_map(|one| one.issues.values().map(move |issue| (one.id, issue)))
    {
        if bots.contains(&issue.author) && issue.is_open() {
            *titles.entry(format!("{}{}", issue.title, neighbour_mark(world, project, issue.iid))).or_default() += 1;
        }
    }
    titles
}

#[tokio::test(start_paused = true)]
async fn two_workers_at_once_and_somebody_in_the_editor_end_with_one_open_issue() {
    for how in SAVES {
        let orders = sessions::run_two_workers_with_saves(how, 2 * EVERY_NTH_CASE).await;
        println!("{how:?}: {} of {} orders", orders.well, orders.of);
        assert_eq!((orders.of, orders.well), (47, 47), "{how:?}: {:?}", orders.wrong);
    }
}

#[tokio::test(start_paused = true)]
async fn two_workers_at_once_and_somebody_in_the_editor_end_with_one_open_report_of_each_kind() {
    for how in SAVES {
        let orders = concurrent_reports::run_two_workers_with_saves(4, how).await;
        assert_eq!((orders.of, orders.well), (4, 4), "{how:?}: {:?}", orders.wrong);
    }
}

/// Right after an issue is opened, and at every third read, somebody saves everything.
pub(crate) struct SavesDuringRun {
    pub(crate) inner: Arc<dyn Exchange>,
    pub(crate) sandbox: Sandbox,
    pub(crate) how: EditorSave,
    pub(crate) looks: AtomicUsize,
}

#[async_trait::async_trait]
impl Exchange for SavesDuringRun {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let create = request.method() == Method::POST && request.uri().path().ends_with("/issues");
        let look = request.method() == Method::GET && request.uri().path().ends_with("/issues");
        let answer = self.inner.exchange(request).await;
        // Not more often, or no block would ever be the one that was seen before.
        let nth = if look { self.looks.fetch_add(1, Ordering::Relaxed) } else { 1 };
        if create || (look && nth % 3 == 0 && nth < 9) {
            self.sandbox.change_world(|world| save_all(world, self.how));
        }
        answer
    }
}
