//! Text from outside: it may be shown, it may never act.
//!
//! GitLab runs a line that starts with `/` as a quick action, notifies whoever stands behind an `@`, leaves
//! "mentioned in" notes at `#1`, `!1`, `&1` or a bare URL, and renders HTML. So text of pages, titles and
//! error bodies is [`Untrusted`]: it has no way into a body but through the methods here.

mod invisible;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::secrets;
use invisible::{Context, Shown, shown};
pub use invisible::{is_invisible, show_invisible, show_invisible_in_lines};

/// The most characters of an untrusted text that are shown.
const MAX_SHOWN_CHARS: usize = 200;

/// A text that somebody else wrote.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Untrusted(String);

impl Untrusted {
    /// Takes any text, as it came from outside.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it was read, for comparing only.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// One line of visible characters, at most 200, without anybody's secret: for terminals, logs and JSON.
    ///
    /// Everything that breaks a line becomes a blank; control characters are left out, and so are the invisible
    /// characters with which people write; others, such as direction overrides, are shown by their number.
    pub fn one_line(&self) -> String {
        one_line(&self.0)
    }

    /// Markdown that shows the text and does nothing else; never at the start of a line.
    ///
    /// Harmless words stand as they are. A word that Markdown or GitLab could read as more than a word becomes
    /// a code span, where GitLab neither mentions, links nor runs anything.
    pub fn to_markdown(&self) -> String {
        escape_words(&self.one_line())
    }

    /// The text as a Markdown code span.
    pub fn to_code_span(&self) -> String {
        code_span(&self.one_line())
    }
}

impl fmt::Display for Untrusted {
    /// As [`Untrusted::one_line`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.one_line())
    }
}

impl fmt::Debug for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Untrusted({:?})", self.one_line())
    }
}

/// An address as somebody wrote or sent it: of a document, a redirect, a suggestion. `Display` is safe to print, as
/// [`Untrusted::one_line`], and shows every invisible character by its number; JSON has all of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(Box<str>);

/// Why a verdict is as it is, in a few words that may quote what a server sent. `Display` is safe to print, as
/// [`Untrusted::one_line`]; JSON has all of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reason(Cow<'static, str>);

impl Address {
    /// All of it, for comparing and for asking; never to be printed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Reason {
    /// All of it, for comparing; never to be printed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Address {
    fn from(address: T) -> Self {
        Self(address.into().into_boxed_str())
    }
}

impl<T: Into<Cow<'static, str>>> From<T> for Reason {
    fn from(reason: T) -> Self {
        Self(reason.into())
    }
}

impl PartialEq<&str> for Address {
    fn eq(&self, other: &&str) -> bool {
        *self.0 == **other
    }
}

impl PartialEq<&str> for Reason {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&visible_line(&self.0, Context::Address))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&one_line(&self.0))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", one_line(&self.0))
    }
}

/// One line of visible characters of a text from outside; see [`Untrusted::one_line`].
pub fn one_line(text: &str) -> String {
    visible_line(text, Context::Words)
}

fn visible_line(text: &str, context: Context) -> String {
    // Before it is cut, so that no half of a secret is left that nobody would recognise.
    let text = secrets::redact(text);
    let mut out = String::new();
    let mut length = 0;
    for c in text.chars() {
        let c = if breaks_line(c) || c == '\t' || is_odd_space(c) { ' ' } else { c };
        let shown = shown(c, context);
        if shown == Shown::Nothing || (c == ' ' && (out.is_empty() || out.ends_with(' '))) {
            continue;
        }
        length += shown.len();
        if length > MAX_SHOWN_CHARS {
            out.push('…');
            break;
        }
        shown.push_to(&mut out);
    }
    out.trim_end().to_owned()
}

/// A sentence of ours that quotes untrusted parts, as Markdown that does nothing; see [`Untrusted::to_markdown`].
///
/// It is not cut: its parts were.
pub fn sentence_to_markdown(text: &str) -> String {
    let line: String = text.chars().map(|c| if breaks_line(c) { ' ' } else { c }).collect();
    escape_words(&show_invisible(&secrets::redact(&line)))
}

fn escape_words(line: &str) -> String {
    if line.trim().is_empty() {
        return code_span("");
    }
    let (mut words, mut rest) = (Vec::new(), line.trim());
    while !rest.is_empty() {
        let (word, after) = rest.split_at(find_word_end(rest));
        rest = after.trim_start();
        let (before, shown, behind) = split_punctuation(word);
        words.push(match shown {
            _ if is_harmless_word(word) && (!words.is_empty() || !starts_like_ordered_item(word)) => word.to_owned(),
            "" => code_span(word),
            _ => format!("{before}{}{behind}", code_span(shown)),
        });
    }
    words.join(" ")
}

