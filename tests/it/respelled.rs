//! Identity survives every editor: podkeeper's own issues are saved in GitLab's rich text editor, which respells their
//! comments or loses them, at every moment of a run, and there is still one issue for a session and one report of each kind.
//!
//! The judge knows no marker: podkeeper's issues are those of its account, and two with one title are two for one thing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{Method, Request, Response};
use podkeeper::gitlab::{Exchange, Failure};
use podkeeper::pod::run::{Ending, Run};
use podkeeper::sandbox::{Sandbox, World};

use crate::crash::{self, Ends};
use crate::doubles;
use crate::reports;
use crate::sessions;
use crate::support::{Bent, Stage, straight};

/// What a save does to the comments of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Save {
    /// The rich text editor writes all in its own way.
    Respelled,
    /// The comments are gone.
    Removed,
    /// The one, then the other.
    Both,
    /// One of these for each issue.
    Mixed,
}

pub(crate) const SAVES: [Save; 4] = [Save::Respelled, Save::Removed, Save::Both, Save::Mixed];

/// Somebody saves every issue of podkeeper's.
pub(crate) fn save_all(world: &mut World, how: Save) {
    let person = world.user_named("hollis-brandt").unwrap().id;
    let own: Vec<(u64, u64)> = own(world).map(|(project, issue, _, _)| (project, issue)).collect();
    for (nth, (project, iid)) in own.into_iter().enumerate() {
        let how = if how == Save::Mixed { SAVES[nth % 3] } else { how };
        if how != Save::Removed {
            world.save_in_rich_text_editor(project, iid, person);
        }
        if how != Save::Respelled {
            world.drop_comments(project, iid, person);
        }
    }
}

/// podkeeper's own issues: project, number, title, and whether they are open.
fn own(world: &World) -> impl Iterator<Item = (u64, u64, &str, bool)> {
    let bot = world.user_named("podkeeper-bot").unwrap().id;
    let all = world.projects.values().flat_map(|project| project.issues.values().map(move |issue| (project.id, issue)));
    all.filter(move |(_, issue)| issue.author == bot)
        .map(|(project, issue)| (project, issue.iid, issue.title.as_str(), issue.is_open()))
}

/// Titles that more than one open issue of podkeeper's has.
pub(crate) fn twice(world: &World) -> Vec<String> {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for (project, iid, title, _) in own(world).filter(|(_, _, _, open)| *open) {
        *count.entry(format!("{title}{}", neighbour(world, project, iid))).or_default() += 1;
    }
    count.into_iter().filter(|(_, times)| *times > 1).map(|(title, times)| format!("{times} × {title}")).collect()
}

/// Two pods may give their issues one title; the neighbour's label tells them apart.
fn neighbour(world: &World, project: u64, iid: u64) -> &'static str {
    let labelled = world.issue(project, iid).is_some_and(|issue| issue.labels.contains("pod::verify"));
    if labelled { " (the neighbour's)" } else { "" }
}

/// How a world has to be after a run: nothing twice, and nothing of podkeeper's own that it does not know any more.
fn judged(stage: &Stage, runs: &[Run], what: &str) -> Result<(), String> {
    let twice = stage.look(twice);
    if !twice.is_empty() {
        return Err(format!("{what}: {twice:?}"));
    }
    let ended = runs.iter().map(Run::ending).max();
    if ended == Some(Ending::Done) {
        return Ok(());
    }
    let told: Vec<_> = runs.iter().flat_map(|run| &run.findings).filter(|found| found.rule.needs_human()).collect();
    Err(format!("{what}: ended as {ended:?}: {told:?} {:?}", runs[0].unknown))
}

