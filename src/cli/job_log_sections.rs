//! Foldable sections of GitLab's job log (docs "CI/CD job logs", "Expand and collapse job log sections").

use chrono::{DateTime, Utc};

use super::args::{ColorChoice, OutputFormat};
use super::context::Context;
use crate::pod::run::ExitStatus;
use crate::report::terminal::{PodSection, ReportParts};

/// Whether the result is read in GitLab's job log. Where no colour is wanted, nothing else is that is no text.
pub(super) fn are_wanted(context: &Context<'_>) -> bool {
    let global = context.global;
    let in_job = context.env_var("GITLAB_CI") == Some("true");
    in_job && global.format == OutputFormat::Text && global.color != ColorChoice::Never
}

/// A report with a section for each pod; those in which all is well are folded.
pub(super) fn render(parts: &ReportParts<'_>, clock: fn() -> DateTime<Utc>) -> String {
    let sections: String = parts.pods.iter().map(|part| render_section(part, clock)).collect();
    format!("{}{sections}{}", parts.heading, parts.summary)
}

fn render_section(part: &PodSection<'_>, clock: fn() -> DateTime<Utc>) -> String {
    let PodSection { pod, heading, body, exit_status: ending } = part;
    let folded = if *ending == ExitStatus::Done { "[collapsed=true]" } else { "" };
    let (start, end) = (clock().timestamp(), clock().timestamp());
    format!(
        "\u{1b}[0Ksection_start:{start}:podkeeper_{pod}{folded}\r\u{1b}[0K{heading}\n\
         {body}\u{1b}[0Ksection_end:{end}:podkeeper_{pod}\r\u{1b}[0K\n"
    )
}
