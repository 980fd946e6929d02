//! What `explain` prints and the README repeats: the rules, the actions and the exit codes.

use std::fmt::Write as _;

use crate::pod::action::KINDS;
use crate::pod::rule::Rule;
use crate::pod::run::Ending;

/// A terminal's width.
const WIDTH: usize = 80;

/// One rule, action or exit code, explained. `None` when there is none of that name.
pub fn explain(name: &str) -> Option<String> {
    if let Some(rule) = Rule::from_code(name) {
        let human = if rule.needs_human() { "yes: apply ends with exit code 5" } else { "no" };
        return Some(format!(
            "{}\n\n{}\n{}\n\nseverity: {}\naudience: {}\nstops podkeeper: {human}\n",
            rule.code(),
            rule.summary(),
            rule.advice(),
            rule.severity().word(),
            format!("{:?}", rule.audience()).to_lowercase(),
        ));
    }
    if let Some((kind, summary)) = KINDS.iter().find(|(kind, _)| *kind == name) {
        return Some(format!("{kind} (an action)\n\n{summary}\n"));
    }
    let (ending, meaning) = Ending::ALL.iter().find(|(ending, _)| ending.code().to_string() == name)?;
    Some(format!("{} (an exit code)\n\n{meaning}\n", ending.code()))
}

/// Everything there is to explain, by name.
pub fn list() -> String {
    let mut out = String::from("Rules\n");
    for rule in Rule::ALL {
        line(&mut out, rule.code(), rule.summary());
    }
    out.push_str("\nActions\n");
    for (kind, summary) in KINDS {
        line(&mut out, kind, summary);
    }
    out.push_str("\nExit codes\n");
    for (ending, meaning) in Ending::ALL {
        line(&mut out, &ending.code().to_string(), meaning);
    }
    out
}

/// The rules as the Markdown table that the README holds.
pub fn markdown() -> String {
    let mut out = String::from("| rule | severity | what it means |\n| --- | --- | --- |\n");
    for rule in Rule::ALL {
        // Writing to a string cannot fail.
        writeln!(out, "| `{}` | {} | {} |", rule.code(), rule.severity().word(), rule.summary()).unwrap_or_default();
    }
    out
}

/// The nearest names to one that does not exist.
pub fn near(name: &str) -> Option<&'static str> {
    let names = Rule::ALL.iter().map(|rule| rule.code()).chain(KINDS.iter().map(|(kind, _)| *kind));
    names
        .map(|known| (strsim::jaro_winkler(known, name), known))
        .filter(|(alike, _)| *alike > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

fn line(out: &mut String, name: &str, summary: &str) {
    let mut line = format!("  {name:<24}");
    for word in summary.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(out, "{line}").unwrap_or_default();
            line = " ".repeat(26);
        }
        line = format!("{line} {word}");
    }
    writeln!(out, "{line}").unwrap_or_default();
}
