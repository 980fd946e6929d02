//! Work on all cores of the machine.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The same for each of many, on all cores, in their order. A panic over one of them is the caller's.
pub fn side_by_side<T: Sync, R: Send>(items: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = cores().min(items.len());
    if threads <= 1 {
        return items.iter().map(each).collect();
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(item) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            items.get(at).map(|item| (at, item))
        } {
            done.push((item.0, each(item.1)));
        }
        done
    };
    let mut all: Vec<(usize, R)> = thread::scope(|scope| {
        // The caller works too: each thread has memory of its own, which the others cannot use when it is done.
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let own = work();
        let joined = others.into_iter().flat_map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        own.into_iter().chain(joined).collect()
    });
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, done)| done).collect()
}

/// Many in parts of about the same size, one for each core; few are one part.
pub fn parts<T>(items: &[T]) -> Vec<&[T]> {
    const FEW: usize = 32;
    let size = items.len().div_ceil(cores()).max(FEW);
    items.chunks(size).collect()
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
