//! A look at links that several jobs share comes to what one job sees alone.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use podkeeper::check::{Checked, Read, check};
use podkeeper::collect::links::policy::Policy;
use podkeeper::collect::links::seen::{self, Seen, Stand};
use podkeeper::collect::links::shard::Shard;
use podkeeper::collect::links::web::{Fetch, Lost, Reply, Settings, Web};
use podkeeper::collect::{Eyes, page};
use podkeeper::execute::Stop;
use podkeeper::gitlab::{Exchange, Failure, Purpose, Reader, connect, connect_to_write};
use podkeeper::pod::Pod;
use podkeeper::pod::observed::Observed;
use podkeeper::pod::rule::Audience;
use podkeeper::pod::run::Run;
use podkeeper::report::{Told, json};
use podkeeper::run::{Mode, run};
use url::Url;

use crate::links::stage::BoxWeb;
use crate::support::{Stage, now, shipped};

// Everybody looks at a copy of the box of their own, because some of its hosts answer otherwise the second time.

/// What was asked: addresses of the web, and questions about links in GitLab's API.
#[derive(Default)]
struct Notes {
    web: Mutex<Vec<String>>,
    api: Mutex<Vec<String>>,
}

struct NotedWeb(BoxWeb, Arc<Notes>);

#[async_trait::async_trait]
impl Fetch for NotedWeb {
    async fn get(&self, url: &Url) -> Result<Reply, Lost> {
        self.1.web.lock().unwrap().push(url.to_string());
        self.0.get(url).await
    }
}

struct NotedApi(Arc<dyn Exchange>, Arc<Notes>);

#[async_trait::async_trait]
impl Exchange for NotedApi {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        if request.uri().path().ends_with("/graphql") && body.contains("fullPath") {
            self.1.api.lock().unwrap().push(body);
        }
        self.0.exchange(request).await
    }
}

/// A worker's way to the stage's box, and what it asked there.
struct Way {
    reader: Reader,
    web: Web,
    notes: Arc<Notes>,
}

fn way(stage: &Stage) -> (podkeeper::gitlab::Access, Web, Arc<Notes>) {
    let notes = Arc::new(Notes::default());
    let mut access = stage.access_over(Arc::new(NotedApi(stage.exchange(), Arc::clone(&notes))), "api");
    let again = stage.access("api").tokens.into_values();
    access.tokens.extend([Purpose::Reports, Purpose::Agents].into_iter().zip(again));
    let web = NotedWeb(BoxWeb(stage.sandbox.clone()), Arc::clone(&notes));
    (access, Web::over(Arc::new(web), Settings::default()), notes)
}

impl Way {
    fn to(stage: &Stage) -> Self {
        let (access, web, notes) = way(stage);
        Self { reader: connect(&access).unwrap(), web, notes }
    }

    fn eyes<'a>(&'a self, policy: &'a Policy) -> Eyes<'a> {
        Eyes { reader: &self.reader, web: Some(&self.web), policy }
    }

    /// What the job of one shard sees of the pods' pages.
    async fn check(&self, pods: &[Pod], shard: Option<Shard>) -> Checked {
        let mut documents = Vec::new();
        for pod in pods {
            let Observed::Present(page) = page(&self.reader, &pod.page).await else { panic!("no page") };
            let (path, site) = (pod.page.path.clone(), pod.page.site.clone());
            let (label_groups, exceptions) = (pod.label_groups.clone(), pod.exceptions.clone());
            documents.push(Read { path, page, label_groups, within: None, site, exceptions });
        }
        let policy = Policy { shard, hands_on: true, ..Policy::default() };
        check(&mut documents, &[], self.eyes(&policy), now()).await
    }
}

fn stand() -> Stand<'static> {
    Stand { gitlab: "gitlab.com", boxed: true, now: now() }
}

/// The files of all jobs, what each job asked, and how many links each told of.
async fn shared(stage: &Stage, count: usize) -> (Vec<(String, String)>, Vec<Arc<Notes>>, usize) {
    let (mut files, mut notes, mut links) = (Vec::new(), Vec::new(), 0);
    for index in 1..=count {
        let stage = stage.copy();
        let shard = Shard::parse(&format!("{index}/{count}")).unwrap();
        let way = Way::to(&stage);
        let checked = way.check(&stage.pods, Some(shard)).await;
        links += checked.links;
        let text = seen::written(&stand(), Some(shard), &checked.seen, checked.blind.as_ref());
        files.push((format!("{index}.json"), text));
        notes.push(way.notes);
    }
    (files, notes, links)
}

