//! The ids that Hugo gives to headings, by its settings (its docs, "Configure markup", `autoIDType` and
//! `autoHeadingID`; `markup/goldmark/autoid.go` and `internal/extensions/attributes/attributes.go`).

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::HeadingText;
use super::ids::split_attributes;

/// How a site makes ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting that is on or off")]
pub(crate) struct HugoIdForm {
    pub(crate) characters: IdCharacters,
    /// Two and three dashes stay as they are: without the typographer, nothing makes one of them.
    pub(crate) keeps_dashes: bool,
    /// Only headings that name their ids themselves have some.
    pub(crate) makes_none: bool,
    /// Raw HTML is left out, with its ids (Hugo docs, "Configure markup", `renderer.unsafe`).
    pub(crate) omits_html: bool,
    /// A line in braces behind a block gives that its id (`parser.attribute.block`).
    pub(crate) reads_block_attributes: bool,
    /// Terms that are described have ids, too (`parser.autoDefinitionTermID`).
    pub(crate) names_terms: bool,
}

/// Which characters an id has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum IdCharacters {
    #[default]
    Github,
    GithubAscii,
    Blackfriday,
}

/// All ids that the headings of a page may have: Hugo makes them from the text that is shown (since 0.144; its change
/// 13405).
pub(super) fn hugo_ids(headings: &[HeadingText], form: HugoIdForm) -> BTreeSet<String> {
    let mut ids: BTreeSet<String> = number_all(headings, form, |heading| heading.last_line().to_owned()).collect();
    if !form.keeps_dashes && headings.iter().any(|heading| heading.words.contains("--")) {
        ids.extend(number_all(headings, form, |heading| drop_typeset_dashes(heading.last_line())));
    }
    ids
}

/// The id among the attributes that stand at the end of a line.
pub(crate) fn id_of_attributes(line: &str) -> Option<&str> {
    split_attributes(line).1
}

/// One id for each heading: the one that it names itself, even where it is taken, or one that is made and free.
fn number_all(
    headings: &[HeadingText],
    form: HugoIdForm,
    text: impl Fn(&HeadingText) -> String,
) -> impl Iterator<Item = String> {
    let mut taken = Taken::default();
    headings.iter().filter_map(move |heading| {
        if let (_, Some(own)) = split_attributes(heading.source()) {
            taken.0.entry(own.to_owned()).or_default();
            return Some(own.to_owned());
        }
        if form.makes_none {
            return None;
        }
        let text = text(heading);
        let slug = sanitize(split_attributes(&text).0, form.characters);
        Some(taken.make_free(if slug.is_empty() { "heading".to_owned() } else { slug }))
    })
}

/// The ids that are taken, each with the last number that was put behind it.
#[derive(Default)]
struct Taken(BTreeMap<String, usize>);

impl Taken {
    fn make_free(&mut self, slug: String) -> String {
        let Some(mut number) = self.0.get(&slug).copied() else {
            self.0.insert(slug.clone(), 0);
            return slug;
        };
        // The numbers that were tried before are taken for good.
        let free = loop {
            number += 1;
            let numbered = format!("{slug}-{number}");
            if !self.0.contains_key(&numbered) {
                break numbered;
            }
        };
        self.0.insert(slug, number);
        self.0.insert(free.clone(), 0);
        free
    }
}

/// A heading's text as an id.
fn sanitize(text: &str, characters: IdCharacters) -> String {
    // Letter by letter as Go does, which makes one of each.
    let lower: String = text.chars().filter_map(|c| c.to_lowercase().next()).collect();
    let text = lower.as_str();
    let is_word = |c: char| c == '_' || c.is_ascii_digit() || (c.is_alphabetic() && !c.is_numeric());
    let github = |c: char| match c {
        ' ' | '-' => Some('-'),
        c => is_word(c).then_some(c),
    };
    match characters {
        IdCharacters::Github => text.trim().chars().filter_map(github).collect(),
        IdCharacters::GithubAscii => {
            remove_accents(text).trim().chars().filter(char::is_ascii).filter_map(github).collect()
        }
        IdCharacters::Blackfriday => {
            let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
            words.collect::<Vec<_>>().join("-")
        }
    }
}

/// A text without the dashes that the typographer makes of two and three.
fn drop_typeset_dashes(text: &str) -> String {
    text.replace("---", "").replace("--", "")
}

