//! The ids that Hugo gives to headings, by its settings (its docs, "Configure markup", `autoHeadingIDType`;
//! `markup/goldmark/autoid.go` and `internal/extensions/attributes/attributes.go`).

use std::collections::BTreeSet;

use comrak::Anchorizer;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::HeadingText;
use super::ids::split_attributes;

/// How a site makes ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct HugoIdForm {
    pub(crate) characters: IdCharacters,
    /// Two and three dashes stay as they are: without the typographer, nothing makes one of them.
    pub(crate) keeps_dashes: bool,
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
    let mut ids: BTreeSet<String> = number_all(headings, form, |heading| heading.words.to_string()).collect();
    if !form.keeps_dashes && headings.iter().any(|heading| heading.words.contains("--")) {
        ids.extend(number_all(headings, form, |heading| drop_typeset_dashes(&heading.words)));
    }
    ids
}

/// One id for each heading: the one that it names itself, or one that is made and free.
fn number_all(
    headings: &[HeadingText],
    form: HugoIdForm,
    text: impl Fn(&HeadingText) -> String,
) -> impl Iterator<Item = String> {
    let mut taken = Anchorizer::new();
    headings.iter().map(move |heading| {
        if let (_, Some(own)) = split_attributes(heading.source()) {
            taken.anchorize(own);
            return own.to_owned();
        }
        let text = text(heading);
        let slug = sanitize(split_attributes(&text).0, form.characters);
        taken.anchorize(if slug.is_empty() { "heading" } else { &slug })
    })
}

/// A heading's text as an id, in its own letter case.
fn sanitize(text: &str, characters: IdCharacters) -> String {
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
            let form = HugoIdForm { characters, keeps_dashes: false };
            assert!(found.has_on_hugo(id, form) && !found.has_on_hugo(other, form), "{heading}: {found:?}");
        }
        let kept = HugoIdForm { keeps_dashes: true, ..HugoIdForm::default() };
        let found = MarkdownAnchors::parse("## a -- b\n");
        assert!(found.has_on_hugo("a----b", kept) && !found.has_on_hugo("a--b", kept));
    }
}
