//! Anchors in GitLab Markdown: the ids that headings get, and lines of files.
//!
//! One list of ids serves GitLab of every version and sites that Hugo builds: an anchor that one of them makes counts,
//! so that a living one is never called dead.

pub(crate) mod hugo_ids;
mod ids;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use comrak::nodes::{Node, NodeValue};
use comrak::{Arena, parse_document};

use super::Dialect;
use super::options::options;
use super::source::Source;
use hugo_ids::HugoIdForm;

/// The headings of a Markdown text with the `id` and `name` of its raw HTML: the anchors that links can lead to.
///
/// Many documents are read and few are asked for an anchor, so ids are made when the first is asked for.
#[derive(Debug, Clone, Default)]
pub struct MarkdownAnchors {
    /// Each, in order.
    all: Vec<HeadingText>,
    /// Each `id` and `name` of the raw HTML.
    named: Vec<String>,
    /// Each of a page that is all HTML.
    of_page: Vec<String>,
    /// Each reference to a footnote.
    footnotes: Vec<FootnoteMark>,
    /// The ids of GitLab today, which most links mean, and those of the HTML.
    likely: OnceLock<BTreeSet<String>>,
    /// Those of other renderers.
    others: OnceLock<BTreeSet<String>>,
    /// Those of the site that Hugo builds of it.
    hugo: OnceLock<BTreeSet<String>>,
}

/// What ids are made from.
#[derive(Debug, Clone)]
struct HeadingText {
    /// Its text without Markdown's marks.
    words: Box<str>,
    /// Its source, where that is another text.
    source: Option<Box<str>>,
    /// Where the last line of the words begins.
    last_line: usize,
}

/// A reference to a footnote.
#[derive(Debug, Clone)]
struct FootnoteMark {
    name: String,
    /// The number of the footnote, from 1.
    number: u32,
    /// The number of the reference among those to this footnote, from 1.
    reference: u32,
}

impl FootnoteMark {
    /// The ids of the footnote and of the reference: those of GitLab's parser and of GitHub (`fn-name`, `fnref-name`),
    /// and those of Hugo's, which numbers them (`fn:1`, `fnref:1`, `fnref1:1`; `extension/footnote.go` of Goldmark).
    fn ids(&self) -> [String; 4] {
        let Self { name, reference, .. } = self;
        let again = if *reference > 1 { format!("-{reference}") } else { String::new() };
        let [note, mark] = self.hugo_ids();
        [format!("fn-{name}"), format!("fnref-{name}{again}"), note, mark]
    }

    /// Those of Hugo's parser alone.
    fn hugo_ids(&self) -> [String; 2] {
        let Self { number, reference, .. } = self;
        let before = if *reference > 1 { (reference - 1).to_string() } else { String::new() };
        [format!("fn:{number}"), format!("fnref{before}:{number}")]
    }
}

impl HeadingText {
    fn source(&self) -> &str {
        self.source.as_deref().unwrap_or(&self.words)
    }

    /// The last line of its words, of which alone Hugo makes the id.
    fn last_line(&self) -> &str {
        self.words.get(self.last_line..).unwrap_or(&self.words)
    }
}

impl MarkdownAnchors {
    /// Parses a text of GitLab for its anchors alone.
    pub(crate) fn parse(text: &str) -> Self {
        Self::parse_as(text, Dialect::Gitlab)
    }

    /// The same of a text of either kind.
    pub(crate) fn parse_as(text: &str, dialect: Dialect) -> Self {
        let arena = Arena::new();
        let source = Source::new(text, dialect);
        let text = source.text;
        let parsed = source.text_to_parse();
        let mut found = Self::default();
        for node in parse_document(&arena, parsed, &options(parsed, dialect)).descendants() {
            found.note(node, |number| &text[source.line_range(source.original_line(number))]);
        }
        found
    }

    /// The `id` and `name` of an HTML page.
    pub(crate) fn of_html(text: &str) -> Self {
        Self { of_page: html_anchors(text).into_iter().collect(), ..Self::default() }
    }

