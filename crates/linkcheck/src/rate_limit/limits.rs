//! How often hosts are asked, all alike or some by limits of their own.

use std::collections::BTreeMap;

/// How many requests at once and in a second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimits {
    /// At once to one host.
    pub concurrent_per_host: usize,
    /// At once to all hosts.
    pub concurrent_total: usize,
    /// To one host before the rate counts.
    pub burst: u32,
    /// To one host in a second after that; 0 for no limit.
    pub per_second: u32,
    /// Hosts with limits of their own: by name, or `*.` and a domain for every host below it.
    pub host_limits: BTreeMap<String, HostLimits>,
}

/// How many requests one host gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostLimits {
    /// At once.
    pub concurrent: usize,
    /// Before the rate counts.
    pub burst: u32,
    /// In a second after that; 0 for no limit.
    pub per_second: u32,
}

impl RateLimits {
    /// For a worker that nobody waits for: 2 at once to a host, 16 in all (threat sheet, T7).
    pub const CAREFUL: Self =
        Self { concurrent_per_host: 2, concurrent_total: 16, burst: 30, per_second: 20, host_limits: BTreeMap::new() };
    /// For a person who waits: `--limits polite` (design, section 4).
    pub const POLITE: Self =
        Self { concurrent_per_host: 8, concurrent_total: 128, burst: 30, per_second: 20, host_limits: BTreeMap::new() };
    /// For one's own servers: `--limits none`.
    pub const NONE: Self =
        Self { concurrent_per_host: 128, concurrent_total: 128, burst: 0, per_second: 0, host_limits: BTreeMap::new() };

    /// The limits of a host, named `host:port`: its own, else those of the nearest domain above it, else those of all.
    pub fn for_host(&self, host: &str) -> HostLimits {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_end_matches('.');
        let mut domains = name.match_indices('.').map(|(dot, _)| format!("*{}", &name[dot..]));
        let own = self.host_limits.get(name).or_else(|| domains.find_map(|domain| self.host_limits.get(&domain)));
        let ordinary =
            HostLimits { concurrent: self.concurrent_per_host, burst: self.burst, per_second: self.per_second };
        own.copied().unwrap_or(ordinary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_its_own_limits_before_those_of_the_nearest_domain_and_of_all() {
        let only = |per_host| HostLimits { concurrent: per_host, burst: 1, per_second: 1 };
        let hosts = [("docs.example.com", 1), ("*.example.com", 3), ("*.far.example.com", 4), ("[::1]", 5)];
        let hosts = hosts.map(|(name, per_host)| (name.to_owned(), only(per_host)));
        let limits = RateLimits { host_limits: BTreeMap::from(hosts), ..RateLimits::POLITE };
        for (host, expected) in [
            ("docs.example.com:443", 1),
            ("docs.example.com.:8080", 1),
            ("other.example.com:443", 3),
            ("a.far.example.com:443", 4),
            ("far.example.com:443", 3),
            ("[::1]:80", 5),
            // The domain itself is no host below it, and an end of the same letters is another domain.
            ("example.com:443", 8),
            ("notexample.com:443", 8),
            ("localhost:80", 8),
        ] {
            assert_eq!(limits.for_host(host).concurrent, expected, "{host}");
        }
        assert_eq!(limits.for_host("localhost:80"), HostLimits { concurrent: 8, burst: 30, per_second: 20 });
    }
}
