//! The stamp fits: the program itself, by the clock of this machine, against a sandbox whose clock runs. A plan that a
//! person has read is carried out some seconds later, and another one is not.

use std::process::Stdio;

use chrono::TimeDelta;
use podkeeper::pod::plan::compute_stamp;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

use crate::crash_recovery::{advance_time, all_scenarios, prepare_stage};
use crate::exit_codes::{ProgramOutput, command, run_podkeeper_with_env};
use crate::people_actions::{ALL_TASKS, edit_page, set_zendesk_group};
use crate::support::{Stage, shipped_config};

/// A sandbox in a process of its own, whose clock runs.
struct LiveSandbox {
    url: String,
    // Both end with the test: the process by `kill_on_drop`, and a sandbox whose reader is gone could not say anything.
    _process: Child,
    _says: Lines<BufReader<ChildStdout>>,
}

impl LiveSandbox {
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

    async fn run_podkeeper(&self, args: &[&str]) -> ProgramOutput {
        let sandbox = format!("--sandbox={}", self.url);
        run_podkeeper_with_env(&[args, &[&sandbox]].concat(), &[("PODKEEPER_TASK", ALL_TASKS)]).await
    }

    /// The stamp of a plan that is made now.
    async fn plan_stamp(&self) -> String {
        let reported = self.run_podkeeper(&["plan", "--format", "json"]).await;
        reported.assert_ends(0, &[]);
        let plan: Value = serde_json::from_str(&reported.out).unwrap();
        assert!(!plan["pods"][0]["actions"].as_array().unwrap().is_empty(), "{plan:#}");
        plan["stamp"].as_str().unwrap().to_owned()
    }

    async fn request(&self, method: &str, path: &str, body: Value) -> Value {
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

    /// How many writes the sandbox has received from podkeeper.
    async fn write_count(&self) -> usize {
        let journal = self.request("GET", "/-/journal", Value::Null).await;
        let issues = |entry: &&Value| entry["path"].as_str().unwrap().contains("/issues");
        journal.as_array().unwrap().iter().filter(issues).count()
    }

    /// Somebody changes the pod's page.
    async fn edit_page(&self, old: &str, new: &str) {
        let page = shipped_config().pods[0].page.clone();
        let encoded = |text: &str| text.replace('/', "%2F");
        let file = format!("/api/v4/projects/{}/repository/files/{}", encoded(&page.project), encoded(&page.path));
        let raw = reqwest::Client::builder().no_proxy().tls_certs_only(std::iter::empty()).build().unwrap();
        let text =
            raw.get(format!("{}{file}/raw?ref={}", self.url, page.git_ref)).send().await.unwrap().text().await.unwrap();
        assert!(text.contains(old), "{text}");
        let change = json!({"branch": page.git_ref, "content": text.replace(old, new), "commit_message": "Tea"});
        self.request("PUT", &file, change).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_and_the_apply_of_it_seconds_apart_have_one_stamp() {
    let live = LiveSandbox::served().await;
    let first = live.plan_stamp().await;
    let second = live.plan_stamp().await;
    assert_eq!(first, second, "nothing has changed but the time");
    assert_eq!(live.write_count().await, 0);
    let reported = live.run_podkeeper(&["apply", "--plan", &first]).await;
    reported.assert_ends(0, &["changes made"]);
    assert!(live.write_count().await >= 4, "the issue, a label and two reports");
    live.run_podkeeper(&["apply"]).await.assert_ends(0, &["Nothing had to change"]);
    // What is done is no longer the plan.
    live.run_podkeeper(&["apply", "--plan", &first]).await.assert_ends(5, &["nothing was written"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_changes_between_plan_and_apply_is_another_plan() {
    // In words of the session, in what a report shows, and in both.
    for (old, new) in
        [("#spt_pod_secure", "#spt_pod_secure_tea"), ("## FAQ", "See https://about.gitlab.com/no/such/page\n\n## FAQ")]
    {
        let live = LiveSandbox::served().await;
        let stamp = live.plan_stamp().await;
        live.edit_page(old, new).await;
        let reported = live.run_podkeeper(&["apply", "--plan", &stamp]).await;
        reported.assert_ends(5, &["the plan is another one now", "nothing was written"]);
        assert_eq!(live.write_count().await, 0);
        let stamp = live.plan_stamp().await;
        live.run_podkeeper(&["apply", "--plan", &stamp]).await.assert_ends(0, &["changes made"]);
    }
}

/// The second plan, of reports that are there, has one stamp too: rewriting, closing and reopening name the moment.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_rewrites_reports_has_one_stamp_too() {
    let live = LiveSandbox::served().await;
    live.run_podkeeper(&["apply"]).await.assert_ends(0, &[]);
    let before = live.write_count().await;
    live.edit_page("#spt_pod_secure", "#spt_pod_secure_tea").await;
    live.edit_page("## FAQ", "See https://about.gitlab.com/no/such/page\n\n## FAQ").await;
    let first = live.plan_stamp().await;
    assert_eq!(first, live.plan_stamp().await);
    live.run_podkeeper(&["apply", "--plan", &first]).await.assert_ends(0, &["changes made"]);
    assert!(live.write_count().await >= before + 2);
    live.run_podkeeper(&["apply"]).await.assert_ends(0, &["Nothing had to change"]);
}

// ------------------------------------------------------- in memory, where a minute and a midnight cost no time

/// Plans that are made one after the other, each some seconds later, have one stamp.
async fn assert_one_stamp(stage: &mut Stage, what: &str) {
    let mut stamps = Vec::new();
    for _ in 0..4 {
        let runs = stage.plan_all_tasks().await;
        assert!(runs.iter().any(|run| !run.plan.is_empty()), "{what}: there is something to do");
        stamps.push(compute_stamp(&runs.iter().map(|run| &run.plan).collect::<Vec<_>>()));
        advance_time(stage, TimeDelta::seconds(40));
    }
    let now = stage.now;
    assert!(stamps.iter().all(|stamp| *stamp == stamps[0]), "{what}, until {now}: {stamps:?}");
}

#[tokio::test(start_paused = true)]
async fn a_minute_or_a_midnight_between_two_looks_makes_no_other_plan() {
    for began in ["2026-11-24T06:00:10Z", "2026-11-24T23:58:10Z", "2026-11-24T23:59:30Z"] {
        let stage = || Stage::of(shipped_config().pods, began.parse().unwrap());
        assert_one_stamp(&mut stage(), "the first run").await;
        // What was reported and remembered a moment ago, beside what is new.
        let mut kept = stage();
        kept.apply_all_tasks().await;
        edit_page(&kept, "## FAQ", "See https://about.gitlab.com/no/such/page\n\n## FAQ");
        edit_page(
            &kept,
            "## Support Pod Resources",
            "See https://about.gitlab.com/no/such/other/page\n\n## Support Pod Resources",
        );
        set_zendesk_group(&kept, "ada-quill", false);
        assert_one_stamp(&mut kept, "reports that change").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_minute_between_two_looks_makes_no_other_plan_in_any_world() {
    for scenario in all_scenarios() {
        assert_one_stamp(&mut prepare_stage(&scenario).await, scenario.name).await;
    }
}
