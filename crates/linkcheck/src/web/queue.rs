//! All visits of a run, host by host.
//!
//! Each host has a queue of its own. A visit is begun when its host can be asked now and a slot is free among all;
//! one that waits for its host (for its rate, or because the host asked for time) takes no slot from another host,
//! and no more visits exist at a time than can go on: a hundred thousand addresses wait as addresses. A visit that was
//! led to another host counts for its first one to its end, also while it waits for the other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};
use url::Url;

use super::visit::{Visit, Visitor, host_and_port};
use crate::rate_limit::RateLimiter;

/// Addresses, each with the anchors that are looked for on it.
pub(crate) type VisitJobs = BTreeMap<Arc<Url>, BTreeSet<String>>;

/// One address with its anchors.
type Job = (Arc<Url>, BTreeSet<String>);

/// The results of visits, by the addresses that were asked for.
pub(crate) type Visits = BTreeMap<Arc<Url>, Visit>;

/// Visits all of them, as far as that is possible until it `ends`. A visit that panics takes nothing but itself with
/// it.
pub(crate) async fn visit_all(visitor: &Arc<Visitor>, jobs: VisitJobs, ends: Option<Instant>) -> Visits {
    visitor.rate_limiter().progress().add_visits(jobs.len());
    let mut run = VisitRun {
        visitor,
        queues: HostQueues::new(jobs, visitor.rate_limiter(), visitor.turn()),
        running: JoinSet::new(),
        hosts: BTreeMap::new(),
        done: Visits::new(),
    };
    loop {
        if ends.is_some_and(|ends| ends <= Instant::now()) {
            return run.end_early();
        }
        run.start_due_visits();
        let (earliest, has_room) = (run.queues.next_due(), run.can_start_visit());
        if run.running.is_empty() && earliest.is_none() {
            return run.done;
        }
        tokio::select! {
            Some(ended) = run.running.join_next_with_id() => run.finish_visit(ended),
            () = visitor.rate_limiter().wait_for_room() => {}
            // Without a free slot nobody is asked, whoever is due.
            () = sleep_until(earliest.unwrap_or_else(Instant::now)), if earliest.is_some() && has_room => {}
            () = sleep_until(ends.unwrap_or_else(Instant::now)), if ends.is_some() => {}
        }
    }
}

/// The visits of one call.
struct VisitRun<'a> {
    visitor: &'a Arc<Visitor>,
    queues: HostQueues,
    running: JoinSet<(Arc<Url>, Visit)>,
    /// The queue and the address of each running visit.
    hosts: BTreeMap<Id, (usize, Arc<Url>)>,
    done: Visits,
}

impl VisitRun<'_> {
    fn can_start_visit(&self) -> bool {
        self.visitor.rate_limiter().is_below_limit(self.running.len())
    }

    fn start_due_visits(&mut self) {
        while self.can_start_visit() {
            let next = self.queues.take_next(self.visitor.rate_limiter(), Instant::now());
            let Some((index, NextVisit { url, wanted, last })) = next else { break };
            let (visitor, asked) = (Arc::clone(self.visitor), Arc::clone(&url));
            let task = self.running.spawn(async move {
                let visit = visitor.visit_in_time(&url, &wanted, last).await;
                (url, visit)
            });
            self.hosts.insert(task.id(), (index, asked));
        }
    }

    /// A visit that panicked has no result; who asked for it sees that.
    fn finish_visit(&mut self, ended: Result<(Id, (Arc<Url>, Visit)), JoinError>) {
        let id = match ended {
            Ok((id, (url, mut visit))) => {
                if visit.final_url == url {
                    visit.final_url = Arc::clone(&url);
                }
                self.done.insert(url, visit);
                id
            }
            Err(panic) => panic.id(),
        };
        let progress = self.visitor.rate_limiter().progress();
        progress.count_finished_visit();
        let index = self.hosts.remove(&id).map(|(index, _)| index);
        if let Some(host) = index.and_then(|index| self.queues.release_visit_slot(index)) {
            progress.clear_host_wait(host);
        }
    }

    /// What is under way is broken off, and what waits is not begun.
    fn end_early(mut self) -> Visits {
        self.running.abort_all();
        let progress = self.visitor.rate_limiter().progress();
        let running = self.hosts.into_values().map(|(_, url)| url);
        let waiting = self.queues.hosts.into_iter().flat_map(|queue| {
            progress.clear_host_wait(&queue.name);
            queue.jobs.into_iter().map(|(url, _)| url)
        });
        for url in running.chain(waiting) {
            progress.count_finished_visit();
            self.done.insert(Arc::clone(&url), Visit::not_reached(url));
        }
        self.done
    }
}

