//! What the program logs, as a person or a collector of logs reads it: by the program itself.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use podkeeper::sandbox::all_canary_texts;
use serde_json::Value;

use crate::exit_codes::{
    ProgramOutput, ScriptedAnswer, copy_config, replace_in_file, run_podkeeper_with_env, serve_with_script,
};
use crate::support::{NOW, Stage};
use crate::token_search::find_token_forms;

/// A request's number, as GitLab makes one.
const REQUEST_ID: &str = "01KBDQ7S9T4Y6V8W2X3Z5A7C9E";

/// `apply` in a sandbox of its own, with all tasks.
async fn run_apply(args: &[&str], env: &[(&str, &str)]) -> ProgramOutput {
    let args = [args, &["apply", "--sandbox", "--now", NOW]].concat();
    let tasks = [("PODKEEPER_TASK", "sessions,labels,roster,links")];
    run_podkeeper_with_env(&args, &[env, &tasks[..]].concat()).await
}

/// The lines of a log in JSON.
fn parse_log_lines(log: &str) -> Vec<Value> {
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"))).collect()
}

/// The spans of a line, outermost first; one that ends is the last.
fn spans(line: &Value) -> Vec<&Value> {
    let around = line["spans"].as_array().into_iter().flatten();
    around.chain((line["fields"]["message"] == "close").then(|| &line["span"])).collect()
}

fn span_path(line: &Value) -> String {
    spans(line).iter().map(|span| span["name"].as_str().unwrap()).collect::<Vec<&str>>().join(" ")
}

fn lines_with_message<'a>(lines: &'a [Value], message: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["fields"]["message"] == message).collect()
}

