//! What wrong input is told: what is wrong, where, and what to do.
//!
//! Each row of the table is one wrong input and what is said of it. The rows stand in three files, by who says it; their
//! numbers count them, so that none is lost.

mod command_line; // arguments, variables and the terminal
mod configuration; // the files of the configuration
mod runs; // what a run found at its sources

use std::collections::BTreeSet;

#[test]
fn all_24_messages_have_a_row() {
    let rows = [command_line::ROWS, configuration::ROWS, runs::ROWS].concat();
    let numbers: BTreeSet<u8> = rows.iter().copied().collect();
    let missing: Vec<u8> = (1..=24).filter(|number| !numbers.contains(number)).collect();
    assert!(missing.is_empty(), "these messages have no row: {missing:?}");
}
