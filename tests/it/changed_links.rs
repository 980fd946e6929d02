//! `check --changed BASE`: what a merge request broke or mended, and nothing else.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::task::JoinSet;

use crate::exit_codes::{ProgramOutput, empty_temp_folder, run_podkeeper_with_env};
use crate::git_repository::TestRepository;
use crate::hostile_servers::{read_request, serve};

async fn check(repository: &TestRepository, args: &[&str]) -> ProgramOutput {
    let root = repository.root.to_str().unwrap();
    run_podkeeper_with_env(&[&["check", "--offline", root], args].concat(), &[]).await
}

/// Address, path in the repository and line of each entry of `changed`.
fn entries(repository: &TestRepository, shown: &Value, key: &str) -> Vec<(String, String, u64)> {
    let root = format!("{}/", repository.root.to_str().unwrap());
    let text = |value: &Value| value.as_str().unwrap().trim_start_matches(&root).to_owned();
    let listed = shown["changed"][key].as_array().unwrap().iter();
    listed.map(|link| (text(&link["url"]), text(&link["path"]), link["line"].as_u64().unwrap())).collect()
}

async fn changed(repository: &TestRepository, base: &str) -> (Option<i32>, Value) {
    let reported = check(repository, &["--changed", base, "--format", "json"]).await;
    let shown = serde_json::from_str(&reported.out).unwrap_or_else(|_| panic!("{reported:?}"));
    (reported.code, shown)
}

fn triples(expected: &[(&str, &str, u64)]) -> Vec<(String, String, u64)> {
    expected.iter().map(|(url, path, line)| ((*url).to_owned(), (*path).to_owned(), *line)).collect()
}

const GUIDE: &str = "# Guide\n\n## Setup\n\n[old](gone-before.md)\n\nText.\n";

fn repository(name: &str) -> TestRepository {
    let repository = TestRepository::new(
        name,
        &[
            ("README.md", "[guide](docs/guide.md#setup) [faq](docs/faq.md) [late](docs/late.md)\n"),
            ("docs/guide.md", GUIDE),
            ("docs/faq.md", "# FAQ\n\n[guide](guide.md)\n"),
        ],
    );
    repository.commit_all("start");
    repository.git(&["checkout", "-q", "-b", "change"]);
    repository
}

#[tokio::test]
async fn what_was_broken_before_is_not_of_this_change() {
    let repository = repository("changed-nothing");
    assert_eq!(check(&repository, &[]).await.code, Some(3));
    let (code, shown) = changed(&repository, "main").await;
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(entries(&repository, &shown, "broken"), []);
    assert_eq!(entries(&repository, &shown, "mended"), []);
    // A line beside it that changes says nothing of it, wherever it moves.
    repository.write("docs/guide.md", &GUIDE.replace("# Guide\n", "# Guide\n\nNew text.\n\nMore.\n"));
    repository.commit_all("text");
    assert_eq!(changed(&repository, "main").await.0, Some(0));
}

#[tokio::test]
async fn new_lines_and_removed_targets_count_and_so_does_what_came_back() {
    let repository = repository("changed-all");
    // A heading is renamed, a page removed, a page added that was missed, a dead link written anew.
    repository.write("docs/guide.md", &GUIDE.replace("## Setup", "## Install").replace("Text.", "[n](nowhere.md)"));
    repository.git(&["rm", "-q", "docs/faq.md"]);
    repository.write("docs/late.md", "# Late\n");
    repository.commit_all("change");
    let (code, shown) = changed(&repository, "main").await;
    assert_eq!(code, Some(3), "{shown}");
    let broken = triples(&[
        ("docs/guide.md#setup", "README.md", 1),
        ("docs/faq.md", "README.md", 1),
        ("nowhere.md", "docs/guide.md", 7),
    ]);
    assert_eq!(entries(&repository, &shown, "broken"), broken);
    assert_eq!(entries(&repository, &shown, "mended"), triples(&[("docs/late.md", "README.md", 1)]));
    assert_eq!(shown["changed"]["base"].as_str().unwrap(), repository.git(&["rev-parse", "main"]));
    let text = check(&repository, &["--changed", "main"]).await;
    assert!(text.out.contains("Since "), "{}", text.out);
    assert!(text.out.contains(": 3 broken by this change, 1 mended by it.\n"), "{}", text.out);
    assert!(!text.out.contains("gone-before"), "{}", text.out);
}

