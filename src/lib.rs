//! podkeeper keeps a GitLab Support Pod running.
//!
//! It reads what the pod already publishes (its handbook page, its issues), decides what should be
//! different, does that through the GitLab API, and tells people what only people can mend. State lives in
//! GitLab: there is no database to lose.
//!
//! ```text
//! collect ──▶ Snapshot ──▶ decide ──▶ Plan ──▶ execute ──▶ Outcomes ─┐
//! (async,      (data)      (pure) └─▶ Findings  (async,              ├─▶ report
//!  reads)                                        writes) ────────────┘   (pure)
//! ```
//!
//! Read [`run`] first: it is the loop. Then the rooms in the order of the flow; [`pod`] is the vocabulary
//! they share. What holds everywhere, and is held by `tests/it/tidy.rs`: only [`decide`] chooses and it
//! touches nothing outside; a failed read is never taken for an absence; time is an argument; only
//! [`gitlab`] knows Kitware's crate; the [`sandbox`] shares nothing with the program that it stands in for.

// A date from outside may be any date: chrono and std panic where a sum of times does not fit.
#![warn(clippy::arithmetic_side_effects)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "a test's own times fit"))]

pub mod check;
pub mod run;

pub mod collect;
pub mod decide;
pub mod execute;
pub mod report;

pub mod gitlab;
pub mod pod;
pub mod sandbox;

pub mod cli;
pub mod config;