/// Letters without their accents, as Hugo's `RemoveAccents` has them.
pub(crate) fn remove_accents(text: &str) -> String {
    text.nfd().filter(|c| !is_combining_mark(*c)).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::super::MarkdownAnchors;
    use super::*;

    /// Made by Hugo 0.168 of a page with these headings.
    const GITHUB: [(&str, &str); 20] = [
        ("It's \"quoted\" -- and --- dashed...", "its-quoted--and--dashed"),
        ("It\u{2019}s \u{201c}curly\u{201d} \u{2013} and", "its-curly--and"),
        ("A & B", "a--b"),
        ("C &amp; D", "c--d"),
        ("`code` and *em* _und_ **b**", "code-and-em-und-b"),
        ("[link](https://x.example/y) text", "link-text"),
        ("![img](x.png) text", "img-text"),
        ("With id {#own}", "own"),
        ("With cls {.c}", "with-cls"),
        ("Emoji :smile: x", "emoji-smile-x"),
        ("1. Number", "1-number"),
        ("Über Köln", "über-köln"),
        ("a/b c+d", "ab-cd"),
        ("Two  spaces   in", "two--spaces---in"),
        ("trailing ##", "trailing"),
        ("<a name=\"anc\"></a>HTML", "html"),
        ("\\* escaped \\[x\\]", "-escaped-x"),
        ("東京 ½ ² é ⅷ", "東京---é-"),
        ("\\-\\-\\-", "---"),
        ("Same_as", "same_as"),
    ];

    #[test]
    fn ids_are_those_of_hugo() {
        for (heading, id) in GITHUB {
            let found = MarkdownAnchors::parse(&format!("## {heading}\n"));
            assert!(found.has_on_hugo(id, HugoIdForm::default()), "{heading} is {id}: {found:?}");
        }
        let found = MarkdownAnchors::parse("## Dup\n\n## Dup\n\n## Dup-1\n\n## A & B\n\n## 東\u{300}\n");
        for (id, is_there) in
            [("dup", true), ("dup-1", true), ("dup-1-1", true), ("dup-2", false), ("a-b", false), ("2", false)]
        {
            assert_eq!(found.has_on_hugo(id, HugoIdForm::default()), is_there, "{id}");
        }
    }

    #[test]
    fn each_type_of_id_has_its_characters() {
        for (characters, heading, id, other) in [
            (IdCharacters::GithubAscii, "Über uns 東京!", "uber-uns-", "über-uns-東京"),
            (IdCharacters::Blackfriday, "A & B -- c!", "a-b-c", "a--b----c"),
            (IdCharacters::Github, "A & B -- c!", "a--b--c", "a-b-c"),
        ] {
            let found = MarkdownAnchors::parse(&format!("## {heading}\n"));
            let form = HugoIdForm { characters, ..HugoIdForm::default() };
            assert!(found.has_on_hugo(id, form) && !found.has_on_hugo(other, form), "{heading}: {found:?}");
        }
        let with_dashes = HugoIdForm { keeps_dashes: true, ..HugoIdForm::default() };
        let found = MarkdownAnchors::parse("## a -- b\n");
        assert!(found.has_on_hugo("a----b", with_dashes) && !found.has_on_hugo("a--b", with_dashes));
    }

    /// All made by Hugo 0.168.
    #[test]
    fn own_ids_and_forms_of_headings_are_those_of_hugo() {
        let text = "# x\n\n## a {#x}\n\n## x\n\n## b {id=\"q\"}\n\n## c {id=r}\n\n## d {id='s'}\n\n\
                    First line\nsecond `line`\n===\n\n## \u{130}stanbul\n\n## \u{391}\u{3a3}\n\n## f {.c id=\"two words\"}\n";
        let (found, form) = (MarkdownAnchors::parse(text), HugoIdForm::default());
        let there = ["x", "x-1", "q", "r", "d-ids", "second-line", "istanbul", "\u{3b1}\u{3c3}", "two words"];
        let gone = ["x-2", "b", "c", "s", "first-line", "first-line-second-line", "f"];
        for id in there {
            assert!(found.has_on_hugo(id, form), "{id}: {found:?}");
        }
        for id in gone {
            assert!(!found.has_on_hugo(id, form), "{id}: {found:?}");
        }
        // `autoHeadingID = false`.
        let (found, form) = (MarkdownAnchors::parse(text), HugoIdForm { makes_none: true, ..form });
        assert!(found.has_on_hugo("q", form) && !found.has_on_hugo("second-line", form), "{found:?}");
    }
}