#[tokio::test]
async fn a_document_is_the_same_under_another_name() {
    let repository = repository("changed-renamed");
    repository.git(&["mv", "docs/guide.md", "docs/handbook.md"]);
    repository.write("README.md", "[guide](docs/handbook.md#setup) [faq](docs/faq.md)\n");
    repository.commit_all("rename");
    let (code, shown) = changed(&repository, "main").await;
    // The page that still names the old one did not change; the link that was dead in it stays dead.
    assert_eq!(entries(&repository, &shown, "broken"), triples(&[("guide.md", "docs/faq.md", 3)]));
    assert_eq!(entries(&repository, &shown, "mended"), triples(&[("docs/late.md", "README.md", 1)]));
    assert_eq!(code, Some(3));
    // One that is moved to another folder takes its relative links with it.
    let repository = self::repository("changed-moved");
    std::fs::create_dir_all(repository.root.join("docs/deep")).unwrap();
    repository.git(&["mv", "docs/faq.md", "docs/deep/faq.md"]);
    repository.write("README.md", "[guide](docs/guide.md#setup)\n");
    repository.commit_all("move");
    let (_, shown) = changed(&repository, "main").await;
    assert_eq!(entries(&repository, &shown, "broken"), triples(&[("guide.md", "docs/deep/faq.md", 3)]));
}

#[tokio::test]
async fn it_is_compared_with_where_the_branch_began_and_with_what_is_not_committed_yet() {
    let repository = repository("changed-base");
    repository.git(&["checkout", "-q", "main"]);
    repository.write("docs/other.md", "[x](gone-on-main.md)\n");
    repository.commit_all("main goes on");
    repository.git(&["checkout", "-q", "change"]);
    assert_eq!(changed(&repository, "main").await.0, Some(0));
    repository.write("docs/new.md", "[x](missing.md)\n");
    let (code, shown) = changed(&repository, "main").await;
    assert_eq!(code, Some(3), "{shown}");
    assert_eq!(entries(&repository, &shown, "broken"), triples(&[("missing.md", "docs/new.md", 1)]));
    // A document that is removed takes what was wrong with it along.
    std::fs::remove_file(repository.root.join("docs/new.md")).unwrap();
    repository.git(&["rm", "-q", "docs/guide.md"]);
    repository.write("README.md", "[faq](docs/faq.md)\n");
    repository.write("docs/faq.md", "# FAQ\n");
    let (code, shown) = changed(&repository, "main").await;
    assert_eq!(code, Some(0), "{shown}");
    let mended = entries(&repository, &shown, "mended");
    assert_eq!(mended, triples(&[("docs/late.md", "README.md", 1), ("gone-before.md", "docs/guide.md", 5)]));
}

#[tokio::test]
async fn a_site_that_hugo_builds_is_compared_page_by_page() {
    let repository = TestRepository::new(
        "changed-site",
        &[
            ("site/content/a.md", "---\ntitle: A\n---\n\n[b](/b/) [c](/c/)\n"),
            ("site/content/b.md", "---\ntitle: B\naliases: [/c/]\n---\n"),
        ],
    );
    repository.commit_all("start");
    repository.git(&["checkout", "-q", "-b", "change"]);
    repository.write("site/content/b.md", "---\ntitle: B\n---\n");
    repository.commit_all("no alias");
    let root = repository.root.join("site/content");
    let args =
        ["check", "--offline", "--site", "hugo", "--format", "json", "--changed", "main", root.to_str().unwrap()];
    let reported = run_podkeeper_with_env(&args, &[]).await;
    let shown: Value = serde_json::from_str(&reported.out).unwrap_or_else(|_| panic!("{reported:?}"));
    assert_eq!(reported.code, Some(3), "{shown}");
    let broken = entries(&repository, &shown, "broken");
    assert_eq!(broken, triples(&[("/c/", "site/content/a.md", 5)]));
}

#[tokio::test]
async fn what_cannot_be_compared_ends_with_what_to_do() {
    let repository = repository("changed-refused");
    for (base, part) in [
        ("nowhere", "no such commit in this clone; fetch the branch"),
        ("--output=x", "name a branch, a tag or a commit"),
        ("", "name a branch, a tag or a commit"),
    ] {
        let reported = check(&repository, &[&format!("--changed={base}")]).await;
        assert!(reported.code == Some(2) && reported.err.contains(part), "{base}: {reported:?}");
    }
    repository.git(&["checkout", "-q", "--orphan", "apart"]);
    repository.commit_all("apart");
    let reported = check(&repository, &["--changed", "main"]).await;
    assert!(reported.code == Some(2) && reported.err.contains("no commit in common"), "{reported:?}");

    let shallow = TestRepository { root: empty_temp_folder("changed-shallow") };
    let from = format!("file://{}", repository.root.to_str().unwrap());
    repository.git(&["checkout", "-q", "change"]);
    repository.commit_all("one");
    shallow.git(&["clone", "-q", "--depth", "1", "--branch", "change", &from, "."]);
    shallow.git(&["fetch", "-q", "--depth", "1", "origin", "main"]);
    let reported = check(&shallow, &["--changed", "FETCH_HEAD"]).await;
    assert!(reported.code == Some(2) && reported.err.contains("GIT_DEPTH: 0"), "{reported:?}");

    let folder = empty_temp_folder("changed-no-repository");
    std::fs::create_dir(folder.join(".git")).unwrap();
    std::fs::write(folder.join("a.md"), "# A\n").unwrap();
    let args = ["check", "--offline", "--changed", "main", folder.to_str().unwrap()];
    let reported = run_podkeeper_with_env(&args, &[]).await;
    assert!(reported.code == Some(2) && reported.err.contains("git says: "), "{reported:?}");
    let reported = run_podkeeper_with_env(&["check", "--changed", "main", "-"], &[]).await;
    assert!(reported.code == Some(2) && reported.err.contains("name files and folders"), "{reported:?}");
    let no_git = [("PATH", "/nowhere")];
    let root = repository.root.to_str().unwrap();
    let reported = run_podkeeper_with_env(&["check", "--offline", "--changed", "main", root], &no_git).await;
    assert!(reported.code == Some(2) && reported.err.contains("install git"), "{reported:?}");
}

