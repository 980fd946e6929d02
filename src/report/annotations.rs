//! The links in the sidebar of a GitLab job (`artifacts:reports:annotations`): what this run opened or
//! changed. A section holds at most 1,000 links, a label at most 255 characters, and no other key.

use serde_json::{Value, json};

use super::{ReportAudience, RunReport, VisibleTo};
use crate::pod::action::Action;
use crate::pod::outcome::Outcome;
use crate::pod::{json as visible_json, secrets};

const MAX_LINKS: usize = 1_000;

/// The whole file.
pub fn render<A: ReportAudience>(report: &RunReport<'_, A>) -> String {
    let outcomes = report.runs.runs().flat_map(VisibleTo::outcomes);
    let links: Vec<Value> = outcomes.filter_map(annotation_link).take(MAX_LINKS).collect();
    visible_json::to_pretty_text(&json!({ "podkeeper": links })) + "\n"
}

fn annotation_link<A: ReportAudience>(tried: VisibleTo<'_, A, (Action, Outcome)>) -> Option<Value> {
    let (action, url) = (tried.action(), tried.url().filter(|url| url.starts_with("http"))?);
    // Before it is cut, so that no half of a secret is left that nobody would recognise.
    let label = format!("{} {}", action.kind(), action.subject());
    let label: String = secrets::redact(&label).chars().take(255).collect();
    Some(json!({ "external_link": { "label": label, "url": url } }))
}
