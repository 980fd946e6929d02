//! What podkeeper understood of a page: `podkeeper page`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use crate::pod::document::{LinkKind, MembersSection, PodPage};
use crate::pod::finding::Finding;
use crate::pod::roster::Role;
use crate::pod::text::Untrusted;

/// The columns of a terminal.
const WIDTH: usize = 80;

/// The widest column of names; longer ones push the rest of their line to the right.
const NAMES: usize = 32;

/// The page for people, without colour. `path` names the page in the first line.
pub fn text(page: &PodPage, path: &str) -> String {
    let mut out = String::new();
    let title = page.title.line();
    line(&mut out, if title.is_empty() { "(a page without a title)" } else { &title });
    line(&mut out, &Untrusted::new(path).line());
    members(&mut out, page);
    sessions(&mut out, page);
    slack(&mut out, page);
    labels(&mut out, page);
    links(&mut out, page);
    findings(&mut out, &page.findings);
    out
}

/// The page for programs: the contract of `podkeeper page --format json`.
pub fn json(page: &PodPage) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        version: u8,
        #[serde(flatten)]
        page: &'a PodPage,
    }
    // Nothing in a page can fail to be written.
    let mut out = serde_json::to_string_pretty(&Document { version: 1, page }).unwrap_or_default();
    out.push('\n');
    out
}

fn members(out: &mut String, page: &PodPage) {
    let leads = page.leads().count();
    match page.members_section {
        MembersSection::Missing => heading(out, "Members", "the page has no members section"),
        _ => heading(out, "Members", &format!("{}, {}", page.members.len(), plural(leads, "lead"))),
    }
    let names: Vec<String> = page.members.iter().map(|member| member.name.line()).collect();
    let handles: Vec<String> = page
        .members
        .iter()
        .map(|member| member.handle.as_ref().map_or_else(|| "(no handle)".to_owned(), ToString::to_string))
        .collect();
    let (name_width, handle_width) = (widest(&names), widest(&handles));
    for ((member, name), handle) in page.members.iter().zip(&names).zip(&handles) {
        let role = match (member.role_text.line(), member.role) {
            (text, Role::Lead) if text.is_empty() => "Lead".to_owned(),
            (text, _) => text,
        };
        let row = format!("  {:>5}  {name:name_width$}  {handle:handle_width$}  {role}", member.line);
        line(out, row.trim_end());
    }
}

fn sessions(out: &mut String, page: &PodPage) {
    heading(out, "Sessions", &count_or_none(page.sessions.len()));
    for session in &page.sessions {
        wrapped(out, &format!("  {:>5}  ", session.line), &session.text.line(), 9);
    }
}

fn slack(out: &mut String, page: &PodPage) {
    let mut channels: BTreeMap<String, (BTreeSet<usize>, Option<String>)> = BTreeMap::new();
    for channel in &page.slack {
        let (lines, url) = channels.entry(channel.channel.line()).or_default();
        lines.insert(channel.line);
        *url = url.take().or_else(|| channel.url.as_ref().map(|url| Untrusted::new(url.as_str()).line()));
    }
    heading(out, "Slack channels", &count_or_none(channels.len()));
    for (channel, (lines, url)) in &channels {
        let lines = numbers(lines);
        let url = url.as_ref().map_or_else(String::new, |url| format!(" {url}"));
        wrapped(out, "  ", &format!("{channel} ({lines}){url}"), 6);
    }
}

fn labels(out: &mut String, page: &PodPage) {
    let mut labels: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for label in &page.labels {
        labels.entry(label.name.line()).or_default().insert(label.line);
    }
    let total = match (labels.len(), page.labels.len()) {
        (distinct, all) if distinct == all => count_or_none(all),
        (distinct, all) => format!("{distinct} in {}", plural(all, "place")),
    };
    heading(out, "Labels", &total);
    for (name, lines) in &labels {
        wrapped(out, "  ", &format!("~\"{name}\" ({})", numbers(lines)), 6);
    }
}

