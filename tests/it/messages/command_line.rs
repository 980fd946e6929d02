//! Messages about arguments, variables and the terminal.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::exit_codes::{ProgramOutput, command, empty_temp_folder, run_podkeeper_with_env, send_signal};
use crate::support::NOW;

/// The numbers of the messages that have a row here.
pub(super) const ROWS: &[u8] = &[1, 8, 9, 10, 11, 12, 13, 14, 15, 18, 19, 20, 21, 22, 23];

/// A wrong call, how it ends, what is said of it and what is not.
struct Row {
    number: u8,
    env: &'static [(&'static str, &'static str)],
    args: &'static [&'static str],
    code: i32,
    said: &'static [&'static str],
    unsaid: &'static [&'static str],
}

impl Row {
    const fn new(number: u8, args: &'static [&'static str], said: &'static [&'static str]) -> Self {
        Self { number, env: &[], args, code: 2, said, unsaid: &[] }
    }

    const fn with_env(mut self, env: &'static [(&'static str, &'static str)]) -> Self {
        self.env = env;
        self
    }

    const fn without(mut self, unsaid: &'static [&'static str]) -> Self {
        self.unsaid = unsaid;
        self
    }

    const fn ends(mut self, code: i32) -> Self {
        self.code = code;
        self
    }
}

