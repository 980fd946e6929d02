//! How many instructions the link check's steps take, which is the same on a busy machine:
//! `cargo bench --bench counts`.
//!
//! It needs valgrind, and `gungraun-runner` in the version of the gungraun crate.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot begin has nothing else to say")]
#![allow(
    missing_docs,
    clippy::exit,
    clippy::disallowed_methods,
    reason = "the macros make modules and end the program"
)]

use podkeeper_benches as parts;

use std::hint::black_box;

use gungraun::{library_benchmark, library_benchmark_group, main};
use linkcheck::CheckResult;

fn ten_pages() -> Vec<String> {
    (0..10).map(parts::page).collect()
}

#[library_benchmark]
#[bench::ten_pages(ten_pages())]
fn extraction(pages: Vec<String>) -> usize {
    parts::extraction(black_box(&pages))
}

#[library_benchmark]
#[bench::ten_pages(ten_pages())]
fn places(pages: Vec<String>) -> usize {
    parts::places(black_box(&pages))
}

#[library_benchmark]
fn targets() -> usize {
    parts::targets()
}

#[library_benchmark]
#[bench::of_100_pages(100)]
fn visits(pages: usize) -> CheckResult {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(parts::visits(pages))
}

library_benchmark_group!(name = engine, benchmarks = [extraction, places, targets, visits]);
main!(library_benchmark_groups = engine);
