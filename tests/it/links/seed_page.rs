//! The page of the sandbox against what the sandbox expects of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use linkcheck::check_options::CheckOptions;
use linkcheck::progress::Progress;
use linkcheck::web::{Fetch as _, WebClient, WebSettings};
use linkcheck::{Document, check_links};
use podkeeper::collect::handbook;
use podkeeper::pod::verdict::{Observation, Verdict};
use podkeeper::sandbox::{PastSession, Seed, SeedPod, expected_verdicts, seed};
use url::Url;

use super::stage::{NOW, SandboxWeb, Stage, observations_by_url};

#[tokio::test(start_paused = true)]
async fn the_page_of_the_box_is_judged_as_the_box_expects() {
    let pod = SeedPod {
        key: "example".to_owned(),
        name: "Example Pod".to_owned(),
        page_project: "juniper/handbook".to_owned(),
        page_path: "content/pod.md".to_owned(),
        page_ref: "main".to_owned(),
        pairing_project: "juniper/pairing".to_owned(),
        label: "pod::example".to_owned(),
        past_sessions: [18, 11].map(past).to_vec(),
        ..SeedPod::default()
    };
    let world = seed::build_world(&Seed { now: NOW.parse().unwrap(), pods: vec![pod.clone()] });
    let project = world.project_by_path(&pod.page_project).unwrap();
    let text = project.file_text(&pod.page_ref, &pod.page_path).unwrap().to_owned();
    let page = handbook::parse_pod_page(&text, &pod.page_path);
    let stage = Stage::new(world, None);
    let progress = Progress::default();
    let settings = WebSettings { progress: progress.clone(), ..WebSettings::default() };
    let web = WebClient::with_fetch(Arc::new(SandboxWeb(stage.sandbox.clone())), settings);
    let site: Url = "https://handbook.gitlab.com".parse().unwrap();
    let document =
        Document { path: &pod.page_path, links: (&page.links).into(), site_url: Some(&site), local_files: None };
    let probed = check_links(&[document], &[], &stage.reader, &web, &CheckOptions::default()).await;
    let places: usize = probed.observations.iter().map(|seen| seen.places.len()).sum();
    assert_eq!(places, page.links.len());
    let so_far = progress.state(tokio::time::Instant::now());
    assert!(so_far.all > 0 && so_far.done == so_far.all && so_far.longest_wait.is_none(), "{so_far:?}");
    let reads = stage.reader.request_log().read_count();
    println!("links={places} api_requests={reads} web_requests={}", probed.web_requests);
    assert!(reads <= 4, "{reads} requests for the links of one page");
    let seen = observations_by_url(probed);
    assert_advice_answers_by_itself(&stage, &site, &seen).await;
    let mut wrong = Vec::new();
    for (url, expected) in expected_verdicts(&pod) {
        let found = &seen[&url];
        if found.assessment.verdict.as_str() != expected {
            wrong.push(format!(
                "{url}: {} ({}), expected {expected}",
                found.assessment.verdict.as_str(),
                found.assessment.reason
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Every address that is advised, asked once, shows its page; and a link that begins with `/` gets one that does.
async fn assert_advice_answers_by_itself(stage: &Stage, site: &Url, seen: &BTreeMap<String, Observation>) {
    let web = SandboxWeb(stage.sandbox.clone());
    let mut moves_of_docs = 0;
    for (url, found) in seen.iter().filter(|(_, found)| found.assessment.verdict == Verdict::Moved) {
        let better = found.assessment.suggestion.as_ref().unwrap_or_else(|| panic!("{url}: no advice")).as_str();
        assert_eq!(better.starts_with('/'), url.starts_with('/'), "{url}: {better}");
        let mut better = site.join(better).unwrap();
        better.set_fragment(None);
        let status = web.get(&better).await.unwrap().status;
        assert_eq!(status, 200, "{url}: {better}");
        moves_of_docs += usize::from(url.starts_with("https://docs.gitlab.com/") || url.starts_with('/'));
    }
    assert_eq!(moves_of_docs, 21);
}

fn past(day: u32) -> PastSession {
    PastSession {
        key: format!("example/weekly/2026-W{}", 46 + day / 18),
        title: "A session".to_owned(),
        start: format!("2026-11-{day}T15:00:00Z").parse().unwrap(),
    }
}
