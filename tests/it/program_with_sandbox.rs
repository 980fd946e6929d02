//! The program itself, as a newcomer meets it: a sandbox on a socket, the worker in another process, exit codes and
//! texts.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::{NOW, path_from_env, repository_root};

/// A page of invented people, with sessions and leads.
const OWN_PAGE: &str = "tests/data/pages/juniper-pod.md";

#[tokio::test]
async fn the_first_apply_opens_labels_and_closes_and_the_second_writes_nothing() {
    let served = SandboxProcess::serve(&[]);
    let first = served.run_podkeeper(&["apply"]);
    assert_eq!((first.code, first.err.as_str()), (0, ""));
    let journal = served.journal().await;
    let writes: Vec<String> = journal.iter().map(|entry| format!("{} {}", entry["method"], entry["status"])).collect();
    let (created, changed) = ("\"POST\" 201", "\"PUT\" 200");
    let expected = [created, changed, created, created, created, changed];
    assert_eq!(writes, expected, "an issue, a label; last week's is claimed, linked, commented on and closed");
    assert!(first.out.contains("6 changes made."), "{}", first.out);

    let second = served.run_podkeeper(&["apply"]);
    assert_eq!(second.code, 0);
    assert_eq!(served.journal().await, journal);
    assert!(second.out.contains("Nothing had to change.") && second.out.contains("1 round."), "{}", second.out);
    assert!(second.out.contains("0 written"), "{}", second.out);
}

#[tokio::test]
async fn a_page_of_ones_own_is_kept_in_step_the_same_way() {
    assert_kept_in_step(OWN_PAGE).await;
}

/// The page holds real people's names, so it is not a part of this repository.
#[tokio::test]
#[ignore = "needs the Secure Pod's page: PODKEEPER_REAL_PAGE=FILE cargo test --test it -- --ignored real_page"]
async fn the_real_page_is_kept_in_step() {
    assert_kept_in_step(path_from_env("PODKEEPER_REAL_PAGE").to_str().unwrap()).await;
}

async fn assert_kept_in_step(page: &str) {
    let served = SandboxProcess::serve(&["--page", page]);
    assert_eq!(served.run_podkeeper(&["apply"]).code, 0);
    let journal = served.journal().await;
    assert_eq!(journal.len(), 6);
    let opened = journal.iter().find(|entry| entry["method"] == "POST").unwrap()["body"].as_str().unwrap();
    // The page's own words stand in the issue.
    assert!(opened.contains("[pod page](") && opened.contains("**Host:**"), "{opened}");

    let second = served.run_podkeeper(&["apply"]);
    assert_eq!((second.code, served.journal().await), (0, journal));
    assert!(second.out.contains("1 round."), "{}", second.out);
}

#[tokio::test]
async fn a_sandbox_passes_over_what_it_does_not_keep_only_if_it_is_told_to() {
    for (flags, reported) in [(&[][..], "Refused"), (&["--accept-unread-parameters"], "Ignored")] {
        let served = SandboxProcess::serve(flags);
        let world = served.request("GET", "/-/world", Value::Null).await;
        assert_eq!(world["unread_parameters"], reported, "{flags:?}");
        if reported == "Ignored" {
            let found = served.request("GET", "/api/v4/projects?of_my_own=1", Value::Null).await;
            assert!(found.as_array().is_some_and(|found| !found.is_empty()), "{found}");
        }
    }
}

