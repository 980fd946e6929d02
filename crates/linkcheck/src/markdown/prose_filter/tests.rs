use proptest::prelude::*;

use super::*;
use crate::link::LinkForm;
use crate::markdown::Extract;
use crate::markdown::outline::Outline;

/// All that is asked of a document: links, what hides labels, and the items whose lines are read, each with where it
/// stands; and the anchors that links can lead to.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    links: Vec<(usize, String, String, LinkForm)>,
    /// What labels and broken characters are looked for by, where it is not hidden.
    signs: Vec<usize>,
    silent: Vec<usize>,
    /// Those of several lines.
    items: Vec<usize>,
    anchors: String,
}

fn seen(source: &Source<'_>) -> Seen {
    let outline = Outline::parse(source, Extract::Anchors);
    let hidden = outline.code_ranges().chain(outline.hidden_ranges.iter().cloned()).chain(outline.front_matter.clone());
    let signs = source.blank_out(hidden).match_indices(|c: char| c == '~' || !c.is_ascii()).map(|(at, _)| at).collect();
    // Math in prose hides nothing that is looked for.
    let hides = |range: &&Range<usize>| {
        !source.text[range.start..].starts_with('$') || source.text[(*range).clone()].contains(['~', '['])
    };
    let silent = outline.hidden_ranges.iter().filter(hides).map(|range| range.start);
    let links = outline.links.into_iter().map(|link| (link.range.start, link.url, link.text, link.form)).collect();
    let rows = |range: &Range<usize>| source.line_number(range.end) - source.line_number(range.start);
    let items = outline.paragraphs.iter().filter(|block| block.is_list_item && rows(&block.range) > 0);
    let items = items.map(|block| block.range.start);
    Seen { links, signs, silent: silent.collect(), items: items.collect(), anchors: format!("{:?}", outline.anchors) }
}

#[track_caller]
fn says_the_same(text: &str) {
    let filtered = filtered_source(text, Dialect::Gitlab);
    let outline = Outline::parse(&filtered, Extract::Anchors);
    // Then the whole text is parsed.
    if !outline.has_unclosed_fence {
        assert_eq!(
            seen(&filtered),
            seen(&Source::new(text, Dialect::Gitlab)),
            "{text:?} became {:?}",
            filtered.text_to_parse()
        );
    }
}

#[test]
fn plain_prose_is_cut_line_by_line_and_nothing_else_is() {
    for (text, expected) in [
        ("Some words\nand more.\n\nSee [a](b) for\nwords.\n\nThe end.\n", "\nSee [a](b) for\nwords.\n"),
        ("- one two\n- see [a](b)\n- three four\n\nFive.\n- [c](d)", "- see [a](b)\n\n- [c](d)"),
        ("1. one two\n2. [a](b)\n3. **three** four\n", "1. o\n2. [a](b)\n"),
        ("- one two\n  - *three* four\n      - [five](b)\n", "- o\n  - *t\n      - [five](b)\n"),
        ("- Name: one\nName: two\n\nThree.\n\n  # Four\n", "- N\nN\n\nT\n\n  # Four\n"),
        ("# Head line\n\n2026 was\n\n\nHead line\n---\n", "# Head line\n\nHead line\n---\n"),
        ("> quoted words\n\n| a row | x |\n\nx@y.example\n", "> quoted words\n\n| a row | x |\n\nx@y.example\n"),
        ("a://b and\n\nworld wide: web\n\nwww.x.example\n", "a://b and\n\nwww.x.example\n"),
    ] {
        assert_eq!(filtered_source(text, Dialect::Gitlab).text_to_parse(), expected);
        says_the_same(text);
    }
}

/// A definition may be used for as many bytes as the text has, but for a small text at least.
#[test]
fn references_are_as_many_as_the_whole_text_may_have() {
    let prose = "Some words that say nothing of any link, to make the text a long one.\n\n".repeat(20);
    let text = format!("{prose}[r] [r] [r] [r] [r]\n\n[r]: https://example.com/{}\n", "x".repeat(80));
    assert_eq!(seen(&filtered_source(&text, Dialect::Gitlab)).links.len(), 5);
    says_the_same(&text);
}

#[test]
fn what_is_left_keeps_the_numbers_of_its_lines() {
    let filtered = filtered_source("One.\n\nTwo.\n\n- [a](b)\n- words\n\n\n# Head", Dialect::Gitlab);
    assert_eq!(filtered.text_to_parse(), "\n- [a](b)\n\n\n# Head");
    assert_eq!([0, 1, 2, 3, 4, 9].map(|number| filtered.original_line(number)), [1, 4, 6, 7, 8, 8]);
}

