//! The machine podkeeper runs on: a full disk, a signal at any moment, and podkeeper's own mistakes.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{Method, Request, Response};
use linkcheck::check_options::CheckOptions;
use linkcheck::web::{Fetch, FetchError, FetchResponse, WebClient, WebSettings};
use podkeeper::collect::Clients;
use podkeeper::execute::StopFlag;
use podkeeper::gitlab::{Exchange, ExchangeError, new_reader_and_writer};
use podkeeper::pod::run::{ExitStatus, PodRun};
use podkeeper::pod::{Pod, Task};
use podkeeper::run::{Mode, run};
use tokio::process::Command;
use url::Url;

use super::{exit_status, issues_of_this_week, pairing_project};
use crate::crash_recovery::two_pods;
use crate::exit_codes::{command, empty_temp_folder, serve_with_script};
use crate::links::stage::SandboxWeb;
use crate::support::{Stage, gitlab_only_clients, now, shipped_config};

// ---- F32: there is no space left for the report ----

#[tokio::test]
async fn f32_a_full_disk_takes_the_report_and_not_the_work() {
    let folder = empty_temp_folder("full-disk");
    std::fs::write(folder.join("a-file"), "").unwrap();
    let (small, below) = (folder.join("report.json"), folder.join("a-file/report.json"));
    for (how, script, report) in [
        // No file may grow beyond 512 bytes, and the signal for it is ignored, as on a full quota.
        ("a quota", "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"", format!("json={}", small.display())),
        ("a file where a folder should be", "exec \"$0\" \"$@\"", format!("json={}", below.display())),
        ("no room on the device", "exec \"$0\" \"$@\"", "json=/dev/full".to_owned()),
    ] {
        let stage = Stage::seeded();
        let host = serve_with_script(&stage, |_| None).await;
        let at = format!("--sandbox={}", host.url);
        let output = command_in_shell(script, &["apply", &at, "--report", &report]).output().await.unwrap();
        let reported = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(4), "{how}: {reported}");
        assert!(
            reported.contains("could not be written") && reported.matches("error:").count() == 1,
            "{how}: {reported}"
        );
        assert_eq!(issues_of_this_week(&stage).len(), 1, "{how}: the work is done");
        let left: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["a-file"], "{how}: nothing half written");
    }
}

#[tokio::test]
async fn f32_a_result_that_cannot_be_printed_is_told() {
    let stage = Stage::seeded();
    let host = serve_with_script(&stage, |_| None).await;
    let at = format!("--sandbox={}", host.url);
    let output = command_in_shell("exec \"$0\" \"$@\" > /dev/full", &["apply", &at]).output().await.unwrap();
    let reported = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{reported}");
    assert!(reported.contains("No space left on device"), "{reported}");
    assert_eq!(issues_of_this_week(&stage).len(), 1, "the work is done");
}

/// The program, started by a shell that first does this.
fn command_in_shell(script: &str, args: &[&str]) -> Command {
    let program = command(&[]);
    let program = program.as_std();
    let mut sh = Command::new("sh");
    sh.args(["-c", script]).arg(program.get_program()).args(args);
    sh.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    sh.current_dir(crate::support::repository_root()).stdin(Stdio::null()).kill_on_drop(true);
    sh
}

// ---- F33: a signal at any call ----

