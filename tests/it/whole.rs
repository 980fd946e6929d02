//! The whole job, by the program itself against a served box: sessions, label, roster, links, both reports.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use podkeeper::sandbox::Plot;
use podkeeper::sandbox::{Sandbox, Serving, World, canaries, expectations};
use serde_json::Value;

use crate::endings::command;
use crate::fidelity::QUIET;
use crate::support::{now, plot, shipped};

struct Box_ {
    sandbox: Sandbox,
    serving: Serving,
    expected: Vec<(String, &'static str)>,
}

impl Box_ {
    async fn seeded() -> Self {
        let pods = shipped().pods;
        let plots: Vec<_> = pods.iter().map(|pod| plot(pod, now())).collect();
        let expected = expectations(&plots[0]);
        let sandbox = Sandbox::new(World::seeded(&Plot { now: now(), pods: plots }));
        let serving = sandbox.serve("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
        Self { sandbox, serving, expected }
    }

    /// Runs the program against the box; gives its exit code and everything that it printed.
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

fn rules(report: &Value) -> BTreeSet<String> {
    let findings = report["pods"][0]["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_pass_does_the_whole_job_and_the_second_writes_nothing() {
    let box_ = Box_::seeded().await;
    let (code, out, err) = box_.run(&["apply", "--format", "json"]).await;
    assert_eq!(code, Some(0), "{out}\n{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(box_.journal(), ["POST 201", "PUT 200", "POST 201", "POST 201"]);
    let told = rules(&report);
    // Somebody may be back in two weeks.
    assert!(!told.contains("account-blocked"), "{told:?}");
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
        assert!(told.contains(rule), "{rule} is not told: {told:?}");
    }
    let (_, again, _) = box_.run(&["apply", "--format", "json"]).await;
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(box_.journal().len(), 4, "the second pass wrote something");
    assert_eq!((&again["pods"][0]["rounds"], &again["requests"]["write"]), (&Value::from(1), &Value::from(0)));
    println!("a quiet pass: {} requests to GitLab", again["requests"]["read"]);
    assert!(again["requests"]["read"].as_u64().unwrap() <= QUIET as u64, "{}", again["requests"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_link_of_the_page_has_the_verdict_that_the_box_was_made_for() {
    let box_ = Box_::seeded().await;
    let (_, out, _) = box_.run(&["plan", "--task", "links", "--format", "json"]).await;
    let report: Value = serde_json::from_str(&out).unwrap();
    let seen: BTreeMap<&str, &str> = report["pods"][0]["observations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|seen| (seen["url"].as_str().unwrap(), seen["verdict"].as_str().unwrap()))
        .collect();
    let mut wrong = Vec::new();
    for (url, verdict) in &box_.expected {
        let found = seen.get(url.as_str()).copied().unwrap_or("nothing");
        if found != *verdict {
            wrong.push(format!("{url}: {found} instead of {verdict}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    println!("{} links, each with its verdict", seen.len());
    assert_eq!(seen.len(), 60);
}

/// A page of the user's own in the place of the seed's: the box has its members, so that nothing is held back.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_ones_own_is_kept_like_the_seeds() {
    let (code, told) = apply_to("tests/data/pages/juniper-pod.md").await;
    // The box knows none of its links, and a page of which every link fails is no page but a bad look.
    let unknown = told["pods"][0]["unknown"].as_array().unwrap();
    assert_eq!((code, unknown.len(), &unknown[0]["what"]), (Some(4), 1, &"the links of Secure Pod".into()));
    assert!(!rules(&told).iter().any(|rule| rule.contains("roster") || rule.contains("focus")), "{:?}", rules(&told));
    // The real page, where it is there.
    if Path::new(REAL_PAGE).is_file() {
        let (code, told) = apply_to(REAL_PAGE).await;
        let seen = told["pods"][0]["observations"].as_array().unwrap();
        assert_eq!((code, seen.len(), &told["pods"][0]["unknown"]), (Some(0), 60, &serde_json::json!([])));
        assert!(seen.iter().all(|seen| seen["verdict"].is_string() && seen["places"][0]["line"].is_u64()));
        println!("the real page: {} links, each with a verdict and a place", seen.len());
    }
}

const REAL_PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/secure-pod-page.md");

async fn apply_to(page: &str) -> (Option<i32>, Value) {
    let mut program = command(&["apply", "--sandbox", "--page", page, "--format", "json"]);
    let output = program.env_remove("PODKEEPER_TASK").output().await.unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

/// Design law 13: nothing personal of an agent file reaches any sink.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_of_an_agent_file_comes_out_anywhere() {
    let box_ = Box_::seeded().await;
    let mut sinks = Vec::new();
    for way in [&["-vv", "plan"][..], &["-vv", "--format", "json", "apply"], &["--log-format", "json", "-vv", "apply"]]
    {
        let (_, out, err) = box_.run(way).await;
        sinks.extend([out, err]);
    }
    sinks.extend(box_.sandbox.journal().into_iter().map(|entry| entry.body));
    let canaries = canaries();
    assert!(canaries.len() > 20, "{}", canaries.len());
    // The box itself holds them, so the search can find.
    let world = format!("{:?}", box_.sandbox.world());
    assert!(canaries.iter().all(|canary| world.contains(canary.as_str())), "the box was seeded with them");
    let sightings: Vec<&String> =
        canaries.iter().filter(|canary| sinks.iter().any(|sink| sink.contains(canary.as_str()))).collect();
    println!("{} canaries in {} sinks: {} sightings", canaries.len(), sinks.len(), sightings.len());
    assert_eq!(sightings, Vec::<&String>::new());
}

/// `check` needs no pod and no token, calls the same rules, and says by its exit code what it found.
#[tokio::test(flavor = "multi_thread")]
async fn check_looks_at_pods_and_at_files_and_ends_with_what_it_found() {
    let box_ = Box_::seeded().await;
    let (code, out, err) = box_.run(&["check", "secure", "--format", "json"]).await;
    assert_eq!(code, Some(3), "{err}");
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&told["version"], &told["links"], &told["unique"]), (&1.into(), &61.into(), &60.into()));
    assert!(told["requests"]["read"].as_u64().unwrap() <= 8 && told["requests"]["write"] == 0, "{}", told["requests"]);
    assert_eq!(told["verdicts"]["dead"], 5);
    assert_eq!(told["inconclusive"], Value::Null);
    let told_of = |rule: &str| told["findings"].as_array().unwrap().iter().any(|found| found["rule"] == rule);
    assert!(told_of("label-missing") && told_of("label-retired"));
    assert!(!err.contains("could not see"), "{err}");
    let place = &told["observations"][0]["places"][0];
    assert!(place["path"].is_string() && place["line"].is_u64() && place["column"].is_u64(), "{place}");
    let hosts = told["hosts"].as_array().unwrap();
    let sum: u64 = hosts.iter().map(|host| host["requests"].as_u64().unwrap()).sum();
    assert!(hosts.len() > 3 && Some(sum) == told["requests"]["web"].as_u64(), "{hosts:?}");
    assert!(hosts.iter().all(|host| host["host"].is_string() && host["held_ms"].is_u64()), "{hosts:?}");
    // What people look into a run with stands beside its result.
    for format in ["text", "json"] {
        let (_, out, err) = box_.run(&["check", "secure", "-v", "--format", format]).await;
        let table = err.lines().skip_while(|line| !line.starts_with("host  ")).count();
        assert!(!out.contains("slowest "), "{out}");
        assert_eq!(table, hosts.len() + 1, "{err}");
        assert_eq!(serde_json::from_str::<Value>(&out).is_ok(), format == "json", "{out}");
    }
    let (code, out, _) = box_.run(&["check", "--offline", "--fail-on", "critical", "tests/data/pages"]).await;
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("juniper-pod.md") && out.contains(" skipped"), "{out}");
    let (code, _, err) = box_.run(&["check", "--exclude", "", "tests/data/pages"]).await;
    assert_eq!(code, Some(2), "nothing would be looked at: {err}");
    // A label may be in a group that this token cannot see: it is called missing by nobody, and not fine either.
    box_.sandbox.change(|world| world.groups.retain(|_, group| group.path != "gitlab-org"));
    let (code, out, err) = box_.run(&["check", "secure"]).await;
    assert_eq!(code, Some(4), "{out}\n{err}");
    assert!(err.contains("could not see the labels of") && err.contains("the group gitlab-org is not there"), "{err}");
    assert!(!out.contains("label-missing"), "{out}");
    let (code, _, err) = box_.run(&["check", "no-such-thing"]).await;
    assert_eq!(code, Some(2));
    assert!(err.contains("`no-such-thing` is no file, no folder, no address and no pod"), "{err}");
}

/// A network that answers everything alike, and one that answers nothing: nothing is told, nothing written.
#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_lies_or_is_down_proves_nothing() {
    let box_ = Box_::seeded().await;
    box_.run(&["apply"]).await;
    let words = || {
        let world = box_.sandbox.world();
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
        box_.sandbox.change(fault);
        let (code, out, _) = box_.run(&["apply", "--task", "links", "--format", "json"]).await;
        assert_eq!(code, Some(4), "{name}: a brake held, and the next run takes it up");
        let report: Value = serde_json::from_str(&out).unwrap();
        let web = report["pods"][0]["observations"].as_array().unwrap().iter();
        let web = web.filter(|seen| seen["kind"] == "docs" && !seen["url"].as_str().unwrap().starts_with('/'));
        let verdicts: BTreeSet<&str> = web.map(|seen| seen["verdict"].as_str().unwrap()).collect();
        assert_eq!(verdicts, BTreeSet::from(["unreachable"]), "{name}");
        assert!(rules(&report).contains("links-inconclusive"), "{name}: {:?}", rules(&report));
        // What may have failed is remembered, and not a word is told of it.
        assert_eq!(words(), before, "{name}: the report says something else");
        box_.sandbox.change(|world| (world.captive_portal, world.dns_down, world.web_down) = (false, false, false));
    }
}