const TABLE: &[Row] = &[
    // A shell's blank in the place of `=`.
    Row::new(1, &["apply", "--sandbox", "http://127.0.0.1:9"], &["write --sandbox=http://127.0.0.1:9"]),
    Row::new(1, &["plan", "--sandbox", "127.0.0.1:9"], &["write --sandbox=127.0.0.1:9"]),
    Row::new(1, &["check", "--sandbox", "http://127.0.0.1:9", "docs"], &["write --sandbox=http://127.0.0.1:9"]),
    Row::new(1, &["page", "--sandbox", "http://127.0.0.1:9"], &["write --sandbox=http://127.0.0.1:9"]),
    Row::new(1, &["plan", "--sandbox", "=", "http://127.0.0.1:9"], &["without a blank: write --sandbox="]),
    Row::new(1, &["plan", "https://gitlab.example/a?b=c"], &["no key of a pod, but an address", "`podkeeper check`"])
        .without(&["b=c"]),
    // The variable's fault is the variable's.
    Row::new(8, &["plan", "--sandbox"], &["'xml' in the variable PODKEEPER_FORMAT", "text, json"])
        .with_env(&[("PODKEEPER_FORMAT", "xml")])
        .without(&["--format"]),
    Row::new(8, &["plan", "--sandbox"], &["the variable PODKEEPER_VERBOSE", "write 0, 1 or 2"])
        .with_env(&[("PODKEEPER_VERBOSE", "often")])
        .without(&["--verbose", "invalid digit"]),
    Row::new(8, &["plan", "--sandbox"], &["in the variable PODKEEPER_TASK", "sessions, labels"])
        .with_env(&[("PODKEEPER_TASK", "sessions,lables")])
        .without(&["--task"]),
    Row::new(8, &["plan", "--sandbox"], &["in the variable PODKEEPER_NOW", "such as 2026-11-24T06:00:00Z"])
        .with_env(&[("PODKEEPER_NOW", "yesterday")])
        .without(&["--now"]),
    Row::new(
        8,
        &["plan"],
        &["--sandbox", "These variables are set and count as options: PODKEEPER_CONFIG, PODKEEPER_PAGE"],
    )
    .with_env(&[("PODKEEPER_PAGE", "page.md"), ("PODKEEPER_TASK", "")]),
    Row::new(8, &["apply", "--sandbox", "--plan", "12"], &["cannot be used with", "PODKEEPER_DRY_RUN"])
        .with_env(&[("PODKEEPER_DRY_RUN", "yes")]),
    // An agreed plan whose stamp was lost is no plan that was agreed to.
    Row::new(9, &["apply", "--sandbox"], &["in the variable PODKEEPER_PLAN", "no stamp of a plan", "`podkeeper plan`"])
        .with_env(&[("PODKEEPER_PLAN", "")]),
    Row::new(9, &["apply", "--sandbox", "--plan", ""], &["--plan", "no stamp of a plan"]),
    Row::new(9, &["apply", "--sandbox", "--plan", "latest"], &["'latest'", "64 hex digits"]),
    // Neither yes nor no.
    Row::new(10, &["apply", "--sandbox"], &["PODKEEPER_PAUSE says neither yes nor no", "write 1, true, yes or on"])
        .with_env(&[("PODKEEPER_PAUSE", "until friday")]),
    Row::new(10, &["plan", "--sandbox"], &["PODKEEPER_PAUSE says neither yes nor no"])
        .with_env(&[("PODKEEPER_PAUSE", "2")]),
    Row::new(10, &["apply", "--sandbox"], &["PODKEEPER_DRY_RUN says neither yes nor no"])
        .with_env(&[("PODKEEPER_DRY_RUN", "maybe")]),
    Row::new(10, &["check", "docs"], &["PODKEEPER_OFFLINE says neither yes nor no"])
        .with_env(&[("PODKEEPER_OFFLINE", "2")]),
    // A good value in the place of a library's words.
    Row::new(11, &["plan", "--gitlab", "gitlab.com"], &["--gitlab", "write for example https://gitlab.example.com"])
        .without(&["relative URL"]),
    Row::new(11, &["check", "docs", "--cache-age", "xx"], &["--cache-age", "such as 1d, 12h or 30m"])
        .without(&["expected number"]),
    Row::new(11, &["plan", "--sandbox", "--now", "yesterday"], &["--now", "such as 2026-11-24T06:00:00Z"])
        .without(&["premature", "invalid characters"]),
    Row::new(11, &["sandbox", "--listen", "127.0.0.1:80x"], &["--listen", "such as 127.0.0.1:8081"])
        .without(&["invalid socket address"]),
    Row::new(11, &["sandbox", "--listen", "0.0.0.0:8080"], &["--listen", "loopback address of this machine"]),
    // JSON, or refused.
    Row::new(12, &["config", "validate", "--format", "json"], &["`config validate` has no JSON"]),
    Row::new(12, &["sandbox"], &["`sandbox` has no JSON", "PODKEEPER_FORMAT"])
        .with_env(&[("PODKEEPER_FORMAT", "json")]),
    Row::new(12, &["explain", "--markdown", "--format", "json"], &["`explain` has no JSON"]),
    Row::new(12, &["man", "--format", "json"], &["`man` has no JSON"]),
    // One mistake, one code.
    Row::new(13, &["check", "nosuch"], &["`nosuch` is no file, no folder, no address and no pod"]),
    Row::new(13, &["check", "nosuch/"], &["nosuch/ cannot be read (No such file"]),
    Row::new(13, &["check", "nosuch.md"], &["nosuch.md cannot be read (No such file"]),
    Row::new(13, &["page", "nosuch.md"], &["nosuch.md", "No such file"]),
    // What would do nothing is refused.
    Row::new(14, &["check", "--offline", "--cache", "/etc/passwd", "docs"], &["nothing for --cache"]),
    Row::new(14, &["check", "--offline", "--observations", "x.json", "docs"], &["nothing for --observations"]),
    Row::new(14, &["check", "--cache-age", "1d", "docs"], &["--cache-age has no effect", "--cache FILE"]),
    Row::new(14, &["explain", "--limits", "none"], &["--limits has no effect", "`explain` visits no links"]),
    Row::new(14, &["config", "validate", "--audience", "team"], &["--audience has no effect"]),
    Row::new(14, &["config", "schema", "--config", "x"], &["--config has no effect"]),
    Row::new(14, &["page", "README.md", "--sandbox"], &["--sandbox has no effect", "a file of this machine"]),
    // Which argument.
    Row::new(
        15,
        &["check", "--offline", "docs", "http://"],
        &["`http://` is no address", "https://example.com/page.md"],
    ),
    Row::new(15, &["page", "https://h.example:99999/x"], &["`https://h.example:99999/x` is no address"]),
    Row::new(15, &["check", "https://u:secret@h.example:99999/x"], &["the argument that begins with https://"])
        .without(&["secret@"]),
    // A variable's value that only its file or its place shows to be wrong.
    Row::new(8, &["plan", "--sandbox"], &["--limits takes none", "--limits comes from the variable PODKEEPER_LIMITS"])
        .with_env(&[("PODKEEPER_LIMITS", "fast")]),
    Row::new(8, &["plan"], &["on this machine", "--sandbox comes from the variable PODKEEPER_SANDBOX"])
        .with_env(&[("PODKEEPER_SANDBOX", "http://192.0.2.1")]),
    Row::new(
        8,
        &["check", "docs", "--offline"],
        &["nothing for --cache", "--cache comes from the variable PODKEEPER_CACHE"],
    )
    .with_env(&[("PODKEEPER_CACHE", "target/x.json")])
    .without(&["--offline comes"]),
    Row::new(
        20,
        &["plan", "--sandbox"],
        &["podkeeper.toml does not exist", "--config comes from the variable PODKEEPER_CONFIG"],
    )
    .with_env(&[("PODKEEPER_CONFIG", "target/no-such-folder")]),
    Row::new(11, &["plan", "--sandbox", "--observations", "[x"], &["no pattern of files", "'seen/*.json'"]),
    Row::new(13, &["page", "docs"], &["docs is a folder", "`podkeeper check docs`"]),
    Row::new(13, &["plan", "--sandbox", ""], &["an argument is empty; the pods are secure"]),
    Row::new(18, &["explain", "130"], &["ended by a signal"]).ends(0),
    // Letter case does not matter.
    Row::new(18, &["explain", "LINK-DEAD"], &["link-dead"]).ends(0),
    Row::new(18, &["explain", "Link-Daed"], &["did you mean `link-dead`?", "`podkeeper explain` lists them all"]),
    // Without a configuration.
    Row::new(20, &["check", "secure"], &["no pod; there is no configuration", "--config DIR", "`podkeeper init`"])
        .with_env(&[("PODKEEPER_CONFIG", "target/no-such-folder")]),
    Row::new(
        20,
        &["page", "secure", "--config", "target/no-such-folder"],
        &["there is no configuration", "`podkeeper init`"],
    ),
    Row::new(20, &["check", "scure"], &["the pods are secure; did you mean `secure`?"]),
];

