//! Hosts with limits of their own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use linkcheck::rate_limit::{HostLimits, RateLimits};
use linkcheck::web::{Fetch, FetchError, FetchResponse, WebClient, WebSettings};
use podkeeper::pod::verdict::Verdict;
use tokio::time::Instant;
use url::Url;

use super::stage::{InMemoryWeb, ScriptedResponse, Stage, empty_world, observations_by_url};
use crate::exit_codes::{empty_temp_folder, run_podkeeper_with_env};

/// A web that notes when each host was asked, and how many requests it had to answer at once.
struct TimedWeb {
    memory: Arc<InMemoryWeb>,
    start: Instant,
    asked: Mutex<BTreeMap<String, Vec<Duration>>>,
    busy: Mutex<BTreeMap<String, (usize, usize)>>,
}

#[async_trait::async_trait]
impl Fetch for TimedWeb {
    async fn get(&self, url: &Url) -> Result<FetchResponse, FetchError> {
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
    let says: Vec<[ScriptedResponse; 1]> = urls.iter().map(|url| [ScriptedResponse::page(url)]).collect();
    let pairs: Vec<(&str, &[ScriptedResponse])> =
        urls.iter().zip(&says).map(|(url, says)| (url.as_str(), &says[..])).collect();
    let timed = Arc::new(TimedWeb {
        memory: InMemoryWeb::of(&pairs),
        start: Instant::now(),
        asked: Mutex::default(),
        busy: Mutex::default(),
    });
    let own = BTreeMap::from([
        ("docs.example.com".to_owned(), HostLimits { concurrent: 1, burst: 5, per_second: 2 }),
        ("*.example.com".to_owned(), HostLimits { concurrent: 3, burst: 1, per_second: 10 }),
    ]);
    let settings = WebSettings {
        jitter_seed: 7,
        limits: RateLimits { host_limits: own, ..RateLimits::POLITE },
        ..WebSettings::default()
    };
    let web = WebClient::with_fetch(Arc::clone(&timed) as Arc<dyn Fetch>, settings);
    let probed =
        Stage::new(empty_world(), None).check_links(&urls.iter().map(String::as_str).collect::<Vec<_>>(), &web).await;
    assert!(observations_by_url(probed).values().all(|seen| seen.assessment.verdict == Verdict::Alive));

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
    let file = empty_temp_folder("limits").join("limits.toml");
    let path = file.to_str().unwrap();
    let check = ["check", "README.md", "--offline", "--fail-on", "critical", "--limits", path];
    std::fs::write(&file, "per_host = 4\n\n[host.\"docs.example.com\"]\nper_hots = 1\n").unwrap();
    run_podkeeper_with_env(&check, &[])
        .await
        .assert_ends(2, &["limits.toml:4:1", "unknown key `per_hots` in [host.\"…\"]", "did you mean `per_host`?"]);
    std::fs::write(&file, "[host.\"https://docs.example.com\"]\nper_host = 1\n").unwrap();
    let reported = run_podkeeper_with_env(&check, &[]).await;
    reported.assert_ends(2, &["limits.toml:1:7", "[host.\"…\"] names no host", "its name alone"]);
    std::fs::write(&file, "per_host = \"4\"\nburst = -1\n").unwrap();
    let reported = run_podkeeper_with_env(&check, &[]).await;
    reported.assert_ends(
        2,
        &["limits.toml:1:", "should be a whole number, not a text in quotes", "write per_host = 10", "`burst`"],
    );
    assert!(!reported.err.contains("u32") && !reported.err.contains("expected"), "{reported:?}");
    std::fs::write(&file, "[host.\"docs.example.com\"]\nper_host = 1\n").unwrap();
    run_podkeeper_with_env(&check, &[]).await.assert_ends(0, &["skipped"]);
}
