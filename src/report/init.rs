//! What `podkeeper init` understood, asks and did.

use std::fmt::Write as _;

use serde::Serialize;

use super::text_wrap::{wrap_paragraph, wrap_with_indent};
use crate::pod::json;

/// The columns of a terminal.
const WIDTH: usize = 80;

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub struct InitReport {
    /// The key of the pod.
    pub pod: String,
    /// What was understood, by names of at most ten letters.
    #[serde(skip)]
    pub understood: Vec<(&'static str, String)>,
    /// The files that were written.
    pub written: Vec<String>,
    /// The files that were there and were left as they are.
    pub left: Vec<LeftFile>,
    /// What is still to be decided.
    pub decide: Vec<Decision>,
    /// What to do next, in order.
    pub next: Vec<String>,
}

/// A file that was there.
#[derive(Debug, Serialize)]
pub struct LeftFile {
    /// Its path.
    pub path: String,
    /// What to add, as a sentence; `None` where it has it already.
    pub advice: Option<String>,
    /// The text to add.
    pub add: Option<String>,
}

/// Something to decide.
#[derive(Debug, Serialize)]
pub struct Decision {
    /// The file.
    pub path: String,
    /// Its line.
    pub line: usize,
    /// What it is.
    pub what: String,
}

/// For programs.
pub fn render_json(report: &InitReport) -> String {
    #[derive(Serialize)]
    struct InitJson<'a> {
        version: u8,
        #[serde(flatten)]
        report: &'a InitReport,
    }
    json::to_pretty_text(&InitJson { version: 1, report }) + "\n"
}

/// What was understood of a page, before anything is asked.
pub fn render_understood(title: &str, understood: &[(&'static str, String)]) -> String {
    let mut out = wrap_paragraph("", title, Some(WIDTH)) + "\n";
    for (name, text) in understood {
        let mark = format!("  {name:<10} ");
        writeln!(out, "{}", wrap_with_indent(&mark, text, mark.len(), Some(WIDTH))).unwrap_or_default();
    }
    out
}

/// A question with what an empty answer means.
pub fn render_question(text: &str, proposal: &str) -> String {
    let mut out = String::from("\n");
    for line in text.lines() {
        out.push_str(&wrap_paragraph("", line, Some(WIDTH)));
        out.push('\n');
    }
    let prompt = if proposal.is_empty() { "> ".to_owned() } else { format!("[{proposal}] ") };
    out + &prompt
}

/// What was done, and what is left to do.
pub fn render_text(report: &InitReport) -> String {
    let mut out = String::new();
    if !report.written.is_empty() {
        out.push_str("\nWritten:\n");
        report.written.iter().for_each(|path| write_line(&mut out, "  + ", path));
    }
    for left in &report.left {
        let advice = left.advice.as_deref().unwrap_or("it has what it needs");
        out.push('\n');
        write_line(&mut out, "", &format!("{} is there and was left as it is; {advice}", left.path));
        for line in left.add.as_deref().unwrap_or_default().lines() {
            writeln!(out, "{}", format!("    {line}").trim_end()).unwrap_or_default();
        }
    }
    if !report.decide.is_empty() {
        out.push_str("\nTo decide:\n");
        for Decision { path, line, what } in &report.decide {
            write_line(&mut out, "  ? ", &format!("{path}:{line}: {what}"));
        }
    }
    out.push_str("\nNext:\n");
    for (index, step) in report.next.iter().enumerate() {
        write_line(&mut out, &format!("  {}. ", index + 1), step);
    }
    out
}

fn write_line(out: &mut String, mark: &str, text: &str) {
    writeln!(out, "{}", wrap_paragraph(mark, text, Some(WIDTH))).unwrap_or_default();
}