async fn run(row: &Row) -> ProgramOutput {
    run_podkeeper_with_env(row.args, row.env).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_call_is_said_with_what_to_write() {
    for row in TABLE {
        println!("{}: {:?} {:?}", row.number, row.env, row.args);
        assert!(ROWS.contains(&row.number));
        let ended = run(row).await;
        ended.assert_ends(row.code, row.said);
        if row.code == 2 {
            assert!(!ended.err.is_empty(), "{ended:?}");
        }
        for word in row.unsaid {
            assert!(!ended.err.contains(word), "`{word}` is in: {}", ended.err);
        }
    }
}

/// All words of yes and no, in all variables that say either; an empty variable is none.
#[tokio::test(flavor = "multi_thread")]
async fn there_is_one_rule_of_yes_and_no() {
    let apply = ["apply", "--sandbox", "--now", NOW];
    for (word, is_yes) in
        [("1", true), ("TRUE", true), ("yes", true), ("on", true), ("0", false), ("no", false), ("", false)]
    {
        let ended = run_podkeeper_with_env(&apply, &[("PODKEEPER_PAUSE", word)]).await;
        assert_eq!(ended.code, Some(if is_yes { 4 } else { 0 }), "{word}: {ended:?}");
        assert_eq!(ended.out.contains("paused by PODKEEPER_PAUSE"), is_yes, "{word}: {}", ended.out);
        let ended = run_podkeeper_with_env(&apply, &[("PODKEEPER_DRY_RUN", word)]).await;
        assert_eq!(ended.out.contains("Nothing was changed."), is_yes, "{word}: {}", ended.out);
        let ended = run_podkeeper_with_env(&apply, &[("PODKEEPER_QUIET", word)]).await;
        assert_eq!(ended.out.contains("requests to GitLab"), !is_yes, "{word}: {}", ended.out);
        let ended = run_podkeeper_with_env(&["plan", "--now", NOW], &[("PODKEEPER_SANDBOX", word)]).await;
        // An empty address is nobody's sandbox, and not the real GitLab either.
        let said = if is_yes {
            "in a sandbox of its own"
        } else if word.is_empty() {
            "is empty"
        } else {
            "no token given"
        };
        ended.assert_ends(if is_yes { 0 } else { 2 }, &[said]);
    }
    let empty: Vec<(&str, &str)> = [
        "PODKEEPER_FORMAT",
        "PODKEEPER_AUDIENCE",
        "PODKEEPER_LIMITS",
        "PODKEEPER_ALLOW_ADDRESS",
        "PODKEEPER_VERBOSE",
        "PODKEEPER_QUIET",
        "PODKEEPER_LOG_FORMAT",
        "PODKEEPER_COLOR",
        "PODKEEPER_CONFIG",
        "PODKEEPER_GITLAB",
        "PODKEEPER_PAGE",
        "PODKEEPER_REPORT",
        "PODKEEPER_TASK",
        "PODKEEPER_OBSERVATIONS",
        "PODKEEPER_NOW",
    ]
    .map(|name| (name, ""))
    .into();
    run_podkeeper_with_env(&["apply", "--sandbox"], &empty).await.assert_ends(0, &["8 changes made."]);
    // A variable is passed over where its option is written, or where it has no place.
    let wrong = [("PODKEEPER_FORMAT", "xml"), ("PODKEEPER_LIMITS", "none"), ("PODKEEPER_AUDIENCE", "team")];
    run_podkeeper_with_env(&["explain", "0", "--format", "text"], &wrong).await.assert_ends(0, &["an exit code"]);
    let both = run_podkeeper_with_env(&["explain", "0", "--format", "text"], &[("PODKEEPER_FORMAT", "json")]).await;
    assert!(both.out.starts_with("0 (an exit code)"), "{}", both.out);
}

/// 12: what has JSON has it whole.
#[tokio::test]
async fn explain_has_json_of_all_and_of_one() {
    let all = run_podkeeper_with_env(&["explain", "--format", "json"], &[]).await;
    let all: Value = serde_json::from_str(&all.out).unwrap();
    assert_eq!(all["version"], 1);
    for (list, least) in [("rules", 40), ("actions", 8), ("exit_codes", 7)] {
        assert!(all[list].as_array().unwrap().len() >= least, "{list}");
    }
    let one = run_podkeeper_with_env(&["explain", "Link-Dead", "--format", "json"], &[]).await;
    let one: Value = serde_json::from_str(&one.out).unwrap();
    assert_eq!((&one["rules"][0]["rule"], &one["rules"][1]), (&"link-dead".into(), &Value::Null));
    assert_eq!(one["actions"], Value::Array(Vec::new()));
}

/// 19: the port is somebody else's.
#[tokio::test]
async fn a_port_that_is_taken_is_said_with_the_option_that_names_another() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = run_podkeeper_with_env(&["sandbox", "--listen", &address], &[]).await;
    ended
        .assert_ends(2, &["something else listens at", &address, "name another with --listen", "--listen 127.0.0.1:0"]);
}

