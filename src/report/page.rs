//! What podkeeper understood of a page: `podkeeper page`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::text_wrap::wrap_with_indent;
use super::{Public, VisibleTo};
use crate::pod::finding::Finding;
use crate::pod::json;
use crate::pod::pod_page::{LinkKind, MembersSection, PodPage};
use crate::pod::roster::Role;
use crate::pod::text::one_line;

/// The columns of a terminal.
const WIDTH: usize = 80;

/// The widest column of names; longer ones push the rest of their line to the right.
const MAX_NAME_WIDTH: usize = 32;

/// The page for people, without colour. `path` names the page in the first line.
pub fn render_text(page: VisibleTo<'_, Public, PodPage>, path: &str) -> String {
    let page = page.page();
    let mut out = String::new();
    let title = page.title.one_line();
    write_line(&mut out, if title.is_empty() { "(a page without a title)" } else { &title });
    write_line(&mut out, &one_line(path));
    write_members(&mut out, page);
    write_sessions(&mut out, page);
    write_slack_channels(&mut out, page);
    write_labels(&mut out, page);
    write_links(&mut out, page);
    write_findings(&mut out, &page.findings);
    out
}

/// The page for programs: the contract of `podkeeper page --format json`.
pub fn render_json(page: VisibleTo<'_, Public, PodPage>) -> String {
    #[derive(Serialize)]
    struct PageJson<'a> {
        version: u8,
        #[serde(flatten)]
        page: &'a PodPage,
    }
    json::to_pretty_text(&PageJson { version: 1, page: page.page() }) + "\n"
}

fn write_members(out: &mut String, page: &PodPage) {
    let leads = page.leads().count();
    match page.members_section {
        MembersSection::Missing => write_heading(out, "Members", "the page has no members section"),
        _ => write_heading(out, "Members", &format!("{}, {}", page.members.len(), pluralize(leads, "lead"))),
    }
    let names: Vec<String> = page.members.iter().map(|member| member.name.one_line()).collect();
    let handles: Vec<String> = page
        .members
        .iter()
        .map(|member| member.handle.as_ref().map_or_else(|| "(no handle)".to_owned(), ToString::to_string))
        .collect();
    let (name_width, handle_width) = (column_width(&names), column_width(&handles));
    for ((member, name), handle) in page.members.iter().zip(&names).zip(&handles) {
        let role = match (member.role_text.one_line(), member.role) {
            (text, Role::Lead) if text.is_empty() => "Lead".to_owned(),
            (text, _) => text,
        };
        let row = format!("  {:>5}  {name:name_width$}  {handle:handle_width$}  {role}", member.line);
        write_line(out, row.trim_end());
    }
}

fn write_sessions(out: &mut String, page: &PodPage) {
    write_heading(out, "Sessions", &count_or_none(page.sessions.len()));
    for session in &page.sessions {
        write_wrapped(out, &format!("  {:>5}  ", session.line), &session.text.one_line(), 9);
    }
}

fn write_slack_channels(out: &mut String, page: &PodPage) {
    let mut channels: BTreeMap<String, (BTreeSet<usize>, Option<String>)> = BTreeMap::new();
    for channel in &page.slack {
        let (lines, url) = channels.entry(channel.channel.one_line()).or_default();
        lines.insert(channel.line);
        *url = url.take().or_else(|| channel.url.as_ref().map(|url| one_line(url.as_str())));
    }
    write_heading(out, "Slack channels", &count_or_none(channels.len()));
    for (channel, (lines, url)) in &channels {
        let lines = line_numbers(lines);
        let url = url.as_ref().map_or_else(String::new, |url| format!(" {url}"));
        write_wrapped(out, "  ", &format!("{channel} ({lines}){url}"), 6);
    }
}

fn write_labels(out: &mut String, page: &PodPage) {
    let mut labels: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for label in &page.labels {
        labels.entry(label.name.one_line()).or_default().insert(label.line);
    }
    let total = match (labels.len(), page.labels.len()) {
        (distinct, all) if distinct == all => count_or_none(all),
        (distinct, all) => format!("{distinct} in {}", pluralize(all, "place")),
    };
    write_heading(out, "Labels", &total);
    for (name, lines) in &labels {
        write_wrapped(out, "  ", &format!("~\"{name}\" ({})", line_numbers(lines)), 6);
    }
}