#[tokio::test]
async fn each_line_is_an_object_with_its_time_level_and_spans() {
    let reported = run_apply(&["-vv", "--log-format", "json"], &[]).await;
    reported.assert_ends(0, &["8 changes made."]);
    let lines = parse_log_lines(&reported.err);
    for line in &lines {
        line["timestamp"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
        assert!(["INFO", "DEBUG"].contains(&line["level"].as_str().unwrap()), "{line}");
        assert!(line["target"].as_str().unwrap().starts_with("podkeeper"), "{line}");
        assert!(line["fields"]["message"].is_string(), "{line}");
        assert_eq!((&spans(line)[0]["name"], &spans(line)[0]["command"]), (&"run".into(), &"apply".into()));
    }
    let paths: BTreeSet<String> = lines.iter().map(span_path).collect();
    for expected in [
        "run",
        "run fleet",
        "run fleet collect",
        "run fleet collect request",
        "run pod",
        "run pod collect round request",
        "run pod decide round",
        "run pod execute round request",
        "run pod report",
        "run fleet report",
    ] {
        assert!(paths.contains(expected), "nothing is said in {expected}: {paths:?}");
    }
    let pods: Vec<&Value> = lines.iter().flat_map(spans).filter(|span| span["name"] == "pod").collect();
    assert!(pods.iter().all(|pod| pod["pod"] == "secure"), "{pods:?}");
    // A span says how long it took when it ends, and so each request does.
    let ends = lines_with_message(&lines, "close");
    assert!(ends.iter().all(|end| end["fields"]["time.busy"].is_string() && end["fields"]["time.idle"].is_string()));
    let requests: Vec<&Value> = ends.iter().map(|end| &end["span"]).filter(|span| span["name"] == "request").collect();
    assert!(requests.len() > 10, "{}", requests.len());
    for request in requests {
        assert!(request["method"].is_string() && request["status"].is_u64(), "{request}");
        assert!(request["request_id"].as_str().unwrap().starts_with("request-"), "{request}");
        let path = request["path"].as_str().unwrap();
        assert!(path.starts_with("/api/") && !path.contains('?') && !path.contains("index.md"), "{request}");
    }
}

#[tokio::test]
async fn each_decision_has_its_line() {
    let reported = run_apply(&["-v", "--log-format", "json", "--format", "json"], &[]).await;
    let report: Value = serde_json::from_str(&reported.out).unwrap();
    let lines = parse_log_lines(&reported.err);
    let (planned, acted) = (lines_with_message(&lines, "planned"), lines_with_message(&lines, "acted"));
    let identities = |lines: &[&Value]| {
        lines.iter().map(|line| format!("{} {}", line["fields"]["kind"], line["fields"]["subject"])).collect::<Vec<_>>()
    };
    assert_eq!((planned.len(), identities(&planned)), (8, identities(&acted)));
    assert!(planned.iter().all(|line| line["fields"]["because"].as_str().is_some_and(|why| !why.is_empty())));
    assert!(acted.iter().all(|line| line["fields"]["outcome"] == "done" && line["fields"]["url"].is_string()));
    // As many findings as the report has; what is for members only is counted, and says of nobody who it is.
    let mut by_rule: BTreeMap<String, usize> = BTreeMap::new();
    let findings = report["pods"][0]["findings"].as_array().unwrap();
    for finding in findings {
        *by_rule.entry(finding["rule"].to_string()).or_default() += 1;
    }
    let is_public = |rule: &Value| {
        findings.iter().filter(|finding| finding["rule"] == *rule).all(|finding| finding["audience"] == "public")
    };
    for line in lines_with_message(&lines, "found") {
        let fields = &line["fields"];
        assert_eq!(fields["subject"].is_string(), is_public(&fields["rule"]), "{line}");
        let left = by_rule.get_mut(&fields["rule"].to_string()).unwrap();
        *left -= fields["count"].as_u64().map_or(1, |count| usize::try_from(count).unwrap());
    }
    assert!(by_rule.len() > 10 && by_rule.values().all(|left| *left == 0), "{by_rule:?}");
    let ended = &lines_with_message(&lines, "ended")[0]["fields"];
    assert_eq!(
        (&ended["done"], &ended["exit_code"], &ended["findings"]),
        (&8.into(), &0.into(), &findings.len().into())
    );
}

#[tokio::test]
async fn a_run_is_silent_until_it_is_asked_for_more() {
    for way in [&[][..], &["-q"]] {
        assert_eq!(run_apply(way, &[]).await.err, "", "{way:?}");
    }
    let (once, twice) = (run_apply(&["-v"], &[]).await.err, run_apply(&["-vv"], &[]).await.err);
    for (word, is_in_both) in
        [(" planned kind=\"open-pairing-issue\" ", true), (" DEBUG ", false), (" close time.busy=", false)]
    {
        assert!(twice.contains(word), "{word}: {twice}");
        assert_eq!(once.contains(word), is_in_both, "{word}: {once}");
    }
    assert!(once.lines().all(|line| line.trim_start().starts_with("INFO run{command=\"apply\"}:")), "{once}");
    assert!(twice.lines().count() > once.lines().count() + 40);
}

/// Design laws 7, 13 and 14: everybody may read a log.
#[tokio::test]
async fn nothing_personal_and_no_token_stands_in_a_log() {
    let stage = Stage::seeded();
    let token = stage.sandbox.describe().tokens["api"].clone();
    let mut logs = 0;
    for way in [&["-vv"][..], &["-vv", "--log-format", "json"], &["-v", "--log-format", "json"]] {
        for format in ["text", "json"] {
            let reported =
                run_apply(&[way, &["--format", format]].concat(), &[("GITLAB_CI", "true"), ("CI", "true")]).await;
            let seen: Vec<String> =
                all_canary_texts().into_iter().filter(|canary| reported.err.contains(canary)).collect();
            assert_eq!(seen, Vec::<String>::new(), "{way:?}");
            assert_eq!(find_token_forms(&reported.err, &token), [""; 0], "{way:?}");
            assert!(!reported.err.contains(".yaml") && reported.err.len() > 2_000, "{}", reported.err);
            logs += reported.err.len();
        }
    }
    println!("{logs} bytes of logs: no canary, no token");
}

#[tokio::test]
async fn a_request_that_failed_is_told_with_gitlabs_request_id() {
    let stage = Stage::seeded();
    for (args, status, level) in
        [(&[][..], 403, "WARN"), (&["-v", "--log-format", "json"], 403, "WARN"), (&[], 500, "WARN")]
    {
        let host = serve_with_script(&stage, move |seen| {
            let opens = seen.method == "POST" && seen.target.ends_with("/issues");
            opens.then(|| ScriptedAnswer {
                headers: vec![("content-type", "application/json".to_owned()), ("x-request-id", REQUEST_ID.to_owned())],
                ..ScriptedAnswer::json(status, r#"{"message":"no"}"#)
            })
        })
        .await;
        let sandbox_flag = format!("--sandbox={}", host.url);
        let reported = run_podkeeper_with_env(&[args, &["plan", &sandbox_flag]].concat(), &[]).await;
        assert!(!reported.err.contains(REQUEST_ID), "nothing was written: {}", reported.err);
        let reported = run_podkeeper_with_env(&[args, &["apply", &sandbox_flag]].concat(), &[]).await;
        let line = reported
            .err
            .lines()
            .find(|line| line.contains("a request failed"))
            .unwrap_or_else(|| panic!("{reported:?}"));
        assert!(line.contains(REQUEST_ID) && line.contains(level) && line.contains("/issues"), "{line}");
        assert!(line.contains(&format!("{status} no")), "{line}");
        // What is compared from run to run does not change with every request.
        assert!(!reported.out.contains(REQUEST_ID), "{}", reported.out);
    }
    assert!(stage.sandbox.journal().iter().all(|entry| !entry.body.contains(REQUEST_ID)));
}

// ---- Sections of GitLab's job log ----

/// The names of the sections that begin and end, each with whether it is folded; everything else of the text.
fn sections(text: &str) -> (Vec<(String, bool)>, String) {
    let (mut open, mut found, mut rest) = (None, Vec::new(), String::new());
    for line in text.split_inclusive('\n') {
        let Some(mark) = line.strip_prefix("\u{1b}[0Ksection_") else {
            rest.push_str(line);
            continue;
        };
        let (mark, title) = mark.split_once("\r\u{1b}[0K").unwrap();
        let mut parts = mark.splitn(3, ':');
        let (kind, time, name) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        assert!(time.parse::<u64>().unwrap() > 1_700_000_000, "{line:?}");
        match kind {
            "start" => {
                let bare = name.trim_end_matches("[collapsed=true]");
                assert!(bare.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c)), "{name}");
                assert!(title.trim().ends_with(" Pod"), "{line:?}");
                assert_eq!(open.replace(bare.to_owned()), None, "one within another");
                found.push((bare.to_owned(), bare != name));
            }
            "end" => assert_eq!((open.take().as_deref(), title), (Some(name), "\n")),
            other => panic!("{other}"),
        }
    }
    assert_eq!(open, None, "it never ends");
    (found, rest)
}