/// Settings of a checkout may start programs (`core.fsmonitor`, `diff.external`, text converters): none is started.
#[tokio::test]
async fn no_setting_of_a_repository_starts_a_program() {
    let repository = repository("changed-settings");
    let trace = repository.root.join("started");
    let script = repository.root.join("program.sh");
    std::fs::write(&script, format!("#!/bin/sh\ntouch '{}'\n", trace.to_str().unwrap())).unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    repository.write("docs/faq.md", "# FAQ\n\n[x](missing.md)\n");
    repository.write(".gitattributes", "*.md diff=words\n");
    repository.commit_all("change");
    for key in ["core.fsmonitor", "diff.external", "diff.words.textconv", "diff.words.command", "core.pager"] {
        repository.git(&["config", key, script.to_str().unwrap()]);
    }
    let (code, shown) = changed(&repository, "main").await;
    assert_eq!(code, Some(3), "{shown}");
    assert!(!trace.exists());
}

/// GitLab shows each entry beside its line in a merge request: the path counts from the repository's root.
#[tokio::test]
async fn the_reports_of_a_check_hold_what_the_change_broke() {
    let repository = repository("changed-reports");
    repository.write("docs/faq.md", "# FAQ\n\n[x](missing.md)\n\n[y](missing.md)\n");
    repository.commit_all("change");
    let out = repository.root.join("out");
    let report = |kind: &str, name: &str| format!("{kind}={}", out.join(name).to_str().unwrap());
    let (quality, junit, json) =
        (report("codequality", "q.json"), report("junit", "j.xml"), report("json", "deeper/c.json"));
    let args = ["--changed", "main", "--report", &quality, "--report", &junit, "--report", &json];
    let mut program = crate::exit_codes::command(&[&["check", "--offline", "."], &args[..]].concat());
    let output = program.current_dir(&repository.root).output().await.unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let quality: Value = serde_json::from_str(&std::fs::read_to_string(out.join("q.json")).unwrap()).unwrap();
    let entries: Vec<&Value> = quality.as_array().unwrap().iter().collect();
    assert_eq!(entries.len(), 2, "{quality}");
    for (entry, line) in entries.iter().zip([3, 5]) {
        assert_eq!(entry["location"], serde_json::json!({ "path": "docs/faq.md", "lines": { "begin": line } }));
        assert_eq!(
            (entry["severity"].as_str(), entry["check_name"].as_str()),
            (Some("major"), Some("link-dead")),
            "{entry}"
        );
        assert!(entry["description"].as_str().unwrap().contains("there is nothing at docs/missing.md"));
    }
    assert_ne!(entries[0]["fingerprint"], entries[1]["fingerprint"]);
    let junit = std::fs::read_to_string(out.join("j.xml")).unwrap();
    assert!(junit.contains("missing.md") && junit.contains("failures=\"1\""), "{junit}");
    let json: Value = serde_json::from_str(&std::fs::read_to_string(out.join("deeper/c.json")).unwrap()).unwrap();
    assert_eq!(json["changed"]["broken"].as_array().unwrap().len(), 2);
    // The same finding keeps its fingerprint when lines move.
    repository.write("docs/faq.md", "# FAQ\n\nText.\n\n[x](missing.md)\n\n[y](missing.md)\n");
    let mut program = crate::exit_codes::command(&[&["check", "--offline", "."], &args[..]].concat());
    program.current_dir(&repository.root).output().await.unwrap();
    let moved: Value = serde_json::from_str(&std::fs::read_to_string(out.join("q.json")).unwrap()).unwrap();
    assert_eq!(moved[0]["fingerprint"], entries[0]["fingerprint"]);
    assert_eq!(moved[0]["location"]["lines"]["begin"], 5);
    let reported = check(&repository, &["--report", "slack=out/x"]).await;
    assert!(reported.code == Some(2) && reported.err.contains("json, junit and codequality"), "{reported:?}");
}

