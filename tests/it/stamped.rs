//! The stamp fits: the program itself, by the clock of this machine, against a box whose clock runs. A plan that a person
//! has looked at is carried out some seconds later, and another one is not.

use std::process::Stdio;

use chrono::TimeDelta;
use podkeeper::pod::plan::stamp;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

use crate::crash::{everywhere, later, prepared};
use crate::endings::{Told, command, podkeeper_in};
use crate::people::{ALL, group, page_says};
use crate::support::{Stage, shipped};

/// A box in a process of its own, whose clock runs.
struct Live {
    url: String,
    // Both end with the test: the process by `kill_on_drop`, and a box whose reader is gone could not say anything.
    _process: Child,
    _says: Lines<BufReader<ChildStdout>>,
}

impl Live {
    async fn served() -> Self {
        let mut command = command(&["sandbox", "--listen", "127.0.0.1:0"]);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut says = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = loop {
            let line = says.next_line().await.unwrap().unwrap();
            if let Some(url) = line.split_whitespace().find(|word| word.starts_with("http://127.0.0.1:")) {
                break url.trim_end_matches('/').to_owned();
            }
        };
        Self { url, _process: process, _says: says }
    }

    async fn podkeeper(&self, args: &[&str]) -> Told {
        let sandbox = format!("--sandbox={}", self.url);
        podkeeper_in(&[args, &[&sandbox]].concat(), &[("PODKEEPER_TASK", ALL)]).await
    }

    /// The stamp of a plan that is made now.
    async fn stamp(&self) -> String {
        let told = self.podkeeper(&["plan", "--format", "json"]).await;
        told.ends(0, &[]);
        let plan: Value = serde_json::from_str(&told.out).unwrap();
        assert!(!plan["pods"][0]["actions"].as_array().unwrap().is_empty(), "{plan:#}");
        plan["stamp"].as_str().unwrap().to_owned()
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> Value {
        let http = reqwest::Client::builder().no_proxy().tls_certs_only(std::iter::empty()).build().unwrap();
        let mut request = http.request(method.parse().unwrap(), format!("{}{path}", self.url));
        request = request.header("PRIVATE-TOKEN", "glpat-sandbox-admin-no-secret");
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{method} {path}: {}", answer.status());
        answer.json().await.unwrap_or_default()
    }

    /// How many writes the box has received from podkeeper.
    async fn writes(&self) -> usize {
        let journal = self.ask("GET", "/-/journal", Value::Null).await;
        let issues = |entry: &&Value| entry["path"].as_str().unwrap().contains("/issues");
        journal.as_array().unwrap().iter().filter(issues).count()
    }

    /// Somebody changes the pod's page.
    async fn page_says(&self, old: &str, new: &str) {
        let page = shipped().pods[0].page.clone();
        let encoded = |text: &str| text.replace('/', "%2F");
        let file = format!("/api/v4/projects/{}/repository/files/{}", encoded(&page.project), encoded(&page.path));
        let raw = reqwest::Client::builder().no_proxy().tls_certs_only(std::iter::empty()).build().unwrap();
        let text =
            raw.get(format!("{}{file}/raw?ref={}", self.url, page.git_ref)).send().await.unwrap().text().await.unwrap();
        assert!(text.contains(old), "{text}");
        let change = json!({"branch": page.git_ref, "content": text.replace(old, new), "commit_message": "Tea"});
        self.ask("PUT", &file, change).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_and_the_apply_of_it_seconds_apart_have_one_stamp() {
    let live = Live::served().await;
    let first = live.stamp().await;
    let second = live.stamp().await;
    assert_eq!(first, second, "nothing has changed but the time");
    assert_eq!(live.writes().await, 0);
    let told = live.podkeeper(&["apply", "--plan", &first]).await;
    told.ends(0, &["changes made"]);
    assert!(live.writes().await >= 4, "the issue, a label and two reports");
    live.podkeeper(&["apply"]).await.ends(0, &["Nothing had to change"]);
    // What is done is no longer the plan.
    live.podkeeper(&["apply", "--plan", &first]).await.ends(5, &["nothing was written"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_changes_between_plan_and_apply_is_another_plan() {
    // In words of the session, in what a report tells, and in both.
    for (old, new) in [
        ("Thursdays at 3:00 PM UTC", "Thursdays at 3:00 PM UTC, with tea"),
        ("## FAQ", "See https://about.gitlab.com/no/such/page\n\n## FAQ"),
    ] {
        let live = Live::served().await;
        let stamp = live.stamp().await;
        live.page_says(old, new).await;
        let told = live.podkeeper(&["apply", "--plan", &stamp]).await;
        told.ends(5, &["the plan is another one now", "nothing was written"]);
        assert_eq!(live.writes().await, 0);
        let stamp = live.stamp().await;
        live.podkeeper(&["apply", "--plan", &stamp]).await.ends(0, &["changes made"]);
    }
}

/// The second plan, of reports that are there, has one stamp too: rewriting, closing and reopening tell of the moment.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_rewrites_reports_has_one_stamp_too() {
    let live = Live::served().await;
    live.podkeeper(&["apply"]).await.ends(0, &[]);
    let before = live.writes().await;
    live.page_says("Thursdays at 3:00 PM UTC", "Thursdays at 3:00 PM UTC, with tea").await;
    live.page_says("## FAQ", "See https://about.gitlab.com/no/such/page\n\n## FAQ").await;
    let first = live.stamp().await;
    assert_eq!(first, live.stamp().await);
    live.podkeeper(&["apply", "--plan", &first]).await.ends(0, &["changes made"]);
    assert!(live.writes().await >= before + 2);
    live.podkeeper(&["apply"]).await.ends(0, &["Nothing had to change"]);
}

// ------------------------------------------------------- in memory, where a minute and a midnight cost no time

/// Plans that are made one after the other, each some seconds later, have one stamp.
async fn has_one_stamp(stage: &mut Stage, what: &str) {
    let mut stamps = Vec::new();
    for _ in 0..4 {
        let runs = stage.plan_work().await;
        assert!(runs.iter().any(|run| !run.plan.is_empty()), "{what}: there is something to do");
        stamps.push(stamp(&runs.iter().map(|run| &run.plan).collect::<Vec<_>>()));
        later(stage, TimeDelta::seconds(40));
    }
    let now = stage.now;
    assert!(stamps.iter().all(|stamp| *stamp == stamps[0]), "{what}, until {now}: {stamps:?}");
}

#[tokio::test(start_paused = true)]
async fn a_minute_or_a_midnight_between_two_looks_makes_no_other_plan() {
    for began in ["2026-11-24T06:00:10Z", "2026-11-24T23:58:10Z", "2026-11-24T23:59:30Z"] {
        let stage = || Stage::of(shipped().pods, began.parse().unwrap());
        has_one_stamp(&mut stage(), "the first run").await;
        // What was told and remembered a moment ago, beside what is new.
        let mut kept = stage();
        kept.work().await;
        page_says(&kept, "## FAQ", "See https://about.gitlab.com/no/such/page\n\n## FAQ");
        page_says(
            &kept,
            "## Support Pod Resources",
            "See https://about.gitlab.com/no/such/other/page\n\n## Support Pod Resources",
        );
        group(&kept, "ada-quill", false);
        has_one_stamp(&mut kept, "reports that change").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_minute_between_two_looks_makes_no_other_plan_in_any_world() {
    for scenario in everywhere() {
        has_one_stamp(&mut prepared(&scenario).await, scenario.name).await;
    }
}
