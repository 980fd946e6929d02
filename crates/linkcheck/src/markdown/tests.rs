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

/// `autolink` and `relaxed_autolinks` in `glfm_markdown.rb`.
#[test]
fn addresses_in_brackets_end_before_the_bracket() {
    check_links(&[
        (
            "Known good [https://a.example/one] and (text)[https://a.example/two].\n\n\
             A set {https://a.example/three} and see https://a.example/four].\n",
            &[
                ("https://a.example/one", 1),
                ("https://a.example/two", 1),
                ("https://a.example/three", 3),
                ("https://a.example/four", 3),
            ],
        ),
        ("[www.a.example] {ada@a.example}\n", &[("http://www.a.example", 1), ("mailto:ada@a.example", 1)]),
        (
            "https://a.example/(x) and (https://a.example/y)\n",
            &[("https://a.example/(x)", 1), ("https://a.example/y", 1)],
        ),
        ("<ftp://a.example/x> irc://a.example/y\n", &[("ftp://a.example/x", 1), ("irc://a.example/y", 1)]),
        ("[https://a.example/x](https://a.example/y)\n", &[("https://a.example/y", 1)]),
        // These speak of addresses: GitLab's parser makes links of them that lead nowhere.
        ("https:// and http://, https://{host}/x, s3://bucket, https://…\n", &[]),
    ]);
}

/// `math_dollars` and `math_code`; GitLab docs, "Math". A code block of `math` is code anyway.
#[test]
fn a_link_in_math_is_none() {
    check_links(&[
        ("$a [b](c)$ [d](e)\n", &[("e", 1)]),
        ("$$\n[b](c)\nhttps://a.example/\n$$\n\n[d](e)\n", &[("e", 6)]),
        ("$`a [b](c)`$ [d](e)\n", &[("e", 1)]),
        ("```math\n[b](c)\n```\n[d](e)\n", &[("e", 4)]),
        // Sums of money are none: a blank before the second dollar, or a number behind it.
        ("From $5 [b](c) to $10, or $ [d](e) $ \\$[f](g)$\n", &[("c", 1), ("e", 1), ("g", 1)]),
    ]);
    check_anchors(&[("## The $x$ axis\n", &["the-x-axis"], &[])]);
}

/// `footnotes`; GitLab docs, "Footnotes".
#[test]
fn a_footnote_holds_links_and_is_a_place() {
    check_links(&[
        ("One[^1] two[^two words].\n\n[^1]: https://a.example/x\n", &[("https://a.example/x", 3)]),
        ("One[^a].\n\n[^a]: See [b](c)\n\n    and [d](e).\n\nThe [end](f).\n", &[("c", 3), ("e", 5), ("f", 7)]),
        // Nothing refers to it, so nobody sees it.
        ("One.\n\n[^1]: See [b](c), ~\"l\".\n\nThe [end](f).\n", &[("f", 5)]),
        ("[^1](a) [^2]\n", &[("a", 1)]),
    ]);
    check_anchors(&[
        (
            "A[^x] b[^y] c[^x].\n\n[^y]: Why.\n[^x]: Because.\n",
            &["fn-x", "fn-y", "fnref-x", "fnref-x-2", "fn:1", "fn:2", "fnref:1", "fnref1:1", "user-content-fn-y"],
            &["fn-z", "fn:3", "fnref-y-2"],
        ),
        ("# Notes[^1]\n\n[^1]: Here.\n", &["notes", "fn-1"], &["fn-2"]),
        ("# Notes[^1]\n", &["notes1"], &["fn-1"]),
    ]);
}

/// `wikilinks_title_before_pipe`; `lib/banzai/filter/wiki_link_gollum_filter.rb`.
#[test]
fn a_link_in_double_brackets_leads_to_an_address_or_to_a_page_of_the_wiki() {
    check_links(&[
        ("[[Page one]] and [[text|page-two]]\n", &[("[[Page one]]", 1), ("[[page-two]]", 1)]),
        ("[[Home|https://a.example/x]]\n", &[("https://a.example/x", 1)]),
        ("[[_TOC_]]\n\n`[[a]]` \\[[b]]\n", &[]),
        ("[[a] b](c) [ [d]](e)\n", &[("c", 1), ("e", 1)]),
    ]);
}