/// A word without what belongs to our own clause: brackets around it, and what ends the clause.
fn split_punctuation(word: &str) -> (&str, &str, &str) {
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
fn find_word_end(line: &str) -> usize {
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
fn is_harmless_word(line: &str) -> bool {
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

/// An `http` or `https` address as the only link that may stand in a body, re-serialised by the URL
/// parser, with everything that could end a Markdown link target percent-encoded. `None` for others, and for one that
/// holds a secret.
pub fn markdown_link_target(text: &str) -> Option<String> {
    let url = url::Url::parse(text.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    if secrets::contains_secret(url.as_str()) {
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

/// A text with its percent-encoded bytes decoded (RFC 3986, section 2.1); what is no UTF-8 then becomes U+FFFD.
pub fn percent_decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The last gate for a whole body: no line starts with `/`, so none is a quick action.
///
/// Not even in fenced code: what is a fence differs between GitLab's versions, and a line that is taken for
/// text by one of them is run.
pub fn escape_quick_actions(body: &str) -> String {
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
pub fn normalize_like_gitlab(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn md(text: &str) -> String {
        Untrusted::new(text).to_markdown()
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
        assert_eq!(
            sentence_to_markdown("https://a.example/x: it is gone (404)"),
            "`https://a.example/x`: it is gone (404)"
        );
        assert_eq!(sentence_to_markdown("no ~\"group::a b\", none"), "no `~\"group::a b\"`, none");
        assert_eq!(sentence_to_markdown("~\"a ` b\" and ~\"c"), "``~\"a ` b\"`` and `~\"c`");
        // Brackets and commas of our own clause stay outside, those of what is quoted inside.
        assert_eq!(
            sentence_to_markdown("Ada (`x`, line 31); (@ada) and page_(draft)."),
            "Ada (`` `x` ``, line 31); (`@ada`) and `page_(draft)`."
        );
        assert_eq!(sentence_to_markdown("31) is (\"data/ada.yml\")"), "`31`) is (\"data/ada.yml\")");
        assert_eq!(sentence_to_markdown("... ~\"\" ~\"d e"), "`...` `~\"\"` `~\"d` e");
    }

    #[test]
    fn a_line_is_one_line_of_visible_characters() {
        let text = "a\n/close\r\n\u{2028}b\u{202e}c\u{200b}d\u{0}e\u{e0041}f\u{a0}g";
        assert_eq!(one_line(text), r"a /close b\u{202e}cde\u{e0041}f g");
        assert_eq!(one_line(&"x".repeat(1000)).chars().count(), 201);
    }

    #[test]
    fn what_people_write_with_is_left_out_and_what_deceives_is_shown() {
        // A family of emoji, a heart in colour, Persian with a joiner, a soft hyphen, a byte order mark.
        assert_eq!(one_line("👩\u{200d}👧 ❤\u{fe0f} می\u{200c}خواهم co\u{ad}op \u{feff}x"), "👩👧 ❤ میخواهم coop x");
        for (hidden, shown) in [
            ("\u{2066}a", r"\u{2066}a"),
            ("a\u{3164}b", r"a\u{3164}b"),
            ("a\u{2800}b", r"a\u{2800}b"),
            ("\u{e0069}\u{e0067}", r"\u{e0069}\u{e0067}"),
            ("\u{1d173}", r"\u{1d173}"),
            ("\u{200f}", r"\u{200f}"),
        ] {
            assert_eq!(one_line(hidden), shown);
            assert_eq!(sentence_to_markdown(hidden), format!("`{shown}`"));
            assert_eq!(show_invisible(hidden), shown);
        }
        assert_eq!(Address::from("https://a.example/\u{200b}x\u{1b}").to_string(), r"https://a.example/\u{200b}x");
        assert_eq!(show_invisible_in_lines("a\u{202e}\n\u{1b}[2m\u{200d}b"), "a\\u{202e}\n\u{1b}[2mb");
        // A number is shown whole or not at all.
        assert_eq!(one_line(&format!("{}\u{202e}", "x".repeat(195))), format!("{}…", "x".repeat(195)));
    }

    #[test]
    fn a_line_is_freed_of_secrets_before_it_is_cut() {
        let token = "glpat-abcdefghijklmnopqrst";
        for before in 150..200 {
            let line = one_line(&format!("{} {token} and more", "x".repeat(before)));
            assert!(!line.contains("glpat-a"), "{line}");
        }
        assert_eq!(Address::from("https://a.example/?token=abc").to_string(), "https://a.example/?token=[redacted]");
        assert_eq!(md("https://ada:pw@a.example/"), "`https://[redacted]@a.example/`");
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert_eq!(markdown_link_target("https://a.example/x(y) z").as_deref(), Some("https://a.example/x%28y%29%20z"));
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "https://user:pw@a.example/",
            "//a.example",
            "x",
            "https://a.example/?token=x",
        ] {
            assert_eq!(markdown_link_target(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_gate_takes_the_action_out_of_a_slash() {
        assert_eq!(escape_quick_actions("a\n  /close\n"), "a\n  &#47;close\n");
        let fenced = "```inline```\n/close\n```\n/label ~x";
        assert_eq!(escape_quick_actions(fenced), "```inline```\n&#47;close\n```\n&#47;label ~x");
    }
}