#[tokio::test(start_paused = true)]
async fn killed_anywhere_and_saved_by_somebody_it_opens_nothing_twice() {
    let ends = points(&crash::everywhere()[..4], straight).await;
    ends.all("points after which everything was saved in an editor", 150);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_knows_its_issues_by_their_bytes_is_caught() {
    let caught = known_by_bytes().await;
    println!("sabotage: found {caught} times");
    assert!(caught > 20, "{caught}");
}

/// How often a worker that knows markers by their bytes opens something twice.
pub(crate) async fn known_by_bytes() -> usize {
    let ends = points(&[crash::PLAIN], doubles::knows_exact_bytes).await;
    ends.of - ends.well
}

/// Kills a run of each scenario everywhere, has everything saved, and lets two more runs follow.
pub(crate) async fn points(scenarios: &[crash::Scenario], bent: Bent) -> Ends {
    let mut ends = Ends::default();
    for scenario in scenarios {
        let start = crash::prepared(scenario).await;
        for (call, phase) in crash::kills(scenario, &start, bent).await {
            let how = SAVES[(call + phase) % SAVES.len()];
            let what = format!("{}, killed at call {call}.{phase}, {how:?}", scenario.name);
            let stage = start.copy();
            crash::killed(&stage, scenario, call, phase, bent).await;
            stage.sandbox.change(|world| save_all(world, how));
            let runs = stage.work_over(bent(stage.exchange())).await;
            let mut end = judged(&stage, &runs, &what);
            // Once more, now that markers were written anew, and then all is quiet.
            stage.sandbox.change(|world| save_all(world, how));
            let runs = stage.work_over(bent(stage.exchange())).await;
            end = end.and_then(|()| judged(&stage, &runs, &format!("{what}, and again")));
            let written = stage.journal().len();
            stage.work_over(bent(stage.exchange())).await;
            ends.writes.rerun(stage.journal().len() - written);
            ends.count(end);
        }
    }
    ends
}

/// Killed anywhere, and then its token is made anew, which is another account: nothing is opened a second time, a person is
/// told, and with the former account in the configuration all goes on.
#[tokio::test(start_paused = true)]
async fn killed_anywhere_and_with_a_new_token_it_opens_nothing_twice() {
    renewed(&crash::everywhere()[..1]).await.all("points after which the token was made anew", 30);
}

/// Kills a run of each scenario everywhere, makes the token anew, and lets two more runs follow.
pub(crate) async fn renewed(scenarios: &[crash::Scenario]) -> Ends {
    let mut ends = Ends::default();
    for scenario in scenarios {
        let start = crash::prepared(scenario).await;
        for (call, phase) in crash::kills(scenario, &start, straight).await {
            let ghost = (call + phase) % 2 == 0;
            let what = format!("{}, killed at call {call}.{phase}, ghost: {ghost}", scenario.name);
            let mut stage = start.copy();
            crash::killed(&stage, scenario, call, phase, straight).await;
            let before = stage.look(open_titles);
            stage.sandbox.change(|world| {
                world.renew_token("api", ghost).unwrap();
            });
            let runs = stage.work().await;
            let after = stage.look(open_titles);
            let twice = |titles: &BTreeMap<String, usize>| titles.values().any(|times| *times > 1);
            let mut end = Ok(());
            // A twin that was there before is the former account's, and nobody's business until it is named.
            if after.iter().any(|(title, times)| *times > before.get(title).copied().unwrap_or(0).max(1)) {
                end = Err(format!("{what}: {before:?} became {after:?}"));
            }
            let ended = runs.iter().map(Run::ending).max();
            let knows = runs.iter().flat_map(|run| &run.findings).any(|found| found.rule.code() == "bot-replaced");
            if knows != (ended == Some(Ending::Human)) {
                end = end.and(Err(format!("{what}: ended as {ended:?}, and that the account was replaced: {knows}")));
            }
            let former = if ghost { "ghost" } else { "podkeeper-bot" };
            stage.pods.iter_mut().for_each(|pod| pod.bots = vec![former.to_owned()]);
            let ended = stage.work().await.iter().map(Run::ending).max();
            let titles = stage.look(open_titles);
            if ended != Some(Ending::Done) || twice(&titles) {
                end = end.and(Err(format!("{what}: with its former account it ended as {ended:?}: {titles:?}")));
            }
            let written = stage.journal().len();
            stage.work().await;
            ends.writes.rerun(stage.journal().len() - written);
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
            *titles.entry(format!("{}{}", issue.title, neighbour(world, project, issue.iid))).or_default() += 1;
        }
    }
    titles
}

#[tokio::test(start_paused = true)]
async fn two_workers_at_once_and_somebody_in_the_editor_end_with_one_open_issue() {
    for how in SAVES {
        let orders = sessions::orders_of_two_saved(how).await;
        println!("{how:?}: {} of {} orders", orders.well, orders.of);
        assert_eq!((orders.of, orders.well), (924, 924), "{how:?}: {:?}", orders.wrong);
    }
}

#[tokio::test(start_paused = true)]
async fn two_workers_at_once_and_somebody_in_the_editor_end_with_one_open_report_of_each_kind() {
    for how in SAVES {
        let orders = reports::orders_of_two_saved(20, how).await;
        assert_eq!((orders.of, orders.well), (20, 20), "{how:?}: {:?}", orders.wrong);
    }
}

/// Right after an issue is opened, and at every third look, somebody saves everything.
pub(crate) struct Editor {
    pub(crate) inner: Arc<dyn Exchange>,
    pub(crate) sandbox: Sandbox,
    pub(crate) how: Save,
    pub(crate) looks: AtomicUsize,
}

#[async_trait::async_trait]
impl Exchange for Editor {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        let create = request.method() == Method::POST && request.uri().path().ends_with("/issues");
        let look = request.method() == Method::GET && request.uri().path().ends_with("/issues");
        let answer = self.inner.exchange(request).await;
        // Not more often, or no block would ever be the one that was seen before.
        let nth = if look { self.looks.fetch_add(1, Ordering::Relaxed) } else { 1 };
        if create || (look && nth % 3 == 0 && nth < 9) {
            self.sandbox.change(|world| save_all(world, self.how));
        }
        answer
    }
}
