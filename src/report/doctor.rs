//! What a person reads after `doctor`, made for 80 columns, and the contract for programs. It holds no secret and names
//! nobody.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::audience::DiagnosisSummary;
use super::text_wrap::wrap_with_indent;
use super::{ReportAudience, VisibleTo};
use crate::pod::diagnosis::{Check, Diagnosis, Section, Verdict};
use crate::pod::json;
use crate::pod::run::ExitStatus;

/// The columns of a terminal.
const WIDTH: usize = 80;
/// Where the sentences begin.
const INDENT: usize = 13;
/// What is good is named by the first of these; `-v` names the rest.
const SHOWN_FINE: [Check; 4] = [Check::Projects, Check::Schedule, Check::Next, Check::Cost];

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DetailLevel {
    /// What stops the bot, and what soon will; nothing where nothing does.
    Quiet,
    /// What is good in short.
    Normal,
    /// All of it.
    Verbose,
}

/// The page for people.
pub fn render_text<A: ReportAudience>(found: VisibleTo<'_, A, Diagnosis>, detail: DetailLevel) -> String {
    let mut out = String::new();
    let summary = found.summary();
    let verdicts: Vec<_> = found.verdicts().collect();
    let of = |section: Section| verdicts.iter().copied().filter(move |one| one.verdict().section == section);
    let (stops, soon, fine) = (of(Section::Stops).count(), of(Section::Soon).count(), of(Section::Fine).count());
    if detail == DetailLevel::Quiet && stops == 0 && soon == 0 {
        return out;
    }
    write_wrapped(&mut out, &heading(&summary, stops, soon, fine));
    let several = summary.pods.len() > 1;
    for (title, section) in [("STOPS THE BOT", Section::Stops), ("SOON", Section::Soon)] {
        write_section(&mut out, title, of(section), several);
    }
    if detail > DetailLevel::Quiet {
        write_not_checked(&mut out, &of(Section::NotChecked).collect::<Vec<_>>(), several);
        write_fine(&mut out, &of(Section::Fine).collect::<Vec<_>>(), several, detail);
    }
    write_wrapped(&mut out, ending(summary.exit_status));
    out
}

fn heading(summary: &DiagnosisSummary<'_>, stops: usize, soon: usize, fine: usize) -> String {
    let who = match summary.pods {
        [(_, name)] => name.clone(),
        pods => format!("{} pods", pods.len()),
    };
    let stops = match stops {
        0 => "nothing stops the bot".to_owned(),
        1 => "1 thing stops the bot".to_owned(),
        n => format!("{n} things stop the bot"),
    };
    let soon = if soon == 0 { String::new() } else { format!(", {soon} will soon") };
    let fine = match fine {
        1 => "1 is fine".to_owned(),
        n => format!("{n} are fine"),
    };
    format!("{who} on {}: {stops}{soon}, {fine}.", summary.gitlab_host)
}

fn ending(status: ExitStatus) -> &'static str {
    match status {
        ExitStatus::Done => "Exit 0: nothing stops the bot. Nothing was changed.",
        ExitStatus::Findings => "Exit 3. Nothing was changed.",
        ExitStatus::Incomplete => "Exit 4: GitLab could not be read. Nothing was changed.",
        ExitStatus::NeedsHuman => "Exit 5: a person has to act. Nothing was changed.",
        ExitStatus::TokenRefused => "Exit 6: a token is refused or too narrow. Nothing was changed.",
        ExitStatus::Usage => "Exit 2: the configuration or a token is missing or wrong. Nothing was changed.",
        ExitStatus::Bug => "Exit 1: this is a bug in podkeeper. Nothing was changed.",
    }
}

fn write_section<'a, A: ReportAudience + 'a>(
    out: &mut String,
    title: &str,
    verdicts: impl Iterator<Item = VisibleTo<'a, A, Verdict>>,
    several: bool,
) {
    for (index, one) in verdicts.enumerate() {
        if index == 0 {
            write_line(out, title);
        }
        write_verdict(out, one, several);
    }
}

fn write_verdict<A: ReportAudience>(out: &mut String, one: VisibleTo<'_, A, Verdict>, several: bool) {
    let frame = one.verdict();
    write_entry(out, frame.check.name(), &message_text(one, several));
    if !frame.advice.is_empty() {
        write_entry(out, "", frame.advice);
    }
}

fn message_text<A: ReportAudience>(one: VisibleTo<'_, A, Verdict>, several: bool) -> String {
    let pods: Vec<&str> = one.verdict().pods.iter().map(crate::pod::PodKey::as_str).collect();
    if several && !pods.is_empty() {
        format!("{}: {}", pods.join(", "), one.message())
    } else {
        one.message().to_owned()
    }
}

