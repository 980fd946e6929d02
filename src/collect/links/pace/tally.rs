//! What a host was asked in a run and how it answered, in little memory: answers are counted by how long they took,
//! none is kept.

use std::time::Duration;

use crate::pod::traffic::HostTraffic;

/// A bucket for each time below sixteen milliseconds, then eight for each doubling: a median is right within an eighth.
const EXACT: usize = 16;
const IN_A_DOUBLING: usize = 8;
/// Up to 2^20 ms, which is seventeen minutes; no deadline is longer.
const BUCKETS: usize = EXACT + 16 * IN_A_DOUBLING;

/// What is counted of a host.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) requests: u64,
    pub(super) retries: u64,
    pub(super) failures: u64,
    pub(super) held: Duration,
    slowest: u64,
    /// Empty until the first answer.
    times: Vec<u32>,
}

impl Tally {
    /// An answer came, after so long.
    pub(super) fn answered(&mut self, took: Duration) {
        let millis = millis(took);
        self.slowest = self.slowest.max(millis);
        self.times.resize(BUCKETS, 0);
        if let Some(count) = self.times.get_mut(bucket(millis)) {
            *count = count.saturating_add(1);
        }
    }

    /// What is told of it; nothing of a host that was not asked.
    pub(super) fn told(&self, host: &str) -> Option<HostTraffic> {
        let answers: u64 = self.times.iter().map(|count| u64::from(*count)).sum();
        (self.requests > 0).then(|| HostTraffic {
            host: host.strip_suffix(":443").unwrap_or(host).to_owned(),
            requests: self.requests,
            retries: self.retries,
            failures: self.failures,
            held_ms: millis(self.held),
            median_ms: (answers > 0).then(|| self.median(answers)),
            slowest_ms: (answers > 0).then_some(self.slowest),
        })
    }

    fn median(&self, answers: u64) -> u64 {
        let mut before = 0;
        let middle = self.times.iter().position(|count| {
            before += u64::from(*count);
            before * 2 >= answers
        });
        middle.map_or(self.slowest, floor).min(self.slowest)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The bucket of a time in milliseconds.
fn bucket(millis: u64) -> usize {
    if millis < EXACT as u64 {
        return usize::try_from(millis).unwrap_or(0);
    }
    let doubling = millis.ilog2();
    let eighth = usize::try_from((millis >> (doubling - 3)) & 7).unwrap_or(7);
    (EXACT + (doubling as usize - 4) * IN_A_DOUBLING + eighth).min(BUCKETS - 1)
}

/// The shortest time in a bucket.
fn floor(bucket: usize) -> u64 {
    match bucket.checked_sub(EXACT) {
        None => bucket as u64,
        Some(above) => ((IN_A_DOUBLING + above % IN_A_DOUBLING) as u64) << (above / IN_A_DOUBLING + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_right_within_an_eighth_and_the_slowest_exactly() {
        for times in [vec![3], vec![50; 9], (1..=999).collect(), vec![1, 1, 20_000], vec![u64::MAX; 3], vec![0, 0]] {
            let mut tally = Tally { requests: 1, ..Tally::default() };
            for time in &times {
                tally.answered(Duration::from_millis(*time));
            }
            let told = tally.told("a.example:443").unwrap();
            let (exact, found) = (times[(times.len() - 1) / 2].min(1 << 20), told.median_ms.unwrap());
            assert!(found <= exact && exact - found <= exact / 8, "{times:?}: {found}");
            assert_eq!((told.slowest_ms, told.host.as_str()), (times.iter().max().copied(), "a.example"));
        }
        for millis in 0..1_000_000 {
            let bucket = bucket(millis);
            assert!(floor(bucket) <= millis && millis < floor(bucket + 1), "{millis}");
        }
    }
}
