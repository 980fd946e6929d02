//! How long the link check's steps take: `cargo bench --bench engine`.
//!
//! Times mean something beside those of the same machine only, for example before and after a change; what peers need
//! for the same work is measured elsewhere, with their programs.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot begin has nothing else to say")]

use podkeeper_benches as parts;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

fn extraction(bench: &mut Criterion) {
    let pages: Vec<String> = (0..100).map(parts::page).collect();
    let bytes = pages.iter().map(String::len).sum::<usize>();
    let mut group = bench.benchmark_group("documents");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("extraction, 100 pages", |bench| bench.iter(|| parts::extraction(black_box(&pages))));
    group.bench_function("places (slugs), 100 pages", |bench| bench.iter(|| parts::places(black_box(&pages))));
    group.finish();
    bench.bench_function("targets, 10 addresses", |bench| bench.iter(parts::targets));
}

fn visits(bench: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut group = bench.benchmark_group("visits");
    group.sample_size(10);
    for pages in [500, 5_000] {
        group.throughput(Throughput::Elements(pages as u64));
        group.bench_function(format!("{pages} pages in memory, each with a place"), |bench| {
            bench.iter_batched(|| (), |()| runtime.block_on(parts::visits(pages)), BatchSize::PerIteration);
        });
    }
    group.finish();
}

criterion_group!(engine, extraction, visits);
criterion_main!(engine);
