//! How the stages of a run share its time: what is slow, stopped or cut off in one holds up no other, and what was done
//! and found before is in the report.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use linkcheck::check_options::CheckOptions;
use linkcheck::web::{WebClient, WebSettings};
use podkeeper::collect::Clients;
use podkeeper::execute::StopFlag;
use podkeeper::gitlab::{ConnectionOptions, Exchange, ExchangeError, TokenPurpose, new_reader_and_writer};
use podkeeper::pod::limits::RunLimits;
use podkeeper::pod::outcome::Outcome;
use podkeeper::pod::rule::Rule;
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::pod::verdict::Verdict;
use podkeeper::pod::{PageLocation, Pod, Task};
use podkeeper::run::{Mode, run};
use podkeeper::sandbox::World;
use serde_json::json;
use tokio::time::Instant;

use crate::run_time::{Trouble, add_links, append_to_page, count_opened, fleet, sandbox_web};
use crate::support::{Stage, now};

/// What is done to a request before it is answered.
enum Treatment {
    /// It is answered as ever.
    Pass,
    /// The answer comes after so long.
    Delay(Duration),
    /// It is carried out, and the answer is lost.
    LoseAnswer,
    /// Nothing comes, ever.
    Hang,
    /// This JSON comes in its place.
    Answer(&'static str),
    /// It is forbidden.
    Forbid,
}

/// GitLab, with a treatment for some of its requests.
struct TreatedGitlab<F> {
    inner: Arc<dyn Exchange>,
    treat: F,
}

#[async_trait::async_trait]
impl<F: Fn(&Request<Bytes>) -> Treatment + Send + Sync> Exchange for TreatedGitlab<F> {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        match (self.treat)(&request) {
            Treatment::Pass => self.inner.exchange(request).await,
            Treatment::Delay(time) => {
                tokio::time::sleep(time).await;
                self.inner.exchange(request).await
            }
            Treatment::LoseAnswer => {
                self.inner.exchange(request).await?;
                Err(ExchangeError::NoAnswer("connection reset by peer".to_owned()))
            }
            Treatment::Hang => std::future::pending().await,
            Treatment::Answer(json) => {
                let answer = Response::builder().header("content-type", "application/json").body(Bytes::from(json));
                Ok(answer.unwrap())
            }
            Treatment::Forbid => {
                Ok(Response::builder().status(403).body(Bytes::from(r#"{"message":"403 Forbidden"}"#)).unwrap())
            }
        }
    }
}

fn treated(stage: &Stage, treat: impl Fn(&Request<Bytes>) -> Treatment + Send + Sync + 'static) -> Arc<dyn Exchange> {
    Arc::new(TreatedGitlab { inner: stage.exchange(), treat })
}

/// Does the whole job over this exchange, among hosts that may be slow.
async fn apply_all(stage: &Stage, exchange: Arc<dyn Exchange>, limits: RunLimits, stop: &StopFlag) -> Vec<PodRun> {
    let (reader, writer) = new_reader_and_writer(&stage.access_for_all_purposes(exchange), stage.now).unwrap();
    let web = WebClient::with_fetch(sandbox_web(stage), WebSettings::default());
    let policy = CheckOptions::default();
    let sources = Clients { reader: &reader, web: Some(&web), policy: &policy };
    let mode = Mode::Apply { writer: &writer, agreed_stamp: None, stop };
    run(&stage.pods, sources, mode, stage.now, limits).await.unwrap()
}

/// The way in where reports have a token of their own.
fn access_with_reports_token(stage: &Stage, exchange: Arc<dyn Exchange>) -> ConnectionOptions {
    let mut access = stage.access_over(exchange, "api");
    let reports = stage.access("read_api").tokens.remove(&TokenPurpose::Pairing);
    access.tokens.extend(reports.map(|token| (TokenPurpose::Reports, token)));
    access
}

/// The account of a token is read under a lock, and a write whose answer is lost needs the account.
#[tokio::test(start_paused = true)]
async fn a_read_of_one_pod_holds_up_no_write_of_another() {
    let mut pods = fleet(2);
    pods[0].tasks = [Task::Sessions, Task::Labels].into();
    let stage = Stage::of(pods, now());
    let reports_token = stage.sandbox.describe().tokens["read_api"].clone();
    let exchange = treated(&stage, move |request| {
        let is_reports = request.headers().get("private-token").is_some_and(|token| token == reports_token.as_str());
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/api/v4/user") if is_reports => Treatment::Delay(Duration::from_secs(5)),
            (&Method::POST, path) if path.ends_with("/issues") => Treatment::LoseAnswer,
            _ => Treatment::Pass,
        }
    });
    let began = Instant::now();
    let (runs, _) = stage.apply_through(&access_with_reports_token(&stage, exchange)).await;
    assert_eq!(count_opened(&runs), 2, "{:?}", runs[0].outcomes);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn one_stall_over_several_requests_does_not_end_the_asking() {
    let stage = Stage::of(fleet(1), now());
    let began = Instant::now();
    let exchange =
        treated(
            &stage,
            move |_| {
                if began.elapsed() < Duration::from_secs(40) { Treatment::Hang } else { Treatment::Pass }
            },
        );
    let runs = apply_all(&stage, exchange, RunLimits::default(), &StopFlag::default()).await;
    assert_eq!((count_opened(&runs), runs[0].exit_status()), (1, ExitStatus::Done), "{:?}", runs[0].read_failures);
}

#[tokio::test(start_paused = true)]
async fn what_an_early_stage_found_is_told_though_a_later_one_could_read_nothing() {
    // One run ends while a later stage reads, the other gives the server up.
    for run_within in [Duration::from_secs(320), RunLimits::default().run_within] {
        let stage = Stage::of(fleet(1), now());
        add_links(&stage, &Trouble::SlowHost.links());
        let body = "<!-- podkeeper:v1 session pod-00/weekly/2026-W48 -->\nSomebody took the last lines away.";
        let issues = format!("{}/issues", stage.pairing_project_url());
        let issue = json!({"title": "Pairing", "description": body, "labels": "pod::00"});
        assert_eq!(stage.request("api", "POST", &issues, issue).await.0, 201);
        let began = Instant::now();
        let exchange = treated(&stage, move |request| {
            let is_late = began.elapsed() > Duration::from_secs(100);
            if is_late && request.uri().path().contains("/issues") { Treatment::Hang } else { Treatment::Pass }
        });
        let limits = RunLimits { run_within, ..RunLimits::default() };
        let runs = apply_all(&stage, exchange, limits, &StopFlag::default()).await;
        assert!(!runs[0].read_failures.is_empty());
        let damaged = runs[0].findings.iter().filter(|finding| finding.rule == Rule::MarkerDamaged).count();
        assert_eq!((damaged, runs[0].exit_status()), (1, ExitStatus::NeedsHuman), "{:?}", runs[0].read_failures);
    }
}

#[tokio::test(start_paused = true)]
async fn what_gitlab_did_not_answer_in_time_is_not_reached_and_what_it_did_answer_counts() {
    let stage = Stage::of(fleet(1), now());
    let links: Vec<String> = (0..300).map(|n| format!("https://gitlab.com/hidden/p{n}/-/issues/1")).collect();
    add_links(&stage, &links);
    let exchange = treated(&stage, |request| {
        let is_of_links = String::from_utf8_lossy(request.body()).contains("hidden/p");
        if is_of_links { Treatment::Delay(Duration::from_secs(20)) } else { Treatment::Pass }
    });
    let limits = RunLimits { links_within: Duration::from_secs(60), ..RunLimits::default() };
    let runs = apply_all(&stage, exchange, limits, &StopFlag::default()).await;
    let of_gitlab = || runs[0].observations.iter().filter(|seen| links.contains(&seen.url.as_str().to_owned()));
    let not_reached = of_gitlab().filter(|seen| seen.assessment.is_not_reached()).count();
    let hidden = of_gitlab().filter(|seen| seen.assessment.verdict == Verdict::Hidden).count();
    assert!(not_reached > 0 && hidden > 0, "{not_reached}, {hidden}");
    assert_eq!(not_reached + hidden, links.len());
    // Both are told: how many links were not reached, and that labels were not.
    let told = |what: &str| runs[0].read_failures.iter().any(|failure| failure.what.contains(what));
    assert!(told(" links of the page") && told("the labels of the page"), "{:?}", runs[0].read_failures);
    assert!(runs[0].findings.iter().all(|finding| finding.rule != Rule::LabelMissing));
    assert_eq!(runs[0].exit_status(), ExitStatus::Incomplete);
}

/// What a signal does not let a run read is told beside what was done, and holds its end up no more.
#[tokio::test(start_paused = true)]
async fn a_signal_while_later_stages_are_read_ends_the_run_with_what_it_did() {
    let parts = ["the pairing issues of", "the members of", "the links of"];
    // While the issues are read, while the Support Team data is, and while links are visited.
    for (hangs, not_reached) in [("/issues", &parts[..]), ("/repository/tree", &parts[1..]), ("", &parts[2..])] {
        let stage = Stage::of(fleet(2), now());
        add_links(&stage, &Trouble::SlowHost.links());
        let exchange = treated(&stage, move |request| {
            let is_hit = request.method() == Method::GET && !hangs.is_empty() && request.uri().path().ends_with(hangs);
            if is_hit { Treatment::Hang } else { Treatment::Pass }
        });
        let stop = StopFlag::default();
        let signal = async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            stop.request();
            Instant::now()
        };
        let (runs, signalled) = tokio::join!(apply_all(&stage, exchange, RunLimits::default(), &stop), signal);
        assert!(signalled.elapsed() < Duration::from_secs(1), "{hangs}: {:?}", signalled.elapsed());
        assert_eq!(count_opened(&runs), if not_reached.len() == parts.len() { 0 } else { 2 }, "{hangs}");
        for run in &runs {
            let stopped = run.read_failures.iter().filter(|failure| failure.why.contains("a signal stopped the run; "));
            let what: Vec<&str> = stopped.map(|failure| failure.what.as_str()).collect();
            let wanted: Vec<String> = not_reached.iter().map(|part| format!("{part} {}", run.name)).collect();
            assert_eq!(what, wanted, "{hangs}");
            assert_eq!(run.exit_status(), ExitStatus::Incomplete);
        }
    }
}

/// Hosts take turns at the front, so that each is asked within some days whatever the others cost.
#[tokio::test(start_paused = true)]
async fn every_slow_host_is_asked_within_ten_days() {
    let links = Trouble::EndlessBodies.links();
    let mut reached = BTreeSet::new();
    for day in 0..10 {
        let mut stage = Stage::of(fleet(1), now());
        stage.now += chrono::TimeDelta::days(day);
        add_links(&stage, &links);
        let limits = RunLimits { links_within: Duration::from_secs(60), ..RunLimits::default() };
        let runs = apply_all(&stage, stage.exchange(), limits, &StopFlag::default()).await;
        let asked = runs[0].observations.iter().filter(|seen| !seen.assessment.is_not_reached());
        let asked = asked.map(|seen| seen.url.as_str().to_owned()).filter(|url| links.contains(url));
        reached.extend(asked);
    }
    assert_eq!(reached.len(), links.len());
}

/// Two pods share a page, and each shows it on a site of its own.
#[tokio::test(start_paused = true)]
async fn a_page_that_two_sites_show_has_its_links_on_each() {
    // The other site comes after the seed, which knows nothing of it.
    let mut stage = Stage::of(fleet(2), now());
    let other = Some("https://other.example/".parse().unwrap());
    stage.pods[1].page = PageLocation { site: other, ..stage.pods[0].page.clone() };
    append_to_page(&stage, "\n[A page of the site](/on-the-site/)\n");
    let runs = apply_all(&stage, stage.exchange(), RunLimits::default(), &StopFlag::default()).await;
    let seen = |run: &PodRun| {
        let seen = run.observations.iter().find(|seen| seen.url == "/on-the-site/").unwrap();
        (seen.assessment.reason.as_str().to_owned(), seen.places.len())
    };
    assert_eq!(runs[0].observations.len(), runs[1].observations.len());
    let (own, other) = (seen(&runs[0]), seen(&runs[1]));
    assert_eq!((own.1, other.1), (1, 1));
    assert!(other.0.contains("no such host") && !own.0.contains("no such host"), "{own:?}, {other:?}");
}

#[tokio::test(start_paused = true)]
async fn a_reports_project_that_hangs_holds_no_pairing_issue_up() {
    let mut pods = fleet(3);
    let pairing = pods[0].pairing_project.clone();
    for pod in &mut pods {
        pod.reports.project = Some(format!("{pairing}-reports"));
    }
    let stage = Stage::of(pods, now());
    let began = Instant::now();
    let opened: Arc<Mutex<Vec<Duration>>> = Arc::default();
    let times = Arc::clone(&opened);
    let reports_project = stage.with_world(|world| world.project_by_path(&format!("{pairing}-reports")).unwrap().id);
    let exchange = treated(&stage, move |request| {
        if request.method() == Method::POST && request.uri().path().ends_with("/issues") {
            times.lock().unwrap().push(began.elapsed());
        }
        let hangs = request.uri().path().starts_with(&format!("/api/v4/projects/{reports_project}/issues"));
        if hangs { Treatment::Hang } else { Treatment::Pass }
    });
    let runs = apply_all(&stage, exchange, RunLimits::default(), &StopFlag::default()).await;
    let opened = opened.lock().unwrap();
    assert_eq!(count_opened(&runs), 3);
    assert!(opened.iter().all(|after| *after < Duration::from_secs(30)), "{opened:?}");
    for run in &runs {
        let told = run.read_failures.iter().any(|failure| failure.what.contains("of the living reports"));
        assert!(told && run.exit_status() == ExitStatus::Incomplete, "{:?}", run.read_failures);
    }
}

/// A change to the world, with the first of its pods.
type Change = fn(&mut World, &Pod);

#[tokio::test(start_paused = true)]
async fn what_is_read_together_is_what_would_be_read_one_by_one() {
    let changes: [(&str, Change); 5] = [
        ("nothing", |_, _| {}),
        ("a page is gone", |world, pod| {
            let id = world.project_by_path(&pod.page.project).unwrap().id;
            let files = world.projects.get_mut(&id).unwrap().files.get_mut(&pod.page.git_ref).unwrap();
            files.remove(&pod.page.path).unwrap();
        }),
        ("a page is empty", |world, pod| {
            let id = world.project_by_path(&pod.page.project).unwrap().id;
            world.add_file(id, &pod.page.git_ref, &pod.page.path, "");
        }),
        ("a label is archived", |world, pod| {
            let id = world.project_by_path(&pod.pairing_project).unwrap().id;
            world.set_label_archived(id, pod.label.name.as_str(), true).unwrap();
        }),
        ("a label is gone", |world, pod| {
            let id = world.project_by_path(&pod.pairing_project).unwrap().id;
            let labels = &mut world.projects.get_mut(&id).unwrap().labels;
            labels.retain(|_, label| label.name != pod.label.name.as_str());
        }),
    ];
    for (what, change) in changes {
        let stage = Stage::of(fleet(3), now());
        stage.apply_all_tasks().await;
        stage.sandbox.change_world(|world| change(world, &stage.pods[0]));
        let batches = Arc::new(AtomicUsize::new(0));
        let told = async |refuses_batches: bool| {
            let (stage, batches) = (stage.copy(), Arc::clone(&batches));
            let exchange = treated(&stage, move |request| {
                let body = String::from_utf8_lossy(request.body());
                let is_batch = body.contains("$first:Int!") || body.contains("$t0:String");
                batches.fetch_add(usize::from(is_batch && !refuses_batches), Ordering::Relaxed);
                let refusal = r#"{"errors":[{"message":"not today"}]}"#;
                if is_batch && refuses_batches { Treatment::Answer(refusal) } else { Treatment::Pass }
            });
            let runs = apply_all(&stage, exchange, RunLimits::default(), &StopFlag::default()).await;
            let told = |run: &PodRun| format!("{:?} {:?} {:?}", run.findings, run.read_failures, run.outcomes);
            (runs.iter().map(told).collect::<Vec<String>>(), stage.journal())
        };
        assert_eq!(told(false).await, told(true).await, "{what}");
        assert!(batches.load(Ordering::Relaxed) >= 1, "{what}");
    }
}

/// Whether the first try was carried out is not told by what became of the second.
#[tokio::test(start_paused = true)]
async fn a_write_that_may_have_been_carried_out_is_not_called_refused() {
    let stage = Stage::seeded();
    let tries = AtomicUsize::new(0);
    let exchange = treated(&stage, move |request| match *request.method() {
        Method::PUT if tries.fetch_add(1, Ordering::Relaxed) == 0 => Treatment::LoseAnswer,
        Method::PUT => Treatment::Forbid,
        _ => Treatment::Pass,
    });
    let (runs, reader) = stage.apply_over(exchange).await;
    let labelled = runs[0].outcomes.iter().find(|(action, _)| action.kind() == "add-label").unwrap();
    assert!(matches!(&labelled.1, Outcome::Unknown(why) if why.contains("connection reset")), "{labelled:?}");
    let puts = reader.request_log().audit_trail(stage.now).into_iter().filter(|entry| entry.method == "PUT");
    assert_eq!(puts.map(|entry| entry.status).collect::<Vec<_>>(), [None, Some(403)]);
}

#[tokio::test(start_paused = true)]
async fn the_rounds_of_a_run_are_those_of_its_longest_stage() {
    let stage = Stage::of(fleet(1), now());
    assert_eq!(stage.apply_all_tasks().await[0].rounds, 2);
    assert_eq!(stage.apply_all_tasks().await[0].rounds, 1);
}