async fn planned(stage: &Stage, seen: Option<Seen>) -> (Vec<Run>, Arc<Notes>) {
    let stage = stage.copy();
    let way = Way::to(&stage);
    let policy = Policy { seen: seen.map(Arc::new), ..Policy::default() };
    let runs = run(&stage.pods, way.eyes(&policy), Mode::Plan, stage.now, 10).await.unwrap();
    (runs, way.notes)
}

/// The bodies of all issues after one `apply`.
async fn applied(stage: &Stage, seen: Option<Seen>) -> Vec<String> {
    let stage = stage.copy();
    let (access, web, _) = way(&stage);
    let (reader, writer) = connect_to_write(&access, stage.now).unwrap();
    let policy = Policy { seen: seen.map(Arc::new), ..Policy::default() };
    let eyes = Eyes { reader: &reader, web: Some(&web), policy: &policy };
    let mode = Mode::Apply { writer: &writer, agreed: None, stop: &Stop::default() };
    run(&stage.pods, eyes, mode, stage.now, 10).await.unwrap();
    let bodies = |world: &podkeeper::sandbox::World| {
        let issues = world.projects.values().flat_map(|project| project.issues.values());
        issues.filter_map(|issue| issue.description.clone()).collect()
    };
    stage.look(bodies)
}

fn text(runs: &[Run]) -> String {
    let (audience, requests) = (Audience::Confidential, (0, 0));
    json::text(&Told { runs, planned: true, now: now(), stamp: "", requests, audience, took_ms: 0 })
}

fn noted(by: &Mutex<Vec<String>>) -> Vec<String> {
    let mut all = by.lock().unwrap().clone();
    all.sort();
    all
}

#[tokio::test(start_paused = true)]
async fn whatever_the_split_the_acting_job_does_what_one_job_would() {
    let stage = Stage::of(shipped().pods, now());
    let (alone, asked_alone) = planned(&stage, None).await;
    let bodies = applied(&stage, None).await;
    let (wanted, links) = (text(&alone), Way::to(&stage.copy()).check(&stage.pods, None).await.links);
    assert!(wanted.contains("link-dead") && bodies.iter().any(|body| body.contains("report secure/links")));
    for count in [1, 2, 3, 8] {
        let (files, notes, told) = shared(&stage, count).await;
        assert_eq!(told, links, "each link is one shard's");
        // Each address and each question was asked by one of them, and as often as one job alone asks.
        let mut web: Vec<String> = notes.iter().flat_map(|notes| noted(&notes.web)).collect();
        web.sort();
        assert_eq!(web, noted(&asked_alone.web));
        for (at, one) in notes.iter().enumerate() {
            let one: BTreeSet<String> = noted(&one.web).into_iter().collect();
            let others = notes.iter().enumerate().filter(|(other, _)| *other != at);
            let twice = others.flat_map(|(_, other)| noted(&other.web)).find(|url| one.contains(url));
            assert_eq!(twice, None, "asked by two of {count} shards");
        }
        let askers = notes.iter().filter(|notes| !noted(&notes.api).is_empty()).count();
        assert_eq!(askers, 1, "the API is one host, which one shard asks");

        let seen = Seen::together(&files, &stand()).unwrap();
        let (merged, asked) = planned(&stage, Some(seen.clone())).await;
        assert_eq!(text(&merged), wanted, "{count} shards");
        assert_eq!(merged[0].plan.to_string(), alone[0].plan.to_string());
        assert_eq!(noted(&asked.web), Vec::<String>::new(), "nothing is left to be looked at");
        assert_eq!(applied(&stage, Some(seen)).await, bodies, "{count} shards");
        println!("shards={count} web_requests={} links={told}", web.len());
    }
}

/// F28: one shard sees too few hosts to tell, all of them together see it.
#[tokio::test(start_paused = true)]
async fn a_network_that_answers_every_address_alike_is_seen_through_across_shards() {
    let stage = Stage::of(shipped().pods, now());
    stage.sandbox.change(|world| world.captive_portal = true);
    let wanted = text(&planned(&stage, None).await.0);
    assert!(wanted.contains("every address answers alike"));
    for count in [1, 3, 8] {
        let (files, _, _) = shared(&stage, count).await;
        let (merged, asked) = planned(&stage, Some(Seen::together(&files, &stand()).unwrap())).await;
        assert_eq!(text(&merged), wanted, "{count} shards");
        assert!(noted(&asked.web).len() <= 1, "only what nobody has is asked: {:?}", noted(&asked.web));
    }
}

