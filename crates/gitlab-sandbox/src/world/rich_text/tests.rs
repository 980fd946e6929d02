use proptest::prelude::*;

use super::rewrite_in_rich_text_editor;

#[test]
fn a_text_is_spelled_as_the_editor_spells_it() {
    for (given, expected) in [
        ("<!--   a key: 1   -->\n# Title\ntext", "<!--a key: 1-->\n\n# Title\n\ntext"),
        ("<!--\na\n\nb\n-->\ntext", "<!--a\n\nb-->\n\ntext"),
        ("before <!-- x --> behind", "before\n\n<!--x-->\n\nbehind"),
        ("<!-- a --> text <!-- b -->", "<!--a-->\n\ntext\n\n<!--b-->"),
        ("- [ ] open <!-- key -->\n- [x] done\n    - below", "* [ ] open\n\n  <!--key-->\n* [x] done\n  * below"),
        ("- a\n\n- b\n", "* a\n* b"),
        ("3) c\n4) d", "3) c\n4) d"),
        ("9. i\n1. j", " 9. i\n10. j"),
        ("- [~] off", "* [~] off"),
        ("*a* __b__ _c_ ***d***", "_a_ **b** _c_ _**d**_"),
        ("one  \ntwo\\\nthree\nfour", "one\\\ntwo\\\nthree\nfour"),
        ("a\n\n\n\nb\n# c\nd\n- e", "a\n\nb\n\n# c\n\nd\n\n* e"),
        ("\\# a \\*b\\* 2 * 3 snake_case _ [x]", "\\# a \\*b\\* 2 \\* 3 snake_case \\_ \\[x\\]"),
        ("1\\. a\n\n\\- b\n\n\\+ c\n\n\\> d", "1\\. a\n\n\\- b\n\n\\+ c\n\n\\> d"),
        ("`a*b` ``c`d``", "`a*b` ``c`d``"),
        ("~~~rust\nlet a = `*b*`;\n~~~", "```rust\nlet a = `*b*`;\n```"),
        ("    indented", "```\nindented\n```"),
        (
            "see https://example.com/a_b__c?d=*e, or www.example.com.",
            "see https://example.com/a_b__c?d=*e, or www.example.com.",
        ),
        ("[a *b*](https://example.com/x_y_(z) \"t\")", "[a _b_](https://example.com/x_y_(z) \"t\")"),
        ("![an image](/a.png)", "![an image](/a.png)"),
        ("H<sub>2</sub>O @ada_b ~\"pod::a\" ~bug #12 !3", "H<sub>2</sub>O @ada_b ~\"pod::a\" ~bug #12 !3"),
        ("> a\n> b\n\n***", "> a\n> b\n\n---"),
        ("| a | b |\n|:-:|--|\n| *c* | d\\|e |", "| a | b |\n|:-:|---|\n| _c_ | d\\|e |"),
        ("<details><summary>s</summary>\n\ntext\n\n</details>", "<details><summary>s</summary>\n\ntext\n\n</details>"),
        ("[[_TOC_]]", "[[_TOC_]]"),
        ("a[^1]\n\n[^1]: note", "a[^1]\n\n[^1]: note"),
        ("Title\n=====", "# Title"),
        ("&lt;b> &amp;amp; a < b", "\\<b> \\&amp; a < b"),
        ("a\r\nb", "a\nb"),
        ("", ""),
    ] {
        assert_eq!(rewrite_in_rich_text_editor(given), expected, "{given}");
        assert_eq!(rewrite_in_rich_text_editor(expected), expected, "again: {given}");
    }
}

#[test]
fn what_is_nested_too_deep_stays() {
    let deep = format!("{}x", "> ".repeat(500));
    assert_eq!(rewrite_in_rich_text_editor(&deep), deep);
}

/// Blocks as people write them.
const BLOCKS: [&str; 16] = [
    "# A heading",
    "Some *text* with `code` and __more__.",
    "two  \nlines\nof it",
    "- a\n- b\n  - c",
    "* [ ] open <!-- key -->\n* [x] done",
    "1. one\n1. two",
    "<!-- a comment -->",
    "<!--\nof\n\nlines -->",
    "```yaml\na: 1\n```",
    "> quoted *text*\n> - x",
    "| a | b |\n|---|---|\n| c | *d* |",
    "https://example.com/a_b and [a link](https://example.com/c_d)",
    "---",
    "a_b_c, 2 * 3, ~\"a label\", @somebody and #7",
    "<details>\n<summary>s</summary>\n\ninside\n\n</details>",
    "+ other\n+ bullets",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_text_has_a_spelling(text in "(?s).{0,200}") {
        rewrite_in_rich_text_editor(&text);
    }

    #[test]
    fn every_text_of_marks_has_a_spelling(text in "[-*_#>`~|\\[\\]()<!\\\\+=:&;.0-9a \n\t]{0,120}") {
        rewrite_in_rich_text_editor(&text);
    }

    #[test]
    fn a_second_save_changes_nothing(picked in prop::collection::vec(prop::sample::select(BLOCKS.to_vec()), 0..8)) {
        let once = rewrite_in_rich_text_editor(&picked.join("\n\n"));
        prop_assert_eq!(rewrite_in_rich_text_editor(&once), once);
    }
}
