//! The page of the box against what the box expects of it.

use std::sync::Arc;

use podkeeper::collect::handbook;
use podkeeper::collect::links::policy::Policy;
use podkeeper::collect::links::progress::Progress;
use podkeeper::collect::links::web::{Settings, Web};
use podkeeper::collect::links::{Document, probe};
use podkeeper::sandbox::{PastSession, Plot, PodPlot, World, expectations};
use url::Url;

use super::stage::{BoxWeb, NOW, Stage, seen};

#[tokio::test(start_paused = true)]
async fn the_page_of_the_box_is_judged_as_the_box_expects() {
    let plot = PodPlot {
        key: "example".to_owned(),
        name: "Example Pod".to_owned(),
        page_project: "juniper/handbook".to_owned(),
        page_path: "content/pod.md".to_owned(),
        page_ref: "main".to_owned(),
        pairing_project: "juniper/pairing".to_owned(),
        label: "pod::example".to_owned(),
        past: [18, 11].map(past).to_vec(),
        ..PodPlot::default()
    };
    let world = World::seeded(&Plot { now: NOW.parse().unwrap(), pods: vec![plot.clone()] });
    let project = world.project_at(&plot.page_project).unwrap();
    let text = project.file(&plot.page_ref, &plot.page_path).unwrap().to_owned();
    let page = handbook::parse(&text, &plot.page_path);
    let token = world.tokens["read_api"].value.clone();
    let stage = Stage::new(world, Some(&token));
    let progress = Progress::default();
    let settings = Settings { progress: progress.clone(), ..Settings::default() };
    let web = Web::over(Arc::new(BoxWeb(stage.sandbox.clone())), settings);
    let site: Url = "https://handbook.gitlab.com".parse().unwrap();
    let document = Document { path: &plot.page_path, links: &page.links, site: Some(&site), local: None };
    let probed = probe(&[document], &[], &stage.reader, &web, &Policy::default()).await;
    let places: usize = probed.observations.iter().map(|seen| seen.places.len()).sum();
    assert_eq!(places, page.links.len());
    let so_far = progress.so_far(tokio::time::Instant::now());
    assert!(so_far.all > 0 && so_far.done == so_far.all && so_far.held.is_none(), "{so_far:?}");
    let reads = stage.reader.counts().reads();
    println!("links={places} api_requests={reads} web_requests={}", probed.web_requests);
    assert!(reads <= 4, "{reads} requests for the links of one page");
    let seen = seen(probed);
    let mut wrong = Vec::new();
    for (url, expected) in expectations(&plot) {
        let found = &seen[&url];
        if found.verdict.word() != expected {
            wrong.push(format!("{url}: {} ({}), expected {expected}", found.verdict.word(), found.reason));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn past(day: u32) -> PastSession {
    PastSession {
        key: format!("example/weekly/2026-W{}", 46 + day / 18),
        title: "A session".to_owned(),
        start: format!("2026-11-{day}T15:00:00Z").parse().unwrap(),
    }
}
