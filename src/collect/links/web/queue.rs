//! All visits of a run, host by host.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;
use url::Url;

use super::visit::{Visit, Visitor, host};

/// Addresses, each with the places that are looked for on it.
pub(in crate::collect::links) type Jobs = BTreeMap<Url, BTreeSet<String>>;

/// Visits all of them. Each host has a queue of its own and as many workers as it may get requests at once;
/// one that panics takes only its own visit with it.
pub(in crate::collect::links) async fn visit_all(visitor: &Arc<Visitor>, jobs: Jobs) -> BTreeMap<Url, Visit> {
    let mut queues: BTreeMap<String, VecDeque<(Url, BTreeSet<String>)>> = BTreeMap::new();
    for (url, wanted) in jobs {
        queues.entry(host(&url)).or_default().push_back((url, wanted));
    }
    let done = Arc::new(Mutex::new(BTreeMap::new()));
    let mut workers = JoinSet::new();
    for queue in queues.into_values() {
        let count = visitor.at_once().min(queue.len());
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..count {
            let (visitor, queue, done) = (Arc::clone(visitor), Arc::clone(&queue), Arc::clone(&done));
            workers.spawn(async move {
                loop {
                    let job = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let Some((url, wanted)) = job else { break };
                    let visit = visitor.visit(&url, &wanted).await;
                    done.lock().unwrap_or_else(PoisonError::into_inner).insert(url, visit);
                }
            });
        }
    }
    while workers.join_next().await.is_some() {}
    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut *done)
}
