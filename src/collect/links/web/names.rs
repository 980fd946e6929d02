//! Names of hosts → permitted addresses; each name is looked up once, however many links wait for it.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::Hosts;
use crate::collect::links::address::{Rules, Unresolved};

/// A name is looked up anew after this, and at once where that failed.
const FRESH: Duration = Duration::from_secs(60);

/// A resolver that gives permitted addresses only.
pub(super) struct Permitted {
    hosts: Hosts,
    rules: Rules,
    known: Arc<Mutex<BTreeMap<String, Known>>>,
}

/// What a look-up found, or is about to find; `None` where it failed.
#[derive(Clone)]
struct Known {
    since: Instant,
    found: Arc<OnceCell<Option<Vec<IpAddr>>>>,
}

impl Permitted {
    pub(super) fn new(hosts: Hosts, rules: Rules) -> Self {
        Self { hosts, rules, known: Arc::default() }
    }
}

impl Resolve for Permitted {
    fn resolve(&self, name: Name) -> Resolving {
        let (hosts, rules) = (self.hosts.clone(), self.rules.clone());
        let found = known(&self.known, name.as_str());
        Box::pin(async move {
            let found = found.get_or_init(|| look_up(&hosts, name.as_str())).await.clone();
            // Judged each time: what is remembered is what a name stands for, not that it is permitted.
            let permitted = rules.resolved(found.ok_or(Unresolved::NoHost)?)?;
            let addresses: Vec<SocketAddr> = match &hosts {
                Hosts::Internet | Hosts::Named(_) => permitted.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect(),
                Hosts::Box { web, .. } => vec![*web],
            };
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// The look-up of a name: one that is fresh or under way, or a new one.
fn known(all: &Mutex<BTreeMap<String, Known>>, name: &str) -> Arc<OnceCell<Option<Vec<IpAddr>>>> {
    let now = Instant::now();
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    let failed = |known: &Known| known.found.get().is_some_and(Option::is_none);
    let fresh = all.get(name).filter(|known| now.saturating_duration_since(known.since) < FRESH && !failed(known));
    let known = fresh.cloned().unwrap_or_else(|| Known { since: now, found: Arc::default() });
    all.insert(name.to_owned(), known.clone());
    known.found
}

async fn look_up(hosts: &Hosts, name: &str) -> Option<Vec<IpAddr>> {
    match hosts {
        Hosts::Internet => {
            tokio::net::lookup_host((name, 0)).await.ok().map(|found| found.map(|address| address.ip()).collect())
        }
        Hosts::Named(lookup) | Hosts::Box { lookup, .. } => Some(lookup.addresses(name).await),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::Lookup;
    use super::*;

    struct Slow(AtomicUsize);

    #[async_trait::async_trait]
    impl Lookup for Slow {
        async fn addresses(&self, name: &str) -> Vec<IpAddr> {
            self.0.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_secs(1)).await;
            if name == "a.example" { vec!["1.2.3.4".parse().unwrap()] } else { Vec::new() }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_is_looked_up_once_for_all_who_ask() {
        let slow = Arc::new(Slow(AtomicUsize::new(0)));
        let permitted = Permitted::new(Hosts::Named(Arc::clone(&slow) as Arc<dyn Lookup>), Rules::default());
        let ask = |name: &str| permitted.resolve(name.parse().unwrap());
        for (name, there) in [("a.example", true), ("none.example", false)] {
            let answers = futures_util::future::join_all((0..128).map(|_| ask(name))).await;
            assert!(answers.iter().all(|answer| answer.is_ok() == there), "{name}");
        }
        assert_eq!(slow.0.load(Ordering::Relaxed), 2);
        tokio::time::sleep(FRESH).await;
        assert!(ask("a.example").await.is_ok());
        assert_eq!(slow.0.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn a_look_up_that_failed_is_made_anew_and_one_that_found_nothing_is_not() {
        let all = Mutex::default();
        known(&all, "a.example").set(None).unwrap();
        assert!(known(&all, "a.example").get().is_none());
        known(&all, "a.example").set(Some(Vec::new())).unwrap();
        assert!(known(&all, "a.example").get().is_some());
    }
}
