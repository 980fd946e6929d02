//! The ids that renderers give to headings.

use std::collections::{BTreeMap, BTreeSet};

use comrak::Anchorizer;

use super::HeadingText;

/// The ids that GitLab gives to a document's headings: it makes them as its parser does, so that parser is asked.
pub(super) fn gitlab_ids(headings: &[HeadingText]) -> Vec<String> {
    let mut ids = Anchorizer::new();
    headings.iter().map(|heading| ids.anchorize(&heading.words)).collect()
}

/// All others that they may have.
pub(super) fn other_renderer_ids(headings: &[HeadingText]) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    ids.extend(old_gitlab_ids(headings));
    ids.extend(hugo_ids(headings));
    ids
}

/// Those of GitLab before its parser made them: GitLab docs, "GitLab Flavored Markdown", "Heading IDs and links";
/// `Gitlab::Utils::Markdown` in `lib/gitlab/utils/markdown.rb`. Its rules changed in whether runs of dashes become one,
/// so both forms count.
fn old_gitlab_ids(headings: &[HeadingText]) -> BTreeSet<String> {
    let slugs: Vec<String> = headings.iter().map(|heading| old_gitlab_slug(&heading.words)).collect();
    let mut ids = BTreeSet::new();
    if slugs.iter().any(|slug| slug.contains("--")) {
        ids.extend(number_duplicates(slugs.iter().map(|slug| collapse_dashes(slug))));
    }
    ids.extend(number_duplicates(slugs.into_iter()));
    ids
}

/// Those of Hugo (its docs, `markup.goldmark.parser.autoHeadingIDType`): the one that a heading names itself, or one
/// that is made from its source line with all marks, `heading` where nothing is left of it.
fn hugo_ids(headings: &[HeadingText]) -> Vec<String> {
    let mut taken = Anchorizer::new();
    let id = |heading: &HeadingText| {
        let (text, own) = split_attributes(heading.source());
        if let Some(own) = own {
            taken.anchorize(own);
            return own.to_owned();
        }
        let slug_char = |c: char| match c {
            ' ' | '-' => Some('-'),
            c => (c == '_' || c.is_alphanumeric()).then_some(c),
        };
        let slug: String = text.trim().chars().filter_map(slug_char).collect();
        taken.anchorize(if slug.is_empty() { "heading" } else { &slug })
    };
    headings.iter().map(id).collect()
}

/// A heading's text, and the id among the attributes behind it: `Regular meetings {#meetings .wide}`.
pub(super) fn split_attributes(heading: &str) -> (&str, Option<&str>) {
    let whole = (heading, None);
    let Some((text, inside)) = heading.trim_end().strip_suffix('}').and_then(|rest| rest.rsplit_once('{')) else {
        return whole;
    };
    let mut own = None;
    let mut is_attributes = false;
    let mut rest = inside.trim_start_matches(ATTRIBUTE_BLANKS);
    while !rest.is_empty() {
        let (attribute, behind) = split_attribute(rest);
        if let Some(id) = attribute.strip_prefix('#') {
            own = own.or(Some(id));
        } else if let Some((name, value)) = attribute.split_once('=') {
            // Other quotes are none.
            if value.starts_with('\'') {
                return whole;
            }
            own = own.or((name == "id").then(|| value.trim_matches('"')));
        } else if !attribute.starts_with('.') {
            rest = behind;
            continue;
        }
        is_attributes = true;
        rest = behind;
    }
    if is_attributes { (text, own) } else { whole }
}

/// What stands between attributes.
const ATTRIBUTE_BLANKS: [char; 3] = [' ', '\t', ','];

/// The first attribute of some, and those behind it; a value between double quotes may have blanks.
fn split_attribute(text: &str) -> (&str, &str) {
    let quoted = text.find("=\"").filter(|at| !text[..*at].contains(ATTRIBUTE_BLANKS)).map(|at| at + 2);
    let closed = quoted.and_then(|open| Some(open + text[open..].find('"')? + 1));
    let end = closed.or_else(|| text.find(ATTRIBUTE_BLANKS)).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start_matches(ATTRIBUTE_BLANKS))
}

/// Slugs as ids: one that was there before gets a number.
fn number_duplicates(slugs: impl Iterator<Item = String>) -> Vec<String> {
    let mut used: BTreeMap<String, usize> = BTreeMap::new();
    let number = |slug: String| {
        if let Some(times) = used.get_mut(&slug) {
            *times += 1;
            return format!("{slug}-{times}");
        }
        used.insert(slug.clone(), 0);
        slug
    };
    slugs.map(number).collect()
}

/// The id of a heading: lower case, without punctuation, blanks as dashes; a number alone is told apart from an
/// issue's.
fn old_gitlab_slug(heading: &str) -> String {
    let lower = heading.trim().to_lowercase();
    let mut id = String::with_capacity(lower.len());
    for c in without_tier_badge(&lower).chars() {
        match c {
            ' ' | '-' => id.push('-'),
            '_' => id.push(c),
            // Ruby's \p{Word}: letters, marks, decimal digits, connectors.
            c if c.is_alphanumeric() || is_combining_mark(c) => id.push(c),
            _ => {}
        }
    }
    if !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) { format!("anchor-{id}") } else { id }
}

/// A slug with runs of dashes as one.
fn collapse_dashes(slug: &str) -> String {
    let mut out = String::with_capacity(slug.len());
    for c in slug.chars() {
        if c != '-' || !out.ends_with('-') {
            out.push(c);
        }
    }
    out
}

/// GitLab drops a heading's tier badge: `**(premium self)**`.
fn without_tier_badge(text: &str) -> &str {
    let Some(at) = text.rfind('(') else { return text };
    let words = text[at..].trim_end_matches('*').trim_start_matches('(').trim_end_matches(')');
    let tier = words.split(' ').next().unwrap_or_default();
    let badge = text.trim_end_matches('*').ends_with(')')
        && matches!(tier, "premium" | "ultimate" | "free" | "beta" | "experiment")
        && words.split(' ').skip(1).all(|word| matches!(word, "only" | "self" | "saas" | "all"));
    if badge { text[..at].trim_end_matches('*').trim_end() } else { text }
}

/// Combining marks of the scripts that headings are written in; emoji's joiners are none.
fn is_combining_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{487}' | '\u{591}'..='\u{5bd}' | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20dc}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_made_as_gitlab_makes_them() {
        // The examples of GitLab docs, "Heading IDs and links", and edges around them.
        for (heading, squeezed, plain) in [
            ("This heading has spaces in it", "this-heading-has-spaces-in-it", "this-heading-has-spaces-in-it"),
            (
                "This header has 3.5 in it (and parentheses)",
                "this-header-has-35-in-it-and-parentheses",
                "this-header-has-35-in-it-and-parentheses",
            ),
            ("A - b -- c", "a-b-c", "a---b----c"),
            ("DAST **(ULTIMATE)**", "dast", "dast"),
            ("Scan (premium self)", "scan", "scan"),
            ("Free (of charge)", "free-of-charge", "free-of-charge"),
            ("2026", "anchor-2026", "anchor-2026"),
            ("snake_case `code`", "snake_case-code", "snake_case-code"),
            ("Über Köln, 東京!", "über-köln-東京", "über-köln-東京"),
        ] {
            assert_eq!(
                (super::collapse_dashes(&old_gitlab_slug(heading)).as_str(), old_gitlab_slug(heading).as_str()),
                (squeezed, plain),
                "{heading}"
            );
        }
    }
}