/// Goldmark knows no links in double brackets (`CommonMark`, "Links": a text in brackets may hold brackets in pairs). Tried
/// with Hugo 0.168.
#[test]
fn double_brackets_are_a_text_on_a_page_of_hugo() {
    let text = "[[1]](a.md) [[x] y](b.md) [[2]](https://c.example/) [[Page]]\n";
    for (dialect, expected) in [
        (Dialect::Hugo, &["a.md", "b.md", "https://c.example/"][..]),
        (Dialect::Gitlab, &["[[1]]", "b.md", "[[2]]", "https://c.example/", "[[Page]]"]),
    ] {
        for detail in [Extract::Texts, Extract::Anchors] {
            let links = ParsedMarkdown::parse_as(text, detail, dialect).take_all_links();
            assert_eq!(links.iter().map(|link| link.url.as_str()).collect::<Vec<_>>(), expected, "{dialect:?}");
        }
    }
    let links = ParsedMarkdown::parse_as(text, Extract::Texts, Dialect::Hugo).take_all_links();
    assert_eq!((links[0].text.as_str(), links[0].range.clone()), ("[1]", 0..11));
}

/// `description_lists`, `multiline_block_quotes` and `alerts`; GitLab docs of the same names.
#[test]
fn blocks_of_gitlab_hold_links_and_headings() {
    check_links(&[
        ("Term\n\n: See [a](b).\n: ## Head\n\nMore\n: [c](d)\n", &[("b", 3), ("d", 7)]),
        (">>>\n[a](b)\n\n- [c](d)\n>>>\n\n[e](f)\n", &[("b", 2), ("d", 4), ("f", 7)]),
        // The title of an alert is plain text.
        ("> [!warning] See [a](b)\n> [c](d)\n\n> [!note]\n> [e](f)\n", &[("d", 2), ("f", 5)]),
    ]);
    check_anchors(&[
        ("Two words\n\n: ## Head\n", &["head"], &[]),
        (">>>\n## Head\n>>>\n\n## Two\n", &["head", "two"], &[]),
        ("> [!tip]\n> ## Head\n", &["head"], &["tip"]),
    ]);
}

/// `tasklist`, `relaxed_tasklist_character` and `tasklist_in_table`; a task's mark is none of its text.
#[test]
fn the_mark_of_a_task_is_no_link() {
    check_links(&[
        ("- [x] [a](b)\n- [~] [c](d)\n- [ ] e\n", &[("b", 1), ("d", 2)]),
        ("| a | b |\n|---|---|\n| [x] | [c](d) |\n", &[("d", 3)]),
        // What is defined is a link, as it is to GitLab's parser.
        ("- [x] [a](b)\n\n[x]: /there\n", &[("/there", 1), ("b", 1)]),
    ]);
}

/// `table`, `strikethrough`, `escaped_char_spans` and `cjk_friendly_emphasis`, by what they change of links and ids.
#[test]
fn marks_are_none_of_a_text() {
    check_links(&[
        ("| a \\| [b](c) | [d](e) |\n|---|---|\n| x | y |\n", &[("c", 1), ("e", 1)]),
        ("~~[a](b)~~\n", &[("b", 1)]),
        // What stands behind an escaped sign is a text of its own.
        ("x\\_ada@a.example\n", &[("mailto:ada@a.example", 1)]),
    ]);
    check_anchors(&[
        ("## **テスト。**テスト\n", &["テストテスト"], &["テストテスト-1"]),
        ("## A \\# b ~~c~~\n", &["a--b-c"], &[]),
    ]);
}

/// Each option alone can be made to look for an end again and again.
#[test]
fn no_repetition_of_a_mark_takes_long() {
    for token in [
        "$",
        "$a ",
        "$$ ",
        "$$ $a",
        "$`x",
        "$` ",
        "`$",
        "[[",
        "[[a|",
        "[[a]",
        "[[a]]",
        "![[",
        "[^",
        "[^a]",
        "[^a]: b\n",
        "a[^a]",
        ">>>\n",
        ">>> ",
        ": a\n",
        "a\n\n: b\n\n",
        "> [!note]\n",
        "- [~] a\n",
        "x://",
        "://",
        "a://b]",
        "[a://b",
        "{www.a.b}",
        "a@b.c ",
        "\\#",
        "\\_a@b.c",
        "| [x] |\n",
        "~ a\n",
    ] {
        let text = token.repeat(100_000 / token.len());
        for detail in [Extract::Texts, Extract::Anchors] {
            ParsedMarkdown::parse(&text, detail);
        }
    }
}