/// What another verdict keeps from being looked at is named in one line.
fn write_not_checked<A: ReportAudience>(out: &mut String, verdicts: &[VisibleTo<'_, A, Verdict>], several: bool) {
    if verdicts.is_empty() {
        return;
    }
    write_line(out, "NOT CHECKED");
    let mut waiting: Vec<(String, Vec<&str>)> = Vec::new();
    for one in verdicts {
        let (frame, message) = (one.verdict(), message_text(*one, several));
        if !frame.advice.is_empty() || frame.check == Check::Plan {
            let name = if frame.check == Check::Plan { "the rest" } else { frame.check.name() };
            write_entry(out, name, &message);
            if !frame.advice.is_empty() {
                write_entry(out, "", frame.advice);
            }
            continue;
        }
        match waiting.iter_mut().find(|(known, _)| *known == message) {
            Some((_, names)) => names.push(frame.check.name()),
            None => waiting.push((message, vec![frame.check.name()])),
        }
    }
    for (message, names) in waiting {
        match names.as_slice() {
            [one] => write_entry(out, one, &message),
            several => write_entry(out, "others", &format!("{}: {message}", several.join(", "))),
        }
    }
}

fn write_fine<A: ReportAudience>(
    out: &mut String,
    verdicts: &[VisibleTo<'_, A, Verdict>],
    several: bool,
    detail: DetailLevel,
) {
    let is_shown =
        |one: &&VisibleTo<'_, A, Verdict>| detail == DetailLevel::Verbose || SHOWN_FINE.contains(&one.verdict().check);
    // One line of good news more is no shorter than its count.
    let hidden = verdicts.iter().filter(|one| !is_shown(one)).count();
    if verdicts.is_empty() {
        return;
    }
    write_line(out, "FINE");
    for one in verdicts.iter().filter(is_shown) {
        write_entry(out, one.verdict().check.name(), &message_text(*one, several));
    }
    if hidden > 0 {
        write_line(out, &format!("  ... {hidden} more: podkeeper doctor -v"));
    }
}

/// The contract of `podkeeper doctor --format json`.
pub fn render_json<A: ReportAudience>(found: VisibleTo<'_, A, Diagnosis>) -> String {
    let summary = found.summary();
    let verdicts = found.verdicts().map(|one| {
        let frame = one.verdict();
        json!({
            "check": frame.check.name(),
            "section": frame.section.as_str(),
            "pods": frame.pods,
            "message": one.message(),
            "advice": Some(frame.advice).filter(|advice| !advice.is_empty()),
            "place": Some(frame.place).filter(|place| !place.is_empty()),
            "exit_code": frame.exit_status.exit_code(),
        })
    });
    let value = json!({
        "version": 1,
        "gitlab": summary.gitlab_host,
        "now": summary.now,
        "pods": summary.pods.iter().map(|(key, name)| json!({ "pod": key, "name": name })).collect::<Vec<_>>(),
        "requests": summary.requests,
        "exit_code": summary.exit_status.exit_code(),
        "checks": verdicts.collect::<Vec<_>>(),
    });
    json::to_pretty_text(&value) + "\n"
}

/// What `doctor --last-success` saw.
#[derive(Debug)]
pub struct LastSuccess<'a> {
    /// The project.
    pub project: &'a str,
    /// How long ago it may have been.
    pub within: Duration,
    /// When the newest ended; none where there is none.
    pub ended_at: Option<DateTime<Utc>>,
    /// Its address.
    pub url: Option<&'a str>,
    /// Whether that is recent enough.
    pub is_recent: bool,
    /// The moment that counts as now.
    pub now: DateTime<Utc>,
}

impl LastSuccess<'_> {
    /// How it ends.
    pub fn exit_status(&self) -> ExitStatus {
        if self.is_recent { ExitStatus::Done } else { ExitStatus::NeedsHuman }
    }
}

/// The answer for people.
pub fn render_last_success_text(result: &LastSuccess<'_>) -> String {
    let mut out = String::new();
    let within = humantime::format_duration(result.within);
    let newest = match result.ended_at {
        Some(time) => format!("The newest ended on {}.", time.format("%a %-d %b %Y, %H:%M UTC")),
        None => "There has been none.".to_owned(),
    };
    if result.is_recent {
        write_wrapped(
            &mut out,
            &format!("{}: a scheduled pipeline ended well within {within}. {newest}", result.project),
        );
        return out;
    }
    write_wrapped(&mut out, &format!("{}: no scheduled pipeline ended well within {within}. {newest}", result.project));
    let advice =
        format!("Look why: podkeeper doctor --project {}, with the configuration of that project.", result.project);
    write_wrapped(&mut out, &advice);
    out.push_str(ending(result.exit_status()));
    out.push('\n');
    out
}

/// The contract of `podkeeper doctor --last-success TIME --format json`.
pub fn render_last_success_json(result: &LastSuccess<'_>) -> String {
    let value = json!({
        "version": 1,
        "project": result.project,
        "within_seconds": result.within.as_secs(),
        "now": result.now,
        "ended_at": result.ended_at,
        "url": result.url,
        "exit_code": result.exit_status().exit_code(),
    });
    json::to_pretty_text(&value) + "\n"
}

fn write_entry(out: &mut String, name: &str, text: &str) {
    let room = WIDTH.saturating_sub(INDENT);
    let text = text.split_whitespace().map(|word| break_long_word(word, room)).collect::<Vec<_>>().join(" ");
    write_line(out, &wrap_with_indent(&format!("  {name:<10} "), &text, INDENT, Some(WIDTH)));
}

/// An address or a path that is longer than a line goes on behind one of its slashes.
fn break_long_word(word: &str, room: usize) -> String {
    let mut rest = word;
    let mut parts = Vec::new();
    while rest.chars().count() > room {
        let end = rest.char_indices().nth(room).map_or(rest.len(), |(at, _)| at);
        let at = rest[..end].rfind('/').map_or(end, |slash| slash + 1);
        parts.push(&rest[..at]);
        rest = &rest[at..];
    }
    parts.push(rest);
    parts.join(" ")
}

fn write_wrapped(out: &mut String, text: &str) {
    write_line(out, &wrap_with_indent("", text, 0, Some(WIDTH)));
}

fn write_line(out: &mut String, line: &str) {
    writeln!(out, "{line}").unwrap_or_default();
}
