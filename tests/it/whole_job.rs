//! The whole job, by the program itself against a served sandbox: sessions, label, roster, links, both reports.

use std::collections::{BTreeMap, BTreeSet};

use podkeeper::sandbox::{Sandbox, SandboxServer, World, all_canary_texts, expected_verdicts};
use podkeeper::sandbox::{Seed, seed};
use serde_json::Value;

use crate::exit_codes::command;
use crate::plan_matches_apply::MAX_QUIET_REQUESTS;
use crate::support::{now, path_from_env, shipped_config, to_seed_pod};

struct ServedSandbox {
    sandbox: Sandbox,
    serving: SandboxServer,
    expected: Vec<(String, &'static str)>,
}

impl ServedSandbox {
    async fn seeded() -> Self {
        let pods = shipped_config().pods;
        let seed_pods: Vec<_> = pods.iter().map(|pod| to_seed_pod(pod, now())).collect();
        let expected = expected_verdicts(&seed_pods[0]);
        let sandbox = Sandbox::new(seed::build_world(&Seed { now: now(), pods: seed_pods }));
        let serving = sandbox.serve("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
        Self { sandbox, serving, expected }
    }

    /// Runs the program against the sandbox; gives its exit code and everything that it printed.
    async fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let url = format!("--sandbox={}", self.serving.url().as_str().trim_end_matches('/'));
        let mut program = command(&[args, &[&url]].concat());
        let output = program.env_remove("PODKEEPER_TASK").output().await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    fn journal(&self) -> Vec<String> {
        self.sandbox.journal().iter().map(|entry| format!("{} {}", entry.method, entry.status)).collect()
    }
}

fn rule_codes(report: &Value) -> BTreeSet<String> {
    let findings = report["pods"][0]["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_pass_does_the_whole_job_and_the_second_writes_nothing() {
    let sandbox = ServedSandbox::seeded().await;
    let (code, out, err) = sandbox.run(&["apply", "--format", "json"]).await;
    assert_eq!(code, Some(0), "{out}\n{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    // The next session's issue is opened, a label comes back; the last one's is claimed, linked, commented on and closed;
    // two reports are opened.
    let sessions = ["POST 201", "PUT 200", "POST 201", "POST 201", "POST 201", "PUT 200"];
    assert_eq!(sandbox.journal(), [&sessions[..], &["POST 201"; 2]].concat());
    let reported = rule_codes(&report);
    // Somebody may be back in two weeks.
    assert!(!reported.contains("account-blocked"), "{reported:?}");
    for rule in [
        "member-without-focus",
        "focus-without-member",
        "member-unknown-agent",
        "handle-mismatch",
        "name-mismatch",
        "account-renamed",
        "agent-file-invalid",
        "agent-duplicate",
        "link-dead",
        "link-fragment-dead",
        "link-moved",
        "label-missing",
        "label-retired",
    ] {
        assert!(reported.contains(rule), "{rule} is not told: {reported:?}");
    }
    let (_, again, _) = sandbox.run(&["apply", "--format", "json"]).await;
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(sandbox.journal().len(), 8, "the second pass wrote something");
    assert_eq!((&again["pods"][0]["rounds"], &again["requests"]["write"]), (&Value::from(1), &Value::from(0)));
    println!("a quiet pass: {} requests to GitLab", again["requests"]["read"]);
    assert!(again["requests"]["read"].as_u64().unwrap() <= MAX_QUIET_REQUESTS as u64, "{}", again["requests"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_link_of_the_page_has_the_verdict_that_the_sandbox_was_made_for() {
    let sandbox = ServedSandbox::seeded().await;
    let (_, out, _) = sandbox.run(&["plan", "--task", "links", "--format", "json"]).await;
    let report: Value = serde_json::from_str(&out).unwrap();
    let seen: BTreeMap<&str, &str> = report["pods"][0]["observations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|seen| (seen["url"].as_str().unwrap(), seen["verdict"].as_str().unwrap()))
        .collect();
    let mut wrong = Vec::new();
    for (url, verdict) in &sandbox.expected {
        let found = seen.get(url.as_str()).copied().unwrap_or("nothing");
        if found != *verdict {
            wrong.push(format!("{url}: {found} instead of {verdict}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    println!("{} links, each with its verdict", seen.len());
    assert_eq!(seen.len(), 60);
}

/// A page of the user's own in the place of the seed's: the sandbox has its members, so that nothing is held back.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_ones_own_is_kept_like_the_seeds() {
    let (code, reported) = apply_to("tests/data/pages/juniper-pod.md").await;
    // The sandbox knows none of its links, and a page of which every link fails proves a bad check and not a bad page.
    let unknown = reported["pods"][0]["unknown"].as_array().unwrap();
    assert_eq!((code, unknown.len(), &unknown[0]["what"]), (Some(4), 1, &"the links of Secure Pod".into()));
    assert!(
        !rule_codes(&reported).iter().any(|rule| rule.contains("roster") || rule.contains("focus")),
        "{:?}",
        rule_codes(&reported)
    );
    assert_eq!(assert_all_judged(&reported), 19);
}

/// The page holds real people's names, so it is not a part of this repository.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the Secure Pod's page: PODKEEPER_REAL_PAGE=FILE cargo test --test it -- --ignored real_page"]
async fn every_link_of_the_real_page_has_a_verdict() {
    let (code, reported) = apply_to(path_from_env("PODKEEPER_REAL_PAGE").to_str().unwrap()).await;
    assert_eq!(
        (code, assert_all_judged(&reported), &reported["pods"][0]["unknown"]),
        (Some(0), 60, &serde_json::json!([]))
    );
}

/// How many links have a verdict and a place: all of them.
fn assert_all_judged(reported: &Value) -> usize {
    let seen = reported["pods"][0]["observations"].as_array().unwrap();
    assert!(seen.iter().all(|seen| seen["verdict"].is_string() && seen["places"][0]["line"].is_u64()), "{seen:?}");
    seen.len()
}

async fn apply_to(page: &str) -> (Option<i32>, Value) {
    let mut program = command(&["apply", "--sandbox", "--page", page, "--format", "json"]);
    let output = program.env_remove("PODKEEPER_TASK").output().await.unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

/// Design law 13: nothing personal of an agent file reaches any output.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_of_an_agent_file_comes_out_anywhere() {
    let sandbox = ServedSandbox::seeded().await;
    let mut sinks = Vec::new();
    for way in [&["-vv", "plan"][..], &["-vv", "--format", "json", "apply"], &["--log-format", "json", "-vv", "apply"]]
    {
        let (_, out, err) = sandbox.run(way).await;
        sinks.extend([out, err]);
    }
    sinks.extend(sandbox.sandbox.journal().into_iter().map(|entry| entry.body));
    let canaries = all_canary_texts();
    assert!(canaries.len() > 20, "{}", canaries.len());
    // The sandbox itself holds them, so the search can find.
    let world = format!("{:?}", sandbox.sandbox.world());
    assert!(canaries.iter().all(|canary| world.contains(canary.as_str())), "the sandbox was seeded with them");
    let sightings: Vec<&String> =
        canaries.iter().filter(|canary| sinks.iter().any(|sink| sink.contains(canary.as_str()))).collect();
    println!("{} canaries in {} sinks: {} sightings", canaries.len(), sinks.len(), sightings.len());
    assert_eq!(sightings, Vec::<&String>::new());
}

/// `check` needs no pod and no token, uses the same rules, and says by its exit code what it found.
#[tokio::test(flavor = "multi_thread")]
async fn check_looks_at_pods_and_at_files_and_ends_with_what_it_found() {
    let sandbox = ServedSandbox::seeded().await;
    let (code, out, err) = sandbox.run(&["check", "secure", "--format", "json"]).await;
    assert_eq!(code, Some(3), "{err}");
    let reported: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&reported["version"], &reported["links"], &reported["unique"]), (&1.into(), &61.into(), &60.into()));
    assert!(
        reported["requests"]["read"].as_u64().unwrap() <= 8 && reported["requests"]["write"] == 0,
        "{}",
        reported["requests"]
    );
    // The host that does not exist is among them, because others answer.
    assert_eq!(reported["verdicts"]["dead"], 5);
    assert_eq!(reported["inconclusive"], Value::Null);
    let told_of = |rule: &str| reported["findings"].as_array().unwrap().iter().any(|found| found["rule"] == rule);
    assert!(told_of("label-missing") && told_of("label-retired"));
    assert!(!err.contains("could not see"), "{err}");
    let place = &reported["observations"][0]["places"][0];
    assert!(place["path"].is_string() && place["line"].is_u64() && place["column"].is_u64(), "{place}");
    let hosts = reported["hosts"].as_array().unwrap();
    let sum: u64 = hosts.iter().map(|host| host["requests"].as_u64().unwrap()).sum();
    assert!(hosts.len() > 3 && Some(sum) == reported["requests"]["web"].as_u64(), "{hosts:?}");
    assert!(hosts.iter().all(|host| host["host"].is_string() && host["held_ms"].is_u64()), "{hosts:?}");
    // What people need to look into a run stands beside its result.
    for format in ["text", "json"] {
        let (_, out, err) = sandbox.run(&["check", "secure", "-v", "--format", format]).await;
        let table = err.lines().skip_while(|line| !line.starts_with("host  ")).count();
        assert!(!out.contains("slowest "), "{out}");
        assert_eq!(table, hosts.len() + 1, "{err}");
        assert_eq!(serde_json::from_str::<Value>(&out).is_ok(), format == "json", "{out}");
    }
    let (code, out, _) = sandbox.run(&["check", "--offline", "--fail-on", "critical", "tests/data/pages"]).await;
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("juniper-pod.md") && out.contains(" skipped"), "{out}");
    let (code, _, err) = sandbox.run(&["check", "--exclude", "", "tests/data/pages"]).await;
    assert_eq!(code, Some(2), "nothing would be looked at: {err}");
    // A label may be in a group that this token cannot see: it is called missing by nobody, and not fine either.
    sandbox.sandbox.change_world(|world| world.groups.retain(|_, group| group.path != "our-group"));
    let (code, out, err) = sandbox.run(&["check", "secure"]).await;
    assert_eq!(code, Some(4), "{out}\n{err}");
    assert!(err.contains("could not see the labels of") && err.contains("the group our-group is not there"), "{err}");
    assert!(!out.contains("label-missing"), "{out}");
    let (code, _, err) = sandbox.run(&["check", "no-such-thing"]).await;
    assert_eq!(code, Some(2));
    assert!(err.contains("`no-such-thing` is no file, no folder, no address and no pod"), "{err}");
}

/// A network that answers everything alike, and one that answers nothing: nothing is reported, nothing written.
#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_lies_or_is_down_proves_nothing() {
    let sandbox = ServedSandbox::seeded().await;
    sandbox.run(&["apply"]).await;
    let words = || {
        let world = sandbox.sandbox.world();
        let issues = world.projects.values().flat_map(|project| project.issues.values());
        let bodies = issues.filter_map(|issue| issue.description.as_deref().zip(Some(issue.is_open())));
        let shown = |(body, open): (&str, bool)| {
            let lines = body.lines().filter(|line| !line.starts_with("<!-- podkeeper:v1 state "));
            (lines.collect::<Vec<&str>>().join("\n"), open)
        };
        bodies.map(shown).collect::<Vec<_>>()
    };
    let before = words();
    let portal: fn(&mut World) = |world| world.captive_portal = true;
    let nameless: fn(&mut World) = |world| world.dns_down = true;
    let down: fn(&mut World) = |world| world.web_down = true;
    for (name, fault) in [("portal", portal), ("DNS", nameless), ("web", down)] {
        sandbox.sandbox.change_world(fault);
        let (code, out, _) = sandbox.run(&["apply", "--task", "links", "--format", "json"]).await;
        assert_eq!(code, Some(4), "{name}: a brake held, and the next run takes it up");
        let report: Value = serde_json::from_str(&out).unwrap();
        let web = report["pods"][0]["observations"].as_array().unwrap().iter();
        let web = web.filter(|seen| seen["kind"] == "docs" && !seen["url"].as_str().unwrap().starts_with('/'));
        let verdicts: BTreeSet<&str> = web.map(|seen| seen["verdict"].as_str().unwrap()).collect();
        assert_eq!(verdicts, BTreeSet::from(["unreachable"]), "{name}");
        assert!(rule_codes(&report).contains("links-inconclusive"), "{name}: {:?}", rule_codes(&report));
        // What may have failed is remembered, and not a word of it is reported.
        assert_eq!(words(), before, "{name}: the report says something else");
        sandbox
            .sandbox
            .change_world(|world| (world.captive_portal, world.dns_down, world.web_down) = (false, false, false));
    }
}
