//! The links in the sidebar of a GitLab job (`artifacts:reports:annotations`): what this run opened or
//! changed. A section holds at most 1,000 links, a label at most 255 characters, and no other key.

use serde_json::{Value, json};

use super::Told;
use crate::pod::action::Action;
use crate::pod::outcome::Outcome;

const MOST: usize = 1_000;

/// The whole file.
pub fn text(told: &Told<'_>) -> String {
    let outcomes = told.runs.iter().flat_map(|run| &run.outcomes);
    let links: Vec<Value> = outcomes.filter_map(link).take(MOST).collect();
    format!("{:#}\n", json!({ "podkeeper": links }))
}

fn link((action, outcome): &(Action, Outcome)) -> Option<Value> {
    let Outcome::Done(url) = outcome else { return None };
    if !url.starts_with("http") {
        return None;
    }
    let label: String = format!("{} {}", action.kind(), action.subject()).chars().take(255).collect();
    Some(json!({ "external_link": { "label": label, "url": url } }))
}
