//! Names of hosts → permitted addresses; each name is looked up once, however many links wait for it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::HostResolution;
use super::connect_fault::is_unknown_name;
use crate::address_policy::{AddressPolicy, ResolveError, is_local_name, is_loopback_name};

/// A name is looked up anew after this, and at once where that failed.
const CACHE_TTL: Duration = Duration::from_secs(60);

/// For which ports names are resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PortScope {
    /// Those that are open on every host.
    Open,
    /// Those that are open on hosts of opened networks alone.
    OpenedNetworks,
}

/// A resolver that gives permitted addresses only.
pub(super) struct PublicResolver {
    hosts: HostResolution,
    rules: AddressPolicy,
    ports: PortScope,
    known: Arc<Mutex<BTreeMap<String, CachedName>>>,
}

/// What a look-up found, or is about to find: nothing where there is no such host, and `None` where nobody said so.
#[derive(Clone)]
struct CachedName {
    since: Instant,
    found: Arc<OnceCell<Option<Vec<IpAddr>>>>,
}

impl PublicResolver {
    pub(super) fn new(hosts: HostResolution, rules: AddressPolicy, ports: PortScope) -> Self {
        Self { hosts, rules, ports, known: Arc::default() }
    }
}

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (hosts, rules, ports) = (self.hosts.clone(), self.rules.clone(), self.ports);
        let found = get_or_start_lookup(&self.known, name.as_str());
        Box::pin(async move {
            let found = found.get_or_init(|| resolve_name(&hosts, name.as_str())).await.clone();
            // Judged each time: what is remembered is what a name stands for, not that it is permitted.
            let found = keep_opened_loopback(&rules, name.as_str(), found.ok_or(ResolveError::DnsSilent)?);
            let permitted = match ports {
                PortScope::Open => rules.check_resolved(found)?,
                PortScope::OpenedNetworks => rules.check_resolved_for_any_port(found)?,
            };
            let addresses: Vec<SocketAddr> = match &hosts {
                HostResolution::Internet | HostResolution::Custom(_) => {
                    permitted.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect()
                }
                HostResolution::Sandbox { address: web, .. } => vec![*web],
            };
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// This machine has an address of each kind, and whoever opened one of them meant the machine.
fn keep_opened_loopback(rules: &AddressPolicy, name: &str, mut found: Vec<IpAddr>) -> Vec<IpAddr> {
    if is_local_name(name) && found.iter().any(|address| rules.allows(*address)) {
        found.retain(|address| rules.allows(*address));
    }
    found
}

/// The look-up of a name: one that is fresh or under way, or a new one.
fn get_or_start_lookup(all: &Mutex<BTreeMap<String, CachedName>>, name: &str) -> Arc<OnceCell<Option<Vec<IpAddr>>>> {
    let now = Instant::now();
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    let failed = |known: &CachedName| known.found.get().is_some_and(Option::is_none);
    let fresh = all.get(name).filter(|known| now.saturating_duration_since(known.since) < CACHE_TTL && !failed(known));
    let known = fresh.cloned().unwrap_or_else(|| CachedName { since: now, found: Arc::default() });
    all.insert(name.to_owned(), known.clone());
    known.found
}

async fn resolve_name(hosts: &HostResolution, name: &str) -> Option<Vec<IpAddr>> {
    match hosts {
        // Not every system's resolver knows names below it, or with a dot behind it.
        HostResolution::Internet if is_loopback_name(name) => {
            Some(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])
        }
        HostResolution::Internet => match tokio::net::lookup_host((name, 0)).await {
            Ok(found) => Some(found.map(|address| address.ip()).collect()),
            Err(error) => is_unknown_name(&error.to_string()).then(Vec::new),
        },
        HostResolution::Custom(lookup) | HostResolution::Sandbox { resolver: lookup, .. } => {
            Some(lookup.resolve(name).await)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::NameResolver;
    use super::*;

    struct Slow(AtomicUsize);

    #[async_trait::async_trait]
    impl NameResolver for Slow {
        async fn resolve(&self, name: &str) -> Vec<IpAddr> {
            self.0.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_secs(1)).await;
            if name == "a.example" { vec!["1.2.3.4".parse().unwrap()] } else { Vec::new() }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_is_looked_up_once_for_all_who_ask() {
        let slow = Arc::new(Slow(AtomicUsize::new(0)));
        let permitted = PublicResolver::new(
            HostResolution::Custom(Arc::clone(&slow) as Arc<dyn NameResolver>),
            AddressPolicy::default(),
            PortScope::Open,
        );
        let ask = |name: &str| permitted.resolve(name.parse().unwrap());
        for (name, there) in [("a.example", true), ("none.example", false)] {
            let answers = futures_util::future::join_all((0..128).map(|_| ask(name))).await;
            assert!(answers.iter().all(|answer| answer.is_ok() == there), "{name}");
        }
        assert_eq!(slow.0.load(Ordering::Relaxed), 2);
        tokio::time::sleep(CACHE_TTL).await;
        assert!(ask("a.example").await.is_ok());
        assert_eq!(slow.0.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn who_opened_one_address_of_this_machine_meant_the_machine() {
        let both: Vec<IpAddr> = ["127.0.0.1", "::1"].map(|one| one.parse().unwrap()).to_vec();
        let opened = AddressPolicy::allowing(vec!["127.0.0.0/8".parse().unwrap()]);
        assert_eq!(keep_opened_loopback(&opened, "localhost", both.clone()), both[..1]);
        // Any other name is refused as a whole.
        assert_eq!(keep_opened_loopback(&opened, "a.example", both.clone()), both);
        assert_eq!(keep_opened_loopback(&AddressPolicy::default(), "localhost", both.clone()), both);
    }

    #[tokio::test]
    async fn names_of_this_machine_are_its_loopback_addresses_without_dns() {
        let opened = AddressPolicy::allowing(vec!["127.0.0.0/8".parse().unwrap()]);
        let resolver = PublicResolver::new(HostResolution::Internet, opened, PortScope::Open);
        for name in ["localhost", "localhost.", "foo.localhost", "a.b.localhost."] {
            let found: Vec<SocketAddr> = resolver.resolve(name.parse().unwrap()).await.unwrap().collect();
            assert_eq!(found, ["127.0.0.1:0".parse().unwrap()], "{name}");
        }
        let closed = PublicResolver::new(HostResolution::Internet, AddressPolicy::default(), PortScope::Open);
        assert!(closed.resolve("foo.localhost".parse().unwrap()).await.is_err());
    }

    #[tokio::test]
    async fn a_look_up_that_failed_is_made_anew_and_one_that_found_nothing_is_not() {
        let all = Mutex::default();
        get_or_start_lookup(&all, "a.example").set(None).unwrap();
        assert!(get_or_start_lookup(&all, "a.example").get().is_none());
        get_or_start_lookup(&all, "a.example").set(Some(Vec::new())).unwrap();
        assert!(get_or_start_lookup(&all, "a.example").get().is_some());
    }
}
