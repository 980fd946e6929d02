//! All visits of a run, host by host.
//!
//! Each host has a queue of its own. A visit is begun when its host can be asked now and a place is free among all;
//! one that waits for its host (for its rate, or because the host asked for time) takes no place from another host,
//! and no more visits exist at a time than can go on: a hundred thousand addresses wait as addresses. A visit that was
//! led to another host counts for its first one to its end, also while it waits for the other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use tokio::task::{Id, JoinSet};
use tokio::time::{Instant, sleep_until};
use url::Url;

use super::visit::{Visit, Visitor, host};
use crate::collect::links::pace::Pace;

/// Addresses, each with the places that are looked for on it.
pub(in crate::collect::links) type Jobs = BTreeMap<Arc<Url>, BTreeSet<String>>;

/// One of them.
type Job = (Arc<Url>, BTreeSet<String>);

/// What came of them.
pub(in crate::collect::links) type Visits = BTreeMap<Arc<Url>, Visit>;

/// Visits all of them. A visit that panics takes nothing but itself with it.
pub(in crate::collect::links) async fn visit_all(visitor: &Arc<Visitor>, jobs: Jobs) -> Visits {
    let progress = visitor.pace().progress();
    progress.add(jobs.len());
    let mut queues = Queues::of(jobs, visitor.pace());
    let mut done = Visits::new();
    let mut running = JoinSet::new();
    let mut hosts: BTreeMap<Id, usize> = BTreeMap::new();
    loop {
        while visitor.pace().has_room(running.len()) {
            let Some((index, Next { url, wanted, last })) = queues.next(visitor.pace(), Instant::now()) else { break };
            let visitor = Arc::clone(visitor);
            let task = running.spawn(async move {
                let visit = visitor.visit(&url, &wanted, last).await;
                (url, visit)
            });
            hosts.insert(task.id(), index);
        }
        let (earliest, has_room) = (queues.earliest(), visitor.pace().has_room(running.len()));
        if running.is_empty() && earliest.is_none() {
            return done;
        }
        tokio::select! {
            Some(ended) = running.join_next_with_id() => {
                let id = match ended {
                    Ok((id, (url, mut visit))) => {
                        if visit.end == url {
                            visit.end = Arc::clone(&url);
                        }
                        done.insert(url, visit);
                        id
                    }
                    Err(panic) => panic.id(),
                };
                progress.done();
                if let Some(host) = hosts.remove(&id).and_then(|index| queues.ended(index)) {
                    progress.through(host);
                }
            }
            () = visitor.pace().somebody_waits() => {}
            // Without room nobody is asked, whoever is due.
            () = sleep_until(earliest.unwrap_or_else(Instant::now)), if earliest.is_some() && has_room => {}
        }
    }
}

/// What is still to be visited.
struct Queues {
    hosts: Vec<Queue>,
    /// Hosts that may be asked now, by how many visits each has and by their places in `hosts`: the least busy first,
    /// so that requests spread over few connections to each, and those are used again.
    ready: BTreeSet<(usize, usize)>,
    /// Hosts that may be asked later.
    later: BTreeSet<(Instant, usize)>,
}

struct Queue {
    name: String,
    jobs: VecDeque<Job>,
    running: usize,
    /// The most visits at a time.
    at_once: usize,
    /// Whether it stands in `later`.
    waits: bool,
}

/// What is visited next.
struct Next {
    url: Arc<Url>,
    wanted: BTreeSet<String>,
    /// Whether no other visit will need this one's connection: fewer are left than are going on.
    last: bool,
}

impl Queues {
    /// The longest queue first: it takes longest.
    fn of(jobs: Jobs, pace: &Pace) -> Self {
        let mut queues: BTreeMap<String, VecDeque<Job>> = BTreeMap::new();
        for (url, wanted) in jobs {
            queues.entry(host(&url)).or_default().push_back((url, wanted));
        }
        let queue = |(name, jobs): (String, VecDeque<_>)| {
            let at_once = pace.at_once(&name);
            Queue { name, jobs, running: 0, at_once, waits: false }
        };
        let mut hosts: Vec<Queue> = queues.into_iter().map(queue).collect();
        hosts.sort_by_key(|queue| Reverse(queue.jobs.len()));
        Self { ready: (0..hosts.len()).map(|index| (0, index)).collect(), later: BTreeSet::new(), hosts }
    }

    /// The next address whose host can be asked now.
    fn next(&mut self, pace: &Pace, now: Instant) -> Option<(usize, Next)> {
        while let Some(due) = self.later.first().copied().filter(|(due, _)| *due <= now) {
            self.later.remove(&due);
            self.hosts[due.1].waits = false;
            self.make_ready(due.1);
        }
        while let Some((_, index)) = self.ready.pop_first() {
            let queue = &mut self.hosts[index];
            if let Some(due) = pace.earliest(&queue.name, now) {
                queue.waits = true;
                self.later.insert((due, index));
            } else if let Some((url, wanted)) = queue.jobs.pop_front() {
                queue.running += 1;
                let last = queue.jobs.len() < queue.running;
                self.make_ready(index);
                return Some((index, Next { url, wanted, last }));
            }
        }
        None
    }

    /// The host may be asked, if there is something to ask it and it is not busy enough.
    fn make_ready(&mut self, index: usize) {
        let queue = &self.hosts[index];
        if !queue.waits && !queue.jobs.is_empty() && queue.running < queue.at_once {
            self.ready.insert((queue.running, index));
        }
    }

    /// When the first of those that wait may be asked.
    fn earliest(&self) -> Option<Instant> {
        self.later.first().map(|(due, _)| *due)
    }

    /// A visit to this host has ended; its name, if it was the last one.
    fn ended(&mut self, index: usize) -> Option<&str> {
        let queue = &mut self.hosts[index];
        self.ready.remove(&(queue.running, index));
        queue.running -= 1;
        self.make_ready(index);
        let queue = &self.hosts[index];
        (queue.running == 0 && queue.jobs.is_empty()).then_some(queue.name.as_str())
    }
}
