//! The scoreboard: what was swept, how much of it held, and that each zero can be anything else.
//!
//! `cargo run --example scoreboard` shows a table, `-- --json` the same for programs, `-- --times` how long each figure
//! took, and `-- --all` runs the long sweeps. It ends with 1 if a figure is not as it should be, or if less was looked at
//! than `tests/scoreboard.min.json` asks for.
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

#[path = "scoreboard/board.rs"]
mod board; // what a figure is, and the table
#[path = "scoreboard/figures.rs"]
mod figures; // which figures there are

#[path = "../tests/it/address.rs"]
mod address;
#[path = "../tests/it/alarms.rs"]
mod alarms;
#[path = "../tests/it/bombs.rs"]
mod bombs;
#[path = "../tests/it/brake.rs"]
mod brake;
#[path = "../tests/it/calendar.rs"]
mod calendar;
#[path = "../tests/it/crash.rs"]
mod crash;
#[path = "../tests/it/cut.rs"]
mod cut;
#[path = "../tests/it/doubles.rs"]
mod doubles;
#[path = "../tests/it/edits.rs"]
mod edits;
#[path = "../tests/it/fidelity.rs"]
mod fidelity;
#[path = "../tests/it/hostile.rs"]
mod hostile;
#[path = "../tests/it/inert.rs"]
mod inert;
#[path = "../tests/it/links"]
mod links {
    pub(crate) mod stage;
}
#[path = "../tests/it/members.rs"]
mod members;
#[path = "../tests/it/faults/numbers.rs"]
mod numbers;
#[path = "../tests/it/pages.rs"]
mod pages;
#[path = "../tests/it/redirects.rs"]
mod redirects;
#[path = "../tests/it/reports.rs"]
mod reports;
#[path = "../tests/it/respelled.rs"]
mod respelled;
#[path = "../tests/it/roster.rs"]
mod roster;
#[path = "../tests/it/sabotage.rs"]
mod sabotage;
#[path = "../tests/it/sessions.rs"]
mod sessions;
#[path = "../tests/it/shown.rs"]
mod shown;
#[path = "../tests/it/sinks.rs"]
mod sinks;
#[path = "../tests/it/support.rs"]
mod support;
#[path = "../tests/it/tally.rs"]
mod tally;
#[path = "../tests/it/unsteady.rs"]
mod unsteady;
#[path = "../tests/it/year.rs"]
mod year;

use std::process::ExitCode;
use std::sync::Mutex;

use tokio::time::Instant;

use board::{Board, Part};
use figures::{IN_MEMORY, ON_SOCKETS, Task};

/// A pipeline's smallest machine has two cores.
const LANES: usize = 2;

fn main() -> ExitCode {
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    let mut board = Board::default();
    let mut parts = in_lanes(IN_MEMORY, has("--all"));
    parts.extend(ON_SOCKETS.iter().map(|task| timed(task, has("--all"))));
    for (part, took) in parts {
        board.add(part, took);
    }
    board.add(figures::sums(&board), std::time::Duration::ZERO);
    if has("--json") {
        println!("{:#}", board.json(has("--times")));
    } else {
        print!("{}", board.table(has("--times")));
    }
    let short = board.short(include_str!("../tests/scoreboard.min.json"));
    for why in &short {
        eprintln!("{why}");
    }
    if short.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

type Timed = (Part, std::time::Duration);

/// Runs tasks side by side, the longest first; what they came to is in the order of the list.
fn in_lanes(tasks: &[Task], all: bool) -> Vec<Timed> {
    let mut waiting: Vec<usize> = (0..tasks.len()).collect();
    waiting.sort_by_key(|at| tasks[*at].weight);
    let (waiting, done) = (Mutex::new(waiting), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap().pop();
                    let Some(at) = next else { return };
                    let timed = timed(&tasks[at], all);
                    done.lock().unwrap().push((at, timed));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, timed)| timed).collect()
}

fn timed(task: &Task, all: bool) -> Timed {
    let start = Instant::now();
    let part = (task.run)(all);
    (part, start.elapsed())
}