#[test]
fn apply_in_a_sandbox_of_its_own_tells_what_it_did_why_and_how_to_replay_it() {
    let ran = run_podkeeper(&["apply", "--sandbox", "--now", NOW]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    for said in [
        "open \"Secure Pod Pairing, Thu 26 Nov 2026, 15:00 UTC\" in your-group/support-pairing with label \
         `pod::secure`, because no issue carries secure/weekly/2026-W48",
        "add label `pod::secure` to your-group/support-pairing#1, because it was taken off once",
        "/your-group/support-pairing/-/issues/6",
        "6 changes made.",
        "podkeeper sandbox --now 2026-11-24T06:00:00Z & podkeeper apply --sandbox=http://127.0.0.1:8080",
    ] {
        assert!(ran.out.contains(said), "{said}\n{}", ran.out);
    }
    let requests = ran.out.split(" requests to GitLab").next().unwrap().rsplit(' ').next().unwrap();
    assert!(requests.parse::<u32>().unwrap() > 2, "{}", ran.out);
    assert!(ran.out.lines().all(|line| !line.contains('\u{1b}')), "no colour into a pipe");
}

#[tokio::test]
async fn the_plan_has_the_contracts_keys_and_the_same_stamp_twice() {
    let served = SandboxProcess::serve(&[]);
    let ran = served.run_podkeeper(&["plan", "--format", "json"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let plan: Value = serde_json::from_str(&ran.raw).unwrap();
    assert_eq!(plan["version"], 1);
    assert_eq!(plan["now"], NOW);
    assert_has_keys(&plan, &["now", "pods", "requests", "stamp", "took_ms", "version"]);
    assert_has_keys(&plan["requests"], &["read", "write"]);
    assert_eq!(plan["requests"]["write"], 0, "a plan writes nothing");
    let pod = &plan["pods"][0];
    assert_has_keys(pod, &["actions", "findings", "observations", "outcomes", "pod", "then", "unknown"]);
    assert_eq!((pod["pod"].as_str(), pod["outcomes"].as_array().map(Vec::len)), (Some("secure"), Some(0)));
    assert_has_keys(&pod["actions"][0], &["because", "diff", "kind", "project", "subject"]);
    assert_eq!(pod["actions"][0]["kind"], "open-pairing-issue");
    let finding = ["advice", "audience", "fingerprint", "message", "place", "rule", "severity", "since", "subject"];
    assert_has_keys(&pod["findings"][0], &finding);
    assert_has_keys(&pod["findings"][0]["place"], &["column", "line", "path"]);

    let again: Value = serde_json::from_str(&served.run_podkeeper(&["plan", "--format", "json"]).raw).unwrap();
    assert_eq!(again["stamp"], plan["stamp"]);
    assert_eq!(again["pods"], plan["pods"]);
    assert_eq!(served.journal().await.len(), 0);

    // What apply says has the same form, with what became of each action.
    let applied: Value = serde_json::from_str(&served.run_podkeeper(&["apply", "--format", "json"]).raw).unwrap();
    let outcome = &applied["pods"][0]["outcomes"][0];
    assert_has_keys(outcome, &["action", "result", "url"]);
    assert_eq!((&applied["stamp"], &outcome["result"]), (&plan["stamp"], &json!("done")));

    // And what could not be seen is named.
    served.request("POST", "/-/world/token", json!({"name": "api", "revoked": true})).await;
    let failure = served.run_podkeeper(&["plan", "--format", "json"]);
    assert_eq!(failure.code, 6);
    let failure: Value = serde_json::from_str(&failure.raw).unwrap();
    assert_has_keys(&failure["pods"][0]["unknown"][0], &["what", "why"]);
}

#[tokio::test]
async fn a_plan_that_was_agreed_to_is_carried_out_and_no_other() {
    let served = SandboxProcess::serve(&[]);
    let plan: Value = serde_json::from_str(&served.run_podkeeper(&["plan", "--format", "json"]).raw).unwrap();
    let stamp = plan["stamp"].as_str().unwrap();
    let text = served.run_podkeeper(&["plan"]);
    assert!(text.out.contains(&format!("stamp {stamp}")), "{}", text.out);

    let other = served.run_podkeeper(&["apply", "--plan", "0123"]);
    assert_eq!(other.code, 5);
    assert!(other.err.contains("nothing was written") && other.err.contains(stamp), "{}", other.err);
    assert_eq!(served.journal().await.len(), 0);

    assert_eq!(served.run_podkeeper(&["apply", "--plan", stamp]).code, 0);
    assert_eq!(served.journal().await.len(), 6);
    assert_eq!(served.run_podkeeper(&["apply", "--plan", stamp]).code, 5, "it is done, so it is no longer the plan");
    assert_eq!(served.journal().await.len(), 6);
}

#[tokio::test]
async fn a_served_sandbox_says_where_to_look_and_what_to_type() {
    let mut served = SandboxProcess::serve(&[]);
    let mut lines: Vec<String> = Vec::new();
    while lines.last().is_none_or(|line| !line.starts_with("Ctrl-C")) {
        let mut line = String::new();
        assert_ne!(served.says.read_line(&mut line).unwrap(), 0, "{lines:?}");
        lines.push(line.trim_end().to_owned());
    }
    for line in &lines {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let said = lines.join("\n");
    let url = &served.url;
    for part in [
        format!("  {url}/your-group/support-pairing\n"),
        format!("  {url}/-/journal.html\n"),
        "over TLS, is at 127.0.0.1:".to_owned(),
        "  api              glpat-sandbox-api-no-secret              podkeeper's own\n".to_owned(),
        "  read_repository  glpat-sandbox-read_repository-no-secret  its bot, files only\n".to_owned(),
        format!("  podkeeper apply --sandbox={url}\n"),
        format!("  curl {url}/-/journal\n"),
    ] {
        assert!(said.contains(&part), "{part}{said}");
    }
    assert_eq!(said.matches("\n  curl ").count(), 3, "{said}");
    // What it says to ask is the pairing project's issues.
    let issues = lines.iter().find_map(|line| line.trim().strip_prefix('"')?.strip_suffix('"')).unwrap();
    assert!(
        said.contains(&format!("-H \"PRIVATE-TOKEN: glpat-sandbox-api-no-secret\" \\\n    \"{issues}\"")),
        "{said}"
    );
    let http = reqwest::Client::builder().no_proxy().tls_certs_only(std::iter::empty()).build().unwrap();
    let ask = http.get(issues).header("PRIVATE-TOKEN", "glpat-sandbox-api-no-secret");
    let found: Value = ask.send().await.unwrap().json().await.unwrap();
    let place = found[0]["references"]["full"].as_str().unwrap_or_default().to_owned();
    assert!(place.starts_with("your-group/support-pairing#"), "{found}");
}

#[test]
fn an_interrupt_ends_the_sandbox_in_order() {
    let mut served = SandboxProcess::serve(&[]);
    let pid = served.process.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(served.process.wait().unwrap().code(), Some(0));
}

#[test]
fn a_sandbox_that_does_not_answer_or_is_not_local_is_refused() {
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let silent = run_podkeeper(&["apply", &format!("--sandbox=http://{free}")]);
    assert_eq!(silent.code, 4);
    assert!(silent.err.contains("podkeeper sandbox"), "{}", silent.err);
    let elsewhere = run_podkeeper(&["apply", "--sandbox=http://box.example"]);
    assert_eq!(elsewhere.code, 2);
}

/// How the program ended, and what it printed.
struct ProgramResult {
    code: i32,
    /// Standard output as it came.
    raw: String,
    /// The same with every run of blanks as one, because lines are broken for a terminal.
    out: String,
    err: String,
}

fn run_podkeeper(args: &[&str]) -> ProgramResult {
    let output = program().args(args).output().unwrap();
    let raw = String::from_utf8(output.stdout).unwrap();
    let out = raw.split_whitespace().collect::<Vec<_>>().join(" ");
    ProgramResult { code: output.status.code().unwrap(), raw, out, err: String::from_utf8(output.stderr).unwrap() }
}

/// The program in the project's folder, with nothing of this machine's environment.
fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_podkeeper"));
    program.current_dir(repository_root()).env_clear().env("PODKEEPER_TASK", "sessions,labels").stdin(Stdio::null());
    program
}

/// A sandbox in a process of its own, which ends with the test.
pub(crate) struct SandboxProcess {
    process: Child,
    pub(crate) url: String,
    // Keeps the pipe open: a sandbox whose reader is gone could not say anything any more.
    says: BufReader<std::process::ChildStdout>,
}

impl SandboxProcess {
    pub(crate) fn serve(args: &[&str]) -> Self {
        assert!(Path::new(env!("CARGO_BIN_EXE_podkeeper")).exists());
        let mut process = program()
            .args(["sandbox", "--listen", "127.0.0.1:0", "--now", NOW])
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut says = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        says.read_line(&mut line).unwrap();
        let url = line.split_whitespace().find(|word| word.starts_with("http://127.0.0.1:")).unwrap_or_default();
        let url = url.to_owned();
        let served = Self { process, url, says };
        assert!(!served.url.is_empty() && !served.url.ends_with(":0"), "the sandbox says where it is: {line}");
        served
    }

    fn run_podkeeper(&self, args: &[&str]) -> ProgramResult {
        let sandbox = format!("--sandbox={}", self.url);
        let (command, rest) = args.split_first().unwrap();
        run_podkeeper(&[&[*command, sandbox.as_str()], rest].concat())
    }

    async fn request(&self, method: &str, path: &str, body: Value) -> Value {
        let http = reqwest::Client::builder().no_proxy().tls_certs_only(std::iter::empty()).build().unwrap();
        let mut request = http.request(method.parse().unwrap(), format!("{}{path}", self.url));
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{method} {path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    async fn journal(&self) -> Vec<Value> {
        self.request("GET", "/-/journal", Value::Null).await.as_array().unwrap().clone()
    }
}

impl Drop for SandboxProcess {
    fn drop(&mut self) {
        // By its own number, and only what this test started; one that has ended already is no error.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The object has at least these keys.
fn assert_has_keys(value: &Value, keys: &[&str]) {
    let object = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    for key in keys {
        assert!(object.contains_key(*key), "{key} is missing in {value}");
    }
}

// ---- A sandbox that stays up after the run ----

#[tokio::test]
async fn what_a_run_did_in_its_own_sandbox_can_be_looked_at_until_a_signal_comes() {
    for (signal, args) in
        [("-INT", &[][..]), ("-TERM", &["--task", "links", "--quiet"]), ("-INT", &["--format", "json"])]
    {
        // Beside JSON the address is a remark.
        let is_json = args.contains(&"json");
        let mut process = program()
            .args(["apply", "--sandbox", "--serve", "--now", NOW])
            .args(args)
            .env_remove("PODKEEPER_TASK")
            // A pipe that nobody reads would hold it up.
            .stdout(if is_json { Stdio::null() } else { Stdio::piped() })
            .stderr(if is_json { Stdio::piped() } else { Stdio::null() })
            .spawn()
            .unwrap();
        let mut said: Box<dyn std::io::BufRead> = if is_json {
            Box::new(BufReader::new(process.stderr.take().unwrap()))
        } else {
            Box::new(BufReader::new(process.stdout.take().unwrap()))
        };
        let mut address = None;
        while address.is_none() {
            let mut line = String::new();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "it ended without an address");
            address = line.trim().strip_prefix("Look at what was done: ").map(str::to_owned);
        }
        let address = address.unwrap();
        let kind = if args.contains(&"links") { "support-team-meta/-/issues/1" } else { "support-pairing/-/issues/6" };
        assert!(address.ends_with(kind), "{address}");
        let http = reqwest::Client::builder().no_proxy().tls_certs_only(std::iter::empty()).build().unwrap();
        let page = http.get(&address).header("connection", "close").send().await.unwrap();
        assert_eq!(page.status(), 200, "{address}");
        let page = page.text().await.unwrap();
        assert!(page.contains("Secure Pod"), "{page}");
        let pid = process.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        assert_eq!(process.wait().unwrap().code(), Some(0), "{signal}");
    }
}

#[test]
fn a_sandbox_that_is_not_the_runs_own_is_not_kept_up() {
    for (args, said) in [
        (&["apply", "--serve"][..], "write `podkeeper apply --sandbox --serve`"),
        (&["apply", "--sandbox=http://127.0.0.1:9", "--serve"], "stays up by itself"),
        (&["apply", "--sandbox", "--serve", "--dry-run"], "cannot be used with"),
    ] {
        let ran = run_podkeeper(args);
        assert_eq!(ran.code, 2, "{args:?}");
        assert!(ran.err.contains(said), "{}", ran.err);
    }
}

// ---- Completions and manual pages ----

#[test]
fn completions_and_manual_pages_know_every_command() {
    let commands = ["apply", "plan", "page", "check", "doctor", "sandbox", "config", "explain", "completions", "man"];
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = run_podkeeper(&["completions", shell]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        for word in commands.iter().chain(&["dry-run", "sandbox", "observations"]) {
            assert!(ran.raw.contains(word), "{shell} {word}");
        }
    }
    let page = run_podkeeper(&["man"]);
    assert!(page.raw.contains(".TH podkeeper 1") && page.raw.contains("PODKEEPER_CONFIG"), "{}", page.raw);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("manual-pages");
    let ran = run_podkeeper(&["man", "--dir", folder.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for command in commands {
        let page = std::fs::read_to_string(folder.join(format!("podkeeper-{command}.1"))).unwrap();
        assert!(
            page.contains(&format!("podkeeper\\-{command}")) || page.contains(&format!("podkeeper {command}")),
            "{page}"
        );
    }
    let ran = run_podkeeper(&["man", "--dir", "README.md"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("README.md is no folder for --dir"), "{}", ran.err);
}