    /// Takes up the next node of a text that is parsed already; `line` gives its lines, counted from 0.
    pub(crate) fn note<'t>(&mut self, node: Node<'_>, line: impl Fn(usize) -> &'t str) {
        match &node.data().value {
            NodeValue::Heading(_) => self.all.push(read_heading(node, line)),
            NodeValue::HtmlBlock(html) => self.named.extend(html_anchors(&html.literal)),
            NodeValue::HtmlInline(html) => self.named.extend(html_anchors(html)),
            NodeValue::FootnoteReference(mark) => {
                self.footnotes.push(FootnoteMark { name: mark.name.clone(), number: mark.ix, reference: mark.ref_num });
            }
            _ => {}
        }
    }

    /// The anchors that GitLab gives a text today, which are those to be proposed.
    pub(crate) fn gitlab_ids(&self) -> impl Iterator<Item = &str> {
        self.likely_ids().iter().map(String::as_str)
    }

    fn likely_ids(&self) -> &BTreeSet<String> {
        self.likely.get_or_init(|| {
            let named = self.named.iter().chain(&self.of_page).cloned();
            ids::gitlab_ids(&self.all).into_iter().chain(named).collect()
        })
    }

    /// Whether an anchor is there. GitLab prefixes ids of user content and finds them without the prefix, too.
    pub(crate) fn has(&self, place: &str) -> bool {
        let bare = place.strip_prefix("user-content-");
        let among = |ids: &BTreeSet<String>| ids.contains(place) || bare.is_some_and(|bare| ids.contains(bare));
        among(self.likely_ids())
            || among(self.others.get_or_init(|| {
                let mut ids = ids::other_renderer_ids(&self.all);
                ids.extend(self.footnotes.iter().flat_map(FootnoteMark::ids));
                ids
            }))
    }

    /// Whether an anchor is on the page that Hugo makes of the text; a site makes its ids in one form.
    pub(crate) fn has_on_hugo(&self, place: &str, form: HugoIdForm) -> bool {
        self.hugo_ids_set(form).contains(place)
    }

    /// Whether an anchor that is no heading's is on that page.
    pub(crate) fn has_beside_headings(&self, place: &str, form: HugoIdForm) -> bool {
        self.html_ids(form).any(|name| name == place)
            || self.footnotes.iter().any(|mark| mark.hugo_ids().iter().any(|id| id == place))
    }

    /// The anchors that Hugo gives a text, which are those to be proposed on a site.
    pub(crate) fn hugo_ids(&self, form: HugoIdForm) -> impl Iterator<Item = &str> {
        self.hugo_ids_set(form).iter().map(String::as_str)
    }

    fn hugo_ids_set(&self, form: HugoIdForm) -> &BTreeSet<String> {
        self.hugo.get_or_init(|| {
            let mut ids = hugo_ids::hugo_ids(&self.all, form);
            ids.extend(self.html_ids(form).cloned());
            ids.extend(self.footnotes.iter().flat_map(FootnoteMark::hugo_ids));
            ids
        })
    }

    /// The anchors of the HTML that stands on the page.
    fn html_ids(&self, form: HugoIdForm) -> impl Iterator<Item = &String> {
        let of_markdown = if form.omits_html { &[][..] } else { &self.named[..] };
        of_markdown.iter().chain(&self.of_page)
    }

    /// Whether the raw HTML of the text names an anchor, left out or not.
    pub(crate) fn has_in_html(&self, place: &str) -> bool {
        self.named.iter().any(|name| name == place)
    }
}

fn html_anchors(html: &str) -> BTreeSet<String> {
    if html.contains('=') { crate::fragment::find_anchors(html.as_bytes()) } else { BTreeSet::new() }
}

fn read_heading<'t>(node: Node<'_>, line: impl Fn(usize) -> &'t str) -> HeadingText {
    let words = node.collect_text();
    let data = node.data();
    let source = match &data.value {
        // The last line of its text, above the one that underlines it.
        NodeValue::Heading(heading) if heading.setext => {
            line(data.sourcepos.end.line.saturating_sub(2)).trim_start_matches(['>', ' ', '\t']).trim_end()
        }
        _ => {
            let at = data.sourcepos.start;
            let own = line(at.line.saturating_sub(1)).get(at.column.saturating_sub(1)..).unwrap_or_default();
            atx_heading_text(own)
        }
    };
    let source = (!source.is_empty() && source != words).then(|| source.into());
    let is_setext = matches!(&data.value, NodeValue::Heading(heading) if heading.setext);
    let last_line = if is_setext { words.len().saturating_sub(last_line_len(node)) } else { 0 };
    HeadingText { words: words.into(), source, last_line }
}

/// How long the text behind the last break of lines is.
fn last_line_len(heading: Node<'_>) -> usize {
    heading.descendants().skip(1).fold(0, |len, node| match &node.data().value {
        NodeValue::SoftBreak | NodeValue::LineBreak => 0,
        NodeValue::Text(text) => len + text.len(),
        NodeValue::Code(code) => len + code.literal.len(),
        NodeValue::Math(math) => len + math.literal.len(),
        _ => len,
    })
}

/// The text of a heading that begins with `#`, without the marks around it.
fn atx_heading_text(line: &str) -> &str {
    let text = line.trim_start().trim_start_matches('#').trim();
    let open = text.trim_end_matches('#');
    if open.is_empty() || open.ends_with([' ', '\t']) { open.trim_end() } else { text }
}