#[tokio::test(start_paused = true)]
async fn f33_a_signal_at_any_call_lets_that_call_end_and_begins_no_other_write() {
    let whole = Stage::seeded();
    whole.apply().await;
    let (calls, wanted) = (usize::try_from(whole.sandbox.request_count()).unwrap(), whole.journal().len());
    let mut stopped = 0;
    for call in 0..calls {
        let stage = Stage::seeded();
        let stop = StopFlag::default();
        let signal = Arc::new(SignalsDuringCall {
            inner: stage.exchange(),
            calls: AtomicUsize::new(0),
            at: call,
            stop: stop.clone(),
        });
        let access = stage.access_over(signal, "api");
        let (reader, writer) = new_reader_and_writer(&access, stage.now).unwrap();
        let mode = Mode::Apply { writer: &writer, agreed_stamp: None, stop: &stop };
        let policy = CheckOptions::default();
        let runs =
            run(&stage.pods, gitlab_only_clients(&reader, &policy), mode, stage.now, stage.max_writes).await.unwrap();
        let written = stage.journal();
        let after = stage.sandbox.request_count();
        assert!(written.len() <= wanted, "call {call}: {written:?}");
        stopped += usize::from(written.len() < wanted);
        assert!(
            written.len() == wanted || exit_status(&runs) == ExitStatus::Incomplete,
            "call {call}: {:?}",
            exit_status(&runs)
        );
        assert!(after <= whole.sandbox.request_count(), "call {call}");
        stage.apply().await;
        assert_eq!(issues_of_this_week(&stage).len(), 1, "call {call}: the next run takes it up");
        assert!(stage.plan().await[0].plan.is_empty(), "call {call}");
    }
    println!("a signal at each of {calls} calls: {stopped} runs ended early, all were taken up");
    assert!(stopped > 3, "{stopped}");
}

/// The signal comes while this call is under way.
struct SignalsDuringCall {
    inner: Arc<dyn Exchange>,
    calls: AtomicUsize,
    at: usize,
    stop: StopFlag,
}

#[async_trait::async_trait]
impl Exchange for SignalsDuringCall {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let writes =
            matches!(*request.method(), Method::POST | Method::PUT) && !request.uri().path().contains("graphql");
        let begun = self.stop.is_requested();
        assert!(!(writes && begun), "a write was begun after the signal: {} {}", request.method(), request.uri());
        if self.calls.fetch_add(1, Ordering::Relaxed) == self.at {
            self.stop.request();
        }
        self.inner.exchange(request).await
    }
}

// ---- F34: podkeeper stumbles over one pod, or one link ----

#[tokio::test(start_paused = true)]
async fn f34_a_stumble_over_one_pod_is_no_other_pods_misfortune() {
    for (what, method, path, body) in [
        ("its page", Method::GET, "_index.md", ""),
        ("its issues", Method::GET, "labels=pod%3A%3Asecure", ""),
        ("its write", Method::POST, "/issues", "secure%2Fweekly%2F2026-W48"),
    ] {
        let stage = Stage::of(two_pods(), now());
        let stumbles = Arc::new(PanicsAt { inner: stage.exchange(), method, path, body });
        let (runs, _) = stage.apply_over(stumbles).await;
        assert_eq!(
            runs.iter().map(PodRun::exit_status).collect::<Vec<_>>(),
            [ExitStatus::Bug, ExitStatus::Done],
            "{what}"
        );
        assert!(
            runs[0].read_failures.iter().any(|failure| failure.why.contains("which is a bug")),
            "{what}: {:?}",
            runs[0].read_failures
        );
        assert_eq!((issues_of_this_week(&stage).len(), count_verify_issues(&stage)), (0, 1), "{what}");
        // Once the stumbling block is gone, the pod is kept again.
        stage.apply().await;
        assert_eq!(issues_of_this_week(&stage).len(), 1, "{what}");
    }
}

/// How many issues stand for the other pod's session of the week.
fn count_verify_issues(stage: &Stage) -> usize {
    let marked =
        |text: &Option<String>| text.as_deref().is_some_and(|text| text.contains("session verify/weekly/2026-W48"));
    pairing_project(stage).issues.values().filter(|issue| marked(&issue.description)).count()
}

/// A mistake of podkeeper's own, right where it sends this.
struct PanicsAt {
    inner: Arc<dyn Exchange>,
    method: Method,
    path: &'static str,
    body: &'static str,
}