/// What is still to be visited.
struct HostQueues {
    hosts: Vec<HostQueue>,
    /// Hosts that may be asked now, by how many visits each has and by their indexes in `hosts`: the least busy first,
    /// so that requests spread over few connections to each, and those are used again.
    ready: BTreeSet<(usize, usize)>,
    /// Hosts that may be asked later.
    later: BTreeSet<(Instant, usize)>,
}

struct HostQueue {
    name: String,
    jobs: VecDeque<Job>,
    running: usize,
    /// The most visits at a time.
    at_once: usize,
    /// Whether it stands in `later`.
    waits: bool,
}

/// What is visited next.
struct NextVisit {
    url: Arc<Url>,
    wanted: BTreeSet<String>,
    /// Whether no other visit will need this one's connection: fewer are left than are going on.
    last: bool,
}

impl HostQueues {
    /// The longest queue first: it takes longest. Each `turn` begins with other hosts, and with other addresses of each.
    fn new(jobs: VisitJobs, pace: &RateLimiter, turn: u64) -> Self {
        let mut queues: BTreeMap<String, VecDeque<Job>> = BTreeMap::new();
        for (url, wanted) in jobs {
            queues.entry(host_and_port(&url)).or_default().push_back((url, wanted));
        }
        let queue = |(name, mut jobs): (String, VecDeque<_>)| {
            jobs.rotate_left(first_job(turn, jobs.len()));
            let at_once = pace.max_concurrent(&name);
            HostQueue { name, jobs, running: 0, at_once, waits: false }
        };
        let mut hosts: Vec<HostQueue> = queues.into_iter().map(queue).collect();
        hosts.sort_by_key(|queue| Reverse(queue.jobs.len()));
        let first = first_job(turn, hosts.len());
        hosts.rotate_left(first);
        Self { ready: (0..hosts.len()).map(|index| (0, index)).collect(), later: BTreeSet::new(), hosts }
    }

    /// The next address whose host can be asked now.
    fn take_next(&mut self, pace: &RateLimiter, now: Instant) -> Option<(usize, NextVisit)> {
        while let Some(due) = self.later.first().copied().filter(|(due, _)| *due <= now) {
            self.later.remove(&due);
            self.hosts[due.1].waits = false;
            self.make_ready(due.1);
        }
        while let Some((_, index)) = self.ready.pop_first() {
            let queue = &mut self.hosts[index];
            if let Some(due) = pace.next_due(&queue.name, now) {
                queue.waits = true;
                self.later.insert((due, index));
            } else if let Some((url, wanted)) = queue.jobs.pop_front() {
                queue.running += 1;
                let last = queue.jobs.len() < queue.running;
                self.make_ready(index);
                return Some((index, NextVisit { url, wanted, last }));
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
    fn next_due(&self) -> Option<Instant> {
        self.later.first().map(|(due, _)| *due)
    }

    /// A visit to this host has ended; its name, if it was the last one.
    fn release_visit_slot(&mut self, index: usize) -> Option<&str> {
        let queue = &mut self.hosts[index];
        self.ready.remove(&(queue.running, index));
        queue.running -= 1;
        self.make_ready(index);
        let queue = &self.hosts[index];
        (queue.running == 0 && queue.jobs.is_empty()).then_some(queue.name.as_str())
    }
}

/// With which of so many jobs a turn begins. Turns follow each other by one, and a part is reached in each: steps by the
/// golden section spread evenly however many there were, and each is the first once in as many turns as there are jobs.
fn first_job(turn: u64, jobs: usize) -> usize {
    let jobs = jobs as u64;
    if jobs == 0 {
        return 0;
    }
    // A step that has no divisor in common with their number comes to all of them; one more than that number is one.
    let near = (jobs * 618 / 1_000).max(1);
    let step = (near..=jobs + 1).find(|step| greatest_common_divisor(*step, jobs) == 1).unwrap_or(1);
    usize::try_from(turn % jobs * step % jobs).unwrap_or_default()
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::first_job;

    #[test]
    fn every_job_is_first_once_in_as_many_turns_as_there_are_jobs() {
        for jobs in 1..=300_usize {
            let firsts: BTreeSet<usize> = (0..jobs as u64).map(|turn| first_job(turn + 20_000, jobs)).collect();
            assert_eq!(firsts.len(), jobs);
        }
        assert_eq!(first_job(7, 0), 0);
    }

    #[test]
    fn a_fifth_of_the_jobs_in_each_turn_is_all_of_them_within_ten_turns() {
        for jobs in [10_usize, 95, 100, 200, 300] {
            let reached = (0..10).flat_map(|turn| {
                let first = first_job(turn, jobs);
                (first..first + jobs.div_ceil(5)).map(move |job| job % jobs)
            });
            assert_eq!(reached.collect::<BTreeSet<usize>>().len(), jobs);
        }
    }
}