#[tokio::test]
async fn a_job_log_folds_what_is_said_of_each_pod() {
    let folder = copy_config("two-pods", |folder| {
        let (one, two) = (folder.join("pods/secure.toml"), folder.join("pods/second.toml"));
        std::fs::copy(one, &two).unwrap();
        replace_in_file(&two, "name = \"Secure Pod\"", "name = \"Second Pod\"");
        replace_in_file(&two, "name = \"pod::secure\"", "name = \"pod::second\"");
    });
    let job = [("GITLAB_CI", "true"), ("CI", "true"), ("PODKEEPER_CONFIG", folder.as_str())];
    for what in ["plan", "apply"] {
        let reported = run_podkeeper_with_env(&["-vv", what, "--sandbox", "--now", NOW], &job).await;
        let (found, rest) = sections(&reported.out);
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["podkeeper_second", "podkeeper_secure"], "{}", reported.out);
        assert!(rest.contains("request") && !rest.contains("section_"), "{rest}");
        assert!(!reported.err.contains("section_"), "{}", reported.err);
    }
}

#[tokio::test]
async fn sections_are_for_job_logs_alone_and_what_needs_somebody_is_not_folded() {
    let job = [("GITLAB_CI", "true"), ("CI", "true")];
    let reported = run_apply(&[], &job).await;
    assert_eq!(sections(&reported.out).0, [("podkeeper_secure".to_owned(), true)], "{}", reported.out);
    for (way, env) in [
        (&[][..], &[][..]),
        (&[], &[("CI", "true")]),
        (&[], &[("GITLAB_CI", "false")]),
        (&["--format", "json"], &job),
        (&["--format", "json", "--log-format", "json", "-vv"], &job),
        (&["--color", "never"], &job),
    ] {
        let reported = run_apply(way, env).await;
        assert!(
            !reported.out.contains("section_") && !reported.err.contains("section_"),
            "{way:?} {env:?}: {reported:?}"
        );
    }
    let stage = Stage::seeded();
    let broken =
        serve_with_script(&stage, |seen| seen.target.contains("/user").then(|| ScriptedAnswer::html(502))).await;
    let reported = run_podkeeper_with_env(&["apply", &format!("--sandbox={}", broken.url)], &job).await;
    assert_eq!((reported.code, sections(&reported.out).0), (Some(4), vec![("podkeeper_secure".to_owned(), false)]));
}
