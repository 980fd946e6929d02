use proptest::prelude::*;

use super::command_scanner::{InlineCode, scan_commands};
use super::{Command, extract_commands, extract_commands_older, find_mentions, find_references, split_commands};

fn command_names(commands: &[Command]) -> Vec<&str> {
    commands.iter().map(|command| command.name.as_str()).collect()
}

#[test]
fn a_line_that_opens_with_a_command_runs_and_goes() {
    let (stored, commands) = split_commands("Hello\r\n\r\n/label ~\"a b\" ~c\r\n/CLOSE\r\nbye  \n");
    assert_eq!(stored, "Hello\n\nbye");
    assert_eq!(command_names(&commands), ["label", "close"]);
    assert_eq!(commands[0].argument, "~\"a b\" ~c");
    assert_eq!(commands[1].line, 4);
}

#[test]
fn the_blank_line_behind_a_command_goes_with_it() {
    assert_eq!(split_commands("one\n\n/close\n\ntwo").0, "one\n\ntwo");
    assert_eq!(split_commands("one\n/close\n\ntwo").0, "one\ntwo");
    assert_eq!(split_commands("<!-- x -->\n\n/label ~a\n\n<p>\n</p>").0, "<!-- x -->\n\n<p>\n</p>");
    assert_eq!(split_commands("/close\n```\ncode\n```\n/lock\n```\nmore\n```").0, "```\ncode\n```\n```\nmore\n```");
}

#[test]
fn code_quotes_lists_and_html_do_not_run() {
    for text in [
        "```\n/close\n```",
        "    /close",
        "   /close",
        "- /close",
        " - /close",
        "`/close`",
        "Hello `x\n/close\n`\n\nWorld",
        "> /close",
        "> x\n/close",
        ">>>\n/close\n>>>",
        "<div>\n/close\n</div>",
        "Text\n<b>\n/close\n</b>",
        "<!--\n/close\n-->",
        "/closed",
        "/close@x",
        "/close\tx",
        "x /close",
        "&#47;close",
        "x\u{2028}/close",
        "x\u{85}/close",
        "x\u{b}/close\u{c}/close",
        "x\r/close",
        "| a |\n|---|\n| x |\n/close",
        "---\n/close\n---\n",
    ] {
        assert_eq!(extract_commands(text), [], "{text:?}");
    }
}

#[test]
fn what_stands_behind_a_comment_line_or_a_closed_block_runs() {
    for text in [
        "<!-- x -->\n/close",
        "x\n/close",
        "```\nx\n```\n/close",
        "an odd ` here\n/close",
        "`x` and\n/close\nand `y`",
        "/close\t\n",
        "/close  x",
        "/close / @x",
    ] {
        assert_eq!(command_names(&extract_commands(text)), ["close"], "{text:?}");
    }
}

#[test]
fn the_older_extractor_reads_raw_text() {
    for text in ["- x\n/close", "<!-- x -->\n/close", "    x\n/close", "| a |\n|---|\n/close", "> x\n/close"] {
        assert_eq!(command_names(&extract_commands_older(text)), ["close"], "{text:?}");
    }
    for text in [
        "```\n/close\n```",
        "<div>\n/close\n</div>",
        ">>>\n/close\n>>>",
        "`\n/close\n`",
        "x `\n/close\n`",
        "/closed",
        " /close",
        "x\r/close",
    ] {
        assert_eq!(extract_commands_older(text), [], "{text:?}");
    }
}

#[test]
fn an_unbalanced_fence_hides_nothing_from_the_older_extractor() {
    assert_eq!(command_names(&extract_commands_older("```\nx\n/close")), ["close"]);
    assert_eq!(command_names(&extract_commands_older("one odd ` here\n/close")), ["close"]);
    // The form with whole lines takes this for code, the other one does not.
    assert_eq!(command_names(&extract_commands_older("`x` and\n/close\nand `y`")), ["close"]);
    let numbered = extract_commands_older("```\nx\n```\n\n/close now");
    assert_eq!((numbered[0].line, numbered[0].argument.as_str()), (5, "now"));
}

#[test]
fn a_name_without_a_meaning_is_told_and_stays() {
    let (stored, commands) = split_commands("/cc @ada\n/close");
    assert_eq!((stored.as_str(), command_names(&commands)), ("/cc @ada", vec!["cc", "close"]));
}

#[test]
fn substitutions_become_text() {
    assert_eq!(split_commands("/shrug well").0, "well ¯\\＿(ツ)＿/¯");
}

#[test]
fn mentions_are_found_outside_code_and_links_only() {
    let text =
        "Hi @ada, `@code` and (@group/sub). a@b.co [@link](https://x.y) <b>@html</b>\n\n```\n@fence\n```\n\n@last.";
    assert_eq!(find_mentions(text), ["ada", "group/sub", "html", "last"]);
    assert_eq!(find_mentions("@\u{200b}ada https://youtube.com/@channel <!-- @hidden -->"), Vec::<String>::new());
    assert_eq!(find_mentions("[x](@ada)"), ["ada"]);
}

#[test]
fn references_are_found_outside_code_and_links_only() {
    let text = "See #1, g/p!2, &3, $4, %\"a b\", ~\"pod::x\", ~bug, [vulnerability:5] and `#6` 100% ~\"\"";
    assert_eq!(find_references(text), ["#1", "!2", "&3", "$4", "%\"a b\"", "~\"pod::x\"", "~bug", "[vulnerability:5]"]);
    assert_eq!(find_references("https://x.y/z#1 `~x`"), Vec::<String>::new());
    assert_eq!(
        find_references("[x](#1) [#2](https://x.y/) [x](g/p!3) [x](g/page.md#a) ![x](~bug)"),
        ["#1", "!3", "~bug"]
    );
}

