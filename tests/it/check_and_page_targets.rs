//! What `check` and `page` are given to read: named in the right way, there, and readable; or else reported for what it
//! is.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::exit_codes::{ProgramOutput, empty_temp_folder, run_podkeeper_with_env};

async fn run_podkeeper(args: &[&str]) -> ProgramOutput {
    run_podkeeper_with_env(args, &[]).await
}

fn write_page(name: &str) -> (PathBuf, String) {
    let folder = empty_temp_folder(name);
    let page = folder.join("page.md");
    std::fs::write(&page, "# Page\n\n[here](#page)\n").unwrap();
    (folder, page.display().to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_network_has_is_no_argument_for_an_offline_check() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (_, page) = write_page("inputs-offline");
    for scheme in ["http", "HTTP"] {
        let address = format!("{scheme}://127.0.0.1:{port}/page.md?token=abc");
        let args = ["check", "--offline", &page, &address];
        let reported = run_podkeeper(&args).await;
        reported
            .assert_ends(2, &["--offline asks nothing", &format!("http://127.0.0.1:{port}/page.md is on the network")]);
        assert!(reported.out.is_empty() && !reported.err.contains("abc"), "{reported:?}");
    }
    for args in [&["check", "--offline", "secure"][..], &["check", "--offline", "secure", "--sandbox"]] {
        run_podkeeper(args)
            .await
            .assert_ends(2, &["--offline asks nothing", "the page of the pod secure", "is on the network"]);
    }
    run_podkeeper(&["check", "--offline", "nosuchpod"])
        .await
        .assert_ends(2, &["is no file, no folder, no address and no pod"]);
    // What would have come is there at once.
    let connected = timeout(Duration::ZERO, listener.accept()).await;
    assert!(connected.is_err(), "nobody was connected to");
}

#[tokio::test]
async fn what_could_not_be_read_stands_in_the_json_too_and_hides_nothing() {
    let (folder, good) = write_page("inputs-unread");
    let at = |name: &str| folder.join(name).display().to_string();
    std::fs::write(folder.join("latin.md"), b"caf\xe9\n").unwrap();
    std::fs::create_dir(folder.join("bare")).unwrap();
    let (gone, bare, latin) = (at("gone.md"), at("bare"), at("latin.md"));
    let args = ["check", "--offline", &gone, &good, &latin, &bare];
    let reported = run_podkeeper(&[&args[..], &["--format", "json"]].concat()).await;
    // A path of nothing is wrong usage; without it, what could not be read is left to the next run.
    reported.assert_ends(2, &[&format!("{gone} cannot be read (No such file"), &format!("{latin} is not UTF-8 text")]);
    run_podkeeper(&["check", "--offline", &good, &latin, &bare]).await.assert_ends(4, &["is not UTF-8 text"]);
    let shown: Value = serde_json::from_str(&reported.out).unwrap();
    assert_eq!((&shown["version"], &shown["links"], &shown["inconclusive"]), (&json!(1), &json!(1), &Value::Null));
    let unread: Vec<(&str, &str)> = shown["unread"]
        .as_array()
        .unwrap()
        .iter()
        .map(|unread| (unread["path"].as_str().unwrap(), unread["why"].as_str().unwrap()))
        .collect();
    assert!(unread[0].0 == gone && unread[0].1.starts_with("cannot be read (No such file"), "{unread:?}");
    assert_eq!(
        unread[1..],
        [(&*latin, "is not UTF-8 text"), (&*bare, "holds no Markdown (.md, .markdown, .mdown, .mkd or .mkdn)")]
    );
    // Of a folder the files that could not be read are reported, not the folder; where all were read, nothing is.
    let reported = run_podkeeper(&["check", "--offline", "--format", "json", &at("")]).await;
    let shown: Value = serde_json::from_str(&reported.out).unwrap();
    assert_eq!((reported.code, &shown["unread"]), (Some(4), &json!([{ "path": latin, "why": "is not UTF-8 text" }])));
    let reported = run_podkeeper(&["check", "--offline", "--format", "json", &good]).await;
    let shown: Value = serde_json::from_str(&reported.out).unwrap();
    assert_eq!((reported.code, &shown["unread"]), (Some(0), &json!([])));
}

#[tokio::test]
async fn a_file_is_named_by_its_address_too_and_other_schemes_are_refused() {
    let (_, page) = write_page("inputs-schemes");
    for beginning in ["file://", "FILE://", "file://localhost", "file:"] {
        let address = format!("{beginning}{page}");
        run_podkeeper(&["check", "--offline", &address]).await.assert_ends(0, &["1 alive"]);
        run_podkeeper(&["page", &address]).await.assert_ends(0, &["page.md"]);
    }
    for command in ["check", "page"] {
        run_podkeeper(&[command, "file://elsewhere.example/page.md"])
            .await
            .assert_ends(2, &["no file of this machine"]);
        run_podkeeper(&[command, "ftp://files.example/page.md"])
            .await
            .assert_ends(2, &["`ftp:` is not read", "http or https"]);
        let reported = run_podkeeper(&[command, "https://u:secret-word@h.example:99999/page.md"]).await;
        reported.assert_ends(2, &["no address that can be read (invalid port number)", "https://example.com/page.md"]);
        assert!(!reported.err.contains("secret-word"), "{reported:?}");
        let reported = run_podkeeper(&[command, "HTTP://127.0.0.1/page.md"]).await;
        reported.assert_ends(5, &["could not read http://127.0.0.1/page.md", "its address is not a public one"]);
    }
}

#[tokio::test]
async fn an_address_of_a_site_is_one_of_the_web() {
    let (_, page) = write_page("inputs-site");
    for wrong in ["file:///", "mailto:a@example.org", "http://h.example:99999/", "handbook", "https://h.example/?a=b"] {
        let reported = run_podkeeper(&["check", "--offline", &page, "--site-url", wrong]).await;
        reported.assert_ends(2, &["--site-url", "write an address like https://handbook.example.com"]);
        assert!(!reported.err.contains("a=b"), "{reported:?}");
        let reported = run_podkeeper(&["sandbox", "--external-url", wrong]).await;
        reported.assert_ends(2, &["--external-url", "write an address like"]);
    }
    run_podkeeper(&["check", "--offline", &page, "--site-url", "https://handbook.example.com/docs/"])
        .await
        .assert_ends(0, &[]);
}
