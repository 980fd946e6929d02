//! `check` on files: links without a host lead to files and their headings, or to the pages of a Hugo site.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::exit_codes::{ProgramOutput, empty_temp_folder, run_podkeeper_with_env};

/// A folder with these files.
fn write_files(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = empty_temp_folder(name);
    // Else the root of the links would be podkeeper's own repository.
    std::fs::create_dir_all(root.join(".git")).unwrap();
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    root
}

async fn run_check(args: &[&str]) -> ProgramOutput {
    run_podkeeper_with_env(&[&["check", "--offline"], args].concat(), &[]).await
}

/// Address and verdict of every link, in order.
async fn verdicts(args: &[&str]) -> Vec<(String, String)> {
    let reported = run_check(&[&["--format", "json"], args].concat()).await;
    let shown: Value = serde_json::from_str(&reported.out).unwrap_or_else(|_| panic!("{reported:?}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    shown["observations"].as_array().unwrap().iter().map(|seen| (text(&seen["url"]), text(&seen["verdict"]))).collect()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_is_not_there_hides_nothing_about_files() {
    let nowhere = (0..9).map(|n| format!("<https://nowhere{n}.example/>")).collect::<Vec<_>>().join(" ");
    let root = write_files("check-dark", &[("README.md", &format!("# Top\n\n{nowhere}\n\n[a](gone.md) [b](#gone)\n"))]);
    let reported = run_podkeeper_with_env(&["check", path(&root), "--sandbox"], &[]).await;
    assert_eq!(reported.code, Some(4), "{reported:?}");
    for part in ["links-inconclusive", "there is nothing at gone.md", "the place #gone is not"] {
        assert!(reported.out.contains(part), "{part}: {}", reported.out);
    }
}

#[tokio::test]
async fn a_machine_without_certificate_authorities_looks_at_files_all_the_same() {
    let root = write_files("check-bare", &[("README.md", "# Top\n\n[a](#top) [b](gone.md)\n")]);
    let bare = [("SSL_CERT_FILE", "/dev/null"), ("SSL_CERT_DIR", path(&root))];
    let reported = run_podkeeper_with_env(&["check", "--offline", path(&root)], &bare).await;
    assert!(reported.code == Some(3) && reported.out.contains("there is nothing at gone.md"), "{reported:?}");
    let reported = run_podkeeper_with_env(&["check", path(&root)], &bare).await;
    assert!(reported.code == Some(2) && reported.err.contains("install the system's CA certificates"), "{reported:?}");
}

#[tokio::test]
async fn footnotes_and_lines_of_a_file_are_no_dead_links() {
    let notes = "See[^1] and[^2], line [5](b.md#L5) and [1](b.md#L1) of [b](b.md#gone).\n\n[^1]: Deprecated\n[^2]: https://a.example/x\n";
    let root = write_files("check-notes", &[("README.md", notes), ("b.md", "# B\n")]);
    let expected = [
        ("b.md#L1", "alive"),
        ("b.md#L5", "fragment_dead"),
        ("b.md#gone", "fragment_dead"),
        ("https://a.example/x", "skipped"),
    ];
    let expected: Vec<_> = expected.map(|(url, verdict)| (url.to_owned(), verdict.to_owned())).into();
    assert_eq!(verdicts(&[path(&root)]).await, expected);
}

#[tokio::test]
async fn a_path_without_end_is_a_dead_link_like_any_other() {
    let deep = "a/".repeat(100_000);
    let root = write_files("check-deep", &[("README.md", &format!("[a]({deep}x.md) [b](a/b.md/c.md) [c](a/)\n"))]);
    std::fs::create_dir(root.join("a")).unwrap();
    std::fs::write(root.join("a/b.md"), "# B\n").unwrap();
    let reported = run_check(&[path(&root)]).await;
    assert_eq!(reported.code, Some(3), "{}", reported.err);
    assert!(reported.out.ends_with("3 links, 3 different: 1 alive, 2 dead\n"), "{reported:?}");
}

/// The sandbox knows its own hosts, where an address that it does not know is gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_on_which_most_is_gone_is_told_whole() {
    let gone = (0..9).map(|n| format!("<https://docs.gitlab.com/gone/{n}/>")).collect::<Vec<_>>().join(" ");
    let there = "https://docs.gitlab.com/ee/user/application_security/terminology/";
    let page = format!("# Top\n\n{gone}\n\n<{there}>\n\n<https://nowhere.example/>\n");
    let root = write_files("check-rotten", &[("README.md", &page)]);
    let reported = run_podkeeper_with_env(&["check", path(&root), "--sandbox"], &[]).await;
    assert_eq!(reported.code, Some(3), "{reported:?}");
    assert_eq!(reported.out.matches("link-dead: ").count(), 10, "{}", reported.out);
    // Others answer, so DNS works and knows no such host.
    let missing = "README.md:7:2 link-dead: https://nowhere.example/: there is no such host\n";
    assert!(reported.out.contains(missing), "{}", reported.out);
    assert!(!reported.out.contains("before"), "a first look has no other before it: {}", reported.out);
}

#[tokio::test]
async fn links_between_files_are_looked_at_without_a_network() {
    let root = write_files(
        "check-tree",
        &[
            ("README.md", "# Top\n\n[a](docs/a.md#one) [b](docs/b.md) [c](#top) [d](#gone) <https://example.com/>\n"),
            ("docs/a.md", "# A\n\n## One\n\n[up](../README.md) [root](/README.md) [far](../../x.md)\n"),
        ],
    );
    let seen = verdicts(&[path(&root)]).await;
    let seen: Vec<(&str, &str)> = seen.iter().map(|(url, verdict)| (url.as_str(), verdict.as_str())).collect();
    assert_eq!(
        seen,
        [
            ("#gone", "fragment_dead"),
            ("#top", "alive"),
            ("../../x.md", "skipped"),
            ("../README.md", "alive"),
            ("/README.md", "alive"),
            ("docs/a.md#one", "alive"),
            ("docs/b.md", "dead"),
            ("https://example.com/", "skipped"),
        ]
    );
    let reported = run_check(&[path(&root)]).await;
    assert_eq!(reported.code, Some(3), "{reported:?}");
    assert!(reported.out.contains("3:20 link-dead: docs/b.md: there is nothing at docs/b.md"), "{}", reported.out);
    assert!(reported.out.contains("link-fragment-dead: #gone"), "{}", reported.out);

    // One file alone has the same links, because the files around it are there.
    let alone = root.join("docs/a.md");
    assert_eq!(verdicts(&[path(&alone)]).await.iter().filter(|(_, verdict)| verdict == "alive").count(), 2);
    // What is left out is left out.
    let reported = run_check(&["--exclude", "docs/b", "--exclude", "#gone", path(&root)]).await;
    assert_eq!(reported.code, Some(0), "{reported:?}");
}

#[tokio::test]
async fn a_page_named_from_two_folders_is_two_links_with_one_verdict_each() {
    let root =
        write_files("check-twice", &[("a/x.md", "[here](y.md)\n"), ("a/y.md", "# Y\n"), ("b/x.md", "[here](y.md)\n")]);
    let seen = verdicts(&[path(&root)]).await;
    let both: Vec<&str> = seen.iter().map(|(_, verdict)| verdict.as_str()).collect();
    assert_eq!(both, ["alive", "dead"], "{seen:?}");
}

#[tokio::test]
async fn a_hugo_site_is_looked_at_as_its_visitors_see_it() {
    let root = write_files(
        "check-hugo",
        &[
            (
                "content/handbook/_index.md",
                "---\ntitle: H\n---\n\n[s](support/) [o](/handbook/old/) [n](/handbook/no/)\n",
            ),
            (
                "content/handbook/support/_index.md",
                "---\naliases: [/handbook/old]\n---\n\n## Pods {#pods}\n\n[r]({{< ref \"named#here\" >}}) [x]({{< ref \"lost\" >}})\n",
            ),
            ("content/handbook/named.md", "## Here\n\n[site](https://handbook.example/handbook/support/#pods)\n"),
        ],
    );
    let args = ["--site", "hugo", "--site-url", "https://handbook.example", path(&root)];
    let seen = verdicts(&args).await;
    let of = |url: &str| seen.iter().find(|(seen, _)| seen.contains(url)).map(|(_, verdict)| verdict.as_str());
    for (url, verdict) in [
        ("support/", "alive"),
        ("/handbook/old/", "moved"),
        ("/handbook/no/", "dead"),
        ("named#here", "alive"),
        ("lost", "dead"),
        ("https://handbook.example", "alive"),
    ] {
        assert_eq!(of(url), Some(verdict), "{url}: {seen:?}");
    }
    // As files the same links lead elsewhere.
    let as_files = verdicts(&[path(&root.join("content"))]).await;
    assert!(as_files.contains(&("/handbook/old/".to_owned(), "dead".to_owned())), "{as_files:?}");
}

#[tokio::test]
async fn a_part_of_a_site_knows_the_pages_around_it() {
    let root = write_files(
        "check-hugo-part",
        &[
            ("content/_index.md", "# Front\n\n[dead](/nowhere/)\n"),
            ("content/team/_index.md", "---\naliases: /crew/\n---\n\n## People\n"),
            (
                "content/pods/a.md",
                "[a](/team/#people) [b](/team/#no) [c](/crew/) [d](/lost/) [e](../b/) [f]({{< ref \"team\" >}})\n",
            ),
            ("content/pods/b.md", "[g](/pods/a/) [h](/team)\n"),
        ],
    );
    let (pods, page) = (root.join("content/pods"), root.join("content/pods/a.md"));
    let of_a = [
        ("../b/", "alive"),
        ("/crew/", "moved"),
        ("/lost/", "dead"),
        ("/team/#no", "fragment_dead"),
        ("/team/#people", "alive"),
        ("{{< ref \"team\" >}}", "alive"),
    ];
    let of_b = [("/pods/a/", "alive"), ("/team", "alive")];
    let both = [&of_a[..], &of_b].concat();
    let team = root.join("content/team");
    // A folder, one file, and several parts of one site: nothing but their own links is reported.
    for (targets, wanted) in
        [(vec![path(&pods)], both.clone()), (vec![path(&page)], of_a.to_vec()), (vec![path(&team), path(&pods)], both)]
    {
        let mut seen = verdicts(&[&["--site", "hugo"], targets.as_slice()].concat()).await;
        let mut wanted: Vec<(String, String)> =
            wanted.iter().map(|(url, verdict)| ((*url).to_owned(), (*verdict).to_owned())).collect();
        seen.sort();
        wanted.sort();
        assert_eq!(seen, wanted, "{targets:?}");
    }
}

#[tokio::test]
async fn a_site_below_another_ones_address_has_only_its_own_pages() {
    let root = write_files(
        "check-hugo-below",
        &[
            ("content/_index.md", "## Intro\n"),
            (
                "content/page.md",
                "[a](https://x.example/docs-old/) [b](https://x.example/docs#intro) [c](/docs/page/) [d](/docs/no/) \
                 [e](/other/) [f](/docs#intro) [g](https://x.example/docs/page/)\n",
            ),
            ("README.md", "[h](/page/)\n"),
        ],
    );
    let seen = verdicts(&["--site", "hugo", "--site-url", "https://x.example/docs", path(&root)]).await;
    for (url, verdict) in [
        ("https://x.example/docs-old/", "skipped"),
        ("https://x.example/docs#intro", "alive"),
        ("/docs/page/", "alive"),
        ("/docs/no/", "dead"),
        ("/other/", "skipped"),
        ("/docs#intro", "alive"),
        ("https://x.example/docs/page/", "alive"),
        ("/page/", "skipped"),
    ] {
        let found = seen.iter().find(|(seen, _)| seen == url).map(|(_, verdict)| verdict.as_str());
        assert_eq!(found, Some(verdict), "{url}: {seen:?}");
    }
}
