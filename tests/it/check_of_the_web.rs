//! What `check` asks of the web by its options, and how it ends by what it is told.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::task::JoinSet;

use super::hostile_servers::{send_once, serve};
use crate::exit_codes::{ProgramOutput, empty_temp_folder, run_podkeeper_with_env};

/// A page with these links, one in a line.
fn write_page(name: &str, urls: &[&str]) -> PathBuf {
    let root = empty_temp_folder(name);
    let page = root.join("page.md");
    std::fs::write(&page, format!("- <{}>\n", urls.join(">\n- <"))).unwrap();
    page
}

async fn check(page: &Path, options: &[&str]) -> ProgramOutput {
    let page = page.to_str().unwrap();
    run_podkeeper_with_env(&[&["check", page, "--format", "json"], options].concat(), &[]).await
}

/// The verdicts and reasons, in the order of the addresses.
fn verdicts(reported: &ProgramOutput) -> Vec<(String, String)> {
    let shown: Value = serde_json::from_str(&reported.out).unwrap_or_else(|_| panic!("{reported:?}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let seen = shown["observations"].as_array().unwrap().iter();
    seen.map(|seen| (text(&seen["verdict"]), text(&seen["reason"]))).collect()
}

/// A server that redirects in a circle for `/circle`, and has a page everywhere else.
async fn serve_page_and_circle(tasks: &mut JoinSet<()>) -> [String; 2] {
    let page = serve(tasks, |stream| send_once(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec())).await;
    let circle = "HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n";
    let circle = serve(tasks, move |stream| send_once(stream, circle.as_bytes().to_vec())).await;
    [format!("http://127.0.0.1:{page}/"), format!("http://127.0.0.1:{circle}/")]
}

/// Issue 18: silences of a command that runs once change the exit code only where that is asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_host_fails_a_check_only_where_that_is_asked_for() {
    let mut tasks = JoinSet::new();
    let [page, circle] = serve_page_and_circle(&mut tasks).await;
    let page = write_page("web-silence", &[&page, &circle]);
    let open = ["--allow-address", "127.0.0.0/8"];
    let reported = check(&page, &open).await;
    assert_eq!(reported.code, Some(0), "{reported:?}");
    let reported = check(&page, &[&open[..], &["--fail-on-unreachable", "--fail-on", "critical"]].concat()).await;
    assert_eq!(reported.code, Some(3), "{reported:?}");
    let shown: Value = serde_json::from_str(&reported.out).unwrap();
    assert_eq!(shown["findings"].as_array().unwrap().len(), 1, "{}", reported.out);
    assert_eq!(shown["findings"][0]["rule"], "link-unreachable");
    // What is for visits alone has no effect where nobody is asked.
    for of_visits in [&["--fail-on-unreachable"][..], &["--allow-port", "8000"], &["--allow-address", "127.0.0.0/8"]] {
        let reported = check(&page, &[&["--offline"], of_visits].concat()).await;
        assert!(reported.code == Some(2) && reported.err.contains("--offline asks nobody"), "{reported:?}");
    }
}

/// RFC 2606 and RFC 6761: nobody means these hosts. A sandbox serves its own.
#[tokio::test(flavor = "multi_thread")]
async fn hosts_of_examples_are_skipped_outside_of_a_sandbox() {
    let urls = ["https://example.com/a", "https://manual.lantern.example/coverage-fuzzing", "https://www.x.test/b"];
    let page = write_page("web-examples", &urls);
    let reported = check(&page, &[]).await;
    assert_eq!(reported.code, Some(0), "{reported:?}");
    for (verdict, reason) in verdicts(&reported) {
        assert!(verdict == "skipped" && reason.contains("RFC 2606"), "{verdict}: {reason}");
    }
    let shown: Value = serde_json::from_str(&reported.out).unwrap();
    assert_eq!(shown["requests"]["web"], 0);
    let in_sandbox = verdicts(&check(&page, &["--sandbox"]).await);
    let words: Vec<&str> = in_sandbox.iter().map(|(verdict, _)| verdict.as_str()).collect();
    assert_eq!(words, ["dead", "alive", "dead"], "{in_sandbox:?}");
}

/// A port of public hosts is opened by `--allow-port` alone; which hosts are visited it leaves as it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_port_is_opened_for_public_hosts_and_opens_no_network() {
    let page = write_page("web-ports", &["http://127.0.0.1:8000/", "http://10.0.0.1:8000/"]);
    let reported = check(&page, &["--allow-port", "8000,9000"]).await;
    assert_eq!(reported.code, Some(0), "{reported:?}");
    for (verdict, reason) in verdicts(&reported) {
        assert_eq!((verdict.as_str(), reason.as_str()), ("blocked", "its address is not a public one"));
    }
    let reported = check(&page, &["--allow-port", "0"]).await;
    assert_eq!(reported.code, Some(2), "{reported:?}");
}
