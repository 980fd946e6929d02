//! The links of a run split over several jobs, by the hosts that are asked: so each host has one rate limit.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// One part of the links, written as `2/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    index: u32,
    count: u32,
}

impl Shard {
    /// All links: one part of one.
    pub const WHOLE: Self = Self { index: 1, count: 1 };

    /// Reads `i/n`, counted from 1, as GitLab's `$CI_NODE_INDEX/$CI_NODE_TOTAL` has it.
    ///
    /// # Errors
    /// A sentence with a good value.
    pub fn parse(text: &str) -> Result<Self, String> {
        let number = |digits: &str| digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let parts = text.split_once('/').and_then(|(index, count)| Some((number(index)?, number(count)?)));
        match parts {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Self { index, count }),
            Some((_, count @ 1..)) => Err(format!("the shards of {count} are 1/{count} to {count}/{count}")),
            _ => Err("write a shard as I/N, for example 2/8, or \"$CI_NODE_INDEX/$CI_NODE_TOTAL\"".to_owned()),
        }
    }

    /// Which one it is, from 1.
    pub fn index(self) -> u32 {
        self.index
    }

    /// How many there are.
    pub fn count(self) -> u32 {
        self.count
    }

    /// Whether a host, or what has none, is this one's. The same in every version and on every machine.
    pub(super) fn owns_host(self, host: &str) -> bool {
        let hash = Sha256::digest(host.as_bytes());
        // A hash as one long number, reduced byte by byte.
        let rest = hash.iter().fold(0_u64, |rest, byte| (rest * 256 + u64::from(*byte)) % u64::from(self.count));
        rest + 1 == u64::from(self.index)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_a_shard_is_read_as_one() {
        assert_eq!(Shard::parse("2/8"), Ok(Shard { index: 2, count: 8 }));
        assert_eq!(Shard::parse("1/1"), Ok(Shard::WHOLE));
        for wrong in [
            "0/3",
            "4/3",
            "a/b",
            "3",
            "",
            "/",
            "1/",
            "/3",
            "+1/3",
            "1/3/3",
            " 1/3",
            "-1/3",
            "1/0",
            "0/0",
            "99999999999/99999999999",
        ] {
            let error = Shard::parse(wrong).unwrap_err();
            assert!(error.contains("2/8") || error.contains("1/3 to 3/3"), "{wrong}: {error}");
        }
    }

    #[test]
    fn each_host_is_one_shards_and_each_shard_gets_its_part() {
        for count in [1, 2, 3, 8] {
            let shards: Vec<Shard> = (1..=count).map(|index| Shard { index, count }).collect();
            let mut sizes = vec![0; shards.len()];
            for host in (0..1_000).map(|n| format!("host-{n}.example")) {
                let owners: Vec<usize> = (0..shards.len()).filter(|at| shards[*at].owns_host(&host)).collect();
                assert_eq!(owners.len(), 1, "{host} of {count}");
                sizes[owners[0]] += 1;
            }
            let fair = 1_000 / shards.len();
            assert!(sizes.iter().all(|size| (fair / 2..=fair * 2).contains(size)), "{sizes:?}");
        }
        // What one version splits, another has to find again.
        assert!(Shard { index: 5, count: 8 }.owns_host("docs.gitlab.com"));
    }
}
