//! A configuration that is still the shipped one in places: nothing real is asked with it.

use super::CliError;
use super::args::GitlabArgs;
use crate::config::{Config, Placeholder};
use crate::pod::PodKey;

/// Refuses to ask a real GitLab for these pods while their paths are the shipped ones. A sandbox has those paths.
pub(super) fn refuse_placeholders(config: &Config, pods: &[&PodKey], at: &GitlabArgs) -> Result<(), CliError> {
    let found = config.placeholders_of(pods);
    if at.sandbox.is_some() || found.is_empty() {
        return Ok(());
    }
    Err(CliError::usage(format!(
        "the configuration is not fitted to your GitLab yet, so nothing was asked\n{}\n`--sandbox` tries it as it is",
        list_places(&found)
    )))
}

/// What `config validate` says of the places that are left; empty where there is none.
pub(super) fn describe_placeholders(config: &Config) -> String {
    let found = config.placeholders_of(&config.placeholders.keys().collect::<Vec<_>>());
    if found.is_empty() {
        return String::new();
    }
    let places = if found.len() == 1 { "1 place is".to_owned() } else { format!("{} places are", found.len()) };
    format!(
        "{places} not fitted to your GitLab yet, and only a sandbox is asked until then:\n{}\n",
        list_places(&found)
    )
}

fn list_places(found: &[&Placeholder]) -> String {
    let lines: Vec<String> = found.iter().map(|place| format!("  {}", place.sentence())).collect();
    lines.join("\n")
}
