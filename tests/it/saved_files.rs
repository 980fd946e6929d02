//! What one run keeps for another, by the program itself: the cache of the web, the shards of a check, and what a pod
//! has accepted of its page.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use podkeeper::sandbox::{Sandbox, SandboxServer};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::exit_codes::{ProgramOutput, copy_config, empty_temp_folder, replace_in_file, run_podkeeper_with_env};
use crate::support::{Stage, now, shipped_config};

async fn run_podkeeper(args: &[&str]) -> ProgramOutput {
    run_podkeeper_with_env(args, &[]).await
}

fn json(reported: &ProgramOutput) -> Value {
    serde_json::from_str(&reported.out).unwrap_or_else(|_| panic!("{reported:?}"))
}

/// A sandbox that is served, and how the command line names it.
async fn serve_sandbox() -> (Sandbox, SandboxServer, String) {
    let sandbox = Stage::of(shipped_config().pods, now()).sandbox;
    let serving = sandbox.serve("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let url = format!("--sandbox={}", serving.url().as_str().trim_end_matches('/'));
    (sandbox, serving, url)
}

// ---- The cache ----

#[tokio::test(flavor = "multi_thread")]
async fn a_second_check_asks_the_web_for_bad_news_only_and_tells_the_same() {
    let file = empty_temp_folder("cache").join("deeper/web.json");
    let cache = file.to_str().unwrap();
    let check = ["check", "secure", "--sandbox", "--format", "json"];
    let alone = json(&run_podkeeper(&check).await);
    let first = json(&run_podkeeper(&[&check[..], &["--cache", cache]].concat()).await);
    let second = json(&run_podkeeper(&[&check[..], &["--cache", cache]].concat()).await);
    let web = |reported: &Value| reported["requests"]["web"].as_u64().unwrap();
    println!("web requests: {} alone, {} at first, {} then", web(&alone), web(&first), web(&second));
    assert_eq!(web(&first), web(&alone));
    assert!(web(&second) < web(&first) / 2, "{}", web(&second));
    assert_eq!((&first["observations"], &second["observations"]), (&alone["observations"], &alone["observations"]));
    assert_eq!((&first["findings"], &second["findings"]), (&alone["findings"], &alone["findings"]));
    // It is this user's alone, and nothing lies beside it.
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    // What is never fresh is always asked.
    let anew = json(&run_podkeeper(&[&check[..], &["--cache", cache, "--cache-age", "0s"]].concat()).await);
    assert_eq!((web(&anew), &anew["observations"]), (web(&alone), &alone["observations"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_that_cannot_be_used_is_told_and_made_anew() {
    let folder = empty_temp_folder("cache-damaged");
    let page = folder.join("page.md");
    std::fs::write(&page, "[a](https://docs.gitlab.com/user/application_security/sast/)\n").unwrap();
    let file = folder.join("web.json");
    let check = ["check", page.to_str().unwrap(), "--sandbox", "--cache", file.to_str().unwrap()];
    for (text, why) in [
        ("{\"version\": 1, \"sandbox\": tr", "is damaged (line 1"),
        ("{\"version\": 9}", "is of version 9"),
        ("{\"version\": 1, \"sandbox\": false, \"pages\": {}}", "is of the real web"),
        ("", "is damaged"),
    ] {
        std::fs::write(&file, text).unwrap();
        run_podkeeper(&check).await.assert_ends(0, &["the cache", "web.json", why, "made anew", "1 alive"]);
        let anew = std::fs::read_to_string(&file).unwrap();
        assert!(anew.contains("application_security/sast"), "{anew}");
    }
    // Somebody's own file is never overwritten, nor the document itself.
    std::fs::write(&file, "mine").unwrap();
    run_podkeeper(&check).await.assert_ends(2, &["web.json", "no file of podkeeper's", "another one"]);
    let own = page.to_str().unwrap();
    for flag in ["--cache", "--observations"] {
        run_podkeeper(&["check", own, "--sandbox", flag, own]).await.assert_ends(2, &["page.md", "overwritten"]);
    }
    assert!(std::fs::read_to_string(&page).unwrap().starts_with("[a]"));
    // A pipe has nothing to lose, and is not read.
    let reported = run_podkeeper(&["check", own, "--sandbox", "--observations", "/dev/stdout"]).await;
    reported.assert_ends(0, &["\"shard\": \"1/1\"", "1 alive"]);
    // A check that asks nobody has nothing for it.
    run_podkeeper(&[&check[..], &["--offline"]].concat()).await.assert_ends(2, &["nothing for --cache", "--offline"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    let reported = run_podkeeper(&["check", "README.md", "--cache", folder.to_str().unwrap()]).await;
    reported.assert_ends(2, &["is a folder", "--cache"]);
    let cache = folder.join("x").display().to_string();
    for same in [cache.clone(), folder.join("./x").display().to_string()] {
        let reported = run_podkeeper(&["check", "README.md", "--cache", &cache, "--observations", &same]).await;
        reported.assert_ends(2, &["one file", "its own"]);
    }
    run_podkeeper(&["check", "README.md", "--cache-age", "soon"]).await.assert_ends(2, &["--cache-age"]);
}

/// A server that has one page, and says nothing new to those who know its state.
async fn serve_one_page(asked: Arc<Mutex<Vec<String>>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (mut head, mut piece) = (Vec::new(), [0; 1024]);
            while !head.ends_with(b"\r\n\r\n") {
                let read = stream.read(&mut piece).await.unwrap();
                head.extend_from_slice(&piece[..read]);
            }
            let head = String::from_utf8(head).unwrap().to_lowercase();
            let answer = if head.contains("if-none-match: \"one\"") {
                "HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n"
            } else {
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/html\r\ncontent-length: 8\r\netag: \"one\"\r\n\
                 last-modified: Tue, 24 Nov 2026 05:00:00 GMT\r\n\r\n<p id=x>"
            };
            asked.lock().unwrap().push(head);
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_told_the_state_that_is_known_and_its_304_is_the_page() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let port = serve_one_page(Arc::clone(&asked)).await;
    let folder = empty_temp_folder("cache-304");
    let (page, cache) = (folder.join("page.md"), folder.join("web.json"));
    std::fs::write(&page, format!("[a](http://127.0.0.1:{port}/a#x)\n")).unwrap();
    let args = ["check", page.to_str().unwrap(), "--cache", cache.to_str().unwrap(), "--cache-age", "0s"];
    let args = [&args[..], &["--allow-address", "127.0.0.0/8", "--format", "json"]].concat();
    let (first, second) = (json(&run_podkeeper(&args).await), json(&run_podkeeper(&args).await));
    assert_eq!(first["verdicts"], serde_json::json!({"alive": 1}));
    assert_eq!(second["observations"], first["observations"]);
    let asked = asked.lock().unwrap();
    assert!(!asked[0].contains("if-"), "{}", asked[0]);
    assert!(asked[1].contains("if-modified-since: tue, 24 nov 2026 05:00:00 gmt"), "{}", asked[1]);
    assert_eq!(asked.len(), 2);
}

// ---- Shards ----

#[tokio::test]
async fn a_shard_that_is_none_is_answered_with_one_that_is() {
    for wrong in ["0/3", "4/3", "a/b", "3", "/", "1/0"] {
        let reported = run_podkeeper(&["check", "README.md", "--shard", wrong]).await;
        assert_eq!(reported.code, Some(2), "{reported:?}");
        assert!(reported.err.contains("2/8") || reported.err.contains("1/3 to 3/3"), "{reported:?}");
    }
    let reported = run_podkeeper_with_env(&["check", "README.md"], &[("PODKEEPER_SHARD", "/")]).await;
    reported.assert_ends(2, &["2/8", "CI_NODE_INDEX"]);
    let nowhere = empty_temp_folder("offline-observations").join("x.json").display().to_string();
    let reported = run_podkeeper(&["check", "README.md", "--offline", "--observations", &nowhere]).await;
    reported.assert_ends(2, &["--offline", "--observations"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_jobs_look_and_a_fourth_acts() {
    let (sandbox, _serving, url) = serve_sandbox().await;
    let folder = empty_temp_folder("shards");
    let file = |name: &str| folder.join(name).display().to_string();
    let plan = ["plan", "--task", "links", "--format", "json", &url];
    let alone = json(&run_podkeeper(&plan).await);
    for index in ["1", "2", "3"] {
        let (shard, seen) = (format!("{index}/3"), file(&format!("{index}.json")));
        let reported = run_podkeeper(&["check", "secure", &url, "--shard", &shard, "--observations", &seen]).await;
        assert!(matches!(reported.code, Some(0 | 3)), "{reported:?}");
        assert!(reported.out.contains(&format!("Shard {index} of 3")), "{reported:?}");
    }
    let pattern = file("*.json");
    let merged = json(&run_podkeeper(&[&plan[..], &["--observations", &pattern]].concat()).await);
    assert_eq!((&merged["pods"], &merged["stamp"]), (&alone["pods"], &alone["stamp"]));

    // Anything less than all of it is refused before anything is written.
    std::fs::rename(file("2.json"), file("2.late")).unwrap();
    let apply = |pattern: String| {
        let args = ["apply", "--task", "links", &url, "--observations", &pattern].map(str::to_owned);
        async move { run_podkeeper(&args.each_ref().map(String::as_str)).await }
    };
    apply(pattern.clone()).await.assert_ends(2, &["missing", "2/3"]);
    apply(file("*.nothing")).await.assert_ends(2, &["no file is there"]);
    apply(file("***")).await.assert_ends(2, &["--observations"]);
    apply(folder.display().to_string()).await.assert_ends(2, &["cannot be read"]);
    std::fs::write(file("2.json"), "{").unwrap();
    apply(pattern.clone()).await.assert_ends(2, &["2.json", "damaged"]);
    assert_eq!(sandbox.journal().len(), 0, "something was written");
    std::fs::rename(file("2.late"), file("2.json")).unwrap();
    assert_eq!(apply(pattern).await.code, Some(0));
    assert!(!sandbox.journal().is_empty());
}

// ---- Exceptions ----

#[tokio::test(flavor = "multi_thread")]
async fn check_goes_by_the_exceptions_of_the_pod() {
    let (_sandbox, _serving, url) = serve_sandbox().await;
    let findings = async |args: &[&str], config: &str| {
        let args = [&["check", &url, "--format", "json"], args].concat();
        let reported = json(&run_podkeeper_with_env(&args, &[("PODKEEPER_CONFIG", config)]).await);
        let found = reported["findings"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        found.map(|one| (text(&one["rule"]), text(&one["subject"]), one["place"]["path"].clone())).collect::<Vec<_>>()
    };
    let with = |name: &str, exceptions: &[(&str, &str, &str)]| {
        copy_config(name, |folder: &Path| {
            let mut text = String::new();
            for (rule, subject, until) in exceptions {
                let subject = Value::from(*subject);
                write!(text, "[[exception]]\nrule = \"{rule}\"\nsubject = {subject}\nreason = \"known\"\n{until}\n")
                    .unwrap();
            }
            replace_in_file(&folder.join("pods/secure.toml"), "[members]", &format!("{text}\n[members]"));
        })
    };
    let before = findings(&["secure"], &with("accept-nothing", &[])).await;
    let of = |rule: &str| before.iter().find(|found| found.0 == rule).unwrap().1.clone();
    let (dead, label) = (of("link-dead"), of("label-missing"));
    let accepted = [
        ("link-dead", dead.as_str(), "until = \"2999-12-31\""),
        ("label-missing", &label, ""),
        ("link-dead", "https://nowhere.example/", ""),
        ("link-moved", "https://old.example/", "until = \"2020-01-01\""),
        // No business of a check's.
        ("member-without-focus", "nobody-here", ""),
        ("link-unreachable", "https://silent.example/", ""),
    ];
    let config = with("accept-some", &accepted);
    let after = findings(&["secure"], &config).await;
    let mut expected: Vec<_> = before.iter().filter(|found| found.1 != dead && found.1 != label).cloned().collect();
    let reported = |rule: &str, subject: &str| (rule.to_owned(), subject.to_owned(), Value::Null);
    expected.push(reported("exception-expired", "link-moved https://old.example/"));
    expected.push(reported("exception-unused", "link-dead https://nowhere.example/"));
    expected.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    let mut sorted = after.clone();
    sorted.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    assert_eq!(sorted, expected);

    // Another document names the same link, and accepted nothing.
    let other = empty_temp_folder("accept-other").join("other.md");
    std::fs::write(&other, format!("[here]({dead})\n")).unwrap();
    let both = findings(&["secure", other.to_str().unwrap()], &config).await;
    let left: Vec<_> = both.iter().filter(|found| found.1 == dead).collect();
    assert_eq!(left, [&("link-dead".to_owned(), dead.clone(), Value::from(other.display().to_string()))]);
}
