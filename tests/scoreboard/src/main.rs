//! The scoreboard: what was swept, how much of it held, and that each zero can be anything else.
//!
//! `cargo run -p scoreboard` shows a table, `-- --json` the same for programs, `-- --times` how long
//! each figure took, and `-- --all` runs the long sweeps. It ends with 1 if a figure is not as it should be, or if less
//! was swept than `tests/scoreboard/min.json` asks for.
#![allow(
    dead_code,
    unused_imports,
    reason = "the sweeps are the tests' own; what else stands in their files is not used here"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a sweep that cannot go on has failed"
)]

/// podkeeper's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod board; // what a figure is, and the table

mod figures; // which figures there are

#[path = "../../it/carry_over.rs"]
mod carry_over;
#[path = "../../it/closing_sessions.rs"]
mod closing_sessions;
#[path = "../../it/crash_recovery.rs"]
mod crash_recovery;
#[path = "../../it/doubles.rs"]
mod doubles;
#[path = "../../it/false_alarms.rs"]
mod false_alarms;
#[path = "../../it/hostile_servers.rs"]
mod hostile_servers;
#[path = "../../it/hostile_text.rs"]
mod hostile_text;
#[path = "../../it/hugo_site.rs"]
mod hugo_site;
#[path = "../../it/internal_addresses.rs"]
mod internal_addresses;
#[path = "../../it/labelled_projects.rs"]
mod labelled_projects;
#[path = "../../it/link_brake.rs"]
mod link_brake;
#[path = "../../it/parser_bombs.rs"]
mod parser_bombs;
#[path = "../../it/peoples_edits.rs"]
mod peoples_edits;
#[path = "../../it/plain_tree.rs"]
mod plain_tree;
#[path = "../../it/plan_matches_apply.rs"]
mod plan_matches_apply;
#[path = "../../it/session_weeks.rs"]
mod session_weeks;
#[path = "../../it/truncated_answers.rs"]
mod truncated_answers;
#[path = "../../it/links"]
mod links {
    pub(crate) mod stage;
}
#[path = "../../it/concurrent_reports.rs"]
mod concurrent_reports;
#[path = "../../it/faults/fault_numbers.rs"]
mod fault_numbers;
#[path = "../../it/flaky_gitlab.rs"]
mod flaky_gitlab;
#[path = "../../it/paging.rs"]
mod paging;
#[path = "../../it/redirects.rs"]
mod redirects;
#[path = "../../it/rich_text_editor_saves.rs"]
mod rich_text_editor_saves;
#[path = "../../it/roster.rs"]
mod roster;
#[path = "../../it/roster_brake.rs"]
mod roster_brake;
#[path = "../../it/run_time.rs"]
mod run_time;
#[path = "../../it/sabotage.rs"]
mod sabotage;
#[path = "../../it/sessions.rs"]
mod sessions;
#[path = "../../it/simulated_year.rs"]
mod simulated_year;
#[path = "../../it/support.rs"]
mod support;
#[path = "../../it/token_not_in_output.rs"]
mod token_not_in_output;
#[path = "../../it/token_search.rs"]
mod token_search;
#[path = "../../it/write_counts.rs"]
mod write_counts;
#[path = "../../it/year_of_pods.rs"]
mod year_of_pods;

use std::process::ExitCode;
use std::sync::Mutex;

use tokio::time::Instant;

use board::{Board, TaskResult};
use figures::{IN_MEMORY, ON_SOCKETS, Task};

/// A pipeline's smallest machine has two cores.
const WORKER_THREADS: usize = 2;

fn main() -> ExitCode {
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    let mut board = Board::default();
    let mut parts = run_in_parallel(IN_MEMORY, has("--all"));
    parts.extend(ON_SOCKETS.iter().map(|task| run_timed(task, has("--all"))));
    for (part, took) in parts {
        board.add(part, took);
    }
    board.add(figures::sum_writes(&board), std::time::Duration::ZERO);
    if has("--json") {
        println!("{:#}", board.json(has("--times")));
    } else {
        print!("{}", board.table(has("--times")));
    }
    let short = board.shortfalls(include_str!("../min.json"));
    for why in &short {
        eprintln!("{why}");
    }
    if short.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

type TimedResult = (TaskResult, std::time::Duration);

/// Runs tasks side by side, the longest first; what they came to is in the order of the list.
fn run_in_parallel(tasks: &[Task], all: bool) -> Vec<TimedResult> {
    let mut waiting: Vec<usize> = (0..tasks.len()).collect();
    waiting.sort_by_key(|at| tasks[*at].weight);
    let (waiting, done) = (Mutex::new(waiting), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..WORKER_THREADS {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap().pop();
                    let Some(at) = next else { return };
                    let timed = run_timed(&tasks[at], all);
                    done.lock().unwrap().push((at, timed));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, timed)| timed).collect()
}

fn run_timed(task: &Task, all: bool) -> TimedResult {
    let start = Instant::now();
    let part = (task.run)(all);
    let took = start.elapsed();
    // It takes minutes, and somebody waits.
    eprintln!("{:>6.1} s  {}", took.as_secs_f32(), part.headline());
    (part, took)
}