#[async_trait::async_trait]
impl Exchange for PanicsAt {
    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExchangeError> {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        let here = *request.method() == self.method && request.uri().to_string().contains(self.path);
        // The page is asked for together with the other pod's first.
        let is_in_batch = self.path == "_index.md" && body.contains("rawTextBlob");
        assert!(!(here && body.contains(self.body) || is_in_batch), "a mistake, made on purpose");
        self.inner.exchange(request).await
    }
}

#[tokio::test(start_paused = true)]
async fn f34_a_stumble_over_one_link_leaves_all_others_judged() {
    let pods = shipped_config().pods.into_iter().map(|pod| Pod { tasks: [Task::Links].into(), ..pod }).collect();
    let stage = Stage::of(pods, now());
    let all = stage.apply_all_tasks().await[0].observations.len();
    let (reader, _) = new_reader_and_writer(&stage.access("api"), stage.now).unwrap();
    let web = WebClient::with_fetch(
        Arc::new(WebThatPanics("manual.lantern.example", SandboxWeb(stage.sandbox.clone()))),
        WebSettings::default(),
    );
    let policy = CheckOptions::default();
    let runs =
        run(&stage.pods, Clients { reader: &reader, web: Some(&web), policy: &policy }, Mode::Plan, stage.now, 10)
            .await
            .unwrap();
    assert_eq!(runs[0].exit_status(), ExitStatus::Bug);
    assert_eq!(runs[0].observations.len(), all);
    let panicked = runs[0].observations.iter().filter(|seen| seen.assessment.reason.as_str().contains("panicked"));
    let panicked: Vec<&str> = panicked.map(|seen| seen.url.as_str()).collect();
    assert!(!panicked.is_empty() && panicked.iter().all(|url| url.contains("manual.lantern.example")), "{panicked:?}");
    assert!(
        runs[0].read_failures.iter().any(|failure| failure.what.contains("manual.lantern.example")),
        "{:?}",
        runs[0].read_failures
    );
}

/// A web on which podkeeper stumbles over one host.
struct WebThatPanics(&'static str, SandboxWeb);

#[async_trait::async_trait]
impl Fetch for WebThatPanics {
    async fn get(&self, url: &Url) -> Result<FetchResponse, FetchError> {
        assert!(url.host_str() != Some(self.0), "a mistake, made on purpose");
        self.1.get(url).await
    }
}

// ---- F35: two pods in one project ----

#[tokio::test(start_paused = true)]
async fn f35_two_pods_in_one_project_have_an_issue_each() {
    let stage = Stage::of(two_pods(), now());
    for _ in 0..3 {
        stage.apply().await;
        assert_eq!((issues_of_this_week(&stage).len(), count_verify_issues(&stage)), (1, 1));
    }
    for issue in issues_of_this_week(&stage) {
        assert_eq!(issue.labels.iter().map(String::as_str).collect::<Vec<_>>(), ["pod::secure"]);
    }
}

#[tokio::test]
async fn f35_two_pods_that_cannot_be_told_apart_are_refused_before_anything_is_asked() {
    let config = empty_temp_folder("one-pod-twice");
    std::fs::create_dir_all(config.join("pods")).unwrap();
    std::fs::create_dir_all(config.join("templates")).unwrap();
    let shipped = crate::support::repository_root().join("config");
    for (from, to) in [
        ("podkeeper.toml", "podkeeper.toml"),
        ("templates/pairing_issue.md", "templates/pairing_issue.md"),
        ("pods/secure.toml", "pods/secure.toml"),
        ("pods/secure.toml", "pods/twin.toml"),
    ] {
        std::fs::copy(shipped.join(from), config.join(to)).unwrap();
    }
    let stage = Stage::seeded();
    let host = serve_with_script(&stage, |_| None).await;
    let at = format!("--sandbox={}", host.url);
    let output = command(&["--config", config.to_str().unwrap(), "apply", &at]).output().await.unwrap();
    let reported = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{reported}");
    assert!(reported.contains("label `pod::secure` is the pod secure's in the same project"), "{reported}");
    assert!(reported.contains("twin.toml") && host.seen_requests().is_empty(), "{reported}");
}