fn links(out: &mut String, page: &PodPage) {
    let unique: BTreeSet<&str> = page.links.iter().map(|link| link.url.as_str()).collect();
    let total = match (unique.len(), page.links.len()) {
        (unique, all) if unique == all => count_or_none(all),
        (unique, all) => format!("{all}, {unique} different"),
    };
    heading(out, "Links", &total);
    let mut kinds: BTreeMap<LinkKind, usize> = BTreeMap::new();
    for kind in page.links.iter().filter_map(|link| link.kind) {
        *kinds.entry(kind).or_default() += 1;
    }
    let mut kinds: Vec<(usize, String)> = kinds.into_iter().map(|(kind, count)| (count, word(kind))).collect();
    // The most frequent first; equal ones by name.
    kinds.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    for (count, kind) in kinds {
        line(out, &format!("  {count:>5}  {kind}"));
    }
}

fn findings(out: &mut String, findings: &[Finding]) {
    heading(out, "Findings", &count_or_none(findings.len()));
    for finding in findings {
        let place = match &finding.place {
            Some(place) => format!("{}:{}:{} ", Untrusted::new(place.path.as_str()).line(), place.line, place.column),
            None => String::new(),
        };
        // What these sentences quote of the page was made harmless when they were written.
        wrapped(out, "", &format!("{place}{} {}", finding.rule.code(), finding.message), 4);
        wrapped(out, "    ", &finding.advice, 4);
    }
}

fn heading(out: &mut String, name: &str, total: &str) {
    line(out, "");
    line(out, &format!("{name}: {total}"));
}

fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    writeln!(out, "{text}").unwrap_or_default();
}

/// A text broken between words, its later lines indented. A word that is wider than the terminal, as
/// addresses are, stays whole so that it can be copied.
fn wrapped(out: &mut String, first: &str, text: &str, indentation: usize) {
    let mut row = first.to_owned();
    let mut empty = true;
    for word in text.split_whitespace() {
        let width = row.chars().count() + usize::from(!empty) + word.chars().count();
        if !empty && width > WIDTH {
            line(out, &row);
            row = " ".repeat(indentation);
            empty = true;
        }
        if !empty {
            row.push(' ');
        }
        row.push_str(word);
        empty = false;
    }
    line(out, row.trim_end());
}

fn widest(texts: &[String]) -> usize {
    texts.iter().map(|text| text.chars().count()).max().unwrap_or_default().min(NAMES)
}

fn numbers(lines: &BTreeSet<usize>) -> String {
    let numbers: Vec<String> = lines.iter().map(ToString::to_string).collect();
    format!("{} {}", if numbers.len() == 1 { "line" } else { "lines" }, numbers.join(", "))
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn count_or_none(count: usize) -> String {
    if count == 0 { "none".to_owned() } else { count.to_string() }
}

/// A kind as the JSON contract spells it.
fn word(kind: LinkKind) -> String {
    serde_json::to_value(kind).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_at_eighty_columns_and_never_broken() {
        let mut out = String::new();
        wrapped(&mut out, "  ", &format!("{} {} {}", "a".repeat(77), "b".repeat(90), "c"), 4);
        assert_eq!(out, format!("  {}\n    {}\n    c\n", "a".repeat(77), "b".repeat(90)));
        out.clear();
        wrapped(&mut out, "  7  ", "", 5);
        assert_eq!(out, "  7\n");
    }

    #[test]
    fn an_empty_page_is_still_a_report() {
        let page = PodPage {
            title: Untrusted::default(),
            members: Vec::new(),
            members_section: MembersSection::Missing,
            sessions: Vec::new(),
            labels: Vec::new(),
            slack: Vec::new(),
            links: Vec::new(),
            findings: Vec::new(),
        };
        let text = text(&page, "pages/x.md");
        assert!(text.starts_with("(a page without a title)\npages/x.md\n\nMembers: the page has no members section\n"));
        assert!(text.ends_with("\nFindings: none\n"));
        assert!(json(&page).starts_with("{\n  \"version\": 1,\n  \"title\": \"\","));
    }
}
