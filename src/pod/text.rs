//! Text from outside: it may be shown, it may never act.
//!
//! GitLab runs a line that starts with `/` as a quick action, notifies whoever stands behind an `@`, leaves
//! "mentioned in" notes at `#1`, `!1`, `&1` or a bare URL, and renders HTML. So text of pages, titles and
//! error bodies is [`Untrusted`]: it has no way into a body but through the methods here.

use std::fmt;

/// The most characters of an untrusted text that are shown.
const CAP: usize = 200;

/// A text that somebody else wrote.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Untrusted(String);

impl Untrusted {
    /// Takes any text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it was read, for comparing only.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// One line of visible characters, at most 200: for terminals, logs and JSON.
    ///
    /// Everything that breaks a line becomes a blank; control characters, direction overrides and
    /// invisible characters are dropped.
    pub fn line(&self) -> String {
        let mut out = String::new();
        let mut shown = 0;
        for c in self.0.chars() {
            let c = if breaks_line(c) || c == '\t' || is_odd_space(c) { ' ' } else { c };
            if is_hidden(c) || (c == ' ' && (out.is_empty() || out.ends_with(' '))) {
                continue;
            }
            if shown == CAP {
                out.push('…');
                break;
            }
            out.push(c);
            shown += 1;
        }
        out.trim_end().to_owned()
    }

    /// Markdown that shows the text and does nothing else; never at the start of a line.
    ///
    /// Harmless words stand as they are. A word that Markdown or GitLab could read as more than a word becomes
    /// a code span, where GitLab neither mentions, links nor runs anything.
    pub fn md(&self) -> String {
        words_as_shown(&self.line())
    }

    /// The text as a Markdown code span.
    pub fn md_code(&self) -> String {
        code_span(&self.line())
    }
}

impl fmt::Debug for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Untrusted({:?})", self.line())
    }
}

/// A sentence of ours that quotes untrusted parts, as Markdown that does nothing; see [`Untrusted::md`].
///
/// It is not cut: its parts were.
pub fn sentence_md(text: &str) -> String {
    let visible: String =
        text.chars().map(|c| if breaks_line(c) { ' ' } else { c }).filter(|c| !is_hidden(*c)).collect();
    words_as_shown(&visible)
}

fn words_as_shown(line: &str) -> String {
    if line.trim().is_empty() {
        return code_span("");
    }
    let (mut words, mut rest) = (Vec::new(), line.trim());
    while !rest.is_empty() {
        let (word, after) = rest.split_at(end_of_word(rest));
        rest = after.trim_start();
        let (before, shown, behind) = clause(word);
        words.push(match shown {
            _ if is_prose(word) && (!words.is_empty() || !starts_like_ordered_item(word)) => word.to_owned(),
            "" => code_span(word),
            _ => format!("{before}{}{behind}", code_span(shown)),
        });
    }
    words.join(" ")
}

/// A word without what belongs to our own clause: brackets around it, and what ends the clause.
fn clause(word: &str) -> (&str, &str, &str) {
    let open = word.trim_start_matches('(');
    let mut shown = open;
    while let Some(last) = shown.chars().next_back() {
        // One that closes a bracket of the word itself is its own: `page_(draft)`.
        let own = shown.matches('(').count() >= shown.matches(')').count();
        if !(matches!(last, ':' | ',' | ';' | '.') || (last == ')' && !own)) {
            break;
        }
        shown = &shown[..shown.len() - last.len_utf8()];
    }
    (&word[..word.len() - open.len()], shown, &open[shown.len()..])
}

/// Where the first word ends; the name of a label, `~"…"`, may have blanks in it.
fn end_of_word(line: &str) -> usize {
    let closing = line.strip_prefix("~\"").and_then(|name| name.find('"')).map_or(0, |name| "~\"".len() + name);
    line[closing..].find(char::is_whitespace).map_or(line.len(), |blank| closing + blank)
}

/// A code span whose fence is longer than any run of backticks inside it (`CommonMark` 6.1).
fn code_span(line: &str) -> String {
    // A marker of ours is an HTML comment; nothing quoted may look like its beginning.
    let line = line.replace("<!--", "<! --");
    if line.is_empty() {
        return "` `".to_owned();
    }
    let longest = line.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if line.starts_with('`') || line.ends_with('`') {
        format!("{fence} {line} {fence}")
    } else {
        format!("{fence}{line}{fence}")
    }
}

/// Whether a word is letters, digits and quiet punctuation only, and means nothing more where it stands.
fn is_prose(line: &str) -> bool {
    let quiet =
        |c: char| c.is_alphanumeric() || matches!(c, ',' | '.' | ':' | ';' | '(' | ')' | '?' | '-' | '\'' | '"' | '/');
    !line.is_empty()
        && line.chars().all(quiet)
        && !line.contains("://")
        && !line.to_ascii_lowercase().contains("www.")
        && !line.to_ascii_lowercase().contains("mailto:")
        && !line.split(|c: char| !c.is_alphanumeric()).any(is_commit_like)
        // A list or heading inside our own list item would change the structure.
        && !line.starts_with(['-', '/', '.', ':'])
}

fn starts_like_ordered_item(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < line.len() && rest.starts_with(['.', ')'])
}