/// A host that no shard saw, and another place on a page that one did.
const LATER: &str =
    "<https://later.example/page> <https://handbook.gitlab.com/handbook/product/categories/#no-such-place>";

#[tokio::test(start_paused = true)]
async fn what_the_page_names_since_then_is_looked_at_by_the_acting_job() {
    let stage = Stage::of(shipped().pods, now());
    let (files, _, _) = shared(&stage, 2).await;
    let at = stage.pods[0].page.clone();
    stage.sandbox.change(|world| {
        let project = world.project_at(&at.project).unwrap();
        let (id, text) = (project.id, project.file(&at.git_ref, &at.path).unwrap().to_owned());
        world.add_file(id, &at.git_ref, &at.path, &format!("{text}\n{LATER}\n"));
    });
    let (alone, _) = planned(&stage, None).await;
    let (merged, asked) = planned(&stage, Some(Seen::together(&files, &stand()).unwrap())).await;
    assert_eq!(text(&merged), text(&alone));
    let asked: BTreeSet<String> = noted(&asked.web).into_iter().collect();
    let later = ["https://handbook.gitlab.com/handbook/product/categories/", "https://later.example/page"];
    assert!(later.iter().all(|url| asked.contains(*url)) && asked.len() <= 3, "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_look_that_is_not_whole_or_not_of_here_and_now_is_refused() {
    let stage = Stage::of(shipped().pods, now());
    let (files, _, _) = shared(&stage, 3).await;
    let refused = |files: &[(String, String)], stand: &Stand<'_>| Seen::together(files, stand).unwrap_err();
    let has = |told: String, words: &[&str]| assert!(words.iter().all(|word| told.contains(word)), "{told}");
    has(refused(&files[..1], &stand()), &["missing", "2/3, 3/3"]);
    has(refused(&files[1..], &stand()), &["missing", "1/3"]);
    has(refused(&[files.clone(), files[..1].to_vec()].concat(), &stand()), &["1/3", "twice", "1.json"]);
    let (two, _, _) = shared(&stage, 2).await;
    has(refused(&[&files[..2], &two[1..]].concat(), &stand()), &["not of one run", "2/2"]);

    let with = |from: &str, to: &str| {
        let (name, text) = &files[2];
        assert!(text.contains(from), "{from}");
        [&files[..2], &[(name.clone(), text.replacen(from, to, 1))]].concat()
    };
    has(refused(&with("\"version\": 1", "\"version\": 2"), &stand()), &["3.json", "version 2"]);
    has(refused(&with("\"gitlab.com\"", "\"gitlab.example\""), &stand()), &["3.json", "gitlab.example", "gitlab.com"]);
    has(refused(&with("\"boxed\": true", "\"boxed\": false"), &stand()), &["3.json", "box"]);
    has(refused(&with("\"3/3\"", "\"4/3\""), &stand()), &["3.json", "damaged"]);
    has(refused(&with("\"links\"", "\"blinks\""), &stand()), &["3.json", "damaged"]);
    let cut = [&files[..2], &[("3.json".to_owned(), files[2].1[..files[2].1.len() - 5].to_owned())]].concat();
    has(refused(&cut, &stand()), &["3.json", "damaged"]);
    let hours = |hours| Stand { now: now() + chrono::TimeDelta::hours(hours), ..stand() };
    assert!(Seen::together(&files, &hours(24)).is_ok());
    has(refused(&files, &hours(25)), &["1.json", "24 hours"]);
    has(refused(&files, &hours(-1)), &["1.json", "still to come"]);

    // The same address in two files, with two verdicts.
    let link = |verdict: &str| {
        format!(
            r#"{{"url": "https://a.example/", "resolved": null, "kind": "web", "verdict": "{verdict}", "reason": "",
                "status": null, "redirects": [], "suggestion": null}}"#
        )
    };
    let file = |index: u32, verdict: &str| {
        let at = now().to_rfc3339();
        let head =
            format!(r#""version": 1, "gitlab": "gitlab.com", "boxed": true, "shard": "{index}/2", "now": "{at}""#);
        (format!("{index}.json"), format!(r#"{{{head}, "blind": null, "links": [{}]}}"#, link(verdict)))
    };
    assert_eq!(Seen::together(&[file(1, "alive"), file(2, "alive")], &stand()).unwrap().len(), 1);
    has(refused(&[file(1, "alive"), file(2, "dead")], &stand()), &["disagree", "https://a.example/"]);
}
