//! The living reports with several workers at once: one open issue of each, in every order that is drawn.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::pod::{Pod, Task};

use crate::rich_text_editor_saves::{EditorSave, SavesDuringRun, duplicate_titles, save_all};
use crate::sessions::{OrdersResult, TurnOrder, shuffle};
use crate::support::{Stage, now, shipped_config};
use crate::write_counts::issue_count_by_key;

/// Turns of each worker: reads, queries about links, and writes.
const TURNS_PER_WORKER: usize = 24;

#[tokio::test(start_paused = true)]
async fn two_workers_at_once_end_with_one_open_report_of_each_kind() {
    let orders = run_two_workers(20).await;
    println!("orders {}, of which {} had twins for a moment", orders.of, orders.twins);
    assert_eq!((orders.of, orders.well), (20, 20), "{:?}", orders.wrong);
    assert_eq!((orders.writes.doubles, orders.writes.rewrites), (0, 0), "{:?}", orders.writes);
    assert!(orders.twins > 3, "{}", orders.twins);
}

/// So many orders of two workers who both find no report.
pub(crate) async fn run_two_workers(many: u64) -> OrdersResult {
    let tasks = [Task::Links, Task::Roster];
    let pods = || shipped_config().pods.into_iter().map(|pod| Pod { tasks: tasks.into(), ..pod }).collect();
    let start = Stage::of(pods(), now());
    let mut orders = OrdersResult::default();
    for seed in 0..many {
        let end = run_at_once(&start.copy(), seed, &mut orders).await;
        orders.count(end);
    }
    orders
}

/// The same while somebody saves podkeeper's issues in an editor.
pub(crate) async fn run_two_workers_with_saves(many: u64, how: EditorSave) -> OrdersResult {
    let tasks = [Task::Links, Task::Roster];
    let pods = || shipped_config().pods.into_iter().map(|pod| Pod { tasks: tasks.into(), ..pod }).collect();
    let start = Stage::of(pods(), now());
    let mut orders = OrdersResult::default();
    for seed in 0..many {
        let stage = start.copy();
        let turns = TurnOrder::new(shuffle([0, 1].repeat(TURNS_PER_WORKER), seed), 2);
        let worker = async |number: usize| {
            let editor = SavesDuringRun {
                inner: turns.exchange_for(&stage, number),
                sandbox: stage.sandbox.clone(),
                how,
                looks: AtomicUsize::new(0),
            };
            stage.apply_all_tasks_over(Arc::new(editor)).await;
            turns.finish_worker(number);
        };
        futures_util::future::join_all((0..2).map(worker)).await;
        stage.sandbox.change_world(|world| save_all(world, how));
        stage.apply_all_tasks().await;
        let ended = stage.apply_all_tasks().await.iter().map(PodRun::exit_status).max();
        let twice = stage.with_world(duplicate_titles);
        let well = twice.is_empty() && ended == Some(ExitStatus::Done);
        orders.count(if well { Ok(1) } else { Err(format!("{how:?}, seed {seed}: {ended:?} {twice:?}")) });
    }
    orders
}

/// Ends with one open report of each kind; returns how many of the fuller kind there are, open or closed.
async fn run_at_once(stage: &Stage, seed: u64, orders: &mut OrdersResult) -> Result<usize, String> {
    let turns = TurnOrder::new(shuffle([0, 1].repeat(TURNS_PER_WORKER), seed), 2);
    let worker = async |number: usize| {
        let runs = stage.apply_all_tasks_over(turns.exchange_for(stage, number)).await;
        turns.finish_worker(number);
        runs
    };
    let mut all = futures_util::future::join_all((0..2).map(worker)).await;
    orders.writes.count_concurrent_workers(stage);
    let open = stage.with_world(|world| issue_count_by_key(world, true));
    let written = stage.journal().len();
    all.push(stage.apply_all_tasks().await);
    orders.writes.count_rerun(stage.journal().len() - written);
    let ended = |runs: &Vec<PodRun>| runs.iter().map(PodRun::exit_status).max();
    if all.iter().any(|runs| ended(runs) != Some(ExitStatus::Done)) {
        let outcomes: Vec<_> = all.iter().flatten().flat_map(|run| &run.outcomes).map(|(_, outcome)| outcome).collect();
        return Err(format!("seed {seed}: {outcomes:?}"));
    }
    let reports: Vec<usize> =
        open.iter().filter(|(key, _)| key.contains(" report ")).map(|(_, count)| *count).collect();
    if reports != [1, 1] {
        return Err(format!("seed {seed}: {open:?}"));
    }
    let all = stage.with_world(|world| issue_count_by_key(world, false));
    Ok(all.iter().filter(|(key, _)| key.contains(" report ")).map(|(_, count)| *count).max().unwrap_or(0))
}
