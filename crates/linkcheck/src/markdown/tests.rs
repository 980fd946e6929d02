//! What GitLab and Hugo read in a text, construct by construct.

use super::*;

/// The addresses of a text with the lines they stand in, the same however much of the prose is parsed.
#[track_caller]
fn links(text: &str) -> Vec<(String, usize)> {
    let found: Vec<_> = parse_links(text).into_iter().map(|link| (link.url, link.line)).collect();
    let mut filtered = ParsedMarkdown::parse(text, Extract::Anchors);
    let lines = filtered.take_all_links().into_iter().map(|link| {
        let (line, _) = filtered.source.line_and_column(link.range.start);
        (link.url, line)
    });
    assert_eq!(lines.collect::<Vec<_>>(), found, "{text:?}");
    found
}

#[track_caller]
fn check_links(cases: &[(&str, &[(&str, usize)])]) {
    for (text, expected) in cases {
        let expected: Vec<_> = expected.iter().map(|(url, line)| ((*url).to_owned(), *line)).collect();
        assert_eq!(links(text), expected, "{text:?}");
    }
}

#[track_caller]
fn check_anchors(cases: &[(&str, &[&str], &[&str])]) {
    for (text, there, gone) in cases {
        let alone = MarkdownAnchors::parse(text);
        let anchors = ParsedMarkdown::parse(text, Extract::Anchors).anchors;
        for place in *there {
            assert!(anchors.has(place) && alone.has(place), "#{place} is in {text:?}: {anchors:?}");
        }
        for place in *gone {
            assert!(!anchors.has(place) && !alone.has(place), "#{place} is not in {text:?}: {anchors:?}");
        }
    }
}

/// GitLab docs, "Front matter"; `lib/gitlab/front_matter.rb`; Hugo docs, "Front matter".
#[test]
fn nothing_of_front_matter_is_a_link_or_a_heading() {
    for front in [
        "---\nsee: \"[q](gone.md)\"\n---\n",
        "---  \nsee: \"[q](gone.md)\"\n---  \n",
        "---\nsee: \"[q](gone.md)\"\n...\n",
        "\n\n---\nsee: \"[q](gone.md)\"\n---\n",
        "# -*- coding: utf-8 -*-\n---\nsee: \"[q](gone.md)\"\n---\n",
        "---php\n$a = \"[q](gone.md)\";\n---\n",
        "+++\n# A comment\nhomepage = \"https://gone.example/x\"\nsee = \"[q](gone.md)\"\n+++\n",
        ";;;\n{\"see\": \"[q](gone.md)\"}\n;;;\n",
        "{\n\"see\": \"[q](gone.md)\"\n}\n",
    ] {
        let text = format!("{front}\n# T\n\nTwo words.\n\n[t](#t)\n");
        let line = text.lines().count();
        check_links(&[(&text, &[("#t", line)])]);
        check_anchors(&[(&text, &["t"], &["a-comment", "---coding-utf-8---", "see-qgonemd"])]);
    }
}