/// Texts made of what the extractors look for, so that odd combinations come up often.
fn arbitrary_texts() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "/close",
        "/label ~x",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "`",
        "```",
        ">>>",
        "> ",
        "- ",
        "<div>",
        "</div>",
        "<!-- ",
        "-->",
        "é",
        "@ada",
        "#1",
        "~\"",
        "[",
        "](",
        ")",
        "    ",
        "|",
        "\u{2028}",
        "x",
        "---",
        "&#47;",
        "/",
        "<",
        ">",
        "%\"a",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_read_to_its_end(text in prop_oneof![any::<String>(), arbitrary_texts()]) {
        let (stored, commands) = split_commands(&text);
        prop_assert!(!stored.contains('\r'));
        prop_assert_eq!(stored.trim_end(), &stored);
        prop_assert_eq!(extract_commands(&text), commands);
        extract_commands_older(&text);
        find_mentions(&text);
        find_references(&text);
    }

    /// What is stored is what is left: nothing of it is a command in the same place again.
    #[test]
    fn a_text_without_slashes_holds_no_commands(text in arbitrary_texts()) {
        let text = text.replace('/', "");
        prop_assert_eq!(extract_commands(&text), []);
        prop_assert_eq!(extract_commands_older(&text), []);
    }

    /// The scanner's shortcuts find what the expression finds when it is tried at every place.
    #[test]
    fn the_scanner_is_its_expression(text in arbitrary_texts(), whole_lines in any::<bool>(), blocks in any::<bool>()) {
        let text = text.replace('\r', "");
        let inline = if whole_lines { InlineCode::WholeLines } else { InlineCode::Anywhere };
        let found: Vec<(usize, usize)> = scan_commands(&text, inline, blocks).iter().map(|found| (found.start, found.end)).collect();
        prop_assert_eq!(found, naive::scan(&text, inline, blocks));
    }
}

/// The expression by brute force: every end of every alternative is tried, in the order of the expression.
mod naive {
    use super::InlineCode;

    pub(super) fn scan(text: &str, inline: InlineCode, blocks: bool) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let opens_line = at == 0 || text[..at].ends_with('\n');
            if let Some(end) = exclusion_end(text, at, opens_line, inline, blocks) {
                at = end;
            } else if let Some(end) = command_end(text, at).filter(|_| opens_line) {
                found.push((at, end));
                at = end;
            } else {
                at += text[at..].chars().next().map_or(1, char::len_utf8);
            }
        }
        found
    }

    fn exclusion_end(text: &str, at: usize, opens_line: bool, inline: InlineCode, blocks: bool) -> Option<usize> {
        let rest = &text[at..];
        let block = |mark: &str| {
            let inner = at + mark.len();
            let fits = blocks && opens_line && rest.starts_with(mark);
            let closing = format!("\n{mark}");
            fits.then(|| {
                char_boundaries(text, inner + 1)
                    .find(|&end| text[end..].starts_with(&closing) && is_line_end(text, end + closing.len()))
            })
            .flatten()
            .map(|end| end + closing.len())
        };
        let code = || match inline {
            InlineCode::Anywhere => {
                rest.strip_prefix('`')?;
                char_boundaries(text, at + 2).find(|&end| text[end..].starts_with('`')).map(|end| end + 1)
            }
            InlineCode::WholeLines => {
                let openers: Vec<usize> =
                    char_boundaries(text, at).filter(|&tick| opens_line && text[tick..].starts_with('`')).collect();
                openers.into_iter().rev().find_map(|opener| {
                    let closes = |end: &usize| text[*end..].starts_with('`') && is_line_end(text, end + 1);
                    char_boundaries(text, opener + 2).find(closes).map(|end| end + 1)
                })
            }
        };
        let html = || {
            let inner = rest.strip_prefix('<').filter(|_| opens_line)?;
            let name = inner.find('>').filter(|&name| name > 0)?;
            let body = at + 1 + name + 1;
            text[body..].strip_prefix('\n')?;
            char_boundaries(text, body + 2).find_map(|end| {
                let tag = text[end..].strip_prefix("\n</")?;
                let length = tag.find('>').filter(|&length| length > 0)?;
                let end = end + 3 + length + 1;
                is_line_end(text, end).then_some(end)
            })
        };
        block("```").or_else(code).or_else(html).or_else(|| block(">>>"))
    }

    /// Two commands are all that the pieces can spell.
    fn command_end(text: &str, at: usize) -> Option<usize> {
        let rest = &text[at..];
        let blank = |char: char| char.is_ascii_whitespace() || char == '\u{b}';
        let ends = |from: usize| {
            let blanks = rest[from..].len() - rest[from..].trim_start_matches(blank).len();
            let last = rest[from..from + blanks].rfind('\n').map(|last| at + from + last + 1);
            last.or((from == rest.len()).then_some(text.len()))
        };
        ["/label", "/close"].into_iter().find_map(|name| {
            let behind = rest.strip_prefix(name)?;
            let argument = if behind.starts_with(' ') { behind.split('\n').next()?.len() } else { 0 };
            ends(name.len() + argument)
        })
    }

    fn char_boundaries(text: &str, from: usize) -> impl Iterator<Item = usize> + '_ {
        (from..=text.len()).filter(|&at| text.is_char_boundary(at))
    }

    fn is_line_end(text: &str, at: usize) -> bool {
        at == text.len() || text[at..].starts_with('\n')
    }
}