/// 21: `-q` and `-v` do what `--help` says, in front of the command and behind it.
#[tokio::test(flavor = "multi_thread")]
async fn more_and_less_is_said_of_a_check_too() {
    let page = empty_temp_folder("messages-quiet").join("page.md");
    std::fs::write(&page, "[gone](gone.md) [other](https://h.example/)\n").unwrap();
    let page = page.to_str().unwrap();
    for args in [["-q", "check", page, "--offline"], ["check", page, "--offline", "-q"]] {
        let ended = run_podkeeper_with_env(&args, &[]).await;
        ended.assert_ends(3, &["link-dead", "gone.md"]);
        assert!(
            !ended.out.contains(" different: ") && !ended.out.contains("With -v") && ended.err.is_empty(),
            "{ended:?}"
        );
    }
    for args in [["-v", "check", page, "--offline"], ["check", page, "--offline", "-v"]] {
        let ended = run_podkeeper_with_env(&args, &[]).await;
        ended.assert_ends(3, &["skipped: 1 link", "https://h.example/", "INFO"]);
    }
    std::fs::write(page, "nothing is wrong\n").unwrap();
    let ended = run_podkeeper_with_env(&["-q", "check", page, "--offline"], &[]).await;
    assert_eq!((ended.code, &*ended.out, &*ended.err), (Some(0), "", ""));
    let page = empty_temp_folder("messages-verbose").join("page.md");
    std::fs::write(&page, "[a](https://gitlab.com/gitlab-org/gitlab)\n").unwrap();
    let ended = run_podkeeper_with_env(&["-vv", "check", page.to_str().unwrap(), "--sandbox"], &[]).await;
    ended.assert_ends(0, &["time.busy", "request{method="]);
    // `apply -v` has whole texts and every finding.
    let ended = run_podkeeper_with_env(&["-v", "apply", "--sandbox", "--now", NOW], &[]).await;
    ended.assert_ends(0, &["+ <!-- podkeeper:v1 session secure/weekly/2026-W48 -->", "link-legacy-form", "INFO"]);
    assert!(!ended.out.contains("more: -v"), "{}", ended.out);
}

