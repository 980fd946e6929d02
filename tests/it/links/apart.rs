//! Hosts with limits of their own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use podkeeper::collect::links::pace::{HostLimits, Limits};
use podkeeper::collect::links::web::{Fetch, Lost, Reply, Settings, Web};
use podkeeper::pod::verdict::Verdict;
use tokio::time::Instant;
use url::Url;

use super::stage::{Memory, Says, Stage, empty, seen};
use crate::endings::{podkeeper_in, scratch};

/// A web that notes when each host was asked, and how many requests it had to answer at once.
struct Timed {
    memory: Arc<Memory>,
    start: Instant,
    asked: Mutex<BTreeMap<String, Vec<Duration>>>,
    busy: Mutex<BTreeMap<String, (usize, usize)>>,
}

#[async_trait::async_trait]
impl Fetch for Timed {
    async fn get(&self, url: &Url) -> Result<Reply, Lost> {
        let host = url.host_str().unwrap().to_owned();
        self.asked.lock().unwrap().entry(host.clone()).or_default().push(self.start.elapsed());
        {
            let mut busy = self.busy.lock().unwrap();
            let (now, most) = busy.entry(host.clone()).or_default();
            *now += 1;
            *most = (*most).max(*now);
        }
        let reply = self.memory.get(url).await;
        self.busy.lock().unwrap().get_mut(&host).unwrap().0 -= 1;
        reply
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_with_its_own_limits_is_asked_no_faster_and_no_other_slower() {
    let hosts = ["docs.example.com", "www.example.com", "example.com", "other.example"];
    let urls: Vec<String> = hosts.iter().flat_map(|host| (0..25).map(move |n| format!("https://{host}/{n}"))).collect();
    let says: Vec<[Says; 1]> = urls.iter().map(|url| [Says::page(url)]).collect();
    let pairs: Vec<(&str, &[Says])> = urls.iter().zip(&says).map(|(url, says)| (url.as_str(), &says[..])).collect();
    let timed = Arc::new(Timed {
        memory: Memory::of(&pairs),
        start: Instant::now(),
        asked: Mutex::default(),
        busy: Mutex::default(),
    });
    let own = BTreeMap::from([
        ("docs.example.com".to_owned(), HostLimits { per_host: 1, burst: 5, per_second: 2 }),
        ("*.example.com".to_owned(), HostLimits { per_host: 3, burst: 1, per_second: 10 }),
    ]);
    let settings = Settings { seed: 7, limits: Limits { hosts: own, ..Limits::POLITE }, ..Settings::default() };
    let web = Web::over(Arc::clone(&timed) as Arc<dyn Fetch>, settings);
    let probed = Stage::new(empty(), None).probe(&urls.iter().map(String::as_str).collect::<Vec<_>>(), &web).await;
    assert!(seen(probed).values().all(|seen| seen.verdict == Verdict::Alive));

    let asked = timed.asked.lock().unwrap();
    let within = |host: &str, millis: u64| asked[host].iter().filter(|at| at.as_millis() < u128::from(millis)).count();
    // Five, then two a second: 20 more take ten seconds.
    let docs = &asked["docs.example.com"];
    assert!(docs.windows(6).all(|six| six[0] + Duration::from_millis(500) <= six[5]), "{docs:?}");
    let took = docs[24];
    assert!(took >= Duration::from_millis(9_900) && took <= Duration::from_millis(10_300), "{took:?}");
    // The exact name comes before the domain; below the domain there is another rate.
    let www = &asked["www.example.com"];
    assert!(www[24] >= Duration::from_millis(2_350) && www[24] <= Duration::from_millis(2_500), "{www:?}");
    // All others are as polite as ever, and none of them waits for the slow ones.
    for host in ["example.com", "other.example"] {
        assert_eq!(within(host, 300), 25, "{:?}", asked[host]);
    }
    let most: Vec<usize> = hosts.iter().map(|host| timed.busy.lock().unwrap()[*host].1).collect();
    assert!(most[0] == 1 && most[1] <= 3 && most[2..] == [8, 8], "{most:?}");
}

#[tokio::test]
async fn a_limit_that_there_is_not_is_named_with_its_line() {
    let file = scratch("limits").join("limits.toml");
    let path = file.to_str().unwrap();
    let check = ["check", "README.md", "--offline", "--fail-on", "critical", "--limits", path];
    std::fs::write(&file, "per_host = 4\n\n[host.\"docs.example.com\"]\nper_hots = 1\n").unwrap();
    podkeeper_in(&check, &[]).await.ends(
        2,
        &["limits.toml:4:1", "unknown key `per_hots` in [host.\"docs.example.com\"]", "did you mean `per_host`?"],
    );
    std::fs::write(&file, "[host.\"https://docs.example.com\"]\nper_host = 1\n").unwrap();
    let told = podkeeper_in(&check, &[]).await;
    told.ends(2, &["limits.toml:1:7", "[host.\"https://docs.example.com\"] names no host", "its name alone"]);
    std::fs::write(&file, "per_host = \"4\"\nburst = -1\n").unwrap();
    let told = podkeeper_in(&check, &[]).await;
    told.ends(
        2,
        &["limits.toml:1:", "should be a whole number, not a text in quotes", "write per_host = 10", "`burst`"],
    );
    assert!(!told.err.contains("u32") && !told.err.contains("expected"), "{told:?}");
    std::fs::write(&file, "[host.\"docs.example.com\"]\nper_host = 1\n").unwrap();
    podkeeper_in(&check, &[]).await.ends(0, &["skipped"]);
}
