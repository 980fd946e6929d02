//! podkeeper keeps a GitLab Support Pod running.
//!
//! It reads what the pod already publishes (its handbook page, its issues), decides what should be
//! different, does that through the GitLab API, and reports to people what only people can mend. State lives in
//! GitLab: there is no database to lose.
//!
//! ```text
//! collect ──▶ Snapshot ──▶ decide ──▶ Plan ──▶ execute ──▶ Outcomes ─┐
//! (async,      (data)      (pure) └─▶ Findings  (async,              ├─▶ report
//!  reads)                                        writes) ────────────┘   (pure)
//! ```
//!
//! Read [`run`] first: it is the loop. Then the folders in the order of the flow; [`pod`] is the vocabulary
//! they share. What holds everywhere, and is held by `tests/it/architecture.rs`: only [`decide`] chooses and it
//! touches nothing outside; a failed read is never taken for an absence; time is an argument; only
//! [`gitlab`] knows Kitware's crate. What `--sandbox` works in is a crate of its own, `gitlab_sandbox`, which shares
//! nothing with the program; the module `sandbox` holds the world that it starts with.

// A date from outside may be any date: chrono and std panic where a sum of times does not fit.
#![warn(clippy::arithmetic_side_effects)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "a test's own times fit"))]

pub mod check;
pub mod doctor;
pub mod init;
pub mod run;

pub mod collect;
pub mod decide;
pub mod execute;
pub mod report;

pub mod gitlab;
pub mod pod;
#[cfg(feature = "sandbox")]
pub mod sandbox;

pub mod cli;
pub mod config;