/// The last line that a fragment of GitLab's file view names: `L10`, `L10-20`, `L10-L20`.
pub(crate) fn last_gitlab_line(fragment: &str) -> Option<usize> {
    let (first, last) = match fragment.strip_prefix('L')?.split_once('-') {
        Some((first, last)) => (first, last.strip_prefix('L').unwrap_or(last)),
        None => (&fragment[1..], &fragment[1..]),
    };
    first.parse::<usize>().ok()?;
    last.parse().ok()
}

/// The endings of Markdown files (`MARKDOWN_EXTENSIONS` in `lib/gitlab/markup_helper.rb`).
pub const MARKDOWN_ENDINGS: [&str; 5] = ["md", "markdown", "mdown", "mkd", "mkdn"];

/// Whether a file is a Markdown document by its name.
pub fn is_markdown_document(path: &str) -> bool {
    has_ending(path, &MARKDOWN_ENDINGS)
}

/// Whether GitLab renders a file as Markdown: R Markdown, too, of which programs make documents first.
pub(crate) fn is_markdown_path(path: &str) -> bool {
    is_markdown_document(path) || has_ending(path, &["rmd"])
}

fn has_ending(path: &str, endings: &[&str]) -> bool {
    path.rsplit_once('.').is_some_and(|(_, own)| endings.iter().any(|ending| own.eq_ignore_ascii_case(ending)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_headings_are_numbered_and_html_counts() {
        let found = MarkdownAnchors::parse(
            "---\ntitle: x\n---\n# One\n\n## One\n\n```\n# Two\n```\n\n<a name=\"three\"></a>\n\n# *Fo*u`r`\n",
        );
        for there in ["one", "one-1", "three", "four", "user-content-one"] {
            assert!(found.has(there), "{there}");
        }
        assert!(!found.has("two") && !found.has("one-2"));
    }

    #[test]
    fn numbers_count_both_forms_of_a_slug() {
        let found = MarkdownAnchors::parse("# A - b\n\n# A b\n\n# A - b\n");
        for there in ["a---b", "a---b-1", "a-b", "a-b-1", "a-b-2"] {
            assert!(found.has(there), "{there}");
        }
        assert!(!found.has("a-b-3") && !found.has("a---b-2"));
    }

    /// A text, what is there, and what is not.
    type Story = (&'static str, &'static [&'static str], &'static [&'static str]);

    #[track_caller]
    fn check(stories: &[Story]) {
        for (text, there, gone) in stories {
            let found = MarkdownAnchors::parse(text);
            for place in *there {
                assert!(found.has(place), "{place} is in {text:?}: {found:?}");
            }
            for place in *gone {
                assert!(!found.has(place), "{place} is not in {text:?}: {found:?}");
            }
        }
    }

    #[test]
    fn ids_of_gitlab_today_count_beside_those_of_older_ones() {
        check(&[
            ("## Setup (Beta)\n", &["setup-beta", "setup"], &["setup-"]),
            ("## 1.2.3\n", &["123", "anchor-123"], &["1-2-3"]),
            ("## \u{2699}\u{fe0f} Setup\n", &["\u{fe0f}-setup", "-setup"], &[]),
            ("## 1\u{fe0f}\u{20e3} First\n", &["1\u{fe0f}\u{20e3}-first"], &[]),
            ("## <a name=\"x\"></a> Install\n", &["x", "-install", "install"], &[]),
            ("# One\n\n# One 1\n\n# One\n", &["one", "one-1", "one-2"], &["one-3"]),
            ("# Notes[^1]\n\n# Notes\n\n[^1]: Here.\n", &["notes", "notes-1", "notes1"], &["notes-2"]),
        ]);
    }

    #[test]
    fn ids_of_sites_that_hugo_builds_count_too() {
        check(&[
            ("## The _new_ way\n", &["the-_new_-way", "the-new-way"], &[]),
            ("## [Foo](https://x.y)\n", &["foohttpsxy", "foo"], &[]),
            ("> ## [Foo](/a) ##\n", &["fooa", "foo"], &["fooa-"]),
            ("The `new`\n*way* _on_\n===\n", &["way-_on_", "the-new-way-on"], &[]),
            ("## \u{1f3ab}\n\n## \u{1f3ab}\n", &["heading", "heading-1"], &["heading-2"]),
            ("## T {#id .cls}\n\n## U {.cls #other}\n", &["id", "other"], &["id-cls", "t"]),
            ("## A *b* {.cls}\n\n## Over {#a-b}\n", &["a-b"], &["a-b-1"]),
        ]);
    }

    #[test]
    fn lines_are_read_in_every_form() {
        for (fragment, line) in
            [("L7", Some(7)), ("L7-9", Some(9)), ("L7-L9", Some(9)), ("L", None), ("Lab", None), ("x", None)]
        {
            assert_eq!(last_gitlab_line(fragment), line, "{fragment}");
        }
    }
}