/// GitLab links 7 to 64 hex digits as a commit.
fn is_commit_like(word: &str) -> bool {
    (7..=64).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_hexdigit())
}

fn breaks_line(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_odd_space(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// Characters that are not seen: controls, zero widths, direction marks and overrides, tags.
pub(super) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A line of a whole text that is shown as it is, without what would move a terminal's cursor or hide.
pub fn printable(line: &str) -> String {
    line.chars().filter(|c| !is_hidden(*c)).collect()
}

/// An `http` or `https` address as the only link that may stand in a body, re-serialised by the URL
/// parser, with everything that could end a Markdown link target percent-encoded. `None` for others.
pub fn safe_url(text: &str) -> Option<String> {
    let url = url::Url::parse(text.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let mut out = String::new();
    for c in url.as_str().chars() {
        match c {
            '(' => out.push_str("%28"),
            ')' => out.push_str("%29"),
            '<' => out.push_str("%3C"),
            '>' => out.push_str("%3E"),
            '"' => out.push_str("%22"),
            '`' => out.push_str("%60"),
            ' ' => out.push_str("%20"),
            c => out.push(c),
        }
    }
    Some(out)
}

/// The last gate for a whole body: no line starts with `/`, so none is a quick action.
///
/// Not even in fenced code: what is a fence differs between GitLab's versions, and a line that is taken for
/// text by one of them is run.
pub fn without_quick_actions(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    for line in body.split_inclusive('\n') {
        match line.trim_start().strip_prefix('/') {
            Some(rest) => {
                out.push_str(&line[..line.len() - rest.len() - 1]);
                out.push_str("&#47;");
                out.push_str(rest);
            }
            None => out.push_str(line),
        }
    }
    out
}

/// The text as GitLab stores it: no carriage returns, no blanks at the ends of lines or at the end.
///
/// Two bodies are compared in this form, because what GitLab stores is not what it was sent
/// (`app/services/issuable_base_service.rb`).
pub fn normalised(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn md(text: &str) -> String {
        Untrusted::new(text).md()
    }

    #[test]
    fn harmless_words_stand_as_they_are() {
        for text in ["Weekly session: Thursdays at 3:00 PM UTC.", "Ada Quill", "Łucja Wiśnik-Obi (Łu)"] {
            assert_eq!(md(text), text);
        }
    }

    #[test]
    fn everything_else_becomes_code() {
        assert_eq!(md("@all"), "`@all`");
        assert_eq!(md("see #12"), "see `#12`");
        assert_eq!(md("a ` b"), "a `` ` `` b");
        assert_eq!(md("`x`"), "`` `x` ``");
        assert_eq!(md("https://a.example/x"), "`https://a.example/x`");
        assert_eq!(md("/close"), "`/close`");
        assert_eq!(md("deadbeef1"), "`deadbeef1`");
        assert_eq!(md("- x"), "`-` x");
        assert_eq!(md("1. x"), "`1`. x");
        assert_eq!(md("a - b"), "a `-` b");
        assert_eq!(md(""), "` `");
        assert_eq!(md("--> <!-- podkeeper:v1 end -->"), "`-->` `<! --` podkeeper:v1 end `-->`");
    }

    #[test]
    fn a_sentence_reads_as_one() {
        assert_eq!(sentence_md("https://a.example/x: it is gone (404)"), "`https://a.example/x`: it is gone (404)");
        assert_eq!(sentence_md("no ~\"group::a b\", none"), "no `~\"group::a b\"`, none");
        assert_eq!(sentence_md("~\"a ` b\" and ~\"c"), "``~\"a ` b\"`` and `~\"c`");
        // Brackets and commas of our own clause stay outside, those of what is quoted inside.
        assert_eq!(
            sentence_md("Ada (`x`, line 31); (@ada) and page_(draft)."),
            "Ada (`` `x` ``, line 31); (`@ada`) and `page_(draft)`."
        );
        assert_eq!(sentence_md("31) is (\"data/ada.yml\")"), "`31`) is (\"data/ada.yml\")");
        assert_eq!(sentence_md("... ~\"\" ~\"d e"), "`...` `~\"\"` `~\"d` e");
    }

    #[test]
    fn a_line_is_one_line_of_visible_characters() {
        let text = "a\n/close\r\n\u{2028}b\u{202e}c\u{200b}d\u{0}e\u{e0041}f\u{a0}g";
        assert_eq!(Untrusted::new(text).line(), "a /close bcdef g");
        assert_eq!(Untrusted::new("x".repeat(1000)).line().chars().count(), 201);
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert_eq!(safe_url("https://a.example/x(y) z").as_deref(), Some("https://a.example/x%28y%29%20z"));
        for bad in ["javascript:alert(1)", "data:text/html,x", "https://user:pw@a.example/", "//a.example", "x"] {
            assert_eq!(safe_url(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_gate_takes_the_action_out_of_a_slash() {
        assert_eq!(without_quick_actions("a\n  /close\n"), "a\n  &#47;close\n");
        let fenced = "```inline```\n/close\n```\n/label ~x";
        assert_eq!(without_quick_actions(fenced), "```inline```\n&#47;close\n```\n&#47;label ~x");
    }
}
