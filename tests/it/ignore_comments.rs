//! A comment lets the links of one line pass, with its reason.

use serde_json::Value;

use crate::exit_codes::run_podkeeper_with_env;
use crate::git_repository::TestRepository;

const PAGE: &str = "# Page

[a](gone.md) <!-- podkeeper-disable-line: it is written next week -->

<!-- podkeeper-disable-next-line -- made by the release job -->
[b](built.md) and [c](also-built.md)

| what | where |
| --- | --- |
| d | [d](missing.md) <!-- podkeeper-disable-line: a table row --> |
| e | [e](missing.md) |

[f](#page) <!-- podkeeper-disable-line: stale -->

[g](nowhere.md) <!-- podkeeper-disable-line -->

`<!-- podkeeper-disable-line: code -->` [h](nothing.md)

```md
<!-- podkeeper-disable-next-line: code -->
```
<https://gone.example/> <!-- podkeeper-disable-line: the site moves in May -->
";

#[tokio::test]
async fn a_comment_lets_the_links_of_its_line_pass_with_its_reason() {
    let repository = TestRepository::new("ignore-comments", &[("a.md", PAGE)]);
    let root = repository.root.to_str().unwrap();
    let reported = run_podkeeper_with_env(&["check", "--offline", "--format", "json", root], &[]).await;
    let shown: Value = serde_json::from_str(&reported.out).unwrap_or_else(|_| panic!("{reported:?}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let seen: Vec<(String, String, String, u64)> = shown["observations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|seen| {
            let line = seen["places"][0]["line"].as_u64().unwrap();
            (text(&seen["url"]), text(&seen["verdict"]), text(&seen["reason"]), line)
        })
        .collect();
    let passed: Vec<(&str, &str, u64)> = seen
        .iter()
        .filter(|(_, verdict, ..)| verdict == "skipped")
        .map(|(url, _, reason, line)| (url.as_str(), reason.as_str(), *line))
        .collect();
    assert_eq!(
        passed,
        [
            ("also-built.md", "made by the release job", 6),
            ("built.md", "made by the release job", 6),
            ("gone.md", "it is written next week", 3),
            ("https://gone.example/", "the site moves in May", 22),
            ("missing.md", "a table row", 10),
        ]
    );
    let findings: Vec<(String, u64)> = shown["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (text(&finding["rule"]), finding["place"]["line"].as_u64().unwrap()))
        .collect();
    let mut sorted = findings.clone();
    sorted.sort();
    let expected =
        [("ignore-reason-missing", 15), ("ignore-unused", 13), ("link-dead", 11), ("link-dead", 15), ("link-dead", 17)];
    assert_eq!(sorted, expected.map(|(rule, line)| (rule.to_owned(), line)));
}

#[tokio::test]
async fn a_page_of_comments_takes_no_longer_than_its_length_allows() {
    let page = "[a](b.md) <!-- podkeeper-disable-line: x -->\n".repeat(20_000);
    let repository = TestRepository::new("ignore-comments-many", &[("a.md", &page)]);
    let root = repository.root.to_str().unwrap();
    let reported = run_podkeeper_with_env(&["check", "--offline", root], &[]).await;
    assert_eq!(reported.code, Some(3), "{}", reported.err);
    assert!(reported.out.contains("page-cut"), "{}", reported.out);
}
