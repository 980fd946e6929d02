//! The living reports with several workers at once: one open issue of each, in every order that is drawn.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use podkeeper::pod::run::{Ending, Run};
use podkeeper::pod::{Pod, Task};

use crate::respelled::{Editor, Save, save_all, twice};
use crate::sessions::{Orders, Turns, shuffled};
use crate::support::{Stage, now, shipped};
use crate::tally::by_key;

/// Turns of each worker: looks, questions about links and writes.
const TURNS: usize = 24;

#[tokio::test(start_paused = true)]
async fn two_workers_at_once_end_with_one_open_report_of_each_kind() {
    let orders = orders_of_two(150).await;
    println!("orders {}, of which {} had twins for a moment", orders.of, orders.twins);
    assert_eq!((orders.of, orders.well), (150, 150), "{:?}", orders.wrong);
    assert_eq!((orders.writes.doubles, orders.writes.rewrites), (0, 0), "{:?}", orders.writes);
    assert!(orders.twins > 30, "{}", orders.twins);
}

/// So many orders of two workers who both find no report.
pub(crate) async fn orders_of_two(many: u64) -> Orders {
    let tasks = [Task::Links, Task::Roster];
    let pods = || shipped().pods.into_iter().map(|pod| Pod { tasks: tasks.into(), ..pod }).collect();
    let start = Stage::of(pods(), now());
    let mut orders = Orders::default();
    for seed in 0..many {
        let end = at_once(&start.copy(), seed, &mut orders).await;
        orders.count(end);
    }
    orders
}

/// The same while somebody saves podkeeper's issues in an editor.
pub(crate) async fn orders_of_two_saved(many: u64, how: Save) -> Orders {
    let tasks = [Task::Links, Task::Roster];
    let pods = || shipped().pods.into_iter().map(|pod| Pod { tasks: tasks.into(), ..pod }).collect();
    let start = Stage::of(pods(), now());
    let mut orders = Orders::default();
    for seed in 0..many {
        let stage = start.copy();
        let turns = Turns::in_order(shuffled([0, 1].repeat(TURNS), seed), 2);
        let worker = async |number: usize| {
            let editor = Editor {
                inner: turns.through(&stage, number),
                sandbox: stage.sandbox.clone(),
                how,
                looks: AtomicUsize::new(0),
            };
            stage.work_over(Arc::new(editor)).await;
            turns.ends(number);
        };
        futures_util::future::join_all((0..2).map(worker)).await;
        stage.sandbox.change(|world| save_all(world, how));
        stage.work().await;
        let ended = stage.work().await.iter().map(Run::ending).max();
        let twice = stage.look(twice);
        let well = twice.is_empty() && ended == Some(Ending::Done);
        orders.count(if well { Ok(1) } else { Err(format!("{how:?}, seed {seed}: {ended:?} {twice:?}")) });
    }
    orders
}

/// Ends with one open report of each kind; returns how many of the fuller kind there are, open or closed.
async fn at_once(stage: &Stage, seed: u64, orders: &mut Orders) -> Result<usize, String> {
    let turns = Turns::in_order(shuffled([0, 1].repeat(TURNS), seed), 2);
    let worker = async |number: usize| {
        let runs = stage.work_over(turns.through(stage, number)).await;
        turns.ends(number);
        runs
    };
    let mut all = futures_util::future::join_all((0..2).map(worker)).await;
    orders.writes.at_once(stage);
    let open = stage.look(|world| by_key(world, true));
    let written = stage.journal().len();
    all.push(stage.work().await);
    orders.writes.rerun(stage.journal().len() - written);
    let ended = |runs: &Vec<Run>| runs.iter().map(Run::ending).max();
    if all.iter().any(|runs| ended(runs) != Some(Ending::Done)) {
        let outcomes: Vec<_> = all.iter().flatten().flat_map(|run| &run.outcomes).map(|(_, outcome)| outcome).collect();
        return Err(format!("seed {seed}: {outcomes:?}"));
    }
    let reports: Vec<usize> =
        open.iter().filter(|(key, _)| key.contains(" report ")).map(|(_, count)| *count).collect();
    if reports != [1, 1] {
        return Err(format!("seed {seed}: {open:?}"));
    }
    let all = stage.look(|world| by_key(world, false));
    Ok(all.iter().filter(|(key, _)| key.contains(" report ")).map(|(_, count)| *count).max().unwrap_or(0))
}
