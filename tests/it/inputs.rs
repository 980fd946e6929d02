//! What `check` and `page` are told to look at: named in the right way, there, and readable; or else told for what it is.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::endings::{Told, podkeeper_in, scratch};

async fn podkeeper(args: &[&str]) -> Told {
    podkeeper_in(args, &[]).await
}

fn page(name: &str) -> (PathBuf, String) {
    let folder = scratch(name);
    let page = folder.join("page.md");
    std::fs::write(&page, "# Page\n\n[here](#page)\n").unwrap();
    (folder, page.display().to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_network_has_is_no_argument_for_an_offline_check() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (_, page) = page("inputs-offline");
    for scheme in ["http", "HTTP"] {
        let address = format!("{scheme}://127.0.0.1:{port}/page.md?token=abc");
        let args = ["check", "--offline", "--allow-address", "127.0.0.0/8", &page, &address];
        let told = podkeeper(&args).await;
        told.ends(2, &["--offline asks nothing", &format!("http://127.0.0.1:{port}/page.md is on the network")]);
        assert!(told.out.is_empty() && !told.err.contains("abc"), "{told:?}");
    }
    for args in [&["check", "--offline", "secure"][..], &["check", "--offline", "secure", "--sandbox"]] {
        podkeeper(args).await.ends(2, &["--offline asks nothing", "the page of the pod secure", "is on the network"]);
    }
    podkeeper(&["check", "--offline", "nosuchpod"]).await.ends(2, &["is no file, no folder, no address and no pod"]);
    // What would have come is there at once.
    let connected = timeout(Duration::ZERO, listener.accept()).await;
    assert!(connected.is_err(), "nobody was connected to");
}

#[tokio::test]
async fn what_could_not_be_read_stands_in_the_json_too_and_hides_nothing() {
    let (folder, good) = page("inputs-unread");
    let at = |name: &str| folder.join(name).display().to_string();
    std::fs::write(folder.join("latin.md"), b"caf\xe9\n").unwrap();
    std::fs::create_dir(folder.join("bare")).unwrap();
    let (gone, bare, latin) = (at("gone.md"), at("bare"), at("latin.md"));
    let args = ["check", "--offline", &gone, &good, &latin, &bare];
    let told = podkeeper(&[&args[..], &["--format", "json"]].concat()).await;
    told.ends(4, &[&format!("{gone} cannot be read (No such file"), &format!("{latin} is not UTF-8 text")]);
    let shown: Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!((&shown["version"], &shown["links"], &shown["inconclusive"]), (&json!(1), &json!(1), &Value::Null));
    let unread: Vec<(&str, &str)> = shown["unread"]
        .as_array()
        .unwrap()
        .iter()
        .map(|unread| (unread["path"].as_str().unwrap(), unread["why"].as_str().unwrap()))
        .collect();
    assert!(unread[0].0 == gone && unread[0].1.starts_with("cannot be read (No such file"), "{unread:?}");
    assert_eq!(unread[1..], [(&*latin, "is not UTF-8 text"), (&*bare, "holds no Markdown (.md or .markdown)")]);
    // A folder tells of what it holds, and one that was read whole of nothing.
    let told = podkeeper(&["check", "--offline", "--format", "json", &at("")]).await;
    let shown: Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!((told.code, &shown["unread"]), (Some(4), &json!([{ "path": latin, "why": "is not UTF-8 text" }])));
    let told = podkeeper(&["check", "--offline", "--format", "json", &good]).await;
    let shown: Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!((told.code, &shown["unread"]), (Some(0), &json!([])));
}

#[tokio::test]
async fn a_file_is_named_by_its_address_too_and_other_schemes_are_refused() {
    let (_, page) = page("inputs-schemes");
    for beginning in ["file://", "FILE://", "file://localhost", "file:"] {
        let address = format!("{beginning}{page}");
        podkeeper(&["check", "--offline", &address]).await.ends(0, &["1 alive"]);
        podkeeper(&["page", &address]).await.ends(0, &["page.md"]);
    }
    for command in ["check", "page"] {
        podkeeper(&[command, "file://elsewhere.example/page.md"]).await.ends(2, &["no file of this machine"]);
        podkeeper(&[command, "ftp://files.example/page.md"]).await.ends(2, &["`ftp:` is not read", "http or https"]);
        let told = podkeeper(&[command, "https://u:secret-word@h.example:99999/page.md"]).await;
        told.ends(2, &["no address that can be read (invalid port number)", "https://example.com/page.md"]);
        assert!(!told.err.contains("secret-word"), "{told:?}");
        let told = podkeeper(&[command, "HTTP://127.0.0.1/page.md"]).await;
        told.ends(5, &["could not read http://127.0.0.1/page.md", "its address is not a public one"]);
    }
}

#[tokio::test]
async fn an_address_of_a_site_is_one_of_the_web() {
    let (_, page) = page("inputs-site");
    for wrong in ["file:///", "mailto:a@example.org", "http://h.example:99999/", "handbook", "https://h.example/?a=b"] {
        let told = podkeeper(&["check", "--offline", &page, "--site-url", wrong]).await;
        told.ends(2, &["--site-url", "write an address like https://handbook.example.com"]);
        assert!(!told.err.contains("a=b"), "{told:?}");
        let told = podkeeper(&["sandbox", "--external-url", wrong]).await;
        told.ends(2, &["--external-url", "write an address like"]);
    }
    podkeeper(&["check", "--offline", &page, "--site-url", "https://handbook.example.com/docs/"]).await.ends(0, &[]);
}