/// A log that cannot be written is no reason to stop in the middle of the work.
#[tokio::test]
async fn a_full_disk_under_the_log_stops_nothing() {
    for (out, err, code) in [("/dev/null", "/dev/full", 0), ("/dev/full", "/dev/null", 4)] {
        let open = |path: &str| std::fs::OpenOptions::new().write(true).open(path).unwrap();
        let mut apply = command(&["apply", "-vv", "--sandbox", "--now", NOW]);
        let ended = apply.stdout(open(out)).stderr(open(err)).status().await.unwrap();
        assert_eq!(ended.code(), Some(code), "{out} {err}");
    }
}

/// 22: both signals are answered in the same words.
#[tokio::test]
async fn a_signal_ends_a_check_with_one_sentence() {
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let page = empty_temp_folder(&format!("messages-signal-{signal}")).join("page.md");
        std::fs::write(&page, format!("<http://{}/>\n", listener.local_addr().unwrap())).unwrap();
        let child = command(&["check", page.to_str().unwrap(), "--allow-address", "127.0.0.0/8"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It was asked, and no answer comes.
        let (_connection, _) = listener.accept().await.unwrap();
        send_signal(signal, &child).await;
        let ended = child.wait_with_output().await.unwrap();
        assert_eq!(ended.status.code(), Some(code), "{signal}");
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "interrupted; nothing was saved\n", "{signal}");
    }
}

/// What the program shows on a terminal of so many columns and lines.
async fn on_terminal(size: &str, env: &[(&str, &str)], args: &[&str]) -> String {
    // `script` of util-linux gives a terminal to what it runs.
    let program = env!("CARGO_BIN_EXE_podkeeper");
    let line = format!("stty {size}; exec {program} {}", args.join(" "));
    let mut shown = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("PODKEEPER_TASK", "sessions,labels")
        .envs(env.iter().copied())
        .current_dir(crate::support::repository_root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("`script` of util-linux (Debian: bsdutils)");
    // Its own input stays open, or it would type an end of file.
    let mut input = shown.stdin.take().unwrap();
    let mut text = String::new();
    shown.stdout.take().unwrap().read_to_string(&mut text).await.unwrap();
    input.flush().await.unwrap_or_default();
    text.replace('\r', "")
}

/// 23: a terminal that shows no colours gets none, and a narrow one is not overrun.
#[tokio::test]
async fn colour_and_width_are_those_of_the_terminal() {
    let apply = ["apply", "--sandbox", "--now", NOW];
    let colored = on_terminal("rows 40 cols 80", &[("TERM", "xterm")], &apply).await;
    assert!(colored.contains("\u{1b}[32m  + "), "{colored}");
    for (env, is_colored) in [
        (&[("TERM", "dumb")][..], false),
        (&[("TERM", "xterm"), ("NO_COLOR", "1")], false),
        (&[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], true),
    ] {
        let shown = on_terminal("rows 40 cols 80", env, &apply).await;
        assert!(shown.contains("6 changes made."), "{shown}");
        assert_eq!(shown.contains('\u{1b}'), is_colored, "{env:?}: {shown}");
    }
    let narrow = on_terminal("rows 24 cols 60", &[("TERM", "dumb")], &apply).await;
    let is_broken = |line: &&str| line.chars().count() > 60 && !line.contains("http");
    // The lines to copy are never broken.
    assert_eq!(narrow.lines().filter(is_broken).collect::<Vec<_>>(), ["x"; 0], "{narrow}");
    let wide = on_terminal("rows 24 cols 200", &[("TERM", "dumb")], &apply).await;
    assert!(wide.lines().any(|line| line.chars().count() > 100), "{wide}");
    let explained = on_terminal("rows 24 cols 60", &[("TERM", "dumb")], &["explain"]).await;
    assert_eq!(explained.lines().find(|line| line.chars().count() > 60), None);
}