/// Where a line looks like a block of its own and is none, or the other way round.
#[test]
fn lines_that_belong_together_stay_together() {
    for text in [
        "[a\n     - bar baz\nc](url)\n",
        "foo\n        bar\n        - [a\n        - b c\n        d](url)\n",
        "[a\n2. b c\nd](url)\n",
        "1.   [foo\n    - bar baz\n](url)\n",
        "1.   foo\n\n     [bar\n    - b c\n](url)\n",
        "    - two words\ntwo words\n    - three\n---\n",
        "1. ```\n[two\n2. words here\n](url)\n",
        "- ```\n[foo\n     - bar baz\n](url)\n",
        "Foo bar\n-\n\nFoo bar\n- \n\nFoo\n===\n",
        "Foo bar\n- \r\n\nFoo bar\n- \t\n",
        "<div>\n- foo bar\n<a href=\"x\">\n- two words\n</a>\n",
        "<pre><a href=\"x\">\n\ntwo words\n\n</a></pre>\n",
        "<!-- a -->\n\ntwo words\n\n<!--\n\n[a](b) two words\n\n-->\n",
        "- a b\n\n      code of it\n\n    [c](d)\n",
        "```\nplain words\n- [a](b)\n```\n\n- ```\n  words here\n  ```\n",
        "two words\n- | -\n\ntwo | words\n- | -\n",
        "[a]: /url 'two\nwords here'\n\n[a]\n",
        "---\ntitle: two words\ntags:\n- one two\n---\nthree four\n",
        "---\ntitle: two\n---\nthree four\n\n[a](b)\n",
        "\n+++\na = '[a](b)'\n+++\n[c](d)\n\n- e f\n# Head\n",
        "{\n\"a\": \"[a](b)\"\n}\n[c](d) ~\"l\"\n\ntwo words\n",
        "Two words\n\n: # Head\n\n  three four\n\n: - [a](b)\n",
        "Two words\n\n- item one\n\n: # Head\n\n~ [a](b)\n",
        "[a](b)\n\nTwo words\n: # Head\n\nmore words\n\n  : ## Two\n",
        "costs $5\nand [a](b) more$ ~\"l\"\n\nfive $ [c](d)$\n",
        "$`a\n[b](c)`$ ~\"l\"\n\n$$\n[d](e)\n$$\n",
        ">>>\ntwo words\n\n- [a](b)\n\n# Head\n>>>\n\n[c](d)\n",
        "> [!note] [a](b)\n> two words\n> # Head\n",
        "two[^1] words\n\nthree words\n\n[^1]: four [a](b)\n\n    # Head\n\n[^2]: [c](d)\n",
        "- [~] two words\n- [a] [b](c)\n\n| [ ] | d |\n|-|-|\n| [x] | [e](f) |\n",
        "[[two words]] ![[a|b]]\n\n[[c](d)]\n[[_TOC_]]\n",
        "- one\ttwo\n-\t[a\n\tb c](d)\n",
        "two words\r\n[a\r\nb c](d)\r\n",
        "`two words\n- [a](b)` here\n",
        "* * *\n*two words*\n***\n- - three four\n  - [a](b)\n",
        "- one\n\nTwo words.\n\n    [a](b)\n\nThree.\n\n  [c](d)\n",
        "foo words\n1. Name: one\nName: two\n\n- [a](b)\n",
        "- [a](b)\n\n  two words\n\n  three\n  four\n\n      # code\n",
        "```\nplain words\n\n[a](b)\n\nmore\n",
        "* * *\n  x `\n     - bar ` baz\n     - [a](b) `\n",
        "- - -\n  1. é x\n    - a ** b\n",
        "- ```\n  ~\"l\"\n  ```\n- plain words\n\n- [a](b)\n",
        "two words\\\n[a](b)\n\n2) one two\n3) three four\n4. [a](b)\n",
    ] {
        says_the_same(text);
    }
}

/// What a line may begin with.
fn beginning() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "",
        "",
        " ",
        "  ",
        "   ",
        "    ",
        "     ",
        "      ",
        "        ",
        "\t",
        "> ",
        "- ",
        "-   ",
        "1.   ",
        "* ",
        "+ ",
        "1. ",
        "2. ",
        "- - -\n  ",
        "12) ",
        "-      ",
        "- - ",
        "1. - ",
        "  - ",
        "    - ",
        "# ",
        "| ",
        "- [ ] ",
        "- [~] ",
        ": ",
        "  : ",
        "~ ",
        ">>> ",
        "[^1]: ",
        "> [!tip] ",
        "$",
    ])
}

/// Lines of documents, with what may stand before and behind them.
fn line() -> impl Strategy<Value = String> {
    let middle = prop::sample::select(vec![
        "",
        "two words",
        "Three. Short; words",
        "2026 was",
        "1.5 more",
        "**bold** words",
        "_so_ it is",
        "\"quoted\" words",
        "(in brackets) too",
        "[a](b)",
        "[a",
        "b c](d)",
        "![",
        "[x]: /url",
        "[x]",
        "`code",
        "code`",
        "```",
        "~~~",
        "---",
        "-",
        "===",
        "***",
        "<b>",
        "<div>",
        "</div>",
        "<a href='x'>",
        "</a>",
        "<!--",
        "-->",
        "<!-- x -->",
        "<pre>",
        "</pre>",
        "a | b",
        "|-|-|",
        "https://a.example/b",
        "www.a.example",
        "a@b.example",
        "~\"a label\"",
        "~~struck~~",
        "word\\",
        "&amp; more",
        "é too",
        "a: b",
        "title: x",
        "{{< x >}}",
        "## Head",
        ">>>",
        "a $b",
        "b$ c",
        "$$",
        "$`d",
        "e`$",
        "[[two words]]",
        "[[a|b]]",
        "[[",
        "a[^1]",
        "x://y]",
        "\\# z",
        "> [!note]",
    ]);
    let end = prop::sample::select(vec!["\n", "\n", "\n", "\n\n", "  \n", " more words\n", "\r\n", "\r", "\t\n", ""]);
    (beginning(), middle, end).prop_map(|(before, middle, end)| format!("{before}{middle}{end}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn the_lean_text_says_all_that_the_whole_one_says(lines in prop::collection::vec(line(), 1..16)) {
        says_the_same(&lines.concat());
    }
}