fn write_links(out: &mut String, page: &PodPage) {
    let unique: BTreeSet<&str> = page.links.iter().map(|link| link.url.as_str()).collect();
    let total = match (unique.len(), page.links.len()) {
        (unique, all) if unique == all => count_or_none(all),
        (unique, all) => format!("{all}, {unique} different"),
    };
    write_heading(out, "Links", &total);
    let mut kinds: BTreeMap<LinkKind, usize> = BTreeMap::new();
    for kind in page.links.iter().filter_map(|link| link.kind) {
        *kinds.entry(kind).or_default() += 1;
    }
    let mut kinds: Vec<(usize, String)> =
        kinds.into_iter().map(|(kind, count)| (count, link_kind_name(kind))).collect();
    // The most frequent first; equal ones by name.
    kinds.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    for (count, kind) in kinds {
        write_line(out, &format!("  {count:>5}  {kind}"));
    }
}

fn write_findings(out: &mut String, findings: &[Finding]) {
    write_heading(out, "Findings", &count_or_none(findings.len()));
    for finding in findings {
        let place = match &finding.place {
            Some(place) => {
                format!("{}:{}:{} ", one_line(place.path.as_str()), place.line, place.column)
            }
            None => String::new(),
        };
        // What these sentences quote of the page was made harmless when they were written.
        write_wrapped(out, "", &format!("{place}{} {}", finding.rule.code(), finding.message), 4);
        write_wrapped(out, "    ", &finding.advice, 4);
    }
}

fn write_heading(out: &mut String, name: &str, total: &str) {
    write_line(out, "");
    write_line(out, &format!("{name}: {total}"));
}

fn write_line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    writeln!(out, "{text}").unwrap_or_default();
}

/// A text behind its mark, broken between words at a terminal's width, its later lines indented.
fn write_wrapped(out: &mut String, first: &str, text: &str, indentation: usize) {
    write_line(out, &wrap_with_indent(first, text, indentation, Some(WIDTH)));
}

fn column_width(texts: &[String]) -> usize {
    texts.iter().map(|text| text.chars().count()).max().unwrap_or_default().min(MAX_NAME_WIDTH)
}

fn line_numbers(lines: &BTreeSet<usize>) -> String {
    let numbers: Vec<String> = lines.iter().map(ToString::to_string).collect();
    format!("{} {}", if numbers.len() == 1 { "line" } else { "lines" }, numbers.join(", "))
}

fn pluralize(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn count_or_none(count: usize) -> String {
    if count == 0 { "none".to_owned() } else { count.to_string() }
}

/// A kind as the JSON contract spells it.
fn link_kind_name(kind: LinkKind) -> String {
    serde_json::to_value(kind).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::text::Untrusted;
    use crate::report::ReportAudience as _;

    #[test]
    fn words_are_wrapped_at_eighty_columns_and_never_broken() {
        let mut out = String::new();
        write_wrapped(&mut out, "  ", &format!("{} {} {}", "a".repeat(77), "b".repeat(90), "c"), 4);
        assert_eq!(out, format!("  {}\n    {}\n    c\n", "a".repeat(77), "b".repeat(90)));
        out.clear();
        write_wrapped(&mut out, "  7  ", "", 5);
        assert_eq!(out, "  7\n");
    }

    #[test]
    fn an_empty_page_is_still_a_report() {
        let page = PodPage {
            ignored_links: Vec::new(),
            ignore_comments: Vec::new(),
            title: Untrusted::default(),
            members: Vec::new(),
            members_section: MembersSection::Missing,
            sessions: Vec::new(),
            labels: Vec::new(),
            slack: Vec::new(),
            links: Vec::new(),
            findings: Vec::new(),
            line_count: 0,
            last_commit: None,
        };
        let text = render_text(Public::restrict(&page), "pages/x.md");
        assert!(text.starts_with("(a page without a title)\npages/x.md\n\nMembers: the page has no members section\n"));
        assert!(text.ends_with("\nFindings: none\n"));
        assert!(render_json(Public::restrict(&page)).starts_with("{\n  \"version\": 1,\n  \"title\": \"\","));
    }
}
