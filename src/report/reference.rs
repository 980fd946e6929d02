//! What `explain` prints and `docs/` repeats: the rules, the actions and the exit codes.

use std::fmt::Write as _;

use serde_json::json;

use super::outputs::{CONTENTS, DEFAULT_FILE_AUDIENCE, OTHER_OUTPUTS, ReportKind};
use super::text_wrap::wrap_with_indent;
use crate::pod::action::ActionKind;
use crate::pod::json::to_pretty_text;
use crate::pod::rule::{Audience, NeedsHuman, Rule};
use crate::pod::run::ExitStatus;
use crate::pod::similar_name::find_similar_name;

/// What the exit codes 130 (Ctrl-C) and 143 (SIGTERM) mean.
const SIGNAL_MEANING: &str = "ended by a signal";

/// A terminal's width.
const WIDTH: usize = 80;

/// One rule, action or exit code, explained; letter case does not matter. `None` when there is none of that name.
pub fn explain_name(name: &str) -> Option<String> {
    let name = &*name.to_ascii_lowercase();
    if let Some(rule) = Rule::from_code(name) {
        let human = match rule.needs_human() {
            NeedsHuman::Never => "no",
            NeedsHuman::ForPodsLabel => "the pod's own label: apply ends with exit code 5 until it is there",
            NeedsHuman::Always => "yes: apply ends with exit code 5",
        };
        return Some(format!(
            "{}\n\n{}\n{}\n\nseverity: {}\naudience: {}\nstops podkeeper: {human}\n",
            rule.code(),
            rule.summary(),
            rule.advice(),
            rule.severity().as_str(),
            rule.audience().as_str(),
        ));
    }
    if let Some(kind) = ActionKind::ALL.iter().find(|kind| kind.name() == name) {
        return Some(format!("{} (an action)\n\n{}\n", kind.name(), kind.summary()));
    }
    if matches!(name, "130" | "143") {
        return Some(format!("{name} (an exit code)\n\n{SIGNAL_MEANING}\n"));
    }
    let (ending, meaning) = ExitStatus::ALL.iter().find(|(ending, _)| ending.exit_code().to_string() == name)?;
    Some(format!("{} (an exit code)\n\n{meaning}\n", ending.exit_code()))
}

/// Everything there is to explain, by name, for a terminal of so many columns.
pub fn render_list(width: Option<usize>) -> String {
    let width = width.unwrap_or(WIDTH).min(WIDTH);
    let mut out = String::from("Rules\n");
    for rule in Rule::ALL {
        write_entry(&mut out, rule.code(), rule.summary(), width);
    }
    out.push_str("\nActions\n");
    for kind in ActionKind::ALL {
        write_entry(&mut out, kind.name(), kind.summary(), width);
    }
    out.push_str("\nExit codes\n");
    for (ending, meaning) in ExitStatus::ALL {
        write_entry(&mut out, &ending.exit_code().to_string(), meaning, width);
    }
    write_entry(&mut out, "130, 143", SIGNAL_MEANING, width);
    out
}

/// The same for programs; with a name, what is called so and nothing else.
pub fn render_json(name: Option<&str>) -> String {
    let is_asked = |known: &str| name.is_none_or(|name| known.eq_ignore_ascii_case(name));
    let rules = Rule::ALL.iter().filter(|rule| is_asked(rule.code()));
    let actions = ActionKind::ALL.iter().filter(|kind| is_asked(kind.name()));
    let codes = ExitStatus::ALL.iter().filter(|(ending, _)| is_asked(&ending.exit_code().to_string()));
    let value = json!({
        "version": 1,
        "rules": rules.map(|rule| json!({
            "rule": rule.code(),
            "severity": rule.severity().as_str(),
            "audience": rule.audience().as_str(),
            "needs_human": rule.needs_human() != NeedsHuman::Never,
            "summary": rule.summary(),
            "advice": rule.advice(),
        })).collect::<Vec<_>>(),
        "actions": actions
            .map(|kind| json!({"action": kind.name(), "summary": kind.summary()}))
            .collect::<Vec<_>>(),
        "exit_codes": codes
            .map(|(ending, meaning)| json!({"code": ending.exit_code(), "meaning": meaning}))
            .chain([130, 143].into_iter().filter(|code| is_asked(&code.to_string())).map(|code| json!({"code": code, "meaning": SIGNAL_MEANING})))
            .collect::<Vec<_>>(),
    });
    to_pretty_text(&value) + "\n"
}

/// The tables of rules, actions, exit codes and outputs in Markdown, each with the page of `docs/` that holds it.
pub fn markdown_tables() -> [(&'static str, String); 5] {
    let rules = Rule::ALL.iter().map(|rule| {
        let (severity, audience) = (rule.severity().as_str(), rule.audience().as_str());
        format!("| `{}` | {severity} | {audience} | {} | {} |", rule.code(), rule.summary(), rule.advice())
    });
    let actions = ActionKind::ALL.iter().map(|kind| format!("| `{}` | {} |", kind.name(), kind.summary()));
    let mut endings = ExitStatus::ALL;
    endings.sort_by_key(|(ending, _)| ending.exit_code());
    let codes = endings.iter().map(|(ending, meaning)| format!("| {} | {meaning} |", ending.exit_code()));
    [
        ("rules", markdown_table(&["rule", "severity", "audience", "what it means", "what to do"], rules)),
        ("actions", markdown_table(&["action", "what it does"], actions)),
        (
            "exit-codes",
            markdown_table(&["exit code", "meaning"], codes.chain([format!("| 130, 143 | {SIGNAL_MEANING} |")])),
        ),
        ("formats", outputs_table()),
        ("formats", contents_table()),
    ]
}

fn outputs_table() -> String {
    let files = ReportKind::ALL.iter().map(|kind| {
        let (name, audience) = (kind.name(), DEFAULT_FILE_AUDIENCE.as_str());
        format!("| `--report {name}=FILE` | {} | {audience}, or `{name}:AUDIENCE=FILE` |", kind.summary())
    });
    let others = OTHER_OUTPUTS.iter().map(|(output, what, audience)| format!("| {output} | {what} | {audience} |"));
    markdown_table(&["output", "what it is", "whom it is for"], files.chain(others))
}

fn contents_table() -> String {
    let heads = Audience::ALL.map(Audience::as_str);
    let rows = CONTENTS.iter().map(|(what, audience)| {
        let shown = Audience::ALL.map(|readers| if readers.may_read(*audience) { "yes" } else { "no" });
        format!("| {what} | {} |", shown.join(" | "))
    });
    markdown_table(&["what is shown", heads[0], heads[1], heads[2]], rows)
}

fn markdown_table(head: &[&str], rows: impl Iterator<Item = String>) -> String {
    let head = format!("| {} |\n|{}", head.join(" | "), " --- |".repeat(head.len()));
    std::iter::once(head).chain(rows).map(|row| row + "\n").collect()
}

/// The nearest name to one that does not exist, if any is near.
pub fn similar_rule_or_action(name: &str) -> Option<&'static str> {
    let names = Rule::ALL.iter().map(|rule| rule.code()).chain(ActionKind::ALL.iter().map(|kind| kind.name()));
    find_similar_name(name, names)
}

fn write_entry(out: &mut String, name: &str, summary: &str, width: usize) {
    let mark = format!("  {name:<24} ");
    let text = wrap_with_indent(&mark, summary, 27, Some(width));
    writeln!(out, "{text}").unwrap_or_default();
}
