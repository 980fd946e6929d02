//! The scoreboard: what was swept, how much of it held, and that each zero can be anything else.
//!
//! `cargo run --profile sweep --example scoreboard` shows a table, `-- --json` the same as JSON, `-- --all` draws twenty
//! thousand pairs of kills instead of one thousand. It ends with 1 if a figure is below `tests/scoreboard.min.json`.
#![allow(
    dead_code,
    unused_imports,
    reason = "the sweeps are the tests' own; what else stands in their files is not used here"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a sweep that cannot go on has failed"
)]

#[path = "../tests/it/alarms.rs"]
mod alarms;
#[path = "../tests/it/crash.rs"]
mod crash;
#[path = "../tests/it/links"]
mod links {
    pub(crate) mod stage;
}
#[path = "../tests/it/sessions.rs"]
mod sessions;
#[path = "../tests/it/support.rs"]
mod support;
#[path = "../tests/it/year.rs"]
mod year;

use std::collections::BTreeMap;
use std::process::ExitCode;

use chrono::TimeDelta;
use serde_json::{Value, json};

/// One figure: how much of how much held.
struct Figure {
    name: &'static str,
    held: usize,
    of: usize,
    /// What was wrong, if something was.
    wrong: Option<String>,
}

fn main() -> ExitCode {
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let figures = runtime.block_on(figures(if has("--all") { 20_000 } else { 1_000 }));
    if has("--json") {
        println!("{:#}", as_json(&figures));
    } else {
        for figure in &figures {
            println!("{:<58} {:>7} of {:>7}", figure.name, figure.held, figure.of);
        }
    }
    let short = below_minimum(&figures);
    for why in &short {
        println!("{why}");
    }
    if short.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn figures(pairs: usize) -> Vec<Figure> {
    let figure = |name, held, of, wrong| Figure { name, held, of, wrong };
    let mut all = Vec::new();
    let kills = crash::points(&crash::everywhere()).await;
    all.push(figure("crash points that end as if never killed", kills.well, kills.of, kills.wrong));
    let kills = crash::pairs(&crash::everywhere(), pairs).await;
    all.push(figure("crash pairs that end as if never killed", kills.well, kills.of, kills.wrong));
    let orders = sessions::orders_of_two().await;
    all.push(figure("orders of two workers with one open issue", orders.well, orders.of, orders.wrong));
    let orders = sessions::orders_of_three(1_000).await;
    all.push(figure("orders of three workers with one open issue", orders.well, orders.of, orders.wrong));
    let tally = alarms::sweep(TimeDelta::hours(3));
    let quiet = tally.worlds.saturating_sub(tally.false_alarms);
    all.push(figure("degraded worlds without a false alarm", quiet, tally.worlds, None));
    all.push(figure("dead links told where they could be seen", tally.told, tally.observable, None));
    let end = year::whole_year(11).await;
    let well = (end.due + end.words).saturating_sub(end.wrong.len());
    all.push(figure(
        "sessions and people's words of a year kept",
        well,
        end.due + end.words,
        end.wrong.first().cloned(),
    ));
    let caught = [crash::blind_recovery().await > 0, alarms::sweep(TimeDelta::hours(7)).false_alarms > 0];
    let fired = caught.iter().filter(|caught| **caught).count();
    all.push(figure("sabotages caught", fired, caught.len(), None));
    all
}

fn as_json(figures: &[Figure]) -> Value {
    let all = figures.iter().map(|figure| (figure.name.to_owned(), json!({ "held": figure.held, "of": figure.of })));
    Value::Object(all.collect())
}

/// What does not hold in full, or is less than was swept before.
fn below_minimum(figures: &[Figure]) -> Vec<String> {
    let minimum: BTreeMap<String, usize> = serde_json::from_str(include_str!("../tests/scoreboard.min.json")).unwrap();
    let mut short = Vec::new();
    for figure in figures.iter().filter(|figure| figure.held < figure.of) {
        short.push(format!(
            "{}: {} of {}; {}",
            figure.name,
            figure.held,
            figure.of,
            figure.wrong.as_deref().unwrap_or("")
        ));
    }
    for (name, least) in minimum {
        let of = figures.iter().find(|figure| figure.name == name).map_or(0, |figure| figure.of);
        if of < least {
            short.push(format!("{name}: only {of} were swept, and at least {least} have to be"));
        }
    }
    short
}