/// GitLab docs, "Includes"; `REGEX` in `lib/banzai/filter/include_filter.rb`: a line of its own, in code, too.
#[test]
fn a_line_that_includes_a_file_is_a_link() {
    check_links(&[
        (
            "::include{file=a/b c.md}\n\ntwo words\n::include{file=c.md}\r\n\n```ruby\n::include{file=d.rb}\n```\n",
            &[("::include{file=a/b c.md}", 1), ("::include{file=c.md}", 4), ("::include{file=d.rb}", 7)],
        ),
        ("  ::include{file=a.md}\n::include{file=}\n::include{file=a.md} words\n`::include{file=a.md}`\n", &[]),
        ("---\nx: |\n\n::include{file=a.md}\n---\n", &[]),
    ]);
    let anchors = crate::files::DocumentAnchors::parse("# T\n\n::include{file=a.md}\n");
    assert!(anchors.has("t") && anchors.find_unknown_maker().is_some());
    assert!(crate::files::DocumentAnchors::parse("# T\n\n`::include{file=a.md}`\n").find_unknown_maker().is_none());
}

/// HTML Living Standard, "srcset attributes": each candidate has its place, over several lines.
#[test]
fn every_candidate_of_a_picture_is_a_link() {
    check_links(&[
        ("a <img src=a.png srcset=\"b.png 1x,\n  b.png 2x\"> c\n", &[("a.png", 1), ("b.png", 1), ("b.png", 2)]),
        ("<picture>\n<source srcset='/a.webp, /b.webp 2x'>\n</picture>\n", &[("/a.webp", 2), ("/b.webp", 2)]),
        (
            "<video poster=\"p.png\" src=\"v.mp4\"></video> <object data='o.pdf'></object>\n",
            &[("p.png", 1), ("v.mp4", 1), ("o.pdf", 1)],
        ),
        ("<!-- <img srcset=a.png> -->\n`<img srcset=b.png>`\n", &[]),
    ]);
}

/// `MARKDOWN_EXTENSIONS` in `lib/gitlab/markup_helper.rb`.
#[test]
fn markdown_has_many_endings() {
    use headings::{is_markdown_document, is_markdown_path};
    for path in ["a.md", "a/b.MARKDOWN", "a.mdown", "a.mkd", "a.mkdn"] {
        assert!(is_markdown_document(path) && is_markdown_path(path), "{path}");
    }
    assert!(is_markdown_path("a.Rmd") && !is_markdown_document("a.Rmd"));
    assert!(!is_markdown_path("a.mdx") && !is_markdown_path("md"));
}

/// RFC 3986, section 4.4, and what people forget to fill in.
#[test]
fn an_empty_target_is_a_link_all_the_same() {
    check_links(&[("[a]() [b](<>) [c]( ) <a href=''>d</a>\n", &[("", 1), ("", 1), ("", 1)])]);
}

/// comrak's `render_link` (`src/html.rs`) makes no link of an address in the text of one, and a picture's text is plain.
#[test]
fn an_address_in_the_text_of_a_link_is_none_of_its_own() {
    check_links(&[
        ("[the manual https://a.example/gone on the site](x.md)\n", &[("x.md", 1)]),
        ("[www.a.example is](x.md) https://b.example/y\n", &[("x.md", 1), ("https://b.example/y", 1)]),
        ("![https://a.example/d now](x.png) [t](y.md)\n", &[("x.png", 1), ("y.md", 1)]),
        ("[![https://a.example now](x.png)](y.md)\n", &[("y.md", 1), ("x.png", 1)]),
        ("[**https://a.example/c now**](x.md)\n", &[("x.md", 1), ("https://a.example/c", 1)]),
    ]);
}
