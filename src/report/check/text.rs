//! What `check` found, for people: page by page, each finding with its place, what is the matter, and beside it the fix.
//!
//! On a terminal sentences are wrapped at its width, below their place. Elsewhere nothing is wrapped, for `grep` and
//! for editors: a finding is two lines, the first with place, rule and fault, the second with the fix. A place is
//! always written `path:line:column`, which terminals and editors open on a click.

use std::collections::BTreeMap;

use super::lines::Lines;
use super::{Looked, counts, unseen};
use crate::pod::finding::{Finding, Place};
use crate::pod::rule::Rule;
use crate::pod::text::printable;
use crate::report::terminal::counted;

/// The most other places of a link that are named unless more is asked for.
const MOST_PLACES: usize = 5;

/// The text for a terminal of so many columns, or for no terminal: what needs a look by page and place, then a line of
/// counts.
pub fn text(looked: &Looked<'_>, width: Option<usize>) -> String {
    let mut out = Lines::new(width);
    let elsewhere = elsewhere(looked);
    for (path, findings) in by_page(looked.findings) {
        page(&mut out, path, &findings, &elsewhere);
    }
    unseen::tell(&mut out, looked);
    if let Some(why) = looked.inconclusive {
        out.paragraph("", &format!("Inconclusive: {why}."));
    }
    let counts: Vec<String> = counts(looked.observations).iter().map(|(verdict, n)| format!("{n} {verdict}")).collect();
    let said = if counts.is_empty() { "none looked at".to_owned() } else { counts.join(", ") };
    out.paragraph("", &format!("{}, {} different: {said}", counted(looked.links, "link"), looked.unique));
    if let Some(hint) = unseen::hint(looked) {
        out.paragraph("", &hint);
    }
    if let Some((index, count)) = looked.shard {
        let own = "these are its own links; labels and the rest of the pages are not its business.";
        out.paragraph("", &format!("Shard {index} of {count}: {own}"));
    }
    out.end()
}

/// The findings of each page in the order of the page; those without a place come first, under no page.
fn by_page(findings: &[Finding]) -> BTreeMap<&str, Vec<&Finding>> {
    let mut pages: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        pages.entry(finding.place.as_ref().map_or("", |place| &place.path)).or_default().push(finding);
    }
    for findings in pages.values_mut() {
        findings.sort_by(|a, b| a.place.cmp(&b.place));
    }
    pages
}

/// The other places of links that stand in several, by the first, at which they are told.
type Elsewhere<'a> = BTreeMap<(&'a str, usize, usize), Vec<String>>;

fn elsewhere<'a>(looked: &Looked<'a>) -> Elsewhere<'a> {
    let most = if looked.verbose { usize::MAX } else { MOST_PLACES };
    let named = looked.observations.iter().filter_map(|seen| {
        let (first, others) = seen.places.split_first().filter(|(_, others)| !others.is_empty())?;
        let mut shown: Vec<String> = others.iter().take(most).map(|place| clickable(&Place::from(place))).collect();
        shown.extend((others.len() > most).then(|| format!("{} more, which -v names", others.len() - most)));
        Some(((&*first.path, first.line, first.column), shown))
    });
    named.collect()
}

/// Whether a finding is about a link, wherever it stands.
fn is_of_a_link(finding: &Finding) -> bool {
    let rules = [Rule::LinkDead, Rule::LinkFragmentDead, Rule::LinkMoved, Rule::TemplateDeprecated];
    rules.contains(&finding.rule)
}

fn page(out: &mut Lines, path: &str, findings: &[&Finding], elsewhere: &Elsewhere<'_>) {
    if !path.is_empty() {
        out.line(&format!("{} in {}", counted(findings.len(), "finding"), printable(path)));
    }
    for found in findings {
        let place = found.place.as_ref().map(|place| format!("{} ", clickable(place))).unwrap_or_default();
        out.entry(&format!("  ! {place}{}", found.rule.code()), &found.message);
        out.paragraph("      fix: ", &found.advice);
        let at = found.place.as_ref().filter(|_| is_of_a_link(found)).map(|at| (at.path.as_str(), at.line, at.column));
        if let Some(others) = at.and_then(|at| elsewhere.get(&at)) {
            out.paragraph("      also at: ", &others.join(", "));
        }
    }
    out.gap();
}

pub(super) fn clickable(place: &Place) -> String {
    format!("{}:{}:{}", printable(&place.path), place.line, place.column)
}

#[cfg(test)]
mod tests;