/// Git compares a file as lines or, where it or a person takes it for binary, as one lump.
#[tokio::test]
async fn documents_that_git_takes_for_binary_are_compared_by_their_lines() {
    let repository = repository("changed-binary");
    repository.write(".gitattributes", "*.md -diff\n");
    repository.git(&["config", "color.diff", "always"]);
    repository.commit_all("attributes");
    repository.write("docs/guide.md", &GUIDE.replace("Text.", "[n](nowhere.md)"));
    repository.commit_all("change");
    let (code, shown) = changed(&repository, "main").await;
    assert_eq!(code, Some(3), "{shown}");
    assert_eq!(entries(&repository, &shown, "broken"), triples(&[("nowhere.md", "docs/guide.md", 7)]));
}

/// `git diff --ignore-cr-at-eol`: who changes only the ends of lines has written none of their links.
#[tokio::test]
async fn other_line_ends_make_no_link_new() {
    let repository = repository("changed-line-ends");
    repository.write("docs/guide.md", &GUIDE.replace('\n', "\r\n"));
    repository.commit_all("line ends");
    let (code, shown) = changed(&repository, "main").await;
    assert_eq!((code, entries(&repository, &shown, "broken")), (Some(0), Vec::new()), "{shown}");
    // A line that is changed beside them counts.
    repository.write("docs/guide.md", &GUIDE.replace("Text.", "[n](nowhere.md)").replace('\n', "\r\n"));
    let (_, shown) = changed(&repository, "main").await;
    assert_eq!(entries(&repository, &shown, "broken"), triples(&[("nowhere.md", "docs/guide.md", 7)]));
}

#[tokio::test]
async fn a_removed_document_is_named_as_the_others_are() {
    let repository = repository("changed-names");
    repository.git(&["rm", "-q", "docs/guide.md"]);
    repository.write("README.md", "[faq](docs/faq.md)\n");
    repository.commit_all("change");
    for (folder, mended) in [
        (".", &["./README.md", "./docs/guide.md"][..]),
        ("docs", &["docs/guide.md"]),
        ("./docs/", &["./docs/guide.md"]),
    ] {
        let args = ["check", "--offline", folder, "--changed", "main", "--format", "json"];
        let output = crate::exit_codes::command(&args).current_dir(&repository.root).output().await.unwrap();
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        let listed = shown["changed"]["mended"].as_array().unwrap().iter();
        let paths: Vec<&str> = listed.map(|link| link["path"].as_str().unwrap()).collect();
        assert_eq!(paths, mended, "{folder}");
    }
}

/// What the web says of links that were there before is none of the change's doing, so it is not asked.
#[tokio::test(flavor = "multi_thread")]
async fn the_web_is_asked_for_the_new_links_alone() {
    let (mut tasks, asked) = (JoinSet::new(), Arc::new(Mutex::new(Vec::new())));
    let log = Arc::clone(&asked);
    let port = serve(&mut tasks, move |mut stream| {
        let log = Arc::clone(&log);
        async move {
            let request = read_request(&mut stream).await?;
            log.lock().unwrap().extend(request.split(' ').nth(1).map(str::to_owned));
            stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await?;
            stream.shutdown().await
        }
    })
    .await;
    let link = |path: &str| format!("[{path}](http://127.0.0.1:{port}/{path})\n");
    let repository = TestRepository::new(
        "changed-web",
        &[("a.md", &format!("{}\n{}", link("kept"), link("removed"))), ("b.md", &link("elsewhere"))],
    );
    repository.commit_all("start");
    repository.git(&["checkout", "-q", "-b", "change"]);
    repository.write("a.md", &format!("{}\n{}", link("kept"), link("new")));
    repository.commit_all("change");
    let root = repository.root.to_str().unwrap();
    let args = ["check", "--allow-address", "127.0.0.0/8", "--format", "json", "--changed", "main", root];
    let reported = run_podkeeper_with_env(&args, &[]).await;
    let shown: Value = serde_json::from_str(&reported.out).unwrap_or_else(|_| panic!("{reported:?}"));
    assert_eq!(reported.code, Some(3), "{shown}");
    let broken = format!("http://127.0.0.1:{port}/new");
    assert_eq!(entries(&repository, &shown, "broken"), triples(&[(&broken, "a.md", 3)]));
    let asked = asked.lock().unwrap();
    assert!(!asked.is_empty() && asked.iter().all(|path| path == "/new"), "{asked:?}");
}
